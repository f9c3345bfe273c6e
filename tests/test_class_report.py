"""The class report: its numbers against independent computations, its page against hostile students, its codes."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import statistics
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from tiny_course import NAME, RIGHT, STUB, answered, config, hand_in, nbgrader, release

from autograder.__main__ import main
from autograder.course import COURSE
from autograder.reporting.attempts import Attempt, GradedExercise
from autograder.reporting.class_report import ClassReport
from autograder.reporting.class_table import Row
from autograder.reporting.item_analysis import MistakeCount, commonest_mistakes, item_statistics
from autograder.reporting.page import render_page
from autograder.reporting.pseudonyms import pseudonym
from autograder.reporting.report_files import report_table, write_report
from autograder.reporting.similarity import ClassSimilarity, compare_answers, own_lines

SCRIPT = "<script>window.ran = 1</script>"


# --- numbers ----------------------------------------------------------------------------------------------------------


def made_up(points: dict[str, list[float | None]], most: float = 4) -> list[GradedExercise]:
    """Exercise → points of student 0, 1, …"""
    return [
        GradedExercise(
            name, most, {f"s{n}": Attempt(p, "right" if p == most else "partly") for n, p in enumerate(each)}
        )
        for name, each in points.items()
    ]


@pytest.mark.parametrize("seed", range(5))
def test_difficulty_and_discrimination_are_what_another_library_computes(seed):
    draw = random.Random(seed)
    ability = [draw.gauss(0, 1) for _ in range(30)]
    points = {
        name: [float(min(4, max(0, round(2 + load * one + draw.gauss(0, 1))))) for one in ability]
        for name, load in (("goes along", 1.5), ("noise", 0.0), ("against", -0.7), ("easy", 0.3))
    }
    for name, found in zip(points, item_statistics(made_up(points)), strict=True):
        rest = [sum(points[other][n] for other in points if other != name) for n in range(30)]
        assert found.discrimination == pytest.approx(statistics.correlation(points[name], rest))
        assert found.difficulty == pytest.approx(statistics.fmean(points[name]) / 4)
        assert found.right == points[name].count(4) / 30
        assert found.students == 30


def test_an_item_is_left_out_of_what_it_is_held_against():
    """Two unrelated items: with itself in the total, each would correlate at 0.7."""
    points = {"a": [0, 0, 4, 4], "b": [0, 4, 0, 4]}
    assert [one.discrimination for one in item_statistics(made_up(points))] == pytest.approx([0, 0])


def test_no_discrimination_where_nothing_varies_or_few_count():
    assert item_statistics(made_up({"a": [4, 4, 4], "b": [0, 2, 4]}))[0].discrimination is None
    assert item_statistics(made_up({"a": [4, 4, 4], "b": [0, 2, 4]}))[1].discrimination is None
    assert item_statistics(made_up({"a": [0, 4], "b": [0, 4]}))[0].discrimination is None
    assert item_statistics(made_up({"a": [None], "b": [1]}))[0].difficulty is None
    assert item_statistics([]) == []


def test_who_needs_a_look_does_not_count():
    points = {"a": [0, 1, 2, 4, 4], "b": [1, 1, 4, 2, None]}
    without = {name: each[:4] for name, each in points.items()}
    assert item_statistics(made_up(points)) == item_statistics(made_up(without))


def test_mistakes_are_counted_by_student():
    exercises = made_up({"a": [0, 0, 1], "b": [0, 0, 0]})
    for exercise, student, mistakes in ((0, "s0", ["m", "m"]), (0, "s2", ["m"]), (1, "s1", ["k"]), (1, "s2", ["m"])):
        exercises[exercise].attempts[student].mistakes = mistakes
    found = commonest_mistakes(exercises)
    wanted = [("a", "m", ["s0", "s2"]), ("b", "k", ["s1"]), ("b", "m", ["s2"])]
    assert found == [MistakeCount(*each) for each in wanted]


def test_a_summary_of_points():
    rows = [Row(f"s{n}", points, 50, False) for n, points in enumerate([10.0, 20.0, 30.0, 50.0])]
    rows += [Row("l", 7.0, 50, True), Row("x", None, 50, True)]
    said = ClassReport(NAME, rows, [], ClassSimilarity([], None, None, 0)).summary()
    assert (said["submissions"], said["graded"], said["need a look"]) == (6, 4, 2)
    assert said["mean"] == statistics.fmean([10, 20, 30, 50])
    assert said["standard deviation"] == pytest.approx(statistics.pstdev([10, 20, 30, 50]))
    assert said["median"] == 25
    quartiles = statistics.quantiles([10, 20, 30, 50], n=4, method="inclusive")
    assert [said["lower quartile"], said["upper quartile"]] == [quartiles[0], quartiles[2]]


@pytest.mark.parametrize(
    ("words", "late"),
    [
        ("no: still running after 2 s of computing (an endless loop?)", True),
        ("no answer for 20 s", True),
        ("its computing time for the whole notebook was used up", True),
        ("its time for the whole notebook was used up", True),
        ("shape: expected (2, 3), got (3, 2)", False),
    ],
)
def test_time_outs_are_known_by_the_words_of_the_judge(words, late):
    assert Attempt(0, "wrong", [], words).timed_out is late
    if late:
        files = [*(COURSE / "judge").rglob("*.py"), *(COURSE.parent / "course_utils" / "checks").glob("*.py")]
        core = re.split(r" \d+ s", words.removeprefix("no: "))[0]
        assert any(core in file.read_text(encoding="utf-8") for file in files)


# --- similar answers --------------------------------------------------------------------------------------------------

GIVEN = '''def train(X, Y, layers):
    """Train a network."""
    # TODO: your code here
    raise NotImplementedError'''
FIRST = '''def train(X, Y, layers):
    """Train a network."""
    parameters = {}
    for number, (before, after) in enumerate(zip(layers, layers[1:])):
        parameters[number] = np.random.standard_normal((after, before)) / np.sqrt(before + 1e-3)
    history = [0.0] * 17
    while history[-1] < 3.25 and len(history) < 400:
        history.append(float(np.mean(X @ Y.T)) + history[-1] * 0.125)
    return parameters, history'''
RENAMED = '''def train(X, Y, layers):
    """Train a network."""
    # my own idea
    w = {}
    for k, (a, b) in enumerate(zip(layers, layers[1:])):  # every layer

        w[k] = np.random.standard_normal((b,   a)) / np.sqrt(a + 1e-3)
    costs = [0.0] * 17
    while costs[-1] < 3.25 and len(costs) < 400:
        costs.append(float(np.mean(X @ Y.T)) + costs[-1] * 0.125)
    return w, costs'''
OTHER = '''def train(X, Y, layers):
    """Train a network."""
    rng = np.random.default_rng(5)
    sizes = list(map(int, layers))
    W = [rng.normal(scale=(2 / n) ** 0.5, size=(m, n)) for n, m in itertools.pairwise(sizes)]
    cost, best = np.inf, None
    for step in range(1000):
        A = functools.reduce(lambda a, w: np.maximum(0, w @ a), W, X)
        if (now := ((A - Y) ** 2).sum()) < cost:
            cost, best = now, W
    return {"W": best, "cost": cost}'''


def shares(answers: dict[str, str], released: str = GIVEN) -> dict[tuple[str, str], float]:
    found = compare_answers({name: {"train": text} for name, text in answers.items()}, {"train": released})
    return {(pair.first, pair.second): pair.similarity for pair in found.pairs}


def test_renaming_and_comments_hide_nothing():
    assert shares({"a": FIRST, "b": RENAMED, "c": OTHER}) == {("a", "b"): 1.0}


def test_what_was_released_does_not_count():
    """Two students who left everything as it was have nothing in common of their own."""
    longer = GIVEN.replace("raise", "\n    ".join(f"x{n} = np.sqrt({n}) + {n}" for n in range(20)) + "\n    raise")
    assert shares({"a": longer, "b": longer}, released=longer) == {}
    assert own_lines(longer, longer) == []
    assert shares({"a": longer, "b": longer}) == {("a", "b"): 1.0}


def test_what_many_wrote_does_not_count():
    own = {f"s{n}": FIRST + f"\n    # {n}" for n in range(12)}
    assert shares(own) == {}
    assert len(shares(dict(list(own.items())[:2]))) == 1


def test_a_share_is_twice_the_longest_common_subsequence_by_both_lengths():
    edited = FIRST.replace("0.125", "0.25").replace("history = [0.0] * 17", "history = [1.0, 2.0]")
    one, other = ([token for line in own_lines(text, GIVEN) for token in line] for text in (FIRST, edited))
    longest = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            longest[i + 1][j + 1] = longest[i][j] + 1 if a == b else max(longest[i][j + 1], longest[i + 1][j])
    found = shares({"a": FIRST, "b": edited})[("a", "b")]
    assert found == pytest.approx(2 * longest[-1][-1] / (len(one) + len(other)), abs=1e-6)
    assert 0.8 < found < 1


@pytest.mark.parametrize(
    "text", ["", "def f(:\n  x", "'''", "\x00", "((((" * 5000, "x = 1\n\ty = 2\n  z", "\\", "é" * 10]
)
def test_odd_texts_are_compared_too(text):
    own_lines(text, GIVEN)
    shares({"a": text, "b": FIRST, "c": FIRST})


# --- the page ---------------------------------------------------------------------------------------------------------


class Parsed(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def hostile_report() -> ClassReport:
    evil = f'"><img src=x onerror=alert(1)>{SCRIPT}'
    names = [f"=cmd()|{evil}", "bob\x1b[31m\nnew", "ada", "{{ 7 * 7 }}"]
    reasons = [f"a needs a look: {evil}", f"=1+1 {evil}"]
    rows = [Row(name, float(n), 8, n == 1, reasons, feedback_outdated=n == 0) for n, name in enumerate(names)]
    attempts = [Attempt(None if n == 1 else float(n), "partly", [evil], evil) for n in range(4)]
    exercises = [GradedExercise(name, 4, dict(zip(names, attempts, strict=True))) for name in ("a", "b")]
    similarity = compare_answers({names[0]: {"train": FIRST}, names[1]: {"train": RENAMED}}, {"train": GIVEN})
    return ClassReport(NAME, rows, exercises, similarity)


def test_what_students_wrote_is_text(tmp_path):
    report = hostile_report()
    names = [" ".join(row.student.split()) for row in report.rows]
    parsed = Parsed(render_page(report))
    tags = [tag for tag, _ in parsed.tags]
    assert not {"script", "iframe", "link", "object", "form"} & set(tags)
    assert tags.count("img") == 2
    assert all(
        a["src"].startswith("data:image/png;base64,") and len(a["alt"].split()) > 8
        for t, a in parsed.tags
        if t == "img"
    )
    assert not any(key.startswith("on") for _, attributes in parsed.tags for key in attributes)
    assert SCRIPT in parsed.text
    assert "{{ 7 * 7 }}" in parsed.text
    assert "\x1b" not in parsed.text
    assert "For a person to judge" in parsed.text
    assert f"Feedback older than the grade: {names[0]}. Make it again:" in " ".join(parsed.text.split())


def test_the_table_holds_no_formula(tmp_path):
    write_report(hostile_report(), tmp_path / "report")
    with (tmp_path / "report" / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 5
    assert not any(field[:1] in ("=", "+", "@", "|") for row in rows for field in row)
    assert rows[1][0].startswith("'=cmd()|")
    assert rows[2][1] == ""  # it needs a look


def test_the_data_is_json_with_the_same_numbers(tmp_path):
    report = hostile_report()
    write_report(report, tmp_path)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data["summary"] == report.summary()
    assert [one["discrimination"] for one in data["exercises"]] == [one.discrimination for one in report.statistics]
    assert [one["student"] for one in data["students"]] == [row.student for row in report.rows]


def test_an_empty_class_has_a_page_too():
    report = ClassReport(NAME, [], [], ClassSimilarity([], None, None, 0))
    assert "Nobody was graded to the end." in render_page(report)
    assert report_table(report)[1:] == []


def test_the_package_ships_the_template():
    project = tomllib.loads((COURSE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["autograder.reporting"]
    shipped = {path.name for pattern in patterns for path in (COURSE / "reporting").glob(pattern)}
    assert shipped == {"page.html.j2"}


def test_in_a_browser_nothing_runs_and_no_request_leaves(tmp_path, browser):
    path = write_report(hostile_report(), tmp_path)
    asked, said = [], []
    opened = browser.new_page(viewport={"width": 1000, "height": 800})
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    opened.on("console", lambda message: said.append(message.text))
    opened.goto(path.as_uri())
    drawn = opened.evaluate("[...document.images].filter(one => one.naturalWidth > 100).length")
    wide = opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    ran = opened.evaluate("window.ran")
    if target := os.environ.get("SCREENSHOTS"):
        opened.screenshot(path=f"{target}/report.png", full_page=True)
    assert (ran, said, drawn, wide) == (None, [], 2, True)
    assert [url for url in asked if not url.startswith(("data:image/", path.as_uri()))] == []


# --- a graded class ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A small class, graded by nbgrader."""
    folder = release(tmp_path_factory.mktemp("course"), config())
    students = {
        "ada": {},
        "bob": {"double": STUB},
        "eve": {"double": "def double(x):\n    raise ValueError('eve was here, with Bob Roe')"},
        "zoe": {"double": STUB, "square": STUB},
    }
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        gradebook.add_student("bob", first_name="Bob", last_name="Roe", email="roe@example.org")
    for student, answers in students.items():
        hand_in(folder, student, answered(folder, **answers))
    (folder / "submitted" / "damaged" / NAME).mkdir(parents=True)
    (folder / "submitted" / "damaged" / NAME / f"{NAME}.ipynb").write_text("", encoding="utf-8")
    done = nbgrader(folder, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_graded_class_is_reported(course, tmp_path, monkeypatch, capsys):
    assert main(["report", NAME, "--course", str(course), "--folder", str(tmp_path)]) == 0
    assert str(tmp_path / NAME / "report.html") in capsys.readouterr().out
    data = json.loads((tmp_path / NAME / "report.json").read_text(encoding="utf-8"))
    assert data["summary"]["submissions"] == 5
    assert data["summary"]["graded"] == 4
    assert data["summary"]["mean"] == statistics.fmean([5, 3, 3, 0])
    assert [(one["name"], one["points"]) for one in data["exercises"]] == [("double", 2), ("square", 3)]
    assert [one["difficulty"] for one in data["exercises"]] == [0.25, 0.75]
    related = statistics.correlation([2, 0, 0, 0], [3, 3, 3, 0])
    assert data["exercises"][0]["discrimination"] == pytest.approx(related)
    assert data["exercises"][0]["states"] == {"right": 1, "wrong": 3, "needs a look": 1}
    with (tmp_path / NAME / "report.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["damaged"]["points"] == rows["damaged"]["double"] == ""
    assert rows["damaged"]["needs_a_look"] == "yes"
    assert rows["bob"]["square"] == "3.0"
    text = (tmp_path / NAME / "report.html").read_text(encoding="utf-8")
    assert "The notebook file is empty." in text
    assert set(RIGHT) <= set(re.findall(r"\w+", text))


def test_codes_stand_for_names_and_only_the_course_knows_whose(course, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", "a secret that is long enough")
    for folder in ("one", "two"):
        assert main(["report", "--codes", "--course", str(course), "--folder", str(tmp_path / folder)]) == 0
    files = {folder: sorted((tmp_path / folder).rglob("*.*")) for folder in ("one", "two")}
    assert [file.name for file in files["one"]] == ["report.csv", "report.html", "report.json"]
    for one, two in zip(files["one"], files["two"], strict=True):
        assert one.read_bytes() == two.read_bytes()
        words = set(re.findall(r"\w+", re.sub(r"base64,[^\"]*", "", one.read_text(encoding="utf-8")).lower()))
        assert not {"ada", "bob", "eve", "zoe", "roe"} & words
    with (course / "codes.csv").open(encoding="utf-8", newline="") as file:
        known = {row["student"]: row["code"] for row in csv.DictReader(file)}
    assert set(known) == {"ada", "bob", "eve", "zoe", "damaged"}
    assert known["bob"] in (tmp_path / "one" / NAME / "report.csv").read_text(encoding="utf-8")
    if os.name == "posix":
        assert (course / "codes.csv").stat().st_mode & 0o077 == 0
        assert (tmp_path / "one" / NAME).stat().st_mode & 0o077 == 0


def test_codes_need_the_secret():
    assert pseudonym("ada", "x") == pseudonym("ada", "x")
    assert len({pseudonym(student, secret) for student in ("ada", "bob") for secret in ("x", "y")}) == 4
    assert re.fullmatch(r"S-[A-Z2-7]{8}", pseudonym("ada", "x"))


def test_what_is_not_graded_is_said(course, capsys):
    assert main(["report", "ps9", "--course", str(course)]) == 1
    assert "ps9 is not graded yet; graded: ps1" in capsys.readouterr().err
