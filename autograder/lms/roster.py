"""The class roster: read who is in the class from an LMS's table, and put them into the gradebook."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

from nbgrader.api import Gradebook

from autograder.lms.lms_table import LmsTable
from autograder.pipeline.submissions import InvalidSubmission, is_folder_name

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


def read_roster(table: LmsTable, id_header: str = "") -> list[Person]:
    """Read the class out of an LMS's table.

    Parameters
    ----------
    table : LmsTable
    id_header : str
        The column whose content the course shall know students by. By default Canvas's "SIS Login ID", or Moodle's "ID
        number" where everybody has an ID number, or else the e-mail address.

    Returns
    -------
    list of Person
        In the order of the table.

    Raises
    ------
    InvalidSubmission
        There is no such column, or it holds nothing, something twice, or what cannot be a folder's name.
    """
    header = table.header
    emails = [n for n in range(len(header)) if table.rows and all("@" in table.get(row, n) for row in table.rows)]
    usual = ["SIS Login ID", "SIS User ID", "ID"] if table.is_canvas else ["Username", "ID number"]
    present = [header.index(name) for name in usual if name in header]
    filled = [column for column in present if all(table.get(row, column) for row in table.rows)]
    if id_header and id_header not in header:
        raise InvalidSubmission(f"{table.name} has no column {id_header!r}; there are: {'; '.join(header)}")
    columns = [header.index(id_header)] if id_header else filled or emails
    if not columns or not table.rows:
        raise InvalidSubmission(
            f"Say by which column of {table.name} students shall be known (--id): {'; '.join(header)}"
        )
    people = []
    for row in table.rows:
        first, last = table.names(row)
        student = table.get(row, columns[0]).strip()
        if not is_folder_name(student) or len(student) > MAX_ID_LENGTH or student.startswith("."):
            raise InvalidSubmission(
                f"{student!r} ({table.describe(row)}) cannot be a folder's name; choose another column (--id)."
            )
        number = table.get(row, header.index("ID")).strip() if table.is_canvas else None
        people.append(Person(student, first, last, table.get(row, emails[0]).strip() if emails else "", number))
    twice = [student for student, count in Counter(person.id for person in people).items() if count > 1]
    if twice:
        raise InvalidSubmission(f"{header[columns[0]]!r} holds these more than once: {', '.join(twice)}.")
    return people


def add_students(gradebook: Gradebook, table: LmsTable, id_header: str = "") -> list[str]:
    """Put the class that an LMS's table names into the gradebook; nobody is removed.

    Parameters
    ----------
    gradebook : Gradebook
    table : LmsTable
    id_header : str
        As for :func:`read_roster`.

    Returns
    -------
    list of str
        The students' ids.

    Raises
    ------
    InvalidSubmission
        As for :func:`read_roster`.
    """
    people = read_roster(table, id_header)
    for person in people:
        known = {key: value for key, value in asdict(person).items() if value and key != "id"}
        gradebook.update_or_create_student(person.id, **known)
    return [person.id for person in people]
