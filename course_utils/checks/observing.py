"""What can be observed of parameters and of random draws, for the exercises of every topic to share.

Random answers are judged by what they are (shape, scale, mean, independence, use of ``rng``), never by
equality with one stream of draws. Statistics want layers of 10⁴ weights and more: a tolerance of 5 % then
lies over seven standard errors from the truth.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.checks.calling import CallRecorder, Rng, share_memory
from course_utils.checks.difference import digest, kind
from course_utils.checks.exercise import MalformedResult, Observation, exercise

Parameters = dict[str, Any]

SHAPES = "keys and shapes of W1, b1, … WL, bL"
FLOATS = "numbers are floats"
BIASES = "biases"
SEPARATE = "every entry is an array of its own"
SCALE = "standard deviation of each W"
MEAN = "mean of each W, in standard deviations"
INDEPENDENT = "weights are drawn one by one"
RNG = "randomness comes from rng"
NO_LETTER = "no letter from a to d"


def numbers(value: Any) -> np.ndarray:
    """Read a result as an array of numbers.

    Raises
    ------
    Malformed
        It is something else.
    """
    array = np.asarray(value) if not isinstance(value, dict) else np.array("")
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise MalformedResult(f"it returns {kind(value)}, not numbers")
    return array


def arrays(parameters: Any) -> dict[str, np.ndarray]:
    """Read a result as a dict of arrays.

    Raises
    ------
    Malformed
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
    Malformed
        There is none.
    """
    found = arrays(parameters)
    names = sorted((key for key in found if key[:1] == "W" and key[1:].isdigit()), key=lambda key: int(key[1:]))
    if not names:
        raise MalformedResult("the dict has no key W1")
    return [found[name].astype(float) for name in names]


def floats(parameters: Parameters) -> str:
    """Say whether all entries are floating-point."""
    odd = [key for key, value in arrays(parameters).items() if value.dtype.kind != "f"]
    return f"{', '.join(odd)} of dtype {arrays(parameters)[odd[0]].dtype}" if odd else "yes"


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
                return f"{name} and {other} are one and the same array"
    return "yes"


def follows_layers_dims(answer: CallRecorder, networks: list[list[int]], *rest: Any) -> Iterator[Observation]:
    """Observe the shapes for several networks.

    Raises
    ------
    Malformed
        They are the same for all: nothing else is worth looking at.
    """
    found = {str(layers_dims): shapes(answer(layers_dims, *rest)) for layers_dims in networks}
    if all(one == found[str(networks[0])] for one in found.values()):
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


def use_of_rng(answer: CallRecorder, before: tuple, after: tuple = ()) -> str:
    """Say whether draws are repeated by an equal rng and changed by another one."""

    def flat(number: int) -> np.ndarray:
        return np.concatenate([W.ravel() for W in weights(answer(*before, Rng(number), *after))])

    once, again, other = flat(1), flat(1), flat(2)
    if once.shape == other.shape and np.array_equal(once, other):
        return "the weights are the same for every rng"
    if once.shape != again.shape or not np.array_equal(once, again):
        return "the same rng gives other weights each time"
    return "yes"


def ask_predictions(name: str, count: int) -> None:
    """Register the exercise of giving a letter for each of some experiments that lie ahead."""
    weights = {f"prediction {number}": 1 for number in range(1, count + 1)}
    exercise(name, lambda rng: [{}], weights, arguments=False)(lambda answer: predictions(answer(), count))


def ask_questions(topic: str, count: int) -> None:
    """Register the exercise of answering a topic's questions, ``topic_answers``."""
    weights = {f"question {number}": 1 for number in range(1, count + 1)}
    exercise(f"{topic}_answers", lambda rng: [{}], weights, arguments=False)(
        lambda answer: letters(answer(), topic, count)
    )


def letters(answers: Any, topic: str, questions: int) -> Iterator[Observation]:
    """Read answers to multiple-choice questions.

    Each is compared by a hash, so that what is expected can be stored without being readable.
    """
    for number, letter in enumerate(read_letters(answers, questions), start=1):
        yield Observation(f"question {number}", digest(topic, number, letter) if letter else NO_LETTER, secret=True)


def predictions(answers: Any, count: int) -> Iterator[Observation]:
    """Read predictions, which look like answers to questions: any letter is as good as another."""
    for number, letter in enumerate(read_letters(answers, count), start=1):
        yield Observation(f"prediction {number}", "given" if letter else NO_LETTER)


def read_letters(answers: Any, count: int) -> list[str]:
    """Read a dict by number, a list, or one string of letters; what is no letter from a to d becomes empty."""
    if isinstance(answers, dict):
        found = {str(number): letter for number, letter in answers.items()}
    elif isinstance(answers, str | list | tuple):
        found = {str(number): letter for number, letter in enumerate(answers, start=1)}
    else:
        raise MalformedResult(f"it returns {kind(answers)}; write one letter per question: {{1: 'a', 2: 'b', …}}")
    read = [str(found.get(str(number), "")).strip().lower() for number in range(1, count + 1)]
    return [letter if letter in ("a", "b", "c", "d") else "" for letter in read]
