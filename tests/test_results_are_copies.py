"""What an answer returned stays as it was, and what it is asked later tells nothing that could mend it."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.pipeline.hidden_checks import hidden_exercise
from course_utils.checks.batchnorm_softmax import CLASSES, train_and_predict
from course_utils.checks.calling import CallRecorder, LocalFunction
from course_utils.checks.exercise import EXERCISES


def test_a_later_call_changes_no_earlier_result():
    kept = []

    def answer(x):
        kept.append(np.full(3, x))
        kept[0][:] = x  # also what it returned first
        return kept[0]

    recorder = CallRecorder(answer)
    results = [recorder(x) for x in (1.0, 2.0)]
    assert [list(one) for one in results] == [[1.0] * 3, [2.0] * 3]
    assert [list(one) for one in recorder.results] == [[1.0] * 3, [2.0] * 3]


def test_what_a_network_said_is_not_mended_later():
    buffer = np.zeros((CLASSES, 2))

    def predict(X, model):
        buffer[:] += 1
        return buffer

    asked = train_and_predict(LocalFunction(lambda *_: ({}, 0.5)), LocalFunction(predict))
    X = np.zeros((3, 2))
    _, said = asked(X, X, X, X, 0, [X, X, X])
    assert [one[0, 0] for one in said] == [1, 2, 3]


@pytest.mark.parametrize("exercise", [EXERCISES["train_classifier"], hidden_exercise("train_classifier")])
@pytest.mark.parametrize("seed", range(3))
def test_few_images_come_first_and_mixed(exercise, seed):
    asked = []

    def answer(X_train, Y_train, X_dev, Y_dev, seed, batches):
        asked.extend(batches)
        return 0.5, [np.zeros((CLASSES, X.shape[1])) for X in batches]

    (case,) = exercise.cases(np.random.default_rng(seed))
    list(exercise.observe(answer, **case))
    sizes = [X.shape[1] for X in asked]
    assert sizes == [*sizes[:-2], case["X"].shape[1], case["known"][2].shape[1]]
    assert 1 in sizes
    assert max(sizes[:-2]) < 50
    columns = {column.tobytes(): label for column, label in zip(case["X"].T, case["Y"].ravel(), strict=True)}
    labels = [[columns[column.tobytes()] for column in X.T] for X in asked[:-2]]
    assert all(len(set(one)) > 2 for one in labels if len(one) > 1)
    assert all(one != sorted(one) for one in labels if len(one) > 1)
