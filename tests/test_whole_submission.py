"""One submission has one total of time, memory and output, whatever restarts; what came before its end is kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from commands import run_module
from in_process import examination
from tiny_course import NAME, ROOT, answered, at, config, hand_in, release

from autograder.engine.inputs import submission_key
from autograder.judge.client import ExaminerClient
from autograder.judge.self_test import self_test
from autograder.judge.session import LIMIT_SENTENCES
from autograder.lms.archives import open_archive
from autograder.pipeline import submissions
from autograder.reporting import class_table
from course_utils import cells
from course_utils.checks.limits import time_limit

pytestmark = pytest.mark.needs("sandbox")

BURN = """import time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
def double(x): return 2 * x
"""
PASSES = ("test", "assert double(2) == 4")


@pytest.fixture(scope="module")
def examiner():
    client = ExaminerClient([])
    yield client
    client.close()


def looks(
    examiner: ExaminerClient, folder: Path, cells: list[tuple[str, str]], memory: int = 4 * 1024**3, **limits: float
) -> list[str]:
    """Examine a submission; say of each test why it needs a look, and of each other cell the first error's words."""
    asked = [{"kind": kind, "source": source, "points": 1} for kind, source in cells]
    request = {**examination(asked, folder), "memory": memory, "config": {"SubmissionLimits": limits}}
    answer = examiner.ask(request, 300)
    results = answer.get("cells") or [{"outputs": [], "look": str(answer)} for _ in cells]
    return [
        one["look"]
        if kind == "test"
        else next((output["evalue"] for output in one["outputs"] if output["output_type"] == "error"), "")
        for one, (kind, _) in zip(results, cells, strict=True)
    ]


def test_all_cells_calls_and_restarts_share_one_computing_time(examiner, tmp_path):
    cells = [("student", BURN), PASSES, ("student", "burn(1)")]
    cells += [("student", "import os; os._exit(3)"), PASSES] * 3  # each computes the second once more
    cells += [("student", "burn(1)"), PASSES]
    found = looks(examiner, tmp_path, cells, total_cpu=5.0)
    assert found[1] == ""
    assert found[-1] == LIMIT_SENTENCES["cpu"]


def test_waiting_has_one_total_too_and_what_was_judged_before_is_kept(examiner, tmp_path):
    cells = [("student", BURN), PASSES, *[("student", "time.sleep(0.7)")] * 4, PASSES]
    found = looks(examiner, tmp_path, cells, total_idle=1.5)
    assert found[1] == ""
    assert LIMIT_SENTENCES["wall"] in found[-2]
    assert found[-1] == LIMIT_SENTENCES["wall"]


def test_computing_is_no_waiting(examiner, tmp_path):
    """Nor is it, on a busy machine, to wait for a core: that is computing by the kernel's count, and ours."""
    cells = [("student", BURN), ("student", "burn(1.5)"), PASSES]
    assert looks(examiner, tmp_path, cells, total_idle=1.2) == ["", "", ""]


def test_a_check_that_computes_without_end_costs_itself_and_what_comes_after(examiner, tmp_path, soak):
    endless = "import re\nassert re.match('(a*)*b', 'a' * 60) is None"
    swallowing = "try:\n    while True: pass\nexcept BaseException: pass"
    for check in (endless, swallowing) if soak else (swallowing,):
        found = looks(examiner, tmp_path, [("student", BURN), PASSES, ("test", check), PASSES], total_cpu=1.5)
        assert found[:3] == ["", "", "its checks computed for longer than they may"]
        assert found[3]


def test_a_check_that_takes_too_much_memory_needs_a_look(examiner, tmp_path):
    cells = [("student", BURN), PASSES, ("test", "bytearray(10**10)"), PASSES]
    assert looks(examiner, tmp_path, cells) == ["", "", "its check took more memory than it may", ""]
    own = [("student", "def f(): raise MemoryError"), ("test", "f()")]
    assert looks(examiner, tmp_path, own) == ["", ""]


@pytest.mark.soak
def test_a_check_that_nothing_can_stop_is_ended_from_outside(examiner, tmp_path):
    found = looks(examiner, tmp_path, [("student", BURN), ("test", "sum(range(10**13))")], total_cpu=1.0)
    assert "its checks computed for longer than they may" in found[1]


# --- what leaves a session --------------------------------------------------------------------------------------------

FORGE = """import os, sys
from guest import codec
def say(value):
    codec.send(codec.encode(value), lambda buffer: os.write(4, buffer))
"""
SENT = [
    "{'output_type': np.zeros(2)}",
    "{'output_type': 'stream', 'name': np.zeros(2), 'text': 'a'}",
    "{'output_type': 'display_data', 'data': {'text/plain': 'a'}, 'display_id': np.zeros(2)}",
    "{'output_type': 'display_data', 'data': {'text/plain': 'a'}, 'update': np.zeros(2)}",
    "{'output_type': 'error', 'ename': 'a', 'evalue': 'b', 'traceback': [np.zeros(2), {}]}",
    "{'output_type': 'display_data', 'data': {1: 'a', (2, 3): np.zeros(2)}}",
]


