"""How long one call of an answer may take: every limit, and what is said where one is reached.

Computing counts, not the clock: a busy machine costs nobody anything. By the clock a call is only stopped that does
nothing at all. Grading has the same numbers, from here (``autograder/nbgrader_config.py``).
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

SECONDS = 2.0
"""Of computing, unless an exercise allows more."""
ASLEEP = 20.0
"""By the clock, for what computes nothing."""
BUSY = 20.0
"""So many seconds more by the clock for each second of computing: so busy may a machine be."""


class TimeLimit(BaseException):
    """An answer computed for too long. Not an Exception, so that ``except Exception`` cannot swallow it."""

    words = "still running after {:g} s of computing (an endless loop?)"


class Asleep(TimeLimit):
    """An answer waited for too long."""

    words = f"no answer for {ASLEEP:g} s"


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Stop what runs within after so many seconds of computing, or when it is asleep.

    It is never stopped before that time has passed by the clock: libraries compute on several cores at a time.

    Parameters
    ----------
    seconds : float or None
        None for what ends by itself.

    Raises
    ------
    TimeLimit
        Within, and again and again, until it has got out.
    """
    if seconds is None:
        yield
        return
    clock, computed = time.monotonic(), time.process_time()

    def excess() -> type[TimeLimit] | None:
        wall, cpu = time.monotonic() - clock, time.process_time() - computed
        if cpu >= seconds:
            return TimeLimit
        return Asleep if wall >= ASLEEP + BUSY * cpu else None

    by_signal = (
        sys.platform != "win32"
        and hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
    )
    with _alarms(seconds, excess) if by_signal else _watch(seconds, excess):
        yield


@contextlib.contextmanager
def _alarms(seconds: float, excess: Callable[[], type[TimeLimit] | None]) -> Iterator[None]:
    if sys.platform == "win32":
        raise OSError("Windows has no alarms")

    def ring(*_: Any) -> None:
        if reached := excess():
            raise reached

    before = signal.signal(signal.SIGALRM, ring)
    try:
        # It rings again: code that swallows the first one does not get away.
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # What is on its way may still arrive, and must not end the kernel.
        signal.signal(signal.SIGALRM, before if callable(before) else _nothing)


def _nothing(*_: Any) -> None:
    pass


@contextlib.contextmanager
def _watch(seconds: float, excess: Callable[[], type[TimeLimit] | None]) -> Iterator[None]:
    """Do it without signals, as on Windows: what waits inside of the system is reached when it comes back."""
    thread, done = ctypes.c_ulong(threading.get_ident()), threading.Event()

    def set_error(error: ctypes.py_object | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)

    def watch() -> None:
        pause = seconds
        while not done.wait(pause):
            pause = 0.2
            if reached := excess():
                set_error(ctypes.py_object(reached))

    watcher = threading.Thread(target=watch, daemon=True)
    try:
        watcher.start()
    except RuntimeError:  # a browser has no threads
        yield
        return
    try:
        yield
    finally:
        done.set()
        watcher.join()
        set_error(None)  # what came too late
