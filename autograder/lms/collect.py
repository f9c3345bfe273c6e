"""Collect what students handed in through an LMS: ``python -m autograder collect ASSIGNMENT FOLDER``.

nbgrader's ``zip_collect`` is for archives that are trusted: it extracts them to the disk with archives inside archives
and no limit, follows links, fails the whole run at the first duplicate, knows students by a pattern that the instructor
writes, and clears what was submitted before. So it is not used here. What cannot be taken is left where it is, with a
message.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

import nbformat
from nbgrader.coursedir import CourseDirectory

from autograder.course import assignments_at, open_gradebook
from autograder.lms.archives import ARCHIVE_SUFFIXES, open_archive
from autograder.lms.collected_notebooks import CollectedNotebook, format_time, keep_notebook, record_refusal
from autograder.lms.file_owners import ROSTER_HINT, FileOwners, Owner
from autograder.pipeline import submissions
from autograder.pipeline.intake import max_notebook_bytes
from autograder.pipeline.submissions import InvalidSubmission
from course_utils.handing_in import RECEIPT, Cells, cells_of, short, why_another

MAX_DOWNLOADED_FILES = 100_000
MAX_RECEIPT_BYTES = 10_000


@dataclass(frozen=True)
class _DownloadedFile:
    """A file that may be a submission; ``path`` is relative to the download, ``time`` the file's own in UTC.

    ``read(max_bytes)`` gives its bytes or raises ``InvalidSubmission``.
    """

    path: PurePath
    time: datetime
    read: Callable[[int], bytes]


def collect(course: CourseDirectory, source: Path) -> tuple[list[str], list[str]]:
    """Put the newest submission of every student into ``submitted/``.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.
    source : Path
        A folder, or the LMS's own archive.

    Returns
    -------
    taken, refused : list of str
        A message for each file.

    Raises
    ------
    InvalidSubmission
        Nothing can be collected at all.
    CourseError
        The gradebook cannot be used.
    OSError
        A file cannot be written.
    """
    assignment = course.assignment_id
    released = _released_cells(course)
    if assignment not in released:
        raise InvalidSubmission(f"{assignment} is not released; there are: {', '.join(released) or 'none'}.")
    with open_gradebook(course) as gradebook:
        owners = FileOwners(gradebook.students, assignment)
    if not owners.students:
        raise InvalidSubmission(f"The gradebook knows no students; {ROSTER_HINT}, or: nbgrader db student add ADA")

    taken, refused, last_reasons = [], [], {}
    max_bytes = max_notebook_bytes(course)
    with ExitStack() as stack:
        files = sorted(_downloaded_files(source, stack), key=lambda file: (file.time, file.path))
        for file, (owner, doubt) in zip(files, _find_owners(owners, files), strict=True):
            try:
                if doubt or owner is None:
                    raise InvalidSubmission(doubt)
                raw, receipt_time, remarks = _read_notebook(file, released, assignment, max_bytes)
                sha256 = hashlib.sha256(raw).hexdigest()
                record = CollectedNotebook(sha256, format_time(file.time), owner.number, receipt_time, str(file.path))
                outcome = keep_notebook(course, owner.student, raw, record)
            except InvalidSubmission as reason:
                student = f"{owner.student}: " if owner else ""
                refused.append(f"{student}{str(file.path)!r} needs a look: {reason}")
                if owner:
                    last_reasons[owner.student] = str(reason)
                continue
            receipt_note = f", made {receipt_time}" if receipt_time else ""
            late_note = "; Canvas says: late" if owner.late else ""
            details = [f"receipt {short(sha256)}{receipt_note}{late_note}; {outcome}", *remarks]
            taken.append(f"{owner.student}: {str(file.path)!r}, {' '.join(details)}")
        for student, last_reason in last_reasons.items():
            record_refusal(course, student, last_reason)
    return taken, refused


def _find_owners(owners: FileOwners, files: list[_DownloadedFile]) -> list[tuple[Owner | None, str]]:
    """Find the owner of each file, and why it may not be taken; "" where it may."""
    folder = owners.folder_of_all(file.path for file in files)
    found: list[tuple[Owner | None, str]] = []
    for file in files:
        try:
            found.append((owners.find(file.path.relative_to(folder)), ""))
        except InvalidSubmission as reason:
            found.append((None, str(reason)))
    accounts = {(owner.student, owner.account) for owner, _ in found if owner and owner.account}
    people = Counter(student for student, _ in accounts)
    return [
        (owner, f"{people[owner.student]} accounts of the LMS go by this name. Ask whose it is, and rename the file.")
        if owner and owner.account and people[owner.student] > 1
        else (owner, doubt)
        for owner, doubt in found
    ]


def _downloaded_files(source: Path, stack: ExitStack) -> Iterator[_DownloadedFile]:
    """Yield the files of a folder or an archive, which the stack keeps open."""
    if source.is_file():
        for member in stack.enter_context(open_archive(source, source.name, MAX_DOWNLOADED_FILES)):
            if _may_be_submission(member.path):
                yield _DownloadedFile(member.path, member.time, member.read)
        return
    if not source.is_dir():
        raise InvalidSubmission(f"There is no folder {source}.")
    # No limit on the depth but the number of files: deeply nested folders of a student must not stop the class.
    files, irregular = submissions.list_files(source, MAX_DOWNLOADED_FILES, max_depth=MAX_DOWNLOADED_FILES)
    for path in [*files, *irregular]:
        relative = path.relative_to(source)
        if _may_be_submission(relative):
            time = datetime.fromtimestamp(_modified(path), UTC)
            yield _DownloadedFile(relative, time, partial(submissions.read_file, path))


def _modified(path: Path) -> float:
    try:
        return max(path.lstat().st_mtime, 0)
    except OSError:  # its path may be too long: to read it says so
        return 0


def _may_be_submission(path: PurePath) -> bool:
    return path.name not in submissions.UNREMARKABLE and not submissions.SKIPPED_FOLDERS & set(path.parts)


def _read_notebook(
    file: _DownloadedFile, released: dict[str, Cells], assignment: str, max_bytes: int
) -> tuple[bytes, str, list[str]]:
    """Read a notebook's bytes, the time of its receipt ("" without a receipt), and remarks for the instructor."""
    suffix = file.path.suffix.lower()
    receipt: dict = {}
    remarks: list[str] = []
    if suffix == ".ipynb":
        raw = file.read(max_bytes)
    elif suffix == ".zip":
        raw, receipt, remarks = _read_archive(file, assignment, max_bytes)
    else:
        raise InvalidSubmission("It is no notebook and no zip archive.")
    try:
        cells = _named_cells(submissions.read_document(raw, []))
    except InvalidSubmission:
        raise
    except Exception as error:  # whatever a hostile file does, it is this student's problem only
        raise InvalidSubmission(f"The notebook could not be read ({type(error).__name__}).") from None
    if mismatch := why_another(cells, assignment, released):
        raise InvalidSubmission(f"It {mismatch}")
    if receipt.get("sha256") not in (None, hashlib.sha256(raw).hexdigest()):
        remarks.append("The notebook was changed after its receipt was made.")
    return raw, _receipt_time(receipt), remarks


