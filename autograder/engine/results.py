"""Store the results of an assignment on disk: a JSON file for each submission, written atomically."""

from __future__ import annotations

from pathlib import Path

from nbgrader.coursedir import CourseDirectory

from autograder.course import RESULTS, folder_of
from autograder.engine.step import Result
from course_utils.files import write_whole

RESULT, UNCONFIRMED = "result.json", "waiting.json"


class ResultStore:
    """Read and write the results of an assignment.

    A student has up to two results: the valid result, and an unconfirmed result that would change grades given before
    and is not entered until the instructor says ``--force``.

    Parameters
    ----------
    course : CourseDirectory
        Its ``assignment_id`` names the assignment.
    """

    def __init__(self, course: CourseDirectory) -> None:
        self._course = course

    def read(self, student: str) -> Result | None:
        """Read a student's result.

        Parameters
        ----------
        student : str

        Returns
        -------
        Result or None
            None where there is no result, or its file cannot be read.
        """
        return _read(self._path(student, RESULT))

    def read_unconfirmed(self, student: str) -> Result | None:
        """Read a student's unconfirmed result; None as in :meth:`read`."""
        return _read(self._path(student, UNCONFIRMED))

    def write(self, result: Result) -> None:
        """Write a student's valid result, atomically, and delete the unconfirmed result.

        Parameters
        ----------
        result : Result

        Raises
        ------
        OSError
            The disk is full or cannot be written to; nothing has changed.
        """
        write_whole(self._path(result.student, RESULT), result.to_json().encode())
        self._path(result.student, UNCONFIRMED).unlink(missing_ok=True)

    def write_unconfirmed(self, result: Result) -> None:
        """Write an unconfirmed result beside the valid result; raises as :meth:`write` does."""
        write_whole(self._path(result.student, UNCONFIRMED), result.to_json().encode())

    def _path(self, student: str, name: str) -> Path:
        return folder_of(self._course, RESULTS, student) / name


def _read(path: Path) -> Result | None:
    try:
        return Result.from_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
