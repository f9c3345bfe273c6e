"""Say where a failed test may be the fault of the machine that graded, or of the place in which something was typed.

The judge tells what happened, and knows no cause: which statements could not run, and what students' functions raised.
Here that is held against the text of the notebook. Reasons hold names and lines of that text alone, nothing that the
student's program said; so students may read them.
"""

from __future__ import annotations

import builtins
import importlib.util
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from course_utils.cells import Statement, closure, names_bound, names_used, statements
from course_utils.environment import imported_modules

OWN = "student-"  # how ids of cells begin that students added
MOST = 5  # sentences on statements that could not run
MOST_TEXT = 200_000  # characters of code, a few times what a notebook holds: what has more is not looked through
ANYTHING = re.compile(r"import \*|^[%!]|\bexec\(")  # it may give any name a value
TELLING = ("ImportError", "ModuleNotFoundError", "FileNotFoundError", "NameError", "AttributeError")
OURS = sys.version_info[:2]


@dataclass(frozen=True)
class Lost:
    """A statement that could not run for want of something: the number of its cell, and the error."""

    cell: int
    statement: Statement
    error: str

    def __str__(self) -> str:
        line = self.statement.text.splitlines()[0].strip()[:80]
        return f"`{line}` could not run where this was graded ({self.error})"


def doubts_of(nb: NotebookNode, resources: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Say what could not run, and which tests are in doubt.

    Parameters
    ----------
    nb : NotebookNode
        A notebook that the judge ran.
    resources : mapping
        ``passed_over``: number of a cell → ``(line, column, error)`` of each statement that could not run, below which
        the cell was run on. ``raised``: grade id → name and message of errors that the student's functions raised.

    Returns
    -------
    sentences : list of str
    doubts : dict of str to str
        Grade id → why it needs a look, unless it was passed in full.
    """
    passed_over, raised = resources.get("passed_over", {}), resources.get("raised", {})
    unread = _written_for_a_newer_python(nb)
    if not (passed_over or unread or any(name in TELLING for errors in raised.values() for name, _ in errors)):
        return [], {}
    code = {n: cell for n, cell in enumerate(nb.cells) if cell.cell_type == "code"}
    student = {n: cell for n, cell in code.items() if is_solution(cell) or not is_grade(cell)}
    if sum(len(cell.source) for cell in student.values()) > MOST_TEXT:
        return [], {}
    parts = {n: statements(cell.source) for n, cell in student.items()}
    lost = _lost(student, parts, passed_over)
    sentences = [f"{_shown(student[one.cell])}: {one}; what stands below it was run." for one in lost[:MOST]]
    doubts: dict[str, str] = {}
    for number in sorted(code.keys() - student.keys()):
        test = code[number]
        above = [one for n in parts if n < number for one in parts[n]]
        below = [one for n in parts if n > number and _is_own(student[n]) for one in parts[n]]
        needed = closure(names_used(test.source), above)
        errors = [*raised.get(test.metadata.nbgrader.grade_id, ()), *_shown_errors(test)]
        reasons = [
            *_by_what_was_lost([one for one in lost if one.cell < number], needed, errors),
            *(
                why
                for n, why in unread.items()
                if n < number and n in student and names_bound(student[n].source) & needed
            ),
            *_by_what_was_raised(errors, above, below, needed, _is_newer(nb)),
        ]
        if reasons:
            doubts[test.metadata.nbgrader.grade_id] = reasons[0]
    return sentences, doubts


def _lost(
    student: Mapping[int, NotebookNode], parts: Mapping[int, Iterable[Statement]], passed_over: Mapping[int, Iterable]
) -> list[Lost]:
    found: list[Lost] = []
    for number, places in sorted(passed_over.items()):
        for line, column, error in places:
            line += _lines_before(student[number].source)
            begin = [one for one in parts.get(number, ()) if one.line == line]
            if not begin:  # the student's process says so, and may say anything
                continue
            one = next((one for one in begin if one.column == column), begin[0])
            modules = imported_modules(one.text)
            # What is installed here, and was not found, is kept from students on purpose.
            if found if error == "NameError" else not modules or not all(map(_is_here, modules)):
                found.append(Lost(number, one, error if error in vars(builtins) else "an error"))
    return found


def _by_what_was_lost(lost: Iterable[Lost], needed: set[str], errors: Iterable[tuple[str, str]]) -> list[str]:
    unknown = any(name == "NameError" for name, _ in errors)
    return [
        f"{one}; the answer may need it."
        for one in lost
        if one.statement.binds & needed or (unknown and ANYTHING.search(one.statement.text))
    ]


def _by_what_was_raised(
    errors: Iterable[tuple[str, str]],
    above: list[Statement],
    below: list[Statement],
    needed: set[str],
    newer: str,
) -> list[str]:
    found = []
    for name, message in errors:
        if name in ("ImportError", "ModuleNotFoundError"):
            modules = {module for one in above if one.binds & needed for module in imported_modules(one.text)}
            if lacking := sorted(module for module in modules if not _is_here(module)):
                found.append(f"{', '.join(lacking)}: not installed where this was graded.")
        elif name == "FileNotFoundError":
            found.append("It looks for a file that is not there where this was graded; only the notebook is handed in.")
        elif name == "NameError" and (missing := re.search(r"name '(\w+)' is not defined", message)):
            binds = {word for one in below for word in one.binds} - {word for one in above for word in one.binds}
            if missing[1] in binds:
                found.append(f"{missing[1]} is defined only below the test.")
        if newer and (name == "ImportError" or re.match(r"module '\S+' has no attribute", message)):
            found.append(newer)
    return found


# --- Python's version -------------------------------------------------------------------------------------------------


def _is_newer(nb: NotebookNode) -> str:
    """Say that a notebook ran with a newer Python than this one; "" where it did not."""
    said = str(nb.metadata.get("course", {}).get("python", ""))
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    theirs, ours = (".".join(map(str, one)) for one in (version, OURS))
    words = f"It ran with Python {theirs} before, and was graded with {ours}, which may lack what it uses."
    return words if version > OURS else ""


def _written_for_a_newer_python(nb: NotebookNode) -> dict[int, str]:
    """Say of cells that this Python cannot read, and a newer one may."""
    newer = _is_newer(nb)
    said = nb.metadata.get("course", {}).get("python", "")
    found = {}
    for number, cell in enumerate(nb.cells):
        for name, message in _shown_errors(cell) if cell.cell_type == "code" else ():
            if name not in ("SyntaxError", "IndentationError", "TabError"):
                continue
            if newer:
                found[number] = newer
            elif not said and OURS < (3, 12) and message.startswith("f-string"):  # 3.12 reads more of them
                found[number] = "It was graded with Python 3.11, and holds an f-string that newer ones may read."
    return found


# --- small words ------------------------------------------------------------------------------------------------------


def _is_own(cell: NotebookNode) -> bool:
    return cell.id.startswith(OWN) or is_solution(cell)


def _lines_before(source: str) -> int:
    """Count the lines that IPython takes off before it counts: blank ones, and cell magics."""
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("%%")), 0)


def _is_here(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _shown_errors(cell: NotebookNode) -> list[tuple[str, str]]:
    return [(one.ename, one.evalue) for one in cell.outputs if one.output_type == "error"]


def _shown(cell: NotebookNode) -> str:
    return cell.metadata.get("nbgrader", {}).get("grade_id") or "A cell of the student's own"
