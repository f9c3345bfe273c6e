"""Convert the state of a random generator to and from numbers, with the checks that NumPy does not make."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, BitGenerator, Philox, SeedSequence

from .framing import ProtocolError, natural, require

# The fields of each bit generator's state: the largest value of a number; for an array, its length and largest value.
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


# NumPy's default pool size; the most numbers that a seed may have, and their most bits.
_POOL_SIZE, _MAX_SEEDS, _MAX_BITS = 4, 64, 1024


def pack(bits: BitGenerator) -> list:
    """Turn the state of a bit generator into JSON.

    Parameters
    ----------
    bits : BitGenerator
        Of a type in ``STATES``.

    Returns
    -------
    list
        Its state, in the order of ``STATES``, and its seed sequence, from which its children are spawned.
    """
    return [_pack(bits.state, STATES[type(bits)]), _packed_seeds(bits.seed_seq)]


def unpack(node: Any, kind: type) -> tuple[dict[str, Any], SeedSequence]:
    """Turn received JSON into the state of a bit generator.

    Parameters
    ----------
    node : JSON
        As ``pack`` returns it.
    kind : type
        The bit generator's type.

    Returns
    -------
    state : dict
    seeds : SeedSequence

    Raises
    ------
    ProtocolError
        It is not such a state. (With a position out of range, MT19937 and Philox would read beyond their memory.)
    """
    match node:
        case [state, seeds]:
            return {"bit_generator": kind.__name__, **_unpack(state, STATES[kind])}, _unpacked_seeds(seeds)
    raise ProtocolError("a generator is none")


def spawned(bits: BitGenerator) -> int:
    """Return the number of children that were spawned from a bit generator."""
    return getattr(bits.seed_seq, "n_children_spawned", 0)


def _packed_seeds(seeds: Any) -> list | None:
    """Turn a seed sequence into JSON; None for unusual kinds, whose children then differ between the two processes."""
    if type(seeds) is not SeedSequence or seeds.pool_size != _POOL_SIZE:
        return None
    is_int = isinstance(seeds.entropy, int)
    entropy = [int(number) for number in ([seeds.entropy] if is_int else seeds.entropy)]
    key = [int(number) for number in seeds.spawn_key]
    if max(len(entropy), len(key)) > _MAX_SEEDS or any(number.bit_length() > _MAX_BITS for number in entropy + key):
        return None
    return [entropy[0] if is_int else entropy, key, seeds.n_children_spawned]


def _unpacked_seeds(node: Any) -> SeedSequence:
    match node:
        case None:
            return SeedSequence(0)
        case [entropy, list(key), count]:
            numbers = entropy if type(entropy) is list else [entropy]
            require(max(len(numbers), len(key)) <= _MAX_SEEDS, "too many seeds")
            for number in [*numbers, *key]:
                natural(number, 2**_MAX_BITS)
            return SeedSequence(entropy, spawn_key=key, n_children_spawned=natural(count, _WORD))
    raise ProtocolError("a seed is none")


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
