# %% [markdown]
r"""
# Initialization

*I start to train, and the cost does not move, or is enormous from the first step. Is there a bug in my code, or does
the network only start in the wrong place?*

Often it is the start. In this notebook you write six functions, and with them you see networks that cannot learn,
networks in which the signal or the gradient dies or explodes on its way, and the two formulas that repair this.

| you write | points |
|---|---|
| four predictions, and later five more, before you run the experiments | 2 |
| `initialize_parameters_zeros` | 4 |
| `count_distinct_units` | 4 |
| `initialize_parameters_random` | 6 |
| `activation_rms` | 10 |
| `initialize_parameters_xavier` | 10 |
| `initialize_parameters_he` | 10 |
| answers to six questions | 4 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
import ipywidgets
import numpy as np

from course_utils import check, data, network, plots, show_prediction

# %% [markdown]
r"""
## The task

Two noisy circles, 300 points to train on. A line cannot separate them. A small network can, if it starts well.
"""

# %% tags=["experiment"]
circles = data.load_circles()
plots.scatter(
    circles.X_train,
    circles.Y_train,
    title="300 training points",
    alt="Two noisy concentric circles of points: class 0 outside with radius 1, class 1 inside with radius 0.8.",
)

# %% [markdown]
r"""
The network is given: `course_utils.network` has `forward_propagation`, `compute_cost`, `backward_propagation` and
`train`. Layer $l$ computes

$$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = g\left(Z^{[l]}\right), \qquad A^{[0]} = X.$$

Examples are columns. `layers_dims = [n_0, n_1, ..., n_L]` lists the units of every layer, input first. So $W^{[l]}$ has
the shape $(n_l, n_{l-1})$ — one row for each unit — and $b^{[l]}$ has the shape $(n_l, 1)$. Parameters live in a
dictionary with the keys `W1`, `b1`, …, `WL`, `bL`.

The **activation function** $g$ is applied to the sum $z$ of every unit, and makes a network more than one linear map.
Here the hidden layers have ReLU, and the last layer is one unit with a sigmoid. **ReLU** (rectified linear unit) keeps
positive values and sets negative ones to zero, $g(z) = \max(0, z)$. The **sigmoid** turns any number into a
probability, $\sigma(z) = 1 / (1 + e^{-z})$. The cost is the **cross-entropy**, the mean over all examples of $-\ln$ of
the probability that the network gives to the right label.
"""

# %% [markdown]
r"""
## Predict before you run

Nine experiments lie ahead, four of them in this half. Say now what you expect of them. A guess is enough: any letter
earns its part of the point, and you will remember best what you guessed wrong.

**1.** Every weight and every bias starts at zero. In the first 2000 steps of gradient descent, the cost…

- a) falls as from any other start,
- b) stays where it is,
- c) rises,
- d) falls, but slowly.

**2.** Now every weight is 0.5, and every bias zero. After 5000 steps, how many of the ten units of the first layer
have learned something of their own?

- a) None: all weights are still 0.5.
- b) All ten: training takes them apart.
- c) None: all ten are still the same unit.
- d) About half of them.

**3.** Three random starts: weights of standard deviation 0.01, 0.5 and 10. Which one begins with the highest cost?

- a) 10
- b) None: no network knows anything yet
- c) 0.01
- d) 0.5.

**4.** A signal of size 1 goes through 50 layers of 100 ReLU units. The weights are standard normal times 0.01. How
large is it at the end?

- a) About a millionth.
- b) About a hundredth.
- c) So small that a computer just about tells it from zero.
- d) About 1.
"""

# %% exercise="initialization_predictions"
from autograder.topics.initialization.answers import initialization_predictions

# %% points=1
check(initialization_predictions)

# %% [markdown]
r"""
## Exercise 1: all zeros

The simplest start there is: every weight and every bias is zero.

<details><summary>Hint 1</summary>

A network with sizes $[n_0, n_1, \ldots, n_L]$ has $L$ layers, one fewer than the list has entries.
</details>
<details><summary>Hint 2</summary>

Loop over $l = 1, \ldots, L$ and put two arrays into the dictionary in each round. The key of layer $l$ is `f"W{l}"`.
</details>
<details><summary>Hint 3</summary>

