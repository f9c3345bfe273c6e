"""Hold what was seen of an answer against what is known: the right observations and those of every mistake."""

from __future__ import annotations

import builtins
import contextlib
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from course_utils.checks import error_hints, relations, shadowing, structure
from course_utils.checks.calling import FIND_SHADOWED, RESTORE_BUILTINS, WrappableFunction
from course_utils.checks.difference import RTOL, difference, show
from course_utils.checks.exercise import ARGUMENTS, ENDING, Exercise, Observation, Trial, run_trial
from course_utils.checks.limits import MAX_FAILURE_CHARACTERS, CallTimeout
from course_utils.checks.values import NOT_PLAIN_DATA, UNSUPPORTED_TYPES

NUMBER = re.compile(r"(?<!\w)\d[\d.,]*")
STILL_RUNNING = CallTimeout.message.partition("{")[0]
RETURN_NEW = (
    "Your function writes into what it was given, or returns it. Make a new array (.copy(), or a calculation), or a new"
    " dict, and change that."
)
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
class Match:
    """A listed mistake that an answer may have made.

    Parameters
    ----------
    symptoms : frozenset of (case, property)
        What it gets wrong.
    sentence : str
    is_exact : bool
        The answer's numbers are the mistake's own, and not only within a wide tolerance of them.
    """

    symptoms: frozenset[Key]
    sentence: str
    is_exact: bool


@dataclass(frozen=True)
class ExpectedOutcomes:
    """What an exercise's cases come out as.

    Parameters
    ----------
    right : list of list of Observation
        Per case, the observations of the reference answer.
    mistakes : callable
        Gives ``(sentence, observations)`` of every known mistake, case by case; called only for a wrong answer.
    sizes : sequence of int
        Per case, the size of the reference answer's largest result; none where that is not known.
    """

    right: Observations
    mistakes: Callable[[], Iterable[tuple[str, Iterable[list[Observation]]]]]
    sizes: Sequence[int] = ()

    @functools.cached_property
    def right_table(self) -> Table:
        """The right observations by case and property."""
        return _table(self.right)

    @functools.cached_property
    def _observed_mistakes(self) -> list[tuple[str, _CachedIterable]]:
        return [(sentence, _CachedIterable(observations)) for sentence, observations in self.mistakes()]

    def matching_mistakes(self, seen: Table, wrong: set[Key]) -> Iterator[Match]:
        """Give the mistakes that explain what an answer gets wrong.

        A symptom is what a mistake gets wrong of a property in a case. The answer has to show all of its symptoms, and
        none that the mistake does not have where the two share a property: else something else is behind them. Cases of
        a mistake are observed one by one until a symptom is missing in the answer: mostly in the first.

        Parameters
        ----------
        seen : dict
            The answer's observations by case and property.
        wrong : set of (case, property)
            Those that are not right.

        Yields
        ------
        Match
        """
        for sentence, cases in self._observed_mistakes:
            symptoms: set[Key] = set()
            is_exact = True
            left = dict(self.right_table)
            for case, observations in enumerate(cases):
                mistaken = {(case, observation.property): observation for observation in observations}
                here = {key: left.pop(key) for key in list(left) if key[0] == case}
                mistaken_here = {key for key, right in here.items() if not _agrees(right, mistaken.get(key))}
                if not all(_same_symptom(key, seen, mistaken) for key in mistaken_here):
                    break
                is_exact = is_exact and all(_is_exact(key, seen, mistaken) for key in mistaken_here)
                symptoms |= mistaken_here
            else:  # a mistake may end before the last case
                symptoms |= left.keys()
                properties = {name for _, name in symptoms}
                alike = all(key in symptoms for key in wrong if key[1] in properties)
                if symptoms and alike and not any(key in seen for key in left):
                    yield Match(frozenset(symptoms), sentence, is_exact)


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
        trial = run_trial(exercise.joined(*functions), exercise, seed, unfinished_hint, expected.sizes)
        return evaluate(trial, exercise, expected), trial

    verdict, trial = attempt(limited)
    stopped = trial.timed_out or trial.too_large
    if verdict.state == "wrong" and not stopped and (names := _shadowed_names(limited)):
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
    names: dict[str, bool] = {}
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
    explained, verdict.mistakes = _listed_mistakes(seen, set(wrong), verdict.failed_key, expected)
    verdict.is_explained = explained.issuperset(wrong)
    if not verdict.mistakes:
        verdict.is_explained = True  # a sentence says itself what it is about
        cause = _other_cause(trial, seen, wrong, verdict.failed_key, right_table, exercise.is_hunt)
        verdict.mistakes = [cause] if cause else []
    return verdict


