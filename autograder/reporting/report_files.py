"""Write a class report as HTML, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.plain_text import csv_cell, one_line, printable
from autograder.reporting.class_report import ClassReport
from autograder.reporting.page import render_page
from autograder.reporting.similarity import ClassSimilarity
from course_utils.files import write_whole


def write_report(report: ClassReport, folder: Path) -> Path:
    """Write ``report.html``, ``report.csv`` and ``report.json``.

    Parameters
    ----------
    report : ClassReport
    folder : Path
        Made where it is missing, closed to others.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OSError
        A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    table = io.StringIO()
    csv.writer(table).writerows([[csv_cell(value) for value in row] for row in report_table(report)])
    data = json.dumps(report_data(report), indent=1, ensure_ascii=False, default=str)
    for name, text in (("report.csv", table.getvalue()), ("report.json", data), ("report.html", render_page(report))):
        write_whole(folder / name, text.encode("utf-8", errors="replace"))
    return folder / "report.html"


def report_table(report: ClassReport) -> list[list[object]]:
    """Make a table with a line per student: points in all and in each exercise, blank where it needs a look, and why.

    Parameters
    ----------
    report : ClassReport

    Returns
    -------
    list of list
        The first line is the header.
    """
    names = [exercise.name for exercise in report.exercises]
    lines: list[list[object]] = [["student", "points", "max_points", "needs_a_look", *names, "reasons"]]
    for row in report.rows:
        attempts = [exercise.attempts.get(row.student) for exercise in report.exercises]
        lines.append(
            [
                printable(row.student),
                None if row.needs_a_look else row.points,
                row.max_points,
                "yes" if row.needs_a_look else "",
                *(attempt.points if attempt else None for attempt in attempts),
                one_line("; ".join(row.reasons)),
            ]
        )
    return lines


def report_data(report: ClassReport) -> dict[str, Any]:
    """Make what ``report.json`` holds; its keys stay the same, for programs read them.

    Parameters
    ----------
    report : ClassReport

    Returns
    -------
    dict
    """
    return {
        "assignment": report.assignment,
        "summary": report.summary(),
        "exercises": [
            {
                "name": exercise.name,
                "points": exercise.max_points,
                **asdict(statistics),
                "states": dict(exercise.count_states()),
                "time_outs": exercise.timed_out_students(),
            }
            for exercise, statistics in zip(report.exercises, report.statistics, strict=True)
        ],
        "mistakes": [
            {"exercise": count.exercise, "mistake": count.sentence, "students": count.students}
            for count in report.mistakes
        ],
        "students": [
            {
                "student": row.student,
                "points": row.points,
                "most": row.max_points,
                "needs_a_look": row.needs_a_look,
                "reasons": row.reasons,
                "trusted": row.trusted,
                "feedback_outdated": row.feedback_outdated,
            }
            for row in report.rows
        ],
        "similar": _similarity_data(report.similarity),
    }


def _similarity_data(similarity: ClassSimilarity) -> dict[str, Any]:
    return {
        "pairs": [
            {
                "one": pair.first,
                "other": pair.second,
                "share": pair.similarity,
                "tokens": pair.tokens,
                "exercises": pair.exercises,
            }
            for pair in similarity.pairs
        ],
        "median": similarity.median,
        "high": similarity.percentile_95,
        "compared": similarity.compared,
    }
