"""How far a student is: read from saved notebooks, whatever state they are in."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.topics.answer_cells import solution_text
from course_utils import __main__ as command
from course_utils import progress as progress_shown
from course_utils.checks.check_report import MIMETYPE
from course_utils.progress import (
    CHANGED,
    FAILS,
    NOT_STARTED,
    PASSES,
    PROGRESS,
    UNCHECKED,
    ExerciseProgress,
    Notebook,
    as_html,
    as_text,
    read_progress,
    student_folder,
)

ROOT = Path(__file__).resolve().parent.parent
RELEASED = ROOT / "notebooks"
NAME = "00_data_and_diagnosis"
WORTH = {"data_and_diagnosis_predictions": 1, "split_indices": 8, "diagnose": 6, "fit_normalizer": 6, "normalize": 6}
WRITTEN = "data_and_diagnosis_more_predictions"
GRADES = [
    cell.metadata.nbgrader
    for cell in nbformat.read(RELEASED / NAME / f"{NAME}.ipynb", as_version=4).cells
    if cell.metadata.get("nbgrader", {}).get("grade")
]
STUBS = {cell.id: cell.source for cell in nbformat.read(RELEASED / NAME / f"{NAME}.ipynb", as_version=4).cells}
POINTS = sum(grade.points for grade in GRADES)


def place(folder: Path) -> Path:
    return folder / NAME / f"{NAME}.ipynb"


@pytest.fixture(scope="module")
def worked_on(tmp_path_factory):
    """The first notebook as a student leaves it, run by a real kernel: its exercises, without the experiments."""
    notebook = nbformat.read(place(RELEASED), as_version=4)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", [])
    ]
    cells = {cell.id: cell for cell in notebook.cells}
    for name in WORTH:
        cells[name].source = solution_text(name)
    # Magics, decorators, partials, and an answer written in another cell.
    cells["split_indices"].source = "%precision 3\nimport functools\n" + cells["split_indices"].source
    cells["split_indices"].source += "\n\n\nsplit_indices = functools.partial(split_indices)"
    cells["diagnose"].source = cells["diagnose"].source.replace("> gap", "< gap")
    cells["fit_normalizer"].source = "%%capture\n" + cells["fit_normalizer"].source
    cells["data_and_diagnosis_predictions"].source = f"%%time\n\n{solution_text('data_and_diagnosis_predictions')}"
    cells[WRITTEN].source = f"from written import {WRITTEN}"
    file = nbformat.v4.new_code_cell(f"%%writefile written.py\n{solution_text(WRITTEN)}", id="file")
    notebook.cells.insert(notebook.cells.index(cells[WRITTEN]), file)
    helper = nbformat.v4.new_code_cell(cells["normalize"].source.replace("normalize(", "mine("), id="mine")
    notebook.cells.insert(1, helper)
    cells["normalize"].source = "normalize = mine"
    helper.source = helper.source.replace("(X - mu)", "UNIT * centred(X, mu)")
    notebook.cells.insert(1, nbformat.v4.new_code_cell("def centred(X, mu):\n    return X - mu", id="centred"))
    notebook.cells.insert(1, nbformat.v4.new_code_cell("UNIT = 1", id="unit"))
    notebook.cells.append(nbformat.v4.new_code_cell("from course_utils import progress\n\nprogress()"))

    path = place(tmp_path_factory.mktemp("work"))
    path.parent.mkdir()
    nbformat.write(notebook, path)
    client = NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": path.parent}})
    client.execute(stderr=subprocess.DEVNULL)
    return notebook


@pytest.fixture
def states(worked_on, tmp_path):
    """Save the notebook, edited, and read the states of its exercises."""

    def read(edit=lambda cells: None) -> dict[str, str]:
        notebook = copy.deepcopy(worked_on)
        edit({cell.id: cell for cell in notebook.cells})
        place(tmp_path).parent.mkdir(exist_ok=True)
        nbformat.write(notebook, place(tmp_path))
        first = read_progress(tmp_path, RELEASED)[0]
        assert first.name == NAME
        assert not first.problem
        return {one.exercise: one.state for one in first.exercises}

    return read


AS_LEFT = {
    **{grade.grade_id.removeprefix("test_"): NOT_STARTED for grade in GRADES},
    "data_and_diagnosis_predictions": PASSES,
    "split_indices": PASSES,
    "diagnose": FAILS,
    "fit_normalizer": PASSES,
    "normalize": PASSES,
    WRITTEN: PASSES,
}


PASSING = sum(grade.points for grade in GRADES if AS_LEFT[grade.grade_id.removeprefix("test_")] == PASSES)


def test_what_a_real_kernel_left_is_read(states):
    assert states() == AS_LEFT


def test_an_answer_changed_after_its_check_wants_it_again(states):
    def edit(cells):
        cells["fit_normalizer"].source += "\n# a second thought"
        cells["split_indices"].source = cells["split_indices"].source.replace("%precision 3", "%precision 4")
        cells["diagnose"].source += " "  # trailing space is no change

    assert states(edit) == {**AS_LEFT, "fit_normalizer": CHANGED, "split_indices": CHANGED}


@pytest.mark.parametrize(
    ("cell", "exercise"),
    [
        ("data_and_diagnosis_predictions", "data_and_diagnosis_predictions"),  # below %%time
        ("file", WRITTEN),  # by %%writefile
        ("normalize", "normalize"),
        ("mine", "normalize"),
        ("centred", "normalize"),
        ("unit", "normalize"),
    ],
)
def test_wherever_an_answer_stands_a_change_wants_its_check_again(states, cell, exercise):
    def edit(cells):
        cells[cell].source += "\n# a second thought"

    assert states(edit) == {**AS_LEFT, exercise: CHANGED}


def test_a_copy_of_what_was_checked_does_not_speak_for_the_answer(states):
    def edit(cells):
        cells["diagnose"].source = cells["fit_normalizer"].source
        cells["fit_normalizer"].source += "\n# the new one"

    assert states(edit)["fit_normalizer"] == CHANGED


def test_an_answer_taken_back_is_not_started(states):
    def edit(cells):
        cells["fit_normalizer"].source = "#%%\n" + STUBS["fit_normalizer"]  # an editor's mark is no beginning

    assert states(edit) == {**AS_LEFT, "fit_normalizer": NOT_STARTED}


def test_not_started_is_said_only_of_what_is_as_it_was_given_out(states):
    def edit(cells):
        cells["fit_normalizer"].source = STUBS["fit_normalizer"] + "\n    return X, X"
        cells["diagnose"].source = STUBS["diagnose"] + "\n# I do not know how"
        cells["data_and_diagnosis_answers"].source = STUBS["data_and_diagnosis_answers"].replace(
            "# TODO", "# try: a, b"
        )

    begun = {"fit_normalizer": CHANGED, "diagnose": CHANGED, "data_and_diagnosis_answers": UNCHECKED}
    assert states(edit) == {**AS_LEFT, **begun}


def test_cleared_outputs_want_the_checks(states):
    def edit(cells):
        for cell in cells.values():
            cell.outputs = []

    wanted = {name: UNCHECKED if state in (PASSES, FAILS) else state for name, state in AS_LEFT.items()}
    assert states(edit) == wanted


def test_deleted_cells_are_not_started(states):
    def edit(cells):
        for name in ("normalize", "test_normalize"):
            cells[name].update(source="", outputs=[], metadata={})

    assert states(edit) == {**AS_LEFT, "normalize": NOT_STARTED}


def test_progress_is_shown_in_the_notebook(worked_on):
    (output,) = worked_on.cells[-1].outputs
    assert set(output.data) == {"text/plain", "text/html", PROGRESS}
    # The file beside it was saved before anything ran.
    assert output.data[PROGRESS]["passing"] == 0
    assert "split_indices                               8  run its check" in output.data["text/plain"]


def test_what_was_never_copied_is_not_started_and_points_are_the_course_s(tmp_path):
    notebooks = read_progress(tmp_path / "nowhere", RELEASED)
    assert [one.name for one in notebooks] == sorted(path.parent.name for path in RELEASED.glob("*/*.ipynb"))
    assert {one.exercise: one.points for one in notebooks[0].exercises}.items() >= WORTH.items()
    assert notebooks[0].points == POINTS
    assert not any(one.begun or one.passing or one.problem for one in notebooks)


def code(**rest) -> str:
    return json.dumps({"cells": [{"cell_type": "code", **rest}]})


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"cells": [{"cell_ty', b"[]", b'{"cells": 3}', b"\xff\xfe\x00", b"[" * 100_000, b"<<<<<<< HEAD"],
    ids=lambda content: str(content[:12]),
)
def test_a_damaged_notebook_is_a_sentence(content, tmp_path):
    place(tmp_path).parent.mkdir()
    place(tmp_path).write_bytes(content)
    first = read_progress(tmp_path, RELEASED)[0]
    assert first.problem.startswith(f"{NAME}.ipynb cannot be read: ")
    assert (first.passing, first.points) == (0, POINTS)
    assert "cannot be read" in as_text([first])
    assert "cannot be read" in as_html([first])


def test_a_renamed_notebook_is_named(tmp_path):
    path = tmp_path / NAME / f"{NAME}-Ada.ipynb"
    path.parent.mkdir()
    path.write_text("{}", encoding="utf-8")
    notebook = next(notebook for notebook in read_progress(tmp_path, RELEASED) if notebook.name == NAME)
    assert notebook.problem == f"there is no {NAME}.ipynb; in that folder: {path.name}. Rename yours"


def test_a_huge_notebook_is_a_sentence_and_not_opened(tmp_path):
    place(tmp_path).parent.mkdir()
    with place(tmp_path).open("wb") as file:
        file.truncate(50_000_001)  # takes no room
    assert "has more than 50 MB" in read_progress(tmp_path, RELEASED)[0].problem


def test_in_a_folder_that_is_gone_work_is_read(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert student_folder(RELEASED) == ROOT / "work"


def test_a_folder_in_its_place_is_a_sentence(tmp_path):
    place(tmp_path).mkdir(parents=True)
    assert "cannot be read" in read_progress(tmp_path, RELEASED)[0].problem


@pytest.mark.parametrize(
    "content",
    [
        '{"cells": [null, 3, [], {}]}',
        code(),
        code(metadata=[], source=3, outputs=[1, {"data": []}, {"data": {MIMETYPE: 4}}]),
        code(metadata={"nbgrader": {"grade_id": [1]}}, source=["a", 3], outputs={"data": 1}),
        code(outputs=[{"data": {MIMETYPE: {"state": [], "exercise": {}, "cell": {}}}}]),
        code(outputs=[{"data": {MIMETYPE: {"state": "splendid", "exercise": "normalize"}}}]),
        code(source="'never closed\n%", outputs=None),
        code(source="half a character: \ud83d"),
        code(source=["x = 1\n"] * 1_000_000),
    ],
)
def test_odd_cells_count_as_nothing(content, tmp_path):
    place(tmp_path).parent.mkdir()
    place(tmp_path).write_text(content, encoding="utf-8")
    first = read_progress(tmp_path, RELEASED)[0]
    assert not first.problem
    assert {one.state for one in first.exercises} == {NOT_STARTED}


def test_a_damaged_course_is_a_sentence(tmp_path):
    place(tmp_path).parent.mkdir()
    place(tmp_path).write_text("{", encoding="utf-8")
    (found,) = read_progress(tmp_path, tmp_path)
    assert found.problem == f"notebooks/{NAME}/ is damaged: copy it from the course again"
    assert as_text([found]).isascii()
    assert "There is no notebook" in as_text(read_progress(tmp_path, tmp_path / "nowhere"))


EVERY_STATE = [
    Notebook(
        NAME, [ExerciseProgress(f"exercise_{n}" * 5, 12, state) for n, state in enumerate((PASSES, FAILS, CHANGED))]
    ),
    Notebook("01_<b>", [ExerciseProgress("a", 4, UNCHECKED), ExerciseProgress("b", 4, NOT_STARTED)]),
    Notebook(
        "02_regularization", [ExerciseProgress("a", 70, NOT_STARTED)], "02_regularization.ipynb cannot be read: " * 3
    ),
]


def test_text_fits_every_terminal():
    text = as_text(EVERY_STATE)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    for state in (PASSES, FAILS, CHANGED, UNCHECKED, NOT_STARTED):
        assert state in text
    bars = re.findall(r"\[(#*)(\.*)\] +(\d+) of +(\d+) points", text)
    assert [(len(full), len(rest), got, of) for full, rest, got, of in bars] == [
        (6, 14, "12", "36"),
        (0, 20, "0", "8"),
        (0, 20, "0", "70"),
        (2, 18, "12", "114"),
    ]


def test_html_is_whole_and_says_in_words_what_it_shows():
    class Page(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.attributes, self.text = [], [], ""

        def handle_starttag(self, tag, attributes):
            self.attributes.append((tag, dict(attributes)))
            if tag != "br":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

        def handle_data(self, data):
            self.text += data

    page = Page()
    page.feed(as_html(EVERY_STATE))
    assert not page.open
    for state in (PASSES, FAILS, CHANGED, UNCHECKED, NOT_STARTED):
        assert state in page.text
    assert "01_<b>" in page.text
    bars = [attributes for tag, attributes in page.attributes if tag == "progress"]
    assert [bar["aria-label"] for bar in bars] == ["all notebooks", NAME, "01_<b>", "02_regularization"]
    # Colours are the page's, so that a dark theme stays dark.
    assert not any("color" in attributes.get("style", "") for _, attributes in page.attributes)


def test_a_terminal_without_unicode_shows_it(worked_on, tmp_path):
    place(tmp_path).parent.mkdir()
    nbformat.write(worked_on, place(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "course_utils", "progress"],
        cwd=place(tmp_path).parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^{NAME} +\[#+\.+\] +{PASSING} of  {POINTS} points$", done.stdout, re.MULTILINE)


def test_without_a_notebook_beside_it_the_command_reads_work(worked_on, tmp_path, monkeypatch, capsys):
    (tmp_path / "notebooks").symlink_to(RELEASED, target_is_directory=True)
    place(tmp_path / "work").parent.mkdir(parents=True)
    nbformat.write(worked_on, place(tmp_path / "work"))
    monkeypatch.setattr(sys.modules["course_utils.progress"], "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert command.main(["progress"]) == 0
    assert f"{PASSING} of  {POINTS} points" in capsys.readouterr().out
    progress_shown(tmp_path / "nowhere")
    assert f"0 of  {POINTS} points" in capsys.readouterr().out
