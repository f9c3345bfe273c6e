"""The class roster: read who is in the class from an LMS's table, and put them into the gradebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from nbgrader.api import Gradebook, Student

from autograder.lms.file_owners import full_names
from autograder.lms.lms_table import LmsTable
from autograder.pipeline.submissions import InvalidSubmission, is_folder_name, plain_name

MAX_ID_LENGTH = 100


@dataclass(frozen=True)
class Person:
    """A student as an LMS knows her.

    Parameters
    ----------
    id : str
        What the course knows her by.
    first_name, last_name, email : str
        Empty where the table does not say.
    lms_user_id : str or None
        Canvas's number of her.
    """

    id: str
    first_name: str
    last_name: str
    email: str
    lms_user_id: str | None


def read_roster(
    table: LmsTable, id_header: str = "", known: Sequence[Student] = (), same: Mapping[str, str] | None = None
) -> list[Person]:
    """Read the class out of an LMS's table.

    Parameters
    ----------
    table : LmsTable
    id_header : str
        The column whose content the course shall know new students by. By default the one that holds known students'
        ids; else Canvas's "SIS Login ID", or Moodle's "ID number" where everybody has one, or the e-mail address.
    known : sequence of Student
        Of the gradebook. Who is among them, by Canvas's number, id or e-mail address, keeps her id.
    same : mapping of str to str, optional
        Id that a student would get as a new one → her id in the gradebook.

    Returns
    -------
    list of Person
        In the order of the table.

    Raises
    ------
    InvalidSubmission
        There is no such column, or it holds nothing, something twice, or what cannot be a folder's name; or a row may
        be of more than one student.
    """
    header, same = table.header, same or {}
    if id_header and id_header not in header:
        raise InvalidSubmission(f"{table.name} has no column {id_header!r}; there are: {'; '.join(header)}")
    emails = [n for n in range(len(header)) if table.rows and all("@" in table.get(row, n) for row in table.rows)]
    columns = _id_columns(table, id_header, {student.id for student in known}, emails)
    if not columns or not table.rows:
        raise InvalidSubmission(
            f"Say by which column of {table.name} students shall be known (--id): {'; '.join(header)}"
        )
    numbers = _canvas_numbers(table)
    people = []
    for row in table.rows:
        first, last = table.names(row)
        email = table.get(row, emails[0]).strip() if emails else ""
        ids = [table.get(row, column).strip() for column in columns]
        student = _known_id(table, row, ids[0], numbers.get(row), email, known)
        if not student:
            new = next(filter(None, ids), "")
            student = same.get(new, new)
        if not is_folder_name(student) or len(student) > MAX_ID_LENGTH or student.startswith("."):
            raise InvalidSubmission(
                f"{student!r} ({table.describe(row)}) cannot be a folder's name; choose another column (--id)."
            )
        people.append(Person(student, first, last, email, numbers.get(row)))
    twice = [student for student, count in Counter(person.id for person in people).items() if count > 1]
    if twice:
        raise InvalidSubmission(f"{header[columns[0]]!r} holds these more than once: {', '.join(twice)}.")
    return people


def _id_columns(table: LmsTable, id_header: str, known: set[str], emails: list[int]) -> list[int]:
    """Find the columns that may hold ids: the first counts, the others only where it is blank for a new student."""
    if id_header:
        return [table.header.index(id_header)]
    usual = ["SIS Login ID", "SIS User ID", "ID"] if table.is_canvas else ["Username", "ID number"]
    columns = [table.header.index(name) for name in usual if name in table.header] + emails[:1]
    folded = {student.casefold() for student in known}
    hits = {
        column: sum(table.get(row, column).strip().casefold() in folded for row in table.rows) for column in columns
    }
    if any(hits.values()):
        return sorted(columns, key=lambda column: -hits[column])
    return [column for column in columns if all(table.get(row, column).strip() for row in table.rows)]


def _canvas_numbers(table: LmsTable) -> dict[int, str]:
    """Read Canvas's number of each row; Excel writes long ones as 1.7E+16, which is nobody's."""
    if not table.is_canvas:
        return {}
    column = table.header.index("ID")
    numbers = {row: table.get(row, column).strip() for row in table.rows}
    wrong = [f"{table.describe(row)} ({number})" for row, number in numbers.items() if not number.isdecimal()]
    if wrong:
        raise InvalidSubmission(
            f"'ID' of {table.name} holds what is no number of Canvas's: {'; '.join(wrong)}. "
            "Give the file as it was downloaded, not as a spreadsheet saved it."
        )
    twice = [number for number, count in Counter(numbers.values()).items() if count > 1]
    if twice:
        raise InvalidSubmission(f"'ID' of {table.name} holds these more than once: {', '.join(twice)}.")
    return numbers


def _known_id(
    table: LmsTable, row: int, value: str, number: str | None, email: str, known: Sequence[Student]
) -> str | None:
    """Find the student of a row in the gradebook: by Canvas's number, else by id, else by e-mail address."""
    by_number = {student.id for student in known if number and student.lms_user_id == number}
    by_id = {student.id for student in known if value and student.id == value}
    by_email = {student.id for student in known if email and (student.email or "").casefold() == email.casefold()}
    found = by_number or by_id or by_email
    if len(found | by_number | by_id) > 1:
        raise InvalidSubmission(
            f"{table.describe(row)} may be any of these in the gradebook: {', '.join(sorted(found | by_id))}. "
            "Mend their Canvas numbers or e-mail addresses in formgrader (Manage Students)."
        )
    return next(iter(found), None)


