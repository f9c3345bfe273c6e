"""Plot how an observed value differs from the right value: a small SVG figure beside a check's report.

Colours stand out on light and on dark ground, text takes the page's own, and what the picture shows stands in words
below it.
"""

from __future__ import annotations

import html
import warnings
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import MalformedResult
from course_utils.checks.exercise import Observation, Trial
from course_utils.checks.verdict import ExpectedOutcomes, Verdict

WIDTH, HEIGHT = 320, 120  # pixels
MAX_MAGNITUDE = 1e150  # larger numbers are not drawn: their differences would overflow
MAX_CELLS = 24  # rows, columns and bars
MIN_NUMBERS = 5  # fewer are read faster than seen
EXPECTED, YOURS = "#0072B2", "#D55E00"


def plot_failure(verdict: Verdict, trial: Trial, expected: ExpectedOutcomes) -> str:
    """Draw the property that a verdict says is wrong.

    Parameters
    ----------
    verdict : Verdict
    trial : Trial
        What was seen of the answer.
    expected : ExpectedOutcomes
        What is right.

    Returns
    -------
    str
        HTML, or "" where a picture would say no more than the text.
    """
    if verdict.failed_key is None:
        return ""
    case, name = verdict.failed_key
    observations = trial.observations[case] if case < len(trial.observations) else []
    seen = next((observation for observation in observations if observation.property == name), None)
    return plot_difference(expected.right_table[case, name], seen, trial.results[case].get(name)) if seen else ""


def plot_difference(right: Observation, seen: Observation, result: Any = None) -> str:
    """Draw a property's expected and observed values.

    Parameters
    ----------
    right, seen : Observation
        The same property of the right answer and of the student's.
    result : plain data, optional
        What the call behind it returned.

    Returns
    -------
    str
        A histogram of weights, a mask, a heat map of yours − expected, or two series; "" for anything else.
    """
    with np.errstate(all="ignore"):  # answers may hold any number
        return "" if right.secret else _plot(right, seen, result)


def _plot(right: Observation, seen: Observation, result: Any) -> str:
    if isinstance(right.value, str):
        return _plot_mask(result)
    if right.property.startswith((see.SCALE, see.MEAN)):
        return _plot_histogram(right, seen, result)
    name, right, got = _first_difference(right, seen.value)
    pair = _numbers(right.value, got)
    if pair is None:
        return ""
    want, got = pair
    if want.size < MIN_NUMBERS:
        return ""
    wrong = ~np.isclose(got, want, rtol=right.rtol, atol=right.atol, equal_nan=True)
    if want.ndim == 2 and min(want.shape) > 1:
        return _plot_heat_map(name, want, got, wrong)
    return _plot_series(name, want.ravel(), got.ravel())


def _first_difference(right: Observation, got: Any) -> tuple[str, Observation, Any]:
    """Go down into dicts to the first entry that differs: its name, how it should be, how it came out."""
    name = ""
    while isinstance(right.value, dict) and isinstance(got, dict) and right.value.keys() == got.keys():
        parts = {key: Observation(str(key), value, right.rtol, right.atol) for key, value in right.value.items()}
        key = next((key for key, part in parts.items() if part.difference(got[key])), None)
        if key is None:
            break
        name, right, got = str(key), parts[key], got[key]
    return name, right, got


