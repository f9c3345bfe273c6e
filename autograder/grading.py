"""Hidden checks: the visible checks' properties on cases drawn from a secret seed.

Right and wrong outcomes are computed on the spot, from ``reference/`` and ``mistakes/``.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from autograder.mistakes import mistakes_in
from autograder.reference import reference_answer
from course_utils.checks.exercise import EXERCISES, Exercise, try_out
from course_utils.checks.report import Report
from course_utils.checks.verdict import Known, Observations, Verdict, judge

HERE = Path(__file__).resolve().parent
SECRET = HERE / "secret"


def right_outcome(exercise: Exercise, seed: int) -> Observations:
    """Observe the reference answer."""
    return try_out(reference_answer(exercise.name), exercise, seed).seen


def wrong_outcomes(exercise: Exercise, seed: int) -> list[tuple[str, Observations]]:
    """Observe every known mistake: ``[(sentence, observations)]``."""
    return [
        (mistake.sentence, try_out(mistake.function, exercise, seed).seen) for mistake in mistakes_in(exercise.name)
    ]


def examine(function: Callable, name: str, seed: int) -> Verdict:
    """Judge an answer on the cases of a seed.

    Parameters
    ----------
    function : callable
        The answer.
    name : str
        The exercise.
    seed : int
        Draws the cases.
    """
    exercise = EXERCISES[name]
    known = Known(right_outcome(exercise, seed), lambda: wrong_outcomes(exercise, seed))
    return judge(try_out(function, exercise, seed), exercise, known)


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
        ``check(function)`` → points earned, a Python float, which nbgrader takes as partial credit.
    """

    def check(function: Callable) -> float:
        if is_ours(function):
            verdict = Verdict(exercise, "wrong", dict.fromkeys(EXERCISES[exercise].properties, False), 0.0)
            verdict.failure = "the answer is imported, not written in the notebook"
            verdict.mistakes = ["You imported this function. Write it in the notebook."]
        else:
            verdict = examine(function, exercise, submission_seed(exercise))
        report = Report(verdict, points)
        report.show()
        return report.earned

    return check


def is_ours(function: Callable) -> bool:
    """Tell whether a function was written by the course and not by the student."""
    module = getattr(function, "__module__", None) or ""
    code = getattr(function, "__code__", None)
    return module.split(".")[0] in ("autograder", "course_utils") or (
        code is not None and Path(code.co_filename).is_relative_to(HERE)
    )


def submission_seed(exercise: str) -> int:
    """Derive the seed of an exercise of one submission: secret, and the same at every regrade.

    It depends on the course's secret and on the folder that nbgrader grades in (student and assignment).
    """
    words = "\x1f".join([course_secret(), *Path.cwd().parts[-2:], exercise])
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8])


def course_secret() -> str:
    """Read the secret that hidden cases are drawn from; make one where there is none yet.

    ``COURSE_SECRET`` in the environment wins over the file ``autograder/secret``, which is never committed.
    """
    if os.environ.get("COURSE_SECRET"):
        return os.environ["COURSE_SECRET"]
    file = SECRET
    if not file.exists():
        # Written whole under another name first: a second grader never reads half a secret.
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(secrets.token_hex(32))
        draft.chmod(0o600)
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text()
