"""The border: plain data between trusted and student code, arrays with the memory they share, nothing executable.

A *frame* is a prefix (magic, header length), a JSON header ``[kind, block sizes, body]`` and the blocks' raw bytes.
There are three kinds: a message (any value), a call, and the reply to a call. The body is a tree of nodes. Numbers,
strings, true, false and null stand for themselves, and everything else is a list that starts with its tag::

    ["f", "nan"]                                             a float that JSON has no word for
    ["n", dtype, hex]                                        a NumPy scalar
    ["a", block, offset, dtype, shape, strides, writeable]   an array: a window on a block
    ["t", *parts]                                            a tuple
    ["l", origin, *parts]    ["d", origin, key, value, ...]  a list, a dict
    ["g", origin, name, state]                               a numpy.random.Generator
    ["c", number]                                            a function that the sender lends
    ["h", number, kind]      ["H", number]                   an object the sender keeps; one the receiver has kept
    ["r", number]                                            an object of this exchange, once more

Lists, dicts, generators, functions and kept objects have an identity: both sides number them in the order in which
they appear, and the numbers go on from a call to its reply, as do those of the blocks. So a reply can say "that list"
(its *origin*) or "those bytes", and what the callee did to its arguments happens to the caller's own objects.

Whatever arrives is hostile: decoding raises ProtocolError and nothing else, needs memory in proportion to the bytes
that really arrived, and changes nothing of the caller's unless the whole reply is good.
"""

from __future__ import annotations

import bisect
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.random import Generator

from . import array_views as memory
from . import framing, rng_states
from .array_views import DIMENSIONS, DTYPES, SCALARS, Key
from .framing import LIMITS, Closed, Frame, Limits, ProtocolError, natural, receive, require, send

__all__ = [
    "LIMITS",
    "Closed",
    "Frame",
    "Handle",
    "Limits",
    "NotPlain",
    "ProtocolError",
    "Received",
    "Sent",
    "decode",
    "decode_call",
    "decode_reply",
    "encode",
    "encode_call",
    "encode_reply",
    "name_of",
    "receive",
    "send",
]

_NAME_LENGTH = 40
# An honest dict has next to no keys of equal hash; a hostile one can make a dict of n keys cost n² steps.
_COLLISIONS = 100
# So many children of one generator may be spawned in a call for the caller's to know of them.
_CHILDREN = 10_000


class NotPlain(TypeError):
    """A value cannot cross; the message names it for people: "a set", "an array of objects"."""


@dataclass(frozen=True)
class Handle:
    """An object that stays where it lives. It can be sent back and compared, and does nothing else."""

    number: int
    kind: str = field(default="object", compare=False)


@dataclass(frozen=True)
class Sent:
    """A call on its way: the buffers to write, and the caller's objects behind them."""

    frame: list[bytes | bytearray]
    objects: list[Any]
    mutable: set[int]
    blocks: list[bytearray]
    arrays: dict[Key, np.ndarray]


@dataclass(frozen=True)
class Received:
    """A call that arrived. ``encode_reply`` compares its arguments with what they were."""

    function: int | str
    arguments: tuple
    keywords: dict[str, Any]
    objects: list[Any] = field(repr=False)
    mutable: set[int] = field(repr=False)
    blocks: list[bytearray] = field(repr=False)
    before: list[bytes] = field(repr=False)


def encode(
    value: Any,
    *,
    lend: Callable[[Callable], int] | None = None,
    keep: Callable[[object], int] | None = None,
    name: Callable[[object], str] | None = None,
    limits: Limits = LIMITS,
) -> list[bytes | bytearray]:
    """Turn a value into a frame.

    Parameters
    ----------
    value : plain data
        None, bool, int, float, str; NumPy scalars and arrays of numbers; lists, tuples and dicts; a Generator; a
        Handle. Subclasses of builtins cross as their base, subclasses of arrays not at all.
    lend : callable, optional
        Gives a function the number under which the receiver may call it back.
    keep : callable, optional
        Gives any other object the number of its Handle.
    name : callable, optional
        Names it for people.

    Returns
    -------
    list of bytes-like
        To be written in this order.

    Raises
    ------
    NotPlain
        The value holds something else, itself, or more than the limits allow.
    """
    encoder = _Encoder(limits, lend, keep, name)
    return encoder.frame("message", encoder.node(value, 0))


