"""Untrusted text, made safe for where it is shown: a terminal or a log, and a cell of a CSV table."""

from __future__ import annotations

import re

FORMULA_PREFIXES = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠")
# Also C1, in which 9B begins a terminal's commands; line ends beyond ASCII; what turns the order of letters round.
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Replace each control character and lone surrogate by ``_``: terminals, logs, paths and the gradebook obey them.

    Parameters
    ----------
    text : str
        A student's id, a file's name, or a message that quotes them.

    Returns
    -------
    str
        Text of the same length, on one line.
    """
    return UNPRINTABLE.sub("_", text)


def one_line(text: object) -> str:
    """Make whatever may quote a student fit for a line in a terminal, a log or a table.

    Parameters
    ----------
    text : object
        A sentence, or an error.

    Returns
    -------
    str
        Printable; every run of white space is a single blank.
    """
    return printable(" ".join(str(text).split()))


def csv_cell(value: object) -> object:
    """Escape a value against CSV injection: spreadsheets run a field that begins like a formula.

    They may read a table with another delimiter than it was written with, so a field may begin within a value.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
        ``""`` for None, text with a quote before each place where a formula could begin, any other value as it is.
    """
    if not isinstance(value, str):
        return "" if value is None else value
    parts = re.split(r"([;\t\r\n])", value)
    return "".join(f"'{part}" if _begins_a_formula(part) else part for part in parts)


def _begins_a_formula(text: str) -> bool:
    return text.strip("\"' \xa0\f\v").startswith(FORMULA_PREFIXES)
