"""How a notebook begins and ends: a question of practice, what was learned, where it is in real code, and sources."""

from __future__ import annotations

import ast
import inspect
import re
from operator import attrgetter

import pytest
from needs import need

from autograder.topics import sources
from autograder.topics.notebook_text import Source

LINK = re.compile(r"\[[^]]+\]\(https://[^)\s]+\)")
CITED = re.compile(r"[A-Z]\w+(?:,? (?:and|et al\.)(?: [A-Z]\w+)?)*, (?:19|20)\d\d\b")
LIBRARIES = re.compile(r"`(?:[\w.]+ = )?(?:torch|keras|keras_tuner|tf|optuna|sklearn|np)\.")


def texts(file) -> list[str]:
    return [cell.source for cell in Source(file).cells if cell.cell_type == "markdown"]


def part(text: str, heading: str) -> list[str]:
    """The items of the list below a heading."""
    [below] = re.findall(rf"^#+ {heading}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    return [" ".join(item.split()) for item in re.split(r"^- ", below, flags=re.M)[1:]]


def closing(file) -> str:
    [text] = [text for text in texts(file) if "## What you can do now" in text]
    return text


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_a_notebook_opens_with_a_question_and_closes_with_what_was_learned(file):
    _, question, *_ = texts(file)[0].split("\n\n")
    assert re.fullmatch(r"\*[^*]+\?\*", question, re.S), question
    text = closing(file)
    assert len(part(text, "What you can do now")) == 5
    code = part(text, "In real code")
    assert len(code) >= 3
    assert all(LIBRARIES.search(item) or "PyTorch" in item for item in code), code
    sources_named = part(text, "Read more")
    assert 3 <= len(sources_named) <= 5
    assert all(LINK.search(item) for item in sources_named)


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_what_is_cited_is_linked(file):
    for text in texts(file):
        assert not CITED.findall(LINK.sub("", " ".join(text.split()))), text


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_keras_has_what_is_named(file):
    need("tensorflow")
    import keras

    calls = re.findall(r"`(keras\.[^`]+)`", " ".join(closing(file).split()))
    assert calls
    for call in calls:
        tree = ast.parse(call, mode="eval").body
        name = ast.unparse(tree.func if isinstance(tree, ast.Call) else tree)
        named = attrgetter(name.removeprefix("keras."))(keras)
        if isinstance(tree, ast.Call):
            known = inspect.signature(named).parameters
            assert {keyword.arg for keyword in tree.keywords} <= set(known), call
            assert len(tree.args) <= len(known), call
