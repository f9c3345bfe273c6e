"""The sandbox: one process of a student, and all that it starts, behind bubblewrap's walls and under limits.

A thread starts the sandbox, watches it and buries it. It has to be one thread: the sandbox dies with the thread that
started it (``PR_SET_PDEATHSIG`` means just that), and so with the grader, however the grader ends.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import math
import os
import platform
import select
import signal
import threading
import time
import weakref
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from traitlets import Float, Integer
from traitlets.config import Configurable

from autograder.judge.sandbox.bwrap import WRITABLE, bwrap_arguments, environment, find_bubblewrap
from autograder.judge.sandbox.cgroup import Group
from autograder.judge.sandbox.launch import CHANNEL, Held, NoSandbox, copied
from autograder.judge.sandbox.usage import Tree, Usage
from autograder.judge.sandbox.zygote import Visitor, Waiting, Zygote

__all__ = ["CHANNEL", "NoSandbox", "Running", "Sandbox"]

MIB = 1024**2
log = logging.getLogger(__name__)
_all: weakref.WeakSet[Running] = weakref.WeakSet()


class Sandbox(Configurable):
    """The limits of a sandbox, and how one is started."""

    cpu_seconds = Float(120, min=0.1, help="CPU seconds of the whole sandbox, all its processes together.").tag(
        config=True
    )
    wall_seconds = Float(
        300, min=0.1, help="Seconds from the start of a sandbox to its end, while it computes nothing."
    ).tag(config=True)
    busy = Float(
        20.0, min=0.0, help="Seconds more by the clock for each second that was computed: a machine may be so busy."
    ).tag(config=True)
    memory = Integer(
        2048 * MIB, min=16 * MIB, help="Bytes of memory of all processes together, their files included."
    ).tag(config=True)
    processes = Integer(64, min=1, help="Processes and threads at any one time.").tag(config=True)
    disk = Integer(
        256 * MIB, min=65536, help="Bytes of all files, which lie in memory and are gone with the sandbox."
    ).tag(config=True)
    file_count = Integer(20_000, min=20, help="Files and folders at any one time.").tag(config=True)
    file_size = Integer(128 * MIB, min=4096, help="Bytes of one file.").tag(config=True)
    open_files = Integer(256, min=16, help="Files that one process may hold open.").tag(config=True)
    output_bytes = Integer(
        20 * MIB, min=1024, help="Bytes read of what a process says; kept by whoever reads the channel."
    ).tag(config=True)
    interval = Float(0.03, min=0.005, help="Seconds from one look at a sandbox to the next.").tag(config=True)

    def start(
        self,
        command: list[str],
        folder: Path | None = None,
        readable: Iterable[Path] = (),
        hidden: Iterable[Path] = (),
        files: Mapping[str, bytes] | None = None,
        variables: Mapping[str, str] | None = None,
        warm: Zygote | None = None,
    ) -> Running:
        """Start one process in a sandbox of its own.

        Parameters
        ----------
        command : list of str
            What runs inside, in the home; ``sys.executable`` has the same path there.
        folder : Path, optional
            What lies beside the notebook: its plain files are copied into the home.
        readable : iterable of Path
            Files and folders that are seen inside, read only, at the same path.
        hidden : iterable of Path
            What is covered where it lies inside something seen.
        files : mapping, optional
            More files for the home: name → content.
        variables : mapping, optional
            More variables for the environment; of the grader's own it gets none.
        warm : Zygote, optional
            What runs begins as a copy of this; the command is then Python's, with ``-c``.

        Returns
        -------
        Running
            The sandbox, whose process has begun.

        Raises
        ------
        NoSandbox
            It cannot be started here.
        """
        found = find_bubblewrap()
        if found is None:
            raise NoSandbox("bubblewrap is not installed")
        with copied(folder, files or {}, self.disk // 2) as copies:
            built = bwrap_arguments(found, readable, hidden, copies, self.disk)
            given = environment() | dict(variables or {})
            return Running(self, (found, built, command, given), [source for _, source in copies], warm)


class Running:
    """A sandbox that has been started; as a context manager it is gone at the end.

    Attributes
    ----------
    read, write : int
        Descriptors, which stay open until ``close``: what the process says, and what it is told.
    exit_code : int or None
        Of the process, once it has ended by itself.
    group_version : int or None
        Of the control group that counts and limits it; None where there is none.
    """

    def __init__(self, limits: Sandbox, how: tuple[Any, ...], passed: list[int], warm: Zygote | None) -> None:
        self.limits = limits
        self.exit_code: int | None = None
        self.group_version: int | None = None
        self._owner = os.getpid()
        self._why: str | None = None
        self._used = 0.0
        self._held: Held | None = None
        self._warm = warm
        self._visitor: Visitor | None = None
        # Beside the student's: bubblewrap's first process, and what waits where a copy enters.
        self._others = 2 if warm else 1
        self._tree: Tree | None = None
        self._group: Group | None = None
        self._problem: Exception | None = None
        self._lock = threading.RLock()
        self._begun, self._over = threading.Event(), threading.Event()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        theirs, self.write = os.pipe()
        self.read, ours = os.pipe()
        try:
            threading.Thread(target=self._live, args=((*how, (theirs, ours), passed),), daemon=True).start()
            self._begun.wait()
        finally:
            os.close(theirs), os.close(ours)
        if self._problem:
            self.close()
            raise self._problem
        _all.add(self)

    # --- what others ask ----------------------------------------------------------------------------------------------

    def cause(self) -> str | None:
        """Tell why the sandbox is over.

        Returns
        -------
        str or None
            None while it lives. "ended": the process ended by itself, see ``exit_code``. "killed by signal N": it
            crashed. "cpu", "wall", "memory", "processes", "disk": it broke a limit. "lost": bubblewrap was killed
            from outside, which no student can do. Else what ``kill`` was told.
        """
        return self._why if self._over.is_set() else None

    def cpu(self) -> float:
        """Count the CPU seconds that all processes have used so far.

        Without a control group, those of processes that nobody waited for are missing.
        """
        with self._lock:
            if self._tree:
                self._measure()
            return self._used

    def last_words(self) -> str:
        """Give the end of what was written to standard output and error, which are not the channel."""
        return self._held.last_words() if self._held else ""

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait until the sandbox is over, or for some seconds; tell the cause."""
        self._over.wait(seconds)
        return self.cause()

    def kill(self, cause: str = "killed") -> None:
        """Kill every process; return when all are gone.

        Parameters
        ----------
        cause : str
            What ``cause()`` will say, unless the sandbox was over before.
        """
        if os.getpid() != self._owner:
            return  # a fork of the grader copies this object, but not the thread
        with self._lock:
            if self._held and not self._over.is_set():
                self._why = self._why or cause
                os.eventfd_write(self._wake, 1)
        self._over.wait()

    def close(self) -> None:
        """Kill every process, and close the channel."""
        self.kill()
        # In a fork of the grader nobody is left to give the lock back.
        with self._lock if os.getpid() == self._owner else contextlib.nullcontext():
            for end in [self.read, self.write, self._wake]:
                if end >= 0:
                    os.close(end)
            self.read = self.write = self._wake = -1

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _live(self, how: tuple[Any, ...]) -> None:
        try:
            self._begin(how)
            self._begun.set()
            self._watch()
        except Exception as error:
            if self._begun.is_set():
                log.exception("A sandbox could not be watched, and was ended.")
            self._problem = NoSandbox(f"bubblewrap: {error}") if isinstance(error, OSError) else error
            self._why = self._why or "lost"
        finally:
            try:
                self._bury()
            finally:
                self._over.set()
                self._begun.set()

    def _begin(self, how: tuple[Any, ...]) -> None:
        limits = self.limits
        self._end = time.monotonic() + limits.wall_seconds
        self._held = Waiting(*how) if self._warm else Held(*how)
        first = self._held.first
        self._tree = Tree(first, WRITABLE)
        self._group = Group.make(limits.memory, limits.processes + self._others)
        if self._group:
            try:
                self._group.add(first)
                self.group_version = self._group.version
            except OSError:  # it lies where we may make groups, but not move processes to
                self._group.remove()
                self._group = None
        _limit_each(first, limits)
        self._held.go()
        if self._warm:
            self._visitor = self._warm.enter(self._held, *how[2:5])
            if self._group:
                self._group.add(self._visitor.pid)
            _limit_each(self._visitor.pid, limits)
            self._visitor.go()

    def _watch(self) -> None:
        looking = select.poll()
        ended = os.pidfd_open(self._held.outer.pid)
        try:
            looking.register(ended, select.POLLIN)
            looking.register(self._wake, select.POLLIN)
            if self._visitor:
                looking.register(self._visitor.report, select.POLLIN)
            pause = self.limits.interval
            while not looking.poll(pause * 1000):
                spent = time.thread_time()
                self._held.listen()
                if excess := self._excess():
                    with self._lock:
                        self._why = self._why or excess
                    return
                # Many processes take longer to look at; then it looks less often, to use no more than 2 % of a core.
                spent = time.thread_time() - spent
                pause = min(max(50 * spent, self.limits.interval), 4 * self.limits.interval)
        finally:
            os.close(ended)

    def _excess(self) -> str | None:
        """Tell which limit is broken."""
        limits = self.limits
        if self._group and (kind := self._group.excess()):
            return kind
        used = self._measure()
        if time.monotonic() > self._end + limits.busy * used.cpu:
            return "wall"
        if used.cpu > limits.cpu_seconds:
            return "cpu"
        space, files = self._tree.disk()
        if space > limits.disk or files > limits.file_count:
            return "disk"
        if not self._group:
            if used.tasks - self._others > limits.processes:
                return "processes"
            # What several share was counted several times: only where that seems too much is it worth a closer look.
            if used.memory + space > limits.memory and self._tree.memory() + space > limits.memory:
                return "memory"
        return None

    def _measure(self) -> Usage:
        """Look at what is used: at the processes, or only at the account of their group."""
        with self._lock:
            counted = self._group.cpu() if self._group else None
            used = self._tree.usage() if counted is None else Usage(counted, 0, 0)
            self._used = max(self._used, used.cpu)
            return used

    def _bury(self) -> None:
        if not self._held:
            return
        self.cpu()
        ended_itself = self._held.outer.poll() is not None
        code = self._held.kill_and_wait()
        if self._visitor:
            ended_itself, code = self._farewell(ended_itself, code)
        with self._lock:
            self.cpu()
            why = self._group.excess() if self._group else None
            if self._why is None:
                self._why = why or self._reading_of(code)
            if ended_itself and self._why == "ended":
                self.exit_code = code
            if self._tree:
                self._tree.close()
                self._tree = None
            if self._group:
                self._group.remove()

    def _farewell(self, over: bool, code: int) -> tuple[bool, int]:
        """Tell whether the copy ended by itself, and its exit code as bubblewrap would put it."""
        its = self._visitor.code()
        self._visitor.close()
        if over and its in (None, -signal.SIGKILL):  # it went with all the others
            return True, code
        if its is None:  # the grader's own process that waited for it was killed
            return False, -1
        return True, its if its >= 0 else 128 - its

    def _reading_of(self, code: int) -> str:
        """Read bubblewrap's exit code: the command's, or 128 and the signal that killed it."""
        if code < 0:
            return "lost"
        if self._used >= self.limits.cpu_seconds:
            return "cpu"
        return f"killed by signal {code - 128}" if 128 < code <= 192 else "ended"


