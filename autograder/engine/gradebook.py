"""The single writer: enters results into nbgrader's gradebook, and writes the autograded notebooks.

A result is entered whole, in a transaction with others, or not at all. Entering a result twice changes nothing, so
after an interruption it is entered again. Scores, comments, extra credit and flags that people gave never change.
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

Values = Callable[[Any, Any], dict[str, Any]]
"""``values(given, row)`` → columns to set, from a result's entry for a cell and the cell's row, or None."""
NETWORK_FILESYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "fuse.sshfs",
    "lustre",
    "beegfs",
    "gpfs",
}


# --- before anything is graded ----------------------------------------------------------------------------------------


def check_and_back_up(course: CourseDirectory) -> None:
    """Check that the gradebook is sound and can be written to, and keep a copy of it beside it.

    Does nothing where there is no gradebook yet, or where it is not an SQLite file.

    Parameters
    ----------
    course : CourseDirectory

    Raises
    ------
    CannotGrade
        The gradebook is damaged, on a network disk, or cannot be written to.
    """
    path = gradebook_file(course)
    if path is None or not path.exists():
        return
    kind = filesystem_type(path)
    if kind in NETWORK_FILESYSTEMS:
        raise CannotGrade(
            f"The gradebook {path} lies on a network disk ({kind}), where SQLite loses data. "
            "Move it to a disk of this machine, or use PostgreSQL (c.CourseDirectory.db_url)."
        )
    try:
        with contextlib.closing(sqlite3.connect(path)) as book:
            integrity = book.execute("PRAGMA integrity_check").fetchone()[0]
            if integrity != "ok":
                raise CannotGrade(f"The gradebook {path} is damaged ({integrity}). Restore a copy of it.")
            book.execute("BEGIN IMMEDIATE")
            book.rollback()
            backup = backup_of(path)
            draft = backup.with_name(f".{backup.name}")
            draft.touch(0o600)
            with contextlib.closing(sqlite3.connect(draft)) as draft_book:
                book.backup(draft_book)
        draft.chmod(path.stat().st_mode & 0o777)  # who may not read the gradebook may not read its copy
        os.replace(draft, backup)
    except (sqlite3.Error, OSError) as error:
        raise CannotGrade(f"The gradebook {path} cannot be written: {error}. Nothing was graded.") from None


def filesystem_type(path: Path) -> str:
    """Name the type of the file system that a path lies on.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        As in ``/proc/self/mounts``, for example ``ext4``; empty where that is not known.
    """
    real_path = os.path.realpath(path)
    best_point, best_type = "", ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
            _, mount_point, mount_type, *_ = line.split()
            mount_point = mount_point.replace("\\040", " ")
            is_above = real_path == mount_point or real_path.startswith(mount_point.rstrip("/") + "/")
            if is_above and len(mount_point) >= len(best_point):
                best_point, best_type = mount_point, mount_type
    return best_type


# --- entering ---------------------------------------------------------------------------------------------------------


class GradebookWriter:
    """Read an assignment's entries in the gradebook, and enter results.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment, which the gradebook holds.
    files : dict
        Path → content of the files to put beside every autograded notebook.

    Raises
    ------
    CannotGrade
        Another machine grades this assignment. (Checked for PostgreSQL only; an SQLite file is on this machine, where
        :mod:`autograder.pipeline.lock` lets a single process grade.)
    """

    def __init__(self, course: CourseDirectory, files: dict[str, bytes]) -> None:
        self._course, self._files = course, files
        self._book = Gradebook(course.db_url, course.course_id)
        self._lock_connection = self._book.engine.connect()
        if self._book.engine.dialect.name == "postgresql":  # the lock file does not keep other machines out
            number = zlib.crc32(f"{course.course_id} {course.assignment_id}".encode())
            if not self._lock_connection.execute(text(f"SELECT pg_try_advisory_lock({number})")).scalar():
                self.close()
                raise CannotGrade("This assignment is being graded already, on another machine. Wait for it.")
        tables = Base.metadata.tables
        self._student, self._submitted = tables["student"], tables["submitted_assignment"]
        self._notebook, self._grade, self._comment = tables["submitted_notebook"], tables["grade"], tables["comment"]
        assignment = self._book.find_assignment(course.assignment_id)
        self._assignment_id = assignment.id
        self._notebook_ids = {notebook.name: notebook.id for notebook in assignment.notebooks}
        self._graded_ids: dict[tuple[str, str], str] = {}  # (notebook, cell) → id
        self._commented_ids: dict[tuple[str, str], str] = {}
        for notebook in assignment.notebooks:
            graded = [*notebook.grade_cells, *notebook.task_cells]
            commented = [*notebook.solution_cells, *notebook.task_cells]
            self._graded_ids |= {(notebook.name, cell.name): cell.id for cell in graded}
            self._commented_ids |= {(notebook.name, cell.name): cell.id for cell in commented}
        self._book.db.rollback()

    def close(self) -> None:
        """Close the gradebook."""
        self._lock_connection.close()
        self._book.close()

    def read_entries(self) -> dict[str, dict[str, Any]]:
        """Read the gradebook's entries for every student.

        Returns
        -------
        dict
            Student → ``grades``: (notebook, cell) → automatic, manual and extra points, each a float or None;
            ``extension`` in seconds, or None; ``timestamp`` in ISO format, or None.
        """
        names = {cell_id: name for name, cell_id in self._graded_ids.items()}
        entries: dict[str, dict[str, Any]] = {}
        db, submitted, notebook, grade = self._book.db, self._submitted, self._notebook, self._grade
        of_assignment = submitted.c.assignment_id == self._assignment_id
        for student, extension, timestamp in db.execute(
            select(submitted.c.student_id, submitted.c.extension, submitted.c.timestamp).where(of_assignment)
        ):
            entries[student] = {
                "grades": {},
                "extension": extension.total_seconds() if extension is not None else None,
                "timestamp": timestamp.isoformat() if timestamp else None,
            }
        for student, cell_id, *points in db.execute(
            select(
                submitted.c.student_id, grade.c.cell_id, grade.c.auto_score, grade.c.manual_score, grade.c.extra_credit
            )
            .join(notebook, notebook.c.assignment_id == submitted.c.id)
            .join(grade, grade.c.notebook_id == notebook.c.id)
            .where(of_assignment)
        ):
            if cell_id in names:
                entries[student]["grades"][names[cell_id]] = tuple(points)
        db.rollback()
        return entries

    def write(self, results: Iterable[tuple[Result, bool]]) -> None:
        """Enter results in a single transaction, then write their notebooks.

        Parameters
        ----------
        results : iterable of tuple
            Each result with whether it is from a new grading. If so, points that a person gave are flagged for another
            look.

        Raises
        ------
        CannotGrade
            The gradebook or the disk cannot be written to; none of these results is entered.
        """
        results = list(results)
        try:
            for result, is_new in results:
                self._enter(result, is_new)
            self._book.db.commit()
            for result, _ in results:
                publish_notebooks(self._course, result, self._files)
        except Exception as error:
            self._book.db.rollback()
            reason = getattr(error, "orig", None) or error
            raise CannotGrade(f"The grades cannot be written: {reason}. What was written before is whole.") from error

    def _enter(self, result: Result, is_new: bool) -> None:
        execute = self._book.db.execute
        if execute(select(self._student.c.id).where(self._student.c.id == result.student)).first() is None:
            execute(self._student.insert(), {"id": result.student})
        timestamp = {"timestamp": datetime.fromisoformat(result.timestamp)} if result.timestamp else {}
        key = {"assignment_id": self._assignment_id, "student_id": result.student}
        submitted_id = self._upsert(self._submitted, key, timestamp)
        grades: dict[str, dict] = defaultdict(dict)
        comments: dict[str, dict] = defaultdict(dict)
        for name, cell, *points_and_look in result.grades:
            grades[name][self._graded_ids[name, cell]] = points_and_look
        for name, cell, comment in result.comments:
            comments[name][self._commented_ids[name, cell]] = comment
        for name, notebook_id in self._notebook_ids.items():
            penalty = {"late_submission_penalty": result.penalties[name]} if name in result.penalties else {}
            key = {"assignment_id": submitted_id, "notebook_id": notebook_id}
            notebook = self._upsert(self._notebook, key, penalty)
            graded, commented = _in_notebook(name, self._graded_ids), _in_notebook(name, self._commented_ids)
            self._fill(self._grade, notebook, graded, grades[name], _grade_values(is_new))
            self._fill(self._comment, notebook, commented, comments[name], _comment_values)

    def _upsert(self, table: Table, key: dict[str, Any], values: dict[str, Any]) -> str:
        """Update the row with this key, or insert it; return its id."""
        row_id = self._book.db.execute(
            select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
        ).scalar()
        if row_id is None:
            return self._book.db.execute(table.insert(), key | values).inserted_primary_key[0]
        if values:
            self._book.db.execute(update(table).where(table.c.id == row_id).values(values))
        return row_id

    def _fill(self, table: Table, notebook: str, cells: list[str], given: dict[str, Any], values: Values) -> None:
        """Insert or update the rows of a notebook's cells, from a result's entries for them."""
        execute = self._book.db.execute
        rows = {row.cell_id: row for row in execute(select(table).where(table.c.notebook_id == notebook))}
        new = [
            {"notebook_id": notebook, "cell_id": cell, **values(given.get(cell), None)}
            for cell in cells
            if cell not in rows
        ]
        if new:
            execute(table.insert(), new)
        for cell, row in rows.items():
            if cell not in given:
                continue
            columns = values(given[cell], row)
            if columns != {name: row._mapping[name] for name in columns}:
                execute(update(table).where(table.c.id == row.id).values(columns))


def _in_notebook(name: str, ids: dict[tuple[str, str], str]) -> list[str]:
    return [cell_id for (notebook, _), cell_id in ids.items() if notebook == name]


def _grade_values(is_new: bool) -> Values:
    def values(given: list | None, row: Any) -> dict[str, Any]:
        if given is None:
            return {"auto_score": None, "needs_manual_grade": True}
        score, needs_look = given
        if row is None or is_new or row.auto_score != score:
            # As in nbgrader: points that a person gave are flagged for another look after a new grading.
            return {
                "auto_score": score,
                "needs_manual_grade": needs_look or (row is not None and row.manual_score is not None),
            }
        return {}

    return values


def _comment_values(given: str | None, row: Any) -> dict[str, Any]:
    return {"auto_comment": given}


# --- the autograded notebooks -----------------------------------------------------------------------------------------


def publish_notebooks(course: CourseDirectory, result: Result, files: dict[str, bytes]) -> None:
    """Write a result's notebooks where nbgrader does, each atomically, and delete other files there.

    Parameters
    ----------
    course : CourseDirectory
        With its assignment.
    result : Result
    files : dict
        Path → content of the files to put beside every autograded notebook.

    Raises
    ------
    OSError
        The disk is full or cannot be written to.
    """
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
    """Tell whether a result's notebooks are in the autograded folder, unchanged."""
    folder = folder_of(course, course.autograded_directory, result.student)
    try:
        return all(
            (folder / f"{name}.ipynb").read_text(encoding="utf-8") == text for name, text in result.notebooks.items()
        )
    except (OSError, ValueError):
        return False
