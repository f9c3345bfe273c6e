"""Differently written right answers to 02_regularization."""

import numpy as np

from autograder.topics.registry import in_every_form, variant

# --- compute_cost_with_regularization -----------------------------------------------------------------------


@variant("compute_cost_with_regularization")
def given_cost_plus(AL, Y, parameters, lambd):
    from course_utils import network

    squares = sum(np.linalg.norm(value) ** 2 for key, value in parameters.items() if key.startswith("W"))
    return network.compute_cost(AL, Y) + 0.5 * lambd * squares / Y.shape[1]


@variant("compute_cost_with_regularization")
def one_mean(AL, Y, parameters, lambd):
    loss = np.where(Y == 1, -np.log(AL), -np.log1p(-AL))
    weights = np.concatenate([parameters[key].ravel() for key in parameters if "W" in key])
    return np.squeeze(np.mean(loss) + weights @ weights * lambd / 2 / AL.size)


@variant("compute_cost_with_regularization")
def dotted(AL, Y, parameters, lambd):
    m, l, total = AL.shape[1], 1, 0
    while f"W{l}" in parameters:
        total += np.trace(parameters[f"W{l}"] @ parameters[f"W{l}"].T)
        l += 1
    cross = -(np.dot(np.log(AL), Y.T) + np.dot(np.log(1 - AL), (1 - Y).T)) / m
    return cross.item() + total * lambd / (2.0 * m)


# --- backward_propagation_with_regularization ---------------------------------------------------------------


@variant("backward_propagation_with_regularization")
def by_hand(X, Y, parameters, lambd):
    L, m, A = len(parameters) // 2, X.shape[1], [X]
    for l in range(1, L + 1):
        Z = parameters["W" + str(l)] @ A[-1] + parameters["b" + str(l)]
        A.append(np.maximum(0, Z) if l < L else 1 / (1 + np.exp(-Z)))
    dZ, grads = A[-1] - Y, {}
    for l in range(L, 0, -1):
        grads["dW" + str(l)] = (dZ @ A[l - 1].T + lambd * parameters["W" + str(l)]) / m
        grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
        dZ = (parameters["W" + str(l)].T @ dZ) * (A[l - 1] > 0)
    return grads


@variant("backward_propagation_with_regularization")
def new_dict(X, Y, parameters, lambd):
    from course_utils import network

    plain = network.backward_propagation(parameters, network.forward_propagation(X, parameters)[1], Y)
    pull = lambda key: lambd / Y.shape[1] * parameters[key[1:]] if key[1] == "W" else 0  # noqa: E731
    return {key: value + pull(key) for key, value in plain.items()}


@variant("backward_propagation_with_regularization")
def added_in_place(X, Y, parameters, lambd):
    from course_utils.network import backward_propagation, forward_propagation

    grads = backward_propagation(parameters, forward_propagation(X, parameters)[1], Y)
    for key in parameters:
        if key.startswith("W"):
            grads[f"d{key}"] += parameters[key] * (lambd / X.shape[1])
    return grads


# --- weight_decay_step --------------------------------------------------------------------------------------


@variant("weight_decay_step")
def as_penalty(W, dW, learning_rate, lambd, m):
    return W - learning_rate * (dW + lambd / m * W)


@variant("weight_decay_step")
def in_two(W, dW, learning_rate, lambd, m):
    shrunk = W - W * learning_rate * lambd / m
    return np.subtract(shrunk, learning_rate * dW)


@variant("weight_decay_step")
def on_a_copy(W, dW, learning_rate, lambd, m):
    new = np.array(W)
    new *= 1 - learning_rate * (lambd / m)
    new -= learning_rate * dW
    return new


# --- l1 -----------------------------------------------------------------------------------------------------


@variant("l1_penalty")
def norms(parameters, lambd, m):
    return lambd / 2 / m * sum(np.linalg.norm(W.ravel(), 1) for key, W in parameters.items() if key[0] == "W")


@variant("l1_penalty")
def signs(parameters, lambd, m):
    total = 0
    for key in parameters:
        if "b" not in key:
            total += float((parameters[key] * np.sign(parameters[key])).sum())
    return np.array(total * lambd / (2 * m))


@variant("l1_penalty")
def entry_by_entry(parameters, lambd, m):
    L = len(parameters) // 2
    return sum(abs(w) for l in range(L) for row in parameters[f"W{l + 1}"].tolist() for w in row) * (0.5 * lambd / m)


