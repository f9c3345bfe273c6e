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
MAX_REWRITTEN = 10 * MAX_MARKDOWN  # of markdown that was rewritten before, as a block of HTML
MAX_CACHED = 20_000  # characters of a text whose result is cached
MAX_PICTURES = 5_000_000  # characters of all pictures in a text, in base64
MARKDOWN_SECONDS = 5.0  # of CPU time: the parser is quadratic in places
MAX_TAGS = 500  # with no more tags, the nesting is not checked
MAX_NESTING, MAX_WORK = 60, 100_000  # depth of tags; sum of the depths of all tags, a measure of a parser's work


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
# None of these takes a URL, or can place an element outside of its parent.
STYLES = _set_of("""
    color background-color font-weight font-style font-size font-family text-align text-decoration vertical-align
    white-space border border-left border-right border-top border-bottom border-collapse padding padding-left
    max-width width
""")
# CommonMark's definition. In a text in which nothing else begins with "<", all parsers find the same tags.
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
    """Keep only harmless tags and attributes of an HTML fragment, and close every tag.

    Parameters
    ----------
    html : str
        Not trusted.

    Returns
    -------
    str
        HTML that is safe in a page; a sentence in its place where it is nested so deeply that parsing would take too
        long.
    """
    if is_nested_deeply(html):
        return left_out("HTML that is nested too deeply, or damaged")
    return _sanitize(html, _filter_fragment)


def sanitize_page(html: str) -> str:
    """Sanitize HTML as :func:`sanitize_html` does, without its check of the nesting: for pages of sanitized fragments.

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
    """Tell whether elements may be nested too deeply: parsing as browsers do then takes quadratic time.

    Only an end tag with the name of the innermost open tag counts as closing it. So the depth counted here is never
    less than the true depth. Where something looks like a damaged tag, the depth is unknown, and the result is True.

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
    """Make the sentence that replaces what is left out; it reads the same in HTML, markdown and plain text.

    Parameters
    ----------
    what : str
        The subject of the sentence.

    Returns
    -------
    str
    """
    return f"({what}: not shown.)"


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":  # a remote picture would tell its server who opens the page, and when
        return value if PICTURE.fullmatch(value) else None
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
        Markdown that every renderer turns into harmless HTML; if it had to be rewritten, a block of HTML. A pasted
        picture is replaced by its name; a text that would take too long to render, by a sentence.
    """
    return (_sanitize_markdown if len(source) <= MAX_CACHED else _sanitize_markdown.__wrapped__)(source)


@functools.lru_cache(1000)  # most texts are the same in all submissions
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
    except Exception as error:  # a strange text must not keep a notebook from being graded
        return left_out(f"A text that could not be laid out ({type(error).__name__})")
    if plain == strict and "<img" not in plain and not plain_pasted:
        return source
    # A blank line would end the block of HTML, and what follows would be read as markdown.
    harmless = sanitize_html(plain).strip().replace("\n", "&#10;")
    return f"<div>{PLACEHOLDER.sub(lambda match: _put_back(match, pictures), harmless)}</div>"


class _Renderer(IPythonRenderer):
    """Writes the name of a pasted picture in its place.

    JupyterLab stores a pasted picture as an attachment, which submissions lose; nbconvert raises an error without it.
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
    """Render markdown; return the HTML, and whether there were pasted pictures."""
    renderer = _Renderer(**options)
    return MarkdownWithMath(renderer=renderer).render(source), renderer.pasted


def _set_aside(picture: str, pictures: list[str]) -> str:
    """Replace a picture's data by a placeholder, to spare the parser; beyond the limits, the data is dropped."""
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
