"""Grades into the files of Canvas and Moodle: one column changes, and every other byte stays."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from commands import run_module
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.lms.fill_grades import fill_grades, write_filled_table
from autograder.lms.lms_table import LmsTable
from autograder.lms.roster import read_roster
from autograder.pipeline.submissions import InvalidSubmission

ROOT = Path(__file__).resolve().parent.parent
NAME = "02_regularization"
# id, first, last, e-mail, Canvas's number, points (None: nothing handed in), needs a look
CLASS = [
    ("ada", "Ada", "Lovelace", "ada@example.org", "4711", 61.5, False),
    ("obrien", 'Pat "Paddy"', "O'Brien, Jr.", "pat@example.org", "4712", 70.0, False),
    ("eq", "=cmd|' /C calc'!A0", "+1", "eq@example.org", "4713", 0.0, False),
    ("zoë", "Zoë", "Müller", "zoe@example.org", "4714", 40.0, True),
    ("late", "Grace", "Hopper", "grace@example.org", "4715", None, False),
]
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,02_regularization (90),01 Initialization (91),Final Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,70,50,(read only)\r\n"
    '"Lovelace, Ada",4711,s1,ada,"A, and B",,50,71.43\r\n'
    '"O\'Brien, Jr., Pat ""Paddy""",4712,s2,obrien,A,12,"50",\r\n'
    '"=""+1, =cmd|\' /C calc\'!A0""",4713,s3,eq,A,,,\r\n'
    '"Müller, Zoë",4714,s4,zoë,A,3.25,,\r\n'
    '"Hopper, Grace",4715,s5,late,A,,,\r\n'
    '"Student, Test",4799,,0123456789abcdef,A,,,\r\n'
)
MOODLE = (
    'First name,"Last name","ID number",Institution,Department,"Email address",'
    '"Assignment: 02_regularization (Real)","Assignment: 02_regularization (Feedback)","Course total (Real)"\n'
    "Ada,Lovelace,ada,,,ada@example.org,-,,-\n"
    '"Pat ""Paddy""","O\'Brien, Jr.",obrien,"Trinity, College",,pat@example.org,12.00,"two\nlines",12.00\n'
    "=cmd|' /C calc'!A0,+1,eq,,,eq@example.org,-,,-\n"
    "Zoë,Müller,zoë,,,zoe@example.org,-,,-\n"
    "Grace,Hopper,late,,,grace@example.org,-,,-"
)
WORKSHEET = (
    "Identifikationsnummer;Vollständiger Name;E-Mail-Adresse;Status;Bewertung;Bestwertung;Zuletzt geändert\n"
    'Teilnehmer/in101;"Ada Lovelace";ada@example.org;x;;70,00;-\n'
    'Teilnehmer/in102;"Pat ""Paddy"" O\'Brien, Jr.";pat@example.org;x;12,00;70,00;"Montag, 2. März"\n'
    "Teilnehmer/in103;=cmd|' /C calc'!A0 +1;eq@example.org;x;;70,00;-\n"
    "Teilnehmer/in104;Zoë Müller;zoe@example.org;x;;70,00;-\n"
    "Teilnehmer/in105;Grace Hopper;grace@example.org;x;;70,00;-\n"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A course folder whose gradebook holds the class."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'tiny'\n", "utf-8")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "tiny") as gradebook:
        gradebook.add_assignment(NAME)
        gradebook.add_notebook(NAME, NAME)
        gradebook.add_grade_cell("test_a", NAME, NAME, max_score=70, cell_type="code")
        for student, first, last, email, number, points, look in CLASS:
            said = {"first_name": first, "last_name": last, "email": email, "lms_user_id": number}
            gradebook.add_student(student, **said)
            if points is not None:
                gradebook.add_submission(NAME, student)
                grade = gradebook.find_grade("test_a", NAME, NAME, student)
                grade.auto_score, grade.needs_manual_grade = (None, True) if look else (points, False)
        gradebook.db.commit()
    return folder


