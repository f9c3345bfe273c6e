"""Wrong answers to 03_gradient_checking."""

from __future__ import annotations

import numpy as np

from autograder.topics.registry import edit, missing_predictions, mistake, wrong_options
from course_utils import bug_hunt

DERIVATIVE, DIFFERENCE = "numerical_derivative", "relative_difference"
COLUMN, CUT = "dictionary_to_vector", "vector_to_dictionary"
GRADIENT, CHECK, HUNT = "numerical_gradient", "gradient_check", "repaired_backward_propagation"

# --- numerical_derivative ---------------------------------------------------------------------------------------------

CENTRAL = "return (f(x + epsilon) - f(x - epsilon)) / (2 * epsilon)"
FORWARD = "return (f(x + epsilon) - f(x)) / epsilon"

for sentence, replacements in {
    "Your forward difference is divided by 2ε. From x to x + ε is one step: divide by ε.": (
        (FORWARD, "return (f(x + epsilon) - f(x)) / (2 * epsilon)"),
    ),
    "Your central difference takes f(x + ε) − f(x) over 2ε: half of the slope. Its other end is f(x − ε).": (
        (CENTRAL, "return (f(x + epsilon) - f(x)) / (2 * epsilon)"),
    ),
    "Both of your schemes are one-sided differences over 2ε: half of the slope.": (
        (CENTRAL, "return (f(x + epsilon) - f(x)) / (2 * epsilon)"),
        (FORWARD, "return (f(x + epsilon) - f(x)) / (2 * epsilon)"),
    ),
    "Your central scheme is a forward difference. Take f(x + ε) − f(x − ε), over 2ε.": ((CENTRAL, FORWARD),),
    "Your forward scheme is a central difference. Take f(x + ε) − f(x), over ε.": ((FORWARD, CENTRAL),),
    "Your two schemes are swapped: central is the one that looks to both sides.": (('== "central"', '!= "central"'),),
    "Your default scheme is forward. Without a scheme, take central differences.": (('= "central"', '= "forward"'),),
    "Your central difference is divided by ε. From x − ε to x + ε are two steps: divide by 2ε.": (
        ("(2 * epsilon)", "epsilon"),
    ),
    "You divided by ε². The run of the line is ε or 2ε.": (
        ("(2 * epsilon)", "(2 * epsilon**2)"),
        ("f(x)) / epsilon", "f(x)) / epsilon**2"),
    ),
    "The brackets round your central difference are missing: only f(x − ε) is divided.": (
        (CENTRAL, "return f(x + epsilon) - f(x - epsilon) / (2 * epsilon)"),
    ),
    "Your two points are ε apart. Central differences go ε to each side, and divide by 2ε.": (
        (CENTRAL, "return (f(x + epsilon / 2) - f(x - epsilon / 2)) / epsilon"),
    ),
    "You divided by 2 and multiplied by ε: / 2 * epsilon. Put brackets round 2 * epsilon.": (
        ("(2 * epsilon)", "2 * epsilon"),
    ),
    "Your sign is wrong: the later value minus the earlier one, or falling curves seem to rise.": (
        ("return (", "return -("),
    ),
    "Your forward scheme looks backward: f(x) − f(x − ε). Take f(x + ε) − f(x).": (
        (FORWARD, "return (f(x) - f(x - epsilon)) / epsilon"),
    ),
    "You step by 1e-7 whatever epsilon is: use the argument.": (
        ("    if scheme", "    epsilon = 1e-7\n    if scheme"),
    ),
    "Your default epsilon is too large: it is 1e-7 here.": (("epsilon: float = 1e-7", "epsilon: float = 1e-2"),),
}.items():
    edit(DERIVATIVE, sentence, *replacements)

# --- relative_difference ----------------------------------------------------------------------------------------------

DENOMINATOR = "denominator = np.linalg.norm(np.ravel(approx)) + np.linalg.norm(np.ravel(grad))"
ZERO = "    if denominator == 0:\n        return 0.0\n"

