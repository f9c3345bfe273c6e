"""Read submissions: whatever was handed in becomes a plain notebook, or a reason why it cannot be graded.

No link is followed, only regular files are opened, and only the text of cells and nbgrader's settings are kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from typing import TypeVar

import nbformat
from nbformat import NotebookNode, v4
from nbgrader.utils import parse_utc

from autograder.plain_text import printable
from course_utils.cells import CONFLICT

REASON = "refused.txt"  # written by autograder.lms.collect where it refused everything from a student
UNREMARKABLE = {REASON, "timestamp.txt", "submission_secret.txt", ".DS_Store", "Thumbs.db", "desktop.ini"}
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__pycache__", "__MACOSX"}
AnyPath = TypeVar("AnyPath", bound=PurePath)
MAX_FILES = 2000
MAX_DEPTH = 20
MAX_CELLS = 2000
MAX_CODE_CHARACTERS = 4_000_000  # of all code cells, a hundred times what a notebook holds: they are coloured as a page
MAX_ITEMS = 1_000_000  # lists, objects and what they hold: three bytes of JSON can become an object of two hundred
MAX_TIMESTAMP, MAX_REASON, MAX_SECRET = 200, 2000, 1000  # bytes
MAX_NAMES, MAX_NAME = 5, 80  # names in a sentence, and characters of one
MAX_FILE_NAME = 300  # characters; of a longer name, which no system has, nothing is taken
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # of JSON; the last one may lack its end
COPY_SUFFIX = re.compile(r"(?: \(\d+\)|(?<![ _-])[ _-]*+copy ?\d*|\.ipynb)$")


class InvalidSubmission(Exception):
    """What was handed in cannot be read; the message is a sentence for the instructor."""


@dataclass
class SubmittedNotebook:
    """An expected notebook, as read from a submission.

    Parameters
    ----------
    cells : list of NotebookNode
        The student's cells.
    sentences : list of str
        Descriptions of what was repaired or left out.
    refused : str
        Why there is nothing to grade; empty where there is a notebook.
    kernel : str
        The kernel that its metadata names.
    python : str
        The Python version that its metadata names.
    sha256 : str
        Hash of the file's bytes, which tells whether a file handed in later differs.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    refused: str = ""
    kernel: str = ""
    python: str = ""
    sha256: str = ""

    def to_notebook(self) -> NotebookNode:
        """Make a valid notebook.

        Returns
        -------
        NotebookNode
            ``metadata["course"]`` holds, for :mod:`autograder.pipeline.restore_release`, ``intake`` (the sentences),
            ``refused``, ``sha256`` and ``python``.
        """
        record = {"intake": self.sentences, "refused": self.refused, "sha256": self.sha256, "python": self.python}
        metadata: dict = {"course": record}
        if self.kernel:
            metadata["kernelspec"] = {"name": self.kernel, "display_name": self.kernel}
        return v4.new_notebook(cells=self.cells, metadata=nbformat.from_dict(metadata))


# --- a submission -----------------------------------------------------------------------------------------------------


def read_submission(
    folder: Path, names: list[str], max_bytes: int, student: str
) -> tuple[dict[str, SubmittedNotebook], str | None, bytes | None]:
    """Read the usable parts of a submission, whatever its folder holds.

    Parameters
    ----------
    folder : Path
        The submission's folder.
    names : list of str
        The expected notebooks, without their ending.
    max_bytes : int
        Size above which a notebook is not opened.
    student : str
        The name of the student's folder.

    Returns
    -------
    notebooks : dict of str to SubmittedNotebook
        An entry for each name.
    timestamp : str or None
        When it was handed in, as nbgrader writes it; None where that is not known.
    secret : bytes or None
        The secret by which nbgrader gives feedback to the right student only.
    """
    try:
        notebooks = _read_notebooks(folder, names, max_bytes)
        timestamp, complaint = read_timestamp(folder)
        secret = None if folder.is_symlink() else _read_secret(folder)
    except Exception as error:  # whatever a hostile file causes, it must not stop the class
        reason = f"The submission could not be read ({type(error).__name__})."
        notebooks = {name: SubmittedNotebook(refused=reason) for name in names}
        timestamp, complaint, secret = None, "", None
    for notebook in notebooks.values():
        if complaint:
            notebook.sentences.append(complaint)
        if student != printable(student):
            notebook.sentences.append(f"The student's folder {student!r} is shown as {printable(student)!r}.")
    return notebooks, timestamp, secret


