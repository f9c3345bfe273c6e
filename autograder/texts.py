"""Answers as text: cut out of files, edited, and run as a student's cell would run them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from pathlib import Path

IMPORTS = """import functools
import itertools
import warnings
from collections.abc import Callable

import numpy as np

from course_utils import network


"""


def function_text(file: Path, name: str) -> str:
    """Cut a top-level function out of a file, with the comments that close it."""
    lines = file.read_text(encoding="utf-8").splitlines()
    tree = ast.parse("\n".join(lines))
    node = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    end = node.end_lineno
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
    namespace: dict = {"__name__": "__main__"}
    exec(compile(IMPORTS + text, f"<{name}>", "exec"), namespace)
    return namespace[name]
