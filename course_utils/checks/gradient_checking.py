"""What the exercises of 03_gradient_checking must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder
from course_utils.checks.case_drawing import draw_parameters, shuffle_keys
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.questions import ask_predictions, ask_questions

DEFAULT = "epsilon is 1e-7 by default"
LAYERS_10 = "W10 comes after W9"
COLUMN = "one column"


RIPPLE = 1e7  # waves as long as the usual ε: a difference quotient tells with which ε it was made


def ripple(x: Any) -> Any:
    """Compute a wave with a slope of 1 at most, much too low to be seen."""
    return np.sin(RIPPLE * x) / RIPPLE


# --- one dimension ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """A curved function of one number: a·eˣ + b·x³ or a·sin x + b·x², and ripples where they are asked for."""

    name: str
    a: float
    b: float
    ripples: float = 0.0

    def __call__(self, x: float) -> float:
        """Compute it."""
        smooth = self.a * np.exp(x) + self.b * x**3 if self.name == "exp" else self.a * np.sin(x) + self.b * x**2
        return smooth + self.ripples * ripple(x)

    def __repr__(self) -> str:
        terms = "eˣ + {:g} x³" if self.name == "exp" else "sin x + {:g} x²"
        return f"f(x) = {self.a:g} " + terms.format(self.b) + " + ripples" * bool(self.ripples)


def derivative_cases(rng: np.random.Generator) -> list[Case]:
    """Draw curves, places and steps from 10⁻⁷ to a half."""
    settings: tuple[tuple[str, dict[str, Any]], ...] = (
        ("central differences", {"epsilon": 0.1, "scheme": "central"}),
        ("forward differences", {"epsilon": 0.1, "scheme": "forward"}),
        ("central differences", {"epsilon": 0.5, "scheme": "central"}),
        ("forward differences", {"epsilon": 1e-3, "scheme": "forward"}),
        ("scheme is central by default", {"epsilon": 0.25}),
        ("epsilon is small by default", {}),
        ("epsilon is small by default", {"scheme": "forward"}),
    )
    cases = []
    for index, (what, rest) in enumerate(settings):
        curve = Curve(("exp", "sin")[index % 2], *(round(float(value), 2) for value in rng.uniform(0.8, 2, 2)))
        cases.append({"what": what, "f": curve, "x": round(float(rng.uniform(0.4, 1.2)), 2), "rest": rest})
    cases.append(
        {"what": "epsilon is small by default", "f": Curve("sin", 1, 3), "x": int(rng.integers(3, 9)), "rest": {}}
    )
    # At a crest, where the waves are steepest.
    crest = 2 * np.pi / RIPPLE * int(rng.integers(10**5, 10**6))
    return [*cases, {"what": DEFAULT, "f": Curve("sin", 1.5, 0.5, 5.0), "x": crest, "rest": {}}]


@exercise(
    "numerical_derivative",
    cases=derivative_cases,
    weights={
        "central differences": 3,
        "forward differences": 3,
        "scheme is central by default": 1,
        "epsilon is small by default": 1,
        DEFAULT: 1,
    },
)
def numerical_derivative(answer: CallRecorder, what: str, f: Curve, x: float, rest: dict) -> Iterator[Observation]:
    """Observe the slope."""
    yield Observation(what, see.number(answer(f, x, **rest)), rtol=1e-4 if what == DEFAULT else 1e-5)


# --- how far apart ----------------------------------------------------------------------------------------


def difference_cases(rng: np.random.Generator) -> list[Case]:
    """Draw pairs of vectors and matrices, of sizes from 10⁻⁹ to 10⁶."""
    cases = []
    for exponent, shape in ((0, (7, 1)), (-9, (1, 1)), (6, (3, 5)), (-4, (13, 1))):
        approx = rng.normal(0, 1, shape) * 10.0**exponent
        approx[0, 0] = 10.0**exponent
        cases.append({"what": "two different gradients", "pairs": [(approx, approx * 0.6 + 0.3 * 10.0**exponent)]})
    grad = rng.normal(0, 1, (4, 1))
    zero = np.zeros((5, 1))
    cases.append({"what": "a factor between them", "pairs": [(2 * grad, grad), (grad, 2 * grad), (9 * grad, grad)]})
    cases.append({"what": "opposite signs", "pairs": [(-grad, grad)]})
    cases.append({"what": "one of them zero", "pairs": [(np.zeros((4, 1)), grad), (grad * 1e-9, 0 * grad)]})
    cases.append({"what": "0 when both are zero", "pairs": [(zero, zero), (zero, zero + 1)]})
    return cases


@exercise(
    "relative_difference",
    cases=difference_cases,
    weights={"two different gradients": 4, "a factor between them": 1},
    form={"opposite signs": 1, "one of them zero": 1, "0 when both are zero": 2},
)
def relative_difference(
    answer: CallRecorder, what: str, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> Iterator[Observation]:
    """Observe the number."""
    yield Observation(what, [see.number(answer(approx, grad)) for approx, grad in pairs], rtol=1e-4, atol=1e-9)


# --- dictionaries and columns -----------------------------------------------------------------------------


def column_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 12, the last of them with their keys in another order."""
    ordered = [draw_parameters(rng, depth, 5) for depth in (1, 2, 4)]
    networks = [draw_parameters(rng, int(rng.integers(10, 13)), 3), draw_parameters(rng, 3, 4)]
    return [{"parameters": parameters} for parameters in (*ordered, *(shuffle_keys(rng, one) for one in networks))]


