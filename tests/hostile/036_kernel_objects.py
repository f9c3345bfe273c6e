"""Cases 36, 60: what a test leaves at files, pipes and processes that its parent has open too, or that all sandboxes read.

expected:
"""

# %% double
import fcntl
import os
import struct

home = os.path.expanduser("~")
os.environ["HOME"] = "/tmp"
os.mkdir("kept")
os.mkdir("empty")
os.symlink("nowhere", "link")


def lock(kind):
    return struct.pack("hhqqi4x", kind, 0, 77, 7, 0)


def hint(command):
    file = os.open(os.__file__, os.O_RDONLY)
    try:
        return struct.unpack("Q", fcntl.fcntl(file, command, struct.pack("Q", 3)))[0]
    finally:
        os.close(file)


LEAVE = [
    lambda: fcntl.fcntl(0, 37, lock(fcntl.F_WRLCK)),
    lambda: fcntl.flock(0, fcntl.LOCK_EX),
    lambda: fcntl.fcntl(4, 1031, 1 << 17),
    lambda: fcntl.fcntl(4, fcntl.F_SETOWN, os.getppid()),
    lambda: hint(1036),
    lambda: os.write(2, b"7"),
    lambda: os.utime("/dev/null", ns=(77, 77)),
    lambda: os.utime(home, ns=(7, 7)),
    lambda: os.chmod("/tmp", 0o711),
    lambda: os.utime("kept", ns=(7, 7)),
    lambda: os.rmdir("empty"),
    lambda: os.remove("link"),
    lambda: open(f"{home}/left", "w").close(),
    lambda: os.sched_setscheduler(os.getppid(), 0x40000000, os.sched_param(0)),
]


def busy(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)


FIND = [
    lambda: struct.unpack("hhqqi4x", fcntl.fcntl(os.open("/dev/null", os.O_RDWR), 36, lock(1)))[0] != fcntl.F_UNLCK,
    lambda: busy(os.open("/dev/null", os.O_RDWR)),
    lambda: fcntl.fcntl(4, 1032) == 1 << 17,
    lambda: fcntl.fcntl(4, fcntl.F_GETOWN),
    lambda: hint(1035) == 3,
    lambda: os.read(os.open("/proc/self/fd/2", os.O_RDONLY | os.O_NONBLOCK), 1),
    lambda: os.stat("/dev/null").st_mtime_ns == 77,
    lambda: os.stat(home).st_mtime_ns == 7,
    lambda: os.stat("/tmp").st_mode & 0o777 == 0o711,
    lambda: os.stat("kept").st_mtime_ns == 7,
    lambda: not os.path.exists("empty"),
    lambda: not os.path.islink("link"),
    lambda: os.path.exists(f"{home}/left"),
    lambda: os.sched_getscheduler(os.getppid()) & 0x40000000,
]


def tried(ways):
    found = []
    for number, way in enumerate(ways):
        try:
            found += [number] * bool(way())
        except OSError:
            pass
    return found


def double(x):
    tried(LEAVE)
    return 2 * x


# %% square
def square(x):
    return None if tried(FIND) else x * x
