# %% [markdown]
r"""
# Hyperparameters

*I have a model that learns something and a week of computer time. Which settings do I try, in which order, and when do
I stop?*

The learning rate, the number of units, $\beta$, $\lambda$, the mini-batch size: no gradient tells the right value of a
hyperparameter, and each try costs a training. In this notebook you write the tools of a good search, and then you use
them: who finds the best network for the hands in 60 steps?

| you write | points |
|---|---|
| six predictions, before you run the experiments | 1 |
| `sample_log_uniform` | 8 |
| `sample_momentum` | 8 |
| `grid_search_points` | 4 |
| `random_search_points` | 4 |
| `coarse_to_fine` | 6 |
| `successive_halving` | 6 |
| the challenge: `challenge_settings` | 1 |
| answers to five questions | 2 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
from collections.abc import Callable
from typing import Any

import numpy as np

from course_utils import challenge, check, network, plots, show_prediction

# %% [markdown]
r"""
## Predict before you run

Six experiments lie ahead. Say now what you expect of them. A guess is enough: any letter earns its part of the point,
and what you guessed wrong you will remember.

**1.** You draw 1000 learning rates uniformly between 0.0001 and 1. How many of them are below 0.01?

- a) about 10
- b) about 500
- c) about 250
- d) about 100

**2.** In one network you raise $\beta$ from 0.9 to 0.9005, in another from 0.999 to 0.9995. Where does it matter more?

- a) in the second
- b) in both alike
- c) in the first
- d) in neither

**3.** One of two hyperparameters matters, the other hardly does. You can afford 25 trainings: a grid of 5 × 5, or 25
points at random. Which finds a good value of the one that matters?

- a) neither: 25 are too few
- b) random points, more often
- c) both, equally often
- d) the grid, nearly always

**4.** You train 30 networks: ten anywhere, ten near the best of those, ten near the best of these. How many of the last
ten reach 90 % on the dev set?

- a) fewer than of the first ten
- b) none
- c) several times as many as of the first ten
- d) about as many as of the first ten

**5.** Sixteen candidates train for a short while, the better half goes on, and so on; only two train to the end.
Compared to training all sixteen to the end, the winner…

- a) is as good, for all of the steps,
- b) is much worse: good networks start slowly,
- c) is as good or nearly so, for half of the steps,
- d) is a matter of luck.

**6.** Fifty networks are all right 95 % of the time. You measure each on 120 images and take the best. What did it
score?

- a) about 99 %
- b) 100 %, always
- c) 95 %
- d) about 96 %
"""

# %% exercise="hyperparameters_predictions"
from autograder.topics.hyperparameters.answers import hyperparameters_predictions

# %% points=1
check(hyperparameters_predictions)

# %% [markdown]
r"""
## Where to look first

Not all hyperparameters matter alike. A usual order, from what most often matters most:

1. the learning rate $\alpha$;
2. momentum's $\beta$, the mini-batch size, the number of units;
3. the number of layers, the decay of the learning rate, the strength of regularization;
4. rarely: Adam's $\beta_1$, $\beta_2$, $\varepsilon$ (though large language models are often trained with
   $\beta_2 = 0.95$).

