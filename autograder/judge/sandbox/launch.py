"""Start bubblewrap, and hold the process inside at the door until it has been put under its limits."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.judge.sandbox import seccomp
from autograder.judge.sandbox.bwrap import ACCOUNTS, HOME, Bubblewrap

CHANNEL = (3, 4)
"""The descriptors at which the process inside reads what we write, and writes what we read."""
MAX_FILES = 200
START_SECONDS = 20.0
LAST_WORDS = 4096

log = logging.getLogger(__name__)


class NoSandbox(Exception):
    """No sandbox can be started here; the message says why."""


class Held:
    """A sandbox that stands, and whose command waits to begin.

    Parameters
    ----------
    found : Bubblewrap
        Builds the walls.
    walls : list of str
        Its arguments.
    command : list of str
        What is to run.
    variables : mapping
        The whole environment, of bubblewrap as of the command: ``/proc/1/environ`` can be read inside.
    channel : tuple of int
        Descriptors that become ``CHANNEL`` inside.
    passed : list of int
        More descriptors that bubblewrap needs.

    Attributes
    ----------
    first : int
        The first process inside, which inherits all orphans; with it all the others end.
    seen : int
        A descriptor of it.
    outer : Popen
        Bubblewrap outside, which ends with the command.
    words_end : int
        Descriptor to write to what ``last_words`` keeps.

    Raises
    ------
    NoSandbox
        Bubblewrap cannot do it.
    """

    def __init__(
        self,
        found: Bubblewrap,
        walls: list[str],
        command: list[str],
        variables: Mapping[str, str],
        channel: tuple[int, int],
        passed: list[int],
    ) -> None:
        self._kept = b""
        filter_ = _filter()
        self._ours = contextlib.ExitStack()
        with contextlib.ExitStack() as theirs:
            self._words, words = _pipe(self._ours, theirs)
            self.words_end = os.dup(words)
            self._ours.callback(os.close, self.words_end)
            info, info_end = _pipe(self._ours, theirs)
            door, self._door = _pipe(theirs, self._ours)
            os.set_blocking(self._words, False)
            program = _memory(theirs, filter_)
            arguments = ["--block-fd", str(door), "--info-fd", str(info_end), "--seccomp", str(program), *walls]
            # Not on the command line, which can be read inside as well.
            listed = _memory(theirs, b"".join(os.fsencode(one) + b"\0" for one in arguments))
            # The shell moves the channel to where nothing written by accident gets into it.
            shell = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "sh", *command]
            try:
                self.outer = subprocess.Popen(
                    [found.path, "--args", str(listed), *shell],
                    stdin=channel[0],
                    stdout=channel[1],
                    stderr=words,
                    pass_fds=[door, info_end, program, listed, *passed],
                    env=dict(variables),
                    start_new_session=True,  # Ctrl-C is for the grader, which then ends its sandboxes in order
                )
            except OSError as error:
                self._ours.close()
                raise NoSandbox(f"{found.path} cannot be started: {error.strerror}") from None
        told = b"".join(iter(lambda: os.read(info, 4096), b""))
        self.first = json.loads(told)["child-pid"] if told else 0
        self.seen = -1
        with contextlib.suppress(ProcessLookupError):  # bubblewrap may have given up by now
            self.seen = os.pidfd_open(self.first) if self.first else -1
        if not self._stands():
            self.kill_and_wait()
            raise NoSandbox(self.last_words() or "bubblewrap ended without a word")

    def go(self) -> None:
        """Let the command begin."""
        os.write(self._door, b"!")

    def listen(self) -> None:
        """Read what was written to standard output and error, and keep its end."""
        with contextlib.suppress(BlockingIOError):
            self._kept = (self._kept + os.read(self._words, 65536))[-LAST_WORDS:]

    def last_words(self) -> str:
        """Give the end of what was written to standard output and error."""
        return self._kept.decode("utf-8", errors="replace").strip()

    def kill_and_wait(self) -> int:
        """Kill what lives, wait until all is gone, and give bubblewrap's exit code; negative if it was killed."""
        if self.seen >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.seen, signal.SIGKILL)
            # The kernel lets a first process go only after all others of its namespace.
            gone = select.poll()
            gone.register(self.seen, select.POLLIN)
            gone.poll()
            os.close(self.seen)
        else:
            self.outer.kill()
        code = self.outer.wait()
        self.listen()
        self._ours.close()
        return code

    def _stands(self) -> bool:
        """Wait until the walls are built; False if bubblewrap gave up."""
        home, end = f"/proc/{self.first}/root{HOME}", time.monotonic() + START_SECONDS
        # While it builds, the process sees the machine's files, then bare scaffolding; in the end the home is there,
        # of another file system than whatever this machine has at that path.
        outside = os.stat(HOME).st_dev if os.path.exists(HOME) else None
        while self.outer.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):
                if os.stat(home).st_dev != outside:
                    return True
            time.sleep(0.0005)
        return False


def in_memory(content: bytes) -> int:
    """Give a descriptor to read some bytes from."""
    file = os.memfd_create("autograder")
    with os.fdopen(os.dup(file), "wb") as writer:
        writer.write(content)
    os.lseek(file, 0, os.SEEK_SET)
    return file


@contextlib.contextmanager
def copied(folder: Path | None, more: Mapping[str, bytes], most: int) -> Iterator[list[tuple[str, int]]]:
    """Open what is copied into a sandbox: the plain files of a folder, no link followed, and what we give.

    Notebooks are not: the one that is graded stands there with its hidden tests.

    Parameters
    ----------
    folder : Path or None
        What lies beside the notebook.
    more : mapping
        Other files: name → content.
    most : int
        Bytes of all together; what would exceed it stays away.

    Yields
    ------
    list of tuple
        Place and descriptor of each.
    """
    found: list[tuple[str, int]] = []
    try:
        for place, content in ACCOUNTS.items():
            found.append((place, in_memory(content)))
        for name, content in more.items():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"{name!r} lies outside of the home")
            found.append((f"{HOME}/{name}", in_memory(content)))
        left: list[str] = []
        for path in sorted(_plain_files(folder)) if folder else []:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            info = os.fstat(file)
            most -= info.st_size
            if stat.S_ISREG(info.st_mode) and most >= 0 and len(found) < MAX_FILES:
                found.append((f"{HOME}/{path.relative_to(folder)}", file))
            else:
                os.close(file)
                left.append(path.name)
        if left:
            words = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
            log.warning("Not copied into the sandbox, because too large or too many: %s", words)
        yield found
    finally:
        for _, file in found:
            os.close(file)


def _plain_files(folder: Path) -> Iterator[Path]:
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _plain_files(Path(entry))
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(".ipynb"):
            yield Path(entry)


def _filter() -> bytes:
    try:
        return seccomp.program()
    except seccomp.NoFilter as error:
        raise NoSandbox(str(error)) from None


def _pipe(reading: contextlib.ExitStack, writing: contextlib.ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    reading.callback(os.close, ends[0])
    writing.callback(os.close, ends[1])
    return ends


def _memory(owner: contextlib.ExitStack, content: bytes) -> int:
    file = in_memory(content)
    owner.callback(os.close, file)
    return file
