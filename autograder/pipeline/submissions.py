"""Take submissions in: what was handed in becomes one plain notebook, or a reason why it cannot.

nbgrader copies, opens and parses whatever lies in ``submitted/`` before its first preprocessor runs. But it makes its
exporter (``c.Autograde.exporter_class``) once per run, before it touches a submission. Ours then copies what may pass
to ``taken_in/`` and lets this run grade from there: links, devices, foreign files and odd names never reach nbgrader,
and ``submitted/`` is only read.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import logging
import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, v4
from nbgrader.converters.base import BaseConverter, NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc
from traitlets import Integer, Unicode

from autograder.course import TAKEN_IN, CourseError, folder_of, students_at
from autograder.judge.preprocessor import require_judge
from autograder.pipeline.lock import who_is_grading
from autograder.pipeline.register import is_registered, register, released
from autograder.plain_text import printable
from course_utils.cells import CONFLICT
from course_utils.checks.limits import MAX_NOTEBOOK_BYTES

REASON = "refused.txt"  # written by autograder.lms.collect where all that came of a student was refused
UNREMARKABLE = {REASON, "timestamp.txt", "submission_secret.txt", ".DS_Store", "Thumbs.db", "desktop.ini"}
SKIPPED_FOLDERS = {".ipynb_checkpoints", "__pycache__", "__MACOSX"}
MAX_FILES = 2000
MAX_DEPTH = 20
MAX_CELLS = 2000


class Refused(Exception):
    """A file that cannot be graded; the message is a sentence for the instructor."""


@dataclass
class Findings:
    """What became of one expected notebook.

    Parameters
    ----------
    cells : list of NotebookNode
        What the student wrote.
    sentences : list of str
        What was repaired or left out.
    refused : str
        Why there is nothing to grade; empty where there is.
    kernel : str
        The kernel that the notebook asks for.
    python : str
        The version of Python that it ran with, as it says.
    sha256 : str
        Of the file's bytes as graded: a file handed in later differs.
    """

    cells: list[NotebookNode] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    refused: str = ""
    kernel: str = ""
    python: str = ""
    sha256: str = ""

    def notebook(self) -> NotebookNode:
        """Write the findings as a valid notebook, for the step that restores the release to go on with."""
        noted = {"intake": self.sentences, "refused": self.refused, "sha256": self.sha256, "python": self.python}
        metadata: dict = {"course": noted}
        if self.kernel:
            metadata["kernelspec"] = {"name": self.kernel, "display_name": self.kernel}
        return v4.new_notebook(cells=self.cells, metadata=nbformat.from_dict(metadata))


class Intake(NotebookExporter):
    """The exporter to register as ``c.Autograde.exporter_class``: made once per run, it takes the class in."""

    max_bytes = Integer(MAX_NOTEBOOK_BYTES, help="A notebook above this size is not opened.").tag(config=True)
    directory = Unicode(TAKEN_IN, help="The folder, beside submitted/, of what is graded.").tag(config=True)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, BaseConverter):
            require_judge(self.parent)
            take_in(self.parent, self.directory, self.max_bytes)


def take_in(converter: BaseConverter, directory: str, max_bytes: int) -> None:
    """Copy the submissions of a run to a folder of their own and turn the run to it.

    Parameters
    ----------
    converter : BaseConverter
        nbgrader's run, which knows the course, the assignment and the chosen students.
    directory : str
        Name of the folder.
    max_bytes : int
        Size above which a notebook is not opened.

    Raises
    ------
    NbGraderException
        The assignment was never released; nbgrader ends with the sentence logged before.
    """
    course, log = converter.coursedir, converter.log
    if busy := who_is_grading(course):
        log.error("Nothing is graded: %s", busy)
        raise NbGraderException(busy)
    try:
        names = released_notebooks(course)
    except CourseError as reason:
        log.error("Nothing is graded: %s", reason)
        raise NbGraderException(str(reason)) from None
    staged = _turned_to(course, directory)
    converter.coursedir, converter.assignments = staged, {}
    seen: set[str] = set()
    for folder, student in students_at(course, course.submitted_directory):
        name = printable(student)
        if name in seen:
            log.error("The folder of %r was not graded: another student's has the same printable name.", student)
            continue
        seen.add(name)
        target = folder_of(staged, directory, name)
        notebooks = _take_one(folder, target, names, max_bytes, student, log)
        converter.assignments[str(target)] = [str(notebook) for notebook in notebooks]


def released_notebooks(course: CourseDirectory) -> list[str]:
    """Names of the notebooks of the assignment, without their ending; the gradebook knows them all from now on."""
    if not is_registered(course):
        register(course)
    return [name for name in released(course) if fnmatch.fnmatchcase(name, course.notebook_id)]


def is_folder_name(name: str) -> bool:
    """Tell whether a file or folder can be called so on every system; Windows has names and signs of its own."""
    reserved = r"(?i:con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?"
    usable = re.fullmatch(r'[^/\\:*?"<>|\x00-\x1f]+', name) and name[-1] not in ". "
    return bool(usable) and not re.fullmatch(reserved, name)


def _turned_to(course: CourseDirectory, directory: str) -> CourseDirectory:
    # A copy: formgrader keeps using the original after the run.
    values = {name: getattr(course, name) for name in course.trait_names(config=True)}
    return CourseDirectory(parent=course.parent, **{**values, "submitted_directory": directory})


def _take_one(
    folder: Path, target: Path, names: list[str], max_bytes: int, student: str, log: logging.Logger
) -> list[Path]:
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    all_findings, stamp, secret = read_submission(folder, names, max_bytes, student)
    if stamp:
        (target / "timestamp.txt").write_text(stamp, encoding="utf-8")
    if secret:
        (target / "submission_secret.txt").write_bytes(secret)
    paths = []
    for name, findings in all_findings.items():
        for sentence in findings.sentences:
            log.warning("%s, %s: %s", printable(student), name, sentence)
        if findings.refused:
            log.error("%s, %s needs a look: %s", printable(student), name, findings.refused)
        paths.append(target / f"{name}.ipynb")
        nbformat.write(findings.notebook(), paths[-1])
    return paths


# --- one submission ---------------------------------------------------------------------------------------------------


def read_submission(
    folder: Path, names: list[str], max_bytes: int, student: str
) -> tuple[dict[str, Findings], str | None, bytes | None]:
    """Read all that counts of one submission, whatever it is.

    Parameters
    ----------
    folder : Path
        What was handed in.
    names : list of str
        The notebooks expected, without their ending.
    max_bytes : int
        Size above which a notebook is not opened.
    student : str

    Returns
    -------
    findings : dict
        One for every name.
    stamp : str or None
        When it was handed in.
    secret : bytes or None
        By which feedback is given to the right student.
    """
    try:
        found = inspect_submission(folder, names, max_bytes)
        stamp, complaint = read_timestamp(folder)
        secret = None if folder.is_symlink() else read_secret(folder)
    except Exception as error:  # whatever a hostile file does, it is this student's problem only
        reason = f"The submission could not be read ({type(error).__name__})."
        found, stamp, complaint, secret = {name: Findings(refused=reason) for name in names}, None, "", None
    for findings in found.values():
        if complaint:
            findings.sentences.append(complaint)
        if student != printable(student):
            findings.sentences.append(f"The student's folder {student!r} is shown as {printable(student)!r}.")
    return found, stamp, secret


def inspect_submission(folder: Path, names: list[str], max_bytes: int = MAX_NOTEBOOK_BYTES) -> dict[str, Findings]:
    """Find and read the notebooks of one submission, following no link and opening nothing but plain files.

    Parameters
    ----------
    folder : Path
        What was handed in.
    names : list of str
        The notebooks expected, without their ending.
    max_bytes : int
        Size above which a notebook is not opened.

    Returns
    -------
    dict of str to Findings
        One for every name.
    """
    result = {name: Findings() for name in names}
    try:
        if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
            raise Refused("The submission is a link or a file instead of a folder; links are not followed.")
        files, odd = listing(folder)
    except Refused as reason:
        return {name: Findings(refused=str(reason)) for name in names}
    taken: set[Path] = set()
    for name, findings in result.items():
        found = candidates(folder, files, odd, name, only_one=len(names) == 1)
        try:
            if not found:
                raise Refused(
                    reason_given(folder) or f"No notebook {name}.ipynb was handed in{instead(folder, files)}."
                )
            path = found[0]
            taken.update(found)
            shown = path.relative_to(folder).as_posix()
            if shown != f"{name}.ipynb":
                findings.sentences.append(f"{shown!r} was graded as {name}.ipynb.")
            others = ", ".join(repr(other.relative_to(folder).as_posix()) for other in found[1:])
            if others:
                findings.sentences.append(f"More than one notebook was handed in: {shown!r} was graded, not {others}.")
            raw = read_file(path, max_bytes)
            findings.sha256 = hashlib.sha256(raw).hexdigest()
            document = read_document(raw, findings.sentences)
            findings.cells = read_cells(document, findings.sentences)
            findings.kernel = _noted(document, "kernelspec", "name")
            findings.python = _noted(document, "language_info", "version")
        except Refused as reason:
            findings.refused = str(reason)
    first = next(iter(result.values()), Findings())
    links = [path.relative_to(folder).as_posix() for path in odd if path not in taken]
    rest = [path for path in files if path not in taken and path.name not in UNREMARKABLE]
    extra = [path.relative_to(folder).as_posix() for path in rest]
    if links:
        first.sentences.append(f"Left out, as links and devices are never followed: {_some(links)}.")
    if extra:
        first.sentences.append(f"Left out, as only the notebook is graded: {_some(extra)}.")
    return result


def listing(folder: Path, most: int = MAX_FILES, deepest: int = MAX_DEPTH) -> tuple[list[Path], list[Path]]:
    """List the plain files of a folder, and everything else that is no folder, such as links and devices."""
    files, odd = [], []
    for parent, folders, names in os.walk(folder):
        for name in sorted(folders):
            if (Path(parent) / name).is_symlink() or name.lower().endswith(".ipynb"):
                odd.append(Path(parent) / name)
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(parent) / name
            info = path.lstat()
            (files if stat.S_ISREG(info.st_mode) and info.st_nlink == 1 else odd).append(path)
        if len(files) + len(odd) > most or len(Path(parent).relative_to(folder).parts) > deepest:
            raise Refused("The submission holds too many files or folders to be one notebook.")
    return files, sorted(odd)


def candidates(
    folder: PurePath, files: list[PurePath], odd: list[PurePath], name: str, only_one: bool
) -> list[PurePath]:
    """Find the files that may be the notebook, the one to grade first.

    The right name wins, then a name that differs as downloads and copies do, then, where one notebook is expected, any;
    then what lies less deep, then the higher number.
    """
    found = []
    for path in [*files, *odd]:
        if unicodedata.normalize("NFC", path.name).lower().endswith(".ipynb"):
            rank = 0 if path.name == f"{name}.ipynb" else 1 if plain_name(path.stem) == plain_name(name) else 2
            if rank < 2 or only_one:
                depth = len(path.relative_to(folder).parts)
                number = [int(digits[:9]) for digits in re.findall(r"\d+", path.stem)]
                found.append(((rank, depth, [-digits for digits in number], path.as_posix()), path))
    found.sort()
    return [path for _, path in found]


def plain_name(name: str) -> str:
    """Take from a name what operating systems, browsers and editors put into it."""
    name = unicodedata.normalize("NFKC", name).casefold().strip()
    name = re.sub(r"^copy of |( \(\d+\)|[ _-]*copy ?\d*| copy|\.ipynb)+$", "", name)
    return re.sub(r"[\W_]+", "", name)


def instead(folder: PurePath, files: list[PurePath]) -> str:
    """Say what was handed in where no notebook was."""
    names = [path.relative_to(folder).as_posix() for path in files if path.name not in UNREMARKABLE]
    return f", only {_some(names)}" if names else ", and nothing else either"


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name[:80]) for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read a plain file, and nothing else.

    Raises
    ------
    Refused
        It is a link, folder, pipe or device, it has a second name elsewhere, or it is too large.
    """
    kinds = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    info = path.lstat()
    if not stat.S_ISREG(info.st_mode):
        kind = kinds.get(stat.S_IFMT(info.st_mode), "a device")
        raise Refused(f"{path.name!r} is {kind}, not a file; it was not opened.")
    if info.st_nlink > 1:
        raise Refused(f"{path.name!r} is a hard link to a file that also stands elsewhere; it was not opened.")
    if info.st_size > max_bytes:
        size, most = info.st_size / 1e6, max_bytes / 1e6
        raise Refused(f"{path.name!r} has {size:.0f} MB; above {most:.0f} MB nothing is opened.")
    try:
        # The file may have been swapped since: never follow, never wait, never read on for ever.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            return file.read(max_bytes + 1)[:max_bytes]
    except OSError as error:
        raise Refused(f"{path.name!r} could not be opened: {error.strerror}.") from None


