"""Run the cells of a submission: the student's in the sandbox, the test cells here, in the trusted process."""

from __future__ import annotations

import builtins
import contextlib
import dis
import math
import re
import types
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from nbformat import NotebookNode

from autograder.judge.guest.rpc import is_rebuilt
from autograder.judge.guest.shell import NotebookShell, run_cell
from autograder.judge.outputs import Outputs
from autograder.judge.session import SandboxDied, Session, StudentFunction

MAX_OUTPUT = 5_000_000  # characters of what a test cell prints, and of its errors
MAX_NAMES, MAX_NAME = 300, 100  # names that are searched for a similar name, and characters of a name
MAX_ERROR = 200  # characters of the error message of a cell that did not run to its end


class Examination:
    """Run the cells of one submission from top to bottom.

    Parameters
    ----------
    shell : NotebookShell
        Where test cells run.
    session : Session
        Where the student's cells run.
    """

    def __init__(self, shell: NotebookShell, session: Session) -> None:
        self._shell, self._session = shell, session
        # For each cell that an error interrupted: its source, the error, and whether the student's process ended.
        self._broken_cells: list[tuple[str, str, bool]] = []
        self._sources: list[str] = []  # source of each student cell so far
        self._identifiers: set[str] = set()  # every word in these sources

    def run_cell(self, cell: dict[str, Any]) -> dict[str, Any]:
        """Run one cell.

        Parameters
        ----------
        cell : dict
            ``source``; ``kind``: "student", "given" (locked; runs in the sandbox and here) or "test"; for a test also
            its ``points``.

        Returns
        -------
        dict
            ``outputs``: list of NotebookNode. For a test also ``look``: why a person has to look at it, or "";
            ``student_message``: what the student may be told of its failure, or ""; ``raised``: name and message of
            each error that the student's functions raised. For any other cell ``passed_over``, see ``Session``.
        """
        if cell["kind"] == "test":
            return self._run_test(cell["source"], cell["points"])
        self._identifiers |= set(re.findall(r"\w+", cell["source"]))
        self._sources.append(cell["source"])
        outputs, cause = self._session.run(cell["source"])
        passed_over = self._session.passed_over
        for output in outputs:
            if output.output_type == "error":
                message = f"{output.ename}: {output.evalue}"[:MAX_ERROR]
                self._broken_cells.append((cell["source"], message, bool(cause)))
        if cell["kind"] == "given":
            self._run_trusted(cell["source"])
        return {"outputs": outputs, "passed_over": passed_over}

    def _run_trusted(self, source: str) -> tuple[list[NotebookNode], BaseException | None]:
        """Run a cell in this process; return its outputs, and the error that ended it or None."""
        outputs = Outputs(MAX_OUTPUT, trusted=True)
        self._shell.emit = outputs.add
        result = run_cell(self._shell, source)
        return outputs.close(), result.error_in_exec

    def _run_test(self, source: str, points: float) -> dict[str, Any]:
        result = self._try_test(source, points)
        if self._session.stalled:  # the machine may have been busy, so try once more
            result = self._try_test(source, points)
        return result

    def _try_test(self, source: str, points: float) -> dict[str, Any]:
        session, namespace = self._session, self._shell.user_ns
        with session.test():
            if session.incident:
                not_run = Outputs(MAX_OUTPUT)
                not_run.error("NotTested", f"This check was not run: {session.incident}.")
                return {"outputs": not_run.close(), "look": session.incident}
            names = [name for name in names_read(source) if name not in namespace and not hasattr(builtins, name)]
            values: dict[str, Any] = {}
            missing: dict[str, str] = {}
            with contextlib.suppress(SandboxDied):  # then ``session.incident`` says why, and names count as not found
                for name in names:
                    self._resolve(name, values, missing)
            namespace.update(values)
            outputs, error = self._run_trusted(source)
            if session.fault:
                raise session.fault
            for name, value in values.items():
                if namespace.get(name) is value:  # otherwise the test defined it, and later tests may need it
                    del namespace[name]
        reason, student_message = session.incident or session.left.over, ""
        for output in outputs:
            if output.output_type == "error" and output.ename == "NameError":
                for name, sentence in missing.items():
                    if f"'{name}'" in output.evalue:
                        broken, ended = self._broken_cell_behind(name)
                        output.evalue, student_message = sentence + broken, sentence
                        output.traceback = [f"NameError: {output.evalue}"]
                        reason = reason or (broken.removeprefix("; ") if ended else "")
        if type(error).__name__ == "NotGraded" and not is_rebuilt(error):  # the test asks for a person
            reason = reason or str(error)
        if isinstance(error, MemoryError) and not is_rebuilt(error):
            reason = reason or "its check took more memory than it may"
        reason = reason or invalid_score_reason(outputs, points)
        return {
            "outputs": graded_outputs(outputs),
            "look": reason,
            "student_message": student_message,
            "raised": session.raised,
        }

    def _resolve(self, name: str, values: dict[str, Any], missing: dict[str, str]) -> None:
        """Put what the student's name stands for into ``values``, or a sentence on what is wrong into ``missing``."""
        match self._session.look(name):
            case {"function": module}:
                values[name] = StudentFunction(self._session, name, module, self._defining_cell(name))
            case {"value": value}:
                values[name] = value
            case {"unfit": _}:
                missing[name] = f"{name} is nothing that a check can read"
            case {"missing": others}:
                # Only names written in a cell: a name made at run time could carry a message out of an earlier test.
                names = [other for other in others[:MAX_NAMES] if isinstance(other, str) and len(other) <= MAX_NAME]
                known = self._identifiers.intersection(names)
                missing[name] = _not_found(name, known)

    def _defining_cell(self, name: str) -> str:
        """Find the source of the last cell that defines a name; "" if none seems to."""
        definition = re.compile(rf"^(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*=", re.MULTILINE)
        return next((source for source in reversed(self._sources) if definition.search(source)), "")

    def _broken_cell_behind(self, name: str) -> tuple[str, bool]:
        """Say which broken cell may be why a name is missing, and whether the process ended with it."""
        for source, error, ended in self._broken_cells:
            if re.search(rf"\b{re.escape(name)}\b", source):
                return f"; its cell broke off with {error}", ended
        for _, error, ended in self._broken_cells:
            if ended:  # what else that cell would have defined is unknown
                return f"; a cell broke off with {error}", True
        return "", False


