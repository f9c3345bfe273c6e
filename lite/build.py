"""Build the course for the browser: ``python lite/build.py [folder]``, by default into build/lite.

A kernel in the browser installs what an ``import`` asks for only where Pyodide has it. So it is told to load, when it
starts, the wheels made here: the course's own, and what ``ipywidgets`` needs that Pyodide lacks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

HERE = Path(__file__).resolve().parent
COURSE = HERE.parent
NEEDS_A_SERVER = ("jupyterlab", "nbgrader")
NOT_IN_PYODIDE = ("comm", "ipywidgets")
EXTENSIONS = ("@jupyterlite/pyodide-kernel-extension", "@jupyter-widgets/jupyterlab-manager")
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
PYPI = "../../../../pypi/"  # seen from the kernel's own script, where Pyodide looks from
SAME_BYTES = {"SOURCE_DATE_EPOCH": "315532800"}  # 1980, the first year a zip file knows


def build(folder: Path) -> None:
    """Write the site; needs no network."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        wheels = [course_wheel(here), *(installed_wheel(name, here) for name in NOT_IN_PYODIDE)]
        shutil.copy(HERE / "jupyter_lite_config.json", here)
        config = json.loads((HERE / "jupyter-lite.json").read_text(encoding="utf-8"))
        kernel = config["jupyter-config-data"]["litePluginSettings"][KERNEL]
        kernel["loadPyodideOptions"]["packages"] += [PYPI + wheel.name for wheel in wheels]
        (here / "jupyter-lite.json").write_text(json.dumps(config), encoding="utf-8")
        options = [f"--output-dir={folder}", f"--contents={COURSE / 'notebooks'}"]
        options += [f"--piplite-wheels={wheel}" for wheel in wheels]
        extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
        options += [f"--LiteBuildConfig.federated_extensions={extensions / name}" for name in EXTENSIONS]
        run("jupyterlite_core.app", "build", *options, cwd=here)


def course_wheel(folder: Path) -> Path:
    """Build the wheel of ``course_utils``, with ``datasets/`` and ``notebooks/`` beside it as in the course itself."""
    source = folder / "course"
    parts = {"course_utils": "*.py", "datasets": "*.h5", "notebooks": "*.ipynb"}
    for name, pattern in parts.items():
        for path in sorted((COURSE / name).rglob(pattern)):
            to = source / path.relative_to(COURSE)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, to)
    project = tomllib.loads((COURSE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [dependency for dependency in project["dependencies"] if not dependency.startswith(NEEDS_A_SERVER)]
    (source / "pyproject.toml").write_text(
        f"""
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
[project]
name = "course_utils"
version = "{project["version"]}"
license = "{project["license"]}"
dependencies = {json.dumps(needed)}
[tool.setuptools]
packages.find.include = {json.dumps([f"{name}*" for name in parts])}
package-data."*" = {json.dumps(list(parts.values()))}
""",
        encoding="utf-8",
    )
    run("pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation", f"--wheel-dir={folder}", source)
    return next(folder.glob("course_utils-*.whl"))


def installed_wheel(name: str, folder: Path) -> Path:
    """Pack an installed pure-Python package into a wheel again."""
    package = distribution(name)
    wheel = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(package.files):
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.writestr(zipfile.ZipInfo(file.as_posix()), Path(file.locate()).read_bytes())
    return wheel


def run(*command: object, cwd: Path | None = None) -> None:
    """Run a module of this Python."""
    words = [str(word) for word in command]
    subprocess.run([sys.executable, "-m", *words], cwd=cwd, env={**os.environ, **SAME_BYTES}, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1] if sys.argv[1:] else COURSE / "build" / "lite").resolve())
