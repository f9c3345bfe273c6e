"""The answers of 04_optimization."""

from collections.abc import Callable

import numpy as np

from course_utils import network


def optimization_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d"}
    ### END SOLUTION


def random_mini_batches(
    X: np.ndarray, Y: np.ndarray, mini_batch_size: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Shuffle the examples and cut them into mini-batches.

    Parameters
    ----------
    X : array (n_x, m)
        Inputs, an example in each column.
    Y : array (n_y, m)
        Their labels, in the same order.
    mini_batch_size : int
        Examples in each mini-batch, from 1; it may be larger than m.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    list of (X_b, Y_b)
        X_b is (n_x, size) and Y_b (n_y, size). The last mini-batch holds what is left over; none is empty.
    """
    ### BEGIN SOLUTION
    m = X.shape[1]
    order = rng.permutation(m)
    batches = []
    for start in range(0, m, mini_batch_size):
        chosen = order[start : start + mini_batch_size]
        batches.append((X[:, chosen], Y[:, chosen]))
    return batches
    ### END SOLUTION


def update_parameters_with_gd(
    parameters: dict[str, np.ndarray], grads: dict[str, np.ndarray], learning_rate: float
) -> dict[str, np.ndarray]:
    """Take one step of gradient descent.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    grads : dict
        ``dW1``, ``db1``, ..., ``dWL``, ``dbL``, in any order.
    learning_rate : float
        The step size α.

    Returns
    -------
    dict
        New parameters, each minus α times its gradient; the arguments stay as they were.
    """
    ### BEGIN SOLUTION
    updated = {}
    for key, value in parameters.items():
        updated[key] = value - learning_rate * grads["d" + key]
    return updated
    ### END SOLUTION


def fit(
    X: np.ndarray,
    Y: np.ndarray,
    parameters: dict[str, np.ndarray],
    optimizer: Callable,
    learning_rate: float,
    mini_batch_size: int,
    epochs: int,
    rng: np.random.Generator,
    decay: Callable | None = None,
) -> tuple[dict[str, np.ndarray], list[float]]:
    """Train the given network (ReLU) in mini-batches.

    Parameters
    ----------
    X, Y : array (n_x, m), array (1, m)
        Training set.
    parameters : dict
        Where to start; stays as it was.
    optimizer : callable
        ``optimizer(parameters, grads, t, learning_rate)`` → new parameters. t is the number of the step: 1, 2, 3, ...
        from the first step of the first epoch to the last step of the last.
    learning_rate : float
        The step size; with a decay, that of epoch 0.
    mini_batch_size : int
        Examples in a mini-batch: m for batch, 1 for stochastic gradient descent.
    epochs : int
        How often to go through the training set, shuffled anew each time.
    rng : numpy.random.Generator
        Where every draw comes from.
    decay : callable, optional
        ``decay(learning_rate, epoch)`` → the step size of an epoch, counted from 0.

    Returns
    -------
    parameters : dict
        Those after the last step.
    costs : list of float
        For each step, the cost of its mini-batch before the step.
    """
    ### BEGIN SOLUTION
    costs, t = [], 0
    for epoch in range(epochs):
        rate = decay(learning_rate, epoch) if decay else learning_rate
        for X_b, Y_b in random_mini_batches(X, Y, mini_batch_size, rng):
            t += 1
            AL, cache = network.forward_propagation(X_b, parameters)
            costs.append(network.compute_cost(AL, Y_b))
            grads = network.backward_propagation(parameters, cache, Y_b)
            parameters = optimizer(parameters, grads, t, rate)
    return parameters, costs
    ### END SOLUTION


def exponentially_weighted_average(values: np.ndarray, beta: float, bias_correction: bool = True) -> np.ndarray:
    """Average a series, the past weighed less and less.

    Parameters
    ----------
    values : array (n,)
        Floats or whole numbers; a list is as good.
    beta : float
        Weight of the past, from 0 to below 1.
    bias_correction : bool
        Divide the t-th average by 1 − βᵗ, where t counts from 1.

    Returns
    -------
    array (n,)
        The averages v₁, v₂, ..., of v₀ = 0 and vₜ = β vₜ₋₁ + (1 − β) valueₜ, corrected or not.
    """
    ### BEGIN SOLUTION
    v = 0.0
    averages = np.zeros(len(values))
    for t, value in enumerate(values, start=1):
        v = beta * v + (1 - beta) * value
        averages[t - 1] = v / (1 - beta**t) if bias_correction else v
    return averages
    ### END SOLUTION


def initialize_velocity(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Make the state that an optimizer starts from: a zero for each parameter.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.

    Returns
    -------
    dict
        ``dW1``, ``db1``, ..., ``dWL``, ``dbL``: floats, each of its parameter's shape, each an array of its own.
    """
    ### BEGIN SOLUTION
    return {"d" + key: np.zeros(value.shape) for key, value in parameters.items()}
    ### END SOLUTION


def update_parameters_with_momentum(
    parameters: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    v: dict[str, np.ndarray],
    beta: float,
    learning_rate: float,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Take one step of gradient descent with momentum.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    grads, v : dict
        ``dW1``, ``db1``, ..., in any order: the gradients, and their averages so far.
    beta : float
        Weight of the past.
    learning_rate : float
        The step size α.

    Returns
    -------
    parameters, v : dict, dict
        New ones; the arguments stay as they were.
    """
    ### BEGIN SOLUTION
    updated, new_v = {}, {}
    for key, value in parameters.items():
        new_v["d" + key] = beta * v["d" + key] + (1 - beta) * grads["d" + key]
        updated[key] = value - learning_rate * new_v["d" + key]
    return updated, new_v
    ### END SOLUTION


def update_parameters_with_rmsprop(
    parameters: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    s: dict[str, np.ndarray],
    beta2: float,
    learning_rate: float,
    epsilon: float = 1e-8,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Take one step of RMSprop (Tieleman and Hinton, 2012).

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    grads, s : dict
        ``dW1``, ``db1``, ..., in any order: the gradients, and the averages of their squares so far.
    beta2 : float
        Weight of the past.
    learning_rate : float
        The step size α.
    epsilon : float
        Keeps the denominator √s + ε above zero.

    Returns
    -------
    parameters, s : dict, dict
        New ones; the arguments stay as they were.
    """
    ### BEGIN SOLUTION
    updated, new_s = {}, {}
    for key, value in parameters.items():
        g = grads["d" + key]
        new_s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g**2
        updated[key] = value - learning_rate * g / (np.sqrt(new_s["d" + key]) + epsilon)
    return updated, new_s
    ### END SOLUTION


def update_parameters_with_adam(
    parameters: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    v: dict[str, np.ndarray],
    s: dict[str, np.ndarray],
    t: int,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Take one step of Adam (Kingma and Ba, 2015, algorithm 1).

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    grads, v, s : dict
        ``dW1``, ``db1``, ..., in any order: the gradients, and the averages so far of them and of their squares.
    t : int
        The number of this step, from 1.
    learning_rate : float
        The step size α.
    beta1, beta2 : float
        Weight of the past in v and in s.
    epsilon : float
        Keeps the denominator √ŝ + ε above zero.

    Returns
    -------
    parameters, v, s : dict, dict, dict
        New ones, v and s not corrected; the arguments stay as they were.
    """
    ### BEGIN SOLUTION
    updated, new_v, new_s = {}, {}, {}
    for key, value in parameters.items():
        g = grads["d" + key]
        new_v["d" + key] = beta1 * v["d" + key] + (1 - beta1) * g
        new_s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g**2
        v_hat = new_v["d" + key] / (1 - beta1**t)
        s_hat = new_s["d" + key] / (1 - beta2**t)
        updated[key] = value - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)
    return updated, new_v, new_s
    ### END SOLUTION


def optimization_more_predictions() -> dict[int, str]:
    """Say what you expect of the experiments below: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}
    ### END SOLUTION


def decay_inverse_time(learning_rate0: float, epoch: int, decay_rate: float) -> float:
    """Let the learning rate fall as one over time.

    Parameters
    ----------
    learning_rate0 : float
        The learning rate α₀ of epoch 0.
    epoch : int
        Counted from 0.
    decay_rate : float
        How fast.

    Returns
    -------
    float
        α₀ / (1 + decay_rate · epoch).
    """
    ### BEGIN SOLUTION
    return learning_rate0 / (1 + decay_rate * epoch)
    ### END SOLUTION


def decay_exponential(learning_rate0: float, epoch: int, base: float = 0.95) -> float:
    """Multiply the learning rate by the same number after every epoch.

    Parameters
    ----------
    learning_rate0 : float
        The learning rate α₀ of epoch 0.
    epoch : int
        Counted from 0.
    base : float
        The number, below 1.

    Returns
    -------
    float
        α₀ · base to the power of epoch.
    """
    ### BEGIN SOLUTION
    return learning_rate0 * base**epoch
    ### END SOLUTION


def decay_sqrt(learning_rate0: float, epoch: int, k: float) -> float:
    """Let the learning rate fall as one over the square root of time.

    Parameters
    ----------
    learning_rate0 : float
        The learning rate α₀.
    epoch : int
        Counted from 0.
    k : float
        Multiplies it.

    Returns
    -------
    float
        α₀ · k / √epoch; in epoch 0, α₀ · k.
    """
    ### BEGIN SOLUTION
    return learning_rate0 * k / np.sqrt(max(epoch, 1))
    ### END SOLUTION


def decay_staircase(learning_rate0: float, epoch: int, decay_rate: float, interval: int) -> float:
    """Let the learning rate fall in steps: the same for ``interval`` epochs, then less.

    Parameters
    ----------
    learning_rate0 : float
        The learning rate α₀ of the first stair.
    epoch : int
        Counted from 0.
    decay_rate : float
        How fast.
    interval : int
        Epochs on each stair.

    Returns
    -------
    float
        α₀ / (1 + decay_rate · ⌊epoch / interval⌋).
    """
    ### BEGIN SOLUTION
    return learning_rate0 / (1 + decay_rate * (epoch // interval))
    ### END SOLUTION


def optimization_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "d", 2: "b", 3: "d", 4: "d", 5: "d", 6: "b", 7: "c", 8: "b"}
    ### END SOLUTION
