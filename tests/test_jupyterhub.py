"""A class on a real JupyterHub: an instructor and a student go the whole way in a browser; another student looks round.

The hub is root's and its users are real users, made by ``useradd``: in a mount namespace, whose /etc, /home, /srv and
exchange are folders of this test. Nothing of the machine changes.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.pipeline.hidden_checks import examine
from autograder.topics import sources
from autograder.topics.answer_cells import solution_text
from autograder.topics.notebook_text import source_notebook
from autograder.topics.registry import mistakes_in

ROOT = Path(__file__).resolve().parent.parent
NAME = "03_gradient_checking"
RIGHT, WRONG = "numerical_derivative", "relative_difference"
EXCHANGE = "/usr/local/share/nbgrader/exchange"
[USERS] = re.findall(r"^```\n(groupadd .*?)^```", (ROOT / "autograder" / "README.md").read_text("utf-8"), re.M | re.S)
MORE = """
useradd --create-home --key HOME_MODE=0700 --shell /bin/bash --groups students bob
printf '%s\\n' ines:ines-secret ada:ada-secret | chpasswd
mv /srv/checkout ~ines/course
chown -R ines: ~ines/course
"""

pytestmark = pytest.mark.needs("hub")


@pytest.fixture
def machine() -> Iterator[list[str]]:
    """Make the machine of a class; gives the words that go before a command to run it there."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree("/etc", folder / "etc", symlinks=True)
        for room in ("home", "local", "srv/course/.venv"):
            (folder / room).mkdir(parents=True)
        course = folder / "srv" / "course"
        copy(course, "course_utils", "datasets")
        copy(folder / "srv" / "checkout", "course_utils", "datasets", "autograder")
        write_assignment(folder / "srv" / "checkout" / "autograder" / "solved" / NAME / f"{NAME}.ipynb")
        # In a process namespace of its own, the hub's servers and kernels end with it.
        command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command += ["bwrap", "--cap-add", "ALL", "--dev-bind", "/", "/", "--tmpfs", "/root"]
        places = [(folder / "home", "/home"), (sys.base_prefix, sys.base_prefix), (folder / "etc", "/etc")]
        places += [(folder / "local", "/usr/local/share"), (folder / "srv", "/srv"), (sys.prefix, "/srv/course/.venv")]
        # Where this environment's packages were installed from, there is now what students get; its programs name
        # their Python by its place.
        places += [(course, ROOT), (sys.prefix, sys.prefix)]
        for mine, theirs in places:
            for above in reversed(Path(theirs).parents):
                command += ["--perms", "0755", "--dir", str(above)]
            command += ["--bind", str(mine), str(theirs)]
        subprocess.run([*command, "--chdir", "/srv/checkout", "sh", "-e", "-c", USERS + MORE], check=True)
        yield command


def copy(to: Path, *parts: str) -> None:
    """Copy parts of the project, without what was built or graded here."""
    unwanted = shutil.ignore_patterns("__pycache__", "solved", "*.db", "secret", ".*")
    for part in parts:
        shutil.copytree(ROOT / part, to / part, ignore=unwanted)


def write_assignment(path: Path) -> None:
    """Make of a notebook its beginning and two exercises."""
    [source] = [one for one in sources() if one.stem == NAME]
    notebook = source_notebook(source)
    exercises = [cell for cell in notebook.cells if cell.id.removeprefix("test_") in (RIGHT, WRONG)]
    notebook.cells = [*notebook.cells[:2], *exercises]
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


@pytest.fixture
def address(machine: list[str], tmp_path: Path) -> Iterator[str]:
    """Start JupyterHub with its settings as they are, but for the ports."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    port, hub, proxy = (one.getsockname()[1] for one in sockets)
    for one in sockets:
        one.close()
    command = ["--chdir", "/srv/jupyterhub", "/srv/course/.venv/bin/python", "-m", "jupyterhub", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--JupyterHub.hub_port={hub}"]
    command += [f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{proxy}"]
    log = tmp_path / "hub.log"
    with log.open("wb") as file:
        running = subprocess.Popen([*machine, *command], stdout=file, stderr=file)
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/hub/login", timeout=5).close()
            break
        except OSError:  # not yet
            if running.poll() is not None or time.monotonic() > deadline:
                running.kill()
                raise AssertionError(f"no hub:\n{log.read_text(errors='replace', encoding='utf-8')}") from None
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    running.kill()
    running.wait(60)


def run(machine: list[str], user: str, command: str) -> str:
    """Run a command in that machine as one of its users; gives what it said."""
    done = subprocess.run(
        [*machine, "su", "--login", user, "-c", command], capture_output=True, text=True, encoding="utf-8"
    )
    return done.stdout + done.stderr


def readable(machine: list[str], user: str, where: str) -> set[str]:
    """Find the files that a user can read, wherever the user can look."""
    found = f"find {where} -path '*/.*' -prune -o -type f -readable -printf '%u %f\\n' 2>/dev/null"
    return set(run(machine, user, found).splitlines())


def log_in(browser: Any, address: str, user: str) -> Any:
    page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/hub/login")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(f"{user}-secret")
    page.get_by_role("button", name="Sign in").click()
    return page


def choose(page: Any, menu: str, entry: str) -> None:
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_role("menuitem", name=entry, exact=True).click()


def press(formgrader: Any, column: str) -> None:
    """Press a button of formgrader's first row and read what it says."""
    formgrader.locator(f"td.{column} a").first.click()
    dialog = formgrader.locator(".modal-dialog")
    dialog.get_by_role("button", name="OK").wait_for(timeout=120_000)
    assert "Success" in dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    dialog.wait_for(state="detached")


