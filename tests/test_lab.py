"""``python -m course_utils lab``: the student's folder, its start page, and JupyterLab as a student meets it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.topics.answer_cells import solution_text
from autograder.topics.registry import mistakes_in
from course_utils import __main__ as command
from course_utils import lab

ROOT = Path(__file__).resolve().parent.parent
NAME = "01_a"


def write(path: Path, *cells: str, **metadata: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [nbformat.v4.new_code_cell(text, id=f"cell{number}") for number, text in enumerate(cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata=metadata), path)


def texts(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


@pytest.fixture
def course(tmp_path):
    """A course of one notebook, brought to ``work/``; gives the released file and the student's."""
    released = tmp_path / "notebooks" / NAME / f"{NAME}.ipynb"
    write(released, "given", "# TODO")
    lab.bring_notebooks(tmp_path / "notebooks", tmp_path / "work")
    return released, tmp_path / "work" / NAME / f"{NAME}.ipynb"


def bring(released: Path) -> list[str]:
    notebooks = released.parent.parent
    return lab.bring_notebooks(notebooks, notebooks.parent / "work")


# --- an upgrade of the course -----------------------------------------------------------------------------------------


def test_the_command_copies_and_starts(tmp_path, monkeypatch, capsys):
    notebooks, work = tmp_path / "notebooks" / NAME, tmp_path / "work"
    write(notebooks / f"{NAME}.ipynb", "released")
    (notebooks / ".ipynb_checkpoints").mkdir()
    (notebooks / ".ipynb_checkpoints" / "01_a-checkpoint.ipynb").write_text("old", encoding="utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    started = []
    monkeypatch.setattr(
        lab.subprocess, "run", lambda call, env: started.append(call) or type("Done", (), {"returncode": 3})
    )
    assert command.main(["lab", "--", "--no-browser"]) == 3
    assert texts(work / NAME / f"{NAME}.ipynb") == ["released"]
    assert not (work / NAME / ".ipynb_checkpoints").exists()
    assert "New: 01_a/01_a.ipynb." in capsys.readouterr().out
    assert "--no-browser" in started[0]
    assert f"--ServerApp.root_dir={work}" in started[0]


def test_without_an_upgrade_nothing_is_touched(course):
    released, mine = course
    assert bring(released) == []
    write(mine, "given", "my answer")
    before = mine.read_bytes()
    assert bring(released) == []
    assert mine.read_bytes() == before


def test_an_untouched_notebook_is_replaced_and_it_is_said(course):
    released, mine = course
    write(mine, "given", "# TODO", language_info={"name": "python"})  # as JupyterLab saves what was only opened
    write(released, "given anew", "# TODO", "one more")
    assert bring(released) == ["Updated: 01_a/01_a.ipynb (2 cells changed). You had not worked on it."]
    assert texts(mine) == ["given anew", "# TODO", "one more"]
    assert bring(released) == []


def test_work_stays_and_the_new_one_is_laid_beside_it(course):
    released, mine = course
    write(mine, "given", "my answer")
    before = mine.read_bytes()
    write(released, "given anew", "# TODO")
    [said] = bring(released)
    assert "The course changed 01_a/01_a.ipynb (1 cell changed)" in said
    assert "01_a/01_a_new.ipynb" in said
    assert mine.read_bytes() == before
    beside = mine.with_name("01_a_new.ipynb")
    assert beside.read_bytes() == released.read_bytes()
    assert bring(released) == []

    write(released, "given thrice", "# TODO")  # the file beside was not worked on: it makes room
    bring(released)
    assert texts(beside) == ["given thrice", "# TODO"]
    write(beside, "given thrice", "my other answer")
    write(released, "given four times", "# TODO")
    bring(released)
    assert texts(beside) == ["given thrice", "my other answer"]
    assert texts(mine.with_name("01_a_new2.ipynb")) == ["given four times", "# TODO"]
    assert mine.read_bytes() == before


def test_changed_points_reach_an_untouched_notebook(course):
    released, mine = course
    write(released, "given", "# TODO", points=2)
    assert bring(released) == [
        "Updated: 01_a/01_a.ipynb (the text of its cells is the same). You had not worked on it."
    ]
    assert mine.read_bytes() == released.read_bytes()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b'{"cells": 3}', b'{"cells": [{"source": [1]}]}'])
def test_a_damaged_file_counts_as_work(course, content):
    released, mine = course
    mine.write_bytes(content)
    write(released, "given anew")
    assert "01_a_new.ipynb" in bring(released)[0]
    assert mine.read_bytes() == content


def test_a_file_in_the_way_is_a_sentence(tmp_path, monkeypatch, capsys):
    write(tmp_path / "notebooks" / NAME / f"{NAME}.ipynb", "released")
    (tmp_path / "work").write_text("not a folder", encoding="utf-8")
    monkeypatch.setattr(command, "ROOT", tmp_path)
    assert command.main(["lab"]) == 1
    assert "cannot be read or written" in capsys.readouterr().out


