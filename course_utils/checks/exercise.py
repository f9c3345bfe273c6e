"""What an exercise is, how an answer is observed, and when two observations agree.

An exercise is a generator function that calls an answer and yields what it observes, property by property. The same
observations of the reference answer say what is right, and those of a known mistake say what that mistake looks like:
nothing else is needed to judge an answer, here or at grading.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks import calling, limits
from course_utils.checks.calling import WrappableFunction
from course_utils.checks.difference import ATOL, RTOL, difference

Case = dict[str, Any]

# Properties that every exercise has beside its own.
ARGUMENTS = "leaves its arguments as they were"
ENDING = "runs to its end"


@dataclass(frozen=True)
class Observation:
    """A property of an answer, as observed in a case.

    Parameters
    ----------
    property : str
        What is observed, as a phrase: ``"the shapes of W and b"``.
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
        """Say how a value differs from this observation's, beyond its tolerance."""
        return difference(got, self.value, self.rtol, self.atol)

    def agrees(self, other: Observation) -> bool:
        """Tell whether another observation is equal to this, within this observation's tolerance."""
        return self.property == other.property and self.difference(other.value) is None


@dataclass(frozen=True)
class Exercise:
    """A name, the cases on which an answer is tried, and how the answer is observed in a case.

    Parameters
    ----------
    name, cases, weights, companions, join, seconds, needs, is_hunt
        As for :func:`exercise`; ``weights`` holds those of ``form`` too.
    form : frozenset of str
        Names of the properties of form.
    observe : callable
        ``observe(answer, **case)`` yields an :class:`Observation` for each property.
    """

    name: str
    observe: Callable[..., Iterator[Observation]]
    cases: Callable[[np.random.Generator], list[Case]]
    weights: dict[str, float]
    form: frozenset[str] = frozenset()
    companions: tuple[str, ...] = ()
    join: Callable[..., Callable] | None = None
    seconds: float = limits.MAX_CALL_CPU_SECONDS
    needs: str = ""
    is_hunt: bool = False

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions that a check takes: ``check(answer, *companions)``."""
        return (self.name, *self.companions)

    def with_time_limit(self, *functions: Callable) -> list[WrappableFunction]:
        """Give an answer and its companions, each limited to this exercise's seconds of computing per call.

        Parameters
        ----------
        functions : callable
            In the order of ``self.functions``: plain functions, or the judge's for functions in its sandbox.

        Raises
        ------
        ValueError
            A companion is missing.
        """
        if len(functions) != len(self.functions):
            raise ValueError(f"call it like this: check({', '.join(self.functions)})")
        limited: list[WrappableFunction] = []
        for function in functions:
            if isinstance(function, WrappableFunction):
                # The judge's has the limit of any call already, which an instructor may have set.
                if function.seconds is None or self.seconds > limits.MAX_CALL_CPU_SECONDS:
                    function.seconds = self.seconds
                limited.append(function)
            else:
                limited.append(calling.LocalFunction(function, self.seconds))
        return limited

    def joined(self, *functions: Callable) -> Callable:
        """Combine an answer and its companions to the function that is tried.

        Parameters
        ----------
        functions : callable
            In the order of ``self.functions``. A plain function counts as the course's own, and gets no time limit.

        Returns
        -------
        callable
            What ``join`` makes of them; without ``join``, the answer.
        """
        wrappable = [
            function if isinstance(function, WrappableFunction) else calling.LocalFunction(function)
            for function in functions
        ]
        return self.join(*wrappable) if self.join else wrappable[0]

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
    form: Mapping[str, float] | None = None,
    arguments: bool = True,
    companions: tuple[str, ...] = (),
    join: Callable[..., Callable] | None = None,
    seconds: float = limits.MAX_CALL_CPU_SECONDS,
    needs: str = "",
    is_hunt: bool = False,
) -> Callable[[Callable], Callable]:
    """Register a generator function as the observer of an exercise.

    Parameters
    ----------
    name : str
        The function that the student writes.
    cases : callable
        ``cases(rng)`` draws the list of cases; each is a dict handed to the observer as keywords.
    weights : dict
        Property → its weight in the points, for every property of value that the observer yields: one that an answer
        without understanding does not have.
    form : dict, optional
        The same for properties of form (shapes, floats, the use of ``rng``, …), which such an answer may well have:
        they earn only where a property of value holds beside them. Any property in neither is a number that is only
        measured: its tolerance lets it agree with any other.
    arguments : bool
        The function takes arguments, so look at whether it leaves them as they were: that is form.
    companions : tuple of str
        Other functions of the student's that this answer is checked together with.
    join : callable, optional
        ``join(answer, *companions)`` → the function that is tried. What a function makes for another need not be
        plain data: ``with_wrapper(KEEP_FIRST)`` or ``(KEEP_SECOND)`` keeps it in the functions' process.
    seconds : float
        CPU seconds that a call of the answer may take.
    needs : str
        An extra package that answers import, if any.
    is_hunt : bool
        To find out how numbers are wrong is the exercise: only which of them are is told.

    Returns
    -------
    callable
        Decorator of ``observe(answer, **case)``, which it gives back unchanged.

    Raises
    ------
    ValueError
        The name is registered already.
    """
    if name in EXERCISES:
        raise ValueError(f"the exercise {name} is registered twice")
    form = {**(form or {}), **({ARGUMENTS: 1} if arguments else {})}

    def register(observe: Callable) -> Callable:
        together = {**weights, **form}
        EXERCISES[name] = Exercise(
            name, observe, cases, together, frozenset(form), companions, join, seconds, needs, is_hunt
        )
        return observe

    return register


@dataclass
class Trial:
    """Everything that was observed of an answer.

    Parameters
    ----------
    cases : list of dict
        What was asked, case by case.
    calls : list of dict
        Per case: property → the call behind it, in words.
    results : list of dict
        Per case: property → what that call returned.
    observations : list of list of Observation
        Per case.
    notes : set of str
        What it printed or warned about, in sentences.
    describes_calls : bool
        Put each call into words, which takes as long as a quick answer.
    unfinished_hint : str
        What to say where an answer that is begun raises NotImplementedError; "" where it may be a blank.
    sizes : list of int
        Per case: the size of the largest result.
    right_sizes : sequence of int
        The right answer's, as far as they are known: much larger results are not looked at.
    not_started, timed_out, too_large : bool
        Why the last cases are missing.
    """

    cases: list[Case] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    observations: list[list[Observation]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    describes_calls: bool = True
    unfinished_hint: str = ""
    sizes: list[int] = field(default_factory=list)
    right_sizes: Sequence[int] = ()
    not_started: bool = False
    timed_out: bool = False
    too_large: bool = False


def run_trial(
    function: Callable, exercise: Exercise, seed: int, unfinished_hint: str = "", right_sizes: Sequence[int] = ()
) -> Trial:
    """Observe a function on the cases that a seed draws.

    Parameters
    ----------
    function : callable
        The answer, joined with its companions. Whatever it does, this function returns normally.
    exercise : Exercise
        What is asked.
    seed : int
        Draws the cases: the same seed, the same cases.
    unfinished_hint : str
        What to say where the answer raises NotImplementedError though it is begun; "" where it may be a blank.
    right_sizes : sequence of int
        See :class:`Trial`.
    """
    trial = Trial(unfinished_hint=unfinished_hint, right_sizes=right_sizes)
    with calling.preserve_random_state():
        for _ in observe_cases(function, exercise, seed, trial):
            pass
    return trial


def observe_cases(function: Callable, exercise: Exercise, seed: int, trial: Trial) -> Iterator[list[Observation]]:
    """Observe a function case by case, for callers who may stop after the first cases.

    Changes NumPy's global random state.

    Parameters
    ----------
    function, exercise, seed
        As for :func:`run_trial`.
    trial : Trial
        Filled case by case.

    Yields
    ------
    list of Observation
        The observations of a case.
    """
    for case in exercise.cases(np.random.default_rng(seed)):
        trial.cases.append(case)
        answer = calling.CallRecorder(function, trial.describes_calls)
        if len(trial.sizes) < len(trial.right_sizes):
            answer.max_size = limits.SPARE_TIMES * trial.right_sizes[len(trial.sizes)] + limits.SPARE_NUMBERS
        observations: list[Observation] = []
        calls: dict[str, str] = {}
        results: dict[str, Any] = {}
        call, result, count, ending = "", None, 0, "yes"
        try:
            with calling.capture_side_effects() as effects:
                for observation in exercise.observe(answer, **case):
                    observations.append(observation)
                    new, count = answer.calls[count:], len(answer.calls)
                    if new:  # where several calls stand behind a property, none of them is shown
                        call, result = (new[0], answer.results[-1]) if len(new) == 1 else ("", None)
                    calls[observation.property] = call
                    results[observation.property] = result
        except calling.NotStarted:
            trial.not_started = not trial.unfinished_hint
            ending = f"no: it raises NotImplementedError: {trial.unfinished_hint}"
        except limits.CallTimeout as timeout:
            trial.timed_out = True
            ending = f"no: {timeout.message.format(timeout.seconds or exercise.seconds)}"
        except (calling.CallFailed, calling.MalformedResult) as error:
            trial.too_large = isinstance(error, calling.ResultTooLarge)
            ending = f"no: {error}"
        except Exception as error:
            if isinstance(error, MemoryError) and "NBGRADER_EXECUTION" in os.environ:
                raise  # the grader's own, which a person has to look at
            # The observer stumbled over a result of the wrong kind.
            ending = f"no: its result cannot be used here ({type(error).__name__}: {error})"
        observations.append(Observation(ENDING, ending))
        if ARGUMENTS in exercise.weights:
            changed = ", ".join(sorted(answer.modified))
            observations.append(Observation(ARGUMENTS, f"changes {changed}" if changed else "yes"))
        calls[ENDING] = (answer.calls or [""])[-1]
        trial.calls.append(calls)
        trial.results.append(results)
        trial.sizes.append(answer.largest)
        trial.observations.append(observations)
        trial.notes |= effects.notes
        yield observations
        if trial.not_started or trial.timed_out or trial.too_large:
            break
