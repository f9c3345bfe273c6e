"""The trusted side of a student's sandbox: run cells there, call functions there, and know what went wrong."""

from __future__ import annotations

import contextlib
import math
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nbformat import NotebookNode
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from autograder.judge.guest.codec import Closed, ProtocolError, send
from autograder.judge.guest.rpc import BETWEEN, RpcConnection
from autograder.judge.outputs import Outputs
from autograder.judge.sandbox.sandbox import NoSandbox, Running

CAUSES = {
    "cpu": "its computing time for the whole notebook was used up",
    "wall": "its time for the whole notebook was used up",
    "memory": "it took more memory than it may",
    "processes": "it started more processes than it may",
    "disk": "it wrote more than it may",
}
MOST = 50  # of what is told of one cell, or one test
SLACK = 1.0  # seconds of computing: what stops an answer from inside has stopped it by then
STARTING = 60.0  # seconds for a sandbox to be ready, on a busy machine


class SandboxDied(ProtocolError):
    """The student's process is gone; the message says why."""


class OutOfTime(Exception):
    """No answer in time."""


class GraderFault(BaseException):
    """The grader's own machinery failed. Not an Exception, so that no check takes it for the student's fault."""


class SubmissionLimits(LoggingConfigurable):
    """How long a student's code may take, and how much it may print. Memory and the like: see Sandbox."""

    cell_cpu = Float(60.0, help="Seconds of computing for one cell.").tag(config=True)
    cell_wall = Float(180.0, help="Seconds for one cell by the clock, while it computes nothing.").tag(config=True)
    call_cpu = Float(2.0, help="Seconds of computing for one call of a student's function by a check.").tag(config=True)
    call_wall = Float(20.0, help="Seconds for one such call by the clock, while it computes nothing.").tag(config=True)
    reply_wall = Float(30.0, help="Seconds by the clock for what is no student's code, as the end of a test.").tag(
        config=True
    )
    busy = Float(
        20.0, help="Seconds more by the clock for each second that was computed: a machine may be so busy."
    ).tag(config=True)
    output = Integer(5_000_000, help="Characters that are kept of one cell's output.").tag(config=True)
    restarts = Integer(5, help="How often a submission's cells are run again after its process ended.").tag(config=True)


