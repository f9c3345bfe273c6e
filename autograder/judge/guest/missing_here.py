"""Tell a statement that fails for want of something this machine does not have from one that is wrong."""

from __future__ import annotations

import ast
import subprocess
import types

from IPython import get_ipython

from .shell import NOBODY

WANTS = (ImportError, OSError, subprocess.SubprocessError)  # modules, files, the network, programs
RUN_PYTHON = ("time", "prun", "capture")  # cell magics that run their cell in the notebook


def lacks_something(node: ast.stmt, error: BaseException | None, lost: set[str]) -> bool:
    """Tell whether a statement failed for the machine's sake.

    Parameters
    ----------
    node : ast.stmt
        The statement.
    error : BaseException, optional
        What it raised.
    lost : set of str
        Names that are missing because of such statements above.
    """
    if not isinstance(error, Exception):
        return False
    if isinstance(error, AttributeError):  # another version of a module
        return isinstance(error.obj, types.ModuleType)
    if isinstance(error, NameError):
        return error.name in lost
    if isinstance(error, RuntimeError) and error.args == (NOBODY,):  # somebody to answer
        return True
    return isinstance(error, WANTS) or isinstance(node, ast.Import | ast.ImportFrom) or _is_magic(node)


def names_given(node: ast.stmt) -> set[str]:
    """Names that a statement gives a value; those inside of a function of its own do no harm."""
    names = {getattr(node, "name", "")}
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            names.add(one.id)
        elif isinstance(one, ast.alias):
            names.add((one.asname or one.name).partition(".")[0])
    return names


def body_of_cell_magic(node: ast.stmt) -> str:
    """Give the Python that a cell magic was to run; "" where a statement is no cell magic, or runs something else."""
    match node:
        case ast.Expr(
            ast.Call(
                ast.Attribute(ast.Call(ast.Name("get_ipython")), "run_cell_magic"),
                [ast.Constant(name), _, ast.Constant(body)],
            )
        ) if name in RUN_PYTHON or get_ipython().find_cell_magic(name) is None:
            return body
    return ""


def _is_magic(node: ast.stmt) -> bool:
    """Tell whether a statement is a magic or a shell command, which IPython makes calls of."""
    return any(isinstance(one, ast.Name) and one.id == "get_ipython" for one in ast.walk(node))
