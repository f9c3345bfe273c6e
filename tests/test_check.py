"""Instant feedback: every way an answer can go wrong becomes a sentence."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import itertools
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import course_utils
from autograder.pipeline import hidden_checks
from autograder.topics.answer_cells import IMPORTS, reference_answer, run_text, solution_text
from autograder.topics.registry import MISTAKES, VARIANTS
from course_utils import check
from course_utils.checks import find_exercise
from course_utils.checks.calling import share_memory
from course_utils.checks.check_report import CheckFailed, Report
from course_utils.checks.difference import difference
from course_utils.checks.exercise import EXERCISES, run_trial
from course_utils.checks.expected_outcomes_file import VISIBLE_SEED
from course_utils.checks.verdict import ExpectedOutcomes, evaluate

ROOT = Path(__file__).resolve().parent.parent
NAMES = list(EXERCISES)


def report_of(function, name, capsys, *companions) -> str:
    """What a terminal shows; the lines are joined, so that a test need not know where they break."""
    with contextlib.suppress(CheckFailed, NotImplementedError):
        check_as_in_a_notebook(name, function, *companions)
    return " ".join(capsys.readouterr().out.split())


def check_as_in_a_notebook(name, *functions):
    names = EXERCISES[name].functions
    called = {one: named(function, one) for one, function in zip(names, functions, strict=True)}
    exec(f"check({', '.join(names)})", {"check": check, **called})


def named(function, name):
    wrapped = functools.wraps(function)(lambda *arguments, **keywords: function(*arguments, **keywords))
    wrapped.__name__ = name
    return wrapped


def right(name):
    return run_text(solution_text(name), name)


def right_companions(name):
    return map(right, EXERCISES[name].companions)


@pytest.mark.parametrize("name", NAMES)
def test_a_right_answer_passes_and_is_told_of_grading(name, capsys):
    text = report_of(right(name), name, capsys, *right_companions(name))
    assert text.startswith(f"✔ {name}: the visible checks pass")
    assert "Grading runs the same checks on other cases" in text


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.text.split("(")[0].split()[-1])
def test_a_differently_written_right_answer_passes(variant, capsys):
    function, *companions = variant.functions
    assert report_of(function, variant.exercise, capsys, *companions).startswith("✔")


def _two_of_each_exercise() -> Iterator[Any]:
    """All mistakes, those beyond two of an exercise for the soak: by default test_verdicts.py names every one once."""
    for _, group in itertools.groupby(MISTAKES, lambda one: one.exercise):
        for number, one in enumerate(group):
            marks = [pytest.mark.soak] if number >= 2 else []
            yield pytest.param(one, marks=marks, id=f"{one.exercise}: {one.sentence[:40]}")


@pytest.mark.parametrize("mistake", _two_of_each_exercise())
def test_a_known_mistake_is_named_from_the_stored_outcomes(mistake, capsys):
    with pytest.raises(CheckFailed) as error:
        check_as_in_a_notebook(mistake.exercise, *mistake.functions)
    text = capsys.readouterr().out
    assert text.startswith("✘")
    assert " ".join(mistake.sentence.split()) in " ".join(text.split())
    # Its lines, and those of the error, fit a terminal.
    lines = error.value._render_traceback_()
    assert " ".join(lines).endswith(error.value.hint)
    assert max(map(len, [*text.splitlines(), *lines])) <= 80


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_is_not_started_and_not_red(name, capsys, monkeypatch):
    def blank(*_, **__):
        raise NotImplementedError

    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    check(named(blank, name), *right_companions(name))
    assert capsys.readouterr().out.startswith(f"○ {name}: not started yet")

    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    with pytest.raises(NotImplementedError) as error:
        check(named(blank, name), *right_companions(name))
    assert error.type is NotImplementedError
    assert error.value._render_traceback_() == [f"{name}: not started yet"]


def raises(layers_dims, rng):
    return {}["W0"] + layers_dims


def loops(layers_dims, rng):
    while True:
        with contextlib.suppress(Exception):
            sum(range(1000))


def returns_none(layers_dims, rng):
    right("initialize_parameters_he")(layers_dims, rng)


def changes_its_argument(layers_dims, rng):
    result = right("initialize_parameters_he")(list(layers_dims), rng)
    layers_dims.append(1)
    return result


def returns_a_list(layers_dims, rng):
    return list(right("initialize_parameters_he")(layers_dims, rng).values())


def returns_a_string(layers_dims, rng):
    return "W1"


def exits(layers_dims, rng):
    sys.exit(3)


def returns_objects(layers_dims, rng):
    return {"W1": np.array([object()])}


def returns_itself(layers_dims, rng):
    return returns_itself


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (raises, "it raises KeyError: 'W0' (in: return {}[\"W0\"] + layers_dims)"),
        (loops, "still running after 2 s of computing (an endless loop?)"),
        (returns_none, "it returns None (is a return missing?)"),
        (changes_its_argument, "it changes its first argument"),
        (returns_a_list, "it returns a list of 2, not a dict with W1"),
        (returns_a_string, "it returns a str, not a dict with W1"),
        (exits, "it raises SystemExit: 3"),
        (returns_objects, "it returns an array of objects, which is not plain data: make all rows equally long"),
        (returns_itself, "it returns a function, which is not plain data"),
    ],
)
def test_what_a_function_does_is_one_sentence(function, sentence, capsys):
    assert sentence in report_of(function, "initialize_parameters_he", capsys)


def test_printing_and_warning_cost_nothing_and_stay_out_of_the_way(capsys):
    def loud(layers_dims, rng):
        print("hello")
        warnings.warn("careful", stacklevel=1)
        np.log(np.zeros(1))
        return right("initialize_parameters_he")(layers_dims, rng)

    text = report_of(loud, "initialize_parameters_he", capsys)
    assert text.startswith("✔")
    assert "it prints while it runs; that costs nothing" in text
    assert "it warns: careful; that costs nothing" in text
    assert "hello" not in text


def test_a_check_leaves_numpys_global_random_numbers_as_they_were(capsys):
    legacy = np.random
    legacy.seed(5)
    expected = legacy.randn(3)  # an odd number: one more waits, which is part of the state
    legacy.seed(5)
    first = legacy.randn()

    def split_indices(*_):
        return legacy.permutation(3), legacy.permutation(3), legacy.randn()

    report_of(split_indices, "split_indices", capsys)
    assert [first, *legacy.randn(2)] == list(expected)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (NotImplementedError, "write prediction 2 into predictions first"),
        ({1: "a"}, "write prediction 2 into predictions first"),
        (7, "predictions: it returns a number; write one letter per question: {1: 'a', 2: 'b', …}"),
    ],
    ids=["blank", "one missing", "a number"],
)
def test_an_experiment_before_its_prediction_says_so_on_one_line(given, words):
    def predictions():
        if given is NotImplementedError:
            raise given
        return given

    with pytest.raises(NotImplementedError) as caught:
        course_utils.show_prediction(predictions, 2)
    assert caught.value._render_traceback_() == [words]


def test_shape_comes_before_values(capsys):
    def one_short(parameters, X, activation):
        return right("activation_rms")(parameters, X, activation)[1:]

    text = report_of(one_short, "activation_rms", capsys)
    assert "one number for each layer: expected 1, got 0" in text


def test_the_worst_entry_is_shown_where_shapes_agree():
    words = difference(np.array([[1.0, 2.0], [3.0, 9.0]]), np.array([[1.0, 2.5], [3.0, 4.0]]))
    assert words == "expected 4, got 9 at [1, 1] (2 of 4 entries differ)"


@pytest.mark.parametrize(
    ("got", "want"),
    [
        ([1, 2], np.array([1.0, 2.0])),
        ((1.0, 2.0), [1, 2]),
        (np.array(3), 3.0),
        (3, np.float64(3)),
        (np.float32(0.1), 0.1),
        (np.array([np.nan]), [np.nan]),
        (np.array([True, False]), [1, 0]),
        ({"a": 1}, {"a": 1.0}),
    ],
)
def test_containers_are_judged_kindly(got, want):
    assert difference(got, want) is None


@pytest.mark.parametrize(
    ("got", "want", "words"),
    [
        (np.zeros((2, 1)), np.zeros(2), "expected shape (2,), got (2, 1)"),
        (np.zeros(2, complex), np.zeros(2), "dtype complex128"),
        ({"a": 1}, {"b": 1}, "b missing; a not asked for"),
        ([1, [2, 3]], [1, 2], "a list of unequal parts"),
        (None, 3.0, "expected a number, got None"),
        (np.nan, 1.0, "expected 1, got nan"),
        (True, "yes", "expected yes, got True"),
    ],
)
def test_differences_are_said_in_words(got, want, words):
    assert words in difference(got, want)


def test_lambdas_partials_and_objects_are_found_by_the_name_they_are_passed_by(capsys):
    initialize_parameters_he = functools.partial(right("initialize_parameters_he"))
    check(initialize_parameters_he)
    initialize_parameters_zeros = lambda layers_dims: right("initialize_parameters_zeros")(layers_dims)  # noqa: E731
    check(initialize_parameters_zeros)
    out = capsys.readouterr().out
    assert "✔ initialize_parameters_he" in out
    assert "✔ initialize_parameters_zeros" in out


def test_an_unknown_function_is_said_to_be_unknown():
    with pytest.raises(ValueError, match="check\\(\\) knows no exercise 'sorted'"):
        find_exercise(sorted)


def test_a_missing_companion_is_asked_for():
    def batchnorm_backward(dZ_tilde, cache):
        raise NotImplementedError

    with pytest.raises(ValueError, match=re.escape("check(batchnorm_backward, batchnorm_forward)")):
        check(batchnorm_backward)


def test_html_says_the_same_and_is_escaped():
    from autograder.pipeline.hidden_checks import examine

    def tagged(layers_dims, rng):
        raise ValueError("<script>alert(1)</script>")

    html = Report(examine(tagged, "initialize_parameters_he", VISIBLE_SEED))._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'role="status"' in html


def test_in_a_notebook_the_report_is_html_and_the_error_two_lines():
    shell = InteractiveShell.instance()
    try:
        from IPython.utils.capture import capture_output

        with capture_output() as captured:
            shell.run_cell(IMPORTS + "from course_utils import check")
            shell.run_cell(MISTAKES[-1].text)
            failed = shell.run_cell(f"check({MISTAKES[-1].exercise})")
        report = next(output.data for output in captured.outputs if "text/html" in output.data)
        assert MISTAKES[-1].exercise in report["text/html"]
        assert MISTAKES[-1].exercise in report["text/plain"]
        assert isinstance(failed.error_in_exec, CheckFailed)
        assert "Traceback" not in captured.stdout
    finally:
        InteractiveShell.clear_instance()


def public_callables():
    for module in (course_utils.data, course_utils.network, course_utils.plots, course_utils.checks):
        for name, value in inspect.getmembers(module, callable):
            if not name.startswith("_") and (getattr(value, "__module__", "") or "").startswith("course_utils"):
                yield pytest.param(value, id=f"{module.__name__}.{name}")


@functools.cache
def first_case(name):
    """An exercise with the first of its cases alone, and what is right there."""
    exercise = dataclasses.replace(EXERCISES[name], cases=lambda rng: EXERCISES[name].cases(rng)[:1])
    return exercise, hidden_checks.right_outcome(exercise, seed=5)


@pytest.mark.parametrize("function", list(public_callables()))
def test_nothing_that_students_are_given_answers_an_exercise(function, monkeypatch):
    def refuse(*_, **__):
        raise RuntimeError("what draws returns nothing, and takes long")

    monkeypatch.setattr(course_utils.plots, "figure", refuse)
    for name in NAMES:
        exercise, right = first_case(name)
        answer = exercise.joined(function, *map(reference_answer, exercise.companions))
        known = ExpectedOutcomes(right, list)  # not asked for the cause: every known mistake would be tried
        assert evaluate(run_trial(answer, exercise, seed=5), exercise, known).state != "right"


def test_the_graders_lack_of_memory_is_no_answers_fault(monkeypatch):
    def observe(answer, **case):
        raise MemoryError
        yield

    name = "initialize_parameters_he"
    exercise = dataclasses.replace(EXERCISES[name], observe=observe)
    at_home = run_trial(reference_answer(name), exercise, seed=5)
    assert any("MemoryError" in str(observation.value) for case in at_home.observations for observation in case)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(MemoryError):
        run_trial(reference_answer(name), exercise, seed=5)


def test_importing_is_light():
    code = "import sys, course_utils; print([m for m in ('matplotlib', 'h5py', 'IPython', 'tqdm') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, encoding="utf-8"
    )
    assert done.stdout.strip() == "[]"


def test_the_validate_button_shows_the_report(tmp_path):
    notebook = nbformat.read(ROOT / "notebooks" / "01_initialization" / "01_initialization.ipynb", as_version=4)
    mistake = next(one for one in MISTAKES if one.exercise == "initialize_parameters_he")
    wanted = {"initialize_parameters_he": mistake.text, "activation_rms": solution_text("activation_rms")}
    kept = {name for one in wanted for name in (one, f"test_{one}")}
    notebook.cells = [cell for cell in notebook.cells if cell.id in kept or cell.source.startswith("import ipywidgets")]
    for cell in notebook.cells:
        cell.source = wanted.get(cell.id, cell.source)
    path = tmp_path / "01_initialization.ipynb"
    nbformat.write(notebook, path)
    # The dialog shows what `nbgrader validate` prints, which exits with 0 whatever it finds.
    command = [sys.executable, "-m", "nbgrader", "validate", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, encoding="utf-8")
    assert "VALIDATION FAILED ON 1 CELL(S)" in done.stdout
    assert "Check failed: initialize_parameters_he" in done.stdout
    assert mistake.sentence in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout


def test_views_that_hide_whether_they_overlap_are_found_out():
    """Whether two views overlap can take longer to find out than anybody waits (it is NP-hard)."""
    memory = np.zeros(192_163_377, dtype=np.int8)  # NumPy's own example of a hard case
    cubes = np.lib.stride_tricks.as_strided(memory, (1049, 1049, 1049), (36674, 61119, 85569))
    squares = np.lib.stride_tricks.as_strided(memory[64_023_025:], (1049, 1049, 1), (12223, 12224, 1))
    assert share_memory(memory, memory[3:])
    assert not share_memory(memory[::2], memory[1::2])
    assert share_memory(cubes, squares)
