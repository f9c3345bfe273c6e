"""Read the cells of a saved notebook, as text and as Python: nothing is run, whatever the file holds."""

from __future__ import annotations

import ast
import contextlib
import functools
import json
import re
import symtable
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.checks.limits import MAX_CELL_CHARACTERS, MAX_NOTEBOOK_BYTES, NOTEBOOK_TOO_LARGE

STUB = "# TODO: your code here\nraise NotImplementedError"
CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: .*)?$", re.MULTILINE)
MAX_CACHED = 20_000  # characters of a cell whose names are remembered
READING_FAILED = (ValueError, SyntaxError, RecursionError, MemoryError)


class Unreadable(Exception):
    """A file that is no notebook; the message says why, and what to do."""


# --- files ------------------------------------------------------------------------------------------------------------


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook's plain data.

    Raises
    ------
    FileNotFoundError
    Unreadable
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_NOTEBOOK_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    return parse_notebook(raw, path)


def parse_notebook(raw: bytes, path: Path) -> dict[str, Any]:
    """Parse a notebook's bytes; ``path`` says where they stood, and where JupyterLab's checkpoint lies.

    Raises
    ------
    Unreadable
    """
    if len(raw) > MAX_NOTEBOOK_BYTES:
        raise Unreadable(f"{path.name} {NOTEBOOK_TOO_LARGE}")
    if wrong := damage(raw):
        raise Unreadable(f"{path.name} cannot be read: {wrong}. {_way_back(path)}")
    return _parsed(raw)


def renamed(path: Path) -> str:
    """Say what to do where a student's notebook is missing and others lie in its folder; "" where none does."""
    others = sorted(other.name for other in path.parent.glob("*.ipynb"))
    return f"in that folder: {', '.join(others)}. Rename yours" if others else ""


def damage(raw: bytes) -> str:
    """Say why bytes are no notebook, with the line; "" where they are a notebook."""
    if not raw.strip():
        return f"it is empty ({len(raw)} bytes)"
    try:
        document = _parsed(raw)
    except READING_FAILED as error:
        if conflict := CONFLICT.search(text := raw.decode("utf-8", errors="replace").replace("\r\n", "\n")):
            line = text.count("\n", 0, conflict.start()) + 1
            return f"a merge conflict begins in line {line} ({conflict[0][:7]}); keep one side of it in a text editor"
        if isinstance(error, json.JSONDecodeError):
            return f"it breaks off or is damaged in line {error.lineno}"
        return "it is no text of a notebook"
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        return "it is no notebook"
    return ""


def _parsed(raw: bytes) -> Any:
    return json.loads(raw.decode("utf-8-sig"))


def _way_back(path: Path) -> str:
    """Say where an older copy lies: JupyterLab opens no damaged notebook, and so cannot go back to its checkpoint."""
    checkpoint = f".ipynb_checkpoints/{path.stem}-checkpoint{path.suffix}"
    try:
        if not damage((path.parent / checkpoint).read_bytes()):
            return f"JupyterLab cannot open it. Its last checkpoint is whole: copy {checkpoint} over {path.name}."
    except OSError:
        pass
    return f"JupyterLab cannot open it, and no checkpoint lies beside it: get a fresh one from notebooks/{path.stem}/."


