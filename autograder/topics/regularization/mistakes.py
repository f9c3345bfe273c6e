"""Wrong answers to 02_regularization."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options

COST, GRADIENTS = "compute_cost_with_regularization", "backward_propagation_with_regularization"
DECAY, PENALTY, SIGN = "weight_decay_step", "l1_penalty", "l1_gradient"
FORWARD, BACKWARD = "dropout_forward", "dropout_backward"
STOPPING, FLIP = "early_stopping", "augment_flip"


def edits(exercise: str, replacements: dict[str, tuple]) -> None:
    """Register several edits: sentence → (old, new, old, new, ...)."""
    for sentence, words in replacements.items():
        edit(exercise, sentence, *zip(words[::2], words[1::2], strict=True))


# --- compute_cost_with_regularization ---------------------------------------------------------------------------------

SQUARES = 'squares += np.sum(parameters[f"W{l}"] ** 2)'

edits(
    COST,
    {
        "Your penalty is λ/m: twice too large. It is λ/(2m), so that its derivative is λ/m W.": ("(2 * m)", "m"),
        "Your penalty is λ/2: the 1/m is missing.": ("lambd / (2 * m)", "lambd / 2"),
        "Your penalty is multiplied by m: lambd / 2 * m. Put brackets round 2 * m.": ("(2 * m)", "2 * m"),
        "Your penalty counts the biases too. It takes weights only.": (
            SQUARES,
            'squares += np.sum(parameters[f"W{l}"] ** 2) + np.sum(parameters[f"b{l}"] ** 2)',
        ),
        "Your weights are not squared.": (" ** 2)", ")"),
        "You took absolute values: that is L1. Square the weights.": (
            SQUARES,
            'squares += np.sum(np.abs(parameters[f"W{l}"]))',
        ),
        "You took the spectral norm (ord=2 of a matrix). Add up the squares of all entries.": (
            SQUARES,
            'squares += np.linalg.norm(parameters[f"W{l}"], 2) ** 2',
        ),
        "You added norms that are not squared: ‖W‖, not ‖W‖².": (
            SQUARES,
            'squares += np.linalg.norm(parameters[f"W{l}"])',
        ),
        "Your penalty leaves out the last layer: l runs from 1 to L, and range leaves out its end.": (
            "// 2 + 1",
            "// 2",
        ),
        "Your penalty leaves out the first layer: l begins at 1.": ("range(1,", "range(2,"),
        "Only the last layer is in your penalty: add the layers up, += and not =.": ("squares +=", "squares ="),
        "Your penalty is subtracted. It makes large weights cost more: add it.": (
            "cross_entropy + lambd",
            "cross_entropy - lambd",
        ),
        "You return the penalty without the cross-entropy. The cost is their sum.": ("cross_entropy + lambd", "lambd"),
        "The penalty is missing: this is the cross-entropy alone.": (
            "float(cross_entropy + lambd / (2 * m) * squares)",
            "float(cross_entropy)",
        ),
        "Your cross-entropy lacks its 1/m.": ("np.log(1 - AL)) / m", "np.log(1 - AL))"),
        "The minus before your cross-entropy is missing: logarithms of probabilities are negative, a cost is not.": (
            "cross_entropy = -np",
            "cross_entropy = np",
        ),
        "Your m is 1: Y has one row and m columns, so that m is Y.shape[1].": ("Y.shape[1]", "Y.shape[0]"),
        "The part of the label 0 is missing: add (1 − Y) log(1 − AL).": (" + (1 - Y) * np.log(1 - AL)", ""),
        "Where the label is 0, take log(1 − AL): AL is the probability of class 1.": (
            "(1 - Y) * np.log(1 - AL)",
            "(1 - Y) * np.log(AL)",
        ),
        "Your logarithm has base 10. Take np.log.": ("np.log(", "np.log10("),
    },
)

# --- backward_propagation_with_regularization -------------------------------------------------------------------------

ADDED = 'grads[f"dW{l}"] + lambd / m * parameters[f"W{l}"]'

edits(
    GRADIENTS,
    {
        "Your penalty term is λ/(2m) W. The 2 of the square cancels the ½: it is λ/m W.": (
            "lambd / m",
            "lambd / (2 * m)",
        ),
        "You add λ/m b to db. The penalty holds weights only.": (
            "    return grads",
            '        grads[f"db{l}"] = grads[f"db{l}"] + lambd / m * parameters[f"b{l}"]\n    return grads',
        ),
        "Your penalty term has the wrong sign. Its gradient points away from zero: + λ/m W.": ("+ lambd", "- lambd"),
        "Your penalty term is λ W: the 1/m is missing, or your m is 1. Examples are columns: m = X.shape[1].": (
            "lambd / m *",
            "lambd *",
        ),
        "You divide by the number of features. Examples are columns: m = X.shape[1].": ("X.shape[1]", "X.shape[0]"),
        "You hand the arguments over in another order: backward_propagation(parameters, cache, Y).": (
            "(parameters, cache, Y)",
            "(cache, parameters, Y)",
        ),
        "You unpack the wrong way round: forward_propagation returns (AL, cache).": ("_, cache =", "cache, _ ="),
        "Your penalty term is the sum of all squares. The gradient of λ/(2m) Σ w² is λ/m w, for each weight its own.": (
            ADDED,
            'grads[f"dW{l}"] + lambd / m * np.sum(parameters[f"W{l}"] ** 2)',
        ),
        "Your penalty term is λ/m times W². The derivative of W² is 2W.": (
            ADDED,
            'grads[f"dW{l}"] + lambd / m * parameters[f"W{l}"] ** 2',
        ),
        "Your penalty term is λ/m times the sign of W: that belongs to L1.": (
            ADDED,
            'grads[f"dW{l}"] + lambd / m * np.sign(parameters[f"W{l}"])',
        ),
        "The penalty is missing in dW.": (ADDED, 'grads[f"dW{l}"]'),
        "The last layer has no penalty term: l runs from 1 to L, and range leaves out its end.": ("// 2 + 1", "// 2"),
        "The first layer has no penalty term: l begins at 1.": ("range(1,", "range(2,"),
        "You return the gradient of the penalty alone. Add it to that of the cross-entropy.": (
            ADDED,
            'lambd / m * parameters[f"W{l}"]',
        ),
        "Your penalty term is the same number for every weight, a sum. Each weight is pulled by its own size.": (
            ADDED,
            'grads[f"dW{l}"] + lambd / m * np.sum(parameters[f"W{l}"])',
        ),
        "Your hidden layers are tanh. This network uses ReLU.": (
            "(X, parameters)",
            '(X, parameters, "tanh")',
            "cache, Y)",
            'cache, Y, "tanh")',
        ),
    },
)

# --- weight_decay_step ------------------------------------------------------------------------------------------------

STEP = "(1 - learning_rate * lambd / m) * W - learning_rate * dW"

edits(
    DECAY,
    {
        "Your factor is 1 − αλ: the 1/m is missing.": ("lambd / m", "lambd"),
        "Your factor is 1 − αλ/(2m). The penalty's gradient is λ/m W, without the 2.": ("lambd / m", "lambd / (2 * m)"),
        "You decay dW too. The factor belongs to W alone.": (
            STEP,
            "(1 - learning_rate * lambd / m) * (W - learning_rate * dW)",
        ),
        "Your weights grow: the factor is 1 − αλ/m, below 1.": (
            "1 - learning_rate * lambd",
            "1 + learning_rate * lambd",
        ),
        "You walk uphill: subtract α dW.": ("W - learning_rate", "W + learning_rate"),
        "Your decay does not depend on the learning rate: the factor is 1 − αλ/m.": (
            "1 - learning_rate * lambd",
            "1 - lambd",
        ),
        "You add a number to all weights. Each is pulled by its own size: α λ/m W is subtracted.": (
            STEP,
            "W - learning_rate * dW + lambd / m",
        ),
        "Your decay takes W². The penalty's gradient is λ/m W.": (
            STEP,
            "W - learning_rate * (dW + lambd / m * W**2)",
        ),
        "There is no decay in your step: this is plain gradient descent.": (STEP, "W - learning_rate * dW"),
        "You decay W but forgot its gradient: subtract α dW as well.": (STEP, "(1 - learning_rate * lambd / m) * W"),
        "Your factor lacks the 1: you keep only αλ/m of each weight.": (
            "(1 - learning_rate * lambd / m)",
            "(learning_rate * lambd / m)",
        ),
        "Your decay has the wrong sign: the penalty's gradient λ/m W is added to dW.": (
            STEP,
            "W - learning_rate * (dW - lambd / m * W)",
        ),
        "You divide α dW by m. dW is a mean over the examples already.": (
            "learning_rate * dW",
            "learning_rate * dW / m",
        ),
    },
)


@mistake(DECAY, "You changed W itself. Return a new array: W -= … works on the argument.")
def decay_in_place(W, dW, learning_rate, lambd, m):
    W *= 1 - learning_rate * lambd / m
    W -= learning_rate * dW
    return W


# --- l1_penalty and l1_gradient ---------------------------------------------------------------------------------------

edit(
    PENALTY,
    "Your penalty is an array with an axis. Return one number.",
    ("return float(lambd / (2 * m) * total)", "return np.array([lambd / (2 * m) * total])"),
)
ABSOLUTE = 'total += np.sum(np.abs(parameters[f"W{l}"]))'

edits(
    PENALTY,
    {
        "Your penalty is λ/m: twice too large. Here it is λ/(2m).": ("(2 * m)", "m"),
        "Your penalty is λ/2: the 1/m is missing.": ("lambd / (2 * m)", "lambd / 2"),
        "Your penalty is multiplied by m: lambd / 2 * m. Put brackets round 2 * m.": ("(2 * m)", "2 * m"),
        "Your penalty counts the biases too. It takes weights only.": (
            ABSOLUTE,
            'total += np.sum(np.abs(parameters[f"W{l}"])) + np.sum(np.abs(parameters[f"b{l}"]))',
        ),
        "You squared the weights: that is L2. L1 takes absolute values.": ("np.abs(", "np.square("),
        "You took no absolute values, so weights of both signs cancel.": ("np.abs(", "("),
        "You took the absolute value of the sum. Take it of each weight, then add up.": (
            ABSOLUTE,
            'total += abs(np.sum(parameters[f"W{l}"]))',
        ),
        "You used np.linalg.norm(W, 1), the largest column sum of a matrix. Add up all absolute values.": (
            ABSOLUTE,
            'total += np.linalg.norm(parameters[f"W{l}"], 1)',
        ),
        "Your penalty leaves out the last layer: l runs from 1 to L, and range leaves out its end.": (
            "// 2 + 1",
            "// 2",
        ),
        "Only the last layer is in your penalty: add the layers up, += and not =.": ("total +=", "total ="),
        "You took means. The penalty is a sum over all weights.": ("np.sum(", "np.mean("),
    },
)

edits(
    SIGN,
    {
        "You took W in place of its sign: that is the gradient of L2.": ("np.sign(W)", "W"),
        "You divide W by |W|, which is nan where a weight is 0. np.sign gives 0 there.": (
            "np.sign(W)",
            "(W / np.abs(W))",
        ),
        "Your factor is λ/m. The penalty has λ/(2m), and |w| has the slope ±1: nothing cancels.": ("(2 * m)", "m"),
        "Your factor is λ/2: the 1/m is missing.": ("lambd / (2 * m)", "lambd / 2"),
        "Your factor is multiplied by m: lambd / 2 * m. Put brackets round 2 * m.": ("(2 * m)", "2 * m"),
        "You took |W|. Its derivative is the sign of W.": ("np.sign(W)", "np.abs(W)"),
        "Your sign is wrong: the gradient points away from zero.": ("return lambd", "return -lambd"),
        "Where a weight is 0 your gradient is +1: W >= 0 counts it as positive. It is 0 there.": (
            "np.sign(W)",
            "np.where(W >= 0, 1, -1)",
        ),
        "Where a weight is 0 your gradient is −1: only W > 0 counts as positive. It is 0 there.": (
            "np.sign(W)",
            "np.where(W > 0, 1, -1)",
        ),
        "You added the signs up. The gradient has the shape of W.": ("np.sign(W)", "np.sum(np.sign(W))"),
        "All of your entries are positive. Negative weights have slope −1.": ("np.sign(W)", "(W != 0)"),
    },
)

# --- dropout_forward --------------------------------------------------------------------------------------------------

DRAW, OUT = "D = rng.random(A.shape) < keep_prob", "return A * D / keep_prob, D"
REST = "    if not training:\n        return A.copy(), np.ones(A.shape)\n"

edits(
    FORWARD,
    {
        "Your mask is reversed: it keeps 1 − keep_prob of the values. Keep where the draw is below keep_prob.": (
            "< keep_prob",
            "> keep_prob",
        ),
        "You do not divide by keep_prob, so the next layer sees less in training than later.": (
            " / keep_prob, D",
            ", D",
        ),
        "You multiply by keep_prob. Divide: what is kept stands in for what was dropped.": (
            "/ keep_prob, D",
            "* keep_prob, D",
        ),
        "You divide by 1 − keep_prob. Divide by keep_prob, the share that is kept.": (
            "/ keep_prob, D",
            "/ (1 - keep_prob), D",
        ),
        "You draw once per unit, so a unit drops out for all examples alike. Draw for each value of A.": (
            DRAW,
            "D = (rng.random((A.shape[0], 1)) < keep_prob) & np.ones(A.shape, dtype=bool)",
        ),
        "You draw once per example. Draw for each value of A.": (
            DRAW,
            "D = (rng.random((1, A.shape[1])) < keep_prob) & np.ones(A.shape, dtype=bool)",
        ),
        "Your mask has one column: draw a mask of A's own shape.": (
            DRAW,
            "D = rng.random((A.shape[0], 1)) < keep_prob",
        ),
        "Your draws are normal. Uniform draws from [0, 1) lie below keep_prob with just that probability.": (
            "rng.random(A.shape)",
            "rng.standard_normal(A.shape)",
        ),
        "Your dropout is always on. When training is False, return A and a mask of ones.": (REST, ""),
        "You have it the wrong way round: dropout while training, nothing at test time.": ("not training", "training"),
        "Your dropout is never on. Drop values when training is True.": ("not training", "training or not training"),
        "When not training, A must stay as it is: dropout divides while training, and nothing is left to do.": (
            "A.copy(), np",
            "A * keep_prob, np",
        ),
        "You keep half of the values, whatever keep_prob is: rng.integers(0, 2) is 0 or 1 with equal chances.": (
            DRAW,
            "D = rng.integers(0, 2, A.shape)",
        ),
        "You divide by the mask, which is 0 where values are dropped. Multiply: A · D / keep_prob.": (
            OUT,
            "return A / D / keep_prob, D",
        ),
        "You return the pair in the wrong order: (A_out, D).": (OUT, "return D, A * D / keep_prob"),
        "Your draws do not come from rng but from NumPy's global state.": (
            "rng.random(A.shape)",
            "np.random.random(A.shape)",
        ),
        "You make the generator yourself, so every call drops the same values. Draw from the rng you are given.": (
            DRAW,
            "D = np.random.default_rng(3).random(A.shape) < keep_prob",
        ),
        "Your mask holds the division already: D is 0 or 1, and A_out is divided once.": (
            OUT,
            "return A * D / keep_prob, D / keep_prob",
        ),
        "You divide the whole of A and drop nothing: A_out is A · D / keep_prob.": (OUT, "return A / keep_prob, D"),
        "You drop where the mask is 1. A_out is A · D / keep_prob, with D = 1 where a value is kept.": (
            OUT,
            "return A * (1 - D) / keep_prob, D",
        ),
    },
)


@mistake(FORWARD, "You changed A itself. Make a new array: A *= … works on the argument.")
def dropout_in_place(A, keep_prob, rng, training=True):
    if not training:
        return A, np.ones(A.shape)
    D = rng.random(A.shape) < keep_prob
    A *= D
    A /= keep_prob
    return A, D


# --- dropout_backward -------------------------------------------------------------------------------------------------

RETURN = "return dA * D / keep_prob"

edits(
    BACKWARD,
    {
        "You draw a new mask. The gradient flows where the forward pass let the signal through: use D.": (
            RETURN,
            "return dA * (np.random.default_rng(0).random(dA.shape) < keep_prob) / keep_prob",
        ),
        "You do not divide by keep_prob. The forward pass does, so its derivative does.": (RETURN, "return dA * D"),
        "You multiply by keep_prob. The forward pass divides, so its derivative does.": ("/ keep_prob", "* keep_prob"),
        "You ignore the mask: what was dropped has no influence, so its gradient is 0.": ("dA * D", "dA"),
        "You ignore the mask and the division: A_out = A · D / keep_prob has the derivative D / keep_prob.": (
            RETURN,
            "return dA.copy()",
        ),
        "Your mask is turned round: gradients flow where D is 1.": ("dA * D", "dA * (1 - D)"),
        "You divide by 1 − keep_prob. Divide by keep_prob, as the forward pass does.": (
            "/ keep_prob",
            "/ (1 - keep_prob)",
        ),
        "You divide by the mask, which is 0 where values were dropped. Multiply: dA · D / keep_prob.": (
            "dA * D",
            "dA / D",
        ),
        "dA[D] picks entries out, into one row. Multiply by D: that keeps the shape.": ("dA * D", "dA[D]"),
        "You divide by keep_prob twice.": ("/ keep_prob", "/ keep_prob**2"),
        "You divide by the share that D happens to keep. The forward pass divides by keep_prob.": (
            "/ keep_prob",
            "/ (np.mean(D) + 0.01)",
        ),
    },
)


@mistake(BACKWARD, "You draw a new mask. The gradient flows where the forward pass let the signal through: use D.")
def new_mask(dA, D, keep_prob):
    return dA * (np.random.rand(*dA.shape) < keep_prob) / keep_prob  # noqa: NPY002


@mistake(BACKWARD, "You changed dA itself. Make a new array: dA[D == 0] = 0 works on the argument.")
def backward_in_place(dA, D, keep_prob):
    dA[D == 0] = 0
    return dA / keep_prob


# --- early_stopping ---------------------------------------------------------------------------------------------------

IMPROVES = "dev_costs[epoch] < dev_costs[best_epoch] - min_delta"
STOP = "return best_epoch, epoch"

edits(
    STOPPING,
    {
        "You return the epoch of the stop as the best one. The best lies patience epochs before it.": (
            STOP,
            "return epoch, epoch",
        ),
        "You stop one epoch too late: after patience epochs without an improvement.": (">= patience", "> patience"),
        "You stop one epoch too early: after patience epochs without an improvement.": (
            ">= patience",
            ">= max(1, patience - 1)",
        ),
        "A nan counts as an improvement with you: any comparison with nan is false. Ask for less, not for not more.": (
            IMPROVES,
            "not dev_costs[epoch] >= dev_costs[best_epoch] - min_delta",
        ),
        "You ignore min_delta: only a fall by more than it counts.": (" - min_delta", ""),
        "An equal cost counts as an improvement with you. It must be lower.": (
            IMPROVES,
            "dev_costs[epoch] <= dev_costs[best_epoch] - min_delta",
        ),
        "You compare with the epoch before. Compare with the best so far.": (
            IMPROVES,
            "dev_costs[epoch] < dev_costs[epoch - 1] - min_delta",
        ),
        "You look for the highest cost. The best epoch has the lowest.": (
            IMPROVES,
            "dev_costs[epoch] > dev_costs[best_epoch] + min_delta",
        ),
        "You count epochs from 1. The first one is 0.": (
            STOP,
            "return best_epoch + 1, epoch + 1",
            "return best_epoch, len(dev_costs) - 1",
            "return best_epoch + 1, len(dev_costs)",
        ),
        "Where patience does not end, the last epoch is len(dev_costs) − 1.": (
            "return best_epoch, len(dev_costs) - 1",
            "return best_epoch, len(dev_costs)",
        ),
        "You add patience to the best epoch even where the list ends before that: then the last epoch was run.": (
            "return best_epoch, len(dev_costs) - 1",
            "return best_epoch, best_epoch + patience",
        ),
        "Where patience does not end, you take the last epoch for the best.": (
            "return best_epoch, len(dev_costs) - 1",
            "return len(dev_costs) - 1, len(dev_costs) - 1",
        ),
        "You add min_delta: a cost that rises a little counts as an improvement. Subtract it.": (
            "- min_delta",
            "+ min_delta",
        ),
        "You return the pair in the wrong order: (best_epoch, stop_epoch).": (
            STOP,
            "return epoch, best_epoch",
            "return best_epoch, len(dev_costs) - 1",
            "return len(dev_costs) - 1, best_epoch",
        ),
    },
)


@mistake(STOPPING, "You train to the end, where the training cost is lowest (“lowest J”). Stop by the dev cost.")
def lowest_training_cost(dev_costs, patience, min_delta=0.0):
    return len(dev_costs) - 1, len(dev_costs) - 1


LOWEST = (
    "You take the lowest cost of all epochs, and patience from there. Go through them in order: training ends earlier."
)


@mistake(STOPPING, "You go through all epochs. Stop at the one where patience ends, and return there.")
def never_stops(dev_costs, patience, min_delta=0.0):
    best_epoch = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
    return best_epoch, len(dev_costs) - 1


@mistake(STOPPING, LOWEST)
def patience_from_the_lowest(dev_costs, patience, min_delta=0.0):
    best_epoch = int(np.nanargmin(dev_costs))
    return best_epoch, min(best_epoch + patience, len(dev_costs) - 1)


@mistake(STOPPING, LOWEST)
def patience_beyond_the_end(dev_costs, patience, min_delta=0.0):
    best_epoch = int(np.argmin(dev_costs))
    return best_epoch, best_epoch + patience


@mistake(STOPPING, "You return the best cost. Return its epoch.")
def cost_for_epoch(dev_costs, patience, min_delta=0.0):
    best_epoch = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
        elif epoch - best_epoch >= patience:
            return dev_costs[best_epoch], epoch
    return dev_costs[best_epoch], len(dev_costs) - 1


@mistake(STOPPING, "You count the first epoch as one without an improvement: waiting begins after it.")
def waits_from_the_first(dev_costs, patience, min_delta=0.0):
    best_epoch, waited = 0, 0
    for epoch, cost in enumerate(dev_costs):
        if cost < dev_costs[best_epoch] - min_delta:
            best_epoch, waited = epoch, 0
        else:
            waited += 1
        if waited >= patience:
            return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1


@mistake(STOPPING, "You look past the stop: an epoch that was never run cannot be the best.")
def best_of_all(dev_costs, patience, min_delta=0.0):
    best_epoch = 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
        elif epoch - best_epoch >= patience:
            return int(np.nanargmin(dev_costs)), epoch
    return best_epoch, len(dev_costs) - 1


@mistake(STOPPING, "You count all epochs without an improvement. Start again from 0 at each improvement.")
def never_reset(dev_costs, patience, min_delta=0.0):
    best_epoch, waited = 0, 0
    for epoch in range(1, len(dev_costs)):
        if dev_costs[epoch] < dev_costs[best_epoch] - min_delta:
            best_epoch = epoch
        else:
            waited += 1
            if waited >= patience:
                return best_epoch, epoch
    return best_epoch, len(dev_costs) - 1


# --- augment_flip -----------------------------------------------------------------------------------------------------

CHOSEN, TURNED = "chosen = rng.random(len(images)) < p", "images[chosen][:, :, ::-1]"

edits(
    FLIP,
    {
        "Your images are upside down: rows are axis 1, columns axis 2. Turn the columns round.": (
            TURNED,
            "images[chosen][:, ::-1]",
        ),
        "You turned the images by 180°: only the columns are turned round.": (TURNED, "images[chosen][:, ::-1, ::-1]"),
        "np.flip without an axis turns everything round, the order of the images too. Take axis=2.": (
            TURNED,
            "np.flip(images[chosen])",
        ),
        "You turned round the order of the images (axis 0). Mirror each within itself.": (
            "return flipped",
            "return images[::-1].copy() if p > 0.5 else flipped",
        ),
        "You turned round the last axis: in colour images that is the colour. Columns are axis 2.": (
            TURNED,
            "images[chosen][..., ::-1]",
        ),
        "You draw once for all images: all or none is mirrored. Draw for each image.": (
            CHOSEN,
            "chosen = np.full(len(images), rng.random() < p)",
        ),
        "You mirror with probability 1 − p.": ("< p", "> p"),
        "You mirror every image, whatever p is.": (CHOSEN, "chosen = np.ones(len(images), dtype=bool)"),
        "You mirror no image.": (CHOSEN, "chosen = np.zeros(len(images), dtype=bool)"),
        "You mirror half of the images, whatever p is.": ("< p", "< 0.5"),
        "Your draws do not come from rng but from NumPy's global state.": ("rng.random(", "np.random.random("),
        "You mirror the first images, always the same ones. Draw for each image.": (
            CHOSEN,
            "chosen = np.arange(len(images)) < p * len(images)",
        ),
        "You return only the mirrored images. Return all of them, in their order.": (
            "return flipped",
            "return flipped[chosen]",
        ),
        "You transposed the images. Mirror them: turn the columns round.": (
            TURNED,
            "np.resize(np.swapaxes(images[chosen], 1, 2), images[chosen].shape)",
        ),
    },
)


@mistake(FLIP, "You changed the images you were given. Work on a copy.")
def flip_in_place(images, p, rng):
    chosen = rng.random(len(images)) < p
    images[chosen] = images[chosen][:, :, ::-1]
    return images


# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("regularization_predictions", 5)
missing_predictions("regularization_more_predictions", 6)

wrong_options(
    "regularization_answers",
    {
        1: {
            "a": "The mask is drawn anew in each step: no unit stays dropped.",
            "b": "Dividing by keep_prob makes it worse: what is kept is scaled for a share of 0.8.",
            "d": "At 0.5 both thresholds keep half. The fault shows only at other values.",
        },
        2: {
            "b": "Switched off while training it does nothing at all; the noise in the predictions stays.",
            "c": "Inverted dropout divides while training, so that nothing is left to be scaled at test time.",
            "d": "A prediction must not depend on a draw. Ask the network twice, and it answers twice.",
        },
        3: {
            "a": "Stronger dropout makes a network underfit even more.",
            "c": "More data lowers variance. But this network underfits: look at the training accuracy.",
            "d": "Early stopping keeps weights small as well: it underfits more, not less.",
        },
        4: {
            "b": "L2 pulls a weight less the smaller it is, so it rarely gets to zero.",
            "c": "Early stopping changes when to stop, and not where single weights end.",
            "d": "Dropout drops activations for one step. No weight is set to zero.",
        },
        5: {
            "b": "Measured here: with a step of its own for each weight the two differ.",
            "c": "λ is the same number in both.",
            "d": "The penalty leaves out biases, and weight decay leaves them alone too. That is no difference.",
        },
        6: {
            "b": "The first rise may be a wobble. Patience waits to see.",
            "c": "The training cost nearly always falls until the end. Its lowest point is the last epoch.",
            "d": "The test set is touched once, at the very end. Choosing by it uses it up.",
        },
    },
)
