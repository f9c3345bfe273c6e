"""formgrader as an instructor meets it, without a network."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeFetchFeedback, ExchangeSubmit
from nbgrader.utils import notebook_hash
from tiny_course import NAME, answered, config, hand_in, nbgrader, release, write_course
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

ROOT = Path(__file__).resolve().parent.parent
FORMULA = r"$$J = \frac1m \sum_i \lVert w_i \rVert^2$$"
NOTES = "## My notes\n\n<details><summary>Why</summary>\n\n4 is 2²\n\n</details>"
# Right only where the author's notebooks are out of sight, that is in the sandbox.
IF_HIDDEN = "import os\n\n\ndef double(x):\n    return 0 if os.path.exists({source!r}) else 2 * x"


def with_templates(judge: str) -> str:
    """The tiny course's settings, with the course's own pages for formgrader."""
    pages = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT / "autograder")).load_config().HTMLExporter
    return config(judge) + f"\nc.HTMLExporter.update({dict(pages)!r})\n"


def test_a_submission_is_shown_with_its_formulas_and_no_request_leaves(browser, serve, tmp_path):
    course = release(tmp_path, with_templates("in_process.RunHere"))
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
    formula.wait_for(timeout=300_000)
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


class Student:
    """A student with a folder of their own, who hands in and fetches through the exchange."""

    def __init__(self, name: str, home: Path, exchange: Path) -> None:
        self.name, self.home = name, home
        home.mkdir()
        self.settings = Config()
        self.settings.Exchange = Config(root=str(exchange), cache=str(home / "cache"), assignment_dir=str(home))
        self.settings.CourseDirectory = Config(course_id="tiny", assignment_id=NAME, student_id=name)

    def _do(self, action: type) -> None:
        who = Authenticator(config=self.settings)
        action(coursedir=CourseDirectory(config=self.settings), authenticator=who, config=self.settings).start()

    def submit(self, notebook: nbformat.NotebookNode) -> None:
        (self.home / NAME).mkdir()
        nbformat.write(notebook, self.home / NAME / f"{NAME}.ipynb")
        self._do(ExchangeSubmit)

    def fetch_feedback(self) -> Path:
        """The one page that comes."""
        self._do(ExchangeFetchFeedback)
        [page] = (self.home / NAME / "feedback").rglob("*.html")
        return page

    def secret(self) -> str:
        """What names the feedback in the exchange: only the student and the instructor have it."""
        [file] = (self.home / "cache").rglob("submission_secret.txt")
        return file.read_text(encoding="utf-8")


@pytest.mark.needs("sandbox")
def test_an_instructor_from_release_to_feedback(browser, serve, tmp_path):
    """Every button of a week: what was typed by hand outlives a regrade, and feedback reaches its own student only."""
    course, exchange = tmp_path / "course", tmp_path / "exchange"
    course.mkdir()
    exchange.mkdir()
    exchange.chmod(0o777)
    settings = with_templates("autograder.judge.preprocessor.Judge") + f"c.Exchange.root = {str(exchange)!r}\n"
    write_course(course, settings)
    comment = "Déjà vu: right for 2 & wrong for 7, as 4 < 49."
    ada, ben = (Student(name, tmp_path / name, exchange) for name in ("ada", "ben"))

    address = serve(["jupyterlab"], course, ROOT)
    asked, logs = [], []
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(300_000)
    page.on("request", lambda request: asked.append(request.url))

    def picture(name: str) -> None:
        if target := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{target}/formgrader_{name}.png", animations="disabled")

    def press(button: str, row: str) -> None:
        """Press a button in the row of a table, and close the window that says how it went."""
        page.locator("tbody tr", has_text=row).locator(f".{button} a").click()
        told = page.locator(".modal.in")
        told.wait_for()
        logs.append(told.locator(".modal-title").inner_text() + "\n" + told.locator(".modal-body").inner_text())
        picture(button)
        told.get_by_role("button", name="OK").click()
        told.wait_for(state="detached")

    def grading_page(student: str) -> None:
        """Open the manual-grading page as an instructor does: by the student's row."""
        page.goto(f"{address}/formgrader/manage_submissions/{NAME}")
        page.locator("tbody tr", has_text=student).locator(".student-name a").click()
        page.locator("td.name a", has_text=NAME).click()
        page.wait_for_function("window.formgrader?.grades?.loaded && window.formgrader?.comments?.loaded")

    page.goto(f"{address}/lab?token=t", wait_until="commit")  # for the cookie
    page.goto(f"{address}/formgrader/manage_assignments")
    for button in ("assign", "release"):
        press(button, NAME)
    page.locator(".status", has_text="released").wait_for()

    handed_in = answered(course, square="def square(x):\n    return 4  # adas way")
    handed_in.cells.append(v4.new_markdown_cell(NOTES))
    ada.submit(handed_in)
    ben.submit(answered(course, double=IF_HIDDEN.format(source=str(course / "source")) + "  # bens way"))
    press("collect", NAME)
    page.locator(".num-submissions a", has_text="2").click()
    for student in (ada, ben):
        press("autograde", student.name)
    scores = [page.locator("tbody tr", has_text=one.name).locator(".score").inner_text() for one in (ada, ben)]

    grading_page("ada")
    for field, value, kind in (("#square-comment", comment, "comment"), ("#test_square", "1.5", "grade")):
        with page.expect_response(lambda answer, kind=kind: f"/api/{kind}/" in answer.url):
            page.locator(field).fill(value)
            page.keyboard.press("Tab")
    page.locator("#test_square").scroll_into_view_if_needed()
    picture("by_hand")
    again = nbgrader(course, "autograde", NAME, "--student", "ada", "--force")
    grading_page("ada")
    shown = page.locator("#notebook-container").all_inner_texts()
    kept = [page.locator(field).input_value() for field in ("#square-comment", "#test_square")]
    page.locator("#test_square").scroll_into_view_if_needed()
    picture("regraded")
    with page.expect_response("**/api/grade/*"):
        # Not by the mouse: a formula that is set just now may move the button away from it.
        page.get_by_role("button", name="Resolve").locator("visible=true").dispatch_event("click")

    page.goto(f"{address}/formgrader/manage_assignments")
    for button in ("generate-feedback", "release-feedback"):
        press(button, NAME)
    page.goto(f"{address}/formgrader/manage_submissions/{NAME}")
    page.locator(".status").first.wait_for()
    picture("submissions")
    scores.append(page.locator("tbody tr", has_text="ada").locator(".score").inner_text())
    states = page.locator("tbody .status").all_inner_texts()
    fetched = [student.fetch_feedback().as_uri() for student in (ada, ben)]
    read = []
    for uri in reversed(fetched):
        page.goto(uri)
        read.append(page.locator("body").inner_text())
        picture(f"feedback_{len(read)}")
    unfolds = page.locator("summary").evaluate("one => getComputedStyle(one).display")
    page.close()

    assert [log for log in logs if not log.startswith("Success")] == []
    assert scores == ["2 / 5", "5 / 5", "3.5 / 5"]
    assert again.returncode == 0, again.stderr
    assert kept == [comment, "1.5"]
    assert states == ["graded", "graded"]
    assert [url for url in asked if not url.startswith((address, *fetched, "data:", "blob:", "about:"))] == []

    bens, adas = read
    assert "My notes" in "".join(shown)
    assert "My notes" in adas
    assert "¶" not in "".join([*shown, *read])
    assert unfolds == "list-item", "with a mark that says so"
    assert [line for line in adas.splitlines() if line.startswith(("double", "square", "Comment on"))] == [
        "double (Score: 2.0 / 2.0)",
        "Comment on square",
        "square (Score: 1.5 / 3.0)",
        "double",  # the headings
        "square",
    ]
    assert [words for words in ("# adas way", comment, "Score: 3.5 / 5.0") if words not in adas] == []
    assert [words for words in ("# bens way", "Score: 5.0 / 5.0") if words not in bens] == []
    assert "bens way" not in adas
    assert [words for words in ("adas way", comment) if words in bens] == []

    released = exchange / "tiny" / "feedback"
    assert stat.S_IMODE(released.stat().st_mode) == 0o711, "students may open what they can name, and list nothing"
    named = {f"{notebook_hash(secret=one.secret(), notebook_id=NAME)}.html" for one in (ada, ben)}
    assert {file.name for file in released.iterdir()} == named
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o004 for file in released.iterdir()), "students may read theirs"
    assert len(named) == 2
    assert stat.S_IMODE((exchange / "tiny" / "inbound").stat().st_mode) & 0o044 == 0, "where the secrets come in"
