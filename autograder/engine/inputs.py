"""Read what is graded, an assignment and its submissions, and hash everything that a result depends on."""

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

from autograder.course import COURSE, folder_of, open_gradebook
from autograder.engine.step import Assignment, Submission
from autograder.hashing import UNHASHED, code_in, digest, files_in
from autograder.judge.package_paths import package_path
from autograder.judge.preprocessor import Judge
from autograder.pipeline import submissions
from autograder.pipeline.hidden_checks import course_secret
from autograder.plain_text import printable
from course_utils.checks.exercise import EXERCISES

# Packages that take part in grading; ``versions`` adds those that some exercise needs.
VERSIONS = ["numpy", "matplotlib", "h5py", "ipython", "ipywidgets", "tqdm", "nbgrader", "nbformat", "nbconvert", "nh3"]
# Files of this package that no grade depends on; all others count. (Settings are hashed by value.)
NOT_HASHED_CODE = UNHASHED | {"authoring", "data/make_datasets.py", "nbgrader_config.py"}
NOT_HASHED_CODE |= {"topics/*/[0-9]*.py", "topics/*/variants.py", "topics/claims.py", "topics/*/claims.py"}
# Settings of what happens before and after grading, and of where things lie, which differs from machine to machine.
NOT_HASHED_SETTINGS = {"CourseDirectory", "NbGrader", "Exchange", "GenerateAssignment", "ClearSolutions"}
NOT_HASHED_SETTINGS |= {"GenerateFeedback", "HTMLExporter", "ExportApp"}
JUDGE_PATHS = {"readable", "hidden"}  # the contents of these files count, their paths do not
DEFINITION_TABLES = ["course", "assignment", "notebook", "base_cell", "grade_cells", "solution_cells", "task_cells"]
DEFINITION_TABLES += ["source_cell"]
MAX_HASHED_BYTES = 100_000_000  # per submission; beyond it, a file's time of last change is hashed instead


# --- the assignment ---------------------------------------------------------------------------------------------------


def read_assignment(course: CourseDirectory, names: list[str]) -> Assignment:
    """Collect what all submissions of an assignment share.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` is in the gradebook.
    names : list of str
        The notebooks that are to be graded.

    Returns
    -------
    Assignment

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    OSError
        A released notebook cannot be read.
    """
    release, source = folder_of(course, course.release_directory), folder_of(course, course.source_directory)
    other_files = find_all_files(str(source), [*course.ignore, "*.ipynb"]) if source.is_dir() else []
    config = copy.deepcopy(course.config)
    judge = Judge(config=config)
    config.Judge.readable = [os.path.join(course.root, path) for path in judge.readable]
    config.Judge.hidden = [name if package_path(name) else os.path.join(course.root, name) for name in judge.hidden]
    return Assignment(
        name=course.assignment_id,
        course_id=course.course_id,
        released={name: (release / f"{name}.ipynb").read_text(encoding="utf-8") for name in names},
        definitions=copy_definitions(course),
        files={os.path.relpath(path, source): Path(path).read_bytes() for path in other_files},
        config=config,
        root=str(Path(course.root).resolve()),
        secret=course_secret(),
    )


def copy_definitions(course: CourseDirectory) -> bytes:
    """Copy an assignment's definition out of the gradebook.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` is in the gradebook, which may be in any database.

    Returns
    -------
    bytes
        A serialized SQLite database with the gradebook's tables, and the rows that describe this assignment.

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    """
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: memory, future=True)
    Base.metadata.create_all(engine)
    with open_gradebook(course) as book, engine.begin() as target:
        assignment = book.find_assignment(course.assignment_id)
        notebooks = [notebook.id for notebook in assignment.notebooks]
        tables = Base.metadata.tables
        cells = select(tables["base_cell"].c.id).where(tables["base_cell"].c.notebook_id.in_(notebooks))
        where = {
            "course": tables["course"].c.id == assignment.course_id,
            "assignment": tables["assignment"].c.id == assignment.id,
            "notebook": tables["notebook"].c.id.in_(notebooks),
            "base_cell": tables["base_cell"].c.notebook_id.in_(notebooks),
            "source_cell": tables["source_cell"].c.notebook_id.in_(notebooks),
        }
        for name in DEFINITION_TABLES:
            table = tables[name]
            condition = where[name] if name in where else table.c.id.in_(cells)
            rows = book.db.execute(select(table).where(condition).order_by(table.c.id)).mappings().all()
            if rows:
                target.execute(table.insert(), [dict(row) for row in rows])
    return memory.serialize()


# --- a submission -----------------------------------------------------------------------------------------------------


def read_submission(
    folder: Path, student: str, names: list[str], max_bytes: int, sha256: str, extension: float | None, manual: dict
) -> Submission:
    """Read a submission, as ``nbgrader autograde`` does with this course's settings.

    Parameters
    ----------
    folder : Path
        The submission's folder.
    student : str
        The name of the student's folder.
    names : list of str
        The expected notebooks, without their ending.
    max_bytes : int
        Size above which a notebook is not opened.
    sha256 : str
        From :func:`submission_key`.
    extension : float or None
        Seconds that the student may be late.
    manual : dict
        (notebook, cell) → manual score and extra credit, as the gradebook holds them.

    Returns
    -------
    Submission
        Where a notebook could not be read, its text says why.
    """
    notebooks, timestamp, secret = submissions.read_submission(folder, names, max_bytes, student)
    files = {"timestamp.txt": timestamp.encode()} if timestamp else {}
    files |= {"submission_secret.txt": secret} if secret else {}
    texts = {name: nbformat.writes(submitted.to_notebook()) for name, submitted in notebooks.items()}
    return Submission(printable(student), sha256, texts, files, extension, manual)


