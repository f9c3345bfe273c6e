"""The student's process in the sandbox: run cells, and answer calls of the functions that they define."""

from __future__ import annotations

import ast
import builtins
import contextlib
import ctypes
import hashlib
import importlib
import math
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import plain_calls
from .codec import Closed, NotPlain, encode
from .missing_here import body_of_unknown_magic, lacks_something, names_bound
from .rpc import STILL_RUNNING, WRAPPER_SEPARATOR, RpcConnection
from .shell import NotebookShell, make_shell, run_cell, take_over

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): orphans of orphans become our children, so that they can be ended
MAX_NAMES = 300  # of those that are there where one is missing
MAX_PASSED_OVER = 50  # statements of one cell
ALARM_INTERVAL = 0.2  # seconds between two looks at a cell or call whose time has passed by the clock
RAISE_AGAIN = 0.5  # seconds of CPU time: until then a traceback of the first error is made
_shell: NotebookShell | None = None


class CellTimeoutError(BaseException):
    """A cell's or call's CPU time is used up. Not an Exception, so that ``except Exception`` cannot swallow it."""


class GuestServer:
    """Answer the trusted side's messages until the channel closes.

    Parameters
    ----------
    read, write : int
        File descriptors of the channel.
    calls : module
        Module that calls students' functions; see ``plain_calls``.
    """

    def __init__(self, read: int, write: int, calls: types.ModuleType = plain_calls) -> None:
        self._quiet = False  # in a test, output is dropped
        self._call_seconds = 0.0
        self._due = math.inf  # value of process_time() at which the innermost limit is reached
        self._passed_over: list[tuple[int, int, str]] = []
        self._roots = [str(Path.home()), "/tmp", "/dev/shm"]  # where files can be written
        self._shell = _shell or make_shell(self._emit)
        take_over(self._shell, self._emit)
        self._shell.passes_over = self._pass_over
        self._lost: set[str] = set()  # names that statements passed over would have defined
        self._initial_names = set(self._shell.user_ns)
        self._rpc = RpcConnection(
            lambda size: os.read(read, size),
            lambda buffer: os.write(write, buffer),
            self._find,
            on_message=self._allow,
            name=calls.type_name,
        )
        self._calls = calls

    def serve(self) -> None:
        """Answer messages until the channel closes. Never returns: raises ``Closed`` then."""
        _ignore_alarm()
        self._rpc.send({"ready": True})
        while True:
            match self._rpc.next():
                case {"run": str(source), "seconds": seconds}:
                    self._passed_over.clear()
                    self._run_cell(source, seconds)
                    self._rpc.send({"ran": self._passed_over[:MAX_PASSED_OVER]})
                case {"look": str(name)}:
                    self._rpc.send(self._look(name))
                case {"begin": seconds, "mark": str(mark)}:
                    self._fork(seconds, bytes.fromhex(mark))
                case {"end": True}:
                    os._exit(0)
                case message:
                    self._allow(message)

    def _allow(self, message: Any) -> None:
        match message:
            case {"allow": seconds}:
                self._call_seconds = seconds

    def _run_cell(self, source: str, seconds: float) -> None:
        # The alarm may ring just after the cell has ended.
        with contextlib.suppress(CellTimeoutError), self._cpu_limit(seconds):
            run_cell(self._shell, source)

    @contextlib.contextmanager
    def _cpu_limit(self, seconds: float) -> Iterator[None]:
        """Raise CellTimeoutError in the main thread, repeatedly, after ``seconds`` of CPU time.

        Limits nest, as where a student's function calls back a function that calls another of the student's: the outer
        limit is suspended until the inner one ends.
        """
        if threading.current_thread() is not threading.main_thread():  # the limit of its call holds
            yield
            return
        outer, self._due = self._due, time.process_time() + seconds
        signal.signal(signal.SIGALRM, self._on_alarm)
        # A wall-clock timer also wakes the main thread while other threads compute; the handler then asks for CPU time.
        signal.setitimer(signal.ITIMER_REAL, seconds, ALARM_INTERVAL)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._due = outer
            if outer == math.inf:
                self._rpc.cancel_interrupt()
            else:
                with self._rpc.turn:  # so that the error is raised in the outer call, after the inner call was answered
                    self._on_alarm()
                signal.setitimer(signal.ITIMER_REAL, max(outer - time.process_time(), ALARM_INTERVAL), ALARM_INTERVAL)

    def _on_alarm(self, *_: Any) -> None:
        if (now := time.process_time()) >= self._due:
            self._due = now + RAISE_AGAIN
            self._rpc.interrupt(CellTimeoutError("its computing time is used up (an endless loop?)"))

    def _pass_over(self, node: ast.stmt, error: BaseException | None) -> bool:
        """Tell whether a cell goes on after a failed statement: if this machine lacks what it needs. Note it then."""
        if not lacks_something(node, error, self._lost):
            return False
        if body := body_of_unknown_magic(node):
            self._shell.run_body(body)
            return True
        self._lost |= names_bound(node)
        self._passed_over.append((node.lineno, node.col_offset, type(error).__name__[:100]))
        return True

    def _look(self, name: str) -> dict[str, Any]:
        namespace = self._shell.user_ns
        if name not in namespace:
            own = [key for key in namespace if key not in self._initial_names and isinstance(key, str)]
            return {"missing": [key for key in own if not key.startswith("_")][:MAX_NAMES]}
        value = namespace[name]
        if callable(value):
            return {"function": str(getattr(value, "__module__", ""))[:200]}
        try:
            encode(value)
        except NotPlain as error:
            return {"unfit": str(error)}
        return {"value": value}

    def _find(self, name: str) -> Callable:
        *wrappers, name = name.split(WRAPPER_SEPARATOR)
        function = self._shell.user_ns.get(name)
        if not callable(function):
            raise NameError(f"name {name!r} is not defined as a function")

        seconds = self._call_seconds

        def timed(*arguments: Any, **keywords: Any) -> Any:
            try:
                with self._cpu_limit(seconds):
                    return self._calls.call(wrappers, function, arguments, keywords)
            except CellTimeoutError:
                raise TimeoutError(f"{STILL_RUNNING} {seconds:g} s of computing") from None
            except Exception:
                raise
            except BaseException as error:  # exit() and the like end no test
                raise RuntimeError(f"{type(error).__name__}: {error}") from None

        return timed

    def _fork(self, seconds: float, mark: bytes) -> None:
        """Serve a test in a fork of this process, wait for its end, and say whether the files are as they were."""
        before, roots = _describe_files(self._roots), {root: os.stat(root) for root in self._roots}
        _ignore_alarm()  # a cell may have left a handler, by which the fork could tell this process something
        _close_fonts()
        with self._rpc.turn:  # otherwise the fork could copy it while another thread holds it
            pid = os.fork()
        if pid == 0:
            self._rpc.process = os.getpid()
            self._quiet, self._call_seconds = True, seconds
            if after_fork := getattr(self._calls, "after_fork", None):
                after_fork()
            self._rpc.send({"began": True})
            return
        _, status = os.waitpid(pid, 0)
        _end_children()
        is_as_before = _remove_added(before, roots)
        self._rpc.send({"ended": os.waitstatus_to_exitcode(status)})
        self._rpc.skip(mark)  # a fork that died has left unread what was on its way to it
        self._rpc.send({"clean": is_as_before})

    def _emit(self, output: dict[str, Any]) -> None:
        if self._quiet:
            return
        try:
            self._rpc.send({"output": output})
        except NotPlain as error:
            text = f"An output is left out: {error}\n"
            self._rpc.send({"output": {"output_type": "stream", "name": "stderr", "text": text}})


