"""Broken answers that are as right as the answers they were made of, each with the reason.

Exercise → ``"old line → new line"``, as ``python -m autograder mutants`` prints it, with ``*`` for anything → why.
"""

from __future__ import annotations

NUMBER = "A NumPy number is as good as a Python one."
SYMMETRIC = "The order of the two does not matter."
SQUARED = "The sign of a difference does not matter to its square, its absolute value or its norm."
OVERWRITTEN = "Every entry is overwritten."
BROADCAST = "A row broadcasts over columns as it would with its axis kept."
EMPTY = "Two empty dicts are as good in either order."
ANY_NEGATIVE = "NumPy takes any negative length for the one that it is to find."
TIE = "No draw is exactly as large as the number it is compared with."
LARGE = "How large a number stands for infinity is free."
CACHE = "What is in the cache is free, and judged together with batchnorm_backward."
COLUMN = "A vector's norm, or a matrix' Frobenius norm, is that of its entries in a row."
LABELS = "Labels of shape (1, m) broadcast as they are, and so do those of shape (m,)."
TRAINING = "How a network is trained is free: it is judged by what it reaches."
FORGOTTEN = "Where running statistics start is forgotten after twenty epochs."
LENGTHS = "Both are of the same length."
FIRST_EPOCH = "The first epoch does not lie below itself, nor does patience end there."

