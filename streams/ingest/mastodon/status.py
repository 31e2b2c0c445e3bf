"""A status of Mastodon's API (Truth Social's and others' too) to a post, a stream's delete to a deletion. Pure.

A status id is its server's own: one of Mastodon's many servers is named in the post's id (`mastodon.social/1234`), and
in its own accounts' handles (`name@mastodon.social`), so that several connectors speak of posts and people alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from schemas import Author, Embedded, Link, Media, Post, PostDeletion, Reason, References
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, Skipped, checked, each_of
from streams.ingest.mastodon import markup

MASTODON: Final = "mastodon"
TRUTHSOCIAL: Final = "truthsocial"

#: Who may read a status that is for everybody; what is for followers or the addressed alone is no post of ours.
_PUBLIC: Final = (None, "public", "unlisted", "local")
#: Where a page holds statuses.
_LISTS: Final = ("statuses", "ancestors", "descendants", "status", "last_status")
#: A key that only another thing of the API's has -> what that is.
_OTHERS: Final = {
    "username": "account",
    "scheduled_at": "scheduled status",
    "history": "tag",
    "shortcode": "emoji",
    "following": "relationship",
    "version": "instance",
    "hashtags": "search",
    "error": "error",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Where statuses come from. `host` "": unknown, or the platform's only one; ids and handles stay as they are."""

    platform: str = MASTODON
    host: str = ""

    def identifier(self, status: int | str) -> str:
        """A status' id everywhere."""
        return f"{self.host}/{status}" if self.host else str(status)

    def handle(self, account: "Account") -> str:
        """An account's handle; of one of the server's own with the server."""
        handle = account.acct or account.username
        return f"{handle}@{self.host}" if self.host and "@" not in handle else handle


class Payload(msgspec.Struct, frozen=True, gc=False):
    """Part of what a server sends: the fields that are read. All others are ignored."""


class Account(Payload, frozen=True):
    id: int | str
    username: str
    acct: str | None = None
    url: str | None = None
    display_name: str | None = None
    note: str | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None
    verified: bool | None = None
    location: str | None = None


class Attachment(Payload, frozen=True):
    type: str = "unknown"
    description: str | None = None


class Mentioned(Payload, frozen=True):
    id: int | str
    acct: str
    username: str = ""


class Tag(Payload, frozen=True):
    name: str


class Card(Payload, frozen=True):
    url: str | None = None
    title: str | None = None
    description: str | None = None


class Application(Payload, frozen=True):
    name: str | None = None


class Status(Payload, frozen=True):
    """A status. `title`, and `quote` as a whole status, are Truth Social's."""

    id: int | str
    account: Account
    content: str | None = None
    created_at: str | None = None
    edited_at: str | None = None
    visibility: str | None = None
    title: str | None = None
    spoiler_text: str | None = None
    language: str | None = None
    url: str | None = None
    uri: str | None = None
    in_reply_to_id: int | str | None = None
    in_reply_to_account_id: int | str | None = None
    in_reply_to: "Status | None" = None
    reblog: "Status | None" = None
    quote: dict[str, Any] | None = None
    quote_id: int | str | None = None
    media_attachments: tuple[Attachment, ...] | None = None
    mentions: tuple[Mentioned, ...] | None = None
    tags: tuple[Tag, ...] | None = None
    card: Card | None = None
    application: Application | None = None


def records(payload: object, server: Server, received: int = 0) -> Iterator[Outcome]:
    """The records of a payload: a status, a page or array of them, or a message of the streaming API.

    `received`: unix milliseconds at which it came; the version of a deletion, for which no server gives a time.
    """
    return each_of(payload, lambda each: _one(each, server, received))


def _one(payload: object, server: Server, received: int) -> Iterator[Outcome]:
    if isinstance(payload, str):
        yield Skipped("name")  # of a server, in the lists of those that it knows
    elif not isinstance(payload, dict):
        yield Unusable(Reason.SCHEMA, f"Expected `object`, got `{type(payload).__name__}`")
    elif "event" in payload and "payload" in payload:
        yield from message(str(payload["event"]), payload["payload"], server, received)
    elif "id" in payload and "account" in payload and "content" in payload:
        yield of_status(payload, server)
    else:
        listed = [payload[name] for name in _LISTS if isinstance(payload.get(name), list | dict)]
        for each in listed:
            yield from each_of(each, lambda one: _one(one, server, received))
        if not listed:
            yield _other(payload)


def _other(payload: dict[str, Any]) -> Outcome:
    kind = next((kind for name, kind in _OTHERS.items() if name in payload), None)
    if kind is not None:
        return Skipped(kind)
    found = ", ".join(sorted(map(str, payload))[:8]) or "nothing"
    return Unusable(Reason.SCHEMA, f"Expected a status or a page of statuses, found an object with {found}")


