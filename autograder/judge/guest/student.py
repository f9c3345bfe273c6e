"""The sandbox's side: run a student's cells, and answer calls of the functions that they define."""

from __future__ import annotations

import ast
import builtins
import contextlib
import ctypes
import importlib
import os
import signal
import stat
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import plain_calls
from .codec import Closed, NotPlain, encode
from .missing_here import body_of_cell_magic, lacks_something, names_given
from .rpc import BETWEEN, RpcConnection
from .shell import NotebookShell, make_shell, run_cell, take_over

BECOME_SUBREAPER = 36  # prctl(2): orphans of orphans become our children, so that they can be ended
NAMES = 300
MOST = 50  # statements of a cell that are told to have been passed over
KEPT = 32_000_000  # bytes of files that are put back after a test
State = tuple[int, int, int, int]
"""Of a file: mode, number, size, time of the last change."""
Files = dict[str, tuple[State, bytes | None]]
"""Path → state, and the content of what is a file and not too large."""
_shell: NotebookShell | None = None


class CellTimeoutError(BaseException):
    """Its CPU time is used up. Not an Exception, so that ``except Exception`` cannot swallow it."""


class Student:
    """Answers the trusted side's messages until the channel closes.

    Parameters
    ----------
    read, write : int
        File descriptors of the channel.
    calls : module
        What students' functions are called through, as ``direct`` is.
    """

    def __init__(self, read: int, write: int, calls: types.ModuleType = plain_calls) -> None:
        self._quiet, self._seconds = False, 0.0
        self._passed_over: list[tuple[int, int, str]] = []
        self._files: Files = {}
        self._shell = _shell or make_shell(self._emit)
        take_over(self._shell, self._emit)
        self._shell.passes_over = self._passes_over
        self._lost: set[str] = set()  # names that statements passed over were to give a value
        self._own = set(self._shell.user_ns)
        self._peer = RpcConnection(
            lambda size: os.read(read, size),
            lambda buffer: os.write(write, buffer),
            self._find,
            heed=lambda message: None,
            name=calls.named,
        )
        self._calls = calls

    def serve(self) -> None:
        """Do what is asked, one message after the other."""
        self._peer.send({"ready": True})
        while True:
            match self._peer.next():
                case {"run": str(source), "seconds": seconds}:
                    self._passed_over.clear()
                    self._run(source, seconds)
                    self._peer.send({"ran": self._passed_over[:MOST]})
                case {"look": str(name)}:
                    self._peer.send(self._look(name))
                case {"begin": seconds, "mark": str(mark)}:
                    self._fork(seconds, bytes.fromhex(mark))
                case {"allow": seconds}:
                    self._seconds = seconds
                case {"end": True}:
                    os._exit(0)

    def _run(self, source: str, seconds: float) -> None:
        # One that rings a moment too late is not the cell's.
        with contextlib.suppress(CellTimeoutError), self._limited(seconds):
            run_cell(self._shell, source)

    @contextlib.contextmanager
    def _limited(self, seconds: float) -> Iterator[None]:
        """Raise CellTimeoutError within after so many seconds of computing, again and again."""
        computed = time.process_time()

        def ring(*_: Any) -> None:
            if time.process_time() - computed >= seconds:
                self._peer.interrupt(CellTimeoutError("its computing time is used up (an endless loop?)"))

        signal.signal(signal.SIGALRM, ring)
        # By the clock, which wakes the main thread while others compute; what is asked is how much they did.
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._peer.in_time()

    def _passes_over(self, node: ast.stmt, error: BaseException | None) -> bool:
        """Run a cell on below what failed for want of something that this machine does not have."""
        if not lacks_something(node, error, self._lost):
            return False
        if body := body_of_cell_magic(node):
            self._shell.run_cell(body, store_history=False)
            return True
        self._lost |= names_given(node)
        self._passed_over.append((node.lineno, node.col_offset, type(error).__name__[:100]))
        return True

    def _look(self, name: str) -> dict[str, Any]:
        namespace = self._shell.user_ns
        if name not in namespace:
            names = [one for one in namespace if one not in self._own and isinstance(one, str) and one[:1] != "_"]
            return {"missing": names[:NAMES]}
        value = namespace[name]
        if callable(value):
            return {"function": str(getattr(value, "__module__", ""))[:200]}
        try:
            encode(value)
        except NotPlain as error:
            return {"unfit": str(error)}
        return {"value": value}

    def _find(self, name: str) -> Callable:
        *ways, name = name.split(BETWEEN)
        function = self._shell.user_ns.get(name)
        if not callable(function):
            raise NameError(f"name {name!r} is not defined as a function")

        def timed(*arguments: Any, **keywords: Any) -> Any:
            try:
                with self._limited(self._seconds):
                    return self._calls.called(ways, function, arguments, keywords)
            except CellTimeoutError:
                raise TimeoutError(f"still running after {self._seconds:g} s of computing") from None
            except Exception:
                raise
            except BaseException as error:  # exit() and the like end no test
                raise RuntimeError(f"{type(error).__name__}: {error}") from None

        return timed

    def _fork(self, seconds: float, mark: bytes) -> None:
        """Serve a test in a copy of this process: what it changes, and what becomes of it, ends with it."""
        self._files = before = _kept(self._files)
        with self._peer.turn:  # no thread of the student's takes it along
            pid = os.fork()
        if pid == 0:
            self._peer.process = os.getpid()
            self._quiet, self._seconds = True, seconds
            _run_eagerly()
            self._peer.send({"began": True})
            return
        _, status = os.waitpid(pid, 0)
        _end_children()
        _put_back(before)
        self._peer.send({"ended": os.waitstatus_to_exitcode(status)})
        self._peer.skip(mark)  # a copy that died has left unread what was on its way to it
        self._peer.send({"clean": True})

    def _emit(self, output: dict[str, Any]) -> None:
        if self._quiet:
            return
        try:
            self._peer.send({"output": output})
        except NotPlain as error:
            words = f"An output is left out: {error}\n"
            self._peer.send({"output": {"output_type": "stream", "name": "stderr", "text": words}})


