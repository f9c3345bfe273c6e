# %% [markdown]
r"""
# Regularization

*My network is right about nearly every training example, and wrong about every fifth new one. I cannot get more data.
What can I do?*

A network with enough units memorizes its training set, wrong labels and all. In this notebook you write the methods
that keep it from doing so: two penalties, dropout, early stopping, and more data made from the data you have. You will
see each of them work, and each of them do too much.

| you write | points |
|---|---|
| five predictions, and later six more, before you run the experiments | 2 |
| `compute_cost_with_regularization` | 8 |
| `backward_propagation_with_regularization` | 8 |
| `weight_decay_step` | 4 |
| `l1_penalty` | 6 |
| `l1_gradient` | 4 |
| `dropout_forward` | 12 |
| `dropout_backward` | 8 |
| `early_stopping` | 8 |
| `augment_flip` | 4 |
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

Eleven experiments lie ahead, five of them in this half. Say now what you expect of them. A guess is enough: any letter
earns its part of the point, and you will remember best what you guessed wrong.

**1.** A large network is trained for long on 120 points. About 10 % of them have a wrong label. With how many of the
labels does the network agree in the end?

- a) With clearly more than 90 %: it learns wrong labels too.
- b) With 90 %: it learns the rule and leaves the wrong labels aside.
- c) With about half: the wrong labels confuse it.
- d) With clearly fewer than 90 %.

**2.** You let large weights cost something, with a strength $\lambda$ from 0 to 3. The accuracy on the dev set…

- a) rises, and later falls,
- b) falls all the way,
- c) stays the same,
- d) rises all the way.

**3.** There are two ways to make weights small: a penalty in the gradient, and a shrinking of the weights in each step.
You try both from the same start, first with steps along the gradient, then with steps of one and the same size for
every weight, for which only the sign of its gradient counts. The two ways lead…

- a) to the same network, with both kinds of steps,
- b) to the same network with the gradient, and to two with its sign,
- c) to two networks with the gradient, and to the same one with its sign,
- d) to two networks, with both kinds of steps.

**4.** Which training leaves the most weights at (nearly) zero?

- a) with a penalty on absolute values, L1
- b) all three alike
- c) without any penalty
- d) with a penalty on squares, L2

**5.** Dropout keeps a value with probability 0.8, and divides what it keeps by 0.8. Somebody has turned the comparison
round, and keeps what should be dropped. A value of 1 becomes, on the average,

- a) 1
- b) 5/4
- c) 4/5
- d) 1/4
"""

# %% exercise="regularization_predictions"
from autograder.topics.regularization.answers import regularization_predictions

# %% points=1
check(regularization_predictions)

# %% [markdown]
r"""
## A network that overfits

Two classes lie on either side of a curve. Whoever labelled the points got about 10 % of them wrong, in the training set
as well as in the dev and test sets. **Label noise** means labels that are wrong at random, so that the input does not
determine them. Nobody can predict them, not even somebody who knows the curve. So here the Bayes error is known: it is
10 %, and no classifier can be right about more than 90 % of new points.

There are 120 points to learn from. Here is a network of 60 and 20 hidden units, trained for long, five times.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_predictions, 1)
noisy = data.load_noisy_classes()
layers_dims = [2, 60, 20, 1]
seeds = range(5)
bayes_error = 0.10


def fit(seed, gradients=None, iterations=4000, **rest):
    """Train on the noisy classes from the start of a seed."""
    label = f"seed {seed}"
    trained, _ = network.train(
        network.example_parameters(layers_dims, seed),
        noisy.X_train,
        noisy.Y_train,
        learning_rate=0.5,
        iterations=iterations,
        gradients=gradients,
        progress=label,
        **rest,
    )
    return trained


def accuracies(models):
    """Train and dev accuracy in % of several networks."""
    parts = ((noisy.X_train, noisy.Y_train), (noisy.X_dev, noisy.Y_dev))
    return np.array([[100 * network.accuracy(X, Y, model) for X, Y in parts] for model in models])


def report(label, models):
    """Print median, least and greatest accuracy."""
    found = accuracies(models)
    middle, least, greatest = np.median(found, axis=0), found.min(axis=0), found.max(axis=0)
    train, dev = (f"{middle[i]:.1f} ({least[i]:.1f} to {greatest[i]:.1f})" for i in (0, 1))
    print(f"{label:22} train {train:22} dev {dev}")


def probability(parameters):
    """The function that a boundary is drawn of."""
    return lambda X: network.forward_propagation(X, parameters)[0]


plain = [fit(seed) for seed in seeds]
report("no regularization", plain)
wrong = noisy.Y_train != (noisy.X_train[1] > 0.5 * np.sin(4 * noisy.X_train[0]))
learned = [int(np.sum(network.predict(noisy.X_train, model)[wrong] == noisy.Y_train[wrong])) for model in plain]
print(f"of {wrong.sum()} wrong labels the five networks have learned {learned}")
plots.boundaries(
    {f"seed {seed}": probability(plain[seed]) for seed in range(3)},
    noisy.X_train,
    noisy.Y_train,
    alt="Three ragged decision boundaries that bend round single points whose label is wrong, each in another way.",
)

# %% [markdown]
r"""
Prediction 1: a. The network agrees with nearly every label, and with most of the wrong ones too: the boundary makes
detours for them. Each detour costs points on the dev set. On the training set the network is even better than 90 %,
which nobody can be on new points: what is above it is memorized. This is overfitting, and the distance from train to
dev is the variance of `00_data_and_diagnosis`.
"""

# %% [markdown]
r"""
## L2: large weights cost something

