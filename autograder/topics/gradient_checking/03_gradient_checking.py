# %% [markdown]
r"""
# Gradient checking

*I have written a layer of my own, with its backward propagation. Training runs and the cost falls, but not as far as I
hoped. Is my gradient right?*

A network with a slightly wrong gradient often still learns something, so nothing tells you. In this notebook you build
the instrument that does. A **gradient check** compares the gradient of backward propagation with a slow and simple one
that needs no formulas. Then you use it to find four bugs.

| you write | points |
|---|---|
| three predictions, and later four more, before you run the experiments | 2 |
| `numerical_derivative` | 6 |
| `relative_difference` | 8 |
| `dictionary_to_vector` | 6 |
| `vector_to_dictionary` | 6 |
| `numerical_gradient` | 10 |
| `gradient_check` | 10 |
| `repaired_backward_propagation` | 8 |
| answers to eight questions | 4 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.
"""

# %%
import itertools

import numpy as np

from course_utils import bug_hunt, check, data, network, own_work, plots, show_prediction

# %% [markdown]
r"""
## Predict before you run

Seven experiments lie ahead, three of them in this half. Say now what you expect of them. A guess is enough: any letter
earns its part of the point, and you will remember best what you guessed wrong.

**1.** You measure the slope of a curve by two points that lie $\varepsilon$ apart, and make $\varepsilon$ smaller, from
$10^{-1}$ down to $10^{-15}$. The error of the slope…

- a) is the same for every small $\varepsilon$,
- b) falls, and later rises again,
- c) rises all the way,
- d) falls all the way.

**2.** Backward propagation gives a gradient $g$ that is twice too large in every entry. How large is
$\lVert g_\text{num} - g \rVert / (\lVert g_\text{num} \rVert + \lVert g \rVert)$, where $g_\text{num}$ is right?

- a) 1/3
- b) 1
- c) 1/2
- d) 2

**3.** A network with 400 inputs, layers of 100 and 50 units and one output has 45 201 parameters. How often do you
compute its cost for *one* numerical gradient?

- a) about 450 times
- b) about 45 000 times
- c) twice
- d) about 90 000 times
"""

# %% exercise="gradient_checking_predictions"
from autograder.topics.gradient_checking.answers import gradient_checking_predictions

# %% points=1
check(gradient_checking_predictions)

# %% [markdown]
r"""
## One dimension first

The derivative is the slope of the tangent. A computer has no tangents, but it has secants: lines through two points of
the curve that lie close together. The slope of a secant is called a **finite difference**, because its two points lie a
finite distance $\varepsilon$ or $2 \varepsilon$ apart. A **forward difference** is the slope of the secant from $x$ to
$x + \varepsilon$. A **central difference** is the slope of the secant from $x - \varepsilon$ to $x + \varepsilon$.
"""

# %% tags=["experiment"]
x, step = 1.0, 0.6
slope = x**2


def curve(x):
    return x**3 / 3


grid = np.linspace(0, 2, 100)
fig, axes = plots.figure(1, 2, width=3.8, height=3.2, sharey=True)
for ax, (title, low, high) in zip(
    axes.flat, (("forward difference", x, x + step), ("central difference", x - step, x + step)), strict=True
):
    secant = (curve(high) - curve(low)) / (high - low)
    plots.line(ax, grid, curve(grid), 6, "curve")
    plots.line(ax, grid, curve(x) + slope * (grid - x), 0, f"tangent, slope {slope:.2f}")
    plots.line(ax, grid, curve(low) + secant * (grid - low), 1, f"secant, slope {secant:.2f}")
    ax.plot([low, high], [curve(low), curve(high)], "ks", markersize=6)
    ax.set(xlabel="x", ylabel="f(x)", title=title, ylim=(-1, 3))
    ax.legend(loc="upper left")
plots.show(
    fig,
    alt="A curve bending upwards, its tangent at x = 1 and a secant. Left: the secant from x to x + ε is steeper"
    " than the tangent. Right: the secant from x − ε to x + ε is nearly parallel to it.",
)

