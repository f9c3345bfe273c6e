"""Whatever a fork shares with its parent carries nothing from one test to the next, or into another sandbox."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from autograder.judge import guest
from autograder.judge.guest import student
from autograder.judge.sandbox import usage
from autograder.judge.sandbox.sandbox import CHANNEL, Sandbox
from autograder.judge.session import Session, StudentFunction, SubmissionLimits

pytestmark = pytest.mark.needs("sandbox")

# What a cell prepares, a test leaves there, a later test finds. Where the sandbox refuses, nothing is carried.
WAYS = {
    "memory without a file": ("import mmap; m = mmap.mmap(-1, 9)", "m[0] = 7", "m[0]"),
    "a mapped file": (
        "import mmap; file = open('f', 'w+b'); file.write(bytes(9)); file.flush(); m = mmap.mmap(file.fileno(), 9)",
        "m[0] = 7",
        "m[0]",
    ),
    "a file mapped by the test": (
        "import mmap; open('f', 'wb').write(bytes(9))",
        "file = open('f', 'r+b'); mmap.mmap(file.fileno(), 9)[0] = 7",
        "open('f', 'rb').read()[0]",
    ),
    "a value of multiprocessing": (
        "import multiprocessing; v = multiprocessing.Value('i', 0)",
        "v.value = 7",
        "v.value",
    ),
    "a lock of multiprocessing, which is a futex": (
        "import multiprocessing; v = multiprocessing.Lock()",
        "v.acquire()",
        "not v.acquire(False)",
    ),
    "POSIX shared memory": (
        "from multiprocessing.shared_memory import SharedMemory; s = SharedMemory('name', True, 9)",
        "s.buf[0] = 7",
        "s.buf[0]",
    ),
    "POSIX shared memory, made by the test": (
        "from multiprocessing.shared_memory import SharedMemory",
        "SharedMemory('name', True, 9)",
        "SharedMemory('name')",
    ),
    "System V shared memory": (
        "import ctypes; c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p; n = c.shmget(0, 9, 0o1777);"
        "assert n >= 0; m = (ctypes.c_char * 9).from_address(c.shmat(n, None, 0))",
        "m[0] = 7",
        "m[0] != b'\\0'",
    ),
    "a System V semaphore": (
        "import ctypes; c = ctypes.CDLL(None); n = c.semget(5, 1, 0o1777); assert n >= 0",
        "c.semctl(n, 0, 16, 7)",
        "c.semctl(n, 0, 12) > 0",
    ),
    "a System V queue": ("import ctypes; c = ctypes.CDLL(None)", "c.msgget(5, 0o1777)", "c.msgget(5, 0) >= 0"),
    "a POSIX queue": (
        "import ctypes; c = ctypes.CDLL('librt.so.1'); n = c.mq_open(b'/q', 0o102, 0o600, None)",
        "c.mq_send(n, b'7', 1, 0)",
        "c.mq_open(b'/q', 0) >= 0",
    ),
    "a file without a name": (
        "import os; n = os.memfd_create('m')",
        "os.pwrite(n, b'7', 0)",
        "os.pread(n, 1, 0)",
    ),
    "a file that was removed": (
        "import os; n = os.open('f', os.O_RDWR | os.O_CREAT); os.remove('f')",
        "os.pwrite(n, b'7', 0)",
        "os.pread(n, 1, 0)",
    ),
    "how far a file was read": (
        "import os; n = os.open('/proc/cpuinfo', os.O_RDONLY) if 0 else os.open(os.__file__, os.O_RDONLY)",
        "os.lseek(n, 7, 0)",
        "os.lseek(n, 0, 1)",
    ),
    "a lock on a file": (
        "import fcntl, os; n = os.open('f', os.O_RDWR | os.O_CREAT)",
        "fcntl.flock(n, fcntl.LOCK_EX)",
        "fcntl.flock(os.open('f', os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    ),
    "flags of a descriptor": (
        "import os; n, _ = os.pipe()",
        "os.set_blocking(n, False)",
        "not os.get_blocking(n)",
    ),
    "flags of the channel": (
        "import fcntl, os",
        "fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_APPEND)",
        "fcntl.fcntl(0, fcntl.F_GETFL) & os.O_APPEND",
    ),
    "the signal of a descriptor": ("import fcntl", "fcntl.fcntl(0, 10, 42)", "fcntl.fcntl(0, 11) == 42"),
    "memory behind more mappings than are read": (
        "import mmap; m = mmap.mmap(-1, 9)\n"
        "others = [mmap.mmap(-1, 1, mmap.MAP_PRIVATE, 1 + number % 2) for number in range(26_000)]",
        "m[0] = 7",
        "m[0]",
    ),
    "a pipe": ("import os; r, w = os.pipe(); os.set_blocking(r, False)", "os.write(w, b'7')", "os.read(r, 1)"),
    "a pair of sockets": (
        "import socket; r, w = socket.socketpair(); r.setblocking(False)",
        "w.send(b'7')",
        "r.recv(1)",
    ),
    "an event counter": (
        "import os; n = os.eventfd(0, os.EFD_NONBLOCK)",
        "os.eventfd_write(n, 7)",
        "os.eventfd_read(n)",
    ),
    "a terminal": (
        "import pty, os; r, w = pty.openpty(); os.set_blocking(r, False)",
        "os.write(w, b'7')",
        "os.read(r, 1)",
    ),
    "a thread of the parent's": (
        "import os, threading, time\nseen = []\n"
        "def wait():\n    while not os.path.exists('/tmp/f'): time.sleep(0.001)\n    seen.append(7)\n"
        "threading.Thread(target=wait, daemon=True).start()",
        "open('/tmp/f', 'w'); time.sleep(0.1)",
        "seen",
    ),
    "a process besides": (
        "import os, time\nr, w = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n"
        "    while not os.path.exists('/tmp/f'): time.sleep(0.001)\n"
        "    time.sleep(0.3)\n    os.write(w, b'7')\n    time.sleep(60)\nos.set_blocking(r, False)",
        "open('/tmp/f', 'w'); time.sleep(0.1)",
        "time.sleep(0.4) or os.read(r, 1)",
    ),
    "a signal to the parent": (
        "import os, signal, time\nseen = []\nsignal.signal(signal.SIGUSR1, lambda *_: seen.append(7))",
        "os.kill(os.getppid(), signal.SIGUSR1); time.sleep(0.1)",
        "seen",
    ),
    "an interrupt to the parent": (
        "import os, signal, time\nseen = []\nsignal.signal(signal.SIGINT, lambda *_: seen.append(7))",
        "os.kill(os.getppid(), signal.SIGINT); time.sleep(0.1)",
        "seen",
    ),
    "an alarm to the parent": (
        "import os, signal, time\nseen = []\nsignal.signal(signal.SIGALRM, lambda *_: seen.append(7))",
        "os.kill(os.getppid(), signal.SIGALRM); time.sleep(0.1)",
        "seen",
    ),
    "a limit of the parent's": (
        "import os, resource",
        "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (77, 256))",
        "resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 77",
    ),
    "how the parent is scheduled": (
        "import os",
        "os.sched_setscheduler(os.getppid(), os.SCHED_BATCH, os.sched_param(0))",
        "os.sched_getscheduler(0) == os.SCHED_BATCH",
    ),
    "where the parent runs": (
        "import os",
        "os.sched_setaffinity(os.getppid(), {min(os.sched_getaffinity(0))})",
        "len(os.sched_getaffinity(0)) == 1",
    ),
    "the parent's group": ("import os", "os.setpgid(os.getppid(), os.getpid())", "os.getpgid(0) != os.getsid(0)"),
    "a name of files": ("import os", "os.makedirs('/tmp/seven/deep')", "os.path.exists('/tmp/seven')"),
    "what stands in a file": ("open('f', 'w').close()", "open('f', 'w').write('7')", "open('f').read()"),
    "a right of a file": ("import os; open('f', 'w').close()", "os.chmod('f', 0o777)", "os.stat('f').st_mode & 0o100"),
    "the parent's memory": (
        "import ctypes, os; kept = ctypes.c_int(0)",
        "f = open(f'/proc/{os.getppid()}/mem', 'r+b'); f.seek(ctypes.addressof(kept)); f.write(b'7'); f.flush()",
        "kept.value",
    ),
}

FUNCTIONS = """
def quietly(code):
    try:
        return bool(eval(code, globals()))
    except Exception:
        return False