A detour needs a sharp bend, and a sharp bend needs large weights. So let the cost grow with the weights. The **L2
penalty** is proportional to the sum of the squares of all weights, and a network trained with it is said to have L2
regularization:

$$J = \underbrace{-\frac1m \sum_i \left(y_i \ln a_i + (1 - y_i) \ln(1 - a_i)\right)}_{\text{cross-entropy}} +
\underbrace{\frac{\lambda}{2 m} \sum_l \lVert W^{[l]} \rVert_F^2}_{\text{L2 penalty}}, \qquad
\lVert W \rVert_F^2 = \sum_{i, j} W_{ij}^2.$$

The **Frobenius norm** $\lVert W \rVert_F$ of a matrix is the root of the sum of the squares of all its entries. Biases
are left out: they only shift what a unit computes and cannot make it steeper.

## Exercise 1: the cost

<details><summary>Hint 1</summary>

Two parts. You know the first; the second is one number for each layer, added up.
</details>
<details><summary>Hint 2</summary>

`parameters` has two entries for each layer. `Y.shape[1]` is $m$. Mind the brackets: `lambd / 2 * m` is not $\lambda /
(2m)$.
</details>
<details><summary>Hint 3</summary>

In a loop over the layers, add the sum of all squared entries of `W` to a total. At the end, the cross-entropy plus the
total times $\lambda / (2m)$.
</details>
"""

# %% exercise="compute_cost_with_regularization"
from autograder.topics.regularization.answers import compute_cost_with_regularization

# %% points=8
check(compute_cost_with_regularization)

# %% [markdown]
r"""
## Exercise 2: its gradients

The derivative of $\frac{\lambda}{2m} W_{ij}^2$ is $\frac{\lambda}{m} W_{ij}$: the 2 of the square cancels the ½, which
is why it stands there. So each weight gets one more term,

$$dW^{[l]} = dW^{[l]}_\text{cross-entropy} + \frac{\lambda}{m} W^{[l]}, \qquad
db^{[l]} = db^{[l]}_\text{cross-entropy}.$$

`network.forward_propagation` and `network.backward_propagation` give you the gradients of the cross-entropy.

<details><summary>Hint 1</summary>

Run the given network forward and backward, then add a term to some of the gradients.
</details>
<details><summary>Hint 2</summary>

`forward_propagation(X, parameters)` returns the output and a cache. `backward_propagation` wants the parameters, the
cache and `Y`.
</details>
<details><summary>Hint 3</summary>

In a loop over the layers: the gradient under `f"dW{l}"` plus $\lambda / m$ times the weights under `f"W{l}"`. Leave
`db`.
</details>
"""

# %% exercise="backward_propagation_with_regularization"
from autograder.topics.regularization.answers import backward_propagation_with_regularization

# %% points=8
check(backward_propagation_with_regularization)

# %% [markdown]
r"""
### How strong should the penalty be?

Five strengths, five seeds each. The line is the median of the seeds; the band reaches from the least to the greatest.
This takes ten seconds or so.
"""


# %% tags=["experiment", "nbval-check-output"]
l2 = {}  # strength → networks
show_prediction(regularization_predictions, 2)


def with_l2(lambd):
    """Train with L2, once for each seed."""
    return [
        fit(seed, lambda X, Y, parameters: backward_propagation_with_regularization(X, Y, parameters, lambd))
        for seed in seeds
    ]


strengths = [0.0, 0.1, 0.3, 1.0, 3.0]
l2 |= {lambd: plain if lambd == 0 else with_l2(lambd) for lambd in strengths}
for lambd, models in l2.items():
    report(f"λ = {lambd:g}", models)
swept = np.array([accuracies(models) for models in l2.values()])
best_possible = 100 * (1 - bayes_error)
plots.lines(
    {"train": swept[:, :, 0].T, "dev": swept[:, :, 1].T, "best possible": np.full(len(strengths), best_possible)},
    np.arange(len(strengths)),
    "λ",
    "accuracy in %",
    "From overfitting to underfitting (five seeds)",
    "Accuracy against λ: training accuracy falls from 95 to 82; dev accuracy rises from 81 to a maximum of 84 and falls"
    " to 79 for the strongest penalty, where both lie close together. A level line at 90 says what is possible.",
    markers=True,
    xticks=np.arange(len(strengths)),
    xticklabels=[f"{lambd:g}" for lambd in strengths],
)
plots.boundaries(
    {f"λ = {lambd:g}": probability(l2[lambd][0]) for lambd in (0.0, 0.3, 3.0)},
    noisy.X_train,
    noisy.Y_train,
    alt="Three boundaries for the first seed: ragged for λ = 0, smooth for λ = 0.3, a straight line for λ = 3.",
)

# %% [markdown]
r"""
Prediction 2: a. On the left the network overfits: better than possible on the training set, and worse on the dev set.
On the right is underfitting: the penalty leaves the boundary hardly any bend. In between lies the best $\lambda$, and
only the dev set can tell you which. The training accuracy always votes for $\lambda = 0$.

