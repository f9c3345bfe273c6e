"""``Judge``, the nbgrader preprocessor that runs a submission, and its settings; it takes the place of ``Execute``."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from traitlets import Bool, Dict, Float, Integer, List, Unicode
from traitlets.utils.importstring import import_item

from autograder.judge.client import ExaminerClient, shared_examiner
from autograder.judge.package_paths import package_path
from autograder.judge.self_test import Finding, why_no_sandbox
from autograder.judge.session import GraderFault

SKIP_TAG = "skip-execution"  # nbclient's default
NOT_COUNTED = "NotCounted"  # name of the error in a test cell whose points are withheld until a person has looked
RETRY_SECONDS = 60.0  # a submission that took longer is not tried again: its time is used up, or nearly so
_refusals: dict[str, str] = {}


class Judge(NbGraderPreprocessor):
    """Run the students' cells in a sandbox, and the test cells outside of it.

    The preprocessors that follow find in ``resources``:

    - ``judged``: grade id of each test that was run → reason why it needs a look, or "".
    - ``passed_over``: number of a cell → line, column and error of each statement that could not run on this machine.
    - ``raised``: grade id → name and message of each error that the student's functions raised in the test.
    - ``student_messages``: grade id → what the student may be told of the test, or "".
    - ``trusted_class``: True where the student's code ran in an ordinary kernel.
    """

    modules = List(Unicode(), help="Packages that notebooks import and students may read.").tag(config=True)
    readable = List(
        Unicode(), help="Files and folders that students' code may read; paths begin in the course folder."
    ).tag(config=True)
    hidden = List(Unicode(), help="Packages and paths that it may not read, inside of what it may.").tag(config=True)
    preload = List(Unicode(), help="Modules that test cells import; imported once for a class.").tag(config=True)
    calls = Unicode(
        help="A module of the course that calls students' functions where they live, as guest/plain_calls.py does."
    ).tag(config=True)
    warm = List(
        Unicode(), help="Modules that notebooks import; imported once for a class, before any student's code runs."
    ).tag(config=True)
    variables = Dict(
        key_trait=Unicode(), value_trait=Unicode(), help="More environment variables for students' processes."
    ).tag(config=True)
    skip_cells_with_tag = Unicode(SKIP_TAG, help="Cells with this tag are not run, as in nbclient.").tag(config=True)
    skip_notebooks_with = Unicode(
        help="A key of a notebook's metadata, such as course.refused: a notebook that has it is not run."
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
        """Run every code cell of a submission that is not tagged as to be skipped.

        Parameters
        ----------
        nb : NotebookNode
            The submission; its outputs are replaced.
        resources : dict
            nbgrader's; the class says which keys are added.

        Returns
        -------
        nb : NotebookNode
            The same object.
        resources : dict
            The same object.

        Raises
        ------
        NbGraderException
            Nothing may be graded on this machine.
        """
        resources["judged"] = {}
        nb, resources = self._run(nb, resources)
        for cell in filter(_is_test, nb.cells):
            if reason := resources["judged"].get(cell.metadata.nbgrader.grade_id, "it was not run"):
                withhold_points(cell, reason)
        return nb, resources

    def _run(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        disabled = not self.config.get("Execute", {}).get("enabled", True)  # nbgrader autograde --no-execute
        if disabled or self._is_skipped(nb):
            return nb, resources
        if reason := self.refusal():
            raise NbGraderException(reason)
        if self.trusted_class:
            return self._run_in_kernel(nb, resources)
        numbers = [number for number, cell in enumerate(nb.cells) if self._is_run(cell)]
        cells = [nb.cells[number] for number in numbers]
        results = self._examine(self._request(cells, resources))
        resources |= {"passed_over": {}, "raised": {}, "student_messages": {}}
        for number, cell, result in zip(numbers, cells, results, strict=True):
            cell.outputs = [nbformat.from_dict(output) for output in result["outputs"]]
            cell.execution_count = None
            if _is_test(cell):
                grade_id = cell.metadata.nbgrader.grade_id
                resources["judged"][grade_id] = result["look"]
                resources["raised"][grade_id] = result.get("raised", [])
                resources["student_messages"][grade_id] = result.get("student_message", "")
            elif statements := result.get("passed_over"):
                resources["passed_over"][number] = statements
        return nb, resources

    def refusal(self) -> str:
        """Find out whether anything may be graded on this machine: run the sandbox's self-test, once per process.

        Returns
        -------
        str
            Why nothing may be graded; empty where the sandbox holds, or the class is trusted.
        """
        if self.trusted_class:
            return ""
        key = json.dumps([self._self_test_paths(), self.warm])
        if key not in _refusals:
            _refusals[key] = why_no_sandbox() or self._escaped_canaries()
        return _refusals[key]

    def _escaped_canaries(self) -> str:
        """Run the self-test; say which canaries got out, or why it could not be run, or "" where all were held."""
        try:
            escaped = [finding for finding in self.run_self_test() if not finding.held]
        except GraderFault as fault:
            return f"the sandbox could not be tried: {fault}"
        return "; ".join(f"a canary got out of the sandbox ({finding.name}: {finding.detail})" for finding in escaped)

    def run_self_test(self) -> list[Finding]:
        """Run the sandbox's self-test on the paths of this course's settings, in the examiner, as grading does.

        Returns
        -------
        list of Finding

        Raises
        ------
        GraderFault
            The examiner failed twice, or did not answer in time; the message says why.
        """
        answer: dict[str, Any] = {}
        for _ in range(2):  # the examiner may have been killed, which says nothing about the sandbox
            try:
                answer = self._examiner().ask(self._self_test_paths(), self.wall_seconds)
            except GraderFault as fault:
                answer = {"fault": str(fault)}
            if "findings" in answer:
                return [Finding(*finding) for finding in answer["findings"]]
        raise GraderFault(answer.get("over") or answer["fault"])

    def _self_test_paths(self) -> dict[str, list[str]]:
        """Give the paths of the self-test; see ``examiner.try_canaries``."""
        hidden = self._hidden()
        return {"secret": [str(Path(self._course().root)), *hidden], "readable": self._readable(), "hidden": hidden}

    def _examiner(self) -> ExaminerClient:
        return shared_examiner(self.preload, self.warm, self._package_folders())

    def _package_folders(self) -> list[str]:
        return [str(Path(path).parent) for path in filter(None, map(package_path, self.modules))]

    def _course(self) -> CourseDirectory:
        parent = self.parent
        while not isinstance(getattr(parent, "coursedir", None), CourseDirectory):
            parent = parent.parent
        return parent.coursedir

    def _readable(self) -> list[str]:
        return [*filter(None, map(package_path, self.modules)), *map(self._in_course, self.readable)]

    def _hidden(self) -> list[str]:
        return [package_path(name) or self._in_course(name) for name in self.hidden]

    def _in_course(self, path: str) -> str:
        """Make a path of the settings absolute: it is relative to the course folder, wherever nbgrader was started."""
        return str(Path(self._course().root, path).resolve())

    def _is_skipped(self, nb: NotebookNode) -> bool:
        value: Any = nb.metadata
        for key in filter(None, self.skip_notebooks_with.split(".")):
            value = value.get(key) if isinstance(value, Mapping) else None
        return bool(self.skip_notebooks_with and value)

    def _is_run(self, cell: NotebookNode) -> bool:
        skipped = self.skip_cells_with_tag in cell.metadata.get("tags", [])
        return cell.cell_type == "code" and not skipped and bool(cell.source.strip())

    def _request(self, cells: list[NotebookNode], resources: dict) -> dict[str, Any]:
        """Write down what the examiner needs to know of a submission; see ``examiner.examine``."""
        folder = resources.get("metadata", {}).get("path") or "."
        return {
            "cells": [
                {"source": cell.source, "kind": _kind(cell), "points": cell.metadata.get("nbgrader", {}).get("points")}
                for cell in cells
            ],
            "folder": str(Path(folder).resolve()),
            "environment": submission_variables(resources, cells),
            "config": {name: dict(self.config.get(name, {})) for name in ("Sandbox", "SubmissionLimits")},
            "package_folders": self._package_folders(),
            "memory": self.memory,
            "calls": self.calls,
            "variables": dict(self.variables),
            "readable": self._readable(),
            "hidden": self._hidden(),
        }

    def _examine(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Send a submission to the examiner; where the grader itself fails early, try once more."""
        begun = time.monotonic()
        for attempt in (1, 2):
            try:
                answer = self._examiner().ask(request, self.wall_seconds)
            except GraderFault as fault:
                answer = {"fault": str(fault)}
            if "cells" in answer:
                return answer["cells"]
            if "over" in answer:
                return [{"outputs": [], "look": answer["over"]} for _ in request["cells"]]
            self.log.warning("The grader itself failed (%s), try %d of 2", answer["fault"], attempt)
            if time.monotonic() - begun > RETRY_SECONDS:
                break
        reason = f"the grader itself failed, which is not the student's fault: {answer['fault']}"
        return [{"outputs": [], "look": reason} for _ in request["cells"]]

    def _run_in_kernel(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self.log.warning("A trusted class: student code runs beside the answers, with your rights")
        resources["trusted_class"] = True
        with _environment(submission_variables(resources, filter(self._is_run, nb.cells))):
            nb, resources = Execute(parent=self.parent).preprocess(nb, resources)
        for cell in nb.cells:
            if _is_test(cell) and cell.execution_count is not None:
                resources["judged"][cell.metadata.nbgrader.grade_id] = ""
        return nb, resources


def submission_variables(resources: dict, cells: Iterable[NotebookNode]) -> dict[str, str]:
    """Make the environment variables that tell test cells whose notebook they test.

    Parameters
    ----------
    resources : dict
        nbgrader's.
    cells : iterable of NotebookNode
        The cells that are run.

    Returns
    -------
    dict
        Variable → value.
    """
    submission = resources.get("nbgrader", {})
    return {
        "NBGRADER_EXECUTION": "autograde",
        "NBGRADER_STUDENT": submission.get("student", ""),
        "NBGRADER_ASSIGNMENT": submission.get("assignment", ""),
        "NBGRADER_SOLUTIONS": _digest(cell.source for cell in cells if _kind(cell) == "student"),
    }


def withhold_points(cell: NotebookNode, reason: str) -> None:
    """Put an error before a test cell's outputs, unless nbgrader gives it no points anyway.

    nbgrader gives full points where there is no error, and stops grading the class at a number above the maximum.

    Parameters
    ----------
    cell : NotebookNode
    reason : str
        Why the test cannot count.
    """
    decisive = (output.output_type for output in cell.outputs if output.output_type in ("error", "execute_result"))
    if next(decisive, "") != "error":
        message = f"This test gives no points: {reason}."
        error = new_output("error", ename=NOT_COUNTED, evalue=message, traceback=[f"{NOT_COUNTED}: {message}"])
        cell.outputs.insert(0, error)


def _digest(sources: Iterable[str]) -> str:
    """Hash what a student wrote, without blank lines and trailing white space."""
    lines = (line.rstrip() for source in sources for line in [*source.splitlines(), "\x1f"])
    return hashlib.sha256("\n".join(filter(None, lines)).encode("utf-8", "replace")).hexdigest()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables within a ``with`` block (nbgrader's ``setenv`` does not restore earlier values)."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def _is_test(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def _kind(cell: NotebookNode) -> Literal["test", "given", "student"]:
    if _is_test(cell):
        return "test"
    return "given" if is_locked(cell) and not is_solution(cell) else "student"


def require_judge(converter: BaseConverter) -> None:
    """Stop an nbgrader command before it grades anything, if its judge refuses to grade on this machine.

    Parameters
    ----------
    converter : BaseConverter
        The command's converter, with ``Judge`` among its ``autograde_preprocessors`` or not.

    Raises
    ------
    NbGraderException
        The message is the reason, which is logged too; nbgrader then ends.
    """
    for step in converter.autograde_preprocessors:
        step = import_item(step) if isinstance(step, str) else step
        if isinstance(step, type) and issubclass(step, Judge) and (reason := step(parent=converter).refusal()):
            converter.log.error("Nothing is graded: %s", reason)
            raise NbGraderException(reason)
