"""What students' code says reaches people as theirs, on one line, and commands neither a terminal nor a spreadsheet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from in_process import examination
from nbformat import v4

from autograder import __main__ as commands
from autograder.course import CourseError
from autograder.judge.client import ExaminerClient
from autograder.pipeline.hidden_checks import examine
from autograder.pipeline.needs_look import find_doubts
from autograder.pipeline.notebook_cells import STUDENT_ID
from autograder.plain_text import csv_cell, one_line, printable
from autograder.reporting.class_table import Row, print_table
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import ENDING, EXERCISES, Observation
from course_utils.checks.limits import CallTimeout
from course_utils.checks.verdict import _ending_without_details

ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\u202etxt\r\nada    5.00  all right"


def judged(folder: Path, *cells: tuple[str, str], **more: object) -> list[dict]:
    """What the judge makes of cells, each with its kind."""
    request = examination([{"kind": kind, "source": source, "points": 2} for kind, source in cells], folder)
    examiner = ExaminerClient([])
    try:
        return examiner.ask(request | more, 60)["cells"]
    finally:
        examiner.close()


@pytest.mark.needs("sandbox")
def test_who_asks_for_a_look_is_the_test_and_not_the_answer(tmp_path):
    asks = "class NotGraded(Exception): pass\n"
    results = judged(
        tmp_path,
        ("student", f"{asks}def f(): raise NotGraded('TensorFlow is not installed here')"),
        ("test", "assert f() == 1"),
        ("test", f"{asks}raise NotGraded('really')"),
    )
    assert [result.get("look") for result in results[1:]] == ["", "really"]
    assert "TensorFlow" in results[1]["outputs"][-1]["evalue"]


@pytest.mark.needs("sandbox")
def test_who_runs_out_of_memory_is_the_check_and_not_the_answer(tmp_path):
    """Also after more errors than are noted, and under a name that is none."""
    results = judged(
        tmp_path,
        ("student", "def f(x):\n    raise MemoryError if x == 60 else ValueError(x)"),
        ("student", "def g():\n    raise type('not a name', (MemoryError,), {})"),
        ("test", "for x in range(61):\n    try: f(x)\n    except ValueError: pass"),
        ("test", "g()"),
        ("test", "raise MemoryError"),
    )
    assert [result["look"] for result in results[2:]] == ["", "", "its check took more memory than it may"]
    assert [result["outputs"][-1]["ename"] for result in results[2:4]] == ["MemoryError"] * 2


@pytest.mark.needs("sandbox")
def test_how_long_a_call_took_is_not_the_answers_to_say(tmp_path):
    """The number stands in a report that students read: it could tell of a hidden case."""
    say = "from guest import codec; import os\ndef f(x):\n    error = f'still running after {x} s of computing'\n"
    say += "    codec.send(codec.encode({'raised': ['TimeoutError', 'TimeoutError', error]}), lambda b: os.write(4, b))"
    check = "from course_utils.checks.calling import CallRecorder\nfrom course_utils.checks.limits import CallTimeout\n"
    check += "try: CallRecorder(f)(777777)\nexcept CallTimeout as timeout: print('stopped after', timeout.seconds)"
    results = judged(tmp_path, ("student", say), ("test", check), ("test", "f(777777)"))
    assert "stopped after 2.0" in str(results[1]["outputs"])
    assert "777777" not in str([result["outputs"][-1].get("evalue", "") for result in results[1:]])


@pytest.mark.needs("sandbox")
def test_what_cells_show_is_recorded_before_any_test(tmp_path):
    """A test that leaves a trace in what all sandboxes read: such as the page cache would be."""
    (tmp_path / "read").mkdir()
    trace = str(tmp_path / "read" / "trace")
    results = judged(
        tmp_path,
        ("student", f"import os\ndef there(): return os.path.exists({trace!r})"),
        ("test", f"open({trace!r}, 'w').close()\nassert there()"),
        ("student", "print(there())"),
        ("test", "assert there()"),
        ("student", "print(there())"),
        readable=[str(tmp_path / "read")],
    )
    assert [result["outputs"] for result in (results[1], results[3])] == [[], []]
    assert [results[number]["outputs"][0]["text"] for number in (2, 4)] == ["False\n", "False\n"]


TELLING = {
    "a list's length": [0.5] * 7919,
    "a text": "7919",
    "a text in a list": ["7919", 7919.5],
    "a dict's size": {f"W{number}": 0.5 for number in range(7919)},
    "a dict's keys": {"7919": 0.5, "W7919": np.ones(2)},
    "a shape": np.ones((0, 7919)),
    "a length": np.ones(7919),
    "a tuple": tuple([0.5] * 7919),
    "a whole number": 7919,
    "nested lists": [[0.5], [0.5] * 7919],
}


@pytest.mark.parametrize("way", TELLING)
def test_no_report_on_hidden_cases_holds_a_number_that_an_answer_chose(way, soak, monkeypatch):
    """Students read it: it could tell what they were asked."""
    monkeypatch.setenv("COURSE_SECRET", "test")
    chosen = [name for name, one in EXERCISES.items() if not one.needs]
    for name in chosen if soak else ["relative_difference", "split_indices", "fit_normalizer", "vector_to_dictionary"]:
        report = Report(examine(lambda *_, **__: TELLING[way], name, 7), 10)
        assert report.verdict.state == "wrong"
        assert "7919" not in str(report.headline() + str(report.lines())), name


def test_how_long_a_call_may_compute_is_told():
    def stopped(*_):
        raise TimeoutError("still running after 2.5 s of computing")

    verdict = examine(stopped, "softmax", 7)
    assert verdict.ending.startswith("it raises TimeoutError")  # an answer's own
    assert _ending_without_details(Observation(ENDING, f"no: {CallTimeout.message.format(2.5)}")) == (
        "still running after 2.5 s of computing"
    )


def test_a_cell_of_the_course_is_not_called_the_students_own():
    """Whose statement could not run: a student's process says where, and may say anything."""
    nb = v4.new_notebook(cells=[v4.new_code_cell("import no_such_module", id="given")])
    sentences, _ = find_doubts(nb, {"passed_over": {0: [(1, 0, "ModuleNotFoundError")]}})
    assert sentences[0].startswith("A cell of the course: `import no_such_module` could not run")
    nb.cells[0].id = f"{STUDENT_ID}1"
    sentences, _ = find_doubts(nb, {"passed_over": {0: [(1, 0, "ModuleNotFoundError")]}})
    assert sentences[0].startswith("A cell of the student's own: ")


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
