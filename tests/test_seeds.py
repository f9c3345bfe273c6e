"""Hidden cases depend on the secret, the student, the assignment and the exercise, and on nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader_here import autograde, hand_in, release
from needs import need
from tiny_course import NAME, at, config, source_notebook

from autograder.course import open_course, open_gradebook
from autograder.judge import client
from autograder.pipeline import hidden_checks

ELSEWHERE = "c.CourseDirectory.directory_structure = '{nbgrader_step}/{assignment_id}/of {student_id}'\n"
# The points are the seed.
HIDDEN = """### BEGIN HIDDEN TESTS
from autograder.pipeline.hidden_checks import submission_seed
2 * (submission_seed("double") % 1000) / 1000
### END HIDDEN TESTS"""


@pytest.fixture
def secret(monkeypatch) -> Iterator[None]:
    """The secret of what grades here."""
    monkeypatch.setenv("COURSE_SECRET", "a secret")
    client.close_examiners()
    yield
    client.close_examiners()


def points(folder: Path, settings: str, *students: str) -> dict[str, float]:
    """Grade students in a course of its own with nbgrader."""
    (folder / "nbgrader_config.py").write_text(
        config("autograder.judge.preprocessor.Judge") + settings, encoding="utf-8"
    )
    source = source_notebook()
    source.cells[at(source, "test_double")].source = HIDDEN
    release(folder, source)
    for student in students:
        hand_in(folder, student)
    autograde(folder)
    with open_gradebook(open_course(folder)) as book:
        return {student: book.find_grade("test_double", NAME, NAME, student).score for student in students}


def expected(monkeypatch, student: str) -> float:
    monkeypatch.setenv("NBGRADER_STUDENT", student)
    monkeypatch.setenv("NBGRADER_ASSIGNMENT", NAME)
    seed = hidden_checks.submission_seed("double")
    monkeypatch.delenv("NBGRADER_STUDENT")
    monkeypatch.delenv("NBGRADER_ASSIGNMENT")
    return 2 * (seed % 1000) / 1000


@pytest.mark.parametrize(
    "settings", ["", ELSEWHERE, "c.Judge.trusted_class = True\n" + ELSEWHERE], ids=["", "elsewhere", "trusted"]
)
def test_where_a_class_lies_changes_no_case(settings, tmp_path, secret, monkeypatch):
    trusted = "trusted" in settings
    if not trusted:
        need("sandbox")
    students = ["ada"] if trusted else ["ada", "HOME"]
    wanted = {student: expected(monkeypatch, student) for student in students}
    assert len(set(wanted.values())) == len(students)
    assert points(tmp_path, settings, *students) == wanted


def test_plain_nbgrader_shares_cases(monkeypatch, tmp_path):
    """It names no student, and what it works in says nothing."""
    monkeypatch.setenv("COURSE_SECRET", "a secret")
    before = hidden_checks.submission_seed("double")
    monkeypatch.chdir(tmp_path)
    assert hidden_checks.submission_seed("double") == before
