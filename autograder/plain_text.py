"""Text that came from outside, made fit for a terminal, a file name or the cell of a table."""

from __future__ import annotations

import re


def printable(student: str) -> str:
    """Make a student's id that a log, a path pattern and the gradebook can hold."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "_", student)


def safe_field(value: object) -> object:
    """Make a value that no spreadsheet takes for a formula: text that could be one gets a quote before it."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "|", "%"):
        return f"'{value}"
    return "" if value is None else value
