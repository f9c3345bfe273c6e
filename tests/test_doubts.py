"""What students type in the wrong place, and what the grading machine lacks: used where it can be, else flagged.

A class is graded, in real sandboxes, by ``python -m autograder grade``. Each notebook is the right notebook, edited.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from tiny_course import MORE, NAME, RIGHT, ROOT, answered, at, config, nbgrader, release

from autograder.judge.preprocessor import SKIP_TAG
from autograder.pipeline.restore_release import restore
from autograder.reporting import class_table
from course_utils.cells import STUB

POINTS = {"double": 2, "square": 3, "scale": 4, "twice": 1}
LATER = "3.99.1"  # of Python
CASES: list[tuple[str, Callable, dict[str, float | None], str]] = []

pytestmark = pytest.mark.needs("sandbox")


def case(sentence: str = "", **scores: float | None) -> Callable:
    """Register an edit: a pattern of what is said, and exercises that get less than all points (None: needs a look)."""

    def register(edit: Callable) -> Callable:
        CASES.append((edit.__name__, edit, {**POINTS, **scores}, sentence))
        return edit

    return register


def stub(name: str) -> str:
    head = {**RIGHT, **MORE}[name].splitlines()[0]
    return f"{head}\n    {STUB.replace(chr(10), chr(10) + '    ')}"


def write(nb: nbformat.NotebookNode, **texts: str) -> None:
    for name, text in texts.items():
        nb.cells[at(nb, name)].source = text


def add(nb: nbformat.NotebookNode, where: str, source: str, below: bool = False) -> None:
    nb.cells.insert(at(nb, where) + below, v4.new_code_cell(source))


# --- typed in the wrong place -----------------------------------------------------------------------------------------


@case("The given cell given had been changed; it was restored, and what was added to it is a cell of the student's own")
def imports_in_a_given_cell(nb):
    given = nb.cells[at(nb, "given")].source
    write(nb, given=given.replace("import os\n", "import os, copy\nfrom functools import reduce\n") + "\nLIMIT = 2")
    write(
        nb,
        double="def double(x):\n    return copy.copy(LIMIT) * x",
        twice="def twice(f, x):\n    return reduce(lambda y, g: g(y), [f, f], x)",
    )


@case(
    "test cell test_double had been changed; it was restored, and what was added to it is a cell of the student's own"
)
def answer_and_helper_in_test_cells(nb):
    test = nb.cells[at(nb, "test_double")].source
    write(nb, double=stub("double"), test_double=f"{RIGHT['double']}\n\n{test}\ndouble(1 / 0)")
    test = nb.cells[at(nb, "test_square")].source
    write(
        nb, square="def square(x):\n    return times(x, x)", test_square=f"def times(x, y):\n    return x * y\n\n{test}"
    )


@case("The answer to square was found in the cell of double")
def answer_in_another_cell(nb):
    write(nb, double=f"{RIGHT['double']}\n\n\n{RIGHT['square']}", square=stub("square"))


@case("In double, what stands below `raise NotImplementedError` in line 3 never runs", double=None, square=0)
def code_below_the_raise(nb):
    write(nb, double=stub("double") + "\n    return 2 * x")
    write(nb, square="def square(x):\n    y = x * x\n    # TODO: your code here\n    raise NotImplementedError")


@case("stands below its test; the one above was graded", double=None)
def better_answer_below_its_test(nb):
    write(nb, double="def double(x):\n    return x")
    add(nb, "test_double", RIGHT["double"], below=True)


@case()
def worse_answer_below_its_test(nb):
    add(nb, "test_double", "def double(x):\n    return x", below=True)


@case("square needs a look: times is defined only below the test", square=None, double=0)
def helper_below_its_test(nb):
    write(nb, double="def double(x):\n    return run * 2", square="def square(x):\n    return times(x, x)")
    add(nb, "test_square", "def times(x, y):\n    return x * y", below=True)


# --- what is lacking where it is graded -------------------------------------------------------------------------------


@case(r"double: `import seaborn as sns` could not run where this was graded \(ModuleNotFoundError\); what stands below")
def lines_above_the_answer(nb):
    write(
        nb, double=f"import seaborn as sns\nsns.set_theme()\n%matplotlib widget\n%load_ext lab_black\n{RIGHT['double']}"
    )
    write(nb, square=f"from google.colab import drive\ndrive.mount('/content')\n!pip install x\n{RIGHT['square']}")
    write(nb, scale=f"import matplotlib.pyplot as plt\nplt.style.use('seaborn')\nopen('my.txt')\n{MORE['scale']}")
    write(nb, twice=f"%%time\n\nimport scipy\nname = input('Who are you? ')\n{MORE['twice']}")


@case("A cell of the student's own: `import pandas as pd` could not run")
def imports_of_which_one_is_lacking(nb):
    add(nb, "double", "import pandas as pd; import operator\nfrom functools import partial")
    write(nb, double="def double(x):\n    return operator.mul(2, x)", twice="twice = partial(lambda f, x: f(f(x)))")


@case(
    "double needs a look: `from scipy.special import xlogy` could not run .* the answer may need it",
    double=None,
    square=0,
)
def answer_needs_what_is_lacking(nb):
    add(nb, "double", "from scipy.special import xlogy\nhalf = lambda x: xlogy(x, 1)\nimport seaborn")
    write(nb, double="def double(x):\n    return half(x) + 2 * x", square="def square(x):\n    return x")


@case("square needs a look: helpers: not installed where this was graded", double=None, square=None, scale=0)
def file_beside_the_notebook(nb):
    add(nb, "double", "from helpers import *")
    write(
        nb,
        double="def double(x):\n    return times(2, x)",
        square="def square(x):\n    import helpers\n    return helpers.square(x)",
    )
    write(nb, scale="def scale(W, rng):\n    return np.nosuch(W)")


@case("double needs a look: It looks for a file that is not there", double=None)
def data_beside_the_notebook(nb):
    write(nb, double="def double(x):\n    return np.load('weights.npy') * x")


@case("is not found", double=0)
def what_is_kept_from_students_is_not_lacking(nb):
    write(nb, double="from autograder.topics.initialization.answers import initialize_parameters_he as double")


@case(r"double needs a look: It ran with Python 3\.99 before", double=None, square=None, scale=0)
def newer_python(nb):
    nb.metadata.language_info.version = LATER
    write(
        nb,
        double="def double[T](x: T) -> T | None: return f'{x!r'}'",
        square="def square(x):\n    return math.to_the_second(x)",
    )
    write(nb, scale="def scale(W, rng):\n    return W")


@case("double: NameError", double=0, square=0)
def same_python(nb):
    write(nb, double="def double(x:\n    return", square="def square(x):\n    return math.to_the_second(x)")


if sys.version_info < (3, 12):

    @case(
        "double needs a look: It was graded with Python 3.11, and holds an f-string that newer ones may read",
        double=None,
    )
    def newer_f_string(nb):
        write(nb, double='def double(x):\n    print(f"{dict(x=x)["x"]}")\n    return 2 * x')


# --- cells that are there twice ---------------------------------------------------------------------------------------


def again(nb: nbformat.NotebookNode) -> None:
    copies = [
        v4.new_code_cell(cell.source, metadata=cell.metadata) if cell.cell_type == "code" else cell for cell in nb.cells
    ]
    nb.cells += [nbformat.from_dict({**cell, "id": f"copy-{number}"}) for number, cell in enumerate(copies)]


@case("The cells double, square, scale, twice stood 2 times; the first of each was graded")
def all_cells_twice_and_the_second_blank(nb):
    again(nb)
    for cell in nb.cells[len(nb.cells) // 2 :]:
        if (name := cell.metadata.get("nbgrader", {}).get("grade_id")) in POINTS:
            cell.source = stub(name)


@case("The cells double, square, scale, twice stood 2 times; the second of each was graded")
def all_cells_twice_and_the_first_blank(nb):
    again(nb)
    write(nb, **{name: stub(name) for name in POINTS})


@case(
    "double needs a look: The cell double stood 2 times, with answers that differ; the first of them was run",
    double=None,
)
def all_cells_twice_and_answers_that_differ(nb):
    again(nb)
    write(nb, double="def double(x):\n    return x + x", square=f"# the same\n{RIGHT['square']}")


@case()
def marks_between_cells(nb):
    for cell in nb.cells:
        cell.source = f"#%%\n{cell.source}" if cell.cell_type == "code" else f"# %% [markdown]\n{cell.source}"


@case("double: NotImplementedError", double=0)
def a_blank_with_a_mark(nb):
    write(nb, double=f"# %%\n{stub('double')}")


# --- the class --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The class, graded, with its feedback."""
    folder = release(tmp_path_factory.mktemp("course"), config("autograder.judge.preprocessor.Judge"), more=True)
    for student, edit, _, _ in CASES:
        nb = answered(folder)
        edit(nb)
        place = folder / "submitted" / student / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_text(json.dumps(nb), encoding="utf-8")
    (folder / "submitted" / "file_beside_the_notebook" / NAME / "helpers.py").write_text(
        "times = max", encoding="utf-8"
    )
    command = [sys.executable, "-m", "autograder", "grade", NAME, "--course", str(folder), "--workers", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    done = nbgrader(folder, "generate_feedback", NAME, "--student", "answer_needs_what_is_lacking")
    assert done.returncode == 0, done.stderr
    return folder


def graded_file(course: Path, student: str) -> Path:
    return course / "autograded" / student / NAME / f"{NAME}.ipynb"


@pytest.mark.parametrize(
    ("student", "scores", "sentence"), [pytest.param(*one[:1], *one[2:], id=one[0]) for one in CASES]
)
def test_case(course, student, scores, sentence):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, student).grades
        found = {one.name.removeprefix("test_"): None if one.needs_manual_grade else one.score for one in grades}
    said = "\n".join(class_table.reasons_in(graded_file(course, student)))
    assert found == scores, said
    assert re.search(sentence, said), said
    if not sentence:
        assert said == ""


