"""Wrong answers to 01_initialization."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options

ZEROS, RANDOM = "initialize_parameters_zeros", "initialize_parameters_random"
XAVIER, HE = "initialize_parameters_xavier", "initialize_parameters_he"
RMS, COUNT = "activation_rms", "count_distinct_units"

# --- shared by the initializations ------------------------------------------------------------------------------------


def spoiled(exercise: str, sentence: str, W: str = "v", b: str = "v", key: str = "k") -> None:
    """Register the right answer with every weight, bias or key ``k: v`` of its result spoiled."""
    result = f"{{{key}: {W} if k[0] == 'W' else {b} for k, v in parameters.items()}}"
    edit(exercise, sentence, ("return parameters", f"return {result}"))


for name in (ZEROS, RANDOM, XAVIER, HE):
    spoiled(
        name,
        "Your biases have shape (n,). They must be columns (n, 1), or adding them to Z mixes up examples and units.",
        b="v[:, 0]",
    )
    spoiled(
        name,
        "Your weights are transposed: W of layer l is (n_l, n_{l−1}), a row for each unit of the layer.",
        W="v.T",
    )
    spoiled(name, "Layers are numbered from 1: the first weights are W1, not W0.", key="k[0] + str(int(k[1:]) - 1)")
    edit(
        name,
        "The last layer is missing: l runs from 1 to L, and range leaves out its end.",
        ("range(1, len(layers_dims))", "range(1, max(2, len(layers_dims) - 1))"),
    )

for name in (RANDOM, XAVIER, HE):
    spoiled(
        name,
        "Your biases are random. Random weights already make the units different; start biases at zero.",
        b="rng.standard_normal(v.shape)",
    )
    spoiled(name, "Your biases are not zero. Start them at zero.", b="v + 1")
    edit(
        name,
        "Your draws do not come from rng but from NumPy's global state. Call rng.standard_normal or another method"
        " of rng.",
        ("rng.standard_normal(", "np.random.standard_normal("),
    )
    edit(
        name,
        "You make the generator yourself, from a fixed seed, so every call draws the same numbers. Draw from the rng"
        " you are given.",
        ("parameters = {}", "parameters = {}\n    rng = np.random.default_rng(3)"),
    )
    edit(
        name,
        "Every layer starts from the same draws. Use one generator for all of them, without reseeding it.",
        ("parameters = {}", "parameters = {}\n    start = rng.bit_generator.state"),
        ("layers_dims)):\n", "layers_dims)):\n        rng.bit_generator.state = start\n"),
    )
    spoiled(
        name,
        "All weights of a unit are one number: draw a whole (n_l, n_{l−1}) array, not one number per unit.",
        W="np.repeat(v[:, :1], v.shape[1], axis=1)",
    )
    spoiled(
        name,
        "All your weights are positive. Weights need a mean of zero: draw from a distribution around 0.",
        W="np.abs(v)",
    )

# --- initialize_parameters_zeros --------------------------------------------------------------------------------------

edit(
    ZEROS,
    "An index runs one layer too far: sizes in layers_dims are numbered 0 to L. l is 1 to L, W is (n_l, n_{l−1}).",
    ("range(1, len(layers_dims))", "range(1, len(layers_dims) + 1)"),
)
edit(
    ZEROS,
    "Two entries are the same array, so changing one in training changes the other. Make a new array for each.",
    ("parameters = {}", "parameters, made = {}, {}"),
    ("return parameters", "return {k: made.setdefault(v.shape, v) for k, v in parameters.items()}"),
)
spoiled(
    ZEROS,
    "Your arrays hold integers, and gradient steps would be cut to whole numbers. np.zeros without dtype makes floats.",
    W="v.astype(int)",
    b="v.astype(int)",
)
spoiled(ZEROS, "Your weights are not zero: this exercise wants zeros everywhere, to see what goes wrong.", W="v + 1")
spoiled(ZEROS, "Your weights are right, but your biases are not zero.", b="v + 1")

# --- initialize_parameters_random -------------------------------------------------------------------------------------

NORMAL = "scale * rng.standard_normal("

edit(
    RANDOM,
    "rng.random draws uniformly from [0, 1): never negative. Draw from the normal distribution.",
    (NORMAL, "scale * rng.random("),
)
edit(
    RANDOM,
    "Your weights are uniform between −scale and scale. Draw from a normal distribution: rng.standard_normal.",
    (NORMAL, "rng.uniform(-scale, scale, "),
)
edit(
    RANDOM,
    "The standard deviation is right but the distribution is uniform. Draw from a normal one: rng.standard_normal.",
    (NORMAL, "rng.uniform(-(3**0.5) * scale, 3**0.5 * scale, "),
)
edit(
    RANDOM,
    "rng.normal(scale, 1) takes scale for the mean. Its first argument is the mean, its second the deviation.",
    (NORMAL, "rng.normal(scale, 1, "),
)
edit(RANDOM, "You divide by scale. Multiply by it.", (NORMAL, "1 / scale * rng.standard_normal("))
edit(
    RANDOM,
    "The standard deviation of your weights is scale². Multiply by scale once.",
    (NORMAL, "scale * rng.normal(0, scale, "),
)
edit(
    RANDOM,
    "Your weights are √scale wide: scale is a standard deviation, not a variance.",
    (NORMAL, "scale**0.5 * rng.standard_normal("),
)
edit(
    RANDOM,
    "You do not use scale: your weights have standard deviation 1 whatever it is.",
    (NORMAL, "rng.standard_normal("),
)
edit(
    RANDOM,
    "Your weights have standard deviation 0.01 whatever scale is: use the argument.",
    (NORMAL, "0.01 * rng.standard_normal("),
)

# --- initialize_parameters_xavier -------------------------------------------------------------------------------------

VARIANCE = 'variance = 1 / n_in if variant == "fan_in" else 2 / (n_in + n_out)'

for sentence, variance in {
    "Your variance is 2 / n_in: that is He's, made for ReLU. Xavier's is 1 / n_in for fan_in.": (
        '2 / n_in if variant == "fan_in" else 2 / (n_in + n_out)'
    ),
    "Your variance is 2 / n_in in both variants: that is He's. Xavier's is 1 / n_in and 2 / (n_in + n_out).": (
        "2 / n_in"
    ),
    "Your two variants are swapped: fan_in is 1 / n_in, fan_avg is 2 / (n_in + n_out).": (
        '1 / n_in if variant == "fan_avg" else 2 / (n_in + n_out)'
    ),
    "You used n_out, the layer's own units, for n_in. n_in is layers_dims[l − 1].": (
        '1 / n_out if variant == "fan_in" else 2 / (n_in + n_out)'
    ),
    "fan_avg divides by the mean of n_in and n_out: that is 2 / (n_in + n_out), twice what you have.": (
        '1 / n_in if variant == "fan_in" else 1 / (n_in + n_out)'
    ),
    "The brackets of fan_avg are missing: 2 / n_in + n_out divides first. Write 2 / (n_in + n_out).": (
        '1 / n_in if variant == "fan_in" else 2 / n_in + n_out'
    ),
    "You ignore variant: it is 1 / n_in in both. fan_avg is 2 / (n_in + n_out).": "1 / n_in",
    "You ignore variant: it is 2 / (n_in + n_out) in both. fan_in is 1 / n_in.": "2 / (n_in + n_out)",
}.items():
    edit(XAVIER, sentence, (VARIANCE, f"variance = {variance}"))
edit(
    XAVIER,
    "You multiplied by the variance. Multiply by its square root: the variance of c·W is c² Var W.",
    ("np.sqrt(variance)", "variance"),
)
edit(
    XAVIER,
    "Your uniform limits are the standard deviation itself. Uniform on [−a, a] has variance a² / 3, so a is √3 times"
    " the standard deviation.",
    ("np.sqrt(variance) * rng.standard_normal(", "rng.uniform(-(variance**0.5), variance**0.5, "),
)

edit(
    XAVIER,
    "n_in and n_out are swapped: n_in is layers_dims[l − 1], n_out is layers_dims[l].",
    ("n_in, n_out = layers_dims[l - 1], layers_dims[l]", "n_in, n_out = layers_dims[l], layers_dims[l - 1]"),
)

# --- initialize_parameters_he -----------------------------------------------------------------------------------------

ROOT = "np.sqrt(2 / n_in)"
GLOBAL = (
    "Your function reads a global variable instead of its argument layers_dims, so it works for one network only. Use"
    " the argument."
)

edit(
    HE,
    "You multiplied by the variance 2 / n_in. Multiply by its square root: the variance of c·W is c² Var W.",
    (ROOT, "(2 / n_in)"),
)
edit(
    HE,
    "Your variance is 1 / n_in: that is Xavier's. ReLU sets half of its inputs to zero, so He's is 2 / n_in.",
    (ROOT, "np.sqrt(1 / n_in)"),
)
edit(HE, "You used n_out, the layer's own units, for n_in. n_in is layers_dims[l − 1].", (ROOT, "np.sqrt(2 / n_out)"))
edit(
    HE,
    "Your variance is 2 / (n_in + n_out): that is Xavier's fan_avg. He's is 2 / n_in.",
    (ROOT, "np.sqrt(2 / (n_in + n_out))"),
)
edit(HE, "You wrote √2 / n_in. The root goes over the whole fraction: √(2 / n_in).", (ROOT, "np.sqrt(2) / n_in"))
edit(
    HE,
    "Your uniform limits are the standard deviation itself. Uniform on [−a, a] has variance a² / 3: a = √(6 / n_in).",
    (f"{ROOT} * rng.standard_normal(", "rng.uniform(-((2 / n_in) ** 0.5), (2 / n_in) ** 0.5, "),
)
edit(HE, GLOBAL, ("parameters = {}", "layers_dims = [2, 10, 5, 1]\n    parameters = {}"))  # a global that exists
edit(HE, GLOBAL, ("(layers_dims: list[int]", "(dims: list[int]"))  # and one that does not

edit(
    HE,
    "n_in and n_out are swapped: n_in is layers_dims[l − 1], n_out is layers_dims[l].",
    ("n_in, n_out = layers_dims[l - 1], layers_dims[l]", "n_in, n_out = layers_dims[l], layers_dims[l - 1]"),
)
edit(
    HE,
    "You return after the first layer: the return stands inside the loop.",
    ("    return parameters", "        return parameters"),
)

# --- activation_rms ---------------------------------------------------------------------------------------------------

SIZE, ACTIVATION = "np.sqrt(np.mean(A**2))", 'np.maximum(Z, 0) if activation == "relu" else np.tanh(Z)'

for sentence, size in {
    "You took the mean. The root mean square squares first: √ mean(A²).": "np.mean(A)",
    "You took the mean of |A|. The root mean square squares first: √ mean(A²).": "np.mean(np.abs(A))",
    "You forgot the square root: this is the mean square.": "np.mean(A**2)",
    "You took the standard deviation, which subtracts the mean first. Use √ mean(A²).": "np.std(A)",
    "You took the norm: the sum of squares has to be divided by the number of entries.": "np.linalg.norm(A)",
    "You squared the mean. Square each entry, take the mean, then the root: √ mean(A²).": "np.mean(A) ** 2",
    "You measured Z. Measure A, after the activation.": "np.sqrt(np.mean(Z**2))",
}.items():
    edit(RMS, sentence, (SIZE, size))
edit(RMS, "You applied ReLU whatever activation says.", (ACTIVATION, "np.maximum(Z, 0)"))
edit(
    RMS,
    "np.max(Z, 0) is the largest entry of each column. ReLU is np.maximum(Z, 0), entry by entry.",
    (ACTIVATION, 'np.max(Z, 0) if activation == "relu" else np.tanh(Z)'),
)
edit(RMS, "You applied tanh whatever activation says.", (ACTIVATION, "np.tanh(Z)"))
edit(
    RMS,
    "The last layer gets the same activation as the others here, no sigmoid.",
    (ACTIVATION, f'{ACTIVATION}\n        A = 1 / (1 + np.exp(-Z)) if f"W{{l + 1}}" not in parameters else A'),
)
edit(
    RMS,
    "The last layer is missing: the list has L numbers, one for each layer.",
    ("return sizes", "return sizes[:-1]"),
)
edit(RMS, "You return only the last layer's number: append one for every layer.", ("return sizes", "return sizes[-1:]"))
edit(RMS, "You forgot to add the bias: Z = W A + b.", (' + parameters[f"b{l}"]', ""))
edit(RMS, "You feed X to every layer. Layer l takes the activations of layer l − 1.", ("@ A +", "@ X +"))

# --- count_distinct_units ---------------------------------------------------------------------------------------------

LARGEST = "np.max(np.abs(row - other)) > tol"

edit(COUNT, "You counted columns. A unit is a row of W.", ("for row in W:", "for row in W.T:"))
edit(COUNT, "You compared exactly. Rows that differ by less than tol count as the same.", ("> tol", "> 0"))
edit(COUNT, "You compare with 1e-8 whatever tol is: use the argument.", ("> tol", "> 1e-8"))
edit(
    COUNT,
    "You compared the sums of the rows. Different rows can have the same sum: compare entry by entry.",
    (LARGEST, "abs(row.sum() - other.sum()) > tol"),
)
edit(
    COUNT,
    "You added up the differences of a row. The largest single difference is what counts.",
    (LARGEST, "np.sum(np.abs(row - other)) > tol"),
)
edit(
    COUNT,
    "You forgot the absolute value: a negative difference is a difference too.",
    (LARGEST, "np.max(row - other) > tol"),
)
edit(
    COUNT,
    "You compared each row only with the one before it. Equal rows need not be neighbours.",
    ("for other in distinct)", "for other in distinct[-1:])"),
)
edit(
    COUNT,
    "You count a row as new when it differs from any one of the others. It must differ from all of them.",
    ("if all(", "if not distinct or any("),
)


@mistake(COUNT, "You counted pairs of different rows. Count the rows that differ from all counted before.")
def pairs(W, tol=1e-8):
    far = np.max(np.abs(W[:, None] - W[None]), axis=2) > tol
    return int(np.triu(far).sum())


@mistake(COUNT, "You compare each row with the first one only. Compare it with every one counted before.")
def unlike_the_first(W, tol=1e-8):
    return 1 + sum(bool(np.max(np.abs(row - W[0])) > tol) for row in W[1:])


@mistake(COUNT, "You round to 8 digits whatever tol is. Compare differences with tol.")
def rounded(W, tol=1e-8):
    return len(np.unique(np.round(W, 8), axis=0))


@mistake(COUNT, "You counted different numbers. Count different rows.")
def numbers_for_rows(W, tol=1e-8):
    return len(set(W.ravel().tolist()))


@mistake(COUNT, "You counted only rows that occur once. A group of equal rows counts as one, not as none.")
def lonely(W, tol=1e-8):
    far = np.max(np.abs(W[:, None] - W[None]), axis=2) > tol
    return int((far.sum(axis=1) == len(W) - 1).sum())


# --- initialization_predictions ---------------------------------------------------------------------------------------

missing_predictions("initialization_predictions", 4)
missing_predictions("initialization_more_predictions", 5)

# --- initialization_answers -------------------------------------------------------------------------------------------

wrong_options(
    "initialization_answers",
    {
        1: {
            "a": "The learning rate multiplies a gradient that is zero: no value of it helps.",
            "b": "Zero is a plain number and nothing overflows. Look at what the gradient of W1 is multiplied by.",
            "d": "The cost can and does have a slope in other directions; zero weights just never show it one.",
        },
        2: {
            "b": "Random biases would break the symmetry as well, but zero biases beside random weights are fine.",
            "c": "The sign is the same for all units of the layer, and so is the gradient.",
            "d": "Look at the table: units that start equal were still equal after training, in every layer.",
        },
        3: {
            "a": "He's formula uses the number of inputs of a unit, because Z adds up that many terms.",
            "c": "2 / n_in is the variance. The question asks for the standard deviation, its square root.",
            "d": "That is Xavier's: right where the activation keeps the variance. ReLU sets half of it to zero.",
        },
        4: {
            "a": "A factor below one is applied fifty times over, not once.",
            "b": "Each layer multiplies the signal by less than one. Factors below one do not add up to growth.",
            "c": "A unit's output depends on its weights at any depth, and tanh bounds a signal only from above.",
        },
        5: {
            "b": "Test data is touched once, at the end. Choosing a seed by it makes the number too good.",
            "c": "The seeds spread, so one curve says little: that is why the figure shows the spread.",
            "d": "Averages need several numbers. One seed has no spread to show.",
        },
        6: {
            "a": "Initialization changes where training starts, not how many steps it takes to run.",
            "b": "Large weights saturate the sigmoid at the end: sure and wrong is expensive, not cheap.",
            "c": "The first cost is far above ln 2 = 0.693, the cost of a network that always says one half.",
        },
    },
)
