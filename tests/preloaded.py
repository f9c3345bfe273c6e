"""What most commands import; only the process that they are forked from imports this."""

from __future__ import annotations

import gc

import alembic_once
import nbgrader.apps
import nbgrader.converters
import pytest
from nbgrader import api

import autograder.doctor
import autograder.engine.command
import autograder.lms.commands
import autograder.pipeline.feedback
import autograder.pipeline.restore_release
import autograder.reporting.report_command

__all__ = ["alembic_once", "autograder", "nbgrader", "pytest"]

api.get_alembic_version()
gc.collect()
gc.freeze()
