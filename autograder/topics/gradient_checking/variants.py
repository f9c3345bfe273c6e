"""Differently written right answers to 03_gradient_checking."""

import itertools

import numpy as np

from autograder.topics.registry import in_every_form, variant

# --- numerical_derivative -----------------------------------------------------------------------------------


@variant("numerical_derivative")
def by_ends(f, x, epsilon=1e-7, scheme="central"):
    low, high = (x - epsilon, x + epsilon) if scheme == "central" else (x, x + epsilon)
    return (f(high) - f(low)) / (high - low)


@variant("numerical_derivative")
def by_table(f, x, epsilon=1e-7, scheme="central"):
    back, run = {"central": (1, 2), "forward": (0, 1)}[scheme]
    return np.float64(f(x + epsilon) / run - f(x - back * epsilon) / run) / epsilon


@variant("numerical_derivative", made_by="{}()")
class Slope:
    def __call__(self, f, x, epsilon=1e-7, scheme="central"):
        if scheme == "forward":
            return np.array((f(x + epsilon) - f(x)) / epsilon)
        print("central at", x)
        return 0.5 * (f(x + epsilon) - f(x - epsilon)) / epsilon


# --- relative_difference ------------------------------------------------------------------------------------


@variant("relative_difference")
def roots_of_sums(approx, grad):
    above = np.sqrt(np.sum((grad - approx) ** 2))
    below = np.sqrt(np.sum(approx**2)) + np.sqrt(np.sum(grad**2))
    return above / below if below > 0 else 0


@variant("relative_difference")
def nothing_over_nothing(approx, grad):
    quotient = np.linalg.norm(approx - grad) / (np.linalg.norm(approx) + np.linalg.norm(grad))
    return np.nan_to_num(quotient)


@variant("relative_difference")
def least_denominator(approx, grad):
    return np.linalg.norm(approx - grad) / max(np.linalg.norm(approx) + np.linalg.norm(grad), 1e-300)


# --- dictionary_to_vector -----------------------------------------------------------------------------------


@variant("dictionary_to_vector")
def sorted_by_layer(parameters):
    keys = sorted(parameters, key=lambda key: (int(key[1:]), key[0] == "b"))
    return np.vstack([parameters[key].reshape(-1, 1) for key in keys])


@variant("dictionary_to_vector")
def until_no_more(parameters):
    numbers, l = [], 1
    while f"W{l}" in parameters:
        numbers.extend(parameters[f"W{l}"].ravel())
        numbers.extend(parameters[f"b{l}"].flatten())
        l += 1
    return np.array(numbers)[:, None]


@variant("dictionary_to_vector")
def filled(parameters):
    theta, start = np.empty((sum(value.size for value in parameters.values()), 1)), 0
    for l, letter in itertools.product(range(1, len(parameters) // 2 + 1), "Wb"):
        value = parameters[f"{letter}{l}"]
        theta[start : start + value.size, 0] = value.flat
        start += value.size
    return theta


# --- vector_to_dictionary -----------------------------------------------------------------------------------


@variant("vector_to_dictionary")
def split_at(theta, shapes):
    ends = np.cumsum([rows * columns for rows, columns in shapes.values()])
    parts = np.split(theta, ends[:-1])
    return {key: np.array(part).reshape(shape) for (key, shape), part in zip(shapes.items(), parts, strict=True)}


@variant("vector_to_dictionary")
def one_by_one(theta, shapes):
    numbers = iter(theta[:, 0].tolist())
    return {
        key: np.array([[next(numbers) for _ in range(columns)] for _ in range(rows)])
        for key, (rows, columns) in shapes.items()
    }


@variant("vector_to_dictionary")
def take_from_the_front(theta, shapes):
    rest, parameters = theta.ravel(), {}
    for key in shapes:
        size = int(np.prod(shapes[key]))
        parameters[key], rest = 1.0 * rest[:size].reshape(shapes[key]), rest[size:]
    return parameters


# --- numerical_gradient -------------------------------------------------------------------------------------


@variant("numerical_gradient")
def unit_vectors(J, theta, epsilon=1e-7):
    steps = epsilon * np.eye(theta.size)
    slopes = [(J(theta + step[:, None]) - J(theta - step[:, None])) / 2 / epsilon for step in steps]
    return np.array(slopes).reshape(-1, 1)


@variant("numerical_gradient")
def restored(J, theta, epsilon=1e-7):
    moved, approx = np.array(theta, dtype=float), np.empty((len(theta), 1))
    for i in range(len(theta)):
        before = moved[i, 0]
        moved[i, 0] = before + epsilon
        approx[i] = J(moved)
        moved[i, 0] = before - epsilon
        approx[i] = (approx[i] - J(moved)) / (2 * epsilon)
        moved[i, 0] = before
    return approx


@variant("numerical_gradient")
def flat_theta(J, theta, epsilon=1e-7):
    def slope(i):
        up, down = theta.ravel() * 1.0, theta.ravel() * 1.0
        up[i], down[i] = up[i] + epsilon, down[i] - epsilon
        return (J(up) - J(down)) / (up[i] - down[i])

    return np.array([[slope(i)] for i in range(theta.size)])


# --- gradient_check -----------------------------------------------------------------------------------------


@variant("gradient_check")
def by_columns(cost, parameters, grads, epsilon=1e-7):
    keys = list(parameters)
    ends = np.cumsum([parameters[key].size for key in keys])

    def cut(theta):
        parts = np.split(theta, ends[:-1])
        return {key: part.reshape(parameters[key].shape) for key, part in zip(keys, parts, strict=True)}

    theta = np.concatenate([parameters[key].ravel() for key in keys])
    grad = np.concatenate([grads["d" + key].ravel() for key in keys])
    steps = epsilon * np.eye(len(theta))
    approx = np.array([(cost(cut(theta + step)) - cost(cut(theta - step))) / (2 * epsilon) for step in steps])

    def apart(a, b):
        return np.linalg.norm(a - b) / max(np.linalg.norm(a) + np.linalg.norm(b), 1e-300)

    own = [apart(a, b) for a, b in zip(np.split(approx, ends[:-1]), np.split(grad, ends[:-1]), strict=True)]
    return apart(approx, grad), "d" + keys[int(np.argmax(own))]


@variant("gradient_check")
def entry_by_entry(cost, parameters, grads, epsilon=1e-7):
    moved = {key: value.copy() for key, value in parameters.items()}
    above, first, second, own = 0.0, 0.0, 0.0, {}
    for key in grads:
        slopes = np.empty_like(grads[key])
        flat = moved[key[1:]].reshape(-1)
        for i in range(flat.size):
            before = flat[i]
            flat[i] = before + epsilon
            up = cost(moved)
            flat[i] = before - epsilon
            slopes.flat[i] = (up - cost(moved)) / (2 * epsilon)
            flat[i] = before
        apart, one, other = (np.sum(part**2) for part in (slopes - grads[key], slopes, grads[key]))
        own[key] = np.sqrt(apart) / (np.sqrt(one) + np.sqrt(other) or 1)
        above, first, second = above + apart, first + one, second + other
    return [np.sqrt(above) / (np.sqrt(first) + np.sqrt(second) or 1), max(own, key=own.get)]


@variant("gradient_check")
def with_helpers(cost, parameters, grads, epsilon=1e-7):
    def numerical(key):
        found = np.zeros(parameters[key].shape)
        for index in itertools.product(*map(range, found.shape)):
            step = np.zeros(found.shape)
            step[index] = epsilon
            ends = [cost(parameters | {key: parameters[key] + sign * step}) for sign in (1, -1)]
            found[index] = (ends[0] - ends[1]) / (2 * epsilon)
        return found

    def relative(a, b):
        return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b) or 1)

    approx = {f"d{key}": numerical(key) for key in parameters}
    together = [np.hstack([one[key].ravel() for key in approx]) for one in (approx, grads)]
    worst = sorted(approx, key=lambda key: relative(approx[key], grads[key]))[-1]
    return np.float64(relative(*together)), worst


