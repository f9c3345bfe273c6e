"""Answers without understanding, and the naive one-liners that are known: what each exercise gives them.

Most are made from the right answer: its result keeps its form (type, keys, shapes) and loses its values. The table of
what they earn closes ``judge/README.md``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograder.pipeline.hidden_checks import expected_outcomes, hidden_exercise
from autograder.topics.answer_cells import reference_answer, run_text
from course_utils.checks.exercise import EXERCISES, run_trial
from course_utils.checks.questions import LETTERS, QUESTIONS
from course_utils.checks.verdict import ExpectedOutcomes, evaluate
from course_utils.extras import is_installed

SEED = 1
MOST_TRIVIAL, MOST_NAIVE = 0.1, 0.5  # shares of the points that they may earn at most
# Exercise → trivial answers that are right.
RIGHT = {"initialize_parameters_zeros": {"zeros"}, "initialize_velocity": {"zeros"}}
README = Path(__file__).resolve().parents[1] / "judge" / "README.md"
HEAD = "| exercise | trivial answers earn at most | naive ones |\n|---|---|---|\n"

# --- of every exercise ------------------------------------------------------------------------------------------------

Filling = Callable[[np.ndarray, np.random.Generator], Any]
FILLINGS: dict[str, Filling] = {
    "zeros": lambda values, rng: np.zeros(values.shape),
    "ones": lambda values, rng: np.ones(values.shape),
    "thirds": lambda values, rng: np.full(values.shape, 1 / 3),
    "randn": lambda values, rng: rng.standard_normal(values.shape),
    "uniform": lambda values, rng: rng.random(values.shape),
    "uniform from −⅓ to ⅓": lambda values, rng: rng.uniform(-1 / 3, 1 / 3, values.shape),
    "equal shares": lambda values, rng: np.full(values.shape, 1 / (values.shape or (1,))[0]),
    "in order": lambda values, rng: np.arange(values.size).reshape(values.shape),
}
# Stand in for what an answer is given to call: the form of a result must not be had by doing the work.
STILL = {"optimizer": lambda parameters, *_: parameters, "score": lambda *_: 0.0}


def trivial_answers(name: str) -> dict[str, Callable]:
    """Make the answers to an exercise that understand nothing of it.

    Parameters
    ----------
    name : str
        The exercise.

    Returns
    -------
    dict
        In a word what it does → the answer.
    """
    right = reference_answer(name)
    if name in QUESTIONS:
        return {letter: functools.partial(_same, dict.fromkeys(range(1, 30), letter)) for letter in LETTERS}
    constants: dict[str, Any] = {
        "None": None,
        "[]": [],
        "{}": {},
        '""': "",
        "0": 0.0,
        "1": 1.0,
        "0.5": 0.5,
        "True": True,
    }
    answers: dict[str, Callable[..., Any]] = {
        word: functools.partial(_same, value) for word, value in constants.items()
    }
    answers |= {text: run_text(f"{name} = {text}", name) for text in TRIVIAL.get(name, ())}
    if name in UNFILLED:
        return answers
    parameters = list(inspect.signature(right).parameters)
    if parameters:
        answers["all its arguments"] = lambda *arguments, **_: arguments
        for index, parameter in enumerate(parameters):
            answers[parameter] = functools.partial(_argument, index, parameter)
    answers |= {word: functools.partial(_filled, right, filling) for word, filling in FILLINGS.items()}
    return answers | {"what is right of the first case": _always_the_first(right)}


def _same(value: Any, *_: Any, **__: Any) -> Any:
    return value


def _argument(index: int, name: str, *arguments: Any, **keywords: Any) -> Any:
    return keywords.get(name, arguments[index] if index < len(arguments) else None)


def _filled(right: Callable, filling: Filling, *arguments: Any, **keywords: Any) -> Any:
    names = list(inspect.signature(right).parameters)
    given = dict(zip(names, arguments, strict=False)) | keywords
    rng = given.get("rng", np.random.default_rng(0))
    return _fill(right(**{name: STILL.get(name, value) for name, value in given.items()}), filling, rng)


def _fill(value: Any, filling: Filling, rng: np.random.Generator) -> Any:
    if isinstance(value, dict):
        return {key: _fill(part, filling, rng) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_fill(part, filling, rng) for part in value)
    if isinstance(value, bool | int | float | np.number):
        return float(filling(np.asarray(value, dtype=float), rng))
    if isinstance(value, str):
        return ""
    array = np.asarray(value)
    return filling(array, rng) if array.dtype.kind in "biuf" else value


def _always_the_first(right: Callable) -> Callable:
    first: list[Any] = []

    def answer(*arguments: Any, **keywords: Any) -> Any:
        if not first:
            first.append(right(*arguments, **keywords))
        return first[0]

    return answer


# --- of some ----------------------------------------------------------------------------------------------------------

# Where a result of the right form would be half of the work, or takes a training.
UNFILLED = {"fit", "train_classifier", "challenge_settings", "successive_halving"}
TRIVIAL: dict[str, tuple[str, ...]] = {
    "split_indices": (
        "lambda m, fractions, rng: np.array_split(np.arange(m), 3)",
        "lambda m, fractions, rng: np.array_split(rng.permutation(m), 3)",
        "lambda m, fractions, rng: np.split(np.arange(m), [m - round(fractions[1] * m) - round(fractions[2] * m),"
        " m - round(fractions[2] * m)])",
    ),
    "diagnose": tuple(
        f"lambda *_, **__: {words!r}"
        for words in ("high bias", "high variance", "high bias and high variance", "low bias and low variance")
    ),
    "count_distinct_units": ("lambda W, tol=0: len(W)", "lambda W, tol=0: W.shape[1]", "lambda W, tol=0: W.size"),
    "dropout_forward": (
        "lambda A, keep_prob, rng, training=True: (A.copy(), np.ones(A.shape))",
        "lambda A, keep_prob, rng, training=True: (A / keep_prob, np.ones(A.shape))",
        "lambda A, keep_prob, rng, training=True: (0 * A, np.zeros(A.shape))",
        "lambda A, keep_prob, rng, training=True: (A * (D := rng.random(A.shape) < 0.5), D)",
    ),
    "early_stopping": ("lambda dev_costs, *_, **__: (0, len(dev_costs) - 1)", "lambda *_, **__: (0, 0)"),
    "augment_flip": ("lambda images, p, rng: images.copy()", "lambda images, p, rng: images[::-1].copy()"),
    "gradient_check": ('lambda *_, **__: (0.0, "dW1")', 'lambda *_, **__: (1.0, "dW1")'),
    "relative_difference": ("lambda approx, grad: 1 / 3",),
    "random_mini_batches": (
        "lambda X, Y, size, rng: [(X.copy(), Y.copy())]",
        "lambda X, Y, size, rng: [(X[:, i : i + size].copy(), Y[:, i : i + size].copy())"
        " for i in range(0, X.shape[1], size)]",
    ),
    "fit": (
        "lambda X, Y, parameters, *_, **__: (parameters, [])",
        "lambda X, Y, parameters, optimizer, rate, *_, **__: (optimizer(parameters, parameters, 1, rate), [0.0])",
    ),
    "decay_inverse_time": ("lambda learning_rate0, epoch, *_: learning_rate0",),
    "decay_sqrt": ("lambda learning_rate0, epoch, k: learning_rate0 * k",),
    "sample_log_uniform": (
        "lambda low, high, size, rng: np.linspace(low, high, size)",
        "lambda low, high, size, rng: np.full(size, (low * high) ** 0.5)",
    ),
    "sample_momentum": ("lambda low, high, size, rng: np.linspace(low, high, size)",),
    "grid_search_points": (
        "lambda bounds, per_axis: np.random.default_rng(0).random((per_axis ** len(bounds), len(bounds)))",
    ),
    "coarse_to_fine": ("lambda points, scores, bounds, shrink: [tuple(pair) for pair in bounds]",),
    "successive_halving": (
        "lambda candidates, score, budgets: 0",
        "lambda candidates, score, budgets: len(candidates) - 1",
    ),
    "train_classifier": ("lambda *_: ({'W1': np.zeros((6, 400)), 'b1': np.zeros((6, 1))}, 1 / 6)",),
    "challenge_settings": (
        "lambda: dict(hidden_layers=[], init_scale=0, learning_rate=1e-9, mini_batch_size=1, final_share=0)",
        "lambda: dict(hidden_layers=[1], init_scale=1, learning_rate=1, mini_batch_size=1, final_share=1)",
    ),
}
NAIVE: dict[str, tuple[str, ...]] = {
    "fit_normalizer": ("lambda X: (X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True))",),
    "dictionary_to_vector": (
        "lambda parameters: np.concatenate([value.reshape(-1, 1) for value in parameters.values()])",
        "lambda parameters: np.concatenate([parameters[key].reshape(-1, 1) for key in sorted(parameters)])",
    ),
    "count_distinct_units": ("lambda W, tol=0: len(np.unique(W, axis=0))",),
    "early_stopping": ("lambda dev_costs, *_, **__: (int(np.argmin(dev_costs)), len(dev_costs) - 1)",),
    "augment_flip": ("lambda images, p, rng: images[:, :, ::-1].copy()",),
    "softmax": ("lambda Z: np.exp(Z) / np.exp(Z).sum(axis=0)",),
    "cross_entropy_cost": ("lambda P, Y: -np.sum(Y * np.log(P)) / Y.shape[1]",),
    "sample_log_uniform": ("lambda low, high, size, rng: rng.uniform(low, high, size)",),
    "sample_momentum": ("lambda low, high, size, rng: rng.uniform(low, high, size)",),
    "random_search_points": (
        "lambda bounds, size, rng: np.array(bounds)[:, 0] + rng.random((size, 1)) * np.ptp(bounds, axis=1)",
    ),
    "coarse_to_fine": (
        "lambda points, scores, bounds, shrink: [(x - shrink * (b - a) / 2, x + shrink * (b - a) / 2)"
        " for x, (a, b) in zip(points[np.argmax(scores)], bounds)]",
    ),
    "successive_halving": (
        "lambda candidates, score, budgets: int(np.argmax([score(one, budgets[-1]) for one in candidates]))",
        "lambda candidates, score, budgets: int(np.argmax([score(one, budgets[0]) for one in candidates]))",
    ),
    "repaired_backward_propagation": ("numerical",),
}
"""Exercise → one-liners that take the idea half of the way."""
NUMERICAL = """
def numerical(X, Y, parameters):
    from course_utils import bug_hunt

    grads = {}
    for key, value in parameters.items():
        grads["d" + key] = np.zeros(value.shape)
        for place in np.ndindex(value.shape):
            J = []
            for step in (5e-6, -5e-6):
                moved = value.copy()
                moved[place] += step
                J.append(bug_hunt.cost(X, Y, {**parameters, key: moved}))
            grads["d" + key][place] = (J[0] - J[1]) / 1e-5
    return grads


