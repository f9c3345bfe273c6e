"""The command ``python -m autograder report``."""

from __future__ import annotations

import sys
from pathlib import Path

from autograder.course import REPORTS, open_course, open_gradebook
from autograder.reporting.class_report import read_class_report
from autograder.reporting.pseudonyms import pseudonymize
from autograder.reporting.report_files import write_report


def run_report(
    course_folder: Path, assignment: str | None = None, folder: Path | None = None, pseudonyms: bool = False
) -> int:
    """Write the report of an assignment, or of every graded assignment.

    Parameters
    ----------
    course_folder : Path
        nbgrader's.
    assignment : str, optional
    folder : Path, optional
        Where to; by default ``report/`` in the course folder.
    pseudonyms : bool
        Whether codes stand for students.

    Returns
    -------
    int
        Exit code: 1 where nothing is graded, or a file cannot be written.

    Raises
    ------
    CourseError
        The course folder or its gradebook cannot be used.
    """
    course = open_course(course_folder)
    with open_gradebook(course) as gradebook:
        graded = sorted(entry.name for entry in gradebook.assignments if entry.num_submissions)
    if (assignment and assignment not in graded) or not graded:
        print(f"{assignment or 'The class'} is not graded yet; graded: {', '.join(graded) or 'none'}", file=sys.stderr)
        return 1
    for name in [assignment] if assignment else graded:
        course = open_course(course_folder, name)
        report = read_class_report(course)
        if pseudonyms:
            report = pseudonymize(report, course)
        try:
            print(write_report(report, (folder or Path(course.root) / REPORTS) / name))
        except OSError as error:
            print(f"{error.filename} cannot be written: {error.strerror}.", file=sys.stderr)
            return 1
    return 0
