"""Names that the text of a cell binds and needs, read without running it."""

from __future__ import annotations

import functools
import re
import symtable
import warnings

MAX_ANALYSED = 50_000


def names_bound(source: str) -> set[str]:
    """Names that a cell gives a value at its top level; of a cell with errors, the functions and classes it begins."""
    table = _table(source)
    if table is None:
        return set(re.findall(r"^(?:async\s+def|def|class)\s+(\w+)", source, re.MULTILINE))
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}


def names_used(source: str) -> set[str]:
    """Names that a cell takes from outside its functions; of a cell with errors, every word in it."""
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


@functools.lru_cache(1000)  # most cells of a class are the course's own
def _table(source: str) -> symtable.SymbolTable | None:
    magic_free = re.sub(r"^([ \t]*)[%!?].*$", r"\1pass", source[:MAX_ANALYSED], flags=re.MULTILINE)
    try:
        with warnings.catch_warnings(action="ignore"):  # of a student's "\d", say
            return symtable.symtable(magic_free, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
