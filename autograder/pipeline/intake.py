"""Redirect ``nbgrader autograde`` to copies of the submissions that are safe to open.

nbgrader copies, opens and parses whatever lies in ``submitted/`` before its first preprocessor runs. But it makes its
exporter (``c.Autograde.exporter_class``) once per run, before it reads any submission. The exporter defined here then
copies the usable parts of each submission to ``taken_in/``, and has the run grade from there: links, devices, other
files and odd names never reach nbgrader, and ``submitted/`` is only read.
"""

from __future__ import annotations

import fnmatch
import logging
import shutil
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets import Integer, Unicode

from autograder.course import TAKEN_IN, CourseError, folder_of, students_at
from autograder.judge.preprocessor import require_judge
from autograder.pipeline.lock import reason_locked
from autograder.pipeline.register import is_registered, read_released, register
from autograder.pipeline.submissions import read_submission
from autograder.plain_text import one_line, printable
from course_utils.checks.limits import MAX_NOTEBOOK_BYTES


class Intake(NotebookExporter):
    """The exporter to set as ``c.Autograde.exporter_class``: made once per run, it then copies the submissions."""

    max_bytes = Integer(
        MAX_NOTEBOOK_BYTES, help="A larger notebook is not opened, nor collected. At home: course_utils.checks.limits."
    ).tag(config=True)
    directory = Unicode(TAKEN_IN, help="The folder, beside submitted/, of what is graded.").tag(config=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, BaseConverter):
            require_judge(self.parent)
            _take_in(self.parent, self.directory, self.max_bytes)


def max_notebook_bytes(course: CourseDirectory) -> int:
    """Return the size above which notebooks are not opened in this course.

    Parameters
    ----------
    course : CourseDirectory

    Returns
    -------
    int
        Bytes.
    """
    return Intake(config=course.config).max_bytes


def released_notebooks(course: CourseDirectory) -> list[str]:
    """List the notebooks of the assignment that are to be graded; enter the assignment into the gradebook if needed.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` names the assignment; its ``notebook_id`` is a pattern that selects notebooks.

    Returns
    -------
    list of str
        Names without their ending.

    Raises
    ------
    CourseError
        The assignment was never released, or cannot be entered into the gradebook.
    """
    if not is_registered(course):
        register(course)
    return [name for name in read_released(course) if fnmatch.fnmatchcase(name, course.notebook_id)]


def _take_in(converter: BaseConverter, directory: str, max_bytes: int) -> None:
    """Copy the submissions of nbgrader's run to a folder of their own, and have the run grade from there.

    Raises NbGraderException, after logging the reason, where nothing can be graded.
    """
    course, log = converter.coursedir, converter.log
    if reason := reason_locked(course):
        log.error("Nothing is graded: %s", reason)
        raise NbGraderException(reason)
    try:
        names = released_notebooks(course)
    except CourseError as error:
        log.error("Nothing is graded: %s", error)
        raise NbGraderException(str(error)) from None
    staged = _with_submitted_directory(course, directory)
    converter.coursedir, converter.assignments = staged, {}
    seen: set[str] = set()
    for folder, student in students_at(course, course.submitted_directory):
        name = printable(student)
        if name in seen:
            log.error("The folder of %r was not graded: another student's has the same printable name.", student)
            continue
        seen.add(name)
        target = folder_of(staged, directory, name)
        notebooks = _copy_submission(folder, target, names, max_bytes, student, log)
        converter.assignments[str(target)] = [str(notebook) for notebook in notebooks]


def _with_submitted_directory(course: CourseDirectory, directory: str) -> CourseDirectory:
    # A copy: formgrader keeps using the original after the run.
    values = {name: getattr(course, name) for name in course.trait_names(config=True)}
    return CourseDirectory(parent=course.parent, **{**values, "submitted_directory": directory})


def _copy_submission(
    folder: Path, target: Path, names: list[str], max_bytes: int, student: str, log: logging.Logger
) -> list[Path]:
    """Write the usable parts of a submission to a new folder; return the paths of its notebooks."""
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    notebooks, timestamp, secret = read_submission(folder, names, max_bytes, student)
    if timestamp:
        (target / "timestamp.txt").write_text(timestamp, encoding="utf-8")
    if secret:
        (target / "submission_secret.txt").write_bytes(secret)
    paths = []
    for name, notebook in notebooks.items():
        for sentence in notebook.sentences:
            log.warning("%s, %s: %s", printable(student), name, one_line(sentence))
        if notebook.refused:
            log.error("%s, %s needs a look: %s", printable(student), name, one_line(notebook.refused))
        paths.append(target / f"{name}.ipynb")
        nbformat.write(notebook.to_notebook(), paths[-1])
    return paths
