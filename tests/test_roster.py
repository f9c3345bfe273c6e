"""``python -m autograder roster`` over a term: nobody is doubled, and what is ambiguous is refused with names."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.lms.fill_grades import fill_grades
from autograder.lms.lms_table import LmsTable
from autograder.pipeline.submissions import InvalidSubmission

NAME = "01_initialization"
CANVAS = (
    f"Student,ID,SIS User ID,SIS Login ID,Section,{NAME} (91),Final Score\n    Points Possible,,,,,50,(read only)\n"
)
MOODLE = f"First name,Last name,ID number,Email address,Assignment: {NAME} (Real)\n"


class Course:
    """A course folder with a gradebook, and the command run on tables of its LMS."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture) -> None:
        self.folder, self._capsys = folder, capsys

    def roster(self, content: str | bytes, *options: str, code: int = 0) -> str:
        """Run the command; give what it says."""
        table = self.folder / "table.csv"
        table.write_bytes(content if isinstance(content, bytes) else content.encode())
        assert main(["roster", str(table), "--course", str(self.folder), *options]) == code
        captured = self._capsys.readouterr()
        assert "Traceback" not in captured.err
        return captured.err if code else captured.out

    @property
    def students(self) -> dict[str, str]:
        with Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as book:
            return {student.id: f"{student.first_name} {student.last_name}" for student in book.students}


@pytest.fixture
def course(tmp_path, capsys) -> Course:
    return Course(tmp_path, capsys)


def test_a_late_student_without_a_login_doubles_nobody(course):
    first = '"Doe, Ann",101,S1,ann,A,,\n"Roe, Ben",102,S2,ben,A,,\n'
    course.roster(CANVAS + first)
    told = course.roster(CANVAS + first + '"Poe, Cyd",103,S3,,A,,\n')
    assert course.students == {"ann": "Ann Doe", "ben": "Ben Roe", "S3": "Cyd Poe"}
    assert "New (1): S3 (Cyd Poe)." in told
    course.roster(CANVAS + first + '"Poe, Cyd",103,S3,cyd,B,,\n')  # her login comes: she is known by Canvas's number
    assert set(course.students) == {"ann", "ben", "S3"}


def test_who_has_left_is_named_and_stays(course):
    course.roster(CANVAS + '"Doe, Ann",101,S1,ann,A,,\n"Roe, Ben",102,S2,ben,A,,\n')
    told = course.roster(CANVAS + '"Doe, Ann",101,S1,ann,A,,\n')
    assert "In the gradebook, and not in table.csv (1): ben (Ben Roe)." in told
    assert set(course.students) == {"ann", "ben"}


def test_a_renamed_student_keeps_her_id_where_canvas_has_her_number(course):
    course.roster(CANVAS + '"Doe, Ann",101,S1,ann,A,,\n')
    course.roster(CANVAS + '"Smith, Ann",101,S1,asmith,A,,\n')
    assert course.students == {"ann": "Ann Smith"}


def test_id_numbers_that_appear_later_double_nobody_and_a_renamed_student_is_asked_about(course):
    course.roster(MOODLE + "Ann,Doe,,ann.doe@example.org,-\nBen,Roe,,ben@example.org,-\n")
    later = MOODLE + "Ann,Poe,77,ann.poe@example.org,-\nBen,Roe,78,Ben@example.org,-\n"
    before = course.students
    told = course.roster(later, code=1)
    assert "Ann Poe" in told
    assert "Ann Doe" in told
    assert "--same ann.poe@example.org=ann.doe@example.org" in told
    assert course.students == before
    course.roster(later, "--same", "ann.poe@example.org=ann.doe@example.org")
    assert course.students == {"ann.doe@example.org": "Ann Poe", "ben@example.org": "Ben Roe"}


def test_another_of_the_same_first_name_is_new_where_one_says_so(course):
    course.roster(MOODLE + "Ann,Doe,,ann.doe@example.org,-\nBen,Roe,,ben@example.org,-\n")
    course.roster(MOODLE + "Ann,Poe,,ann.poe@example.org,-\nBen,Roe,,ben@example.org,-\n", "--all-new")
    assert set(course.students) == {"ann.doe@example.org", "ann.poe@example.org", "ben@example.org"}


def test_two_students_in_one_row_are_refused_with_both_names(course):
    course.roster(CANVAS + '"Doe, Ann",101,S1,ann,A,,\n"Roe, Ben",102,S2,ben,A,,\n')
    told = course.roster(CANVAS + '"Doe, Ann",101,S1,ben,A,,\n', code=1)
    assert "Doe, Ann" in told
    assert "ann, ben" in told


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (("1.70000000000123E+16", "1.70000000000123E+16"), "no number of Canvas's"),
        (("17", "17"), "more than once: 17"),
        (("17", ""), "no number of Canvas's"),
    ],
)
def test_canvas_numbers_are_digits_and_differ(course, numbers, words):
    rows = f'"O\'Hara, Zoë",{numbers[0]},S1,zoh,A,,\n"Ota, Jean",{numbers[1]},S2,jno,A,,\n'
    assert words in course.roster(CANVAS + rows, code=1)
    assert course.students == {}


