"""Item analysis: how hard each exercise was, how well it tells students apart, and the commonest mistakes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.reporting.attempts import GradedExercise


@dataclass(frozen=True)
class ItemStatistics:
    """What classical test theory says of an exercise.

    Parameters
    ----------
    difficulty : float or None
        Mean share of the points, 0 to 1; near 1 it is easy.
    right : float or None
        Share of students with all points, 0 to 1.
    discrimination : float or None
        Item-rest correlation: of its points with the points of all other exercises, -1 to 1. None where either does not
        vary, or where there are fewer than three students.
    students : int
        How many students these are computed from: those who have points in every exercise.

    Notes
    -----
    Lord and Novick, Statistical Theories of Mental Test Scores (1968), section 15.5; the item is left out of the total.
    """

    difficulty: float | None
    right: float | None
    discrimination: float | None
    students: int


@dataclass(frozen=True)
class MistakeCount:
    """A known mistake, and who made it.

    Parameters
    ----------
    exercise : str
    sentence : str
        What students were told about it.
    students : list of str
    """

    exercise: str
    sentence: str
    students: list[str]


def item_statistics(exercises: list[GradedExercise]) -> list[ItemStatistics]:
    """Compute each exercise's difficulty and discrimination.

    Parameters
    ----------
    exercises : list of GradedExercise

    Returns
    -------
    list of ItemStatistics
        In the same order.
    """
    if not exercises:
        return []
    students = [student for student in exercises[0].attempts if _has_all_points(exercises, student)]
    if not students:
        return [ItemStatistics(None, None, None, 0)] * len(exercises)
    points = np.array([[exercise.attempts[student].points for student in students] for exercise in exercises])
    statistics = []
    for item, exercise in zip(points, exercises, strict=True):
        rest = points.sum(axis=0) - item
        share = item / exercise.max_points if exercise.max_points else np.zeros_like(item)
        varies = len(students) > 2 and np.ptp(item) > 1e-9 and np.ptp(rest) > 1e-9
        discrimination = float(np.corrcoef(item, rest)[0, 1]) if varies else None
        right = float((share >= 1).mean())
        statistics.append(ItemStatistics(float(share.mean()), right, discrimination, len(students)))
    return statistics


def commonest_mistakes(exercises: list[GradedExercise]) -> list[MistakeCount]:
    """Count the students who made each known mistake.

    Parameters
    ----------
    exercises : list of GradedExercise

    Returns
    -------
    list of MistakeCount
        Those of most students first.
    """
    students_by_mistake: dict[tuple[str, str], list[str]] = {}
    for exercise in exercises:
        for student, attempt in exercise.attempts.items():
            for sentence in dict.fromkeys(attempt.mistakes):
                students_by_mistake.setdefault((exercise.name, sentence), []).append(student)
    counts = [MistakeCount(*mistake, students) for mistake, students in students_by_mistake.items()]
    return sorted(counts, key=lambda count: (-len(count.students), count.exercise, count.sentence))


def _has_all_points(exercises: list[GradedExercise], student: str) -> bool:
    attempts = [exercise.attempts.get(student) for exercise in exercises]
    return all(attempt is not None and attempt.points is not None for attempt in attempts)
