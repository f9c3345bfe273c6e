"""Find the notebook cells that an answer came from, so that a verdict can be held against what was saved since."""

from __future__ import annotations

import contextlib
import dis
import linecache
import os
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course_utils.cells import LONG, as_run, names_bound
from course_utils.checks.difference import digest
from course_utils.checks.shadowing import unwrapped, written
from course_utils.environment import imported


@dataclass
class Origin:
    """What an answer came from.

    Parameters
    ----------
    own : str
        The cell, or file, in which the function stands; "" where that cannot be told.
    texts : list of str
        This, and those of what it takes from the notebook.
    modules : set of str
        Packages and modules that these import.
    """

    own: str = ""
    texts: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)


def origin_of(function: Callable, name: str) -> Origin:
    """Follow a function to the cells that it, and what it takes from the notebook, were written in.

    Parameters
    ----------
    function : callable
        The answer.
    name : str
        What the notebook calls it.
    """
    found = Origin(_text_of(function, name))
    texts, left, seen = [found.own, _last_run(name)], _taken(function), {name}
    while left:
        name, value = left.popitem()
        if name in seen:
            continue
        seen.add(name)
        if isinstance(value, types.ModuleType):
            found.modules.add(value.__name__.partition(".")[0])
            continue
        with contextlib.suppress(Exception):  # it may be anything, and object to being looked at
            where = unwrapped(value).__module__ if callable(value) else "__main__"
            if where != "__main__" and not _file_of(_code(value)):
                found.modules.add(where.partition(".")[0])
                continue
            texts.append(_text_of(value, name))
            left |= _taken(value)
    found.texts = [text for text in dict.fromkeys(texts) if 0 < len(text) < LONG]
    found.modules |= {module for text in found.texts for module in imported(text)}
    return found


def cell_of(function: Any) -> str:
    """Find the notebook cell, as IPython ran it, in which a function was written; "" where that cannot be told.

    At grading, a function that stands for the student's says so itself: ``function.cell``.
    """
    if isinstance(text := getattr(function, "cell", None), str):
        return text
    code = _code(function)
    return "".join(linecache.getlines(code.co_filename)) if code and not os.path.exists(code.co_filename) else ""


def _code(function: Any) -> types.CodeType | None:
    code = getattr(written(function), "__code__", None)
    return code if isinstance(code, types.CodeType) else None


def _taken(function: Any) -> dict[str, Any]:
    """What a function written in the notebook takes from the notebook, by name."""
    space = getattr(unwrapped(function), "__globals__", None)
    if not isinstance(space, dict) or space.get("__name__") != "__main__":
        return {}
    return {name: space[name] for name in _names(_code(function)) if name in space}


def _names(code: types.CodeType | None) -> Iterator[str]:
    """Names that code takes from outside of it."""
    for one in dis.get_instructions(code) if code else ():
        if one.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield one.argval
    for constant in code.co_consts if code else ():
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _text_of(value: Any, name: str) -> str:
    own = str(getattr(value, "__name__", name))
    return cell_of(value) or _file_of(_code(value)) or _last_run(own) or _last_run(name)


def _file_of(code: types.CodeType | None) -> str:
    """Read the file in which a function was written, if it lies beside the notebook; else ""."""
    if code is None or not os.path.exists(code.co_filename) or not _is_beside(code.co_filename):
        return ""
    return "".join(linecache.getlines(code.co_filename))


def _is_beside(file: str) -> bool:
    try:
        return Path(file).resolve().parent == Path.cwd()
    except FileNotFoundError:  # the folder was renamed or deleted since the kernel began
        return False


def _last_run(name: str) -> str:
    """Find the cell that gave a name its value, among those that ran since the kernel began."""
    try:
        from IPython import get_ipython

        history = get_ipython().history_manager.input_hist_raw
    except (ImportError, AttributeError):
        return ""
    return next((text for text in reversed(history) if name in text and name in names_bound(text)), "")


def cell_digest(text: str) -> str:
    """Hash a cell as it is run: equal for what was written and for what IPython makes of it."""
    return digest(as_run(text).strip())
