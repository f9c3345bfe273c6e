"""A gradebook in memory for a process that only grades: nbgrader opens it wherever it would open a gradebook.

That patches nbgrader's ``Gradebook`` for the whole process, so call this only in a worker's process. No argument does
it: ``db_url`` could name a shared database in memory, but a submission opens its gradebook about seven times, and each
time nbgrader makes an engine and inspects all tables, 5 ms of the 250 that a submission takes. No subclass does it
either: every module of nbgrader's imports the name ``Gradebook`` for itself, so that each would have to be patched.
"""

from __future__ import annotations

import sqlite3
import warnings

from nbgrader import api
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

_find_source_cell = api.Gradebook.find_source_cell


class _FlushOnlySession(Session):
    """A session on a gradebook that is dropped with its submission: what is committed need not be read again."""

    def commit(self) -> None:
        self.flush()


def use_memory_gradebook(memory: sqlite3.Connection, course_id: str) -> None:
    """Have nbgrader open this gradebook, wherever it opens any in this process.

    Parameters
    ----------
    memory : sqlite3.Connection
        The database; its owner replaces its contents between submissions.
    course_id : str
    """
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool, future=True)
    factory = sessionmaker(autoflush=True, expire_on_commit=False, bind=engine, class_=_FlushOnlySession)
    session = scoped_session(factory)
    source_cells: dict[tuple[str, ...], api.SourceCell] = {}  # the same for all submissions

    def init(self: api.Gradebook, db_url: str, course_id: str = course_id, authenticator: object = None) -> None:
        self.engine, self.db, self.course_id, self.authenticator = engine, session, course_id, authenticator

    def find_source_cell(self: api.Gradebook, *names: str) -> api.SourceCell:
        if names not in source_cells:
            source_cells[names] = _find_source_cell(self, *names)
            self.db.expunge(source_cells[names])
        return source_cells[names]

    api.Gradebook.__init__ = init
    api.Gradebook.close = lambda self: None
    api.Gradebook.find_source_cell = find_source_cell
    warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own code
