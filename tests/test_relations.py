"""Likely causes by relation: what a tutor would see in the numbers, and nothing where two things fit."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from course_utils.checks import error_hints, relations, structure
from course_utils.checks.exercise import Observation

RNG = np.random.default_rng(0)
SIZES = ((3, 4), (2, 7), (5, 3))


def cause(wanted, got, cases=None, name="the values", **tolerance):
    """Say what relation holds between lists of values, one for each case."""
    right = {(case, name): Observation(name, value, **tolerance) for case, value in enumerate(wanted)}
    seen = {(case, name): Observation(name, value) for case, value in enumerate(got)}
    wrong = [key for key in right if not right[key].agrees(seen[key])]
    assert wrong
    return relations.likely_cause(cases or [{} for _ in wanted], right, seen, wrong, wrong[0])


def arrays(*shapes, low=0.5, high=2.0):
    return [RNG.uniform(low, high, shape) * RNG.choice((-1, 1), shape) for shape in shapes or SIZES]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda want: -want, "Your sign is wrong"),
        (lambda want: 2 * want, "Yours is twice what it should be, in every case."),
        (lambda want: want / 2, "Yours is half of what it should be, in every case."),
        (lambda want: 1.37 * want, "Yours is c times what it should be, with the same c in every case."),
        (lambda want: want + 1, "Yours is too large by 1, in every case."),
        (lambda want: want * want.shape[1], "Yours is m times what it should be, in every case."),
        (lambda want: want / want.shape[1], "Yours is 1/m times what it should be, in every case."),
        (lambda want: want.astype(float)[::-1], "Yours is in reverse order, first to last."),
        (lambda want: want[:, ::-1], "Yours is in reverse order, left to right."),
        (lambda want: np.roll(want, 1), "Your numbers are right, but in another order."),
        (lambda want: want**2, "You have the squares of what is right"),
        (lambda want: np.abs(want), "You have the absolute values of what is right"),
        (lambda want: 1 / want, "Yours is one divided by what is right"),
        (lambda want: np.exp(want), "You have e to the power of what is right"),
        (lambda want: np.maximum(want, 0), "Negative numbers have become 0"),
        (lambda want: 0 * want, "You get 0 everywhere."),
        (lambda want: want * np.nan, "You get nan"),
        (lambda want: want * [[1.5]] + 0 * want + np.arange(len(want))[:, None], "Each row of yours"),
    ],
)
def test_a_relation_that_holds_in_every_case_is_said(change, words):
    wanted = arrays()
    if words.startswith("Each row"):
        change = lambda want: want * np.arange(2, 2 + len(want))[:, None]  # noqa: E731
    cases = [{"X": np.ones((2, want.shape[1]))} for want in wanted]
    assert cause(wanted, [change(want) for want in wanted], cases).startswith(words)


def test_a_factor_is_named_where_it_is_an_argument():
    wanted = arrays()
    cases = [{"keep_prob": p, "lambd": 3.0} for p in (0.2, 0.5, 0.8)]
    got = [want * case["keep_prob"] for want, case in zip(wanted, cases, strict=True)]
    assert cause(wanted, got, cases) == "Yours is keep_prob times what it should be, in every case."
    got = [want * (1 - case["keep_prob"]) for want, case in zip(wanted, cases, strict=True)]
    assert cause(wanted, got, cases) == "Yours is (1 − keep_prob) times what it should be, in every case."


def test_a_term_is_named_where_it_is_a_multiple_of_an_argument():
    W, wanted = arrays(), arrays()
    cases = [{"W": part, "lambd": l, "m": m} for part, l, m in zip(W, (0.7, 2.0, 5.0), (3, 5, 11), strict=True)]
    got = [w - c["lambd"] / c["m"] * c["W"] for w, c in zip(wanted, cases, strict=True)]
    assert cause(wanted, got, cases).startswith("Yours minus what is right is −λ/m · W, in every case")
    got = [c["lambd"] / (2 * c["m"]) * np.sign(c["W"]) for c in cases]
    assert cause(wanted, got, cases) == "You return λ/(2 m) · the sign of W, and nothing else."
    assert cause(wanted, W, cases) == "You return W as it was given."


def test_a_step_the_wrong_way_is_said():
    W, steps = arrays(), arrays()
    cases = [{"W": part} for part in W]
    wanted = [w - s for w, s in zip(W, steps, strict=True)]
    got = [w + s for w, s in zip(W, steps, strict=True)]
    assert cause(wanted, got, cases).startswith("Your step away from W goes the wrong way")


def test_where_two_fit_neither_is_said():
    wanted = arrays((3, 5), (2, 5))
    cases = [{"m": 3.0, "n": 3.0}, {"m": 7.0, "n": 7.0}]
    got = [want * case["m"] for want, case in zip(wanted, cases, strict=True)]
    assert "m times" not in cause(wanted, got, cases)
    assert "n times" not in cause(wanted, got, cases)


def test_a_case_that_is_right_contradicts():
    wanted = arrays()
    got = [2 * wanted[0], 2 * wanted[1], wanted[2]]
    assert "twice" not in cause(wanted, got)


def test_the_layer_that_is_wrong_is_named():
    def gradients(depth):
        return {
            f"d{letter}{l}": arrays((l + 1, 3 if letter == "W" else 1))[0]
            for l in range(1, depth + 1)
            for letter in "Wb"
        }

    wanted = [gradients(3), gradients(2)]
    last = [
        {key: 2 * value if key.endswith(str(len(one) // 2)) else value for key, value in one.items()} for one in wanted
    ]
    assert cause(wanted, last) == "The last layer: yours is twice what it should be, in every case."
    biases = [
        {key: value + RNG.random(value.shape) if key[1] == "b" else value for key, value in one.items()}
        for one in wanted
    ]
    assert cause(wanted, biases) == "Only the biases are wrong; the rest is right."


def network(depth):
    return {f"{letter}{l}": np.ones((2, 2)) for l in range(1, depth + 1) for letter in "Wb"}


def test_entries_and_cases_that_are_wrong_are_named():
    wanted = [np.arange(1.0, 6), np.arange(2.0, 9)]
    got = [np.append(want[:-1], 0.3) for want in wanted]
    assert cause(wanted, got) == "Only the last entry is wrong; the others are right."
    wanted = arrays((3, 1), (3, 5), (3, 4))
    cases = [{"X": want} for want in wanted]
    assert "m = 1" not in cause(
        wanted,
        [wanted[0], *arrays((3, 5), (3, 4))],
        [{**case, "parameters": network(depth)} for case, depth in zip(cases, (1, 2, 3), strict=True)],
    )
    got = [wanted[0], *arrays((3, 5), (3, 4))]
    assert cause(wanted, got, cases) == "Yours is right where there is one example only (m = 1), and wrong elsewhere."


@pytest.mark.parametrize(
    ("wanted", "got", "words"),
    [
        ([[3, 4], [2, 5]], [[4, 3], [5, 2]], "Your array is transposed"),
        ([[3, 1], [2, 1]], [[3], [2]], "An axis of length 1 is missing"),
        ([[3], [2]], [[3, 1], [2, 1]], "Yours has an axis of length 1 too many"),
        ([[3, 1], [2, 1]], [[3, 3], [2, 2]], "Yours is a square"),
        ([{"W1": "shape (3, 2)"}], [{"W1": "shape (2, 3)"}], "Only W: your array is transposed"),
        ([{"W1": "shape (3, 2)", "b1": "shape (3, 1)"}], [{"W1": "shape (3, 2)"}], "Your biases are missing"),
        ([{"W1": "shape (3, 2)"}], [{"W0": "shape (3, 2)"}], "Layers are numbered from 1"),
        ([[3, 7], [2, 5]], [[3, 1], [2, 1]], "An axis of yours has length 1"),
        ([[]], [[4]], "You return an array where one number is asked for"),
    ],
)
def test_shapes_are_compared(wanted, got, words):
    assert cause(wanted, got, name="the shape").startswith(words)


def test_an_observers_own_words_are_a_cause_unless_they_tell_a_number():
    assert cause(["yes", "yes"], ["no: labels stand at other examples"] * 2, name="every x keeps its y") == (
        "Every x keeps its y: no, labels stand at other examples."
    )
    assert cause(["yes"], ["no: for example 0.37"]) == ""
    assert cause(["high bias"], ["no: the train error is above a half"]) == ""
    assert cause([1, 2], ["no: the first number is even"] * 2) == ""
    words = ["high bias", "high variance"]
    assert cause(words, ["high variance"] * 2, name="high bias") == "High bias: it comes out as “high variance”."
    assert (
        cause(words, ["the first train error is zero point three"] * 2) == ""
    )  # an answer's own words may tell a case
    assert cause(["yes"], ["no"]) == ""


@pytest.mark.parametrize(
    "got",
    [
        np.zeros(100_000),
        {f"W{l}": np.ones(2) for l in range(199)},
        np.full((4, 4), np.inf),
        np.full((2, 2), 1e308),
        {"dW1": "words"},
        [[1, 2], [3]],
        [],
        None,
        "words",
        {"": {"": {}}},
        {"W" + "9" * 5000: 1, "dW1": np.ones((2, 2))},
        np.ones((3, 3), np.int8).repeat(4000, 0),
        np.array([[1e308, -1e308], [1e-308, 0]]),
        np.zeros((0, 3)),
        [None, 1],
        -(2**70),
    ],
    ids=str,
)
def test_odd_and_giant_values_cost_a_glance_and_break_nothing(got):
    wanted = (np.ones((2, 2)), {"dW1": np.ones((2, 2))}, 3.0, [1, 2], "yes", np.ones(100_000), {"W1": "shape (2, 2)"})
    for want, name in itertools.product(wanted, ("values", "keys and shapes")):
        right, seen = {(0, name): Observation(name, want)}, {(0, name): Observation(name, got)}
        if not right[0, name].agrees(seen[0, name]):
            case = {"X": np.ones((2, 2)), "lambd": 1e-300, "m": 3, "large": [2, 2]}
            assert isinstance(relations.likely_cause([case], right, seen, [(0, name)], (0, name)), str)
            assert isinstance(structure.shape_difference(name, want, got), str)
            assert isinstance(relations.differing_keys(right, seen, [(0, name)]), str)


def test_a_hidden_value_is_never_told():
    wanted = arrays()
    for number in (0.7342, 97.0, 1 / 97, 3.25):
        cases = [{"lambd": number, "m": 97.0} for _ in wanted]
        for got in ([number * w for w in wanted], [w + number for w in wanted], [w + number * w**2 for w in wanted]):
            assert not re.search(r"\d\.|97|25|7342", cause(wanted, got, cases))
    assert "3" not in cause(wanted[:1], [wanted[0] / 3], [{"m": 3}])  # one case: what m is


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("TypeError: Cannot interpret '5' as a data type", "two pairs of brackets"),
        ("KeyError: 'W0'", "there is no W0"),
        ("KeyError: 'dW3'", "gradients stand under dW1"),
        ("ValueError: operands could not be broadcast together with shapes (3,4) (4,)", "keepdims=True"),
        ("ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0", "product of matrices"),
        ("AttributeError: 'numpy.random._generator.Generator' object has no attribute 'randn'", "rng is a Generator"),
        ("RuntimeError: of my own", ""),
    ],
)
def test_errors_are_explained(error, words):
    hint = error_hints.hint(f"no: it raises {error} (in: x = y)")
    assert words in hint
    assert bool(hint) == bool(words)


def test_every_sentence_is_one_and_short():
    for sentence in (one for _, one in error_hints.HINTS):
        assert sentence.endswith((".", "?"))
        assert len(sentence) < 190
