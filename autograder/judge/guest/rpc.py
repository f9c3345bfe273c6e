"""Remote procedure calls between the trusted process and the sandbox, in both directions; both sides run this."""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Callable
from typing import Any, TypedDict

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
MAX_CALL_DEPTH = 20  # calls within calls
WRAPPER_SEPARATOR = "\n"  # joins the names of a function's wrappers and its own name
STILL_RUNNING = "still running after"  # how the message of a call that was stopped begins
MAX_MESSAGE = 1000  # characters of an error's message
# Raised inside map(), these would silently end a check's loop.
ENDS_LOOPS = (StopIteration, StopAsyncIteration)

Write = Callable[[memoryview], int]


class Keeping(TypedDict, total=False):
    """The arguments of ``encode`` by which an end keeps objects."""

    keep: Callable[[object], int]
    name: Callable[[object], str]


class RpcConnection:
    """An end of the channel. Several threads may call concurrently: they take turns.

    The trusted end lends functions: a function among a call's arguments stays here, and the student's function gets a
    proxy that calls it back. The student's end, which is given ``name``, keeps objects that are not plain data, and
    sends a ``Handle`` in their place.

    Parameters
    ----------
    read, write : callable
        ``read(size)`` and ``write(buffer)``, as ``os.read`` and ``os.write`` of a descriptor.
    find : callable
        ``find(name)`` returns the function that the other side calls by this name, or raises.
    on_message : callable
        ``on_message(value)`` is called with each message that arrives while a reply is awaited.
    name : callable, optional
        ``name(object)`` describes an object that is kept here, for error messages.

    Attributes
    ----------
    turn : RLock
        Held from the first byte of a call to the last byte of its reply.
    process : int
        Id of the process in which functions that the other side lent may be called back.
    """

    def __init__(
        self,
        read: Callable[[int], bytes],
        write: Write,
        find: Callable[[str], Callable],
        on_message: Callable[[Any], None],
        name: Callable[[object], str] | None = None,
    ) -> None:
        self._read, self._write, self._find, self._on_message = read, write, find, on_message
        self._lent: list[Callable] = []
        self._kept: list[object] = []
        self._keeping: Keeping = {"keep": self._keep, "name": name} if name else {}
        self._lends: Callable[[Callable], int] | None = None if name else self._lend
        self._borrows: Callable[[int], Callable] | None = self._borrow if name else None
        self._depth = 0
        self.process = os.getpid()
        self.turn = threading.RLock()
        self._pending: BaseException | None = None

    def forget(self) -> None:
        """Forget the functions lent and the objects kept so far."""
        self._lent, self._kept = [], []

    def interrupt(self, error: BaseException) -> None:
        """Raise an error in the main thread: at once, or when the current call is over.

        For signal handlers: an error that interrupts the writing of a frame would make the channel unusable.

        Parameters
        ----------
        error : BaseException
        """
        if not self.turn._is_owned():  # type: ignore[attr-defined]  # as threading.Condition asks
            raise error
        self._pending = error

    def cancel_interrupt(self) -> None:
        """Drop an error that ``interrupt`` has put off and not yet raised."""
        self._pending = None

    def send(self, value: Any) -> None:
        """Send a message.

        Parameters
        ----------
        value : plain data

        Raises
        ------
        NotPlain
            The value is not plain data.
        """
        with self.turn:
            self._put(encode(value, **self._keeping))
        self._raise_pending()

    def next(self) -> Any:
        """Wait for a message; answer the calls that arrive meanwhile.

        Returns
        -------
        plain data

        Raises
        ------
        ProtocolError
            Something else than a message arrives.
        """
        while True:
            frame = receive(self._read)
            if frame.kind == "call":
                with self.turn:
                    self._answer(frame)
            else:
                return decode(frame, resolve=self._resolve)

    def skip(self, mark: bytes) -> None:
        """Read and drop everything up to a mark.

        Parameters
        ----------
        mark : bytes
            Bytes that the other side sends last, before it waits.

        Raises
        ------
        Closed
            The stream ended before the mark.
        """
        seen = b""
        while not seen.endswith(mark):
            piece = self._read(CHUNK)
            if not piece:
                raise Closed("the stream ended")
            seen = (seen + piece)[-len(mark) :]

    def call(self, function: int | str, arguments: tuple, keywords: dict[str, Any]) -> Any:
        """Call a function of the other side; its changes to the arguments are made to them here too.

        Parameters
        ----------
        function : int or str
            The number of a function that the other side lent, or a name for its ``find``.
        arguments, keywords : plain data

        Returns
        -------
        plain data

        Raises
        ------
        NotPlain
            An argument is not plain data.
        ProtocolError
            What arrives is not a reply to this call.
        RuntimeError
            The function was lent for a call that is over.
        Exception
            The function raised an error; this one has a class of the same name.
        """
        with self.turn:
            if self._borrows and (not self._depth or os.getpid() != self.process):
                raise RuntimeError("a given function works in the call that it was given to, and in its threads")
            sent = encode_call(function, arguments, keywords, lend=self._lends, **self._keeping)
            self._put(sent.frame)
            result = self._reply(sent)
        self._raise_pending()
        return result

    def _raise_pending(self) -> None:
        if self._pending and threading.current_thread() is threading.main_thread():
            pending, self._pending = self._pending, None
            raise pending

    def _reply(self, sent: Sent) -> Any:
        while True:
            frame = receive(self._read)
            if frame.kind == "call":
                self._answer(frame)
            elif frame.kind == "reply":
                return decode_reply(frame, sent, borrow=None, resolve=self._resolve)
            else:
                match decode(frame, resolve=self._resolve):
                    case {"raised": [str(name), str(base), str(text)]}:
                        raise rebuild_error(name, base, text)
                    case message:
                        self._on_message(message)

    def _answer(self, frame: Frame) -> None:
        """Answer a call. The caller holds ``turn``, released while the function runs, for that function's threads."""
        received = decode_call(frame, borrow=self._borrows, resolve=self._resolve)
        if self._depth == MAX_CALL_DEPTH:
            raise ProtocolError("calls within calls, too deep")
        self._depth += 1
        self.turn.release()
        try:
            try:
                result = self._called(received)
            finally:
                self._depth -= 1  # before taking ``turn``, which threads that go on calling may hold for long
                self.turn.acquire()
            answer = encode_reply(received, result, **self._keeping)
        except ProtocolError:
            raise
        except Exception as error:
            answer = encode({"raised": describe_error(error)})
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


