"""The course's figures: labelled axes, alternative text, and styles that work in grey and for every eye.

Every figure ends in :func:`show`, which refuses figures without alternative text or axis labels. matplotlib is
imported when the first figure is made.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008): told apart by colour-blind readers; dashes and markers tell them apart in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

FILM_ENLARGEMENT = 1.35  # of a film's axes beside the strip's: it shows one moment where the strip shows several
FRAME_MILLISECONDS, LAST_FRAME_MILLISECONDS = 110, 1500  # the last frame needs time to be looked at
TINT_SHARES = (1, 0.7, 0.4)  # of each colour on white, in a film's palette: full, and as edges and bands are blended
PIXELS_PER_INCH, CSS_PIXELS_PER_INCH = 144, 96  # 1.5 device pixels for each CSS pixel: sharp on fine screens
MARGIN = 0.25  # around the points of a decision boundary, in their units
BOUNDARY_GRID, REGIONS_GRID = 160, 240  # points along an axis; where regions of many classes meet, more are seen
MIN_PROBABILITY = 1e-300  # the least that a logarithm is taken of
LIGHTEST_BLACK = 1.3  # end of a table's grey scale, where 1 is the fullest cell: no cell gets wholly black
WHITE_TEXT_FROM = 0.8  # shade of a cell, from which white reads better than black
HISTOGRAM_BARS = 61  # odd, so that on an axis symmetric about 0 one of them has 0 in its middle

_STYLE = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.3,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def figure(rows: int = 1, columns: int = 1, width: float = 4.2, height: float = 3.0, **options: object) -> tuple:
    """Make a figure in the course's style.

    Parameters
    ----------
    rows, columns : int
        How many axes.
    width, height : float
        Size of each, in inches.
    options : dict
        For ``matplotlib.pyplot.subplots``.

    Returns
    -------
    Figure, array of Axes (rows, columns)
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # To stay, not in a context: lines, titles and legends look the style up when they are drawn.
    matplotlib.rcParams.update(_STYLE)
    # Not through pyplot: nothing is drawn twice and nothing stays open.
    fig = Figure(figsize=(width * columns, height * rows))
    FigureCanvasAgg(fig)
    axes = fig.subplots(rows, columns, squeeze=False, **options)
    return fig, axes


def show(fig: Figure, alt: str) -> None:
    """Display a figure with its alternative text.

    Parameters
    ----------
    fig : Figure
        Every axes has labels on both axes, or the figure has common labels.
    alt : str
        What the figure shows, for those who do not see it.

    Raises
    ------
    ValueError
        The text or a label is missing.
    """
    _display(_picture(fig, alt), alt)


