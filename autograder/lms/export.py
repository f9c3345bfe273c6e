"""Grades out: a table that a spreadsheet opens without running anything in it, and the LMS's own file, filled in."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from autograder.course import open_course, open_gradebook
from autograder.lms.owners import names_of
from autograder.lms.tables import Table, names_in, people_in
from autograder.pipeline.submissions import InvalidSubmission, plain_name
from autograder.plain_text import printable, safe_field
from course_utils.files import write_whole

COLUMNS = [
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "needs_a_look",
]


class SafeCsv(ExportPlugin):
    """The plugin to register as ``c.ExportApp.plugin_class``: nbgrader's columns, quoted, and who needs a look."""

    def export(self, gradebook: Gradebook) -> None:
        """Write ``grades.csv``, or the file that ``--to`` names."""
        target = Path(self.to or "grades.csv")
        students, assignments = {str(one) for one in self.student}, {str(one) for one in self.assignment}
        self.log.info("Exporting grades to %s", target)
        looks = 0
        with target.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not students or student.id in students) and (not assignments or assignment.name in assignments):
                        row = _row(gradebook, assignment, student)
                        looks += row[-1] == "yes"
                        table.writerow([safe_field(value) for value in row])
        if looks:
            self.log.warning("Scores left blank, for they need a look first, in formgrader: %d", looks)


