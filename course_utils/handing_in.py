"""Hand a notebook in: look at the file, and put it into an archive with a receipt."""

from __future__ import annotations

import hashlib
import io
import json
import textwrap
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course_utils.cells import Unreadable, bare, name_of, parse_notebook, renamed, source_of
from course_utils.checks.check_report import WIDTH
from course_utils.checks.limits import MAX_NOTEBOOK_BYTES
from course_utils.files import write_whole
from course_utils.inspection import inspect_notebook

RECEIPT = "receipt.json"
Cells = list[tuple[str, str]]  # nbgrader's name of a cell, or "", and its text


class NotReady(Exception):
    """A file that cannot be handed in; the message says why and what to do."""


def submit(name: str, root: Path, now: datetime | None = None) -> list[str]:
    """Check the student's notebook and write its archive into ``work/handed_in/``.

    Parameters
    ----------
    name : str
        The notebook, such as ``"02_regularization"``, or how its name begins.
    root : Path
        The course's folder, with ``notebooks/`` and ``work/``.
    now : datetime, optional
        The time for the receipt, in UTC.

    Returns
    -------
    list of str
        What to tell the student, warnings first.

    Raises
    ------
    NotReady
        The file is missing, damaged, too large or another notebook.
    """
    name = choose_notebook(name, root).stem
    released = released_notebooks(root)
    path = root / "work" / name / f"{name}.ipynb"
    raw = _read(path)
    try:
        document = parse_notebook(raw, path)
    except Unreadable as reason:
        raise NotReady(str(reason)) from None
    given = {stem: json.loads(path.read_text(encoding="utf-8")) for stem, path in released.items()}
    if wrong := why_another(cells_of(document), name, {stem: cells_of(each) for stem, each in given.items()}):
        raise NotReady(f"{name}.ipynb {wrong}")
    sentences, blank = inspect_notebook(document, given[name], path.parent)

    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    receipt: dict[str, Any] = {
        "notebook": name,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "not_started": blank,
    }
    archive = root / "work" / "handed_in" / f"{name}-{short(receipt['sha256'])}.zip"
    _write(archive, {f"{name}.ipynb": raw, RECEIPT: json.dumps(receipt, indent=1).encode()}, moment)
    return [
        *(line for sentence in sentences for line in _note(sentence)),
        f"Upload this one file: {archive}",
        f"  notebook  {name}, as last saved: {len(raw)} bytes",
        f"  time      {moment:%Y-%m-%d %H:%M:%S} UTC",
        f"  receipt   {short(receipt['sha256'])}   keep it: your instructor sees the same",
    ]


def released_notebooks(root: Path) -> dict[str, Path]:
    """Find the course's notebooks, by name."""
    return {path.stem: path for path in sorted((root / "notebooks").glob("*/*.ipynb"))}


def choose_notebook(name: str, root: Path) -> Path:
    """Find the released notebook that a student means.

    Parameters
    ----------
    name : str
        Its name, or how it begins, such as ``"02"``.
    root : Path
        The course's folder, with ``notebooks/``.

    Returns
    -------
    Path

    Raises
    ------
    NotReady
        There is none, or there are several.
    """
    released = released_notebooks(root)
    names = [each for each in released if each == name] or [each for each in released if name and each.startswith(name)]
    if len(names) != 1:
        raise NotReady(f"There is no notebook {name}; there are: {', '.join(released)}.")
    return released[names[0]]


def short(sha256: str) -> str:
    """Shorten a hash to the digits that people compare.

    Parameters
    ----------
    sha256 : str

    Returns
    -------
    str
    """
    return sha256[:12]


def cells_of(document: Any) -> Cells:
    """Read the names and texts of a notebook's cells.

    Parameters
    ----------
    document : object
        A notebook's JSON; anything else has no cells.

    Returns
    -------
    list of (str, str)
        Name ("" without a name) and source of each cell.
    """
    cells = document.get("cells") if isinstance(document, dict) else None
    return [(name_of(cell), source_of(cell)) for cell in cells or () if isinstance(cell, dict)]


def why_another(cells: Cells, name: str, given: Mapping[str, Cells]) -> str:
    """Say why a notebook is not the expected notebook; "" where it is.

    Parameters
    ----------
    cells : list of (str, str)
        Cells of the notebook in question.
    name : str
        The notebook expected.
    given : mapping
        Notebook → its cells, as released.

    Returns
    -------
    str
        The end of a sentence; empty where it is the expected notebook.
    """

    def likeness(stem: str) -> int:
        names, texts = {name for name, _ in given[stem] if name}, {bare(text) for _, text in given[stem]} - {""}
        return sum(name in names for name, _ in cells) or sum(bare(text) in texts for _, text in cells)

    best = max(given, key=likeness, default=name)
    if not cells or not likeness(best):
        return "holds no cell of the course's notebooks: is it the right file?"
    if likeness(best) > likeness(name):
        return f"holds the notebook {best}, not {name}."
    return ""


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_NOTEBOOK_BYTES + 1)
    except FileNotFoundError:
        instead = renamed(path) or "get it by: python -m course_utils lab"
        raise NotReady(f"There is no {path}; {instead}.") from None
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}.") from None
    return raw


def _note(sentence: str) -> list[str]:
    return textwrap.wrap(f"Note: {sentence}", subsequent_indent="      ", width=WIDTH, break_on_hyphens=False)


def _write(archive: Path, members: Mapping[str, bytes], moment: datetime) -> None:
    if not 1980 <= moment.year < 2108:  # what an archive can hold
        raise NotReady(f"{archive} cannot be written: this computer's clock says {moment:%Y-%m-%d}. Set it right.")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.external_attr = 0o644 << 16
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    try:
        write_whole(archive, made.getvalue())
    except OSError as error:
        raise NotReady(f"{archive} cannot be written: {error.strerror}.") from None
