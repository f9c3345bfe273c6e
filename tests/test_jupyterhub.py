"""A class on a real JupyterHub: an instructor and a student go the whole way in a browser, another student snoops.

The hub runs as root with the machine's real accounts, made by ``useradd`` in a mount namespace: its /etc, /home, /srv
and exchange are folders of this test, and nothing of the machine changes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import build
from autograder.mistakes import mistakes_in
from autograder.reference import solution_text

ROOT = Path(__file__).resolve().parent.parent
NAME = "03_gradient_checking"
RIGHT, WRONG = "relative_difference", "numerical_derivative"
SETTLE = """
groupadd instructors
groupadd students
for user in ines:instructors ada:students bob:students; do
    useradd --create-home --key HOME_MODE=0700 --shell /bin/bash --groups ${user#*:} ${user%:*}
    echo ${user%:*}:secret of ${user%:*} | chpasswd
done
install -d -m 1777 /usr/local/share/nbgrader/exchange
install -d -m 755 -o ines /usr/local/share/nbgrader/exchange/improving-dnn
mv /srv/checkout /home/ines/course
chown -R ines: /home/ines/course
"""

pytestmark = pytest.mark.skipif(
    not (sys.platform == "linux" and os.geteuid() == 0) or not all(map(shutil.which, ("bwrap", "useradd"))),
    reason="needs root, bubblewrap and useradd",
)


@pytest.fixture(scope="module")
def machine() -> Iterator[list[str]]:
    """Make the machine of a class, as autograder/README.md says; gives the command that runs others in it."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree("/etc", folder / "etc", symlinks=True)
        for room in ("home", "local", "srv/hub"):
            (folder / room).mkdir(parents=True)
        copy_course(folder / "srv" / "course", "course_utils", "datasets")
        copy_course(folder / "srv" / "checkout", "course_utils", "datasets", "autograder")
        (folder / "srv" / "course" / ".venv").mkdir()
        command = ["bwrap", "--cap-add", "ALL", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", "/root"]
        for mine, theirs in {"etc": "/etc", "home": "/home", "local": "/usr/local/share", "srv": "/srv"}.items():
            command += ["--bind", str(folder / mine), theirs]
        # Where the environment was installed from, there is now what students get.
        places = {sys.base_prefix: sys.base_prefix, sys.prefix: "/srv/course/.venv", folder / "srv/course": ROOT}
        for mine, theirs in places.items():
            for above in reversed(Path(theirs).parents):
                command += ["--perms", "0755", "--dir", str(above)]
            command += ["--bind", str(mine), str(theirs)]
        command += ["--chdir", "/srv/hub"]
        subprocess.run([*command, "sh", "-e", "-c", SETTLE], check=True)
        yield command


def copy_course(to: Path, *parts: str) -> None:
    unwanted = shutil.ignore_patterns("__pycache__", "solved", "work", "demo", "*.db", "secret", ".nbgrader*")
    for part in parts:
        shutil.copytree(ROOT / part, to / part, ignore=unwanted)
    if "autograder" in parts:
        [source] = [one for one in build.sources() if one.stem == NAME]
        notebook = build.notebook(source)
        kept = [cell for cell in notebook.cells if cell.id.removeprefix("test_") in (RIGHT, WRONG)]
        notebook.cells = [*notebook.cells[:2], *kept]
        path = to / "autograder" / "solved" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def hub(machine, tmp_path_factory) -> Iterator[str]:
    """Start JupyterHub with the settings of autograder/jupyterhub_config.py; gives its address."""
    with socket.socket() as free, socket.socket() as other, socket.socket() as third:
        for one in (free, other, third):
            one.bind(("127.0.0.1", 0))
        port, proxy, api = (one.getsockname()[1] for one in (free, other, third))
    command = ["/srv/course/.venv/bin/python", "-m", "jupyterhub", "--config", "/home/ines/course/autograder/jupyterhub_config.py"]
    command += [f"--ip=127.0.0.1", f"--port={port}", f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy}"]
    command += [f"--JupyterHub.hub_port={api}"]
    log = tmp_path_factory.mktemp("hub") / "log"
    with log.open("wb") as file:
        running = subprocess.Popen([*machine, *command], stdout=file, stderr=file)
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{address}/hub/login", timeout=5).close()
            break
        except OSError:
            if running.poll() is not None or time.monotonic() > deadline:
                running.kill()
                raise AssertionError(f"no hub:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.1)
    yield address
    running.terminate()
    running.wait(60)
