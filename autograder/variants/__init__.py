"""Differently written right answers: each must earn full marks, whatever the idiom."""

from __future__ import annotations

from collections.abc import Callable

VARIANTS: list[tuple[str, Callable]] = []


def variant(exercise: str) -> Callable[[Callable], Callable]:
    """Register a function as a right answer to an exercise."""

    def register(function: Callable) -> Callable:
        VARIANTS.append((exercise, function))
        return function

    return register


from autograder.variants import initialization  # noqa: E402, F401 - registers its variants
