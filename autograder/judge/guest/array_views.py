"""Memory: where arrays lie, which of them may share it, and how one is built on a block of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .framing import ProtocolError

# An array's place: block, offset, dtype, shape, strides, writeable.
Key = tuple[int | None, int, str, tuple[int, ...], tuple[int, ...], bool]

DIMENSIONS = 8
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
        """What two arrays have in common that are the same window on the same memory."""
        return self.address, self.key


def locate(array: np.ndarray) -> Located:
    """Find out where an array lies."""
    start = address(array)
    return Located(array, start, *bounds(start, array.shape, array.strides, array.itemsize), place(array))


def mates(arrays: list[Located]) -> dict[tuple[int, Key], list[Located]]:
    """Find for each array those whose memory it may share, with itself: all that overlap, in one sweep."""
    groups: list[dict[tuple, Located]] = []
    end = 0
    for one in sorted(arrays, key=lambda one: one.low):
        if one.low >= end:
            groups.append({})
        groups[-1][one.identity] = one
        end = max(end, one.high)
    found = {}
    for group in groups:
        members = list(group.values())
        low, high = span(members)
        thin = high - low > _SPARSE * sum(one.array.nbytes for one in members)
        found |= {identity: [one] if thin else members for identity, one in group.items()}
    return found


def span(arrays: list[Located]) -> tuple[int, int]:
    """Return where the bytes of all of them begin and end."""
    return min(one.low for one in arrays), max(one.high for one in arrays)


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
    """Order the axes so that the array is C-contiguous, if there is such an order: C, F and all between."""
    ordered = array.transpose(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))
    return ordered if ordered.flags.c_contiguous else None


def place(array: np.ndarray, block: int | None = None, offset: int = 0, strides: tuple[int, ...] | None = None) -> Key:
    """Name a place for an array's elements: by default nowhere yet, with the strides it has."""
    # The stride of an axis of one element means nothing, and can be anything.
    steps = zip(array.strides if strides is None else strides, array.shape, strict=True)
    steps = tuple([step if length != 1 else array.itemsize for step, length in steps])
    return block, offset, array.dtype.str, array.shape, steps, array.flags.writeable


def window(memory: Any, key: Key) -> np.ndarray:
    """Build the array that lies at this place of a block.

    Raises
    ------
    ProtocolError
        There is none; NumPy's own check, after ours.
    """
    _, offset, code, shape, strides, _ = key
    try:
        return np.ndarray(shape, DTYPES[code], memory, offset, strides)
    except (ValueError, TypeError, OverflowError):
        raise ProtocolError("an array is none") from None


def valid(memory: Any, key: Key) -> bool:
    """Tell whether bools are 0 or 1: NumPy believes it, and computes strange things with others."""
    _, offset, code, shape, strides, _ = key
    return code != "|b1" or bool(np.ndarray(shape, np.uint8, memory, offset, strides).max(initial=0) <= 1)
