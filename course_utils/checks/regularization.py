"""What the exercises of 02_regularization must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder, MalformedResult, Rng
from course_utils.checks.case_drawing import draw_binary_labels, draw_mixed_parameters, draw_signed
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.observing import numbers
from course_utils.checks.questions import ask_predictions, ask_questions

# --- L2 and L1 --------------------------------------------------------------------------------------------


def cost_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 5 and 1 to 11 examples, with weak, strong and no penalty."""
    cases = []
    for depth, m, lambd in ((3, 7, 0.7), (1, 1, 5.0), (5, 11, 0.1), (2, 5, 0.0)):
        AL = rng.uniform(0.05, 0.95, (1, m))
        Y = draw_binary_labels(rng, m)
        parameters = draw_mixed_parameters(rng, depth)
        cases.append({"AL": AL, "Y": Y, "parameters": parameters, "lambd": lambd})
    return cases


@exercise(
    "compute_cost_with_regularization",
    cases=cost_cases,
    weights={"cost with a penalty": 6, "cost with λ = 0": 1},
    form={see.ONE_NUMBER: 1},
)
def cost(answer: CallRecorder, AL: np.ndarray, Y: np.ndarray, parameters: dict, lambd: float) -> Iterator[Observation]:
    """Observe the cost."""
    found = answer(AL, Y, parameters, lambd)
    yield see.one_number(found)
    yield Observation("cost with a penalty" if lambd else "cost with λ = 0", np.sum(numbers(found)))


def gradient_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 4 and 1 to 7 examples."""
    cases = []
    for depth, m, lambd in ((3, 7, 0.7), (1, 1, 4.0), (4, 5, 0.2)):
        parameters = draw_mixed_parameters(rng, depth)
        X = rng.normal(0, 1, (parameters["W1"].shape[1], m))
        cases.append({"X": X, "Y": draw_binary_labels(rng, m), "parameters": parameters, "lambd": lambd})
    return cases


@exercise(
    "backward_propagation_with_regularization",
    cases=gradient_cases,
    weights={"every dW": 5, "every db": 2},
    form={"keys and shapes": 1},
)
def gradients(
    answer: CallRecorder, X: np.ndarray, Y: np.ndarray, parameters: dict, lambd: float
) -> Iterator[Observation]:
    """Observe the gradients."""
    grads = see.arrays(answer(X, Y, parameters, lambd))
    yield Observation("keys and shapes", {key: list(value.shape) for key, value in grads.items()})
    for letter in "Wb":
        yield Observation(
            f"every d{letter}", {key: value.ravel() for key, value in grads.items() if key[1:2] == letter}
        )


def decay_cases(rng: np.random.Generator) -> list[Case]:
    """Draw weights, gradients and settings of all sizes."""
    names = ("W", "dW", "learning_rate", "lambd", "m")
    cases = []
    for shape, learning_rate, lambd, m in (((3, 4), 0.1, 0.7, 5), ((1, 6), 0.03, 20.0, 2), ((5, 2), 0.5, 3.0, 17)):
        W, dW = draw_signed(rng, 0.5, 2, shape), rng.uniform(0.5, 2, shape)
        cases.append({"what": "the step", "arguments": (W, dW, learning_rate, lambd, m)})
    W = rng.normal(0, 1, (2, 3))
    cases.append({"what": "decay alone, with dW = 0", "arguments": (W, 0 * W, 0.1, 5.0, 3)})
    cases.append({"what": "a plain step, with λ = 0", "arguments": (W, rng.uniform(1, 2, (2, 3)), 0.1, 0.0, 3)})
    return [{**case, "arguments": dict(zip(names, case["arguments"], strict=True))} for case in cases]


@exercise(
    "weight_decay_step",
    cases=decay_cases,
    weights={"the step": 3, "decay alone, with dW = 0": 1, "a plain step, with λ = 0": 1},
)
def weight_decay_step(answer: CallRecorder, what: str, arguments: dict) -> Iterator[Observation]:
    """Observe the new weights."""
    yield Observation(what, answer(*arguments.values()))


def l1_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 5, each with both signs and a negative sum in W1."""
    cases = []
    for depth, outputs, lambd, m in ((3, 1, 0.7, 5), (1, 2, 10.0, 1), (5, 1, 0.02, 13)):
        parameters = draw_mixed_parameters(rng, depth, outputs)
        parameters["W1"] = -np.abs(parameters["W1"])
        parameters["W1"][0, 0] = 0.3
        cases.append({"parameters": parameters, "lambd": lambd, "m": m})
    return cases