def encode_call(
    function: int | str,
    arguments: Iterable[Any],
    keywords: dict[str, Any] | None = None,
    *,
    lend: Callable[[Callable], int] | None = None,
    keep: Callable[[object], int] | None = None,
    name: Callable[[object], str] | None = None,
    limits: Limits = LIMITS,
) -> Sent:
    """Turn a call into a frame, and remember the caller's arguments. See ``encode``."""
    encoder = _Encoder(limits, lend, keep, name)
    positional = [encoder.node(value, 0) for value in arguments]
    named = [[name, encoder.node(value, 0)] for name, value in (keywords or {}).items()]
    frame = encoder.frame("call", [function, positional, named])
    return Sent(frame, encoder.objects, encoder.mutable, encoder.blocks, encoder.placed)


def encode_reply(
    received: Received,
    result: Any,
    *,
    lend: Callable[[Callable], int] | None = None,
    keep: Callable[[object], int] | None = None,
    name: Callable[[object], str] | None = None,
    limits: Limits = LIMITS,
) -> list[bytes | bytearray]:
    """Turn a result, and the arguments as they are now, into a frame. See ``encode``."""
    encoder = _Encoder(limits, lend, keep, name, received)
    after = [encoder.node(received.objects[number], 0) for number in sorted(received.mutable) if number in encoder.owed]
    node = encoder.node(result, 0)
    changed = [i for i, now in enumerate(received.blocks) if now != received.before[i]]
    return encoder.frame("reply", [changed, after, node], [received.blocks[i] for i in changed])


def decode(
    frame: Frame,
    *,
    borrow: Callable[[int], Callable] | None = None,
    resolve: Callable[[int], object] | None = None,
    limits: Limits = LIMITS,
) -> Any:
    """Turn a message back into its value.

    Parameters
    ----------
    borrow : callable, optional
        Makes a function that calls the sender's function of this number. Without it, none is accepted.
    resolve : callable, optional
        Finds the object that was kept under this number; KeyError if there is none. Without it, none is accepted.

    Raises
    ------
    ProtocolError
        The frame is no message, or one beyond the limits.
    """
    decoder = _Decoder(frame, "message", limits, borrow, resolve)
    return decoder.value(frame.body, 0)


def decode_call(
    frame: Frame,
    *,
    borrow: Callable[[int], Callable] | None = None,
    resolve: Callable[[int], object] | None = None,
    limits: Limits = LIMITS,
) -> Received:
    """Turn a frame into the call it holds; keep the result until it has been answered. See ``decode``."""
    decoder = _Decoder(frame, "call", limits, borrow, resolve)
    match frame.body:
        case [function, list(positional), list(named)] if type(function) in (str, int):
            arguments = tuple(decoder.value(node, 0) for node in positional)
            keywords = {}
            for pair in named:
                match pair:
                    case [str(name), node] if name not in keywords:
                        keywords[_text(name)] = decoder.value(node, 0)
                    case _:
                        raise ProtocolError("a keyword is none")
            before = [bytes(block) for block in frame.blocks]
            return Received(function, arguments, keywords, decoder.objects, decoder.mutable, frame.blocks, before)
    raise ProtocolError("the call is none")


