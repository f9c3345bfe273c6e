"""Verify the checks both ways: right answers earn everything, blanks nothing, and every mistake is named."""

from __future__ import annotations

from autograder.pipeline.hidden_checks import examine
from autograder.topics import FOLDER
from autograder.topics.notebook_text import BuildError
from autograder.topics.registry import MISTAKES, VARIANTS
from course_utils.checks.exercise import EXERCISES
from course_utils.extras import is_installed


def verify_checks(seed: int = 1) -> None:
    """Refuse to go on unless variants earn everything, blanks nothing, and every mistake is named.

    Raises
    ------
    BuildError
        Naming the function that is judged wrongly.
    """
    names = [name for name, exercise in EXERCISES.items() if is_installed(exercise.needs)]
    for variant in (variant for variant in VARIANTS if variant.exercise in names):
        function, *companions = variant.functions
        verdict = examine(function, variant.exercise, seed, *companions)
        if verdict.state != "right":
            first_line = variant.text.splitlines()[0]
            raise _misjudged("variants", first_line, f"this right answer is refused: {verdict.failure}")
    for mistake in (mistake for mistake in MISTAKES if mistake.exercise in names):
        function, *companions = mistake.functions
        verdict = examine(function, mistake.exercise, seed, *companions)
        if verdict.state != "wrong" or mistake.sentence not in verdict.mistakes:
            raise _misjudged(
                "mistakes", mistake.sentence, f"{mistake.exercise}: not caught by name: {mistake.sentence}"
            )
    for name in names:
        if examine(_blank, name, seed).share != 0:
            raise _misjudged("answers", f"def {name}(", f"a blank {name} earns points")


def _blank(*_: object, **__: object) -> None:
    raise NotImplementedError


def _misjudged(part: str, text: str, message: str) -> BuildError:
    """Make an error that points at the line where a text begins in that part of a topic."""
    for file in sorted(FOLDER.glob(f"*/{part}.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if text[:60] in line:
                return BuildError(file, number, message)
    return BuildError(FOLDER, 1, message)
