"""Wrong answers as students type them, over all notebooks: exercise, what is changed, what the message has to say.

They were written without the checks at hand, and are tried by test_typical_answers.py. Words may stand anywhere in what
``check`` shows: in the headline, in the likely cause or in the line of an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from autograder.topics.answer_cells import solution_text


@dataclass(frozen=True)
class Typical:
    """A wrong answer.

    Parameters
    ----------
    exercise : str
    words : str
        What the message has to say.
    text : str
        Of the cell.
    """

    exercise: str
    words: str
    text: str


TYPICAL: list[Typical] = []


def whole(exercise: str, words: str, text: str) -> None:
    """Add an answer by the text of its cell."""
    TYPICAL.append(Typical(exercise, words, text.strip("\n")))


def changed(exercise: str, words: str, *replacements: tuple[str, str]) -> None:
    """Add an answer by what is changed in the right one."""
    text = solution_text(exercise)
    for old, new in replacements:
        if old not in text:
            raise ValueError(f"{exercise} does not hold {old!r}")
        text = text.replace(old, new)
    TYPICAL.append(Typical(exercise, words, text))


# --- 00 ---------------------------------------------------------------------------------------------------------------

whole(
    "split_indices",
    "You cut all three shares off, int(…), and lose examples.",
    """
def split_indices(m, fractions, rng):
    order = rng.permutation(m)
    n_train = int(fractions[0] * m)
    n_dev = int(fractions[1] * m)
    n_test = int(fractions[2] * m)
    return order[:n_train], order[n_train:n_train + n_dev], order[n_train + n_dev:n_train + n_dev + n_test]
""",
)
whole(
    "split_indices",
    "You do not shuffle: the sets are blocks of neighbours. Data often come sorted.",
    """
def split_indices(m, fractions, rng):
    idx = np.arange(m)
    rng.permutation(idx)
    n_dev = round(fractions[1] * m)
    n_test = round(fractions[2] * m)
    n_train = m - n_dev - n_test
    return idx[:n_train], idx[n_train:n_train + n_dev], idx[n_train + n_dev:]
""",
)
whole(
    "split_indices",
    "Your sets overlap: each is drawn on its own. Deal out one shuffled order.",
    """
def split_indices(m, fractions, rng):
    n_dev = round(fractions[1] * m)
    n_test = round(fractions[2] * m)
    train = rng.choice(m, m - n_dev - n_test, replace=False)
    dev = rng.choice(m, n_dev, replace=False)
    test = rng.choice(m, n_test, replace=False)
    return train, dev, test
""",
)
whole(
    "split_indices",
    "np.split takes the places of its cuts, not sizes: [train, train + dev].",
    """
def split_indices(m, fractions, rng):
    order = rng.permutation(m)
    n_train = round(fractions[0] * m)
    n_dev = round(fractions[1] * m)
    return tuple(np.split(order, [n_train, n_dev]))
""",
)
whole(
    "split_indices",
    "Return numbers of examples, as order[:train].",
    """
def split_indices(m, fractions, rng):
    draws = rng.random(m)
    train = draws < fractions[0]
    dev = (draws >= fractions[0]) & (draws < fractions[0] + fractions[1])
    return train, dev, ~(train | dev)
""",
)
whole(
    "split_indices",
    "You round up. Round dev and test; train is what they leave.",
    """
def split_indices(m, fractions, rng):
    order = rng.permutation(m)
    n_train = int(np.ceil(fractions[0] * m))
    n_dev = int(np.ceil(fractions[1] * m))
    return order[:n_train], order[n_train:n_train + n_dev], order[n_train + n_dev:]
""",
)
whole(
    "diagnose",
    "Both at once cannot be reached with you: ask for it first.",
    """
def diagnose(train_error, dev_error, bayes_error=0.0, gap=0.05):
    bias = train_error - bayes_error
    variance = dev_error - train_error
    if bias > gap:
        return "high bias"
    elif variance > gap:
        return "high variance"
    elif bias > gap and variance > gap:
        return "high bias and high variance"
    return "low bias and low variance"
""",
)
whole(
    "diagnose",
    "You ignore the Bayes error: bias is what the training error has above it.",
    """
def diagnose(train_error, dev_error, bayes_error=0.0, gap=0.05):
    bias = train_error > gap
    variance = dev_error - train_error > gap
    if bias and variance:
        return "high bias and high variance"
    if bias:
        return "high bias"
    if variance:
        return "high variance"
    return "low bias and low variance"
""",
)
whole(
    "diagnose",
    "Where both are high, the words asked for are: high bias and high variance.",
    """
def diagnose(train_error, dev_error, bayes_error=0.0, gap=0.05):
    bias = train_error - bayes_error > gap
    variance = dev_error - train_error > gap
    if bias and variance:
        return "both"
    if bias:
        return "high bias"
    if variance:
        return "high variance"
    return "low bias and low variance"
""",
)
whole(
    "diagnose",
    "You ask whether one or the other is high.",
    """
def diagnose(train_error, dev_error, bayes_error=0.0, gap=0.05):
    bias = train_error - bayes_error > gap
    variance = dev_error - train_error > gap
    if bias or variance:
        return "high bias and high variance"
    if bias:
        return "high bias"
    if variance:
        return "high variance"
    return "low bias and low variance"
""",
)
whole(
    "diagnose",
    "The function comes to its end without a return.",
    """
def diagnose(train_error, dev_error, bayes_error=0.0, gap=0.05):
    bias = train_error - bayes_error
    variance = dev_error - train_error
    if bias > gap and variance > gap:
        print("high bias and high variance")
    elif bias > gap:
        print("high bias")
    elif variance > gap:
        print("high variance")
    else:
        print("low bias and low variance")
""",
)
changed(
    "diagnose",
    "You subtract the wrong way round: variance is dev error minus train error.",
    ("dev_error - train_error", "train_error - dev_error"),
)
whole(
    "fit_normalizer",
    "Your mu and sigma have shape (n_x,).",
    "def fit_normalizer(X):\n    return np.mean(X, axis=1), np.std(X, axis=1)",
)
whole(
    "fit_normalizer",
    "You measured examples, not features: features are rows, so take means along axis 1.",
    "def fit_normalizer(X):\n    return np.mean(X, axis=0, keepdims=True), np.std(X, axis=0, keepdims=True)",
)
whole(
    "fit_normalizer",
    "Your sigma is a variance: take the root.",
    """
def fit_normalizer(X):
    mu = np.mean(X, axis=1, keepdims=True)
    sigma = np.var(X, axis=1, keepdims=True)
    sigma[sigma == 0] = 1
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "An if, and, or or not asks a whole array.",
    """
def fit_normalizer(X):
    mu = np.mean(X, axis=1, keepdims=True)
    sigma = np.std(X, axis=1, keepdims=True)
    if sigma == 0:
        sigma = 1
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "You add a small number to sigma.",
    """
def fit_normalizer(X):
    mu = np.mean(X, axis=1, keepdims=True)
    sigma = np.std(X, axis=1, keepdims=True) + 1e-8
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "np.mean(X) without an axis is one number for everything.",
    """
def fit_normalizer(X):
    mu = np.mean(X)
    sigma = np.std(X)
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "You square the sum of the differences, which is 0.",
    """
def fit_normalizer(X):
    m = X.shape[1]
    mu = np.sum(X, axis=1, keepdims=True) / m
    sigma = np.sqrt(np.sum(X - mu, axis=1, keepdims=True) ** 2 / m)
    sigma[sigma == 0] = 1
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "Yours is m times what it should be, in every case.",
    """
def fit_normalizer(X):
    m = X.shape[1]
    mu = np.sum(X, axis=1, keepdims=True)
    sigma = np.sqrt(np.mean((X - mu / m) ** 2, axis=1, keepdims=True))
    sigma[sigma == 0] = 1
    return mu, sigma
""",
)
changed(
    "normalize",
    "You divide X alone by sigma: X / sigma − mu. Put brackets round X − mu.",
    ("(X - mu) / sigma", "X / sigma - mu"),
)
changed(
    "normalize",
    "You divide before you subtract: X − mu/sigma. Put brackets round X − mu.",
    ("(X - mu) / sigma", "X - mu / sigma"),
)
changed(
    "normalize",
    "You measure the set that you are given.",
    ("(X - mu) / sigma", "(X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)"),
)
changed(
    "normalize",
    "Your sign is wrong: what should be positive is negative, and the other way round.",
    ("(X - mu) / sigma", "(mu - X) / sigma"),
)
changed("normalize", "You divide by the root of sigma.", ("(X - mu) / sigma", "(X - mu) / np.sqrt(sigma + 1e-8)"))
whole(
    "normalize",
    "You changed X itself. Return a new array: X -= … works on the argument.",
    "def normalize(X, mu, sigma):\n    X -= mu\n    X /= sigma\n    return X",
)
whole(
    "normalize", "The function comes to its end without a return.", "def normalize(X, mu, sigma):\n    (X - mu) / sigma"
)

# --- 01 ---------------------------------------------------------------------------------------------------------------

