"""Right answers to 07_tensorflow."""

import os
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or its log would bury the build's own words


class TensorFlow:
    """TensorFlow, imported when it is first used: that takes seconds, and it may not be installed."""

    def __getattr__(self, name: str) -> Any:
        """Give what TensorFlow has under a name."""
        import tensorflow

        return getattr(tensorflow, name)


tf = TensorFlow()


def tensorflow_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "b", 2: "c", 3: "d", 4: "a"}
    ### END SOLUTION


def linear_function(W: np.ndarray, X: np.ndarray, b: np.ndarray) -> "tf.Tensor":
    """Compute a layer's Z = W X + b.

    Parameters
    ----------
    W : array or tensor (n, n_in)
        Weights.
    X : array or tensor (n_in, m)
        What goes in; columns are examples.
    b : array or tensor (n, 1)
        Biases.

    Returns
    -------
    tensor (n, m)
    """
    ### BEGIN SOLUTION
    return tf.matmul(W, X) + b
    ### END SOLUTION


def one_hot_matrix(labels: np.ndarray, C: int) -> "tf.Tensor":
    """Turn labels into columns with a single 1.

    Parameters
    ----------
    labels : array (1, m)
        Whole numbers from 0 to C − 1.
    C : int
        How many classes there are.

    Returns
    -------
    tensor (C, m)
        Floats: 1 where row = label, 0 elsewhere.
    """
    ### BEGIN SOLUTION
    return tf.one_hot(tf.reshape(labels, [-1]), C, axis=0)
    ### END SOLUTION


def compute_cost(Z: np.ndarray, Y: np.ndarray) -> "tf.Tensor":
    """Compute the softmax cross-entropy of scores, as a mean over the examples.

    Parameters
    ----------
    Z : array or tensor (C, m)
        Scores (logits) of the last layer, up to ±10⁴; columns are examples.
    Y : array or tensor (C, m)
        One-hot labels.

    Returns
    -------
    tensor ()
        One number.
    """
    ### BEGIN SOLUTION
    costs = tf.nn.softmax_cross_entropy_with_logits(labels=tf.transpose(Y), logits=tf.transpose(Z))
    return tf.reduce_mean(costs)
    ### END SOLUTION


def train_step(
    parameters: dict[str, np.ndarray], X: np.ndarray, Y: np.ndarray, learning_rate: float
) -> tuple[dict[str, np.ndarray], float]:
    """Take one step of gradient descent, with the gradients of a tape.

    The network has ReLU in its hidden layers, and scores (without ReLU or softmax) in its last.

    Parameters
    ----------
    parameters : dict
        ``W1``, ``b1``, ..., ``WL``, ``bL``.
    X : array (n_0, m)
        Examples.
    Y : array (C, m)
        One-hot labels.
    learning_rate : float
        The step size α.

    Returns
    -------
    parameters : dict
        New ones, of the same keys and shapes; the arguments stay as they were.
    cost : float
        The cost before the step.
    """
    ### BEGIN SOLUTION
    variables = {key: tf.Variable(value) for key, value in parameters.items()}
    L = len(parameters) // 2
    with tf.GradientTape() as tape:
        A = X
        for l in range(1, L + 1):
            Z = linear_function(variables[f"W{l}"], A, variables[f"b{l}"])
            A = tf.nn.relu(Z)
        cost = compute_cost(Z, Y)
    gradients = tape.gradient(cost, variables)
    for key, variable in variables.items():
        variable.assign_sub(learning_rate * gradients[key])
    return {key: variable.numpy() for key, variable in variables.items()}, float(cost)
    ### END SOLUTION


def tensorflow_answers() -> dict[int, str]:
    """Answer the questions: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "c", 2: "c", 3: "d", 4: "c"}
    ### END SOLUTION