for sentence, replacements in {
    "Your squares are of the norms: ‖·‖², not ‖·‖. Take the root.": (
        ("float(numerator / denominator)", "float(numerator**2 / denominator**2)"),
    ),
    "You squared each norm. The formula has plain norms, above and below.": (
        ("np.linalg.norm(np.ravel(approx - grad))", "np.sum((approx - grad) ** 2)"),
        (DENOMINATOR, "denominator = np.sum(approx**2) + np.sum(grad**2)"),
    ),
    "You took the largest entry (max-norm). Take the Euclidean norm: the root of the sum of squares.": (
        ("np.linalg.norm(np.ravel(approx - grad))", "np.abs(approx - grad).max()"),
        (DENOMINATOR, "denominator = np.abs(approx).max() + np.abs(grad).max()"),
    ),
    "You added up absolute values (1-norm). Take the Euclidean norm.": (
        ("np.linalg.norm(np.ravel(approx - grad))", "np.abs(approx - grad).sum()"),
        (DENOMINATOR, "denominator = np.abs(approx).sum() + np.abs(grad).sum()"),
    ),
    "Where both are zero you divide 0 by 0. Return 0 there: two gradients that are equal.": ((ZERO, ""),),
    "Where both are zero you return 1. They are equal: return 0.": (("return 0.0", "return 1.0"),),
    "You add a small number to the denominator. It hides errors in gradients that are as small.": (
        (ZERO, ""),
        ("numerator / denominator", "numerator / (denominator + 1e-8)"),
    ),
    "You divide by ‖approx‖ only. The denominator is ‖approx‖ + ‖grad‖.": ((" + np.linalg.norm(np.ravel(grad))", ""),),
    "You divide by ‖grad‖ only. The denominator is ‖approx‖ + ‖grad‖.": (("np.linalg.norm(np.ravel(approx)) + ", ""),),
    "You divide by the norm of the sum. Take the sum of the norms: opposite gradients must not cancel.": (
        (DENOMINATOR, "denominator = np.linalg.norm(np.ravel(approx + grad))"),
    ),
    "The brackets round your denominator are missing: a / b + c is (a / b) + c. Write a / (b + c).": (
        ("numerator / denominator", "numerator / np.linalg.norm(np.ravel(approx)) + np.linalg.norm(np.ravel(grad))"),
    ),
    "You multiply the two norms. The denominator is their sum.": ((DENOMINATOR, DENOMINATOR.replace("+", "*")),),
    "Your norm of a matrix is the spectral norm (ord=2). Take np.linalg.norm without it: the root of all squares.": (
        ("np.ravel(approx - grad)", "approx - grad, 2"),
        ("np.ravel(approx)", "approx, 2"),
        ("np.ravel(grad)", "grad, 2"),
    ),
    "You subtract the norms. Take the norm of the difference: equal lengths may point anywhere.": (
        (
            "np.linalg.norm(np.ravel(approx - grad))",
            "abs(np.linalg.norm(np.ravel(approx)) - np.linalg.norm(np.ravel(grad)))",
        ),
    ),
    "You do not divide: this is the absolute difference, which means nothing without the gradient's size.": (
        ("return float(numerator / denominator)", "return float(numerator)"),
    ),
    "You took the mean of each entry's own relative difference. Put norms over norms.": (
        (
            "return float(numerator / denominator)",
            "return float(np.mean(np.abs(approx - grad) / (np.abs(approx) + np.abs(grad))))",
        ),
    ),
}.items():
    edit(DIFFERENCE, sentence, *replacements)


@mistake(
    DIFFERENCE, "You divide by the norm of the sum. Take the sum of the norms: opposite gradients must not cancel."
)
def norm_of_the_sum(approx, grad):
    return np.linalg.norm(approx - grad) / np.linalg.norm(approx + grad)


@mistake(DIFFERENCE, "The brackets round your denominator are missing: a / b + c is (a / b) + c. Write a / (b + c).")
def no_brackets(approx, grad):
    return np.linalg.norm(approx - grad) / np.linalg.norm(approx) + np.linalg.norm(grad)


@mistake(
    DIFFERENCE, "Your denominator holds no norm of the gradients, but a fixed length such as ‖θ‖: ‖approx‖ + ‖grad‖."
)
def norm_of_theta(approx, grad):
    theta = np.ones(approx.shape)
    return float(np.linalg.norm(approx - grad) / (np.linalg.norm(approx) + np.linalg.norm(theta)))


