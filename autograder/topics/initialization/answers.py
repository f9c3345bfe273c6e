"""The answers of 01_initialization."""

import numpy as np


def initialization_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d"}
    ### END SOLUTION


def initialization_more_predictions() -> dict[int, str]:
    """Say what you expect of the experiments to come, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c", 4: "d", 5: "a"}
    ### END SOLUTION


def initialize_parameters_zeros(layers_dims: list[int]) -> dict[str, np.ndarray]:
    """Set every weight and every bias to zero.

    Parameters
    ----------
    layers_dims : list of int
        Units per layer, input first: ``[n_0, n_1, ..., n_L]``.

    Returns
    -------
    dict
        ``W1`` (n_1, n_0), ``b1`` (n_1, 1), ..., ``WL``, ``bL``; each an array of its own.
    """
    ### BEGIN SOLUTION
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters[f"W{l}"] = np.zeros((layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
    ### END SOLUTION


def count_distinct_units(W: np.ndarray, tol: float = 1e-8) -> int:
    """Count the units of a layer that differ from each other.

    Parameters
    ----------
    W : array (n_out, n_in)
        Weights of one layer; row i belongs to unit i.
    tol : float
        Two rows are the same where no entry differs by more than this.

    Returns
    -------
    int
        How many different rows there are: n_out if all differ, 1 if all are the same.
    """
    ### BEGIN SOLUTION
    distinct = []
    for row in W:
        if all(np.max(np.abs(row - other)) > tol for other in distinct):
            distinct.append(row)
    return len(distinct)
    ### END SOLUTION


def initialize_parameters_random(
    layers_dims: list[int], scale: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Draw weights from a normal distribution of standard deviation ``scale``; biases are zero.

    Parameters
    ----------
    layers_dims : list of int
        Units per layer, input first: ``[n_0, n_1, ..., n_L]``.
    scale : float
        Standard deviation of every weight.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    dict
        ``W1`` (n_1, n_0), ``b1`` (n_1, 1), ..., ``WL``, ``bL``.
    """
    ### BEGIN SOLUTION
    parameters = {}
    for l in range(1, len(layers_dims)):
        parameters[f"W{l}"] = scale * rng.standard_normal((layers_dims[l], layers_dims[l - 1]))
        parameters[f"b{l}"] = np.zeros((layers_dims[l], 1))
    return parameters
    ### END SOLUTION


def activation_rms(parameters: dict[str, np.ndarray], X: np.ndarray, activation: str) -> list[float]:
    """Measure how large the signal is after every layer.

    Parameters
    ----------
    parameters : dict
        ``W1`` (n_1, n_0), ``b1`` (n_1, 1), ..., ``WL``, ``bL``.
    X : array (n_0, m)
        Inputs; A[0] is X.
    activation : str
        ``"relu"`` or ``"tanh"``, applied in every layer, the last one too.

    Returns
    -------
    list of float
        L numbers: the root mean square of all entries of A[1], ..., A[L].
    """
    ### BEGIN SOLUTION
    A = X
    sizes = []
    for l in range(1, len(parameters) // 2 + 1):
        Z = parameters[f"W{l}"] @ A + parameters[f"b{l}"]
        A = np.maximum(Z, 0) if activation == "relu" else np.tanh(Z)
        sizes.append(float(np.sqrt(np.mean(A**2))))
    return sizes
    ### END SOLUTION


def initialize_parameters_xavier(
    layers_dims: list[int], rng: np.random.Generator, variant: str = "fan_in"
) -> dict[str, np.ndarray]:
    """Draw weights that keep the size of a signal in tanh layers; biases are zero.

    Parameters
    ----------
    layers_dims : list of int
        Units per layer, input first: ``[n_0, n_1, ..., n_L]``.
    rng : numpy.random.Generator
        Where every draw comes from.
    variant : str
        ``"fan_in"``: Var W = 1 / n_in. ``"fan_avg"``: Var W = 2 / (n_in + n_out).

    Returns
    -------
    dict
        ``W1`` (n_1, n_0), ``b1`` (n_1, 1), ..., ``WL``, ``bL``.

    References
    ----------
    Glorot and Bengio (2010), *Understanding the difficulty of training deep feedforward neural
    networks*, eq. 12 (``"fan_avg"``).
    """
    ### BEGIN SOLUTION
    parameters = {}
    for l in range(1, len(layers_dims)):
        n_in, n_out = layers_dims[l - 1], layers_dims[l]
        variance = 1 / n_in if variant == "fan_in" else 2 / (n_in + n_out)
        parameters[f"W{l}"] = np.sqrt(variance) * rng.standard_normal((n_out, n_in))
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters
    ### END SOLUTION


def initialize_parameters_he(layers_dims: list[int], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw weights of variance 2 / n_in, which keep the size of a signal in ReLU layers; biases are zero.

    Parameters
    ----------
    layers_dims : list of int
        Units per layer, input first: ``[n_0, n_1, ..., n_L]``.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    dict
        ``W1`` (n_1, n_0), ``b1`` (n_1, 1), ..., ``WL``, ``bL``.

    References
    ----------
    He et al. (2015), *Delving deep into rectifiers*, eq. 10.
    """
    ### BEGIN SOLUTION
    parameters = {}
    for l in range(1, len(layers_dims)):
        n_in, n_out = layers_dims[l - 1], layers_dims[l]
        parameters[f"W{l}"] = np.sqrt(2 / n_in) * rng.standard_normal((n_out, n_in))
        parameters[f"b{l}"] = np.zeros((n_out, 1))
    return parameters
    ### END SOLUTION


def initialization_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "c", 2: "a", 3: "b", 4: "d", 5: "a", 6: "d"}
    ### END SOLUTION
