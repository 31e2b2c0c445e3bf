"""A line that holds one plain post, of v2's stream or a v1.1 status, decoded in one step to what is read of it. Pure.

Half the time that `payloads` takes, which has to see what a payload is. Whatever is no plain post (an error, a page, a
deletion, a broken line) is left to it, and so is a post that is refused: it says why.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, Protocol, TypeVar

import msgspec
import orjson

from schemas import Post, Reason
from schemas.codec import Unusable
from streams.ingest.mapping import Outcome, checked
from streams.ingest.x import v1
from streams.ingest.x.common import Payload
from streams.ingest.x.payloads import records
from streams.ingest.x.v2 import payload as v2
from streams.ingest.x.v2 import posts

#: Under a key whose meaning isn't ours to judge here: no value passes, so the decoder gives up where it meets the key.
_Elsewhere = Annotated[int, msgspec.Meta(gt=0, lt=0)] | msgspec.UnsetType


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
    errors: _Elsewhere = msgspec.UNSET


class Status(v1.Status, frozen=True):
    """A status that isn't also something else; see how `payloads` tells them apart."""

    data: _Elsewhere = msgspec.UNSET
    meta: _Elsewhere = msgspec.UNSET
    results: _Elsewhere = msgspec.UNSET
    statuses: _Elsewhere = msgspec.UNSET
    actor: _Elsewhere = msgspec.UNSET
    verb: _Elsewhere = msgspec.UNSET
    delete: _Elsewhere = msgspec.UNSET
    recipient: _Elsewhere = msgspec.UNSET
    event_type: _Elsewhere = msgspec.UNSET


class Identified(Protocol):
    @property
    def id(self) -> str | None: ...


Each = TypeVar("Each", bound=Identified)

_decode: Final = msgspec.json.Decoder(Line).decode
_decode_status: Final = msgspec.json.Decoder(Status).decode


def outcomes(line: bytes, received: int) -> Iterable[Outcome]:
    """The outcomes of one line. `received`: unix milliseconds at which it came."""
    post = plain(line)
    return _slowly(line, received) if post is None else (post,)


def plain(line: bytes) -> Post | None:
    """The post of a line that holds one; None for any other line, and for a post that is refused."""
    try:
        outcome = _of_v2(line) if line.startswith(b'{"data"') else _of_v1(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return outcome if isinstance(outcome, Post) else None


def _of_v2(line: bytes) -> Outcome | None:
    found = _decode(line)
    if found.data.text is None:
        return None
    return checked(lambda: posts.of_tweet(found.data, Known(found.includes)))


def _of_v1(line: bytes) -> Outcome | None:
    line.decode()  # the decoder looks only at the fields that it keeps; files are held to UTF-8 altogether
    found = _decode_status(line)
    if found.user is None or (found.text is None and found.full_text is None):
        return None
    return checked(lambda: v1.of_status(found))


def _slowly(line: bytes, received: int) -> Iterator[Outcome]:
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        yield Unusable(Reason.MALFORMED_JSON, str(error))
        return
    yield from records(payload, received)


class Known:
    """What a line holds beside its post, decoded already."""

    def __init__(self, included: Included) -> None:
        self._included = included

    def user(self, identifier: str | None) -> v2.User | None:
        """The user of that identifier."""
        return _found(self._included.users, identifier)

    def tweet(self, identifier: str) -> v2.Tweet | None:
        """The post of that identifier."""
        return _found(self._included.tweets, identifier)

    def medium(self, key: str) -> v2.Medium | None:
        """The picture or video of that key."""
        return next((each for each in self._included.media if each.media_key == key), None)

    def place(self, identifier: str | None) -> v2.Geo | None:
        """The place of that identifier."""
        return _found(self._included.places, identifier)


def _found(several: Iterable[Each], identifier: str | None) -> Each | None:
    # A line includes a handful; of two of one identifier the last holds, as in a page.
    found = None
    for each in several:
        if each.id == identifier:
            found = each
    return found
