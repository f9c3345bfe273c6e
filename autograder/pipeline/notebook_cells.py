"""What the steps of the pipeline ask of a notebook's cells."""

from __future__ import annotations

from nbformat import NotebookNode, v4

STUDENT_ID = "student-"  # how ids of cells begin that a student added
EXPERIMENT_TAG = "experiment"
MAX_CODE = 200_000  # characters of code that are analysed, a few times what a notebook holds


def grade_id(cell: NotebookNode) -> str | None:
    """Give nbgrader's name of a cell.

    Parameters
    ----------
    cell : NotebookNode
        From anywhere.

    Returns
    -------
    str or None
        None where it has none, or none that is a text.
    """
    settings = cell.metadata.get("nbgrader")
    name = settings.get("grade_id") if isinstance(settings, dict) else None
    return name if isinstance(name, str) and name else None


def visible_source(cell: NotebookNode) -> str:
    """Give the text of a released cell as students got it, without the hidden tests.

    Parameters
    ----------
    cell : NotebookNode
        Where hidden tests were put back, ``metadata["course_visible"]`` holds that text.

    Returns
    -------
    str
    """
    return cell.metadata.get("course_visible", cell.source)


def is_experiment(cell: NotebookNode) -> bool:
    """Tell whether a released cell is an experiment, which is not run again where nobody changed it."""
    return EXPERIMENT_TAG in cell.metadata.get("tags", [])


def added_cell(cell: NotebookNode, number: int) -> NotebookNode:
    """Copy a cell that a student added, as one that nbgrader has no settings for.

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
