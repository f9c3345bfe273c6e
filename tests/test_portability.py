"""The course works on every system: what Windows and macOS lack is never needed there, and text is always UTF-8."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
).stdout.split("\0")[:-1]
needs_git = pytest.mark.skipif(not TRACKED, reason="not a clone")


# --- text -------------------------------------------------------------------------------------------------------------


def depends_on_locale(call: ast.Call) -> bool:
    """Tell whether a call reads or writes text in whatever encoding a machine is set to."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if {"encoding", None} & keywords.keys():  # None: ``**`` may give one
        return False
    given = [one.value for one in [*call.args, *keywords.values()] if isinstance(one, ast.Constant)]
    mode = next((one for one in given if isinstance(one, str) and one and set(one) <= set("rwaxbt+")), "")
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
        if name.endswith(".py") and not name.startswith("tests/hostile/"):
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
