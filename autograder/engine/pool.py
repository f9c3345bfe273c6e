"""Workers on this machine: a submission at a time each, replaced when one is lost."""

from __future__ import annotations

import itertools
import select
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.engine.step import FAULT, Assignment, Result, Submission
from autograder.engine.worker_process import WorkerLost, WorkerProcess

AHEAD = 2
"""So many submissions a worker has at a time, so that it never waits for us."""
TRIES = 3
"""So often a submission is given to a worker where these were lost, or the grader failed."""


def grade_locally(
    assignment: Assignment, submissions: Iterable[Submission], workers: int, scratch: Path
) -> Iterator[Result]:
    """Grade submissions with a number of processes.

    Parameters
    ----------
    assignment : Assignment
    submissions : iterable of Submission
        Read one by one, as they are needed.
    workers : int
    scratch : Path
        Where they may write.

    Yields
    ------
    Result
        In the order in which they are done. One with a ``fault`` was tried several times.

    Raises
    ------
    WorkerRefused
        Nothing may be graded here.
    """
    todo = iter(submissions)
    waiting: list[tuple[Submission, int]] = []  # with the number of the try
    given: dict[WorkerProcess, deque[tuple[Submission, int]]] = {}
    ready: set[WorkerProcess] = set()  # the others are starting
    numbers = itertools.count()
    failed_starts = 0

    def left() -> bool:
        if not waiting and (one := next(todo, None)) is not None:
            waiting.append((one, 1))
        return bool(waiting)

    def start() -> None:
        given[WorkerProcess(assignment, scratch / f"worker-{next(numbers)}")] = deque()

    try:
        for _ in range(workers if left() else 0):
            start()
        while any(given.values()) or left():
            for depth in range(1, AHEAD + 1):
                for worker in ready:
                    if len(given[worker]) < depth and left():
                        given[worker].append(waiting.pop())
                        worker.give(given[worker][-1][0])
            for worker in select.select(list(given), [], [])[0]:
                try:
                    result = worker.take()
                except WorkerLost as lost:
                    had = given.pop(worker)
                    worker.close()
                    failed_starts += worker not in ready
                    ready.discard(worker)
                    if failed_starts > TRIES:
                        raise
                    start()
                    if not had:
                        continue
                    submission, number = had.popleft()
                    waiting.extend(had)  # it had not come to these
                    result = Result(submission.student, assignment.name, fault=f"{FAULT}: {lost}")
                else:
                    if result is None:
                        ready.add(worker)
                        continue
                    submission, number = given[worker].popleft()
                if result.fault and number < TRIES:
                    waiting.append((submission, number + 1))
                else:
                    yield result
    finally:
        for worker in given:
            worker.close()
