"""Every notebook that was ever collected, kept in ``collected/ASSIGNMENT/STUDENT/``; the newest is in ``submitted/``.

A notebook is stored under its SHA-256, with a JSON file beside it that says when and how it came.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from autograder.course import COLLECTED, folder_of
from autograder.pipeline import submissions
from autograder.pipeline.intake import max_notebook_bytes
from autograder.pipeline.submissions import REASON, InvalidSubmission
from course_utils.files import write_whole
from course_utils.handing_in import short

MAX_REASON_BYTES = 2000


@dataclass(frozen=True)
class CollectedNotebook:
    """What the JSON file beside a collected notebook says; its keys are these names.

    Parameters
    ----------
    sha256 : str
        Of the notebook's bytes: what the student's receipt shows.
    time : str
        Time of the downloaded file, UTC. It tells which of two files is newer, but not whether a file was late.
    number : int
        Canvas's number of the file; 0 where it has no number.
    receipt : str
        When the receipt was made, by the student's clock; "" without a receipt.
    came_as : str
        What the file was called.
    """

    sha256: str
    time: str
    number: int = 0
    receipt: str = ""
    came_as: str = ""

    def is_newer_than(self, other: CollectedNotebook) -> bool:
        """Compare Canvas's numbers where both files have a number, else the times.

        Parameters
        ----------
        other : CollectedNotebook
            Of the same student.

        Returns
        -------
        bool
        """
        if self.number and other.number and self.number != other.number:
            return self.number > other.number
        return (self.time, self.receipt) > (other.time, other.receipt)


def keep_notebook(course: CourseDirectory, student: str, raw: bytes, notebook: CollectedNotebook) -> str:
    """Store a notebook, and put it into ``submitted/`` if it is the student's newest.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.
    student : str
    raw : bytes
        The notebook.
    notebook : CollectedNotebook
        What to record about it.

    Returns
    -------
    str
        A message: whether it counts.

    Raises
    ------
    InvalidSubmission
        The student's folder is a link.
    """
    name = course.assignment_id
    target = folder_of(course, course.submitted_directory, student)
    store = Path(course.root) / COLLECTED / name / student
    if target.is_symlink() or target.parent.is_symlink() or store.is_symlink():
        raise InvalidSubmission(f"{target} is a link; nothing is written through links.")
    store.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    submitted = target / f"{name}.ipynb"
    _store_submitted(submitted, store, max_notebook_bytes(course))
    before = {earlier.sha256: earlier for earlier in _read_records(store)}
    if (known := before.get(notebook.sha256)) and not notebook.is_newer_than(known):
        notebook = known
    _write(store, raw, notebook)

    newest = reduce(lambda a, b: b if b.is_newer_than(a) else a, _read_records(store))
    if not submitted.exists() or hashlib.sha256(submitted.read_bytes()).hexdigest() != newest.sha256:
        write_whole(submitted, (store / f"{newest.sha256}.ipynb").read_bytes())
    write_whole(target / "timestamp.txt", newest.time.encode())
    (target / REASON).unlink(missing_ok=True)
    if newest.sha256 != notebook.sha256:
        return f"kept, but a newer one counts: receipt {short(newest.sha256)}."
    if notebook.sha256 in before:
        return "collected before; it counts."
    return f"collected; it counts, {len(before)} older kept." if before else "collected."


def record_refusal(course: CourseDirectory, student: str, reason: str) -> None:
    """Have a student of whom no notebook was ever taken wait under "needs a look", with the reason.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.
    student : str
    reason : str
        Why the last file was refused.
    """
    folder = folder_of(course, course.submitted_directory, student)
    if folder.is_symlink() or folder.parent.is_symlink():
        return
    if not any(folder.glob("*.ipynb")):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / REASON, reason.encode(errors="replace")[:MAX_REASON_BYTES])


def format_time(time: datetime) -> str:
    """Write a time as nbgrader does.

    Parameters
    ----------
    time : datetime
        In UTC.

    Returns
    -------
    str
    """
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def _write(store: Path, raw: bytes, notebook: CollectedNotebook) -> None:
    write_whole(store / f"{notebook.sha256}.ipynb", raw)
    write_whole(store / f"{notebook.sha256}.json", json.dumps(asdict(notebook), indent=1).encode())


def _read_records(store: Path) -> list[CollectedNotebook]:
    files = sorted(store.glob("*.json"))
    notebooks = [CollectedNotebook(**json.loads(file.read_text(encoding="utf-8"))) for file in files]
    return sorted(notebooks, key=lambda notebook: (notebook.time, notebook.receipt, notebook.sha256))


def _store_submitted(submitted: Path, store: Path, max_bytes: int) -> None:
    """Store also what came into ``submitted/`` by another way, so that it is not lost when it is replaced."""
    if not os.path.lexists(submitted):
        return
    raw = submissions.read_file(submitted, max_bytes)
    sha256 = hashlib.sha256(raw).hexdigest()
    if (store / f"{sha256}.json").exists():
        return
    timestamp, _ = submissions.read_timestamp(submitted.parent)
    time = parse_utc(timestamp) if timestamp else datetime.fromtimestamp(submitted.stat().st_mtime, UTC)
    _write(store, raw, CollectedNotebook(sha256, format_time(time), came_as="found in submitted/"))
