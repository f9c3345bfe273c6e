"""A course works in a folder of any name, though nbgrader has a use of its own for some signs in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from tiny_course import NAME, answered, config, write_course
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder import doctor
from autograder.course import open_course, students_at
from autograder.nbgrader_paths import course_glob
from autograder.reporting.report_command import run_report

FOLDER = "Kürs [DL] {1} 100% neu?, *ß* 'a' & $x; #2"
SETTINGS = """
c.CourseDirectory.release_directory = "release"
from autograder.nbgrader_paths import patch_nbgrader
patch_nbgrader()
"""
STUDENTS = ("ada", "bob", "*")


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course in such a folder, with a bystander that a pattern would take for it."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / FOLDER.replace("[DL]", "D").replace("?", "x") / "submitted" / "eve" / NAME).mkdir(parents=True)
    folder = tmp_path / FOLDER
    folder.mkdir()
    write_course(folder, config() + SETTINGS)
    return folder


def test_a_course_goes_through_the_week(course, tmp_path):
    settings: Config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    settings.CourseDirectory.root = str(course)
    settings.Exchange.root = str(tmp_path / "exchange")
    settings.ExchangeCollect.check_owner = False
    api = NbGraderAPI(config=settings)

    def done(step: str, *names: str, **options: object) -> None:
        result = getattr(api, step)(*names, **options)
        assert result["success"], result

    assert api.get_source_assignments() == {NAME}
    done("generate_assignment", NAME)
    done("release_assignment", NAME)
    (course / "gradebook.db").unlink()  # as after a clone
    for student in STUDENTS:
        answers = {"double": "def double(x): pass"} if student == "ada" else {}
        folder = tmp_path / "exchange" / "tiny" / "inbound" / f"{student}+{NAME}+2026-01-03 03:04:05 UTC+x"
        folder.mkdir()
        nbformat.write(answered(course, **answers), folder / f"{NAME}.ipynb")
        (folder / "timestamp.txt").write_text("2026-01-03 03:04:05 UTC", encoding="utf-8")
        (folder / "submission_secret.txt").write_text(student, encoding="utf-8")
    done("collect", NAME)
    assert api.get_submitted_students(NAME) == set(STUDENTS)
    opened = open_course(course, NAME)
    assert [student for _, student in students_at(opened, opened.submitted_directory)] == sorted(STUDENTS)
    done("autograde", NAME, "*")
    done("generate_feedback", NAME)
    with Gradebook(api.coursedir.db_url, api.course_id) as gradebook:
        scores = {one.student_id: one.score for one in gradebook.find_assignment(NAME).submissions}
    assert scores == {"ada": 3, "bob": 5, "*": 5}
    for student in STUDENTS:
        assert (course / "feedback" / student / NAME / f"{NAME}.html").stat().st_size
    done("release_feedback", NAME)
    assert len(list((tmp_path / "exchange" / "tiny" / "feedback").glob("*.html"))) == len(STUDENTS)
    assert run_report(course, NAME) == 0
    assert (course / "report" / NAME / "report.html").stat().st_size
    said = [str(fact) for fact in doctor.check_gradebook(open_course(course))]
    assert said == ["✔ the gradebook: 1 assignments, 3 students"]


def test_only_the_folder_itself_is_no_pattern(tmp_path):
    for name in ("[a]/x/1", "[a]/*/1", "a/x/1"):
        (tmp_path / name).mkdir(parents=True)
    found = course_glob(f"{tmp_path / '[a]'}/*/1", str(tmp_path / "[a]"))
    assert sorted(found) == [str(tmp_path / "[a]/*/1"), str(tmp_path / "[a]/x/1")]
    assert course_glob(f"{tmp_path / '[a]'}/*/1") == [str(tmp_path / "a/x/1")]
