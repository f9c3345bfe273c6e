"""Feedback that is safe to open and gives no hidden check away.

``CleanOutputs`` ends the autograding, so that formgrader shows nothing dangerous either; ``HideTests`` and
``SafeFeedback`` make the pages of ``nbgrader generate_feedback``.
"""

from __future__ import annotations

import builtins
import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook
from nbgrader.converters.base import BaseConverter
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from autograder.course import students_at
from autograder.pipeline.safe_html import clean, clean_markdown, escaped
from course_utils.checks.check_report import MIMETYPE, as_html

MAX_CHARACTERS = 100_000
MAX_PICTURE = 5_000_000
MAX_LINES = 40
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
)
# The template's own hides that hints unfold, and sets a table's columns side by side without a gap.
STYLE = "<style>summary { display: list-item } .rendered_html :is(td, th) { padding: 0.2em 1em 0.2em 0 }</style>"
# The template's list at the top calls every exercise "Test cell".
LINKS = {
    r'(<a href="#test_(\w+)">)Test cell</a>': r"\1\2</a>",
    r'(<a href="#comment-(\w+)">)Comment</a>': r"\1Comment on \2</a>",
}
HEAD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<meta name="referrer" content="no-referrer">'


class CleanOutputs(NbGraderPreprocessor):
    """The preprocessor to put last in ``c.Autograde.autograde_preprocessors``, and in those of the feedback."""

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        """Make a cell's outputs, or its markdown, harmless."""
        if cell.cell_type == "code":
            cell.outputs = [made for output in cell.outputs if (made := clean_output(output))]
        elif cell.cell_type == "markdown":
            cell.source = clean_markdown(cell.source)
            cell.pop("attachments", None)
        return cell, resources


class HideTests(NbGraderPreprocessor):
    """The preprocessor that shows of a test cell what students were given, and of its outputs the report alone."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Replace the test cells of a graded notebook."""
        where = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = Path(course.format_path(course.release_directory, ".", where["assignment"]))
        released = nbformat.read(folder / f"{where['notebook']}.ipynb", as_version=4)
        visible = {cell.metadata.nbgrader.grade_id: cell.source for cell in released.cells if is_grade(cell)}
        record = nb.metadata.get("course", {})
        cells = []
        if record.get("trusted_class"):
            cells.append(v4.new_markdown_cell("*Graded as a trusted class, without a sandbox.*"))
        if (sentences := record.get("intake")) and not record.get("refused"):
            lines = "\n".join(f"- {escaped(sentence)}" for sentence in sentences)
            cells.append(v4.new_markdown_cell(f"**What was found in the notebook when it was graded**\n\n{lines}"))
        for cell in nb.cells:
            if is_grade(cell) and not is_solution(cell):
                name = cell.metadata.nbgrader.grade_id
                cell.source = visible.get(name, "# This check is not shown.")
                if cell.cell_type == "code":
                    cell.outputs = what_students_may_see(cell.outputs, str(cell.metadata.get("told", "")))
                if name in record.get("needs_a_look", {}) and not record.get("refused"):
                    cells.append(_note_on(name, record.get("told", {}).get(name, ""), where))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def _note_on(name: str, reason: str, where: Mapping[str, str]) -> NotebookNode:
    """Say above a test that its points are a person's to give, or were given, and why as far as students may know."""
    with Gradebook(where["db_url"]) as gradebook:
        grade = gradebook.find_grade(name, where["notebook"], where["assignment"], where["student"])
        words = "needs a look by a person" if grade.needs_manual_grade else "was looked at by a person"
    why = escaped(reason or "The check was not run to its end.")
    return v4.new_markdown_cell(f"**{escaped(name.removeprefix('test_'))} {words}.** {why}")


class SafeFeedback(HTMLExporter):
    """The exporter to register as ``c.GenerateFeedback.exporter_class``: pages that run and load nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(self.parent, BaseConverter):
            _find_every_student(self.parent)

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Render markdown, then clean it, so that no open tag reaches beyond its cell."""
        return clean(super().markdown2html(context, source))

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[str, dict]:
        """Render a notebook with nbgrader's own template and make the page safe."""
        page, resources = super().from_notebook_node(nb, resources, **kwargs)
        return safe_page(page), resources


def safe_page(page: str) -> str:
    """Clean a page's whole body, take the scripts out of its head, and forbid the browser what is left.

    Parameters
    ----------
    page : str
        What the template made.

    Returns
    -------
    str
        The page, whose formulas stay in TeX: MathJax would have to be fetched.
    """
    head, _, body = page.partition("<body")
    body = body.partition(">")[2].rpartition("</body>")[0]
    for link, words in LINKS.items():
        body = re.sub(link, words, body)
    title = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
    styles = re.findall(r"<style\b[^>]*>.*?</style>", head, re.DOTALL)
    styles = [re.sub(r"@font-face\s*{[^}]*}", "", style) for style in styles]  # icons from files that are not there
    return "\n".join([
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        HEAD,
        f"<title>{html.escape(html.unescape(title[1])) if title else 'Feedback'}</title>",
        *styles,
        STYLE,
        "</head>",
        "<body>",
        clean(body),
        "</body>",
        "</html>",
        "",
    ])  # fmt: skip