def prepare() -> None:
    """Make the shell that this process's student, or that of any copy of it, will use; leave all else as it is."""
    global _shell
    before = sys.modules["__main__"], sys.stdout, sys.stderr, builtins.input
    _shell = make_shell(lambda output: None)
    for source in ("1", "1 / 0"):  # imports what IPython puts off until then
        _shell.run_cell(source)
    sys.modules["__main__"], sys.stdout, sys.stderr, builtins.input = before


def main(read: int, write: int, calls: str = plain_calls.__name__) -> None:
    """Serve on two file descriptors; what is printed beside the notebook's streams goes nowhere.

    Parameters
    ----------
    read, write : int
    calls : str
        A module as ``direct`` is.
    """
    through = importlib.import_module(calls)  # before anything of the student's can be taken for it
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    sys.path.insert(0, "")  # as in a notebook
    student = Student(read, write, through)
    try:
        student.serve()
    except (Closed, BrokenPipeError):
        os._exit(0)


def _run_eagerly() -> None:
    """Let TensorFlow run without its threads, which a fork does not have: a graph would wait for them for ever."""
    if "tensorflow" in sys.modules:
        with contextlib.suppress(Exception):  # it may be anything that a student called so
            sys.modules["tensorflow"].config.run_functions_eagerly(True)


def _files() -> dict[str, State]:
    """List every file and folder that a student may write, and what would tell that it has changed."""
    roots = [str(Path.home()), "/tmp", "/dev/shm"]
    walks = [one for root in roots for one in os.walk(root)]
    found = {}
    for path in (os.path.join(folder, name) for folder, folders, files in walks for name in folders + files):
        with contextlib.suppress(OSError):
            info = os.lstat(path)
            found[path] = info.st_mode, info.st_ino, info.st_size, info.st_ctime_ns
    return found


def _kept(earlier: Files) -> Files:
    """Keep what is in every file that is not too large; what was kept earlier and has not changed is not read again."""
    kept, left = {}, KEPT
    for path, state in _files().items():
        mode, _, size, _ = state
        content = None
        if stat.S_ISREG(mode) and size <= left:
            left -= size
            with contextlib.suppress(OSError):
                known, content = earlier.get(path, (None, None))
                content = content if known == state else Path(path).read_bytes()
        kept[path] = state, content
    return kept


def _put_back(before: Files) -> None:
    """Remove what is new, and give the files that a test changed or removed their content again."""
    now = _files()
    changed = {path for path, (state, content) in before.items() if content is not None and now.get(path) != state}
    _remove(now.keys() - before.keys() | changed & now.keys())
    for path in changed:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_bytes(before[path][1])


def _remove(paths: set[str]) -> None:
    """Remove files and folders, be they shut or deeper than any path reaches."""
    tops = [path for path in paths if os.path.dirname(path) not in paths]
    if folders := [path for path in tops if os.path.isdir(path) and not os.path.islink(path)]:
        subprocess.run(["chmod", "-R", "u+rwx", "--", *folders], check=False)
    if tops:
        subprocess.run(["rm", "-rf", "--", *tops], check=True)


def _end_children() -> None:
    """Kill every process that a test left behind; their own children become ours and follow."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for child in _children():
                os.kill(child, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == os.getpid():
                found.append(int(entry.name))
    return found
