"""Hidden checks: they test the same properties as the visible checks, on cases drawn from a secret seed.

The expected outcomes are computed when first needed, from the topics' ``answers.py`` and ``mistakes.py``.
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
MAX_OUTCOMES = 100  # expected outcomes that are cached


class NotGraded(Exception):
    """An exercise cannot be graded on this machine. The judge looks for this class name: the exercise needs a look."""


# --- cases ------------------------------------------------------------------------------------------------------------


def _unseen_hands(rng: np.random.Generator) -> list[Case]:
    """Draw images of hands that no student has."""
    X, Y = _shuffled_hands(int(rng.integers(2**62)))
    return [{"X": X, "Y": Y}]


@functools.lru_cache(maxsize=1)  # the student's answer, the reference and every mistake get the same images
def _shuffled_hands(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X, Y = draw_hands(NEW_IMAGES, rng)
    order = rng.permutation(NEW_IMAGES)
    return X[:, order], Y[:, order]


# Exercises whose hidden cases students' files cannot draw → the function that draws them.
DRAWN_HERE: dict[str, Callable[[np.random.Generator], list[Case]]] = {
    "train_classifier": lambda rng: [
        {"known": load_hands()[:4], **case, "seed": int(rng.integers(4))} for case in _unseen_hands(rng)
    ],
    "challenge_settings": _unseen_hands,
}


def hidden_exercise(name: str) -> Exercise:
    """Return an exercise as it is graded.

    Parameters
    ----------
    name : str

    Returns
    -------
    Exercise
        The visible exercise, with the cases of ``DRAWN_HERE`` where it is named there.
    """
    exercise = EXERCISES[name]
    return dataclasses.replace(exercise, cases=DRAWN_HERE.get(name, exercise.cases))


# --- expected outcomes ------------------------------------------------------------------------------------------------


@functools.cache
def _joined(name: str, *functions: Callable) -> Callable:
    """Join a course's answer with its companions; cached, so that a network that it trained is not trained again."""
    return EXERCISES[name].joined(*functions)


def right_outcome(exercise: Exercise, seed: int, trial: Trial | None = None) -> Observations:
    """Observe the reference answer.

    Parameters
    ----------
    exercise : Exercise
    seed : int
        Draws the cases.
    trial : Trial, optional
        Is filled on the way.

    Returns
    -------
    list of list of Observation
        The observations of each case.
    """
    answer = _joined(exercise.name, *map(reference_answer, exercise.functions))
    return list(observe_cases(answer, exercise, seed, trial or Trial(describes_calls=False)))


def wrong_outcomes(exercise: Exercise, seed: int) -> list[tuple[str, Iterator[list[Observation]]]]:
    """Observe every known mistake, lazily, case by case.

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
    """Return the outcomes of the right answer and the known mistakes on the hidden cases of a seed; cached.

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
    exercise, trial = hidden_exercise(name), Trial(describes_calls=False)
    right = right_outcome(exercise, seed, trial)
    return ExpectedOutcomes(right, lambda: wrong_outcomes(exercise, seed), trial.sizes)


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
        The student's functions that the answer is checked together with; by default the reference answers.

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
        The exercise that the cell tests.
    points : float
        The cell's maximum.

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
    """Compile the known mistakes of the exercises that test cells name; the judge calls this before it forks.

    Parameters
    ----------
    tests : list of str
        Source of the test cells.
    """
    identifiers = set(itertools.chain.from_iterable(re.findall(r"\w+", test) for test in tests))
    for name in identifiers & EXERCISES.keys():
        if not EXERCISES[name].needs:  # a package that the exercise needs may start threads, which a fork would lose
            for mistake in mistakes_in(name):
                mistake.functions  # noqa: B018 - compiled on first access


# --- seeds ------------------------------------------------------------------------------------------------------------


def submission_seed(exercise: str) -> int:
    """Derive the secret seed for the hidden cases of an exercise; it is the same whenever a submission is graded again.

    It depends on the course's secret, and on three environment variables that the judge sets: the student, the
    assignment and a hash of the student's own cells. So a student who learnt something of the cases and hands in
    another answer gets other cases. Where the variables are not set, as in plain nbgrader's kernel, the whole class
    has the same hidden cases.

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
    """Read the course's secret, from which the seeds of hidden cases are derived; make it where there is none yet.

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
