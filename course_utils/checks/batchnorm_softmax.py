"""What the exercises of 05_batchnorm_softmax must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils import data
from course_utils.checks import observing as see
from course_utils.checks.calling import (
    IN_A_COPY,
    KEEP_FIRST,
    KEEP_SECOND,
    CallRecorder,
    MalformedResult,
    WrappableFunction,
    as_it_is_now,
    count_numbers,
)
from course_utils.checks.case_drawing import ABSENT, EVERY_LABEL, draw_signed, one_hot_cases
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.limits import SPARE_NUMBERS, SPARE_TIMES
from course_utils.checks.observing import numbers
from course_utils.checks.questions import ask_predictions, ask_questions


def labelled(rng: np.random.Generator, C: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw probabilities (C, m) from 0.02 up, and one-hot labels of which no row is all ones."""
    P = rng.uniform(0.1, 1, (C, m))
    Y = np.zeros((C, m))
    Y[(np.arange(m) + int(rng.integers(C))) % C, np.arange(m)] = 1
    return P / P.sum(axis=0), Y


# --- softmax and its cost ---------------------------------------------------------------------------------------------

exercise(
    "one_hot",
    cases=one_hot_cases((EVERY_LABEL, 4, 13), (EVERY_LABEL, 7, 11), (ABSENT, 5, 6), (ABSENT, 6, 1), (ABSENT, 3, 2)),
    weights={EVERY_LABEL: 3, ABSENT: 1},
    form={see.SHAPE: 2, see.FLOATS: 1},
)(see.one_hot_columns)


LARGE, APART = "scores up to 1e4", "columns of very different size"


def softmax_cases(rng: np.random.Generator) -> list[Case]:
    """Draw scores of all sizes; large scores are whole numbers a few units apart."""
    cases = [
        {"what": "the probabilities", "Z": rng.uniform(-3, 3, (C, m))} for C, m in ((4, 7), (7, 3), (2, 1), (3, 11))
    ]
    near = rng.permuted(np.tile(np.arange(5.0)[:, None], (1, 4)), axis=0)
    cases += [{"what": LARGE, "Z": near[:, :3] + size} for size in (9990.0, -9990.0)]
    cases.append({"what": LARGE, "Z": draw_signed(rng, 5000, 10000, (3, 5)).round()})
    return [*cases, {"what": APART, "Z": near + np.array([9990.0, 300.0, 0.0, -9990.0])}]


@exercise(
    "softmax",
    cases=softmax_cases,
    weights={"the probabilities": 4, LARGE: 5, APART: 2},
    form={see.SHAPE: 1, "columns sum to 1": 1},
)
def softmax(answer: CallRecorder, what: str, Z: np.ndarray) -> Iterator[Observation]:
    """Observe the probabilities and their sums."""
    found = numbers(answer(Z))
    yield Observation(see.SHAPE, list(found.shape))
    if found.shape == Z.shape:
        yield Observation(what, found, atol=1e-7)
        if what == "the probabilities":
            yield Observation("columns sum to 1", found.sum(axis=0))


FINITE, NOTHING = "finite where P = 0 and Y = 1", "P = 0 where Y = 0 adds nothing"


def cross_entropy_cases(rng: np.random.Generator) -> list[Case]:
    """Draw probabilities and labels, with zeros in some."""
    cases = []
    for what, C, m in (("the cost", 4, 7), ("the cost", 3, 1), ("the cost", 2, 11), (NOTHING, 5, 6), (FINITE, 3, 4)):
        P, Y = labelled(rng, C, m)
        if what == NOTHING:
            P = np.where(Y == 1, P, np.where(np.roll(Y, 1, axis=0) == 1, 1 - P, 0.0))
        if what == FINITE:
            P[:, 0] = np.where(Y[:, 0] == 1, 0.0, 0.5)
        cases.append({"what": what, "P": P, "Y": Y})
    return cases


@exercise(
    "cross_entropy_cost",
    cases=cross_entropy_cases,
    weights={"the cost": 4, NOTHING: 3},
    form={FINITE: 3, see.ONE_NUMBER: 1},
)
def cross_entropy_cost(answer: CallRecorder, what: str, P: np.ndarray, Y: np.ndarray) -> Iterator[Observation]:
    """Observe the cost."""
    found = answer(P, Y)
    cost = float(np.sum(numbers(found)))
    yield see.one_number(found)
    if what != FINITE:
        yield Observation(what, cost)
    elif np.size(found) != 1:
        yield Observation(what, "it is not one number")
    elif not np.isfinite(cost):
        yield Observation(what, f"it is {cost}")
    else:
        # How large a number stands for infinity is the student's choice.
        yield Observation(what, "yes" if cost > 2.5 else "it is small, though the network was certain and wrong")


