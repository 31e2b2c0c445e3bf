"""Timelines asked again and again: what is new, what was edited, and what has gone from among the newest.

Owns which pages are asked for; what a status means is in `status`.
"""

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from schemas import Post, PostDeletion
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.source import Batch, Item, Opened, Refusal
from streams.ingest.mastodon.api import Api
from streams.ingest.mastodon.status import Server, of_status

#: Statuses a page: the most that Mastodon gives.
PAGE: Final = 40
#: Statuses of each timeline whose last form is remembered.
REMEMBERED: Final = 2_000
#: Milliseconds before the cursor from which reading begins again: statuses of other servers arrive late.
REPLAY: Final = 60_000
#: A status id of so many digits holds its time in milliseconds above its lowest 16 bits.
_SNOWFLAKE_DIGITS: Final = range(17, 20)

SCHEDULE: Final = Schedule(network=Steps(1.0, 60.0), http=Steps(5.0, 320.0), rate=Steps(60.0, 900.0))


class Polling:
    """The source that polls. `timelines`: paths with their queries; `every`: seconds between two rounds."""

    schedule = SCHEDULE

    def __init__(
        self,
        api: Api,
        server: Server,
        accounts: Sequence[str],
        timelines: Sequence[tuple[str, Mapping[str, str]]],
        every: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`accounts`: handles, with or without @, whose statuses are read too. `clock`: unix seconds."""
        self._api, self._server, self._accounts, self._every, self._clock = api, server, accounts, every, clock
        self._timelines = [Timeline(api, path, query) for path, query in timelines]
        self._found = False

    @property
    def platform(self) -> str:
        """The platform's slug."""
        return self._server.platform

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """What is new since the cursor, round after round."""
        if not self._found:
            self._timelines += [Timeline(self._api, await self._path(each), {}) for each in self._accounts]
            self._found = True
        opened = False
        after = earlier(cursor) if cursor else None
        newest = cursor
        while True:
            for timeline in self._timelines:
                async for page, gone in timeline.news(after):
                    if not opened:
                        opened = True
                        yield Opened()
                    newest = max([*([newest] if newest else []), *map(identifier, page)], key=order, default=None)
                    yield self._batch(page, gone)
            after = newest
            yield Batch(cursor=newest)
            await self._api.sleep(self._every)

    async def _path(self, handle: str) -> str:
        found = await self._api.get("/api/v1/accounts/lookup", acct=handle.lstrip("@"))
        if not isinstance(found, dict) or not isinstance(found.get("id"), str | int):
            raise UserError(f"{self._api.base} knows no account {handle!r}", code=76)
        return f"/api/v1/accounts/{found['id']}/statuses"

    def _batch(self, page: Sequence[Any], gone: Sequence[str]) -> Batch:
        now = int(self._clock() * 1_000)
        items: list[Item] = [
            Item(PostDeletion(self._server.platform, self._server.identifier(each), "delete", now)) for each in gone
        ]
        refused: list[Refusal] = []
        for payload in sorted(page, key=lambda each: order(identifier(each))):
            outcome = of_status(payload, self._server)
            if isinstance(outcome, Unusable):
                refused.append(Refusal(outcome.reason, outcome.detail, orjson.dumps(payload)))
            elif isinstance(outcome, Post):
                items.append(Item(outcome, _time(outcome)))
        return Batch(tuple(items), tuple(refused))


class Timeline:
    """One timeline: its newest page each time, and the pages between that and what was read before."""

    def __init__(self, api: Api, path: str, query: Mapping[str, str]) -> None:
        self._api, self._path, self._query = api, path, dict(query)
        self._forms: OrderedDict[str, object] = OrderedDict()
        self._shown: set[str] = set()

    async def news(self, after: str | None) -> AsyncIterator[tuple[list[Any], list[str]]]:
        """Statuses that are new or in a new form, and the ids of those that are gone; older ones first."""
        newest = await self._page()
        # What stands between the last round and the newest page, a page at a time, oldest first.
        if after is not None and newest and all(order(identifier(each)) > order(after) for each in newest):
            page = await self._page(min_id=after)
            while page:
                if fresh := self._unread(page):
                    yield fresh, []
                after = max(map(identifier, page), key=order)
                page = await self._page(min_id=after) if len(page) >= PAGE // 2 else []
        yield self._unread(newest), [each async for each in self._gone(newest)]

    async def _page(self, **more: str) -> list[Any]:
        found = await self._api.get(self._path, **self._query, limit=str(PAGE), **more)
        return [each for each in found if identifier(each)] if isinstance(found, list) else []

    def _unread(self, page: Sequence[Any]) -> list[Any]:
        fresh = []
        for each in page:
            form = each.get("edited_at")
            if self._forms.get(identifier(each), self) != form:
                fresh.append(each)
            self._forms[identifier(each)] = form
            self._forms.move_to_end(identifier(each))
        while len(self._forms) > REMEMBERED:
            self._forms.popitem(last=False)
        return fresh

    async def _gone(self, newest: Sequence[Any]) -> AsyncIterator[str]:
        """Those that stood among the newest and don't any more, though older ones do; the server confirms each."""
        shown = set(map(identifier, newest))
        if newest:
            oldest = min(shown, key=order)
            for each in sorted(self._shown - shown, key=order):
                if order(each) > order(oldest) and await self._api.get(f"/api/v1/statuses/{each}") is None:
                    yield each
        self._shown = shown


def identifier(status: object) -> str:
    """A status' own id; "" where it has none."""
    found = status.get("id") if isinstance(status, dict) else None
    return str(found) if isinstance(found, str | int) else ""


def order(identifier: str) -> tuple[int, str]:
    """Orders ids by the time of their statuses: numbers by their size, others as text."""
    return len(identifier), identifier


def earlier(identifier: str) -> str:
    """An id that a status of a minute earlier would have had; the same where ids hold no time."""
    if not identifier.isdecimal() or len(identifier) not in _SNOWFLAKE_DIGITS:
        return identifier
    return str(max(0, int(identifier) - (REPLAY << 16)))


def _time(post: Post) -> int | None:
    instant = post.edited_at or post.created_at
    return None if instant is None else round(instant.timestamp() * 1_000)
