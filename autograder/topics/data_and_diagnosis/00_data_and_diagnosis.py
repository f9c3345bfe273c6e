# %% [markdown]
r"""
# Data and diagnosis

*My network is wrong about every eighth new picture. Should I collect more pictures, train a bigger network, or train
this one for longer?*

Each of these costs days, and often only one of them helps. The errors themselves tell you which. To read them you need
data that the network has not seen, a name for what is wrong, and inputs of one scale, so that training itself is not
the trouble. In this notebook you write four small functions for that. You will use them for as long as you train
networks.

| you write | points |
|---|---|
| three predictions, and later three more, before you run the experiments | 2 |
| `split_indices` | 8 |
| `diagnose` | 6 |
| `fit_normalizer` | 6 |
| `normalize` | 6 |
| answers to four questions | 2 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
import numpy as np

from course_utils import check, data, network, plots, show_prediction

# %% [markdown]
r"""
## Predict before you run

Six experiments lie ahead, three of them in this half. Say now what you expect of them. A guess is enough: any letter
earns its part of the point, and you will remember best what you guessed wrong.

**1.** A network is right 90 % of the time. You measure that on 100 examples. How far off are such measurements, say
the worst of twenty?

- a) By thirty per cent.
- b) Not at all: 90 % is 90 %.
- c) By several per cent.
- d) By about a tenth of a per cent.

**2.** One network has learned from bright pictures, another from dim ones, such as the phones of your users take. You
choose between them on a dev set of bright pictures. For your users, the chosen one is…

- a) a little worse than there, but still the better of the two,
- b) as good as on the dev set,
- c) worse than the other,
- d) better than on the dev set.

**3.** A network is wrong on 15 % of the training set and on 16 % of the dev set. What is wrong with it?

- a) It does badly on what is new to it.
- b) It has not learned enough from what it has seen.
- c) Nothing.
- d) These two numbers do not tell: it depends on how well anybody can do the task.
"""

# %% exercise="data_and_diagnosis_predictions"
from autograder.topics.data_and_diagnosis.answers import data_and_diagnosis_predictions

# %% points=1
check(data_and_diagnosis_predictions)

# %% [markdown]
r"""
## Three sets

What counts is how well a network does on examples that it has not seen: this is its **generalization**. You cannot see
it on the examples that it has learned from. So split the data into three sets before you begin:

- The **training set** holds the examples that the network learns from.
- The **dev set** (also called development or validation set) holds examples on which you compare networks and choose
  one.
- The **test set** holds examples on which you measure the chosen one, once, at the end.

What you choose on the dev set, and training does not learn by itself, is called a **hyperparameter**: the number of
units, for example, or when to stop. The chosen network looks a little too good on the dev set, because it was chosen
there. The same would happen to the test set if you chose by it, and then you would have no test set any more.

How large should the dev set be? Large enough to show the differences that matter to you. Here is a network that is
right 90 % of the time, measured twenty times on dev sets of several sizes.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_predictions, 1)
rng = np.random.default_rng(0)
sizes = [30, 100, 300, 1000, 3000, 10_000, 30_000]
measured = np.array([[100 * rng.binomial(size, 0.9) / size for size in sizes] for _ in range(20)])
for size, column in zip(sizes, measured.T, strict=True):
    print(f"{size:6} examples: measured {column.min():.1f} to {column.max():.1f} %")
plots.lines(
    {"measured": measured},
    sizes,
    "examples in the dev set",
    "accuracy in %",
    "A network that is right 90 % of the time, measured 20 times",
    "Measured accuracy against the size of the dev set: a band from 73 to 97 at 30 examples that narrows to a line at"
    " 90 for 30 000.",
    markers=True,
    xscale="log",
)

# %% [markdown]
r"""
Prediction 1: c. A hundred examples cannot tell a network of 88 % from one of 91 %. Ten thousand can: there the standard
error of a measured accuracy of 90 % is $\sqrt{0.9 \cdot 0.1 / 10\,000}$, or 0.3 %. More than that is seldom needed,
however much data there is. So the shares of the three sets depend on how much data you have:
"""

