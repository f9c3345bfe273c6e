"""The self-test at every start of grading: canaries try to get out of a sandbox, and none may.

A canary is a small probe (``guest/probes.py``) that tries a forbidden thing, such as to read the gradebook.
"""

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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.judge.sandbox import bwrap
from autograder.judge.sandbox.cgroup import stale_entries
from autograder.judge.sandbox.sandbox import MIB, NoSandbox, Running, Sandbox
from autograder.judge.sandbox.zygote import Zygote

SCRIPT = Path(__file__).with_name("guest") / "probes.py"
PATIENCE = 60.0  # seconds to wait for what takes milliseconds on a machine that is not busy
KILLED_WITHIN = 20.0  # seconds within which a broken limit is noticed, even on a busy machine
MEMORY = 256 * MIB  # well above what a fresh fork of the zygote uses
MAX_SECRET_FILES = 50
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
OR_TRUST = "or, for a class whose code you trust as your own, set c.Judge.trusted_class = True"


@dataclass(frozen=True)
class Finding:
    """The outcome of a canary.

    Parameters
    ----------
    name : str
        The canary; a key of ``MEANING``, or "sandbox".
    held : bool
        Whether the sandbox held it.
    detail : str
        How it was held, or what it reached.
    """

    name: str
    held: bool
    detail: str


def self_test(
    secret: Iterable[Path] = (),
    readable: Iterable[Path] = (),
    hidden: Iterable[Path] = (),
    zygote: Zygote | None = None,
    interval: float = 0.03,
) -> list[Finding]:
    """Run every canary, in sandboxes that see the same files as students' sandboxes, under smaller limits.

    Parameters
    ----------
    secret : iterable of Path
        Files and folders that must not be readable inside, such as the gradebook and the course's source. The grader's
        temporary folder is tested too, with a marker file that is removed afterwards.
    readable, hidden : iterable of Path
        As given to ``Sandbox.start`` when grading.
    zygote : Zygote, optional
        The canaries are forked from it, as students' processes are.
    interval : float
        Seconds between two checks of a sandbox's limits.

    Returns
    -------
    list of Finding
        A finding for each canary; a single finding, named "sandbox", where no sandbox can be started.
    """
    readable, hidden = list(readable), list(hidden)
    limits = Sandbox(memory=MEMORY, processes=12, disk=4 * MIB, cpu_seconds=5, wall_seconds=PATIENCE, interval=interval)
    with contextlib.ExitStack() as stack:
        settings, datagrams = stack.enter_context(_targets(list(secret), readable, limits))
        settings["waiting"] = [2] if zygote else []
        try:
            running = {
                kind: stack.enter_context(
                    limits.start(
                        [sys.executable, "-I", "-S", "-c", SCRIPT.read_text("utf-8"), kind, json.dumps(settings)],
                        readable=readable,
                        hidden=hidden,
                        zygote=zygote,
                    )
                )
                for kind in ("reach", "fork", "memory")
            }
        except NoSandbox as error:
            return [Finding("sandbox", False, str(error))]
        answers = dict(found for sandbox in running.values() for found in _answers(sandbox))
        with contextlib.suppress(BlockingIOError):
            answers["network"] = f"sent {len(datagrams.recv(100))} bytes by UDP"
        answers |= _kill_with_orphan(running["reach"], answers)
        return [_finding(name, answers.get(name), running.get(name, running["reach"])) for name in MEANING]


def why_no_sandbox() -> str | None:
    """Try to start a sandbox.

    Returns
    -------
    str or None
        In one line, why there is no sandbox here and what to do; None where there is a sandbox.
    """
    if sys.platform != "linux":
        return f"a sandbox needs Linux: grade on one (a virtual machine or WSL 2 will do), {OR_TRUST}"
    try:
        with Sandbox().start(["/bin/true"]) as running:
            cause = running.wait(PATIENCE)
        return None if cause == "ended" and running.exit_code == 0 else f"a sandbox ended oddly: {cause}"
    except NoSandbox as error:
        message = str(error)
    except (OSError, AttributeError) as error:
        return f"the sandbox needs Linux 5.3 or later ({error}), {OR_TRUST}"
    if bwrap.find_bubblewrap() is None:
        remedy = "install bubblewrap: apt install bubblewrap, dnf install bubblewrap, or pip install -e '.[sandbox]'"
    elif "amespace" in message or "uid map" in message or "ermi" in message:
        remedy = (
            "allow user namespaces: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile "
            "for bwrap (Ubuntu), sudo sysctl kernel.unprivileged_userns_clone=1 (older Debian), "
            "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined (a container)"
        )
    else:
        return f"{message}; {OR_TRUST}"
    return f"{message}; {remedy}; {OR_TRUST}"


