"""The course in the browser: built offline, as released, without answers, and asking only for Pyodide."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder.authoring import build
from course_utils.checks.exercise import EXERCISES

pytestmark = pytest.mark.needs("lite")

ROOT = Path(__file__).resolve().parent.parent
KERNEL = "@jupyterlite/pyodide-kernel-extension"
# Of Python's library, what Pyodide lacks or cannot do; ``signal`` and ``threading`` can be imported there.
NOT_IN_A_BROWSER = ["subprocess", "multiprocessing", "socket", "ssl", "resource", "fcntl", "pwd", "grp", "termios"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build it where no proxy lets anything out."""
    folder = tmp_path_factory.mktemp("lite") / "site"
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    done = subprocess.run(
        [sys.executable, ROOT / "lite" / "build.py", folder],
        env={**os.environ, **nowhere, "no_proxy": "", "NO_PROXY": ""},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def settings(site):
    """What the kernel in the browser is told."""
    content = json.loads((site / "jupyter-lite.json").read_text(encoding="utf-8"))
    return content["jupyter-config-data"]["litePluginSettings"][f"{KERNEL}:kernel"]


@pytest.fixture(scope="module")
def unpacked(site, tmp_path_factory):
    """The course's wheel, as the kernel unpacks it."""
    folder = tmp_path_factory.mktemp("site-packages")
    [wheel] = (site / "pypi").glob("course_utils-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_holds_every_released_notebook_as_it_is(site, unpacked, released):
    assert released
    wanted = {path.relative_to(ROOT / "notebooks").as_posix(): path.read_bytes() for path in released}
    page = {"glossary.md": (ROOT / "notebooks" / "glossary.md").read_bytes()}  # not for the kernel
    for folder, further in ((site / "files", page), (unpacked / "notebooks", {})):
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        assert found == wanted | further


def test_holds_no_answer_and_nothing_of_the_autograder(site, unpacked):
    answers = {line for name in EXERCISES for line in build._answer_lines(name)}
    assert len(answers) > 30
    assert not [path for folder in (site, unpacked) for path in folder.rglob("*autograder*")]
    metadata = next(unpacked.glob("*.dist-info")).name
    assert {path.name for path in unpacked.iterdir()} == {"course_utils", "datasets", "notebooks", metadata}
    for path in [*(site / "files").rglob("*.*"), *unpacked.rglob("*.py"), *unpacked.rglob("*.ipynb")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        assert not answers & {line.strip() for line in text.splitlines()}, path
        for word in ("BEGIN SOLUTION", "BEGIN HIDDEN", "import autograder", "from autograder"):
            assert word not in text, (path, word)


def test_what_the_kernel_loads_is_there_with_the_right_hash(site, settings):
    """What no Pyodide has lies beside it, where the kernel's own script, from which Pyodide looks, finds it."""
    index = json.loads((site / "pypi" / "all.json").read_text(encoding="utf-8"))
    listed = {
        entry["filename"]: entry["digests"]["sha256"]
        for package in index.values()
        for entries in package["releases"].values()
        for entry in entries
    }
    assert {path.name for path in (site / "pypi").glob("*.whl")} == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((site / "pypi" / name).read_bytes()).hexdigest() == digest
    assert any(url.startswith("./pypi/all.json?") for url in settings["pipliteUrls"])
    assert settings["disablePyPIFallback"] is True

    [script] = (site / "extensions" / KERNEL / "static").glob("comlink.worker.*.js")
    packages = settings["loadPyodideOptions"]["packages"]
    wheels = [(script.parent / name).resolve() for name in packages if name.endswith(".whl")]
    assert {path.name for path in wheels} == set(listed)
    assert all(path.parent == (site / "pypi").resolve() for path in wheels)


def test_every_need_of_the_course_is_loaded(unpacked, settings):
    packages = settings["loadPyodideOptions"]["packages"]
    loaded = {re.sub(r"^.*/|-.*", "", name) for name in packages}
    [metadata] = unpacked.glob("*.dist-info/METADATA")
    needed = re.findall(r"^Requires-Dist: (.*)$", metadata.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {Requirement(one).name for one in needed} <= loaded
    assert {"numpy", "matplotlib", "h5py", "ipywidgets", "tqdm"} <= loaded


def test_works_where_there_are_no_processes(unpacked, tmp_path):
    """In the unpacked wheel, data, checks and progress are found, and nothing imports what a browser lacks."""
    work = tmp_path / "drive"
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        to = work / path.relative_to(ROOT / "notebooks")
        to.parent.mkdir(parents=True)
        to.write_bytes(path.read_bytes())
    program = f"""
import contextlib, sys
import h5py, IPython.display, matplotlib.pyplot, numpy  # what these import is for Pyodide to mend
sys.modules.update(dict.fromkeys({NOT_IN_A_BROWSER}))  # None: importing it is an ImportError

import course_utils.challenge
from course_utils import check, data, progress
from course_utils.checks import CheckFailed

print(data.load_circles().X_train.shape, data.__file__)

def initialize_parameters_he(layers_dims, rng):
    return {{}}

with contextlib.suppress(CheckFailed):
    check(initialize_parameters_he)
progress()
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=work / "01_initialization",
        env={**os.environ, "PYTHONPATH": str(unpacked), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert f"(2, 300) {unpacked / 'course_utils' / 'data.py'}" in done.stdout
    assert "initialize_parameters_he: it returns an empty dict" in done.stdout
    for path in (unpacked / "notebooks").iterdir():
        assert path.name in done.stdout  # of progress()


@pytest.fixture
def address(site):
    """Serve it on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_opens_a_notebook_and_asks_elsewhere_only_for_pyodide(browser, address):
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    elsewhere = []

    def refuse(route):
        elsewhere.append(route.request.url)
        route.abort()

    context.route(lambda url: not url.startswith((address, "data:", "blob:")), refuse)
    page = context.new_page()
    with context.expect_event("requestfailed", lambda request: not request.url.startswith(address)):
        page.goto(f"{address}/lab/index.html?path=01_initialization/01_initialization.ipynb")
        page.locator(".jp-Notebook h1", has_text="Initialization").wait_for()
        page.locator(".jp-Notebook h2", has_text="The task").wait_for()
    page.locator(".jp-Toolbar-kernelName", has_text="Python (Pyodide)").wait_for()
    if target := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{target}/lite.png")
    assert {re.sub(r"/v[\d.]+/.*", "", url) for url in elsewhere} == {"https://cdn.jsdelivr.net/pyodide"}
