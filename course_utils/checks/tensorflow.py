"""What the exercises of 07_tensorflow must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder
from course_utils.checks.case_drawing import ABSENT, EVERY_LABEL, one_hot_cases
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.observing import numbers
from course_utils.checks.questions import ask_predictions, ask_questions

# TensorFlow's first operation in a process takes longer than most answers altogether, and so does drawing a graph.
TENSORFLOW: dict[str, Any] = {"needs": "tensorflow", "seconds": 20.0}
SINGLE_PRECISION: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}


def one_hot_labels(rng: np.random.Generator, C: int, m: int) -> np.ndarray:
    """Draw labels (C, m) as columns with a single 1."""
    return np.eye(C)[:, rng.integers(0, C, m)]


# --- operators --------------------------------------------------------------------------------------------------------


def linear_cases(rng: np.random.Generator) -> list[Case]:
    """Draw layers of 1 to 7 units, among them a layer with a square W, for 1 to 11 examples."""
    return [
        {"W": rng.normal(0, 1, (n, n_in)), "X": rng.normal(0, 1, (n_in, m)), "b": rng.normal(0, 2, (n, 1))}
        for n, n_in, m in ((4, 3, 1), (2, 5, 7), (1, 7, 11), (3, 3, 3))
    ]


@exercise("linear_function", cases=linear_cases, weights={"W X + b": 4}, form={see.SHAPE: 1}, **TENSORFLOW)
def linear_function(answer: CallRecorder, W: np.ndarray, X: np.ndarray, b: np.ndarray) -> Iterator[Observation]:
    """Observe Z."""
    found = numbers(answer(W, X, b))
    yield Observation(see.SHAPE, list(found.shape))
    yield Observation("W X + b", found, **SINGLE_PRECISION)


exercise(
    "one_hot_matrix",
    cases=one_hot_cases((EVERY_LABEL, 4, 13), (EVERY_LABEL, 7, 11), (ABSENT, 5, 6), (ABSENT, 6, 1)),
    weights={EVERY_LABEL: 3, ABSENT: 1},
    form={see.SHAPE: 2, see.FLOATS: 1},
    **TENSORFLOW,
)(see.one_hot_columns)


LARGE = "scores up to 1e4"


def cost_cases(rng: np.random.Generator) -> list[Case]:
    """Draw scores and labels of 2 to 6 classes and 1 to 11 examples, once with large scores and once as a square."""
    cases = [
        {"what": "the cost", "Z": rng.normal(0, 2, (C, m)), "Y": one_hot_labels(rng, C, m)}
        for C, m in ((4, 7), (3, 1), (2, 11), (6, 6))
    ]
    Z = rng.permuted(np.tile(np.linspace(-10000.0, 10000.0, 4)[:, None], (1, 5)), axis=0)
    # The right class never has the highest score, so that the cost is large.
    Y = (np.sort(Z, axis=0)[rng.integers(0, 3, 5), np.arange(5)] == Z).astype(float)
    return [*cases, {"what": LARGE, "Z": Z, "Y": Y}]


@exercise("compute_cost", cases=cost_cases, weights={"the cost": 5, LARGE: 2}, form={see.ONE_NUMBER: 1}, **TENSORFLOW)
def compute_cost(answer: CallRecorder, what: str, Z: np.ndarray, Y: np.ndarray) -> Iterator[Observation]:
    """Observe the cost."""
    found = numbers(answer(Z, Y))
    yield see.one_number(found)
    yield Observation(what, float(np.sum(found)), **SINGLE_PRECISION)


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
    weights={"the new weights": 5, "the new biases": 3, "the cost": 2},
    form={see.SHAPES: 2},
    **TENSORFLOW,
)
def train_step(answer: CallRecorder, arguments: tuple) -> Iterator[Observation]:
    """Observe the parameters after the step, and the cost before it."""
    result = see.pair(answer(*arguments), "(parameters, cost)")
    found, cost = see.arrays(result[0]), numbers(result[1])
    yield Observation("the cost", float(np.sum(cost)), **SINGLE_PRECISION)
    yield Observation(see.SHAPES, see.shapes(found))
    for what, letter in (("the new weights", "W"), ("the new biases", "b")):
        yield Observation(
            what, {key: numbers(value) for key, value in found.items() if key[:1] == letter}, **SINGLE_PRECISION
        )


# --- predictions and concept questions --------------------------------------------------------------------------------

ask_predictions("tensorflow_predictions", 4)
ask_questions("tensorflow", 4)
