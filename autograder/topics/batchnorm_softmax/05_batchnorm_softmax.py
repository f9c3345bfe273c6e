# %% [markdown]
r"""
# Batch norm and softmax

*My deep network trains from one start and not from another. How do I make it robust? And how does it choose among more
than two classes?*

Softmax lets a network choose among many classes. Batch norm keeps the numbers inside it at a size that can be trained,
over a wide range of initial weights. You write both, forward and backward. At the end they count fingers.

| you write | points |
|---|---|
| five predictions, before you run the experiments | 2 |
| `one_hot` | 6 |
| `softmax` | 10 |
| `cross_entropy_cost` | 8 |
| `softmax_gradient` | 6 |
| `batchnorm_forward` | 14 |
| `batchnorm_backward` | 18 |
| `update_running_statistics` | 8 |
| `batchnorm_inference` | 6 |
| `predict_probabilities` | 4 |
| `train_classifier` | 12 |
| answers to six questions | 6 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
import numpy as np

from course_utils import check, data, network, own_work, plots, show_prediction

# %% [markdown]
r"""
## Predict before you run

Five experiments lie ahead. Say now what you expect of them. A guess is enough: any letter earns its part of the
points, and what you guessed wrong you will remember.

**1.** Four groups of points in the plane. A softmax layer, without any hidden layer, learns to tell them apart. The
boundary between two of its regions is…

- a) a circle round one of the groups,
- b) ragged,
- c) curved,
- d) straight.

**2.** You add 100 to the bias $b$ of a layer that is followed by batch norm. What batch norm puts out…

- a) shrinks,
- b) becomes 0,
- c) stays the same,
- d) grows by 100.

**3.** A network of eight hidden layers starts from weights of four sizes: 0.1, 0.3, 1 and 3 times the usual ones. It
trains with the same learning rate, without and with batch norm. More than 90 % of the training points are right for…

- a) no size without, one with,
- b) one size without, all four with,
- c) one size without, two with,
- d) all four sizes, without and with.

**4.** The network is trained, and you ask it about a single point. Batch norm takes the statistics of that batch of
one. The accuracy is…

- a) that of guessing,
- b) as good as with all points at once,
- c) one or two points lower,
- d) higher: nothing disturbs.

**5.** Your classifier counts the fingers of a hand, 0 to 5. Which two numbers does it confuse most often?

- a) 3 and 4
- b) 1 and 2
- c) 0 and 5
- d) 0 and 1
"""

# %% exercise="batchnorm_softmax_predictions"
from autograder.topics.batchnorm_softmax.answers import batchnorm_softmax_predictions

# %% points=2
check(batchnorm_softmax_predictions)

# %% [markdown]
r"""
## More than two classes

A sigmoid says how likely class 1 is, and the rest is for class 0. For more classes, a network needs an output for each
of them. Here are four.
"""

# %% tags=["experiment"]
blobs, spirals, moons = data.load_blobs(), data.load_spirals(), data.load_moons()
plots.scatter(
    blobs.X_train,
    blobs.Y_train,
    "Four classes",
    "Four round groups of points on the corners of a slanted square; neighbours touch.",
)

# %% [markdown]
r"""
The labels are numbers, 0 to 3. But class 3 is not three times class 1: the numbers are only names. A **one-hot** label
is a column of zeros with a single 1, in the row of its class:

$$(2, 0, 3) \; \longrightarrow \; \begin{pmatrix} 0 & 1 & 0 \\ 0 & 0 & 0 \\ 1 & 0 & 0 \\ 0 & 0 & 1 \end{pmatrix}
\quad (C = 4).$$

## Exercise 1: one-hot labels

<details><summary>Hint 1</summary>

The result has $C$ rows and as many columns as there are labels. Begin with zeros, or compare.
</details>
<details><summary>Hint 2</summary>

Entry $(c, i)$ is 1 where label $i$ equals $c$. Comparing a column of all class numbers with a row of all labels gives
every pair at once.
</details>
<details><summary>Hint 3</summary>

`np.arange(C).reshape(C, 1)` is that column. A comparison gives `True` and `False`; `astype(float)` makes numbers.
</details>
"""

# %% exercise="one_hot"
from autograder.topics.batchnorm_softmax.answers import one_hot

# %% points=6
check(one_hot)

# %% [markdown]
r"""
## Softmax

The last layer gives a score for each class, of any sign and size: such a score $z_c$, from which a probability is yet
to be made, is called a **logit**. The **softmax** function turns logits into probabilities: it makes them positive by
$e^z$ and divides by their sum:

$$p_c = \frac{e^{z_c}}{\sum_k e^{z_k}}$$
"""

# %% tags=["experiment"]
scores = np.array([2.0, -1.0, 0.5, 1.0])
fig, axes = plots.figure(1, 3, width=2.6, height=2.4)
exponentials = np.exp(scores)
for index, (ax, values, label) in enumerate(
    zip(axes.flat, (scores, exponentials, exponentials / exponentials.sum()), ("$z$", "$e^z$", "$p$"), strict=True)
):
    bars = ax.bar(range(4), values, color=plots.COLOURS[index], hatch=("", "//", "..")[index], edgecolor="white")
    ax.bar_label(bars, labels=[f"{value:.2f}".replace("-", "−") for value in values], padding=2)
    ax.margins(y=0.2)
    ax.set(xlabel="class", ylabel=label, xticks=range(4))
plots.show(
    fig,
    alt="Three bar charts of the same four classes. The scores are 2, −1, 0.5 and 1; their exponentials are all"
    " positive; divided by their sum they are 0.61, 0.03, 0.14 and 0.22.",
)

# %% [markdown]
r"""
There is a trap. The largest number in double precision is about $10^{308}$, and $e^{710}$ is larger. An **overflow** is
a result that is too large for the number format: $e^z$ becomes $\infty$, and $\infty / \infty$ is `nan`. The remedy
costs nothing, for any number $t$ cancels:

