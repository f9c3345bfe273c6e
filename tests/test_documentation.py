"""Every command of the documentation, run as printed, in order, on a bare clone in a folder with an awkward name.

Nothing is installed but what the page itself installs; what is installed then is held against the extra it names.
A fenced block without a language, or with ``sh``, is commands, ``python`` is Python, ``text`` is neither. A block
below ``<!-- not run: reason -->`` is left out.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from nbgrader.apps import NbGraderApp
from needs import need
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder import demo
from autograder.__main__ import main as autograder_command
from autograder.authoring import build
from autograder.reporting import class_table
from autograder.topics import source_of, sources
from autograder.topics.answer_cells import solution_text
from autograder.topics.notebook_text import exercises_in
from autograder.topics.registry import MISTAKES, mistakes_in
from course_utils import check
from course_utils.__main__ import main as students_command

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "autograder/README.md", "autograder/judge/README.md", "CONTRIBUTING.md")
ACCEPTED = ("conda", "PowerShell", "cluster", "recursion")
OWN_TEST = {
    "With JupyterHub": "tests/test_jupyterhub.py",
    "In a course of your own": "tests/test_judge_alone.py",
}
FOLDER = "Kürs [DL] 1"
NAME = "01_initialization"
INSTALL = re.compile(r"-m pip install .*-e ['\"]?(\.(?:\[[\w,]+\])?)['\"]?")
MAKE_ENVIRONMENT = ["python3 -m venv .venv", ". .venv/bin/activate"]
RECURSION = {
    "make test": "make test OPTIONS='--collect-only -q'",
    "python -m pytest": "python -m pytest --co -q",
}
SERVERS = {"make lab": "lab", "python -m course_utils lab": "lab", "jupyter lab": f"formgrader/api/submissions/{NAME}"}
FILES = "python -m http.server"
PROGRAM = re.compile(r"(\$ )?(python3?|py|nbgrader|make|git|pip|uv|jupyter|conda|dask|source|cd) ")
CLASS = {"ada": ("Lovelace, Ada", 4711), "bea": ("Müller, Bea", 4712), "bob": ("Kent, Bob", 4713)}


@dataclass
class Block:
    """A fenced block: where it stands, what it holds, and why it is not run."""

    section: str
    language: str
    text: str
    reason: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]

    @property
    def installs(self) -> list[str]:
        """The extras that its ``pip install`` lines name."""
        return INSTALL.findall(self.text)


def blocks(page: str) -> list[Block]:
    """Read the fenced blocks of a page."""
    found, section, reason, fence, inside = [], "", "", None, []
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        if fence is not None:
            if line == "```":
                found.append(Block(section, fence, "\n".join(inside), reason))
                fence, reason = None, ""
            else:
                inside.append(line)
        elif line.startswith("```"):
            fence, inside = line[3:], []
        elif line.startswith("#"):
            section = line.lstrip("# ")
        elif told := re.fullmatch(r"<!-- not run: (.+) -->", line):
            reason = told[1]
        elif line.strip():
            reason = ""
    assert fence is None, f"{page}: a fenced block does not end"
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_block_says_what_it_is(page):
    for one in blocks(page):
        assert one.language in ("", "sh", "python", "text"), one
        assert not one.reason or one.reason.split()[0].rstrip(":,") in ACCEPTED, one
        if one.language == "text":
            assert not [line for line in one.lines if PROGRAM.match(line) and "►" not in line], one


def test_what_is_not_run_is_little():
    left_out = [(page, one.reason) for page in PAGES for one in blocks(page) if one.reason]
    assert left_out == [("README.md", "PowerShell"), ("README.md", "conda"), *[("autograder/README.md", "cluster")] * 2]


def test_commands_in_the_text_exist(capsys):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = {"make": set(re.findall(r"^(\w+):", makefile, re.MULTILINE)), "nbgrader": set(NbGraderApp.subcommands)}
    for package, main in (("autograder", autograder_command), ("course_utils", students_command)):
        with pytest.raises(SystemExit):
            main(["--help"])
        known[f"python -m {package}"] = set(re.search(r"\{([\w,]+)\}", capsys.readouterr().out)[1].split(","))
    found = set()
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        spans = [*re.findall(r"`[^`]+`", text), *(f"`{line}" for block in blocks(page) for line in block.lines)]
        for program, word in re.findall(r"`(make|nbgrader|python -m \w+) (\w+)", "".join(spans)):
            if program in known:
                assert word in known[program], f"{page}: {program} {word}"
                found.add(f"{program} {word}")
        for script in re.findall(r"(?:python|pytest) ((?:benchmarks|tests)/\w+\.py)", text):
            assert (ROOT / script).exists(), f"{page}: {script}"
    assert {"make demo", "nbgrader autograde", "python -m autograder doctor", "python -m course_utils lab"} <= found


def test_the_demonstration_names_what_it_leaves_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(demo, "missing_extra", lambda source: "tensorflow" if source.stem != NAME else "")
    monkeypatch.setattr(demo, "make_course", _stop)
    monkeypatch.setattr(demo, "start_forkserver", lambda: None)
    with pytest.raises(InterruptedError):
        demo.run_demo(str(tmp_path / "demo"))
    left_out = re.findall(r"(\w+) is left out\. .*tensorflow", capsys.readouterr().out)
    assert {*left_out, NAME} == {source.stem for source in sources()}


def _stop(*_):
    raise InterruptedError


def test_the_report_that_readme_shows_is_one():
    wrong = next(one for one in MISTAKES if one.sentence.startswith("You multiplied by the variance 2 / n_in"))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(AssertionError):
        check(wrong.function)
    [shown] = [one.text for one in blocks("README.md") if one.text.startswith("✘")]
    assert said.getvalue().strip() == shown


# --- a machine of somebody else's -------------------------------------------------------------------------------------


class Terminal:
    """A shell in a bare clone: each command finds the folder and the environment as the last command left them.

    The environment lies in the clone where ``make`` puts it there, else in a plain folder: Jupyter Server finds no
    extensions below a folder with brackets, as the doctor says.
    """

    def __init__(self, folder: Path, in_clone: bool) -> None:
        self.clone, self._kept = folder / FOLDER, folder / "environments"
        self._venv = self.clone / ".venv" if in_clone else folder / "venv"
        self.extras: tuple[str, ...] = ()
        self.server_settings, self.runtime = folder / "settings", folder / "runtime"
        for one in (self._kept, self.server_settings, folder / "home"):
            one.mkdir()
        (self.server_settings / "jupyter_server_config.py").write_text(
            "c.ServerApp.open_browser = False\nc.ServerApp.allow_root = True\nc.IdentityProvider.token = 't'\n",
            encoding="utf-8",
        )
        clone(self.clone)
        home = Path.home()
        passed = re.compile(r"(PIP|UV|SSL)_\w+|\w+_proxy|REQUESTS_CA_BUNDLE|TMPDIR", re.IGNORECASE)
        self._environment = {key: value for key, value in os.environ.items() if passed.fullmatch(key)} | {
            "HOME": str(folder / "home"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",  # a server's address stands in its log at once
            "PATH": os.pathsep.join([f"{sys.base_prefix}/bin", *_path_without_environment()]),
            "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(home / ".cache" / "pip")),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(home / ".cache" / "uv")),
            "JUPYTER_CONFIG_DIR": str(self.server_settings),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
        }
        self._where = self.clone
        self._state = folder / "state"
        self._state.touch()

    def run(self, command: str) -> str:
        """Run a command; gives what it said, once its exit code is 0."""
        done = subprocess.run(**self._call(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{command}\nended with {done.returncode}:\n{done.stdout[-6000:]}"
        assert "Traceback (most recent call last)" not in done.stdout, f"{command}\n{done.stdout[-6000:]}"
        self._where = Path(self._state.with_suffix(".where").read_text(encoding="utf-8").rstrip("\n"))
        return done.stdout

    def serve(self, command: str, page: str) -> None:
        """Start a server, open a page of its, and stop it."""
        shutil.rmtree(self.runtime, ignore_errors=True)
        log = self._state.with_suffix(".log")
        with log.open("w", encoding="utf-8") as file:
            running = subprocess.Popen(**self._call(command), stdout=file, stderr=file, start_new_session=True)
        try:
            while not (address := address_of(self.runtime, log)):
                assert running.poll() is None, f"{command}\n{log.read_text(errors='replace', encoding='utf-8')[-6000:]}"
                time.sleep(0.2)
            with urllib.request.urlopen(f"{address}/{page}?token=t", timeout=120) as answer:
                assert answer.status == 200
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            running.wait()
        while True:  # what it started goes, too
            try:
                urllib.request.urlopen(address, timeout=120).close()
            except urllib.error.HTTPError:
                pass
            except OSError:
                break
            time.sleep(0.2)

    def _call(self, command: str) -> dict:
        where = self._state.with_suffix(".where")
        if self._venv.parent != self.clone:
            command = command.replace(".venv", str(self._venv))
        script = f'set -e\n. "{self._state}"\n{command}\npwd >"{where}"\nexport -p >"{self._state}"\n'
        return {
            "args": ["bash", "-c", script],
            "cwd": self._where,
            "env": self._environment,
            "stdin": subprocess.DEVNULL,
        }

    def take_environment(self, extras: tuple[str, ...], fresh: bool) -> bool:
        """Have the environment hold what these extras need, or nothing yet; tells whether there is an environment."""
        if self._venv.exists():
            self._venv.rename(self._kept / "+".join(self.extras))
        self.extras, kept = extras, self._kept / "+".join(extras)
        if fresh:
            shutil.rmtree(kept, ignore_errors=True)
        if kept.exists():
            kept.rename(self._venv)
        return self._venv.exists()

    def make_environment(self) -> None:
        """Make an empty environment and activate it, as the pages do that have a block for it."""
        before, self._where = self._where, self.clone
        for line in MAKE_ENVIRONMENT:
            self.run(line)
        self._where = before

    def extras_of(self, command: str) -> list[str]:
        """Name the extras that a command installs; of ``make``, what it would run."""
        if not command.startswith("make "):
            return INSTALL.findall(command)
        shown = subprocess.run(
            ["make", "-Bn", command.split()[1]], cwd=self.clone, capture_output=True, text=True, encoding="utf-8"
        )
        return INSTALL.findall(shown.stdout)

    def hold_against(self, extras: tuple[str, ...]) -> None:
        """Compare what is installed with what these extras need."""
        [packages] = (self._venv / "lib").glob("python3*/site-packages")
        installed = {canonicalize_name(one.name): one for one in distributions(path=[str(packages)])}
        needed = closure(installed, {name for extra in extras for name in re.findall(r"\w+", extra)})
        assert installed.keys() - {"pip", "setuptools"} == needed - {"pip", "setuptools"}, extras


def clone(to: Path) -> None:
    """Clone this repository as it is now, what is not committed yet included."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.hooksPath="]
    subprocess.run([*git, "clone", "--quiet", "--no-hardlinks", ROOT, to], check=True)
    listed = ["ls-files", "-z", "--modified", "--others", "--exclude-standard"]
    changed = subprocess.run(
        [*git, *listed], cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout
    for name in filter(None, changed.split("\0")):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copyfile(ROOT / name, to / name)
        else:
            (to / name).unlink()
    if changed:
        subprocess.run([*git, "add", "--all"], cwd=to, check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "As it is now"], cwd=to, check=True)


