"""Tell statements that fail because this machine lacks something from statements that are wrong."""

from __future__ import annotations

import ast
import subprocess
import types

from IPython import get_ipython

from .shell import NO_INPUT

LACK_ERRORS = (ImportError, OSError, subprocess.SubprocessError)  # modules, files, the network, programs


def lacks_something(node: ast.stmt, error: BaseException | None, lost: set[str]) -> bool:
    """Tell whether a statement failed because this machine lacks a module, a file, the network or a program.

    Parameters
    ----------
    node : ast.stmt
        The statement.
    error : BaseException, optional
        What it raised.
    lost : set of str
        Names that earlier statements of this kind would have defined.

    Returns
    -------
    bool
    """
    if not isinstance(error, Exception):
        return False
    if isinstance(error, AttributeError):  # another version of a module
        return isinstance(error.obj, types.ModuleType)
    if isinstance(error, NameError):
        return error.name in lost
    if isinstance(error, RuntimeError) and error.args == (NO_INPUT,):  # a person to answer input()
        return True
    return isinstance(error, LACK_ERRORS) or isinstance(node, ast.Import | ast.ImportFrom) or _is_magic(node)


def names_bound(node: ast.stmt) -> set[str]:
    """List the names that a statement binds, with those inside a function that it defines, which does no harm.

    Parameters
    ----------
    node : ast.stmt

    Returns
    -------
    set of str
    """
    names = {getattr(node, "name", "")}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        elif isinstance(part, ast.alias):
            names.add((part.asname or part.name).partition(".")[0])
    return names


def body_of_unknown_magic(node: ast.stmt) -> str:
    """Return the body of a cell magic that this machine does not know; it has therefore not been run.

    Parameters
    ----------
    node : ast.stmt

    Returns
    -------
    str
        Empty where the statement is no cell magic, or the magic is known.
    """
    match node:
        case ast.Expr(
            ast.Call(
                ast.Attribute(ast.Call(ast.Name("get_ipython")), "run_cell_magic"),
                [ast.Constant(name), _, ast.Constant(str(body))],
            )
        ) if get_ipython().find_cell_magic(name) is None:
            return body
    return ""


def _is_magic(node: ast.stmt) -> bool:
    """Tell whether a statement is a magic or a shell command: IPython rewrites these to calls of ``get_ipython()``."""
    return any(isinstance(part, ast.Name) and part.id == "get_ipython" for part in ast.walk(node))
