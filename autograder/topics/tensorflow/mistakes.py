"""Wrong answers to 07_tensorflow."""

from __future__ import annotations

from autograder.topics.registry import edit, missing_predictions, wrong_options

LINEAR, ONE_HOT, COST, STEP = "linear_function", "one_hot_matrix", "compute_cost", "train_step"

# --- operators --------------------------------------------------------------------------------------------------------

PRODUCT = "tf.matmul(W, X) + b"

edit(LINEAR, "The bias is missing: Z = W X + b.", (PRODUCT, "tf.matmul(W, X)"))
edit(LINEAR, "You subtract the bias. Add it.", (PRODUCT, "tf.matmul(W, X) - b"))
edit(LINEAR, "Your product has its factors the wrong way round: W stands before X.", (PRODUCT, "tf.matmul(X, W) + b"))
edit(
    LINEAR,
    "Your result is transposed: units are rows, examples are columns.",
    (PRODUCT, "tf.transpose(tf.matmul(W, X) + b)"),
)
edit(
    LINEAR,
    "Every unit gets the same bias. Each row has its own: b is a column, and is added as one.",
    (PRODUCT, "tf.matmul(W, X) + tf.reduce_mean(b)"),
)
edit(
    LINEAR,
    "You applied ReLU. The function is linear: negative numbers stay.",
    (PRODUCT, "tf.nn.relu(tf.matmul(W, X) + b)"),
)

COLUMNS = "tf.one_hot(tf.reshape(labels, [-1]), C, axis=0)"

edit(
    ONE_HOT,
    "Your matrix is transposed: classes are rows, so the new axis is axis 0. By default it is the last.",
    (COLUMNS, "tf.one_hot(tf.reshape(labels, [-1]), C)"),
)
edit(
    ONE_HOT,
    "The axis of length 1 that the labels came with is still there. Flatten them first.",
    (COLUMNS, "tf.one_hot(labels, C, axis=0)"),
)
edit(
    ONE_HOT,
    "You took the number of classes from the data. A batch need not hold every class: use C.",
    (COLUMNS, "tf.one_hot(tf.reshape(labels, [-1]), int(labels.max()) + 1, axis=0)"),
)
edit(
    ONE_HOT,
    "You count classes from 1. The first one is 0.",
    (COLUMNS, "tf.one_hot(tf.reshape(labels, [-1]) - 1, C, axis=0)"),
)
edit(
    ONE_HOT,
    "You made whole numbers. TensorFlow multiplies floats only by floats: leave the dtype, or take tf.float32.",
    ("C, axis=0)", "C, axis=0, dtype=tf.int32)"),
)
edit(
    ONE_HOT,
    "You turned only the first label into a column. Hand all of them over.",
    ("tf.reshape(labels, [-1])", "tf.reshape(labels, [-1])[:1]"),
)
edit(
    ONE_HOT,
    "Ones and zeros are swapped: 1 belongs where the row is the label.",
    (COLUMNS, f"1 - {COLUMNS}"),
)

COSTS = "tf.nn.softmax_cross_entropy_with_logits(labels=tf.transpose(Y), logits=tf.transpose(Z))"

edit(
    COST,
    "You took the softmax over the examples. TensorFlow wants classes along the last axis: transpose both, or axis=0.",
    (COSTS, "tf.nn.softmax_cross_entropy_with_logits(labels=Y, logits=Z)"),
)
edit(COST, "You return the sum over the examples. Take the mean.", ("reduce_mean", "reduce_sum"))
edit(
    COST,
    "You took the mean over the classes too. Add up over the classes, take the mean over the examples.",
    ("tf.reduce_mean(costs)", "tf.reduce_mean(costs) / Y.shape[0]"),
)
edit(
    COST,
    "You applied softmax first, and the function applies it again. It wants the scores (logits) themselves.",
    ("logits=tf.transpose(Z)", "logits=tf.nn.softmax(tf.transpose(Z))"),
)
edit(
    COST,
    "You took sigmoids: each class on its own. For one class out of many, take softmax.",
    (
        COSTS,
        "tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.transpose(Y), logits=tf.transpose(Z)), 1)",
    ),
)
edit(
    COST,
    "Scores and labels are swapped. Name the arguments: labels=..., logits=....",
    ("labels=tf.transpose(Y), logits=tf.transpose(Z)", "labels=tf.transpose(Z), logits=tf.transpose(Y)"),
)
edit(
    COST,
    "You return one cost for each example. Take their mean: one number.",
    ("tf.reduce_mean(costs)", "costs"),
)
edit(
    COST,
    "The logarithm of a softmax overflows for large scores. softmax_cross_entropy_with_logits does both in one step.",
    (COSTS, "-tf.reduce_sum(Y * tf.math.log(tf.nn.softmax(tf.constant(Z), axis=0)), axis=0)"),
)
edit(COST, "The sign is wrong: a cost is positive.", ("tf.reduce_mean(costs)", "-tf.reduce_mean(costs)"))

