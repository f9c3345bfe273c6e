"""What the text of 05 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

WITH, OWN, SHARED = (
    "found['with batch norm, rate 0.1']",
    "found['without, its best rate']",
    "found['without, rate 0.1']",
)

CLAIMS = [
    Claim("The scores are 2, −1, 0.5 and 1", "scores"),
    Claim("they are 0.61, 0.03, 0.14 and 0.22", "exponentials / exponentials.sum()", within=0.005),
    Claim("is about $10^{308}$, and $e^{710}$", "[np.finfo(float).max, 710]", factor=2),
    Claim("That is enough for blobs", "dev['blobs', 'no hidden layer'] >= dev['blobs', 'one hidden layer'] - 1"),
    Claim("hopeless for spirals", "dev['spirals', 'no hidden layer'] < 60 < 99 < dev['spirals', 'one hidden layer']"),
    Claim("and shifted to (1, 2)", "beta.ravel()"),
    Claim("What you see is rounding", "np.array(changes) < 1e-10"),
    Claim(
        "one peak at size 1 and less on both sides, down to 50 at sizes 0.1 and 3 with the shared learning rate",
        f"[sizes[int(np.argmax(np.median({OWN}, axis=1)))], *np.median({SHARED}, axis=1)[[0]], 0.1, 3]",
        within=1,
    ),
    Claim("a level line near 100", f"[np.median({WITH})]", within=1),
    Claim("A learning rate of its own does not save them", f"np.median({OWN}, axis=1)[[0, 1, 3]] < 90"),
    Claim("one learning rate serves all four", f"np.min({WITH}) > 98"),
    Claim("From 0.01 to 30 times the usual size", "min(reach['size 0.01'] + reach['size 30']) > 97"),
    Claim("Below, $\\varepsilon$ ends it", "np.median(reach['size 0.0001']) < 60"),
    Claim("$\\sqrt{\\varepsilon} \\approx 0.003$", "[np.sqrt(1e-5)]", within=0.0005),
    Claim("With a smaller $\\varepsilon$ it grows to the usual size", "min(reach['size 0.0001, with ε = 1e-12']) > 95"),
    Claim(
        "Above, it is the last layer, which has no batch norm",
        "[np.median(reach['size 1000']) < 90, min(reach['size 1000, but the last layer 1']) > 97]",
    ),
    Claim("the network sees the same for every point", "by_ways[2] == 50", after="statistics of the batch:"),
    Claim("A batch of one class is hardly better", "by_ways[1] < 60", after="statistics of the batch:"),
    Claim("no longer depends on the points beside it", "np.ptp(by_ways) == 0"),
    Claim("reach about 97 % of images", "[np.median(tested)]", within=1, after="np.add.at"),
    Claim("a network of 94 % accuracy", "0.94 - 4 * np.sqrt(0.94 * 0.06 / 600) > 0.9", after="import numpy as np"),
    Claim(
        "Batches that are mixed like the training set hide the mistake",
        "by_ways['statistics of the batch'][0] >= by_ways['running statistics'][0] - 1",
    ),
    Claim("The others show it", "by_ways['statistics of the batch'][1:] < 25"),
    Claim(
        "most of them between 3 and 4",
        "[a for a in max(confused, key=confused.get)[::-1]]",
    ),
    Claim(
        "Nearly all mistakes are off by one finger",
        "sum(n for (a, b), n in confused.items() if a - b == 1) > 0.9 * sum(confused.values())",
        after="np.add.at",
    ),
    Claim("weights 100 times too small or 30 times too large", "min(reach['size 0.01'] + reach['size 30']) > 97"),
]
GIVEN = [
    "scores up to $\\pm 10^4$",
    "its own best rate of $10^{-4}$, 0.01, 0.1 and 1",
    "hands with 0 to 5 fingers",
    "Points begin at 40 % of them, and 90 % earn all",
    "eps=1e-5, momentum=0.1",
    "momentum=0.9, epsilon=1e-5",
    'why "99 % sure" may be wrong',
]