def _numbers(want: Any, got: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Read both as arrays of floats; None where they are none, or differ in shape."""
    try:
        want, got = np.asarray(want), np.asarray(got)
    except ValueError:
        return None
    if want.dtype.kind not in "biuf" or got.dtype.kind not in "biuf" or want.shape != got.shape or want.ndim > 2:
        return None
    return want.astype(float), got.astype(float)


# --- the plots --------------------------------------------------------------------------------------------------------


def _plot_heat_map(name: str, want: np.ndarray, got: np.ndarray, wrong: np.ndarray) -> str:
    odd = wrong & ~np.isfinite(got - want)
    gap = np.where(wrong & ~odd, got - want, 0.0)
    size = np.where(odd, np.inf, np.abs(gap))
    worst = np.unravel_index(np.argmax(size), size.shape)
    window = tuple(_window(int(at), length) for at, length in zip(worst, size.shape, strict=True))
    cells, odd = gap[window], odd[window]
    most = np.abs(gap).max() or 1.0
    level = np.where(cells != 0, np.ceil(4 * np.clip(np.abs(cells) / most, 0.01, 1)), 0)
    shapes = [
        _cells_path((level == step) & (np.sign(cells) == sign), colour, 0.25 * step)
        for sign, colour in ((1, YOURS), (-1, EXPECTED))
        for step in (1, 2, 3, 4)
    ]
    rows, columns = cells.shape
    shapes.append(_cells_path(odd, "currentColor", 0.5))
    if max(rows, columns) <= 12:
        style = 'font-size="0.7" text-anchor="middle" fill="currentColor"'
        shapes += [
            f'<text x="{j + 0.5}" y="{i + 0.72}" {style}>{"+" if cells[i, j] > 0 else "−"}</text>'
            for i, j in np.argwhere(cells != 0)
        ]
    words = [f"Yours − expected{f' in {name}' if name else ''}, row by row:"]
    words += ["orange (+) is too large, blue (−) too small, empty is right."]
    words += ["Grey is not a finite number."] if odd.any() else []
    words += [_describe_entries(wrong), _describe_relation(want, got)]
    if cells.shape != size.shape:
        words.append("Shown are " + " and ".join(
            f"{what} {place.start} to {place.stop - 1}" for what, place in zip(("rows", "columns"), window, strict=True)
        ) + ".")  # fmt: skip
    return _svg_grid(shapes, rows, columns, f"Heat map, {rows} by {columns}", words)


def _plot_mask(result: Any) -> str:
    """Draw a mask of a result ``[values, mask]``."""
    if not (isinstance(result, list) and len(result) == 2):
        return ""
    values, mask = result
    if not all(isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "biuf" for value in result):
        return ""
    if values.shape != mask.shape or min(mask.shape) < 2:
        return ""
    corner = mask[:MAX_CELLS, :MAX_CELLS] != 0
    rows, columns = corner.shape
    words = [
        f"Your mask{'' if corner.shape == mask.shape else f', its first {rows} rows and {columns} columns'}:",
        f"filled is kept, empty is dropped. Not zero: {np.mean(mask != 0):.1%} of all {mask.size}.",
    ]
    return _svg_grid([_cells_path(corner, EXPECTED, 0.85)], rows, columns, f"Mask, {rows} by {columns}", words)


def _plot_histogram(right: Observation, seen: Observation, result: Any) -> str:
    """Draw the weights of the layer that is furthest off, and the normal density they were to follow."""
    pair = _numbers(right.value, seen.value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # complex numbers
            found = see.weights(result)
    except (MalformedResult, ValueError, TypeError, Warning):
        return ""
    if pair is None or pair[0].shape != (len(found),):
        return ""
    want, got = pair
    layer = int(np.argmax(np.nan_to_num(np.abs(got - want), nan=np.inf)))
    W = found[layer].ravel()
    sigma = float(want[layer] if right.property.startswith(see.SCALE) else W.std())
    if not (np.isfinite(W).all() and np.isfinite(sigma) and sigma > 0):
        return ""
    reach = 3.5 * min(max(sigma, float(W.std())), 20 * sigma)
    edges = np.linspace(-reach, reach, MAX_CELLS + 1)
    bars = np.histogram(np.clip(W, -reach, reach), edges)[0] / W.size / (edges[1] - edges[0])
    x = np.linspace(-reach, reach, 81)
    density = np.exp(-0.5 * (x / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
    top = min(max(density.max(), bars.max()), 3 * density.max())
    step = WIDTH / MAX_CELLS
    heights = [HEIGHT * min(float(bar) / top, 1.0) for bar in bars]
    outline = "".join(
        f"M{_format(k * step)} {HEIGHT}v{_format(-height)}h{_format(step - 1)}v{_format(height)}z"
        for k, height in enumerate(heights)
        if height
    )
    shapes = [
        f'<path d="{outline}" fill="{YOURS}" fill-opacity="0.7"/>',
        _polyline((x + reach) / (2 * reach) * WIDTH, HEIGHT * (1 - np.minimum(density / top, 1)), EXPECTED),
    ]
    words = [
        f"Bars: the {W.size} weights of your W{layer + 1}, standard deviation {W.std():.4g}, mean {W.mean():.2g}.",
        f"Line: a normal density of standard deviation {sigma:.4g} and mean 0.",
    ]
    return _svg_axes(shapes, (-reach, 0, reach), "Histogram of weights", words)


def _plot_series(name: str, want: np.ndarray, got: np.ndarray) -> str:
    start = _window(int(np.argmax(np.nan_to_num(np.abs(got - want), nan=np.inf))), len(want), 2 * MAX_CELLS)
    want, got = want[start], got[start]
    both = np.concatenate([want, got])
    both = both[np.isfinite(both) & (np.abs(both) < MAX_MAGNITUDE)]
    low, high = (float(both.min()), float(both.max())) if both.size else (0.0, 1.0)
    span = (high - low) or 1.0
    x = np.linspace(8, WIDTH - 8, len(want))
    shapes = []
    for values, colour, dash in ((want, EXPECTED, ""), (got, YOURS, "4 3")):
        shown = np.isfinite(values) & (np.abs(values) < MAX_MAGNITUDE)
        across, down = x[shown], 8 + (HEIGHT - 16) * (1 - (values[shown] - low) / span)
        shapes.append(_polyline(across, down, colour, dash))
        for a, d in zip(across, down, strict=True):
            shapes.append(
                f'<circle cx="{_format(a)}" cy="{_format(d)}" r="4" fill="none" stroke="{colour}" stroke-width="1.5"/>'
                if not dash
                else f'<path d="M{_format(a - 3)} {_format(d - 3)}l6 6m0-6l-6 6" stroke="{colour}" stroke-width="1.8"/>'
            )
    words = [
        f"Entries {start.start} to {start.stop - 1}{f' of {name}' if name else ''}, from {low:.4g} to {high:.4g}:",
        "blue circles are expected, orange crosses are yours.",
        "" if np.isfinite(got).all() else f"Not finite, so not drawn: {np.sum(~np.isfinite(got))} of yours.",
        _describe_relation(want, got),
    ]
    return _svg_axes(shapes, (start.start, start.stop - 1), "Expected values and yours", words)


# --- in words ---------------------------------------------------------------------------------------------------------


def _describe_entries(wrong: np.ndarray) -> str:
    """Say which entries differ: all, whole rows, whole columns, or how many."""
    if wrong.all():
        return "Every entry differs."
    for lines, what in ((wrong, "row"), (wrong.T, "column")):
        whole = lines.all(axis=1)
        if whole.any() and not lines[~whole].any():
            numbers = [str(number) for number in np.flatnonzero(whole)]
            words = ", ".join(numbers[:6]) + ", …" * (len(numbers) > 6)
            return f"Only {what}{'s' * (len(numbers) > 1)} {words} differ{'s' * (len(numbers) == 1)}."
    return f"{int(wrong.sum())} of {wrong.size} entries differ."


def _describe_relation(want: np.ndarray, got: np.ndarray) -> str:
    """Say where all entries differ by the same factor, or by the same difference."""
    if not (np.isfinite(want).all() and np.isfinite(got).all()) or np.ptp(want) == 0:
        return ""
    with np.errstate(all="ignore"):
        ratio, gap = got / want, got - want
    for value, words in (
        (ratio, "Yours is {:.4g} times the expected everywhere."),
        (gap, "Yours is {:+.4g} everywhere."),
    ):
        if np.isfinite(value).all() and np.ptp(value) <= 1e-4 * abs(value.flat[0]):
            return words.format(value.flat[0])
    return ""


# --- SVG --------------------------------------------------------------------------------------------------------------


def _window(at: int, length: int, most: int = MAX_CELLS) -> slice:
    """Cut at most ``most`` places out of ``length``, with one of them in the middle."""
    start = max(0, min(at - most // 2, length - most))
    return slice(start, min(start + most, length))


def _format(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _polyline(x: np.ndarray, y: np.ndarray, colour: str, dash: str = "") -> str:
    points = " ".join(f"{_format(a)},{_format(b)}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


def _cells_path(where: np.ndarray, colour: str, opacity: float) -> str:
    places = "".join(f"M{j} {i}h1v1h-1z" for i, j in np.argwhere(where))
    return f'<path d="{places}" fill="{colour}" fill-opacity="{opacity:g}"/>' if places else ""


def _svg_grid(shapes: list[str], rows: int, columns: int, label: str, words: list[str]) -> str:
    frame = f'<rect width="{columns}" height="{rows}" fill="none" stroke="currentColor" stroke-width="0.06"/>'
    cell = min(16.0, 240 / columns)
    return _svg_figure([*shapes, frame], (-0.1, -0.1, columns + 0.2, rows + 0.2), cell * columns, label, words)


def _svg_axes(shapes: list[str], ticks: tuple, label: str, words: list[str]) -> str:
    anchors = ("start", "end") if len(ticks) == 2 else ("start", "middle", "end")
    axis = [f'<path d="M0 {HEIGHT}h{WIDTH}" stroke="currentColor"/>']
    for k, (tick, anchor) in enumerate(zip(ticks, anchors, strict=True)):
        x = WIDTH * k / (len(ticks) - 1)
        axis.append(
            f'<text x="{_format(x)}" y="{HEIGHT + 14}" text-anchor="{anchor}" fill="currentColor">{tick:.3g}</text>'
        )
    return _svg_figure([*shapes, *axis], (-2, -2, WIDTH + 4, HEIGHT + 20), WIDTH, label, words)


def _svg_figure(shapes: list[str], box: tuple, width: float, label: str, words: list[str]) -> str:
    view = " ".join(f"{number:g}" for number in box)
    caption = " ".join(filter(None, words))
    return (
        '<figure style="margin: 0.5em 0 0">'
        f'<svg role="img" aria-label="{html.escape(label)}" viewBox="{view}" font-size="11" '
        f'style="display: block; width: {width:.0f}px; max-width: 100%">{"".join(shapes)}</svg>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
