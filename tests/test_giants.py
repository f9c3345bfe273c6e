"""Whatever the size of what an answer returns, a check holds it against what is asked before it looks any further."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.judge.guest import codec
from autograder.pipeline.hidden_checks import examine, expected_outcomes, hidden_exercise
from autograder.topics.registry import mistakes_in
from course_utils.checks import calling
from course_utils.checks.calling import CallRecorder, ResultTooLarge, count_numbers
from course_utils.checks.check_report import Report
from course_utils.checks.exercise import EXERCISES, Trial, observe_cases
from course_utils.checks.limits import SPARE_NUMBERS

CHECKS = str(Path(calling.__file__).parent)
MORE_LINES = 5 * SPARE_NUMBERS  # what counting until there are too many may take
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


class Crossed:
    """What a check sees of a student's function: what it returned has crossed the border, and is as large as it is."""

    seconds = None

    def __init__(self, value: Any) -> None:
        self.value = value

    def with_wrapper(self, name: str) -> Crossed:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self.value


def lines_run(name: str, value: Any) -> int:
    """Count the lines of the checks that are run until an answer that returns this is found to be wrong."""
    count = 0

    def trace_lines(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace_lines

    def trace_calls(frame: Any, event: str, _: Any) -> Any:
        return trace_lines if frame.f_code.co_filename.startswith(CHECKS) else None

    sys.settrace(trace_calls)
    try:
        assert examine(Crossed(value), name, 7).state == "wrong", name
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("giant", GIANTS)
def test_a_giant_is_more_work_for_no_check_than_a_wrong_number(giant, soak):
    value = GIANTS[giant]()
    for name in NAMES if soak else SOME:
        lines_run(name, 0.5)  # what mistakes come out as is computed once
        assert lines_run(name, value) < lines_run(name, 0.5) + MORE_LINES, name


def test_what_may_be_large_is_larger_than_any_mistake():
    """Else a mistake that returns too much would not be told from others."""
    recorder = CallRecorder(lambda: [0.5] * 101, max_size=100)
    with pytest.raises(ResultTooLarge, match="far more numbers than are asked for"):
        recorder()
    assert recorder.results == [None]
    assert CallRecorder(lambda: [[0.5] * 49, {"a": np.ones(48)}], max_size=100)()
    for name in ("initialize_parameters_he", "random_mini_batches", "grid_search_points"):
        exercise = hidden_exercise(name)
        right = expected_outcomes(name, 7).sizes
        for mistake in mistakes_in(name):
            trial = Trial(right_sizes=right)
            list(observe_cases(exercise.joined(*mistake.functions), exercise, 7, trial))
            assert not trial.too_large, mistake.sentence


def test_numbers_in_a_list_are_decoded_all_at_once(monkeypatch):
    decoded = []
    value = codec._Decoder.value
    monkeypatch.setattr(codec._Decoder, "value", lambda *given: decoded.append(1) or value(*given))
    for sent in ([0.5] * 100_000, (0.5, 1.5) * 50_000, {"a": [-0.0, 1e308] * 50_000}):
        frame = codec.receive(io.BytesIO(b"".join(codec.encode(sent))).read)
        assert codec.decode(frame) == sent
    assert len(decoded) < 10
    for wrong in ("[0.5,1e999]", "[0.5,NaN]", "[0.5,[]]"):
        header = f'["message",[],["l",-1,{wrong[1:]}]'.encode()
        with pytest.raises(codec.ProtocolError):
            codec.decode(codec.receive(io.BytesIO(struct.pack("<4sI", b"brd1", len(header)) + header).read))


def test_a_dict_of_many_entries_is_refused_in_words():
    with pytest.raises(ResultTooLarge, match="a dict of hundreds of entries"):
        CallRecorder(lambda: ([1.0], [views(9_990)]))()


def test_a_list_that_holds_another_many_times_ends():
    nested = [0]
    for _ in range(40):
        nested = [nested, nested]
    itself: list = []
    itself.append(itself)
    for endless in (nested, itself):
        with pytest.raises(ResultTooLarge):
            count_numbers(endless, 1000)
    assert "nested too deeply" in str(Report(examine(lambda *_, **__: itself, "softmax", 5)))