def _read_notebooks(folder: Path, names: list[str], max_bytes: int) -> dict[str, SubmittedNotebook]:
    """Find and read the notebooks of a submission; follow no link, and open only regular files."""
    notebooks = {name: SubmittedNotebook() for name in names}
    try:
        if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
            raise InvalidSubmission("The submission is a link or a file instead of a folder; links are not followed.")
        files, others = list_files(folder)
    except InvalidSubmission as reason:
        return {name: SubmittedNotebook(refused=str(reason)) for name in names}
    used: set[Path] = set()
    for name, notebook in notebooks.items():
        paths = candidates(folder, files, others, name, only_one=len(names) == 1)
        used.update(paths)
        try:
            if not paths:
                raise InvalidSubmission(
                    _read_refusal(folder)
                    or f"No notebook {name}.ipynb was handed in{describe_other_files(folder, files)}."
                )
            _read_notebook(notebook, folder, paths, name, max_bytes)
        except InvalidSubmission as reason:
            notebook.refused = str(reason)
    first = next(iter(notebooks.values()), SubmittedNotebook())
    unused_others = [path.relative_to(folder).as_posix() for path in others if path not in used]
    unused_files = [
        path.relative_to(folder).as_posix() for path in files if path not in used and path.name not in UNREMARKABLE
    ]
    if unused_others:
        first.sentences.append(f"Left out, as links and devices are never followed: {_first_few(unused_others)}.")
    if unused_files:
        first.sentences.append(f"Left out, as only the notebook is graded: {_first_few(unused_files)}.")
    return notebooks


def _read_notebook(notebook: SubmittedNotebook, folder: Path, paths: list[Path], name: str, max_bytes: int) -> None:
    """Read the first candidate for a notebook; note unexpected names and other candidates."""
    shown, *not_graded = [path.relative_to(folder).as_posix() for path in paths]
    if shown != f"{name}.ipynb":
        notebook.sentences.append(f"{shown!r} was graded as {name}.ipynb.")
    if not_graded:
        others = ", ".join(map(repr, not_graded))
        notebook.sentences.append(f"More than one notebook was handed in: {shown!r} was graded, not {others}.")
    raw = read_file(paths[0], max_bytes)
    notebook.sha256 = hashlib.sha256(raw).hexdigest()
    document = read_document(raw, notebook.sentences)
    notebook.cells = read_cells(document, notebook.sentences)
    notebook.kernel = _metadata_text(document, "kernelspec", "name")
    notebook.python = _metadata_text(document, "language_info", "version")


# --- files ------------------------------------------------------------------------------------------------------------


def list_files(folder: Path, max_files: int = MAX_FILES, max_depth: int = MAX_DEPTH) -> tuple[list[Path], list[Path]]:
    """List the files in a folder, without what editors and operating systems put there.

    Parameters
    ----------
    folder : Path
    max_files : int
        More files raise InvalidSubmission.
    max_depth : int
        More levels of nested folders raise InvalidSubmission.

    Returns
    -------
    files : list of Path
        The regular files that have a single name.
    others : list of Path
        Links, devices and the like, and folders whose names end like a notebook's.

    Raises
    ------
    InvalidSubmission
        The folder holds too many files, or is nested too deeply.
    """
    files: list[Path] = []
    others: list[Path] = []
    entries = 0
    for parent, folders, names in os.walk(folder):
        entries += len(folders) + len(names)
        if entries > max_files or len(Path(parent).relative_to(folder).parts) > max_depth:
            raise InvalidSubmission("The submission holds too many files or folders to be one notebook.")
        for name in sorted(folders):
            if os.path.islink(os.path.join(parent, name)) or name.lower().endswith(".ipynb"):
                others.append(Path(parent) / name)
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(parent) / name
            (files if _is_plain(path) else others).append(path)
    return files, sorted(others)


