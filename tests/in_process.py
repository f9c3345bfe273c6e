"""Runs a notebook's cells in this process: tests of what happens around execution need no kernel."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from nbformat import NotebookNode, v4
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade

from autograder.judge.preprocessor import SKIP_TAG


class RunHere(NbGraderPreprocessor):
    """Stands in for nbgrader's Execute; never for student code that is not ours."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Run every cell but those tagged as not to be run."""
        namespace: dict = {}
        judged = resources.setdefault("judged", {})
        for cell in nb.cells:
            if cell.cell_type != "code" or SKIP_TAG in cell.metadata.get("tags", []):
                continue
            printed, cell.outputs = io.StringIO(), []
            shown = cell.outputs
            namespace["show"] = lambda data, to=shown: to.append(v4.new_output("display_data", data))
            source = re.sub(r"^\s*[%!].*$", "", cell.source, flags=re.MULTILINE)
            try:
                with contextlib.redirect_stdout(printed):
                    exec(compile(source, "<cell>", "exec"), namespace)
            except Exception as error:
                kind = type(error).__name__
                lines = [f"{kind}: {error}"]
                cell.outputs.append(v4.new_output("error", ename=kind, evalue=str(error), traceback=lines))
            if is_grade(cell):
                judged[cell.metadata.nbgrader.grade_id] = ""
            if printed.getvalue():
                cell.outputs.insert(0, v4.new_output("stream", name="stdout", text=printed.getvalue()))
        return nb, resources


def examination(cells: list[dict], folder: Path) -> dict:
    """What the judge's step asks the examiner for."""
    request = {"environment": {"NBGRADER_EXECUTION": "autograde"}, "config": {}, "memory": 4 * 1024**3}
    return {"cells": cells, "folder": str(folder), **request, "package_folders": [], "readable": [], "hidden": []}
