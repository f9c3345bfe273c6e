"""A control group per sandbox, where one may be made: the kernel then counts and limits all its processes together.

Version 2 needs a delegated folder (root's, or a desktop session's under systemd); version 1 needs root. Elsewhere the
sandbox relies on limits per process and on its own watching thread.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

PREFIX = "autograder"
_numbers = itertools.count()


class ControlGroup:
    """The control group of a sandbox.

    Parameters
    ----------
    folders : dict
        Controller → folder; with version 2 the same folder for all controllers.
    version : int
        1 or 2.
    """

    def __init__(self, folders: dict[str, Path], version: int) -> None:
        self.folders = folders
        self.version = version
        self._files: dict[str, int] = {}

    @classmethod
    def create(cls, memory: int, tasks: int) -> ControlGroup | None:
        """Create a group below our own, or as near to it as the kernel allows.

        Parameters
        ----------
        memory : int
            Bytes that its processes may use together, files in memory included; nothing is swapped out.
        tasks : int
            Processes and threads that may exist in it at a time.

        Returns
        -------
        ControlGroup or None
            None where no group can be made.
        """
        name = f"{PREFIX}-{os.getpid()}-{next(_numbers)}"
        for version, parents in _parent_folders():
            group = cls({}, version)
            try:
                for controller, parent in parents.items():
                    _remove_stale_groups(parent)
                    group.folders[controller] = parent / name
                    group.folders[controller].mkdir(exist_ok=version == 2)
                group._limit(memory, tasks)
                return group
            except OSError:
                group.remove()
        return None

    def add(self, pid: int) -> None:
        """Move a process, which has no children yet, into the group."""
        for folder in set(self.folders.values()):
            (folder / "cgroup.procs").write_text(str(pid), encoding="utf-8")

    def cpu(self) -> float | None:
        """Return the CPU seconds of all processes that ever ran in the group; None where they are not counted."""
        if self.version == 2:
            return self._read("memory", "cpu.stat")["usage_usec"] / 1e6
        if "cpuacct" in self.folders:
            return self._read("cpuacct", "cpuacct.usage")[""] / 1e9
        return None

    def broken_limit(self) -> Literal["memory", "processes"] | None:
        """Tell which limit the kernel has enforced; None where no limit was reached."""
        if self._read("memory", "memory.events" if self.version == 2 else "memory.oom_control")["oom_kill"]:
            return "memory"
        if self._read("pids", "pids.events")["max"]:
            return "processes"
        return None

    def remove(self) -> None:
        """Remove the group; its processes must have ended."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()
        for folder in set(self.folders.values()):
            for _ in range(200):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.005)  # the last task is reaped, but not yet taken off the kernel's list
                else:
                    break

    def _limit(self, memory: int, tasks: int) -> None:
        folder, max_bytes = self.folders["memory"], str(memory)
        if self.version == 2:
            (folder / "memory.max").write_text(max_bytes, encoding="utf-8")
            self._write_if_there("memory.swap.max", "0")
            self._write_if_there("memory.oom.group", "1")
        else:
            (folder / "memory.limit_in_bytes").write_text(max_bytes, encoding="utf-8")
            self._write_if_there("memory.memsw.limit_in_bytes", max_bytes)
        (self.folders["pids"] / "pids.max").write_text(str(tasks), encoding="utf-8")
        self.broken_limit(), self.cpu()  # raises OSError where these cannot be read

    def _write_if_there(self, name: str, value: str) -> None:
        """Write a setting for swap; a kernel may be built without it."""
        file = self.folders["memory"] / name
        if file.exists():
            file.write_text(value, encoding="utf-8")

    def _read(self, controller: str, name: str) -> dict[str, int]:
        if name not in self._files:
            self._files[name] = os.open(self.folders[controller] / name, os.O_RDONLY | os.O_CLOEXEC)
        lines = os.pread(self._files[name], 4096, 0).decode().splitlines()
        return {key: int(value) for key, _, value in (line.rpartition(" ") for line in lines)}


def _parent_folders() -> Iterator[tuple[int, dict[str, Path]]]:
    """Find where a group may be made: ``(version, {controller: parent})``, nearest first."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
        own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return
    v1: dict[str, Path] = {}
    for fields in mounts:
        kind, _, options = fields[fields.index("-") + 1 :][:3]
        if kind not in ("cgroup", "cgroup2"):
            continue
        top = Path(fields[4])
        for _, controllers, path in own:
            here = top / os.path.relpath(path, fields[3])
            if ".." in here.parts:
                continue
            if kind == "cgroup2" and not controllers:
                # A group that holds processes cannot have limited subgroups: make ours beside it, or higher up.
                for folder in [here, *here.parents]:
                    if folder.is_relative_to(top) and _may_limit(folder):
                        yield 2, {"memory": folder, "pids": folder}
            elif kind == "cgroup" and controllers and set(controllers.split(",")) <= set(options.split(",")):
                wanted = {"memory", "pids", "cpuacct"} & set(controllers.split(","))
                v1.update(dict.fromkeys(wanted, here))
    if {"memory", "pids"} <= set(v1):
        yield 1, v1


def _may_limit(folder: Path) -> bool:
    try:
        controllers = (folder / "cgroup.subtree_control").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return {"memory", "pids"} <= set(controllers) and os.access(folder / "cgroup.procs", os.W_OK)


def _remove_stale_groups(parent: Path) -> None:
    """Remove the groups of graders that were killed: their sandboxes died with them, but the groups stayed."""
    for folder in stale_entries(parent, PREFIX):
        with contextlib.suppress(OSError):
            folder.rmdir()


def stale_entries(folder: Path, prefix: str) -> Iterator[Path]:
    """Find entries named ``prefix-PID-…`` whose process no longer exists.

    Parameters
    ----------
    folder : Path
        Folder to search; it need not exist.
    prefix : str

    Yields
    ------
    Path
    """
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            owner = name.removeprefix(f"{prefix}-").partition("-")[0]
            if name.startswith(f"{prefix}-") and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
                yield folder / name
