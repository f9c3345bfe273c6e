"""Differently written right answers to 01_initialization: other idioms, orders of draws, distributions."""

import itertools
import warnings

import numpy as np

from autograder.topics.registry import in_every_form, variant

# --- initialize_parameters_zeros ----------------------------------------------------------------------------


@variant("initialize_parameters_zeros")
def comprehension(layers_dims):
    weights = {f"W{l}": np.zeros(layers_dims[l - 1 : l + 1][::-1]) for l in range(1, len(layers_dims))}
    return weights | {f"b{l}": np.zeros((n, 1)) for l, n in enumerate(layers_dims) if l}


@variant("initialize_parameters_zeros")
def single_precision(layers_dims):
    parameters = {}
    for l, (n_in, n_out) in enumerate(itertools.pairwise(layers_dims), 1):
        parameters["b" + str(l)] = np.full((n_out, 1), 0.0, dtype=np.float32)
        parameters["W" + str(l)] = np.zeros((n_out, n_in), dtype=np.float32)
    return parameters


@variant("initialize_parameters_zeros", made_by="{}()")
class Zeros:  # a callable object that prints and warns, which costs nothing
    def __call__(self, layers_dims):
        print("zeros for", layers_dims)
        warnings.warn("a warning is no mistake", stacklevel=2)
        sizes = np.array(layers_dims)
        shapes = {f"W{l + 1}": (sizes[l + 1], sizes[l]) for l in range(len(sizes) - 1)}
        shapes |= {f"b{l + 1}": (sizes[l + 1], 1) for l in range(len(sizes) - 1)}
        return {name: np.zeros(shape) for name, shape in shapes.items()}


# --- initialize_parameters_random ---------------------------------------------------------------------------


@variant("initialize_parameters_random")
def rng_normal(layers_dims, scale, rng):
    L = len(layers_dims) - 1
    parameters = {f"b{l}": np.zeros((layers_dims[l], 1)) for l in range(1, L + 1)}
    for l in range(L, 0, -1):  # last layer first: another order of draws
        parameters[f"W{l}"] = rng.normal(0.0, scale, size=(layers_dims[l], layers_dims[l - 1]))
    return parameters


@variant("initialize_parameters_random")
def one_draw_for_all(layers_dims, scale, rng):
    total = sum(a * b for a, b in itertools.pairwise(layers_dims))
    numbers = iter(rng.standard_normal(total) * scale)
    parameters = {}
    for l in range(1, len(layers_dims)):
        shape = (layers_dims[l], layers_dims[l - 1])
        W = np.fromiter(itertools.islice(numbers, shape[0] * shape[1]), dtype=float)
        parameters[f"W{l}"], parameters[f"b{l}"] = W.reshape(shape), np.zeros((shape[0], 1))
    return parameters


@variant("initialize_parameters_random")
def transposed_draws(layers_dims, scale, rng):
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters["W%d" % l] = rng.standard_normal((layers_dims[l - 1], layers_dims[l])).T * scale  # noqa: UP031
        parameters["b%d" % l] = np.zeros(layers_dims[l])[:, None]  # noqa: UP031
    return parameters


