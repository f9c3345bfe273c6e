"""Find the tests that need a look by a person, because a failure may not be the answer's fault.

The judge reports facts, not causes: which statements could not run, and what students' functions raised. This module
compares them with the notebook's text. Reasons quote only names and lines of that text, and nothing that the student's
program printed, so students may read them.
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
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from autograder.pipeline.notebook_cells import MAX_CODE, STUDENT_ID, grade_id
from autograder.plain_text import one_line
from course_utils.cells import Statement, closure, names_bound, names_used, statements
from course_utils.environment import imported_modules

MAX_SENTENCES = 5  # sentences about statements that could not run
MAX_LINE = 80  # characters of a statement that are shown
BINDS_UNKNOWN_NAMES = re.compile(r"import \*|^[%!]|\bexec\(")
MACHINE_ERRORS = ("ImportError", "ModuleNotFoundError", "FileNotFoundError", "NameError", "AttributeError")
PYTHON = sys.version_info[:2]


class NeedsALook(NbGraderPreprocessor):
    """The preprocessor to put after SaveAutoGrades: it withholds the points of tests that need a look by a person.

    A grade is kept only if ``resources["judged"]`` has "" for its grade id, and not a reason why it needs a look. A
    doubtful grade is kept only if it is the maximum.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Flag grades in the gradebook, and keep the reasons in the notebook."""
        submission = resources["nbgrader"]
        record = nb.metadata.setdefault("course", {})
        reasons = record.setdefault("needs_a_look", {})
        sentences, doubts = find_doubts(nb, resources)
        record["intake"] = [*record.get("intake", []), *sentences]
        record["doubts"] = doubts = {**doubts, **record.get("doubts", {})}
        for_students = dict(reasons)  # without the judge's reasons, in which a student's process could reveal a case
        if resources.get("trusted_class"):
            record["trusted_class"] = True
        judged, messages = resources.get("judged", {}), resources.get("student_messages", {})
        for cell in nb.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                name = grade_id(cell)
                if name in messages:
                    cell.metadata["told"] = messages[name]
                if reason := judged.get(name, "it was not run"):
                    reasons.setdefault(name, reason)
        if reasons or doubts:
            confirmed = _take_points(submission, reasons, doubts)
            reasons |= confirmed
            for_students |= confirmed
        record["told"] = for_students
        for sentence in sentences:
            self.log.warning("%s, %s: %s", submission["student"], submission["notebook"], one_line(sentence))
        for reason in dict.fromkeys(reasons.values()):
            self.log.warning("%s, %s needs a look: %s", submission["student"], submission["notebook"], one_line(reason))
        return nb, resources


def _take_points(submission: Mapping[str, str], reasons: Mapping[str, str], doubts: Mapping[str, str]) -> dict:
    """Flag grades in the gradebook that need a look; return the doubts about grades below the maximum."""
    confirmed = {}
    with Gradebook(submission["db_url"]) as gradebook:
        for name in {**doubts, **reasons}:
            try:
                grade = gradebook.find_grade(
                    name, submission["notebook"], submission["assignment"], submission["student"]
                )
            except MissingEntry:
                continue
            if name not in reasons:
                if (grade.auto_score or 0) >= grade.max_score:
                    continue
                confirmed[name] = doubts[name]
            grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
    return confirmed


# --- doubts -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SkippedStatement:
    """A statement that could not run because this machine lacks something.

    Parameters
    ----------
    cell : int
        Position of its cell in the notebook.
    statement : Statement
    error : str
        The name of the error.
    """

    cell: int
    statement: Statement
    error: str

    def __str__(self) -> str:
        line = self.statement.text.splitlines()[0].strip()[:MAX_LINE]
        return f"`{line}` could not run where this was graded ({self.error})"


def find_doubts(nb: NotebookNode, resources: Mapping[str, Any]) -> tuple[list[str], dict[str, str]]:
    """Find the statements that could not run, and the tests whose failure may be due to this machine.

    Parameters
    ----------
    nb : NotebookNode
        A notebook that the judge ran.
    resources : mapping
        ``passed_over``: position of a cell → ``(line, column, error)`` of each statement that could not run, after
        which the cell went on. ``raised``: grade id → name and message of errors that the student's functions raised.

    Returns
    -------
    sentences : list of str
        Descriptions of the statements that could not run.
    doubts : dict of str to str
        Grade id → why the test needs a look unless it was passed in full.
    """
    passed_over, raised = resources.get("passed_over", {}), resources.get("raised", {})
    unreadable = _cells_for_newer_python(nb)
    has_machine_error = any(name in MACHINE_ERRORS for errors in raised.values() for name, _ in errors)
    if not (passed_over or unreadable or has_machine_error):
        return [], {}
    code = {number: cell for number, cell in enumerate(nb.cells) if cell.cell_type == "code"}
    student = {number: cell for number, cell in code.items() if is_solution(cell) or not is_grade(cell)}
    if sum(len(cell.source) for cell in student.values()) > MAX_CODE:
        return [], {}
    parts = {number: statements(cell.source) for number, cell in student.items()}
    skipped = _skipped_statements(student, parts, passed_over)
    sentences = [
        f"{_describe_cell(student[statement.cell])}: {statement}; what stands below it was run."
        for statement in skipped[:MAX_SENTENCES]
    ]
    doubts: dict[str, str] = {}
    for number in sorted(code.keys() - student.keys()):
        test = code[number]
        above = [statement for n in parts if n < number for statement in parts[n]]
        below = [statement for n in parts if n > number and _is_students(student[n]) for statement in parts[n]]
        needed = closure(names_used(test.source), above)
        errors = [*raised.get(test.metadata.nbgrader.grade_id, ()), *_errors_shown(test)]
        reasons = [
            *_reasons_by_skipped([statement for statement in skipped if statement.cell < number], needed, errors),
            *(
                reason
                for n, reason in unreadable.items()
                if n < number and n in student and names_bound(student[n].source) & needed
            ),
            *_reasons_by_errors(errors, above, below, needed, _newer_python(nb)),
        ]
        if reasons:
            doubts[test.metadata.nbgrader.grade_id] = reasons[0]
    return sentences, doubts


def _skipped_statements(
    student: Mapping[int, NotebookNode], parts: Mapping[int, Iterable[Statement]], passed_over: Mapping[int, Iterable]
) -> list[SkippedStatement]:
    """Find the statements that were passed over and that may have failed because of this machine."""
    skipped: list[SkippedStatement] = []
    for number, places in sorted(passed_over.items()):
        for line, column, error in places:
            line += _lines_before(student[number].source)
            in_line = [statement for statement in parts.get(number, ()) if statement.line == line]
            if not in_line:  # the list comes from the student's process, which may claim anything
                continue
            statement = next((statement for statement in in_line if statement.column == column), in_line[0])
            modules = imported_modules(statement.text)
            # A NameError follows from a statement skipped before. A module that is installed here but was not found is
            # hidden from students on purpose.
            if skipped if error == "NameError" else not modules or not all(map(_is_installed, modules)):
                known_error = error if error in vars(builtins) else "an error"
                skipped.append(SkippedStatement(number, statement, known_error))
    return skipped


def _reasons_by_skipped(
    skipped: Iterable[SkippedStatement], needed: set[str], errors: Iterable[tuple[str, str]]
) -> list[str]:
    has_name_error = any(name == "NameError" for name, _ in errors)
    return [
        f"{skip}; the answer may need it."
        for skip in skipped
        if skip.statement.binds & needed or (has_name_error and BINDS_UNKNOWN_NAMES.search(skip.statement.text))
    ]


def _reasons_by_errors(
    errors: Iterable[tuple[str, str]],
    above: list[Statement],
    below: list[Statement],
    needed: set[str],
    newer_python: str,
) -> list[str]:
    reasons = []
    for name, message in errors:
        if name in ("ImportError", "ModuleNotFoundError"):
            modules = {
                module for statement in above if statement.binds & needed for module in imported_modules(statement.text)
            }
            if missing_modules := sorted(module for module in modules if not _is_installed(module)):
                reasons.append(f"{', '.join(missing_modules)}: not installed where this was graded.")
        elif name == "FileNotFoundError":
            reasons.append(
                "It looks for a file that is not there where this was graded; only the notebook is handed in."
            )
        elif name == "NameError" and (missing := re.search(r"name '(\w+)' is not defined", message)):
            bound_above = {bound for statement in above for bound in statement.binds}
            bound_below = {bound for statement in below for bound in statement.binds}
            if missing[1] in bound_below - bound_above:
                reasons.append(f"{missing[1]} is defined only below the test.")
        if newer_python and (name == "ImportError" or re.match(r"module '\S+' has no attribute", message)):
            reasons.append(newer_python)
    return reasons


# --- Python's version -------------------------------------------------------------------------------------------------


def _newer_python(nb: NotebookNode) -> str:
    """Return a sentence if a notebook ran with a newer Python than this; else an empty string."""
    recorded = str(nb.metadata.get("course", {}).get("python", ""))
    version = tuple(map(int, re.findall(r"\d+", recorded)[:2]))
    before, here = (".".join(map(str, numbers)) for numbers in (version, PYTHON))
    sentence = f"It ran with Python {before} before, and was graded with {here}, which may lack what it uses."
    return sentence if version > PYTHON else ""


def _cells_for_newer_python(nb: NotebookNode) -> dict[int, str]:
    """Find cells that this Python cannot parse and a newer Python may: position of the cell → sentence."""
    newer_python = _newer_python(nb)
    recorded = nb.metadata.get("course", {}).get("python", "")
    sentences = {}
    for number, cell in enumerate(nb.cells):
        for name, message in _errors_shown(cell) if cell.cell_type == "code" else ():
            if name not in ("SyntaxError", "IndentationError", "TabError"):
                continue
            if newer_python:
                sentences[number] = newer_python
            elif not recorded and PYTHON < (3, 12) and message.startswith("f-string"):  # 3.12 accepts more f-strings
                sentences[number] = "It was graded with Python 3.11, and holds an f-string that newer ones may read."
    return sentences


# --- cells ------------------------------------------------------------------------------------------------------------


def _is_students(cell: NotebookNode) -> bool:
    return cell.id.startswith(STUDENT_ID) or is_solution(cell)


def _lines_before(source: str) -> int:
    """Count the leading lines that IPython's line numbers leave out: blank lines, and cell magics."""
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("%%")), 0)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _errors_shown(cell: NotebookNode) -> list[tuple[str, str]]:
    return [(output.ename, output.evalue) for output in cell.outputs if output.output_type == "error"]


def _describe_cell(cell: NotebookNode) -> str:
    if name := cell.metadata.get("nbgrader", {}).get("grade_id"):
        return name
    return "A cell of the student's own" if cell.id.startswith(STUDENT_ID) else "A cell of the course"
