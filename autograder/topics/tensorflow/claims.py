"""What the text of 07 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

CLAIMS = [
    Claim(
        "a curve of three arcs that jumps at 1 and 2",
        "[x for x in (1, 2) if abs(halved(tf.constant(x - 1e-6)) - halved(tf.constant(x + 1e-6))) > 0.01]",
    ),
    Claim("They agree to $10^{-6}$ and better", "0 < gap < 1e-6"),
    Claim("With $10^{-3}$ it is plain", "adam_gap(adam, epsilon=1e-3) > 1e-4"),
    Claim("dividing yours by the same root closes the gap", "adam_gap(adam, True, epsilon=1e-3) < 1e-5"),
    Claim("nothing is left but rounding", "adam_gap(adam, True, epsilon=1e-3, **exact) < 1e-13"),
    Claim("$\\sqrt{1 - 0.999} \\approx 1/32$", "abs(32 * np.sqrt(1 - 0.999) - 1) < 0.02"),
]
GIVEN = [
    "into MatMul, its result and b into AddV2, that into Relu",
    "With $10^{-7}$ nobody notices",
    '$\\varepsilon = 10^{-3}$" is not one optimizer',
]
