"""Have nbgrader work in a folder of any name: it takes ``[``, ``*``, ``?`` and ``%`` there for signs of its own."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from types import SimpleNamespace

import nbgrader.api
import sqlalchemy
from nbgrader import dbutil, utils
from nbgrader.apps import api
from nbgrader.converters import base
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import exchange, release_feedback

SQLITE = "sqlite:///"
_roots: set[str] = set()
_format_path, _write_alembic_ini = CourseDirectory.format_path, dbutil.write_alembic_ini
_alembic_folder = dbutil.ALEMBIC_DIR


def course_glob(pattern: str, *roots: str, **options: object) -> list[str]:
    """Do what ``glob.glob`` does, but take the folder of a course as it is written.

    Parameters
    ----------
    pattern : str
        For example ``/home/ines/[DL]/autograder/submitted/*/02_regularization``.
    roots : str
        Folders of courses, with which it may begin.
    options
        As for ``glob.glob``.
    """
    for root in sorted(roots, key=len, reverse=True):
        if pattern.startswith(root + os.sep):
            pattern = glob.escape(root) + pattern.removeprefix(root)
            break
    return glob.glob(pattern, **options)


def database(url: str) -> sqlalchemy.URL | str:
    """Take what names a file of SQLite's as that file, whatever signs of a URL its path holds."""
    path = url.removeprefix(SQLITE)
    return sqlalchemy.URL.create("sqlite", database=path) if path != url and Path(path).parent.is_dir() else url


def mend_nbgrader() -> None:
    """Do it in this process; ``nbgrader_config.py`` calls this, so every command of nbgrader's does."""

    def format_path(self: CourseDirectory, *names: str, **more: object) -> str:
        _roots.add(self.root)
        return _format_path(self, *names, **more)

    def write_alembic_ini(file: str, url: str) -> None:
        _write_alembic_ini(file, url.replace("%", "%%"))

    CourseDirectory.format_path = format_path
    for module in (base, api, utils, exchange, release_feedback):
        module.glob = SimpleNamespace(glob=lambda pattern, **options: course_glob(pattern, *_roots, **options))
    nbgrader.api.create_engine = lambda url, **options: sqlalchemy.create_engine(database(url), **options)
    dbutil.write_alembic_ini, dbutil.ALEMBIC_DIR = write_alembic_ini, _alembic_folder.replace("%", "%%")