def _path_without_environment() -> list[str]:
    return [one for one in os.environ["PATH"].split(os.pathsep) if not Path(one).is_relative_to(sys.prefix)]


def closure(installed: dict[str, Distribution], extras: set[str]) -> set[str]:
    """Name every package that the course with these extras needs here, itself included."""
    needed: set[tuple[str, str]] = set()
    waiting = [("improving-dnn", one) for one in {"", *extras}]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in needed:
            continue
        needed.add((name, extra))
        for text in installed[name].requires or [] if name in installed else []:
            one = Requirement(text)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(one.name), wanted) for wanted in {"", *one.extras}]
    return {name for name, _ in needed}


def address_of(runtime: Path, log: Path) -> str:
    """Find where a server listens; empty where it does not yet."""
    for file in runtime.glob("jpserver-*.json"):
        try:
            return json.loads(file.read_text(encoding="utf-8"))["url"].rstrip("/")
        except ValueError:  # not whole yet
            return ""
    found = re.search(r"Serving HTTP on .* port (\d+)", log.read_text(errors="replace", encoding="utf-8"))
    return f"http://127.0.0.1:{found[1]}" if found else ""


# --- a page -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(tmp_path: Path, page: str) -> Terminal:
    return Terminal(tmp_path, in_clone=any(line.startswith("make ") for block in blocks(page) for line in block.lines))


