"""States: a random generator as numbers, checked before NumPy, which believes them, gets to see them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Philox

from .frames import natural, require

# The fields of each bit generator's state: the largest value of a number, or how many and the largest.
_WORD, _LONG, _HUGE = 2**32 - 1, 2**64 - 1, 2**128 - 1
_SPARE: dict[str, Any] = {"has_uint32": 1, "uinteger": _WORD}
STATES: dict[type, dict[str, Any]] = {
    PCG64: {"state": {"state": _HUGE, "inc": _HUGE}, **_SPARE},
    PCG64DXSM: {"state": {"state": _HUGE, "inc": _HUGE}, **_SPARE},
    MT19937: {"state": {"key": (624, _WORD), "pos": 624}},
    Philox: {"state": {"counter": (4, _LONG), "key": (2, _LONG)}, "buffer": (4, _LONG), "buffer_pos": 4, **_SPARE},
    SFC64: {"state": {"state": (4, _LONG)}, **_SPARE},
}
BIT_GENERATORS = {kind.__name__: kind for kind in STATES}


def pack(bits: Any) -> list:
    """Turn a bit generator's state into nested lists of ints, in the order of STATES."""
    return _pack(bits.state, STATES[type(bits)])


def unpack(node: Any, kind: type) -> dict[str, Any]:
    """Turn what arrived into a state for this kind of bit generator.

    Raises
    ------
    ProtocolError
        It is none: MT19937 and Philox would read beyond their state with a position out of range.
    """
    return {"bit_generator": kind.__name__, **_unpack(node, STATES[kind])}


def _pack(state: Any, form: Any) -> Any:
    if isinstance(form, dict):
        return [_pack(state[name], part) for name, part in form.items()]
    return [int(number) for number in state] if isinstance(form, tuple) else int(state)


def _unpack(node: Any, form: Any) -> Any:
    if isinstance(form, dict):
        require(type(node) is list and len(node) == len(form), "a state is none")
        return {name: _unpack(part, inner) for part, (name, inner) in zip(node, form.items(), strict=True)}
    if isinstance(form, tuple):
        count, largest = form
        require(type(node) is list and len(node) == count, "a state is none")
        numbers = [natural(number, largest) for number in node]
        return np.array(numbers, np.uint64 if largest == _LONG else np.uint32)
    return natural(node, form)
