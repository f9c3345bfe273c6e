"""A process that takes the step for one submission after the other, and its handle on the other side.

It is told where it is, then the assignment, then submissions; it answers each. When nobody is left to answer, it ends.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import queue
import select
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from autograder.engine.forkserver import fork_worker, search_path
from autograder.engine.step import FAULT, Assignment, Result, Step, Submission, scratch_folder


class Lost(Exception):
    """The process ended before it answered."""


class Refused(Exception):
    """It will not grade; the message says why."""


class Worker:
    """A worker, as seen from whoever gives it work.

    Parameters
    ----------
    assignment : Assignment
    scratch : Path
        A folder that it may fill, and clears.
    """

    def __init__(self, assignment: Assignment, scratch: Path) -> None:
        self._line, theirs = Pipe()
        with theirs:
            self._process = fork_worker(theirs)
        self._say((assignment.root if os.path.isdir(assignment.root) else os.getcwd(), search_path()))
        self._say((str(scratch), assignment))

    def fileno(self) -> int:
        """Give the descriptor that is readable when there is an answer, or nobody left to give one."""
        return self._line.fileno()

    def give(self, submission: Submission) -> None:
        """Give it a submission; it answers them in turn."""
        self._say(submission)

    def take(self) -> Result | None:
        """Wait for its answer: first None, when it is ready, then a result for each submission.

        Raises
        ------
        Refused
            It may not grade here.
        Lost
            It ended.
        """
        try:
            answer = self._line.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise Lost("the worker's process ended") from None
        if isinstance(answer, str):
            raise Refused(answer)
        return answer

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        select.select([self._process], [], [])
        os.close(self._process)
        self._line.close()

    def _say(self, value: object) -> None:
        with contextlib.suppress(OSError):  # ``take`` will tell
            self._line.send(value)


def work(line: Connection) -> None:
    """Work until the line is closed."""
    folder, places = line.recv()
    os.chdir(folder)
    sys.path[:] = [*dict.fromkeys([*places.split(os.pathsep), *sys.path])]
    os.environ["PYTHONPATH"] = places
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(line, waiting), daemon=True).start()
    place, assignment = waiting.get()
    os.environ["COURSE_SECRET"] = assignment.secret  # wherever this runs
    with scratch_folder(Path(place)) as scratch:
        step = Step(assignment, scratch)
        why = step.refusal()
        gc.collect()
        gc.freeze()
        line.send(why or None)
        while not why:
            submission = waiting.get()
            try:
                result = step(submission)
            except Exception as error:
                result = Result(submission.student, assignment.name, log=[traceback.format_exc()])
                result.fault = f"{FAULT}: {type(error).__name__}: {error}"
            line.send(result)


def _listen(line: Connection, waiting: queue.SimpleQueue) -> None:
    try:
        while True:
            waiting.put(line.recv())
    finally:  # also in the middle of a message
        os._exit(0)
