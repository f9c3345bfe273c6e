"""Sanitize HTML and markdown that a student wrote.

nh3 does the work: the Rust sanitizer ammonia, which parses as browsers do and keeps only what is listed. (bleach, which
nbconvert brings along, is no longer developed.) Nothing passes that runs, loads from elsewhere or covers the page.
"""

from __future__ import annotations

import functools
import re

import nh3
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath


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
        Safe to stand in a page.
    """
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=_filter_attribute,
        url_schemes={"http", "https", "mailto", "data"},
        filter_style_properties=STYLES,
        link_rel="noopener noreferrer nofollow",
    )


def _filter_attribute(tag: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if PICTURE.fullmatch(value) else None  # a remote picture tells its owner who looks, and when
    if name == "href":
        return value if re.match(r"(#|https?://|mailto:)", value, re.IGNORECASE) else None
    return value


@functools.lru_cache(1000)  # most of the text is the same in all submissions
def sanitize_markdown(source: str) -> str:
    """Rewrite markdown that holds HTML, foreign pictures or dangerous links; leave any other as it is.

    Parameters
    ----------
    source : str
        A student's text.

    Returns
    -------
    str
        Markdown that every renderer turns into harmless HTML; if it was rewritten, one block of HTML.
    """
    plain, strict = (
        MarkdownWithMath(renderer=IPythonRenderer(exclude_anchor_links=True, **kind)).render(source)
        for kind in ({"escape": False}, {"escape": True, "allow_harmful_protocols": False})
    )
    if plain == strict and "<img" not in plain:
        return source
    # A blank line would end the block and let markdown begin again.
    return "<div>" + sanitize_html(plain).strip().replace("\n", "&#10;") + "</div>"


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