@exercise("l1_penalty", cases=l1_cases, weights={"the penalty": 5}, form={see.ONE_NUMBER: 1})
def l1_penalty(answer: CallRecorder, parameters: dict, lambd: float, m: int) -> Iterator[Observation]:
    """Observe the penalty."""
    found = answer(parameters, lambd, m)
    yield see.one_number(found)
    yield Observation("the penalty", np.sum(numbers(found)))


def l1_gradient_cases(rng: np.random.Generator) -> list[Case]:
    """Draw weights of both signs, some of them with zeros."""
    cases = []
    for shape, lambd, m in (((3, 4), 0.7, 5), ((1, 7), 10.0, 1), ((5, 2), 3.0, 11)):
        W = draw_signed(rng, 0.2, 0.8, shape)
        W[0, 0], W[0, 1] = -0.5, 0.5
        cases.append({"what": "the gradient", "W": W, "lambd": lambd, "m": m})
    W = W.copy()
    W[1:3] = 0.0
    return [*cases, {"what": "0 where a weight is 0", "W": W, "lambd": 2.0, "m": 3}]


@exercise("l1_gradient", cases=l1_gradient_cases, weights={"the gradient": 3, "0 where a weight is 0": 1})
def l1_gradient(answer: CallRecorder, what: str, W: np.ndarray, lambd: float, m: int) -> Iterator[Observation]:
    """Observe the gradient."""
    yield Observation(what, answer(W, lambd, m))


# --- dropout ----------------------------------------------------------------------------------------------

KEPT = "share of values kept"
SCALED = "kept values are divided by keep_prob"
DROPPED = "dropped values are zero"
ENTRIES = "every value is dropped or kept on its own"
MASK = "D holds 0 and 1 only"
RESTS = "nothing happens when not training"
ALL = "keep_prob = 1 keeps everything"


def dropout_cases(rng: np.random.Generator) -> list[Case]:
    """Draw activations, seeds and keep_prob from 0.2 to 0.8."""
    cases = []
    for keep_prob in (0.8, 0.2, 0.35, 0.5):
        shape = (int(rng.integers(70, 90)), int(rng.integers(100, 120)))
        A = draw_signed(rng, 0.5, 2, shape)
        small = rng.uniform(0.5, 2, (int(rng.integers(2, 9)), 1))
        cases.append({"A": A, "small": small, "keep_prob": keep_prob, "seed": int(rng.integers(10_000))})
    return cases