# %% tags=["experiment"]
fig, axes = plots.figure(width=6.5, height=1.9)
ax = axes[0, 0]
rows = {"1 000 examples": (60, 20, 20), "1 000 000 examples": (98, 1, 1)}
for place, shares in enumerate(rows.values()):
    left = 0
    for index, (part, share) in enumerate(zip(("train", "dev", "test"), shares, strict=True)):
        label = part if place == 0 else None
        hatch = ("", "//", "..")[index]
        ax.barh(place, share, left=left, color=plots.COLOURS[index], edgecolor="white", hatch=hatch, label=label)
        left += share
ax.set(xlabel="share in %", ylabel="data", yticks=[0, 1], yticklabels=list(rows))
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(fig, alt="Two bars: 1000 examples are split 60, 20, 20; a million examples 98, 1, 1.")

# %% [markdown]
r"""
### Aim at the right target

One more rule: *dev and test come from the same distribution*, the one that your users will bring. The training set may
come from elsewhere if it has to. A difference between the data that you train or choose on and the data that you will
meet is called a **distribution shift**.

Here is what a distribution shift does to a choice. The task: does a hand show three fingers or more? There are 300
bright pictures from the web and 100 dim ones from phones (made here from bright ones: a third of the light, and noise).
"""


# %% tags=["experiment"]
hands = data.load_hands()


def phone(X, rng):
    """Pictures as a phone takes them in the evening."""
    return np.clip(0.3 * X + rng.normal(0, 15, X.shape), 0, 255)


examples = hands.X_train[:, :6]
plots.images(
    data.as_images(np.hstack([examples, phone(examples, np.random.default_rng(0))])),
    ["web"] * 6 + ["phone"] * 6,
    alt="Six bright drawings of hands with no to five fingers up; below them the same ones, dim and noisy.",
)

# %% [markdown]
r"""
One network learns from the bright pictures, another one from the dim ones. Which one should your users get, who have
phones? We try it five times, each time with other pictures and from another start:
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_predictions, 2)
three_or_more = (hands.Y_train >= 3).astype(float)
choices = {"bright": [], "dim": []}


def learned_from(X, Y, seed):
    """The accuracy in %, as a function of a set, of a network trained on another one."""
    mean, spread = X.mean(), X.std()
    start = network.example_parameters([400, 10, 1], seed)
    trained, _ = network.train(start, (X - mean) / spread, Y, learning_rate=0.1, iterations=200, progress=None)
    return lambda X, Y: 100 * network.accuracy((X - mean) / spread, Y, trained)


for seed in range(5):
    rng = np.random.default_rng(seed)
    web, few, dev, test = np.split(rng.permutation(1080), [300, 400, 520])
    X, Y = hands.X_train, three_or_more
    dim = phone(X, rng)
    networks = {
        "web": learned_from(X[:, web], Y[:, web], seed),
        "phone": learned_from(dim[:, few], Y[:, few], seed),
    }
    for name, pictures in (("bright", X), ("dim", dim)):
        measured = {label: accuracy(pictures[:, dev], Y[:, dev]) for label, accuracy in networks.items()}
        chosen = max(measured, key=measured.get)
        true = networks[chosen](dim[:, test], Y[:, test])
        choices[name].append((chosen, measured[chosen], true))
        words = " and ".join(f"{label} {value:.0f} %" for label, value in measured.items())
        print(f"dev set {name + ':':7} {words}; chosen: {chosen:5} for users {true:.0f} %")

# %% [markdown]
r"""
Prediction 2: c. On the bright dev set the network from the web wins each time, and each time it is the wrong one. On a
dev set of dim pictures the other one wins, and for users it does about as well as that dev set promised. (120 examples
do not measure an accuracy more closely than to several per cent: the largest gap here is 7.)

## Exercise 1: split the data

