"""The same verdict twice: what ``check`` says of an odd answer in a student's kernel, grading says too."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import examination
from nbclient import NotebookClient
from nbformat import v4
from odd_answers import CASES, KINDS, TOOLS, Case

from autograder.judge.client import ExaminerClient
from autograder.topics.answer_cells import IMPORTS, solution_text
from course_utils.checks.check_report import MIMETYPE
from course_utils.checks.exercise import EXERCISES
from course_utils.checks.values import NOT_PLAIN_DATA

pytestmark = pytest.mark.needs("sandbox")

ROOT = Path(__file__).resolve().parent.parent
NAMES = [name for name, one in EXERCISES.items() if not one.needs]
"""Those of 07 have answers of their own kind, tensors: see test_tensorflow.py."""
KEPT = {"train_classifier"}
"""Whose result stays with the student: what is odd in it breaks what comes after."""
ABOVE = ["from typing import Any\nfrom course_utils import bug_hunt, challenge, check, data, plots\n" + IMPORTS, TOOLS]
Cells = list[tuple[Case | None, str]]


def some() -> list[Case]:
    """Every kind once, where it makes a difference, every exercise once, and what once came out differently."""
    found = [case for kind, one in KINDS.items() for case in one.cases(kind)]
    left = [name for name in NAMES if name not in {one.exercise for one in found}]
    found += [Case(kind, name) for name, kind in zip(left, itertools.cycle(KINDS))]
    return [*found, *CASES]


def every() -> list[Case]:
    """Every kind on every exercise that may be answered so."""
    return [Case(kind, name) for kind, one in KINDS.items() for name in NAMES if name not in one.not_of.split()] + CASES


def notebook(cases: list[Case], check: str) -> Cells:
    """Lay out cells: below the right answers, each odd answer with its check, and the right answer again."""
    cells: Cells = [(None, text) for text in (*ABOVE, "\n\n\n".join(map(solution_text, NAMES)))]
    for case in cases:
        cells += [(None, text) for text in case.cells()]
        functions = EXERCISES[case.exercise].functions
        cells.append((case, check.format(name=case.exercise, functions=", ".join(functions))))
        cells += [(None, text) for text in (KINDS[case.kind].after, solution_text(case.exercise)) if text]
    return cells


Verdict = tuple[str, str, list[str]]
"""State, what failed, the likely causes."""


def verdicts(cells: Cells, outputs: list[list[dict]]) -> Iterator[tuple[Case, Verdict]]:
    for (case, text), shown in zip(cells, outputs, strict=True):
        if case is None:
            assert not [one for one in shown if one["output_type"] == "error"], (text, shown)
            continue
        reports = [one["data"][MIMETYPE] for one in shown if MIMETYPE in one.get("data", {})]
        assert len(reports) == 1, (case, shown)
        # Nothing else is shown: neither what an answer prints nor its pictures.
        assert all(one["output_type"] in ("display_data", "error", "execute_result") for one in shown), (case, shown)
        assert sum(one["output_type"] == "display_data" for one in shown) == 1, (case, shown)
        yield case, (reports[0]["state"], reports[0]["failure"], reports[0]["mistakes"])


def at_home(cases: list[Case], folder: Path) -> dict[Case, Verdict]:
    """What a student sees, in a real kernel."""
    cells = notebook(cases, "check({functions})")
    book = v4.new_notebook(cells=[v4.new_code_cell(text) for _, text in cells])
    client = NotebookClient(book, timeout=None, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    client.execute()
    return dict(verdicts(cells, [cell.outputs for cell in book.cells]))


def graded(cases: list[Case], folder: Path, examiner: ExaminerClient) -> dict[Case, Verdict]:
    """What is graded: the hidden checks, across the sandbox."""
    given = "from autograder.pipeline.hidden_checks import hidden\n"
    given += 'check = hidden("{name}", points=1)\ncheck({functions})'
    cells = notebook(cases, given)
    asked = [{"source": text, "kind": "test" if case else "student", "points": 1} for case, text in cells]
    seen = {"readable": [str(ROOT / name) for name in ("course_utils", "datasets")], "package_folders": [str(ROOT)]}
    request = {**examination(asked, folder), **seen, "calls": "course_utils.checks.calling"}
    answer = examiner.ask(request, 3600)
    assert not [one["look"] for one in answer["cells"] if one.get("look")]
    return dict(verdicts(cells, [one["outputs"] for one in answer["cells"]]))


def wrong_words(case: Case, home: Verdict, grade: Verdict) -> str:
    """Say what is wrong with two verdicts on an answer; "" if nothing is."""
    kind, (state, failure, causes) = KINDS[case.kind], home
    if kind.breaks and state == "wrong":  # where first, depends on the numbers of a case
        same = grade[0] == state and grade[2] == causes
        return "" if same and causes[0].startswith("Below from numpy import *, ") else "its cause is not named"
    if re.sub(r"\d+", "#", str(home)) != re.sub(r"\d+", "#", str(grade)):  # the numbers are those of other cases
        return "not the same twice"
    told = f"it returns {kind.refused}, {NOT_PLAIN_DATA}: "
    if state == "right" or (kind.refused and (failure.startswith(told) or case.exercise in KEPT)):
        return ""
    return "not refused as what it is" if kind.refused else "refused"


def test_every_odd_answer_has_one_verdict_at_home_and_at_grading(soak, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    groups = [some()]
    if soak:
        groups = [list(group) for _, group in itertools.groupby(every(), key=lambda case: case.kind)]
    examiner = ExaminerClient(["autograder.pipeline.hidden_checks"], ["course_utils", "matplotlib.pyplot"], [str(ROOT)])
    wrong = []
    try:
        for cases in groups:
            home, grades = at_home(cases, tmp_path), graded(cases, tmp_path, examiner)
            for case in cases:
                if words := wrong_words(case, home[case], grades[case]):
                    wrong.append(f"{case}: {words}\n  at home {home[case]}\n  graded  {grades[case]}")
    finally:
        examiner.close()
    assert not wrong, "\n".join(wrong)
