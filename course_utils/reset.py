"""Give one cell back as it was released, and keep what stood in it."""

from __future__ import annotations

import json
from pathlib import Path

from course_utils.cells import Unreadable, name_of, read_notebook, settings, source_of
from course_utils.files import write_whole
from course_utils.handing_in import NotReady, choose_notebook
from course_utils.progress import kept_texts, reset_number


def reset(notebook: str, exercise: str, root: Path) -> list[str]:
    """Put the released text back into the cell of an exercise of the student's notebook.

    Parameters
    ----------
    notebook : str
        For example ``"05_batchnorm_softmax"``, or how its name begins.
    exercise : str
        For example ``"softmax"``.
    root : Path
        The course's folder, with ``notebooks/`` and ``work/``.

    Returns
    -------
    list of str
        What to tell the student.

    Raises
    ------
    NotReady
        There is no such exercise, or the notebook cannot be read or written.
    """
    released_path = choose_notebook(notebook, root)
    path = root / "work" / released_path.stem / released_path.name
    try:
        released, document = read_notebook(released_path), read_notebook(path)
    except FileNotFoundError as error:
        raise NotReady(f"There is no {error.filename}; get it by: python -m course_utils lab") from None
    except Unreadable as reason:
        raise NotReady(str(reason)) from None
    stubs = {name_of(cell): cell for cell in released["cells"] if settings(cell).get("solution")}
    if exercise not in stubs:
        raise NotReady(f"There is no exercise {exercise} in {path.stem}; there are: {', '.join(stubs)}.")
    cells = [cell for cell in document["cells"] if isinstance(cell, dict) and name_of(cell) == exercise]
    if not cells:
        raise NotReady(
            f"The cell of {exercise} is gone from {path.name}. Rename your notebook and run "
            "python -m course_utils lab: a fresh one is laid beside it, to copy the cell from."
        )
    stub = source_of(stubs[exercise])
    changed = [cell for cell in cells if source_of(cell) != stub]
    if not changed:
        return [f"{exercise} is as it was released; nothing was changed."]
    try:
        kept = []
        for cell in changed:
            kept.append(_free_path(path.parent, exercise))
            write_whole(kept[-1], (source_of(cell) + "\n").encode())
            cell |= {"cell_type": "code", "source": stub.splitlines(True), "outputs": [], "execution_count": None}
        write_whole(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise NotReady(f"{error.filename} cannot be written: {error.strerror}.") from None
    return [
        f"{exercise} in {path} is as it was released.",
        *(f"What stood there is kept in {file}." for file in kept),
        "If the notebook is open in JupyterLab, choose File > Reload Notebook from Disk.",
    ]


def _free_path(folder: Path, exercise: str) -> Path:
    number = max(map(reset_number, kept_texts(folder, exercise)), default=0) + 1
    return folder / f"{exercise}_before_reset_{number}.txt"
