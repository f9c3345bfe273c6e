"""Cases 34, 35, 39: namespaces, tracing, mounts, programs with privileges, the docker socket, sudo, the system's log.

expected:
"""

# %% double
import ctypes
import os
import shutil
import stat

libc = ctypes.CDLL(None, use_errno=True)


def ways():
    """Name the ways out that are open."""
    found = []
    found += ["unshare"] * (libc.unshare(0x10000000) == 0)
    found += ["ptrace"] * (libc.ptrace(0, 0, 0, 0) == 0)
    found += ["mount"] * (libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0)
    found += ["chroot"] * (libc.chroot(b"/tmp") == 0)
    found += ["setuid"] * (libc.setuid(0) == 0)
    found += [path for path in ("/var/run/docker.sock", "/dev/log", "/dev/kmsg", "/dev/mem") if os.path.exists(path)]
    found += ["groups"] * (0 in os.getgroups())
    with open("/proc/self/status") as file:
        status = dict(line.split(":", 1) for line in file)
    found += ["capabilities"] * (int(status["CapEff"], 16) != 0)
    found += ["privileges"] * (status["NoNewPrivs"].strip() != "1")
    return found


assert not ways(), ways()


def double(x):
    return None if ways() else 2 * x