`np.zeros` takes the shape as one tuple. Row count first: the units of the layer itself, then those of the layer before.
</details>
"""

# %% exercise="initialize_parameters_zeros"
from autograder.topics.initialization.answers import initialize_parameters_zeros

# %% points=4
check(initialize_parameters_zeros)

# %% [markdown]
r"""
**Mind the notes: one layer too far.** Some lecture notes take the length of the list for $L$ and then count up to $L$.
But the list counts the input as well, which is no layer:
"""

# %% tags=["experiment", "nbval-check-output"]
sizes = [2, 10, 5, 1]
print(f"{len(sizes)} sizes; your network has {len(initialize_parameters_zeros(sizes)) // 2} layers")
try:
    print(f"layer {len(sizes)} would have {sizes[len(sizes)]} units")
except IndexError:
    print(f"layer {len(sizes)} would have sizes[{len(sizes)}] units, and there is no such entry")

# %% [markdown]
r"""
### What zeros do

Train from there and look at the gradients of the first step.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_predictions, 1)
circles = data.load_circles()
parameters = initialize_parameters_zeros([2, 10, 5, 1])
AL, cache = network.forward_propagation(circles.X_train, parameters)
grads = network.backward_propagation(parameters, cache, circles.Y_train)
for name, gradient in grads.items():
    print(f"largest entry of {name}: {np.abs(gradient).max():.4f}")

trained, costs = network.train(parameters, circles.X_train, circles.Y_train, learning_rate=0.01, iterations=2000)
accuracy = network.accuracy(circles.X_train, circles.Y_train, trained)
print(f"cost: {costs[0]:.4f} before, {costs[-1]:.4f} after 2000 steps (ln 2 is {np.log(2):.4f})")
print(f"train accuracy: {100 * accuracy:.0f} %")

# %% [markdown]
r"""
Prediction 1: b. Every gradient is zero, so nothing ever moves. **Backpropagation** (or backward propagation) computes
the slope of the cost in every parameter by the chain rule, layer by layer from the last to the first. You can read off
its formulas why all is zero here:

$$dW^{[l]} = dZ^{[l]} \, A^{[l-1]\top}, \qquad dZ^{[l-1]} = W^{[l]\top} dZ^{[l]} * g'\left(Z^{[l-1]}\right).$$

(The cost is a mean over $m$ examples. Here its $1/m$ stands at the beginning of the way back, in $dZ^{[L]} = (A^{[L]} -
Y) / m$, and so it is in every gradient. Many lecture notes write it into $dW$ and $db$ instead, $dW^{[l]} = \tfrac1m
dZ^{[l]} A^{[l-1]\top}$. The gradients are the same.)

With zero weights every hidden $A$ is $0$, which kills the first product for all layers after the first. And every
$W^{[l]\top} dZ^{[l]}$ is $0$, which kills it for all layers before the last. Only $b^{[L]}$ could move, and
with as many points of one class as of the other it has no reason to. The network says $\tfrac12$ for every point, and
that costs $\ln 2$.

### A constant that is not zero

Then let every weight be 0.5. Now gradients flow. But two units of a layer that have the same weights compute the same
output, get the same gradient, and so have the same weights after the step. They stay *one* unit, copied. To see this
you need to count.
"""

# %% [markdown]
r"""
## Exercise 2: count the units that differ

Row $i$ of $W$ belongs to unit $i$. Two units count as the same where no entry of their rows differs by more than `tol`.

<details><summary>Hint 1</summary>

Go through the rows and remember those that are new.
</details>
<details><summary>Hint 2</summary>

A row is new when its largest absolute difference to *every* remembered row is greater than `tol`.
</details>
<details><summary>Hint 3</summary>

A list of the new rows, `all(... for other in distinct)` as the question, and the length of the list at the end.
</details>
"""

# %% exercise="count_distinct_units"
from autograder.topics.initialization.answers import count_distinct_units

# %% points=4
check(count_distinct_units)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_predictions, 2)
circles = data.load_circles()
layers_dims = [2, 10, 5, 1]
rng = np.random.default_rng(1)
zeros = initialize_parameters_zeros(layers_dims)
starts = {
    "constant 0.5": {name: value + 0.5 * (name[0] == "W") for name, value in zeros.items()},
    "all different": {name: value + rng.normal(0, 0.5, value.shape) for name, value in zeros.items()},
}

costs = {}
for label, start in starts.items():
    trained, costs[label] = network.train(start, circles.X_train, circles.Y_train, learning_rate=0.1, iterations=5000)
    counts = [f"{count_distinct_units(trained[f'W{l}'])} of {layers_dims[l]}" for l in range(1, len(layers_dims))]
    accuracy = network.accuracy(circles.X_train, circles.Y_train, trained)
    print(f"{label}: different units per layer {', '.join(counts)}; train accuracy {100 * accuracy:.0f} %")
plots.cost_curves(
    costs,
    every=100,
    title="Units that start equal stay equal",
    alt="Cost against iteration: from constant weights it stays high, from different ones it falls towards zero.",
)

