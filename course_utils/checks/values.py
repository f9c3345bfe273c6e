"""Read what an answer returns, in the same way in a student's kernel and, at grading, in the sandbox.

Whatever holds the right numbers and words is right. What does not hold them, or not yet, is refused by its name.
"""

from __future__ import annotations

import numbers
import types
from collections.abc import ItemsView, Iterator, KeysView, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checks.limits import MAX_ITEMS, MAX_NESTING, MAX_TYPE_NAME_CHARACTERS, NESTED_TOO_DEEPLY

UNSUPPORTED_TYPES = {
    "a masked array with masked entries": "fill them, as with .filled(0)",
    "an array of objects": "make all rows equally long, and all entries numbers",
    "an array of complex numbers": "take its real part",
    "a complex number": "take its real part",
    "an array of bytes": "decode it to text",
    "bytes": "decode it to text",
    "an array of dates": "make numbers of them",
    "a structured array": "return its fields as arrays of numbers",
    "a generator": "make a list of it",
    "an iterator": "make a list of it",
    "a set": "it has no order: make a list of it",
    "a frozenset": "it has no order: make a list of it",
    "a function": "call it, and return what it returns",
    "a coroutine": "write def without async",
}
"""What is refused, and what to do about it; any other object is refused too, by the name of its type."""


@dataclass(frozen=True)
class UnsupportedValue:
    """Stands for a part of a result that is not looked into; ``name`` says why."""

    name: str


NOT_PLAIN_DATA = "which is not plain data"


class NotPlainData(Exception):
    """A result is no plain data; the message is for the student."""


def reduce_types(value: Any, level: int = 0) -> Any:
    """Convert subclasses and look-alikes to plain types as far as possible, and leave the rest as it is.

    Parameters
    ----------
    value : object
        What a student's function returned, or what it hands to a function that it was given.

    Returns
    -------
    object
        Builtin numbers and text, dicts, lists and tuples, NumPy's scalars and base-class arrays of at most double
        precision, and what is none of these.
    """
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _reduce_array(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if callable(getattr(kind, "numpy", None)):  # a tensor counts as the array that it holds
        return reduce_types(np.asarray(value), level)
    if isinstance(value, bytes | bytearray | memoryview):
        return value
    if level == MAX_NESTING:
        return UnsupportedValue(NESTED_TOO_DEEPLY)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str | int | float | np.number | None) for key in value):
            return UnsupportedValue("a dict with keys that are no text")
        return {reduce_types(key): reduce_types(part, level + 1) for key, part in value.items()}
    if isinstance(value, Sequence | KeysView | ValuesView | ItemsView) and len(value) <= MAX_ITEMS:
        parts = [reduce_types(part, level + 1) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if isinstance(value, numbers.Real):
        return float(value)
    return value


def _reduce_array(value: np.ndarray | np.generic) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        if np.ma.is_masked(value):
            return value
        value = value.data
    if value.dtype.kind == "U":
        return value.tolist()
    if value.dtype.char in "gG":  # more digits than anybody counts on
        value = value.astype(np.float64 if value.dtype.char == "g" else np.complex128)
    if isinstance(value, np.generic) or value.dtype.kind not in "biufc":
        return value
    return np.asarray(value)


def as_plain_data(value: Any) -> Any:
    """Normalize plain data: tuples become lists, NumPy's scalars arrays without axes.

    Parameters
    ----------
    value : object
        From :func:`reduce_types`.

    Raises
    ------
    NotPlainData
        It holds something that is no plain data.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is dict:
        return {key: as_plain_data(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return [as_plain_data(part) for part in value]
    if (type(value) is np.ndarray or isinstance(value, np.generic)) and value.dtype.kind in "biuf":
        return np.asarray(value)
    name = type_name(value)
    advice = UNSUPPORTED_TYPES.get(name)
    raise NotPlainData(f"{name}, {NOT_PLAIN_DATA}" + (f": {advice}" if advice else ""))


def type_name(value: Any) -> str:
    """Name the type of what is no plain data, with an article: "a set".

    Parameters
    ----------
    value : object
        At grading, the judge's ``Handle`` of what stays in the sandbox, which knows its name.
    """
    kind = type(value)
    name = getattr(value, "kind", None) if kind.__name__ == "Handle" else None
    if not isinstance(name, str):
        name = _type_name(value, kind)
    return "".join(filter(str.isprintable, name))[:MAX_TYPE_NAME_CHARACTERS]


_ARRAYS = {"O": "objects", "c": "complex numbers", "S": "bytes", "M": "dates", "m": "dates"}


def _type_name(value: Any, kind: type) -> str:
    if isinstance(value, np.ma.MaskedArray):
        return "a masked array with masked entries"
    if isinstance(value, np.ndarray):
        what = _ARRAYS.get(value.dtype.kind)
        return f"an array of {what}" if what else "a structured array"
    if isinstance(value, complex):
        return "a complex number"
    if isinstance(value, bytes | bytearray | memoryview):
        return "bytes"
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType | types.MethodType):
        return "a function"
    if isinstance(value, UnsupportedValue):
        return value.name
    if isinstance(value, Iterator) and not isinstance(value, types.GeneratorType):
        return "an iterator"
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {kind.__name__}"
