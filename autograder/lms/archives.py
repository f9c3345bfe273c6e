"""Read untrusted zip archives: nothing is extracted to the disk, and every size is checked before it is read.

nbgrader's ``zip_collect`` extracts whatever it finds, archives in archives too, under their own names.
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

MAX_PATH, MAX_FILE_NAME = 4096, 255  # characters
MAX_COMPRESSION_RATIO = 200
MAX_BYTES_OF_ANY_RATIO = 1_000_000  # a blank picture shrinks to almost nothing
CENTRAL_DIRECTORY_ENTRY = b"PK\1\2"  # how each entry of a zip archive's directory begins (APPNOTE, section 4.3.12)
ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")


class Member:
    """A file in an open archive.

    Parameters
    ----------
    archive : ZipFile
    info : ZipInfo
        Its entry in the archive's directory.
    archive_name : str
        What messages call the archive.
    defect : str
        Why it may not be read; empty where it may.

    Attributes
    ----------
    path : PurePosixPath
        In the archive.
    time : datetime
        When it was last modified, taken as UTC.
    """

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, archive_name: str, defect: str) -> None:
        self._archive, self._info, self._archive_name, self._defect = archive, info, archive_name, defect
        self.path = PurePosixPath(info.filename)
        try:
            self.time = datetime(*info.date_time, tzinfo=UTC)
        except ValueError:  # the format can express month 0 and hour 31
            self.time = datetime(1980, 1, 1, tzinfo=UTC)

    def read(self, max_bytes: int) -> bytes:
        """Read its bytes.

        Parameters
        ----------
        max_bytes : int

        Returns
        -------
        bytes

        Raises
        ------
        InvalidSubmission
            It is too large, damaged, or has a defect.
        """
        name = f"{self.path.name!r} in {self._archive_name!r}"
        if self._defect:
            raise InvalidSubmission(f"{name} {self._defect}.")
        if self._info.file_size > max_bytes:
            raise InvalidSubmission(
                f"{name} has {self._info.file_size / 1e6:.0f} MB; above {max_bytes / 1e6:.0f} MB nothing is opened."
            )
        try:
            with self._archive.open(self._info) as stream:
                return stream.read(max_bytes)
        except Exception as error:  # damaged bytes raise errors of zlib, struct and zipfile
            raise InvalidSubmission(f"{name} is damaged ({type(error).__name__}).") from None


@contextmanager
def open_archive(
    archive: Path | bytes, name: str, max_files: int = MAX_FILES, max_total_bytes: int | None = None
) -> Iterator[list[Member]]:
    """Open a zip archive after checking its directory.

    Parameters
    ----------
    archive : Path or bytes
    name : str
        The archive's name in messages.
    max_files : int
        Most entries that it may have.
    max_total_bytes : int, optional
        Most bytes of all members together. If given, any bad member makes the whole archive bad, as is right for an
        archive that a student made. By default, as for an LMS's archive of a class, only the bad member is refused,
        when it is read.

    Yields
    ------
    list of Member
        Its files, without folders.

    Raises
    ------
    InvalidSubmission
        It is damaged, has too many entries, is too large, or has a bad member and ``max_total_bytes`` is given.
    """
    # Before zipfile makes an object of each entry.
    if isinstance(archive, bytes) and archive.count(CENTRAL_DIRECTORY_ENTRY) > max_files + 1:
        raise InvalidSubmission(f"{name!r} holds more than {max_files} files; it was not opened.")
    try:
        file = zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)
    except Exception as error:  # damaged bytes raise errors of zlib, struct and zipfile
        raise InvalidSubmission(f"{name!r} is damaged, or no zip archive ({type(error).__name__}).") from None
    with file:
        entries = file.infolist()
        if len(entries) > max_files:
            raise InvalidSubmission(f"{name!r} holds {len(entries)} files; above {max_files} none is opened.")
        if max_total_bytes is not None and sum(info.file_size for info in entries) > max_total_bytes:
            raise InvalidSubmission(
                f"{name!r} would unpack to more than {max_total_bytes / 1e6:.0f} MB; it was not opened."
            )
        members: list[Member] = []
        names: set[str] = set()
        for info in entries:
            defect = _defect(info, names)
            if defect and max_total_bytes is not None:
                raise InvalidSubmission(f"{name!r} was not opened: {info.orig_filename[:80]!r} {defect}.")
            names.add(info.orig_filename)
            if not info.is_dir():
                members.append(Member(file, info, name, defect))
        yield members


def _defect(info: zipfile.ZipInfo, earlier_names: set[str]) -> str:
    """Say what no honest archive's entry has; "" where it has nothing of it."""
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if ".." in parts or not parts[0] or ":" in parts[0] or "\0" in name:
        return "leads out of the folder that it is unpacked to"
    if len(name) > MAX_PATH or max(map(len, parts)) > MAX_FILE_NAME:
        return "has a longer name than any system takes"
    if stat.S_ISLNK(kind):
        return "is a link; links are not followed"
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return "is a device or pipe, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted; hand it in without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in an unusual way; make an ordinary zip"
    if name in earlier_names:
        return "stands in it twice"
    max_bytes = max(MAX_BYTES_OF_ANY_RATIO, MAX_COMPRESSION_RATIO * max(info.compress_size, 1))
    if info.file_size > max_bytes:
        return f"is compressed more than {MAX_COMPRESSION_RATIO} times"
    return ""