class Session:
    """One submission in its sandbox, started when first needed, and again after it ended.

    Parameters
    ----------
    start : callable
        Starts a sandbox with the student's side in it.
    limits : SubmissionLimits

    Attributes
    ----------
    incident : str
        Why the test that runs now cannot count; empty where nothing happened.
    stalled : bool
        The incident was a stop by the clock, while little was computed: the machine may have been busy.
    passed_over : list of (int, int, str)
        Line, column and error of each statement of the last cell that failed, and below which it was run on.
    raised : list of (str, str)
        Name and message of each error that functions raised in the last test.
    """

    def __init__(self, start: Callable[[], Running], limits: SubmissionLimits) -> None:
        self._start, self.limits = start, limits
        self._cells: list[str] = []
        self._running: Running | None = None
        self._starts = self._heard = 0  # sandboxes, bytes
        self._deadline = (0.0, 0.0, 0.0)  # by the clock; what was computed before, and may have been at most
        self._mark = b""
        self._testing = False
        self.incident = ""
        self.stalled = False
        self.passed_over: list[tuple[int, int, str]] = []
        self.raised: list[tuple[str, str]] = []

    # --- cells --------------------------------------------------------------------------------------------

    def run(self, source: str) -> tuple[list[NotebookNode], str]:
        """Run a cell of the student's.

        Returns
        -------
        outputs : list of NotebookNode
        lost : str
            Why the process ended in it; empty where it did not. What the cell defined is then lost.
        """
        outputs = Outputs(self.limits.output)
        self.passed_over = []
        try:
            self._bring_up()
            self.passed_over = self._run(source, outputs)
        except SandboxDied as gone:
            outputs.error("ProcessEnded", f"This cell ended the process: {gone}.")
            return outputs.close(), str(gone)
        self._cells.append(source)
        return outputs.close(), ""

    def _run(self, source: str, outputs: Outputs) -> list[tuple[int, int, str]]:
        before = self._heard
        with self._talking(self.limits.cell_wall, self.limits.cell_cpu + SLACK):
            self._peer.send({"run": source, "seconds": self.limits.cell_cpu})
            while True:
                match self._peer.next():
                    case {"output": dict(output)}:
                        outputs.add(output)
                        if self._heard - before > self._running.limits.output_bytes:
                            self._give_up("it showed more than it may")
                    case {"ran": list(places)}:
                        return [
                            (line, column, error[:100])
                            for place in places[:MOST]
                            if isinstance(place, tuple | list) and len(place) == 3
                            for line, column, error in [place]
                            if type(line) is type(column) is int and type(error) is str
                        ]
                    case _:
                        raise ProtocolError("no answer to a cell")

    # --- tests --------------------------------------------------------------------------------------------

    @contextmanager
    def test(self) -> Iterator[None]:
        """Call functions within: they start from the state that the cells so far left, and change nothing of it."""
        self.incident, self.stalled, self.raised = "", False, []
        try:
            self._bring_up()
            self._peer.forget()
            with self._talking(self.limits.reply_wall):
                self._mark = os.urandom(16)
                self._peer.send({"begin": self.limits.call_cpu, "mark": self._mark.hex()})
                self._expect("began")
            self._testing = True
        except SandboxDied as gone:
            self.incident = str(gone)
        try:
            yield
        finally:
            if self._testing:
                self._testing = False
                with contextlib.suppress(SandboxDied), self._talking(self.limits.reply_wall):
                    self._peer.send({"end": True})
                    self._expect("ended")
                    self._clean()

    def look(self, name: str) -> dict[str, Any]:
        """Ask what a name stands for: ``function`` (its module), ``value``, ``unfit`` (why) or ``missing`` (others)."""
        self._require_test()
        with self._talking(self.limits.reply_wall):
            self._peer.send({"look": name})
            match self._peer.next():
                case {"function": str()} | {"value": _} | {"unfit": str()} | {"missing": list()} as found:
                    return found
                case other:
                    self._heed(other)
                    raise ProtocolError("no answer to a name")

    def call(
        self, name: str, arguments: tuple, keywords: dict[str, Any], seconds: float = 0.0, ways: tuple = ()
    ) -> Any:
        """Call a function that the student defined.

        Parameters
        ----------
        name : str
        arguments, keywords
            What it is called with.
        seconds : float
            So long it may compute, where that is more than the limit of any call.
        ways : tuple of str
            How it is called, by names that the course's own module for calls knows (``c.Judge.calls``).

        Raises
        ------
        SandboxDied
            The process ended meanwhile, or earlier in this test.
        NotPlain
            An argument, or the result, is no plain data.
        Exception
            What the function raised.
        """
        self._require_test()
        more = max(0.0, seconds - self.limits.call_cpu)
        with self._talking(self.limits.call_wall, max(seconds, self.limits.call_cpu) + SLACK):
            if more:
                self._peer.send({"allow": seconds})
            try:
                return self._peer.call(BETWEEN.join((*ways, name)), arguments, keywords)
            except Exception as error:
                if len(self.raised) < MOST and not isinstance(error, ProtocolError | OutOfTime):
                    self.raised.append((type(error).__name__[:100], str(error)[:200]))
                raise

    # --- the process --------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the sandbox."""
        if self._running:
            self._running.close()
        self._running, self._testing = None, False

    def _bring_up(self) -> None:
        """Start the sandbox if there is none, and bring it to where the cells so far led."""
        if self._running:
            return
        if self._starts > self.limits.restarts:
            raise SandboxDied("its process ended too often")
        self._starts += 1
        try:
            self._running = self._start()
        except (NoSandbox, OSError) as error:
            raise GraderFault(f"the sandbox did not start: {error}") from error
        os.set_blocking(self._running.write, False)
        self._peer = RpcConnection(self._read, self._write, _nothing_here, self._heed)
        with self._talking(STARTING):  # a cell's own time begins thereafter
            self._expect("ready")
        for source in self._cells:
            self._run(source, Outputs(0))

    @contextmanager
    def _talking(self, seconds: float, cpu: float = math.inf) -> Iterator[None]:
        """Within, the other side has this long, by the clock and of computing.

        A failure of the talk ends its process, and is a ``SandboxDied``.
        """
        computed = self._running.cpu()
        outer, self._deadline = self._deadline, (time.monotonic() + seconds, computed, computed + cpu)
        try:
            yield
        except SandboxDied:
            raise
        except OutOfTime:
            self.stalled = self._running.cpu() < self._deadline[2]
            self._give_up(f"no answer for {seconds:g} s")
        except ProtocolError as error:
            self._give_up(self._cause() or f"it broke the protocol ({error})")
        except Exception:
            raise  # the student's function raised
        except BaseException:
            self.close()
            raise
        finally:
            self._deadline = outer

    def _cause(self) -> str:
        cause = self._running.wait(5.0)  # the channel closes a moment before the sandbox is over
        if cause == "lost":
            raise GraderFault("the sandbox was killed from outside")
        if cause == "ended":
            return f"it ended itself, with exit code {self._running.exit_code}"
        return CAUSES.get(cause, f"it was {cause}") if cause else ""

    def _give_up(self, words: str) -> None:
        self.close()
        self.incident = self.incident or words
        raise SandboxDied(words) from None

    def _heed(self, message: Any) -> None:
        match message:
            case {"ended": int(code)}:
                self._testing = False
                how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
                self.incident = f"the process ended {how}"
                self._clean()
                raise SandboxDied(self.incident)
            case {"output": _}:
                return
        raise ProtocolError("an unexpected message")

    def _expect(self, key: str) -> None:
        match self._peer.next():
            case {"output": _}:
                self._expect(key)
            case dict(message) if list(message) == [key]:
                return
            case message:
                self._heed(message)

    def _clean(self) -> None:
        """Have dropped what was still on its way to the copy that served a test."""
        send([self._mark], self._write)
        self._expect("clean")

    def _require_test(self) -> None:
        if not self._testing:
            raise SandboxDied(self.incident or "the test is over")

    def _read(self, size: int) -> bytes:
        self._wait(self._running.read, select.POLLIN)
        try:
            data = os.read(self._running.read, size)
        except OSError:
            return b""
        self._heard += len(data)
        return data

    def _write(self, buffer: memoryview) -> int:
        self._wait(self._running.write, select.POLLOUT)
        try:
            return os.write(self._running.write, buffer)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Closed("the channel is closed") from error

    def _wait(self, descriptor: int, event: int) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        first, before, most = self._deadline
        deadline = first
        while not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            # Who has computed, and not yet all that is allowed, did not just wait: the machine is busy.
            computed = self._running.cpu()
            deadline = first + self.limits.busy * (computed - before)
            if computed > most or deadline <= time.monotonic():
                raise OutOfTime


class StudentFunction:
    """Stands for a function that the student defined: calling it calls the student's, across the border.

    Parameters
    ----------
    session : Session
    name, module : str
        The function's.
    cell : str
        The text in which it stands, where that can be told.
    ways : tuple of str
        How it is called, by names that the course's module for calls knows.

    Attributes
    ----------
    seconds : float
        What a check allows it beyond the limit of any call.
    """

    def __init__(self, session: Session, name: str, module: str, cell: str = "", ways: tuple[str, ...] = ()) -> None:
        self._session, self.cell, self._ways = session, cell, ways
        self.seconds = 0.0
        self.__name__ = self.__qualname__ = name
        self.__module__ = module

    def with_wrapper(self, way: str) -> StudentFunction:
        """Give the same function, called in one more way that the course's module for calls knows."""
        other = StudentFunction(self._session, self.__name__, self.__module__, self.cell, (*self._ways, way))
        other.seconds = self.seconds
        return other

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it."""
        return self._session.call(self.__name__, arguments, keywords, self.seconds, self._ways)

    def __repr__(self) -> str:
        return f"<the student's {self.__name__}>"


def _nothing_here(name: str) -> Callable:
    raise NameError(f"name {name!r} is not defined")
