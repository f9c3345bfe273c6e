"""The challenge of 06: the best network for the hands under a fixed budget of steps, and a board of what you tried.

Hands in settings, not code: the training is given, so that every entry has the same budget. The network asks five
yes-or-no questions of an image: more than 0 fingers? More than 1? … More than 4?
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import data, network

STEPS = 300  # gradient steps of one training, at most
# The budget of an entry: so few steps that settings found by a search reach more than those first thought of.
ENTRY_STEPS = 60
QUESTIONS = np.arange(5)[:, None]  # output k answers: are there more than k fingers?

# Least and greatest value of each setting that is a number.
SETTING_RANGES = {
    "init_scale": (0.0, 100.0),
    "learning_rate": (0.0, 1000.0),
    "mini_batch_size": (1, 128),
    "final_share": (0.0, 1.0),
}
MAX_LAYERS, MAX_UNITS = 4, 100
MAX_NUMBER = 1e300  # beyond, and for inf, a setting counts as no number
SEEDS = range(3)  # an entry's dev accuracy is the mean over these
BOARD = Path("..") / "leaderboard.csv"  # beside the notebooks' folders
COLUMNS = ("dev_accuracy", "hidden_layers", *SETTING_RANGES)


class SettingsError(ValueError):
    """Settings that cannot be trained with; the message says which and why."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def read_settings(settings: Any) -> dict[str, Any]:
    """Check settings and give them back as plain numbers.

    Parameters
    ----------
    settings : dict
        ``hidden_layers``: list of units per hidden layer, at most 4 layers of 1 to 100 units; ``init_scale``: from 0
        to 100, multiplies the initial weights, 1 is the usual size; ``learning_rate``: above 0;
        ``mini_batch_size``: whole, from 1 to 128; ``final_share``: from 0 to 1, share of the learning rate that is
        left at the last step.

    Returns
    -------
    dict
        The same keys; Python numbers, ``hidden_layers`` a list of int.

    Raises
    ------
    SettingsError
        Something is missing, unknown or out of its range.
    """
    if not isinstance(settings, Mapping):
        raise SettingsError("settings are a dict")
    wanted = ("hidden_layers", *SETTING_RANGES)
    missing = [key for key in wanted if key not in settings]
    extra = [str(key)[:30] for key in settings if key not in wanted]
    if missing or extra:
        words = [f"{', '.join(keys)} {word}" for keys, word in ((missing, "missing"), (extra, "unknown")) if keys]
        raise SettingsError(f"in the settings: {'; '.join(words)}")
    layers = settings["hidden_layers"]
    layers = layers.tolist() if isinstance(layers, np.ndarray) else layers
    if not isinstance(layers, list | tuple) or len(layers) > MAX_LAYERS:
        raise SettingsError(f"hidden_layers is a list of at most {MAX_LAYERS} numbers of units")
    layers = [_item(units) for units in layers]
    if not all(_is_whole(units) and 1 <= units <= MAX_UNITS for units in layers):
        raise SettingsError(f"a hidden layer has a whole number of units from 1 to {MAX_UNITS}")
    read: dict[str, Any] = {"hidden_layers": [int(units) for units in layers]}
    for key, (low, high) in SETTING_RANGES.items():
        value = _item(settings[key])
        if not _is_number(value) or not low <= value <= high:
            raise SettingsError(f"{key} is a number from {low:g} to {high:g}")
        read[key] = float(value)
    if not _is_whole(read["mini_batch_size"]):
        raise SettingsError("mini_batch_size is a whole number")
    if read["learning_rate"] == 0:
        raise SettingsError("learning_rate is above 0, or nothing is learned")
    return read | {"mini_batch_size": int(read["mini_batch_size"])}


def _item(value: Any) -> Any:
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.size == 1 else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_NUMBER


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value == int(value)


def train(settings: Mapping[str, Any], seed: int = 0, steps: int = STEPS) -> network.Parameters:
    """Train a network on the hands' training set.

    Parameters
    ----------
    settings : dict
        See :func:`read_settings`.
    seed : int
        Draws the weights and the mini-batches.
    steps : int
        Gradient steps, at most 300. The learning rate falls in a straight line to ``final_share`` of itself.

    Returns
    -------
    dict
        Parameters, for :func:`count_fingers`. They are not finite where training diverged.

    Raises
    ------
    SettingsError
    """
    read = read_settings(settings)
    X, labels = _training_set()
    parameters = network.example_parameters([len(X), *read["hidden_layers"], len(QUESTIONS)], seed, read["init_scale"])
    rng = np.random.default_rng(seed)
    steps = min(int(steps), STEPS)
    with np.errstate(all="ignore"):
        for share in np.linspace(1, read["final_share"], steps):
            chosen = rng.integers(X.shape[1], size=read["mini_batch_size"])
            cache = network.forward_propagation(X[:, chosen], parameters)[1]
            grads = network.backward_propagation(parameters, cache, labels[:, chosen] > QUESTIONS)
            for key, value in parameters.items():
                value -= share * read["learning_rate"] * grads["d" + key]
    return parameters


