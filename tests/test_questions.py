"""The letters that questions want: nothing that an answer can read when it is graded, and salted at home."""

from __future__ import annotations

import h5py
import pytest
from in_process import examination
from traitlets.config import PyFileConfigLoader

from autograder.course import COURSE
from autograder.judge.client import ExaminerClient
from autograder.pipeline.hidden_checks import right_outcome
from course_utils import check
from course_utils.checks.difference import digest
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.expected_outcomes_file import FILE, QUESTIONS_FILE, VISIBLE_SEED, read_outcomes
from course_utils.checks.questions import LETTERS, QUESTIONS
from course_utils.data import DATASETS

READ = """
def content(name):
    try:
        with open(name, "rb") as file:
            return len(file.read())
    except PermissionError:
        return 0
"""


@pytest.mark.needs("sandbox")
def test_when_graded_an_answer_sees_no_letter(tmp_path):
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(COURSE)).load_config().Judge
    files = {name: str(DATASETS / name) for name in (FILE, QUESTIONS_FILE)}
    cells = [
        ("student", READ),
        ("test", f"assert content({files[FILE]!r}) > 100_000"),
        ("test", f"content({files[QUESTIONS_FILE]!r})"),
    ]
    request = examination([{"kind": kind, "source": source, "points": 1} for kind, source in cells], tmp_path)
    hidden = [path for path in settings.hidden if "/" in path]
    examiner = ExaminerClient([])
    try:
        results = examiner.ask(request | {"readable": [str(DATASETS)], "hidden": hidden}, 60)["cells"]
    finally:
        examiner.close()
    assert results[1]["outputs"] == []
    assert results[2]["outputs"][-1]["data"]["text/plain"] == "0"


def test_what_students_have_is_salted_and_stands_apart():
    with h5py.File(DATASETS / FILE) as file, h5py.File(DATASETS / QUESTIONS_FILE) as questions:
        assert set(questions) == QUESTIONS
        assert set(file) == EXERCISES.keys() - QUESTIONS
    for name in QUESTIONS:
        stored = [seen.value for seen in read_outcomes(DATASETS, name).right[0] if seen.secret]
        assert stored == [seen.value for seen in right_outcome(EXERCISES[name], VISIBLE_SEED)[0] if seen.secret]
        topic = name.removesuffix("_answers")
        unsalted = {digest(topic, number, letter) for number in range(1, len(stored) + 1) for letter in LETTERS}
        assert len(stored) > 3
        assert not unsalted & set(stored)
        graded = [seen.value for seen in right_outcome(EXERCISES[name], 1)[0] if seen.secret]
        assert not set(graded) & set(stored)


def test_a_check_in_an_answers_cell_breaks_nothing_when_graded(tmp_path, capsys, monkeypatch):
    """The sandbox puts ``/dev/null`` in the file's place."""
    (tmp_path / QUESTIONS_FILE).symlink_to("/dev/null")
    monkeypatch.setattr("course_utils.data.DATASETS", tmp_path)

    def initialization_answers():
        return "abcd"

    check(initialization_answers)
    assert "is checked by its own test" in capsys.readouterr().out
