"""What an exercise is, how an answer is observed, and when two observations agree.

An exercise is a generator function that calls an answer and yields what it observes, one named property at
a time. The same observations of the reference answer say what is right, and those of a known mistake say
what that mistake looks like: nothing else is needed to judge an answer, here or at grading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks import calling, limits
from course_utils.checks.difference import ATOL, RTOL, difference

Case = dict[str, Any]

ARGUMENTS = "leaves its arguments as they were"


@dataclass(frozen=True)
class Observation:
    """One property of an answer as it came out in one case.

    Parameters
    ----------
    property : str
        What is looked at, as a phrase: ``"the shapes of W and b"``.
    value : plain data
        None, bool, number, str, numeric array, or list or dict of these.
    rtol, atol : float
        Largest relative and absolute difference to an equal value.
    secret : bool
        The expected value is never shown.
    """

    property: str
    value: Any
    rtol: float = RTOL
    atol: float = ATOL
    secret: bool = False

    def difference(self, got: Any) -> str | None:
        """Say how a value differs from this one, beyond its tolerance."""
        return difference(got, self.value, self.rtol, self.atol)

    def agrees(self, other: Observation) -> bool:
        """Tell whether another observation is the same one, within this one's tolerance."""
        return self.property == other.property and self.difference(other.value) is None


@dataclass(frozen=True)
class Exercise:
    """A name, the cases it is tried on, and how an answer is observed in one case.

    ``companions``, ``join``, ``seconds`` and ``needs`` are as for :func:`exercise`.
    """

    name: str
    observe: Callable[..., Iterator[Observation]]
    cases: Callable[[np.random.Generator], list[Case]]
    weights: dict[str, float]
    companions: tuple[str, ...] = ()
    join: Callable[..., Callable] | None = None
    seconds: float = limits.SECONDS
    needs: str = ""

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions that a check takes: ``check(answer, *companions)``."""
        return (self.name, *self.companions)

    def guarded(self, *functions: Callable) -> list[Callable]:
        """Guard an answer and its companions, each call of which has this exercise's time.

        Raises
        ------
        ValueError
            A companion is missing.
        """
        if len(functions) != len(self.functions):
            raise ValueError(f"call it like this: check({', '.join(self.functions)})")
        found = []
        for function in functions:
            if hasattr(function, "through"):  # it lives in the judge's sandbox
                function.seconds = self.seconds
                found.append(function)
            else:
                found.append(calling.Guarded(function, self.seconds))
        return found

    def joined(self, *functions: Callable) -> Callable:
        """Make the one function that is tried of an answer and its companions.

        Parameters
        ----------
        functions : callable
            Guarded, or ours: what is ours ends by itself.
        """
        guarded = [one if hasattr(one, "through") else calling.Guarded(one) for one in functions]
        return self.join(*guarded) if self.join else guarded[0]

    @property
    def properties(self) -> dict[str, float]:
        """Each property's share of the points; the shares sum to 1."""
        total = sum(self.weights.values())
        return {name: weight / total for name, weight in self.weights.items()}


EXERCISES: dict[str, Exercise] = {}


def exercise(
    name: str,
    cases: Callable[[np.random.Generator], list[Case]],
    weights: dict[str, float],
    arguments: bool = True,
    companions: tuple[str, ...] = (),
    join: Callable[..., Callable] | None = None,
    seconds: float = limits.SECONDS,
    needs: str = "",
) -> Callable[[Callable], Callable]:
    """Register a generator function as the observer of an exercise.

    Parameters
    ----------
    name : str
        The function that the student writes.
    cases : callable
        ``cases(rng)`` draws the list of cases; each is a dict handed to the observer as keywords.
    weights : dict
        Every property the observer yields, with its weight in the points. What it yields beside them is a number that
        is only measured: it has to agree with any other.
    arguments : bool
        The function takes arguments, so look at whether it leaves them as they were.
    companions : tuple of str
        Other functions of the student's that this one is checked together with.
    join : callable, optional
        ``join(answer, *companions)`` → the function that is tried. What one of them makes for another, and is no plain
        data, stays between them.
    seconds : float
        How long one call of the answer may compute.
    needs : str
        An extra package that answers import, if any.
    """
    if name in EXERCISES:
        raise ValueError(f"the exercise {name} is registered twice")
    if arguments:
        weights = {**weights, ARGUMENTS: 1}

    def register(observe: Callable) -> Callable:
        EXERCISES[name] = Exercise(name, observe, cases, weights, companions, join, seconds, needs)
        return observe

    return register


