"""What a record is and what it has, as `is:` and `has:` ask, each with the field that says so."""

from collections.abc import Iterator
from typing import Final

from schemas import Article, Post, References
from streams.matching.operators.kinds import Reading, Record
from streams.matching.operators.reading import cashtags, content, hashtags, mentions, written_addresses

#: Media by what platforms call them; a GIF is a picture that moves, so it is both.
_IMAGES: Final = ("photo", "image", "animated_gif", "gif", "animation")
_VIDEOS: Final = ("video", "animated_gif", "gif", "animation")
_NO_REFERENCES: Final = References()


def is_what(record: Record) -> Iterator[Reading]:
    """What it is: a repost, a reply, a quote, by a verified account, an article."""
    if isinstance(record, Article):
        yield ("kind", 0, 0), ("article",)
        return
    refs = record.refs or _NO_REFERENCES
    if path := _says_retweet(record, refs):
        yield (path, 0, 0), ("retweet",)
    if path := _says_reply(record, refs):
        yield (path, 0, 0), ("reply",)
    if path := _says_quote(record, refs):
        yield (path, 0, 0), ("quote",)
    if record.author.verified:
        yield ("author.verified", 0, 0), ("verified",)


def _says_retweet(post: Post, refs: References) -> str | None:
    if post.kind == "repost":
        return "kind"
    if post.reposted is not None:
        return "reposted"
    return "refs.repost_of" if refs.repost_of else None


def _says_reply(post: Post, refs: References) -> str | None:
    if post.kind == "reply":
        return "kind"
    return "refs.reply_to" if refs.reply_to else None


def _says_quote(post: Post, refs: References) -> str | None:
    if post.kind == "quote":
        return "kind"
    if post.quoted is not None and post.reposted is None:  # what a repost quotes is quoted by the post it repeats
        return "quoted"
    return "refs.quote_of" if refs.quote_of else None


def has_what(record: Record) -> Iterator[Reading]:
    """What it has: links, tags, mentions, media, a place; of a repost what the post it repeats has, but the place."""
    if isinstance(record, Article):
        if record.links:
            yield ("links", 0, 0), ("links",)
        return
    path, post = content(record)
    if post.links:
        yield (f"{path}links", 0, 0), ("links",)
    elif any(written_addresses(record)):
        yield (f"{path}text", 0, 0), ("links",)
    for name, read in (("hashtags", hashtags), ("cashtags", cashtags), ("mentions", mentions)):
        for _, _, listed, names in read(record):
            if names:
                yield (listed, 0, 0), (name,)
    if post.media:
        yield (f"{path}media", 0, 0), ("media",)
    for number, media in enumerate(post.media):
        called = media.type.casefold()
        found = [name for name, types in (("images", _IMAGES), ("videos", _VIDEOS)) if called.startswith(types)]
        if found:
            yield (f"{path}media.{number}", 0, 0), tuple(found)
    if record.place is not None:
        yield ("place", 0, 0), ("geo",)
