"""What students' code says reaches people as theirs, on one line, and commands neither a terminal nor a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from in_process import examination
from tiny_course import ROOT

from autograder import __main__ as commands
from autograder.course import CourseError
from autograder.judge.client import ExaminerClient
from autograder.plain_text import csv_cell, one_line, printable
from autograder.reporting.class_table import Row, print_table
from course_utils.checks.calling import describe_place

ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\u202etxt\r\nada    5.00  all right"


def judged(folder: Path, *cells: tuple[str, str]) -> list[dict]:
    """What the judge makes of cells; functions are called as this course's are."""
    request = examination([{"kind": kind, "source": source, "points": 2} for kind, source in cells], folder)
    package = str(ROOT / "course_utils")
    request |= {"calls": "course_utils.checks.calling", "readable": [package], "package_folders": [str(ROOT)]}
    examiner = ExaminerClient([], [], [str(ROOT)])
    try:
        return examiner.ask(request, 60)["cells"]
    finally:
        examiner.close()


@pytest.mark.needs("sandbox")
def test_who_asks_for_a_look_is_the_test_and_not_the_answer(tmp_path):
    asks = "class NotGraded(Exception): pass\n"
    results = judged(
        tmp_path,
        ("student", f"{asks}def f(): raise NotGraded('TensorFlow is not installed here')\ndef g(f): return f(1)"),
        ("test", "assert f() == 1"),
        ("test", f"{asks}raise NotGraded('really')"),
        ("test", "def given(x): raise ValueError('7919')\ng(given)"),
    )
    assert [result.get("look") for result in results[1:]] == ["", "really", ""]
    assert "TensorFlow" in results[1]["outputs"][-1]["evalue"]
    # The student's own line, and not the one of ours in which the error came across the border.
    assert results[3]["outputs"][-1]["evalue"] == "it raises ValueError: 7919 (in: def g(f): return f(1))"


def test_at_home_the_place_is_the_students_own_line():
    def hidden_frame():
        __tracebackhide__ = True
        raise ValueError("7919")

    def answer():
        hidden_frame()

    with pytest.raises(ValueError, match="7919") as caught:
        answer()
    assert describe_place(caught.value.with_traceback(caught.tb.tb_next)) == " (in: hidden_frame())"


def test_a_terminal_obeys_nothing(capsys, monkeypatch):
    print_table([Row("eve", 0.0, 5.0, False, [f"double: ValueError: {ESCAPES}"])])

    def fail(_):
        raise CourseError(f"no course in {ESCAPES}")

    monkeypatch.setattr(commands, "_doctor", fail)
    assert commands.main(["doctor"]) == 1
    shown = capsys.readouterr()
    for text in (shown.out + shown.err).splitlines():
        assert printable(text) == text
        assert not text.startswith("ada")
    assert one_line(ESCAPES).endswith("txt ada 5.00 all right")


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "|calc", "%0a", "a;=1", "a; @b", "a\t-1", "a\n+1"]
FORMULAS += ['a;"=1', "＝1", "a;\u00a0=1", "a;;=1", ';"";=1', '"=1+1"']


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_case_91_a_table_holds_no_formula_whatever_delimiter_it_is_read_with(text, delimiter):
    file = io.StringIO(newline="")
    csv.writer(file).writerow(["ada", csv_cell(text)])
    fields = [
        field for row in csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=delimiter) for field in row
    ]
    assert len(fields) > 1 or delimiter != ","
    assert not [field for field in fields if field.lstrip('" \xa0\t\r\n').startswith((*"=+-@|%", "＝"))]
    assert csv_cell(-1.0) == -1.0
    assert csv_cell("double: wrong; a - b") == "double: wrong; a - b"
