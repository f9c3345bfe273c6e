"""Sanitize HTML and markdown that a student wrote.

nh3 does the work: the Rust sanitizer ammonia, which parses as browsers do and keeps only what is listed. (bleach, which
nbconvert brings along, is no longer developed.) Nothing passes that runs, loads from elsewhere, covers the page, or is
taken for a part of it: formgrader gives full credit where something of the class ``full-credit`` is clicked.
"""

from __future__ import annotations

import functools
import html as html_text
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.token import STANDARD_TYPES

from course_utils.checks.limits import CallTimeout, time_limit

MAX_MARKDOWN = 100_000  # characters, pictures in it not counted
MAX_REWRITTEN = 10 * MAX_MARKDOWN  # of markdown that was rewritten before, as one block of HTML
MAX_CACHED = 20_000  # characters of a text that is remembered
MAX_PICTURES = 5_000_000  # characters of all pictures in a text, in base64
MARKDOWN_SECONDS = 5.0  # of CPU time: the parser is quadratic in places
MAX_TAGS = 500  # so few need no look at their nesting
MAX_NESTING, MAX_WORK = 60, 100_000  # of tags; a parser's work is the sum of their depths


def _set_of(text: str) -> set[str]:
    return set(text.split())


TAGS = _set_of("""
    a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr
    i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead tr u ul var
""")
DROPPED_WITH_CONTENT = _set_of("""
    script style iframe frame frameset object embed applet noscript noembed noframes template svg math xmp title
    textarea select audio video canvas form portal
""")
ATTRIBUTES = {
    "*": {"class", "id", "title", "role", "style", "lang", "dir", "aria-label"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "table": {"border"},
    "ol": {"start"},
    "details": {"open"},
}
# None of these takes a URL, or places anything outside of its parent.
STYLES = _set_of("""
    color background-color font-weight font-style font-size font-family text-align text-decoration vertical-align
    white-space border border-left border-right border-top border-bottom border-collapse padding padding-left
    max-width width
""")
# As CommonMark has it: where nothing else looks like a tag, every parser finds the same ones.
TAG = re.compile(
    r"""<(?:/(?P<end>[A-Za-z][\w:-]*+)\s*+
    |(?P<start>[A-Za-z][\w:-]*+)(?:\s++[A-Za-z_:][\w.:-]*+(?:=(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'=<>`]++))?)*+\s*+/?+)>""",
    re.VERBOSE,
)
VOID = _set_of("area base br col embed hr img input link meta param source track wbr")
INLINE_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]{100,}+")
PLACEHOLDER = re.compile(r"data:image/png;base64,([0-9]{1,6})(?![A-Za-z0-9+/=])")
CLASSES = _set_of("dataframe highlight") | set(STANDARD_TYPES.values())  # of tables and of code
STUDENTS = "student-"  # how names of places in a student's text begin
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)


def sanitize_html(html: str) -> str:
    """Keep of an HTML fragment only what is harmless, with every tag closed.

    Parameters
    ----------
    html : str
        From anywhere.

    Returns
    -------
    str
        Safe to stand in a page; a sentence in its place where it is nested so deeply that no parser would come to an
        end of it.
    """
    if is_nested_deeply(html):
        return left_out("HTML that is nested too deeply, or damaged")
    return _sanitize(html, _filter_fragment)


def sanitize_page(html: str) -> str:
    """Do the same with HTML that is made of sanitized fragments, and so nested no deeper than these.

    Parameters
    ----------
    html : str

    Returns
    -------
    str
    """
    return _sanitize(html, _filter_attribute)


def _sanitize(html: str, attribute_filter: Callable[[str, str, str], str | None]) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=attribute_filter,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=STYLES,
        link_rel="noopener noreferrer nofollow",
    )


def is_nested_deeply(html: str) -> bool:
    """Tell whether a parser's elements could lie too deep in each other: what browsers do then takes quadratic time.

    A tag counts as closed by the very next end tag only, if it is of the same name. So the true depth is never more
    than what is counted here; where tags are damaged, nobody can count.

    Parameters
    ----------
    html : str

    Returns
    -------
    bool
    """
    if len(re.findall(r"<[A-Za-z]", html)) <= MAX_TAGS:
        return False
    opened: list[str] = []
    work = 0
    for tag in TAG.finditer(html):
        if start := tag["start"]:
            if start.lower() not in VOID:
                opened.append(start.lower())
        elif opened and opened[-1] == tag["end"].lower():
            opened.pop()
        work += len(opened)
        if len(opened) > MAX_NESTING or work > MAX_WORK:
            return True
    return "<" in TAG.sub("", html)