def softmax_gradient_cases(rng: np.random.Generator) -> list[Case]:
    """Draw probabilities and labels of 2 to 6 classes and 1 to 11 examples."""
    return [dict(zip("PY", labelled(rng, C, m), strict=True)) for C, m in ((4, 7), (6, 3), (2, 11), (3, 1))]


@exercise("softmax_gradient", cases=softmax_gradient_cases, weights={"the gradient": 4}, form={see.SHAPE: 1})
def softmax_gradient(answer: CallRecorder, P: np.ndarray, Y: np.ndarray) -> Iterator[Observation]:
    """Observe the gradient."""
    found = numbers(answer(P, Y))
    yield Observation(see.SHAPE, list(found.shape))
    yield Observation("the gradient", found)


# --- batch norm -------------------------------------------------------------------------------------------------------

PLAIN, SCALED = "normalized, with γ = 1 and β = 0", "scaled by γ and shifted by β"
EPSILON, TWO, STILL = "epsilon", "a batch of two", "a unit that never changes"


def batch(rng: np.random.Generator, n: int, m: int, size: float = 1.0) -> np.ndarray:
    """Draw n units over m examples: means away from zero, deviations of a given size that differ from unit to unit."""
    deviations = size * rng.uniform(0.6, 1.6, (n, 1))
    values = rng.normal(0, 1, (n, m))
    values = (values - values.mean(axis=1, keepdims=True)) / (values.std(axis=1, keepdims=True) + 1e-3)
    return size * draw_signed(rng, 1, 3, (n, 1)) + deviations * values


