"""Untrusted text, made safe for where it is shown: a terminal or a log, and a cell of a CSV table."""

from __future__ import annotations

import re

FORMULA_PREFIXES = ("=", "+", "-", "@", "|", "%")


def printable(text: str) -> str:
    """Replace each control character and lone surrogate by ``_``: logs, paths and the gradebook cannot hold them.

    Parameters
    ----------
    text : str
        A student's id, a file's name, or a message that quotes one.

    Returns
    -------
    str
        Text of the same length, on one line.
    """
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "_", text)


def csv_cell(value: object) -> object:
    """Escape a value against CSV injection: spreadsheets run text that begins like a formula.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
        ``""`` for None, text with a quote before it where it could be a formula, any other value as it is.
    """
    if isinstance(value, str) and value.lstrip().startswith(FORMULA_PREFIXES):
        return f"'{value}"
    return "" if value is None else value
