"""Which texts of a record words look at, and under which names a match reports them.

A post's own text, with links that lead somewhere known taken out of it and read as fields of their own; a repost's is
the full post it repeats, and that one's author, as X's "RT @nasa:" has it. An article's title, summary and body.
"""

from typing import TypeAlias

from schemas import Article, Embedded, Post

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
    return _with_links(record, "") if record.links else [("text", record.text)]


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
    found: Texts = []
    for link in post.links:
        target = link.expanded
        if target:
            if link.url:
                text = text.replace(link.url, " " * len(link.url))
        elif link.url not in post.text:
            target = link.url
        for address in (target, link.unwound):
            if address:
                number = len(found) + 1
                found.append((f"{prefix}link" if number == 1 else f"{prefix}link.{number}", address))
    return [(f"{prefix}text", text), *found]
