"""Names of Python's that an answer reads and its notebook gave to something else, as ``from numpy import *`` does."""

from __future__ import annotations

import builtins
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

STARRED = frozenset(name for name in np.__all__ if hasattr(builtins, name))
OTHERS = frozenset(("dict", "float", "int", "len", "list", "map", "print", "range", "set", "sorted", "str", "zip"))
NAMES = STARRED | OTHERS
MOST = 3  # names in a sentence: at grading they come from the sandbox, and could tell of a case

EXAMPLES = {
    "max": "max(a, b) takes b as an axis",
    "min": "min(a, b) takes b as an axis",
    "all": "all(… for …) is true whatever comes",
    "any": "any(… for …) is true whatever comes",
    "sum": "sum([A, B]) is one number",
    "round": "round(x) stays a float",
}


def shadowed(function: Callable) -> dict[str, bool]:
    """Find the names of Python's that a function reads and that mean something else where it was written.

    Returns
    -------
    dict
        Name → whether it is NumPy's now.
    """
    namespace, read = _notebook(function)
    taken = {name: namespace[name] for name in read & namespace.keys() & NAMES}
    return {name: one is getattr(np, name, None) for name, one in taken.items() if one is not getattr(builtins, name)}


def with_builtins(function: Callable) -> Callable:
    """Call a function with Python's own meaning of the names that are shadowed for it."""

    @functools.wraps(function)
    def called(*arguments: Any, **keywords: Any) -> Any:
        namespace, _ = _notebook(function)
        taken = {name: namespace.pop(name) for name in shadowed(function)}
        try:
            return function(*arguments, **keywords)
        finally:
            namespace.update(taken)

    return called


def sentence(names: dict[str, bool]) -> str:
    """Say which names are shadowed, and what to do."""
    starred = [name for name, is_numpys in names.items() if is_numpys]
    chosen = sorted(starred or names)[:MOST]
    many = len(chosen) > 1
    words = ", ".join(chosen[:-1]) + " and " * many + chosen[-1]
    if starred:
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
        inner = (getattr(function, name, None) for name in ("__wrapped__", "func", "__func__"))
        inner = next((one for one in inner if one is not None), None)
        if inner is None:
            break
        function = inner
    return function


def written(function: Any) -> Any:
    """Find what a student wrote in what is called: the function that is wrapped, or by which an object is called."""
    function = unwrapped(function)
    return function if hasattr(function, "__code__") else getattr(type(function), "__call__", None)  # noqa: B004


def _notebook(function: Any) -> tuple[dict[str, Any], set[str]]:
    """Give the names that a function's notebook defines, and those that it reads, with all that it calls there."""
    first = written(function)
    if not isinstance(first, types.FunctionType):
        return {}, set()
    namespace, read, seen, waiting = first.__globals__, set(), [], [first]
    while waiting:
        one = waiting.pop()
        if isinstance(one, types.FunctionType) and one.__globals__ is namespace and one not in seen:
            seen.append(one)
            read |= (names := _names(one.__code__))
            waiting += [written(namespace[name]) for name in names & namespace.keys()]
    return namespace, read


def _names(code: types.CodeType) -> set[str]:
    inner = (_names(one) for one in code.co_consts if isinstance(one, types.CodeType))
    return set(code.co_names).union(*inner)
