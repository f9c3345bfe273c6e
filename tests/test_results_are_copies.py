"""What an answer returned stays as it was, and what it is asked later tells nothing that could mend it."""

from __future__ import annotations

import numpy as np
import pytest
from in_process import examination
from tiny_course import ROOT

from autograder.judge.client import ExaminerClient
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


SPEAKS_OF_ITS_NEIGHBOURS = """
import numpy as np, os, time
known, asked = {}, []
def train(*_): return {}, 0.5
def remembering(X, model):
    asked.append(os.getpid())
    return np.array([[known.setdefault(x.tobytes(), X.mean()) for x in X.T]] * 6)
def endless(X, model):
    while X.shape[1] > 1: pass
    return np.ones((6, 1))
def failing(X, model):
    if X.shape[1] > 1: raise ValueError(X.shape[1])
    return np.ones((6, 1))
def processes(X, model): return np.full((6, X.shape[1]), os.getpid())
"""
ASKS = """
import numpy as np
from course_utils.checks.batchnorm_softmax import train_and_predict
from course_utils.checks.calling import CallFailed
X = np.arange(12.0).reshape(2, 6)
try:
    _, said = train_and_predict(train, predict)(X, X, X, X, 0, [X[:, :1], X, X[:, ::-1], X[:, 2:]])
    print(*[one[0, 0] for one in said])
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module")
def asked_of(tmp_path_factory):
    """Ask a network that lives in the sandbox, as grading does; give what the check prints."""
    examiner = ExaminerClient([])

    def ask(predict: str) -> str:
        cells = [
            ("student", SPEAKS_OF_ITS_NEIGHBOURS),
            ("test", ASKS.replace("(train, predict)", f"(train, {predict})")),
        ]
        request = examination(
            [{"kind": kind, "source": source, "points": 1} for kind, source in cells], tmp_path_factory.mktemp("asked")
        )
        request |= {"calls": "course_utils.checks.calling", "package_folders": [str(ROOT)]}
        result = examiner.ask(request | {"readable": [str(ROOT / "course_utils")]}, 300)["cells"][1]
        assert result["look"] == ""
        return str([output.get("text") or output.get("evalue") for output in result["outputs"]])

    yield ask
    examiner.close()


@pytest.mark.needs("sandbox")
def test_what_a_network_remembers_of_an_image_is_gone_when_it_is_asked_again(asked_of):
    """Else one that looks at the images beside an image could say the same of it each time."""
    assert asked_of("remembering") == "['3.0 5.5 5.5 6.5\\n']"
    numbers = asked_of("processes").strip("[]'\\n").split()
    assert len(set(numbers)) == 4


@pytest.mark.needs("sandbox")
def test_what_goes_wrong_in_a_copy_is_told_as_elsewhere(asked_of):
    assert "CallFailed it raises ValueError: 6" in asked_of("failing")
    assert "TimeoutError still running after 2 s of computing" in asked_of("endless")


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
