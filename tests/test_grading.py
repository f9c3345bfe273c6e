"""The instructor's way: a class of all kinds, graded by nbgrader's own commands, and the demonstration."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from commands import run_module
from nbgrader.api import Gradebook
from tiny_course import nbgrader

from autograder import demo
from autograder.__main__ import main
from autograder.authoring import build
from autograder.reporting import class_table
from autograder.topics import source_of, sources
from autograder.topics.notebook_text import source_notebook
from course_utils.checks.check_report import MIMETYPE

NAME = "01_initialization"


@pytest.fixture(scope="module")
def students(soak: bool) -> dict[str, demo.Submission]:
    """Every kind of student; of the differently right and of the wrong the first one, unless in a soak."""
    numbers = re.compile(r"-(\d+)$")
    kinds = demo.made_up_class(NAME).items()
    return {name: one for name, one in kinds if soak or not (found := numbers.search(name)) or int(found[1]) == 1}


@pytest.fixture(scope="module")
def course(tmp_path_factory, students) -> Path:
    """The class, graded by nbgrader's own commands."""
    folder = tmp_path_factory.mktemp("class") / "demo"
    demo.make_course(folder, source_of(NAME))
    for student, submission in students.items():
        demo.hand_in(folder, student, NAME, submission)
    for command in ("autograde", "generate_feedback"):
        done = nbgrader(folder, command, NAME)
        assert "Traceback" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory) -> tuple[Path, str]:
    """The demonstration class over all notebooks, and what the command printed."""
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    done = run_module("autograder", "demo", "--folder", str(folder), cwd=build.ROOT)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module")
def rows(course) -> dict[str, class_table.Row]:
    return {row.student: row for row in class_table.class_table(course, NAME)}


def graded_file(course: Path, student: str) -> Path:
    return course / "autograded" / student / NAME / f"{NAME}.ipynb"


def autograded(course: Path, student: str) -> nbformat.NotebookNode:
    return nbformat.read(graded_file(course, student), as_version=4)


def test_every_kind_of_student_is_there(rows, students):
    assert set(rows) == set(students)
    assert {re.sub(r"-\d+$", "", name) for name in rows} == {
        re.sub(r"-\d+$", "", name) for name in demo.made_up_class(NAME)
    }


def test_right_answers_earn_everything_however_written(rows):
    kind = ("right", "differently-right", "warns-and-prints", "test-cell")
    students = [row for name, row in rows.items() if name.startswith(kind)]
    assert len(students) >= 5
    assert {row.points for row in students} == {50}


def test_blank_and_imported_earn_nothing(rows):
    assert rows["blank"].points == 0
    assert rows["imported"].points == 0
    assert "No module named 'autograder" in rows["imported"].reasons[0]


def test_every_wrong_answer_loses_points_and_is_named(rows):
    wrong = {name: row for name, row in rows.items() if name.startswith("wrong-")}
    answers = demo.made_up_class(NAME)
    for student, row in wrong.items():
        assert 0 < row.points < 45
        for exercise, text in answers[student].items():
            sentence = next(one.sentence for one in demo.mistakes_in(exercise) if one.text == text)
            assert any(sentence in reason for reason in row.reasons), (student, exercise)


def test_a_fault_costs_its_own_exercise_only(rows):
    assert rows["syntax-error"].points == 46
    assert rows["endless-loop"].points == 46
    assert any("still running after 2 s" in reason for reason in rows["endless-loop"].reasons)
    assert rows["half-done"].points == 14


@pytest.mark.parametrize("student", ["damaged-file", "empty-file"])
def test_what_cannot_be_graded_has_no_points_and_needs_a_look(rows, student):
    assert rows[student].points is None
    assert rows[student].needs_a_look
    assert rows[student].reasons[0].startswith("needs a look: ")


def test_a_crash_costs_its_own_exercise_which_needs_a_look(course, rows):
    assert rows["crashed"].points == 46
    assert rows["crashed"].needs_a_look
    assert "initialize_parameters_zeros needs a look" in rows["crashed"].reasons[0]
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        grades = gradebook.find_submission_notebook(NAME, NAME, "crashed").grades
        assert {grade.name for grade in grades if grade.needs_manual_grade} == {"test_initialize_parameters_zeros"}


def test_the_gradebook_agrees_with_the_notebooks_cell_by_cell(course, rows):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for student, row in rows.items():
            if row.points is None:
                continue
            graded = gradebook.find_submission_notebook(NAME, NAME, student)
            scores = {grade.name: grade.score for grade in graded.grades}
            for cell in autograded(course, student).cells:
                if cell.metadata.get("nbgrader", {}).get("grade"):
                    shown = [one.data[MIMETYPE] for one in cell.outputs if MIMETYPE in one.get("data", {})]
                    assert scores[cell.metadata.nbgrader.grade_id] == (shown[0]["earned"] if shown else 0)


def test_experiments_are_not_run_again(course):
    cells = autograded(course, "right").cells
    experiments = [cell for cell in cells if "experiment" in cell.metadata.get("tags", [])]
    assert len(experiments) >= 10
    assert not any(cell.outputs for cell in experiments)


