"""The order of the options of a question: that of hashes of their text, so that no letter is likelier than another.

The options stand in a notebook's text as students see them. An author writes them in any order and lets
``python -m autograder options`` put them, and all that names their letters, in the right one.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.topics import sources
from autograder.topics.claims import normal
from autograder.topics.notebook_text import Source
from course_utils.checks.questions import LETTERS

_QUESTION = re.compile(r"^\*\*(\d+)\.\*\* ((?:(?!^\*\*\d)[\s\S])*?)\n\n((?:- [a-d]\) .*\n(?:  .*\n)*)+)", re.M)
_OPTION = re.compile(r"^- [a-d]\) (.*\n(?:  .*\n)*)", re.M)
_WRONG = re.compile(r'^            "([a-d])": (.*\n(?:             .*\n|            [^"].*\n)*)', re.M)


@dataclass(frozen=True)
class Question:
    """A question of a list: the exercise that asks it, its number, and which option goes where."""

    exercise: str
    number: int
    options: tuple[str, ...]
    order: tuple[int, ...]

    @property
    def moves(self) -> dict[str, str]:
        """Letter that an option has → letter that it should have."""
        return {LETTERS[old]: LETTERS[new] for new, old in enumerate(self.order)}


def questions(file: Path) -> Iterator[Question]:
    """Read every question and prediction of a notebook's text."""
    for exercise, text in _lists(file):
        for number, question, options in _read(text):
            yield Question(exercise, number, options, order_of(question, options))


def order_of(question: str, options: tuple[str, ...]) -> tuple[int, ...]:
    """Sort options by the hash of the question's text and their own.

    Returns
    -------
    tuple of int
        Positions of ``options``, in the order in which they should stand.
    """
    keys = [hashlib.sha256(normal(f"{question} {_bare(option)}").encode()).digest() for option in options]
    return tuple(sorted(range(len(options)), key=keys.__getitem__))


def require_order(file: Path) -> None:
    """Refuse a notebook's text whose options stand in another order.

    Raises
    ------
    BuildError
        Naming the question.
    """
    for question in questions(file):
        if question.order != tuple(range(len(LETTERS))):
            source = Source(file)
            cell = next(i for i, cell in enumerate(source.cells) if cell.metadata.get("exercise") == question.exercise)
            raise source.error(
                cell - 1,
                f"the options of question {question.number} stand in another order than that of their hashes; run:"
                " python -m autograder options",
            )


def order_options() -> list[Path]:
    """Put all options in order: in texts, right answers, mistakes, and where prose names a prediction's letter.

    Returns
    -------
    list of Path
        The files that changed.
    """
    changed = []
    for file in sources():
        moved = list(questions(file))
        for path, rewrite in (
            (file, _text),
            (file.with_name("answers.py"), _answers),
            (file.with_name("mistakes.py"), _mistakes),
        ):
            before = path.read_text(encoding="utf-8")
            after = rewrite(before, moved)
            if after != before:
                path.write_text(after, encoding="utf-8", newline="\n")
                changed.append(path)
    return changed


def _lists(file: Path) -> Iterator[tuple[str, str]]:
    cells = Source(file).cells
    for above, cell in itertools.pairwise(cells):
        exercise = cell.metadata.get("exercise", "")
        if exercise.endswith(("_answers", "_predictions")):
            yield exercise, above.source + "\n"


def _read(text: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    for number, question, options in re.findall(_QUESTION, text):
        yield int(number), question, tuple(re.findall(_OPTION, options))


def _bare(option: str) -> str:
    """Leave out the comma or full stop at the end of an option."""
    return option.rstrip().rstrip(",.")


def _text(text: str, moved: list[Question]) -> str:
    waiting = iter(moved)
    letters: dict[str, dict[str, str]] = {}

    def put_in_order(match: re.Match) -> str:
        if match["named"]:  # "Prediction 2: c", of the last list above: a second one counts from 1 again
            return match["named"] + letters[match["number"]][match["letter"]]
        question = next(waiting)
        if question.exercise.endswith("_predictions"):
            letters[str(question.number)] = question.moves
        options = [question.options[old].rstrip() for old in question.order]
        if any(option.endswith(",") for option in options):  # parts of one sentence: the sign belongs to the place
            options = [_bare(option) + end for option, end in zip(options, ",,,.", strict=True)]
        lines = [f"- {letter}) {option}\n" for letter, option in zip(LETTERS, options, strict=True)]
        return match[0].removesuffix(match[3]) + "".join(lines)

    pattern = rf"{_QUESTION.pattern}|(?P<named>\b[Pp]rediction (?P<number>\d): )(?P<letter>[a-d])\b"
    return re.sub(pattern, put_in_order, text, flags=re.M)


def _answers(text: str, moved: list[Question]) -> str:
    for exercise, those in _by_list(moved, "_answers").items():
        start = text.index("### BEGIN", text.index(f"def {exercise}("))
        end = text.index("### END", start)
        right = text[start:end]
        for number, letter in re.findall(r'(\d+): "([a-d])"', right):
            right = right.replace(f'{number}: "{letter}"', f'{number}: "{those[int(number)][letter]}"')
        text = text[:start] + right + text[end:]
    return text


def _mistakes(text: str, moved: list[Question]) -> str:
    for exercise, those in _by_list(moved, "_answers").items():
        head, body = text.split(f'wrong_options(\n    "{exercise}"', 1)
        parts = re.split(r"^(        \d+: \{\n)", body, flags=re.M)
        for at in range(1, len(parts), 2):
            moves = those[int(parts[at].split(":")[0])]
            entries = list(_WRONG.finditer(parts[at + 1]))
            rest = parts[at + 1][entries[-1].end() :]
            renamed = sorted((moves[entry[1]], entry[2]) for entry in entries)
            parts[at + 1] = "".join(f'            "{letter}": {words}' for letter, words in renamed) + rest
        text = f'{head}wrong_options(\n    "{exercise}"' + "".join(parts)
    return text


def _by_list(moved: list[Question], ending: str) -> dict[str, dict[int, dict[str, str]]]:
    lists: dict[str, dict[int, dict[str, str]]] = {}
    for question in moved:
        if question.exercise.endswith(ending):
            lists.setdefault(question.exercise, {})[question.number] = question.moves
    return lists
