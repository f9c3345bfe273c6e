"""Differently written right answers to 05_batchnorm_softmax."""

import numpy as np

from autograder.topics.batchnorm_softmax.answers import one_hot, softmax
from autograder.topics.registry import in_every_form, variant
from course_utils import network

# --- one_hot ----------------------------------------------------------------------------------------------------------


@variant("one_hot")
def rows_of_the_identity(labels, C):
    return np.eye(C)[np.squeeze(labels, axis=0)].T


@variant("one_hot")
def column_by_column(labels, C):
    Y = np.zeros((C, labels.shape[1]))
    for i in range(labels.shape[1]):
        Y[labels[0, i], i] = 1
    return Y


@variant("one_hot")
def from_nested_lists(labels, C):
    return np.array([[1.0 if label == c else 0.0 for label in labels.ravel()] for c in range(C)])


@variant("one_hot")
def fancy_index(labels, C):
    m = labels.size
    Y = np.zeros((C, m), dtype=np.float32)
    Y[labels, np.arange(m)] = 1.0
    return Y


# --- softmax and its cost ---------------------------------------------------------------------------------------------


@variant("softmax")
def through_logarithms(Z):
    top = np.amax(Z, axis=0)
    return np.exp(Z - (top + np.log(np.exp(Z - top).sum(0))))


@variant("softmax")
def one_column_at_a_time(Z):
    P = np.empty_like(Z, dtype=float)
    for i, z in enumerate(Z.T):
        e = np.exp(z - max(z))
        P[:, i] = e / np.sum(e)
    return P


@variant("softmax")
def transposed_and_back(Z):
    Z = Z.T.copy()
    Z -= Z.max(axis=1)[:, None]
    np.exp(Z, out=Z)
    Z /= np.einsum("mc->m", Z)[:, None]
    return Z.T


@variant("softmax", "{}()")
class Softmax:
    def __call__(self, Z):
        Z = Z.astype(np.float32)
        shifted = Z - np.max(Z, axis=0, keepdims=True)
        return np.exp(shifted) / np.sum(np.exp(shifted), axis=0, keepdims=True)


@variant("cross_entropy_cost")
def of_the_labels_only(P, Y):
    chosen = P[Y.argmax(axis=0), np.arange(P.shape[1])]
    return np.mean(-np.log(np.clip(chosen, 1e-15, None)))


@variant("cross_entropy_cost")
def a_little_added(P, Y):
    return -(Y * np.log(P + 1e-8)).sum() / P.shape[1]


@variant("cross_entropy_cost")
def entry_by_entry(P, Y):
    import math

    total, (C, m) = 0.0, P.shape
    for c in range(C):
        for i in range(m):
            if Y[c, i]:
                total -= math.log(max(P[c, i], 1e-12))
    return np.array(total / m)


@variant("cross_entropy_cost")
def logarithm_where_it_exists(P, Y):
    logs = np.log(P, out=np.full(P.shape, -700.0), where=P > 0)
    return -np.einsum("ci,ci->", Y, logs) / Y.shape[-1]


@variant("softmax_gradient")
def minus_one_at_the_label(P, Y):
    dZ = P.copy()
    dZ[Y.argmax(axis=0), np.arange(P.shape[1])] -= 1
    dZ /= P.shape[1]
    return dZ


@variant("softmax_gradient")
def term_by_term(P, Y):
    m = P.shape[-1]
    return np.add(P / m, -Y / m)


@variant("softmax_gradient")
def one_by_one(P, Y):
    return np.stack([(p - y) / len(P.T) for p, y in zip(P.T, Y.T, strict=True)], axis=1)


# --- batch norm -------------------------------------------------------------------------------------------------------


@variant("batchnorm_forward")
def with_a_dict(Z, gamma, beta, epsilon=1e-5):
    m = Z.shape[1]
    mu = np.sum(Z, axis=1, keepdims=True) / m
    centred = Z - mu
    var = np.sum(centred**2, axis=1, keepdims=True) / m
    inverse = 1.0 / np.sqrt(var + epsilon)
    return centred * inverse * gamma + beta, {"Z": Z, "mu": mu, "inverse": inverse, "gamma": gamma}