def record_outputs(cells: list[dict[str, Any]], session: Session) -> dict[int, dict[str, Any]]:
    """Run the cells that are no tests, before any test: outputs made after a test could reveal its cases.

    Parameters
    ----------
    cells : list of dict
        All cells of a submission, as for ``Examination.run_cell``.
    session : Session
        A new session; its sandbox is started only where some cell stands below a test.

    Returns
    -------
    dict
        Position of each cell that was run → ``outputs`` and ``passed_over``, as from ``Examination.run_cell``.
    """
    tests = [number for number, cell in enumerate(cells) if cell["kind"] == "test"]
    others = [number for number, cell in enumerate(cells) if cell["kind"] != "test"]
    recorded: dict[int, dict[str, Any]] = {}
    if tests and others and tests[0] < others[-1]:
        for number in others:
            outputs, _ = session.run(cells[number]["source"])
            recorded[number] = {"outputs": outputs, "passed_over": session.passed_over}
    return recorded


def names_read(source: str) -> list[str]:
    """List the global names that a cell's code reads, functions in it included.

    Parameters
    ----------
    source : str
        Source of a cell, which may hold IPython magics.

    Returns
    -------
    list of str
        Without duplicates; empty where the cell is not valid Python.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        code = compile(TransformerManager().transform_cell(source), "<test>", "exec")
    except SyntaxError:
        return []
    return list(dict.fromkeys(_global_names(code)))


def _global_names(code: types.CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _not_found(name: str, others: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(others), 1, 0.6)
    return f"{name} is not found" + (f"; did you mean {close[0]}?" if close else "")


def graded_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Change a test cell's outputs so that nbgrader reads the score that they mean.

    nbgrader takes anything on stderr for a failure, and does not read ``np.float64(2.0)`` as a number.

    Parameters
    ----------
    outputs : list of NotebookNode
        Changed in place.

    Returns
    -------
    list of NotebookNode
        The same list.
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
    """Say why a test's score cannot be entered in a gradebook.

    Parameters
    ----------
    outputs : list of NotebookNode
        Of the test cell.
    points : float
        The test's maximum.

    Returns
    -------
    str
        Empty where every number it returned is between 0 and ``points``.
    """
    for output in outputs:
        if output.output_type == "execute_result":
            try:
                score = float(output.data.get("text/plain", ""))
            except ValueError:
                continue
            if not 0 <= score <= points or not math.isfinite(score):
                return f"the check itself is faulty: it gave {score:g} of {points:g} points"
    return ""
