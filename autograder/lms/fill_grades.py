"""Fill the grades of an assignment into the table that was downloaded from Canvas or Moodle."""

from __future__ import annotations

import re
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student, SubmittedAssignment

from autograder.lms.file_owners import full_names
from autograder.lms.lms_table import LmsTable
from autograder.pipeline.submissions import InvalidSubmission, plain_name
from course_utils.files import write_whole

UNGRADED_IN_CANVAS = ("EX", "N/A")  # excused, not assigned


def write_filled_table(
    gradebook: Gradebook, assignment: str, source: Path, to: str = "", column: str = "", skip_unknown: bool = False
) -> list[str]:
    """Fill grades into a copy of an LMS's table.

    Parameters
    ----------
    gradebook : Gradebook
    assignment : str
    source : Path
        As it was downloaded.
    to : str
        What to write; by default beside the source, with ``-filled`` in its name.
    column, skip_unknown
        As for :func:`fill_grades`.

    Returns
    -------
    list of str
        The messages of :func:`fill_grades`, and which file to upload.

    Raises
    ------
    InvalidSubmission
        Nothing was written.
    """
    target = Path(to or source.with_stem(f"{source.stem}-filled"))
    if target.resolve() == source.resolve():
        raise InvalidSubmission(f"{target} is the downloaded file itself; it stays as it is.")
    table = LmsTable(source)
    messages = fill_grades(table, gradebook, assignment, column, skip_unknown)
    write_whole(target, table.content())
    return [*messages, f"Upload {target}"]


def fill_grades(
    table: LmsTable, gradebook: Gradebook, assignment: str, column: str = "", skip_unknown: bool = False
) -> list[str]:
    """Put an assignment's points into its column of an LMS's table.

    Parameters
    ----------
    table : LmsTable
        Changed in place.
    gradebook : Gradebook
    assignment : str
    column : str
        The header of the column, where it is not called like the assignment.
    skip_unknown : bool
        Leave rows alone whose student the gradebook does not know, instead of refusing the table.

    Returns
    -------
    list of str
        Messages: what stayed as it was, and why; last, how many fields were filled.

    Raises
    ------
    InvalidSubmission
        Students, columns or points do not fit; nothing was filled.
    """
    try:
        graded = gradebook.find_assignment(assignment)
    except MissingEntry:
        raise InvalidSubmission(f"The gradebook knows no assignment {assignment}.") from None
    grade_column = table.grade_column(assignment, column)
    _require_same_points(table, grade_column, graded)
    student_by_key, row_by_key = _match_students(table, gradebook.students, grade_column)
    row_of = {student_by_key[key]: row for key, row in row_by_key.items() if key in student_by_key}
    submissions = {submission.student.id: submission for submission in graded.submissions}
    unknown = [f"{table.describe(row)} ({key})" for key, row in row_by_key.items() if key not in student_by_key]
    unknown += [table.describe(row) for row in table.rows if row not in row_by_key.values()]
    if without_row := sorted(set(submissions) - set(row_of)):
        raise InvalidSubmission(f"{table.name} has no row for these graded students: {', '.join(without_row)}.")
    if unknown and not skip_unknown:
        raise InvalidSubmission(
            f"The gradebook does not know these students of {table.name}: {'; '.join(unknown)}. Add them "
            "(python -m autograder roster FILE), or leave their rows alone (--absent)."
        )

    need_a_look, not_graded, excused, filled = [], [], [], 0
    decimal_comma = table.has_decimal_comma(grade_column)
    for student, row in sorted(row_of.items()):
        before = table.get(row, grade_column).strip()
        submission = submissions.get(student)
        if submission is None:
            not_graded.append(student)
        elif submission.needs_manual_grade:
            need_a_look.append(student)
        elif before in UNGRADED_IN_CANVAS:
            excused.append(f"{student} ({before})")
        else:
            filled += 1
            points = _points(submission)
            if _parse_number(before) != round(points, 2):
                table.set(row, grade_column, _format_points(points, table.is_canvas, decimal_comma))
    students_by_message = {
        "Left as they were, for they need a look first, in formgrader": need_a_look,
        "Left as they were, for nothing was handed in, or not graded": not_graded,
        "Left as they were, for they are excused or not assigned in Canvas": excused,
        "Left as they were, for they are not in the gradebook": unknown,
        "Under another name in the gradebook, so see that they are the same": _other_names(table, gradebook, row_of),
    }
    return [
        *(
            f"{message} ({len(students)}): {', '.join(students)}."
            for message, students in students_by_message.items()
            if students
        ),
        f"{filled} fields of {table.header[grade_column]!r} are filled.",
    ]


def _require_same_points(table: LmsTable, grade_column: int, graded: Assignment) -> None:
    possible = table.points_possible(grade_column)
    if possible is not None and abs(possible - graded.max_score) > 1e-6:
        raise InvalidSubmission(
            f"{table.name} has {possible:g} points for it, the course {graded.max_score:g}: change them there."
        )


def _match_students(
    table: LmsTable, students: list[Student], grade_column: int
) -> tuple[dict[str, str], dict[str, int]]:
    """Match rows to students by the kind of key that most of them have in the table: id, Canvas's number or e-mail.

    Returns the gradebook's id of each key, and the row of each key in the table.
    """
    names = {student.id: full_names(student) for student in students}
    best: tuple[dict[str, str], dict[str, int]] = ({}, {})
    for kind in ("id", "lms_user_id", "email"):
        keys = [(str(getattr(student, kind) or "").strip(), student.id) for student in students]
        student_by_key = {key: student for key, student in keys if key}
        if len(student_by_key) < sum(bool(key) for key, _ in keys):
            continue  # two students share one

        def fits(key: str, row: int, student_by_key: dict[str, str] = student_by_key) -> bool:
            return bool(names[student_by_key[key]] & _names_in_row(table, row))

        row_by_key = table.id_column(student_by_key, other_than=grade_column, fits=fits)
        if _count_known(student_by_key, row_by_key) > _count_known(*best):
            best = student_by_key, row_by_key
    if not best[0]:
        raise InvalidSubmission(f"No column of {table.name} holds the ids of the gradebook's students.")
    return best


def _count_known(student_by_key: dict[str, str], row_by_key: dict[str, int]) -> int:
    return sum(key in student_by_key for key in row_by_key)


def _other_names(table: LmsTable, gradebook: Gradebook, row_of: dict[str, int]) -> list[str]:
    """List the students whose name in the table is not the gradebook's."""
    names = {student.id: full_names(student) for student in gradebook.students}
    differing = []
    for student, row in row_of.items():
        if names[student] and not names[student] & _names_in_row(table, row):
            differing.append(f"{student} ({table.describe(row)})")
    return differing


def _names_in_row(table: LmsTable, row: int) -> set[str]:
    first, last = table.names(row)
    return {plain_name(first + last), plain_name(last + first)}


def _points(submission: SubmittedAssignment) -> float:
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))


def _format_points(points: float, is_canvas: bool, decimal_comma: bool) -> str:
    text = f"{points:.2f}"
    if is_canvas:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if decimal_comma else text


def _parse_number(text: str) -> float | None:
    text = text.replace(",", ".")
    return round(float(text), 2) if re.fullmatch(r"\d+(\.\d+)?", text) else None
