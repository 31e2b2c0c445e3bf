"""Which texts of a record words look at, and under which names a match reports them.

A post's own text, with links that lead somewhere known taken out of it and read as fields of their own; a repost's is
the full post it repeats, and that one's author, as X's "RT @nasa:" has it. An article's title, summary and body.
"""

import re
from typing import Final, TypeAlias

from schemas import Article, Embedded, Post

#: What makes an address longer than it seemed.
_GOES_ON: Final = re.compile(r"[^\W_]|/\w")
#: A field's name and its text, each character where the original has it.
Texts: TypeAlias = list[tuple[str, str]]


def texts(record: Post | Article) -> Texts:
    """The texts of a record, in the order in which they are read."""
    if isinstance(record, Article):
        parts = (("title", record.title), ("summary", record.summary), ("body", record.body))
        return [(name, text) for name, text in parts if text]
    repeated = record.reposted
    if repeated is not None:
        return [*_with_links(repeated, "reposted."), ("reposted.author.handle", repeated.author.handle)]
    return _with_links(record, "")


def quoted(record: Post | Article) -> Post | None:
    """The post that a post quotes, as a post of its own; what nobody told of it is missing."""
    found = record.quoted if isinstance(record, Post) else None
    if found is None:
        return None
    assert isinstance(record, Post)
    return Post(
        platform=record.platform,
        id=(record.refs.quote_of if record.refs else None) or record.id,
        op="create",
        version=0,
        author=found.author,
        text=found.text,
        links=found.links,
        media=found.media,
        hashtags=found.hashtags,
        cashtags=found.cashtags,
        mentions=found.mentions,
    )


def _with_links(post: Post | Embedded, prefix: str) -> Texts:
    text = post.text
    for link in post.links:
        if link.expanded or link.unwound or link.url not in text:
            break
    else:
        return [(f"{prefix}text", text)]  # what most links are: nothing but what the text says
    found: Texts = []
    # The longest first: one address may begin another.
    for number, link in sorted(enumerate(post.links), key=lambda pair: -len(pair[1].url)):
        path = f"{prefix}links.{number}"
        if link.expanded:
            text = _without(text, link.url)
            found.append((f"{path}.expanded", link.expanded))
        elif link.url not in post.text:
            found.append((f"{path}.url", link.url))
        if link.unwound:
            found.append((f"{path}.unwound", link.unwound))
    return [(f"{prefix}text", text), *sorted(found)]


def _without(text: str, url: str) -> str:
    """The text with spaces where the address stands by itself, not as a piece of a longer one or of a word."""
    start = text.find(url) if url else -1
    while start >= 0:
        end = start + len(url)
        if not (text[start - 1 : start].isalnum() or _GOES_ON.match(text, end)):
            text = f"{text[:start]}{' ' * len(url)}{text[end:]}"
        start = text.find(url, end)
    return text
