"""Tables that Canvas and Moodle export: read field by field, and written back with every other byte as it was.

Canvas's gradebook (its ``lib/gradebook_exporter.rb``) has two heading rows above the students, "Manual Posting" where
there is any and "Points Possible", a last row "Student, Test", and assignments called ``title (number)``. Moodle's
gradebook (``grade/export/txt``) has names first, then fields, then grades; its grading worksheet of one assignment
(``mod/assign/feedback/offline``) "Participant 123", the full name, …, the grade and the maximum grade.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.pipeline.submissions import InvalidSubmission, is_folder_name, plain_name, read_file
from autograder.plain_text import printable

MAX_BYTES = 50_000_000
BOM = b"\xef\xbb\xbf"
# Moodle's get_string('grade') in English, German, French, Spanish and Portuguese; other columns are named by hand.
GRADE = ("Grade", "Bewertung", "Note", "Calificación", "Nota")


class Table:
    """A CSV file whose fields keep their quotes, and whose lines keep their ends, until they are changed.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InvalidSubmission
        It is no such file.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        raw = read_file(path, MAX_BYTES)
        if b"\0" in raw:
            raise InvalidSubmission(f"{self.name} is no CSV in UTF-8: export it again as comma separated values.")
        self.bom = raw.startswith(BOM)
        text = raw.removeprefix(BOM).decode("utf-8", errors="surrogateescape")  # other encodings pass unchanged
        first = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
        self.delimiter = max(",;\t", key=first.count)
        self._fields, self._ends = _split(text, self.delimiter)
        self.header = [_plain(field).strip() for field in self._fields[0]] if self._fields else []
        if len(self.header) < 3:
            raise InvalidSubmission(f"{self.name} is no table with a header line: give the file as it was downloaded.")
        for line, fields in enumerate(self._fields, 1):
            if fields != [""] and len(fields) != len(self.header):
                raise InvalidSubmission(
                    f"{self.name}, row {line}, has {len(fields)} fields instead of {len(self.header)}."
                )
        self.canvas = "ID" in self.header and {"Student", "LastName"} & set(self.header[:1]) != set()
        self.rows = [number for number in range(1, len(self._fields)) if self._is_student(number)]
        self.worksheet = not self.canvas and all(re.fullmatch(r"\D+\d+", self.get(row, 0)) for row in self.rows)

    def get(self, row: int, column: int) -> str:
        """Give a field's text without quotes."""
        return _plain(self._fields[row][column])

    def set(self, row: int, column: int, text: str) -> None:
        """Put a number into a field, in quotes where it was, or must be."""
        if self._fields[row][column].startswith('"') or self.delimiter in text:
            text = f'"{text}"'
        self._fields[row][column] = text

    def content(self) -> bytes:
        """Give the file."""
        text = "".join(self.delimiter.join(one) + end for one, end in zip(self._fields, self._ends, strict=True))
        return (BOM if self.bom else b"") + text.encode("utf-8", errors="surrogateescape")

    def points_possible(self, column: int) -> float | None:
        """Give the points that the LMS has for a column, where the file says so."""
        if self.canvas:
            texts = [self.get(row, column) for row in range(1, self._heading_rows()) if self._is_points_row(row)]
        else:
            beside = self.worksheet and column + 1 < len(self.header)
            texts = [self.get(row, column + 1) for row in self.rows[:1]] if beside else []
        number = texts[0].strip().replace(",", ".") if texts else ""
        return float(number) if re.fullmatch(r"\d+(\.\d+)?", number) else None

    def grade_column(self, assignment: str, wanted: str = "") -> int:
        """Find the column of an assignment's grades.

        Parameters
        ----------
        assignment : str
        wanted : str
            The header, if it is named by hand.

        Raises
        ------
        InvalidSubmission
            There is none, or more than one.
        """
        name = plain_name(assignment)
        titles = [re.sub(r" \(\d+\)$", "", one) if self.canvas else one for one in self.header]
        if wanted:
            found = [number for number, one in enumerate(self.header) if one == wanted]
        elif self.canvas:
            found = [number for number, title in enumerate(titles) if plain_name(title) == name]
        else:
            found = [number for number, title in enumerate(titles) if name in plain_name(title)]
            found = [number for number in found if titles[number].endswith("(Real)")] or found
            found = found or [number for number, title in enumerate(titles) if title in GRADE]
        if len(found) != 1:
            many = "More than one column" if found else "No column"
            raise InvalidSubmission(
                f"{many} of {self.name} is {wanted or assignment}. Say which (--column): {'; '.join(self.header)}"
            )
        return found[0]

    def id_column(self, students: Mapping[str, str], other_than: int = -1) -> dict[str, int]:
        """Find the column that holds most of the students' ids, and every id's row.

        Parameters
        ----------
        students : mapping
            What may stand in the file → the student's id.
        other_than : int
            A column that it cannot be.

        Returns
        -------
        dict of str to int
            What stands in the column → row; rows where nothing stands are left out. Empty where no column holds any.

        Raises
        ------
        InvalidSubmission
            It holds one twice.
        """
        columns = [number for number in range(len(self.header)) if number != other_than]
        hits = {n: sum(self.get(row, n).strip() in students for row in self.rows) for n in columns}
        best = max(columns, key=lambda number: hits[number])
        if not hits[best]:
            return {}
        values = Counter(self.get(row, best).strip() for row in self.rows)
        if twice := [value for value, count in values.items() if value and count > 1]:
            raise InvalidSubmission(
                f"{self.name} holds these more than once in {self.header[best]!r}: {', '.join(twice)}."
            )
        return {self.get(row, best).strip(): row for row in self.rows if self.get(row, best).strip()}

    def who(self, row: int) -> str:
        """Say whose row it is."""
        return printable(", ".join(part for part in (self.get(row, 0).strip(), self.get(row, 1).strip()) if part))

    def _is_student(self, row: int) -> bool:
        if self._fields[row] == [""] or not any(self._fields[row]):
            return False
        if not self.canvas:
            return True
        first = [self.get(row, 0).strip(), self.get(row, 1).strip()]
        return row >= self._heading_rows() and first[0] != "Student, Test" and first != ["Student", "Test"]

    def _heading_rows(self) -> int:
        last = [row for row in range(1, min(4, len(self._fields))) if self._is_points_row(row)]
        return last[0] + 1 if last else 1

    def _is_points_row(self, row: int) -> bool:
        return _plain(self._fields[row][0]).strip().startswith("Points Possible")


