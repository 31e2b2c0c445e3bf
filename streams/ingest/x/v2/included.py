"""What a v2 post's page or stream line holds beside it, found by identifier. Pure.

A line decodes what it includes together with its post (`lines`); here is a page's, read piece by piece.
"""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from streams.ingest.x.v2.payload import Geo, Medium, Tweet, User

Whole = TypeVar("Whole")


class Included(Protocol):
    """Users, posts, media and places; None where one was not included."""

    def user(self, identifier: str | None) -> User | None:
        """The user of that identifier."""

    def tweet(self, identifier: str) -> Tweet | None:
        """The post of that identifier."""

    def medium(self, key: str) -> Medium | None:
        """The picture or video of that key."""

    def place(self, identifier: str | None) -> Geo | None:
        """The place of that identifier."""


class Page:
    """The `includes` of a page: only what a post asks for is read. Asking raises `msgspec.ValidationError`."""

    def __init__(self, payload: object) -> None:
        found = payload if isinstance(payload, Mapping) else {}
        self._users = _by(found.get("users"), "id")
        self._tweets = _by(found.get("tweets"), "id")
        self._media = _by(found.get("media"), "media_key")
        self._places = _by(found.get("places"), "id")

    def user(self, identifier: str | None) -> User | None:
        """The user of that identifier."""
        found = self._users.get(identifier)
        return None if found is None else _read(found, User, "users")

    def tweet(self, identifier: str) -> Tweet | None:
        """The post of that identifier."""
        found = self._tweets.get(identifier)
        return None if found is None else _read(found, Tweet, "tweets")

    def medium(self, key: str) -> Medium | None:
        """The picture or video of that key."""
        found = self._media.get(key)
        return None if found is None else _read(found, Medium, "media")

    def place(self, identifier: str | None) -> Geo | None:
        """The place of that identifier."""
        found = self._places.get(identifier)
        return None if found is None else _read(found, Geo, "places")


def _read(payload: object, kind: type[Whole], list_: str) -> Whole:
    try:
        return msgspec.convert(payload, kind)
    except msgspec.ValidationError as error:
        # Where a record stands is said elsewhere; this says in which thing beside it.
        what, _, where = str(error).partition(" - at `$")
        raise msgspec.ValidationError(f"{what} in `includes.{list_}{where or '`'}") from None


def _by(payload: object, field: str) -> dict[object, object]:
    found = payload if isinstance(payload, list) else ()
    return {each[field]: each for each in found if isinstance(each, dict) and isinstance(each.get(field), str)}
