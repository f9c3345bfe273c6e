"""Make feedback pages that are safe to open and do not reveal hidden checks.

``CleanOutputs`` ends the autograding, so that formgrader shows nothing dangerous either; ``HideTests`` and
``SafeFeedback`` make the pages of ``nbgrader generate_feedback``.

A jinja2 template that extends nbgrader's ``feedback`` could not replace :func:`safe_page`: its head is a single block,
and its list of exercises stands inside the block of the whole body, so ours would have to hold copies of both. And what
a template has sanitized is not final, since nbconvert's ``HTMLExporter`` parses every rendered page with BeautifulSoup
and serializes it again.
"""

from __future__ import annotations

import builtins
import html
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

import nbformat
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode, v4
from nbgrader.api import Gradebook
from nbgrader.converters.base import BaseConverter
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from autograder.course import students_at
from autograder.judge.preprocessor import NOT_COUNTED
from autograder.pipeline.feedback_age import MARK, feedback_digests, only_outdated
from autograder.pipeline.notebook_cells import MAX_CODE
from autograder.pipeline.safe_html import (
    INLINE_PICTURE,
    escape_markdown,
    left_out,
    sanitize_html,
    sanitize_markdown,
    sanitize_page,
)
from course_utils.checks.check_report import MIMETYPE, as_html

MAX_CHARACTERS = 100_000
MAX_PICTURE = 5_000_000  # characters, in base64
MAX_HTML = 200_000  # characters, pictures in it not counted
CLEANING_SECONDS = 30.0  # of CPU time, for all texts of a notebook
MAX_LINES, MAX_LABEL, MAX_LINE = 40, 40, 1000  # lines of a report; characters of a line's label and text
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
)
# The template's own style hides the triangles of <summary>, and leaves no gap between the columns of a table.
STYLE = "<style>summary { display: list-item } .rendered_html :is(td, th) { padding: 0.2em 1em 0.2em 0 }</style>"
# The template's list at the top calls every exercise "Test cell".
LINK_TEXTS = {
    r'(<a href="#test_(\w+)">)Test cell</a>': r"\1\2</a>",
    r'(<a href="#comment-(\w+)">)Comment</a>': r"\1Comment on \2</a>",
}
HEAD = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<meta name="referrer" content="no-referrer">'


class CleanOutputs(NbGraderPreprocessor):
    """The preprocessor to put last in ``c.Autograde.autograde_preprocessors``, and in those of the feedback."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Sanitize all cells; parts that cannot be sanitized within ``CLEANING_SECONDS`` are left out."""
        end = time.process_time() + CLEANING_SECONDS
        for cell in nb.cells:
            cell.pop("attachments", None)
            if cell.cell_type == "code":
                cell.outputs = [clean for output in cell.outputs if (clean := _in_time(sanitize_output, output, end))]
            elif cell.cell_type == "markdown":
                cell.source = _in_time(sanitize_markdown, cell.source, end)
        return nb, resources


def _in_time(clean: Callable[[Any], Any], dirty: Any, end: float) -> Any:
    """Clean a text or an output; when the notebook's time is used up, return a sentence in its place."""
    if time.process_time() < end:
        return clean(dirty)
    sentence = left_out("The notebook took too long to be laid out; this part of it")
    return sentence if isinstance(dirty, str) else v4.new_output("stream", name="stdout", text=sentence)