It is a rule of thumb. That the learning rate comes first has wide support
([Bengio, 2012](https://arxiv.org/abs/1206.5533), section 3.1); the rest depends on your network and your data. For each
hyperparameter you choose a range, and a scale to draw from: all ranges together are the **search space**.

## A logarithmic scale

A learning rate of 0.0001 or 0.001: a large difference. 0.5 or 0.501: none. What counts is the *ratio*. The
**log-uniform distribution** draws the exponent uniformly, not the number:

$$r \sim U(\log_{10} \text{low}, \; \log_{10} \text{high}), \qquad \alpha = 10^r.$$

Then each power of ten gets the same share of the draws.

## Exercise 1: log-uniform draws

<details><summary>Hint 1</summary>

Where do the exponents begin and end? For 0.0001 to 1: from −4 to 0.
</details>
<details><summary>Hint 2</summary>

`np.log10` gives the exponent, `rng.uniform(a, b, size)` draws between two numbers. Stay with one base: `np.log10`
belongs to 10, `np.log` to `np.exp`.
</details>
<details><summary>Hint 3</summary>

Draw `size` exponents between `np.log10(low)` and `np.log10(high)`, then return 10 to the power of them.
</details>
"""

# %% exercise="sample_log_uniform"
from autograder.topics.hyperparameters.answers import sample_log_uniform

# %% points=8
check(sample_log_uniform)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(hyperparameters_predictions, 1)
rng = np.random.default_rng(0)
draws = {"linear": rng.uniform(0.0001, 1, 1000), "logarithmic": sample_log_uniform(0.0001, 1, 1000, rng)}
for label, values in draws.items():
    print(f"{label:12}: {np.sum(values < 0.01):3} of 1000 below 0.01, {np.sum(values > 0.1):3} above 0.1")
plots.histograms(
    {f"{label} scale": np.log10(values) for label, values in draws.items()},
    "exponent of the learning rate",
    "Two histograms of exponents from −4 to 0: linear draws pile up at 0, logarithmic ones are spread evenly.",
)

# %% [markdown]
r"""
Prediction 1: a. On the linear scale, nine in ten lie above 0.1. If the good rates lie around 0.01, you hardly ever try
one.

## Hyperparameters near 1

$\beta$ averages over about the last $\frac{1}{1 - \beta}$ values. So what counts is the ratio of $1 - \beta$:
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(hyperparameters_predictions, 2)
for before, after in ((0.9, 0.9005), (0.999, 0.9995)):
    print(f"β from {before} to {after}: averages over {1 / (1 - before):.0f} values, then {1 / (1 - after):.2f}")

# %% [markdown]
r"""
Prediction 2: a. The same change of 0.0005 does nothing at 0.9, and doubles the memory at 0.999. So put $1 - \beta$ on
the logarithmic scale. Its ends change places: the largest $\beta$ has the smallest $1 - \beta$.

$$r \sim U(\log_{10}(1 - \text{high}), \; \log_{10}(1 - \text{low})), \qquad \beta = 1 - 10^r.$$

## Exercise 2: momentum

<details><summary>Hint 1</summary>

For β from 0.9 to 0.999, 1 − β goes from 0.001 to 0.1.
</details>
<details><summary>Hint 2</summary>

Draw 1 − β on the logarithmic scale, then take it from 1. You have a function that does the first half.
</details>
<details><summary>Hint 3</summary>

The exponents go from `np.log10(1 - high)` to `np.log10(1 - low)`, in this order. Return 1 minus 10 to the power of
them.
</details>
"""

# %% exercise="sample_momentum"
from autograder.topics.hyperparameters.answers import sample_momentum

# %% points=8
check(sample_momentum)

# %% tags=["experiment"]
rng = np.random.default_rng(1)
draws = {"linear in β": rng.uniform(0.9, 0.999, 1000), "yours": sample_momentum(0.9, 0.999, 1000, rng)}
plots.histograms(
    {label: np.log10(1 / (1 - values)) for label, values in draws.items()},
    "exponent of 1 / (1 − β)",
    "Two histograms of the exponent of the memory, from 1 to 3: linear draws crowd at 1, yours are spread evenly.",
)

# %% [markdown]
r"""
## Grid search and random search

With two hyperparameters, the search space is a box, and each try is a point in it. **Grid search** tries every
combination of a few values of each hyperparameter. **Random search** draws each point independently from the search
space ([Bergstra and Bengio, 2012](https://jmlr.org/papers/v13/bergstra12a.html), section 1). Put learning rates into
the box by their exponents.

## Exercise 3: a grid

<details><summary>Hint 1</summary>

First the values on each axis, then all their combinations.
</details>
<details><summary>Hint 2</summary>

`np.linspace(low, high, n)` includes both ends. `np.meshgrid` or `itertools.product` makes the combinations, for any
number of axes.
</details>
<details><summary>Hint 3</summary>

`np.meshgrid(*axes)` gives one array per axis; ravel each, and stack them as columns. Or put
`itertools.product(*axes)` into a list and make an array of it.
</details>
"""

# %% exercise="grid_search_points"
from autograder.topics.hyperparameters.answers import grid_search_points

# %% points=4
check(grid_search_points)

# %% [markdown]
r"""
## Exercise 4: random points

<details><summary>Hint 1</summary>

Each axis has its own bounds, and each point its own draw on each axis.
</details>
<details><summary>Hint 2</summary>

`rng.uniform` takes arrays as bounds: one low and one high for each column of the result.
</details>
<details><summary>Hint 3</summary>

`np.array(bounds).T` has the lows in its first row and the highs in its second. The size to ask for is
`(size, len(bounds))`.
</details>
"""

# %% exercise="random_search_points"
from autograder.topics.hyperparameters.answers import random_search_points

# %% points=4
check(random_search_points)

# %% [markdown]
r"""
### One that matters, one that does not

A made-up score: a narrow peak along the first axis, nearly level along the second. The peak lies at another place in
each of 1000 problems. How often do 25 tries come to 90 % of the peak's height?
"""


# %% tags=["experiment", "nbval-check-output"]
def height(points, peak):
    """Score of points (n, 2) where the first coordinate matters."""
    return np.exp(-(((points[:, 0] - peak) / 0.1) ** 2)) + 0.02 * points[:, 1]


show_prediction(hyperparameters_predictions, 3)
unit, rng = [(0.0, 1.0), (0.0, 1.0)], np.random.default_rng(2)
grid = grid_search_points(unit, 5)
found = {"grid": [], "random": []}
for _ in range(1000):
    peak = rng.uniform()
    for label, points in (("grid", grid), ("random", random_search_points(unit, 25, rng))):
        found[label].append(height(points, peak).max() > 0.9)
for label, hits in found.items():
    print(f"{label:6}: comes near the peak in {np.mean(hits):.0%} of the problems")
fig, axes = plots.figure(1, 2, width=3.6, height=3.4, sharex=True, sharey=True)
along = np.linspace(0, 1, 400)
scattered = random_search_points(unit, 25, np.random.default_rng(3))
for index, (label, points) in enumerate((("grid: 5 values", grid), ("random: 25 values", scattered))):
    ax = axes[0, index]
    ax.fill_between(along, 1.1, 1.1 + 0.3 * np.exp(-(((along - 0.38) / 0.1) ** 2)), color="0.8", linewidth=0)
    ax.plot(points[:, 0], points[:, 1], plots.MARKERS[index], color=plots.COLOURS[index], markersize=5)
    ax.vlines(points[:, 0], 1.1, 1.1 + 0.3 * np.exp(-(((points[:, 0] - 0.38) / 0.1) ** 2)), color="black", linewidth=1)
    ax.set(xlabel="the one that matters", ylabel="the other one", title=label, ylim=(-0.05, 1.45))
plots.show(
    fig,
    alt="Left: a grid of 25 points, whose values along the first axis miss a narrow peak drawn above. Right: 25 random"
    " points, some of which lie below the peak.",
)

# %% [markdown]
r"""
Prediction 3: b. The grid spends 25 trainings on five values of what matters. Random points try 25. And before you
search, you do not know which one matters.

## From coarse to fine

A **coarse-to-fine search** draws in a large box first, which shows where networks learn at all, then in a smaller box
round the best point, and so on.

## Exercise 5: a smaller box

<details><summary>Hint 1</summary>

Find the best point. Then, for each axis, go half of the new side to the left and to the right.
</details>
<details><summary>Hint 2</summary>

`np.argmax(scores)` is the number of the best point. The new side is `shrink` times the old one. Cut off what lies
outside with `max` and `min`.
</details>
<details><summary>Hint 3</summary>

In a loop over the best point's coordinates and the bounds together: `half` is `shrink * (high - low) / 2`; append the
larger of `low` and the coordinate minus `half`, and the smaller of `high` and the coordinate plus `half`.
</details>
"""

# %% exercise="coarse_to_fine"
from autograder.topics.hyperparameters.answers import coarse_to_fine

# %% points=6
check(coarse_to_fine)

# %% [markdown]
r"""
### A real search

The network for all that follows counts the fingers of the drawn hands. It has 300 steps. Its last layer asks five
questions: more than 0 fingers? More than 1? … The answer is the number of yeses. Its training is given, and takes
settings:

| setting | what | from | to |
|---|---|---|---|
| `hidden_layers` | units of each hidden layer, a list | no layer | 4 layers of 100 |
| `init_scale` | multiplies the initial weights; 1 is the usual size | 0 | 100 |
| `learning_rate` | of the first step | above 0 | 1000 |
| `mini_batch_size` | images in each step | 1 | 128 |
| `final_share` | share of the learning rate left at the last step; it falls in a straight line | 0 | 1 |

Two of them at first, by their exponents: ten trainings anywhere, ten in a smaller box, ten in a still smaller one.
Three searches, from three seeds.
"""


# %% tags=["experiment", "nbval-check-output"]
def settings_at(point: np.ndarray) -> dict[str, Any]:
    """Settings of a point: exponents of the learning rate and of the initial scale."""
    return {
        "hidden_layers": [60, 30],
        "init_scale": 10 ** point[1],
        "learning_rate": 10 ** point[0],
        "mini_batch_size": 32,
        "final_share": 0.1,
    }


show_prediction(hyperparameters_predictions, 4)
box = [(-4.0, 1.0), (-2.0, 1.0)]
rounds = {}
bar = iter(network.progress_bar(90, "searching"))
for seed in range(3):
    rng, bounds = np.random.default_rng(seed), box
    for number in (1, 2, 3):
        points = random_search_points(bounds, 10, rng)
        scores = []
        for point in points:
            next(bar)
            scores.append(challenge.dev_accuracy(settings_at(point)))
        rounds[seed, number] = bounds, points, np.array(scores)
        bounds = coarse_to_fine(points, np.array(scores), bounds, 0.4)
good = np.array([[np.sum(rounds[seed, number][2] >= 0.9) for seed in range(3)] for number in (1, 2, 3)])
for number in (1, 2, 3):
    best = ", ".join(f"{100 * rounds[seed, number][2].max():.0f} %" for seed in range(3))
    print(f"round {number}: {' + '.join(map(str, good[number - 1]))} of 3 × 10 networks reach 90 %; the best: {best}")
fig, axes = plots.figure(1, 3, width=3.1, height=3.0)
for number in (1, 2, 3):
    bounds, points, scores = rounds[0, number]
    ax = axes[0, number - 1]
    drawn = ax.scatter(*points.T, c=100 * scores, cmap="viridis", vmin=0, vmax=100, s=45, edgecolors="black")
    if number < 3:
        (left, right), (bottom, top) = rounds[0, number + 1][0]
        ax.plot([left, right, right, left, left], [bottom, bottom, top, top, bottom], "k--", linewidth=1.2)
    ax.set(xlabel="exponent of the learning rate", ylabel="exponent of the initial scale", title=f"round {number}")
    ax.set(xlim=bounds[0], ylim=bounds[1])
    ax.margins(0.05)
fig.colorbar(drawn, ax=axes[0, 2]).ax.set(xlabel=" ", ylabel="dev accuracy in %")
plots.show(
    fig,
    alt="Three scatter plots of ten points each, shaded by dev accuracy. In the large box few points are good; a dashed"
    " box round the best one is what the next plot shows, where most are good.",
)

# %% [markdown]
r"""
Prediction 4: c. In the large box, three of thirty networks learn well; in the last one, twelve. And you can look at
small differences there. But see the second search: its first round hit nothing good, so the box closed round the wrong
place. Spend enough on the first round, and do not shrink too fast. And small differences on 120 images are mostly luck;
you will see that in a moment.

## Successive halving

A hopeless candidate often shows early that it is hopeless. **Successive halving** gives every candidate a small budget,
keeps the better half, gives those a larger budget, and so on
([Jamieson and Talwalkar, 2016](https://arxiv.org/abs/1502.07943), section 3).

## Exercise 6: successive halving

Each rung has its budget. Score every survivor once with it. After each rung but the last, the better half stays: half
of an odd number is rounded up, and of equals the earlier candidate stays. The winner is the best of the last rung; of
equals, the earliest.

<details><summary>Hint 1</summary>

Carry a list of indices, the survivors. At first it is all of them.
</details>
<details><summary>Hint 2</summary>

`np.argsort(-scores, kind="stable")` gives the places from the best to the worst, and leaves equals in their order. They
are places among the survivors: look up the indices.
</details>
<details><summary>Hint 3</summary>

In the loop over `budgets`: the scores of the survivors; the survivors ranked by them; of these the first
`(n + 1) // 2`, put back into their order with `sorted`. After the loop, return the first of the last ranking.
</details>
"""

# %% exercise="successive_halving"
from autograder.topics.hyperparameters.answers import successive_halving

# %% points=6
check(successive_halving)

# %% [markdown]
r"""
### What it saves

Sixteen random candidates from the large box, three times over. Beside the halving, all sixteen train to the end, so
that you see what it missed.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(hyperparameters_predictions, 5)
budgets = [40, 80, 160, 300]
bar = iter(network.progress_bar(3 * (16 + 30), "halving"))


def scorer(candidates: list, seen: dict[int, list]) -> Callable[[Any, int], float]:
    """Make a score for your function: dev accuracy after a budget of steps, noted in ``seen`` for the picture."""

    def score(candidate: Any, budget: int) -> float:
        next(bar)
        reached = challenge.dev_accuracy(candidate, steps=budget)
        seen[candidates.index(candidate)].append(100 * reached)
        return reached

    return score


ends = []
fig, axes = plots.figure(1, 3, width=3.1, height=3.0, sharey=True)
for seed in range(3):
    candidates = [settings_at(point) for point in random_search_points(box, 16, np.random.default_rng(100 + seed))]
    seen = {index: [] for index in range(16)}
    winner = successive_halving(candidates, scorer(candidates, seen), budgets)
    full = []
    for candidate in candidates:
        next(bar)
        full.append(100 * challenge.dev_accuracy(candidate))
    spent = sum(sum(budgets[: len(scores)]) for scores in seen.values())
    ends.append((full[winner], max(full)))
    print(
        f"search {seed + 1}: {spent} steps in place of {16 * 300}; the winner reaches {full[winner]:.1f} %,"
        f" the best of all sixteen {max(full):.1f} %"
    )
    ax = axes[0, seed]
    for index, scores in seen.items():
        style = {"color": plots.COLOURS[1], "linewidth": 2.4} if index == winner else {"color": "0.6", "linewidth": 1}
        ax.plot(budgets[: len(scores)], scores, marker="o", markersize=3, **style)
    ax.set(xlabel="steps", ylabel="dev accuracy in %", title=f"search {seed + 1}", ylim=(0, 102), xticks=budgets)
plots.show(
    fig,
    alt="Three plots of dev accuracy against steps. Sixteen lines start at 40 steps; half of them end at each rung, two"
    " reach 300 steps, and the thick one, the winner, ends on top.",
)

# %% [markdown]
r"""
Prediction 5: c. In these three searches the winner is the best of all sixteen, or close, for about half of the steps.
If survivors went on from where they stopped, in place of starting again, it would be a third. With more rungs one saves
more. It goes wrong where a slow starter wins in the end: a small learning rate looks bad after 40 steps. *Hyperband*
([Li et al., 2018](https://jmlr.org/papers/v18/16-558.html), section 3) therefore runs successive halving several times,
with different first budgets.

## Panda or caviar

Two ways to work, with two names from biology, of one young and of thousands:

- The panda's way: you have one model, for it is huge. You watch it day by day, and change the learning rate when the
  curve says so.
- The caviar way: you train many models in parallel, watch none, and take the best. Random search and successive halving
  are that.

Your computers decide which one you can afford.

## The best of many is lucky

Fifty networks are all right 95 % of the time, exactly. You measure each on 120 images of its own, and take the best.
2000 times over; the band holds 80 % of them:
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(hyperparameters_predictions, 6)
rng = np.random.default_rng(4)
tries = np.array([1, 2, 5, 10, 20, 50])
measured = 100 * rng.binomial(120, 0.95, (2000, 50)) / 120
best = {number: measured[:, :number].max(axis=1) for number in tries}
for number, values in best.items():
    print(f"best of {number:2}: {values.mean():.1f} % on average")
fresh = 100 * rng.binomial(600, 0.95, 2000) / 600
print(f"the chosen one on 600 new images: {fresh.mean():.1f} %")
plots.lines(
    {
        "best of so many, on dev": np.quantile(np.array(list(best.values())), (0.1, 0.5, 0.9), axis=1),
        "the truth": np.full(len(tries), 95.0),
    },
    tries,
    "networks tried",
    "accuracy in %",
    "What the best of many seems to be worth",
    "Accuracy against the number of networks: the best on dev climbs from 95 to 99 %, the truth stays at 95 %.",
    markers=True,
    xscale="log",
)

# %% [markdown]
r"""
Prediction 6: a. Nobody cheated, and still the winner's dev accuracy is four points too high. **Selection bias** makes
the score of the best of many too high, because luck had a part in choosing it. The more you try, the larger it gets.
(On one dev set for all, the networks make partly the same mistakes, and it is smaller.) So the number that you report
comes from a test set, by which nothing was chosen.

## The challenge

Give settings for the best network that 60 steps can make. At grading it is trained with them, from three seeds, and
scored on 600 images that nobody has seen. A quarter of the point is for 75 % of the new images, another for 88 %, the
third for 92 %, and the last for settings with which anything of that is reached. Settings that one types first end
below 88 %, mostly far below. A search reaches 95 %.

`challenge.enter(settings)` trains with three seeds and puts the mean dev accuracy on your leaderboard, the file
`leaderboard.csv` beside your notebooks. Try what you like: by hand, at random, from coarse to fine, by halving.

<details><summary>Hint 1</summary>

The learning rate first. In the searches above, where did the good points lie?
</details>
<details><summary>Hint 2</summary>

Steps are limited, images per step are not: up to 128. With larger mini-batches the gradient is calmer, and a larger
learning rate may do.
</details>
<details><summary>Hint 3</summary>

One or two hidden layers of some dozens of units, mini-batches of 128, a learning rate of some tenths. What is left is
a search over the exponents of `learning_rate` and `init_scale`, with `challenge.dev_accuracy(settings, steps=60)`.
</details>
"""

# %% exercise="challenge_settings"
from autograder.topics.hyperparameters.answers import challenge_settings

# %% points=1
check(challenge_settings)

# %% tags=["experiment", "nbval-check-output"]
challenge.enter({**challenge_settings(), "learning_rate": 0.02})
challenge.enter({**challenge_settings(), "hidden_layers": []})
challenge.enter({**challenge_settings(), "mini_batch_size": 8})
challenge.enter(challenge_settings())
challenge.show_leaderboard()

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** You draw learning rates between 0.001 and 1 on a logarithmic scale. Which share lies between 0.01 and 0.1?

- a) a half
- b) a tenth
- c) a third
- d) it depends on how many you draw

