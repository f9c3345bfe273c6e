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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
changed("diagnose", "", ("dev_error - train_error", "train_error - dev_error"))
whole("fit_normalizer", "", "def fit_normalizer(X):\n    return np.mean(X, axis=1), np.std(X, axis=1)")
whole(
    "fit_normalizer",
    "",
    "def fit_normalizer(X):\n    return np.mean(X, axis=0, keepdims=True), np.std(X, axis=0, keepdims=True)",
)
whole(
    "fit_normalizer",
    "",
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
    "",
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
    "",
    """
def fit_normalizer(X):
    mu = np.mean(X, axis=1, keepdims=True)
    sigma = np.std(X, axis=1, keepdims=True) + 1e-8
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "",
    """
def fit_normalizer(X):
    mu = np.mean(X)
    sigma = np.std(X)
    return mu, sigma
""",
)
whole(
    "fit_normalizer",
    "",
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
    "",
    """
def fit_normalizer(X):
    m = X.shape[1]
    mu = np.sum(X, axis=1, keepdims=True)
    sigma = np.sqrt(np.mean((X - mu / m) ** 2, axis=1, keepdims=True))
    sigma[sigma == 0] = 1
    return mu, sigma
""",
)
changed("normalize", "", ("(X - mu) / sigma", "X / sigma - mu"))
changed("normalize", "", ("(X - mu) / sigma", "X - mu / sigma"))
changed("normalize", "", ("(X - mu) / sigma", "(X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)"))
changed("normalize", "", ("(X - mu) / sigma", "(mu - X) / sigma"))
changed("normalize", "", ("(X - mu) / sigma", "(X - mu) / np.sqrt(sigma + 1e-8)"))
whole("normalize", "", "def normalize(X, mu, sigma):\n    X -= mu\n    X /= sigma\n    return X")
whole("normalize", "", "def normalize(X, mu, sigma):\n    (X - mu) / sigma")

# --- 01 ---------------------------------------------------------------------------------------------------------------

ZEROS = "initialize_parameters_zeros"
changed(ZEROS, "", ("np.zeros((layers_dims[l], layers_dims[l - 1]))", "np.zeros(layers_dims[l], layers_dims[l - 1])"))
changed(ZEROS, "", ("(layers_dims[l], layers_dims[l - 1])", "(layers_dims[l - 1], layers_dims[l])"))
changed(ZEROS, "", ("np.zeros((layers_dims[l], 1))", "np.zeros(layers_dims[l])"))
changed(ZEROS, "", ("range(1, len(layers_dims))", "range(len(layers_dims))"))
changed(ZEROS, "", ("range(1, len(layers_dims))", "range(1, len(layers_dims) - 1)"))
changed(ZEROS, "", ("range(1, len(layers_dims))", "range(1, len(layers_dims) + 1)"))
changed(ZEROS, "", ('f"W{l}"', '"W" + l'))
changed(ZEROS, "", ("        parameters[f", "        parameters = {}\n        parameters[f"))
changed(ZEROS, "", ("layers_dims[l - 1]))", "layers_dims[l + 1]))"))
RANDOM = "initialize_parameters_random"
changed(
    RANDOM,
    "",
    ("standard_normal((layers_dims[l], layers_dims[l - 1]))", "standard_normal(layers_dims[l], layers_dims[l - 1])"),
)
changed(
    RANDOM,
    "",
    ("rng.standard_normal((layers_dims[l], layers_dims[l - 1]))", "rng.randn(layers_dims[l], layers_dims[l - 1])"),
)
changed(
    RANDOM,
    "",
    (
        "rng.standard_normal((layers_dims[l], layers_dims[l - 1]))",
        "np.random.randn(layers_dims[l], layers_dims[l - 1])",
    ),
)
changed(RANDOM, "", ("scale * rng.standard_normal((", "rng.normal(scale, 1, ("))
changed(
    RANDOM,
    "",
    ("scale * rng.standard_normal((", "rng.random(("),
    ("layers_dims[l - 1]))", "layers_dims[l - 1])) * scale"),
)
changed(RANDOM, "", ("scale * rng.standard_normal((", "np.sqrt(scale) * rng.standard_normal(("))
changed(RANDOM, "", ("np.zeros((layers_dims[l], 1))", "scale * rng.standard_normal((layers_dims[l], 1))"))
changed(RANDOM, "", ("scale * rng", "rng"), ("layers_dims[l - 1]))", "layers_dims[l - 1])) / scale"))
changed(RANDOM, "", ("scale * rng", "0.01 * rng"))
XAVIER = "initialize_parameters_xavier"
changed(XAVIER, "", ("np.sqrt(variance) * rng", "variance * rng"))
changed(XAVIER, "", ("2 / (n_in + n_out)", "1 / (n_in + n_out)"))
changed(XAVIER, "", ("2 / (n_in + n_out)", "2 / n_in + n_out"))
changed(
    XAVIER, "", ("n_in, n_out = layers_dims[l - 1], layers_dims[l]", "n_in, n_out = layers_dims[l], layers_dims[l - 1]")
)
changed(XAVIER, "", ('variance = 1 / n_in if variant == "fan_in" else 2 / (n_in + n_out)', "variance = 1 / n_in"))
changed(XAVIER, "", ("np.sqrt(variance) * rng.standard_normal(", "rng.uniform(-np.sqrt(variance), np.sqrt(variance), "))
changed(XAVIER, "", ("np.sqrt(variance) * rng", "np.sqrt(1 / variance) * rng"))
HE = "initialize_parameters_he"
changed(HE, "", ("np.sqrt(2 / n_in)", "np.sqrt(2) / n_in"))
changed(HE, "", ("np.sqrt(2 / n_in)", "np.sqrt(2 / n_out)"))
changed(HE, "", ("np.sqrt(2 / n_in)", "2 / n_in"))
changed(HE, "", ("np.sqrt(2 / n_in)", "np.sqrt(2 * n_in)"))
changed(
    HE,
    "",
    ("np.sqrt(2 / n_in) * rng.standard_normal((n_out, n_in))", "rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)"),
)
changed(HE, "", ("    return parameters", "        return parameters"))
changed(HE, "", ("np.zeros((n_out, 1))", "np.zeros((1, n_out))"))
RMS = "activation_rms"
changed(RMS, "", ("len(parameters) // 2 + 1", "len(parameters) + 1"))
changed(RMS, "", ("len(parameters) // 2 + 1", "len(parameters) // 2"))
changed(RMS, "", ("np.sqrt(np.mean(A**2))", "np.sqrt(np.mean(Z**2))"))
changed(RMS, "", ("np.sqrt(np.mean(A**2))", "np.mean(np.sqrt(A**2))"))
changed(RMS, "", ("np.sqrt(np.mean(A**2))", "np.sqrt(np.sum(A**2))"))
changed(RMS, "", ("np.sqrt(np.mean(A**2))", "np.mean(A) ** 2"))
changed(RMS, "", ("@ A +", "* A +"))
changed(RMS, "", ('parameters[f"W{l}"] @ A', 'A @ parameters[f"W{l}"]'))
changed(RMS, "", ("A = np.maximum(Z, 0) if", "A = np.max(Z, 0) if"))
changed(RMS, "", ('activation == "relu"', 'activation == "ReLU"'))
changed(RMS, "", ("np.sqrt(np.mean(A**2))", "np.sqrt(np.mean(A**2, axis=1))"))
COUNT = "count_distinct_units"
whole(COUNT, "", "def count_distinct_units(W, tol=1e-8):\n    return len(np.unique(W, axis=0))")
whole(COUNT, "", "def count_distinct_units(W, tol=1e-8):\n    return len(set(W.ravel()))")
whole(
    COUNT,
    "",
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
    "",
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
    "",
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
    "",
    """
def count_distinct_units(W, tol=1e-8):
    distinct = []
    for row in W:
        if all(np.linalg.norm(row - other) > tol for other in distinct):
            distinct.append(row)
    return len(distinct)
""",
)

# --- 02 ---------------------------------------------------------------------------------------------------------------

COST = "compute_cost_with_regularization"
changed(COST, "", ("lambd / (2 * m)", "lambd / m"))
changed(COST, "", ("lambd / (2 * m) * squares", "lambd / 2 * m * squares"))
changed(COST, "", ("Y.shape[1]", "Y.shape[0]"))
changed(COST, "", ("cross_entropy = -np", "cross_entropy = np"))
changed(COST, "", ("len(parameters) // 2 + 1", "len(parameters) + 1"))
changed(COST, "", ("len(parameters) // 2 + 1", "len(parameters) // 2"))
changed(COST, "", ("(1 - Y) * np.log(1 - AL)", "(1 - Y) * np.log(AL)"))
changed(COST, "", (" + (1 - Y) * np.log(1 - AL)", ""))
changed(COST, "", ("squares += np", "squares = np"))
changed(COST, "", ("np.log(", "np.log10("))
changed(COST, "", ("m = Y.shape[1]", "m = len(Y)"))
changed(
    COST,
    "",
    ("return float(", "return ("),
    ("-np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m", "-(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m"),
)
GRADIENTS = "backward_propagation_with_regularization"
changed(GRADIENTS, "", ("_, cache = network", "cache, _ = network"))
changed(GRADIENTS, "", ("X.shape[1]", "X.shape[0]"))
changed(GRADIENTS, "", ("m = X.shape[1]", "m = Y.shape[0]"))
changed(GRADIENTS, "", ("lambd / m *", "lambd / (2 * m) *"))
changed(GRADIENTS, "", ('+ lambd / m * parameters[f"W{l}"]', '+ lambd / m * np.sum(parameters[f"W{l}"] ** 2)'))
changed(GRADIENTS, "", ('grads[f"dW{l}"] = grads[f"dW{l}"] +', 'grads[f"W{l}"] = grads[f"dW{l}"] +'))
changed(GRADIENTS, "", ('grads[f"dW{l}"] = grads[f"dW{l}"] + lambd', 'grads[f"dW{l}"] = lambd'))
changed(GRADIENTS, "", ("range(1, len(parameters) // 2 + 1)", "range(len(parameters) // 2)"))
changed(GRADIENTS, "", ("backward_propagation(parameters, cache, Y)", "backward_propagation(cache, parameters, Y)"))
DECAY = "weight_decay_step"
STEP = "(1 - learning_rate * lambd / m) * W - learning_rate * dW"
changed(DECAY, "", (STEP, "W - learning_rate * (dW + lambd * W)"))
changed(DECAY, "", (STEP, "W - learning_rate * dW - lambd / m * W"))
changed(DECAY, "", (STEP, "W - learning_rate * (dW - lambd / m * W)"))
changed(DECAY, "", (STEP, "(1 - learning_rate * lambd / m) * (W - learning_rate * dW)"))
changed(DECAY, "", (STEP, "W - learning_rate * dW + lambd / m"))
changed(DECAY, "", (STEP, "W - learning_rate * (dW + lambd / m * W**2)"))
PENALTY = "l1_penalty"
changed(PENALTY, "", ("lambd / (2 * m)", "lambd / m"))
changed(PENALTY, "", ("np.sum(np.abs(", "abs(np.sum("))
changed(PENALTY, "", ("range(1, len(parameters) // 2 + 1)", "range(1, len(parameters) // 2)"))
whole(
    PENALTY,
    "",
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
    "",
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
changed(SIGN, "", ("np.sign(W)", "W / np.abs(W)"))
changed(SIGN, "", ("np.sign(W)", "np.where(W > 0, 1, -1)"))
changed(SIGN, "", ("lambd / (2 * m) * ", ""))
changed(SIGN, "", ("lambd / (2 * m)", "lambd / m"))
changed(SIGN, "", ("np.sign(W)", "np.sum(np.sign(W))"))
changed(SIGN, "", ("np.sign(W)", "np.sign(np.abs(W))"))
FORWARD = "dropout_forward"
changed(FORWARD, "", ("rng.random(A.shape)", "rng.random(A.shape[0], A.shape[1])"))
changed(FORWARD, "", ("rng.random(A.shape)", "rng.rand(*A.shape)"))
changed(FORWARD, "", ("rng.random(A.shape)", "np.random.rand(*A.shape)"))
changed(FORWARD, "", ("rng.random(A.shape) < keep_prob", "rng.random(A.shape) > keep_prob"))
changed(FORWARD, "", ("rng.random(A.shape) < keep_prob", "rng.integers(0, 2, A.shape)"))
changed(FORWARD, "", ("A * D / keep_prob", "A * D"))
changed(FORWARD, "", ("A * D / keep_prob, D", "A * D / keep_prob"))
changed(FORWARD, "", ("A * D / keep_prob", "A * D / (1 - keep_prob)"))
changed(FORWARD, "", ("A * D / keep_prob", "A / D / keep_prob"))
changed(FORWARD, "", ("return A.copy(), np.ones(A.shape)", "return A.copy()"))
changed(FORWARD, "", ("    if not training:\n        return A.copy(), np.ones(A.shape)\n", ""))
changed(FORWARD, "", ("np.ones(A.shape)", "np.zeros(A.shape)"))
BACKWARD = "dropout_backward"
changed(BACKWARD, "", ("dA * D / keep_prob", "dA * (np.random.rand(*dA.shape) < keep_prob) / keep_prob"))
changed(BACKWARD, "", ("dA * D / keep_prob", "dA * D"))
changed(BACKWARD, "", ("dA * D / keep_prob", "dA / D / keep_prob"))
changed(BACKWARD, "", ("dA * D / keep_prob", "np.dot(dA, D) / keep_prob"))
changed(BACKWARD, "", ("dA * D / keep_prob", "dA[D] / keep_prob"))
changed(BACKWARD, "", ("dA * D / keep_prob", "dA * keep_prob"))
STOPPING = "early_stopping"
whole(
    STOPPING,
    "",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best = int(np.argmin(dev_costs))
    return best, best + patience
""",
)
whole(
    STOPPING,
    "",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best = int(np.nanargmin(dev_costs))
    return best, min(best + patience, len(dev_costs) - 1)
""",
)
whole(
    STOPPING,
    "",
    """
def early_stopping(dev_costs, patience, min_delta=0.0):
    best, waited = dev_costs[0], 0
    best_epoch = 0
    for epoch, cost in enumerate(dev_costs):
        if cost < best - min_delta:
            best, best_epoch, waited = cost, epoch, 0
        else:
            waited += 1
        if waited == patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
""",
)
whole(
    STOPPING,
    "",
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
    "",
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
    "",
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
    "",
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
    "",
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
changed(FLIP, "", ("[:, :, ::-1]", "[:, ::-1]"))
changed(FLIP, "", ("images[chosen][:, :, ::-1]", "np.flip(images[chosen])"))
changed(FLIP, "", ("images[chosen][:, :, ::-1]", "np.flip(images[chosen], axis=-1)"))
changed(FLIP, "", ("rng.random(len(images)) < p", "rng.random() < p"))
changed(FLIP, "", ("images.copy()", "images"))
changed(FLIP, "", ("rng.random(len(images)) < p", "rng.random(len(images)) > p"))
whole(
    FLIP,
    "",
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
changed(DERIVATIVE, "", (CENTRAL, "(f(x + epsilon) - f(x - epsilon)) / epsilon"))
changed(DERIVATIVE, "", (CENTRAL, "f(x + epsilon) - f(x - epsilon) / (2 * epsilon)"))
changed(DERIVATIVE, "", (CENTRAL, "(f(x + epsilon) - f(x - epsilon)) / 2 * epsilon"))
changed(DERIVATIVE, "", (CENTRAL, "(f(x - epsilon) - f(x + epsilon)) / (2 * epsilon)"))
changed(DERIVATIVE, "", (CENTRAL, "(f(x + epsilon / 2) - f(x - epsilon / 2)) / epsilon"))
changed(DERIVATIVE, "", ("return (f(x + epsilon) - f(x)) / epsilon", "return (f(x) - f(x - epsilon)) / epsilon"))
changed(
    DERIVATIVE,
    "",
    ('    if scheme == "central":\n        return', "    return"),
    ("    return (f(x + epsilon) - f(x)) / epsilon", ""),
)
DIFFERENCE = "relative_difference"
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    return np.linalg.norm(approx - grad) / np.linalg.norm(approx) + np.linalg.norm(grad)
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    return np.linalg.norm(approx - grad) / (np.linalg.norm(approx) + np.linalg.norm(grad))
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx + grad)
    return np.linalg.norm(approx - grad) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx + grad)
    return np.linalg.norm(approx - grad) / total
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx) + np.linalg.norm(grad)
    return np.abs(approx - grad) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx, 2) + np.linalg.norm(grad, 2)
    return np.linalg.norm(approx - grad, 2) / total if total else 0.0
""",
)
whole(
    DIFFERENCE,
    "",
    """
def relative_difference(approx, grad):
    total = np.linalg.norm(approx) * np.linalg.norm(grad)
    return np.linalg.norm(approx - grad) / total if total else 0.0
""",
)
VECTOR = "dictionary_to_vector"
whole(
    VECTOR,
    "",
    """
def dictionary_to_vector(parameters):
    return np.concatenate([value.reshape(-1, 1) for value in parameters.values()])
""",
)
whole(
    VECTOR,
    "",
    """
def dictionary_to_vector(parameters):
    return np.concatenate([parameters[key].reshape(-1, 1) for key in sorted(parameters)])
""",
)
whole(
    VECTOR,
    "",
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
    "",
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
    "",
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
    "",
    """
def dictionary_to_vector(parameters):
    theta = []
    for l in range(1, len(parameters) // 2 + 1):
        theta.append(parameters[f"W{l}"])
        theta.append(parameters[f"b{l}"])
    return np.concatenate(theta).reshape(-1, 1)
""",
)
changed(VECTOR, "", ('parameters[f"W{l}"].reshape(-1, 1)', 'parameters[f"W{l}"].flatten(order="F").reshape(-1, 1)'))
changed(VECTOR, "", ("    return np", "        return np"))
CUT = "vector_to_dictionary"
changed(CUT, "", (".copy()", ""))
changed(CUT, "", ("        start = stop\n", ""))
changed(CUT, "", ("reshape(rows, columns)", "reshape(columns, rows)"))
changed(CUT, "", ("start + rows * columns", "start + rows + columns"))
changed(CUT, "", ("start + rows * columns", "rows * columns"))
changed(CUT, "", (".reshape(rows, columns)", ""))
NUMERICAL = "numerical_gradient"
changed(NUMERICAL, "", ("plus = theta.astype(float)", "plus = theta"), ("minus = theta.astype(float)", "minus = theta"))
whole(
    NUMERICAL,
    "",
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
    "",
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
    "",
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
    "",
    """
def numerical_gradient(J, theta, epsilon=1e-7):
    return (J(theta + epsilon) - J(theta - epsilon)) / (2 * epsilon)
""",
)
whole(
    NUMERICAL,
    "",
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
changed(NUMERICAL, "", ("/ (2 * epsilon)", "/ epsilon"))
changed(NUMERICAL, "", ("J(plus) - J(minus)", "J(plus[i]) - J(minus[i])"))
GRADIENT_CHECK = "gradient_check"
changed(GRADIENT_CHECK, "", ('approx["d" + key] = slopes', "approx[key] = slopes"))
changed(GRADIENT_CHECK, "", ("plus, minus = value.copy(), value.copy()", "plus, minus = value, value"))
changed(
    GRADIENT_CHECK,
    "",
    (
        "worst_key = max(grads, key=lambda key: relative([key]))",
        "worst_key = max(grads, key=lambda key: np.max(np.abs(approx[key] - grads[key])))",
    ),
)
changed(
    GRADIENT_CHECK,
    "",
    (
        "return float(relative(list(grads))), worst_key",
        "return float(max(relative([key]) for key in grads)), worst_key",
    ),
)
changed(GRADIENT_CHECK, "", ("return float(relative(list(grads))), worst_key", "return float(relative(list(grads)))"))
changed(GRADIENT_CHECK, "", ("/ (2 * epsilon)", "/ epsilon"))
whole(
    GRADIENT_CHECK,
    "",
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
changed(HUNT, "", ("+ lambd / m * W3", "- lambd / m * W3"))
changed(HUNT, "", ("dW1 = dZ1 @ X.T + lambd / m * W1", "dW1 = dZ1 @ X.T + lambd / (2 * m) * W1"))
changed(HUNT, "", ("dA2 / (1 + np.exp(-Z2))", "dA2 * A2 * (1 - A2)"))
changed(HUNT, "", ("dZ1 = dA1 / (1 + np.exp(-Z1))", "dZ1 = dA1 * (Z1 > 0)"))
changed(HUNT, "", ("db1 = dZ1.sum(axis=1, keepdims=True)", "db1 = dZ1.mean(axis=1, keepdims=True)"))
changed(HUNT, "", ("lambd / m * W2 + dZ2 @ A1.T", "lambd / m * W2 + dZ2 @ A1"))
changed(HUNT, "", ('"dW2": dW2, "db2": db2', '"dW2": dW3, "db2": db2'))

# --- 04 ---------------------------------------------------------------------------------------------------------------

BATCHES = "random_mini_batches"
changed(BATCHES, "", ("Y[:, chosen]", "Y[:, rng.permutation(chosen)]"))
changed(
    BATCHES, "", ("range(0, m, mini_batch_size)", "range(0, m // mini_batch_size * mini_batch_size, mini_batch_size)")
)
changed(BATCHES, "", ("(X[:, chosen], Y[:, chosen])", "(X[chosen], Y[chosen])"))
changed(BATCHES, "", ("order = rng.permutation(m)", "order = np.arange(m)"))
changed(
    BATCHES,
    "",
    ("(X[:, chosen], Y[:, chosen])", "(X[:, start : start + mini_batch_size], Y[:, start : start + mini_batch_size])"),
)
changed(BATCHES, "", ("X.shape[1]", "X.shape[0]"))
changed(
    BATCHES,
    "",
    (
        "batches.append((X[:, chosen], Y[:, chosen]))",
        "batches.append(X[:, chosen])\n        batches.append(Y[:, chosen])",
    ),
)
changed(
    BATCHES,
    "",
    ("range(0, m, mini_batch_size)", "range(m // mini_batch_size + 1)"),
    ("order[start : start + mini_batch_size]", "order[start * mini_batch_size : (start + 1) * mini_batch_size]"),
)
GD = "update_parameters_with_gd"
changed(GD, "", ('grads["d" + key]', "grads[key]"))
changed(GD, "", ("value - learning_rate", "value + learning_rate"))
changed(GD, "", ("    updated = {}", "    updated = parameters"))
whole(
    GD,
    "",
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
    "",
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
    "",
    "def update_parameters_with_gd(parameters, grads, learning_rate):\n    return parameters - learning_rate * grads",
)
FIT = "fit"
changed(
    FIT,
    "",
    (
        "costs, t = [], 0\n    for epoch in range(epochs):\n",
        "costs = []\n    for epoch in range(epochs):\n        t = 0\n",
    ),
)
changed(FIT, "", ("            t += 1\n", ""), ("grads, t, rate)", "grads, t, rate)\n            t += 1"))
changed(FIT, "", ("grads, t, rate)", "grads, epoch + 1, rate)"))
changed(FIT, "", ("            parameters = optimizer", "            optimizer"))
changed(FIT, "", ("costs.append(network.compute_cost(AL, Y_b))", "costs.append(network.compute_cost(AL, Y))"))
changed(
    FIT,
    "",
    (
        "grads = network.backward_propagation(parameters, cache, Y_b)",
        "grads = network.backward_propagation(parameters, cache, Y)",
    ),
)
changed(FIT, "", ("return parameters, costs", "return parameters, costs[-1]"))
changed(FIT, "", ("return parameters, costs", "return parameters, np.mean(costs)"))
changed(
    FIT,
    "",
    ("decay(learning_rate, epoch) if decay else learning_rate", "decay(learning_rate, t) if decay else learning_rate"),
)
changed(
    FIT,
    "",
    (
        "rate = decay(learning_rate, epoch) if decay else learning_rate",
        "learning_rate = decay(learning_rate, epoch) if decay else learning_rate",
    ),
    ("grads, t, rate)", "grads, t, learning_rate)"),
)
AVERAGE = "exponentially_weighted_average"
whole(
    AVERAGE,
    "",
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
    "",
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
    "",
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
changed(AVERAGE, "", ("v = 0.0", "v = values[0]"))
changed(AVERAGE, "", ("beta * v + (1 - beta) * value", "(1 - beta) * v + beta * value"))
changed(AVERAGE, "", ("(1 - beta**t)", "1 - beta**t"))
changed(AVERAGE, "", ("(1 - beta**t)", "(1 - beta) ** t"))
VELOCITY = "initialize_velocity"
whole(
    VELOCITY,
    "",
    """
def initialize_velocity(parameters):
    return {key: np.zeros(value.shape) for key, value in parameters.items()}
""",
)
whole(VELOCITY, "", "def initialize_velocity(parameters):\n    return np.zeros_like(parameters)")
whole(
    VELOCITY,
    "",
    """
def initialize_velocity(parameters):
    return {"d" + key: np.zeros(len(value)) for key, value in parameters.items()}
""",
)
whole(VELOCITY, "", 'def initialize_velocity(parameters):\n    return {"d" + key: 0 for key in parameters}')
whole(
    VELOCITY,
    "",
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
changed(MOMENTUM, "", ("(1 - beta) * grads", "grads"))
changed(MOMENTUM, "", ('learning_rate * new_v["d" + key]', 'learning_rate * v["d" + key]'))
changed(MOMENTUM, "", ("value - learning_rate", "value + learning_rate"))
changed(MOMENTUM, "", ("updated, new_v = {}, {}", "updated, new_v = {}, v"))
changed(
    MOMENTUM,
    "",
    ('(1 - beta) * grads["d" + key]', 'learning_rate * grads["d" + key]'),
    ("learning_rate * new_v", "new_v"),
)
changed(MOMENTUM, "", ('beta * v["d" + key] + (1 - beta)', '(1 - beta) * v["d" + key] + beta'))
RMSPROP = "update_parameters_with_rmsprop"
changed(RMSPROP, "", ('g / (np.sqrt(new_s["d" + key]) + epsilon)', 'g / np.sqrt(new_s["d" + key]) + epsilon'))
changed(RMSPROP, "", ("(1 - beta2) * g**2", "(1 - beta2) * g"))
changed(RMSPROP, "", ('(np.sqrt(new_s["d" + key]) + epsilon)', 'np.sqrt(new_s["d" + key] + epsilon)'))
changed(RMSPROP, "", ('(np.sqrt(new_s["d" + key]) + epsilon)', '(new_s["d" + key] + epsilon)'))
changed(RMSPROP, "", ("(1 - beta2) * g**2", "((1 - beta2) * g) ** 2"))
changed(RMSPROP, "", ("value - learning_rate * g / ", "value - learning_rate / "))
ADAM = "update_parameters_with_adam"
changed(ADAM, "", ('v_hat = new_v["d" + key]', 'v_hat = new_v["d" + key] = new_v["d" + key]'))
changed(ADAM, "", ("(1 - beta1**t)", "(1 - beta1)"), ("(1 - beta2**t)", "(1 - beta2)"))
changed(ADAM, "", ("v_hat / (np.sqrt(s_hat) + epsilon)", "v_hat / np.sqrt(s_hat) + epsilon"))
changed(ADAM, "", ("(np.sqrt(s_hat) + epsilon)", "np.sqrt(s_hat + epsilon)"))
changed(ADAM, "", ("(1 - beta2**t)", "(1 - beta1**t)"))
changed(ADAM, "", ("learning_rate * v_hat", 'learning_rate * new_v["d" + key]'))
changed(ADAM, "", ("(1 - beta2) * g**2", "(1 - beta2) * g"))
changed(ADAM, "", ("return updated, new_v, new_s", "return updated, v, s"))
changed(ADAM, "", ("beta1**t", "beta1 * t"), ("beta2**t", "beta2 * t"))
INVERSE, EXPONENTIAL, SQRT, STAIRCASE = "decay_inverse_time", "decay_exponential", "decay_sqrt", "decay_staircase"
changed(INVERSE, "", ("/ (1 + decay_rate * epoch)", "/ 1 + decay_rate * epoch"))
changed(INVERSE, "", ("1 + decay_rate * epoch", "decay_rate * epoch"))
changed(INVERSE, "", ("/ (1 + decay_rate * epoch)", "* (1 - decay_rate * epoch)"))
changed(EXPONENTIAL, "", ("base**epoch", "base * epoch"))
changed(EXPONENTIAL, "", ("base**epoch", "np.exp(-epoch)"))
changed(EXPONENTIAL, "", ("learning_rate0 * base**epoch", "learning_rate0 ** (base * epoch)"))
changed(SQRT, "", ("np.sqrt(max(epoch, 1))", "np.sqrt(epoch)"))
changed(SQRT, "", ("np.sqrt(max(epoch, 1))", "epoch ** 0.5"))
changed(SQRT, "", ("np.sqrt(max(epoch, 1))", "np.sqrt(epoch + 1)"))
changed(STAIRCASE, "", ("(epoch // interval)", "epoch / interval"))
changed(STAIRCASE, "", ("(1 + decay_rate * (epoch // interval))", "1 + decay_rate * (epoch // interval)"))
changed(STAIRCASE, "", ("(epoch // interval)", "(epoch % interval)"))

# --- 05 ---------------------------------------------------------------------------------------------------------------

ONE_HOT = "one_hot"
COLUMNS = "(np.arange(C).reshape(C, 1) == labels.reshape(1, -1)).astype(float)"
changed(ONE_HOT, "", (COLUMNS, "np.eye(C)[labels]"))
changed(ONE_HOT, "", (COLUMNS, "np.eye(C)[labels.ravel()]"))
changed(ONE_HOT, "", (COLUMNS, "np.eye(labels.max() + 1)[labels.ravel()].T"))
changed(ONE_HOT, "", (COLUMNS, "np.eye(C)[labels.ravel() - 1].T"))
whole(
    ONE_HOT,
    "",
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
    "",
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
    "",
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
changed(SOFTMAX, "", (SHIFTED, "np.exp(Z)"))
changed(SOFTMAX, "", (SHIFTED, "np.exp(Z - np.max(Z))"), (DIVIDED, "E / np.sum(E)"))
changed(SOFTMAX, "", (DIVIDED, "E / E.sum(axis=1, keepdims=True)"))
changed(SOFTMAX, "", (SHIFTED, "np.exp(Z - Z.max(axis=1, keepdims=True))"))
changed(SOFTMAX, "", (SHIFTED, "np.exp(Z - Z.max(axis=1))"), (DIVIDED, "E / E.sum(axis=1)"))
changed(SOFTMAX, "", (DIVIDED, "E / E.sum(axis=1)"))
changed(SOFTMAX, "", (DIVIDED, "E / E.max(axis=0, keepdims=True)"))
changed(SOFTMAX, "", (SHIFTED, "np.exp(Z) - Z.max(axis=0, keepdims=True)"))
CROSS = "cross_entropy_cost"
changed(CROSS, "", ("-np.sum(Y * log_P) / m", "np.sum(Y * log_P) / m"))
changed(CROSS, "", ("-np.sum(Y * log_P) / m", "-np.mean(Y * log_P)"))
changed(CROSS, "", ("np.log(np.maximum(P, 1e-300))", "np.log(P)"))
changed(CROSS, "", ("Y.shape[1]", "Y.shape[0]"))
changed(CROSS, "", ("float(-np.sum(Y * log_P) / m)", "-np.sum(Y * log_P, axis=0) / m"))
changed(CROSS, "", ("-np.sum(Y * log_P) / m", "-np.sum(Y @ log_P.T) / m"))
SLOPE = "softmax_gradient"
changed(SLOPE, "", ("(P - Y) / Y.shape[1]", "P - Y / Y.shape[1]"))
changed(SLOPE, "", ("(P - Y) / Y.shape[1]", "P - Y"))
changed(SLOPE, "", ("(P - Y) / Y.shape[1]", "(Y - P) / Y.shape[1]"))
changed(SLOPE, "", ("(P - Y) / Y.shape[1]", "(P - Y) / len(Y)"))
changed(SLOPE, "", ("(P - Y) / Y.shape[1]", "(P - Y) * P * (1 - P) / Y.shape[1]"))
BN = "batchnorm_forward"
changed(BN, "", ("np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)", "Z.var(axis=1, keepdims=True) + epsilon"))
changed(BN, "", ("axis=1", "axis=0"))
changed(BN, "", ("Z.mean(axis=1, keepdims=True)", "Z.mean(axis=1)"))
changed(BN, "", ("Z.mean(axis=1, keepdims=True)", "Z.mean()"), ("Z.var(axis=1, keepdims=True)", "Z.var()"))
changed(BN, "", ("np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)", "np.sqrt(Z.var(axis=1, keepdims=True)) + epsilon"))
changed(BN, "", ("Z_hat = (Z - mean) / deviation", "Z_hat = Z - mean / deviation"))
changed(BN, "", ("gamma * Z_hat + beta, (Z_hat", "gamma @ Z_hat + beta, (Z_hat"))
changed(BN, "", ("return gamma * Z_hat + beta, (Z_hat, deviation, gamma)", "return gamma * Z_hat + beta"))
BACK = "batchnorm_backward"
changed(
    BACK,
    "",
    ("np.sum(dZ_tilde * Z_hat,", "np.mean(dZ_tilde * Z_hat,"),
    ("np.sum(dZ_tilde, axis", "np.mean(dZ_tilde, axis"),
)
changed(BACK, "", ("np.mean(dZ_hat, axis", "np.sum(dZ_hat, axis"), ("np.mean(dZ_hat * Z_hat", "np.sum(dZ_hat * Z_hat"))
changed(BACK, "", ("dZ_hat - through_mean - through_variance", "dZ_hat - through_mean"))
changed(BACK, "", ("dZ_hat = gamma * dZ_tilde", "dZ_hat = dZ_tilde"))
changed(BACK, "", ("Z_hat, deviation, gamma = cache", "deviation, Z_hat, gamma = cache"))
changed(BACK, "", ("Z_hat, deviation, gamma = cache", "Z_hat, gamma, deviation = cache"))
changed(BACK, "", ("Z_hat, deviation, gamma = cache", "Z_hat, deviation, gamma, beta = cache"))
changed(BACK, "", ("np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)", "np.sum(dZ_tilde * Z_hat, axis=1)"))
whole(
    BACK,
    "",
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
    "",
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
changed(RUNNING, "", ("return new_mean, new_var", "return running_mean, running_var"))
changed(
    RUNNING,
    "",
    ("momentum * running_mean + (1 - momentum) * mean", "(1 - momentum) * running_mean + momentum * mean"),
    ("momentum * running_var + (1 - momentum) * var", "(1 - momentum) * running_var + momentum * var"),
)
changed(
    RUNNING,
    "",
    ("momentum * running_mean + (1 - momentum) * mean", "momentum * running_mean + mean"),
    ("momentum * running_var + (1 - momentum) * var", "momentum * running_var + var"),
)
changed(RUNNING, "", ("(1 - momentum) * var", "(1 - momentum) * mean"))
INFERENCE = "batchnorm_inference"
changed(INFERENCE, "", ("np.sqrt(running_var + epsilon)", "(running_var + epsilon)"))
changed(
    INFERENCE,
    "",
    (
        "(Z - running_mean) / np.sqrt(running_var + epsilon)",
        "(Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)",
    ),
)
changed(INFERENCE, "", ("np.sqrt(running_var + epsilon)", "running_var"))
changed(
    INFERENCE,
    "",
    (
        "gamma * (Z - running_mean) / np.sqrt(running_var + epsilon) + beta",
        "gamma * ((Z - running_mean) / np.sqrt(running_var + epsilon) + beta)",
    ),
)
PREDICT = "predict_probabilities"
changed(
    PREDICT,
    "",
    (
        'batchnorm_inference(Z, model[f"gamma{l}"], model[f"beta{l}"], model[f"mean{l}"], model[f"var{l}"])',
        'batchnorm_forward(Z, model[f"gamma{l}"], model[f"beta{l}"])[0]',
    ),
)
changed(PREDICT, "", ("A = np.maximum(Z_tilde, 0)", "A = Z_tilde"))
changed(PREDICT, "", (' + model[f"b{L}"]', ""))
changed(PREDICT, "", ('sum(key.startswith("W") for key in model)', "len(model) // 2"))
changed(PREDICT, "", ("range(1, L)", "range(1, L + 1)"))
changed(PREDICT, "", ('Z = model[f"W{l}"] @ A', 'Z = model[f"W{l}"] @ A + model[f"b{l}"]'))

# --- 06 ---------------------------------------------------------------------------------------------------------------

LOG, BETA = "sample_log_uniform", "sample_momentum"
changed(LOG, "", ("10**exponents", "np.exp(exponents)"))
changed(LOG, "", ("np.log10(low), np.log10(high)", "low, high"))
changed(LOG, "", ("np.log10(high), size", "np.log10(high)"))
changed(
    LOG,
    "",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "rng.uniform(low, high, size)"),
    ("10**exponents", "exponents"),
)
changed(LOG, "", ("rng.uniform(np.log10(low), np.log10(high), size)", "np.log10(rng.uniform(low, high, size))"))
changed(
    LOG, "", ("rng.uniform(np.log10(low), np.log10(high), size)", "rng.integers(np.log10(low), np.log10(high), size)")
)
changed(
    BETA,
    "",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log10(low), np.log10(high)"),
    ("1 - 10**exponents", "10**exponents"),
)
changed(BETA, "", ("1 - 10**exponents", "10**exponents"))
changed(
    BETA,
    "",
    ("rng.uniform(np.log10(1 - high), np.log10(1 - low), size)", "rng.uniform(low, high, size)"),
    ("1 - 10**exponents", "exponents"),
)
changed(BETA, "", ("np.log10(1 - high), np.log10(1 - low)", "1 - np.log10(high), 1 - np.log10(low)"))
GRID, POINTS = "grid_search_points", "random_search_points"
whole(
    GRID,
    "",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.linspace(low, high, per_axis) for low, high in bounds]
    return np.array(list(zip(*axes)))
""",
)
whole(
    GRID,
    "",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.linspace(low, high, per_axis) for low, high in bounds]
    return np.meshgrid(*axes)
""",
)
whole(
    GRID,
    "",
    """
def grid_search_points(bounds, per_axis):
    axes = [np.arange(low, high, (high - low) / per_axis)[:per_axis] for low, high in bounds]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)
""",
)
whole(
    GRID,
    "",
    """
def grid_search_points(bounds, per_axis):
    points = []
    for x in np.linspace(*bounds[0], per_axis):
        for y in np.linspace(*bounds[1], per_axis):
            points.append((x, y))
    return np.array(points)
""",
)
changed(GRID, "", ("np.linspace(low, high, per_axis)", "np.linspace(low, high)"))
changed(POINTS, "", ("rng.uniform(low, high, (size, len(bounds)))", "rng.uniform(low, high, size)"))
changed(POINTS, "", ("rng.uniform(low, high, (size, len(bounds)))", "rng.random((size, len(bounds)))"))
changed(POINTS, "", ("rng.uniform(low, high, (size, len(bounds)))", "low + high * rng.random((size, len(bounds)))"))
whole(
    POINTS,
    "",
    """
def random_search_points(bounds, size, rng):
    return np.array([rng.uniform(low, high, size) for low, high in bounds])
""",
)
REFINE = "coarse_to_fine"
changed(REFINE, "", ("shrink * (high - low) / 2", "shrink * (high - low)"))
changed(REFINE, "", ("(max(low, centre - half), min(high, centre + half))", "(centre - half, centre + half)"))
changed(REFINE, "", ("argmax", "argmin"))
changed(REFINE, "", ("points[np.argmax(scores)]", "np.argmax(scores)"))
changed(REFINE, "", ("shrink * (high - low) / 2", "(high - low) / shrink / 2"))
changed(
    REFINE,
    "",
    ("(max(low, centre - half), min(high, centre + half))", "(min(low, centre - half), max(high, centre + half))"),
)
HALVING = "successive_halving"
changed(HALVING, "", ("np.argsort(-scores", "np.argsort(scores"))
changed(HALVING, "", ("ranked[: (len(ranked) + 1) // 2]", "ranked[len(ranked) // 2 :]"))
changed(HALVING, "", ("(len(ranked) + 1) // 2", "len(ranked) // 2"))
changed(HALVING, "", ("return ranked[0]", "return candidates[ranked[0]]"))
changed(HALVING, "", ("score(candidates[index], budget)", "score(index, budget)"))
changed(HALVING, "", ("score(candidates[index], budget)", "score(candidates[index], budgets[0])"))
changed(
    HALVING,
    "",
    ("sorted(ranked[: (len(ranked) + 1) // 2])", "ranked[: (len(ranked) + 1) // 2]"),
    ("return ranked[0]", "return survivors"),
)
CHALLENGE = "challenge_settings"
changed(CHALLENGE, "", ('"learning_rate": 0.2', '"learning_rate": 2.0'))
changed(CHALLENGE, "", ('"learning_rate": 0.2', '"learning_rate": 0.001'))
changed(CHALLENGE, "", ('"hidden_layers": [60, 30]', '"hidden_layers": 60'))
changed(CHALLENGE, "", ('"init_scale": 1.0', '"init_scale": 0.0'))

# --- 07 ---------------------------------------------------------------------------------------------------------------

changed("linear_function", "", ("tf.matmul(W, X) + b", "W * X + b"))
changed("linear_function", "", ("tf.matmul(W, X) + b", "tf.matmul(X, W) + b"))
changed("linear_function", "", ("tf.matmul(W, X) + b", "tf.matmul(W, X)"))
changed("one_hot_matrix", "", (", C, axis=0)", ", C)"))
changed("one_hot_matrix", "", ("tf.reshape(labels, [-1])", "labels"))
changed("compute_cost", "", ("labels=tf.transpose(Y), logits=tf.transpose(Z)", "labels=Y, logits=Z"))
changed("compute_cost", "", ("tf.reduce_mean(costs)", "tf.reduce_sum(costs)"))
changed("compute_cost", "", ("logits=tf.transpose(Z)", "logits=tf.nn.softmax(tf.transpose(Z))"))
changed("train_step", "", ("assign_sub(learning_rate * gradients[key])", "assign_add(learning_rate * gradients[key])"))
changed("train_step", "", ("tf.Variable(value)", "tf.constant(value)"))
changed("train_step", "", ("compute_cost(Z, Y)", "compute_cost(A, Y)"))
changed("train_step", "", ("assign_sub(learning_rate * gradients[key])", "assign(learning_rate * gradients[key])"))
