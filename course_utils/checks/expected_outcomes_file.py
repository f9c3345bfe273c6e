"""Read and write what the visible checks come out as: plain data in ``datasets/``, without any answer.

Questions stand in a file of their own. It takes four hashes to find a letter, so answers must not see it when graded.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.checks.exercise import Observation
from course_utils.checks.questions import QUESTIONS
from course_utils.checks.verdict import ExpectedOutcomes, Observations

VISIBLE_SEED = 0
"""Draws the cases that students see."""
FILE, QUESTIONS_FILE = "checks.h5", "questions.h5"
SIGNIFICANT_DIGITS = (
    10  # so that the last bits of another computer's libraries do not change the file; one more than a tolerance has
)


def write_outcomes(folder: Path, outcomes: dict[str, tuple[Observations, list[tuple[str, Observations]]]]) -> None:
    """Write the outcomes of every exercise.

    Parameters
    ----------
    folder : Path
        Where the HDF5 files are written anew, the same bytes for the same content.
    outcomes : dict
        Exercise name → (observations of the right answer, [(sentence, observations) of each mistake]).
    """
    import h5py

    with h5py.File(folder / FILE, "w") as others, h5py.File(folder / QUESTIONS_FILE, "w") as questions:
        for name, (right, mistakes) in sorted(outcomes.items()):
            group = (questions if name in QUESTIONS else others).create_group(name)
            for key, content in (("right", right), ("mistakes", mistakes)):
                text = json.dumps(content, default=_to_json, ensure_ascii=False, separators=(",", ":"))
                data = np.frombuffer(text.encode(), dtype=np.uint8)
                group.create_dataset(key, data=data, chunks=data.shape, fletcher32=True)


def is_hidden(folder: Path, name: str) -> bool:
    """Tell whether the outcomes of an exercise are kept from this process, as those of questions are at grading.

    Parameters
    ----------
    folder : Path
        Of the HDF5 files.
    name : str
        The exercise.

    Returns
    -------
    bool
    """
    return name in QUESTIONS and (folder / QUESTIONS_FILE).is_char_device()  # the sandbox puts /dev/null in its place


def read_outcomes(folder: Path, name: str) -> ExpectedOutcomes:
    """Read the expected outcomes of an exercise; the outcomes of mistakes are read lazily.

    Parameters
    ----------
    folder : Path
        Of the HDF5 files.
    name : str
        The exercise.

    Returns
    -------
    ExpectedOutcomes

    Raises
    ------
    DataError
        The file is missing or damaged.
    """
    from course_utils.data import opened

    def content(key: str) -> Any:
        with opened(folder / (QUESTIONS_FILE if name in QUESTIONS else FILE)) as file:
            return json.loads(file[name][key][()].tobytes(), object_hook=_from_json)

    return ExpectedOutcomes(content("right"), lambda: content("mistakes"))


def _to_json(value: Any) -> Any:
    if isinstance(value, Observation):
        digits = max(SIGNIFICANT_DIGITS, 1 - math.floor(math.log10(value.rtol))) if value.rtol else SIGNIFICANT_DIGITS
        seen = {**vars(value), "value": _rounded(value.value, digits)}
        return {"seen": seen}
    if isinstance(value, np.ndarray):
        return {"array": value.tolist()}
    return value.item()


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part, digits) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part, digits) for part in value]
    if isinstance(value, np.ndarray | float | np.floating) and np.asarray(value).dtype.kind == "f":
        values = np.asarray(value)
        rounded = np.array([float(f"{number:.{digits}g}") for number in values.ravel()]).reshape(values.shape)
        return rounded if values.ndim else float(rounded)
    return value


def _from_json(content: dict) -> Any:
    if content.keys() == {"seen"}:
        return Observation(**content["seen"])
    if content.keys() == {"array"}:
        return np.array(content["array"])
    return content
