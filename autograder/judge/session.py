"""The trusted side of a student's sandbox: run cells and call functions in it, and say what went wrong."""

from __future__ import annotations

import contextlib
import copy
import math
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from nbformat import NotebookNode
from traitlets import Float, Integer
from traitlets.config import LoggingConfigurable

from autograder.judge.guest.codec import Closed, NotPlain, ProtocolError, encode, send
from autograder.judge.guest.rpc import STILL_RUNNING, WRAPPER_SEPARATOR, RpcConnection
from autograder.judge.outputs import Outputs
from autograder.judge.sandbox.sandbox import NoSandbox, Running
from autograder.judge.sandbox.usage import queued_here

LIMIT_SENTENCES = {
    "cpu": "its computing time for the whole notebook was used up",
    "wall": "its time for the whole notebook was used up",
    "memory": "it took more memory than it may",
    "processes": "it started more processes than it may",
    "disk": "it wrote more than it may",
}
MAX_IGNORED = 10_000  # outputs that arrive during a test, from threads that earlier cells started
OUTPUT_OVERHEAD = 1000  # characters added to an output's size: even empty outputs cost time in every later step
MAX_REASON = 200  # characters of the error that says how the protocol was broken
MAX_REPORTED = 50  # statements passed over in a cell; errors raised in a test
CPU_SLACK = 1.0  # seconds beyond the guest's own limit, which should have stopped it by then
OVERTIME_INTERVAL = 0.5  # seconds between two checks of a guest that still computes after its wall-clock deadline
LOOK_INTERVAL = 0.5  # seconds of waiting between two checks of the submission's total time
START_SECONDS = 60.0  # for a sandbox to be ready, on a busy machine


class SandboxDied(ProtocolError):
    """The student's process has ended, or was killed; the message says why."""


class _TimedOut(Exception):
    """The guest did not answer in time."""


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
    total_cpu = Float(180.0, help="Seconds of computing for a submission, its tests and all restarts included.").tag(
        config=True
    )
    total_idle = Float(
        180.0, help="Seconds for which a submission may wait, neither computing nor waiting for a core."
    ).tag(config=True)
    output = Integer(5_000_000, help="Characters that are kept of one cell's output.").tag(config=True)
    total_output = Integer(20_000_000, help="Characters that are kept of all cells' outputs.").tag(config=True)
    restarts = Integer(5, help="How often a submission's cells are run again after its process ended.").tag(config=True)


class TimeLeft:
    """The CPU and idle time that a submission has left, for all its sandboxes and for this process's work on it.

    Parameters
    ----------
    limits : SubmissionLimits

    Attributes
    ----------
    over : str
        Why the time is used up, as part of a sentence; empty as long as it is not.
    """

    def __init__(self, limits: SubmissionLimits) -> None:
        self.cpu, self.idle = limits.total_cpu, limits.total_idle
        self.over = ""
        self._own_cpu = time.process_time()

    @contextmanager
    def half(self) -> Iterator[TimeLeft]:
        """Lend half of the time for the ``with`` block; what the block does not use is given back."""
        part = copy.copy(self)
        part.cpu, part.idle = self.cpu / 2, self.idle / 2
        self.cpu, self.idle = self.cpu / 2, self.idle / 2
        yield part
        part.spend()
        self.cpu, self.idle, self._own_cpu = self.cpu + part.cpu, self.idle + part.idle, part._own_cpu

    def spend(self, cpu: float = 0.0, idle: float = 0.0) -> None:
        """Subtract what a sandbox has used, and the CPU time of this process since the last call.

        Parameters
        ----------
        cpu, idle : float
            Seconds that the sandbox has computed, and has waited.
        """
        own_cpu = time.process_time()
        self.cpu -= cpu + own_cpu - self._own_cpu
        self.idle -= idle
        self._own_cpu = own_cpu
        if self.cpu <= 0 or self.idle <= 0:
            self.over = self.over or LIMIT_SENTENCES["cpu" if self.cpu <= 0 else "wall"]


class _Used(NamedTuple):
    """CPU seconds of a sandbox, and seconds for which its processes, or this process, waited for a core."""

    cpu: float = 0.0
    queued: float = 0.0