# %% [markdown]
r"""
Both secants are wrong, for $\varepsilon = 0.6$ is large. But the central one is wrong by much less. The reason stands
in Taylor's series. To the right and to the left of $x$,

$$f(x \pm \varepsilon) = f(x) \pm \varepsilon f'(x) + \tfrac{\varepsilon^2}{2} f''(x) \pm \tfrac{\varepsilon^3}{6}
f'''(x) + \ldots$$

Subtract $f(x)$ from the first line and divide by $\varepsilon$; or subtract one line from the other, where the terms
with $\varepsilon^2$ cancel, and divide by $2 \varepsilon$:

$$\frac{f(x + \varepsilon) - f(x)}{\varepsilon} = f'(x) + \tfrac{\varepsilon}{2} f''(x) + \ldots, \qquad
\frac{f(x + \varepsilon) - f(x - \varepsilon)}{2 \varepsilon} = f'(x) + \tfrac{\varepsilon^2}{6} f'''(x) + \ldots$$

## Exercise 1: the slope of a curve

Write both, chosen by `scheme`: `"central"` or `"forward"`.

<details><summary>Hint 1</summary>

A slope is rise over run. Rise: a difference of two values of $f$. Run: how far apart the two places are.
</details>
<details><summary>Hint 2</summary>

Forward: from $x$ to $x + \varepsilon$. Central: from $x - \varepsilon$ to $x + \varepsilon$. The runs are not the same.
</details>
<details><summary>Hint 3</summary>

One `if` on `scheme`, two `return`s. Put brackets round a denominator that is a product: `a / 2 * b` is `(a / 2) * b`.
</details>
"""

# %% exercise="numerical_derivative"
from autograder.topics.gradient_checking.answers import numerical_derivative

# %% points=6
check(numerical_derivative)

# %% [markdown]
r"""
### How small should the step be?

Here is $f(x) = e^x \sin x$, whose derivative is known, at 25 random places. The line is the median of the error; the
band reaches from the least to the greatest.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_predictions, 1)
rng = np.random.default_rng(0)


def f(x):
    return np.exp(x) * np.sin(x)


def exact(x):
    return np.exp(x) * (np.sin(x) + np.cos(x))


places = rng.uniform(0.2, 2, 25)
steps = 10.0 ** np.linspace(-15, -0.5, 59)
errors = {}
for scheme in ("forward", "central"):
    slopes = np.array([[numerical_derivative(f, x, step, scheme) for step in steps] for x in places])
    errors[scheme] = np.maximum(np.abs(slopes / exact(places)[:, None] - 1), 1e-17)
    median = np.median(errors[scheme], axis=0)
    best = steps[np.argmin(median)]
    falling = (steps > 1e-3) & (steps < 1e-1)
    order = np.polyfit(np.log10(steps[falling]), np.log10(median[falling]), 1)[0]
    print(
        f"{scheme}: error ~ ε^{order:.1f} from 1e-3 to 1e-1; least near ε = {best:.0e}, where it is {median.min():.0e}"
    )
    at = {step: median[np.argmin(np.abs(np.log10(steps / step)))] for step in (1e-7, 1e-5)}
    print(f"    at ε = 1e-7 it is {at[1e-7]:.0e}, at ε = 1e-5 it is {at[1e-5]:.0e}")
plots.lines(
    errors,
    steps,
    "ε",
    "relative error of the slope",
    "Too large a step bends, too small a step is rounded",
    "Error against ε on logarithmic axes: from the right both errors fall, the central one twice as steeply; then both"
    " rise again towards small ε, where the two are alike.",
    xscale="log",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 1: b. Read the figure from right to left. The **truncation error** is the error of cutting off Taylor's
series. It falls first: with $\varepsilon$ for the forward difference, with $\varepsilon^2$ for the central one. The
**rounding error** is the error of a computer that keeps only about 16 digits of a number. It takes over where
$\varepsilon$ is small. **Cancellation** is the loss of digits when two numbers are subtracted that agree in most of
theirs. What is left of them is divided by $\varepsilon$, and so the error grows as $1 / \varepsilon$.

The central difference is best at a larger $\varepsilon$, and better there by far: near the third root of the computer's
precision, $\sqrt[3]{2 \times 10^{-16}}$, which is about 6e-6. Many lecture notes take $10^{-7}$, by habit, and so do
the functions of this notebook unless you say otherwise. It is accurate enough to find bugs, but $10^{-5}$ is about 20
times as accurate here. Use $10^{-5}$ where you need to see small differences.
"""

