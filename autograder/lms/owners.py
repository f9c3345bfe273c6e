"""Who a downloaded file belongs to: names that Canvas and Moodle give to files, against the gradebook's students.

Canvas: ``doejane_LATE_4711_90210_my file.zip``: the sortable name in small letters, the user's number, the file's
(its ``lib/content_zipper.rb``). Moodle: ``Jane Doe_1234_assignsubmission_file/my file.zip``, or the same in one name
(``mod/assign/classes/downloader.php``): the full name and a number that is another one in every assignment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from nbgrader.api import Student

from autograder.pipeline.submissions import InvalidSubmission, is_folder_name, plain_name

# What stands first is the system's, what stands last is the student's: names are as short as they can be.
CANVAS = re.compile(r"(?P<name>.+?)(?P<late>_LATE)?_(?P<number>\d+)_(?P<file>\d+)_.+", re.DOTALL)
MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(_.*)?", re.DOTALL)
ROSTER = "the file downloaded from Canvas or Moodle names the class: python -m autograder roster FILE"


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
    """

    student: str
    number: int = 0
    late: bool = False


class People:
    """The students of the gradebook, found by what a file is called.

    Parameters
    ----------
    students : iterable of Student
        Those whose id cannot be a folder's name are left out.
    assignment : str
        Which files may be called after.
    """

    def __init__(self, students: Iterable[Student], assignment: str) -> None:
        self.assignment = assignment
        self.students = {one.id: one for one in students if _is_folder_name_here(one.id)}

    def owner(self, path: PurePath) -> Owner:
        """Say whose file this is.

        Parameters
        ----------
        path : PurePath
            Relative to the folder that is collected.

        Raises
        ------
        InvalidSubmission
            Nobody's, or that of more than one.
        """
        for part in path.parts:  # the outermost name is the system's or the instructor's, the others a student's
            found = [match for pattern in (CANVAS, MOODLE) if (match := pattern.fullmatch(part))]
            if match := min(found, key=lambda one: one.end("name"), default=None):
                if match.re is MOODLE:
                    return Owner(self._in_moodle(match["name"]))
                return Owner(
                    self._in_canvas(match["number"], match["name"]), int(match["file"][:18]), bool(match["late"])
                )
            if ids := self._called(part):
                if len(ids) > 1:
                    raise InvalidSubmission(f"More than one student is called like that: {', '.join(sorted(ids))}.")
                return Owner(ids.pop())
        raise InvalidSubmission(f"No student of the gradebook is called like that; {ROSTER}.")

    def _in_canvas(self, number: str, name: str) -> str:
        numbered = [one for one in self.students.values() if one.lms_user_id == number]
        named = self._with_name(name)
        if not numbered:
            return self._only([one for one in named if not one.lms_user_id], f"Canvas's number {number} and {name!r}")
        if not any(one in named or not names_of(one) for one in numbered):
            raise InvalidSubmission(f"Canvas's number {number} is that of {numbered[0].id}, but the name is {name!r}.")
        return self._only(numbered, f"Canvas's number {number}")

    def _in_moodle(self, name: str) -> str:
        # Moodle's number is another one in every assignment.
        return self._only(self._with_name(name), repr(name))

    def _with_name(self, name: str) -> list[Student]:
        return [one for one in self.students.values() if plain_name(name) in names_of(one)]

    def _only(self, found: list[Student], wanted: str) -> str:
        if len(found) == 1:
            return found[0].id
        ids = ", ".join(one.id for one in found)
        raise InvalidSubmission(
            f"More than one student goes by {wanted}: {ids}. Rename the file to STUDENT.zip."
            if found
            else f"No student of the gradebook goes by {wanted}; {ROSTER}."
        )

    def _called(self, part: str) -> set[str]:
        """Students whose id is a folder's or file's whole name, or stands before or after the assignment in it."""
        stem = re.sub(r"(\.ipynb|\.zip)+$", "", part, flags=re.IGNORECASE)
        if stem in self.students:
            return {stem}
        found = set()
        for student in self.students:
            if stem.startswith(student) and not stem[len(student)].isalnum():
                rest = stem[len(student) + 1 :]
            elif stem.endswith(student) and not stem[-len(student) - 1].isalnum():
                rest = stem[: -len(student) - 1]
            else:
                continue
            if plain_name(re.sub(r"-[0-9a-f]{12}\b", "", rest)) == plain_name(self.assignment):
                found.add(student)
        return found


def _is_folder_name_here(name: str) -> bool:
    """Be no stricter than this system, for a gradebook holds what somebody wrote into it."""
    if os.name == "nt":
        return is_folder_name(name)
    return bool(re.fullmatch(r"[^/\\\x00-\x1f]+", name)) and name not in (".", "..")


def names_of(student: Student) -> set[str]:
    """Give a student's full name, either part first, as the submissions' ``plain_name`` writes it."""
    first, last = student.first_name or "", student.last_name or ""
    return {plain_name(first + last), plain_name(last + first)} - {""}
