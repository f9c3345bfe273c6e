"""Wrong answers to 04_optimization."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options

BATCHES, FIT = "random_mini_batches", "fit"
GD, VELOCITY = "update_parameters_with_gd", "initialize_velocity"
MOMENTUM, RMSPROP, ADAM = (f"update_parameters_with_{name}" for name in ("momentum", "rmsprop", "adam"))
AVERAGE = "exponentially_weighted_average"
INVERSE, EXPONENTIAL, SQRT, STAIRCASE = (
    f"decay_{name}" for name in ("inverse_time", "exponential", "sqrt", "staircase")
)


def edits(exercise: str, replacements: dict[str, tuple]) -> None:
    """Register several edits: sentence → (old, new, old, new, ...)."""
    for sentence, words in replacements.items():
        edit(exercise, sentence, *zip(words[::2], words[1::2], strict=True))


# --- random_mini_batches ----------------------------------------------------------------------------------------------

ORDER, CUT, PAIR = (
    "order = rng.permutation(m)",
    "for start in range(0, m, mini_batch_size)",
    "batches.append((X[:, chosen], Y[:, chosen]))",
)

edits(
    BATCHES,
    {
        "You shuffle Y apart from X, so an x gets another's label. One permutation serves both.": (
            "Y[:, chosen]",
            "Y[:, other[start : start + mini_batch_size]]",
            ORDER,
            "order, other = rng.permutation(m), rng.permutation(m)",
        ),
        "You shuffle X but not Y. The same permutation must reorder both.": (
            "Y[:, chosen]",
            "Y[:, start : start + mini_batch_size]",
        ),
        "You drop the last, smaller mini-batch. Its examples count too.": (
            CUT,
            "for start in range(0, m - mini_batch_size + 1, mini_batch_size)",
        ),
        "You add an empty mini-batch at the end where m is a multiple of the size.": (
            CUT,
            "for start in range(0, m + 1, mini_batch_size)",
        ),
        "You do not shuffle: the mini-batches are the same in every epoch.": (ORDER, "order = np.arange(m)"),
        "You shuffle the mini-batches, but not the examples: those in one mini-batch stay together.": (
            ORDER,
            "order = np.arange(m)",
            "    return batches",
            "    return [batches[i] for i in rng.permutation(len(batches) - 1)] + batches[-1:]",
        ),
        "You shuffle within each mini-batch, after cutting. Shuffle the whole set first.": (
            ORDER,
            "order = np.arange(m)",
            "order[start : start + mini_batch_size]",
            "rng.permutation(order[start : start + mini_batch_size])",
        ),
        "You draw with replacement: some examples come twice, others never. Permute them.": (
            ORDER,
            "order = rng.integers(0, m, m)",
        ),
        "Your draws do not come from rng but from NumPy's global state.": (
            "rng.permutation",
            "np.random.permutation",
        ),
        "You make the generator yourself, so every epoch has the same order. Use the rng you are given.": (
            "rng.permutation",
            "np.random.default_rng(0).permutation",
        ),
        "You take columns by X[:, i], of shape (n,). X[:, i:i + 1] and X[:, [i]] stay columns.": (
            PAIR,
            "batches += [(X[:, i], Y[:, i]) for i in chosen]",
        ),
        "X[chosen] picks rows. Examples are columns: X[:, chosen].": (PAIR, "batches.append((X[chosen], Y[chosen]))"),
        "You count rows. Examples are columns: m is X.shape[1].": ("X.shape[1]", "X.shape[0]"),
        "You return two lists. Return one list of pairs (X_b, Y_b).": (
            "return batches",
            "return [X_b for X_b, _ in batches], [Y_b for _, Y_b in batches]",
        ),
        "You took mini_batch_size for the number of mini-batches.": (
            "    batches = []",
            "    batches = []\n    mini_batch_size = -(-m // mini_batch_size)",
        ),
        "You join the rest to the last full mini-batch. It is a mini-batch of its own.": (
            "    return batches",
            "    if len(batches) > 1 and m % mini_batch_size:\n"
            "        batches[-2:] = [tuple(np.hstack(both) for both in zip(*batches[-2:]))]\n"
            "    return batches",
        ),
        "You return the first mini-batch only: the return stands inside the loop.": (
            "    return batches",
            "        return batches",
        ),
    },
)


@mistake(BATCHES, "You shuffle the arrays you were given. Shuffle their numbers, or a copy.")
def shuffled_in_place(X, Y, mini_batch_size, rng):
    both = np.vstack([X, Y])
    rng.shuffle(both, axis=1)
    X[:], Y[:] = both[: len(X)], both[len(X) :]
    starts = range(0, X.shape[1], mini_batch_size)
    return [(X[:, i : i + mini_batch_size].copy(), Y[:, i : i + mini_batch_size].copy()) for i in starts]


# --- update_parameters_with_gd and initialize_velocity ----------------------------------------------------------------

STEP = 'updated[key] = value - learning_rate * grads["d" + key]'
COPIED = 'updated[key] = value.copy() if key[0] == "b" else '

edits(
    GD,
    {
        "You walk uphill: subtract α times the gradient.": ("value - learning_rate", "value + learning_rate"),
        "Your biases stay as they were. They are parameters too.": (
            "updated[key] = ",
            COPIED,
        ),
        "Your weights stay as they were: only biases are updated.": (
            "updated[key] = ",
            'updated[key] = value.copy() if key[0] == "W" else ',
        ),
        "You subtract the whole gradient: multiply it by the learning rate.": ("learning_rate * grads", "grads"),
        "You return the steps, not the parameters after them.": ("value - learning_rate", "-learning_rate"),
        "The last layer is not updated: l runs from 1 to L, and range leaves out its end.": (
            STEP,
            "updated[key] = value.copy() if key[1:] == str(len(parameters) // 2) else "
            'value - learning_rate * grads["d" + key]',
        ),
        "You pair parameters and gradients by their place. A dict's order means nothing: use the keys.": (
            "for key, value in parameters.items():",
            "for key, g in zip(parameters, grads.values()):",
            STEP,
            "updated[key] = np.resize(parameters[key].copy(), parameters[key].shape) - learning_rate * "
            "np.resize(g, parameters[key].shape)",
        ),
        "You divide by the length of the gradient. Plain gradient descent takes it as it is.": (
            'learning_rate * grads["d" + key]',
            'learning_rate * grads["d" + key] / np.linalg.norm(grads["d" + key])',
        ),
    },
)


@mistake(GD, "You changed the parameters you were given, the arrays or their dict. Make a new dict with new arrays.")
def gd_in_place(parameters, grads, learning_rate):
    for key in parameters:
        parameters[key] -= learning_rate * grads["d" + key]
    return parameters


@mistake(GD, "You changed the parameters you were given, the arrays or their dict. Make a new dict with new arrays.")
def gd_in_the_dict(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        for name in (f"W{l}", f"b{l}"):
            parameters[name] = parameters[name] - learning_rate * grads["d" + name]
    return parameters


edits(
    VELOCITY,
    {
        "Your keys are W1, b1, … Take those of the gradients: dW1, db1, and so on.": ('"d" + key', "key"),
        "Your keys are vW1, vb1, … Take those of the gradients: dW1, db1, and so on.": ('"d" + key', '"v" + key'),
        "Your dict has no biases: they have a velocity too.": (
            "parameters.items()}",
            'parameters.items() if key[0] == "W"}',
        ),
        "All your entries are one and the same array. Make one for each.": (
            "return {",
            "shared = {}\n    return {",
            "np.zeros(value.shape)",
            "shared.setdefault(value.shape, np.zeros(value.shape))",
        ),
        "Your entries are not zero: the average starts from nothing.": ("np.zeros", "np.ones"),
        "Your zeros are whole numbers, which cannot hold the fractions to come.": (
            "np.zeros(value.shape)",
            "np.zeros(value.shape, dtype=int)",
        ),
        "Your entries are numbers. Make arrays of the parameters' shapes.": ("np.zeros(value.shape)", "0.0"),
        "The last layer is missing: l runs from 1 to L, and range leaves out its end.": (
            "parameters.items()}",
            "parameters.items() if int(key[1:]) < len(parameters) // 2}",
        ),
    },
)


@mistake(VELOCITY, "np.zeros_like of a whole dict is no dict. Go through its keys, and make an array for each.")
def zeros_like_a_dict(parameters):
    return np.zeros_like(parameters)


@mistake(VELOCITY, "You set the parameters themselves to zero. Make new arrays: zeros_like, or zeros of the shape.")
def zeroed(parameters):
    v = {}
    for key, value in parameters.items():
        value[:] = 0
        v["d" + key] = value
    return v


# --- fit --------------------------------------------------------------------------------------------------------------

LOOP = "for X_b, Y_b in random_mini_batches(X, Y, mini_batch_size, rng):"
RATE = "rate = decay(learning_rate, epoch) if decay else learning_rate"
STEPPED = "parameters = optimizer(parameters, grads, t, rate)"
COST = "costs.append(network.compute_cost(AL, Y_b))"

edits(
    FIT,
    {
        "You start t anew in each epoch. It counts the steps of all epochs: Adam's correction ends once.": (
            RATE,
            f"{RATE}\n        t = 0",
        ),
        "Your t counts from 0. The first step is step 1.": (
            "            t += 1\n",
            "",
            STEPPED,
            f"{STEPPED}\n            t += 1",
        ),
        "Your t counts epochs. It counts steps: one for each mini-batch.": ("t += 1", "t = epoch + 1"),
        "You shuffle once, before the epochs. Shuffle anew in each epoch.": (
            "    for epoch in range(epochs):",
            "    once = random_mini_batches(X, Y, mini_batch_size, rng)\n    for epoch in range(epochs):",
            LOOP,
            "for X_b, Y_b in once:",
        ),
        "You do not shuffle: the mini-batches are cut from X as it is.": (
            LOOP,
            "for i in range(0, X.shape[1], mini_batch_size):\n"
            "            X_b, Y_b = X[:, i : i + mini_batch_size], Y[:, i : i + mini_batch_size]",
        ),
        "You leave out the last, smaller mini-batch of each epoch.": (
            LOOP,
            "for X_b, Y_b in random_mini_batches(X, Y, mini_batch_size, rng)[: max(1, X.shape[1] // mini_batch_size)]:",
        ),
        "You loop over columns X[:, i], of shape (n,). A mini-batch of one is X[:, i:i + 1], of shape (n, 1).": (
            LOOP,
            "ones = [(X[:, i], Y[:, i]) for i in rng.permutation(X.shape[1])]\n"
            "        for X_b, Y_b in ones if mini_batch_size == 1 else "
            "random_mini_batches(X, Y, mini_batch_size, rng):",
        ),
        "You compute gradients of the whole training set in every step: use X_b and Y_b.": (
            "network.forward_propagation(X_b, parameters)",
            "network.forward_propagation(X, parameters)",
            "(AL, Y_b)",
            "(AL, Y)",
            "cache, Y_b)",
            "cache, Y)",
        ),
        "You take every step from the first parameters. Go on from those the optimizer returned.": (
            "    costs, t = [], 0",
            "    costs, t, start = [], 0, parameters",
            "(X_b, parameters)",
            "(X_b, start)",
            "(parameters, cache",
            "(start, cache",
            STEPPED,
            "parameters = optimizer(start, grads, t, rate)",
        ),
        "You compute gradients at the first parameters. Each step starts where the last one ended.": (
            "    costs, t = [], 0",
            "    costs, t, start = [], 0, parameters",
            "(X_b, parameters)",
            "(X_b, start)",
            "(parameters, cache",
            "(start, cache",
        ),
        "You return the parameters before the last step.": (
            STEPPED,
            f"before = parameters\n            {STEPPED}",
            "return parameters, costs",
            "return before, costs",
        ),
        "You do not use decay: ask it for the learning rate of each epoch.": (RATE, "rate = learning_rate"),
        "You count epochs from 1 for the decay. The first epoch is epoch 0.": (
            "decay(learning_rate, epoch)",
            "decay(learning_rate, epoch + 1)",
        ),
        "You ask decay at every step, with t. It wants the number of the epoch.": (
            STEPPED,
            "rate = decay(learning_rate, t - 1) if decay else learning_rate\n            " + STEPPED,
        ),
        "You let the decayed rate decay again. Each epoch's rate comes from the first one.": (
            RATE,
            "rate = learning_rate = decay(learning_rate, epoch) if decay else learning_rate",
        ),
        "You record the cost after the step. It is that of the mini-batch before it, which you have at hand.": (
            COST,
            "pass",
            STEPPED,
            f"{STEPPED}\n            AL, _ = network.forward_propagation(X_b, parameters)\n            {COST}",
        ),
        "You record the cost of the whole training set in every step. Take that of the mini-batch.": (
            COST,
            "costs.append(network.compute_cost(network.forward_propagation(X, parameters)[0], Y))",
        ),
        "You record one cost for each epoch. Record one for each step.": (
            COST,
            "cost = network.compute_cost(AL, Y_b)",
            "    return parameters, costs",
            "        costs.append(cost)\n    return parameters, costs",
        ),
        "You hold the mini-batch's AL against all labels. Take Y_b for the cost.": (COST, COST.replace("Y_b", "Y")),
        "You compute gradients with all labels. Take Y_b, those of the mini-batch.": ("cache, Y_b)", "cache, Y)"),
        "You return one cost, the last or the mean. Return a list with the cost of every step.": (
            "return parameters, costs",
            "return parameters, costs[-1]",
        ),
        "You hand t to decay. It wants the number of the epoch.": (
            "decay(learning_rate, epoch)",
            "decay(learning_rate, t)",
        ),
        "You train for one epoch only: the return stands inside the loop.": (
            "    return parameters, costs",
            "        return parameters, costs",
        ),
        "You train for one epoch too few.": ("range(epochs)", "range(1, epochs)"),
        "You make a new generator in each epoch, so all have the same mini-batches. Use the rng you are given.": (
            LOOP,
            "for X_b, Y_b in random_mini_batches(X, Y, mini_batch_size, np.random.default_rng(0)):",
        ),
        "You hand in sums over the mini-batch. backward_propagation gives means already: leave them.": (
            STEPPED,
            "parameters = optimizer(parameters, {key: g * Y_b.shape[1] for key, g in grads.items()}, t, rate)",
        ),
        "You divide the gradients by m. They are means over the mini-batch already.": (
            STEPPED,
            "grads = {key: g * Y_b.shape[1] / X.shape[1] for key, g in grads.items()}\n            " + STEPPED,
        ),
        "You return the costs first. The pair is (parameters, costs).": (
            "return parameters, costs",
            "return costs, parameters",
        ),
        "You return the parameters without the costs. The pair is (parameters, costs).": (
            "return parameters, costs",
            "return parameters",
        ),
    },
)

# --- exponentially_weighted_average -----------------------------------------------------------------------------------

RECURSION = "v = beta * v + (1 - beta) * value"
KEPT = "averages[t - 1] = v / (1 - beta**t) if bias_correction else v"

edits(
    AVERAGE,
    {
        "You feed the corrected value back into the recursion. Correct a copy; v itself goes on uncorrected.": (
            KEPT,
            "v = v / (1 - beta**t) if bias_correction else v\n        averages[t - 1] = v",
        ),
        "You divide by 1 − β. The correction is 1 − β to the power of t: it fades as t grows.": ("beta**t", "beta"),
        "Your t counts from 0, so the first average is divided by 1 − β⁰ = 0. Count from 1.": (
            "beta**t)",
            "beta ** (t - 1))",
            "v = 0.0",
            "v = np.float64(0.0)",
        ),
        "Your t runs one ahead: the first average is divided by 1 − β¹.": ("beta**t)", "beta ** (t + 1))"),
        "You swapped the weights: β belongs to the past, 1 − β to the new value.": (
            RECURSION,
            "v = (1 - beta) * v + beta * value",
        ),
        "You add the whole new value: it is weighed by 1 − β.": ("(1 - beta) * value", "value"),
        "You never correct. Divide by 1 − βᵗ when bias_correction is True.": (KEPT, "averages[t - 1] = v"),
        "You always correct. Leave v as it is when bias_correction is False.": (
            " if bias_correction else v",
            "",
        ),
        "You multiply by 1 − βᵗ. The averages are too small at first: divide.": ("v / (1", "v * (1"),
        "You start from the first value. Start from 0, and let the correction do the rest.": (
            "v = 0.0",
            "v = values[0]",
        ),
        "Your result holds whole numbers: zeros_like of integers cuts fractions off.": (
            "np.zeros(len(values))",
            "np.zeros_like(values)",
        ),
        "The brackets round 1 − βᵗ are missing: v / 1 − βᵗ divides first.": ("(1 - beta**t)", "1 - beta**t"),
        "You take the power of 1 − β. It is 1 − βᵗ: the power belongs to β alone.": (
            "(1 - beta**t)",
            "(1 - beta) ** t",
        ),
        "You turned bias_correction round.": ("if bias_correction", "if not bias_correction"),
        "You weigh by t, 1 − β·t, in place of the power βᵗ.": ("beta**t", "beta * t"),
        "Every entry is the last average. Keep one for each value.": (
            "    return averages",
            "    averages[:] = averages[-1]\n    return averages",
        ),
    },
)


@mistake(AVERAGE, "Your t counts from 0: the first division is by 1 − β⁰ = 0. Divide by 1 − β to the power of t + 1.")
def counts_from_zero(values, beta, bias_correction=True):
    v, averages = 0, []
    for t in range(len(values)):
        v = beta * v + (1 - beta) * values[t]
        averages.append(v / (1 - beta**t) if bias_correction else v)
    return averages


@mistake(AVERAGE, "You feed the corrected value back into the recursion. Correct a copy; v itself goes on uncorrected.")
def corrected_in_the_array(values, beta, bias_correction=True):
    v = np.zeros(len(values))
    v[0] = (1 - beta) * values[0]
    for t in range(1, len(values)):
        v[t] = beta * v[t - 1] + (1 - beta) * values[t]
        if bias_correction:
            v[t] = v[t] / (1 - beta ** (t + 1))
    return v


@mistake(AVERAGE, "Your loop leaves out the first value: there is an average for each.")
def without_the_first(values, beta, bias_correction=True):
    v, averages = 0.0, []
    for t in range(1, len(values)):
        v = beta * v + (1 - beta) * values[t]
        averages.append(v / (1 - beta**t) if bias_correction else v)
    return averages


@mistake(AVERAGE, "Your t counts from 0: the first division is by 1 − β⁰ = 0. Let enumerate start at 1.")
def division_by_zero(values, beta, bias_correction=True):
    v, averages = 0.0, []
    for t, value in enumerate(values):
        v = beta * v + (1 - beta) * float(value)
        averages.append(v / (1 - beta**t) if bias_correction else v)
    return averages


# --- momentum ---------------------------------------------------------------------------------------------------------

V = 'new_v["d" + key] = beta * v["d" + key] + (1 - beta) * grads["d" + key]'
MOVE = 'updated[key] = value - learning_rate * new_v["d" + key]'

edits(
    MOMENTUM,
    {
        "You add the whole gradient to v. Here it is weighed by 1 − β, or v is 1 / (1 − β) times too long.": (
            "(1 - beta) * grads",
            "grads",
        ),
        "You step along the old v. Update it first, then step along the new one.": (
            MOVE,
            'updated[key] = value - learning_rate * v["d" + key]',
        ),
        "You dropped the history: v is β times the old v plus the new part.": ('beta * v["d" + key] + ', ""),
        "You walk uphill: subtract α v.": ("value - learning_rate", "value + learning_rate"),
        "You swapped the weights: β belongs to the old v, 1 − β to the gradient.": (
            V,
            'new_v["d" + key] = (1 - beta) * v["d" + key] + beta * grads["d" + key]',
        ),
        "You step along the gradient: that is plain gradient descent. Step along v.": (
            MOVE,
            'updated[key] = value - learning_rate * grads["d" + key]',
        ),
        "You add the gradient to the old v and do not fade it: β is missing.": ('beta * v["d" + key]', 'v["d" + key]'),
        "You subtract the gradient in v: it is added.": ("+ (1 - beta)", "- (1 - beta)"),
        "You put the learning rate into v: v averages gradients, and α multiplies it in the step.": (
            "(1 - beta) * grads",
            "(1 - beta) * learning_rate * grads",
        ),
        "Your v holds α in place of 1 − β, and the step has none. v averages gradients; α multiplies it in the step.": (
            "(1 - beta) * grads",
            "learning_rate * grads",
            "value - learning_rate * ",
            "value - ",
        ),
        "You return the old v. Return the new one.": ("return updated, new_v", "return updated, dict(v)"),
        "You return the parameters without v. The pair is (parameters, v).": (
            "return updated, new_v",
            "return updated",
        ),
        "You return the pair in the wrong order: (parameters, v).": (
            "return updated, new_v",
            "return new_v, updated",
        ),
        "Your biases have no momentum: they take plain steps, and their v stays as it was.": (
            MOVE,
            MOVE + '\n        if key[0] == "b":\n            new_v["d" + key] = v["d" + key].copy()\n'
            '            updated[key] = value - learning_rate * grads["d" + key]',
        ),
        "The last layer is not updated: l runs from 1 to L, and range leaves out its end.": (
            MOVE,
            MOVE + "\n        if key[1:] == str(len(parameters) // 2):\n"
            '            updated[key], new_v["d" + key] = value.copy(), v["d" + key].copy()',
        ),
        "You divide by 1 − β as if to correct v. Momentum as asked for here corrects nothing.": (
            MOVE,
            'updated[key] = value - learning_rate * new_v["d" + key] / (1 - beta + 1e-9)',
        ),
    },
)


@mistake(MOMENTUM, "You put new arrays into the dicts you were given. Make new dicts, for the parameters and for v.")
def momentum_in_place(parameters, grads, v, beta, learning_rate):
    for key in parameters:
        v["d" + key] = beta * v["d" + key] + (1 - beta) * grads["d" + key]
        parameters[key] = parameters[key] - learning_rate * v["d" + key]
    return parameters, v


# --- RMSprop ----------------------------------------------------------------------------------------------------------

S = 'new_s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g**2'
DIVIDED = 'g / (np.sqrt(new_s["d" + key]) + epsilon)'

edits(
    RMSPROP,
    {
        "There is no ε in your denominator: where s is 0 you divide 0 by 0.": (
            '(np.sqrt(new_s["d" + key]) + epsilon)',
            'np.sqrt(new_s["d" + key])',
        ),
        "The brackets round your denominator are missing: g / √s + ε divides first. Write g / (√s + ε).": (
            '(np.sqrt(new_s["d" + key]) + epsilon)',
            'np.sqrt(new_s["d" + key]) + epsilon',
            "- learning_rate * ",
            "- learning_rate * (",
            "+ epsilon\n",
            "+ epsilon)\n",
        ),
        "The brackets round your denominator are missing, so that ε is added to the parameters. Write g / (√s + ε).": (
            '(np.sqrt(new_s["d" + key]) + epsilon)',
            'np.sqrt(new_s["d" + key]) + epsilon',
        ),
        "You square (1 − β₂) too. Only the gradient is squared.": ("(1 - beta2) * g**2", "((1 - beta2) * g) ** 2"),
        "The gradient is missing in your step: it is divided by √s + ε.": ("learning_rate * g / ", "learning_rate / "),
        "Your ε is inside the root. The denominator is √s + ε.": (
            '(np.sqrt(new_s["d" + key]) + epsilon)',
            'np.sqrt(new_s["d" + key] + epsilon)',
        ),
        "You divide by s + ε. Take the root of s first: s averages squares.": (
            'np.sqrt(new_s["d" + key])',
            'new_s["d" + key]',
        ),
        "You dropped the history: s is β₂ times the old s plus the new part.": ('beta2 * s["d" + key] + ', ""),
        "You add the whole square to s. Weigh it by 1 − β₂.": ("(1 - beta2) * g**2", "g**2"),
        "You average the gradient in s, not its square.": ("g**2", "g"),
        "You average absolute values in s. Square the gradient.": ("g**2", "np.abs(g)"),
        "You swapped the weights: β₂ belongs to the old s, 1 − β₂ to the square.": (
            S,
            'new_s["d" + key] = (1 - beta2) * s["d" + key] + beta2 * g**2',
        ),
        "You divide by the old s. Update it first, then divide by the new one.": (
            'np.sqrt(new_s["d" + key])',
            'np.sqrt(s["d" + key])',
        ),
        "You walk uphill: subtract the step.": ("value - learning_rate", "value + learning_rate"),
        "You correct s by 1 − β₂: RMSprop corrects nothing.": (
            'np.sqrt(new_s["d" + key])',
            'np.sqrt(new_s["d" + key] / (1 - beta2))',
        ),
        "You use ε = 1e-8 whatever epsilon is: take the argument.": ("+ epsilon)", "+ 1e-8)"),
        "You divide by the length of the whole array's s. Each entry has its own denominator.": (
            DIVIDED,
            'g / (np.sqrt(np.mean(new_s["d" + key])) + epsilon)',
        ),
        "You multiply by the root of s. Divide: large gradients get small steps.": (
            DIVIDED,
            'g * (np.sqrt(new_s["d" + key]) + epsilon)',
        ),
        "You return the old s. Return the new one.": ("return updated, new_s", "return updated, dict(s)"),
        "You return the parameters without s. The pair is (parameters, s).": (
            "return updated, new_s",
            "return updated",
        ),
        "You return the pair in the wrong order: (parameters, s).": (
            "return updated, new_s",
            "return new_s, updated",
        ),
        "Your biases stay as they were. They are parameters too.": ("updated[key] = ", COPIED),
    },
)


@mistake(RMSPROP, "You put new arrays into the dicts you were given. Make new dicts, for the parameters and for s.")
def rmsprop_in_place(parameters, grads, s, beta2, learning_rate, epsilon=1e-8):
    for key in parameters:
        g = grads["d" + key]
        s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g * g
        parameters[key] = parameters[key] - learning_rate * g / (np.sqrt(s["d" + key]) + epsilon)
    return parameters, s


# --- Adam -------------------------------------------------------------------------------------------------------------

V_HAT, S_HAT = 'v_hat = new_v["d" + key] / (1 - beta1**t)', 's_hat = new_s["d" + key] / (1 - beta2**t)'
V_NEW = 'new_v["d" + key] = beta1 * v["d" + key] + (1 - beta1) * g'
S_NEW = 'new_s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g**2'
ROOT = "(np.sqrt(s_hat) + epsilon)"

edits(
    ADAM,
    {
        "You do not use t: you divide by 1 − β₁ and 1 − β₂, without the power t, and v and s stay too large.": (
            "beta1**t",
            "beta1",
            "beta2**t",
            "beta2",
        ),
        "You correct v by 1 − β₁, without the power t.": ("beta1**t", "beta1"),
        "You correct s by 1 − β₂, without the power t.": ("beta2**t", "beta2"),
        "You do not correct s. It starts from zero as v does: divide by 1 − β₂ᵗ.": (S_HAT, 's_hat = new_s["d" + key]'),
        "You do not correct v. Divide it by 1 − β₁ᵗ.": (V_HAT, 'v_hat = new_v["d" + key]'),
        "You correct neither v nor s. Divide them by 1 − β₁ᵗ and 1 − β₂ᵗ.": (
            V_HAT,
            'v_hat = new_v["d" + key]',
            S_HAT,
            's_hat = new_s["d" + key]',
        ),
        "You correct s with β₁. It is averaged with β₂, so divide by 1 − β₂ᵗ.": (
            "(1 - beta2**t)",
            "(1 - beta1**t)",
        ),
        "Your betas are swapped: β₁ belongs to v, β₂ to s.": (
            "    updated, new_v",
            "    beta1, beta2 = beta2, beta1\n    updated, new_v",
        ),
        "Your ε is inside the root. The denominator is √ŝ + ε.": (ROOT, "np.sqrt(s_hat + epsilon)"),
        "There is no ε in your denominator: where s is 0 you divide 0 by 0.": (ROOT, "np.sqrt(s_hat)"),
        "The brackets round your denominator are missing, so that ε is added to the parameters: v̂ / (√ŝ + ε).": (
            ROOT,
            "np.sqrt(s_hat) + epsilon",
        ),
        "You weigh by t, 1 − β · t, in place of the power βᵗ.": ("beta1**t", "beta1 * t", "beta2**t", "beta2 * t"),
        "You return the corrected v as the state. The averages go on uncorrected.": (
            S_HAT,
            f'{S_HAT}\n        new_v["d" + key] = v_hat',
        ),
        "You return the corrected s as the state. The averages go on uncorrected.": (
            S_HAT,
            f'{S_HAT}\n        new_s["d" + key] = s_hat',
        ),
        "You add ε before the correction: √s + ε. It belongs to the corrected s, √ŝ + ε.": (
            ROOT,
            '(np.sqrt(new_s["d" + key]) + epsilon) * np.sqrt(1 - beta2**t)',
        ),
        "You return the corrected v and s as the state. The averages go on uncorrected.": (
            S_HAT,
            f'{S_HAT}\n        new_v["d" + key], new_s["d" + key] = v_hat, s_hat',
        ),
        "Your t is one too large: it comes counted from 1, use it as it is.": (
            "    updated, new_v",
            "    t = t + 1\n    updated, new_v",
        ),
        "Your t is one too small: it comes counted from 1, use it as it is.": (
            "    updated, new_v",
            "    t = t - 1\n    updated, new_v",
        ),
        "You multiply by 1 − βᵗ. Divide: the averages are too small at first.": (
            "/ (1 - beta1**t)",
            "* (1 - beta1**t)",
            "/ (1 - beta2**t)",
            "* (1 - beta2**t)",
        ),
        "You divide by ŝ + ε. Take its root first: s averages squares.": ("np.sqrt(s_hat)", "s_hat"),
        "You average the gradient in s, not its square.": (S_NEW, S_NEW.replace("g**2", "g")),
        "You dropped the history of v: it is β₁ times the old v plus the new part.": (
            'beta1 * v["d" + key] + (1 - beta1) * g',
            "(1 - beta1) * g",
        ),
        "You dropped the history of s: it is β₂ times the old s plus the new part.": (
            'beta2 * s["d" + key] + (1 - beta2) * g**2',
            "(1 - beta2) * g**2",
        ),
        "You add the whole gradient to v. Weigh it by 1 − β₁.": ("(1 - beta1) * g", "g"),
        "You add the whole square to s. Weigh it by 1 − β₂.": ("(1 - beta2) * g**2", "g**2"),
        "You step along the gradient. Step along the corrected v.": (
            "learning_rate * v_hat",
            "learning_rate * g",
        ),
        "You walk uphill: subtract the step.": ("value - learning_rate", "value + learning_rate"),
        "You use ε = 1e-8 whatever epsilon is: take the argument.": ("+ epsilon)", "+ 1e-8)"),
        "You use the usual 0.9 and 0.999 whatever beta1 and beta2 are: take the arguments.": (
            "    updated, new_v",
            "    beta1, beta2 = 0.9, 0.999\n    updated, new_v",
        ),
        "You return the states in the wrong order: (parameters, v, s).": (
            "return updated, new_v, new_s",
            "return updated, new_s, new_v",
        ),
        "You return the parameters only. The caller needs v and s for the next step: (parameters, v, s).": (
            "return updated, new_v, new_s",
            "return updated",
        ),
        "You return the old v and s. Return the new ones.": (
            "return updated, new_v, new_s",
            "return updated, dict(v), dict(s)",
        ),
        "Your biases stay as they were. They are parameters too.": ("updated[key] = ", COPIED),
    },
)


@mistake(ADAM, "You put new arrays into the dicts you were given. Make new dicts, for the parameters, for v and for s.")
def adam_in_place(parameters, grads, v, s, t, learning_rate, beta1=0.9, beta2=0.999, epsilon=1e-8):
    for key in parameters:
        g = grads["d" + key]
        v["d" + key] = beta1 * v["d" + key] + (1 - beta1) * g
        s["d" + key] = beta2 * s["d" + key] + (1 - beta2) * g**2
        v_hat, s_hat = v["d" + key] / (1 - beta1**t), s["d" + key] / (1 - beta2**t)
        parameters[key] = parameters[key] - learning_rate * v_hat / (np.sqrt(s_hat) + epsilon)
    return parameters, v, s


# --- decay ------------------------------------------------------------------------------------------------------------

edits(
    INVERSE,
    {
        "You do not use decay_rate: multiply the epoch by it.": ("decay_rate * epoch", "epoch"),
        "Your rate compounds: it is divided once more in every epoch. Divide α₀ once, by 1 + decay_rate · epoch.": (
            "return learning_rate0 / (1 + decay_rate * epoch)",
            "for e in range(1, epoch + 1):\n        learning_rate0 = learning_rate0 / (1 + decay_rate * e)\n"
            "    return learning_rate0",
        ),
        "You took a power: 1 + decay_rate to the epoch. Multiply them.": (
            "(1 + decay_rate * epoch)",
            "(1 + decay_rate) ** epoch",
        ),
        "Your rate rises: divide by 1 + decay_rate · epoch.": ("learning_rate0 / (", "learning_rate0 * ("),
        "The brackets are missing: α₀ / 1 + decay_rate · epoch is another number.": (
            "(1 + decay_rate * epoch)",
            "1 + decay_rate * epoch",
        ),
        "You multiply by 1 − decay_rate · epoch, which becomes negative. Divide by 1 + decay_rate · epoch.": (
            "/ (1 + decay_rate * epoch)",
            "* (1 - decay_rate * epoch)",
        ),
        "The 1 is missing in your denominator: at epoch 0 you divide by zero.": ("(1 + decay_rate", "(decay_rate"),
        "α₀ is missing: it multiplies the fraction.": ("return learning_rate0", "return 1"),
        "You count epochs from 1. In epoch 0 the rate is α₀.": ("* epoch)", "* (epoch + 1))"),
        "You divide by the root of 1 + decay_rate · epoch. There is no root here.": (
            "(1 + decay_rate * epoch)",
            "(1 + decay_rate * epoch) ** 0.5",
        ),
        "You do not use epoch: the rate never falls.": ("decay_rate * epoch", "decay_rate"),
    },
)

edits(
    EXPONENTIAL,
    {
        "You multiply by base · epoch. Take base to the power of epoch.": ("base**epoch", "base * epoch"),
        "Your rate rises: multiply by the power, do not divide.": ("* base", "/ base"),
        "You use 0.95 whatever base is: take the argument.": ("base**epoch", "0.95**epoch"),
        "You turned the power round: base to the epoch, not epoch to the base.": ("base**epoch", "epoch**base"),
        "You took the power of e: multiply α₀ by base to the power of epoch.": (
            "base**epoch",
            "np.exp(-base * epoch)",
        ),
        "You took the power of e, and no base: multiply α₀ by base to the power of epoch.": (
            "base**epoch",
            "np.exp(-epoch)",
        ),
        "You raise α₀ to a power. It multiplies base to the power of epoch.": (
            "learning_rate0 * base**epoch",
            "learning_rate0 ** (base * epoch)",
        ),
        "α₀ is inside the power. It multiplies base to the power of epoch.": (
            "learning_rate0 * base**epoch",
            "(learning_rate0 * base) ** epoch",
        ),
        "α₀ is missing: it multiplies the power.": ("learning_rate0 * ", ""),
        "You count epochs from 1. In epoch 0 the rate is α₀.": ("base**epoch", "base ** (epoch + 1)"),
        "You multiply by base once. Do it once for every epoch: a power.": ("base**epoch", "base"),
    },
)

edits(
    SQRT,
    {
        "At epoch 0 you divide by zero and get inf. There the rate is α₀ · k.": (
            "np.sqrt(max(epoch, 1))",
            "np.sqrt(epoch)",
        ),
        "You divide by zero at epoch 0. There the rate is α₀ · k.": ("np.sqrt(max(epoch, 1))", "epoch**0.5"),
        "At epoch 0 the rate is α₀ · k, not α₀.": (
            "    return",
            "    if epoch == 0:\n        return learning_rate0\n    return",
        ),
        "You divide by the root of epoch + 1. Only epoch 0 is special.": ("max(epoch, 1)", "epoch + 1"),
        "There is no root in your denominator.": ("np.sqrt(max(epoch, 1))", "max(epoch, 1)"),
        "You put k inside the root.": (
            "learning_rate0 * k / np.sqrt(max(epoch, 1))",
            "learning_rate0 * np.sqrt(k / max(epoch, 1))",
        ),
        "You do not use k.": ("learning_rate0 * k", "learning_rate0"),
        "You divide by k. It multiplies α₀.": ("learning_rate0 * k", "learning_rate0 / k"),
        "Your rate rises: divide by the root.": ("k / np", "k * np"),
        "You added a small number under the root: at epoch 0 the rate is huge. Treat epoch 0 by itself.": (
            "max(epoch, 1)",
            "epoch + 1e-8",
        ),
        "At epoch 0 the rate is α₀ · k, not 0.": ("    return", "    if epoch == 0:\n        return 0.0\n    return"),
    },
)

edits(
    STAIRCASE,
    {
        "You round epoch / interval. Cut it off: ⌊ ⌋ is the whole number below.": (
            "(epoch // interval)",
            "round(epoch / interval)",
        ),
        "You do not cut off: epoch / interval is a slope, not a stair.": ("epoch // interval", "epoch / interval"),
        "You round up. ⌊ ⌋ is the whole number below.": ("(epoch // interval)", "np.ceil(epoch / interval)"),
        "The brackets are missing: α₀ / 1 + decay_rate · ⌊epoch / interval⌋ is another number.": (
            "(1 + decay_rate * (epoch // interval))",
            "1 + decay_rate * (epoch // interval)",
        ),
        "You took the remainder of the division, %. Take its whole part, //.": (
            "epoch // interval",
            "epoch % interval",
        ),
        "You do not use interval: the rate falls in every epoch.": ("(epoch // interval)", "epoch"),
        "You took the whole part of decay_rate · epoch / interval. Only epoch / interval is cut off.": (
            "decay_rate * (epoch // interval)",
            "(decay_rate * epoch // interval)",
        ),
        "You do not use decay_rate: multiply the stair's number by it.": ("decay_rate * (", "("),
        "Your rate rises: divide by 1 + decay_rate · ⌊epoch / interval⌋.": ("learning_rate0 / (", "learning_rate0 * ("),
        "Your first stair is one epoch short: epoch 0 belongs to it.": (
            "epoch // interval",
            "(epoch + 1) // interval",
        ),
        "You took a power: 1 + decay_rate to the stair's number. Multiply them.": (
            "(1 + decay_rate * (epoch // interval))",
            "(1 + decay_rate) ** (epoch // interval)",
        ),
    },
)

# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("optimization_predictions", 4)
missing_predictions("optimization_more_predictions", 5)

wrong_options(
    "optimization_answers",
    {
        1: {
            "a": "Each step is shorter in time, but there are m of them, and none is vectorized.",
            "b": "Memory was no problem here. Look at the time of an epoch against the size.",
            "c": "One example's gradient is right on average, so the cost does fall, in a zigzag.",
        },
        2: {
            "a": "A mini-batch's cost has the scale of the whole set's: both are means.",
            "c": "Rising for one step is no bug: the next mini-batch may be a harder one.",
            "d": "The cost of a mini-batch depends on which examples are in it: it may rise in any step.",
        },
        3: {
            "a": "0.9 averages over about 10 values. For 50 you need 1 − β = 1/50.",
            "b": "1/50 is 1 − β, the weight of the newest value.",
            "c": "0.5 averages over about 2 values: it follows every jump.",
        },
        4: {
            "a": "It divides by 1 − βᵗ, and that tends to 1: late steps are hardly changed.",
            "b": "The correction does not depend on the gradient. Look at what v starts from.",
            "c": "The history is in v already; the recursion is the same with and without correction.",
        },
        5: {
            "a": "ε is far too small for that. Its job is to keep from dividing by zero.",
            "b": "It wanders on: a constant step does not get shorter by itself.",
            "c": "A learning rate is needed all the same; it has another meaning, the length of a step.",
        },
        6: {
            "a": "v and s are kept; t is what tells how much they have seen, and now it tells wrong.",
            "c": "Nothing overflows: 1 − βᵗ is never zero for t from 1.",
            "d": "The correction looks at t, and t is 1 again: it is made in each epoch.",
        },
        7: {
            "a": "More epochs at a rate that suits one of them do not make it fair.",
            "b": "The same number means two things: for Adam the length of a step, for GD a factor of the gradient.",
            "d": "Seeds measure luck. The unfair part is the shared rate.",
        },
        8: {
            "a": "A cliff has a large gradient; the trouble is where it is near zero.",
            "c": "There the gradient is zero, and all directions go up: rare with many directions.",
            "d": "Local minima with a high cost are rare in large networks. What is common?",
        },
    },
)
