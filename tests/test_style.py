"""ruff formats and lints everything, notebooks' sources too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["lint", "format"])
def test_ruff_has_nothing_to_say(command):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout


def test_text_sources_survive_a_save_in_jupyterlab():
    import jupytext

    from autograder.topics import sources

    settings = jupytext.config.load_jupytext_config(str(ROOT / "jupytext.toml"))
    for file in sources():
        text = file.read_text(encoding="utf-8")
        notebook = jupytext.reads(text, fmt="py:percent", config=settings)
        assert jupytext.writes(notebook, fmt="py:percent", config=settings) == text
