"""07 against the NumPy answers of the other notebooks; tensors at the border; and what happens without TensorFlow."""

from __future__ import annotations

import json
import os
import sys

import numpy as np
import pytest
from in_process import examination

from autograder.authoring import build
from autograder.judge.client import ExaminerClient
from autograder.pipeline import hidden_checks
from autograder.topics import source_of
from autograder.topics.answer_cells import run_texts, solution_text
from autograder.topics.batchnorm_softmax import answers as batchnorm_softmax
from autograder.topics.notebook_text import source_notebook
from autograder.topics.registry import MISTAKES, VARIANTS
from autograder.topics.tensorflow import answers
from course_utils import check, missing, quiet
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.expected_outcomes_file import read_outcomes

NAMES = ("linear_function", "one_hot_matrix", "compute_cost", "train_step")
needs_tensorflow = pytest.mark.needs("tensorflow")
needs_sandbox = pytest.mark.needs("sandbox")


@pytest.fixture
def without_tensorflow(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)  # so that it can neither be found nor imported


@needs_tensorflow
@pytest.mark.parametrize(("C", "m"), [(2, 5), (6, 1), (3, 8)])
def test_operators_agree_with_numpy(C, m):
    rng = np.random.default_rng(C)
    labels, Z = rng.integers(0, C, (1, m)), rng.normal(0, 3, (C, m))
    Y = batchnorm_softmax.one_hot(labels, C)
    np.testing.assert_array_equal(answers.one_hot_matrix(labels, C).numpy(), Y)
    by_hand = batchnorm_softmax.cross_entropy_cost(batchnorm_softmax.softmax(Z), Y)
    assert answers.compute_cost(Z, Y).numpy() == pytest.approx(by_hand, rel=1e-12)
    W, b = rng.normal(0, 1, (4, C)), rng.normal(0, 1, (4, 1))
    np.testing.assert_allclose(answers.linear_function(W, Z, b).numpy(), W @ Z + b, rtol=1e-12)


@needs_tensorflow
def test_a_training_step_is_finite_differences():
    rng, rate = np.random.default_rng(0), 0.3
    parameters = {"W1": rng.normal(0, 1, (4, 3)), "b1": rng.normal(0, 1, (4, 1))}
    parameters |= {"W2": rng.normal(0, 1, (2, 4)), "b2": rng.normal(0, 1, (2, 1))}
    X, Y = rng.normal(0, 1, (3, 6)), np.eye(2)[:, rng.integers(0, 2, 6)]

    def cost(p):
        Z = p["W2"] @ np.maximum(p["W1"] @ X + p["b1"], 0) + p["b2"]
        return batchnorm_softmax.cross_entropy_cost(batchnorm_softmax.softmax(Z), Y)

    stepped, before = answers.train_step(parameters, X, Y, rate)
    assert before == pytest.approx(cost(parameters))
    for key, value in parameters.items():
        for index in np.ndindex(value.shape):
            shift = np.zeros(value.shape)
            shift[index] = 1e-5
            slope = (cost({**parameters, key: value + shift}) - cost({**parameters, key: value - shift})) / 2e-5
            assert value[index] - stepped[key][index] == pytest.approx(rate * slope, abs=1e-8)


@pytest.fixture(scope="module")
def graded():
    """Have the notebook's cells examined, with answers put in and a cell of the student's above the first test."""

    def examine(folder, first="", given="", change=lambda text: text):
        cells = [{"source": given, "kind": "given", "points": None}] if given else []
        for cell in source_notebook(source_of("07_tensorflow")).cells:
            if cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", []):
                settings = cell.metadata["nbgrader"]
                kind = "test" if settings["grade"] else "student" if settings["solution"] else "given"
                source = change(cell.source) if settings["solution"] else cell.source
                cells.append({"source": source, "kind": kind, "points": settings.get("points")})
                if "import tensorflow" in cell.source and first:
                    cells.append({"source": first, "kind": "student", "points": None})
        examiner = ExaminerClient(["autograder.pipeline.hidden_checks"])
        try:
            seen = [str(build.ROOT / "course_utils"), str(build.ROOT / "datasets")]
            request = {**examination(cells, folder), "readable": seen, "package_folders": [str(build.ROOT)]}
            request["calls"] = "course_utils.checks.calling"
            results = examiner.ask(request, 300)["cells"]
        finally:
            examiner.close()
        tests = [result for cell, result in zip(cells, results, strict=True) if cell["kind"] == "test"]
        return [test["look"] for test in tests], [
            output["data"]["text/plain"]
            for test in tests
            for output in test["outputs"]
            if output["output_type"] == "execute_result"
        ]

    return examine


