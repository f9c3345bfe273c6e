"""An nbgrader course folder as nbgrader reads it: its settings, its folders and its gradebook, in one place."""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from autograder.nbgrader_paths import sqlite_url

COURSE = Path(__file__).resolve().parent
_PLACEHOLDER = "\0"  # stands for a name that is looked for; no path holds it
# What this package keeps in a course folder: every notebook collected from an LMS, what a grading took in, its results,
# class reports, and whose the codes in these are.
COLLECTED, TAKEN_IN, RESULTS, REPORTS, CODES = "collected", "taken_in", "results", "report", "codes.csv"


class CourseError(Exception):
    """A course folder or its gradebook cannot be used; the message says why."""


# --- settings ---------------------------------------------------------------------------------------------------------


def open_course(folder: Path = COURSE, assignment: str = "") -> CourseDirectory:
    """Read the settings of a course folder as an nbgrader command that is run there does.

    Parameters
    ----------
    folder : Path
        Where ``nbgrader`` would be run.
    assignment : str
        Becomes its ``assignment_id``.

    Returns
    -------
    CourseDirectory
        Its paths and the URL of its gradebook are absolute; ``config`` has all settings, the user's own among them.

    Raises
    ------
    CourseError
        There is no such folder, or its settings cannot be read.
    """
    if not folder.is_dir():
        raise CourseError(f"There is no course folder {folder}.")
    app, path = NbGrader(log_level=logging.ERROR, raise_config_file_errors=True), sys.path[:]
    try:
        with contextlib.chdir(folder):
            app.initialize([])
            config, root, url = app.config, app.coursedir.root, database_url(app.coursedir.db_url)
            if (file := _sqlite_file(url)) and not file.is_absolute():
                url = url.set(database=str(file.absolute()))
    except (Exception, SystemExit) as error:  # a settings file is Python and may raise anything
        raise CourseError(f"The settings of {folder} cannot be read: {type(error).__name__}: {error}") from None
    finally:
        sys.path[:] = dict.fromkeys([*path, *sys.path])  # a course's own modules come last, to hide no others
    config.CourseDirectory.root = root
    config.CourseDirectory.db_url = url.render_as_string(hide_password=False)
    return CourseDirectory(config=config, assignment_id=assignment)


# --- folders ----------------------------------------------------------------------------------------------------------


def folder_of(course: CourseDirectory, step: str, student: str = ".") -> Path:
    """Give the folder of the assignment at a step.

    Parameters
    ----------
    course : CourseDirectory
    step : str
        Such as ``course.submitted_directory``.
    student : str
        By default none, as in the release.

    Returns
    -------
    Path
    """
    return Path(course.format_path(step, student, course.assignment_id))


def students_at(course: CourseDirectory, step: str) -> Iterator[tuple[Path, str]]:
    """Find the students who have a folder of the assignment at a step.

    Parameters
    ----------
    course : CourseDirectory
        Its ``student_id`` is a pattern that selects students.
    step : str
        Such as ``course.submitted_directory``.

    Yields
    ------
    folder : Path
    student : str
        In alphabetical order of the folders.
    """
    for folder, student in _match(course.format_path(step, _PLACEHOLDER, course.assignment_id), course.student_id):
        yield Path(folder), student


def assignments_at(course: CourseDirectory, step: str) -> dict[str, Path]:
    """Find the assignments that have a folder at a step without students, such as the release.

    Parameters
    ----------
    course : CourseDirectory
    step : str
        Such as ``course.release_directory``.

    Returns
    -------
    dict of str to Path
        Assignment → folder.
    """
    matches = _match(course.format_path(step, ".", _PLACEHOLDER), "*")
    return {assignment: Path(folder) for folder, assignment in matches}


def step_folder(course: CourseDirectory, step: str) -> Path:
    """Give the folder that holds a step of all students and assignments.

    Parameters
    ----------
    course : CourseDirectory
    step : str
        Such as ``course.submitted_directory``.

    Returns
    -------
    Path
    """
    return Path(course.format_path(step, _PLACEHOLDER, _PLACEHOLDER).partition(_PLACEHOLDER)[0])


def _match(path: str, pattern: str) -> Iterator[tuple[str, str]]:
    """Find the paths in which a name of this pattern stands for the placeholder; yield each with the name."""
    before, after = path.split(_PLACEHOLDER, 1)
    regex = re.compile(f"{re.escape(before)}([^{re.escape(os.sep)}]+){re.escape(after)}")
    for candidate in sorted(glob.glob(f"{glob.escape(before)}{pattern}{glob.escape(after)}")):
        if match := regex.fullmatch(candidate):
            yield candidate, match[1]


# --- the gradebook ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def open_gradebook(course: CourseDirectory, make: bool = False) -> Iterator[Gradebook]:
    """Open the gradebook of a course, in whatever database it is.

    Parameters
    ----------
    course : CourseDirectory
    make : bool
        Whether to create an SQLite file that does not exist.

    Yields
    ------
    Gradebook

    Raises
    ------
    CourseError
        There is none, or the database cannot be used.
    """
    file = gradebook_file(course)
    if file and not file.exists() and not make:
        raise CourseError(f"There is no gradebook {file} yet; the first grading makes it.")
    try:
        with Gradebook(course.db_url, course.course_id) as gradebook:
            yield gradebook
    except (SQLAlchemyError, ImportError) as error:
        shown = file or database_url(course.db_url).render_as_string()
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CourseError(f"The gradebook {shown} cannot be used: {reason}") from None


def database_url(url: str) -> URL:
    """Parse the URL of a gradebook's database.

    Parameters
    ----------
    url : str
        nbgrader's ``CourseDirectory.db_url``; the path of an SQLite file may hold any character.

    Returns
    -------
    URL
    """
    return make_url(sqlite_url(url))


def backup_of(gradebook: Path) -> Path:
    """Give the path of the copy that is made of a gradebook before each grading.

    Parameters
    ----------
    gradebook : Path

    Returns
    -------
    Path
    """
    return gradebook.with_name(f"{gradebook.stem}.before-grading{gradebook.suffix}")


def gradebook_file(course: CourseDirectory) -> Path | None:
    """Give the path of a gradebook that is an SQLite file.

    Parameters
    ----------
    course : CourseDirectory

    Returns
    -------
    Path or None
        None where the gradebook is in another database.
    """
    return _sqlite_file(database_url(course.db_url))


def _sqlite_file(url: URL) -> Path | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(url.database) if is_file else None
