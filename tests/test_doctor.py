"""``python -m autograder doctor``: each fault, planted, is one line that says what to do."""

from __future__ import annotations

import os
import sqlite3
import sys
from importlib import metadata
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import doctor
from autograder.__main__ import main
from autograder.authoring import build
from autograder.course import COURSE, open_course
from autograder.judge import self_test
from autograder.pipeline import hidden_checks
from autograder.topics import sources

PROJECT = """[project]
name = "x"
requires-python = "{python}"
dependencies = ["numpy>=2.1", "{asked}"]
optional-dependencies.autograder = ["x[y]", "nowhere>=1; sys_platform == 'nowhere'"]
"""


def test_an_environment_in_a_folder_that_is_a_pattern_is_told(tmp_path, monkeypatch):
    assert len(lines(doctor.check_programs())) == 1
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "[DL] 1" / ".venv"))
    assert "JupyterLab finds no formgrader" in lines(doctor.check_programs())[1]


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course folder with one assignment in its gradebook."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    monkeypatch.setattr(doctor, "SECRET", tmp_path / "secret")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment("ps1")
    tmp_path.chmod(0o755)
    (tmp_path / "gradebook.db").chmod(0o600)
    return tmp_path


def lines(results) -> list[str]:
    made = list(results)
    assert all(result.remedy for result in made if result.mark == "✘"), made
    return [f"{result.mark} {result.message}" for result in made]


def project(folder: Path, python: str = ">=3.11", asked: str = "h5py") -> Path:
    path = folder / "pyproject.toml"
    path.write_text(PROJECT.format(python=python, asked=asked), encoding="utf-8")
    return path


def test_python_and_packages(tmp_path):
    assert lines(doctor.check_python(project(tmp_path)))[0].startswith("✔ Python 3.")
    assert "the course needs <3" in lines(doctor.check_python(project(tmp_path, python="<3")))[0]
    lock = tmp_path / "constraints.txt"
    lock.write_text(
        f"# made\nnumpy=={metadata.version('numpy')}\nnot-there==1\nh5py==0.1 ; sys_platform == 'nowhere'\n",
        encoding="utf-8",
    )
    assert lines(doctor.check_packages(project(tmp_path), lock)) == [
        "✔ 2 packages that the course asks for",
        "✔ versions as in the lock",
    ]
    lock.write_text("numpy==2.1.0.dev0\n", encoding="utf-8")
    (_, other) = lines(doctor.check_packages(project(tmp_path), lock))
    assert other == f"○ not the versions of the lock: numpy {metadata.version('numpy')} (lock: 2.1.0.dev0)"
    assert lines(doctor.check_packages(project(tmp_path, asked="no-such-thing-here"), lock))[0] == (
        "✘ no-such-thing-here is missing"
    )
    assert "the course needs >=99" in lines(doctor.check_packages(project(tmp_path, asked="h5py>=99"), lock))[0]


def test_the_project_itself_is_in_order():
    assert [one[0] for one in lines([*doctor.check_python(), *doctor.check_packages()])][:2] == ["✔", "✔"]


def test_case_110_alembic_is_looked_for(tmp_path, monkeypatch):
    assert lines(doctor.check_programs())[0][0] == "✔"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(doctor.sysconfig, "get_path", lambda _: str(tmp_path))
    assert lines(doctor.check_programs()) == ["✘ alembic is not beside this Python, and nbgrader calls it by name"]


def test_a_sandbox_that_does_not_hold(course, monkeypatch):
    text = "✔ bubblewrap\n✘ cannot trace a process: it did\n✔ cannot fill the disk: no\n✘ 2 canaries in 0.1 s"
    monkeypatch.setattr(self_test, "doctor", lambda *_: (text, False))
    assert lines(doctor.check_sandbox(open_course(course))) == [
        "✔ bubblewrap",
        "✘ cannot trace a process: it did",
        "✘ 2 canaries in 0.1 s",
    ]


def test_a_trusted_class_is_said_to_be_one(course):
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.Judge.trusted_class = True\n", encoding="utf-8")
    assert lines(doctor.check_sandbox(open_course(course)))[0].startswith("○ a trusted class")


@pytest.fixture
def fresh(tmp_path, monkeypatch) -> Path:
    """A built course, noted as such."""
    monkeypatch.setattr(build, "SOLVED", tmp_path / "solved")
    monkeypatch.setattr(build, "BUILD_STAMP", tmp_path / ".built.json")
    for source in sources():
        (tmp_path / "solved" / source.stem).mkdir(parents=True)
        (tmp_path / "solved" / source.stem / f"{source.stem}.ipynb").write_text("{}", encoding="utf-8")
    build.BUILD_STAMP.write_text(build.json.dumps(build.fingerprints()), encoding="utf-8")
    return tmp_path


def test_a_current_build(fresh):
    assert lines(doctor.check_build()) == ["✔ notebooks/ and datasets/ are what the sources build"]


