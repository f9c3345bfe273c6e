"""Find where arrays lie in memory and which share it, and build arrays as views of a block of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .framing import ProtocolError

# An array's place: block, offset, dtype, shape, strides, writeable.
Key = tuple[int | None, int, str, tuple[int, ...], tuple[int, ...], bool]

MAX_DIMENSIONS = 8
# No long double: its padding bytes are undefined, and would differ from run to run.
_CODES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
DTYPES = {dtype.str: dtype for dtype in (np.dtype(order + code) for order in "<>" for code in _CODES)}
SCALARS = {np.dtype(code).type for code in np.typecodes["All"] if np.dtype(code).str in DTYPES}
# Views that span more than this many times their own bytes are sent as copies.
_SPARSE = 4


class Located(NamedTuple):
    """An array and where it lies in memory.

    Parameters
    ----------
    array : ndarray
    address : int
        Address of its first element.
    low, high : int
        Addresses of its first byte and behind its last byte; without meaning if it is empty.
    key : tuple
        Its place, in no block yet.
    """

    array: np.ndarray
    address: int
    low: int
    high: int
    key: Key

    @property
    def identity(self) -> tuple[int, Key]:
        """Equal for two arrays that are the same view of the same memory."""
        return self.address, self.key


def locate(array: np.ndarray) -> Located:
    """Find out where an array lies in memory.

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
    """Group the arrays whose address ranges overlap, by a single sweep over the sorted ranges.

    Parameters
    ----------
    arrays : list of Located

    Returns
    -------
    dict
        Identity of each array → the arrays of its group. In a group that spans far more memory than its arrays fill,
        each array is a group of its own.
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
    """Return the lowest address of several arrays, and the address behind the highest."""
    return min(view.low for view in arrays), max(view.high for view in arrays)


def address(memory: np.ndarray | bytearray) -> int:
    """Return the address of an array's first element, or of a block's first byte."""
    array = memory if isinstance(memory, np.ndarray) else np.ndarray(len(memory), np.uint8, memory)
    return array.__array_interface__["data"][0]


def bounds(start: int, shape: Iterable[int], strides: Iterable[int], itemsize: int) -> tuple[int, int]:
    """Return the lowest address of a non-empty array's bytes, and the address behind the highest."""
    reaches = [(length - 1) * step for length, step in zip(shape, strides, strict=True)]
    return start + sum(r for r in reaches if r < 0), start + sum(r for r in reaches if r > 0) + itemsize


def count(shape: Iterable[int]) -> int:
    """Multiply the lengths of the axes, a length of 0 taken as 1: NumPy limits this product even for empty arrays."""
    return math.prod(max(length, 1) for length in shape)


def c_strides(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Return the strides of a C-contiguous array."""
    return tuple(itemsize * math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def dense(array: np.ndarray) -> np.ndarray | None:
    """Transpose the array so that it is C-contiguous; None where no order of its axes is."""
    ordered = array.transpose(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))
    return ordered if ordered.flags.c_contiguous else None


def place(array: np.ndarray, block: int | None = None, offset: int = 0, strides: tuple[int, ...] | None = None) -> Key:
    """Make the key of an array at an offset in a block; by default in no block yet, with the array's own strides."""
    # The stride of an axis of length 1 has no meaning, and may be any number.
    pairs = zip(array.strides if strides is None else strides, array.shape, strict=True)
    steps = tuple([step if length != 1 else array.itemsize for step, length in pairs])
    return block, offset, array.dtype.str, array.shape, steps, array.flags.writeable


def view_of(memory: Any, key: Key) -> np.ndarray:
    """Build an array as a view of a block's bytes.

    Parameters
    ----------
    memory : buffer
    key : tuple
        The array's place, see ``Key``.

    Returns
    -------
    ndarray

    Raises
    ------
    ProtocolError
        Such an array does not fit into the block. (NumPy's own check, after ours.)
    """
    _, offset, code, shape, strides, _ = key
    try:
        return np.ndarray(shape, DTYPES[code], memory, offset, strides)
    except (ValueError, TypeError, OverflowError):
        raise ProtocolError("an array is none") from None


def valid(memory: Any, key: Key) -> bool:
    """Tell whether every byte of an array of bool is 0 or 1, as NumPy assumes; True for other dtypes."""
    _, offset, code, shape, strides, _ = key
    return code != "|b1" or bool(np.ndarray(shape, np.uint8, memory, offset, strides).max(initial=0) <= 1)
