"""Differently written right answers to 04_optimization."""

import itertools

import numpy as np

from autograder.topics.registry import in_every_form, variant

# --- random_mini_batches ------------------------------------------------------------------------------------


@variant("random_mini_batches")
def split(X, Y, mini_batch_size, rng):
    numbers = np.arange(X.shape[1])
    rng.shuffle(numbers)
    cuts = np.arange(mini_batch_size, X.shape[1], mini_batch_size)
    pairs = zip(np.split(X[:, numbers], cuts, axis=1), np.split(Y[:, numbers], cuts, axis=1), strict=True)
    return [list(pair) for pair in pairs]


@variant("random_mini_batches")
def stacked(X, Y, mini_batch_size, rng):
    both = rng.permutation(np.vstack([X, Y]), axis=1)
    X_shuffled, Y_shuffled = both[: X.shape[0]], both[X.shape[0] :]
    batches, k = [], 0
    while k * mini_batch_size < X.shape[1]:
        part = slice(k * mini_batch_size, (k + 1) * mini_batch_size)
        batches.append((X_shuffled[:, part], Y_shuffled[:, part]))
        k += 1
    return batches


@variant("random_mini_batches")
def full_ones_and_the_rest(X, Y, mini_batch_size, rng):
    m = X.shape[1]
    permutation = list(np.argsort(rng.random(m)))
    shuffled_X, shuffled_Y = X[:, permutation], Y[:, permutation].reshape((Y.shape[0], m))
    mini_batches = []
    complete = m // mini_batch_size
    for k in range(complete):
        first, last = k * mini_batch_size, (k + 1) * mini_batch_size
        mini_batches.append((shuffled_X[:, first:last], shuffled_Y[:, first:last]))
    if m % mini_batch_size != 0:
        mini_batches.append((shuffled_X[:, complete * mini_batch_size :], shuffled_Y[:, complete * mini_batch_size :]))
    return mini_batches


@variant("random_mini_batches")
def drawn_one_by_one(X, Y, mini_batch_size, rng):
    left, batches = list(range(X.shape[1])), []
    while left:
        chosen = [left.pop(int(rng.integers(len(left)))) for _ in range(min(mini_batch_size, len(left)))]
        batches.append((np.take(X, chosen, axis=1), np.stack([Y[:, i] for i in chosen], axis=1)))
    return tuple(batches)


# --- update_parameters_with_gd and initialize_velocity ------------------------------------------------------


@variant("update_parameters_with_gd")
def by_layers(parameters, grads, learning_rate):
    L = len(parameters) // 2
    new = {}
    for l in range(L):
        new["W" + str(l + 1)] = parameters["W" + str(l + 1)] - learning_rate * grads["dW" + str(l + 1)]
        new["b" + str(l + 1)] = parameters["b" + str(l + 1)] - learning_rate * grads["db" + str(l + 1)]
    return new


@variant("update_parameters_with_gd")
def on_copies(parameters, grads, learning_rate):
    parameters = {key: value.copy() for key, value in parameters.items()}
    for key in grads:
        parameters[key[1:]] -= learning_rate * grads[key]
    return parameters


@variant("update_parameters_with_gd", made_by="{}()")
class Stepper:
    def __call__(self, parameters, grads, learning_rate):
        return {key: np.add(W, -learning_rate * grads[f"d{key}"]) for key, W in sorted(parameters.items())}


