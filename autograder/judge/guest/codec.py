"""Encode and decode plain data that crosses the border between trusted and student code; nothing executable crosses.

``encode`` and ``decode`` turn a value into a frame and back; ``encode_call``, ``decode_call``, ``encode_reply`` and
``decode_reply`` do so for a function call and its reply. Arrays that share memory share it on the other side, too, and
what a function does to its arguments is also done to the caller's.

A *frame* is a prefix (magic, header length), a JSON header ``[kind, block sizes, body]`` and the blocks' raw bytes.
There are three kinds: a message (any value), a call, and the reply to a call. The body is a tree of nodes. Numbers,
strings, true, false and null are themselves; every other value is a list that begins with its tag::

    ["f", "nan"]                                             a float that JSON cannot write: nan, inf or -inf
    ["n", dtype, hex]                                        a NumPy scalar
    ["a", block, offset, dtype, shape, strides, writeable]   an array: a view of a block
    ["t", *parts]                                            a tuple
    ["l", origin, *parts]    ["d", origin, key, value, ...]  a list, a dict
    ["g", origin, name, state]                               a numpy.random.Generator
    ["c", number]                                            a function that the sender lends
    ["h", number, kind]      ["H", number]                   an object the sender keeps; an object the receiver keeps
    ["r", number]                                            an object that appeared before in this call or its reply

Lists, dicts, generators, functions and kept objects have an identity: both sides number them in the order in which
they appear. A reply continues the numbers of its call, for objects as for blocks. In a reply, ``origin`` is the number
of the call's object whose new content the node states, or -1 for a new object; a block number may be the call's.

Whatever arrives may be hostile: decoding raises ProtocolError and nothing else, needs memory in proportion to the bytes
that have arrived, and changes the caller's arguments only after the whole reply has been checked.
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

from . import array_views, framing, rng_states
from .array_views import DTYPES, MAX_DIMENSIONS, SCALARS, Key
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

_MAX_NAME = 40
# Keys of equal hash are rare in an honest dict; with n of them, making the dict takes n² steps.
_MAX_COLLISIONS = 100
# Most children of a generator spawned in a call; beyond it, the caller's generator is not updated.
_MAX_CHILDREN = 10_000


class NotPlain(TypeError):
    """A value is not plain data and cannot be encoded; the message names it: "a set", "an array of objects"."""


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays in the other process. It can only be sent back and compared.

    Parameters
    ----------
    number : int
        The number under which the other process keeps the object.
    kind : str
        A description of the object for error messages.
    """

    number: int
    kind: str = field(default="object", compare=False)


@dataclass(frozen=True)
class Sent:
    """An encoded call, which ``decode_reply`` needs to apply the reply to the caller's arguments.

    Parameters
    ----------
    frame : list of bytes-like
        To be written in this order.
    objects : list
        The caller's objects that have an identity; an object's number is its index.
    mutable : set of int
        The numbers of the lists, dicts and generators, which the call may change.
    blocks : list of bytearray
        Copies of the arrays' memory, as sent.
    arrays : dict
        Place in a block → the caller's array.
    """

    frame: list[bytes | bytearray]
    objects: list[Any]
    mutable: set[int]
    blocks: list[bytearray]
    arrays: dict[Key, np.ndarray]