def test_outputs_of_any_types_are_left_out_at_most(examiner, tmp_path):
    said = "\n".join(f"say({{'output': {one}}})" for one in SENT)
    cells = [("student", BURN + FORGE), ("student", f"import numpy as np\n{said}"), PASSES]
    assert looks(examiner, tmp_path, cells)[2] == ""


def test_outputs_between_a_test_and_its_beginning_are_no_end(examiner, tmp_path):
    burst = "os.register_at_fork(before=lambda: [say({'output': {}}) for _ in range(3000)])"
    cells = [("student", BURN + FORGE), ("student", burst), PASSES]
    assert looks(examiner, tmp_path, cells) == ["", "", ""]
    flood = burst.replace("3000", "10_001")
    assert looks(examiner, tmp_path, [*cells[:1], ("student", flood), PASSES])[2].startswith("it broke the protocol")


def test_a_cell_above_what_the_border_lets_pass_costs_itself_and_says_so(examiner, tmp_path):
    large = [("student", f"x = '{text}'") for text in ("a" * 4_300_000, "\\" * 2_600_000)]
    found = looks(examiner, tmp_path, [("student", BURN), PASSES, *large, PASSES])
    assert all(one.startswith("This cell was not run: it holds ") for one in found[2:4])
    assert found[:2] + found[4:] == ["", "", ""]


def test_all_outputs_together_are_limited_in_size_and_every_cells_in_number(examiner, tmp_path):
    picture = "from IPython.display import display\ndisplay({'image/png': 'A' * 400_000}, raw=True)"
    tiny = "import sys\nfor _ in range(3000):\n    print('a'); print('b', file=sys.stderr)"
    cells = [("student", picture)] * 6 + [("student", tiny), PASSES]
    asked = [{"kind": kind, "source": source, "points": 1} for kind, source in cells]
    request = {**examination(asked, tmp_path), "config": {"SubmissionLimits": {"total_output": 1_500_000}}}
    results = examiner.ask(request, 300)["cells"]
    kept = [sum(len(output.get("data", {}).get("image/png", "")) for output in one["outputs"]) for one in results]
    assert kept == [400_000] * 3 + [0] * 5
    assert "400,000 more characters of output are not kept" in results[3]["outputs"][-1]["text"]
    assert len(results[6]["outputs"]) <= 1001


# --- around the judge -------------------------------------------------------------------------------------------------

STEP = """
from nbgrader.preprocessors import NbGraderPreprocessor

class Greedy(NbGraderPreprocessor):
    def preprocess_cell(self, cell, resources, index):
        if cell.source == "# computes":
            while True:
                pass
        if cell.source == "# takes":
            bytearray(10**11)
        return cell, resources
"""


def test_a_step_of_nbgraders_that_takes_too_much_costs_its_submission(tmp_path):
    """What nbgrader's and our own steps do with a notebook is the submission's result, and tried once."""
    course = release(tmp_path, config("autograder.judge.preprocessor.Judge"))
    (course / "greedy.py").write_text(STEP, encoding="utf-8")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("c.SubmissionLimits.total_cpu = 3\nc.Autograde.autograde_preprocessors.insert(1, 'greedy.Greedy')\n")
        file.write(f"sys.path.insert(0, {str(course)!r})\n")
    hand_in(course, "ada", answered(course))
    for student in ("computes", "takes"):
        nb = answered(course)
        nb.cells[at(nb, "intro")].source = f"# {student}"
        hand_in(course, student, nb)
    done = run_module("autograder", "grade", "--course", str(course), NAME, cwd=ROOT)
    assert done.returncode == 0, done.stderr  # not one is left to be graded again
    assert "Traceback" not in done.stderr
    rows = {row.student: row for row in class_table.class_table(course, NAME)}
    assert (rows["ada"].points, rows["ada"].needs_a_look) == (5, False)
    for student, reason in (("computes", "more than 3 s of computing"), ("takes", "more memory")):
        assert (rows[student].points or 0, rows[student].needs_a_look) == (0, True)
        assert any(reason in one for one in rows[student].reasons), rows[student].reasons


def deep_folder(folder: Path) -> Path:
    """A folder that holds a path of over 6 000 characters, which no system call takes whole."""
    folder.mkdir(parents=True)
    deep = "import os\nfor _ in range(30):\n    os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('file', 'w').close()"
    subprocess.run([sys.executable, "-c", deep], cwd=folder, check=True)
    return folder


def test_a_path_that_is_too_long_is_its_submissions_own_problem(tmp_path):
    folder = deep_folder(tmp_path / "submission")
    before = submission_key(folder, ["p1"])
    (folder / "p1.ipynb").write_text("{}", encoding="utf-8")
    assert before != submission_key(folder, ["p1"]) == submission_key(folder, ["p1"])
    submissions.list_files(folder, max_depth=1000)
    read, _, _ = submissions.read_submission(folder, ["p1"], 1000, "ada")
    assert read["p1"].refused == "The file is JSON, but not a notebook."
    canaries = self_test([folder], [], [])
    assert all(finding.held for finding in canaries)