# %% [markdown]
r"""
## How far apart are two gradients?

An error of 0.001: is that much? For a gradient of length 1000 it is nothing; for one of length 0.001 it is everything.
The **relative difference** of two gradients is the length of their difference, divided by the sum of their lengths:

$$\frac{\lVert g_\text{num} - g \rVert}{\lVert g_\text{num} \rVert + \lVert g \rVert}, \qquad
\lVert v \rVert = \sqrt{\textstyle\sum_i v_i^2}.$$

It is 0 for equal gradients, 1 for opposite ones, and never more. Nor does it change when you multiply the cost by a
number.

## Exercise 2: the relative difference

Two gradients that are both zero agree. Return 0 for them.

<details><summary>Hint 1</summary>

Three norms: one above, two below. `np.linalg.norm` computes them.
</details>
<details><summary>Hint 2</summary>

Zero over zero is `nan`, which is neither large nor small: any comparison with it is false. Ask about the denominator
first.
</details>
<details><summary>Hint 3</summary>

For a matrix, `np.linalg.norm` is the Euclidean norm of all entries too. Compute the denominator, return `0.0` where it
is 0, and otherwise the quotient.
</details>
"""

# %% exercise="relative_difference"
from autograder.topics.gradient_checking.answers import relative_difference

# %% points=8
check(relative_difference)

# %% [markdown]
r"""
### What numbers mean

A gradient of 50 random entries, multiplied by a factor $c$ — in all entries, in half of them, in one of them. Twenty
gradients; the band shows their spread.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_predictions, 2)
rng = np.random.default_rng(0)
gradients = rng.standard_normal((20, 50, 1))
factors = 10.0 ** np.linspace(-1, 1, 41)


def differences(entries):
    """The relative difference, per gradient and factor, where the first entries are off by the factor."""
    found = np.zeros((len(gradients), len(factors)))
    for i, right in enumerate(gradients):
        for j, factor in enumerate(factors):
            wrong = right.copy()
            wrong[:entries] *= factor
            found[i, j] = relative_difference(right, wrong)
    return found


g = gradients[0]
for words, wrong in {"2": 2 * g, "1/2": g / 2, "4": 4 * g, "-1": -g}.items():
    print(f"off by a factor {words} in every entry: {relative_difference(g, wrong):.3f}")
plots.lines(
    {"all entries": differences(50), "25 of 50": differences(25), "1 of 50": differences(1)},
    factors,
    "factor",
    "relative difference",
    "A gradient that is off by a factor",
    "Relative difference against factor: zero at factor 1, rising to both sides; one third at factors 2 and ½ where"
    " all entries are off, less where only some are.",
    xscale="log",
)

# %% [markdown]
r"""
Prediction 2: a. If $g = c \, g_\text{num}$, then the quotient is $|c - 1| / (|c| + 1)$. For $c = 2$ and for $c =
\tfrac12$ that is $\tfrac13$; for a wrong sign, $c = -1$, it is 1. **A difference near 1/3 suggests a factor 2 or ½.**
It may be a forgotten $\tfrac12$, or a term counted twice. Where only some entries are off, the difference is smaller.
That is why you will look at each $dW^{[l]}$ and $db^{[l]}$ on its own as well.

**Mind the notes: half of a slope.** In some lecture notes the formula of the numerical gradient reads
$(J(\theta + \varepsilon) - J(\theta)) / 2 \varepsilon$: one side, divided by both. Here is what that gives.
"""

# %% tags=["experiment", "nbval-check-output"]
f, x, step = lambda x: x**3, 2.0, 1e-7
printed = np.array([(f(x + step) - f(x)) / (2 * step)])
slope = np.array([3 * x**2])
print(f"the slope of x³ at 2 is {slope[0]:.4f}; one side over 2ε gives {printed[0]:.4f}")
print(f"relative difference: {relative_difference(printed, slope):.4f}")

# %% [markdown]
r"""
Whoever copies that formula will look for a bug where there is none.

**Mind the notes: the wrong length.** In others the denominator is $\lVert g_\text{num} \rVert + \lVert \theta \rVert$,
with the parameters in place of their gradient. Near the end of training the gradient is small, and the parameters are
not:
"""

# %% tags=["experiment", "nbval-check-output"]
rng = np.random.default_rng(0)
theta = 3 * rng.standard_normal((50, 1))
right = 1e-7 * rng.standard_normal((50, 1))
wrong = 2 * right
printed = np.linalg.norm(right - wrong) / (np.linalg.norm(right) + np.linalg.norm(theta))
print(f"a gradient off by a factor 2: {relative_difference(right, wrong):.2f}, with the length of θ {printed:.0e}")

# %% [markdown]
r"""
With the length of $\theta$ in the denominator, a gradient that is wrong by a factor 2 passes as right.

