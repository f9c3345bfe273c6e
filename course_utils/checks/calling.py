"""Call a student's function: copies of the arguments in, plain data out, every failure as a sentence."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import itertools
import linecache
import math
import os
import pickle
import re
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from course_utils.checks import limits, shadowing, values
from course_utils.checks.difference import show
from course_utils.checks.limits import CallTimeout, time_limit
from course_utils.checks.values import (
    NotPlainData,
    as_plain_data,
    reduce_types,
    type_name,  # noqa: F401 - the judge asks for this name
)

_PACKAGE = os.path.dirname(os.path.dirname(__file__))
_OWN_FILES = {__file__, limits.__file__, shadowing.__file__, values.__file__}


class NotStarted(Exception):
    """The function still raises NotImplementedError."""


class CallFailed(Exception):
    """The function raised, or returned what is no plain data; the message is for the student."""


class ResultTooLarge(CallFailed):
    """The function returned far more than what is asked for: it is not tried any further."""


class MalformedResult(Exception):
    """A result that cannot be read as what the exercise asks for; the message is for the student."""


@dataclass(frozen=True)
class Rng:
    """Stands for ``numpy.random.default_rng(seed)`` in a case: each call gets a fresh generator."""

    seed: int

    def __str__(self) -> str:
        return f"default_rng({self.seed})"


@dataclass
class CallRecorder:
    """A function under test: fresh arguments in, plain data out, every change of an argument noted.

    Parameters
    ----------
    function : callable
        The answer.
    describes_calls : bool
        Put each call into words, which takes as long as a quick answer.
    modified : set of str
        What the function changed though it was only given it, in words.
    calls : list of str
        Each call's arguments in words.
    results : list
        What each call returned, as plain data.
    max_size : int
        Above which no result is looked at; see ``count_numbers``.
    largest : int
        Size of the largest result so far.
    """

    function: Callable
    describes_calls: bool = True
    modified: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    max_size: int = limits.MAX_NUMBERS
    largest: int = 0

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function with copies of the arguments.

        Returns
        -------
        plain data

        Raises
        ------
        NotStarted
            The function raises NotImplementedError.
        CallFailed
            The function raises anything else, or returns None or what is no plain data.
        MalformedResult
            What it is joined with cannot use a result of the student's.
        CallTimeout
            It took too long.
        """
        copies = copy.deepcopy((arguments, keywords))
        passed_arguments, passed_keywords = _make_generators(copies)
        self.calls.append(describe_call(arguments, keywords) if self.describes_calls else "")
        self.results.append(None)
        try:
            result = self.function(*passed_arguments, **passed_keywords)
        except NotImplementedError:
            raise NotStarted from None
        except (MalformedResult, ResultTooLarge):  # of what one function of the student's made for another
            raise
        except TimeoutError as error:  # of the judge's: what an answer raises itself arrives as CallFailed
            named = re.match(r"still running after (\d+(?:\.\d+)?) s", str(error))
            raise CallTimeout(float(named[1]) if named else None) from None
        except Exception as error:
            # An error from the sandbox has another class: only its name and its message cross the border.
            is_described = type(error).__name__ == CallFailed.__name__
            raise CallFailed(str(error) if is_described else describe_error(error)) from None
        self.largest = max(self.largest, count_numbers(result, self.max_size))  # before anything else looks at it
        for index, (before, after) in enumerate(zip(arguments, passed_arguments, strict=True)):
            if not _is_unchanged(before, after):
                self.modified.add(f"its {_ordinal(index)} argument")
        for name, before in keywords.items():
            if not _is_unchanged(before, passed_keywords[name]):
                self.modified.add(name)
        if result is None:
            raise CallFailed("it returns None (is a return missing?)")
        try:
            self.results[-1] = result = as_plain_data(result)
        except NotPlainData as reason:
            raise CallFailed(f"it returns {reason}") from None
        arrays_passed = list(_arrays([passed_arguments, passed_keywords]))
        if any(share_memory(part, argument) for part in _arrays(result) for argument in arrays_passed):
            self.modified.add("what it was given: its result shares memory with an argument (copy it)")
        self.results[-1] = result = as_it_is_now(result)
        return result


