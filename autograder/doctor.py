"""Can a class be graded here? ``python -m autograder doctor`` says what is in order, what is not, and what to do."""

from __future__ import annotations

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

from nbgrader.coursedir import CourseDirectory
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

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
from autograder.pipeline.hidden_checks import SECRET
from autograder.topics import sources
from autograder.topics.notebook_text import missing_extra

ROOT = COURSE.parent
INSTALL = 'python -m pip install -c constraints.txt -e ".[autograder]"'


@dataclass(frozen=True)
class Fact:
    """One line: ``mark`` is ✔ in order, ○ worth knowing, ✘ grading would not work."""

    mark: str
    words: str
    to_do: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.words}" + (f"\n    → {self.to_do}" if self.to_do else "")


def run_doctor(folder: Path = COURSE) -> int:
    """Print the page.

    Parameters
    ----------
    folder : Path
        nbgrader's course folder.

    Returns
    -------
    int
        Exit code: 1 where grading would not work.
    """
    course = open_course(folder)
    parts = {
        "Installed": [*python(), *packages(), *programs()],
        "Sandbox": list(sandbox(course)),
        "Build": list(built()) if folder.resolve() == COURSE else [],
        "Course": [*secret(), *gradebook(course), *permissions(course)],
    }
    for title, facts in parts.items():
        if facts:
            print(title, *(f"  {line}" for fact in facts for line in str(fact).splitlines()), sep="\n")
    bad = sum(fact.mark == "✘" for facts in parts.values() for fact in facts)
    print(f"\nGrading would not work; lines with ✘: {bad}" if bad else "\nA class can be graded here.")
    return 1 if bad else 0


# --- installed --------------------------------------------------------------------------------------------------------


def python(project: Path = ROOT / "pyproject.toml") -> Iterator[Fact]:
    """Hold this Python against the project's."""
    asked = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["requires-python"]
    here = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(asked).contains(here):
        yield Fact("✔", f"Python {here}")
    else:
        yield Fact("✘", f"Python {here}; the course needs {asked}", "make an environment with another Python")


def packages(project: Path = ROOT / "pyproject.toml", lock: Path = ROOT / "constraints.txt") -> Iterator[Fact]:
    """Hold what is installed against what the project requires, and against the lock."""
    said = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    required = [Requirement(text) for text in [*said["dependencies"], *said["optional-dependencies"]["autograder"]]]
    required = [one for one in required if one.name != said["name"] and _applies(one)]
    bad = False
    for one in required:
        version = _version(one.name)
        if version is None:
            bad = True
            yield Fact("✘", f"{one.name} is missing", INSTALL)
        elif not one.specifier.contains(version, prereleases=True):
            bad = True
            yield Fact("✘", f"{one.name} is {version}; the course needs {one.specifier}", INSTALL)
    if not bad:
        yield Fact("✔", f"{len(required)} packages that the course asks for")
    if not lock.exists():
        return
    pins = [Requirement(line) for line in lock.read_text(encoding="utf-8").splitlines() if line.strip()[:1] not in "#"]
    pins = {one.name: str(one.specifier).removeprefix("==") for one in pins if _applies(one)}
    others = {name: (_version(name), pin) for name, pin in pins.items() if _version(name) not in (None, pin)}
    if others:
        words = ", ".join(f"{name} {version} (lock: {pin})" for name, (version, pin) in sorted(others.items()))
        yield Fact("○", f"not the versions of the lock: {words}", f"grades may differ in the last digit; {INSTALL}")
    else:
        yield Fact("✔", "versions as in the lock")


def programs() -> Iterator[Fact]:
    """Look for the program that nbgrader calls by its name."""
    if shutil.which("alembic") or shutil.which("alembic", path=sysconfig.get_path("scripts")):
        yield Fact("✔", "alembic, which nbgrader calls by name")
    else:
        yield Fact("✘", "alembic is not beside this Python, and nbgrader calls it by name", INSTALL)


def _applies(one: Requirement) -> bool:
    return one.marker is None or one.marker.evaluate()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


# --- sandbox, build ---------------------------------------------------------------------------------------------------