# --- dictionary_to_vector ---------------------------------------------------------------------------------------------

W, B = 'columns.append(parameters[f"W{l}"].reshape(-1, 1))', 'columns.append(parameters[f"b{l}"].reshape(-1, 1))'

for sentence, replacements in {
    "You go through three layers whatever the network has. Count them: two keys each.": (
        ("len(parameters) // 2 + 1", "4"),
    ),
    "You unrolled columns first (Fortran order). Go row by row, as reshape does by itself.": (
        ('parameters[f"W{l}"].reshape(-1, 1)', 'parameters[f"W{l}"].T.reshape(-1, 1)'),
    ),
    "Each bias comes before its weights. The order is W1, b1, W2, b2, ….": (
        (f"{W}\n        {B}", f"{B}\n        {W}"),
    ),
    "All weights come first and then all biases. The order is W1, b1, W2, b2, ….": (
        ("return np.concatenate(columns)", "return np.concatenate(columns[::2] + columns[1::2])"),
    ),
    "You return after the first layer: the return stands inside the loop.": (
        ("    return np.concatenate(columns)", "        return np.concatenate(columns)"),
    ),
    "You left the biases out.": ((f"        {B}\n", ""),),
    "The last layer is missing: l runs from 1 to L, and range leaves out its end.": (("// 2 + 1", "// 2"),),
    "Your result has shape (n,). Make it one column, (n, 1).": (
        ("return np.concatenate(columns)", "return np.concatenate(columns).ravel()"),
    ),
    "Your result is one row, (1, n). Make it one column, (n, 1).": (
        ("return np.concatenate(columns)", "return np.concatenate(columns).T"),
    ),
    "The layers run from the last to the first. Begin with W1.": (
        ("range(1, len(parameters) // 2 + 1)", "range(len(parameters) // 2, 0, -1)"),
    ),
}.items():
    edit(COLUMN, sentence, *replacements)


@mistake(COLUMN, "You sorted the keys as words, and so W10 comes before W2. Count the layers instead.")
def string_sort(parameters):
    keys = sorted(parameters, key=lambda key: (key[1:], key[0]))
    return np.concatenate([parameters[key].reshape(-1, 1) for key in keys])


@mistake(COLUMN, "You sorted the keys, so biases come after weights and W10 before W2. Count the layers instead.")
def plain_sort(parameters):
    return np.concatenate([parameters[key].reshape(-1, 1) for key in sorted(parameters)])


@mistake(COLUMN, "You took the keys as the dict holds them. Ask for W1, b1, W2, … by name: dicts come in any order.")
def as_it_comes(parameters):
    return np.concatenate([value.reshape(-1, 1) for value in parameters.values()])


# --- vector_to_dictionary ---------------------------------------------------------------------------------------------

for sentence, replacements in {
    "Your entries are views: changing one changes theta. Copy each.": ((".copy()", ""),),
    "Your biases have shape (n,). Give every entry the shape that shapes states, (n, 1) for biases.": (
        ("return parameters", "return {k: v[:, 0] if k[0] == 'b' else v for k, v in parameters.items()}"),
    ),
    "You start every entry at the beginning of theta. Each begins where the one before it ended.": (
        ("        start = stop\n", ""),
    ),
    "You fill columns first (Fortran order). theta was filled row by row.": (
        ("reshape(rows, columns).copy()", "reshape(columns, rows).T.copy()"),
    ),
    "Your entries are transposed: shapes states (rows, columns).": (
        ("reshape(rows, columns).copy()", "reshape(rows, columns).T.copy()"),
    ),
    "Your entries stay columns. Give each the shape that shapes states.": (
        ("reshape(rows, columns).copy()", "copy()"),
    ),
    "You left out one number between two entries: a slice ends before its stop, so go on at stop.": (
        ("start = stop", "start = min(stop + 1, len(theta) - 1)"),
        ("theta[start:stop]", "np.resize(theta[start:stop], (rows * columns, 1))"),
    ),
    "You kept only the weights. shapes names the biases too.": (
        ("return parameters", "return {k: v for k, v in parameters.items() if k[0] == 'W'}"),
    ),
    "You read three layers whatever shapes holds. Go through all of its keys.": (
        ("shapes.items()", "list(shapes.items())[:6]"),
    ),
}.items():
    edit(CUT, sentence, *replacements)

