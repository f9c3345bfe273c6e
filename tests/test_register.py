"""An assignment comes into the gradebook by itself, the same as ``nbgrader generate_assignment`` enters it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from tiny_course import NAME, at, config, release

from autograder.course import open_course
from autograder.pipeline.register import NotRegistered, is_registered, register
from autograder.topics import sources

QUESTIONS = (
    "SELECT assignment.name, course_id FROM assignment",
    "SELECT notebook.name, kernelspec FROM notebook",
    "SELECT name, source, checksum, locked, cell_type FROM source_cell ORDER BY name",
    """SELECT name, type, max_score, cell_type FROM base_cell LEFT JOIN grade_cells ON grade_cells.id = base_cell.id
       ORDER BY name, type""",
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course as nbgrader released it, and entered it into its gradebook."""
    folder = tmp_path_factory.mktemp("generated") / "course"
    folder.mkdir()
    return release(folder, config(), more=True)


@pytest.fixture
def course(generated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, with a gradebook that holds nothing yet."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    folder = shutil.copytree(generated, tmp_path / "course")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "tiny") as gradebook:
        gradebook.remove_assignment(NAME)
    return folder


def opened(course: Path):
    return open_course(course, NAME)


def rows(course: Path) -> list[list[tuple]]:
    with sqlite3.connect(course / "gradebook.db") as book:
        return [book.execute(question).fetchall() for question in QUESTIONS]


def edit(course: Path, change) -> None:
    """Change the notebook's cells in the source, and what was released the same."""
    for room in ("source", "release"):
        path = course / room / NAME / f"{NAME}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        change(notebook)
        nbformat.write(notebook, path)


def test_what_is_entered_is_what_nbgrader_enters(generated, course):
    assert not is_registered(opened(course))
    register(opened(course))
    assert is_registered(opened(course))
    assert rows(course) == rows(generated)
    assert len(rows(course)[2]) > 4


def test_every_notebook_of_the_course_is_entered_from_its_text(course):
    points = {}
    for source in sources():
        ours = open_course(assignment=source.stem)
        ours.db_url = f"sqlite:///{course / 'gradebook.db'}"
        register(ours)
        assert is_registered(ours)
        with Gradebook(ours.db_url, ours.course_id) as gradebook:
            points[source.stem[:2]] = gradebook.find_assignment(source.stem).max_score
    assert points == {"00": 30, "01": 50, "02": 70, "03": 60, "04": 110, "05": 100, "06": 40, "07": 30}


def test_what_was_broken_off_is_done_again(generated, course):
    register(opened(course))
    with sqlite3.connect(course / "gradebook.db") as book:
        book.execute("DELETE FROM source_cell WHERE name = 'test_scale'")
    assert not is_registered(opened(course))
    register(opened(course))
    assert rows(course) == rows(generated)


def test_other_points_are_entered_though_some_were_graded(course):
    register(opened(course))
    with Gradebook(opened(course).db_url, "tiny") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(NAME, "ada")
    edit(course, lambda notebook: notebook.cells[at(notebook, "test_double")].metadata.nbgrader.update(points=7))
    assert not is_registered(opened(course))
    register(opened(course))
    with Gradebook(opened(course).db_url, "tiny") as gradebook:
        assert gradebook.find_grade_cell("test_double", NAME, NAME).max_score == 7
        assert gradebook.find_submission(NAME, "ada").max_score == 15

    edit(course, lambda notebook: notebook.cells.pop(at(notebook, "test_double")))
    before = rows(course)
    with pytest.raises(NotRegistered, match=f"nbgrader db assignment remove {NAME} --force"):
        register(opened(course))
    assert rows(course) == before


def test_what_was_not_released_like_that_is_not_entered(course):
    path = course / "release" / NAME / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[at(notebook, "test_double")].source = "assert double(1) == 2"
    nbformat.write(notebook, path)
    with pytest.raises(NotRegistered, match=f"The released {NAME} is not what its source makes"):
        register(opened(course))
    shutil.rmtree(course / "source")
    with pytest.raises(NotRegistered, match=f"There is no source of {NAME}"):
        register(opened(course))
    with pytest.raises(NotRegistered, match=f"ps9 is not released; there are: {NAME}"):
        register(open_course(course, "ps9"))
    assert rows(course)[1:] == [[], [], []]
