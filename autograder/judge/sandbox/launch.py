"""Start bubblewrap; its command waits until the process inside has been put under its limits."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.judge.sandbox import seccomp
from autograder.judge.sandbox.bwrap import ACCOUNTS, HOME, Bubblewrap

DEVICES = Path(__file__).resolve().parents[1] / "guest" / "devices.py"
CHANNEL = (3, 4)
"""The guest's file descriptors: it reads from the first what we write, and writes to the second what we read."""
MAX_FILES = 200  # copied into a sandbox
START_SECONDS = 20.0  # for bubblewrap to mount everything
STDERR_TAIL_BYTES = 4096

log = logging.getLogger(__name__)


class NoSandbox(Exception):
    """No sandbox can be started here; the message says why."""


class BwrapProcess:
    """A running bubblewrap whose mounts and namespaces are complete, and whose command waits for ``release``.

    Parameters
    ----------
    bubblewrap : Bubblewrap
        The program.
    arguments : list of str
        Bubblewrap's arguments, see ``bwrap_arguments``.
    command : list of str
        The command to run inside.
    variables : mapping
        The whole environment, of the command and of bubblewrap too: ``/proc/1/environ`` can be read inside.
    channel : tuple of int
        Descriptors that become ``CHANNEL`` inside.
    inherited : list of int
        Further descriptors, to which ``arguments`` refer by number.

    Attributes
    ----------
    init_pid : int
        Process id, in the grader's namespace, of the first process inside. It inherits all orphans; when it ends, the
        kernel kills all others.
    init_pidfd : int
        Its pidfd; -1 where it has ended.
    popen : Popen
        The bubblewrap process outside, which ends with the command.
    stderr_fd : int
        Descriptor for others to write to; ``stderr_tail`` returns what is written.

    Raises
    ------
    NoSandbox
        Bubblewrap failed; the message is what it printed.
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
        self._stderr_tail = b""
        filter_ = _seccomp_filter()
        self._own_fds = contextlib.ExitStack()
        with contextlib.ExitStack() as child_fds:
            self._stderr, stderr = _pipe(self._own_fds, child_fds)
            self.stderr_fd = os.dup(stderr)
            self._own_fds.callback(os.close, self.stderr_fd)
            info, info_end = _pipe(self._own_fds, child_fds)
            block, self._block_end = _pipe(child_fds, self._own_fds)
            os.set_blocking(self._stderr, False)
            program = _owned_memory_file(child_fds, filter_)
            arguments = ["--block-fd", str(block), "--info-fd", str(info_end), "--seccomp", str(program), *arguments]
            # Not on the command line, which can be read inside as well.
            listed = _owned_memory_file(child_fds, b"".join(os.fsencode(argument) + b"\0" for argument in arguments))
            # The shell moves the channel to where nothing written by accident gets into it.
            shell = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", *command]
            try:
                self.popen = subprocess.Popen(
                    [bubblewrap.path, "--args", str(listed), *shell],
                    stdin=channel[0],
                    stdout=channel[1],
                    stderr=stderr,
                    pass_fds=[block, info_end, program, listed, *inherited],
                    env=dict(variables),
                    start_new_session=True,  # Ctrl-C is for the grader, which then ends its sandboxes in order
                )
            except OSError as error:
                self._own_fds.close()
                raise NoSandbox(f"{bubblewrap.path} cannot be started: {error.strerror}") from None
        status = b"".join(iter(lambda: os.read(info, 4096), b""))
        self.init_pid = json.loads(status)["child-pid"] if status else 0
        self.init_pidfd = -1
        with contextlib.suppress(ProcessLookupError):  # bubblewrap may have given up by now
            self.init_pidfd = os.pidfd_open(self.init_pid) if self.init_pid else -1
        if not self._wait_for_mounts():
            self.kill_and_wait()
            raise NoSandbox(self.stderr_tail() or "bubblewrap ended without a word")

    def protect_devices(self) -> None:
        """Have the devices inside protected (``guest/devices.py``); a fork of the zygote does it as it enters."""
        command = [sys.executable, "-I", "-S", str(DEVICES), str(self.init_pidfd)]
        done = subprocess.run(command, pass_fds=[self.init_pidfd], capture_output=True, check=False)
        if done.returncode:
            raise NoSandbox(f"its devices cannot be protected: {done.stderr.decode(errors='replace')[-200:]}")

    def release(self) -> None:
        """Let the command begin."""
        os.write(self._block_end, b"!")

    def read_stderr(self) -> None:
        """Read what was written to standard output and error so far; keep the last ``STDERR_TAIL_BYTES``."""
        with contextlib.suppress(BlockingIOError):
            self._stderr_tail = (self._stderr_tail + os.read(self._stderr, 65536))[-STDERR_TAIL_BYTES:]

    def stderr_tail(self) -> str:
        """Return the end of what ``read_stderr`` has read."""
        return self._stderr_tail.decode("utf-8", errors="replace").strip()

    def kill_and_wait(self) -> int:
        """Kill every process inside and wait until all have ended.

        Returns
        -------
        int
            Bubblewrap's exit code; negative if bubblewrap itself was killed by a signal.
        """
        if self.init_pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.init_pidfd, signal.SIGKILL)
            # The kernel reaps the first process of a pid namespace only after all the others.
            poll = select.poll()
            poll.register(self.init_pidfd, select.POLLIN)
            poll.poll()
            os.close(self.init_pidfd)
        else:
            self.popen.kill()
        code = self.popen.wait()
        self.read_stderr()
        self._own_fds.close()
        return code

    def _wait_for_mounts(self) -> bool:
        """Wait until everything is mounted; False if bubblewrap ended, or took too long."""
        home, deadline = f"/proc/{self.init_pid}/root{HOME}", time.monotonic() + START_SECONDS
        # While bubblewrap mounts, the process's root is the machine's, then an empty one. When all is mounted, the home
        # exists, on another file system than whatever the machine has at that path.
        outside = os.stat(HOME).st_dev if os.path.exists(HOME) else None
        while self.popen.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if os.stat(home).st_dev != outside:
                    return True
            time.sleep(0.0005)
        return False


def memory_file(content: bytes) -> int:
    """Make a file in memory.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    int
        Descriptor, at the beginning of the file; the caller closes it.
    """
    file = os.memfd_create("autograder")
    with os.fdopen(os.dup(file), "wb") as writer:
        writer.write(content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


@contextlib.contextmanager
def open_copies(folder: Path | None, more: Mapping[str, bytes], max_bytes: int) -> Iterator[list[tuple[str, int]]]:
    """Open the files to copy into a sandbox: the regular files of a folder, without following links, and further files.

    Notebooks are left out: the graded notebook in that folder holds hidden tests.

    Parameters
    ----------
    folder : Path or None
        The submission's folder.
    more : mapping
        Further files: name below the home → content.
    max_bytes : int
        Bytes of all files of the folder together; files that would exceed it are left out, with a warning.

    Yields
    ------
    list of tuple
        Path inside and descriptor of each file. They are closed at the end.

    Raises
    ------
    ValueError
        A name in ``more`` lies outside of the home.
    """
    copies: list[tuple[str, int]] = []
    try:
        for path, content in ACCOUNTS.items():
            copies.append((path, memory_file(content)))
        for path, content in more.items():
            if Path(path).is_absolute() or ".." in Path(path).parts:
                raise ValueError(f"{path!r} lies outside of the home")
            copies.append((f"{HOME}/{path}", memory_file(content)))
        left_out: list[str] = []
        names = {source: source.relative_to(folder) for source in sorted(_regular_files(folder))} if folder else {}
        for source, name in names.items():
            file = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            info = os.fstat(file)
            max_bytes -= info.st_size
            if stat.S_ISREG(info.st_mode) and max_bytes >= 0 and len(copies) < MAX_FILES:
                copies.append((f"{HOME}/{name}", file))
            else:
                os.close(file)
                left_out.append(source.name)
        if left_out:
            listed = ", ".join(left_out[:3]) + (f" and {len(left_out) - 3} more" if len(left_out) > 3 else "")
            log.warning("Not copied into the sandbox, because too large or too many: %s", listed)
        yield copies
    finally:
        for _, file in copies:
            os.close(file)


def _regular_files(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _regular_files(Path(entry))
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(".ipynb"):
            yield Path(entry)


def _seccomp_filter() -> bytes:
    try:
        return seccomp.program()
    except seccomp.NoFilter as error:
        raise NoSandbox(str(error)) from None


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """Make a pipe; each exit stack closes its own end."""
    ends = os.pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends


def _owned_memory_file(owner: contextlib.ExitStack, content: bytes) -> int:
    file = memory_file(content)
    owner.callback(os.close, file)
    return file
