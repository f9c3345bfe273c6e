# %% [markdown]
r"""
# Optimization

*My loss falls slowly, or it jumps up and down. Shall I change the learning rate, the batch size or the optimizer?*

Backpropagation gives the gradient, the direction in which the cost rises fastest. An **optimizer** is the rule that
makes a step of the parameters out of gradients. It decides how far to go, on how many examples to compute the gradient,
and what to remember of earlier steps. In this notebook you write mini-batches, momentum, RMSprop, Adam and four
learning rate schedules, and a training loop for them all. Then you compare them, first unfairly, then fairly.

| you write | points |
|---|---|
| four predictions, and later five more, before you run the experiments | 4 |
| `random_mini_batches` | 12 |
| `update_parameters_with_gd` | 4 |
| `fit` | 16 |
| `exponentially_weighted_average` | 10 |
| `initialize_velocity` | 4 |
| `update_parameters_with_momentum` | 12 |
| `update_parameters_with_rmsprop` | 12 |
| `update_parameters_with_adam` | 20 |
| `decay_inverse_time`, `decay_exponential`, `decay_sqrt`, `decay_staircase` | 12 |
| answers to eight questions | 4 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
import time
from collections.abc import Callable

import numpy as np

from course_utils import check, data, network, plots, show_prediction

# %% [markdown]
r"""
## Predict before you run

Nine experiments lie ahead, four of them in this half. Say now what you expect of them. A guess is enough: any letter
earns its part of the points, and what you guessed wrong you will remember.

**1.** Three ways to train: each step looks at all 300 examples, at 32 of them, or at one. In which does the cost of the
examples that a step looks at fall in nearly every step?

- a) with one
- b) with all 300
- c) in all three: a step goes downhill
- d) with 32

**2.** You let each of the three go through the training set ten times, each at the learning rate that suits it best.
Whose cost is lowest then?

- a) that of steps on all 300
- b) all alike: they have seen the same examples
- c) that of steps on 32
- d) that of steps on one

**3.** With which size of mini-batches does it take longest to go through 1080 images once?

- a) 16
- b) 1
- c) 256
- d) 1080

**4.** You average a series over about the last 50 values, by a rule that starts from $v_0 = 0$. The first averages are…

- a) far too large,
- b) far too small,
- c) about right,
- d) not defined.
"""

# %% exercise="optimization_predictions"
from autograder.topics.optimization.answers import optimization_predictions

# %% points=2
check(optimization_predictions)

# %% [markdown]
r"""
## Mini-batches

The cost is a mean over $m$ examples, and so is its gradient. The mean over a few examples, drawn at random, is an
estimate of it that costs less. A **mini-batch** is a small random part of the training set, on which the gradient of
one step is computed. Shuffle the examples, cut them into mini-batches of equal size, and take a step for each. When all
examples have had their turn, one epoch is over: shuffle again.

$$X = \big[\; \underbrace{x^{(7)} \; x^{(2)} \; x^{(9)} \; x^{(4)}}_{X^{\{1\}}} \;\big|\;
\underbrace{x^{(1)} \; x^{(8)} \; x^{(5)} \; x^{(3)}}_{X^{\{2\}}} \;\big|\;
\underbrace{x^{(10)} \; x^{(6)}}_{X^{\{3\}}} \;\big]$$

Two sizes have names of their own. In **batch gradient descent** each step looks at all $m$ examples. In **stochastic
gradient descent** (SGD) each step looks at a single example, drawn at random. Libraries and papers say SGD for every
size below $m$.

The gradient of a mini-batch differs from that of the whole training set, by chance: this difference is called
**gradient noise**. The smaller the mini-batch, the larger the noise.

## Exercise 1: shuffle and cut

Each $x$ keeps its $y$. The last mini-batch holds what is left over, and none is empty.

<details><summary>Hint 1</summary>

Do not shuffle `X` and `Y`, but the numbers of the examples, once. Then take the columns with these numbers from both.
</details>
<details><summary>Hint 2</summary>

`rng.permutation(m)` gives the numbers 0 to m − 1 in random order. `range` with a step gives where each mini-batch
starts. A slice that reaches beyond the end is cut there, which is what the last mini-batch needs.
</details>
<details><summary>Hint 3</summary>

In the loop over the starts: a slice of the shuffled numbers, from the start to the start plus the size. Index the
columns of `X` and of `Y` with it, and append the pair.
</details>
"""

# %% exercise="random_mini_batches"
from autograder.topics.optimization.answers import random_mini_batches

# %% points=12
check(random_mini_batches)

# %% [markdown]
r"""
**Mind the notes: `X[:, i]` is not a column.** Stochastic gradient descent is often printed as a loop over the examples
with `X[:, i]`. Here is what NumPy makes of that, in a first layer of 20 units.
"""

# %% tags=["experiment", "nbval-check-output"]
moons = data.load_moons()
layers_dims = [2, 20, 10, 1]
start = network.example_parameters(layers_dims, 0)
for words, x in (("X[:, 0]", moons.X_train[:, 0]), ("X[:, 0:1]", moons.X_train[:, 0:1])):
    Z = start["W1"] @ x + start["b1"]
    print(f"{words:9} has shape {x.shape!s:6}: W1 @ x + b1 has shape {Z.shape}")

# %% [markdown]
r"""
A single index removes the axis. Then $(20,) + (20, 1)$ is no error: NumPy broadcasts both to $(20, 20)$, and each
unit gets the biases of all the others. A slice, `X[:, i:i + 1]`, keeps the column.

## Exercise 2: a step of gradient descent

$$W := W - \alpha \, dW, \qquad b := b - \alpha \, db.$$

Return a new dictionary with new arrays. Do not change what you are given: later you will start several optimizers from
the same parameters.

<details><summary>Hint 1</summary>

The gradient of the parameter `"W1"` lies under `"dW1"`, that of `"b1"` under `"db1"`.
</details>
<details><summary>Hint 2</summary>

`parameters.items()` gives every key with its array; the key of its gradient is `"d" + key`. So you need not count
layers.
</details>
<details><summary>Hint 3</summary>

Start with an empty dict. For each key, put in the array minus `learning_rate` times its gradient. `W - …` makes a new
array; `W -= …` changes the old one.
</details>
"""

# %% exercise="update_parameters_with_gd"
from autograder.topics.optimization.answers import update_parameters_with_gd

# %% points=4
check(update_parameters_with_gd)

# %% [markdown]
r"""
## Exercise 3: the training loop

You write one loop for all that follows. It is given an `optimizer`, a function that takes a step:
`optimizer(parameters, grads, t, learning_rate)` returns new parameters. In each epoch:

- The learning rate is `learning_rate`, or what `decay(learning_rate, epoch)` makes of it. Epochs count from 0.
- For each mini-batch: forward, cost, backward, step. Use your `random_mini_batches` and the given `network`.
- Record the cost of each mini-batch, as it was before the step.

The number $t$ of the step counts from 1, and *goes on through all epochs*: it does not start again. Adam will need it.

<details><summary>Hint 1</summary>

Two loops: one over the epochs, in it one over the mini-batches. Beside them, a list of costs and a counter, both begun
before the first epoch.
</details>
<details><summary>Hint 2</summary>

`network.forward_propagation(X_b, parameters)` returns the output and a cache, `network.compute_cost(AL, Y_b)` the cost,
`network.backward_propagation(parameters, cache, Y_b)` the gradients, which are means over the mini-batch.
</details>
<details><summary>Hint 3</summary>

Call `random_mini_batches` inside the loop over the epochs, with the `rng` you were given: so each epoch is shuffled
anew. The name `parameters` is bound to what the optimizer returns, so the next step starts from there. The rate of the
epoch is `learning_rate` where `decay` is `None`; do not overwrite `learning_rate` itself.
</details>
"""

# %% exercise="fit"
from autograder.topics.optimization.answers import fit

# %% points=16
check(fit)

# %% [markdown]
r"""
### Batch, mini-batch, stochastic