Data often come in some order, by date or by class. So shuffle the numbers $0, \ldots, m - 1$ first, then cut. Dev and
test get `round(fraction * m)` examples each, and train gets the rest, so that no example is lost.

<details><summary>Hint 1</summary>

One shuffled order of all numbers, cut in two places.
</details>
<details><summary>Hint 2</summary>

A generator has a method that gives the numbers from 0 to $m - 1$ in random order. Compute the sizes of dev and test
first.
</details>
<details><summary>Hint 3</summary>

`rng.permutation(m)`, and three slices: up to the size of train, from there to train plus dev, and the rest.
</details>
"""

# %% exercise="split_indices"
from autograder.topics.data_and_diagnosis.answers import split_indices

# %% points=8
check(split_indices)

# %% tags=["experiment", "nbval-check-output"]
for m, fractions in ((1000, (0.6, 0.2, 0.2)), (1_000_000, (0.98, 0.01, 0.01)), (7, (0.6, 0.2, 0.2))):
    parts = split_indices(m, fractions, np.random.default_rng(0))
    print(
        f"{m} examples: train {len(parts[0])}, dev {len(parts[1])}, test {len(parts[2])}; train begins {parts[0][:4]}"
    )

# %% [markdown]
r"""
## What is wrong?

Three numbers tell: the error on the training set, the error on the dev set, and the error that nobody can avoid. The
**Bayes error** is the smallest error that any classifier can reach on the task. It is above zero where an input does
not determine its label, and it is seldom known. Where people do the task well, their error stands in for it.

$$\underbrace{\text{train error} - \text{Bayes error}}_{\text{bias}}, \qquad
\underbrace{\text{dev error} - \text{train error}}_{\text{variance}}$$

**Bias** is how much worse a network does on its own training set than it could. High bias means **underfitting**: the
network does not even fit what it has seen. **Variance** is how much worse a network does on new examples than on its
training set. High variance means **overfitting**: the network has learned details of its training set that do not hold
for other examples. "High" means: above `gap`.

In statistics, bias and variance are properties of a *method*, averaged over many training sets ([Geman et al.,
1992](https://doi.org/10.1162/neco.1992.4.1.1)). These
two differences are how practitioners estimate them from one training and its dev set.

## Exercise 2: diagnose

<details><summary>Hint 1</summary>

Two differences, two questions, four answers.
</details>
<details><summary>Hint 2</summary>

Ask for both at once first, or you never get there. Variance does not contain the Bayes error.
</details>
<details><summary>Hint 3</summary>

Store the two comparisons with `gap` in two variables. Then three `if`s, each with its `return`, and a last `return`.
</details>
"""

# %% exercise="diagnose"
from autograder.topics.data_and_diagnosis.answers import diagnose

# %% points=6
check(diagnose)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_predictions, 3)
cases = [(0.01, 0.11), (0.15, 0.16), (0.15, 0.30), (0.005, 0.01)]
for bayes_error in (0.0, 0.14):
    print(f"Bayes error {bayes_error:.0%}:")
    for train_error, dev_error in cases:
        if train_error >= bayes_error:
            words = diagnose(train_error, dev_error, bayes_error)
            print(f"    train {train_error:.1%}, dev {dev_error:.1%}: {words}")

# %% [markdown]
r"""
Prediction 3: d. The same 15 % on the training set is high bias where people are always right, and hardly any bias where
even they fail in 14 % of the cases.

Can a network have a training error *below* the Bayes error? Yes. Then it has memorized labels that cannot be predicted,
and its bias comes out negative. You will meet that in `02_regularization`.
"""

# %% [markdown]
r"""
## Predict the second half

Three more experiments: what cures what you have just diagnosed, and what the scale of the inputs does.

**1.** A straight line cannot separate two circles. You train a linear classifier on 20 examples of them, then on 300.
On new examples its accuracy…

- a) falls,
- b) rises to about 90 %,
- c) stays about as bad as guessing,
- d) rises to 100 %.