@dataclass(frozen=True)
class Person:
    """A student as an LMS knows her; ``lms_user_id`` is Canvas's."""

    id: str
    first_name: str
    last_name: str
    email: str
    lms_user_id: str | None


def people_in(table: Table, id_header: str = "") -> list[Person]:
    """Read the class out of an LMS's table.

    Parameters
    ----------
    table : Table
    id_header : str
        The column whose content the course shall know students by. By default Canvas's "SIS Login ID", or Moodle's "ID
        number" where everybody has one, or else the e-mail address.

    Raises
    ------
    InvalidSubmission
        There is no such column, or it holds nothing, something twice, or what cannot be a folder's name.
    """
    header = table.header
    emails = [n for n in range(len(header)) if table.rows and all("@" in table.get(row, n) for row in table.rows)]
    usual = ["SIS Login ID", "SIS User ID", "ID"] if table.canvas else ["Username", "ID number"]
    filled = [
        header.index(one) for one in usual if one in header and all(table.get(r, header.index(one)) for r in table.rows)
    ]
    if id_header and id_header not in header:
        raise InvalidSubmission(f"{table.name} has no column {id_header!r}; there are: {'; '.join(header)}")
    columns = [header.index(id_header)] if id_header else filled or emails
    if not columns or not table.rows:
        raise InvalidSubmission(
            f"Say by which column of {table.name} students shall be known (--id): {'; '.join(header)}"
        )
    people = []
    for row in table.rows:
        first, last = names_in(table, row)
        student = table.get(row, columns[0]).strip()
        if not is_folder_name(student) or len(student) > 100 or student.startswith("."):
            raise InvalidSubmission(
                f"{student!r} ({table.who(row)}) cannot be a folder's name; choose another column (--id)."
            )
        number = table.get(row, header.index("ID")).strip() if table.canvas else None
        people.append(Person(student, first, last, table.get(row, emails[0]).strip() if emails else "", number))
    twice = [one for one, count in Counter(person.id for person in people).items() if count > 1]
    if twice:
        raise InvalidSubmission(f"{header[columns[0]]!r} holds these more than once: {', '.join(twice)}.")
    return people


def names_in(table: Table, row: int) -> tuple[str, str]:
    """Give a row's first and last name; of a worksheet, "" and the full name."""
    first, second = (re.sub(r'^="(.*)"$', r"\1", table.get(row, column).strip()) for column in (0, 1))
    if table.canvas:
        if table.header[0] == "LastName":
            return second, first
        last, _, given = first.partition(",")
        return given.strip(), last.strip()
    return ("", second) if table.worksheet else (first, second)


def _split(text: str, delimiter: str) -> tuple[list[list[str]], list[str]]:
    """Split text into rows of fields as they stand, and the rows' ends."""
    field = re.compile(rf'("(?:[^"]|"")*"|[^{delimiter}\r\n]*)({delimiter}|\r\n|\n|\r|\Z)')
    rows, ends, row, place = [], [], [], 0
    while place < len(text) or row:
        found = field.match(text, place)
        row.append(found[1])
        place = found.end()
        if found[2] != delimiter:
            rows.append(row)
            ends.append(found[2])
            row = []
    return rows, ends


def _plain(field: str) -> str:
    return field[1:-1].replace('""', '"') if len(field) > 1 and field[0] == field[-1] == '"' else field