Two half moons, 300 points; ten epochs from the same start. Each point of a curve is the cost of the examples that the
step looked at.
"""


# %% tags=["experiment", "nbval-check-output"]
def plain(parameters, grads, t, learning_rate):
    """Your gradient descent, as fit wants it."""
    return update_parameters_with_gd(parameters, grads, learning_rate)


show_prediction(optimization_predictions, 1)
m = moons.X_train.shape[1]
sizes = {"batch, 300": 300, "mini-batch, 32": 32, "stochastic, 1": 1}
falls = {}
fig, axes = plots.figure(1, 3, width=2.9, height=2.7, sharey=True)
for index, (label, size) in enumerate(sizes.items()):
    _, costs = fit(moons.X_train, moons.Y_train, start, plain, 0.03, size, 10, np.random.default_rng(0))
    falls[label] = 100 * np.mean(np.diff(costs) < 0)
    print(f"{label:15} {len(costs):4} steps; the cost fell in {falls[label]:.0f} % of them")
    ax = axes[0, index]
    style = {"color": plots.COLOURS[index], "linewidth": 0.3 if size == 1 else 1.2, "marker": "o" if size == m else ""}
    ax.plot(np.linspace(0, 10, len(costs), endpoint=False), costs, markersize=4, **style)
    ax.set(xlabel="epoch", ylabel="cost of the step's examples", title=label, xlim=(-0.3, 10.3), ylim=(0, 2))
plots.show(
    fig,
    alt="Three cost curves over ten epochs: for batch a smooth line that falls slowly, for mini-batches a ragged one"
    " that falls faster, for single examples a dense band of spikes up and down.",
)

# %% [markdown]
r"""
Prediction 1: b. With all examples, each step lowers the very cost that it looks at, if the learning rate is not too
large. With fewer, the next step looks at other examples, which may be harder. A cost that rises from one mini-batch to
the next is no bug.

But the three did not take the same number of steps. For a fair comparison, each gets the one of five learning rates
that gives it the lowest cost on the dev set after ten epochs. Three seeds.
"""


# %% tags=["experiment", "nbval-check-output"]
def cost_of(parameters, X, Y):
    """Cost on a set."""
    return network.compute_cost(network.forward_propagation(X, parameters)[0], Y)


def epoch_by_epoch(rate, size, epochs, seed, decay=None):
    """Train on the moons by gradient descent: the parameters, and the training cost after each epoch."""
    costs = []

    def watched(parameters, grads, t, learning_rate):
        parameters = plain(parameters, grads, t, learning_rate)
        if t % -(-m // size) == 0:
            costs.append(cost_of(parameters, moons.X_train, moons.Y_train))
        return parameters

    begin, rng = network.example_parameters(layers_dims, seed), np.random.default_rng(seed)
    trained, _ = fit(moons.X_train, moons.Y_train, begin, watched, rate, size, epochs, rng, decay)
    return trained, costs


show_prediction(optimization_predictions, 2)
rates = (0.03, 0.1, 0.3, 1.0, 3.0)
found = {label: np.zeros((len(rates), 3, 10)) for label in sizes}
dev = {label: np.zeros((len(rates), 3)) for label in sizes}
bar = iter(network.progress_bar(len(sizes) * len(rates) * 3, "sizes, rates and seeds"))
for label, size in sizes.items():
    for i, rate in enumerate(rates):
        for seed in range(3):
            next(bar)
            trained, found[label][i, seed] = epoch_by_epoch(rate, size, 10, seed)
            dev[label][i, seed] = cost_of(trained, moons.X_dev, moons.Y_dev)
best = {label: int(np.argmin(np.median(costs, axis=1))) for label, costs in dev.items()}
for label, i in best.items():
    last = found[label][i, :, -1]
    print(
        f"{label:15} best at rate {rates[i]:<4g} training cost after ten epochs"
        f" {np.median(last):.2f} ({last.min():.2f} to {last.max():.2f})"
    )
plots.lines(
    {label: found[label][i] for label, i in best.items()},
    np.arange(1, 11),
    "epoch",
    "cost on the training set",
    "Each size at its own best learning rate (three seeds)",
    "Training cost against epoch: highest for batch, lower for mini-batches, lowest for single examples.",
    ylim=(0, None),
)

# %% [markdown]
r"""
Prediction 2: d. In one epoch, batch gradient descent takes one step, and stochastic gradient descent 300. Three hundred
noisy steps lead farther than a single exact one.

So why not always one example at a time? Look at time in place of epochs. Here are 1080 drawn hands of 400 pixels; the
median of three epochs for each size. You see what *your* computer takes.
"""

# %% tags=["experiment", "timing"]
show_prediction(optimization_predictions, 3)
hands = data.load_hands()
X, Y = (hands.X_train - hands.X_train.mean()) / hands.X_train.std(), (hands.Y_train >= 3).astype(float)
tried = [1, 4, 16, 64, 256, 1080]
seconds = np.zeros((3, len(tried)))
for i, size in enumerate(tried):
    for again in range(3):
        began = time.perf_counter()
        fit(X, Y, network.example_parameters([400, 20, 1], 0), plain, 0.01, size, 1, np.random.default_rng(0))
        seconds[again, i] = time.perf_counter() - began
steps = -(-X.shape[1] // np.array(tried))
for size, number, epoch in zip(tried, steps, np.median(seconds, axis=0), strict=True):
    print(
        f"size {size:4}: {number:4} steps, {1000 * epoch:6.1f} ms for an epoch, {1000 * epoch / number:.2f} ms a step"
    )
plots.lines(
    {"one epoch": 1000 * seconds, "one step": 1000 * seconds / steps},
    tried,
    "size of a mini-batch",
    "milliseconds",
    "What an epoch takes, and what a step takes",
    "Milliseconds against mini-batch size on logarithmic axes: an epoch takes longest at size 1 and gets shorter as the"
    " size grows; a step takes longer as the size grows.",
    markers=True,
    xscale="log",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 3: b. A step on 16 examples takes hardly longer than a step on one: most of the time is overhead, the fixed
price of each call of NumPy. An epoch of single examples pays it 1080 times, and does nothing in parallel. From some
size on an epoch gets hardly any faster, and you only lose steps. Somewhere between lies the size that lowers the cost
fastest *by the clock*. Usual sizes are 32 to 512, by custom powers of two. Small ones are often good for
generalization: [Masters and Luschi, 2018](https://arxiv.org/abs/1804.07612), in their conclusions, found the best
results at 2 to 32.

## Exponentially weighted averages

Every optimizer that follows remembers gradients by the same rule, an **exponentially weighted average** (also called
exponential moving average, EMA), in which each value counts $\beta$ times as much as the one after it:

$$v_t = \beta \, v_{t-1} + (1 - \beta) \, \theta_t, \qquad v_0 = 0.$$

Insert the rule into itself again and again, and you see what weight each value gets:

$$v_t = (1 - \beta) \left( \theta_t + \beta \, \theta_{t-1} + \beta^2 \, \theta_{t-2} + \ldots + \beta^{t-1} \, \theta_1
\right).$$

A value of $k$ steps ago has the weight $(1 - \beta) \beta^k$. After $1 / (1 - \beta)$ steps that has fallen to about
$1/e$ of what it was, if $\beta$ is near 1. So one says: the average is over about the last $1 / (1 - \beta)$ values.
"""

