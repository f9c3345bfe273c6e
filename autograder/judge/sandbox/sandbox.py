"""The sandbox: a student's process, and all that it starts, inside bubblewrap and under limits.

A single thread starts the sandbox, watches it and cleans up after it: ``PR_SET_PDEATHSIG`` kills the sandbox when the
thread that started it ends, and so also when the grader ends, for whatever reason.
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
from typing import Any, Literal

from traitlets import Float, Integer
from traitlets.config import Configurable

from autograder.judge.sandbox.bwrap import WRITABLE, bwrap_arguments, environment, find_bubblewrap
from autograder.judge.sandbox.cgroup import ControlGroup
from autograder.judge.sandbox.launch import CHANNEL, BwrapProcess, NoSandbox, open_copies
from autograder.judge.sandbox.usage import ProcessTree, Usage
from autograder.judge.sandbox.zygote import PlaceholderProcess, Zygote, ZygoteFork

__all__ = ["CHANNEL", "NoSandbox", "Running", "Sandbox"]

MIB = 1024**2
log = logging.getLogger(__name__)
Limit = Literal["cpu", "wall", "memory", "processes", "disk"]
_all_running: weakref.WeakSet[Running] = weakref.WeakSet()


class Sandbox(Configurable):
    """The limits of a sandbox, and the method that starts a sandbox."""

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
    output_bytes = Integer(20 * MIB, min=1024, help="Bytes read from the channel while a cell runs.").tag(config=True)
    interval = Float(0.03, min=0.005, help="Seconds between two checks of a sandbox's limits.").tag(config=True)

    def start(
        self,
        command: list[str],
        folder: Path | None = None,
        readable: Iterable[Path] = (),
        hidden: Iterable[Path] = (),
        files: Mapping[str, bytes] | None = None,
        variables: Mapping[str, str] | None = None,
        zygote: Zygote | None = None,
    ) -> Running:
        """Start a process in a sandbox of its own.

        Parameters
        ----------
        command : list of str
            The command to run inside, in the home; ``sys.executable`` has the same path there.
        folder : Path, optional
            The submission's folder: its regular files, without notebooks, are copied into the home.
        readable : iterable of Path
            Files and folders that are shown inside, read only, at the same path.
        hidden : iterable of Path
            Files and folders that are covered where they lie inside something shown.
        files : mapping, optional
            Further files for the home: name → content.
        variables : mapping, optional
            Further environment variables; none of the grader's own is passed on.
        zygote : Zygote, optional
            The process is forked from it; the command must then be ``[sys.executable, …, "-c", code, …]``.

        Returns
        -------
        Running
            The sandbox; its process has begun to run.

        Raises
        ------
        NoSandbox
            No sandbox can be started on this machine.
        """
        bubblewrap = find_bubblewrap()
        if bubblewrap is None:
            raise NoSandbox("bubblewrap is not installed")
        with open_copies(folder, files or {}, self.disk // 2) as copies:
            arguments = bwrap_arguments(bubblewrap, readable, hidden, copies, self.disk)
            environ = environment() | dict(variables or {})
            return Running(self, (bubblewrap, arguments, command, environ), [file for _, file in copies], zygote)


class Running:
    """A started sandbox; as a context manager, it is killed at the end of the ``with`` block.

    Parameters
    ----------
    limits : Sandbox
    launch : tuple
        ``(bubblewrap, arguments, command, variables)`` as for :class:`BwrapProcess`.
    inherited : list of int
        Descriptors to which the arguments refer by number.
    zygote : Zygote, optional
        The process is forked from it.

    Attributes
    ----------
    read, write : int
        Descriptors of the channel: from ``read`` comes what the process sends, to ``write`` goes what it is sent. They
        stay open until ``close``.
    exit_code : int or None
        The process's exit code, once it has ended by itself.
    cgroup_version : int or None
        Version of its control group (1 or 2); None where there is no control group.

    Raises
    ------
    NoSandbox
        It could not be started.
    """

    def __init__(self, limits: Sandbox, launch: tuple[Any, ...], inherited: list[int], zygote: Zygote | None) -> None:
        self.limits = limits
        self.exit_code: int | None = None
        self.cgroup_version: int | None = None
        self._owner = os.getpid()
        self._cause: str | None = None
        self._cpu_used = self._cpu_seen = 0.0
        self._bwrap: BwrapProcess | None = None
        self._zygote = zygote
        self._fork: ZygoteFork | None = None
        # Processes that are not the student's: bubblewrap's first process; with a zygote, the placeholder too.
        self._other_tasks = 2 if zygote else 1
        self._tree: ProcessTree | None = None
        self._group: ControlGroup | None = None
        self._error: Exception | None = None
        self._lock = threading.RLock()
        self._started, self._ended = threading.Event(), threading.Event()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        child_reads, self.write = os.pipe()
        self.read, child_writes = os.pipe()
        try:
            arguments = (*launch, (child_reads, child_writes), inherited)
            threading.Thread(target=self._run, args=(arguments,), daemon=True).start()
            self._started.wait()
        finally:
            os.close(child_reads)
            os.close(child_writes)
        if self._error:
            self.close()
            raise self._error
        _all_running.add(self)

    # --- what others ask ----------------------------------------------------------------------------------------------

    def cause(self) -> str | None:
        """Tell why the sandbox has ended.

        Returns
        -------
        str or None
            None while it runs. "ended": the process ended by itself, see ``exit_code``. "killed by signal N": it
            crashed. "cpu", "wall", "memory", "processes", "disk": it broke a limit. "lost": bubblewrap was killed
            from outside, which no student can do. Otherwise the argument of ``kill_and_wait``.
        """
        return self._cause if self._ended.is_set() else None

    def cpu(self) -> float:
        """Return the CPU seconds that all processes have used so far.

        Returns
        -------
        float
            Without a control group, the CPU time of ended processes whose parent did not wait for them is missing.
        """
        with self._lock:
            if self._tree:
                self._measure()
            return self._cpu_used

    def queued(self) -> float:
        """Return the seconds for which the processes that run now have waited for a core.

        Returns
        -------
        float
            0 where the kernel does not count them.
        """
        with self._lock:
            return self._tree.queued() if self._tree else 0.0

    def shared(self) -> dict[str, object]:
        """Describe what forks of the processes inside share with them; see ``ProcessTree.shared``."""
        with self._lock:
            return self._tree.shared() if self._tree else {}

    def stderr_tail(self) -> str:
        """Return the end of what was written to standard output and error, which are separate from the channel."""
        return self._bwrap.stderr_tail() if self._bwrap else ""

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait until the sandbox has ended.

        Parameters
        ----------
        seconds : float, optional
            Wait no longer than this; by default without a limit.

        Returns
        -------
        str or None
            As ``cause``.
        """
        self._ended.wait(seconds)
        return self.cause()

    def kill_and_wait(self, cause: str = "killed") -> None:
        """Kill every process, and wait until all have ended.

        Parameters
        ----------
        cause : str
            What ``cause()`` will return, unless the sandbox had ended before.
        """
        if os.getpid() != self._owner:
            return  # a fork of the grader copies this object, but not the thread
        with self._lock:
            if self._bwrap and not self._ended.is_set():
                self._cause = self._cause or cause
                os.eventfd_write(self._wake, 1)
        self._ended.wait()

    def close(self) -> None:
        """Kill every process, and close the channel."""
        self.kill_and_wait()
        # In a fork of the grader, no thread is left to release a lock that was held when it forked.
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

    def _run(self, arguments: tuple[Any, ...]) -> None:
        try:
            self._start(arguments)
            self._started.set()
            self._watch()
        except Exception as error:
            if self._started.is_set():
                log.exception("A sandbox could not be watched, and was ended.")
            self._error = NoSandbox(f"bubblewrap: {error}") if isinstance(error, OSError) else error
            self._cause = self._cause or "lost"
        finally:
            try:
                self._clean_up()
            finally:
                self._ended.set()
                self._started.set()

    def _start(self, arguments: tuple[Any, ...]) -> None:
        limits = self.limits
        self._deadline = time.monotonic() + limits.wall_seconds
        bwrap = self._bwrap = PlaceholderProcess(*arguments) if self._zygote else BwrapProcess(*arguments)
        init_pid = bwrap.init_pid
        self._tree = ProcessTree(init_pid, WRITABLE)
        self._group = ControlGroup.create(limits.memory, limits.processes + self._other_tasks)
        if self._group:
            try:
                self._group.add(init_pid)
                self.cgroup_version = self._group.version
            except OSError:  # the grader may make groups there, but not move processes into them
                self._group.remove()
                self._group = None
        _set_rlimits(init_pid, limits)
        if not self._zygote and os.geteuid() == 0:
            bwrap.protect_devices()
        bwrap.release()
        if self._zygote and isinstance(bwrap, PlaceholderProcess):
            self._fork = self._zygote.fork_into(bwrap, *arguments[2:5])
            if self._group:
                self._group.add(self._fork.pid)
            _set_rlimits(self._fork.pid, limits)
            self._fork.release()

    def _watch(self) -> None:
        """Wait for the end of the process, for ``kill_and_wait`` or for a broken limit."""
        assert self._bwrap, "it was started"
        poll = select.poll()
        pidfd = os.pidfd_open(self._bwrap.popen.pid)
        try:
            poll.register(pidfd, select.POLLIN)
            poll.register(self._wake, select.POLLIN)
            if self._fork:
                poll.register(self._fork.status_fd, select.POLLIN)
            pause = self.limits.interval
            while not poll.poll(pause * 1000):
                spent = time.thread_time()
                self._bwrap.read_stderr()
                if limit := self._broken_limit():
                    with self._lock:
                        self._cause = self._cause or limit
                    return
                # Many processes take longer to check: check them less often, to use no more than 2 % of a core.
                spent = time.thread_time() - spent
                pause = min(max(50 * spent, self.limits.interval), 4 * self.limits.interval)
        finally:
            os.close(pidfd)

    def _broken_limit(self) -> Limit | None:
        assert self._tree, "it was started, and is not cleaned up yet"
        limits = self.limits
        if self._group and (limit := self._group.broken_limit()):
            return limit
        usage = self._measure()
        if time.monotonic() > self._deadline + limits.busy * self._cpu_used:
            return "wall"
        if self._cpu_used > limits.cpu_seconds:
            return "cpu"
        space, files = self._tree.disk()
        if space > limits.disk or files > limits.file_count:
            return "disk"
        if not self._group:
            if usage.tasks - self._other_tasks > limits.processes:
                return "processes"
            # ``usage`` counts shared pages several times; the exact sum is slow, and made only if needed.
            if usage.memory + space > limits.memory and self._tree.memory() + space > limits.memory:
                return "memory"
        return None

    def _measure(self) -> Usage:
        """Measure the present usage: by the control group, which is cheap, or else process by process."""
        with self._lock:
            assert self._tree, "it was started, and is not cleaned up yet"
            group_cpu = self._group.cpu() if self._group else None
            used = self._tree.usage() if group_cpu is None else Usage(group_cpu, 0, 0)
            if used.cpu < self._cpu_seen:  # one ended while we looked, or nobody was there to be told of its time
                used = self._tree.usage()
            self._cpu_used += max(0.0, used.cpu - self._cpu_seen)
            self._cpu_seen = used.cpu
            return used

    def _clean_up(self) -> None:
        """Kill the processes that still run, find out why the sandbox ended, and remove its control group."""
        if not self._bwrap:
            return
        self.cpu()
        ended_itself = self._bwrap.popen.poll() is not None
        code = self._bwrap.kill_and_wait()
        if self._fork:
            ended_itself, code = _exit_of_fork(self._fork, ended_itself, code)
        with self._lock:
            self.cpu()
            limit = self._group.broken_limit() if self._group else None
            if self._cause is None:
                self._cause = limit or self._cause_of_exit(code)
            if ended_itself and self._cause == "ended":
                self.exit_code = code
            if self._tree:
                self._tree.close()
                self._tree = None
            if self._group:
                self._group.remove()

    def _cause_of_exit(self, code: int) -> str:
        """Interpret bubblewrap's exit code: the command's, or 128 plus the number of the signal that killed it."""
        if code < 0:
            return "lost"
        if self._cpu_used >= self.limits.cpu_seconds:
            return "cpu"
        return f"killed by signal {code - 128}" if 128 < code <= 192 else "ended"


