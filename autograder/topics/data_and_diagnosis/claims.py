"""What the text of 00 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

LINEAR = "np.array([np.median(curves[f'linear, {part}'], axis=0) for part in ('train', 'dev')])"
NETWORK = "[np.median(curves[f'20 hidden units, {part}'], axis=0)[-1] for part in ('train', 'dev')]"
BUMPS = "[np.linalg.cond(X @ X.T) for X in (problem(0)[0], normalize(problem(0)[0], *fit_normalizer(problem(0)[0])))]"
DEV = "{label: found[:, 1] for label, found in attempts.items()}"
HALF, ALL = "attempts['100\\ndrawings'][:, 1]", "attempts['all 209'][:, 1]"

CLAIMS = [
    Claim(
        "a band from 73 to 97 at 30 examples that narrows to a line at 90 for 30 000",
        "[measured[:, 0].min(), measured[:, 0].max(), 30, np.median(measured[:, -1]), 30_000]",
        within=0.5,
    ),
    Claim("narrows to a line", "np.ptp(measured[:, -1]) < 1"),
    Claim("A hundred examples cannot tell", "np.ptp(measured[:, 1]) > 3"),
    Claim("Ten thousand can", "np.ptp(measured[:, sizes.index(10_000)]) < 3"),
    Claim("$, or 0.3 %.", "100 * np.sqrt(0.9 * 0.1 / 10_000)", within=0.01),
    Claim("the network from the web wins each time", "[choice == 'web' for choice, *_ in choices['bright']]"),
    Claim(
        "each time it is the wrong one",
        "[dim[2] > bright[2] for bright, dim in zip(choices['bright'], choices['dim'])]",
    ),
    Claim("of dim pictures the other one wins", "[choice == 'phone' for choice, *_ in choices['dim']]"),
    Claim("the largest gap here is 7", "max(abs(dev - true) for _, dev, true in choices['dim'])", within=0.6),
    Claim("of the linear classifier stay between 35 and 55", f"(lambda e: (e > 34.9) & (e < 55))({LINEAR})"),
    Claim("those of the network meet near zero", f"np.array({NETWORK}) < 5"),
    Claim("300 examples help it no more than 20", f"(lambda e: e[1, -1] > e[1, 0] - 3)({LINEAR})"),
    Claim("The network has high variance with 20 examples", "np.median(curves['20 hidden units, dev'][:, 0]) > 10"),
    Claim("from about 10 000, the square of the ratio of the two features, to nearly 1", BUMPS, factor=1.4),
    Claim("falls below a thousandth within 22 steps", "np.array(curves['normalized'])[:, 22] < 1e-3"),
    Claim(
        "it takes 4 to 22 steps in place of more than 200",
        "(lambda n: [n.min(), n.max(), 200])((np.array(curves['normalized']) < 1e-3).argmax(axis=1))",
    ),
    Claim("raw stays far above it", "np.array(curves['raw'])[:, -1] > 1e-3"),
    Claim(
        "on train always zero; on dev around 30 with 50 and with 100 drawings, 22 with all",
        f"(lambda dev: [100 * np.median(dev['50\\ndrawings']), 50, 100, 100 * np.median({ALL})])({DEV})",
        within=3,
    ),
    Claim("on train always zero", "[found[:, 0].max() == 0 for found in attempts.values()]"),
    Claim(
        "no lower with more units or more steps",
        f"[np.median(found[:, 1]) >= np.median({ALL}) - 0.01 for found in list(attempts.values())[3:]]",
    ),
    Claim(
        "The diagnosis is high variance each time",
        "[diagnose(*np.median(one, axis=0)) == 'high variance' for one in attempts.values()]",
    ),
    Claim("the worst of the five is no worse than the best with half", f"{ALL}.max() <= {HALF}.min()"),
    Claim("of 50 drawings, each is worth 2 %", "[50, 100 / 50]"),
]

GIVEN = [
    "that is right 90 % of the time, measured twenty",
    "a network of 88 % from one of 91 %",
    "a measured accuracy of 90 %",
    "1000 examples are split 60, 20, 20; a million examples 98, 1, 1",
    "The same 15 % on the training set",
    "fail in 14 % of the cases",
]
