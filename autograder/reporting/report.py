"""The command ``python -m autograder report``: a page, a table and a file of data for each assignment."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.course import COURSE, REPORTS, open_course, open_gradebook
from autograder.plain_text import printable, safe_field
from autograder.reporting.item_analysis import Exercise, states_of
from autograder.reporting.model import ClassReport, class_report, with_codes
from autograder.reporting.page import page
from course_utils.files import write_whole


def run_report(assignment: str | None, coded: bool, folder: Path | None, course_folder: Path = COURSE) -> int:
    """Write the report of an assignment, or of every graded one.

    Parameters
    ----------
    assignment : str, optional
    coded : bool
        Whether codes stand for students.
    folder : Path, optional
        Where to; by default ``report/`` in the course folder.
    course_folder : Path

    Returns
    -------
    int
        Exit code: 1 where there was nothing to report.
    """
    course = open_course(course_folder)
    with open_gradebook(course) as gradebook:
        graded = sorted(one.name for one in gradebook.assignments if one.num_submissions)
    if (assignment and assignment not in graded) or not graded:
        print(f"{assignment or 'The class'} is not graded yet; graded: {', '.join(graded) or 'none'}", file=sys.stderr)
        return 1
    for name in [assignment] if assignment else graded:
        course = open_course(course_folder, name)
        report = class_report(course)
        if coded:
            report = with_codes(report, course)
        try:
            print(write(report, (folder or Path(course.root) / REPORTS) / name))
        except OSError as error:
            print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
            return 1
    return 0


def write(report: ClassReport, folder: Path) -> Path:
    """Write the page, the table and the data.

    Parameters
    ----------
    report : ClassReport
    folder : Path
        Made where it is missing, closed to others.

    Returns
    -------
    Path
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    table = io.StringIO()
    csv.writer(table).writerows([[safe_field(value) for value in row] for row in as_table(report)])
    content = json.dumps(as_data(report), indent=1, ensure_ascii=False, default=str)
    for name, text in (("report.csv", table.getvalue()), ("report.json", content), ("report.html", page(report))):
        write_whole(folder / name, text.encode("utf-8", errors="replace"))
    return folder / "report.html"


def as_table(report: ClassReport) -> list[list[object]]:
    """Write a line per student: points in all and in each exercise, blank where it needs a look, and why."""
    names = [exercise.name for exercise in report.exercises]
    lines: list[list[object]] = [["student", "points", "max_points", "needs_a_look", *names, "reasons"]]
    for row in report.rows:
        works = [exercise.work.get(row.student) for exercise in report.exercises]
        each = [None if work is None else work.points for work in works]
        why = printable("; ".join(row.reasons))
        points = None if row.needs_a_look else row.points
        lines.append([printable(row.student), points, row.most, "yes" if row.needs_a_look else "", *each, why])
    return lines


def as_data(report: ClassReport) -> dict[str, Any]:
    """Give the same as plain data."""
    exercises = [
        {"name": one.name, "points": one.most, **asdict(found), "states": dict(states_of(one)), "time_outs": _late(one)}
        for one, found in zip(report.exercises, report.analyses, strict=True)
    ]
    return {
        "assignment": report.assignment,
        "summary": report.summary(),
        "exercises": exercises,
        "mistakes": [{"exercise": a, "mistake": b, "students": who} for a, b, who in report.mistakes],
        "students": [asdict(row) for row in report.rows],
        "similar": asdict(report.similar),
    }


def _late(exercise: Exercise) -> list[str]:
    return [student for student, work in exercise.work.items() if work.timed_out]
