"""What there is to grade, what was graded, and from what it was made: results on the disk, keyed by hashes."""

from __future__ import annotations

import copy
import hashlib
import importlib.metadata
import json
import os
import platform
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import nbformat
from nbgrader.api import Base
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import find_all_files
from packaging.requirements import Requirement
from sqlalchemy import create_engine, select
from traitlets.config import Config

from autograder.course import COURSE, RESULTS, folder_of, open_gradebook
from autograder.engine.step import Assignment, Result, Submission
from autograder.hashing import AROUND, code_in, digest, files_in
from autograder.judge.package_paths import package_path
from autograder.judge.preprocessor import Judge
from autograder.pipeline import submissions
from autograder.pipeline.hidden_checks import course_secret
from course_utils.checks.exercise import EXERCISES
from course_utils.files import write_whole

# What runs on the way to a grade; the packages of exercises that need one are added.
VERSIONS = ["numpy", "matplotlib", "h5py", "ipython", "ipywidgets", "tqdm", "nbgrader", "nbformat", "nbconvert", "nh3"]
# Of our own package, what no grade depends on; whatever is not named here counts. (Settings count by their values.)
UNGRADED = AROUND | {"authoring", "data/make_datasets.py", "nbgrader_config.py"}
UNGRADED |= {"topics/*/[0-9]*.py", "topics/*/variants.py"}
# Settings of what happens before and after, and of where things lie, which differs from machine to machine.
UNGRADED_SETTINGS = {"CourseDirectory", "NbGrader", "Exchange", "GenerateAssignment", "ClearSolutions"}
UNGRADED_SETTINGS |= {"GenerateFeedback", "HTMLExporter", "ExportApp"}
PLACES = {"readable", "hidden"}  # of the judge: what lies there counts, and where does not
DEFINITIONS = ["course", "assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "task_cells"]
DEFINITIONS += ["source_cell"]
MOST_HASHED = 100_000_000


# --- the assignment ---------------------------------------------------------------------------------------------------


def read_assignment(course: CourseDirectory, names: list[str]) -> Assignment:
    """Collect what all submissions share.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.
    names : list of str
        The notebooks that are to be graded.
    """
    release, source = folder_of(course, course.release_directory), folder_of(course, course.source_directory)
    others = find_all_files(str(source), [*course.ignore, "*.ipynb"]) if source.is_dir() else []
    config = copy.deepcopy(course.config)
    judge = Judge(config=config)
    config.Judge.readable = [os.path.join(course.root, one) for one in judge.readable]
    config.Judge.hidden = [one if package_path(one) else os.path.join(course.root, one) for one in judge.hidden]
    return Assignment(
        name=course.assignment_id,
        course_id=course.course_id,
        released={name: (release / f"{name}.ipynb").read_text(encoding="utf-8") for name in names},
        definitions=definitions(course),
        files={os.path.relpath(file, source): Path(file).read_bytes() for file in others},
        config=config,
        root=str(Path(course.root).resolve()),
        secret=course_secret(),
    )


def definitions(course: CourseDirectory) -> bytes:
    """Copy an assignment's definition out of the gradebook, whatever database that is, into one of SQLite's."""
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: memory, future=True)
    Base.metadata.create_all(engine)
    with open_gradebook(course) as book, engine.begin() as target:
        found = book.find_assignment(course.assignment_id)
        notebooks = [one.id for one in found.notebooks]
        tables = Base.metadata.tables
        cells = select(tables["base_cell"].c.id).where(tables["base_cell"].c.notebook_id.in_(notebooks))
        where = {
            "course": tables["course"].c.id == found.course_id,
            "assignment": tables["assignment"].c.id == found.id,
            "notebook": tables["notebook"].c.id.in_(notebooks),
            "base_cell": tables["base_cell"].c.notebook_id.in_(notebooks),
            "source_cell": tables["source_cell"].c.notebook_id.in_(notebooks),
        }
        for name in DEFINITIONS:
            table = tables[name]
            chosen = where[name] if name in where else table.c.id.in_(cells)
            rows = book.db.execute(select(table).where(chosen).order_by(table.c.id)).mappings().all()
            if rows:
                target.execute(table.insert(), [dict(row) for row in rows])
    return memory.serialize()


# --- hashes -----------------------------------------------------------------------------------------------------------


def shared_keys(assignment: Assignment) -> dict[str, str]:
    """Hash what the results of all submissions depend on.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    dict
        Part → hash.
    """
    config = assignment.config
    readable = map(Path, Judge(config=config).readable)
    checks = [*chain(*map(checks_in, _packages(config))), *chain(*map(files_in, readable))]
    return {
        "release": digest(*chain(*sorted(assignment.released.items()))),
        "points and tests": digest(_rows(assignment.definitions)),
        "checks": digest(*checks),
        "files": digest(*chain(*sorted(assignment.files.items()))),
        "settings": digest(_settings(config)),
        "environment": digest(json.dumps(environment())),
        "seed": digest(assignment.secret),
    }