def leave(code):
    try:
        exec(code, globals())
        return True
    except Exception:
        return False
"""


@pytest.fixture(scope="module")
def start():
    """Start a sandbox for a session."""
    here = Path(guest.__file__).resolve().parent
    command = [sys.executable, "-c", f"from guest.student import main; main{CHANNEL}"]
    return lambda: Sandbox().start(command, readable=[here], variables={"PYTHONPATH": str(here.parent)})


@pytest.fixture
def session(start):
    """A session whose student has the functions above."""
    opened = Session(start, SubmissionLimits())
    opened.run(FUNCTIONS)
    yield opened
    opened.close()


@pytest.mark.parametrize("way", WAYS)
def test_a_test_leaves_nothing_for_the_next_one(session, way):
    prepare, leave, find = WAYS[way]
    session.run(prepare)
    with session.test():
        StudentFunction(session, "leave", "__main__")(leave)
    for _ in range(2):
        with session.test():
            assert StudentFunction(session, "quietly", "__main__")(find) is False
        assert session.incident == ""


CARRIED = ("a pipe", "a signal to the parent", "what stands in a file", "a limit of the parent's", "a mapped file")


@pytest.mark.parametrize("way", CARRIED)
def test_these_ways_do_carry_something_within_a_test(session, way):
    """Else the other test would say nothing."""
    prepare, leave, find = WAYS[way]
    session.run(prepare)
    with session.test():
        own = leave.replace("os.getppid()", "os.getpid()")
        assert StudentFunction(session, "leave", "__main__")(own) is True
        assert StudentFunction(session, "quietly", "__main__")(find) is True


def test_who_shares_nothing_goes_on_in_the_same_process(start):
    starts = []
    session = Session(lambda: starts.append(1) or start(), SubmissionLimits())
    try:
        session.run("import signal, subprocess, tempfile\nsubprocess.run('true')\ndef f(): open('left', 'w'); return 1")
        for _ in range(3):
            with session.test():
                assert StudentFunction(session, "f", "__main__")() == 1
        assert len(starts) == 1
        session.run("import os; pipe = os.pipe()")
        for _ in range(8):  # more often than a process may end by its own fault
            with session.test():
                assert StudentFunction(session, "f", "__main__")() == 1
    finally:
        session.close()


@pytest.mark.parametrize(
    "cell",
    [
        r"import ctypes; ctypes.CDLL(None).prctl(15, b'\xff', 0, 0, 0)",
        r"import mmap; file = open('a\rb', 'wb+'); file.write(b'x'); file.flush(); m = mmap.mmap(file.fileno(), 1)",
    ],
    ids=["of a process", "of a mapped file"],
)
def test_a_name_may_hold_any_byte(start, cell):
    session = Session(start, SubmissionLimits())
    try:
        outputs, _ = session.run(f"{cell}\ndef f(): return 1")
        assert not outputs
        for _ in range(2):
            with session.test():
                assert StudentFunction(session, "f", "__main__")() == 1
    finally:
        session.close()


def test_who_has_drawn_shares_no_font_files():
    def fonts():
        return [path for path in map(os.path.realpath, Path("/proc/self/fd").iterdir()) if path.endswith(".ttf")]

    figure = Figure()
    figure.text(0, 0, "x")
    figure.savefig(io.BytesIO())
    del figure
    gc.collect()
    assert fonts()
    student._close_fonts()
    gc.collect()
    assert fonts() == []


def test_a_container_need_not_know_how_much_a_socket_holds(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(usage.Path, "read_text", missing)
    assert usage._send_buffer() > 100_000
