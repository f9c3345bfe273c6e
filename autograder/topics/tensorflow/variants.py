"""Differently written right answers to 07_tensorflow."""

import numpy as np

from autograder.topics.registry import in_every_form, variant
from autograder.topics.tensorflow.answers import tf

# --- operators --------------------------------------------------------------------------------------------------------


@variant("linear_function")
def by_operator(W, X, b):
    W, X, b = tf.constant(W), tf.constant(X), tf.constant(b)
    return W @ X + b


@variant("linear_function")
def in_single_precision(W, X, b):
    W, X, b = (tf.cast(one, tf.float32) for one in (W, X, b))
    return tf.add(tf.matmul(W, X), b)


@variant("linear_function")
def by_einsum(W, X, b):
    return tf.einsum("ij,jk->ik", W, X) + tf.reshape(b, [-1, 1])


@variant("linear_function")
def with_examples_in_rows(W, X, b):
    rows = tf.linalg.matmul(X, W, transpose_a=True, transpose_b=True)
    return tf.transpose(tf.nn.bias_add(rows, tf.reshape(b, [-1])))


@variant("linear_function")
class Layer:
    def __new__(cls, W, X, b):
        print("a layer of", W.shape[0])
        return tf.tensordot(W, X, axes=1) + b


@variant("one_hot_matrix")
def rows_turned(labels, C):
    return tf.transpose(tf.one_hot(np.ravel(labels), depth=C))


@variant("one_hot_matrix")
def squeezed(labels, C):
    return tf.squeeze(tf.one_hot(tf.constant(labels), C, axis=0, dtype=tf.float64), axis=1)


@variant("one_hot_matrix")
def by_comparison(labels, C):
    return tf.cast(tf.range(C, dtype=tf.int64)[:, None] == tf.cast(labels, tf.int64), tf.float32)


@variant("one_hot_matrix")
def by_keras(labels, C):
    return tf.keras.utils.to_categorical(labels.ravel(), num_classes=C).T


@variant("one_hot_matrix")
def one_by_one(labels, C):
    return tf.stack([tf.one_hot(int(label), C) for label in labels[0]], axis=1)


@variant("compute_cost")
def along_the_first_axis(Z, Y):
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=Y, logits=Z, axis=0))


@variant("compute_cost")
def by_keras_function(Z, Y):
    costs = tf.keras.losses.categorical_crossentropy(tf.transpose(Y), tf.transpose(Z), from_logits=True)
    return tf.math.reduce_mean(costs)


@variant("compute_cost")
def by_keras_object(Z, Y):
    rows = tf.transpose(tf.convert_to_tensor(Z)), tf.transpose(tf.convert_to_tensor(Y))
    return tf.keras.losses.CategoricalCrossentropy(from_logits=True)(rows[1], rows[0])


@variant("compute_cost")
def with_class_numbers(Z, Y):
    labels = tf.argmax(Y, axis=0)
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=tf.transpose(Z))
    return tf.reduce_sum(costs) / costs.shape[0]


@variant("compute_cost")
def by_log_softmax(Z, Y):
    Z, Y = tf.cast(Z, tf.float32), tf.cast(Y, tf.float32)
    return -tf.reduce_mean(tf.reduce_sum(Y * tf.nn.log_softmax(Z, axis=0), axis=0))


# --- training ---------------------------------------------------------------------------------------------------------


@variant("train_step")
def watched_and_in_lists(parameters, X, Y, learning_rate):
    names = list(parameters)
    values = [tf.constant(parameters[name]) for name in names]
    with tf.GradientTape() as tape:
        tape.watch(values)
        at = dict(zip(names, values, strict=True))
        A, L = tf.constant(X), len(names) // 2
        for l in range(1, L):
            A = tf.maximum(at[f"W{l}"] @ A + at[f"b{l}"], 0)
        Z = at[f"W{L}"] @ A + at[f"b{L}"]
        cost = compute_cost(Z, Y)  # noqa: F821
    slopes = tape.gradient(cost, values)
    stepped = [value - learning_rate * slope for value, slope in zip(values, slopes, strict=True)]
    return dict(zip(names, stepped, strict=True)), cost


@variant("train_step")
def by_an_optimizer(parameters, X, Y, learning_rate):
    variables = {key: tf.Variable(value, dtype=tf.float32) for key, value in parameters.items()}
    X, Y = tf.cast(X, tf.float32), tf.cast(Y, tf.float32)
    L = max(int(key[1:]) for key in parameters)

    def scores():
        A = X
        for l in range(1, L + 1):
            Z = linear_function(variables[f"W{l}"], A, variables[f"b{l}"])  # noqa: F821
            A = tf.nn.relu(Z)
        return Z

    with tf.GradientTape() as tape:
        cost = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(Y, scores(), axis=0))
    ordered = list(variables.values())
    tf.keras.optimizers.SGD(learning_rate).apply_gradients(zip(tape.gradient(cost, ordered), ordered, strict=True))
    return variables, float(cost)


@variant("train_step", made_by="{}()")
class Trainer:
    def cost(self, parameters, X, Y):
        L, A = len(parameters) // 2, X
        for l in range(1, L + 1):
            Z = tf.matmul(parameters["W" + str(l)], A) + parameters["b" + str(l)]
            A = tf.where(Z > 0, Z, tf.zeros_like(Z))
        return compute_cost(Z, Y)  # noqa: F821

    def __call__(self, parameters, X, Y, learning_rate):
        print("a step of", learning_rate)
        v = {key: tf.Variable(tf.identity(value), name=key) for key, value in parameters.items()}
        with tf.GradientTape(persistent=True) as tape:
            cost = self.cost(v, X, Y)
        for key in v:
            v[key].assign(v[key] - learning_rate * tape.gradient(cost, v[key]))
        return [{key: one.numpy() for key, one in v.items()}, cost.numpy()]


# --- predictions and answers ------------------------------------------------------------------------------------------

in_every_form("tensorflow_predictions", "bcda")
in_every_form("tensorflow_answers")