def describe(name: str, right: Observation, seen: Observation | None) -> str:
    """Say in a sentence what is wrong with a property."""
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
    return f"{name}: {structure.shape_difference(name, right.value, seen.value) or right.difference(seen.value)}"


def _table(observations: Observations) -> Table:
    return {(case, seen.property): seen for case, in_case in enumerate(observations) for seen in in_case}


def _agrees(right: Observation, seen: Observation | None) -> bool:
    return seen is not None and right.agrees(seen)


def _listed_mistakes(
    seen: Table, wrong: set[Key], failed: Key, expected: ExpectedOutcomes
) -> tuple[set[Key], list[str]]:
    """Find the listed mistakes that explain what the report shows: what they explain together, and their sentences.

    Those that explain everything come alone. Of others, all that together explain everything are taken, or else those
    that explain the failing number; one whose symptoms are part of another's is left out.
    """
    matches = list(expected.matching_mistakes(seen, wrong))
    whole = [match for match in matches if match.symptoms == wrong]
    if not whole:
        matches = [match for match in matches if not any(match.symptoms < other.symptoms for other in matches)]
        together = set().union(*(match.symptoms for match in matches))
        whole = [match for match in matches if together == wrong or failed in match.symptoms]
    whole = [match for match in whole if match.is_exact] or whole
    whole.sort(key=lambda match: -len(match.symptoms))
    return set().union(*(match.symptoms for match in whole)), list(dict.fromkeys(match.sentence for match in whole))


def _other_cause(trial: Trial, seen: Table, wrong: list[Key], failed: Key, right: Table, is_hunt: bool) -> str:
    """Say how the numbers relate to the right ones or, where the answer broke off, what lies behind the error."""
    if failed[1] == ARGUMENTS:
        return RETURN_NEW if failed in seen else ""
    if failed[1] == ENDING:
        return error_hints.hint(str(seen[failed].value)) if failed in seen else ""
    if is_hunt:
        return relations.differing_keys(right, seen, wrong)
    cause = relations.likely_cause(trial.cases, right, seen, wrong, failed)
    broken = next((str(seen[key].value) for key in wrong if key[1] == ENDING and key in seen), "")
    hint = error_hints.hint(broken)
    return cause or (f"In another case it breaks off. {hint}" if hint else "")


def _same_symptom(key: Key, seen: Table, mistaken: Table) -> bool:
    if (key in seen) != (key in mistaken):
        return False
    if key not in seen:
        return True
    if key[1] == ENDING:
        return _cause(mistaken[key]) == _cause(seen[key])
    one = mistaken[key]  # draws of the two differ less than a wide tolerance, which is for any right answer, allows
    near = 0.5 if max(one.rtol, one.atol) > 0.01 else 1
    return difference(seen[key].value, one.value, near * one.rtol, near * one.atol) is None


def _is_exact(key: Key, seen: Table, mistaken: Table) -> bool:
    if key not in seen:
        return True
    one = mistaken[key]
    return key[1] == ENDING or difference(seen[key].value, one.value, min(one.rtol, RTOL), min(one.atol, RTOL)) is None


def _cause(seen: Observation) -> str:
    """Reduce "no: it raises IndexError: list index …" to the type; a name or a key that is missing tells, and stays."""
    words = str(seen.value).removeprefix("no: ").split(" (in: ")[0]
    if "KeyError" in words:
        return re.sub(r"\d+", "", words)  # of layers
    return words if "NameError" in words else words.split(":")[0]


def _ending_without_details(seen: Observation) -> str:
    """Say how an answer broke off: neither its message nor a name or number of its own, which may tell a case."""
    words = str(seen.value).removeprefix("no: ")
    if NOT_PLAIN_DATA in words:
        known = any(words.startswith(f"it returns {name}, ") for name in UNSUPPORTED_TYPES)
        return words if known else f"it returns something {NOT_PLAIN_DATA}"
    words = _cause(seen).split(" (")[0].split(":")[0].strip()
    if not words.startswith(STILL_RUNNING):
        words = NUMBER.sub("…", words)
    kind = words.removeprefix("it raises ")
    return words if kind == words or kind in vars(builtins) else "it raises an error of its own"
