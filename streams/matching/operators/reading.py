"""What each operator reads from a record, and where it stands there.

A repost stands for the full post that it repeats: that post's tags, links and media are read. Who posted it, where, how
and in answer to what stay the repost's own. Most functions read posts only, and nothing from an article. What `is:` and
`has:` read is in `flags`.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from schemas import Article, Author, Embedded, Link, Post, References
from streams.matching.operators.kinds import Named, Reading, Record
from streams.matching.operators.values import MOST_LABELS, client_form, host
from streams.matching.operators.words import Piece
from streams.matching.texts import entities

_REPEATED: Final = "reposted."
_HOST: Final = re.compile(r"(?:(?:[a-z][a-z0-9+.-]{0,30}:)?//)?(?:[^/?#@\s]*@)?([^/?#:@\s]{1,253})", re.IGNORECASE)


def content(post: Post) -> tuple[str, Post | Embedded]:
    """Whose tags, links and media count, and the path before their names."""
    return ("", post) if post.reposted is None else (_REPEATED, post.reposted)


def hashtags(record: Record) -> list[Named]:
    """The platform's own, else those in the text."""
    return _named(record, "hashtags", entities.hashtags)


def cashtags(record: Record) -> list[Named]:
    """The platform's own, else those in the text."""
    return _named(record, "cashtags", entities.cashtags)


def mentions(record: Record) -> list[Named]:
    """The platform's own, else those in the text; of a repost also those of its own, where X names who is repeated."""
    found = _named(record, "mentions", entities.mentions)
    if isinstance(record, Post) and record.reposted is not None and record.mentions:
        found.append(("text", record.text, "mentions", record.mentions))
    return found


def _named(record: Record, listed: str, find: Callable[[str], tuple[str, ...]]) -> list[Named]:
    if not isinstance(record, Post):
        return []
    path, post = content(record)
    names = getattr(post, listed) or find(post.text)
    return [(f"{path}text", post.text, f"{path}{listed}", names)] if names else []


def _account(platform: str, path: str, handle: str, number: str = "") -> Iterator[Reading]:
    yield (f"{path}handle", 0, len(handle)), _account_ways(platform, handle)
    if number.isdigit():
        yield (f"{path}id", 0, len(number)), _account_ways(platform, number)


@lru_cache(maxsize=16_384)
def _account_ways(platform: str, handle: str) -> tuple[str, str]:
    folded = handle.casefold().lstrip("@")
    return folded, f"{platform}/{folded}"


def author(record: Record) -> Iterator[Reading]:
    """Who posted it, by handle and by number, with the platform and without."""
    if isinstance(record, Post):
        yield from _account(record.platform, "author.", record.author.handle, record.author.id)


def addressee(record: Record) -> Iterator[Reading]:
    """Whom it answers."""
    if isinstance(record, Post) and record.refs is not None and record.refs.reply_to_handle:
        yield from _account(record.platform, "refs.reply_to_", record.refs.reply_to_handle)


def repeated_author(record: Record) -> Iterator[Reading]:
    """Whose post it repeats."""
    if isinstance(record, Post) and record.reposted is not None:
        repeated = record.reposted.author
        yield from _account(record.platform, "reposted.author.", repeated.handle, repeated.id)


def _whole(path: str, found: str | None, form: str | None = None) -> Iterator[Reading]:
    if found:
        yield (path, 0, len(found)), (form or found,)


def _of_refs(name: str, get: Callable[[References], str | None]) -> Callable[[Record], Iterator[Reading]]:
    def read(record: Record) -> Iterator[Reading]:
        if isinstance(record, Post) and record.refs is not None:
            yield from _whole(f"refs.{name}", get(record.refs))

    return read


answered_post = _of_refs("reply_to", lambda refs: refs.reply_to)
repeated_post = _of_refs("repost_of", lambda refs: refs.repost_of)
quoted_post = _of_refs("quote_of", lambda refs: refs.quote_of)
conversation = _of_refs("conversation", lambda refs: refs.conversation)


def client(record: Record) -> Iterator[Reading]:
    """The program it was written with."""
    if isinstance(record, Post) and record.source:
        yield from _whole("source", record.source, client_form(record.source))


def platform(record: Record) -> Iterator[Reading]:
    """Where it was posted."""
    if isinstance(record, Post):
        yield from _whole("platform", record.platform)


def kind(record: Record) -> Iterator[Reading]:
    """What it is, post or article."""
    yield from _whole("kind", record.kind)


def country(record: Record) -> Iterator[Reading]:
    """Where it was written."""
    if isinstance(record, Post) and record.place is not None and record.place.country:
        yield from _whole("place.country", record.place.country, record.place.country.upper())