ZEROS = "initialize_parameters_zeros"
changed(
    ZEROS,
    "A shape is one tuple, with two pairs of brackets: np.zeros((rows, columns)),",
    ("np.zeros((layers_dims[l], layers_dims[l - 1]))", "np.zeros(layers_dims[l], layers_dims[l - 1])"),
)
changed(
    ZEROS,
    "Your weights are transposed: W of layer l is (n_l, n_{l−1}), a row for each unit of the",
    ("(layers_dims[l], layers_dims[l - 1])", "(layers_dims[l - 1], layers_dims[l])"),
)
changed(ZEROS, "Your biases have shape (n,).", ("np.zeros((layers_dims[l], 1))", "np.zeros(layers_dims[l])"))
changed(
    ZEROS, "Layers are numbered from 1: yours begin at 0.", ("range(1, len(layers_dims))", "range(len(layers_dims))")
)
changed(
    ZEROS,
    "Nothing was put into it. Does the loop run at all? l goes from 1 to L, and range leaves",
    ("range(1, len(layers_dims))", "range(1, len(layers_dims) - 1)"),
)
changed(
    ZEROS,
    "An index runs one layer too far: sizes in layers_dims are numbered 0 to L. l is 1 to L, W",
    ("range(1, len(layers_dims))", "range(1, len(layers_dims) + 1)"),
)
changed(ZEROS, 'A number is joined to a text: write f"W{l}", or "W" + str(l).', ('f"W{l}"', '"W" + l'))
changed(
    ZEROS,
    "Keys and shapes of W1, b1, … WL, bL: keys are missing in your dict: is it returned too",
    ("        parameters[f", "        parameters = {}\n        parameters[f"),
)
changed(
    ZEROS,
    "An index runs one layer too far: sizes in layers_dims are numbered 0 to L. l is 1 to L, W",
    ("layers_dims[l - 1]))", "layers_dims[l + 1]))"),
)
RANDOM = "initialize_parameters_random"
changed(
    RANDOM,
    "A shape is one tuple, with two pairs of brackets: np.zeros((rows, columns)),",
    ("standard_normal((layers_dims[l], layers_dims[l - 1]))", "standard_normal(layers_dims[l], layers_dims[l - 1])"),
)
changed(
    RANDOM,
    "rng is a Generator: it has rng.random, rng.standard_normal and rng.integers, not rand,",
    ("rng.standard_normal((layers_dims[l], layers_dims[l - 1]))", "rng.randn(layers_dims[l], layers_dims[l - 1])"),
)
changed(
    RANDOM,
    "Your draws do not come from rng but from NumPy's global state.",
    (
        "rng.standard_normal((layers_dims[l], layers_dims[l - 1]))",
        "np.random.randn(layers_dims[l], layers_dims[l - 1])",
    ),
)
changed(
    RANDOM,
    "rng.normal(scale, 1) takes scale for the mean.",
    ("scale * rng.standard_normal((", "rng.normal(scale, 1, ("),
)
changed(
    RANDOM,
    "rng.random draws uniformly from [0, 1): never negative. Draw from the normal distribution.",
    ("scale * rng.standard_normal((", "rng.random(("),
    ("layers_dims[l - 1]))", "layers_dims[l - 1])) * scale"),
)
changed(
    RANDOM,
    "Your weights are √scale wide: scale is a standard deviation, not a variance.",
    ("scale * rng.standard_normal((", "np.sqrt(scale) * rng.standard_normal(("),
)
changed(
    RANDOM,
    "Your biases are random. Random weights already make the units different; start biases at",
    ("np.zeros((layers_dims[l], 1))", "scale * rng.standard_normal((layers_dims[l], 1))"),
)
changed(
    RANDOM,
    "You divide by scale. Multiply by it.",
    ("scale * rng", "rng"),
    ("layers_dims[l - 1]))", "layers_dims[l - 1])) / scale"),
)
changed(
    RANDOM,
    "Your weights have standard deviation 0.01 whatever scale is: use the argument.",
    ("scale * rng", "0.01 * rng"),
)
XAVIER = "initialize_parameters_xavier"
changed(
    XAVIER,
    "You multiplied by the variance.",
    ("np.sqrt(variance) * rng", "variance * rng"),
)
changed(
    XAVIER,
    "fan_avg divides by the mean of n_in and n_out: that is 2 / (n_in + n_out), twice what you",
    ("2 / (n_in + n_out)", "1 / (n_in + n_out)"),
)
changed(
    XAVIER,
    "The brackets of fan_avg are missing: 2 / n_in + n_out divides first. Write 2 / (n_in +",
    ("2 / (n_in + n_out)", "2 / n_in + n_out"),
)
changed(
    XAVIER,
    "n_in and n_out are swapped: n_in is layers_dims[l − 1], n_out is layers_dims[l].",
    ("n_in, n_out = layers_dims[l - 1], layers_dims[l]", "n_in, n_out = layers_dims[l], layers_dims[l - 1]"),
)
changed(
    XAVIER,
    "You ignore variant: it is 1 / n_in in both. fan_avg is 2 / (n_in + n_out).",
    ('variance = 1 / n_in if variant == "fan_in" else 2 / (n_in + n_out)', "variance = 1 / n_in"),
)
changed(
    XAVIER,
    "Your uniform limits are the standard deviation itself.",
    ("np.sqrt(variance) * rng.standard_normal(", "rng.uniform(-np.sqrt(variance), np.sqrt(variance), "),
)
changed(
    XAVIER,
    "Standard deviation of each W, fan_in: the variance of your weights is n_in² times what it",
    ("np.sqrt(variance) * rng", "np.sqrt(1 / variance) * rng"),
)
HE = "initialize_parameters_he"
changed(
    HE,
    "You wrote √2 / n_in. The root goes over the whole fraction: √(2 / n_in).",
    ("np.sqrt(2 / n_in)", "np.sqrt(2) / n_in"),
)
changed(
    HE,
    "You used n_out, the layer's own units, for n_in.",
    ("np.sqrt(2 / n_in)", "np.sqrt(2 / n_out)"),
)
changed(HE, "You multiplied by the variance 2 / n_in.", ("np.sqrt(2 / n_in)", "2 / n_in"))
changed(
    HE, "The variance of your weights is n_in² times what it should be.", ("np.sqrt(2 / n_in)", "np.sqrt(2 * n_in)")
)
changed(
    HE,
    "Your variance is 1 / n_in: that is Xavier's. ReLU sets half of its inputs to zero, so",
    ("np.sqrt(2 / n_in) * rng.standard_normal((n_out, n_in))", "rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)"),
)
changed(
    HE,
    "You return after the first layer: the return stands inside the loop.",
    ("    return parameters", "        return parameters"),
)
changed(
    HE,
    "Only b: your array is transposed: rows and columns are swapped.",
    ("np.zeros((n_out, 1))", "np.zeros((1, n_out))"),
)
RMS = "activation_rms"
changed(
    RMS,
    "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand",
    ("len(parameters) // 2 + 1", "len(parameters) + 1"),
)
changed(
    RMS,
    "The last layer is missing: the list has L numbers, one for each layer.",
    ("len(parameters) // 2 + 1", "len(parameters) // 2"),
)
changed(
    RMS,
    "You measured Z. Measure A, after the activation.",
    ("np.sqrt(np.mean(A**2))", "np.sqrt(np.mean(Z**2))"),
)
changed(RMS, "You took the mean of |A|.", ("np.sqrt(np.mean(A**2))", "np.mean(np.sqrt(A**2))"))
changed(
    RMS,
    "You took the norm: the sum of squares has to be divided by the number of entries.",
    ("np.sqrt(np.mean(A**2))", "np.sqrt(np.sum(A**2))"),
)
changed(
    RMS,
    "You squared the mean. Square each entry, take the mean, then the root: √ mean(A²).",
    ("np.sqrt(np.mean(A**2))", "np.mean(A) ** 2"),
)
changed(RMS, "Two arrays are combined entry by entry, but their shapes do not fit.", ("@ A +", "* A +"))
changed(
    RMS,
    "In a product of matrices, the first has as many columns as the second has rows.",
    ('parameters[f"W{l}"] @ A', 'A @ parameters[f"W{l}"]'),
)
changed(
    RMS,
    "np.max(Z, 0) is the largest entry of each column.",
    ("A = np.maximum(Z, 0) if", "A = np.max(Z, 0) if"),
)
changed(RMS, "You applied tanh whatever activation says.", ('activation == "relu"', 'activation == "ReLU"'))
changed(
    RMS, "An array stands where one number is asked for.", ("np.sqrt(np.mean(A**2))", "np.sqrt(np.mean(A**2, axis=1))")
)
COUNT = "count_distinct_units"
whole(
    COUNT,
    "You compared exactly. Rows that differ by less than tol count as the same.",
    "def count_distinct_units(W, tol=1e-8):\n    return len(np.unique(W, axis=0))",
)
whole(
    COUNT,
    "You counted different numbers.",
    "def count_distinct_units(W, tol=1e-8):\n    return len(set(W.ravel()))",
)
whole(
    COUNT,
    "You compare each row with the first one only.",
    """
def count_distinct_units(W, tol=1e-8):
    count = 1
    for i in range(1, len(W)):
        if np.max(np.abs(W[i] - W[0])) > tol:
            count += 1
    return count
""",
)
whole(
    COUNT,
    "You counted pairs of different rows.",
    """
def count_distinct_units(W, tol=1e-8):
    count = 0
    for i in range(len(W)):
        for j in range(i):
            if np.max(np.abs(W[i] - W[j])) > tol:
                count += 1
    return count
""",
)
whole(
    COUNT,
    "An if, and, or or not asks a whole array.",
    """
def count_distinct_units(W, tol=1e-8):
    distinct = []
    for row in W:
        if row not in distinct:
            distinct.append(row)
    return len(distinct)
""",
)
whole(
    COUNT,
    "You round to 8 digits whatever tol is.",
    """
def count_distinct_units(W, tol=1e-8):
    return len(np.unique(np.round(W, 8), axis=0))
""",
)

# --- 02 ---------------------------------------------------------------------------------------------------------------