def _close_fonts() -> None:
    """Have Matplotlib close its font files, so that the fork shares no open files with this process."""
    with contextlib.suppress(Exception):
        sys.modules["matplotlib.font_manager"]._get_font.cache_clear()  # as Matplotlib does itself in a fork


def _ignore_alarm() -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)


def prepare() -> None:
    """Make the shell that this process or a fork of it will use; do not redirect output yet."""
    global _shell
    before = sys.modules["__main__"], sys.stdout, sys.stderr, builtins.input
    _shell = make_shell(lambda output: None)
    for source in ("1", "1 / 0"):  # IPython imports some modules only when a cell runs or fails
        _shell.run_cell(source)
    sys.modules["__main__"], sys.stdout, sys.stderr, builtins.input = before


def main(read: int, write: int, calls: str = plain_calls.__name__) -> None:
    """Serve on two file descriptors until the channel closes; then the process ends.

    Parameters
    ----------
    read, write : int
        File descriptors of the channel.
    calls : str
        Name of a module that defines the functions of ``plain_calls``.
    """
    calls_module = importlib.import_module(calls)  # before the student's folder is on the search path
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    null = os.open(os.devnull, os.O_WRONLY)
    for output in (1, 2):  # a pipe, from which one test could read what another wrote
        os.dup2(null, output)
    os.close(null)
    sys.path.insert(0, "")  # as in a notebook
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # so that a student's handler can be told from Python's own
    try:
        GuestServer(read, write, calls_module).serve()
    except (Closed, BrokenPipeError):
        os._exit(0)


