"""Wrong answers to 00_data_and_diagnosis."""

from __future__ import annotations

from autograder.topics.registry import edit, missing_predictions, wrong_options

SPLIT, DIAGNOSE, FIT, NORMALIZE = "split_indices", "diagnose", "fit_normalizer", "normalize"


def edits(exercise: str, replacements: dict[str, tuple]) -> None:
    """Register several edits: sentence → (old, new, old, new, ...)."""
    for sentence, words in replacements.items():
        edit(exercise, sentence, *zip(words[::2], words[1::2], strict=True))


PARTS = "return order[:train], order[train : train + dev], order[train + dev :]"

edits(
    SPLIT,
    {
        "Your sets overlap: each is drawn on its own. Deal out one shuffled order.": (
            PARTS,
            "return order[:train], rng.permutation(m)[:dev], rng.permutation(m)[:test]",
        ),
        "Rounding loses examples with you: train is what dev and test leave, and not a rounded share too.": (
            "train = m - dev - test",
            "train = int(fractions[0] * m) - 1",
            "order[train + dev :]",
            "order[train + dev : train + dev + test]",
        ),
        "You do not shuffle: the sets are blocks of neighbours. Data often come sorted.": (
            "rng.permutation(m)",
            "np.arange(m)",
        ),
        "You split 60/20/20 whatever fractions says.": (
            "round(fractions[1] * m)",
            "round(0.2 * m)",
            "round(fractions[2] * m)",
            "round(0.2 * m)",
        ),
        "Your dev and test sets are swapped: fractions are train, dev, test.": (
            "fractions[1]",
            "fractions[9]",
            "fractions[2]",
            "fractions[1]",
            "fractions[9]",
            "fractions[2]",
        ),
        "You return the sets in another order: train, dev, test.": (
            PARTS,
            "return order[train : train + dev], order[train + dev :], order[:train]",
        ),
        "You cut fractions off in place of rounding them: int(19.8) is 19.": (
            "round(fractions[1] * m)",
            "int(fractions[1] * m - 1e-9)",
            "round(fractions[2] * m)",
            "int(fractions[2] * m - 1e-9)",
        ),
        "You cut all three shares off, int(…), and lose examples. Round dev and test; train is what they leave.": (
            "train = m - dev - test",
            "dev, test, train = (int(fractions[i] * m) for i in (1, 2, 0))",
            "order[train + dev :]",
            "order[train + dev : train + dev + test]",
        ),
        "You round up. Round dev and test; train is what they leave.": (
            "train = m - dev - test",
            "train, dev = int(np.ceil(fractions[0] * m)), int(np.ceil(fractions[1] * m))",
        ),
        "np.split takes the places of its cuts, not sizes: [train, train + dev].": (
            PARTS,
            "return tuple(np.split(order, [round(fractions[0] * m), round(fractions[1] * m)]))",
        ),
        "Return numbers of examples, as order[:train]. Yours are masks: np.flatnonzero makes numbers of them.": (
            PARTS,
            "return order < train, (order >= train) & (order < train + dev), order >= train + dev",
        ),
        "You draw with replacement, so examples come twice and others never. Shuffle: a permutation.": (
            "rng.permutation(m)",
            "rng.integers(0, m, m)",
        ),
        "Your draws do not come from rng but from NumPy's global state.": (
            "rng.permutation(",
            "np.random.permutation(",
        ),
        "You make the generator yourself, so every call deals alike. Draw from the rng you are given.": (
            "rng.permutation(",
            "np.random.default_rng(3).permutation(",
        ),
        "Your numbers run from 1 to m. Examples are counted from 0.": ("rng.permutation(m)", "rng.permutation(m) + 1"),
        "The dev set is part of your train set. An example is in one set.": ("order[:train],", "order[: train + dev],"),
    },
)

edits(
    DIAGNOSE,
    {
        "You ignore the Bayes error: bias is what the training error has above it.": (" - bayes_error", ""),
        "You measure variance from the Bayes error. It is dev error minus train error.": (
            "dev_error - train_error",
            "dev_error - bayes_error",
        ),
        "Both at once cannot be reached with you: ask for it first.": (
            "high_bias and high_variance:",
            "high_bias and high_variance and gap < 0:",
        ),
        "You measure bias by the dev error. It is train error minus Bayes error.": (
            "train_error - bayes_error",
            "dev_error - bayes_error",
        ),
        "You compare with 0.05 whatever gap is.": ("> gap", "> 0.05"),
        "Bias and variance are swapped: a gap to the Bayes error is bias, a gap from train to dev is variance.": (
            'return "high bias"\n',
            'return "high"\n',
            '"high variance"\n    return "low',
            '"high bias"\n    return "low',
            'return "high"\n',
            'return "high variance"\n',
        ),
        "You look at the dev error itself. Variance is its distance to the train error.": (
            "dev_error - train_error",
            "dev_error",
        ),
        "You took the size of the difference. A dev error below the train error is no high variance.": (
            "dev_error - train_error",
            "abs(dev_error - train_error)",
        ),
        "You say low where only one of the two is high.": (
            "if high_variance:",
            "if high_variance and high_bias:",
            "if high_bias:",
            "if high_bias and high_variance:",
        ),
        "Where both are high, the words asked for are: high bias and high variance.": (
            'return "high bias and high variance"',
            'return "both"',
        ),
        "You ask whether one or the other is high. Both at once needs and, not or.": (
            "high_bias and high_variance:",
            "high_bias or high_variance:",
        ),
        "You subtract the wrong way round: variance is dev error minus train error.": (
            "dev_error - train_error",
            "train_error - dev_error",
        ),
        "You add the Bayes error. It is what nobody can avoid: subtract it.": ("- bayes_error", "+ bayes_error"),
    },
)

