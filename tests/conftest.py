"""What tests share: the built course, and answers by exercise."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import build

BROWSER = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
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


@pytest.fixture  # for one test each: while Playwright runs, nothing else can run an event loop
def browser() -> Iterator[Any]:
    """A real Chromium, driven by Playwright; a test that needs one is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no Chromium here")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium, args=BROWSER)
        yield launched
        launched.close()
