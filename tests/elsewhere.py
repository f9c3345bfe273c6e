"""Takes away what other systems lack: for tests of what has to do without."""

from __future__ import annotations

from pathlib import Path

LACKING = ["fcntl", "resource"]  # Windows lacks further modules, but nbgrader and JupyterLab need those here
HIDE = f"import sys\nsys.modules.update(dict.fromkeys({LACKING}))\n"


def without_posix(folder: Path) -> str:
    """Make a folder that, on ``PYTHONPATH``, hides modules from a Python and from all that it starts."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(HIDE, encoding="utf-8")
    return str(folder)
