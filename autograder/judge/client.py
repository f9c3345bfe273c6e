"""The client of the examiner in nbgrader's process: start the examiner once, then send it a request per submission."""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.judge.json_messages import read_message, write_message
from autograder.judge.package_paths import last_modified
from autograder.judge.session import GraderFault


class ExaminerClient:
    """Start an examiner process (``python -m autograder.judge.examiner``) and talk to it.

    Parameters
    ----------
    preload : list of str
        Modules that the examiner imports when it starts.
    zygote_modules : sequence of str
        Modules that its zygote imports, from which students' processes are forked.
    package_folders : sequence of str
        Folders in which the zygote finds the course's packages.
    """

    def __init__(
        self, preload: list[str], zygote_modules: Sequence[str] = (), package_folders: Sequence[str] = ()
    ) -> None:
        settings = {
            "preload": preload,
            "zygote_modules": list(zygote_modules),
            "package_folders": list(package_folders),
        }
        command = [sys.executable, "-P", "-m", "autograder.judge.examiner", json.dumps(settings)]
        folders = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, folders)), "OPENBLAS_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and wait for the answer.

        Parameters
        ----------
        request : dict
            See ``examiner.examine`` and ``examiner.try_canaries``.
        seconds : float
            Wall-clock time to wait for the answer; thereafter the process is killed.

        Returns
        -------
        dict
            What these two functions return; ``{"over": reason}`` where there was no answer in time.

        Raises
        ------
        GraderFault
            The process ended.
        """
        try:
            write_message(self._requests, request)
            if not select.select([self._answers], [], [], seconds)[0]:
                self.close()
                return {"over": f"no answer for {seconds:g} s"}
            answer = read_message(self._answers)
        except OSError as error:
            answer, reason = None, str(error)
        else:
            reason = "its process ended"
        if answer is None:
            self.close()
            raise GraderFault(reason)
        return answer

    def close(self) -> None:
        """Kill the process; every sandbox that it started ends with it."""
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._answers.close()


_clients: dict[str, ExaminerClient] = {}


def shared_examiner(
    preload: list[str], zygote_modules: Sequence[str] = (), package_folders: Sequence[str] = ()
) -> ExaminerClient:
    """Give the examiner that everything in this process shares.

    Parameters
    ----------
    preload, zygote_modules, package_folders
        As for :class:`ExaminerClient`. Where these differ from the last call's, or a module's file has changed since,
        the examiner is restarted.

    Returns
    -------
    ExaminerClient
        Its process is running.
    """
    modified = last_modified({*preload, *zygote_modules})
    key = json.dumps([preload, [*zygote_modules], [*package_folders], modified])
    if key not in _clients or not _clients[key].alive:
        close_examiners()
        _clients[key] = ExaminerClient(preload, zygote_modules, package_folders)
    return _clients[key]


@atexit.register
def close_examiners() -> None:
    """End the examiner of this process, if it has been started."""
    for client in _clients.values():
        client.close()
    _clients.clear()
