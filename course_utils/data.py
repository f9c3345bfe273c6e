"""The course's data sets: arrays from ``datasets/``, examples in columns."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import h5py

DATASETS = Path(os.environ.get("COURSE_DATASETS", Path(__file__).resolve().parent.parent / "datasets"))


class DataError(Exception):
    """A data file cannot be used; a notebook shows one line instead of a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Dataset(NamedTuple):
    """Train, dev and test set: ``X`` is (n_x, m) float64, ``Y`` is (1, m), class numbers from 0."""

    X_train: np.ndarray
    Y_train: np.ndarray
    X_dev: np.ndarray
    Y_dev: np.ndarray
    X_test: np.ndarray
    Y_test: np.ndarray


def load_circles() -> Dataset:
    """Load two noisy concentric circles: 300 train, 100 dev and 100 test points in 2-D, labels 0 and 1."""
    return _load("circles")


def load_moons() -> Dataset:
    """Load two interleaved half moons: 300 train, 100 dev and 100 test points in 2-D, labels 0 and 1."""
    return _load("moons")


def load_spirals() -> Dataset:
    """Load three spiral arms: 300 train, 150 dev and 300 test points in 2-D, labels 0, 1 and 2."""
    return _load("spirals")


def load_blobs() -> Dataset:
    """Load four Gaussian blobs: 400 train, 200 dev and 400 test points in 2-D, labels 0 to 3."""
    return _load("blobs")


def load_noisy_classes() -> Dataset:
    """Load two classes with label noise: 120 train, 1000 dev and 2000 test points in 2-D, labels 0 and 1.

    A label is flipped with probability 0.1 in all three sets: the Bayes error is 10 %.
    """
    return _load("noisy_classes")


def load_hands() -> Dataset:
    """Load drawn hands that hold up 0 to 5 fingers: 1080 train, 120 dev and 600 test images of 20 × 20 grey pixels.

    A column holds the pixels of an image row by row, from 0 to 255; see :func:`as_images`.
    """
    return _load("hands")


def load_cats() -> Dataset:
    """Load drawn cats (1) and other shapes (0): 209 train, 50 dev and 200 test images of 20 × 20 grey pixels.

    A column holds the pixels of an image row by row, from 0 to 255; see :func:`as_images`.
    """
    return _load("cats")


def as_images(X: np.ndarray) -> np.ndarray:
    """Turn columns of pixels into square grey images.

    Parameters
    ----------
    X : array (h * h, k)

    Returns
    -------
    array (k, h, h)
    """
    side = math.isqrt(len(X))
    return X.T.reshape(-1, side, side)


def as_columns(images: np.ndarray) -> np.ndarray:
    """Turn images into columns of pixels.

    Parameters
    ----------
    images : array (k, h, w)

    Returns
    -------
    array (h * w, k)
    """
    return images.reshape(len(images), -1).T


@contextlib.contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file of the course for reading.

    Parameters
    ----------
    path : Path

    Yields
    ------
    h5py.File

    Raises
    ------
    DataError
        The file is missing or damaged; the message says what to do.
    """
    import h5py

    remedy = "get it back with: git restore datasets (or copy datasets/ again from the course)"
    if not path.is_file():
        raise DataError(f"datasets/{path.name} is missing; {remedy}")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError) as error:
        raise DataError(f"datasets/{path.name} is damaged; {remedy}") from error


def _load(name: str) -> Dataset:
    # Files carry Fletcher-32 sums, so that a damaged array is an error and never wrong numbers.
    with opened(DATASETS / f"{name}.h5") as file:
        arrays = [file[field][()] for field in Dataset._fields]
    # Pixels are stored small.
    return Dataset(*(array.astype(float) if array.dtype == np.uint8 else array for array in arrays))
