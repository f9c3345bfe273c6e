"""What a student waits for: ``python benchmarks/student.py`` prints it as a table.

The import in a fresh Python each time, ``check()`` of a right answer, and every solved notebook top to bottom. Some
notebooks read others of the student's, so build the course first.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient

from autograder import build
from autograder.reference import solution_text
from autograder.texts import run_text
from course_utils import check
from course_utils.checks.exercise import EXERCISES

RUNS = 9
NOTEBOOK_RUNS = 3


def timed(call) -> float:
    """Wall-clock seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def import_time() -> float:
    """Seconds that ``import course_utils`` takes in a new Python."""
    code = "import time; t = time.perf_counter(); import course_utils; print(time.perf_counter() - t)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def check_time(name: str) -> float:
    """Seconds that ``check`` takes for the right answer."""
    answer = run_text(solution_text(name), name)
    with contextlib.redirect_stdout(io.StringIO()):
        return timed(lambda: check(answer))


def notebook_time(source: Path) -> tuple[float, float]:
    """Wall-clock and CPU seconds that a solved notebook takes top to bottom, the kernel's start included."""
    notebook = build.notebook(source)
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(build.SOLVED / source.stem)}})
    environment = {**os.environ, "COURSE_SECRET": "benchmark"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = timed(lambda: client.execute(env=environment, stderr=subprocess.DEVNULL))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(what: str, target: str, values: Sequence[float], unit: str = "ms") -> None:
    """Print the minimum, median and maximum of a measurement."""
    scale = 1000 if unit == "ms" else 1
    low, middle, high = (scale * value for value in (min(values), statistics.median(values), max(values)))
    print(f"| {what} | {low:.1f} | {middle:.1f} | {high:.1f} {unit} | {target} |")


def main() -> None:
    """Measure and print."""
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores\n")
    print("| what | least | median | most | target |\n|---|---|---|---|---|")
    row("`import course_utils`", "300 ms", [import_time() for _ in range(RUNS)])
    for name in EXERCISES:
        check_time(name)  # the first call imports h5py
        row(f"`check({name})`, right", "50 ms", [check_time(name) for _ in range(RUNS)])
    for source in build.sources():
        nbformat.validate(build.notebook(source))
        wall, cpu = zip(*(notebook_time(source) for _ in range(NOTEBOOK_RUNS)), strict=True)
        row(f"solved `{source.stem}`", "60 s", wall, "s")
        row(f"solved `{source.stem}`, CPU", "30 s", cpu, "s")


if __name__ == "__main__":
    main()