def describe_error(error: BaseException) -> list[str]:
    """Describe an error by its class and message, as text.

    Parameters
    ----------
    error : BaseException
        Its class may be the student's own.

    Returns
    -------
    list of str
        The name of its class, the name of its nearest builtin base class, and its message.
    """
    kind = type(error)
    base = next((parent.__name__ for parent in kind.__mro__ if parent.__module__ == "builtins"), "Exception")
    try:
        message = str(error)[:MAX_MESSAGE]
    except Exception:
        message = ""
    if isinstance(error, NotPlain):
        return ["NotPlain", "TypeError", message]
    return [str(kind.__name__)[:60], base, message.encode("utf-8", "replace").decode()]


def is_rebuilt(error: BaseException | None) -> bool:
    """Tell whether an error's class was made by ``rebuild_error``, so that the other side chose its name.

    Parameters
    ----------
    error : BaseException or None

    Returns
    -------
    bool
    """
    return type(error).__module__ == __name__


def rebuild_error(name: str, base: str, message: str) -> Exception:
    """Make an error from its description.

    Parameters
    ----------
    name, base, message : str
        As ``describe_error`` gives them.

    Returns
    -------
    Exception
        Of a class of its own with this name, derived from the builtin class; from RuntimeError where that is no
        ordinary error.
    """
    kind = getattr(builtins, base, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)) or issubclass(kind, ENDS_LOOPS):
        kind = RuntimeError
    if name == "NotPlain":
        return NotPlain(message)
    # A class of its own also where the name is the builtin's: see ``is_rebuilt``.
    kind = type(name[:60] if name.isidentifier() else kind.__name__, (kind,), {})
    try:
        return kind(message)
    except TypeError:  # some classes, such as UnicodeDecodeError, need more than a message
        return RuntimeError(f"{name}: {message}")
