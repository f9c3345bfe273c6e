"""What an exercise is, how an answer is observed, and when two observations agree.

An exercise is a generator function that calls an answer and yields what it observes, one named property at
a time. The same observations of the reference answer say what is right, and those of a known mistake say
what that mistake looks like: nothing else is needed to judge an answer, here or at grading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks import calling, limits

Case = dict[str, Any]

PRINT = np.get_printoptions()
ARGUMENTS = "leaves its arguments as they were"


@dataclass(frozen=True)
class Seen:
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
    rtol: float = 1e-5
    atol: float = 1e-8
    secret: bool = False

    def agrees(self, other: Seen) -> bool:
        """Tell whether another observation is the same one, within this one's tolerance."""
        return self.property == other.property and difference(other.value, self) is None


@dataclass(frozen=True)
class Exercise:
    """A name, the cases it is tried on, and how an answer is observed in one case.

    ``companions``, ``join``, ``seconds`` and ``needs`` are as for :func:`exercise`.
    """

    name: str
    observe: Callable[..., Iterator[Seen]]
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
    seen: list[list[Seen]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    tells_calls: bool = True  # to put each call into words takes as long as a quick answer
    begun: str = ""  # of an answer that is begun, what to say where it raises NotImplementedError all the same
    not_started: bool = False
    timed_out: bool = False


ENDING = "runs to its end"


def try_out(function: Callable, exercise: Exercise, seed: int, begun: str = "") -> Trial:
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
        for _ in tried(function, exercise, seed, trial):
            pass
    return trial


def tried(function: Callable, exercise: Exercise, seed: int, trial: Trial) -> Iterator[list[Seen]]:
    """Observe a function case by case, for whom the first ones may be enough; ``try_out`` says how.

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
    list of Seen
        What was seen of a case.
    """
    for case in exercise.cases(np.random.default_rng(seed)):
        answer = calling.Answer(function, trial.tells_calls)
        seen: list[Seen] = []
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
        seen.append(Seen(ENDING, ending))
        if ARGUMENTS in exercise.weights:
            changed = ", ".join(sorted(answer.modified))
            seen.append(Seen(ARGUMENTS, f"changes {changed}" if changed else "yes"))
        calls[ENDING] = (answer.calls or [""])[-1]
        trial.calls.append(calls)
        trial.results.append(results)
        trial.seen.append(seen)
        trial.notes |= noise.notes
        yield seen
        if trial.not_started or trial.timed_out:
            break


def difference(got: Any, expected: Seen) -> str | None:
    """Say how a value differs from an expected one, shape and type first.

    Parameters
    ----------
    got : plain data
        What came out.
    expected : Seen
        What it should be, and how closely.

    Returns
    -------
    str or None
        A phrase, or None where the two agree. Lists, tuples and 1-D arrays are one thing, so are int,
        float and 0-d arrays.
    """
    want = expected.value
    if isinstance(got, str) and not isinstance(want, str):
        return got  # an observer's own phrase
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return f"expected a dict, got {kind(got)}"
        missing = [key for key in want if key not in got]
        extra = [key for key in got if key not in want]
        if missing or extra:
            words = [
                f"{', '.join(map(str, keys))} {word}"
                for keys, word in ((missing, "missing"), (extra, "not asked for"))
                if keys
            ]
            return "; ".join(words)
        for key, value in want.items():
            part = difference(got[key], Seen(key, value, expected.rtol, expected.atol))
            if part:
                return f"{key}: {part}"
        return None
    if want is None or isinstance(want, str | bool | np.bool_):
        same = type(got) is type(want) and got == want
        if isinstance(want, bool | np.bool_):
            same = isinstance(got, bool | np.bool_) and bool(got) == bool(want)
        return None if same else f"expected {show(want)}, got {show(got)}"
    if type(want) is list and type(got) is list and all(type(value) is int for value in got + want) and got == want:
        return None  # a shape: no need of NumPy
    if isinstance(want, list | tuple) and any(isinstance(value, str | dict | list) or value is None for value in want):
        if not isinstance(got, list | tuple) or len(got) != len(want):
            return f"expected {show(want)}, got {show(got)}"
        for value, part in zip(got, want, strict=True):
            words = difference(value, Seen("", part, expected.rtol, expected.atol))
            if words:
                return words
        return None
    return _numeric_difference(got, want, expected.rtol, expected.atol)


def _numeric_difference(got: Any, want: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, str | dict) or got is None:
        return f"expected {kind(want)}, got {kind(got)}"
    try:
        got, want = np.asarray(got), np.asarray(want)
    except ValueError:
        return f"expected {kind(want)}, got a list of unequal parts"
    if got.dtype.kind not in "biuf":
        return f"expected {kind(want)}, got {kind(got)}"
    if got.shape != want.shape:
        return f"expected shape {want.shape}, got {got.shape}"
    got, want = got.astype(float), want.astype(float)
    wrong = ~np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    if want.ndim == 0:
        return f"expected {show(want)}, got {show(got)}"
    gap = np.where(wrong, np.abs(np.nan_to_num(got - want, nan=np.inf)), -1.0)
    worst = np.unravel_index(np.argmax(gap), want.shape)
    where = ", ".join(str(int(index)) for index in worst)
    return (
        f"expected {show(want[worst])}, got {show(got[worst])} at [{where}]"
        f" ({int(wrong.sum())} of {want.size} entries differ)"
    )


def kind(value: Any) -> str:
    """Name the kind of a value in words, with shape and dtype for arrays."""
    if value is None:
        return "None"
    if isinstance(value, bool | np.bool_):
        return f"{bool(value)}"
    if isinstance(value, int | float | np.number) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return "a number"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def show(value: Any, width: int = 60) -> str:
    """Print a value on one line of limited width."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.ndim == 0):
        text = f"{float(value):.6g}"
    elif isinstance(value, np.ndarray):
        if value.size > 12:
            return kind(value).removeprefix("an ")
        with np.printoptions(**PRINT):  # whatever the notebook has set
            text = np.array2string(value, precision=4, separator=", ", max_line_width=10_000)
        text = " ".join(text.split())
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(show(part) for part in value) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {show(part)}" for key, part in value.items()) + "}"
    else:
        text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def digest(*words: Any) -> str:
    """Hash words so that they can be compared without being read."""
    return hashlib.sha256("\x1f".join(str(word) for word in words).encode()).hexdigest()[:20]
