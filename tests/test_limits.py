"""Limits of time: what an answer computes counts, however busy the machine; the clock stops only what sleeps."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.judge import guest
from autograder.judge.guest.shell import NotebookShell
from autograder.judge.sandbox.sandbox import CHANNEL, Sandbox
from autograder.judge.self_test import why_no_sandbox
from autograder.judge.session import SandboxDied, Session, StudentFunction, SubmissionLimits
from course_utils.checks import limits
from course_utils.checks.calling import LocalFunction
from course_utils.checks.exercise import ENDING, EXERCISES, run_trial
from course_utils.checks.limits import CallTimeout, IdleTimeout, time_limit

ROOT = Path(__file__).resolve().parent.parent
needs_sandbox = pytest.mark.skipif(bool(why_no_sandbox()), reason=str(why_no_sandbox()))
EACH = 4  # busy loops on each core: an answer gets a fifth of a core

COMPUTE = """
import time
def compute(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 7
"""
exec(COMPUTE)
compute = globals()["compute"]


@contextlib.contextmanager
def busy(each: int) -> Iterator[None]:
    """Keep every core busy."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(each * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
            one.wait()


@pytest.fixture
def session() -> Iterator[Session]:
    """A session whose limits by the clock are far too short for a busy machine."""
    here = Path(guest.__file__).resolve().parent
    command = [sys.executable, "-c", f"from guest.student import main; main{CHANNEL}"]

    def start():
        return Sandbox(wall_seconds=1.0).start(command, readable=[here], variables={"PYTHONPATH": str(here.parent)})

    one = Session(start, SubmissionLimits(cell_cpu=1.0, cell_wall=0.1, call_cpu=1.0, call_wall=0.1))
    yield one
    one.close()


def test_a_right_answer_loses_nothing_at_home_on_a_busy_machine(soak):
    with busy(EACH * (4 if soak else 1)):
        assert LocalFunction(compute, seconds=0.3)(0.2) == 7


@needs_sandbox
def test_a_right_answer_loses_nothing_at_grading_on_a_busy_machine(session, soak):
    with busy(EACH * (4 if soak else 1)):
        _, lost = session.run(COMPUTE + "compute(0.4)")
        assert lost == ""
        with session.test():
            assert StudentFunction(session, "compute", "__main__")(0.4) == 7
        assert session.incident == ""


@needs_sandbox
def test_what_sleeps_is_stopped_by_the_clock_at_grading(session):
    session.run("import time\ndef sleep(): time.sleep(60)")
    with session.test():
        with pytest.raises(SandboxDied, match=re.escape("no answer for 0.1 s")):
            StudentFunction(session, "sleep", "__main__")()
        assert session.stalled


def test_what_sleeps_is_stopped_by_the_clock_at_home(monkeypatch):
    monkeypatch.setattr(limits, "MAX_CALL_IDLE_SECONDS", 0.2)
    with pytest.raises(IdleTimeout):
        LocalFunction(time.sleep, seconds=0.1)(60)


def test_what_computes_in_a_thread_is_stopped_too():
    stop = threading.Event()

    def work():
        while not stop.is_set():
            pass

    def answer():
        thread = threading.Thread(target=work)
        thread.start()
        try:
            thread.join()
        finally:
            stop.set()

    with pytest.raises(CallTimeout):
        LocalFunction(answer, seconds=0.2)()


@pytest.fixture(params=["signals", "as on Windows"])
def system(request, monkeypatch) -> None:
    """With timer signals, and without."""
    if request.param != "signals":
        monkeypatch.delattr(limits.signal, "setitimer")


@pytest.mark.usefixtures("system")
def test_several_cores_have_as_long_by_the_clock_as_one(monkeypatch):
    """A library with a hundred threads: the process computes for so many seconds in each."""
    real = time.process_time
    monkeypatch.setattr(limits.time, "process_time", lambda: 100 * real())
    end = time.monotonic() + 0.1
    with time_limit(0.3):
        while time.monotonic() < end:
            pass


@pytest.mark.usefixtures("system")
def test_an_endless_loop_is_stopped_and_what_follows_is_not():
    def loop():
        while True:
            with contextlib.suppress(Exception):
                sum(range(1000))

    for _ in range(3):
        with pytest.raises(CallTimeout):
            LocalFunction(loop, seconds=0.1)()
        assert LocalFunction(compute, seconds=5.0)(0.05) == 7
    compute(0.3)


def test_the_limits_are_said_where_instructors_read_of_them():
    text = (ROOT / "autograder" / "README.md").read_text(encoding="utf-8")
    assert f"| {limits.MAX_CALL_CPU_SECONDS:g} s of computing; " in text
    assert f" | {CallTimeout.message.format(limits.MAX_CALL_CPU_SECONDS)} |" in text
    assert f"| {limits.MAX_CALL_IDLE_SECONDS:g} s by the clock without computing | {IdleTimeout.message} |" in text
    for name, one in EXERCISES.items():
        if one.seconds != limits.MAX_CALL_CPU_SECONDS:
            where = "`07_tensorflow`" if one.needs else f"`{name}`"
            assert f"{one.seconds:g} s in {where}" in text


def test_home_grading_and_the_judges_page_have_the_same_limits():
    """The judge imports nothing of this course, so its defaults stand there once more."""
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "autograder")).load_config()
    page = (ROOT / "autograder" / "judge" / "README.md").read_text(encoding="utf-8")
    for config in (Config(), settings):
        grading, sandbox = SubmissionLimits(config=config), Sandbox(config=config)
        assert (grading.call_cpu, grading.call_wall) == (limits.MAX_CALL_CPU_SECONDS, limits.MAX_CALL_IDLE_SECONDS)
        assert grading.busy == sandbox.busy == limits.WALL_SECONDS_PER_CPU_SECOND
    assert f"`call_wall` | {grading.call_cpu:g}, {grading.call_wall:g} |" in page
    assert f"`cell_wall` | {grading.cell_cpu:g}, {grading.cell_wall:g} |" in page
    assert f"`c.Sandbox.busy` | {grading.busy:g} |" in page