## Many dimensions

A network has many parameters, in a dictionary of arrays. Its cost is a function of all of them. To move them one by
one, it helps to have them in one column:

$$\theta = \begin{pmatrix} W^{[1]} \text{ row by row} \\ b^{[1]} \\ W^{[2]} \text{ row by row} \\ b^{[2]} \\ \vdots
\end{pmatrix}$$

## Exercise 3: from a dictionary to a column

<details><summary>Hint 1</summary>

`parameters` has two entries for each layer, so you know how many layers there are. Go through them by number.
</details>
<details><summary>Hint 2</summary>

Do not sort the keys: as words, `"W10"` stands before `"W2"`. And do not rely on the order in the dictionary.
</details>
<details><summary>Hint 3</summary>

`reshape(-1, 1)` makes a column of any array, row by row. Collect the columns in a list; `np.concatenate` stacks them.
</details>
"""

# %% exercise="dictionary_to_vector"
from autograder.topics.gradient_checking.answers import dictionary_to_vector

# %% points=6
check(dictionary_to_vector)

# %% [markdown]
r"""
## Exercise 4: and back

`shapes` says what to cut: `{"W1": (5, 4), "b1": (5, 1), ...}`, in the order of the column. The pieces must be copies. A
slice of a NumPy array is a **view**, a second array on the same memory: change one, and the other changes with it.

<details><summary>Hint 1</summary>

Keep a position in the column. Each key takes rows × columns numbers from there, and the position moves on.
</details>
<details><summary>Hint 2</summary>

A slice `theta[start:stop]` does not hold `stop` itself. So the next one starts at `stop`.
</details>
<details><summary>Hint 3</summary>

In the loop over `shapes.items()`: compute where the piece ends, slice, `reshape` to the shape, `copy` (or it stays a
view), then move the start.
</details>
"""

# %% exercise="vector_to_dictionary"
from autograder.topics.gradient_checking.answers import vector_to_dictionary

# %% points=6
check(vector_to_dictionary)

# %% tags=["experiment", "nbval-check-output"]
X, Y, parameters = bug_hunt.example()
theta = dictionary_to_vector(parameters)
shapes = {key: value.shape for key, value in parameters.items()}
again = vector_to_dictionary(theta, shapes)
print(f"{len(parameters)} arrays, {len(theta)} numbers in a column of shape {theta.shape}")
print("there and back:", all(np.array_equal(parameters[key], again[key]) for key in parameters))

# %% [markdown]
r"""
## Exercise 5: the numerical gradient

The **numerical gradient** approximates each entry of the gradient by a finite difference in which only $\theta_i$
moves:

$$\frac{\partial J}{\partial \theta_i} \approx \frac{J(\theta_1, \ldots, \theta_i + \varepsilon, \ldots, \theta_n) -
J(\theta_1, \ldots, \theta_i - \varepsilon, \ldots, \theta_n)}{2 \varepsilon}.$$

<details><summary>Hint 1</summary>

A loop over the entries. In each round, two columns that differ from `theta` in one entry.
</details>
<details><summary>Hint 2</summary>

`plus = theta` is no copy: it is a second name of the same array. And a copy of whole numbers cannot hold $2 + 10^{-7}$.
</details>
<details><summary>Hint 3</summary>

`theta.astype(float)` is a copy, and it holds floats. Make two such copies per round, move one entry of each, call `J`
twice.
</details>
"""

# %% exercise="numerical_gradient"
from autograder.topics.gradient_checking.answers import numerical_gradient

# %% points=10
check(numerical_gradient)

# %% [markdown]
r"""
### Why not train with it?

It needs no formulas, and it is right to many digits. Count what it costs: how often is $J$ computed for one gradient?
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_predictions, 3)
for layers_dims in ([2, 10, 5, 1], [20, 30, 20, 1], [400, 100, 50, 1]):
    n = sum(a * b + b for a, b in itertools.pairwise(layers_dims))
    print(f"{layers_dims}: {n} parameters, {2 * n} times the whole training set for one gradient")

calls = 0


def counted(theta):
    global calls
    calls += 1
    return float(np.sum(theta**2))


numerical_gradient(counted, np.ones((73, 1)))
print(f"counted with 73 parameters: J was called {calls} times")

