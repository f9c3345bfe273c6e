"""What the processes of a sandbox use, seen from outside through its own ``/proc`` and its own file systems.

The sandbox's ``/proc`` lists its processes and no others, orphans included, so nothing has to be searched for.
"""

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


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
        self._proc = os.open(f"/proc/{init_pid}/root/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for path in writable:
            self._disks.append(os.open(f"/proc/{init_pid}/root{path}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))

    def usage(self) -> Usage:
        """Add up what the processes use now. Memory that several share counts for each of them."""
        cpu, memory, tasks = 0.0, 0, 0
        for pid in self._pids():
            # A command's name may hold spaces and brackets; the numbers stand behind the last one.
            fields = self._read(f"{pid}/stat").rpartition(b")")[2].split()
            if fields:
                cpu += sum(map(int, fields[11:15])) / TICK  # its own, and that of children it waited for
                tasks += int(fields[17])
                memory += int(fields[21]) * PAGE
        return Usage(cpu, memory, tasks)

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
        """Add up the memory, each shared page once: exact, but slow."""
        total = 0
        for pid in self._pids():
            for line in self._read(f"{pid}/smaps_rollup").splitlines():
                if line.startswith(b"Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def disk(self) -> tuple[int, int]:
        """Count the bytes and the files of the writable file systems."""
        disks = [os.fstatvfs(file) for file in self._disks]
        size = sum((disk.f_blocks - disk.f_bfree) * disk.f_frsize for disk in disks)
        return size, sum(disk.f_files - disk.f_ffree for disk in disks)

    def close(self) -> None:
        """Close the descriptors: the sandbox's file systems are freed with the last one."""
        for file in [self._proc, *self._disks]:
            os.close(file)

    def _pids(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._proc) if name.isdigit()]
        except OSError:
            return []

    def _read(self, name: str) -> bytes:
        with contextlib.suppress(OSError):  # it has just ended
            file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._proc)
            try:
                return os.read(file, 8192)
            finally:
                os.close(file)
        return b""