# --- repaired_backward_propagation --------------------------------------------------------------------------


@variant("repaired_backward_propagation")
def in_a_loop(X, Y, parameters):
    m, Z, A = X.shape[1], {}, {0: X}
    for l in (1, 2, 3):
        Z[l] = parameters[f"W{l}"] @ A[l - 1] + parameters[f"b{l}"]
        A[l] = np.log1p(np.exp(Z[l]))
    dZ, grads = (1 / (1 + np.exp(-Z[3])) - Y) / m, {}
    for l in (3, 2, 1):
        grads[f"dW{l}"] = dZ @ A[l - 1].T + 0.7 / m * parameters[f"W{l}"]
        grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True)
        if l > 1:
            dZ = parameters[f"W{l}"].T @ dZ / (1 + np.exp(-Z[l - 1]))
    return grads


@variant("repaired_backward_propagation")
def with_the_given_forward(X, Y, parameters):
    from course_utils import bug_hunt

    m, lambd = X.shape[1], bug_hunt.LAMBD
    Z1, A1, Z2, A2, A3 = bug_hunt.forward_propagation(X, parameters)
    dZ3 = A3 - Y
    dZ2 = np.dot(parameters["W3"].T, dZ3) * bug_hunt.sigmoid(Z2)
    dZ1 = np.dot(parameters["W2"].T, dZ2) * bug_hunt.sigmoid(Z1)
    grads = {}
    for l, dZ, A in ((1, dZ1, X), (2, dZ2, A1), (3, dZ3, A2)):
        grads["dW" + str(l)] = (np.dot(dZ, A.T) + lambd * parameters["W" + str(l)]) / m
        grads["db" + str(l)] = np.mean(dZ, axis=1, keepdims=True)
    return grads


@variant("repaired_backward_propagation")
def example_by_example(X, Y, parameters):
    from course_utils import bug_hunt

    m = X.shape[1]
    grads = {f"d{key}": (0.7 / m * value if key[0] == "W" else 0 * value) for key, value in parameters.items()}
    for i in range(m):
        x = X[:, i : i + 1]
        Z1, A1, Z2, A2, A3 = bug_hunt.forward_propagation(x, parameters)
        dZ = A3 - Y[:, i : i + 1]
        for l, A, Z in ((3, A2, Z2), (2, A1, Z1), (1, x, x)):
            grads[f"dW{l}"] = grads[f"dW{l}"] + dZ @ A.T / m
            grads[f"db{l}"] = grads[f"db{l}"] + dZ / m
            dZ = parameters[f"W{l}"].T @ dZ * bug_hunt.sigmoid(Z)
    return grads


# --- predictions and answers --------------------------------------------------------------------------------

in_every_form("gradient_checking_predictions", "aba")
in_every_form("gradient_checking_more_predictions", "dcba")
in_every_form("gradient_checking_answers")