# %% tags=["experiment"]
fig, axes = plots.figure(1, 3, width=2.9, height=2.6, sharey=True)
for index, beta in enumerate((0.5, 0.9, 0.98)):
    age, ax = np.arange(60), axes[0, index]
    weights = (1 - beta) * beta**age
    ax.bar(age, weights, width=1.0, color=plots.COLOURS[index])
    ax.axvline(1 / (1 - beta), color="black", linestyle="--", linewidth=1)
    ax.set(xlabel="steps ago", ylabel="weight", title=f"β = {beta}: about {1 / (1 - beta):.0f} values", yscale="log")
    ax.set(ylim=(1e-4, 1))
plots.show(
    fig,
    alt="Bars of the weights by age, on a logarithmic axis, for three β: a steep slope for 0.5, a gentle one for 0.9, a"
    " nearly level one for 0.98. Dashed lines stand at 2, 10 and 50 steps.",
)

# %% [markdown]
r"""
### Bias correction

The weights of $t$ values add up to

$$(1 - \beta)(1 + \beta + \ldots + \beta^{t-1}) = 1 - \beta^t,$$

which is below 1: the missing part is the weight of $v_0 = 0$. At first it is nearly everything, so the average is too
close to zero. To divide $v_t$ by the sum of its weights, which makes it a mean again, is called **bias correction**:

$$\hat{v}_t = \frac{v_t}{1 - \beta^t}.$$

You correct what you read, not what you keep: $v_t$ itself goes into the next step uncorrected.

## Exercise 4: the average

<details><summary>Hint 1</summary>

One loop over the values, and one number that you carry along: $v$.
</details>
<details><summary>Hint 2</summary>

`enumerate(values, start=1)` counts $t$ from 1. Keep the corrected number in the result, but never in `v`.
</details>
<details><summary>Hint 3</summary>

Before the loop: `v` is 0, and the result is an array of zeros, of floats. In the loop: the rule; then entry `t - 1` of
the result is `v`, divided by one minus `beta` to the power of `t` where `bias_correction` is true.
</details>
"""

# %% exercise="exponentially_weighted_average"
from autograder.topics.optimization.answers import exponentially_weighted_average

# %% points=10
check(exponentially_weighted_average)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(optimization_predictions, 4)
rng = np.random.default_rng(3)
day = np.arange(1, 366)
temperature = 11 + 9 * np.cos(2 * np.pi * (day - 20) / 365) + rng.normal(0, 3, 365)
fig, axes = plots.figure(1, 2, width=4.4, height=3.2)
axes[0, 0].plot(day, temperature, ".", color="0.75", markersize=3)
for index, beta in enumerate((0.5, 0.9, 0.98)):
    plots.line(axes[0, 0], day, exponentially_weighted_average(temperature, beta), index, f"β = {beta}")
axes[0, 0].set(xlabel="day", ylabel="temperature in °C", title="A made-up year in the south, averaged")
axes[0, 1].plot(day[:60], temperature[:60], ".", color="0.75", markersize=4)
for index, corrected in enumerate((True, False), start=2):
    averages = exponentially_weighted_average(temperature, 0.98, corrected)[:60]
    label = "corrected" if corrected else "not corrected"
    first, tenth, sixtieth = averages[[0, 9, 59]]
    plots.line(axes[0, 1], day[:60], averages, index, label)
    print(f"β = 0.98, {label:13}: {first:4.1f} on day 1, {tenth:4.1f} on day 10, {sixtieth:4.1f} on day 60")
print(f"mean temperature of the first ten days: {temperature[:10].mean():.1f}")
axes[0, 1].set(xlabel="day", ylabel="temperature in °C", title="β = 0.98, the first days")
axes[0, 0].legend(loc="upper center")
axes[0, 1].legend(loc="lower right")
plots.show(
    fig,
    alt="Left: a year of noisy temperatures with three averages; β = 0.5 follows every jump, 0.98 is smooth and late."
    " Right: the first sixty days; the corrected average lies among the points, the other one starts far below.",
)

# %% [markdown]
r"""
Prediction 4: b. The larger $\beta$, the smoother the average, the more it lags behind, and the longer its start is
wrong without the correction.

**Mind the notes: two ways to spoil the correction.** Some notes divide by $1 - \beta$, without the power $t$. Others
write $v_t := v_t / (1 - \beta^t)$, so that the corrected value goes back into the rule. A constant series, 10 in every
step, shows what happens then:
"""

# %% tags=["experiment", "nbval-check-output"]
beta, tens = 0.9, np.full(50, 10.0)
no_power = exponentially_weighted_average(tens, beta, bias_correction=False) / (1 - beta)
fed_back, v = [], 0.0
for t in range(1, 51):
    v = (beta * v + (1 - beta) * 10) / (1 - beta**t)
    fed_back.append(v)
rows = {
    "right": exponentially_weighted_average(tens, beta),
    "divided by 1 − β": no_power,
    "fed back": np.array(fed_back),
}
for label, row in rows.items():
    print(f"{label:17}", "  ".join(f"t = {t}: {row[t - 1]:.4g}" for t in (1, 2, 5, 50)))

# %% [markdown]
r"""
Without the power the average ends ten times too large, and stays there. With the correction fed back, it is more than a
hundred times too large after five steps, and after fifty it has not come back.

## Momentum

Mini-batches make gradients noisy, and in an ill-conditioned valley they point from one wall to the other. Both cancel
in an average. **Momentum** steps along the exponentially weighted average of the gradients, in place of the last
gradient ([Sutskever et al., 2013](https://proceedings.mlr.press/v28/sutskever13.html), section 2):

$$v_{dW} := \beta \, v_{dW} + (1 - \beta) \, dW, \qquad W := W - \alpha \, v_{dW},$$

and the same for $b$. The usual $\beta$ is 0.9. The bias is usually not corrected here: after thirty steps $0.9^{30}$,
or 4 %, is left of it.

PyTorch and Keras leave out the factor $1 - \beta$. Their $v$ is then $1 / (1 - \beta)$ times as long, and a learning
rate of theirs has to be multiplied by that to mean the same here. With the factor, you can change $\beta$ and keep
$\alpha$.

## Exercise 5: averages start from zero

<details><summary>Hint 1</summary>

A zero for each number in `parameters`. The keys are those of the gradients.
</details>
<details><summary>Hint 2</summary>

`np.zeros(shape)` makes floats. `np.zeros_like` takes the kind of number from its argument as well.
</details>
<details><summary>Hint 3</summary>

Go through `parameters.items()`. Under `"d" + key`, put zeros of the shape of the array; new ones each time.
</details>
"""

# %% exercise="initialize_velocity"
from autograder.topics.optimization.answers import initialize_velocity

# %% points=4
check(initialize_velocity)

# %% [markdown]
r"""
## Exercise 6: a step with momentum

Return new parameters and a new `v`. Leave what you are given as it is.

<details><summary>Hint 1</summary>

Your step of gradient descent, with one line before it and one word in it changed.
</details>
<details><summary>Hint 2</summary>

First the new average, from the old one and the gradient. Then the step, along the *new* average.
</details>
<details><summary>Hint 3</summary>

Two empty dicts. In the loop over `parameters.items()`: put the new average under `"d" + key` into the one, and the
parameter minus `learning_rate` times that into the other. Return both.
</details>
"""

# %% exercise="update_parameters_with_momentum"
from autograder.topics.optimization.answers import update_parameters_with_momentum

# %% points=12
check(update_parameters_with_momentum)