**2.** One feature is about 100 times as large as another. Gradient descent on the raw features, beside gradient
descent on normalized ones, each at its best learning rate, gets to the minimum…

- a) in fewer steps,
- b) in about as many steps,
- c) in many more steps, if at all,
- d) in about twice as many steps.

**3.** From 209 small drawings a network has learned whether they show a cat. On these it is always right, on new ones
it fails in about a quarter of the cases. What makes it better at new ones?

- a) three times as many steps
- b) five times as many units
- c) more drawings
- d) each of these three
"""

# %% exercise="data_and_diagnosis_more_predictions"
from autograder.topics.data_and_diagnosis.answers import data_and_diagnosis_more_predictions

# %% points=1
check(data_and_diagnosis_more_predictions)

# %% [markdown]
r"""
## What to do about it

Bias first, then variance, then look again. (**Regularization** is any method that keeps a network from fitting its
training set too closely; it is the subject of `02_regularization`.)
"""

# %% tags=["experiment"]
fig, axes = plots.figure(width=8.2, height=3.0)
ax = axes[0, 0]
ax.set_axis_off()
ax.set(xlim=(0, 10), ylim=(0, 4))
boxes = {
    "high bias?": (1.3, 3),
    "bigger network\ntrain longer\nanother architecture": (1.3, 0.9),
    "high variance?": (5, 3),
    "more data\nregularization\nanother architecture": (5, 0.9),
    "done": (8.7, 3),
}
for text, (x, y) in boxes.items():
    question = text.endswith("?") or text == "done"
    style = {"boxstyle": "round,pad=0.6", "facecolor": "#D6E6F2" if question else "#F8DECB", "edgecolor": "black"}
    ax.text(x, y, text, ha="center", va="center", bbox=style)
for start, end, label in (
    ((2.4, 3), (3.7, 3), "no"),
    ((6.3, 3), (8.0, 3), "no"),
    ((1.0, 2.5), (1.0, 1.7), "yes"),
    ((4.7, 2.5), (4.7, 1.7), "yes"),
    ((1.6, 1.7), (1.6, 2.5), ""),
    ((3.5, 1.5), (2.2, 2.6), ""),
):
    ax.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "lw": 1.5})
    ax.text((start[0] + end[0]) / 2 - 0.1 * (label == "yes"), (start[1] + end[1]) / 2 + 0.12, label, ha="right")
plots.show(
    fig,
    alt="A decision chart. High bias? If yes: bigger network, train longer, another architecture, and ask again. If no:"
    " high variance? If yes: more data, regularization, another architecture, and ask again. If no: done.",
)

# %% [markdown]
r"""
The order matters, because the remedies differ. Here is what more data does to a linear classifier and to a network of
20 hidden units on the circles, five seeds each. Such a figure, the errors against the number of training examples, is
called a **learning curve**.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_more_predictions, 1)
circles = data.load_circles()
sizes = [20, 40, 80, 150, 300]
models = {"linear": [2, 1], "20 hidden units": [2, 20, 1]}
curves = {f"{label}, {part}": np.zeros((5, len(sizes))) for label in models for part in ("train", "dev")}
for label, layers_dims in models.items():
    for column, size in enumerate(sizes):
        for seed in range(5):
            chosen = np.random.default_rng(seed).choice(300, size, replace=False)
            X, Y = circles.X_train[:, chosen], circles.Y_train[:, chosen]
            trained, _ = network.train(
                network.example_parameters(layers_dims, seed),
                X,
                Y,
                learning_rate=0.5,
                iterations=2000,
                progress=f"{label}, {size} examples",
            )
            for part, A, B in (("train", X, Y), ("dev", circles.X_dev, circles.Y_dev)):
                curves[f"{label}, {part}"][seed, column] = 100 * (1 - network.accuracy(A, B, trained))