@pytest.fixture
def gradebook(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny") as opened:
        yield opened


def table(folder: Path, text: str | bytes, name: str = "download.csv") -> LmsTable:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return LmsTable(path)


def filled(folder: Path, gradebook: Gradebook, text: str | bytes, **choice: object) -> tuple[bytes, list[str]]:
    made = table(folder, text)
    told = fill_grades(made, gradebook, NAME, **choice)
    return made.content(), told


ENCODINGS = {
    "plain": lambda text: text.encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "unix": lambda text: text.replace("\r\n", "\n").encode(),
    "no-last-end": lambda text: text.rstrip().encode(),
    "western": lambda text: text.encode("cp1252"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [CANVAS, MOODLE, WORKSHEET], ids=["canvas", "moodle", "worksheet"])
def test_an_unchanged_table_is_the_same_bytes(tmp_path, text, encoding):
    raw = ENCODINGS[encoding](text)
    assert table(tmp_path, raw).content() == raw


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_in_canvas_one_column_changes_and_nothing_else(tmp_path, gradebook, encoding):
    make = ENCODINGS[encoding]
    after, told = filled(tmp_path, gradebook, make(CANVAS))
    wanted = CANVAS.replace('"A, and B",,50', '"A, and B",61.5,50').replace("obrien,A,12,", "obrien,A,70,")
    wanted = wanted.replace("s3,eq,A,,,", "s3,eq,A,0,,")
    assert after == make(wanted)
    said = "\n".join(told)
    assert "Left as they were, for they need a look first, in formgrader (1): zoë." in said
    assert "Left as they were, for nothing was handed in, or not graded (1): late." in said
    assert told[-1] == "3 fields of '02_regularization (90)' are filled."
    assert "another name" not in said


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_in_canvas_other_delimiters(tmp_path, gradebook, delimiter):
    def turned(text: str) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(text, newline="")))
        return out.getvalue().encode()

    after, _ = filled(tmp_path, gradebook, turned(CANVAS))
    wanted = CANVAS.replace('"A, and B",,50', '"A, and B",61.5,50').replace("obrien,A,12,", "obrien,A,70,")
    assert after == turned(wanted.replace("s3,eq,A,,,", "s3,eq,A,0,,"))


def test_in_moodle_one_column_changes_and_nothing_else(tmp_path, gradebook):
    after, _ = filled(tmp_path, gradebook, MOODLE)
    wanted = MOODLE.replace("ada@example.org,-,", "ada@example.org,61.50,").replace(
        "pat@example.org,12.00", "pat@example.org,70.00"
    )
    assert after == wanted.replace("eq@example.org,-,", "eq@example.org,0.00,").encode()


def test_in_a_german_worksheet_numbers_have_a_comma(tmp_path, gradebook):
    after, told = filled(tmp_path, gradebook, WORKSHEET)
    wanted = WORKSHEET.replace("ada@example.org;x;;", "ada@example.org;x;61,50;").replace("x;12,00;", "x;70,00;")
    assert after == wanted.replace("eq@example.org;x;;", "eq@example.org;x;0,00;").encode()
    assert "another name" not in "\n".join(told)


def test_a_second_filling_changes_nothing(tmp_path, gradebook):
    for text in (CANVAS, MOODLE, WORKSHEET):
        once, _ = filled(tmp_path, gradebook, text)
        assert filled(tmp_path, gradebook, once)[0] == once


def test_the_same_number_written_otherwise_stays(tmp_path, gradebook):
    text = CANVAS.replace('"A, and B",,50', '"A, and B","61.50",50')
    assert b'"A, and B","61.50",50' in filled(tmp_path, gradebook, text)[0]


def test_excused_students_stay_excused(tmp_path, gradebook):
    after, told = filled(tmp_path, gradebook, CANVAS.replace("obrien,A,12,", "obrien,A,EX,"))
    assert b"obrien,A,EX," in after
    assert "Left as they were, for they are excused or not assigned in Canvas (1): obrien (EX)." in told