def read_dropout(result: Any, A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read a result as (A_out, D).

    Raises
    ------
    MalformedResult
        It is something else.
    """
    A_out, D = map(numbers, see.pair(result, "(A_out, D)"))
    for name, array in (("A_out", A_out), ("D", D)):
        if array.shape != A.shape:
            raise MalformedResult(f"{name} has shape {array.shape}, A has {A.shape}")
    return A_out, D


def share(found: float, wanted: float, size: int, name: str) -> str:
    """Say which share of many draws came true, within 6.5 standard errors."""
    if found in (0, 1):
        return "all of them" if found else "none of them"
    for value, words in ((wanted, f"{name} of them"), (1 - wanted, f"1 − {name} of them")):
        if abs(found - value) < 6.5 * np.sqrt(max(value * (1 - value), 1e-12) / size):
            return words
    return "another share"


def on_its_own(D: np.ndarray) -> str:
    """Say whether a mask's entries repeat along rows or columns."""
    if (D[:, :1] == D).all():
        return "whole units are dropped, for all examples alike"
    if (D[:1] == D).all():
        return "whole examples are dropped, in all units alike"
    return "yes"


@exercise(
    "dropout_forward",
    cases=dropout_cases,
    weights={KEPT: 3, SCALED: 3},
    form={DROPPED: 1, ENTRIES: 2, MASK: 1, RESTS: 2, ALL: 1, see.RNG: 2},
)
def dropout_forward(
    answer: CallRecorder, A: np.ndarray, small: np.ndarray, keep_prob: float, seed: int
) -> Iterator[Observation]:
    """Observe the mask, what it does, and when."""
    A_out, D = read_dropout(answer(A, keep_prob, Rng(seed)), A)
    yield Observation(MASK, "yes" if np.isin(D, (0, 1)).all() else "it holds other numbers")
    kept = D.astype(float) > 0.5
    yield Observation(KEPT, share(float(kept.mean()), keep_prob, A.size, "keep_prob"))
    if kept.any() and not kept.all():
        ratio = A_out[kept] / A[kept]
        yield Observation(SCALED, [float(ratio.min()), float(ratio.max())], rtol=1e-5)
    words = "no: some are not" if np.isfinite(A_out[~kept]).all() else "no: some are inf or nan"
    yield Observation(DROPPED, words if np.any(A_out[~kept]) else "yes")
    yield Observation(ENTRIES, on_its_own(kept))
    other = read_dropout(answer(A, keep_prob, Rng(seed + 1)), A)[1]
    again = read_dropout(answer(A, keep_prob, Rng(seed)), A)[1]
    yield Observation(see.RNG, see.follows_rng(D, again, other, "the mask is", "gives another mask"))
    full, ones = read_dropout(answer(small, 1.0, Rng(seed)), small)
    yield Observation(ALL, {"A_out": full.ravel() - small.ravel(), "D": ones.astype(float).ravel()}, atol=1e-6)
    # What is returned unchanged may be the argument itself.
    resting = CallRecorder(answer.function)
    rest, ones = read_dropout(resting(small, keep_prob, Rng(seed), training=False), small)
    answer.modified |= {words for words in resting.modified if "shares memory" not in words}
    yield Observation(RESTS, {"A_out": rest.ravel() / small.ravel(), "D": ones.astype(float).ravel()})


def backward_cases(rng: np.random.Generator) -> list[Case]:
    """Draw gradients and masks, boolean and of numbers, with keep_prob from 0.2 to 0.8."""
    cases = []
    for keep_prob, shape, dtype in (
        (0.8, (5, 7), bool),
        (0.2, (4, 3), float),
        (0.5, (2, 11), int),
        (0.35, (6, 1), bool),
    ):
        dA = draw_signed(rng, 0.5, 2, shape)
        D = rng.permutation(np.arange(dA.size) % 2).reshape(shape).astype(dtype)
        cases.append({"dA": dA, "D": D, "keep_prob": keep_prob})
    return cases


@exercise("dropout_backward", cases=backward_cases, weights={"where D is 1": 5, "where D is 0": 3}, form={see.SHAPE: 1})
def dropout_backward(answer: CallRecorder, dA: np.ndarray, D: np.ndarray, keep_prob: float) -> Iterator[Observation]:
    """Observe the gradient where the mask is 1 and where it is 0."""
    found = numbers(answer(dA, D, keep_prob))
    yield Observation(see.SHAPE, list(found.shape))
    if found.shape == dA.shape:
        yield Observation("where D is 1", found[D > 0])
        factors = found[D > 0] / dA[D > 0]  # whatever stands for 1/keep_prob
        is_gradient = factors.any() and np.allclose(factors, factors[0])
        yield Observation("where D is 0", found[D == 0] if is_gradient else "what is left elsewhere is no part of dA")


# --- early stopping and augmentation ----------------------------------------------------------------------


def stopping_cases(rng: np.random.Generator) -> list[Case]:
    """Draw curves of the dev cost that end in every way."""
    high = float(rng.uniform(0.8, 1.2))

    def curve(*below: float) -> list[float]:
        return [round(high - drop, 4) for drop in below]

    falling = np.cumsum(rng.uniform(0.02, 0.05, int(rng.integers(4, 8)))).tolist()
    low = falling[-1]
    dip = [low - 0.03, low - 0.02, low - 0.04]
    late = [low + 0.1, low + 0.2]
    nan = float("nan")
    patience = int(rng.integers(3, 5))
    wait = (2 * dip)[:patience]
    return [
        {"what": "patience ends", "dev_costs": curve(0, *falling, *dip, *late), "patience": 3},
        {"what": "patience ends", "dev_costs": curve(0, *falling, *wait, low + 0.3), "patience": patience},
        {"what": "patience ends", "dev_costs": curve(0, 0.1, 0.05, 0.2, 0.15, 0.3, 0.2, 0.1, 0.5), "patience": 2},
        {"what": "patience ends", "dev_costs": curve(0, 0.1, 0.1, 0.1, 0.1, 0.3), "patience": 2},
        {"what": "patience ends", "dev_costs": curve(0, 0.1, -0.3, -0.2, -0.1, 0.4), "patience": 3},
        {"what": "patience ends", "dev_costs": curve(0, 0.1, 0.05, 0.05, 0.3, 0.2, 0.2, 0.2, 0.2), "patience": 2},
        {"what": "patience ends", "dev_costs": curve(0, -0.1, -0.2, 0.3), "patience": 2},
        {"what": "patience does not end", "dev_costs": curve(0, -0.2, -0.1), "patience": 3},
        {"what": "patience does not end", "dev_costs": curve(0), "patience": 1},
        {"what": "patience ends", "dev_costs": curve(0, -0.1, -0.05, -0.2, 0.3), "patience": 3},
        {"what": "patience does not end", "dev_costs": curve(0, *falling), "patience": 2},
        {"what": "patience does not end", "dev_costs": curve(0, *falling, *dip[:2]), "patience": 4},
        {
            "what": "nan is no improvement",
            "dev_costs": [*curve(0, 0.1), nan, nan, *curve(0.3, 0.2, 0.4)],
            "patience": 2,
        },
        {"what": "nan is no improvement", "dev_costs": [*curve(0, 0.1), nan, *curve(0.05, 0.2, 0.1)], "patience": 3},
        {
            "what": "min_delta",
            "dev_costs": curve(0, 0.1, 0.104, 0.108, 0.112, 0.116, 0.12, 0.11, 0.115, 0.118, 0.3),
            "patience": 4,
            "min_delta": 0.01,
        },
        {"what": "min_delta", "dev_costs": curve(0, 0.1, 0.095, 0.09, 0.2), "patience": 2, "min_delta": 0.01},
        {"what": "min_delta", "dev_costs": curve(0, 0.1, 0.12, 0.14, 0.4), "patience": 2, "min_delta": 0.05},
    ]


@exercise(
    "early_stopping",
    cases=stopping_cases,
    weights={
        "patience ends: best_epoch": 2,
        "patience ends: stop_epoch": 2,
        "patience does not end": 1,
        "nan is no improvement": 1,
        "min_delta": 1,
    },
)
def early_stopping(
    answer: CallRecorder, what: str, dev_costs: list, patience: int, **rest: float
) -> Iterator[Observation]:
    """Observe the two epochs."""
    result = answer(dev_costs, patience, **rest)
    if isinstance(result, dict | str) or np.shape(result) != (2,):
        raise MalformedResult(f"it returns {kind(result)}, not the pair (best_epoch, stop_epoch)")
    if what == "patience ends":
        yield Observation(f"{what}: best_epoch", result[0])
        yield Observation(f"{what}: stop_epoch", result[1])
    else:
        yield Observation(what, result)


FLIPPED = "share of images mirrored"
MIRROR = "each image stays or is mirrored left to right"


def flip_cases(rng: np.random.Generator) -> list[Case]:
    """Draw grey and coloured images, whole numbers and floats."""
    cases = []
    for p, shape, most in ((0.2, (600, 3, 4), 256), (0.5, (500, 2, 3, 3), 256), (0.8, (550, 4, 3), 0)):
        images = rng.integers(0, most, shape).astype(np.uint8) if most else rng.random(shape)
        few = rng.random((1 + int(rng.integers(4)), 3, 5))
        cases.append({"images": images, "few": few, "p": p, "seed": int(rng.integers(10_000))})
    return cases


@exercise(
    "augment_flip",
    cases=flip_cases,
    weights={MIRROR: 3, FLIPPED: 3},
    form={see.SHAPE: 1, "p = 0 and p = 1": 1, see.RNG: 2},
)
def augment_flip(
    answer: CallRecorder, images: np.ndarray, few: np.ndarray, p: float, seed: int
) -> Iterator[Observation]:
    """Observe which images are mirrored, and how."""
    found = numbers(answer(images, p, Rng(seed)))
    yield Observation(see.SHAPE, list(found.shape))
    if found.shape != images.shape:
        raise MalformedResult(f"it returns images of shape {found.shape}, not {images.shape}")
    axes = tuple(range(1, images.ndim))

    def equal(others: np.ndarray) -> np.ndarray:
        return np.isclose(found.astype(float), others.astype(float), atol=1e-6).all(axis=axes)

    same, mirrored = equal(images), equal(images[:, :, ::-1])
    if same.all():
        yield Observation(MIRROR, "none is mirrored")
    elif (same | mirrored).all():
        yield Observation(MIRROR, "yes")
    elif (same | equal(images[:, ::-1])).all():
        yield Observation(MIRROR, "some are upside down")
    elif (same | equal(images[..., ::-1])).all():
        yield Observation(MIRROR, "some have their colours in another order")
    elif (same | equal(images[:, ::-1, ::-1])).all():
        yield Observation(MIRROR, "some are turned by 180°")
    else:
        yield Observation(MIRROR, "some have become other images")
    yield Observation(FLIPPED, share(float(np.mean(~same)), p, len(images), "p"))
    none, every = (numbers(answer(few, float(probability), Rng(seed))) for probability in (0, 1))
    ends = {"0": none.ravel() - few.ravel(), "1": every.ravel() - few[:, :, ::-1].ravel()}
    yield Observation("p = 0 and p = 1", ends, atol=1e-6)
    again, other = numbers(answer(images, p, Rng(seed))), numbers(answer(images, p, Rng(seed + 1)))
    yield Observation(see.RNG, see.follows_rng(found, again, other, "the images are", "gives other images"))


# --- predictions and concept questions ------------------------------------------------------------------------------

ask_predictions("regularization_predictions", 5)
ask_predictions("regularization_more_predictions", 6)
ask_questions("regularization", 6)