# %% [markdown]
r"""
Prediction 2: c. After 5000 steps the layers that started constant still hold one unit each, copied ten times and five
times. The network can do no more than one with a single unit in every layer.

**Symmetry breaking** means to start the units of a layer from different weights, so that they can learn different
things. Random numbers do that. Biases may stay zero: random weights have already made the units different.
"""

# %% [markdown]
r"""
## Exercise 3: random weights

Draw every weight from a normal distribution with mean 0 and standard deviation `scale`. Biases are zero.

All draws come from the argument `rng`, a `numpy.random.Generator`. So the caller chooses the seed, and the same seed
gives the same network.

<details><summary>Hint 1</summary>

Start from exercise 1. Only the weights change.
</details>
<details><summary>Hint 2</summary>

A generator has a method for standard normal numbers that takes a shape. Standard normal means standard deviation 1.
</details>
<details><summary>Hint 3</summary>

If $z$ has standard deviation 1, then $s z$ has standard deviation $s$. So: scale times `rng.standard_normal` of the
shape.
</details>
"""

# %% exercise="initialize_parameters_random"
from autograder.topics.initialization.answers import initialize_parameters_random

# %% points=6
check(initialize_parameters_random)

# %% [markdown]
r"""
### How large?

Random, yes, but of what size? Here are three sizes, five seeds each. The line is the median of the seeds; the band
reaches from the least to the greatest.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_predictions, 3)
circles = data.load_circles()
labels = {0.01: "× 0.01", 0.5: "× 0.5", 10: "× 10"}
costs = {label: [] for label in labels.values()}
accuracies = {label: [] for label in labels.values()}
for seed in range(5):
    for scale, label in labels.items():
        start = initialize_parameters_random([2, 10, 5, 1], scale, np.random.default_rng(seed))
        trained, curve = network.train(
            start,
            circles.X_train,
            circles.Y_train,
            learning_rate=0.01,
            iterations=3000,
            progress=f"{label}, seed {seed}",
        )
        costs[label].append(curve)
        accuracies[label].append(100 * network.accuracy(circles.X_train, circles.Y_train, trained))
for label, values in accuracies.items():
    first, last = (np.median([curve[at] for curve in costs[label]]) for at in (0, -1))
    print(f"{label}: median cost {first:.2f} at first, {last:.2f} in the end;", end=" ")
    print(f"train accuracy {min(values):.0f} to {max(values):.0f} %")
plots.cost_curves(
    {label: np.minimum(curves, 3) for label, curves in costs.items()},
    every=100,
    title="Three sizes, five seeds each (costs cut off at 3)",
    alt="Cost against iteration: weights times 0.01 stay at 0.69, times 0.5 fall slowly to 0.66, times 10 start far"
    " above the others and end below them, with a wide band.",
)

# %% [markdown]
r"""
Weights times 0.01 are almost the zeros of exercise 1, and the cost does not move. Weights times 10 begin with an
enormous cost (prediction 3: a), a median of 327: the sigmoid at the end is sure of itself and half of the time wrong.
And yet after 3000 steps their median cost is the lowest of the three, 0.51, though the seeds differ widely. Three
layers forgive a lot, and they do not show which size is right. Fifty do: look there.
"""

# %% [markdown]
r"""
## Exercise 4: how large is the signal?

We measure it after each layer. The **root mean square** (RMS) of an array is the root of the mean of the squares of its
entries:

$$\operatorname{rms}(A) = \sqrt{\frac{1}{n m} \sum_{i, j} A_{ij}^2}.$$

Every layer uses the same activation here, the last one too: ReLU or tanh. The **tanh** (hyperbolic tangent) maps every
number to one between −1 and 1.

<details><summary>Hint 1</summary>

This is forward propagation with one more line in the loop. Keep $A$ for the next round.
</details>
<details><summary>Hint 2</summary>

`parameters` has two entries for each layer. The activation is `np.maximum(Z, 0)` or `np.tanh(Z)`.
</details>
<details><summary>Hint 3</summary>