$$\frac{e^{z_c - t}}{\sum_k e^{z_k - t}} = \frac{e^{-t} \, e^{z_c}}{e^{-t} \sum_k e^{z_k}} = p_c.$$

Take for $t$ the largest score of the column. Then the largest exponent is 0, and the sum is at least 1.

## Exercise 2: softmax

Each column is an example. It must come out right for scores up to $\pm 10^4$.

<details><summary>Hint 1</summary>

Three steps: subtract, exponentiate, divide. Each column has its own maximum and its own sum.
</details>
<details><summary>Hint 2</summary>

The classes of one example stand below each other, along axis 0.
</details>
<details><summary>Hint 3</summary>

`Z.max(axis=0, keepdims=True)` is a row of maxima that can be subtracted from `Z`. `sum` takes the same two arguments.
</details>
"""

# %% exercise="softmax"
from autograder.topics.batchnorm_softmax.answers import softmax

# %% points=10
check(softmax)

# %% [markdown]
r"""
## The cost

How good are probabilities? Look at the one that the right class got. The cost of an example is $-\ln p_\text{right}$:
0 for certainty, $\ln 2$ for one half, and without bound as $p_\text{right}$ goes to 0. It is the cross-entropy of
`01_initialization`, now for $C$ classes. With one-hot labels, the mean over the examples is

$$J = -\frac1m \sum_{i=1}^m \sum_{c} Y_{ci} \ln P_{ci}.$$

## Exercise 3: the cost

A probability may be so small that it is stored as 0. The cost must be finite even then.

<details><summary>Hint 1</summary>

Multiply by `Y`, add everything up, divide by $m$, mind the sign.
</details>
<details><summary>Hint 2</summary>

$\ln 0$ is $-\infty$, and $0 \cdot (-\infty)$ is `nan`. Keep what goes into the logarithm away from 0, by very little.
</details>
<details><summary>Hint 3</summary>

`np.maximum(P, 1e-300)` replaces what is too small. `np.sum` without an axis adds up all entries.
</details>
"""

# %% exercise="cross_entropy_cost"
from autograder.topics.batchnorm_softmax.answers import cross_entropy_cost

# %% points=8
check(cross_entropy_cost)

# %% [markdown]
r"""
## Its gradient

For one example whose class is $r$,

$$J = -\ln p_r = -z_r + \ln \sum_k e^{z_k}.$$

Differentiate by $z_c$. The first term gives $-1$ if $c = r$ and 0 otherwise, which is $-y_c$. The second gives
$e^{z_c} / \sum_k e^{z_k} = p_c$. So

$$\frac{\partial J}{\partial z_c} = p_c - y_c, \qquad \text{and for the mean over } m \text{ examples} \qquad
dZ = \frac{P - Y}{m}.$$

The prediction minus the label: everything else has cancelled.

## Exercise 4: the gradient

<details><summary>Hint 1</summary>

One line. The formula is above.
</details>
<details><summary>Hint 2</summary>

$m$ is the number of columns. The cost is a mean, so its gradient has the $1/m$, too.
</details>
<details><summary>Hint 3</summary>

Return a new array: `P -= Y` would change the probabilities you were given.
</details>
"""

# %% exercise="softmax_gradient"
from autograder.topics.batchnorm_softmax.answers import softmax_gradient

# %% points=6
check(softmax_gradient)

# %% [markdown]
r"""
Do not trust a formula for a gradient: check it, with *your own* numerical gradient. The next cell reads two functions
from your notebook `03_gradient_checking`, as you last saved it. If they are not there yet it says so, and all else goes
on: no points depend on it.
"""


# %% tags=["experiment", "nbval-check-output"]
def slope_check(cost, value, gradient):
    """The relative difference between a gradient and your own numerical one, in words."""
    try:
        own = own_work("03_gradient_checking", "numerical_gradient", "relative_difference")
        column = value.reshape(-1, 1)
        approx = own["numerical_gradient"](lambda theta: cost(theta.reshape(value.shape)), column)
        return f"{own['relative_difference'](approx, gradient.reshape(-1, 1)):.0e}"
    except NotImplementedError:
        return "not checked: write numerical_gradient and relative_difference in 03_gradient_checking first"


rng = np.random.default_rng(0)
for C, m in ((2, 5), (6, 9)):
    Z, Y = rng.normal(0, 2, (C, m)), one_hot(rng.integers(0, C, (1, m)), C)
    gradient = softmax_gradient(softmax(Z), Y)
    print(f"{C} classes: {slope_check(lambda Z, Y=Y: cross_entropy_cost(softmax(Z), Y), Z, gradient)}")

# %% [markdown]
r"""
### Decision boundaries of a softmax layer

Blobs and spirals, without a hidden layer and with one of 20 ReLU units. Five seeds each, trained by plain gradient
descent (learning rates and lengths were found on the dev sets); the pictures show the first.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(batchnorm_softmax_predictions, 1)


def layers(X, parameters):
    """What each layer of a plain ReLU network puts out; the last are probabilities."""
    outputs, L = [X], len(parameters) // 2
    for l in range(1, L + 1):
        Z = parameters[f"W{l}"] @ outputs[-1] + parameters[f"b{l}"]
        outputs.append(np.maximum(Z, 0) if l < L else softmax(Z))
    return outputs


