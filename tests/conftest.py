"""What tests share: the built course, and answers by exercise."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before NumPy is imported: on arrays as small as ours more threads only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import alembic_once  # noqa: F401 - for all that make a gradebook
import pytest
from filelock import FileLock
from needs import chromium, need, postgresql, required, summary

from autograder.authoring import build
from autograder.topics import sources
from autograder.topics.notebook_text import missing_extra
from course_utils.checks.exercise import EXERCISES

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
SAMPLE = ("03",)  # the solved notebook that is run by default: quick, and it reads another; the CI runs all of them
# What takes minutes begins first, so that no core waits for it in the end.
LONGEST = ["test_build", "test_grading", "test_hostile", "test_engine", "test_verdicts", "test_check", "test_cluster"]
LONGEST += ["test_formgrader", "test_jupyterhub", "test_lab", "test_tensorflow", "test_intake", "test_notebooks"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run only the soak tests, and these whole (make soak)")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: some tests wait for servers, browsers and what sleeps."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose: with ``--soak`` what is marked or scales with the fixture ``soak``, else all but what is marked."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))  # stable: tests of a file stay in order
    whole = config.getoption("--soak")
    unwanted = [
        item
        for item in items
        if (whole and not {"soak"} & {*item.keywords, *getattr(item, "fixturenames", ())})
        or (not whole and item.get_closest_marker("soak"))
    ]
    if unwanted:
        config.hook.pytest_deselected(items=unwanted)
        items[:] = [item for item in items if item not in unwanted]


@pytest.fixture(scope="session")
def soak(pytestconfig: pytest.Config) -> bool:
    """Whether this is a soak run: tests that take long by nature are small otherwise."""
    return pytestconfig.getoption("--soak")


def pytest_configure(config: pytest.Config) -> None:
    required()  # a typing mistake in REQUIRE is said at once
    with contextlib.suppress(ImportError):  # it comes with TensorFlow
        import absl.logging

        # When logging is configured anew it closes its stream, if that is not sys.stderr of that moment: pytest's own.
        absl.logging.get_absl_handler().python_handler.stream = sys.__stderr__


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for what a test needs: by its marker, or as it is about an exercise (name) or a notebook (source)."""
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            need(name)
    about = getattr(item, "callspec", None)
    values = about.params if about else {}
    answers = (getattr(values.get(key), "exercise", None) for key in ("variant", "mistake"))
    for name in (values.get("name"), *answers):
        if isinstance(name, str) and name in EXERCISES and EXERCISES[name].needs:
            need(EXERCISES[name].needs)
    source = values.get("source")
    if isinstance(source, Path) and (package := missing_extra(source)):
        need(package)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not run, and how to run it."""
    lines = summary([report.longrepr[2] for report in terminalreporter.stats.get("skipped", [])])
    if not terminalreporter.config.getoption("--soak"):
        lines.append("Soak tests ran small or not at all. To run them whole: make soak")
    terminalreporter.section("not run here")
    for line in lines:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory, soak: bool) -> list[Path]:
    """Run notebooks with all answers in them: a sample; in a soak all for which there are packages."""
    # Once for all processes of a run, where pytest-xdist shares the tests out.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    done = tmp_path_factory.getbasetemp().parent / f"solved-{run}.json"
    with FileLock(done.with_suffix(".lock")):
        if not done.exists():
            chosen = [file for file in sources() if not missing_extra(file) and (soak or file.stem.startswith(SAMPLE))]
            done.write_text(json.dumps([str(path) for path in build.solve(chosen)]), encoding="utf-8")
    return [Path(path) for path in json.loads(done.read_text(encoding="utf-8"))]


@pytest.fixture(scope="session")
def released() -> list[Path]:
    """The notebooks that students open."""
    return sorted((ROOT / "notebooks").glob("*/*.ipynb"))


@pytest.fixture  # for one test each: while Playwright runs, nothing else can run an event loop
def browser() -> Iterator[Any]:
    """A real Chromium, driven by Playwright."""
    need("browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=chromium(), args=BROWSER)
        yield launched
        launched.close()


@pytest.fixture
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[str], Path, Path], str]]:
    """Start Jupyter servers: ``serve(module and arguments, folder, PYTHONPATH)`` gives the address; the token is t."""
    running: list[tuple[subprocess.Popen, int]] = []

    def start(command: list[str], folder: Path, path: Path) -> str:
        home = tmp_path_factory.mktemp("home")
        options = ["--no-browser", "--port=0", "--IdentityProvider.token=t"]
        options += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        places = {"HOME": home, "JUPYTER_RUNTIME_DIR": home, "JUPYTER_CONFIG_DIR": home, "PYTHONPATH": path}
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", *command, *options],
                cwd=folder,
                env={**os.environ, **{key: str(value) for key, value in places.items()}},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 120
        while True:
            for file in home.glob("jpserver-*.json"):
                with contextlib.suppress(ValueError):  # not whole yet
                    told = json.loads(file.read_text())
                    running.append((server, told["pid"]))
                    return f"http://127.0.0.1:{told['port']}"
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise AssertionError(f"no server:\n{(home / 'log').read_text(errors='replace')}")
            time.sleep(0.1)

    yield start
    for server, pid in running:
        os.kill(pid, signal.SIGTERM)
        server.wait(60)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL that listens on a socket in a folder of its own."""
    need("postgresql")
    programs = postgresql()
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    user = "postgres" if sys.platform != "win32" and os.getuid() == 0 else None  # it refuses to run as root
    if user:
        shutil.chown(folder, user)
    initdb: list[str | Path] = [programs / "initdb", "-D", folder / "data", "-U", "grader", "-A", "trust"]
    subprocess.run(initdb, cwd=folder, check=True, capture_output=True, user=user)
    options: list[str | Path] = ["-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
    server = subprocess.Popen([programs / "postgres", *options], cwd=folder, stderr=subprocess.DEVNULL, user=user)
    try:
        createdb: list[str | Path] = [programs / "createdb", "-h", folder, "-U", "grader", "gradebook"]
        while subprocess.run(createdb, capture_output=True).returncode:
            assert server.poll() is None, "PostgreSQL ended"
            time.sleep(0.1)
        yield f"postgresql+psycopg://grader@/gradebook?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
