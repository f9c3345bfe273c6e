"""Exercises that ask for letters: predictions before an experiment, and multiple-choice questions on a topic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from course_utils.checks.calling import MalformedResult
from course_utils.checks.difference import digest, kind
from course_utils.checks.exercise import Observation, exercise

QUESTIONS: set[str] = set()
"""Names of the exercises whose right answers are a letter each: what is known of them, grading hides from answers."""
LETTERS = ("a", "b", "c", "d")
NO_LETTER = "no letter from a to d"


def ask_predictions(name: str, count: int) -> None:
    """Register an exercise that asks for predictions, of which any is as good as another.

    Parameters
    ----------
    name : str
        The function that the student writes.
    count : int
        How many predictions it gives.
    """
    weights: dict[str, float] = {f"prediction {number}": 1 for number in range(1, count + 1)}
    exercise(name, lambda rng: [{}], weights, arguments=False)(lambda answer: _observe_predictions(answer(), count))


def ask_questions(topic: str, count: int) -> None:
    """Register the exercise ``topic_answers``, which answers a topic's multiple-choice questions.

    Parameters
    ----------
    topic : str
    count : int
        How many questions there are.
    """
    weights: dict[str, float] = {f"question {number}": 1 for number in range(1, count + 1)}
    QUESTIONS.add(f"{topic}_answers")
    exercise(f"{topic}_answers", lambda rng: [{"salt": rng.bytes(16).hex()}], weights, arguments=False)(
        lambda answer, salt: _observe_answers(answer(), topic, count, salt)
    )


def _observe_answers(answers: Any, topic: str, count: int, salt: str) -> Iterator[Observation]:
    """Observe a salted hash of each letter, so that what is right can be stored without being readable."""
    for number, letter in enumerate(read_letters(answers, count), start=1):
        yield Observation(
            f"question {number}", digest(salt, topic, number, letter) if letter else NO_LETTER, secret=True
        )


def _observe_predictions(answers: Any, count: int) -> Iterator[Observation]:
    for number, letter in enumerate(read_letters(answers, count), start=1):
        yield Observation(f"prediction {number}", "given" if letter else NO_LETTER)


def read_letters(answers: Any, count: int) -> list[str]:
    """Read a letter for each question.

    Parameters
    ----------
    answers : dict, list, tuple or str
        Number of a question → letter, or the letters in the order of the questions.
    count : int
        How many questions there are.

    Returns
    -------
    list of str
        "a" to "d"; "" where there is no such letter.

    Raises
    ------
    MalformedResult
        ``answers`` is something else.
    """
    if isinstance(answers, dict):
        by_number = {str(number): letter for number, letter in answers.items()}
    elif isinstance(answers, str | list | tuple):
        by_number = {str(number): letter for number, letter in enumerate(answers, start=1)}
    else:
        raise MalformedResult(f"it returns {kind(answers)}; write one letter per question: {{1: 'a', 2: 'b', …}}")
    letters = [str(by_number.get(str(number), "")).strip().lower() for number in range(1, count + 1)]
    return [letter if letter in LETTERS else "" for letter in letters]
