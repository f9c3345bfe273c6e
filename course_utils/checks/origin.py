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

from course_utils.cells import as_run, names_bound
from course_utils.checks.difference import digest
from course_utils.checks.limits import MAX_CELL_CHARACTERS
from course_utils.checks.shadowing import inner_function, unwrapped
from course_utils.environment import imported_modules


@dataclass
class Origin:
    """What an answer came from.

    Parameters
    ----------
    own_text : str
        The cell, or file, in which the function stands; "" where that cannot be told.
    texts : list of str
        This, and those of what it takes from the notebook.
    modules : set of str
        Packages and modules that these import.
    """

    own_text: str = ""
    texts: list[str] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)


def origin_of(function: Callable, name: str) -> Origin:
    """Find the cells in which a function, and what it uses from the notebook, were written.

    Parameters
    ----------
    function : callable
        The answer.
    name : str
        What the notebook calls it.

    Returns
    -------
    Origin
    """
    origin = Origin(_text_of(function, name))
    texts, pending, done = [origin.own_text, _last_cell_binding(name)], _globals_read(function), {name}
    while pending:
        name, value = pending.popitem()
        if name in done:
            continue
        done.add(name)
        if isinstance(value, types.ModuleType):
            origin.modules.add(value.__name__.partition(".")[0])
            continue
        with contextlib.suppress(Exception):  # it may be anything, and object to being looked at
            module = unwrapped(value).__module__ if callable(value) else "__main__"
            if module != "__main__" and not _file_of(_code(value)):
                origin.modules.add(module.partition(".")[0])
                continue
            texts.append(_text_of(value, name))
            pending |= _globals_read(value)
    origin.texts = [text for text in dict.fromkeys(texts) if 0 < len(text) < MAX_CELL_CHARACTERS]
    origin.modules |= {module for text in origin.texts for module in imported_modules(text)}
    return origin


def cell_of(function: Any) -> str:
    """Find the notebook cell, as IPython ran it, in which a function was written.

    Parameters
    ----------
    function : callable
        At grading, the judge's for a function in its sandbox, which knows its cell: ``function.cell``.

    Returns
    -------
    str
        "" where that cannot be told.
    """
    if isinstance(text := getattr(function, "cell", None), str):
        return text
    code = _code(function)
    return "".join(linecache.getlines(code.co_filename)) if code and not os.path.exists(code.co_filename) else ""


def _code(function: Any) -> types.CodeType | None:
    code = getattr(inner_function(function), "__code__", None)
    return code if isinstance(code, types.CodeType) else None


def _globals_read(function: Any) -> dict[str, Any]:
    """Give the notebook's globals that a function written there reads, by name."""
    space = getattr(unwrapped(function), "__globals__", None)
    if not isinstance(space, dict) or space.get("__name__") != "__main__":
        return {}
    return {name: space[name] for name in _names(_code(function)) if name in space}


def _names(code: types.CodeType | None) -> Iterator[str]:
    """Names that code takes from outside of it."""
    for instruction in dis.get_instructions(code) if code else ():
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
    for constant in code.co_consts if code else ():
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _text_of(value: Any, name: str) -> str:
    own = str(getattr(value, "__name__", name))
    return cell_of(value) or _file_of(_code(value)) or _last_cell_binding(own) or _last_cell_binding(name)


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


def _last_cell_binding(name: str) -> str:
    """Find the cell that gave a name its value, among those that ran since the kernel began."""
    try:
        from IPython import get_ipython

        history = get_ipython().history_manager.input_hist_raw
    except (ImportError, AttributeError):
        return ""
    return next((text for text in reversed(history) if name in text and name in names_bound(text)), "")


def cell_digest(text: str) -> str:
    """Hash a cell as it is run: equal for the text that was written and for what IPython makes of it.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return digest(as_run(text).strip())