EQUIVALENT: dict[str, dict[str, str]] = {
    "one_hot": {
        "* → return (np.arange(C).reshape(C, 1) == labels).astype(float)": LABELS,
        "* → return (np.arange(C).reshape(C, 1) == labels.reshape(-1)).astype(float)": LABELS,
        "* → return (np.arange(C).reshape(C, 1) == labels.reshape(1, -2)).astype(float)": ANY_NEGATIVE,
    },
    "softmax": {
        "* → return E / E.sum(axis=0)": BROADCAST,
        "* → return E / E.sum(axis=0, keepdims=False)": BROADCAST,
        "* → E = np.exp(Z - Z.max(axis=0))": BROADCAST,
        "* → E = np.exp(Z - Z.max(axis=0, keepdims=False))": BROADCAST,
    },
    "cross_entropy_cost": {
        "return float(*) → return -*": NUMBER,
        "* → log_P = np.log(np.maximum(1e-300, P))": SYMMETRIC,
        "* → log_P = np.log(np.maximum(P, ?e-*))": LARGE,
    },
    "batchnorm_forward": {"return (gamma * Z_hat + beta, *) → return (gamma * Z_hat + beta, *)": CACHE},
    "predict_probabilities": {"* → A = np.maximum(0, Z_tilde)": SYMMETRIC},
    "fit_normalizer": {"* → sigma = np.sqrt(np.mean((mu - X) ** 2, axis=1, keepdims=True))": SQUARED},
    "relative_difference": {
        "* → return numerator / denominator": NUMBER,
        "* → numerator = np.linalg.norm(approx - grad)": COLUMN,
        "* → numerator = np.linalg.norm(np.ravel(grad - approx))": SQUARED,
        "* → denominator = np.linalg.norm(approx) + np.linalg.norm(np.ravel(grad))": COLUMN,
        "* → denominator = np.linalg.norm(np.ravel(approx)) + np.linalg.norm(grad)": COLUMN,
    },
    "dictionary_to_vector": {
        "* → columns.append(parameters[f'b{l}'])": "A bias is a column already.",
        "* → columns.append(parameters[f'?{l}'].reshape(-2, 1))": ANY_NEGATIVE,
    },
    "numerical_gradient": {"* → approx = np.ones(theta.shape)": OVERWRITTEN},
    "gradient_check": {
        "* → return (relative(list(grads)), worst_key)": NUMBER,
        "* → slopes = np.ones(value.shape)": OVERWRITTEN,
        "* → minus, plus = (value.copy(), value.copy())": "Two copies of the same are as good in either order.",
        "* → return (float(relative(grads)), worst_key)": "A dict iterates over its keys.",
        "* → return norm((grads[key] - approx[key] for key in keys)) / total if total else 0.0": SQUARED,
    },
    "repaired_backward_propagation": {
        "* → A? = np.logaddexp(Z?, 0)": SYMMETRIC,
        "* → db3 = dZ3.sum(keepdims=True)": "The last layer has one unit.",
        "* → dA2 = W3.T * dZ3": "The last layer has one unit: a column times a row is their product, entry by entry.",
    },
    "grid_search_points": {
        "* → axes = [np.linspace(high, low, per_axis) for low, high in bounds]": "Points may come in any order.",
        "* → axes = [np.linspace(low, high, per_axis) for high, low in bounds]": "Points may come in any order.",
    },
    "coarse_to_fine": {
        "* → for centre, (low, high) in zip(best, bounds):": LENGTHS,
        "* → for centre, (low, high) in zip(best, bounds, strict=False):": LENGTHS,
        "* → new_bounds.append((max(centre - half, low), min(high, centre + half)))": SYMMETRIC,
        "* → new_bounds.append((max(low, centre - half), min(centre + half, high)))": SYMMETRIC,
    },
    "successive_halving": {
        "* → survivors = range(len(candidates))": "A range counts as its list does.",
        "* → order = np.argsort(-scores, kind='stable?')": "NumPy reads the first letter.",
    },
    "activation_rms": {
        "* → A = np.maximum(0, Z) *": SYMMETRIC,
        "* → sizes.append(np.sqrt(np.mean(A ** 2)))": NUMBER,
    },
    "count_distinct_units": {"* → if all((np.max(np.abs(other - row)) > tol for other in distinct)):": SQUARED},
    "train_classifier": {
        "layers_dims, epochs, mini_batch_size = * → layers_dims, epochs, mini_batch_size = *": TRAINING,
        "learning_rate = * → learning_rate = *": TRAINING,
        "for epoch in range(epochs): → for epoch in list(range(epochs))*": TRAINING,
        "for start in range(0, m, mini_batch_size): → for start in *": TRAINING,
        "batch = * → batch = *": TRAINING,
        "* → parameters[key] = value - grads['d' + key]": TRAINING,
        "for key, value in parameters.items(): → for key, value in list(parameters.items())[*": TRAINING,
        "*np.ones((layers_dims[l], 1))) → *": FORGOTTEN,
        "for l in (1, 2): → for l in (2, 1):": SYMMETRIC,
        "* → return (model, np.mean(said == Y_dev.ravel()))": NUMBER,
        "* → return (model, float(np.mean(said == Y_dev)))": BROADCAST,
    },
    "challenge_settings": {"* → *": TRAINING},
    "update_parameters_with_momentum": {"* → new_v, updated = ({}, {})": EMPTY},
    "update_parameters_with_rmsprop": {"* → new_s, updated = ({}, {})": EMPTY},
    "update_parameters_with_adam": {"* → new_v, updated, new_s = ({}, {}, {})": EMPTY},
    "exponentially_weighted_average": {"* → averages = np.ones(len(values))": OVERWRITTEN},
    "decay_sqrt": {"* → return learning_rate0 * k / np.sqrt(max(1, epoch))": SYMMETRIC},
    "compute_cost_with_regularization": {"* → return cross_entropy + lambd / (2 * m) * squares": NUMBER},
    "l1_penalty": {"* → return lambd / (2 * m) * total": NUMBER},
    "dropout_forward": {
        "* → D = rng.random(A.shape) <= keep_prob": TIE,
        "* → return (A, np.ones(A.shape))": "What is returned unchanged may be the argument itself.",
    },
    "early_stopping": {
        "* → for epoch in range(len(dev_costs)):": FIRST_EPOCH,
        "* → for epoch in range(0, len(dev_costs)):": FIRST_EPOCH,
    },
    "augment_flip": {"* → chosen = rng.random(len(images)) <= p": TIE},
}
