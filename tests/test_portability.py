"""The course works on every system: what Windows and macOS lack is never needed there, and text is always UTF-8."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
import zipfile
from pathlib import Path

import pytest
from elsewhere import without_posix
from tiny_course import NAME, config, write_course

from autograder.__main__ import main
from autograder.authoring import build
from autograder.pipeline.submissions import is_folder_name

ROOT = Path(__file__).resolve().parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
).stdout.split("\0")[:-1]
needs_git = pytest.mark.skipif(not TRACKED, reason="not a clone")


# --- text -------------------------------------------------------------------------------------------------------------


def depends_on_locale(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text in whatever encoding a machine is set to."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if {"encoding", None} & keywords.keys():  # None: ``**`` may give an encoding
        return False
    given = [value.value for value in [*call.args, *keywords.values()] if isinstance(value, ast.Constant)]
    mode = next((value for value in given if isinstance(value, str) and value and set(value) <= set("rwaxbt+")), "")
    owner = getattr(getattr(call.func, "value", None), "id", "")
    match getattr(call.func, "attr", getattr(call.func, "id", "")):
        case "read_text":
            return not call.args
        case "write_text":
            return len(call.args) < 2
        case "open" if owner != "os":  # a method may be an archive's: then it has arguments, and no mode
            return "b" not in mode and bool(isinstance(call.func, ast.Name) or mode or not call.args)
        case "fdopen":
            return "b" not in mode
        case "TemporaryFile" | "NamedTemporaryFile":
            return bool(mode) and "b" not in mode
        case "run" | "Popen" | "check_output":
            return bool({"text", "universal_newlines", "errors"} & keywords.keys())
    return False


@needs_git
def test_text_is_read_and_written_as_utf_8():
    # Ruff's rule (PLW1514) sees only what it can tell the type of, and Python's own EncodingWarning only what runs.
    found = []
    for name in TRACKED:
        if name.endswith(".py") and not name.startswith(("tests/hostile/", "tests/conftest.py")):
            calls = ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
            found += [f"{name}:{one.lineno}" for one in calls if isinstance(one, ast.Call) and depends_on_locale(one)]
    assert not found


@pytest.mark.parametrize(
    ("code", "depends"),
    [
        ("open(path)", True),
        ("open(path, 'w')", True),
        ("open(path, mode='ab')", False),
        ("path.open()", True),
        ("path.open('rb')", False),
        ("archive.open(member)", False),
        ("os.open(path, flags)", False),
        ("os.fdopen(1, 'w')", True),
        ("path.read_text()", True),
        ("path.read_text('utf-8')", False),
        ("path.write_text(text)", True),
        ("path.write_text(text, encoding='utf-8')", False),
        ("subprocess.run(command, text=True)", True),
        ("subprocess.run(command)", False),
        ("tempfile.NamedTemporaryFile('w')", True),
    ],
)
def test_the_locale_is_noticed(code, depends):
    assert depends_on_locale(ast.parse(code).body[0].value) == depends


def test_line_ends_of_windows_are_no_drift(tmp_path):
    for name, ours, theirs in (("a.ipynb", b"1\n", b"1\r\n"), ("b.h5", b"1\n", b"1\r\n"), ("c.md", b"1\n", b"1 \n")):
        (tmp_path / "ours").mkdir(exist_ok=True)
        (tmp_path / "ours" / name).write_bytes(ours)
        (tmp_path / name).write_bytes(theirs)
    same = [name for name in ("a.ipynb", "b.h5", "c.md") if build._same(tmp_path / name, tmp_path / "ours" / name)]
    assert same == ["a.ipynb"]


# --- names ------------------------------------------------------------------------------------------------------------


def unfit(folder: Path) -> list[str]:
    """List what lies in a folder and cannot be called so on every system."""
    return [path.name for path in folder.rglob("*") if not is_folder_name(path.name.lstrip("."))]


@needs_git
def test_every_system_can_hold_the_names_of_the_files():
    assert not [name for name in TRACKED if not all(is_folder_name(part.lstrip(".")) for part in name.split("/"))]
    assert len({name.casefold() for name in TRACKED}) == len(TRACKED)  # Windows and macOS see no difference


def test_names_that_some_system_cannot_hold_are_known():
    bad = ["a:b", "CON", "nul.txt", "com1", "ends.", "ends ", 'a"b', "a|b", "a*", "a/b", "a\\b", "", "\t"]
    assert [is_folder_name(name) for name in bad] == [False] * len(bad)
    assert all(map(is_folder_name, ["ada", "zoë@example.org", "Conrad", "com10", "a.b c", ".ci"]))


# --- what other systems lack ------------------------------------------------------------------------------------------


# Elsewhere these may be imported, and no more.
LINUX_ONLY = {
    "autograder/authoring/mutants.py",
    "autograder/engine/forkserver.py",
    "autograder/engine/worker.py",
    "autograder/engine/worker_process.py",
    "autograder/judge/examiner.py",
    "autograder/judge/guest/devices.py",
    "autograder/judge/guest/probes.py",
    "autograder/judge/guest/shell.py",
    "autograder/judge/guest/student.py",
    "autograder/judge/guest/zygote_main.py",
    "autograder/judge/sandbox/cgroup.py",
    "autograder/judge/sandbox/launch.py",
    "autograder/judge/sandbox/sandbox.py",
    "autograder/judge/sandbox/seccomp.py",
    "autograder/judge/sandbox/usage.py",
    "autograder/judge/sandbox/zygote.py",
    "autograder/judge/session.py",
    "autograder/jupyterhub_config.py",
}


def errors_of_mypy(platform: str, planted: Path) -> list[str]:
    """What mypy says of the course, and of a file that is planted into it."""
    files = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]["files"]
    options = ["--platform", platform, "--cache-dir", f".mypy_cache/{platform}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *files, str(planted)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert "error:" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "error:" in line]


def test_types_agree(tmp_path):
    (tmp_path / "planted.py").write_text("def f() -> str:\n    return 1\n", encoding="utf-8")
    (error,) = errors_of_mypy("linux", tmp_path / "planted.py")
    assert "planted.py:2: error: Incompatible return value type" in error


@pytest.mark.parametrize("platform", ["win32", pytest.param("darwin", marks=pytest.mark.soak)])
def test_nothing_is_called_that_the_system_lacks(platform, tmp_path):
    (tmp_path / "planted.py").write_text("import os\n\n\ndef f():\n    return os.memfd_create('')\n", encoding="utf-8")
    errors = errors_of_mypy(platform, tmp_path / "planted.py")
    lacking = (re.match(r"(.*?):\d+: error: Module\b.* has no attribute", error) for error in errors)
    files = [Path(match[1]).as_posix() for match in lacking if match]
    assert [file.rpartition("/")[2] for file in files if file not in LINUX_ONLY] == ["planted.py"]


@pytest.fixture(scope="module")
def hidden(tmp_path_factory) -> dict[str, str]:
    """The environment of such a system."""
    places = [without_posix(tmp_path_factory.mktemp("hidden")), str(ROOT), str(ROOT / "tests")]
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(places),
        "PYTHONIOENCODING": "cp1252",  # as where Windows writes to a file
        "PYTHONUTF8": "0",
        "PYTHONWARNDEFAULTENCODING": "1",
    }


def run(environment: dict[str, str], *command: str, folder: Path = ROOT, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="cp1252",
        timeout=300,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not re.search(r"[/\\](autograder|course_utils)[/\\]\S+ EncodingWarning", done.stderr)
    return done.stdout


IMPORTS = """
import importlib, os, pkgutil, select, signal, socket, sys
import autograder, course_utils