What would your own `diagnose` say? The next cell reads it from your notebook `00_data_and_diagnosis`, as you last saved
it. (If you have not done that one yet, come back here later: no points depend on it.)
"""

# %% tags=["experiment", "nbval-check-output"]
diagnose = own_work("00_data_and_diagnosis", "diagnose")["diagnose"]
diagnoses = []
for lambd, models in l2.items():
    train_error, dev_error = 1 - np.median(accuracies(models), axis=0) / 100
    diagnoses.append(diagnose(train_error, dev_error, bayes_error))
    print(f"λ = {lambd:g}: error {train_error:.1%} on train, {dev_error:.1%} on dev: {diagnoses[-1]}")

# %% [markdown]
r"""
Both ends of the figure, in the words of `00_data_and_diagnosis`. At $\lambda = 0$ the bias is even negative: the
training error lies *below* the Bayes error. That is no achievement. It says that the network has memorized labels that
cannot be predicted.

## Exercise 3: weight decay

Put the gradient into a step of gradient descent with learning rate $\alpha$:

$$W - \alpha \left(dW + \frac{\lambda}{m} W\right) = \left(1 - \frac{\alpha \lambda}{m}\right) W - \alpha \, dW.$$

**Weight decay** shrinks every weight by a factor a little below 1 in each step of training.
Write the right-hand side; `dW` is the gradient *without* the penalty.

<details><summary>Hint 1</summary>

One line. The right-hand side, term by term.
</details>
<details><summary>Hint 2</summary>

Only `W` is shrunk, and only by $\alpha \lambda / m$. There is no 2: it went with the derivative.
</details>
<details><summary>Hint 3</summary>

Return a new array. `W *= …` would change the caller's weights.
</details>
"""

# %% exercise="weight_decay_step"
from autograder.topics.regularization.answers import weight_decay_step

# %% points=4
check(weight_decay_step)

# %% [markdown]
r"""
### Are L2 and weight decay the same?

For gradient descent they are: it is the same formula. But many optimizers give each weight a step size of its own: they
divide its gradient by the size of the gradients that it has seen. The simplest of them sees only the last one, and goes
along

$$\frac{g}{|g| + \varepsilon},$$

that is, along the *sign* of the gradient, one learning rate up or down for each weight. (Adam, which you will write in
`04_optimization`, is of this kind. You will see the same there with its usual settings.) Both ways, 300 steps from the
same start, five seeds:
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_predictions, 3)
m = noisy.X_train.shape[1]


def both_ways(seed, direction, learning_rate, lambd=3.0):
    """Train with L2 and with weight decay: both networks, and after each step the largest difference of a weight."""
    l2_way = decay_way = network.example_parameters(layers_dims, seed)
    apart = []
    for _ in range(300):
        grads = backward_propagation_with_regularization(noisy.X_train, noisy.Y_train, l2_way, lambd)
        l2_way = {key: value - learning_rate * direction(grads["d" + key]) for key, value in l2_way.items()}
        grads = backward_propagation_with_regularization(noisy.X_train, noisy.Y_train, decay_way, 0.0)
        decay_way = {
            key: weight_decay_step(value, direction(grads["d" + key]), learning_rate, lambd * (key[0] == "W"), m)
            for key, value in decay_way.items()
        }
        apart.append(max(np.abs(l2_way[key] - decay_way[key]).max() for key in l2_way))
    return l2_way, decay_way, apart


def all_weights(parameters):
    """Every weight of a network in one array."""
    return np.concatenate([value.ravel() for key, value in parameters.items() if key[0] == "W"])


optimizers = {
    "gradient descent": (lambda g: g, 0.1),
    "sign of the gradient": (lambda g: g / (np.abs(g) + 1e-8), 0.001),
}
apart = {}
for label, (direction, learning_rate) in optimizers.items():
    runs = [both_ways(seed, direction, learning_rate) for seed in seeds]
    apart[label] = [run[2] for run in runs]
    lengths = [np.median([np.linalg.norm(all_weights(run[way])) for run in runs]) for way in (0, 1)]
    print(f"{label}: {np.median(apart[label], axis=0)[-1]:.0e} apart after 300 steps")
    print(f"    length of all weights: {lengths[0]:.2f} with L2, {lengths[1]:.2f} with weight decay")
plots.lines(
    {label: np.array(rows) for label, rows in apart.items()},
    np.arange(1, 301),
    "step",
    "largest difference of a weight",
    "L2 against weight decay (five seeds)",
    "Largest difference of a weight against step, on a logarithmic axis: with gradient descent it stays below 1e-13;"
    " with the sign it begins above a thousandth and rises to more than a half.",
    yscale="log",
)

# %% [markdown]
r"""
Prediction 3: b. With gradient descent the two agree to rounding. With the sign they do not: the gradient of the penalty
is divided by its size, too. A weight that hardly matters to the data is pulled by a whole learning rate in each step,
however weak the penalty; one that does matter is hardly pulled at all. Here that makes the weights much smaller than
weight decay does with the same $\lambda$. So with steps of this kind you have to say which of the two you mean
([Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101), section 2).
"""

# %% [markdown]
r"""
## L1: many weights become zero

The **L1 penalty** is proportional to the sum of the absolute values of all weights:

$$\frac{\lambda}{2m} \sum_l \sum_{i, j} \left| W^{[l]}_{ij} \right|.$$

L2 pulls at a weight in proportion to its size, so less and less as it shrinks. L1 pulls at every weight alike, until
it is at zero:
"""

# %% tags=["experiment"]
w = np.linspace(-2, 2, 201)
fig, axes = plots.figure(1, 2, width=3.4, height=2.8)
for ax, label, square, absolute in (
    (axes[0, 0], "penalty", w**2 / 2, np.abs(w) / 2),
    (axes[0, 1], "its slope", w, np.where(w == 0, 0, np.sign(w) / 2)),
):
    plots.line(ax, w, square, 0, "L2")
    plots.line(ax, w, absolute, 1, "L1")
    ax.set(xlabel="weight", ylabel=label)
    ax.legend()
