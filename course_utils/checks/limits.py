"""Every limit on students' work (time, sizes, lengths), and the message where a limit is exceeded.

A call's limit is CPU time, so that a busy machine costs nobody anything. The wall-clock limit stops only a call that
does not compute at all. Grading takes the same numbers from here (``autograder/nbgrader_config.py``).
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

# --- the numbers ------------------------------------------------------------------------------------------------------

MAX_CALL_CPU_SECONDS = 2.0
"""CPU seconds of a call of an answer, unless its exercise allows more."""
MAX_CALL_IDLE_SECONDS = 20.0
"""Wall-clock seconds of a call that computes nothing."""
WALL_SECONDS_PER_CPU_SECOND = 20.0
"""Further wall-clock seconds that a call gets for each CPU second: machines may be that busy."""
ALARM_INTERVAL = 0.2
"""Seconds between two checks of a call's CPU time, once its limit has passed by the wall clock."""

MAX_NOTEBOOK_BYTES = 50_000_000
"""Size of a notebook file; a larger file is not opened."""
NOTEBOOK_TOO_LARGE = (
    f"has more than {MAX_NOTEBOOK_BYTES / 1e6:.0f} MB, and is not opened at grading: in JupyterLab, Edit, "
    "Clear Outputs of All Cells; save it, and run its checks again."
)
MAX_CELL_CHARACTERS = 50_000
"""Length of a cell that is parsed: no answer is longer, and IPython would take minutes for long cells."""

MAX_NESTING = 20
"""Levels of lists and dicts in a result."""
NESTED_TOO_DEEPLY = "something nested too deeply"
MAX_ITEMS = 1_000_000
"""Length of a sequence in a result that is read as a list."""
MAX_ENTRIES = 200
"""Entries of a dict in a result; several times as many as any exercise asks for."""
MAX_NUMBERS = 20_000_000
"""Entries of all arrays, lists and dicts in a result together, where the right answer's are not known."""
SPARE_TIMES, SPARE_NUMBERS = 10, 10_000
"""Where they are: so many times as many, and so many more. Nothing looks at a larger result."""
MAX_OVERLAP_WORK = 10_000
"""Work that NumPy may spend to tell whether two arrays share memory (``max_work`` of ``np.shares_memory``)."""

# At grading these texts come out of the sandbox and could reveal a hidden case, so they are short.
MAX_FAILURE_CHARACTERS = 300
"""Length of the sentence that says what is wrong."""
MAX_ERROR_CHARACTERS = 100
"""Length of an error's own message."""
MAX_WARNING_CHARACTERS = 80
"""Length of a warning's text."""
MAX_CODE_CHARACTERS = 60
"""Length of a quoted line of a student's code."""
MAX_TYPE_NAME_CHARACTERS = 40
"""Length of the name of a type that is not plain data."""
MAX_WARNINGS = 3
"""Warnings that are reported for a case."""
MAX_SHADOWED_NAMES = 3
"""Shadowed built-ins that are named in a sentence."""


# --- the time of a call -----------------------------------------------------------------------------------------------


class CallTimeout(BaseException):
    """An answer computed for too long. Not an Exception, so that ``except Exception`` cannot swallow it.

    Parameters
    ----------
    seconds : float, optional
        The limit, where it may be another than the exercise's own.
    """

    message = "still running after {:g} s of computing (an endless loop?)"

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__()
        self.seconds = seconds


class IdleTimeout(CallTimeout):
    """An answer waited for too long."""

    message = f"no answer for {MAX_CALL_IDLE_SECONDS:g} s"


@contextlib.contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupt the body of the ``with`` statement when its CPU time is used up, or when it is idle for too long.

    It is never interrupted before that time has passed by the wall clock: libraries compute on several cores at a time.

    Parameters
    ----------
    seconds : float or None
        CPU seconds; None sets no limit.

    Raises
    ------
    CallTimeout
        In the body, and again every ``ALARM_INTERVAL`` seconds until the body is left.
    """
    if seconds is None:
        yield
        return
    clock, computed = time.monotonic(), time.process_time()

    def reached_limit() -> type[CallTimeout] | None:
        wall, cpu = time.monotonic() - clock, time.process_time() - computed
        if cpu >= seconds:
            return CallTimeout
        return IdleTimeout if wall >= MAX_CALL_IDLE_SECONDS + WALL_SECONDS_PER_CPU_SECOND * cpu else None

    by_signal = (
        sys.platform != "win32"
        and hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
    )
    with _interrupt_by_signal(seconds, reached_limit) if by_signal else _interrupt_by_thread(seconds, reached_limit):
        yield


@contextlib.contextmanager
def _interrupt_by_signal(seconds: float, reached_limit: Callable[[], type[CallTimeout] | None]) -> Iterator[None]:
    if sys.platform == "win32":
        raise OSError("Windows has no alarms")

    def ring(*_: Any) -> None:
        if timeout := reached_limit():
            raise timeout

    started = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    outer_delay = outer_interval = 0.0
    try:
        # The alarm repeats, for code that swallows the first error.
        outer_delay, outer_interval = signal.setitimer(signal.ITIMER_REAL, seconds, ALARM_INTERVAL)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        # What is on its way may still arrive, and must not end the kernel.
        signal.signal(signal.SIGALRM, before if callable(before) else _ignore_signal)
        if outer_delay and callable(before):  # at grading, the limit of the cell that calls a check
            remaining = max(outer_delay - (time.monotonic() - started), 0.01)
            signal.setitimer(signal.ITIMER_REAL, remaining, outer_interval)


def _ignore_signal(*_: Any) -> None:
    pass


@contextlib.contextmanager
def _interrupt_by_thread(seconds: float, reached_limit: Callable[[], type[CallTimeout] | None]) -> Iterator[None]:
    """Set an asynchronous exception from a thread, as on Windows; a blocking system call sees it when it returns."""
    thread, done = ctypes.c_ulong(threading.get_ident()), threading.Event()

    def set_error(error: ctypes.py_object | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)

    def watch() -> None:
        pause = seconds
        while not done.wait(pause):
            pause = ALARM_INTERVAL
            if timeout := reached_limit():
                set_error(ctypes.py_object(timeout))

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
