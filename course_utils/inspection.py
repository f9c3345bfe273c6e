"""Inspect a saved notebook for what works at home and may cost points at grading."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from course_utils.cells import (
    READING_FAILED,
    bare,
    code_cells,
    left_raises,
    name_of,
    no_python,
    settings,
    source_of,
    without_magics,
)
from course_utils.environment import NOT_IN_ENVIRONMENT, imported_modules, unavailable_modules
from course_utils.progress import (
    CHANGED,
    FAILS,
    UNCHECKED,
    ReleasedExercise,
    exercise_progress,
    find_answer,
    released_exercises,
)

OLDEST_PYTHON = (3, 11)  # the oldest Python that the course may be graded with
WRITTEN_FILE = re.compile(r"^%%(?:writefile|file)\s+(?:-a\s+)?(\S+)", re.MULTILINE)
Texts = list[tuple[str, str]]  # nbgrader's name of a code cell, or "", and its text


def inspect_notebook(
    document: Mapping[str, Any], released: Mapping[str, Any], folder: Path
) -> tuple[list[str], list[str]]:
    """Say what a student should know before a notebook is handed in.

    Parameters
    ----------
    document : mapping
        The student's notebook, as plain data.
    released : mapping
        The same as it was given out.
    folder : Path
        Where the notebook lies.

    Returns
    -------
    sentences : list of str
        A sentence for each thing that may cost points.
    blank : list of str
        Exercises that are not started.
    """
    exercises = released_exercises(released)
    cells = [cell for cell in document["cells"] if isinstance(cell, dict)]
    texts = [(name_of(cell), source_of(cell)) for cell in cells if cell.get("cell_type") == "code" or name_of(cell)]
    found = {name: find_answer(texts, name, asked.stub) for name, asked in exercises.items()}
    blank = [name for name, text in found.items() if text is None and name in dict(texts)]
    answers = {name: text for name, text in found.items() if text is not None}
    sentences = [
        *_lost_names(texts, exercises),
        *_blank_exercises(blank, len(exercises)),
        *_outside_their_cells(texts, answers),
        *_duplicates(texts, exercises),
        *_broken_answers(answers),
        *_changed_given_cells(texts, released),
        *_check_states(document, exercises),
        *_missing_at_grading([text for _, text in texts], folder),
    ]
    return sentences, blank


def _lost_names(texts: Texts, exercises: Iterable[str]) -> list[str]:
    lost = [name for name in exercises if name not in dict(texts)]
    return lost and [
        f"The cells of these exercises lost their names: {', '.join(lost)}. They are looked for by content at grading. "
        "It is safer to copy their text into a fresh notebook from notebooks/."
    ]


def _blank_exercises(blank: list[str], count: int) -> list[str]:
    return blank and [
        f"{len(blank)} of {count} exercises are not started: {', '.join(blank)}. "
        "You can hand in now, and again later: the last one counts."
    ]


def _outside_their_cells(texts: Texts, answers: Mapping[str, str]) -> list[str]:
    moved = [name for name, text in answers.items() if name in dict(texts) and (name, text) not in texts]
    return moved and [
        f"These answers stand outside of their cells: {', '.join(moved)}. They are looked for at grading; it is safer "
        "to move them."
    ]


def _duplicates(texts: Texts, exercises: Mapping[str, ReleasedExercise]) -> list[str]:
    copies = {
        name: {bare(text) for cell, text in texts if cell == name} - {"", bare(asked.stub)}
        for name, asked in exercises.items()
    }
    double = [name for name, versions in copies.items() if len(versions) > 1]
    return double and [f"These cells are there twice, with answers that differ: {', '.join(double)}. Keep one of each."]


def _broken_answers(answers: Mapping[str, str]) -> list[str]:
    sentences = []
    for name, text in answers.items():
        if wrong := no_python(text):
            sentences.append(f"{name} is no Python ({wrong}), and earns nothing like this.")
        elif line := newer_syntax(text):
            oldest = ".".join(map(str, OLDEST_PYTHON))
            sentences.append(
                f"{name} uses, in line {line}, what Python {oldest} cannot read; it may be graded with that."
            )
        sentences += [
            f"{name} still says `raise NotImplementedError` in line {line}; nothing below that line runs: delete it."
            for line, below in left_raises(text)
            if below
        ]
    return sentences


def _changed_given_cells(texts: Texts, released: Mapping[str, Any]) -> list[str]:
    locked = {name_of(cell): source_of(cell) for cell in code_cells(released) if settings(cell).get("locked")}
    changed = {name: locked[name] for name, text in texts if bare(text) != bare(locked.get(name, text))}
    shown = [name if name.startswith("test_") else f"`{text.splitlines()[0]}` …" for name, text in changed.items()]
    return shown and [
        f"You typed into cells that are given: {', '.join(shown)}. At grading they are as they were, and what you "
        "added is a cell of your own. Move it into one."
    ]


def _check_states(document: Mapping[str, Any], exercises: Mapping[str, ReleasedExercise]) -> list[str]:
    states = {exercise.exercise: exercise.state for exercise in exercise_progress(document, exercises)}
    words = {CHANGED: CHANGED, UNCHECKED: "not checked yet", FAILS: FAILS}
    found = {said: [name for name, state in states.items() if state == kind] for kind, said in words.items()}
    return [f"{said}: {', '.join(names)}." for said, names in found.items() if names]


def _missing_at_grading(texts: list[str], folder: Path) -> list[str]:
    sentences = []
    written = {Path(name).name for text in texts for name in WRITTEN_FILE.findall(text)}
    words = {word for text in texts for word in re.findall(r"\w+", text)}
    beside = [path.name for path in sorted(folder.glob("*.py")) if path.name not in written and path.stem in words]
    if beside:
        sentences.append(
            f"{', '.join(beside)}, beside your notebook, is not handed in, and missing where it is graded: copy what "
            "you need of it into a cell."
        )
    ours = {Path(name).stem for name in [*written, *beside]}
    if missing := unavailable_modules({module for text in texts for module in imported_modules(text)} - ours):
        sentences.append(f"{', '.join(missing)}: {NOT_IN_ENVIRONMENT}; what needs it fails there.")
    return sentences


# --- syntax -----------------------------------------------------------------------------------------------------------


def newer_syntax(source: str) -> int:
    """Find the first line that this Python reads and the oldest of the course does not; 0 where there is none."""
    python = without_magics(source)
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(python, feature_version=OLDEST_PYTHON)
    except SyntaxError as error:
        return error.lineno or 1
    except READING_FAILED:
        return 0
    return _newer_f_string(python) if sys.version_info >= (3, 12) else 0


def _newer_f_string(source: str) -> int:
    """Find an f-string with its own quotes, a backslash, a comment or a line break in an expression: its line, or 0."""
    quotes: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind, text = tokenize.tok_name[token.type], token.string
        ends = re.search(r"('''|\"\"\"|'|\")$", text)
        inside = quotes[-1] if quotes else ""
        if inside and kind in ("STRING", "FSTRING_START") and (inside in text or "\\" in text):
            return token.start[0]
        if inside and (kind == "COMMENT" or (kind == "NL" and len(inside) == 1)):
            return token.start[0]
        if kind == "FSTRING_START" and ends:
            quotes.append(ends[0])
        elif kind == "FSTRING_END":
            quotes.pop()
    return 0
