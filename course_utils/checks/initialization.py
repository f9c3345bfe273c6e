"""What the exercises of 01_initialization must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder, Rng
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.questions import ask_predictions, ask_questions

NORMAL = "share of each W within one standard deviation"
SMALLER = "a W is the smaller, the more inputs its units have"


def small_networks(rng: np.random.Generator) -> list[list[int]]:
    """Draw networks of 1 to 4 layers, one with equal layer sizes, the others with various sizes."""
    size = int(rng.integers(2, 5))
    hidden = [[int(n) for n in rng.integers(1, 8, depth)] for depth in (0, 1, 3)]
    return [[int(rng.integers(8, 10)), *sizes, 1] for sizes in hidden] + [[size] * 4]


def large_network(rng: np.random.Generator) -> list[int]:
    """Draw a network whose layers have over 15 000 weights and clearly different fan_in and fan_out."""
    return [int(rng.integers(low, high)) for low, high in ((190, 220), (90, 105), (190, 220), (90, 105))]


# --- initialization ---------------------------------------------------------------------------------------


@exercise(
    "initialize_parameters_zeros",
    cases=lambda rng: [{"networks": small_networks(rng)}],
    weights={"weights": 2},
    form={see.SHAPES: 4, see.BIASES: 1, see.FLOATS: 1, see.SEPARATE: 2},
)
def zeros(answer: CallRecorder, networks: list[list[int]]) -> Iterator[Observation]:
    """Observe shapes, zeros, and that no array is used twice."""
    yield from see.follows_layers_dims(answer, networks)
    results = [answer(layers_dims) for layers_dims in networks]
    largest = max(float(np.abs(W).max()) for parameters in results for W in see.weights(parameters))
    yield Observation("weights", "all zero" if largest == 0 else f"up to {largest:.3g}")
    yield Observation(see.BIASES, [see.biases(parameters) for parameters in results])
    yield Observation(see.FLOATS, [see.floats(parameters) for parameters in results])
    yield Observation(see.SEPARATE, [see.separate(parameters) for parameters in results])


def random_cases(*settings: dict) -> Callable[[np.random.Generator], list[Case]]:
    """Make a case of each of an exercise's settings, with networks and a seed drawn anew."""

    def cases(rng: np.random.Generator) -> list[Case]:
        return [
            {
                "networks": small_networks(rng),
                "large": large_network(rng),
                "seed": int(rng.integers(1000)),
                **setting,
            }
            for setting in settings
        ]

    return cases


def random_initialization(
    answer: CallRecorder,
    networks: list[list[int]],
    large: list[int],
    seed: int,
    before: tuple = (),
    after: tuple = (),
    normal: bool = False,
    follows_inputs: bool = False,
) -> Iterator[Observation]:
    """Observe an initialization called as ``answer(layers_dims, *before, rng, *after)``.

    ``normal`` asks for the shape of the distribution too, ``follows_inputs`` whether it follows the number of inputs.
    """
    rest = (*before, Rng(seed), *after)
    yield from see.follows_layers_dims(answer, networks, *rest)
    parameters = answer(large, *rest)
    yield Observation(see.FLOATS, see.floats(parameters))
    yield Observation(see.BIASES, see.biases(parameters))
    found = see.weights(parameters)
    yield Observation(see.SCALE, [float(W.std()) for W in found], rtol=0.05, atol=0)
    yield Observation(see.MEAN, [float(W.mean() / (W.std() or 1)) for W in found], rtol=0, atol=0.06)
    if follows_inputs:  # the second W has about half as many as the others
        first, second, third = (float(W.std()) for W in found)
        yield Observation(SMALLER, "yes" if second > 1.15 * max(first, third) else "no")
    if normal:
        yield Observation(NORMAL, [float(np.mean(np.abs(W) < W.std())) for W in found], rtol=0, atol=0.04)
    yield Observation(see.INDEPENDENT, see.independent(found))
    yield Observation(
        see.RNG,
        see.follows_rng(*(see.draw_weights(answer, rng_seed, (networks[1], *before), after) for rng_seed in (1, 1, 2))),
    )


COMMON = {see.SHAPES: 2, see.FLOATS: 1, see.BIASES: 2, see.MEAN: 2, see.INDEPENDENT: 2, see.RNG: 2}


@exercise(
    "initialize_parameters_random",
    cases=random_cases({"scale": 0.01}, {"scale": 1.0}, {"scale": 7.0}),
    weights={see.SCALE: 4},
    form={**COMMON, NORMAL: 1},
)
def random(answer: CallRecorder, scale: float, **case: Any) -> Iterator[Observation]:
    """Observe scaled standard-normal weights."""
    yield from random_initialization(answer, before=(scale,), normal=True, **case)


@exercise(
    "initialize_parameters_xavier",
    cases=random_cases({"variant": None}, {"variant": "fan_in"}, {"variant": "fan_avg"}),
    weights={f"{see.SCALE}, fan_in": 5, f"{see.SCALE}, fan_avg": 5, SMALLER: 2},
    form=COMMON,
)
def xavier(answer: CallRecorder, variant: str | None, **case: Any) -> Iterator[Observation]:
    """Observe the two variants, and that fan_in is the default."""
    after = (variant,) if variant else ()
    for seen in random_initialization(answer, after=after, follows_inputs=variant != "fan_avg", **case):
        if seen.property == see.SCALE:
            yield Observation(f"{see.SCALE}, {variant or 'fan_in'}", seen.value, seen.rtol, seen.atol)
        else:
            yield seen


