"""Where arrays lie in memory, which of them may share it, and how an array is built as a view of a block of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .framing import ProtocolError

# An array's place: block, offset, dtype, shape, strides, writeable.
Key = tuple[int | None, int, str, tuple[int, ...], tuple[int, ...], bool]

MAX_DIMENSIONS = 8
# No long double: its padding is not data, so that its bytes would differ from run to run.
_CODES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
DTYPES = {dtype.str: dtype for dtype in (np.dtype(order + code) for order in "<>" for code in _CODES)}
SCALARS = {np.dtype(code).type for code in np.typecodes["All"] if np.dtype(code).str in DTYPES}
# Views that lie this thinly in the memory they span are sent as copies.
_SPARSE = 4


class Located(NamedTuple):
    """An array and the bytes it lies in, which are none if it is empty."""

    array: np.ndarray
    address: int
    low: int
    high: int
    key: Key

    @property
    def identity(self) -> tuple[int, Key]:
        """What two arrays have in common that are the same view of the same memory."""
        return self.address, self.key


def locate(array: np.ndarray) -> Located:
    """Find out where an array lies.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    Located
    """
    start = address(array)
    return Located(array, start, *bounds(start, array.shape, array.strides, array.itemsize), place(array))


def sharing_memory(arrays: list[Located]) -> dict[tuple[int, Key], list[Located]]:
    """Find for each array those whose memory it may share, itself among them: all that overlap, in one sweep.

    Parameters
    ----------
    arrays : list of Located

    Returns
    -------
    dict
        Identity → arrays. Views that lie thinly in the memory they span are alone.
    """
    groups: list[dict[tuple, Located]] = []
    end = 0
    for view in sorted(arrays, key=lambda view: view.low):
        if view.low >= end:
            groups.append({})
        groups[-1][view.identity] = view
        end = max(end, view.high)
    sharing: dict[tuple[int, Key], list[Located]] = {}
    for group in groups:
        members = list(group.values())
        low, high = span(members)
        thin = high - low > _SPARSE * sum(view.array.nbytes for view in members)
        sharing |= {identity: [view] if thin else members for identity, view in group.items()}
    return sharing


def span(arrays: list[Located]) -> tuple[int, int]:
    """Return where the bytes of all of them begin and end."""
    return min(view.low for view in arrays), max(view.high for view in arrays)


def address(memory: np.ndarray | bytearray) -> int:
    """Return where an array's first element, or a block's first byte, lies."""
    array = memory if isinstance(memory, np.ndarray) else np.ndarray(len(memory), np.uint8, memory)
    return array.__array_interface__["data"][0]


def bounds(start: int, shape: Iterable[int], strides: Iterable[int], itemsize: int) -> tuple[int, int]:
    """Return where a non-empty array's bytes begin and end."""
    reaches = [(length - 1) * step for length, step in zip(shape, strides, strict=True)]
    return start + sum(r for r in reaches if r < 0), start + sum(r for r in reaches if r > 0) + itemsize


def count(shape: Iterable[int]) -> int:
    """Count elements, with empty axes as one: NumPy has a limit on the others, too."""
    return math.prod(max(length, 1) for length in shape)


def c_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return the strides of a C-contiguous array."""
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def dense(array: np.ndarray) -> np.ndarray | None:
    """Order the axes so that the array is C-contiguous; None if there is no such order (C, F and all between)."""
    ordered = array.transpose(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))
    return ordered if ordered.flags.c_contiguous else None


def place(array: np.ndarray, block: int | None = None, offset: int = 0, strides: tuple[int, ...] | None = None) -> Key:
    """Make the key of an array at an offset in a block; by default in none yet, with the strides it has."""
    # The stride of an axis of one element means nothing, and can be anything.
    steps = zip(array.strides if strides is None else strides, array.shape, strict=True)
    steps = tuple([step if length != 1 else array.itemsize for step, length in steps])
    return block, offset, array.dtype.str, array.shape, steps, array.flags.writeable


def view_of(memory: Any, key: Key) -> np.ndarray:
    """Build an array as a view of a block.

    Parameters
    ----------
    memory : buffer
    key : tuple
        Its place, see ``Key``.

    Returns
    -------
    ndarray

    Raises
    ------
    ProtocolError
        No such array fits; NumPy's own check, after ours.
    """
    _, offset, code, shape, strides, _ = key
    try:
        return np.ndarray(shape, DTYPES[code], memory, offset, strides)
    except (ValueError, TypeError, OverflowError):
        raise ProtocolError("an array is none") from None


def valid(memory: Any, key: Key) -> bool:
    """Tell whether all bools of an array are 0 or 1: NumPy relies on it."""
    _, offset, code, shape, strides, _ = key
    return code != "|b1" or bool(np.ndarray(shape, np.uint8, memory, offset, strides).max(initial=0) <= 1)