@variant("batchnorm_forward")
def with_a_function(Z, gamma, beta, epsilon=1e-5):
    mean, var = np.mean(Z, 1)[:, None], np.var(Z, 1)[:, None]
    scale = gamma / (var + epsilon) ** 0.5
    return [scale * Z + (beta - scale * mean), lambda: (mean, var)]


@variant("batchnorm_forward")
def unit_by_unit(Z, gamma, beta, epsilon=1e-5):
    Z_tilde = np.zeros(Z.shape, dtype=np.float32)
    for j in range(Z.shape[0]):
        mean, mean_of_squares = Z[j].mean(), (Z[j] ** 2).mean()
        Z_tilde[j] = gamma[j] * (Z[j] - mean) / np.sqrt(mean_of_squares - mean**2 + epsilon) + beta[j]
    return Z_tilde, None


@variant("batchnorm_forward", "{}()")
class BatchNorm:
    def __call__(self, Z, gamma, beta, epsilon=1e-5):
        Z_hat = (Z.T - Z.mean(1)) / np.hypot(Z.std(1), np.sqrt(epsilon))
        return (Z_hat * gamma.T + beta.T).T, self


PAIR = "{0}.backward\nbatchnorm_forward = {0}.forward"


@variant("batchnorm_backward", PAIR)
class StepByStep:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        mean = Z.mean(axis=1, keepdims=True)
        centred = Z - mean
        var = (centred**2).mean(axis=1, keepdims=True)
        root = np.sqrt(var + epsilon)
        cache = {"centred": centred, "root": root, "gamma": gamma, "hat": centred / root}
        return gamma * cache["hat"] + beta, cache

    @staticmethod
    def backward(dZ_tilde, cache):
        m = dZ_tilde.shape[1]
        dbeta = dZ_tilde.sum(axis=1).reshape(-1, 1)
        dgamma = (dZ_tilde * cache["hat"]).sum(axis=1).reshape(-1, 1)
        dhat = dZ_tilde * cache["gamma"]
        droot = -(dhat * cache["centred"]).sum(axis=1, keepdims=True) / cache["root"] ** 2
        dvar = 0.5 * droot / cache["root"]
        dcentred = dhat / cache["root"] + 2 * cache["centred"] * dvar / m
        dmean = -dcentred.sum(axis=1, keepdims=True)
        return [dcentred + dmean / m * np.ones(dZ_tilde.shape), dgamma, dbeta]


@variant("batchnorm_backward", PAIR)
class CacheIsAFunction:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        m = Z.shape[1]
        root = np.sqrt(np.var(Z, axis=1, keepdims=True) + epsilon)
        hat = (Z - np.mean(Z, axis=1, keepdims=True)) / root

        def backward(d):
            dgamma, dbeta = np.sum(d * hat, 1, keepdims=True), np.sum(d, 1, keepdims=True)
            return gamma / (m * root) * (m * d - dbeta - hat * dgamma), dgamma, dbeta

        return gamma * hat + beta, backward

    @staticmethod
    def backward(dZ_tilde, cache):
        return cache(dZ_tilde)


@variant("batchnorm_backward", PAIR)
class Jacobian:
    @staticmethod
    def forward(Z, gamma, beta, epsilon=1e-5):
        var = Z.var(axis=1, keepdims=True)
        return gamma * (Z - Z.mean(axis=1, keepdims=True)) / np.sqrt(var + epsilon) + beta, (Z, gamma, epsilon)

    @staticmethod
    def backward(dZ_tilde, cache):
        Z, gamma, epsilon = cache
        n, m = Z.shape
        dZ, dgamma = np.zeros((n, m)), np.zeros((n, 1))
        for j in range(n):
            root = np.sqrt(Z[j].var() + epsilon)
            hat = (Z[j] - Z[j].mean()) / root
            slopes = (np.eye(m) - 1 / m - np.outer(hat, hat) / m) / root
            dZ[j] = gamma[j] * slopes @ dZ_tilde[j]
            dgamma[j] = dZ_tilde[j] @ hat
        return dZ, dgamma, np.einsum("ji->j", dZ_tilde)[:, None]


