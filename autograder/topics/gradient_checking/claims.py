"""What the text of 03 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

MEDIANS = "{scheme: np.median(rows, axis=0) for scheme, rows in errors.items()}"
ROWS = "{activation: np.array(rows) for activation, rows in found.items()}"

CLAIMS = [
    Claim(
        "with $\\varepsilon$ for the forward difference, with $\\varepsilon^2$ for the central one",
        "[abs(np.polyfit(np.log10(steps[falling]), np.log10(np.median(errors[scheme], axis=0)[falling]), 1)[0] - power)"
        " < 0.1 for scheme, power in (('forward', 1), ('central', 2))]",
    ),
    Claim(
        "The central difference is best at a larger $\\varepsilon$",
        f"(lambda m: steps[m['central'].argmin()] > 100 * steps[m['forward'].argmin()])({MEDIANS})",
    ),
    Claim("better there by far", f"(lambda m: m['central'].min() < m['forward'].min() / 100)({MEDIANS})"),
    Claim("$\\sqrt[3]{2 \\times 10^{-16}}$, which is about 6e-6", "[3, 2e-16, np.cbrt(2e-16)]", factor=1.1),
    Claim("near the third root of the computer's precision", "1 / 3 < best / np.cbrt(2e-16) < 3"),
    Claim("$10^{-5}$ is about 20 times as accurate here", "[1e-5, at[1e-7] / at[1e-5]]", factor=1.3),
    Claim("zero at factor 1, rising to both sides", "relative_difference(g, g) == 0"),
    Claim(
        "one third at factors 2 and ½ where all entries are off",
        "[abs(relative_difference(g, c * g) - 1 / 3) < 1e-9 for c in (2, 0.5)]",
    ),
    Claim("for a wrong sign, $c = -1$, it is 1", "[-1, relative_difference(g, -g)]"),
    Claim("a gradient that is wrong by a factor 2 passes as right", "printed < 1e-7"),
    Claim("The given network passes", "max(found) < 1e-6"),
    Claim(
        "for tanh a narrow band falls straight until rounding",
        f"(lambda f: (f['tanh'].max(axis=0) < 10 * f['tanh'].min(axis=0))[-7:])({ROWS})",
    ),
    Claim(
        "its upper end lies far above tanh's",
        f"(lambda f: f['relu'][:, 8].max() > 100 * f['tanh'][:, 8].max())({ROWS})",
    ),
    Claim(
        "how far it is off depends on which units happen to lie",
        f"(lambda f: f['relu'][:, 8].max() > 1000 * f['relu'][:, 8].min())({ROWS})",
    ),
    Claim("near 1e-6 at the start", "np.median(rows, axis=0)[0]", factor=3),
    Claim("above a tenth after a hundred steps", "np.array(rows)[:, list(iterations).index(100)] > 0.1"),
    Claim("forgetting it changes next to nothing", "np.array(rows)[:, 0] < 1e-5"),
]

GIVEN = [
    "its tangent at x = 1 and a secant",
    "Many lecture notes take $10^{-7}$, by habit",
    "Use $10^{-5}$ where you need to see small differences",
    "With $\\varepsilon = 10^{-7}$, this is how to read the result",
    "| about $10^{-7}$ or less | right |",
    "| about $10^{-5}$ | look again",
    "| $10^{-3}$ or more | there is a bug |",
    "what is left at $10^{-7}$.",
    "ends at $10^{-4}$, do not tear",
    "near $10^{-7}$ or less it is right, near $10^{-3}$ or more it is wrong",
]
