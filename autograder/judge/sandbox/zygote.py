"""Start students' processes as forks of a process that has done their imports already (``guest/zygote_main.py``).

Bubblewrap builds each sandbox as for any other command, around a placeholder that only waits. The fork enters the
sandbox from outside, as ``nsenter`` does. So students share nothing but the memory that the zygote had before any of
their code ran, and mounts and limits are the same as without a zygote.
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
from autograder.judge.sandbox.launch import BwrapProcess, NoSandbox

GUEST = Path(__file__).resolve().parents[1] / "guest"
# The command of a sandbox that a fork will enter: it signals that everything is mounted, and waits.
PLACEHOLDER_COMMAND = ["/bin/sh", "-c", "echo >&4; exec 4>&-; read never <&3"]
START_SECONDS = 60.0


class Zygote:
    """A process that has imported what notebooks need; students' processes are forked from it.

    Parameters
    ----------
    modules : iterable of str
        Modules that it imports beside ``guest.student``.
    folders : iterable of Path
        Folders to put on its search path.
    fonts : Path, optional
        Matplotlib's cached list of fonts, which takes seconds to make.

    Raises
    ------
    NoSandbox
        It cannot be started here: an old kernel, an interpreter that does not run from a memory file, a missing module.
    """

    def __init__(self, modules: Iterable[str] = (), folders: Iterable[Path] = (), fonts: Path | None = None) -> None:
        self._socket, child_socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        paths = list(dict.fromkeys([str(GUEST.parent), *map(str, folders)]))
        code = f"import sys; sys.path[:0] = {paths}; from guest.zygote_main import main; main({child_socket.fileno()})"
        program = _sealed_copy(sys.executable)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                executable=f"/proc/self/fd/{program}",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[child_socket.fileno(), program],
                env=environment(),  # forks can read it in /proc
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            self._socket.close()
            raise NoSandbox(f"no warm process: {error}") from None
        finally:
            child_socket.close()
            os.close(program)
        self._send({"modules": list(modules), "fonts": str(fonts) if fonts else None})
        if not select.select([self._socket], [], [], START_SECONDS)[0] or self._socket.recv(100) != b"ready":
            self.close()
            raise NoSandbox("no warm process: it ended while importing")

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return self._process.poll() is None

    def fork_into(
        self,
        placeholder: PlaceholderProcess,
        command: list[str],
        variables: Mapping[str, str],
        channel: tuple[int, int],
    ) -> ZygoteFork:
        """Fork the zygote, and have the fork enter a sandbox.

        Parameters
        ----------
        placeholder : PlaceholderProcess
            The sandbox to enter.
        command : list of str
            ``[sys.executable, option, ..., "-c", code, argument, ...]``.
        variables : mapping
            The whole environment.
        channel : tuple of int
            Descriptors that become ``CHANNEL`` inside.

        Returns
        -------
        ZygoteFork
            The fork; it runs the command after ``release``.

        Raises
        ------
        NoSandbox
            The fork could not enter the sandbox.
        """
        placeholder.wait_until_ready()
        index = command.index("-c")
        request = {
            "code": command[index + 1],
            "arguments": command[index + 2 :],
            "environment": {**variables, "PWD": HOME},
            "home": HOME,
            "filter": seccomp.program().hex(),
        }
        (start, start_end), (status, status_end) = os.pipe(), os.pipe()
        try:
            self._send(request, [placeholder.init_pidfd, *channel, placeholder.stderr_fd, start, status_end])
        except NoSandbox:
            os.close(start_end)
            os.close(status)
            raise
        finally:
            os.close(start)
            os.close(status_end)
        return ZygoteFork(status, start_end)

    def close(self) -> None:
        """Kill the zygote; its forks keep running."""
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _send(self, value: dict, descriptors: Iterable[int] = ()) -> None:
        try:
            socket.send_fds(self._socket, [json.dumps(value).encode()], list(descriptors))
        except OSError as error:
            raise NoSandbox(f"the warm process is gone: {error.strerror}") from None


class PlaceholderProcess(BwrapProcess):
    """A sandbox whose command is a placeholder that waits, so that a fork of the zygote can enter.

    Parameters
    ----------
    bubblewrap, arguments, variables, inherited
        As for :class:`BwrapProcess`.
    command, channel
        Not used here; they are for the fork that enters.
    """

    def __init__(
        self,
        bubblewrap: Bubblewrap,
        arguments: list[str],
        command: list[str],
        variables: Mapping[str, str],
        channel: tuple[int, int],
        inherited: list[int],
    ) -> None:
        (never, self._never), (self._ready, ready) = os.pipe(), os.pipe()
        try:
            super().__init__(bubblewrap, arguments, PLACEHOLDER_COMMAND, variables, (never, ready), inherited)
        except BaseException:
            self._close_pipes()
            raise
        finally:
            os.close(never)
            os.close(ready)

    def wait_until_ready(self) -> None:
        """Wait until the placeholder runs.

        Raises
        ------
        NoSandbox
            It did not start in time.
        """
        if not select.select([self._ready], [], [], START_SECONDS)[0] or not os.read(self._ready, 1):
            raise NoSandbox(self.stderr_tail() or "bubblewrap ended without a word")

    def kill_and_wait(self) -> int:
        """Kill every process inside and wait, as for any sandbox."""
        self._close_pipes()
        return super().kill_and_wait()

    def _close_pipes(self) -> None:
        if self._ready >= 0:
            os.close(self._ready)
            os.close(self._never)
            self._ready = self._never = -1


class ZygoteFork:
    """A fork of the zygote that has entered a sandbox.

    Parameters
    ----------
    status_fd : int
        Descriptor from which the fork's pid and, once it has ended, its exit status are read, each on a line.
    start_fd : int
        Descriptor that ``release`` writes to.

    Attributes
    ----------
    pid : int
        Process id in the grader's namespace.

    Raises
    ------
    NoSandbox
        The fork could not enter the sandbox.
    """

    def __init__(self, status_fd: int, start_fd: int) -> None:
        self.status_fd, self._start_fd = status_fd, start_fd
        line = self._read_line() if select.select([status_fd], [], [], START_SECONDS)[0] else b""
        if not line.strip().isdigit():
            self.close()
            raise NoSandbox(f"no copy of the warm process: {line.decode(errors='replace').strip(' !') or 'no answer'}")
        self.pid = int(line)

    def release(self) -> None:
        """Let the fork run its command."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._start_fd, b"!")

    def exit_status(self) -> int | None:
        """Wait until the fork has ended.

        Returns
        -------
        int or None
            Its exit code, negative if a signal ended it; None where the zygote's child that waits for it was killed.
        """
        line = self._read_line()
        return int(line) if line else None

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self.status_fd)
        os.close(self._start_fd)

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (piece := os.read(self.status_fd, 1)):
            line += piece
        return line


def _sealed_copy(program: str) -> int:
    """Copy a program to a sealed memory file: a fork could otherwise open it for writing by ``/proc/self/exe``."""
    import fcntl  # not on Windows, where nbgrader's side still imports this module

    file = os.memfd_create("python", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(os.path.realpath(program), "rb") as source, os.fdopen(os.dup(file), "wb") as target:
        shutil.copyfileobj(source, target, 2**20)
    fcntl.fcntl(
        file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    )
    return file
