"""An answer that is begun is never said to be not started, at home or at grading; and what a check minds is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from test_check import ROOT

from autograder.pipeline.hidden_checks import examine
from course_utils.checks.check_report import MIMETYPE

NAME = "01_initialization"
STUBS = {cell.id: cell.source for cell in nbformat.read(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", 4).cells}
EXERCISE = "count_distinct_units"
STUB = STUBS[EXERCISE]
LINE = STUB.count("\n") + 1
BODY = "return len({tuple(row) for row in W})"
BRANCHES = """def activation_rms(parameters, X, activation):
    A, sizes = X, []
    for l in range(1, len(parameters) // 2 + 1):
        Z = parameters[f"W{l}"] @ A + parameters[f"b{l}"]
        if activation == "tanh":
            A = np.tanh(Z)
        else:
            raise NotImplementedError
        sizes.append(np.sqrt(np.mean(A**2)))
    return sizes"""


@pytest.fixture
def checked() -> Iterator[Callable[..., dict]]:
    """Run cells as a notebook does, then the check of what the last cell defines; its report as plain data."""
    shell = InteractiveShell.instance()
    shell.run_cell("import numpy as np\nfrom course_utils import check", store_history=True)

    def report(*cells: str, name: str = EXERCISE) -> dict:
        with capture_output() as captured:
            for cell in (*cells, f"check({name})"):
                shell.run_cell(cell, store_history=True)
        return next(output.data[MIMETYPE] for output in captured.outputs if MIMETYPE in output.data)

    yield report
    InteractiveShell.clear_instance()


BEGUN = {
    "code below": (f"{STUB}\n    {BODY}", f"line {LINE} of its cell still says so; nothing below that line runs"),
    "code above": (STUB.replace("# TODO: your code here", "units = W.shape"), f"line {LINE} of its cell still says so"),
    "a comment": (STUB.replace("# TODO: your code here", "# compare rows"), f"line {LINE} of its cell still says so"),
    "below %%time": (f"%%time\n{STUB}\n    {BODY}", f"line {LINE + 1} of its cell still says so"),
    "a blank is called": (
        f"{STUBS['initialize_parameters_zeros']}\n\n\ndef {EXERCISE}(W, tol=1e-8):\n"
        "    return initialize_parameters_zeros([len(W), 1])",
        "line",
    ),
}


@pytest.mark.parametrize(("cell", "words"), BEGUN.values(), ids=BEGUN)
def test_what_is_begun_is_told_why_it_raises(checked, cell, words):
    report = checked(cell)
    assert report["state"] == "wrong"
    assert words in report["failure"]
    assert report["failure"].startswith("it raises NotImplementedError: ")


def test_a_blank_in_another_cell_is_named_as_what_it_is(checked):
    blank = STUBS["initialize_parameters_zeros"]
    report = checked(blank, f"def {EXERCISE}(W, tol=1e-8):\n    return initialize_parameters_zeros([len(W), 1])")
    assert report["failure"] == "it raises NotImplementedError: something that it calls is not written yet"


@pytest.mark.parametrize("cell", [STUB, f"#%%\n{STUB}\n", STUB.replace("Count", "Counts"), f"import math\n\n\n{STUB}"])
def test_what_is_as_it_was_given_out_is_not_started(checked, cell):
    report = checked(cell)
    assert report["state"] == "not started"
    assert report["headline"] == f"○ {EXERCISE}: not started yet"


def test_a_branch_that_is_not_written_costs_no_more_than_it_asks(checked):
    report = checked(BRANCHES, name="activation_rms")
    assert "line 8 of its cell still says so" in report["failure"]
    good = dict(report["lines"])["Already right"]
    assert "leaves its arguments as they were" not in good or "tanh" in good


def test_grading_says_the_same_words(checked):
    cell, _ = BEGUN["code below"]

    def raises(W, tol=1e-8):
        raise NotImplementedError

    raises.cell = cell  # as the judge tells it of a student's function
    verdict = examine(raises, EXERCISE, seed=7)
    report = checked(cell)
    assert (verdict.state, verdict.share) == ("wrong", 0)
    assert verdict.failure == report["failure"]
    assert verdict.ending == "it raises NotImplementedError"

    raises.cell = STUB
    assert examine(raises, EXERCISE, seed=7).state == "not started"


def test_what_is_not_in_the_courses_environment_is_minded(checked):
    report = checked(
        "import pytest as p\nimport math", f"def {EXERCISE}(W, tol=1e-8):\n    assert p and math\n    {BODY}"
    )
    assert dict(report["lines"])["Mind"].startswith("pytest: not in the course's environment")
    assert "Mind" not in dict(checked(f"import math\ndef {EXERCISE}(W, tol=1e-8):\n    {BODY}")["lines"])
