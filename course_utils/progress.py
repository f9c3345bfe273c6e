"""How far a student is: read from the notebooks as they were last saved; nothing is run.

A check leaves its verdict in the notebook's saved output, and with it hashes of the cells that the answer came from.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course_utils.cells import (
    Unreadable,
    bare,
    code_cells,
    name_of,
    names_bound,
    read_notebook,
    renamed,
    settings,
    source_of,
)
from course_utils.checks.check_report import MIMETYPE, WIDTH, display_or_print
from course_utils.checks.limits import MAX_CELL_CHARACTERS
from course_utils.checks.origin import cell_digest

ROOT = Path(__file__).resolve().parent.parent
PROGRESS = "application/vnd.course-progress+json"
BAR = 20  # characters

NOT_STARTED = "not started"
UNCHECKED = "run its check"
CHANGED = "changed since its last check"
FAILS = "checks failing"
PASSES = "visible checks pass"
MARKS = {  # for HTML; plain text is ASCII
    NOT_STARTED: "○",
    UNCHECKED: "…",
    CHANGED: "…",
    FAILS: "✘",
    PASSES: "✔",
}
STATES = {"right": PASSES, "wrong": FAILS}  # of a verdict


@dataclass(frozen=True)
class ReleasedExercise:
    """An exercise of a released notebook: its points, and the stub that the answer replaces."""

    points: float
    stub: str


@dataclass(frozen=True)
class ExerciseProgress:
    """The progress of an exercise."""

    exercise: str
    points: float
    state: str
    kept: str = ""  # a file with what stood in its cell before it was reset

    @property
    def note(self) -> str:
        """What to say beside the state."""
        return f"it was reset; the old text is in {self.kept}" if self.kept else ""


@dataclass(frozen=True)
class Notebook:
    """The progress of a notebook; ``problem`` says why the file could not be read."""

    name: str
    exercises: list[ExerciseProgress]
    problem: str = ""

    @property
    def points(self) -> float:
        """What it is worth."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def passing(self) -> float:
        """What its exercises are worth whose visible checks pass."""
        return sum(exercise.points for exercise in self.exercises if exercise.state == PASSES)

    @property
    def begun(self) -> bool:
        """Whether any exercise is, or was before it was reset."""
        return any(one.state != NOT_STARTED or one.kept for one in self.exercises)


def progress(folder: Path | str | None = None) -> None:
    """Show for every notebook and exercise how far you are. A notebook counts as it was last saved.

    Parameters
    ----------
    folder : Path, optional
        Where the notebooks' folders lie; by default beside the running notebook's, else ``work/``.
    """
    released = ROOT / "notebooks"
    notebooks = read_progress(Path(folder) if folder else student_folder(released), released)
    total = _total(notebooks)
    sums = {"passing": total.passing, "points": total.points}
    display_or_print({"text/plain": as_text(notebooks), "text/html": as_html(notebooks), PROGRESS: sums})


def student_folder(released: Path) -> Path:
    """Find where the student works: beside the running notebook's folder, else in ``work/``."""
    try:
        beside = Path.cwd().parent
    except FileNotFoundError:  # renamed or deleted since the kernel began
        return ROOT / "work"
    is_theirs = any((beside / path.parent.name / path.name).is_file() for path in _notebooks(released))
    return beside if is_theirs else ROOT / "work"


def read_progress(folder: Path, released: Path) -> list[Notebook]:
    """Read how far every notebook is.

    Parameters
    ----------
    folder : Path
        The student's notebooks: ``folder/NN_topic/NN_topic.ipynb``.
    released : Path
        The same as the course gives them out: exercises and points are read from these.

    Returns
    -------
    list of Notebook
        In the order of the course. What is missing or cannot be read counts as not started.
    """
    found = []
    for path in _notebooks(released):
        try:
            exercises = released_exercises(read_notebook(path))
        except (FileNotFoundError, Unreadable):
            found.append(Notebook(path.stem, [], f"notebooks/{path.stem}/ is damaged: copy it from the course again"))
            continue
        found.append(_read(folder / path.stem / path.name, exercises))
    return found


