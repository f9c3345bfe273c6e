"""The same step on a Dask cluster: submissions travel there as text, results come back, and one process here writes.

A Dask worker never runs a student's code, nor a test: it hands each submission to a child process, as the pool on one
machine does, whose sandbox is tried before anything is graded there.
"""

from __future__ import annotations

import atexit
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from distributed import Client, KilledWorker, as_completed, get_worker

from autograder.engine.pool import TRIES
from autograder.engine.step import FAULT, Assignment, Result, Submission
from autograder.engine.store import shared_keys
from autograder.engine.worker_process import WorkerLost, WorkerProcess, WorkerRefused

AHEAD = 2
"""So many submissions for each thread are on their way, so that none waits for us."""
_workers: dict[tuple[int, str], WorkerProcess] = {}


def graded_on_cluster(assignment: Assignment, submissions: Iterable[Submission], scheduler: str) -> Iterator[Result]:
    """Grade submissions with the workers of a scheduler.

    Parameters
    ----------
    assignment : Assignment
    submissions : iterable of Submission
        Read one by one, as they are needed.
    scheduler : str
        Its address, as ``tcp://host:8786``.

    Yields
    ------
    Result
        In the order in which they are done.

    Raises
    ------
    WorkerRefused
        A worker may not grade, or holds another version of the course.
    WorkerLost
        There is no such scheduler.
    """
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise WorkerLost(f"There is no Dask scheduler at {scheduler}: {error}") from None
    with client:
        # Not scattered: what a lost worker held must be made again by the scheduler.
        shared = client.submit(same, assignment, pure=False)
        keys = shared_keys(assignment)
        todo = iter(submissions)
        underway = as_completed(loop=client.loop)
        given: dict[str, tuple[Submission, int]] = {}

        def give(submission: Submission, number: int) -> None:
            # A worker that is lost with it is Dask's to replace; what the step says of a student is never asked twice.
            future = client.submit(graded_there, shared, submission, keys, pure=False, retries=0)
            given[future.key] = submission, number
            underway.add(future)

        def fill() -> None:
            while len(given) < AHEAD * max(1, sum(client.nthreads().values())):
                if (one := next(todo, None)) is None:
                    return
                give(one, 1)

        fill()
        for future in underway:
            submission, number = given.pop(future.key)
            try:
                result = future.result()
            except (KilledWorker, WorkerLost) as error:
                result = Result(submission.student, assignment.name, fault=f"{FAULT}: {error}")
            future.release()
            if result.fault and number < TRIES:
                give(submission, number + 1)
            else:
                yield result
            fill()


def same(assignment: Assignment) -> Assignment:
    """Bring the assignment to the workers."""
    return assignment


def graded_there(assignment: Assignment, submission: Submission, keys: dict[str, str]) -> Result:
    """Grade one submission in a child of the Dask worker that runs this."""
    me = threading.get_ident(), str(keys)
    if me not in _workers:
        _require_the_same(assignment, keys)
        _workers[me] = _started(assignment)
    try:
        _workers[me].give(submission)
        return _workers[me].take()
    except WorkerLost:
        _workers.pop(me).close()
        raise


def _require_the_same(assignment: Assignment, keys: dict[str, str]) -> None:
    ours = shared_keys(assignment)
    if other := [part for part in keys if ours[part] != keys[part]]:
        where = get_worker().address
        raise WorkerRefused(
            f"the worker {where} has other {' and '.join(other)}: install the same course and versions there"
        )


def _started(assignment: Assignment) -> WorkerProcess:
    place = tempfile.mkdtemp(prefix="grading-", dir=get_worker().local_directory)
    worker = WorkerProcess(assignment, Path(place, f"worker-{os.getpid()}"))
    try:
        worker.take()
    except (WorkerLost, WorkerRefused):
        worker.close()
        raise
    return worker


@atexit.register
def _close_all() -> None:
    for worker in _workers.values():
        worker.close()