@pytest.mark.parametrize("item", [b"[],", b'{"":0},', b'"\\"[",'])
def test_what_would_be_many_objects_is_not_parsed(item):
    """Three bytes can become an object of two hundred: 50 MB of them would be some gigabytes of memory."""
    raw = b'{"nbformat": 4, "cells": [' + item * (submissions.MAX_ITEMS + 1) + b"0]}"
    with time_limit(10), pytest.raises(submissions.InvalidSubmission, match="more than 1,000,000 numbers and texts"):
        submissions.read_document(raw, [])
    within = b'{"nbformat": 4, "cells": [' + item * 1000 + b"0]}"
    assert len(submissions.read_document(within, [])["cells"]) == 1001


def test_what_stands_in_texts_is_no_object():
    text = '[1, {"a": 2}], "' * submissions.MAX_ITEMS
    raw = json.dumps({"nbformat": 4, "cells": [{"source": text}, {"source": ["\\", '"']}]}).encode()
    assert submissions.read_document(raw, [])["cells"][0]["source"] == text
    with time_limit(10), pytest.raises(submissions.InvalidSubmission, match="breaks off"):
        submissions.read_document(b'{"a": "' + rb"\"," * submissions.MAX_ITEMS, [])


def test_nobody_reads_four_million_characters_of_code():
    cells = [{"cell_type": kind, "source": "x" * 1_500_000} for kind in ("code", "markdown", "code", "raw")]
    document = {"nbformat": 4, "cells": cells}
    assert len(submissions.read_cells(document, [])) == 4
    with pytest.raises(submissions.InvalidSubmission, match="Its code has 4,500,000 characters"):
        submissions.read_cells({**document, "cells": [*cells, cells[0]]}, [])


def test_folders_are_counted_too(tmp_path, monkeypatch):
    for number in range(30):
        (tmp_path / "many" / f"{number:03}" / "in").mkdir(parents=True)
    (tmp_path / "p1.ipynb").write_text("{}", encoding="utf-8")
    listed = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(path) or scandir(path))
    monkeypatch.setattr(submissions, "MAX_FILES", 20)
    with pytest.raises(submissions.InvalidSubmission, match="too many files or folders"):
        submissions.list_files(tmp_path, max_files=20)
    before = submission_key(tmp_path, ["p1"])
    assert len(listed) == 4  # the folder and the one that holds too many, twice
    (tmp_path / "p1.ipynb").write_text("[]", encoding="utf-8")
    assert submission_key(tmp_path, ["p1"]) != before


def test_a_file_that_goes_or_may_not_be_read_is_its_submissions_own_problem(tmp_path, monkeypatch):
    (tmp_path / "p1.ipynb").write_text("{}", encoding="utf-8")
    (tmp_path / "secret").write_text("{}", encoding="utf-8")
    before = submission_key(tmp_path, ["p1"])
    lstat = os.lstat

    def refused(path: Path, **options: object) -> os.stat_result:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return lstat(path, **options)

    monkeypatch.setattr(os, "lstat", refused)
    assert submission_key(tmp_path, ["p1"]) != before
    assert [path.name for path in submissions.list_files(tmp_path)[0]] == ["p1.ipynb"]
    with pytest.raises(submissions.InvalidSubmission, match="could not be opened"):
        submissions.read_file(tmp_path / "gone", 1000)


@pytest.mark.parametrize(
    "name",
    [
        "p1" + " copy" * 19 + "!",
        "p1" + " copy" * 40_000,
        "p1" + " " * 100_000 + "!",
        "p1" + " (1)" * 50 + "!",
        "p1" + "-copy1 copy_copy" * 10 + "(",
        "p1" + ".ipynb" * 40 + "x",
    ],
)
def test_names_of_any_length_are_read_at_once(name):
    with time_limit(2):
        plain = submissions.plain_name(name)
    assert plain.startswith("p1")
    assert submissions.plain_name("p1" + " copy" * 19) == submissions.plain_name("p1")


def test_no_archive_brings_longer_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("p1" + ".ipynb" * 5_000, "{}")
    with (
        pytest.raises(submissions.InvalidSubmission, match="a longer name than"),
        open_archive(tmp_path / "a.zip", "a", max_total_bytes=1_000_000),
    ):
        pass


@pytest.mark.parametrize(
    "source",
    [
        "(\n" + " " * 49_000,
        "(\n" + "a, " * 16_000,
        "raise NotImplementedError\n" * 1_900,
        "(\n" + "a." * 24_000,
        "<<<<<<< " * 6_000,
    ],
)
def test_cells_are_taken_apart_in_time(source):
    with time_limit(3):
        cells.without_magics(source)
        cells.statements(source)
        cells.names_bound(source), cells.names_used(source)
        cells.meaning(source), cells.bare(source)
        next(cells.left_raises(source), None)