# --- numerical_gradient -----------------------------------------------------------------------------------------------

EVALUATED = "approx[i] = (J(plus) - J(minus)) / (2 * epsilon)"

for sentence, replacements in {
    "You round to whole numbers where theta holds whole numbers. Work on a copy of floats.": (
        ("theta.astype(float)", "theta.copy()"),
        ("plus[i] += epsilon", "plus[i] = plus[i] + epsilon"),
        ("minus[i] -= epsilon", "minus[i] = minus[i] - epsilon"),
    ),
    "You moved all entries at once. Move one, and put it back before the next.": (
        ("plus[i]", "plus"),
        ("minus[i]", "minus"),
    ),
    "Your differences are one-sided: J(θ + ε) − J(θ) over ε. Take central ones.": (
        (EVALUATED, "approx[i] = (J(plus) - J(theta)) / epsilon"),
    ),
    "You took J(θ + ε) − J(θ) over 2ε: half of the slope. The other end is J(θ − ε).": (
        (EVALUATED, "approx[i] = (J(plus) - J(theta)) / (2 * epsilon)"),
    ),
    "You divided by ε. From minus to plus are two steps: divide by 2ε.": (("(2 * epsilon)", "epsilon"),),
    "Your sign is wrong: J(plus) − J(minus).": (("J(plus) - J(minus)", "J(minus) - J(plus)"),),
    "You step by 1e-7 whatever epsilon is: use the argument.": (("    approx =", "    epsilon = 1e-7\n    approx ="),),
    "Your result has shape (n,). Give it theta's shape, (n, 1).": (("return approx", "return approx[:, 0]"),),
    "Your result has theta's dtype: with whole numbers, zeros_like cuts fractions off. Take np.zeros(theta.shape).": (
        ("np.zeros(theta.shape)", "np.zeros_like(theta)"),
    ),
    "The last entry stays 0: your loop ends one entry too early.": (
        ("range(len(theta))", "range(max(1, len(theta) - 1))"),
    ),
    "You move all entries at once, and return one number. Move one entry at a time: there is a slope for each.": (
        ("return approx", "return (J(theta + epsilon) - J(theta - epsilon)) / (2 * epsilon)"),
    ),
    "J wants the whole of θ, J(plus), and not one entry of it.": (("J(plus) - J(minus)", "J(plus[i]) - J(minus[i])"),),
    "You return one slope for all entries. There is one for each.": (
        ("return approx", "return np.full(theta.shape, approx[0, 0])"),
    ),
}.items():
    edit(GRADIENT, sentence, *replacements)


@mistake(GRADIENT, "You move an entry up and do not put it back, so later entries are measured somewhere else.")
def not_restored(J, theta, epsilon=1e-7):
    moved, approx = theta.astype(float), np.zeros(theta.shape)
    for i in range(len(theta)):
        moved[i] += epsilon
        up = J(moved)
        moved[i] -= 2 * epsilon
        approx[i] = (up - J(moved)) / (2 * epsilon)
    return approx


ONE_ARRAY = "plus and minus are theta itself: plus = theta makes no copy, only a second name. Copy it for each."
COPIED_ONCE = "You copy theta once, before the loop: entries that were moved stay moved. Copy it anew for each entry."


@mistake(GRADIENT, ONE_ARRAY)
def one_array(J, theta, epsilon=1e-7):
    approx = np.zeros(theta.shape)
    for i in range(len(theta)):
        plus, minus = theta, theta
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx


@mistake(GRADIENT, COPIED_ONCE)
def copied_once(J, theta, epsilon=1e-7):
    approx, plus, minus = np.zeros(theta.shape), theta.astype(float), theta.astype(float)
    for i in range(len(theta)):
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx


