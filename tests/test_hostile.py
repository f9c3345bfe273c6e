"""A class of hostile submissions beside honest ones, graded by ``autograder grade`` and by ``nbgrader autograde``.

Each file in ``tests/hostile/`` is one submission; see ``hostile_class.py`` for how it is read. Faults of the files
themselves, and of what is shown, have their own classes: ``test_intake.py`` and ``test_feedback.py``. nbgrader's own
command takes one after the other: outside of a soak it is given a few of them.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from hostile_class import CASES, HONEST, POINTS, Case, hand_in
from in_process import examination
from nbformat import v4
from test_engine import notebooks, rows
from tiny_course import NAME, ROOT, SEED, answered, config, nbgrader, release, source_notebook
from tiny_course import hand_in as hand_in_notebook

from autograder.judge import preprocessor
from autograder.judge.client import ExaminerClient
from autograder.judge.examination import Examination
from autograder.judge.preprocessor import Judge
from autograder.reporting import class_table
from course_utils.checks.check_report import MIMETYPE

MIB = 1024**2
LIMITS = f"""
c.Sandbox.cpu_seconds = 20
c.Sandbox.wall_seconds = 60
c.Sandbox.memory = {400 * MIB}
c.Sandbox.processes = 24
c.Sandbox.disk = {8 * MIB}
c.Sandbox.file_size = {4 * MIB}
c.Sandbox.file_count = 400
c.Sandbox.output_bytes = {8 * MIB}
c.SubmissionLimits.cell_cpu = 2
c.SubmissionLimits.cell_wall = 12
c.SubmissionLimits.call_cpu = 1.5
c.SubmissionLimits.call_wall = 8
c.SubmissionLimits.reply_wall = 12
c.SubmissionLimits.output = 100_000
"""

# What nbgrader's own command grades, outside of a soak: an endless loop, a process that ends, a crash, output without
# end, forged results, other files, and who changes what belongs to the check.
SAMPLE = {"002_endless_function", "004_exit_at_once", "005_crash", "021_much_output", "028_forged_results"}
SAMPLE |= {"038_shadows", "060_changes"}
CHANCE = {"019_disk", "022_flood", "083_magics"}
"""Whose notebooks differ from one grading to the next, and no points: where a limit cut them off, how long it took."""

pytestmark = pytest.mark.needs("sandbox")


BETWEEN = """import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(code)"""


class Run:
    """A class, graded.

    Attributes
    ----------
    course : Path
    log : str
        What the command said.
    code : int
        Its exit code.
    peak : int
        Bytes of memory that the largest of its processes ever held, sandboxed ones included.
    left : list of str
        What remains in the folder for temporary files.
    orphans : list of str
        Processes that still run.
    """

    def __init__(self, course: Path, *words: str) -> None:
        self.course = course
        self._temporary = course.parent / f"{course.name}-temporary"
        self._temporary.mkdir()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "PYTHONIOENCODING": "utf-8"}
        environment |= {"TMPDIR": str(self._temporary), "A_SECRET_OF_THE_GRADER": "hunter2"}
        self._file = (course.parent / f"{course.name}.log").open("w+", encoding="utf-8")
        # Linux counts as a process's own what its parent held when it began: a small process in between is the parent.
        self._peak = course.parent / f"{course.name}.peak"
        command = [sys.executable, "-c", BETWEEN, str(self._peak), sys.executable, "-m", *words, NAME]
        self._process = subprocess.Popen(
            command,
            cwd=course,
            env=environment,
            stdout=self._file,
            stderr=self._file,
        )

    def finish(self) -> Run:
        """Wait until it has ended."""
        self.code = self._process.wait()
        self.peak = int(self._peak.read_text(encoding="utf-8")) * 1024
        self._file.seek(0)
        self.log = self._file.read()
        self._file.close()
        self.left = sorted(path.name for path in self._temporary.iterdir())
        return self

    def scores(self, student: str) -> dict[str, tuple[float, bool]]:
        """Exercise → points, and whether it needs a look, as the gradebook has them."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            grades = gradebook.find_submission_notebook(NAME, NAME, student).grades
            return {one.name.removeprefix("test_"): (one.score, one.needs_manual_grade) for one in grades}

    def notebook(self, student: str) -> Path:
        """The autograded notebook."""
        return self.course / "autograded" / student / NAME / f"{NAME}.ipynb"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, soak: bool) -> dict[str, Run]:
    """Classes graded side by side: all together, and by nbgrader's own command the honest, and those beside some."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = config("autograder.judge.preprocessor.Judge") + LIMITS
    (folder / "alone").mkdir()
    release(folder / "alone", settings, more=True)
    for copy in ("together", "released", "stock"):
        shutil.copytree(folder / "alone", folder / copy)
    for case in HONEST:
        hand_in(folder / "alone", case)
    for case in CASES + HONEST:
        hand_in(folder / "together", case)
        if soak or case.name in SAMPLE:
            hand_in(folder / "stock", case)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what outlives its parent becomes our child
    before = children()
    grade = ["autograder", "grade", "--course", str(folder / "together"), "--workers", "4"]  # which mostly wait
    autograde = ["nbgrader", "autograde"]
    commands = {"together": grade, "alone": autograde, "stock": autograde}
    started = {name: Run(folder / name, *words) for name, words in commands.items()}
    finished = {name: one.finish() for name, one in started.items()}
    orphans = [child for child in children() if child not in before]
    for one in finished.values():
        one.orphans = orphans
    ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)
    return finished


def children() -> list[str]:
    """List the processes that are children of this one, by number and name."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = file.read_text(encoding="utf-8").rpartition(")")
        except OSError:  # it has just ended
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and state != "Z":  # dead, and not yet waited for
            found.append(head)
    return found


