"""Which answers of a class resemble each other more than answers to the same exercises do: for a person to look at.

Compared is what students wrote into solution cells, line by line less what was released, and less what many wrote: most
exercises have few ways to be right, and these say nothing. Names that a student chose, comments and blanks are set
aside, so that renaming hides nothing. RapidFuzz measures; nothing leaves this machine.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

LEAST_TOKENS = 40  # less is too little to compare
THRESHOLD = 0.8
MOST_PAIRS = 25
MAX_CHARACTERS = 50_000
Line = tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two students whose answers are alike.

    Parameters
    ----------
    one, other : str
    share : float
        2 × common tokens in order / all tokens of both, of what both have of their own: 0 to 1.
    tokens : int
        How many tokens the shorter has of its own.
    exercises : list of str
        Where they are alike.
    """

    one: str
    other: str
    share: float
    tokens: int
    exercises: list[str]


@dataclass(frozen=True)
class Resemblance:
    """What was found: the pairs, and what is usual in this class (median and 95th percentile of all pairs)."""

    pairs: list[Pair]
    median: float | None
    high: float | None
    compared: int


def resemblance(answers: Mapping[str, Mapping[str, str]], released: Mapping[str, str]) -> Resemblance:
    """Compare every two students.

    Parameters
    ----------
    answers : mapping
        Student → exercise → text of the solution cell.
    released : mapping
        Exercise → text that was given.
    """
    own = {
        student: {name: own_lines(text, released.get(name, "")) for name, text in cells.items()}
        for student, cells in answers.items()
    }
    often = max(2, len(own) / 4)
    used = Counter((name, line) for cells in own.values() for name, lines in cells.items() for line in set(lines))
    rare = {
        student: {name: [line for line in lines if used[name, line] <= often] for name, lines in cells.items()}
        for student, cells in own.items()
    }
    tokens = {student: [token for lines in cells.values() for token in _flat(lines)] for student, cells in rare.items()}
    students = [student for student in sorted(tokens) if len(tokens[student]) >= LEAST_TOKENS]
    if len(students) < 2:
        return Resemblance([], None, None, len(students))
    texts = [tokens[student] for student in students]
    shares = cdist(texts, texts, scorer=Indel.normalized_similarity, dtype=np.float32)
    upper = np.triu_indices(len(students), k=1)
    found = [(float(shares[i, j]), students[i], students[j]) for i, j in zip(*upper, strict=True)]
    pairs = [
        Pair(one, other, share, min(len(tokens[one]), len(tokens[other])), _where(rare[one], rare[other]))
        for share, one, other in sorted(found, key=lambda pair: (-pair[0], pair[1:]))[:MOST_PAIRS]
        if share >= THRESHOLD
    ]
    values = shares[upper]
    return Resemblance(pairs, float(np.median(values)), float(np.percentile(values, 95)), len(students))


def own_lines(text: str, given: str) -> list[Line]:
    """Write a cell's own lines as tokens; every name that the student chose is the same token.

    Parameters
    ----------
    text : str
        A solution cell.
    given : str
        What was released in its place.
    """
    known = {_bare(line) for line in given.splitlines()}
    chosen = _chosen_names(text[:MAX_CHARACTERS]) - {word for _, word in _words(given)}
    rows: dict[int, list[str]] = {}
    for row, word in _words(text[:MAX_CHARACTERS]):
        rows.setdefault(row, []).append("a name" if word in chosen else word)
    source = dict(enumerate(text.splitlines(), 1))
    return [tuple(words) for row, words in sorted(rows.items()) if _bare(source.get(row, "")) not in known]


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Give a cell's tokens and their rows, without comments and blanks; of a cell with errors, those before these."""
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
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _where(one: Mapping[str, list[Line]], other: Mapping[str, list[Line]]) -> list[str]:
    alike = []
    for name in one:
        first, second = _flat(one[name]), _flat(other.get(name, []))
        if min(len(first), len(second)) > 5 and Indel.normalized_similarity(first, second) >= THRESHOLD:
            alike.append(name)
    return alike


def _flat(lines: list[Line]) -> list[str]:
    return [token for line in lines for token in line]


def _bare(line: str) -> str:
    return " ".join(line.split())
