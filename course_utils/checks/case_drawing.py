"""What the cases of several topics are drawn from: numbers away from zero, labels, parameters of networks.

Every function draws from the generator it is given, always in the same order: a seed's cases stay what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils.checks.exercise import Case

Parameters = dict[str, np.ndarray]

EVERY_LABEL, ABSENT = "every label", "classes that do not occur"


def draw_signed(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> np.ndarray:
    """Draw numbers of both signs, their absolute values from ``low`` to ``high``.

    Returns
    -------
    array of the given shape
    """
    return rng.uniform(low, high, shape) * rng.choice((-1, 1), shape)


def draw_binary_labels(rng: np.random.Generator, m: int) -> np.ndarray:
    """Draw labels 0.0 and 1.0.

    Returns
    -------
    array (1, m)
    """
    return (rng.random((1, m)) < 0.5).astype(float)


def draw_parameters(rng: np.random.Generator, depth: int, max_units: int) -> Parameters:
    """Draw parameters of a network of which no W is square.

    Parameters
    ----------
    rng : numpy.random.Generator
    depth : int
        Layers.
    max_units : int
        A layer has 1 to ``max_units`` units, and one more where it would have as many as the layer before.

    Returns
    -------
    dict
        ``W1``, ``b1``, …: absolute values from 0.1 to 0.9, all entries of a W of one sign, biases positive.
    """
    sizes = _without_repeats([int(n) for n in rng.integers(1, max_units + 1, depth + 1)], depth + 1)
    parameters = {}
    for l, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
        parameters[f"W{l}"] = rng.uniform(0.1, 0.9, (n_out, n_in)) * rng.choice((-1, 1))
        parameters[f"b{l}"] = rng.uniform(0.1, 0.9, (n_out, 1))
    return parameters


def draw_mixed_parameters(rng: np.random.Generator, depth: int, outputs: int = 1) -> Parameters:
    """Draw parameters of a network whose W hold entries of both signs.

    Parameters
    ----------
    rng : numpy.random.Generator
    depth : int
        Layers.
    outputs : int
        Units of the last layer.

    Returns
    -------
    dict
        ``W1``, ``b1``, …: absolute values of W from 0.3 to 1.2, biases from 0.3 to 0.9.
    """
    sizes = _without_repeats([int(n) for n in rng.integers(2, 6, depth)] + [outputs], depth)
    parameters = {}
    for l, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
        parameters[f"W{l}"] = draw_signed(rng, 0.3, 1.2, (n_out, n_in))
        parameters[f"b{l}"] = rng.uniform(0.3, 0.9, (n_out, 1))
    return parameters


def _without_repeats(sizes: list[int], count: int) -> list[int]:
    """Add a unit to each of the first ``count`` layers that has as many units as the layer before."""
    for l in range(1, count):
        sizes[l] += sizes[l] == sizes[l - 1]
    return sizes


def shuffle_keys(rng: np.random.Generator, content: dict) -> dict:
    """Give a dict another order: its last key first, the others at random."""
    *keys, last = content
    return {key: content[key] for key in [last, *rng.permutation(keys).tolist()]}


def one_hot_cases(*settings: tuple[str, int, int]) -> Callable[[np.random.Generator], list[Case]]:
    """Make the cases of a function that turns labels into one-hot columns.

    Parameters
    ----------
    settings : (str, int, int)
        Of each case: ``EVERY_LABEL``, or ``ABSENT`` where the last two classes do not occur; C; m.

    Returns
    -------
    callable
        ``cases(rng)`` draws ``{"what", "labels": array (1, m), "C"}`` of each.
    """

    def cases(rng: np.random.Generator) -> list[Case]:
        drawn: list[dict[str, Any]] = []
        for what, C, m in settings:
            labels = rng.integers(0, C - 2, m) if what == ABSENT else rng.permutation(np.arange(m) % C)
            drawn.append({"what": what, "labels": labels.reshape(1, m), "C": C})
        return drawn

    return cases