# %% [markdown]
r"""
Prediction 3: d, two for every parameter. Backward propagation gets all entries from one pass forward and one pass back,
whatever $n$ is. So train with backward propagation, check it with the numerical gradient, and then switch the check
off.

## Exercise 6: gradient check

Put the parts together. `cost` takes a dictionary of parameters; `grads` is what a backward propagation says. Return
two things: the relative difference of all entries taken together, and the key of `grads` that is worst, each measured
by its own relative difference.

<details><summary>Hint 1</summary>

You have written all that you need. `numerical_gradient` wants a function of a column: turn the column into a dictionary
inside it and call `cost`.
</details>
<details><summary>Hint 2</summary>

The keys of `grads` are `"d"` and the key of the parameter. Give it the keys of `parameters`, and `dictionary_to_vector`
takes it as well. Never rely on two dictionaries having the same order.
</details>
<details><summary>Hint 3</summary>

`vector_to_dictionary` turns the numerical gradient into a dictionary. Then a loop over its keys: the relative
difference of each to its partner, and `max` with `key=` to find the worst.
</details>
"""

# %% exercise="gradient_check"
from autograder.topics.gradient_checking.answers import gradient_check

# %% points=10
check(gradient_check)

# %% [markdown]
r"""
## Predict the second half

Now you have an instrument. Four more experiments show how to read it, and when not to trust it.

**1.** The gradient of a network is *right*. You check it with $\varepsilon = 10^{-7}$. The relative difference is…

- a) about $10^{-16}$, as far as a computer counts,
- b) exactly 0,
- c) about $10^{-3}$,
- d) about $10^{-9}$ to $10^{-7}$.

**2.** Your dropout, forward and backward, is right. You check its gradients, and every call of the cost drops other
units. The relative difference is…

- a) 1/3,
- b) about 1: it says "all wrong",
- c) as small as without dropout,
- d) a little larger.

**3.** Two networks have *right* gradients, one with ReLU and one with tanh. You check both with $\varepsilon$ from
$10^{-7}$ up to $10^{-1}$. The difference that you find is larger…

- a) for tanh, because it is curved,
- b) for neither: right gradients pass at any $\varepsilon$,
- c) for both: they grow alike,
- d) for ReLU, because it has kinks.

**4.** Somebody forgot the factor $1 - A^2$, the derivative of tanh, in backward propagation. The network starts with
very small weights. The check…

- a) never sees it,
- b) sees next to nothing at the start, and a lot after training,
- c) sees it at once, and as clearly after training,
- d) sees it at once, but no more after training.
"""

# %% exercise="gradient_checking_more_predictions"
from autograder.topics.gradient_checking.answers import gradient_checking_more_predictions

# %% points=1
check(gradient_checking_more_predictions)

# %% [markdown]
r"""
### The given network

Ten random networks on 20 points of the circles, for each activation. With $\varepsilon = 10^{-7}$, this is how to read
the result:

| difference | what it says |
|---|---|
| about $10^{-7}$ or less | right |
| about $10^{-5}$ | look again: a kink, or a small bug |
| $10^{-3}$ or more | there is a bug |
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_more_predictions, 1)
circles = data.load_circles()
X, Y = circles.X_train[:, :20], circles.Y_train[:, :20]


def cost(parameters, activation="tanh"):
    return network.compute_cost(network.forward_propagation(X, parameters, activation)[0], Y)


def gradients(parameters, activation="tanh"):
    cache = network.forward_propagation(X, parameters, activation)[1]
    return network.backward_propagation(parameters, cache, Y, activation)


for activation in ("tanh", "sigmoid", "relu"):
    found = []
    for seed in range(10):
        parameters = network.example_parameters([2, 6, 4, 1], seed)
        grads = gradients(parameters, activation)
        found.append(gradient_check(lambda p, a=activation: cost(p, a), parameters, grads)[0])
    print(f"{activation:8} median {np.median(found):.0e}, least {min(found):.0e}, greatest {max(found):.0e}")

# %% [markdown]
r"""
Prediction 1: d. The given network passes. Its difference is not nearer to 0 than cancellation allows: the first figure
of this notebook says what is left at $10^{-7}$.

What about *your own* gradients? The next cell reads four functions from your notebook `02_regularization`, as you
last saved it. Do that notebook first, or come back here later: no points depend on it.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_more_predictions, 2)
own = own_work(
    "02_regularization",
    "compute_cost_with_regularization",
    "backward_propagation_with_regularization",
    "dropout_forward",
    "dropout_backward",
)
parameters, lambd, keep_prob = network.example_parameters([2, 6, 4, 1], 0), 0.7, 0.8