def count_fingers(parameters: network.Parameters, X: np.ndarray) -> np.ndarray:
    """Count the fingers on images.

    Parameters
    ----------
    parameters : dict
        From :func:`train`.
    X : array (400, m)
        Pixels from 0 to 255.

    Returns
    -------
    array (m,)
        From 0 to 5: the number of questions answered with yes. A network whose training diverged says 0.
    """
    with np.errstate(all="ignore"):
        yes = network.forward_propagation(_normalized(X), parameters)[0]
    return (yes > 0.5).sum(axis=0)


def dev_accuracy(settings: Mapping[str, Any], seed: int = 0, steps: int = STEPS) -> float:
    """Train, and compute the accuracy on the dev set.

    Parameters
    ----------
    settings, seed, steps
        As for :func:`train`.

    Returns
    -------
    float
    """
    hands = _hands()
    return float(np.mean(count_fingers(train(settings, seed, steps), hands.X_dev) == hands.Y_dev.ravel()))


# --- the leaderboard --------------------------------------------------------------------------------------------------


def enter(settings: Mapping[str, Any], board: Path = BOARD) -> None:
    """Train with settings for ``ENTRY_STEPS`` steps, put them on the leaderboard, and say where they stand.

    Parameters
    ----------
    settings : dict
        See :func:`read_settings`. Settings that are on the board already are not entered twice.
    board : Path
        A CSV file, made where it is missing.

    Raises
    ------
    SettingsError
    """
    read = read_settings(settings)
    words = {key: "-".join(map(str, value)) if key == "hidden_layers" else f"{value:g}" for key, value in read.items()}
    mean = sum(dev_accuracy(read, seed, ENTRY_STEPS) for seed in SEEDS) / len(SEEDS)
    entry = {"dev_accuracy": f"{mean:.4f}", **words}
    entries = read_board(board)
    if entry not in entries:
        entries.append(entry)
        _write_board(entries, board)
    better = sum(float(other["dev_accuracy"]) > float(entry["dev_accuracy"]) for other in entries)
    print(f"dev accuracy {100 * mean:.1f} % (mean of {len(SEEDS)} seeds): place {better + 1} of {len(entries)}")


def read_board(board: Path = BOARD) -> list[dict[str, str]]:
    """Read the leaderboard.

    Parameters
    ----------
    board : Path

    Returns
    -------
    list of dict
        Entries in the order in which they were made. Lines that cannot be read are left out; a file that cannot be
        read counts as empty.
    """
    try:
        text = board.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    entries = []
    for row in csv.DictReader(io.StringIO(text.replace("\0", ""))):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            if 0 <= float(row["dev_accuracy"]) <= 1 and all(isinstance(row[key], str) for key in COLUMNS):
                entries.append({key: row[key] for key in COLUMNS})
    return entries


def show_leaderboard(board: Path = BOARD) -> None:
    """Show all entries as a picture, and the best five in words.

    Parameters
    ----------
    board : Path
    """
    from course_utils import plots

    entries = read_board(board)
    if not entries:
        print("The leaderboard is empty. challenge.enter(settings) puts an entry on it.")
        return
    reached = 100 * np.array([float(entry["dev_accuracy"]) for entry in entries])
    order = np.argsort(-reached, kind="stable")
    for place, index in enumerate(order[:5], start=1):
        rest = ", ".join(f"{key} {entries[index][key] or 'none'}" for key in COLUMNS[1:])
        print(f"{place}. {reached[index]:.1f} %: {rest}")
    fig, axes = plots.figure(width=6.5, height=2.8)
    ax, number = axes[0, 0], np.arange(1, len(reached) + 1)
    ax.plot(number, reached, plots.MARKERS[0], color=plots.COLOURS[0], label="entry")
    ax.step(number, np.maximum.accumulate(reached), where="post", color=plots.COLOURS[1], label="best so far")
    ax.set(xlabel="entry", ylabel="dev accuracy in %", title="Your leaderboard", xlim=(0.5, len(reached) + 0.5))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    plots.show(
        fig,
        alt=f"Dev accuracy of {len(reached)} entries, and a staircase of the best so far, which ends at"
        f" {reached.max():.1f} %.",
    )


def _write_board(entries: list[dict[str, str]], board: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(entries)
    draft = board.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(text.getvalue(), encoding="utf-8")
        draft.replace(board)  # whole or not at all
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        print(f"The leaderboard {board.name} could not be written ({error.strerror}); the entry is not kept.")


# --- the data ---------------------------------------------------------------------------------------------------------


@functools.cache
def _hands() -> data.Dataset:
    return data.load_hands()


@functools.cache
def _scale() -> tuple[np.ndarray, np.ndarray]:
    X = _hands().X_train
    return X.mean(axis=1, keepdims=True), X.std(axis=1, keepdims=True)


def _normalized(X: np.ndarray) -> np.ndarray:
    mean, deviation = _scale()
    return (X - mean) / deviation


@functools.cache
def _training_set() -> tuple[np.ndarray, np.ndarray]:
    return _normalized(_hands().X_train), _hands().Y_train