Read "root mean square" from the right: square the entries of $A$, take the mean, take the root. Append it to a list.
</details>
"""

# %% exercise="activation_rms"
from autograder.topics.initialization.answers import activation_rms

# %% points=10
check(activation_rms)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_predictions, 4)
layers_dims = [100] * 51
X = np.random.default_rng(0).standard_normal((100, 200))
sizes = {}
for scale in (0.01, 0.1, 1.0):
    for activation in ("tanh", "relu"):
        seeds = [
            activation_rms(initialize_parameters_random(layers_dims, scale, np.random.default_rng(seed)), X, activation)
            for seed in range(5)
        ]
        sizes[f"{activation}, scale {scale:g}"] = seeds
        print(f"{activation}, scale {scale:g}: {np.median(seeds, axis=0)[-1]:.0e} after 50 layers")
plots.signals(
    sizes,
    title="A signal on its way through 50 layers of 100 units",
    alt="Size of the signal against layer on a logarithmic axis: with scale 0.01 it vanishes, with"
    " ReLU and scale 1 it explodes, with tanh and scale 1 it stays just below 1.",
)

# %% [markdown]
r"""
Prediction 4: c. A signal as small as the lowest curves is no signal. With ReLU and scale 1 the signal explodes. With
tanh and scale 1 it cannot exceed 1, and most of its values are close to $\pm 1$. A unit is **saturated** where its
activation function is so flat that a change of the input hardly changes the output.

Only one curve is nearly level: tanh with scale $0.1$, and $0.1 = 1 / \sqrt{100}$ with 100 units in a layer. That is no
accident.

### The way back

The gradient goes through the same layers, from the last to the first, and in each of them it is multiplied by
$W^{[l]\top}$ and by $g'$. A **vanishing gradient** shrinks from layer to layer on its way back, until the first layers
learn next to nothing. An **exploding gradient** grows from layer to layer on its way back, until a single step throws
the weights far away. Both were first studied in recurrent networks, which pass the same layer many times ([Bengio et
al., 1994](https://doi.org/10.1109/72.279181); [Pascanu et al., 2013](https://arxiv.org/abs/1211.5063), section 2).

Here is the size of $dZ^{[l]}$ in each of the 50 layers, where a random gradient of size 1 comes in from above.
"""


# %% tags=["experiment", "nbval-check-output"]
def gradient_rms(parameters, activation):
    """Root mean squares of dZ and dW in each layer; a random gradient of size 1 comes in above the last one."""
    L = len(parameters) // 2
    top = {f"W{L + 1}": np.zeros((1, 100)), f"b{L + 1}": np.zeros((1, 1))}
    _, cache = network.forward_propagation(X, {**parameters, **top}, activation)
    dA = np.random.default_rng(1).standard_normal(cache[L].shape)
    rms = []
    for l in range(L, 0, -1):
        dZ = dA * (1 - cache[l] ** 2 if activation == "tanh" else cache[l] > 0)
        dW, dA = dZ @ cache[l - 1].T / X.shape[1], parameters[f"W{l}"].T @ dZ
        rms.append([np.sqrt(np.mean(d**2)) for d in (dZ, dW)])
    return np.array(rms[::-1]).T


layers_dims, gradient_sizes = [100] * 51, {}
for scale in (0.01, 0.1, 1.0):
    for activation in ("tanh", "relu"):
        seeds = [
            gradient_rms(initialize_parameters_random(layers_dims, scale, np.random.default_rng(seed)), activation)[0]
            for seed in range(5)
        ]
        gradient_sizes[f"{activation}, scale {scale:g}"] = seeds
        first, last = np.median(seeds, axis=0)[[0, -1]]
        print(f"{activation}, scale {scale:g}: {last:.0e} in layer 50, {first:.0e} in layer 1")
plots.lines(
    gradient_sizes,
    np.arange(1, 51),
    "layer",
    "root mean square of dZ",
    "The gradient on its way back, from layer 50 to layer 1",
    "Size of the gradient against layer on a logarithmic axis, read from right to left: with scale 0.01 it vanishes,"
    " with scale 1 it explodes for ReLU and for tanh, and with tanh and scale 0.1 it is nearly level.",
    yscale="log",
)

# %% [markdown]
r"""
Look at tanh with scale 1. Its signal is bounded, and its gradient explodes all the same. Most units are saturated and
pass next to nothing back, but the others pass what they get, times weights of size 1, summed over 100 units. In a
bounded network, too, look at both directions.
"""

# %% [markdown]
r"""
## Predict the second half

Five more: what size the weights should have, and what the right size is worth.

**1.** A unit adds up 400 products of an input of size 1 and a random weight. Which variance must its weights have, so
that the sum is of size 1 as well?

- a) 1/20
- b) 1/400²
- c) 1/400
- d) 1

**2.** Numbers with mean 0 go through ReLU. How much of their mean square is left?

- a) all of it
- b) half
- c) none
- d) a quarter

**3.** A signal of size 1 goes through 50 layers of ReLU units, with the variance that the first question asks for. How
large is it at the end?

- a) About a fiftieth.
- b) About a half.
- c) Less than a millionth.
- d) About 1: that is what the variance is for.

**4.** Twenty layers of tanh units, with weights three times as large as they should be. Where do the values of the last
layer lie?