def test_work_older_than_the_record_is_kept(course):
    released, mine = course
    shutil.rmtree(mine.parent.parent / ".released")
    write(mine, "given", "my answer")
    assert bring(released) == []
    assert texts(mine) == ["given", "my answer"]


def test_a_notebook_that_was_renamed_comes_back_fresh(course):
    released, mine = course
    write(mine, "given", "my answer")
    mine.rename(mine.with_name("mine.ipynb"))
    assert bring(released) == ["New: 01_a/01_a.ipynb."]
    assert texts(mine) == ["given", "# TODO"]
    assert texts(mine.with_name("mine.ipynb")) == ["given", "my answer"]


# --- the start page ---------------------------------------------------------------------------------------------------


def test_the_start_page_links_every_notebook_of_the_course(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "README.md", tmp_path)
    lab.write_start_page(tmp_path, ["Updated: 01."])
    text = (tmp_path / "work" / "start.md").read_text(encoding="utf-8")
    links = re.findall(r"^\| \[(\w+)\]\((\S+)\) \| .+ \| \d+ \| [\d–]+ \|", text, re.MULTILINE)
    assert [name for name, _ in links] == sorted(path.parent.name for path in (ROOT / "notebooks").glob("*/*.ipynb"))
    assert all((tmp_path / "notebooks" / target).is_file() for _, target in links)
    assert "- Updated: 01." in text
    assert "[glossary](glossary.md)" in text  # which comes along with the notebooks
    assert (tmp_path / "notebooks" / "glossary.md").is_file()


def test_a_start_page_of_the_students_own_stays(tmp_path):
    page = tmp_path / "work" / "start.md"
    lab.write_start_page(tmp_path, [])
    lab.write_start_page(tmp_path, ["New: x."])
    assert "New: x." in page.read_text(encoding="utf-8")
    page.write_text("my notes", encoding="utf-8")
    lab.write_start_page(tmp_path, [])
    assert page.read_text(encoding="utf-8") == "my notes"


# --- the kernel and the settings --------------------------------------------------------------------------------------


def test_the_kernel_is_this_pythons_whatever_the_user_installed(tmp_path, monkeypatch):
    planted = tmp_path / "data" / "kernels" / "python3"
    planted.mkdir(parents=True)
    (planted / "kernel.json").write_text(
        json.dumps({"argv": ["elsewhere"], "display_name": "no", "language": "python"}), encoding="utf-8"
    )
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    asked = "from jupyter_client.kernelspec import get_kernel_spec as get; print(get('python3').argv[0])"

    def kernel(environment: dict[str, str]) -> str:
        return subprocess.check_output(
            [sys.executable, "-c", asked], env=environment, text=True, encoding="utf-8"
        ).strip()

    assert kernel({**os.environ, "JUPYTER_PREFER_ENV_PATH": "0"}) == "elsewhere"
    assert kernel(lab.environment()) != "elsewhere"


def test_a_users_own_configuration_path_is_kept(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/own")
    assert lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0] == str(lab.SETTINGS)
    assert lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)[-1] == "/own"


def test_where_there_is_an_exchange_nbgraders_menu_for_it_stays(tmp_path, monkeypatch):
    without = str(lab.SETTINGS / "without_exchange")
    monkeypatch.setattr(lab, "EXCHANGE", tmp_path)
    assert without not in lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    monkeypatch.setattr(lab, "EXCHANGE", tmp_path / "missing")
    assert without in lab.environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)


def test_the_scratch_notebook_runs_and_is_never_written_over(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab.subprocess, "run", lambda call, env: type("Done", (), {"returncode": 0}))
    write(tmp_path / "notebooks" / NAME / f"{NAME}.ipynb", "released")
    scratch = tmp_path / "work" / lab.SCRATCH
    lab.start(tmp_path, [])
    names: dict[str, object] = {}
    for text in texts(scratch)[1:]:
        exec(text, names)
    assert names["A"].shape == (3, 4)
    assert f"[{lab.SCRATCH}]({lab.SCRATCH})" in (tmp_path / "work" / lab.START).read_text(encoding="utf-8")
    write(scratch, "mine")
    lab.start(tmp_path, [])
    assert texts(scratch) == ["mine"]


@pytest.fixture
def copied(tmp_path):
    """What a student downloads: the course without its graders."""
    for part in ("course_utils", "notebooks", "datasets"):
        unwanted = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=unwanted)
    shutil.copy(ROOT / "README.md", tmp_path)
    return tmp_path