@exercise(
    "initialize_parameters_he",
    cases=random_cases({}),
    weights={see.SCALE: 9, SMALLER: 2},
    form=COMMON,
)
def he(answer: CallRecorder, **case: Any) -> Iterator[Observation]:
    """Observe He initialization."""
    yield from random_initialization(answer, follows_inputs=True, **case)


# --- signals and symmetry ---------------------------------------------------------------------------------


def rms_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 7 with biases, and inputs with a mean."""
    cases = []
    for depth, activation in ((1, "relu"), (3, "relu"), (7, "relu"), (1, "tanh"), (4, "tanh"), (6, "tanh")):
        sizes = [int(n) for n in rng.integers(2, 9, depth + 1)]
        sizes[-1] += depth == 1  # a network of one layer still has two units to average
        parameters = {}
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(sizes), start=1):
            parameters[f"W{layer}"] = rng.normal(0, 1.3 / np.sqrt(fan_in), (fan_out, fan_in))
            parameters[f"b{layer}"] = rng.normal(0.4, 0.3, (fan_out, 1))
        X = rng.normal(0.5, 1, (sizes[0], int(rng.integers(3, 12))))
        cases.append({"parameters": parameters, "X": X, "activation": activation})
    return cases


@exercise(
    "activation_rms",
    cases=rms_cases,
    weights={"values with relu": 4, "values with tanh": 4},
    form={"one number for each layer": 1},
)
def activation_rms(answer: CallRecorder, parameters: dict, X: np.ndarray, activation: str) -> Iterator[Observation]:
    """Observe the list of root mean squares."""
    values = answer(parameters, X, activation)
    yield Observation("one number for each layer", list(np.shape(values)))
    yield Observation(f"values with {activation}", values)


def count_cases(rng: np.random.Generator) -> list[Case]:
    """Draw matrices with known groups of equal, nearly equal and different rows."""

    def rows(groups: list[int], columns: int, tol: float, spread: float) -> np.ndarray:
        # Rows of a group lie within spread * tol of each other; groups by 20 tol or more.
        # Some equal rows are neighbours and some are not.
        centres = 20 * tol * rng.permutation(len(groups))[:, None] + rng.normal(0, 1, columns)
        group = np.repeat(np.arange(len(groups)), groups)
        while True:
            group = rng.permutation(group)
            runs = 1 + np.count_nonzero(np.diff(group))
            if len(groups) < runs < len(group):
                break
        return centres[group] + rng.uniform(0, spread * tol, (len(group), columns))

    different = rng.normal(0, 1, (int(rng.integers(4, 9)), int(rng.integers(2, 4))))
    different[:, 0] = different[0, 0]  # rows that share an entry differ all the same
    shared = np.repeat(rng.normal(0, 1, (1, 5)), int(rng.integers(3, 7)), axis=0)
    shared[:, 1:] += rng.normal(0, 1, 4)  # columns differ, rows do not
    sizes = [int(n) for n in rng.integers(1, 4, int(rng.integers(3, 6)))]
    tol = float(10.0 ** rng.integers(-3, 0))
    swapped = np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0], [0.0, 3.0]]) + rng.normal()
    return [
        {"kind": "all different", "W": different},
        {"kind": "all equal", "W": shared},
        {"kind": "groups of equal rows", "W": rows([3, 2, *sizes], 4, 1e-2, 0.0)},
        {"kind": "groups of equal rows", "W": swapped},
        {"kind": "rows that are equal but for rounding", "W": rows([2, 3, *sizes], 3, 1e-8, 0.6)},
        {"kind": "rows that are equal but for rounding", "W": np.array([[0, 1], [0.7, 1], [3, 1], [4.4, 1]]) * 1e-8},
        {"kind": "a tol of its own", "W": rows([4, 1, *sizes], 9, tol, 0.6), "tol": tol},
        {"kind": "a tol of its own", "W": rows([2, 2, *sizes], 6, 1e-10, 0.6), "tol": 1e-10},
        {"kind": "a tol of its own", "W": np.array([[0.25, 1.0], [0.75, 1.0], [4.0, 1.0]]), "tol": 0.5},
    ]


@exercise(
    "count_distinct_units",
    cases=count_cases,
    weights={"groups of equal rows": 2, "rows that are equal but for rounding": 2, "a tol of its own": 3},
    form={"all different": 1, "all equal": 1},
)
def count_distinct_units(answer: CallRecorder, kind: str, W: np.ndarray, **tol: float) -> Iterator[Observation]:
    """Observe the count."""
    yield Observation(kind, answer(W, **tol))


# --- predictions and concept questions -------------------------------------------------------------------------------

ask_predictions("initialization_predictions", 4)
ask_predictions("initialization_more_predictions", 5)
ask_questions("initialization", 6)