def test_canvas_with_two_names_and_other_columns(tmp_path, gradebook):
    text = CANVAS.replace("Student,ID,", "LastName,FirstName,ID,", 1)
    lines = [text.split("\r\n")[0]]
    for line in CANVAS.split("\r\n")[1:-1]:
        (row,) = csv.reader([line])
        last, _, first = row[0].partition(", ")
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow([last, first, *row[1:]])
        lines.append(out.getvalue())
    after, told = filled(tmp_path, gradebook, "\r\n".join(lines) + "\r\n")
    assert b'ada,"A, and B",61.5,' in after
    assert told[-1].startswith("3 fields")


REFUSED = [
    (CANVAS.replace(",70,50,", ",100,50,"), {}, "has 100 points for it, the course 70"),
    (WORKSHEET.replace("70,00", "100,00"), {}, "has 100 points for it, the course 70"),
    (CANVAS.replace("4711,s1,ada", "4000,s9,adb"), {}, "no row for these graded students: ada"),
    (CANVAS.replace("4711,s1,ada", "4000,s9,adb"), {"skip_unknown": True}, "no row for these graded students: ada"),
    (
        CANVAS.replace('"Student, Test"', '"Turing, Alan",4720,s9,alan,A,,,\r\n"Student, Test"'),
        {},
        "does not know these students of download.csv: Turing, Alan, 4720 (alan)",
    ),
    (CANVAS.replace("s2,obrien", "s2,ada").replace("4712", "4711"), {}, "more than once in"),
    (
        CANVAS.replace("02_regularization (90)", "Week 2 (90)"),
        {},
        "No column of download.csv is 02_regularization",
    ),
    (CANVAS.replace("01 Initialization (91)", "02 Regularization (91)"), {}, "More than one column"),
    (CANVAS, {"column": "Nonsense"}, "No column of download.csv is Nonsense"),
    ("Student,ID,X\r\n", {"column": "X"}, "No column of download.csv holds the ids"),
    (CANVAS.replace("s1,ada", "s1,ada,too many"), {}, "row 4, has 9 fields instead of 8"),
    (CANVAS.encode("utf-16-le"), {}, "is no CSV"),
    ("", {}, "is no table with a header line"),
]


@pytest.mark.parametrize(("text", "choice", "words"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, gradebook, text, choice, words):
    raw = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "download.csv").write_bytes(raw)
    with pytest.raises(InvalidSubmission, match=words.replace("(", r"\(").replace(")", r"\)")):
        write_filled_table(gradebook, NAME, tmp_path / "download.csv", **choice)
    assert [path.name for path in tmp_path.iterdir()] == ["download.csv"]
    assert (tmp_path / "download.csv").read_bytes() == raw


def test_rows_of_the_absent_are_left_alone_if_asked(tmp_path, gradebook):
    extra = '"Turing, Alan",4720,s9,alan,A,,,\r\n"Student, Test"'
    after, told = filled(tmp_path, gradebook, CANVAS.replace('"Student, Test"', extra), skip_unknown=True)
    assert extra.encode() in after
    assert any("for they are not in the gradebook (1)" in line for line in told)


def test_another_name_under_the_same_id_is_said(tmp_path, gradebook):
    _, told = filled(tmp_path, gradebook, CANVAS.replace('"Lovelace, Ada"', '"Turing, Alan"'))
    assert any("Under another name" in line and "ada (Turing, Alan, 4711)" in line for line in told)


def test_the_commands_write_beside_the_download(course, tmp_path, capsys):
    path = tmp_path / "canvas.csv"
    path.write_bytes(CANVAS.encode())
    assert main(["grades", NAME, str(path), "--course", str(course)]) == 0
    assert "Upload" in capsys.readouterr().out
    assert path.read_bytes() == CANVAS.encode()
    assert b',"A, and B",61.5,' in (tmp_path / "canvas-filled.csv").read_bytes()
    assert main(["grades", NAME, str(path), "--course", str(course), "--to", str(path)]) == 1
    assert "is the downloaded file itself" in capsys.readouterr().err
    assert main(["grades", "09_none", str(path), "--course", str(course)]) == 1
    assert "The gradebook knows no assignment 09_none." in capsys.readouterr().err


