"""Tell which feedback pages show other points or comments than the gradebook holds now.

A page carries a hash of what it was made from, so that ``nbgrader generate_feedback`` makes those again that a
correction, a comment or another grading has left behind, and no others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, students_at

MARK = '<meta name="made-from" content="{}">'
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # no number can be read into a hash then
MAX_HEAD = 20_000  # bytes of a page in which its mark is looked for


def feedback_digests(course: CourseDirectory) -> dict[str, str]:
    """Hash what each student's feedback on the assignment is made from.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    dict of str to str
        Student → hash of the autograded notebooks, points, comments and penalties.
    """
    rows = defaultdict(list)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for kind, columns in (
            (Grade, (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)),
            (Comment, (Comment.auto_comment, Comment.manual_comment)),
        ):
            query = gradebook.db.query(
                SubmittedAssignment.student_id,
                Notebook.name,
                BaseCell.name,
                SubmittedNotebook.late_submission_penalty,
                *columns,
            )
            query = query.select_from(kind).join(BaseCell, kind.cell_id == BaseCell.id)
            query = query.join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
            query = query.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            query = query.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            query = query.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            for student, *values in query.filter(Assignment.name == course.assignment_id):
                rows[student].append([kind.__name__, *values])
    digests = {}
    for folder, student in students_at(course, course.autograded_directory):
        digest = hashlib.sha256(json.dumps(sorted(rows[student], key=str)).encode())
        for path in sorted(folder.glob("*.ipynb")):
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        digests[student] = digest.hexdigest().translate(LETTERS)
    return digests


def outdated_feedback(course: CourseDirectory) -> list[str]:
    """List the students with feedback that was made from something else than is there now.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    list of str
    """
    digests = feedback_digests(course)
    return [
        student
        for folder, student in students_at(course, course.feedback_directory)
        if any(_mark_of(page) != digests.get(student) for page in folder.glob("*.html"))
    ]


def only_outdated(converter: BaseConverter, digests: Mapping[str, str]) -> None:
    """Have a run of ``nbgrader generate_feedback`` make the pages again that are out of date, and no others.

    Parameters
    ----------
    converter : BaseConverter
        Its ``assignments`` are what it is about to convert: folder of autograded notebooks → notebooks.
    digests : mapping of str to str
        From :func:`feedback_digests`.
    """
    course = converter.coursedir
    if converter.force:
        return
    for folder, student in students_at(course, course.autograded_directory):
        pages = folder_of(course, course.feedback_directory, student)
        notebooks = converter.assignments.get(str(folder), [])
        marks = [_mark_of(pages / f"{Path(notebook).stem}.html") for notebook in notebooks]
        if notebooks and all(mark == digests[student] for mark in marks):
            del converter.assignments[str(folder)]
    converter.force = True  # else nbgrader skips whatever is there and not handed in anew


def _mark_of(page: Path) -> str:
    """Read what a page says it was made from; "" where it says nothing."""
    if not page.is_file():
        return ""
    with page.open("rb") as file:
        found = re.search(MARK.format("([a-p]+)"), file.read(MAX_HEAD).decode(errors="replace"))
    return found[1] if found else ""