def _receipt_time(receipt: dict) -> str:
    time = receipt.get("time")
    return time if isinstance(time, str) and re.fullmatch(r"[0-9TZ:-]{20}", time) else ""


def _read_archive(file: _DownloadedFile, assignment: str, max_bytes: int) -> tuple[bytes, dict, list[str]]:
    """Read the notebook and the receipt in a student's archive; remark which of several notebooks was taken."""
    with open_archive(file.read(max_bytes), file.path.name, max_total_bytes=2 * max_bytes) as members:
        by_path = {member.path: member for member in members if _may_be_submission(member.path)}
        paths, root = list(by_path), PurePosixPath()
        notebooks = submissions.candidates(root, paths, [], assignment, only_one=True)
        if not notebooks:
            if any(path.suffix.lower() in ARCHIVE_SUFFIXES for path in paths):
                raise InvalidSubmission("It holds another archive, which is not opened.")
            raise InvalidSubmission(
                f"It holds no notebook {assignment}.ipynb{submissions.describe_other_files(root, paths)}."
            )
        chosen, *others = notebooks
        raw = by_path[chosen].read(max_bytes)
        names = ", ".join(repr(str(path)) for path in others[:5])
        remarks = [f"Taken: {str(chosen)!r}, not {names}."] if others else []
        receipt = by_path.get(PurePosixPath(RECEIPT))
        return raw, _parse_receipt(receipt.read(MAX_RECEIPT_BYTES)) if receipt else {}, remarks


def _named_cells(document: dict) -> Cells:
    """Give nbgrader's name and the text of each cell."""
    cells = submissions.read_cells(document, [])
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    return [(name if isinstance(name, str) else "", cell.source) for name, cell in zip(names, cells, strict=True)]


def _parse_receipt(raw: bytes) -> dict:
    try:
        receipt = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return receipt if isinstance(receipt, dict) else {}


def _released_cells(course: CourseDirectory) -> dict[str, Cells]:
    """Read the cells of every released notebook that is called like its assignment."""
    cells = {}
    for name, folder in assignments_at(course, course.release_directory).items():
        file = folder / f"{name}.ipynb"
        if file.is_file():
            cells[name] = cells_of(nbformat.read(file, as_version=4))
    return cells