def decode_reply(
    frame: Frame,
    sent: Sent,
    *,
    borrow: Callable[[int], Callable] | None = None,
    resolve: Callable[[int], object] | None = None,
    limits: Limits = LIMITS,
) -> Any:
    """Turn the reply to a call into its result, and do to the caller's arguments what the callee did to its own.

    Arrays of the result that lie in an argument's memory become views of the caller's array, where that is contiguous
    in some order of its axes; elsewhere an argument that comes back whole is itself, and a part of it is a copy.
    A read-only array is never changed: what refers to it gets the changed copy.

    Raises
    ------
    ProtocolError
        The frame is no reply to this call, or one beyond the limits. The arguments are as they were.
    """
    decoder = _Decoder(frame, "reply", limits, borrow, resolve, sent)
    return decoder.reply(frame.body)


class _Walk:
    """What both directions count: items, depth, and the objects that have an identity.

    Attributes
    ----------
    objects : list
        By number; a reply's begin with those of its call.
    mutable : set of int
        The numbers of lists, dicts and generators.
    owed : set of int
        The call's lists, dicts and generators whose present content this reply has yet to tell.
    spans : dict of int to (int, int)
        Of each object that is complete: how many items it holds, and how many levels.
    """

    def __init__(self, limits: Limits, refuse: type[Exception], exchange: Sent | Received | None) -> None:
        self.limits = limits
        self.refuse = refuse
        self.objects = list(exchange.objects) if exchange else []
        self.mutable: set[int] = set()
        self.owed = set(exchange.mutable) if exchange else set()
        self.spans = {n: (0, 0) for n in range(len(self.objects)) if n not in self.owed}
        self.items = self.deepest = self.arrays = self.array_bytes = 0

    def step(self, depth: int, items: int = 1) -> None:
        self.items += items
        self.deepest = max(self.deepest, depth)
        if self.items > self.limits.items:
            raise self.refuse(f"more than {self.limits.items:,} items")
        if depth > self.limits.depth:
            raise self.refuse(f"something nested more than {self.limits.depth} levels deep")

    @contextmanager
    def inside(self, number: int, depth: int) -> Iterator[None]:
        """Measure an object while its parts are walked; until the end it cannot be referred to."""
        self.owed.discard(number)
        items, outer, self.deepest = self.items, self.deepest, depth
        yield
        self.spans[number] = (self.items - items, self.deepest - depth)
        self.deepest = max(self.deepest, outer)

    def again(self, number: int, depth: int) -> None:
        """Count an object that stands in one more place: a few bytes must not stand for millions of items."""
        items, levels = self.spans[number]
        self.step(depth + levels, items)

    def count_array(self, nbytes: int) -> None:
        self.arrays += 1
        self.array_bytes += nbytes
        if self.arrays > self.limits.arrays:
            raise self.refuse(f"more than {self.limits.arrays:,} arrays")
        if nbytes > self.limits.block_bytes or self.array_bytes > self.limits.array_bytes:
            raise self.refuse(f"more than {self.limits.block_bytes >> 20} MiB of arrays")


