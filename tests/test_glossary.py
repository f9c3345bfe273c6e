"""The glossary: every term is defined once, before it is needed, used, and found by its link."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from autograder.authoring import glossary
from autograder.authoring.glossary import Definition, definitions, sentences
from autograder.topics import sources
from autograder.topics.notebook_text import BuildError, Source

ROOT = Path(__file__).resolve().parent.parent
LISTS = ("_predictions", "_answers")


def cells_of(file: Path) -> list[str]:
    """Text cells; empty strings stand for code, so that numbers are those of the notebook."""
    return [cell.source if cell.cell_type == "markdown" else "" for cell in Source(file).cells]


def left_out(file: Path) -> set[int]:
    """Cells that ask questions, the first cell, which says what is to come, and the last, which looks elsewhere."""
    cells = Source(file).cells
    closing = {at for at, cell in enumerate(cells) if "## What you can do now" in cell.source}
    lists = {at - 1 for at, cell in enumerate(cells) if cell.metadata.get("exercise", "").endswith(LISTS)}
    return {0} | closing | lists


def pattern(term: str) -> re.Pattern:
    """The term as it is written anywhere: hyphens or blanks, plural or not."""
    words = r"[\s-]+".join(re.escape(word) for word in re.split(r"[\s-]+", term))
    return re.compile(rf"\b{words}(?:e?s)?\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def course() -> dict[str, list[str]]:
    return {file.stem: cells_of(file) for file in sources()}


@pytest.fixture(scope="module")
def defined() -> list[Definition]:
    return definitions()


def write(folder: Path, *cells: str) -> Path:
    file = folder / "09_made_up.py"
    file.write_text("".join(f'# %% [markdown]\nr"""\n{cell}\n"""\n\n' for cell in cells), encoding="utf-8")
    return file


def test_the_page_is_what_the_notebooks_define(defined):
    page = (ROOT / "notebooks" / glossary.PAGE).read_text(encoding="utf-8")
    assert page == glossary.page()
    assert len(defined) >= 90
    assert re.findall(r"^- \*\*(.+?)\*\*: ", page, re.M) == sorted((one.term for one in defined), key=str.casefold)


def test_every_term_is_used_beside_its_definition(course, defined):
    text = " ".join(" ".join(cell.replace("**", "").split()) for cells in course.values() for cell in cells)
    unused = [
        one.term for one in defined if not pattern(one.term).search(text.replace(one.sentence.split(" $")[0], " "))
    ]
    assert unused == []


def test_no_earlier_notebook_uses_a_term_without_saying_where_it_is_defined(course, defined):
    early = []
    skipped = {file.stem: left_out(file) for file in sources()}
    for one in defined:
        for name in itertools.takewhile(lambda name, one=one: name != one.notebook, course):
            early += [
                f"{one.term} ({one.notebook}) in {name}, cell {number}"
                for number, cell in enumerate(course[name])
                if number not in skipped[name] and pattern(one.term).search(cell) and one.notebook not in cell
            ]
    assert early == []


def test_every_definition_is_a_sentence_below_a_heading_of_its_own(course, defined):
    for one in defined:
        assert len(one.sentence.split()) >= 5, one
        headings = [heading for cell in course[one.notebook] for heading in re.findall(r"^#+ (.+)$", cell, re.M)]
        assert headings.count(one.heading) == 1, one
        assert one.heading.isascii(), one  # its link is made of its text, and JupyterLab decodes none
        assert "$" not in one.heading, one


def test_what_counts_as_a_term():
    text = (
        "# Head\n\nFirst. An **epoch** is one pass, of $m = 3. 5$ examples. Then **not this.** And *never this*.\n\n"
        "- A **mini-batch** is some\n  examples.\n- An **average** of them:\n\n$$v = 1, $$\n\n"
        "<details><summary>Hint 1</summary>\n\nA **hint**.\n</details>"
    )
    found = list(sentences(text))
    assert [(term, sentence) for sentence in found for term in glossary.terms_in(sentence)] == [
        ("epoch", "An **epoch** is one pass, of $m = 3. 5$ examples."),
        ("mini-batch", "A **mini-batch** is some examples."),
        ("average", "An **average** of them: $v = 1$"),
    ]


def test_a_term_that_is_defined_twice_is_named_with_file_and_line(tmp_path):
    file = write(tmp_path, "# One\n\nAn **epoch** is a pass.", "## Two\n\nAn **Epoch** is a pass.")
    with pytest.raises(BuildError, match=r"09_made_up.py:8: \*\*Epoch\*\* is defined in 09_made_up, 'One' already"):
        definitions([file])