# %% [markdown]
r"""
## RMSprop

Another help in ill-conditioned valleys is to give every parameter a step size of its own. **RMSprop** divides each
gradient by the root mean square of the recent gradients of the same parameter (Hinton, in a
[lecture of 2012](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf), part 6e):

$$s_{dW} := \beta_2 \, s_{dW} + (1 - \beta_2) \, dW^2, \qquad
W := W - \alpha \, \frac{dW}{\sqrt{s_{dW}} + \varepsilon}.$$

All of it entry by entry. Across the valley gradients are large, and so is the root: the steps get shorter. Along it
they are small: the steps get longer. $\varepsilon$ keeps the denominator away from zero. Here it stands *outside* the
root, as in PyTorch. Keras, and [Dive into Deep Learning](https://d2l.ai/chapter_optimization/rmsprop.html), section
12.8, put it inside: $\sqrt{s + \varepsilon}$. There $10^{-8}$ counts as much as $10^{-4}$ outside, where $s$ is near 0.

## Exercise 7: a step of RMSprop

<details><summary>Hint 1</summary>

As with momentum there are two lines: a new average, then a step. `dW**2` squares entry by entry.
</details>
<details><summary>Hint 2</summary>

The average is that of squares; the step goes along the gradient itself. Divide by the root of the *new* average.
</details>
<details><summary>Hint 3</summary>

`g = grads["d" + key]` saves typing. The denominator is `np.sqrt` of the new average, plus `epsilon`, in brackets.
</details>
"""

# %% exercise="update_parameters_with_rmsprop"
from autograder.topics.optimization.answers import update_parameters_with_rmsprop

# %% points=12
check(update_parameters_with_rmsprop)

# %% [markdown]
r"""
**Mind the notes: RMSprop without ε.** Some notes divide by $\sqrt{s}$ alone. Can a gradient be exactly zero? Count
them, in mini-batches of one point of the moons:
"""

# %% tags=["experiment", "nbval-check-output"]
grads_of_ones = []
for x, y in random_mini_batches(moons.X_train, moons.Y_train, 1, np.random.default_rng(0)):
    cache = network.forward_propagation(x, start)[1]
    grads_of_ones.append(network.backward_propagation(start, cache, y))
zeros = np.mean([np.mean(np.concatenate([g.ravel() for g in grads.values()]) == 0) for grads in grads_of_ones])
zero_state = initialize_velocity(start)
stepped = {}
for epsilon in (1e-8, 0.0):
    with np.errstate(invalid="ignore"):
        stepped[epsilon], _ = update_parameters_with_rmsprop(start, grads_of_ones[0], zero_state, 0.9, 0.01, epsilon)
    numbers = np.concatenate([value.ravel() for value in stepped[epsilon].values()])
    print(f"after one step with ε = {epsilon:g}: {np.isnan(numbers).sum()} of {numbers.size} parameters are nan")
print(f"{zeros:.0%} of all gradients of single points are exactly 0")

# %% [markdown]
r"""
A ReLU unit that is off has gradients of exactly zero, and $0 / 0$ is `nan`. One step, and the network is lost.

## Adam

Momentum chooses the direction, RMSprop the step sizes; the next optimizer does both. **Adam** divides the average of
the gradients by their root mean square, with bias correction for both averages ([Kingma and Ba,
2015](https://arxiv.org/abs/1412.6980), section 2):

$$\begin{aligned}
v &:= \beta_1 v + (1 - \beta_1) \, dW, & \hat{v} &= \frac{v}{1 - \beta_1^t}, \\
s &:= \beta_2 s + (1 - \beta_2) \, dW^2, & \hat{s} &= \frac{s}{1 - \beta_2^t},
\end{aligned} \qquad W := W - \alpha \, \frac{\hat{v}}{\sqrt{\hat{s}} + \varepsilon}.$$

Usually $\beta_1 = 0.9$, $\beta_2 = 0.999$ and $\varepsilon = 10^{-8}$, and only $\alpha$ is searched for. Suppose that
the gradients of a parameter all have the size $g$ *and the same sign*. Then $\hat v / \sqrt{\hat s} = 1$, whatever $g$
is, and each step has the length $\alpha$. Where signs change, $\hat v$ averages them away, and the steps are shorter.
So Adam's learning rate is about the *longest* step in each parameter (section 2.1 of the paper); that of gradient
descent is a factor of the gradient. You cannot compare the two numbers.

## Exercise 8: a step of Adam

Return new parameters, and the new `v` and `s`, *not corrected*.

<details><summary>Hint 1</summary>

Your two averages from momentum and RMSprop, then two corrections, then the step: five lines in a loop.
</details>
<details><summary>Hint 2</summary>

Keep the corrected numbers in variables of their own. What goes into the new dicts, and out to the caller, is `v` and
`s` as the rules made them.
</details>
<details><summary>Hint 3</summary>

`beta1**t` is $\beta_1^t$. Correct `v` with $\beta_1$ and `s` with $\beta_2$. The denominator is the root of the
corrected `s`, plus `epsilon`, in brackets. Return three dicts.
</details>
"""

# %% exercise="update_parameters_with_adam"
from autograder.topics.optimization.answers import update_parameters_with_adam

# %% points=20
check(update_parameters_with_adam)

# %% [markdown]
r"""
How long are the steps of your Adam? The gradients have the size 1, then 1000, and their signs are equal, random, or
alternate.
"""

# %% tags=["experiment", "nbval-check-output"]
signs = {
    "equal": np.ones(2000),
    "random": np.random.default_rng(0).choice([-1.0, 1.0], 2000),
    "alternating": (-1.0) ** np.arange(2000),
}
step_lengths = {}
for label, row in signs.items():
    for g in (1.0, 1000.0):
        parameters = {"W1": np.zeros((1, 1)), "b1": np.zeros((1, 1))}
        v, s, places = initialize_velocity(parameters), initialize_velocity(parameters), [0.0]
        for t, sign in enumerate(row, 1):
            grads = {"dW1": np.full((1, 1), sign * g), "db1": np.zeros((1, 1))}
            parameters, v, s = update_parameters_with_adam(parameters, grads, v, s, t, 1.0)
            places.append(parameters["W1"].item())
        step_lengths[label, g] = np.abs(np.diff(places))[1000:].mean()
    small, large = step_lengths[label, 1.0], step_lengths[label, 1000.0]
    print(f"signs {label:11}: the mean step is {small:.2f} α for gradients of size 1, {large:.2f} α for 1000")

# %% [markdown]
r"""
Equal signs give steps of $\alpha$, random ones of 0.19 $\alpha$, alternating ones of 0.05 $\alpha$; the size of the
gradients does not matter.

**Mind the notes: half a correction.** Some notes print Adam with $1 - \beta$ in place of $1 - \beta^t$, or forget to
correct $s$. Let the gradient be 1 in every step. Then every step should have the length $\alpha$. Your Adam, and what
these formulas give:
"""

# %% tags=["experiment", "nbval-check-output"]
t = np.arange(1, 1001)
parameters = {"W1": np.zeros((1, 1)), "b1": np.zeros((1, 1))}
v, s, places = initialize_velocity(parameters), initialize_velocity(parameters), [0.0]
for step in t:
    ones = {"dW1": np.ones((1, 1)), "db1": np.ones((1, 1))}
    parameters, v, s = update_parameters_with_adam(parameters, ones, v, s, step, 1.0)
    places.append(parameters["W1"].item())
v_t, s_t = 1 - 0.9**t, 1 - 0.999**t  # what the averages of ones are, without correction
lengths = {
    "yours": -np.diff(places),
    "1 − β in place of 1 − βᵗ": (v_t / 0.1) / np.sqrt(s_t / 0.001),
    "s not corrected": 1 / np.sqrt(s_t),
    "nothing corrected": v_t / np.sqrt(s_t),
    "t begins anew every 100 steps": (v_t / (1 - 0.9 ** ((t - 1) % 100 + 1)))
    / np.sqrt(s_t / (1 - 0.999 ** ((t - 1) % 100 + 1))),
}
for label, length in lengths.items():
    print(f"{label:30}", "  ".join(f"t = {n}: {length[n - 1]:5.2f}" for n in (1, 10, 101, 1000)))