- a) near −1 and near 1
- b) far outside of −1 and 1
- c) evenly between −1 and 1
- d) all close to 0

**5.** Six starts, five seeds each, the same data. For which one does the seed matter most?

- a) He
- b) Xavier
- c) normal × 10
- d) normal × 0.01
"""

# %% exercise="initialization_more_predictions"
from autograder.topics.initialization.answers import initialization_more_predictions

# %% points=1
check(initialization_more_predictions)

# %% [markdown]
r"""
## Xavier initialization

Look at one unit with $n_\text{in}$ inputs: $z = w_1 a_1 + \ldots + w_{n_\text{in}} a_{n_\text{in}}$. Let the weights be
independent of each other and of the inputs, with mean 0. Then the variances of the terms add up:

$$\operatorname{Var}(z) = n_\text{in} \operatorname{Var}(w) \operatorname{E}(a^2).$$

The size of the signal stays the same where $n_\text{in} \operatorname{Var}(w) = 1$:

$$\operatorname{Var}(w) = \frac{1}{n_\text{in}} \qquad\text{(the variant fan-in)}.$$

The **fan-in** of a unit is the number of its inputs, here $n_\text{in}$. On the way back, the gradient is a sum over
the $n_\text{out}$ units of the layer, and the same argument asks for $1 / n_\text{out}$. You cannot have both unless
the layer is square. **Xavier initialization** (also called Glorot initialization) is a compromise, weights whose
variance is one over the mean of the two numbers of units:

$$\operatorname{Var}(w) = \frac{2}{n_\text{in} + n_\text{out}} \qquad\text{(the variant fan-avg)}.$$

