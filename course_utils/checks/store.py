"""Keep observations in ``datasets/checks.h5`` as plain arrays: the visible checks' right and wrong outcomes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from course_utils.checks.exercise import Seen
from course_utils.checks.verdict import Known, Observations

if TYPE_CHECKING:
    import h5py

VISIBLE_SEED = 0
DIGITS = 10  # so that the last bits of another computer's libraries do not change the file


def write(path: Path, known: dict[str, tuple[Observations, list[tuple[str, Observations]]]]) -> None:
    """Write the outcomes of every exercise.

    Parameters
    ----------
    path : Path
        The HDF5 file; it is written anew, the same bytes for the same content.
    known : dict
        Exercise name → (observations of the right answer, [(sentence, observations) of each mistake]).
    """
    import h5py

    with h5py.File(path, "w") as file:
        for name, (right, mistakes) in sorted(known.items()):
            group = file.create_group(name)
            _write_observations(group.create_group("right"), right)
            for number, (sentence, observations) in enumerate(mistakes):
                one = group.create_group(f"mistake{number:02}")
                one.attrs["sentence"] = sentence
                _write_observations(one, observations)


def read(path: Path, name: str) -> Known:
    """Read the outcomes of one exercise; mistakes are read only when they are asked for."""
    from course_utils.data import opened

    with opened(path) as file:
        right = _read_observations(file[name]["right"])

    def mistakes() -> list[tuple[str, Observations]]:
        with opened(path) as file:
            group = file[name]
            return [
                (one.attrs["sentence"], _read_observations(one))
                for key, one in group.items()
                if key != "right"
            ]

    return Known(right, mistakes)


def _write_observations(group: h5py.Group, observations: Observations) -> None:
    for case, seen in enumerate(observations):
        one_case = group.create_group(f"case{case:02}")
        for number, one in enumerate(seen):
            node = _write_value(one_case, f"{number:02}", one.value)
            node.attrs["property"] = one.property
            node.attrs["rtol"], node.attrs["atol"], node.attrs["secret"] = one.rtol, one.atol, one.secret


def _read_observations(group: h5py.Group) -> Observations:
    return [
        [
            Seen(
                node.attrs["property"],
                _read_value(node),
                float(node.attrs["rtol"]),
                float(node.attrs["atol"]),
                bool(node.attrs["secret"]),
            )
            for node in case.values()
        ]
        for case in group.values()
    ]


def _write_value(group: h5py.Group, key: str, value: Any) -> h5py.Group | h5py.Dataset:
    if isinstance(value, dict):
        node = group.create_group(key)
        node.attrs["keys"] = list(value)
        parts = list(value.values())
    elif isinstance(value, list | tuple) and any(isinstance(part, str | dict | list) for part in value):
        node = group.create_group(key)
        parts = list(value)
    else:
        if isinstance(value, float | np.ndarray | list):
            value = np.asarray(value)
            value = _rounded(value) if value.dtype.kind == "f" else value
        return group.create_dataset(key, data=value)
    for number, part in enumerate(parts):
        _write_value(node, f"{number:03}", part)
    return node


def _read_value(node: h5py.Group | h5py.Dataset) -> Any:
    if hasattr(node, "keys"):
        parts = [_read_value(part) for part in node.values()]
        return dict(zip(node.attrs["keys"], parts, strict=True)) if "keys" in node.attrs else parts
    value = node[()]
    return value.decode() if isinstance(value, bytes) else value


def _rounded(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values.ravel()]).reshape(values.shape)