def as_it_is_now(result: Any) -> Any:
    """Copy what a function returned: a later call may write into the same memory.

    Parameters
    ----------
    result : object

    Returns
    -------
    object
        The same where it cannot be copied, which no plain data is.
    """
    try:
        return copy.deepcopy(result)
    except Exception:
        return result


# --- where the function lives -----------------------------------------------------------------------------------------


@runtime_checkable
class WrappableFunction(Protocol):
    """What a student's function in this process and a proxy of a function in the sandbox have in common.

    Attributes
    ----------
    seconds : float or None
        CPU seconds that each call may take; None sets no limit.
    """

    seconds: float | None

    def with_wrapper(self, name: str) -> WrappableFunction:
        """Give the same function, wrapped where it lives by one more entry of ``WRAPPERS``."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it."""


class LocalFunction:
    """A student's function in this process, with a time limit; its counterpart in the sandbox is the judge's.

    Parameters
    ----------
    function : callable
        As it was written.
    seconds : float, optional
        CPU seconds that each call may take; None for what ends by itself.
    wrappers : tuple of str
        Names in ``WRAPPERS``, the innermost first.
    """

    def __init__(self, function: Callable, seconds: float | None = None, wrappers: tuple[str, ...] = ()) -> None:
        self.function, self.seconds, self.wrappers = function, seconds, wrappers

    def with_wrapper(self, name: str) -> LocalFunction:
        """Give the same function, wrapped by one more entry of ``WRAPPERS``."""
        return LocalFunction(self.function, self.seconds, (*self.wrappers, name))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it.

        Raises
        ------
        NotImplementedError
            It is still blank.
        CallFailed
            It raised something else; the message is for the student.
        CallTimeout
            It took too long.
        """
        with time_limit(self.seconds):
            return _call_wrapped(self.wrappers, self.function, arguments, keywords)


def call(wrappers: Iterable[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    """Call a student's function inside the sandbox, for a check in another process, as :class:`LocalFunction` does.

    Parameters
    ----------
    wrappers : iterable of str
        Names in ``WRAPPERS``, the innermost first.
    function : callable
        As the student wrote it.
    arguments, keywords
        What it is called with.

    Returns
    -------
    object
        Plain data; what is none stays as it is.

    Raises
    ------
    NotImplementedError
        It is still blank.
    CallFailed
        It raised something else; the message is for the student.
    """
    _seed_once()
    *others, last = [*wrappers] or [""]
    if last == IN_A_COPY:
        return _in_a_copy(lambda: call(others, function, arguments, keywords))
    with default_error_settings():
        return _call_wrapped(wrappers, function, arguments, keywords)


def _in_a_copy(function: Callable[[], Any]) -> Any:
    """Call a function in a fork of this process, so that what it remembers is gone.

    Where threads run, which a fork has not, it is called here. So it is where it fails there, to be told of here.
    """
    if sys.platform == "win32" or threading.active_count() > 1:
        return function()
    import resource  # not on Windows, where students import this module

    seconds = math.ceil(signal.getitimer(signal.ITIMER_REAL)[0])  # left of the call
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        code = 1
        try:
            resource.setrlimit(
                resource.RLIMIT_CPU, (seconds, seconds + 1) if seconds else (resource.RLIM_INFINITY,) * 2
            )
            with os.fdopen(writing, "wb") as file:
                pickle.dump(function(), file)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        result = file.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise TimeoutError(f"still running after {seconds} s of computing")
    return function() if code else pickle.loads(result)


def after_fork() -> None:
    """Let TensorFlow run without its threads, which a fork does not have: a graph would wait for them for ever.

    The judge calls this in the fork of the student's process that serves a test.
    """
    if "tensorflow" in sys.modules:
        with contextlib.suppress(Exception):  # it may be anything that a student called so
            sys.modules["tensorflow"].config.run_functions_eagerly(True)


@functools.cache  # once for each test, which has a copy of the student's process
def _seed_once() -> None:
    np.random.seed(0)  # noqa: NPY002 - answers may use the global state, and a regrade gives the same


def _call_wrapped(wrappers: Iterable[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    for name in wrappers:
        function = WRAPPERS[name](function)
    passed = {name: _as_argument(value) for name, value in keywords.items()}
    try:
        return reduce_types(function(*map(_as_argument, arguments), **passed))
    except NotImplementedError:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        raise CallFailed(describe_error(error) + describe_place(error)) from None


def _as_argument(value: Any) -> Any:
    if isinstance(value, Opaque):
        return value.value
    return _as_given_function(value) if callable(value) else value


def _as_given_function(function: Callable) -> Callable:
    """Wrap a function of the check for an answer to call: it takes plain data only, as it does across the border."""

    def given(*arguments: Any, **keywords: Any) -> Any:
        arguments, keywords = reduce_types((arguments, keywords))
        for value in (*arguments, *keywords.values()):
            try:
                as_plain_data(value)
            except NotPlainData as reason:
                raise TypeError(f"a given function is called with {reason}") from None
        return function(*arguments, **keywords)

    return given


@dataclass(frozen=True)
class Opaque:
    """Holds what a student's function makes for another: it is not inspected, and stays in its process."""

    value: Any