plots.lines(
    lengths,
    t,
    "step t",
    "length of the step, in α",
    "A gradient of 1 in every step",
    "Step length against step on logarithmic axes: yours is a level line at 1; with s not corrected it starts at 32 and"
    " falls; with 1 − β it rises to 2 and falls to a third; with nothing corrected it rises to 6; with t begun anew it"
    " jumps down every hundred steps.",
    xscale="log",
    yscale="log",
)

# %% [markdown]
r"""
With $s$ not corrected, the first step is 32 times too long: $1 / \sqrt{1 - \beta_2}$. With $1 - \beta$, every late step
is $\sqrt{1 - \beta_2} / (1 - \beta_1)$ of what it should be, less than a third. And if `fit` started $t$ again in each
epoch, the averages of many steps would be corrected like those of one.
"""

# %% [markdown]
r"""
## Predict the second half

Five more: what suits each optimizer, and what a falling learning rate changes.

**1.** A valley is 100 times steeper across than along. First it runs along an axis, that is, along one parameter; then
you turn the whole valley by 45°. Each optimizer has its own best learning rate. Who needs more steps now?

- a) everyone
- b) gradient descent and momentum
- c) RMSprop and Adam
- d) nobody

**2.** You start beside a ridge with a saddle: $10^{-2}$ from it, then $10^{-4}$, then $10^{-6}$. For whom does it
hardly matter how near you start?

- a) gradient descent
- b) momentum
- c) nobody
- d) RMSprop and Adam

**3.** You train four networks for 40 epochs, all with the learning rate 0.003, and Adam is far ahead of gradient
descent. Then each gets its own best learning rate. Now…

- a) Adam is as far ahead,
- b) gradient descent is far ahead,
- c) they end close together,
- d) none of them learns.

**4.** Mini-batches of 8 at a large learning rate, which stays or falls. At the end of training, the cost with the
constant rate…

- a) is lower, for it went farther,
- b) is higher, but calm,
- c) is as low and as calm,
- d) is higher, and jumps about.

**5.** You train with Adam and add the L2 penalty's gradient to $dW$. A weight whose gradients are large is pulled
towards zero, compared to one whose gradients are small,…

- a) not by anything: Adam ignores penalties,
- b) less strongly,
- c) more strongly,
- d) just as strongly.
"""

# %% exercise="optimization_more_predictions"
from autograder.topics.optimization.answers import optimization_more_predictions

# %% points=2
check(optimization_more_predictions)

# %% [markdown]
r"""
## Four optimizers on two landscapes

`with_memory` makes an optimizer out of each of your functions: it keeps `v` and `s` from step to step. RMSprop averages
squares with $\beta_2 = 0.9$, which is Keras's default (PyTorch's is 0.99), Adam with $\beta_2 = 0.999$.
"""


# %% tags=["experiment"]
def with_memory(name, beta=0.9, beta2=0.9) -> Callable:
    """Make an optimizer for fit of one of your functions."""
    memory = {}

    def optimizer(parameters, grads, t, learning_rate):
        if not memory:
            memory.update(v=initialize_velocity(parameters), s=initialize_velocity(parameters))
        v, s = memory["v"], memory["s"]
        if name == "gradient descent":
            parameters = update_parameters_with_gd(parameters, grads, learning_rate)
        elif name == "momentum":
            parameters, memory["v"] = update_parameters_with_momentum(parameters, grads, v, beta, learning_rate)
        elif name == "RMSprop":
            parameters, memory["s"] = update_parameters_with_rmsprop(parameters, grads, s, beta2, learning_rate)
        else:
            parameters, memory["v"], memory["s"] = update_parameters_with_adam(
                parameters, grads, v, s, t, learning_rate
            )
        return parameters

    return optimizer


names = ("gradient descent", "momentum", "RMSprop", "Adam")

# %% [markdown]
r"""
The cost of two parameters is a landscape that you can see. Call them $W^{[1]}$ and $b^{[1]}$, and your functions can
walk in it. The valley is $\frac12 (w^2 + 100 \, b^2)$: its condition number is 100. Each optimizer gets the one of 29
learning rates that brings it below 1 % of the cost at the start, and keeps it there, in the fewest steps.
"""


# %% tags=["experiment", "nbval-check-output"]
def walk(name, slope, begin, learning_rate, steps=200):
    """Places (steps + 1, 2) that an optimizer comes to."""
    optimizer, w = with_memory(name), np.array(begin, dtype=float)
    places = [w]
    for t in range(1, steps + 1):
        g = slope(w)
        parameters = {"W1": w[:1, None], "b1": w[1:, None]}
        parameters = optimizer(parameters, {"dW1": g[:1, None], "db1": g[1:, None]}, t, learning_rate)
        w = np.array([parameters["W1"].item(), parameters["b1"].item()])
        places.append(w)
    return np.array(places)


def steps_needed(arrived):
    """How many steps until it is true for good; infinite if never."""
    late = np.flatnonzero(~arrived)
    return 0 if late.size == 0 else late[-1] + 1 if late[-1] + 1 < len(arrived) else np.inf


def best_walk(name, height, slope, begin, goal):
    """The walk at the rate that leads below the goal in the fewest steps, that rate, and how many."""
    with np.errstate(over="ignore", invalid="ignore"):
        walks = {rate: walk(name, slope, begin, rate) for rate in 10.0 ** np.arange(-2.5, 1.01, 0.125)}
        needed = {rate: steps_needed(height(places) < goal) for rate, places in walks.items()}
    rate = min(needed, key=needed.get)
    return walks[rate], rate, needed[rate]


def valley(degrees):
    """Height, slope and starting place of the valley, turned."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    H = turn @ np.diag([1.0, 100.0]) @ turn.T
    return lambda places: 0.5 * np.sum(places @ H * places, axis=-1), lambda w: H @ w, turn @ [-4.0, 0.4]


show_prediction(optimization_more_predictions, 1)
needed = {}
for degrees in (0, 45):
    height, slope, begin = valley(degrees)
    for name in names:
        _, rate, needed[name, degrees] = best_walk(name, height, slope, begin, 0.01 * height(begin))
        print(f"turned by {degrees:2}°: {name:16} {needed[name, degrees]:3.0f} steps, at rate {rate:.3f}")

# %% [markdown]
r"""
Prediction 1: c. Gradient descent diverges at a learning rate above $2 / 100$; so it creeps along the floor of the
valley. Momentum averages the zigzag away, and can afford a larger rate. Neither depends on the axes, and turning the
valley changes nothing for them. RMSprop and Adam scale each parameter on its own. That is a great help as long as the
steep and the flat direction lie along the axes. In a valley that runs across them, both parameters have steep
gradients, and a part of the help is gone.

### A saddle point

