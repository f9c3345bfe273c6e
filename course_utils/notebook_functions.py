"""Load functions that a student wrote in another notebook of the course, in the folder beside this notebook's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from course_utils import network
from course_utils.cells import (
    Statement,
    Unreadable,
    closure,
    code_cells,
    is_blank,
    no_python,
    read_notebook,
    source_of,
    statements,
    tree,
)
from course_utils.checks.check_report import without_traceback


def functions_from_notebook(notebook: str, *names: str, folder: Path | str = "..") -> dict[str, Callable]:
    """Run the definitions that certain functions of a notebook need, and give these functions.

    Notebooks call it ``own_work``, its name in ``course_utils``.

    Parameters
    ----------
    notebook : str
        For example ``"02_regularization"``. It counts as it was last saved.
    names : str
        Functions it defines.
    folder : Path or str
        Where the notebooks' folders lie.

    Returns
    -------
    dict
        Name → function.

    Raises
    ------
    NotImplementedError
        There is no such notebook, it cannot be read, a function is not in it, or what it needs does not run.
    """
    path = Path(folder) / notebook / f"{notebook}.ipynb"
    try:
        texts = [source_of(cell) for cell in code_cells(read_notebook(path))]
    except FileNotFoundError:
        raise _unavailable(f"there is no {path.as_posix()} to read your functions from") from None
    except Unreadable as error:
        raise _unavailable(str(error)) from None
    namespace: dict = {"np": np, "network": network}
    for statement in _needed_statements([statement for text in texts for statement in statements(text)], names):
        try:
            exec(compile(tree(statement.text), f"{notebook}: a cell of yours", "exec"), namespace)
        except Exception as error:
            line = statement.text.splitlines()[0]
            why = f"{type(error).__name__}: {error}"
            raise _unavailable(f"{path.as_posix()} cannot be used here: its line `{line}` breaks off ({why})") from None
    if missing := [name for name in names if name not in namespace]:
        broken = [no_python(text) for text in texts if any(re.search(rf"\b{name}\b", text) for name in missing)]
        why = next((f"; a cell with that name is no Python ({words})" for words in broken if words), "")
        raise _unavailable(f"{path.as_posix()} defines no {', '.join(missing)}{why}")
    return {name: namespace[name] for name in names}


def _needed_statements(parts: list[Statement], names: Iterable[str]) -> list[Statement]:
    """Choose the statements that bind the names, and all they use in turn; a stub below an answer does not undo it."""
    wanted = closure(names, parts)
    chosen = [part for part in parts if part.binds & wanted]
    written = {name for part in chosen for name in part.binds if not is_blank(part.text, name)}
    return [
        part for part in chosen if not part.binds & written or not any(is_blank(part.text, name) for name in part.binds)
    ]


class FunctionUnavailable(NotImplementedError, FileNotFoundError):
    """A function cannot be had: it is not written yet, or, as at grading, the other notebook is not there."""


def _unavailable(sentence: str) -> Exception:
    return without_traceback(FunctionUnavailable(sentence))
