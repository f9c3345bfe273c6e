"""Let a single process at a time grade a course, and tell the others which process it is."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.coursedir import CourseDirectory

LOCK, HOLDER = ".grading.lock", ".grading.by"  # two files: Windows lets no other process read a locked file
MAX_HOLDER = 200  # bytes of the holder's name


class CannotGrade(Exception):
    """Nothing can be graded or entered; the message says why and what to do."""


@contextlib.contextmanager
def grading_lock(course: CourseDirectory) -> Iterator[None]:
    """Hold the lock to grade this course.

    Parameters
    ----------
    course : CourseDirectory

    Raises
    ------
    CannotGrade
        Another process holds the lock, or the folder cannot be written to.
    """
    lock, holder = FileLock(Path(course.root) / LOCK), Path(course.root) / HOLDER
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(lock.acquire(blocking=False))
        except Timeout:
            name = _read_holder(holder) or "another process"
            raise CannotGrade(
                f"This course is being graded already, by {name}. Wait for it, or stop it first."
            ) from None
        except OSError as error:
            raise CannotGrade(f"{lock.lock_file} cannot be written: {error.strerror}. Nothing was graded.") from None
        with contextlib.suppress(OSError):  # on a full disk, the lock itself still works
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield


def _read_holder(file: Path) -> str:
    try:
        return file.read_bytes()[:MAX_HOLDER].decode(errors="replace").strip()
    except OSError:
        return ""


def reason_locked(course: CourseDirectory) -> str:
    """Say which process grades this course at the moment.

    Parameters
    ----------
    course : CourseDirectory

    Returns
    -------
    str
        A sentence; empty where no other process grades.
    """
    try:
        with grading_lock(course):
            return ""
    except CannotGrade as reason:
        return str(reason) if "already" in str(reason) else ""
