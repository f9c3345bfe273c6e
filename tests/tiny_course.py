"""A course of two exercises, for tests of what nbgrader does around the running of cells; two more where they run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nbformat
from commands import run_module
from nbformat import v4

ROOT = Path(__file__).resolve().parent.parent
NAME = "ps1"
STUB = "# TODO: your code here\nraise NotImplementedError"
RIGHT = {"double": "def double(x):\n    return 2 * x", "square": "def square(x):\n    return x * x"}
SEED = 48271  # of hidden cases, as is 7919
MORE = {
    "scale": "def scale(W, rng):\n    return W * rng.standard_normal(W.shape)",
    "twice": "def twice(f, x):\n    return f(f(x))",
}
# A rule of the course (case 57): it holds for the notebook's own process, and not where the checks compute.
GIVEN = """import math
import os

import numpy as np

if "NBGRADER_EXECUTION" not in os.environ:

    def forbidden(*_):
        raise RuntimeError("np.square is not for this exercise")

    np.square = forbidden"""
# Of each exercise the points, the visible check and the hidden one.
TESTS = {
    "double": (2, "assert double(2) == 4", "assert double(7) == 14"),
    "square": (3, "assert square(2) == 4", "assert square(7) == 49"),
}
MORE_TESTS = {
    "double": (
        2,
        "tolerance = 1e-9\nassert tolerance < 1\nassert double(2) == 4",
        "for x, got in zip((7, 7919), map(double, (7, 7919))):\n    assert got == 2 * x",
    ),
    "square": (3, "assert square(2) == 4", "assert abs(square(7919) - 62710561) <= tolerance"),
    "scale": (
        4,
        "W = np.arange(6.0).reshape(2, 3)\nassert np.shape(scale(W, np.random.default_rng(1))) == (2, 3)",
        f"""rng = np.random.default_rng({SEED})
W, want = rng.random((3, 5)), np.random.default_rng(5)
given = W.copy()
np.testing.assert_allclose(scale(W, np.random.default_rng(5)), given * want.standard_normal((3, 5)))
np.testing.assert_array_equal(W, given)""",
    ),
    "twice": (
        1,
        "assert twice(lambda x: x + 1, 0) == 2",
        "calls = []\nassert twice(lambda x: calls.append(x) or 3 * x, 7919) == 71271 and calls == [7919, 23757]",
    ),
}
CONFIG = """
import sys
c = get_config()
c.CourseDirectory.course_id = "tiny"
c.ClearSolutions.code_stub = {{"python": {stub!r}}}
c.Autograde.exporter_class = "autograder.pipeline.intake.Intake"
c.Intake.max_bytes = 2_000_000
c.Autograde.sanitize_preprocessors = [
    "autograder.pipeline.restore_release.RestoreRelease",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
sys.path.insert(0, {tests!r})
c.Autograde.autograde_preprocessors = [
    {execute!r},
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.pipeline.needs_look.NeedsALook",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.pipeline.feedback.CleanOutputs",
]
c.Judge.skip_notebooks_with = "course.refused"
c.GenerateFeedback.exporter_class = "autograder.pipeline.feedback.SafeFeedback"
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.pipeline.feedback.HideTests",
    "autograder.pipeline.feedback.CleanOutputs",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
c.ExportApp.plugin_class = "autograder.lms.export.SafeCsv"
"""


def settings(name: str, **flags: object) -> dict:
    base = {"grade": False, "locked": False, "solution": False, "task": False}
    return {"nbgrader": {**base, **flags, "grade_id": name, "schema_version": 3}}


def source_notebook(more: bool = False) -> nbformat.NotebookNode:
    """The notebook as its author writes it; with the further exercises, if these are asked for."""

    def cell(kind: str, source: str, name: str, **metadata: object) -> nbformat.NotebookNode:
        made = getattr(v4, f"new_{kind}_cell")(source, metadata=metadata)
        made.id = name
        return made

    cells = [
        cell("markdown", "# Two exercises", "intro"),
        cell(
            "code",
            GIVEN if more else "import math",
            "given",
            **settings("given", locked=True),
        ),
        cell("code", "curve = [math.sin(x) for x in range(10)]\nrun = 'experiment'", "curve", tags=["experiment"]),
        cell("code", "print(curve[3], 'second experiment')", "show", tags=["experiment"]),
    ]
    for name, (points, visible, hidden) in (MORE_TESTS if more else TESTS).items():
        head, body = (RIGHT | MORE)[name].split("\n")
        solution = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
        cells += [
            cell("markdown", f"## {name}", f"about-{name}"),
            cell("code", solution, name, **settings(name, solution=True)),
            cell(
                "code",
                f"{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS",
                f"test_{name}",
                **settings(f"test_{name}", grade=True, locked=True, points=points),
            ),
        ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess:
    return run_module("nbgrader", *arguments, cwd=course)


def write_course(folder: Path, config: str, more: bool = False) -> None:
    """Write the course into a folder, as its author has it."""
    (folder / "nbgrader_config.py").write_text(config, encoding="utf-8")
    (folder / "source" / NAME).mkdir(parents=True)
    nbformat.write(source_notebook(more), folder / "source" / NAME / f"{NAME}.ipynb")


def release(folder: Path, config: str, more: bool = False) -> Path:
    """Write the course into a folder and let nbgrader make its students' version."""
    write_course(folder, config, more)
    done = nbgrader(folder, "generate_assignment", NAME)
    assert done.returncode == 0, done.stderr
    return folder


def config(execute: str = "in_process.RunHere") -> str:
    """The course's settings, with a preprocessor that runs cells."""
    return CONFIG.format(stub=STUB, tests=str(ROOT / "tests"), execute=execute)


def hand_in(course: Path, student: str, nb: nbformat.NotebookNode) -> None:
    """Put a notebook where nbgrader collects it."""
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(nb, folder / f"{NAME}.ipynb")


def answered(course: Path, **answers: str) -> nbformat.NotebookNode:
    """The released notebook with answers written in; right ones where none are given."""
    nb = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    for cell in nb.cells:
        if cell.id in RIGHT | MORE:
            cell.source = answers.get(cell.id, (RIGHT | MORE)[cell.id])
    return nb


def at(nb: nbformat.NotebookNode, name: str) -> int:
    return next(number for number, cell in enumerate(nb.cells) if cell.id == name)
