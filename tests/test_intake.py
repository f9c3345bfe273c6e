"""A class of hostile and mangled submissions, graded by real ``nbgrader autograde`` beside honest submissions.

Numbers are those of the list of faults in ``autograder/judge/README.md``; the course is a tiny course of its own.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from elsewhere import without_posix
from nbformat import v4
from tiny_course import NAME, RIGHT, STUB, answered, at, config, hand_in, nbgrader, release

from autograder.pipeline import submissions
from autograder.pipeline.restore_release import restore
from course_utils.cells import names_bound, names_used


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course folder, released."""
    return release(tmp_path_factory.mktemp("course"), config())


def new_id(cell: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    cell = copy.deepcopy(cell)
    cell.id = name
    return cell


# --- the class: each maker writes a submission into a folder ----------------------------------------------------------

CASES: list[tuple[str, Callable[[Path, Path], None], float | None, str]] = []


def case(number: str, score: float | None, sentence: str) -> Callable:
    """Register a submission: its case, its score (None: needs a look), a pattern that its sentences hold."""

    def register(make: Callable[[Path, Path], None]) -> Callable:
        CASES.append((f"{number}-{make.__name__}", make, score, sentence))
        return make

    return register


def edited(number: str, score: float | None, sentence: str) -> Callable:
    """Register a submission that is the right notebook, edited."""

    def register(edit: Callable[[nbformat.NotebookNode], object]) -> Callable:
        def make(folder: Path, course: Path) -> None:
            nb = answered(course)
            nb = edit(nb) or nb
            (folder / f"{NAME}.ipynb").write_text(json.dumps(nb), encoding="utf-8")

        make.__name__ = edit.__name__
        case(number, score, sentence)(make)
        return edit

    return register


def raw(number: str, score: float | None, sentence: str, name: str = f"{NAME}.ipynb") -> Callable:
    """Register a submission that is one file of the bytes given, made from the right notebook's text."""

    def register(write: Callable[[str], bytes]) -> Callable:
        def make(folder: Path, course: Path) -> None:
            (folder / name).write_bytes(write(json.dumps(answered(course), indent=1)))

        make.__name__ = write.__name__
        case(number, score, sentence)(make)
        return write

    return register


@edited("65", 5, "test cell test_double was missing; it was put back")
def deleted_test(nb):
    del nb.cells[at(nb, "test_double")]


@edited("65", 0, "test cell test_double was missing")
def deleted_tests_and_wrong(nb):
    nb.cells = [cell for cell in nb.cells if not cell.id.startswith("test_")]
    for name in RIGHT:
        nb.cells[at(nb, name)].source = f"def {name}(x):\n    return None"


@edited("66", 3, "test cell test_double had been changed; it was restored")
def edited_test(nb):
    nb.cells[at(nb, "test_double")].source = "pass"
    nb.cells[at(nb, "double")].source = "def double(x):\n    return 4"


@edited("66", 5, r"settings of the cell test_double had been changed \(points\)")
def edited_points_and_checksum(nb):
    nb.cells[at(nb, "test_double")].metadata.nbgrader.update(points=1000, checksum="0" * 32)


@edited("67", 5, "test_double stood 3 times; one was kept")
def duplicated_test(nb):
    place = at(nb, "test_double")
    nb.cells[place:place] = [new_id(nb.cells[place], "copy-1"), new_id(nb.cells[place], "copy-2")]


@edited("67", None, "The cell double stood 2 times; the second was graded")
def duplicated_answer(nb):
    place = at(nb, "double")
    first = new_id(nb.cells[place], "first")
    first.source = "def double(x):\n    return 17"
    nb.cells.insert(place, first)


@edited("67", 5, "The cell double stood 2 times; the first was graded")
def duplicated_blank(nb):
    place = at(nb, "double")
    blank = new_id(nb.cells[place], "blank")
    blank.source = f"def double(x):\n    {STUB.replace(chr(10), chr(10) + '    ')}"
    nb.cells.insert(place + 1, blank)


@edited("67", None, "The cell double stood 2 times; the second was graded")
def duplicated_wrong_last(nb):
    place = at(nb, "double")
    last = new_id(nb.cells[place], "last")
    last.source = "def double(x):\n    return 17"
    nb.cells.insert(place + 1, last)


@edited("68", 5, r"test_double had been changed \(grade, solution, locked\)")
def marked_as_solution(nb):
    nb.cells[at(nb, "test_double")].metadata.nbgrader.update(solution=True, grade=False, locked=False)


@edited("68", 5, r"test_double had been changed \(cell_type\)")
def turned_to_text(nb):
    place = at(nb, "test_double")
    old = nb.cells[place]
    nb.cells[place] = v4.new_markdown_cell(old.source, metadata=old.metadata)


@edited("68", 5, "settings of the cell double had been changed")
def answer_locked_and_graded(nb):
    nb.cells[at(nb, "double")].metadata.nbgrader.update(locked=True, grade=True, points=50, solution=False)


@edited("66", 0, r"settings of the cell test_square had been changed \(grade, solution, points\)")
def forged_metadata(nb):
    """What the pipeline keeps in a notebook for itself, and what it reads from one, forged; and nothing right."""
    nb.metadata.course = {"refused": "", "needs_a_look": {"test_double": "pay me"}, "doubts": {"test_square": "look"}}
    nb.metadata.course |= {"intake": ["x"] * 5000, "told": {"test_double": "right"}, "trusted_class": True, "sha256": 1}
    nb.metadata.language_info = {"version": "99.9" * 1000, "name": ["python"]}
    for cell in nb.cells:
        cell.metadata.update(course_visible="pass", told="5 of 5", tags=["skip-execution", "experiment"], deletable=1)
        cell.metadata.update(collapsed={"a": [1] * 1000}, slideshow=None)
    for name in RIGHT:
        nb.cells[at(nb, name)].source = f"def {name}(x):\n    return None"
    odd = {"points": float("inf"), "schema_version": 10**30, "checksum": ["a"], "cell_type": {}, "grade": 1}
    nb.cells[at(nb, "test_double")].metadata.nbgrader.update(odd)
    nb.cells[at(nb, "test_square")].metadata.nbgrader.update(points=-3, grade=False, solution=True)


@edited("66", 5, "")
def ids_of_the_pipelines_own(nb):
    names = ["needs-a-look", "student-0", "student-1", "test_double", "given", "extra"]
    nb.cells[1:1] = [v4.new_code_cell(f"x{n} = {n}", id=name) for n, name in enumerate(names)]
    nb.cells[3].metadata.nbgrader = {"grade_id": "student-1", "grade": True, "solution": False, "points": 99}


@edited("67", 2, "The answer to square stood outside its cell; it was found by its content")
def settings_swapped(nb):
    """The answer to one exercise says that it is the test of the other, and the other way round."""
    answer, test = nb.cells[at(nb, "square")], nb.cells[at(nb, "test_double")]
    answer.metadata.nbgrader, test.metadata.nbgrader = test.metadata.nbgrader, answer.metadata.nbgrader
    answer.source = "def square(x):\n    return 4\nscore = 3.0\nscore"
    answer.id, test.id = test.id, answer.id


@edited("68", 0, r"settings of the cell test_square had been changed \(cell_type\)")
def raw_cells_for_tests(nb):
    """Each test comes as a raw cell with attachments, each answer ends with a score, and none is right."""
    for name in RIGHT:
        nb.cells[at(nb, name)].source = f"def {name}(x):\n    return None\n1000.0"
        place = at(nb, f"test_{name}")
        raw = v4.new_raw_cell("3.0", id=nb.cells[place].id, metadata=nb.cells[place].metadata)
        raw.attachments = {"a.png": {"image/png": "AAAA"}, "../b": {"text/html": "<script>x</script>"}}
        nb.cells[place] = raw


@edited("69", 5, "lost the course's settings; its cells were found by their content")
def stripped_by_colab(nb):
    for number, cell in enumerate(nb.cells):
        cell.metadata = {"id": f"colab{number}", "colab": {}}
        del cell["id"]
    nb.nbformat_minor = 0


@edited("69", 3, "lost the course's settings")
def stripped_and_half_wrong(nb):
    nb.cells[at(nb, "double")].source = "def double(x):\n    return 4"
    for cell in nb.cells:
        cell.metadata = {}
        cell.pop("id")


@edited("69", None, "No cell of the released notebook was found")
def another_notebook(nb):
    nb.cells = [v4.new_code_cell("print('my thesis')"), v4.new_markdown_cell("Chapter 1")]


@edited("70", 5, "Cells had been moved")
def reordered(nb):
    nb.cells = nb.cells[::-1]


@edited("70", 5, "The answer to square was found in the cell of double")
def merged(nb):
    nb.cells[at(nb, "double")].source += "\n\n" + nb.cells[at(nb, "square")].source
    del nb.cells[at(nb, "square")]


@edited("70", 5, "The answer to square was found in the cell of double")
def merged_and_stripped(nb):
    merged(nb)
    for cell in nb.cells:
        cell.metadata = {}
        cell.pop("id")


@edited("70", 5, "double stood 2 times")
def split_in_two(nb):
    place = at(nb, "double")
    helper = new_id(nb.cells[place], "helper")
    helper.source = "def twice(x):\n    return x + x"
    nb.cells[place].source = "def double(x):\n    return twice(x)"
    nb.cells.insert(place, helper)


@edited("70", 5, "The answer to double stood outside its cell")
def answered_in_a_new_cell(nb):
    place = at(nb, "double")
    new = v4.new_code_cell(nb.cells[place].source)
    nb.cells[place].source = "# see below"
    nb.cells.insert(place + 1, new)


@edited("70", None, "No answer to double was found")
def deleted_answer(nb):
    del nb.cells[at(nb, "double")]


@edited("71", 3, "")
def renamed_function(nb):
    nb.cells[at(nb, "double")].source = "def dubble(x):\n    return 2 * x"


@edited("72", 3, "")
def syntax_error(nb):
    nb.cells[at(nb, "double")].source = "def double(x:\n    return ((2 * x"


@edited("72", 3, "lost the course's settings")
def syntax_error_and_stripped(nb):
    nb.cells[at(nb, "double")].source = "def double(x):\n    return ((2 * x"
    for cell in nb.cells:
        cell.metadata = {}
        cell.pop("id")


@edited("73", 5, "asked for the kernel 'ir'; 'python3' was used")
def r_kernel(nb):
    nb.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}


