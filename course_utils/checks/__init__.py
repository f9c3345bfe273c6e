"""Instant feedback: ``check(function)`` tries a student's function and says precisely what is wrong.

It imports other modules of ``course_utils``, and nothing of ``autograder``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from course_utils.cells import unfinished
from course_utils.checks import (
    batchnorm_softmax,  # noqa: F401 - each registers its exercises
    data_and_diagnosis,  # noqa: F401
    gradient_checking,  # noqa: F401
    hyperparameters,  # noqa: F401
    initialization,  # noqa: F401
    optimization,  # noqa: F401
    regularization,  # noqa: F401
    tensorflow,  # noqa: F401
)
from course_utils.checks.calling import MalformedResult, default_error_settings, passed_name
from course_utils.checks.check_report import CheckFailed, Report, capture_displays, not_started_error, without_traceback
from course_utils.checks.difference_plots import plot_failure
from course_utils.checks.exercise import EXERCISES, Exercise
from course_utils.checks.origin import cell_digest, origin_of
from course_utils.checks.questions import read_letters
from course_utils.checks.verdict import run_and_evaluate
from course_utils.environment import NOT_IN_ENVIRONMENT, unavailable_modules
from course_utils.extras import how_to_get, is_installed

__all__ = ["check", "show_prediction"]


def check(function: Callable, *companions: Callable) -> None:
    """Try a function of yours on this exercise's visible cases and show what came out.

    Parameters
    ----------
    function : callable
        Your answer, passed by the exercise's name: ``check(initialize_parameters_zeros)``.
    companions : callable
        Functions of yours that it is checked together with, where the exercise says so.

    Raises
    ------
    CheckFailed
        The answer is wrong; the report says how.
    NotImplementedError
        The exercise is still blank, and nbgrader is asking; or a package that it needs is not installed.
    """
    from course_utils.checks.expected_outcomes_file import VISIBLE_SEED, is_hidden, read_outcomes
    from course_utils.data import DATASETS

    exercise = find_exercise(function, passed_name(sys._getframe(1)))
    if not is_installed(exercise.needs):
        raise without_traceback(NotImplementedError(how_to_get(exercise.needs)))
    if is_hidden(DATASETS, exercise.name):
        print(f"{exercise.name} is checked by its own test.")
        return
    expected = read_outcomes(DATASETS, exercise.name)
    with default_error_settings():
        origin = origin_of(function, exercise.name)
        hint = unfinished(origin.own_text, exercise.name)
        with capture_displays() as displayed:
            verdict, trial = run_and_evaluate([function, *companions], exercise, VISIBLE_SEED, expected, hint)
        if displayed:
            verdict.notes.append("it displays something while it runs")
        origins = [origin, *(origin_of(companion, companion.__name__) for companion in companions)]
        verdict.cells = sorted({cell_digest(text) for part in origins for text in part.texts})
        if missing := unavailable_modules(set().union(*(part.modules for part in origins))):
            verdict.warning = f"{', '.join(missing)}: {NOT_IN_ENVIRONMENT}."
        report = Report(verdict, picture=plot_failure(verdict, trial, expected))
    report.show()
    if verdict.state == "not started" and "NBGRADER_EXECUTION" in os.environ:
        raise not_started_error(verdict)  # or the Validate button would call a blank notebook complete
    if verdict.state == "wrong":
        raise CheckFailed(verdict)


def show_prediction(predictions: Callable, number: int) -> None:
    """Print which prediction was given, before the experiment that answers it runs.

    Parameters
    ----------
    predictions : callable
        The notebook's function with your predictions.
    number : int
        Number of the prediction.

    Raises
    ------
    NotImplementedError
        It is not given yet.
    """
    try:
        letter = read_letters(predictions(), number)[-1]
    except NotImplementedError:
        letter = ""
    except MalformedResult as error:
        raise without_traceback(NotImplementedError(f"{predictions.__name__}: {error}")) from None
    if not letter:
        raise without_traceback(NotImplementedError(f"write prediction {number} into {predictions.__name__} first"))
    print(f"your prediction {number}: {letter}")


def find_exercise(function: Callable, name: str | None = None) -> Exercise:
    """Find the exercise that a function answers: by the name it was passed by, else by its own.

    Parameters
    ----------
    function : callable
    name : str, optional
        The name it was passed by.

    Returns
    -------
    Exercise

    Raises
    ------
    ValueError
        Neither name is an exercise's.
    """
    for candidate in (name, getattr(function, "__name__", None)):
        if candidate in EXERCISES:
            return EXERCISES[candidate]
    called = name or getattr(function, "__name__", type(function).__name__)
    raise ValueError(f"check() knows no exercise {called!r}; pass your function by the exercise's name")