COST = "compute_cost_with_regularization"
changed(
    COST,
    "Your penalty is λ/m: twice too large. It is λ/(2m), so that its derivative is λ/m W.",
    ("lambd / (2 * m)", "lambd / m"),
)
changed(
    COST,
    "Your penalty is multiplied by m: lambd / 2 * m. Put brackets round 2 * m.",
    ("lambd / (2 * m) * squares", "lambd / 2 * m * squares"),
)
changed(COST, "Your m is 1: Y has one row and m columns, so that m is Y.shape[1].", ("Y.shape[1]", "Y.shape[0]"))
changed(
    COST,
    "The minus before your cross-entropy is missing: logarithms of probabilities are negative,",
    ("cross_entropy = -np", "cross_entropy = np"),
)
changed(
    COST,
    "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand",
    ("len(parameters) // 2 + 1", "len(parameters) + 1"),
)
changed(
    COST,
    "Your penalty leaves out the last layer: l runs from 1 to L, and range leaves out its end.",
    ("len(parameters) // 2 + 1", "len(parameters) // 2"),
)
changed(
    COST,
    "Where the label is 0, take log(1 − AL): AL is the probability of class 1.",
    ("(1 - Y) * np.log(1 - AL)", "(1 - Y) * np.log(AL)"),
)
changed(
    COST,
    "The part of the label 0 is missing: add (1 − Y) log(1 − AL).",
    (" + (1 - Y) * np.log(1 - AL)", ""),
)
changed(
    COST, "Only the last layer is in your penalty: add the layers up, += and not =.", ("squares += np", "squares = np")
)
changed(COST, "Your logarithm has base 10.", ("np.log(", "np.log10("))
changed(COST, "Your m is 1: Y has one row and m columns, so that m is Y.shape[1].", ("m = Y.shape[1]", "m = len(Y)"))
changed(
    COST,
    "One number: you return an array where one number is asked for.",
    ("return float(", "return ("),
    ("-np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m", "-(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m"),
)
GRADIENTS = "backward_propagation_with_regularization"
changed(
    GRADIENTS,
    "You unpack the wrong way round: forward_propagation returns (AL, cache).",
    ("_, cache = network", "cache, _ = network"),
)
changed(GRADIENTS, "You divide by the number of features.", ("X.shape[1]", "X.shape[0]"))
changed(
    GRADIENTS,
    "Your penalty term is λ W: the 1/m is missing, or your m is 1. Examples are columns: m =",
    ("m = X.shape[1]", "m = Y.shape[0]"),
)
changed(
    GRADIENTS,
    "Your penalty term is λ/(2m) W.",
    ("lambd / m *", "lambd / (2 * m) *"),
)
changed(
    GRADIENTS,
    "Your penalty term is the sum of all squares.",
    ('+ lambd / m * parameters[f"W{l}"]', '+ lambd / m * np.sum(parameters[f"W{l}"] ** 2)'),
)
changed(
    GRADIENTS,
    "Keys and shapes: your dict has keys that are not asked for. Every dW: yours minus what is",
    ('grads[f"dW{l}"] = grads[f"dW{l}"] +', 'grads[f"W{l}"] = grads[f"dW{l}"] +'),
)
changed(
    GRADIENTS,
    "You return the gradient of the penalty alone.",
    ('grads[f"dW{l}"] = grads[f"dW{l}"] + lambd', 'grads[f"dW{l}"] = lambd'),
)
changed(
    GRADIENTS,
    "Layers are numbered from 1: there is no W0.",
    ("range(1, len(parameters) // 2 + 1)", "range(len(parameters) // 2)"),
)
changed(
    GRADIENTS,
    "You hand the arguments over in another order: backward_propagation(parameters, cache, Y).",
    ("backward_propagation(parameters, cache, Y)", "backward_propagation(cache, parameters, Y)"),
)
DECAY = "weight_decay_step"
STEP = "(1 - learning_rate * lambd / m) * W - learning_rate * dW"
changed(
    DECAY,
    "Your factor is 1 − αλ: the 1/m is missing.",
    (STEP, "W - learning_rate * (dW + lambd * W)"),
)
changed(
    DECAY,
    "Your decay does not depend on the learning rate: the factor is 1 − αλ/m.",
    (STEP, "W - learning_rate * dW - lambd / m * W"),
)
changed(
    DECAY,
    "Your weights grow: the factor is 1 − αλ/m, below 1.",
    (STEP, "W - learning_rate * (dW - lambd / m * W)"),
)
changed(
    DECAY,
    "You decay dW too. The factor belongs to W alone.",
    (STEP, "(1 - learning_rate * lambd / m) * (W - learning_rate * dW)"),
)
changed(DECAY, "You add a number to all weights.", (STEP, "W - learning_rate * dW + lambd / m"))
changed(
    DECAY,
    "Your decay takes W². The penalty's gradient is λ/m W.",
    (STEP, "W - learning_rate * (dW + lambd / m * W**2)"),
)
PENALTY = "l1_penalty"
changed(PENALTY, "Your penalty is λ/m: twice too large. Here it is λ/(2m).", ("lambd / (2 * m)", "lambd / m"))
changed(PENALTY, "You took the absolute value of the sum.", ("np.sum(np.abs(", "abs(np.sum("))
changed(
    PENALTY,
    "Your penalty leaves out the last layer: l runs from 1 to L, and range leaves out its end.",
    ("range(1, len(parameters) // 2 + 1)", "range(1, len(parameters) // 2)"),
)
whole(
    PENALTY,
    "Your penalty counts the biases too.",
    """
def l1_penalty(parameters, lambd, m):
    total = 0
    for key in parameters:
        total += np.sum(np.abs(parameters[key]))
    return lambd / (2 * m) * total
""",
)
whole(
    PENALTY,
    "Two arrays are combined entry by entry, but their shapes do not fit.",
    """
def l1_penalty(parameters, lambd, m):
    total = 0
    for key in parameters:
        if "W" in key:
            total += np.abs(parameters[key])
    return lambd / (2 * m) * np.sum(total)
""",
)
SIGN = "l1_gradient"
changed(SIGN, "You divide W by |W|, which is nan where a weight is 0.", ("np.sign(W)", "W / np.abs(W)"))
changed(
    SIGN,
    "Where a weight is 0 your gradient is −1: only W > 0 counts as positive. It is 0 there.",
    ("np.sign(W)", "np.where(W > 0, 1, -1)"),
)
changed(
    SIGN,
    "The gradient: yours is 2 m/λ times what it should be, in every case. 0 where a weight is",
    ("lambd / (2 * m) * ", ""),
)
changed(
    SIGN,
    "Your factor is λ/m. The penalty has λ/(2m), and |w| has the slope ±1: nothing cancels.",
    ("lambd / (2 * m)", "lambd / m"),
)
changed(
    SIGN,
    "You added the signs up. The gradient has the shape of W.",
    ("np.sign(W)", "np.sum(np.sign(W))"),
)
changed(SIGN, "All of your entries are positive.", ("np.sign(W)", "np.sign(np.abs(W))"))
FORWARD = "dropout_forward"
changed(
    FORWARD,
    "A shape is one tuple, with two pairs of brackets: np.zeros((rows, columns)),",
    ("rng.random(A.shape)", "rng.random(A.shape[0], A.shape[1])"),
)
changed(
    FORWARD,
    "rng is a Generator: it has rng.random, rng.standard_normal and rng.integers, not rand,",
    ("rng.random(A.shape)", "rng.rand(*A.shape)"),
)
changed(
    FORWARD,
    "Your draws do not come from rng but from NumPy's global state.",
    ("rng.random(A.shape)", "np.random.rand(*A.shape)"),
)
changed(
    FORWARD,
    "Your mask is reversed: it keeps 1 − keep_prob of the values. Keep where the draw is below",
    ("rng.random(A.shape) < keep_prob", "rng.random(A.shape) > keep_prob"),
)
changed(
    FORWARD,
    "You keep half of the values, whatever keep_prob is: rng.integers(0, 2) is 0 or 1 with",
    ("rng.random(A.shape) < keep_prob", "rng.integers(0, 2, A.shape)"),
)
changed(
    FORWARD,
    "You do not divide by keep_prob, so the next layer sees less in training than later.",
    ("A * D / keep_prob", "A * D"),
)
changed(
    FORWARD,
    "Two things are asked for: return first, second. Each way out of the function has to",
    ("A * D / keep_prob, D", "A * D / keep_prob"),
)
changed(
    FORWARD,
    "You divide by 1 − keep_prob.",
    ("A * D / keep_prob", "A * D / (1 - keep_prob)"),
)
changed(
    FORWARD, "You divide by the mask, which is 0 where values are dropped.", ("A * D / keep_prob", "A / D / keep_prob")
)
changed(
    FORWARD,
    "Two things are asked for: return first, second. Each way out of the function has to",
    ("return A.copy(), np.ones(A.shape)", "return A.copy()"),
)
changed(
    FORWARD,
    "Your dropout is always on.",
    ("    if not training:\n        return A.copy(), np.ones(A.shape)\n", ""),
)
changed(FORWARD, "D: you get 0 everywhere.", ("np.ones(A.shape)", "np.zeros(A.shape)"))
BACKWARD = "dropout_backward"
changed(
    BACKWARD,
    "You draw a new mask. The gradient flows where the forward pass let the signal through:",
    ("dA * D / keep_prob", "dA * (np.random.rand(*dA.shape) < keep_prob) / keep_prob"),
)
changed(
    BACKWARD,
    "You do not divide by keep_prob.",
    ("dA * D / keep_prob", "dA * D"),
)
changed(
    BACKWARD,
    "You divide by the mask, which is 0 where values were dropped.",
    ("dA * D / keep_prob", "dA / D / keep_prob"),
)
changed(
    BACKWARD,
    "In a product of matrices, the first has as many columns as the second has rows.",
    ("dA * D / keep_prob", "np.dot(dA, D) / keep_prob"),
)
changed(
    BACKWARD,
    "dA[D] picks entries out, into one row.",
    ("dA * D / keep_prob", "dA[D] / keep_prob"),
)
changed(BACKWARD, "You multiply by keep_prob.", ("dA * D / keep_prob", "dA * keep_prob"))
STOPPING = "early_stopping"
whole(
    STOPPING,
    "You take the lowest cost of all epochs, and patience from there.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best = int(np.argmin(dev_costs))
    return best, best + patience
""",
)
whole(
    STOPPING,
    "You take the lowest cost of all epochs, and patience from there.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best = int(np.nanargmin(dev_costs))
    return best, min(best + patience, len(dev_costs) - 1)
""",
)
whole(
    STOPPING,
    "You add patience to the best epoch even where the list ends before that: then the last",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best_epoch = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
        elif epoch - best_epoch >= patience:
            break
    return best_epoch, best_epoch + patience
""",
)
whole(
    STOPPING,
    "You stop one epoch too late: after patience epochs without an improvement.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, cost in enumerate(dev_costs):
        if cost < best - min_delta:
            best, best_epoch, waited = cost, epoch, 0
        else:
            waited += 1
        if waited > patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
""",
)
whole(
    STOPPING,
    "You count all epochs without an improvement.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, cost in enumerate(dev_costs):
        if cost < best - min_delta:
            best, best_epoch = cost, epoch
        else:
            waited += 1
        if waited >= patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
""",
)
whole(
    STOPPING,
    "You return the best cost.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, cost in enumerate(dev_costs):
        if cost < best - min_delta:
            best, best_epoch, waited = cost, epoch, 0
        else:
            waited += 1
        if waited >= patience:
            break
    return best, epoch
""",
)
whole(
    STOPPING,
    "An equal cost counts as an improvement with you.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, cost in enumerate(dev_costs):
        if best - cost >= min_delta:
            best, best_epoch, waited = cost, epoch, 0
        else:
            waited += 1
        if waited >= patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
""",
)
whole(
    STOPPING,
    "You compare with the epoch before.",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best_epoch, waited = 0, 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[epoch - 1] - min_delta:
            best_epoch, waited = epoch, 0
        else:
            waited += 1
        if waited >= patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
""",
)
FLIP = "augment_flip"
changed(
    FLIP,
    "Your images are upside down: rows are axis 1, columns axis 2. Turn the columns round.",
    ("[:, :, ::-1]", "[:, ::-1]"),
)
changed(
    FLIP,
    "np.flip without an axis turns everything round, the order of the images too.",
    ("images[chosen][:, :, ::-1]", "np.flip(images[chosen])"),
)
changed(
    FLIP,
    "You turned round the last axis: in colour images that is the colour. Columns are axis 2.",
    ("images[chosen][:, :, ::-1]", "np.flip(images[chosen], axis=-1)"),
)
changed(
    FLIP,
    "You draw once for all images: all or none is mirrored. Draw for each image.",
    ("rng.random(len(images)) < p", "rng.random() < p"),
)
changed(FLIP, "You changed the images you were given.", ("images.copy()", "images"))
changed(FLIP, "You mirror with probability 1 − p.", ("rng.random(len(images)) < p", "rng.random(len(images)) > p"))
whole(
    FLIP,
    "You draw once for all images: all or none is mirrored. Draw for each image.",
    """
def augment_flip(images, p, rng):
    if rng.random() < p:
        return images[:, :, ::-1].copy()
    return images.copy()
""",
)

