"""The list of feeds to read: one address a line, or YAML with settings of each. Knows no network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import yaml
from msgspec import Meta
from yarl import URL

from streams.errors import UserError
from streams.ingest.addresses import canonical
from streams.ingest.feeds.articles import Kind, Manner
from streams.settings import parse_duration

#: Seconds between two requests for a feed: where nothing is said, and the least that may be asked for.
EVERY, LEAST = 900, 60


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One feed and what is said of it.

    `every`: how often it is asked for. `text`: each item's page is fetched and its text taken (extra `articles`).
    `private`: it may be at a private address. `gdelt`: which of GDELT's files are read, where it is their list.
    """

    url: str
    kind: Kind = "article"
    outlet: str | None = None
    name: Annotated[str, Meta(max_length=1_000)] | None = None
    country: str | None = None
    lang: str | None = None
    every: str = "15m"
    text: bool = False
    private: bool = False
    gdelt: tuple[Literal["gkg", "mentions", "export"], ...] = ("gkg",)

    @property
    def manner(self) -> Manner:
        """What it says of its items."""
        return Manner(kind=self.kind, outlet=self.outlet, name=self.name, country=self.country, lang=self.lang)

    @property
    def seconds(self) -> int:
        """`every`, in seconds."""
        return parse_duration(self.every)


def read(path: Path) -> tuple[Feed, ...]:
    """The feeds of a file. Raises `UserError` naming the line or the feed that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}", code=66) from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not a text file in UTF-8", code=65) from None
    if path.suffix.lower() in (".yaml", ".yml"):
        return _checked(_of_yaml(path, text), str(path))
    lines = [line.strip() for line in text.splitlines()]
    return _checked([Feed(line) for line in lines if line and not line.startswith("#")], str(path))


def of(addresses: Sequence[str]) -> tuple[Feed, ...]:
    """Feeds of which nothing but the address is said. Raises `UserError`."""
    return _checked([Feed(each) for each in addresses], "URL")


def private_hosts(feeds: Sequence[Feed]) -> frozenset[str]:
    """The hosts that may be at a private address."""
    return frozenset(URL(feed.url).host or "" for feed in feeds if feed.private)


def _of_yaml(path: Path, text: str) -> list[Feed]:
    try:
        found: Any = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())[:300]}", code=65) from None
    listed = found.get("feeds") if isinstance(found, dict) and found.keys() == {"feeds"} else found
    if not isinstance(listed, list):
        raise UserError(
            f"{path}: expected a list of addresses or of mappings with `url`, maybe under `feeds:`", code=65
        )
    feeds = []
    for number, each in enumerate(listed, 1):
        try:
            feeds.append(Feed(each) if isinstance(each, str) else msgspec.convert(each, Feed))
        except msgspec.ValidationError as error:
            raise UserError(f"{path}: feed {number}: {error}", code=65) from None
    return feeds


def _checked(feeds: Sequence[Feed], where: str) -> tuple[Feed, ...]:
    if not feeds:
        raise UserError(f"{where}: no feed in it: expected one address a line", code=65)
    seen: set[str] = set()
    for number, feed in enumerate(feeds, 1):
        if not _is_web(feed):
            raise UserError(f"{where}: feed {number}: expected an address on the web, found {feed.url[:80]!r}", code=65)
        if feed.url in seen:
            raise UserError(f"{where}: feed {number}: {feed.url[:200]} stands there twice", code=65)
        seen.add(feed.url)
        try:
            seconds = feed.seconds
        except ValueError as error:
            raise UserError(f"{where}: feed {number}: every: {error}", code=65) from None
        if seconds < LEAST:
            raise UserError(f"{where}: feed {number}: every: at least {LEAST}s, found {feed.every}", code=65)
    return tuple(feeds)


def _is_web(feed: Feed) -> bool:
    if not feed.private:
        return canonical(feed.url) is not None
    try:
        return URL(feed.url).scheme in ("http", "https") and bool(URL(feed.url).host)
    except ValueError:
        return False
