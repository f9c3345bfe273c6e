"""Pictures beside a report: they show what was seen, say it in words too, and stay away from hidden checks."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.pipeline.hidden_checks import examine
from autograder.topics.answer_cells import run_text
from autograder.topics.registry import MISTAKES
from course_utils.checks import observing as see
from course_utils.checks.check_report import Report
from course_utils.checks.difference_plots import HEIGHT, WIDTH, plot_difference, plot_failure
from course_utils.checks.exercise import EXERCISES, Observation, run_trial
from course_utils.checks.expected_outcomes_file import VISIBLE_SEED, read_outcomes
from course_utils.checks.verdict import evaluate
from course_utils.data import DATASETS
from course_utils.extras import is_installed

SOME = [
    one
    for name, group in itertools.groupby(MISTAKES, key=lambda mistake: mistake.exercise)
    if is_installed(EXERCISES[name].needs)
    for one in itertools.islice(group, 4)
]


def visible(function, name):
    """Verdict and picture as a student gets them."""
    exercise = EXERCISES[name]
    trial, known = run_trial(function, exercise, VISIBLE_SEED), read_outcomes(DATASETS, name)
    verdict = evaluate(trial, exercise, known)
    return verdict, plot_failure(verdict, trial, known)


def svg(picture):
    return ET.fromstring(picture).find("svg")


def caption(picture):
    return ET.fromstring(picture).find("figcaption").text


def test_of_real_mistakes_every_picture_is_sound_small_and_put_in_words():
    drawn = []
    for mistake in SOME:
        verdict, picture = visible(mistake.function, mistake.exercise)
        if not picture:
            continue
        drawn.append(picture)
        assert visible(mistake.function, mistake.exercise)[1] == picture
        assert len(picture) < 12_000
        assert svg(picture).get("role") == "img"
        assert svg(picture).get("aria-label")
        assert len(caption(picture).split()) > 8
        assert not re.search(r"\b(id|href|src|on\w+)=|<script|<style|nan|inf\b", picture)
        assert picture in Report(verdict, picture=picture)._repr_html_()
        assert "svg" not in repr(Report(verdict, picture=picture))
    kinds = {svg(picture).get("aria-label").split(",")[0] for picture in drawn}
    assert kinds == {"Heat map", "Mask", "Histogram of weights", "Expected values and yours"}


@pytest.mark.parametrize("mistake", SOME[::9], ids=lambda one: one.exercise)
def test_at_grading_no_picture_shows_a_case(mistake):
    verdict = examine(mistake.function, mistake.exercise, 3)
    assert verdict.state == "wrong"
    shown = Report(verdict, points=10)
    assert "<svg" not in shown._repr_html_()
    assert "<svg" not in str(shown.as_dict())


def test_a_heat_map_marks_the_entries_that_differ_with_their_sign():
    want = np.arange(12.0).reshape(3, 4)
    got = want.copy()
    got[1, 2] += 5
    got[2, 0] -= 1
    picture = plot_difference(Observation("values", want), Observation("values", got))
    signs = {(int(float(one.get("y"))), int(float(one.get("x")))): one.text for one in svg(picture).iter("text")}
    assert signs == {(1, 2): "+", (2, 0): "−"}
    cells = [(match, path.get("fill-opacity")) for path in svg(picture).iter("path") for match in [path.get("d")]]
    assert cells == [("M2 1h1v1h-1z", "1"), ("M0 2h1v1h-1z", "0.25")]
    assert "2 of 12 entries differ" in caption(picture)


def test_what_is_no_number_is_neither_too_large_nor_too_small():
    want = np.zeros((2, 3))
    picture = plot_difference(
        Observation("values", want), Observation("values", np.array([[0.0, np.nan, np.inf], [-2, 0, 0]]))
    )
    assert [one.text for one in svg(picture).iter("text")] == ["−"]
    assert [path.get("d") for path in svg(picture).iter("path")] == ["M0 1h1v1h-1z", "M1 0h1v1h-1zM2 0h1v1h-1z"]
    assert "Grey is not a finite number." in caption(picture)
    line = plot_difference(
        Observation("costs", np.zeros(6)), Observation("costs", np.array([0, 1, 2, np.nan, np.inf, 3]))
    )
    assert "Not finite, so not drawn: 2 of yours." in caption(line)


def test_a_large_heat_map_shows_the_surroundings_of_the_worst_entry():
    want = np.zeros((100, 30))
    got = want.copy()
    got[90, 3] = 1
    assert "rows 76 to 99 and columns 0 to 23" in caption(
        plot_difference(Observation("values", want), Observation("values", got))
    )


def test_dicts_are_followed_to_the_entry_that_differs():
    want = {"W1": np.ones((3, 3)), "W2": np.ones((2, 3))}
    got = {"W1": np.ones((3, 3)), "W2": np.zeros((2, 3))}
    assert "expected in W2" in caption(plot_difference(Observation("every W", want), Observation("every W", got)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda want: 7 * want, "Yours is 7 times the expected everywhere."),
        (lambda want: -want, "Yours is -1 times the expected everywhere."),
        (lambda want: want + 0.5, "Yours is +0.5 everywhere."),
        (lambda want: want + np.array([[0], [1], [0]]), "Only row 1 differs."),
        (lambda want: want + np.array([[1, 0, 0, 2]]), "Only columns 0, 3 differ."),
        (lambda want: want**2 + 0.1, "Every entry differs."),
        (lambda want: np.where(want > 8, np.nan, want), "4 of 12 entries differ."),
    ],
)
def test_what_a_heat_map_shows_is_said(change, words):
    want = np.arange(1.0, 13).reshape(3, 4)
    want[2, 3] = 3.0  # no whole row is above 8
    want[1, 3] = 9.0
    assert words in caption(plot_difference(Observation("values", want), Observation("values", change(want))))


def test_a_histogram_has_the_weights_areas_and_the_density_asked_for():
    rng = np.random.default_rng(0)
    W = rng.normal(0, 0.2, (90, 110))
    right, seen = Observation(see.SCALE, [0.3], rtol=0.05), Observation(see.SCALE, [float(W.std())])
    picture = svg(plot_difference(right, seen, {"W1": W, "b1": np.zeros((90, 1))}))
    reach = float(list(picture.iter("text"))[-1].text)
    assert reach == pytest.approx(3.5 * 0.3, rel=0.01)
    heights = [float(height) for height in re.findall(r"v-([\d.]+)h", next(picture.iter("path")).get("d"))]
    points = next(picture.iter("polyline")).get("points").split()
    peak = HEIGHT - min(float(point.split(",")[1]) for point in points)
    # A normal density peaks at 1 / (σ √(2π)); the bars' heights, in the same unit, have the area 1.
    unit = 1 / (0.3 * np.sqrt(2 * np.pi)) / peak
    assert sum(heights) * unit * (2 * reach / 24) == pytest.approx(1, rel=0.02)
    assert max(heights) / peak == pytest.approx(0.3 / 0.2, rel=0.1)


def test_a_series_lies_where_its_values_are():
    want, got = [0.0, 1.0, 4.0, 9.0, 16.0], [0.0, 1.0, 4.0, 8.0, 20.0]
    picture = svg(plot_difference(Observation("costs", want), Observation("costs", got)))
    y = np.array([float(circle.get("cy")) for circle in picture.iter("circle")])
    assert np.allclose((y[0] - y) / (y[0] - 8) * 20, want, atol=0.05)
    x = [float(circle.get("cx")) for circle in picture.iter("circle")]
    assert x == pytest.approx(np.linspace(8, WIDTH - 8, 5))


def test_a_mask_is_drawn_as_it_is():
    mask = np.random.default_rng(1).random((30, 40)) < 0.3
    picture = plot_difference(Observation("entries", "yes"), Observation("entries", "no"), [np.ones((30, 40)), mask])
    [path] = svg(picture).iter("path")
    cells = {(int(i), int(j)) for j, i in re.findall(r"M(\d+) (\d+)h", path.get("d"))}
    assert cells == {(i, j) for i, j in np.argwhere(mask).tolist() if i < 24 and j < 24}
    assert f"{mask.mean():.1%}" in caption(picture)


def test_what_is_secret_or_short_or_of_another_shape_gets_no_picture():
    values, others = np.arange(8.0), np.ones(8)
    assert plot_difference(Observation("values", values), Observation("values", others))
    assert plot_difference(Observation("values", values, secret=True), Observation("values", others)) == ""
    assert plot_difference(Observation("values", values[:4]), Observation("values", others[:4])) == ""
    assert plot_difference(Observation("values", values), Observation("values", others[:7])) == ""
    assert plot_difference(Observation("values", "yes"), Observation("values", "no"), {"W1": others}) == ""


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | hnp.arrays(st.sampled_from([float, int, bool, complex]), hnp.array_shapes(max_dims=3, max_side=6)),
    lambda part: st.lists(part, max_size=6) | st.dictionaries(st.sampled_from(["W1", "W2", "b1"]), part, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(right=PLAIN, got=PLAIN, result=PLAIN, name=st.sampled_from(["values", see.SCALE, see.MEAN]))
def test_whatever_an_answer_returns_a_picture_is_whole_or_absent(right, got, result, name):
    for one, other in ((right, got), (right, right), (got, got)):
        picture = plot_difference(Observation(name, one, rtol=0.05), Observation(name, other), result)
        assert picture == "" or ET.fromstring(picture).tag == "figure"


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_numbers_of_any_size_can_be_drawn(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=3, max_side=30))
    want, got = (data.draw(hnp.arrays(np.float64, shape, elements=st.floats(width=64))) for _ in range(2))
    for one in (
        plot_difference(Observation("v", want), Observation("v", got)),
        plot_difference(Observation(see.SCALE, [1.0]), Observation(see.SCALE, [2.0]), {"W1": got}),
    ):
        assert one == "" or "nan" not in one.split("<figcaption>")[0]


@pytest.mark.parametrize("colours", ["color: #000; background: #fff", "color: #ddd; background: #111"])
def test_reports_with_pictures_can_be_read_in_every_theme_and_on_a_phone(browser, colours):
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    reports = {}
    for mistake in SOME:
        verdict, picture = visible(mistake.function, mistake.exercise)
        if picture:
            kind = svg(picture).get("aria-label").split(",")[0]
            reports.setdefault(kind, Report(verdict, picture=picture)._repr_html_())
    assert len(reports) == 4
    page = browser.new_page(viewport={"width": 340, "height": 900})
    body = "".join(reports.values())
    page.set_content(f"<html lang=en><title>Reports</title><body style='{colours}'><main><h1>R</h1>{body}</main>")
    found = axe.run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    assert page.get_by_role("img").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 340


def test_nothing_is_imported_to_draw():
    text = (
        "import sys, contextlib\n"
        "from course_utils import check\n"
        "def initialize_parameters_he(layers_dims, rng):\n"
        "    sizes = zip(layers_dims, layers_dims[1:])\n"
        "    return {f'W{l}': rng.normal(size=(b, a)) for l, (a, b) in enumerate(sizes, 1)}\n"
        "with contextlib.suppress(AssertionError):\n"
        "    check(initialize_parameters_he)\n"
        "print('matplotlib' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.split()[-1] == "False"
    assert done.stdout.startswith("✘")


def test_a_right_answer_gets_no_picture():
    name = "initialize_parameters_he"
    from autograder.topics.answer_cells import solution_text

    verdict, picture = visible(run_text(solution_text(name), name), name)
    assert verdict.state == "right"
    assert verdict.failed_key is None
    assert picture == ""