@variant("initialize_parameters_random")
def spawned_generators(layers_dims, scale, rng):
    parameters = {}
    for l, child in enumerate(rng.spawn(len(layers_dims) - 1), 1):
        parameters[f"W{l}"] = scale * child.normal(size=(layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


# --- initialize_parameters_xavier ---------------------------------------------------------------------------


@variant("initialize_parameters_xavier")
def xavier_uniform(layers_dims, rng, variant="fan_in"):
    parameters = {}
    for l in range(1, len(layers_dims)):
        n_in, n_out = layers_dims[l - 1], layers_dims[l]
        limit = np.sqrt(3 / n_in) if variant == "fan_in" else np.sqrt(6 / (n_in + n_out))
        parameters[f"W{l}"] = rng.uniform(-limit, limit, (n_out, n_in))
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters


@variant("initialize_parameters_xavier")
def xavier_divided(layers_dims, rng, variant="fan_in"):
    fan = {"fan_in": lambda a, b: a, "fan_avg": lambda a, b: (a + b) / 2}[variant]
    parameters = {}
    for l, (a, b) in enumerate(itertools.pairwise(layers_dims), 1):
        parameters[f"W{l}"] = rng.normal(size=(b, a)) / np.sqrt(fan(a, b))
        parameters[f"b{l}"] = np.zeros((b, 1))
    return parameters


@variant("initialize_parameters_xavier")
def xavier_truncated(layers_dims, rng, variant="fan_in"):
    def truncated(shape):
        draws = rng.standard_normal(shape)
        while (far := np.abs(draws) > 2).any():
            draws[far] = rng.standard_normal(int(far.sum()))
        return draws / 0.8796256610342398  # standard deviation of the normal cut off at 2

    parameters = {}
    for l in range(1, len(layers_dims)):
        n_in, n_out = layers_dims[l - 1], layers_dims[l]
        denominator = n_in if variant == "fan_in" else 0.5 * (n_in + n_out)
        parameters[f"W{l}"] = truncated((n_out, n_in)) * denominator**-0.5
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters


# --- initialize_parameters_he -------------------------------------------------------------------------------


@variant("initialize_parameters_he")
def he_uniform(layers_dims, rng):
    parameters = {}
    for l in range(1, len(layers_dims)):
        limit = (6 / layers_dims[l - 1]) ** 0.5
        parameters[f"W{l}"] = (2 * rng.random((layers_dims[l], layers_dims[l - 1])) - 1) * limit
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters


@variant("initialize_parameters_he")
def he_truncated(layers_dims, rng):
    parameters = {}
    for l in range(1, len(layers_dims)):
        shape = (layers_dims[l], layers_dims[l - 1])
        draws = rng.standard_normal((8, *shape))
        inside = np.where(np.abs(draws) <= 2, draws, np.nan)
        W = inside[0]
        for row in inside[1:]:
            W = np.where(np.isnan(W), row, W)
        parameters[f"W{l}"] = np.nan_to_num(W) / 0.8796256610342398 * np.sqrt(2 / shape[1])
        parameters[f"b{l}"] = np.zeros((shape[0], 1))
    return parameters


@variant("initialize_parameters_he")
def he_biases_first(layers_dims, rng):
    parameters = {}
    for l in reversed(range(1, len(layers_dims))):
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
        parameters[f"W{l}"] = np.asfortranarray(
            rng.normal(0, np.sqrt(2.0 / layers_dims[l - 1]), (layers_dims[l], layers_dims[l - 1]))
        )
    return parameters


@variant("initialize_parameters_he", made_by="functools.partial({}, gain=2)")
def any_variance(layers_dims, rng, gain):
    helper = np.random.Generator(np.random.PCG64(int(rng.integers(2**63))))
    return {
        key: value
        for l, (a, b) in enumerate(itertools.pairwise(layers_dims), 1)
        for key, value in (
            (f"W{l}", helper.normal(0, (gain / a) ** 0.5, (b, a))),
            (f"b{l}", np.zeros((b, 1))),
        )
    }


# --- activation_rms -----------------------------------------------------------------------------------------


@variant("activation_rms")
def rms_array(parameters, X, activation):
    phi = {"relu": lambda Z: Z * (Z > 0), "tanh": np.tanh}[activation]
    A, found = X, np.empty(len(parameters) // 2)
    for l in range(len(found)):
        A = phi(np.dot(parameters["W" + str(l + 1)], A) + parameters["b" + str(l + 1)])
        found[l] = np.linalg.norm(A) / np.sqrt(A.size)
    return found


@variant("activation_rms")
def rms_recursive(parameters, X, activation, l=1):
    if f"W{l}" not in parameters:
        return ()
    Z = np.einsum("ij,jk->ik", parameters[f"W{l}"], X) + parameters[f"b{l}"]
    A = np.where(Z > 0, Z, 0) if activation == "relu" else 2 / (1 + np.exp(-2 * Z)) - 1
    return (np.square(A).mean() ** 0.5, *rms_recursive(parameters, A, activation, l + 1))


@variant("activation_rms")
def rms_single_precision(parameters, X, activation):
    A, found = X.astype(np.float32), []
    for l in range(1, 1 + sum(key.startswith("W") for key in parameters)):
        Z = (parameters[f"W{l}"].astype(np.float32) @ A) + parameters[f"b{l}"].astype(np.float32)
        A = np.tanh(Z) if activation == "tanh" else Z.clip(min=0)
        found += [np.sqrt((A * A).sum() / A.size)]
    return found


# --- count_distinct_units -----------------------------------------------------------------------------------


@variant("count_distinct_units")
def not_seen_before(W, tol=1e-8):
    far = np.abs(W[:, None, :] - W[None, :, :]).max(axis=2) > tol
    return sum(far[i, :i].all() for i in range(len(W)))


@variant("count_distinct_units")
def remove_twins(W, tol=1e-8):
    remaining, count = list(W), 0
    while remaining:
        first = remaining.pop()
        remaining = [row for row in remaining if np.linalg.norm(row - first, ord=np.inf) > tol]
        count += 1
    return np.float64(count)


@variant("count_distinct_units")
def breadth_first(W, tol=1e-8):
    same = (np.abs(W[:, None] - W) <= tol).all(-1)
    return np.array(len({tuple(np.flatnonzero(row)) for row in same}))


# --- predictions and answers --------------------------------------------------------------------------------

in_every_form("initialization_predictions", "aDcb")
in_every_form("initialization_more_predictions", "ddbca")
in_every_form("initialization_answers")
