"""Whatever a fork shares with its parent carries nothing from one test to the next, or into another sandbox."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.judge import guest
from autograder.judge.sandbox import usage
from autograder.judge.sandbox.sandbox import CHANNEL, Running, Sandbox
from autograder.judge.sandbox.zygote import Zygote
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

LOCK = """import fcntl, os, struct
read = os.environ.get('READ', os.__file__)
def lock(file, command, kind, start):
    return struct.unpack('hhqqi4x', fcntl.fcntl(file, command, struct.pack('hhqqi4x', kind, 0, start, 7, 0)))
def is_held(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True"""
FOLDER = "import os; home = os.path.expanduser('~')"
DEEP = "import os; home = os.path.expanduser('~'); down = lambda: [os.chdir(25 * 'deep') for _ in range(50)]"
MAKE_DEEP = "\nfor _ in range(50): os.mkdir(25 * 'deep'); os.chdir(25 * 'deep')\nopen('f', 'w').close(); os.chdir(home)"
SCHEDULING = """import ctypes, os, struct
call = ctypes.CDLL(None).syscall
def scheduling(number, state):
    buffer = ctypes.create_string_buffer(struct.pack('IIQiIQQQ', 48, 0, 0, 0, 0, state, 0, 0), 48)
    call(number, os.getppid(), buffer, *([48, 0] if number == 315 else [0]))
    return struct.unpack('IIQiIQQQ', buffer)[5]
"""

# What stays with an open file, a pipe, an inode or a process, and shows in no list of what forks share. Standard input
# is /dev/null, as in the sandbox, 3 and 4 are pipes.
HIDDEN_WAYS = {
    "a lock of an open file": (LOCK, "lock(0, 37, 1, 77)", "lock(os.open('/dev/null', 2), 36, 1, 77)[0] == 1"),
    "a lock of the machine's file": (LOCK, "fcntl.flock(0, fcntl.LOCK_EX)", "is_held(os.open('/dev/null', 2))"),
    "the owner of a descriptor": (LOCK, "fcntl.fcntl(0, 8, os.getppid())", "fcntl.fcntl(0, 9)"),
    "a group that owns a descriptor": (
        LOCK,
        "fcntl.fcntl(0, 15, struct.pack('ii', 2, os.getpgid(0)))",
        "struct.unpack('ii', fcntl.fcntl(0, 16, bytes(8)))[1]",
    ),
    "the size of a pipe": (LOCK, "fcntl.fcntl(4, 1031, 1 << 17)", "fcntl.fcntl(4, 1032) == 1 << 17"),
    "a hint on a file that all read": (
        LOCK,
        "fcntl.fcntl(os.open(read, 0), 1036, struct.pack('Q', 4))",
        "struct.unpack('Q', fcntl.fcntl(os.open(read, 0), 1035, bytes(8)))[0] == 4",
    ),
    "what was written to standard error": (
        FOLDER,
        "os.write(2, b'7777')",
        "os.read(os.open('/proc/self/fd/2', os.O_RDONLY | os.O_NONBLOCK), 4)",
    ),
    "the time of a device": (FOLDER, "os.utime('/dev/null', ns=(7, 7))", "os.stat('/dev/null').st_mtime_ns == 7"),
    "the time of home": (FOLDER, "os.utime(home, ns=(7, 7))", "os.stat(home).st_mtime_ns == 7"),
    "a right of home": (FOLDER, "os.chmod(home, 0o711)", "os.stat(home).st_mode & 0o777 == 0o711"),
    "an attribute of home": (FOLDER, "os.setxattr(home, 'user.seven', b'7')", "os.getxattr(home, 'user.seven')"),
    "the time of a folder": (
        "import os; os.mkdir('folder')",
        "os.utime('folder', ns=(7, 7))",
        "os.stat('folder').st_mtime_ns == 7",
    ),
    "a right of a folder": (
        "import os; os.mkdir('folder')",
        "os.chmod('folder', 0)",
        "not os.stat('folder').st_mode & 7",
    ),
    "a folder that is gone": ("import os; os.mkdir('folder')", "os.rmdir('folder')", "not os.path.exists('folder')"),
    "a link that is gone": ("import os; os.symlink('a', 'link')", "os.remove('link')", "not os.path.islink('link')"),
    "where a link leads": (
        "import os; os.symlink('a', 'link')",
        "os.remove('link'); os.symlink('b', 'link')",
        "os.readlink('link') == 'b'",
    ),
    "the time of a file": (
        "import os; open('f', 'w').close()",
        "os.utime('f', ns=(7, 7))",
        "os.stat('f').st_mtime_ns == 7",
    ),
    "which of two files is the other": (
        "import os; open('f', 'w').close(); os.link('f', 'g'); open('h', 'w').close()",
        "os.remove('g'); os.link('h', 'g')",
        "os.path.samefile('g', 'h')",
    ),
    "a large file": (
        "open('large', 'wb').write(bytes(40_000_000))",
        "file = open('large', 'r+b'); file.write(b'7'); file.close()",
        "open('large', 'rb').read(1) == b'7'",
    ),
    "a file where home was": (
        f"{FOLDER}; os.environ['HOME'] = '/nowhere'",
        "open(f'{home}/left', 'w').close()",
        "os.path.exists(f'{home}/left')",
    ),
    "a file at the end of a long path": (
        DEEP + MAKE_DEEP,
        "down(); open('f', 'w').write('7')",
        "down() and open('f').read()",
    ),
    "what the parent's forks inherit of its scheduling": (
        "import os",
        "os.sched_setscheduler(os.getppid(), 0x40000000, os.sched_param(0))",
        "os.sched_getscheduler(os.getppid()) & 0x40000000",
    ),
    "how long the parent's turn is": (SCHEDULING, "scheduling(314, 7_000_000)", "scheduling(315, 0) == 7_000_000"),
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
    with contextlib.closing(Zygote()) as zygote:

        def start_sandbox(readable: Sequence[Path] = ()) -> Running:
            variables = {"PYTHONPATH": str(here.parent)}
            return Sandbox().start(command, readable=[here, *readable], variables=variables, zygote=zygote)

        yield start_sandbox


@pytest.fixture
def session(start):
    """A session whose student has the functions above."""
    opened = Session(start, SubmissionLimits())
    opened.run(FUNCTIONS)
    yield opened
    opened.close()


@pytest.mark.parametrize("way", [*WAYS, *HIDDEN_WAYS])
def test_a_test_leaves_nothing_for_the_next_one(session, way):
    prepare, leave, find = (WAYS | HIDDEN_WAYS)[way]
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


FORKS = """
import os, sys
for target in (3, 4):
    os.dup2(os.pipe()[1], target)
if os.fork() == 0:
    os.setsid()
    exec(sys.argv[1])
    for code in sys.argv[2:]:
        pid = os.fork()
        if pid == 0:
            os._exit(7 if code.startswith("left = ") and exec(code) is None and left else 0)
        _, status = os.waitpid(pid, 0)
    os._exit(os.waitstatus_to_exitcode(status))
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""
NEWER = {
    "an attribute of home",
    "how long the parent's turn is",
    "a hint on a file that all read",
    "the time of a device",
}
"""Which want a new kernel, or to be root."""


@pytest.mark.parametrize("way", HIDDEN_WAYS)
def test_a_fork_outside_of_the_sandbox_is_told_in_all_these_ways(way, tmp_path):
    prepare, leave, find = HIDDEN_WAYS[way]
    steps = [f"left = None; exec({leave!r})", f"left = {find}"]
    read = tmp_path / "read"
    read.touch()
    run = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", FORKS, prepare, *steps],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.defpath, "READ": str(read)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    code = run.wait()
    _, said = run.communicate()
    if way == "the time of a device":
        with contextlib.suppress(OSError):
            os.utime("/dev/null")  # it is the machine's own
    if way in NEWER and code != 7:
        pytest.skip(f"not on this machine: {said[-200:]!r}")
    assert code == 7, said


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
    code = """
import gc, io, os
from pathlib import Path
from matplotlib.figure import Figure
from autograder.judge.guest import student

def fonts():
    return sum(os.path.realpath(path).endswith(".ttf") for path in Path("/proc/self/fd").iterdir())

figure = Figure()
figure.text(0, 0, "x")
figure.savefig(io.BytesIO())
del figure
gc.collect()
drawn = fonts()
student._close_fonts()
gc.collect()
print(drawn > 0, fonts())
"""
    assert subprocess.check_output([sys.executable, "-c", code], encoding="utf-8") == "True 0\n"


def test_a_container_need_not_know_how_much_a_socket_holds(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(usage.Path, "read_text", missing)
    assert usage._send_buffer() > 100_000


# --- files that all may read ------------------------------------------------------------------------------------------

# What somebody does to a file that can only be read, and how another one who opens it is disturbed, or heard.
HOLDS = {
    "a lock": "fcntl.flock(file, fcntl.LOCK_EX)",
    "a lock of a few bytes": "fcntl.fcntl(file, 6, struct.pack('hhqqi4x', 0, 0, 77, 7, 0))",
    "a lock of the open file": "fcntl.fcntl(file, 37, struct.pack('hhqqi4x', 0, 0, 77, 7, 0))",
    "a lease": "signal.signal(signal.SIGIO, signal.SIG_IGN); fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)",
    "a hint": "fcntl.fcntl(file, 1036, struct.pack('Q', 4))",
    "a watch": "n = libc.inotify_init1(0o4000); libc.inotify_add_watch(n, path, 0xfff)",
    "a watch on the folder": "n = libc.inotify_init1(0o4000); libc.inotify_add_watch(n, os.path.dirname(path), 0xfff)",
    "a notice": "signal.signal(signal.SIGIO, lambda *_: heard.append(1)); fcntl.fcntl(folder, fcntl.F_NOTIFY, 1)",
}
HOLD = """import ctypes, fcntl, os, signal, struct, time
libc, path, heard, n = ctypes.CDLL(None), os.fsencode({path!r}), [], None
file, folder = os.open(path, os.O_RDONLY), os.open(os.path.dirname(path), os.O_RDONLY)
try:
    {hold}
except OSError:
    pass
"""
HEARD = "time.sleep(0.01)\nprint(bool(heard or (n is not None and n >= 0 and os.read(n, 4096))))"


def disturbed(path: Path) -> bool:
    """Tell whether somebody else holds a file, or has left something at it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except BlockingIOError:
        return True
    try:
        os.read(file, 1)
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        held = struct.unpack("hhqqi4x", fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("hhqqi4x", 1, 0, 0, 0, 0)))
        hint = struct.unpack("Q", fcntl.fcntl(file, 1035, bytes(8)))
        return held[0] != fcntl.F_UNLCK or hint[0] == 4
    except BlockingIOError:
        return True
    finally:
        os.close(file)


@pytest.fixture
def shared_file(tmp_path):
    path = tmp_path / "read" / "data"
    path.parent.mkdir()
    path.write_bytes(b"data")
    return path


@pytest.mark.parametrize("hold", HOLDS)
def test_nobody_who_reads_a_file_is_held_up_or_heard(hold, start, shared_file):
    session = Session(lambda: start(readable=[shared_file.parent]), SubmissionLimits())
    try:
        outputs, cause = session.run(HOLD.format(path=str(shared_file), hold=HOLDS[hold]))
        assert (outputs, cause) == ([], "")
        assert not disturbed(shared_file)
        outputs, _ = session.run(HEARD)
        assert "True" not in str(outputs)
    finally:
        session.close()


@pytest.mark.parametrize("hold", HOLDS)
def test_outside_of_the_sandbox_they_are(hold, shared_file):
    code = HOLD.format(path=str(shared_file), hold=HOLDS[hold])
    code += f"print(flush=True)\ninput()\n{HEARD}"
    held = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    held.stdout.readline()
    found = disturbed(shared_file)
    said, _ = held.communicate("\n")
    assert found or "True" in said or hold == "a hint"  # which newer kernels let nobody give but the owner
