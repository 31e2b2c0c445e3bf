"""The records as they would arrive, and the truth about each post: create, edit, delete, undelete."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .cast import Account
from .dice import Dice
from .meaning import NOTHING, Meaning, Truth, truth_of
from .phrases import Said
from .platforms import TELLS_LANGUAGE, millis, post_id, post_url, stamp
from .timeline import END

SOURCE = "tocsin-sample"
Json = dict[str, Any]

_HASHTAG = re.compile(r"#(\w+)")
_MENTION = re.compile(r"(?<!\w)@(\w+)")


@dataclass
class Post:
    """A post and what has become of it."""

    author: Account
    id: str
    created: datetime
    said: Said
    kind: str
    link: Json | None = None
    media: list[Json] = field(default_factory=list)
    origin: Post | None = None
    edited: datetime | None = None
    gone: bool = False
    touched: datetime | None = None

    @property
    def key(self) -> str:
        """The post's key, as in Kafka."""
        return f"{self.author.platform}:{self.id}"


class Stream:
    """Collects the records in order of arrival and keeps the truth beside them."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._records: list[tuple[datetime, int, Json | bytes]] = []
        self.truth: dict[str, Truth] = {}
        self.posts: list[Post] = []

    def lines(self) -> list[Json | bytes]:
        """List the records in order of arrival; bytes are records planted as bad."""
        return [record for _, _, record in sorted(self._records, key=lambda entry: entry[:2])]

    def arrive(self, moment: datetime, record: Json | bytes) -> None:
        """Let a record arrive at a moment, or a moment before the end."""
        self._records.append((min(moment, END - timedelta(seconds=1)), len(self._records), record))

    def create(
        self,
        author: Account,
        moment: datetime,
        said: Said,
        *,
        kind: str = "post",
        origin: Post | None = None,
        link: Json | None = None,
        media: list[Json] | None = None,
        delay: float | None = None,
    ) -> Post:
        """Publish a post; ``origin`` is what it reposts, quotes or answers."""
        identity = post_id(author.platform, author.handle, author.id, moment, self._dice)
        while f"{author.platform}:{identity}" in self.truth:
            moment += timedelta(seconds=20)
            identity = post_id(author.platform, author.handle, author.id, moment, self._dice)
        post = Post(author, identity, moment, said, kind, link, media or [], origin)
        self.posts.append(post)
        wait = self._dice.between(1, 25) if delay is None else delay
        self.arrive(moment + timedelta(seconds=wait), self.whole(post, "create"))
        self._settle(post)
        return post

    def edit(self, post: Post, moment: datetime, said: Said) -> None:
        """Change a post's text, and with it perhaps what it means."""
        post.said, post.edited, post.touched = said, moment, moment
        self.arrive(moment + timedelta(seconds=self._dice.between(1, 25)), self.whole(post, "edit"))
        self._settle(post)

    def delete(self, post: Post, moment: datetime) -> None:
        """Delete a post."""
        post.gone, post.touched = True, moment
        removal = self.removal(post.author.platform, post.id, moment)
        self.arrive(moment + timedelta(seconds=self._dice.between(1, 25)), removal)
        self._settle(post)

    def undelete(self, post: Post, moment: datetime) -> None:
        """Restore a deleted post as it was."""
        post.gone, post.touched = False, moment
        record = self.whole(post, "undelete")
        record["version"] = millis(moment)
        self.arrive(moment + timedelta(seconds=self._dice.between(1, 25)), record)
        self._settle(post)

    @staticmethod
    def removal(platform: str, identity: str, moment: datetime) -> Json:
        """Write the record of a delete, which says no more than this."""
        return {"platform": platform, "id": identity, "op": "delete", "version": millis(moment), "source": SOURCE}

    def whole(self, post: Post, op: str) -> Json:
        """Write a post out in full, as it stands now."""
        author, platform = post.author, post.author.platform
        reposted = post.origin if post.kind == "repost" else None
        text = _repost_text(post) if reposted else _text(post)
        record: Json = {
            "platform": platform,
            "id": post.id,
            "op": op,
            "version": millis(post.edited) if post.edited else 0,
            "url": post_url(platform, author.handle, post.id),
            "created_at": stamp(post.created, platform),
        }
        if post.edited:
            record["edited_at"] = stamp(post.edited, platform)
        record |= {"kind": post.kind, "author": _author(author), "text": text}
        record["lang" if platform in TELLS_LANGUAGE else "lang_detected"] = post.said.lang
        record |= {
            "hashtags": _HASHTAG.findall(text),
            "cashtags": [],
            "mentions": _MENTION.findall(text),
            "links": [post.link] if post.link and not reposted else [],
            "media": post.media if not reposted else [],
            "refs": _refs(post),
        }
        if post.origin and post.kind in ("repost", "quote"):
            record["reposted" if reposted else "quoted"] = _embedded(post.origin)
        record["source"] = SOURCE
        return record

    def _settle(self, post: Post) -> None:
        meaning: Meaning = NOTHING if post.gone else post.said.meaning
        self.truth[post.key] = truth_of(meaning, post.author.speaker())


def _text(post: Post) -> str:
    text = post.said.text
    if post.kind == "reply" and post.origin and post.author.platform in ("x", "truthsocial", "mastodon"):
        text = f"@{post.origin.author.handle.partition('@')[0]} {text}"
    return f"{text} {post.link['url']}" if post.link else text


def _repost_text(post: Post) -> str:
    assert post.origin
    if post.author.platform != "x":
        return ""
    text = f"RT @{post.origin.author.handle}: {_text(post.origin)}"
    return text if len(text) <= 140 else text[:139] + "…"


def _author(account: Account) -> Json:
    author: Json = {"id": account.id, "handle": account.handle, "name": account.name}
    if account.followers is not None:
        author["followers"] = account.followers
    if account.platform in ("x", "truthsocial", "facebook"):
        author["verified"] = account.real
    return author


def _embedded(origin: Post) -> Json:
    author, text = origin.author, _text(origin)
    return {
        "author": {"id": author.id, "handle": author.handle, "name": author.name},
        "text": text,
        "links": [origin.link] if origin.link else [],
        "media": origin.media,
        "hashtags": _HASHTAG.findall(text),
        "mentions": _MENTION.findall(text),
    }


def _refs(post: Post) -> Json:
    if post.origin is None:
        return {}
    name = {"repost": "repost_of", "quote": "quote_of", "reply": "reply_to"}[post.kind]
    refs = {name: post.origin.id}
    if post.kind == "reply":
        refs["conversation"] = post.origin.id
    return refs
