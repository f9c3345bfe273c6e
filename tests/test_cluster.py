"""Grading on a real Dask cluster, workers in processes of their own, into a real PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_engine import LIMITS, command, environment, fresh, grade, graded, notebooks, released, rows
from tiny_course import config, release

pytestmark = pytest.mark.needs("cluster", "sandbox")
__all__ = ["graded", "released"]

DASK = [sys.executable, "-m", "distributed.cli.dask_"]


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / "scheduler.json"
        self._started = [self._start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")]
        while not self._file.exists():
            assert self._started[0].poll() is None, (folder / "scheduler.log").read_text(encoding="utf-8")
            time.sleep(0.05)
        import json

        self.address = json.loads(self._file.read_text(encoding="utf-8"))["address"]
        self.workers: list[subprocess.Popen] = []

    def add(self) -> subprocess.Popen:
        """Start a worker."""
        number = len(self.workers)
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", f"w{number}"]
        worker = self._start("worker", *options, "--local-directory", str(self.folder / f"w{number}"))
        self.workers.append(worker)
        return worker

    def _start(self, kind: str, *options: str) -> subprocess.Popen:
        with (self.folder / f"{kind}.log").open("a", encoding="utf-8") as log:
            command = [
                sys.executable,
                "-m",
                "dask",
                kind,
                "--scheduler-file",
                str(self.folder / "scheduler.json"),
                *options,
            ]
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment(), cwd=self.folder)

    def close(self) -> None:
        """End all of them."""
        for one in [*self.workers, *self._started]:
            one.kill()
            one.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of two workers that no test ends."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.add(), made.add()
    yield made
    made.close()


def hand_over(released: Path, to: Path, url: str) -> Path:
    """Make the same course with its gradebook elsewhere."""
    to.mkdir()
    release(
        to, config("autograder.judge.preprocessor.Judge") + LIMITS + f"c.CourseDirectory.db_url = {url!r}\n", more=True
    )
    shutil.copytree(released / "submitted", to / "submitted")
    return to


def test_a_cluster_with_postgresql_gives_the_same(undisturbed, postgres, released, graded, tmp_path):
    course = hand_over(released, tmp_path / "course", postgres)
    assert not (course / "gradebook.db").exists()
    done = grade(course, "--scheduler", undisturbed.address)
    assert done.returncode == 0, done.stderr + (undisturbed.folder / "worker.log").read_text(encoding="utf-8")[-3000:]
    assert rows(course, postgres) == rows(graded)
    assert notebooks(course) == notebooks(graded)
    again = grade(course, "--scheduler", undisturbed.address)
    assert again.stdout.startswith("0 graded, 0 entered"), again.stderr


def test_case_98_a_lost_worker_costs_nobody_anything(cluster, released, graded, tmp_path):
    course = fresh(released, tmp_path / "course")
    first = cluster.add()
    process = subprocess.Popen(
        command(course, "--scheduler", cluster.address),
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    while not list(course.glob("results/*/*/result.json")) and process.poll() is None:
        time.sleep(0.01)
    first.kill()
    first.wait()
    cluster.add()
    said, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "5 graded" in said
    assert rows(course) == rows(graded)
    assert notebooks(course) == notebooks(graded)


def test_no_students_code_runs_in_a_dask_worker(undisturbed, released, tmp_path):
    """Somebody whose answer ends its process ends no worker, and is asked once."""
    course = fresh(released, tmp_path / "course")
    done = grade(course, "--scheduler", undisturbed.address, "--students", "005_crash")
    assert done.returncode == 0, done.stderr
    assert "005_crash: " in done.stdout
    assert [worker.poll() for worker in undisturbed.workers] == [None, None]


def test_without_a_scheduler_a_sentence_says_so(released, tmp_path, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    course = fresh(released, tmp_path / "course")
    done = grade(course, "--scheduler", "tcp://127.0.0.1:1")
    assert done.returncode == 1
    assert "There is no Dask scheduler at tcp://127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_with_another_course_is_refused(cluster, released, tmp_path):
    course = fresh(released, tmp_path / "course")
    with contextlib.ExitStack() as stack:
        other = tmp_path / "versions"
        other.mkdir()
        (other / "sitecustomize.py").write_text(
            "import platform\nplatform.python_version = lambda: '3.99'\n", encoding="utf-8"
        )
        path = os.environ.get("PYTHONPATH", "")
        os.environ["PYTHONPATH"] = str(other)
        stack.callback(os.environ.__setitem__, "PYTHONPATH", path)
        sys.path.insert(0, str(other))
        stack.callback(sys.path.remove, str(other))
        cluster.add()
    done = grade(course, "--scheduler", cluster.address)
    assert done.returncode == 1
    assert "has other environment" in done.stderr
    assert not (course / "results").exists()
