"""``python -m autograder grade``: it survives every kill, shows what it would change, and lets nobody else write."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from commands import run_module
from filelock import FileLock
from hostile_class import CASES, HONEST, hand_in
from sqlalchemy import create_engine, text
from tiny_course import NAME, ROOT, answered, config, nbgrader, release
from tiny_course import hand_in as hand_in_notebook

from autograder.course import open_course
from autograder.engine import command as command_module
from autograder.engine import gradebook, inputs, worker_process
from autograder.pipeline import lock

pytestmark = pytest.mark.needs("sandbox")

LIMITS = "\nc.SubmissionLimits.restarts = 1\nc.Sandbox.processes = 24\n"
WHO = ["a-wrong-one", "blank", "honest-right", "zz-half"]
TALKATIVE = """from IPython.display import display
for _ in range(20):
    display({"text/plain": "x" * 90_000}, raw=True)


def double(x):
    return 2 * x"""
SOAK_KILLS, KILLS_PER_RUN, SEED = 100, 9, 20261121


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a small class that nobody graded yet."""
    course = tmp_path_factory.mktemp("engine") / "course"
    course.mkdir()
    release(course, config("autograder.judge.preprocessor.Judge") + LIMITS, more=True)
    for case in [one for one in HONEST if one.name in WHO] + [one for one in CASES if one.name == "005_crash"]:
        hand_in(course, case)
    return course