# --- 03 ---------------------------------------------------------------------------------------------------------------

DERIVATIVE = "numerical_derivative"
CENTRAL = "(f(x + epsilon) - f(x - epsilon)) / (2 * epsilon)"
changed(
    DERIVATIVE,
    "Your central difference is divided by ε.",
    (CENTRAL, "(f(x + epsilon) - f(x - epsilon)) / epsilon"),
)
changed(
    DERIVATIVE,
    "The brackets round your central difference are missing: only f(x − ε) is divided.",
    (CENTRAL, "f(x + epsilon) - f(x - epsilon) / (2 * epsilon)"),
)
changed(
    DERIVATIVE,
    "You divided by 2 and multiplied by ε: / 2 * epsilon. Put brackets round 2 * epsilon.",
    (CENTRAL, "(f(x + epsilon) - f(x - epsilon)) / 2 * epsilon"),
)
changed(
    DERIVATIVE,
    "Central differences: your sign is wrong: what should be positive is negative, and the",
    (CENTRAL, "(f(x - epsilon) - f(x + epsilon)) / (2 * epsilon)"),
)
changed(
    DERIVATIVE,
    "Your two points are ε apart.",
    (CENTRAL, "(f(x + epsilon / 2) - f(x - epsilon / 2)) / epsilon"),
)
changed(
    DERIVATIVE,
    "Your forward scheme looks backward: f(x) − f(x − ε). Take f(x + ε) − f(x).",
    ("return (f(x + epsilon) - f(x)) / epsilon", "return (f(x) - f(x - epsilon)) / epsilon"),
)
changed(
    DERIVATIVE,
    "Your forward scheme is a central difference.",
    ('    if scheme == "central":\n        return', "    return"),
    ("    return (f(x + epsilon) - f(x)) / epsilon", ""),
)
DIFFERENCE = "relative_difference"
whole(
    DIFFERENCE,
    "The brackets round your denominator are missing: a / b + c is (a / b) + c. Write a / (b +",
    """
def relative_difference(approx, grad):
    return np.linalg.norm(approx - grad) / np.linalg.norm(approx) + np.linalg.norm(grad)
""",
)
whole(
    DIFFERENCE,
    "Where both are zero you divide 0 by 0.",
    """
def relative_difference(approx, grad):
    return np.linalg.norm(approx - grad) / (np.linalg.norm(approx) + np.linalg.norm(grad))
""",
)
whole(
    DIFFERENCE,
    "You divide by the norm of the sum.",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx + grad)
    return np.linalg.norm(approx - grad) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "You divide by the norm of the sum.",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx + grad)
    return np.linalg.norm(approx - grad) / total
