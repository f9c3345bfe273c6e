"""What the report says of a class, collected from the gradebook and the autograded notebooks, as plain data."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from autograder.course import CODES, folder_of, open_gradebook, students_at
from autograder.pipeline.hidden_checks import course_secret
from autograder.plain_text import safe_field
from autograder.reporting.class_table import Row, rows_of
from autograder.reporting.item_analysis import Analysis, Exercise, analyse, commonest_mistakes, exercises_of
from autograder.reporting.similarity import Resemblance, resemblance


@dataclass
class ClassReport:
    """All that the page says, as plain data; students are ids, or codes."""

    assignment: str
    rows: list[Row]
    exercises: list[Exercise]
    analyses: list[Analysis]
    mistakes: list[tuple[str, str, list[str]]]
    similar: Resemblance
    coded: bool = False

    @property
    def points(self) -> list[float]:
        """Points of those who were graded to the end."""
        return [row.points for row in self.rows if row.points is not None and not row.needs_a_look]

    def summary(self) -> dict[str, float | int | None]:
        """Count students and describe their points."""
        points = np.array(self.points)
        said = {"mean": np.mean, "standard deviation": np.std, "median": np.median}
        numbers = {name: float(function(points)) if len(points) else None for name, function in said.items()}
        quartiles = np.percentile(points, [25, 75]) if len(points) else (None, None)
        return {
            "submissions": len(self.rows),
            "graded": len(points),
            "need a look": sum(row.needs_a_look for row in self.rows),
            "points": self.rows[0].most if self.rows else 0,
            **numbers,
            "lower quartile": None if quartiles[0] is None else float(quartiles[0]),
            "upper quartile": None if quartiles[1] is None else float(quartiles[1]),
        }


def class_report(course: CourseDirectory) -> ClassReport:
    """Collect what a class did in the assignment."""
    exercises = exercises_of(course)
    given = sorted(folder_of(course, course.release_directory).glob("*.ipynb"))
    released = {name: text for file in given for name, text in _answers(file).items()}
    answers: dict[str, dict[str, str]] = {}
    for folder, student in students_at(course, course.autograded_directory):
        answers[student] = {}
        for file in sorted(folder.glob("*.ipynb")):
            answers[student] |= _answers(file)
    return ClassReport(
        course.assignment_id,
        rows_of(course),
        exercises,
        analyse(exercises),
        commonest_mistakes(exercises),
        resemblance(answers, released),
    )


def _answers(file: Path) -> dict[str, str]:
    """Texts of a notebook's solution cells, but those that ask for letters."""
    document = nbformat.read(file, as_version=4)
    if document.metadata.get("course", {}).get("refused"):
        return {}
    cells = [(cell.metadata.get("nbgrader", {}), cell) for cell in document.cells if cell.cell_type == "code"]
    answers = {settings["grade_id"]: cell.source for settings, cell in cells if settings.get("solution")}
    return {name: text for name, text in answers.items() if not name.endswith(("_predictions", "_answers"))}


# --- codes for names --------------------------------------------------------------------------------------------------


def code_of(student: str, secret: str) -> str:
    """Make a student's code: the same in every report of this course, and nothing to anybody without its secret."""
    digest = hmac.new(secret.encode(), f"report\0{student}".encode(), hashlib.sha256).digest()
    return "S-" + base64.b32encode(digest).decode()[:8]


def with_codes(report: ClassReport, course: CourseDirectory) -> ClassReport:
    """Replace students by codes, and keep which is whose in ``codes.csv`` beside the gradebook alone."""
    secret = course_secret()
    students = {row.student for row in report.rows} | {one for each in report.exercises for one in each.work}
    codes = {student: code_of(student, secret) for student in students}
    aliases = dict(codes)
    with open_gradebook(course) as gradebook:
        for student in students:
            try:
                known = gradebook.find_student(student)
            except MissingEntry:
                continue
            for name in (known.email, f"{known.first_name} {known.last_name}", known.first_name, known.last_name):
                if name and len(name) > 2 and name != "None None":
                    aliases.setdefault(name, codes[student])
    _keep_codes(Path(course.root) / CODES, codes)
    hide = _hider(aliases)
    for row in report.rows:
        row.student, row.reasons = codes[row.student], [hide(reason) for reason in row.reasons]
    for exercise in report.exercises:
        exercise.work = {codes[student]: work for student, work in exercise.work.items()}
        for work in exercise.work.values():
            work.words = hide(work.words)
    pairs = [
        type(pair)(codes[pair.one], codes[pair.other], pair.share, pair.tokens, pair.exercises)
        for pair in report.similar.pairs
    ]
    found = report.similar
    report.similar = Resemblance(pairs, found.median, found.high, found.compared)
    report.mistakes = [(*key, [codes[one] for one in who]) for *key, who in report.mistakes]
    report.coded = True
    return report


def _hider(aliases: Mapping[str, str]) -> Callable[[str], str]:
    """Make a function that puts codes for names into a text: the longest names first, as whole words."""
    ordered = sorted(aliases, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in ordered) or r"(?!)", re.IGNORECASE)
    folded = {name.casefold(): code for name, code in aliases.items()}
    return lambda text: pattern.sub(lambda match: folded.get(match[0].casefold(), "…"), text)


def _keep_codes(file: Path, codes: Mapping[str, str]) -> None:
    known: dict[str, str] = {}
    if file.exists():
        with file.open(encoding="utf-8", newline="") as old:
            known = {row["student"].removeprefix("'"): row["code"] for row in csv.DictReader(old)}
    draft = file.with_name(f".{file.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as new:
        table = csv.writer(new)
        table.writerow(["student", "code"])
        table.writerows([safe_field(student), code] for student, code in sorted({**known, **codes}.items()))
    os.replace(draft, file)


# --- the files --------------------------------------------------------------------------------------------------------
