"""Functions from another notebook: read as saved, or one line that says what is missing."""

from __future__ import annotations

import nbformat
import pytest

from course_utils.own_work import own_work


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
    found = own_work("02_a", "one", "two", folder=tmp_path)
    assert found["one"]() == 1
    assert found["two"]() == 2


@pytest.mark.parametrize("name", ["02_a", "09_none"])
def test_what_is_missing_is_said_in_one_line(tmp_path, name):
    save(tmp_path, "x = 1")
    with pytest.raises(NotImplementedError) as error:
        own_work(name, "one", folder=tmp_path)
    assert name in str(error.value)
    assert error.value._render_traceback_() == [str(error.value)]