def whole(parameters: dict) -> str:
    """Name the property that a network's column shows."""
    if len(parameters) > 18:
        return LAYERS_10
    return "W1, b1, W2, b2, …" if next(iter(parameters)) == "W1" else "the order of the dict's keys does not matter"


@exercise(
    "dictionary_to_vector",
    cases=column_cases,
    weights={"W1, b1, W2, b2, …": 3, LAYERS_10: 2, "the order of the dict's keys does not matter": 3},
    form={COLUMN: 1},
)
def dictionary_to_vector(answer: CallRecorder, parameters: dict) -> Iterator[Observation]:
    """Observe the shape and the values."""
    theta = np.asarray(answer(parameters))
    yield Observation(COLUMN, list(theta.shape))
    yield Observation(whole(parameters), theta.ravel())


def cut_cases(rng: np.random.Generator) -> list[Case]:
    """Draw shapes of networks of depth 1 to 12 and a column for each."""
    cases = []
    for depth in (1, 3, int(rng.integers(10, 13))):
        shapes = {key: value.shape for key, value in draw_parameters(rng, depth, 3 if depth > 9 else 5).items()}
        size = sum(rows * columns for rows, columns in shapes.values())
        cases.append({"theta": rng.normal(0, 1, (size, 1)), "shapes": shapes})
    return cases


@exercise(
    "vector_to_dictionary",
    cases=cut_cases,
    weights={"values": 4},
    form={see.SHAPES: 3, see.SEPARATE: 1},
)
def vector_to_dictionary(answer: CallRecorder, theta: np.ndarray, shapes: dict) -> Iterator[Observation]:
    """Observe shapes and values."""
    parameters = answer(theta, shapes)
    yield Observation(see.SHAPES, see.shapes(parameters))
    yield Observation("values", {key: value.ravel() for key, value in see.arrays(parameters).items()})
    yield Observation(see.SEPARATE, see.separate(parameters))


# --- many dimensions --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Valley:
    """A curved cost of a column θ in which every entry matters to every other."""

    a: np.ndarray
    b: np.ndarray
    ripples: float = 0.0

    def __call__(self, theta: np.ndarray) -> float:
        """Compute it."""
        theta = np.ravel(theta)
        waves = self.ripples * float(np.sum(ripple(theta)))
        return float(self.a @ theta**3 + self.b @ theta + 0.5 * theta.sum() ** 2) + waves

    def __repr__(self) -> str:
        return f"J of {len(self.a)} numbers"