OURS = [autograder, course_utils]
names = [one.name for package in OURS for one in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
# Not what runs in the sandbox alone, nor Dask: it asks psutil, which on Linux asks for resource.
names = [one for one in names if not one.endswith(("__main__", "_config", "guest.zygote_main", "engine.dask_cluster"))]
names = [one for one in names if not one.rpartition(".")[2][0].isdigit()]  # notebooks' texts, run as such
for name in [*names, "conftest"]:
    importlib.import_module(name)
assert sys.modules["fcntl"] is sys.modules["resource"] is None
# Once more, with nothing that Windows lacks; what others wrote is imported by now.
LACKING = {
    os: "fork forkpty getuid geteuid getgid setsid killpg getpgid wait wait3 wait4 WNOHANG pread mkfifo mknod sysconf"
    " statvfs fstatvfs memfd_create pidfd_open eventfd O_NOFOLLOW O_NONBLOCK O_DIRECTORY O_CLOEXEC register_at_fork"
    " sched_getaffinity uname chown lchown fchown chroot getloadavg nice setuid setgid initgroups posix_spawn",
    signal: "SIGKILL SIGALRM SIGPROF SIGCHLD SIGHUP SIGUSR1 SIGSTOP setitimer ITIMER_REAL ITIMER_PROF alarm"
    " pidfd_send_signal pthread_sigmask sigwait",
    select: "poll epoll POLLIN POLLOUT",
    socket: "AF_UNIX send_fds recv_fds",
}
for module, lacking in LACKING.items():
    for name in lacking.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
for name in [one for one in sys.modules if one.partition(".")[0] in ("autograder", "course_utils")]:
    del sys.modules[name]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_can_be_imported(hidden):
    assert int(run(hidden, "-c", IMPORTS)) > 70


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,ps1 (9)\r\n    Points Possible,,,,,5\r\n"
    '"Lovelace, Ada",4711,s1,ada,A,\r\n"Müller, Zoë",4714,s4,zoë,A,\r\n'
)
WEEK = """
import sys
from pathlib import Path
import nbformat
from nbgrader import apps
from tiny_course import NAME, answered
from autograder.__main__ import main

def nbgrader(app, *arguments):
    app.launch_instance([NAME, *arguments])
    app.clear_instance()

def autograder(*arguments):
    code = main([*arguments, "--course", "."])
    print("code", code, *arguments, flush=True)

nbgrader(apps.GenerateAssignmentApp)
autograder("roster", "canvas.csv")
Path("downloaded").mkdir()
nbformat.write(answered(Path()), "downloaded/lovelaceada_4711_90_ps1.ipynb")
nbformat.write(answered(Path(), square="def square(x): ..."), "downloaded/müllerzoë_LATE_4714_91_ps1.ipynb")
autograder("collect", NAME, "downloaded")
nbgrader(apps.AutogradeApp)
nbgrader(apps.GenerateFeedbackApp)
autograder("grades", NAME, "canvas.csv")
autograder("report", NAME)
assert sys.modules["fcntl"] is sys.modules["resource"] is None
"""


