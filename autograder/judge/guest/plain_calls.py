"""Call students' functions in the sandbox: the default where a course gives no module of its own (``c.Judge.calls``).

A course's module defines the same two functions, ``call`` and ``type_name``, and may define ``after_fork()``, which is
called in the fork of the student's process that serves a test, before any function is called.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable
from typing import Any

from .codec import name_of as type_name

__all__ = ["call", "type_name"]

MAX_DEPTH = 3  # levels of nested containers that are searched for tensors


def call(wrappers: list[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    """Call a function.

    Parameters
    ----------
    wrappers : list of str
        Wrappers to call it through. This module knows none; a course's own module may.
    function : callable
    arguments : tuple
    keywords : dict

    Returns
    -------
    object
        What it returns, with tensors as NumPy arrays, since tensors cannot cross the border.

    Raises
    ------
    NameError
        ``wrappers`` is not empty.
    """
    if wrappers:
        raise NameError(f"no wrapper of a function is called {wrappers[0]!r}")
    return _with_arrays(function(*arguments, **keywords))


def _with_arrays(value: Any, depth: int = 0) -> Any:
    """Replace every object with a method ``numpy()``, as tensors of several libraries have, by its result."""
    if depth > MAX_DEPTH:
        return value
    if callable(getattr(type(value), "numpy", None)):
        with contextlib.suppress(Exception):  # a symbolic tensor has no values
            return value.numpy()
        return value
    if type(value) is dict:
        parts = {key: _with_arrays(part, depth + 1) for key, part in value.items()}
        return parts if any(parts[key] is not value[key] for key in value) else value
    if type(value) in (list, tuple):
        items = [_with_arrays(item, depth + 1) for item in value]
        return type(value)(items) if any(map(operator.is_not, items, value)) else value
    return value
