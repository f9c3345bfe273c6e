"""How far a student is: read from the notebooks as they were last saved; nothing is run.

A check leaves its verdict in the notebook's saved output, and with it a hash of the cell that it looked at.
"""

from __future__ import annotations

import html
import json
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.checks.exercise import digest
from course_utils.checks.report import MIMETYPE, WIDTH, display_or_print
from course_utils.handing_in import MAX_BYTES

ROOT = Path(__file__).resolve().parent.parent
PROGRESS = "application/vnd.course-progress+json"
BAR = 20  # characters

NOT_STARTED = "not started"
UNCHECKED = "run its check"
CHANGED = "changed: run its check again"
FAILS = "checks failing"
PASSES = "visible checks pass"
MARKS = {  # for HTML; plain text is ASCII
    NOT_STARTED: "○",
    UNCHECKED: "…",
    CHANGED: "…",
    FAILS: "✘",
    PASSES: "✔",
}
STATES = {"right": PASSES, "wrong": FAILS, "not started": NOT_STARTED}  # of a verdict
UNREADABLE = (OSError, ValueError, RecursionError)
DAMAGED = "cannot be read: open it in JupyterLab and save it, or copy it from notebooks/ again"
LARGE = f"has more than {MAX_BYTES / 1e6:.0f} MB: clear its outputs in JupyterLab, save it, and run its checks again"
LONG = 50_000  # characters of a cell: beyond, no answer is; and IPython would take minutes for what can be that long


@dataclass(frozen=True)
class Standing:
    """How far one exercise is."""

    exercise: str
    points: float
    state: str


@dataclass(frozen=True)
class Notebook:
    """How far one notebook is; ``problem`` says why nothing of it could be read."""

    name: str
    standings: list[Standing]
    problem: str = ""

    @property
    def points(self) -> float:
        """What it is worth."""
        return sum(one.points for one in self.standings)

    @property
    def passing(self) -> float:
        """What its exercises are worth whose visible checks pass."""
        return sum(one.points for one in self.standings if one.state == PASSES)

    @property
    def begun(self) -> bool:
        """Whether any exercise is."""
        return any(one.state != NOT_STARTED for one in self.standings)


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
            exercises = _exercises(path)
        except UNREADABLE:
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
            lines += [f"  {each.exercise[:40]:41} {each.points:3g}  {each.state}" for each in one.standings]
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
    parts = "".join(_notebook_as_html(one) for one in notebooks)
    return (
        '<section aria-label="your progress" style="max-width: 46em">'
        f"<p>{_meter(total)} <b>{total.passing:g} of {total.points:g} points</b></p>{parts}"
        f"<p><small>{html.escape(' '.join(LEGEND))}</small></p></section>"
    )


def _notebook_as_html(one: Notebook) -> str:
    head = f"{_meter(one)} <b>{html.escape(one.name)}</b>: {one.passing:g} of {one.points:g} points"
    if one.problem:
        return f"<div>{head}<br>✘ {html.escape(one.problem)}</div>"
    left = 'style="text-align: left"'
    header = f'<th scope="col" {left}>exercise</th><th scope="col">points</th><th scope="col" {left}>state</th>'
    rows = "".join(
        f"<tr><td {left}><code>{html.escape(each.exercise)}</code></td><td>{each.points:g}</td>"
        f"<td {left}>{MARKS[each.state]} {each.state}</td></tr>"
        for each in one.standings
    )
    table = f"<table><thead><tr>{header}</tr></thead><tbody>{rows}</tbody></table>"
    unfolded = " open" if one.begun and one.passing < one.points else ""
    return f"<details{unfolded}><summary>{head}</summary>{table}</details>"


def _total(notebooks: list[Notebook]) -> Notebook:
    return Notebook("all notebooks", [each for one in notebooks for each in one.standings])


def _meter(one: Notebook) -> str:
    return f'<progress value="{one.passing:g}" max="{one.points:g}" aria-label="{html.escape(one.name)}"></progress>'


def _bar(one: Notebook) -> str:
    full = int(BAR * one.passing / one.points) if one.points else 0
    return f"[{'#' * full}{'.' * (BAR - full)}]"


# --- reading, whatever is in the files --------------------------------------------------------------------------------


def _notebooks(released: Path) -> list[Path]:
    return sorted(path for path in released.glob("*/*.ipynb") if path.stem == path.parent.name)


def _exercises(path: Path) -> dict[str, float]:
    """Points of every exercise of a released notebook."""
    grades = [_settings(cell) for cell in _cells(path)]
    return {str(one["grade_id"]).removeprefix("test_"): one["points"] for one in grades if one.get("grade")}


def _read(path: Path, exercises: dict[str, float]) -> Notebook:
    problem, cells = "", []
    try:
        cells = _cells(path)
    except FileNotFoundError:
        pass  # not copied yet
    except TooLarge:
        problem = f"{path.name} {LARGE}"
    except UNREADABLE:
        problem = f"{path.name} {DAMAGED}"
    written = [_source(cell) for cell in cells]
    kept = {digest(_as_run(text).strip()) for text in written if len(text) < LONG}
    verdicts = dict(verdict for cell in cells for verdict in _verdicts(cell))
    answers = {str(_settings(cell).get("grade_id")): _source(cell) for cell in cells}
    standings = [
        Standing(name, points, _state(verdicts.get(name, {}), answers.get(name), kept))
        for name, points in exercises.items()
    ]
    return Notebook(path.stem, standings, problem)


def _state(verdict: dict, answer: str | None, kept: set[str]) -> str:
    state = STATES.get(str(verdict.get("state")), "")
    if state and str(verdict.get("cell", "")) in {"", *kept}:
        return state
    if answer is None or "raise NotImplementedError" in answer:
        return NOT_STARTED
    return CHANGED if state else UNCHECKED


class TooLarge(ValueError):
    """The file is larger than any notebook that can be handed in."""


def _cells(path: Path) -> list[dict]:
    """Code cells of a notebook.

    Raises
    ------
    OSError, ValueError, RecursionError
        The file is missing, too large, or not a notebook.
    """
    if path.stat().st_size > MAX_BYTES:
        raise TooLarge
    document = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise ValueError("not a notebook")
    return [cell for cell in document["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _settings(cell: dict) -> dict[str, Any]:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return settings if isinstance(settings, dict) else {}


def _source(cell: dict) -> str:
    source = cell.get("source")
    text = "".join(line for line in (source if isinstance(source, list) else [source]) if isinstance(line, str))
    return text.encode(errors="replace").decode()  # JSON can hold half a character


def _verdicts(cell: dict) -> list[tuple[str, dict]]:
    """Verdicts in a cell's saved outputs: exercise and what the report says of it."""
    outputs = cell.get("outputs")
    bundles = (
        [output.get("data") for output in outputs if isinstance(output, dict)] if isinstance(outputs, list) else []
    )
    found = [bundle.get(MIMETYPE) for bundle in bundles if isinstance(bundle, dict)]
    return [(str(one.get("exercise")), one) for one in found if isinstance(one, dict)]


def _as_run(source: str) -> str:
    """Rewrite a cell's magics as IPython does before it runs the cell; of a cell magic, what it is given to run."""
    from IPython.core.inputtransformer2 import TransformerManager

    if source.startswith("%%"):
        source = source.partition("\n")[2]
    try:
        return TransformerManager().transform_cell(source)
    except SyntaxError:
        return source