class StudentsIn(SimpleNamespace):
    """A session that calls functions here, with the judge's own limits."""

    def call(self, name, arguments, keywords, seconds, ways):
        self.asked.append(max(seconds, self.limits.call_cpu))
        raise TimeoutError(f"still running after {self.asked[-1]:g} s of computing")


@pytest.mark.parametrize(("call_cpu", "usual", "training"), [(0.5, 0.5, 30), (2.0, 2, 30), (40.0, 40, 40)])
def test_the_limit_that_an_instructor_sets_holds_and_is_said(call_cpu, usual, training):
    session = StudentsIn(limits=SubmissionLimits(call_cpu=call_cpu), asked=[])
    for name, seconds in (("softmax", usual), ("train_classifier", training)):
        exercise = EXERCISES[name]
        functions = exercise.with_time_limit(*(StudentFunction(session, one, "") for one in exercise.functions))
        trial = run_trial(exercise.joined(*functions), exercise, 1)
        assert session.asked[-1] == seconds
        ending = next(one.value for one in trial.observations[-1] if one.property == ENDING)
        assert ending == f"no: {CallTimeout.message.format(seconds)}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarms")
def test_a_limit_inside_of_another_leaves_that_one_armed():
    """As where a student's cell calls a check while it is graded."""
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 600, 0.5)
        with time_limit(300):
            assert signal.getitimer(signal.ITIMER_REAL)[0] < 301
        delay, interval = signal.getitimer(signal.ITIMER_REAL)
        assert 301 < delay <= 600
        assert interval == 0.5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# --- calls within calls -----------------------------------------------------------------------------------------------

NESTED = """
def inner(seconds):
    return compute(seconds)
def loops_after(given):
    given(0)
    while True:
        pass
def loops_around(given):
    while True:
        given(0)
def swallows(given):
    while True:
        try:
            given(0.2)
        except Exception:
            pass
"""


@needs_sandbox
@pytest.mark.parametrize("name", ["loops_after", "loops_around", "swallows"])
def test_a_call_inside_of_a_call_leaves_the_limit_of_the_outer_one(session, name):
    session.run(COMPUTE + NESTED)
    with session.test():
        inner = StudentFunction(session, "inner", "__main__")
        with pytest.raises(TimeoutError, match=re.escape("still running after 1 s of computing")):
            StudentFunction(session, name, "__main__")(lambda seconds: inner(seconds))
        assert inner(0.1) == 7
    assert session.incident == ""


@needs_sandbox
def test_a_call_that_calls_back_for_ever_without_an_alarm_is_stopped_from_outside(session):
    source = "import signal\ndef f(given):\n    signal.setitimer(signal.ITIMER_REAL, 0)\n    while True: given(0)"
    session.run(source)
    with session.test(), pytest.raises(SandboxDied, match="no answer for"):
        StudentFunction(session, "f", "__main__")(lambda x: x)


@needs_sandbox
def test_more_time_for_one_call_is_none_for_the_next(session):
    session.run(COMPUTE + "def calls(given): return given()")
    with session.test():
        slow, quick, outer = (StudentFunction(session, name, "__main__") for name in ("compute", "compute", "calls"))
        slow.seconds = 3.0
        assert slow(1.3) == 7
        with pytest.raises(TimeoutError, match=re.escape("still running after 1 s of computing")):
            quick(1.6)
        outer.seconds = 3.0
        assert outer(lambda: slow(1.3)) == 7
    assert session.incident == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarms")
@pytest.mark.parametrize("interval", [0.0, 0.2])
def test_any_time_limit_waits_for_an_error_to_be_shown(monkeypatch, interval):
    seen = []
    monkeypatch.setattr(
        InteractiveShell, "showtraceback", lambda *_: seen.append(signal.getitimer(signal.ITIMER_REAL)[0])
    )
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    try:
        signal.setitimer(signal.ITIMER_REAL, 3, interval)
        NotebookShell.__new__(NotebookShell).showtraceback()
        delay, repeats = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen[0] > 9
    assert 0 < delay <= 3
    assert repeats == interval
