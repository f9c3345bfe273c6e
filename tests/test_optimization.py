"""The answers of 04 against Keras, and against what follows from their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from needs import need

from autograder.topics.optimization import answers
from course_utils import network

STEPS, RATE = 7, 0.125  # a rate that float32 holds exactly: Keras keeps it in that


def problem(seed=0):
    """Parameters, states that are not zero, and a gradient for each step; keys in different orders."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (3, 2), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    parameters = {key: rng.normal(0, 1, shape) for key, shape in shapes.items()}
    v = {"d" + key: rng.normal(0, 1, shapes[key]) for key in reversed(shapes)}
    s = {"d" + key: rng.uniform(0.1, 2, shapes[key]) for key in shapes}
    gradients = [
        {"d" + key: rng.normal(0, 10.0 ** -(step % 4), shapes[key]) for key in reversed(shapes)}
        for step in range(STEPS)
    ]
    return parameters, v, s, gradients


@pytest.fixture(scope="module")
def keras():
    """Keras, where it is made for this Python."""
    need("tensorflow")
    import tensorflow

    return tensorflow.keras


def variables(keras, parameters):
    """A float64 variable for each parameter."""
    return {key: keras.Variable(value, dtype="float64") for key, value in parameters.items()}


def agree(ours, theirs):
    """Compare all parameters."""
    for key, value in ours.items():
        np.testing.assert_allclose(value, np.asarray(theirs[key]), rtol=1e-9, atol=1e-12)


def test_gradient_descent_is_keras_sgd(keras):
    parameters, _, _, gradients = problem()
    theirs = variables(keras, parameters)
    optimizer = keras.optimizers.SGD(RATE)
    for grads in gradients:
        parameters = answers.update_parameters_with_gd(parameters, grads, RATE)
        optimizer.apply([grads["d" + key] for key in theirs], list(theirs.values()))
    agree(parameters, theirs)


def test_momentum_is_keras_sgd_with_the_rate_times_one_minus_beta(keras):
    """Keras has w += u with u = βu − αg: ours with u = −α v / (1 − β) and its rate α (1 − β)."""
    parameters, v, _, gradients = problem()
    beta, rate = 0.75, RATE
    theirs = variables(keras, parameters)
    optimizer = keras.optimizers.SGD(rate * (1 - beta), momentum=beta)
    optimizer.build(list(theirs.values()))
    for slot, key in zip(optimizer.momentums, theirs, strict=True):
        slot.assign(-rate * v["d" + key])
    for grads in gradients:
        parameters, v = answers.update_parameters_with_momentum(parameters, grads, v, beta, rate)
        optimizer.apply([grads["d" + key] for key in theirs], list(theirs.values()))
    agree(parameters, theirs)


@pytest.mark.parametrize("epsilon", [0.25, 1e-3, 1e-8])
def test_rmsprop_is_keras_adam_without_momentum_after_very_many_steps(keras, epsilon):
    """Keras' own RMSprop has ε inside the root. Its Adam has it outside, and corrects nothing when t is huge."""
    parameters, _, s, gradients = problem()
    theirs = variables(keras, parameters)
    optimizer = keras.optimizers.Adam(RATE, beta_1=0.0, beta_2=0.75, epsilon=epsilon)
    start(optimizer, theirs, {key: 0 * value for key, value in s.items()}, s, 100_000)
    for grads in gradients:
        parameters, s = answers.update_parameters_with_rmsprop(parameters, grads, s, 0.75, RATE, epsilon)
        optimizer.apply([grads["d" + key] for key in theirs], list(theirs.values()))
    agree(parameters, theirs)


@pytest.mark.parametrize("first", [1, 3, 40])
@pytest.mark.parametrize("epsilon", [0.25, 1e-3, 1e-8])
def test_adam_is_keras_adam_with_its_epsilon_times_the_root_of_the_correction(keras, first, epsilon):
    """Keras adds ε to the root of s before it is corrected ("epsilon hat"): ours times √(1 − β₂ᵗ)."""
    parameters, v, s, gradients = problem()
    beta1, beta2 = 0.625, 0.9375
    theirs = variables(keras, parameters)
    optimizer = keras.optimizers.Adam(RATE, beta_1=beta1, beta_2=beta2)
    start(optimizer, theirs, v, s, first - 1)
    for t, grads in enumerate(gradients, start=first):
        parameters, v, s = answers.update_parameters_with_adam(parameters, grads, v, s, t, RATE, beta1, beta2, epsilon)
        optimizer.epsilon = epsilon * np.sqrt(1 - beta2**t)
        optimizer.apply([grads["d" + key] for key in theirs], list(theirs.values()))
    agree(parameters, theirs)


def start(optimizer, theirs, v, s, iterations):
    """Put states into an Adam of Keras."""
    optimizer.build(list(theirs.values()))
    for key, momentum, velocity in zip(theirs, optimizer._momentums, optimizer._velocities, strict=True):
        momentum.assign(v["d" + key])
        velocity.assign(s["d" + key])
    optimizer.iterations.assign(iterations)


def test_a_corrected_average_is_a_weighted_mean():
    """Its weights are those of the definition, written out, and they add up to one."""
    values, beta = np.random.default_rng(0).normal(5, 2, 30), 0.8
    found = answers.exponentially_weighted_average(values, beta)
    for t in range(1, 31):
        weights = beta ** np.arange(t - 1, -1, -1.0)
        assert found[t - 1] == pytest.approx(np.average(values[:t], weights=weights))


@pytest.mark.parametrize("epoch", [0, 1, 2, 3, 7, 11])
def test_decays_are_keras_schedules(keras, epoch):
    inverse, exponential = keras.optimizers.schedules.InverseTimeDecay, keras.optimizers.schedules.ExponentialDecay
    for ours, schedule in (
        (answers.decay_inverse_time(0.5, epoch, 0.75), inverse(0.5, 1, 0.75)),
        (answers.decay_staircase(0.5, epoch, 0.75, 3), inverse(0.5, 3, 0.75, staircase=True)),
        (answers.decay_exponential(0.5, epoch, 0.75), exponential(0.5, 1, 0.75)),
    ):
        assert ours == pytest.approx(float(schedule(epoch)), rel=1e-6)


def test_fit_on_the_whole_set_is_plain_training():
    """With batches of size m there is nothing left to chance: network.train does the same."""
    rng = np.random.default_rng(0)
    X, Y = rng.normal(0, 1, (3, 20)), (rng.random((1, 20)) < 0.5).astype(float)
    begin = network.example_parameters([3, 4, 1], 0)

    def plain(parameters, grads, t, learning_rate):
        return answers.update_parameters_with_gd(parameters, grads, learning_rate)

    ours, costs = answers.fit(X, Y, begin, plain, 0.3, 20, 15, rng)
    theirs, recorded = network.train(begin, X, Y, learning_rate=0.3, iterations=15, record_every=1, progress=None)
    np.testing.assert_allclose(costs, recorded[:-1], rtol=1e-9)
    for key in theirs:
        np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-9, atol=1e-12)