ZOE = MOODLE + "Ada,Byron,00123,ada@uni.example,-\nZoë,O'Hara,00456,zoe@uni.example,-\n"
TABLES = {
    "utf-8": ZOE.encode(),
    "bom": ZOE.encode("utf-8-sig"),
    "cp1252": ZOE.encode("cp1252"),
    "utf-16": ZOE.encode("utf-16"),
    "utf-16-be": b"\xfe\xff" + ZOE.encode("utf-16-be"),
    "semicolons": b"sep=;\r\n" + ZOE.replace(",", ";").encode("cp1252"),
    "tabs": "".join(["sep=\t\n", ZOE.replace(",", "\t")]).encode("utf-16"),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_are_read_as_spreadsheets_save_them(course, kind):
    course.roster(TABLES[kind])
    assert course.students == {"00123": "Ada Byron", "00456": "Zoë O'Hara"}


@pytest.mark.parametrize("kind", TABLES)
def test_but_for_the_grade_every_byte_of_them_stays(course, kind):
    course.roster(TABLES[kind])
    table = LmsTable(course.folder / "table.csv")
    assert table.content() == TABLES[kind]
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        give(book, {"00456": 41.5})
        fill_grades(table, book, NAME, skip_unknown=True)
    assert len(table.content()) > len(TABLES[kind])
    table.set(table.rows[1], len(table.header) - 1, "-")
    assert table.content() == TABLES[kind]


def give(book: Gradebook, points: dict[str, float]) -> None:
    book.add_assignment(NAME)
    book.add_notebook(NAME, NAME)
    book.add_grade_cell("test_a", NAME, NAME, max_score=50, cell_type="code")
    for student, number in points.items():
        book.add_submission(NAME, student)
        grade = book.find_grade("test_a", NAME, NAME, student)
        grade.auto_score, grade.needs_manual_grade = number, False
    book.db.commit()


def test_a_note_with_a_comma_is_no_decimal_comma(course):
    text = (
        f"Student,ID,SIS Login ID,Section,Notes,{NAME} (4711)\n    Points Possible,,,,,50.00\n"
        '"Ota, Jean",1002,jno,S1,"7,5",\n'
    )
    course.roster(text)
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        give(book, {"jno": 41.5})
        table = LmsTable(course.folder / "table.csv")
        fill_grades(table, book, NAME)
    assert table.content().decode() == text[:-1] + "41.5\n"


@pytest.mark.parametrize("other", ["00 (1)", f"{NAME} (4711)"])
def test_a_decimal_comma_is_seen_in_the_columns_of_grades(course, other):
    course.roster(
        f'Student,ID,SIS Login ID,{NAME} (4712),{other}\n    Points Possible,,,50,50\n"Ota, Jean",1,jno,,"7,5"\n'
        if "00" in other
        else f'Student,ID,SIS Login ID,{NAME} (4712)\n    Points Possible,,,"50,00"\n"Ota, Jean",1,jno,\n'
    )
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        give(book, {"jno": 41.5})
        table = LmsTable(course.folder / "table.csv")
        fill_grades(table, book, NAME)
    assert '"41,5"' in table.content().decode()


TWO = f"First name,Last name,Student number,ID number,Email address,Assignment: {NAME} (Real)\n"


def test_of_two_columns_that_hold_the_ids_the_one_whose_names_fit_counts(course):
    course.roster(TWO + "Zoë,O'Hara,123,456,zoe@uni.example,-\nJean,Ota,456,123,jean@uni.example,-\n", "--id=ID number")
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        give(book, {"456": 41.5, "123": 50})
        table = LmsTable(course.folder / "table.csv")
        fill_grades(table, book, NAME)
    assert [table.get(row, 5) for row in table.rows] == ["41.50", "50.00"]


def test_where_no_names_tell_them_apart_nothing_is_written(course):
    course.roster(TWO + ",,123,456,zoe@uni.example,-\n,,456,123,jean@uni.example,-\n", "--id=ID number")
    with Gradebook(f"sqlite:///{course.folder / 'gradebook.db'}") as book:
        give(book, {"456": 41.5, "123": 50})
        table = LmsTable(course.folder / "table.csv")
        before = table.content()
        with pytest.raises(InvalidSubmission, match="Several columns of table"):
            fill_grades(table, book, NAME)
    assert table.content() == before
