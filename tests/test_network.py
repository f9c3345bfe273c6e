"""The given network against finite differences and against TensorFlow."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from needs import need

from course_utils import data, network

ACTIVATIONS = ("relu", "tanh", "sigmoid")
SIZES = ([3, 1], [2, 4, 1], [5, 3, 4, 2, 1], [4, 6, 5, 4, 3, 2, 3, 1])


def random_parameters(sizes, rng, scale=1.0):
    parameters = {}
    for l in range(1, len(sizes)):
        parameters[f"W{l}"] = scale * rng.normal(size=(sizes[l], sizes[l - 1]))
        parameters[f"b{l}"] = scale * rng.normal(size=(sizes[l], 1))
    return parameters


def problem(sizes, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(sizes[0], 7))
    Y = rng.integers(0, 2, (1, 7)).astype(float)
    return random_parameters(sizes, rng), X, Y


def cost_of(parameters, X, Y, activation):
    return network.compute_cost(network.forward_propagation(X, parameters, activation)[0], Y)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_finite_differences(sizes, activation):
    parameters, X, Y = problem(sizes)
    _, cache = network.forward_propagation(X, parameters, activation)
    grads = network.backward_propagation(parameters, cache, Y, activation)
    assert set(grads) == {"d" + key for key in parameters}
    h = 1e-6
    for key, value in parameters.items():
        for index in np.ndindex(value.shape):
            moved = {name: array.copy() for name, array in parameters.items()}
            moved[key][index] += h
            up = cost_of(moved, X, Y, activation)
            moved[key][index] -= 2 * h
            down = cost_of(moved, X, Y, activation)
            assert grads["d" + key][index] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_cost_gradients_and_training_agree_with_tensorflow(activation):
    need("tensorflow")
    import tensorflow as tf

    sizes = [5, 3, 4, 2, 1]
    parameters, X, Y = problem(sizes, seed=3)
    theirs = {key: tf.Variable(value) for key, value in parameters.items()}
    phi = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid}[activation]

    def their_cost():
        A = tf.constant(X)
        for l in range(1, len(sizes) - 1):
            A = phi(theirs[f"W{l}"] @ A + theirs[f"b{l}"])
        Z = theirs[f"W{len(sizes) - 1}"] @ A + theirs[f"b{len(sizes) - 1}"]
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.constant(Y), logits=Z))

    costs = []
    for _ in range(5):
        with tf.GradientTape() as tape:
            cost = their_cost()
        grads = tape.gradient(cost, list(theirs.values()))
        costs.append(float(cost))
        if len(costs) == 1:
            _, cache = network.forward_propagation(X, parameters, activation)
            ours = network.backward_propagation(parameters, cache, Y, activation)
            for key, gradient in zip(theirs, grads, strict=True):
                np.testing.assert_allclose(ours["d" + key], gradient.numpy(), rtol=1e-9, atol=1e-12)
        for variable, gradient in zip(theirs.values(), grads, strict=True):
            variable.assign_sub(0.3 * gradient)
    trained, our_costs = network.train(
        parameters, X, Y, learning_rate=0.3, iterations=5, activation=activation, record_every=1, progress=None
    )
    np.testing.assert_allclose(our_costs[:5], costs, rtol=1e-9)
    for key, variable in theirs.items():
        np.testing.assert_allclose(trained[key], variable.numpy(), rtol=1e-9, atol=1e-12)


def test_training_leaves_the_start_alone_and_lowers_the_cost():
    circles = data.load_circles()
    rng = np.random.default_rng(0)
    start = {
        key: value / np.sqrt(value.shape[1]) if key[0] == "W" else 0 * value
        for key, value in random_parameters([2, 10, 5, 1], rng).items()
    }
    before = {key: value.copy() for key, value in start.items()}
    trained, costs = network.train(
        start, circles.X_train, circles.Y_train, learning_rate=0.3, iterations=3000, progress=None
    )
    assert all(np.array_equal(start[key], before[key]) for key in start)
    assert len(costs) == 31
    assert costs[-1] == pytest.approx(cost_of(trained, circles.X_train, circles.Y_train, "relu"))
    assert costs[-1] < 0.2
    assert network.accuracy(circles.X_test, circles.Y_test, trained) > 0.9


def test_a_students_cost_gradients_and_update_are_used():
    parameters, X, Y = problem([2, 4, 1])
    seen = []

    def gradients(X, Y, parameters):
        _, cache = network.forward_propagation(X, parameters)
        return {key: 2 * value for key, value in network.backward_propagation(parameters, cache, Y).items()}

    def update(parameters, grads):
        seen.append(1)
        return {key: value - 0.1 * grads["d" + key] for key, value in parameters.items()}

    options = {"iterations": 4, "record_every": 2, "progress": None}
    ours, costs = network.train(
        parameters,
        X,
        Y,
        learning_rate=99,
        cost=lambda AL, Y, parameters: 7.0,
        gradients=gradients,
        update=update,
        **options,
    )
    plain, _ = network.train(parameters, X, Y, learning_rate=0.2, **options)
    assert len(seen) == 4
    assert list(costs) == [7.0, 7.0, 7.0]
    for key in ours:
        np.testing.assert_allclose(ours[key], plain[key])


def test_certain_and_wrong_is_expensive_but_finite():
    AL, Y = np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    assert 600 < network.compute_cost(AL, Y) < 700
    assert network.compute_cost(AL, 1 - Y) == 0
    assert np.array_equal(network.sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def test_an_unknown_activation_is_named():
    parameters, X, _ = problem([2, 4, 1])
    with pytest.raises(ValueError, match="relu, tanh, sigmoid, not 'softplus'"):
        network.forward_propagation(X, parameters, "softplus")


def test_a_bar_starts_no_thread(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    before = threading.active_count()
    assert list(network.progress_bar(3, "Training")) == [0, 1, 2]
    assert threading.active_count() == before
