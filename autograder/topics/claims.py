"""What a notebook's prose says of its runs, as sentences that the build can hold against the runs.

Beside a topic's text lies ``claims.py``. Its ``CLAIMS`` quote the text, or the alternative text of a figure, and say
how the quoted numbers follow from the names of the executed notebook. Nothing is filled in: the words stay as they were
written, and the build stops where a run no longer says the same. Its ``GIVEN`` quote numbers that come from no run.
"""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.topics.notebook_text import Source
from course_utils import plots

_NUMBER = re.compile(
    r"(?<![A-Za-z_\d.])(?:(?P<times>\d+(?:\.\d+)?)\s*(?:\\cdot|\\times|×)\s*)?10\^\{?(?P<power>[-−]?\d+)\}?"
    r"|(?<![A-Za-z_\d.])(?P<plain>(?:(?<=[\s$(=])[-−]|^[-−])?(?:\d{1,3}(?: \d{3})+(?!\d)|\d+(?:\.\d+)?)(?:e[-−]?\d+)?)"
)
# Of the prose, what is surely measured: percentages, powers of ten, so-and-so-many-fold.
_MEASURED = re.compile(r"\d[\d.]*(?:\s?%|-fold\b|e[-−]\d+)|10\^\{?[-−]?\d+\}?")
_PASSED_OVER = re.compile(r"<details>.*?</details>|`[^`]*`", re.S)  # hints and code


@dataclass(frozen=True)
class Claim:
    """A quotation, and what it is held against.

    Parameters
    ----------
    quote : str
        Words that stand once in the notebook's text or alternative texts; how lines are broken does not matter.
    value : str
        An expression over the notebook's names, as they are just after the code cell that the quotation stands in or,
        in prose, below. A truth value must be true; a number or sequence must be the quoted numbers, in their order.
    within : float
        How far each number may be off.
    factor : float
        How many times too large or too small it may be instead, for orders of magnitude.
    after : str
        Evaluate after the code cell that holds these words, where another one than above is meant.
    fresh : bool
        It is about runs on fresh data: ``value`` is over ``draws``, a list of the notebook's names at its end, once for
        each of some other draws of the data sets. The soak runs these; the build does not.
    """

    quote: str
    value: str
    within: float = 0.0
    factor: float = 1.0
    after: str = ""
    fresh: bool = False

    def failure(self, values: list[bool] | list[float]) -> str:
        """Say how a run differs from the quotation; empty where it does not."""
        if not values:
            return f"“{self.quote}”: {self.value} is empty"
        if all(isinstance(value, bool) for value in values):
            return "" if all(values) else f"“{self.quote}” does not hold: {self.value} is not true"
        quoted = numbers(self.quote)
        if len(quoted) != len(values):
            return f"“{self.quote}” holds {len(quoted)} numbers, and {self.value} has {len(values)}"
        for number, value in zip(quoted, values, strict=True):
            near = abs(value - number) <= self.within + 1e-9
            alike = number * value > 0 and max(value / number, number / value) <= self.factor
            if not near and not alike:
                return f"“{self.quote}”: {number:g} is {value:.6g} in the run, by {self.value}"
        return ""


def claims_of(file: Path) -> tuple[list[Claim], list[str]]:
    """Read the claims and the given numbers that lie beside a notebook's text."""
    path = file.with_name("claims.py")
    found = runpy.run_path(str(path)) if path.exists() else {}
    return list(found.get("CLAIMS", [])), list(found.get("GIVEN", []))


def numbers(text: str) -> list[float]:
    """Read the numbers in a text: ``0.5``, ``−3``, ``30 000``, ``1e-13``, ``10^{-9}``, ``2 × 10^{15}``."""
    found = []
    for match in _NUMBER.finditer(text):
        if match["power"]:
            found.append(float(match["times"] or 1) * 10.0 ** int(match["power"].replace("−", "-")))
        else:
            found.append(float(match["plain"].replace("−", "-").replace(" ", "")))
    return found


def prose(source: Source) -> list[str]:
    """Give what a reader reads in each cell: a markdown cell's text, a code cell's alternative texts."""
    return [
        normal(cell.source if cell.cell_type == "markdown" else "\n".join(_alternative_texts(cell.source)))
        for cell in source.cells
    ]


def place(source: Source, quote: str) -> int:
    """Find the cell that a quotation stands in.

    Raises
    ------
    BuildError
        It stands in none, or more than once.
    """
    texts = prose(source)
    count = sum(text.count(normal(quote)) for text in texts)
    if count != 1:
        raise source.error(0, f"claims.py quotes “{quote}”, which stands here {count} times instead of once")
    return next(cell for cell, text in enumerate(texts) if normal(quote) in text)


def cell_before(source: Source, claim: Claim) -> int:
    """Find the code cell after which a claim is evaluated.

    Raises
    ------
    BuildError
        There is none.
    """
    last = place(source, claim.quote)
    for cell in range(len(source.cells) if claim.after else last + 1)[::-1]:
        if source.cells[cell].cell_type == "code" and claim.after in source.cells[cell].source:
            return cell
    raise source.error(last, f"no code cell stands above “{claim.quote}”, or none holds {claim.after!r}")


def unclaimed(source: Source, quotes: list[str]) -> list[str]:
    """Name every number that surely comes from a run and stands in none of the quotations, with its surroundings."""
    found = []
    for cell, text in zip(source.cells, prose(source), strict=True):
        covered = [range(m.start(), m.end()) for quote in quotes for m in re.finditer(re.escape(normal(quote)), text)]
        if cell.cell_type == "markdown":
            options = re.search(r"^- a\)", cell.source, re.M)
            passed_over = [range(match.start(), match.end()) for match in _PASSED_OVER.finditer(text)]
            matches = [] if options else [m for m in _MEASURED.finditer(text) if not _within(m.start(), passed_over)]
        else:
            matches = list(_NUMBER.finditer(text))
        found += [
            text[max(match.start() - 40, 0) : match.end() + 20]
            for match in matches
            if not _within(match.start(), covered)
        ]
    return found


def normal(text: str) -> str:
    """Write every run of white space as one blank."""
    return " ".join(text.split())


def _within(position: int, ranges: list[range]) -> bool:
    return any(position in one for one in ranges)


def _alternative_texts(code: str) -> Iterator[str]:
    """Cut the argument ``alt`` out of every call of ``course_utils.plots``; of f-strings, what is not filled in."""
    for call in ast.walk(ast.parse(code)):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "plots"):
            continue
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
        arguments = inspect.signature(getattr(plots, call.func.attr)).bind_partial(*call.args, **keywords).arguments
        alt = arguments.get("alt", ast.Constant(""))
        for part in alt.values if isinstance(alt, ast.JoinedStr) else [alt]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
