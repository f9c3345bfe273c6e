"""Grade on this machine, with worker processes; a worker whose process ends is replaced."""

from __future__ import annotations

import contextlib
import select
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

from autograder.engine.step import GRADER_FAILED, Assignment, Result, Submission
from autograder.engine.worker_process import WorkerLost, WorkerProcess

MAX_QUEUED = 2
"""Submissions that a worker holds at a time, so that it never waits for the next."""
MAX_ATTEMPTS = 3
"""How often a submission is tried whose worker was lost, or whose grader failed."""
RETRY_SECONDS = 180.0
"""A submission that took longer, by the clock, is not tried again: so no submission can hold up the class."""
LOST = "The process that graded it ended after {:.0f} s."


def grade_locally(
    assignment: Assignment,
    submissions: Iterable[Submission],
    workers: int,
    scratch: Path,
    idle: list[WorkerProcess] | None = None,
) -> Generator[Result]:
    """Grade submissions in a number of processes.

    Parameters
    ----------
    assignment : Assignment
    submissions : iterable of Submission
        Consumed lazily.
    workers : int
        Number of processes.
    scratch : Path
        A folder in which they may write.
    idle : list of WorkerProcess, optional
        From :func:`idle_workers`: processes to use before new ones are started, and where they are left in the end.

    Yields
    ------
    Result
        In the order in which they are finished. A submission whose result has a ``fault`` was tried several times.

    Raises
    ------
    WorkerRefused
        Nothing may be graded on this machine.
    WorkerLost
        No worker can be started.
    """
    unread = iter(submissions)
    pending: list[tuple[Submission, int]] = []  # (submission, number of the attempt)
    queues: dict[WorkerProcess, deque[tuple[Submission, int]]] = {}
    ready: set[WorkerProcess] = set()  # other workers are still starting
    begun: dict[WorkerProcess, float] = {}  # ``time.monotonic()`` when the first submission of its queue was begun
    failed_starts = 0

    def has_pending() -> bool:
        if not pending and (submission := next(unread, None)) is not None:
            pending.append((submission, 1))
        return bool(pending)

    def start_worker() -> None:
        worker = idle.pop() if idle else WorkerProcess(assignment.root)
        worker.assign(assignment, scratch / f"worker-{worker.number}")
        queues[worker] = deque()

    try:
        for _ in range(workers if has_pending() else 0):
            start_worker()
        while any(queues.values()) or has_pending():
            for depth in range(1, MAX_QUEUED + 1):
                for worker in ready:
                    if len(queues[worker]) < depth and has_pending():
                        if not queues[worker]:
                            begun[worker] = time.monotonic()
                        queues[worker].append(pending.pop())
                        worker.submit(queues[worker][-1][0])
            for worker in select.select(list(queues), [], [])[0]:
                try:
                    result = worker.receive()
                except WorkerLost as error:
                    queue = queues.pop(worker)
                    worker.close()
                    failed_starts += worker not in ready
                    ready.discard(worker)
                    if failed_starts > MAX_ATTEMPTS:
                        raise
                    start_worker()
                    if not queue:
                        continue
                    submission, attempt = queue.popleft()
                    pending.extend(queue)  # the lost worker had not begun these
                    seconds = time.monotonic() - begun.pop(worker)
                    if seconds > RETRY_SECONDS and attempt < MAX_ATTEMPTS:
                        pending.append((submission.refused(LOST.format(seconds)), MAX_ATTEMPTS))
                        continue
                    result = Result(submission.student, assignment.name, fault=f"{GRADER_FAILED}: {error}")
                else:
                    if result is None:
                        ready.add(worker)
                        continue
                    submission, attempt = queues[worker].popleft()
                    seconds, begun[worker] = time.monotonic() - begun[worker], time.monotonic()
                if result.fault and attempt < MAX_ATTEMPTS and seconds < RETRY_SECONDS:
                    pending.append((submission, attempt + 1))
                else:
                    yield result
        if idle is not None:
            idle += ready
            queues = {worker: queue for worker, queue in queues.items() if worker not in ready}
    finally:
        for worker in queues:
            worker.close()


@contextlib.contextmanager
def idle_workers() -> Iterator[list[WorkerProcess]]:
    """Keep workers for the next assignment of the same course, for starting them takes seconds; close them in the end.

    Yields
    ------
    list of WorkerProcess
        Empty at first.
    """
    workers: list[WorkerProcess] = []
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()
