"""The class report as one page that needs nothing else: no script, no request, pictures inside."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from jinja2 import Environment
from markupsafe import Markup, escape

from autograder.pipeline.feedback import HEAD
from autograder.plain_text import printable
from autograder.reporting.item_analysis import Work, states_of
from autograder.reporting.model import ClassReport
from autograder.reporting.similarity import LEAST_TOKENS, MOST_PAIRS, THRESHOLD
from course_utils import plots

MARKS = {"right": "✔", "partly": "◐", "wrong": "✘", "not started": "○", "needs a look": "?"}
MOST_WORDS = 300
MOST_MISTAKES = 15
TEMPLATE = """{% macro table_of(mistakes) %}<table><thead><tr><th scope="col" class="n">students</th>
<th scope="col">exercise</th><th scope="col">mistake</th></tr></thead><tbody>
{% for exercise, sentence, who in mistakes %}<tr><td class="n">{{ who|length }}</td><th scope="row">{{ exercise }}</th>
<td>{{ sentence|words }}<details><summary>who</summary>{{ who|people }}</details></td></tr>
{% endfor %}</tbody></table>{% endmacro -%}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{{ head }}
<meta name="viewport" content="width=device-width">
<title>{{ report.assignment }}: the class</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 72em; margin: 0 auto; padding: 1em 1.5em 4em; }
h2 { margin-top: 2em; border-bottom: 1px solid #888; }
table { border-collapse: collapse; margin: .7em 0; }
th, td { text-align: left; vertical-align: top; padding: .25em .7em; border-bottom: 1px solid #8886; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.m { text-align: center; }
td, li { overflow-wrap: anywhere; }
th { overflow-wrap: normal; }
thead th { position: sticky; top: 0; background: Canvas; }
.wide { overflow-x: auto; }
.states th { font-weight: normal; }
.states thead th { font-size: .8em; max-width: 9em; overflow-wrap: break-word; }
.right { background: #0072B222; } .partly { background: #E69F0033; } .wrong { background: #D55E0044; }
.note { color: light-dark(#595959, #b5b5b5); }
img { max-width: 100%; background: white; }
</style>
</head>
<body>
<h1>{{ report.assignment }}: the class</h1>
<p>{{ summary.submissions }} submissions, {{ summary.graded }} graded to the end, {{ summary["need a look"] }} need a
look. {% if summary.mean is not none %}Of {{ summary.points|n }} points: mean {{ summary.mean|n }}, median
{{ summary.median|n }}, middle half {{ summary["lower quartile"]|n }} to {{ summary["upper quartile"]|n }}, standard
deviation {{ summary["standard deviation"]|n }}.{% endif %}
{% if report.coded %}Codes stand for students.{% endif %}</p>
{% if trusted %}<p><strong>Graded as a trusted class: students' code ran without a sandbox.</strong></p>{% endif %}

<h2 id="grades">Grades</h2>
{{ histogram }}

<h2 id="look">Needs a look</h2>
{% if queue %}
<p>No points were given or taken here. Open these in formgrader and decide.</p>
<table><thead><tr><th scope="col">student</th><th scope="col">why</th></tr></thead><tbody>
{% for row in queue %}<tr><th scope="row">{{ row.student|safe_text }}</th><td>{% for why in row.why %}{{ why|words }}{%
if not loop.last %}<br>{% endif %}{% endfor %}</td></tr>
{% endfor %}</tbody></table>
{% else %}<p>Nothing.</p>{% endif %}

<h2 id="exercises">Exercises</h2>
{{ bars }}
<table><thead><tr><th scope="col">exercise</th><th scope="col" class="n">points</th>
<th scope="col" class="n">mean share</th><th scope="col" class="n">all right</th>
<th scope="col" class="n">discrimination</th><th scope="col" class="n">not started</th>
<th scope="col" class="n">time-outs</th></tr></thead><tbody>
{% for one, found, late in exercises %}<tr><th scope="row">{{ one.name }}</th><td class="n">{{ one.most|n }}</td>
<td class="n">{{ found.difficulty|percent }}</td><td class="n">{{ found.right|percent }}</td>
<td class="n">{{ found.discrimination|n }}</td><td class="n">{{ states(one)["not started"] }}</td>
<td class="n">{{ late|length }}</td></tr>
{% endfor %}</tbody></table>
<p class="note">Discrimination is the correlation of an exercise's points with those of all others (item-rest), over the
students whose every exercise has points. Near 0 or below, it does not tell who did well elsewhere: look at its text and
its check. It has no value where all have the same.</p>

<h2 id="mistakes">Commonest mistakes</h2>
{% if report.mistakes %}
{{ table_of(report.mistakes[:most_mistakes]) }}
{% if report.mistakes|length > most_mistakes %}<details><summary>and {{ report.mistakes|length - most_mistakes }} more
</summary>{{ table_of(report.mistakes[most_mistakes:]) }}</details>{% endif %}
{% else %}<p>No known mistake was made.</p>{% endif %}

<h2 id="time">Time-outs</h2>
{% if late %}<ul>{% for name, who in late %}<li>{{ name }}: {{ who|people }}</li>{% endfor %}</ul>
{% else %}<p>None.</p>{% endif %}

<h2 id="stuck">Who is where</h2>
<p>{% for state, mark in marks.items() %}{{ mark }} {{ state }}{% if not loop.last %}, {% endif %}{% endfor %}.
Fewest points first.</p>
<div class="wide" tabindex="0" role="region" aria-label="Students and exercises"><table class="states"><thead><tr>
<th scope="col">student</th><th scope="col" class="n">points</th>{% for one in report.exercises %}
<th scope="col">{{ one.name|breakable }}</th>{% endfor %}</tr></thead><tbody>
{% for row in report.rows %}<tr><th scope="row">{{ row.student|safe_text }}</th>
<td class="n">{{ (none if row.needs_a_look else row.points)|n }}</td>
{% for one in report.exercises %}{% set work = one.work.get(row.student) %}<td class="m {{ work.state if work }}"
title="{{ work|told }}">{% if work %}<span role="img" aria-label="{{ work.state }}">{{ marks[work.state] }}</span>{%
endif %}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>

<h2 id="similar">Similar answers</h2>
<p>For a person to judge, and no finding of anything: students talk, read the same books, and many exercises have one
short answer. Letters that were predicted or chosen are not compared; what was released, and what more than a quarter of
the class wrote, was set aside first, and so were comments and the names that students chose.
{{ report.similar.compared }} students have at least {{ least }} words and signs of their own left to compare.
{% if report.similar.median is not none %}Of all their pairs, the median share is {{ report.similar.median|percent }},
and 5 in 100 pairs have more than {{ report.similar.high|percent }}.{% endif %}</p>
{% if report.similar.pairs %}
<table><thead><tr><th scope="col">students</th><th scope="col" class="n">common share</th>
<th scope="col" class="n">compared</th><th scope="col">alike in</th></tr></thead><tbody>
{% for pair in report.similar.pairs %}<tr><th scope="row">{{ pair.one|safe_text }} and {{ pair.other|safe_text }}</th>
<td class="n">{{ pair.share|percent }}</td><td class="n">{{ pair.tokens }}</td><td>{{ pair.exercises|join(", ") }}</td>
</tr>
{% endfor %}</tbody></table>
<p class="note">Listed from {{ threshold|percent }} on, at most {{ most_pairs }}.</p>
{% else %}<p>No pair shares {{ threshold|percent }} or more.</p>{% endif %}
</body>
</html>
"""


def page(report: ClassReport) -> str:
    """Render the report.

    Parameters
    ----------
    report : ClassReport

    Returns
    -------
    str
        HTML, in which everything that a student wrote is text.
    """
    environment = Environment(autoescape=True, trim_blocks=False)
    environment.filters |= {
        "n": _number,
        "percent": lambda share: "–" if share is None else f"{share:.0%}",
        "safe_text": printable,
        "words": _short,
        "people": lambda who: ", ".join(map(printable, who)),
        "told": _told,
        "breakable": lambda name: escape(name).replace("_", Markup("_<wbr>")),
    }
    late = [(one.name, [who for who, work in one.work.items() if work.timed_out]) for one in report.exercises]
    values: dict[str, Any] = {
        "head": Markup(HEAD),
        "report": report,
        "summary": report.summary(),
        "trusted": any(row.trusted for row in report.rows),
        "queue": _queue(report),
        "exercises": [
            (one, found, who) for one, found, (_, who) in zip(report.exercises, report.analyses, late, strict=True)
        ],
        "late": [(name, who) for name, who in late if who],
        "states": states_of,
        "marks": MARKS,
        "least": LEAST_TOKENS,
        "threshold": THRESHOLD,
        "most_pairs": MOST_PAIRS,
        "most_mistakes": MOST_MISTAKES,
        "histogram": histogram(report),
        "bars": bars(report),
    }
    return environment.from_string(TEMPLATE).render(values)


def histogram(report: ClassReport) -> Markup:
    """Draw how the points of the class are distributed."""
    if not report.points:
        return Markup("<p>Nobody was graded to the end.</p>")
    most = report.rows[0].most
    counts, edges = np.histogram(report.points, bins=np.linspace(0, max(most, 1e-9), 11))
    fig, axes = plots.figure(width=7, height=3)
    axes[0, 0].bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=plots.COLOURS[0], edgecolor="white")
    axes[0, 0].set(xlabel="points", ylabel="students", xlim=(0, most))
    axes[0, 0].yaxis.get_major_locator().set_params(integer=True)
    words = "; ".join(f"{a:g} to {b:g} points: {n}" for a, b, n in zip(edges, edges[1:], counts, strict=False) if n)
    return _picture(fig, f"Histogram of the class's points. Students by points: {words}.")


def bars(report: ClassReport) -> Markup:
    """Draw the mean share of each exercise's points, and its discrimination beside it."""
    known = [(one, a) for one, a in zip(report.exercises, report.analyses, strict=True) if a.difficulty is not None]
    if not known:
        return Markup("")
    names = [one.name for one, _ in known]
    fig, axes = plots.figure(1, 2, width=4.6, height=0.9 + 0.32 * len(names), sharey=True)
    left, right = axes[0]
    places = np.arange(len(names))[::-1]
    left.barh(places, [a.difficulty for _, a in known], color=plots.COLOURS[0], hatch="//", edgecolor="white")
    left.set(yticks=places, yticklabels=names, xlim=(0, 1), xlabel="mean share of the points", ylabel="exercise")
    values = [a.discrimination for _, a in known]
    dots = [(value, place) for value, place in zip(values, places, strict=True) if value is not None]
    right.axvline(0, color="black", linewidth=0.8)
    if dots:
        right.plot(*zip(*dots, strict=True), "o", color=plots.COLOURS[1])
    right.set(xlim=(-1, 1), xlabel="discrimination (item-rest correlation)", ylabel="")
    words = "; ".join(f"{one.name} {a.difficulty:.0%}, discrimination {_number(a.discrimination)}" for one, a in known)
    return _picture(fig, f"Mean share of the points and discrimination of each exercise: {words}.")


def _picture(fig: Any, alt: str) -> Markup:
    made = io.BytesIO()
    fig.savefig(made, format="png", dpi=144, metadata={"Software": None})
    data = base64.b64encode(made.getvalue()).decode()
    width = round(96 * fig.get_figwidth())
    return Markup('<img src="data:image/png;base64,{}" width="{}" alt="{}">').format(data, width, alt)


def _queue(report: ClassReport) -> list[dict[str, Any]]:
    found = []
    for row in report.rows:
        if row.needs_a_look:
            why = [reason.removeprefix("needs a look: ") for reason in row.reasons if "needs a look" in reason]
            found.append({"student": row.student, "why": why or ["it waits to be graded by hand"]})
    return found


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _short(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]} …"


def _told(work: Work | None) -> str:
    if work is None:
        return "not graded"
    return _short(f"{work.state}: {' '.join(work.mistakes) or work.words}" if work.state != "right" else "right")
