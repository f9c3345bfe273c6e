"""The command: ``python -m autograder grade ASSIGNMENT``."""

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
from autograder.engine.gradebook import Writer, is_published, prepare
from autograder.engine.pool import grade_locally
from autograder.engine.step import Assignment, Result, Submission, scratch_folder
from autograder.engine.store import Results, read_assignment, read_submission, shared_keys, submission_key
from autograder.engine.worker_process import WorkerLost, WorkerRefused
from autograder.pipeline.lock import CannotGrade, grading_lock
from autograder.pipeline.reasons import reasons_of
from autograder.pipeline.submissions import Intake, released_notebooks
from autograder.plain_text import printable

SCRATCH = ".grading"
BATCH, BATCH_SECONDS = 25, 2.0
LINES = 20


@dataclass
class Options:
    """What the command was told; see ``python -m autograder grade --help``."""

    assignment: str
    course: Path
    students: list[str] = field(default_factory=list)
    workers: int = 1
    scheduler: str = ""
    resume: bool = False
    force: bool = False


@dataclass
class Plan:
    """What is to be done.

    Parameters
    ----------
    grade : list of tuple
        Folder, student and hash of each submission to grade.
    enter : list of Result
        Graded before, and not in the gradebook.
    waiting : list of Result
        Graded again before, with another outcome, and not taken over.
    current : int
        So many have nothing to be done.
    outdated : list of str
        Students whose results were made from something else than what is there now, which ``resume`` leaves alone.
    """

    grade: list[tuple[Path, str, str]] = field(default_factory=list)
    enter: list[Result] = field(default_factory=list)
    waiting: list[Result] = field(default_factory=list)
    current: int = 0
    outdated: list[str] = field(default_factory=list)


class DeferredInterrupt:
    """Within, Ctrl-C, and the system's wish that we end, break off the waiting for results and nothing else."""

    def __init__(self) -> None:
        self._asked = self._waiting = False

    def waiting_for(self, results: Iterator[Result]) -> Result | None:
        """Wait for the next result; KeyboardInterrupt where somebody wants to stop."""
        self._waiting = True
        try:
            if self._asked:
                raise KeyboardInterrupt
            return next(results, None)
        finally:
            self._waiting = False

    def __enter__(self) -> None:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, *_: object) -> None:
        self._asked = True
        if self._waiting:
            raise KeyboardInterrupt


def run(options: Options) -> int:
    """Grade an assignment; the exit code is 0 where every submission has a result that stands in the gradebook.

    1: nothing could be graded, or not all; 2: grades differ from those given before; 130: stopped.
    """
    course = open_course(options.course, options.assignment)
    try:
        with grading_lock(course):
            prepare(course)
            return Run(options, course, released_notebooks(course)).go()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except (CannotGrade, WorkerRefused, WorkerLost) as reason:
        print(f"{'Nothing is graded: ' if isinstance(reason, WorkerRefused) else ''}{reason}", file=sys.stderr)
    except NbGraderException:
        pass  # said already
    except SQLAlchemyError as error:
        print(f"Stopped: the gradebook cannot be used: {getattr(error, 'orig', None) or error}", file=sys.stderr)
    except OSError as error:
        print(f"Stopped: {error}. What was written before is whole; run the same again to go on.", file=sys.stderr)
    return 1


