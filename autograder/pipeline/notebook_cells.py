"""Read a notebook's cells: functions that several steps of the pipeline use."""

from __future__ import annotations

from nbformat import NotebookNode, v4

STUDENT_ID = "student-"  # prefix of the ids of cells that a student added
EXPERIMENT_TAG = "experiment"
MAX_CODE = 200_000  # characters; no more code of a notebook is analysed (honest notebooks have much less)


def grade_id(cell: NotebookNode) -> str | None:
    """Return nbgrader's name of a cell, its grade id.

    Parameters
    ----------
    cell : NotebookNode
        Its metadata may be anything.

    Returns
    -------
    str or None
        None where it has no name, or the name is not a non-empty string.
    """
    settings = cell.metadata.get("nbgrader")
    name = settings.get("grade_id") if isinstance(settings, dict) else None
    return name if isinstance(name, str) and name else None


def visible_source(cell: NotebookNode) -> str:
    """Return the text of a released cell as students got it, without hidden tests.

    Parameters
    ----------
    cell : NotebookNode
        Where hidden tests were put back into it, ``metadata["course_visible"]`` holds the text without them.

    Returns
    -------
    str
    """
    return cell.metadata.get("course_visible", cell.source)


def is_experiment(cell: NotebookNode) -> bool:
    """Tell whether a released cell is an experiment: if unchanged, it is not run when graded."""
    return EXPERIMENT_TAG in cell.metadata.get("tags", [])


def added_cell(cell: NotebookNode, number: int) -> NotebookNode:
    """Copy a cell that a student added, without any nbgrader settings.

    Parameters
    ----------
    cell : NotebookNode
    number : int
        Its position in the student's notebook, which makes its id unique.

    Returns
    -------
    NotebookNode
    """
    make = {"code": v4.new_code_cell, "raw": v4.new_raw_cell}.get(cell.cell_type, v4.new_markdown_cell)
    copied = make(cell.source)
    copied.id = f"{STUDENT_ID}{number}"
    return copied
