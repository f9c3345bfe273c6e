"""Every known wrong answer, once: code with the sentence a good tutor would say.

A mistake proves that the checks catch it, and tells the student whose answer matches it what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to an exercise and what to say about it."""

    exercise: str
    sentence: str
    function: Callable


MISTAKES: list[Mistake] = []


def mistake(exercise: str, sentence: str) -> Callable[[Callable], Callable]:
    """Register a function as a wrong answer to an exercise.

    Parameters
    ----------
    exercise : str
        The exercise that it answers wrongly.
    sentence : str
        What went wrong and what to do, for the student.
    """

    def register(function: Callable) -> Callable:
        MISTAKES.append(Mistake(exercise, sentence, function))
        return function

    return register


def mistakes_in(exercise: str) -> list[Mistake]:
    """Every known mistake of an exercise."""
    return [one for one in MISTAKES if one.exercise == exercise]


from autograder.mistakes import initialization  # noqa: E402, F401 - registers its mistakes