def fit(points, C, layers_dims, seed, learning_rate, steps):
    """Train a plain network from the start of a seed."""
    parameters, Y = network.example_parameters(layers_dims, seed), one_hot(points.Y_train, C)
    for _ in range(steps):
        outputs = layers(points.X_train, parameters)
        dZ, stepped = softmax_gradient(outputs[-1], Y), {}
        for l in range(len(parameters) // 2, 0, -1):
            stepped[f"W{l}"] = parameters[f"W{l}"] - learning_rate * dZ @ outputs[l - 1].T
            stepped[f"b{l}"] = parameters[f"b{l}"] - learning_rate * dZ.sum(axis=1, keepdims=True)
            dZ = (parameters[f"W{l}"].T @ dZ) * (outputs[l - 1] > 0)
        parameters = stepped
    return parameters


dev = {}
for name, points, C, words in (
    ("blobs", blobs, 4, ("four sectors with straight edges", "four sectors with edges that bend a little")),
    ("spirals", spirals, 3, ("three sectors with straight edges", "three arms that wind about each other")),
):
    pictures = {}
    for title, layers_dims, rate, steps in (
        ("no hidden layer", [2, C], 1.0, 300),
        ("one hidden layer", [2, 20, C], 1.0, 2000),
    ):
        models = [fit(points, C, layers_dims, seed, rate, steps) for seed in range(5)]
        found = [100 * np.mean(layers(points.X_dev, one)[-1].argmax(axis=0) == points.Y_dev) for one in models]
        dev[name, title] = np.median(found)
        print(f"{name}, {title}: dev accuracy {np.median(found):.1f} % ({min(found):.1f} to {max(found):.1f})")
        pictures[f"{name}, {title}"] = lambda X, first=models[0]: layers(X, first)[-1]
    plots.regions(
        pictures,
        points.X_train,
        points.Y_train,
        alt=f"Regions of the {name}. Without a hidden layer: {words[0]}. With one: {words[1]}.",
    )

# %% [markdown]
r"""
Prediction 1: d. On the boundary between two classes both are equally likely, $p_j = p_k$. Softmax then has
$z_j = z_k$, and without a hidden layer the scores are linear in $x$:

$$(w_j - w_k) \cdot x + b_j - b_k = 0,$$

a straight line (in more dimensions: a hyperplane). Softmax bends the probabilities, not the boundaries. That is enough
for blobs, and hopeless for spirals. **Curved boundaries come from hidden layers.**

## Batch norm

In `00_data_and_diagnosis` you normalized the inputs of a network, so that gradient descent found a round bowl and not a
narrow valley. But to the third layer, the *second* layer's outputs are the inputs, and they change with every step.
They can be normalized, too. **Batch normalization** (batch norm) normalizes each unit over the mini-batch that is being
trained on ([Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167), section 3):

$$\mu = \frac1m \sum_i Z_i, \qquad \sigma^2 = \frac1m \sum_i (Z_i - \mu)^2, \qquad
\hat Z_i = \frac{Z_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad \tilde Z_i = \gamma \hat Z_i + \beta.$$

$\hat Z$ has mean 0 and, up to $\varepsilon$, variance 1. Is that what the next layer needs? Nobody knows, so the
network may choose: the scale $\gamma$ and the shift $\beta$ are learned like weights, two numbers for each unit. And
$\varepsilon$ prevents a division by 0.

Why does it help? A change of the distribution of inputs between training and use, while labels depend on them as
before, is called **covariate shift**. The authors of batch norm named what happens to inner layers after that:
**internal covariate shift** is the change of a layer's inputs while the layers below it learn. Whether batch norm works
by reducing it is doubtful: [Santurkar et al., 2018](https://arxiv.org/abs/1805.11604), section 2, added such a shift on
purpose, and batch norm helped as before; what they found instead is a smoother cost (section 3). That it helps is not
in doubt, as you will see.

Batch norm needs a batch. **Layer normalization** takes mean and variance over the units of one example instead, and so
does not depend on other examples ([Ba et al., 2016](https://arxiv.org/abs/1607.06450), section 3). **RMSNorm** is layer
normalization without the mean: it divides by the root mean square only
([Zhang and Sennrich, 2019](https://arxiv.org/abs/1910.07467), section 3). Transformers have one of these, many
convolutional networks batch norm.

## Exercise 5: batch norm, forward

Units are rows, examples are columns. Return $\tilde Z$ and a `cache`. What you put into it is up to you: your backward
pass will get it, and nobody else looks at it.

<details><summary>Hint 1</summary>

Every unit has its own mean and variance: shape `(n, 1)`. The batch runs along axis 1.
</details>
<details><summary>Hint 2</summary>

`Z.mean(axis=1, keepdims=True)` keeps the column. $\varepsilon$ is added to the variance, before the root is taken.
</details>
<details><summary>Hint 3</summary>

Four lines: the mean, the root of variance plus epsilon, the quotient, and the return. Into the cache put what the
formulas of exercise 6 name: the normalized values, the root and `gamma` will do.
</details>
"""

# %% exercise="batchnorm_forward"
from autograder.topics.batchnorm_softmax.answers import batchnorm_forward

# %% points=14
check(batchnorm_forward)

# %% [markdown]
r"""
Two units, 300 examples: before, normalized, and with a $\gamma$ and a $\beta$ that might have been learned.
"""

# %% tags=["experiment"]
rng = np.random.default_rng(0)
Z = np.array([[3.0], [-1.0]]) + np.array([[2.0, 0.0], [0.5, 0.4]]) @ rng.standard_normal((2, 300))
ones, zeros = np.ones((2, 1)), np.zeros((2, 1))
gamma, beta = np.array([[0.5], [1.5]]), np.array([[1.0], [2.0]])
fig, axes = plots.figure(1, 3, width=2.6, height=2.6, sharex=True, sharey=True)
for ax, values, title in zip(
    axes.flat,
    (Z, batchnorm_forward(Z, ones, zeros)[0], batchnorm_forward(Z, gamma, beta)[0]),
    ("$Z$", r"$\hat{Z}$", r"$\tilde{Z}$"),
    strict=True,
):
    ax.plot(*values, "o", markersize=2.5, color=plots.COLOURS[0])
    ax.axhline(0, color="black", linewidth=0.8)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set(xlabel="unit 1", ylabel="unit 2", title=title, aspect="equal", xlim=(-6, 10), ylim=(-6, 8))
plots.show(
    fig,
    alt="Three clouds of points. The first is wide and lies off the centre; the second lies round the origin, as wide"
    " as high; the third is narrow, high, and shifted to (1, 2).",
)

# %% [markdown]
r"""
**Mind the notes: where is the root?** In some lecture notes the formula reads $\hat Z = (Z - \mu) / (\sigma^2 +
\varepsilon)$, without it. Then a unit is divided by $\sigma$ once too often. Here is the standard deviation that comes
out, for units that come in with four different ones:
"""

# %% tags=["experiment", "nbval-check-output"]
rng = np.random.default_rng(0)
for size in (0.1, 1.0, 10.0, 100.0):
    Z = size * rng.standard_normal((1, 1000))
    yours = batchnorm_forward(Z, np.ones((1, 1)), np.zeros((1, 1)))[0]
    printed = yours / Z.std()  # divided by σ once more
    print(f"deviation {size:5g}: yours comes out with {yours.std():.3f}, without the root it is {printed.std():.3f}")

# %% [markdown]
r"""
Without the root, large units become small and small ones large: nothing is normalized.

### The bias in front of batch norm
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(batchnorm_softmax_predictions, 2)
rng = np.random.default_rng(0)
W, A = rng.normal(0, 0.5, (3, 4)), rng.standard_normal((4, 50))
gamma, beta = rng.uniform(0.5, 2, (3, 1)), rng.normal(0, 1, (3, 1))
without, _ = batchnorm_forward(W @ A, gamma, beta)
changes = []
for b in (0.1, 1.0, 100.0, 10_000.0):
    with_b, _ = batchnorm_forward(W @ A + b, gamma, beta)
    changes.append(np.abs(with_b - without).max())
    print(f"b = {b:7g}: the largest change of Z̃ is {changes[-1]:.0e}")

# %% [markdown]
r"""
Prediction 2: c. (What you see is rounding.) $b$ moves every example of the batch alike, so it moves the mean as well,
and the mean is subtracted: $(Z + b) - (\mu + b) = Z - \mu$. A layer that is followed by batch norm needs no $b$.
$\beta$ does its work.

## Backward

How does $\tilde Z$ depend on one $Z_i$? In three ways: directly, through the mean of its batch, and through the
variance.
"""

# %% tags=["experiment"]
fig, axes = plots.figure(width=7.0, height=2.4)
ax = axes[0, 0]
symbols = {"Z": "$Z$", "mean": r"$\mu$", "var": r"$\sigma^2$", "hat": r"$\hat{Z}$", "out": r"$\tilde{Z}$"}
places = {"Z": (0, 1), "mean": (1.6, 2), "var": (1.6, 0), "hat": (3.2, 1), "out": (4.8, 1)}
arrows = (("Z", "hat", "-"), ("Z", "mean", "--"), ("mean", "hat", "--"), ("Z", "var", ":"), ("var", "hat", ":"))
for start, end, style in (*arrows, ("hat", "out", "-")):
    arrow = {"arrowstyle": "-|>", "linestyle": style, "linewidth": 1.6, "shrinkA": 17, "shrinkB": 17, "color": "black"}
    ax.annotate("", xy=places[end], xytext=places[start], arrowprops=arrow)
for name, symbol in symbols.items():
    circle = {"boxstyle": "circle", "facecolor": "#D6E6F2"}
    ax.text(*places[name], symbol, fontsize=15, ha="center", va="center", bbox=circle)
ax.text(4.8, 2.3, r"$\gamma,\ \beta$", fontsize=13, ha="center", va="center")
ax.annotate("", xy=(4.8, 1), xytext=(4.8, 2.2), arrowprops={**arrow, "shrinkA": 8})
ax.set(xlim=(-0.5, 5.4), ylim=(-0.5, 2.5))
ax.set_axis_off()
plots.show(
    fig,
    alt="Arrows lead from Z to the normalized Z directly, by way of the mean, and by way of the variance; from there,"
    " with gamma and beta, to the result.",
)

# %% [markdown]
r"""
Follow the arrows back. At the end stands $\tilde Z = \gamma \hat Z + \beta$, so

$$d\gamma = \sum_i d\tilde Z_i \, \hat Z_i, \qquad d\beta = \sum_i d\tilde Z_i, \qquad
d\hat Z_i = \gamma \, d\tilde Z_i.$$

Then the two indirect paths, each of which sums over the whole batch:

$$d\sigma^2 = \sum_i d\hat Z_i \, (Z_i - \mu) \cdot \left(-\tfrac12\right) (\sigma^2 + \varepsilon)^{-3/2}, \qquad
d\mu = -\sum_i \frac{d\hat Z_i}{\sqrt{\sigma^2 + \varepsilon}}.$$

($\sigma^2$ depends on $\mu$ as well, but that adds nothing: $\sum_i (Z_i - \mu) = 0$.) Each $Z_i$ has a share of
$\frac1m$ in $\mu$ and of $\frac2m (Z_i - \mu)$ in $\sigma^2$. Add up the three paths:

$$dZ_i = \underbrace{\frac{d\hat Z_i}{\sqrt{\sigma^2 + \varepsilon}}}_\text{direct} +
\underbrace{\frac{2}{m} (Z_i - \mu) \, d\sigma^2}_\text{through the variance} +
\underbrace{\frac1m \, d\mu}_\text{through the mean}.$$

Put in $Z_i - \mu = \sqrt{\sigma^2 + \varepsilon} \, \hat Z_i$, and all becomes short:

$$dZ = \frac{1}{\sqrt{\sigma^2 + \varepsilon}} \left( d\hat Z - \operatorname{mean}(d\hat Z) - \hat Z \,
\operatorname{mean}(d\hat Z \, \hat Z) \right).$$

## Exercise 6: batch norm, backward

Write either form. It is checked together with your `batchnorm_forward`, whose cache it gets.

<details><summary>Hint 1</summary>

$d\gamma$ and $d\beta$ first: they are sums over the batch, of shape `(n, 1)`. They need no $1/m$: $d\tilde Z$ has it.
</details>
<details><summary>Hint 2</summary>

Then $d\hat Z$, which has the shape of $Z$. In the short form, everything else is made of $d\hat Z$, $\hat Z$ and the
root. All means are over axis 1, with `keepdims=True`.
</details>
<details><summary>Hint 3</summary>

Unpack the cache in the order in which you packed it. If something is missing there, add it in `batchnorm_forward`, and
run that cell again. Then five lines: $d\gamma$, $d\beta$, $d\hat Z$, $dZ$, `return`.
</details>
"""

# %% exercise="batchnorm_backward"
from autograder.topics.batchnorm_softmax.answers import batchnorm_backward

# %% points=18
check(batchnorm_backward, batchnorm_forward)

# %% [markdown]
r"""
Check it like any gradient, with a cost that weights every entry differently. And look at what is left for a bias: its
gradient is the sum of $dZ$ over the batch.
"""

# %% tags=["experiment", "nbval-check-output"]
rng = np.random.default_rng(0)
Z, weights = rng.normal(1, 2, (3, 7)), rng.standard_normal((3, 7))
gamma, beta = rng.uniform(0.5, 2, (3, 1)), rng.normal(0, 1, (3, 1))


def weighed(Z, gamma, beta):
    """A cost that depends on every entry of batch norm's output."""
    return float(np.sum(weights * np.sin(batchnorm_forward(Z, gamma, beta)[0])))


Z_tilde, cache = batchnorm_forward(Z, gamma, beta)
dZ, dgamma, dbeta = batchnorm_backward(weights * np.cos(Z_tilde), cache)
print("dZ:", slope_check(lambda value: weighed(value, gamma, beta), Z, dZ))
print("dγ:", slope_check(lambda value: weighed(Z, value, beta), gamma, dgamma))
print("dβ:", slope_check(lambda value: weighed(Z, gamma, value), beta, dbeta))
print("the gradient of a bias is zero to rounding:", bool(np.abs(dZ.sum(axis=1)).max() < 1e-12))

# %% [markdown]
r"""
### Deep networks from small and large weights

Now a network of 8 hidden layers of 16 ReLU units on the moons. Its first weights are 0.1, 0.3, 1 and 3 times those
that suit ReLU. 200 steps on the whole training set, five seeds, and three ways:

- without batch norm, with the learning rate 0.1 for all sizes,
- without batch norm, each size with its own best rate of $10^{-4}$, 0.01, 0.1 and 1,
- with batch norm, at 0.1.

"Best" means the lowest training cost: the question is whether it trains at all. `network.gradients_with_batchnorm`
puts your functions together; without batch norm it gets two that do nothing but add $\beta$.
"""


# %% tags=["experiment", "nbval-check-output"]
deep, sizes = [2, *8 * [16], 2], (0.1, 0.3, 1.0, 3.0)


def only_shift(Z, gamma, beta):
    """In place of batch norm: nothing but a bias."""
    return Z + beta, None


def only_shift_backward(dZ, cache):
    """Its backward pass."""
    return dZ, np.zeros((len(dZ), 1)), dZ.sum(axis=1, keepdims=True)


def descend(size, learning_rate, forward, backward, label, seeds=5, last=1.0):
    """Train from each seed; give the networks, their training costs and their training accuracies in %."""
    models, costs, accuracies = [], [], []
    for seed in network.progress_bar(seeds, f"{label}, size {size:g}, rate {learning_rate:g}"):
        parameters = network.batchnorm_parameters(deep, seed, size)
        parameters[f"W{len(deep) - 1}"] *= last
        with np.errstate(all="ignore"):  # some of them explode
            for _ in range(200):
                P, grads, _ = network.gradients_with_batchnorm(
                    moons.X_train, Y, parameters, softmax, softmax_gradient, forward, backward
                )
                parameters = {key: value - learning_rate * grads["d" + key] for key, value in parameters.items()}
            cost = cross_entropy_cost(P, Y)
        models.append(parameters)
        costs.append(cost if np.isfinite(P).all() else np.inf)
        accuracies.append(100 * np.mean(P.argmax(axis=0) == moons.Y_train))
    return models, np.median(costs), accuracies


show_prediction(batchnorm_softmax_predictions, 3)
Y = one_hot(moons.Y_train, 2)
found = {"with batch norm, rate 0.1": [], "without, its best rate": [], "without, rate 0.1": []}
normalized = {}
for size in sizes:
    tried = {rate: descend(size, rate, only_shift, only_shift_backward, "without") for rate in (1e-4, 0.01, 0.1, 1.0)}
    best = min(tried, key=lambda rate: tried[rate][1])
    normalized[size], _, accuracies = descend(size, 0.1, batchnorm_forward, batchnorm_backward, "with")
    for (label, rows), values in zip(found.items(), (accuracies, tried[best][2], tried[0.1][2]), strict=True):
        rows.append(values)
        rate = f" ({best:g})" if "best" in label else ""
        print(f"size {size:3g}, {label + rate:31} {np.median(values):3.0f} % ({min(values):.0f} to {max(values):.0f})")
plots.lines(
    {label: np.array(rows).T for label, rows in found.items()},
    np.arange(len(sizes)),
    "size of the first weights",
    "training accuracy in %",
    "Eight hidden layers on the moons (five seeds)",
    "Training accuracy against the size of the first weights. With batch norm a level line near 100; without it, one"
    " peak at size 1 and less on both sides, down to 50 at sizes 0.1 and 3 with the shared learning rate.",
    markers=True,
    xticks=np.arange(len(sizes)),
    xticklabels=[f"{size:g}" for size in sizes],
    ylim=(40, 103),
)

# %% [markdown]
r"""
Prediction 3: b. Without batch norm a signal shrinks, or grows, by a factor in every layer: after eight layers too small
weights leave vanishing gradients, and too large ones exploding ones. A learning rate of its own does not save them.
With batch norm every layer's signal is brought back to the same size, and one learning rate serves all four.

How far does that go? Much smaller and much larger weights, with batch norm, at the same rate; three seeds:
"""


# %% tags=["experiment", "nbval-check-output"]
def tiny_epsilon(Z, gamma, beta):
    """Your batch norm, with a much smaller ε than usual."""
    return batchnorm_forward(Z, gamma, beta, 1e-12)


Y, reach = one_hot(moons.Y_train, 2), {}
for label, size, forward, last in (
    ("size 0.0001", 1e-4, batchnorm_forward, 1),
    ("size 0.001", 1e-3, batchnorm_forward, 1),
    ("size 0.01", 1e-2, batchnorm_forward, 1),
    ("size 30", 30, batchnorm_forward, 1),
    ("size 1000", 1000, batchnorm_forward, 1),
    ("size 0.0001, with ε = 1e-12", 1e-4, tiny_epsilon, 1),
    ("size 1000, but the last layer 1", 1000, batchnorm_forward, 1e-3),
):
    reach[label] = descend(size, 0.1, forward, batchnorm_backward, label, 3, last)[2]
    print(f"{label:31} {np.median(reach[label]):3.0f} % ({min(reach[label]):.0f} to {max(reach[label]):.0f})")

# %% [markdown]
r"""
From 0.01 to 30 times the usual size it makes no difference. Below, $\varepsilon$ ends it: where the standard deviation
of $Z$ is far below $\sqrt{\varepsilon} \approx 0.003$, the root is about $\sqrt{\varepsilon}$, and the signal stays
small. With a smaller $\varepsilon$ it grows to the usual size. Above, it is the last layer, which has no batch norm.
The hidden layers bear any size: batch norm divides the gradient of $W$ by the size of $W$ ([Ioffe and Szegedy,
2015](https://arxiv.org/abs/1502.03167), section 3.3). And initialization is still needed, for symmetry breaking:
weights that are all equal stay all equal, normalized or not.

## At test time

So far a point was normalized by the batch it came in. When the network is in use, points come one at a time. To use a
trained network is called **inference**. Here are the five networks of size 1, asked about the dev set in three ways:
all points together, the points of one class together, and each point alone.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(batchnorm_softmax_predictions, 4)


def by_batch(X, parameters, C=2):
    """Labels of a network that normalizes with the batch it is given."""
    rest = (softmax, softmax_gradient, batchnorm_forward, batchnorm_backward)
    return network.gradients_with_batchnorm(X, np.zeros((C, X.shape[1])), parameters, *rest)[0].argmax(axis=0)


def three_ways(say, X, Y):
    """Accuracies in %: all examples together, each class on its own, each example alone."""
    Y = Y.ravel()
    classes = [say(X[:, c == Y]) == c for c in np.unique(Y)]
    alone = [say(X[:, [i]])[0] == label for i, label in enumerate(Y)]
    return [100 * np.mean(one) for one in (say(X) == Y, np.concatenate(classes), alone)]


def show_ways(found):
    """Print median, least and greatest of each way, and give the medians."""
    for way, values in zip(("all together", "a class at a time", "one at a time"), np.transpose(found), strict=True):
        print(f"    {way:17} {np.median(values):5.1f} % ({min(values):.1f} to {max(values):.1f})")
    return np.median(found, axis=0)


print("statistics of the batch:")
by_ways = show_ways([three_ways(lambda X, p=p: by_batch(X, p), moons.X_dev, moons.Y_dev) for p in normalized[1.0]])

# %% [markdown]
r"""
Prediction 4: a. A batch of one has the mean $\mu = Z$, so $\hat Z = 0$: the network sees the same for every point. A
batch of one class is hardly better: what its points have in common is just what the mean takes away.

So inference needs other statistics: those of the training set. The **running statistics** of batch norm are
exponentially weighted averages of the means and variances of the training batches, collected during training:

$$\mu_\text{run} := \text{momentum} \cdot \mu_\text{run} + (1 - \text{momentum}) \cdot \mu, \qquad
\sigma^2_\text{run} := \text{momentum} \cdot \sigma^2_\text{run} + (1 - \text{momentum}) \cdot \sigma^2.$$

It is the rule of `04_optimization`. What was $\beta$ there is called momentum here, for $\beta$ is the shift.
(PyTorch's `momentum` is the weight of the *new* value: its 0.1 is 0.9 here.)

## Exercise 7: running statistics

Return new arrays.

<details><summary>Hint 1</summary>

The same formula twice. `momentum` weighs the old value.
</details>
<details><summary>Hint 2</summary>

Average variances, not standard deviations: the root is taken later, once.
</details>
<details><summary>Hint 3</summary>

Two lines and a `return` with two arrays. `running_mean *= momentum` would change the array you were given.
</details>
"""

# %% exercise="update_running_statistics"
from autograder.topics.batchnorm_softmax.answers import update_running_statistics

# %% points=8
check(update_running_statistics)

# %% [markdown]
r"""
## Exercise 8: batch norm at test time

The same formula as in exercise 5, with the running statistics for $\mu$ and $\sigma^2$. Nothing is computed from `Z`
but its own result.

<details><summary>Hint 1</summary>

No mean and no variance is taken here: both are handed in.
</details>
<details><summary>Hint 2</summary>

Subtract, divide by the root of variance plus epsilon, multiply, add.
</details>
<details><summary>Hint 3</summary>

All four statistics are columns `(n, 1)`, so they fit any number of examples. One line is enough.
</details>
"""

# %% exercise="batchnorm_inference"
from autograder.topics.batchnorm_softmax.answers import batchnorm_inference

# %% points=6
check(batchnorm_inference)

# %% [markdown]
r"""
## A whole network

A trained network is a dictionary, the `model`: `W1`, `gamma1`, `beta1`, `mean1` and `var1` of the first hidden layer
and so on, and `WL`, `bL` of the last layer. A hidden layer computes

$$Z = W A, \qquad \tilde Z = \text{batch norm}(Z) \text{ with running statistics}, \qquad
A = \operatorname{ReLU}(\tilde Z),$$

and the last one $\operatorname{softmax}(W A + b)$. There is no $b$ in a hidden layer: you saw why.

## Exercise 9: predict

<details><summary>Hint 1</summary>

A loop over the hidden layers, then the last layer. You have written all the parts.
</details>
<details><summary>Hint 2</summary>

There are as many layers as keys that begin with `W`. Each layer takes what the one before it put out; the first takes
`X`.
</details>
<details><summary>Hint 3</summary>

In the loop: `Z` by a matrix product, `batchnorm_inference` with the four entries of that layer, `np.maximum` with 0.
After it: `softmax` of the product plus the bias.
</details>
"""

# %% exercise="predict_probabilities"
from autograder.topics.batchnorm_softmax.answers import predict_probabilities

# %% points=4
check(predict_probabilities)

# %% [markdown]
r"""
The same five networks once more. Their running statistics are collected over 50 batches of 60 training points; then
they are asked in the same three ways, with your `predict_probabilities`.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(batchnorm_softmax_predictions, 4)  # once more: what of a single point?


def with_statistics(parameters, rng):
    """A trained network as a model: running statistics are added, of every hidden layer."""
    model = dict(parameters)
    rest = (softmax, softmax_gradient, batchnorm_forward, batchnorm_backward)
    for number in range(50):
        chosen = rng.choice(300, 60, replace=False)
        _, _, seen = network.gradients_with_batchnorm(moons.X_train[:, chosen], Y[:, chosen], parameters, *rest)
        for l, newest in seen.items():
            before = newest if number == 0 else (model[f"mean{l}"], model[f"var{l}"])
            model[f"mean{l}"], model[f"var{l}"] = update_running_statistics(*before, *newest)
    return model


def labels(X, model):
    """What a model says of each example."""
    return predict_probabilities(X, model).argmax(axis=0)


models = [with_statistics(parameters, np.random.default_rng(0)) for parameters in normalized[1.0]]
print("running statistics:")
by_ways = show_ways([three_ways(lambda X, model=model: labels(X, model), moons.X_dev, moons.Y_dev) for model in models])

# %% [markdown]
r"""
The prediction for a point no longer depends on the points beside it.

## Counting fingers

Everything together: 1080 small drawings of hands that hold up 0 to 5 fingers, pixels from 0 to 255.
"""

# %% tags=["experiment"]
hands = data.load_hands()
plots.images(
    data.as_images(hands.X_train[:, :12]),
    [str(number) for number in hands.Y_train[0, :12]],
    alt="Twelve small grey drawings of hands with 0 to 5 fingers up, left and right hands, turned a little.",
)

# %% [markdown]
r"""
## Exercise 10: train it

Train in mini-batches, and collect the running statistics on the way. How many layers, which learning rate and how many
epochs is up to you. The settings of Hint 2 reach about 97 % of images that the network has not seen, in a second or
two.

- `network.batchnorm_parameters(layers_dims, rng)` draws a start: `W1`, `gamma1`, `beta1`, ..., `WL`, `bL`.
- `network.gradients_with_batchnorm(X, Y, parameters, softmax, softmax_gradient, batchnorm_forward,
  batchnorm_backward)` takes a batch and one-hot labels. It returns the probabilities, the gradients (`"dW1"`, ...), and
  a dictionary of the batch's statistics: hidden layer `l` → `(mean, var)`.

**How it is graded.** Your function trains, with a generator of the grader's, and within 30 seconds. Then your
`predict_probabilities` is asked about 600 hands that are drawn at that moment. Nobody has seen them, so nothing can be
learned by heart. Points begin at 40 % of them, and 90 % earn all: a network of 94 % accuracy does not lose by bad luck.
Images are also shown one at a time, and one class at a time. The visible check does the same with 240 of the training
images, which it holds back.

Report the accuracy on the dev set *as you measured it*. A dev accuracy that lies far above (more than 8 points) what
the new images show costs points. It means that something was fitted to the dev set.

<details><summary>Hint 1</summary>

An epoch: shuffle the columns with `rng.permutation(m)`, go through them in pieces. For each piece: gradients, running
statistics, a step for every parameter.
</details>
<details><summary>Hint 2</summary>

Two hidden layers of some dozens of units, mini-batches of about 100, 20 epochs and a learning rate near 1 are enough.
Let the learning rate fall from epoch to epoch: running statistics lag behind weights that still move fast.
</details>
<details><summary>Hint 3</summary>

Begin with `mean{l}` zeros and `var{l}` ones, as columns. In each batch, the pair of every hidden layer goes into
`update_running_statistics`. At the end, the model is both dictionaries together, and the dev accuracy compares
`argmax(axis=0)` with `Y_dev`.
</details>
"""

# %% exercise="train_classifier"
from autograder.topics.batchnorm_softmax.answers import train_classifier

# %% points=12
check(train_classifier, predict_probabilities)

# %% [markdown]
r"""
Five seeds. If the dev accuracy differs much from seed to seed, train longer or let the learning rate fall: the grader
draws a seed of its own.
"""

# %% tags=["experiment", "nbval-check-output"]
models = []
for seed in range(5):
    model, dev_accuracy = train_classifier(*hands[:4], np.random.default_rng(seed))
    models.append(model)
    train = np.mean(labels(hands.X_train, model) == hands.Y_train)
    print(f"seed {seed}: train {100 * train:.1f} %, dev {100 * dev_accuracy:.1f} %")
by_ways = {}
for words, say in (("running statistics", labels), ("statistics of the batch", lambda X, model: by_batch(X, model, 6))):
    print(f"on the dev set, {words}:")
    found = [three_ways(lambda X, s=say, m=model: s(X, m), hands.X_dev, hands.Y_dev) for model in models]
    by_ways[words] = show_ways(found)

# %% [markdown]
r"""
Batches that are mixed like the training set hide the mistake of normalizing by the batch at test time. The others show
it.

Note also what you did *not* do: the pixels went in as they are, from 0 to 255. Batch norm after the first layer does
the standardization for you.

### The test set, once

It has not been touched so far. A **confusion matrix** counts, for each true class (row) and each predicted class
(column), how many examples there are. Here is that of all five networks together.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(batchnorm_softmax_predictions, 5)
counts, tested = np.zeros((6, 6), dtype=int), []
for model in models:
    said = labels(hands.X_test, model)
    np.add.at(counts, (hands.Y_test.ravel(), said), 1)
    tested.append(100 * np.mean(said == hands.Y_test))
print(f"test accuracy {np.median(tested):.1f} % ({min(tested):.1f} to {max(tested):.1f})")
confused = {(a, b): int(counts[a, b] + counts[b, a]) for a in range(6) for b in range(a)}
for (a, b), times in sorted(confused.items(), key=lambda pair: -pair[1])[:3]:
    print(f"{b} and {a} were confused {times} times")
plots.confusion(
    counts,
    "the network says",
    "fingers up",
    "Five networks, 600 test images each",
    "A table of six rows and columns: nearly all counts lie on the diagonal, the others right beside it, most of them"
    " between 3 and 4.",
)

# %% [markdown]
r"""
Prediction 5: a. Nearly all mistakes are off by one finger, and 3 and 4 differ least: the fourth finger is shorter than
the three beside it. To look at the mistakes of a model before you try to improve it is called **error analysis**. Here
are the twelve worst mistakes of the first network: those of which it was most certain.
"""

# %% tags=["experiment"]
show_prediction(batchnorm_softmax_predictions, 5)
P, Y_test = predict_probabilities(hands.X_test, models[0]), hands.Y_test.ravel()
said, certainty = P.argmax(axis=0), P.max(axis=0)
wrong = np.flatnonzero(said != Y_test)
worst = wrong[np.argsort(-certainty[wrong])][:12]
plots.images(
    data.as_images(hands.X_test[:, worst]),
    [f"{said[i]}, not {Y_test[i]}\n{certainty[i]:.0%}" for i in worst],
    alt="Twelve hands that the network got wrong, each with what it said, what was right, and how certain it was:"
    " fingers that stand close together or hardly stand out of the palm.",
)

# %% [markdown]
r"""
What would help here: data augmentation, larger images, or a network that knows that neighbouring pixels belong together
(a convolutional network)?
"""

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** Why does softmax subtract the largest score of a column first?

- a) To make the probabilities smaller.
- b) To give each column the mean 0.
- c) $e^z$ must not overflow, and the factor cancels in the quotient.
- d) To make the gradient larger.

**2.** What happens to the bias $b$ of a layer that is followed by batch norm?

- a) It has to start at 0.
- b) The mean takes it away, so it can be left out; $\beta$ does its work.
- c) It is learned faster.
- d) It is added to $\beta$.

**3.** A network is a softmax layer and nothing else. What do the boundaries between its classes look like?

- a) Curved, because softmax is.
- b) Circles round the classes.
- c) Straight: two linear scores are equal there.
- d) Straight for two classes, curved for more.

**4.** A trained network with batch norm gets one image. Which statistics does it normalize with?

- a) The running ones from training.
- b) The mean and variance of that image.
- c) None: it skips batch norm.
- d) Those of the test set.

**5.** Where does $\varepsilon$ stand?

- a) $\sigma + \varepsilon$.
- b) $\sigma^2 + \varepsilon$, without a root.
- c) It is added to $Z$.
- d) Inside the root: $\sqrt{\sigma^2 + \varepsilon}$.

**6.** A classifier has 99 % on its 100 dev images and 78 % on new ones of the same kind. What is the likely reason?

- a) Bad luck with the new images.
- b) The learning rate was too high.
- c) It was fitted to the dev set: trained on it, or chosen by it again and again.
- d) It underfits.
"""

# %% exercise="batchnorm_softmax_answers"
from autograder.topics.batchnorm_softmax.answers import batchnorm_softmax_answers

# %% points=6
check(batchnorm_softmax_answers)

# %% [markdown]
r"""
## What you can do now

- You can classify into many classes, with a softmax that never overflows and its gradient $(P - Y) / m$.
- You can say which boundaries a softmax layer can draw, and why curved ones need a hidden layer.
- You can write batch norm forward and backward, and check its three paths numerically.
- You can train a deep network from weights 100 times too small or 30 times too large, with one learning rate.
- You can use it: running statistics at inference, a confusion matrix, and error analysis before you change anything.

### In real code

- `one_hot`: `torch.nn.functional.one_hot(labels, num_classes=6)`, `keras.utils.to_categorical(labels, num_classes=6)`
- `softmax`: `torch.softmax(logits, dim=1)`, `keras.ops.softmax(logits, axis=-1)`
- softmax and cross-entropy in one, from logits: `torch.nn.CrossEntropyLoss()`,
  `keras.losses.SparseCategoricalCrossentropy(from_logits=True)`
- batch norm; `momentum` weights the new value in PyTorch, the old one in Keras:
  `torch.nn.BatchNorm1d(64, eps=1e-5, momentum=0.1)`, `keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)`
- layer norm and RMSNorm: `torch.nn.LayerNorm(64)`, `torch.nn.RMSNorm(64)`, `keras.layers.LayerNormalization()`,
  `keras.layers.RMSNormalization()`
- training or inference: `model.train()` and `model.eval()` in PyTorch; `model(X, training=False)` in Keras

### Read more

- [Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167), *Batch Normalization*: section 3 is what you wrote,
  section 3.1 training and inference.
- [Santurkar et al., 2018](https://arxiv.org/abs/1805.11604), *How Does Batch Normalization Help Optimization?*, and why
  less internal covariate shift may not be the answer.
- [Ba et al., 2016](https://arxiv.org/abs/1607.06450), *Layer Normalization*, which does without a batch.
- [Guo et al., 2017](https://arxiv.org/abs/1706.04599), *On Calibration of Modern Neural Networks*: why "99 % sure" may
  be wrong more often than once in a hundred.
- Batch norm in [PyTorch](https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html) and
  [Keras](https://keras.io/api/layers/normalization_layers/batch_normalization/).
"""