def _is_plain(path: Path) -> bool:
    try:
        info = os.lstat(path)
    except OSError:  # its path may be too long
        return False
    return stat.S_ISREG(info.st_mode) and info.st_nlink == 1


def candidates(
    folder: PurePath, files: Iterable[AnyPath], odd: Iterable[AnyPath], name: str, only_one: bool
) -> list[AnyPath]:
    """Find the files that may be the expected notebook, best first.

    They are ranked by their name: the right name, then a name that differs only as downloads and copies do, then, if a
    single notebook is expected, any other. Equal ranks are ordered by depth in the folder, then by the numbers in their
    names, higher numbers first.

    Parameters
    ----------
    folder : PurePath
        The submission's folder.
    files, odd : iterable of PurePath
        Regular files, and others, as :func:`list_files` returns them.
    name : str
        The notebook's name, without its ending.
    only_one : bool
        Whether a single notebook is expected, so that a file of any name may be it.

    Returns
    -------
    list of PurePath
        The file to grade comes first.
    """
    ranked = []
    for path in [*files, *odd]:
        if unicodedata.normalize("NFC", path.name).lower().endswith(".ipynb"):
            rank = 0 if path.name == f"{name}.ipynb" else 1 if plain_name(path.stem) == plain_name(name) else 2
            if rank < 2 or only_one:
                depth = len(path.relative_to(folder).parts)
                numbers = [int(digits[:9]) for digits in re.findall(r"\d+", path.stem)]
                ranked.append(((rank, depth, [-number for number in numbers], path.as_posix()), path))
    ranked.sort()
    return [path for _, path in ranked]


def plain_name(name: str) -> str:
    """Remove from a file's name what operating systems, browsers and editors add to it.

    Parameters
    ----------
    name : str
        Name without its ending, such as ``Copy of 01_initialization (2)``.

    Returns
    -------
    str
        Letters and digits in lower case, such as ``01initialization``.
    """
    name = unicodedata.normalize("NFKC", name).casefold().strip().removeprefix("copy of ")
    while len(name) <= MAX_FILE_NAME and (shorter := COPY_SUFFIX.sub("", name)) != name:
        name = shorter
    return re.sub(r"[\W_]+", "", name)


def is_folder_name(name: str) -> bool:
    """Tell whether a name is valid for files and folders on every system; Windows reserves some names and characters.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    reserved = r"(?i:con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?"
    usable = re.fullmatch(r'[^/\\:*?"<>|\x00-\x1f]+', name) and name[-1] not in ". "
    return bool(usable) and not re.fullmatch(reserved, name)


def describe_other_files(folder: PurePath, files: Iterable[PurePath]) -> str:
    """Describe what was handed in where no notebook was.

    Parameters
    ----------
    folder : PurePath
        The submission's folder.
    files : iterable of PurePath
        The files in it.

    Returns
    -------
    str
        The end of a sentence.
    """
    names = [path.relative_to(folder).as_posix() for path in files if path.name not in UNREMARKABLE]
    return f", only {_first_few(names)}" if names else ", and nothing else either"


def _first_few(names: list[str]) -> str:
    shown = ", ".join(repr(name[:MAX_NAME]) for name in names[:MAX_NAMES])
    return shown + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read a regular file; refuse anything else.

    Parameters
    ----------
    path : Path
    max_bytes : int
        Size above which the file is not opened.

    Returns
    -------
    bytes

    Raises
    ------
    InvalidSubmission
        It is a link, folder, pipe or device, it has a second name (a hard link), or it is too large.
    """
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    try:
        info = path.lstat()
    except OSError as error:
        raise InvalidSubmission(f"{path.name[:MAX_NAME]!r} could not be opened: {error.strerror}.") from None
    if not stat.S_ISREG(info.st_mode):
        kind = kinds.get(stat.S_IFMT(info.st_mode), "a device")
        raise InvalidSubmission(f"{path.name!r} is {kind}, not a file; it was not opened.")
    if info.st_nlink > 1:
        raise InvalidSubmission(
            f"{path.name!r} is a hard link to a file that also stands elsewhere; it was not opened."
        )
    if info.st_size > max_bytes:
        size, most = info.st_size / 1e6, max_bytes / 1e6
        raise InvalidSubmission(f"{path.name!r} has {size:.0f} MB; above {most:.0f} MB nothing is opened.")
    try:
        # It may have been replaced since ``lstat``: follow no link, wait for no pipe, read a bounded number of bytes.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            return file.read(max_bytes + 1)[:max_bytes]
    except OSError as error:
        raise InvalidSubmission(f"{path.name!r} could not be opened: {error.strerror}.") from None