@pytest.fixture(scope="module")
def together(runs: dict[str, Run]) -> Run:
    return runs["together"]


def test_the_class_run_ends_well(runs):
    for run in runs.values():
        assert run.code == 0, run.log
        assert "Traceback" not in run.log


@pytest.mark.parametrize("case", CASES + HONEST, ids=lambda case: case.name)
def test_case(together: Run, case: Case):
    found = together.scores(case.name)
    reasons = "\n".join(class_table.reasons_in(together.notebook(case.name)))
    assert found == {name: (case.scores[name], name in case.looks) for name in POINTS}, reasons
    assert re.search(case.reason, reasons) if case.reason else not reasons, reasons


def test_the_honest_get_what_they_get_without_the_hostile(runs):
    together, alone = runs["together"], runs["alone"]
    for case in HONEST:
        assert together.scores(case.name) == alone.scores(case.name)
        assert together.notebook(case.name).read_bytes() == alone.notebook(case.name).read_bytes()


def test_nothing_is_left_behind(runs):
    for run in runs.values():
        assert run.left == []
        assert run.orphans == []
        assert not [path for path in run.course.rglob("*") if path.name.startswith("core") and path.is_file()]
        assert not (run.course / "unpickled").exists()


def test_the_graders_memory_stays_flat(together):
    """No process held more than a sandbox may, be it the grader's own."""
    assert together.peak < 450 * MIB


def test_what_is_kept_of_outputs_is_limited(together):
    text = together.notebook("021_much_output").read_text(encoding="utf-8")
    assert len(text) < 500_000
    assert text.count("more characters of output are not kept") == 2
    assert text.count("An output is left out") == 1


def test_case_28_no_report_is_a_students_own(together):
    nb = nbformat.read(together.notebook("028_forged_results"), as_version=4)
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("2.0 / 2.0 points" in output.get("text", "") for output in outputs)
    assert not any(MIMETYPE in output.get("data", {}) for output in outputs)


