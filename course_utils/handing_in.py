"""Hand a notebook in: look at the file, and put it into one archive with a receipt."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MAX_BYTES = 50_000_000  # a notebook above this size is not opened at grading
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
    released = {path.stem: path for path in sorted((root / "notebooks").glob("*/*.ipynb"))}
    names = [one for one in released if one == name] or [one for one in released if name and one.startswith(name)]
    if len(names) != 1:
        raise NotReady(f"There is no notebook {name}; there are: {', '.join(released)}.")
    name = names[0]
    raw = _read(root / "work" / name / f"{name}.ipynb")
    document = _parsed(raw, f"{name}.ipynb")
    given = {one: cells_of(json.loads(path.read_text(encoding="utf-8"))) for one, path in released.items()}
    cells = cells_of(document)
    if wrong := why_another(cells, name, given):
        raise NotReady(f"{name}.ipynb {wrong}")

    answers = _answers(json.loads(released[name].read_text(encoding="utf-8")))
    theirs = dict(cells)
    blank = [one for one, stub in answers.items() if one in theirs and _bare(theirs[one]) == _bare(stub)]
    lost = [one for one in answers if one not in theirs]
    told = []
    if lost:
        told.append(f"Note: the cells of these exercises lost their names: {', '.join(lost)}. They are looked for by")
        told.append("content at grading. It is safer to copy their text into a fresh notebook from notebooks/.")
    if blank:
        told.append(f"Note: {len(blank)} of {len(answers)} exercises are not started: {', '.join(blank)}.")
        told.append("You can hand in now, and again later: the last one counts.")

    moment = (now or datetime.now(UTC)).replace(microsecond=0)
    receipt = {
        "notebook": name,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "not_started": blank,
    }
    archive = root / "work" / "handed_in" / f"{name}-{short(receipt['sha256'])}.zip"
    _write(archive, {f"{name}.ipynb": raw, RECEIPT: json.dumps(receipt, indent=1).encode()}, moment)
    return [
        *told,
        f"Upload this one file: {archive}",
        f"  notebook  {name}, as last saved: {len(raw)} bytes",
        f"  time      {moment:%Y-%m-%d %H:%M:%S} UTC",
        f"  receipt   {short(receipt['sha256'])}   keep it: your instructor sees the same",
    ]


def short(sha256: str) -> str:
    """Shorten a hash to what people compare."""
    return sha256[:12]


def cells_of(document: Any) -> Cells:
    """Take names and texts of the cells out of a notebook's plain data, whatever is in it."""
    cells = document.get("cells") if isinstance(document, dict) else None
    found = []
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict):
            settings = (cell.get("metadata") or {}).get("nbgrader") if isinstance(cell.get("metadata"), dict) else None
            name = settings.get("grade_id") if isinstance(settings, dict) else None
            source = cell.get("source")
            lines = source if isinstance(source, list) else [source]
            text = "".join(line for line in lines if isinstance(line, str))
            found.append((name if isinstance(name, str) else "", text))
    return found


def why_another(cells: Cells, name: str, given: Mapping[str, Cells]) -> str:
    """Say why a notebook is not the expected one; "" where it is.

    Parameters
    ----------
    cells : list of (str, str)
        Of the notebook in question.
    name : str
        The notebook expected.
    given : mapping
        Notebook → its cells, as released.
    """

    def likeness(one: str) -> int:
        names, texts = {name for name, _ in given[one] if name}, {_bare(text) for _, text in given[one]} - {""}
        return sum(name in names for name, _ in cells) or sum(_bare(text) in texts for _, text in cells)

    best = max(given, key=likeness, default=name)
    if not cells or not likeness(best):
        return "holds no cell of the course's notebooks: is it the right file?"
    if likeness(best) > likeness(name):
        return f"holds the notebook {best}, not {name}."
    return ""


def _answers(released: dict) -> dict[str, str]:
    cells = {cell.get("metadata", {}).get("nbgrader", {}).get("grade_id"): cell for cell in released["cells"]}
    wanted = [name for name, cell in cells.items() if name and cell["metadata"]["nbgrader"].get("solution")]
    texts = dict(cells_of(released))
    return {name: texts[name] for name in wanted}


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        others = sorted(one.name for one in path.parent.glob("*.ipynb"))
        instead = "get it by: python -m course_utils lab"
        if others:
            instead = f"in that folder: {', '.join(others)}. Rename yours"
        raise NotReady(f"There is no {path}; {instead}.") from None
    except OSError as error:
        raise NotReady(f"{path} cannot be read: {error.strerror}.") from None
    if len(raw) > MAX_BYTES:
        raise NotReady(
            f"{path} has more than {MAX_BYTES / 1e6:.0f} MB, and is not opened at grading. "
            "In JupyterLab: Edit, Clear Outputs of All Cells; save; try again."
        )
    return raw


def _parsed(raw: bytes, shown: str) -> dict:
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotReady(f"{shown} is damaged, or is no notebook: open it in JupyterLab, save it, and try again.")
    return document


def _write(archive: Path, members: Mapping[str, bytes], moment: datetime) -> None:
    """Write an archive whole or not at all."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.external_attr = 0o644 << 16
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    draft = archive.with_suffix(".part")
    try:
        archive.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(made.getvalue())
        os.replace(draft, archive)
    except OSError as error:
        raise NotReady(f"{archive} cannot be written: {error.strerror}.") from None


def _bare(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
