"""HTML to text: what a reader would see of a post or an article, and where its links lead. Pure: fetches nothing."""

import re
from typing import Final

from streams.ingest.extras import library

#: Without either sign a text is the same with and without markup.
_MARKED: Final = re.compile("[<&]")


def plain(markup: str, extra: str) -> tuple[str, tuple[str, ...]]:
    """The text, blocks on lines of their own, and the addresses of its links in order, each once.

    `extra` brings the library. Raises `UserError` naming it where it isn't installed.
    """
    if not _MARKED.search(markup):
        return markup.strip(), ()
    html_text = library("html_text", extra)
    try:
        tree = html_text.parse_html(markup)
        text: str = html_text.etree_to_text(html_text.cleaner.clean_html(tree))
        links = tuple(dict.fromkeys(str(each).strip() for each in tree.xpath("//a/@href")))
    except (ValueError, AssertionError):  # nothing but comments, or signs that XML does not know
        return "", ()
    return text, links
