"""Every new gradebook notes alembic's version, the same for all, and asking takes seconds: it is asked once."""

from __future__ import annotations

import functools
import os
import sysconfig

from nbgrader import api

# It is called by name, and stands beside this Python.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
api.get_alembic_version = functools.cache(api.get_alembic_version)