It stands in [Glorot and Bengio (2010)](https://proceedings.mlr.press/v9/glorot10a.html), section 4.2.1. The variant
fan-in is older ([LeCun et al., 1998](https://yann.lecun.com/exdb/publis/pdf/lecun-98b.pdf), section 4.6). Frameworks
call it LeCun's and keep the name Xavier for fan-avg; many lecture notes call both Xavier's, and so does this notebook.

Here is the first formula at work: standard deviations of $z$ for three sizes of weights.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_more_predictions, 1)
rng = np.random.default_rng(0)
a = rng.standard_normal((400, 2000))
panels = {}
for name, variance in (("Var w = 0.1/n", 0.1 / 400), ("Var w = 1/n", 1 / 400), ("Var w = 10/n", 10 / 400)):
    z = rng.normal(0, np.sqrt(variance), (20, 400)) @ a
    panels[name] = z
    print(f"{name}: standard deviation of z {z.std():.2f}, predicted {np.sqrt(400 * variance):.2f}")
plots.histograms(
    panels,
    xlabel="z",
    limits=(-8, 8),
    alt="Three histograms of z between -8 and 8: narrow for weights too small, as wide as the input for variance 1/n,"
    " very wide for weights too large.",
)

# %% [markdown]
r"""
Prediction 1: c. With 400 inputs it is 1/400, and the sum is as large as its inputs.

**Mind the notes: a formula under another's name.** Some lecture notes print $\sqrt{2 / n_\text{in}}$ under the name of
Xavier. That is the formula of the next exercise, for ReLU. With tanh it makes the signal start too large, by this
factor:
"""

# %% tags=["experiment", "nbval-check-output"]
rng = np.random.default_rng(0)
a = rng.standard_normal((400, 2000))
for name, variance in (("√(1/n)", 1 / 400), ("√(2/n)", 2 / 400)):
    z = rng.normal(0, np.sqrt(variance), (20, 400)) @ a
    print(f"weights of size {name}: standard deviation of z {z.std():.2f}")

# %% [markdown]
r"""
## Exercise 5: Xavier

Both variants, biases zero. A uniform or a truncated normal distribution is as good as a normal one, if its variance
is right.

<details><summary>Hint 1</summary>

In layer $l$, $n_\text{in}$ is `layers_dims[l - 1]` and $n_\text{out}$ is `layers_dims[l]`.
</details>
<details><summary>Hint 2</summary>

The formulas give a variance. `scale` in exercise 3 was a standard deviation. Which is the square root of which?
</details>
<details><summary>Hint 3</summary>

Choose the variance by `variant`, then multiply standard normal numbers of shape $(n_\text{out}, n_\text{in})$ by its
square root.
</details>
"""

# %% exercise="initialize_parameters_xavier"
from autograder.topics.initialization.answers import initialize_parameters_xavier

# %% points=10
check(initialize_parameters_xavier)

# %% [markdown]
r"""
## He initialization

ReLU is not tanh. It sets the negative half of its inputs to zero, and half of the mean square is gone with it:
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_more_predictions, 2)
z = np.random.default_rng(0).standard_normal(1_000_000)
a = np.maximum(z, 0)
print(f"mean square of z: {np.mean(z**2):.3f}, of relu(z): {np.mean(a**2):.3f}")
plots.histograms(
    {"before ReLU": z, "after ReLU": a},
    xlabel="value",
    alt="Two histograms: a bell curve before ReLU; after it half of all values sit in one bar at zero.",
)

# %% [markdown]
r"""
Prediction 2: b. If $z$ is symmetric around 0, then $\operatorname{E}(a^2) = \tfrac12 \operatorname{Var}(z)$. Put this
into the sum:

$$\operatorname{Var}(z^{[l]}) = n_\text{in} \operatorname{Var}(w) \cdot \tfrac12 \operatorname{Var}(z^{[l-1]}).$$

**He initialization** (also called Kaiming initialization) draws weights of twice the variance, to make up for the half
that ReLU takes away:

$$\operatorname{Var}(w) = \frac{2}{n_\text{in}}.$$

See [He et al. (2015)](https://arxiv.org/abs/1502.01852), section 2.2.

## Exercise 6: He

<details><summary>Hint 1</summary>

It is exercise 5 with another variance, and only one of them.
</details>
<details><summary>Hint 2</summary>

The argument is called `layers_dims`. Read the sizes from it, not from a variable of the same name in another cell.
</details>
<details><summary>Hint 3</summary>

The root goes over the whole fraction, 2 divided by $n_\text{in}$. Multiply standard normal numbers by it.
</details>
"""

# %% exercise="initialize_parameters_he"
from autograder.topics.initialization.answers import initialize_parameters_he

# %% points=10
check(initialize_parameters_he)

# %% [markdown]
r"""
**Mind the notes: which `layers_dims`?** In some notes the function reads a variable of another cell in place of its own
argument. In that cell it works. Here it is called with other sizes:
"""

# %% tags=["experiment", "nbval-check-output"]
layers_dims = [100] * 51  # of some other cell


def layers_of(sizes):
    """Count layers as those notes do: `sizes` is never looked at."""
    return len(layers_dims) - 1


yours = len(initialize_parameters_he([2, 10, 1], np.random.default_rng(0))) // 2
print(f"asked for the network [2, 10, 1]: yours has {yours} layers, the one of the notes {layers_of([2, 10, 1])}")

# %% [markdown]
r"""
### Fifty layers again

Which formula keeps which network alive, forward and backward? The band shows five seeds.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_more_predictions, 3)
layers_dims = [100] * 51
X = np.random.default_rng(0).standard_normal((100, 200))
starts = {"Xavier": initialize_parameters_xavier, "He": initialize_parameters_he}
sizes, growth = {}, {}
for activation in ("tanh", "relu"):
    for name, initialize in starts.items():
        seeds = [
            activation_rms(initialize(layers_dims, np.random.default_rng(seed)), X, activation) for seed in range(5)
        ]
        sizes[f"{activation}, {name}"] = seeds
        rows = [gradient_rms(initialize(layers_dims, np.random.default_rng(seed)), activation) for seed in range(5)]
        growth[f"{activation}, {name}"] = np.median([row[:, 0] / row[:, -1] for row in rows], axis=0)
        back, weights = growth[f"{activation}, {name}"]
        print(f"{activation}, {name}: signal {np.median(seeds, axis=0)[-1]:.1e} after 50 layers;", end=" ")
        print(f"layer 1 against layer 50: dZ {back:.1e}, dW {weights:.1e}")
print(f"a factor of √2 lost in each of 50 layers leaves {2**-25:.1e}")
plots.signals(
    sizes,
    title="Xavier and He through 50 layers of 100 units",
    alt="Size of the signal against layer: ReLU with He stays near 1, ReLU with Xavier falls steadily, tanh"
    " falls slowly with Xavier and settles below 1 with He.",
)

# %% [markdown]
r"""
Prediction 3: c. ReLU wants He: with Xavier each layer loses a factor $\sqrt{2}$ of the signal, fifty times over. With
tanh the signal fades a little under Xavier, because tanh bends: $|\tanh z| < |z|$. Under He the signal stays larger.

But look at the way back through the tanh layers. Under He the gradient grows 8-fold, and $dW$, which moves the weights,
is 14 times as large in layer 1 as in layer 50. Under Xavier the gradient fades as the signal does, and so $dW$, the
product of both, is of nearly the same size in the first layer and in the last. So take He for ReLU, and Xavier for
tanh.

### Turn the knob

What the gain in $\operatorname{Var}(w) = \text{gain}^2 / n_\text{in}$ does to the values inside a tanh network. Three
settings:
"""


# %% tags=["experiment"]
show_prediction(initialization_more_predictions, 4)


def last_layer(gain, depth=20, units=100):
    """Values of the last hidden layer of a tanh network whose weights have the standard deviation gain / √units."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((units, 200))
    parameters = initialize_parameters_random([units] * (depth + 1) + [1], gain / np.sqrt(units), rng)
    _, cache = network.forward_propagation(X, parameters, "tanh")
    return cache[depth]


plots.histograms(
    {f"gain {gain:g}": last_layer(gain) for gain in (0.5, 1, 3)},
    xlabel="value in layer 20",
    alt="Three histograms of the values in layer 20: all at zero for gain 0.5, spread around zero for gain 1, piled up"
    " at -1 and 1 for gain 3.",
)

# %% [markdown]
r"""
Prediction 4: a. Left: the signal is dead. Right: most units are saturated. The gradient does not vanish there; it
explodes, as you saw above. Now move the slider. Where do the values begin to pile up at the ends?
"""


# %% tags=["experiment"]
@ipywidgets.interact(
    gain=ipywidgets.FloatLogSlider(
        value=1, base=10, min=-0.5, max=0.7, step=0.05, description="gain", continuous_update=False
    )
)
def turn(gain):
    values = last_layer(gain)
    plots.histograms(
        {f"gain {gain:.2f}, rms {np.sqrt(np.mean(values**2)):.2g}": values},
        xlabel="value in layer 20",
        limits=(-1, 1),
        alt=f"Histogram of the values in layer 20 for gain {gain:.2f}.",
    )


# %% [markdown]
r"""
## All six starts, side by side

The same network, the same data, the same learning rate, 15000 steps. The random starts run with five seeds each. This
takes about a quarter of a minute.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(initialization_more_predictions, 5)
circles = data.load_circles()
layers_dims = [2, 10, 5, 1]


def constant(layers_dims, rng):
    parameters = initialize_parameters_zeros(layers_dims)
    return {name: value + 0.5 if name[0] == "W" else value for name, value in parameters.items()}


starts = {
    "zeros": lambda layers_dims, rng: initialize_parameters_zeros(layers_dims),
    "constant 0.5": constant,
    "normal × 0.01": lambda layers_dims, rng: initialize_parameters_random(layers_dims, 0.01, rng),
    "normal × 10": lambda layers_dims, rng: initialize_parameters_random(layers_dims, 10, rng),
    "Xavier": initialize_parameters_xavier,
    "He": initialize_parameters_he,
}
costs, models = {}, {}
print("train and dev accuracy in %, median (least to greatest) of the seeds")
for label, initialize in starts.items():
    curves, train, dev = [], [], []
    for seed in range(1 if label in ("zeros", "constant 0.5") else 5):
        trained, curve = network.train(
            initialize(layers_dims, np.random.default_rng(seed)),
            circles.X_train,
            circles.Y_train,
            learning_rate=0.01,
            iterations=15_000,
            progress=f"{label}, seed {seed}",
        )
        curves.append(np.minimum(curve, 1.5))
        train.append(100 * network.accuracy(circles.X_train, circles.Y_train, trained))
        dev.append(100 * network.accuracy(circles.X_dev, circles.Y_dev, trained))
        if seed == 0:
            models[label] = lambda X, trained=trained: network.forward_propagation(X, trained)[0]
    costs[label] = np.array(curves)
    spread = [f"{np.median(values):3.0f} ({min(values):.0f} to {max(values):.0f})" for values in (train, dev)]
    print(f"{label:14} train {spread[0]:16} dev {spread[1]}")

plots.cost_curves(
    costs,
    every=100,
    title="Six starts on the circles (costs cut off at 1.5)",
    alt="Cost against iteration: zeros, constant and times 0.01 stay near 0.69; times 10 starts above 1.5 and spreads"
    " widely; Xavier and He fall to near 0.1.",
    height=4,
)
plots.boundaries(
    models,
    circles.X_train,
    circles.Y_train,
    alt="Six decision boundaries for the first seed: one side only for zeros, constant and times 0.01; ragged for times"
    " 10; a closed curve between the circles for Xavier and He.",
)

# %% [markdown]
r"""
Read the figure with its band (prediction 5: c). Weights times 10 end well for one seed and badly for the next; one
curve would have told you anything you like. Xavier and He are close here, because three layers are not fifty.

All of this was judged on training and dev points. The test points are used once, for the start we would choose:
"""

# %% tags=["experiment", "nbval-check-output"]
circles = data.load_circles()
trained, _ = network.train(
    initialize_parameters_he([2, 10, 5, 1], np.random.default_rng(0)),
    circles.X_train,
    circles.Y_train,
    learning_rate=0.01,
    iterations=15_000,
)
print(f"He, test accuracy: {100 * network.accuracy(circles.X_test, circles.Y_test, trained):.0f} %")

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** All weights are zero and the hidden layers use ReLU. Why does gradient descent not change $W^{[1]}$?

- a) The learning rate is too small for weights of that size.
- b) The numbers overflow.
- c) Its gradient is a product that contains the weights of later layers, and those are zero.
- d) The cost has no slope anywhere near such a network.

