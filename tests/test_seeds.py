"""Hidden cases depend on the secret, the student, the assignment, the exercise and what the student wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader_here import autograde, hand_in, release
from needs import need
from tiny_course import NAME, at, config, source_notebook

from autograder.course import open_course, open_gradebook
from autograder.judge import client
from autograder.judge.preprocessor import submission_variables
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


def variables(nb: nbformat.NotebookNode, student: str) -> dict[str, str]:
    """What test cells of a submission find in the environment."""
    skipped = {"skip-execution"}
    cells = [cell for cell in nb.cells if cell.cell_type == "code" and not skipped & set(cell.metadata.get("tags", []))]
    return submission_variables({"nbgrader": {"student": student, "assignment": NAME}}, cells)


def expected(monkeypatch, folder: Path, student: str) -> float:
    nb = nbformat.read(next((folder / "autograded").rglob(f"*{student}/**/{NAME}.ipynb")), as_version=4)
    with monkeypatch.context() as patch:
        for name, value in variables(nb, student).items():
            patch.setenv(name, value)
        return 2 * (hidden_checks.submission_seed("double") % 1000) / 1000


@pytest.mark.parametrize(
    "settings", ["", ELSEWHERE, "c.Judge.trusted_class = True\n" + ELSEWHERE], ids=["", "elsewhere", "trusted"]
)
def test_where_a_class_lies_changes_no_case(settings, tmp_path, secret, monkeypatch):
    trusted = "trusted" in settings
    if not trusted:
        need("sandbox")
    students = ["ada"] if trusted else ["ada", "HOME"]
    found = points(tmp_path, settings, *students)
    assert found == {student: expected(monkeypatch, tmp_path, student) for student in students}
    assert len(set(found.values())) == len(students)


def solutions(change=lambda nb: None) -> str:
    """What the variable says after a change of a notebook."""
    nb = source_notebook()
    nb.cells.insert(at(nb, "double"), nbformat.v4.new_code_cell("helper = 1"))
    change(nb)
    return variables(nb, "ada")["NBGRADER_SOLUTIONS"]


def written(name: str, text: str):
    def change(nb: nbformat.NotebookNode) -> None:
        nb.cells[at(nb, name)].source = text.replace("…", nb.cells[at(nb, name)].source)

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: None,
        written("double", "\n…  \n\n"),
        written("square", "…\t"),
        written("intro", "   … and more\n\n"),
        written("test_double", "…  # of the course"),
        written("given", "…\n"),
        lambda nb: nb.cells.insert(0, nbformat.v4.new_markdown_cell("a note")),
    ],
)
def test_a_regrade_and_blanks_elsewhere_redraw_nothing(change):
    assert solutions(change) == solutions()


@pytest.mark.parametrize(
    "change",
    [
        written("double", "…\n# once more"),
        written("square", "…\nx = 1"),
        written("double", "  …"),
        lambda nb: nb.cells[at(nb, "double") - 1].update(source="helper = 2"),
        lambda nb: nb.cells.insert(2, nbformat.v4.new_code_cell("helper = 3")),
    ],
)
def test_another_answer_meets_other_cases(change, secret, monkeypatch):
    assert solutions(change) != solutions()
    monkeypatch.setenv("NBGRADER_SOLUTIONS", solutions())
    before = hidden_checks.submission_seed("double")
    monkeypatch.setenv("NBGRADER_SOLUTIONS", solutions(change))
    assert hidden_checks.submission_seed("double") != before


def test_plain_nbgrader_shares_cases(monkeypatch, tmp_path):
    """It names no student, and what it works in says nothing."""
    monkeypatch.setenv("COURSE_SECRET", "a secret")
    before = hidden_checks.submission_seed("double")
    monkeypatch.chdir(tmp_path)
    assert hidden_checks.submission_seed("double") == before