def left_out(what: str) -> str:
    """Write the sentence that stands in the place of what is left out: the same in HTML, markdown and plain text.

    Parameters
    ----------
    what : str

    Returns
    -------
    str
    """
    return f"({what}: not shown.)"


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if PICTURE.fullmatch(value) else None  # a remote picture tells its owner who looks, and when
    if name == "href":
        return value if re.match(r"(#|https?://|mailto:)", value, re.IGNORECASE) else None
    return value


def _filter_fragment(tag: str, name: str, value: str) -> str | None:
    """Keep the page's own classes and places from a student's text; links within the text go on working."""
    if name == "class":
        return " ".join(word for word in value.split() if word in CLASSES) or None
    if name in ("id", "name"):
        return f"{STUDENTS}{value.removeprefix(STUDENTS)}"
    if name == "href" and value.startswith("#"):
        return f"#{STUDENTS}{value[1:].removeprefix(STUDENTS)}"
    return _filter_attribute(tag, name, value)


def sanitize_markdown(source: str) -> str:
    """Rewrite markdown that holds HTML, pictures or dangerous links; leave any other as it is.

    Parameters
    ----------
    source : str
        A student's text.

    Returns
    -------
    str
        Markdown that every renderer turns into harmless HTML; if it was rewritten, one block of HTML. Of a pasted
        picture its name is left, of what no renderer would come to an end with a sentence.
    """
    return (_sanitize_markdown if len(source) <= MAX_CACHED else _sanitize_markdown.__wrapped__)(source)


@functools.lru_cache(1000)  # most of the text is the same in all submissions
def _sanitize_markdown(source: str) -> str:
    pictures: list[str] = []
    text = INLINE_PICTURE.sub(lambda match: _set_aside(match[0], pictures), source)
    if len(text) > (MAX_REWRITTEN if source.startswith("<div>") else MAX_MARKDOWN):
        return left_out(f"A text of {len(text):,} characters")
    try:
        with time_limit(MARKDOWN_SECONDS):
            plain, plain_pasted = _render(text, escape=False)
            strict, _ = _render(text, escape=True, allow_harmful_protocols=False)
    except CallTimeout:
        return left_out("A text that takes too long to be laid out")
    except Exception as error:  # one strange text must not keep a notebook from being graded
        return left_out(f"A text that could not be laid out ({type(error).__name__})")
    if plain == strict and "<img" not in plain and not plain_pasted:
        return source
    # A blank line would end the block and let markdown begin again.
    harmless = sanitize_html(plain).strip().replace("\n", "&#10;")
    return f"<div>{PLACEHOLDER.sub(lambda match: _put_back(match, pictures), harmless)}</div>"


class _Renderer(IPythonRenderer):
    """Writes of a pasted picture its name: JupyterLab keeps it beside the text, where no copy of a submission has it.

    nbconvert refuses a notebook for want of it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(exclude_anchor_links=True, **options)
        self.pasted = False

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if not url.startswith("attachment:"):
            return super().image(text, url, title)
        self.pasted = True
        name = unquote(url).removeprefix("attachment:") or "without a name"
        return f"<em>[picture {html_text.escape(name)}: in the notebook as handed in]</em>"


def _render(source: str, **options: bool) -> tuple[str, bool]:
    """Render markdown; tell whether there were pasted pictures."""
    renderer = _Renderer(**options)
    return MarkdownWithMath(renderer=renderer).render(source), renderer.pasted


def _set_aside(picture: str, pictures: list[str]) -> str:
    """Keep a picture's data from the parser; where there is too much, for good."""
    fits = sum(map(len, pictures)) + len(picture) <= MAX_PICTURES and len(pictures) < 1000
    pictures += [picture] if fits else []
    return f"data:image/png;base64,{len(pictures) - 1 if fits else ''}"


def _put_back(match: re.Match[str], pictures: list[str]) -> str:
    number = int(match[1])
    return pictures[number] if number < len(pictures) else match[0]


def escape_markdown(text: str) -> str:
    """Escape text, so that markdown shows it literally.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    return re.sub(r"([\\`*_{}\[\]<>()#+.!|$&~-])", r"\\\1", text)