def photograph(page: Any, name: str) -> None:
    if target := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{target}/hub_{name}.png")


def test_a_class_from_release_to_feedback(browser, machine, address):
    mistake = next(each for each in mistakes_in(WRONG) if 0 < examine(each.functions[0], WRONG, 1).share < 1)
    ines, ada = (log_in(browser, address, user) for user in ("ines", "ada"))

    # The instructor releases.
    ines.get_by_role("button", name="No", exact=True).click()  # Jupyter's news
    choose(ines, "Nbgrader", "Formgrader")
    formgrader = ines.frame_locator("iframe")
    for step in ("assign", "release"):
        press(formgrader, step)
    photograph(ines, "released")

    # The student fetches, completes, validates and submits.
    choose(ada, "Nbgrader", "Assignment List")
    ada.get_by_role("button", name="Fetch", exact=True).click()
    ada.locator("a.assignment-notebooks-link").click()
    ada.locator("#fetched_assignments_list .nested_list_item a").click()
    ada.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    fetched = run(machine, "ada", f"cat ~/{NAME}/{NAME}.ipynb")
    for exercise, text in ((RIGHT, solution_text(RIGHT)), (WRONG, mistake.text)):
        ada.locator(".jp-CodeCell .cm-content", has_text=f"def {exercise}").click()
        ada.keyboard.press("Control+A")
        ada.keyboard.insert_text(text)
    choose(ada, "Run", "Run All Cells")
    ada.locator("[role=status]", has_text="✔").wait_for()
    ada.locator("[role=status]", has_text="✘").wait_for()
    ada.keyboard.press("Control+S")
    ada.locator(".lm-TabBar-tab.jp-mod-dirty").wait_for(state="detached")
    photograph(ada, "completed")
    ada.locator(".lm-TabBar-tab", has_text="Assignments").click()
    ada.locator("#fetched_assignments_list").get_by_role("button", name="Validate").click()
    validated = ada.locator(".jp-Dialog")
    validated.get_by_text("Validation Results").wait_for()
    validation = validated.inner_text()
    photograph(ada, "validated")
    validated.get_by_role("button", name="Ok").click()
    ada.get_by_role("button", name="Submit", exact=True).click()
    ada.get_by_role("button", name="Fetch Feedback").wait_for()
    photograph(ada, "submitted")

    # The instructor collects, autogrades and returns feedback.
    press(formgrader, "collect")
    formgrader.locator("td.num-submissions a").click()
    for step in ("autograde", "generate-feedback", "release-feedback"):
        press(formgrader, step)
    photograph(ines, "graded")

    # The student reads it.
    ada.get_by_role("button", name="Fetch Feedback").click()
    ada.get_by_text("(view feedback)").click()
    ada.locator(".jp-DirListing-item", has_text=f"{NAME}.html").dblclick()
    page = ada.frame_locator(".jp-HTMLViewer iframe").locator("body")
    page.get_by_text("Score:").first.wait_for()
    feedback = page.inner_text()
    photograph(ada, "feedback")

    ada.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    commands = ada.locator(".lm-Menu-itemLabel").all_inner_texts()
    foreign = [ada.goto(f"{address}/user/{path}").status for path in ("ines/formgrader", "ada/formgrader")]
    for one in (ines, ada):
        one.context.close()

    for hidden in ("HIDDEN", "autograder", "SOLUTION", *solution_text(RIGHT).splitlines()[-2:]):
        assert hidden not in fetched
    assert f"check({RIGHT})" in fetched
    assert mistake.sentence in " ".join(validation.split())
    assert f"check({RIGHT})" not in validation
    assert mistake.sentence in feedback
    earned = [(float(one), float(most)) for one, most in re.findall(r"Score: ([\d.]+) / ([\d.]+)", feedback)]
    assert len(earned) == 5  # all, each test above, each test at its place
    assert earned[1][0] == earned[1][1]
    assert 0 < earned[2][0] < earned[2][1]
    assert "trusted class" not in feedback
    assert "Assignment List" in commands
    assert not any("Formgrader" in one for one in commands)
    assert foreign == [403, 404]

    # Who can read what: bob finds what was released and nothing of ada's, ines or the answers.
    released, page_of_feedback = f"ines {NAME}.ipynb", f"ada {NAME}.html"
    assert readable(machine, "bob", EXCHANGE) == {released}
    assert readable(machine, "bob", "/home /srv/jupyterhub") == set()
    assert page_of_feedback in readable(machine, "ada", "/home")
    assert f"ada {NAME}.ipynb" in readable(machine, "ines", EXCHANGE)
    assert "ines gradebook.db" in readable(machine, "ines", "/home")
    assert "No module named 'autograder'" in run(machine, "bob", "/srv/course/.venv/bin/python -c 'import autograder'")
    assert run(machine, "bob", "/srv/course/.venv/bin/python -c 'import course_utils'") == ""
