"""What the processes of a sandbox use, seen from outside through its own ``/proc`` and its own file systems.

The sandbox's ``/proc`` lists its processes and no others, orphans included, so nothing has to be searched for.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import NamedTuple

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
MAX_READ = 2**20  # bytes of one file in /proc
MAX_MAPPINGS = MAX_READ // 2  # bytes of a list of mappings that was surely read to its end
# Of /proc/PID/status: what a fork has from its parent, or may change of it.
INHERITED = (b"Threads", b"SigIgn", b"SigCgt", b"SigBlk", b"Cpus_allowed", b"Mems_allowed", b"CapEff", b"Seccomp")


def _send_buffer() -> int:
    """Give the bytes that a socket may hold; before Linux 6.11 a container does not see the number."""
    try:
        return int(Path("/proc/sys/net/core/wmem_default").read_text(encoding="ascii"))
    except OSError:
        return 212_992  # Linux's own default


def queued_here() -> float:
    """Tell for how many seconds this thread has waited for a core so far; 0 where the kernel does not say."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


class Usage(NamedTuple):
    """What all processes use together: CPU seconds, bytes of memory, processes and threads."""

    cpu: float
    memory: int
    tasks: int


class ProcessTree:
    """The processes and the files of one sandbox.

    Parameters
    ----------
    init_pid : int
        Its first process, for which everything is mounted.
    writable : list of str
        Where its writable file systems are mounted.
    """

    def __init__(self, init_pid: int, writable: list[str]) -> None:
        self._disks: list[int] = []
        # The filter lets nobody ask for more; a last message may exceed it.
        self._socket_bytes = 2 * _send_buffer()
        inside = f"/proc/{init_pid}/root"
        self._proc = os.open(f"{inside}/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for path in writable:
            self._disks.append(os.open(f"{inside}{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def usage(self) -> Usage:
        """Add up what the processes use now. Memory that several share counts for each of them."""
        cpu, memory, tasks, sockets = 0.0, 0, 0, 0
        for pid in self._pids():
            if fields := self._stat(pid):
                sockets = sockets or self._read(f"{pid}/net/unix").count(b"\n")
                cpu += sum(map(int, fields[11:15])) / TICK  # its own, and that of children it waited for
                tasks += int(fields[17])
                memory += self._resident(fields)
        return Usage(cpu, memory + self._buffers(sockets), tasks)

    def shared(self) -> dict[str, object]:
        """Describe what forks of the processes would share with them, or could change of them.

        Returns
        -------
        dict
            Two descriptions are equal where nothing of that came or went: process → its threads, signal handlers,
            limits, priority, open files, and memory that is mapped to be shared. None where it may not be looked at.
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
            except OSError:  # it ends just now, or keeps others from looking
                found[pid] = None
        return found

    def queued(self) -> float:
        """Add up the seconds for which threads that run now have waited for a core; 0 where the kernel does not say."""
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
        """Count the bytes and the files of the writable file systems."""
        disks = [os.fstatvfs(file) for file in self._disks]
        size = sum((disk.f_blocks - disk.f_bfree) * disk.f_frsize for disk in disks)
        return size, sum(disk.f_files - disk.f_ffree for disk in disks)

    def close(self) -> None:
        """Close the descriptors: the sandbox's file systems are freed with the last one."""
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
        """Give the flags of an open file, which belong to all who share it."""
        return self._read(f"{pid}/fdinfo/{descriptor}").partition(b"flags:")[2].partition(b"\n")[0]

    def _buffers(self, lines: int) -> int:
        """Give the bytes that so many sockets can hold, by the kernel's list of them; its first line is a header."""
        return max(0, lines - 1) * self._socket_bytes

    def _pids(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._proc) if name.isdigit()]
        except OSError:
            return []

    def _read(self, name: str) -> bytes:
        with contextlib.suppress(OSError):  # it has just ended
            file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
            try:
                return b"".join(itertools.takewhile(len, (os.read(file, MAX_READ) for _ in range(MAX_READ // PAGE))))
            finally:
                os.close(file)
        return b""