def doctor(run: Callable[[], list[Finding]] = lambda: self_test([bwrap.COURSE])) -> tuple[str, bool]:
    """Describe the sandbox of this machine and try it.

    Parameters
    ----------
    run : callable
        Runs the self-test; by default without the settings of a course.

    Returns
    -------
    text : str
        A line for each fact.
    safe : bool
        Whether students' code may be run in it.
    """
    if why := why_no_sandbox():
        return f"✘ no sandbox: {why}", False
    bubblewrap = bwrap.find_bubblewrap()
    assert bubblewrap, "there is a sandbox, so there is a bubblewrap"
    with Sandbox().start(["/bin/true"]) as running:
        cgroup_version = running.cgroup_version
    lines = [
        f"✔ bubblewrap {bubblewrap.version}, the {bubblewrap.origin}'s: {bubblewrap.path}",
        f"✔ control groups, version {cgroup_version}: the kernel counts the whole tree"
        if cgroup_version
        else "○ no control groups: limits per process, and a watch over the whole tree",
        "✔ seccomp filter",
    ]
    started = time.perf_counter()
    findings = run()
    seconds = time.perf_counter() - started
    lines += [
        f"{'✔' if finding.held else '✘'} {MEANING.get(finding.name, finding.name)}: {finding.detail}"
        for finding in findings
    ]
    safe = all(finding.held for finding in findings)
    lines.append(f"{'✔' if safe else '✘'} {len(findings)} canaries in {seconds:.2f} s")
    return "\n".join(lines), safe


@contextlib.contextmanager
def _targets(
    secret: list[Path], readable: list[Path], limits: Sandbox
) -> Iterator[tuple[dict[str, object], socket.socket]]:
    """Set up the canaries' targets; yield the canaries' settings, and the socket for their UDP packet."""
    if sys.platform == "win32":
        raise OSError("there is no sandbox on Windows")
    token = f"canary-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        paths = [stack.enter_context(_marker(token))]
        for path in map(Path.resolve, secret):
            inside = _paths_in(path) if path.is_dir() else [path]
            shown = [folder for folder in readable if path in folder.resolve().parents]
            files = (file for file in inside if os.path.isfile(file) and not bwrap.below(file, shown))
            paths += itertools.islice(files, MAX_SECRET_FILES)
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


def _paths_in(folder: Path) -> Iterator[Path]:
    """List all files below a folder; ``os.walk`` skips folders that cannot be read, as students' may be."""
    return (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)


@contextlib.contextmanager
def _marker(token: str) -> Iterator[Path]:
    """Put a marker file into the grader's temporary folder; remove the markers of graders that were killed."""
    folder = Path(tempfile.gettempdir())
    for old in stale_entries(folder, MARKER):
        with contextlib.suppress(OSError):
            old.unlink()
    marker = folder / f"{MARKER}-{os.getpid()}-{token}"
    marker.write_text(token, encoding="utf-8")
    try:
        yield marker
    finally:
        marker.unlink(missing_ok=True)


def _answers(running: Running) -> list[tuple[str, str]]:
    """Read canaries' findings until they are done or dead: name and text, which begins with "!" where held."""
    text, end = b"", time.monotonic() + PATIENCE
    while b'"done"' not in text:
        if not select.select([running.read], [], [], max(0.0, end - time.monotonic()))[0]:
            break
        if not (piece := os.read(running.read, 65536)):
            running.wait(PATIENCE)
            break
        text += piece
    return [tuple(json.loads(line)) for line in text.decode().splitlines() if line.endswith("]")]


def _kill_with_orphan(running: Running, answers: dict[str, str]) -> dict[str, str]:
    """Kill a sandbox with an orphan in it; the channel's other end is closed once the orphan is gone too."""
    if answers.get("orphan") != "!left":
        return {}
    running.kill_and_wait()
    ready = select.select([running.read], [], [], 1.0)[0]
    while ready and (piece := os.read(running.read, 65536)):
        del piece
    return {"orphan": "!gone with the rest" if ready else "it survived"}


def _finding(name: str, detail: str | None, running: Running) -> Finding:
    if detail is None:
        cause = running.cause()
        if cause is not None and cause == {"disk": "disk", "fork": "processes", "memory": "memory"}.get(name):
            return Finding(name, True, "killed")
        line = running.stderr_tail().rpartition("\n")[2][:200]
        return Finding(name, False, f"no answer ({cause}{': ' * bool(line)}{line})")
    return Finding(name, detail.startswith("!"), detail.removeprefix("!"))
