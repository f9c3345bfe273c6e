"""Plugins for ``nbgrader export``: a CSV table safe to open in a spreadsheet, and the LMS's own table filled in."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from autograder.lms.fill_grades import write_filled_table
from autograder.pipeline.submissions import InvalidSubmission
from autograder.plain_text import csv_cell, printable

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
        """Write ``grades.csv``, or the file that ``--to`` names.

        Parameters
        ----------
        gradebook : Gradebook
        """
        target = Path(self.to or "grades.csv")
        students, assignments = set(map(str, self.student)), set(map(str, self.assignment))
        self.log.info("Exporting grades to %s", target)
        need_a_look = 0
        with target.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not students or student.id in students) and (not assignments or assignment.name in assignments):
                        row = _row(gradebook, assignment, student)
                        need_a_look += row[-1] == "yes"
                        table.writerow([csv_cell(value) for value in row])
        if need_a_look:
            self.log.warning("Scores left blank, for they need a look first, in formgrader: %d", need_a_look)


class LmsGrades(ExportPlugin):
    """Fill a column of the file that was downloaded from Canvas or Moodle; the rest of it stays byte for byte.

    ``nbgrader export --exporter=autograder.lms.export.LmsGrades --LmsGrades.table=FILE --assignment='["NAME"]'``
    """

    table = Unicode("", help="The file as it was downloaded from Canvas or Moodle.").tag(config=True)
    column = Unicode("", help="The header of the column to fill, where it is not called like the assignment.").tag(
        config=True
    )
    absent = Bool(False, help="Leave rows alone whose student the gradebook does not know.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the filled file beside the downloaded file, or where ``--to`` says.

        Parameters
        ----------
        gradebook : Gradebook

        Raises
        ------
        SystemExit
            Nothing was written; the log says why.
        """
        try:
            if len(self.assignment) != 1 or not self.table:
                raise InvalidSubmission("Name one --assignment and the downloaded file (--LmsGrades.table).")
            assignment, source = str(self.assignment[0]), Path(self.table)
            for message in write_filled_table(gradebook, assignment, source, self.to, self.column, self.absent):
                self.log.warning(printable(message))
        except (InvalidSubmission, OSError) as reason:
            self.log.error("No grades were written. %s", printable(str(reason)))
            sys.exit(1)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[object]:
    """Give the fields of ``COLUMNS``."""
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
