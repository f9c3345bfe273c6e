"""A listed mistake is named where it explains the failing number, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import run_text, run_texts, solution_text
from autograder.topics.registry import mistakes_in
from course_utils.checks.calling import describe_place
from course_utils.checks.exercise import ARGUMENTS, ENDING, EXERCISES, Exercise, Observation, Trial
from course_utils.checks.verdict import ExpectedOutcomes, Verdict, evaluate


def verdict(seen: list[dict], mistakes: dict[str, list[dict]], right: list[dict] | None = None, **tolerance) -> Verdict:
    """Judge made-up observations, each case a dict: property → value; 1 is right."""
    right = right or [dict.fromkeys(case, 1) for case in seen]

    def observed(cases: list[dict]) -> list[list[Observation]]:
        return [[Observation(name, value, **tolerance) for name, value in case.items()] for case in cases]

    weights = {name: 1.0 for case in right for name in case}
    exercise = Exercise("made_up", lambda *_: iter(()), lambda rng: [], weights)
    expected = ExpectedOutcomes(
        observed(right), lambda: [(words, observed(cases)) for words, cases in mistakes.items()]
    )
    return evaluate(Trial(observations=observed(seen)), exercise, expected)


def test_a_mistake_that_fails_too_but_otherwise_is_not_named():
    assert verdict([{"a": 2}], {"Three.": [{"a": 3}]}).mistakes == []
    # The same number in one case, and another in the next, where the mistake would be right.
    assert verdict([{"a": 2}, {"a": 5}], {"Two.": [{"a": 2}, {"a": 1}]}).mistakes == []


def test_a_mistake_that_explains_another_number_only_is_not_named():
    found = verdict([{"a": 7, "b": 2}], {"B.": [{"a": 1, "b": 2}]})
    assert found.failed_key == (0, "a")
    assert found.mistakes == []


def test_a_mistake_that_explains_the_failing_number_is_named_and_what_is_left_is_said():
    found = verdict([{"a": 7, "b": 2}], {"A.": [{"a": 7, "b": 1}]})
    assert found.mistakes == ["A."]
    assert not found.is_explained


def test_mistakes_that_explain_everything_together_are_named_together():
    found = verdict([{"a": 7, "b": 2}], {"A.": [{"a": 7, "b": 1}], "B.": [{"a": 1, "b": 2}]})
    assert found.mistakes == ["A.", "B."]
    assert found.is_explained


def test_one_that_explains_everything_comes_alone():
    mistakes = {"A.": [{"a": 7, "b": 1}], "Both.": [{"a": 7, "b": 2}], "B.": [{"a": 1, "b": 2}]}
    assert verdict([{"a": 7, "b": 2}], mistakes).mistakes == ["Both."]


def test_of_two_within_a_wide_tolerance_the_one_that_is_met_is_named():
    mistakes = {"Near.": [{"a": 2.05}], "Met.": [{"a": 2.0}]}
    assert verdict([{"a": 2.0}], mistakes, rtol=0.05).mistakes == ["Met."]
    assert verdict([{"a": 2.0}], {"Near.": [{"a": 2.09}]}, rtol=0.05).mistakes == []  # two draws differ less


def test_a_missing_key_of_another_name_is_another_error():
    right = [{"a": 1, ENDING: "yes"}]
    seen = [{ENDING: "no: it raises KeyError: 'gamma2' (in: x)"}]
    mistakes = {
        "B.": [{ENDING: "no: it raises KeyError: 'b1'"}],
        "Gamma.": [{ENDING: "no: it raises KeyError: 'gamma1'"}],
    }
    assert verdict(seen, mistakes, right).mistakes == ["Gamma."]


def test_an_error_in_another_case_is_explained_where_the_number_is_not():
    seen = [{"a": 0.37, ENDING: "yes"}, {ENDING: "no: it raises ValueError: operands could not be broadcast together"}]
    right = [{"a": 1, ENDING: "yes"}] * 2
    assert verdict(seen, {}, right).mistakes[0].startswith("In another case it breaks off. Two arrays are combined")


def test_what_was_given_and_changed_is_said_where_no_mistake_is_listed():
    found = verdict([{"a": 1, ARGUMENTS: "changes its first argument"}], {}, [{"a": 1, ARGUMENTS: "yes"}])
    assert "writes into what it was given" in found.mistakes[0]


def causes(exercise: str, text: str) -> str:
    return " ".join(hidden_checks.examine(run_text(text, exercise), exercise, 1).mistakes)


LOWEST = """def early_stopping(dev_costs, patience, min_delta=0.0):
    best_epoch = int(np.argmin(dev_costs))
    return best_epoch, best_epoch + patience"""
OF_THE_SUM = """def relative_difference(approx, grad):
    return np.linalg.norm(approx - grad) / np.linalg.norm(approx + grad)"""
LOG_OF_BETA = """def sample_momentum(low, high, size, rng):
    return 10 ** rng.uniform(np.log10(low), np.log10(high), size)"""


@pytest.mark.parametrize(
    ("exercise", "text", "true", "false"),
    [
        ("early_stopping", LOWEST, "You take the lowest cost of all epochs", ("You add min_delta", "An equal cost")),
        ("relative_difference", OF_THE_SUM, "You divide by the norm of the sum", ("you divide 0 by 0",)),
        ("sample_momentum", LOG_OF_BETA, "You draw β itself on a logarithmic scale", ("You draw β uniformly",)),
        pytest.param(
            "challenge_settings",
            solution_text("challenge_settings").replace("0.2", "2.0"),
            "Your learning rate is too large",
            ("slowly",),
            marks=pytest.mark.soak,  # it trains; test_verdicts.py names these mistakes by default
        ),
    ],
    ids=lambda value: value if str(value).isidentifier() else "",
)
def test_what_was_named_falsely_is_named_truly(exercise, text, true, false):
    said = causes(exercise, text)
    assert true in said
    assert not any(words in said for words in false)


def test_the_line_of_an_error_is_the_students_own(tmp_path):
    text = "from course_utils import network\n\ndef broken(X, Y):\n    return network.backward_propagation({}, X, Y)\n"
    file = tmp_path / "answer.py"
    file.write_text(text, encoding="utf-8")
    namespace: dict = {}
    exec(compile(text, str(file), "exec"), namespace)
    with pytest.raises(AttributeError) as error:
        namespace["broken"](np.ones((2, 2)), 1)
    assert describe_place(error.value) == " (in: return network.backward_propagation({}, X, Y))"


def judged_without(name: str, sentence: str) -> list[str]:
    """Name the other listed mistakes that a mistake is held to be where its own sentence is not listed."""
    exercise = hidden_checks.hidden_exercise(name)
    known = hidden_checks.expected_outcomes(name, 1)
    others = [(words, list(cases)) for words, cases in known.mistakes() if words != sentence]
    mistake = next(one for one in mistakes_in(name) if one.sentence == sentence)
    found, _ = hidden_checks.run_and_evaluate(
        [*mistake.functions], exercise, 1, ExpectedOutcomes(known.right, lambda: others)
    )
    return [words for words in found.mistakes if words in dict(others)]


@pytest.mark.parametrize("name", ["l1_gradient", "normalize", "softmax_gradient", "dictionary_to_vector"])
def test_a_mistake_that_is_not_listed_is_not_taken_for_another(name):
    for mistake in mistakes_in(name):
        assert judged_without(name, mistake.sentence) == []


def test_a_hunt_names_what_differs_and_not_how():
    name = "repaired_backward_propagation"
    text = solution_text(name).replace("lambd / m * W2 + dZ2", "lambd / (3 * m) * W2 + dZ2")
    said = causes(name, text)
    assert said.startswith("dW2 is wrong.")
    assert "1/3" not in said
    assert EXERCISES[name].is_hunt


def test_companions_come_from_the_same_cell():
    name = "batchnorm_backward"
    text = solution_text(name).replace("Z_hat, deviation, gamma = cache", "deviation, Z_hat, gamma = cache")
    functions = run_texts(text, *EXERCISES[name].functions)
    assert "another order" in " ".join(hidden_checks.examine(functions[0], name, 1, *functions[1:]).mistakes)
