"""The pure step: (submission, assignment, environment, seed) → one result. It writes nothing that stays.

It runs nbgrader's own preprocessors, as the course's settings list them, on a gradebook in memory that holds the
assignment and this one submission. So whatever ``nbgrader autograde`` would write is in the result.
"""

from __future__ import annotations

import copy
import json
import logging
import shutil
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader import api
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import common
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import setenv
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool
from traitlets.config import Config

from autograder.judge.preprocessor import Judge

FAULT = "the grader itself failed"
"""How a reason begins that is no student's fault."""


@dataclass(frozen=True)
class Assignment:
    """What all submissions of an assignment share.

    Parameters
    ----------
    name : str
        Of the assignment.
    course_id : str
    released : dict
        Notebook → its text as students got it.
    definitions : bytes
        A SQLite database: the gradebook's tables, with the rows that describe this assignment and no student's.
    files : dict
        Path → content of the other files in the assignment's source folder.
    config : Config
        The course's settings.
    root : str
        The course folder, which no student's code may see.
    secret : str
        What hidden cases are drawn from.
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
    """What one student handed in, and what the gradebook knows of it that was given by hand.

    Parameters
    ----------
    student : str
    sha256 : str
        Of all that was handed in.
    notebooks : dict
        Notebook → its text as taken in.
    files : dict
        Name → content of what nbgrader keeps beside it: the time stamp, the secret of the feedback.
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


