"""Wrong answers to 05_batchnorm_softmax."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options

ONE_HOT, SOFTMAX, COST, GRADIENT = "one_hot", "softmax", "cross_entropy_cost", "softmax_gradient"
FORWARD, BACKWARD = "batchnorm_forward", "batchnorm_backward"
RUNNING, INFERENCE = "update_running_statistics", "batchnorm_inference"
PREDICT, TRAIN = "predict_probabilities", "train_classifier"


def edits(exercise: str, replacements: dict[str, tuple]) -> None:
    """Register several edits: sentence → (old, new, old, new, ...)."""
    for sentence, words in replacements.items():
        edit(exercise, sentence, *zip(words[::2], words[1::2], strict=True))


# --- one_hot ----------------------------------------------------------------------------------------------------------

COLUMNS = "(np.arange(C).reshape(C, 1) == labels.reshape(1, -1)).astype(float)"

edits(
    ONE_HOT,
    {
        "Your array is transposed: classes are rows, examples are columns.": (COLUMNS, f"{COLUMNS}.T"),
        "You count classes from 1. The first one is 0.": ("np.arange(C)", "np.arange(1, C + 1)"),
        "You took the number of classes from the data. A batch need not hold every class: use C.": (
            "np.arange(C).reshape(C, 1)",
            "np.arange(labels.max() + 1).reshape(-1, 1)",
        ),
        "Your array holds whole numbers (or True and False). Make them floats.": (".astype(float)", ".astype(int)"),
        "You have 0 where the label is and 1 elsewhere. It is the other way round.": ("==", "!="),
        "Your rows are in reverse order: class 0 is the first row.": ("np.arange(C)", "np.arange(C)[::-1]"),
        "Your array has three dimensions: labels is (1, m). Make it flat before you use it as an index.": (
            COLUMNS,
            "np.eye(C)[labels]",
        ),
        "You count classes from 1: label − 1 is one row too high, and label 0 falls into the last row.": (
            COLUMNS,
            "np.eye(C)[labels.ravel() - 1].T",
        ),
        "labels has one row: labels[i] is the whole of row i. Take labels[0, i], or flatten it first.": (
            f"return {COLUMNS}",
            "Y = np.zeros((C, labels.shape[1]))\n    for i in range(labels.shape[1]):\n"
            "        Y[labels[i], i] = 1\n    return Y",
        ),
        "len(labels) is 1: labels has one row and m columns. m is labels.shape[1].": (
            f"return {COLUMNS}",
            "Y = np.zeros((C, len(labels)))\n    for i in range(len(labels)):\n"
            "        Y[labels[0, i], i] = 1\n    return Y",
        ),
        "You set whole rows to 1: Y[labels, :]. Each example has one row of its own: Y[labels, np.arange(m)].": (
            f"return {COLUMNS}",
            "Y = np.zeros((C, labels.shape[1]))\n    Y[labels, :] = 1\n    return Y",
        ),
        "You write the label into its row. What stands there is 1.": (COLUMNS, f"{COLUMNS} * labels"),
        "Rows from the label on are 1 in your array. Only the label's own row is.": ("==", ">="),
    },
)

# --- softmax ----------------------------------------------------------------------------------------------------------

SHIFTED = "np.exp(Z - Z.max(axis=0, keepdims=True))"
DIVIDED = "E / E.sum(axis=0, keepdims=True)"

edits(
    SOFTMAX,
    {
        "Your e^Z overflows for large scores. Subtract each column's maximum first: it cancels in the quotient.": (
            SHIFTED,
            "np.exp(Z)",
        ),
        "You go along rows. A column is an example: take maximum and sum over axis 0.": ("axis=0", "axis=1"),
        "You treat all entries as one: maximum and sum go over the whole array. Each column has its own: axis=0.": (
            "Z.max(axis=0, keepdims=True)",
            "Z.max()",
            DIVIDED,
            "E / E.sum()",
        ),
        "You take the maximum of each row and the sum of each column. Both go over the classes: axis=0.": (
            "Z.max(axis=0",
            "Z.max(axis=1",
        ),
        "You take the maximum of each column and the sum of each row. Both go over the classes: axis=0.": (
            "E.sum(axis=0",
            "E.sum(axis=1",
        ),
        "You divide by the largest entry of each column. Divide by the sum.": ("E / E.sum(", "E / E.max("),
        "You divide by the sum of all columns together. Each column has a sum of its own: axis=0.": (
            DIVIDED,
            "E / E.sum()",
        ),
        "You subtract one maximum of all columns, so small columns become 0/0. Take each column's own: axis=0.": (
            "Z.max(axis=0, keepdims=True)",
            "Z.max()",
        ),
        "You subtract each column's mean: what is left still overflows. Subtract its maximum.": ("Z.max(", "Z.mean("),
        "You subtract outside of the exponential: e^Z − max. The maximum is subtracted from Z: e^(Z − max).": (
            SHIFTED,
            "np.exp(Z) - Z.max(axis=0, keepdims=True)",
        ),
        "Your sum or maximum goes along rows, and lacks keepdims=True. Take axis=0, with keepdims=True.": (
            SHIFTED,
            "np.exp(Z - Z.max(axis=1))",
            DIVIDED,
            "E / E.sum(axis=1)",
        ),
        "You cut large scores off, so that different ones become equal. Subtract each column's maximum.": (
            SHIFTED,
            "np.exp(np.clip(Z, -500, 500))",
        ),
        "You divide the scores by their sum. First the exponential, then the quotient.": (SHIFTED, "Z + 1e-9"),
        "You used the sigmoid, row by row. Softmax divides by the sum over the classes.": (
            f"return {DIVIDED}",
            "return network.sigmoid(Z)",
        ),
        "You return logarithms of the probabilities.": (f"return {DIVIDED}", f"return np.log({DIVIDED})"),
        "Your sign is wrong: the largest score has the largest probability, e^Z and not e^−Z.": (
            SHIFTED,
            "np.exp(Z.min(axis=0, keepdims=True) - Z)",
        ),
        "You give 1 to the largest score and 0 to the others. Softmax gives each its share.": (
            f"return {DIVIDED}",
            "return (E == E.max(axis=0, keepdims=True)).astype(float)",
        ),
        "You return e^Z without dividing by its sum over the classes.": (f"return {DIVIDED}", "return E"),
    },
)

edit(
    SOFTMAX,
    "Your sum or maximum goes along rows, and lacks keepdims=True. Take axis=0, with keepdims=True.",
    (DIVIDED, "E / E.sum(axis=1)"),
)

# --- cross_entropy_cost -----------------------------------------------------------------------------------------------

LOG = "np.log(np.maximum(P, 1e-300))"

edits(
    COST,
    {
        "You take the mean over classes too. Add up over the classes, divide by m alone.": (
            "-np.sum(Y * log_P) / m",
            "-np.mean(Y * log_P)",
        ),
        "Your sign is wrong: logarithms of probabilities are negative, and a cost is not.": ("-np.sum", "np.sum"),
        "Where P is 0 your cost is nan or inf. Keep P away from 0 before you take its logarithm.": (LOG, "np.log(P)"),
        "The 1/m is missing.": (" / m)", ")"),
        "You divide by the number of classes. m is Y.shape[1].": ("Y.shape[1]", "Y.shape[0]"),
        "Your logarithm has base 2. Take np.log.": ("np.log(", "np.log2("),
        "Your logarithm has base 10. Take np.log.": ("np.log(", "np.log10("),
        "You add (1 − Y) log(1 − P): that belongs to a sigmoid. With softmax, Y log P is all.": (
            "Y * log_P)",
            "Y * log_P + (1 - Y) * np.log(np.maximum(1 - P, 1e-300)))",
        ),
        "You have P and Y the wrong way round: it is Y log P.": (
            "Y * log_P",
            "P * np.log(np.maximum(Y, 1e-300))",
        ),
        "You forgot Y: only the probability of the label counts.": ("Y * log_P", "log_P"),
        "You keep P away from 0 by far too much: that changes the cost. 1e-12 is enough.": ("1e-300", "0.1"),
        "You return one number for each example. The cost is their mean.": (
            "float(-np.sum(Y * log_P) / m)",
            "-np.sum(Y * log_P, axis=0)",
        ),
        "Y @ log_P.T multiplies matrices, each class with each. Multiply entry by entry: Y * log_P.": (
            "Y * log_P)",
            "Y @ log_P.T)",
        ),
        "You return one number for each example. Add them up.": (
            "float(-np.sum(Y * log_P) / m)",
            "-np.sum(Y * log_P, axis=0) / m",
        ),
        "You forgot the logarithm.": ("Y * log_P", "Y * P"),
    },
)

# --- softmax_gradient -------------------------------------------------------------------------------------------------

SLOPE = "return (P - Y) / Y.shape[1]"

edits(
    GRADIENT,
    {
        "The 1/m is missing: the cost is a mean over the examples.": (SLOPE, "return P - Y"),
        "Only Y is divided by m: P − Y / m. Put brackets round P − Y.": (SLOPE, "return P - Y / Y.shape[1]"),
        "You changed P: P -= Y writes into the array that you were given. P - Y makes a new one.": (
            SLOPE,
            "P -= Y\n    return P / Y.shape[1]",
        ),
        "Your sign is wrong: P − Y. Where the network says too much, the gradient is positive.": ("P - Y", "Y - P"),
        "You divide by the number of classes. m is Y.shape[1].": ("Y.shape[1]", "Y.shape[0]"),
        "You divide by the number of all entries. Divide by m alone.": ("Y.shape[1]", "Y.size"),
        "You multiply by P (1 − P). Softmax and logarithm have cancelled that already.": (
            SLOPE,
            "return (P - Y) * P * (1 - P) / Y.shape[1]",
        ),
        "That is the gradient with respect to P, −Y/P. With respect to Z it is P − Y.": (
            SLOPE,
            "return -Y / P / Y.shape[1]",
        ),
        "Only the label's own row is right with you. The other classes have the gradient P / m.": (
            SLOPE,
            "return (P - Y) * Y / Y.shape[1]",
        ),
        "You added the columns up. The gradient has the shape of Z.": (
            SLOPE,
            "return np.sum(P - Y, axis=1, keepdims=True) / Y.shape[1]",
        ),
        "You return P / m: subtract Y.": (SLOPE, "return P / Y.shape[1]"),
    },
)

# --- batchnorm_forward ------------------------------------------------------------------------------------------------

DEVIATION = "np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)"
OUT = "gamma * Z_hat + beta"

edits(
    FORWARD,
    {
        "You divide by σ² + ε, as some lecture notes print it. Take the root: √(σ² + ε).": (
            DEVIATION,
            "(Z.var(axis=1, keepdims=True) + epsilon)",
        ),
        "You normalize each example over the units. Each unit is normalized over the batch: axis=1.": (
            "axis=1",
            "axis=0",
        ),
        "You divide by σ + ε. ε stands inside the root: √(σ² + ε).": (
            DEVIATION,
            "np.sqrt(Z.var(axis=1, keepdims=True)) + epsilon",
        ),
        "Your variance divides by m − 1 (ddof=1). Here it is the plain mean of the squares.": (
            "Z.var(axis=1,",
            "Z.var(axis=1, ddof=1,",
        ),
        "γ and β are swapped: γ multiplies, β is added.": (OUT, "beta * Z_hat + gamma"),
        "You do not subtract the mean.": ("(Z - mean)", "Z"),
        "Only the mean is divided by the deviation. Put brackets round Z − mean.": (
            "(Z - mean) / deviation",
            "Z - mean / deviation",
        ),
        "Your variance does not subtract the mean: that is the mean of the squares.": (
            "Z.var(axis=1, keepdims=True)",
            "np.mean(Z**2, axis=1, keepdims=True)",
        ),
        "You ignore the epsilon you are given.": ("+ epsilon", "+ 1e-5"),
        "You left out epsilon: a unit that never changes gives 0/0.": (" + epsilon", ""),
        "You take one mean and one variance of the whole array. Each unit has its own: axis=1.": (
            "Z.mean(axis=1, keepdims=True)",
            "Z.mean()",
            "Z.var(axis=1, keepdims=True)",
            "Z.var()",
        ),
        "You return the normalized values without γ and β.": (OUT, "Z_hat"),
        "γ is missing: it multiplies what is normalized.": (OUT, "Z_hat + beta"),
        "β is missing: it is added at the end.": (OUT, "gamma * Z_hat"),
        "β is multiplied by γ with you: γ Ẑ + β, not γ (Ẑ + β).": (OUT, "gamma * (Z_hat + beta)"),
        "You square ε: √(σ² + ε).": ("+ epsilon", "+ epsilon**2"),
        "You multiply by the deviation. Divide by it.": ("(Z - mean) / deviation", "(Z - mean) * deviation"),
        "Return two things, Z_tilde and a cache: the backward pass will need it.": (
            "return gamma * Z_hat + beta, (Z_hat, deviation, gamma)",
            "return gamma * Z_hat + beta",
        ),
    },
)


@mistake(FORWARD, "You changed Z itself. Make a new array: Z -= … works on the argument.")
def forward_in_place(Z, gamma, beta, epsilon=1e-5):
    Z -= Z.mean(axis=1, keepdims=True)
    Z /= np.sqrt(np.mean(Z**2, axis=1, keepdims=True) + epsilon)
    return gamma * Z + beta, None


# --- batchnorm_backward -----------------------------------------------------------------------------------------------

ALL = "(dZ_hat - through_mean - through_variance) / deviation"

edits(
    BACKWARD,
    {
        "The path through the mean μ is missing in dZ: every value moves the mean of its batch.": (
            " - through_mean",
            "",
        ),
        "The path through the variance σ² is missing in dZ: every value moves the variance of its batch.": (
            " - through_variance",
            "",
        ),
        "Both paths through the batch are missing in dZ: μ and σ² are functions of Z, not constants.": (
            ALL,
            "dZ_hat / deviation",
        ),
        "γ is missing in dZ: Z̃ = γ Ẑ + β, so dẐ = γ dZ̃.": ("dZ_hat = gamma * dZ_tilde", "dZ_hat = dZ_tilde"),
        "Your dγ is a sum with the mean of Z left in. Use the normalized Ẑ, whose mean is 0.": (
            "np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)",
            "np.sum(dZ_tilde * (Z_hat + 1), axis=1, keepdims=True)",
        ),
        "Your dγ and dβ are means. They are sums over the batch: dZ̃ holds the 1/m already.": (
            "dgamma = np.sum(",
            "dgamma = np.mean(",
            "dbeta = np.sum(",
            "dbeta = np.mean(",
        ),
        "Your dγ is a mean over the batch. It is a sum: dZ̃ holds the 1/m already.": (
            "dgamma = np.sum(",
            "dgamma = np.mean(",
        ),
        "Both paths through the batch are sums in your dZ. They are means: μ and σ² divide by m.": (
            "through_mean = np.mean(",
            "through_mean = np.sum(",
            "through_variance = Z_hat * np.mean(",
            "through_variance = Z_hat * np.sum(",
        ),
        "You unpack the cache in another order than you packed it: what you take for Ẑ is the deviation.": (
            "Z_hat, deviation, gamma = cache",
            "deviation, Z_hat, gamma = cache",
        ),
        "You unpack the cache in another order than you packed it: γ and the deviation are swapped.": (
            "Z_hat, deviation, gamma = cache",
            "Z_hat, gamma, deviation = cache",
        ),
        "You unpack another number of things than your cache holds.": (
            "Z_hat, deviation, gamma = cache",
            "Z_hat, deviation, gamma, epsilon = cache",
        ),
        "Your dσ² has √(σ² + ε) to the power of −1.5. The power belongs to σ² + ε: the root to the power of −3.": (
            "through_variance = Z_hat *",
            "through_variance = deviation**1.5 * Z_hat *",
        ),
        "Your dβ is a mean over the batch. It is a sum: dZ̃ holds the 1/m already.": (
            "dbeta = np.sum(",
            "dbeta = np.mean(",
        ),
        "dγ and dβ are swapped: dγ is the one with Ẑ in it.": ("return dZ, dgamma, dbeta", "return dZ, dbeta, dgamma"),
        "Return dZ first, then dγ, then dβ.": ("return dZ, dgamma, dbeta", "return dgamma, dbeta, dZ"),
        "Your dγ and dβ lost their column: (n, 1), not (n,). Use keepdims=True.": (
            "return dZ, dgamma, dbeta",
            "return dZ, dgamma.ravel(), dbeta.ravel()",
        ),
        "The path through the mean is a sum with you, m times too large: divide it by m.": (
            "np.mean(dZ_hat, axis=1",
            "np.sum(dZ_hat, axis=1",
        ),
        "The path through the variance is m times too large: divide the sum by m.": (
            "np.mean(dZ_hat * Z_hat",
            "np.sum(dZ_hat * Z_hat",
        ),
        "The path through the variance is half of what it should be: the square brings a 2 that cancels the ½.": (
            "through_variance = Z_hat *",
            "through_variance = 0.5 * Z_hat *",
        ),
        "The path through the variance has the wrong sign.": ("- through_variance", "+ through_variance"),
        "The path through the mean has the wrong sign.": ("- through_mean", "+ through_mean"),
        "You divide dZ by σ² + ε. Divide by the root, as the forward pass does.": ("/ deviation", "/ deviation**2"),
        "dZ is not divided by √(σ² + ε): that is the slope of the normalization.": (
            ALL,
            "(dZ_hat - through_mean - through_variance)",
        ),
        "You multiply dZ by √(σ² + ε). The forward pass divides, so its derivative does.": (
            "/ deviation",
            "* deviation",
        ),
        "Your means run over the units. The batch is axis 1.": (
            "np.mean(dZ_hat, axis=1",
            "np.mean(dZ_hat, axis=0",
            "np.mean(dZ_hat * Z_hat, axis=1",
            "np.mean(dZ_hat * Z_hat, axis=0",
        ),
    },
)


@mistake(
    BACKWARD,
    "Your dγ is computed with the raw Z. It belongs to what γ multiplies: the normalized Ẑ.",
    "{0}.backward\nbatchnorm_forward = {0}.forward",
)
class RawZ:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        mean, deviation = Z.mean(axis=1, keepdims=True), np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
        return gamma * (Z - mean) / deviation + beta, (Z, mean, deviation, gamma)

    @staticmethod
    def backward(dZ_tilde, cache):
        Z, mean, deviation, gamma = cache
        Z_hat, dZ_hat = (Z - mean) / deviation, gamma * dZ_tilde
        through = dZ_hat.mean(axis=1, keepdims=True) + Z_hat * (dZ_hat * Z_hat).mean(axis=1, keepdims=True)
        dgamma = np.sum(dZ_tilde * Z, axis=1, keepdims=True)
        return (dZ_hat - through) / deviation, dgamma, dZ_tilde.sum(axis=1, keepdims=True)


@mistake(
    BACKWARD,
    "Your dσ² has σ² to the power of −1.5 without ε. It is (σ² + ε) to that power, as in the forward pass.",
    "{0}.backward\nbatchnorm_forward = {0}.forward",
)
class WithoutEpsilon:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        mean, var = Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True)
        deviation = np.sqrt(var + epsilon)
        return gamma * (Z - mean) / deviation + beta, (Z - mean, var, deviation, gamma)

    @staticmethod
    def backward(dZ_tilde, cache):
        centred, var, deviation, gamma = cache
        dZ_hat = gamma * dZ_tilde
        dvar = np.sum(dZ_hat * centred, axis=1, keepdims=True) * -0.5 * var**-1.5
        dmean = -dZ_hat.sum(axis=1, keepdims=True) / deviation
        dgamma = np.sum(dZ_tilde * centred / deviation, axis=1, keepdims=True)
        dZ = dZ_hat / deviation + (2 * dvar * centred + dmean) / centred.shape[1]
        return dZ, dgamma, dZ_tilde.sum(axis=1, keepdims=True)


@mistake(
    BACKWARD,
    "Your dγ is computed with Z̃. It belongs to what γ multiplies: Ẑ, before γ and β.",
    "{0}.backward\nbatchnorm_forward = {0}.forward",
)
class AfterScaling:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        mean, deviation = Z.mean(axis=1, keepdims=True), np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
        return gamma * (Z - mean) / deviation + beta, ((Z - mean) / deviation, deviation, gamma, beta)

    @staticmethod
    def backward(dZ_tilde, cache):
        Z_hat, deviation, gamma, beta = cache
        dZ_hat = gamma * dZ_tilde
        through = dZ_hat.mean(axis=1, keepdims=True) + Z_hat * (dZ_hat * Z_hat).mean(axis=1, keepdims=True)
        dgamma = np.sum(dZ_tilde * (gamma * Z_hat + beta), axis=1, keepdims=True)
        return (dZ_hat - through) / deviation, dgamma, dZ_tilde.sum(axis=1, keepdims=True)


@mistake(
    BACKWARD,
    "You keep what you need outside of the cache, where the next layer's forward pass overwrites it. Use the cache.",
    "{0}.backward\nbatchnorm_forward = {0}.forward",
)
class Remembers:
    last: tuple

    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        mean, deviation = Z.mean(axis=1, keepdims=True), np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
        Remembers.last = ((Z - mean) / deviation, deviation, gamma)
        return gamma * Remembers.last[0] + beta, None

    @staticmethod
    def backward(dZ_tilde, cache):
        Z_hat, deviation, gamma = Remembers.last
        dZ_hat = gamma * dZ_tilde
        through = dZ_hat.mean(axis=1, keepdims=True) + Z_hat * (dZ_hat * Z_hat).mean(axis=1, keepdims=True)
        dgamma = np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)
        return (dZ_hat - through) / deviation, dgamma, dZ_tilde.sum(axis=1, keepdims=True)


# --- update_running_statistics ----------------------------------------------------------------------------------------

MEAN, VAR = "momentum * running_mean + (1 - momentum) * mean", "momentum * running_var + (1 - momentum) * var"

edits(
    RUNNING,
    {
        "Your weights are swapped: momentum weighs the old value, 1 − momentum the new one.": (
            MEAN,
            "(1 - momentum) * running_mean + momentum * mean",
            VAR,
            "(1 - momentum) * running_var + momentum * var",
        ),
        "You mix standard deviations and square again. Mix the variances themselves.": (
            VAR,
            "(momentum * np.sqrt(running_var) + (1 - momentum) * np.sqrt(var)) ** 2",
        ),
        "You return standard deviations. Return the variance: the root is taken when it is used.": (
            "return new_mean, new_var",
            "return new_mean, np.sqrt(new_var)",
        ),
        "The new values count in full with you. They weigh 1 − momentum.": ("(1 - momentum) * ", ""),
        "Your new variance is made of the batch's mean. Mix in var.": ("(1 - momentum) * var", "(1 - momentum) * mean"),
        "You take the plain mean of old and new. Weigh them by momentum and 1 − momentum.": (
            MEAN,
            "(running_mean + mean) / 2",
            VAR,
            "(running_var + var) / 2",
        ),
        "You forget the old values: they weigh momentum.": (MEAN, "mean.copy()", VAR, "var.copy()"),
        "You keep the old values: the new ones weigh 1 − momentum.": (
            MEAN,
            "running_mean.copy()",
            VAR,
            "running_var.copy()",
        ),
        "You use 0.9 whatever momentum is given.": ("momentum * running", "0.9 * running", "1 - momentum", "1 - 0.9"),
        "Your momentum is 0.99 by default. It is 0.9 here.": ("momentum: float = 0.9", "momentum: float = 0.99"),
        "The running mean stays as it was with you: update both.": (MEAN, "running_mean.copy()"),
        "The running variance stays as it was with you: update both.": (VAR, "running_var.copy()"),
        "You return the pair in the wrong order: (mean, var).": (
            "return new_mean, new_var",
            "return new_var, new_mean",
        ),
    },
)


@mistake(RUNNING, "You changed the running values you were given. Return new arrays: *= and += work on the argument.")
def running_in_place(running_mean, running_var, mean, var, momentum=0.9):
    running_mean *= momentum
    running_mean += (1 - momentum) * mean
    running_var *= momentum
    running_var += (1 - momentum) * var
    return running_mean, running_var


# --- batchnorm_inference ----------------------------------------------------------------------------------------------

RESULT = "gamma * (Z - running_mean) / np.sqrt(running_var + epsilon) + beta"

edits(
    INFERENCE,
    {
        "You normalize with the batch's own statistics. At test time take the running ones.": (
            "(Z - running_mean)",
            "(Z - Z.mean(axis=1, keepdims=True))",
            "running_var + epsilon",
            "Z.var(axis=1, keepdims=True) + epsilon",
        ),
        "You divide by σ² + ε. Take the root: √(σ² + ε).": (
            "np.sqrt(running_var + epsilon)",
            "(running_var + epsilon)",
        ),
        "You divide by σ + ε. ε stands inside the root: √(σ² + ε).": (
            "np.sqrt(running_var + epsilon)",
            "(np.sqrt(running_var) + epsilon)",
        ),
        "You ignore the epsilon you are given.": ("+ epsilon", "+ 1e-5"),
        "γ and β are swapped: γ multiplies, β is added.": (
            RESULT,
            RESULT.replace("gamma", "?").replace("beta", "gamma").replace("?", "beta"),
        ),
        "You do not subtract the running mean.": ("(Z - running_mean)", "Z"),
        "You subtract the batch's own mean. Take the running one.": (
            "(Z - running_mean)",
            "(Z - Z.mean(axis=1, keepdims=True))",
        ),
        "You divide by the batch's own deviation. Take the running variance.": (
            "running_var + epsilon",
            "Z.var(axis=1, keepdims=True) + epsilon",
        ),
        "You divide by the variance. Divide by √(σ² + ε).": ("np.sqrt(running_var + epsilon)", "running_var"),
        "β is multiplied by γ with you: γ Ẑ + β, not γ (Ẑ + β).": (
            RESULT,
            "gamma * ((Z - running_mean) / np.sqrt(running_var + epsilon) + beta)",
        ),
        "You return the normalized values without γ and β.": (
            RESULT,
            "(Z - running_mean) / np.sqrt(running_var + epsilon)",
        ),
        "β is missing: it is added at the end.": (" + beta", ""),
        "Running mean and variance are swapped.": (
            "(Z - running_mean)",
            "(Z - running_var)",
            "np.sqrt(running_var + epsilon)",
            "np.sqrt(np.abs(running_mean) + epsilon)",
        ),
    },
)

# --- predict_probabilities --------------------------------------------------------------------------------------------

CALL = 'batchnorm_inference(Z, model[f"gamma{l}"], model[f"beta{l}"], model[f"mean{l}"], model[f"var{l}"])'
LAST = 'softmax(model[f"W{L}"] @ A + model[f"b{L}"])'

edits(
    PREDICT,
    {
        "You normalize with the statistics of the batch you are given. At test time take the running ones.": (
            CALL,
            'batchnorm_forward(Z, model[f"gamma{l}"], model[f"beta{l}"])[0]',
        ),
        "You forgot ReLU.": ("np.maximum(Z_tilde, 0)", "Z_tilde"),
        "You apply ReLU before batch norm. It comes after.": (
            'Z = model[f"W{l}"] @ A',
            'Z = np.maximum(model[f"W{l}"] @ A, 0)',
            "np.maximum(Z_tilde, 0)",
            "Z_tilde",
        ),
        "You apply ReLU to the last layer too: its scores go into softmax as they are.": (
            LAST,
            'softmax(np.maximum(model[f"W{L}"] @ A + model[f"b{L}"], 0))',
        ),
        "The bias b of the last layer is missing.": (LAST, 'softmax(model[f"W{L}"] @ A)'),
        "You return scores. Softmax turns them into probabilities.": (LAST, LAST.removeprefix("softmax")),
        "The last layer has W and b only, no γ and β: hidden layers are 1 to L − 1, and L is how many W there are.": (
            "range(1, L)",
            "range(1, L + 1)",
        ),
        "Hidden layers have no b: batch norm's β takes its place.": (
            'Z = model[f"W{l}"] @ A',
            'Z = model[f"W{l}"] @ A + model[f"b{l}"]',
        ),
        "You return labels. Return the probability of each class.": (LAST, f"{LAST}.argmax(axis=0)"),
        "Your last layer is a sigmoid. Take softmax: the classes share one probability.": (
            LAST,
            LAST.replace("softmax", "network.sigmoid"),
        ),
        "A hidden layer is left out: there are as many layers as matrices W.": (
            "range(1, L)",
            "range(2, L)",
            "A = X",
            'A = np.maximum(model["W1"] @ X, 0) if L > 1 else X',
        ),
        "γ and β are swapped in your call of batchnorm_inference.": (
            'model[f"gamma{l}"], model[f"beta{l}"]',
            'model[f"beta{l}"], model[f"gamma{l}"]',
        ),
        "The running mean and variance are swapped in your call of batchnorm_inference.": (
            'model[f"mean{l}"], model[f"var{l}"]',
            'model[f"var{l}"], np.abs(model[f"mean{l}"])',
        ),
        "You return the transpose: classes are rows, examples are columns.": (LAST, f"{LAST}.T"),
        "Every layer gets X with you. Each gets what the one before it put out.": (
            'Z = model[f"W{l}"] @ A',
            'Z = model[f"W{l}"] @ np.resize(X, (model[f"W{l}"].shape[1], X.shape[1]))',
        ),
    },
)

edit(
    PREDICT,
    "The last layer has W and b only, no γ and β: hidden layers are 1 to L − 1, and L is how many W there are.",
    ('sum(key.startswith("W") for key in model)', "len(model) // 2"),
)

# --- train_classifier -------------------------------------------------------------------------------------------------

STEP = "parameters[key] = value - learning_rate"
BATCH_STATISTICS = """def predict_probabilities(X, model):
    for l in (1, 2):
        Z_tilde, _ = batchnorm_forward(model[f"W{l}"] @ X, model[f"gamma{l}"], model[f"beta{l}"])
        X = np.maximum(Z_tilde, 0)
    return softmax(model["W3"] @ X + model["b3"])"""
REPORT = "return model, float(np.mean(said == Y_dev.ravel()))"

edits(
    TRAIN,
    {
        "Your network is hardly better than guessing. Do updates go downhill, and are they kept? Are labels one-hot?": (
            STEP,
            "updated = value - learning_rate",
        ),
        "Your network has not learned enough. More epochs, larger steps? Are running statistics updated every time?": (
            "30, 6], 20, 120",
            "30, 6], 4, 120",
            "1.0 /",
            "0.03 /",
        ),
        "Your dev_accuracy is in percent. Give a share from 0 to 1.": (
            REPORT,
            REPORT.replace("float(", "float(100 * "),
        ),
        "Your dev_accuracy is measured on the training set. Measure it on the dev set.": (
            "predict_probabilities(X_dev",
            "predict_probabilities(X_train",
            "Y_dev.ravel()",
            "Y_train.ravel()",
        ),
        "Your dev_accuracy is not what your network reaches on the dev set. Report what you measured.": (
            REPORT,
            "return model, 0.123",
        ),
        "You train on the dev set, so its accuracy says nothing about new images. Train on the training set only.": (
            "m = X_train.shape[1]",
            "X_train, Y_train = X_dev, Y_dev\n    m = X_train.shape[1]",
            "20, 120",
            "40, 30",
        ),
        "What your network says of an image depends on the images beside it: take the running statistics to predict.": (
            REPORT,
            f"{REPORT}\n\n\n{BATCH_STATISTICS}",
        ),
        "Return two things: the model, and its accuracy on the dev set.": (REPORT, "return model"),
        "You return the pair in the wrong order: (model, dev_accuracy).": (
            REPORT,
            "return float(np.mean(said == Y_dev.ravel())), model",
        ),
    },
)


# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("batchnorm_softmax_predictions", 5)

wrong_options(
    "batchnorm_softmax_answers",
    {
        1: {
            "a": "The probabilities stay exactly as they were: the factor cancels in the quotient.",
            "b": "The mean of a column does not matter. What overflows is its largest entry.",
            "d": "Neither the probabilities nor the gradient change: the factor cancels.",
        },
        2: {
            "a": "Whatever it starts at, the mean of the batch takes it away again.",
            "c": "Its gradient is zero: it is not learned at all.",
            "d": "β is added at the end, and b would be there a second time; but b is taken away with the mean.",
        },
        3: {
            "a": "Softmax bends the probabilities, but not the place where two of them are equal.",
            "b": "A circle needs squares of the inputs. The scores are linear.",
            "d": "With more classes there are more boundaries, each of them straight.",
        },
        4: {
            "b": "One image minus its own mean is zero: every image would look the same.",
            "c": "The layers after it were trained on normalized values. Without normalization they see others.",
            "d": "The test set is not there when the network is in use, and one image is no set.",
        },
        5: {
            "a": "σ + ε is another number. The difference is plain where σ is small.",
            "b": "Then a unit of deviation 10 comes out with deviation 1/10. Some lecture notes print it so.",
            "c": "Added to Z it is taken away with the mean, and 0/0 stays 0/0.",
        },
        6: {
            "a": "With 100 dev images, chance explains two or three points, and not twenty.",
            "b": "A learning rate does not know which images it is judged by.",
            "d": "A network that underfits does badly on the dev set, too.",
        },
    },
)
