"""Differently written right answers: each must earn full marks, whatever the idiom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograder.texts import own_text, run_texts
from course_utils.checks.exercise import EXERCISES


@dataclass(frozen=True)
class Variant:
    """A right answer to an exercise, as the text of a cell."""

    exercise: str
    text: str

    @cached_property
    def functions(self) -> tuple[Callable, ...]:
        """The answer and its companions, by default the right ones."""
        return run_texts(self.text, *EXERCISES[self.exercise].functions)

    @property
    def function(self) -> Callable:
        """The answer itself."""
        return self.functions[0]


VARIANTS: list[Variant] = []


def variant(exercise: str, made_by: str = "{}") -> Callable[[Callable], Callable]:
    """Register a function or class as a right answer to an exercise.

    Parameters
    ----------
    exercise : str
        What it answers.
    made_by : str
        How the answer is made from it: ``"{}"`` itself, ``"{}()"`` an object of the class. More lines may follow, as
        for a companion: ``"{0}.backward\\nbatchnorm_forward = {0}.forward"``.
    """

    def register(definition: Callable) -> Callable:
        answer = made_by.format(definition.__name__)
        VARIANTS.append(Variant(exercise, f"{own_text(definition)}\n\n\n{exercise} = {answer}"))
        return definition

    return register


def in_every_form(exercise: str, letters: str) -> None:
    """Register answers to multiple choice as one string, as a list with capitals and spaces, and as a dict by text."""
    spaced = [letters[0].upper(), *(f" {letter} " for letter in letters[1:])]
    by_text = {str(number): letter for number, letter in enumerate(letters, start=1)}
    for form in (letters, spaced, by_text):
        VARIANTS.append(Variant(exercise, f"def {exercise}():\n    return {form!r}"))


from autograder.variants import (  # noqa: E402 - register theirs
    batchnorm_softmax,  # noqa: F401
    data_and_diagnosis,  # noqa: F401
    gradient_checking,  # noqa: F401
    hyperparameters,  # noqa: F401
    initialization,  # noqa: F401
    optimization,  # noqa: F401
    regularization,  # noqa: F401
    tensorflow,  # noqa: F401
)
