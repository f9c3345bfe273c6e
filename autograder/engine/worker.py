"""A process that takes the step for one submission after the other, and its handle on the other side.

``python -m autograder.engine.worker`` reads pickles from its standard input: first where to work and the assignment,
then submissions. It answers each, with the length of the answer before it. When the input closes, it ends at once:
nobody is left to answer.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from autograder.engine.step import FAULT, Assignment, Result, Step, Submission, scratch_folder

ROOT = Path(__file__).resolve().parents[2]
PIPE = 2**20
LENGTH = struct.Struct("!Q")


class Lost(Exception):
    """The process ended before it answered."""


class Refused(Exception):
    """It will not grade; the message says why."""


class Worker:
    """A worker, as seen from whoever gives it work.

    Parameters
    ----------
    assignment : Assignment
    scratch : Path
        A folder that it may fill, and clears.
    """

    def __init__(self, assignment: Assignment, scratch: Path) -> None:
        places = [str(ROOT), *sys.path]  # what the course's settings added to it, too
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "autograder.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places)), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # Ctrl-C is for whoever gives it work
        )
        self.pid = self._process.pid
        with contextlib.suppress(OSError):  # so that nobody waits here until the worker has imported what it needs
            fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, PIPE)
        self._say((str(scratch), assignment))

    def fileno(self) -> int:
        """Give the descriptor that is readable when there is an answer, or nobody left to give one."""
        return self._process.stdout.fileno()

    def give(self, submission: Submission) -> None:
        """Give it a submission; it answers them in turn."""
        self._say(submission)

    def take(self) -> Result | None:
        """Wait for its answer: first None, when it is ready, then a result for each submission.

        Raises
        ------
        Refused
            It may not grade here.
        Lost
            It ended.
        """
        try:
            answer = pickle.loads(self._read(LENGTH.unpack(self._read(LENGTH.size))[0]))
        except (EOFError, pickle.UnpicklingError, OSError, ValueError):
            raise Lost(f"the worker ended with code {self._process.wait()}") from None
        if isinstance(answer, str):
            raise Refused(answer)
        return answer

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def _read(self, size: int) -> bytes:
        """Read so much and nothing more: what is left must show at the descriptor."""
        found = bytearray()
        while len(found) < size:
            piece = os.read(self.fileno(), size - len(found))
            if not piece:
                raise EOFError
            found += piece
        return bytes(found)

    def _say(self, value: Any) -> None:
        try:
            pickle.dump(value, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # ``take`` will tell


def main() -> None:
    """Work until the input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(os.fdopen(os.dup(0), "rb"), waiting), daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    place, assignment = waiting.get()
    os.environ["COURSE_SECRET"] = assignment.secret  # wherever this runs
    with scratch_folder(Path(place)) as scratch:
        step = Step(assignment, scratch)
        why = step.refusal()
        gc.collect()
        gc.freeze()
        _answer(answers, why or None)
        while not why:
            submission = waiting.get()
            try:
                result = step(submission)
            except Exception as error:
                result = Result(submission.student, assignment.name, log=[traceback.format_exc()])
                result.fault = f"{FAULT}: {type(error).__name__}: {error}"
            _answer(answers, result)


def _listen(requests: Any, waiting: queue.SimpleQueue) -> None:
    try:
        while True:
            waiting.put(pickle.load(requests))
    finally:  # also in the middle of a message
        os._exit(0)


def _answer(answers: Any, value: Any) -> None:
    text = pickle.dumps(value)
    answers.write(LENGTH.pack(len(text)) + text)
    answers.flush()


if __name__ == "__main__":
    main()
