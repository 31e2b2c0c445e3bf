"""The HTML of a status to the text that a reader sees, and the links in it that name no account and no tag. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final

from streams.ingest.extras import library

#: What brings the library that reads HTML.
EXTRA: Final = "mastodon"

_BLOCKS: Final = frozenset({"p", "div", "blockquote", "ul", "ol", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_SPACES: Final = re.compile(r"[ \t\r\f\v]+")
_LINES: Final = re.compile(r" ?\n ?")
_GAPS: Final = re.compile(r"\n{3,}")
#: Without either sign a text is the same with and without markup.
_MARKED: Final = re.compile("[<&]")
#: What marks the link of an account or a tag, as its class or its relation.
_NAMES: Final = frozenset({"mention", "hashtag", "tag"})
#: What is not read: no text at all, and what stands for a quote where a client cannot show one.
_UNREAD: Final = "//script | //style | //template | //*[contains(concat(' ', @class, ' '), ' quote-inline ')]"


def read(markup: str) -> tuple[str, dict[str, str]]:
    """The text, paragraphs a blank line apart; and address -> how it is written, of each link that is only a link.

    Raises `UserError` where the library that reads HTML isn't installed.
    """
    if not _MARKED.search(markup):
        return markup.strip(), {}
    html = library("lxml.html", EXTRA)
    try:
        tree = html.document_fromstring(markup)
    except (ValueError, html.etree.ParserError):  # nothing but comments, or signs that XML does not know
        return "", {}
    for each in tree.xpath(_UNREAD):
        each.drop_tree()
    links: dict[str, str] = {}
    for each in tree.xpath("//a[@href]"):
        named = f"{each.get('class', '')} {each.get('rel', '')}".split()
        if each.get("href") and _NAMES.isdisjoint(named):
            links.setdefault(each.get("href"), each.text_content().strip())
    text = _LINES.sub("\n", _SPACES.sub(" ", "".join(_parts(tree))))
    return _GAPS.sub("\n\n", text).strip(), links


def _parts(element: Any) -> Iterator[str]:
    """The text within an element as its author spaced it: `#<span>tag</span>` is one word. libxml2 bounds the depth."""
    tag = element.tag
    if tag == "br":
        yield "\n"
    elif tag in _BLOCKS:
        yield "\n" if tag == "li" else "\n\n"
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):  # no comment
            yield from _parts(child)
        yield child.tail or ""
    if tag in _BLOCKS and tag != "li":
        yield "\n\n"
