"""The glossary: every term that a notebook defines, the sentence that defines it, and where that stands.

Bold in a notebook's text marks a term where it is defined: ``**term**``. Bold that ends in ``.``, ``:``, ``?`` or ``!``
is a heading or a whole sentence, and no term.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from autograder.topics import sources
from autograder.topics.notebook_text import Source

PAGE = "glossary.md"  # in notebooks/, so that students find it beside them
SAFE = ":,?!'"  # JupyterLab looks for a heading by what stands in the link, and decodes nothing
INTRODUCTION = """# Glossary

Every term that the notebooks define, with the sentence that defines it and a link to where that stands.
"""

_HINTS = re.compile(r"<details>.*?</details>", re.DOTALL)
_BLOCK = re.compile(r"\n\s*\n|\n(?=\s*(?:[-|]|\d+\.)\s)")  # a blank line, or the next item of a list, or row of a table
_HEADING = re.compile(r"#+ (.+)")
_MARK = re.compile(r"^(?:[-|]|\d+\.)\s+")
_UNSPLIT = re.compile(r"\$\$.+?\$\$|\$[^$]+\$|`[^`]+`")  # formulas and code: a full stop in them ends no sentence
_HIDE = {ord(character): code for code, character in enumerate(".?!", 0xE000)}
_SHOW = {code: character for character, code in _HIDE.items()}
_SENTENCE_END = re.compile(r'(?<=[.?!])\s+(?=[A-Z*\[($`"“])|(?<=[.?!]\*\*)\s+|(?<=[.?!]\))\s+')
_BOLD = re.compile(r"\*\*(.+?)\*\*")


@dataclass(frozen=True)
class Definition:
    """A term, the sentence that defines it (Markdown), and where: the notebook, its cell and the heading above."""

    term: str
    sentence: str
    notebook: str
    cell: int
    heading: str


def definitions(files: list[Path] | None = None) -> list[Definition]:
    """Read what the notebooks define.

    Parameters
    ----------
    files : list of Path, optional
        Texts of notebooks, in the order of the course; by default all.

    Returns
    -------
    list of Definition
        In the order of the course.

    Raises
    ------
    BuildError
        A term is defined twice.
    """
    known: dict[str, Definition] = {}
    for file in sources() if files is None else files:
        source = Source(file)
        heading = ""
        for number, cell in enumerate(source.cells):
            if cell.cell_type != "markdown":
                continue
            for sentence in sentences(cell.source):
                if found := _HEADING.fullmatch(sentence):
                    heading = found[1]
                    continue
                for term in terms_in(sentence):
                    if first := known.get(term.casefold()):
                        place = f"{first.notebook}, {first.heading!r}"
                        raise source.error(number, f"**{term}** is defined in {place} already: for emphasis, use *…*")
                    plain = _BOLD.sub(r"\1", sentence)
                    name = term[0].upper() + term[1:]
                    known[term.casefold()] = Definition(name, plain, source.name, number, heading)
    return list(known.values())


def terms_in(sentence: str) -> list[str]:
    """Give the terms that a sentence marks as defined."""
    return [bold for bold in _BOLD.findall(sentence) if not bold.endswith((".", ":", "?", "!"))]


def sentences(text: str) -> Iterator[str]:
    """Split a text cell into headings and sentences; a formula goes with the sentence that ends in a colon before it.

    Parameters
    ----------
    text : str
        Markdown. Folded hints are left out.

    Yields
    ------
    str
        On one line each.
    """
    blocks = [" ".join(_MARK.sub("", block.strip()).split()) for block in _BLOCK.split(_HINTS.sub("", text))]
    blocks = [block for block in blocks if block]
    for block, following in itertools.zip_longest(blocks, blocks[1:], fillvalue=""):
        if block.startswith("$$"):
            continue
        hidden = _UNSPLIT.sub(lambda match: match[0].translate(_HIDE), block)
        parts = [part.translate(_SHOW) for part in _SENTENCE_END.split(hidden)]
        if parts[-1].endswith(":") and following.startswith("$$"):
            formula = following.split("$$")[1].strip().rstrip(",. ")
            parts[-1] += f" ${formula}$"
        yield from parts


def anchor(heading: str) -> str:
    """Give the name of a heading in links: JupyterLab's, and by our setting the course site's."""
    return heading.replace(" ", "-")


def page() -> str:
    """Write the glossary as Markdown, with links from the folder ``notebooks/`` in JupyterLab's form."""
    lines = [INTRODUCTION]
    ordered = sorted(definitions(), key=lambda one: one.term.casefold())
    for letter, group in itertools.groupby(ordered, lambda one: one.term[0]):
        lines += [f"## {letter}", ""]
        for one in group:
            target = f"{one.notebook}/{one.notebook}.ipynb#heading={quote(anchor(one.heading), safe=SAFE)}"
            lines.append(f"- **{one.term}**: {one.sentence} ([{one.notebook}: {one.heading}]({target}))")
        lines.append("")
    return "\n".join(lines)
