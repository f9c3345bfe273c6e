"""Put what a student wrote into the released notebook.

Order, settings, test cells and given cells are taken from the released notebook; answers, experiments and added cells
are taken from the student's. So whatever was deleted, copied, moved, edited or stripped is repaired, and each repair is
noted in a sentence.
"""

from __future__ import annotations

import copy
import functools
from collections import Counter, defaultdict
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution

from autograder.judge.preprocessor import SKIP_TAG
from autograder.pipeline.cell_matching import describe_kind, match_cells, next_test
from autograder.pipeline.notebook_cells import (
    MAX_CODE,
    added_cell,
    grade_id,
    is_experiment,
    visible_source,
)
from autograder.pipeline.safe_html import escape_markdown
from autograder.plain_text import one_line
from course_utils.cells import bare, left_raises, meaning, names_bound, names_used, statements

MAX_RELEASED = 100  # released notebooks that are cached


class RestoreRelease(NbGraderPreprocessor):
    """The preprocessor to put first in ``c.Autograde.sanitize_preprocessors``."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Replace the student's notebook by the released notebook with the student's work in it."""
        submission = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = Path(course.format_path(course.release_directory, ".", submission["assignment"]))
        path = folder / f"{submission['notebook']}.ipynb"
        released = copy.deepcopy(_read_released(path, path.stat().st_mtime_ns))
        _restore_tests(released, submission)
        noted_before = len(_record(nb)["intake"])
        try:
            restored = restore(nb, released)
        except Exception as error:  # a strange notebook must never stop the class
            restored = _ungraded(released, f"The notebook could not be taken apart ({type(error).__name__}).")
        for sentence in restored.metadata["course"]["intake"][noted_before:]:
            self.log.warning("%s, %s: %s", submission["student"], submission["notebook"], one_line(sentence))
        return restored, resources


@functools.lru_cache(MAX_RELEASED)
def _read_released(path: Path, modified: int) -> NotebookNode:
    """Read a released notebook; cached, as all submissions of a class need it."""
    return nbformat.read(path, as_version=4)


