"""Start a worker's process, and exchange messages with it."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import select
import signal
from multiprocessing.connection import Pipe
from pathlib import Path

from autograder.engine.forkserver import fork_worker, search_path
from autograder.engine.step import Assignment, Result, Submission


class WorkerLost(Exception):
    """A worker's process ended before it answered."""


class WorkerRefused(Exception):
    """A worker will not grade; the message says why."""


_numbers = itertools.count()


class WorkerProcess:
    """Start a worker and exchange submissions for results with it.

    Parameters
    ----------
    root : str
        The course folder, where there is one on this machine.

    Raises
    ------
    OSError
        The process cannot be started.

    Attributes
    ----------
    number : int
        No other of this process's workers has it.
    """

    def __init__(self, root: str) -> None:
        self.number = next(_numbers)
        self._connection, child_connection = Pipe()
        with child_connection:
            self._pidfd = fork_worker(child_connection)
        self._send((root if os.path.isdir(root) else os.getcwd(), search_path()))

    def assign(self, assignment: Assignment, scratch: Path) -> None:
        """Tell which assignment the next submissions belong to; the worker answers with None when it is ready.

        Parameters
        ----------
        assignment : Assignment
        scratch : Path
            A folder in which it may write, and which it deletes.
        """
        self._send((scratch, assignment))

    def fileno(self) -> int:
        """Return the descriptor that is readable when an answer has arrived or the process has ended."""
        return self._connection.fileno()

    def submit(self, submission: Submission) -> None:
        """Send a submission; the worker grades submissions in the order in which they are sent.

        Parameters
        ----------
        submission : Submission
        """
        self._send(submission)

    def receive(self) -> Result | None:
        """Wait for the next answer.

        Returns
        -------
        Result or None
            None when the worker is ready for an assignment, then a result for each submission.

        Raises
        ------
        WorkerRefused
            It may not grade on its machine.
        WorkerLost
            Its process ended.
        """
        try:
            answer = self._connection.recv()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise WorkerLost("the worker's process ended") from None
        if isinstance(answer, str):
            raise WorkerRefused(answer)
        return answer

    def close(self) -> None:
        """Kill the process and wait for its end."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        select.select([self._pidfd], [], [])
        os.close(self._pidfd)
        self._connection.close()

    def _send(self, value: object) -> None:
        with contextlib.suppress(OSError):  # ``receive`` raises then
            self._connection.send(value)
