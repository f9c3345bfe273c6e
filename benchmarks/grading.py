"""How fast a class is graded: ``python benchmarks/grading.py`` (``--help`` names sizes and parts).

Every table comes of one run in which the ways take turns, a batch each, so that whatever else the machine does falls on
all of them. CPU time is that of every process that a command started, orphans included.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
from judge_cost import honest_class

from autograder import demo
from autograder.topics import sources
from autograder.topics.notebook_text import source_notebook

BECOME_SUBREAPER = 36  # prctl(2)
STOCK = """
c.Autograde.exporter_class = "nbconvert.exporters.NotebookExporter"
c.Autograde.sanitize_preprocessors = ["nbgrader.preprocessors." + name for name in (
    "ClearOutput", "DeduplicateIds", "OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")]
c.Autograde.autograde_preprocessors = ["nbgrader.preprocessors." + name for name in (
    "Execute", "LimitOutput", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata")]
"""


def used(command: list[str], course: Path) -> tuple[float, float, int]:
    """Run a command to the end of all its processes: seconds by the clock, seconds of computing, most memory of one."""
    started, wall, computed, most = time.perf_counter(), 0.0, 0.0, 0
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    process = subprocess.Popen(
        command, cwd=course, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return wall, computed, most
        computed += usage.ru_utime + usage.ru_stime
        most = max(most, usage.ru_maxrss * 1024)
        if pid == process.pid:
            wall = time.perf_counter() - started
            assert status == 0, f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}"


def common(students: list[str]) -> str:
    """Give the beginning that all names share."""
    least, most = min(students), max(students)
    return least[: next((place for place, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least))]


def nbgrader(name: str, students: list[str]) -> list[str]:
    prefix = common(students)
    return [sys.executable, "-m", "nbgrader", "autograde", name, "--student", f"{prefix}*"]


def ours(name: str, students: list[str], *options: str) -> list[str]:
    command = [sys.executable, "-m", "autograder", "grade", name, "--course", ".", "--students"]
    return [*command, f"{common(students)}*", *options]


FLOOR = """
import os, sys, time, nbformat, io, contextlib, warnings
warnings.simplefilter("ignore")
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot, h5py, ipywidgets, numpy
import autograder.grading
from autograder.judge.guest.shell import make_shell, run_cell
import glob
shell = make_shell(lambda output: None)
for path in sorted(glob.glob("submitted/*/*/*.ipynb")):
    if os.path.basename(os.path.dirname(os.path.dirname(path))).startswith(sys.argv[1]):
        if os.fork() == 0:
            os.chdir(os.path.dirname(path))
            hidden = nbformat.read(sys.argv[2], as_version=4)
            tests = {c.id: c.source for c in hidden.cells if c.metadata.get("nbgrader", {}).get("grade")}
            for cell in nbformat.read(os.path.basename(path), as_version=4).cells:
                if cell.cell_type == "code":
                    run_cell(shell, tests.get(cell.id, cell.source))
            os._exit(0)
        os.wait()
"""


def floor(name: str, students: list[str]) -> list[str]:
    """The same cells, hidden tests among them, each notebook in a fork of a warm Python; nothing else."""
    return [sys.executable, "-c", FLOOR, common(students), f"source/{name}/{name}.ipynb"]


def make(folder: Path, source: Path, students: dict[str, demo.Submission], settings: str = "") -> Path:
    """Make a course with a class; experiments, which stock nbgrader runs and our judge does not, are left out."""
    demo.make_course(folder)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + settings, encoding="utf-8")
    notebook = source_notebook(source)
    notebook.cells = [cell for cell in notebook.cells if "experiment" not in cell.metadata.get("tags", [])]
    (folder / "source" / source.stem).mkdir(parents=True)
    nbformat.write(notebook, folder / "source" / source.stem / f"{source.stem}.ipynb")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", source.stem]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    for student, submission in students.items():
        demo.hand_in(folder, student, source.stem, submission)
    return folder


# --- the class --------------------------------------------------------------------------------------------------------


def throughput(source: Path, size: int, batches: int) -> None:
    """Stock nbgrader, nbgrader with our judge, grade with one and two workers, the floor; a batch each in turn."""
    name = source.stem
    honest = list(honest_class(name).values())
    students = {
        f"batch{batch}-{n:03}": honest[(batch * size + n) % len(honest)]
        for batch in range(batches)
        for n in range(size)
    }
    ways: dict[str, tuple[str, Callable[[str, list[str]], list[str]]]] = {
        "stock nbgrader autograde": (STOCK, nbgrader),
        "ours through nbgrader autograde": ("", nbgrader),
        "grade, 1 worker": ("", lambda name, who: ours(name, who, "--workers", "1")),
        "grade, 2 workers": ("", lambda name, who: ours(name, who, "--workers", "2")),
        "floor: the cells alone": ("", floor),
    }
    measured: dict[str, list[tuple[float, float, int]]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        for number, (settings, _) in enumerate(ways.values()):
            make(Path(folder, str(number)), source, students, settings)
        start: dict[str, tuple[float, float, int]] = {}
        for number, (way, (_, command)) in enumerate(ways.items()):  # what a command costs before the first submission
            one = Path(folder, f"one-{number}")
            shutil.copytree(Path(folder, str(number)), one)
            for other in sorted((one / "submitted").iterdir())[1:]:
                shutil.rmtree(other)
            start[way] = used(command(name, ["batch"]), one)
        for batch in range(batches):
            who = [student for student in students if student.startswith(f"batch{batch}-")]
            for number, (way, (_, command)) in enumerate(ways.items()):
                measured[way].append(used(command(name, [*who, f"batch{batch}-"]), Path(folder, str(number))))
    print(f"\n{name}, {batches} batches of {size} submissions, {os.cpu_count()} cores\n")
    print("| way | per minute | × stock | CPU-s each | start, CPU-s (with 1 submission) | most memory of a process |")
    print("|---|---|---|---|---|---|")
    stock = statistics.median(one[0] for one in measured["stock nbgrader autograde"])
    for way, runs in measured.items():
        wall, computed = (statistics.median(one[part] for one in runs) for part in (0, 1))
        cells = [way, f"{60 * size / wall:.0f}", f"{stock / wall:.1f}", f"{computed / size:.2f}"]
        # Without what is there once per command, as in a class of any size.
        print(
            "| " + " | ".join([*cells, f"{start[way][1]:.1f}", f"{max(one[2] for one in runs) / 2**20:.0f} MiB"]) + " |"
        )
    print("\nwithout what is spent once per command:\n")
    print("| way | per minute | × stock | CPU-s each | × floor and bookkeeping |\n|---|---|---|---|---|")
    net = {
        way: [(statistics.median(one[part] for one in runs) - start[way][part]) / max(1, size - 1) for part in (0, 1)]
        for way, runs in measured.items()
    }
    bottom = net["floor: the cells alone"][1] + BOOKKEEPING
    for way, (wall, computed) in net.items():
        times = net["stock nbgrader autograde"][0] / wall
        print(f"| {way} | {60 / wall:.0f} | {times:.1f} | {computed:.2f} | {computed / bottom:.2f} |")


BOOKKEEPING = 0.11
"""CPU seconds of nbgrader's own conversion and database per submission, measured without running any cell."""


# --- growth -----------------------------------------------------------------------------------------------------------


def growth(source: Path, sizes: list[int]) -> None:
    """Time for each submission, and memory, of classes of different sizes."""
    print(f"\n{source.stem}, grade with {os.cpu_count()} workers\n")
    print(
        "| submissions | seconds each | CPU-s each | most memory of a process | nothing to do, seconds |\n"
        "|---|---|---|---|---|"
    )
    honest = list(honest_class(source.stem).values())
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            course = make(Path(folder, "course"), source, {})
            released = nbformat.read(course / "release" / source.stem / f"{source.stem}.ipynb", as_version=4)
            texts = [nbformat.writes(demo.filled(released, one)) for one in honest if not callable(one)]
            for number in range(size):
                path = course / "submitted" / f"s{number:06}" / source.stem / f"{source.stem}.ipynb"
                path.parent.mkdir(parents=True)
                path.write_text(texts[number % len(texts)], encoding="utf-8")
            command = ours(source.stem, ["s"])
            wall, computed, most = used(command, course)
            again, _, _ = used(command, course)
        print(
            f"| {size} | {wall / size:.3f} | {computed / size:.3f} | {most / 2**20:.0f} MiB | {again:.1f} |", flush=True
        )


# --- workers ----------------------------------------------------------------------------------------------------------


def workers(source: Path, size: int, rounds: int) -> None:
    """One worker and two, on this machine and over Dask."""
    honest = list(honest_class(source.stem).values())
    students = {f"s{n:03}": honest[n % len(honest)] for n in range(size)}
    seen: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        released = make(Path(folder, "released"), source, students)
        for number in range(rounds):
            for way in ("local", "dask"):
                for count in (1, 2):
                    course = Path(folder, f"{way}-{count}-{number}")
                    shutil.copytree(released, course)
                    if way == "local":
                        wall = used(ours(source.stem, ["s"], "--workers", str(count)), course)[0]
                    else:
                        with dask_cluster(Path(folder, f"cluster-{count}-{number}"), count) as address:
                            started = time.perf_counter()
                            subprocess.run(
                                ours(source.stem, ["s"], "--scheduler", address), cwd=course, check=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                            )  # fmt: skip
                            wall = time.perf_counter() - started
                    seen.setdefault(f"{way}, {count}", []).append(wall)
    print(f"\n{source.stem}, {size} submissions, start included, median of {rounds}\n")
    print("| where | 1 worker, s | 2 workers, s | efficiency |\n|---|---|---|---|")
    for way in ("local", "dask"):
        one, two = (statistics.median(seen[f"{way}, {count}"]) for count in (1, 2))
        print(f"| {way} | {one:.1f} | {two:.1f} | {one / two / 2:.2f} |")


class dask_cluster:
    """A scheduler and workers with one thread each, on this machine."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count

    def __enter__(self) -> str:
        import json

        self._folder.mkdir()
        file = self._folder / "scheduler.json"
        run = {"cwd": self._folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        start = [sys.executable, "-m", "dask"]
        kinds = [["scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard"]]
        kinds += [["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * self._count
        self._started = [subprocess.Popen([*start, *kind, "--scheduler-file", str(file)], **run) for kind in kinds]
        while not file.exists():
            time.sleep(0.05)
        return json.loads(file.read_text(encoding="utf-8"))["address"]

    def __exit__(self, *error: object) -> None:
        for one in self._started:
            one.kill()
            one.wait()


# --- many workers -----------------------------------------------------------------------------------------------------


def simulate(source: Path, counts: list[int], seconds: float) -> None:
    """Where the single writer saturates: real intake, results and gradebook; workers only wait as long as real ones.

    The main process does all it does in a run. What stands for a worker is a time at which its next result is due.
    """
    import heapq
    import random

    from autograder.engine import grade
    from autograder.engine.step import Result

    honest = list(honest_class(source.stem).values())
    print(f"\n{source.stem}: workers that take {seconds:g} s for a submission, and this machine's intake and writer\n")
    print("| workers | submissions | per minute | of what they could do | main process busy |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        course = make(Path(folder, "course"), source, {"model": honest[0]})
        assert used(ours(source.stem, ["model"], "--workers", "1"), course)[1]
        path = course / "results" / "model" / source.stem / "result.json"
        model = Result.from_json(path.read_text(encoding="utf-8"))
        text = (course / "submitted" / "model" / source.stem / f"{source.stem}.ipynb").read_text(encoding="utf-8")
        for count in counts:
            here = Path(folder, f"course-{count}")
            shutil.copytree(course, here)
            shutil.rmtree(here / "submitted"), shutil.rmtree(here / "results")
            size = max(40, int(4 * count / seconds))
            for number in range(size):
                place = here / "submitted" / f"s{number:06}" / source.stem / f"{source.stem}.ipynb"
                place.parent.mkdir(parents=True)
                place.write_text(text, encoding="utf-8")

            def replayed(assignment, submissions, number, scratch, count=count):
                todo, due, draw = iter(submissions), [], random.Random(0)

                def give() -> None:
                    if (one := next(todo, None)) is not None:
                        heapq.heappush(
                            due, (time.perf_counter() + seconds * draw.uniform(0.7, 1.3), one.student, one.sha256)
                        )

                for _ in range(count):
                    give()
                while due:
                    when, student, sha256 = heapq.heappop(due)
                    time.sleep(max(0.0, when - time.perf_counter()))
                    values = {**vars(model), "student": student, "keys": {"submission": sha256}}
                    give()
                    yield Result(**values)

            real, grade.grade_locally = grade.grade_locally, replayed
            started, computed = time.perf_counter(), time.process_time()
            try:
                with open(os.devnull, "w", encoding="utf-8") as nothing:
                    kept, sys.stdout, errors, sys.stderr = sys.stdout, nothing, sys.stderr, nothing
                    try:
                        code = grade.run(grade.Options(source.stem, here))
                    finally:
                        sys.stdout, sys.stderr = kept, errors
            finally:
                grade.grade_locally = real
            assert code == 0
            wall, computed = time.perf_counter() - started, time.process_time() - computed
            done, could = 60 * size / wall, 60 * count / seconds
            print(f"| {count} | {size} | {done:.0f} | {done / could:.2f} | {computed / wall:.0%} |", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["throughput", "growth", "workers", "simulate"])
    parser.add_argument("--assignment", default="", help="which notebook (default: the first)")
    parser.add_argument("--size", type=int, default=120, help="submissions of a batch")
    parser.add_argument("--batches", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000], help="of the classes for growth")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 10, 50, 100, 200], help="to simulate")
    parser.add_argument("--seconds", type=float, default=0.25, help="that a simulated worker takes for a submission")
    chosen = parser.parse_args()
    ctypes.CDLL(None).prctl(BECOME_SUBREAPER, 1, 0, 0, 0)
    source = next(one for one in sources() if one.stem == chosen.assignment or not chosen.assignment)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}")
    for part in chosen.parts:
        if part == "throughput":
            throughput(source, chosen.size, chosen.batches)
        elif part == "growth":
            growth(source, chosen.sizes)
        elif part == "workers":
            workers(source, chosen.size, chosen.batches)
        elif part == "simulate":
            simulate(source, chosen.workers, chosen.seconds)
        else:
            parser.error(f"there is no part {part!r}")


if __name__ == "__main__":
    main()