class HideTests(NbGraderPreprocessor):
    """The preprocessor that shows the visible part of a test cell, and of its outputs the report alone.

    Of very much code the rest is left out, which would take minutes to be coloured.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Replace the test cells of a graded notebook."""
        submission = resources["nbgrader"]
        course = self.parent.parent.coursedir
        folder = Path(course.format_path(course.release_directory, ".", submission["assignment"]))
        released = nbformat.read(folder / f"{submission['notebook']}.ipynb", as_version=4)
        visible = {cell.metadata.nbgrader.grade_id: cell.source for cell in released.cells if is_grade(cell)}
        record = nb.metadata.get("course", {})
        cells = []
        if record.get("trusted_class"):
            cells.append(v4.new_markdown_cell("*Graded as a trusted class, without a sandbox.*"))
        if (sentences := record.get("intake")) and not record.get("refused"):
            lines = "\n".join(f"- {escape_markdown(sentence)}" for sentence in sentences)
            cells.append(v4.new_markdown_cell(f"**What was found in the notebook when it was graded**\n\n{lines}"))
        left = MAX_CODE
        for cell in nb.cells:
            if cell.cell_type == "code":
                size, shown = len(cell.source), min(MAX_CHARACTERS, left)
                if size > shown:
                    cell.source = f"{cell.source[:shown]}\n# … {size - shown} more characters are not shown."
                left -= min(size, shown)
            if is_grade(cell) and not is_solution(cell):
                name = cell.metadata.nbgrader.grade_id
                cell.source = visible.get(name, "# This check is not shown.")
                if cell.cell_type == "code":
                    cell.outputs = _visible_outputs(cell.outputs, str(cell.metadata.get("told", "")))
                if name in record.get("needs_a_look", {}) and not record.get("refused"):
                    cells.append(_note_on(name, record.get("told", {}).get(name, ""), submission))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def _note_on(name: str, reason: str, submission: Mapping[str, str]) -> NotebookNode:
    """Make the note above a test that needed a look, with the reason that students may know."""
    with Gradebook(submission["db_url"]) as gradebook:
        grade = gradebook.find_grade(name, submission["notebook"], submission["assignment"], submission["student"])
        state = "needs a look by a person" if grade.needs_manual_grade else "was looked at by a person"
    why = escape_markdown(reason or "The check was not run to its end.")
    return v4.new_markdown_cell(f"**{escape_markdown(name.removeprefix('test_'))} {state}.** {why}")


class SafeFeedback(HTMLExporter):
    """The exporter to register as ``c.GenerateFeedback.exporter_class``: pages that run and load nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._digests: dict[str, str] = {}
        if isinstance(self.parent, BaseConverter):
            _add_students_with_patterns(self.parent)
            self._digests = feedback_digests(self.parent.coursedir)
            only_outdated(self.parent, self._digests)

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Render markdown, then sanitize it, so that no open tag reaches beyond its cell."""
        return sanitize_html(super().markdown2html(context, source))

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[str, dict]:
        """Render a notebook with nbgrader's own template and make the page safe."""
        page, resources = super().from_notebook_node(nb, resources, **kwargs)
        digest = self._digests.get(resources.get("nbgrader", {}).get("student"), "")
        return safe_page(page, MARK.format(digest) if digest else ""), resources


def safe_page(page: str, mark: str = "") -> str:
    """Sanitize a whole page: keep only title and styles of its head, and forbid the browser to run or load anything.

    It works on the finished page, so that it holds whatever nbgrader's template and nbconvert write.

    Parameters
    ----------
    page : str
        As nbgrader's template renders it.
    mark : str
        A tag of our own for the head.

    Returns
    -------
    str
        The page, whose formulas stay in TeX: MathJax would have to be fetched.
    """
    head, _, body = page.partition("<body")
    body = body.partition(">")[2].rpartition("</body>")[0]
    for link, text in LINK_TEXTS.items():
        body = re.sub(link, text, body)
    title = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
    styles = re.findall(r"<style\b[^>]*>.*?</style>", head, re.DOTALL)
    styles = [
        re.sub(r"@font-face\s*{[^}]*}", "", style) for style in styles
    ]  # fonts of icons, in files that are not beside the page
    return "\n".join([
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        HEAD,
        *filter(None, [mark]),
        f"<title>{html.escape(html.unescape(title[1])) if title else 'Feedback'}</title>",
        *styles,
        STYLE,
        "</head>",
        "<body>",
        sanitize_page(body),
        "</body>",
        "</html>",
        "",
    ])  # fmt: skip


# --- outputs ----------------------------------------------------------------------------------------------------------