class LmsGrades(ExportPlugin):
    """Fill one column of the file that was downloaded from Canvas or Moodle; the rest of it stays byte for byte.

    ``nbgrader export --exporter=autograder.lms.export.LmsGrades --LmsGrades.table=FILE --assignment='["NAME"]'``
    """

    table = Unicode("", help="The file as it was downloaded from Canvas or Moodle.").tag(config=True)
    column = Unicode("", help="The header of the column to fill, where it is not called like the assignment.").tag(
        config=True
    )
    absent = Bool(False, help="Leave rows alone whose student the gradebook does not know.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the filled file beside the downloaded one, or where ``--to`` says; end with a sentence if it cannot."""
        try:
            if len(self.assignment) != 1 or not self.table:
                raise InvalidSubmission("Name one --assignment and the downloaded file (--LmsGrades.table).")
            choice = (str(self.assignment[0]), Path(self.table), self.to, self.column, self.absent)
            for sentence in write_filled(gradebook, *choice):
                self.log.warning(printable(sentence))
        except (InvalidSubmission, OSError) as reason:
            self.log.error("No grades were written. %s", printable(str(reason)))
            sys.exit(1)


def write_filled(
    gradebook: Gradebook, assignment: str, source: Path, to: str = "", column: str = "", absent: bool = False
) -> list[str]:
    """Fill an LMS's file and write it under another name; what is told is that of :func:`fill`.

    Parameters
    ----------
    gradebook : Gradebook
    assignment : str
    source : Path
        As it was downloaded.
    to : str
        What to write; by default beside the source, with ``-filled`` in its name.
    column, absent
        As for :func:`fill`.

    Raises
    ------
    InvalidSubmission
        Nothing was written.
    """
    target = Path(to or source.with_stem(f"{source.stem}-filled"))
    if target.resolve() == source.resolve():
        raise InvalidSubmission(f"{target} is the downloaded file itself; it stays as it is.")
    table = Table(source)
    told = fill(table, gradebook, assignment, column, absent)
    write_whole(target, table.content())
    return [*told, f"Upload {target}"]


def fill(table: Table, gradebook: Gradebook, assignment: str, column: str = "", absent: bool = False) -> list[str]:
    """Put an assignment's points into its column of an LMS's table.

    Parameters
    ----------
    table : Table
    gradebook : Gradebook
    assignment : str
    column : str
        The header of the column, where it is not called like the assignment.
    absent : bool
        Leave rows alone whose student the gradebook does not know, instead of refusing.

    Returns
    -------
    list of str
        What stayed as it was, and why; last, how many fields were filled.

    Raises
    ------
    InvalidSubmission
        Students, columns or points do not fit; nothing was filled.
    """
    try:
        of = gradebook.find_assignment(assignment)
    except MissingEntry:
        raise InvalidSubmission(f"The gradebook knows no assignment {assignment}.") from None
    place = table.grade_column(assignment, column)
    possible = table.points_possible(place)
    if possible is not None and abs(possible - of.max_score) > 1e-6:
        raise InvalidSubmission(
            f"{table.name} has {possible:g} points for it, the course {of.max_score:g}: change them there."
        )

    known, rows = _matched(table, gradebook.students, place)
    row_of = {known[key]: row for key, row in rows.items() if key in known}
    submissions = {one.student.id: one for one in of.submissions}
    unknown = [f"{table.who(row)} ({key})" for key, row in rows.items() if key not in known]
    unknown += [table.who(row) for row in table.rows if row not in rows.values()]
    not_there = sorted(set(submissions) - set(row_of))
    if not_there:
        raise InvalidSubmission(f"{table.name} has no row for these graded students: {', '.join(not_there)}.")
    if unknown and not absent:
        raise InvalidSubmission(
            f"The gradebook does not know these students of {table.name}: {'; '.join(unknown)}. Add them "
            "(python -m autograder roster FILE), or leave their rows alone (--absent)."
        )

    names = {one.id: names_of(one) for one in gradebook.students}
    others = [f"{student} ({table.who(row)})" for student, row in row_of.items() if _differ(names[student], table, row)]
    looks, missing, special, filled = [], [], [], 0
    comma = any(re.fullmatch(r"\d+,\d+", table.get(row, n)) for row in table.rows for n in range(len(table.header)))
    for student, row in sorted(row_of.items()):
        before = table.get(row, place).strip()
        submission = submissions.get(student)
        if submission is None:
            missing.append(student)
        elif submission.needs_manual_grade:
            looks.append(student)
        elif before in ("EX", "N/A"):
            special.append(f"{student} ({before})")
        else:
            points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
            filled += 1
            if _number(before) != round(points, 2):
                text = f"{points:.2f}"
                text = text.rstrip("0").rstrip(".") if table.canvas else text
                table.set(row, place, text.replace(".", ",") if comma else text)
    left = [
        ("Left as they were, for they need a look first, in formgrader", looks),
        ("Left as they were, for nothing was handed in, or not graded", missing),
        ("Left as they were, for they are excused or not assigned in Canvas", special),
        ("Left as they were, for they are not in the gradebook", unknown),
        ("Under another name in the gradebook, so see that they are the same", others),
    ]
    return [
        *(f"{words} ({len(some)}): {', '.join(some)}." for words, some in left if some),
        f"{filled} fields of {table.header[place]!r} are filled.",
    ]


def add_people(gradebook: Gradebook, table: Table, id_header: str = "") -> list[str]:
    """Put the class that an LMS's table names into the gradebook, without removing anybody.

    Parameters
    ----------
    gradebook : Gradebook
    table : Table
    id_header : str
        As for :func:`autograder.lms.tables.people_in`.

    Returns
    -------
    list of str
        The students' ids.
    """
    people = people_in(table, id_header)
    for one in people:
        said = {"first_name": one.first_name, "last_name": one.last_name, "email": one.email}
        said["lms_user_id"] = one.lms_user_id
        gradebook.update_or_create_student(one.id, **{key: value for key, value in said.items() if value})
    return [one.id for one in people]


def _differ(names: set[str], table: Table, row: int) -> bool:
    first, last = names_in(table, row)
    return bool(names) and not names & {plain_name(first + last), plain_name(last + first)}


def _matched(table: Table, students: list[Student], grades: int) -> tuple[dict[str, str], dict[str, int]]:
    """What the file knows students by → their ids, and → their rows: by the kind of id that most of them have there."""
    best: tuple[dict[str, str], dict[str, int]] = ({}, {})
    for kind in ("id", "lms_user_id", "email"):
        keys = [(str(getattr(one, kind) or "").strip(), one.id) for one in students]
        known = {key: student for key, student in keys if key}
        if len(known) < sum(bool(key) for key, _ in keys):
            continue  # two students share one
        rows = table.id_column(known, other_than=grades)
        if sum(key in known for key in rows) > sum(key in best[0] for key in best[1]):
            best = known, rows
    if not best[0]:
        raise InvalidSubmission(f"No column of {table.name} holds the ids of the gradebook's students.")
    return best


def _number(text: str) -> float | None:
    text = text.replace(",", ".")
    return round(float(text), 2) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[object]:
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        timestamp, score, penalty, look = None, 0.0, 0.0, False
    else:
        timestamp, score = submission.timestamp, submission.score
        penalty, look = submission.late_submission_penalty or 0.0, submission.needs_manual_grade
    return [
        assignment.name,
        assignment.duedate,
        timestamp,
        student.id,
        student.last_name,
        student.first_name,
        student.email,
        score,
        penalty,
        "" if look else max(0.0, score - penalty),
        assignment.max_score,
        "yes" if look else "",
    ]


# --- the commands -----------------------------------------------------------------------------------------------------


def run_grades(course: Path, *choice: object) -> int:
    """Fill grades into an LMS's file for ``python -m autograder grades``; the choice is :func:`write_filled`'s."""
    return _told(course, lambda gradebook: write_filled(gradebook, *choice), "No grades were written.")


def run_roster(course: Path, table: Path, id_header: str) -> int:
    """Put a class into the gradebook for ``python -m autograder roster``."""

    def add(gradebook: Gradebook) -> list[str]:
        added = add_people(gradebook, Table(table), id_header)
        return [f"{len(added)} students of {table.name} are in the gradebook, known as {added[0]}, …"]

    return _told(course, add, "Nobody was added.", make=True)


def _told(folder: Path, do: Callable[[Gradebook], list[str]], failed: str, make: bool = False) -> int:
    try:
        with open_gradebook(open_course(folder), make) as gradebook:
            print("\n".join(map(printable, do(gradebook))))
    except (InvalidSubmission, OSError) as reason:
        print(failed, printable(str(reason)), file=sys.stderr)
        return 1
    return 0
