"""What a worker's process runs: it receives submissions over a connection and sends a result for each.

It receives first its working folder and search path, then its scratch folder and the assignment, then submissions.
When the connection closes, the process ends at once.
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

from autograder.engine.step import GRADER_FAILED, Result, Step, scratch_folder


def run_worker(connection: Connection) -> None:
    """Grade submissions until the connection is closed.

    Parameters
    ----------
    connection : Connection
        To a :class:`autograder.engine.worker_process.WorkerProcess`. It is sent None, or the reason why nothing may be
        graded here, and then a result for each submission.
    """
    folder, search_path = connection.recv()
    os.chdir(folder)
    sys.path[:] = [*dict.fromkeys([*search_path.split(os.pathsep), *sys.path])]
    os.environ["PYTHONPATH"] = search_path
    received: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, received), daemon=True).start()
    scratch_path, assignment = received.get()
    os.environ["COURSE_SECRET"] = assignment.secret  # wherever this runs
    with scratch_folder(Path(scratch_path)) as scratch:
        step = Step(assignment, scratch)
        refusal = step.refusal()
        gc.collect()
        gc.freeze()
        connection.send(refusal or None)
        while not refusal:
            submission = received.get()
            try:
                result = step(submission)
            except Exception as error:
                result = Result(submission.student, assignment.name, log=[traceback.format_exc()])
                result.fault = f"{GRADER_FAILED}: {type(error).__name__}: {error}"
            connection.send(result)


def _receive(connection: Connection, received: queue.SimpleQueue) -> None:
    try:
        while True:
            received.put(connection.recv())
    finally:  # also in the middle of a message
        os._exit(0)
