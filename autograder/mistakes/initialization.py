"""Wrong answers to 01_initialization. Those that many share are made from the right one, by one change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autograder.mistakes import mistake
from autograder.reference import initialization as right

ZEROS, RANDOM = "initialize_parameters_zeros", "initialize_parameters_random"
XAVIER, HE = "initialize_parameters_xavier", "initialize_parameters_he"
RMS, COUNT, ANSWERS = "activation_rms", "count_distinct_units", "initialization_answers"

Parameters = dict[str, np.ndarray]


def draw(layers_dims: list[int], weight: Callable[[int, int, int], np.ndarray]) -> Parameters:
    """Make parameters of ``weight(layer, n_out, n_in)`` and zero biases."""
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters[f"W{l}"] = weight(l, layers_dims[l], layers_dims[l - 1])
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


# --- shared by all four initializations ---------------------------------------------------------------------


def spoiled(exercise: str, sentence: str, spoil: Callable[[Parameters], Parameters]) -> None:
    """Register the right answer with its result spoiled."""
    reference = getattr(right, exercise)
    mistake(exercise, sentence)(lambda *arguments, **keywords: spoil(reference(*arguments, **keywords)))


for name in (ZEROS, RANDOM, XAVIER, HE):
    spoiled(
        name,
        "Your biases have shape (n,). They must be columns (n, 1), or adding them to Z mixes up examples and units.",
        lambda parameters: {k: v if k[0] == "W" else v[:, 0] for k, v in parameters.items()},
    )
    spoiled(
        name,
        "Your weights are transposed: W of layer l is (n_l, n_{l−1}), a row for each unit of the layer.",
        lambda parameters: {k: v.T if k[0] == "W" else v for k, v in parameters.items()},
    )
    spoiled(
        name,
        "The last layer is missing: l runs from 1 to L, and range leaves out its end.",
        lambda parameters: {k: v for k, v in parameters.items() if int(k[1:]) < max(2, len(parameters) // 2)},
    )
    spoiled(
        name,
        "Layers are numbered from 1: the first weights are W1, not W0.",
        lambda parameters: {f"{k[0]}{int(k[1:]) - 1}": v for k, v in parameters.items()},
    )

for name in (RANDOM, XAVIER, HE):

    def with_biases(exercise: str, sentence: str, bias: Callable[[int], np.ndarray]) -> None:
        """Register the right answer with other biases."""
        spoiled(
            exercise,
            sentence,
            lambda parameters: {k: v if k[0] == "W" else bias(len(v)) for k, v in parameters.items()},
        )

    with_biases(
        name,
        "Your biases are random. Random weights already make the units different; start biases at zero.",
        lambda n: np.random.default_rng(n).normal(size=(n, 1)),
    )
    with_biases(name, "Your biases are not zero. Start them at zero.", lambda n: np.ones((n, 1)))

    @mistake(
        name,
        "Your draws do not come from rng but from NumPy's global state. Call rng.standard_normal or another"
        " method of rng.",
    )
    def global_state(*arguments: object, name: str = name, **keywords: object) -> Parameters:
        """Draw from np.random."""
        replaced = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002 - that is the mistake
        return getattr(right, name)(
            *(replaced if isinstance(one, np.random.Generator) else one for one in arguments), **keywords
        )

    @mistake(
        name,
        "You make the generator yourself, from a fixed seed, so every call draws the same numbers. Draw from"
        " the rng you are given.",
    )
    def own_seed(*arguments: object, name: str = name, **keywords: object) -> Parameters:
        """Make a generator from a fixed seed."""
        replaced = np.random.default_rng(3)
        return getattr(right, name)(
            *(replaced if isinstance(one, np.random.Generator) else one for one in arguments), **keywords
        )

    @mistake(
        name,
        "Every layer starts from the same draws. Use one generator for all of them, without reseeding it.",
    )
    def same_draws(*arguments: object, name: str = name, **keywords: object) -> Parameters:
        """Rewind the generator before every layer."""
        layers_dims, rng = (
            arguments[0],
            next(one for one in arguments if isinstance(one, np.random.Generator)),
        )
        start = rng.bit_generator.state
        parameters = {}
        for l in range(1, len(layers_dims)):
            rng.bit_generator.state = start
            one_layer = getattr(right, name)(layers_dims[l - 1 : l + 1], *arguments[1:], **keywords)
            parameters[f"W{l}"], parameters[f"b{l}"] = one_layer["W1"], one_layer["b1"]
        return parameters

    spoiled(
        name,
        "All weights of a unit are the same number: draw a whole (n_l, n_{l−1}) array, not one number per unit.",
        lambda parameters: {
            k: np.repeat(v[:, :1], v.shape[1], axis=1) if k[0] == "W" else v for k, v in parameters.items()
        },
    )
    spoiled(
        name,
        "All your weights are positive. Weights need a mean of zero: draw from a distribution around 0.",
        lambda parameters: {k: np.abs(v) for k, v in parameters.items()},
    )


# --- initialize_parameters_zeros ----------------------------------------------------------------------------


@mistake(
    ZEROS,
    "Your loop runs one layer too far: layers_dims holds L + 1 sizes, so l goes from 1 to L = len(layers_dims) − 1.",
)
def loop_one_too_far(layers_dims: list[int]) -> Parameters:
    """Loop to L + 1."""
    parameters = {}
    for l in range(1, len(layers_dims) + 1):
        parameters[f"W{l}"] = np.zeros((layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


@mistake(
    ZEROS,
    "Two entries are the same array, so changing one in training changes the other. Make a new array for each.",
)
def shared_array(layers_dims: list[int]) -> Parameters:
    """Hand out one array for equal shapes."""
    made: dict[tuple, np.ndarray] = {}
    return {
        key: made.setdefault(value.shape, value)
        for key, value in right.initialize_parameters_zeros(layers_dims).items()
    }


spoiled(
    ZEROS,
    "Your arrays hold integers, and gradient steps would be cut to whole numbers. np.zeros without a dtype makes floats.",
    lambda parameters: {key: value.astype(int) for key, value in parameters.items()},
)
spoiled(
    ZEROS,
    "Your values are not zero: this exercise wants zeros everywhere, to see what goes wrong.",
    lambda parameters: {key: value + 1 for key, value in parameters.items()},
)


# --- initialize_parameters_random ---------------------------------------------------------------------------


@mistake(RANDOM, "rng.random draws uniformly from [0, 1): never negative. Draw from the normal distribution.")
def uniform_from_zero(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Draw from [0, 1)."""
    return draw(layers_dims, lambda l, n_out, n_in: scale * rng.random((n_out, n_in)))


