# %% [markdown]
r"""
# TensorFlow

*Real projects use a framework. What does it do for me, and how do I find out when it does something else than I think?*

A bonus. You wrote forward and backward passes, softmax, batch norm and Adam by hand. A framework has them all, and
derives every backward pass by itself. Here you meet one, and compare it with what you wrote.

| you write | points |
|---|---|
| four predictions, before you run the experiments | 2 |
| `linear_function` | 4 |
| `one_hot_matrix` | 4 |
| `compute_cost` | 6 |
| `train_step` | 10 |
| answers to four questions | 4 |

Write your code where it says `TODO`, run the cell, then run the `check` below it. It tells you what is wrong, as often
as you like. The same checks run on other cases when your work is graded.

**This notebook needs TensorFlow.** The others do not; it is large (about 1 GB). Install it in the course's
folder, and restart the kernel:

`python -m pip install -c constraints.txt -e ".[tensorflow]"`

TensorFlow exists for Python up to 3.13. Without it you can read on here, and all other notebooks work.
"""

# %%
import os

import numpy as np

from course_utils import check, data, missing, network, own_work, plots, quiet, show_prediction

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's own log is long
try:
    import tensorflow as tf
except ImportError:
    tf = missing("tensorflow")  # says how to get it

# %% [markdown]
r"""
## Predict before you run

Four experiments lie ahead. Say now what you expect of them. A guess is enough: any letter earns its part of the
points, and what you guessed wrong you will remember.

**1.** A Python function prints a line and returns $x^2$. You decorate it with `tf.function` and call it with five
tensors, one after the other. The line is printed…

- a) six times,
- b) five times,
- c) once,
- d) never.

**2.** A tape records $y = x^2$, where $x$ is a constant tensor, 3. You ask the tape for the derivative of $y$ by $x$.
You get…

- a) an error,
- b) `None`,
- c) 0,
- d) 6.

**3.** Your Adam of `04_optimization` and the framework's start from the same weights and take 100 steps with the same
gradients and the same settings ($\alpha = 0.001$, $\varepsilon = 10^{-7}$). The largest difference of a weight is…

- a) about $10^{-16}$,
- b) about $10^{-2}$,
- c) about $10^{-7}$,
- d) exactly 0.

**4.** In `05_batchnorm_softmax` networks that were written by hand counted fingers; with its reference answers, 97 to
98 % of the test images came out right. The framework's, of the same kind, will have…

- a) about as many right, give or take two points,
- b) at least five points fewer,
- c) all of them right,
- d) at least five points more.
"""

# %% exercise="tensorflow_predictions"
from autograder.topics.tensorflow.answers import tensorflow_predictions

# %% points=2
check(tensorflow_predictions)

# %% [markdown]
r"""
## Tensors

A **tensor** is what NumPy calls an array: numbers of one dtype in a shape. Three things differ. See for yourself.
"""

# %% tags=["experiment", "nbval-check-output"]
array, tensor = np.array([[1.0, 2.0], [3.0, 4.0]]), tf.constant([[1.0, 2.0], [3.0, 4.0]])
print("from the same numbers:", array.dtype, "and", tensor.dtype.name)
try:
    tensor + tf.constant(array)
except tf.errors.InvalidArgumentError:
    print("float32 + float64: refused")
try:
    tensor[0, 0] = 5.0
except TypeError as error:
    print("tensor[0, 0] = 5.0:", error)
variable = tf.Variable(tensor)
variable[0, 0].assign(5.0)
print("a variable after an assignment:", variable.numpy().tolist())

# %% [markdown]
r"""
- Numbers are of **single precision** (float32): they have 32 bits, about seven digits. For training that is enough, in
  half the memory. What you make of a NumPy array keeps its 64 bits.
- dtypes are never mixed silently. `tf.cast(x, tf.float32)` converts.
- A tensor cannot be changed. What changes, such as a weight, is a `tf.Variable`, by `assign`, `assign_add` or
  `assign_sub`.

`tensor.numpy()` gives the array, and nearly every function takes arrays where it wants tensors.

## Operators

They are NumPy's, with other names now and then:

| NumPy | TensorFlow |
|---|---|
| `W @ X` | `tf.matmul(W, X)`, or `@` between tensors |
| `np.exp`, `np.maximum` | `tf.exp`, `tf.maximum` |
| `np.sum(X, axis=0, keepdims=True)` | `tf.reduce_sum(X, axis=0, keepdims=True)` |
| `X.mean()` | `tf.reduce_mean(X)` |
| `X.T`, `X.reshape(-1)` | `tf.transpose(X)`, `tf.reshape(X, [-1])` |
| `X.astype(np.float32)` | `tf.cast(X, tf.float32)` |
| `np.maximum(Z, 0)` | `tf.nn.relu(Z)` |

## Exercise 1: a layer

$Z = W X + b$: units are rows, examples are columns, as always in this course.

<details><summary>Hint 1</summary>

A matrix product, and a column that is added to every column of it.
</details>
<details><summary>Hint 2</summary>

`tf.matmul` takes tensors and arrays. Broadcasting works as in NumPy.
</details>
<details><summary>Hint 3</summary>

One line. Return the tensor as it is: an array would do here, but no tape could follow it later.
</details>
"""

