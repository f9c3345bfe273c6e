"""What a worker's process runs: it receives submissions over a connection and sends a result for each.

It receives first its working folder and search path, then its scratch folder and the assignment, then submissions.
When the connection closes, the process ends at once.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from autograder.engine.step import GRADER_FAILED, Result, Step, Submission, scratch_folder
from autograder.judge.client import close_examiners

ENDED_AFTER = 30.0  # seconds of CPU time beyond a submission's
RING_AGAIN = 1.0


class StepTimeout(BaseException):
    """A submission has taken too much CPU time. Not an Exception, so that no step takes it for a notebook's fault."""


def run_worker(connection: Connection) -> None:
    """Grade submissions until the connection is closed.

    Parameters
    ----------
    connection : Connection
        To a :class:`autograder.engine.worker_process.WorkerProcess`. It is sent None, or the reason why nothing may be
        graded here, and then a result for each submission.
    """
    folder, search_path = connection.recv()
    os.chdir(folder)
    sys.path[:] = [*dict.fromkeys([*search_path.split(os.pathsep), *sys.path])]
    os.environ["PYTHONPATH"] = search_path
    received: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, received), daemon=True).start()
    scratch_path, assignment = received.get()
    os.environ["COURSE_SECRET"] = assignment.secret  # wherever this runs
    with scratch_folder(Path(scratch_path)) as scratch:
        step = Step(assignment, scratch)
        refusal = step.refusal()
        if step.memory:
            _limit_memory(step.memory)
        gc.collect()
        gc.freeze()
        connection.send(refusal or None)
        while not refusal:
            submission = received.get()
            try:
                result = grade_within_limits(step, submission)
            except Exception as error:
                result = Result(submission.student, assignment.name, log=[traceback.format_exc()])
                result.fault = f"{GRADER_FAILED}: {type(error).__name__}: {error}"
            connection.send(result)


def _limit_memory(size: int) -> None:
    import resource  # not on Windows, where this module can still be imported

    resource.setrlimit(resource.RLIMIT_DATA, (size, resource.getrlimit(resource.RLIMIT_DATA)[1]))


def grade_within_limits(step: Step, submission: Submission) -> Result:
    """Grade one submission; where that takes too much time or memory of this process, a person has to look at it.

    Parameters
    ----------
    step : Step
    submission : Submission

    Returns
    -------
    Result
    """
    try:
        with _cpu_limit(step.cpu_seconds):
            return step(submission)
    except StepTimeout:
        reason = f"Its notebook took more than {step.cpu_seconds:g} s of computing to be read and laid out."
    except MemoryError:
        reason = "Its notebook took more memory to be read and laid out than it may."
    close_examiners()  # a conversation may have broken off
    return step(submission.refused(reason))


@contextlib.contextmanager
def _cpu_limit(seconds: float) -> Iterator[None]:
    """Raise StepTimeout after so much CPU time of this process; where nothing can be raised, end it soon after."""

    def ring(*_: object) -> None:
        raise StepTimeout

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, seconds, RING_AGAIN)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds + ENDED_AFTER)  # whose signal ends a process
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _receive(connection: Connection, received: queue.SimpleQueue) -> None:
    try:
        while True:
            received.put(connection.recv())
    finally:  # also in the middle of a message
        os._exit(0)