class Malformed(Exception):
    """A result that cannot be read as what the exercise asks for; the message is for the student."""


@dataclass
class Trial:
    """All that was seen of one answer: per case the call behind each property, what it returned, the observations."""

    calls: list[dict[str, str]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    seen: list[list[Observation]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    tells_calls: bool = True  # to put each call into words takes as long as a quick answer
    begun: str = ""  # of an answer that is begun, what to say where it raises NotImplementedError all the same
    not_started: bool = False
    timed_out: bool = False


ENDING = "runs to its end"


def run_trial(function: Callable, exercise: Exercise, seed: int, begun: str = "") -> Trial:
    """Observe a function on the cases that a seed draws.

    Parameters
    ----------
    function : callable
        The answer, joined with its companions. Whatever it does, this function returns normally.
    exercise : Exercise
        What is asked.
    seed : int
        Draws the cases: the same seed, the same cases.
    begun : str
        What to say where the answer raises NotImplementedError though it is begun; "" where it may be a blank.
    """
    trial = Trial(begun=begun)
    with calling.kept_random_state():
        for _ in observe_cases(function, exercise, seed, trial):
            pass
    return trial


def observe_cases(function: Callable, exercise: Exercise, seed: int, trial: Trial) -> Iterator[list[Observation]]:
    """Observe a function case by case, for whom the first ones may be enough; ``run_trial`` says how.

    NumPy's global random state is another one afterwards.

    Parameters
    ----------
    function : callable
    exercise : Exercise
    seed : int
    trial : Trial
        Is filled on the way.

    Yields
    ------
    list of Observation
        What was seen of a case.
    """
    for case in exercise.cases(np.random.default_rng(seed)):
        answer = calling.CallRecorder(function, trial.tells_calls)
        seen: list[Observation] = []
        calls: dict[str, str] = {}
        results: dict[str, Any] = {}
        call, result, told, ending = "", None, 0, "yes"
        try:
            with calling.contained() as noise:
                for observation in exercise.observe(answer, **case):
                    seen.append(observation)
                    new, told = answer.calls[told:], len(answer.calls)
                    if new:  # several calls stand behind it: none of them is the one
                        call, result = (new[0], answer.results[-1]) if len(new) == 1 else ("", None)
                    calls[observation.property] = call
                    results[observation.property] = result
        except calling.NotStarted:
            trial.not_started = not trial.begun
            ending = f"no: it raises NotImplementedError: {trial.begun}"
        except limits.TimeLimit as limit:
            trial.timed_out = True
            ending = f"no: {limit.words.format(exercise.seconds)}"
        except calling.Raised as error:
            ending = f"no: {error}"
        except Malformed as error:
            ending = f"no: {error}"
        except Exception as error:
            # The observer stumbled over a result of the wrong kind.
            ending = f"no: its result cannot be used here ({type(error).__name__}: {error})"
        seen.append(Observation(ENDING, ending))
        if ARGUMENTS in exercise.weights:
            changed = ", ".join(sorted(answer.modified))
            seen.append(Observation(ARGUMENTS, f"changes {changed}" if changed else "yes"))
        calls[ENDING] = (answer.calls or [""])[-1]
        trial.calls.append(calls)
        trial.results.append(results)
        trial.seen.append(seen)
        trial.notes |= noise.notes
        yield seen
        if trial.not_started or trial.timed_out:
            break