def _describe_files(roots: list[str]) -> dict[str, object]:
    """Describe every file and folder that a student may write, so that any change of one can be told.

    Of the roots neither times nor sizes count: they change where something is added that is removed again. What cannot
    be looked at is equal to nothing, not even to itself.
    """
    found: dict[str, object] = {root: (os.stat(root).st_mode, _attributes(root)) for root in roots}

    def not_listed(error: OSError) -> None:
        found[error.filename] = object()

    walks = [step for root in roots for step in os.walk(root, onerror=not_listed)]
    paths = [os.path.join(folder, name) for folder, folders, files in walks for name in folders + files]
    digests = list(map(_digest, paths))  # of all first: it sets their time of access, which later reading does not
    for path, digest in zip(paths, digests, strict=True):
        try:
            info = os.lstat(path)
        except OSError:  # its path may be too long
            found.setdefault(path, object())
        else:
            state = info.st_mode, info.st_ino, info.st_size, info.st_ctime_ns, info.st_atime_ns, digest
            found.setdefault(path, state)
    return found


def _digest(path: str) -> str:
    """Hash a file: what is written through mapped memory changes no time. Give where a link leads; "" for all else."""
    with contextlib.suppress(OSError):
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return os.readlink(path)
        if stat.S_ISREG(mode):
            with open(path, "rb") as file:
                return hashlib.file_digest(file, "blake2b").hexdigest()
    return ""


def _attributes(path: str) -> list[tuple[str, bytes]]:
    """List a folder's extended attributes."""
    with contextlib.suppress(OSError):  # this kernel may know none there
        return [(name, os.getxattr(path, name)) for name in sorted(os.listxattr(path))]
    return []


def _remove_added(before: dict[str, object], roots: dict[str, os.stat_result]) -> bool:
    """Remove the files that a test added; tell whether all others are as they were."""
    try:
        _remove(_describe_files([*roots]).keys() - before.keys())
    except (OSError, subprocess.SubprocessError):  # their names may be longer together than any command
        return False
    for root, info in roots.items():
        os.utime(root, ns=(info.st_atime_ns, info.st_mtime_ns))
    return _describe_files([*roots]) == before


def _remove(paths: set[str]) -> None:
    """Remove files and folders, even read-only folders and paths longer than PATH_MAX."""
    tops = [path for path in paths if os.path.dirname(path) not in paths]
    environment = {"PATH": os.defpath}
    if folders := [path for path in tops if os.path.isdir(path) and not os.path.islink(path)]:
        subprocess.run(["chmod", "-R", "u+rwx", "--", *folders], env=environment, check=False)
    if tops:
        subprocess.run(["rm", "-rf", "--", *tops], env=environment, check=True)


def _end_children() -> None:
    """Kill all processes that a test left behind; their children become ours and are killed too."""
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
    pids = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if parent == os.getpid():
                pids.append(int(entry.name))
    return pids
