"""The self-test at every start of grading: canaries try to get out of a sandbox, and none may."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
import select
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.judge.sandbox import bwrap
from autograder.judge.sandbox.cgroup import left_behind
from autograder.judge.sandbox.sandbox import MIB, NoSandbox, Running, Sandbox
from autograder.judge.sandbox.zygote import Zygote

SCRIPT = Path(__file__).with_name("guest") / "probes.py"
PATIENCE = 60.0  # seconds for what takes a moment, on a busy machine
KILLED_WITHIN = 20.0  # seconds for a broken limit to be noticed, on a busy machine
MEMORY = 256 * MIB  # well above what a copy of the warm process has from its start
MOST_FILES = 50
MARKER = "autograder-canary"
MEANING = {
    "network": "reaches no network, and no socket of another program",
    "secrets": "reads no gradebook, no answer, no hidden check",
    "processes": "sees no other process, and no environment but its own",
    "write": "cannot change the interpreter or the course",
    "namespace": "cannot make itself root of a namespace",
    "trace": "cannot trace a process",
    "disk": "cannot fill the disk",
    "fork": "cannot start processes without end",
    "memory": "cannot take memory without end",
    "orphan": "leaves no process behind",
}
BY_HAND = "or, for a class whose code you trust as your own, set c.Judge.trusted_class = True"


@dataclass(frozen=True)
class Finding:
    """What became of one canary.

    Parameters
    ----------
    name : str
        Which.
    held : bool
        Whether it was held.
    words : str
        How, or what it reached.
    """

    name: str
    held: bool
    words: str


def self_test(
    secret: Iterable[Path] = (),
    readable: Iterable[Path] = (),
    hidden: Iterable[Path] = (),
    warm: Zygote | None = None,
    interval: float = 0.03,
) -> list[Finding]:
    """Let every canary try, in sandboxes that see what students' sandboxes see, under smaller limits.

    Parameters
    ----------
    secret : iterable of Path
        What must not be seen, such as the gradebook and the course's source; nor may the temporary folder, where a
        marker lies for as long as the test takes.
    readable, hidden : iterable of Path
        As given to ``Sandbox.start`` when grading.
    warm : Zygote, optional
        What students' processes begin as copies of; canaries then do so too.
    interval : float
        Seconds from one look at a sandbox to the next.

    Returns
    -------
    list of Finding
        One each; a single one, named "sandbox", where none can be started.
    """
    readable, hidden = list(readable), list(hidden)
    limits = Sandbox(memory=MEMORY, processes=12, disk=4 * MIB, cpu_seconds=5, wall_seconds=PATIENCE, interval=interval)
    with contextlib.ExitStack() as stack:
        told, datagrams = stack.enter_context(_temptations(list(secret), readable, limits))
        told["waiting"] = [2] if warm else []
        try:
            running = {
                kind: stack.enter_context(
                    limits.start(
                        [sys.executable, "-I", "-S", "-c", SCRIPT.read_text("utf-8"), kind, json.dumps(told)],
                        readable=readable,
                        hidden=hidden,
                        warm=warm,
                    )
                )
                for kind in ("reach", "fork", "memory")
            }
        except NoSandbox as error:
            return [Finding("sandbox", False, str(error))]
        answers = {name: words for one in running.values() for name, words in _answers(one)}
        with contextlib.suppress(BlockingIOError):
            answers["network"] = f"sent {len(datagrams.recv(100))} bytes by UDP"
        answers["orphan"] = _end(running["reach"], answers)
        tried_by = {name: running.get(name, running["reach"]) for name in MEANING}
        return [_finding(name, answers.get(name), tried_by[name]) for name in MEANING]


def why_no_sandbox() -> str | None:
    """Say in one line why there is no sandbox here and what to do; None if there is one."""
    if sys.platform != "linux":
        return f"a sandbox needs Linux: grade on one (a virtual machine or WSL 2 will do), {BY_HAND}"
    try:
        with Sandbox().start(["/bin/true"]) as running:
            cause = running.wait(PATIENCE)
        return None if cause == "ended" and running.exit_code == 0 else f"a sandbox ended oddly: {cause}"
    except NoSandbox as error:
        words = str(error)
    except (OSError, AttributeError) as error:
        return f"the sandbox needs Linux 5.3 or later ({error}), {BY_HAND}"
    if bwrap.find_bubblewrap() is None:
        what = "install bubblewrap: apt install bubblewrap, dnf install bubblewrap, or pip install -e '.[sandbox]'"
    elif "amespace" in words or "uid map" in words or "ermi" in words:
        what = (
            "allow user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile "
            "for bwrap (Ubuntu), sudo sysctl kernel.unprivileged_userns_clone=1 (older Debian), "
            "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined (a container)"
        )
    else:
        return f"{words}; {BY_HAND}"
    return f"{words}; {what}; {BY_HAND}"


def doctor(secret: Iterable[Path] = (), readable: Iterable[Path] = (), hidden: Iterable[Path] = ()) -> tuple[str, bool]:
    """Describe the sandbox of this machine and try it.

    Parameters
    ----------
    secret, readable, hidden : iterable of Path
        As for ``self_test``.

    Returns
    -------
    text : str
        One line per fact.
    safe : bool
        Whether it may hold students' code.
    """
    if why := why_no_sandbox():
        return f"✘ no sandbox: {why}", False
    found = bwrap.find_bubblewrap()
    with Sandbox().start(["/bin/true"]) as running:
        group = running.group_version
    lines = [
        f"✔ bubblewrap {found.version}, the {found.origin}'s: {found.path}",
        f"✔ control groups, version {group}: the kernel counts the whole tree"
        if group
        else "○ no control groups: limits per process, and a watch over the whole tree",
        "✔ seccomp filter",
    ]
    started = time.perf_counter()
    findings = self_test(secret or [bwrap.COURSE], readable, hidden)
    seconds = time.perf_counter() - started
    lines += [f"{'✔' if one.held else '✘'} {MEANING.get(one.name, one.name)}: {one.words}" for one in findings]
    safe = all(one.held for one in findings)
    lines.append(f"{'✔' if safe else '✘'} {len(findings)} canaries in {seconds:.2f} s")
    return "\n".join(lines), safe


@contextlib.contextmanager
def _temptations(
    secret: list[Path], readable: list[Path], limits: Sandbox
) -> Iterator[tuple[dict[str, object], socket.socket]]:
    """Set up what the canaries are to reach, and tell them where it is."""
    if sys.platform == "win32":
        raise OSError("there is no sandbox on Windows")
    token = f"canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        paths = [stack.enter_context(_marker(token))]
        for path in map(Path.resolve, secret):
            inside = path.rglob("*") if path.is_dir() else [path]
            given = [one for one in readable if path in one.resolve().parents]
            files = (one for one in inside if one.is_file() and not bwrap.below(one, given))
            paths += itertools.islice(files, MOST_FILES)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{token}")
        abstract.listen()
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        udp.setblocking(False)
        yield (
            {
                "token": token,
                "tcp": tcp.getsockname()[1],
                "udp": udp.getsockname()[1],
                "secrets": [str(path) for path in paths],
                "variables": [*bwrap.environment(), "PWD", "OLDPWD", "SHLVL", "_"],
                "protected": [str(path) for path in [*bwrap.interpreter(), *readable]],
                "disk": limits.disk,
                "processes": limits.processes,
                "memory": limits.memory,
                "moment": KILLED_WITHIN,
                "patience": PATIENCE,
            },
            udp,
        )


@contextlib.contextmanager
def _marker(token: str) -> Iterator[Path]:
    """Lay a file into the grader's temporary folder, and take away what those left who were killed."""
    folder = Path(tempfile.gettempdir())
    for old in left_behind(folder, MARKER):
        with contextlib.suppress(OSError):
            old.unlink()
    marker = folder / f"{MARKER}-{os.getpid()}-{token}"
    marker.write_text(token, encoding="utf-8")
    try:
        yield marker
    finally:
        marker.unlink(missing_ok=True)


