"""An nbgrader course folder, as nbgrader reads it: the one place that knows its settings, folders and gradebook."""

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

from autograder.nbgrader_paths import database

COURSE = Path(__file__).resolve().parent
MARK = "\0"  # in no path
# What is kept in a course folder beside nbgrader's own: what came, what is graded, what came of it, and reports.
COLLECTED, TAKEN_IN, RESULTS, REPORTS, CODES = "collected", "taken_in", "results", "report", "codes.csv"


class CourseError(Exception):
    """A course folder or its gradebook cannot be used; the message says why."""


# --- settings ---------------------------------------------------------------------------------------------------------


def open_course(folder: Path = COURSE, assignment: str = "") -> CourseDirectory:
    """Read the settings of a course folder, and the user's own below these, as nbgrader does where it is called.

    Parameters
    ----------
    folder : Path
        Where ``nbgrader`` would be called.
    assignment : str

    Returns
    -------
    CourseDirectory
        Its paths and the address of its gradebook hold wherever this process works; ``config`` has all settings.

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
            config, root, url = app.config, app.coursedir.root, address_of(app.coursedir.db_url)
            if (file := _file(url)) and not file.is_absolute():
                url = url.set(database=str(file.absolute()))
    except (Exception, SystemExit) as error:  # whatever a file of settings raises
        raise CourseError(f"The settings of {folder} cannot be read: {type(error).__name__}: {error}") from None
    finally:
        sys.path[:] = dict.fromkeys([*path, *sys.path])  # a course's own modules are found, and hide no others
    config.CourseDirectory.root = root
    config.CourseDirectory.db_url = url.render_as_string(hide_password=False)
    return CourseDirectory(config=config, assignment_id=assignment)


# --- folders ----------------------------------------------------------------------------------------------------------


def folder_of(course: CourseDirectory, step: str, student: str = ".") -> Path:
    """Give the folder of a student, or of all where none is named, at a step such as ``course.submitted_directory``."""
    return Path(course.format_path(step, student, course.assignment_id))


def students_at(course: CourseDirectory, step: str) -> Iterator[tuple[Path, str]]:
    """Find the folders of the assignment at a step, and whose they are, in order; ``course.student_id`` chooses."""
    for folder, student in _find(course.format_path(step, MARK, course.assignment_id), course.student_id):
        yield Path(folder), student


def assignments_at(course: CourseDirectory, step: str) -> dict[str, Path]:
    """Find the assignments that have a folder at a step where no student is named, such as the release."""
    found = _find(course.format_path(step, ".", MARK), "*")
    return {name: Path(folder) for folder, name in found}


def place_of(course: CourseDirectory, step: str) -> Path:
    """Give the folder in which a step lies, for all students and assignments."""
    return Path(course.format_path(step, MARK, MARK).partition(MARK)[0])


def _find(path: str, pattern: str) -> Iterator[tuple[str, str]]:
    """Find the paths that have something else for the mark, and what."""
    before, after = path.split(MARK, 1)
    shape = re.compile(f"{re.escape(before)}([^{re.escape(os.sep)}]+){re.escape(after)}")
    for found in sorted(glob.glob(f"{glob.escape(before)}{pattern}{glob.escape(after)}")):
        if match := shape.fullmatch(found):
            yield found, match[1]


# --- the gradebook ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def open_gradebook(course: CourseDirectory, make: bool = False) -> Iterator[Gradebook]:
    """Open the gradebook of a course, in whatever database that is.

    Parameters
    ----------
    course : CourseDirectory
    make : bool
        Whether a gradebook that is a file may be made.

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
        shown = file or address_of(course.db_url).render_as_string()
        words = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise CourseError(f"The gradebook {shown} cannot be used: {words}") from None


def address_of(url: str) -> URL:
    """Take an address of a database apart; a file's may hold any sign."""
    return make_url(database(url))


def backup_of(gradebook: Path) -> Path:
    """Name the copy of a gradebook from before the last grading."""
    return gradebook.with_name(f"{gradebook.stem}.before-grading{gradebook.suffix}")


def gradebook_file(course: CourseDirectory) -> Path | None:
    """Name the file of a gradebook; None where it is no file of SQLite's."""
    return _file(address_of(course.db_url))


def _file(url: URL) -> Path | None:
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(url.database) if is_file else None
