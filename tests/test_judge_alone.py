"""The judge grades a course of somebody else's with nothing of this course but itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade

import autograder.judge
from autograder.judge.preprocessor import SKIP_TAG, withhold_points

README = Path(autograder.judge.__file__).with_name("README.md")
ASSIGNMENT = "ps1"  # of the course that `nbgrader quickstart` makes
HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        package, _, rest = name.partition(".")
        if package == "course_utils" or package == "autograder" and rest.partition(".")[0] not in ("", "judge"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hidden())
"""
RIGHT = {
    "squares": """def squares(n):
    if n < 1:
        raise ValueError("n must be greater than or equal to 1")
    return [i ** 2 for i in range(1, n + 1)]""",
    "sum_of_squares": "def sum_of_squares(n): return sum(squares(n))",
}
ANSWERS = {
    "right": RIGHT,
    "wrong": RIGHT | {"squares": "def squares(n): return [i ** 2 for i in range(1, n + 1)]"},
    "skipping": RIGHT,  # with a tag at every test, as no step of nbgrader's takes it away
    "hostile": RIGHT | {"squares": "import os\ndef squares(n): os._exit(0)"},
}
# Of `sum_of_squares_uses_squares` nothing is expected: it takes a name away, which reaches no sandbox (README.md).
POINTS = {
    "right": {"correct_squares": 1, "squares_invalid_input": 1, "correct_sum_of_squares": 0.5},
    "wrong": {"correct_squares": 1, "squares_invalid_input": 0, "correct_sum_of_squares": 0.5},
    "skipping": {"correct_squares": 0, "squares_invalid_input": 0, "correct_sum_of_squares": 0},
    "hostile": {"correct_squares": 0, "squares_invalid_input": 0, "correct_sum_of_squares": 0},
}


def settings_in_readme() -> str:
    """The lines that the judge's page asks an instructor to add."""
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = (block for block in blocks if "autograder.judge.preprocessor.Judge" in block)
    return block


def hand_in(course: Path, student: str, answers: dict[str, str]) -> None:
    """Hand in the released notebooks with answers written in."""
    folder = course / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    for path in (course / "release" / ASSIGNMENT).glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
            if student == "skipping" and cell.metadata.get("nbgrader", {}).get("grade"):
                cell.metadata["tags"] = [SKIP_TAG]
        nbformat.write(notebook, folder / path.name)


ERROR = v4.new_output("error", ename="ValueError", evalue="", traceback=[])
SCORE = v4.new_output("execute_result", data={"text/plain": "5"})
TEXT = v4.new_output("stream", name="stdout", text="5")


@pytest.mark.parametrize(
    "outputs", [[], [TEXT], [SCORE], [SCORE, ERROR], [ERROR, SCORE], [TEXT, ERROR]], ids=lambda outputs: len(outputs)
)
def test_what_cannot_count_gets_no_points_from_nbgrader(outputs):
    metadata = {"nbgrader": {"grade": True, "solution": False, "points": 3, "grade_id": "test"}}
    cell = v4.new_code_cell("test", metadata=metadata, outputs=list(outputs))
    withhold_points(cell, "it was not run")
    assert determine_grade(cell) == (0, 3)
    assert all(output in cell.outputs for output in outputs)


@pytest.mark.needs("sandbox")
def test_a_course_of_somebody_else_is_graded_without_ours(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(HIDE, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8")

    judge = "import autograder.judge.preprocessor, autograder.judge.examiner"
    hidden = run("-c", f"{judge}; print('judge'); import course_utils", cwd=tmp_path)
    assert hidden.stdout == "judge\n", hidden.stderr
    assert hidden.stderr.endswith("ModuleNotFoundError: No module named 'course_utils'\n")

    course = tmp_path / "course"
    made = run("-m", "nbgrader", "quickstart", course.name, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write(settings_in_readme())
    released = run("-m", "nbgrader", "generate_assignment", ASSIGNMENT, cwd=course)
    assert released.returncode == 0, released.stderr
    for student, answers in ANSWERS.items():
        hand_in(course, student, answers)
    graded = run("-m", "nbgrader", "autograde", ASSIGNMENT, cwd=course)
    assert graded.returncode == 0, graded.stderr
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        points = {
            student: {
                name: gradebook.find_grade(name, "problem1", ASSIGNMENT, student).auto_score for name in POINTS[student]
            }
            for student in POINTS
        }
    assert points == POINTS