@mistake(GRADIENT, COPIED_ONCE)
def copied_once_as_it_is(J, theta, epsilon=1e-7):
    approx, plus, minus = np.zeros(theta.shape), theta.copy(), theta.copy()
    for i in range(len(theta)):
        plus[i] += epsilon
        minus[i] -= epsilon
        approx[i] = (J(plus) - J(minus)) / (2 * epsilon)
    return approx


@mistake(
    GRADIENT, "You move theta itself and put it back by adding and subtracting, which rounds. Work on copies of floats."
)
def put_back_with_rounding(J, theta, epsilon=1e-7):
    approx = np.zeros(theta.shape)
    for i in range(len(theta)):
        theta[i] += epsilon
        up = J(theta)
        theta[i] -= 2 * epsilon
        approx[i] = (up - J(theta)) / (2 * epsilon)
        theta[i] += epsilon
    return approx


@mistake(GRADIENT, "You moved theta itself and did not put it back. Work on a copy, and restore each entry.")
def in_place(J, theta, epsilon=1e-7):
    approx = np.zeros(theta.shape)
    for i in range(len(theta)):
        theta[i] = theta[i] + epsilon
        up = J(theta)
        theta[i] = theta[i] - 2 * epsilon
        approx[i] = (up - J(theta)) / (2 * epsilon)
    return approx


# --- gradient_check ---------------------------------------------------------------------------------------------------

WORST = "worst_key = max(grads, key=lambda key: relative([key]))"
TOTAL = "total = norm(approx[key] for key in keys) + norm(grads[key] for key in keys)"

for sentence, replacements in {
    "You compare grads with themselves, so any gradient passes. Compare with the numerical ones.": (
        ('approx["d" + key] = slopes', 'approx["d" + key] = grads["d" + key]'),
    ),
    "You took keys by their place. grads may come in another order: ask for each by its name.": (
        ("\n    def norm", "\n    approx = dict(zip(grads, approx.values(), strict=True))\n\n    def norm"),
    ),
    "Your one column of grads is in the order of its dict, that of the numerical ones in another. Go by key.": (
        (
            "float(relative(list(grads)))",
            "relative_difference(np.concatenate([approx['d' + key].ravel() for key in parameters]), "
            "np.concatenate([value.ravel() for value in grads.values()]))",
        ),
    ),
    "Your denominator holds ‖θ‖. It is ‖approx‖ + ‖grad‖: the size of the parameters says nothing here.": (
        (TOTAL, "total = norm(grads[key] for key in keys) + norm(parameters[key[1:]] for key in keys)"),
    ),
    "Your worst_key is a key of parameters, such as W2. Return the key of grads: dW2.": (
        ("return float(relative(list(grads))), worst_key", "return float(relative(list(grads))), worst_key[1:]"),
    ),
    "Your worst_key has the largest absolute difference. Compare each entry's own relative difference.": (
        (WORST, "worst_key = max(grads, key=lambda key: norm([approx[key] - grads[key]]))"),
    ),
    "Your worst_key is the best: take the largest relative difference.": (("worst_key = max(", "worst_key = min("),),
    "Your difference is that of the worst entry alone. Put all parameters together.": (
        ("float(relative(list(grads)))", "float(relative([worst_key]))"),
    ),
    "Your difference is the mean over the entries. Put all parameters into one norm.": (
        ("float(relative(list(grads)))", "float(np.mean([relative([key]) for key in grads]))"),
    ),
    "Your central difference is divided by ε. From minus to plus are two steps: divide by 2ε.": (
        ("(2 * epsilon)", "epsilon"),
    ),
    "plus and minus are the parameters themselves: plus = value makes no copy. Copy it for each.": (
        ("value.copy(), value.copy()", "value, value"),
    ),
    "You check the weights only. Biases have gradients too.": (
        ("float(relative(list(grads)))", "float(relative([key for key in grads if key[1] == 'W']))"),
        ("max(grads", "max([key for key in grads if key[1] == 'W']"),
    ),
    "You step by 1e-7 whatever epsilon is: use the argument.": (
        ("    approx = {}", "    epsilon = 1e-7\n    approx = {}"),
    ),
    "Your numerical gradient is half of the right one: a one-sided difference over 2ε.": (
        ("cost({**parameters, key: minus})", "cost(parameters)"),
    ),
    "You returned the worst key first. The pair is (difference, worst_key).": (
        ("return float(relative(list(grads))), worst_key", "return worst_key, float(relative(list(grads)))"),
    ),
}.items():
    edit(CHECK, sentence, *replacements)