# %% exercise="linear_function"
from autograder.topics.tensorflow.answers import linear_function

# %% points=4
check(linear_function)

# %% [markdown]
r"""
## A graph, and what a session was

A **computational graph** has a node for each operation and an edge for each tensor that goes from one to the next.
Before TensorFlow 2 (2019) a program had two halves: the first computed nothing, it built a graph; the second opened a
session, and let it run the graph. A **session** is an object that runs a graph with numbers put in. The old way still
works:
"""

# %% tags=["experiment", "nbval-check-output"]
with tf.Graph().as_default():
    x = tf.compat.v1.placeholder(tf.float32, name="x")  # a place for a number that comes later
    y = x**2 + 1
    print("y is", type(y).__name__, "with shape", y.shape, "and no number in it")
    with quiet(), tf.compat.v1.Session() as session:
        print("in a session, with 3 for x:", session.run(y, feed_dict={x: 3.0}))
print("today:", (tf.constant(3.0) ** 2 + 1).numpy())

# %% [markdown]
r"""
In **eager execution**, the default today, an operation is computed where it stands, as in NumPy. Graphs are still
there, because they are fast: no Python runs between two operations, and what is not needed is left out. `tf.function`
makes one from an ordinary function. Here is the graph of a layer with ReLU; `Identity` hands out the result.
"""


# %% tags=["experiment"]
@tf.function
def layer(W, X, b):
    """A hidden layer."""
    return tf.nn.relu(linear_function(W, X, b))


shapes = {"W": (4, 3), "X": (3, 5), "b": (4, 1)}
drawn = layer.get_concrete_function(*(tf.TensorSpec(shape, tf.float32) for shape in shapes.values()))
operations = drawn.graph.get_operations()
depth = {}
for operation in operations:  # each stands right of what it needs
    depth[operation.name] = 1 + max((depth[one.op.name] for one in operation.inputs), default=-1)
fig, axes = plots.figure(width=8, height=2.6)
ax, places, boxes = axes[0, 0], {}, {}
for operation in operations:
    column = depth[operation.name]
    places[operation.name] = at = (column, -sum(x == column for x, _ in places.values()))
    given = operation.type == "Placeholder"
    label, colour = (operation.name, "#D6E6F2") if given else (operation.type, "#F8DECB")
    box = {"boxstyle": "round,pad=0.5", "facecolor": colour}
    boxes[operation.name] = ax.text(*at, label, ha="center", va="center", bbox=box).get_bbox_patch()
    for one in operation.inputs:
        ends = {"patchA": boxes[one.op.name], "patchB": boxes[operation.name], "shrinkA": 0, "shrinkB": 2}
        ax.annotate("", at, places[one.op.name], arrowprops={"arrowstyle": "->", **ends})
ax.set(xlim=(-0.5, max(depth.values()) + 0.5), ylim=(-2.4, 0.4))
ax.set_axis_off()
plots.show(
    fig,
    alt="A graph from left to right: W and X go into MatMul, its result and b into AddV2, that into Relu.",
)

# %% [markdown]
r"""
When is Python run, then? `squared` prints a line and returns $x^2$. Five calls with tensors, three with plain Python
numbers.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(tensorflow_predictions, 1)


@tf.function
def squared(x):
    """x squared, and a line that says that Python is running."""
    print("  Python runs, with", "a tensor" if tf.is_tensor(x) else f"the number {x}")
    return x * x


print("five tensors:")
tensors = [squared(tf.constant(x)).numpy() for x in (1.0, 2.0, 3.0, 4.0, 5.0)]
print("three numbers:")
numbers = [squared(x).numpy() for x in (1.0, 2.0, 3.0)]
print("results:", *tensors, "and", *numbers)

# %% [markdown]
r"""
Prediction 1: c. To run a Python function once in order to record its graph is called **tracing**; it happens once for
each *kind* of argument (dtype and shape). After that only the graph runs, and `print` is not in it. A Python number is
not a kind but a constant of the graph, so that every new number is traced again. **Pass tensors to a `tf.function`, not
numbers.** (`tf.print` prints at every call.)

