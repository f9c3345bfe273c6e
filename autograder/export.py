"""The class's grades as a table that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

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
        with target.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if (not students or student.id in students) and (not assignments or assignment.name in assignments):
                        table.writerow([safe_field(value) for value in _row(gradebook, assignment, student)])


def safe_field(value: object) -> object:
    """Make a value that no spreadsheet takes for a formula: text that could be one gets a quote before it."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "|", "%"):
        return f"'{value}"
    return "" if value is None else value


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
        max(0.0, score - penalty),
        assignment.max_score,
        "yes" if look else "",
    ]
