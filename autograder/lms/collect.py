"""Collect what students handed in through an LMS: ``python -m autograder collect ASSIGNMENT FOLDER``.

nbgrader's ``zip_collect`` does this for archives that are trusted: it unpacks them to the disk with archives inside
archives and no limit, follows links, fails the whole run at the first duplicate, knows students by a pattern that the
instructor writes, and clears what was submitted before. So nothing of it is used here.

Every notebook that ever came is kept in ``collected/ASSIGNMENT/STUDENT/``, under its hash; the newest is what lies in
``submitted/``. What cannot be taken is left where it is, with a sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path, PurePath, PurePosixPath

import nbformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from autograder.course import COLLECTED, COURSE, assignments_at, folder_of, open_course, open_gradebook
from autograder.lms.archives import ARCHIVES, opened
from autograder.lms.owners import ROSTER, People
from autograder.pipeline import submissions
from autograder.pipeline.submissions import REASON, InvalidSubmission
from autograder.plain_text import printable
from course_utils.files import write_whole
from course_utils.handing_in import RECEIPT, Cells, cells_of, short, why_another

MOST_FILES = 100_000


@dataclass(frozen=True)
class Arrival:
    """A file that may be a submission.

    Parameters
    ----------
    path : PurePath
        Relative to what is collected.
    time : datetime
        The file's own, in UTC.
    read : callable
        Gives its bytes, or raises :class:`autograder.pipeline.submissions.InvalidSubmission`.
    """

    path: PurePath
    time: datetime
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Handed:
    """A notebook that was taken, as noted beside it.

    Parameters
    ----------
    sha256 : str
        Of the notebook's bytes: what the student's receipt shows.
    time : str
        Of the file as it was downloaded, UTC. It tells which came later, never whether it came too late.
    number : int
        Canvas's number of the file.
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

    def is_newer_than(self, other: Handed) -> bool:
        """Compare by Canvas's numbers where both have one, else by time."""
        if self.number and other.number and self.number != other.number:
            return self.number > other.number
        return (self.time, self.receipt) > (other.time, other.receipt)


