"""The pure grading step: (submission, assignment, environment, seed) → result, without lasting side effects.

It runs nbgrader's own preprocessors, as the course's settings list them, on a gradebook in memory that holds only the
assignment and this submission. So everything that ``nbgrader autograde`` would write is in the result.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader import api
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata, NbGraderPreprocessor
from nbgrader.utils import setenv
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.engine.check_metadata import CachedCheckCellMetadata
from autograder.engine.memory_gradebook import use_memory_gradebook
from autograder.judge.preprocessor import Judge
from autograder.judge.session import SubmissionLimits
from autograder.pipeline.submissions import SubmittedNotebook

CACHED = {CheckCellMetadata: CachedCheckCellMetadata}
"""Preprocessors of nbgrader's → what takes their place here, with the same outcome in less time."""
GRADER_FAILED = "the grader itself failed"
"""Beginning of every reason that is the grader's own fault."""


@dataclass(frozen=True)
class Assignment:
    """What all submissions of an assignment share.

    Parameters
    ----------
    name : str
    course_id : str
    released : dict
        Notebook → the JSON text of its released file.
    definitions : bytes
        A serialized SQLite database: the gradebook's tables, with the rows of this assignment and of no student.
    files : dict
        Path → content of the other files in the assignment's source folder.
    config : Config
        The course's settings.
    root : str
        The course folder, which no student's code may read.
    secret : str
        The secret that the seeds of hidden cases are derived from.
    """

    name: str
    course_id: str
    released: dict[str, str]
    definitions: bytes
    files: dict[str, bytes]
    config: Config
    root: str
    secret: str


@dataclass(frozen=True)
class Submission:
    """A student's submission, and what people have entered for it in the gradebook.

    Parameters
    ----------
    student : str
    sha256 : str
        Hash of everything that was handed in.
    notebooks : dict
        Notebook → its JSON text, as :mod:`autograder.pipeline.submissions` reads it.
    files : dict
        Name → content of the files that nbgrader keeps beside the notebooks: time stamp, and secret for the feedback.
    extension : float or None
        Seconds that the student may be late.
    manual : dict
        (notebook, cell) → manual score and extra credit.
    """

    student: str
    sha256: str
    notebooks: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)
    extension: float | None = None
    manual: dict[tuple[str, str], tuple[float | None, float | None]] = field(default_factory=dict)

    def refused(self, reason: str) -> Submission:
        """Return a copy of this submission with no content but the reason why a person has to look at it.

        Parameters
        ----------
        reason : str
            A sentence.

        Returns
        -------
        Submission
        """
        text = nbformat.writes(SubmittedNotebook(refused=reason).to_notebook())
        return replace(self, notebooks=dict.fromkeys(self.notebooks, text))


@dataclass
class Result:
    """The result of grading a submission; plain data, so that it can be stored as JSON.

    Parameters
    ----------
    student, assignment : str
    keys : dict
        Name of each part that it depends on → hash.
    notebooks : dict
        Notebook → the JSON text of its autograded file.
    grades : list of list
        ``[notebook, cell, points or None, whether it needs a look]``.
    comments : list of list
        ``[notebook, cell, text or None]``.
    penalties : dict
        Notebook → points subtracted for lateness, or None.
    timestamp : str or None
        When it was handed in, in ISO format.
    files : dict
        Name → text of each file beside the notebooks, decoded as Latin-1.
    log : list of str
        Warnings logged while grading.
    fault : str
        Why the grader itself failed, so that this is no grade; empty where it did not.
    """

    student: str
    assignment: str
    keys: dict[str, str] = field(default_factory=dict)
    notebooks: dict[str, str] = field(default_factory=dict)
    grades: list[list] = field(default_factory=list)
    comments: list[list] = field(default_factory=list)
    penalties: dict[str, float | None] = field(default_factory=dict)
    timestamp: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def points(self) -> float:
        """The sum of the points given automatically."""
        return sum(score for _, _, score, _ in self.grades if score is not None)

    @property
    def needs_a_look(self) -> bool:
        """Whether a person has to give any of the points."""
        return any(needs_look for *_, needs_look in self.grades)

    def to_json(self) -> str:
        """Serialize."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Deserialize.

        Raises
        ------
        ValueError, TypeError
            The text is not JSON, or not that of a result.
        """
        return cls(**json.loads(text))