def _answers(running: Running) -> list[tuple[str, str]]:
    """Read what a canary says, until it is done or dead."""
    text, end = b"", time.monotonic() + PATIENCE
    while b'"done"' not in text:
        if not select.select([running.read], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        if not (piece := os.read(running.read, 65536)):
            running.wait(PATIENCE)
            break
        text += piece
    return [tuple(json.loads(line)) for line in text.decode().splitlines() if line.endswith("]")]


def _end(running: Running, answers: dict[str, str]) -> str | None:
    """Kill a sandbox that had an orphan: once nobody holds the other end of the channel, it is gone too."""
    if answers.get("orphan") != "!left":
        return answers.get("orphan")
    running.kill()
    ready = select.select([running.read], [], [], 1.0)[0]
    while ready and (piece := os.read(running.read, 65536)):
        del piece
    return "!gone with the rest" if ready else "it survived"


def _finding(name: str, words: str | None, running: Running) -> Finding:
    if words is None:
        cause = running.cause()
        if cause is not None and cause == {"disk": "disk", "fork": "processes", "memory": "memory"}.get(name):
            return Finding(name, True, "killed")
        last = running.last_words().strip().rpartition("\n")[2][:200]
        return Finding(name, False, f"no answer ({cause}{': ' * bool(last)}{last})")
    return Finding(name, words.startswith("!"), words.removeprefix("!"))
