"""The HTML of a status to the text that a reader sees, and the links in it that name no account and no tag. Pure."""

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset({"p", "div", "blockquote", "ul", "ol", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
#: What marks the link of an account or a tag, as its class or its relation.
_NAMES: Final = frozenset({"mention", "hashtag", "tag"})
_UNREAD: Final = frozenset({"script", "style", "template"})
#: What stands for a quote where a client cannot show one: the quoted post says it better.
_FALLBACK: Final = "quote-inline"
_SPACES: Final = re.compile(r"[ \t\r\f\v]+")
_LINES: Final = re.compile(r" ?\n ?")
_GAPS: Final = re.compile(r"\n{3,}")


def read(markup: str) -> tuple[str, dict[str, str]]:
    """The text, paragraphs a blank line apart; and address -> how it is written, of each link that is only a link."""
    if "<" not in markup and "&" not in markup:
        return markup.strip(), {}
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    text = _LINES.sub("\n", _SPACES.sub(" ", "".join(reader.parts)))
    return _GAPS.sub("\n\n", text).strip(), reader.links


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.links: dict[str, str] = {}
        self._address: str | None = None
        self._written: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._unread:
            if tag == self._unread[-1]:
                self._unread.append(tag)
            return
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag in _UNREAD or _FALLBACK in classes:
            self._unread.append(tag)
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\n" if tag == "li" else "\n\n")
        elif tag == "a" and given.get("href") and _NAMES.isdisjoint([*classes, *(given.get("rel") or "").split()]):
            self._address, self._written = given["href"], []

    def handle_endtag(self, tag: str) -> None:
        if self._unread:
            if tag == self._unread[-1]:
                self._unread.pop()
        elif tag in _BLOCKS and tag != "li":
            self.parts.append("\n\n")
        elif tag == "a" and self._address is not None:
            self.links.setdefault(self._address, "".join(self._written).strip())
            self._address = None

    def handle_data(self, data: str) -> None:
        if self._unread:
            return
        self.parts.append(data)
        if self._address is not None:
            self._written.append(data)
