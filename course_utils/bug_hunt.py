"""A network of three layers whose backward pass has four planted bugs, for a student to find by gradient checking.

Its hidden layers use softplus, log(1 + eᶻ), its output is a sigmoid, and its cost has an L2 penalty. Every student gets
one bug in each of the same four places; a hash of the user decides which bug.
"""

from __future__ import annotations

import getpass
import hashlib
import os
from collections.abc import Callable

import numpy as np

from course_utils.network import Parameters, compute_cost, sigmoid

LAMBD = 0.7
"""Weight λ of the L2 penalty, large enough for a bug in the penalty to show in a gradient check."""

# In each place, what can stand there instead of the right line: nothing that a reader sees at once.
PLANTED: dict[str, tuple[str, ...]] = {
    "dW3": (
        "dW3 = dZ3 @ Z2.T + lambd / m * W3",
        "dW3 = dZ3 @ A2.T + lambd / (2 * m) * W3",
        "dW3 = dZ3 @ A2.T + lambd / len(A2) * W3",
    ),
    "dZ2": (
        "dZ2 = dA2 * bug_hunt.sigmoid(A2)",
        "dZ2 = dA2 * (1 - np.exp(-Z2))",
        "dZ2 = dA2 * bug_hunt.sigmoid(Z2) * (1 - bug_hunt.sigmoid(Z2))",
    ),
    "dW1": (
        "dW1 = (dZ1 @ X.T + lambd * W1) / m",
        "dW1 = dZ1 @ X.T + lambd / len(X) * W1",
        "dW1 = dA1 @ X.T + lambd / m * W1",
    ),
    "db1": (
        "db1 = np.mean(dZ1, axis=1, keepdims=True)",
        "db1 = np.sum(dA1, axis=1, keepdims=True)",
        "db1 = np.sum(dZ1, axis=1, keepdims=True) + lambd / m * b1",
    ),
}

_TEXT = """def repaired_backward_propagation(X, Y, parameters):
    m, lambd = X.shape[1], bug_hunt.LAMBD
    W1, W2, W3 = [parameters[key] for key in ("W1", "W2", "W3")]
    b1 = parameters["b1"]
    Z1, A1, Z2, A2, A3 = bug_hunt.forward_propagation(X, parameters)

    dZ3 = (A3 - Y) / m
    {dW3}
    db3 = np.sum(dZ3, axis=1, keepdims=True)

    dA2 = W3.T @ dZ3
    {dZ2}
    dW2 = dZ2 @ A1.T + lambd / m * W2
    db2 = np.sum(dZ2, axis=1, keepdims=True)

    dA1 = W2.T @ dZ2
    dZ1 = dA1 * bug_hunt.sigmoid(Z1)
    {dW1}
    {db1}

    return {{"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}}
"""


def forward_propagation(X: np.ndarray, parameters: Parameters) -> tuple[np.ndarray, ...]:
    """Compute every layer's values.

    Parameters
    ----------
    X : array (n_0, m)
    parameters : dict
        ``W1``, ``b1``, ``W2``, ``b2``, ``W3``, ``b3``.

    Returns
    -------
    Z1, A1, Z2, A2, A3 : arrays
        A3, of shape (1, m), is the probability of class 1.
    """
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.logaddexp(0, Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = np.logaddexp(0, Z2)
    A3 = sigmoid(parameters["W3"] @ A2 + parameters["b3"])
    return Z1, A1, Z2, A2, A3


def cost(X: np.ndarray, Y: np.ndarray, parameters: Parameters) -> float:
    """Compute the cross-entropy plus λ/(2m) times the sum of all squared weights, with λ = ``LAMBD``.

    Parameters
    ----------
    X, Y : array (n_0, m), array (1, m)
    parameters : dict

    Returns
    -------
    float
    """
    A3 = forward_propagation(X, parameters)[-1]
    squares = sum(float(np.sum(parameters[f"W{l}"] ** 2)) for l in (1, 2, 3))
    return compute_cost(A3, Y) + LAMBD / (2 * X.shape[1]) * squares


def example(seed: int = 0) -> tuple[np.ndarray, np.ndarray, Parameters]:
    """Draw a few examples and a network of this kind.

    Parameters
    ----------
    seed : int

    Returns
    -------
    X, Y, parameters : array (4, 6), array (1, 6), dict
        Weights with standard deviation 0.6 and biases with 0.3: softplus is curved there, and no gradient vanishes.
    """
    rng = np.random.default_rng(seed)
    sizes = [4, 5, 3, 1]
    parameters: Parameters = {}
    for l in (1, 2, 3):
        parameters[f"W{l}"] = rng.normal(0, 0.6, (sizes[l], sizes[l - 1]))
        parameters[f"b{l}"] = rng.normal(0, 0.3, (sizes[l], 1))
    return rng.standard_normal((4, 6)), (rng.random((1, 6)) < 0.5).astype(float), parameters


def text(student: str | None = None) -> str:
    """Write the backward pass with a student's four bugs in it.

    Parameters
    ----------
    student : str, optional
        By default the account that the notebook runs under.

    Returns
    -------
    str
        Python, a function ``repaired_backward_propagation``.
    """
    chosen = {}
    for place, lines in PLANTED.items():
        number = int.from_bytes(hashlib.sha256(f"{student or _account()}, {place}".encode()).digest()[:8])
        chosen[place] = lines[number % len(lines)]
    return _TEXT.format(**chosen)


def planted(student: str | None = None) -> Callable[[np.ndarray, np.ndarray, Parameters], Parameters]:
    """Make the function of that text.

    Parameters
    ----------
    student : str, optional
        As for :func:`text`.

    Returns
    -------
    callable
        ``repaired_backward_propagation(X, Y, parameters)`` → gradients with four bugs.
    """
    from course_utils import bug_hunt

    names: dict = {"np": np, "bug_hunt": bug_hunt}
    exec(text(student), names)
    return names["repaired_backward_propagation"]


def _account() -> str:
    for variable in ("COURSE_STUDENT", "JUPYTERHUB_USER"):
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return getpass.getuser()
    except OSError:  # an account without a name
        return "anonymous"