@variant("initialize_velocity")
def zeros_like(parameters):
    v = {}
    for l in range(1, len(parameters) // 2 + 1):
        v[f"dW{l}"] = np.zeros_like(parameters[f"W{l}"])
        v[f"db{l}"] = np.zeros((parameters[f"b{l}"].shape[0], 1))
    return v


@variant("initialize_velocity")
def times_zero(parameters):
    return dict(zip(("d" + key for key in parameters), (0.0 * value for value in parameters.values()), strict=True))


@variant("initialize_velocity")
def full(parameters):
    keys = sorted(parameters, key=lambda key: (key[0], int(key[1:])))
    return {f"d{key}": np.full(np.shape(parameters[key]), 0.0, dtype=np.float32) for key in keys}


# --- fit ----------------------------------------------------------------------------------------------------


@variant("fit")
def shuffles_itself(X, Y, parameters, optimizer, learning_rate, mini_batch_size, epochs, rng, decay=None):
    m, costs = X.shape[1], []
    for epoch in range(epochs):
        order = np.argsort(rng.random(m))
        for start in range(0, m, mini_batch_size):
            part = order[start : start + mini_batch_size]
            A, cache = network.forward_propagation(X[:, part], parameters)  # noqa: F821
            costs.append(network.compute_cost(A, Y[:, part]))  # noqa: F821
            grads = network.backward_propagation(parameters, cache, Y[:, part])  # noqa: F821
            now = learning_rate if decay is None else decay(learning_rate, epoch)
            parameters = optimizer(parameters, grads, len(costs), now)
    return parameters, costs


@variant("fit")
def with_a_counter(X, Y, parameters, optimizer, learning_rate, mini_batch_size, epochs, rng, decay=None):
    from course_utils.network import backward_propagation, compute_cost, forward_propagation

    def step(theta, x, y, t, alpha):
        output, cache = forward_propagation(x, theta)
        found.append(float(compute_cost(output, y)))
        return optimizer(theta, backward_propagation(theta, cache, y), t, alpha)

    theta, found = {key: value.copy() for key, value in parameters.items()}, []
    counter = itertools.count(1)
    decay = decay or (lambda alpha, epoch: alpha)
    for epoch in range(epochs):
        left = list(rng.permutation(X.shape[1]))
        while left:
            now, left = left[:mini_batch_size], left[mini_batch_size:]
            theta = step(theta, X[:, now], Y[:, now], next(counter), decay(learning_rate, epoch))
    return theta, np.array(found)


@variant("fit")
def by_hand(X, Y, parameters, optimizer, learning_rate, mini_batch_size, epochs, rng, decay=None):
    L, m = len(parameters) // 2, X.shape[1]
    steps = int(np.ceil(m / mini_batch_size))
    costs = []
    for k in range(epochs * steps):
        epoch, i = divmod(k, steps)
        if i == 0:
            both = rng.permuted(np.arange(m))
        chosen = both[i * mini_batch_size : (i + 1) * mini_batch_size]
        x, y = X[:, chosen], Y[:, chosen]
        A = [x]
        for l in range(1, L + 1):
            Z = parameters[f"W{l}"] @ A[-1] + parameters[f"b{l}"]
            A.append(np.maximum(Z, 0) if l < L else 1 / (1 + np.exp(-Z)))
        costs += [-np.mean(y * np.log(A[-1]) + (1 - y) * np.log(1 - A[-1]))]
        dZ, grads = A[-1] - y, {}
        for l in range(L, 0, -1):
            grads[f"dW{l}"] = dZ @ A[l - 1].T / len(chosen)
            grads[f"db{l}"] = dZ.mean(axis=1, keepdims=True)
            dZ = (parameters[f"W{l}"].T @ dZ) * (A[l - 1] > 0)
        rate = decay(learning_rate, epoch) if decay is not None else learning_rate
        parameters = optimizer(parameters, grads, t=k + 1, learning_rate=rate)
    return [parameters, costs]


# --- exponentially_weighted_average -------------------------------------------------------------------------


@variant("exponentially_weighted_average")
def as_a_list(values, beta, bias_correction=True):
    averages, v = [], 0
    for t in range(len(values)):
        v = beta * v + (1 - beta) * values[t]
        averages.append(v)
    if bias_correction:
        return [v / (1 - beta ** (t + 1)) for t, v in enumerate(averages)]
    return averages


@variant("exponentially_weighted_average")
def as_a_matrix(values, beta, bias_correction=True):
    n = len(values)
    age = np.arange(n)[:, None] - np.arange(n)
    weights = np.where(age >= 0, (1 - beta) * float(beta) ** np.maximum(age, 0), 0.0)
    if bias_correction:
        weights /= weights.sum(axis=1, keepdims=True)
    return weights @ np.array(values, dtype=float)


@variant("exponentially_weighted_average")
def accumulated(values, beta, bias_correction=True):
    v = list(itertools.accumulate(values, lambda v, value: beta * v + (1 - beta) * value, initial=0.0))[1:]
    t = np.arange(1, len(values) + 1)
    return np.array(v) / (1 - np.power(float(beta), t)) if bias_correction else np.array(v)


# --- momentum -----------------------------------------------------------------------------------------------


@variant("update_parameters_with_momentum")
def layer_by_layer(parameters, grads, v, beta, learning_rate):
    L = len(parameters) // 2
    new, velocity = dict(parameters), dict(v)
    for l in range(1, L + 1):
        velocity["dW" + str(l)] = beta * v["dW" + str(l)] + (1 - beta) * grads["dW" + str(l)]
        velocity["db" + str(l)] = beta * v["db" + str(l)] + (1 - beta) * grads["db" + str(l)]
        new["W" + str(l)] = parameters["W" + str(l)] - learning_rate * velocity["dW" + str(l)]
        new["b" + str(l)] = parameters["b" + str(l)] - learning_rate * velocity["db" + str(l)]
    return new, velocity


@variant("update_parameters_with_momentum")
def in_place_on_copies(parameters, grads, v, beta, learning_rate):
    parameters = {key: np.array(value) for key, value in parameters.items()}
    v = {key: np.array(value) for key, value in v.items()}
    for key in v:
        v[key] *= beta
        v[key] += (1 - beta) * grads[key]
        parameters[key[1:]] -= learning_rate * v[key]
    return [parameters, v]


@variant("update_parameters_with_momentum")
def moved_towards(parameters, grads, v, beta, learning_rate):
    v = {key: old + (1 - beta) * (grads[key] - old) for key, old in v.items()}
    return {key: value - v["d" + key] * learning_rate for key, value in parameters.items()}, v


# --- RMSprop ------------------------------------------------------------------------------------------------


@variant("update_parameters_with_rmsprop")
def rmsprop_by_layers(parameters, grads, s, beta2, learning_rate, epsilon=1e-8):
    new, squares = {}, {}
    for l in range(1, len(parameters) // 2 + 1):
        for name in ("W", "b"):
            key = f"d{name}{l}"
            squares[key] = beta2 * s[key] + (1 - beta2) * np.square(grads[key])
            new[f"{name}{l}"] = parameters[f"{name}{l}"] - learning_rate * grads[key] / (squares[key] ** 0.5 + epsilon)
    return new, squares


@variant("update_parameters_with_rmsprop")
def with_own_rates(parameters, grads, s, beta2, learning_rate, epsilon=1e-8):
    s = {key: beta2 * s[key] + (1 - beta2) * grads[key] * grads[key] for key in grads}
    rates = {key: learning_rate / (epsilon + np.sqrt(value)) for key, value in s.items()}
    return {key: parameters[key] - rates["d" + key] * grads["d" + key] for key in parameters}, s


@variant("update_parameters_with_rmsprop")
def rmsprop_on_copies(parameters, grads, s, beta2, learning_rate, epsilon=1e-8):
    import copy

    parameters, s = copy.deepcopy(parameters), copy.deepcopy(s)
    for key, g in grads.items():
        s[key] = s[key] * beta2 + (1.0 - beta2) * np.power(g, 2)
        parameters[key[1:]] -= learning_rate * np.divide(g, np.sqrt(s[key]) + epsilon)
    return (parameters, s)


# --- Adam ---------------------------------------------------------------------------------------------------


@variant("update_parameters_with_adam")
def adam_by_layers(parameters, grads, v, s, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    L = len(parameters) // 2
    v_new, s_new, v_corrected, s_corrected, new = {}, {}, {}, {}, {}
    for l in range(1, L + 1):
        for key in ("dW" + str(l), "db" + str(l)):
            v_new[key] = beta1 * v[key] + (1 - beta1) * grads[key]
            v_corrected[key] = v_new[key] / (1 - np.power(beta1, t))
            s_new[key] = beta2 * s[key] + (1 - beta2) * np.power(grads[key], 2)
            s_corrected[key] = s_new[key] / (1 - np.power(beta2, t))
            step = v_corrected[key] / (np.sqrt(s_corrected[key]) + epsilon)
            new[key[1:]] = parameters[key[1:]] - learning_rate * step
    return new, v_new, s_new


@variant("update_parameters_with_adam")
def adam_with_one_rate(parameters, grads, v, s, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    root = np.sqrt(1 - beta2**t)
    alpha = learning_rate * root / (1 - beta1**t)
    v = {key: beta1 * v[key] + (1 - beta1) * g for key, g in grads.items()}
    s = {key: beta2 * s[key] + (1 - beta2) * g * g for key, g in grads.items()}
    moved = {}
    for key, value in parameters.items():
        moved[key] = value - alpha * v["d" + key] / (np.sqrt(s["d" + key]) + epsilon * root)
    return [moved, v, s]


@variant("update_parameters_with_adam", made_by="{}()")
class OneArray:
    def __call__(self, parameters, grads, v, s, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
        keys = list(parameters)
        theta, g, v, s = (
            np.concatenate([part[name].ravel() for name in names])
            for part, names in ((parameters, keys), *((part, ["d" + key for key in keys]) for part in (grads, v, s)))
        )
        v, s = beta1 * v + (1 - beta1) * g, beta2 * s + (1 - beta2) * g**2
        theta = theta - learning_rate * (v / (1 - beta1**t)) / (np.sqrt(s / (1 - beta2**t)) + epsilon)
        return tuple(self.cut(part, parameters, letter) for part, letter in ((theta, ""), (v, "d"), (s, "d")))

    def cut(self, flat, parameters, letter):
        cut, start = {}, 0
        for key, value in parameters.items():
            cut[letter + key] = flat[start : start + value.size].reshape(value.shape).copy()
            start += value.size
        return cut


# --- decay --------------------------------------------------------------------------------------------------


@variant("decay_inverse_time")
def fraction(learning_rate0, epoch, decay_rate):
    return 1 / (1 + decay_rate * epoch) * learning_rate0


@variant("decay_inverse_time")
def negative_power(learning_rate0, epoch, decay_rate):
    return learning_rate0 * (1 + epoch * decay_rate) ** -1


@variant("decay_inverse_time")
def as_an_array(learning_rate0, epoch, decay_rate):
    return np.divide(learning_rate0, np.array(1.0) + np.multiply(decay_rate, epoch))


@variant("decay_exponential")
def power(learning_rate0, epoch, base=0.95):
    return np.power(base, epoch) * learning_rate0


@variant("decay_exponential")
def again_and_again(learning_rate0, epoch, base=0.95):
    for _ in range(epoch):
        learning_rate0 = learning_rate0 * base
    return learning_rate0


@variant("decay_exponential")
def by_logarithm(learning_rate0, epoch, base=0.95):
    return np.array(learning_rate0 * np.exp(epoch * np.log(base)))


@variant("decay_sqrt")
def by_cases(learning_rate0, epoch, k):
    if epoch == 0:
        return k * learning_rate0
    return k / epoch**0.5 * learning_rate0


@variant("decay_sqrt")
def where(learning_rate0, epoch, k):
    return learning_rate0 * k * (epoch if epoch > 0 else 1) ** -0.5


@variant("decay_sqrt")
def caught(learning_rate0, epoch, k):
    import math

    try:
        return learning_rate0 * k / math.sqrt(epoch)
    except ZeroDivisionError:
        return learning_rate0 * k


@variant("decay_staircase")
def floored(learning_rate0, epoch, decay_rate, interval):
    return learning_rate0 / (1 + decay_rate * np.floor(epoch / interval))


@variant("decay_staircase")
def truncated(learning_rate0, epoch, decay_rate, interval):
    return 1 / (1 + int(epoch / interval) * decay_rate) * learning_rate0


@variant("decay_staircase")
def counted(learning_rate0, epoch, decay_rate, interval):
    stair = 0
    while epoch >= interval:
        epoch, stair = epoch - interval, stair + 1
    return np.float64(learning_rate0) / (1 + decay_rate * stair)


# --- predictions and answers --------------------------------------------------------------------------------


@variant("optimization_predictions")
def predictions_as_string():
    return "dcba"


@variant("optimization_predictions")
def predictions_as_list():
    return ["B", "c ", "d", "a"]


@variant("optimization_predictions")
def predictions_by_text():
    return {"1": "a", "2": "c", "3": "b", "4": "a"}


@variant("optimization_more_predictions")
def more_predictions_as_string():
    return "dcbad"


@variant("optimization_more_predictions")
def more_predictions_as_list():
    return ["B", "c ", "d", "a", "A"]


@variant("optimization_more_predictions")
def more_predictions_by_text():
    return {"1": "a", "2": "c", "3": "b", "4": "a", "5": "d"}


in_every_form("optimization_answers")
