"""What the exercises of 04_optimization must satisfy: the cases, and what is observed in each."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils import network
from course_utils.checks import observing as see
from course_utils.checks.calling import CallRecorder, MalformedResult, Rng
from course_utils.checks.case_drawing import draw_binary_labels, draw_parameters, draw_signed, shuffle_keys
from course_utils.checks.difference import kind
from course_utils.checks.exercise import Case, Observation, exercise
from course_utils.checks.questions import ask_predictions, ask_questions

# --- mini-batches ---------------------------------------------------------------------------------------------------

SIZES = "sizes of the mini-batches"
PAIRS = "every x keeps its y"
ONCE = "every example is there once"
SHUFFLED = "the examples are shuffled"


def batch_cases(rng: np.random.Generator) -> list[Case]:
    """Draw sets of 1 to about 100 examples, and sizes that divide m, do not, are 1, m and more than m."""
    few, medium = int(rng.integers(3, 9)), int(rng.integers(7, 14))
    uneven = medium * int(rng.integers(8, 11)) + int(rng.integers(1, medium))
    cases = []
    for n_x, n_y, m, size in (
        (3, 1, uneven, medium),
        (2, 4, 7 * int(rng.integers(9, 14)), 7),
        (4, 1, 61, 1),
        (1, 2, 53, 53),
        (3, 1, few, 64),
        (2, 1, 1, 3),
    ):
        X = rng.normal(0, 1, (n_x, m))
        X[0] = np.arange(m) + 0.5  # tells which example a column is
        Y = 10.0 * np.arange(n_y)[:, None] + np.arange(m)
        cases.append({"X": X, "Y": Y, "mini_batch_size": size, "seed": int(rng.integers(10_000))})
    return cases


def read_mini_batches(result: Any, X: np.ndarray, Y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read a result as a list of pairs.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    if not isinstance(result, list) or not result:
        raise MalformedResult(f"it returns {kind(result)}, not a list of pairs (X_b, Y_b)")
    found = []
    for number, pair in enumerate(result):
        if not isinstance(pair, list) or len(pair) != 2:
            raise MalformedResult(f"mini-batch {number} is {kind(pair)}, not a pair (X_b, Y_b)")
        X_b, Y_b = np.asarray(pair[0]), np.asarray(pair[1])
        for name, part, whole in (("X_b", X_b, X), ("Y_b", Y_b, Y)):
            if part.ndim != 2 or len(part) != len(whole):
                raise MalformedResult(
                    f"{name} of mini-batch {number} has shape {part.shape}, not ({len(whole)}, its size)"
                )
        found.append((X_b.astype(float), Y_b.astype(float)))
    return found


def example_numbers(found: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Numbers of the examples in each mini-batch."""
    return [np.round(X_b[0] - 0.5).astype(int) for X_b, _ in found]


def is_shuffled(groups: list[np.ndarray]) -> str:
    """Say whether mini-batches hold examples from everywhere, in any order."""
    order = np.concatenate(groups)
    m = len(order)
    neighbours = np.sum(np.diff(order) == 1)  # about 1 by chance
    if neighbours == m - 1:
        return "no: they stand in the order they came in"
    if neighbours > m / 4:
        return "no: many neighbours stay neighbours"
    large = [group for group in groups if len(group) > 5]
    if len(large) > 2 and np.mean([np.ptp(group) for group in large]) < m / 2:
        return "no: each mini-batch is one piece of the data, shuffled in itself"
    return "yes"


