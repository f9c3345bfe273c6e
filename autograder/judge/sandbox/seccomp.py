"""The system calls that code in the sandbox may not make, as a seccomp program.

All others are allowed: NumPy, the C library and Python take up new calls with every release, so a list of allowed ones
would break courses and not attacks. The border is the namespaces; this list takes away what could loosen them, what
reaches the kernel's rarely trodden parts, what holds memory that no process answers for, what asks the page cache, and
what leaves something at files and pipes that others have open too.
"""

from __future__ import annotations

import errno
import functools
import os
import socket

NAMESPACES = ["unshare", "setns"]
MOUNTS = ["mount", "umount2", "pivot_root", "chroot", "mount_setattr", "move_mount", "open_tree"]
MOUNTS += ["fsopen", "fsconfig", "fsmount", "fspick"]
PROCESSES = ["ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"]
PROCESSES += ["sched_setscheduler", "sched_setparam", "sched_setattr"]  # of another one, too, where it stays
KERNEL = ["bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"]
KERNEL += ["keyctl", "add_key", "request_key", "fanotify_init", "open_by_handle_at", "name_to_handle_at", "syslog"]
KERNEL += ["ioprio_set", "personality", "modify_ldt", "iopl", "ioperm", "lookup_dcookie", "vhangup"]
MACHINE = ["kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "acct"]
MACHINE += ["swapon", "swapoff", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_settime64"]
MACHINE += ["clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname"]
# All sandboxes share the page cache: to query it or evict pages could carry a message from a test to a later one.
PAGE_CACHE = ["mincore", "cachestat", "readahead", "fadvise64", "fadvise64_64", "arm_fadvise64_64"]
# Files that can be read here are read by the grader and by other sandboxes: who watches them hears of all of these.
WATCHES = ["inotify_init", "inotify_init1", "inotify_add_watch"]
FORBIDDEN = NAMESPACES + MOUNTS + PROCESSES + KERNEL + MACHINE + PAGE_CACHE + WATCHES
SEND_BUFFER = [7, 32]  # SO_SNDBUF, SO_SNDBUFFORCE
MEMORY_ADVICE = [3, 20, 21, 22]  # MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT, MADV_POPULATE_READ

# Memory that is in no process's resident set, so that only a control group would count it.
UNCOUNTED = ["memfd_create", "memfd_secret", "shmget", "msgget", "semget"]

# Locks would hold up whoever else opens a file: they are given, and hold nobody. Flushing is for the machine's disks.
WITHOUT_EFFECT = ["flock", "sync", "syncfs"]
FCNTL_LOCKS = [6, 7, 37, 38]  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW
# F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ, F_SET_RW_HINT, F_SET_FILE_RW_HINT: they stay with
# an open file, a pipe or an inode, for all who share it, and no look from outside shows them.
FCNTL_STATE = [8, 10, 15, 1024, 1026, 1031, 1036, 1038]

CLONE_NEW = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]
PARENT_DEATH_SIGNAL = 1
TERMINAL_INPUT = [0x5412, 0x541C]  # TIOCSTI and TIOCLINUX type into a terminal


class NoFilter(Exception):
    """No filter can be made here; the message says why and what to do."""


@functools.cache
def program() -> bytes:
    """Compile the filter for this machine, once per process.

    Returns
    -------
    bytes
        A BPF program, as ``bwrap --seccomp`` reads it.

    Raises
    ------
    NoFilter
        libseccomp or its binding is missing.
    """
    try:
        import pyseccomp
    except ImportError:
        raise NoFilter(
            "pyseccomp is missing; install this course with the extra: pip install -e '.[autograder]'"
        ) from None
    except RuntimeError:
        raise NoFilter(
            "the library libseccomp is missing; apt install libseccomp2, or dnf install libseccomp"
        ) from None
    made = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # By another architecture's table (32 bit, x32), forbidden calls have other numbers.
    made.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)

    def deny(code: int, names: list[str], *arguments: object) -> None:
        for name in names:
            number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
            if number >= 0:  # otherwise libseccomp does not know it, or this architecture does not have it
                made.add_rule(pyseccomp.ERRNO(code), number, *arguments)

    deny(errno.EPERM, FORBIDDEN)
    deny(errno.ENOSYS, UNCOUNTED)
    # Its flags lie in memory, which a filter cannot read; on ENOSYS, the C library falls back to clone.
    deny(errno.ENOSYS, ["clone3"])
    for flag in CLONE_NEW:
        deny(errno.EPERM, ["clone"], pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    # A process of the same user could write the first process's memory, and make it undo PR_SET_PDEATHSIG.
    deny(errno.EPERM, ["prctl"], pyseccomp.Arg(0, pyseccomp.MASKED_EQ, 0xFFFFFFFF, PARENT_DEATH_SIGNAL))
    deny(errno.EOPNOTSUPP, ["preadv2"], pyseccomp.Arg(5, pyseccomp.NE, 0))  # RWF_NOWAIT tells what is in the page cache
    for advice in MEMORY_ADVICE:
        deny(errno.EPERM, ["madvise"], pyseccomp.Arg(2, pyseccomp.MASKED_EQ, 0xFFFFFFFF, advice))
    for option in SEND_BUFFER:  # so that the number of sockets bounds the memory in their buffers
        level = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, socket.SOL_SOCKET)
        deny(errno.EPERM, ["setsockopt"], level, pyseccomp.Arg(2, pyseccomp.MASKED_EQ, 0xFFFFFFFF, option))
    deny(0, WITHOUT_EFFECT)
    for commands, code in ((FCNTL_LOCKS, 0), (FCNTL_STATE, errno.EPERM)):
        for command in commands:
            deny(code, ["fcntl"], pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, command))
    for request in TERMINAL_INPUT:
        deny(errno.EPERM, ["ioctl"], pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    # Unix sockets are allowed (multiprocessing needs them): none from outside can be reached.
    deny(errno.EAFNOSUPPORT, ["socket"], pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    with os.fdopen(os.memfd_create("seccomp"), "r+b") as file:
        made.export_bpf(file)
        file.seek(0)
        return file.read()
