"""Hold what was seen of an answer against what is known: the right observations and those of every mistake."""

from __future__ import annotations

import builtins
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from course_utils.checks import shadowing
from course_utils.checks.calling import FIND_SHADOWED, RESTORE_BUILTINS, WrappableFunction
from course_utils.checks.difference import show
from course_utils.checks.exercise import ARGUMENTS, ENDING, Exercise, Observation, Trial, run_trial
from course_utils.checks.limits import MAX_FAILURE_CHARACTERS
from course_utils.checks.values import NOT_PLAIN_DATA, UNSUPPORTED_TYPES

Observations = list[list[Observation]]
Key = tuple[int, str]  # case, property
Table = dict[Key, Observation]


class _CachedIterable:
    """A generator's items for several readers: each is made when it is first asked for, and kept."""

    def __init__(self, source: Iterable[list[Observation]]) -> None:
        self._source = iter(source)
        self._cache: list[Any] = []

    def __iter__(self) -> Iterator[list[Observation]]:
        for number in itertools.count():
            if number == len(self._cache):
                try:
                    self._cache.append(next(self._source))
                except StopIteration:
                    return
            yield self._cache[number]


@dataclass(frozen=True)
class ExpectedOutcomes:
    """What an exercise's cases come out as.

    Parameters
    ----------
    right : list of list of Observation
        Per case, the observations of the reference answer.
    mistakes : callable
        Gives ``(sentence, observations)`` of every known mistake, case by case; called only for a wrong answer.
    """

    right: Observations
    mistakes: Callable[[], Iterable[tuple[str, Iterable[list[Observation]]]]]

    @functools.cached_property
    def right_table(self) -> Table:
        """The right observations by case and property."""
        return _table(self.right)

    @functools.cached_property
    def _observed_mistakes(self) -> list[tuple[str, _CachedIterable]]:
        return [(sentence, _CachedIterable(observations)) for sentence, observations in self.mistakes()]

    def matching_mistakes(self, seen: Table) -> Iterator[tuple[set[Key], str]]:
        """Give the mistakes all of whose symptoms an answer shows.

        A symptom is a property that the mistake gets wrong. Cases of a mistake are observed one by one until a symptom
        is missing in the answer: mostly in the first.

        Parameters
        ----------
        seen : dict
            The answer's observations by case and property.

        Yields
        ------
        symptoms : set of (case, property)
        sentence : str
        """
        for sentence, cases in self._observed_mistakes:
            symptoms: set[Key] = set()
            left = dict(self.right_table)
            for case, observations in enumerate(cases):
                mistaken = {(case, observation.property): observation for observation in observations}
                here = {key: left.pop(key) for key in list(left) if key[0] == case}
                wrong = {key for key, right in here.items() if not _agrees(right, mistaken.get(key))}
                if not all(_same_symptom(key, seen, mistaken) for key in wrong):
                    break
                symptoms |= wrong
            else:  # a mistake may end before the last case
                if not any(key in seen for key in left) and symptoms | left.keys():
                    yield symptoms | left.keys(), sentence


State = Literal["right", "wrong", "not started"]


@dataclass
class Verdict:
    """What came of an answer.

    Parameters
    ----------
    exercise : str
    state : str
    passed : dict
        Property → whether it holds in every case.
    share : float
        Part of the points earned, from 0 to 1.
    unearned : set of str
        Properties of form that hold and earn nothing, for no property of value holds beside them.
    failed_key : (int, str), optional
        Case and property that ``failure`` is about.
    call : str
        The call behind it, in words.
    failure : str
        What is wrong there, as a sentence.
    ending : str
        How it broke off, without a word of the answer's own messages.
    mistakes : list of str
        Sentences of the known mistakes that it matches.
    notes : list of str
        What it printed or warned about.
    is_explained : bool
        The mistakes account for everything that is wrong.
    measured : dict
        Numbers that carry no points.
    cells : list of str
        Hashes of the notebook cells that it came from.
    warning : str
        What may fail at grading, though nothing does here.
    """

    exercise: str
    state: State
    passed: dict[str, bool]
    share: float
    unearned: set[str] = field(default_factory=set)
    failed_key: Key | None = None
    call: str = ""
    failure: str = ""
    ending: str = ""
    mistakes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_explained: bool = True
    measured: dict[str, float] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)
    warning: str = ""


