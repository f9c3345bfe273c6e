"""What some tests need and not every machine has: without it they are skipped, or fail where ``REQUIRE`` names it.

``REQUIRE=sandbox,browser,postgresql,tensorflow,hub,cluster,lite,site`` is what CI sets.
"""

from __future__ import annotations

import functools
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.judge.self_test import why_no_sandbox
from course_utils.extras import is_installed

HUB_PROGRAMS = ("unshare", "bwrap", "useradd", "chpasswd", "configurable-http-proxy")


def chromium() -> str | None:
    """Find a Chromium."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def postgresql() -> Path | None:
    """Find the folder of PostgreSQL's programs: Debian keeps them off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += [Path(program).parent for program in [shutil.which("initdb")] if program]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _missing(*packages: str) -> str:
    return ", ".join(f"{package} is not installed" for package in packages if not is_installed(package))


def _why_no_browser() -> str:
    return _missing("playwright") or ("" if chromium() else "there is no Chromium")


def _why_no_postgresql() -> str:
    return _missing("psycopg") or ("" if postgresql() else "there is no initdb")


def _why_no_hub() -> str:
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root of a Linux can make its users"
    missing = [program for program in HUB_PROGRAMS if not shutil.which(program)]
    return _missing("jupyterhub") or (f"there is no {', '.join(missing)}" if missing else "")


def _extra(name: str) -> str:
    return f'python -m pip install -c constraints.txt -e ".[{name}]"'


# Need → why it is missing (empty where it is there), and how to get it.
NEEDS: dict[str, tuple[Callable[[], str], str]] = {
    "sandbox": (lambda: why_no_sandbox() or "", "apt install bubblewrap, and see autograder/judge/README.md"),
    "browser": (_why_no_browser, "apt install chromium"),
    "postgresql": (_why_no_postgresql, f"apt install postgresql; {_extra('cluster')}"),
    "tensorflow": (lambda: _missing("tensorflow"), _extra("tensorflow")),
    "hub": (_why_no_hub, f"npm install --global configurable-http-proxy; {_extra('hub')}"),
    "cluster": (lambda: _missing("distributed"), _extra("cluster")),
    "lite": (lambda: _missing("jupyterlite_core", "jupyterlite_pyodide_kernel"), _extra("lite")),
    "site": (lambda: _missing("sphinx", "myst_nb"), _extra("site")),
}
why_missing = functools.cache(lambda need: NEEDS[need][0]())


def required() -> set[str]:
    """What must not be skipped here.

    Raises
    ------
    pytest.UsageError
        ``REQUIRE`` names something unknown.
    """
    names = {name for name in os.environ.get("REQUIRE", "").split(",") if name}
    if unknown := names - set(NEEDS):
        raise pytest.UsageError(f"REQUIRE names {', '.join(sorted(unknown))}; there are: {', '.join(NEEDS)}")
    return names


def need(name: str) -> None:
    """Skip the test that asks where something is missing, or fail where ``REQUIRE`` names it."""
    if reason := why_missing(name):
        if name in required():
            pytest.fail(f"REQUIRE names {name}, and {reason}", pytrace=False)
        pytest.skip(f"needs {name}: {reason}")


def summary(reasons: list[str]) -> list[str]:
    """Say in a line for each need how many tests were skipped, why, and how to get it."""
    lines = []
    for name, (_, how) in NEEDS.items():
        about = [reason for reason in reasons if f"needs {name}: " in reason]
        if about:
            why = about[0].partition(f"needs {name}: ")[2]
            lines.append(f"{len(about)} tests need {name}: {why}. To run them: {how}")
    return lines