def as_text(notebooks: list[Notebook]) -> str:
    """Write progress in lines of at most 80 ASCII characters."""
    if not notebooks:
        return "There is no notebook of the course here."
    lines = []
    for one in notebooks:
        lines.append(f"{one.name:26} {_bar(one)} {one.passing:4g} of {one.points:3g} points")
        if one.problem:
            lines += textwrap.wrap(one.problem, WIDTH, initial_indent="  ", subsequent_indent="  ")
        elif one.begun:
            for each in one.exercises:
                lines.append(f"  {each.exercise[:40]:41} {each.points:3g}  {each.state}")
                lines += textwrap.wrap(each.note, WIDTH, initial_indent="    ", subsequent_indent="    ")
    total = _total(notebooks)
    lines += ["", f"{total.name:26} {_bar(total)} {total.passing:4g} of {total.points:3g} points"]
    return "\n".join([*lines, "", *LEGEND])


LEGEND = (
    "Points of exercises whose visible checks pass, in the notebooks as last saved.",
    "Grading runs the same checks on other cases.",
)


def as_html(notebooks: list[Notebook]) -> str:
    """Write progress as HTML: a notebook's exercises are folded below its bar; colours are the page's own."""
    if not notebooks:
        return f"<p>{as_text(notebooks)}</p>"
    total = _total(notebooks)
    parts = "".join(_notebook_as_html(notebook) for notebook in notebooks)
    return (
        '<section aria-label="your progress" style="max-width: 46em">'
        f"<p>{_meter(total)} <b>{total.passing:g} of {total.points:g} points</b></p>{parts}"
        f"<p><small>{html.escape(' '.join(LEGEND))}</small></p></section>"
    )


def _notebook_as_html(notebook: Notebook) -> str:
    head = f"{_meter(notebook)} <b>{html.escape(notebook.name)}</b>: {notebook.passing:g} of {notebook.points:g} points"
    if notebook.problem:
        return f"<div>{head}<br>✘ {html.escape(notebook.problem)}</div>"
    left = 'style="text-align: left"'
    header = f'<th scope="col" {left}>exercise</th><th scope="col">points</th><th scope="col" {left}>state</th>'
    rows = "".join(
        f"<tr><td {left}><code>{html.escape(each.exercise)}</code></td><td>{each.points:g}</td>"
        f"<td {left}>{MARKS[each.state]} {html.escape('; '.join(filter(None, (each.state, each.note))))}</td></tr>"
        for each in notebook.exercises
    )
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    unfolded = " open" if notebook.begun and notebook.passing < notebook.points else ""
    return f"<details{unfolded}><summary>{head}</summary>{table}</details>"


def _total(notebooks: list[Notebook]) -> Notebook:
    return Notebook("all notebooks", [each for notebook in notebooks for each in notebook.exercises])


def _meter(notebook: Notebook) -> str:
    name = html.escape(notebook.name)
    return f'<progress value="{notebook.passing:g}" max="{notebook.points:g}" aria-label="{name}"></progress>'


def _bar(notebook: Notebook) -> str:
    full = int(BAR * notebook.passing / notebook.points) if notebook.points else 0
    return f"[{'#' * full}{'.' * (BAR - full)}]"


# --- reading, whatever is in the files --------------------------------------------------------------------------------


def _notebooks(released: Path) -> list[Path]:
    return sorted(path for path in released.glob("*/*.ipynb") if path.stem == path.parent.name)


def released_exercises(released: Mapping[str, Any]) -> dict[str, ReleasedExercise]:
    """Points and stub of every exercise of a released notebook's plain data."""
    cells = code_cells(released)
    stubs = {name_of(cell): source_of(cell) for cell in cells if settings(cell).get("solution")}
    names = {name_of(cell).removeprefix("test_"): settings(cell) for cell in cells if settings(cell).get("grade")}
    return {name: ReleasedExercise(found["points"], stubs.get(name, "")) for name, found in names.items()}


