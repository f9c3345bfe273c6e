"""Why a graded notebook has the points that it has, or needs a look, in sentences."""

from __future__ import annotations

import nbformat

from course_utils.checks.check_report import MIMETYPE


def reasons_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Say why an autograded notebook lost points or needs a look, exercise by exercise."""
    record = notebook.metadata.get("course", {})
    if record.get("refused"):
        return [f"needs a look: {record['refused']}"]
    reasons = list(record.get("intake", []))
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if not settings.get("grade"):
            continue
        name = settings["grade_id"].removeprefix("test_")
        if look := record.get("needs_a_look", {}).get(settings["grade_id"]):
            reasons.append(f"{name} needs a look: {look}")
            continue
        shown = [output.data[MIMETYPE] for output in cell.outputs if MIMETYPE in output.get("data", {})]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if shown and shown[-1]["state"] == "not started":
            reasons.append(f"{name}: not started")
        elif shown and shown[-1]["state"] == "wrong":
            reasons.append(f"{name}: {' '.join(shown[-1]['mistakes']) or shown[-1]['failure']}")
        elif errors:
            reasons.append(f"{name}: {errors[-1].ename}: {errors[-1].evalue}")
    return reasons
