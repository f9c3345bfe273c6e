"""Show a verdict: as HTML in a notebook, as plain lines of at most 80 characters elsewhere."""

from __future__ import annotations

import contextlib
import functools
import html
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, TypeVar

from course_utils.checks.exercise import EXERCISES
from course_utils.checks.verdict import Verdict

WIDTH = 80
DIALOG_WIDTH = 70
GREY = "#5e5e5e"
COLOURS = {"right": "#1b7837", "wrong": "#b2182b"}
MIMETYPE = "application/vnd.course-check+json"

_wrap = functools.partial(textwrap.wrap, break_on_hyphens=False)  # "mini-batch" is one word


def as_html(state: str, headline: str, lines: list[tuple[str, str]], picture: str = "") -> str:
    """Write a report as HTML: a headline, then labelled lines; every word is escaped.

    Parameters
    ----------
    state : str
        ``"right"``, ``"wrong"`` or anything else; gives the colour.
    headline : str
    lines : list of (label, text)
    picture : str
        HTML, put below them.

    Returns
    -------
    str
        HTML.
    """
    rows = "".join(
        f"<div>{f'<b>{html.escape(label)}</b> ' if label else ''}{html.escape(text)}</div>" for label, text in lines
    )
    return (
        f'<div role="status" style="border-left: 4px solid {COLOURS.get(state, GREY)}; padding: 0.3em 0.8em">'
        f"<div><b>{html.escape(headline)}</b></div>{rows}{picture}</div>"
    )


class Report:
    """A verdict as a notebook shows it.

    Parameters
    ----------
    verdict : Verdict
        What came of an answer.
    points : float, optional
        Given at grading: the points that the exercise is worth.
    picture : str
        HTML to put below, where the case may be shown.
    """

    def __init__(self, verdict: Verdict, points: float | None = None, picture: str = "") -> None:
        self.verdict = verdict
        self.points = points
        self.picture = picture

    @property
    def earned(self) -> float:
        """Points earned, rounded to a hundredth; 0 without points."""
        return round(float(self.verdict.share * (self.points or 0)), 2)

    def headline(self) -> str:
        """The report's first line: the result in short."""
        verdict = self.verdict
        if verdict.state == "not started":
            return f"○ {verdict.exercise}: not started yet"
        if self.points is not None:  # at grading
            mark = "✔" if verdict.state == "right" else "✘"
            return f"{mark} {verdict.exercise}: {self.earned:g} of {self.points:g} points"
        if verdict.state == "right":
            return f"✔ {verdict.exercise}: the visible checks pass"
        return f"✘ {verdict.exercise}: {verdict.failure}"

    def lines(self) -> list[tuple[str, str]]:
        """Labelled lines under the headline."""
        verdict = self.verdict
        if verdict.state == "not started":
            if self.points is not None:
                return []
            return [("", "Write your code in the cell above, run it, then run this cell again.")]
        labelled = []
        if self.points is not None:
            labelled = [
                ("✔" if holds else "✘", f"{name}: {self._points_of(name)}") for name, holds in verdict.passed.items()
            ]
            labelled += [("On hidden cases", f"{name}: {value:.1f}") for name, value in verdict.measured.items()]
            if verdict.ending:
                labelled.append(("Broke off", verdict.ending))
            return labelled + self.causes()
        labelled = [("Measured", f"{name}: {value:.1f}") for name, value in verdict.measured.items()]
        if verdict.state == "right":
            labelled.append(("", "Grading runs the same checks on other cases."))
        else:
            if verdict.call:
                labelled.append(("Called with", verdict.call))
            labelled += self.causes()
            good = [name for name, holds in verdict.passed.items() if holds]
            if good:
                labelled.append(("Already right", "; ".join(good)))
        labelled += [("Note", f"{note}; that costs nothing") for note in verdict.notes]
        return labelled + ([("Mind", verdict.warning)] if verdict.warning else [])

    def causes(self) -> list[tuple[str, str]]:
        """Labelled lines with the known mistakes that may have caused a wrong answer, or a line that says none fits."""
        verdict = self.verdict
        if verdict.state != "wrong":
            return []
        if not verdict.mistakes:  # how an answer broke off says enough
            return (
                [] if verdict.ending else [("Likely cause", "none of the mistakes that are known for this exercise.")]
            )
        labelled = [("Likely cause", sentence) for sentence in verdict.mistakes]
        if len(labelled) > 1:
            labelled = [("Likely causes", f"{len(labelled)} known mistakes fit, together or one of them:")]
            labelled += [(f"{number}.", sentence) for number, sentence in enumerate(verdict.mistakes, start=1)]
        if not verdict.is_explained:
            labelled.append(("", "That does not explain everything that is wrong here."))
        return labelled

    def __repr__(self) -> str:
        parts = _wrap(self.headline(), WIDTH, subsequent_indent="  ")
        for label, text in self.lines():
            start = f"  {label}{'' if label in ('✔', '✘', '') else ':'} " if label else "  "
            parts += _wrap(text, WIDTH, initial_indent=start, subsequent_indent="    ")
        return "\n".join(parts)

    def _points_of(self, name: str) -> str:
        most = round(EXERCISES[self.verdict.exercise].properties[name] * (self.points or 0), 2)
        if name in self.verdict.unearned:
            return f"0 of {most:g}: it counts only beside a right value"
        return f"{most if self.verdict.passed[name] else 0:g} of {most:g}"

    def _repr_html_(self) -> str:
        return as_html(self.verdict.state, self.headline(), self.lines(), self.picture)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the class table and the feedback."""
        verdict = self.verdict
        return {
            "exercise": verdict.exercise,
            "state": verdict.state,
            "earned": self.earned,
            "points": self.points,
            "failure": verdict.failure,
            "mistakes": verdict.mistakes,
            "headline": self.headline(),
            "lines": self.lines(),
            "measured": verdict.measured,
            "cells": verdict.cells,
        }

    def show(self) -> None:
        """Display in a notebook, print in a terminal."""
        display_or_print({"text/plain": repr(self), "text/html": self._repr_html_(), MIMETYPE: self.as_dict()})


def display_or_print(data: dict[str, Any]) -> None:
    """Display in a notebook, print in a terminal.

    Parameters
    ----------
    data : dict
        MIME type → content, ``"text/plain"`` among them.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        get_ipython = lambda: None  # noqa: E731 - no IPython, no notebook
    if get_ipython() is None:
        print(data["text/plain"])
        return
    from IPython.display import display

    display(data, raw=True)


