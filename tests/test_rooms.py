"""Rooms of the code: which imports which, that there is no circle, and that CONTRIBUTING.md shows them as they are."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from autograder.topics import sources

ROOT = Path(__file__).resolve().parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGES = ("autograder", "course_utils")


def test_the_contracts_hold():
    # In a process of its own: it configures logging, which switches off all loggers that are there.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout


def test_no_modules_import_each_other_in_a_circle():
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) - {module} for module in graph.modules}
    assert sum(map(len, imports.values())) > 200
    list(graphlib.TopologicalSorter(imports).static_order())  # a CycleError names the circle


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.stem)
def test_a_notebooks_text_imports_answers_of_its_own_and_earlier_topics_only(source):
    earlier = [one.parent.name for one in sources() if one.name <= source.name]
    modules = {
        node.module
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("autograder")
    }
    assert modules
    assert modules <= {f"autograder.topics.{topic}.answers" for topic in earlier}


def test_contributing_shows_every_room():
    house = re.search(r"^autograder/\n(.*?)^course_utils/", CONTRIBUTING, re.MULTILINE | re.DOTALL)[1]
    shown = set(re.findall(r"^ +(\w+)/ ", house, re.MULTILINE))
    folders = {path.parent for path in (ROOT / "autograder").glob("**/__init__.py")}
    assert shown == {path.name for path in folders if "topics" not in path.parts[:-1]} - {"autograder"}


def test_every_path_in_contributing_is_there():
    paths = set(re.findall(r"`([\w./]+/[\w./]*)`", CONTRIBUTING))
    assert len(paths) > 30
    for path in paths:
        pattern = path.replace("NN_TOPIC", "[0-9]*").replace("TOPIC", "*").rstrip("/")
        places = ("", "autograder/")
        made = path.startswith(("submitted", "autograder/solved"))
        assert made or any(next(ROOT.glob(place + pattern), None) for place in places), path