def valley_cases(rng: np.random.Generator) -> list[Case]:
    """Draw costs of 1 to 7 numbers, steps large and small, and a theta of whole numbers."""
    cases = []
    for what, n, rest in (
        ("central differences, entry by entry", 1, {"epsilon": 0.2}),
        ("central differences, entry by entry", 5, {"epsilon": 0.3}),
        ("central differences, entry by entry", 7, {"epsilon": 0.01}),
        ("epsilon is small by default", 3, {}),
        ("a theta of whole numbers", 4, {"epsilon": 1e-4}),
        (DEFAULT, 3, {}),
    ):
        theta = rng.uniform(0.3, 1.2, (n, 1))
        if what.startswith("a theta"):
            theta = rng.integers(1, 4, (n, 1))
        J = Valley(rng.uniform(0.5, 1.5, n), rng.uniform(0.5, 4.0, n), ripples=5.0 if what == DEFAULT else 0.0)
        if what == DEFAULT:
            theta = 2 * np.pi / RIPPLE * rng.integers(10**5, 10**6, (n, 1))
        cases.append({"what": what, "J": J, "theta": theta, "rest": rest})
    return cases


@exercise(
    "numerical_gradient",
    cases=valley_cases,
    weights={
        "central differences, entry by entry": 5,
        "epsilon is small by default": 1,
        DEFAULT: 1,
        "a theta of whole numbers": 2,
    },
    form={COLUMN: 1},
)
def numerical_gradient(
    answer: CallRecorder, what: str, J: Valley, theta: np.ndarray, rest: dict
) -> Iterator[Observation]:
    """Observe the column."""
    approx = np.asarray(answer(J, theta, **rest))
    yield Observation(COLUMN, list(approx.shape))
    yield Observation(what, approx.ravel(), rtol=1e-4 if what == DEFAULT else 1e-5, atol=1e-6)