def _keep_item(kept: int, function: Callable) -> Callable:
    """Wrap a function that returns a pair, so that item ``kept`` of the pair stays in its process."""

    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        result = function(*arguments, **keywords)
        if not isinstance(result, tuple | list) or len(result) != 2:
            return result
        return tuple(Opaque(part) if index == kept else part for index, part in enumerate(result))

    return wrapper


KEEP_FIRST, KEEP_SECOND = "keep_first_item", "keep_second_item"
IN_A_COPY = "in_a_copy"
FIND_SHADOWED, RESTORE_BUILTINS = "find_shadowed_builtins", "restore_builtins"

WRAPPERS: dict[str, Callable[[Callable], Callable]] = {
    KEEP_FIRST: functools.partial(_keep_item, 0),
    KEEP_SECOND: functools.partial(_keep_item, 1),
    IN_A_COPY: lambda function: function,  # of the process; only where grading asks for it by ``call``
    FIND_SHADOWED: lambda function: lambda: shadowing.find_shadowed(function),
    RESTORE_BUILTINS: shadowing.restore_builtins,
}
"""Decorators by the names under which a check asks for them, also across the sandbox's border."""


# --- surroundings of a call -------------------------------------------------------------------------------------------


@dataclass
class SideEffects:
    """What was printed and warned about while student code ran, in sentences; it costs nothing."""

    notes: set[str] = field(default_factory=set)


@contextlib.contextmanager
def default_error_settings() -> Iterator[None]:
    """Ignore warnings and reset NumPy's error state, whatever an earlier cell has set."""
    with warnings.catch_warnings(), np.errstate(all="warn", call=None):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def capture_side_effects() -> Iterator[SideEffects]:
    """Run student code with output and warnings captured, NumPy's error state reset and its global generator seeded.

    Where the generator's state is needed afterwards, use :func:`preserve_random_state` as well.

    Yields
    ------
    SideEffects
        Filled when the body ends.
    """
    effects = SideEffects()
    output = io.StringIO()
    np.random.seed(0)  # noqa: NPY002 - answers may use the global state
    with (
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(output),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", call=None),
    ):
        warnings.simplefilter("always")
        try:
            yield effects
        finally:
            if output.getvalue().strip():
                effects.notes.add("it prints while it runs")
            effects.notes |= {
                f"it warns: {str(warning.message)[: limits.MAX_WARNING_CHARACTERS]}"
                for warning in caught[: limits.MAX_WARNINGS]
            }


@contextlib.contextmanager
def preserve_random_state() -> Iterator[None]:
    """Put NumPy's global random state back afterwards; this takes as long as many a call of an answer."""
    before = np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


# --- in words ---------------------------------------------------------------------------------------------------------