@pytest.fixture
def filled(tmp_path: Path) -> dict[str, str]:
    """What stands for the documentation's placeholders: a class as Canvas exports it, and what it handed in."""
    download = tmp_path / "Canvas (download)"
    download.mkdir()
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{NAME} (91)"]]
    rows += [["    Points Possible", "", "", "", "", "50"]]
    names = exercises_in(source_of(NAME))
    right = {name: solution_text(name) for name in names}
    wrong = {name: next((one.text for one in mistakes_in(name)), right[name]) for name in names}
    released = build.nbformat.read(ROOT / "notebooks" / NAME / f"{NAME}.ipynb", as_version=4)
    for (student, (name, number)), answers in zip(CLASS.items(), (right, wrong, {}), strict=True):
        rows.append([name, str(number), f"s{number}", student, "A", ""])
        file = download / f"{name.replace(', ', '').lower()}_{number}_90210_{NAME}.ipynb"
        build.nbformat.write(demo.filled(released, answers), file)
    table = tmp_path / "2026 [Fall] grades.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return {"DOWNLOADED": f'"{download}"', "GRADEBOOK.csv": f'"{table}"', "COURSE": f'"{tmp_path / FOLDER}"'}


@pytest.mark.soak
@pytest.mark.skipif(sys.platform == "win32", reason="PowerShell has other commands")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_printed(page, terminal, filled, capsys):
    if page.startswith("autograder"):
        need("sandbox")
    said, skipped, first = {}, [], None
    for block in blocks(page):
        if block.language == "text":
            continue
        if reason := block.reason or OWN_TEST.get(block.section):
            skipped.append(f"{page}, {block.section} ({reason}): {block.lines[0]} …")
            continue
        if block.language == "python":
            run_python(terminal, block.text)
            continue
        named = tuple(block.installs)
        own = any("-m venv" in line for line in block.lines)
        if named or (first and not any(line.startswith("make ") for line in block.lines)):
            ready = terminal.take_environment(named or first, fresh=own)
            if not ready and not own:
                terminal.make_environment()
        for line in block.lines:
            command = line.split("  #")[0].strip()
            extras = tuple(terminal.extras_of(command))
            if command.startswith("make "):
                terminal.take_environment(extras, fresh=False)
            for placeholder, value in filled.items():
                command = command.replace(placeholder, value)
            with capsys.disabled():
                print(f"\n{page}: {command}", flush=True)
            run(terminal, command, said, skipped)
            if extras:
                first = first or extras
                terminal.hold_against(extras)
    with capsys.disabled():
        print(f"\n{page}, not run:", *(skipped or ["nothing"]), sep="\n  ")
    came_of(page, terminal.clone, said)


