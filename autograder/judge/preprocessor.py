"""nbgrader's step that runs a submission: ``Judge`` stands where ``Execute`` stood."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import os
import select
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Bool, Float, Integer, List, Unicode
from traitlets.utils.importstring import import_item

from autograder.judge import examiner
from autograder.judge.self_test import why_no_sandbox
from autograder.judge.session import GraderFault

SKIP = "skip-execution"
_refusals: dict[str, str] = {}


class Judge(NbGraderPreprocessor):
    """Runs the students' cells in a sandbox, and the tests outside of it.

    What it could judge stands in ``resources["judged"]``: grade id → reason why it needs a look, or "". Beside that,
    ``resources["passed_over"]`` tells of statements that could not run here, by the number of their cell, and
    ``resources["raised"]`` of the errors that the student's functions raised, by grade id.
    """

    modules = List(Unicode(), help="Packages that notebooks import and students may read.").tag(config=True)
    readable = List(
        Unicode(), help="Files and folders that students' code may read; paths begin in the course folder."
    ).tag(config=True)
    hidden = List(Unicode(), help="Packages and paths that it may not, where they lie inside what it may.").tag(
        config=True
    )
    preload = List(Unicode(), help="Modules that test cells import; imported once for a class.").tag(config=True)
    calls = Unicode(
        help="A module of the course that calls students' functions where they live, as guest/plain_calls.py does."
    ).tag(config=True)
    warm = List(
        Unicode(), help="Modules that notebooks import; imported once for a class, before any student's code runs."
    ).tag(config=True)
    wall_seconds = Float(3600, help="Seconds for one submission by the clock, tests included: a last resort.").tag(
        config=True
    )
    memory = Integer(
        4 * 1024**3,
        help="Bytes of memory for the tests of one submission, whatever students' functions return.",
    ).tag(config=True)
    trusted_class = Bool(
        False, help="Run students' code in an ordinary kernel, beside the answers and with your rights."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Run every code cell of a submission that is not tagged as to be skipped."""
        resources["judged"] = {}
        skipped = not self.config.get("Execute", {}).get("enabled", True)  # nbgrader autograde --no-execute
        if skipped or nb.metadata.get("course", {}).get("refused"):
            return nb, resources
        if reason := self.refusal():
            raise NbGraderException(reason)
        if self.trusted_class:
            return self._in_a_kernel(nb, resources)
        numbers = [number for number, cell in enumerate(nb.cells) if _runs(cell)]
        cells = [nb.cells[number] for number in numbers]
        request = self._request(cells, resources)
        results = self._examined(request)
        resources["passed_over"], resources["raised"] = {}, {}
        for number, cell, result in zip(numbers, cells, results, strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in result["outputs"]]
            cell.execution_count = None
            if _is_test(cell):
                resources["judged"][cell.metadata.nbgrader.grade_id] = result["look"]
                resources["raised"][cell.metadata.nbgrader.grade_id] = result.get("raised", [])
                cell.metadata["told"] = result.get("told", "")
            elif places := result.get("passed_over"):
                resources["passed_over"][number] = places
        return nb, resources

    def refusal(self) -> str:
        """Say why nothing may be graded here; empty where the sandbox holds, or the class is trusted.

        Canaries try to get out of it, once for each process of nbgrader's.
        """
        if self.trusted_class:
            return ""
        secret = (str(Path(self._course().root)), *self.hidden)
        key = json.dumps([secret, self._readable(), self._hidden(), self.warm])
        if key not in _refusals:
            _refusals[key] = why_no_sandbox() or self._canaries(_places(secret))
        return _refusals[key]

    def _canaries(self, secret: list[Path]) -> str:
        """Tell of the canaries that got out; empty where none did."""
        request = {"secret": list(map(str, secret)), "readable": self._readable(), "hidden": self._hidden()}
        answer = {}
        for _ in range(2):  # it may have been killed, which says nothing of the sandbox
            try:
                answer = self._examiner().ask(request, self.wall_seconds)
            except GraderFault as fault:
                answer = {"fault": str(fault)}
            if "fault" not in answer:
                break
        if "fault" in answer:
            return f"the sandbox could not be tried: {answer['fault']}"
        return "; ".join(f"a canary got out of the sandbox ({name}: {words})" for name, words in answer["out"])

    def _examiner(self) -> Examiner:
        return the_examiner(self.preload, self.warm, self._package_places())

    def _package_places(self) -> list[str]:
        return [str(Path(path).parent) for path in filter(None, map(package_place, self.modules))]

    def _course(self) -> CourseDirectory:
        parent = self.parent
        while not isinstance(getattr(parent, "coursedir", None), CourseDirectory):
            parent = parent.parent
        return parent.coursedir

    def _readable(self) -> list[str]:
        return [*filter(None, map(package_place, self.modules)), *map(self._placed, self.readable)]

    def _hidden(self) -> list[str]:
        return [package_place(name) or self._placed(name) for name in self.hidden]

    def _placed(self, path: str) -> str:
        """Say where a path of the settings is, wherever nbgrader was started."""
        return str(Path(self._course().root, path).resolve())

    def _request(self, cells: list[NotebookNode], resources: dict) -> dict[str, Any]:
        folder = resources.get("metadata", {}).get("path") or "."
        return {
            "cells": [
                {"source": cell.source, "kind": _kind(cell), "points": cell.metadata.get("nbgrader", {}).get("points")}
                for cell in cells
            ],
            "folder": str(Path(folder).resolve()),
            "environment": variables(resources),
            "config": {name: dict(self.config.get(name, {})) for name in ("Sandbox", "SubmissionLimits")},
            "places": self._package_places(),
            "memory": self.memory,
            "calls": self.calls,
            "readable": self._readable(),
            "hidden": self._hidden(),
        }

    def _examined(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Have a submission examined; a fault of the grader's own is met by one more try."""
        for attempt in (1, 2):
            try:
                answer = self._examiner().ask(request, self.wall_seconds)
            except GraderFault as fault:
                answer = {"fault": str(fault)}
            if "cells" in answer:
                return answer["cells"]
            self.log.warning("The grader itself failed (%s), try %d of 2", answer["fault"], attempt)
        look = f"the grader itself failed, which is not the student's fault: {answer['fault']}"
        return [{"outputs": [], "look": look} for _ in request["cells"]]

    def _in_a_kernel(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self.log.warning("A trusted class: student code runs beside the answers, with your rights")
        nb.metadata.setdefault("course", {})["trusted_class"] = True
        with _environment(variables(resources)):
            nb, resources = Execute(parent=self.parent).preprocess(nb, resources)
        for cell in nb.cells:
            if _is_test(cell) and cell.execution_count is not None:
                resources["judged"][cell.metadata.nbgrader.grade_id] = ""
        return nb, resources


def variables(resources: dict) -> dict[str, str]:
    """Name the environment variables by which test cells know whose notebook they test."""
    where = resources.get("nbgrader", {})
    return {
        "NBGRADER_EXECUTION": "autograde",
        "NBGRADER_STUDENT": where.get("student", ""),
        "NBGRADER_ASSIGNMENT": where.get("assignment", ""),
    }


@contextlib.contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """Let what is started meanwhile have more variables (nbgrader's own ``setenv`` forgets what was there before)."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and SKIP not in cell.metadata.get("tags", []) and bool(cell.source.strip())


def _is_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def _kind(cell: NotebookNode) -> str:
    if _is_test(cell):
        return "test"
    return "given" if is_locked(cell) and not is_solution(cell) else "student"


def package_place(name: str) -> str | None:
    """Find the folder or file of an importable module, without importing it."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if found is None or not found.origin:
        return None
    origin = Path(found.origin).resolve()
    return str(origin.parent if origin.name == "__init__.py" else origin)


def _places(paths: Iterable[str]) -> list[Path]:
    return [Path(package_place(path) or path) for path in paths]


def require_judge(converter: BaseConverter) -> None:
    """End a run before it begins where its judge refuses to grade.

    Raises
    ------
    NbGraderException
        With the reason, which is logged too; nbgrader then ends.
    """
    for step in converter.autograde_preprocessors:
        step = import_item(step) if isinstance(step, str) else step
        if isinstance(step, type) and issubclass(step, Judge) and (reason := step(parent=converter).refusal()):
            converter.log.error("Nothing is graded: %s", reason)
            raise NbGraderException(reason)


# --- the examiner's process -------------------------------------------------------------------------------


class Examiner:
    """The trusted process, as seen from nbgrader's.

    Parameters
    ----------
    preload : list of str
        Modules that it imports at its start.
    warm : list of str
        Modules that the warm process imports.
    package_places : list of str
        Where that finds the course's.
    """

    def __init__(self, preload: list[str], warm: Sequence[str] = (), package_places: Sequence[str] = ()) -> None:
        told = {"preload": preload, "warm": list(warm), "places": list(package_places)}
        command = [sys.executable, "-P", "-m", "autograder.judge.examiner", json.dumps(told)]
        places = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places)), "OPENBLAS_NUM_THREADS": "1"},
        )

    @property
    def alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Have one submission examined.

        Raises
        ------
        GraderFault
            No answer in time, or none at all.
        """
        try:
            examiner.put(self._process.stdin, request)
            if not self._answers_within(seconds):
                raise GraderFault(f"no answer for {seconds:g} s")
            answer = examiner.take(self._process.stdout)
        except OSError as error:
            answer = None
            reason = str(error)
        else:
            reason = "its process ended"
        if answer is None:
            self.close()
            raise GraderFault(reason)
        return answer

    def _answers_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        ready = select.select([self._process.stdout], [], [], max(0, end - time.monotonic()))[0]
        if not ready:
            self.close()
        return bool(ready)

    def close(self) -> None:
        """End it, and with it every sandbox that it started."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


