"""Run the grading step on a Dask cluster: submissions are sent as text, and results come back.

A Dask worker itself never runs a student's code or a test: it passes each submission to a child process, as
:mod:`autograder.engine.pool` does on a single machine, which runs the sandbox's self-test before it grades anything.
"""

from __future__ import annotations

import atexit
import os
import tempfile
import threading
import time
from collections.abc import Generator, Iterable
from pathlib import Path

from distributed import Client, KilledWorker, as_completed, get_worker

from autograder.engine.inputs import assignment_keys
from autograder.engine.pool import LOST, MAX_ATTEMPTS, RETRY_SECONDS
from autograder.engine.step import GRADER_FAILED, Assignment, Result, Submission
from autograder.engine.worker_process import WorkerLost, WorkerProcess, WorkerRefused

MAX_QUEUED = 2
"""Submissions in flight for each thread of a Dask worker, so that no thread waits for the next."""
_workers: dict[tuple[int, str], WorkerProcess] = {}  # in a Dask worker: (thread, assignment's keys) → child process


def grade_on_cluster(assignment: Assignment, submissions: Iterable[Submission], scheduler: str) -> Generator[Result]:
    """Grade submissions with the workers of a Dask scheduler.

    Parameters
    ----------
    assignment : Assignment
    submissions : iterable of Submission
        Consumed lazily.
    scheduler : str
        Its address, as ``tcp://host:8786``.

    Yields
    ------
    Result
        In the order in which they are finished. A submission whose result has a ``fault`` was tried several times.

    Raises
    ------
    WorkerRefused
        A worker may not grade, or has another version of the course.
    WorkerLost
        There is no such scheduler.
    """
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise WorkerLost(f"There is no Dask scheduler at {scheduler}: {error}") from None
    with client:
        # Not ``client.scatter``: scattered data is lost with the worker that holds it, a task is run again.
        shared = client.submit(_share, assignment, pure=False)
        keys = assignment_keys(assignment)
        unread = iter(submissions)
        futures = as_completed(loop=client.loop)
        queued: dict[str, tuple[Submission, int]] = {}  # key → (submission, number of the attempt)

        def submit(submission: Submission, attempt: int) -> None:
            # ``retries=0``: the attempts are counted here, not by Dask.
            future = client.submit(_grade_in_child, shared, submission, keys, pure=False, retries=0)
            queued[future.key] = submission, attempt
            futures.add(future)

        def fill_queue() -> None:
            while len(queued) < MAX_QUEUED * max(1, sum(client.nthreads().values())):
                if (submission := next(unread, None)) is None:
                    return
                submit(submission, 1)

        fill_queue()
        for future in futures:
            submission, attempt = queued.pop(future.key)
            try:
                result = future.result()
            except (KilledWorker, WorkerLost) as error:
                result = Result(submission.student, assignment.name, fault=f"{GRADER_FAILED}: {error}")
            future.release()
            if result.fault and attempt < MAX_ATTEMPTS:
                submit(submission, attempt + 1)
            else:
                yield result
            fill_queue()


# --- on a Dask worker -------------------------------------------------------------------------------------------------


def _share(assignment: Assignment) -> Assignment:
    """Return the assignment: as the result of a task, Dask copies it to every worker that needs it."""
    return assignment


def _grade_in_child(assignment: Assignment, submission: Submission, keys: dict[str, str]) -> Result:
    """Grade a submission in a child process of the Dask worker that runs this."""
    owner = threading.get_ident(), str(keys)
    if owner not in _workers:
        _require_same_keys(assignment, keys)
        _workers[owner] = _start_worker(assignment)
    begun = time.monotonic()
    try:
        _workers[owner].submit(submission)
        result = _workers[owner].receive()
        assert result, "only the first answer is None, and ``_start_worker`` has received it"
        return result
    except WorkerLost:
        _workers.pop(owner).close()
        seconds = time.monotonic() - begun
        if seconds <= RETRY_SECONDS:
            raise
    return _grade_in_child(assignment, submission.refused(LOST.format(seconds)), keys)


def _require_same_keys(assignment: Assignment, keys: dict[str, str]) -> None:
    """Raise WorkerRefused where the course or its packages differ from those of the process that sends submissions."""
    keys_here = assignment_keys(assignment)
    if differing := [part for part in keys if keys_here[part] != keys[part]]:
        raise WorkerRefused(
            f"the worker {get_worker().address} has other {' and '.join(differing)}: "
            "install the same course and versions there"
        )


def _start_worker(assignment: Assignment) -> WorkerProcess:
    folder = tempfile.mkdtemp(prefix="grading-", dir=get_worker().local_directory)
    worker = WorkerProcess(assignment.root)
    worker.assign(assignment, Path(folder, f"worker-{os.getpid()}"))
    try:
        worker.receive()
    except (WorkerLost, WorkerRefused):
        worker.close()
        raise
    return worker


@atexit.register
def _close_workers() -> None:
    for worker in _workers.values():
        worker.close()
