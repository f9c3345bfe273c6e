"""From a topic's text and answers to nbgrader's source notebook."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import nbformat

from autograder.course import COURSE
from autograder.topics.answer_cells import reference_answer, reference_text
from course_utils.checks.exercise import EXERCISES
from course_utils.extras import is_installed

ROOT = COURSE.parent
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class BuildError(Exception):
    """Something an author wrote cannot be built; the message names the file and line."""

    def __init__(self, file: Path, line: int, message: str) -> None:
        place = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        super().__init__(f"{place.as_posix()}:{line}: {message}")


class Source:
    """A notebook's text: its cells, and the line on which each begins."""

    def __init__(self, file: Path) -> None:
        import jupytext

        self.file = file
        self.name = file.stem
        text = file.read_text(encoding="utf-8")
        self.cells = jupytext.reads(text, fmt="py:percent").cells
        self.lines = [number for number, line in enumerate(text.splitlines(), 1) if line.startswith("# %%")]
        if len(self.lines) != len(self.cells):
            raise BuildError(file, 1, "text stands before the first cell; begin with '# %% [markdown]'")

    def error(self, cell: int, message: str) -> BuildError:
        """Make the error of a cell."""
        return BuildError(self.file, self.lines[cell], message)


def exercises_in(file: Path) -> list[str]:
    """List the exercises of a notebook.

    Parameters
    ----------
    file : Path
        The notebook's text.

    Returns
    -------
    list of str
        In the order of the notebook.
    """
    return [cell.metadata["exercise"] for cell in Source(file).cells if "exercise" in cell.metadata]


def missing_extra(file: Path) -> str:
    """Name a package that a notebook's exercises need and that is not installed.

    Parameters
    ----------
    file : Path
        The notebook's text.

    Returns
    -------
    str
        Empty where nothing is missing.
    """
    needed = (EXERCISES[name].needs for name in exercises_in(file) if name in EXERCISES)
    return next((package for package in needed if not is_installed(package)), "")


def source_notebook(file: Path) -> nbformat.NotebookNode:
    """Make nbgrader's source notebook: answers put in, metadata derived, ids fixed.

    Parameters
    ----------
    file : Path
        A text source.

    Returns
    -------
    NotebookNode
        Not yet run.

    Raises
    ------
    BuildError
        See the messages below.
    """
    source = Source(file)
    ids: set[str] = set()
    cells, open_exercise = [], None
    for number, cell in enumerate(source.cells):
        exercise, points = cell.metadata.get("exercise"), cell.metadata.get("points")
        if exercise is not None:
            if open_exercise is not None:
                raise source.error(
                    open_exercise[1], f"{open_exercise[0]} has no points: a '# %% points=N' cell follows"
                )
            if exercise in ids:
                raise source.error(number, f"the exercise {exercise} stands twice")
            made = _solution(source, number, exercise)
            open_exercise = (exercise, number)
        elif points is not None:
            if open_exercise is None:
                raise source.error(number, "points without an exercise before them")
            made = _test(source, number, open_exercise[0], points)
            open_exercise = None
        elif cell.cell_type == "code":
            made = nbformat.v4.new_code_cell(cell.source)
            if tags := cell.metadata.get("tags"):
                made.metadata["tags"] = list(tags)
            if "experiment" not in (tags or []):  # students play with experiments; the rest stays as it is
                made.metadata["nbgrader"] = _nbgrader(_content_id(cell.source, ids), locked=True)
        else:
            _require_alt(source, number, cell.source)
            made = nbformat.v4.new_markdown_cell(cell.source)
        made.id = made.metadata.get("nbgrader", {}).get("grade_id") or _content_id(cell.source, ids)
        ids.add(made.id)
        cells.append(made)
    if open_exercise is not None:
        raise source.error(open_exercise[1], f"{open_exercise[0]} has no points: a '# %% points=N' cell follows")
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def _solution(source: Source, number: int, exercise: str) -> nbformat.NotebookNode:
    try:
        answer = reference_answer(exercise)
    except LookupError as error:
        raise source.error(number, str(error)) from None
    if exercise not in EXERCISES:
        raise source.error(number, f"course_utils/checks knows no exercise {exercise}")
    cell = nbformat.v4.new_code_cell(reference_text(exercise))
    if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
        raise BuildError(
            Path(answer.__code__.co_filename),
            answer.__code__.co_firstlineno,
            f"{exercise} has no ### BEGIN and ### END SOLUTION",
        )
    cell.metadata["nbgrader"] = _nbgrader(exercise, solution=True)
    return cell


def _test(source: Source, number: int, exercise: str, points: object) -> nbformat.NotebookNode:
    visible = source.cells[number].source
    if not isinstance(points, int) or points < 1:
        raise source.error(number, f"points={points} is not a whole number of at least 1")
    call = f"check({', '.join(EXERCISES[exercise].functions)})"
    if visible.strip() != call:
        raise source.error(number, f"a points cell holds {call} and nothing else")
    cell = nbformat.v4.new_code_cell(
        "### BEGIN HIDDEN TESTS\n"
        "from autograder.pipeline.hidden_checks import hidden\n"
        f'check = hidden("{exercise}", points={points})\n'
        "### END HIDDEN TESTS\n" + visible
    )
    cell.metadata["nbgrader"] = _nbgrader(f"test_{exercise}", grade=True, locked=True, points=points)
    return cell


def _nbgrader(grade_id: str, **flags: object) -> dict[str, object]:
    cell = {"grade": False, "locked": False, "solution": False, "task": False, **flags}
    return {**cell, "grade_id": grade_id, "schema_version": 3}


def _content_id(text: str, taken: set[str]) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return next(digest[:length] for length in range(8, 64) if digest[:length] not in taken)


def _require_alt(source: Source, number: int, text: str) -> None:
    if re.search(r"!\[\s*\]\(", text) or any("alt=" not in tag for tag in re.findall(r"<img\b[^>]*>", text)):
        raise source.error(number, "a picture without alternative text")
