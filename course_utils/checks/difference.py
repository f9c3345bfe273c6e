"""Say in words what a value is, and how it differs from an expected value."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

PRINT = np.get_printoptions()
RTOL, ATOL = 1e-5, 1e-8  # as closely as float32 computes, where nothing else is said


def difference(got: Any, want: Any, rtol: float = RTOL, atol: float = ATOL) -> str | None:
    """Say how a value differs from an expected value, shape and type first.

    Parameters
    ----------
    got : plain data
        The observed value.
    want : plain data
        The expected value.
    rtol, atol : float
        Largest relative and absolute difference of equal values.

    Returns
    -------
    str or None
        A phrase, or None where the two agree. Lists, tuples and 1-D arrays are not told apart, and neither are int,
        float and 0-d arrays.
    """
    if isinstance(got, str) and not isinstance(want, str):
        return got or f"expected {kind(want)}, got an empty text"  # else an observer's own phrase
    if isinstance(want, dict):
        if not isinstance(got, dict):
            return f"expected a dict, got {kind(got)}"
        missing = [key for key in want if key not in got]
        extra = [key for key in got if key not in want]
        if missing or extra:
            words = [
                f"{', '.join(map(str, keys))} {word}"
                for keys, word in ((missing, "missing"), (extra, "not asked for"))
                if keys
            ]
            return "; ".join(words)
        for key, value in want.items():
            part = difference(got[key], value, rtol, atol)
            if part is not None:
                return f"{key}: {part}"
        return None
    if want is None or isinstance(want, str | bool | np.bool_):
        same = type(got) is type(want) and got == want
        if isinstance(want, bool | np.bool_):
            same = isinstance(got, bool | np.bool_) and bool(got) == bool(want)
        return None if same else f"expected {show(want)}, got {show(got)}"
    if type(want) is list and type(got) is list and all(type(value) is int for value in got + want) and got == want:
        return None  # a shape: no need of NumPy
    if isinstance(want, list | tuple) and any(isinstance(value, str | dict | list) or value is None for value in want):
        if not isinstance(got, list | tuple) or len(got) != len(want):
            return f"expected {show(want)}, got {show(got)}"
        for value, part in zip(got, want, strict=True):
            phrase = difference(value, part, rtol, atol)
            if phrase is not None:
                return phrase
        return None
    return _numeric_difference(got, want, rtol, atol)


def _numeric_difference(got: Any, want: Any, rtol: float, atol: float) -> str | None:
    if isinstance(got, str | dict) or got is None:
        return f"expected {kind(want)}, got {kind(got)}"
    try:
        got, want = np.asarray(got), np.asarray(want)
    except ValueError:
        return f"expected {kind(want)}, got a list of unequal parts"
    if got.dtype.kind not in "biuf":
        return f"expected {kind(want)}, got {kind(got)}"
    if got.shape != want.shape:
        return f"expected shape {want.shape}, got {got.shape}"
    got, want = got.astype(float), want.astype(float)
    wrong = ~np.isclose(got, want, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    if want.ndim == 0:
        return f"expected {show(want)}, got {show(got)}"
    with np.errstate(invalid="ignore"):  # inf - inf
        gap = np.where(wrong, np.abs(np.nan_to_num(got - want, nan=np.inf)), -1.0)
    worst = np.unravel_index(np.argmax(gap), want.shape)
    where = ", ".join(str(int(index)) for index in worst)
    return (
        f"expected {show(want[worst])}, got {show(got[worst])} at [{where}]"
        f" ({int(wrong.sum())} of {want.size} entries differ)"
    )


def kind(value: Any) -> str:
    """Name the kind of a value in words, with shape and dtype for arrays."""
    if value is None:
        return "None"
    if isinstance(value, bool | np.bool_):
        return f"{bool(value)}"
    if isinstance(value, int | float | np.number) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return "a number"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def show(value: Any, width: int = 60) -> str:
    """Print a value on one line of limited width."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.ndim == 0):
        text = f"{float(value):.6g}"
    elif isinstance(value, np.ndarray):
        if value.size > 12:
            return kind(value).removeprefix("an ")
        with np.printoptions(**PRINT):  # whatever the notebook has set
            text = np.array2string(value, precision=4, separator=", ", max_line_width=10_000)
        text = " ".join(text.split())
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(show(part) for part in value) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {show(part)}" for key, part in value.items()) + "}"
    else:
        text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def digest(*words: Any) -> str:
    """Hash words so that they can be compared without being read."""
    return hashlib.sha256("\x1f".join(str(word) for word in words).encode()).hexdigest()[:20]
