"""Make the devices in a sandbox read only, which keeps nobody from writing to them.

They are the machine's own. A grader that is root owns them inside, too, and students' code could take all rights from
``/dev/null``; bubblewrap has no option against that. As a program: ``devices.py PIDFD`` of a sandbox's first process.
"""

from __future__ import annotations

import ctypes
import os
import sys

NAMES = ("null", "zero", "full", "random", "urandom", "tty", "pts")
MOUNT = 0x00020000  # unshare(2)
# Mount, cgroup, uts, ipc, user, pid and net namespaces.
NAMESPACES = MOUNT | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
READ_ONLY, NO_SUID, NO_EXEC, REMOUNT, BIND = 0x1, 0x2, 0x8, 0x20, 0x1000  # mount(2)
libc = ctypes.CDLL(None, use_errno=True)


def enter(sandbox: int) -> None:
    """Join the namespaces of a process, and protect the devices there.

    Parameters
    ----------
    sandbox : int
        A pidfd.

    Raises
    ------
    OSError
        It has ended, or may not be joined.
    """
    # These alone, for inside nobody may mount. Root of a container may not be allowed to, whose devices are its own.
    if os.geteuid() == 0 and libc.setns(sandbox, MOUNT) == 0:
        flags = READ_ONLY | NO_SUID | NO_EXEC | REMOUNT | BIND
        for path in (f"/dev/{name}" for name in NAMES):
            check(libc.mount(None, path.encode(), None, flags, None), path)
    check(libc.setns(sandbox, NAMESPACES), "setns")


def check(result: int, what: str) -> None:
    """Raise OSError where a call of the C library failed."""
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


if __name__ == "__main__":
    enter(int(sys.argv[1]))