@dataclass
class Result:
    """What came of one submission; plain data, so that it can be stored.

    Parameters
    ----------
    student, assignment : str
    keys : dict
        What it was made from: part → hash.
    notebooks : dict
        Notebook → its autograded text.
    grades : list of list
        ``[notebook, cell, points or None, whether it needs a look]``.
    comments : list of list
        ``[notebook, cell, text or None]``.
    penalties : dict
        Notebook → points taken for lateness, or None.
    timestamp : str or None
        When it was handed in.
    files : dict
        Name → text of what lies beside the notebooks.
    log : list of str
        What was said meanwhile.
    fault : str
        Why the grader itself failed; then this is no verdict.
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
        """The sum of what was judged."""
        return sum(score for _, _, score, _ in self.grades if score is not None)

    @property
    def needs_a_look(self) -> bool:
        """Whether a person has to decide something."""
        return any(look for *_, look in self.grades)

    def to_json(self) -> str:
        """Write it down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Read it again."""
        return cls(**json.loads(text))


class Step:
    """The step, ready for one submission after the other.

    Parameters
    ----------
    assignment : Assignment
    scratch : Path
        An empty folder.
    """

    def __init__(self, assignment: Assignment, scratch: Path) -> None:
        self.assignment, self._scratch = assignment, scratch
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
        self.log = logging.Logger("autograder")
        self._heard: list[str] = []
        listener = logging.Handler(logging.WARNING)
        listener.emit = lambda record: self._heard.append(record.getMessage())
        self.log.addHandler(listener)
        self._course = CourseDirectory(config=config, log=self.log)
        release = Path(self._course.format_path("release", ".", assignment.name))
        release.mkdir(parents=True)
        for name, text in assignment.released.items():
            (release / f"{name}.ipynb").write_text(text, encoding="utf-8")
        converter = Autograde(coursedir=self._course, config=config, log=self.log)
        self._sanitize = self._registered(converter, converter.sanitize_preprocessors)
        self._autograde = self._registered(converter, converter.autograde_preprocessors)
        self._memory = sqlite3.connect(":memory:", check_same_thread=False)
        _one_gradebook(self._memory, assignment.course_id)

    def refusal(self) -> str:
        """Say why nothing may be graded here; empty where all is well."""
        return next((why for one in self._autograde if isinstance(one, Judge) and (why := one.refusal())), "")

    def __call__(self, submission: Submission) -> Result:
        """Grade one submission."""
        name = self.assignment.name
        result = Result(submission.student, name, {"submission": submission.sha256})
        self._heard.clear()
        book = api.Gradebook("sqlite://", self.assignment.course_id)
        book.db.rollback()
        book.db.expunge_all()
        self._memory.deserialize(self.assignment.definitions)
        folder = Path(self._course.format_path("autograded", submission.student, name))
        try:
            folder.mkdir(parents=True)
            for file, content in {**submission.files, **self.assignment.files}.items():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_bytes(content)
            self._hand_in(book, submission, folder)
            for notebook, text in submission.notebooks.items():
                result.notebooks[notebook] = self._graded(notebook, text, submission.student, folder)
            self._read_off(book, result, submission)
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)
        result.files = {file: content.decode("latin-1") for file, content in submission.files.items()}
        result.log = list(self._heard)
        reasons = [str(one) for text in result.notebooks.values() for one in _looks(text)]
        result.fault = next((one for one in reasons if one.startswith(FAULT)), "")
        return result

    def _hand_in(self, book: api.Gradebook, submission: Submission, folder: Path) -> None:
        """Enter the submission into the gradebook, with what was given by hand."""
        book.update_or_create_student(submission.student)
        stamp = self._course.get_existing_timestamp(str(folder))
        entry = book.update_or_create_submission(
            self.assignment.name, submission.student, **({"timestamp": stamp} if stamp else {})
        )
        if submission.extension is not None:
            entry.extension = timedelta(seconds=submission.extension)
        for notebook in entry.notebooks if submission.manual else []:
            for grade in notebook.grades:
                grade.manual_score, grade.extra_credit = submission.manual.get(
                    (notebook.name, grade.cell.name), (None, None)
                )
        book.db.commit()

    def _graded(self, notebook: str, text: str, student: str, folder: Path) -> str:
        """Run the preprocessors on one notebook."""
        resources = ResourcesDict(
            unique_key=notebook,
            output_files_dir=f"{notebook}_files",
            nbgrader={
                "student": student,
                "assignment": self.assignment.name,
                "notebook": notebook,
                "db_url": self._course.db_url,
            },
            metadata=ResourcesDict(name=notebook, path=str(folder)),
            output_extension=".ipynb",
        )
        nb = nbformat.reads(text, as_version=4)
        for step in self._sanitize:
            nb, resources = step(nb, resources)
        with setenv(NBGRADER_EXECUTION="autograde"):
            for step in self._autograde:
                nb, resources = step(nb, resources)
        try:
            nbformat.validate(nb)
        except nbformat.ValidationError:  # nbgrader writes what holds more than the format knows; to look takes longer
            nbformat.validate(nb, relax_add_props=True)
        return nbformat.v4.writes(nb) + "\n"

    def _read_off(self, book: api.Gradebook, result: Result, submission: Submission) -> None:
        book.db.expire_all()
        entry = book.find_submission(self.assignment.name, submission.student)
        result.timestamp = entry.timestamp.isoformat() if entry.timestamp else None
        for notebook in entry.notebooks:
            if notebook.name not in submission.notebooks:
                continue
            result.penalties[notebook.name] = notebook.late_submission_penalty
            result.grades += [
                [notebook.name, one.cell.name, one.auto_score, one.needs_manual_grade] for one in notebook.grades
            ]
            result.comments += [[notebook.name, one.cell.name, one.auto_comment] for one in notebook.comments]
        result.grades.sort(key=lambda one: one[:2])
        result.comments.sort(key=lambda one: one[:2])

    @staticmethod
    def _registered(converter: Autograde, steps: list) -> list[NbGraderPreprocessor]:
        exporter = NotebookExporter(parent=converter, config=converter.config)
        exporter._preprocessors = []
        for step in steps:
            exporter.register_preprocessor(step)
        return exporter._preprocessors


def _looks(text: str) -> list:
    return list(json.loads(text)["metadata"].get("course", {}).get("needs_a_look", {}).values())


FIND_SOURCE_CELL = api.Gradebook.find_source_cell


class OneTransaction(Session):
    """A session on a gradebook that is gone with its submission: what is committed need not be read again."""

    def commit(self) -> None:
        """Send what waits to the database."""
        self.flush()


def _one_gradebook(memory: sqlite3.Connection, course_id: str) -> None:
    """Make of this process one that grades: what nbgrader does anew for every step and cell is done once.

    Every gradebook that is opened is the one in memory, with one engine and one session; a schema is checked once.
    """
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, future=True)
    session = scoped_session(sessionmaker(autoflush=True, expire_on_commit=False, bind=engine, class_=OneTransaction))

    def opened(self: api.Gradebook, db_url: str, course_id: str = course_id, authenticator: object = None) -> None:
        self.engine, self.db, self.course_id, self.authenticator = engine, session, course_id, authenticator

    api.Gradebook.__init__ = opened
    api.Gradebook.close = lambda self: None
    source_cells: dict[tuple[str, ...], api.SourceCell] = {}  # the same for all submissions

    def find_source_cell(self: api.Gradebook, *names: str) -> api.SourceCell:
        if names not in source_cells:
            source_cells[names] = FIND_SOURCE_CELL(self, *names)
            self.db.expunge(source_cells[names])
        return source_cells[names]

    api.Gradebook.find_source_cell = find_source_cell
    validators: dict[int, jsonschema.protocols.Validator] = {}

    def validate(instance: object, schema: dict) -> None:
        if id(schema) not in validators:
            validators[id(schema)] = jsonschema.validators.validator_for(schema)(schema)
            kept.append(schema)
        validators[id(schema)].validate(instance)

    kept: list[dict] = []  # else another schema could get the number of one that is gone
    common.jsonschema = SimpleNamespace(validate=validate)
    warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own code


@contextmanager
def scratch_folder(place: Path) -> Iterator[Path]:
    """Give an empty folder that is gone afterwards, and clear away what an interrupted run left of it."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
