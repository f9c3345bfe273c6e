"""Packages that only a single notebook needs: where such a package is missing, a sentence says how to get it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from typing import NoReturn

from course_utils.checks.check_report import without_traceback


class Missing:
    """Stands for a package that is not installed: any use of it raises an error that says how to get it."""

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def __getattr__(self, name: str) -> NoReturn:
        """Raise NotImplementedError, which a notebook shows as one line; AttributeError for what only Python asks."""
        if name.startswith("_"):
            raise AttributeError(name)
        raise without_traceback(NotImplementedError(self._sentence))


def missing(package: str) -> Missing:
    """Print how to get a package that is not installed, and give what stands for it until then.

    Parameters
    ----------
    package : str
        Its name, which is also the name of the course's extra: ``"tensorflow"``.
    """
    sentence = how_to_get(package)
    print(sentence)
    return Missing(sentence)


def how_to_get(package: str) -> str:
    """Say how to install an extra.

    Parameters
    ----------
    package : str
        Name of the package, and of the extra.

    Returns
    -------
    str
        Two sentences.
    """
    return (
        f"{package} is not installed here. In the course's folder: python -m pip install -c constraints.txt"
        f' -e ".[{package}]", then restart the kernel. All else in the course works without it.'
    )


def is_installed(package: str) -> bool:
    """Tell whether a package can be imported, without importing it.

    Parameters
    ----------
    package : str
        Empty where nothing is needed.

    Returns
    -------
    bool
        True for an empty name.
    """
    return not package or importlib.util.find_spec(package) is not None


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what a library writes to standard error past Python, as TensorFlow's log; Python's own messages stay."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)