def film(
    draw: Callable[[np.ndarray, int], None],
    panels: int,
    moments: Sequence[int],
    strip: Sequence[int],
    alt: str,
    width: float = 2.3,
    height: float = 2.3,
) -> None:
    """Show a film: some of its moments side by side, and folded below them the whole of it, moving.

    It moves when a reader unfolds it, three times, and stops by itself.

    Parameters
    ----------
    draw : callable
        ``draw(axes (panels,), moment)`` draws a moment on empty axes. What the first of them labels stands in a legend.
    panels : int
        Axes beside each other in the film, below each other in the strip.
    moments : sequence of int
        What the film shows, in its order.
    strip : sequence of int
        Moments to show side by side.
    alt : str
        Alternative text.
    width, height : float
        Size of each axes in the strip, in inches; in the film they are a third larger.
    """
    from PIL import Image

    still, axes = figure(panels, len(strip), width=width, height=height, sharex="row", sharey="row")
    for column, moment in enumerate(strip):
        draw(axes[:, column], moment)
    _common_legend(still, axes[0, 0])
    moving, axes = figure(1, panels, width=FILM_ENLARGEMENT * width, height=FILM_ENLARGEMENT * height)
    frames: list[Any] = []
    for moment in moments:
        for ax in axes[0]:
            ax.clear()
        draw(axes[0], moment)
        if not frames:
            _common_legend(moving, axes[0, 0])
            moving.canvas.draw()
            moving.set_layout_engine("none")  # or the axes would move too
        moving.canvas.draw()
        frames.append(Image.fromarray(np.asarray(moving.canvas.buffer_rgba())[..., :3]))
    # The same palette for all frames, or they would flicker: greys, and our colours on white.
    colours = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS[:-1]]
    tints = [round(255 + share * (part - 255)) for share in TINT_SHARES for colour in colours for part in colour]
    greys = [grey for grey in range(0, 256, 17) for _ in range(3)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(tints + greys)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    gif = io.BytesIO()
    times = [FRAME_MILLISECONDS] * (len(frames) - 1) + [LAST_FRAME_MILLISECONDS]
    frames[0].save(gif, format="GIF", save_all=True, append_images=frames[1:], duration=times, loop=2, optimize=False)
    folded = (
        "<details><summary>Show it moving (three times, then it stops)</summary>"
        f"{_image('gif', gif.getvalue(), frames[0].width, 'The same, moving: ' + alt)}</details>"
    )
    _display(_picture(still, alt) + folded, alt)


def _common_legend(fig: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    if labels:
        fig.legend(handles, labels, loc="outside upper center", ncols=len(labels))


def _picture(fig: Figure, alt: str) -> str:
    if len(alt.split()) < 3:
        raise ValueError("a figure needs alternative text: show(fig, alt='what it shows')")
    for number, ax in enumerate(fig.axes, start=1):
        for name, label, common in (
            ("x", ax.get_xlabel(), fig.get_supxlabel()),
            ("y", ax.get_ylabel(), fig.get_supylabel()),
        ):
            if ax.axison and not (label or common):
                raise ValueError(f"a figure without axis labels: axes {number} has no {name} label")
    png = io.BytesIO()
    fig.savefig(png, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    return _image("png", png.getvalue(), round(CSS_PIXELS_PER_INCH * fig.get_figwidth()), alt)


def _image(kind: str, content: bytes, pixels: int, alt: str) -> str:
    data = base64.b64encode(content).decode()
    return f'<img src="data:image/{kind};base64,{data}" width="{pixels}" alt="{html.escape(alt)}">'


def _display(content: str, alt: str) -> None:
    from IPython.display import display

    # As HTML, because JupyterLab shows a bare PNG without its alternative text.
    display({"text/html": content, "text/plain": f"[Figure: {alt}]"}, raw=True)


def line(ax: Axes, x: Sequence, y: Sequence, index: int, label: str, markers: bool = False) -> None:
    """Draw the ``index``-th line of a figure, in its colour, dashes and marker.

    Parameters
    ----------
    ax : Axes
    x : array (n,)
    y : array (n,) or (seeds, n)
        Of several seeds, the median is drawn, with a band from the least to the greatest.
    index : int
        Which style.
    label : str
        For the legend.
    markers : bool
        Mark every point.
    """
    runs = np.atleast_2d(np.asarray(y, dtype=float))
    style: dict[str, Any] = {"color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(COLOURS)]}
    if markers:
        style |= {"marker": MARKERS[index % len(COLOURS)], "markersize": 4}
    ax.plot(x, np.median(runs, axis=0), label=label, **style)
    if len(runs) > 1:
        ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=style["color"], alpha=0.18, linewidth=0)


def points(ax: Axes, X: np.ndarray, Y: np.ndarray) -> None:
    """Draw labelled points: class by colour and by marker.

    Parameters
    ----------
    ax : Axes
    X : array (2, m)
    Y : array (1, m)
        Labels from 0.
    """
    for label in np.unique(Y.astype(int)):
        chosen = Y.ravel() == label
        ax.scatter(
            X[0, chosen],
            X[1, chosen],
            s=14,
            c=COLOURS[label % len(COLOURS)],
            marker=MARKERS[label % len(COLOURS)],
            edgecolors="white",
            linewidths=0.4,
            label=f"class {label}",
        )
    ax.set_xlabel("$x_1$")
    ax.set_ylabel("$x_2$")


def boundary(ax: Axes, probability: Callable[[np.ndarray], np.ndarray], X: np.ndarray, Y: np.ndarray) -> None:
    """Draw where a model of two classes says which, with the points on top.

    Parameters
    ----------
    ax : Axes
    probability : callable
        ``probability(points (2, n))`` → (1, n), of class 1.
    X, Y : array (2, m), array (1, m)
    """
    low, high = X.min(axis=1) - MARGIN, X.max(axis=1) + MARGIN
    x, y = np.linspace(low[0], high[0], BOUNDARY_GRID), np.linspace(low[1], high[1], BOUNDARY_GRID)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(x, y)])
    P = np.asarray(probability(grid)).reshape(len(y), len(x))
    ax.contourf(x, y, P, levels=[-0.01, 0.5, 1.01], colors=["#D6E6F2", "#F8DECB"])
    if P.min() < 0.5 < P.max():
        ax.contour(x, y, P, levels=[0.5], colors="black", linewidths=1.2)
    points(ax, X, Y)
    ax.grid(False)


def regions(
    models: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    X: np.ndarray,
    Y: np.ndarray,
    alt: str,
    columns: int = 3,
) -> None:
    """Show the class that each model predicts everywhere, side by side, with the points on top.

    Parameters
    ----------
    models : dict
        Title → ``probabilities(points (2, n))`` → (C, n).
    X, Y : array (2, m), array (1, m)
        Points to draw, labels from 0.
    alt : str
        Alternative text.
    columns : int
        How many in a row.
    """
    columns = min(columns, len(models))
    rows = -(-len(models) // columns)
    fig, axes = figure(rows, columns, width=2.9, height=2.7, sharex=True, sharey=True)
    low, high = X.min(axis=1) - MARGIN, X.max(axis=1) + MARGIN
    x, y = np.linspace(low[0], high[0], REGIONS_GRID), np.linspace(low[1], high[1], REGIONS_GRID)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(x, y)])
    for ax, (title, probabilities) in zip(axes.flat, models.items(), strict=False):
        P = np.asarray(probabilities(grid))
        label = P.argmax(axis=0).reshape(len(y), len(x))
        for c in range(len(P)):
            if (label == c).any():
                ax.contourf(x, y, label == c, levels=[0.5, 1.5], colors=[COLOURS[c % len(COLOURS)]], alpha=0.2)
                # Where it beats every other class: its edge is the zero of a smooth function, and so drawn smooth.
                rival = np.delete(P, c, axis=0).max(axis=0)
                lead = np.log(P[c] + MIN_PROBABILITY) - np.log(rival + MIN_PROBABILITY)
                ax.contour(x, y, lead.reshape(label.shape), levels=[0], colors="black", linewidths=1.2)
        points(ax, X, Y)
        ax.grid(False)
        ax.set_title(title)
    for ax in axes.flat[len(models) :]:
        ax.set_axis_off()
    show(fig, alt)


