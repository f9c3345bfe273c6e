"""Figures: what show() refuses, and what it gives to those who do not see it."""

from __future__ import annotations

import base64
import io
import re
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from course_utils import data, plots


def shown(draw) -> dict:
    with mock.patch("IPython.display.display") as display:
        draw()
    display.assert_called_once()
    (content,) = display.call_args.args
    return content


def test_a_figure_carries_its_alternative_text_escaped():
    fig, axes = plots.figure()
    axes[0, 0].set(xlabel="x", ylabel="y")
    content = shown(lambda: plots.show(fig, 'falls "fast" & <stays> low'))
    assert 'alt="falls &quot;fast&quot; &amp; &lt;stays&gt; low"' in content["text/html"]
    assert content["text/plain"] == '[Figure: falls "fast" & <stays> low]'


def test_a_figure_without_alternative_text_is_refused():
    fig, axes = plots.figure()
    axes[0, 0].set(xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match="alternative text"):
        plots.show(fig, "")


@pytest.mark.parametrize("missing", ["x", "y"])
def test_a_figure_without_an_axis_label_is_refused(missing):
    fig, axes = plots.figure(1, 2)
    for ax in axes.flat:
        ax.set(xlabel="x", ylabel="y")
    axes[0, 1].set(**{f"{missing}label": ""})
    with pytest.raises(ValueError, match=f"axes 2 has no {missing} label"):
        plots.show(fig, "two empty axes beside each other")


def test_the_same_figure_is_the_same_bytes():
    circles = data.load_circles()

    def draw():
        plots.boundaries(
            {"a": lambda X: X[:1], "b": lambda X: X[1:]}, circles.X_train, circles.Y_train, "two half planes"
        )

    first, second = shown(draw)["text/html"], shown(draw)["text/html"]
    assert first == second
    assert re.search(r'width="\d+"', first)


def test_what_is_drawn_later_has_the_style_too():
    _, axes = plots.figure()
    ax = axes[0, 0]
    plots.line(ax, [0, 1], [0, 1], 0, "line")
    ax.set_title("title")
    assert ax.lines[0].get_linewidth() == 1.8
    assert ax.title.get_fontsize() == 10
    assert not ax.legend().get_frame_on()
    ax.clear()  # as a film does for each moment
    assert not ax.spines["top"].get_visible()


def test_lines_differ_in_more_than_colour():
    styles = {(str(dash), marker) for dash, marker in zip(plots.DASHES, plots.MARKERS, strict=True)}
    assert len(styles) == len(set(plots.COLOURS)) == 7
    assert len({str(dash) for dash in plots.DASHES}) == 7


def test_several_seeds_are_a_median_and_a_band():
    _, axes = plots.figure()
    plots.line(axes[0, 0], [0, 1], [[0, 0], [5, 1], [9, 2]], 0, "seeds")
    (line,) = axes[0, 0].lines
    assert list(line.get_ydata()) == [5, 1]
    band = axes[0, 0].collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 0
    assert band[:, 1].max() == 9


def film(alt="a point that moves to the right"):
    def draw(axes, moment):
        axes[0].plot([moment], [0], "o", label="point")
        axes[0].set(xlabel="x", ylabel="y", xlim=(0, 5), title=str(moment))

    plots.film(draw, panels=1, moments=range(5), strip=[0, 4], alt=alt)


def test_a_film_has_a_strip_and_moves_only_when_unfolded_and_ends():
    content = shown(film)["text/html"]
    strip, folded = content.split("<details>")
    assert strip.count("<img") == 1
    assert "image/png" in strip
    assert 'alt="a point that moves to the right"' in strip
    assert 'alt="The same, moving: a point that moves to the right"' in folded
    gif = base64.b64decode(re.search(r"image/gif;base64,([^\"]+)", folded)[1])
    picture = Image.open(io.BytesIO(gif))
    assert picture.n_frames == 5
    assert picture.info["loop"] == 2
    assert content == shown(film)["text/html"]


def test_a_film_without_alternative_text_is_refused():
    with pytest.raises(ValueError, match="alternative text"):
        film(alt="")


def three_sectors(X):
    E = np.exp(np.stack([X[0], X[1], 0 * X[0]]))
    return E / E.sum(axis=0)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.signals({"a": np.ones((3, 5))}, "title", "a level line of ones"),
        lambda: plots.histograms({"a": np.arange(5.0)}, "value", "five bars of one"),
        lambda: plots.cost_curves({"a": [3, 2, 1]}, 100, "title", "a falling line"),
        lambda: plots.regions({"a": three_sectors}, np.eye(2), np.array([[0, 1]]), "three parts of a plane"),
        lambda: plots.confusion(np.eye(3), "said", "true", "title", "a table of three rows"),
        lambda: plots.scatter(np.eye(2), np.array([[0, 1]]), "title", "two points only"),
    ],
)
def test_every_kind_of_figure_can_be_shown(draw):
    assert "<img" in shown(draw)["text/html"]