def languages(record: Record) -> Iterator[Reading]:
    """Its language, or the one that was detected, and what that narrows: en-GB is English too; und where none is."""
    if record.lang is not None:
        yield ("lang", 0, len(record.lang)), _wider(record.lang)
    elif isinstance(record, Post) and record.lang_detected is not None:
        yield ("lang_detected", 0, len(record.lang_detected)), _wider(record.lang_detected)
    else:
        yield ("lang", 0, 0), ("und",)


@lru_cache(maxsize=1_024)
def _wider(language: str) -> tuple[str, ...]:
    subtags = language.casefold().replace("_", "-").split("-")
    return tuple("-".join(subtags[:count]) for count in range(1, len(subtags) + 1))


def publisher(record: Record) -> Iterator[Reading]:
    """The outlet of an article: its domain and those above it."""
    if isinstance(record, Article):
        found = record.outlet.domain
        yield ("outlet.domain", 0, len(found)), _domains(found)


def outlets(record: Record) -> Iterator[Reading]:
    """The outlet of an article; the sites that a post's links lead to."""
    if isinstance(record, Article):
        yield from publisher(record)
        return
    for path, link in _links(record):
        for name, address in _ends_of(link):
            yield (f"{path}.{name}", 0, len(address)), _sites(address)
    for path, at, address in written_addresses(record):
        yield (path, at, at + len(address)), _sites(address)


def _ends_of(link: Link) -> list[tuple[str, str]]:
    # A shortener is not what the post points at, unless nothing else is known.
    led = [(name, address) for name, address in (("expanded", link.expanded), ("unwound", link.unwound)) if address]
    return led or [("url", link.url)]


def _sites(address: str) -> tuple[str, ...]:
    found = _HOST.match(address)
    return _domains(found.group(1)) if found else ()


@lru_cache(maxsize=4_096)
def _domains(name: str) -> tuple[str, ...]:
    labels = host(name).split(".")[-MOST_LABELS:]
    return tuple(".".join(labels[first:]) for first in range(len(labels)))


def _links(record: Record) -> Iterator[tuple[str, Link]]:
    """The links with their paths."""
    prefix, whole = ("", record) if isinstance(record, Article) else content(record)
    for number, link in enumerate(whole.links):
        yield f"{prefix}links.{number}", link


def addresses(record: Record) -> Iterator[Piece]:
    """Every address: of a link as written, where it leads and where it ends up; of an article its own."""
    if isinstance(record, Article):
        yield "url", 0, record.url
    else:
        yield from written_addresses(record)
    for path, link in _links(record):
        for name, address in (("url", link.url), ("expanded", link.expanded), ("unwound", link.unwound)):
            if address:
                yield f"{path}.{name}", 0, address


def written_addresses(post: Post) -> Iterator[Piece]:
    """The addresses in the text of a post whose platform names none."""
    path, written = content(post)
    if not written.links:
        for link in entities.find_links(written.text):
            yield f"{path}text", link.start, link.text


def _of_links(name: str, get: Callable[[Link], str | None]) -> Callable[[Record], Iterator[Piece]]:
    def read(record: Record) -> Iterator[Piece]:
        for path, link in _links(record):
            if found := get(link):
                yield f"{path}.{name}", 0, found

    return read


link_titles = _of_links("title", lambda link: link.title)
link_descriptions = _of_links("description", lambda link: link.description)


def _of_author(name: str, get: Callable[[Author], str | None]) -> Callable[[Record], Iterator[Piece]]:
    def read(record: Record) -> Iterator[Piece]:
        if isinstance(record, Post) and (found := get(record.author)):
            yield f"author.{name}", 0, found

    return read


bio = _of_author("description", lambda author: author.description)
bio_name = _of_author("name", lambda author: author.name)
bio_location = _of_author("location", lambda author: author.location)


def place(record: Record) -> Iterator[Piece]:
    """The place it names, by name and by the platform's identifier."""
    if isinstance(record, Post) and record.place is not None:
        if record.place.name:
            yield "place.name", 0, record.place.name
        if record.place.id:
            yield "place.id", 0, record.place.id


def title(record: Record) -> Iterator[Piece]:
    """An article's headline."""
    if isinstance(record, Article):
        yield "title", 0, record.title


def body(record: Record) -> Iterator[Piece]:
    """An article's text."""
    if isinstance(record, Article) and record.body:
        yield "body", 0, record.body


def _count(get: Callable[[Author], int | None]) -> Callable[[Record], int | None]:
    return lambda record: get(record.author) if isinstance(record, Post) else None


followers = _count(lambda author: author.followers)
following = _count(lambda author: author.following)
posts = _count(lambda author: author.posts)
listed = _count(lambda author: author.listed)
