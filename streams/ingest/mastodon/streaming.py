"""Mastodon's streaming API (server-sent events), and the timeline behind it for what came while nobody listened."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

import aiohttp

from schemas import Post, PostDeletion, Reason
from schemas.codec import Unusable
from streams.ingest.frame.gathering import gathered
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal
from streams.ingest.frame.wire import lines, require_ok
from streams.ingest.mastodon.api import Api
from streams.ingest.mastodon.polling import PAGE, SCHEDULE, earlier, identifier, order
from streams.ingest.mastodon.status import Server, message, of_status

#: Bytes of a line: one message.
MAX_LINE: Final = 1024 * 1024
#: Seconds without a line, not even the heartbeat that comes every 15 s, after which the connection is taken for dead.
SILENCE: Final = 60.0


class Streaming:
    """The source that listens to `channel` (public, public/local, user, hashtag, list) and fills gaps from `path`."""

    schedule = SCHEDULE

    def __init__(
        self,
        api: Api,
        server: Server,
        channel: str,
        path: str,
        query: Mapping[str, str],
        silence: float = SILENCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api, self._server, self._channel, self._path, self._query = api, server, channel, path, dict(query)
        self._silence, self._clock = silence, clock

    @property
    def platform(self) -> str:
        """The platform's slug."""
        return self._server.platform

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """What the timeline has since the cursor, then what the stream says."""
        address = f"{await self._address()}/api/v1/streaming/{self._channel}"
        headers = {**self._api.headers, "Accept": "text/event-stream", "Accept-Encoding": "identity"}
        async with self._api.session.get(
            address, params=self._query, headers=headers, allow_redirects=False
        ) as response:
            await require_ok(response, self._api.secret)
            # The stream is open before the gap is filled: what comes meanwhile waits in it.
            yield Opened()
            newest = cursor
            async for page in self._missed(cursor):
                newest = max([newest or "", *map(identifier, page)], key=order)
                yield self._batch([("update", each) for each in page], newest, behind=60.0)
            yield Batch(cursor=newest)
            async with aclosing(gathered(_messages(response), silence=self._silence)) as groups:
                async for group in groups:
                    if not group:
                        raise Lost("network", f"no heartbeat for {self._silence:g} s")
                    batch = self._heard(group, newest)
                    newest = batch.cursor
                    yield batch
        raise Lost("network", "the stream ended")

    async def _address(self) -> str:
        """Where the server streams: often a host of its own."""
        found: Any = await self._api.get("/api/v2/instance")
        for key in ("configuration", "urls", "streaming"):
            found = found.get(key) if isinstance(found, dict) else None
        if isinstance(found, str) and found.startswith(("ws://", "wss://", "http://", "https://")):
            return "http" + found.removeprefix("ws").removeprefix("http").rstrip("/")
        return self._api.base

    async def _missed(self, cursor: str | None) -> AsyncIterator[list[Any]]:
        after = earlier(cursor) if cursor else ""
        while after:
            found = await self._api.get(self._path, **self._query, limit=str(PAGE), min_id=after)
            page = [each for each in found if identifier(each)] if isinstance(found, list) else []
            if page:
                yield page
            reached = max(map(identifier, page), key=order, default=after)
            after = reached if order(reached) > order(after) else ""

    def _heard(self, group: list[bytes], newest: str | None) -> Batch:
        messages = []
        for raw in group:
            event, _, data = raw.partition(b"\n")
            if event:
                messages.append((event.decode(errors="replace"), data))
        return self._batch(messages, newest)

    def _batch(self, messages: list[tuple[str, Any]], newest: str | None, behind: float = 0.0) -> Batch:
        items: list[Item] = []
        refused: list[Refusal] = []
        now = int(self._clock() * 1_000)
        for event, data in messages:
            if event == _TOO_LONG:
                refused.append(Refusal(Reason.SCHEMA, f"a message of more than {MAX_LINE} bytes", data))
                continue
            if isinstance(data, dict):
                outcomes = iter([of_status(data, self._server)])
            else:
                outcomes = message(event, data.decode(errors="replace"), self._server, now)
            for outcome in outcomes:
                if isinstance(outcome, Unusable):
                    refused.append(Refusal(outcome.reason, outcome.detail, data if isinstance(data, bytes) else b""))
                elif isinstance(outcome, Post | PostDeletion):
                    items.append(Item(outcome))
                    if isinstance(outcome, Post):
                        newest = max(newest or "", outcome.id.rpartition("/")[2], key=order)
        return Batch(tuple(items), tuple(refused), newest, behind)


_TOO_LONG: Final = "too long"


async def _messages(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Each message as its event, a line feed and its data; a heartbeat as nothing."""
    event, data, whole = b"", b"", True
    async for line in lines(response, MAX_LINE):
        if line.data.startswith(b"event:"):
            event = line.data[6:].strip()
        elif line.data.startswith(b"data:"):
            data, whole = line.data[5:].strip(), line.whole
        elif not line.data and event:
            yield (event if whole else _TOO_LONG.encode()) + b"\n" + data
            event, data, whole = b"", b"", True
        elif line.data.startswith(b":"):
            yield b""
