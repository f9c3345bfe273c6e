"""What the text of 01 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

ENDS = "{label: np.median(seeds, axis=0)[-1] for label, seeds in sizes.items()}"
BACK = "{label: np.median(seeds, axis=0)[0] for label, seeds in gradient_sizes.items()}"

CLAIMS = [
    Claim(
        "class 0 outside with radius 1, class 1 inside with radius 0.8",
        "(lambda r: [0, np.median(r[0]), 1, np.median(r[1])])"
        "([np.hypot(*circles.X_train[:, circles.Y_train[0] == label]) for label in (0, 1)])",
        within=0.02,
    ),
    Claim("Every gradient is zero, so nothing ever moves.", "[np.abs(g).max() < 1e-12 for g in grads.values()]"),
    Claim("The network says $\\tfrac12$ for every point", "abs(costs[-1] - np.log(2)) < 1e-9"),
    Claim(
        "still hold one unit each, copied ten times and five times",
        "[count_distinct_units(network.train(starts['constant 0.5'], circles.X_train, circles.Y_train,"
        " learning_rate=0.1, iterations=5000, progress=None)[0][f'W{l}']) == 1 for l in (1, 2)]",
    ),
    Claim("from constant weights it stays high", "costs['constant 0.5'][-1] > 0.5"),
    Claim("from different ones it falls towards zero", "costs['all different'][-1] < 0.1"),
    Claim("weights times 0.01 stay at 0.69", "[0.01, np.median(costs['× 0.01'], axis=0)[-1]]", within=0.005),
    Claim("times 0.5 fall slowly to 0.66", "[0.5, np.median(costs['× 0.5'], axis=0)[-1]]", within=0.005),
    Claim(
        "times 10 start far above the others and end below them, with a wide band",
        "(lambda c: c['× 10'][0, 0] > 10 * c['× 0.5'][0, 0] and np.median(c['× 10'], axis=0)[-1] < 0.6"
        " and np.ptp(c['× 10'][:, -1]) > 0.1)({label: np.array(rows) for label, rows in costs.items()})",
    ),
    Claim("a median of 327", "np.median(costs['× 10'], axis=0)[0]", within=1),
    Claim("the lowest of the three, 0.51", "np.median(costs['× 10'], axis=0)[-1]", within=0.005),
    Claim(
        "with scale 0.01 it vanishes, with ReLU and scale 1 it explodes",
        f"(lambda e: max(e['tanh, scale 0.01'], e['relu, scale 0.01']) < 1e-40 and e['relu, scale 1'] > 1e40)({ENDS})",
    ),
    Claim("with tanh and scale 1 it stays just below 1.", f"0.95 < ({ENDS})['tanh, scale 1'] < 1"),
    Claim("most of its values are close to $\\pm 1$", f"({ENDS})['tanh, scale 1'] > 0.95"),
    Claim(
        "Only one curve is nearly level",
        f"(lambda e: 0.05 < e['tanh, scale 0.1'] and e['relu, scale 0.1'] < 1e-6)({ENDS})",
    ),
    Claim(
        "scale 0.01 it vanishes, with scale 1 it explodes for ReLU and for tanh",
        "(lambda b: max(b['tanh, scale 0.01'], b['relu, scale 0.01']) < 1e-40"
        f" and min(b['tanh, scale 1'], b['relu, scale 1']) > 1e10)({BACK})",
    ),
    Claim("with tanh and scale 0.1 it is nearly level", f"({BACK})['tanh, scale 0.1'] > 0.05"),
    Claim("its gradient explodes all the same", f"({BACK})['tanh, scale 1'] > 1e10"),
    Claim(
        "With 400 inputs it is 1/400, and the sum is as large as its inputs",
        "abs(panels['Var w = 1/n'].std() - 1) < 0.05",
    ),
    Claim("after it half of all values sit in one bar at zero", "abs(np.mean(a == 0) - 0.5) < 0.01"),
    Claim("ReLU with He stays near 1", f"0.2 < ({ENDS})['relu, He'] < 2"),
    Claim("ReLU with Xavier falls steadily", f"({ENDS})['relu, Xavier'] < 1e-6"),
    Claim(
        "falls slowly with Xavier and settles below 1 with He",
        f"0.05 < ({ENDS})['tanh, Xavier'] < 0.2 and 0.3 < ({ENDS})['tanh, He'] < 1",
    ),
    Claim("Under He the gradient grows 8-fold", "growth['tanh, He'][0]", within=0.5),
    Claim("is 14 times as large in layer 1 as in layer 50", "[growth['tanh, He'][1], 1, 50]", within=0.5),
    Claim("of nearly the same size in the first layer and in the last", "0.5 < growth['tanh, Xavier'][1] < 2"),
    Claim(
        "all at zero for gain 0.5, spread around zero for gain 1, piled up at -1 and 1 for gain 3",
        "np.abs(last_layer(0.5)).max() < 0.01 and np.abs(last_layer(1)).max() < 0.9"
        " and np.mean(np.abs(last_layer(3)) > 0.9) > 0.5",
    ),
    Claim("Right: most units are saturated.", "np.mean(np.abs(last_layer(3)) > 0.9) > 0.5"),
    Claim(
        "zeros, constant and times 0.01 stay near 0.69",
        "[0.01, np.median([costs[label][:, -1].max() for label in ('zeros', 'constant 0.5', 'normal × 0.01')])]",
        within=0.05,
    ),
    Claim(
        "times 10 starts above 1.5 and spreads widely",
        "costs['normal × 10'][:, 0].min() >= 1.5 and np.ptp(costs['normal × 10'][:, -1]) > 0.1",
    ),
    Claim(
        "Weights times 10 end well for one seed and badly for the next",
        "costs['normal × 10'][:, -1].min() < 0.2 and costs['normal × 10'][:, -1].max() > 0.4",
    ),
    Claim(
        "Xavier and He are close here", "abs(np.median(costs['Xavier'][:, -1]) - np.median(costs['He'][:, -1])) < 0.1"
    ),
    Claim(
        "Read the figure with its band",
        "[np.ptp(costs['normal × 10'][:, -1]) > np.ptp(costs[label][:, -1]) for label in ('Xavier', 'He', 'zeros')]",
    ),
    Claim(
        "Xavier and He fall to near 0.1",
        "[np.median(np.vstack([costs['Xavier'], costs['He']])[:, -1])]",
        within=0.05,
    ),
]

GIVEN = [
    "Three histograms of z between -8 and 8",
    "as the input for variance 1/n",
    "Histogram of the values in layer 20 for gain",
    "Three histograms of the values in layer 20",
    "one side only for zeros, constant and times 0.01; ragged for times 10",
]