@variant("l1_gradient")
def by_cases(W, lambd, m):
    return np.where(W > 0, 1.0, np.where(W < 0, -1.0, 0.0)) * lambd / (2 * m)


@variant("l1_gradient")
def by_comparison(W, lambd, m):
    return ((W > 0).astype(float) - (W < 0)) * (lambd / m / 2)


@variant("l1_gradient")
def by_division(W, lambd, m):
    G = np.zeros_like(W)
    G[W != 0] = W[W != 0] / np.abs(W[W != 0])
    return 0.5 * lambd * G / m


# --- dropout ------------------------------------------------------------------------------------------------


@variant("dropout_forward")
def at_most(A, keep_prob, rng, training=True):
    if training:
        D = (rng.uniform(size=A.shape) <= keep_prob).astype(int)
        A = np.multiply(A, D)
        return A / keep_prob, D
    return A, np.ones_like(A)


@variant("dropout_forward")
def binomial(A, keep_prob, rng, training=True):
    D = rng.binomial(1, keep_prob if training else 1.0, size=A.shape)
    return A * D / (keep_prob if training else 1.0), D


@variant("dropout_forward")
def upper_end(A, keep_prob, rng, training=True):
    if not training:
        keep_prob = 1
    D = 1.0 * (1 - keep_prob < rng.random(A.shape[::-1]).T)
    return np.where(D > 0, A / keep_prob, 0), D


@variant("dropout_forward")
def choice(A, keep_prob, rng, training=True):
    D = np.ones(A.shape, dtype=bool)
    if training:
        D = rng.choice([True, False], size=A.shape, p=[keep_prob, 1 - keep_prob])
    scale = keep_prob if training else 1.0
    return [D * A * (1 / scale), D]


@variant("dropout_backward")
def where(dA, D, keep_prob):
    return np.where(D, dA / keep_prob, 0)


@variant("dropout_backward")
def in_steps(dA, D, keep_prob):
    result = dA.copy()
    result[np.asarray(D) == 0] = 0
    result /= keep_prob
    return result


@variant("dropout_backward")
def mask_first(dA, D, keep_prob):
    return (D.astype(float) / keep_prob) * dA


# --- early_stopping -----------------------------------------------------------------------------------------


@variant("early_stopping")
def with_a_counter(dev_costs, patience, min_delta=0.0):
    best, best_epoch, waited = float("inf"), 0, 0
    for epoch, cost in enumerate(dev_costs):
        if cost < best - min_delta:
            best, best_epoch, waited = cost, epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    return [best_epoch, epoch]


@variant("early_stopping")
def by_improvements(dev_costs, patience, min_delta=0.0):
    improved = [0]
    for epoch in range(len(dev_costs)):
        if dev_costs[improved[-1]] - dev_costs[epoch] > min_delta:
            improved.append(epoch)
        if epoch == improved[-1] + patience:
            return np.array([improved[-1], epoch])
    return np.array([improved[-1], len(dev_costs) - 1])


@variant("early_stopping")
def while_patient(dev_costs, patience, min_delta=0.0):
    costs = np.nan_to_num(np.array(dev_costs, dtype=float), nan=np.inf)
    epoch, best = 0, 0
    while epoch + 1 < len(costs) and epoch - best < patience:
        epoch += 1
        if costs[epoch] + min_delta < costs[best]:
            best = epoch
    return best, epoch


# --- augment_flip -------------------------------------------------------------------------------------------


@variant("augment_flip")
def one_by_one(images, p, rng):
    return np.array([image[:, ::-1] if rng.random() < p else image for image in images])


@variant("augment_flip")
def flip_where(images, p, rng):
    heads = rng.binomial(1, p, size=len(images)).astype(bool)
    return np.where(heads.reshape(-1, *[1] * (images.ndim - 1)), np.flip(images, axis=2), images)


@variant("augment_flip")
def fliplr(images, p, rng):
    result = np.array(images)
    for i, u in reversed(list(enumerate(rng.uniform(0, 1, images.shape[0])))):
        if u > 1 - p:
            result[i] = np.fliplr(images[i])
    return result


# --- predictions and answers --------------------------------------------------------------------------------

in_every_form("regularization_predictions", "dcbaa")
in_every_form("regularization_more_predictions", "abcdab")
in_every_form("regularization_answers")
