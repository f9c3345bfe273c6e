"""The trusted process, which runs the test cells: ``python -m autograder.judge.examiner`` with its settings as JSON.

It is started once, imports what tests need, starts the zygote, and then answers the requests that arrive on its
standard input. Each request is served in a fork, so that nothing of one submission is left for the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib
import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from traitlets.config import Config

from autograder.judge.examination import MAX_OUTPUT, Examination, names_read, record_outputs
from autograder.judge.guest.shell import NotebookShell, make_shell, run_cell
from autograder.judge.json_messages import read_message, write_message
from autograder.judge.outputs import Outputs
from autograder.judge.sandbox.bwrap import find_bubblewrap
from autograder.judge.sandbox.sandbox import CHANNEL, NoSandbox, Running, Sandbox
from autograder.judge.sandbox.seccomp import NoFilter, program
from autograder.judge.sandbox.zygote import GUEST, Zygote
from autograder.judge.self_test import self_test
from autograder.judge.session import GraderFault, Session, SubmissionLimits, TimeLeft

PR_SET_PDEATHSIG = 1  # prctl(2)
RING_AGAIN = 1.0  # seconds of CPU time
KILLED_AFTER = 30.0  # seconds of CPU time of the tests beyond the limit, where they do not stop
TESTS_TOO_LONG = "its checks computed for longer than they may"
TESTS_TOO_LARGE = "its checks took more memory than they may"


class OutOfTime(BaseException):
    """The tests of a submission have computed for too long. Not an Exception, so that no test takes it for its own."""


def examine(shell: NotebookShell, zygote: Zygote | None, request: dict[str, Any]) -> dict[str, Any]:
    """Run the cells of one submission.

    Parameters
    ----------
    shell : NotebookShell
        Where test cells run.
    zygote : Zygote, optional
        What the student's process is forked from; without it, Python starts afresh in the sandbox.
    request : dict
        ``cells``, see ``Examination.run_cell``; ``folder``, of the submission; ``environment``, variables for the
        tests; ``config``, settings of ``Sandbox`` and ``SubmissionLimits``; ``memory``, bytes for the tests;
        ``readable``, ``hidden`` and ``package_folders``, paths; optional ``calls`` and ``variables``, see ``Judge``.

    Returns
    -------
    dict
        ``cells``: a result for each cell; or ``over``: what it took more of than it may; or ``fault``: how the
        grader's own machinery failed.
    """
    import resource  # not on Windows, where nbgrader's side still imports this module

    config = Config(request["config"])
    limits = SubmissionLimits(config=config)
    left = TimeLeft(limits)
    resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    signal.setitimer(signal.ITIMER_VIRTUAL, limits.total_cpu + KILLED_AFTER)  # whose signal ends this process
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sandbox = Sandbox(config=config)
    readable = [GUEST, *map(Path, request["readable"])]
    hidden = [Path(path) for path in request["hidden"]]
    search_path = os.pathsep.join(dict.fromkeys([str(GUEST.parent), *request["package_folders"]]))
    calls = [request["calls"]] if request.get("calls") else []

    def start() -> Running:
        command = [sys.executable, "-P", "-c", f"from guest.student import main; main{(*CHANNEL, *calls)}"]
        variables = {**request.get("variables", {}), "PYTHONPATH": search_path}
        return sandbox.start(command, Path(request["folder"]), readable, hidden, font_files(), variables, zygote)

    try:
        with left.half() as half, contextlib.closing(Session(start, limits, half)) as session:
            recorded = record_outputs(request["cells"], session)
        with contextlib.closing(Session(start, limits, left)) as session:
            examination = Examination(shell, session)
            last_test = max((n for n, cell in enumerate(request["cells"]) if cell["kind"] == "test"), default=-1)
            results = []
            for number, cell in enumerate(request["cells"]):
                result: dict[str, Any] = {}
                if number not in recorded or number < last_test:
                    try:
                        with time_limit(left):
                            result = examination.run_cell(cell)
                    except OutOfTime:
                        result = {"outputs": [], "look": TESTS_TOO_LONG, "passed_over": []}
                results.append(result | recorded.get(number, {}))
        return {"cells": results}
    except GraderFault as fault:
        return {"fault": str(fault)}
    except MemoryError:
        return {"over": TESTS_TOO_LARGE}


@contextlib.contextmanager
def time_limit(left: TimeLeft) -> Iterator[None]:
    """Raise ``OutOfTime`` where this process computes for longer than a submission has left; then ``left`` is over."""

    def ring(*_: Any) -> None:
        left.over = left.over or TESTS_TOO_LONG
        raise OutOfTime(TESTS_TOO_LONG)

    left.spend()
    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, max(left.cpu, RING_AGAIN), RING_AGAIN)  # again: a test may catch everything
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def try_canaries(zygote: Zygote | None, request: dict[str, Any]) -> dict[str, Any]:
    """Run the self-test of the sandbox, whose canaries start as students' processes do.

    Parameters
    ----------
    zygote : Zygote, optional
    request : dict
        ``secret``, ``readable`` and ``hidden``: paths, see ``self_test``.

    Returns
    -------
    dict
        ``escaped``: name and finding of each canary that got out.
    """
    secret, readable, hidden = (list(map(Path, request[name])) for name in ("secret", "readable", "hidden"))
    findings = self_test(secret, readable, hidden, zygote)
    return {"escaped": [[finding.name, finding.detail] for finding in findings if not finding.held]}


@functools.cache
def font_list() -> Path | None:
    """Find the file in which Matplotlib lists the fonts; to make that list takes long."""
    try:
        import matplotlib.font_manager
    except ImportError:
        return None
    file = Path(matplotlib.get_cachedir(), f"fontlist-v{matplotlib.font_manager.FontManager.__version__}.json")
    return file if file.exists() else None


@functools.cache
def font_files() -> dict[str, bytes]:
    """Give the list of fonts as files for the home in a sandbox: name → content."""
    file = font_list()
    return {f".config/matplotlib/{file.name}": file.read_bytes()} if file else {}


def start_zygote(modules: list[str], folders: list[str]) -> Zygote | None:
    """Start the zygote; None where it cannot be, so that each student's process takes longer to begin."""
    try:
        return Zygote(modules, map(Path, folders), font_list())
    except NoSandbox as error:
        print(f"Students' processes begin afresh: {error}", file=sys.__stderr__)
        return None