for label in models:
    for column in (0, -1):
        train, dev = (np.median(curves[f"{label}, {part}"][:, column]) for part in ("train", "dev"))
        print(
            f"{label}, {sizes[column]} examples: errors {train:.0f} and {dev:.0f} %: {diagnose(train / 100, dev / 100)}"
        )
plots.lines(
    curves,
    sizes,
    "training examples",
    "error in %",
    "More data lowers variance, not bias (five seeds)",
    "Error against the number of training examples: both curves of the linear classifier stay between 35 and 55; those"
    " of the network meet near zero as its dev error falls.",
    markers=True,
)

# %% [markdown]
r"""
Prediction 1: c. The learning curve of the linear classifier shows high bias: 300 examples help it no more than 20. The
network has high variance with 20 examples, and more data is its cure.
"""

# %% [markdown]
r"""
## Inputs of one scale

You have read the errors, but training itself may be slow for a simple reason: the scale of the inputs. One feature is
an age, another an income. Their numbers differ by a factor of a thousand, and so do the slopes of the cost.

**Gradient descent** trains a network in many steps, each of which moves every parameter a little against the slope of
the cost. The **learning rate** $\alpha$ is the number that the slope is multiplied by in each step: $w := w - \alpha \,
dJ/dw$. One learning rate has to suit all parameters, and features of very different size make that impossible.

The cure takes two steps. **Standardization** subtracts from each feature its mean, and then divides it by its standard
deviation. Practitioners also say *normalizing the inputs*, and so does this course.

$$\mu = \frac1m \sum_i x^{(i)}, \qquad \sigma = \sqrt{\frac1m \sum_i \left(x^{(i)} - \mu\right)^2}, \qquad
x := \frac{x - \mu}{\sigma}.$$
"""

# %% tags=["experiment"]
rng = np.random.default_rng(0)
X = np.array([[5.0], [2.0]]) + np.array([[3.0], [0.4]]) * rng.standard_normal((2, 200))
fig, axes = plots.figure(1, 3, width=3.0, height=1.9, sharex=True, sharey=True)
mean, spread = X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)
panels = {"raw": X, "minus the mean": X - mean, "divided by σ": (X - mean) / spread}
for ax, (title, shown) in zip(axes.flat, panels.items(), strict=True):
    ax.scatter(*shown, s=8, color=plots.COLOURS[0])
    ax.axhline(0, color="black", lw=0.8)
    ax.axvline(0, color="black", lw=0.8)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", title=title, xlim=(-7, 13), ylim=(-5, 5), aspect="equal")
plots.show(fig, alt="A flat cloud of points beside the origin; then centred at the origin; then round as well.")

# %% [markdown]
r"""
## Exercise 3: measure mean and spread

A constant feature has $\sigma = 0$, and nothing can be divided by that. Put 1 there.

<details><summary>Hint 1</summary>

Features are rows. `axis=1` goes along the examples.
</details>
<details><summary>Hint 2</summary>

`keepdims=True` leaves a column $(n_x, 1)$, which you can subtract from `X`.
</details>
<details><summary>Hint 3</summary>

The mean of each row; the root of the mean of the squared differences to it; and where that is 0, a 1.
</details>
"""

# %% exercise="fit_normalizer"
from autograder.topics.data_and_diagnosis.answers import fit_normalizer

# %% points=6
check(fit_normalizer)

# %% [markdown]
r"""
**Mind the notes: the mean left out.** Some lecture notes print $\sigma^2 = \frac1m \sum_i (x^{(i)})^2$, without the
mean. That is right only where $\mu$ is 0 already. For a feature with $\mu = 5$ and $\sigma = 3$:
"""

# %% tags=["experiment", "nbval-check-output"]
x = 5 + 3 * np.random.default_rng(0).standard_normal((1, 100_000))
mu, sigma = fit_normalizer(x)
print(f"yours: mean {mu.item():.2f}, standard deviation {sigma.item():.2f}")
print(f"root of the mean of the squares: {np.sqrt(np.mean(x**2)):.2f}")
print(f"spread after division by it: {(x / np.sqrt(np.mean(x**2))).std():.2f} in place of {(x / sigma).std():.2f}")

