"""The topics of the course: each folder here holds a notebook's text, its answers, known mistakes and variants.

A topic is found by its notebook's text, ``NN_topic.py``; nothing lists the topics.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from autograder.topics.answer_cells import ANSWERS
from course_utils.checks import EXERCISES

FOLDER = Path(__file__).resolve().parent


def sources() -> list[Path]:
    """Find the text of every notebook.

    Returns
    -------
    list of Path
        In the order of the course.
    """
    return sorted(FOLDER.glob("*/[0-9]*.py"), key=lambda file: file.name)


def source_of(name: str) -> Path:
    """Find the text of a notebook.

    Parameters
    ----------
    name : str
        Name of the notebook, such as ``01_initialization``.

    Returns
    -------
    Path

    Raises
    ------
    StopIteration
        The course has no notebook of this name.
    """
    return next(file for file in sources() if file.stem == name)


def _load(part: str) -> list[object]:
    return [importlib.import_module(f"{__name__}.{file.parent.name}.{part}") for file in sources()]


# Mistakes are edits of answers, also of other topics'.
for module in _load("answers"):
    ANSWERS.update({name: answer for name, answer in vars(module).items() if name in EXERCISES})
_load("mistakes"), _load("variants")