def scale_and_shift(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw γ and β of n units."""
    return draw_signed(rng, 0.5, 2, (n, 1)), draw_signed(rng, 0.5, 2, (n, 1))


def forward_cases(rng: np.random.Generator) -> list[Case]:
    """Draw batches of all sizes, scales from 0.1 to 10, with epsilon small and large."""
    cases = []
    for what, n, m, size, rest in (
        (PLAIN, 4, 7, 1, {}),
        (PLAIN, 3, 11, 10, {}),
        (PLAIN, 5, 3, 0.1, {"epsilon": 1e-8}),
        (SCALED, 6, 5, 1, {}),
        (SCALED, 1, 8, 10, {}),
        (EPSILON, 3, 5, 1, {"epsilon": 0.7}),
        (EPSILON, 2, 9, 10, {"epsilon": 130.0}),
        (EPSILON, 4, 6, 0.1, {"epsilon": 0.02}),
        (EPSILON, 3, 7, 0.003, {}),  # variances about as large as the default
        (TWO, 3, 2, 1, {}),
    ):
        gamma, beta = scale_and_shift(rng, n)
        if what == PLAIN:
            gamma, beta = np.ones((n, 1)), np.zeros((n, 1))
        cases.append({"what": what, "Z": batch(rng, n, m, size), "gamma": gamma, "beta": beta, "rest": rest})
    gamma, beta = scale_and_shift(rng, 2)
    still = np.stack([np.full(5, 2.0), batch(rng, 1, 5)[0]])
    return [*cases, {"what": STILL, "Z": still, "gamma": gamma, "beta": beta, "rest": {}}]


def without_cache(forward: WrappableFunction) -> Callable:
    """Leave the cache with the student: it may be anything."""
    forward = forward.with_wrapper(KEEP_SECOND)

    def Z_tilde(*arguments: Any, **keywords: Any) -> Any:
        return see.pair(forward(*arguments, **keywords), "(Z_tilde, cache)")[0]

    return Z_tilde


@exercise(
    "batchnorm_forward",
    cases=forward_cases,
    weights={PLAIN: 5, SCALED: 3, EPSILON: 2, TWO: 1, STILL: 1},
    form={see.SHAPE: 1},
    join=without_cache,
)
def batchnorm_forward(
    answer: CallRecorder, what: str, Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, rest: dict
) -> Iterator[Observation]:
    """Observe what comes out."""
    found = numbers(answer(Z, gamma, beta, **rest))
    yield Observation(see.SHAPE, list(found.shape))
    yield Observation(what, found, rtol=1e-4, atol=1e-5)


def backward_cases(rng: np.random.Generator) -> list[Case]:
    """Draw batches down to two examples, scales from 0.1 to 10, and gradients that differ from place to place."""
    cases = []
    for n, m, size, epsilon in ((4, 7, 1, 1e-5), (3, 11, 10, 60.0), (5, 3, 0.1, 0.006), (1, 6, 1, 0.4), (4, 2, 1, 0.8)):
        gamma, beta = scale_and_shift(rng, n)
        dZ_tilde = draw_signed(rng, 0.3, 1.5, (n, m)) + 0.4
        Z = batch(rng, n, m, size)
        cases.append({"dZ_tilde": dZ_tilde, "Z": Z, "gamma": gamma, "beta": beta, "epsilon": epsilon, "size": size})
    return cases


def forward_then_backward(backward: Callable, forward: WrappableFunction) -> Callable:
    """Hand the student's cache from forward to backward; another batch passes in between, as in a deep network."""
    forward = forward.with_wrapper(KEEP_SECOND)

    def gradients(
        dZ_tilde: np.ndarray, Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float
    ) -> list[Any]:
        given = (Z.copy(), gamma.copy(), beta.copy(), epsilon)
        _, cache = see.pair(forward(*given), "(Z_tilde, cache)", "your batchnorm_forward returns")
        forward(3 - 2 * Z, 2 * gamma, -beta, epsilon)
        return backward(dZ_tilde, cache)

    return gradients


@exercise(
    "batchnorm_backward",
    cases=backward_cases,
    weights={"dZ": 10, "dgamma": 3, "dbeta": 2},
    form={"three arrays of the right shapes": 2},
    companions=("batchnorm_forward",),
    join=forward_then_backward,
)
def batchnorm_backward(answer: CallRecorder, size: float, **given: Any) -> Iterator[Observation]:
    """Observe the three gradients."""
    result = answer(**given)
    if not isinstance(result, list) or len(result) != 3:
        raise MalformedResult(f"it returns {kind(result)}, not (dZ, dgamma, dbeta)")
    dZ, dgamma, dbeta = map(numbers, result)
    yield Observation("three arrays of the right shapes", [list(gradient.shape) for gradient in (dZ, dgamma, dbeta)])
    yield Observation("dZ", size * dZ, rtol=1e-4, atol=1e-5)
    yield Observation("dgamma", dgamma.ravel(), rtol=1e-4, atol=1e-5)
    yield Observation("dbeta", dbeta.ravel(), rtol=1e-4, atol=1e-5)


DEFAULT = "momentum is 0.9 by default"


def running_cases(rng: np.random.Generator) -> list[Case]:
    """Draw old and new statistics, with momentum from 0.5 to 0.99."""
    cases = []
    for n, rest in ((3, {"momentum": 0.8}), (1, {"momentum": 0.35}), (5, {"momentum": 0.99}), (4, {})):
        old, new = draw_signed(rng, 1, 4, (n, 1)), draw_signed(rng, 5, 9, (n, 1))
        variances = rng.uniform(0.5, 2, (n, 1)), rng.uniform(3, 9, (n, 1))
        given = {"running_mean": old, "running_var": variances[0], "mean": new, "var": variances[1]}
        cases.append({"arguments": given, "rest": rest})
    return cases


@exercise(
    "update_running_statistics",
    cases=running_cases,
    weights={"the mean": 3, "the variance": 3, DEFAULT: 1},
)
def update_running_statistics(answer: CallRecorder, arguments: dict, rest: dict) -> Iterator[Observation]:
    """Observe the new statistics."""
    mean, var = map(numbers, see.pair(answer(*arguments.values(), **rest), "(mean, var)"))
    if rest:
        yield Observation("the mean", mean)
        yield Observation("the variance", var)
    else:
        yield Observation(DEFAULT, {"mean": mean, "var": var})


ONE = "one example alone"


def inference_cases(rng: np.random.Generator) -> list[Case]:
    """Draw batches of 1 to 9 examples and running statistics that are not theirs."""
    cases = []
    for what, n, m, size, rest in (
        ("many examples", 4, 7, 1, {}),
        ("many examples", 2, 9, 10, {}),
        (ONE, 5, 1, 1, {}),
        (ONE, 3, 1, 0.1, {}),
        (EPSILON, 3, 5, 1, {"epsilon": 0.7}),
        (EPSILON, 4, 1, 10, {"epsilon": 90.0}),
        (EPSILON, 3, 6, 0.003, {}),  # variances about as large as the default
    ):
        gamma, beta = scale_and_shift(rng, n)
        mean, var = size * draw_signed(rng, 1, 3, (n, 1)), size**2 * rng.uniform(0.3, 3, (n, 1))
        Z = size * rng.normal(0, 2, (n, m))
        given = {"Z": Z, "gamma": gamma, "beta": beta, "running_mean": mean, "running_var": var}
        cases.append({"what": what, "arguments": given, "rest": rest})
    return cases


@exercise(
    "batchnorm_inference",
    cases=inference_cases,
    weights={"many examples": 3, ONE: 2, EPSILON: 2},
    form={see.SHAPE: 1},
)
def batchnorm_inference(answer: CallRecorder, what: str, arguments: dict, rest: dict) -> Iterator[Observation]:
    """Observe what comes out."""
    found = numbers(answer(*arguments.values(), **rest))
    yield Observation(see.SHAPE, list(found.shape))
    yield Observation(what, found, rtol=1e-4, atol=1e-5)


# --- the classifier ---------------------------------------------------------------------------------------------------


def drawn_model(rng: np.random.Generator, layers_dims: list[int]) -> dict[str, np.ndarray]:
    """Draw a network as after training, moderate enough for probabilities away from 0 and 1."""
    model, L = {}, len(layers_dims) - 1
    for l in range(1, L + 1):
        n_in, n = layers_dims[l - 1 : l + 1]
        model[f"W{l}"] = draw_signed(rng, 0.4, 1.2, (n, n_in)) / np.sqrt(n_in)
        if l < L:
            model[f"gamma{l}"], model[f"beta{l}"] = draw_signed(rng, 0.6, 1.4, (n, 1)), rng.uniform(-0.3, 0.8, (n, 1))
            model[f"mean{l}"], model[f"var{l}"] = draw_signed(rng, 0.3, 0.8, (n, 1)), rng.uniform(0.4, 2, (n, 1))
    return model | {f"b{L}": rng.uniform(-0.8, 0.8, (layers_dims[-1], 1))}


FLAT, DEEP = "a network without hidden layers", "a network with hidden layers"


def predict_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 4, for 1 to 9 examples."""
    cases = []
    for what, layers_dims, m in (
        (DEEP, [5, 7, 3], 8),
        (DEEP, [4, 6, 5, 4], 5),
        (DEEP, [3, 5, 6, 7, 2], 9),
        (ONE, [6, 8, 5, 4], 1),
        (FLAT, [4, 3], 6),
    ):
        X = rng.normal(0, 1, (layers_dims[0], m))
        cases.append({"what": what, "X": X, "model": drawn_model(rng, layers_dims)})
    return cases


@exercise("predict_probabilities", cases=predict_cases, weights={DEEP: 4, ONE: 2, FLAT: 1}, form={see.SHAPE: 1})
def predict_probabilities(answer: CallRecorder, what: str, X: np.ndarray, model: dict) -> Iterator[Observation]:
    """Observe the probabilities."""
    found = numbers(answer(X, model))
    yield Observation(see.SHAPE, list(found.shape))
    yield Observation(what, found, rtol=1e-4, atol=1e-6)


LEARNED = {share: f"at least {share} % of new images are right" for share in (40, 60, 80, 90)}
ALONE = "what it says of an image does not depend on the images beside it"
MEASURED = "dev_accuracy is what it reaches on the dev set"
HONEST = "dev_accuracy is not far above the accuracy on new images"
FAR = 0.08  # an honest dev accuracy, on 120 images, lies less than this above the true accuracy
CLASSES, HELD_BACK = 6, 240
SINGLE, FEW, FEW_BATCHES = 18, 20, 6  # images that are shown alone, and how many batches of few


def hands_cases(rng: np.random.Generator) -> list[Case]:
    """Hold the last training images back, to measure on: new images are drawn at grading only."""
    X_train, Y_train, X_dev, Y_dev, *_ = data.load_hands()
    known = (X_train[:, :-HELD_BACK], Y_train[:, :-HELD_BACK], X_dev, Y_dev)
    return [
        {
            "known": known,
            "X": X_train[:, -HELD_BACK:],
            "Y": Y_train[:, -HELD_BACK:],
            "seed": int(rng.integers(4)),
        }
    ]


def train_and_predict(train: WrappableFunction, predict: WrappableFunction) -> Callable:
    """Train once for each seed, and ask what the network says of several batches of images.

    Each is asked in a copy of the process that trained it: what it remembers of one tells it nothing of another.
    """
    train, predict = train.with_wrapper(KEEP_FIRST), predict.with_wrapper(IN_A_COPY)
    trained: dict[tuple[int, int], tuple[Any, Any]] = {}

    def said(X: np.ndarray, model: Any) -> Any:
        P = predict(X, model)
        count_numbers(P, SPARE_TIMES * CLASSES * X.shape[1] + SPARE_NUMBERS)
        return as_it_is_now(P)

    def asked(
        X_train: np.ndarray,
        Y_train: np.ndarray,
        X_dev: np.ndarray,
        Y_dev: np.ndarray,
        seed: int,
        batches: list[np.ndarray],
    ) -> tuple[Any, list[Any]]:
        key = (seed, len(X_train.T))
        if key not in trained:
            result = train(X_train, Y_train, X_dev, Y_dev, np.random.default_rng(seed))
            trained[key] = see.pair(result, "(model, dev_accuracy)")
        model, dev_accuracy = trained[key]
        return dev_accuracy, [said(X, model) for X in batches]

    return asked


@exercise(
    "train_classifier",
    cases=hands_cases,
    weights=dict(zip(LEARNED.values(), (1, 2, 3, 4), strict=True)),
    form={ALONE: 2, MEASURED: 1, HONEST: 2},
    companions=("predict_probabilities",),
    join=train_and_predict,
    seconds=30.0,
)
def train_classifier(
    answer: CallRecorder, known: tuple, X: np.ndarray, Y: np.ndarray, seed: int
) -> Iterator[Observation]:
    """Observe how many new images are right, whether each is judged on its own, and whether the report is true."""
    X_train, Y_train, X_dev, Y_dev = known
    Y = Y.ravel()

    def labels(*batches: np.ndarray) -> tuple[Any, list[np.ndarray]]:
        dev_accuracy, said = answer(*known, seed, list(batches))
        for P, asked in zip(map(numbers, said), batches, strict=True):
            if P.shape != (CLASSES, asked.shape[1]):
                raise MalformedResult(f"predict_probabilities returns shape {P.shape} for {asked.shape[1]} images")
        return dev_accuracy, [np.argmax(P, axis=0) for P in said]

    # Few images come before all of them, and in any order: they tell nothing that could mend what was said before.
    order = np.random.default_rng(seed).permutation(len(Y))
    few = order[SINGLE:][: FEW_BATCHES * FEW].reshape(FEW_BATCHES, FEW)
    parts = [*order[:SINGLE, np.newaxis], *few]
    dev_accuracy, (*apart, found, dev) = labels(*(X[:, part] for part in parts), X, X_dev)
    accuracy = float(np.mean(found == Y))
    if accuracy < 0.4:
        words = "no: it always says the same" if np.ptp(found) == 0 else "no: it is hardly better than guessing"
        yield Observation(LEARNED[40], words)
        return
    for percent, name in LEARNED.items():
        yield Observation(name, "yes" if 100 * accuracy >= percent else "no")
    same = np.mean(np.concatenate(apart) == found[np.concatenate(parts)])
    yield Observation(ALONE, "yes" if same > 0.97 else "no: alone, or among few others, it is called something else")
    reported = np.asarray(dev_accuracy)
    if reported.shape != () or reported.dtype.kind not in "biuf":
        raise MalformedResult(f"dev_accuracy is {kind(dev_accuracy)}, not a number from 0 to 1")
    words = report_is(float(reported), np.mean(dev == Y_dev))
    if words == ANOTHER:
        _, (train,) = labels(X_train)
        if report_is(float(reported), np.mean(train == Y_train)) == "yes":
            words = "no: that is the accuracy on the training set"
    yield Observation(MEASURED, words)
    share = float(reported) / (100 if reported > 1 else 1)
    yield Observation(HONEST, "yes" if share - accuracy <= FAR else "no")


ANOTHER = "no: it is another number"


def report_is(reported: float, true: float) -> str:
    """Say whether a reported accuracy is the true accuracy, to half an image of 120."""
    if abs(reported - true) < 0.5 / 120:
        return "yes"
    return "no: it is in percent; give a share from 0 to 1" if abs(reported / 100 - true) < 0.5 / 120 else ANOTHER


# --- predictions and concept questions --------------------------------------------------------------------------------

ask_predictions("batchnorm_softmax_predictions", 5)
ask_questions("batchnorm_softmax", 6)