def describe_error(error: BaseException) -> str:
    """Name an error's type and message in one line."""
    message = ""
    with contextlib.suppress(Exception):  # it may be of a class of the student's
        message = " ".join(str(error).split())
    return f"it raises {type(error).__name__}" + (f": {message[: limits.MAX_ERROR_CHARACTERS]}" if message else "")


def describe_place(error: BaseException) -> str:
    """Quote the student's own line that an error comes from; "" where it cannot be told."""
    # Our frames stand above the student's, and below them where a given function was called.
    below_ours = itertools.dropwhile(_is_own_frame, traceback.extract_tb(error.__traceback__))
    frames = itertools.takewhile(lambda frame: not _is_own_frame(frame), below_ours)
    lines = [(frame.filename, frame.line.strip()) for frame in frames if frame.line]
    outside_libraries = [
        line for name, line in lines if "site-packages" not in name and not name.startswith(_PACKAGE + os.sep)
    ]
    return f" (in: {outside_libraries[-1][: limits.MAX_CODE_CHARACTERS]})" if outside_libraries else ""


def _is_own_frame(frame: traceback.FrameSummary) -> bool:
    return frame.filename in _OWN_FILES


def describe_call(arguments: tuple, keywords: dict) -> str:
    """Print the arguments of a call on one line; large arrays by their shape."""
    words = [_describe_argument(value) for value in arguments]
    words += [f"{name}={_describe_argument(value)}" for name, value in keywords.items()]
    return ", ".join(words)


def _describe_argument(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {np.shape(part)}" for key, part in value.items()) + "}"
    if isinstance(value, str):
        return repr(value)
    return str(value) if isinstance(value, Rng) else show(value, 40)


def passed_name(frame: Any) -> str | None:
    """Read from a caller's source under which name it passed the first argument: of ``check(name)``, "name".

    Parameters
    ----------
    frame : frame
        The caller's.

    Returns
    -------
    str or None
        None where the source is not there, or the argument is no name.
    """
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


# --- arguments before and after ---------------------------------------------------------------------------------------


def share_memory(array: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two arrays share memory; views made to keep this question busy for years count as sharing."""
    try:
        return np.shares_memory(array, other, max_work=limits.MAX_OVERLAP_WORK)
    except np.exceptions.TooHardError:
        return True


def _make_generators(value: Any) -> Any:
    """Put a new generator in the place of every ``Rng``."""
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, tuple):
        return tuple(_make_generators(part) for part in value)
    if isinstance(value, dict):
        return {key: _make_generators(part) for key, part in value.items()}
    return value


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _arrays(part)


def count_numbers(result: Any, most: int) -> int:
    """Count the entries of all arrays, lists and dicts in a result, each as often as it stands there.

    Parameters
    ----------
    result : object
    most : int
        It stops counting above that.

    Returns
    -------
    int

    Raises
    ------
    ResultTooLarge
        It holds more, or a dict of more entries than any exercise asks for.
    """
    found, pending = 0, [result]
    while pending:
        part = pending.pop()
        if isinstance(part, np.ndarray):
            found += part.size
        elif isinstance(part, dict | list | tuple):
            if isinstance(part, dict) and len(part) > limits.MAX_ENTRIES:
                raise ResultTooLarge("it returns a dict of hundreds of entries; asked for is less than a hundred")
            found += len(part)
        if found > most:
            raise ResultTooLarge("it returns far more numbers than are asked for")
        if isinstance(part, dict | list | tuple):
            pending += part.values() if isinstance(part, dict) else part
    return found


def _is_unchanged(before: Any, after: Any) -> bool:
    if isinstance(before, Rng | np.random.Generator) or callable(before):
        return True
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and before.dtype == after.dtype and _equal_arrays(before, after)
    if isinstance(before, dict):
        return (
            isinstance(after, dict)
            and list(before) == list(after)
            and all(_is_unchanged(before[key], after[key]) for key in before)
        )
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_is_unchanged, before, after))
    return bool(before == after) or before != before


_equal_arrays = functools.partial(np.array_equal, equal_nan=True)


def _ordinal(index: int) -> str:
    return ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")[index]