def test_a_build_that_is_not_there_or_not_noted(fresh):
    said = ["○ not built here, which grading needs not"]
    build.BUILD_STAMP.write_text("{", encoding="utf-8")
    assert lines(doctor.check_build()) == said
    build.BUILD_STAMP.write_text(build.json.dumps(build.fingerprints()), encoding="utf-8")
    (fresh / "solved" / "01_initialization" / "01_initialization.ipynb").unlink()
    assert lines(doctor.check_build()) == said


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("autograder/topics/regularization/answers.py", "sources, answers or checks were changed"),
        ("autograder/topics/initialization/01_initialization.py", "sources, answers or checks were changed"),
        ("autograder/data/hand_images.py", "sources, answers or checks were changed"),
        ("autograder/authoring/readme_figure.py", "sources, answers or checks were changed"),
        ("autograder/topics/answer_cells.py", "sources, answers or checks were changed"),
        ("course_utils/checks/initialization.py", "sources, answers or checks were changed"),
        ("notebooks/01_initialization/01_initialization.ipynb", "are not what the last build made"),
        ("datasets/checks.h5", "are not what the last build made"),
        ("docs/what_you_build.png", "are not what the last build made"),
        ("solved/01_initialization/01_initialization.ipynb", "are not what the last build made"),
    ],
)
def test_one_changed_byte_makes_a_build_stale(fresh, monkeypatch, changed, words):
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b" " * path.as_posix().endswith(changed))
    assert words in lines(doctor.check_build())[0]


def test_the_build_notes_what_it_was_made_of(fresh, monkeypatch):
    build.BUILD_STAMP.unlink()
    for step in ("write_released", "verify_checks", "solve"):
        monkeypatch.setattr(build, step, lambda *_: None)
    build.build(fresh)  # elsewhere: that says nothing about what lies here
    assert build.read_build_stamp() is None
    build.build()
    assert lines(doctor.check_build())[0][0] == "✔"


def test_secrets(course, monkeypatch):
    assert "no secret yet" in lines(doctor.check_secret())[0]
    doctor.SECRET.write_text("short", encoding="utf-8")
    assert "is too short to be a secret" in lines(doctor.check_secret())[0]
    doctor.SECRET.write_text("0123456789abcdef0123", encoding="utf-8")
    assert lines(doctor.check_secret()) == [f"✔ the secret: {doctor.SECRET}"]
    monkeypatch.setenv("COURSE_SECRET", "")
    assert lines(doctor.check_secret()) == [f"✔ the secret: {doctor.SECRET}"]
    monkeypatch.setenv("COURSE_SECRET", "x")
    assert "COURSE_SECRET is too short" in lines(doctor.check_secret())[0]


def test_a_gradebook_in_order_one_missing_and_one_damaged(course):
    assert lines(doctor.check_gradebook(open_course(course))) == ["✔ the gradebook: 1 assignments, 0 students"]
    file = course / "gradebook.db"
    raw = bytearray(file.read_bytes())
    raw[4096:12288] = b"\x05" * 8192
    file.write_bytes(raw)
    assert lines(doctor.check_gradebook(open_course(course)))[0].startswith("✘ the gradebook cannot be read: ")
    file.write_bytes(b"no database at all, but some text that is long enough")
    assert "cannot be read: file is not a database" in lines(doctor.check_gradebook(open_course(course)))[0]
    file.unlink()
    assert "no gradebook.db yet" in lines(doctor.check_gradebook(open_course(course)))[0]
    assert not file.exists()
    sqlite3.connect(file).execute("CREATE TABLE assignment (id INTEGER)").connection.close()
    assert lines(doctor.check_gradebook(open_course(course)))[0][0] == "✘"


@pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")
def test_what_others_can_read(course):
    assert "can read no grade" in lines(doctor.check_permissions(open_course(course)))[0]
    (course / "gradebook.db").chmod(0o644)
    (course / "submitted").mkdir(mode=0o750)
    found = lines(doctor.check_permissions(open_course(course)))[0]
    assert found == f"○ others on this machine can read: {course / 'gradebook.db'}, {course / 'submitted'}"
    course.chmod(0o700)
    assert "is closed to others" in lines(doctor.check_permissions(open_course(course)))[0]


def test_the_page_and_its_exit_code(course, monkeypatch, capsys):
    monkeypatch.setattr(self_test, "doctor", lambda *_: ("✔ bubblewrap\n✔ 10 canaries in 0.1 s", True))
    assert main(["doctor", "--course", str(course)]) == 0
    said = capsys.readouterr().out
    assert [one for one in said.splitlines() if one and one[0] not in " "] == [
        "Installed",
        "Sandbox",
        "Course",
        "A class can be graded here.",
    ]
    monkeypatch.setattr(self_test, "doctor", lambda *_: ("✘ no sandbox: here", False))
    assert main(["doctor", "--course", str(course)]) == 1
    assert "Grading would not work; lines with ✘: 1" in capsys.readouterr().out


@pytest.mark.needs("sandbox")
def test_the_real_sandbox_is_asked(course):
    found = lines(doctor.check_sandbox(open_course(course)))
    assert found[0].startswith("✔ bubblewrap")
    assert "✔ 10 canaries" in found[-1]


@pytest.mark.needs("sandbox")
@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("c.Judge.readable = ['..']", "✘ reads no gradebook, no answer, no hidden check: read "),
        ("c.Judge.warm = ['no_such_module']", "✘ the sandbox could not be tried: its process ended"),
        ("c.Judge.warm = 7", "✘ the judge's settings cannot be used: The 'warm' trait"),
    ],
)
def test_the_sandbox_is_tried_with_the_settings_that_grading_has(course, setting, line):
    (course / "nbgrader_config.py").write_text(f"c = get_config()\n{setting}\n", encoding="utf-8")
    found = lines(doctor.check_sandbox(open_course(course)))
    assert any(said.startswith(line) for said in found), found


def test_it_reads_the_settings_of_this_course():
    course = open_course(COURSE)
    assert course.course_id == "improving-dnn"
    assert hidden_checks.SECRET == COURSE / "secret"
