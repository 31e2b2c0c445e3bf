"""An entry of a feed to an article, as the feed's own settings say. Pure: no network, no clock.

What an article says is its entry's; what kind it is and who publishes it, a feed's owner may know better. Knows neither
the format that the entry came in nor when it is asked for.
"""

from functools import partial
from typing import Literal

import msgspec

from schemas import Article, Link, Outlet
from schemas.codec import Unusable
from streams.ingest.addresses import canonical, domain
from streams.ingest.feeds.entries import Channel, Entry, Text
from streams.ingest.mapping import Outcome, checked
from streams.ingest.markup import plain
from streams.ingest.times import to_milliseconds

Kind = Literal["article", "press_release", "transcript"]

#: Most links of an article that are kept, and characters of one of its texts.
_LINKS, _TEXT = 500, 1_000_000


class Manner(msgspec.Struct, frozen=True, gc=False):
    """What a feed's owner says of its items. `outlet` None: the domain of each item's link."""

    kind: Kind = "article"
    outlet: str | None = None
    name: str | None = None
    country: str | None = None
    lang: str | None = None


def articles(channel: Channel, manner: Manner, address: str = "") -> tuple[Outcome, ...]:
    """What each entry is, in order. `address`: that of the feed, which relative links are resolved against."""
    return tuple(
        each
        if isinstance(each, Unusable)
        else checked(partial(article, each, channel, manner, address), f"$[{number}]")
        for number, each in enumerate(channel.entries)
    )


def article(entry: Entry, channel: Channel, manner: Manner, address: str = "") -> Article:
    """The article of an entry. Raises `msgspec.ValidationError` where it has no address on the web.

    One that was updated after it was published is an edit, and its version says when.
    """
    base = channel.link or address
    url = next((found for each in (entry.link, entry.id) if each and (found := canonical(each, base))), None)
    if url is None:
        given = entry.link or entry.id
        found = repr(given[:80]) if given else "none"
        raise msgspec.ValidationError(f"Expected an item with an address on the web, found {found}")
    edited = entry.updated is not None and entry.published is not None and entry.updated > entry.published
    summary, of_summary = _read(entry.summary)
    body, of_body = _read(entry.content)
    host = domain(url)
    own = domain(canonical(channel.link or "", address) or "http://-") == host
    return Article(
        url=url,
        op="edit" if edited else "create",
        version=to_milliseconds(entry.updated) if edited and entry.updated else 0,
        outlet=Outlet(
            domain=manner.outlet or host,
            name=manner.name or (channel.title[:1_000] if channel.title and own else None),
            country=manner.country,
        ),
        title=_read(entry.title)[0][:10_000],
        kind=manner.kind,
        published_at=entry.published,
        updated_at=entry.updated,
        summary=summary or None,
        body=body if body != summary and body else None,
        authors=entry.authors,
        lang=manner.lang or entry.lang or channel.lang,
        links=_links((*of_summary, *of_body), url),
        source=(channel.title or "")[:1_000] or None,
    )


def _read(text: Text | None) -> tuple[str, tuple[str, ...]]:
    if text is None:
        return "", ()
    found, links = plain(text.value, "feeds") if text.is_html else (text.value.strip(), ())
    return found[:_TEXT], links


def _links(addresses: tuple[str, ...], base: str) -> tuple[Link, ...]:
    found = dict.fromkeys(url for each in addresses if (url := canonical(each, base)))
    return tuple(Link(url=url) for url in found if url != base)[:_LINKS]