# %% [markdown]
r"""
## Exercise 4: normalize

Use *the same* $\mu$ and $\sigma$, those of the training set, for every set. Otherwise the same input would mean one
thing in training and another at test time. And whoever measures $\mu$ on all the data lets the test set influence
training. **Data leakage** is the use in training of what will not be known when the network is used.

<details><summary>Hint 1</summary>

The formula, with the arguments that you are given. Measure nothing.
</details>
<details><summary>Hint 2</summary>

Columns $(n_x, 1)$ are spread over all examples by themselves.
</details>
<details><summary>Hint 3</summary>

One line. Put brackets round the difference, and return a new array: `X -= …` would change the caller's data.
</details>
"""

# %% exercise="normalize"
from autograder.topics.data_and_diagnosis.answers import normalize

# %% points=6
check(normalize)

# %% [markdown]
r"""
### What it does to the cost

A linear model with two weights, and its cost as contours. The path is gradient descent, 25 steps, each at its best
learning rate (tried: 40 rates).
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_more_predictions, 2)


def problem(seed, ratio=100.0):
    """Two features of very different size, centred, and a target that depends on both alike."""
    rng = np.random.default_rng(seed)
    small = rng.standard_normal((2, 200))
    raw = np.array([[1.0], [ratio]]) * (small - small.mean(axis=1, keepdims=True))
    target = np.array([[1.0, 1.0 / ratio]]) @ raw + 0.1 * rng.standard_normal((1, 200))
    return raw, target


def descend(X, target, rate, steps):
    """Weights after each step, and the cost above its minimum."""
    best = np.linalg.lstsq(X.T, target.T, rcond=None)[0].T
    w, path, costs = np.zeros((1, 2)), [], []
    for _ in range(steps + 1):
        path.append(w.ravel())
        costs.append(float(np.mean(((w - best) @ X) ** 2)))
        w = w - rate * 2 / X.shape[1] * (w @ X - target) @ X.T
    return np.array(path), np.array(costs)


def best_rate(X, target, steps=200):
    """The learning rate with the lowest cost after some steps, from a range that suits the size of the features."""
    rates = np.geomspace(0.01, 2, 40) / np.mean(X**2, axis=1).max()
    with np.errstate(all="ignore"):
        ends = [descend(X, target, rate, steps)[1][-1] for rate in rates]
    return rates[np.nanargmin(ends)]


curves = {"raw": [], "normalized": []}
for seed in range(10):
    raw, target = problem(seed)
    for label, X in (("raw", raw), ("normalized", normalize(raw, *fit_normalizer(raw)))):
        curves[label].append(np.maximum(descend(X, target, best_rate(X, target), 200)[1], 1e-12))
for label, rows in curves.items():
    reached = [int(np.argmax(row < 1e-3)) if (row < 1e-3).any() else None for row in np.array(rows)]
    found = [steps for steps in reached if steps is not None]
    print(f"{label}: {len(found)} of 10 seeds get within 0.001 of the least cost in 200 steps")
    if found:
        print(f"    after {min(found)} to {max(found)} steps")

fig, axes = plots.figure(1, 2, width=3.9, height=3.3)
raw, target = problem(0, ratio=4.0)
for ax, (label, X) in zip(
    axes.flat, (("features of size 1 and 4", raw), ("normalized", normalize(raw, *fit_normalizer(raw)))), strict=True
):
    path, _ = descend(X, target, best_rate(X, target, steps=25), 25)
    low, high = path.min(axis=0) - 0.6, path.max(axis=0) + 0.6
    a, b = np.meshgrid(np.linspace(low[0], high[0], 80), np.linspace(low[1], high[1], 80))
    grid = np.stack([a.ravel(), b.ravel()], axis=1)
    J = np.mean((grid @ X - target) ** 2, axis=1).reshape(a.shape)
    ax.contour(a, b, J, levels=12, colors="grey", linewidths=0.8)
    ax.plot(*path.T, color=plots.COLOURS[1], marker="o", markersize=3, lw=1.5)
    ax.set(xlabel="$w_1$", ylabel="$w_2$", title=label)
plots.show(
    fig,
    alt="Contours of the cost with a path of gradient descent. Left: a long narrow valley, the path zigzags"
    " along it. Right: round contours, the path goes straight to the minimum.",
)
plots.lines(
    {label: np.array(rows) for label, rows in curves.items()},
    np.arange(201),
    "step",
    "cost above the minimum",
    "Features of size 1 and 100, ten seeds, each at its best rate",
    "Cost above its minimum against step: normalized falls below a thousandth within 22 steps and goes on to fall; raw"
    " stays far above it.",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 2: c. In a narrow valley the learning rate has to be small enough for the steep side, and then it is far too
small for the flat one. Normalized, all sides are alike, and one rate suits them all. **Convergence** is the approach of
the parameters to a minimum of the cost. Here it takes 4 to 22 steps in place of more than 200.

The **condition number** of a cost is the ratio of its largest to its smallest curvature at the minimum. The number of
steps that gradient descent needs grows with it. A cost with a large condition number is called **ill-conditioned**.
Here normalizing lowers it from about 10 000, the square of the ratio of the two features, to nearly 1.

## All of it, on cats

A real case for your four functions. A drawing has 20 × 20 grey pixels, and the question is whether it shows a cat: a
head with two pointed ears. People see that at a glance, so the Bayes error is 0. There are 209 drawings to learn from
and 50 for dev.
"""

