"""The canaries, which the self-test runs in a sandbox: each tries what must not succeed, and reports it on a line.

This file runs alone, without the project. Every attempt is bounded, so that it is harmless even without a sandbox.
"""

import contextlib
import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable

PTRACE_TRACEME = 0
CLONE_NEWUSER = 0x10000000
MIB = 1024**2


def main(kind: str, settings: dict) -> None:
    """Run the canaries of a kind, a key of ``KINDS``, and wait to be killed."""
    with os.fdopen(4, "w", buffering=1, encoding="utf-8") as answer:
        for name, attempt in KINDS[kind].items():
            try:
                finding = attempt(settings)
            except OSError as error:
                finding = f"!{error.strerror}"
            print(json.dumps([name, finding]), file=answer)
        print(json.dumps(["done", ""]), file=answer)
        time.sleep(settings["patience"])


# Each canary returns what it reached; where the sandbox held it, it raises OSError or returns a text starting with "!".


def network(settings: dict) -> str:
    """Reach the self-test's listeners by TCP, UDP or an abstract Unix socket."""
    last = ""
    listeners: list[tuple[int, int, tuple[str, int] | str]] = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", settings["tcp"])),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", settings["udp"])),
        (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{settings['token']}"),
    ]
    for family, kind, address in listeners:
        try:
            with socket.socket(family, kind) as client:
                client.settimeout(1)
                client.connect(address)
                client.send(settings["token"].encode())
                if kind == socket.SOCK_STREAM:
                    return f"connected to {address!r}"
        except OSError as error:
            last = f"!{error.strerror}"
    return last or "!nothing answered"


def secrets(settings: dict) -> str:
    """Read a file that must not be seen."""
    for path in settings["secrets"]:
        with contextlib.suppress(OSError):
            if _content(path):
                return f"read {path}"
    return f"!none of {len(settings['secrets'])} files can be read"


def processes(settings: dict) -> str:
    """See a process outside, or a variable of the grader's environment."""
    pids = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {1, os.getpid(), *settings["waiting"]}
    if pids:
        return f"saw {len(pids)} other processes"
    for pid in (1, os.getpid(), *settings["waiting"]):
        pairs = _content(f"/proc/{pid}/environ").split(b"\0")
        foreign = {pair.partition(b"=")[0].decode(errors="replace") for pair in pairs if pair} - set(
            settings["variables"]
        )
        if foreign:
            return f"saw {sorted(foreign)[0]} of another environment"
    return "!only its own"


def write(settings: dict) -> str:
    """Write to the interpreter, or to the course's readable files."""
    for path in settings["protected"]:
        new = os.path.join(path, settings["token"]) if os.path.isdir(path) else path
        try:
            os.close(os.open(new, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
        except OSError:
            continue
        if new != path:
            os.unlink(new)
        return f"wrote to {path}"
    return "!read only"


def namespace(settings: dict) -> str:
    """Become root of a namespace of its own."""
    return _call("unshare", CLONE_NEWUSER)


def trace(settings: dict) -> str:
    """Trace a process."""
    return _call("ptrace", PTRACE_TRACEME, 0, 0, 0)


def orphan(settings: dict) -> str:
    """Leave an orphaned process behind; it keeps our end of the channel open, by which the self-test notices it."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(settings["patience"])
        os._exit(0)
    os.wait()
    return "!left"


def disk(settings: dict) -> str:
    """Write more than the disk limit."""
    try:
        with open("canary", "wb", buffering=0) as file:
            for _ in range(settings["disk"] // MIB + 2):
                file.write(bytes(MIB))
    finally:
        os.unlink("canary")
    time.sleep(settings["moment"])
    return f"wrote {settings['disk'] // MIB + 2} MiB"


def fork(settings: dict) -> str:
    """Start more processes than allowed."""
    for _ in range(settings["processes"] + 5):
        if os.fork() == 0:
            time.sleep(settings["patience"])
            os._exit(0)
    time.sleep(settings["moment"])
    return f"started {settings['processes'] + 5} processes"


def memory(settings: dict) -> str:
    """Take more memory than allowed, in three processes that each take less."""
    ends = []
    for _ in range(3):
        reader, writer = os.pipe()
        if os.fork() == 0:
            taken = b"\1" * (settings["memory"] // 2)
            os.write(writer, b"!")
            time.sleep(settings["patience"])
            os._exit(len(taken) > 0)
        os.close(writer)
        ends.append(reader)
    if not all([os.read(end, 1) for end in ends]):
        return "!refused"
    time.sleep(settings["moment"])
    return f"took {settings['memory'] * 3 // 2 // MIB} MiB"


def _content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(4096)


def _call(name: str, *arguments: int) -> str:
    """Call a function of the C library in a child process, whose state the call may change."""
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        os._exit(ctypes.get_errno() if getattr(libc, name)(*arguments) == -1 else 0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return f"!{os.strerror(code)}" if code > 0 else "done"


KINDS: dict[str, dict[str, Callable[[dict], str]]] = {
    "reach": {
        "network": network,
        "secrets": secrets,
        "processes": processes,
        "write": write,
        "namespace": namespace,
        "trace": trace,
        "orphan": orphan,
        "disk": disk,
    },
    "fork": {"fork": fork},
    "memory": {"memory": memory},
}

if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