def test_nbgrader_export_does_the_same(course, tmp_path):
    path = tmp_path / "canvas.csv"
    path.write_bytes(CANVAS.encode())
    command = ["nbgrader", "export", "--exporter=autograder.lms.export.LmsGrades"]
    command += [f"--LmsGrades.table={path}", f"--assignment=['{NAME}']", f"--to={tmp_path / 'out.csv'}"]
    done = run_module(*command, cwd=course)
    assert done.returncode == 0, done.stderr
    assert b',"A, and B",61.5,' in (tmp_path / "out.csv").read_bytes()
    assert "need a look first" in done.stderr
    path.write_bytes(CANVAS.replace(",70,50,", ",100,50,").encode())
    done = run_module(*command, cwd=course)
    assert done.returncode == 1
    assert "has 100 points for it" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_plain_table_leaves_blank_what_needs_a_look(course, tmp_path):
    command = ["nbgrader", "export", "--exporter=autograder.lms.export.SafeCsv"]
    command += [f"--to={tmp_path / 'grades.csv'}"]
    done = run_module(*command, cwd=course)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as file:
        score = {row["student_id"]: row["score"] for row in csv.DictReader(file)}
    assert score == {"ada": "61.5", "obrien": "70.0", "eq": "0.0", "zoë": "", "late": "0.0"}
    assert "Scores left blank, for they need a look first, in formgrader: 1" in done.stderr


def words(*names: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\w+", " ".join(names))))


# --- the class from the LMS's file ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [CANVAS, MOODLE, WORKSHEET], ids=["canvas", "moodle", "worksheet"])
def test_the_class_is_read_from_the_same_file(tmp_path, text):
    people = read_roster(table(tmp_path, text))
    assert len(people) == len(CLASS)
    by_name = {words(one.first_name, one.last_name): one for one in people}
    assert set(by_name) == {words(first, last) for _, first, last, *_ in CLASS}
    ada = by_name[words("Ada", "Lovelace")]
    assert ada.id == ("ada@example.org" if text is WORKSHEET else "ada")
    assert ada.lms_user_id == ("4711" if text is CANVAS else None)
    assert ada.email == ("" if text is CANVAS else "ada@example.org")


@pytest.mark.parametrize(
    ("text", "header", "words"),
    [
        (CANVAS, "Nonsense", "has no column 'Nonsense'"),
        (CANVAS, "Section", "holds these more than once"),
        (CANVAS.replace("s1,ada", "s1,../ada"), "SIS Login ID", "cannot be a folder's name"),
        (CANVAS.replace("s1,ada", "s1,a/b"), "", "cannot be a folder's name"),
        ("Student,ID,X\r\n", "", "Say by which column"),
    ],
)
def test_a_class_that_cannot_be_read_is_refused(tmp_path, text, header, words):
    with pytest.raises(InvalidSubmission, match=words):
        read_roster(table(tmp_path, text), header)


def test_the_roster_fills_a_gradebook_and_removes_nobody(tmp_path, capsys):
    path = tmp_path / "canvas.csv"
    path.write_bytes(CANVAS.encode())
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        gradebook.add_student("old", first_name="Old")
        gradebook.add_student("ada", email="kept@example.org")
    assert main(["roster", str(path), "--course", str(tmp_path)]) == 0
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        assert {one.id for one in gradebook.students} == {"old", *(one[0] for one in CLASS)}
        ada = gradebook.find_student("ada")
        assert (ada.first_name, ada.last_name, ada.email, ada.lms_user_id) == (
            "Ada",
            "Lovelace",
            "kept@example.org",
            "4711",
        )
    assert main(["roster", str(tmp_path / "none.csv"), "--course", str(tmp_path)]) == 1
    assert "Nobody was added." in capsys.readouterr().err