@pytest.mark.soak
def test_a_week_of_a_trusted_class(hidden, tmp_path):
    write_course(tmp_path, config("autograder.judge.preprocessor.Judge") + "c.Judge.trusted_class = True\n")
    (tmp_path / "canvas.csv").write_bytes(CANVAS.encode())
    said = run(hidden, "-c", WEEK, folder=tmp_path)
    codes = re.findall(r"^code (\d)", said, re.MULTILINE)
    assert codes == ["0"] * 4, said
    assert (
        '"Lovelace, Ada",4711,s1,ada,A,5\r\n"Müller, Zoë",4714,s4,zoë,A,2\r\n'
        in (tmp_path / "canvas-filled.csv").read_bytes().decode()
    )
    assert (tmp_path / "report" / NAME / "report.html").exists()
    assert len(list(tmp_path.glob(f"feedback/*/{NAME}/{NAME}.html"))) == 2
    assert "? a trusted class" in run(hidden, "-m", "autograder", "doctor", "--course", str(tmp_path))
    assert not unfit(tmp_path)


def test_grading_on_many_cores_says_that_it_needs_linux(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "win32")
    assert main(["grade", NAME]) == 1
    assert f"nbgrader autograde {NAME}" in capsys.readouterr().err


@pytest.mark.soak
def test_a_student_works_and_hands_in(hidden, tmp_path, serve):
    for part in ("course_utils", "notebooks"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", tmp_path)
    without_posix(tmp_path)
    address = serve(["course_utils", "lab", "--"], tmp_path, tmp_path)
    with urllib.request.urlopen(f"{address}/lab?token=t") as page:
        assert b"JupyterLab" in page.read()
    said = run({**hidden, "PYTHONPATH": str(tmp_path)}, "-m", "course_utils", "submit", "01", folder=tmp_path)
    [archive] = (tmp_path / "work" / "handed_in").iterdir()
    assert str(archive) in said
    assert "01_initialization.ipynb" in zipfile.ZipFile(archive).namelist()
    assert "00_data" in run({**hidden, "PYTHONPATH": str(tmp_path)}, "-m", "course_utils", "progress", folder=tmp_path)
    assert not unfit(tmp_path)


@pytest.mark.soak
def test_all_tests_can_be_read(hidden):
    said = run(hidden, "-m", "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", "--collect-only", "tests")
    assert re.search(r"\d+ tests collected", said) or re.search(r"\d+/\d+ tests collected", said)