@dataclass(frozen=True)
class Received:
    """A decoded call; ``encode_reply`` needs it to find out what the function has changed.

    Parameters
    ----------
    function : int or str
        The number of a lent function, or a function's name.
    arguments, keywords
        The decoded arguments to call it with.
    objects, mutable, blocks
        As in :class:`Sent`, but the receiver's objects and blocks.
    before : list of bytes
        The content of the blocks when they arrived, to tell which the function has changed.
    """

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
        Handle. An instance of a builtin's subclass crosses as the builtin; subclasses of ndarray are not encoded.
    lend : callable, optional
        ``lend(function)`` returns a number by which the receiver may call the function back. By default functions are
        not encoded.
    keep : callable, optional
        ``keep(object)`` returns the number of a Handle that stands for the object. By default no Handle is made.
    name : callable, optional
        ``name(object)`` describes the object of such a Handle; by default ``name_of``.
    limits : Limits
        How much the frame may hold.

    Returns
    -------
    list of bytes-like
        To be written in this order.

    Raises
    ------
    NotPlain
        The value holds something that is not plain data, contains itself, or exceeds the limits.
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
    """Turn a call into a frame.

    Parameters
    ----------
    function : int or str
        The number of a function that the receiver has lent, or a function's name.
    arguments, keywords : plain data
    lend, keep, name, limits
        As for ``encode``.

    Returns
    -------
    Sent
        The frame, and what ``decode_reply`` needs.

    Raises
    ------
    NotPlain
        As ``encode``.
    """
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
    """Turn the result of a call, and the changes to its arguments, into a frame.

    Parameters
    ----------
    received : Received
        The call.
    result : plain data
    lend, keep, name, limits
        As for ``encode``.

    Returns
    -------
    list of bytes-like
        To be written in this order.

    Raises
    ------
    NotPlain
        As ``encode``: by the result, or by what the function has put into its arguments.
    """
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
    frame : Frame
        As ``receive`` returns it.
    borrow : callable, optional
        ``borrow(number)`` returns a function that calls the sender's function of this number. By default functions
        are refused.
    resolve : callable, optional
        ``resolve(number)`` returns the object that this side keeps under this number, or raises KeyError. By default
        handles of this side's objects are refused.
    limits : Limits
        How much the frame may hold.

    Returns
    -------
    plain data

    Raises
    ------
    ProtocolError
        The frame is not a message, or exceeds the limits.
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
    """Decode a call.

    Parameters
    ----------
    frame : Frame
    borrow, resolve, limits
        As for ``decode``.

    Returns
    -------
    Received
        The call; ``encode_reply`` needs it.

    Raises
    ------
    ProtocolError
        The frame is not a call, or exceeds the limits.
    """
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
    """Turn the reply to a call into its result, and change the caller's arguments as the function changed its own.

    Where an array of the result lies in an argument's memory, it becomes a view of the caller's array, if that is
    contiguous in some order of its axes. Otherwise it becomes the caller's array itself if it is the whole argument,
    and a copy if it is a part. A read-only array of the caller's is never changed; the result gets a changed copy.

    Parameters
    ----------
    frame : Frame
    sent : Sent
        The call.
    borrow, resolve, limits
        As for ``decode``.

    Returns
    -------
    plain data

    Raises
    ------
    ProtocolError
        The frame is not a reply to this call, or exceeds the limits. The arguments are unchanged.
    """
    decoder = _Decoder(frame, "reply", limits, borrow, resolve, sent)
    return decoder.reply(frame.body)


