"""Start students' processes without importing anything: as copies of one that has (``guest/forked.py``).

Bubblewrap builds each sandbox as for any other command, and what waits in it does nothing. The copy joins it from
outside, as a debugger's ``nsenter`` does. So no two students share more than the memory that the warm process began
with, and every wall, limit and watch is the same for both ways of starting.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from autograder.judge.sandbox import seccomp
from autograder.judge.sandbox.bwrap import HOME, Bubblewrap, environment
from autograder.judge.sandbox.launch import Held, NoSandbox

GUEST = Path(__file__).resolve().parents[1] / "guest"
# What bubblewrap runs where a copy is to enter: it says that the walls are built, down to the last, and waits.
WAITING = ["/bin/sh", "-c", "echo >&4; exec 4>&-; read never <&3"]
START_SECONDS = 60.0
MOST = 1_000_000


class Zygote:
    """The warm process, as seen from the grader's.

    Parameters
    ----------
    modules : iterable of str
        What it imports beside the student's side of the judge.
    places : iterable of Path
        Where these are found, beside the interpreter's own.
    fonts : Path, optional
        Matplotlib's list of fonts, which takes long to make.

    Raises
    ------
    NoSandbox
        It cannot be made here: an old kernel, an interpreter that does not run from memory, a module that is missing.
    """

    def __init__(self, modules: Iterable[str] = (), places: Iterable[Path] = (), fonts: Path | None = None) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = list(dict.fromkeys([str(GUEST.parent), *map(str, places)]))
        code = f"import sys; sys.path[:0] = {paths}; from guest.forked import main; main({theirs.fileno()})"
        program = _sealed(sys.executable)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                executable=f"/proc/self/fd/{program}",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), program],
                env=environment(),  # copies can read it in /proc
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._line.close()
            raise NoSandbox(f"no warm process: {error}") from None
        finally:
            theirs.close()
            os.close(program)
        self._say({"modules": list(modules), "fonts": str(fonts) if fonts else None})
        if not select.select([self._line], [], [], START_SECONDS)[0] or self._line.recv(100) != b"ready":
            self.close()
            raise NoSandbox("no warm process: it ended while importing")

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def enter(
        self, held: Waiting, command: list[str], variables: Mapping[str, str], channel: tuple[int, int]
    ) -> Visitor:
        """Have a copy enter a sandbox that stands.

        Parameters
        ----------
        held : Waiting
            The sandbox.
        command : list of str
            ``[sys.executable, option, ..., "-c", code, argument, ...]``.
        variables : mapping
            The whole environment.
        channel : tuple of int
            Descriptors that become ``CHANNEL`` inside.

        Returns
        -------
        Visitor
            The copy, which waits to begin.

        Raises
        ------
        NoSandbox
            It did not get in.
        """
        held.wait()
        place = command.index("-c")
        told = {
            "code": command[place + 1],
            "arguments": command[place + 2 :],
            "environment": {**variables, "PWD": HOME},
            "home": HOME,
            "filter": seccomp.program().hex(),
        }
        (door, ours), (report, theirs) = os.pipe(), os.pipe()
        try:
            self._say(told, [held.seen, *channel, held.words_end, door, theirs])
        except NoSandbox:
            os.close(ours), os.close(report)
            raise
        finally:
            os.close(door), os.close(theirs)
        return Visitor(report, ours)

    def close(self) -> None:
        """End it; its copies go on."""
        self._line.close()
        self._process.kill()
        self._process.wait()

    def _say(self, value: dict, descriptors: Iterable[int] = ()) -> None:
        try:
            socket.send_fds(self._line, [json.dumps(value).encode()], list(descriptors))
        except OSError as error:
            raise NoSandbox(f"the warm process is gone: {error.strerror}") from None


class Waiting(Held):
    """A sandbox in which nothing runs that is to do anything."""

    def __init__(
        self,
        found: Bubblewrap,
        walls: list[str],
        command: list[str],
        variables: Mapping[str, str],
        channel: tuple[int, int],
        passed: list[int],
    ) -> None:
        (never, self._never), (self._ready, ready) = os.pipe(), os.pipe()
        try:
            super().__init__(found, walls, WAITING, variables, (never, ready), passed)
        except BaseException:
            self._let_go()
            raise
        finally:
            os.close(never), os.close(ready)

    def wait(self) -> None:
        """Wait until the walls are built.

        Raises
        ------
        NoSandbox
            They are not.
        """
        if not select.select([self._ready], [], [], START_SECONDS)[0] or not os.read(self._ready, 1):
            raise NoSandbox(self.last_words() or "bubblewrap ended without a word")

    def kill_and_wait(self) -> int:
        """As for any sandbox."""
        self._let_go()
        return super().kill_and_wait()

    def _let_go(self) -> None:
        if self._ready >= 0:
            os.close(self._ready), os.close(self._never)
            self._ready = self._never = -1


class Visitor:
    """A copy of the warm process in a sandbox.

    Parameters
    ----------
    report : int
        Descriptor at which it is told what becomes of it; readable once it has ended.
    door : int
        Descriptor that lets it begin.

    Attributes
    ----------
    pid : int
        Its number, as seen from here.

    Raises
    ------
    NoSandbox
        It did not get in.
    """

    def __init__(self, report: int, door: int) -> None:
        self.report, self._door = report, door
        told = self._line() if select.select([report], [], [], START_SECONDS)[0] else b""
        if not told.strip().isdigit():
            self.close()
            raise NoSandbox(f"no copy of the warm process: {told.decode(errors='replace').strip(' !') or 'no answer'}")
        self.pid = int(told)

    def go(self) -> None:
        """Let it begin."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._door, b"!")

    def code(self) -> int | None:
        """Give the exit code of one that has ended, negative if a signal ended it; None if nobody knows."""
        told = self._line()
        return int(told) if told else None

    def close(self) -> None:
        """Let go of it."""
        os.close(self.report), os.close(self._door)

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (piece := os.read(self.report, 1)):
            line += piece
        return line


def _sealed(program: str) -> int:
    """Copy a program to memory that nobody can change: through ``/proc/self/exe`` a copy can open what it runs."""
    import fcntl  # not on Windows, where nbgrader's side still imports this module

    file = os.memfd_create("python", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(os.path.realpath(program), "rb") as source, os.fdopen(os.dup(file), "wb") as target:
        shutil.copyfileobj(source, target, 2**20)
    fcntl.fcntl(
        file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    )
    return file
