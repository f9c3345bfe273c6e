"""What the exercises of 07_tensorflow must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Case, MalformedResult, Observation, exercise
from course_utils.checks.observing import numbers

PREDICTIONS = 4
QUESTIONS = 4

SHAPE = "the shape"
# TensorFlow's first operation in a process takes longer than most answers altogether, and so does drawing a graph.
ROOM = {"needs": "tensorflow", "seconds": 20.0}
# Single precision is TensorFlow's own, so it is good enough.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


def one_hot_labels(rng: np.random.Generator, C: int, m: int) -> np.ndarray:
    """Draw labels (C, m) as columns with a single 1."""
    return np.eye(C)[:, rng.integers(0, C, m)]


# --- operators --------------------------------------------------------------------------------------------------------


def linear_cases(rng: np.random.Generator) -> list[Case]:
    """Draw layers of 1 to 7 units, one of them square, for 1 to 11 examples."""
    return [
        {"W": rng.normal(0, 1, (n, n_in)), "X": rng.normal(0, 1, (n_in, m)), "b": rng.normal(0, 2, (n, 1))}
        for n, n_in, m in ((4, 3, 1), (2, 5, 7), (1, 7, 11), (3, 3, 3))
    ]


@exercise("linear_function", cases=linear_cases, weights={SHAPE: 1, "W X + b": 4}, **ROOM)
def linear_function(answer: CallRecorder, W: np.ndarray, X: np.ndarray, b: np.ndarray) -> Iterator[Observation]:
    """Observe Z."""
    found = numbers(answer(W, X, b))
    yield Observation(SHAPE, list(found.shape))
    yield Observation("W X + b", found, **CLOSE)


ABSENT = "classes that do not occur"


def one_hot_cases(rng: np.random.Generator) -> list[Case]:
    """Draw labels of 3 to 7 classes, for 1 to 13 examples; in some the last classes do not occur."""
    cases = []
    for what, C, m in (("every label", 4, 13), ("every label", 7, 11), (ABSENT, 5, 6), (ABSENT, 6, 1)):
        labels = rng.permutation(np.arange(m) % C) if what != ABSENT else rng.integers(0, C - 2, m)
        cases.append({"what": what, "labels": labels.reshape(1, m), "C": C})
    return cases


@exercise(
    "one_hot_matrix",
    cases=one_hot_cases,
    weights={SHAPE: 2, "every label": 3, ABSENT: 1, see.FLOATS: 1},
    **ROOM,
)
def one_hot_matrix(answer: CallRecorder, what: str, labels: np.ndarray, C: int) -> Iterator[Observation]:
    """Observe the columns."""
    found = numbers(answer(labels, C))
    yield Observation(SHAPE, list(found.shape))
    yield Observation(what, found)
    yield Observation(see.FLOATS, "yes" if found.dtype.kind == "f" else f"they are of dtype {found.dtype}")


LARGE = "scores up to 1e4"


def cost_cases(rng: np.random.Generator) -> list[Case]:
    """Draw scores and labels of 2 to 6 classes and 1 to 11 examples, once with large scores and once as a square."""
    cases = [
        {"what": "the cost", "Z": rng.normal(0, 2, (C, m)), "Y": one_hot_labels(rng, C, m)}
        for C, m in ((4, 7), (3, 1), (2, 11), (6, 6))
    ]
    Z = rng.permuted(np.tile(np.linspace(-10000.0, 10000.0, 4)[:, None], (1, 5)), axis=0)
    # Nowhere is the right class the best one, so that the cost is large.
    Y = (np.sort(Z, axis=0)[rng.integers(0, 3, 5), np.arange(5)] == Z).astype(float)
    return [*cases, {"what": LARGE, "Z": Z, "Y": Y}]


@exercise("compute_cost", cases=cost_cases, weights={"the cost": 5, LARGE: 2, "one number": 1}, **ROOM)
def compute_cost(answer: CallRecorder, what: str, Z: np.ndarray, Y: np.ndarray) -> Iterator[Observation]:
    """Observe the cost."""
    found = numbers(answer(Z, Y))
    yield Observation(what, float(np.sum(found)), **CLOSE)
    yield Observation("one number", list(found.shape) if np.any(found) else "nothing but zero")


# --- training ---------------------------------------------------------------------------------------------------------


def step_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of one to three layers with their data, and learning rates from 0.05 to 2."""
    cases = []
    for layers_dims, m, learning_rate in (
        ([3, 4], 7, 0.5),
        ([2, 6, 3], 11, 2.0),
        ([5, 7, 4, 2], 5, 0.9),
        ([4, 5, 3], 1, 0.05),
    ):
        parameters = {}
        for l in range(1, len(layers_dims)):
            n, n_in = layers_dims[l], layers_dims[l - 1]
            parameters[f"W{l}"] = rng.normal(0, np.sqrt(2 / n_in), (n, n_in))
            parameters[f"b{l}"] = rng.normal(0, 0.5, (n, 1))
        X, Y = rng.normal(0, 1.5, (layers_dims[0], m)), one_hot_labels(rng, layers_dims[-1], m)
        cases.append({"arguments": (parameters, X, Y, learning_rate)})
    return cases


@exercise(
    "train_step",
    cases=step_cases,
    weights={see.SHAPES: 2, "the new weights": 5, "the new biases": 3, "the cost": 2},
    **ROOM,
)
def train_step(answer: CallRecorder, arguments: tuple) -> Iterator[Observation]:
    """Observe the parameters after the step, and the cost before it."""
    result = answer(*arguments)
    if not isinstance(result, list) or len(result) != 2:
        raise MalformedResult(f"it returns {kind(result)}, not the pair (parameters, cost)")
    found, cost = see.arrays(result[0]), numbers(result[1])
    yield Observation("the cost", float(np.sum(cost)), **CLOSE)
    yield Observation(see.SHAPES, see.shapes(found))
    for what, letter in (("the new weights", "W"), ("the new biases", "b")):
        yield Observation(what, {key: numbers(value) for key, value in found.items() if key[:1] == letter}, **CLOSE)


# --- predictions and concept questions --------------------------------------------------------------------------------

see.ask_predictions("tensorflow_predictions", PREDICTIONS)
see.ask_questions("tensorflow", QUESTIONS)
