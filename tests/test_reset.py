"""``python -m course_utils reset``: one step back for one exercise, and nothing lost by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest

from course_utils import __main__ as command
from course_utils import lab
from course_utils.handing_in import NotReady
from course_utils.progress import read_progress
from course_utils.reset import reset

ROOT = Path(__file__).resolve().parent.parent
NAME, EXERCISE = "05_batchnorm_softmax", "softmax"
ANSWER = "def softmax(Z):\n    return Z  # ½ done"


@pytest.fixture
def course(tmp_path) -> Path:
    """The released notebook, and in ``work/`` a student's whose softmax and one_hot are begun."""
    for folder in ("notebooks", "work"):
        shutil.copytree(ROOT / "notebooks" / NAME, tmp_path / folder / NAME)
    write(tmp_path, {EXERCISE: ANSWER, "one_hot": "def one_hot(labels):\n    pass"})
    return tmp_path


def notebook(course: Path, folder: str = "work") -> nbformat.NotebookNode:
    return nbformat.read(course / folder / NAME / f"{NAME}.ipynb", as_version=4)


def texts(read: nbformat.NotebookNode) -> dict[str, str]:
    return {cell.id: cell.source for cell in read.cells}


def write(course: Path, answers: dict[str, str]) -> None:
    mine = notebook(course)
    for cell in mine.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in answers:
            cell.source = answers[cell.metadata.nbgrader.grade_id]
            cell.outputs = [nbformat.v4.new_output("stream", text="old")]
    nbformat.write(mine, course / "work" / NAME / f"{NAME}.ipynb")


def test_one_cell_goes_back_and_its_text_is_kept(course):
    before, released = texts(notebook(course)), texts(notebook(course, "notebooks"))
    told = reset("05", EXERCISE, course)
    after = notebook(course)
    nbformat.validate(after)
    [cell] = [cell for cell in after.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == EXERCISE]
    assert cell.source == released[cell.id]
    assert cell.outputs == []
    assert texts(after) == before | {cell.id: released[cell.id]}
    kept = course / "work" / NAME / f"{EXERCISE}_before_reset_1.txt"
    assert kept.read_text(encoding="utf-8") == ANSWER + "\n"
    assert str(kept) in " ".join(told)


def test_no_text_that_was_kept_is_written_over(course):
    folder = course / "work" / NAME
    for number in (1, 2):
        write(course, {EXERCISE: f"{ANSWER}{number}"})
        reset(NAME, EXERCISE, course)
    (folder / f"{EXERCISE}_before_reset_1.txt").unlink()
    write(course, {EXERCISE: f"{ANSWER}3"})
    reset(NAME, EXERCISE, course)
    assert {path.name[-5]: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")} == {
        "2": f"{ANSWER}2\n",
        "3": f"{ANSWER}3\n",
    }


def test_what_is_as_released_is_left_alone(course):
    path = course / "work" / NAME / f"{NAME}.ipynb"
    before = path.read_bytes()
    assert "nothing was changed" in reset(NAME, "cross_entropy_cost", course)[0]
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.txt"))


def test_progress_and_the_start_page_say_what_was_reset(course):
    reset(NAME, EXERCISE, course)
    [read] = read_progress(course / "work", course / "notebooks")
    assert {each.exercise: each.kept for each in read.exercises if each.kept} == {
        EXERCISE: f"{EXERCISE}_before_reset_1.txt"
    }
    lab.write_start_page(course, [])
    line = f"- `{EXERCISE}` of {NAME}: it was reset; the old text is in {EXERCISE}_before_reset_1.txt."
    assert line in (course / "work" / lab.START).read_text(encoding="utf-8").splitlines()
    write(course, {EXERCISE: ANSWER})
    lab.write_start_page(course, [])
    assert "it was reset" not in (course / "work" / lab.START).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("09", EXERCISE), "There is no notebook 09"),
        ((NAME, "sofmax"), "There is no exercise sofmax in 05_batchnorm_softmax; there are: "),
        ((NAME, "one_hot"), "The cell of one_hot is gone"),
    ],
)
def test_what_cannot_be_reset_is_a_sentence_and_changes_nothing(course, names, sentence):
    mine = notebook(course)
    mine.cells = [cell for cell in mine.cells if cell.metadata.get("nbgrader", {}).get("grade_id") != "one_hot"]
    path = course / "work" / NAME / f"{NAME}.ipynb"
    nbformat.write(mine, path)
    before = path.read_bytes()
    with pytest.raises(NotReady, match=sentence):
        reset(*names, course)
    assert path.read_bytes() == before


def test_the_command(course, monkeypatch, capsys):
    monkeypatch.setattr(command, "ROOT", course)
    assert command.main(["reset", "05", EXERCISE]) == 0
    assert "is as it was released" in capsys.readouterr().out
    (course / "work" / NAME / f"{NAME}.ipynb").write_text("", encoding="utf-8")
    assert command.main(["reset", "05", EXERCISE]) == 1
    assert "Nothing was written." in capsys.readouterr().err