class _Deadline(NamedTuple):
    """When the guest must have answered: wall-clock time (``time.monotonic()``), and CPU seconds of its sandbox."""

    clock: float
    cpu_before: float
    max_cpu: float


class Session:
    """A submission's sandbox: started when first needed, and restarted after it has ended.

    After a restart, the cells that ran so far are run again.

    Parameters
    ----------
    start : callable
        Starts a sandbox that runs ``guest.student``.
    limits : SubmissionLimits
    left : TimeLeft, optional
        By default all the time that ``limits`` allow; given where two sessions share a submission's time.

    Attributes
    ----------
    incident : str
        Why the current test cannot count, such as a crash; empty where nothing happened.
    stalled : bool
        Whether the incident was a stop by the clock while little was computed: the machine may have been busy.
    passed_over : list of (int, int, str)
        For the last cell: line, column and error name of each statement that failed only because this machine lacks
        something, and after which the cell went on.
    raised : list of (str, str)
        For the last test: name and message of each error that the student's functions raised.
    fault : GraderFault or None
        The fault that was raised, kept in case a test cell swallowed it.
    """

    def __init__(self, start: Callable[[], Running], limits: SubmissionLimits, left: TimeLeft | None = None) -> None:
        self._start, self.limits = start, limits
        self.left = left or TimeLeft(limits)
        self._output_left = limits.total_output
        # Seconds waited since the last check, and usage at that check.
        self._waited, self._used = 0.0, _Used(queued=queued_here())
        self._cells: list[str] = []
        self._running: Running | None = None
        self._starts = 0  # sandboxes so far
        self._bytes_read = 0
        self._deadline = _Deadline(0.0, 0.0, 0.0)
        self._next_look = 0.0  # by the clock: when to compare the guest's CPU time with its deadline
        self._mark = b""  # random bytes that end what a fork may have left unread in the channel
        self._ignored = 0  # outputs that arrived during the test
        self._shared: dict[str, object] = {}  # ``Running.shared()`` before any student's code ran
        self._in_test = False
        self._files_restored = True
        self._allowed = 0.0  # CPU seconds of a call, as the guest was told last
        self.incident = ""
        self.stalled = False
        self.passed_over: list[tuple[int, int, str]] = []
        self.raised: list[tuple[str, str]] = []
        self.fault: GraderFault | None = None

    @property
    def _sandbox(self) -> Running:
        """The sandbox that ``_ensure_running`` has started."""
        assert self._running, "no sandbox was started"
        return self._running

    # --- cells --------------------------------------------------------------------------------------------

    def run(self, source: str) -> tuple[list[NotebookNode], str]:
        """Run a cell in the sandbox.

        Parameters
        ----------
        source : str

        Returns
        -------
        outputs : list of NotebookNode
        cause : str
            Why the process ended in this cell; empty where it did not. If it ended, what the cell defined is lost.

        Raises
        ------
        GraderFault
            The sandbox could not be started, or was killed from outside.
        """
        outputs = Outputs(min(self.limits.output, self._output_left))
        self.passed_over = []
        try:
            encode(self._to_run(source))
        except NotPlain as error:
            outputs.error("CellTooLarge", f"This cell was not run: it holds {error}.")
            return outputs.close(), ""
        cause = ""
        try:
            self._ensure_running()
            self.passed_over = self._run(source, outputs)
        except SandboxDied as error:
            cause = str(error)
            outputs.error("ProcessEnded", f"This cell ended the process: {cause}.")
        else:
            self._cells.append(source)
        self._output_left -= outputs.size + OUTPUT_OVERHEAD * len(outputs.nodes)
        return outputs.close(), cause

    def _run(self, source: str, outputs: Outputs) -> list[tuple[int, int, str]]:
        bytes_before = self._bytes_read
        with self._time_limit(self.limits.cell_wall, self.limits.cell_cpu + CPU_SLACK):
            self._rpc.send(self._to_run(source))
            while True:
                match self._rpc.next():
                    case {"output": dict(output)}:
                        outputs.add(output)
                        if self._bytes_read - bytes_before > self._sandbox.limits.output_bytes:
                            self._kill_and_raise("it showed more than it may")
                    case {"ran": list(statements)}:
                        return [
                            (line, column, error[:100])
                            for statement in statements[:MAX_REPORTED]
                            if isinstance(statement, tuple | list) and len(statement) == 3
                            for line, column, error in [statement]
                            if type(line) is type(column) is int and type(error) is str
                        ]
                    case _:
                        raise ProtocolError("no answer to a cell")

    def _to_run(self, source: str) -> dict[str, Any]:
        return {"run": source, "seconds": self.limits.cell_cpu}

    # --- tests --------------------------------------------------------------------------------------------

    @contextmanager
    def test(self) -> Iterator[None]:
        """Fork the student's process for a test; functions may be called within the ``with`` block only.

        The fork starts with the state that the cells so far have left, and its changes are gone with it. Where it
        cannot be made, ``incident`` says why.
        """
        self.incident, self.stalled, self.raised = "", False, []
        self._ignored = 0
        self._files_restored = True
        try:
            self._ensure_running()
            self._rpc.forget()
            with self._time_limit(self.limits.reply_wall):
                self._mark = os.urandom(16)
                self._rpc.send({"begin": self.limits.call_cpu, "mark": self._mark.hex()})
                self._expect("began")
            self._in_test, self._allowed = True, self.limits.call_cpu
        except SandboxDied as error:
            self.incident = str(error)
        try:
            yield
        finally:
            if self._in_test:
                self._in_test = False
                with contextlib.suppress(SandboxDied), self._time_limit(self.limits.reply_wall):
                    self._rpc.send({"end": True})
                    self._expect("ended")
                    self._drain()
            # A sandbox that has just ended itself is no fresh start.
            if self._running and not self._running.cause() and not self._is_as_before(self._running):
                self._start_afresh()

    def _is_as_before(self, running: Running) -> bool:
        """Tell whether the last test has left the files, and all that forks share, as they were."""
        return self._files_restored and running.shared() == self._shared

    def _start_afresh(self) -> None:
        """End a process whose state a test may have changed; the restart does not count against the student."""
        self.close()
        self._starts -= 1

    def look(self, name: str) -> dict[str, Any]:
        """Look a name up among those that the student defined.

        Parameters
        ----------
        name : str

        Returns
        -------
        dict
            A single key: ``function`` (the name of its module), ``value`` (plain data), ``unfit`` (why the value is not
            plain data) or ``missing`` (the names that the student did define).

        Raises
        ------
        SandboxDied
            The process ended meanwhile, or earlier in this test.
        """
        self._require_test()
        with self._time_limit(self.limits.reply_wall):
            self._rpc.send({"look": name})
            while True:
                match self._rpc.next():
                    case {"function": str()} | {"value": _} | {"unfit": str()} | {"missing": list()} as answer:
                        return answer
                    case message:
                        self._handle(message)

    def call(
        self, name: str, arguments: tuple, keywords: dict[str, Any], seconds: float = 0.0, wrappers: tuple = ()
    ) -> Any:
        """Call a function that the student defined.

        Parameters
        ----------
        name : str
        arguments, keywords
            Plain data. What the function does to them in the sandbox is done to these objects, too.
        seconds : float
            CPU time for this call; at least ``limits.call_cpu`` in any case.
        wrappers : tuple of str
            Wrappers that the function is called through, the innermost first: names that the course's own module for
            calls knows (``c.Judge.calls``).

        Returns
        -------
        object
            Plain data; any other object stays in the sandbox, and a ``Handle`` stands for it.

        Raises
        ------
        SandboxDied
            The process ended meanwhile, or earlier in this test.
        NotPlain
            An argument, or something put into the arguments, is not plain data.
        Exception
            What the function raised.
        """
        self._require_test()
        seconds = max(seconds, self.limits.call_cpu)
        with self._time_limit(self.limits.call_wall, seconds + CPU_SLACK):
            if seconds != self._allowed:
                self._rpc.send({"allow": seconds})
                self._allowed = seconds
            try:
                return self._rpc.call(WRAPPER_SEPARATOR.join((*wrappers, name)), arguments, keywords)
            except (ProtocolError, _TimedOut):
                raise
            except Exception as error:
                raised = error  # by the student's function
        if isinstance(raised, TimeoutError) and str(raised).startswith(STILL_RUNNING):
            # As the guest says it, or whoever took its place: a number of one's choice could tell what was asked.
            raised = TimeoutError(f"{STILL_RUNNING} {seconds:g} s of computing")
        if len(self.raised) < MAX_REPORTED:
            self.raised.append((type(raised).__name__[:100], str(raised)[:200]))
        raise raised

    # --- the process --------------------------------------------------------------------------------------

    def close(self) -> None:
        """End the sandbox."""
        if self._running:
            self._running.close()
            self.left.spend(self._running.cpu() - self._used.cpu)
        self._running, self._in_test, self._used = None, False, _Used(queued=queued_here())

    def _ensure_running(self) -> None:
        """Start the sandbox if there is none, and run the cells so far again."""
        if self.left.over:
            self._kill_and_raise(self.left.over)
        if self._running:
            return
        if self._starts > self.limits.restarts:
            raise SandboxDied("its process ended too often")
        self._starts += 1
        try:
            self._running = self._start()
        except (NoSandbox, OSError) as error:
            self.fault = GraderFault(f"the sandbox did not start: {error}")
            raise self.fault from error
        os.set_blocking(self._running.write, False)
        self._rpc = RpcConnection(self._read, self._write, _no_functions, self._handle)
        with self._time_limit(START_SECONDS):  # a cell's own time begins thereafter
            self._expect("ready")
        self._shared = self._running.shared()
        for source in self._cells:
            self._run(source, Outputs(0))

    @contextmanager
    def _time_limit(self, seconds: float, cpu: float = math.inf) -> Iterator[None]:
        """Give the guest ``seconds`` of wall-clock time and ``cpu`` seconds of CPU time to answer.

        On time-out or protocol error kill the sandbox and raise ``SandboxDied``.
        """
        cpu_before = self._sandbox.cpu()
        outer = self._deadline
        self._deadline = _Deadline(time.monotonic() + seconds, cpu_before, cpu_before + cpu)
        self._next_look = self._deadline.clock
        try:
            yield
        except SandboxDied:
            raise
        except _TimedOut:
            self.stalled = not self.left.over and self._sandbox.cpu() < self._deadline.max_cpu
            self._kill_and_raise(self.left.over or f"no answer for {seconds:g} s")
        except Exception as error:  # from decoding what arrived; ``call`` has caught those of a student's function
            kind = "" if isinstance(error, ProtocolError) else f"{type(error).__name__}: "
            self._kill_and_raise(self._cause_of_end() or f"it broke the protocol ({kind}{str(error)[:MAX_REASON]})")
        except BaseException:
            self.close()
            raise
        finally:
            self._deadline, self._next_look = outer, outer.clock

    def _cause_of_end(self) -> str:
        """Say why the sandbox ended; empty while it runs."""
        cause = self._sandbox.wait(5.0)  # the channel closes a moment before the sandbox has ended
        if cause == "lost":
            self.fault = GraderFault("the sandbox was killed from outside")
            raise self.fault
        if cause == "ended":
            return f"it ended itself, with exit code {self._sandbox.exit_code}"
        return LIMIT_SENTENCES.get(cause, f"it was {cause}") if cause else ""

    def _kill_and_raise(self, reason: str) -> NoReturn:
        self.close()
        self.incident = self.incident or reason
        raise SandboxDied(reason) from None

    def _handle(self, message: Any) -> None:
        """Handle a message that arrived instead of the expected answer: an output, or the end of a test's fork."""
        match message:
            case {"ended": int(code)}:
                self._in_test = False
                how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
                self.incident = f"the process ended {how}"
                self._drain()
                raise SandboxDied(self.incident)
            case {"output": _} if self._ignored < MAX_IGNORED:
                self._ignored += 1
                return
        raise ProtocolError("an unexpected message")

    def _expect(self, key: str) -> Any:
        """Wait for the message with this key, ignoring outputs; give what it says."""
        while True:
            match self._rpc.next():
                case dict(message) if [*message] == [key]:
                    return message[key]
                case message:
                    self._handle(message)

    def _drain(self) -> None:
        """Send the mark, up to which the guest drops all that a test's fork has left unread in the channel."""
        send([self._mark], self._write)
        self._files_restored = self._expect("clean") is True

    def _require_test(self) -> None:
        if not self._in_test:
            raise SandboxDied(self.incident or "the test is over")

    def _read(self, size: int) -> bytes:
        self._wait(self._sandbox.read, select.POLLIN)
        try:
            data = os.read(self._sandbox.read, size)
        except OSError:
            return b""
        self._bytes_read += len(data)
        return data

    def _write(self, buffer: memoryview) -> int:
        self._wait(self._sandbox.write, select.POLLOUT)
        try:
            return os.write(self._sandbox.write, buffer)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Closed("the channel is closed") from error

    def _wait(self, descriptor: int, event: int) -> None:
        """Wait until a descriptor is ready; raise ``_TimedOut`` when time is up, also if each single wait is short."""
        poll = select.poll()
        poll.register(descriptor, event)
        limit = self._deadline
        while True:
            before = time.monotonic()
            ready = poll.poll(1000 * min(LOOK_INTERVAL, max(0.0, self._next_look - before)))
            now = time.monotonic()
            self._waited += now - before
            if self._waited >= LOOK_INTERVAL:
                self._spend_time()
            if now >= self._next_look:
                # CPU time was used, but not all that is allowed: the machine is busy, so extend the deadline.
                cpu = self._sandbox.cpu()
                deadline = limit.clock + self.limits.busy * (cpu - limit.cpu_before)
                if cpu > limit.max_cpu or deadline <= now:
                    raise _TimedOut
                self._next_look = min(deadline, now + OVERTIME_INTERVAL)
            if ready:
                return

    def _spend_time(self) -> None:
        """Subtract what was used since the last check from the time left; raise ``_TimedOut`` if none is left."""
        used = _Used(self._sandbox.cpu(), self._sandbox.queued() + queued_here())
        computed, queued = used.cpu - self._used.cpu, max(0.0, used.queued - self._used.queued)
        self.left.spend(computed, max(0.0, self._waited - computed - queued))
        self._waited, self._used = 0.0, used
        if self.left.over:
            raise _TimedOut


