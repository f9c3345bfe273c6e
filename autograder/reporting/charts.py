"""The charts of the class report, as PNG in ``data:`` URLs with alternative text."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from autograder.reporting.attempts import GradedExercise
from autograder.reporting.item_analysis import ItemStatistics
from course_utils import plots

DOTS_PER_INCH = 144
CSS_PIXELS_PER_INCH = 96


@dataclass(frozen=True)
class Chart:
    """What an ``<img>`` needs.

    Parameters
    ----------
    url : str
        A ``data:`` URL.
    width : int
        In CSS pixels.
    alt : str
        The numbers that the chart shows.
    """

    url: str
    width: int
    alt: str


def points_histogram(points: list[float], max_points: float) -> Chart | None:
    """Draw how the points of a class are distributed.

    Parameters
    ----------
    points : list of float
        Of each student.
    max_points : float

    Returns
    -------
    Chart or None
        None without any points.
    """
    if not points:
        return None
    counts, edges = np.histogram(points, bins=np.linspace(0, max(max_points, 1e-9), 11))
    figure, axes = plots.figure(width=7, height=3)
    axes[0, 0].bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=plots.COLOURS[0], edgecolor="white")
    axes[0, 0].set(xlabel="points", ylabel="students", xlim=(0, max_points))
    axes[0, 0].yaxis.get_major_locator().set_params(integer=True)
    bins = zip(edges, edges[1:], counts, strict=False)
    numbers = "; ".join(f"{low:g} to {high:g} points: {count}" for low, high, count in bins if count)
    return _chart(figure, f"Histogram of the class's points. Students by points: {numbers}.")


def exercise_chart(exercises: list[GradedExercise], statistics: list[ItemStatistics]) -> Chart | None:
    """Draw the mean share of each exercise's points, and its discrimination beside it.

    Parameters
    ----------
    exercises : list of GradedExercise
    statistics : list of ItemStatistics
        Of each exercise.

    Returns
    -------
    Chart or None
        None where nobody has points in every exercise.
    """
    known = [
        (exercise.name, item)
        for exercise, item in zip(exercises, statistics, strict=True)
        if item.difficulty is not None
    ]
    if not known:
        return None
    names = [name for name, _ in known]
    figure, axes = plots.figure(1, 2, width=4.6, height=0.9 + 0.32 * len(names), sharey=True)
    left, right = axes[0]
    positions = np.arange(len(names))[::-1]
    left.barh(positions, [item.difficulty for _, item in known], color=plots.COLOURS[0], hatch="//", edgecolor="white")
    left.set(yticks=positions, yticklabels=names, xlim=(0, 1), xlabel="mean share of the points", ylabel="exercise")
    values = [item.discrimination for _, item in known]
    dots = [(value, position) for value, position in zip(values, positions, strict=True) if value is not None]
    right.axvline(0, color="black", linewidth=0.8)
    if dots:
        right.plot(*zip(*dots, strict=True), "o", color=plots.COLOURS[1])
    right.set(xlim=(-1, 1), xlabel="discrimination (item-rest correlation)", ylabel="")
    numbers = "; ".join(
        f"{name} {item.difficulty:.0%}, discrimination {format_number(item.discrimination)}" for name, item in known
    )
    return _chart(figure, f"Mean share of the points and discrimination of each exercise: {numbers}.")


def format_number(value: float | None) -> str:
    """Write a number with at most two decimals; – for None.

    Parameters
    ----------
    value : float or None

    Returns
    -------
    str
    """
    if value is None:
        return "–"
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _chart(figure: Figure, alt: str) -> Chart:
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    url = f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    return Chart(url, round(CSS_PIXELS_PER_INCH * figure.get_figwidth()), alt)