@pytest.fixture(scope="session")
def graded(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, graded without any disturbance."""
    course = fresh(released, tmp_path_factory.mktemp("graded") / "course")
    done = grade(course)
    assert done.returncode == 0, done.stderr
    return course


def fresh(released: Path, to: Path) -> Path:
    shutil.copytree(released, to, symlinks=True)
    return to


def command(course: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", NAME, "--course", str(course), "--workers", "2", *options]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]), "COURSE_SECRET": "a secret"}


def grade(course: Path, *options: str) -> subprocess.CompletedProcess:
    return run_module(*command(course, *options)[2:], cwd=course, env=environment())


def rows(course: Path, url: str = "") -> dict[str, list]:
    """What the gradebook says of every student, without its random numbers."""
    of = """FROM submitted_assignment AS s JOIN submitted_notebook AS n ON n.assignment_id = s.id
            JOIN notebook ON notebook.id = n.notebook_id"""
    questions = {
        "grades": f"""SELECT s.student_id, notebook.name, c.name, g.auto_score, g.manual_score, g.extra_credit,
                      g.needs_manual_grade {of} JOIN grade AS g ON g.notebook_id = n.id
                      JOIN base_cell AS c ON c.id = g.cell_id""",
        "comments": f"""SELECT s.student_id, notebook.name, c.name, m.auto_comment, m.manual_comment
                        {of} JOIN comment AS m ON m.notebook_id = n.id JOIN base_cell AS c ON c.id = m.cell_id""",
        "submitted": f"SELECT s.student_id, s.timestamp, s.extension, n.late_submission_penalty, n.flagged {of}",
        "students": "SELECT id, first_name, last_name, email FROM student",
    }
    engine = create_engine(url or f"sqlite:///{course / 'gradebook.db'}")
    with engine.connect() as book:
        found = {
            name: sorted(
                str(tuple(int(one) if isinstance(one, bool) else one for one in row))
                for row in book.execute(text(words))
            )
            for name, words in questions.items()
        }
        if not url:
            assert book.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    engine.dispose()
    assert len(set(found["grades"])) == len(found["grades"])
    return found


def notebooks(course: Path) -> dict[str, bytes]:
    return {path.parts[-3]: path.read_bytes() for path in course.glob("autograded/*/*/*.ipynb")}


def test_it_grades_and_grades_nothing_twice(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    before = rows(course), notebooks(course)
    assert len(before[1]) == len(WHO) + 1
    assert not (course / ".grading").exists()
    done = grade(course)
    assert (done.returncode, done.stdout.strip()) == (0, "0 graded, 0 entered that were graded before, 5 up to date.")
    assert (rows(course), notebooks(course)) == before


def test_it_writes_what_nbgrader_writes(graded, released, tmp_path):
    course = fresh(released, tmp_path / "course")
    done = run_module("nbgrader", "autograde", NAME, cwd=course, env=environment())
    assert done.returncode == 0, done.stderr
    assert rows(course) == rows(graded)
    assert notebooks(course) == notebooks(graded)
    ours, theirs = (
        sorted(str(path.relative_to(one)) for path in one.glob("autograded/**/*")) for one in (graded, course)
    )
    assert ours == theirs
    assert {path.stat().st_mode for path in graded.glob("autograded/*/*/*")} == {0o100444}
    feedback = nbgrader(fresh(graded, tmp_path / "feedback"), "generate_feedback", NAME)
    assert feedback.returncode == 0, feedback.stderr


def test_the_summary_says_who_needs_a_look_and_why(released, tmp_path):
    course = fresh(released, tmp_path / "course")
    done = grade(course, "--students", "005*")
    assert done.returncode == 0, done.stderr
    assert "1 need a look" in done.stdout
    assert "005_crash: " in done.stdout
    assert "signal" in done.stdout
    assert set(notebooks(course)) == {"005_crash"}


def test_what_was_handed_in_again_is_graded_again(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    shutil.rmtree(course / "submitted" / "blank")
    hand_in_notebook(course, "blank", answered(course))
    done = grade(course)
    assert done.stdout.startswith("1 graded"), done.stderr
    assert [one for one in rows(course)["grades"] if one.startswith("('blank'") and "None, None, 1" in one] == []
    assert "2.0" in str([one for one in rows(course)["grades"] if "'blank', 'ps1', 'test_double'" in one])


# --- what changed since (fault 106) -----------------------------------------------------------------------------------


def changed_tests(course: Path) -> None:
    """Let the hidden test of ``double`` ask for something else, as a new release would."""
    from nbgrader.api import Gradebook
    from nbgrader.utils import compute_checksum

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        cell = book.find_source_cell("test_double", NAME, NAME)
        cell.source = cell.source.replace("2 * x", "3 * x")
        metadata = {"nbgrader": {"grade_id": "test_double", "grade": True, "points": 2.0}}
        cell.checksum = compute_checksum(nbformat.v4.new_code_cell(cell.source, metadata=metadata))
        book.db.commit()


def by_hand(course: Path) -> None:
    """Give points, credit and a comment, as formgrader does."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("test_double", NAME, NAME, "honest-right")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.25, False
        book.find_comment("double", NAME, NAME, "honest-right").manual_comment = "Well done"
        book.db.commit()


def test_case_106_changed_tests_overwrite_nothing_unasked(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    by_hand(course)
    changed_tests(course)
    before = rows(course), notebooks(course)
    left = grade(course, "--resume")
    assert "5 were graded with other checks" in left.stdout
    assert (rows(course), notebooks(course)) == before
    shown = grade(course)
    assert shown.returncode == 2, shown.stderr
    assert "honest-right: 10 → 8 (-2): double" in shown.stdout
    assert rows(course) == before[0]
    assert notebooks(course)["honest-right"] == before[1]["honest-right"]
    again = grade(course)
    assert again.stdout.startswith("0 graded"), again.stdout
    assert "honest-right: 10 → 8 (-2): double" in again.stdout
    taken = grade(course, "--force")
    assert taken.returncode == 0, taken.stderr
    now = rows(course)
    own = [one for one in now["grades"] if "'honest-right', 'ps1', 'test_double'" in one]
    assert own == ["('honest-right', 'ps1', 'test_double', 0.0, 1.5, 0.25, 1)"]
    assert "Well done" in str(now["comments"])
    assert notebooks(course) != before[1]


def test_case_105_other_versions_are_noticed(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    for path in course.glob("results/*/*/result.json"):
        path.write_text(
            path.read_text(encoding="utf-8").replace('"environment": "', '"environment": "0'), encoding="utf-8"
        )
    assert "5 were graded with other checks, points or versions" in grade(course, "--resume").stdout
    done = grade(course)
    assert done.stdout.startswith("5 graded"), done.stderr  # and none differs
    assert done.returncode == 0


def test_workers_are_kept_for_the_next_assignment(released, graded, tmp_path, monkeypatch):
    course = fresh(released, tmp_path / "course")
    started = []
    fork_worker = worker_process.fork_worker
    monkeypatch.setattr(worker_process, "fork_worker", lambda end: started.append(end) or fork_worker(end))
    classes = (["blank", "zz-half"], ["honest-right", "a-wrong-one"])
    assert command_module.run_all([command_module.Options(NAME, course, students, 2) for students in classes]) == 0
    assert len(started) == 2
    assert set(notebooks(course)) == set(WHO)
    assert rows(course)["grades"] == [row for row in rows(graded)["grades"] if "005_crash" not in row]


@pytest.mark.parametrize(
    ("codes", "worst", "begun"), [((0, 2, 1), 1, 3), ((2, 0), 2, 2), ((0, 130, 1), 130, 2)], ids=str
)
def test_the_worst_exit_code_counts(codes, worst, begun, monkeypatch):
    left = list(codes)
    monkeypatch.setattr(command_module, "run", lambda options, idle: left.pop(0))
    assert command_module.run_all([command_module.Options(NAME, Path()) for _ in codes]) == worst
    assert len(left) == len(codes) - begun


def test_what_no_grade_depends_on_is_there():
    missing = [name for name in inputs.NOT_HASHED_CODE if not any((ROOT / "autograder").glob(name))]
    assert missing == []


# --- two at once, bad disks (faults 95 to 97) -------------------------------------------------------------------------


def test_case_96_a_second_grader_is_refused(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    with FileLock(course / lock.LOCK):
        (course / lock.HOLDER).write_text("process 7 on elsewhere", encoding="utf-8")
        done = grade(course)
        assert done.returncode == 1
        assert "being graded already, by process 7 on elsewhere" in done.stderr
        other = nbgrader(course, "autograde", NAME, "--force")
        assert other.returncode == 1
        assert "being graded already, by process 7 on elsewhere" in other.stderr
        assert "Traceback" not in done.stderr + other.stderr
    assert rows(course) == rows(graded)


def test_case_97_a_gradebook_on_a_network_disk_is_refused(graded, monkeypatch):
    course = open_course(graded, NAME)
    monkeypatch.setattr(gradebook, "filesystem_type", lambda path: "nfs4")
    with pytest.raises(gradebook.CannotGrade, match="network disk"):
        gradebook.check_and_back_up(course)


def test_the_file_system_is_known():
    assert gradebook.filesystem_type(Path("/proc/self/status")) == "proc"


def test_case_94_a_damaged_gradebook_is_refused(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    with open(course / "gradebook.db", "r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096 * 8)
    done = grade(course)
    assert done.returncode == 1
    assert "damaged" in done.stderr or "cannot be" in done.stderr or "malformed" in done.stderr
    assert "Traceback" not in done.stderr


def test_case_95_a_gradebook_that_cannot_be_written_is_refused(released, tmp_path):
    course = fresh(released, tmp_path / "course")
    before = rows(course)
    book = sqlite3.connect(course / "gradebook.db")
    book.execute("BEGIN IMMEDIATE")  # root may write whatever is read only, so somebody holds it
    done = grade(course)
    book.close()
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(course) == before
    assert not (course / "results").exists()


def test_case_95_a_full_disk_leaves_nothing_half_written(released, graded, tmp_path):
    import resource  # not on Windows, where this file is still read

    course = fresh(released, tmp_path / "course")
    talkative = answered(course, double=TALKATIVE)
    hand_in_notebook(course, "talkative", talkative)

    def small() -> None:  # one result is larger than what may be written
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        command(course), env=environment(), capture_output=True, encoding="utf-8", preexec_fn=small, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "What was written before is whole" in done.stderr
    assert "talkative" not in str(rows(course))
    assert not [path for path in course.rglob("*") if path.name.endswith(".new")]
    again = grade(course)
    assert again.returncode == 0, again.stderr
    now = rows(course)
    assert [one for one in now["grades"] if "talkative" not in one] == rows(graded)["grades"]


# --- kills (faults 93, 94, 98) ----------------------------------------------------------------------------------------


def test_case_93_ctrl_c_stops_clean(released, graded, tmp_path):
    course = fresh(released, tmp_path / "course")
    endless = next(one for one in CASES if one.name == "003_sleep")
    with (course / "nbgrader_config.py").open("a", encoding="utf-8") as file:
        file.write("\nc.SubmissionLimits.cell_wall = c.SubmissionLimits.call_wall = 1000\n")
    hand_in(course, endless)  # so that it cannot have come to its end
    process = subprocess.Popen(
        command(course), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    while not list(course.glob("results/*/*/result.json")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate()
    assert process.returncode == 130, errors
    assert "Stopped after" in said
    assert "Traceback" not in errors
    assert not (course / ".grading").exists()
    entered = len({line.split("'")[1] for line in rows(course)["submitted"]})
    assert entered == len(list(course.glob("results/*/*/result.json"))) > 0
    shutil.rmtree(course / "submitted" / endless.name)
    shutil.copy(released / "nbgrader_config.py", course)
    done = grade(course)
    assert done.returncode == 0, done.stderr
    assert rows(course) == rows(graded)


def family(main: int) -> dict[str, list[int]]:
    """Sort a run's processes by what they are."""
    parents: dict[int, int] = {}
    words: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                )
                words[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    found: dict[str, list[int]] = {}
    kinds = {"engine.forkserver": "forkserver", "judge.examiner": "examiner", "guest.zygote_main": "zygote"}
    kinds["bwrap"] = "sandbox"

    def walk(pid: int, kind: str) -> None:
        found.setdefault(kind, []).append(pid)
        for child, parent in parents.items():
            # A student's own process is not among them: who kills that decides on the student's answer.
            if parent == pid and kind not in ("sandbox", "copy"):
                its = next((name for word, name in kinds.items() if word in words.get(child, "")), "other")
                walk(child, "worker" if its == kind == "forkserver" else its)

    walk(main, "main")
    found["copy"] = [
        one for one in found.get("zygote", []) if words.get(parents.get(one, 0), "").find("guest.zygote_main") >= 0
    ]
    found["zygote"] = [one for one in found.get("zygote", []) if one not in found["copy"]]
    students = {one for one in found["copy"] if parents[one] in found["copy"]}
    found["copy"] = [one for one in found["copy"] if one not in students]
    found.pop("other", None)
    return {kind: pids for kind, pids in found.items() if pids}


def test_cases_93_94_98_whatever_is_killed_a_rerun_ends_as_if_nothing_had_been(released, graded, tmp_path, soak):
    draw = random.Random(SEED)
    kinds = ["main", "forkserver", "worker", *["examiner", "zygote"] * 2, *["copy", "sandbox"] * 5]
    todo = draw.sample(sorted(set(kinds)), len(set(kinds)))  # each kind at least once
    todo += draw.choices(kinds, k=SOAK_KILLS - len(todo)) if soak else []
    print(f"seed {SEED}: {todo}")
    killed: list[str] = []
    number = 0
    while todo:
        number += 1
        course = fresh(released, tmp_path / f"course-{number}")
        left = KILLS_PER_RUN
        for _ in range(30):
            process = subprocess.Popen(
                command(course),
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            while left and todo:
                chosen = wait_for(process, todo[0], draw)
                if chosen is None:
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chosen, signal.SIGKILL)
                    killed.append(todo.pop(0))
                    left -= 1
            errors = process.communicate()[1]
            if process.returncode == 0:
                break
            assert "Traceback" not in errors or process.returncode < 0, errors
        assert process.returncode == 0, errors
        assert rows(course) == rows(graded), killed
        assert notebooks(course) == notebooks(graded), killed
        assert not (course / ".grading").exists()
    assert set(killed) == set(kinds)


def wait_for(process: subprocess.Popen, kind: str, draw: random.Random) -> int | None:
    """Wait until a run has a process of this kind, and a random while longer; None once the run has ended."""
    while process.poll() is None:
        if {"worker", kind} <= set(family(process.pid)):
            time.sleep(draw.uniform(0.0, 0.4))
            if found := family(process.pid).get(kind):
                return draw.choice(found)
        time.sleep(0.02)
    return None


def test_what_an_interrupted_write_left_is_not_read(graded, tmp_path):
    course = fresh(graded, tmp_path / "course")
    results = sorted(course.glob("results/*/*/result.json"))
    results[0].write_text(results[0].read_text(encoding="utf-8")[:1000], encoding="utf-8")
    (results[1].parent / ".result.json.new").write_text("{", encoding="utf-8")
    path = course / "autograded" / results[2].parts[-3] / NAME / f"{NAME}.ipynb"
    path.unlink()
    done = grade(course)
    assert done.stdout.startswith("1 graded, 1 entered"), done.stdout + done.stderr
    assert (rows(course), notebooks(course)) == (rows(graded), notebooks(graded))
    assert nbformat.read(path, as_version=4)
