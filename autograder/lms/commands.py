"""The commands ``python -m autograder roster``, ``collect`` and ``grades``: their messages and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course import open_course, open_gradebook
from autograder.lms.collect import collect
from autograder.lms.fill_grades import write_filled_table
from autograder.lms.lms_table import LmsTable
from autograder.lms.roster import update_students
from autograder.pipeline.submissions import InvalidSubmission
from autograder.plain_text import one_line, printable


def run_collect(course_folder: Path, assignment: str, source: Path) -> int:
    """Collect submissions, and say what became of each file.

    Parameters
    ----------
    course_folder : Path
        nbgrader's.
    assignment : str
    source : Path
        What was downloaded: a folder, or the LMS's own archive.

    Returns
    -------
    int
        Exit code: 0 where every file was taken.

    Raises
    ------
    CourseError
        The course folder or its gradebook cannot be used.
    """
    try:
        taken, refused = collect(open_course(course_folder, assignment), source)
    except InvalidSubmission as reason:
        print(f"Nothing was collected. {one_line(reason)}")
        return 1
    except OSError as error:
        print(f"Collecting broke off; do it again, what was collected stays. {one_line(error)}")
        return 1
    for message in taken + refused:
        print(printable(message))
    print(f"{len(taken)} taken, {len(refused)} need a look")
    return 1 if refused else 0


def run_grades(
    course_folder: Path, assignment: str, table: Path, to: str = "", column: str = "", skip_unknown: bool = False
) -> int:
    """Fill grades into a copy of an LMS's table.

    Parameters
    ----------
    course_folder : Path
        nbgrader's.
    assignment, table, to, column, skip_unknown
        As for :func:`autograder.lms.fill_grades.write_filled_table`.

    Returns
    -------
    int
        Exit code: 1 where nothing was written.

    Raises
    ------
    CourseError
        The course folder or its gradebook cannot be used.
    """

    def fill(gradebook: Gradebook) -> list[str]:
        return write_filled_table(gradebook, assignment, table, to, column, skip_unknown)

    return _run(course_folder, fill, "No grades were written.")


def run_roster(
    course_folder: Path, table: Path, id_header: str = "", same: Sequence[str] = (), all_new: bool = False
) -> int:
    """Put the class that an LMS's table names into the gradebook.

    Parameters
    ----------
    course_folder : Path
        nbgrader's; its gradebook is made where there is none.
    table : Path
    id_header : str
        As for :func:`autograder.lms.roster.read_roster`.
    same : sequence of str
        ``NEW=KNOWN``: two ids of one student.
    all_new : bool
        As for :func:`autograder.lms.roster.update_students`.

    Returns
    -------
    int
        Exit code: 1 where nobody was added.

    Raises
    ------
    CourseError
        The course folder or its gradebook cannot be used.
    """

    def add(gradebook: Gradebook) -> list[str]:
        known_ids = dict(pair.split("=", 1) for pair in same)
        return update_students(gradebook, LmsTable(table), id_header, known_ids, all_new)

    return _run(course_folder, add, "Nobody was added.", make=True)


def _run(
    course_folder: Path, action: Callable[[Gradebook], list[str]], failure_message: str, make: bool = False
) -> int:
    try:
        with open_gradebook(open_course(course_folder), make) as gradebook:
            print("\n".join(map(printable, action(gradebook))))
    except (InvalidSubmission, OSError) as reason:
        print(failure_message, printable(str(reason)), file=sys.stderr)
        return 1
    return 0
