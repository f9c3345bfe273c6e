"""The answers of 03_gradient_checking."""

import numpy as np


def gradient_checking_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c"}
    ### END SOLUTION


def gradient_checking_more_predictions() -> dict[int, str]:
    """Say what you expect of the experiments to come, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d"}
    ### END SOLUTION


def numerical_derivative(f: callable, x: float, epsilon: float = 1e-7, scheme: str = "central") -> float:
    """Approximate the derivative of a function of one number.

    Parameters
    ----------
    f : callable
        ``f(x)`` → a number.
    x : float
        Where.
    epsilon : float
        How far to step.
    scheme : str
        ``"central"``: from x − ε to x + ε. ``"forward"``: from x to x + ε.

    Returns
    -------
    float
        The slope of the line through the two points.
    """
    ### BEGIN SOLUTION
    if scheme == "central":
        return (f(x + epsilon) - f(x - epsilon)) / (2 * epsilon)
    return (f(x + epsilon) - f(x)) / epsilon
    ### END SOLUTION


def relative_difference(approx: np.ndarray, grad: np.ndarray) -> float:
    """Measure how far two gradients are apart, whatever their size.

    Parameters
    ----------
    approx : array
        The numerical gradient.
    grad : array
        Backward propagation's gradient, of the same shape.

    Returns
    -------
    float
        ‖approx − grad‖ / (‖approx‖ + ‖grad‖), from 0 to 1; 0 where both are zero.
    """
    ### BEGIN SOLUTION
    numerator = np.linalg.norm(np.ravel(approx - grad))
    denominator = np.linalg.norm(np.ravel(approx)) + np.linalg.norm(np.ravel(grad))
    if denominator == 0:
        return 0.0
    return float(numerator / denominator)
    ### END SOLUTION


def dictionary_to_vector(parameters: dict[str, np.ndarray]) -> np.ndarray:
    """Put all parameters below each other in one column.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``, in any order.

    Returns
    -------
    array (n, 1)
        W1, b1, W2, b2, ..., each row by row; layer 10 comes after layer 9.
    """
    ### BEGIN SOLUTION
    columns = []
    for l in range(1, len(parameters) // 2 + 1):
        columns.append(parameters[f"W{l}"].reshape(-1, 1))
        columns.append(parameters[f"b{l}"].reshape(-1, 1))
    return np.concatenate(columns)
    ### END SOLUTION


def vector_to_dictionary(theta: np.ndarray, shapes: dict[str, tuple[int, int]]) -> dict[str, np.ndarray]:
    """Cut a column into parameters again.

    Parameters
    ----------
    theta : array (n, 1)
        As from :func:`dictionary_to_vector`.
    shapes : dict
        Key → shape, in the order of the column: ``{"W1": (5, 4), "b1": (5, 1), ...}``.

    Returns
    -------
    dict
        Key → array of that shape: a copy, no view into ``theta``.
    """
    ### BEGIN SOLUTION
    parameters = {}
    start = 0
    for key, (rows, columns) in shapes.items():
        stop = start + rows * columns
        parameters[key] = theta[start:stop].reshape(rows, columns).copy()
        start = stop
    return parameters
    ### END SOLUTION


def numerical_gradient(J: callable, theta: np.ndarray, epsilon: float = 1e-7) -> np.ndarray:
    """Approximate a gradient by central differences, one entry of theta at a time.

    Parameters
    ----------
    J : callable
        ``J(theta)`` → the cost, a number.
    theta : array (n, 1)
        Where; integers are as good as floats.
    epsilon : float
        How far to step.

    Returns
    -------
    array (n, 1)
        Entry i is (J(θ with θᵢ + ε) − J(θ with θᵢ − ε)) / 2ε.
    """
    ### BEGIN SOLUTION
    approx = np.zeros(theta.shape)
    for i in range(len(theta)):
        plus = theta.astype(float)
        minus = theta.astype(float)
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx
    ### END SOLUTION


def gradient_check(
    cost: callable,
    parameters: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    epsilon: float = 1e-7,
) -> tuple[float, str]:
    """Hold a backward pass against central differences of its cost.

    Parameters
    ----------
    cost : callable
        ``cost(parameters)`` → a number.
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    grads : dict
        ``dW1``, ``db1``, ..., ``dWL``, ``dbL``, in any order.
    epsilon : float
        How far to step.

    Returns
    -------
    difference : float
        The relative difference over all parameters together; 0, as of any key, where both gradients are zero.
    worst_key : str
        The key of ``grads`` whose own relative difference is the largest, such as ``"dW2"``.
    """
    ### BEGIN SOLUTION
    approx = {}
    for key, value in parameters.items():
        slopes = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            plus, minus = value.copy(), value.copy()
            plus[index] += epsilon
            minus[index] -= epsilon
            rise = cost({**parameters, key: plus}) - cost({**parameters, key: minus})
            slopes[index] = rise / (2 * epsilon)
        approx["d" + key] = slopes

    def norm(values):
        return np.sqrt(sum(np.sum(value**2) for value in values))

    def relative(keys):
        total = norm(approx[key] for key in keys) + norm(grads[key] for key in keys)
        return norm(approx[key] - grads[key] for key in keys) / total if total else 0.0

    worst_key = max(grads, key=lambda key: relative([key]))
    return float(relative(list(grads))), worst_key
    ### END SOLUTION


def repaired_backward_propagation(
    X: np.ndarray, Y: np.ndarray, parameters: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Compute the gradients of ``bug_hunt.cost``: the backward pass printed above, without its four bugs.

    Parameters
    ----------
    X : array (n_0, m)
        Inputs.
    Y : array (1, m)
        Labels.
    parameters : dict
        ``W1``, ``b1``, ``W2``, ``b2``, ``W3``, ``b3``.

    Returns
    -------
    dict
        ``dW1``, ``db1``, ``dW2``, ``db2``, ``dW3``, ``db3``, each of its parameter's shape.
    """
    ### BEGIN SOLUTION
    m, lambd = X.shape[1], 0.7
    W1, W2, W3 = parameters["W1"], parameters["W2"], parameters["W3"]
    b1, b2, b3 = parameters["b1"], parameters["b2"], parameters["b3"]
    Z1 = W1 @ X + b1
    A1 = np.logaddexp(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = np.logaddexp(0, Z2)
    Z3 = W3 @ A2 + b3

    dZ3 = (1 / (1 + np.exp(-Z3)) - Y) / m
    dW3 = dZ3 @ A2.T + lambd / m * W3
    db3 = dZ3.sum(axis=1, keepdims=True)

    dA2 = W3.T @ dZ3
    dZ2 = dA2 / (1 + np.exp(-Z2))
    dW2 = lambd / m * W2 + dZ2 @ A1.T
    db2 = dZ2.sum(axis=1, keepdims=True)

    dA1 = W2.T @ dZ2
    dZ1 = dA1 / (1 + np.exp(-Z1))
    dW1 = dZ1 @ X.T + lambd / m * W1
    db1 = dZ1.sum(axis=1, keepdims=True)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}
    ### END SOLUTION


def gradient_checking_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "d", 2: "b", 3: "a", 4: "b", 5: "d", 6: "d", 7: "a", 8: "b"}
    ### END SOLUTION