@exercise(
    "random_mini_batches",
    cases=batch_cases,
    weights={SHUFFLED: 3},
    form={SIZES: 3, PAIRS: 3, ONCE: 3, see.RNG: 1},
)
def random_mini_batches(
    answer: CallRecorder, X: np.ndarray, Y: np.ndarray, mini_batch_size: int, seed: int
) -> Iterator[Observation]:
    """Observe what is in the mini-batches."""
    m = X.shape[1]
    found = read_mini_batches(answer(X, Y, mini_batch_size, Rng(seed)), X, Y)
    yield Observation(SIZES, [X_b.shape[1] for X_b, _ in found])
    if len(found) == 1 and found[0][0].shape[1] == m > mini_batch_size:
        raise MalformedResult("it returns all examples in one piece")
    if any(X_b.shape[1] != Y_b.shape[1] for X_b, Y_b in found):
        raise MalformedResult("an X_b and its Y_b hold different numbers of examples")
    groups = example_numbers(found)
    order = np.concatenate(groups)
    known = np.isin(order, np.arange(m)).all()
    X_all, Y_all = (np.concatenate(parts, axis=1) for parts in zip(*found, strict=True))
    if not known or not np.allclose(X_all, X[:, order], rtol=1e-4):
        yield Observation(PAIRS, "no: there are columns that are no examples")
        return
    yield Observation(PAIRS, "yes" if np.array_equal(Y_all, Y[:, order]) else "no: labels stand at other examples")
    missing, doubled = m - len(np.unique(order)), len(order) - len(np.unique(order))
    words = [f"{number} {what}" for number, what in ((missing, "missing"), (doubled, "there more than once")) if number]
    # A number that depends on the draw would be no symptom.
    words = ["some are missing, others are there more than once"] if missing and doubled else words
    yield Observation(ONCE, "no: " + words[0] if words else "yes")
    if m < 20:
        return
    yield Observation(SHUFFLED, is_shuffled(groups))
    again, other = (
        example_numbers(read_mini_batches(answer(X, Y, mini_batch_size, Rng(rng_seed)), X, Y))
        for rng_seed in (seed, seed + 1)
    )
    yield Observation(see.RNG, follows_rng(groups, again, other))


def follows_rng(*groups: list[np.ndarray]) -> str:
    """Say whether the examples in mini-batches, and their order, follow the rng: once, again with it, with another."""
    once, again, other = map(np.concatenate, groups)
    return see.follows_rng(once, again, other, "the mini-batches are", "gives other mini-batches")


# --- update rules ---------------------------------------------------------------------------------------------------

STEPS = 5


def draw_gradients(rng: np.random.Generator, parameters: dict, low: float, high: float, positive: bool = False) -> dict:
    """Draw an entry for each parameter, under the key of its gradient and in an order of their own."""
    drawn = {}
    for key in rng.permutation(list(parameters)).tolist():
        sizes, signs = rng.uniform(low, high, parameters[key].shape), rng.uniform(-1, 1, parameters[key].shape)
        drawn["d" + key] = sizes if positive else np.copysign(sizes, signs)
    return drawn


def read_states(result: Any, names: tuple[str, ...]) -> list[dict]:
    """Read a result as a list of dicts, a dict for each name.

    Raises
    ------
    MalformedResult
        It is something else.
    """
    if len(names) == 1:
        return [see.arrays(result)]
    if not isinstance(result, list) or len(result) != len(names):
        raise MalformedResult(f"it returns {kind(result)}, not ({', '.join(names)})")
    return [see.arrays(part) for part in result]


