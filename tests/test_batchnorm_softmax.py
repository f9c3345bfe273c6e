"""The answers of 05 against finite differences, TensorFlow and Keras; the classifier on images that nobody has."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from needs import need

from autograder.pipeline import hidden_checks
from autograder.topics.batchnorm_softmax.answers import (
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_inference,
    cross_entropy_cost,
    one_hot,
    predict_probabilities,
    softmax,
    softmax_gradient,
    train_classifier,
    update_running_statistics,
)
from course_utils import data, network

SIZES = [(n, m, size) for (n, m), size in itertools.product([(3, 7), (5, 2), (1, 4)], [0.1, 1, 10])]


def slopes(cost, value, step):
    """The gradient by central differences."""
    found = np.zeros(value.shape)
    for index in np.ndindex(value.shape):
        up, down = value.copy(), value.copy()
        up[index] += step
        down[index] -= step
        found[index] = (cost(up) - cost(down)) / (2 * step)
    return found


def batch(n, m, size, seed=0):
    rng = np.random.default_rng(seed)
    Z, gamma, beta = size * rng.normal(1, 1, (n, m)), rng.normal(0, 2, (n, 1)), rng.normal(0, 2, (n, 1))
    return Z, gamma, beta, rng.normal(0, 1, (n, m))


@pytest.mark.parametrize(("n", "m", "size"), SIZES)
@pytest.mark.parametrize("epsilon", [1e-5, 0.3])
def test_batch_norm_backward_is_finite_differences(n, m, size, epsilon):
    Z, gamma, beta, weights = batch(n, m, size)

    def cost(Z=Z, gamma=gamma, beta=beta):
        return float(np.sum(weights * batchnorm_forward(Z, gamma, beta, epsilon)[0]))

    dZ, dgamma, dbeta = batchnorm_backward(weights, batchnorm_forward(Z, gamma, beta, epsilon)[1])
    scale = np.abs(gamma).max() / size
    np.testing.assert_allclose(dZ, slopes(lambda one: cost(Z=one), Z, 1e-4 * size), rtol=1e-4, atol=1e-5 * scale)
    np.testing.assert_allclose(dgamma, slopes(lambda one: cost(gamma=one), gamma, 1e-4), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(dbeta, slopes(lambda one: cost(beta=one), beta, 1e-4), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("n", "m", "size"), SIZES)
def test_batch_norm_agrees_with_tensorflow(n, m, size):
    need("tensorflow")
    import tensorflow as tf

    Z, gamma, beta, weights = batch(n, m, size, seed=1)
    theirs = [tf.Variable(one) for one in (Z, gamma, beta)]
    with tf.GradientTape() as tape:
        mean, var = tf.nn.moments(theirs[0], axes=[1], keepdims=True)
        out = tf.nn.batch_normalization(theirs[0], mean, var, theirs[2], theirs[1], 0.01)
        cost = tf.reduce_sum(out * weights)
    gradients = tape.gradient(cost, theirs)
    Z_tilde, cache = batchnorm_forward(Z, gamma, beta, 0.01)
    np.testing.assert_allclose(Z_tilde, out.numpy(), rtol=1e-9, atol=1e-12)
    for ours, gradient in zip(batchnorm_backward(weights, cache), gradients, strict=True):
        np.testing.assert_allclose(ours, gradient.numpy(), rtol=1e-8, atol=1e-9 / size)


def test_running_statistics_and_inference_agree_with_keras():
    need("tensorflow")
    import tensorflow as tf

    layer = tf.keras.layers.BatchNormalization(momentum=0.8, epsilon=0.02, dtype="float64")
    mean, var = np.zeros((3, 1)), np.ones((3, 1))
    for seed in range(4):
        Z = batch(3, 9, 2, seed)[0]
        layer(Z.T, training=True)
        mean, var = update_running_statistics(
            mean, var, Z.mean(axis=1, keepdims=True), Z.var(axis=1, keepdims=True), momentum=0.8
        )
    ours = batchnorm_inference(Z, np.ones((3, 1)), np.zeros((3, 1)), mean, var, epsilon=0.02)
    np.testing.assert_allclose(ours, np.asarray(layer(Z.T, training=False)).T, rtol=1e-6)


@pytest.mark.parametrize(("C", "m", "size"), [(2, 5, 1), (6, 3, 10), (4, 1, 1e4)])
def test_softmax_its_cost_and_its_gradient_agree_with_tensorflow(C, m, size):
    need("tensorflow")
    import tensorflow as tf

    rng = np.random.default_rng(C)
    Z, Y = size * rng.standard_normal((C, m)), one_hot(rng.integers(0, C, (1, m)), C)
    theirs = tf.Variable(Z.T)
    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y.T, theirs))
    P = softmax(Z)
    np.testing.assert_allclose(P, tf.nn.softmax(Z, axis=0).numpy(), rtol=1e-9)
    np.testing.assert_allclose(softmax_gradient(P, Y), tape.gradient(cost, theirs).numpy().T, rtol=1e-9, atol=1e-12)
    if size < 1e3:  # beyond, what is as good as 0 is cut off here, and not there
        assert cross_entropy_cost(P, Y) == pytest.approx(float(cost))


def test_the_given_gradients_are_finite_differences():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((3, 8)), one_hot(np.arange(8).reshape(1, 8) % 4, 4)
    parameters = network.batchnorm_parameters([3, 5, 6, 4], rng)
    parameters |= {key: value + rng.normal(0, 0.3, value.shape) for key, value in parameters.items()}
    functions = (softmax, softmax_gradient, batchnorm_forward, batchnorm_backward)

    def cost(**changed):
        return cross_entropy_cost(network.gradients_with_batchnorm(X, Y, parameters | changed, *functions)[0], Y)

    P, grads, statistics = network.gradients_with_batchnorm(X, Y, parameters, *functions)
    assert grads.keys() == {"d" + key for key in parameters}
    for key, value in parameters.items():
        numeric = slopes(lambda one, key=key: cost(**{key: one}), value, 1e-6)
        np.testing.assert_allclose(grads["d" + key], numeric, rtol=1e-4, atol=1e-8)
    # The statistics are those that make prediction the same as training.
    model = dict(parameters)
    for l, (mean, var) in statistics.items():
        model |= {f"mean{l}": mean, f"var{l}": var}
    np.testing.assert_allclose(predict_probabilities(X, model), P, rtol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_right_classifier_reaches_94_per_cent_of_the_test_set(seed):
    hands = data.load_hands()
    model, dev_accuracy = train_classifier(*hands[:4], np.random.default_rng(seed))
    said = predict_probabilities(hands.X_test, model).argmax(axis=0)
    assert np.mean(said == hands.Y_test) >= 0.94
    assert dev_accuracy == pytest.approx(np.mean(predict_probabilities(hands.X_dev, model).argmax(0) == hands.Y_dev))


def test_the_classifier_is_graded_on_images_that_no_student_has():
    hands = data.load_hands()
    known = {column.tobytes() for X in hands[::2] for column in X.T}
    (case,) = hidden_checks.hidden_exercise("train_classifier").cases(np.random.default_rng(5))
    assert not known & {column.tobytes() for column in case["X"].T}
    (again,) = hidden_checks.hidden_exercise("train_classifier").cases(np.random.default_rng(6))
    assert not np.array_equal(case["X"], again["X"])
    assert not np.array_equal(case["Y"][0], np.sort(case["Y"][0]))
    assert np.bincount(case["Y"][0]).tolist() == 6 * [hidden_checks.NEW_IMAGES // 6]


def learned_by_heart(X_train, Y_train, X_dev, Y_dev, rng):
    """A table of all images there are, the test set too."""
    hands = data.load_hands()
    table = {x.tobytes(): y for X, Y in itertools.batched(hands, 2) for x, y in zip(X.T, Y[0], strict=True)}
    return table, 1.0


def looked_up(X, table):
    return one_hot(np.array([[table.get(x.tobytes(), 0) for x in X.T]]), 6)


def test_images_learned_by_heart_earn_nothing():
    assert hidden_checks.examine(learned_by_heart, "train_classifier", 3, looked_up).share == 0


@pytest.mark.parametrize("reported", [0.99, 1.0])
def test_a_weak_network_that_reports_too_much_loses_points(reported):
    def weak(X_train, Y_train, X_dev, Y_dev, rng):
        return train_classifier(X_train[:, :60], Y_train[:, :60], X_dev, Y_dev, rng)

    def boasting(*arguments):
        return weak(*arguments)[0], reported

    honest = hidden_checks.examine(weak, "train_classifier", 3)
    vain = hidden_checks.examine(boasting, "train_classifier", 3)
    assert 0 < vain.share < honest.share < 1
    assert not vain.passed["dev_accuracy is not far above the accuracy on new images"]
    assert honest.passed["dev_accuracy is not far above the accuracy on new images"]
