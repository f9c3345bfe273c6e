"""Find answers of a class that resemble each other more than answers to the same exercises do, for a person to judge.

What students wrote into solution cells is compared token by token. Left out are the lines that were released, and the
lines that many wrote: most exercises have few ways to be right, and these say nothing. Comments and blanks are left out
too, and all names that a student chose are the same token, so that renaming hides nothing. Nothing leaves this machine.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

MIN_TOKENS = 40  # fewer are too few to compare
MIN_EXERCISE_TOKENS = 6
MIN_SIMILARITY = 0.8
MAX_PAIRS = 25
MAX_CHARACTERS = 50_000
Line = tuple[str, ...]  # the tokens of a line of code


@dataclass(frozen=True)
class SimilarPair:
    """Two students whose answers are alike.

    Parameters
    ----------
    first, second : str
        The students.
    similarity : float
        2 × length of the longest common subsequence of tokens / tokens of both, 0 to 1.
    tokens : int
        Number of tokens of the shorter answer that are compared.
    exercises : list of str
        Where they are alike.
    """

    first: str
    second: str
    similarity: float
    tokens: int
    exercises: list[str]


@dataclass(frozen=True)
class ClassSimilarity:
    """The pairs of students whose answers are most alike, and what is usual in this class.

    Parameters
    ----------
    pairs : list of SimilarPair
        At most ``MAX_PAIRS`` from ``MIN_SIMILARITY`` on, the most similar first.
    median, percentile_95 : float or None
        Of the similarities of all pairs; None where fewer than two students can be compared.
    compared : int
        How many students wrote enough to be compared.
    """

    pairs: list[SimilarPair]
    median: float | None
    percentile_95: float | None
    compared: int


def compare_answers(answers: Mapping[str, Mapping[str, str]], released: Mapping[str, str]) -> ClassSimilarity:
    """Compare every two students' answers.

    Parameters
    ----------
    answers : mapping
        Student → exercise → text of the solution cell.
    released : mapping
        Exercise → text of the cell as it was released.

    Returns
    -------
    ClassSimilarity
    """
    own = {
        student: {name: own_lines(text, released.get(name, "")) for name, text in cells.items()}
        for student, cells in answers.items()
    }
    max_writers = max(2, len(own) / 4)
    writers = Counter((name, line) for cells in own.values() for name, lines in cells.items() for line in set(lines))
    rare = {
        student: {name: [line for line in lines if writers[name, line] <= max_writers] for name, lines in cells.items()}
        for student, cells in own.items()
    }
    tokens = {student: _joined(*cells.values()) for student, cells in rare.items()}
    students = [student for student in sorted(tokens) if len(tokens[student]) >= MIN_TOKENS]
    if len(students) < 2:
        return ClassSimilarity([], None, None, len(students))
    texts = [tokens[student] for student in students]
    similarities = cdist(texts, texts, scorer=Indel.normalized_similarity, dtype=np.float32)
    upper = np.triu_indices(len(students), k=1)
    candidates = [(float(similarities[i, j]), students[i], students[j]) for i, j in zip(*upper, strict=True)]
    pairs = [
        SimilarPair(first, second, similarity, _shorter(tokens, first, second), _where(rare[first], rare[second]))
        for similarity, first, second in sorted(candidates, key=lambda pair: (-pair[0], pair[1:]))[:MAX_PAIRS]
        if similarity >= MIN_SIMILARITY
    ]
    values = similarities[upper]
    return ClassSimilarity(pairs, float(np.median(values)), float(np.percentile(values, 95)), len(students))


def own_lines(text: str, released: str) -> list[Line]:
    """Split the lines that a student wrote into tokens; every name that the student chose becomes the same token.

    Parameters
    ----------
    text : str
        A solution cell.
    released : str
        The cell as it was released.

    Returns
    -------
    list of tuple of str
        The tokens of each line that the release does not hold.
    """
    released_lines = {_normalized(line) for line in released.splitlines()}
    chosen_names = _chosen_names(text[:MAX_CHARACTERS]) - {token for _, token in _tokens(released)}
    lines: dict[int, list[str]] = {}
    for row, token in _tokens(text[:MAX_CHARACTERS]):
        lines.setdefault(row, []).append("a name" if token in chosen_names else token)
    source = dict(enumerate(text.splitlines(), 1))
    return [
        tuple(tokens) for row, tokens in sorted(lines.items()) if _normalized(source.get(row, "")) not in released_lines
    ]


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    """Yield a cell's tokens with their rows, without comments and blanks; up to the first syntax error."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING):
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        return


def _chosen_names(text: str) -> set[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    assigned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return assigned | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _where(first: Mapping[str, list[Line]], second: Mapping[str, list[Line]]) -> list[str]:
    """Name the exercises in which two students' answers are alike."""
    exercises = []
    for name, lines in first.items():
        tokens = _joined(lines), _joined(second.get(name, []))
        if min(map(len, tokens)) >= MIN_EXERCISE_TOKENS and Indel.normalized_similarity(*tokens) >= MIN_SIMILARITY:
            exercises.append(name)
    return exercises


def _shorter(tokens: Mapping[str, list[str]], *students: str) -> int:
    return min(len(tokens[student]) for student in students)


def _joined(*cells: list[Line]) -> list[str]:
    return list(chain.from_iterable(chain.from_iterable(cells)))


def _normalized(line: str) -> str:
    return " ".join(line.split())
