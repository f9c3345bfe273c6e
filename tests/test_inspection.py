"""What a student is told before a notebook is handed in: all that works at home and may cost points at grading."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.topics.answer_cells import solution_text
from course_utils.cells import STUB, bare, statements
from course_utils.environment import imported_modules, unavailable_modules
from course_utils.inspection import inspect_notebook, newer_syntax

NAME = "00_data_and_diagnosis"
RELEASED = Path(__file__).resolve().parent.parent / "notebooks" / NAME / f"{NAME}.ipynb"
DOCUMENT = nbformat.read(RELEASED, as_version=4)
ANSWERS = [cell.id for cell in DOCUMENT.cells if cell.metadata.get("nbgrader", {}).get("solution")]
TWO = ("split_indices", "diagnose")


@pytest.fixture
def told(tmp_path):
    """Save the released notebook with two answers, edited, and hear what is said of it."""

    def look(edit=lambda cells, nb: None) -> str:
        nb = copy.deepcopy(DOCUMENT)
        cells = {cell.id: cell for cell in nb.cells}
        for name in TWO:
            cells[name].source = solution_text(name)
        edit(cells, nb)
        sentences, blank = inspect_notebook(json.loads(json.dumps(nb)), DOCUMENT, tmp_path)
        said = "\n".join(sentences)
        assert all(name in said for name in blank)
        return said

    return look


def test_of_a_clean_notebook_it_is_said_what_is_left_to_do(told):
    rest = ", ".join(name for name in ANSWERS if name not in TWO)
    said = told().splitlines()
    assert said[0].startswith(f"{len(ANSWERS) - 2} of {len(ANSWERS)} exercises are not started: {rest}.")
    assert said[1:] == ["not checked yet: split_indices, diagnose."]


def test_an_answer_in_a_cell_of_ones_own_is_no_blank(told):
    def edit(cells, nb):
        nb.cells.insert(3, v4.new_code_cell(cells["diagnose"].source))
        cells["diagnose"].source = next(cell.source for cell in DOCUMENT.cells if cell.id == "diagnose")

    said = told(edit)
    assert f"{len(ANSWERS) - 2} of" in said
    assert "These answers stand outside of their cells: diagnose." in said


def test_what_is_typed_into_given_cells_is_named(told):
    def edit(cells, nb):
        given = next(cell for cell in nb.cells if cell.cell_type == "code")
        given.source += "\nimport math"
        cells["test_diagnose"].source = f"{solution_text('diagnose')}\n{cells['test_diagnose'].source}"
        cells["test_split_indices"].source = f"#%%\n{cells['test_split_indices'].source}\n"

    assert "You typed into cells that are given: `import numpy as np` …, test_diagnose." in told(edit)


def test_code_below_a_raise_is_named(told):
    def edit(cells, nb):
        stub = next(cell.source for cell in DOCUMENT.cells if cell.id == "diagnose")
        cells["diagnose"].source = f"{stub}\n    return 'high bias'"

    line = DOCUMENT.cells[[cell.id for cell in DOCUMENT.cells].index("diagnose")].source.count("\n") + 1
    assert f"diagnose still says `raise NotImplementedError` in line {line}; nothing below that line runs" in told(edit)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: f"<<<<<<< HEAD\n{text}\n=======\n{text}\n>>>>>>> theirs", "line 1: a merge conflict"),
        (lambda text: text.rstrip() + text, "invalid syntax"),  # doubled by collaboration
        (lambda text: text.replace("return", "return (", 1), "line "),
    ],
)
def test_what_is_no_python_is_named(told, spoil, words):
    def edit(cells, nb):
        cells["diagnose"].source = spoil(cells["diagnose"].source)

    (line,) = [line for line in told(edit).splitlines() if "is no Python" in line]
    assert line.startswith("diagnose is no Python (line ")
    assert words in line


def test_two_copies_that_differ_are_named(told):
    def edit(cells, nb):
        nb.cells += [nbformat.from_dict({**cell, "id": f"copy-{n}"}) for n, cell in enumerate(copy.deepcopy(nb.cells))]
        cells["diagnose"].source += "\n\n\nprint(diagnose)"

    assert "These cells are there twice, with answers that differ: diagnose. Keep one of each." in told(edit)


def test_what_is_not_there_at_grading_is_named(told, tmp_path):
    for name in ("helpers", "unused", "written"):
        (tmp_path / f"{name}.py").write_text("", encoding="utf-8")

    def edit(cells, nb):
        cells["diagnose"].source = f"import math, seaborn.objects\n%load_ext lab_black\n{cells['diagnose'].source}"
        nb.cells.append(v4.new_code_cell("%%writefile written.py\nx = 1"))
        nb.cells.append(
            v4.new_code_cell("%matplotlib widget\nfrom helpers import *\nfrom written import x\nimport h5py")
        )

    said = told(edit)
    assert "helpers.py, beside your notebook, is not handed in" in said
    assert "ipympl, lab_black, seaborn: not in the course's environment, and likely missing where it is graded" in said


def test_the_courses_own_packages_are_no_news():
    assert (
        unavailable_modules(
            {"numpy", "matplotlib", "PIL", "IPython", "course_utils", "os", "tensorflow", "mpl_toolkits"}
        )
        == []
    )
    assert unavailable_modules({"pytest", "scipy"}) == ["pytest", "scipy"]
    assert imported_modules(
        "def f():\n    import a.b as c\n    from d.e import f\n    from . import g\n%load_ext h"
    ) == {
        "a",
        "d",
        "h",
    }


@pytest.mark.skipif(sys.version_info < (3, 12), reason="this Python reads nothing that the oldest does not")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('x = 1\nf"{d["x"]}"', 2),
        ("f\"{'\\n'.join(x)}\"", 1),
        ('f"{x\n}"', 1),
        ("def f[T](x: T): pass", 1),
        ('%time f("x")\nf"{x!r:>{w}} {d[\'a\']}" + f"""{d["a"]}"""', 0),
    ],
)
def test_syntax_of_newer_pythons_is_found(text, line):
    assert newer_syntax(text) == line


def test_editors_marks_and_blanks_change_nothing():
    assert bare("#%%\n\n x = 1  \n# %% [markdown]\ny = 2\n\n") == bare("x = 1\ny = 2")
    assert bare("# 100 %% sure") != ""


def test_a_cell_is_taken_apart():
    cell = "%%time\nimport a; import b\n@b.wrap\ndef f(x):\n    return c(x)\n!ls\n%load_ext d"
    found = statements(cell)
    assert [one.text for one in found] == [
        "import a",
        "import b",
        "@b.wrap\ndef f(x):\n    return c(x)",
        "!ls",
        "%load_ext d",
    ]
    assert [(one.line, one.column) for one in found] == [(2, 0), (2, 10), (4, 0), (6, 0), (7, 0)]
    assert [set(one.binds) for one in found] == [{"a"}, {"b"}, {"f"}, set(), set()]
    assert found[2].uses == {"b", "c"}
    assert statements("def f(:") == []


def test_the_stub_is_what_is_given_out():
    for name in ANSWERS:
        assert STUB in "\n".join(
            line.strip() for line in DOCUMENT.cells[[c.id for c in DOCUMENT.cells].index(name)].source.splitlines()
        )
