"""Hold what was seen of an answer against what is known: the right observations and those of every mistake."""

from __future__ import annotations

import builtins
import contextlib
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from course_utils.checks import shadowing
from course_utils.checks.difference import show
from course_utils.checks.exercise import ARGUMENTS, ENDING, Exercise, Observation, Trial, run_trial
from course_utils.checks.values import REFUSED, UNREADABLE

LONGEST = 300  # characters of what an answer can make a report say
Observations = list[list[Observation]]
Key = tuple[int, str]  # case, property
Table = dict[Key, Observation]


class Remembered:
    """What is made one by one as it is asked for, and never twice."""

    def __init__(self, source: Iterable[list[Observation]]) -> None:
        self._source, self._kept = iter(source), []

    def __iter__(self) -> Iterator[list[Observation]]:
        """Give what was made, then make the rest."""
        for number in itertools.count():
            if number == len(self._kept):
                try:
                    self._kept.append(next(self._source))
                except StopIteration:
                    return
            yield self._kept[number]


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
    def wanted(self) -> Table:
        """The right observations by case and property."""
        return _table(self.right)

    @functools.cached_property
    def _mistaken(self) -> list[tuple[str, Remembered]]:
        return [(sentence, Remembered(observations)) for sentence, observations in self.mistakes()]

    def matching(self, seen: Table) -> Iterator[tuple[set[Key], str]]:
        """Give the mistakes whose every symptom an answer shows: symptoms, and sentence.

        A mistake is looked at case by case, until a symptom of it is missing: mostly in the first.
        """
        for sentence, observations in self._mistaken:
            symptoms: set[Key] = set()
            left = dict(self.wanted)
            for case, one in enumerate(observations):
                mistaken = {(case, part.property): part for part in one}
                here = {key: left.pop(key) for key in list(left) if key[0] == case}
                wrong = {key for key, right in here.items() if not _agrees(right, mistaken.get(key))}
                if not all(_same_symptom(key, seen, mistaken) for key in wrong):
                    break
                symptoms |= wrong
            else:  # a mistake may end before the last case
                if not any(key in seen for key in left) and symptoms | left.keys():
                    yield symptoms | left.keys(), sentence


@dataclass
class Verdict:
    """What came of an answer: which properties hold, the first that does not, and the mistakes it matches."""

    exercise: str
    state: str  # "right", "wrong", "not started"
    held: dict[str, bool]
    share: float
    where: Key | None = None  # the property that failure is about
    call: str = ""
    failure: str = ""
    ending: str = ""  # how it broke off, without a word of its own messages
    mistakes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_explained: bool = True  # the mistakes account for everything that is wrong
    measured: dict[str, float] = field(default_factory=dict)  # numbers that carry no points
    cells: list[str] = field(default_factory=list)  # hashes of the notebook cells that it came from
    warning: str = ""  # what may fail at grading, though nothing does here