def warm_up(shell: NotebookShell) -> None:
    """Do once what is found, imported or compiled when first needed: else every fork would do it anew."""
    with contextlib.suppress(NoFilter):
        program()
    find_bubblewrap()
    font_files()
    outputs = Outputs(MAX_OUTPUT, trusted=True)
    shell.emit = outputs.add
    for source in ("1", "print(1)", "1 / 0", "from IPython.display import HTML, display\ndisplay(HTML('1'))"):
        run_cell(shell, source)
        names_read(source)
    shell.reset()


def preload_tests(modules: list[str], request: dict[str, Any]) -> None:
    """Call ``preload_tests(sources)`` of the modules that have it: they make once what all forks with these need."""
    sources = [cell["source"] for cell in request.get("cells", ()) if cell["kind"] == "test"]
    for module in modules:
        if preload := getattr(sys.modules[module], "preload_tests", None):
            preload(sources)


def main() -> int:
    """Answer requests until the input ends."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # what trusted code prints past its cell belongs in the log
    settings = json.loads(sys.argv[1])
    shell = make_shell(lambda output: None)
    for module in [*settings["preload"], *settings["zygote_modules"]]:  # cells that are given run on both sides
        importlib.import_module(module)
    warm_up(shell)
    zygote = start_zygote(settings["zygote_modules"], settings["package_folders"])
    gc.collect()
    gc.freeze()  # what forks share, none of them looks through for garbage
    while (request := read_message(requests)) is not None:
        if zygote and not zygote.alive:
            zygote.close()
            zygote = start_zygote(settings["zygote_modules"], settings["package_folders"])
        preload_tests(settings["preload"], request)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            answer = try_canaries(zygote, request) if "secret" in request else examine(shell, zygote, request)
            write_message(answers, answer)
            os._exit(0)
        if status := wait_for_fork(pid, requests.fileno()):
            code = os.waitstatus_to_exitcode(status)
            too_long = code == -signal.SIGVTALRM
            answer = {"over": TESTS_TOO_LONG} if too_long else {"fault": f"the examiner ended with code {code}"}
            write_message(answers, answer)
    return 0


def wait_for_fork(pid: int, requests: int) -> int:
    """Wait for a fork to end. Where the other end of ``requests`` is closed meanwhile, kill it and exit: nobody waits.

    Parameters
    ----------
    pid : int
    requests : int
        File descriptor from which requests are read.

    Returns
    -------
    int
        The wait status of the fork.
    """
    poll = select.poll()
    pidfd = os.pidfd_open(pid)
    poll.register(pidfd, select.POLLIN)
    poll.register(requests, 0)  # tells nothing but that it is closed
    if (pidfd, select.POLLIN) not in poll.poll():
        os.kill(pid, signal.SIGKILL)
        os._exit(1)
    os.close(pidfd)
    return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    sys.exit(main())
