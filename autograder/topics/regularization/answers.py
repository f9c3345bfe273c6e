"""The answers of 02_regularization."""

import numpy as np

from course_utils import network


def regularization_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}
    ### END SOLUTION


def regularization_more_predictions() -> dict[int, str]:
    """Say what you expect of the experiments to come, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a", 6: "b"}
    ### END SOLUTION


def compute_cost_with_regularization(
    AL: np.ndarray, Y: np.ndarray, parameters: dict[str, np.ndarray], lambd: float
) -> float:
    """Compute the cross-entropy plus the L2 penalty.

    Parameters
    ----------
    AL : array (1, m)
        Probability of class 1, between 0 and 1.
    Y : array (1, m)
        Labels 0 and 1.
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    lambd : float
        The strength λ of the penalty.

    Returns
    -------
    float
        Cross-entropy + λ/(2m) times the sum of all squared weights.
    """
    ### BEGIN SOLUTION
    m = Y.shape[1]
    cross_entropy = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    squares = 0.0
    for l in range(1, len(parameters) // 2 + 1):
        squares += np.sum(parameters[f"W{l}"] ** 2)
    return float(cross_entropy + lambd / (2 * m) * squares)
    ### END SOLUTION


def backward_propagation_with_regularization(
    X: np.ndarray, Y: np.ndarray, parameters: dict[str, np.ndarray], lambd: float
) -> dict[str, np.ndarray]:
    """Compute the gradients of the cost with the L2 penalty, for the given network with ReLU.

    Parameters
    ----------
    X : array (n_0, m)
        Inputs.
    Y : array (1, m)
        Labels.
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    lambd : float
        The strength λ of the penalty.

    Returns
    -------
    dict
        ``dW1``, ``db1``, ..., ``dWL``, ``dbL``, each of its parameter's shape.
    """
    ### BEGIN SOLUTION
    m = X.shape[1]
    _, cache = network.forward_propagation(X, parameters)
    grads = network.backward_propagation(parameters, cache, Y)
    for l in range(1, len(parameters) // 2 + 1):
        grads[f"dW{l}"] = grads[f"dW{l}"] + lambd / m * parameters[f"W{l}"]
    return grads
    ### END SOLUTION


def weight_decay_step(W: np.ndarray, dW: np.ndarray, learning_rate: float, lambd: float, m: int) -> np.ndarray:
    """Take one step of gradient descent with weight decay.

    Parameters
    ----------
    W : array
        Weights.
    dW : array
        Gradient of the cost *without* the penalty, of the same shape.
    learning_rate : float
        The step size α.
    lambd : float
        The strength λ of the penalty.
    m : int
        How many examples the cost is a mean of.

    Returns
    -------
    array
        New weights: W shrunk by the factor 1 − αλ/m, minus α dW.
    """
    ### BEGIN SOLUTION
    return (1 - learning_rate * lambd / m) * W - learning_rate * dW
    ### END SOLUTION


def l1_penalty(parameters: dict[str, np.ndarray], lambd: float, m: int) -> float:
    """Compute the L1 penalty.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    lambd : float
        The strength λ of the penalty.
    m : int
        How many examples the cost is a mean of.

    Returns
    -------
    float
        λ/(2m) times the sum of the absolute values of all weights.
    """
    ### BEGIN SOLUTION
    total = 0.0
    for l in range(1, len(parameters) // 2 + 1):
        total += np.sum(np.abs(parameters[f"W{l}"]))
    return float(lambd / (2 * m) * total)
    ### END SOLUTION


def l1_gradient(W: np.ndarray, lambd: float, m: int) -> np.ndarray:
    """Compute the gradient of the L1 penalty with respect to one layer's weights.

    Parameters
    ----------
    W : array
        Weights.
    lambd : float
        The strength λ of the penalty.
    m : int
        How many examples the cost is a mean of.

    Returns
    -------
    array
        λ/(2m) times the sign of each weight; 0 where a weight is 0.
    """
    ### BEGIN SOLUTION
    return lambd / (2 * m) * np.sign(W)
    ### END SOLUTION


def dropout_forward(
    A: np.ndarray, keep_prob: float, rng: np.random.Generator, training: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Drop each value with probability 1 − keep_prob, and divide the others by keep_prob (inverted dropout).

    Parameters
    ----------
    A : array (n, m)
        Activations of a layer.
    keep_prob : float
        Probability with which a value is kept, above 0, at most 1.
    rng : numpy.random.Generator
        Where every draw comes from.
    training : bool
        False: nothing is dropped and nothing is divided.

    Returns
    -------
    A_out : array (n, m)
        What the next layer sees.
    D : array (n, m)
        The mask: 1 (or True) where a value was kept, 0 where it was dropped; all ones when not training.
    """
    ### BEGIN SOLUTION
    if not training:
        return A.copy(), np.ones(A.shape)
    D = rng.random(A.shape) < keep_prob
    return A * D / keep_prob, D
    ### END SOLUTION


def dropout_backward(dA: np.ndarray, D: np.ndarray, keep_prob: float) -> np.ndarray:
    """Carry a gradient back through dropout.

    Parameters
    ----------
    dA : array (n, m)
        Gradient with respect to what the next layer saw.
    D : array (n, m)
        The mask of the forward pass, True and False or 1 and 0.
    keep_prob : float
        As in the forward pass.

    Returns
    -------
    array (n, m)
        Gradient with respect to the layer's activations before dropout.
    """
    ### BEGIN SOLUTION
    return dA * D / keep_prob
    ### END SOLUTION


def early_stopping(dev_costs: list[float], patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """Find where training should have stopped.

    An epoch improves if its cost lies below the best cost so far by more than ``min_delta``; the first epoch always
    does, and nan never does.

    Parameters
    ----------
    dev_costs : list of float
        Cost on the dev set after each epoch; the first is finite.
    patience : int
        Stop after so many epochs in a row without an improvement.
    min_delta : float
        What counts as an improvement.

    Returns
    -------
    best_epoch : int
        The last epoch that improved, counted from 0. Its parameters are the ones to keep.
    stop_epoch : int
        The last epoch that was run: the one at which patience ended, or the last of the list.
    """
    ### BEGIN SOLUTION
    best_epoch = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
        elif epoch - best_epoch >= patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1
    ### END SOLUTION


def augment_flip(images: np.ndarray, p: float, rng: np.random.Generator) -> np.ndarray:
    """Mirror each image left to right with probability p.

    Parameters
    ----------
    images : array (k, h, w) or (k, h, w, c)
        k images of h rows and w columns, grey or in colour.
    p : float
        Probability, for each image on its own.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    array
        As many images in the same order, of the same shape; the argument stays as it was.
    """
    ### BEGIN SOLUTION
    flipped = images.copy()
    chosen = rng.random(len(images)) < p
    flipped[chosen] = images[chosen][:, :, ::-1]
    return flipped
    ### END SOLUTION


def regularization_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "c", 2: "a", 3: "b", 4: "a", 5: "a", 6: "a"}
    ### END SOLUTION