def run(terminal: Terminal, command: str, said: dict[str, str], skipped: list[str]) -> None:
    """Run a line as printed; a server is opened and stopped, and our own tests are only collected."""
    if command in SERVERS:
        terminal.serve(command, SERVERS[command])
    elif command.startswith(FILES):
        terminal.serve(f"{command} 0", "")  # any free port
    elif command in RECURSION:
        skipped.append(f"{command} (recursion): {RECURSION[command]}")
        said[command] = terminal.run(RECURSION[command])
    else:
        said[command] = terminal.run(command)


def run_python(terminal: Terminal, text: str) -> None:
    """Run a block of Python: settings as the course's own, and anything else with what notebooks import."""
    if text.startswith("c."):
        settings = terminal.clone / "autograder" / "nbgrader_config.py"
        before = settings.read_text(encoding="utf-8")
        settings.write_text(f"{before}\n{text}\n", encoding="utf-8")
        assert "a trusted class" in terminal.run("python -m autograder doctor")
        settings.write_text(before, encoding="utf-8")
    else:
        script = terminal.clone.parent / "block.py"
        script.write_text(f"import os\n\nimport numpy as np\n\n{text}\n", encoding="utf-8")
        terminal.run(f'python "{script}"')


def came_of(page: str, clone: Path, said: dict[str, str]) -> None:
    """See that the commands did what the page says, and not only that they ended well."""
    assert not [one for one in said.values() if "Skipping existing" in one]
    if page == "README.md":
        for part in ("site", "lite"):
            assert (clone / "build" / part / "index.html").stat().st_size
        assert "receipt" in said["python -m course_utils submit 02_regularization"]
        for command in ("make demo", "python -m autograder demo"):
            assert all(source.stem in said[command] for source in sources())
    elif page == "autograder/README.md":
        course = clone / "autograder"
        points = {row.student: row.points for row in class_table.class_table(course, NAME)}
        assert points["ada"] == 50
        assert 0 < points["bea"] < 50
        assert points["bob"] == 0
        for student in CLASS:
            assert (course / "feedback" / student / NAME / f"{NAME}.html").exists()
        assert (course / "report" / NAME / "report.html").exists()
        assert (course / "grades.csv").read_text(encoding="utf-8").count(NAME) == len(CLASS)
        [table] = clone.parent.glob("*-filled*.csv")
        assert ",ada,A,50" in table.read_text(encoding="utf-8")
        with zipfile.ZipFile(clone / "course.zip") as archive:
            assert f"notebooks/{NAME}/{NAME}.ipynb" in archive.namelist()
            assert not [name for name in archive.namelist() if name.startswith("autograder")]
    elif page == "autograder/judge/README.md":
        assert "✔" in said["python -m autograder.judge"]
    else:
        assert int(re.search(r"(\d+)(?:/\d+)? tests collected", said["make test"])[1]) > 1000
        assert (clone / ".git" / "hooks" / "pre-commit").exists()
        made, ours = (
            re.sub("#.*\n", "", (one / "constraints.txt").read_text(encoding="utf-8")) for one in (clone, ROOT)
        )
        assert made == ours