@variant("update_running_statistics")
def a_step_towards_the_new(running_mean, running_var, mean, var, momentum=0.9):
    step = 1 - momentum
    return running_mean + step * (mean - running_mean), running_var + step * (var - running_var)


@variant("update_running_statistics")
def both_at_once(running_mean, running_var, mean, var, momentum=0.9):
    old, new = np.stack([running_mean, running_var]), np.stack([mean, var])
    return list(momentum * old + (1.0 - momentum) * new)


@variant("update_running_statistics")
def weighted_average(running_mean, running_var, mean, var, momentum=0.9):
    mix = lambda old, new: np.average([old, new], axis=0, weights=[momentum, 1 - momentum])  # noqa: E731
    return mix(running_mean, mean), mix(running_var, var)


@variant("batchnorm_inference")
def one_line_per_unit(Z, gamma, beta, running_mean, running_var, epsilon=1e-5):
    slope = gamma / np.sqrt(running_var + epsilon)
    return slope * Z + (beta - slope * running_mean)


@variant("batchnorm_inference")
def example_by_example(Z, gamma, beta, running_mean, running_var, epsilon=1e-5):
    columns = [gamma * (z[:, None] - running_mean) * (running_var + epsilon) ** -0.5 + beta for z in Z.T]
    return np.hstack(columns)


@variant("batchnorm_inference")
def on_a_copy(Z, gamma, beta, running_mean, running_var, epsilon=1e-5):
    out = np.array(Z, dtype=np.float32)
    out -= running_mean
    out /= np.sqrt(running_var + epsilon)
    out *= gamma
    out += beta
    return out


# --- the classifier ---------------------------------------------------------------------------------------------------


@variant("predict_probabilities")
def by_hand(X, model):
    A, l = X, 1
    while f"gamma{l}" in model:
        scale = model[f"gamma{l}"] / np.sqrt(model[f"var{l}"] + 1e-5)
        A = np.clip(scale * (np.dot(model[f"W{l}"], A) - model[f"mean{l}"]) + model[f"beta{l}"], 0, None)
        l += 1
    E = np.exp(np.dot(model[f"W{l}"], A) + model[f"b{l}"])
    return E / np.sum(E, axis=0)


@variant("predict_probabilities")
def recursive(X, model, l=1):
    Z = model[f"W{l}"] @ X
    if f"b{l}" in model:
        return softmax(Z + model[f"b{l}"])
    rest = [model[f"{name}{l}"] for name in ("gamma", "beta", "mean", "var")]
    Z_tilde = rest[0] * (Z - rest[2]) / np.sqrt(rest[3] + 1e-5) + rest[1]
    return predict_probabilities(Z_tilde * (Z_tilde > 0), model, l + 1)  # noqa: F821 - its own name in the notebook


@variant("predict_probabilities")
def image_by_image(X, model):
    depth = max(int(key[1:]) for key in model if key[0] == "W")
    columns = []
    for i in range(X.shape[1]):
        a = X[:, [i]].astype(np.float32)
        for l in range(1, depth):
            z = (model[f"W{l}"] @ a - model[f"mean{l}"]) / np.sqrt(model[f"var{l}"] + 1e-5)
            a = np.where(model[f"gamma{l}"] * z + model[f"beta{l}"] > 0, model[f"gamma{l}"] * z + model[f"beta{l}"], 0)
        columns.append(softmax(model[f"W{depth}"] @ a + model[f"b{depth}"])[:, 0])
    return np.array(columns).T


BOTH = "{0}.train\npredict_probabilities = {0}.predict"


