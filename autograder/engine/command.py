"""The command ``python -m autograder grade ASSIGNMENT``."""

from __future__ import annotations

import contextlib
import fnmatch
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from autograder.course import open_course, students_at
from autograder.engine.gradebook import GradebookWriter, check_and_back_up, is_published
from autograder.engine.inputs import assignment_keys, read_assignment, read_submission, submission_key
from autograder.engine.pool import grade_locally, idle_workers
from autograder.engine.results import ResultStore
from autograder.engine.step import Result, Submission, scratch_folder
from autograder.engine.worker_process import WorkerLost, WorkerProcess, WorkerRefused
from autograder.pipeline.intake import max_notebook_bytes, released_notebooks
from autograder.pipeline.lock import CannotGrade, grading_lock
from autograder.pipeline.reasons import reasons_of
from autograder.plain_text import one_line, printable

SCRATCH = ".grading"
MAX_BATCH, MAX_BATCH_SECONDS = 25, 2.0  # results in a transaction, and seconds until it is written
MAX_LINES = 20  # students in each list of the summary
MAX_REASONS = 3  # reasons per student in the summary
INTERRUPTED = 130  # the exit code


@dataclass
class Options:
    """The command's options; see ``python -m autograder grade --help``."""

    assignment: str
    course: Path
    students: list[str] = field(default_factory=list)
    workers: int = 1
    scheduler: str = ""
    resume: bool = False
    force: bool = False


@dataclass
class Plan:
    """The work of a run.

    Parameters
    ----------
    grade : list of tuple
        Folder, student and hash of each submission to grade.
    enter : list of Result
        Results of an earlier run that the gradebook does not hold.
    unconfirmed : list of Result
        Results of an earlier run that would change given points, and that ``force`` has not confirmed.
    current : int
        Number of submissions whose results are up to date and in the gradebook.
    outdated : list of str
        Students whose results were made with other checks, settings or versions; ``resume`` leaves them alone.
    """

    grade: list[tuple[Path, str, str]] = field(default_factory=list)
    enter: list[Result] = field(default_factory=list)
    unconfirmed: list[Result] = field(default_factory=list)
    current: int = 0
    outdated: list[str] = field(default_factory=list)


class DeferredInterrupt:
    """A context in which SIGINT and SIGTERM interrupt only the waiting for results, never the writing of a result."""

    def __init__(self) -> None:
        self._is_requested = self._is_waiting = False

    def next_of(self, results: Iterator[Result]) -> Result | None:
        """Wait for the next result; return None when there are no more.

        Raises
        ------
        KeyboardInterrupt
            SIGINT or SIGTERM arrived, now or since the last call.
        """
        self._is_waiting = True
        try:
            if self._is_requested:
                raise KeyboardInterrupt
            return next(results, None)
        finally:
            self._is_waiting = False

    def __enter__(self) -> None:
        self._handlers = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *error: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _handle(self, *_: object) -> None:
        self._is_requested = True
        if self._is_waiting:
            raise KeyboardInterrupt


def run_all(runs: list[Options]) -> int:
    """Grade assignments of a course one after the other, with the same worker processes.

    Parameters
    ----------
    runs : list of Options
        One for each assignment.

    Returns
    -------
    int
        The worst of their exit codes, see :func:`run`. After an interrupt the rest is not begun.
    """
    exit_codes = [0]
    with idle_workers() as idle:
        for options in runs:
            if exit_codes[-1] != INTERRUPTED:
                if len(runs) > 1:
                    print(f"{options.assignment}:", flush=True)
                exit_codes.append(run(options, idle))
    return next((code for code in (INTERRUPTED, 1, 2) if code in exit_codes), 0)


def run(options: Options, idle: list[WorkerProcess] | None = None) -> int:
    """Grade an assignment.

    Parameters
    ----------
    options : Options
    idle : list of WorkerProcess, optional
        From :func:`autograder.engine.pool.idle_workers`, where several assignments of a course are graded.

    Returns
    -------
    int
        The exit code. 0: the gradebook holds a result for every submission; 1: nothing or not everything could be
        graded; 2: some grades would change, and were not entered; 130: interrupted.

    Raises
    ------
    CourseError
        The course cannot be read.
    """
    course = open_course(options.course, options.assignment)
    try:
        with grading_lock(course):
            check_and_back_up(course)
            return GradingRun(options, course, released_notebooks(course), idle).run()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED
    except (CannotGrade, WorkerRefused, WorkerLost) as reason:
        print(
            f"{'Nothing is graded: ' if isinstance(reason, WorkerRefused) else ''}{one_line(reason)}", file=sys.stderr
        )
    except NbGraderException:
        pass  # nbgrader has logged it
    except SQLAlchemyError as error:
        print(
            f"Stopped: the gradebook cannot be used: {one_line(getattr(error, 'orig', None) or error)}", file=sys.stderr
        )
    except OSError as error:
        print(
            f"Stopped: {one_line(error)}. What was written before is whole; run the same again to go on.",
            file=sys.stderr,
        )
    return 1