def test_feedback_says_what_could_not_run_and_why_an_exercise_has_no_points(course):
    page = (course / "feedback" / "answer_needs_what_is_lacking" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", page)
    assert "double needs a look by a person." in text
    assert text.count("`from scipy.special import xlogy` could not run where this was graded") == 2
    assert "square needs a look" not in text
    assert "7919" not in text


# --- the pieces -------------------------------------------------------------------------------------------------------


def skipped(nb: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in nb.cells if SKIP_TAG in cell.metadata.get("tags", [])]


def test_copies_of_experiments_are_not_run_again(course):
    released = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    curve, show = (released.cells[at(released, name)].source for name in ("curve", "show"))
    nb = answered(course)
    again(nb)
    assert skipped(restore(nb, released)) == [curve, show]

    marks_between_cells(nb)
    assert len(skipped(restore(nb, released))) == 2

    nb.cells.append(v4.new_code_cell("print(curve)"))
    grafted = restore(nb, released)
    assert [cell.source.removeprefix("#%%\n") for cell in grafted.cells].count(curve) == 1
    assert [one.removeprefix("#%%\n") for one in skipped(grafted)] == [show]

    nb = answered(course)
    nb.cells[at(nb, "given") + 1 : at(nb, "given") + 1] = [v4.new_code_cell(curve), v4.new_code_cell("print(curve)")]
    assert skipped(restore(nb, released)) == [curve, show]  # that the copy above needs run no more than once
