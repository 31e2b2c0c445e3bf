"""A line of a v2 stream, decoded in one step to what the mapper reads: three lines where `payloads` manages two. Pure.

Whatever is no plain post (an error, a compliance event, a broken line) is left to `payloads`, which says what it is.
"""

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeVar

import msgspec
import orjson

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, checked
from streams.ingest.x import v2
from streams.ingest.x.common import Payload
from streams.ingest.x.payloads import records


class Medium(v2.Medium, frozen=True, kw_only=True):
    media_key: str


class Place(v2.Geo, frozen=True, kw_only=True):
    id: str


class Included(Payload, frozen=True):
    users: tuple[v2.User, ...] = ()
    tweets: tuple[v2.Tweet, ...] = ()
    media: tuple[Medium, ...] = ()
    places: tuple[Place, ...] = ()


class Line(Payload, frozen=True):
    data: v2.Tweet
    includes: Included = Included()
    errors: msgspec.Raw | None = None


class Identified(Protocol):
    @property
    def id(self) -> str | None: ...


Each = TypeVar("Each", bound=Identified)

_decode: Final = msgspec.json.Decoder(Line).decode


def outcomes(line: bytes, received: int) -> Iterator[Outcome]:
    """The outcomes of one line. `received`: unix milliseconds at which it came."""
    try:
        found = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        found = None
    if found is None or found.data.text is None or found.errors is not None:
        yield from _slowly(line, received)
        return
    yield checked(lambda: v2.of_tweet(found.data, Known(found.includes)))


def _slowly(line: bytes, received: int) -> Iterator[Outcome]:
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield Unusable(Reason.MALFORMED_JSON, str(error))
        return
    yield from records(payload, received)


class Known(v2.Includes):
    """What a line holds beside its post, decoded already."""

    def __init__(self, included: Included) -> None:
        self._included = included

    def user(self, identifier: str | None) -> v2.User | None:
        """The user of that identifier."""
        return _first(self._included.users, identifier)

    def tweet(self, identifier: str) -> v2.Tweet | None:
        """The post of that identifier."""
        return _first(self._included.tweets, identifier)

    def medium(self, key: str) -> v2.Medium | None:
        """The picture or video of that key."""
        return next((each for each in self._included.media if each.media_key == key), None)

    def place(self, identifier: str | None) -> v2.Geo | None:
        """The place of that identifier."""
        return _first(self._included.places, identifier)


def _first(several: Iterable[Each], identifier: str | None) -> Each | None:
    # A line includes a handful; of two of one identifier the last holds, as in a page.
    found = None
    for each in several:
        if each.id == identifier:
            found = each
    return found
