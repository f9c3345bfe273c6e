"""Two processes that call each other's functions across a border; the same on both sides."""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Callable
from typing import Any

from .codec import (
    Closed,
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

CHUNK = 1 << 16
DEPTH = 20  # calls within calls
BETWEEN = "\n"  # the ways in which a function is called, and its name
WORDS = 1000  # characters of an error's message
# Raised within map() these would end a check's loop, as if all were well.
ENDS_LOOPS = (StopIteration, StopAsyncIteration)

Write = Callable[[memoryview], int]


class RpcConnection:
    """One end of the channel. Several threads may call at a time: they take turns.

    Parameters
    ----------
    read, write : callable
        As ``os.read`` and ``os.write`` of a descriptor.
    find : callable
        Finds the function that the other side calls by name; LookupError if there is none.
    heed : callable
        Is handed every message that arrives while something else is awaited.
    name : callable, optional
        What is not plain data stays here, and the other side gets a handle of it with this name. Without it, none does.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        write: Write,
        find: Callable[[str], Callable],
        heed: Callable[[Any], None],
        name: Callable[[object], str] | None = None,
    ) -> None:
        self._read, self._write, self._find, self._heed = read, write, find, heed
        self._lent: list[Callable] = []
        self._kept: list[object] = []
        self._keeping = {"keep": self._keep, "name": name} if name else {}
        self._lends, self._borrows = (None, self._borrow) if name else (self._lend, None)
        self._depth = 0
        self.process = os.getpid()
        # Held from the first byte of a call to the last of its reply.
        self.turn = threading.RLock()
        self._late: BaseException | None = None

    def forget(self) -> None:
        """Drop what was lent and kept so far."""
        self._lent, self._kept = [], []

    def interrupt(self, error: BaseException) -> None:
        """Raise an error in this thread: at once, or when the frame that is on its way has arrived.

        Called by the handler of a signal. Half a frame would be the end of the channel.
        """
        if not self.turn._is_owned():  # as threading.Condition asks
            raise error
        self._late = error

    def in_time(self) -> None:
        """Forget the error that could not yet be raised."""
        self._late = None

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
        with self.turn:
            self._put(encode(value, **self._keeping))
        self._be_late()

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
                with self.turn:
                    self._answer(frame)
            else:
                return decode(frame, resolve=self._resolve)

    def skip(self, mark: bytes) -> None:
        """Drop what arrives up to a mark, after which the other side waits."""
        seen = b""
        while not seen.endswith(mark):
            piece = self._read(CHUNK)
            if not piece:
                raise Closed("the stream ended")
            seen = (seen + piece)[-len(mark) :]

    def call(self, function: int | str, arguments: tuple, keywords: dict[str, Any]) -> Any:
        """Call a function of the other side; its changes of the arguments happen to them here too.

        Raises
        ------
        NotPlain
            An argument is no plain data.
        ProtocolError
            The answer is none.
        RuntimeError
            The call is over to which the other side lent the function.
        Exception
            What the function raised, by its name.
        """
        with self.turn:
            if self._borrows and (not self._depth or os.getpid() != self.process):
                raise RuntimeError("a given function works in the call that it was given to, and in its threads")
            sent = encode_call(function, arguments, keywords, lend=self._lends, **self._keeping)
            self._put(sent.frame)
            result = self._reply(sent)
        self._be_late()
        return result

    def _be_late(self) -> None:
        if self._late and threading.current_thread() is threading.main_thread():
            late, self._late = self._late, None
            raise late

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
        """Answer a call. Who calls this has the turn, and lets the function's own threads have it meanwhile."""
        received = decode_call(frame, borrow=self._borrows, resolve=self._resolve)
        if self._depth == DEPTH:
            raise ProtocolError("calls within calls, too deep")
        self._depth += 1
        self.turn.release()
        try:
            try:
                result = self._called(received)
            finally:
                self._depth -= 1  # before its turn comes: threads that go on calling must not keep it from that
                self.turn.acquire()
            answer = encode_reply(received, result, **self._keeping)
        except ProtocolError:
            raise
        except Exception as error:
            answer = encode({"raised": described(error)})
        self._put(answer)

    def _called(self, received: Received) -> Any:
        if not isinstance(received.function, int):
            return self._find(received.function)(*received.arguments, **received.keywords)
        if not 0 <= received.function < len(self._lent):
            raise ProtocolError("a function that was never lent")
        return self._lent[received.function](*received.arguments, **received.keywords)

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