def message(event: str, payload: object, server: Server, received: int) -> Iterator[Outcome]:
    """The records of one message of a stream."""
    if event == "delete":
        identifier = payload if isinstance(payload, str | int) else ""
        yield checked(lambda: PostDeletion(server.platform, server.identifier(identifier), "delete", received))
        return
    if event not in ("update", "status.update"):
        yield Skipped(event[:40])
        return
    if isinstance(payload, str):
        try:
            payload = msgspec.json.decode(payload)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            yield Unusable(Reason.MALFORMED_JSON, " ".join(str(error).split()))
            return
    yield of_status(payload, server)


def of_status(payload: object, server: Server) -> Outcome:
    """The outcome of one status."""
    return checked(lambda: _post(msgspec.convert(payload, Status), server))


def _post(status: Status, server: Server) -> Post | Skipped:
    if status.visibility not in _PUBLIC:
        return Skipped("not public")
    edited_at = _instant(status.edited_at)
    repeated = status.reblog
    quote_of, quoted = _quote(status, server)
    refs = References(
        reply_to=_reference(status.in_reply_to_id, server),
        reply_to_handle=_answered(status, server),
        repost_of=server.identifier(repeated.id) if repeated else None,
        quote_of=quote_of,
    )
    own = _content(status, server)
    if repeated is not None:  # the server says the repeated post's content a second time, as the repost's own
        own = Embedded(own.author, "")
    return Post(
        platform=server.platform,
        id=server.identifier(status.id),
        op="edit" if edited_at else "create",
        version=round(edited_at.timestamp() * 1_000) if edited_at else 0,
        author=own.author,
        text=own.text,
        kind="repost" if repeated else "reply" if refs.reply_to else "quote" if refs.quote_of else "post",
        url=status.url or status.uri or None,
        created_at=_instant(status.created_at),
        edited_at=edited_at,
        lang=status.language or None,
        hashtags=own.hashtags,
        mentions=own.mentions,
        links=own.links,
        media=own.media,
        refs=None if refs == References() else refs,
        reposted=_content(repeated, server) if repeated else None,
        quoted=quoted,
        source=(status.application.name or None) if status.application else None,
    )


def _content(status: Status, server: Server) -> Embedded:
    text, links = markup.read(status.content or "")
    before = [each.strip() for each in (status.title, status.spoiler_text) if each and each.strip()]
    return Embedded(
        author=_author(status.account, server),
        text="\n\n".join([*before, text] if text else before),
        links=_links(links, status.card),
        media=tuple(
            Media("gif" if each.type == "gifv" else each.type, each.description or None)
            for each in status.media_attachments or ()
        ),
        hashtags=tuple(each.name for each in status.tags or () if each.name),
        mentions=tuple(each.acct or each.username for each in status.mentions or () if each.acct or each.username),
    )


def _links(written: dict[str, str], card: Card | None) -> tuple[Link, ...]:
    """The text's links, and what the card says of the one that it is of."""
    links = {address: Link(address) for address in written}
    if card is not None and card.url:
        links[card.url] = Link(card.url, None, None, card.title or None, card.description or None)
    return tuple(links.values())


def _author(account: Account, server: Server) -> Author:
    return Author(
        id=str(account.id),
        handle=server.handle(account),
        name=account.display_name or None,
        followers=account.followers_count,
        following=account.following_count,
        posts=account.statuses_count,
        verified=account.verified,
        description=(markup.read(account.note)[0] or None) if account.note else None,
        location=account.location or None,
    )


def _quote(status: Status, server: Server) -> tuple[str | None, Embedded | None]:
    """The quoted post's id and content, as far as the server tells: whole, by id alone, or not until it is accepted."""
    found = status.quote
    if not found:
        return _reference(status.quote_id, server), None
    whole = found.get("quoted_status") if "state" in found else found
    if isinstance(whole, dict) and "account" in whole:
        quoted = msgspec.convert(whole, Status)
        return server.identifier(quoted.id), _content(quoted, server)
    return _reference(found.get("quoted_status_id") or status.quote_id, server), None


def _answered(status: Status, server: Server) -> str | None:
    if status.in_reply_to_id is None:
        return None
    if status.in_reply_to is not None:
        return server.handle(status.in_reply_to.account)
    answered = status.in_reply_to_account_id
    if answered is not None and str(answered) == str(status.account.id):
        return server.handle(status.account)
    return next((each.acct for each in status.mentions or () if str(each.id) == str(answered) and each.acct), None)


def _reference(identifier: object, server: Server) -> str | None:
    return server.identifier(identifier) if isinstance(identifier, str | int) and identifier else None


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise msgspec.ValidationError(
            f"Expected a time such as 2025-03-14T12:00:00.000Z, found {text[:40]!r}"
        ) from None
    return found if found.tzinfo else None


def host_of(address: str) -> str:
    """The host of a server's address."""
    return urlsplit(address).netloc.lower()
