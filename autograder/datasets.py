"""Draw the course's data sets and write them, with a card each, to ``datasets/``.

Every set is drawn by the code below from a fixed seed and rounded, so that every computer writes the same bytes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_utils.data import DATASETS, Dataset

DIGITS = 6
Points = tuple[np.ndarray, np.ndarray]


def circles() -> Dataset:
    """Two concentric circles of radius 1 and 0.8 with Gaussian noise of 0.05 along each axis.

    The inner circle is class 1. Not separable by a line; a network with one hidden layer can do it.
    """
    rng = np.random.default_rng(1)

    def draw(m: int) -> Points:
        labels = np.arange(m) % 2
        angle = rng.uniform(0, 2 * np.pi, m)
        radius = np.where(labels == 1, 0.8, 1.0)
        return radius * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.05, (2, m)), labels

    return _dataset(draw, 300, 100, 100)


def moons() -> Dataset:
    """Two interleaved half circles of radius 1 with Gaussian noise of 0.2 along each axis.

    The lower half moon is class 1. The noise makes the classes overlap a little.
    """
    rng = np.random.default_rng(2)

    def draw(m: int) -> Points:
        labels = np.arange(m) % 2
        angle = rng.uniform(0, np.pi, m)
        upper = np.stack([np.cos(angle), np.sin(angle)])
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
        return np.where(labels == 1, lower, upper) + rng.normal(0, 0.2, (2, m)), labels

    return _dataset(draw, 300, 100, 100)


def spirals() -> Dataset:
    """Three spiral arms of three quarters of a turn with Gaussian noise of 0.04 along each axis.

    Classes 0, 1 and 2 are the arms, a third of a turn apart.
    """
    rng = np.random.default_rng(3)

    def draw(m: int) -> Points:
        labels = np.arange(m) % 3
        t = rng.uniform(0.1, 1, m)
        angle = 2 * np.pi * (0.75 * t + labels / 3)
        return t * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.04, (2, m)), labels

    return _dataset(draw, 300, 150, 300)


def blobs() -> Dataset:
    """Four round Gaussian blobs of standard deviation 0.45 on the corners of a slanted square.

    Classes 0 to 3. Neighbours touch: about one point in a hundred lies on the wrong side of a line.
    """
    rng = np.random.default_rng(4)
    centres = np.array([[1.1, -0.3, -1.1, 0.3], [0.3, 1.1, -0.3, -1.1]])

    def draw(m: int) -> Points:
        labels = np.arange(m) % 4
        return centres[:, labels] + rng.normal(0, 0.45, (2, m)), labels

    return _dataset(draw, 400, 200, 400)


def noisy_classes() -> Dataset:
    """Two classes on either side of a curve, with 8 % of the training labels flipped.

    Points are uniform on the square from −1 to 1; class 1 lies above y = 0.45 sin(2.5 x). The labels of the dev and
    test sets are the true ones, so a network that learns the flipped labels by heart is seen to do worse there.
    """
    rng = np.random.default_rng(5)

    def draw(m: int) -> Points:
        X = rng.uniform(-1, 1, (2, m))
        return X, (X[1] > 0.45 * np.sin(2.5 * X[0])).astype(int)

    data = _dataset(draw, 120, 400, 2000)
    flipped = rng.choice(120, round(0.08 * 120), replace=False)
    data.Y_train[0, flipped] = 1 - data.Y_train[0, flipped]
    return data


SIDE = 20


def hands() -> Dataset:
    """Drawn hands that hold up 0 to 5 fingers: 20 × 20 grey pixels, 0 (black) to 255.

    The class is the number of fingers. A palm and up to five fingers, left hands and right hands alike, turned, moved,
    scaled and of all kinds of thickness, with noise. A column holds an image row by row.
    """
    rng = np.random.default_rng(6)
    return _pixels(lambda m: draw_hands(m, rng), 1080, 120, 600)


def draw_hands(m: int, rng: np.random.Generator) -> Points:
    """Draw hands as :func:`course_utils.data.load_hands` gives them, for test sets that nobody has seen.

    Parameters
    ----------
    m : int
        How many; the classes 0 to 5 take turns. Shuffle them where their order must not give a label away.
    rng : numpy.random.Generator

    Returns
    -------
    X : array (400, m)
        Pixels, whole numbers from 0 to 255, float64.
    labels : array (1, m)
        Fingers held up, 0 to 5, int64.
    """
    labels = np.arange(m) % 6
    images = [_hand(int(fingers), rng) for fingers in labels]
    return np.stack(images, axis=1).astype(float), labels[None, :]


def _hand(fingers: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a hand from the distances of each pixel to the lines of its fingers."""
    # Up to four fingers are those next to each other from the index finger on; the fifth is the thumb.
    angles = np.deg2rad(np.array([-27.0, -9.0, 9.0, 28.0, -72.0]) + rng.normal(0, 2.5, 5))
    lengths = np.array([0.62, 0.7, 0.65, 0.52, 0.5]) * rng.uniform(0.88, 1.12, 5)
    turn, size = np.deg2rad(rng.uniform(-10, 10)), rng.uniform(0.95, 1.2)
    side = rng.choice((-1.0, 1.0))
    centre = np.array([0.0, 0.42]) + rng.uniform(-0.07, 0.07, 2)
    grid = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(grid, grid)
    x, y = (x - centre[0]) / size, (y - centre[1]) / size
    x, y = side * (np.cos(turn) * x + np.sin(turn) * y), np.cos(turn) * y - np.sin(turn) * x
    palm = np.hypot(x / 0.34, y / 0.38) * 0.36 - 0.36
    distance = palm
    thickness = rng.uniform(0.08, 0.11)
    for angle, length in zip(angles[:fingers], lengths[:fingers], strict=True):
        along = np.array([np.sin(angle), -np.cos(angle)])
        root = 0.28 * along
        t = np.clip((x - root[0]) * along[0] + (y - root[1]) * along[1], 0, length)
        finger = np.hypot(x - root[0] - t * along[0], y - root[1] - t * along[1]) - thickness
        distance = np.minimum(distance, finger)
    light = np.clip(0.5 - distance / 0.1, 0, 1)
    low, high = rng.uniform(10, 60), rng.uniform(150, 230)
    grey = low + (high - low) * light + rng.normal(0, 10, (SIDE, SIDE))
    return np.clip(np.round(grey), 0, 255).astype(np.uint8).ravel()


