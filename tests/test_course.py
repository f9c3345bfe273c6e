"""A course folder is read as nbgrader reads it: settings, folders and gradebook, wherever they lie."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader_here import autograde, hand_in, release, write
from needs import need
from tiny_course import NAME, RIGHT, config, source_notebook

from autograder import doctor
from autograder.__main__ import main
from autograder.course import (
    CourseError,
    assignments_at,
    backup_of,
    folder_of,
    gradebook_file,
    open_course,
    open_gradebook,
    step_folder,
    students_at,
)
from autograder.engine import inputs
from autograder.engine.gradebook import check_and_back_up
from autograder.judge.preprocessor import Judge
from autograder.reporting.class_table import class_table

ELSEWHERE = "c.CourseDirectory.directory_structure = '{assignment_id}/{nbgrader_step}/of {student_id}'\n"
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,ps1 (90)
    Points Possible,,,,,5
"Lovelace, Ada",4711,s1,ada,A,
"Noether, Emmy",4712,s2,emmy,A,
"""


def settings(folder: Path, text: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(config() + text, encoding="utf-8")
    return folder


# --- settings ---------------------------------------------------------------------------------------------------------


def test_paths_of_the_settings_begin_in_the_course_folder(tmp_path, monkeypatch):
    text = "c.CourseDirectory.root = 'inside'\nc.CourseDirectory.db_url = 'sqlite:///grades.db'\n"
    folder = settings(tmp_path / "course", text + "c.Judge.readable = ['data']\nc.Judge.hidden = ['numpy', 'keys']\n")
    (folder / "inside").mkdir()
    monkeypatch.chdir(tmp_path)
    course = open_course(Path("course"), NAME)
    assert Path.cwd() == tmp_path
    assert course.root == str(folder / "inside")
    assert gradebook_file(course) == folder / "grades.db"
    assert not (tmp_path / "grades.db").exists()


def test_a_courses_own_modules_are_found_and_hide_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    before = sys.path[:]
    folder = settings(tmp_path / "course", "sys.path.insert(0, 'steps')\n")
    open_course(folder), open_course(folder)
    assert sys.path == [*before, "steps", str(folder)]


def test_the_users_own_settings_count_and_those_of_the_course_win(tmp_path, monkeypatch):
    own = tmp_path / "own"
    own.mkdir()
    (own / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'mine'\nc.CourseDirectory.feedback_directory = 'told'\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(own))
    course = open_course(settings(tmp_path / "course"))
    assert (course.course_id, course.feedback_directory) == ("tiny", "told")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("c.CourseDirectory.root = )", "SyntaxError"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("c.CourseDirectory.db_url = 'grades.db'", "Could not parse SQLAlchemy URL"),
        ("c.CourseDirectory.db_url = 'mysterious://x'", "Can't load plugin"),
    ],
)
def test_settings_that_cannot_be_read_are_a_sentence(tmp_path, text, words, capsys):
    folder = settings(tmp_path / "course", text)
    write(source_notebook(), folder / "release" / NAME)
    for command in (["report"], ["doctor"], ["grade", NAME]):
        assert main([*command, "--course", str(folder)]) == 1
        said = capsys.readouterr()
        assert words in said.err + said.out
        assert "Traceback" not in said.err + said.out


def test_a_course_that_is_not_there_is_a_sentence(tmp_path, capsys):
    for command in (["report"], ["doctor"], ["grade", NAME], ["roster", "x.csv"]):
        assert main([*command, "--course", str(tmp_path / "nowhere")]) == 1
        assert f"There is no course folder {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_what_students_may_read_begins_in_the_course_folder_too(tmp_path, monkeypatch):
    text = f"c.Judge.readable = ['data', {str(tmp_path)!r}]\nc.Judge.hidden = ['numpy', 'keys']\n"
    folder = settings(tmp_path / "course", text)
    release(folder)
    monkeypatch.chdir(tmp_path)
    judge = inputs.read_assignment(open_course(folder, NAME), [NAME]).config.Judge
    assert judge.readable == [str(folder / "data"), str(tmp_path)]
    assert judge.hidden == ["numpy", str(folder / "keys")]


