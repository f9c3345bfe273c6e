"""Say, in sentences, why an autograded notebook lost points or needs a look."""

from __future__ import annotations

import nbformat

from course_utils.checks.check_report import MIMETYPE


def reasons_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Say why an autograded notebook lost points or needs a look, exercise by exercise.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    list of str
        First the repairs, then the reasons in the order of the tests. Reasons for a person to look at it contain
        "needs a look".
    """
    record = notebook.metadata.get("course", {})
    if record.get("refused"):
        return [f"needs a look: {record['refused']}"]
    reasons = list(record.get("intake", []))
    for cell in notebook.cells:
        settings = cell.metadata.get("nbgrader", {})
        if not settings.get("grade"):
            continue
        name = settings["grade_id"].removeprefix("test_")
        if reason := record.get("needs_a_look", {}).get(settings["grade_id"]):
            reasons.append(f"{name} needs a look: {reason}")
            continue
        reports = [output.data[MIMETYPE] for output in cell.outputs if MIMETYPE in output.get("data", {})]
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if reports and reports[-1]["state"] == "not started":
            reasons.append(f"{name}: not started")
        elif reports and reports[-1]["state"] == "wrong":
            reasons.append(f"{name}: {' '.join(reports[-1]['mistakes']) or reports[-1]['failure']}")
        elif errors:
            reasons.append(f"{name}: {errors[-1].ename}: {errors[-1].evalue}")
    return reasons
