"""Measure from outside what the processes of a sandbox use, through the sandbox's own ``/proc`` and file systems.

That ``/proc`` lists exactly the sandbox's processes, orphans included.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import NamedTuple

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
MAX_READ = 2**20  # bytes of a file in /proc
MAX_MAPPINGS = MAX_READ // 2  # a longer list of mappings may not have been read to its end
# Lines of /proc/PID/status: what a fork inherits from its parent, or may change in it.
INHERITED = (b"Threads", b"SigIgn", b"SigCgt", b"SigBlk", b"Cpus_allowed", b"Mems_allowed", b"CapEff", b"Seccomp")


def _send_buffer() -> int:
    """Return the bytes that a socket's buffer may hold; before Linux 6.11 a container cannot read the number."""
    try:
        return int(Path("/proc/sys/net/core/wmem_default").read_text(encoding="ascii"))
    except OSError:
        return 212_992  # Linux's own default


def queued_here() -> float:
    """Measure how long this thread has waited for a core so far.

    Returns
    -------
    float
        Seconds; 0 where the kernel does not count them.
    """
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Usage(NamedTuple):
    """Usage of all processes together: CPU seconds; bytes of memory; number of processes and threads."""

    cpu: float
    memory: int
    tasks: int


class ProcessTree:
    """The processes and files of a sandbox.

    Parameters
    ----------
    init_pid : int
        Process id of its first process; everything must be mounted already.
    writable : list of str
        Mount points of its writable file systems.
    """

    def __init__(self, init_pid: int, writable: list[str]) -> None:
        self._disks: list[int] = []
        # The seccomp filter lets no process ask for more; the last message may exceed it.
        self._socket_bytes = 2 * _send_buffer()
        inside = f"/proc/{init_pid}/root"
        self._proc = os.open(f"{inside}/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for path in writable:
            self._disks.append(os.open(f"{inside}{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def usage(self) -> Usage:
        """Add up what the processes use now; shared memory counts for each process that shares it."""
        cpu, memory, tasks, sockets = 0.0, 0, 0, 0
        for pid in self._pids():
            if fields := self._stat(pid):
                sockets = sockets or self._read(f"{pid}/net/unix").count(b"\n")
                cpu += sum(map(int, fields[11:15])) / TICK  # its own, and that of children that it waited for
                tasks += int(fields[17])
                memory += self._resident(fields)
        return Usage(cpu, memory + self._buffers(sockets), tasks)

    def shared(self) -> dict[str, object]:
        """Describe what a fork of the processes would share with them, or could change in them.

        Returns
        -------
        dict
            Process id → its process group, session, priority, scheduling policy, ``INHERITED`` lines of its status,
            limits, shared memory mappings and open files; None where they cannot be read. Two descriptions are equal
            if none of these has changed.
        """
        found: dict[str, object] = {}
        for pid in self._pids():
            fields = self._stat(pid)
            # A name in them may hold any byte but a line's end.
            status = [line for line in self._read(f"{pid}/status").split(b"\n") if line.startswith(INHERITED)]
            mappings = self._read(f"{pid}/maps")
            maps = [line for line in mappings.split(b"\n") if line.partition(b" ")[2].partition(b" ")[0].endswith(b"s")]
            try:
                if len(mappings) > MAX_MAPPINGS:
                    raise OSError("more than can be looked through")
                folder = os.open(f"{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
                try:
                    files = {
                        name: (os.readlink(name, dir_fd=folder), self._flags(pid, name)) for name in os.listdir(folder)
                    }
                finally:
                    os.close(folder)
                found[pid] = fields[2:4], fields[15:17], fields[37:39], status, self._read(f"{pid}/limits"), maps, files
            except OSError:  # it is just ending, or has made itself unreadable
                found[pid] = None
        return found

    def queued(self) -> float:
        """Add up the seconds for which the present threads have waited for a core; 0 where not counted."""
        nanoseconds = 0
        for pid in self._pids():
            with contextlib.suppress(OSError):
                tasks = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
                try:
                    for task in os.listdir(tasks):
                        fields = self._read(f"{pid}/task/{task}/schedstat").split()
                        nanoseconds += int(fields[1]) if len(fields) > 1 else 0
                finally:
                    os.close(tasks)
        return nanoseconds / 1e9

    def memory(self) -> int:
        """Add up the memory, each shared page once: exact, but slow. Of who keeps others from looking, all of it."""
        total, sockets = 0, 0
        for pid in self._pids():
            sockets = sockets or self._read(f"{pid}/net/unix").count(b"\n")
            rollup = self._read(f"{pid}/smaps_rollup").splitlines()
            shares = [int(line.split()[1]) * 1024 for line in rollup if line.startswith(b"Pss:")]
            total += shares[0] if shares else self._resident(self._stat(pid))
        return total + self._buffers(sockets)

    def disk(self) -> tuple[int, int]:
        """Return the bytes and the number of files in the writable file systems."""
        disks = [os.fstatvfs(file) for file in self._disks]
        size = sum((disk.f_blocks - disk.f_bfree) * disk.f_frsize for disk in disks)
        return size, sum(disk.f_files - disk.f_ffree for disk in disks)

    def close(self) -> None:
        """Close the descriptors: while any is open, the kernel keeps the sandbox's file systems."""
        for file in [self._proc, *self._disks]:
            os.close(file)

    def _stat(self, pid: str) -> list[bytes]:
        """Give the fields of ``/proc/PID/stat`` from the third one on; none where it has just ended."""
        # A command's name may hold spaces and brackets; the numbers stand behind the last one.
        return self._read(f"{pid}/stat").rpartition(b")")[2].split()

    @staticmethod
    def _resident(fields: list[bytes]) -> int:
        return int(fields[21]) * PAGE if fields else 0

    def _flags(self, pid: str, descriptor: str) -> bytes:
        """Return the status flags of an open file, which all processes that share the file share too."""
        return self._read(f"{pid}/fdinfo/{descriptor}").partition(b"flags:")[2].partition(b"\n")[0]

    def _buffers(self, lines: int) -> int:
        """Return the bytes that sockets can hold, from the line count of the kernel's list, which has a header."""
        return max(0, lines - 1) * self._socket_bytes

    def _pids(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._proc) if name.isdigit()]
        except OSError:
            return []

    def _read(self, name: str) -> bytes:
        with contextlib.suppress(OSError):  # the process has just ended
            file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
            try:
                return b"".join(itertools.takewhile(bool, (os.read(file, MAX_READ) for _ in range(MAX_READ // PAGE))))
            finally:
                os.close(file)
        return b""