def run_and_evaluate(
    functions: Sequence[Callable], exercise: Exercise, seed: int, known: ExpectedOutcomes, begun: str = ""
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
    known : ExpectedOutcomes
        Right and wrong observations on the same cases.
    begun : str
        What to say where the answer raises NotImplementedError though it is begun; "" where it may be a blank.

    Raises
    ------
    ValueError
        A companion is missing.
    """
    functions = exercise.guarded(*functions)

    def examined(*functions: Callable) -> tuple[Verdict, Trial]:
        trial = run_trial(exercise.joined(*functions), exercise, seed, begun)
        return evaluate(trial, exercise, known), trial

    verdict, trial = examined(*functions)
    if verdict.state == "wrong" and not trial.timed_out and (names := _shadowed(functions)):
        # Whether it would be right, or wrong in another way, without the shadows: a cause is tried, not guessed.
        freed, _ = examined(*(one.through("with Python's own") for one in functions))
        if _symptoms(freed) != _symptoms(verdict):
            verdict.mistakes = [shadowing.sentence(names), *freed.mistakes]
            verdict.is_explained = freed.is_explained
    return verdict, trial


def _symptoms(verdict: Verdict) -> tuple:
    return verdict.state, verdict.held, verdict.where, verdict.ending


def _shadowed(functions: Iterable[Callable]) -> dict[str, bool]:
    """Ask what is shadowed; at grading it is a student's process that tells."""
    found = {}
    for one in functions:
        with contextlib.suppress(Exception):
            told = one.through("telling what is shadowed")()
            found |= {name: bool(told[name]) for name in shadowing.NAMES if name in told}
    return found


def evaluate(trial: Trial, exercise: Exercise, known: ExpectedOutcomes) -> Verdict:
    """Judge a trial.

    Parameters
    ----------
    trial : Trial
        What was seen of the answer.
    exercise : Exercise
        What was asked.
    known : ExpectedOutcomes
        Right and wrong observations on the same cases.

    Returns
    -------
    Verdict
        ``share`` is the part of the points earned, from 0 to 1. A property is earned where it was seen in
        every case and agrees in every case.
    """
    held = dict.fromkeys(exercise.properties, False)
    if trial.not_started:
        return Verdict(exercise.name, "not started", held, 0.0)
    seen = _table(trial.seen)
    wanted = known.wanted
    wrong = [key for key, right in wanted.items() if not _agrees(right, seen.get(key))]
    failed = {name for _, name in wrong}
    for name in held:
        held[name] = name not in failed and any(name == wanted_name for _, wanted_name in wanted)
    if ARGUMENTS in held and not any(holds for name, holds in held.items() if name != ARGUMENTS):
        held[ARGUMENTS] = False  # an answer that does nothing changes nothing: no points for that
    share = sum(part for name, part in exercise.properties.items() if held.get(name))
    verdict = Verdict(exercise.name, "wrong" if wrong else "right", held, share, notes=sorted(trial.notes))
    measures = {name for _, name in wanted} - exercise.properties.keys() - {ENDING}
    verdict.measured = {name: float(one.value) for (_, name), one in seen.items() if name in measures}
    if not wrong:
        return verdict
    case, name = min(wrong, key=lambda key: (key not in seen, key[1] == ENDING))
    verdict.where = case, name
    verdict.call = trial.calls[case].get(name, "") if case < len(trial.calls) else ""
    endings = [seen[key] for key in wrong if key[1] == ENDING and key in seen]
    if endings:
        verdict.ending = _ending(endings[0])
    verdict.failure = describe(name, wanted[case, name], seen.get((case, name)))[:LONGEST]
    explained, verdict.mistakes = _matching(seen, known)
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
        return f"{name}: {show(seen.value) if ' ' in str(seen.value) else 'not the best answer'}"
    return f"{name}: {right.difference(seen.value)}"


def _table(observations: Observations) -> Table:
    return {(case, seen.property): seen for case, one in enumerate(observations) for seen in one}


def _agrees(right: Observation, seen: Observation | None) -> bool:
    return seen is not None and right.agrees(seen)


def _matching(seen: Table, known: ExpectedOutcomes) -> tuple[set[Key], list[str]]:
    """Find the mistakes whose every symptom the answer shows: what they explain, and their sentences.

    Those that explain most come first, and whose symptoms are all another's is not among them.
    """
    explained: set[Key] = set()
    found: list[tuple[set[Key], str]] = []
    for symptoms, sentence in sorted(known.matching(seen), key=lambda one: -len(one[0])):
        if not any(symptoms < others for others, _ in found) and sentence not in (words for _, words in found):
            explained |= symptoms
            found.append((symptoms, sentence))
    return explained, [sentence for _, sentence in found]


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


def _ending(seen: Observation) -> str:
    """Say how an answer broke off: neither its message nor a name of its own, which may tell a case."""
    words = str(seen.value).removeprefix("no: ")
    if UNREADABLE in words:
        known = any(words.startswith(f"it returns {name}, ") for name in REFUSED)
        return words if known else f"it returns something {UNREADABLE}"
    words = _cause(seen).split(" (")[0].split(":")[0].strip()
    kind = words.removeprefix("it raises ")
    return words if kind == words or kind in vars(builtins) else "it raises an error of its own"