def sandbox(course: CourseDirectory) -> Iterator[Fact]:
    """Let the canaries try to get out."""
    if course.config.get("Judge", {}).get("trusted_class") is True:
        yield Fact(
            "○",
            "a trusted class: students' code runs with your rights, beside the answers",
            "take c.Judge.trusted_class out of nbgrader_config.py, unless you mean it",
        )
        return
    text, _ = self_test.doctor([Path(course.root)])
    held = set(self_test.MEANING.values())
    for line in text.splitlines():
        if not (line[0] == "✔" and any(line[2:].startswith(words) for words in held)):  # the last line counts these
            here = "nothing may be graded here; autograder/judge/README.md says where it works"
            yield Fact(line[0], line[2:], here if line[0] == "✘" else "")


def built() -> Iterator[Fact]:
    """Hold the hashes that the last build noted against the files; without a build, what is committed counts."""
    again = "python -m autograder build"
    able = [one.stem for one in sources() if not missing_extra(one)]
    missing = [name for name in able if not (build.SOLVED / name / f"{name}.ipynb").exists()]
    noted, now = build.read_build_stamp(), build.fingerprints()
    if missing or not noted:
        yield Fact("○", "not built here, which grading needs not", f"to change the course: {again}")
    elif noted["sources"] != now["sources"]:
        yield Fact("○", "sources, answers or checks were changed after the last build", again)
    elif noted["built"] != now["built"]:
        words = "notebooks/, datasets/, solved/ or README's picture are not what the last build made"
        yield Fact("○", words, again)
    else:
        yield Fact("✔", "notebooks/ and datasets/ are what the sources build")


# --- the course -------------------------------------------------------------------------------------------------------


def secret() -> Iterator[Fact]:
    """Look at the secret that hidden cases are drawn from."""
    given = os.environ.get("COURSE_SECRET") or None  # an empty one is none, to the grader too
    if given is None and not SECRET.exists():
        yield Fact("○", f"no {SECRET.name} yet; the first grading makes it", "keep it with the gradebook from then on")
        return
    text = given if given is not None else SECRET.read_text(encoding="utf-8", errors="replace")
    where = "COURSE_SECRET" if given is not None else str(SECRET)
    if len(text.strip()) < 16:
        yield Fact("✘", f"{where} is too short to be a secret", "put back the file of your last grading, or remove it")
    else:
        yield Fact("✔", f"the secret: {where}")


def gradebook(course: CourseDirectory) -> Iterator[Fact]:
    """Look into the gradebook."""
    file = gradebook_file(course)
    if file and not file.exists():
        yield Fact("○", f"no {file.name} yet; the roster or the first grading makes it")
        return
    try:
        if file:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
                found = database.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise CourseError(found)
        with open_gradebook(course) as opened:
            counts = f"{len(opened.assignments)} assignments, {len(opened.students)} students"
    except (CourseError, sqlite3.Error, OSError) as error:  # of the operating system, where alembic is not found
        to_do = "put back your copy, or: nbgrader db upgrade" if file else "see c.CourseDirectory.db_url"
        yield Fact("✘", f"the gradebook cannot be read: {str(error).splitlines()[0]}", to_do)
        return
    if file and not os.access(file, os.W_OK):
        yield Fact("✘", f"{file} cannot be written", f"chmod u+w {shlex.quote(str(file))}")
    else:
        yield Fact("✔", f"the gradebook: {counts}")


def permissions(course: CourseDirectory) -> Iterator[Fact]:
    """Look for what others on this machine could read."""
    if os.name != "posix":
        return
    root, file = Path(course.root), gradebook_file(course)
    private = [SECRET, *([file, backup_of(file)] if file else ())]
    private += [root / name for name in (COLLECTED, TAKEN_IN, RESULTS, REPORTS, CODES)]
    steps = (course.submitted_directory, course.autograded_directory, course.feedback_directory)
    private += [step_folder(course, step) for step in steps]
    if database_url(course.db_url).password:
        private.append(root / "nbgrader_config.py")
    everybody = stat.S_IRGRP | stat.S_IROTH
    if os.access(root, os.W_OK) is False:
        yield Fact("✘", f"{root} cannot be written", f"chmod u+w {shlex.quote(str(root))}")
    closed = not root.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)
    readable = [path for path in private if path.exists() and path.stat().st_mode & everybody]
    if seen := [str(path) for path in readable if not (closed and path.is_relative_to(root))]:
        yield Fact("○", f"others on this machine can read: {', '.join(seen)}", f"chmod go-rwx {shlex.join(seen)}")
    elif closed:
        yield Fact("✔", f"{root} is closed to others")
    else:
        yield Fact("✔", "others on this machine can read no grade, submission or secret")
