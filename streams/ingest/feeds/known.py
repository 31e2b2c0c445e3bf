"""What a feed held when it was last read: which of its items are new, which have changed, which are as they were. Pure.

A feed repeats its items for days. What is as it was isn't sent again; an item that changed is an edit, also where the
feed gives it no new date.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from schemas import Article
from schemas.codec import encode


class Known:
    """The items of one feed, by address, as they were last seen; no more than its last answer held."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[bytes, int]] = {}

    def changed(self, articles: Sequence[Article], now: int) -> list[Article]:
        """The articles that are new or have changed, each with a version that outranks its last one.

        `now` (unix milliseconds) is the version of a change that the feed doesn't date.
        """
        found: dict[str, tuple[bytes, int]] = {}
        news: list[Article] = []
        for article in articles:
            if article.url in found:
                continue  # twice in one answer: the first stands, feeds have the newest there
            digest = hashlib.blake2b(encode(article), digest_size=12).digest()
            before = self._items.get(article.url)
            if before is not None and before[0] == digest:
                found[article.url] = before
                continue
            if before is not None and article.version <= before[1]:
                article = msgspec.structs.replace(article, op="edit", version=max(now, before[1] + 1))
            found[article.url] = (digest, article.version)
            news.append(article)
        self._items = found
        return news