def _exit_of_fork(fork: ZygoteFork, bwrap_ended: bool, bwrap_code: int) -> tuple[bool, int]:
    """Tell whether a fork ended by itself, and its exit code in bubblewrap's terms."""
    status = fork.exit_status()
    fork.close()
    if bwrap_ended and status in (None, -signal.SIGKILL):  # it was killed with all the others
        return True, bwrap_code
    if status is None:  # the zygote's child that waited for it was killed
        return False, -1
    return True, status if status >= 0 else 128 - status


def _set_rlimits(pid: int, limits: Sandbox) -> None:
    """Set the resource limits of a process, which its children inherit: a second line behind the sandbox's limits."""
    import resource  # not on Windows, where this module can still be imported for its settings

    rlimits = {
        # Counts memory that is allocated but not yet used, so that a huge array is a MemoryError at once.
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
    # Before Linux 5.14 this counts all processes of the grader's user. The margin lets ``_watch`` see an excess first.
    if tuple(int(part) for part in platform.release().split(".")[:2]) >= (5, 14):
        rlimits[resource.RLIMIT_NPROC] = limits.processes + 16
    for kind, value in rlimits.items():
        hard = resource.prlimit(pid, kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.prlimit(pid, kind, (value, value))
    # If the whole machine runs out of memory, the kernel kills the sandbox first.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="utf-8")


@atexit.register
def _close_all() -> None:
    for running in list(_all_running):
        running.close()