A **local minimum** is a point from which the cost rises in every direction, but which need not be the lowest of all.
Many fear that training gets stuck in one of high cost. But with many parameters it is rare that *all* directions go up
where the gradient is zero ([Dauphin et al., 2014](https://arxiv.org/abs/1406.2572), section 2): nearly always some go
up and some go down. A **saddle point** is a point where the gradient is zero and the cost rises in some directions and
falls in others. Near it the gradient is tiny, and so are the steps. The same holds on a **plateau**, a wide region
where the cost is nearly constant. Here is a saddle point, with a local minimum on either side:

$$10 \, w^2 - \tfrac12 b^2 + \tfrac14 b^4 + \tfrac14.$$
"""


# %% tags=["experiment", "nbval-check-output"]
def saddle_height(places):
    """Zero in both minima, 1/4 at the saddle."""
    w, b = places[..., 0], places[..., 1]
    return 10 * w**2 - b**2 / 2 + b**4 / 4 + 0.25


def saddle_slope(place):
    """Its gradient."""
    w, b = place
    return np.array([20 * w, -b + b**3])


show_prediction(optimization_more_predictions, 2)
left = {name: [] for name in names}
for name in names:
    _, rate, _ = best_walk(name, saddle_height, saddle_slope, [-1.5, 1e-3], 0.02)
    for distance in (1e-2, 1e-4, 1e-6):
        places = walk(name, saddle_slope, [-1.5, distance], rate)
        left[name].append(int(np.argmax(np.abs(places[:, 1]) > 0.5)))
    print(f"{name:16} at rate {rate:.3f}: steps until it has left the saddle: {left[name]}")

# %% [markdown]
r"""
Prediction 2: d. Gradient descent and momentum multiply their distance from the ridge by a factor in each step, so a
start that is 100 times nearer costs a good many steps more. RMSprop and Adam divide the tiny gradient by its own size:
the first step is as long as any other.

Here are both landscapes, with each optimizer at its own best rate.
"""

# %% tags=["experiment"]
boxes = {"valley": ((-4.6, 2.6), (-0.75, 0.75)), "saddle": ((-1.7, 1.1), (-0.4, 1.4))}
levels = {"valley": [0.02, 0.2, 1, 3, 8, 16, 28], "saddle": [0.02, 0.1, 0.24, 0.6, 2, 6, 14, 24]}
landscapes = {"valley": (*valley(0), 0.16), "saddle": (saddle_height, saddle_slope, [-1.5, 1e-3], 0.02)}
grids, walks = {}, {}
for kind, (xs, ys) in boxes.items():
    x, y = np.linspace(*xs, 70), np.linspace(*ys, 70)
    grids[kind] = x, y, landscapes[kind][0](np.stack(np.meshgrid(x, y), axis=-1))
    for name in names:
        walks[name, kind], _, _ = best_walk(name, *landscapes[kind])


def moment(axes, step):
    """Draw how far each optimizer has come."""
    for ax, (kind, (xs, ys)) in zip(axes, boxes.items(), strict=True):
        ax.contour(*grids[kind], levels=levels[kind], colors="0.8", linewidths=0.8)
        for index, name in enumerate(names):
            places = walks[name, kind][: step + 1]
            plots.line(ax, places[:, 0], places[:, 1], index, "")
            mark = {"color": plots.COLOURS[index], "marker": plots.MARKERS[index], "markeredgecolor": "black"}
            ax.plot(*places[-1:].T, linestyle=plots.DASHES[index], label=name, **mark)
        ax.set(xlabel="w", ylabel="b", xlim=xs, ylim=ys, title=f"{kind}, step {step}")
        ax.grid(False)


plots.film(
    moment,
    panels=2,
    moments=range(0, 88, 3),
    strip=[0, 8, 24, 60],
    alt="Paths of four optimizers in a valley and at a saddle, after 0, 8, 24 and 60 steps. In the valley gradient"
    " descent zigzags and creeps, RMSprop goes straight, momentum and Adam swing and are faster. At the saddle gradient"
    " descent waits on the ridge while RMSprop and Adam walk off to the minimum above.",
)

# %% [markdown]
r"""
## A fair comparison

Now networks: the moons, mini-batches of 32, 40 epochs, five seeds. First as it is often shown, with one learning rate
for all.
"""


# %% tags=["experiment", "nbval-check-output"]
def race(name, learning_rate, seed):
    """Train with one optimizer: the mean cost of each epoch, and the parameters."""
    begin, rng = network.example_parameters(layers_dims, seed), np.random.default_rng(seed)
    trained, costs = fit(moons.X_train, moons.Y_train, begin, with_memory(name), learning_rate, 32, 40, rng)
    return np.array(costs).reshape(40, -1).mean(axis=1), trained


rates = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
seeds = range(5)
runs = {}
bar = iter(network.progress_bar(len(names) * len(rates), "optimizers and rates"))
with np.errstate(over="ignore"):
    for name in names:
        for rate in rates:
            next(bar)
            runs[name, rate] = [race(name, rate, seed) for seed in seeds]


def summary(values):
    """Median, least and greatest."""
    return f"{np.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


for name in names:
    print(f"rate 0.003: {name:16} cost of the last epoch {summary([costs[-1] for costs, _ in runs[name, 0.003]])}")
plots.lines(
    {name: np.array([costs for costs, _ in runs[name, 0.003]]) for name in names},
    np.arange(1, 41),
    "epoch",
    "mean cost of the mini-batches",
    "Misleading: one learning rate, 0.003, for all (five seeds)",
    "Cost against epoch at one rate for all: RMSprop and Adam fall fast, gradient descent and momentum slowly.",
    ylim=(0, 1),
)

# %% [markdown]
r"""
Adam seems to win by far. But 0.003 is a length for Adam, and a factor for gradient descent. So give each its own: the
one of seven rates with the lowest median cost on the dev set.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(optimization_more_predictions, 3)
dev_costs = {
    key: np.median([cost_of(trained, moons.X_dev, moons.Y_dev) for _, trained in results])
    for key, results in runs.items()
}
own = {name: min(rates, key=lambda rate, name=name: dev_costs[name, rate]) for name in names}
final, test = {}, {}
for name in names:
    results = runs[name, own[name]]
    final[name] = [costs[-1] for costs, _ in results]
    test[name] = [100 * network.accuracy(moons.X_test, moons.Y_test, trained) for _, trained in results]
    print(f"{name:16} best at {own[name]:<5g} cost of the last epoch {summary(final[name])}")
    print(f"{'':16} test accuracy {np.median(test[name]):.0f} % ({min(test[name]):.0f} to {max(test[name]):.0f})")
fig, axes = plots.figure(1, 2, width=4.6, height=3.3)
for index, name in enumerate(names):
    plots.line(axes[0, 0], rates, [dev_costs[name, rate] for rate in rates], index, name, markers=True)
    curves = np.array([costs for costs, _ in runs[name, own[name]]])
    plots.line(axes[0, 1], np.arange(1, 41), curves, index, f"{name}, {own[name]:g}")
axes[0, 0].set(xlabel="learning rate", ylabel="dev cost after 40 epochs", xscale="log", ylim=(0, 1))
axes[0, 0].set_title("The learning rate that suits each")
axes[0, 1].set(xlabel="epoch", ylabel="mean cost of the mini-batches", title="Each at its own best rate", ylim=(0, 1))
for ax in axes.flat:
    ax.legend(loc="upper right" if ax is axes[0, 1] else "upper left", fontsize=8)
plots.show(
    fig,
    alt="Left: dev cost against learning rate, a trough for each optimizer, that of RMSprop and Adam at rates some"
    " thirty times smaller. Right: cost against epoch at each one's best rate, four bands that lie close together.",
)

# %% [markdown]
r"""
Prediction 3: c. Each curve on the left has its minimum at another rate, and there the costs come close together: the
bands on the right overlap. Of 100 test points the standard error is one or two, so differences of two or three prove
nothing. What Adam gives you here is not a lower cost in the end, but a rate near 0.01 that is often good enough. When
you read that one optimizer beats another, ask how the learning rate of each was chosen ([Choi et al.,
2019](https://arxiv.org/abs/1910.05446), section 4).

## Learning rate decay

With a constant learning rate, gradient noise prevents convergence: it keeps the parameters moving around the minimum,
for each step is right for its own mini-batch and overshoots for all. **Learning rate decay** lowers the learning rate
in the course of training: large steps at first, small ones later. The rule that gives the learning rate of each epoch
or step is called a **learning rate schedule**. Four usual ones, with epochs counted from 0:

| | learning rate of an epoch |
|---|---|
| inverse time | $\dfrac{\alpha_0}{1 + \text{decay\_rate} \cdot \text{epoch}}$ |
| exponential | $\alpha_0 \cdot \text{base}^{\,\text{epoch}}$ |
| square root | $\dfrac{\alpha_0 \, k}{\sqrt{\text{epoch}}}$, and $\alpha_0 \, k$ in epoch 0 |
| staircase | $\dfrac{\alpha_0}{1 + \text{decay\_rate} \cdot \lfloor \text{epoch} / \text{interval} \rfloor}$ |

Large networks often use two more. **Cosine decay** lets the learning rate fall to zero along half a period of a cosine
([Loshchilov and Hutter, 2017](https://arxiv.org/abs/1608.03983), section 3). A **warm-up** raises the learning rate
from nearly zero during the first steps, when the gradients are still wild ([Goyal et al.,
2017](https://arxiv.org/abs/1706.02677), section 2.2).

## Exercise 9: inverse time

<details><summary>Hint 1</summary>

One line, the formula.
</details>
<details><summary>Hint 2</summary>

The rate of an epoch comes from $\alpha_0$ directly, not from the rate of the epoch before.
</details>
<details><summary>Hint 3</summary>

Put brackets round the denominator: `a / 1 + b` is `(a / 1) + b`.
</details>
"""

# %% exercise="decay_inverse_time"
from autograder.topics.optimization.answers import decay_inverse_time

# %% points=3
check(decay_inverse_time)

# %% [markdown]
r"""
## Exercise 10: exponential

<details><summary>Hint 1</summary>

After every epoch, the rate is `base` times what it was. After two epochs, that is `base` squared.
</details>
<details><summary>Hint 2</summary>

In Python `**` is "to the power of".
</details>
<details><summary>Hint 3</summary>

`**` binds more tightly than `*`: no brackets are needed.
</details>
"""

# %% exercise="decay_exponential"
from autograder.topics.optimization.answers import decay_exponential

# %% points=3
check(decay_exponential)

# %% [markdown]
r"""
## Exercise 11: square root

**Mind the notes: the first epoch.** Printed as $\alpha_0 k / \sqrt{\text{epoch}}$ and used with epochs from 0, as loops
count them, the formula begins with a division by zero:
"""

# %% tags=["experiment", "nbval-check-output"]
with np.errstate(divide="ignore", invalid="ignore"):
    rate = 0.1 / np.sqrt(np.arange(3))
    cache = network.forward_propagation(moons.X_train, start)[1]
    gone = plain(start, network.backward_propagation(start, cache, moons.Y_train), 1, rate[0])
finite = np.mean([np.isfinite(value).mean() for value in gone.values()])
print(
    f"0.1 / √epoch: {rate[0]}, {rate[1]:.3f}, {rate[2]:.3f}; after one step, {finite:.0%} of the parameters are finite"
)

# %% [markdown]
r"""
So epoch 0 has the rate $\alpha_0 \, k$, which is also that of epoch 1.

<details><summary>Hint 1</summary>

Epoch 0 is a case of its own.
</details>
<details><summary>Hint 2</summary>

What has to stand under the root in epoch 0, so that the quotient is $\alpha_0 k$?
</details>
<details><summary>Hint 3</summary>

The larger of `epoch` and 1; or an `if`. Adding a small number under the root is no way: it makes a huge rate.
</details>
"""

# %% exercise="decay_sqrt"
from autograder.topics.optimization.answers import decay_sqrt

# %% points=3
check(decay_sqrt)

# %% [markdown]
r"""
## Exercise 12: staircase

$\lfloor x \rfloor$ is the greatest whole number that is not above $x$. So the rate stays for `interval` epochs, then
falls.

<details><summary>Hint 1</summary>

Inverse time, with the number of the stair in place of the epoch.
</details>
<details><summary>Hint 2</summary>

`//` divides and cuts off. `round` goes up at one half, which starts the next stair too early.
</details>
<details><summary>Hint 3</summary>

The stair is `epoch // interval`; put it in brackets, for `decay_rate * epoch // interval` is something else.
</details>
"""

# %% exercise="decay_staircase"
from autograder.topics.optimization.answers import decay_staircase

# %% points=3
check(decay_staircase)

# %% [markdown]
r"""
### What a schedule changes

Gradient descent with mini-batches of 8, 40 epochs, five seeds. Three constant rates, a large, a small and a good one,
and four schedules that start at the rate 1 and were not tuned further. The cost is that of the whole training set after
each epoch.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(optimization_more_predictions, 4)
schedules = {
    "constant, 1": (1.0, None),
    "constant, 0.05": (0.05, None),
    "constant, 0.3": (0.3, None),
    "inverse time": (1.0, lambda rate, epoch: decay_inverse_time(rate, epoch, 0.3)),
    "exponential": (1.0, lambda rate, epoch: decay_exponential(rate, epoch, 0.9)),
    "square root": (1.0, lambda rate, epoch: decay_sqrt(rate, epoch, 1.0)),
    "staircase": (1.0, lambda rate, epoch: decay_staircase(rate, epoch, 1.0, 10)),
}
epochs = np.arange(40)
curves, calm = {}, {}
bar = iter(network.progress_bar(len(schedules) * 5, "schedules and seeds"))
for label, (rate, decay) in schedules.items():
    curves[label] = []
    for seed in seeds:
        next(bar)
        curves[label].append(epoch_by_epoch(rate, 8, 40, seed, decay)[1])
    last = np.array(curves[label])[:, -10:]
    jump = np.median(np.abs(np.diff(last, axis=1)).mean(axis=1))
    calm[label] = np.median(last.mean(axis=1)), jump
    print(f"{label:14} cost, last ten epochs: {summary(last.mean(axis=1))}; jump between epochs: {jump:.4f}")
fig, axes = plots.figure(1, 2, width=4.6, height=3.3)
for index, (label, (rate, decay)) in enumerate(schedules.items()):
    plots.line(axes[0, 0], epochs, [decay(rate, e) if decay else rate for e in epochs.tolist()], index, label)
    plots.line(axes[0, 1], epochs + 1, np.median(curves[label], axis=0), index, label)
axes[0, 0].set(xlabel="epoch", ylabel="learning rate", title="The schedules")
axes[0, 1].set(xlabel="epoch", ylabel="cost on the training set", title="Median of five seeds", yscale="log")
axes[0, 0].legend(loc="center right", bbox_to_anchor=(1, 0.72), fontsize=8)
plots.show(
    fig,
    alt="Left: seven learning rates against the epoch: three level lines, three falling curves, one stair. Right:"
    " training cost against epoch; at the constant rate 1 it jumps up and down, at the constant rate 0.05 it falls"
    " slowly, with falling rates it falls fast and then runs calmly, below all constant ones.",
)

# %% [markdown]
r"""
Prediction 4: d. The large constant rate is fast at first, and never settles. The small one is calm, and slow. Even the
good one in between ends above all falling rates, which are fast first and calm later. Which of the four, and how fast
it falls, matters less than that it falls; tune $\alpha_0$ first.

## Adam and weight decay

In the notebook `02_regularization` you saw that an L2 penalty and weight decay are the same for gradient descent. They
differ where each weight has its own step size. Here is the reason, with your Adam. A network learns the classes with
label noise, 300 steps without a penalty. Beside it runs a second pair of averages that gets $dW + \frac{\lambda}{m} W$
in place of $dW$, at the same weights. At the end: how much farther towards zero would the penalty have moved each
weight, compared to weight decay, which moves each by $\alpha \frac{\lambda}{m} W$?
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(optimization_more_predictions, 5)
noisy = data.load_noisy_classes()
X, Y = noisy.X_train, noisy.Y_train
alpha, lambd, steps = 0.01, 1e-4, 300  # so weak a penalty does not change the sizes of gradients
parameters = network.example_parameters([2, 60, 20, 1], 0)
zero_state = initialize_velocity(parameters)
plain_state = penalized_state = zero_state, zero_state
for t in range(1, steps + 1):
    before = parameters
    grads = network.backward_propagation(before, network.forward_propagation(X, before)[1], Y)
    with_l2 = {key: g + lambd / X.shape[1] * before[key[1:]] for key, g in grads.items()}
    penalized, *penalized_state = update_parameters_with_adam(before, with_l2, *penalized_state, t, alpha)
    parameters, *plain_state = update_parameters_with_adam(before, grads, *plain_state, t, alpha)
size, pull = [], []
for key in ("W1", "W2", "W3"):
    s = plain_state[1]["d" + key]
    seen = (np.abs(before[key]) > 0.05) & (s > 1e-12)  # of a weight near zero, or a dead unit's, there is no share
    size += np.sqrt(s[seen] / (1 - 0.999**steps)).tolist()
    pull += ((parameters[key] - penalized[key])[seen] / (alpha * lambd / X.shape[1] * before[key][seen])).tolist()
size, pull = np.array(size), np.array(pull)
slope = np.polyfit(np.log(size), np.log(np.maximum(pull, 1e-9)), 1)[0]
print(
    f"{len(pull)} weights: L2 in the gradient pulls {pull.min():.0f} to {pull.max():.0f} times as much as weight decay"
)
print(f"slope on logarithmic axes: {slope:.2f}; median of pull times size: {np.median(pull * size):.2f}")
fig, axes = plots.figure(width=6.5, height=3.4)
ax = axes[0, 0]
ax.scatter(size, pull, s=9, color=plots.COLOURS[0], marker=plots.MARKERS[0], linewidths=0, label="L2 in the gradient")
plots.line(ax, [size.min(), size.max()], [1, 1], 1, "weight decay")
ax.set(xlabel="root mean square of the weight's gradients", ylabel="pull, in that of weight decay")
ax.set(title="How strongly each weight is pulled towards zero, with Adam", xscale="log", yscale="log")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(
    fig,
    alt="Pull against the size of a weight's gradients on logarithmic axes: with L2 in the gradient the points lie on a"
    " falling line of slope minus one, far above the level line of weight decay at 1.",
)

# %% [markdown]
r"""
Prediction 5: b. Adam divides what it is given by $\sqrt{\hat s}$, and the penalty's gradient with it. So the pull is
proportional to one over the size of the weight's gradients: weights with large gradients are hardly held back, those
with small ones all the more. Nor does one $\lambda$ mean the same in both. **Decoupled weight decay** shrinks the
weights beside the optimizer's step, as your `weight_decay_step` of `02_regularization` does, and keeps the penalty out
of the gradient. Adam with decoupled weight decay is called **AdamW** ([Loshchilov and Hutter,
2019](https://arxiv.org/abs/1711.05101), section 2); most large language models are trained with it.
"""

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** Why does one rarely train with mini-batches of one example?

- a) Each step takes longer than one with 32 examples.
- b) It needs more memory.
- c) The cost never falls.
- d) An epoch takes many times as long: nothing is vectorized, and each step costs its overhead.

