"""Read functions that a student wrote in another notebook of the course, lying in the folder beside this one."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from course_utils import network
from course_utils.checks.report import one_line


def own_work(notebook: str, *names: str, folder: Path | str = "..") -> dict[str, Callable]:
    """Run the cells of a notebook that define certain functions, and take these.

    Parameters
    ----------
    notebook : str
        For example ``"02_regularization"``. It counts as it was last saved.
    names : str
        Functions it defines.
    folder : Path
        Where the notebooks' folders lie.

    Returns
    -------
    dict
        Name → function.

    Raises
    ------
    NotImplementedError
        There is no such notebook, or a function is not in it.
    """
    path = Path(folder) / notebook / f"{notebook}.ipynb"
    if not path.is_file():
        raise one_line(NotImplementedError(f"there is no {path.as_posix()} to read your functions from"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    space: dict = {"np": np, "network": network}
    for cell in cells:
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and _defines(text, set(names)):
            exec(compile(text, f"{notebook}: a cell of yours", "exec"), space)
    missing = [name for name in names if name not in space]
    if missing:
        raise one_line(NotImplementedError(f"{path.as_posix()} defines no {', '.join(missing)}"))
    return {name: space[name] for name in names}


def _defines(text: str, names: set[str]) -> bool:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return bool((defined | assigned) & names)