# --- repaired_backward_propagation ------------------------------------------------------------------------------------

# Each bug that can be planted, as a line of bug_hunt.PLANTED. What is said names the key that differs and not the bug:
# to find that is the exercise.
PLACES = {
    "dW3": ("dW3 = dZ3 @ A2.T + lambd / m * W3", "dW3 is still wrong."),
    "dZ2": ("dZ2 = dA2 / (1 + np.exp(-Z2))", "dW2 and db2 are still wrong."),
    "dW1": ("dW1 = dZ1 @ X.T + lambd / m * W1", "dW1 is still wrong."),
    "db1": ("db1 = dZ1.sum(axis=1, keepdims=True)", "db1 is still wrong."),
}
for place, (line, sentence) in PLACES.items():
    for bug in bug_hunt.PLANTED[place]:
        edit(HUNT, f"{sentence} Your gradient check shows by how much.", (line, bug.replace("bug_hunt.", "network.")))

for sentence, replacement in {
    "No W has its penalty. Remember it: the cost that you check has λ/(2m) times the squares.": (
        "lambd = X.shape[1], 0.7",
        "lambd = X.shape[1], 0",
    ),
    "Your biases have shape (n,): keepdims=True keeps them columns.": ("axis=1, keepdims=True", "axis=1"),
    "The 1/m is missing: the cost is a mean over the examples.": ("- Y) / m", "- Y)"),
}.items():
    edit(HUNT, sentence, replacement)


@mistake(HUNT, "These are the gradients of the given network. This one uses softplus, and its cost has a penalty.")
def given_pass(X, Y, parameters):
    from course_utils import network

    return network.backward_propagation(parameters, network.forward_propagation(X, parameters, "tanh")[1], Y, "tanh")


# --- predictions and answers ------------------------------------------------------------------------------------------

missing_predictions("gradient_checking_predictions", 3)
missing_predictions("gradient_checking_more_predictions", 4)

wrong_options(
    "gradient_checking_answers",
    {
        1: {
            "a": "Both are approximations on a curved function. Look at the slopes in the log-log figure.",
            "b": "Both lose digits to rounding when ε is tiny. What differs is the error of a large ε.",
            "c": "Central differences cost more, not less: two calls for each entry.",
        },
        2: {
            "a": "Opposite signs give exactly 1. Put −g and g into the formula.",
            "c": "A right gradient gives about 1e-7 or less. One third is far from rounding.",
            "d": "A forgotten penalty gives a number that depends on λ and the weights.",
        },
        3: {
            "b": "1e-3 is a reason to worry: with double precision a right gradient gets far below it.",
            "c": "The number never is exactly zero: rounding leaves about 1e-9 of it.",
            "d": "It cannot be above 1, and with a bug it is often far below it.",
        },
        4: {
            "a": "It is less accurate than backward propagation, not more.",
            "c": "Two gradients do not average out. The numerical one is only the ruler.",
            "d": "It uses the same cost and the same data as training.",
        },
        5: {
            "a": "Biases are checked like any other parameter.",
            "b": "The learning rate plays no part: no step is taken.",
            "c": "1e-7 is fine with a penalty as without one.",
        },
        6: {
            "a": "Averages over masks still shake far more than 1e-7.",
            "b": "A larger ε does not help: the two masks still differ.",
            "c": "keep_prob = 0.5 draws a new mask at each call too.",
        },
        7: {
            "b": "Dead units have gradient zero on both sides, and the check agrees.",
            "c": "Rounding is as small there as elsewhere. It is the step across the kink.",
            "d": "The derivative is wrong there for any scheme: the function has no derivative at a kink.",
        },
        8: {
            "a": "Rounding does not depend on whether training has begun.",
            "c": "The gradient of an untrained network is usually larger, not zero.",
            "d": "The check costs the same everywhere: two costs for each parameter.",
        },
    },
)