# %% tags=["experiment"]
cats = data.load_cats()
plots.images(
    data.as_images(cats.X_train[:, :12]),
    ["other", "cat"] * 6,
    alt="Twelve grey drawings in turns: a head without ears or with round ones, a box or a tent; and a head with two"
    " pointed ears.",
)

# %% [markdown]
r"""
A network learns from some of the drawings, or from all; then with more units, or for longer. Five starts each:
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(data_and_diagnosis_more_predictions, 3)


def errors(examples=209, units=20, iterations=200):
    """Errors on train and dev, for five starts and choices of the examples."""
    found = []
    for seed in range(5):
        chosen, _, _ = split_indices(209, (examples / 209, 1 - examples / 209, 0), np.random.default_rng(seed))
        X, Y = cats.X_train[:, chosen], cats.Y_train[:, chosen]
        mu, sigma = fit_normalizer(X)
        trained, _ = network.train(
            network.example_parameters([400, units, 1], seed),
            normalize(X, mu, sigma),
            Y,
            learning_rate=0.05,
            iterations=iterations,
            progress=f"{examples} drawings, {units} units, {iterations} steps, seed {seed}",
        )
        parts = ((X, Y), (cats.X_dev, cats.Y_dev))
        found.append([1 - network.accuracy(normalize(A, mu, sigma), B, trained) for A, B in parts])
    return np.array(found)


attempts = {
    "50\ndrawings": errors(examples=50),
    "100\ndrawings": errors(examples=100),
    "all 209": errors(),
    "all, 5 ×\nthe units": errors(units=100),
    "all, 3 ×\nthe steps": errors(iterations=600),
}
for label, found in attempts.items():
    train, dev = np.median(found, axis=0)
    words = label.replace("\n", " ")
    print(
        f"{words:18} train {train:4.0%}, dev {dev:3.0%} ({found[:, 1].min():.0%} to {found[:, 1].max():.0%}):", end=" "
    )
    print(diagnose(train, dev))
fig, axes = plots.figure(width=6.5, height=3.0)
ax = axes[0, 0]
for index, part in enumerate(("train", "dev")):
    middle, low, high = (
        np.array([function(found[:, index]) for found in attempts.values()]) for function in (np.median, np.min, np.max)
    )
    ax.errorbar(
        np.arange(len(attempts)) + 0.12 * index,
        100 * middle,
        100 * np.array([middle - low, high - middle]),
        fmt=plots.MARKERS[index],
        color=plots.COLOURS[index],
        capsize=4,
        label=part,
    )
ax.set(
    xlabel="what was learned from, and how",
    ylabel="error in %",
    title="What helps against high variance (five seeds, least to greatest)",
)
ax.set_xticks(np.arange(len(attempts)), list(attempts))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(
    fig,
    alt="Errors of five attempts: on train always zero; on dev around 30 with 50 and with 100 drawings, 22 with all,"
    " and no lower with more units or more steps.",
)

# %% [markdown]
r"""
Prediction 3: c. The diagnosis is high variance each time, and what cures bias does nothing for it: there is no bias to
cure. More drawings help, though slowly: with all of them even the worst of the five is no worse than the best with
half. What else helps is the subject of the notebook `02_regularization`.

