"""Every student's attempt at every exercise, read from the gradebook and the autograded notebooks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import nbformat
from nbgrader.api import Grade
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, open_gradebook
from course_utils.checks.check_report import MIMETYPE

State = Literal["right", "partly", "wrong", "not started", "needs a look"]
TIME_OUT = re.compile(r"still running after|no answer for|time for the whole notebook was used up")


@dataclass
class Attempt:
    """A student's result in an exercise.

    Parameters
    ----------
    points : float or None
        None where it needs a look.
    state : State
    mistakes : list of str
        The known mistakes that it matches, by their sentences.
    message : str
        What failed, or why it needs a look.
    """

    points: float | None
    state: State
    mistakes: list[str] = field(default_factory=list)
    message: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether a time limit ended it."""
        return bool(TIME_OUT.search(self.message))


@dataclass
class GradedExercise:
    """An exercise of a graded class.

    Parameters
    ----------
    name : str
    max_points : float
    attempts : dict of str to Attempt
        By student.
    """

    name: str
    max_points: float
    attempts: dict[str, Attempt] = field(default_factory=dict)

    def count_states(self) -> Counter[State]:
        """Count the students in each state."""
        return Counter(attempt.state for attempt in self.attempts.values())

    def timed_out_students(self) -> list[str]:
        """List the students whose attempt a time limit ended."""
        return [student for student, attempt in self.attempts.items() if attempt.timed_out]


def read_exercises(course: CourseDirectory) -> list[GradedExercise]:
    """Read each student's points from the gradebook, and the reports of the checks from the autograded notebooks.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    list of GradedExercise
        In the order of the notebook; those that nobody was graded in are missing.

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    """
    exercises: dict[str, GradedExercise] = {}
    with open_gradebook(course) as gradebook:
        submissions = gradebook.find_assignment(course.assignment_id).submissions
        for submission in sorted(submissions, key=lambda submission: submission.student.id):
            student = submission.student.id
            folder = folder_of(course, course.autograded_directory, student)
            for notebook in submission.notebooks:
                file = folder / f"{notebook.name}.ipynb"
                if not file.exists():
                    continue
                document = nbformat.read(file, as_version=4)
                grades = {grade.name: grade for grade in notebook.grades}
                look_reasons = document.metadata.get("course", {}).get("needs_a_look", {})
                for cell in document.cells:
                    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
                    if name in grades and cell.metadata.nbgrader.get("grade"):
                        grade = grades[name]
                        blank = GradedExercise(name.removeprefix("test_"), float(grade.max_score))
                        exercise = exercises.setdefault(name, blank)
                        exercise.attempts[student] = _attempt(cell, grade, look_reasons.get(name, ""))
    return list(exercises.values())


def _attempt(cell: nbformat.NotebookNode, grade: Grade, look_reason: str) -> Attempt:
    reports = [output.data[MIMETYPE] for output in cell.outputs if MIMETYPE in output.get("data", {})]
    errors = [output for output in cell.outputs if output.output_type == "error"]
    report = reports[-1] if reports and isinstance(reports[-1], dict) else {}
    if grade.needs_manual_grade:
        return Attempt(None, "needs a look", [], str(look_reason or "it waits to be graded by hand"))
    message = str(report.get("failure") or "") or (f"{errors[-1].ename}: {errors[-1].evalue}" if errors else "")
    points = float(grade.score)
    if points >= grade.max_score:
        return Attempt(points, "right")
    if report.get("state") == "not started":
        return Attempt(points, "not started")
    mistakes = [str(sentence) for sentence in report.get("mistakes") or []]
    return Attempt(points, "partly" if points > 0 else "wrong", mistakes, message)
