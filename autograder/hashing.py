"""Hash what something was made from, folder by folder: whatever is not named as of no account counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

# Of this package, what neither a build nor a grade depends on: how submissions come in, and grades go out.
AROUND = {"__main__.py", "demo.py", "doctor.py", "jupyterhub_config.py", "lms", "pipeline/register.py", "reporting"}
PASSING = {"__pycache__", ".ipynb_checkpoints"}


def digest(*parts: str | bytes) -> str:
    """Hash texts and bytes, each with its length, so that no two lists of them are alike."""
    found = hashlib.sha256()
    for part in parts:
        part = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        found.update(len(part).to_bytes(8) + part)
    return found.hexdigest()[:16]


def code_in(package: Path, without: Iterable[str] = ()) -> Iterator[str | bytes]:
    """Give the names and contents of a package's modules: those in folders that are packages too.

    Parameters
    ----------
    package : Path
        A folder, or one module.
    without : iterable of str
        Patterns of the files and folders in it that do not count.
    """
    if package.is_file():
        yield package.name
        yield package.read_bytes()
        return
    folders = [package]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            name = path.relative_to(package).as_posix()
            if any(fnmatchcase(name, pattern) for pattern in without):
                continue
            if path.suffix == ".py":
                yield name
                yield path.read_bytes()
            elif (path / "__init__.py").exists():
                folders.append(path)


def files_in(place: Path) -> Iterator[str | bytes]:
    """Give the names and contents of all files in a folder, or of the one file."""
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        name = path.relative_to(place.parent)
        if path.is_file() and not PASSING & set(name.parts):
            yield name.as_posix()
            yield path.read_bytes()