"""


def naive_answers(name: str) -> dict[str, Callable]:
    """Make the naive answers to an exercise that are known: in a word what each does → the answer."""
    return {
        text: run_text(f"{NUMERICAL if text == 'numerical' else ''}{name} = {text}", name)
        for text in NAIVE.get(name, ())
    }


# --- what they earn ---------------------------------------------------------------------------------------------------


def share(answer: Callable, name: str, seed: int = SEED) -> float:
    """Judge an answer as grading would, and give the share of the points that it earns."""
    exercise = hidden_exercise(name)
    companions = map(reference_answer, exercise.companions)
    trial = run_trial(exercise.joined(*exercise.with_time_limit(answer, *companions)), exercise, seed)
    # Without a look for the cause, for which every known mistake would be tried.
    return evaluate(trial, exercise, ExpectedOutcomes(expected_outcomes(name, seed).right, list)).share


def best(answers: dict[str, Callable], name: str) -> tuple[float, str]:
    """Find the answer that earns most: its share, and what it does."""
    return max(((share(answer, name), word) for word, answer in answers.items()), default=(0.0, ""))


def earned(name: str) -> tuple[float, list[float]]:
    """Give what an exercise's trivial answers earn at most, but for right ones, and what each naive one earns."""
    trivial = {word: one for word, one in trivial_answers(name).items() if word not in RIGHT.get(name, ())}
    return max(share(one, name) for one in trivial.values()), [share(one, name) for one in naive_answers(name).values()]


def exercises() -> list[str]:
    """Name the exercises of the table: all but predictions, of which any letter is right."""
    return [name for name in EXERCISES if not name.endswith("_predictions")]


def row(name: str) -> str:
    """Write an exercise's line of the table: what trivial and naive answers earn."""
    trivial, naive = earned(name)
    return f"| `{name}` | {100 * trivial:.0f} % | {', '.join(f'{100 * one:.0f} %' for one in naive)} |"


def write_table(readme: Path = README) -> None:
    """Put the table into the judge's README; where a package is missing, a line stays as it is.

    Parameters
    ----------
    readme : Path
    """
    above, rows = readme.read_text(encoding="utf-8").split(HEAD)
    old = {line.split("`")[1]: line for line in rows.splitlines()}
    lines = [row(name) if is_installed(EXERCISES[name].needs) else old[name] for name in exercises()]
    readme.write_text(above + HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