SETS: tuple[Callable[[], Dataset], ...] = (circles, moons, spirals, blobs, noisy_classes, hands)


def write_all(folder: Path = DATASETS) -> None:
    """Write every set and its card.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    import h5py

    folder.mkdir(parents=True, exist_ok=True)
    for draw in SETS:
        data = draw()
        path = folder / f"{draw.__name__}.h5"
        with h5py.File(path, "w") as file:
            for name, array in data._asdict().items():
                file.create_dataset(name, data=array, chunks=array.shape, fletcher32=True)
        path.with_suffix(".md").write_text(_card(draw, data, path), encoding="utf-8", newline="\n")


def _dataset(draw: Callable[[int], Points], train: int, dev: int, test: int) -> Dataset:
    arrays = []
    for m in (train, dev, test):
        X, labels = draw(m)
        arrays += [np.round(X, DIGITS), labels[None, :].astype(np.int64)]
    return Dataset(*arrays)


def _pixels(draw: Callable[[int], Points], train: int, dev: int, test: int) -> Dataset:
    parts = [draw(m) for m in (train, dev, test)]
    return Dataset(*(array for X, labels in parts for array in (X.astype(np.uint8), labels)))


def _card(draw: Callable[[], Dataset], data: Dataset, path: Path) -> str:
    rows = "\n".join(f"| `{name}` | {array.shape} | {array.dtype} |" for name, array in data._asdict().items())
    return f"""# {path.name}

{inspect.cleandoc(draw.__doc__ or "")}

| array | shape | dtype |
|---|---|---|
{rows}

- Origin: drawn by `{draw.__name__}` in `autograder/datasets.py`. Nobody is in it and nothing was collected.
- Licence: CC BY 4.0.
- Load: `course_utils.data.load_{draw.__name__}()`.
- Rebuild: `python -m autograder data` (the same bytes every time).
- SHA-256: `{hashlib.sha256(path.read_bytes()).hexdigest()}`
"""
