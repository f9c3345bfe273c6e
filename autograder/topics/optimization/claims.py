"""What the text of 04 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

LAST = "[np.median(found[label][best[label], :, -1]) for label in sizes]"  # batch, mini-batch, stochastic

CLAIMS = [
    Claim("With all examples, each step lowers the very cost that it looks at", "falls['batch, 300'] == 100"),
    Claim(
        "A cost that rises from one mini-batch to the next", "max(falls['mini-batch, 32'], falls['stochastic, 1']) < 60"
    ),
    Claim("highest for batch, lower for mini-batches, lowest for single examples", f"np.diff({LAST}) < 0"),
    Claim("Three hundred noisy steps lead farther than a single exact one", f"np.diff({LAST}) < 0"),
    Claim(
        "fallen to about $1/e$ of what it was, if $\\beta$ is near 1",
        "[abs(beta ** (1 / (1 - beta)) * np.e - 1) < 0.06 for beta in (0.9, 0.98, 0.999)]",
        after="import numpy as np",
    ),
    Claim("Dashed lines stand at 2, 10 and 50 steps", "[1 / (1 - beta) for beta in (0.5, 0.9, 0.98)]", within=1e-6),
    Claim(
        "the corrected average lies among the points, the other one starts far below",
        "[(abs(exponentially_weighted_average(temperature, 0.98, corrected)[0] - temperature[0]) < 1) == corrected"
        " for corrected in (True, False)]",
    ),
    Claim("Without the power the average ends ten times too large", "abs(no_power[-1] / 10 - 10) < 0.1"),
    Claim("it is more than a hundred times too large after five steps", "fed_back[4] / 10 > 100"),
    Claim("after fifty it has not come back", "fed_back[49] / 10 > 100"),
    Claim("or 4 %, is left of it", "100 * 0.9**30", within=0.5),
    Claim("There $10^{-8}$ counts as much as $10^{-4}$ outside", "[1e-8, np.sqrt(1e-8)]", factor=1.01),
    Claim("One step, and the network is lost", "np.isnan(numbers).any()"),
    Claim(
        "random ones of 0.19 $\\alpha$, alternating ones of 0.05 $\\alpha$",
        "[step_lengths['random', 1.0], step_lengths['alternating', 1.0]]",
        within=0.005,
    ),
    Claim("Equal signs give steps of $\\alpha$", "abs(step_lengths['equal', 1.0] - 1) < 1e-6"),
    Claim(
        "the size of the gradients does not matter",
        "[abs(step_lengths[label, 1.0] / step_lengths[label, 1000.0] - 1) < 1e-3 for label in signs]",
    ),
    Claim("yours is a level line at 1", "[lengths['yours'].min()]", within=1e-6),
    Claim("it starts at 32 and falls", "[lengths['s not corrected'][0]]", within=0.5),
    Claim("it rises to 2 and falls to a third", "[lengths['1 − β in place of 1 − βᵗ'].max()]", within=0.1),
    Claim("it rises to 6", "[lengths['nothing corrected'].max()]", within=0.6),
    Claim("the first step is 32 times too long", "[lengths['s not corrected'][0]]", within=0.5),
    Claim("of what it should be, less than a third", "np.sqrt(1 - 0.999) / (1 - 0.9) < 1 / 3"),
    Claim("its condition number is 100", "[np.linalg.cond(np.diag([1.0, 100.0]))]", within=1e-9),
    Claim(
        "Gradient descent diverges at a learning rate above $2 / 100$",
        "[bool(valley(0)[0](walk('gradient descent', *valley(0)[1:], rate)[-1]) > valley(0)[0](valley(0)[2])) is big"
        " for rate, big in ((0.0199, False), (0.0201, True))]",
    ),
    Claim(
        "turning the valley changes nothing for them",
        "[needed[name, 0] == needed[name, 45] for name in names[:2]]",
    ),
    Claim("a part of the help is gone", "[needed[name, 45] > 1.2 * needed[name, 0] for name in names[2:]]"),
    Claim(
        "so a start that is 100 times nearer costs a good many steps more",
        "[left[name][i + 1] - left[name][i] > 20 for name in names[:2] for i in (0, 1)]",
    ),
    Claim("the first step is as long as any other", "[left[name][2] - left[name][0] <= 1 for name in names[2:]]"),
    Claim(
        "gradient descent zigzags and creeps, RMSprop goes straight, momentum and Adam swing and are faster",
        "max(needed['momentum', 0], needed['Adam', 0]) < needed['RMSprop', 0] < needed['gradient descent', 0]",
    ),
    Claim(
        "Adam seems to win by far",
        "max(c[-1] for c, _ in runs['Adam', 0.003]) < min(c[-1] for c, _ in runs['gradient descent', 0.003]) / 2",
    ),
    Claim(
        "at rates some thirty times smaller", "[abs(own[b] / own[a] - 30) < 1 for a in names[2:] for b in names[:2]]"
    ),
    Claim(
        "the bands on the right overlap",
        "[max(min(final[a]), min(final[b])) <= min(max(final[a]), max(final[b])) for a in names for b in names]",
    ),
    Claim(
        "Of 100 test points the standard error is one or two",
        "[0.9 < 100 * np.sqrt(p * (1 - p) / 100) < 2.1 for p in (np.median(t) / 100 for t in test.values())]",
    ),
    Claim("a rate near 0.01 that is often good enough", "[own['Adam']]"),
    Claim(
        "The large constant rate is fast at first, and never settles",
        "calm['constant, 1'][1] > 5 * max(calm[label][1] for label in schedules if 'constant' not in label)",
    ),
    Claim(
        "Even the good one in between ends above all falling rates",
        "[calm[a][0] < 0.9 * calm[b][0] for a in list(schedules)[3:] for b in list(schedules)[:3]]",
    ),
    Claim(
        "which are fast first and calm later", "[calm[a][1] < calm['constant, 0.3'][1] for a in list(schedules)[3:]]"
    ),
    Claim(
        "matters less than that it falls",
        "np.ptp([calm[a][0] for a in list(schedules)[3:]]) < 0.02",
    ),
    Claim("a falling line of slope minus one", "abs(slope + 1) < 0.02"),
    Claim("far above the level line", "pull.min() > 10"),
    Claim("weights with large gradients are hardly held back, those with small ones all the more", "pull.min() > 10"),
]
GIVEN = [
    "an epoch takes longest at size 1 and gets shorter",  # of a cell that measures time
    "a steep slope for 0.5, a gentle one for 0.9, a nearly level one for 0.98",
    "β = 0.5 follows every jump, 0.98 is smooth and late",
    "$\\varepsilon = 10^{-8}$, and only",
    "brings it below 1 % of the cost at the start",
    "after 0, 8, 24 and 60 steps",
    "of weight decay at 1.",
    "with 1 − β it",
    "with L2 in the gradient the points lie",
    "at the constant rate 1 it jumps up and down, at the constant rate 0.05 it falls slowly",
]