def penalized(parameters):
    """Your cost with the L2 penalty."""
    AL, _ = network.forward_propagation(X, parameters)
    return own["compute_cost_with_regularization"](AL, Y, parameters, lambd)


def dropped(parameters, rng):
    """The cost with your dropout behind both hidden layers."""
    A = X
    for l in (1, 2):
        A = np.maximum(parameters[f"W{l}"] @ A + parameters[f"b{l}"], 0)
        A, _ = own["dropout_forward"](A, keep_prob, rng)
    return network.compute_cost(network.sigmoid(parameters["W3"] @ A + parameters["b3"]), Y)


with_penalty = own["backward_propagation_with_regularization"](X, Y, parameters, lambd)
with_mask = network.gradients_with_dropout(
    X, Y, parameters, keep_prob, np.random.default_rng(7), own["dropout_forward"], own["dropout_backward"]
)
drawn_anew = np.random.default_rng(8)
for label, cost_used, grads in (
    ("L2: your cost, your gradients", penalized, with_penalty),
    ("L2: the penalty is forgotten in the gradients", penalized, gradients(parameters, "relu")),
    ("dropout: the same mask in every call", lambda p: dropped(p, np.random.default_rng(7)), with_mask),
    ("dropout: a new mask in every call", lambda p: dropped(p, drawn_anew), with_mask),
):
    difference, worst_key = gradient_check(cost_used, parameters, grads)
    print(f"{label}: {difference:.0e}, worst {worst_key}")

# %% [markdown]
r"""
Two lessons beside the verdict on your work. *Remember the penalty*: check the gradient of the cost that you train, not
of a part of it. And with *dropout* (prediction 2: b), the cost must be the same function in every call: fix the mask,
by the same seed each time, or check with `keep_prob` 1. Otherwise two costs of two different networks are subtracted,
and divided by $2 \varepsilon$.

Now that you trust the instrument, learn where it errs.

### Kinks

A **kink** is a point where a function has one slope on its left and another one on its right, and so no derivative:
ReLU has one at 0. Where a step of $\varepsilon$ carries a unit across its kink, the secant measures neither of the two
slopes, but something in between. How often that happens depends on $\varepsilon$:
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_more_predictions, 3)
steps = 10.0 ** np.linspace(-7, -1, 13)
found = {activation: [] for activation in ("relu", "tanh")}
for activation, rows in found.items():
    for seed in range(10):
        parameters = network.example_parameters([2, 6, 4, 1], seed)
        grads = gradients(parameters, activation)
        rows.append([gradient_check(lambda p, a=activation: cost(p, a), parameters, grads, step)[0] for step in steps])
    for step in (1e-7, 1e-3, 1e-2):
        column = np.array(rows)[:, np.argmin(np.abs(np.log10(steps / step)))]
        print(f"{activation}, ε = {step:.0e}: median {np.median(column):.0e}, greatest {column.max():.0e}")
plots.lines(
    {activation: np.array(rows) for activation, rows in found.items()},
    steps,
    "ε",
    "relative difference",
    "Right gradients, ten networks each",
    "Relative difference against ε, from right to left: for tanh a narrow band falls straight until rounding; for ReLU"
    " the band is wide, and its upper end lies far above tanh's.",
    xscale="log",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 3: d. The tanh network errs by curvature only, and that falls with $\varepsilon^2$. The ReLU network jumps:
how far it is off depends on which units happen to lie within $\varepsilon$ of their kink. If a check of a ReLU network
ends at $10^{-4}$, do not tear your code apart. Take a smaller $\varepsilon$, fewer examples, or other ones. A bug
stays; a kink goes.

### A bug that hides at the start

Here is a backward propagation that forgot the derivative of tanh, the factor $1 - A^2$. The network starts from small
weights and is trained with its right gradient; along the way the forgetful one is checked. Twenty points of the moons,
five seeds.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(gradient_checking_more_predictions, 4)
moons = data.load_moons()
X, Y = moons.X_train[:, :20], moons.Y_train[:, :20]


def forgetful(parameters):
    """Backward propagation without the derivative of tanh."""
    cache = network.forward_propagation(X, parameters, "tanh")[1]
    dZ = (cache[-1] - Y) / Y.shape[1]
    grads = {}
    for l in (2, 1):
        grads[f"dW{l}"] = dZ @ cache[l - 1].T
        grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True)
        dZ = parameters[f"W{l}"].T @ dZ
    return grads


iterations = np.array([0, 1, 2, 5, 10, 20, 50, 100, 200])
rows = []
for seed in range(5):
    parameters, row = network.example_parameters([2, 6, 1], seed, size=1e-3), []
    for iteration in range(iterations[-1] + 1):
        if iteration in iterations:
            row.append(gradient_check(cost, parameters, forgetful(parameters))[0])
        grads = gradients(parameters)
        parameters = {key: value - 1.0 * grads["d" + key] for key, value in parameters.items()}
    rows.append(row)
for iteration, *found in zip(iterations, *rows, strict=True):
    print(
        f"after {iteration:3} steps: median {np.median(found):.0e}, least {min(found):.0e}, greatest {max(found):.0e}"
    )
plots.lines(
    {"without 1 − A²": np.array(rows)},
    iterations,
    "training step",
    "relative difference",
    "The same bug, seen at different times (five seeds)",
    "Relative difference against training step: near 1e-6 at the start, above a tenth after a hundred steps.",
    markers=True,
    xscale="symlog",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 4: b. With tiny weights every $A$ is near 0, and $1 - A^2$ is near 1: forgetting it changes next to nothing.
Once the activations are large, the bug is plain. So check *twice*: at random weights, not too small, and again after
some training.
"""