Notice how coarse the numbers are: of 50 drawings, each is worth 2 %. Differences of one or two drawings are noise.
"""

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** People make 0.5 % of errors, your network 15 % on train and 16 % on dev. What is wrong?

- a) High bias.
- b) Neither.
- c) Both are high.
- d) High variance.

**2.** And what do you try first?

- a) Another dev set.
- b) A bigger network, or longer training.
- c) More training data.
- d) Regularization.

**3.** With which $\mu$ and $\sigma$ do you normalize the test set?

- a) Those of the training set.
- b) Those of the test set.
- c) None: the test set stays raw.
- d) Those of train and test together.

**4.** You have a million examples. Which split?

- a) 99.98 / 0.01 / 0.01
- b) 99 / 0 / 1
- c) 60 / 20 / 20
- d) 98 / 1 / 1
"""

# %% exercise="data_and_diagnosis_answers"
from autograder.topics.data_and_diagnosis.answers import data_and_diagnosis_answers

# %% points=2
check(data_and_diagnosis_answers)

# %% [markdown]
r"""
## What you can do now

- Split data at random into train, dev and test, in shares that suit their number, with dev and test from the same
  distribution.
- Say from three errors whether a network has high bias, high variance, both or neither.
- Choose the next thing to try: a bigger network or longer training against bias, more data or regularization against
  variance.
- Say how far a measured accuracy can be trusted, from the size of the set.
- Normalize inputs by the training set's mean and standard deviation, and avoid data leakage.

### In real code

- `split_indices`: `torch.utils.data.random_split(data, [0.6, 0.2, 0.2])`; `keras.utils.split_dataset(data,
  left_size=0.6)`, and once more for the rest
- errors on train and dev: in PyTorch a loop of your own under `torch.no_grad()`, after `model.eval()`;
  `keras.Model.fit(X, Y, validation_data=(X_dev, Y_dev))` prints both
- `fit_normalizer`: `keras.layers.Normalization()`, then its method `adapt` with the training set only
- `normalize`, for pictures: `torchvision.transforms.v2.Normalize(mean, std)` in PyTorch
- tables: `sklearn.model_selection.train_test_split(X, Y)`, `sklearn.preprocessing.StandardScaler().fit(X_train)`

All of them expect examples as rows, where this course has columns.

### Read more

- [Goodfellow, Bengio and Courville, 2016](https://www.deeplearningbook.org/contents/ml.html), *Deep Learning*, sections
  5.2 to 5.4: capacity, overfitting, validation sets, bias and variance.
- [Geman, Bienenstock and Doursat, 1992](https://doi.org/10.1162/neco.1992.4.1.1), *Neural Networks and the
  Bias/Variance Dilemma*: where the two words come from.
- [LeCun, Bottou, Orr and Müller, 1998](https://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf), *Efficient BackProp*,
  section 4.3: why normalized inputs speed up convergence.
- [Zhang et al., 2023](https://d2l.ai/chapter_linear-classification/environment-and-distribution-shift.html), *Dive into
  Deep Learning*, section 4.7: kinds of distribution shift.
"""