def _read(path: Path, exercises: Mapping[str, ReleasedExercise]) -> Notebook:
    try:
        read = exercise_progress(read_notebook(path), exercises)
        return Notebook(path.stem, [_with_kept_text(each, path.parent) for each in read])
    except FileNotFoundError:  # not copied yet, or renamed
        instead = renamed(path)
        problem = f"there is no {path.name}; {instead}" if instead else ""
    except Unreadable as error:
        problem = str(error)
    return Notebook(path.stem, exercise_progress({"cells": []}, exercises), problem)


def kept_texts(folder: Path, exercise: str) -> list[Path]:
    """Find the texts of a cell that were kept when it was reset.

    Parameters
    ----------
    folder : Path
        Where the student's notebook lies.
    exercise : str

    Returns
    -------
    list of Path
        The oldest first.
    """
    return sorted(folder.glob(f"{exercise}_before_reset_*.txt"), key=reset_number)


def reset_number(path: Path) -> int:
    """Read the number in the name of a text that was kept."""
    number = path.stem.rpartition("_")[2]
    return int(number) if number.isdecimal() else 0


def _with_kept_text(one: ExerciseProgress, folder: Path) -> ExerciseProgress:
    """Name what was kept of an answer that was reset and not begun again."""
    kept = kept_texts(folder, one.exercise) if one.state == NOT_STARTED else []
    return replace(one, kept=kept[-1].name) if kept else one


def exercise_progress(document: Mapping[str, Any], exercises: Mapping[str, ReleasedExercise]) -> list[ExerciseProgress]:
    """Read how far every exercise is in a saved notebook's plain data."""
    cells = code_cells(document)
    verdicts = dict(verdict for cell in cells for verdict in _verdicts(cell))
    texts = [(name_of(cell), source_of(cell)) for cell in cells]
    texts = [(name, text if len(text) < MAX_CELL_CHARACTERS else "") for name, text in texts]
    kept = {cell_digest(text) for _, text in texts}
    return [
        ExerciseProgress(name, asked.points, _state(verdicts.get(name, {}), find_answer(texts, name, asked.stub), kept))
        for name, asked in exercises.items()
    ]


def find_answer(texts: Iterable[tuple[str, str]], name: str, stub: str) -> str | None:
    """Find the cell that counts as the answer: the last begun cell that defines it, above its test if there is any.

    Parameters
    ----------
    texts : iterable of (str, str)
        Names and texts of a notebook's code cells.
    name : str
        The exercise.
    stub : str
        Its cell as it was given out.

    Returns
    -------
    str or None
        A text, be it no Python; None where nothing is begun.
    """
    above = below = own = None
    tested = False
    for cell, text in texts:
        tested = tested or cell == f"test_{name}"
        if bare(text) in ("", bare(stub)):
            continue
        own = text if cell == name else own
        if name in text and name in names_bound(text):
            above, below = (above, text) if tested and cell != f"test_{name}" else (text, below)
    return above or own or below


def _state(verdict: dict, answer: str | None, kept: set[str]) -> str:
    if answer is None:
        return NOT_STARTED
    state = STATES.get(str(verdict.get("state")), "")
    seen = verdict.get("cells", [verdict.get("cell")])  # older versions of the course saved a single cell
    seen = set(map(str, seen)) if isinstance(seen, list) else set()
    if state and cell_digest(answer) in seen and seen <= kept:
        return state
    return CHANGED if state else UNCHECKED


def _verdicts(cell: dict) -> list[tuple[str, dict]]:
    """Verdicts in a cell's saved outputs: exercise and what the report says of it."""
    outputs = cell.get("outputs")
    bundles = (
        [output.get("data") for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    )
    found = [bundle.get(MIMETYPE) for bundle in bundles if isinstance(bundle, dict)]
    return [(str(report.get("exercise")), report) for report in found if isinstance(report, dict)]
