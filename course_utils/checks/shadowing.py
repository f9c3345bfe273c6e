"""Shadowed built-ins: names of Python's that an answer reads and its notebook rebound: ``from numpy import *``."""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.limits import MAX_SHADOWED_NAMES

NUMPY_NAMES = frozenset(name for name in np.__all__ if hasattr(builtins, name))
OTHER_NAMES = frozenset(("dict", "float", "int", "len", "list", "map", "print", "range", "set", "sorted", "str", "zip"))
NAMES = NUMPY_NAMES | OTHER_NAMES

EXAMPLES = {
    "max": "max(a, b) takes b as an axis",
    "min": "min(a, b) takes b as an axis",
    "all": "all(… for …) is true whatever comes",
    "any": "any(… for …) is true whatever comes",
    "sum": "sum([A, B]) is one number",
    "round": "round(x) stays a float",
}


def find_shadowed(function: Callable) -> dict[str, bool]:
    """Find the built-ins that a function reads and that are shadowed where it was written.

    Parameters
    ----------
    function : callable

    Returns
    -------
    dict
        Name → whether NumPy's function of that name shadows it.
    """
    namespace, read = _namespace_and_reads(function)
    taken = {name: namespace[name] for name in read & namespace.keys() & NAMES}
    return {
        name: value is getattr(np, name, None) for name, value in taken.items() if value is not getattr(builtins, name)
    }


def restore_builtins(function: Callable) -> Callable:
    """Wrap a function so that nothing is shadowed for it while it runs."""

    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        namespace, _ = _namespace_and_reads(function)
        taken = {name: namespace.pop(name) for name in find_shadowed(function)}
        try:
            return function(*arguments, **keywords)
        finally:
            namespace.update(taken)

    return wrapper


def describe_shadowed(names: dict[str, bool]) -> str:
    """Say which names are shadowed, and what to do.

    Parameters
    ----------
    names : dict
        Name → whether NumPy's function shadows it.
    """
    from_numpy = [name for name, is_numpy in names.items() if is_numpy]
    chosen = sorted(from_numpy or names)[:MAX_SHADOWED_NAMES]
    many = len(chosen) > 1
    words = ", ".join(chosen[:-1]) + " and " * many + chosen[-1]
    if from_numpy:
        example = next((f" ({EXAMPLES[name]})" for name in chosen if name in EXAMPLES), "")
        return (
            f"Below from numpy import *, {words} {'are' if many else 'is'} NumPy's and not Python's{example}. Write "
            f"import numpy as np in its place, restart the kernel, and run all cells."
        )
    return (
        f"A cell of yours gave the name{'s' * many} {words} of Python's to something else. Give that another name, "
        "restart the kernel, and run all cells."
    )


def unwrapped(function: Any) -> Any:
    """Take the wrapping of a decorator, a partial or a method off."""
    for _ in range(10):
        candidates = (getattr(function, name, None) for name in ("__wrapped__", "func", "__func__"))
        inner = next((candidate for candidate in candidates if candidate is not None), None)
        if inner is None:
            break
        function = inner
    return function


def inner_function(function: Any) -> Any:
    """Find the function a student wrote in a callable: the wrapped function, or an object's ``__call__``."""
    function = unwrapped(function)
    return function if hasattr(function, "__code__") else getattr(type(function), "__call__", None)  # noqa: B004


def _namespace_and_reads(function: Any) -> tuple[dict[str, Any], set[str]]:
    """Give a function's globals, and the names that it and the functions it calls there read."""
    first = inner_function(function)
    if not isinstance(first, types.FunctionType):
        return {}, set()
    namespace, read, seen, waiting = first.__globals__, set(), [], [first]
    while waiting:
        current = waiting.pop()
        if isinstance(current, types.FunctionType) and current.__globals__ is namespace and current not in seen:
            seen.append(current)
            read |= (names := _names(current.__code__))
            waiting += [inner_function(namespace[name]) for name in names & namespace.keys()]
    return namespace, read


def _names(code: types.CodeType) -> set[str]:
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*inner)