# --- outputs ----------------------------------------------------------------------------------------------------------


def clean_output(output: NotebookNode) -> NotebookNode | None:
    """Make one output harmless: text, pictures as data, cleaned HTML; a check's report is written anew from its data.

    Parameters
    ----------
    output : NotebookNode
        Of a cell that ran a student's code.

    Returns
    -------
    NotebookNode or None
        None where nothing is left to show.
    """
    if output.output_type == "stream":
        output.text = _capped(output.text)
        return output
    if output.output_type == "error":
        output.traceback = [_capped(str(line)) for line in output.traceback]
        return output
    if report := output.data.get(MIMETYPE):
        return _shown(report)
    kept: dict[str, Any] = {}
    for kind, value in output.data.items():
        text = "".join(value) if isinstance(value, list) else value
        if not isinstance(text, str):
            continue
        if kind in ("text/plain", "text/latex"):
            kept[kind] = _capped(text)
        elif kind == "text/html":
            kept[kind] = clean(_capped(text, MAX_PICTURE))
        elif kind == "text/markdown":
            kept[kind] = clean_markdown(_capped(text))
        elif kind in ("image/png", "image/jpeg", "image/gif", "image/svg+xml") and len(text) <= MAX_PICTURE:
            kept[kind] = text  # templates show each as <img>, where a picture's own scripts do not run
    if not kept:
        return None
    output.data, output.metadata = nbformat.from_dict(kept), nbformat.from_dict(_plain_metadata(output))
    return output


def what_students_may_see(outputs: list[NotebookNode], told: str = "") -> list[NotebookNode]:
    """Of a test cell's outputs: the reports, or else one line.

    Prints, tracebacks, an error's message, even the name of an error of a student's own may tell hidden cases.

    Parameters
    ----------
    outputs : list of NotebookNode
    told : str
        Why the cell failed, in words of the judge alone.
    """
    reports = [_shown(output.data[MIMETYPE]) for output in outputs if MIMETYPE in output.get("data", {})]
    if reports:
        return reports
    errors = [output for output in outputs if output.output_type == "error"]
    if not errors:
        return []
    kind = errors[0].ename if errors[0].ename in vars(builtins) else "an error of its own"
    line = f"This check did not pass: {told or kind}."
    return [v4.new_output("stream", name="stdout", text=line)]


def report_parts(report: Mapping[str, Any]) -> tuple[str, str, list[tuple[str, str]]]:
    """Read a check's report from its plain data, believing none of it: state, headline, labelled lines.

    Parameters
    ----------
    report : mapping
        As ``Report.as_dict`` makes it.
    """
    lines = report.get("lines")
    pairs = [line for line in lines[:MAX_LINES] if len(line) == 2] if _is_list_of_lists(lines) else []
    headline = str(report.get("headline") or "A check's report")
    return str(report.get("state")), _capped(headline, 1000), [(str(a)[:40], _capped(str(b), 1000)) for a, b in pairs]


def _is_list_of_lists(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, list | tuple) for one in value)


def _shown(report: object) -> NotebookNode:
    data = dict(report) if isinstance(report, Mapping) else {}
    state, headline, lines = report_parts(data)
    text = "\n".join([headline, *(f"{label} {text}".strip() for label, text in lines)])
    shown = {"text/html": as_html(state, headline, lines), "text/plain": text, MIMETYPE: data}
    return v4.new_output("display_data", shown)


def _capped(text: str, most: int = MAX_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most} more characters are not shown."


def _plain_metadata(output: NotebookNode) -> dict[str, Any]:
    """Sizes and alternative texts of pictures."""
    kept: dict[str, Any] = {}
    for kind, values in output.metadata.items():
        if kind.startswith("image/") and isinstance(values, Mapping):
            sizes = {key: values[key] for key in ("width", "height") if isinstance(values.get(key), int)}
            kept[kind] = {**sizes, **({"alt": values["alt"]} if isinstance(values.get("alt"), str) else {})}
    return kept


def _find_every_student(converter: BaseConverter) -> None:
    """Add the students whose ids nbgrader takes for patterns, such as ``a[1]``, to a run."""
    course = converter.coursedir
    for folder, _ in students_at(course, course.autograded_directory):
        notebooks = sorted(map(str, folder.glob(f"{course.notebook_id}.ipynb")))
        if notebooks and str(folder) not in converter.assignments:
            converter.assignments[str(folder)] = notebooks