def gd_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1 to 4 and a network of depth 11, with learning rates from 0.003 to 2."""
    cases = []
    for depth, learning_rate in ((2, 0.5), (1, 0.03), (4, 2.0), (11, 0.003)):
        parameters = draw_parameters(rng, depth, 4 if depth < 5 else 2)
        if depth == 4:
            parameters = shuffle_keys(rng, parameters)
        grads = draw_gradients(rng, parameters, 0.5, 2.0)
        cases.append({"parameters": parameters, "grads": grads, "learning_rate": round(learning_rate, 3)})
    return cases


@exercise("update_parameters_with_gd", cases=gd_cases, weights={"every W": 2, "every b": 2})
def update_parameters_with_gd(
    answer: CallRecorder, parameters: dict, grads: dict, learning_rate: float
) -> Iterator[Observation]:
    """Observe the new parameters."""
    found = see.arrays(answer(parameters, grads, learning_rate))
    odd = [key for key in found if key not in parameters]
    if odd:
        raise MalformedResult(f"its dict has {', '.join(odd)}, which are no parameters")
    for letter in "Wb":
        yield Observation(
            f"every {letter}", {key: value for key, value in found.items() if key[0] == letter}, atol=1e-6
        )


def velocity_cases(rng: np.random.Generator) -> list[Case]:
    """Draw networks of depth 1, 2 and 11, and a network whose layers have the same shape."""
    networks = [draw_parameters(rng, depth, 3) for depth in (2, 1, 11)]
    square = {key: np.ones((2, 2 if key[0] == "W" else 1)) for key in ("W1", "b1", "W2", "b2")}
    return [{"parameters": parameters} for parameters in (*networks, square)]


@exercise(
    "initialize_velocity",
    cases=velocity_cases,
    weights={"keys": 4, "shapes": 2},
    form={"zeros": 2, see.FLOATS: 1, see.SEPARATE: 1},
)
def initialize_velocity(answer: CallRecorder, parameters: dict) -> Iterator[Observation]:
    """Observe keys, shapes, values and memory."""
    v = see.arrays(answer(parameters))
    if any(np.any(value) for value in v.values()):
        raise MalformedResult("its entries are not all zero")
    yield Observation("zeros", "yes")
    yield Observation("keys", dict.fromkeys(v, "is there"))
    yield Observation("shapes", {key.removeprefix("d"): list(value.shape) for key, value in v.items()})
    yield Observation(see.FLOATS, see.floats(v))
    yield Observation(see.SEPARATE, see.separate(v))


def observe_steps(
    answer: CallRecorder,
    names: tuple[str, ...],
    start: list[dict],
    gradients: list[dict],
    call: Callable[[list[dict], dict, int], tuple[tuple, dict]],
) -> Iterator[Observation]:
    """Take several steps from a start, each from where the answer's last step led.

    Parameters
    ----------
    answer : CallRecorder
    names : tuple of str
        What a step returns: the parameters and the states.
    start : list of dict
        A dict for each name.
    gradients : list of dict
        A dict for each step.
    call : callable
        ``call(now, grads, step)`` → arguments and keywords of a step.
    """
    now = start
    for step, grads in enumerate(gradients):
        arguments, keywords = call(now, grads, step)
        now = read_states(answer(*arguments, **keywords), names)
        for name, before, after in zip(names, start, now, strict=True):
            wrong = next((key for key in before if key not in after or after[key].shape != before[key].shape), None)
            if wrong:
                got = f"shape {after[wrong].shape}" if wrong in after else "missing"
                raise MalformedResult(f"{wrong} of {name} is {got}, it should have shape {before[wrong].shape}")
        if step == 0:
            for name, content in reversed(list(zip(names, now, strict=True))):  # a wrong state makes wrong parameters
                yield Observation(f"{name} after a step", content, atol=1e-6)
    for name, content in reversed(list(zip(names, now, strict=True))):
        yield Observation(f"{name} after {STEPS} steps", content, atol=1e-6)


def momentum_cases(rng: np.random.Generator) -> list[Case]:
    """Draw velocities that are not zero, β from 0.35 to 0.97 and learning rates from 0.05 to 1.5."""
    cases = []
    for depth, beta, learning_rate in ((2, 0.7, 0.3), (1, 0.35, 0.05), (3, 0.97, 1.5)):
        parameters = draw_parameters(rng, depth, 3)
        v = draw_gradients(rng, parameters, 0.5, 2.0)
        gradients = [draw_gradients(rng, parameters, 0.5, 2.0) for _ in range(STEPS)]
        if depth == 3:
            parameters = shuffle_keys(rng, parameters)
        cases.append(
            {"parameters": parameters, "v": v, "gradients": gradients, "beta": beta, "learning_rate": learning_rate}
        )
    return cases


@exercise(
    "update_parameters_with_momentum",
    cases=momentum_cases,
    weights={
        "v after a step": 3,
        "parameters after a step": 4,
        f"v after {STEPS} steps": 2,
        f"parameters after {STEPS} steps": 2,
    },
)
def update_parameters_with_momentum(
    answer: CallRecorder, parameters: dict, v: dict, gradients: list[dict], beta: float, learning_rate: float
) -> Iterator[Observation]:
    """Observe one step and several."""
    yield from observe_steps(
        answer,
        ("parameters", "v"),
        [parameters, v],
        gradients,
        lambda now, grads, step: ((now[0], grads, now[1], beta, learning_rate), {}),
    )


SMALL = "gradients as small as epsilon"
ZERO = "gradients that are zero in places"
DEFAULT = "epsilon by default"


def second_moments(rng: np.random.Generator) -> Iterator[tuple[str, dict, dict, dict, list[dict], float | None]]:
    """Draw parameters, states and gradients: of ordinary size, as small as epsilon, zero, with epsilon's default."""
    for what, depth, size, epsilon in (
        ("", 2, 1.0, 0.3),
        ("", 3, 1.0, 0.02),
        (SMALL, 1, 1e-4, 3e-4),
        (ZERO, 2, 1.0, 1e-3),
        (DEFAULT, 1, 1e-8, None),
    ):
        parameters = draw_parameters(rng, depth, 3)
        v = draw_gradients(rng, parameters, 0.5 * size, 2.0 * size)
        s = draw_gradients(rng, parameters, 0.5 * size**2, 3.0 * size**2, positive=True)
        gradients = [draw_gradients(rng, parameters, 0.5 * size, 2.0 * size) for _ in range(2 if what else STEPS)]
        if what == ZERO:  # from the first step on, in the first row of every array
            for value in itertools.chain(*(state.values() for state in (v, s, *gradients))):
                value[0] = 0
        if depth == 3:
            parameters = shuffle_keys(rng, parameters)
        yield what, parameters, v, s, gradients, epsilon