def run_and_evaluate(
    functions: Sequence[Callable], exercise: Exercise, seed: int, expected: ExpectedOutcomes, unfinished_hint: str = ""
) -> tuple[Verdict, Trial]:
    """Try an answer on the cases of a seed and judge it, for a student as for a grade.

    Parameters
    ----------
    functions : sequence of callable
        The answer and its companions: in this process or, at grading, in the sandbox.
    exercise : Exercise
        What was asked.
    seed : int
        Draws the cases.
    expected : ExpectedOutcomes
        Right and wrong observations on the same cases.
    unfinished_hint : str
        What to say where the answer raises NotImplementedError though it is begun; "" where it may be a blank.

    Returns
    -------
    Verdict, Trial

    Raises
    ------
    ValueError
        A companion is missing.
    """
    limited = exercise.with_time_limit(*functions)

    def attempt(functions: Iterable[WrappableFunction]) -> tuple[Verdict, Trial]:
        trial = run_trial(exercise.joined(*functions), exercise, seed, unfinished_hint)
        return evaluate(trial, exercise, expected), trial

    verdict, trial = attempt(limited)
    if verdict.state == "wrong" and not trial.timed_out and (names := _shadowed_names(limited)):
        # Tried, not guessed: would it be right, or wrong in another way, if nothing were shadowed?
        unshadowed, _ = attempt(function.with_wrapper(RESTORE_BUILTINS) for function in limited)
        if _outcome(unshadowed) != _outcome(verdict):
            verdict.mistakes = [shadowing.describe_shadowed(names), *unshadowed.mistakes]
            verdict.is_explained = unshadowed.is_explained
    return verdict, trial


def _outcome(verdict: Verdict) -> tuple:
    return verdict.state, verdict.passed, verdict.failed_key, verdict.ending


def _shadowed_names(functions: Iterable[WrappableFunction]) -> dict[str, bool]:
    """Name the shadowed built-ins, and whether each is NumPy's; at grading the student's own process reports them."""
    names = {}
    for function in functions:
        with contextlib.suppress(Exception):
            reported = function.with_wrapper(FIND_SHADOWED)()
            names |= {name: bool(reported[name]) for name in shadowing.NAMES if name in reported}
    return names


def evaluate(trial: Trial, exercise: Exercise, expected: ExpectedOutcomes) -> Verdict:
    """Judge a trial.

    Parameters
    ----------
    trial : Trial
        What was observed of the answer.
    exercise : Exercise
        What was asked.
    expected : ExpectedOutcomes
        Right and wrong observations on the same cases.

    Returns
    -------
    Verdict
        ``share`` is the part of the points earned, from 0 to 1. A property is earned where it was seen in every case
        and agrees in every case; one of form, where one of value is earned beside it.
    """
    passed = dict.fromkeys(exercise.properties, False)
    if trial.not_started:
        return Verdict(exercise.name, "not started", passed, 0.0)
    seen = _table(trial.observations)
    right_table = expected.right_table
    wrong = [key for key, right in right_table.items() if not _agrees(right, seen.get(key))]
    failed, asked = {name for _, name in wrong}, {name for _, name in right_table}
    for name in passed:
        passed[name] = name in asked and name not in failed
    if ARGUMENTS in passed and not any(holds for name, holds in passed.items() if name != ARGUMENTS):
        passed[ARGUMENTS] = False  # an answer that does nothing changes nothing
    has_value = any(passed[name] for name in passed.keys() - exercise.form)
    unearned = {name for name in exercise.form if passed[name] and not has_value}
    share = sum(part for name, part in exercise.properties.items() if passed[name] and name not in unearned)
    verdict = Verdict(exercise.name, "wrong" if wrong else "right", passed, share, unearned, notes=sorted(trial.notes))
    measures = asked - exercise.properties.keys() - {ENDING}
    verdict.measured = {name: float(observation.value) for (_, name), observation in seen.items() if name in measures}
    if not wrong:
        return verdict
    case, name = min(wrong, key=lambda key: (key not in seen, key[1] == ENDING))
    verdict.failed_key = case, name
    verdict.call = trial.calls[case].get(name, "") if case < len(trial.calls) else ""
    endings = [seen[key] for key in wrong if key[1] == ENDING and key in seen]
    if endings:
        verdict.ending = _ending_without_details(endings[0])
    verdict.failure = describe(name, right_table[case, name], seen.get((case, name)))[:MAX_FAILURE_CHARACTERS]
    explained, verdict.mistakes = _matching_sentences(seen, expected)
    verdict.is_explained = explained.issuperset(wrong)
    return verdict


