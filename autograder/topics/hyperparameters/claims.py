"""What the text of 06 says of its runs, and how it follows from them."""

from autograder.topics.claims import Claim

CLAIMS = [
    Claim("On the linear scale, nine in ten lie above 0.1", "abs(np.mean(draws['linear'] > 0.1) - 0.9) < 0.02"),
    Claim("linear draws pile up at 0", "np.mean(draws['linear'] > 0.1) > 0.8"),
    Claim(
        "does nothing at 0.9, and doubles the memory at 0.999",
        "[(1 / (1 - 0.9005)) / (1 / (1 - 0.9)) < 1.01, abs((1 / (1 - 0.9995)) / (1 / (1 - 0.999)) - 2) < 1e-6]",
    ),
    Claim("linear draws crowd at 1", "np.mean(np.log10(1 / (1 - draws['linear in β'])) < 1.5) > 0.6"),
    Claim(
        "The grid spends 25 trainings on five values of what matters. Random points try 25.",
        "[len(grid), len(set(scattered[:, 0]))]",
    ),
    Claim(
        "before you search, you do not know which one matters", "np.mean(found['random']) > 2 * np.mean(found['grid'])"
    ),
    Claim("In the large box few points are good", "np.sum(rounds[0, 1][2] >= 0.9) <= 3"),
    Claim("what the next plot shows, where most are good", "np.sum(rounds[0, 3][2] >= 0.9) > 5"),
    Claim(
        "three of thirty networks learn well; in the last one, twelve",
        "good.sum(axis=1)[[0, 2]] == [3, 12]",
    ),
    Claim("its first round hit nothing good", "good[:, 1] == 0"),
    Claim(
        "the winner is the best of all sixteen, or close",
        "[best - won < 1 for won, best in ends]",
    ),
    Claim("for about half of the steps", "abs(spent / (16 * 300) - 0.5) < 0.05"),
    Claim(
        "it would be a third",
        "abs(sum(n * s for n, s in zip((16, 8, 4, 2), np.diff([0, *budgets]))) / (16 * 300) - 1 / 3) < 0.02",
    ),
    Claim("climbs from 95 to 99 %, the truth stays at 95 %", "[best[1].mean(), best[50].mean(), 95]", within=0.5),
    Claim("the winner's dev accuracy is four points too high", "abs(best[50].mean() - 95 - 4) < 0.5"),
    Claim("So the number that you report comes from a test set", "abs(fresh.mean() - 95) < 0.2"),
]
GIVEN = [
    "of exponents from −4 to 0",
    "of the memory, from 1 to 3",
    "How often do 25 tries come to 90 % of the peak's height",
    "a grid of 25 points",
    "Right: 25 random points",
    "Sixteen lines start at 40 steps; half of them end at each rung, two reach 300 steps",
    "are all right 95 % of the time, exactly",
    "the band holds 80 % of them",
    "is for 75 % of the new images, another for 88 %, the third for 92 %",
    "end below 88 %, mostly far below. A search reaches 95 %",
    'suggest_float("lr", 1e-4, 1.0',
    'HyperParameters.Float("lr", 1e-4, 1.0',
]