def rmsprop_cases(rng: np.random.Generator) -> list[Case]:
    """Draw averages of squares that are not zero, with β₂ from 0.2 to 0.97, ε from 1e-8 to 0.3."""
    cases = []
    settings = ((0.6, 0.3), (0.97, 0.8), (0.2, 0.1), (0.9, 0.1), (0.75, 0.4))
    for (beta2, learning_rate), (what, parameters, _, s, gradients, epsilon) in zip(
        settings, second_moments(rng), strict=True
    ):
        rest = {} if epsilon is None else {"epsilon": epsilon}
        case = {"what": what, "parameters": parameters, "s": s, "gradients": gradients, "beta2": beta2}
        cases.append({**case, "learning_rate": learning_rate, "rest": rest})
    return cases


@exercise(
    "update_parameters_with_rmsprop",
    cases=rmsprop_cases,
    weights={
        "s after a step": 3,
        "parameters after a step": 3,
        f"s after {STEPS} steps": 1,
        f"parameters after {STEPS} steps": 2,
        SMALL: 1,
        ZERO: 1,
        DEFAULT: 1,
    },
)
def update_parameters_with_rmsprop(
    answer: CallRecorder,
    what: str,
    parameters: dict,
    s: dict,
    gradients: list[dict],
    beta2: float,
    learning_rate: float,
    rest: dict,
) -> Iterator[Observation]:
    """Observe one step and several, and how epsilon counts."""
    seen = observe_steps(
        answer,
        ("parameters", "s"),
        [parameters, s],
        gradients,
        lambda now, grads, step: ((now[0], grads, now[1], beta2, learning_rate), rest),
    )
    yield from observe_last_parameters(seen, what, parameters)


def observe_last_parameters(seen: Iterator[Observation], what: str, parameters: dict) -> Iterator[Observation]:
    """Pass observations on; in a special case, only the parameters of the end, as that case's own property."""
    for observation in seen:
        if not what:
            yield observation
        elif observation.property == f"parameters after {STEPS} steps":
            still = all(np.array_equal(observation.value.get(key), value) for key, value in parameters.items())
            if still:
                raise MalformedResult("it returns the parameters it was given")
            yield Observation(what, observation.value, atol=1e-6)


FIRST = "the first step, from zero"
LATE = "after a thousand steps"


