"""Functions from another notebook: read as saved, or one line that says what is missing."""

from __future__ import annotations

import nbformat
import pytest

from course_utils.notebook_functions import functions_from_notebook


def save(folder, *cells):
    path = folder / "02_a" / "02_a.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)


def test_only_the_cells_that_define_what_is_asked_for_are_run(tmp_path):
    save(
        tmp_path,
        "1 / 0",
        "def one():\n    return np.ones(1)",
        "%magic",
        "two = lambda: 2",
        "def one_more(): raise KeyError",
    )
    found = functions_from_notebook("02_a", "one", "two", folder=tmp_path)
    assert found["one"]() == 1
    assert found["two"]() == 2


@pytest.mark.parametrize("name", ["02_a", "09_none"])
def test_what_is_missing_is_said_in_one_line(tmp_path, name):
    save(tmp_path, "x = 1")
    with pytest.raises(NotImplementedError) as error:
        functions_from_notebook(name, "one", folder=tmp_path)
    assert name in str(error.value)
    assert error.value._render_traceback_() == [str(error.value)]


def test_magics_are_left_out_and_what_a_function_takes_from_other_cells_comes_along(tmp_path, capfd):
    save(
        tmp_path,
        "import math; import itertools\nSCALE = 2",
        "!echo installed\nraise KeyError",
        "%load_ext lab_black\ndef helper(x):\n    return SCALE * math.floor(x)",
        "%%time\n\n%matplotlib inline\ndef one(x):\n    return helper(x) + 1\n\nprint(one(3))",
        "def two():\n    # TODO: your code here\n    raise NotImplementedError",
        "def three(:\n    pass",
    )
    found = functions_from_notebook("02_a", "one", "two", folder=tmp_path)
    assert found["one"](3.5) == 7
    with pytest.raises(NotImplementedError):
        found["two"]()
    assert capfd.readouterr().out == ""


def test_a_stub_that_was_left_undoes_no_answer(tmp_path):
    save(tmp_path, "def one():\n    return 1", "def one():\n    # TODO: your code here\n    raise NotImplementedError")
    assert functions_from_notebook("02_a", "one", folder=tmp_path)["one"]() == 1


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: "", "02_a.ipynb cannot be read: it is empty (0 bytes). JupyterLab cannot open it"),
        (lambda text: text[:-40], "it breaks off or is damaged in line "),
        (lambda text: text.replace("\n", "\n<<<<<<< HEAD\n", 1), "a merge conflict begins in line 2 (<<<<<<<)"),
        (lambda text: "[]", "it is no notebook"),
        (
            lambda text: text.replace("return 1", "return (1"),
            "defines no one; a cell with that name is no Python (line 2",
        ),
        (
            lambda text: text.replace("def one", "import seaborn as s\\ndef one").replace("1", "s"),
            "`import seaborn as s`",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, spoil, words):
    save(tmp_path, "def one():\n    return 1")
    path = tmp_path / "02_a" / "02_a.ipynb"
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(NotImplementedError) as error:
        functions_from_notebook("02_a", "one", folder=tmp_path)
    assert words in str(error.value)
    assert error.value._render_traceback_() == [str(error.value)]


def test_the_checkpoint_is_named_where_it_is_whole(tmp_path):
    save(tmp_path, "def one():\n    return 1")
    path = tmp_path / "02_a" / "02_a.ipynb"
    checkpoint = path.parent / ".ipynb_checkpoints" / "02_a-checkpoint.ipynb"
    checkpoint.parent.mkdir()
    checkpoint.write_bytes(path.read_bytes())
    path.write_bytes(b"")
    with pytest.raises(NotImplementedError, match="Its last checkpoint is whole: copy "):
        functions_from_notebook("02_a", "one", folder=tmp_path)
    checkpoint.write_bytes(b"")
    with pytest.raises(NotImplementedError, match="no checkpoint lies beside it: get a fresh one from notebooks/02_a/"):
        functions_from_notebook("02_a", "one", folder=tmp_path)
