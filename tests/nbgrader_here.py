"""The tiny course, released and graded by nbgrader in this process: a fraction of what its commands cost."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path

import nbformat
from nbgrader import api
from nbgrader.converters import Autograde, GenerateAssignment
from tiny_course import NAME, RIGHT, source_notebook

from autograder.course import folder_of, open_course

os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # alembic is called by name
api.get_alembic_version = functools.cache(api.get_alembic_version)  # it takes a second, for every new gradebook


def write(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Write a notebook to where nbgrader looks for it."""
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")


def release(folder: Path, notebook: nbformat.NotebookNode | None = None) -> None:
    """Release the assignment of a course folder, whose settings stand there."""
    course = open_course(folder, NAME)
    write(notebook or source_notebook(), folder_of(course, course.source_directory))
    GenerateAssignment(coursedir=course, config=course.config).start()


def hand_in(folder: Path, student: str, answers: dict[str, str] = RIGHT) -> None:
    """Hand in answers; what is not answered stays blank."""
    course = open_course(folder, NAME)
    notebook = nbformat.read(folder_of(course, course.release_directory) / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    write(notebook, folder_of(course, course.submitted_directory, student))


def autograde(folder: Path) -> None:
    """Grade all that was handed in."""
    course = open_course(folder, NAME)
    Autograde(coursedir=course, config=course.config).start()
