"""Can a class be graded here? ``python -m autograder doctor`` says what is in order, what is not, and what to do."""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import sqlite3
import stat
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from traitlets import TraitError

from autograder.authoring import build
from autograder.course import (
    CODES,
    COLLECTED,
    COURSE,
    REPORTS,
    RESULTS,
    TAKEN_IN,
    CourseError,
    backup_of,
    database_url,
    gradebook_file,
    open_course,
    open_gradebook,
    step_folder,
)
from autograder.judge import self_test
from autograder.judge.preprocessor import Judge
from autograder.judge.session import GraderFault
from autograder.pipeline.hidden_checks import SECRET
from autograder.topics import sources
from autograder.topics.notebook_text import missing_extra

ROOT = COURSE.parent
MIN_SECRET_LENGTH = 16
INSTALL = 'python -m pip install -c constraints.txt -e ".[autograder]"'


Mark = Literal["✔", "○", "✘"]


@dataclass(frozen=True)
class CheckResult:
    """What a check found.

    Parameters
    ----------
    mark : Mark
        ✔ in order, ○ worth knowing, ✘ grading would not work.
    message : str
    remedy : str
        What to do; empty where nothing has to be done.
    """

    mark: Mark
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.message}" + (f"\n    → {self.remedy}" if self.remedy else "")


def run_doctor(folder: Path = COURSE) -> int:
    """Run all checks and print what they found.

    Parameters
    ----------
    folder : Path
        nbgrader's course folder.

    Returns
    -------
    int
        Exit code: 1 where grading would not work.

    Raises
    ------
    CourseError
        The course folder cannot be used.
    """
    course = open_course(folder)
    sections = {
        "Installed": [*check_python(), *check_packages(), *check_programs()],
        "Sandbox": list(check_sandbox(course)),
        "Build": list(check_build()) if folder.resolve() == COURSE else [],
        "Course": [*check_secret(), *check_gradebook(course), *check_permissions(course)],
    }
    for title, results in sections.items():
        if results:
            print(title, *(f"  {line}" for result in results for line in str(result).splitlines()), sep="\n")
    failures = sum(result.mark == "✘" for results in sections.values() for result in results)
    print(f"\nGrading would not work; lines with ✘: {failures}" if failures else "\nA class can be graded here.")
    return 1 if failures else 0


# --- installed --------------------------------------------------------------------------------------------------------


def check_python(project: Path = ROOT / "pyproject.toml") -> Iterator[CheckResult]:
    """Compare this Python's version with what the project asks for."""
    required = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["requires-python"]
    version = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(required).contains(version):
        yield CheckResult("✔", f"Python {version}")
    else:
        yield CheckResult(
            "✘", f"Python {version}; the course needs {required}", "make an environment with another Python"
        )


def check_packages(
    project: Path = ROOT / "pyproject.toml", lock: Path = ROOT / "constraints.txt"
) -> Iterator[CheckResult]:
    """Compare the installed packages with what the project requires, and with the lock (``constraints.txt``)."""
    settings = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    texts = [*settings["dependencies"], *settings["optional-dependencies"]["autograder"]]
    required = [requirement for requirement in map(Requirement, texts) if requirement.name != settings["name"]]
    required = list(filter(_applies, required))
    all_good = True
    for requirement in required:
        version = _version(requirement.name)
        if version is None:
            all_good = False
            yield CheckResult("✘", f"{requirement.name} is missing", INSTALL)
        elif not requirement.specifier.contains(version, prereleases=True):
            all_good = False
            message = f"{requirement.name} is {version}; the course needs {requirement.specifier}"
            yield CheckResult("✘", message, INSTALL)
    if all_good:
        yield CheckResult("✔", f"{len(required)} packages that the course asks for")
    if not lock.exists():
        return
    lines = [line for line in lock.read_text(encoding="utf-8").splitlines() if line.strip()[:1] not in "#"]
    locked = {pin.name: str(pin.specifier).removeprefix("==") for pin in filter(_applies, map(Requirement, lines))}
    installed = {name: version for name in locked if (version := _version(name)) is not None}
    others = {name: version for name, version in installed.items() if version != locked[name]}
    if others:
        listed = ", ".join(f"{name} {version} (lock: {locked[name]})" for name, version in sorted(others.items()))
        message = f"not the versions of the lock: {listed}"
        yield CheckResult("○", message, f"grades may differ in the last digit; {INSTALL}")
    else:
        yield CheckResult("✔", "versions as in the lock")


def check_programs() -> Iterator[CheckResult]:
    """Look for ``alembic``, a program that nbgrader runs."""
    if shutil.which("alembic") or shutil.which("alembic", path=sysconfig.get_path("scripts")):
        yield CheckResult("✔", "alembic, which nbgrader calls by name")
    else:
        yield CheckResult("✘", "alembic is not beside this Python, and nbgrader calls it by name", INSTALL)
    if glob.has_magic(sys.prefix):  # Jupyter Server looks for its extensions by a pattern
        message = f"JupyterLab finds no formgrader: the environment's folder has [, ] or * in its name: {sys.prefix}"
        yield CheckResult("○", message, "for formgrader, make the environment in another folder, and install there")


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def _version(name: str) -> str | None:
    # Setuptools, once imported, shows the copies of packages that it brings for itself.
    folders = [folder for folder in sys.path if Path(folder).name != "_vendor"]
    return next((found.version for found in metadata.distributions(name=name, path=folders)), None)


# --- sandbox, build ---------------------------------------------------------------------------------------------------


