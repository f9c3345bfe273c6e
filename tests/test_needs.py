"""Nothing is skipped in silence: what is missing is said with the way to get it, and CI requires all of it."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import needs
import pytest
import yaml
from commands import run_module

ROOT = Path(__file__).resolve().parent.parent
TEST = """
import pytest

@pytest.mark.needs("site")
@pytest.mark.parametrize("n", [1, 2])
def test_site(n):
    pass

@pytest.mark.soak
def test_long():
    pass

def test_scaled(soak):
    print("whole" if soak else "small")
"""


@pytest.fixture
def no_site(monkeypatch):
    monkeypatch.setitem(needs.NEEDS, "site", (lambda: "sphinx is not installed", "pip install it"))
    needs.why_missing.cache_clear()
    yield
    needs.why_missing.cache_clear()


def run(folder: Path, *options: str) -> str:
    """Run a suite of its own with this suite's conftest, where the site's packages are missing."""
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    (folder / "test_it.py").write_text(TEST, "utf-8")
    (folder / "hidden.py").write_text("import sys\nsys.modules['sphinx'] = None", "utf-8")
    options = ("-p", "hidden", "-p", "no:cacheprovider", "-q", "-s", "-c", str(ROOT / "pyproject.toml"), *options)
    done = run_module("pytest", *options, str(folder), cwd=folder, env={**os.environ, "REQUIRE": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_is_missing_is_skipped_and_said_with_the_way_to_get_it(tmp_path):
    said = run(tmp_path)
    assert re.search(
        r"2 tests need site: sphinx is not installed.*\. To run them: python -m pip install -c constraints.txt", said
    )
    assert "To run them whole: make soak" in said
    assert "small" in said
    assert "1 passed, 2 skipped, 1 deselected" in said


def test_a_soak_runs_the_long_tests_whole_and_nothing_else(tmp_path):
    said = run(tmp_path, "--soak")
    assert "whole" in said
    assert "2 passed, 2 deselected" in said


def test_what_is_required_is_not_skipped(no_site, monkeypatch):
    monkeypatch.setenv("REQUIRE", "sandbox,site")
    with pytest.raises(pytest.fail.Exception, match="REQUIRE names site, and sphinx is not installed"):
        needs.need("site")
    monkeypatch.setenv("REQUIRE", "sandbox")
    with pytest.raises(pytest.skip.Exception, match="needs site: sphinx is not installed"):
        needs.need("site")


def test_a_word_that_require_does_not_know_is_refused(monkeypatch):
    monkeypatch.setenv("REQUIRE", "tensorflwo")
    with pytest.raises(pytest.UsageError, match="REQUIRE names tensorflwo; there are: sandbox, browser"):
        needs.required()


def test_ci_requires_all_of_it():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert f"REQUIRE={','.join(needs.NEEDS)}" in script
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    assert any(".ci/run" in str(job["steps"]) for job in jobs.values())