""",
)
whole(
    DIFFERENCE,
    "One number is asked for: add the entries up, or take their mean.",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx) + np.linalg.norm(grad)
    return np.abs(approx - grad) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "Your norm of a matrix is the spectral norm (ord=2).",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx, 2) + np.linalg.norm(grad, 2)
    return np.linalg.norm(approx - grad, 2) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "You multiply the two norms.",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx) * np.linalg.norm(grad)
    return np.linalg.norm(approx - grad) / total if total else 0.0
""",
)
VECTOR = "dictionary_to_vector"
whole(
    VECTOR,
    "You took the keys as the dict holds them.",
    """
def dictionary_to_vector(parameters):
    return np.concatenate([value.reshape(-1, 1) for value in parameters.values()])
""",
)
whole(
    VECTOR,
    "You sorted the keys, so biases come after weights and W10 before W2.",
    """
def dictionary_to_vector(parameters):
    return np.concatenate([parameters[key].reshape(-1, 1) for key in sorted(parameters)])
""",
)
whole(
    VECTOR,
    "Your result has shape (n,).",
    """
def dictionary_to_vector(parameters):
    theta = []
    for l in range(1, len(parameters) // 2 + 1):
        theta.append(parameters[f"W{l}"].ravel())
        theta.append(parameters[f"b{l}"].ravel())
    return np.concatenate(theta)
""",
)
whole(
    VECTOR,
    "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand",
    """
def dictionary_to_vector(parameters):
    theta = []
    for l in range(1, len(parameters) + 1):
        theta.append(parameters[f"W{l}"].reshape(-1, 1))
        theta.append(parameters[f"b{l}"].reshape(-1, 1))
    return np.concatenate(theta)
""",
)
whole(
    VECTOR,
    "Arrays of different shapes make no array together, and one number's place holds none:",
    """
def dictionary_to_vector(parameters):
    theta = []
    for l in range(1, len(parameters) // 2 + 1):
        theta.append(parameters[f"W{l}"])
        theta.append(parameters[f"b{l}"])
    return np.array(theta).reshape(-1, 1)
""",
)
whole(
    VECTOR,
    "Arrays of different shapes are joined: make each a column first, reshape(-1, 1).",
    """
def dictionary_to_vector(parameters):
    theta = []
    for l in range(1, len(parameters) // 2 + 1):
        theta.append(parameters[f"W{l}"])
        theta.append(parameters[f"b{l}"])
    return np.concatenate(theta).reshape(-1, 1)
""",
)
changed(
    VECTOR,
    "You unrolled columns first (Fortran order).",
    ('parameters[f"W{l}"].reshape(-1, 1)', 'parameters[f"W{l}"].flatten(order="F").reshape(-1, 1)'),
)
changed(
    VECTOR,
    "You return after the first layer: the return stands inside the loop.",
    ("    return np", "        return np"),
)
CUT = "vector_to_dictionary"
changed(CUT, "Your entries are views: changing one changes theta. Copy each.", (".copy()", ""))
changed(CUT, "You start every entry at the beginning of theta.", ("        start = stop\n", ""))
changed(
    CUT, "Your array is transposed: rows and columns are swapped.", ("reshape(rows, columns)", "reshape(columns, rows)")
)
changed(
    CUT,
    "An array is given a shape that holds another number of entries.",
    ("start + rows * columns", "start + rows + columns"),
)
changed(
    CUT, "An array is given a shape that holds another number of entries.", ("start + rows * columns", "rows * columns")
)
changed(CUT, "Your entries stay columns.", (".reshape(rows, columns)", ""))
NUMERICAL = "numerical_gradient"
changed(
    NUMERICAL,
    "plus and minus are theta itself: plus = theta makes no copy, only a second name. Copy it",
    ("plus = theta.astype(float)", "plus = theta"),
    ("minus = theta.astype(float)", "minus = theta"),
)
whole(
    NUMERICAL,
    "You copy theta once, before the loop: entries that were moved stay moved. Copy it anew",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    approx = np.zeros(theta.shape)
    plus, minus = theta.astype(float), theta.astype(float)
    for i in range(len(theta)):
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx
""",
)
whole(
    NUMERICAL,
    "You move theta itself and put it back by adding and subtracting, which rounds.",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    approx = np.zeros(theta.shape)
    for i in range(len(theta)):
        theta[i] += epsilon
        up = J(theta)
        theta[i] -= 2 * epsilon
        down = J(theta)
        theta[i] += epsilon
        approx[i] = (up - down) / (2 * epsilon)
    return approx
""",
)
whole(
    NUMERICAL,
    "Your result has theta's dtype: with whole numbers, zeros_like cuts fractions off. Take",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    approx = np.zeros_like(theta)
    for i in range(len(theta)):
        plus, minus = theta.astype(float), theta.astype(float)
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx
""",
)
whole(
    NUMERICAL,
    "You move all entries at once, and return one number.",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    return (J(theta + epsilon) - J(theta - epsilon)) / (2 * epsilon)
""",
)
whole(
    NUMERICAL,
    "Your result has shape (n,).",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    approx = []
    for i in range(len(theta)):
        plus, minus = theta.astype(float), theta.astype(float)
        plus[i] += epsilon
        minus[i] -= epsilon
        approx.append((J(plus) - J(minus)) / (2 * epsilon))
    return np.array(approx)
""",
)
changed(
    NUMERICAL, "You divided by ε. From minus to plus are two steps: divide by 2ε.", ("/ (2 * epsilon)", "/ epsilon")
)
changed(
    NUMERICAL,
    "J wants the whole of θ, J(plus), and not one entry of it.",
    ("J(plus) - J(minus)", "J(plus[i]) - J(minus[i])"),
)
GRADIENT_CHECK = "gradient_check"
changed(
    GRADIENT_CHECK,
    "That key is not there: gradients stand under dW1, db1, …, parameters under W1, b1, …. Or",
    ('approx["d" + key] = slopes', "approx[key] = slopes"),
)
changed(
    GRADIENT_CHECK,
    "plus and minus are the parameters themselves: plus = value makes no copy. Copy it for",
    ("plus, minus = value.copy(), value.copy()", "plus, minus = value, value"),
)
changed(
    GRADIENT_CHECK,
    "Your worst_key has the largest absolute difference.",
    (
        "worst_key = max(grads, key=lambda key: relative([key]))",
        "worst_key = max(grads, key=lambda key: np.max(np.abs(approx[key] - grads[key])))",
    ),
)
changed(
    GRADIENT_CHECK,
    "Your difference is that of the worst entry alone.",
    (
        "return float(relative(list(grads))), worst_key",
        "return float(max(relative([key]) for key in grads)), worst_key",
    ),
)
changed(
    GRADIENT_CHECK,
    "Two things are asked for: return first, second. Each way out of the function has to",
    ("return float(relative(list(grads))), worst_key", "return float(relative(list(grads)))"),
)
changed(
    GRADIENT_CHECK,
    "Your central difference is divided by ε.",
    ("/ (2 * epsilon)", "/ epsilon"),
)
whole(
    GRADIENT_CHECK,
    "Your one column of grads is in the order of its dict, that of the numerical ones in",
    """
def gradient_check(cost, parameters, grads, epsilon=1e-7):
    theta = dictionary_to_vector(parameters)
    grad = np.concatenate([grads[key].reshape(-1, 1) for key in grads])
    shapes = {key: value.shape for key, value in parameters.items()}
    approx = numerical_gradient(lambda t: cost(vector_to_dictionary(t, shapes)), theta, epsilon)
    difference = relative_difference(approx, grad)
    parts = vector_to_dictionary(approx, shapes)
    worst = max(parts, key=lambda key: relative_difference(parts[key], grads["d" + key]))
    return difference, "d" + worst
""",
)
HUNT = "repaired_backward_propagation"
changed(
    HUNT,
    "dW3 still subtracts the penalty.",
    ("+ lambd / m * W3", "- lambd / m * W3"),
)
changed(
    HUNT,
    "dW1 is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on",
    ("dW1 = dZ1 @ X.T + lambd / m * W1", "dW1 = dZ1 @ X.T + lambd / (2 * m) * W1"),
)
changed(
    HUNT,
    "db2 is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on",
    ("dA2 / (1 + np.exp(-Z2))", "dA2 * A2 * (1 - A2)"),
)
changed(
    HUNT,
    "db1 is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on",
    ("dZ1 = dA1 / (1 + np.exp(-Z1))", "dZ1 = dA1 * (Z1 > 0)"),
)
changed(
    HUNT,
    "db1 is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on",
    ("db1 = dZ1.sum(axis=1, keepdims=True)", "db1 = dZ1.mean(axis=1, keepdims=True)"),
)
changed(
    HUNT,
    "In a product of matrices, the first has as many columns as the second has rows.",
    ("lambd / m * W2 + dZ2 @ A1.T", "lambd / m * W2 + dZ2 @ A1"),
)
changed(
    HUNT,
    "dW2 is wrong. Hold it against numerical_gradient, entry by entry; an error is handed on",
    ('"dW2": dW2, "db2": db2', '"dW2": dW3, "db2": db2'),
)

# --- 04 ---------------------------------------------------------------------------------------------------------------

BATCHES = "random_mini_batches"
changed(
    BATCHES,
    "Every x keeps its y: no, labels stand at other examples.",
    ("Y[:, chosen]", "Y[:, rng.permutation(chosen)]"),
)
changed(
    BATCHES,
    "You drop the last, smaller mini-batch.",
    ("range(0, m, mini_batch_size)", "range(0, m // mini_batch_size * mini_batch_size, mini_batch_size)"),
)
changed(
    BATCHES,
    "X[chosen] picks rows. Examples are columns: X[:, chosen].",
    ("(X[:, chosen], Y[:, chosen])", "(X[chosen], Y[chosen])"),
)
changed(
    BATCHES,
    "You do not shuffle: the mini-batches are the same in every epoch.",
    ("order = rng.permutation(m)", "order = np.arange(m)"),
)
changed(
    BATCHES,
    "You do not shuffle: the mini-batches are the same in every epoch.",
    ("(X[:, chosen], Y[:, chosen])", "(X[:, start : start + mini_batch_size], Y[:, start : start + mini_batch_size])"),
)
changed(BATCHES, "You count rows. Examples are columns: m is X.shape[1].", ("X.shape[1]", "X.shape[0]"))
changed(
    BATCHES,
    "not a pair (X_b, Y_b)",
    (
        "batches.append((X[:, chosen], Y[:, chosen]))",
        "batches.append(X[:, chosen])\n        batches.append(Y[:, chosen])",
    ),
)
changed(
    BATCHES,
    "You add an empty mini-batch at the end where m is a multiple of the size.",
    ("range(0, m, mini_batch_size)", "range(m // mini_batch_size + 1)"),
    ("order[start : start + mini_batch_size]", "order[start * mini_batch_size : (start + 1) * mini_batch_size]"),
)
GD = "update_parameters_with_gd"
changed(
    GD,
    "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand",
    ('grads["d" + key]', "grads[key]"),
)
changed(
    GD,
    "You walk uphill: subtract α times the gradient.",
    ("value - learning_rate", "value + learning_rate"),
)
changed(
    GD,
    "You changed the parameters you were given, the arrays or their dict.",
    ("    updated = {}", "    updated = parameters"),
)
whole(
    GD,
    "The last layer is missing: l runs from 1 to L, and range leaves out its end.",
    """
def update_parameters_with_gd(parameters, grads, learning_rate):
    L = len(parameters) // 2
    new = {}
    for l in range(1, L):
        new["W" + str(l)] = parameters["W" + str(l)] - learning_rate * grads["dW" + str(l)]
        new["b" + str(l)] = parameters["b" + str(l)] - learning_rate * grads["db" + str(l)]
    return new
""",
)
whole(
    GD,
    "That key is not there: a loop runs too far, or the dict has other keys. Parameters stand",
    """
def update_parameters_with_gd(parameters, grads, learning_rate):
    L = len(parameters)
    for l in range(L):
        parameters["W" + str(l + 1)] -= learning_rate * grads["dW" + str(l + 1)]
        parameters["b" + str(l + 1)] -= learning_rate * grads["db" + str(l + 1)]
    return parameters
""",
)
whole(
    GD,
    "You calculate with a whole dict.",
    "def update_parameters_with_gd(parameters, grads, learning_rate):\n    return parameters - learning_rate * grads",
)
FIT = "fit"
changed(
    FIT,
    "You start t anew in each epoch.",
    (
        "costs, t = [], 0\n    for epoch in range(epochs):\n",
        "costs = []\n    for epoch in range(epochs):\n        t = 0\n",
    ),
)
changed(
    FIT,
    "Your t counts from 0. The first step is step 1.",
    ("            t += 1\n", ""),
    ("grads, t, rate)", "grads, t, rate)\n            t += 1"),
)
changed(
    FIT,
    "Your t counts epochs. It counts steps: one for each mini-batch.",
    ("grads, t, rate)", "grads, epoch + 1, rate)"),
)
changed(
    FIT,
    "You take every step from the first parameters.",
    ("            parameters = optimizer", "            optimizer"),
)
changed(
    FIT,
    "You hold the mini-batch's AL against all labels.",
    ("costs.append(network.compute_cost(AL, Y_b))", "costs.append(network.compute_cost(AL, Y))"),
)
changed(
    FIT,
    "You compute gradients with all labels.",
    (
        "grads = network.backward_propagation(parameters, cache, Y_b)",
        "grads = network.backward_propagation(parameters, cache, Y)",
    ),
)
changed(FIT, "You return one cost, the last or the mean.", ("return parameters, costs", "return parameters, costs[-1]"))
changed(
    FIT, "You return one cost, the last or the mean.", ("return parameters, costs", "return parameters, np.mean(costs)")
)
changed(
    FIT,
    "You hand t to decay. It wants the number of the epoch.",
    ("decay(learning_rate, epoch) if decay else learning_rate", "decay(learning_rate, t) if decay else learning_rate"),
)
changed(
    FIT,
    "You let the decayed rate decay again.",
    (
        "rate = decay(learning_rate, epoch) if decay else learning_rate",
        "learning_rate = decay(learning_rate, epoch) if decay else learning_rate",
    ),
    ("grads, t, rate)", "grads, t, learning_rate)"),
)
AVERAGE = "exponentially_weighted_average"
whole(
    AVERAGE,
    "Your t counts from 0: the first division is by 1 − β⁰ = 0. Divide by 1 − β to the power",
    """
def exponentially_weighted_average(values, beta, bias_correction=True):
    v = 0
    out = []
    for t in range(len(values)):
        v = beta * v + (1 - beta) * values[t]
        out.append(v / (1 - beta ** t) if bias_correction else v)
    return np.array(out)
""",
)
whole(
    AVERAGE,
    "Your loop leaves out the first value: there is an average for each.",
    """
def exponentially_weighted_average(values, beta, bias_correction=True):
    v = 0
    out = []
    for t in range(1, len(values)):
        v = beta * v + (1 - beta) * values[t]
        out.append(v / (1 - beta ** t) if bias_correction else v)
    return np.array(out)
""",
)
whole(
    AVERAGE,
    "You feed the corrected value back into the recursion.",
    """
def exponentially_weighted_average(values, beta, bias_correction=True):
    v = np.zeros(len(values))
    v[0] = (1 - beta) * values[0]
    for t in range(1, len(values)):
        v[t] = beta * v[t - 1] + (1 - beta) * values[t]
        if bias_correction:
            v[t] = v[t] / (1 - beta ** (t + 1))
    return v
""",
)
changed(AVERAGE, "You start from the first value.", ("v = 0.0", "v = values[0]"))
changed(
    AVERAGE,
    "You swapped the weights: β belongs to the past, 1 − β to the new value.",
    ("beta * v + (1 - beta) * value", "(1 - beta) * v + beta * value"),
)
changed(AVERAGE, "The brackets round 1 − βᵗ are missing: v / 1 − βᵗ divides first.", ("(1 - beta**t)", "1 - beta**t"))
changed(AVERAGE, "You take the power of 1 − β.", ("(1 - beta**t)", "(1 - beta) ** t"))
VELOCITY = "initialize_velocity"
whole(
    VELOCITY,
    "Your keys are W1, b1, … Take those of the gradients: dW1, db1, and so on.",
    """
def initialize_velocity(parameters):
    return {key: np.zeros(value.shape) for key, value in parameters.items()}
""",
)
whole(
    VELOCITY,
    "np.zeros_like of a whole dict is no dict.",
    "def initialize_velocity(parameters):\n    return np.zeros_like(parameters)",
)
whole(
    VELOCITY,
    "Yours has an axis too few.",
    """
def initialize_velocity(parameters):
    return {"d" + key: np.zeros(len(value)) for key, value in parameters.items()}
""",
)
whole(
    VELOCITY,
    "Your zeros are whole numbers, which cannot hold the fractions to come.",
    'def initialize_velocity(parameters):\n    return {"d" + key: 0 for key in parameters}',
)
whole(
    VELOCITY,
    "Layers are numbered from 1: there is no W0.",
    """
def initialize_velocity(parameters):
    v = {}
    for l in range(len(parameters) // 2):
        v["dW" + str(l)] = np.zeros(parameters["W" + str(l)].shape)
        v["db" + str(l)] = np.zeros(parameters["b" + str(l)].shape)
    return v
""",
)
MOMENTUM = "update_parameters_with_momentum"
changed(MOMENTUM, "You add the whole gradient to v.", ("(1 - beta) * grads", "grads"))
changed(MOMENTUM, "You step along the old v.", ('learning_rate * new_v["d" + key]', 'learning_rate * v["d" + key]'))
changed(MOMENTUM, "You walk uphill: subtract α v.", ("value - learning_rate", "value + learning_rate"))
changed(
    MOMENTUM,
    "Your function writes into what it was given, or returns it.",
    ("updated, new_v = {}, {}", "updated, new_v = {}, v"),
)
changed(
    MOMENTUM,
    "Your v holds α in place of 1 − β, and the step has none.",
    ('(1 - beta) * grads["d" + key]', 'learning_rate * grads["d" + key]'),
    ("learning_rate * new_v", "new_v"),
)
changed(
    MOMENTUM,
    "You swapped the weights: β belongs to the old v, 1 − β to the gradient.",
    ('beta * v["d" + key] + (1 - beta)', '(1 - beta) * v["d" + key] + beta'),
)
RMSPROP = "update_parameters_with_rmsprop"
changed(
    RMSPROP,
    "The brackets round your denominator are missing, so that ε is added to the parameters.",
    ('g / (np.sqrt(new_s["d" + key]) + epsilon)', 'g / np.sqrt(new_s["d" + key]) + epsilon'),
)
changed(
    RMSPROP,
    "You average the gradient in s, not its square.",
    ("(1 - beta2) * g**2", "(1 - beta2) * g"),
)
changed(
    RMSPROP,
    "Your ε is inside the root.",
    ('(np.sqrt(new_s["d" + key]) + epsilon)', 'np.sqrt(new_s["d" + key] + epsilon)'),
)
changed(
    RMSPROP,
    "You divide by s + ε. Take the root of s first: s averages squares.",
    ('(np.sqrt(new_s["d" + key]) + epsilon)', '(new_s["d" + key] + epsilon)'),
)
changed(
    RMSPROP,
    "You square (1 − β₂) too. Only the gradient is squared.",
    ("(1 - beta2) * g**2", "((1 - beta2) * g) ** 2"),
)
changed(
    RMSPROP,
    "The gradient is missing in your step: it is divided by √s + ε.",
    ("value - learning_rate * g / ", "value - learning_rate / "),
)
ADAM = "update_parameters_with_adam"
changed(
    ADAM,
    "You return the corrected v as the state.",
    ('v_hat = new_v["d" + key]', 'v_hat = new_v["d" + key] = new_v["d" + key]'),
)
changed(
    ADAM,
    "You do not use t: you divide by 1 − β₁ and 1 − β₂, without the power t, and v and s stay",
    ("(1 - beta1**t)", "(1 - beta1)"),
    ("(1 - beta2**t)", "(1 - beta2)"),
)
changed(
    ADAM,
    "The brackets round your denominator are missing, so that ε is added to the parameters: v̂",
    ("v_hat / (np.sqrt(s_hat) + epsilon)", "v_hat / np.sqrt(s_hat) + epsilon"),
)
changed(
    ADAM,
    "Your ε is inside the root.",
    ("(np.sqrt(s_hat) + epsilon)", "np.sqrt(s_hat + epsilon)"),
)
changed(
    ADAM, "You correct s with β₁. It is averaged with β₂, so divide by 1 − β₂ᵗ.", ("(1 - beta2**t)", "(1 - beta1**t)")
)
changed(
    ADAM,
    "You do not correct v. Divide it by 1 − β₁ᵗ.",
    ("learning_rate * v_hat", 'learning_rate * new_v["d" + key]'),
)
changed(ADAM, "You average the gradient in s, not its square.", ("(1 - beta2) * g**2", "(1 - beta2) * g"))
changed(ADAM, "You return the old v and s.", ("return updated, new_v, new_s", "return updated, v, s"))
changed(
    ADAM, "You weigh by t, 1 − β · t, in place of the power βᵗ.", ("beta1**t", "beta1 * t"), ("beta2**t", "beta2 * t")
)
INVERSE, EXPONENTIAL, SQRT, STAIRCASE = "decay_inverse_time", "decay_exponential", "decay_sqrt", "decay_staircase"
changed(
    INVERSE,
    "The brackets are missing: α₀ / 1 + decay_rate · epoch is another number.",
    ("/ (1 + decay_rate * epoch)", "/ 1 + decay_rate * epoch"),
)
changed(
    INVERSE,
    "The 1 is missing in your denominator: at epoch 0 you divide by zero.",
    ("1 + decay_rate * epoch", "decay_rate * epoch"),
)
changed(
    INVERSE,
    "You multiply by 1 − decay_rate · epoch, which becomes negative.",
    ("/ (1 + decay_rate * epoch)", "* (1 - decay_rate * epoch)"),
)
changed(EXPONENTIAL, "You multiply by base · epoch.", ("base**epoch", "base * epoch"))
changed(
    EXPONENTIAL,
    "You took the power of e, and no base: multiply α₀ by base to the power of epoch.",
    ("base**epoch", "np.exp(-epoch)"),
)
changed(
    EXPONENTIAL,
    "You raise α₀ to a power. It multiplies base to the power of epoch.",
    ("learning_rate0 * base**epoch", "learning_rate0 ** (base * epoch)"),
)
changed(
    SQRT,
    "At epoch 0 you divide by zero and get inf.",
    ("np.sqrt(max(epoch, 1))", "np.sqrt(epoch)"),
)
changed(SQRT, "You divide by zero at epoch 0.", ("np.sqrt(max(epoch, 1))", "epoch ** 0.5"))
changed(SQRT, "You divide by the root of epoch + 1.", ("np.sqrt(max(epoch, 1))", "np.sqrt(epoch + 1)"))
changed(
    STAIRCASE,
    "You do not cut off: epoch / interval is a slope, not a stair.",
    ("(epoch // interval)", "epoch / interval"),
)
changed(
    STAIRCASE,
    "The brackets are missing: α₀ / 1 + decay_rate · ⌊epoch / interval⌋ is another number.",
    ("(1 + decay_rate * (epoch // interval))", "1 + decay_rate * (epoch // interval)"),
)
changed(
    STAIRCASE,
    "You took the remainder of the division, %.",
    ("(epoch // interval)", "(epoch % interval)"),
)

# --- 05 ---------------------------------------------------------------------------------------------------------------

ONE_HOT = "one_hot"
COLUMNS = "(np.arange(C).reshape(C, 1) == labels.reshape(1, -1)).astype(float)"
changed(
    ONE_HOT,
    "Your array has three dimensions: labels is (1, m). Make it flat before you use it as an",
    (COLUMNS, "np.eye(C)[labels]"),
)
changed(
    ONE_HOT,
    "Your array is transposed: classes are rows, examples are columns.",
    (COLUMNS, "np.eye(C)[labels.ravel()]"),
)
changed(
    ONE_HOT,
    "You took the number of classes from the data.",
    (COLUMNS, "np.eye(labels.max() + 1)[labels.ravel()].T"),
)
changed(
    ONE_HOT,
    "You count classes from 1: label − 1 is one row too high, and label 0 falls into the last",
    (COLUMNS, "np.eye(C)[labels.ravel() - 1].T"),
)
whole(
    ONE_HOT,
    "labels has one row: labels[i] is the whole of row i. Take labels[0, i], or flatten it",
    """
def one_hot(labels, C):
    Y = np.zeros((C, labels.shape[1]))
    for i in range(labels.shape[1]):
        Y[labels[i], i] = 1
    return Y
""",
)
whole(
    ONE_HOT,
    "len(labels) is 1: labels has one row and m columns. m is labels.shape[1].",
    """
def one_hot(labels, C):
    m = len(labels)
    Y = np.zeros((C, m))
    for i in range(m):
        Y[labels[0, i], i] = 1
    return Y
""",
)
whole(
    ONE_HOT,
    "You set whole rows to 1: Y[labels, :]. Each example has one row of its own: Y[labels,",
    """
def one_hot(labels, C):
    m = labels.shape[1]
    Y = np.zeros((C, m))
    Y[labels, :] = 1
    return Y
""",
)
SOFTMAX = "softmax"
SHIFTED, DIVIDED = "np.exp(Z - Z.max(axis=0, keepdims=True))", "E / E.sum(axis=0, keepdims=True)"
changed(
    SOFTMAX,
    "Your e^Z overflows for large scores.",
    (SHIFTED, "np.exp(Z)"),
)
changed(
    SOFTMAX,
    "You treat all entries as one: maximum and sum go over the whole array. Each column has",
    (SHIFTED, "np.exp(Z - np.max(Z))"),
    (DIVIDED, "E / np.sum(E)"),
)
changed(
    SOFTMAX,
    "You take the maximum of each column and the sum of each row.",
    (DIVIDED, "E / E.sum(axis=1, keepdims=True)"),
)
changed(
    SOFTMAX,
    "You take the maximum of each row and the sum of each column.",
    (SHIFTED, "np.exp(Z - Z.max(axis=1, keepdims=True))"),
)
changed(
    SOFTMAX,
    "Your sum or maximum goes along rows, and lacks keepdims=True.",
    (SHIFTED, "np.exp(Z - Z.max(axis=1))"),
    (DIVIDED, "E / E.sum(axis=1)"),
)
changed(SOFTMAX, "Your sum or maximum goes along rows, and lacks keepdims=True.", (DIVIDED, "E / E.sum(axis=1)"))
changed(
    SOFTMAX,
    "You divide by the largest entry of each column.",
    (DIVIDED, "E / E.max(axis=0, keepdims=True)"),
)
changed(
    SOFTMAX,
    "You subtract outside of the exponential: e^Z − max. The maximum is subtracted from Z:",
    (SHIFTED, "np.exp(Z) - Z.max(axis=0, keepdims=True)"),
)
CROSS = "cross_entropy_cost"
changed(
    CROSS,
    "Your sign is wrong: logarithms of probabilities are negative, and a cost is not.",
    ("-np.sum(Y * log_P) / m", "np.sum(Y * log_P) / m"),
)
changed(
    CROSS,
    "You take the mean over classes too.",
    ("-np.sum(Y * log_P) / m", "-np.mean(Y * log_P)"),
)
changed(CROSS, "Where P is 0 your cost is nan or inf.", ("np.log(np.maximum(P, 1e-300))", "np.log(P)"))
changed(CROSS, "You divide by the number of classes.", ("Y.shape[1]", "Y.shape[0]"))
changed(
    CROSS,
    "You return one number for each example.",
    ("float(-np.sum(Y * log_P) / m)", "-np.sum(Y * log_P, axis=0) / m"),
)
changed(
    CROSS,
    "You forgot Y: only the probability of the label counts.",
    ("-np.sum(Y * log_P) / m", "-np.sum(Y @ log_P.T) / m"),
)
SLOPE = "softmax_gradient"
changed(
    SLOPE,
    "Only Y is divided by m: P − Y / m. Put brackets round P − Y.",
    ("(P - Y) / Y.shape[1]", "P - Y / Y.shape[1]"),
)
changed(SLOPE, "The 1/m is missing: the cost is a mean over the examples.", ("(P - Y) / Y.shape[1]", "P - Y"))
changed(
    SLOPE,
    "Your sign is wrong: P − Y. Where the network says too much, the gradient is positive.",
    ("(P - Y) / Y.shape[1]", "(Y - P) / Y.shape[1]"),
)
changed(
    SLOPE,
    "You divide by the number of classes.",
    ("(P - Y) / Y.shape[1]", "(P - Y) / len(Y)"),
)
changed(SLOPE, "You multiply by P (1 − P).", ("(P - Y) / Y.shape[1]", "(P - Y) * P * (1 - P) / Y.shape[1]"))
BN = "batchnorm_forward"
changed(
    BN,
    "You divide by σ² + ε, as some lecture notes print it.",
    ("np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)", "Z.var(axis=1, keepdims=True) + epsilon"),
)
changed(BN, "You normalize each example over the units.", ("axis=1", "axis=0"))
changed(
    BN,
    "Two arrays are combined entry by entry, but their shapes do not fit.",
    ("Z.mean(axis=1, keepdims=True)", "Z.mean(axis=1)"),
)
changed(
    BN,
    "You take one mean and one variance of the whole array.",
    ("Z.mean(axis=1, keepdims=True)", "Z.mean()"),
    ("Z.var(axis=1, keepdims=True)", "Z.var()"),
)
changed(
    BN,
    "You divide by σ + ε. ε stands inside the root: √(σ² + ε).",
    ("np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)", "np.sqrt(Z.var(axis=1, keepdims=True)) + epsilon"),
)
changed(
    BN,
    "Only the mean is divided by the deviation.",
    ("Z_hat = (Z - mean) / deviation", "Z_hat = Z - mean / deviation"),
)
changed(
    BN,
    "In a product of matrices, the first has as many columns as the second has rows.",
    ("gamma * Z_hat + beta, (Z_hat", "gamma @ Z_hat + beta, (Z_hat"),
)
changed(
    BN,
    "Return two things, Z_tilde and a cache: the backward pass will need it.",
    ("return gamma * Z_hat + beta, (Z_hat, deviation, gamma)", "return gamma * Z_hat + beta"),
)
BACK = "batchnorm_backward"
changed(
    BACK,
    "Your dγ and dβ are means.",
    ("np.sum(dZ_tilde * Z_hat,", "np.mean(dZ_tilde * Z_hat,"),
    ("np.sum(dZ_tilde, axis", "np.mean(dZ_tilde, axis"),
)
changed(
    BACK,
    "Both paths through the batch are sums in your dZ.",
    ("np.mean(dZ_hat, axis", "np.sum(dZ_hat, axis"),
    ("np.mean(dZ_hat * Z_hat", "np.sum(dZ_hat * Z_hat"),
)
changed(
    BACK,
    "The path through the variance σ² is missing in dZ: every value moves the variance of its",
    ("dZ_hat - through_mean - through_variance", "dZ_hat - through_mean"),
)
changed(
    BACK,
    "γ is missing in dZ: Z̃ = γ Ẑ + β, so dẐ = γ dZ̃.",
    ("dZ_hat = gamma * dZ_tilde", "dZ_hat = dZ_tilde"),
)
changed(
    BACK,
    "You unpack the cache in another order than you packed it: what you take for Ẑ is the",
    ("Z_hat, deviation, gamma = cache", "deviation, Z_hat, gamma = cache"),
)
changed(
    BACK,
    "You unpack the cache in another order than you packed it: γ and the deviation are swapped.",
    ("Z_hat, deviation, gamma = cache", "Z_hat, gamma, deviation = cache"),
)
changed(
    BACK,
    "You unpack another number of things than your cache holds.",
    ("Z_hat, deviation, gamma = cache", "Z_hat, deviation, gamma, beta = cache"),
)
changed(
    BACK,
    "An axis of length 1 is missing in yours: keepdims=True keeps it in sums and means,",
    ("np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)", "np.sum(dZ_tilde * Z_hat, axis=1)"),
)
whole(
    BACK,
    "Your dσ² has σ² to the power of −1.5 without ε.",
    """
def batchnorm_forward(Z, gamma, beta, epsilon=1e-5):
    mu = Z.mean(axis=1, keepdims=True)
    var = Z.var(axis=1, keepdims=True)
    Z_hat = (Z - mu) / np.sqrt(var + epsilon)
    return gamma * Z_hat + beta, (Z, Z_hat, mu, var, gamma, epsilon)

def batchnorm_backward(dZ_tilde, cache):
    Z, Z_hat, mu, var, gamma, epsilon = cache
    m = Z.shape[1]
    dgamma = np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_hat = dZ_tilde * gamma
    dvar = np.sum(dZ_hat * (Z - mu) * -0.5 * var**-1.5, axis=1, keepdims=True)
    dmu = np.sum(-dZ_hat / np.sqrt(var + epsilon), axis=1, keepdims=True)
    return dZ_hat / np.sqrt(var + epsilon) + dvar * 2 * (Z - mu) / m + dmu / m, dgamma, dbeta
""",
)
whole(
    BACK,
    "Your dσ² has √(σ² + ε) to the power of −1.5.",
    """
def batchnorm_forward(Z, gamma, beta, epsilon=1e-5):
    mu = Z.mean(axis=1, keepdims=True)
    s = np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
    Z_hat = (Z - mu) / s
    return gamma * Z_hat + beta, (Z, Z_hat, mu, s, gamma)

def batchnorm_backward(dZ_tilde, cache):
    Z, Z_hat, mu, s, gamma = cache
    m = Z.shape[1]
    dgamma = np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_hat = dZ_tilde * gamma
    dvar = np.sum(dZ_hat * (Z - mu), axis=1, keepdims=True) * -0.5 * s**-1.5
    dmu = -np.sum(dZ_hat, axis=1, keepdims=True) / s
    return dZ_hat / s + dvar * 2 * (Z - mu) / m + dmu / m, dgamma, dbeta
""",
)
RUNNING = "update_running_statistics"
changed(
    RUNNING,
    "You keep the old values: the new ones weigh 1 − momentum.",
    ("return new_mean, new_var", "return running_mean, running_var"),
)
changed(
    RUNNING,
    "Your weights are swapped: momentum weighs the old value, 1 − momentum the new one.",
    ("momentum * running_mean + (1 - momentum) * mean", "(1 - momentum) * running_mean + momentum * mean"),
    ("momentum * running_var + (1 - momentum) * var", "(1 - momentum) * running_var + momentum * var"),
)
changed(
    RUNNING,
    "The new values count in full with you.",
    ("momentum * running_mean + (1 - momentum) * mean", "momentum * running_mean + mean"),
    ("momentum * running_var + (1 - momentum) * var", "momentum * running_var + var"),
)
changed(RUNNING, "Your new variance is made of the batch's mean.", ("(1 - momentum) * var", "(1 - momentum) * mean"))
INFERENCE = "batchnorm_inference"
changed(
    INFERENCE,
    "You divide by σ² + ε. Take the root: √(σ² + ε).",
    ("np.sqrt(running_var + epsilon)", "(running_var + epsilon)"),
)
changed(
    INFERENCE,
    "You normalize with the batch's own statistics.",
    (
        "(Z - running_mean) / np.sqrt(running_var + epsilon)",
        "(Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)",
    ),
)
changed(INFERENCE, "You divide by the variance.", ("np.sqrt(running_var + epsilon)", "running_var"))
changed(
    INFERENCE,
    "β is multiplied by γ with you: γ Ẑ + β, not γ (Ẑ + β).",
    (
        "gamma * (Z - running_mean) / np.sqrt(running_var + epsilon) + beta",
        "gamma * ((Z - running_mean) / np.sqrt(running_var + epsilon) + beta)",
    ),
)
PREDICT = "predict_probabilities"
changed(
    PREDICT,
    "You normalize with the statistics of the batch you are given.",
    (
        'batchnorm_inference(Z, model[f"gamma{l}"], model[f"beta{l}"], model[f"mean{l}"], model[f"var{l}"])',
        'batchnorm_forward(Z, model[f"gamma{l}"], model[f"beta{l}"])[0]',
    ),
)
changed(
    PREDICT,
    "You forgot ReLU.",
    ("A = np.maximum(Z_tilde, 0)", "A = Z_tilde"),
)
changed(PREDICT, "The bias b of the last layer is missing.", (' + model[f"b{L}"]', ""))
changed(
    PREDICT,
    "The last layer has W and b only, no γ and β: hidden layers are 1 to L − 1, and L is how",
    ('sum(key.startswith("W") for key in model)', "len(model) // 2"),
)
changed(
    PREDICT,
    "The last layer has W and b only, no γ and β: hidden layers are 1 to L − 1, and L is how",
    ("range(1, L)", "range(1, L + 1)"),
)
changed(
    PREDICT,
    "Hidden layers have no b: batch norm's β takes its place.",
    ('Z = model[f"W{l}"] @ A', 'Z = model[f"W{l}"] @ A + model[f"b{l}"]'),
)

TRAIN = "train_classifier"
changed(TRAIN, "% of new images are right", ("in statistics.items():", "in {}.items():"))
changed(TRAIN, "it always says the same", ("Y = one_hot(Y_train, 6)", "Y = Y_train"))
changed(TRAIN, "percent", ("float(np.mean(said", "100 * float(np.mean(said"))
changed(
    TRAIN,
    "it always says the same",
    ("parameters[key] = value - learning_rate", "parameters[key] = value + learning_rate"),
)

# --- 06 ---------------------------------------------------------------------------------------------------------------

LOG, BETA = "sample_log_uniform", "sample_momentum"
changed(
    LOG,
    "You take logarithms to base 10 and powers of e: np.exp belongs to np.log, 10** to",
    ("10**exponents", "np.exp(exponents)"),
)
changed(
    LOG,
    "You use low and high themselves as exponents.",
    ("np.log10(low), np.log10(high)", "low, high"),
)
changed(LOG, "You draw a single number: hand size to rng.uniform.", ("np.log10(high), size", "np.log10(high)"))
changed(
    LOG,
    "You draw uniformly between low and high: nearly all draws land in the highest power of",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "rng.uniform(low, high, size)"),
    ("10**exponents", "exponents"),
)
changed(
    LOG,
    "You draw uniformly between low and high: nearly all draws land in the highest power of",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "np.log10(rng.uniform(low, high, size))"),
)
changed(
    LOG,
    "Your exponents are whole numbers, so you only draw powers of ten.",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "rng.integers(np.log10(low), np.log10(high), size)"),
)
changed(
    BETA,
    "You draw β itself on a logarithmic scale.",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log10(low), np.log10(high)"),
    ("1 - 10**exponents", "10**exponents"),
)
changed(BETA, "You return 1 − β. Take it from 1.", ("1 - 10**exponents", "10**exponents"))
changed(
    BETA,
    "You draw β uniformly: 0.9 to 0.95 gets as many draws as 0.95 to 0.9995. Draw the exponent",
    ("rng.uniform(np.log10(1 - high), np.log10(1 - low), size)", "rng.uniform(low, high, size)"),
    ("1 - 10**exponents", "exponents"),
)
changed(
    BETA,
    "All between low and high: no, some lie below low. Share of draws in each quarter of the",
    ("np.log10(1 - high), np.log10(1 - low)", "1 - np.log10(high), 1 - np.log10(low)"),
)
GRID, POINTS = "grid_search_points", "random_search_points"
whole(
    GRID,
    "You pair the first values, the second values, and so on: that is a diagonal. A grid has",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.linspace(low, high, per_axis) for low, high in bounds]
    return np.array(list(zip(*axes)))
""",
)
whole(
    GRID,
    "You return the arrays of np.meshgrid.",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.linspace(low, high, per_axis) for low, high in bounds]
    return np.meshgrid(*axes)
""",
)
whole(
    GRID,
    "The upper ends are missing on your axes.",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.arange(low, high, (high - low) / per_axis)[:per_axis] for low, high in bounds]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
""",
)
whole(
    GRID,
    "You loop over two axes. There may be one or three: np.meshgrid and itertools.product take",
    """
def grid_search_points(bounds, per_axis):
    points = []
    for x in np.linspace(*bounds[0], per_axis):
        for y in np.linspace(*bounds[1], per_axis):
            points.append((x, y))
    return np.array(points)
""",
)
changed(
    POINTS,
    "Your size has no axis for the bounds: (size, len(bounds)), a row for each point.",
    ("rng.uniform(low, high, (size, len(bounds)))", "rng.uniform(low, high, size)"),
)
changed(
    POINTS,
    "All your points lie between 0 and 1.",
    ("rng.uniform(low, high, (size, len(bounds)))", "rng.random((size, len(bounds)))"),
)
changed(
    POINTS,
    "You stretch by high and not by high − low: points lie between low and low + high.",
    ("rng.uniform(low, high, (size, len(bounds)))", "low + high * rng.random((size, len(bounds)))"),
)
whole(
    POINTS,
    "Your array lies on its side: one point in a row, one axis in a column.",
    """
def random_search_points(bounds, size, rng):
    return np.array([rng.uniform(low, high, size) for low, high in bounds])
""",
)
REFINE = "coarse_to_fine"
changed(
    REFINE,
    "Your new box is twice too wide: shrink times the side is its whole side, not half of it.",
    ("shrink * (high - low) / 2", "shrink * (high - low)"),
)
changed(
    REFINE,
    "Your new box reaches beyond the old one.",
    ("(max(low, centre - half), min(high, centre + half))", "(centre - half, centre + half)"),
)
changed(REFINE, "Your new box lies round the worst point.", ("argmax", "argmin"))
changed(
    REFINE,
    "np.argmax gives the number of the best point: points[np.argmax(scores)] is the point",
    ("points[np.argmax(scores)]", "np.argmax(scores)"),
)
changed(
    REFINE,
    "You divide by shrink, so the box grows.",
    ("shrink * (high - low) / 2", "(high - low) / shrink / 2"),
)
changed(
    REFINE,
    "max and min are swapped: the lower end is max(low, …), the upper end min(high, …).",
    ("(max(low, centre - half), min(high, centre + half))", "(min(low, centre - half), max(high, centre + half))"),
)
HALVING = "successive_halving"
changed(
    HALVING,
    "You keep the worse half. The higher a score, the better.",
    ("np.argsort(-scores", "np.argsort(scores"),
)
changed(
    HALVING,
    "You keep the worse half: the best stand first in your order. Go on with the first half of",
    ("ranked[: (len(ranked) + 1) // 2]", "ranked[len(ranked) // 2 :]"),
)
changed(
    HALVING,
    "You round half of an odd number down.",
    ("(len(ranked) + 1) // 2", "len(ranked) // 2"),
)
changed(HALVING, "You return the winner itself.", ("return ranked[0]", "return candidates[ranked[0]]"))
changed(HALVING, "You hand the index to score.", ("score(candidates[index], budget)", "score(index, budget)"))
changed(
    HALVING,
    "You score with the first budget in every rung.",
    ("score(candidates[index], budget)", "score(candidates[index], budgets[0])"),
)
changed(
    HALVING,
    "You return a list. Return one number, the index of the winner.",
    ("sorted(ranked[: (len(ranked) + 1) // 2])", "ranked[: (len(ranked) + 1) // 2]"),
    ("return ranked[0]", "return survivors"),
)
CHALLENGE = "challenge_settings"
changed(
    CHALLENGE,
    "Your learning rate is too large for this network: training goes astray. Try a tenth of it.",
    ('"learning_rate": 0.35', '"learning_rate": 2.0'),
)
changed(
    CHALLENGE,
    "At least 75 % of new images are right: no, it hardly learned anything; with a larger",
    ('"learning_rate": 0.35', '"learning_rate": 0.001'),
)
changed(
    CHALLENGE,
    "hidden_layers is a list, even for a single layer: [60].",
    ('"hidden_layers": [100, 50]', '"hidden_layers": 60'),
)
changed(
    CHALLENGE,
    "With init_scale 0 all units of a layer stay alike, and nothing is learned.",
    ('"init_scale": 0.5', '"init_scale": 0.0'),
)