def adam_cases(rng: np.random.Generator) -> list[Case]:
    """Draw states that are not zero, t from 1 to 1000, β₁ and β₂ away from their defaults and by default."""
    cases = []
    settings = (
        ({"beta1": 0.6, "beta2": 0.8}, 0.3, 3),
        ({"beta1": 0.95, "beta2": 0.9}, 0.5, 7),
        ({"beta1": 0.3, "beta2": 0.97}, 0.1, 4),
        ({"beta1": 0.8, "beta2": 0.6}, 0.1, 3),
        ({"beta1": 0.7, "beta2": 0.95}, 0.4, 5),
    )
    for (betas, learning_rate, t), (what, parameters, v, s, gradients, epsilon) in zip(
        settings, second_moments(rng), strict=True
    ):
        rest = betas if epsilon is None else {**betas, "epsilon": epsilon}
        case = {"what": what, "parameters": parameters, "v": v, "s": s, "gradients": gradients, "t": t}
        cases.append({**case, "learning_rate": learning_rate, "rest": rest})
    for what, t, rest in (
        (FIRST, 1, {"beta1": 0.7, "beta2": 0.9, "epsilon": 0.1}),
        (LATE, 1000, {"beta1": 0.5, "beta2": 0.7, "epsilon": 0.2}),
        ("the betas by default", 4, {"epsilon": 0.05}),
    ):
        parameters = draw_parameters(rng, 1, 3)
        v, s = draw_gradients(rng, parameters, 0.5, 2.0), draw_gradients(rng, parameters, 0.5, 3.0, positive=True)
        if what == FIRST:
            v, s = ({key: 0 * value for key, value in state.items()} for state in (v, s))
        gradients = [draw_gradients(rng, parameters, 0.5, 2.0) for _ in range(2)]
        case = {"what": what, "parameters": parameters, "v": v, "s": s, "gradients": gradients, "t": t}
        cases.append({**case, "learning_rate": 0.2, "rest": rest})
    return cases


@exercise(
    "update_parameters_with_adam",
    cases=adam_cases,
    weights={
        "v after a step": 3,
        "s after a step": 3,
        "parameters after a step": 4,
        f"v after {STEPS} steps": 1,
        f"s after {STEPS} steps": 1,
        f"parameters after {STEPS} steps": 2,
        FIRST: 2,
        LATE: 1,
        SMALL: 1,
        ZERO: 1,
        DEFAULT: 1,
        "the betas by default": 1,
    },
)
def update_parameters_with_adam(
    answer: CallRecorder,
    what: str,
    parameters: dict,
    v: dict,
    s: dict,
    gradients: list[dict],
    t: int,
    learning_rate: float,
    rest: dict,
) -> Iterator[Observation]:
    """Observe one step and several, early and late, and how epsilon counts."""
    seen = observe_steps(
        answer,
        ("parameters", "v", "s"),
        [parameters, v, s],
        gradients,
        lambda now, grads, step: ((now[0], grads, now[1], now[2], t + step, learning_rate), rest),
    )
    yield from observe_last_parameters(seen, what, parameters)


# --- averages and decay ---------------------------------------------------------------------------------------------

AVERAGE, CORRECTED = "without bias correction", "with bias correction"


def average_cases(rng: np.random.Generator) -> list[Case]:
    """Draw series of 1 to 40 numbers, floats, whole numbers and lists, with β from 0 to 0.99."""
    cases = []
    for n, beta, rest in (
        (23, 0.9, {"bias_correction": False}),
        (7, 0.35, {"bias_correction": False}),
        (40, 0.98, {"bias_correction": True}),
        (5, 0.6, {"bias_correction": True}),
        (1, 0.99, {"bias_correction": True}),
        (4, 0.0, {"bias_correction": True}),
        (9, 0.8, {}),
    ):
        values = np.round(rng.uniform(2, 9, n) * rng.choice((-1, 1)), 3)
        cases.append({"what": CORRECTED if rest.get("bias_correction", True) else AVERAGE, "values": values})
        if not rest:
            cases[-1]["what"] = "bias_correction is True by default"
        cases[-1] |= {"beta": beta, "rest": rest}
    cases[1]["values"] = cases[1]["values"].tolist()
    cases[3]["values"] = rng.integers(-9, 10, 5) + 20
    cases[6]["values"] = rng.integers(10, 30, 9).tolist()
    return cases


@exercise(
    "exponentially_weighted_average",
    cases=average_cases,
    weights={AVERAGE: 4, CORRECTED: 5, "bias_correction is True by default": 1},
)
def exponentially_weighted_average(
    answer: CallRecorder, what: str, values: np.ndarray, beta: float, rest: dict
) -> Iterator[Observation]:
    """Observe the averages."""
    found = np.asarray(answer(values, beta, **rest))
    if found.shape != np.shape(values):
        raise MalformedResult(f"it returns {kind(found)} for {len(values)} values")
    yield Observation(what, found)


FROM_ZERO = "epoch 0, and then 1"
LATER = "later epochs"


