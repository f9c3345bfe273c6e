"""What the course's environment holds: the packages that it requires, and what these require."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable, Mapping

from course_utils.cells import READING_FAILED, tree

NOT_IN_ENVIRONMENT = "not in the course's environment, and likely missing where it is graded"
COURSE = "improving-dnn"
EXTRA = "tensorflow"  # which a single notebook needs
OWN = {"IPython", "course_utils", "autoreload", "storemagic"}  # the last two are IPython's extensions
WIDGETS = re.compile(r"^\s*%matplotlib\s+(?:widget|ipympl)\b", re.MULTILINE)
EXTENSION = re.compile(r"^\s*%(?:re)?load_ext\s+(\w+)", re.MULTILINE)


def imported_modules(source: str) -> set[str]:
    """Collect the packages and modules that a cell imports anywhere in it, or loads as IPython's extensions.

    Parameters
    ----------
    source : str

    Returns
    -------
    set of str
        Top-level names.
    """
    found = {*EXTENSION.findall(source), *(["ipympl"] if WIDGETS.search(source) else [])}
    try:
        nodes = list(ast.walk(tree(source)))
    except READING_FAILED:
        return found
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def unavailable_modules(modules: Iterable[str]) -> list[str]:
    """Name the modules that the course does not bring: where it is graded, they may be missing.

    Parameters
    ----------
    modules : iterable of str
        Top-level names, as :func:`imported_modules` gives them.

    Returns
    -------
    list of str
        Sorted; empty where the course is not installed as a package, so that nothing can be told.
    """
    unknown = {
        module for module in {*modules} - sys.stdlib_module_names - OWN if _plain(module) not in _required(COURSE)
    }
    if not unknown or not _required(COURSE):  # not installed as a package: nothing can be told
        return []
    return sorted(module for module in unknown if not _all_required() & {*map(_plain, _providers().get(module, ()))})


@functools.cache
def _required(name: str) -> set[str]:
    """Names of the distributions that a distribution requires; empty where it is not installed."""
    from importlib import metadata  # it needs sockets, which a browser has not

    try:
        found = metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # for another system or Python
        return set()
    wanted = [
        requirement
        for requirement in found
        if "extra ==" not in requirement or re.search(rf"extra == .{EXTRA}", requirement)
    ]
    return {_plain(match[0]) for requirement in wanted if (match := re.match(r"[\w.-]+", requirement))}


@functools.cache
def _all_required() -> set[str]:
    found, left = set(), {COURSE}
    while left:
        found |= left
        left = {required for name in left for required in _required(name)} - found
    return found


@functools.cache
def _providers() -> Mapping[str, list[str]]:
    """Module → distributions; to find out takes most of a second."""
    from importlib import metadata

    return metadata.packages_distributions()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
