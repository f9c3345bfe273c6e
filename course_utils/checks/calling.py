"""Call a student's function so that whatever it does stays a sentence: copies in, plain data out."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import linecache
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

SECONDS = 2.0


class NotStarted(Exception):
    """The function still raises NotImplementedError."""


class Raised(Exception):
    """The function raised; the message is for the student."""


class TimeLimit(BaseException):
    """The function ran for too long. Not an Exception, so that ``except Exception`` cannot swallow it."""


@dataclass(frozen=True)
class Rng:
    """Stands for ``numpy.random.default_rng(seed)`` in a case: each call gets a fresh generator."""

    seed: int

    def __str__(self) -> str:
        return f"default_rng({self.seed})"


@dataclass
class Answer:
    """A function under test: fresh arguments in, plain data out, every change of an argument noted."""

    function: Callable
    tells_calls: bool = True
    modified: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)  # each call's arguments in words
    results: list[Any] = field(default_factory=list)  # what each call returned

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function with copies of the arguments.

        Raises
        ------
        NotStarted
            The function raises NotImplementedError.
        Raised
            The function raises anything else, or returns None.
        """
        given = copy.deepcopy((arguments, keywords))
        given_arguments, given_keywords = _fresh(given)
        self.calls.append(describe_call(arguments, keywords) if self.tells_calls else "")
        self.results.append(None)
        try:
            result = self.function(*given_arguments, **given_keywords)
        except NotImplementedError:
            raise NotStarted from None
        except TimeoutError:
            raise TimeLimit from None
        except (TimeLimit, Raised):
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise Raised(describe_error(error)) from None
        for index, (before, after) in enumerate(zip(arguments, given_arguments, strict=True)):
            if not _same(before, after):
                self.modified.add(f"its {_ordinal(index)} argument")
        for name, before in keywords.items():
            if not _same(before, given_keywords[name]):
                self.modified.add(name)
        if result is None:
            raise Raised("it returns None (is a return missing?)")
        self.results[-1] = result = plain(result)
        handed_in = list(_arrays([given_arguments, given_keywords]))
        if any(share_memory(part, argument) for part in _arrays(result) for argument in handed_in):
            self.modified.add("what it was given: its result shares memory with an argument (copy it)")
        return result


def plain(value: Any) -> Any:
    """Reduce a result to plain data: builtin containers, strings, numbers and base-class numeric arrays.

    Raises
    ------
    Raised
        The value holds something else.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.array(value, copy=None, subok=False)
        if array.dtype.kind not in "biufc":
            raise Raised(f"it returns an array of dtype {array.dtype}, not of numbers")
        return array
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if callable(getattr(type(value), "numpy", None)):  # a tensor counts as the array that it holds
        return plain(np.asarray(value))
    # At grading the value stays in the sandbox, and what is here only says of what kind it is.
    what = getattr(value, "kind", "")
    what = what if isinstance(what, str) and what else f"a {type(value).__name__}"
    raise Raised(f"it returns {what}, which is not plain data")


@dataclass
class Noise:
    """What was printed and warned about while student code ran; it costs nothing."""

    notes: set[str] = field(default_factory=set)


@contextlib.contextmanager
def contained(seconds: float | None = SECONDS) -> Iterator[Noise]:
    """Run student code with output and warnings captured, float errors quiet and a time limit.

    NumPy's global random state starts equal; whoever minds what it is afterwards uses ``kept_random_state`` as well.
    The limit needs SIGALRM and the main thread (Linux, macOS); elsewhere code runs without one.
    """
    noise = Noise()
    out = io.StringIO()
    np.random.seed(0)  # noqa: NPY002 - answers may use the global state
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn"),
        _time_limit(seconds),
    ):
        warnings.simplefilter("always")
        try:
            yield noise
        finally:
            if out.getvalue().strip():
                noise.notes.add("it prints while it runs")
            noise.notes |= {f"it warns: {str(warning.message)[:80]}" for warning in caught[:3]}


@contextlib.contextmanager
def kept_random_state() -> Iterator[None]:
    """Put NumPy's global random state back afterwards; this takes as long as many a call of an answer."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    if seconds is None or not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: Any) -> None:
        raise TimeLimit

    before = signal.signal(signal.SIGALRM, ring)
    # It rings again: code that swallows the first one does not get away.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def describe_error(error: BaseException) -> str:
    """Name an error in one line, with the student's own line where it can be told."""
    message = " ".join(str(error).split())
    text = f"it raises {type(error).__name__}" + (f": {message[:100]}" if message else "")
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.line for frame in frames if frame.line and frame.filename != __file__]
    own = [
        frame.line
        for frame in frames
        if frame.line and "site-packages" not in frame.filename and frame.filename != __file__
    ]
    where = (own or lines)[-1:]
    return text + (f" (in: {where[0].strip()[:60]})" if where else "")


def describe_call(arguments: tuple, keywords: dict) -> str:
    """Print the arguments of a call on one line; large arrays by their shape."""
    words = [_describe(value) for value in arguments]
    words += [f"{name}={_describe(value)}" for name, value in keywords.items()]
    return ", ".join(words)


def _describe(value: Any) -> str:
    from course_utils.checks.exercise import show

    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {np.shape(part)}" for key, part in value.items()) + "}"
    if isinstance(value, str):
        return repr(value)
    return str(value) if isinstance(value, Rng) else show(value, 40)


def called_name(frame: Any) -> str | None:
    """Read from a caller's source which name it passed as the only argument: ``check(name)``."""
    import ast
    import inspect

    positions = inspect.getframeinfo(frame, context=0).positions
    if positions is None or positions.lineno is None:
        return None
    lines = linecache.getlines(frame.f_code.co_filename)[positions.lineno - 1 : positions.end_lineno]
    with contextlib.suppress(SyntaxError, IndexError):
        lines[-1] = lines[-1].encode()[: positions.end_col_offset].decode()
        lines[0] = lines[0].encode()[positions.col_offset :].decode()
        call = ast.parse("".join(lines).strip(), mode="eval").body
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Name):
            return call.args[0].id
    return None


def share_memory(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two arrays share memory; views made to keep this question busy for years do."""
    try:
        return np.shares_memory(one, other, max_work=10_000)
    except np.exceptions.TooHardError:
        return True


def _fresh(value: Any) -> Any:
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, tuple):
        return tuple(_fresh(part) for part in value)
    if isinstance(value, dict):
        return {key: _fresh(part) for key, part in value.items()}
    return value


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _arrays(part)


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Rng | np.random.Generator) or callable(before):
        return True
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.dtype == after.dtype and _equal_arrays(before, after)
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and list(before) == list(after)
            and all(_same(before[key], after[key]) for key in before)
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after) or before != before


_equal_arrays = functools.partial(np.array_equal, equal_nan=True)


def _ordinal(index: int) -> str:
    return ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")[index]