ROOT = "np.sqrt(np.mean((X - mu) ** 2, axis=1, keepdims=True))"

edits(
    FIT,
    {
        "You forgot the mean: the root of the mean of X² is no standard deviation. Subtract mu first.": (
            "(X - mu) ** 2",
            "X**2",
        ),
        "Your sigma is a variance: take the root.": (ROOT, "np.mean((X - mu) ** 2, axis=1, keepdims=True)"),
        "You measured examples, not features: features are rows, so take means along axis 1.": ("axis=1", "axis=0"),
        "You divide by m − 1 (ddof=1). Divide by m.": (ROOT, "np.std(X, axis=1, ddof=1, keepdims=True)"),
        "Your sigma is 0 for a constant feature, and dividing by it gives nan. Put 1 there.": (
            "    sigma[sigma == 0] = 1\n",
            "",
        ),
        "You add a small number to sigma. For a constant feature sigma is 1.": (
            "sigma[sigma == 0] = 1",
            "sigma = sigma + 1e-8",
        ),
        "Your mu and sigma have shape (n_x,). Keep them columns: keepdims=True.": (
            "return mu, sigma",
            "return mu[:, 0], sigma[:, 0]",
        ),
        "You took one mean and one spread for all features. Each row has its own.": (
            "return mu, sigma",
            "return np.full(mu.shape, X.mean()), np.full(mu.shape, X.std())",
        ),
        "np.mean(X) without an axis is one number for everything. Each feature has its own: axis=1, keepdims=True.": (
            "return mu, sigma",
            "return np.mean(X), np.std(X)",
        ),
        "You square the sum of the differences, which is 0. Square each difference, then take the mean.": (
            ROOT,
            "np.sqrt(np.mean(X - mu, axis=1, keepdims=True) ** 2)",
        ),
        "You took the range, largest minus smallest. Take the standard deviation.": (
            ROOT,
            "np.ptp(X, axis=1, keepdims=True)",
        ),
        "You return them in the wrong order: (mu, sigma).": ("return mu, sigma", "return sigma, mu"),
        "You took the median. mu is the mean.": ("mu = np.mean(X,", "mu = np.median(X,"),
    },
)

QUOTIENT = "return (X - mu) / sigma"

edits(
    NORMALIZE,
    {
        "You divide by the variance. Divide by sigma.": ("/ sigma", "/ sigma**2"),
        "You measure the set that you are given. Use the mu and sigma of the training set for every set.": (
            QUOTIENT,
            "return (X - X.mean(axis=1, keepdims=True)) / (X.std(axis=1, keepdims=True) + 1e-3)",
        ),
        "You divide X alone by sigma: X / sigma − mu. Put brackets round X − mu.": (
            "(X - mu) / sigma",
            "X / sigma - mu",
        ),
        "You changed X itself. Return a new array: X -= … works on the argument.": (
            QUOTIENT,
            "X -= mu\n    X /= sigma\n    return X",
        ),
        "You multiply by sigma. Divide by it.": ("/ sigma", "* sigma"),
        "You did not subtract the mean.": ("(X - mu)", "X"),
        "You did not divide by sigma.": (QUOTIENT, "return X - mu"),
        "You divide before you subtract: X − mu/sigma. Put brackets round X − mu.": (
            "(X - mu) / sigma",
            "X - mu / sigma",
        ),
        "You add the mean. Subtract it.": ("X - mu", "X + mu"),
        "You divide by the root of sigma. It is a standard deviation already.": ("/ sigma", "/ sigma**0.5"),
    },
)

edit(
    NORMALIZE,
    "You measure the set that you are given. Use the mu and sigma of the training set for every set.",
    (QUOTIENT, "return (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)"),
)

edit(
    FIT,
    "You square the sum of the differences, which is 0. Square each difference, then take the mean.",
    (ROOT, "np.sqrt(np.sum(X - mu, axis=1, keepdims=True) ** 2 / X.shape[1])"),
)

missing_predictions("data_and_diagnosis_predictions", 3)
missing_predictions("data_and_diagnosis_more_predictions", 3)

wrong_options(
    "data_and_diagnosis_answers",
    {
        1: {
            "b": "15 % above what is possible is far from low.",
            "c": "The step from train to dev is one point only.",
            "d": "Look at the training error first: 15 % wrong where people are right is the larger gap.",
        },
        2: {
            "a": "Other data for dev change what you measure, not what the network can do.",
            "c": "More data closes the gap between train and dev. That gap is small here.",
            "d": "Regularization lowers variance and makes bias worse.",
        },
        3: {
            "b": "Then the test set is scaled by other numbers, and equal inputs get different values.",
            "c": "The network was trained on normalized inputs and expects them.",
            "d": "That uses the test set to prepare the training.",
        },
        4: {
            "a": "A hundred examples cannot tell 1 % from 2 % of errors.",
            "b": "Without a dev set you would choose by the test set, and use it up.",
            "c": "With a million examples, 200 000 for dev are far more than needed.",
        },
    },
)