def register_decay(
    name: str,
    names: tuple[str, ...],
    settings: Callable[[np.random.Generator], list[tuple]],
    default: str = "",
    starts_constant: bool = False,
) -> None:
    """Register a decay schedule.

    Parameters
    ----------
    name : str
    names : tuple of str
        Of the arguments beside ``learning_rate0`` and the epoch.
    settings : callable
        ``settings(rng)`` draws what is handed over beside the epoch: ``(learning_rate0, ...)``.
    default : str
        What is looked at where ``learning_rate0`` is all that is handed over.
    starts_constant : bool
        Epochs 0 and 1 have the same rate, and so has an answer that decays nothing.
    """

    def cases(rng: np.random.Generator) -> list[Case]:
        drawn = [dict(zip(("learning_rate0", *names), values, strict=False)) for values in settings(rng)]
        later = (1, 2, 3, 5, 7, int(rng.integers(11, 20)), int(rng.integers(30, 60)))
        return [{"settings": setting, "epochs": epochs} for epochs in (later, (0, 1)) for setting in drawn]

    def observe(answer: CallRecorder, settings: dict[str, float], epochs: tuple) -> Iterator[Observation]:
        learning_rate0, *rest = settings.values()
        rates = [answer(learning_rate0, epoch, *rest) for epoch in epochs]
        what = LATER if epochs[0] else FROM_ZERO
        yield Observation(what if rest else default, [see.number(rate) for rate in rates])

    weights: dict[str, float] = {LATER: 3, **({default: 1} if default else {})}
    start: dict[str, float] = {FROM_ZERO: 1}
    if starts_constant:
        exercise(name, cases=cases, weights=weights, form=start)(observe)
    else:
        exercise(name, cases=cases, weights=weights | start)(observe)


