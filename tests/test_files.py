"""A disk that is full or cannot be written to, and a clock that is wrong: one sentence, with the file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.judge.sandbox.bwrap import find_bubblewrap
from course_utils.handing_in import NotReady, submit

ROOT = Path(__file__).resolve().parent.parent
NAME = "06_hyperparameters"
CODE = """
import sys
from pathlib import Path
from course_utils import __main__ as command
from course_utils import lab
from course_utils.files import write_whole

command.ROOT = home = Path(sys.argv[1])
assert command.main(["submit", "06"]) == 1
assert lab.start(home / "new", []) == 1
try:
    write_whole(home / "new" / "work" / "a file", b"x" * 100_000)
except OSError as error:
    print(error.filename, error.strerror, sep=": ")
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A student's copy of the course with one notebook, and in ``new/`` another that was never started."""
    for place in ("notebooks", "work", "new/notebooks"):
        (tmp_path / place / NAME).mkdir(parents=True)
        shutil.copy(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", tmp_path / place / NAME)
    (tmp_path / "work" / "handed_in").mkdir()
    (tmp_path / "new" / "work").mkdir()
    return tmp_path


@pytest.mark.needs("sandbox")
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_disk_that_takes_nothing_is_one_sentence_with_the_file(home, kind):
    full = ["--bind", home, home]
    for place in (home / "work" / "handed_in", home / "new" / "work"):
        full += ["--size", "8192", "--tmpfs", place]
    disk = full if kind == "full" else ["--ro-bind", home, home]
    command = [find_bubblewrap().path, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", *disk]
    done = subprocess.run(
        [*map(str, command), sys.executable, "-c", CODE, str(home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    why = "No space left on device" if kind == "full" else "Read-only file system"
    said, (first, second) = done.stderr.strip(), done.stdout.strip().splitlines()
    assert said.startswith(f"Nothing was written. {home / 'work' / 'handed_in' / NAME}-")
    assert said.endswith(f".zip cannot be written: {why}.")
    started = home / "new" / "work"
    assert first == f"{started / NAME / NAME}.ipynb cannot be read or written ({why}). Free it, then start again."
    assert second == f"{started / 'a file'}: {why}"
    assert not [path for path in home.rglob("*") if path.suffix in (".new", ".zip")]


@pytest.mark.parametrize("year", [1970, 1979, 2108])
def test_a_clock_that_no_archive_can_hold_is_one_sentence(home, year):
    with pytest.raises(
        NotReady, match=rf"{NAME}-\w+\.zip cannot be written: this computer's clock says {year}-01-01\."
    ):
        submit("06", home, datetime(year, 1, 1, tzinfo=UTC))
    assert not any((home / "work" / "handed_in").iterdir())
