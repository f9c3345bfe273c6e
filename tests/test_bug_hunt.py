"""The bug hunt of 03 is won by finding bugs: not by differentiating numerically, and not by asking the check."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder.authoring.trivial_answers import naive_answers
from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import reference_answer, run_text, solution_text
from autograder.topics.registry import MISTAKES, VARIANTS, mistakes_in
from course_utils import bug_hunt
from course_utils.checks.check_report import Report
from course_utils.checks.difference_plots import plot_failure
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.expected_outcomes_file import VISIBLE_SEED, read_outcomes
from course_utils.checks.verdict import run_and_evaluate
from course_utils.data import DATASETS

NAME = "repaired_backward_propagation"
STEPS = {2: ((1, 0.5), (-1, -0.5)), 4: ((1, 2 / 3), (-1, -2 / 3), (2, -1 / 12), (-2, 1 / 12))}


def numerical(epsilon: float, order: int):
    """Differentiate the cost by differences of an order, as an answer."""

    def answer(X, Y, parameters):
        grads = {}
        for key, value in parameters.items():
            grads["d" + key] = np.zeros(value.shape)
            for place in np.ndindex(value.shape):
                for step, weight in STEPS[order]:
                    moved = value.copy()
                    moved[place] += step * epsilon
                    grads["d" + key][place] += weight * bug_hunt.cost(X, Y, {**parameters, key: moved}) / epsilon
        return grads

    return answer


@pytest.mark.parametrize("epsilon", [1e-4, 2e-5, 1e-5, 5e-6, 2e-6, 1e-6, 1e-7])
def test_central_differences_of_the_cost_earn_nothing(epsilon):
    for seed in (1, 2, 3):
        assert hidden_checks.examine(numerical(epsilon, 2), NAME, seed).share == 0


def test_the_naive_answer_of_the_table_is_that_one():
    (answer,) = naive_answers(NAME).values()
    assert hidden_checks.examine(answer, NAME, 1).share == 0


@pytest.mark.parametrize("variant", [one for one in VARIANTS if one.exercise == NAME], ids=lambda one: one.text[4:24])
def test_right_answers_are_far_nearer_than_the_tolerance(variant):
    right = reference_answer(NAME)
    for seed in range(20):
        for case in EXERCISES[NAME].cases(np.random.default_rng(seed)):
            want, got = right(**case), variant.function(**case)
            assert all(np.allclose(got[key], want[key], rtol=1e-12, atol=0) for key in want)


def test_what_is_stored_of_the_visible_cases_is_close_enough():
    exercise, expected = EXERCISES[NAME], read_outcomes(DATASETS, NAME)
    verdict, _ = run_and_evaluate([run_text(solution_text(NAME), NAME)], exercise, VISIBLE_SEED, expected)
    assert verdict.state == "right"


def test_every_planted_bug_is_a_known_mistake_that_names_no_more_than_a_key():
    answers = [one.text for one in mistakes_in(NAME)]
    for lines in bug_hunt.PLANTED.values():
        for line in lines:
            assert sum(line.replace("bug_hunt.", "network.") in text for text in answers) == 1
    for one in MISTAKES:
        if one.exercise == NAME and "still wrong" in one.sentence:
            assert re.fullmatch(r"(d[Wb]\d( and d[Wb]\d are| is)) still wrong\. Your gradient check .*", one.sentence)


@pytest.mark.parametrize("student", ["ada", "bob", "emmy", "build"])
def test_a_report_on_the_planted_bugs_shows_no_number_and_no_bug(student):
    exercise = EXERCISES[NAME]
    for seed, expected in (
        (VISIBLE_SEED, read_outcomes(DATASETS, NAME)),
        (1, hidden_checks.expected_outcomes(NAME, 1)),
    ):
        verdict, trial = run_and_evaluate([bug_hunt.planted(student)], exercise, seed, expected)
        assert verdict.state == "wrong"
        assert plot_failure(verdict, trial, expected) == ""
        for report in (Report(verdict), Report(verdict, 8)):
            text = repr(report)
            assert "not right" in text or report.points
            assert "expected" not in text
            assert not re.search("penalty|factor|softplus|sigmoid|twice|half|mean", text)
