"""Render the class report as a single HTML page without scripts or requests, with its pictures embedded."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from autograder.pipeline.feedback import HEAD
from autograder.plain_text import one_line, printable
from autograder.reporting.attempts import Attempt, State
from autograder.reporting.charts import exercise_chart, format_number, points_histogram
from autograder.reporting.class_report import ClassReport
from autograder.reporting.class_table import Row
from autograder.reporting.similarity import MAX_PAIRS, MIN_SIMILARITY, MIN_TOKENS

MARKS: dict[State, str] = {"right": "✔", "partly": "◐", "wrong": "✘", "not started": "○", "needs a look": "?"}
MAX_CHARACTERS = 300
MAX_MISTAKES = 15


def render_page(report: ClassReport) -> str:
    """Render the report with the template ``page.html.j2``.

    Parameters
    ----------
    report : ClassReport

    Returns
    -------
    str
        HTML, in which everything that a student wrote is escaped.
    """
    environment = Environment(
        loader=PackageLoader("autograder.reporting", ""), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "number": format_number,
        "percent": lambda share: "–" if share is None else f"{share:.0%}",
        "printable": printable,
        "shorten": _shorten,
        "tooltip": _tooltip,
    }
    statistics = report.statistics
    time_outs = [(exercise.name, exercise.timed_out_students()) for exercise in report.exercises]
    return environment.get_template("page.html.j2").render(
        head=Markup(HEAD),
        report=report,
        summary=report.summary(),
        trusted=any(row.trusted for row in report.rows),
        feedback_outdated=[row.student for row in report.rows if row.feedback_outdated],
        histogram=points_histogram(report.points, report.rows[0].max_points if report.rows else 0),
        exercise_chart=exercise_chart(report.exercises, statistics),
        look_reasons=[(row.student, _look_reasons(row)) for row in report.rows if row.needs_a_look],
        exercises=list(zip(report.exercises, statistics, strict=True)),
        mistakes=report.mistakes,
        time_outs=[(name, students) for name, students in time_outs if students],
        marks=MARKS,
        max_mistakes=MAX_MISTAKES,
        max_pairs=MAX_PAIRS,
        min_similarity=MIN_SIMILARITY,
        min_tokens=MIN_TOKENS,
    )


def _look_reasons(row: Row) -> list[str]:
    reasons = [reason.removeprefix("needs a look: ") for reason in row.reasons if "needs a look" in reason]
    return reasons or ["it waits to be graded by hand"]


def _shorten(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]} …"


def _tooltip(attempt: Attempt | None) -> str:
    if attempt is None:
        return "not graded"
    if attempt.state == "right":
        return "right"
    return _shorten(f"{attempt.state}: {' '.join(attempt.mistakes) or attempt.message}")
