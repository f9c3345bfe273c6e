"""A fork server: a process that imports what workers need, once, and forks a worker on each request.

It holds no submission, no gradebook and no secret, and has a single thread: a fork would lose the others.
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
MAX_ATTEMPTS = 3
MAX_REPLY = 100  # bytes
_lock = threading.Lock()  # a Dask worker may have several threads
_forkserver: ForkServer | None = None


class ForkServer:
    """Start the fork server, and ask it for workers."""

    def __init__(self) -> None:
        self._socket, child_socket = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with child_socket:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.engine.forkserver"],
                stdin=child_socket.fileno(),
                stdout=2,
                env={**os.environ, "PYTHONPATH": search_path(), "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C must reach only the process that sends submissions
            )

    def fork(self, connection: Connection) -> int:
        """Fork a worker; return a pidfd of its process.

        Raises
        ------
        OSError
            The fork server has ended.
        """
        socket.send_fds(self._socket, [b"!"], [connection.fileno()])
        reply = self._socket.recv(MAX_REPLY)
        if not reply:
            raise ConnectionError("the process that workers are forked from ended")
        return os.pidfd_open(int(reply))  # even if it has ended: it is reaped at the next request

    def close(self) -> None:
        """Kill the fork server; its workers keep running."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def start_forkserver() -> None:
    """Start this process's fork server, unless it runs already: it imports while this process does other work."""
    global _forkserver
    with _lock:
        _forkserver = _forkserver or ForkServer()


def fork_worker(connection: Connection) -> int:
    """Fork a worker that runs :func:`autograder.engine.worker.run_worker`.

    Parameters
    ----------
    connection : Connection
        The worker's end.

    Returns
    -------
    int
        A pidfd of its process.

    Raises
    ------
    OSError
        No worker can be forked on this machine.
    """
    global _forkserver
    with _lock:
        attempt = 1
        while True:
            _forkserver = _forkserver or ForkServer()
            try:
                return _forkserver.fork(connection)
            except OSError:
                _forkserver.close()
                _forkserver = None
                if attempt == MAX_ATTEMPTS:
                    raise
                attempt += 1


def search_path() -> str:
    """Return the folders in which this process finds modules, among them those of a course's settings.

    Returns
    -------
    str
        A value for ``PYTHONPATH``.
    """
    return os.pathsep.join(filter(None, dict.fromkeys([str(ROOT), *sys.path])))


def main() -> None:
    """Import what workers need, then fork a worker for each request, until standard input is closed."""
    requests = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    from autograder.engine.worker import run_worker

    gc.collect()
    gc.freeze()
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, MAX_REPLY, 1)
        if not request:
            return
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if pid == 0:
            requests.close()
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                run_worker(Connection(descriptors[0]))
            finally:
                os._exit(1)
        os.close(descriptors[0])
        with contextlib.suppress(OSError):  # the process that asked was killed
            requests.send(str(pid).encode())


if __name__ == "__main__":
    main()