def check_sandbox(course: CourseDirectory) -> Iterator[CheckResult]:
    """Run the sandbox's self-test as grading will: with the paths of the settings, and from the zygote.

    A trusted class needs no sandbox.
    """
    remedy = "nothing may be graded here; autograder/judge/README.md says where it works"
    try:
        judge = Judge(parent=Autograde(coursedir=course, config=course.config))
    except TraitError as error:
        yield CheckResult("✘", f"the judge's settings cannot be used: {error}", "see c.Judge in nbgrader_config.py")
        return
    if judge.trusted_class:
        yield CheckResult(
            "○",
            "a trusted class: students' code runs with your rights, beside the answers",
            "take c.Judge.trusted_class out of nbgrader_config.py, unless you mean it",
        )
        return
    try:
        text, _ = self_test.doctor(judge.run_self_test)
    except GraderFault as fault:
        yield CheckResult("✘", f"the sandbox could not be tried: {fault}", remedy)
        return
    for line in text.splitlines():
        mark: Mark = "✔" if line[0] == "✔" else "○" if line[0] == "○" else "✘"
        message = line[2:]
        if mark == "✔" and message.startswith(tuple(self_test.MEANING.values())):
            continue  # the last line counts these
        yield CheckResult(mark, message, remedy if mark == "✘" else "")


def check_build() -> Iterator[CheckResult]:
    """Compare the files with the hashes that the last build recorded; nothing has to be built to grade."""
    command = "python -m autograder build"
    buildable = [source.stem for source in sources() if not missing_extra(source)]
    missing = [name for name in buildable if not (build.SOLVED / name / f"{name}.ipynb").exists()]
    recorded, current = build.read_build_stamp(), build.fingerprints()
    if missing or not recorded:
        yield CheckResult("○", "not built here, which grading needs not", f"to change the course: {command}")
    elif recorded["sources"] != current["sources"]:
        yield CheckResult("○", "sources, answers or checks were changed after the last build", command)
    elif recorded["built"] != current["built"]:
        message = "notebooks/, datasets/, solved/ or README's picture are not what the last build made"
        yield CheckResult("○", message, command)
    else:
        yield CheckResult("✔", "notebooks/ and datasets/ are what the sources build")


# --- the course -------------------------------------------------------------------------------------------------------


def check_secret() -> Iterator[CheckResult]:
    """Check the secret that hidden cases are drawn from."""
    secret = os.environ.get("COURSE_SECRET")
    source = "COURSE_SECRET" if secret else str(SECRET)  # the grader ignores an empty variable, too
    if not secret and not SECRET.exists():
        yield CheckResult(
            "○", f"no {SECRET.name} yet; the first grading makes it", "keep it with the gradebook from then on"
        )
        return
    secret = secret or SECRET.read_text(encoding="utf-8", errors="replace")
    if len(secret.strip()) < MIN_SECRET_LENGTH:
        remedy = "put back the file of your last grading, or remove it"
        yield CheckResult("✘", f"{source} is too short to be a secret", remedy)
    else:
        yield CheckResult("✔", f"the secret: {source}")


def check_gradebook(course: CourseDirectory) -> Iterator[CheckResult]:
    """Check that the gradebook can be read and written."""
    file = gradebook_file(course)
    if file and not file.exists():
        yield CheckResult("○", f"no {file.name} yet; the roster or the first grading makes it")
        return
    try:
        if file:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
                result = database.execute("PRAGMA quick_check").fetchone()[0]
            if result != "ok":
                raise CourseError(result)
        with open_gradebook(course) as gradebook:
            counts = f"{len(gradebook.assignments)} assignments, {len(gradebook.students)} students"
    except (CourseError, sqlite3.Error, OSError) as error:  # OSError where alembic is not found
        remedy = "put back your copy, or: nbgrader db upgrade" if file else "see c.CourseDirectory.db_url"
        yield CheckResult("✘", f"the gradebook cannot be read: {str(error).splitlines()[0]}", remedy)
        return
    if file and not os.access(file, os.W_OK):
        yield CheckResult("✘", f"{file} cannot be written", f"chmod u+w {shlex.quote(str(file))}")
    else:
        yield CheckResult("✔", f"the gradebook: {counts}")


def check_permissions(course: CourseDirectory) -> Iterator[CheckResult]:
    """Look for grades, submissions and secrets that others on this machine can read."""
    if os.name != "posix":
        return
    root, file = Path(course.root), gradebook_file(course)
    private = [SECRET, *([file, backup_of(file)] if file else ())]
    private += [root / name for name in (COLLECTED, TAKEN_IN, RESULTS, REPORTS, CODES)]
    steps = (course.submitted_directory, course.autograded_directory, course.feedback_directory)
    private += [step_folder(course, step) for step in steps]
    if database_url(course.db_url).password:
        private.append(root / "nbgrader_config.py")
    others_can_read = stat.S_IRGRP | stat.S_IROTH
    if not os.access(root, os.W_OK):
        yield CheckResult("✘", f"{root} cannot be written", f"chmod u+w {shlex.quote(str(root))}")
    closed = not root.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)
    readable = [path for path in private if path.exists() and path.stat().st_mode & others_can_read]
    if exposed := [str(path) for path in readable if not (closed and path.is_relative_to(root))]:
        yield CheckResult(
            "○", f"others on this machine can read: {', '.join(exposed)}", f"chmod go-rwx {shlex.join(exposed)}"
        )
    elif closed:
        yield CheckResult("✔", f"{root} is closed to others")
    else:
        yield CheckResult("✔", "others on this machine can read no grade, submission or secret")