@pytest.mark.needs("sandbox")
def test_the_self_test_tries_the_paths_that_grading_hides(tmp_path, monkeypatch):
    """A relative path outside of the course folder, in a process that works elsewhere."""
    folder = settings(tmp_path / "course", "c.Judge.hidden = ['numpy', '../keys']\n")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "answers.txt").write_text("42", encoding="utf-8")
    elsewhere = tmp_path / "some" / "where"
    elsewhere.mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    tried = []

    class Examined(Judge):
        def _examiner(self):
            return self

        def ask(self, request, seconds):
            tried.append(request)
            return {"findings": []}

    course = open_course(folder, NAME)
    assert Examined(parent=Autograde(coursedir=course, config=course.config)).refusal() == ""
    [request] = tried
    package = str(Path(numpy.__file__).parent)
    assert request["secret"] == [str(folder), package, str(tmp_path / "keys")]
    assert request["hidden"] == [package, str(tmp_path / "keys")]


# --- folders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("structure", ["", ELSEWHERE], ids=["usual", "another"])
def test_folders_are_found_wherever_they_are(tmp_path, structure, capsys, monkeypatch):
    folder = settings(tmp_path / "course", structure)
    release(folder)
    for student, answers in {"ada": RIGHT, "e[m]my": {}, "b\nob": RIGHT}.items():
        hand_in(folder, student, answers)
    autograde(folder)
    folder = folder.rename(tmp_path / "a [1] Kurs für *")  # where nbgrader itself finds nothing
    course = open_course(folder, NAME)
    found = dict((student, place) for place, student in students_at(course, course.submitted_directory))
    assert list(found) == ["ada", "b\nob", "e[m]my"]
    assert all((place / f"{NAME}.ipynb").is_file() for place in found.values())
    assert found["ada"] == folder_of(course, course.submitted_directory, "ada")
    assert assignments_at(course, course.release_directory) == {NAME: folder_of(course, course.release_directory)}
    assert step_folder(course, "submitted") == (folder if structure else folder / "submitted")

    monkeypatch.chdir(tmp_path)
    assert {row.student: row.points for row in class_table(folder, NAME)} == {"ada": 5, "b_ob": 5, "e[m]my": 0}
    assert main(["report", NAME, "--course", str(folder)]) == 0
    page = Path(capsys.readouterr().out.strip())
    report = json.loads(page.with_name("report.json").read_text(encoding="utf-8"))
    assert page.is_relative_to(folder)
    assert [one["states"] for one in report["exercises"]] == [{"right": 2, "wrong": 1}] * 2
    assert [line for line in map(str, doctor.check_gradebook(course)) if "✔" not in line] == []


# --- gradebooks -------------------------------------------------------------------------------------------------------


def test_reading_makes_no_gradebook(tmp_path, capsys):
    folder = settings(tmp_path / "course")
    write(source_notebook(), folder / "release" / NAME)
    for command in (["report"], ["collect", NAME, str(tmp_path)], ["grades", NAME, "x.csv"]):
        assert main([*command, "--course", str(folder)]) == 1
        assert "There is no gradebook" in capsys.readouterr().err
    assert not (folder / "gradebook.db").exists()
    table = tmp_path / "roster.csv"
    table.write_text(CANVAS, encoding="utf-8")
    assert main(["roster", str(table), "--course", str(folder)]) == 0
    assert (folder / "gradebook.db").exists()


def test_a_database_that_cannot_be_reached_is_a_sentence_without_the_password(tmp_path, capsys):
    need("postgresql")
    url = f"postgresql+psycopg://grader:PASS-WORD@/gradebook?host={tmp_path}"
    folder = settings(tmp_path / "course", f"c.CourseDirectory.db_url = {url!r}\n")
    write(source_notebook(), folder / "release" / NAME)
    folder.chmod(0o755)
    (folder / "nbgrader_config.py").chmod(0o644)
    for command in (["report"], ["grade", NAME], ["collect", NAME, str(tmp_path)], ["doctor"]):
        assert main([*command, "--course", str(folder)]) == 1
        said = capsys.readouterr()
        assert "PASS-WORD" not in said.out + said.err
        assert "Traceback" not in said.out + said.err
        assert "cannot be used: " in said.out + said.err
    assert "can read" in said.out
    assert str(folder / "nbgrader_config.py") in said.out