def update_students(
    gradebook: Gradebook,
    table: LmsTable,
    id_header: str = "",
    same: Mapping[str, str] | None = None,
    all_new: bool = False,
) -> list[str]:
    """Put the class that an LMS's table names into the gradebook; nobody is removed, and nobody is there twice.

    Parameters
    ----------
    gradebook : Gradebook
    table : LmsTable
    id_header, same
        As for :func:`read_roster`.
    all_new : bool
        Whether new students are new who share a name with one that is no longer in the table.

    Returns
    -------
    list of str
        What was done.

    Raises
    ------
    InvalidSubmission
        As for :func:`read_roster`, or a new student may be one that is no longer in the table. Nobody was added then.
    """
    known = {student.id: student for student in gradebook.students}
    people = read_roster(table, id_header, list(known.values()), same)
    new = [person for person in people if person.id not in known]
    missing = [student for student in known.values() if student.id not in {person.id for person in people}]
    pairs = [(person, student) for person in new for student in missing if _may_be_renamed(person, student)]
    if pairs and not all_new:
        person, student = pairs[0]
        described = "; ".join(f"{each.id} ({_name(each)}) and {other.id} ({_name(other)})" for each, other in pairs)
        raise InvalidSubmission(
            f"These may be the same students, renamed: {described}. "
            f"If they are, say so: --same {person.id}={student.id}; if not: --all-new."
        )
    for person in people:
        fields = {key: value for key, value in asdict(person).items() if value and key != "id"}
        gradebook.update_or_create_student(person.id, **fields)
    messages = [f"{len(people)} students of {table.name} are in the gradebook, known as {people[0].id}, …"]
    if known and new:
        messages.append(f"New ({len(new)}): {', '.join(f'{person.id} ({_name(person)})' for person in new)}.")
    if missing:
        described = ", ".join(f"{student.id} ({_name(student)})" for student in missing)
        messages.append(f"In the gradebook, and not in {table.name} ({len(missing)}): {described}.")
    return messages


def _may_be_renamed(person: Person, student: Student) -> bool:
    """Tell whether a new person has a name of a student who is missing, and no other number of Canvas's."""
    if person.lms_user_id and student.lms_user_id:
        return False
    first, last = plain_name(student.first_name or ""), plain_name(student.last_name or "")
    has_same_part = plain_name(person.first_name) == first != "" or plain_name(person.last_name) == last != ""
    return has_same_part or bool(full_names(person) & full_names(student))


def _name(student: Person | Student) -> str:
    return " ".join(filter(None, (student.first_name, student.last_name)))
