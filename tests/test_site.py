"""The course site: whole, without answers, and served without any other machine."""

from __future__ import annotations

import functools
import html
import http.server
import json
import os
import re
import runpy
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from autograder.authoring import build
from autograder.authoring.glossary import definitions
from course_utils.checks.exercise import EXERCISES

pytestmark = pytest.mark.needs("site")
ROOT = Path(__file__).resolve().parent.parent
IMAGE = '<img src="data:image/png;base64,AA==" width="9" alt="What is seen.">'


class Page(HTMLParser):
    """The tags of a page, and its words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def pages(solved, tmp_path_factory):
    """Build the site; warnings are errors."""
    folder = tmp_path_factory.mktemp("site") / "html"
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "site", folder],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return {path.relative_to(folder).as_posix(): Page(path) for path in sorted(folder.rglob("*.html"))}, folder


def test_every_notebook_has_a_page_that_the_first_one_links(pages, released):
    found, _ = pages
    links = [attributes.get("href") for tag, attributes in found["index.html"].tags if tag == "a"]
    for path in released:
        assert f"notebooks/{path.stem}.html" in found
        assert links.count(f"notebooks/{path.stem}.html") >= 2  # in the table and at the side
    assert links.count("notebooks/glossary.html") >= 2


def test_the_glossary_leads_to_the_heading_of_every_term(pages):
    from docutils.nodes import make_id

    found, _ = pages
    links = [attributes["href"] for tag, attributes in found["notebooks/glossary.html"].tags if tag == "a"]
    for one in definitions():
        assert f"{one.notebook}.html#{make_id(one.heading)}" in links, one


def test_no_answer_and_no_hidden_check_is_on_any_page(pages):
    _, folder = pages
    lines = {" ".join(line.split()) for name in EXERCISES for line in build._answer_lines(name)}
    assert len(lines) > 30
    for path in folder.rglob("*"):
        if path.suffix not in (".html", ".js", ".ipynb", ".md", ".txt") or path.name.startswith("tex-svg"):
            continue
        text = path.read_text(encoding="utf-8")
        text = " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())
        assert not [line for line in lines if line in text], path
        for word in ("BEGIN HIDDEN", "autograder.pipeline.hidden_checks", "BEGIN SOLUTION", "your prediction 1"):
            assert word not in text, (path, word)


def test_experiments_show_their_pictures_and_nothing_else_of_the_solved_notebooks(pages, solved):
    found, _ = pages
    for path in solved:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        pictures = sum("".join(output.get("data", {}).get("text/html", "")).count("<img ") for output in outputs)
        page = found[f"notebooks/{path.stem}.html"]
        shown = [attributes for tag, attributes in page.tags if tag == "img"]
        assert len(shown) == pictures > 0
        assert all(len(attributes["alt"].split()) > 2 for attributes in shown)
        for output in outputs:
            printed = " ".join("".join(output.get("text", "")).split())
            assert not printed or printed not in page.text


def test_what_is_more_than_a_picture_is_left_out():
    conf = runpy.run_path(str(ROOT / "site" / "conf.py"))
    given = {"output_type": "display_data", "metadata": {}}
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "the answer"},
        {**given, "data": {"text/html": [IMAGE], "text/plain": "the answer"}},
        {**given, "data": {"text/html": [IMAGE, "<b>the answer</b>"]}},
        {**given, "data": {"text/plain": "the answer"}},
    ]
    for tags, source, folded in ((["experiment"], "plot()", False), (["experiment"], "show_prediction(f, 1)", True)):
        notebook = {"cells": [{"id": "a", "source": source, "metadata": {"tags": list(tags)}, "outputs": []}]}
        conf["put_pictures"](notebook, {"cells": [{"id": "a", "outputs": outputs}]})
        [cell] = notebook["cells"]
        assert [output["data"] for output in cell["outputs"]] == [{"text/html": IMAGE}]
        assert ("hide-output" in cell["metadata"]["tags"]) == folded
    untouched = {"cells": [{"id": "a", "source": "", "metadata": {}, "outputs": []}]}
    conf["put_pictures"](untouched, {"cells": [{"id": "a", "outputs": outputs}]})
    assert untouched["cells"][0]["outputs"] == []


def test_no_link_is_broken(pages):
    found, folder = pages
    names = {
        name: {attributes[key] for _, attributes in page.tags for key in ("id", "name") if key in attributes}
        for name, page in found.items()
    }
    followed = 0
    for name, page in found.items():
        for tag, attributes in page.tags:
            target = attributes.get("href", attributes.get("src"))
            if not target or urlsplit(target).scheme in ("http", "https", "data"):
                assert tag == "a" or not (target or "").startswith("http"), f"{name} loads {target}"
                continue
            parts = urlsplit(target)
            file = ((folder / name).parent / unquote(parts.path)).resolve() if parts.path else folder / name
            assert file.is_file(), f"{name}: {target}"
            there = file.relative_to(folder).as_posix()
            if parts.fragment and there in names:
                assert unquote(parts.fragment) in names[there], f"{name}: {target}"
            followed += 1
    assert followed > 100


@pytest.fixture
def address(pages):
    """Serve the site on this machine."""
    _, folder = pages

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(browser, address, pages, scheme):
    """Nothing is asked of another machine, formulas are set, and axe has nothing serious to say."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    found, _ = pages
    asked = []
    page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)
    page.on("request", lambda request: asked.append(request.url))
    serious, formulas, backgrounds = [], 0, set()
    looked_at = found if scheme == "light" else ["index.html", "search.html", "notebooks/01_initialization.html"]
    for name in looked_at:
        page.goto(f"{address}/{name}")
        wanted = page.locator(".math").count()
        page.wait_for_function("n => document.querySelectorAll('mjx-container').length == n", arg=wanted)
        formulas += wanted
        assert page.locator("mjx-merror, [data-mjx-error]").count() == 0, name
        assert page.locator("mjx-container > svg").count() == wanted
        backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        for one in axe.run(page).response["violations"]:
            if one["impact"] in ("serious", "critical"):
                serious.append((name, one["id"], one["nodes"][0]["html"][:200]))
        if target := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{target}/site_{scheme}_{Path(name).stem}.png")
    assert serious == []
    assert formulas > 50
    [background] = backgrounds
    light = [int(number) > 200 for number in re.findall(r"\d+", background)[:3]]
    assert light == [scheme == "light"] * 3

    page.goto(f"{address}/search.html?q=dropout")
    page.locator("#search-results a", has_text="Regularization").first.wait_for()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
