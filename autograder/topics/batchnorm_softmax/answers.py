"""The answers of 05_batchnorm_softmax."""

import numpy as np

from course_utils import network


def batchnorm_softmax_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}
    ### END SOLUTION


def one_hot(labels: np.ndarray, C: int) -> np.ndarray:
    """Turn class numbers into columns with a single 1.

    Parameters
    ----------
    labels : array (1, m)
        Whole numbers from 0 to C − 1.
    C : int
        How many classes there are, whether or not all of them occur in ``labels``.

    Returns
    -------
    array (C, m)
        Floats: 1 in the row of the label, 0 elsewhere.
    """
    ### BEGIN SOLUTION
    return (np.arange(C).reshape(C, 1) == labels.reshape(1, -1)).astype(float)
    ### END SOLUTION


def softmax(Z: np.ndarray) -> np.ndarray:
    """Turn each column of scores into probabilities, without overflow.

    Parameters
    ----------
    Z : array (C, m)
        Scores of any size, at least up to ±10⁴.

    Returns
    -------
    array (C, m)
        e^Z divided by its sum over the classes: each column sums to 1.
    """
    ### BEGIN SOLUTION
    E = np.exp(Z - Z.max(axis=0, keepdims=True))
    return E / E.sum(axis=0, keepdims=True)
    ### END SOLUTION


def cross_entropy_cost(P: np.ndarray, Y: np.ndarray) -> float:
    """Compute the cross-entropy of probabilities and labels.

    Parameters
    ----------
    P : array (C, m)
        Probabilities, some of them possibly 0.
    Y : array (C, m)
        One-hot labels.

    Returns
    -------
    float
        −1/m times the sum of Y log P over classes and examples. Always finite: where P is 0 and Y is 1, a large number.
    """
    ### BEGIN SOLUTION
    m = Y.shape[1]
    log_P = np.log(np.maximum(P, 1e-300))
    return float(-np.sum(Y * log_P) / m)
    ### END SOLUTION


