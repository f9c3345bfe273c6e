"""CSV tables that Canvas and Moodle export: fields are read and changed, every other byte stays as it was.

Canvas's gradebook (its ``lib/gradebook_exporter.rb``) has two heading rows above the students, "Manual Posting" where
there is any and "Points Possible", a last row "Student, Test", and assignments called ``title (number)``. Moodle's
gradebook (``grade/export/txt``) has names first, then fields, then grades; its grading worksheet of an assignment
(``mod/assign/feedback/offline``) "Participant 123", the full name, …, the grade and the maximum grade.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.pipeline.submissions import InvalidSubmission, plain_name, read_file
from autograder.plain_text import printable

MAX_TABLE_BYTES = 50_000_000
# Byte order marks, and the encodings that they stand for.
ENCODINGS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
# Moodle's get_string('grade') in English, German, French, Spanish and Portuguese; in others, --column names the column.
GRADE_HEADERS = ("Grade", "Bewertung", "Note", "Calificación", "Nota")


class LmsTable:
    """A gradebook or grading worksheet; each field keeps its quotes and each line its end until it is changed.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    name : str
        Of the file.
    header : list of str
        The first row.
    rows : list of int
        Numbers of the rows that hold students, the header being 0.
    is_canvas, is_worksheet : bool
        Whether it is Canvas's gradebook, or Moodle's grading worksheet.

    Raises
    ------
    InvalidSubmission
        It cannot be read, or is no such table.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        raw = read_file(path, MAX_TABLE_BYTES)
        self._bom, self._encoding = _encoding(raw)
        text = raw.removeprefix(self._bom).decode(self._encoding, errors="surrogateescape")
        if "\0" in text:
            raise InvalidSubmission(f"{self.name} is no CSV: export it again as comma separated values.")
        separator = re.match(r"sep=(.)\r?\n", text)  # Excel's own first line
        self._first_line = separator[0] if separator else ""
        text = text.removeprefix(self._first_line)
        unquoted_header = re.sub(r'"[^"]*"', "", text.split("\n", 1)[0])
        self.delimiter = separator[1] if separator else max(",;\t", key=unquoted_header.count)
        self._fields, self._line_ends = _split(text, self.delimiter)
        self.header = [_unquoted(field).strip() for field in self._fields[0]] if self._fields else []
        if len(self.header) < 3:
            raise InvalidSubmission(f"{self.name} is no table with a header line: give the file as it was downloaded.")
        for line, fields in enumerate(self._fields, 1):
            if fields != [""] and len(fields) != len(self.header):
                raise InvalidSubmission(
                    f"{self.name}, row {line}, has {len(fields)} fields instead of {len(self.header)}."
                )
        self.is_canvas = "ID" in self.header and {"Student", "LastName"} & set(self.header[:1]) != set()
        self.rows = [row for row in range(1, len(self._fields)) if self._is_student(row)]
        self.is_worksheet = not self.is_canvas and all(re.fullmatch(r"\D+\d+", self.get(row, 0)) for row in self.rows)

    def get(self, row: int, column: int) -> str:
        """Read a field.

        Parameters
        ----------
        row, column : int
            From 0 on.

        Returns
        -------
        str
            Its text without quotes.
        """
        return _unquoted(self._fields[row][column])

    def set(self, row: int, column: int, text: str) -> None:
        """Write a number into a field, in quotes where the field had some, or needs them.

        Parameters
        ----------
        row, column : int
        text : str
            The number, formatted.
        """
        if self._fields[row][column].startswith('"') or self.delimiter in text:
            text = f'"{text}"'
        self._fields[row][column] = text

    def content(self) -> bytes:
        """Give the file's bytes with the changes made.

        Returns
        -------
        bytes
        """
        lines = zip(self._fields, self._line_ends, strict=True)
        text = "".join(self.delimiter.join(fields) + end for fields, end in lines)
        return self._bom + (self._first_line + text).encode(self._encoding, errors="surrogateescape")

    def points_possible(self, column: int) -> float | None:
        """Read the maximum grade that the LMS has for a column.

        Parameters
        ----------
        column : int

        Returns
        -------
        float or None
            None where the table does not say.
        """
        if self.is_canvas:
            texts = [self.get(row, column) for row in range(1, self._heading_rows()) if self._is_points_row(row)]
        else:
            beside = self.is_worksheet and column + 1 < len(self.header)
            texts = [self.get(row, column + 1) for row in self.rows[:1]] if beside else []
        number = texts[0].strip().replace(",", ".") if texts else ""
        return float(number) if re.fullmatch(r"\d+(\.\d+)?", number) else None

    def grade_column(self, assignment: str, header: str = "") -> int:
        """Find the column of an assignment's grades.

        Parameters
        ----------
        assignment : str
        header : str
            The column's header, where it is not called like the assignment.

        Returns
        -------
        int
            The column's index, from 0.

        Raises
        ------
        InvalidSubmission
            No column fits, or several do.
        """
        name = plain_name(assignment)
        titles = [re.sub(r" \(\d+\)$", "", title) if self.is_canvas else title for title in self.header]
        if header:
            columns = [column for column, title in enumerate(self.header) if title == header]
        elif self.is_canvas:
            columns = [column for column, title in enumerate(titles) if plain_name(title) == name]
        else:
            columns = [column for column, title in enumerate(titles) if name in plain_name(title)]
            columns = [column for column in columns if titles[column].endswith("(Real)")] or columns
            columns = columns or [column for column, title in enumerate(titles) if title in GRADE_HEADERS]
        if len(columns) != 1:
            count = "More than one column" if columns else "No column"
            raise InvalidSubmission(
                f"{count} of {self.name} is {header or assignment}. Say which (--column): {'; '.join(self.header)}"
            )
        return columns[0]

    def has_decimal_comma(self, grade_column: int) -> bool:
        """Tell whether grades are written like 41,5.

        Parameters
        ----------
        grade_column : int

        Returns
        -------
        bool
            As the column's own numbers are written, its maximum and the other columns of grades; nothing else counts.
        """
        kind = re.search(r" ?\([^()]*\)$", self.header[grade_column])
        ending = r"\(\d+\)$" if self.is_canvas else re.escape(kind[0]) + "$" if kind else "$^"
        columns = {grade_column} | {n for n, title in enumerate(self.header) if re.search(ending, title)}
        columns |= {grade_column + 1} if self.is_worksheet and grade_column + 1 < len(self.header) else set()
        rows = range(1, len(self._fields)) if self.is_canvas else self.rows
        texts = (self.get(row, column).strip() for row in rows if self._fields[row] != [""] for column in columns)
        return any(re.fullmatch(r"\d+,\d+", text) for text in texts)

    def id_column(
        self, students: Mapping[str, str], other_than: int = -1, fits: Callable[[str, int], bool] | None = None
    ) -> dict[str, int]:
        """Find the column that holds most of the students' ids, and the row of each id.

        Parameters
        ----------
        students : mapping
            What may stand in the file → the student's id.
        other_than : int
            A column that it cannot be.
        fits : callable, optional
            Called with an id and a row where several columns hold as many ids: whether the names agree.

        Returns
        -------
        dict of str to int
            Content of the column → row, without rows where it is blank. Empty where no column holds any id.

        Raises
        ------
        InvalidSubmission
            The column holds an id twice, or several columns could be it.
        """
        columns = [column for column in range(len(self.header)) if column != other_than]
        hits = {column: sum(self.get(row, column).strip() in students for row in self.rows) for column in columns}
        tied = [column for column in columns if hits[column] == max(hits.values())]
        if not hits[tied[0]]:
            return {}
        best = tied[0] if len(tied) == 1 else self._column_that_fits(tied, students, fits)
        values = Counter(self.get(row, best).strip() for row in self.rows)
        if twice := [value for value, count in values.items() if value and count > 1]:
            raise InvalidSubmission(
                f"{self.name} holds these more than once in {self.header[best]!r}: {', '.join(twice)}."
            )
        return {self.get(row, best).strip(): row for row in self.rows if self.get(row, best).strip()}

    def _column_that_fits(
        self, columns: list[int], students: Mapping[str, str], fits: Callable[[str, int], bool] | None
    ) -> int:
        """Choose among columns with as many ids: any where they say the same, else the one whose names agree most."""
        rows_of = {column: [(self.get(row, column).strip(), row) for row in self.rows] for column in columns}
        known = {column: [(key, row) for key, row in rows_of[column] if key in students] for column in columns}
        if all(known[column] == known[columns[0]] for column in columns):
            return columns[0]
        agreeing = {column: sum(bool(fits and fits(key, row)) for key, row in known[column]) for column in columns}
        best = [column for column in columns if agreeing[column] == max(agreeing.values())]
        if len(best) > 1:
            raise InvalidSubmission(
                f"Several columns of {self.name} could hold the students' ids, and give them to others: "
                f"{'; '.join(self.header[column] for column in best)}. Take all but one out of a copy of the file."
            )
        return best[0]

    def names(self, row: int) -> tuple[str, str]:
        """Give a student's first and last name; of a worksheet, ``""`` and the full name.

        Parameters
        ----------
        row : int

        Returns
        -------
        first, last : str
        """
        left, right = (re.sub(r'^="(.*)"$', r"\1", self.get(row, column).strip()) for column in (0, 1))
        if self.is_canvas:
            if self.header[0] == "LastName":
                return right, left
            last, _, first = left.partition(",")
            return first.strip(), last.strip()
        return ("", right) if self.is_worksheet else (left, right)

    def describe(self, row: int) -> str:
        """Name the student of a row in a message.

        Parameters
        ----------
        row : int

        Returns
        -------
        str
        """
        return printable(", ".join(part for part in (self.get(row, 0).strip(), self.get(row, 1).strip()) if part))

    def _is_student(self, row: int) -> bool:
        if self._fields[row] == [""] or not any(self._fields[row]):
            return False
        if not self.is_canvas:
            return True
        name = [self.get(row, 0).strip(), self.get(row, 1).strip()]
        return row >= self._heading_rows() and name[0] != "Student, Test" and name != ["Student", "Test"]

    def _heading_rows(self) -> int:
        points_rows = [row for row in range(1, min(4, len(self._fields))) if self._is_points_row(row)]
        return points_rows[0] + 1 if points_rows else 1

    def _is_points_row(self, row: int) -> bool:
        return _unquoted(self._fields[row][0]).strip().startswith("Points Possible")


def _encoding(raw: bytes) -> tuple[bytes, str]:
    """Find a file's byte order mark and encoding: UTF-8, UTF-16, or what Excel takes in Western Europe."""
    for mark, encoding in ENCODINGS.items():
        if raw.startswith(mark):
            return mark, encoding
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return b"", "cp1252"
    return b"", "utf-8"


def _split(text: str, delimiter: str) -> tuple[list[list[str]], list[str]]:
    """Split text into rows of fields with their quotes, and the ends of the lines."""
    field = re.compile(rf'("(?:[^"]|"")*"|[^{delimiter}\r\n]*)({delimiter}|\r\n|\n|\r|\Z)')
    rows: list[list[str]] = []
    line_ends: list[str] = []
    row: list[str] = []
    position = 0
    while position < len(text) or row:
        match = field.match(text, position)
        assert match, "the pattern matches an empty field, too"
        row.append(match[1])
        position = match.end()
        if match[2] != delimiter:
            rows.append(row)
            line_ends.append(match[2])
            row = []
    return rows, line_ends


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"') if len(field) > 1 and field[0] == field[-1] == '"' else field