@mistake(
    RANDOM,
    "Your weights are uniform between −scale and scale. Draw from a normal distribution: rng.standard_normal.",
)
def uniform_around_zero(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Draw from [−scale, scale)."""
    return draw(layers_dims, lambda l, n_out, n_in: rng.uniform(-scale, scale, (n_out, n_in)))


@mistake(
    RANDOM,
    "The standard deviation is right but the distribution is uniform. Draw from a normal one: rng.standard_normal.",
)
def uniform_of_right_scale(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Draw uniformly with standard deviation scale."""
    limit = scale * 3**0.5
    return draw(layers_dims, lambda l, n_out, n_in: rng.uniform(-limit, limit, (n_out, n_in)))


@mistake(RANDOM, "The standard deviation of your weights is scale². Multiply by scale once.")
def scale_squared(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Multiply by scale twice."""
    return right.initialize_parameters_random(layers_dims, scale**2, rng)


@mistake(RANDOM, "Your weights are √scale wide: scale is a standard deviation, not a variance.")
def scale_as_variance(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Take scale for the variance."""
    return right.initialize_parameters_random(layers_dims, scale**0.5, rng)


@mistake(RANDOM, "You do not use scale: your weights have standard deviation 1 whatever it is.")
def scale_ignored(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Ignore scale."""
    return right.initialize_parameters_random(layers_dims, 1.0, rng)


@mistake(RANDOM, "Your weights have standard deviation 0.01 whatever scale is: use the argument.")
def scale_fixed(layers_dims: list[int], scale: float, rng: np.random.Generator) -> Parameters:
    """Write 0.01 into the code."""
    return right.initialize_parameters_random(layers_dims, 0.01, rng)


# --- initialize_parameters_xavier and initialize_parameters_he ----------------------------------------------


def xavier_mistake(sentence: str, deviation: Callable[[int, int, str], float]) -> None:
    """Register Xavier with a wrong ``deviation(n_in, n_out, variant)``."""

    @mistake(XAVIER, sentence)
    def wrong(layers_dims: list[int], rng: np.random.Generator, variant: str = "fan_in") -> Parameters:
        return draw(
            layers_dims,
            lambda l, n_out, n_in: deviation(n_in, n_out, variant) * rng.standard_normal((n_out, n_in)),
        )


xavier_mistake(
    "Your variance is 2 / n_in: that is He's, made for ReLU. Xavier's is 1 / n_in for fan_in and"
    " 2 / (n_in + n_out) for fan_avg.",
    lambda n_in, n_out, variant: (2 / n_in if variant == "fan_in" else 2 / (n_in + n_out)) ** 0.5,
)
xavier_mistake(
    "Your variance is 2 / n_in in both variants: that is He's. Xavier's is 1 / n_in and 2 / (n_in + n_out).",
    lambda n_in, n_out, variant: (2 / n_in) ** 0.5,
)
xavier_mistake(
    "Your two variants are swapped: fan_in is 1 / n_in, fan_avg is 2 / (n_in + n_out).",
    lambda n_in, n_out, variant: (1 / n_in if variant == "fan_avg" else 2 / (n_in + n_out)) ** 0.5,
)
xavier_mistake(
    "You multiplied by the variance. Multiply by its square root: the variance of c·W is c² Var W.",
    lambda n_in, n_out, variant: 1 / n_in if variant == "fan_in" else 2 / (n_in + n_out),
)
xavier_mistake(
    "You used n_out, the layer's own units, for n_in. n_in is layers_dims[l − 1].",
    lambda n_in, n_out, variant: (1 / n_out if variant == "fan_in" else 2 / (n_in + n_out)) ** 0.5,
)
xavier_mistake(
    "fan_avg divides by the mean of n_in and n_out: that is 2 / (n_in + n_out), twice what you have.",
    lambda n_in, n_out, variant: (1 / n_in if variant == "fan_in" else 1 / (n_in + n_out)) ** 0.5,
)
xavier_mistake(
    "You ignore variant: it is 1 / n_in in both. fan_avg is 2 / (n_in + n_out).",
    lambda n_in, n_out, variant: (1 / n_in) ** 0.5,
)
xavier_mistake(
    "You ignore variant: it is 2 / (n_in + n_out) in both. fan_in is 1 / n_in.",
    lambda n_in, n_out, variant: (2 / (n_in + n_out)) ** 0.5,
)


@mistake(
    XAVIER,
    "Your uniform limits are the standard deviation itself. Uniform on [−a, a] has variance a² / 3, so a is √3"
    " times the standard deviation.",
)
def xavier_uniform_limit(
    layers_dims: list[int], rng: np.random.Generator, variant: str = "fan_in"
) -> Parameters:
    """Use the standard deviation as limit of a uniform distribution."""

    def weight(l: int, n_out: int, n_in: int) -> np.ndarray:
        limit = (1 / n_in if variant == "fan_in" else 2 / (n_in + n_out)) ** 0.5
        return rng.uniform(-limit, limit, (n_out, n_in))

    return draw(layers_dims, weight)


def he_mistake(sentence: str, deviation: Callable[[int, int], float]) -> None:
    """Register He with a wrong ``deviation(n_in, n_out)``."""

    @mistake(HE, sentence)
    def wrong(layers_dims: list[int], rng: np.random.Generator) -> Parameters:
        return draw(
            layers_dims, lambda l, n_out, n_in: deviation(n_in, n_out) * rng.standard_normal((n_out, n_in))
        )


he_mistake(
    "You multiplied by the variance 2 / n_in. Multiply by its square root: the variance of c·W is c² Var W.",
    lambda n_in, n_out: 2 / n_in,
)
he_mistake(
    "Your variance is 1 / n_in: that is Xavier's. ReLU sets half of its inputs to zero, so He's is 2 / n_in.",
    lambda n_in, n_out: (1 / n_in) ** 0.5,
)
he_mistake(
    "You used n_out, the layer's own units, for n_in. n_in is layers_dims[l − 1].",
    lambda n_in, n_out: (2 / n_out) ** 0.5,
)
he_mistake(
    "Your variance is 2 / (n_in + n_out): that is Xavier's fan_avg. He's is 2 / n_in.",
    lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,
)
he_mistake(
    "You wrote √2 / n_in. The square root goes over the whole fraction: √(2 / n_in).",
    lambda n_in, n_out: 2**0.5 / n_in,
)


@mistake(
    HE,
    "Your uniform limits are the standard deviation itself. Uniform on [−a, a] has variance a² / 3, so a is"
    " √(6 / n_in).",
)
def he_uniform_limit(layers_dims: list[int], rng: np.random.Generator) -> Parameters:
    """Use the standard deviation as limit of a uniform distribution."""

    def weight(l: int, n_out: int, n_in: int) -> np.ndarray:
        limit = (2 / n_in) ** 0.5
        return rng.uniform(-limit, limit, (n_out, n_in))

    return draw(layers_dims, weight)


GLOBAL = (
    "Your function reads a global variable instead of its argument layers_dims, so it works for one network only."
    " Use the argument."
)


@mistake(HE, GLOBAL)
def global_layers_dims(_: list[int], rng: np.random.Generator) -> Parameters:
    """Read the sizes from a global that happens to exist."""
    return right.initialize_parameters_he([2, 10, 5, 1], rng)


@mistake(HE, GLOBAL)
def missing_global_layers_dims(_: list[int], rng: np.random.Generator) -> Parameters:
    """Read the sizes from a global that does not exist."""
    return right.initialize_parameters_he(layers_dims, rng)  # noqa: F821 - that is the mistake


# --- activation_rms -----------------------------------------------------------------------------------------


def rms_mistake(sentence: str, **change: object) -> None:
    """Register signal propagation with one part changed."""

    @mistake(RMS, sentence)
    def wrong(parameters: Parameters, X: np.ndarray, activation: str) -> list[float]:
        size = change.get("size", lambda A: np.sqrt(np.mean(A**2)))
        A, sizes, depth = X, [], len(parameters) // 2
        for l in range(1, depth + 1):
            source = (
                X if change.get("same_input") and l > 1 and X.shape[0] == parameters[f"W{l}"].shape[1] else A
            )
            Z = parameters[f"W{l}"] @ source + (0 if change.get("no_bias") else parameters[f"b{l}"])
            kind = change.get("activation", activation)
            A = np.maximum(Z, 0) if kind == "relu" else np.tanh(Z)
            if change.get("sigmoid_last") and l == depth:
                A = 1 / (1 + np.exp(-Z))
            sizes.append(float(size(Z if change.get("before") else A)))
        if change.get("last_missing"):
            return sizes[:-1]
        return sizes[-1:] if change.get("only_last") else sizes


rms_mistake("You took the mean. The root mean square squares first: √ mean(A²).", size=np.mean)
rms_mistake(
    "You took the mean of |A|. The root mean square squares first: √ mean(A²).",
    size=lambda A: np.abs(A).mean(),
)
rms_mistake("You forgot the square root: this is the mean square.", size=lambda A: np.mean(A**2))
rms_mistake("You took the standard deviation, which subtracts the mean first. Use √ mean(A²).", size=np.std)
rms_mistake(
    "You took the norm: the sum of squares has to be divided by the number of entries.", size=np.linalg.norm
)
rms_mistake("You measured Z. Measure A, after the activation.", before=True)
rms_mistake("The last layer is missing: the list has L numbers, one for each layer.", last_missing=True)
rms_mistake("You return only the last layer's number: append one for every layer.", only_last=True)
rms_mistake("You forgot to add the bias: Z = W A + b.", no_bias=True)
rms_mistake("You applied ReLU whatever activation says.", activation="relu")
rms_mistake("You applied tanh whatever activation says.", activation="tanh")
rms_mistake("The last layer gets the same activation as the others here, no sigmoid.", sigmoid_last=True)


@mistake(RMS, "You feed X to every layer. Layer l takes the activations of layer l − 1.")
def x_everywhere(parameters: Parameters, X: np.ndarray, activation: str) -> list[float]:
    """Never update A."""
    sizes = []
    for l in range(1, len(parameters) // 2 + 1):
        Z = parameters[f"W{l}"] @ X + parameters[f"b{l}"]
        A = np.maximum(Z, 0) if activation == "relu" else np.tanh(Z)
        sizes.append(float(np.sqrt(np.mean(A**2))))
    return sizes


# --- count_distinct_units -----------------------------------------------------------------------------------


@mistake(COUNT, "You counted columns. A unit is a row of W.")
def columns(W: np.ndarray, tol: float = 1e-8) -> int:
    """Count columns."""
    return right.count_distinct_units(W.T, tol)


@mistake(COUNT, "You compared exactly. Rows that differ by less than tol count as the same.")
def exactly(W: np.ndarray, tol: float = 1e-8) -> int:
    """Ignore tol altogether."""
    return len(np.unique(W, axis=0))


@mistake(COUNT, "You compare with 1e-8 whatever tol is: use the argument.")
def fixed_tol(W: np.ndarray, tol: float = 1e-8) -> int:
    """Write 1e-8 into the code."""
    return right.count_distinct_units(W, 1e-8)


def _far(W: np.ndarray, tol: float) -> np.ndarray:
    return np.max(np.abs(W[:, None] - W[None]), axis=2) > tol


@mistake(COUNT, "You counted pairs of different rows. Count the rows that differ from all counted before.")
def pairs(W: np.ndarray, tol: float = 1e-8) -> int:
    """Count pairs that differ."""
    return int(np.triu(_far(W, tol)).sum())


@mistake(COUNT, "You counted only rows that occur once. A group of equal rows counts as one, not as none.")
def lonely(W: np.ndarray, tol: float = 1e-8) -> int:
    """Count rows without a twin."""
    return int((_far(W, tol).sum(axis=1) == len(W) - 1).sum())


@mistake(COUNT, "You compared each row only with the one before it. Equal rows need not be neighbours.")
def neighbours(W: np.ndarray, tol: float = 1e-8) -> int:
    """Count changes from one row to the next."""
    return 1 + int((np.max(np.abs(np.diff(W, axis=0)), axis=1) > tol).sum())


@mistake(
    COUNT, "You compared the sums of the rows. Different rows can have the same sum: compare entry by entry."
)
def sums(W: np.ndarray, tol: float = 1e-8) -> int:
    """Compare row sums."""
    return right.count_distinct_units(W.sum(axis=1, keepdims=True), tol)


@mistake(COUNT, "You added up the differences of a row. The largest single difference is what counts.")
def total_difference(W: np.ndarray, tol: float = 1e-8) -> int:
    """Use the sum of absolute differences."""
    distinct: list[np.ndarray] = []
    for row in W:
        if all(np.sum(np.abs(row - other)) > tol for other in distinct):
            distinct.append(row)
    return len(distinct)


@mistake(COUNT, "You forgot the absolute value: a negative difference is a difference too.")
def signed(W: np.ndarray, tol: float = 1e-8) -> int:
    """Compare signed differences."""
    distinct: list[np.ndarray] = []
    for row in W:
        if all(np.max(row - other) > tol for other in distinct):
            distinct.append(row)
    return len(distinct)


# --- initialization_answers ---------------------------------------------------------------------------------

WRONG_OPTIONS = {
    1: {
        "a": "The cost can and does have a slope in other directions; zero weights just never show it one.",
        "b": "The learning rate multiplies a gradient that is zero: no value of it helps.",
        "d": "Zero is a plain number and nothing overflows. Look at what the gradient of W1 is multiplied by.",
    },
    2: {
        "a": "Random biases would break the symmetry as well, but zero biases beside random weights are fine.",
        "c": "Look at the table: units that start equal were still equal after training, in every layer.",
        "d": "The sign is the same for all units of the layer, and so is the gradient.",
    },
    3: {
        "a": "That is Xavier's: right where the activation keeps the variance. ReLU sets half of it to zero.",
        "b": "He's formula uses the number of inputs of a unit, because Z adds up that many terms.",
        "c": "That is the standard deviation squared once more: mind which of the two the question asks for.",
    },
    4: {
        "b": "Each layer multiplies the signal by less than one. Factors below one do not add up to growth.",
        "c": "A factor below one is applied fifty times over, not once.",
        "d": "A unit's output depends on its weights, at any depth.",
    },
    5: {
        "a": "The seeds spread, so one curve says little: that is why the figure shows the spread.",
        "c": "Test data is touched once, at the end. Choosing a seed by it makes the number too good.",
        "d": "Averages need several numbers. One seed has no spread to show.",
    },
    6: {
        "a": "Large weights saturate the sigmoid at the end: sure and wrong is expensive, not cheap.",
        "b": "The first cost is far above ln 2 = 0.693, the cost of a network that always says one half.",
        "d": "Initialization changes where training starts, not how many steps it takes to run.",
    },
}


def wrong_option(number: int, letter: str, sentence: str) -> None:
    """Register an answer sheet with one wrong letter."""
    mistake(ANSWERS, f"Question {number}, {letter}: {sentence}")(
        lambda: {**right.initialization_answers(), number: letter}
    )


for number, options in WRONG_OPTIONS.items():
    for letter, sentence in options.items():
        wrong_option(number, letter, sentence)