**2.** The cost of a mini-batch is higher than that of the one before. What do you do?

- a) Divide the cost by the number of mini-batches.
- b) Nothing: these were other examples. Look at the mean over an epoch.
- c) Look for a bug in backward propagation.
- d) Lower the learning rate until that never happens.

**3.** You want to average over about the last 50 values. Which $\beta$?

- a) 0.9
- b) 0.02
- c) 0.5
- d) 0.98

**4.** What does bias correction correct?

- a) That late steps are too long.
- b) That gradients of mini-batches are noisy.
- c) That old values are forgotten.
- d) That the average starts from zero, so that the first ones are too small.

**5.** With mini-batches and a constant learning rate, the cost wanders up and down near its minimum. What helps?

- a) A larger $\varepsilon$ in Adam.
- b) More epochs at the same rate.
- c) Adam, which needs no learning rate.
- d) A learning rate that falls.

**6.** A training loop begins $t$ anew in each epoch, but keeps $v$ and $s$. What happens with Adam?

- a) $v$ and $s$ are set to zero as well.
- b) In each epoch, averages of many steps are corrected as if they were new: the first steps have the wrong length.
- c) There is an overflow in the second epoch.
- d) Nothing: the correction only matters in the first epoch.

**7.** "We trained with Adam and with gradient descent, both at 0.001. Adam was better." What do you answer?

