"""Enter an assignment into the gradebook, as ``nbgrader generate_assignment`` does, without running a notebook.

The gradebook holds the full text of the tests, which the released notebook does not. It is made from the source alone,
so the first grading enters it, even on a fresh clone.
"""

from __future__ import annotations

import copy
import logging
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import is_grade, is_locked, is_solution, is_task

from autograder.course import COURSE, CourseError, folder_of, open_gradebook
from autograder.topics import sources
from autograder.topics.notebook_text import source_notebook

Cells = dict[str, tuple[float | None, str]]  # grade id → points (None without points) and source
HAS_SUBMISSIONS = (
    "{name} has other exercises than when it was graded first, and nbgrader cannot change these once there are "
    "submissions. Keep a copy of the gradebook; then: nbgrader db assignment remove {name} --force"
)


class NotRegistered(CourseError):
    """An assignment cannot be entered into the gradebook; the message is a sentence that says why."""


def read_released(course: CourseDirectory) -> dict[str, NotebookNode]:
    """Read the notebooks of the course's assignment as students got them.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` names the assignment.

    Returns
    -------
    dict
        Name without the ending → notebook; not empty.

    Raises
    ------
    NotRegistered
        The assignment has no released notebook.
    """
    folder = folder_of(course, course.release_directory)
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}
    if not notebooks:
        others = ", ".join(sorted({path.parent.name for path in folder.parent.glob("*/*.ipynb")}))
        raise NotRegistered(f"{course.assignment_id} is not released; there are: {others or 'none'}.")
    return notebooks


def is_registered(course: CourseDirectory) -> bool:
    """Tell whether the gradebook holds the assignment with the exercises, points and given cells that students got.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` names the assignment. A gradebook that is an SQLite file is made where there is none.

    Returns
    -------
    bool

    Raises
    ------
    CourseError
        The assignment is not released, or the gradebook cannot be used.
    """
    released = {name: _cells(notebook) for name, notebook in read_released(course).items()}
    with open_gradebook(course, make=True) as gradebook:
        try:
            notebooks = gradebook.find_assignment(course.assignment_id).notebooks
        except MissingEntry:
            return False
        registered = {}
        for notebook in notebooks:
            points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
            registered[notebook.name] = {
                cell.name: (points.get(cell.name), cell.source) for cell in notebook.source_cells
            }
    return released.keys() <= registered.keys() and all(
        _agree(cells, registered[name]) for name, cells in released.items()
    )


def register(course: CourseDirectory) -> None:
    """Enter the course's assignment into the gradebook, or update the entry.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` names the assignment, which must have been released.

    Raises
    ------
    NotRegistered
        The source is missing, or the released notebook was made from another source, or the gradebook holds submissions
        with other exercises.
    CourseError
        The gradebook cannot be used.
    """
    name = course.assignment_id
    released = {notebook: _cells(nb) for notebook, nb in read_released(course).items()}
    full: dict[str, tuple[NotebookNode, SaveCells]] = {}
    for notebook, source in _sources(course).items():
        saved, converted, save = _converted(course, notebook, source)
        full[notebook] = saved, save
        if _cells(converted) != released.get(notebook):
            raise NotRegistered(f"The released {name} is not what its source makes; run: python -m autograder build")
    if missing := released.keys() - full.keys():
        raise NotRegistered(f"There is no source of {', '.join(sorted(missing))} to take the tests from.")
    with open_gradebook(course, make=True) as gradebook:
        registered = gradebook.update_or_create_assignment(name).notebooks
        removed = [notebook for notebook in registered if notebook.name not in full]
        if any(notebook.submissions for notebook in removed):
            raise NotRegistered(HAS_SUBMISSIONS.format(name=name))
        for notebook in removed:
            gradebook.remove_notebook(notebook.name, name)
    try:
        for notebook, (nb, save) in full.items():
            save(nb, _resources(course, notebook))
    except RuntimeError:  # nbgrader raises it before it changes anything
        raise NotRegistered(HAS_SUBMISSIONS.format(name=name)) from None


def _sources(course: CourseDirectory) -> dict[str, NotebookNode]:
    """Return the source notebooks: for this course made from its text, for other courses those in the source folder."""
    texts = [file for file in sources() if file.stem == course.assignment_id]
    if texts and Path(course.root).resolve() == COURSE:
        return {file.stem: source_notebook(file) for file in texts}
    folder = folder_of(course, course.source_directory)
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}


def _converted(
    course: CourseDirectory, name: str, notebook: NotebookNode
) -> tuple[NotebookNode, NotebookNode, SaveCells]:
    """Convert a source notebook; return it as saved, as released, and the preprocessor that saves it."""
    config = copy.deepcopy(course.config)
    config.Exporter.default_preprocessors = []
    converter = GenerateAssignment(coursedir=course, config=config, log=logging.Logger("register"))
    exporter = NotebookExporter(parent=converter, config=config)
    exporter._preprocessors = []
    for step in converter.preprocessors:
        exporter.register_preprocessor(step)
    resources, full, save = _resources(course, name), None, None
    for step in exporter._preprocessors:
        if isinstance(step, SaveCells):
            full, save = copy.deepcopy(notebook), step
        else:
            notebook, resources = step(notebook, resources)
    return full, notebook, save


def _resources(course: CourseDirectory, name: str) -> dict:
    notebook = {"student": ".", "assignment": course.assignment_id, "notebook": name, "db_url": course.db_url}
    return {"unique_key": name, "nbgrader": notebook, "metadata": {"name": name, "path": course.root}}


def _cells(notebook: NotebookNode) -> Cells:
    """Collect points and source of the cells that nbgrader keeps; an answer, which students write, has source ""."""
    return {
        cell.metadata.nbgrader["grade_id"]: (
            float(cell.metadata.nbgrader["points"]) if is_grade(cell) or is_task(cell) else None,
            cell.source if is_locked(cell) else "",
        )
        for cell in notebook.cells
        if is_grade(cell) or is_solution(cell) or is_locked(cell) or is_task(cell)
    }


def _agree(released: Cells, registered: Cells) -> bool:
    """Tell whether cells are the same, apart from lines that only the gradebook has, such as hidden tests."""
    return released.keys() == registered.keys() and all(
        points == registered[name][0] and set(text.splitlines()) <= set(registered[name][1].splitlines())
        for name, (points, text) in released.items()
    )