def confusion(counts: np.ndarray, xlabel: str, ylabel: str, title: str, alt: str) -> None:
    """Show how often each class was taken for which, as a table of numbers.

    Parameters
    ----------
    counts : array (C, C)
        Rows: what it was; columns: what it was taken for.
    xlabel, ylabel, title, alt : str
    """
    fig, axes = figure(width=4.2, height=3.8)
    ax, C = axes[0, 0], len(counts)
    shade = np.sqrt(counts / counts.max())  # so that rare mistakes are seen beside what is right
    ax.imshow(shade, cmap="Greys", vmin=0, vmax=LIGHTEST_BLACK)
    for row, column in np.ndindex(C, C):
        colour = "white" if shade[row, column] > WHITE_TEXT_FROM else "black"
        if counts[row, column]:
            ax.text(column, row, f"{counts[row, column]:g}", ha="center", va="center", color=colour)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xticks=range(C), yticks=range(C))
    ax.grid(False)
    show(fig, alt)


def scatter(X: np.ndarray, Y: np.ndarray, title: str, alt: str) -> None:
    """Show a data set of labelled points in the plane.

    Parameters
    ----------
    X, Y : array (2, m), array (1, m)
    title, alt : str
    """
    fig, axes = figure(width=4.8, height=3.6)
    points(axes[0, 0], X, Y)
    axes[0, 0].set_title(title)
    axes[0, 0].set_aspect("equal")
    axes[0, 0].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    show(fig, alt)


