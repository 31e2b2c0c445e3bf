"""Hashtags, cashtags, mentions and links in a text whose platform names none itself, cut out as X cuts them.

Owns where an entity begins and ends. Knows no post and no rule, resolves no link and no account, folds nothing: what it
returns is as written. Never raises, and takes time linear in the text's length whatever the text: every repetition in
its patterns is possessive or bounded, and no stretch of text is read more than a fixed number of times.
"""

from collections.abc import Sequence

from streams.matching.texts.entities.entity import Entity
from streams.matching.texts.entities.links import find_links
from streams.matching.texts.entities.signs import find_cashtags, find_hashtags, find_mentions

__all__ = [
    "Entity",
    "cashtags",
    "find_cashtags",
    "find_hashtags",
    "find_links",
    "find_mentions",
    "hashtags",
    "links",
    "mentions",
]


def hashtags(text: str) -> tuple[str, ...]:
    """What `find_hashtags` finds, without the places."""
    return _texts(find_hashtags(text))


def cashtags(text: str) -> tuple[str, ...]:
    """What `find_cashtags` finds, without the places."""
    return _texts(find_cashtags(text))


def mentions(text: str) -> tuple[str, ...]:
    """What `find_mentions` finds, without the places and without lists of accounts."""
    return tuple(found.text for found in find_mentions(text) if "/" not in found.text)


def links(text: str) -> tuple[str, ...]:
    """What `find_links` finds, without the places."""
    return _texts(find_links(text))


def _texts(found: Sequence[Entity]) -> tuple[str, ...]:
    return tuple([entity.text for entity in found]) if found else ()