def test_the_copy_of_a_gradebook_is_called_like_it_and_as_closed(tmp_path):
    folder = settings(tmp_path / "course", "c.CourseDirectory.db_url = 'sqlite:///grades.db'\n")
    course = open_course(folder, NAME)
    with open_gradebook(course, make=True) as book:
        book.add_student("ada")
    file = gradebook_file(course)
    file.chmod(0o600)
    check_and_back_up(course)
    copied = backup_of(file)
    assert copied == folder / "grades.before-grading.db"
    assert copied.stat().st_mode & 0o777 == 0o600
    with Gradebook(f"sqlite:///{copied}", "tiny") as book:
        assert [one.id for one in book.students] == ["ada"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has other rights")
def test_the_doctor_looks_at_everything_that_holds_grades(tmp_path):
    folder = settings(tmp_path / "course", "c.CourseDirectory.db_url = 'sqlite:///grades.db'\n" + ELSEWHERE)
    course = open_course(folder, NAME)
    folder.chmod(0o755)
    for name in ("grades.db", "grades.before-grading.db", "codes.csv"):
        (folder / name).touch(0o644)
    for name in ("collected", "taken_in", "results", "report"):
        (folder / name).mkdir(0o755)
    (found,) = (str(one) for one in doctor.check_permissions(course) if "can read" in one.message)
    for name in ("grades.db", "grades.before-grading.db", "codes.csv", "collected", "taken_in", "results", "report"):
        assert f"{folder / name}" in found


def test_a_class_on_postgresql_is_reported_from_anywhere(postgres, tmp_path, monkeypatch, capsys):
    folder = settings(tmp_path / "course", f"c.CourseDirectory.db_url = {postgres!r}\n" + ELSEWHERE)
    release(folder)
    hand_in(folder, "ada")
    hand_in(folder, "emmy", {**RIGHT, "square": "def square(x):\n    return x"})
    autograde(folder)
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "canvas.csv"
    table.write_text(CANVAS, encoding="utf-8")
    assert main(["roster", str(table), "--course", str(folder)]) == 0, capsys.readouterr()
    assert main(["report", "--course", str(folder)]) == 0, capsys.readouterr().err
    page = Path(capsys.readouterr().out.splitlines()[-1])
    report = json.loads(page.with_name("report.json").read_text(encoding="utf-8"))
    assert {one["student"]: one["points"] for one in report["students"]} == {"ada": 5, "emmy": 2}
    assert {one["name"]: one["difficulty"] for one in report["exercises"]} == {"double": 1, "square": 0.5}
    assert {row.student: row.points for row in class_table(folder, NAME)} == {"ada": 5, "emmy": 2}
    assert "✔ the gradebook: 1 assignments, 2 students" in map(str, doctor.check_gradebook(open_course(folder)))
    assert main(["grades", NAME, str(table), "--course", str(folder)]) == 0, capsys.readouterr()
    filled = table.with_stem("canvas-filled").read_text(encoding="utf-8").splitlines()
    assert [line.rpartition(",")[2] for line in filled[2:]] == ["5", "2"]
    assert not list(tmp_path.rglob("gradebook*"))


def test_a_table_that_is_missing_in_the_database_is_a_sentence(tmp_path):
    course = open_course(settings(tmp_path / "course"))
    with open_gradebook(course, make=True) as book:
        book.db.connection().exec_driver_sql("ALTER TABLE student DROP COLUMN email")
        book.db.commit()
    with pytest.raises(CourseError, match="no such column"), open_gradebook(course) as book:
        book.students  # noqa: B018