## The gradient tape

You derived every backward pass by hand. **Automatic differentiation** records the operations of a computation and
applies the chain rule to each, from the last to the first: it is backpropagation for any program ([Baydin et al.,
2018](https://jmlr.org/papers/v18/17-468.html), section 3.2). In TensorFlow, a `tf.GradientTape` records the operations
that run under it, and gives the gradient that you ask for.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(tensorflow_predictions, 2)
for kind, x in {"variable": tf.Variable(3.0), "constant": tf.constant(3.0)}.items():
    with tf.GradientTape() as tape:
        y = x**2
    gradient = tape.gradient(y, x)
    print(f"by a {kind}:", None if gradient is None else gradient.numpy())
with tf.GradientTape() as tape:
    tape.watch(x)  # x is still the constant
    y = x**2
print("by a constant that is watched:", tape.gradient(y, x).numpy())

# %% [markdown]
r"""
Prediction 2: b. The tape follows variables. A constant it follows only when told to, by `tape.watch`, and there is no
error: you get `None`. You also get `None` where the way from $x$ to $y$ leaves TensorFlow, as through `.numpy()`. **If
a gradient is `None`, the tape lost the track.**

What is recorded may hold loops and conditions. Here is a function that halves $x$ until it is below 1, then takes
$\sin 2x$, and its slope from the tape. The dots are central differences, as in `03_gradient_checking`.
"""


# %% tags=["experiment"]
def halved(x):
    """Halve x until it is below 1, then take the sine of twice that."""
    while x >= 1:
        x = x / 2
    return tf.sin(2 * x)


def slope(x):
    """The slope of halved at x, by a tape."""
    x = tf.Variable(x, dtype=tf.float64)
    with tf.GradientTape() as tape:
        y = halved(x)
    return tape.gradient(y, x).numpy()


fig, axes = plots.figure(1, 2, width=3.6, height=2.6)
for index, (low, high) in enumerate(((0, 1), (1, 2), (2, 4))):  # it jumps at 1 and at 2
    xs = np.linspace(low + 0.01, high - 0.01, 40)
    few = xs[3::6]
    around = [(halved(tf.constant(x - 1e-6)).numpy(), halved(tf.constant(x + 1e-6)).numpy()) for x in few]
    axes[0, 0].plot(xs, [halved(tf.constant(x)).numpy() for x in xs], color=plots.COLOURS[0])
    axes[0, 1].plot(xs, [slope(x) for x in xs], color=plots.COLOURS[0], label=None if index else "tape")
    label = None if index else "central differences"
    axes[0, 1].plot(few, np.diff(around) / 2e-6, "o", color=plots.COLOURS[1], markersize=4, label=label)
axes[0, 0].set(xlabel="$x$", ylabel="value")
axes[0, 1].set(xlabel="$x$", ylabel="slope")
axes[0, 1].legend(loc="upper right")
plots.show(
    fig,
    alt="Left, a curve of three arcs that jumps at 1 and 2. Right, its slope by the tape, with the central differences"
    " exactly on it.",
)

# %% [markdown]
r"""
## Exercise 2: one-hot labels

As in `05_batchnorm_softmax`: labels $(1, m)$ become columns with a single 1. TensorFlow has
`tf.one_hot(labels, depth)`, which can be told where the new axis shall stand.

<details><summary>Hint 1</summary>

What comes out has one axis more than the labels. So the labels should have only one.
</details>
<details><summary>Hint 2</summary>

`tf.reshape(labels, [-1])` flattens. The argument `axis` says which axis the classes become; by default, the last.
</details>
<details><summary>Hint 3</summary>

Classes are rows: axis 0. The depth is `C`.
</details>
"""

# %% exercise="one_hot_matrix"
from autograder.topics.tensorflow.answers import one_hot_matrix

# %% points=4
check(one_hot_matrix)

# %% [markdown]
r"""
## Exercise 3: the cost

In `05_batchnorm_softmax` you wrote softmax and cross-entropy one after the other, and kept the logarithm away from 0.
`tf.nn.softmax_cross_entropy_with_logits` does both in one step. With the scores (*logits*) $z$ of an example whose
class is $r$, the cost is

$$-\ln \frac{e^{z_r}}{\sum_k e^{z_k}} = \ln \sum_k e^{z_k} - z_r,$$

where no logarithm of 0 can occur. So the last layer of a network has no softmax here: it gives logits.

Note the axes. TensorFlow puts *examples in rows*, classes along the last axis. Here, examples are columns.

<details><summary>Hint 1</summary>

The function gives one cost for each example. You want their mean.
</details>
<details><summary>Hint 2</summary>

Turn both, `tf.transpose`, or say where the classes are: `axis=0`. If the result has as many entries as there are
classes, they lie the wrong way.
</details>
<details><summary>Hint 3</summary>

Name the arguments, `labels=` and `logits=`, for their order is easily mixed up. Then `tf.reduce_mean`.
</details>
"""

# %% exercise="compute_cost"
from autograder.topics.tensorflow.answers import compute_cost

# %% points=6
check(compute_cost)

# %% [markdown]
r"""
By hand you found $dZ = (P - Y) / m$. Does the tape agree?
"""

# %% tags=["experiment", "nbval-check-output"]
rng = np.random.default_rng(0)
Z = tf.Variable(rng.normal(0, 2, (6, 9)))
Y = np.eye(6)[:, rng.integers(0, 6, 9)]
with tf.GradientTape() as tape:
    cost = compute_cost(Z, Y)
by_hand = (tf.nn.softmax(Z, axis=0) - Y) / 9
gap = tf.reduce_max(tf.abs(tape.gradient(cost, Z) - by_hand)).numpy()
print("largest difference below 1e-15:", gap < 1e-15)

# %% [markdown]
r"""
## Exercise 4: a training step

The network has ReLU in its hidden layers, and scores in its last:

$$A^{[0]} = X, \qquad Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}, \qquad A^{[l]} = \operatorname{ReLU}(Z^{[l]}), \qquad
J = \text{cost}(Z^{[L]}, Y).$$

Let a tape record the way to $J$, ask it for all gradients, and take a step of plain gradient descent. Return the new
parameters, as tensors or as arrays, and the cost before the step. No backward pass: that is the point.

<details><summary>Hint 1</summary>

Four parts: make variables of the parameters; under the tape, go forward to the cost; ask the tape; subtract. You have
written `linear_function` and `compute_cost`.
</details>
<details><summary>Hint 2</summary>

`tape.gradient(cost, variables)` takes a dictionary of variables, and gives one with the same keys. There are
`len(parameters) // 2` layers.
</details>
<details><summary>Hint 3</summary>

Everything from the variables to the cost is indented under `with tf.GradientTape() as tape:`. A variable takes its step
by `assign_sub`. The last layer's `Z`, not its ReLU, goes into the cost.
</details>
"""

# %% exercise="train_step"
from autograder.topics.tensorflow.answers import train_step

# %% points=10
check(train_step)

# %% [markdown]
r"""
Three spirals and a hidden layer of 20 units, as in `05_batchnorm_softmax`: 600 of your steps. (The learning rate is the
one found there.)
"""

# %% tags=["experiment", "nbval-check-output"]
spirals = data.load_spirals()
parameters, costs = network.example_parameters([2, 20, 3], seed=0), []
Y = tf.cast(one_hot_matrix(spirals.Y_train, 3), tf.float64)
for _ in network.progress_bar(600, "steps"):
    parameters, cost = train_step(parameters, spirals.X_train, Y, 1.0)
    costs.append(cost)


def probabilities(X):
    """What the trained network says of points."""
    A = tf.nn.relu(linear_function(parameters["W1"], X, parameters["b1"]))
    return tf.nn.softmax(linear_function(parameters["W2"], A, parameters["b2"]), axis=0).numpy()


right = 100 * np.mean(probabilities(spirals.X_dev).argmax(axis=0) == spirals.Y_dev)
print(f"cost {costs[0]:.3f}, after 600 steps {costs[-1]:.3f}; dev accuracy {right:.1f} %")
plots.regions(
    {"600 steps by tape": probabilities},
    spirals.X_train,
    spirals.Y_train,
    alt="Three coloured regions that wind about each other, each along its spiral of points.",
)

# %% [markdown]
r"""
## Your Adam and Keras's

A framework's optimizer is the same formula. Is it? The next cell reads `update_parameters_with_adam` from your notebook
`04_optimization`, as you last saved it. If it is not there yet it says so, and all else goes on: no points depend on
it. Both start from the same weights and get the same 100 gradients.
"""


# %% tags=["experiment", "nbval-check-output"]
show_prediction(tensorflow_predictions, 3)
KerasAdam = tf.keras.optimizers.Adam


def adam_gap(adam, corrected=False, alpha=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7):
    """The largest difference between a NumPy Adam's weights and Keras's, after 100 steps."""
    rng = np.random.default_rng(0)
    ours, v, s = {"W1": rng.normal(0, 1, (4, 3))}, {"dW1": np.zeros((4, 3))}, {"dW1": np.zeros((4, 3))}
    theirs = tf.Variable(ours["W1"])
    optimizer = KerasAdam(alpha, beta1, beta2, epsilon)
    for t in range(1, 101):
        gradient = rng.normal(0, 1, (4, 3))
        own_epsilon = epsilon / np.sqrt(1 - beta2**t) if corrected else epsilon
        ours, v, s = adam(ours, {"dW1": gradient}, v, s, t, alpha, beta1, beta2, own_epsilon)
        optimizer.apply_gradients([(tf.constant(gradient), theirs)])
    return np.max(np.abs(ours["W1"] - theirs.numpy()))


try:
    adam = own_work("04_optimization", "update_parameters_with_adam")["update_parameters_with_adam"]
    exact = {"alpha": 2**-10, "beta1": 1 - 2**-3, "beta2": 1 - 2**-10}
    gap = adam_gap(adam)
    print("largest difference of a weight after 100 steps")
    print(f"ε = 1e-7                           {gap:.0e}, {'below' if gap < 1e-6 else 'ABOVE'} 1e-6")
    print(f"ε = 1e-3                           {adam_gap(adam, epsilon=1e-3):.0e}")
    print(f"ε = 1e-3, yours divided by a root  {adam_gap(adam, True, epsilon=1e-3):.0e}")
    print(f"the same, and exact settings       {adam_gap(adam, True, epsilon=1e-3, **exact):.0e}")
except NotImplementedError as error:
    print("not compared: write update_parameters_with_adam in 04_optimization first;", error)
print(f"0.999 with 32 bits is {np.float32(0.999):.10f}")

# %% [markdown]
r"""
Prediction 3: c. They agree to $10^{-6}$ and better, yet not to the last digit, for two reasons.

**Where $\varepsilon$ stands.** You divide by $\sqrt{\hat s} + \varepsilon$, which is algorithm 1 of the paper ([Kingma
and Ba, 2015](https://arxiv.org/abs/1412.6980)). PyTorch does the same. Keras uses the shorter form at the end of the
paper's section 2: both corrections go into the learning rate, and $\varepsilon$ stands beside the $s$ that is *not*
corrected,

$$W := W - \alpha \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t} \cdot \frac{v}{\sqrt{s} + \varepsilon}
= W - \alpha \frac{\hat v}{\sqrt{\hat s} + \varepsilon / \sqrt{1 - \beta_2^t}}.$$

In the first step, $\sqrt{1 - 0.999} \approx 1/32$: Keras's $\varepsilon$ counts 32 times. With $10^{-7}$ nobody
notices. With $10^{-3}$ it is plain, and dividing yours by the same root closes the gap.

**Single precision.** Keras keeps $\beta_2$ and its like with 32 bits, even where the weights have 64. Its 0.999 is
the number in the last line. With settings that 32 bits hold exactly, such as $1 - 2^{-10}$, nothing is left but
rounding.

So "Adam, $\varepsilon = 10^{-3}$" is not one optimizer but two. **Before you compare with somebody's result, look up
the formula that their framework computes.**

## Counting fingers in twenty lines

Now the classifier of `05_batchnorm_softmax`, with everything from the framework: layers, batch norm with its running
statistics, the cost, Adam, mini-batches and shuffling. Examples are rows here, so the images are transposed. The
learning rate was chosen out of 0.001, 0.003 and 0.01 by the dev set, with three seeds; so was the number of epochs, out
of 15 and 20.
"""

# %% tags=["experiment", "nbval-check-output"]
show_prediction(tensorflow_predictions, 4)
hands, models = data.load_hands(), []


def classifier():
    """Two hidden layers with batch norm, and scores of six classes."""
    model = tf.keras.Sequential([tf.keras.Input((400,))])
    for units in (64, 32):
        model.add(tf.keras.layers.Dense(units, use_bias=False))
        model.add(tf.keras.layers.BatchNormalization(momentum=0.9))
        model.add(tf.keras.layers.ReLU())
    model.add(tf.keras.layers.Dense(6))
    cost = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(0.01), cost)
    return model


for seed in network.progress_bar(5, "networks"):
    tf.keras.utils.set_random_seed(seed)
    models.append(classifier())
    models[-1].fit(hands.X_train.T, hands.Y_train.ravel(), batch_size=120, epochs=15, verbose=0)
for name, X, Y in (("dev", hands.X_dev, hands.Y_dev), ("test, once", hands.X_test, hands.Y_test)):
    found = [100 * np.mean(model(X.T).numpy().argmax(axis=1) == Y) for model in models]
    print(f"{name}: {np.median(found):.1f} % ({min(found):.1f} to {max(found):.1f})")

# %% [markdown]
r"""
Prediction 4: a. A framework does not make a network better. It is the same network, written in fewer lines and with
fewer places for a mistake, and it would run on a graphics card without a change. What you gained by writing it
yourself: you know what each of these lines does, and where to look when one of them does something else.
"""

# %% [markdown]
r"""
## Questions

Choose one letter for each.

**1.** What does `tf.function` do?

- a) It draws a graph, which you then run in a session.
- b) It checks the shapes of the arguments.
- c) It runs the Python code once for each kind of argument, draws a graph, and runs the graph from then on.
- d) It computes without a tape, which is faster.

**2.** How does a `GradientTape` find a gradient?

- a) It differentiates the formula, as one would on paper.
- b) It knows the gradients of layers, and takes nothing else.
- c) It remembers the operations as they run, and goes back through them by the chain rule.
- d) It changes each parameter a little and looks at the cost.

**3.** Your examples are columns. What does `tf.nn.softmax_cross_entropy_with_logits` want, if you do not say `axis=0`?

- a) Probabilities, transposed.
- b) Scores as they are, labels transposed.
- c) Scores and labels, as they are.
- d) Scores and labels, both transposed.

**4.** Your Adam and Keras's differ visibly with $\varepsilon = 10^{-3}$. Why?

- a) Keras counts its steps from 0.
- b) Keras computes with single precision.
- c) Keras adds $\varepsilon$ to the root of $s$ before its correction, and you after it.
- d) Keras forgets its state after every step.
"""

# %% exercise="tensorflow_answers"
from autograder.topics.tensorflow.answers import tensorflow_answers

# %% points=4
check(tensorflow_answers)

# %% [markdown]
r"""
## What you can do now

- You can compute with tensors and variables, and know why TensorFlow refuses to mix dtypes.
- You can say what a computational graph is, when tracing runs Python, and what a session was in old code.
- You can let a tape find gradients, write a training step with it, and find out why a gradient is `None`.
- You can call a cost function rightly: from logits, with the classes along the axis that it wants.
- You can build, train and test a classifier in twenty lines, and look up the formula behind each of them.

### In real code

- a tensor that gradients are wanted of: `torch.tensor(values, requires_grad=True)`, `keras.Variable(values)`
- `linear_function`: `torch.nn.Linear(400, 64)` with examples in rows, `keras.layers.Dense(64)`
- `compute_cost`: `torch.nn.CrossEntropyLoss()`, `keras.losses.CategoricalCrossentropy(from_logits=True)`
- `train_step`: `cost.backward()`, `optimizer.step()` and `optimizer.zero_grad()` in PyTorch;
  `keras.Model.fit(X, Y, epochs=15)` in Keras
- `tf.function`: `torch.compile(model)`; `keras.Model.compile(optimizer, loss, jit_compile=True)`

### Read more

- [Baydin et al., 2018](https://jmlr.org/papers/v18/17-468.html), *Automatic Differentiation in Machine Learning: a
  Survey*: section 3 tells forward from reverse mode, section 2 what automatic differentiation is not.
- [Agrawal et al., 2019](https://arxiv.org/abs/1903.01855), *TensorFlow Eager*: why graphs came first, and what eager
  execution costs.
- TensorFlow's guides to [`tf.function`](https://www.tensorflow.org/guide/function) and to
  [gradient tapes](https://www.tensorflow.org/guide/autodiff).
- [Keras 3](https://keras.io/getting_started/), which runs the same model on TensorFlow, PyTorch or JAX.
"""
