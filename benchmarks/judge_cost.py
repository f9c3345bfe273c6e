"""What the judge costs: ``python benchmarks/judge_cost.py`` grades a class with a kernel each and with the sandbox.

Both ways take the same submissions in, run the same cells and the same hidden checks; only the step that runs cells
differs: nbgrader's ``Execute``, or ``Judge``. They take turns, a batch each, so that whatever else the machine does
falls on both. CPU time is that of every process that nbgrader started, orphans included.
"""

from __future__ import annotations

import ctypes
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograder import demo
from autograder.topics import sources

STUDENTS, BATCH = 40, 10
STOCK = "\nc.Judge.trusted_class = True\nc.Judge.preload = []\n"
BECOME_SUBREAPER = 36  # prctl(2)


def honest_class(name: str) -> dict[str, demo.Submission]:
    """Right, differently right, wrong and half-done answers, one after the other, none of them hostile."""
    kinds = ("right", "differently-right", "wrong", "half-done", "blank", "warns")
    honest = [one for student, one in demo.made_up_class(name).items() if student.startswith(kinds)]
    return {f"batch-{number // BATCH}-{number:02}": honest[number % len(honest)] for number in range(STUDENTS)}


def graded(course: Path, name: str, batch: int) -> tuple[float, float]:
    """Grade a batch with one command; CPU and wall seconds."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "nbgrader", "autograde", name, "--student", f"batch-{batch}-*"]
    pid = subprocess.Popen(command, cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid
    computed, wall = 0.0, 0.0
    while True:
        try:
            ended, _, used = os.wait4(-1, 0)
        except ChildProcessError:
            return computed, wall
        computed += used.ru_utime + used.ru_stime
        if ended == pid:
            wall = time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    source = sources()[0] if len(sys.argv) < 2 else next(one for one in sources() if one.stem == sys.argv[1])
    students = honest_class(source.stem)
    measured: dict[str, list[tuple[float, float]]] = {"kernel": [], "judge": []}
    with tempfile.TemporaryDirectory() as folder:
        courses = {kind: Path(folder, kind) for kind in measured}
        for kind, course in courses.items():
            demo.make_course(course, source)
            settings = course / "nbgrader_config.py"
            settings.write_text(
                settings.read_text(encoding="utf-8") + (STOCK if kind == "kernel" else ""), encoding="utf-8"
            )
            for student, submission in students.items():
                demo.hand_in(course, student, source.stem, submission)
        for batch in range(STUDENTS // BATCH):
            for kind, course in courses.items():
                used = graded(course, source.stem, batch)
                measured[kind].append(tuple(part / BATCH for part in used))
        for kind, course in courses.items():
            done = len(list(course.glob("autograded/*/*/*.ipynb")))
            assert done == STUDENTS, f"{kind}: {done} of {STUDENTS} graded"
    print(f"{source.stem}, {STUDENTS} submissions in batches of {BATCH}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print("| seconds per submission | CPU: least | median | most | wall: least | median | most |")
    print("|---|---|---|---|---|---|---|")
    for kind, batches in measured.items():
        cells = []
        for values in zip(*batches, strict=True):
            cells += [f"{value:.2f}" for value in (min(values), statistics.median(values), max(values))]
        print(f"| {kind} | {' | '.join(cells)} |")
    ratios = [
        sum(one[part] for one in measured["judge"]) / sum(one[part] for one in measured["kernel"]) for part in (0, 1)
    ]
    print(f"\njudge / kernel: CPU {ratios[0]:.2f}, wall {ratios[1]:.2f}")


if __name__ == "__main__":
    main()
