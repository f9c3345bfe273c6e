"""How students' functions are called where a course has no module of its own for that (``c.Judge.calls``).

A module of a course has the same two functions, and may have a third: ``after_fork()`` is called in the fork of the
student's process that serves a test, before any function is called.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable
from typing import Any

from .codec import name_of as type_name

__all__ = ["call", "type_name"]

MAX_DEPTH = 3  # of containers in which tensors are looked for


def call(wrappers: list[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    """Call a function.

    Parameters
    ----------
    wrappers : list of str
        What it is called through, by names that only the course's own module knows; none here.
    function : callable
    arguments, keywords
        What it is called with.

    Returns
    -------
    object
        What it returns; tensors as NumPy arrays, since tensors cannot cross the border.

    Raises
    ------
    NameError
        A wrapper was asked for.
    """
    if wrappers:
        raise NameError(f"no wrapper of a function is called {wrappers[0]!r}")
    return _with_arrays(function(*arguments, **keywords))


def _with_arrays(value: Any, depth: int = 0) -> Any:
    """Replace whatever has a method ``numpy()``, as the tensors of several libraries do, by its result."""
    if depth > MAX_DEPTH:
        return value
    if callable(getattr(type(value), "numpy", None)):
        with contextlib.suppress(Exception):  # a tensor that has no values now
            return value.numpy()
        return value
    if type(value) is dict:
        parts = {key: _with_arrays(part, depth + 1) for key, part in value.items()}
        return parts if any(parts[key] is not value[key] for key in value) else value
    if type(value) in (list, tuple):
        parts = [_with_arrays(part, depth + 1) for part in value]
        return type(value)(parts) if any(map(operator.is_not, parts, value)) else value
    return value