@variant("train_classifier", BOTH)
class StandardizedWithMomentum:
    """No batch norm at all; the model is an object."""

    mean: np.ndarray
    std: np.ndarray
    layers: list

    @staticmethod
    def train(X_train, Y_train, X_dev, Y_dev, rng):
        self = StandardizedWithMomentum()
        self.mean, self.std = X_train.mean(axis=1, keepdims=True), X_train.std(axis=1, keepdims=True) + 1
        X, Y, m = (X_train - self.mean) / self.std, one_hot(Y_train, 6), X_train.shape[1]
        self.layers = [
            [rng.normal(0, 0.07, (64, 400)), np.zeros((64, 1))],
            [rng.normal(0, 0.17, (6, 64)), np.zeros((6, 1))],
        ]
        speed = [[0 * W, 0 * b] for W, b in self.layers]
        for _ in range(30):
            for batch in np.array_split(rng.permutation(m), m // 60):
                (W1, b1), (W2, b2) = self.layers
                A = np.maximum(W1 @ X[:, batch] + b1, 0)
                d2 = (softmax(W2 @ A + b2) - Y[:, batch]) / len(batch)
                d1 = (W2.T @ d2) * (A > 0)
                slopes = [(d1 @ X[:, batch].T, d1.sum(1, keepdims=True)), (d2 @ A.T, d2.sum(1, keepdims=True))]
                for layer, v, slope in zip(self.layers, speed, slopes, strict=True):
                    for k in (0, 1):
                        v[k] = 0.9 * v[k] - 0.02 * slope[k]
                        layer[k] = layer[k] + v[k]
        return self, np.mean(StandardizedWithMomentum.predict(X_dev, self).argmax(0) == Y_dev[0])

    @staticmethod
    def predict(X, model):
        (W1, b1), (W2, b2) = model.layers
        return softmax(W2 @ np.maximum(W1 @ ((X - model.mean) / model.std) + b1, 0) + b2)


@variant("train_classifier", BOTH)
class ScaledPixelsDeeper:
    """Pixels from 0 to 1, three hidden layers, the whole set in every step; the model is a function."""

    @staticmethod
    def train(X_train, Y_train, X_dev, Y_dev, rng):
        X, Y, sizes = X_train / 255, one_hot(Y_train, 6), [400, 50, 30, 20, 6]
        functions = (softmax, softmax_gradient, batchnorm_forward, batchnorm_backward)  # noqa: F821
        parameters = network.batchnorm_parameters(sizes, rng)
        for step in range(120):
            _, grads, statistics = network.gradients_with_batchnorm(X, Y, parameters, *functions)
            if step < 119:
                parameters = {key: value - 1.0 * grads["d" + key] for key, value in parameters.items()}

        def model(images):
            A = images / 255
            for l in (1, 2, 3):
                (mean, var), gamma, beta = statistics[l], parameters[f"gamma{l}"], parameters[f"beta{l}"]
                A = np.maximum(gamma * (parameters[f"W{l}"] @ A - mean) / np.sqrt(var + 1e-5) + beta, 0)
            return softmax(parameters["W4"] @ A + parameters["b4"])

        return model, float((model(X_dev).argmax(axis=0) == Y_dev).mean())

    @staticmethod
    def predict(X, model):
        return model(X)


@variant("train_classifier")
def statistics_of_the_whole_set(X_train, Y_train, X_dev, Y_dev, rng):
    functions = (softmax, softmax_gradient, batchnorm_forward, batchnorm_backward)  # noqa: F821 - as in the notebook
    parameters, Y = network.batchnorm_parameters([400, 64, 6], rng), one_hot(Y_train, 6)
    for epoch in range(25):
        for batch in np.array_split(rng.permutation(X_train.shape[1]), 18):
            _, grads, _ = network.gradients_with_batchnorm(X_train[:, batch], Y[:, batch], parameters, *functions)
            parameters = {key: value - 0.5 * 0.9**epoch * grads["d" + key] for key, value in parameters.items()}
    _, _, statistics = network.gradients_with_batchnorm(X_train, Y, parameters, *functions)
    model = dict(parameters, mean1=statistics[1][0], var1=statistics[1][1])
    said = predict_probabilities(X_dev, model)  # noqa: F821
    right = sum(int(column.argmax() == label) for column, label in zip(said.T, Y_dev[0], strict=True))
    return [model, right / len(Y_dev[0])]


# --- predictions and answers ------------------------------------------------------------------------------------------


@variant("batchnorm_softmax_predictions")
def predictions_as_string():
    return "dcbad"


@variant("batchnorm_softmax_predictions")
def predictions_as_list():
    return ["B", "c ", "d", "a", "A"]


@variant("batchnorm_softmax_predictions")
def predictions_by_text():
    return {"1": "a", "2": "c", "3": "b", "4": "a", "5": "c"}


in_every_form("batchnorm_softmax_answers")