def softmax_gradient(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Compute the gradient of the cross-entropy cost with respect to Z, where P = softmax(Z).

    Parameters
    ----------
    P : array (C, m)
        Probabilities.
    Y : array (C, m)
        One-hot labels.

    Returns
    -------
    array (C, m)
        (P − Y) / m.
    """
    ### BEGIN SOLUTION
    return (P - Y) / Y.shape[1]
    ### END SOLUTION


def batchnorm_forward(
    Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float = 1e-5
) -> tuple[np.ndarray, object]:
    """Normalize each unit over the batch, then scale and shift it.

    Parameters
    ----------
    Z : array (n, m)
        n units, m examples.
    gamma, beta : array (n, 1)
        Scale and shift of each unit.
    epsilon : float
        Added to the variance.

    Returns
    -------
    Z_tilde : array (n, m)
        γ (Z − μ) / √(σ² + ε) + β, with the batch's own mean and variance of each unit.
    cache : anything
        What your ``batchnorm_backward`` will need.

    References
    ----------
    Ioffe and Szegedy (2015), *Batch normalization*, algorithm 1.
    """
    ### BEGIN SOLUTION
    mean = Z.mean(axis=1, keepdims=True)
    deviation = np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
    Z_hat = (Z - mean) / deviation
    return gamma * Z_hat + beta, (Z_hat, deviation, gamma)
    ### END SOLUTION


def batchnorm_backward(dZ_tilde: np.ndarray, cache: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry a gradient back through batch norm.

    Parameters
    ----------
    dZ_tilde : array (n, m)
        Gradient of the cost with respect to what ``batchnorm_forward`` returned.
    cache : anything
        What your ``batchnorm_forward`` kept in that call.

    Returns
    -------
    dZ : array (n, m)
        Gradient with respect to Z: each value also moved the mean and the variance of its batch.
    dgamma, dbeta : array (n, 1)
        Gradients with respect to γ and β.

    References
    ----------
    Ioffe and Szegedy (2015), *Batch normalization*, section 3.
    """
    ### BEGIN SOLUTION
    Z_hat, deviation, gamma = cache
    dgamma = np.sum(dZ_tilde * Z_hat, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_hat = gamma * dZ_tilde
    through_mean = np.mean(dZ_hat, axis=1, keepdims=True)
    through_variance = Z_hat * np.mean(dZ_hat * Z_hat, axis=1, keepdims=True)
    dZ = (dZ_hat - through_mean - through_variance) / deviation
    return dZ, dgamma, dbeta
    ### END SOLUTION


def update_running_statistics(
    running_mean: np.ndarray,
    running_var: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    momentum: float = 0.9,
) -> tuple[np.ndarray, np.ndarray]:
    """Mix a batch's statistics into the running ones.

    Parameters
    ----------
    running_mean, running_var : array (n, 1)
        Mean and variance so far.
    mean, var : array (n, 1)
        Mean and variance of the newest batch.
    momentum : float
        The weight of the old values, from 0 to 1; the new ones weigh 1 − momentum.

    Returns
    -------
    mean, var : array (n, 1)
        New running mean and variance.
    """
    ### BEGIN SOLUTION
    new_mean = momentum * running_mean + (1 - momentum) * mean
    new_var = momentum * running_var + (1 - momentum) * var
    return new_mean, new_var
    ### END SOLUTION


def batchnorm_inference(
    Z: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    epsilon: float = 1e-5,
) -> np.ndarray:
    """Normalize with the running statistics, so that an example's result depends on that example alone.

    Parameters
    ----------
    Z : array (n, m)
        n units, any number of examples, even one.
    gamma, beta : array (n, 1)
        Scale and shift of each unit.
    running_mean, running_var : array (n, 1)
        Statistics from training.
    epsilon : float
        Added to the variance.

    Returns
    -------
    array (n, m)
    """
    ### BEGIN SOLUTION
    return gamma * (Z - running_mean) / np.sqrt(running_var + epsilon) + beta
    ### END SOLUTION


def predict_probabilities(X: np.ndarray, model: dict[str, np.ndarray]) -> np.ndarray:
    """Compute what a trained network says of new examples, each on its own.

    A hidden layer computes W A, batch norm with the running statistics, and ReLU; the last layer softmax(W A + b).

    Parameters
    ----------
    X : array (n_0, m)
        Examples.
    model : dict
        ``W1``, ``gamma1``, ``beta1``, ``mean1``, ``var1``, ... of each hidden layer, ``WL`` and ``bL`` of the last one.
        A network may have no hidden layer.

    Returns
    -------
    array (C, m)
        Probability of each class.
    """
    ### BEGIN SOLUTION
    L = sum(key.startswith("W") for key in model)
    A = X
    for l in range(1, L):
        Z = model[f"W{l}"] @ A
        Z_tilde = batchnorm_inference(Z, model[f"gamma{l}"], model[f"beta{l}"], model[f"mean{l}"], model[f"var{l}"])
        A = np.maximum(Z_tilde, 0)
    return softmax(model[f"W{L}"] @ A + model[f"b{L}"])
    ### END SOLUTION


def train_classifier(
    X_train: np.ndarray, Y_train: np.ndarray, X_dev: np.ndarray, Y_dev: np.ndarray, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], float]:
    """Train a softmax network with batch norm to count the fingers of a hand.

    Parameters
    ----------
    X_train, Y_train : array (400, m), array (1, m)
        Pixels from 0 to 255, and the number of fingers, 0 to 5.
    X_dev, Y_dev : array (400, k), array (1, k)
        Other images, to measure on and not to train on.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    model : dict
        What your ``predict_probabilities`` takes.
    dev_accuracy : float
        Share of the dev images that it gets right, from 0 to 1.
    """
    ### BEGIN SOLUTION
    layers_dims, epochs, mini_batch_size = [X_train.shape[0], 60, 30, 6], 20, 120
    m = X_train.shape[1]
    Y = one_hot(Y_train, 6)
    parameters = network.batchnorm_parameters(layers_dims, rng)
    running = {}
    for l in (1, 2):
        running[f"mean{l}"], running[f"var{l}"] = np.zeros((layers_dims[l], 1)), np.ones((layers_dims[l], 1))
    for epoch in range(epochs):
        learning_rate = 1.0 / (1 + 0.1 * epoch)
        order = rng.permutation(m)
        for start in range(0, m, mini_batch_size):
            batch = order[start : start + mini_batch_size]
            _, grads, statistics = network.gradients_with_batchnorm(
                X_train[:, batch],
                Y[:, batch],
                parameters,
                softmax,
                softmax_gradient,
                batchnorm_forward,
                batchnorm_backward,
            )
            for l, (mean, var) in statistics.items():
                running[f"mean{l}"], running[f"var{l}"] = update_running_statistics(
                    running[f"mean{l}"], running[f"var{l}"], mean, var
                )
            for key, value in parameters.items():
                parameters[key] = value - learning_rate * grads["d" + key]
    model = {**parameters, **running}
    said = predict_probabilities(X_dev, model).argmax(axis=0)
    return model, float(np.mean(said == Y_dev.ravel()))
    ### END SOLUTION


def batchnorm_softmax_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "c", 2: "b", 3: "c", 4: "a", 5: "d", 6: "c"}
    ### END SOLUTION