class _Walk:
    """The base of encoder and decoder: checks counts against the limits, and numbers the objects with an identity.

    Attributes
    ----------
    objects : list
        The objects with an identity, by number; those of a call come first in its reply.
    mutable : set of int
        The numbers of lists, dicts and generators.
    owed : set of int
        The numbers of the call's lists, dicts and generators whose new content this reply has not stated yet.
    spans : dict of int to (int, int)
        For each object that is complete: the number of items and of levels in it.
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
        """Count items at a depth; raise ``refuse`` where a limit is exceeded."""
        self.items += items
        self.deepest = max(self.deepest, depth)
        if self.items > self.limits.items:
            raise self.refuse(f"more than {self.limits.items:,} items")
        if depth > self.limits.depth:
            raise self.refuse(f"something nested more than {self.limits.depth} levels deep")

    @contextmanager
    def inside(self, number: int, depth: int) -> Iterator[None]:
        """Record the span of an object while its parts are walked; it can be referred to only afterwards."""
        self.owed.discard(number)
        items, outer, self.deepest = self.items, self.deepest, depth
        yield
        self.spans[number] = (self.items - items, self.deepest - depth)
        self.deepest = max(self.deepest, outer)

    def again(self, number: int, depth: int) -> None:
        """Count all items of an object that is referred to again: a few bytes must not stand for millions of items."""
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
    """Turns values into nodes and blocks, without running methods of the values' own classes."""

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
        self.numbers = {id(value): number for number, value in enumerate(self.objects)}
        self.call_blocks = received.blocks if received else []
        self.windows: list[tuple[array_views.Located, list]] = []
        self.blocks: list[bytearray] = []
        self.block_bytes = 0
        self.placed: dict[Key, np.ndarray] = {}

    def node(self, value: Any, depth: int) -> Any:
        self.step(depth)
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is np.ndarray and value.dtype.str in DTYPES and value.ndim <= MAX_DIMENSIONS:
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
        self.count_array(array_views.count(value.shape) * value.itemsize)
        node = ["a"]
        self.windows.append((array_views.locate(value), node))
        return node

    def frame(self, kind: str, body: Any, first: Iterable[bytearray] = ()) -> list[bytes | bytearray]:
        """Place the arrays in blocks, and make the frame, with the blocks in ``first`` before the new blocks."""
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
        """Place every array: in the memory of the call's arguments, or in a new block with overlapping arrays."""
        starts = sorted((array_views.address(block), number) for number, block in enumerate(self.call_blocks) if block)
        fresh = []
        for view, node in self.windows:
            start, number = starts[max(bisect.bisect(starts, (view.low, math.inf)) - 1, 0)] if starts else (0, None)
            if view.array.size == 0:
                node += view.key
            elif number is not None and start <= view.low and view.high <= start + len(self.call_blocks[number]):
                key = array_views.place(view.array, number, view.address - start)
                node += self.checked(self.call_blocks[number], key)
            else:
                fresh.append((view, node))
        sharing = array_views.sharing_memory([array for array, _ in fresh])
        places: dict[tuple, Key] = {}
        # In the order of the message, not of the addresses, so that equal values give equal bytes.
        for view, node in fresh:
            if view.identity not in places:
                places |= self.copy_together(sharing[view.identity])
            node += places[view.identity]

    def copy_together(self, arrays: list[array_views.Located]) -> dict[tuple, Key]:
        """Copy arrays that may share memory into a new block."""
        if len(arrays) == 1:
            array = arrays[0].array
            is_dense = array_views.dense(array) is not None
            strides = None if is_dense else array_views.c_strides(array.shape, array.itemsize)
            return {arrays[0].identity: self.copy(array, self.block(array.nbytes), 0, strides)}
        low, high = array_views.span(arrays)
        number = self.block(high - low)
        return {view.identity: self.copy(view.array, number, view.address - low) for view in arrays}

    def block(self, size: int) -> int:
        self.block_bytes += size
        if self.block_bytes > self.limits.block_bytes:
            raise NotPlain(f"more than {self.limits.block_bytes >> 20} MiB of arrays")
        self.blocks.append(bytearray(size))
        return len(self.call_blocks) + len(self.blocks) - 1

    def copy(self, array: np.ndarray, number: int, offset: int, strides: tuple[int, ...] | None = None) -> Key:
        """Copy an array's elements, but not the bytes between them, which are not for the receiver."""
        key = array_views.place(array, number, offset, strides)
        block = self.blocks[number - len(self.call_blocks)]
        array_views.view_of(block, key)[...] = array
        self.placed.setdefault(key, array)
        return self.checked(block, key)

    def checked(self, block: bytearray, key: Key) -> Key:
        if not array_views.valid(block, key):
            raise NotPlain("an array of bool with bytes other than 0 and 1")
        return key


