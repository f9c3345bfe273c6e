"""The trusted process: it runs the test cells of one submission after another, each submission in a fork.

It is started once (``python -m autograder.judge.examiner``), imports what tests need, starts the warm process, and then
answers requests on its standard input: JSON, preceded by its length. What it holds of one submission ends with that
submission's fork.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import dis
import functools
import gc
import importlib
import json
import os
import re
import select
import signal
import struct
import sys
import types
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

import numpy as np
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.judge.guest.shell import NotebookShell, make_shell, run_cell
from autograder.judge.outputs import Outputs
from autograder.judge.sandbox.bwrap import find_bubblewrap
from autograder.judge.sandbox.sandbox import CHANNEL, NoSandbox, Running, Sandbox
from autograder.judge.sandbox.seccomp import NoFilter, program
from autograder.judge.sandbox.zygote import GUEST, Zygote
from autograder.judge.self_test import self_test
from autograder.judge.session import GraderFault, SandboxDied, Session, StudentFunction, SubmissionLimits

LENGTH = struct.Struct("<Q")
MOST = 100_000_000
DIE_WITH_PARENT = 1  # prctl(2)


class Examination:
    """One submission's way through its cells.

    Parameters
    ----------
    shell : NotebookShell
        Where test cells run.
    session : Session
        Where the student's cells run.
    """

    def __init__(self, shell: NotebookShell, session: Session) -> None:
        self._shell, self._session = shell, session
        self._broken: list[tuple[str, str, bool]] = []  # source of a cell, how it broke off, with the process
        self._words: set[str] = set()  # of the student's cells so far
        self._sources: list[str] = []  # these cells

    def cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Run one cell.

        Parameters
        ----------
        cell : dict
            ``source``, ``kind`` (``student``; ``given``: locked, for both sides; ``test``) and, of a test, ``points``.

        Returns
        -------
        dict
            ``outputs``, and of a test ``look``: why it needs a look, or "", ``told``: what students may know of it, and
            ``raised``: errors of the student's functions; of any other cell ``passed_over``, as a session tells it.
        """
        if cell["kind"] == "test":
            return self._test(cell["source"], cell["points"])
        self._words |= set(re.findall(r"\w+", cell["source"]))
        self._sources.append(cell["source"])
        outputs, lost = self._session.run(cell["source"])
        passed_over = self._session.passed_over
        for error in outputs:
            if error.output_type == "error":
                self._broken.append((cell["source"], f"{error.ename}: {error.evalue}"[:200], bool(lost)))
        if cell["kind"] == "given":
            self._trusted(cell["source"])
        return {"outputs": outputs, "passed_over": passed_over}

    def _trusted(self, source: str) -> tuple[list[NotebookNode], bool]:
        outputs = Outputs(MOST, believed=True)
        self._shell.emit = outputs.add
        with_success = run_cell(self._shell, source)
        return outputs.close(), with_success.success

    def _test(self, source: str, points: float) -> dict[str, Any]:
        graded = self._tested(source, points)
        if self._session.stalled:  # the machine may have been busy: once more, quietly
            graded = self._tested(source, points)
        return graded

    def _tested(self, source: str, points: float) -> dict[str, Any]:
        session, namespace = self._session, self._shell.user_ns
        with session.test():
            if session.incident:
                outputs = Outputs(MOST)
                outputs.error("NotTested", f"This check was not run: {session.incident}.")
                return {"outputs": outputs.close(), "look": session.incident}
            asked = [name for name in names_read(source) if name not in namespace and not hasattr(builtins, name)]
            found: dict[str, Any] = {}
            missing: dict[str, str] = {}
            with contextlib.suppress(SandboxDied):  # then it is an incident, and the names are not found
                for name in asked:
                    self._find(name, found, missing)
            namespace.update(found)
            outputs, _ = self._trusted(source)
            for name, value in found.items():
                if namespace.get(name) is value:  # else the test made it, and later ones may need it
                    del namespace[name]
        look, told = session.incident, ""
        for output in outputs:
            if output.output_type == "error" and output.ename == "NameError":
                for name, words in missing.items():
                    if f"'{name}'" in output.evalue:
                        how, ended = self._breaking(name)
                        output.evalue, told = words + how, words
                        output.traceback = [f"NameError: {output.evalue}"]
                        look = look or (how.removeprefix("; ") if ended else "")
            if output.output_type == "error" and output.ename == "NotGraded":
                look = look or output.evalue
        look = look or invalid_score_reason(outputs, points)
        return {"outputs": graded_outputs(outputs), "look": look, "told": told, "raised": session.raised}

    def _find(self, name: str, found: dict[str, Any], missing: dict[str, str]) -> None:
        """Find what a name stands for on the student's side, or say what is wrong with it."""
        match self._session.look(name):
            case {"function": module}:
                found[name] = StudentFunction(self._session, name, module, self._cell_of(name))
            case {"value": value}:
                found[name] = value
            case {"unfit": _}:
                missing[name] = f"{name} is nothing that a check can read"
            case {"missing": others}:
                # A name made while running could be a message from an earlier test.
                known = self._words.intersection(one for one in others if isinstance(one, str))
                missing[name] = _not_found(name, known)

    def _cell_of(self, name: str) -> str:
        """Give the text of the last cell that defines a name; "" where none seems to."""
        defines = re.compile(rf"^(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*=", re.MULTILINE)
        return next((source for source in reversed(self._sources) if defines.search(source)), "")

    def _breaking(self, name: str) -> tuple[str, bool]:
        """Say which broken cell may be why a name is missing, and whether the process ended with it."""
        for source, how, ended in self._broken:
            if re.search(rf"\b{re.escape(name)}\b", source):
                return f"; its cell broke off with {how}", ended
        for _, how, ended in self._broken:
            if ended:  # it may have been meant to define anything
                return f"; a cell broke off with {how}", True
        return "", False