USED = """x = tf.ones((300, 300)) @ tf.ones((300, 300))
tf.function(lambda x: tf.nn.relu(x @ x))(x)"""


@needs_tensorflow
@needs_sandbox
def test_right_answers_earn_everything_where_tensorflow_was_used_before_as_a_graph(graded, tmp_path):
    """Its threads do not survive the fork in which a test runs."""

    def as_graphs(text):
        return text.replace("def linear_function", "@tf.function\ndef linear_function")

    looks, points = graded(tmp_path, first=USED, change=as_graphs)
    assert not any(looks)
    assert points == ["2.0", "4.0", "4.0", "6.0", "10.0", "4.0"]


@needs_sandbox
def test_without_tensorflow_answers_need_a_look_and_letters_count(graded, tmp_path):
    looks, points = graded(tmp_path, given="import sys\nsys.modules['tensorflow'] = None")
    sentence = "tensorflow is not installed where this was graded"
    assert looks == ["", *[sentence] * 4, ""]
    assert points == ["2.0", "4.0"]


@pytest.mark.parametrize("exercise", NAMES)
def test_without_tensorflow_a_check_says_how_to_get_it(exercise, without_tensorflow):
    def answer(*_):
        raise AssertionError("it is not called")

    answer.__name__ = exercise
    with pytest.raises(NotImplementedError, match=r'-e "\.\[tensorflow\]"'):
        check(answer)
    with pytest.raises(hidden_checks.NotGraded, match="is not installed"):
        hidden_checks.hidden(exercise, points=4)


def test_what_stands_for_it_says_how_to_get_it(capsys):
    tf = missing("tensorflow")
    said = capsys.readouterr().out
    assert 'pip install -c constraints.txt -e ".[tensorflow]"' in said
    with pytest.raises(NotImplementedError) as error:
        tf.constant(1)
    assert error.value._render_traceback_() == [said.strip()]
    assert not hasattr(tf, "__wrapped__")


def test_without_tensorflow_the_build_leaves_07_as_it_is(without_tensorflow, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "sources", lambda: [source_of("07_tensorflow")])
    monkeypatch.setattr(build, "EXERCISES", {name: build.EXERCISES[name] for name in ("tensorflow_answers", *NAMES)})
    monkeypatch.setattr(build.readme_figure, "draw", lambda root: None)
    monkeypatch.setattr(build.make_datasets, "write_all", lambda folder: folder.mkdir())
    build.write_released(tmp_path)
    assert "07_tensorflow is left as it was last built" in capsys.readouterr().out
    name = "notebooks/07_tensorflow/07_tensorflow.ipynb"
    assert (tmp_path / name).read_bytes() == (build.ROOT / name).read_bytes()
    old, new = (read_outcomes(root / "datasets", "train_step") for root in (build.ROOT, tmp_path))
    assert json.dumps(old.right, default=repr) == json.dumps(new.right, default=repr)
    assert [words for words, _ in old.mistakes()] == [words for words, _ in new.mistakes()]


def test_a_librarys_own_log_is_dropped_and_standard_error_is_as_before(capfd):
    with quiet():
        os.write(2, b"a log\n")
    os.write(2, b"an error\n")
    assert capfd.readouterr().err == "an error\n"


def test_answers_are_readable_without_tensorflow(without_tensorflow):
    assert "tf.matmul" in solution_text("linear_function")


def test_without_tensorflow_every_other_answer_runs(without_tensorflow):
    """A name that an answer binds itself, in a function too, is none of another notebook's exercises."""
    others = [one for one in [*VARIANTS, *MISTAKES] if not EXERCISES[one.exercise].needs]
    assert len(others) > 1000
    for one in others:
        run_texts(one.text, *EXERCISES[one.exercise].functions)


@needs_tensorflow
def test_logging_that_is_configured_anew_leaves_open_what_pytest_captures_with(request):
    """TensorFlow's handler of messages closes its stream then, unless it is ``sys.stderr`` of that moment."""
    from absl import logging

    handler = logging.get_absl_handler()
    request.getfixturevalue("capsys")
    handler.close()
    assert not handler.python_handler.stream.closed
