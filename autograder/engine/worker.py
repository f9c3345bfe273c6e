"""A process that takes the step for one submission after the other, and its handle on the other side.

It is told where it is, then the assignment, then submissions; it answers each. When nobody is left to answer, it ends.
"""

from __future__ import annotations

import gc
import os
import queue
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

from autograder.engine.step import FAULT, Result, Step, scratch_folder


def work(line: Connection) -> None:
    """Work until the line is closed."""
    folder, places = line.recv()
    os.chdir(folder)
    sys.path[:] = [*dict.fromkeys([*places.split(os.pathsep), *sys.path])]
    os.environ["PYTHONPATH"] = places
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(line, waiting), daemon=True).start()
    place, assignment = waiting.get()
    os.environ["COURSE_SECRET"] = assignment.secret  # wherever this runs
    with scratch_folder(Path(place)) as scratch:
        step = Step(assignment, scratch)
        why = step.refusal()
        gc.collect()
        gc.freeze()
        line.send(why or None)
        while not why:
            submission = waiting.get()
            try:
                result = step(submission)
            except Exception as error:
                result = Result(submission.student, assignment.name, log=[traceback.format_exc()])
                result.fault = f"{FAULT}: {type(error).__name__}: {error}"
            line.send(result)


def _listen(line: Connection, waiting: queue.SimpleQueue) -> None:
    try:
        while True:
            waiting.put(line.recv())
    finally:  # also in the middle of a message
        os._exit(0)