def draw_rounded(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a short number."""
    return round(float(rng.uniform(low, high)), 3)


register_decay(
    "decay_inverse_time",
    ("decay_rate",),
    lambda rng: [(draw_rounded(rng, 0.1, 0.9), draw_rounded(rng, 0.2, 2)) for _ in range(3)],
)
register_decay(
    "decay_exponential",
    ("base",),
    lambda rng: [
        (draw_rounded(rng, 0.1, 0.9), draw_rounded(rng, 0.7, 0.94)),
        (draw_rounded(rng, 1.1, 3), draw_rounded(rng, 0.5, 0.9)),
        (0.37,),
    ],
    default="base is 0.95 by default",
)
register_decay(
    "decay_sqrt",
    ("k",),
    lambda rng: [
        (draw_rounded(rng, 0.1, 0.9), draw_rounded(rng, 0.2, 0.9)),
        (draw_rounded(rng, 0.1, 0.9), draw_rounded(rng, 1.2, 3)),
    ],
    starts_constant=True,
)
register_decay(
    "decay_staircase",
    ("decay_rate", "interval"),
    lambda rng: [
        (draw_rounded(rng, 0.1, 0.9), draw_rounded(rng, 0.2, 2), int(interval))
        for interval in (1, 3, rng.integers(4, 9))
    ],
)

# --- the training loop ----------------------------------------------------------------------------------------------

COUNT = "one step for each mini-batch"
T = "t counts the steps of all epochs, from 1"
GRADIENTS = "gradients of each mini-batch"
EACH_ONCE = "every example once in each epoch"
ANEW = "shuffled, and anew in each epoch"
ONWARD = "each step starts where the last one ended"
RETURNED = "returns the parameters after the last step"
COSTS = "cost of each mini-batch before its step"
RATES = "learning rate of each epoch"


@dataclass
class Watched:
    """An optimizer of the check: it notes what it is handed, and moves every parameter a little."""

    calls: list[tuple[dict, dict, Any, Any]] = field(default_factory=list)
    given: list[dict] = field(default_factory=list)

    def __call__(self, parameters: dict, grads: dict, t: int, learning_rate: float) -> dict:
        """Take a step."""
        self.calls.append(copy.deepcopy((parameters, grads, t, learning_rate)))
        moved = {key: 0.9 * np.asarray(value, dtype=float) + 0.01 for key, value in parameters.items()}
        self.given.append(copy.deepcopy(moved))
        return moved

    def __deepcopy__(self, memo: dict) -> Watched:
        """Return the same object: what an answer's copy records is read here."""
        return self

    def __repr__(self) -> str:
        return "an optimizer of the check"


@dataclass(frozen=True)
class Halved:
    """A decay: the learning rate divided by 2 for every epoch, plus a little."""

    more: float

    def __call__(self, learning_rate: float, epoch: int) -> float:
        """Compute it."""
        return learning_rate * 0.5**epoch + self.more

    def __repr__(self) -> str:
        return "a decay of the check"


def fit_cases(rng: np.random.Generator) -> list[Case]:
    """Draw training sets in which each example has an input of its own, so that a gradient tells who made it."""
    cases = []
    for m, size, epochs, decay in (
        (11, 4, 3, Halved(0.01)),
        (5, 1, 2, None),
        (7, 7, 3, Halved(0.02)),
        (6, 64, 2, None),
        (40, 8, 2, None),
    ):
        X = np.diag(draw_signed(rng, 0.5, 1.5, (m,)))
        Y = (np.arange(m) % 2)[None, rng.permutation(m)].astype(float)
        parameters = {"W1": rng.normal(0, 0.5, (1, m)), "b1": rng.normal(0, 0.5, (1, 1))}
        case = {"X": X, "Y": Y, "parameters": parameters, "size": size, "epochs": epochs, "decay": decay}
        cases.append({**case, "learning_rate": draw_rounded(rng, 0.1, 0.9), "seed": int(rng.integers(10_000))})
    # A deep network, to be trained on the whole set: its gradients do not depend on any order.
    parameters = draw_parameters(rng, 3, 4)
    parameters |= {"W3": rng.normal(0, 0.5, (1, len(parameters["W2"]))), "b3": rng.normal(0, 0.5, (1, 1))}
    X, Y = rng.normal(0, 1, (parameters["W1"].shape[1], 9)), draw_binary_labels(rng, 9)
    case = {"X": X, "Y": Y, "parameters": parameters, "size": 9, "epochs": 2, "decay": None}
    return [*cases, {**case, "learning_rate": 0.3, "seed": int(rng.integers(10_000))}]


def examples_of_step(call: tuple, X: np.ndarray) -> np.ndarray:
    """Tell the examples of a step by its gradient: each example has an input of its own."""
    if len(call[0]) > 2:
        return np.arange(X.shape[1])
    return np.flatnonzero(np.ravel(call[1]["dW1"]))


@exercise(
    "fit",
    cases=fit_cases,
    weights={COUNT: 2, T: 3, GRADIENTS: 3, EACH_ONCE: 2, ANEW: 2, COSTS: 2, RATES: 2},
    form={ONWARD: 2, RETURNED: 1, see.RNG: 1},
)
def fit(
    answer: CallRecorder,
    X: np.ndarray,
    Y: np.ndarray,
    parameters: dict,
    learning_rate: float,
    size: int,
    epochs: int,
    decay: Halved | None,
    seed: int,
) -> Iterator[Observation]:
    """Observe what the optimizer is handed, and what is returned."""
    optimizer = Watched()
    rest = {"decay": decay} if decay else {}

    def run(optimizer: Watched, seed: int) -> Any:
        return answer(X, Y, parameters, optimizer, learning_rate, size, epochs, Rng(seed), **rest)

    result = run(optimizer, seed)
    if not isinstance(result, list) or len(result) != 2 or not isinstance(result[0], dict):
        raise MalformedResult(f"it returns {kind(result)}, not the pair (parameters, costs)")
    calls = optimizer.calls
    if not calls:
        raise MalformedResult("it never calls the optimizer")
    yield Observation(COUNT, len(calls))
    yield Observation(T, [call[2] for call in calls])
    yield Observation(ONWARD, continues_from_last_step(calls, optimizer.given, parameters))
    yield Observation(RETURNED, "yes" if equal_entries(result[0], optimizer.given[-1]) else "no: other parameters")
    yield Observation(RATES, [call[3] for call in calls])
    groups = [examples_of_step(call, X) for call in calls]
    yield Observation(GRADIENTS, judge_gradients(calls, groups, X, Y))
    yield Observation(COSTS, judge_costs(result[1], calls, groups, optimizer.given, X, Y))
    if len(parameters) > 2:
        return
    m = X.shape[1]
    steps = -(-m // size)
    passes = [groups[start : start + steps] for start in range(0, len(groups), steps)]
    complete = all(np.array_equal(np.sort(np.concatenate(batches)), np.arange(m)) for batches in passes)
    yield Observation(EACH_ONCE, "yes" if complete else "no")
    if m < 20:
        return
    yield Observation(ANEW, epochs_differ(passes, m))
    again, other = Watched(), Watched()
    run(again, seed)
    run(other, seed + 1)
    repeated, changed = ([examples_of_step(call, X) for call in recorder.calls] for recorder in (again, other))
    yield Observation(see.RNG, follows_rng(groups, repeated, changed))


def equal_entries(entries: Any, other: dict) -> bool:
    """Tell whether two dicts of arrays hold the same numbers."""
    return (
        isinstance(entries, dict)
        and set(entries) == set(other)
        and all(np.shape(entries[key]) == np.shape(other[key]) and all_close(entries[key], other[key]) for key in other)
    )


def all_close(array: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether numbers agree; np.allclose takes ten times as long for small arrays."""
    return bool(np.all(np.abs(np.asarray(array) - other) <= 1e-8 + 1e-5 * np.abs(other)))


def continues_from_last_step(calls: list[tuple], given: list[dict], start: dict) -> str:
    """Say whether the optimizer is handed what it returned before."""
    if not equal_entries(calls[0][0], start):
        return "no: the first step does not start at parameters"
    if all(equal_entries(call[0], before) for call, before in zip(calls[1:], given, strict=False)):
        return "yes"
    return "no: every step starts at the beginning" if equal_entries(calls[-1][0], start) else "no"


def cost_and_gradients(parameters: dict, X: np.ndarray, Y: np.ndarray) -> tuple[float, dict]:
    """Cost and gradients of some examples."""
    AL, cache = network.forward_propagation(X, parameters)
    return network.compute_cost(AL, Y), network.backward_propagation(parameters, cache, Y)


def judge_gradients(calls: list[tuple], groups: list[np.ndarray], X: np.ndarray, Y: np.ndarray) -> str:
    """Say whether each step's gradients are those of its examples, at the parameters of that step."""
    for call, group in zip(calls, groups, strict=True):
        _, right = cost_and_gradients(call[0], X[:, group], Y[:, group])
        if not equal_entries(call[1], right):
            summed = {key: len(group) * value for key, value in right.items()}
            shrunk = {key: value * len(group) / X.shape[1] for key, value in right.items()}
            if equal_entries(call[1], summed):
                return "no: they are sums over the mini-batch, not means"
            return "no: they are divided by m" if equal_entries(call[1], shrunk) else "no"
    return "yes"


def judge_costs(
    costs: Any, calls: list[tuple], groups: list[np.ndarray], given: list[dict], X: np.ndarray, Y: np.ndarray
) -> str:
    """Say what the costs are."""
    costs = np.asarray(costs, dtype=float).ravel() if not isinstance(costs, str | dict) else np.array([])
    if len(costs) != len(calls):
        return f"there are {len(costs)} of them, for {len(calls)} steps"
    before = [
        cost_and_gradients(call[0], X[:, group], Y[:, group])[0] for call, group in zip(calls, groups, strict=True)
    ]
    if all_close(costs, np.array(before)):
        return "yes"
    after = [cost_and_gradients(moved, X[:, group], Y[:, group])[0] for moved, group in zip(given, groups, strict=True)]
    if all_close(costs, np.array(after)):
        return "no: they are those after the step"
    whole = [cost_and_gradients(call[0], X, Y)[0] for call in calls]
    if all_close(costs, np.array(whole)):
        return "no: they are those of the whole training set"
    return "no"


def epochs_differ(passes: list[list[np.ndarray]], m: int) -> str:
    """Say whether the mini-batches are mixed, and others in each epoch."""
    if all(np.ptp(group) < len(group) for group in passes[0]):
        return "no: the examples are not shuffled"
    sets = [[frozenset(group.tolist()) for group in batches] for batches in passes]
    if len(sets) > 1 and sets[0] == sets[1]:
        return "no: every epoch has the same mini-batches"
    if len(sets) > 1 and set(sets[0]) == set(sets[1]):
        return "no: every epoch has the same mini-batches in another order"
    return "yes"


# --- predictions and concept questions --------------------------------------------------------------------------------

ask_predictions("optimization_predictions", 4)
ask_predictions("optimization_more_predictions", 5)
ask_questions("optimization", 8)