@edited("73", 5, "asked for no kernel")
def no_kernel(nb):
    nb.metadata = {}


@edited("74", 5, "old format 3; it was upgraded")
def format_3(nb):
    return nbformat.convert(nb, 3)


@edited("74", 5, "old format 2; it was upgraded")
def format_2(nb):
    old = nbformat.convert(nb, 3)
    old.nbformat = 2
    return old


@edited("74", None, "format 9, which this nbgrader cannot read yet")
def format_of_the_future(nb):
    nb.nbformat = 9


@edited("74", 5, "")
def missing_and_double_ids(nb):
    for cell in nb.cells:
        cell.id = "same"
    del nb.cells[2]["id"]


@raw("75", None, "breaks off or is damaged in line")
def broken_off(text):
    return text[: len(text) // 2].encode()


@raw("75", None, "A merge conflict begins in line 2")
def merge_conflict(text):
    return text.replace("\n", "\n<<<<<<< HEAD\n", 1).encode()


@raw("75", None, "JSON, but not a notebook")
def some_json(text):
    return b'{"cells": 3, "nbformat": 4}'


@raw("75", None, "JSON, but not a notebook")
def a_list(text):
    return b"[1, 2]"


@raw("75", 5, "")
def with_nan(text):
    return text.replace('"outputs": []', '"outputs": [{"data": {"x": NaN, "y": Infinity}}]').encode()


@raw("75", None, "nested too deeply")
def nested_deeply(text):
    return b"[" * 200_000 + b"]" * 200_000


@raw("75", 5, "asked for no kernel")
def wild_types(text):
    nb = json.loads(text)
    nb["cells"] += [7, None, {"cell_type": ["code"][0], "source": [1, None, "1"], "metadata": []}, {"cell_type": {}}]
    nb["cells"][0]["metadata"] = {"nbgrader": {"schema_version": 99, "grade_id": {"a": 1}, "points": [[]]}}
    nb["metadata"] = {"kernelspec": 5, "course": {"needs_a_look": 5, "intake": 5}, "nbgrader": {"x": 1}}
    return json.dumps(nb).replace("{}", '"x"', 0).encode()


@raw("76", None, "The notebook file is empty")
def empty_file(text):
    return b""


@raw("76", None, "it is HTML")
def html_renamed(text):
    return b"<!DOCTYPE html><p>my notebook"


@raw("76", None, "it is a PDF")
def pdf_renamed(text):
    return b"%PDF-1.7\n\x00\xff\xfe"


@case("76", None, "is a folder, not a file")
def directory_named_ipynb(folder, course):
    (folder / f"{NAME}.ipynb").mkdir()
    (folder / f"{NAME}.ipynb" / "x.txt").write_text("x", encoding="utf-8")


@raw("77", 5, re.escape("'ps1 (1).ipynb' was graded as ps1.ipynb"), name="ps1 (1).ipynb")
def downloaded_twice(text):
    return text.encode()


@raw("77", 5, "'PS1.IPYNB' was graded as ps1.ipynb", name="PS1.IPYNB")
def wrong_case(text):
    return text.encode()


@raw("77", 5, "'my homework.ipynb' was graded as ps1.ipynb", name="my homework.ipynb")
def another_name(text):
    return text.encode()


@raw("78", None, "above 2 MB nothing is opened")
def huge(text):
    return b'{"cells": [], "x": "' + b"x" * 3_000_000 + b'"}'


@raw("78", None, "above 2000 none is read")
def many_cells(text):
    return b'{"nbformat": 4, "cells": [' + b",".join([b'{"cell_type": "code"}'] * 3000) + b"]}"


@case("79", 5, "'ps1.ipynb' was graded, not 'ps1-Copy1.ipynb'")
def two_notebooks(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    nbformat.write(answered(course, double=STUB), folder / f"{NAME}-Copy1.ipynb")


@case("79", 5, re.escape("'ps1 (2).ipynb' was graded, not 'ps1 (1).ipynb'"))
def two_copies(folder, course):
    nbformat.write(answered(course, double=STUB), folder / "ps1 (1).ipynb")
    nbformat.write(answered(course), folder / "ps1 (2).ipynb")


@case("79", 5, "'handed in/ps1.ipynb' was graded")
def notebook_in_a_folder(folder, course):
    for place in ("handed in", ".ipynb_checkpoints"):
        (folder / place).mkdir()
    nbformat.write(answered(course), folder / "handed in" / f"{NAME}.ipynb")
    nbformat.write(answered(course, double=STUB), folder / ".ipynb_checkpoints" / f"{NAME}.ipynb")


@case("79", None, "No notebook ps1.ipynb was handed in, only 'report.pdf'")
def missing_notebook(folder, course):
    (folder / "report.pdf").write_bytes(b"%PDF")


@case("79", None, "and nothing else either")
def empty_folder(folder, course):
    pass


@case("80", 5, "Left out, as only the notebook is graded")
def odd_file_names(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    names = ["{0}{student_id}%s.txt", "é" * 100, "e\u0301.txt", "x" * 250]
    if os.name == "posix":
        names += ["*[a]?.txt", 'qu"ote\n.txt']
    for name in names:
        (folder / name).write_text("x", encoding="utf-8")


def posix(make: Callable) -> Callable:
    return make if os.name == "posix" else lambda folder, course: pytest.skip("needs POSIX files")


@case("81", None, "is a link, not a file; it was not opened")
@posix
def symlink_to_another_student(folder, course):
    (folder / f"{NAME}.ipynb").symlink_to(course / "submitted" / "honest-right" / NAME / f"{NAME}.ipynb")


@case("81", 5, "links and devices are never followed: 'data.db', 'everything', 'pipe', 'socket'")
@posix
def links_beside(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    (folder / "data.db").symlink_to(course / "gradebook.db")
    (folder / "everything").symlink_to("/")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(folder)
        one.bind("socket")
        os.chdir(here)


@case("81", None, "is a hard link")
@posix
def hard_link(folder, course):
    os.link(course / "gradebook.db", folder / f"{NAME}.ipynb")


@case("81", None, "is a pipe, not a file")
@posix
def pipe_as_notebook(folder, course):
    os.mkfifo(folder / f"{NAME}.ipynb")


@case("81", None, "is a link or a file instead of a folder")
@posix
def folder_is_a_link(folder, course):
    folder.rmdir()
    folder.symlink_to(course / "submitted" / "honest-right" / NAME)


@case("82", None, "No notebook ps1.ipynb was handed in, only 'ps1.zip'")
def archive(folder, course):
    (folder / "ps1.zip").write_bytes(b"PK\x03\x04" + b"../../gradebook.db")


@edited("83", 5, "")
def magics(nb):
    nb.cells[at(nb, "double")].source = "%matplotlib inline\n!echo hi\n" + RIGHT["double"] + "\n%time double(2)"


@edited("84", 5, "")
def saved_outputs_and_attachments(nb):
    nb.cells[at(nb, "test_double")].outputs = [v4.new_output("display_data", {"text/html": "<script>1</script>"})]
    nb.cells[0].attachments = {"x.png": {"image/png": "AAAA"}}
    nb.cells[0].source += " {{ 7 * 7 }} {% raw %} {0} %s"
    nb.metadata.widgets = {"state": {}}


@case("85", 5, "'helper.py', 'nbgrader_config.py', 'numpy.py'")
def files_that_shadow(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    for name in ("helper.py", "nbgrader_config.py", "numpy.py"):
        (folder / name).write_text("raise SystemExit('shadowed')", encoding="utf-8")


@raw("86", 5, "")
def windows_lines_and_bom(text):
    nb = json.loads(text)
    for cell in nb["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    return b"\xef\xbb\xbf" + json.dumps(nb, indent=1).replace("\n", "\r\n").encode()


@raw("86", 5, "")
def utf_16(text):
    return text.encode("utf-16")


@raw("86", 5, "not in UTF-8")
def western_european(text):
    return text.replace("# Two exercises", "# Zwölf").encode("latin-1")


@case("107", 5, "timestamp.txt cannot be read as a time")
def malformed_timestamp(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_bytes(b"yesterday \xff evening")


@case("107", 5, "names a day in the future; the file's own date is used")
def future_timestamp(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text("2999-01-01 00:00:00 UTC", encoding="utf-8")


@case("107", 5, "timestamp.txt cannot be read as a time")
@posix
def timestamp_is_a_pipe(folder, course):
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    os.mkfifo(folder / "timestamp.txt")


# --- the runs ---------------------------------------------------------------------------------------------------------


def hand_in_honest(course: Path) -> None:
    """Two honest submissions, named so that they are graded first and last."""
    for student, nb in (("honest-right", answered(course)), ("zz-honest-half", answered(course, double=STUB))):
        hand_in(course, student, nb)
        (course / "submitted" / student / NAME / "timestamp.txt").write_text(
            "2026-01-02 03:04:05 UTC", encoding="utf-8"
        )


def grades(course: Path) -> dict[str, list[tuple]]:
    """Every student's grades, as the gradebook holds them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            one.student.id: sorted(
                (grade.name, grade.auto_score, grade.score, grade.needs_manual_grade)
                for notebook in one.notebooks
                for grade in notebook.grades
            )
            for one in gradebook.find_assignment(NAME).submissions
        }


def autograded(course: Path, student: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "autograded" / student / NAME / f"{NAME}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def alone(course: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple]]:
    """Grades of the honest in a class of their own."""
    other = tmp_path_factory.mktemp("alone") / "course"
    shutil.copytree(course, other)
    hand_in_honest(other)
    done = nbgrader(other, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    return grades(other)


@pytest.fixture(scope="module")
def graded(course: Path, alone: dict) -> tuple[Path, subprocess.CompletedProcess]:
    """The whole class, graded in one run."""
    hand_in_honest(course)
    for student, make, _, _ in CASES:
        folder = course / "submitted" / student / NAME
        folder.mkdir(parents=True)
        try:
            make(folder, course)
        except pytest.skip.Exception:
            shutil.rmtree(folder.parent)
    if os.name == "posix":
        for student in ("80 new\nline", "80 {0} %s [a] 'q\" ü"):
            hand_in(course, student, answered(course))
    return course, nbgrader(course, "autograde", NAME)


def test_the_class_run_ends_well(graded):
    _, done = graded
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_honest_grades_are_those_of_a_run_without_the_hostile(graded, alone):
    course, _ = graded
    found = grades(course)
    assert len(alone) == 2
    assert [score for _, _, score, _ in alone["honest-right"]] == [2, 3]
    assert {student: found[student] for student in alone} == alone


@pytest.mark.parametrize(("student", "score", "sentence"), [pytest.param(one[0], *one[2:], id=one[0]) for one in CASES])
def test_case(graded, student, score, sentence):
    course, done = graded
    if not os.path.lexists(course / "submitted" / student):
        pytest.skip("needs POSIX files")
    found = grades(course)[student]
    noted = autograded(course, student).metadata["course"]["intake"]
    if score is None:
        assert any(auto is None and manual for _, auto, _, manual in found), found
        assert sum(one[2] for one in found) < 5
    else:
        assert sum(one[2] for one in found) == score
        assert not any(manual for *_, manual in found)
    if sentence:
        assert re.search(sentence, "\n".join(noted)), noted
        assert re.search(sentence, done.stderr)
    else:
        assert noted == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
def test_case_80_student_names(graded):
    course, _ = graded
    found = grades(course)
    for student in ("80 new_line", "80 {0} %s [a] 'q\" ü"):
        assert sum(one[2] for one in found[student]) == 5


def test_nothing_but_the_notebook_passes(graded):
    course, _ = graded
    paths = [path for step in ("taken_in", "autograded") for path in (course / step).rglob("*")]
    assert {path.name for path in paths if not path.is_dir()} == {f"{NAME}.ipynb", "timestamp.txt"}
    assert not any(path.is_symlink() for path in paths)


def test_case_84_nothing_saved_survives(graded):
    course, _ = graded
    text = (course / "autograded" / "84-saved_outputs_and_attachments" / NAME / f"{NAME}.ipynb").read_text("utf-8")
    assert "<script>" not in text
    assert "attachments" not in text
    assert "widgets" not in text
    assert "{{ 7 * 7 }}" in text


def test_case_108_a_snapshot_is_graded(graded):
    course, _ = graded
    handed_in = course / "submitted" / "honest-right" / NAME / f"{NAME}.ipynb"
    digest = hashlib.sha256(handed_in.read_bytes()).hexdigest()
    assert autograded(course, "honest-right").metadata["course"]["sha256"] == digest


def test_case_108_a_later_submission_is_graded_again(graded, alone):
    course, _ = graded
    folder = course / "submitted" / "zz-honest-half" / NAME
    nbformat.write(answered(course), folder / f"{NAME}.ipynb")
    (folder / "timestamp.txt").write_text("2026-01-03 03:04:05 UTC", encoding="utf-8")
    done = nbgrader(course, "autograde", NAME, "--student", "zz-honest-half")
    assert done.returncode == 0, done.stderr
    assert sum(one[2] for one in grades(course)["zz-honest-half"]) == 5


def test_formgrader_grades_one_student_and_keeps_its_folders(graded, alone):
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    course, _ = graded
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    settings.CourseDirectory.root = str(course)
    settings.Exchange.root = str(course / "exchange")
    api = NbGraderAPI(config=settings)
    result = api.autograde(NAME, "honest-right")
    assert result["success"], result
    assert api.coursedir.submitted_directory == "submitted"
    assert grades(course)["honest-right"] == alone["honest-right"]


def test_an_unreleased_assignment_ends_with_one_sentence(course):
    (course / "submitted" / "early" / "ps9").mkdir(parents=True)
    (course / "submitted" / "early" / "ps9" / "ps9.ipynb").write_text("{}", encoding="utf-8")
    done = nbgrader(course, "autograde", "ps9")
    assert done.returncode == 1
    assert "Nothing is graded: ps9 is not released; there are: ps1." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_trusted_class_runs_in_kernels_and_skips_unchanged_experiments(course, tmp_path):
    """With nbgrader's own Execute, also where there is no sandbox; the notebooks then say so."""
    other = tmp_path / "course"
    # Without the lock file, which fcntl leaves behind, and which a system without fcntl takes for a lock that is held.
    ignored = shutil.ignore_patterns("submitted", "autograded", "taken_in", ".grading.*")
    shutil.copytree(course, other, ignore=ignored, symlinks=True)
    (other / "nbgrader_config.py").write_text(
        config(execute="autograder.judge.preprocessor.Judge") + "c.Judge.trusted_class = True\n", encoding="utf-8"
    )
    for student, edit in (("same", None), ("changed", "print('mine', curve[1])")):
        nb = answered(other)
        if edit:
            nb.cells[at(nb, "show")].source = edit
        hand_in(other, student, nb)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME],
        cwd=other,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([without_posix(tmp_path / "elsewhere"), *sys.path])},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    same, changed = autograded(other, "same"), autograded(other, "changed")
    assert not same.cells[at(same, "show")].outputs
    assert same.cells[at(same, "curve")].execution_count is None
    assert changed.cells[at(changed, "show")].outputs[0].text.startswith("mine 0.84")
    assert [sum(one[2] for one in grades(other)[student]) for student in ("same", "changed")] == [5, 5]
    assert same.metadata["course"]["trusted_class"] is True
    assert "trusted class" in done.stderr
    assert "only soft file lock" in done.stderr  # says filelock, which found nothing better
    assert nbgrader(other, "generate_feedback", NAME).returncode == 0
    page = (other / "feedback" / "same" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Graded as a trusted class, without a sandbox." in page


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_an_extra_cell_stays_where_it_was(course):
    nb = answered(course)
    nb.cells.insert(at(nb, "double"), v4.new_code_cell("helper = 3"))
    nb.cells.insert(0, v4.new_markdown_cell("my notes"))
    released = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    grafted = restore(nb, released)
    sources = [cell.source for cell in grafted.cells]
    assert sources[0] == "my notes"
    assert sources.index("helper = 3") == sources.index(RIGHT["double"]) - 1
    assert all("nbgrader" not in cell.metadata for cell in grafted.cells if cell.id.startswith("student-"))
    nbformat.validate(grafted)


def test_an_untouched_notebook_comes_out_as_released(course):
    released = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    grafted = restore(copy.deepcopy(released), released)
    assert grafted.metadata["course"]["intake"] == []
    assert [(cell.id, cell.source) for cell in grafted.cells] == [(cell.id, cell.source) for cell in released.cells]


def test_names_are_read_without_running():
    cell = "import numpy as np\ndef f(): pass\na, (b, c) = 1, (2, 3)\n%time f()"
    assert names_bound(cell) == {"np", "f", "a", "b", "c"}
    assert names_bound("def f(:\n  pass") == {"f"}
    assert names_used("print(curve[1])") == {"print", "curve"}
    assert names_bound("(" * 100_000) == set()


@pytest.mark.parametrize("name", ["p1 (1)", "P1", "p1-Copy2", "p1 copy", "Copy of p1", "p1.ipynb", "p1 (1) (2)", "p_1"])
def test_case_77_names_that_copies_get(name):
    assert submissions.plain_name(name) == submissions.plain_name("p1")
    assert submissions.plain_name(name) != submissions.plain_name("p11")
