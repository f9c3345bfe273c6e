"""The registry of known mistakes, and of variants, which are differently written right answers.

A mistake is code with the sentence a good tutor would say: it proves that the checks catch it, and tells the student
whose answer matches it what went wrong. Most are a single edit of the right answer, which is how students make them. A
variant must earn full marks, whatever its idiom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from autograder.topics.answer_cells import own_text, reference_answer, run_texts, solution_text
from course_utils.checks.exercise import EXERCISES

# --- mistakes ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mistake:
    """A wrong answer to an exercise, as the text of a cell, and what to say about it."""

    exercise: str
    sentence: str
    text: str

    @cached_property
    def functions(self) -> tuple[Callable, ...]:
        """The answer and its companions, by default the right ones."""
        return run_texts(self.text, *EXERCISES[self.exercise].functions)

    @property
    def function(self) -> Callable:
        """The wrong answer itself."""
        return self.functions[0]


MISTAKES: list[Mistake] = []


def edit(exercise: str, sentence: str, *replacements: tuple[str, str]) -> None:
    """Register the right answer with parts of its text replaced.

    Parameters
    ----------
    exercise : str
        The exercise that it answers wrongly.
    sentence : str
        What went wrong and what to do, for the student.
    replacements : tuple
        ``(old, new)``, applied in turn.

    Raises
    ------
    ValueError
        The right answer does not hold an ``old``.
    """
    text = solution_text(exercise)
    for old, new in replacements:
        if old not in text:
            raise ValueError(f"the reference answer to {exercise} does not hold {old!r}, which a mistake replaces")
        text = text.replace(old, new)
    MISTAKES.append(Mistake(exercise, sentence, text))


def mistake(exercise: str, sentence: str, made_by: str = "{}") -> Callable[[Callable], Callable]:
    """Register a function or class as a wrong answer to an exercise; ``made_by`` as for a variant."""

    def register(definition: Callable) -> Callable:
        answer = made_by.format(definition.__name__)
        MISTAKES.append(Mistake(exercise, sentence, f"{own_text(definition)}\n\n\n{exercise} = {answer}"))
        return definition

    return register


def missing_predictions(exercise: str, count: int) -> None:
    """Register, for each prediction, the mistake of not giving it: any letter counts as right."""
    for number in range(1, count + 1):
        edit(
            exercise,
            f"Prediction {number} is not given yet. Write one letter from a to d: any of them earns the points.",
            ("return {", "return {**{"),
            ("}", f'}}, {number}: ""}}'),
        )


def wrong_options(exercise: str, options: dict[int, dict[str, str]]) -> None:
    """Register every wrong letter of every question, each with what is to be said about it."""
    for number, sentences in options.items():
        for letter, sentence in sentences.items():
            edit(
                exercise,
                f"Question {number}, {letter}: {sentence}",
                ("return {", "return {**{"),
                ("}", f'}}, {number}: "{letter}"}}'),
            )


def mistakes_in(exercise: str) -> list[Mistake]:
    """List the known mistakes of an exercise.

    Parameters
    ----------
    exercise : str

    Returns
    -------
    list of Mistake
    """
    return [mistake for mistake in MISTAKES if mistake.exercise == exercise]


# --- variants ---------------------------------------------------------------------------------------------------------


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
    r"""Register a function or class as a right answer to an exercise.

    Parameters
    ----------
    exercise : str
        What it answers.
    made_by : str
        How the answer is made from it: ``"{}"`` itself, ``"{}()"`` an object of the class. More lines may follow, as
        for a companion: ``"{0}.backward\nbatchnorm_forward = {0}.forward"``.
    """

    def register(definition: Callable) -> Callable:
        answer = made_by.format(definition.__name__)
        VARIANTS.append(Variant(exercise, f"{own_text(definition)}\n\n\n{exercise} = {answer}"))
        return definition

    return register


def in_every_form(exercise: str, letters: str = "") -> None:
    """Register answers to multiple choice as one string, as a list with capitals and spaces, and as a dict by text.

    Parameters
    ----------
    exercise : str
    letters : str
        One for each question; by default the right ones.
    """
    letters = letters or "".join(reference_answer(exercise)().values())
    spaced = [letters[0].upper(), *(f" {letter} " for letter in letters[1:])]
    by_text = {str(number): letter for number, letter in enumerate(letters, start=1)}
    for form in (letters, spaced, by_text):
        VARIANTS.append(Variant(exercise, f"def {exercise}():\n    return {form!r}"))