class _Decoder(_Walk):
    """Turns nodes and blocks into values. Everything that arrived is checked before it is used."""

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
        self.sent = sent or Sent([], [], set(), [], {})
        self.first = len(self.sent.blocks)
        self.blocks = frame.blocks
        self.changed: dict[int, bytearray] = {}
        self.frozen: set[int] = set()  # changed blocks that hold a read-only array of the caller's
        self.memories: dict[int, Any] = {}
        self.changes: list[tuple[Callable, tuple]] = []

    def reply(self, body: Any) -> Any:
        match body:
            case [list(changed), list(after), result]:
                self.take(changed)
                nodes = iter(after)
                for number in sorted(self.sent.mutable):
                    if number in self.owed:
                        argument = self.value(next(nodes, None), 0)
                        require(argument is self.objects[number], "an argument is missing from the reply")
                require(next(nodes, self) is self, "the reply holds more arguments than the call")
                value = self.value(result, 0)
                for change, arguments in self.changes:
                    change(*arguments)
                return value
        raise ProtocolError("the reply is none")

    def take(self, changed: list) -> None:
        """Read the first blocks of the frame as the new content of those blocks of the call that have changed."""
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
                require(array_views.valid(self.changed[number], key), "a bool that is neither 0 nor 1")
                if original.flags.writeable:
                    self.changes.append((np.copyto, (original, array_views.view_of(self.changed[number], key))))
                else:
                    self.frozen.add(number)
        # Only an array without gaps serves as memory for others. The bytes between the elements of an array with gaps
        # were never sent, and a view of them would give the callee access to what it was not sent.
        for (number, *_), original in self.sent.arrays.items():
            if number is None or number in self.frozen or number in self.memories:
                continue
            dense = array_views.dense(original)
            if dense is not None and original.nbytes == len(self.sent.blocks[number]):
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
                return tuple(self.parts(parts, depth + 1))
            case ["l", origin, *parts]:
                return self.sequence(origin, parts, depth)
            case ["d", origin, *parts]:
                return self.mapping(origin, parts, depth)
            case ["g", origin, str(name), state] if name in rng_states.BIT_GENERATORS:
                return self.generator(origin, rng_states.BIT_GENERATORS[name], state, depth)
            case ["c", number] if self.borrow:
                return self.register(self.borrow(natural(number)))
            case ["h", number, str(kind)] if len(kind) <= _MAX_NAME and kind.isprintable():
                return self.register(Handle(natural(number), kind))
            case ["H", number] if self.resolve:
                return self.register(_kept(self.resolve, natural(number)))
            case ["r", number] if type(number) is int and number in self.spans:
                self.again(number, depth)
                return self.objects[number]
        raise ProtocolError("a value of no known kind")

    def parts(self, nodes: list, depth: int) -> list:
        """Decode the parts of a list or tuple; numbers, of which there may be many, all at once."""
        if set(map(type, nodes)) != {float}:
            return [self.value(node, depth) for node in nodes]
        self.step(depth, len(nodes))
        require(all(map(math.isfinite, nodes)), "a number is too large")
        return nodes

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
        """Give the next number to an object without parts."""
        self.spans[len(self.objects)] = (0, 0)
        self.objects.append(value)
        return value

    def origin(self, origin: Any, fresh: Any) -> int:
        """Return a new number for a new object, or check the number of an object of the call, of the same type."""
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
            fresh += self.parts(nodes, depth + 1)
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
        require(len(keys) - len({hash(key) for key in keys}) <= _MAX_COLLISIONS, "keys made to collide")
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
            count = rng_states.spawned(fresh.bit_generator) - rng_states.spawned(original.bit_generator)
            if 0 < count <= _MAX_CHILDREN:
                self.changes.append((original.bit_generator.seed_seq.spawn, (count,)))
        return original

    def array(self, block: Any, offset: Any, code: str, shape: list, strides: list, writeable: bool) -> np.ndarray:
        dtype = DTYPES[code]
        require(len(shape) == len(strides) <= MAX_DIMENSIONS, "an array of too many dimensions")
        require(all(type(number) is int for number in (*shape, *strides)), "a shape is none")
        require(all(length >= 0 for length in shape), "a shape is negative")
        self.count_array(array_views.count(shape) * dtype.itemsize)
        if 0 in shape:
            require(block is None, "an empty array has no block")
            array = np.empty(shape, dtype)
            array.flags.writeable = writeable
            return array
        natural(block, self.first + len(self.blocks) - 1)
        strides = [step if length > 1 else dtype.itemsize for step, length in zip(strides, shape, strict=True)]
        low, high = array_views.bounds(natural(offset), shape, strides, dtype.itemsize)
        content = self.content(block)
        require(low >= 0 and high <= len(content), "an array reaches beyond its block")
        key = (block, offset, code, tuple(shape), tuple(strides), writeable)
        require(array_views.valid(content, key), "a bool that is neither 0 nor 1")
        if block < self.first and key in self.sent.arrays and block not in self.frozen:
            return self.sent.arrays[key]
        array = array_views.view_of(self.memory(block), key)
        if not writeable:
            array.flags.writeable = False
        return array

    def content(self, block: int) -> bytearray:
        """Return the bytes of a block after the call."""
        if block >= self.first:
            return self.blocks[block - self.first]
        return self.changed.get(block, self.sent.blocks[block])

    def memory(self, block: int) -> Any:
        """Return the buffer for views of this block: the memory of the caller's own array, where it has no gaps."""
        if block >= self.first:
            return self.blocks[block - self.first]
        if block not in self.memories:
            self.memories[block] = bytearray(self.content(block))
        return self.memories[block]


def _kept(resolve: Callable[[int], object], number: int) -> object:
    try:
        return resolve(number)
    except LookupError:
        raise ProtocolError("no object was kept under this number") from None


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
    """Name a value that cannot be encoded, for error messages.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
        Its type, with an article; printable, at most ``_MAX_NAME`` characters.
    """
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
    return "".join(filter(str.isprintable, text))[:_MAX_NAME]
