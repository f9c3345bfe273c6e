"""A table of a graded class: each student's points, and in sentences why."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, open_course, open_gradebook, students_at
from autograder.pipeline.feedback_age import outdated_feedback
from autograder.pipeline.reasons import reasons_of
from autograder.plain_text import one_line, printable


@dataclass
class Row:
    """A student's row of the table.

    Parameters
    ----------
    student : str
    points : float or None
        None where nothing was graded.
    max_points : float
        Of the assignment.
    needs_a_look : bool
        Whether a person has to decide about some of the points.
    reasons : list of str
        Why points were lost, or why it needs a look.
    trusted : bool
        Whether it was graded without a sandbox.
    feedback_outdated : bool
        Whether there is a feedback page that shows other points or comments than the gradebook.
    """

    student: str
    points: float | None
    max_points: float
    needs_a_look: bool
    reasons: list[str] = field(default_factory=list)
    trusted: bool = False
    feedback_outdated: bool = False


def class_table(folder: Path, assignment: str) -> list[Row]:
    """Read the table of an assignment in a course folder.

    Parameters
    ----------
    folder : Path
        nbgrader's course folder.
    assignment : str

    Returns
    -------
    list of Row
        As :func:`class_rows` gives them.

    Raises
    ------
    CourseError
        The course folder or its gradebook cannot be used.
    """
    return class_rows(open_course(folder, assignment))


def class_rows(course: CourseDirectory) -> list[Row]:
    """Read the grades of an assignment from the gradebook, and the reasons from the autograded notebooks.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    list of Row
        A row for each submission in ``submitted/``, the fewest points first.

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    """
    rows = []
    outdated = set(outdated_feedback(course))
    with open_gradebook(course) as gradebook:
        max_points = gradebook.find_assignment(course.assignment_id).max_score
        for _, folder_name in students_at(course, course.submitted_directory):
            student = printable(folder_name)
            files = sorted(folder_of(course, course.autograded_directory, student).glob("*.ipynb"))
            try:
                submission = gradebook.find_submission(course.assignment_id, student)
            except MissingEntry:
                submission = None
            if submission is None or not files:
                reason = "needs a look: grading broke off (its code may have ended the kernel); see the log"
                rows.append(Row(student, None, max_points, True, [reason]))
                continue
            notebooks = [nbformat.read(file, as_version=4) for file in files]
            reasons = [reason for notebook in notebooks for reason in reasons_of(notebook)]
            trusted = any(notebook.metadata.get("course", {}).get("trusted_class") for notebook in notebooks)
            refused = any(reason.startswith("needs a look") for reason in reasons)
            points = None if refused else submission.score
            needs_a_look = bool(submission.needs_manual_grade) or refused
            rows.append(Row(student, points, max_points, needs_a_look, reasons, trusted, student in outdated))
    return sorted(rows, key=lambda row: (row.points is not None, row.points or 0, row.student))


def reasons_in(file: Path) -> list[str]:
    """Say why an autograded notebook lost points or needs a look, and what was repaired in it.

    Parameters
    ----------
    file : Path

    Returns
    -------
    list of str
        A sentence for each reason.
    """
    return reasons_of(nbformat.read(file, as_version=4))


def print_table(rows: list[Row], max_reasons: int = 3) -> None:
    """Print the table to the terminal.

    Parameters
    ----------
    rows : list of Row
        Not empty.
    max_reasons : int
        How many reasons to print for each student.
    """
    width = max(len(row.student) for row in rows)
    print(f"\n{'student':{width}}  points  why")
    for row in rows:
        points = "     –" if row.points is None else f"{row.points:6.2f}"
        reasons = list(map(one_line, row.reasons[:max_reasons]))
        if len(row.reasons) > max_reasons:
            reasons.append(f"… and {len(row.reasons) - max_reasons} more")
        print(f"{row.student:{width}}  {points}  {reasons[0] if reasons else 'all right'}")
        for reason in reasons[1:]:
            print(f"{'':{width}}          {reason}")
    graded = [row.points for row in rows if row.points is not None]
    mean = sum(graded) / len(graded) if graded else 0
    need_a_look = sum(row.needs_a_look for row in rows)
    print(
        f"\n{len(rows)} submissions, {len(graded)} graded, mean {mean:.1f} of {rows[0].max_points:g}; "
        f"{need_a_look} need a look\n"
    )
    if any(row.trusted for row in rows):
        print("Graded as a trusted class: student code ran without a sandbox.\n")
    sys.stdout.flush()
