"""formgrader as an instructor meets it, without a network."""

from __future__ import annotations

import os
from pathlib import Path

from nbformat import v4
from tiny_course import NAME, answered, config, hand_in, nbgrader, release
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
FORMULA = r"$$J = \frac1m \sum_i \lVert w_i \rVert^2$$"


def test_a_submission_is_shown_with_its_formulas_and_no_request_leaves(browser, serve, tmp_path):
    settings = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "autograder")).load_config()
    templates = settings.HTMLExporter.extra_template_basedirs
    course = release(tmp_path, config() + f"\nc.HTMLExporter.extra_template_basedirs = {templates!r}\n")
    submission = answered(course)
    submission.cells.insert(1, v4.new_markdown_cell(f"What I minimize: {FORMULA}"))
    hand_in(course, "ada", submission)
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr

    address = serve(["jupyterlab"], course, ROOT)
    asked = []
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/lab?token=t")
    for one in ("", "/manage_students", f"/manage_submissions/{NAME}", f"/gradebook/{NAME}/{NAME}"):
        page.goto(f"{address}/formgrader{one}", wait_until="networkidle")
    page.locator("a[href*='/formgrader/submissions/']").first.click()
    page.locator("h4", has_text=NAME).first.wait_for()
    formula = page.locator(".MathJax", has_text="J").first
    formula.wait_for(timeout=60_000)
    page.wait_for_function("[...document.fonts].some(one => one.status == 'loaded')")
    shown = page.locator("#notebook-container").first.inner_text()
    if target := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{target}/formgrader.png")
    page.close()

    assert "What I minimize" in shown
    assert r"\lVert" not in shown
    assert any("/jupyter_server_mathjax/MathJax.js" in url for url in asked)
    assert any("/STIX-Web/" in url for url in asked if url.split("?")[0].endswith(("otf", "woff")))
    assert [url for url in asked if not url.startswith((address, "data:", "blob:", "about:"))] == []
