"""A notebook that holds everything JupyterLab writes by itself is graded, and its page made, like any other."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from tiny_course import NAME, answered, at, config, hand_in, nbgrader, release

from autograder.pipeline import safe_html
from autograder.pipeline.safe_html import is_nested_deeply, sanitize_html, sanitize_markdown
from course_utils.checks.limits import time_limit

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PASTED = {"image.png": {"image/png": PIXEL}}
PASTED_TEXT = "My drawing: ![image.png](attachment:image.png) and *words*"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A graded class with feedback."""
    folder = release(tmp_path_factory.mktemp("course"), config())
    hand_in(folder, "lab", everything(answered(folder)))
    for step in ("autograde", "generate_feedback"):
        done = nbgrader(folder, step, NAME)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    return folder


def everything(nb: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Put into a notebook whatever JupyterLab, its debugger and its widgets write without being asked."""
    nb.metadata.update({
        "toc-autonumbering": True,
        "toc-showcode": False,
        "celltoolbar": "Slideshow",
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}}, "version_major": 2}},
        "vscode": {"interpreter": {"hash": "0"}},
    })  # fmt: skip
    times = {key: "2026-01-02T03:04:05Z" for key in ("iopub.execute_input", "iopub.status.busy", "shell.execute_reply")}
    for number, cell in enumerate(nb.cells):
        cell.metadata.update(
            execution=times,
            slideshow={"slide_type": "fragment"},
            jupyter={"source_hidden": bool(number % 2), "outputs_hidden": True},
            collapsed=True,
            scrolled="auto",
            editable=True,
            deletable=True,
            trusted=True,
            tags=[*cell.metadata.get("tags", []), "raises-exception"],
            ExecuteTime={"start_time": "2026-01-02"},
        )
    notes = v4.new_markdown_cell(PASTED_TEXT, attachments=PASTED)
    raw = v4.new_raw_cell(PASTED_TEXT, metadata={"raw_mimetype": "text/x-rst"}, attachments=PASTED)
    shows = "show({'text/markdown': " + repr(PASTED_TEXT) + "})\nshow({'text/html': '<img src=\"attachment:a.png\">'})"
    shown = v4.new_code_cell(shows, metadata={"collapsed": True})
    shown.outputs = [
        v4.new_output("display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}}),
        v4.new_output("stream", name="stderr", text="\x1b[31mred\x1b[0m"),
    ]
    nb.cells[at(nb, "intro")].source += f"\n\n{PASTED_TEXT}"
    nb.cells[at(nb, "intro")].attachments = PASTED
    nb.cells[at(nb, "double") : at(nb, "double")] = [notes, raw, shown, v4.new_raw_cell(""), v4.new_code_cell("")]
    return nb


def test_what_jupyterlab_writes_costs_no_points(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission(NAME, "lab")
        assert (submission.score, submission.needs_manual_grade) == (5, False)
    nb = nbformat.read(course / "autograded" / "lab" / NAME / f"{NAME}.ipynb", as_version=4)
    assert nb.metadata["course"]["intake"] == []
    assert "attachments" not in json.dumps(nb)


def test_a_pasted_picture_leaves_its_name_on_the_page(course):
    page = next((course / "feedback" / "lab" / NAME).glob("*.html")).read_text("utf-8")
    assert page.count("My drawing: <em>[picture image.png: in the notebook as handed in]</em>") == 3


@pytest.mark.parametrize(
    "source", ["![a](attachment:a%20b.png)", "![x][1]\n\n[1]: attachment:a%20b.png", "![a](&#97;ttachment:a%20b.png)"]
)
def test_however_it_is_written_a_picture_that_is_not_there_is_named(source):
    clean = sanitize_markdown(source)
    assert "[picture a b.png:" in clean
    assert sanitize_markdown(clean).removeprefix("<div>").removesuffix("</div>") == clean  # once more, at the feedback


def test_a_picture_inside_of_the_text_is_kept_whatever_its_size():
    picture = f"data:image/png;base64,{PIXEL * 3000}"
    clean = sanitize_markdown(f"![drawn]({picture}) *words* data:image/png;base64,7")
    assert f'<img src="{picture}" alt="drawn">' in clean
    assert "base64,7" in clean
    assert sanitize_markdown(clean).removeprefix("<div>").removesuffix("</div>") == clean  # once more, at the feedback


# --- texts that no parser comes to an end of --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        " " * 400_000,
        r"\begin{a}" * 40_000,
        r"\begin{a}" * 11_000,
        "<em>" * 20_000,
        "<ul><li>" * 10_000,
        "> " * 40_000,
    ],
    ids=["blanks", "environments", "fewer-environments", "em", "lists", "quotes"],
)
def test_markdown_is_laid_out_in_time_or_left_out(monkeypatch, source):
    monkeypatch.setattr(safe_html, "MARKDOWN_SECONDS", 0.5)
    with time_limit(20):
        clean = sanitize_markdown(source)
    assert len(clean) < 1_000_000
    assert "not shown" in clean or clean == source


@pytest.mark.parametrize(
    "source",
    [
        "<ul><li>" * 450_000,
        "<em>" * 200_000,
        '<div title="</div>">' * 20_000,
        "<div a=x' b=\" '></div>\">" * 20_000,
        "<em><object></em></object>" * 20_000,
        "<p>" + "".join(f"<b id={number}>" for number in range(50)) + "</p>" + "<p>x</p>" * 22_000,
        "<a b=" * 40_000,
        "<table><tr><td>" * 20_000,
    ],
    ids=["lists", "em", "titles", "quotes", "objects", "formats", "attributes", "tables"],
)
def test_html_is_parsed_in_time_or_left_out(source):
    with time_limit(20):
        clean = sanitize_html(source)
    assert clean == "(HTML that is nested too deeply, or damaged: not shown.)"


def test_large_and_ordinary_html_is_shown():
    row = "<tr>" + "<td title='yes'>1 &lt; 2</td>" * 20 + "</tr>"
    table = f"<table border='1' class=dataframe>\n{row * 200}</table><p>one<br>two<hr/>"
    assert not is_nested_deeply(table)
    assert sanitize_html(table).count("1 &lt; 2") == 4000