plots.show(
    fig,
    alt="Left: the L2 penalty is a parabola, the L1 penalty a V. Right: the slope of L2 is a line through zero, that of"
    " L1 jumps from minus one half to one half.",
)

# %% [markdown]
r"""
## Exercise 4: the L1 penalty

<details><summary>Hint 1</summary>

The second part of exercise 1, with another function of each weight.
</details>
<details><summary>Hint 2</summary>

First the absolute value of each entry, then the sum. The other way round, weights of both signs cancel.
</details>
<details><summary>Hint 3</summary>

`np.abs` of a `W` is an array; `np.sum` of that is a number. Add these up over the layers; times $\lambda / (2m)$ at
the end.
</details>
"""

# %% exercise="l1_penalty"
from autograder.topics.regularization.answers import l1_penalty

# %% points=6
check(l1_penalty)

# %% [markdown]
r"""
## Exercise 5: its gradient

$|w|$ has the slope $+1$ on the right of zero and $-1$ on the left. At zero it has none; take 0.

<details><summary>Hint 1</summary>

The gradient depends on the sign of each weight only. Nothing cancels the 2 here.
</details>
<details><summary>Hint 2</summary>

Dividing a weight by its absolute value gives its sign, but at zero it gives `nan`.
</details>
<details><summary>Hint 3</summary>

NumPy has a function for the sign, which is 0 at 0. Times $\lambda / (2m)$.
</details>
"""

# %% exercise="l1_gradient"
from autograder.topics.regularization.answers import l1_gradient

# %% points=4
check(l1_gradient)

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_predictions, 4)


def with_l1(lambd):
    """Train with L1, once for each seed."""

    def gradients(X, Y, parameters):
        grads = network.backward_propagation(parameters, network.forward_propagation(X, parameters)[1], Y)
        pull = {key: l1_gradient(value, lambd, X.shape[1]) for key, value in parameters.items() if key[0] == "W"}
        return {key: value + pull.get(key[1:], 0) for key, value in grads.items()}

    return [fit(seed, gradients) for seed in seeds]


l1 = {lambd: with_l1(lambd) for lambd in (0.3, 1.0)}
for lambd, models in l1.items():
    report(f"L1, λ = {lambd:g}", models)
    cost = l1_penalty(models[0], lambd, noisy.X_train.shape[1])
    print(f"    penalty at the end, seed 0: {cost:.3f}")
best_l1 = max(l1, key=lambda lambd: np.median(accuracies(l1[lambd])[:, 1]))
best_l2 = max(strengths, key=lambda lambd: np.median(accuracies(l2[lambd])[:, 1]))
print(f"best on the dev set: L2 with λ = {best_l2:g}, L1 with λ = {best_l1:g}")
chosen = {"none": plain, f"L2, λ = {best_l2:g}": l2[best_l2], f"L1, λ = {best_l1:g}": l1[best_l1]}
for label, models in chosen.items():
    near = [100 * np.mean(np.abs(all_weights(model)) < 0.01) for model in models]
    print(f"{label}: {np.median(near):.0f} % of the weights within 0.01 of zero ({min(near):.0f} to {max(near):.0f})")
large = [np.abs(all_weights(model)) for model in l1[best_l1]]
counts = [int(np.sum(sizes > 0.5)) for sizes in large]
print(
    f"with L1, {min(counts)} to {max(counts)} of {large[0].size} weights are larger than 0.5; the largest of all is",
    end=" ",
)
print(f"{np.max(large):.1f}")
plots.histograms(
    {label: all_weights(models[0]) for label, models in chosen.items()},
    xlabel="weight",
    limits=(-5, 5),
    alt="Three histograms of the weights: broad without a penalty, narrow with L2, and with L1 one tall bar at zero;"
    " its large weights are too few to be seen.",
)

# %% [markdown]
r"""
Prediction 4: a. L2 makes all weights small, some of them very small. L1 makes nearly all of them zero and lets the few
others be large: 12 to 14 of the 1340 weights are larger than 0.5, up to 3.1. An array most of whose entries are zero is
called **sparse**. (Plain gradient steps make the weights jump from one side of zero to the other, at most one step away
from it: hence "within 0.01".)
"""

# %% [markdown]
r"""
## Dropout

**Dropout** switches off each unit at random in every step of training, for each example anew. A unit that cannot rely
on its neighbours has to be of use by itself ([Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html),
section 2). With the probability `keep_prob` of being kept,

$$D_{ij} = \begin{cases} 1 & \text{with probability keep\_prob} \\ 0 & \text{otherwise} \end{cases}, \qquad
A_\text{out} = \frac{A * D}{\text{keep\_prob}}.$$

Why divide? Without the division, the next layer would see smaller sums in training than later, when nothing is dropped.
With it, the mean stays what it was:

$$\operatorname{E}(A_\text{out}) = \frac{A \cdot \operatorname{E}(D)}{\text{keep\_prob}} = \frac{A \cdot
\text{keep\_prob}}{\text{keep\_prob}} = A.$$

**Inverted dropout** is dropout that divides by `keep_prob` in training, so that nothing is left to do at test time.
(The paper multiplies by it at test time instead; its section 10 names both.)

## Exercise 6: dropout, forward

Each value of `A` is dropped or kept by a draw of its own, from `rng`. When `training` is `False`, return `A` and a
mask of ones.

<details><summary>Hint 1</summary>

`rng.random(shape)` draws uniformly from $[0, 1)$. How likely is such a number below 0.8?
</details>
<details><summary>Hint 2</summary>

A comparison of an array with a number is an array of `True` and `False`: a mask. It must have the shape of `A`.
</details>
<details><summary>Hint 3</summary>

First the case that nothing is dropped. Otherwise three steps: draw and compare, multiply, divide. Return two arrays.
</details>
"""

