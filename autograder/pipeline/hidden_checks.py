"""Hidden checks: the visible checks' properties on cases drawn from a secret seed.

The expected outcomes are computed when they are asked for, from the topics' ``answers.py`` and ``mistakes.py``.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import os
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from autograder.data.hand_images import draw_hands
from autograder.topics.answer_cells import reference_answer
from autograder.topics.registry import mistakes_in
from course_utils.cells import unfinished
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import EXERCISES, Case, Exercise, Observation, Trial, observe_cases
from course_utils.checks.origin import cell_of
from course_utils.checks.verdict import ExpectedOutcomes, Observations, Verdict, run_and_evaluate
from course_utils.data import load_hands
from course_utils.extras import is_installed

AUTOGRADER = Path(__file__).resolve().parents[1]
SECRET = AUTOGRADER / "secret"
NEW_IMAGES = 600
MAX_OUTCOMES = 100  # that are kept


class NotGraded(Exception):
    """An exercise cannot be graded on this machine; the judge knows it by this name: the exercise needs a look."""


# --- cases ------------------------------------------------------------------------------------------------------------


def _unseen_hands(rng: np.random.Generator) -> list[Case]:
    """Draw hands that no student has."""
    X, Y = _shuffled_hands(int(rng.integers(2**62)))
    return [{"X": X, "Y": Y}]


@functools.lru_cache(maxsize=1)  # the student's answer, the reference and every mistake get the same images
def _shuffled_hands(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X, Y = draw_hands(NEW_IMAGES, rng)
    order = rng.permutation(NEW_IMAGES)
    return X[:, order], Y[:, order]


# How hidden cases of exercises are drawn for which students lack the means.
DRAWN_HERE: dict[str, Callable[[np.random.Generator], list[Case]]] = {
    "train_classifier": lambda rng: [
        {"known": load_hands()[:4], **case, "seed": int(rng.integers(4))} for case in _unseen_hands(rng)
    ],
    "challenge_settings": _unseen_hands,
}


def hidden_exercise(name: str) -> Exercise:
    """Give an exercise as it is graded.

    Parameters
    ----------
    name : str

    Returns
    -------
    Exercise
        The visible one, which may draw other cases.
    """
    exercise = EXERCISES[name]
    return dataclasses.replace(exercise, cases=DRAWN_HERE.get(name, exercise.cases))


# --- expected outcomes ------------------------------------------------------------------------------------------------


@functools.cache
def _joined(name: str, *functions: Callable) -> Callable:
    """Join an answer of ours with its companions, once, so that a network that it trained is not trained again."""
    return EXERCISES[name].joined(*functions)


def right_outcome(exercise: Exercise, seed: int) -> Observations:
    """Observe the reference answer.

    Parameters
    ----------
    exercise : Exercise
    seed : int
        Draws the cases.

    Returns
    -------
    list of list of Observation
        For each case.
    """
    answer = _joined(exercise.name, *map(reference_answer, exercise.functions))
    return list(observe_cases(answer, exercise, seed, Trial(describes_calls=False)))


def wrong_outcomes(exercise: Exercise, seed: int) -> list[tuple[str, Iterator[list[Observation]]]]:
    """Observe every known mistake, each case when it is asked for.

    Parameters
    ----------
    exercise : Exercise
    seed : int
        Draws the cases.

    Returns
    -------
    list of tuple
        For each mistake, its sentence and an iterator over the observations of each case.
    """
    return [
        (
            mistake.sentence,
            observe_cases(_joined(exercise.name, *mistake.functions), exercise, seed, Trial(describes_calls=False)),
        )
        for mistake in mistakes_in(exercise.name)
    ]


@functools.lru_cache(maxsize=MAX_OUTCOMES)
def expected_outcomes(name: str, seed: int) -> ExpectedOutcomes:
    """Give what the right answer and the known mistakes return on the hidden cases of a seed.

    Parameters
    ----------
    name : str
        The exercise.
    seed : int
        Draws the cases.

    Returns
    -------
    ExpectedOutcomes
    """
    exercise = hidden_exercise(name)
    return ExpectedOutcomes(right_outcome(exercise, seed), lambda: wrong_outcomes(exercise, seed))


# --- checks -----------------------------------------------------------------------------------------------------------


def examine(function: Callable, name: str, seed: int, *companions: Callable) -> Verdict:
    """Judge an answer on the cases of a seed.

    Parameters
    ----------
    function : callable
        The answer.
    name : str
        The exercise.
    seed : int
        Draws the cases.
    companions : callable
        The functions that it is tried together with; without any, the right ones.

    Returns
    -------
    Verdict
    """
    exercise = hidden_exercise(name)
    companions = companions or tuple(map(reference_answer, exercise.companions))
    begun = unfinished(cell_of(function), name)
    return run_and_evaluate([function, *companions], exercise, seed, expected_outcomes(name, seed), begun)[0]


def hidden(exercise: str, points: float) -> Callable[[Callable], float]:
    """Make the ``check`` of a test cell at grading: it shows the points of each property and returns their sum.

    Parameters
    ----------
    exercise : str
        What the cell tests.
    points : float
        What it is worth.

    Returns
    -------
    callable
        ``check(function, *companions)`` → points earned, a Python float, which nbgrader takes as partial credit.

    Raises
    ------
    NotGraded
        A package that the exercise needs is not installed here.
    """
    if not is_installed(package := EXERCISES[exercise].needs):
        raise NotGraded(f"{package} is not installed where this was graded")

    def check(function: Callable, *companions: Callable) -> float:
        if _is_ours(function):
            verdict = Verdict(exercise, "wrong", dict.fromkeys(EXERCISES[exercise].properties, False), 0.0)
            verdict.failure = "the answer is imported, not written in the notebook"
            verdict.mistakes = ["You imported this function. Write it in the notebook."]
        else:
            verdict = examine(function, exercise, submission_seed(exercise), *companions)
        report = Report(verdict, points)
        report.show()
        return report.earned

    return check


def _is_ours(function: Callable) -> bool:
    """Tell whether a function was written by the course and not by the student."""
    module = getattr(function, "__module__", None) or ""
    code = getattr(function, "__code__", None)
    return module.split(".")[0] in ("autograder", "course_utils") or (
        code is not None and Path(code.co_filename).is_relative_to(AUTOGRADER)
    )


def preload_tests(tests: list[str]) -> None:
    """Compile the known mistakes of the exercises that test cells name; the judge calls this before it forks to grade.

    Parameters
    ----------
    tests : list of str
        Source of the test cells.
    """
    identifiers = set(itertools.chain.from_iterable(re.findall(r"\w+", test) for test in tests))
    for name in identifiers & EXERCISES.keys():
        if not EXERCISES[name].needs:  # a package that it needs may start threads, which a fork would lose
            for mistake in mistakes_in(name):
                mistake.functions  # noqa: B018 - made when first asked for


# --- seeds ------------------------------------------------------------------------------------------------------------


def submission_seed(exercise: str) -> int:
    """Derive the seed of an exercise of one submission: secret, and the same at every regrade.

    It depends on the course's secret, and on the student, the assignment and the hash of the student's own cells that
    the judge names in the environment: whoever learnt something of the cases and hands in another answer meets others.
    Where no judge does, as in a kernel of plain nbgrader, a class shares its hidden cases.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    int
        Below 2**64.
    """
    submission = [os.environ.get(f"NBGRADER_{name}", "") for name in ("STUDENT", "ASSIGNMENT", "SOLUTIONS")]
    text = "\x1f".join([course_secret(), *submission, exercise])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def course_secret() -> str:
    """Read the secret that hidden cases are drawn from; make one where there is none yet.

    ``COURSE_SECRET`` in the environment wins over the file ``autograder/secret``, which is never committed.

    Returns
    -------
    str

    Raises
    ------
    OSError
        The file cannot be made or read.
    """
    if os.environ.get("COURSE_SECRET"):
        return os.environ["COURSE_SECRET"]
    if not SECRET.exists():
        # Written whole under another name first: a second grader never reads half a secret.
        draft = SECRET.with_suffix(f".{os.getpid()}")
        draft.write_text(secrets.token_hex(32), encoding="utf-8")
        draft.chmod(0o600)
        try:
            os.link(draft, SECRET)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return SECRET.read_text(encoding="utf-8")