# --- 07 ---------------------------------------------------------------------------------------------------------------

changed(
    "linear_function",
    "Two arrays are combined entry by entry",
    ("tf.matmul(W, X) + b", "W * X + b"),
)
changed(
    "linear_function",
    "Your product has its factors the wrong way round",
    ("tf.matmul(W, X) + b", "tf.matmul(X, W) + b"),
)
changed("linear_function", "The bias is missing: Z = W X + b.", ("tf.matmul(W, X) + b", "tf.matmul(W, X)"))
changed("one_hot_matrix", "Your matrix is transposed", (", C, axis=0)", ", C)"))
changed(
    "one_hot_matrix",
    "The axis of length 1 that the labels came with is still there.",
    ("tf.reshape(labels, [-1])", "labels"),
)
changed(
    "compute_cost",
    "You took the softmax over the examples.",
    ("labels=tf.transpose(Y), logits=tf.transpose(Z)", "labels=Y, logits=Z"),
)
changed(
    "compute_cost",
    "You return the sum over the examples. Take the mean.",
    ("tf.reduce_mean(costs)", "tf.reduce_sum(costs)"),
)
changed(
    "compute_cost",
    "You applied softmax first, and the function applies it again.",
    ("logits=tf.transpose(Z)", "logits=tf.nn.softmax(tf.transpose(Z))"),
)
changed(
    "train_step",
    "You walk uphill: subtract the gradient.",
    ("assign_sub(learning_rate * gradients[key])", "assign_add(learning_rate * gradients[key])"),
)
changed("train_step", "tf.Variable", ("tf.Variable(value)", "tf.constant(value)"))
changed("train_step", "You applied ReLU to the scores of the last layer.", ("compute_cost(Z, Y)", "compute_cost(A, Y)"))
changed(
    "train_step",
    "You set the parameters to α times the gradient.",
    ("assign_sub(learning_rate * gradients[key])", "assign(learning_rate * gradients[key])"),
)
