"""Frames: a JSON header and blocks of bytes, over any stream. Memory grows with what arrived, not with what is claimed.

A frame is a prefix (magic, header length), a header ``[kind, block sizes, body]``, and then the blocks in order.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Read = Callable[[int], bytes]

_PREFIX = struct.Struct("<4sI")
_MAGIC = b"brd1"
_KINDS = ("message", "call", "reply")
_CHUNK = 1 << 20
# More than any number we send has (see ``Limits.int_bits``), and few enough to be parsed quickly.
_MAX_DIGITS = 1000
# Levels of JSON around and below a value's own: header, body, keyword; a generator's state and seeds.
_EXTRA_LEVELS = 9


class ProtocolError(Exception):
    """The peer sent something that does not follow the protocol."""


class Closed(ProtocolError):
    """The peer's stream ended, between frames or inside a frame."""


@dataclass(frozen=True)
class Limits:
    """How much a frame may hold; sender and receiver both refuse more."""

    header_bytes: int = 4 << 20
    block_bytes: int = 64 << 20  # of all blocks together, and of each array
    array_bytes: int = 256 << 20  # of all arrays together, where views of the same block all count
    items: int = 200_000  # JSON nodes; values, where a shared list counts wherever it is referred to
    arrays: int = 10_000  # arrays and generators together; blocks
    depth: int = 32
    int_bits: int = 2048


LIMITS = Limits()


@dataclass(frozen=True)
class Frame:
    """A received frame: well-formed, but its body is not decoded yet.

    Parameters
    ----------
    kind : str
        "message", "call" or "reply".
    body : object
        JSON, see ``codec``.
    blocks : list of bytearray
        The memory of arrays.
    """

    kind: str
    body: Any
    blocks: list[bytearray]


def pack(kind: str, body: Any, blocks: list[bytearray], limits: Limits) -> list[bytes | bytearray] | None:
    """Make a frame's bytes.

    Parameters
    ----------
    kind, body, blocks
        As the attributes of :class:`Frame`.
    limits : Limits

    Returns
    -------
    list of bytes-like or None
        To be written in this order; None if the header exceeds the limits.
    """
    header = json.dumps([kind, [*map(len, blocks)], body], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    content = header.encode()
    if len(content) > limits.header_bytes or not _fits(content, limits):
        return None
    return [_PREFIX.pack(_MAGIC, len(content)) + content, *blocks]


def send(frame: Iterable[bytes | bytearray], write: Callable[[memoryview], int | None]) -> None:
    """Write a frame.

    Parameters
    ----------
    frame : iterable of bytes-like
        As ``pack`` returns it.
    write : callable
        ``write(buffer)`` returns how many bytes it wrote, which may be fewer than given, as with ``os.write``; None
        means all of them.
    """
    for buffer in frame:
        left = memoryview(buffer)
        while left:
            written = write(left)
            left = left[len(left) if written is None else written :]


def receive(read: Read, limits: Limits = LIMITS) -> Frame:
    """Read a frame.

    Parameters
    ----------
    read : callable
        ``read(n)`` returns from 1 to n bytes, or ``b""`` at the end of the stream. Its exceptions are passed on.
    limits : Limits

    Returns
    -------
    Frame

    Raises
    ------
    Closed
        The stream ended.
    ProtocolError
        The bytes are not a frame, or the frame exceeds the limits.
    """
    magic, length = _PREFIX.unpack(_read_exactly(read, _PREFIX.size))
    require(magic == _MAGIC, "no frame")
    require(length <= limits.header_bytes, "the header is too long")
    match _parse(bytes(_read_exactly(read, length)), limits):
        case [str(kind), list(sizes), body] if kind in _KINDS:
            require(len(sizes) <= limits.arrays, "too many blocks")
            sizes = [natural(size, limits.block_bytes) for size in sizes]
            require(sum(sizes) <= limits.block_bytes, "the blocks are too large")
            return Frame(kind, body, [_read_exactly(read, size) for size in sizes])
    raise ProtocolError("the header is none")


def require(condition: bool, message: str) -> None:
    """Raise ProtocolError with this message unless the condition holds."""
    if not condition:
        raise ProtocolError(message)


def natural(number: Any, largest: int = 2**53) -> int:
    """Return ``number`` if it is an int from 0 to ``largest``; else raise ProtocolError."""
    require(type(number) is int and 0 <= number <= largest, "a number out of range")
    return number


def _read_exactly(read: Read, size: int) -> bytearray:
    """Read exactly ``size`` bytes; memory grows with what arrives, not with what was announced."""
    content = bytearray()
    while len(content) < size:
        chunk = read(min(size - len(content), _CHUNK))
        if not chunk:
            raise Closed("the stream ended")
        content += chunk
    return content


# Without its end too: else the search would begin again at every quote in it.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]"))


def _fits(header: bytes, limits: Limits) -> bool:
    """Check the items and levels of JSON before it is parsed: 3 bytes of JSON can become an object of 60 bytes."""
    skeleton = _STRING.sub(b"", header, limits.items)
    if b"{" in skeleton or skeleton.count(b",") + skeleton.count(b"[") > limits.items:
        return False
    brackets = skeleton.translate(None, _ALL_BUT_BRACKETS)
    for _ in range(limits.depth + _EXTRA_LEVELS):
        brackets = brackets.replace(b"[]", b"")
    return not brackets


def _literal(convert: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(digits: str) -> Any:
        require(len(digits) <= _MAX_DIGITS, "a number has too many digits")
        return convert(digits)

    return parse


def _no_constant(word: str) -> Any:
    raise ProtocolError(f"{word} is no JSON")


_JSON = json.JSONDecoder(parse_int=_literal(int), parse_float=_literal(float), parse_constant=_no_constant)


def _parse(header: bytes, limits: Limits) -> Any:
    require(_fits(header, limits), "the header holds too much")
    try:
        return _JSON.decode(header.decode())
    except ValueError:
        raise ProtocolError("the header is no JSON") from None
