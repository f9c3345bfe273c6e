"""A worker's process, as seen from whoever gives it work."""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
from multiprocessing.connection import Pipe
from pathlib import Path

from autograder.engine.forkserver import fork_worker, search_path
from autograder.engine.step import Assignment, Result, Submission


class WorkerLost(Exception):
    """The process ended before it answered."""


class WorkerRefused(Exception):
    """It will not grade; the message says why."""


class WorkerProcess:
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
        WorkerRefused
            It may not grade here.
        WorkerLost
            It ended.
        """
        try:
            answer = self._line.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise WorkerLost("the worker's process ended") from None
        if isinstance(answer, str):
            raise WorkerRefused(answer)
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
