"""The zygote's main program: import what notebooks need, then fork students' processes, each into its sandbox.

The zygote is in no sandbox, runs no student code, and holds no answer, no test and no secret. A fork enters a sandbox
that bubblewrap has built, gives up its privileges, and only then runs a command.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import types
from pathlib import Path
from typing import Any, NoReturn

from .devices import check, enter, libc

with contextlib.suppress(ImportError):  # not on Windows, where this module can be imported all the same
    import fcntl

# prctl(2), capset(2)
SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP, SET_NO_NEW_PRIVS, CAP_AMBIENT = 4, 22, 24, 38, 47
FILTER, AMBIENT_CLEAR_ALL, CAPABILITY_VERSION = 2, 4, 0x20080522
MAX_MESSAGE = 1_000_000  # bytes
START_FD = 5  # behind 0 to 2, as everywhere, and 3 and 4, the channel


class Program(ctypes.Structure):
    """A BPF program in the form that seccomp(2) reads."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main(control: int) -> None:
    """Import modules, then fork on request until the other end of the socket is closed. Never returns.

    Parameters
    ----------
    control : int
        A socket of type SOCK_SEQPACKET. Each message is JSON: first ``modules`` and ``fonts``, then for each fork
        ``code``, ``arguments``, ``environment``, ``home`` and ``filter``, with six descriptors: a pidfd of the
        sandbox's first process, the channel's two ends, standard error, the pipe that lets the fork begin, and the
        pipe on which its pid and exit status are reported.
    """
    connection = socket.socket(fileno=control)
    settings = json.loads(connection.recv(MAX_MESSAGE))
    _import_modules(settings["modules"], settings["fonts"])
    try:
        connection.send(b"ready")
    except OSError:
        os._exit(0)  # the process that would request forks was killed
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's handler would be inherited by every fork
    while True:
        text, descriptors, _, _ = socket.recv_fds(connection, MAX_MESSAGE, 8)
        if not text:
            os._exit(0)
        _reap()
        if os.fork() == 0:
            connection.detach()
            os.close(control)
            _fork_into_sandbox(json.loads(text), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _import_modules(modules: list[str], fonts: str | None) -> None:
    """Import what notebooks will import, and use it once, for what is loaded on first use."""
    with tempfile.TemporaryDirectory() as folder:
        settings, os.environ["MPLCONFIGDIR"] = os.environ["MPLCONFIGDIR"], folder
        if fonts:
            shutil.copy(fonts, folder)
        for name in ["guest.student", *modules]:
            importlib.import_module(name)
        sys.modules["guest.student"].prepare()
        if "matplotlib" in sys.modules:
            _draw()
        os.environ["MPLCONFIGDIR"] = settings
    # Folders of this machine are not for the student; in the sandbox the search path is scanned anew.
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()


def _reap() -> None:
    """Wait for forks that have ended, so that the kernel adds their CPU time to this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _draw() -> None:
    import matplotlib.pyplot as plt

    plt.plot([0, 1], label="$x$")
    plt.legend()
    plt.savefig(io.BytesIO())
    plt.close("all")


def _fork_into_sandbox(
    request: dict[str, Any], sandbox: int, reading: int, writing: int, stderr: int, start: int, report: int
) -> NoReturn:
    """Fork once more, into the sandbox; report the fork's pid and, when it has ended, its exit status."""
    try:
        enter(sandbox)
        pid = os.fork()  # only children are in the other process namespace
    except OSError as error:
        with contextlib.suppress(BrokenPipeError):
            os.write(report, f"! {error}\n".encode())
        os._exit(1)
    if pid == 0:
        try:
            _run_inside(request, reading, writing, stderr, start)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(70)
    # The ends of the channel must be closed when the student's process ends, so nobody else may hold them.
    for descriptor in (sandbox, reading, writing, stderr, start):
        os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):  # the process that asked for the fork may have been killed
        os.write(report, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run_inside(request: dict[str, Any], reading: int, writing: int, stderr: int, start: int) -> None:
    """Move the descriptors to their places; wait until the limits are set; drop privileges; run the command.

    No student code has run so far, neither in this process nor in the sandbox.
    """
    # A session, and so a process group, of its own: a signal to a group also reaches other namespaces.
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    # First to numbers above, then down to their places: so none is overwritten before it has been moved.
    sources = (null, stderr, stderr, reading, writing, start)
    high = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, START_FD + 1) for descriptor in sources]
    for target, descriptor in enumerate(high):
        os.dup2(descriptor, target)
    os.closerange(START_FD + 1, 4096)
    if os.read(START_FD, 1) != b"!":
        os._exit(71)
    os.close(START_FD)
    os.umask(0o022)
    os.chdir(request["home"])
    os.environ.clear()
    os.environ.update(request["environment"])
    _reseed()
    _drop_privileges(bytes.fromhex(request["filter"]))
    sys.argv = ["-c", *request["arguments"]]
    sys.modules["__main__"] = main_module = types.ModuleType("__main__")
    code = 0
    try:
        exec(compile(request["code"], "<string>", "exec"), main_module.__dict__)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code & 0xFF)


def _reseed() -> None:
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def _drop_privileges(program: bytes) -> None:
    """Drop the capabilities that entering needed, in the sandbox's user namespace, and load the seccomp filter."""
    check(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="utf-8"))
    for capability in range(last + 1):
        check(libc.prctl(CAPBSET_DROP, capability, 0, 0, 0), "capability bounding set")
    check(libc.prctl(CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities")
    none = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
    check(libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), none), "capset")
    check(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "dumpable")  # else its own /proc would be shut to it
    filter_ = Program(len(program) // 8, program)
    check(libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(filter_), 0, 0), "seccomp")
