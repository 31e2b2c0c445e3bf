"""A news article, press release or broadcast transcript: what the topic `articles` carries, keyed by canonical URL."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Identifier, Instant, Record, Short, Version
from schemas.post import Link

Url = Annotated[str, Meta(min_length=1, max_length=2_048)]
Title = Annotated[str, Meta(max_length=10_000)]
Body = Annotated[str, Meta(max_length=1_000_000)]


class Outlet(Record, frozen=True, gc=False):
    domain: Identifier
    name: Short | None = None
    country: Short | None = None


class Article(Record, frozen=True, gc=False):
    """An article as it stands after `op`. `version` is 0 for its first form and grows with every update."""

    url: Url
    op: Literal["create", "edit", "delete", "undelete"]
    version: Version
    outlet: Outlet
    title: Title
    kind: Literal["article", "press_release", "transcript"] = "article"
    published_at: Instant | None = None
    updated_at: Instant | None = None
    summary: Body | None = None
    body: Body | None = None
    authors: tuple[Short, ...] = ()
    lang: Short | None = None
    links: tuple[Link, ...] = ()
    source: Short | None = None

    @property
    def key(self) -> str:
        """The Kafka key and the article's identity everywhere: its canonical URL."""
        return self.url


class ArticleDeletion(Record, frozen=True, gc=False):
    """An article withdrawn by its outlet."""

    url: Url
    op: Literal["delete"]
    version: Version

    @property
    def key(self) -> str:
        """The same key as the article's."""
        return self.url