def run_collect(assignment: str, folder: str, course: Path = COURSE) -> int:
    """Collect submissions and say what became of every file.

    Parameters
    ----------
    assignment : str
    folder : str
        What was downloaded: a folder, or the LMS's own archive.
    course : Path
        nbgrader's course folder.

    Returns
    -------
    int
        Exit code: 0 where everything was taken.
    """
    try:
        taken, refused = collect(open_course(course, assignment), Path(folder))
    except InvalidSubmission as reason:
        print(f"Nothing was collected. {reason}")
        return 1
    except OSError as error:
        print(f"Collecting broke off; do it again, what was collected stays. {error}")
        return 1
    for line in taken + refused:
        print(printable(line))
    print(f"{len(taken)} taken, {len(refused)} need a look")
    return 1 if refused else 0


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
        A sentence for each file.

    Raises
    ------
    InvalidSubmission
        Nothing can be collected at all.
    """
    assignment = course.assignment_id
    released = _released(course)
    if assignment not in released:
        raise InvalidSubmission(f"{assignment} is not released; there are: {', '.join(released) or 'none'}.")
    with open_gradebook(course) as gradebook:
        people = People(gradebook.students, assignment)
    if not people.students:
        raise InvalidSubmission(f"The gradebook knows no students; {ROSTER}, or: nbgrader db student add ADA")

    taken, refused, reasons = [], [], {}
    with ExitStack() as stack:
        for arrival in sorted(_arrivals(source, stack), key=lambda one: (one.time, one.path)):
            shown, owner = str(arrival.path), None
            try:
                owner = people.owner(arrival.path)
                raw, receipt, sentences = _notebook_in(arrival, released, assignment)
                when = f"{arrival.time:%Y-%m-%d %H:%M:%S} UTC"
                handed = Handed(hashlib.sha256(raw).hexdigest(), when, owner.number, receipt, shown)
                counts = keep(course, owner.student, raw, handed)
            except InvalidSubmission as reason:
                refused.append(f"{f'{owner.student}: ' if owner else ''}{shown!r} needs a look: {reason}")
                if owner:
                    reasons[owner.student] = str(reason)
                continue
            made = f", made {receipt}" if receipt else ""
            late = "; Canvas says: late" if owner.late else ""
            said = [f"receipt {short(handed.sha256)}{made}{late}; {counts}", *sentences]
            taken.append(f"{owner.student}: {shown!r}, {' '.join(said)}")
        for student, reason in reasons.items():
            _tell_intake(course, student, reason)
    return taken, refused


# --- what came --------------------------------------------------------------------------------------------------------


def _arrivals(source: Path, stack: ExitStack) -> Iterator[Arrival]:
    if source.is_file():
        for member in stack.enter_context(opened(source, source.name, MOST_FILES, whole=False)):
            if _is_of_interest(member.path):
                yield Arrival(member.path, member.time, member.read)
        return
    if not source.is_dir():
        raise InvalidSubmission(f"There is no folder {source}.")
    files, odd = submissions.list_files(source, MOST_FILES, max_depth=MOST_FILES)  # one student's folders stop nobody
    for path in [*files, *odd]:
        relative = path.relative_to(source)
        if _is_of_interest(relative):
            time = datetime.fromtimestamp(max(path.lstat().st_mtime, 0), UTC)
            yield Arrival(relative, time, lambda path=path: submissions.read_file(path, submissions.MAX_BYTES))


def _is_of_interest(path: PurePath) -> bool:
    return path.name not in submissions.UNREMARKABLE and not submissions.SKIPPED_FOLDERS & set(path.parts)


def _notebook_in(arrival: Arrival, released: dict[str, Cells], assignment: str) -> tuple[bytes, str, list[str]]:
    """Bytes of the notebook that arrived, the time of its receipt, and what is to be said about it."""
    ending = arrival.path.suffix.lower()
    receipt, sentences = {}, []
    if ending == ".ipynb":
        raw = arrival.read()
    elif ending == ".zip":
        with opened(arrival.read(), arrival.path.name) as members:
            inside = [one for one in members if _is_of_interest(one.path)]
            paths, here = [one.path for one in inside], PurePosixPath()
            found = submissions.candidates(here, paths, [], assignment, only_one=True)
            if not found:
                if any(one.suffix.lower() in ARCHIVES for one in paths):
                    raise InvalidSubmission("It holds another archive, which is not opened.")
                raise InvalidSubmission(
                    f"It holds no notebook {assignment}.ipynb{submissions.describe_other_files(here, paths)}."
                )
            by_path = {one.path: one for one in inside}
            raw = by_path[found[0]].read()
            if found[1:]:
                sentences.append(f"Taken: {str(found[0])!r}, not {', '.join(repr(str(one)) for one in found[1:6])}.")
            if PurePosixPath(RECEIPT) in by_path:
                receipt = _receipt(by_path[PurePosixPath(RECEIPT)].read(10_000))
    else:
        raise InvalidSubmission("It is no notebook and no zip archive.")
    try:
        cells = _cells(submissions.read_document(raw, []))
    except InvalidSubmission:
        raise
    except Exception as error:  # whatever a hostile file does, it is this student's problem only
        raise InvalidSubmission(f"The notebook could not be read ({type(error).__name__}).") from None
    if wrong := why_another(cells, assignment, released):
        raise InvalidSubmission(f"It {wrong}")
    if receipt.get("sha256") not in (None, hashlib.sha256(raw).hexdigest()):
        sentences.append("The notebook was changed after its receipt was made.")
    time = receipt.get("time")
    return raw, time if isinstance(time, str) and re.fullmatch(r"[0-9TZ:-]{20}", time) else "", sentences


def _cells(document: dict) -> Cells:
    cells = submissions.read_cells(document, [])
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    return [(name if isinstance(name, str) else "", cell.source) for name, cell in zip(names, cells, strict=True)]


def _receipt(raw: bytes) -> dict:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _released(course: CourseDirectory) -> dict[str, Cells]:
    """Cells of every released notebook that is called like its assignment."""
    found = {}
    for name, folder in assignments_at(course, course.release_directory).items():
        file = folder / f"{name}.ipynb"
        if file.is_file():
            found[name] = cells_of(nbformat.read(file, as_version=4))
    return found


# --- where it goes ----------------------------------------------------------------------------------------------------


def keep(course: CourseDirectory, student: str, raw: bytes, handed: Handed) -> str:
    """Keep a notebook for good, and put it into ``submitted/`` if it is the newest of the student's.

    Parameters
    ----------
    course : CourseDirectory
    student : str
    raw : bytes
        The notebook.
    handed : Handed
        What is noted about it.

    Returns
    -------
    str
        What became of it.
    """
    name = course.assignment_id
    target = folder_of(course, course.submitted_directory, student)
    store = Path(course.root) / COLLECTED / name / student
    if target.is_symlink() or target.parent.is_symlink() or store.is_symlink():
        raise InvalidSubmission(f"{target} is a link; nothing is written through links.")
    store.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    _adopt(target / f"{name}.ipynb", store)
    before = {one.sha256: one for one in _history(store)}
    if (known := before.get(handed.sha256)) and not handed.is_newer_than(known):
        handed = known
    write_whole(store / f"{handed.sha256}.ipynb", raw)
    write_whole(store / f"{handed.sha256}.json", json.dumps(asdict(handed), indent=1).encode())

    newest = reduce(lambda a, b: b if b.is_newer_than(a) else a, _history(store))
    current = target / f"{name}.ipynb"
    if not current.exists() or hashlib.sha256(current.read_bytes()).hexdigest() != newest.sha256:
        write_whole(current, (store / f"{newest.sha256}.ipynb").read_bytes())
    write_whole(target / "timestamp.txt", newest.time.encode())
    (target / REASON).unlink(missing_ok=True)
    if newest.sha256 != handed.sha256:
        return f"kept, but a newer one counts: receipt {short(newest.sha256)}."
    if handed.sha256 in before:
        return "collected before; it counts."
    others = len(before)
    return f"collected; it counts, {others} older kept." if others else "collected."


def _history(store: Path) -> list[Handed]:
    notes = sorted(store.glob("*.json"))
    found = [Handed(**json.loads(note.read_text(encoding="utf-8"))) for note in notes]
    return sorted(found, key=lambda one: (one.time, one.receipt, one.sha256))


def _adopt(current: Path, store: Path) -> None:
    """Note in the store what came into ``submitted/`` by another way, so that nothing is lost when it is replaced."""
    if not os.path.lexists(current):
        return
    raw = submissions.read_file(current, submissions.MAX_BYTES)
    digest = hashlib.sha256(raw).hexdigest()
    if (store / f"{digest}.json").exists():
        return
    stamp, _ = submissions.read_timestamp(current.parent)
    moment = parse_utc(stamp) if stamp else datetime.fromtimestamp(current.stat().st_mtime, UTC)
    write_whole(store / f"{digest}.ipynb", raw)
    note = Handed(digest, f"{moment:%Y-%m-%d %H:%M:%S} UTC", came_as="found in submitted/")
    write_whole(store / f"{digest}.json", json.dumps(asdict(note), indent=1).encode())


def _tell_intake(course: CourseDirectory, student: str, reason: str) -> None:
    """Let a student of whom nothing could be taken wait under "needs a look", with the reason."""
    folder = folder_of(course, course.submitted_directory, student)
    if folder.is_symlink() or folder.parent.is_symlink():
        return
    if not any(folder.glob("*.ipynb")):
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / REASON, reason.encode(errors="replace")[:2000])
