"""Right answers that are broken in one place lose points, each of them, with every seed."""

from __future__ import annotations

import functools
import os
import random
import sys

import pytest

from autograder.__main__ import main
from autograder.authoring import mutants
from autograder.authoring.mutants import EQUIVALENT, SEEDS, equivalence, is_caught, tried
from autograder.authoring.mutation_operators import Mutant, mutants_of
from autograder.topics.answer_cells import solution_text
from course_utils.checks.exercise import EXERCISES
from course_utils.extras import is_installed

mutants_in = functools.cache(lambda name: mutants_of(solution_text(name)))
TRAININGS = {"train_classifier", "challenge_settings"}
QUICK = [name for name, one in EXERCISES.items() if not one.needs and name not in TRAININGS]
SAMPLE = random.Random(2026).sample(QUICK, 12)

# What kept all its points once, as an edit of the right answer.
HOLES = [
    ("count_distinct_units", "np.max(", "np.min("),
    ("count_distinct_units", "> tol", ">= tol"),
    ("count_distinct_units", "tol: float = 1e-8", "tol: float = 2e-8"),
    ("diagnose", "bayes_error > gap", "bayes_error >= gap"),
    ("diagnose", "train_error > gap", "train_error >= gap"),
    ("early_stopping", "best_epoch = 0", "best_epoch = 1"),
    ("numerical_derivative", "epsilon: float = 1e-7", "epsilon: float = 1e-6"),
    ("numerical_gradient", "epsilon: float = 1e-7", "epsilon: float = 1e-6"),
    ("gradient_check", "epsilon: float = 1e-7", "epsilon: float = 1e-6"),
    ("gradient_check", "if total else 0.0", "if total else 1.0"),
    ("gradient_check", "if total else 0.0", ""),
    ("repaired_backward_propagation", "- Y) / m", "+ Y) / m"),
    ("batchnorm_forward", "epsilon: float = 1e-5", "epsilon: float = 2e-5"),
    ("successive_halving", ', kind="stable"', ""),
    ("successive_halving", "sorted(ranked[: (len(ranked) + 1) // 2])", "ranked[: (len(ranked) + 1) // 2]"),
]


@pytest.mark.parametrize(("name", "old", "new"), HOLES)
def test_what_kept_its_points_once_loses_some(name, old, new):
    text = solution_text(name)
    assert old in text
    assert not is_caught(name, text, SEEDS[:1])
    assert is_caught(name, text.replace(old, new))


def test_a_function_is_broken_in_every_place():
    text = '''
def mean_of(values: list, start: int = 0, scale=1.5) -> float:
    """Say nothing that matters."""
    total = start
    for value in values[1:]:
        if value > 0 and scale:
            total += abs(value)
    return np.sum(total, axis=1) / len(values), -total
'''
    made = mutants_of(text)
    changes = {mutant.change for mutant in made}
    assert len({mutant.text for mutant in made}) == len(made)
    head, last = "def mean_of(values, start=0, scale=1.5):", "return (np.sum(total, axis=1) / len(values), -total)"
    for old, new in {
        (head, "def mean_of(values, start=1, scale=1.5):"),
        (head, "def mean_of(values, start=0, scale=3.0):"),
        (head, "def mean_of(values, start, scale=1.5):"),
        ("total = start", "pass"),
        ("for value in values[1:]:", "for value in values[2:]:"),
        ("for value in values[1:]:", "for value in values:"),
        ("for value in values[1:]:", "for value in list(values[1:])[:-1]:"),
        ("if value > 0 and scale:", "if value >= 0 and scale:"),
        ("if value > 0 and scale:", "if value > 0 or scale:"),
        ("if value > 0 and scale:", "if not (value > 0 and scale):"),
        ("if value > 0 and scale:", "if scale:"),
        ("total += abs(value)", "total -= abs(value)"),
        ("total += abs(value)", "total += value"),
        ("total += abs(value)", "total = abs(value)"),
        (last, "return (np.mean(total, axis=1) / len(values), -total)"),
        (last, "return (np.sum(total, axis=0) / len(values), -total)"),
        (last, "return (np.sum(total) / len(values), -total)"),
        (last, "return (total / len(values), -total)"),
        (last, "return (np.sum(total, axis=1), -total)"),
        (last, "return (np.sum(total, axis=1) / len(values), total)"),
        (last, "return (-total, np.sum(total, axis=1) / len(values))"),
        (last, "pass"),
    }:
        assert f"{old} → {new}" in changes
    assert not any("nothing that matters" in mutant.text or "list," in mutant.text for mutant in made)


def test_no_mutant_keeps_all_its_points(soak):
    names = [name for name, one in EXERCISES.items() if is_installed(one.needs)] if soak else SAMPLE
    wanted = {name: [one for one in mutants_in(name) if not equivalence(name, one)] for name in names}
    every = [(name, one) for name, ones in wanted.items() for one in ones]
    if soak:
        results = list(tried(wanted, os.cpu_count() or 1))
    else:
        every = random.Random(2026).sample(every, 50)
        results = [(name, one, is_caught(name, one.text, SEEDS[:1])) for name, one in every]
    assert len(results) == len(every)
    assert not [f"{name}: {one.change}" for name, one, caught in results if not caught]


def test_what_is_listed_as_equivalent_is_a_mutant_and_has_a_reason(soak):
    assert EQUIVALENT.keys() <= EXERCISES.keys()
    for name, patterns in EQUIVALENT.items():
        if not soak and name not in SAMPLE:
            continue
        made = mutants_in(name)
        for pattern, reason in patterns.items():
            assert reason.endswith(".")
            assert any(mutants.matches(mutant, pattern) for mutant in made), f"{name}: {pattern}"


ENDLESS = """
def l1_gradient(W, lambd, m):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing limits a process's CPU time")
def test_what_computes_without_end_is_caught_and_what_was_found_out_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(mutants, "CACHE", tmp_path / "cache")
    right = solution_text("l1_gradient")
    wanted = {"l1_gradient": [Mutant(ENDLESS, "endless"), Mutant(right, "none"), Mutant(right[:-5], "half")]}
    found = {mutant.change: caught for _, mutant, caught in tried(wanted, seconds=1)}
    assert found == {"endless": True, "none": False, "half": True}
    with (tmp_path / "cache").open("a", encoding="utf-8") as file:
        file.write('["half a li')  # killed while it wrote
    monkeypatch.setattr(mutants, "_in_processes", None)
    assert {mutant.change: caught for _, mutant, caught in tried(wanted)} == found


def test_the_command_names_a_survivor_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mutants, "CACHE", tmp_path / "cache")
    kept, lost = Mutant(solution_text("l1_gradient"), "one → the same"), Mutant("", "one → nothing")
    monkeypatch.setattr(mutants, "mutants_of", lambda text: [kept, lost])
    found = [("l1_gradient", kept, False), ("l1_gradient", lost, True)]
    monkeypatch.setattr(mutants, "tried", lambda wanted, workers: found)
    assert main(["mutants", "l1_gradient"]) == 1
    assert "survived: one → the same" in capsys.readouterr().out
    monkeypatch.setitem(EQUIVALENT, "l1_gradient", {"one → the*": "It is the same."})
    assert main(["mutants", "l1_gradient"]) == 0
    monkeypatch.setitem(EQUIVALENT, "l1_gradient", {"one → *": "It is the same.", "one → nothing": "It is not."})
    assert main(["mutants", "l1_gradient"]) == 1
    assert "it loses points: one → nothing" in capsys.readouterr().out
    assert main(["mutants", "no_such"]) == 1