# %% exercise="dropout_forward"
from autograder.topics.regularization.answers import dropout_forward

# %% points=12
check(dropout_forward)

# %% [markdown]
r"""
### The mean stays

A value of 1, dropped 10000 times, averaged. The line is your function. The two others are what happens without the
division, and with the comparison turned round.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_predictions, 5)
rng = np.random.default_rng(0)
A = np.ones((100, 100))
probabilities = np.linspace(0.1, 1, 10)
means = {"yours": [], "not divided": [], "reversed": []}
for keep_prob in probabilities:
    out, D = dropout_forward(A, keep_prob, rng)
    means["yours"].append(out.mean())
    means["not divided"].append((out * keep_prob).mean())
    means["reversed"].append(((A - D) / keep_prob).mean())
plots.lines(
    means,
    probabilities,
    "keep_prob",
    "mean of the output",
    "A value of 1 after dropout",
    "Mean against keep_prob: yours is a level line at 1; not divided rises from 0 to 1; reversed falls steeply from 9"
    " to 0 and meets yours at one half.",
    markers=True,
    ylim=(0, 3),
)
for keep_prob in (0.5, 0.8):
    draws = rng.random(100_000)
    kept, reversed_kept = np.mean(draws < keep_prob), np.mean(draws > keep_prob)
    print(f"keep_prob {keep_prob}: draws below it {kept:.1%}, draws above it {reversed_kept:.1%}")

# %% [markdown]
r"""
**Mind the notes: the mask turned round.** Some lecture notes compare the other way, $D = (\text{draw} >
\text{keep\_prob})$. Look at the two lines above: at 0.5 nobody notices. At 0.8 such a network keeps a fifth of its
units in place of four fifths, and then divides by 0.8 all the same: $0.2 / 0.8 = 1/4$ (prediction 5: d).

## Exercise 7: dropout, backward

What was dropped had no influence on the cost, so its gradient is zero. What was kept was divided by `keep_prob`, so its
gradient is divided as well. The mask is the one of the forward pass.

<details><summary>Hint 1</summary>

$A_\text{out} = A * D / \text{keep\_prob}$. What is the derivative with respect to $A$?
</details>
<details><summary>Hint 2</summary>

No draws here. A new mask would send gradients to units that were switched off.
</details>
<details><summary>Hint 3</summary>

The same two operations as in the forward pass, on `dA`. Return a new array.
</details>
"""

# %% exercise="dropout_backward"
from autograder.topics.regularization.answers import dropout_backward

# %% points=8
check(dropout_backward)

# %% [markdown]
r"""
## Predict the second half

Six more: what dropout does and does not do, and two other ways to keep a network from memorizing.

**1.** You drop more and more: keep_prob from 1 down to 0.1. The accuracy…

- a) falls on the training set; on the dev set it rises, and later falls,
- b) falls all the way, on the training set and on the dev set,
- c) rises on both,
- d) rises on the training set and falls on the dev set.

**2.** Dropout switches units off at random while training. You forget to end it when you use the network. Its accuracy…

- a) is higher,
- b) stays the same: it was trained that way,
- c) is lower on the whole, and another one each time you ask,
- d) is that of guessing.

**3.** The length of all weights together after training with dropout, beside that after training with L2:

- a) The same.
- b) Shorter: dropout shrinks weights the most.
- c) Zero: all weights were dropped.
- d) Longer.

**4.** You train for long, and write down the cost after every epoch, on the training set and on the dev set. The lowest
cost on the dev set comes…

- a) in the same epoch,
- b) before the lowest one on the training set,
- c) in the first epoch,
- d) after it.

**5.** Sixty images of hands have labels. You add the mirror image of each. On new images, the accuracy…

- a) falls,
- b) rises about as much as with sixty more images that have labels,
- c) stays the same: the network learns nothing that it did not know,
- d) rises to nearly 100 %.

**6.** At the end, every cure at its best strength stands beside the network without any. It is…

- a) better on training points, and better on test points,
- b) worse on training points, and worse on test points,
- c) better on training points, and worse on test points,
- d) worse on training points, and better on test points.
"""

# %% exercise="regularization_more_predictions"
from autograder.topics.regularization.answers import regularization_more_predictions

# %% points=1
check(regularization_more_predictions)

# %% [markdown]
r"""
### How much to drop?

`network.gradients_with_dropout` puts your two functions behind every hidden layer. Five probabilities, five seeds each.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 1)


def with_dropout(keep_prob):
    """Train with dropout, once for each seed."""
    models = []
    for seed in seeds:
        rng = np.random.default_rng(1000 + seed)

        def gradients(X, Y, parameters, rng=rng):
            return network.gradients_with_dropout(X, Y, parameters, keep_prob, rng, dropout_forward, dropout_backward)

        models.append(fit(seed, gradients))
    return models


keeps = [1.0, 0.8, 0.5, 0.3, 0.1]
dropped = {keep_prob: plain if keep_prob == 1 else with_dropout(keep_prob) for keep_prob in keeps}
for keep_prob, models in dropped.items():
    report(f"keep_prob = {keep_prob:g}", models)
