"""What students type, and what they are told: every message is true, and says enough to mend the answer."""

from __future__ import annotations

import contextlib

import pytest
from typical_answers import TYPICAL, Typical

from autograder.topics.answer_cells import run_texts
from course_utils import check
from course_utils.checks.check_report import CheckFailed
from course_utils.checks.exercise import EXERCISES

EVERY = 8  # by default one of so many is tried


def some() -> list:
    """All of them, most for the soak."""
    return [
        pytest.param(
            one, one.exercise, marks=[pytest.mark.soak] if number % EVERY else [], id=f"{one.exercise}-{number}"
        )
        for number, one in enumerate(TYPICAL)
    ]


def message(one: Typical, capsys: pytest.CaptureFixture) -> str:
    """What ``check`` shows; its lines are joined."""
    functions = EXERCISES[one.exercise].functions
    names = dict(zip(functions, run_texts(one.text, *functions), strict=True))
    with contextlib.suppress(CheckFailed):
        exec(f"check({', '.join(functions)})", {"check": check, **names})
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(("one", "name"), some())
def test_a_typical_mistake_is_told_what_it_is(one, name, capsys):
    shown = message(one, capsys)
    assert shown.startswith(f"✘ {name}")
    assert one.words in shown


def test_there_are_many_over_all_notebooks():
    modules = {EXERCISES[one.exercise].observe.__module__ for one in TYPICAL}
    assert len(modules) >= 8
    assert len(TYPICAL) > 150
    assert all(one.words for one in TYPICAL)
