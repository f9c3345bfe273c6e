"""Wrong answers to 06_hyperparameters."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options

LOG, BETA = "sample_log_uniform", "sample_momentum"
GRID, RANDOM = "grid_search_points", "random_search_points"
REFINE, HALVING, CHALLENGE = "coarse_to_fine", "successive_halving", "challenge_settings"

# --- sample_log_uniform -----------------------------------------------------------------------------------------------

edit(
    LOG,
    "You draw uniformly between low and high: nearly all draws land in the highest power of ten. Draw the exponents.",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "rng.uniform(low, high, size)"),
    ("10**exponents", "exponents"),
)
edit(
    LOG,
    "You take logarithms to base e and powers of 10. Take one base for both.",
    ("np.log10(low), np.log10(high)", "np.log(low), np.log(high)"),
)
edit(
    LOG,
    "You take logarithms to base 10 and powers of e: np.exp belongs to np.log, 10** to np.log10.",
    ("10**exponents", "np.exp(exponents)"),
)
edit(LOG, "You return the exponents. Raise 10 to them.", ("10**exponents", "exponents"))
edit(
    LOG,
    "You use low and high themselves as exponents. Their logarithms are the ends.",
    ("np.log10(low), np.log10(high)", "low, high"),
)
edit(
    LOG,
    "Your exponents are whole numbers, so you only draw powers of ten. Draw them uniformly.",
    (
        "rng.uniform(np.log10(low), np.log10(high), size)",
        "rng.integers(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1, size).astype(float)",
    ),
)
edit(
    LOG,
    "You draw a single number: hand size to rng.uniform.",
    ("np.log10(high), size", "np.log10(high)"),
)
edit(
    LOG,
    "Your exponents are whole numbers, so you only draw powers of ten. Draw them uniformly.",
    ("rng.uniform(", "rng.integers("),
)
edit(
    LOG,
    "You draw one number and repeat it. Ask the generator for size of them.",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "np.full(size, rng.uniform(np.log10(low), np.log10(high)))"),
)
edit(
    LOG,
    "You make evenly spaced numbers in order: that is a grid. Draw with rng.",
    ("rng.uniform(np.log10(low), np.log10(high), size)", "np.linspace(np.log10(low), np.log10(high), size)"),
)
edit(
    LOG,
    "You draw from NumPy's global state. Draw from the rng that you were given.",
    ("rng.uniform(", "np.random.uniform("),
)
edit(
    LOG,
    "You make a generator of your own. Draw from the rng that you were given.",
    ("rng.uniform(", "np.random.default_rng(0).uniform("),
)
edit(
    LOG,
    "You return a list of one array, or a column. The shape is (size,).",
    ("10**exponents", "10**exponents.reshape(-1, 1)"),
)

# --- sample_momentum --------------------------------------------------------------------------------------------------

edit(
    BETA,
    "You draw β uniformly: 0.9 to 0.95 gets as many draws as 0.95 to 0.9995. Draw the exponent of 1 − β.",
    ("rng.uniform(np.log10(1 - high), np.log10(1 - low), size)", "rng.uniform(low, high, size)"),
    ("1 - 10**exponents", "exponents"),
)
edit(
    BETA,
    "You draw β itself on a logarithmic scale. It is 1 − β whose powers of ten get the same share.",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log10(low), np.log10(high)"),
    ("1 - 10**exponents", "10**exponents"),
)
edit(
    BETA,
    "Your bounds belong to β, not to 1 − β: you draw 1 − β between low and high.",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log10(low), np.log10(high)"),
)
edit(BETA, "You return 1 − β. Take it from 1.", ("1 - 10**exponents", "10**exponents"))
edit(
    BETA,
    "You take logarithms to base e and powers of 10. Take one base for both.",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log(1 - high), np.log(1 - low)"),
)
edit(
    BETA,
    "You take logarithms to base 10 and powers of e. Take one base for both.",
    ("10**exponents", "np.exp(exponents)"),
)
edit(
    BETA,
    "You draw one β and repeat it. Ask the generator for size of them.",
    (
        "rng.uniform(np.log10(1 - high), np.log10(1 - low), size)",
        "np.full(size, rng.uniform(np.log10(1 - high), np.log10(1 - low)))",
    ),
)
edit(
    BETA,
    "You draw from NumPy's global state. Draw from the rng that you were given.",
    ("rng.uniform(", "np.random.uniform("),
)
edit(
    BETA,
    "Your exponents have their ends swapped: of 1 − high and 1 − low, the first is the smaller one.",
    ("np.log10(1 - high), np.log10(1 - low)", "np.log10(1 - low), np.log10(1 - high)"),
)

# --- points in a box --------------------------------------------------------------------------------------------------

edit(
    GRID,
    "The upper ends are missing on your axes. Both ends belong to the grid: np.linspace includes them.",
    ("np.linspace(low, high, per_axis)", "np.linspace(low, high, per_axis, endpoint=False)"),
)
edit(
    GRID,
    "You pair the first values, the second values, and so on: that is a diagonal. A grid has every combination.",
    ("[axis.ravel() for axis in np.meshgrid(*axes)]", "axes"),
)
edit(
    GRID,
    "You return the arrays of np.meshgrid. Flatten each with ravel, and stack them as columns.",
    ("np.stack([axis.ravel() for axis in np.meshgrid(*axes)], axis=1)", "np.meshgrid(*axes)"),
)
edit(
    GRID,
    "You loop over two axes. There may be one or three: np.meshgrid and itertools.product take any number.",
    ("np.meshgrid(*axes)", "np.meshgrid(axes[0], axes[1])"),
)
edit(
    GRID,
    "Your array lies on its side: one point in a row, one axis in a column.",
    ("np.meshgrid(*axes)], axis=1)", "np.meshgrid(*axes)], axis=0)"),
)
edit(
    GRID,
    "All your axes have the bounds of the first one.",
    ("for low, high in bounds", "for low, high in [bounds[0]] * len(bounds)"),
)
edit(
    GRID,
    "Your axes go from 0 to 1. Stretch them to their bounds.",
    ("np.linspace(low, high, per_axis)", "np.linspace(0, 1, per_axis)"),
)
edit(
    GRID,
    "Your axes have one value too many: per_axis counts the values, not the steps between them.",
    ("np.linspace(low, high, per_axis)", "np.linspace(low, high, per_axis + 1)"),
)
edit(
    GRID,
    "You leave the ends out and take the middles of cells. The grid goes from low to high, both included.",
    (
        "np.linspace(low, high, per_axis)",
        "low + (high - low) * (np.arange(per_axis) + 0.5) / per_axis",
    ),
)
edit(
    RANDOM,
    "You draw one number per point and use it on every axis: all points lie on a line. Draw each axis on its own.",
    ("rng.uniform(low, high, (size, len(bounds)))", "low + (high - low) * rng.random((size, 1))"),
)
edit(
    RANDOM,
    "All your points lie between 0 and 1. Stretch each axis to its bounds.",
    ("rng.uniform(low, high, (size, len(bounds)))", "rng.random((size, len(bounds)))"),
)
edit(
    RANDOM,
    "Your size has no axis for the bounds: (size, len(bounds)), a row for each point.",
    ("(size, len(bounds)))", "size)"),
)
edit(
    RANDOM,
    "You stretch by high and not by high − low: points lie between low and low + high.",
    ("rng.uniform(low, high, (size, len(bounds)))", "low + high * rng.random((size, len(bounds)))"),
)
edit(
    RANDOM,
    "All your axes have the bounds of the first one.",
    ("rng.uniform(low, high,", "rng.uniform(low[0], high[0],"),
)
edit(
    RANDOM,
    "Your array lies on its side: one point in a row, one axis in a column.",
    ("(size, len(bounds)))", "(size, len(bounds))).T"),
)
edit(
    RANDOM,
    "You draw from a few values on each axis: that is a grid with holes. Draw any number between the bounds.",
    (
        "rng.uniform(low, high, (size, len(bounds)))",
        "low + (high - low) * rng.integers(0, 11, (size, len(bounds))) / 10",
    ),
)
edit(
    RANDOM,
    "You draw from NumPy's global state. Draw from the rng that you were given.",
    ("rng.uniform(", "np.random.uniform("),
)
edit(
    RANDOM,
    "Your points crowd in the middle: draw uniformly, not from a bell curve.",
    (
        "rng.uniform(low, high, (size, len(bounds)))",
        "np.clip(rng.normal((low + high) / 2, (high - low) / 6, (size, len(bounds))), low, high)",
    ),
)

# --- coarse_to_fine ---------------------------------------------------------------------------------------------------

edit(
    REFINE,
    "Your new box reaches beyond the old one. Cut off what lies outside.",
    ("(max(low, centre - half), min(high, centre + half))", "(centre - half, centre + half)"),
)
edit(
    REFINE,
    "Your new box lies round the worst point. The higher a score, the better: np.argmax.",
    ("np.argmax(scores)", "np.argmin(scores)"),
)
edit(
    REFINE,
    "Your new box is twice too wide: shrink times the side is its whole side, not half of it.",
    ("shrink * (high - low) / 2", "shrink * (high - low)"),
)
edit(
    REFINE,
    "Your new box lies round the centre of the old one. Its centre is the best point.",
    ("half = shrink", "centre, half = (low + high) / 2, shrink"),
)
edit(
    REFINE,
    "Your new box lies round the mean of the points. Its centre is the best point.",
    ("points[np.argmax(scores)]", "np.mean(points, axis=0)"),
)
edit(
    REFINE,
    "You multiply the best point by 1 ± shrink / 2. The side of the new box comes from that of the old box.",
    ("shrink * (high - low) / 2", "shrink * abs(centre) / 2"),
)
edit(
    REFINE,
    "np.argmax gives the number of the best point: points[np.argmax(scores)] is the point itself.",
    ("points[np.argmax(scores)]", "np.argmax(scores)"),
)
edit(
    REFINE,
    "You divide by shrink, so the box grows. Multiply the old side by it.",
    ("shrink * (high - low)", "(high - low) / shrink"),
)
edit(
    REFINE,
    "max and min are swapped: the lower end is max(low, …), the upper end min(high, …).",
    ("(max(low, centre - half), min(high, centre + half))", "(min(low, centre - half), max(high, centre + half))"),
)
edit(
    REFINE,
    "You cut off the lower ends only.",
    ("min(high, centre + half)", "centre + half"),
)
edit(
    REFINE,
    "You cut off the upper ends only.",
    ("max(low, centre - half)", "centre - half"),
)
edit(
    REFINE,
    "You shrink the first axis only. Every axis gets smaller.",
    ("return new_bounds", "return new_bounds[:1] + [tuple(pair) for pair in bounds[1:]]"),
)
edit(
    REFINE,
    "You move a box that sticks out back inside. Cut off what sticks out; the centre stays at the best point.",
    (
        "(max(low, centre - half), min(high, centre + half))",
        "(min(max(low, centre - half), high - 2 * half), max(min(high, centre + half), low + 2 * half))",
    ),
)

# --- successive_halving -----------------------------------------------------------------------------------------------

edit(
    HALVING,
    "You keep the worse half. The higher a score, the better.",
    ("np.argsort(-scores", "np.argsort(scores"),
)
edit(
    HALVING,
    "You keep the worse half: the best stand first in your order. Go on with the first half of it.",
    ("ranked[: (len(ranked) + 1) // 2]", "ranked[len(ranked) // 2 :]"),
)
edit(
    HALVING,
    "You return the winner itself. Return its index in candidates.",
    ("return ranked[0]", "return candidates[ranked[0]]"),
)
edit(
    HALVING,
    "You return a list. Return one number, the index of the winner.",
    ("return ranked[0]", "return survivors"),
)
edit(
    HALVING,
    "You hand the index to score. It wants the candidate: candidates[index].",
    ("score(candidates[index], budget)", "score(index, budget)"),
)
edit(
    HALVING,
    "You score with the first budget in every rung. Each rung has its own.",
    ("score(candidates[index], budget)", "score(candidates[index], budgets[0])"),
)
edit(
    HALVING,
    "Nobody is dropped: every candidate is scored in every rung. Go on with the better half only.",
    ("(len(ranked) + 1) // 2", "len(ranked)"),
)
edit(
    HALVING,
    "Of equals you keep the later one. Sort so that equals stay in their order: kind='stable' of the negative scores.",
    ('np.argsort(-scores, kind="stable")', 'np.argsort(scores, kind="stable")[::-1]'),
)
edit(
    HALVING,
    "You round half of an odd number down. Of 7 survivors 4 stay.",
    ("(len(ranked) + 1) // 2", "len(ranked) // 2"),
)
edit(
    HALVING,
    "You return a place among the survivors. Return the index in candidates.",
    ("return ranked[0]", "return int(order[0])"),
)
edit(
    HALVING,
    "You only score in the first rung. Score the survivors anew with each budget.",
    ("for budget in budgets:", "for budget in budgets[:1]:"),
)
edit(
    HALVING,
    "You score everyone once with the whole budget: that is what halving saves.",
    ("for budget in budgets:", "for budget in budgets[-1:]:"),
)
edit(
    HALVING,
    "You score each survivor twice in a rung: a training is expensive. Keep the scores.",
    (
        "        order =",
        "        scores = np.array([score(candidates[index], budget) for index in survivors])\n        order =",
    ),
)
edit(
    HALVING,
    "You keep a quarter in each rung. Keep half.",
    ("(len(ranked) + 1) // 2", "(len(ranked) + 3) // 4"),
)


@mistake(
    HALVING,
    "You choose who leads with the smallest budget. The winner is the best of the last rung.",
)
def first_leader(candidates, score, budgets):
    survivors, winner = list(range(len(candidates))), None
    for budget in budgets:
        scores = np.array([score(candidates[index], budget) for index in survivors])
        ranked = [survivors[place] for place in np.argsort(-scores, kind="stable")]
        winner = ranked[0] if winner is None else winner
        survivors = sorted(ranked[: (len(ranked) + 1) // 2])
    return winner


# --- challenge_settings -----------------------------------------------------------------------------------------------

edit(
    CHALLENGE,
    "Your learning rate is too large for this network: training goes astray. Try a tenth of it.",
    ('"learning_rate": 0.35', '"learning_rate": 10.0'),
)
edit(
    CHALLENGE,
    "Your learning rate is too large for this network: training goes astray. Try a tenth of it.",
    ('"learning_rate": 0.35', '"learning_rate": 2.0'),
)
edit(
    CHALLENGE,
    "Your network learns, but slowly: after 60 steps it is not where it could be. Look at the learning rate first.",
    ('"learning_rate": 0.35', '"learning_rate": 0.1'),
)
edit(
    CHALLENGE,
    "With init_scale 0 all units of a layer stay alike, and nothing is learned. 1 is the usual size.",
    ('"init_scale": 0.5', '"init_scale": 0.0'),
)
edit(
    CHALLENGE, "A setting is missing, or has another name: see the table above.", ('        "final_share": 0.3,\n', "")
)
edit(
    CHALLENGE,
    "hidden_layers is a list, even for a single layer: [60].",
    ('"hidden_layers": [100, 50]', '"hidden_layers": 60'),
)
edit(
    CHALLENGE,
    "A hidden layer has at most 100 units, so that everyone has the same budget.",
    ('"hidden_layers": [100, 50]', '"hidden_layers": [1000, 30]'),
)
edit(
    CHALLENGE,
    "mini_batch_size goes from 1 to 128.",
    ('"mini_batch_size": 128', '"mini_batch_size": 1080'),
)

# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("hyperparameters_predictions", 6)

wrong_options(
    "hyperparameters_answers",
    {
        1: {
            "a": "Two powers of ten are two powers of ten: each gets the same share.",
            "b": "On a linear scale 90 % of the draws fall between 0.1 and 1.",
            "d": "Shares do not depend on how many draws there are.",
        },
        2: {
            "a": "The number of layers matters, but a wrong learning rate lets nothing learn at all.",
            "b": "The seed is no hyperparameter: whoever searches it finds luck.",
            "c": "Adam's ε is hardly ever worth a search.",
        },
        3: {
            "a": "Both know nothing of earlier results.",
            "c": "Grid points are as easy to compute as random ones.",
            "d": "With an even grid, 25 points of two axes have 5 values on each.",
        },
        4: {
            "a": "That is the caviar's way: many at once, none of them watched.",
            "b": "A single training leaves nothing to halve.",
            "c": "The test set is for the end, whoever watches.",
        },
        5: {
            "a": "The dev set chose the winner, so it flatters the winner.",
            "c": "Training error says nothing of new images.",
            "d": "More tries make it worse: the best of many is luckier than the best of few.",
        },
    },
)