# %% [markdown]
r"""
## Exercise 7: the bug hunt

Here is a network of three layers. Its hidden layers use **softplus**, $\ln(1 + e^z)$, a ReLU without the kink; its
derivative is the sigmoid of $z$. The last layer is a sigmoid unit, and the cost has a penalty on the weights (not on
the biases):

$$J = -\frac1m \sum_i \left(y_i \ln a_i + (1 - y_i) \ln(1 - a_i)\right) + \frac{\lambda}{2m} \sum_l \lVert W^{[l]}
\rVert^2, \qquad \lambda = 0.7.$$

`bug_hunt` gives its forward pass and its cost; both are right. It also gives a backward pass with four bugs in it.
Which four is drawn by your account, so your neighbour's are others, in the same four places.
"""

# %% tags=["experiment"]
print(bug_hunt.text())

# %% tags=["experiment"]
X, Y, parameters = bug_hunt.example()
shapes = {key: value.shape for key, value in parameters.items()}


def each_key(grads):
    """Print the relative difference of every entry."""
    difference, worst_key = gradient_check(lambda p: bug_hunt.cost(X, Y, p), parameters, grads)
    print(f"difference {difference:.0e}, worst: {worst_key}")
    theta = dictionary_to_vector(parameters)
    numerical = numerical_gradient(lambda theta: bug_hunt.cost(X, Y, vector_to_dictionary(theta, shapes)), theta)
    numerical = vector_to_dictionary(numerical, shapes)
    for key, value in numerical.items():
        print(f"    d{key}: {relative_difference(value, grads['d' + key]):.0e}")


each_key(bug_hunt.planted()(X, Y, parameters))

# %% [markdown]
r"""
Copy the text into the cell below, in place of all that stands in it, and repair it. Your gradient check tells you
where to look. The course's check names the gradients that are not right yet, and nothing more. It looks at ten digits:
no difference of costs has as many.

<details><summary>Hint 1</summary>

Begin at the end of the network. What is wrong in layer 3 does not depend on layers 1 and 2, but a wrong $dZ^{[2]}$
spoils all that comes after it.
</details>
<details><summary>Hint 2</summary>

Ask for each key on its own: which are right, which are off, and by how much? A relative difference of 1/3 is a factor
2 or ½. Then differentiate the cost for that key on paper, the penalty too.
</details>
<details><summary>Hint 3</summary>

Check one line at a time: is it the derivative of softplus, and of which argument? Is the penalty there, with which
factor, and only on weights? Is anything divided by $m$ twice? `dZ3` holds the $1/m$ already. And is each quantity the
one that the chain rule asks for: $Z$ or $A$, $dZ$ or $dA$?
</details>
"""

# %% exercise="repaired_backward_propagation"
from autograder.topics.gradient_checking.answers import repaired_backward_propagation

# %% points=8
check(repaired_backward_propagation)

