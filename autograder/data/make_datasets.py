"""Draw the course's data sets and write them, with a card each, to ``datasets/``.

Every set is drawn by the code below from a fixed seed and rounded, so that every computer writes the same bytes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np

from autograder.data.hand_images import contact_sheet, draw_cats, draw_hands
from course_utils.data import DATASETS, Dataset

DIGITS = 6
Points = tuple[np.ndarray, np.ndarray]


def circles(rng: np.random.Generator) -> Dataset:
    """Two concentric circles of radius 1 and 0.8 with Gaussian noise of 0.05 along each axis.

    The inner circle is class 1. Not separable by a line; a network with one hidden layer can do it.
    """

    def draw(m: int) -> Points:
        labels = np.arange(m) % 2
        angle = rng.uniform(0, 2 * np.pi, m)
        radius = np.where(labels == 1, 0.8, 1.0)
        return radius * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.05, (2, m)), labels

    return _dataset(draw, 300, 100, 100)


def moons(rng: np.random.Generator) -> Dataset:
    """Two interleaved half circles of radius 1 with Gaussian noise of 0.2 along each axis.

    The lower half moon is class 1. The noise makes the classes overlap a little.
    """

    def draw(m: int) -> Points:
        labels = np.arange(m) % 2
        angle = rng.uniform(0, np.pi, m)
        upper = np.stack([np.cos(angle), np.sin(angle)])
        lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
        return np.where(labels == 1, lower, upper) + rng.normal(0, 0.2, (2, m)), labels

    return _dataset(draw, 300, 100, 100)


def spirals(rng: np.random.Generator) -> Dataset:
    """Three spiral arms of three quarters of a turn with Gaussian noise of 0.04 along each axis.

    Classes 0, 1 and 2 are the arms, a third of a turn apart.
    """

    def draw(m: int) -> Points:
        labels = np.arange(m) % 3
        t = rng.uniform(0.1, 1, m)
        angle = 2 * np.pi * (0.75 * t + labels / 3)
        return t * np.stack([np.cos(angle), np.sin(angle)]) + rng.normal(0, 0.04, (2, m)), labels

    return _dataset(draw, 300, 150, 300)


def blobs(rng: np.random.Generator) -> Dataset:
    """Four round Gaussian blobs of standard deviation 0.45 on the corners of a slanted square.

    Classes 0 to 3. Neighbours touch: about one point in a hundred lies on the wrong side of a line.
    """
    centres = np.array([[1.1, -0.3, -1.1, 0.3], [0.3, 1.1, -0.3, -1.1]])

    def draw(m: int) -> Points:
        labels = np.arange(m) % 4
        return centres[:, labels] + rng.normal(0, 0.45, (2, m)), labels

    return _dataset(draw, 400, 200, 400)


def noisy_classes(rng: np.random.Generator) -> Dataset:
    """Two classes on either side of a curve, each label flipped with probability 0.1: the Bayes error is 10 %.

    Points are uniform on the square from −1 to 1; class 1 lies above y = 0.5 sin(4 x). Train, dev and test are drawn
    alike, with the same label noise: no classifier is right about more than 90 % of new points in the long run.
    """

    def draw(m: int) -> Points:
        X = rng.uniform(-1, 1, (2, m))
        above = X[1] > 0.5 * np.sin(4 * X[0])
        return X, (above ^ (rng.random(m) < 0.1)).astype(int)

    return _dataset(draw, 120, 1000, 2000)


def hands(rng: np.random.Generator) -> Dataset:
    """Drawn hands that hold up 0 to 5 fingers: 20 × 20 grey pixels, 0 (black) to 255.

    The class is the number of fingers. A palm and up to five fingers, left hands and right hands alike, turned, moved,
    scaled and of all kinds of thickness, with noise. A column holds an image row by row. How hard it is was set by
    hand, with the test accuracy in view, until a plain network reached about 94 %.
    """
    return _pictures(lambda m: draw_hands(m, rng), 1080, 120, 600)


def cats(rng: np.random.Generator) -> Dataset:
    """Drawn heads with pointed ears, and others: 20 × 20 grey pixels, 0 (black) to 255.

    Class 1 is a cat: a head with two pointed ears. Class 0 is one of four others: a head without ears or with round
    ears, a box, a tent. All of them have eyes, and are turned, moved and scaled, with noise. A column holds an image
    row by row. The difficulty was set by hand, on draws from other seeds than this set's, until a plain network that
    fitted all its training images was right about 80 % of new images.
    """
    return _pictures(lambda m: draw_cats(m, rng), 209, 50, 200)


# Each set with its seed.
SETS: dict[Callable[[np.random.Generator], Dataset], int] = {
    circles: 1,
    moons: 2,
    spirals: 3,
    blobs: 4,
    noisy_classes: 9,  # of 5 to 20 the draw with the most usual errors on train and dev, without L2 and with it
    hands: 6,
    cats: 7,
}

# Alternative text of the contact sheets.
SHEETS = {
    "hands": "Sixty small grey drawings of hands in six rows, from a fist to five fingers: ten of each.",
    "cats": "Twenty small grey drawings. Above: heads without ears or with round ones, boxes and tents. Below: heads"
    " with two pointed ears.",
}


def write_all(folder: Path = DATASETS, fresh: int = 0) -> None:
    """Write every set, its card, and for pictures a contact sheet.

    Parameters
    ----------
    folder : Path
        Where to.
    fresh : int
        0 writes the course's own sets; any other number writes others that are drawn in the same way.
    """
    import h5py

    folder.mkdir(parents=True, exist_ok=True)
    for draw, seed in SETS.items():
        name = draw.__name__
        data = draw(np.random.default_rng([seed, fresh] if fresh else seed))
        path = folder / f"{name}.h5"
        with h5py.File(path, "w") as file:
            for field, array in data._asdict().items():
                file.create_dataset(field, data=array, chunks=array.shape, fletcher32=True)
        if name in SHEETS:
            path.with_suffix(".png").write_bytes(contact_sheet(data.X_train, data.Y_train))
        path.with_suffix(".md").write_text(_card(draw, data, path), encoding="utf-8", newline="\n")


def _dataset(draw: Callable[[int], Points], train: int, dev: int, test: int) -> Dataset:
    arrays = []
    for m in (train, dev, test):
        X, labels = draw(m)
        arrays += [np.round(X, DIGITS), labels[None, :].astype(np.int64)]
    return Dataset(*arrays)


def _pictures(draw: Callable[[int], Points], train: int, dev: int, test: int) -> Dataset:
    parts = [draw(m) for m in (train, dev, test)]
    return Dataset(*(array for X, labels in parts for array in (X.astype(np.uint8), labels)))


def _card(draw: Callable[[np.random.Generator], Dataset], data: Dataset, path: Path) -> str:
    name = draw.__name__
    rows = "\n".join(f"| `{field}` | {array.shape} | {array.dtype} |" for field, array in data._asdict().items())
    sheet = f"\n![{SHEETS[name]}]({name}.png)\n" if name in SHEETS else ""
    return f"""# {path.name}

{inspect.cleandoc(draw.__doc__ or "")}
{sheet}
| array | shape | dtype |
|---|---|---|
{rows}

- Origin: drawn by `{name}` in `autograder/data/make_datasets.py`. Nobody is in it and nothing was collected.
- Licence: CC BY 4.0.
- Load: `course_utils.data.load_{name}()`.
- Rebuild: `python -m autograder data` (the same bytes every time).
- SHA-256: `{hashlib.sha256(path.read_bytes()).hexdigest()}`
"""