@dataclass(frozen=True)
class Landscape:
    """A curved cost of a dict of parameters, with its gradient."""

    slopes: dict[str, np.ndarray] = field(default_factory=dict)
    ripples: float = 0.0

    def __call__(self, parameters: dict[str, np.ndarray]) -> float:
        """Compute it."""
        smooth = sum(np.sum(slope * np.exp(parameters[key])) for key, slope in self.slopes.items())
        return float(smooth + self.ripples * sum(np.sum(ripple(parameters[key])) for key in self.slopes))

    def gradients(self, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute its derivatives."""
        return {"d" + key: slope * np.exp(parameters[key]) for key, slope in self.slopes.items()}

    def __repr__(self) -> str:
        return f"cost of {', '.join(self.slopes)}"


def check_cases(rng: np.random.Generator) -> list[Case]:
    """Draw costs and their gradients, right and with planted errors, in networks of depth 1 to 11."""

    def case(what: str, depth: int, most: int, **rest: float) -> Case:
        parameters = draw_parameters(rng, depth, most)
        slopes = {key: rng.uniform(1, 2, value.shape) for key, value in parameters.items()}
        cost = Landscape(slopes)
        return {"what": what, "cost": cost, "parameters": parameters, "grads": cost.gradients(parameters), "rest": rest}

    right = case("right gradients", 2, 3)
    factor = case("wrong gradients", 1, 3)
    factor["grads"]["dW1"] *= float(rng.choice((2.0, 0.5)))
    sign = case("wrong gradients", 3, 3)
    sign["grads"]["db2"] *= -1.0
    deep = case("wrong gradients", int(rng.integers(10, 12)), 1)
    deep["grads"]["dW10"] *= 1.7
    # dW1 is off by more, db2 by the larger share: what counts is an entry's own relative difference.
    small = case("the worst entry by its own size", 2, 3)
    small["cost"].slopes["b2"][:] *= 1e-3
    small["grads"] = small["cost"].gradients(small["parameters"])
    small["grads"]["dW1"] *= 1.1
    small["grads"]["db2"] *= 3.0
    mixed = case("keys of grads in another order", 2, 3)
    mixed["grads"]["dW2"] *= 1.4
    mixed["grads"] = shuffle_keys(rng, mixed["grads"])
    wide = case("epsilon", 2, 2, epsilon=0.5)
    # A parameter that the cost does not depend on has no relative difference, and a cost of none at all neither.
    flat = case("parameters without influence", 2, 3)
    flat["cost"].slopes["b1"][:] = 0.0
    flat["grads"] = flat["cost"].gradients(flat["parameters"])
    flat["grads"]["dW2"] *= 1.4
    still = case("parameters without influence", 1, 3)
    still["cost"] = Landscape({key: 0 * value for key, value in still["parameters"].items()})
    still["grads"] = still["cost"].gradients(still["parameters"])
    waves = case(DEFAULT, 1, 3)
    waves["parameters"] = {
        key: 2 * np.pi / RIPPLE * rng.integers(10**5, 10**6, value.shape) for key, value in waves["parameters"].items()
    }
    waves["cost"] = Landscape(waves["cost"].slopes, ripples=5.0)
    return [right, factor, sign, deep, small, mixed, wide, flat, still, waves]


@exercise(
    "gradient_check",
    cases=check_cases,
    weights={
        "wrong gradients": 2,
        "wrong gradients: worst_key": 2,
        "the worst entry by its own size": 1,
        "keys of grads in another order": 1,
        "epsilon": 1,
        DEFAULT: 1,
        "parameters without influence": 1,
    },
    form={"right gradients": 2},
)
def gradient_check(
    answer: CallRecorder, what: str, cost: Landscape, parameters: dict, grads: dict, rest: dict
) -> Iterator[Observation]:
    """Observe the difference and the key."""
    result = see.pair(answer(cost, parameters, grads, **rest), "(difference, worst_key)")
    difference, worst_key = see.number(result[0]), str(result[1])
    if what == "right gradients":
        yield Observation(what, "below 1e-6" if 0 <= difference < 1e-6 else "too large")
    elif what in ("epsilon", DEFAULT):
        yield Observation(what, difference, rtol=1e-3)
    elif what == "wrong gradients":
        yield Observation(what, difference, rtol=1e-3)
        yield Observation(f"{what}: worst_key", worst_key)
    elif not any(np.any(value) for value in grads.values()):
        yield Observation(what, [difference, "none is the worst"])
    else:
        yield Observation(what, [difference, worst_key], rtol=1e-3)


# --- the bug hunt -----------------------------------------------------------------------------------------


def hunt_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of three layers and 5, 1 and 4 examples."""
    cases = []
    for m, most, label in ((5, 4, 0.0), (1, 3, 0.0), (4, 3, 1.0)):
        sizes = [int(n) for n in rng.integers(2, most + 1, 3)] + [1]
        parameters = {}
        for l in (1, 2, 3):
            # Small: for large z softplus is z itself, and nobody could tell the two.
            parameters[f"W{l}"] = rng.uniform(0.15, 0.5, (sizes[l], sizes[l - 1]))
            parameters[f"b{l}"] = rng.uniform(-0.3, 0.3, (sizes[l], 1))
        # Certain and wrong: the gradient is as exact as ever, but the cost loses digits, and its differences more.
        parameters["b3"] += 10 * (1 - 2 * label)
        # Labels of one kind, so that no gradient is zero by chance.
        Y = np.full((1, m), label)
        cases.append({"X": rng.uniform(0.2, 1.5, (sizes[0], m)), "Y": Y, "parameters": parameters})
    return cases


# Differences of the cost come no nearer than about 1e-6 here: they are to find bugs, and no answer.
EXACT: dict[str, Any] = {"rtol": 1e-10, "atol": 1e-13, "secret": True}


@exercise(
    "repaired_backward_propagation",
    cases=hunt_cases,
    weights={"dW3 and db3": 2, "dW2 and db2": 2, "dW1": 2, "db1": 2},
    form={"keys and shapes": 1},
    is_hunt=True,
)
def repaired_backward_propagation(
    answer: CallRecorder, X: np.ndarray, Y: np.ndarray, parameters: dict
) -> Iterator[Observation]:
    """Observe the gradients; what is wrong with one is for the student's own gradient check to say."""
    grads = see.arrays(answer(X, Y, parameters))
    yield Observation("keys and shapes", {key: list(value.shape) for key, value in grads.items()})
    yield Observation("dW3 and db3", {key: grads[key] for key in ("dW3", "db3") if key in grads}, **EXACT)
    yield Observation("dW2 and db2", {key: grads[key] for key in ("dW2", "db2") if key in grads}, **EXACT)
    for key in ("dW1", "db1"):
        if key in grads:
            yield Observation(key, grads[key], **EXACT)


# --- predictions and concept questions ------------------------------------------------------------------------------

ask_predictions("gradient_checking_predictions", 3)
ask_predictions("gradient_checking_more_predictions", 4)
ask_questions("gradient_checking", 8)