def read_document(raw: bytes, sentences: list[str]) -> dict:
    """Parse a notebook's bytes, in whatever Unicode encoding, into plain data.

    Parameters
    ----------
    raw : bytes
    sentences : list of str
        Descriptions of repairs are appended to it.

    Returns
    -------
    dict

    Raises
    ------
    InvalidSubmission
        The bytes are not a JSON object, or are nested too deeply.
    """
    if not raw.strip():
        raise InvalidSubmission("The notebook file is empty.")
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
        sentences.append("The file is not in UTF-8; it was read as Western European text.")
    if _holds_more_items(text, MAX_ITEMS):
        raise InvalidSubmission(f"The file holds more than {MAX_ITEMS:,} numbers and texts; it was not opened.")
    try:
        document = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise InvalidSubmission("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        if conflict := CONFLICT.search(text):
            raise InvalidSubmission(
                f"A merge conflict begins in line {text.count(chr(10), 0, conflict.start()) + 1}."
            ) from None
        kind = "HTML" if text.lstrip()[:1] == "<" else "a PDF" if raw[:4] == b"%PDF" else ""
        reason = f"it is {kind}" if kind else f"it breaks off or is damaged in line {getattr(error, 'lineno', 1)}"
        raise InvalidSubmission(f"The file is not a notebook: {reason}.") from None
    if not isinstance(document, dict):
        raise InvalidSubmission("The file is JSON, but not a notebook.")
    return document


def _holds_more_items(text: str, most: int) -> bool:
    """Tell whether JSON holds more lists, objects and items than so many, without parsing it."""

    def count(begin: int, end: int) -> int:
        return sum(text.count(sign, begin, end) for sign in ",[{")

    if count(0, len(text)) <= most:
        return False
    items = end = 0
    for string in STRING.finditer(text):  # what stands in texts does not count
        items += count(end, string.start())
        end = string.end()
        if items > most:
            return True
    return items + count(end, len(text)) > most


def read_cells(document: dict, sentences: list[str]) -> list[NotebookNode]:
    """Read the cells of a notebook of any format: only type, text, id and nbgrader's settings.

    Parameters
    ----------
    document : dict
        From :func:`read_document`.
    sentences : list of str
        Descriptions of repairs are appended to it.

    Returns
    -------
    list of NotebookNode
        Valid in format 4, with unique ids.

    Raises
    ------
    InvalidSubmission
        The data is not a notebook, has a newer format, or has too many cells.
    """
    version = document.get("nbformat")
    if not isinstance(version, int) or version < 2:
        raise InvalidSubmission("The file is JSON, but not a notebook.")
    if version > 4:
        raise InvalidSubmission(
            f"The notebook has format {version}, which this nbgrader cannot read yet; save it as format 4."
        )
    if version < 4:
        sentences.append(f"The notebook has the old format {version}; it was upgraded.")
        sheets = document.get("worksheets")
        raw_cells = [cell for sheet in _dicts(sheets) for cell in _dicts(sheet.get("cells"))]
    else:
        if not isinstance(document.get("cells"), list):
            raise InvalidSubmission("The file is JSON, but not a notebook.")
        raw_cells = list(_dicts(document["cells"]))
    if len(raw_cells) > MAX_CELLS:
        raise InvalidSubmission(f"The notebook has {len(raw_cells)} cells; above {MAX_CELLS} none is read.")
    cells, ids = [], set()
    for number, raw_cell in enumerate(raw_cells):
        kind, raw_id = raw_cell.get("cell_type"), raw_cell.get("id")
        is_usable = isinstance(raw_id, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", raw_id) and raw_id not in ids
        # Not by ``new_code_cell`` etc., which validate each cell: the notebook is validated once, when it is written.
        cell = NotebookNode(
            cell_type=kind if kind in ("code", "raw") else "markdown",
            id=raw_id if is_usable else f"cell-{number}",
            metadata=NotebookNode(),
            source=_source(raw_cell.get("source", raw_cell.get("input"))),
        )
        if cell.cell_type == "code":
            cell.execution_count, cell.outputs = None, []
        ids.add(cell.id)
        if settings := _nbgrader_settings(raw_cell):
            cell.metadata["nbgrader"] = nbformat.from_dict(settings)
        cells.append(cell)
    code = sum(len(cell.source) for cell in cells if cell.cell_type == "code")
    if code > MAX_CODE_CHARACTERS:
        raise InvalidSubmission(f"Its code has {code:,} characters; above {MAX_CODE_CHARACTERS:,} none is read.")
    return cells


def _dicts(values: object) -> Iterator[dict]:
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())


def _source(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _nbgrader_settings(cell: dict) -> dict:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    if not isinstance(settings, dict):
        return {}
    return {name: value for name, value in settings.items() if isinstance(value, bool | int | float | str)}


def _metadata_text(document: dict, part: str, key: str) -> str:
    metadata = document.get("metadata")
    values = metadata.get(part) if isinstance(metadata, dict) else None
    text = values.get(key) if isinstance(values, dict) else None
    return printable(text)[:MAX_NAME] if isinstance(text, str) else ""


# --- what lies beside the notebooks -----------------------------------------------------------------------------------


def read_timestamp(folder: Path) -> tuple[str | None, str]:
    """Read when a submission was handed in.

    Parameters
    ----------
    folder : Path
        The submission's folder.

    Returns
    -------
    timestamp : str or None
        As nbgrader writes it; None where there is no ``timestamp.txt``.
    complaint : str
        A sentence where the time in ``timestamp.txt`` cannot be right, else empty.
    """
    path = folder / "timestamp.txt"
    if folder.is_symlink() or not os.path.lexists(path):
        return None, ""
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        text = read_file(path, MAX_TIMESTAMP).decode().strip()
        if parse_utc(text) <= now + timedelta(days=1):
            return text, ""
        complaint = "names a day in the future"
    except Exception:  # the parser raises many kinds of errors
        complaint = "cannot be read as a time"
    # nbgrader cannot release feedback without a time.
    modified = min(datetime.fromtimestamp(max(path.lstat().st_mtime, 0), UTC).replace(tzinfo=None), now)
    return f"{modified:%Y-%m-%d %H:%M:%S} UTC", f"timestamp.txt {complaint}; the file's own date is used."


def _read_refusal(folder: Path) -> str:
    """Read why ``collect`` refused everything from a student; empty where it did not."""
    try:
        return printable(read_file(folder / REASON, MAX_REASON).decode(errors="replace").strip())
    except (OSError, InvalidSubmission):
        return ""


def _read_secret(folder: Path) -> bytes | None:
    """Read the secret by which nbgrader gives feedback only to the student who handed in."""
    try:
        return read_file(folder / "submission_secret.txt", MAX_SECRET)
    except (OSError, InvalidSubmission):
        return None