def _restore_tests(released: NotebookNode, submission: dict) -> None:
    """Put the full text of locked cells, with hidden tests, from the gradebook into a released notebook.

    nbgrader's OverwriteCells does the same, but reports every cell with a hidden test as tampered with.
    """
    with Gradebook(submission["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(submission["notebook"], submission["assignment"])
        full = {cell.name: (cell.source, cell.checksum) for cell in notebook.source_cells if cell.locked}
    for cell in released.cells:
        if is_locked(cell) and grade_id(cell) in full:
            cell.metadata["course_visible"] = cell.source
            cell.source, cell.metadata.nbgrader["checksum"] = full[grade_id(cell)]


# --- the notebook -----------------------------------------------------------------------------------------------------


def restore(submitted: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Put a student's work into the released notebook.

    Parameters
    ----------
    submitted : NotebookNode
        The notebook that the student handed in.
    released : NotebookNode
        The notebook that the student was given, with or without hidden tests.

    Returns
    -------
    NotebookNode
        ``metadata["course"]`` holds ``intake``, a list of sentences; ``needs_a_look`` and ``doubts``, each grade id →
        reason; and ``refused``, ``sha256`` and ``python`` as :mod:`autograder.pipeline.submissions` noted them.
    """
    record = _record(submitted)
    if record["refused"]:
        return _ungraded(released, record["refused"], record)
    student, extended = _with_additions(submitted.cells, released.cells)
    count = len(student)
    match = match_cells(student, released.cells)
    if student and not match.origin:
        return _ungraded(released, "No cell of the released notebook was found: is it another one?", record)

    followers = _added_cells(student, released.cells, match.origin)
    cells = followers[-1]
    sentences, doubts = match.sentences, match.doubts
    for position, cell in enumerate(released.cells):
        restored = copy.deepcopy(cell)
        restored.metadata.pop("course_visible", None)
        if position in match.origin:
            student_cell = student[match.origin[position]]
            sentences += _describe_changes(student_cell, cell, extended)
            if not is_locked(cell):
                restored.source = student_cell.source
            if is_solution(cell) and (line := _line_above_dead_code(student_cell.source, cell.source)):
                name = grade_id(cell)
                reason = f"In {name}, what stands below `raise NotImplementedError` in line {line} never runs."
                doubts.setdefault(next_test(position, released.cells), reason)
        cells += [restored, *followers[position]]
    sentences += _describe_moves(match.origin, released.cells, student[:count])
    sentences += _describe_kernel(submitted, released)
    _skip_unchanged_experiments(cells, released.cells)

    notebook = v4.new_notebook(cells=cells, metadata=copy.deepcopy(released.metadata))
    notebook.nbformat_minor = max(released.nbformat_minor, 5)
    record["intake"] += sentences
    for key, reasons in (("needs_a_look", match.lost), ("doubts", doubts)):
        record[key] = {test: reason for test, reason in reasons.items() if test}
    notebook.metadata["course"] = nbformat.from_dict(record)
    return notebook


def _ungraded(released: NotebookNode, reason: str, record: dict | None = None) -> NotebookNode:
    """Make the notebook of a submission that cannot be graded: the released notebook, with a note that says why."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        cell.metadata.pop("course_visible", None)
    _skip_unchanged_experiments(notebook.cells, notebook.cells)
    note = v4.new_markdown_cell(f"**This submission needs a look.** {escape_markdown(reason)}")
    note.id = "needs-a-look"
    notebook.cells.insert(0, note)
    tests = [grade_id(cell) for cell in notebook.cells if is_grade(cell)]
    record = record or {"intake": []}
    record = {**record, "intake": [*record["intake"], reason], "needs_a_look": dict.fromkeys(tests, reason)}
    notebook.metadata["course"] = nbformat.from_dict(record)
    return notebook


def _with_additions(
    student: list[NotebookNode], released: list[NotebookNode]
) -> tuple[list[NotebookNode], set[str | None]]:
    """Keep what the student typed into locked cells, which are restored, in added cells.

    Of a given cell, every statement that is not the course's is kept, in a cell below it. Of a test cell, only
    statements that bind a name are kept, in a cell above it, so that the test finds the name.

    Returns
    -------
    list of NotebookNode
        The student's cells, with the added cells among them.
    set of str or None
        Names of the locked cells from which something was kept.
    """
    locked = {key: cell for cell in released if is_locked(cell) for key in (grade_id(cell), cell.get("id"))}
    cells, extended, characters_left = [], set(), MAX_CODE
    for cell in student:
        original = locked.get(grade_id(cell)) or locked.get(cell.get("id"))
        cells.append(cell)
        if original is None or cell.cell_type != "code" or bare(cell.source) == bare(visible_source(original)):
            continue
        characters_left -= len(cell.source)
        if characters_left <= 0:
            continue
        given = {meaning(statement.text) for statement in statements(visible_source(original))}
        texts = [
            statement.text
            for statement in statements(cell.source)
            if meaning(statement.text) not in given and (statement.binds or not is_grade(original))
        ]
        if texts:
            extended.add(grade_id(original))
            position = len(cells) - 1 if is_grade(original) else len(cells)
            cells.insert(position, v4.new_code_cell("\n".join(texts)))
    return cells, extended


def _added_cells(
    student: list[NotebookNode], released: list[NotebookNode], origin: dict[int, int]
) -> dict[int, list[NotebookNode]]:
    """Collect the cells that the student added, by the position of the released cell above them (-1: none above)."""
    position_of = {number: position for position, number in origin.items()}
    originals = {bare(visible_source(cell)): position for position, cell in enumerate(released)}
    followers: dict[int, list[NotebookNode]] = defaultdict(list)
    above = -1
    for number, cell in enumerate(student):
        if number in position_of:
            above = position_of[number]
            continue
        added = added_cell(cell, number)
        if (copied := originals.get(bare(cell.source))) is not None:
            original = released[copied]
            was_run_above = is_experiment(original) and copied <= above
            # A copy of a stub would overwrite the answer; a copy of a test, of text, or of a cell above adds nothing.
            if "nbgrader" in original.metadata or original.cell_type != "code" or was_run_above:
                continue
            added.metadata["tags"] = original.metadata.get("tags", [])
        followers[above].append(added)
    return followers


def _skip_unchanged_experiments(cells: list[NotebookNode], released: list[NotebookNode]) -> None:
    """Tag experiments to be skipped if they are unchanged and no changed or added cell needs their names."""
    if sum(len(cell.source) for cell in cells if cell.cell_type == "code") > MAX_CODE:
        return
    originals = {bare(cell.source) for cell in released}
    needed: set[str] = set()
    for cell in reversed(cells):
        if cell.cell_type != "code":
            continue
        is_changed = bare(cell.source) not in originals and not is_locked(cell)
        if is_changed or needed & names_bound(cell.source):
            needed |= names_used(cell.source)
        elif is_experiment(cell):
            cell.metadata["tags"] = [*cell.metadata["tags"], SKIP_TAG]


# --- descriptions of changes ------------------------------------------------------------------------------------------


def _line_above_dead_code(source: str, stub: str) -> int:
    """Return the line of a ``raise NotImplementedError`` left above the student's code; 0 where there is none."""
    given = {below for _, below in left_raises(stub)}
    return next((line for line, below in left_raises(source) if below and below not in given), 0)


def _describe_changes(student: NotebookNode, released: NotebookNode, extended: set[str | None]) -> list[str]:
    """Describe changes to a locked cell's text, and to a cell's settings."""
    sentences = []
    name = grade_id(released)
    if is_locked(released) and bare(student.source) != bare(visible_source(released)):
        kept = ", and what was added to it is a cell of the student's own" if name in extended else ""
        sentences.append(f"The {describe_kind(released)} {name} had been changed; it was restored{kept}.")
    student_settings = student.metadata.get("nbgrader") or {}
    settings = released.metadata.get("nbgrader") or {}
    keys = ("grade", "solution", "locked", "task", "points", "cell_type")
    changed = [
        key
        for key in keys
        if name and student_settings and student_settings.get(key, settings.get(key)) != settings.get(key)
    ]
    if name and student.cell_type != released.cell_type and "cell_type" not in changed:
        changed.append("cell_type")
    if changed:
        sentences.append(
            f"The settings of the cell {name} had been changed ({', '.join(changed)}); they were restored."
        )
    return sentences


def _describe_moves(origin: dict[int, int], released: list[NotebookNode], student: list[NotebookNode]) -> list[str]:
    count = Counter(map(grade_id, student))
    order = []
    for position in sorted(origin):
        name, number = grade_id(released[position]), origin[position]
        if not name or number >= len(student) or count[name] > 1:
            continue  # copies do not count as moved
        if grade_id(student[number]) == (name if count[name] else None):  # nor does an answer found elsewhere
            order.append(number)
    return [] if order == sorted(order) else ["Cells had been moved; the released order was restored."]


def _describe_kernel(submitted: NotebookNode, released: NotebookNode) -> list[str]:
    kernel = released.metadata.get("kernelspec", {}).get("name")
    submitted_kernel = (submitted.metadata.get("kernelspec") or {}).get("name")
    if not kernel or submitted_kernel == kernel:
        return []
    wish = f"the kernel {submitted_kernel!r}" if submitted_kernel else "no kernel"
    return [f"The notebook asked for {wish}; {kernel!r} was used."]


def _record(nb: NotebookNode) -> dict:
    """Read what :mod:`autograder.pipeline.submissions` noted; the metadata of other notebooks may be anything."""
    record = nb.metadata.get("course")
    record = record if isinstance(record, dict) else {}
    sentences = record.get("intake")
    return {
        "intake": [str(sentence) for sentence in sentences] if isinstance(sentences, list) else [],
        "refused": str(record.get("refused") or ""),
        "sha256": str(record.get("sha256") or ""),
        "python": str(record.get("python") or ""),
    }
