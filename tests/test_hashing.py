"""What a grade or a build was made from: every file that it depends on is edited, and seen to count; no other does."""

from __future__ import annotations

import ast
import importlib.metadata
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_course import NAME, config
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.authoring import build
from autograder.course import COURSE
from autograder.engine import inputs
from autograder.engine.step import Assignment
from autograder.hashing import digest
from autograder.topics import sources
from course_utils.checks.exercise import EXERCISES

ROOT = COURSE.parent
SETTINGS = PyFileConfigLoader("nbgrader_config.py", path=str(COURSE)).load_config()
STUDENTS_OWN = {
    "autograder/submitted/ada/x/x.py",
    "autograder/taken_in/ada/x/x.py",
    "autograder/results/a/b/result.json",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the project, in which a class was graded."""
    tree = tmp_path_factory.mktemp("tree")
    not_ours = ["__pycache__", "solved", "submitted", "autograded", "feedback", "results"]
    for part in ("autograder", "course_utils", "notebooks", "datasets", "docs"):
        large = ["checks.h5", "hands.h5", "cats.h5"]  # they would only take longer
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns(*not_ours, *large))
    for name in STUDENTS_OWN:
        (tree / name).parent.mkdir(parents=True)
        (tree / name).write_text("x = 1", encoding="utf-8")
    return tree


def counting(tree: Path, key: Callable[[], str], *folders: str) -> set[str]:
    """Edit every file in turn, and name those whose edit changes the key."""
    before, found = key(), set()
    for path in [one for folder in folders for one in (tree / folder).rglob("*") if one.is_file()]:
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        if key() != before:
            found.add(path.relative_to(tree).as_posix())
        path.write_bytes(content)
    assert key() == before
    return found


def of_topics(name: str) -> list[Path]:
    """Files of every topic by their name: no import statement names these, they are found."""
    return sorted((COURSE / "topics").glob(f"*/{name}"))


def imported_from(*modules: str, without: str = "") -> set[str]:
    """Follow import statements, wherever they stand in a file, through this package; of a package, all modules count.

    Parameters
    ----------
    modules : str
    without : str
        A module that is not followed.

    Returns
    -------
    set of str
        Files, from the project's folder on.
    """
    found: set[Path] = set()
    todo = [ROOT.joinpath(*name.split(".")) for name in modules]
    while todo:
        place = todo.pop()
        inside = sorted(place.glob("*.py")) if place != COURSE else []
        for file in [*inside, place.with_suffix(".py")]:
            if file in found or not file.is_file() or file == ROOT.joinpath(*without.split(".")).with_suffix(".py"):
                continue
            found.add(file)
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograder"):
                    todo += [ROOT.joinpath(*f"{node.module}.{one.name}".split(".")) for one in node.names]
                    todo.append(ROOT.joinpath(*node.module.split(".")))
                elif isinstance(node, ast.Import):
                    todo += [ROOT.joinpath(*one.name.split(".")) for one in node.names if "autograder" in one.name]
    return {file.relative_to(ROOT).as_posix() for file in found}


# --- grades -----------------------------------------------------------------------------------------------------------


def test_every_module_that_grades_counts_and_none_that_reports(tree):
    packages = [tree / "autograder", tree / "course_utils"]
    counted = counting(tree, lambda: digest(*(one for p in packages for one in inputs.grading_code(p))), "autograder")
    run = SETTINGS.Autograde
    steps = [run.exporter_class, *run.sanitize_preprocessors, *run.autograde_preprocessors, *SETTINGS.Judge.preload]
    steps += [one.rpartition(".")[0] for one in steps if one.startswith("autograder.")]
    # What is entered into the gradebook before anything is graded counts itself, not what entered it.
    register = "autograder.pipeline.register"
    needed = imported_from("autograder.engine.worker", "autograder.judge.examiner", *steps, without=register)
    names = ("data/hand_images", "engine/step", "pipeline/feedback", "pipeline/restore_release", "topics/registry")
    assert {f"autograder/{name}.py" for name in names} <= needed
    needed |= {
        path.relative_to(ROOT).as_posix() for part in ("answers", "mistakes") for path in of_topics(f"{part}.py")
    }
    assert needed <= counted, needed - counted
    others = {
        path.relative_to(ROOT).as_posix()
        for room in ("lms", "reporting", "authoring")
        for path in (COURSE / room).glob("*.py")
    }
    unused = [*of_topics("variants.py"), *of_topics("claims.py"), COURSE / "topics" / "claims.py", *sources()]
    others |= {path.relative_to(ROOT).as_posix() for path in unused}
    assert not counted & (others | STUDENTS_OWN)
    assert all(name.endswith(".py") for name in counted)


def test_everything_that_notebooks_import_counts(tree):
    counted = counting(tree, lambda: digest(*inputs.grading_code(tree / "course_utils")), "course_utils")
    assert counted == {path.relative_to(tree).as_posix() for path in (tree / "course_utils").rglob("*.py")}


def assignment(settings: Config) -> Assignment:
    rows = sqlite3.connect(":memory:")
    rows.execute("CREATE TABLE assignment (id INTEGER)")
    return Assignment(NAME, "c", {}, rows.serialize(), {}, settings, "nowhere", "secret")


def of_file(folder: Path, text: str) -> Config:
    folder.mkdir(exist_ok=True)
    (folder / "nbgrader_config.py").write_text(text, encoding="utf-8")
    return PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()


def test_the_judge_counts_in_a_course_of_somebody_else(tmp_path, monkeypatch):
    (tmp_path / "course").mkdir()
    (tmp_path / "build.py").write_text(
        "class Step: ...", encoding="utf-8"
    )  # called as a file of ours that does not count
    monkeypatch.syspath_prepend(tmp_path)
    settings = of_file(tmp_path / "course", config("autograder.judge.preprocessor.Judge"))
    settings.Autograde.autograde_preprocessors.append("build.Step")
    before = inputs.assignment_keys(assignment(settings))
    monkeypatch.setattr(inputs, "COURSE", COURSE / "judge")
    assert inputs.assignment_keys(assignment(settings))["checks"] != before["checks"]
    monkeypatch.undo()
    monkeypatch.syspath_prepend(tmp_path)
    assert inputs.assignment_keys(assignment(settings)) == before
    (tmp_path / "build.py").write_text("class Step: 'another'", encoding="utf-8")
    assert inputs.assignment_keys(assignment(settings))["checks"] != before["checks"]


def test_the_module_that_calls_students_functions_counts(tmp_path, monkeypatch):
    (tmp_path / "ways").mkdir()
    for name in ("__init__", "calling", "helpers"):
        (tmp_path / "ways" / f"{name}.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    settings = of_file(tmp_path / "course", "c = get_config()\nc.Judge.calls = 'ways.calling'\n")
    before = inputs.assignment_keys(assignment(settings))
    for name in ("calling", "helpers"):
        (tmp_path / "ways" / f"{name}.py").write_text("changed = True", encoding="utf-8")
        after = inputs.assignment_keys(assignment(settings))
        assert {part for part in before if after[part] != before[part]} == {"checks"}
        before = after
    settings.Judge.calls = "ways.helpers"
    after = inputs.assignment_keys(assignment(settings))
    assert {part for part in before if after[part] != before[part]} == {"settings"}


def test_settings_count_by_what_they_decide_and_not_by_where_the_course_lies(tmp_path):
    data = [tmp_path / place / "data" for place in ("here", "there")]
    for folder in data:
        folder.mkdir(parents=True)
        (folder / "points.h5").write_bytes(b"1 2 3")
    text = "c = get_config()\nc.Judge.readable = [{!r}]\nc.CourseDirectory.db_url = {!r}\n"
    here, there = (of_file(folder.parent, text.format(str(folder), str(folder))) for folder in data)
    before = inputs.assignment_keys(assignment(here))
    assert inputs.assignment_keys(assignment(there)) == before
    there.SubmissionLimits.call_cpu = 3.0
    changed = inputs.assignment_keys(assignment(there))
    assert {name for name in before if changed[name] != before[name]} == {"settings"}
    (data[0] / "points.h5").write_bytes(b"1 2 4")
    changed = inputs.assignment_keys(assignment(here))
    assert {name for name in before if changed[name] != before[name]} == {"checks"}


def test_every_version_counts_that_a_grade_may_depend_on(monkeypatch):
    known = inputs.versions()
    asked = {one.needs for one in EXERCISES.values()} - {""}
    assert {"numpy", "nbgrader", "nh3"} <= set(known)
    assert all(any(name.startswith(package) for name in known) for package in asked), "TensorFlow's version is missing"
    version = importlib.metadata.version
    for changed in set(known) - {"python", "machine", "system"}:
        monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == changed else version(name))  # noqa: B023
        assert inputs.versions() != known


def test_a_package_that_is_missing_is_no_fault(monkeypatch):
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert inputs.versions()["numpy"] == "not installed"


# --- builds -----------------------------------------------------------------------------------------------------------


def test_everything_that_builds_counts_and_nothing_that_grades(tree, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tree / "autograder" / "solved")
    counted = counting(tree, lambda: build.fingerprints(tree)["sources"], "autograder", "course_utils")
    needed = imported_from("autograder.authoring.build")
    needed |= {path.relative_to(ROOT).as_posix() for path in of_topics("*.py")}
    needed |= {path.relative_to(tree).as_posix() for path in (tree / "course_utils").rglob("*.py")}
    needed |= {"autograder/nbgrader_config.py"}
    names = ("data/hand_images", "data/make_datasets", "authoring/readme_figure", "topics/notebook_text")
    assert {f"autograder/{name}.py" for name in names} <= needed
    assert needed <= counted, needed - counted
    names = ("reporting/page", "lms/collect", "pipeline/submissions", "engine/step", "judge/examiner")
    grading = {f"autograder/{name}.py" for name in names}
    assert not counted & (grading | STUDENTS_OWN | {"autograder/README.md"})


def test_everything_that_is_built_counts(tree, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tree / "autograder" / "solved")
    (build.SOLVED / "x").mkdir(parents=True)
    (build.SOLVED / "x" / "x.ipynb").write_text("{}", encoding="utf-8")
    (build.SOLVED / "x" / ".ipynb_checkpoints").mkdir()
    (build.SOLVED / "x" / ".ipynb_checkpoints" / "x-checkpoint.ipynb").write_text("{}", encoding="utf-8")
    (tree / "notebooks" / "__pycache__").mkdir()
    (tree / "notebooks" / "__pycache__" / "x.pyc").write_text("", encoding="utf-8")
    folders = ("notebooks", "datasets", "docs", "autograder/solved")
    counted = counting(tree, lambda: build.fingerprints(tree)["built"], *folders)
    want = {name for part in build.BUILT for name in build._files(tree, part)} | {"autograder/solved/x/x.ipynb"}
    assert counted == want
