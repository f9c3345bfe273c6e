"""One gradebook in memory for a process that only grades: nbgrader opens it wherever it would open one.

nbgrader's preprocessors make their own ``Gradebook`` and validate by ``jsonschema.validate``, for each cell anew, and
take neither as an argument; so both are replaced for the whole process. Call this only in a worker's process.
"""

from __future__ import annotations

import sqlite3
import warnings
from types import SimpleNamespace

import jsonschema
from nbgrader import api
from nbgrader.nbgraderformat import common
from sqlalchemy import create_engine
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import StaticPool

_find_source_cell = api.Gradebook.find_source_cell


class _FlushOnlySession(Session):
    """A session on a gradebook that is gone with its submission: what is committed need not be read again."""

    def commit(self) -> None:
        self.flush()


def use_memory_gradebook(memory: sqlite3.Connection, course_id: str) -> None:
    """Have every gradebook that nbgrader opens in this process be one in memory, and keep what is the same for all.

    Parameters
    ----------
    memory : sqlite3.Connection
        The database; whoever holds it replaces its contents between submissions.
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
    common.jsonschema = SimpleNamespace(validate=_ValidatorCache())
    warnings.filterwarnings("ignore", category=SAWarning)  # of nbgrader's own code


class _ValidatorCache:
    """``jsonschema.validate``, which checks each schema once."""

    def __init__(self) -> None:
        # With the schema, else another could get the id of one that was deleted.
        self._validators: dict[int, tuple[dict, jsonschema.protocols.Validator]] = {}

    def __call__(self, instance: object, schema: dict) -> None:
        if id(schema) not in self._validators:
            self._validators[id(schema)] = schema, jsonschema.validators.validator_for(schema)(schema)
        self._validators[id(schema)][1].validate(instance)