def checks_in(package: Path) -> Iterator[str | bytes]:
    """Give of a package, as :func:`autograder.hashing.code_in` does, all that a grade depends on."""
    return code_in(package, UNGRADED if package.name == COURSE.name else ())


def environment() -> dict[str, str]:
    """Name the versions that a number in a grade could depend on."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    extras = {one.needs for one in EXERCISES.values() if one.needs}
    asked = map(Requirement, importlib.metadata.requires("improving-dnn") or ())
    needed = [one.name for one in asked if one.marker and any(one.marker.evaluate({"extra": name}) for name in extras)]
    return found | {name: _version(name) for name in [*VERSIONS, *needed]}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _packages(config: Config) -> list[Path]:
    """Find what grades by these settings: this package, and those that the judge imports or steps come from."""
    judge, run = Judge(config=config), Autograde(coursedir=CourseDirectory(config=config), config=config)
    steps = [run.exporter_class, *run.sanitize_preprocessors, *run.autograde_preprocessors]
    names = [*judge.modules, *judge.preload, *(one if isinstance(one, str) else one.__module__ for one in steps)]
    others = {name.partition(".")[0] for name in names} - {COURSE.name, *VERSIONS}
    return [COURSE, *(Path(place) for name in sorted(others) if (place := package_path(name)))]


def _settings(config: Config) -> str:
    """Write down the settings that decide about a grade."""
    judge = {name: value for name, value in config.get("Judge", {}).items() if name not in PLACES}
    chosen = {name: value for name, value in config.items() if name not in UNGRADED_SETTINGS} | {"Judge": judge}
    return json.dumps(chosen, sort_keys=True, default=lambda value: getattr(value, "__qualname__", str(value)))


def submission_key(folder: Path, names: Iterable[str]) -> str:
    """Hash all that was handed in, following no link."""
    found = hashlib.sha256("\x1f".join(names).encode())
    if folder.is_symlink() or not folder.is_dir():
        return found.hexdigest()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(parent, name)
            info = os.lstat(path)
            found.update(
                f"\x1f{os.path.relpath(path, folder)}\x1f{info.st_mode}\x1f{info.st_size}\x1f".encode(
                    "utf-8", "replace"
                )
            )
            if stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and info.st_size <= MOST_HASHED:
                with open(path, "rb") as file:
                    found.update(file.read())
    return found.hexdigest()


def _rows(database: bytes) -> str:
    memory = sqlite3.connect(":memory:")
    memory.deserialize(database)
    return "\n".join(sorted(memory.iterdump()))


# --- one submission ---------------------------------------------------------------------------------------------------


def read_submission(
    folder: Path, student: str, names: list[str], max_bytes: int, sha256: str, extension: float | None, manual: dict
) -> Submission:
    """Take one submission in, as ``nbgrader autograde`` does with this course's settings."""
    findings, stamp, secret = submissions.read_submission(folder, names, max_bytes, student)
    files = {"timestamp.txt": stamp.encode()} if stamp else {}
    files |= {"submission_secret.txt": secret} if secret else {}
    notebooks = {name: nbformat.writes(found.notebook()) for name, found in findings.items()}
    return Submission(submissions.printable(student), sha256, notebooks, files, extension, manual)


# --- results ----------------------------------------------------------------------------------------------------------


class Results:
    """The results of an assignment: one file for each submission, whole or not there.

    Parameters
    ----------
    course : CourseDirectory
    """

    def __init__(self, course: CourseDirectory) -> None:
        self._course = course

    def path(self, student: str, name: str = "result") -> Path:
        """Name the file of a student's result."""
        return folder_of(self._course, RESULTS, student) / f"{name}.json"

    def read(self, student: str) -> Result | None:
        """Read a result; None if there is none, or none that can be read."""
        return _read(self.path(student))

    def read_waiting(self, student: str) -> Result | None:
        """Read a result that would change grades given before."""
        return _read(self.path(student, "waiting"))

    def write_waiting(self, result: Result) -> None:
        """Write such a result beside the one that stands."""
        write_whole(self.path(result.student, "waiting"), result.to_json().encode())

    def write(self, result: Result) -> None:
        """Write a result so that it is there whole, or as it was before, whenever the power fails.

        Raises
        ------
        OSError
            The disk is full or cannot be written to; nothing has changed.
        """
        write_whole(self.path(result.student), result.to_json().encode())
        self.path(result.student, "waiting").unlink(missing_ok=True)


def _read(path: Path) -> Result | None:
    try:
        return Result.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