# --- hashes -----------------------------------------------------------------------------------------------------------


def submission_key(folder: Path, names: Iterable[str]) -> str:
    """Hash everything in a submission's folder, without following links.

    Parameters
    ----------
    folder : Path
        The submission's folder.
    names : iterable of str
        The expected notebooks; their names are hashed too.

    Returns
    -------
    str
        SHA-256, in hexadecimal digits.
    """
    sha256 = hashlib.sha256("\x1f".join(names).encode())
    if folder.is_symlink() or not folder.is_dir():
        return sha256.hexdigest()
    left, entries = MAX_HASHED_BYTES, 0
    for parent, folders, files in os.walk(folder):
        entries += len(folders) + len(files)
        if entries > submissions.MAX_FILES:  # it is refused, whatever else it holds
            sha256.update(b"more")
            break
        folders[:] = sorted(name for name in folders if name not in submissions.SKIPPED_FOLDERS)
        for name in sorted(files):
            path = os.path.join(parent, name)
            sha256.update(f"\x1f{os.path.relpath(path, folder)}\x1f".encode("utf-8", "replace"))
            try:
                info = os.lstat(path)
                sha256.update(f"{info.st_mode}\x1f{info.st_size}\x1f".encode())
                if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
                    continue
                if info.st_size > left:
                    sha256.update(str(info.st_mtime_ns).encode())
                    continue
                left -= info.st_size
                with open(path, "rb") as file:
                    sha256.update(file.read(info.st_size))
            except OSError as error:  # such as a path that is too long; it must not stop the class
                sha256.update(type(error).__name__.encode())
    return sha256.hexdigest()


def assignment_keys(assignment: Assignment) -> dict[str, str]:
    """Hash what the results of all submissions depend on.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    dict
        Name of a part, as shown to people → hash.
    """
    config = assignment.config
    readable = map(Path, Judge(config=config).readable)
    checks = [*chain(*map(grading_code, _packages(config))), *chain(*map(files_in, readable))]
    return {
        "release": digest(*chain(*sorted(assignment.released.items()))),
        "points and tests": digest(_rows(assignment.definitions)),
        "checks": digest(*checks),
        "files": digest(*(part for path, content in sorted(assignment.files.items()) for part in (path, content))),
        "settings": digest(_settings(config)),
        "environment": digest(json.dumps(versions())),
        "seed": digest(assignment.secret),
    }


def grading_code(package: Path) -> Iterator[str | bytes]:
    """Read those modules of a package that a grade depends on.

    Parameters
    ----------
    package : Path
        The folder of a package, or the file of a module.

    Yields
    ------
    str or bytes
        See :func:`autograder.hashing.code_in`.
    """
    return code_in(package, NOT_HASHED_CODE if package.name == COURSE.name else ())


def versions() -> dict[str, str]:
    """Collect the versions that a grade may depend on.

    Returns
    -------
    dict
        ``python``, ``machine``, ``system`` and packages → version, or "not installed".
    """
    platform_versions = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
    }
    extras = {exercise.needs for exercise in EXERCISES.values() if exercise.needs}
    requirements = map(Requirement, importlib.metadata.requires("improving-dnn") or ())
    optional = [
        requirement.name
        for requirement in requirements
        if requirement.marker and any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
    ]
    return platform_versions | {name: _version(name) for name in [*VERSIONS, *optional]}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _packages(config: Config) -> list[Path]:
    """Find the packages that grade by these settings: this package, and those that the settings name."""
    judge, converter = Judge(config=config), Autograde(coursedir=CourseDirectory(config=config), config=config)
    steps = [converter.exporter_class, *converter.sanitize_preprocessors, *converter.autograde_preprocessors]
    step_names = [step if isinstance(step, str) else step.__module__ for step in steps]
    names = [*judge.modules, *judge.preload, *step_names, judge.calls]
    others = {name.partition(".")[0] for name in names if name} - {COURSE.name, *VERSIONS}
    return [COURSE, *(Path(path) for name in sorted(others) if (path := package_path(name)))]


def _rows(database: bytes) -> str:
    """Dump a serialized SQLite database as text, in an order that does not depend on its history."""
    memory = sqlite3.connect(":memory:")
    memory.deserialize(database)
    return "\n".join(sorted(memory.iterdump()))


def _settings(config: Config) -> str:
    """Serialize the settings that a grade depends on."""
    judge = {name: value for name, value in config.get("Judge", {}).items() if name not in JUDGE_PATHS}
    hashed = {name: value for name, value in config.items() if name not in NOT_HASHED_SETTINGS} | {"Judge": judge}
    return json.dumps(hashed, sort_keys=True, default=lambda value: getattr(value, "__qualname__", str(value)))