class StudentFunction:
    """A proxy of a function that the student defined: calling it calls the student's, in the sandbox.

    Parameters
    ----------
    session : Session
    name, module : str
        ``__name__`` and ``__module__`` of the function.
    cell : str
        Source of the cell that defines it; "" where that is not known.
    wrappers : tuple of str
        Wrappers that it is called through, the innermost first: names that the course's module for calls knows.

    Attributes
    ----------
    seconds : float
        CPU time for each call; a check may raise it above ``SubmissionLimits.call_cpu``.
    """

    def __init__(
        self, session: Session, name: str, module: str, cell: str = "", wrappers: tuple[str, ...] = ()
    ) -> None:
        self._session, self.cell, self._wrappers = session, cell, wrappers
        self.seconds = session.limits.call_cpu
        self.__name__ = self.__qualname__ = name
        self.__module__ = module

    def with_wrapper(self, wrapper: str) -> StudentFunction:
        """Return a proxy of the same function, called through a further wrapper.

        Parameters
        ----------
        wrapper : str
            A name that the course's module for calls knows.

        Returns
        -------
        StudentFunction
        """
        other = StudentFunction(self._session, self.__name__, self.__module__, self.cell, (*self._wrappers, wrapper))
        other.seconds = self.seconds
        return other

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it; see ``Session.call``."""
        return self._session.call(self.__name__, arguments, keywords, self.seconds, self._wrappers)

    def __repr__(self) -> str:
        return f"<the student's {self.__name__}>"


def _no_functions(name: str) -> Callable:
    raise NameError(f"name {name!r} is not defined")
