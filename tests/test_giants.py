"""Whatever the size of what an answer returns, a check holds it against what is asked before it looks any further."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.pipeline.hidden_checks import examine
from course_utils.checks.calling import CallFailed, CallRecorder, _most_entries
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.limits import CallTimeout, time_limit

SECONDS = 20.0  # of CPU time, several times what the slowest takes
NAMES = [name for name, one in EXERCISES.items() if not one.needs]
SOME = ["initialize_velocity", "random_mini_batches", "vector_to_dictionary"]
"""Which look at the parts of a result beside each other, and return many."""


def nested(level: int) -> list:
    return [nested(level - 1)] if level else [1.0]


def views(count: int) -> dict[str, np.ndarray]:
    """Arrays whose memory is interleaved: to tell whether two of them overlap is hard."""
    memory = np.zeros(100_000)
    return {f"W{number}": memory[number : 50_000 + number : 7].reshape(-1, 1)[::3] for number in range(1, count)}


# As much as the border lets pass: 10 000 arrays, 200 000 items.
GIANTS: dict[str, Callable[[], Any]] = {
    "entries": lambda: {f"W{number}": 0.5 for number in range(1, 90_000)},
    "arrays": lambda: {f"{'Wb'[number % 2]}{number // 2 + 1}": np.ones((2, 2)) for number in range(9_990)},
    "views": lambda: views(9_990),
    "list of arrays": lambda: [np.ones((2, 2)) for _ in range(9_990)],
    "list of pairs": lambda: [(np.ones((2, 1)), np.ones((1, 1))) for _ in range(4_990)],
    "items": lambda: [0.5] * 190_000,
    "integers": lambda: list(range(190_000)),
    "words": lambda: ["a"] * 190_000,
    "rows": lambda: [[0.5] * 10] * 19_000,
    "dicts": lambda: [{"a": 1.0}] * 60_000,
    "depth": lambda: nested(18),
    "text": lambda: "a" * 3_000_000,
    "digits": lambda: 2**2_000,
    "bytes": lambda: np.ones(60_000_000, np.int8),
    "numbers": lambda: np.linspace(0, 1, 8_000_000),
    "repeated": lambda: np.broadcast_to(np.ones(1), (2, 15_000_000)),
    "axes": lambda: np.ones((2,) * 22),
    "nothing": lambda: np.ones((0, 2**40)),
    "pair": lambda: (np.linspace(0, 1, 4_000_000), np.linspace(0, 1, 4_000_000)),
}
LISTS = {"items", "integers", "words", "rows", "dicts"}
"""What takes time in proportion to its length, in every call."""


@pytest.mark.parametrize("giant", GIANTS)
def test_no_check_is_held_up_by_a_giant(giant, soak):
    value = GIANTS[giant]()
    slow = []
    for name in NAMES if soak else SOME[: 1 if giant in LISTS else None]:
        try:
            with time_limit(SECONDS):
                assert examine(lambda *_, **__: value, name, 7).state == "wrong", name
        except CallTimeout:
            slow.append(name)
    assert not slow


def test_a_dict_of_many_entries_is_refused_in_words():
    with pytest.raises(CallFailed, match="a dict of 9989 entries; what is asked for has less than"):
        CallRecorder(lambda: ([1.0], [views(9_990)]))()


def test_a_list_that_holds_another_many_times_ends():
    nested = [0]
    for _ in range(40):
        nested = [nested, nested]
    itself: list = []
    itself.append(itself)
    assert _most_entries(nested) == _most_entries(itself) == 0
    assert "nested too deeply" in str(Report(examine(lambda *_, **__: itself, "softmax", 5)))