def code_cells(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Code cells of a notebook's plain data."""
    return [cell for cell in document["cells"] if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def settings(cell: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's settings of a cell."""
    metadata = cell.get("metadata")
    found = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def name_of(cell: dict[str, Any]) -> str:
    """nbgrader's name of a cell; "" where it has none."""
    name = settings(cell).get("grade_id")
    return name if isinstance(name, str) else ""


def source_of(cell: dict[str, Any]) -> str:
    """Text of a cell."""
    source = cell.get("source")
    text = "".join(line for line in (source if isinstance(source, list) else [source]) if isinstance(line, str))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode(errors="replace").decode()  # JSON can hold half a character


# --- text -------------------------------------------------------------------------------------------------------------


def bare(text: str) -> str:
    """Normalize a cell's text: without white space at line ends, and without editors' marks between cells (``# %%``).

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return "\n".join(line for line in lines if not re.match(r"#\s*%%", line)).strip()


def as_run(source: str) -> str:
    """Rewrite a cell's magics as IPython does before it runs the cell.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        Python; below a cell magic, only its body. ``source`` itself where IPython cannot rewrite it.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(_without_cell_magic(source))
    except SyntaxError:
        return source


def _without_cell_magic(source: str) -> str:
    """Blank the first line of a cell like ``%%time``; lines keep their numbers."""
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("%%"):
            break
        lines[number] = ""
    return "\n".join(lines)


def without_magics(source: str) -> str:
    """Put statements that do nothing in the place of magics and shell commands; lines keep their numbers."""
    text = _without_cell_magic(source)
    text = re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??)$", r"\1pass", text, flags=re.MULTILINE)
    return re.sub(r"^([ \t]*+[\w, ]+=[ \t]*+)[%!].*$", r"\1None", text, flags=re.MULTILINE)


# --- Python -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """A statement at the top level of a cell: its place and text, the names it gives a value, and those it takes."""

    line: int
    column: int
    text: str
    binds: frozenset[str]
    uses: frozenset[str]


def tree(source: str) -> ast.Module:
    """Parse a cell; where it is no Python, parse it again with its magics replaced.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
    """
    return _text_and_tree(source)[1]


def _text_and_tree(source: str) -> tuple[str, ast.Module]:
    text = source[:MAX_CELL_CHARACTERS]
    with warnings.catch_warnings(action="ignore"):  # of a student's "\d", say
        try:
            return text, ast.parse(text)
        except SyntaxError:
            text = without_magics(text)
            return text, ast.parse(text)


def no_python(source: str) -> str:
    """Say why a cell is no Python, with the line; "" where it is."""
    try:
        tree(source)
    except SyntaxError as error:
        number = error.lineno or 1
        line = [*source.split("\n"), *[""] * number][number - 1]
        return f"line {number}: {'a merge conflict' if CONFLICT.fullmatch(line) else error.msg}"
    except READING_FAILED:
        return "it is nested too deeply"
    return ""


def meaning(source: str) -> str:
    """Dump a cell's syntax tree: equal for texts that differ only in comments, white space and magics.

    Parameters
    ----------
    source : str

    Returns
    -------
    str
        ``source`` itself where it cannot be parsed.
    """
    try:
        return ast.dump(tree(source))
    except READING_FAILED:
        return source


def statements(source: str) -> list[Statement]:
    """Split a cell into its top-level statements.

    Parameters
    ----------
    source : str

    Returns
    -------
    list of Statement
        Empty where the cell cannot be parsed.
    """
    try:
        python, parsed = _text_and_tree(source)
    except READING_FAILED:
        return []
    written, read = source.split("\n"), python.split("\n")
    texts = [_text(node, written, read) for node in parsed.body]
    return [
        Statement(node.lineno, node.col_offset, text, frozenset(names_bound(text)), frozenset(names_used(text)))
        for node, text in zip(parsed.body, texts, strict=True)
    ]


def _text(node: ast.stmt, written: list[str], read: list[str]) -> str:
    """Text of a statement, with its decorators; of a magic, its line."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    lines = written[first - 1 : node.end_lineno]
    if first == node.lineno and lines == read[first - 1 : node.end_lineno]:  # others may stand in the same lines
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
        lines[0] = lines[0].encode()[node.col_offset :].decode()
    return "\n".join(lines)


def closure(names: Iterable[str], parts: Iterable[Statement]) -> set[str]:
    """Collect the names that some names depend on, directly or through other names.

    Parameters
    ----------
    names : iterable of str
    parts : iterable of Statement
        The statements that bind names: a name depends on all names used by a statement that binds it.

    Returns
    -------
    set of str
        ``names`` among them.
    """
    uses: dict[str, set[str]] = {}
    for part in parts:
        for name in part.binds:
            uses.setdefault(name, set()).update(part.uses)
    found, left = set(), [*names]
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += uses.get(name, ())
    return found


def is_blank(source: str, name: str) -> bool:
    """Tell whether what a cell defines under a name is a stub as it was given out, whatever its docstring says."""
    try:
        nodes = tree(source).body
    except READING_FAILED:
        return False
    places = [number for number, node in enumerate(nodes) if getattr(node, "name", "") == name]
    if not places:
        return False
    body, lines = getattr(nodes[places[-1]], "body", []), source.split("\n")
    end = nodes[places[-1] + 1].lineno - 1 if nodes[places[-1] + 1 :] else len(lines)
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        start = body[0].end_lineno
    else:
        start = body[0].lineno - 1
        while lines[start - 1].lstrip().startswith("#"):
            start -= 1
    return bare(textwrap.dedent("\n".join(lines[start:end]))) == STUB


def left_raises(source: str) -> Iterator[tuple[int, str]]:
    """Find each ``raise NotImplementedError`` of a cell, lazily: to find all could take quadratic time.

    Parameters
    ----------
    source : str

    Yields
    ------
    line : int
    below : str
        Syntax tree of the statements below it in the same block, which never run; empty where there are none.
    """
    if "NotImplementedError" not in source:
        return
    with contextlib.suppress(*READING_FAILED):
        nodes = list(ast.walk(tree(source)))
        blocks = [block for node in nodes for block in vars(node).values() if isinstance(block, list)]
        for block in blocks:
            for number, node in enumerate(block):
                if isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).startswith("NotImplementedError"):
                    yield node.lineno, " ".join(map(ast.dump, block[number + 1 :]))


def unfinished(source: str, name: str) -> str:
    """Say why a begun answer raises NotImplementedError.

    Parameters
    ----------
    source : str
        Source of its cell; "" where that is not known.
    name : str
        The function's name.

    Returns
    -------
    str
        Part of a sentence; empty where there is no source, or it is the stub as released.
    """
    if not source.strip() or is_blank(source, name):
        return ""
    for line, below in left_raises(source):
        return f"line {line} of its cell still says so{'; nothing below that line runs: delete it' if below else ''}"
    return "something that it calls is not written yet"


def names_bound(source: str) -> set[str]:
    """Collect the names that a cell binds at its top level.

    Parameters
    ----------
    source : str

    Returns
    -------
    set of str
        For a cell that cannot be parsed, the functions and classes whose definitions begin in it.
    """
    table = _table(source)
    if table is None:
        return set(re.findall(r"^(?:async\s+def|def|class)\s+(\w+)", source, re.MULTILINE))
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def names_used(source: str) -> set[str]:
    """Collect the global names that a cell uses, in its functions too.

    Parameters
    ----------
    source : str

    Returns
    -------
    set of str
        For a cell that cannot be parsed, every word in it.
    """
    table = _table(source)
    if table is None:
        return set(re.findall(r"\w+", source))
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    inner = table.get_children()
    while inner:
        scope = inner.pop()
        inner += scope.get_children()
        names |= {symbol.get_name() for symbol in scope.get_symbols() if symbol.is_global()}
    return names


def _table(source: str) -> symtable.SymbolTable | None:
    return (_cached_table if len(source) <= MAX_CACHED else _cached_table.__wrapped__)(source)


@functools.lru_cache(1000)  # most cells of a class are the course's own
def _cached_table(source: str) -> symtable.SymbolTable | None:
    with warnings.catch_warnings(action="ignore"):
        for text in (source[:MAX_CELL_CHARACTERS], without_magics(source[:MAX_CELL_CHARACTERS])):
            try:
                return symtable.symtable(text, "<cell>", "exec")
            except READING_FAILED:
                continue
    return None