_examiners: dict[str, Examiner] = {}


def the_examiner(preload: list[str], warm: Sequence[str] = (), package_places: Sequence[str] = ()) -> Examiner:
    """Give this process's examiner: started when first asked for, and anew when what it imported has changed."""
    key = json.dumps([preload, [*warm], [*package_places], _last_change({*preload, *warm})])
    if key not in _examiners or not _examiners[key].alive:
        _close_all()
        _examiners[key] = Examiner(preload, warm, package_places)
    return _examiners[key]


def _last_change(modules: Iterable[str]) -> int:
    """Tell when a file of these modules' packages was changed last; those that are installed do not count."""
    installed = tuple(sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib"))
    found = filter(None, map(package_place, {name.partition(".")[0] for name in modules}))
    folders = [Path(path) for path in found if not path.startswith(installed)]
    last = 0
    while folders:  # a course folder may hold a whole class beside its modules: only packages are looked into
        for entry in os.scandir(folders.pop()):
            if entry.name.endswith(".py"):
                last = max(last, entry.stat().st_mtime_ns)
            elif entry.is_dir() and os.path.exists(os.path.join(entry, "__init__.py")):
                folders.append(Path(entry))
    return last


@atexit.register
def _close_all() -> None:
    for one in _examiners.values():
        one.close()
    _examiners.clear()
