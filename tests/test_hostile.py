"""A class of hostile submissions behind real ``nbgrader autograde`` with the judge, beside honest ones.

Each file in ``tests/hostile/`` is one submission; see ``hostile_class.py`` for how it is read. Faults of the files
themselves, and of what is shown, have their own classes: ``test_intake.py`` and ``test_feedback.py``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_class import CASES, HONEST, POINTS, Case, hand_in
from tiny_course import NAME, ROOT, config, release

from autograder import report
from autograder.judge.canary import why_no_sandbox

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
c.SubmissionLimits.cell_cpu = 1
c.SubmissionLimits.cell_wall = 3
c.SubmissionLimits.call_cpu = 0.5
c.SubmissionLimits.call_wall = 2
c.SubmissionLimits.reply_wall = 4
c.SubmissionLimits.output = 100_000
"""

pytestmark = pytest.mark.skipif(bool(reason := why_no_sandbox()), reason=f"no sandbox here: {reason}")


class Run:
    """A class, graded.

    Attributes
    ----------
    course : Path
    log : str
        What nbgrader said.
    code : int
        Its exit code.
    peak : int
        Bytes of memory that the largest of its processes ever held, sandboxed ones included.
    """

    def __init__(self, course: Path) -> None:
        self.course = course
        self._temporary = course.parent / f"{course.name}-temporary"
        self._temporary.mkdir()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "PYTHONIOENCODING": "utf-8"}
        environment |= {"TMPDIR": str(self._temporary), "A_SECRET_OF_THE_GRADER": "hunter2"}
        self._file = (course.parent / f"{course.name}.log").open("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", NAME],
            cwd=course,
            env=environment,
            stdout=self._file,
            stderr=self._file,
        )

    def finish(self) -> Run:
        """Wait until it has ended."""
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = self.code = os.waitstatus_to_exitcode(status)
        self.peak = usage.ru_maxrss * 1024
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
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Two classes graded side by side: the honest alone, and all together."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = config("autograder.judge.preprocessor.Judge") + LIMITS
    (folder / "alone").mkdir()
    release(folder / "alone", settings, more=True)
    shutil.copytree(folder / "alone", folder / "together")
    for case in HONEST:
        hand_in(folder / "alone", case)
    for case in CASES + HONEST:
        hand_in(folder / "together", case)
    started = [Run(folder / name) for name in ("together", "alone")]
    return started[0].finish(), started[1].finish()


@pytest.fixture(scope="module")
def together(runs: tuple[Run, Run]) -> Run:
    return runs[0]


def test_the_class_run_ends_well(runs):
    for run in runs:
        assert run.code == 0, run.log
        assert "Traceback" not in run.log


@pytest.mark.parametrize("case", CASES + HONEST, ids=lambda case: case.name)
def test_case(together: Run, case: Case):
    found = together.scores(case.name)
    reasons = "\n".join(report.reasons_in(together.notebook(case.name)))
    assert found == {name: (case.scores[name], name in case.looks) for name in POINTS}, reasons
    assert re.search(case.reason, reasons) if case.reason else not reasons, reasons
    if case.looks:
        assert f"{case.name}, {NAME} needs a look: " in together.log


def test_the_honest_get_what_they_get_without_the_hostile(runs):
    together, alone = runs
    for case in HONEST:
        assert together.scores(case.name) == alone.scores(case.name)
        assert together.notebook(case.name).read_bytes() == alone.notebook(case.name).read_bytes()


def test_nothing_is_left_behind(runs):
    for run in runs:
        assert run.left == []
        assert not [path for path in run.course.rglob("core*") if path.is_file()]


def test_the_graders_memory_stays_flat(together):
    assert together.peak < 450 * MIB
