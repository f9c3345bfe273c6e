"""Patch nbgrader to work in a course folder of any name: it takes ``[``, ``*``, ``?`` and ``%`` for patterns."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbgrader.api
import sqlalchemy
from nbgrader import dbutil, utils
from nbgrader.apps import api
from nbgrader.converters import base
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import exchange, release_feedback

SQLITE = "sqlite:///"
_course_roots: set[str] = set()
_format_path, _write_alembic_ini = CourseDirectory.format_path, dbutil.write_alembic_ini
_alembic_folder = dbutil.ALEMBIC_DIR


def course_glob(pattern: str, *roots: str, **options: Any) -> list[str]:
    """Do what ``glob.glob`` does, but take the path of a course folder literally.

    Parameters
    ----------
    pattern : str
        For example ``/home/ines/[DL]/autograder/submitted/*/02_regularization``.
    *roots : str
        Course folders with which the pattern may begin.
    **options
        As for ``glob.glob``.

    Returns
    -------
    list of str
        The paths that match.
    """
    for root in sorted(roots, key=len, reverse=True):
        if pattern.startswith(root + os.sep):
            pattern = glob.escape(root) + pattern.removeprefix(root)
            break
    return glob.glob(pattern, **options)


def sqlite_url(url: str) -> sqlalchemy.URL | str:
    """Parse the URL of an SQLite file so that its path may hold any character, also those that URLs reserve.

    Parameters
    ----------
    url : str
        nbgrader's ``CourseDirectory.db_url``.

    Returns
    -------
    sqlalchemy.URL or str
        The URL unchanged where it names no SQLite file in an existing folder.
    """
    path = url.removeprefix(SQLITE)
    return sqlalchemy.URL.create("sqlite", database=path) if path != url and Path(path).parent.is_dir() else url


def patch_nbgrader() -> None:
    """Patch nbgrader in this process; ``nbgrader_config.py`` calls this, so every nbgrader command does."""

    def format_path(self: CourseDirectory, *names: str, **options: object) -> str:
        _course_roots.add(self.root)
        return _format_path(self, *names, **options)

    def write_alembic_ini(file: str, url: str) -> None:
        _write_alembic_ini(file, url.replace("%", "%%"))

    CourseDirectory.format_path = format_path
    for module in (base, api, utils, exchange, release_feedback):
        module.glob = SimpleNamespace(glob=lambda pattern, **options: course_glob(pattern, *_course_roots, **options))
    nbgrader.api.create_engine = lambda url, **options: sqlalchemy.create_engine(sqlite_url(url), **options)
    dbutil.write_alembic_ini, dbutil.ALEMBIC_DIR = write_alembic_ini, _alembic_folder.replace("%", "%%")
