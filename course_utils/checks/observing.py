"""What can be observed of parameters and of random draws, for the exercises of every topic to share.

Random answers are judged by what they are (shape, scale, mean, independence, use of ``rng``), never by
equality with a fixed stream of draws. Statistics want layers of 10⁴ weights and more: a tolerance of 5 % then
lies over seven standard errors from the truth.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.checks.calling import CallRecorder, MalformedResult, Rng, share_memory
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Observation

Parameters = dict[str, Any]

SHAPES = "keys and shapes of W1, b1, … WL, bL"
FLOATS = "numbers are floats"
BIASES = "biases"
SEPARATE = "every entry is an array of its own"
SCALE = "standard deviation of each W"
MEAN = "mean of each W, in standard deviations"
INDEPENDENT = "weights are drawn one by one"
RNG = "randomness comes from rng"
SHAPE = "the shape"
ONE_NUMBER = "one number"


def numbers(value: Any) -> np.ndarray:
    """Read a result as an array of numbers.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    array = np.asarray(value) if not isinstance(value, dict) else np.array("")
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise MalformedResult(f"it returns {kind(value)}, not numbers")
    return array


def number(value: Any) -> float:
    """Read a result as one number.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    if isinstance(value, str | dict | list) or value is None or np.shape(value) != ():
        raise MalformedResult(f"it returns {kind(value)}, not one number")
    return float(value)


def pair(value: Any, names: str, subject: str = "it returns") -> tuple[Any, Any]:
    """Read a result as a pair.

    Parameters
    ----------
    value : object
    names : str
        What the two are: ``"(mu, sigma)"``.
    subject : str
        How the message begins.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise MalformedResult(f"{subject} {kind(value)}, not the pair {names}")
    return value[0], value[1]


def one_number(value: Any) -> Observation:
    """Observe whether a result has no axes."""
    return Observation(ONE_NUMBER, list(np.shape(value)))


def one_hot_columns(answer: CallRecorder, what: str, labels: np.ndarray, C: int) -> Iterator[Observation]:
    """Observe the one-hot columns that ``answer(labels, C)`` makes: shape, values, dtype."""
    columns = numbers(answer(labels, C))
    yield Observation(SHAPE, list(columns.shape))
    yield Observation(what, columns)
    yield Observation(FLOATS, "yes" if columns.dtype.kind == "f" else f"they are of dtype {columns.dtype}")


def arrays(parameters: Any) -> dict[str, np.ndarray]:
    """Read a result as a dict of arrays.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    if not isinstance(parameters, dict):
        raise MalformedResult(f"it returns {kind(parameters)}, not a dict with W1, b1, …")
    if not parameters:
        raise MalformedResult("it returns an empty dict")
    return {str(key): np.asarray(value) for key, value in parameters.items()}


def shapes(parameters: Parameters) -> dict[str, str]:
    """Shape of every entry, in words."""
    return {key: f"shape {value.shape}" for key, value in arrays(parameters).items()}


def weights(parameters: Parameters) -> list[np.ndarray]:
    """Every W in the order of the layers.

    Raises
    ------
    MalformedResult
        There is none.
    """
    found = arrays(parameters)
    names = sorted((key for key in found if key[:1] == "W" and key[1:].isdigit()), key=lambda key: int(key[1:]))
    if not names:
        raise MalformedResult("the dict has no key W1")
    return [found[name].astype(float) for name in names]


def floats(parameters: Parameters) -> str:
    """Say whether all entries are floating-point."""
    odd = {_name(key): value.dtype for key, value in arrays(parameters).items() if value.dtype.kind != "f"}
    return f"{', '.join(odd)} of dtype {next(iter(odd.values()))}" if odd else "yes"


def biases(parameters: Parameters) -> str:
    """Say what the biases are: zero, all alike, or different numbers."""
    values = [value.ravel() for key, value in arrays(parameters).items() if key[:1] == "b"]
    if not values:
        return "missing"
    together = np.concatenate(values).astype(float)
    if not together.any():
        return "all zero"
    return "all the same, not zero" if np.ptp(together) == 0 else "different numbers"


def separate(parameters: Parameters) -> str:
    """Say whether two entries are the same piece of memory."""
    entries = list(arrays(parameters).items())
    for index, (name, value) in enumerate(entries):
        for other, other_value in entries[index + 1 :]:
            if share_memory(value, other_value):
                return f"{_name(name)} and {_name(other)} are one and the same array"
    return "yes"


def _name(key: str) -> str:
    """Name an entry; a key of an answer's own making may be any text."""
    return key if key.isidentifier() and len(key) < 12 else "an entry"


def follows_layers_dims(answer: CallRecorder, networks: list[list[int]], *rest: Any) -> Iterator[Observation]:
    """Observe the shapes for several networks.

    Raises
    ------
    MalformedResult
        They are the same for all: nothing else is worth looking at.
    """
    found = {str(layers_dims): shapes(answer(layers_dims, *rest)) for layers_dims in networks}
    if all(shapes_found == found[str(networks[0])] for shapes_found in found.values()):
        yield Observation(SHAPES, "the same for every layers_dims")
        raise MalformedResult("its shapes are the same for every layers_dims")
    yield Observation(SHAPES, found)


def independent(found: list[np.ndarray]) -> str:
    """Say whether weights repeat: between layers, between rows or between columns."""
    for first, second in itertools.pairwise(found):
        size = min(first.size, second.size, 2000)
        if _correlated(first.ravel()[:size], second.ravel()[:size]):
            return "two layers repeat the same draws"
    for W in found:
        if W.ndim != 2 or min(W.shape) < 20:
            continue
        if _correlated(W[0], W[1]):
            return "two rows of a W repeat the same draws"
        if _correlated(W[:, 0], W[:, 1]):
            return "two columns of a W repeat the same draws"
    return "yes"


def _correlated(first: np.ndarray, second: np.ndarray) -> bool:
    first, second = first - first.mean(), second - second.mean()
    norm = np.linalg.norm(first) * np.linalg.norm(second)
    return bool(norm == 0 or abs(first @ second) > 0.7 * norm)


def follows_rng(
    once: np.ndarray,
    again: np.ndarray,
    other: np.ndarray,
    draws_are: str = "the weights are",
    repeated: str = "gives other weights",
) -> str:
    """Say whether draws are repeated by an equal rng and changed by a different rng.

    Parameters
    ----------
    once, again, other : array
        Draws from an rng, from an equal rng, and from a different rng.
    draws_are, repeated : str
        Words for what is drawn, as in "*the mask is* the same for every rng" and "the same rng *gives another mask*
        each time".

    Returns
    -------
    str
        "yes", or what is wrong.
    """
    if np.array_equal(once, other):
        return f"{draws_are} the same for every rng"
    return "yes" if np.array_equal(once, again) else f"the same rng {repeated} each time"


def draw_weights(answer: CallRecorder, seed: int, before: tuple, after: tuple = ()) -> np.ndarray:
    """Call ``answer(*before, rng, *after)`` and return all weights as a vector."""
    return np.concatenate([W.ravel() for W in weights(answer(*before, Rng(seed), *after))])