swept = np.array([accuracies(models) for models in dropped.values()])
plots.lines(
    {"train": swept[:, :, 0].T, "dev": swept[:, :, 1].T, "best possible": np.full(len(keeps), best_possible)},
    np.arange(len(keeps)),
    "keep_prob",
    "accuracy in %",
    "The less is kept, the less is memorized (five seeds)",
    "Accuracy against keep_prob from 1 down to 0.1: training accuracy falls; dev accuracy is highest at 0.5 and falls"
    " at the end. A level line at 90 says what is possible.",
    markers=True,
    xticks=np.arange(len(keeps)),
    xticklabels=[f"{keep_prob:g}" for keep_prob in keeps],
)

# %% [markdown]
r"""
Prediction 1: a. Too much of what keeps a network from memorizing keeps it from learning, too.

### At test time

**Mind the notes: when to drop.** Some notes say, in passing, that dropout is used at test time, or even only then.
Here is the network that was trained with `keep_prob` 0.5, asked ten times, with dropout left on.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 2)


def asked(parameters, training, rng):
    """Dev accuracy in % with dropout (keep_prob 0.5) on or off."""
    A = noisy.X_dev
    L = len(parameters) // 2
    for l in range(1, L):
        A = np.maximum(parameters[f"W{l}"] @ A + parameters[f"b{l}"], 0)
        A, _ = dropout_forward(A, 0.5, rng, training=training)
    said = network.sigmoid(parameters[f"W{L}"] @ A + parameters[f"b{L}"]) > 0.5
    return 100 * np.mean(said == noisy.Y_dev)


rng = np.random.default_rng(0)
off, on = [], []
for model in dropped[0.5]:
    off.append(asked(model, False, rng))
    on.append([asked(model, True, rng) for _ in range(10)])
    print(f"off {off[-1]:.1f} %; left on {min(on[-1]):.1f} to {max(on[-1]):.1f} %, mean {np.mean(on[-1]):.1f} %")

# %% [markdown]
r"""
Prediction 2: c. With dropout on, the network says one thing now and another a moment later. On average each of
the five networks loses 0.9 to 1.8 points. Dropout belongs to training only.

### Does dropout make weights small?

It is often said to act like L2. Measure it: the length of all weights together, the Frobenius norm of all matrices
taken as one; five seeds.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 3)
groups = {
    "none": plain,
    f"L2, λ = {best_l2:g}": l2[best_l2],
    "keep_prob = 0.8": dropped[0.8],
    "keep_prob = 0.5": dropped[0.5],
}
for label, models in groups.items():
    lengths = [np.linalg.norm(all_weights(model)) for model in models]
    print(f"{label:16} length {np.median(lengths):.1f} ({min(lengths):.1f} to {max(lengths):.1f})")
at_start = [np.linalg.norm(all_weights(network.example_parameters(layers_dims, seed))) for seed in seeds]
print(f"{'at the start':16} length {np.median(at_start):.1f}")

# %% [markdown]
r"""
Prediction 3: d. With dropout the weights grew less than without anything. But grow they did: they are longer than at
the start, and longer than with L2 at its best. Dropout does not need small weights to be of use, and to call it a kind
of L2 is a simplification.
"""

# %% [markdown]
r"""
## Early stopping

An **epoch** is one pass through all training examples. (Here every step uses all of them, so each step is an epoch.)
**Early stopping** ends the training when the cost on the dev set has not improved for some epochs, and takes the
parameters of the best one. It is the cheapest method of all: the network is stopped before it memorizes the noise.

## Exercise 8: where to stop

`dev_costs` has one number for each epoch, counted from 0. An epoch is an improvement if its cost is below the best so
far by more than `min_delta`. The **patience** is the number of epochs in a row without an improvement after which
training stops. Return the best epoch and the epoch of the stop. A cost may be `nan`; that is no improvement.

<details><summary>Hint 1</summary>

Remember one thing while you go through the list: the best epoch so far.
</details>
<details><summary>Hint 2</summary>

How long you have waited is the difference of two epochs. A comparison with `nan` is always false, so ask "is it
lower?" and not "is it not higher?".
</details>
<details><summary>Hint 3</summary>

In the loop: if the cost is below the best cost minus `min_delta`, this epoch is the new best. Otherwise, if it lies
`patience` or more after the best, return both. After the loop, the last epoch is the stop.
</details>
"""

# %% exercise="early_stopping"
from autograder.topics.regularization.answers import early_stopping

# %% points=8
check(early_stopping)