@pytest.mark.parametrize("source", sources(), ids=lambda one: one.stem)
def test_every_notebook_is_graded_in_the_demonstration(demonstration, source):
    """Right answers across the border earn everything, differently right ones too, mistakes less, a blank nothing."""
    course, said = demonstration
    graded = {row.student: row for row in class_table.class_table(course, source.stem)}
    assert set(graded) == set(demo.small_class(source.stem))
    for student, row in graded.items():
        assert row.needs_a_look == (student == "crashed"), row.reasons
        if student in ("right", "differently-right-1"):
            assert row.points == row.max_points, row.reasons
        elif student == "blank":
            assert row.points == 0, row.reasons
        else:
            assert 0 < row.points < row.max_points
    assert f"$ python -m autograder grade {source.stem}" in said
    page = course / "report" / source.stem / "report.html"
    assert page.exists()
    assert str(page) in said.split("$ python -m autograder report")[1]


def test_the_demonstration_says_how_long_it_takes(demonstration):
    _, said = demonstration
    assert re.match(r"\d+ made-up submissions of \d notebooks: about \d+ seconds on \d+ cores?\.\n", said)


def test_feedback_tells_the_property_and_the_mistake_but_no_case_and_no_seed(course, students):
    pages = sorted((course / "feedback").glob(f"wrong-*/{NAME}/*.html"))
    assert len(pages) == sum(name.startswith("wrong-") for name in students)
    secret = (build.COURSE / "secret").read_text(encoding="utf-8")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "keys and shapes of W1, b1, … WL, bL" in text
        assert "Likely cause" in text
        for word in (
            secret,
            "submission_seed",
            "reference_answer",
            "def he(",
            "small_networks",
            "Called with",
        ):
            assert word not in text, word


def test_a_regrade_gives_the_same_points(course, rows):
    before = autograded(course, "wrong-01")
    assert nbgrader(course, "autograde", NAME, "--student", "wrong-01", "--force").returncode == 0
    assert {row.student: row.points for row in class_table.class_table(course, NAME)} == {
        student: row.points for student, row in rows.items()
    }
    earned = [
        [
            json.dumps(one.data[MIMETYPE])
            for cell in book.cells
            for one in cell.get("outputs", [])
            if MIMETYPE in one.get("data", {})
        ]
        for book in (before, autograded(course, "wrong-01"))
    ]
    assert earned[0] == earned[1]


def test_grades_are_exported_by_the_stock_command(course, rows):
    assert nbgrader(course, "export").returncode == 0
    with open(course / "grades.csv", encoding="utf-8", newline="") as file:
        exported = {line["student_id"]: line["score"] for line in csv.DictReader(file)}
    assert set(exported) == set(rows)
    for student, row in rows.items():
        if row.needs_a_look:
            assert exported[student] == ""  # nobody's zero, nor anybody's points, until a person has decided
        else:
            assert float(exported[student]) == pytest.approx(row.points)


def test_without_our_settings_the_notebooks_still_grade(tmp_path):
    """Stock nbgrader, stock preprocessors: only the folders are ours."""
    course = tmp_path / "stock"
    (course / "source" / NAME).mkdir(parents=True)
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'stock'\n", "utf-8")
    source = source_notebook(source_of(NAME))
    # The experiments take half a minute, and stock nbgrader runs them.
    source.cells = [cell for cell in source.cells if "experiment" not in cell.metadata.get("tags", [])]
    nbformat.write(source, course / "source" / NAME / f"{NAME}.ipynb")
    assert nbgrader(course, "generate_assignment", NAME).returncode == 0
    for student in ("right", "blank", "wrong-01"):
        demo.hand_in(course, student, NAME, demo.made_up_class(NAME)[student])
    assert nbgrader(course, "autograde", NAME).returncode == 0
    points = {row.student: row.points for row in class_table.class_table(course, NAME)}
    assert points["right"] == 50
    assert points["blank"] == 0
    assert 0 < points["wrong-01"] < 45


def test_a_folder_that_is_no_demonstration_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(["demo", "--folder", str(tmp_path)]) == 1
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"
    assert "is no demonstration class" in capsys.readouterr().err


def test_formgrader_shows_the_class_and_grades_a_submission(course):
    """The real server and the real extension: the list, and what the Autograde button does."""
    import socket
    import time
    import urllib.error
    import urllib.request

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=t", f"--ServerApp.root_dir={course}"]
    with open(course / "formgrader.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, cwd=course, env={**os.environ, "PATH": programs}, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}/formgrader/api/submissions/{NAME}?token=t"
        while True:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    submissions = json.load(answer)
                break
            except urllib.error.URLError:
                assert server.poll() is None, (course / "formgrader.log").read_text(encoding="utf-8")
                time.sleep(0.5)
        scores = {one["student"]: one["score"] for one in submissions if one["autograded"]}
        assert scores["right"] == 50
        assert scores["blank"] == 0
        shutil.rmtree(course / "autograded" / "crashed")
        button = url.replace(f"submissions/{NAME}", f"submission/{NAME}/crashed/autograde")
        with urllib.request.urlopen(urllib.request.Request(button, method="POST"), timeout=120) as answer:
            result = json.load(answer)
        assert result["success"], result
        assert "initialize_parameters_zeros needs a look" in class_table.reasons_in(graded_file(course, "crashed"))[0]
    finally:
        server.terminate()
        server.wait(30)