def sanitize_output(output: NotebookNode) -> NotebookNode | None:
    """Keep an output's text, embedded pictures and sanitized HTML; render a check's report anew from its data.

    Parameters
    ----------
    output : NotebookNode
        An output of a cell that ran a student's code.

    Returns
    -------
    NotebookNode or None
        None where nothing may be shown.
    """
    if output.output_type == "stream":
        output.text = _capped(output.text)
        return output
    if output.output_type == "error":
        output.traceback = [_capped(str(line)) for line in output.traceback]
        return output
    if report := output.data.get(MIMETYPE):
        return _report_output(report)
    data: dict[str, Any] = {}
    for kind, value in output.data.items():
        text = "".join(value) if isinstance(value, list) else value
        if not isinstance(text, str):
            continue
        if kind in ("text/plain", "text/latex"):
            data[kind] = _capped(text)
        elif kind == "text/html":
            data[kind] = _short_html(text)
        elif kind == "text/markdown":
            data[kind] = sanitize_markdown(text)
        elif kind in ("image/png", "image/jpeg", "image/gif", "image/svg+xml") and len(text) <= MAX_PICTURE:
            data[kind] = text  # templates show each as <img>, where a picture's own scripts do not run
    if not data:
        return None
    output.data, output.metadata = nbformat.from_dict(data), nbformat.from_dict(_plain_metadata(output))
    return output


def _visible_outputs(outputs: list[NotebookNode], reason: str) -> list[NotebookNode]:
    """Return a test cell's reports, or else a line with the judge's reason or the error's type.

    Printed text, tracebacks, error messages and even the name of a student's own error class may reveal hidden cases.
    """
    reports = [_report_output(output.data[MIMETYPE]) for output in outputs if MIMETYPE in output.get("data", {})]
    if reports:
        return reports
    errors = [output for output in outputs if output.output_type == "error" and output.ename != NOT_COUNTED]
    if not errors:
        return []
    error = errors[0].ename if errors[0].ename in vars(builtins) else "an error of its own"
    line = f"This check did not pass: {reason or error}."
    return [v4.new_output("stream", name="stdout", text=line)]


def _report_parts(report: Mapping[str, Any]) -> tuple[str, str, list[tuple[str, str]]]:
    """Read state, headline and labelled lines of a check's report, whose data is not trusted."""
    lines = report.get("lines")
    pairs = [line for line in lines[:MAX_LINES] if len(line) == 2] if _is_list_of_lists(lines) else []
    headline = str(report.get("headline") or "A check's report")
    labelled = [(str(label)[:MAX_LABEL], _capped(str(text), MAX_LINE)) for label, text in pairs]
    return str(report.get("state")), _capped(headline, MAX_LINE), labelled


def _is_list_of_lists(value: object) -> TypeGuard[list[list | tuple]]:
    return isinstance(value, list) and all(isinstance(item, list | tuple) for item in value)


def _report_output(report: object) -> NotebookNode:
    data = dict(report) if isinstance(report, Mapping) else {}
    state, headline, lines = _report_parts(data)
    text = "\n".join([headline, *(f"{label} {line}".strip() for label, line in lines)])
    return v4.new_output(
        "display_data", {"text/html": as_html(state, headline, lines), "text/plain": text, MIMETYPE: data}
    )


def _capped(text: str, most: int = MAX_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}\n… {len(text) - most} more characters are not shown."


def _short_html(text: str) -> str:
    if len(text) > MAX_PICTURE or len(INLINE_PICTURE.sub("", text)) > MAX_HTML:
        return left_out(f"HTML of {len(text):,} characters")
    return sanitize_html(text)


def _plain_metadata(output: NotebookNode) -> dict[str, Any]:
    """Return only the sizes and alternative texts of pictures from an output's metadata."""
    metadata: dict[str, Any] = {}
    for kind, values in output.metadata.items():
        if kind.startswith("image/") and isinstance(values, Mapping):
            sizes = {key: values[key] for key in ("width", "height") if isinstance(values.get(key), int)}
            metadata[kind] = {**sizes, **({"alt": values["alt"]} if isinstance(values.get("alt"), str) else {})}
    return metadata


def _add_students_with_patterns(converter: BaseConverter) -> None:
    """Add students whose ids nbgrader mistakes for file name patterns, such as ``a[1]``, to a run."""
    course = converter.coursedir
    for folder, _ in students_at(course, course.autograded_directory):
        notebooks = sorted(map(str, folder.glob(f"{course.notebook_id}.ipynb")))
        if notebooks and str(folder) not in converter.assignments:
            converter.assignments[str(folder)] = notebooks