**2.** What makes the units of a layer learn different things?

- a) Weights that differ from unit to unit at the start.
- b) Random biases; without them random weights do not help.
- c) A negative constant in place of a positive one.
- d) Training for long enough: the units drift apart.

**3.** A ReLU layer has 200 inputs and 50 units. What standard deviation does He initialization give its weights?

- a) $\sqrt{2 / 50}$
- b) $\sqrt{2 / 200}$
- c) $2 / 200$
- d) $\sqrt{1 / 200}$

**4.** Fifty tanh layers of 100 units, weights of standard deviation 0.01. What happens to the signal?

- a) It loses a factor of ten once, in the first layer.
- b) It grows from layer to layer.
- c) It stays as it is: tanh keeps signals of any size.
- d) It loses about a factor of ten in every layer.

**5.** You train twice, from two different starts, one seed each. The first ends at the lower cost. What do you do?

- a) Run several seeds of each and compare the spread.
- b) Try seeds until one has a good test accuracy.
- c) Take the first: it is better.
- d) Average the cost over the one seed of each.

**6.** In the last experiment, "normal × 10" begins far above the others. Why?

- a) Every step counts more than once with large weights.
- b) Large weights make the network right from the start, and being right costs more.
- c) It begins at $\ln 2$ like the others; only the axis differs.
- d) The sigmoid is saturated: the network is sure, and where it is sure and wrong the cost is high.
"""

# %% exercise="initialization_answers"
from autograder.topics.initialization.answers import initialization_answers

# %% points=4
check(initialization_answers)

# %% [markdown]
r"""
## What you can do now

