"""What most commands import; only the process that they are forked from imports this."""

from __future__ import annotations

import gc

import alembic_once
import nbgrader.apps
import nbgrader.converters
import pytest
from nbgrader import api

import autograder.class_report
import autograder.collect
import autograder.doctor
import autograder.engine.grade
import autograder.export
import autograder.feedback
import autograder.rebase

__all__ = ["alembic_once", "autograder", "nbgrader", "pytest"]

api.get_alembic_version()
gc.collect()
gc.freeze()