def describe(name: str, right: Observation, seen: Observation | None) -> str:
    """Say in one sentence what is wrong with one property."""
    if name == ENDING:
        return str(seen.value).removeprefix("no: ") if seen else "it was not reached"
    if name == ARGUMENTS:
        return f"it {seen.value}" if seen else "it was not reached"
    if seen is None:
        return f"{name}: could not be looked at"
    if right.secret:
        if not isinstance(right.value, str):
            return f"{name}: not right"
        return f"{name}: {show(seen.value) if ' ' in str(seen.value) else 'not the best answer'}"
    return f"{name}: {right.difference(seen.value)}"


def _table(observations: Observations) -> Table:
    return {(case, seen.property): seen for case, in_case in enumerate(observations) for seen in in_case}


def _agrees(right: Observation, seen: Observation | None) -> bool:
    return seen is not None and right.agrees(seen)


def _matching_sentences(seen: Table, expected: ExpectedOutcomes) -> tuple[set[Key], list[str]]:
    """Find the mistakes all of whose symptoms the answer shows: the symptoms together, and the sentences.

    Those with most symptoms come first; one whose symptoms are part of another's is left out.
    """
    explained: set[Key] = set()
    chosen: list[tuple[set[Key], str]] = []
    for symptoms, sentence in sorted(expected.matching_mistakes(seen), key=lambda match: -len(match[0])):
        if not any(symptoms < others for others, _ in chosen) and sentence not in (text for _, text in chosen):
            explained |= symptoms
            chosen.append((symptoms, sentence))
    return explained, [sentence for _, sentence in chosen]


def _same_symptom(key: Key, seen: Table, mistaken: Table) -> bool:
    if (key in seen) != (key in mistaken):
        return False
    if key not in seen:
        return True
    if key[1] == ENDING:
        return _cause(mistaken[key]) == _cause(seen[key])
    return mistaken[key].agrees(seen[key])


def _cause(seen: Observation) -> str:
    """Reduce "no: it raises IndexError: list index …" to the type; a NameError keeps the name, which tells."""
    words = str(seen.value).removeprefix("no: ").split(" (in: ")[0]
    return words if "NameError" in words else words.split(":")[0]


def _ending_without_details(seen: Observation) -> str:
    """Say how an answer broke off: neither its message nor a name of its own, which may tell a case."""
    words = str(seen.value).removeprefix("no: ")
    if NOT_PLAIN_DATA in words:
        known = any(words.startswith(f"it returns {name}, ") for name in UNSUPPORTED_TYPES)
        return words if known else f"it returns something {NOT_PLAIN_DATA}"
    words = _cause(seen).split(" (")[0].split(":")[0].strip()
    kind = words.removeprefix("it raises ")
    return words if kind == words or kind in vars(builtins) else "it raises an error of its own"