class _Encoder(_Walk):
    """Values to nodes and blocks. It runs no code of the values' own classes."""

    def __init__(
        self,
        limits: Limits,
        lend: Callable[[Callable], int] | None,
        keep: Callable[[object], int] | None,
        name: Callable[[object], str] | None,
        received: Received | None = None,
    ) -> None:
        super().__init__(limits, NotPlain, received)
        self.lend = lend
        self.keep = keep
        self.name = name or name_of
        self.numbers = {id(one): number for number, one in enumerate(self.objects)}
        self.theirs = received.blocks if received else []
        self.windows: list[tuple[memory.Located, list]] = []
        self.blocks: list[bytearray] = []
        self.block_bytes = 0
        self.placed: dict[Key, np.ndarray] = {}

    def node(self, value: Any, depth: int) -> Any:
        self.step(depth)
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is np.ndarray and value.dtype.str in DTYPES and value.ndim <= DIMENSIONS:
            return self.array(value)
        if kind in SCALARS:
            return ["n", value.dtype.str, value.tobytes().hex()]
        if issubclass(kind, str):
            return self.text(str.__str__(value))
        if issubclass(kind, int):
            value = int.__int__(value)
            if value.bit_length() > self.limits.int_bits:
                raise NotPlain(f"an integer of more than {self.limits.int_bits} bits")
            return value
        if issubclass(kind, float):
            value = float.__float__(value)
            return value if math.isfinite(value) else ["f", str(value)]
        if issubclass(kind, tuple):
            return ["t", *(self.node(part, depth + 1) for part in tuple.__iter__(value))]
        return self.identified(value, kind, depth)

    def identified(self, value: Any, kind: type, depth: int) -> Any:
        number = self.numbers.get(id(value))
        if number in self.spans:
            self.again(number, depth)
            return ["r", number]
        if number is None:
            number, origin = self.register(value), -1
        elif number in self.owed:
            origin = number
        else:
            raise NotPlain(f"{name_of(value)} that contains itself")
        with self.inside(number, depth):
            if issubclass(kind, list):
                self.mutable.add(number)
                return ["l", origin, *(self.node(part, depth + 1) for part in list.__iter__(value))]
            if issubclass(kind, dict):
                self.mutable.add(number)
                parts = [(self.key(key, depth + 1), self.node(part, depth + 1)) for key, part in dict.items(value)]
                return ["d", origin, *chain.from_iterable(parts)]
            if kind is Generator and type(value.bit_generator) in rng_states.STATES:
                self.mutable.add(number)
                self.count_array(0)
                return ["g", origin, type(value.bit_generator).__name__, rng_states.pack(value.bit_generator)]
            if kind is Handle:
                return ["H", value.number]
            if callable(value) and self.lend:
                return ["c", self.lend(value)]
            if self.keep:
                return ["h", self.keep(value), _printable(self.name(value))]
        raise NotPlain(name_of(value))

    def register(self, value: Any) -> int:
        self.numbers[id(value)] = len(self.objects)
        self.objects.append(value)
        return len(self.objects) - 1

    def text(self, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise NotPlain("text with half a surrogate pair") from None
        return value

    def key(self, value: Any, depth: int) -> Any:
        if not _is_key(value):
            raise NotPlain(f"a dict with {name_of(value)} as a key")
        return self.node(value, depth)

    def array(self, value: np.ndarray) -> list:
        self.count_array(memory.count(value.shape) * value.itemsize)
        node = ["a"]
        self.windows.append((memory.locate(value), node))
        return node

    def frame(self, kind: str, body: Any, first: Iterable[bytearray] = ()) -> list[bytes | bytearray]:
        """Place the arrays, and make the frame; blocks in ``first`` come before the new ones."""
        self.place()
        blocks = [*first, *self.blocks]
        if sum(map(len, blocks)) > self.limits.block_bytes or len(blocks) > self.limits.arrays:
            raise NotPlain(f"more than {self.limits.block_bytes >> 20} MiB of arrays")
        frame = framing.pack(kind, body, blocks, self.limits)
        if frame is None:
            size = self.limits.header_bytes >> 20
            raise NotPlain(f"more than {self.limits.items:,} items, or {size} MiB without arrays")
        return frame

    def place(self) -> None:
        """Give every array its place: in the call's own memory, or in a block with those it may share memory with."""
        theirs = sorted((memory.address(block), number) for number, block in enumerate(self.theirs) if block)
        fresh = []
        for one, node in self.windows:
            start, number = theirs[max(bisect.bisect(theirs, (one.low, math.inf)) - 1, 0)] if theirs else (0, None)
            if one.array.size == 0:
                node += one.key
            elif number is not None and start <= one.low and one.high <= start + len(self.theirs[number]):
                key = memory.place(one.array, number, one.address - start)
                node += self.checked(self.theirs[number], key)
            else:
                fresh.append((one, node))
        mates = memory.mates([one for one, _ in fresh])
        places: dict[tuple, Key] = {}
        # In the order of the message, not of the addresses, so that the same value gives the same bytes.
        for one, node in fresh:
            if one.identity not in places:
                places |= self.settle(mates[one.identity])
            node += places[one.identity]

    def settle(self, mates: list[memory.Located]) -> dict[tuple, Key]:
        """Copy arrays that may share memory into one new block."""
        if len(mates) == 1:
            array = mates[0].array
            strides = None if memory.dense(array) is not None else memory.c_strides(array.shape, array.itemsize)
            return {mates[0].identity: self.copy(array, self.block(array.nbytes), 0, strides)}
        low, high = memory.span(mates)
        number = self.block(high - low)
        return {one.identity: self.copy(one.array, number, one.address - low) for one in mates}

    def block(self, size: int) -> int:
        self.block_bytes += size
        if self.block_bytes > self.limits.block_bytes:
            raise NotPlain(f"more than {self.limits.block_bytes >> 20} MiB of arrays")
        self.blocks.append(bytearray(size))
        return len(self.theirs) + len(self.blocks) - 1

    def copy(self, array: np.ndarray, number: int, offset: int, strides: tuple[int, ...] | None = None) -> Key:
        """Copy the elements and nothing between them: memory around an argument is none of the receiver's business."""
        key = memory.place(array, number, offset, strides)
        block = self.blocks[number - len(self.theirs)]
        memory.window(block, key)[...] = array
        self.placed.setdefault(key, array)
        return self.checked(block, key)

    def checked(self, block: bytearray, key: Key) -> Key:
        if not memory.valid(block, key):
            raise NotPlain("an array of bool with bytes other than 0 and 1")
        return key


class _Decoder(_Walk):
    """Nodes and blocks to values. Nothing that arrived is believed before it has been checked."""

    def __init__(
        self,
        frame: Frame,
        kind: str,
        limits: Limits,
        borrow: Callable[[int], Callable] | None,
        resolve: Callable[[int], object] | None,
        sent: Sent | None = None,
    ) -> None:
        require(frame.kind == kind, f"a {frame.kind} instead of a {kind}")
        super().__init__(limits, ProtocolError, sent)
        self.borrow = borrow
        self.resolve = resolve
        self.sent = sent
        self.first = len(sent.blocks) if sent else 0
        self.blocks = frame.blocks
        self.changed: dict[int, bytearray] = {}
        self.frozen: set[int] = set()  # the changed blocks that a read-only array of the caller's cannot follow
        self.memories: dict[int, Any] = {}
        self.changes: list[tuple[Callable, tuple]] = []

    def reply(self, body: Any) -> Any:
        match body:
            case [list(changed), list(after), result]:
                self.take(changed)
                nodes = iter(after)
                for number in sorted(self.sent.mutable):
                    if number in self.owed:
                        told = self.value(next(nodes, None), 0)
                        require(told is self.objects[number], "an argument is missing from the reply")
                require(next(nodes, self) is self, "the reply holds more arguments than the call")
                value = self.value(result, 0)
                for change, arguments in self.changes:
                    change(*arguments)
                return value
        raise ProtocolError("the reply is none")

    def take(self, changed: list) -> None:
        """Take the first blocks of the frame for the call's own blocks as they are now."""
        require(len(changed) <= len(self.blocks), "a changed block is missing")
        for number, block in zip(changed, self.blocks, strict=False):
            natural(number, self.first - 1)
            require(number not in self.changed, "a block changed twice")
            require(len(block) == len(self.sent.blocks[number]), "a changed block has another size")
            self.changed[number] = block
        self.blocks = self.blocks[len(changed) :]
        for key, original in self.sent.arrays.items():
            number = key[0]
            if number in self.changed:
                require(memory.valid(self.changed[number], key), "a bool that is neither 0 nor 1")
                if original.flags.writeable:
                    self.changes.append((np.copyto, (original, memory.window(self.changed[number], key))))
                else:
                    self.frozen.add(number)
        # Only an array without gaps serves as memory for others. The bytes between the elements of one with gaps were
        # never sent, and a view of them would let the callee point at what it was not to see.
        for (number, *_), original in self.sent.arrays.items():
            whole = original.nbytes == len(self.sent.blocks[number])
            if whole and number not in self.frozen and number not in self.memories:
                dense = memory.dense(original)
                if dense is not None:
                    self.memories[number] = dense

    def value(self, node: Any, depth: int) -> Any:
        self.step(depth)
        if type(node) is not list:
            return self.leaf(node)
        match node:
            case ["f", "nan" | "inf" | "-inf" as word]:
                return float(word)
            case ["n", str(dtype), str(digits)] if dtype in DTYPES:
                return self.scalar(DTYPES[dtype], digits)
            case ["a", block, offset, str(dtype), list(shape), list(strides), bool(writeable)] if dtype in DTYPES:
                return self.array(block, offset, dtype, shape, strides, writeable)
            case ["t", *parts]:
                return tuple([self.value(part, depth + 1) for part in parts])
            case ["l", origin, *parts]:
                return self.sequence(origin, parts, depth)
            case ["d", origin, *parts]:
                return self.mapping(origin, parts, depth)
            case ["g", origin, str(name), state] if name in rng_states.BIT_GENERATORS:
                return self.generator(origin, rng_states.BIT_GENERATORS[name], state, depth)
            case ["c", number] if self.borrow:
                return self.register(self.borrow(natural(number)))
            case ["h", number, str(kind)] if len(kind) <= _NAME_LENGTH and kind.isprintable():
                return self.register(Handle(natural(number), kind))
            case ["H", number] if self.resolve:
                return self.register(self.kept(natural(number)))
            case ["r", number] if type(number) is int and number in self.spans:
                self.again(number, depth)
                return self.objects[number]
        raise ProtocolError("a value of no known kind")

    def leaf(self, node: Any) -> Any:
        if type(node) is str:
            return _text(node)
        if type(node) is int:
            require(node.bit_length() <= self.limits.int_bits, "an integer is too large")
        elif type(node) is float:
            require(math.isfinite(node), "a number is too large")
        return node

    def scalar(self, dtype: np.dtype, digits: str) -> np.generic:
        require(len(digits) == 2 * dtype.itemsize, "a scalar of another size")
        try:
            content = bytes.fromhex(digits)
        except ValueError:
            raise ProtocolError("a scalar is none") from None
        require(len(content) == dtype.itemsize and (dtype.kind != "b" or content[0] <= 1), "a scalar is none")
        return np.frombuffer(content, dtype)[0]

    def register(self, value: Any) -> Any:
        """Give the next number to an object that is complete in itself."""
        self.spans[len(self.objects)] = (0, 0)
        self.objects.append(value)
        return value

    def kept(self, number: int) -> object:
        try:
            return self.resolve(number)
        except LookupError:
            raise ProtocolError("no object was kept under this number") from None

    def origin(self, origin: Any, fresh: Any) -> int:
        """Return the number of an object: a new one, or one of the call's, of the same type."""
        if type(origin) is int and origin == -1:
            self.mutable.add(len(self.objects))
            self.objects.append(fresh)
            return len(self.objects) - 1
        require(type(origin) is int and origin in self.owed, "an object that the call did not hold")
        require(issubclass(type(self.objects[origin]), type(fresh)), "an argument became another kind of object")
        return origin

    def sequence(self, origin: Any, nodes: list, depth: int) -> list:
        fresh: list[Any] = []
        number = self.origin(origin, fresh)
        with self.inside(number, depth):
            fresh += [self.value(node, depth + 1) for node in nodes]
        original = self.objects[number]
        if original is not fresh:
            self.changes.append((list.__setitem__, (original, slice(None), fresh)))
        return original

    def mapping(self, origin: Any, nodes: list, depth: int) -> dict:
        require(len(nodes) % 2 == 0, "a key without a value")
        fresh: dict[Any, Any] = {}
        number = self.origin(origin, fresh)
        with self.inside(number, depth):
            pairs = [self.value(node, depth + 1) for node in nodes]
        keys = pairs[::2]
        require(all(map(_is_key, keys)), "a key that is none")
        require(len(keys) - len({hash(key) for key in keys}) <= _COLLISIONS, "keys made to collide")
        fresh.update(zip(keys, pairs[1::2], strict=True))
        require(len(fresh) == len(keys), "a key stands twice")
        original = self.objects[number]
        if original is not fresh:
            base = OrderedDict if issubclass(type(original), OrderedDict) else dict
            self.changes += [(base.clear, (original,)), (base.update, (original, fresh))]
        return original

    def generator(self, origin: Any, kind: type, node: Any, depth: int) -> Generator:
        self.count_array(0)
        state, seeds = rng_states.unpack(node, kind)
        fresh = Generator(kind(seeds))
        number = self.origin(origin, fresh)
        with self.inside(number, depth):
            original = self.objects[number]
        require(type(original.bit_generator) is kind, "a generator of another kind")
        if original is fresh:
            fresh.bit_generator.state = state
        else:
            self.changes.append((setattr, (original.bit_generator, "state", state)))
            born = rng_states.spawned(fresh.bit_generator) - rng_states.spawned(original.bit_generator)
            if 0 < born <= _CHILDREN:
                self.changes.append((original.bit_generator.seed_seq.spawn, (born,)))
        return original

    def array(self, block: Any, offset: Any, code: str, shape: list, strides: list, writeable: bool) -> np.ndarray:
        dtype = DTYPES[code]
        require(len(shape) == len(strides) <= DIMENSIONS, "an array of too many dimensions")
        require(all(type(number) is int for number in (*shape, *strides)), "a shape is none")
        require(all(length >= 0 for length in shape), "a shape is negative")
        self.count_array(memory.count(shape) * dtype.itemsize)
        if 0 in shape:
            require(block is None, "an empty array has no block")
            array = np.empty(shape, dtype)
            array.flags.writeable = writeable
            return array
        natural(block, self.first + len(self.blocks) - 1)
        strides = [step if length > 1 else dtype.itemsize for step, length in zip(strides, shape, strict=True)]
        low, high = memory.bounds(natural(offset), shape, strides, dtype.itemsize)
        content = self.content(block)
        require(low >= 0 and high <= len(content), "an array reaches beyond its block")
        key = (block, offset, code, tuple(shape), tuple(strides), writeable)
        require(memory.valid(content, key), "a bool that is neither 0 nor 1")
        if block < self.first and key in self.sent.arrays and block not in self.frozen:
            return self.sent.arrays[key]
        array = memory.window(self.memory(block), key)
        if not writeable:
            array.flags.writeable = False
        return array

    def content(self, block: int) -> bytearray:
        """Return the bytes of a block as they are after the call."""
        if block >= self.first:
            return self.blocks[block - self.first]
        return self.changed.get(block, self.sent.blocks[block])

    def memory(self, block: int) -> Any:
        """Return the buffer on which this block's arrays are views: the caller's own memory, where that can be."""
        if block >= self.first:
            return self.blocks[block - self.first]
        if block not in self.memories:
            self.memories[block] = bytearray(self.content(block))
        return self.memories[block]


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProtocolError("text with half a surrogate pair") from None
    return value


def _is_key(value: Any) -> bool:
    kind = type(value)
    if issubclass(kind, tuple):
        return all(map(_is_key, tuple.__iter__(value)))
    return value is None or issubclass(kind, str | int | float) or kind in SCALARS


def name_of(value: Any) -> str:
    """Name what cannot cross, for people."""
    kind = type(value)
    name = kind.__name__
    text = f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
    if issubclass(kind, np.ma.MaskedArray):
        text = "a masked array"
    elif kind is np.ndarray:
        text = {
            "O": "an array of objects",
            "U": "an array of text",
            "S": "an array of bytes",
            "V": "a structured array",
        }.get(value.dtype.kind, f"an array of {value.dtype}, {value.ndim}-dimensional")
    return _printable(text)


def _printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:_NAME_LENGTH]
