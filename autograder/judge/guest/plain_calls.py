"""How students' functions are called where a course has no module of its own for that (``c.Judge.calls``)."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

from .codec import name_of as named

__all__ = ["called", "named"]


def called(ways: list[str], function: Callable, arguments: tuple, keywords: dict[str, Any]) -> Any:
    """Call a function.

    Parameters
    ----------
    ways : list of str
        How, by names that only the course's own module knows; none here.
    function : callable
    arguments, keywords
        What it is called with.
    """
    if ways:
        raise NameError(f"no way to call a function is {ways[0]!r}")
    return _arrays(function(*arguments, **keywords))


def _arrays(value: Any, depth: int = 0) -> Any:
    """Put the arrays that tensors hold in their place, where TensorFlow is in use: tensors cannot cross."""
    if "tensorflow" not in sys.modules or depth > 3:
        return value
    if callable(getattr(type(value), "numpy", None)):
        return value.numpy()
    if type(value) is dict:
        parts = {key: _arrays(part, depth + 1) for key, part in value.items()}
        return parts if any(parts[key] is not value[key] for key in value) else value
    if type(value) in (list, tuple):
        parts = [_arrays(part, depth + 1) for part in value]
        return type(value)(parts) if any(map(operator.is_not, parts, value)) else value
    return value
