"""Pseudonymize a class report: codes stand for students, and ``codes.csv`` beside the gradebook says whose they are."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory

from autograder.course import CODES, open_gradebook
from autograder.pipeline.hidden_checks import course_secret
from autograder.plain_text import csv_cell
from autograder.reporting.class_report import ClassReport

MIN_NAME_LENGTH = 3  # shorter names would be replaced inside of ordinary sentences


def pseudonym(student: str, secret: str) -> str:
    """Make a student's code, the same in every report of this course; without the secret, nobody can.

    Parameters
    ----------
    student : str
        The gradebook's id.
    secret : str
        The course's.

    Returns
    -------
    str
        Such as ``S-ABCDEFGH``.
    """
    digest = hmac.new(secret.encode(), f"report\0{student}".encode(), hashlib.sha256).digest()
    return "S-" + base64.b32encode(digest).decode()[:8]


def pseudonymize(report: ClassReport, course: CourseDirectory) -> ClassReport:
    """Replace students by codes, also in quoted text, and record the codes in ``codes.csv``.

    Parameters
    ----------
    report : ClassReport
    course : CourseDirectory
        Its gradebook knows the students' names.

    Returns
    -------
    ClassReport
        A new report.

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    """
    secret = course_secret()
    students = {row.student for row in report.rows}
    students |= {student for exercise in report.exercises for student in exercise.attempts}
    codes = {student: pseudonym(student, secret) for student in sorted(students)}
    _record_codes(Path(course.root) / CODES, codes)
    hide_names = _name_replacer(_names_of(codes, course) | codes)
    rows = [
        replace(row, student=codes[row.student], reasons=[hide_names(reason) for reason in row.reasons])
        for row in report.rows
    ]
    exercises = [
        replace(
            exercise,
            attempts={
                codes[student]: replace(attempt, message=hide_names(attempt.message))
                for student, attempt in exercise.attempts.items()
            },
        )
        for exercise in report.exercises
    ]
    pairs = [replace(pair, first=codes[pair.first], second=codes[pair.second]) for pair in report.similarity.pairs]
    similarity = replace(report.similarity, pairs=pairs)
    return replace(report, rows=rows, exercises=exercises, similarity=similarity, pseudonymized=True)


def _names_of(codes: Mapping[str, str], course: CourseDirectory) -> dict[str, str]:
    """Map the names and addresses that the gradebook has of the students to their codes."""
    names: dict[str, str] = {}
    with open_gradebook(course) as gradebook:
        for student, code in codes.items():
            try:
                person = gradebook.find_student(student)
            except MissingEntry:
                continue
            full_name = f"{person.first_name} {person.last_name}"
            for name in (person.email, full_name, person.first_name, person.last_name):
                if name and len(name) >= MIN_NAME_LENGTH and name != "None None":
                    names.setdefault(name, code)
    return names


def _name_replacer(codes: Mapping[str, str]) -> Callable[[str], str]:
    """Make a function that replaces names in a text by codes: as whole words, the longest names first."""
    pattern = _whole_words(sorted(codes, key=len, reverse=True))
    by_folded_name = {name.casefold(): code for name, code in codes.items()}
    return lambda text: pattern.sub(lambda match: by_folded_name.get(match[0].casefold(), "…"), text)


def _whole_words(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names) or r"(?!)", re.IGNORECASE)


def _record_codes(file: Path, codes: Mapping[str, str]) -> None:
    """Add codes to the file, which nobody else on this machine may read."""
    recorded: dict[str, str] = {}
    if file.exists():
        with file.open(encoding="utf-8", newline="") as old:
            recorded = {row["student"]: row["code"] for row in csv.DictReader(old)}
    draft = file.with_name(f".{file.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as new:
        table = csv.writer(new)
        table.writerow(["student", "code"])
        written = {str(csv_cell(student)): code for student, code in codes.items()}
        table.writerows(sorted({**recorded, **written}.items()))
    os.replace(draft, file)
