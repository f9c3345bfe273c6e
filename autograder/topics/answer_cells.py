"""Right answers, and answers as the text of a cell: cut out of files, and run as a student's cell would be run."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections.abc import Callable
from pathlib import Path

from course_utils.cells import names_bound, names_used
from course_utils.checks.exercise import EXERCISES

ANSWERS: dict[str, Callable] = {}
"""Exercise → the right answer, from every topic's ``answers.py``."""
IMPORTS = """import functools
import itertools
import warnings
from collections.abc import Callable

import numpy as np

from course_utils import network


"""
TENSORFLOW = "import tensorflow as tf\n"  # takes seconds, so only where it is used


def reference_answer(exercise: str) -> Callable:
    """Find the right answer to an exercise.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    callable

    Raises
    ------
    LookupError
        No topic defines it.
    """
    if exercise not in ANSWERS:
        raise LookupError(f"no answers.py in autograder/topics defines {exercise}")
    return ANSWERS[exercise]


def reference_text(exercise: str) -> str:
    """Read the text of the right answer, with nbgrader's markers round its solution.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    str
    """
    return function_text(Path(reference_answer(exercise).__code__.co_filename), exercise)


@functools.cache  # most mistakes are edits of it
def solution_text(exercise: str) -> str:
    """Read the text of the right answer as a student would hand it in: without the markers.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    str
    """
    lines = reference_text(exercise).splitlines()
    return "\n".join(line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION"))


def function_text(file: Path, name: str) -> str:
    """Cut a top-level function out of a file, with the comments that close it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    end = node.end_lineno or node.lineno
    while end < len(lines) and (not lines[end].strip() or lines[end][0].isspace()):
        end += 1
    return "\n".join(lines[node.lineno - 1 : end]).rstrip()


def own_text(definition: Callable) -> str:
    """Text of a function or class without its decorators."""
    lines = inspect.getsource(definition).splitlines()
    while not lines[0].startswith(("def ", "class ")):
        lines.pop(0)
    return "\n".join(lines)


def run_text(text: str, name: str) -> Callable:
    """Run a cell's text and take what it calls ``name``, as a notebook would."""
    return run_texts(text, name)[0]


def run_texts(text: str, *names: str) -> tuple[Callable, ...]:
    """Run a cell's text below the right answers that it, or ``names``, leaves open, and take what has those names."""
    namespace: dict = {"__name__": "__main__"}
    text = complete(text, names)
    imports = IMPORTS + TENSORFLOW * bool(re.search(r"\btf\.", text))
    exec(compile(imports + text, f"<{names[0]}>", "exec"), namespace)
    return tuple(namespace[name] for name in names)


def complete(text: str, names: tuple[str, ...] = ()) -> str:
    """Put the right answers that a cell calls, and does not define, above it: in a notebook they stand there."""
    missing = sorted((names_used(text) | set(names)) & EXERCISES.keys() - names_bound(text))
    return complete("\n\n\n".join([*map(solution_text, missing), text])) if missing else text