- a) Train for more epochs.
- b) That is fair: both had the same rate.
- c) Find the best rate for each, on the dev set, and compare again.
- d) Use more seeds.

**8.** Where does gradient descent lose most time in a network with many weights?

- a) On cliffs.
- b) At saddles and on plateaus, where the gradient is small.
- c) On maxima.
- d) In local minima of high cost.
"""

# %% exercise="optimization_answers"
from autograder.topics.optimization.answers import optimization_answers

# %% points=4
check(optimization_answers)

# %% [markdown]
r"""
## What you can do now

- You can cut a training set into mini-batches, choose their size, and read a jagged training curve without fear.
- You can average a noisy series, know how far back it remembers, and correct its start.
- You can write momentum, RMSprop and Adam, and say what each does in a valley and at a saddle point.
- You can compare optimizers fairly: each at its own learning rate, chosen on the dev set, over several seeds.
- You can lower the learning rate by a schedule, such as cosine decay after a warm-up, and use decoupled weight decay.

### In real code

- `random_mini_batches`: `torch.utils.data.DataLoader(data, batch_size=32, shuffle=True)`,
  `keras.Model.fit(X, Y, batch_size=32, shuffle=True)`
- gradient descent: `torch.optim.SGD(params, lr=0.1)`, `keras.optimizers.SGD(0.1)`
- momentum, without the factor $1 - \beta$: `torch.optim.SGD(params, lr=0.01, momentum=0.9)`,
  `keras.optimizers.SGD(0.01, momentum=0.9)`
- RMSprop; $\varepsilon$ is outside the root in PyTorch, inside in Keras:
  `torch.optim.RMSprop(params, lr=0.01, alpha=0.9)`, `keras.optimizers.RMSprop(0.01, rho=0.9)`
- Adam: `torch.optim.Adam(params, lr=0.001, betas=(0.9, 0.999))`,
  `keras.optimizers.Adam(0.001, beta_1=0.9, beta_2=0.999)`
- Adam with decoupled weight decay: `torch.optim.AdamW(params, lr=0.001, weight_decay=0.01)`,
  `keras.optimizers.AdamW(0.001, weight_decay=0.01)`
- `decay_exponential`: `torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)`,
  `keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.9)`
- `decay_inverse_time`; `decay_staircase`: `torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda)`,
  `keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=100, decay_rate=1.0, staircase=True)`
- cosine decay: `torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)`,
  `keras.optimizers.schedules.CosineDecay(0.0, decay_steps=900, warmup_target=0.1, warmup_steps=100)`, with a warm-up

### Read more

- [Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980), *Adam: A Method for Stochastic Optimization*: section 2 is
  what you wrote, section 3 derives the bias correction.
- [Goodfellow, Bengio and Courville, 2016](https://www.deeplearningbook.org/contents/optimization.html), *Deep
  Learning*, chapter 8: mini-batches (8.1.3), saddle points and plateaus (8.2), optimizers (8.3 to 8.5).
- [Li et al., 2018](https://arxiv.org/abs/1712.09913), *Visualizing the Loss Landscape of Neural Nets*: what the
  landscapes of real networks look like.
- The optimizers of [PyTorch](https://docs.pytorch.org/docs/stable/optim.html) and
  [Keras](https://keras.io/api/optimizers/), with the formula that each computes.
"""