def _limit_each(pid: int, limits: Sandbox) -> None:
    """Set the limits of a process, which all that it starts inherit. They stand behind those of the whole."""
    import resource  # not on Windows, where this module can still be imported for its settings

    wanted = {
        # Memory asked for and not yet used counts here, so that a giant array is refused at once, with an error.
        resource.RLIMIT_DATA: limits.memory,
        resource.RLIMIT_AS: 2 * limits.memory + 1024 * MIB,
        resource.RLIMIT_CPU: math.ceil(limits.cpu_seconds) + 1,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_STACK: 8 * MIB,
        resource.RLIMIT_MSGQUEUE: 0,
        # Not 0: with a handler of core dumps installed, only 1 keeps the kernel from feeding it.
        resource.RLIMIT_CORE: 1,
    }
    # Before 5.14 the kernel counts here all processes of the grader's user. The margin lets the watch see an excess.
    if tuple(int(part) for part in platform.release().split(".")[:2]) >= (5, 14):
        wanted[resource.RLIMIT_NPROC] = limits.processes + 16
    for kind, value in wanted.items():
        most = resource.prlimit(pid, kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.prlimit(pid, kind, (value, value))
    # Should the whole machine run out of memory, then the sandbox goes first.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="utf-8")


@atexit.register
def _leave_nothing() -> None:
    for running in list(_all):
        running.close()