def boundaries(
    models: Mapping[str, Callable[[np.ndarray], np.ndarray]],
    X: np.ndarray,
    Y: np.ndarray,
    alt: str,
    columns: int = 3,
) -> None:
    """Show the decision boundaries of several models, side by side.

    Parameters
    ----------
    models : dict
        Title → ``probability(points (2, n))`` → (1, n).
    X, Y : array (2, m), array (1, m)
        Points to draw.
    alt : str
        Alternative text.
    columns : int
        How many in a row.
    """
    columns = min(columns, len(models))
    rows = -(-len(models) // columns)
    fig, axes = figure(rows, columns, width=2.9, height=2.7, sharex=True, sharey=True)
    for ax, (title, probability) in zip(axes.flat, models.items(), strict=False):
        boundary(ax, probability, X, Y)
        ax.set_title(title)
    for ax in axes.flat[len(models) :]:
        ax.set_axis_off()
    show(fig, alt)


def cost_curves(curves: Mapping[str, np.ndarray], every: int, title: str, alt: str, height: float = 3.4) -> None:
    """Show cost curves; of several seeds, the median with a band from the least to the greatest.

    Parameters
    ----------
    curves : dict
        Label → array (n,) or (seeds, n).
    every : int
        Iterations between two costs.
    title, alt : str
    height : float
        Inches.
    """
    fig, axes = figure(width=6.5, height=height)
    for index, (label, costs) in enumerate(curves.items()):
        line(axes[0, 0], every * np.arange(np.shape(costs)[-1]), costs, index, label)
    axes[0, 0].set(xlabel="iteration", ylabel="cost", title=title)
    axes[0, 0].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    show(fig, alt)


def lines(
    curves: Mapping[str, np.ndarray],
    x: Sequence,
    xlabel: str,
    ylabel: str,
    title: str,
    alt: str,
    markers: bool = False,
    height: float = 3.4,
    **axes_options: object,
) -> None:
    """Show curves over a common x axis; for several seeds, the median with a band from the least to the greatest.

    Parameters
    ----------
    curves : dict
        Label → array (n,) or (seeds, n).
    x : array (n,)
    xlabel, ylabel, title, alt : str
    markers : bool
        Mark every point.
    height : float
        Inches.
    axes_options : dict
        For ``Axes.set``: ``xscale="log"``, ``ylim=(0, 1)``.
    """
    fig, axes = figure(width=6.5, height=height)
    for index, (label, values) in enumerate(curves.items()):
        line(axes[0, 0], x, values, index, label, markers)
    axes[0, 0].set(xlabel=xlabel, ylabel=ylabel, title=title, **axes_options)
    axes[0, 0].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    show(fig, alt)


def images(pictures: Sequence[np.ndarray], titles: Sequence[str], alt: str, columns: int = 6) -> None:
    """Show small grey images, from 0 (black) to 255 (white).

    Parameters
    ----------
    pictures : sequence of array (h, w)
    titles : sequence of str
    alt : str
    columns : int
        How many in a row.
    """
    rows = -(-len(pictures) // columns)
    fig, axes = figure(rows, columns, width=1.1, height=1.25)
    for ax in axes.flat:
        ax.set_axis_off()
    for ax, picture, title in zip(axes.flat, pictures, titles, strict=False):
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255)
        ax.set_title(title)
    show(fig, alt)


def signals(sizes: Mapping[str, np.ndarray], title: str, alt: str) -> None:
    """Show how large a signal is after each layer, on a logarithmic axis.

    Parameters
    ----------
    sizes : dict
        Label → array (L,) or (seeds, L) of root mean squares.
    title, alt : str
    """
    fig, axes = figure(width=6.5, height=3.4)
    ax = axes[0, 0]
    for index, (label, values) in enumerate(sizes.items()):
        line(ax, np.arange(1, np.shape(values)[-1] + 1), values, index, label)
    ax.set(xlabel="layer", ylabel="root mean square of A", yscale="log", title=title)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    show(fig, alt)


def histograms(
    panels: Mapping[str, np.ndarray],
    xlabel: str,
    alt: str,
    limits: tuple[float, float] | None = None,
) -> None:
    """Show histograms side by side, as shares, with a common axis.

    Parameters
    ----------
    panels : dict
        Title → array of any shape.
    xlabel, alt : str
    limits : tuple, optional
        Ends of the axis; values beyond are counted at the ends. By default all values fit.
    """
    values = {title: np.ravel(panel) for title, panel in panels.items()}
    low, high = limits or (min(map(np.min, values.values())), max(map(np.max, values.values())))
    fig, axes = figure(1, len(panels), width=3.0, height=2.6, sharex=True)
    for index, (ax, (title, panel)) in enumerate(zip(axes.flat, values.items(), strict=True)):
        share, colour = np.full(panel.size, 1 / panel.size), COLOURS[index % len(COLOURS)]
        ax.hist(np.clip(panel, low, high), np.linspace(low, high, HISTOGRAM_BARS + 1), weights=share, color=colour)
        ax.set(xlabel=xlabel, ylabel="share of entries", title=title)
    show(fig, alt)
