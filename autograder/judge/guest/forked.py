"""The warm process: it has imported what notebooks need, and every student's process begins as a copy of it.

It stands outside of every sandbox, runs nothing of a student's, and holds no answer, no test and no secret. A copy
enters a sandbox that bubblewrap has built, gives up all that it brought along, and only then runs a command.
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
from typing import Any

with contextlib.suppress(ImportError):  # not on Windows, where this module can be imported all the same
    import fcntl

# unshare(2): mount, cgroup, uts, ipc, user, pid and net namespaces
NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# prctl(2), capset(2)
SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP, SET_NO_NEW_PRIVS, CAP_AMBIENT = 4, 22, 24, 38, 47
FILTER, AMBIENT_CLEAR_ALL, CAPABILITY_VERSION = 2, 4, 0x20080522
MOST = 1_000_000
DOOR = 5  # behind 0 to 2, as everywhere, and 3 and 4, the channel
libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    """A BPF program, as seccomp(2) takes it."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def main(control: int) -> None:
    """Import, then make copies, until nobody is left to ask for one.

    Parameters
    ----------
    control : int
        A socket. Each message is JSON: first ``modules`` and ``fonts``, then for each copy what ``enter`` needs, with
        descriptors for the sandbox's first process, the channel's two ends, standard error, a door and a report.
    """
    line = socket.socket(fileno=control)
    told = json.loads(line.recv(MOST))
    _prepare(told["modules"], told["fonts"])
    try:
        line.send(b"ready")
    except OSError:
        os._exit(0)  # whoever wanted copies was killed
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's handler would be every first process's
    while True:
        text, given, _, _ = socket.recv_fds(line, MOST, 8)
        if not text:
            os._exit(0)
        _reap()
        if os.fork() == 0:
            line.detach()
            os.close(control)
            _send_in(json.loads(text), *given)
        for one in given:
            os.close(one)


def _prepare(modules: list[str], fonts: str | None) -> None:
    """Import what notebooks will, and use it once."""
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
    # What lies around here is nobody's business: paths are looked through anew where the copy finds itself.
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()


def _reap() -> None:
    """Take leave of copies that have ended; so the kernel adds what they computed to this process's account."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _draw() -> None:
    import matplotlib.pyplot as plt

    plt.plot([0, 1], label="$x$")
    plt.legend()
    plt.savefig(io.BytesIO())
    plt.close("all")


def _send_in(wanted: dict[str, Any], sandbox: int, reading: int, writing: int, words: int, door: int, report: int):
    """Let a copy of this copy enter; report its number, and in the end what became of it. Never returns."""
    try:
        _must(libc.setns(sandbox, NAMESPACES), "setns")
        pid = os.fork()  # only children are in the other process namespace
    except OSError as error:
        with contextlib.suppress(BrokenPipeError):
            os.write(report, f"! {error}\n".encode())
        os._exit(1)
    if pid == 0:
        try:
            _enter(wanted, reading, writing, words, door)
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode())
        os._exit(70)
    # What the student's process hears end must end with it.
    for one in (sandbox, reading, writing, words, door):
        os.close(one)
    with contextlib.suppress(BrokenPipeError):  # whoever asked may have been killed: then nobody wants to know
        os.write(report, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _enter(wanted: dict[str, Any], reading: int, writing: int, words: int, door: int) -> None:
    """Leave everything behind; wait until the limits are set; run the command.

    Nothing of the student's has run so far, in this process or in the sandbox.
    """
    # A session, and so a process group, of its own: signals to a group know no namespaces.
    os.setsid()
    nothing = os.open("/dev/null", os.O_RDWR)
    # First to where none is, then down to their places: none is overwritten before it has been moved.
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, DOOR + 1) for one in (nothing, words, words, reading, writing, door)]
    for place, one in enumerate(high):
        os.dup2(one, place)
    os.closerange(DOOR + 1, 4096)
    if os.read(DOOR, 1) != b"!":
        os._exit(71)
    os.close(DOOR)
    os.umask(0o022)
    os.chdir(wanted["home"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    _reseed()
    _give_up_privileges(bytes.fromhex(wanted["filter"]))
    sys.argv = ["-c", *wanted["arguments"]]
    sys.modules["__main__"] = run = types.ModuleType("__main__")
    code = 0
    try:
        exec(compile(wanted["code"], "<string>", "exec"), run.__dict__)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
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


def _give_up_privileges(program: bytes) -> None:
    """Drop what entering took: it needs every capability in the sandbox's own user namespace."""
    _must(libc.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="utf-8"))
    for capability in range(last + 1):
        _must(libc.prctl(CAPBSET_DROP, capability, 0, 0, 0), "capability bounding set")
    _must(libc.prctl(CAP_AMBIENT, AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities")
    none = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, twice
    _must(libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), none), "capset")
    _must(libc.prctl(SET_DUMPABLE, 1, 0, 0, 0), "dumpable")  # else its own /proc would be shut to it
    made = Program(len(program) // 8, program)
    _must(libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(made), 0, 0), "seccomp")


def _must(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
