"""Every answer, once. The build copies them into the solved notebooks; nothing here reaches a student."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from pathlib import Path

from autograder.texts import function_text


def reference_answer(exercise: str) -> Callable:
    """Find the right answer to an exercise.

    Raises
    ------
    LookupError
        No module of this folder defines it.
    """
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        module = importlib.import_module(f"{__name__}.{file.stem}")
        if hasattr(module, exercise):
            return getattr(module, exercise)
    raise LookupError(f"no file in autograder/reference defines {exercise}")


def reference_text(exercise: str) -> str:
    """Text of the right answer, with nbgrader's markers round its solution."""
    return function_text(Path(reference_answer(exercise).__code__.co_filename), exercise)


@functools.cache  # most mistakes are edits of it
def solution_text(exercise: str) -> str:
    """Text of the right answer as a student would hand it in: without the markers."""
    lines = reference_text(exercise).splitlines()
    return "\n".join(line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION"))