@contextlib.contextmanager
def capture_displays() -> Iterator[list]:
    """Keep what the body displays, and the figures that it leaves open, out of the notebook.

    Yields
    ------
    list
        At the end it holds what was displayed.
    """
    shown: list = []
    before = _open_figures()
    try:
        from IPython.utils.capture import capture_output
    except ImportError:
        capture_output = None
    with capture_output(stdout=False, stderr=False) if capture_output else contextlib.nullcontext() as captured:
        yield shown
    shown += captured.outputs if captured else []
    for number in _open_figures() - before:
        sys.modules["matplotlib.pyplot"].close(number)


def _open_figures() -> set[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


class CheckFailed(AssertionError):
    """A check did not pass; a notebook shows two sentences instead of a traceback."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.exercise}: {verdict.failure}")
        self.hint = verdict.mistakes[0] if len(verdict.mistakes) == 1 else "See the report above."

    def _render_traceback_(self) -> list[str]:
        # The Validate dialog cuts lines, so they are short.
        return [*_wrap(f"Check failed: {self}", DIALOG_WIDTH), *_wrap(self.hint, DIALOG_WIDTH)]


def not_started_error(verdict: Verdict) -> NotImplementedError:
    """Make the error of a blank exercise."""
    return without_traceback(NotImplementedError(f"{verdict.exercise}: not started yet"))


AnyError = TypeVar("AnyError", bound=Exception)


def without_traceback(error: AnyError) -> AnyError:
    """Let a notebook show an error's message alone.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    Exception
        The same object, with IPython's hook for tracebacks.
    """
    error._render_traceback_ = lambda: [str(error)]  # type: ignore[attr-defined]  # IPython looks for it on any error
    return error