def said(folder: Path, *command: str) -> str:
    """What one of the student's commands prints."""
    return subprocess.run(
        [sys.executable, "-m", "course_utils", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    ).stdout


def test_a_student_from_the_start_page_to_the_receipt(copied, browser, serve):
    """A wrong answer and its hint, a right one, progress, and the archive to upload: in JupyterLab and the terminal."""
    workbook, exercise = "01_initialization", "initialize_parameters_he"
    [slip] = [one for one in mistakes_in(exercise) if "multiplied by the variance" in one.sentence]
    addresses = [serve(["course_utils", "lab", "--"], copied, copied)]
    asked = []
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.on("request", lambda request: asked.append(request.url))

    def picture(name: str) -> None:
        if target := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{target}/lab_{name}.png")

    page.goto(f"{addresses[0]}/?token=t")
    start = page.locator(".jp-MarkdownViewer")
    start.get_by_role("link", name=workbook).wait_for(timeout=120_000)
    page.wait_for_load_state("networkidle")
    menus = page.get_by_role("menubar").get_by_role("menuitem").all_inner_texts()
    popups = page.locator(".jp-toast-message, .Toastify__toast, .jp-Dialog").all_inner_texts()
    untouched = start.get_by_role("row").filter(has_text=workbook).inner_text()
    picture("start")

    start.get_by_role("link", name=workbook).click()
    page.locator(".jp-Notebook mjx-container").first.wait_for(timeout=120_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=120_000)
    page.locator(".jp-CodeCell .cm-content", has_text="from course_utils import check").click()
    page.keyboard.press("Shift+Enter")
    page.get_by_role("tab", name="Table of Contents").click()
    page.locator(".jp-TableOfContents").get_by_text("He initialization", exact=True).click()
    reports = []
    for answer, mark in ((slip.text, "✘"), (solution_text(exercise), "✔")):
        page.locator(".jp-CodeCell .cm-content", has_text=f"def {exercise}(").click()
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(answer)
        page.keyboard.press("Shift+Enter")
        page.keyboard.press("Shift+Enter")  # its check, which is the next cell
        report = page.locator("[role=status]", has_text=mark)
        report.wait_for(timeout=120_000)
        reports.append((report.inner_text(), report.get_by_role("img").count()))
        report.scroll_into_view_if_needed()
        picture(f"report_{len(reports)}")
    saved = copied / "work" / workbook / f"{workbook}.ipynb"
    # Nobody saves: JupyterLab does so by itself.
    page.locator(".jp-mod-current:not(.jp-mod-dirty)", has_text=saved.name).wait_for(timeout=60_000)

    told = said(copied, "progress")
    handed_in = said(copied, "submit", workbook)
    addresses.append(serve(["course_utils", "lab", "--"], copied, copied))  # the next day
    page.goto(f"{addresses[1]}/?token=t")
    row = start.get_by_role("row").filter(has_text=workbook)
    row.wait_for(timeout=120_000)
    next_day = row.inner_text()
    picture("next_day")
    page.close()

    (wrong, pictures), (right, no_pictures) = reports
    assert f"Likely cause {slip.sentence}" in " ".join(wrong.split())
    assert "a normal density of standard deviation" in wrong
    assert "the visible checks pass" in right
    assert (pictures, no_pictures) == (1, 0)
    assert {"File", "Run", "Help"} <= set(menus)
    assert "Nbgrader" not in menus
    assert popups == []
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith((*addresses, "data:", "blob:"))] == []
    assert [url for url in asked if "/lab/api/news" in url or "/lab/api/update" in url] == []

    grades = [cell.metadata.get("nbgrader", {}) for cell in nbformat.read(saved, as_version=4).cells]
    points = {grade.grade_id: grade.points for grade in grades if grade.get("grade")}
    worth, total = points[f"test_{exercise}"], sum(points.values())
    assert f"0 of {total:g} points" in untouched
    assert f"{worth:g} of {total:g} points" in next_day
    assert re.search(rf"{workbook} .* {worth:g} of +{total:g} points", told)
    assert [line.split()[0] for line in told.splitlines() if line.endswith("visible checks pass")] == [exercise]

    [archive] = (copied / "work" / "handed_in").iterdir()
    with zipfile.ZipFile(archive) as whole:
        receipt, inside = json.loads(whole.read("receipt.json")), whole.read(saved.name)
    assert inside == saved.read_bytes()
    assert solution_text(exercise).strip() in [cell.source for cell in nbformat.reads(inside.decode(), 4).cells]
    assert receipt["sha256"] == hashlib.sha256(inside).hexdigest()
    assert str(archive) in handed_in
    assert re.search(r"receipt +(\w+)", handed_in)[1] == receipt["sha256"][:12]
    assert exercise not in receipt["not_started"]
    assert {*receipt["not_started"], exercise} == {name.removeprefix("test_") for name in points}


def test_numpy_multiplies_on_one_thread_unless_the_user_says_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert lab.environment()["OPENBLAS_NUM_THREADS"] == "1"
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    assert lab.environment()["OPENBLAS_NUM_THREADS"] == "4"
