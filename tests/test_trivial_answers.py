"""No points for nothing: what answers without understanding earn, and that the judge's README says so."""

from __future__ import annotations

import collections
import math

import pytest

from autograder.authoring import trivial_answers
from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import reference_answer
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import ARGUMENTS, EXERCISES
from course_utils.checks.questions import QUESTIONS

TABLE = trivial_answers.README.read_text(encoding="utf-8").split(trivial_answers.HEAD)[1].splitlines()


# TensorFlow takes half a minute to wake up.
FUNCTIONS = [
    pytest.param(name, marks=[pytest.mark.soak] if EXERCISES[name].needs else [])
    for name in trivial_answers.exercises()
    if name not in QUESTIONS
]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_trivial_answers_earn_a_tenth_at_most_and_naive_ones_half(name):
    trivial, naive = trivial_answers.earned(name)
    assert trivial <= trivial_answers.MOST_TRIVIAL
    assert all(share <= trivial_answers.MOST_NAIVE for share in naive)
    assert trivial_answers.row(name) in TABLE


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_no_letter_is_right_of_more_than_two_thirds_of_the_questions(name):
    """The order of the options comes from a hash, so one letter may be right more often than another."""
    letters = collections.Counter(reference_answer(name)().values())
    assert max(letters.values()) <= math.ceil(2 * letters.total() / 3)
    assert trivial_answers.row(name) in TABLE


def test_the_table_has_a_line_for_every_exercise(tmp_path, monkeypatch):
    names = trivial_answers.exercises()
    assert [line.split("`")[1] for line in TABLE] == names
    # Written anew it is what it was, but for the numbers; of an exercise whose package is missing it stays.
    monkeypatch.setattr(trivial_answers, "row", lambda name: f"| `{name}` | new | |")
    monkeypatch.setattr(trivial_answers, "is_installed", lambda package: not package)
    page = tmp_path / "README.md"
    page.write_bytes(trivial_answers.README.read_bytes())
    trivial_answers.write_table(page)
    written = page.read_text(encoding="utf-8").split(trivial_answers.HEAD)[1].splitlines()
    assert written == [
        line if EXERCISES[name].needs else f"| `{name}` | new | |" for name, line in zip(names, TABLE, strict=True)
    ]


def test_every_exercise_has_a_property_of_value_and_arguments_are_form():
    for exercise in EXERCISES.values():
        assert exercise.weights.keys() - exercise.form
        assert exercise.form <= exercise.weights.keys()
        assert (ARGUMENTS in exercise.weights) == (ARGUMENTS in exercise.form)


def test_a_report_says_of_form_alone_that_it_holds_and_earns_nothing():
    def upside_down(Z):
        return Z / Z

    verdict = hidden_checks.examine(upside_down, "softmax", 1)
    assert verdict.passed["the shape"]
    assert verdict.share == 0
    assert ("✔", "the shape: 0 of 0.71: it counts only beside a right value") in Report(verdict, 10).lines()
    assert ("Already right", "the shape; leaves its arguments as they were") in Report(verdict).lines()
