"""Exercise by exercise: what a class earned, how hard each exercise was, and how well it tells students apart."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import nbformat
import numpy as np
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, open_gradebook
from course_utils.checks.check_report import MIMETYPE

TIME_OUT = re.compile(r"still running after|no answer for|time for the whole notebook was used up")


@dataclass
class Work:
    """What a student did in one exercise.

    Parameters
    ----------
    points : float or None
        None where it needs a look.
    state : str
        "right", "partly", "wrong", "not started" or "needs a look".
    mistakes : list of str
        Known mistakes, by their sentences.
    words : str
        What failed, or why it needs a look.
    """

    points: float | None
    state: str
    mistakes: list[str] = field(default_factory=list)
    words: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether a limit of time ended it."""
        return bool(TIME_OUT.search(self.words))


@dataclass
class Exercise:
    """One graded exercise of a class: ``work`` is by student."""

    name: str
    most: float
    work: dict[str, Work] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """What classical test theory says of an exercise.

    Parameters
    ----------
    difficulty : float or None
        Mean share of the points, 0 to 1; what many get is near 1.
    right : float or None
        Share of students with all points.
    discrimination : float or None
        Item-rest correlation: of its points with the points of all other exercises, -1 to 1. None where either does not
        vary, or fewer than three students count.
    students : int
        Of how many this is: those of whom every exercise has points.

    Notes
    -----
    Lord and Novick, Statistical Theories of Mental Test Scores (1968), section 15.5; the item is left out of the total.
    """

    difficulty: float | None
    right: float | None
    discrimination: float | None
    students: int


def exercises_of(course: CourseDirectory) -> list[Exercise]:
    """Collect every student's points from the gradebook, and what was said about them from the autograded notebooks.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    list of Exercise
        In the order of the notebook, as far as anybody's was graded.
    """
    found: dict[str, Exercise] = {}
    with open_gradebook(course) as gradebook:
        submissions = gradebook.find_assignment(course.assignment_id).submissions
        for submission in sorted(submissions, key=lambda one: one.student.id):
            student = submission.student.id
            folder = folder_of(course, course.autograded_directory, student)
            for notebook in submission.notebooks:
                file = folder / f"{notebook.name}.ipynb"
                if not file.exists():
                    continue
                document = nbformat.read(file, as_version=4)
                grades = {grade.name: grade for grade in notebook.grades}
                looks = document.metadata.get("course", {}).get("needs_a_look", {})
                for cell in document.cells:
                    name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
                    if name in grades and cell.metadata.nbgrader.get("grade"):
                        grade = grades[name]
                        exercise = found.setdefault(name, Exercise(name.removeprefix("test_"), float(grade.max_score)))
                        exercise.work[student] = _work(cell, grade, looks.get(name, ""))
    return list(found.values())


def _work(cell: nbformat.NotebookNode, grade: object, look: str) -> Work:
    shown = [output.data[MIMETYPE] for output in cell.outputs if MIMETYPE in output.get("data", {})]
    errors = [output for output in cell.outputs if output.output_type == "error"]
    report = shown[-1] if shown and isinstance(shown[-1], dict) else {}
    if grade.needs_manual_grade:
        return Work(None, "needs a look", [], str(look or "it waits to be graded by hand"))
    words = str(report.get("failure") or "") or (f"{errors[-1].ename}: {errors[-1].evalue}" if errors else "")
    points = float(grade.score)
    if points >= grade.max_score:
        return Work(points, "right")
    if report.get("state") == "not started":
        return Work(points, "not started")
    mistakes = [str(one) for one in report.get("mistakes") or []]
    return Work(points, "partly" if points > 0 else "wrong", mistakes, words)


def analyse(exercises: list[Exercise]) -> list[Analysis]:
    """Say of each exercise how hard it was, and how it goes with the rest.

    Parameters
    ----------
    exercises : list of Exercise

    Returns
    -------
    list of Analysis
    """
    if not exercises:
        return []
    students = [
        student
        for student in exercises[0].work
        if all(student in one.work and one.work[student].points is not None for one in exercises)
    ]
    points = np.array([[one.work[student].points for student in students] for one in exercises])
    result = []
    for item, exercise in zip(points, exercises, strict=True):
        if not students:
            result.append(Analysis(None, None, None, 0))
            continue
        rest = points.sum(axis=0) - item
        share = item / exercise.most if exercise.most else np.zeros_like(item)
        varies = len(students) > 2 and np.ptp(item) > 1e-9 and np.ptp(rest) > 1e-9
        related = float(np.corrcoef(item, rest)[0, 1]) if varies else None
        result.append(Analysis(float(share.mean()), float((share >= 1).mean()), related, len(students)))
    return result


def commonest_mistakes(exercises: list[Exercise]) -> list[tuple[str, str, list[str]]]:
    """Count the known mistakes.

    Returns
    -------
    list of (exercise, sentence, students)
        Those of most students first.
    """
    who: dict[tuple[str, str], list[str]] = {}
    for exercise in exercises:
        for student, work in exercise.work.items():
            for sentence in dict.fromkeys(work.mistakes):
                who.setdefault((exercise.name, sentence), []).append(student)
    return [(*key, students) for key, students in sorted(who.items(), key=lambda one: (-len(one[1]), one[0]))]


def states_of(exercise: Exercise) -> Counter[str]:
    """Count how many students are in which state."""
    return Counter(work.state for work in exercise.work.values())