- Say why equal units stay equal, and break the symmetry with random weights; biases may be zero.
- Measure how large a signal and a gradient are in every layer, and see them vanish or explode.
- Choose the variance of the weights: Xavier, $1 / n_\text{in}$ or $2 / (n_\text{in} + n_\text{out})$, for tanh; He, $2
  / n_\text{in}$, for ReLU.
- Recognize a saturated network: its first cost is far above that of a guess.
- Compare two starts fairly: several seeds of each, shown with their spread.

### In real code

- zeros, for biases: `torch.nn.init.zeros_(b)`, `keras.initializers.Zeros()`
- random weights of one size: `torch.nn.init.normal_(W, std=0.01)`, `keras.initializers.RandomNormal(stddev=0.01)`
- Xavier, fan-in: `torch.nn.init.kaiming_normal_(W, nonlinearity="linear")`, `keras.initializers.LecunNormal()`
- Xavier, fan-avg: `torch.nn.init.xavier_normal_(W)`, `keras.initializers.GlorotNormal()`
- He: `torch.nn.init.kaiming_normal_(W, nonlinearity="relu")`, `keras.initializers.HeNormal()`
- if you say nothing: `keras.layers.Dense(10)` takes `keras.initializers.GlorotUniform()`, and `torch.nn.Linear(100,
  10)` a uniform distribution of variance $1 / (3 n_\text{in})$, which is too small for deep networks of tanh or ReLU

### Read more

- [Glorot and Bengio, 2010](https://proceedings.mlr.press/v9/glorot10a.html), *Understanding the Difficulty of Training
  Deep Feedforward Neural Networks*, section 4: signals and gradients, measured.
- [He, Zhang, Ren and Sun, 2015](https://arxiv.org/abs/1502.01852), *Delving Deep into Rectifiers*, section 2.2: the
  same for ReLU, and a network of 30 layers that learns from this start and not from Xavier's.
- [Goodfellow, Bengio and Courville, 2016](https://www.deeplearningbook.org/contents/optimization.html), *Deep
  Learning*, section 8.4: what is known about good starts, and what is not.
- [Zhang et al., 2023](https://d2l.ai/chapter_multilayer-perceptrons/numerical-stability-and-init.html), *Dive into Deep
  Learning*, section 5.4: vanishing and exploding gradients, with code.
"""
