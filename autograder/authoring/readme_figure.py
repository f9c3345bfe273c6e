"""The picture in README.md: what a student builds, a panel for each notebook, drawn with the reference answers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from autograder.topics.batchnorm_softmax import answers as batchnorm_softmax
from autograder.topics.data_and_diagnosis import answers as data_and_diagnosis
from autograder.topics.gradient_checking import answers as gradient_checking
from autograder.topics.hyperparameters import answers as hyperparameters
from autograder.topics.initialization import answers as initialization
from autograder.topics.optimization import answers as optimization
from autograder.topics.regularization import answers as regularization
from course_utils import data, network, plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACE = Path("docs") / "what_you_build.png"
COLUMNS = 4


def draw(root: Path) -> None:
    """Draw the picture and write it, the same bytes every time.

    Parameters
    ----------
    root : Path
        The course's folder, or another folder to build in.
    """
    from PIL import Image

    fig, axes = plots.figure(-(-len(PANELS) // COLUMNS), COLUMNS, width=2.2, height=2.15)
    for ax in axes.flat[len(PANELS) :]:
        ax.set_axis_off()
    for ax, (title, panel) in zip(axes.flat, PANELS.items(), strict=False):
        panel(ax)
        ax.set_title(title, fontsize=10, loc="left")
        ax.tick_params(labelsize=7)
        ax.xaxis.label.set_size(8)
        ax.yaxis.label.set_size(8)
    png = io.BytesIO()
    fig.savefig(png, format="png", dpi=160)
    # 256 colours are enough, and a third of the bytes.
    picture = Image.open(png).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    (root / PLACE).parent.mkdir(parents=True, exist_ok=True)
    picture.save(root / PLACE, optimize=True)


def normalized_inputs(ax: Axes) -> None:
    """Cost of a linear model while it learns from raw features, and from normalized features."""
    rng = np.random.default_rng(0)
    centred = np.array([[1.0, 0.0], [0.7, 0.7]]) @ rng.standard_normal((2, 200))
    raw, target = np.array([[1.0], [5.0]]) * centred + 3, centred[:1] - centred[1:]
    curves = {"raw": raw, "normalized": data_and_diagnosis.normalize(raw, *data_and_diagnosis.fit_normalizer(raw))}
    for index, (label, X) in enumerate(curves.items()):
        X = np.vstack([X, np.ones(200)])
        rate = 1 / np.linalg.eigvalsh(X @ X.T / 200)[-1]  # as large as it safely can be
        w, costs = np.zeros((1, 3)), []
        for _ in range(61):
            # Rounded, or the last bits, which differ between processors, would decide where the line is simplified.
            costs.append(round(max(np.mean((w @ X - target) ** 2), 1e-8), 10))
            w = w - rate * (w @ X - target) @ X.T / 200
        plots.line(ax, np.arange(61), np.array(costs), index, label)
    ax.set(xlabel="step", ylabel="cost", yscale="log", ylim=(1e-6, 5))
    _name(ax, 30, 0.06, "raw features", 0)
    _name(ax, 22, 1e-4, "normalized", 1)


def signals(ax: Axes) -> None:
    """Size of a signal on its way through fifty ReLU layers, for four initializations."""
    rng, layers_dims = np.random.default_rng(0), [100] * 51
    X = rng.standard_normal((100, 100))
    starts = {
        (2, 1e-42, "normal × 0.01"): initialization.initialize_parameters_random(layers_dims, 0.01, rng),
        (14, 1e32, "normal"): initialization.initialize_parameters_random(layers_dims, 1.0, rng),
        (30, 1e-17, "Xavier"): initialization.initialize_parameters_xavier(layers_dims, rng),
        (38, 1e4, "He"): initialization.initialize_parameters_he(layers_dims, rng),
    }
    for index, (place, parameters) in enumerate(starts.items()):
        plots.line(ax, np.arange(1, 51), initialization.activation_rms(parameters, X, "relu"), index, place[-1])
        _name(ax, *place, index)
    ax.set(xlabel="layer", ylabel="size of the signal", yscale="log", ylim=(1e-50, 1e50))


def boundary(lambd: float) -> Callable:
    """Decision boundary of a network trained on two noisy classes, with an L2 penalty."""

    def panel(ax: Axes) -> None:
        noisy = data.load_noisy_classes()
        parameters, _ = network.train(
            network.example_parameters([2, 60, 20, 1], 0),
            noisy.X_train,
            noisy.Y_train,
            learning_rate=0.3,
            iterations=4000,
            gradients=lambda X, Y, parameters: regularization.backward_propagation_with_regularization(
                X, Y, parameters, lambd
            ),
            progress=None,
        )
        X, Y = noisy.X_train, noisy.Y_train
        plots.boundary(ax, lambda points: network.forward_propagation(points, parameters)[0], X, Y)
        dev = 100 * network.accuracy(noisy.X_dev, noisy.Y_dev, parameters)
        ax.set(xlabel=f"dev accuracy {dev:.0f} %", ylabel="")
        ax.set_yticks([])
        ax.set_xticks([])

    return panel


def gradient_check(ax: Axes) -> None:
    """Error of a numerical derivative against its step."""

    def cube(x: float) -> float:
        return x * x * x  # rounded in the same way by every processor, unlike exp

    steps, places = 10.0 ** np.linspace(-15, -0.5, 59), np.linspace(0.5, 2, 41)
    for index, scheme in enumerate(("forward", "central")):
        slopes = [[gradient_checking.numerical_derivative(cube, x, step, scheme) for step in steps] for x in places]
        errors = np.abs(np.array(slopes) / (3 * places**2)[:, None] - 1)
        plots.line(ax, steps, np.median(errors, axis=0), index, scheme)
    ax.set(xlabel="ε", ylabel="error of the gradient", xscale="log", yscale="log")
    ax.set_xticks([1e-14, 1e-10, 1e-6, 1e-2])
    _name(ax, 3e-8, 2e-2, "forward", 0)
    _name(ax, 3e-13, 1e-11, "central", 1)


def optimizers(ax: Axes) -> None:
    """Paths of four optimizers into a long valley."""
    start, steep = np.array([[-4.0], [1.3]]), np.array([[1.0], [16.0]])
    x, y = np.linspace(-4.6, 1.2, 120), np.linspace(-4.4, 1.7, 200)
    height = 0.5 * (x[None] ** 2 + 16 * y[:, None] ** 2)
    ax.contour(x, y, height, levels=[0.5, 2, 5, 10, 18], colors="0.75", linewidths=0.8)

    def step(name: str, p: dict, g: dict, state: list, t: int) -> tuple[dict, list]:
        if name == "gradient descent":
            return optimization.update_parameters_with_gd(p, g, 0.115), state
        if name == "momentum":
            p, v = optimization.update_parameters_with_momentum(p, g, state[0], 0.8, 0.25)
            return p, [v, state[1]]
        if name == "RMSprop":
            p, s = optimization.update_parameters_with_rmsprop(p, g, state[1], 0.9, 0.15)
            return p, [state[0], s]
        p, v, s = optimization.update_parameters_with_adam(p, g, state[0], state[1], t, 0.35, 0.8, 0.95)
        return p, [v, s]

    for index, name in enumerate(("gradient descent", "momentum", "RMSprop", "Adam")):
        parameters = {"W1": start, "b1": np.zeros((1, 1))}
        state = [optimization.initialize_velocity(parameters) for _ in range(2)]
        path = [start.ravel()]
        for t in range(1, 31):
            grads = {"dW1": steep * parameters["W1"], "db1": np.zeros((1, 1))}
            parameters, state = step(name, parameters, grads, state, t)
            path.append(parameters["W1"].ravel())
        w1, w2 = np.array(path).T
        plots.line(ax, w1, w2, index, name)
        ax.lines[-1].set(linewidth=1.4)
    ax.plot(0, 0, "*", color="black", markersize=8)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(-4.6, 1.2), ylim=(-4.4, 1.7))
    ax.legend(fontsize=7, loc="lower left", handlelength=2.6)


def hands(ax: Axes) -> None:
    """Drawn hands, and how many fingers a softmax network with batch norm counts on them."""
    hands = data.load_hands()
    rng = np.random.default_rng(0)
    model, accuracy = batchnorm_softmax.train_classifier(hands.X_train, hands.Y_train, hands.X_dev, hands.Y_dev, rng)
    said = batchnorm_softmax.predict_probabilities(hands.X_dev, model).argmax(axis=0)
    rows, columns, side = 3, 4, 24
    canvas = np.full((rows * side, columns * side), 255.0)
    for place, image in enumerate(data.as_images(hands.X_dev)[: rows * columns]):
        row, column = divmod(place, columns)
        canvas[row * side + 2 : row * side + 22, column * side + 2 : column * side + 22] = image
        right = said[place] == hands.Y_dev[0, place]
        box = {"facecolor": "white" if right else plots.COLOURS[1], "edgecolor": "black", "pad": 1.2, "linewidth": 0.5}
        ax.text(column * side + 4, row * side + 7, f"{said[place]}", fontsize=8, bbox=box)
    ax.imshow(canvas, cmap="gray", vmin=0, vmax=255, aspect="auto")
    ax.set(xlabel=f"{100 * accuracy:.0f} % of the dev set right", ylabel="", xticks=[], yticks=[])
    ax.grid(False)


def search(ax: Axes) -> None:
    """A grid and random points, where only one of two hyperparameters matters."""
    unit = [(0.0, 1.0), (0.0, 1.0)]
    chosen = {
        "grid": hyperparameters.grid_search_points(unit, 5),
        "random": hyperparameters.random_search_points(unit, 25, np.random.default_rng(3)),
    }
    along = np.linspace(-0.05, 1.05, 300)
    peak = np.exp(-(((along - 0.38) / 0.07) ** 2))
    ax.fill_between(along, 1.2, 1.2 + 0.4 * peak, color="0.8", linewidth=0)
    for index, (label, points) in enumerate(chosen.items()):
        marker, colour = plots.MARKERS[index], plots.COLOURS[index]
        ax.plot(*points.T, marker, color=colour, markersize=4, label=label)
        tops = 1.2 + 0.4 * np.exp(-(((points[:, 0] - 0.38) / 0.07) ** 2))
        ax.plot(points[:, 0], tops, marker, color=colour, markersize=3)
    ax.set(xlabel="hyperparameter that matters", ylabel="another one", xticks=[], yticks=[], ylim=(-0.05, 1.68))
    ax.legend(fontsize=7, loc="upper right", handletextpad=0.1)
    ax.grid(False)


def _name(ax: Axes, x: float, y: float, label: str, index: int) -> None:
    """Write a line's name beside it, in its colour."""
    ax.text(x, y, label, color=plots.COLOURS[index], fontsize=8)


PANELS: dict[str, Callable] = {
    "00  Normalized inputs": normalized_inputs,
    "01  Initialization": signals,
    "02  No regularization …": boundary(0.0),
    "02  … and with it": boundary(0.7),
    "03  Gradient checking": gradient_check,
    "04  Optimization": optimizers,
    "05  Batch norm and softmax": hands,
    "06  Hyperparameters": search,
}