**2.** You have time to tune one hyperparameter. Which?

- a) the number of layers
- b) the seed
- c) Adam's $\varepsilon$
- d) the learning rate

**3.** Why are random points often better than a grid of as many?

- a) They learn from earlier results.
- b) They try more values of each hyperparameter, also of the one that matters.
- c) They are easier to compute.
- d) They try more combinations.

**4.** What is the panda's way?

- a) Train many networks in parallel and take the best.
- b) Drop the worse half after each rung.
- c) Choose on the test set.
- d) Watch one network while it trains, and adjust it as it goes.

**5.** The best of fifty networks reaches 99 % on the dev set. What do you expect of it on new images?

- a) 99 %
- b) somewhat less than 99 %
- c) what it reaches on the training set
- d) more, since it was chosen among so many
"""

# %% exercise="hyperparameters_answers"
from autograder.topics.hyperparameters.answers import hyperparameters_answers

# %% points=2
check(hyperparameters_answers)

# %% [markdown]
r"""
## What you can do now

- You can choose a scale for each hyperparameter: a log-uniform distribution for a learning rate, and for $1 - \beta$.
- You can search at random in place of on a grid, and say why that tries more values of what matters.
- You can do a coarse-to-fine search, and know what a first round that is too small costs.
- You can stop early what does not learn, by successive halving.
- You can report an honest number: on the dev set, selection bias makes the winner look better than it is.