class Step:
    """The grading step for an assignment: call it with a submission.

    Parameters
    ----------
    assignment : Assignment
    scratch : Path
        An empty folder.

    Attributes
    ----------
    cpu_seconds : float
        CPU time that this process may spend on a submission. The judge has limits of its own for its processes.
    memory : int
        Bytes that this process may use; 0 means no limit, since a trusted class's kernels would inherit it.
    """

    def __init__(self, assignment: Assignment, scratch: Path) -> None:
        self._assignment = assignment
        config = copy.deepcopy(assignment.config)
        config.CourseDirectory.root = str(scratch)
        config.CourseDirectory.release_directory = "release"
        config.CourseDirectory.source_directory = "source"
        config.CourseDirectory.submitted_directory = "submitted"
        config.CourseDirectory.autograded_directory = "autograded"
        config.CourseDirectory.db_url = "sqlite://"
        config.CourseDirectory.assignment_id = assignment.name
        if Path(assignment.root).exists():
            config.Judge.hidden = [*config.Judge.get("hidden", []), assignment.root]
        config.Exporter.default_preprocessors = []
        log = logging.Logger("autograder")
        self._warnings: list[str] = []
        log.addHandler(_WarningList(self._warnings))
        self._course = CourseDirectory(config=config, log=log)
        release = Path(self._course.format_path("release", ".", assignment.name))
        release.mkdir(parents=True)
        for name, text in assignment.released.items():
            (release / f"{name}.ipynb").write_text(text, encoding="utf-8")
        converter = Autograde(coursedir=self._course, config=config, log=log)
        self._sanitize = _preprocessors(converter, converter.sanitize_preprocessors)
        self._autograde = _preprocessors(converter, converter.autograde_preprocessors)
        self.cpu_seconds = SubmissionLimits(config=config).total_cpu
        judge = Judge(config=config)
        self.memory = 0 if judge.trusted_class else judge.memory
        self._memory = sqlite3.connect(":memory:", check_same_thread=False)
        use_memory_gradebook(self._memory, assignment.course_id)

    def refusal(self) -> str:
        """Say why nothing may be graded on this machine; runs the sandbox's self-test.

        Returns
        -------
        str
            For example that there is no sandbox; empty where grading is allowed.
        """
        judges = [preprocessor for preprocessor in self._autograde if isinstance(preprocessor, Judge)]
        return next((reason for judge in judges if (reason := judge.refusal())), "")

    def __call__(self, submission: Submission) -> Result:
        """Grade a submission.

        Parameters
        ----------
        submission : Submission

        Returns
        -------
        Result
            Its ``keys`` hold only the submission's hash; the caller adds those of the assignment.
        """
        name = self._assignment.name
        result = Result(submission.student, name, {"submission": submission.sha256})
        self._warnings.clear()
        book = api.Gradebook("sqlite://", self._assignment.course_id)
        book.db.rollback()
        book.db.expunge_all()
        self._memory.deserialize(self._assignment.definitions)
        folder = Path(self._course.format_path("autograded", submission.student, name))
        try:
            folder.mkdir(parents=True)
            for file, content in {**submission.files, **self._assignment.files}.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(content)
            self._add_submission(book, submission, folder)
            for notebook, text in submission.notebooks.items():
                result.notebooks[notebook] = self._grade_notebook(notebook, text, submission.student, folder)
            self._copy_grades(book, result, submission)
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)
        result.files = {file: content.decode("latin-1") for file, content in submission.files.items()}
        result.log = list(self._warnings)
        reasons = [str(reason) for text in result.notebooks.values() for reason in _reasons_for_a_look(text)]
        result.fault = next((reason for reason in reasons if reason.startswith(GRADER_FAILED)), "")
        return result

    def _add_submission(self, book: api.Gradebook, submission: Submission, folder: Path) -> None:
        """Enter the submission into the gradebook in memory, with the points that people gave."""
        book.update_or_create_student(submission.student)
        timestamp = self._course.get_existing_timestamp(str(folder))
        entry = book.update_or_create_submission(
            self._assignment.name, submission.student, **({"timestamp": timestamp} if timestamp else {})
        )
        if submission.extension is not None:
            entry.extension = timedelta(seconds=submission.extension)
        for notebook in entry.notebooks if submission.manual else []:
            for grade in notebook.grades:
                grade.manual_score, grade.extra_credit = submission.manual.get(
                    (notebook.name, grade.cell.name), (None, None)
                )
        book.db.commit()

    def _grade_notebook(self, notebook: str, text: str, student: str, folder: Path) -> str:
        """Run the preprocessors on a notebook; return the JSON text of the autograded notebook."""
        resources = ResourcesDict(
            unique_key=notebook,
            output_files_dir=f"{notebook}_files",
            nbgrader={
                "student": student,
                "assignment": self._assignment.name,
                "notebook": notebook,
                "db_url": self._course.db_url,
            },
            metadata=ResourcesDict(name=notebook, path=str(folder)),
            output_extension=".ipynb",
        )
        nb = nbformat.reads(text, as_version=4)
        for preprocessor in self._sanitize:
            nb, resources = preprocessor(nb, resources)
        with setenv(NBGRADER_EXECUTION="autograde"):
            for preprocessor in self._autograde:
                nb, resources = preprocessor(nb, resources)
        try:
            nbformat.validate(nb)
        except nbformat.ValidationError:  # nbgrader adds properties; this check is slower
            nbformat.validate(nb, relax_add_props=True)
        return nbformat.v4.writes(nb) + "\n"

    def _copy_grades(self, book: api.Gradebook, result: Result, submission: Submission) -> None:
        """Copy what the preprocessors wrote to the gradebook in memory into the result."""
        book.db.expire_all()
        entry = book.find_submission(self._assignment.name, submission.student)
        result.timestamp = entry.timestamp.isoformat() if entry.timestamp else None
        for notebook in entry.notebooks:
            if notebook.name not in submission.notebooks:
                continue
            result.penalties[notebook.name] = notebook.late_submission_penalty
            result.grades += [
                [notebook.name, grade.cell.name, grade.auto_score, grade.needs_manual_grade]
                for grade in notebook.grades
            ]
            result.comments += [
                [notebook.name, comment.cell.name, comment.auto_comment] for comment in notebook.comments
            ]
        result.grades.sort(key=lambda row: row[:2])
        result.comments.sort(key=lambda row: row[:2])


class _WarningList(logging.Handler):
    """Appends the text of each warning to a list."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(record.getMessage())


def _preprocessors(converter: Autograde, classes: list) -> list[NbGraderPreprocessor]:
    """Make nbgrader's preprocessors once; its converter makes them anew for every notebook."""
    exporter = NotebookExporter(parent=converter, config=converter.config)
    exporter._preprocessors = []
    for preprocessor in classes:
        preprocessor = import_item(preprocessor) if isinstance(preprocessor, str) else preprocessor
        exporter.register_preprocessor(CACHED.get(preprocessor, preprocessor))
    return exporter._preprocessors


def _reasons_for_a_look(text: str) -> list:
    return list(json.loads(text)["metadata"].get("course", {}).get("needs_a_look", {}).values())


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder, and delete it afterwards; what an interrupted run left in it is deleted first.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        ``path``.
    """
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
