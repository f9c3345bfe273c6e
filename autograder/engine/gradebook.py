"""The single writer: it enters results into nbgrader's gradebook and puts the autograded notebooks where they belong.

Every result is entered whole, in one transaction with others, or not at all. Entering one twice changes nothing, so
whatever was broken off is done again. What people gave by hand (scores, comments, credit, flags) is never touched.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Base, Gradebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Table, select, text, update

from autograder.course import backup_of, folder_of, gradebook_file
from autograder.engine.step import Result
from autograder.pipeline.lock import CannotGrade

Fields = Callable[[Any, Any], dict[str, Any]]
NETWORK = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "lustre", "beegfs", "gpfs"}


# --- before -----------------------------------------------------------------------------------------------------------


def prepare(course: CourseDirectory) -> None:
    """See that the gradebook is sound and can be written to, and keep a copy of it.

    Raises
    ------
    CannotGrade
        It is damaged, on a network disk, or cannot be written to.
    """
    path = gradebook_file(course)
    if path is None or not path.exists():
        return
    kind = filesystem(path)
    if kind in NETWORK:
        raise CannotGrade(
            f"The gradebook {path} lies on a network disk ({kind}), where SQLite loses data. "
            "Move it to a disk of this machine, or use PostgreSQL (c.CourseDirectory.db_url)."
        )
    try:
        with contextlib.closing(sqlite3.connect(path)) as book:
            found = book.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise CannotGrade(f"The gradebook {path} is damaged ({found}). Restore a copy of it.")
            book.execute("BEGIN IMMEDIATE")
            book.rollback()
            backup = backup_of(path)
            draft = backup.with_name(f".{backup.name}")
            draft.touch(0o600)
            with contextlib.closing(sqlite3.connect(draft)) as copied:
                book.backup(copied)
        draft.chmod(path.stat().st_mode & 0o777)  # who may not read the one may not read the other
        os.replace(draft, backup)
    except (sqlite3.Error, OSError) as error:
        raise CannotGrade(f"The gradebook {path} cannot be written: {error}. Nothing was graded.") from None


def filesystem(path: Path) -> str:
    """Name the kind of file system that a path lies on."""
    where, best = os.path.realpath(path), ("", "")
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
            _, point, kind, *_ = line.split()
            point = point.replace("\\040", " ")
            if (where == point or where.startswith(point.rstrip("/") + "/")) and len(point) >= len(best[0]):
                best = (point, kind)
    return best[1]


# --- entering ---------------------------------------------------------------------------------------------------------


class Writer:
    """Enters results.

    Parameters
    ----------
    course : CourseDirectory
    files : dict
        Path → content of what lies beside every autograded notebook.
    """

    def __init__(self, course: CourseDirectory, files: dict[str, bytes]) -> None:
        self._course, self._files = course, files
        self._book = Gradebook(course.db_url, course.course_id)
        self._held = self._book.engine.connect()
        if self._book.engine.dialect.name == "postgresql":  # other machines know nothing of our lock on a file
            number = zlib.crc32(f"{course.course_id} {course.assignment_id}".encode())
            if not self._held.execute(text(f"SELECT pg_try_advisory_lock({number})")).scalar():
                self.close()
                raise CannotGrade("This assignment is being graded already, on another machine. Wait for it.")
        tables = Base.metadata.tables
        self._student, self._submitted = tables["student"], tables["submitted_assignment"]
        self._notebook, self._grade, self._comment = tables["submitted_notebook"], tables["grade"], tables["comment"]
        found = self._book.find_assignment(course.assignment_id)
        self._assignment = found.id
        self._notebooks = {one.name: one.id for one in found.notebooks}
        self._graded: dict[tuple[str, str], str] = {}
        self._commented: dict[tuple[str, str], str] = {}
        for one in found.notebooks:
            self._graded |= {(one.name, cell.name): cell.id for cell in [*one.grade_cells, *one.task_cells]}
            self._commented |= {(one.name, cell.name): cell.id for cell in [*one.solution_cells, *one.task_cells]}
        self._book.db.rollback()

    def close(self) -> None:
        """Let go of the gradebook."""
        self._held.close()
        self._book.close()

    def state(self) -> dict[str, dict[str, Any]]:
        """Read what the gradebook holds of every student.

        Returns
        -------
        dict
            Student → ``grades``: (notebook, cell) → automatic, manual and extra points; ``extension`` in seconds;
            ``timestamp``.
        """
        cells = {number: name for name, number in self._graded.items()}
        found: dict[str, dict[str, Any]] = {}
        db, submitted, notebook, grade = self._book.db, self._submitted, self._notebook, self._grade
        mine = submitted.c.assignment_id == self._assignment
        for student, extension, stamp in db.execute(
            select(submitted.c.student_id, submitted.c.extension, submitted.c.timestamp).where(mine)
        ):
            seconds = extension.total_seconds() if extension is not None else None
            found[student] = {"grades": {}, "extension": seconds, "timestamp": stamp.isoformat() if stamp else None}
        for student, cell, *points in db.execute(
            select(
                submitted.c.student_id, grade.c.cell_id, grade.c.auto_score, grade.c.manual_score, grade.c.extra_credit
            )
            .join(notebook, notebook.c.assignment_id == submitted.c.id)
            .join(grade, grade.c.notebook_id == notebook.c.id)
            .where(mine)
        ):
            if cell in cells:
                found[student]["grades"][cells[cell]] = tuple(points)
        db.rollback()
        return found

    def enter(self, results: Iterable[tuple[Result, bool]]) -> None:
        """Enter results in one transaction, then put their notebooks in place.

        Parameters
        ----------
        results : iterable of tuple
            Each with whether it comes of a new grading, after which a person's decisions want another look.

        Raises
        ------
        CannotGrade
            The gradebook or the disk refuses; nothing of these is entered.
        """
        results = list(results)
        try:
            for result, is_new in results:
                self._enter(result, is_new)
            self._book.db.commit()
            for result, _ in results:
                publish(self._course, result, self._files)
        except Exception as error:
            self._book.db.rollback()
            reason = getattr(error, "orig", None) or error
            raise CannotGrade(f"The grades cannot be written: {reason}. What was written before is whole.") from error

    def _enter(self, result: Result, is_new: bool) -> None:
        run = self._book.db.execute
        if run(select(self._student.c.id).where(self._student.c.id == result.student)).first() is None:
            run(self._student.insert(), {"id": result.student})
        stamp = {"timestamp": datetime.fromisoformat(result.timestamp)} if result.timestamp else {}
        submitted = self._row(self._submitted, {"assignment_id": self._assignment, "student_id": result.student}, stamp)
        grades, comments = defaultdict(dict), defaultdict(dict)
        for name, cell, *rest in result.grades:
            grades[name][self._graded[name, cell]] = rest
        for name, cell, words in result.comments:
            comments[name][self._commented[name, cell]] = words
        for name, number in self._notebooks.items():
            penalty = {"late_submission_penalty": result.penalties[name]} if name in result.penalties else {}
            notebook = self._row(self._notebook, {"assignment_id": submitted, "notebook_id": number}, penalty)
            self._fill(self._grade, notebook, self._of(name, self._graded), grades[name], _decided(is_new))
            self._fill(self._comment, notebook, self._of(name, self._commented), comments[name], _commented)

    def _row(self, table: Table, where: dict[str, Any], values: dict[str, Any]) -> str:
        """Find a row, or make it, with these values; give its id."""
        found = self._book.db.execute(
            select(table.c.id).where(*(table.c[name] == value for name, value in where.items()))
        ).scalar()
        if found is None:
            return self._book.db.execute(table.insert(), where | values).inserted_primary_key[0]
        if values:
            self._book.db.execute(update(table).where(table.c.id == found).values(values))
        return found

    def _fill(self, table: Table, notebook: str, cells: list[str], given: dict[str, Any], fields: Fields) -> None:
        """Give each cell its row, and the row what was found out."""
        run = self._book.db.execute
        there = {row.cell_id: row for row in run(select(table).where(table.c.notebook_id == notebook))}
        new = [
            {"notebook_id": notebook, "cell_id": cell, **fields(given.get(cell), None)}
            for cell in cells
            if cell not in there
        ]
        if new:
            run(table.insert(), new)
        for cell, row in there.items():
            if cell in given and (values := fields(given[cell], row)) != {name: row._mapping[name] for name in values}:
                run(update(table).where(table.c.id == row.id).values(values))

    @staticmethod
    def _of(name: str, cells: dict[tuple[str, str], str]) -> list[str]:
        return [number for (notebook, _), number in cells.items() if notebook == name]


def _decided(is_new: bool) -> Fields:
    def fields(given: list | None, row: Any) -> dict[str, Any]:
        if given is None:
            return {"auto_score": None, "needs_manual_grade": True}
        score, look = given
        if row is None or is_new or row.auto_score != score:
            # As nbgrader has it: what a person decided is to be seen again after a new grading.
            return {
                "auto_score": score,
                "needs_manual_grade": look or (row is not None and row.manual_score is not None),
            }
        return {}

    return fields


def _commented(given: str | None, row: Any) -> dict[str, Any]:
    return {"auto_comment": given}


# --- the autograded notebooks -----------------------------------------------------------------------------------------


def publish(course: CourseDirectory, result: Result, files: dict[str, bytes]) -> None:
    """Put a result's notebooks where nbgrader does, each of them whole."""
    folder = folder_of(course, course.autograded_directory, result.student)
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {f"{name}.ipynb": text.encode() for name, text in result.notebooks.items()}
    wanted |= {name: text.encode("latin-1") for name, text in result.files.items()} | files
    for name, content in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        draft = (folder / name).with_name(f".{Path(name).name}.new")
        draft.unlink(missing_ok=True)
        draft.write_bytes(content)
        draft.chmod(0o444)
        os.replace(draft, folder / name)
    for old in folder.iterdir():
        if not old.is_dir() and old.name not in wanted:
            old.unlink()


def is_published(course: CourseDirectory, result: Result) -> bool:
    """Tell whether a result's notebooks are in place."""
    folder = folder_of(course, course.autograded_directory, result.student)
    try:
        return all(
            (folder / f"{name}.ipynb").read_text(encoding="utf-8") == text for name, text in result.notebooks.items()
        )
    except (OSError, ValueError):
        return False