class Run:
    """One run of the command.

    Parameters
    ----------
    options : Options
    course : CourseDirectory
        With its assignment.
    names : list of str
        The assignment's notebooks.
    """

    def __init__(self, options: Options, course: CourseDirectory, names: list[str]) -> None:
        self.options, self.course, self.names = options, course, names
        self.assignment: Assignment = read_assignment(course, names)
        self.keys = shared_keys(self.assignment)
        self.results = Results(course)
        self.writer = Writer(course, self.assignment.files)
        self.book = self.writer.state()
        self.max_bytes = Intake(config=course.config).max_bytes
        self._batch: list[tuple[Result, bool]] = []
        self._entered_at = time.monotonic()
        self.differing: list[tuple[Result, float]] = []
        self.looks: list[Result] = []
        self.faults: list[Result] = []
        self.done = 0
        self._stop = DeferredInterrupt()

    def go(self) -> int:
        """Do it."""
        plan = self.plan()
        stopped = False
        try:
            with self._stop:
                self._take_over(plan)
                self._grade(plan.grade)
        except KeyboardInterrupt:
            stopped = True
        finally:
            self._enter_batch()
            self.writer.close()
        self._summary(plan, stopped)
        if stopped:
            return 130
        return 1 if self.faults else 2 if self.differing else 0

    # --- what is there, and what is missing ---------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Compare what was handed in with what was graded, and that with the gradebook."""
        plan = Plan()
        chosen = [printable(one) for one in self.options.students]
        seen: set[str] = set()
        for folder, student in students_at(self.course, self.course.submitted_directory):
            name = printable(student)
            if chosen and not any(fnmatch.fnmatchcase(name, one) for one in chosen):
                continue
            if name in seen:
                print(f"The folder of {student!r} is left out: another's has the same printable name.", file=sys.stderr)
                continue
            seen.add(name)
            sha256 = submission_key(folder, self.names)
            keys = {"submission": sha256, **self.keys}
            result = self.results.read(name)
            if result and result.keys == keys:
                if self._stands(result):
                    plan.current += 1
                else:
                    plan.enter.append(result)
                continue
            waiting = self.results.read_waiting(name)
            if waiting and waiting.keys == keys:
                plan.waiting.append(waiting)
            elif self.options.resume and result and result.keys.get("submission") == sha256:
                plan.outdated.append(name)
                if not self._stands(result):
                    plan.enter.append(result)
            else:
                plan.grade.append((folder, student, sha256))
        return plan

    def _stands(self, result: Result) -> bool:
        """Tell whether the gradebook and the folder of autograded notebooks hold a result."""
        entry = self.book.get(result.student)
        if entry is None or (result.timestamp and entry["timestamp"] != result.timestamp):
            return False
        held = entry["grades"]
        same = all((name, cell) in held and held[name, cell][0] == score for name, cell, score, _ in result.grades)
        return same and is_published(self.course, result)

    # --- grading ------------------------------------------------------------------------------------------------------

    def _take_over(self, plan: Plan) -> None:
        for result in plan.enter:
            self._enter(result, is_new=False)
        for result in plan.waiting:
            if self.options.force:
                self._keep(result, is_new=True)
            else:
                self.differing.append((result, self._before(result.student)))

    def _grade(self, chosen: list[tuple[Path, str, str]]) -> None:
        if not chosen:
            return
        with scratch_folder(Path(self.course.root) / SCRATCH) as scratch, contextlib.ExitStack() as stack:
            if self.options.scheduler:
                from autograder.engine.dask_cluster import graded_on_cluster

                found = graded_on_cluster(self.assignment, self._read(chosen), self.options.scheduler)
            else:
                found = grade_locally(self.assignment, self._read(chosen), self.options.workers, scratch)
            stack.enter_context(contextlib.closing(found))
            bar = stack.enter_context(tqdm(total=len(chosen), unit=" submissions", smoothing=0.1))
            while (result := self._stop.waiting_for(found)) is not None:
                self.done += 1
                self._take(result)
                bar.set_postfix_str(f"{len(self.looks)} need a look", refresh=False)
                bar.update()

    def _read(self, chosen: Iterable[tuple[Path, str, str]]) -> Iterator[Submission]:
        for folder, student, sha256 in chosen:
            entry = self.book.get(printable(student), {"grades": {}, "extension": None})
            manual = {
                cell: points[1:]
                for cell, points in entry["grades"].items()
                if any(one is not None for one in points[1:])
            }
            yield read_submission(folder, student, self.names, self.max_bytes, sha256, entry["extension"], manual)

    def _take(self, result: Result) -> None:
        """Keep a new result; what would change grades given before waits for the instructor's word."""
        if result.fault:
            self.faults.append(result)
            return
        result.keys = {"submission": result.keys["submission"], **self.keys}
        if result.needs_a_look:
            self.looks.append(result)
        old = self.results.read(result.student)
        regraded = old.keys.get("submission") == result.keys["submission"] if old else self._was_graded(result.student)
        if regraded and not self.options.force and self._differs(result):
            self.results.write_waiting(result)
            self.differing.append((result, self._before(result.student)))
        else:
            self._keep(result, is_new=True)

    def _was_graded(self, student: str) -> bool:
        entry = self.book.get(student)
        return bool(entry) and any(points[0] is not None for points in entry["grades"].values())

    def _differs(self, result: Result) -> bool:
        held = self.book.get(result.student, {"grades": {}})["grades"]
        return any(held.get((name, cell), (None,))[0] != score for name, cell, score, _ in result.grades)

    def _before(self, student: str) -> float:
        entry = self.book.get(student, {"grades": {}})
        return sum(points[0] or 0 for points in entry["grades"].values())

    def _keep(self, result: Result, is_new: bool) -> None:
        self.results.write(result)
        self._enter(result, is_new)

    def _enter(self, result: Result, is_new: bool) -> None:
        self._batch.append((result, is_new))
        if len(self._batch) >= BATCH or time.monotonic() - self._entered_at > BATCH_SECONDS:
            self._enter_batch()

    def _enter_batch(self) -> None:
        batch, self._batch = self._batch, []
        if batch:
            self.writer.enter(batch)
        self._entered_at = time.monotonic()

    # --- words --------------------------------------------------------------------------------------------------------

    def _summary(self, plan: Plan, stopped: bool) -> None:
        if stopped:
            print(f"\nStopped after {self.done} of {len(plan.grade)}. Run the same again to go on.")
        else:
            print(f"{self.done} graded, {len(plan.enter)} entered that were graded before, {plan.current} up to date.")
        if self.looks:
            print(f"\n{len(self.looks)} need a look (formgrader shows them):")
            _list((one.student, "; ".join(_reasons(one)) or "no verdict") for one in self.looks)
        if plan.outdated:
            print(
                f"\n{len(plan.outdated)} were graded with other checks, points or versions; --resume leaves them alone."
            )
        if self.differing:
            print(f"\n{len(self.differing)} would get other grades than they have; nothing of theirs was changed:")
            _list(
                (one.student, f"{before:g} → {one.points:g} ({one.points - before:+g}){_changed(self, one)}")
                for one, before in self.differing
            )
            print("Run again with --force to take these over. Scores and comments given by hand stay in any case.")
        if self.faults:
            print(f"\n{len(self.faults)} could not be graded, through no fault of theirs; run again:")
            _list((one.student, one.fault) for one in self.faults)


def _changed(run: Run, result: Result) -> str:
    """Name the exercises whose points would change."""
    held = run.book.get(result.student, {"grades": {}})["grades"]
    changed = [cell for name, cell, score, _ in result.grades if held.get((name, cell), (None,))[0] != score]
    return ": " + ", ".join(one.removeprefix("test_") for one in changed)


def _reasons(result: Result) -> list[str]:
    found = [one for text in result.notebooks.values() for one in reasons_of(nbformat.reads(text, as_version=4))]
    return [one for one in found if "needs a look" in one][:3]


def _list(rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    for student, words in rows[:LINES]:
        print(f"  {student}: {words}")
    if len(rows) > LINES:
        print(f"  … and {len(rows) - LINES} more")
