"""Read zip archives that anybody may have made: nothing is extracted, and every size is known before it is taken.

nbgrader's ``zip_collect`` unpacks whatever it finds to the disk, archives in archives too, by their own names.
"""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from autograder.pipeline.submissions import MAX_FILES, InvalidSubmission
from course_utils.cells import MAX_BYTES

MAX_TOTAL = 2 * MAX_BYTES
MAX_RATIO = 200
UNSUSPICIOUS = 1_000_000  # below this size any ratio may be: a blank picture shrinks to nothing
ENTRY = b"PK\1\2"  # begins an entry of a zip archive's central directory (APPNOTE, section 4.3.12)
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


@contextmanager
def opened(archive: Path | bytes, shown: str, most: int = MAX_FILES, whole: bool = True) -> Iterator:
    """Open an archive after a look at what it claims to hold.

    Parameters
    ----------
    archive : Path or bytes
    shown : str
        What sentences call it.
    most : int
        How many members it may have.
    whole : bool
        Whether one bad member spoils it all, and all together have a limit, as in what one student made. In what an LMS
        made of a class, a bad member is refused when it is read, and the others are good.

    Yields
    ------
    list of Member
        Its plain files.

    Raises
    ------
    InvalidSubmission
        It is damaged, or holds what no honest archive does.
    """
    # Before zipfile makes an object of each entry.
    if isinstance(archive, bytes) and archive.count(ENTRY) > most + 1:
        raise InvalidSubmission(f"{shown!r} holds more than {most} files; it was not opened.")
    try:
        file = zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)
    except Exception as error:  # as below
        raise InvalidSubmission(f"{shown!r} is damaged, or no zip archive ({type(error).__name__}).") from None
    with file:
        infos = file.infolist()
        if len(infos) > most:
            raise InvalidSubmission(f"{shown!r} holds {len(infos)} files; above {most} none is opened.")
        if whole and sum(info.file_size for info in infos) > MAX_TOTAL:
            raise InvalidSubmission(f"{shown!r} would unpack to more than {MAX_TOTAL / 1e6:.0f} MB; it was not opened.")
        members, seen = [], set()
        for info in infos:
            reason = _why_not(info, seen)
            if reason and whole:
                raise InvalidSubmission(f"{shown!r} was not opened: {info.orig_filename[:80]!r} {reason}.")
            seen.add(info.orig_filename)
            if not info.is_dir():
                members.append(Member(file, info, shown, reason))
        yield members


class Member:
    """A file in an archive: its ``path`` in there, its ``time`` (UTC), and its bytes on demand."""

    def __init__(self, file: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str, reason: str) -> None:
        self._file, self._info, self._shown, self._reason = file, info, shown, reason
        self.path = PurePosixPath(info.filename)
        try:
            self.time = datetime(*info.date_time, tzinfo=UTC)
        except ValueError:  # month 0, hour 31: four bytes can say that
            self.time = datetime(1980, 1, 1, tzinfo=UTC)

    def read(self, max_bytes: int = MAX_BYTES) -> bytes:
        """Read its bytes.

        Raises
        ------
        InvalidSubmission
            They are too many, or not what the archive says.
        """
        where = f"{self.path.name!r} in {self._shown!r}"
        if self._reason:
            raise InvalidSubmission(f"{where} {self._reason}.")
        if self._info.file_size > max_bytes:
            raise InvalidSubmission(
                f"{where} has {self._info.file_size / 1e6:.0f} MB; above {max_bytes / 1e6:.0f} MB nothing is opened."
            )
        try:
            with self._file.open(self._info) as stream:
                return stream.read(max_bytes)
        except Exception as error:  # zlib's, struct's and zipfile's own: whatever damaged bytes lead to
            raise InvalidSubmission(f"{where} is damaged ({type(error).__name__}).") from None


def _why_not(info: zipfile.ZipInfo, seen: set[str]) -> str:
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if ".." in parts or not parts[0] or ":" in parts[0] or "\0" in name:
        return "leads out of the folder that it is unpacked to"
    if stat.S_ISLNK(kind):
        return "is a link; links are not followed"
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return "is a device or pipe, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted; hand it in without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in an unusual way; make an ordinary zip"
    if name in seen:
        return "stands in it twice"
    if info.file_size > UNSUSPICIOUS and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"is compressed more than {MAX_RATIO} times"
    return ""
