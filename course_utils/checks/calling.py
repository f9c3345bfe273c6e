"""Call a student's function so that whatever it does stays a sentence: copies in, plain data out."""

from __future__ import annotations

import contextlib
import copy
import functools
import io
import itertools
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks import limits, shadowing, values
from course_utils.checks.difference import show
from course_utils.checks.limits import TimeLimit, time_limit
from course_utils.checks.values import Refused, named, plain, reduced  # noqa: F401 - the judge asks for `named`

OURS = {__file__, limits.__file__, shadowing.__file__, values.__file__}


class NotStarted(Exception):
    """The function still raises NotImplementedError."""


class Raised(Exception):
    """The function raised; the message is for the student."""


@dataclass(frozen=True)
class Rng:
    """Stands for ``numpy.random.default_rng(seed)`` in a case: each call gets a fresh generator."""

    seed: int

    def __str__(self) -> str:
        return f"default_rng({self.seed})"


@dataclass
class CallRecorder:
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
        TimeLimit
            It took too long.
        """
        given = copy.deepcopy((arguments, keywords))
        given_arguments, given_keywords = _fresh(given)
        self.calls.append(describe_call(arguments, keywords) if self.tells_calls else "")
        self.results.append(None)
        try:
            result = self.function(*given_arguments, **given_keywords)
        except NotImplementedError:
            raise NotStarted from None
        except TimeoutError:  # of the judge's: what an answer raises itself arrives as Raised
            raise TimeLimit from None
        except Exception as error:
            # Of one that has crossed the border only its name and its words are left.
            is_told = type(error).__name__ == Raised.__name__
            raise Raised(str(error) if is_told else describe_error(error)) from None
        for index, (before, after) in enumerate(zip(arguments, given_arguments, strict=True)):
            if not _same(before, after):
                self.modified.add(f"its {_ordinal(index)} argument")
        for name, before in keywords.items():
            if not _same(before, given_keywords[name]):
                self.modified.add(name)
        if result is None:
            raise Raised("it returns None (is a return missing?)")
        try:
            self.results[-1] = result = plain(result)
        except Refused as refused:
            raise Raised(f"it returns {refused}") from None
        handed_in = list(_arrays([given_arguments, given_keywords]))
        if any(share_memory(part, argument) for part in _arrays(result) for argument in handed_in):
            self.modified.add("what it was given: its result shares memory with an argument (copy it)")
        return result


# --- where the function lives -----------------------------------------------------------------------------------------


class Guarded:
    """A student's function in this process: whatever it does is a result in plain data or a sentence, in time.

    At grading the judge has the like of it for a function in the sandbox, where :func:`called` does what this does.

    Parameters
    ----------
    function : callable
        As it was written.
    seconds : float, optional
        Of computing, for each call; none for what ends by itself.
    ways : tuple of str
        How it is called, by the names in ``WAYS``.
    """

    def __init__(self, function: Callable, seconds: float | None = None, ways: tuple[str, ...] = ()) -> None:
        self.function, self.seconds, self.ways = function, seconds, ways

    def through(self, way: str) -> Guarded:
        """Give the same function, called in one more way."""
        return Guarded(self.function, self.seconds, (*self.ways, way))

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it."""
        with time_limit(self.seconds):
            return _called(self.ways, self.function, arguments, keywords)


def called(ways: Iterable[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    """Call a student's function for a check that runs in another process: as :class:`Guarded` does it there.

    Parameters
    ----------
    ways : iterable of str
        Names from ``WAYS``.
    function : callable
        As the student wrote it.
    arguments, keywords
        What it is called with.

    Returns
    -------
    object
        Plain data, but for what nobody can read.

    Raises
    ------
    NotImplementedError
        It is still blank.
    Raised
        It raised something else; the message is for the student.
    """
    _seed_once()
    with undisturbed():
        return _called(ways, function, arguments, keywords)


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


def _called(ways: Iterable[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    for way in ways:
        function = WAYS[way](function)
    try:
        return reduced(function(*map(_given, arguments), **{name: _given(one) for name, one in keywords.items()}))
    except NotImplementedError:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        raise Raised(describe_error(error) + describe_place(error)) from None


def _given(value: Any) -> Any:
    if isinstance(value, Kept):
        return value.value
    return _lent(value) if callable(value) else value


def _lent(function: Callable) -> Callable:
    """Hand a function of the check to an answer: it takes plain data, as it does across the border."""

    def given(*arguments: Any, **keywords: Any) -> Any:
        arguments, keywords = reduced((arguments, keywords))
        for one in (*arguments, *keywords.values()):
            try:
                plain(one)
            except Refused as refused:
                raise TypeError(f"a given function is called with {refused}") from None
        return function(*arguments, **keywords)

    return given


@dataclass(frozen=True)
class Kept:
    """What an answer makes for another one: it stays as it is, where it is."""

    value: Any


def _keeping(place: int, function: Callable) -> Callable:
    def kept(*arguments: Any, **keywords: Any) -> Any:
        result = function(*arguments, **keywords)
        if not isinstance(result, tuple | list) or len(result) != 2:
            return result
        return tuple(Kept(part) if index == place else part for index, part in enumerate(result))

    return kept


WAYS: dict[str, Callable[[Callable], Callable]] = {
    "keeping the first": functools.partial(_keeping, 0),
    "keeping the second": functools.partial(_keeping, 1),
    "telling what is shadowed": lambda function: lambda: shadowing.shadowed(function),
    "with Python's own": shadowing.with_builtins,
}
"""How a function may be called: keeping one part of the pair that it returns to itself, …"""


@dataclass
class Noise:
    """What was printed and warned about while student code ran; it costs nothing."""

    notes: set[str] = field(default_factory=set)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let warnings and float errors be no more than they are by default, whatever was set in an earlier cell."""
    with warnings.catch_warnings(), np.errstate(all="warn", call=None):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def contained() -> Iterator[Noise]:
    """Run student code with output and warnings captured, and float errors quiet.

    NumPy's global random state starts equal; whoever minds what it is afterwards uses ``kept_random_state`` as well.
    """
    noise = Noise()
    out = io.StringIO()
    np.random.seed(0)  # noqa: NPY002 - answers may use the global state
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", call=None),
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


def describe_error(error: BaseException) -> str:
    """Name an error in one line."""
    message = ""
    with contextlib.suppress(Exception):  # it may be of a class of the student's
        message = " ".join(str(error).split())
    return f"it raises {type(error).__name__}" + (f": {message[:100]}" if message else "")


def describe_place(error: BaseException) -> str:
    """Show the student's own line that an error comes from, where it can be told."""
    # Ours stand above the student's, and below them where a given function was called.
    frames = itertools.dropwhile(_is_ours, traceback.extract_tb(error.__traceback__))
    frames = [frame for frame in itertools.takewhile(lambda frame: not _is_ours(frame), frames) if frame.line]
    own = [frame for frame in frames if "site-packages" not in frame.filename]
    return f" (in: {(own or frames)[-1].line.strip()[:60]})" if frames else ""


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename in OURS


def describe_call(arguments: tuple, keywords: dict) -> str:
    """Print the arguments of a call on one line; large arrays by their shape."""
    words = [_describe(value) for value in arguments]
    words += [f"{name}={_describe(value)}" for name, value in keywords.items()]
    return ", ".join(words)


def _describe(value: Any) -> str:

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