def read_document(raw: bytes, sentences: list[str]) -> dict:
    """Parse a notebook's bytes, in whatever Unicode encoding, into plain data.

    Raises
    ------
    Refused
        They are no JSON object, or one that nobody could have written.
    """
    if not raw.strip():
        raise Refused("The notebook file is empty.")
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
        sentences.append("The file is not in UTF-8; it was read as Western European text.")
    try:
        document = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise Refused("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        if conflict := CONFLICT.search(text):
            raise Refused(f"A merge conflict begins in line {text.count(chr(10), 0, conflict.start()) + 1}.") from None
        found = "HTML" if text.lstrip()[:1] == "<" else "a PDF" if raw[:4] == b"%PDF" else ""
        what = f"it is {found}" if found else f"it breaks off or is damaged in line {getattr(error, 'lineno', 1)}"
        raise Refused(f"The file is not a notebook: {what}.") from None
    if not isinstance(document, dict):
        raise Refused("The file is JSON, but not a notebook.")
    return document


def read_cells(document: dict, sentences: list[str]) -> list[NotebookNode]:
    """Take the cells out of a notebook of any format: kind, text, id and nbgrader's settings, nothing else.

    Raises
    ------
    Refused
        The data is no notebook, or one of a format to come.
    """
    version = document.get("nbformat")
    if not isinstance(version, int) or version < 2:
        raise Refused("The file is JSON, but not a notebook.")
    if version > 4:
        raise Refused(f"The notebook has format {version}, which this nbgrader cannot read yet; save it as format 4.")
    if version < 4:
        sentences.append(f"The notebook has the old format {version}; it was upgraded.")
        sheets = document.get("worksheets")
        found = [cell for sheet in _dicts(sheets) for cell in _dicts(sheet.get("cells"))]
    else:
        if not isinstance(document.get("cells"), list):
            raise Refused("The file is JSON, but not a notebook.")
        found = list(_dicts(document["cells"]))
    if len(found) > MAX_CELLS:
        raise Refused(f"The notebook has {len(found)} cells; above {MAX_CELLS} none is read.")
    cells, ids = [], set()
    for number, cell in enumerate(found):
        kind, own = cell.get("cell_type"), cell.get("id")
        usable = isinstance(own, str) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", own) and own not in ids
        # Not by nbformat's makers: each validates its cell, and the notebook is validated once, when it is written.
        made = NotebookNode(
            cell_type=kind if kind in ("code", "raw") else "markdown",
            id=own if usable else f"cell-{number}",
            metadata=NotebookNode(),
            source=_text(cell.get("source", cell.get("input"))),
        )
        if made.cell_type == "code":
            made.execution_count, made.outputs = None, []
        ids.add(made.id)
        if settings := _settings(cell):
            made.metadata["nbgrader"] = nbformat.from_dict(settings)
        cells.append(made)
    return cells


def _dicts(values: object) -> Iterator[dict]:
    return (value for value in values if isinstance(value, dict)) if isinstance(values, list) else iter(())


def _text(source: object) -> str:
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _settings(cell: dict) -> dict:
    metadata = cell.get("metadata")
    settings = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    plain = (bool, int, float, str)
    return {k: v for k, v in settings.items() if isinstance(v, plain)} if isinstance(settings, dict) else {}


def _noted(document: dict, part: str, key: str) -> str:
    metadata = document.get("metadata")
    found = metadata.get(part) if isinstance(metadata, dict) else None
    text = found.get(key) if isinstance(found, dict) else None
    return printable(text)[:80] if isinstance(text, str) else ""


def read_timestamp(folder: Path) -> tuple[str | None, str]:
    """Read when a submission was handed in: a time, and a sentence where the one given could not be believed.

    Parameters
    ----------
    folder : Path
        What was handed in.
    """
    path = folder / "timestamp.txt"
    if folder.is_symlink() or not os.path.lexists(path):
        return None, ""
    now = datetime.now(UTC).replace(tzinfo=None)
    try:
        text = read_file(path, 200).decode().strip()
        if parse_utc(text) <= now + timedelta(days=1):
            return text, ""
        complaint = "names a day in the future"
    except Exception:  # the parser raises whatever its pieces raise
        complaint = "cannot be read as a time"
    # Releasing feedback needs some time: the file's own.
    own = min(datetime.fromtimestamp(max(path.lstat().st_mtime, 0), UTC).replace(tzinfo=None), now)
    return f"{own:%Y-%m-%d %H:%M:%S} UTC", f"timestamp.txt {complaint}; the file's own date is used."


def reason_given(folder: Path) -> str:
    """Read why what came was refused when it was collected; "" where nothing was."""
    try:
        return printable(read_file(folder / REASON, 2000).decode(errors="replace").strip())
    except (OSError, Refused):
        return ""


def read_secret(folder: Path) -> bytes | None:
    """Read the secret by which nbgrader gives feedback to the student who handed in, and to nobody else."""
    try:
        return read_file(folder / "submission_secret.txt", 1000)
    except (OSError, Refused):
        return None
