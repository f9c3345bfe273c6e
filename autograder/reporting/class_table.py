"""What came of a class: points, and in words why."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, open_course, open_gradebook, students_at
from autograder.pipeline.reasons import reasons_of
from autograder.plain_text import printable


@dataclass
class Row:
    """One student's line of the table; ``points`` is None where nothing was graded."""

    student: str
    points: float | None
    most: float
    needs_a_look: bool
    reasons: list[str] = field(default_factory=list)
    trusted: bool = False  # graded without a sandbox


def class_table(folder: Path, assignment: str) -> list[Row]:
    """Collect the table of an assignment in a course folder; see :func:`rows_of`."""
    return rows_of(open_course(folder, assignment))


def rows_of(course: CourseDirectory) -> list[Row]:
    """Collect the grades of an assignment from the gradebook, and the reasons from the autograded notebooks.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    list of Row
        One for each submission that lies in ``submitted/``, the fewest points first.
    """
    rows = []
    with open_gradebook(course) as gradebook:
        most = gradebook.find_assignment(course.assignment_id).max_score
        for _, name in students_at(course, course.submitted_directory):
            student = printable(name)
            notebooks = sorted(folder_of(course, course.autograded_directory, student).glob("*.ipynb"))
            try:
                submission = gradebook.find_submission(course.assignment_id, student)
            except MissingEntry:
                submission = None
            if submission is None or not notebooks:
                reason = "needs a look: grading broke off (its code may have ended the kernel); see the log"
                rows.append(Row(student, None, most, True, [reason]))
                continue
            look = bool(submission.needs_manual_grade)
            reasons = [reason for file in notebooks for reason in reasons_in(file)]
            trusted = any(_record(file).get("trusted_class") for file in notebooks)
            refused = any(reason.startswith("needs a look") for reason in reasons)
            rows.append(Row(student, None if refused else submission.score, most, look or refused, reasons, trusted))
    return sorted(rows, key=lambda row: (row.points is not None, row.points or 0, row.student))


def reasons_in(file: Path) -> list[str]:
    """Say in words what cost points in an autograded notebook, and what was repaired in it."""
    return reasons_of(nbformat.read(file, as_version=4))


def _record(file: Path) -> dict:
    return nbformat.read(file, as_version=4).metadata.get("course", {})


def print_table(rows: list[Row], most_reasons: int = 3) -> None:
    """Print the table to the terminal."""
    width = max(len(row.student) for row in rows)
    print(f"\n{'student':{width}}  points  why")
    for row in rows:
        points = "     –" if row.points is None else f"{row.points:6.2f}"
        reasons = row.reasons[:most_reasons]
        if len(row.reasons) > most_reasons:
            reasons.append(f"… and {len(row.reasons) - most_reasons} more")
        print(f"{row.student:{width}}  {points}  {reasons[0] if reasons else 'all right'}")
        for reason in reasons[1:]:
            print(f"{'':{width}}          {reason}")
    graded = [row.points for row in rows if row.points is not None]
    looks = sum(row.needs_a_look for row in rows)
    mean = sum(graded) / len(graded) if graded else 0
    print(
        f"\n{len(rows)} submissions, {len(graded)} graded, mean {mean:.1f} of {rows[0].most:g}; {looks} need a look\n"
    )
    if any(row.trusted for row in rows):
        print("Graded as a trusted class: student code ran without a sandbox.\n")
    sys.stdout.flush()