def test_the_feedback_tells_no_hidden_case(together):
    done = nbgrader(together.course, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    pages = {path.parts[-3]: path.read_text(encoding="utf-8") for path in together.course.glob("feedback/*/*/*.html")}
    assert set(pages) == {case.name for case in CASES + HONEST}
    for student, page in pages.items():
        for secret in ("7919", "15838", "23757", "71271", "62710561", str(SEED), "BEGIN HIDDEN", "hunter2"):
            assert secret not in page, student


def test_a_second_grading_gives_the_same(together):
    """Of one student, as formgrader's button does it."""
    before = {case.name: together.scores(case.name) for case in CASES + HONEST}
    done = nbgrader(together.course, "autograde", NAME, "--student", "060_changes", "--force")
    assert done.returncode == 0, done.stderr
    assert {case.name: together.scores(case.name) for case in CASES + HONEST} == before


def test_nbgraders_own_command_writes_the_same(runs):
    """``python -m autograder grade``, and nbgrader one by one: the same rows, the same notebooks cell by cell."""
    together, stock = runs["together"], runs["stock"]
    ours, theirs = notebooks(together.course), notebooks(stock.course)
    assert SAMPLE <= theirs.keys() <= ours.keys()
    assert {student for student in theirs if ours[student] != theirs[student]} <= CHANCE
    found, expected = rows(together.course), rows(stock.course)
    for table, lines in expected.items():
        assert lines == [line for line in found[table] if line.split("'")[1] in theirs]
    for case in CASES:
        if case.name in theirs and case.looks:
            assert f"{case.name}, {NAME} needs a look: " in stock.log


# --- without a verdict ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ("", ["--no-execute"]),
        ("c.Judge.enabled = False", []),
        ("c.Autograde.autograde_preprocessors.pop(0)", []),
        ("c.Autograde.autograde_preprocessors[0] = 'nbgrader.preprocessors.Execute'", []),
    ],
    ids=["--no-execute", "disabled", "removed", "replaced"],
)
def test_case_102_without_the_judge_nobody_gets_points(runs, tmp_path, settings, options):
    course = tmp_path / "course"
    shutil.copytree(runs["alone"].course.parent / "released", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write(f"{settings}\n")
    nb = answered(course)
    for cell in nb.cells:
        if cell.id.startswith("test_"):  # outputs that a notebook was handed in with
            cell.outputs = [v4.new_output("execute_result", {"text/plain": "4.0"}, execution_count=1)]
    hand_in_notebook(course, "ada", nb)
    done = nbgrader(course, "autograde", NAME, *options)
    assert done.returncode == 0, done.stderr
    row = class_table.class_table(course, NAME)[0]
    assert (row.points, row.needs_a_look) == (0, True)
    assert "double needs a look: it was not run" in row.reasons


def test_case_99_a_fault_of_the_grader_is_tried_again_and_not_blamed_on_the_student(caplog, tmp_path):
    judge = Judge(log=logging.getLogger(__name__))  # not that of whatever application ran before
    cells = [
        {"kind": "student", "source": "x = 1", "points": None},
        {"kind": "test", "source": "import os\nos._exit(3)", "points": 1},
    ]
    results = judge._examine(examination(cells, tmp_path))
    assert [one["look"] for one in results] == [
        "the grader itself failed, which is not the student's fault: the examiner ended with code 3"
    ] * 2
    assert caplog.text.count("The grader itself failed") == 2


def test_case_100_a_call_that_stood_still_is_tried_once_more(monkeypatch):
    tried = []
    session = SimpleNamespace(stalled=False)

    def tested(self, source, points):
        tried.append(source)
        session.stalled = len(tried) == 1
        return {"look": "no answer for 20 s" if session.stalled else ""}

    monkeypatch.setattr(Examination, "_try_test", tested)
    assert Examination(None, session)._run_test("check", 1) == {"look": ""}
    assert len(tried) == 2


def test_case_101_a_check_that_is_wrong_is_said_to_be(tmp_path):
    cells = [
        {"kind": "student", "source": "def f(): return 7.0", "points": None},
        {"kind": "test", "source": "f()", "points": 1},
        {"kind": "test", "source": "float('nan')", "points": 1},
        {"kind": "test", "source": "assert f(", "points": 1},
    ]
    examiner = ExaminerClient([])
    try:
        looks = [one.get("look") for one in examiner.ask(examination(cells, tmp_path), 60)["cells"]]
    finally:
        examiner.close()
    assert looks[1:3] == [f"the check itself is faulty: it gave {score} of 1 points" for score in ("7", "nan")]


def test_case_38_files_beside_a_notebook_shadow_nothing_trusted(tmp_path):
    """Where they get that far: the intake leaves them out."""
    for name in ("numpy", "random", "json", "colorsys", "sitecustomize", "IPython", "nbgrader_config", "traitlets"):
        (tmp_path / f"{name}.py").write_text("whose = 'the student'", encoding="utf-8")
    cells = [
        {"kind": "student", "source": "import colorsys\nwhose = colorsys.whose", "points": None},
        {"kind": "test", "source": "assert whose == 'the student'\nimport colorsys; colorsys.rgb_to_hsv", "points": 1},
        {"kind": "test", "source": "import random, json\nrandom.random(), json.dumps", "points": 1},
    ]
    examiner = ExaminerClient([])
    try:
        results = examiner.ask(examination(cells, tmp_path), 60)["cells"]
    finally:
        examiner.close()
    assert not [output for one in results for output in one["outputs"] if output["output_type"] == "error"]


def test_case_109_without_a_sandbox_nothing_is_graded(runs, tmp_path, monkeypatch):
    # The class table reads the course's settings in this process, too.
    monkeypatch.setattr(preprocessor, "why_no_sandbox", preprocessor.why_no_sandbox)
    course = tmp_path / "course"
    shutil.copytree(runs["alone"].course.parent / "released", course)
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("from autograder.judge import preprocessor\npreprocessor.why_no_sandbox = lambda: 'none here'\n")
    hand_in_notebook(course, "ada", answered(course))
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 1
    assert "Nothing is graded: none here" in done.stderr
    assert "Traceback" not in done.stderr
    assert class_table.class_table(course, NAME)[0].points is None


def test_case_110_alembic_need_not_be_on_the_path(tmp_path):
    settings = [f"load_subconfig({str(ROOT / 'autograder' / 'nbgrader_config.py')!r})", "c = get_config()"]
    settings += ["c.CourseDirectory.source_directory = 'source'", "c.CourseDirectory.release_directory = 'release'"]
    (tmp_path / "nbgrader_config.py").write_text("\n".join(settings), encoding="utf-8")
    (tmp_path / "source" / NAME).mkdir(parents=True)
    nbformat.write(source_notebook(), tmp_path / "source" / NAME / f"{NAME}.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", NAME],
        cwd=tmp_path,
        env={**os.environ, "PATH": os.defpath, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr


# --- the table --------------------------------------------------------------------------------------------------------


def table() -> list[list[str]]:
    text = (ROOT / "autograder" / "judge" / "README.md").read_text(encoding="utf-8")
    return [
        [part.strip() for part in line.strip("|").split("|")]
        for line in text.splitlines()
        if re.match(r"\| \d+ \|", line)
    ]


def test_every_case_is_in_the_table_once():
    assert [int(number) for number, *_ in table()] == list(range(1, 111))


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_a_case_has_a_test_that_exists_or_a_reason(row):
    _, fault, verdict, tried = row
    assert len(fault.split()) <= 8
    assert verdict.startswith(("met", "short: ", "later: ", "not testable: "))
    names = re.findall(r"`([^`]+)`", tried)
    assert bool(names) == verdict.startswith(("met", "short"))
    for name in names:
        file, _, function = name.partition("::")
        if function:
            assert re.search(rf"^def {function}\(", (ROOT / "tests" / f"{file}.py").read_text("utf-8"), re.MULTILINE), (
                name
            )
        else:
            assert name in {case.name for case in CASES}


def test_every_hostile_file_is_in_the_table_under_its_numbers():
    tried = {int(row[0]): row[3] for row in table()}
    for case in CASES:
        assert any(f"`{case.name}`" in tried[number] for number in case.numbers), case.name
