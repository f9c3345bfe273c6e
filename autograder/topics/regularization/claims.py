"""What the text of 02 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

TRAIN, DEV = "np.median(swept[:, :, 0], axis=1)", "np.median(swept[:, :, 1], axis=1)"
COSTS = "{part: np.median(np.array(values), axis=0) for part, values in curves.items()}"
LENGTHS = "[np.median([np.linalg.norm(all_weights(model)) for model in models]) for models in groups.values()]"
MEDIANS = "[np.median(values) for values in found.values()]"
METHODS = ("none", "L2", "L1", "keep_prob", "stopped early")
PICTURES = ("60 and their mirror images", "60 images", "120 images")


def over_draws(key: str, *labels: str) -> str:
    """Write an expression: a list per fresh draw of each label's median accuracy in %, of those that ``key`` holds."""
    median = f"np.median(next(values for name, values in draw['{key}'].items() if name.startswith(label)))"
    return f"[[{median} for label in {labels}] for draw in draws]"


TESTS, FOUND = over_draws("tests", *METHODS), over_draws("found", *PICTURES)

CLAIMS = [
    # The network that overfits
    Claim("The network agrees with nearly every label", "accuracies(plain)[:, 0] > 93"),
    Claim("with most of the wrong ones too", "[count > wrong.sum() / 2 for count in learned]"),
    Claim("the network is even better than 90 %", "accuracies(plain)[:, 0] > 90"),
    # L2
    Claim("training accuracy falls from 95 to 82", f"{TRAIN}[[0, -1]]", within=0.5),
    Claim("dev accuracy rises from 81 to a maximum of 84", f"[{DEV}[0], {DEV}.max()]", within=0.5),
    Claim("falls to 79 for the strongest penalty", f"{DEV}[-1]", within=0.5),
    Claim(
        "better than possible on the training set, and worse on the dev set",
        f"{TRAIN}[0] > best_possible > {DEV}[0]",
    ),
    Claim("The training accuracy always votes", f"{TRAIN}.argmax() == 0"),
    Claim("Both ends of the figure", "diagnoses[0] == 'high variance' and diagnoses[-1] == 'high bias'"),
    Claim("At $\\lambda = 0$ the bias is even negative", "1 - np.median(accuracies(plain)[:, 0]) / 100 < bayes_error"),
    # L2 and weight decay
    Claim("it stays below 1e-13", "np.max(apart['gradient descent']) < 1e-13"),
    Claim(
        "begins above a thousandth and rises to more than a half",
        "(lambda a: a[0] > 1e-3 and a[-1] > 0.5)(np.median(apart['sign of the gradient'], axis=0))",
    ),
    Claim("much smaller than weight decay does", "lengths[0] < 0.7 * lengths[1]"),
    # L1
    Claim(
        "L1 makes nearly all of them zero",
        "[np.mean(np.abs(all_weights(model)) < 0.01) > 0.95 for model in l1[best_l1]]",
    ),
    Claim(
        "12 to 14 of the 1340 weights are larger than 0.5, up to 3.1",
        "[min(counts), max(counts), large[0].size, 0.5, np.max(large)]",
        within=0.05,
    ),
    # Dropout
    Claim("A value of 1, dropped 10000 times", "[1, A.size]", after="A = np.ones((100, 100))"),
    Claim("yours is a level line at 1", "np.abs(np.array(means['yours']) - 1) < 0.05"),
    Claim("not divided rises from 0 to 1", "np.abs(np.array(means['not divided']) - probabilities) < 0.02"),
    Claim("reversed falls steeply from 9 to 0", "[means['reversed'][0], means['reversed'][-1]]", within=0.3),
    Claim("highest at 0.5 and falls at the end", f"keeps[{DEV}.argmax()] == 0.5 and {DEV}[-1] < {DEV}.max() - 2"),
    Claim(
        "each of the five networks loses 0.9 to 1.8 points",
        "(lambda lost: [lost.min(), lost.max()])(np.array(off) - np.mean(on, axis=1))",
        within=0.06,
    ),
    Claim("the weights grew less than without anything", f"(lambda n: max(n[2:]) < n[0])({LENGTHS})"),
    Claim(
        "they are longer than at the start, and longer than with L2 at its best",
        f"(lambda n: min(n[2:]) > max(n[1], np.median(at_start)))({LENGTHS})",
    ),
    # Early stopping
    Claim("training cost falls, from 0.41 to 0.13", f"({COSTS})['train'][[0, -1]]", within=0.01),
    Claim(
        "on the dev set is lowest, 0.47, at epoch 75 and then rises to 1.5",
        f"(lambda dev: [dev.min(), every * (dev.argmin() + 1), dev[-1]])(({COSTS})['dev'])",
        within=0.05,
    ),
    Claim("training goes on after the stop", "max(stop_epochs) < every * looks", after="every, looks, patience"),
    Claim("near the last epoch", "[np.argmin(row) > 0.85 * looks for row in curves['train']]"),
    # Mirror images
    Claim(
        "worth about as much as 60 more labels",
        f"(lambda m: abs(m[1] - m[2]) < 1.5 and m[1] > m[0] + 1.5)({MEDIANS})",
    ),
    # All of them
    Claim(
        "All four learn fewer of the wrong labels",
        "(lambda train: max(train[1:]) < train[0])([np.median(accuracies(models)[:, 0]) for models in final.values()])",
    ),
    Claim(
        "and a higher one on new points",
        "[np.median(tests[label]) > np.median(tests['none']) for label in list(tests)[1:]]",
    ),
    Claim("None of them gets to 90 %", "[np.median(values) < 90 for values in tests.values()]"),
    Claim(
        "Early stopping gains least here",
        "min(list(tests)[1:], key=lambda label: np.median(tests[label])) == 'stopped early'",
    ),
    Claim("at a training error of 16.7 %", "100 - np.median(accuracies(stops)[:, 0])", within=0.1),
    Claim("the network still has high bias", "1 - np.median(accuracies(stops)[:, 0]) / 100 - bayes_error > 0.05"),
    # Other draws of the data
    Claim("79.5 % without any of the methods", f"np.median({TESTS}, axis=0)[0]", within=0.06, fresh=True),
    Claim("82.1 % with L2", f"np.median({TESTS}, axis=0)[1]", within=0.06, fresh=True),
    Claim("82.8 % with L1", f"np.median({TESTS}, axis=0)[2]", within=0.06, fresh=True),
    Claim("85.0 % with dropout", f"np.median({TESTS}, axis=0)[3]", within=0.06, fresh=True),
    Claim("82.2 % stopped early", f"np.median({TESTS}, axis=0)[4]", within=0.06, fresh=True),
    Claim(
        "better than none in 5 of the 5, early stopping in 4",
        f"(lambda wins: [wins[:3].min(), len(draws), wins[3]])("
        f"(np.array({TESTS})[:, 1:] > np.array({TESTS})[:, :1]).sum(axis=0))",
        fresh=True,
    ),
    Claim(
        "In all five, $\\lambda = 0$ has high variance and $\\lambda = 3$ has high bias",
        "['high variance' in draw['diagnoses'][0] and 'high bias' in draw['diagnoses'][-1] for draw in draws]",
        fresh=True,
    ),
    Claim(
        "97.3 %, beside 95.2 % with 60 images and 96.7 % with 120",
        f"(lambda f: [f[0], f[1], 60, f[2], 120])(np.median({FOUND}, axis=0))",
        within=0.06,
        fresh=True,
    ),
]

GIVEN = [
    "got about 10 % of them wrong",
    "it is 10 %, and no classifier",
    "right about more than 90 % of new points",
    "ragged for λ = 0, smooth for λ = 0.3, a straight line for λ = 3",
    "for the strongest penalty, where both lie close together. A level line at 90 says",
    "at the end. A level line at 90 says",
    "Accuracy against keep_prob from 1 down to 0.1",
    "drawings of hands with 0 to 5 fingers up",
]
