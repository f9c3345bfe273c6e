"""Two processes that call each other's functions across a border; the same on both sides."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from .border import (
    Frame,
    NotPlain,
    ProtocolError,
    Received,
    Sent,
    decode,
    decode_call,
    decode_reply,
    encode,
    encode_call,
    encode_reply,
    receive,
    send,
)

DEPTH = 20  # calls within calls
WORDS = 1000  # characters of an error's message
# Raised within map() these would end a check's loop, as if all were well.
ENDS_LOOPS = (StopIteration, StopAsyncIteration)

Write = Callable[[memoryview], int]


class Peer:
    """One end of the channel.

    Parameters
    ----------
    read, write : callable
        As ``os.read`` and ``os.write`` of a descriptor.
    find : callable
        Finds the function that the other side calls by name; LookupError if there is none.
    heed : callable
        Is handed every message that arrives while something else is awaited.
    keeps : bool
        What is not plain data stays here, and the other side gets a handle of it.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        write: Write,
        find: Callable[[str], Callable],
        heed: Callable[[Any], None],
        keeps: bool = False,
    ) -> None:
        self._read, self._write, self._find, self._heed = read, write, find, heed
        self._lent: list[Callable] = []
        self._kept: list[object] = []
        self._keeps = keeps
        self._depth = 0

    def forget(self) -> None:
        """Drop what was lent and kept so far."""
        self._lent, self._kept = [], []

    def send(self, value: Any) -> None:
        """Send a message.

        Parameters
        ----------
        value : plain data

        Raises
        ------
        NotPlain
            It is no plain data.
        """
        self._put(encode(value, lend=None, keep=self._keep if self._keeps else None))

    def next(self) -> Any:
        """Wait for a message, answering calls meanwhile.

        Raises
        ------
        ProtocolError
            What arrives is no message.
        """
        while True:
            frame = receive(self._read)
            if frame.kind == "call":
                self._answer(frame)
            else:
                return decode(frame, resolve=self._resolve)

    def call(self, function: int | str, arguments: tuple, keywords: dict[str, Any]) -> Any:
        """Call a function of the other side; its changes of the arguments happen to them here too.

        Raises
        ------
        NotPlain
            An argument is no plain data.
        ProtocolError
            The answer is none.
        Exception
            What the function raised, by its name.
        """
        lend, keep = (None, self._keep) if self._keeps else (self._lend, None)
        sent = encode_call(function, arguments, keywords, lend=lend, keep=keep)
        self._put(sent.frame)
        return self._reply(sent)

    def _reply(self, sent: Sent) -> Any:
        while True:
            frame = receive(self._read)
            if frame.kind == "call":
                self._answer(frame)
            elif frame.kind == "reply":
                return decode_reply(frame, sent, borrow=None, resolve=self._resolve)
            else:
                match decode(frame, resolve=self._resolve):
                    case {"raised": [str(name), str(base), str(words)]}:
                        raise remade(name, base, words)
                    case message:
                        self._heed(message)

    def _answer(self, frame: Frame) -> None:
        self._depth += 1
        try:
            if self._depth > DEPTH:
                raise ProtocolError("calls within calls, too deep")
            received = decode_call(frame, borrow=self._borrow if self._keeps else None, resolve=self._resolve)
            try:
                answer = self._called(received)
            except ProtocolError:
                raise
            except Exception as error:
                answer = encode({"raised": described(error)})
            self._put(answer)
        finally:
            self._depth -= 1

    def _called(self, received: Received) -> list[bytes | bytearray]:
        """Call what is asked for, and encode the reply."""
        if isinstance(received.function, int):
            if not 0 <= received.function < len(self._lent):
                raise ProtocolError("a function that was never lent")
            function = self._lent[received.function]
        else:
            function = self._find(received.function)
        result = function(*received.arguments, **received.keywords)
        return encode_reply(received, result, lend=None, keep=self._keep if self._keeps else None)

    def _put(self, frame: list[bytes | bytearray]) -> None:
        send(frame, self._write)

    def _lend(self, function: Callable) -> int:
        self._lent.append(function)
        return len(self._lent) - 1

    def _borrow(self, number: int) -> Callable:
        def borrowed(*arguments: Any, **keywords: Any) -> Any:
            return self.call(number, arguments, keywords)

        return borrowed

    def _keep(self, value: object) -> int:
        self._kept.append(value)
        return len(self._kept) - 1

    def _resolve(self, number: int) -> object:
        if not 0 <= number < len(self._kept):
            raise KeyError(number)
        return self._kept[number]


def described(error: BaseException) -> list[str]:
    """Reduce an error to three strings: its name, its nearest builtin class, its message."""
    kind = type(error)
    base = next((one.__name__ for one in kind.__mro__ if one.__module__ == "builtins"), "Exception")
    try:
        words = str(error)[:WORDS]
    except Exception:
        words = ""
    if isinstance(error, NotPlain):
        return ["NotPlain", "TypeError", words]
    return [str(kind.__name__)[:60], base, words.encode("utf-8", "replace").decode()]


def remade(name: str, base: str, words: str) -> Exception:
    """Make an error again from its description; what is no ordinary error becomes a RuntimeError of that name."""
    kind = getattr(builtins, base, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(kind, ENDS_LOOPS):
        kind = RuntimeError
    if name == "NotPlain":
        return NotPlain(words)
    if name.isidentifier() and name != base:
        kind = type(name[:60], (kind,), {})
    try:
        return kind(words)
    except TypeError:  # some want more than a message
        return RuntimeError(f"{name}: {words}")
