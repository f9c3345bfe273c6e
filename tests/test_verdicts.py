"""Both ways: right answers earn everything, mistakes are named, over many secret seeds and without a flip."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np
import pytest

from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import reference_answer, run_texts, solution_text
from autograder.topics.registry import MISTAKES, VARIANTS, mistakes_in
from course_utils import bug_hunt
from course_utils.checks.exercise import ARGUMENTS, EXERCISES, run_trial
from course_utils.checks.verdict import ExpectedOutcomes, Verdict, evaluate

NAMES = list(EXERCISES)
SEEDS, SOAK_SEEDS = 1, 200  # beside the seed of the build

# The contract's mistakes, by a word of their sentence.
LISTED = {
    "split_indices": ["overlap", "Rounding loses", "do not shuffle", "whatever fractions"],
    "diagnose": ["ignore the Bayes error", "variance from the Bayes error", "Both at once"],
    "fit_normalizer": ["forgot the mean", "axis 1", "ddof=1", "constant feature"],
    "normalize": ["variance", "measure the set", "changed X"],
    "initialize_parameters_zeros": ["(n,)", "transposed", "one layer too far", "same array"],
    "initialize_parameters_random": ["[0, 1)", "scale²", "do not use scale", "biases are random", "global state"],
    "initialize_parameters_xavier": ["He's", "swapped", "square root", "n_out", "mean of n_in and n_out"],
    "initialize_parameters_he": ["square root", "1 / n_in", "n_out", "global variable", "same draws"],
    "activation_rms": ["took the mean.", "measured Z", "last layer is missing", "bias", "feed X"],
    "count_distinct_units": ["columns", "exactly", "pairs"],
    "compute_cost_with_regularization": ["λ/m", "1/m", "biases", "not squared", "spectral norm", "last layer"],
    "backward_propagation_with_regularization": ["λ/(2m)", "db", "wrong sign", "1/m is missing"],
    "weight_decay_step": ["1 − αλ:", "1 − αλ/(2m)", "decay dW", "weights grow"],
    "l1_penalty": ["biases", "squared", "λ/m", "no absolute values"],
    "l1_gradient": ["W in place of its sign", "nan", "λ/m"],
    "dropout_forward": [
        "reversed",
        "do not divide",
        "multiply by keep_prob",
        "once per unit",
        "once per example",
        "normal",
        "always on",
        "wrong way round",
    ],
    "dropout_backward": ["new mask", "do not divide", "multiply by keep_prob", "ignore the mask"],
    "early_stopping": ["lowest J", "epoch of the stop as the best", "too late", "too early", "nan"],
    "augment_flip": ["upside down", "axis 0", "all or none"],
    "numerical_derivative": ["divided by 2ε", "central scheme is a forward difference", "ε²"],
    "relative_difference": ["‖θ‖", "squared each norm", "max-norm", "0 by 0"],
    "dictionary_to_vector": ["as words", "three layers", "Fortran"],
    "vector_to_dictionary": ["views", "(n,)"],
    "numerical_gradient": ["put it back", "whole numbers", "all entries at once"],
    "gradient_check": ["by their place", "with themselves", "‖θ‖"],
    "sample_log_uniform": ["uniformly between low and high", "base e", "powers of e"],
    "sample_momentum": ["β uniformly", "ends swapped"],
    "coarse_to_fine": ["beyond the old one", "worst point"],
    "successive_halving": ["Nobody is dropped", "Of equals"],
    "repaired_backward_propagation": ["given network"],
    "random_mini_batches": ["Y apart from X", "drop the last", "empty mini-batch", "do not shuffle"],
    "update_parameters_with_gd": ["uphill", "biases stay", "were given"],
    "fit": ["t anew in each epoch", "of shape (n,)"],
    "exponentially_weighted_average": ["back into the recursion", "divide by 1 − β.", "counts from 0", "swapped"],
    "initialize_velocity": ["keys are", "same array", "no biases"],
    "update_parameters_with_momentum": ["weighed by 1 − β", "old v.", "dropped the history", "uphill"],
    "update_parameters_with_rmsprop": ["no ε", "inside the root", "root of s first", "dropped the history"],
    "update_parameters_with_adam": [
        "do not use t",
        "without the power t",
        "do not correct s",
        "correct s with β₁",
        "inside the root",
        "corrected v and s as the state",
    ],
    "decay_inverse_time": ["do not use decay_rate", "compounds"],
    "decay_sqrt": ["divide by zero"],
    "decay_staircase": ["round epoch"],
    "one_hot": ["transposed", "from 1", "from the data"],
    "softmax": ["overflows for large", "along rows", "all columns together"],
    "cross_entropy_cost": ["over classes too", "sign", "nan"],
    "softmax_gradient": ["1/m is missing", "sign"],
    "batchnorm_forward": ["σ² + ε, as", "over the units", "σ + ε", "ddof=1", "swapped"],
    "update_running_statistics": ["swapped", "mix standard deviations", "changed the running"],
    "batchnorm_inference": ["batch's own statistics", "Take the root"],
    "batchnorm_backward": ["mean μ is missing", "variance σ² is missing", "γ is missing", "raw Z"],
    "predict_probabilities": ["statistics of the batch"],
    "train_classifier": ["beside it", "percent", "not learned enough", "dev set, so"],
    "linear_function": ["bias is missing", "wrong way round", "transposed"],
    "one_hot_matrix": ["transposed", "length 1", "from the data", "whole numbers"],
    "compute_cost": ["over the examples", "the sum", "over the classes too", "softmax first", "one cost for each"],
    "train_step": ["uphill", "biases stay", "scores of the last layer", "cost after the step", "return the gradients"],
}


def wrong_verdicts(name: str, seed: int) -> list[str]:
    """Judge every known answer to an exercise on the cases of a seed, and say which verdicts are wrong.

    What is expected of a mistake is observed in another run of it than the one that is judged.
    """
    found = []
    for mistake in mistakes_in(name):
        function, *companions = mistake.functions
        verdict = hidden_checks.examine(function, name, seed, *companions)
        if verdict.state != "wrong" or verdict.share > 0.99 or mistake.sentence not in verdict.mistakes:
            found.append(f"seed {seed}: {mistake.sentence}: {verdict}")
    for variant in VARIANTS:
        if variant.exercise == name:
            function, *companions = variant.functions
            verdict = hidden_checks.examine(function, name, seed, *companions)
            if verdict.state != "right" or verdict.share != pytest.approx(1):
                found.append(f"seed {seed}: {variant.text[:60]}: {verdict}")
    return found


@pytest.mark.parametrize("name", NAMES)
def test_no_verdict_flips_over_the_seeds(name, soak):
    seeds = [int(seed) for seed in np.random.SeedSequence(2026).generate_state(SOAK_SEEDS if soak else SEEDS)]
    wrong = [line for seed in seeds for line in wrong_verdicts(name, seed)]
    assert not wrong, "\n".join(wrong[:5])


@pytest.mark.parametrize("name", NAMES)
def test_there_are_enough_right_answers_and_mistakes(name):
    assert sum(variant.exercise == name for variant in VARIANTS) >= 3
    listed = LISTED.get(name, [])
    sentences = [mistake.sentence for mistake in mistakes_in(name)]
    for word in listed:
        assert any(word in sentence for sentence in sentences), word
    assert len(set(sentences)) >= len(listed) + 3


@pytest.mark.parametrize("student", ["ada", "emmy", "build"])
def test_every_student_has_four_bugs_and_none_is_right(student):
    answer = reference_answer("repaired_backward_propagation")
    X, Y, parameters = bug_hunt.example()
    right, planted = answer(X, Y, parameters), bug_hunt.planted(student)(X, Y, parameters)
    wrong = {key for key in right if not np.allclose(right[key], planted[key])}
    assert {"dW3", "dW2", "dW1", "db1"} <= wrong
    assert "db3" not in wrong


def test_every_sentence_is_said_of_one_exercise_and_ends_like_a_sentence():
    for mistake in MISTAKES:
        assert mistake.sentence.endswith((".", "?"))
        assert len(mistake.sentence) < 160


@functools.cache
def right_outcome(name: str) -> list:
    return hidden_checks.right_outcome(hidden_checks.hidden_exercise(name), seed=3)


def judged(function: Callable, name: str) -> Verdict:
    """Judge an answer without looking for its cause, for which every known mistake would be tried."""
    exercise = hidden_checks.hidden_exercise(name)
    answer = exercise.joined(function, *map(reference_answer, exercise.companions))
    return evaluate(run_trial(answer, exercise, 3), exercise, ExpectedOutcomes(right_outcome(name), list))


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_earns_nothing(name):
    def blank(*_, **__):
        raise NotImplementedError

    verdict = judged(blank, name)
    assert verdict.state == "not started"
    assert verdict.share == 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "nothing",
    [lambda *_: None, lambda *_: {}, lambda *_: [], lambda *_: "", lambda *_: 0, lambda *arguments: arguments[-1:]],
)
def test_an_answer_that_does_nothing_earns_nothing(name, nothing):
    assert judged(nothing, name).share == 0


@pytest.mark.parametrize("name", NAMES)
def test_importing_an_answer_earns_nothing(name, capsys):
    check = hidden_checks.hidden(name, points=10)
    assert check(reference_answer(name)) == 0.0
    assert "You imported this function" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_points_are_a_python_float_and_partial(name, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "test")
    check = hidden_checks.hidden(name, points=10)
    assert repr(check(*run_texts(solution_text(name), *EXERCISES[name].functions))) == "10.0"
    earned = 0.0
    for mistake in mistakes_in(name):
        earned = check(*mistake.functions)
        assert type(earned) is float
        assert 0 <= earned < 10
        if earned:
            break
    of_value = EXERCISES[name].weights.keys() - EXERCISES[name].form
    assert earned or len(of_value) == 1  # whose answer is right or is not


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_without_anything_right_is_shown_all_the_same(name, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "test")
    assert hidden_checks.hidden(name, points=10)(lambda *_, **__: {}) == 0.0
    assert "0 of 10 points" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_observers_yield_the_properties_that_carry_points(name):
    exercise = EXERCISES[name]
    seen = {one.property for case in right_outcome(name) for one in case}
    assert set(exercise.properties) <= seen
    assert sum(exercise.properties.values()) == pytest.approx(1)
    assert (ARGUMENTS in exercise.properties) == bool(inspect.signature(reference_answer(name)).parameters)


def test_seeds_are_secret_per_student_and_the_same_again(monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "a")
    monkeypatch.setenv("NBGRADER_ASSIGNMENT", "01_initialization")
    seeds = set()
    for student in ("ada", "emmy"):
        monkeypatch.setenv("NBGRADER_STUDENT", student)
        seeds |= {hidden_checks.submission_seed(name) for name in NAMES}
        assert hidden_checks.submission_seed(NAMES[0]) == hidden_checks.submission_seed(NAMES[0])
    assert len(seeds) == 2 * len(NAMES)
    before = hidden_checks.submission_seed(NAMES[0])
    monkeypatch.setenv("COURSE_SECRET", "b")
    assert hidden_checks.submission_seed(NAMES[0]) != before


def test_the_course_makes_one_secret_and_keeps_it(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    monkeypatch.setattr(hidden_checks, "SECRET", tmp_path / "secret")
    secret = hidden_checks.course_secret()
    assert len(secret) == 64
    assert hidden_checks.course_secret() == secret
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_hidden_reports_show_no_case_and_no_seed(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "test")

    def telling(layers_dims, rng):
        print(layers_dims)
        raise ValueError(f"layers_dims is {layers_dims}")

    assert hidden_checks.hidden("initialize_parameters_he", points=10)(telling) == 0.0
    out = capsys.readouterr().out
    assert "layers_dims is" not in out
    assert "[" not in out
