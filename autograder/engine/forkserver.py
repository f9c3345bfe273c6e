"""The process that workers are forked from: it imports what they need, once, and before the first is wanted.

It holds no submission, no gradebook and no secret, and has one thread, as whatever is forked must.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TRIES = 3
_lock = threading.Lock()  # a Dask worker may have several threads
_stem: Stem | None = None


class Stem:
    """The process, as seen from whoever wants workers."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.engine.forkserver"],
                stdin=theirs,
                stdout=2,
                env={**os.environ, "PYTHONPATH": search_path(), "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C is for whoever gives work
            )

    def fork(self, line: Connection) -> int:
        """Fork a worker; give a descriptor of its process.

        Raises
        ------
        OSError
            The stem is gone.
        """
        socket.send_fds(self._line, [b"!"], [line.fileno()])
        told = self._line.recv(100)
        if not told:
            raise ConnectionError("the process that workers are forked from ended")
        return os.pidfd_open(int(told))  # also of one that has ended: it is not reaped before the next is forked

    def close(self) -> None:
        """End it; its workers go on."""
        self._line.close()
        self._process.kill()
        self._process.wait()


def expect_workers() -> None:
    """Start the process, unless it runs."""
    global _stem
    with _lock:
        _stem = _stem or Stem()


def fork_worker(line: Connection) -> int:
    """Fork a worker that talks over a line; give a descriptor of its process.

    Raises
    ------
    OSError
        None can be forked here.
    """
    global _stem
    with _lock:
        for number in range(1, TRIES + 1):
            _stem = _stem or Stem()
            try:
                return _stem.fork(line)
            except OSError:
                _stem.close()
                _stem = None
                if number == TRIES:
                    raise


def search_path() -> str:
    """Write down where this process finds its modules, what a course's settings added among them."""
    return os.pathsep.join(filter(None, dict.fromkeys([str(ROOT), *sys.path])))


def main() -> None:
    """Import, then fork, until nobody is left to ask for a worker."""
    line = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from autograder.engine.worker import work

    gc.collect()
    gc.freeze()
    while True:
        asked, given, _, _ = socket.recv_fds(line, 100, 1)
        if not asked:
            return
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if pid == 0:
            line.close()
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                work(Connection(given[0]))
            finally:
                os._exit(1)
        os.close(given[0])
        with contextlib.suppress(OSError):  # whoever asked was killed
            line.send(str(pid).encode())


if __name__ == "__main__":
    main()
