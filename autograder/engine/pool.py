"""Workers on this machine: a submission at a time each, replaced when one is lost."""

from __future__ import annotations

import itertools
import select
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.engine.step import FAULT, Assignment, Result, Submission
from autograder.engine.worker import Lost, Worker

TRIES = 3
"""So often a submission is given to a worker where these were lost, or the grader failed."""


def graded_here(
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
    Refused
        Nothing may be graded here.
    """
    todo = iter(submissions)
    waiting: list[tuple[Submission, int]] = []  # with the number of the try
    ready: list[Worker] = []
    busy: dict[Worker, tuple[Submission, int] | None] = {}  # None: it is starting
    numbers = itertools.count()
    failed_starts = 0

    def left() -> bool:
        if not waiting and (one := next(todo, None)) is not None:
            waiting.append((one, 1))
        return bool(waiting)

    def start() -> None:
        busy[Worker(assignment, scratch / f"worker-{next(numbers)}")] = None

    try:
        for _ in range(workers if left() else 0):
            start()
        while any(busy.values()) or left():
            while ready and left():
                worker, given = ready.pop(), waiting.pop()
                busy[worker] = given
                worker.give(given[0])
            for worker in select.select(list(busy), [], [])[0]:
                had = busy[worker]
                try:
                    result = worker.take()
                except Lost as lost:
                    del busy[worker]
                    worker.close()
                    failed_starts += had is None
                    if failed_starts > TRIES:
                        raise
                    start()
                    result = Result(had[0].student, assignment.name, fault=f"{FAULT}: {lost}") if had else None
                else:
                    del busy[worker]
                    ready.append(worker)
                if result is None:
                    continue
                if result.fault and had[1] < TRIES:
                    waiting.append((had[0], had[1] + 1))
                else:
                    yield result
    finally:
        for worker in [*busy, *ready]:
            worker.close()