# %% tags=["experiment"]
each_key(repaired_backward_propagation(X, Y, parameters))

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** Why central differences, and not forward ones?

- a) They are exact, for every function.
- b) They have no rounding errors.
- c) They need fewer calls of $J$.
- d) Their error falls with $\varepsilon^2$, not with $\varepsilon$.

**2.** A check ends at 0.333. What do you look for first?

- a) A wrong sign of the whole gradient.
- b) A factor 2 or ½.
- c) Nothing: that is rounding.
- d) A penalty that was forgotten.

**3.** $\varepsilon = 10^{-7}$, no kinks. Which reading is right?

- a) $10^{-7}$ is fine, $10^{-5}$ asks for a second look, $10^{-3}$ is a bug.
- b) Anything below $10^{-3}$ is fine.
- c) Only exactly 0 is fine.
- d) Only above 1 is there a bug.

**4.** Why is the numerical gradient not used for training?

- a) It is more accurate than training needs.
- b) It takes two costs for every parameter, for a single step.
- c) It is: training takes the mean of the two gradients.
- d) It belongs to another cost.

**5.** You added an L2 penalty to the cost. Now every $db$ passes the check, and every $dW$ fails. What happened?

- a) Biases must not be checked.
- b) The learning rate is too high.
- c) $\varepsilon$ is too small for a cost with a penalty.
- d) The penalty is in the cost, but not in $dW$.

**6.** With dropout, each call of the cost draws a new mask, and the check gives nonsense. What do you do?

- a) Average the cost over a hundred masks.
- b) Take a larger $\varepsilon$.
- c) Set keep_prob to 0.5.
- d) Use the same mask in every call, or check with keep_prob 1.

**7.** A ReLU network is right, yet one check ends at $10^{-4}$. What is a likely reason?

- a) A step of $\varepsilon$ carried a unit across its kink.
- b) Some units are dead.
- c) Rounding is worse for ReLU.
- d) ReLU needs forward differences.

**8.** Why check again after some training?

- a) Rounding begins only with training.
- b) Some bugs do not show as long as weights and activations are small.
- c) Before training every gradient is zero.
- d) The check is cheaper then.
"""

# %% exercise="gradient_checking_answers"
from autograder.topics.gradient_checking.answers import gradient_checking_answers

# %% points=4
check(gradient_checking_answers)

# %% [markdown]
r"""
## What you can do now

- Approximate any derivative by a central difference, and choose $\varepsilon$ between truncation error and rounding
  error.
- Compare two gradients by their relative difference, divided by the lengths of both and never by that of the
  parameters.
- Read the result: near $10^{-7}$ or less it is right, near $10^{-3}$ or more it is wrong, and 1/3 suggests a factor 2.
- Find the line with the bug, by looking at each parameter on its own.
- Say what a check must not stumble over: a forgotten penalty, a new dropout mask in each call, kinks, and weights so
  small that a bug does not show.

### In real code

- `gradient_check`: `torch.autograd.gradcheck(f, inputs, eps=1e-6, atol=1e-5)`; for Keras, `tf.test.compute_gradient(f,
  [x])` returns both gradients, and you compare them
- double precision, which a check needs: `torch.set_default_dtype(torch.float64)`, `keras.backend.set_floatx("float64")`
- the same mask in every call: `torch.manual_seed(7)` before each; or without dropout, after `model.eval()` in PyTorch
- in NumPy and SciPy: `np.gradient(values, x)` for a series, `scipy.optimize.check_grad(f, gradient, x)` for a function

In these libraries backpropagation is automatic. You need the check for what you differentiate by hand: a new
`torch.autograd.Function`, a `tf.custom_gradient`, a layer in C++.

### Read more

- [Gradient checks](https://cs231n.github.io/neural-networks-3/#gradcheck) in the notes of Stanford's course CS231n: the
  same advice, and more of it.
- [Gradcheck mechanics](https://docs.pytorch.org/docs/stable/notes/gradcheck.html) in PyTorch's documentation: how a
  framework checks its own gradients.
- [Baydin, Pearlmutter, Radul and Siskind, 2018](https://jmlr.org/papers/v18/17-468.html), *Automatic Differentiation in
  Machine Learning: a Survey*, section 2: why frameworks do not train with finite differences.
- [Goodfellow, Bengio and Courville, 2016](https://www.deeplearningbook.org/contents/guidelines.html), *Deep Learning*,
  section 11.5: how to debug a network, numerical derivatives among the means.
"""