def names_read(source: str) -> list[str]:
    """List the global names that a cell's code reads, functions in it included."""
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        code = compile(TransformerManager().transform_cell(source), "<test>", "exec")
    except SyntaxError:
        return []
    return list(dict.fromkeys(_names(code)))


def _names(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _not_found(name: str, others: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(others), 1, 0.6)
    return f"{name} is not found" + (f"; did you mean {close[0]}?" if close else "")


def graded_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Let nbgrader read a test cell's outputs as they are meant.

    To nbgrader anything on stderr is a failure, and a NumPy number no number.
    """
    for output in outputs:
        if output.output_type == "stream":
            output.name = "stdout"
        elif output.output_type == "execute_result":
            text = output.data.get("text/plain", "")
            if text.startswith("np.") and text.endswith(")"):
                output.data["text/plain"] = text.partition("(")[2][:-1]
    return outputs


def invalid_score_reason(outputs: list[NotebookNode], points: float) -> str:
    """Say what is odd about a test's result, which is to be between 0 and its points."""
    for output in outputs:
        if output.output_type == "execute_result":
            try:
                score = float(output.data.get("text/plain", ""))
            except ValueError:
                continue
            if not 0 <= score <= points or not np.isfinite(score):
                return f"the check itself is faulty: it gave {score:g} of {points:g} points"
    return ""


# --- the process ------------------------------------------------------------------------------------------


def examine(shell: NotebookShell, warm: Zygote | None, request: dict[str, Any]) -> dict[str, Any]:
    """Take one submission through its cells.

    Parameters
    ----------
    shell : NotebookShell
        Where test cells run.
    warm : Zygote, optional
        What the student's process begins as a copy of.
    request : dict
        As ``preprocessor.Judge`` makes it.

    Returns
    -------
    dict
        ``cells``, one result for each cell, or ``fault``, where the grader's own machinery failed.
    """
    import resource  # not on Windows, where nbgrader's side still imports this module

    resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    config = Config(request["config"])
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sandbox = Sandbox(config=config)
    readable = [GUEST, *map(Path, request["readable"])]
    hidden = [Path(path) for path in request["hidden"]]
    places = os.pathsep.join(dict.fromkeys([str(GUEST.parent), *request["places"]]))

    def start() -> Running:
        command = [sys.executable, "-P", "-c", f"from guest.student import main; main{(*CHANNEL, *calls)}"]
        variables = {"PYTHONPATH": places}
        return sandbox.start(command, Path(request["folder"]), readable, hidden, fonts(), variables, warm)

    calls = [request["calls"]] if request.get("calls") else []
    limits = SubmissionLimits(config=config)
    try:
        with contextlib.closing(Session(start, limits)) as session:
            examination = Examination(shell, session)
            results = [examination.cell(cell) for cell in request["cells"]]
        with contextlib.closing(Session(start, limits)) as session:
            forget_tests(request["cells"], results, session)
        return {"cells": results}
    except GraderFault as fault:
        return {"fault": str(fault)}


def forget_tests(cells: list[dict[str, Any]], results: list[dict[str, Any]], session: Session) -> None:
    """Show of cells that stand below a test what they show where no test ran: they may have learnt what it asked.

    Parameters
    ----------
    cells, results : list of dict
        Those of a submission; the results are changed.
    session : Session
        A new one. It is not even started where nothing was shown.
    """
    tests = [number for number, cell in enumerate(cells) if cell["kind"] == "test"]
    shown = [
        number
        for number, result in enumerate(results)
        if number not in tests and (result["outputs"] or result["passed_over"])
    ]
    if not tests or not shown or shown[-1] < tests[0]:
        return
    for number in range(shown[-1] + 1):
        if number not in tests:
            results[number]["outputs"], _ = session.run(cells[number]["source"])
            results[number]["passed_over"] = session.passed_over


def try_canaries(warm: Zygote | None, request: dict[str, Any]) -> dict[str, Any]:
    """Let canaries start as students do; tell of those that got out."""
    secret, readable, hidden = (list(map(Path, request[name])) for name in ("secret", "readable", "hidden"))
    return {"out": [[one.name, one.words] for one in self_test(secret, readable, hidden, warm) if not one.held]}


@functools.cache
def font_list() -> Path | None:
    """Find Matplotlib's list of fonts, which takes long to make."""
    try:
        import matplotlib.font_manager
    except ImportError:
        return None
    file = Path(matplotlib.get_cachedir(), f"fontlist-v{matplotlib.font_manager.FontManager.__version__}.json")
    return file if file.exists() else None


@functools.cache
def fonts() -> dict[str, bytes]:
    """Give the list as a file for a sandbox."""
    file = font_list()
    return {f".config/matplotlib/{file.name}": file.read_bytes()} if file else {}


def warm_process(modules: list[str], places: list[str]) -> Zygote | None:
    """Start what students' processes begin as copies of; None where each has to begin afresh, which takes longer."""
    try:
        return Zygote(modules, map(Path, places), font_list())
    except NoSandbox as error:
        print(f"Students' processes begin afresh: {error}", file=sys.__stderr__)
        return None


def warm_up(shell: NotebookShell) -> None:
    """Do once what is found, imported or compiled when first needed: else every fork would do it anew."""
    with contextlib.suppress(NoFilter):
        program()
    find_bubblewrap()
    outputs = Outputs(MOST, believed=True)
    shell.emit = outputs.add
    for source in ("1", "print(1)", "1 / 0", "from IPython.display import HTML, display\ndisplay(HTML('1'))"):
        run_cell(shell, source)
        names_read(source)
    shell.reset()


def preload_tests(modules: list[str], request: dict[str, Any]) -> None:
    """Let the modules that tests use make ready what all forks with these tests will need, where they can."""
    tests = [cell["source"] for cell in request.get("cells", ()) if cell["kind"] == "test"]
    for module in modules:
        if make_ready := getattr(sys.modules[module], "preload_tests", None):
            make_ready(tests)


def main() -> int:
    """Answer requests until the input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # what trusted code prints past its cell belongs in the log
    told = json.loads(sys.argv[1])
    shell = make_shell(lambda output: None)
    for module in [*told["preload"], *told["warm"]]:  # cells that are given run on both sides
        importlib.import_module(module)
    fonts()
    warm_up(shell)
    warm = warm_process(told["warm"], told["places"])
    gc.collect()
    gc.freeze()  # what forks share, none of them looks through for garbage
    while (request := take(requests)) is not None:
        if warm and not warm.alive:
            warm.close()
            warm = warm_process(told["warm"], told["places"])
        preload_tests(told["preload"], request)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
            put(answers, try_canaries(warm, request) if "secret" in request else examine(shell, warm, request))
            os._exit(0)
        if status := ended(pid, requests.fileno()):
            put(answers, {"fault": f"the examiner ended with code {os.waitstatus_to_exitcode(status)}"})
    return 0


def ended(pid: int, line: int) -> int:
    """Wait for a fork, and give its status; end with it where nobody is left who asked."""
    look = select.poll()
    fork = os.pidfd_open(pid)
    look.register(fork, select.POLLIN)
    look.register(line, 0)  # tells nothing but that it is closed
    if (fork, select.POLLIN) not in look.poll():
        os.kill(pid, signal.SIGKILL)
        os._exit(1)
    os.close(fork)
    return os.waitpid(pid, 0)[1]


def take(stream: IO[bytes]) -> Any:
    """Read one JSON value; None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    text = stream.read(size)
    return json.loads(text) if len(text) == size else None


def put(stream: IO[bytes], value: Any) -> None:
    """Write one JSON value."""
    text = json.dumps(value).encode()
    stream.write(LENGTH.pack(len(text)) + text)
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())
