"""The answers of 00_data_and_diagnosis."""

import numpy as np


def data_and_diagnosis_predictions() -> dict[int, str]:
    """Say what you expect of the experiments, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c"}
    ### END SOLUTION


def data_and_diagnosis_more_predictions() -> dict[int, str]:
    """Say what you expect of the experiments to come, before you run them: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Prediction number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "c"}
    ### END SOLUTION


def split_indices(
    m: int, fractions: tuple[float, float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Deal m examples out to a train, a dev and a test set, at random.

    Parameters
    ----------
    m : int
        How many examples there are.
    fractions : tuple of float
        Share of train, dev and test; they sum to 1.
    rng : numpy.random.Generator
        Where every draw comes from.

    Returns
    -------
    train, dev, test : arrays of int
        Numbers from 0 to m − 1, each in one of them. Dev and test hold ``round(fraction * m)`` numbers, train the rest.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(m)
    dev = round(fractions[1] * m)
    test = round(fractions[2] * m)
    train = m - dev - test
    return order[:train], order[train : train + dev], order[train + dev :]
    ### END SOLUTION


def diagnose(train_error: float, dev_error: float, bayes_error: float = 0.0, gap: float = 0.05) -> str:
    """Tell what a classifier suffers from.

    Parameters
    ----------
    train_error, dev_error : float
        Share of wrong answers, from 0 to 1.
    bayes_error : float
        Share of wrong answers that nobody can avoid.
    gap : float
        Bias and variance are high above this.

    Returns
    -------
    str
        ``"high bias"``, ``"high variance"``, ``"high bias and high variance"`` or ``"low bias and low variance"``.
    """
    ### BEGIN SOLUTION
    high_bias = train_error - bayes_error > gap
    high_variance = dev_error - train_error > gap
    if high_bias and high_variance:
        return "high bias and high variance"
    if high_bias:
        return "high bias"
    if high_variance:
        return "high variance"
    return "low bias and low variance"
    ### END SOLUTION


def fit_normalizer(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Measure mean and standard deviation of each feature.

    Parameters
    ----------
    X : array (n_x, m)
        Features in rows, examples in columns.

    Returns
    -------
    mu : array (n_x, 1)
        Mean of each feature.
    sigma : array (n_x, 1)
        Standard deviation of each feature (divided by m, not m − 1); 1 where a feature is constant.
    """
    ### BEGIN SOLUTION
    mu = np.mean(X, axis=1, keepdims=True)
    sigma = np.sqrt(np.mean((X - mu) ** 2, axis=1, keepdims=True))
    sigma[sigma == 0] = 1
    return mu, sigma
    ### END SOLUTION


def normalize(X: np.ndarray, mu: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Shift and scale features by numbers measured before.

    Parameters
    ----------
    X : array (n_x, m)
        Any set: train, dev or test.
    mu, sigma : array (n_x, 1)
        From :func:`fit_normalizer`, of the training set.

    Returns
    -------
    array (n_x, m)
        (X − mu) / sigma, a new array.
    """
    ### BEGIN SOLUTION
    return (X - mu) / sigma
    ### END SOLUTION


def data_and_diagnosis_answers() -> dict[int, str]:
    """Answer the questions above: one letter each, ``{1: "a", 2: "b", ...}``.

    Returns
    -------
    dict
        Question number → ``"a"``, ``"b"``, ``"c"`` or ``"d"``.
    """
    ### BEGIN SOLUTION
    return {1: "a", 2: "b", 3: "a", 4: "d"}
    ### END SOLUTION