class GradingRun:
    """A run of the command: plan, grade, enter, summarize.

    Parameters
    ----------
    options : Options
    course : CourseDirectory
        Its ``assignment_id`` is the assignment to grade.
    names : list of str
        The assignment's notebooks.
    idle : list of WorkerProcess, optional
        Workers that graded other assignments of the course.
    """

    def __init__(
        self, options: Options, course: CourseDirectory, names: list[str], idle: list[WorkerProcess] | None = None
    ) -> None:
        self._options, self._course, self._names, self._idle = options, course, names, idle
        self._assignment = read_assignment(course, names)
        self._keys = assignment_keys(self._assignment)
        self._results = ResultStore(course)
        self._writer = GradebookWriter(course, self._assignment.files)
        self._entries = self._writer.read_entries()
        self._max_bytes = max_notebook_bytes(course)
        self._batch: list[tuple[Result, bool]] = []
        self._batch_written_at = time.monotonic()
        self._differing: list[tuple[Result, float]] = []  # (result, points before)
        self._needing_look: list[Result] = []
        self._failed: list[Result] = []
        self._done = 0
        self._interrupt = DeferredInterrupt()

    def run(self) -> int:
        """Run it; return the exit code, see :func:`run`."""
        plan = self._plan()
        is_interrupted = False
        try:
            with self._interrupt:
                self._enter_earlier(plan)
                self._grade(plan.grade)
        except KeyboardInterrupt:
            is_interrupted = True
        finally:
            self._write_batch()
            self._writer.close()
        self._print_summary(plan, is_interrupted)
        if is_interrupted:
            return INTERRUPTED
        return 1 if self._failed else 2 if self._differing else 0

    # --- what is there, and what is missing ---------------------------------------------------------------------------

    def _plan(self) -> Plan:
        """Compare the submissions with the stored results, and the results with the gradebook."""
        plan = Plan()
        patterns = [printable(pattern) for pattern in self._options.students]
        seen: set[str] = set()
        for folder, student in students_at(self._course, self._course.submitted_directory):
            name = printable(student)
            if patterns and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                continue
            if name in seen:
                print(
                    f"The folder of {printable(student)!r} is left out: another's has the same printable name.",
                    file=sys.stderr,
                )
                continue
            seen.add(name)
            sha256 = submission_key(folder, self._names)
            keys = {"submission": sha256, **self._keys}
            result = self._results.read(name)
            if result and result.keys == keys:
                if self._is_entered(result):
                    plan.current += 1
                else:
                    plan.enter.append(result)
                continue
            unconfirmed = self._results.read_unconfirmed(name)
            if unconfirmed and unconfirmed.keys == keys:
                plan.unconfirmed.append(unconfirmed)
            elif self._options.resume and result and result.keys.get("submission") == sha256:
                plan.outdated.append(name)
                if not self._is_entered(result):
                    plan.enter.append(result)
            else:
                plan.grade.append((folder, student, sha256))
        return plan

    def _is_entered(self, result: Result) -> bool:
        """Tell whether the gradebook and the folder of autograded notebooks hold a result."""
        entry = self._entries.get(result.student)
        if entry is None or (result.timestamp and entry["timestamp"] != result.timestamp):
            return False
        grades = entry["grades"]
        has_grades = all(
            (name, cell) in grades and grades[name, cell][0] == score for name, cell, score, _ in result.grades
        )
        return has_grades and is_published(self._course, result)

    # --- grading ------------------------------------------------------------------------------------------------------

    def _enter_earlier(self, plan: Plan) -> None:
        """Enter results of earlier runs; with ``force``, also those that change given grades."""
        for result in plan.enter:
            self._enter(result, is_new=False)
        for result in plan.unconfirmed:
            if self._options.force:
                self._store(result)
            else:
                self._differing.append((result, self._points_before(result.student)))

    def _grade(self, chosen: list[tuple[Path, str, str]]) -> None:
        if not chosen:
            return
        submissions = self._read(chosen)
        with scratch_folder(Path(self._course.root) / SCRATCH) as scratch, contextlib.ExitStack() as stack:
            if self._options.scheduler:
                from autograder.engine.dask_cluster import grade_on_cluster

                results = grade_on_cluster(self._assignment, submissions, self._options.scheduler)
            else:
                results = grade_locally(self._assignment, submissions, self._options.workers, scratch, self._idle)
            stack.enter_context(contextlib.closing(results))
            bar = stack.enter_context(tqdm(total=len(chosen), unit=" submissions", smoothing=0.1))
            while (result := self._interrupt.next_of(results)) is not None:
                self._done += 1
                self._accept(result)
                bar.set_postfix_str(f"{len(self._needing_look)} need a look", refresh=False)
                bar.update()

    def _read(self, chosen: Iterable[tuple[Path, str, str]]) -> Iterator[Submission]:
        for folder, student, sha256 in chosen:
            entry = self._entries.get(printable(student), {"grades": {}, "extension": None})
            manual = {
                cell: tuple(by_hand)
                for cell, (_, *by_hand) in entry["grades"].items()
                if any(points is not None for points in by_hand)
            }
            yield read_submission(folder, student, self._names, self._max_bytes, sha256, entry["extension"], manual)

    def _accept(self, result: Result) -> None:
        """Store and enter a new result; if it would change given grades, keep it aside until there is ``force``."""
        if result.fault:
            self._failed.append(result)
            return
        result.keys = {"submission": result.keys["submission"], **self._keys}
        if result.needs_a_look:
            self._needing_look.append(result)
        old = self._results.read(result.student)
        if old:
            is_same_submission = old.keys.get("submission") == result.keys["submission"]
        else:
            is_same_submission = self._was_graded(result.student)
        if is_same_submission and not self._options.force and self._changed_cells(result):
            self._results.write_unconfirmed(result)
            self._differing.append((result, self._points_before(result.student)))
        else:
            self._store(result)

    def _was_graded(self, student: str) -> bool:
        entry = self._entries.get(student)
        return entry is not None and any(points[0] is not None for points in entry["grades"].values())

    def _changed_cells(self, result: Result) -> list[str]:
        """Name the cells whose points would change."""
        grades = self._entries.get(result.student, {"grades": {}})["grades"]
        return [cell for name, cell, score, _ in result.grades if grades.get((name, cell), (None,))[0] != score]

    def _points_before(self, student: str) -> float:
        entry = self._entries.get(student, {"grades": {}})
        return sum(points[0] or 0 for points in entry["grades"].values())

    def _store(self, result: Result) -> None:
        self._results.write(result)
        self._enter(result, is_new=True)

    def _enter(self, result: Result, is_new: bool) -> None:
        self._batch.append((result, is_new))
        if len(self._batch) >= MAX_BATCH or time.monotonic() - self._batch_written_at > MAX_BATCH_SECONDS:
            self._write_batch()

    def _write_batch(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self._writer.write(batch)
        self._batch_written_at = time.monotonic()

    # --- the summary --------------------------------------------------------------------------------------------------

    def _print_summary(self, plan: Plan, is_interrupted: bool) -> None:
        if is_interrupted:
            print(f"\nStopped after {self._done} of {len(plan.grade)}. Run the same again to go on.")
        else:
            print(f"{self._done} graded, {len(plan.enter)} entered that were graded before, {plan.current} up to date.")
        if self._needing_look:
            print(f"\n{len(self._needing_look)} need a look (formgrader shows them):")
            _print_rows(
                (result.student, "; ".join(_reasons_for_a_look(result)) or "no verdict")
                for result in self._needing_look
            )
        if plan.outdated:
            print(
                f"\n{len(plan.outdated)} were graded with other checks, points or versions; --resume leaves them alone."
            )
        if self._differing:
            print(f"\n{len(self._differing)} would get other grades than they have; nothing of theirs was changed:")
            _print_rows((result.student, self._describe_change(result, before)) for result, before in self._differing)
            print("Run again with --force to take these over. Scores and comments given by hand stay in any case.")
        if self._failed:
            print(f"\n{len(self._failed)} could not be graded, through no fault of theirs; run again:")
            _print_rows((result.student, result.fault) for result in self._failed)

    def _describe_change(self, result: Result, before: float) -> str:
        exercises = ", ".join(cell.removeprefix("test_") for cell in self._changed_cells(result))
        return f"{before:g} → {result.points:g} ({result.points - before:+g}): {exercises}"


def _reasons_for_a_look(result: Result) -> list[str]:
    notebooks = [nbformat.reads(text, as_version=4) for text in result.notebooks.values()]
    reasons = [reason for notebook in notebooks for reason in reasons_of(notebook)]
    return [reason for reason in reasons if "needs a look" in reason][:MAX_REASONS]


def _print_rows(rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    for student, sentence in rows[:MAX_LINES]:
        print(f"  {student}: {one_line(sentence)}")
    if len(rows) > MAX_LINES:
        print(f"  … and {len(rows) - MAX_LINES} more")