# %% [markdown]
r"""
Here is your function at work. To save time we look at the dev cost once in 25 epochs, so a patience of 20 looks lasts
500 epochs. To show what comes later, training goes on after the stop.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 4)
every, looks, patience = 25, 160, 20
stops, last, best_epochs, stop_epochs = [], [], [], []
curves = {"train": [], "dev": []}
for seed in seeds:
    parameters, states = network.example_parameters(layers_dims, seed), []
    costs = {"train": [], "dev": []}
    for _ in network.progress_bar(looks, f"seed {seed}"):
        parameters, _ = network.train(
            parameters, noisy.X_train, noisy.Y_train, learning_rate=0.5, iterations=every, progress=None
        )
        states.append(parameters)
        for part, X, Y in (("train", noisy.X_train, noisy.Y_train), ("dev", noisy.X_dev, noisy.Y_dev)):
            costs[part].append(network.compute_cost(network.forward_propagation(X, parameters)[0], Y))
    best, stop = early_stopping(costs["dev"], patience)
    lowest = int(np.argmin(costs["train"]))
    stops.append(states[best])
    last.append(states[lowest])
    for part in curves:
        curves[part].append(costs[part])
    best_epochs.append(every * (best + 1))
    stop_epochs.append(every * (stop + 1))
    print(f"seed {seed}: best epoch {best_epochs[-1]}, stop at {stop_epochs[-1]};", end=" ")
    print(f"lowest training cost at {every * (lowest + 1)} of {every * looks}")
report("stopped early", stops)
report("lowest training cost", last)
plots.lines(
    {part: np.array(values) for part, values in curves.items()},
    every * np.arange(1, looks + 1),
    "epoch",
    "cost",
    "The training cost falls on, the dev cost does not (five seeds)",
    "Cost against epoch: the median training cost falls, from 0.41 to 0.13; that on the dev set is lowest, 0.47, at"
    " epoch 75 and then rises to 1.5, with a wide band.",
    height=5.0,
    ylim=(0, 2),
)

# %% [markdown]
r"""
Prediction 4: b. **Mind the notes: "the lowest J".** Some notes say to stop where the cost $J$ is lowest, and show the
training cost. You see where that leads: near the last epoch, which is no early stopping at all. It has to be the cost
on data that the network does not train on.

Early stopping has a price. It does two things with one setting, to lower the cost and not to overfit. L2 keeps them
apart, but there the network has to be trained once for every $\lambda$.
"""

# %% [markdown]
r"""
## More data from the data you have

The surest cure for variance is more data. **Data augmentation** makes new training examples from old ones, by changes
that leave the label right. For images some of it is free: a hand seen in a mirror still shows as many fingers.

## Exercise 9: mirror images

Mirror each of the `k` images left to right with probability `p`. Images are arrays `(k, h, w)`, or `(k, h, w, c)` with
colours.

<details><summary>Hint 1</summary>

Which axis holds the columns of an image? It is the same one for grey and for colour images.
</details>
<details><summary>Hint 2</summary>

One draw for each image, `len(images)` in all. A slice with step −1 turns an axis round.
</details>
<details><summary>Hint 3</summary>

Copy the images. A mask of those to mirror, by comparing draws with `p`; then replace the masked ones by themselves
with axis 2 turned round.
</details>
"""

# %% exercise="augment_flip"
from autograder.topics.regularization.answers import augment_flip

# %% points=4
check(augment_flip)

# %% tags=["experiment"]
hands = data.load_hands()
first = data.as_images(hands.X_train[:, :6])
mirrored = augment_flip(first, 1.0, np.random.default_rng(0))
fingers = hands.Y_train[0, :6]
plots.images(
    [*first, *mirrored],
    [str(number) for number in fingers] * 2,
    alt="Twelve small grey drawings of hands with 0 to 5 fingers up; the second row is the first one mirrored.",
)

# %% [markdown]
r"""
The task: does a hand show three fingers or more? We pretend that only 60 images have labels, and train on them; then
on them and their mirror images; and then, to compare, on 60 others as well. The accuracy is that on the 960 images left
over. Ten draws of the images.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 5)
hands = data.load_hands()
many = (hands.Y_train >= 3).astype(float)
found = {"60 images": [], "60 and their mirror images": [], "120 images": []}
for draw in range(10):
    rng = np.random.default_rng(draw)
    some = rng.choice(hands.X_train.shape[1], 120, replace=False)
    X, Y = hands.X_train[:, some], many[:, some]
    held_out, wanted = np.delete(hands.X_train, some, axis=1), np.delete(many, some, axis=1)
    mirrored = data.as_columns(augment_flip(data.as_images(X[:, :60]), 1.0, rng))
    sets = (
        (X[:, :60], Y[:, :60]),
        (np.hstack([X[:, :60], mirrored]), np.hstack([Y[:, :60], Y[:, :60]])),
        (X, Y),
    )
    for label, (images, answers) in zip(found, sets, strict=True):
        mean, spread = images.mean(), images.std()
        trained, _ = network.train(
            network.example_parameters([400, 20, 1], draw),
            (images - mean) / spread,
            answers,
            learning_rate=0.1,
            iterations=300,
            progress=f"{label}, draw {draw}",
        )
        found[label].append(100 * network.accuracy((held_out - mean) / spread, wanted, trained))
for label, values in found.items():
    print(f"{label:27} {np.median(values):.1f} % ({min(values):.1f} to {max(values):.1f})")
better = np.sum(np.array(found["60 and their mirror images"]) > np.array(found["60 images"]))
print(f"better with mirror images in {better} of 10 draws")

# %% [markdown]
r"""
Prediction 5: b. In this task the mirror images are worth about as much as 60 more labels, and cost nothing: left and
right hands are equally common here. But the change must not change the label. A mirrored hand shows as many fingers; a
mirrored letter *b* is a *d*.

## All of them, side by side

Each method stands here at the strength that was best on the dev set. The test set has not been touched so far. It is
used now, once.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(regularization_more_predictions, 6)
best_keep = max(keeps, key=lambda keep_prob: np.median(accuracies(dropped[keep_prob])[:, 1]))
final = {
    "none": plain,
    f"L2, λ = {best_l2:g}": l2[best_l2],
    f"L1, λ = {best_l1:g}": l1[best_l1],
    f"keep_prob = {best_keep:g}": dropped[best_keep],
    "stopped early": stops,
}
tests = {}
for label, models in final.items():
    tests[label] = [100 * network.accuracy(noisy.X_test, noisy.Y_test, model) for model in models]
    report(label, models)
    test = tests[label]
    print(f"{'':22} test {np.median(test):.1f} ({min(test):.1f} to {max(test):.1f})")
plots.boundaries(
    {label: probability(models[0]) for label, models in final.items()},
    noisy.X_train,
    noisy.Y_train,
    alt="Five boundaries for the first seed: without regularization ragged, round many single points; with L2 and L1"
    " smooth; with dropout and early stopping in between, with fewer detours than without.",
)

# %% [markdown]
r"""
Prediction 6: d. All four learn fewer of the wrong labels, and so have a *lower* training accuracy and a higher one
on new points. That is what a cure for variance looks like. None of them gets to 90 %: 120 points do not show the whole
curve.

