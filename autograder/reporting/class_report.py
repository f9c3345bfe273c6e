"""The class report as plain data, read from the gradebook and the autograded notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.coursedir import CourseDirectory

from autograder.course import folder_of, students_at
from autograder.reporting.attempts import GradedExercise, read_exercises
from autograder.reporting.class_table import Row, class_rows
from autograder.reporting.item_analysis import ItemStatistics, MistakeCount, commonest_mistakes, item_statistics
from autograder.reporting.similarity import ClassSimilarity, compare_answers


@dataclass(frozen=True)
class ClassReport:
    """All that the report says of a class.

    Parameters
    ----------
    assignment : str
    rows : list of Row
        A row for each student.
    exercises : list of GradedExercise
    similarity : ClassSimilarity
    pseudonymized : bool
        Whether codes stand for the students' names.
    """

    assignment: str
    rows: list[Row]
    exercises: list[GradedExercise]
    similarity: ClassSimilarity
    pseudonymized: bool = False

    @property
    def points(self) -> list[float]:
        """Points of those who were graded to the end."""
        return [row.points for row in self.rows if row.points is not None and not row.needs_a_look]

    @property
    def statistics(self) -> list[ItemStatistics]:
        """Difficulty and discrimination of each exercise, in order."""
        return item_statistics(self.exercises)

    @property
    def mistakes(self) -> list[MistakeCount]:
        """The known mistakes that were made, the commonest first."""
        return commonest_mistakes(self.exercises)

    def summary(self) -> dict[str, float | int | None]:
        """Count the students and describe the distribution of their points.

        Returns
        -------
        dict
            What is computed from points is None where nobody was graded to the end.
        """
        points = np.array(self.points)
        functions = {"mean": np.mean, "standard deviation": np.std, "median": np.median}
        statistics = {name: float(function(points)) if len(points) else None for name, function in functions.items()}
        quartiles = [float(value) for value in np.percentile(points, [25, 75])] if len(points) else [None, None]
        return {
            "submissions": len(self.rows),
            "graded": len(points),
            "need a look": sum(row.needs_a_look for row in self.rows),
            "points": self.rows[0].max_points if self.rows else 0,
            **statistics,
            "lower quartile": quartiles[0],
            "upper quartile": quartiles[1],
        }


def read_class_report(course: CourseDirectory) -> ClassReport:
    """Read what a class did in an assignment.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.

    Returns
    -------
    ClassReport

    Raises
    ------
    CourseError
        The gradebook cannot be used.
    """
    released = _answers_in(folder_of(course, course.release_directory))
    answers = {student: _answers_in(folder) for folder, student in students_at(course, course.autograded_directory)}
    return ClassReport(
        assignment=course.assignment_id,
        rows=class_rows(course),
        exercises=read_exercises(course),
        similarity=compare_answers(answers, released),
    )


def _answers_in(folder: Path) -> dict[str, str]:
    """Read the solution cells of the notebooks in a folder, but those that ask for letters."""
    answers: dict[str, str] = {}
    for file in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(file, as_version=4)
        if notebook.metadata.get("course", {}).get("refused"):
            continue
        for cell in notebook.cells:
            settings = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and settings.get("solution"):
                answers[settings["grade_id"]] = cell.source
    return {name: text for name, text in answers.items() if not name.endswith(("_predictions", "_answers"))}
