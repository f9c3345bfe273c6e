"""Find the student whom a downloaded file belongs to, from the names that Canvas and Moodle give to files.

Canvas: ``doejane_LATE_4711_90210_my file.zip``: the sortable name in small letters, the user's number, the file's
(its ``lib/content_zipper.rb``). Moodle: ``Jane Doe_1234_assignsubmission_file/my file.zip``, or the same in one name
(``mod/assign/classes/downloader.php``): the full name, and a number that differs between assignments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from nbgrader.api import Student

from autograder.pipeline.submissions import InvalidSubmission, is_folder_name, plain_name

# Canvas leaves nothing like its pattern in a person's name, so the shortest reading is its own.
CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<number>\d+)_(?P<file>\d+)_.+", re.DOTALL)
MOODLE_NUMBER = re.compile(r"_(?P<number>\d+)_assignsubmission_file(?=_|$)")
ROSTER_HINT = "the file downloaded from Canvas or Moodle names the class: python -m autograder roster FILE"


@dataclass(frozen=True)
class Owner:
    """Whose file it is.

    Parameters
    ----------
    student : str
        The gradebook's id.
    number : int
        Canvas's number of the file, which only grows; 0 elsewhere.
    late : bool
        Whether Canvas marked it as late.
    account : str
        The number by which the LMS tells the person who handed it in; "" where it gives none.
    """

    student: str
    number: int = 0
    late: bool = False
    account: str = ""


class FileOwners:
    """Looks up the owner of a file among the gradebook's students.

    Parameters
    ----------
    students : iterable of Student
        Those whose id cannot be a folder's name are left out.
    assignment : str
        Files may be called after it and the student.
    """

    def __init__(self, students: Iterable[Student], assignment: str) -> None:
        self.assignment = assignment
        self.students = {student.id: student for student in students if _is_folder_name_here(student.id)}

    def find(self, path: PurePath) -> Owner:
        """Find the owner of a file.

        Parameters
        ----------
        path : PurePath
            Relative to the folder that is collected. Its outermost name decides; the others are no names of the LMS.

        Returns
        -------
        Owner

        Raises
        ------
        InvalidSubmission
            The name fits no student, or several.
        """
        part = path.parts[0]  # named by the LMS or the instructor; the inner parts are named by the student
        if owner := self._named_by_lms(part, is_folder=len(path.parts) > 1):
            return owner
        ids = self._ids_in(part)
        if len(ids) > 1:
            raise InvalidSubmission(f"More than one student is called like that: {', '.join(sorted(ids))}.")
        if not ids:
            outermost = f" (its outermost name counts: {part!r})" if len(path.parts) > 1 else ""
            raise InvalidSubmission(f"No student of the gradebook is called like that{outermost}; {ROSTER_HINT}.")
        return Owner(ids.pop())

    def folder_of_all(self, paths: Iterable[PurePath]) -> PurePath:
        """Find the folder that is wrapped round a whole class's files, as archives and browsers do it.

        Parameters
        ----------
        paths : iterable of PurePath
            Of all files.

        Returns
        -------
        PurePath
            Beginning of all paths; empty where there is no such folder, or it could be a student's own.
        """
        folder, paths = PurePath(), list(paths)
        while len(names := {path.parts[0] for path in paths}) == 1:
            name = names.pop()
            if any(len(path.parts) == 1 for path in paths) or CANVAS.fullmatch(name) or MOODLE_NUMBER.search(name):
                return PurePath()
            if self._ids_in(name):
                return PurePath()
            folder, paths = folder / name, [path.relative_to(name) for path in paths]
        return folder

    def _named_by_lms(self, part: str, is_folder: bool) -> Owner | None:
        """Read a name that the LMS wrote; students choose what it says of them, and the end of a file's name."""
        canvas, moodle = CANVAS.fullmatch(part), list(MOODLE_NUMBER.finditer(part))
        if is_folder:  # it ends with the LMS's own words
            moodle = [match for match in moodle if part[match.end() :] in ("", "_")]
        if bool(canvas) + len(moodle) > 1:
            raise InvalidSubmission("Its name can be read in more than one way. Rename the file to STUDENT.zip.")
        if moodle:
            name = part[: moodle[0].start()]
            # The number differs between assignments, so it cannot be remembered.
            return Owner(self._only(self._with_name(name), repr(name)), account=moodle[0]["number"])
        if canvas:
            student = self._canvas_student(canvas["number"], canvas["name"])
            return Owner(student, int(canvas["file"][:18]), bool(canvas["late"]), canvas["number"])
        return None

    def _canvas_student(self, number: str, name: str) -> str:
        with_number = [student for student in self.students.values() if student.lms_user_id == number]
        with_name = self._with_name(name)
        if not with_number:
            without_number = [student for student in with_name if not student.lms_user_id]
            return self._only(without_number, f"Canvas's number {number} and {name!r}")
        if not any(student in with_name or not full_names(student) for student in with_number):
            raise InvalidSubmission(
                f"Canvas's number {number} is that of {with_number[0].id}, but the name is {name!r}."
            )
        return self._only(with_number, f"Canvas's number {number}")

    def _with_name(self, name: str) -> list[Student]:
        return [student for student in self.students.values() if plain_name(name) in full_names(student)]

    def _only(self, students: list[Student], wanted: str) -> str:
        if len(students) == 1:
            return students[0].id
        ids = ", ".join(student.id for student in students)
        raise InvalidSubmission(
            f"More than one student goes by {wanted}: {ids}. Rename the file to STUDENT.zip."
            if students
            else f"No student of the gradebook goes by {wanted}; {ROSTER_HINT}."
        )

    def _ids_in(self, part: str) -> set[str]:
        """Find the students whose id is all of a folder's or file's name, or stands before or after the assignment."""
        name = re.sub(r"(\.ipynb|\.zip)+$", "", part, flags=re.IGNORECASE)
        if name in self.students:
            return {name}
        ids = set()
        for student in self.students:
            if name.startswith(student) and not name[len(student)].isalnum():
                rest = name[len(student) + 1 :]
            elif name.endswith(student) and not name[-len(student) - 1].isalnum():
                rest = name[: -len(student) - 1]
            else:
                continue
            if plain_name(re.sub(r"-[0-9a-f]{12}\b", "", rest)) == plain_name(self.assignment):
                ids.add(student)
        return ids


class Named(Protocol):
    """Who has a first and a last name."""

    @property
    def first_name(self) -> str:
        """Perhaps empty."""

    @property
    def last_name(self) -> str:
        """Perhaps empty."""


def full_names(student: Named) -> set[str]:
    """Give a student's full name in both orders of first and last name.

    Parameters
    ----------
    student : Named
        For example one of the gradebook.

    Returns
    -------
    set of str
        Written as :func:`autograder.pipeline.submissions.plain_name` does; empty where the gradebook has no name.
    """
    first, last = student.first_name or "", student.last_name or ""
    return {plain_name(first + last), plain_name(last + first)} - {""}


def _is_folder_name_here(name: str) -> bool:
    """Tell whether this system can have a folder of this name; a gradebook may hold any id."""
    if os.name == "nt":
        return is_folder_name(name)
    return bool(re.fullmatch(r"[^/\\\x00-\x1f]+", name)) and name not in (".", "..")