Early stopping gains least here. It watches the cost, and with wrong labels in the dev set the cost rises as soon as the
network is sure of itself: training stops at a training error of 16.7 %, where the network still has high bias.

How much can you trust that? The strengths were chosen on the dev set, and the data themselves are one draw of sixteen,
the one with the most usual errors on train and dev. So the notebook was run again on five other draws of its data, by
which nothing was chosen. Their median test accuracies are 79.5 % without any of the methods, 82.1 % with L2, 82.8 %
with L1, 85.0 % with dropout, 82.2 % stopped early. L2, L1 and dropout were better than none in 5 of the 5, early
stopping in 4. In all five, $\lambda = 0$ has high variance and $\lambda = 3$ has high bias. The mirror images gave 97.3
%, beside 95.2 % with 60 images and 96.7 % with 120. One draw is an anecdote; five begin to be a finding.
"""

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** Somebody builds the mask with `rng.random(A.shape) > keep_prob`, and keep_prob is 0.8. What happens in training?

- a) The same units are dropped in every step.
- b) The division by keep_prob makes up for it.
- c) Only a fifth of the values is kept, and the mean is no longer right.
- d) Nothing: the two thresholds are equivalent.

**2.** When is inverted dropout switched on?

- a) In training only. At test time nothing is dropped and nothing is scaled.
- b) At test time only.
- c) In training; at test time values are multiplied by keep_prob.
- d) Always.

**3.** Train accuracy 78 %, dev accuracy 77 %, and people do it with 99 %. You use L2 with $\lambda = 10$. What do you
try?

- a) Dropout on top.
- b) A smaller $\lambda$.
- c) More data.
- d) Early stopping.

**4.** You want most weights to be zero. What do you use?

- a) L1
- b) L2
- c) early stopping
- d) dropout

**5.** When are L2 and weight decay two different things?

- a) When each weight has a step size of its own.
- b) Never.
- c) When $\lambda$ is large.
- d) When the network has biases.

**6.** Which epoch's parameters do you keep with early stopping?

- a) The one with the lowest dev cost before patience ended.
- b) The last one before the dev cost rose for the first time.
- c) The one with the lowest training cost.
- d) The one with the best test accuracy.
"""

# %% exercise="regularization_answers"
from autograder.topics.regularization.answers import regularization_answers

# %% points=6
check(regularization_answers)

# %% [markdown]
r"""
## What you can do now

- Add an L2 or L1 penalty to a cost and to its gradient, and say what each does to the weights: they become small, or
  sparse.
- Use weight decay, and say when it is the same as L2: with plain gradient descent, and not where each weight has its
  own step size.
- Train with dropout, with the same mask forward and backward, and switch it off afterwards.
- Stop early, by the cost on the dev set and with patience.
- Choose the strength of each on the dev set, and see by both errors and the Bayes error when it is too weak or too
  strong.

### In real code

- L2: `torch.optim.SGD(params, lr=0.1, weight_decay=0.01)`, where 0.01 stands for our $\lambda / m$;
  `keras.regularizers.L2(0.005)`, where 0.005 stands for $\lambda / (2m)$, given to a layer as its `kernel_regularizer`
- weight decay where it is not L2: `torch.optim.AdamW(params, weight_decay=0.01)`,
  `keras.optimizers.AdamW(weight_decay=0.01)`
- L1: in PyTorch `W.abs().sum()`, times $\lambda / (2m)$, added to the cost; `keras.regularizers.L1(0.005)`
- dropout with `keep_prob` 0.8: `torch.nn.Dropout(0.2)`, on after `model.train()` and off after `model.eval()`;
  `keras.layers.Dropout(0.2)`, on in `fit` only. Both are told what to *drop*, $1 - \text{keep\_prob}$
- early stopping: in PyTorch a loop of your own; `keras.callbacks.EarlyStopping(patience=40,
  restore_best_weights=True)`, which otherwise keeps the last weights, and not the best
- mirror images: `torchvision.transforms.v2.RandomHorizontalFlip(0.5)` in PyTorch,
  `keras.layers.RandomFlip("horizontal")`

In PyTorch, `weight_decay` shrinks biases too, unless you give them a group of parameters of their own.

### Read more

- [Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html), *Dropout: A Simple Way to Prevent Neural
  Networks from Overfitting*: sections 1 to 4, and 7 for what it does to the units.
- [Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101), *Decoupled Weight Decay Regularization*, section 2:
  why L2 and weight decay are two things.
- [Prechelt, 1998](https://doi.org/10.1007/3-540-49430-8_3), *Early Stopping, but When?*: patience and other rules,
  measured.
- [Goodfellow, Bengio and Courville, 2016](https://www.deeplearningbook.org/contents/regularization.html), *Deep
  Learning*, chapter 7: all these methods, and more.
"""
