"""The prose: the build holds what it says of a run against the run, and no measured number goes without a claim."""

from __future__ import annotations

import re

import numpy as np
import pytest

import course_utils
from autograder.authoring import build
from autograder.data import make_datasets
from autograder.topics import sources
from autograder.topics.answer_cells import ANSWERS
from autograder.topics.claims import Claim, cell_before, claims_of, numbers, place, unclaimed
from autograder.topics.notebook_text import BuildError, Source, source_notebook
from course_utils import data, plots

CODE = "# %%\nimport numpy as np\nshares = np.array([0.5, 0.25])\n"
TEXT = "# %% [markdown]\n# The shares are 50 and\n# 25 %, and both are positive.\n"
LATER = "# %%\nshares = None\n"


def claimed(folder, *claims):
    """Write a small notebook's text with its claims."""
    listed = ",\n".join(claims)
    (folder / "claims.py").write_text(
        f"from autograder.topics.claims import Claim\nCLAIMS = [{listed}]\n", encoding="utf-8"
    )
    file = folder / "09_claims.py"
    file.write_text("\n".join((CODE, TEXT, LATER)), encoding="utf-8")
    return file


def test_numbers_are_read_as_they_are_written_in_prose():
    text = "L2: −3 to 0.5, 30 000 times, 1e-13, $10^{-9}$, $2 \\cdot 10^{15}$, 44–53 and (−0.1)"
    assert numbers(text) == [-3, 0.5, 30_000, 1e-13, 1e-9, 2e15, 44, 53, -0.1]


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([50.4, 24.6], {"within": 0.5}, ""),
        ([50.6, 25.0], {"within": 0.5}, "50 is 50.6 in the run"),
        ([90.0, 13.0], {"factor": 2}, ""),
        ([101.0, 25.0], {"factor": 2}, "50 is 101 in the run"),
        ([50.0], {}, "holds 2 numbers, and x has 1"),
        ([True, True], {}, ""),
        ([True, False], {}, "x is not true"),
        ([float("nan"), 25.0], {"within": 9}, "50 is nan"),
        ([], {}, "x is empty"),
    ],
)
def test_a_claim_is_held_against_values(values, options, words):
    failure = Claim("50 and 25 %", "x", **options).failure(values)
    assert words in failure
    assert bool(words) == bool(failure)


def test_the_build_stops_where_the_prose_says_what_the_run_does_not_show(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SOLVED", tmp_path / "solved")
    right = 'Claim("50 and 25 %", "100 * shares"), Claim("both are positive", "shares > 0")'
    right += ', Claim("The shares are", "shares is None", after="= None")'
    (solved,) = build.solve([claimed(tmp_path, right)])
    with_claims = solved.read_bytes()
    assert solved.read_bytes() == build.solve([claimed(tmp_path)])[0].read_bytes() == with_claims
    for wrong, words in (
        ('Claim("50 and 25 %", "shares")', "09_claims.py:5: “50 and 25 %”: 50 is 0.5 in the run, by shares"),
        ('Claim("both are positive", "share")', "share fails with NameError"),
        ('Claim("both are large", "True")', "which stands here 0 times instead of once"),
    ):
        with pytest.raises(BuildError, match=re.escape(words)):
            build.solve([claimed(tmp_path, wrong)])


def test_a_measured_number_without_a_claim_is_named(tmp_path):
    source = Source(claimed(tmp_path))
    assert [re.search(r"\d+ %", found).group() for found in unclaimed(source, [])] == ["25 %"]
    assert not unclaimed(source, ["50 and 25 %"])
    figure = "# %%\nplots.lines({}, [], 'x', 'y', 'a title of 2', 'It falls'\n    ' from 9 to 0.')\n"
    file = tmp_path / "08_figure.py"
    file.write_text(figure, encoding="utf-8")
    assert unclaimed(Source(file), []) == ["It falls from 9 to 0."] * 2


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.stem)
def test_every_claim_stands_in_the_text_and_every_measured_number_has_one(file):
    source, (claims, given) = Source(file), claims_of(file)
    assert claims
    for claim in claims:
        cell_before(source, claim)
    for quote in given:
        place(source, quote)
    assert not unclaimed(source, [*(claim.quote for claim in claims), *given])


FRESH_DRAWS = 5
FRESH = [file for file in sources() if any(claim.fresh for claim in claims_of(file)[0])]


@pytest.mark.soak
@pytest.mark.parametrize("file", FRESH, ids=lambda file: file.stem)
def test_fresh_draws_of_the_data_say_the_same(file, tmp_path, monkeypatch):
    for name in ("boundaries", "cost_curves", "histograms", "images", "lines", "scatter", "show"):
        monkeypatch.setattr(plots, name, lambda *_, **__: None)
    monkeypatch.setattr(course_utils, "own_work", lambda _, *names: {name: ANSWERS[name] for name in names})
    monkeypatch.setenv("TQDM_DISABLE", "1")
    draws = []
    for fresh in range(1, FRESH_DRAWS + 1):
        make_datasets.write_all(tmp_path / str(fresh), fresh)
        monkeypatch.setattr(data, "DATASETS", tmp_path / str(fresh))
        names: dict = {"__name__": "__main__"}
        for cell in source_notebook(file).cells:
            if cell.cell_type == "code" and "HIDDEN TESTS" not in cell.source:
                exec(compile(cell.source, file.name, "exec"), names)
        draws.append(names)
    claims = [claim for claim in claims_of(file)[0] if claim.fresh]
    values = [np.ravel(eval(claim.value, {"np": np, "draws": draws})).tolist() for claim in claims]
    assert not [failure for claim, found in zip(claims, values, strict=True) if (failure := claim.failure(found))]
