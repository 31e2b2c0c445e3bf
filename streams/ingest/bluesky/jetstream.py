"""Bluesky's Jetstream: one websocket, a cursor in its own microseconds, a few seconds read again after each break.

Owns the connection and its rules; what events mean is in `events`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlencode

import aiohttp
import msgspec

from schemas import Post, PostDeletion, Reason
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest.bluesky.events import Event, of_event, read
from streams.ingest.bluesky.lexicon import PLATFORM, POST, REPOST
from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.gathering import gathered
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal
from streams.ingest.frame.wire import wait_asked

#: A public instance of Bluesky's own.
PUBLIC: Final = "wss://jetstream2.us-east.bsky.network/subscribe"
#: Seconds that are read again after a break: events are only nearly in the order of their times.
REPLAY: Final = 5.0
#: The oldest that Jetstream still has may lie so many seconds after the cursor without anything being missed: it sends
#: what accounts do whatever collections are asked for, many times a second.
TOLERANCE: Final = 60.0
#: Bytes of a message; Jetstream leaves longer ones out.
MAX_MESSAGE: Final = 1024 * 1024
#: Seconds without a message, or an answer to a ping, after which the connection is taken for dead.
SILENCE: Final = 30.0
#: Seconds for the other side to agree to a connection's end.
CLOSE_SECONDS: Final = 1.0
#: Handles that are remembered.
MAX_HANDLES: Final = 200_000
#: Most accounts asked for: they stand in the address.
MAX_DIDS: Final = 200


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: `dids` names accounts; none: all of Bluesky."""

    url: str = PUBLIC
    reposts: bool = True
    dids: tuple[str, ...] = ()
    silence: float = SILENCE


class Handles(OrderedDict[str, str]):
    """DID -> handle, the ones last told; the oldest give way."""

    def __setitem__(self, did: str, handle: str) -> None:
        super().__setitem__(did, handle)
        if len(self) > MAX_HANDLES:
            self.popitem(last=False)


class Jetstream:
    """The source `bluesky`."""

    platform = PLATFORM
    schedule = Schedule(network=Steps(0.5, 30.0), http=Steps(5.0, 300.0), rate=Steps(60.0, 900.0))

    def __init__(
        self, session: aiohttp.ClientSession, options: Options, clock: Callable[[], float] = time.time
    ) -> None:
        """`clock` gives the present in unix seconds."""
        if len(options.dids) > MAX_DIDS:
            raise UserError(
                f"bluesky: {MAX_DIDS} accounts at most, found {len(options.dids)}: leave --account out, rules find them"
            )
        self._session, self._options, self._clock = session, options, clock
        self._handles = Handles()

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """Events from a few seconds before the cursor on; without one from now on."""
        last = int(cursor) if cursor is not None and cursor.isdecimal() else None
        try:
            socket = await self._session.ws_connect(
                self._address(last), max_msg_size=4 * MAX_MESSAGE, heartbeat=self._options.silence, autoping=True
            )
        except aiohttp.WSServerHandshakeError as error:
            raise _refused(error) from None
        async with _closing(socket), aclosing(gathered(_messages(socket), silence=self._options.silence)) as groups:
            opened = last is None
            if opened:
                yield Opened(None)
            async for group in groups:
                batch, first = self._batch(group, last)
                if not opened:
                    # A cursor that is too old is answered with the oldest that there is, and no word about it.
                    opened = True
                    late = first is not None and last is not None and first / 1e6 - last / 1e6 > TOLERANCE
                    yield Opened(first / 1e6 if late and first is not None and not self._options.dids else None)
                if not group and not self._options.dids:
                    raise Lost("network", f"no event for {self._options.silence:g} s")
                last = int(batch.cursor) if batch.cursor is not None else last
                yield batch

    def _address(self, last: int | None) -> str:
        asked = [("wantedCollections", POST)]
        if self._options.reposts:
            asked.append(("wantedCollections", REPOST))
        asked += [("wantedDids", did) for did in self._options.dids]
        asked.append(("maxMessageSizeBytes", str(MAX_MESSAGE)))
        if last is not None:
            asked.append(("cursor", str(last - int(REPLAY * 1e6))))
        return f"{self._options.url}?{urlencode(asked)}"

    def _batch(self, group: list[bytes], last: int | None) -> tuple[Batch, int | None]:
        """The group's records, and the time of its first event."""
        items: list[Item] = []
        refused: list[Refusal] = []
        newest, first = last or 0, None
        for raw in group:
            event = _event(raw)
            if isinstance(event, Unusable):
                refused.append(Refusal(event.reason, event.detail, raw))
                continue
            first = event.time_us if first is None else first
            newest = max(newest, event.time_us)
            outcome = of_event(event, self._handles)
            if isinstance(outcome, Unusable):
                refused.append(Refusal(outcome.reason, outcome.detail, raw))
            elif isinstance(outcome, Post | PostDeletion):
                items.append(Item(outcome, event.time_us // 1_000))
        behind = max(0.0, self._clock() - newest / 1e6) if first is not None else 0.0
        return Batch(tuple(items), tuple(refused), str(newest) if newest else None, behind), first


def _event(raw: bytes) -> Event | Unusable:
    try:
        return read(raw)
    except msgspec.ValidationError as error:
        return Unusable(Reason.SCHEMA, str(error))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unusable(Reason.MALFORMED_JSON, str(error))
    except RecursionError:
        return Unusable(Reason.TOO_DEEP, "nested too deep")


@asynccontextmanager
async def _closing(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[None]:
    """Close it afterwards, whatever is still on its way: aiohttp reads all of that before it hears the answer."""
    try:
        yield
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await socket.close()


async def _messages(socket: aiohttp.ClientWebSocketResponse) -> AsyncIterator[bytes]:
    async for message in socket:
        if message.type == aiohttp.WSMsgType.TEXT:
            yield message.data.encode()
        elif message.type == aiohttp.WSMsgType.ERROR:
            break
    trouble = socket.exception()
    told = f"; {trouble}" if trouble else ""
    raise Lost("network", f"the websocket was closed (code {socket.close_code}{told})")


def _refused(error: aiohttp.WSServerHandshakeError) -> Exception:
    if error.status == 429:
        return Lost("rate", "status 429: too many connections", wait_asked(error.headers or {}, time.time()))
    if error.status >= 500 or error.status in (200, 408):
        return Lost("http", f"status {error.status} instead of a websocket")
    return UserError(
        f"Jetstream refuses the connection (status {error.status}): set --url to one that ends in /subscribe", code=76
    )