### In real code

PyTorch has no search of its own; Optuna is one that works with either.

- `sample_log_uniform`: `optuna.trial.Trial.suggest_float("lr", 1e-4, 1.0, log=True)`;
  `keras_tuner.HyperParameters.Float("lr", 1e-4, 1.0, sampling="log")`
- `random_search_points`: `optuna.samplers.RandomSampler(seed=0)`; `keras_tuner.RandomSearch(build, max_trials=25)`
- `grid_search_points`: `optuna.samplers.GridSampler(space)`; `keras_tuner.GridSearch(build, max_trials=25)`
- `successive_halving`: `optuna.pruners.SuccessiveHalvingPruner()`; `keras_tuner.Hyperband(build, max_epochs=30)`
- to repeat a run: `torch.manual_seed(0)`, `keras.utils.set_random_seed(0)`

### Read more

- [Bergstra and Bengio, 2012](https://jmlr.org/papers/v13/bergstra12a.html), *Random Search for Hyper-Parameter
  Optimization*: figure 1 is your picture of grid and random points.
- [Li et al., 2018](https://jmlr.org/papers/v18/16-558.html), *Hyperband*: successive halving without a guess of the
  first budget.
- [Bengio, 2012](https://arxiv.org/abs/1206.5533), *Practical Recommendations for Gradient-Based Training of Deep
  Architectures*, section 3.
- [Godbole et al., 2023](https://github.com/google-research/tuning_playbook), *Deep Learning Tuning Playbook*: how a
  team that tunes for a living goes about it.
- The tutorials of [Optuna](https://optuna.readthedocs.io/en/stable/tutorial/index.html) and
  [KerasTuner](https://keras.io/keras_tuner/).
"""

# %% [markdown]
r"""
`07_tensorflow` is a bonus. Here is how far you are in all notebooks, as you last saved them.
"""

# %% tags=["experiment", "timing"]
from course_utils import progress

progress()
