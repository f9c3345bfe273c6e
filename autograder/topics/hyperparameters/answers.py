"""Right answers to 06_hyperparameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def hyperparameters_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a", 6: "b"}
    ### END SOLUTION


def sample_log_uniform(low: float, high: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw numbers of which every power of ten gets the same share.

    Parameters
    ----------
    low, high : float
        Least and greatest number, both above 0.
    size : int
        How many.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    array (size,)
        10 to the power of uniform draws, between low and high.
    """
    ### BEGIN SOLUTION
    exponents = rng.uniform(np.log10(low), np.log10(high), size)
    return 10**exponents
    ### END SOLUTION


def sample_momentum(low: float, high: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw values of β of which every power of ten of 1 − β gets the same share.

    Parameters
    ----------
    low, high : float
        Least and greatest β, both below 1.
    size : int
        How many.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    array (size,)
        Between low and high.
    """
    ### BEGIN SOLUTION
    exponents = rng.uniform(np.log10(1 - high), np.log10(1 - low), size)
    return 1 - 10**exponents
    ### END SOLUTION


def grid_search_points(bounds: list[tuple[float, float]], per_axis: int) -> np.ndarray:
    """Make the points of a grid.

    Parameters
    ----------
    bounds : list of (low, high)
        One pair for each of k axes.
    per_axis : int
        Values on each axis, at least 2: evenly spaced from low to high, both included.

    Returns
    -------
    array (n, k)
        Every combination of values, one in a row, in any order; n is ``per_axis`` to the power of k.
    """
    ### BEGIN SOLUTION
    axes = [np.linspace(low, high, per_axis) for low, high in bounds]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
    ### END SOLUTION


def random_search_points(bounds: list[tuple[float, float]], size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw points of a box.

    Parameters
    ----------
    bounds : list of (low, high)
        One pair for each of k axes.
    size : int
        How many points.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    array (size, k)
        One point in a row, uniform on every axis, each axis drawn on its own.
    """
    ### BEGIN SOLUTION
    low, high = np.array(bounds).T
    return rng.uniform(low, high, (size, len(bounds)))
    ### END SOLUTION


def coarse_to_fine(
    points: np.ndarray, scores: np.ndarray, bounds: list[tuple[float, float]], shrink: float
) -> list[tuple[float, float]]:
    """Make a smaller box round the best point.

    Parameters
    ----------
    points : array (n, k)
        One point in a row.
    scores : array (n,)
        The score of each point: the higher, the better.
    bounds : list of (low, high)
        The old box: one pair for each of k axes.
    shrink : float
        Sides of the new box in those of the old one, between 0 and 1.

    Returns
    -------
    list of (low, high)
        The new box, its centre at the best point. What would lie outside of the old box is cut off.
    """
    ### BEGIN SOLUTION
    best = points[np.argmax(scores)]
    new_bounds = []
    for centre, (low, high) in zip(best, bounds, strict=True):
        half = shrink * (high - low) / 2
        new_bounds.append((max(low, centre - half), min(high, centre + half)))
    return new_bounds
    ### END SOLUTION


def successive_halving(candidates: list, score: Callable[[Any, int], float], budgets: list[int]) -> int:
    """Find the best candidate without giving every one the whole budget.

    Parameters
    ----------
    candidates : list
        Settings to choose from.
    score : callable
        ``score(candidate, budget)``: the higher, the better. Call it once for each survivor in each rung.
    budgets : list of int
        The budget of each rung. After each but the last, the better half of the survivors stays: half of an odd
        number is rounded up, and of equals the earlier candidate stays.

    Returns
    -------
    int
        Index in ``candidates`` of the best one of the last rung; of equals, the earliest.
    """
    ### BEGIN SOLUTION
    survivors = list(range(len(candidates)))
    for budget in budgets:
        scores = np.array([score(candidates[index], budget) for index in survivors])
        order = np.argsort(-scores, kind="stable")  # of equals, the earlier one comes first
        ranked = [survivors[place] for place in order]
        survivors = sorted(ranked[: (len(ranked) + 1) // 2])
    return ranked[0]
    ### END SOLUTION


def challenge_settings() -> dict[str, Any]:
    """Give the settings that you enter the challenge with.

    Returns
    -------
    dict
        ``hidden_layers``, ``init_scale``, ``learning_rate``, ``mini_batch_size`` and ``final_share``, as the table
        above says.
    """
    ### BEGIN SOLUTION
    return {
        "hidden_layers": [100, 50],
        "init_scale": 0.5,
        "learning_rate": 0.35,
        "mini_batch_size": 128,
        "final_share": 0.3,
    }
    ### END SOLUTION


def hyperparameters_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "c", 2: "d", 3: "b", 4: "d", 5: "b"}
    ### END SOLUTION