# --- training ---------------------------------------------------------------------------------------------------------

edit(STEP, "You walk uphill: subtract the gradient.", ("assign_sub", "assign_add"))
edit(STEP, "You do not use learning_rate. Multiply the gradient by it.", ("learning_rate * gradients", "gradients"))
edit(
    STEP,
    "You set the parameters to α times the gradient. Subtract that from them: assign_sub.",
    ("assign_sub", "assign"),
)
edit(
    STEP,
    "The biases stay as they were. The tape gives their gradients too.",
    (
        "variables.items():\n        variable",
        'variables.items():\n        if key[0] == "b":\n            continue\n        variable',
    ),
)
edit(
    STEP,
    "Only the last layer learns. The tape gives the gradients of every layer.",
    (
        "variables.items():\n        variable",
        "variables.items():\n        if key[1:] != str(L):\n            continue\n        variable",
    ),
)
edit(
    STEP,
    "You applied ReLU to the scores of the last layer. The cost wants them as they are.",
    ("compute_cost(Z, Y)", "compute_cost(A, Y)"),
)
edit(
    STEP,
    "ReLU is missing in the hidden layers: without it all layers together are one.",
    ("tf.nn.relu(Z)", "Z"),
)
edit(
    STEP,
    "You return the cost after the step. Return the one that the tape recorded, before it.",
    (
        "    return {key",
        "    A = X\n    for l in range(1, L + 1):\n"
        '        Z = linear_function(variables[f"W{l}"], A, variables[f"b{l}"])\n'
        "        A = tf.nn.relu(Z)\n    cost = compute_cost(Z, Y)\n    return {key",
    ),
)
edit(
    STEP,
    "Your gradient is that of the sum over the examples, m times too large.",
    ("learning_rate * gradients", "learning_rate * X.shape[1] * gradients"),
)
edit(
    STEP,
    "You return the gradients. Return the parameters after the step.",
    ("variable.numpy() for key, variable in variables.items()", "gradients[key].numpy() for key in variables"),
)
edit(
    STEP,
    "You return the parameters as they were. Step first, then read the variables.",
    (
        "{key: variable.numpy() for key, variable in variables.items()}",
        "{key: 1 * value for key, value in parameters.items()}",
    ),
)
edit(
    STEP,
    "You return two things in the wrong order: (parameters, cost).",
    (
        "return {key: variable.numpy() for key, variable in variables.items()}, float(cost)",
        "return float(cost), {key: variable.numpy() for key, variable in variables.items()}",
    ),
)

# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("tensorflow_predictions", 4)

wrong_options(
    "tensorflow_answers",
    {
        1: {
            "a": "TensorFlow 1 did that. Today you call the function, and numbers come back.",
            "b": "Shapes are checked in either case. What counts is when Python runs.",
            "d": "It is Python that is left out, not the tape: gradients come out the same.",
        },
        2: {
            "a": "It knows no symbols: it remembers which operations ran, with their numbers.",
            "b": "Whatever is differentiable may stand inside, loops and conditions too.",
            "d": "Finite differences would need one run for each parameter. One run backward is enough.",
        },
        3: {
            "a": "Then the softmax would be applied twice. The function wants scores.",
            "b": "Scores and labels must lie the same way: classes along the last axis of both.",
            "c": "As they are, it would take the softmax over the examples.",
        },
        4: {
            "a": "Both count steps from 1, and both correct the same way.",
            "b": "Single precision rounds at the seventh digit. In double precision the difference stays.",
            "d": "The state was carried along in both. What differs stands in the denominator.",
        },
    },
)
