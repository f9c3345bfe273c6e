"""Hash the files that a grade or a build depends on: every file of a folder counts, unless it is named here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

# Parts of this package on which neither a build nor a grade depends: commands, submissions coming in, grades going out.
UNHASHED = {"__main__.py", "demo.py", "doctor.py", "jupyterhub_config.py", "lms", "pipeline/register.py", "reporting"}
CACHE_FOLDERS = {"__pycache__", ".ipynb_checkpoints"}


def digest(*parts: str | bytes) -> str:
    """Hash texts and bytes, each with its length, so that different lists never give the same input.

    Parameters
    ----------
    *parts : str or bytes

    Returns
    -------
    str
        The first 16 hexadecimal digits of the SHA-256.
    """
    sha256 = hashlib.sha256()
    for part in parts:
        part = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        sha256.update(len(part).to_bytes(8) + part)
    return sha256.hexdigest()[:16]


def code_in(package: Path, exclude: Iterable[str] = ()) -> Iterator[str | bytes]:
    """Read a package's modules, those of its subpackages too.

    Parameters
    ----------
    package : Path
        The folder of a package, or the file of a module.
    exclude : iterable of str
        Patterns of the files and folders in it to leave out, such as ``pipeline/[!h]*.py``.

    Yields
    ------
    str or bytes
        Each module's name, then its content.
    """
    if package.is_file():
        yield package.name
        yield package.read_bytes()
        return
    folders = [package]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            name = path.relative_to(package).as_posix()
            if any(fnmatchcase(name, pattern) for pattern in exclude):
                continue
            if path.suffix == ".py":
                yield name
                yield path.read_bytes()
            elif (path / "__init__.py").exists():
                folders.append(path)


def files_in(path: Path) -> Iterator[str | bytes]:
    """Read all files of a folder but caches, or a single file.

    Parameters
    ----------
    path : Path

    Yields
    ------
    str or bytes
        Each file's name, then its content.
    """
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        name = file.relative_to(path.parent)
        if file.is_file() and not CACHE_FOLDERS & set(name.parts):
            yield name.as_posix()
            yield file.read_bytes()
