"""What tests share: the built course, and answers by exercise."""

from __future__ import annotations

import os
from pathlib import Path

# Before NumPy is imported: on arrays as small as ours more threads only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from autograder import build

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def solved() -> list[Path]:
    """Build everything elsewhere, hold it against what is committed, and give the solved notebooks."""
    changed = build.drift()
    assert not changed, f"not what the sources build: {changed}; run python -m autograder build"
    return sorted(build.SOLVED.glob("*/*.ipynb"))


@pytest.fixture(scope="session")
def released() -> list[Path]:
    """The notebooks that students open."""
    return sorted((ROOT / "notebooks").glob("*/*.ipynb"))
