"""X's v2 filtered stream: one connection, a keep-alive every 20 s, waits and back-fill as X's rules have them.

Owns the connection; what a line means is in this package's mappers, what the rules are in `rules`.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from contextlib import aclosing
from typing import Any, Final

import aiohttp
import msgspec
import orjson

from schemas import Post, PostDeletion, Reason
from schemas.codec import Unusable
from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.gathering import gathered
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal
from streams.ingest.frame.wire import HEADERS, body, lines, require_ok
from streams.ingest.x.common import PLATFORM, milliseconds
from streams.ingest.x.lines import outcomes
from streams.ingest.x.rules import Rule, synchronise

PUBLIC: Final = "https://api.x.com"
FILTERED: Final = "/2/tweets/search/stream"
COMPLIANCE: Final = "/2/tweets/compliance/stream"
SECRET: Final = "TOCSIN_X_TOKEN"
#: Seconds without a line, not even the keep-alive that X sends every 20 s.
SILENCE: Final = 22.0
#: Seconds between two looks at whether the tracked events ask for other rules.
RULES_EVERY: Final = 60.0
#: Bytes of a line: a post with all that it includes has some 20 KiB.
MAX_LINE: Final = 1024 * 1024
#: Bytes of any other answer: a thousand rules of a thousand characters.
MAX_ANSWER: Final = 16 * 1024 * 1024
ANSWER_LIMIT: Final = 60.0

#: Everything that the v2 mapper reads.
_FIELDS: Final = {
    "tweet.fields": "attachments,author_id,conversation_id,created_at,edit_history_tweet_ids,entities,geo,"
    "in_reply_to_user_id,lang,note_tweet,referenced_tweets,source,text",
    "expansions": "attachments.media_keys,author_id,edit_history_tweet_ids,geo.place_id,in_reply_to_user_id,"
    "referenced_tweets.id,referenced_tweets.id.author_id",
    "user.fields": "description,location,name,public_metrics,username,verified",
    "media.fields": "alt_text,media_key,type",
    "place.fields": "country_code,full_name,geo,id",
}

RulesWanted = Callable[[], Awaitable[Collection[Rule]]]


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`backfill`: minutes that X repeats after a break, 0 to 5, as the access allows. `partition`: of compliance."""

    url: str = PUBLIC
    backfill: int = 0
    partition: int | None = None
    silence: float = SILENCE
    rules_every: float = RULES_EVERY


class Stream:
    """The source `x`: the filtered stream, or with a partition the stream of compliance events."""

    platform = PLATFORM
    #: X's own rules for reconnecting.
    schedule = Schedule(
        network=Steps(0.25, 16.0, times=1.0, plus=0.25), http=Steps(5.0, 320.0), rate=Steps(60.0, 960.0)
    )

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        options: Options,
        wanted: RulesWanted | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`wanted` gives the rules to hold X to (None: those that are there). `clock`: unix seconds."""
        self._session, self._options, self._wanted, self._clock = session, options, wanted, clock
        self._headers = HEADERS | {"Authorization": f"Bearer {token}"}
        self._synchronised = 0.0

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """What X sends from now on, and from the last minutes where the access allows."""
        await self._hold_to_rules()
        options = self._options
        if options.partition is None:
            path, query = FILTERED, dict(_FIELDS)
        else:
            path, query = COMPLIANCE, {"partition": str(options.partition)}
        if options.backfill:
            query["backfill_minutes"] = str(options.backfill)
        headers = {**self._headers, "Accept-Encoding": "identity"}
        async with self._session.get(
            f"{options.url}{path}", params=query, headers=headers, allow_redirects=False
        ) as response:
            await require_ok(response, SECRET)
            yield Opened(self._clock() - 60 * options.backfill)
            newest = cursor
            async with aclosing(gathered(_lines(response), silence=options.silence)) as groups:
                async for group in groups:
                    if not group:
                        raise Lost("network", f"no keep-alive for {options.silence:g} s")
                    batch, ended = self._batch(group, newest)
                    newest = batch.cursor
                    yield batch
                    if ended:
                        raise Lost("network", f"X ends the stream: {ended}")
                    await self._hold_to_rules()

    async def get(self, path: str) -> Any:
        """The parsed answer of a GET."""
        return await self._ask("GET", path, None, {})

    async def post(self, path: str, body: object, **query: str) -> Any:
        """The parsed answer of a POST."""
        return await self._ask("POST", path, body, query)

    async def _ask(self, method: str, path: str, sent: object, query: dict[str, str]) -> Any:
        data = None if sent is None else orjson.dumps(sent)
        headers = self._headers | ({"Content-Type": "application/json"} if data else {})
        async with (
            asyncio.timeout(ANSWER_LIMIT),
            self._session.request(
                method, f"{self._options.url}{path}", params=query, data=data, headers=headers, allow_redirects=False
            ) as response,
        ):
            # Refused rules come with 400 and the reason of each.
            if response.status not in (201, 400) or response.content_type != "application/json":
                await require_ok(response, SECRET)
            raw = await body(response, MAX_ANSWER)
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise Lost("http", f"{path} answers with something that is no JSON") from None

    async def _hold_to_rules(self) -> None:
        if self._wanted is None or self._clock() - self._synchronised < self._options.rules_every:
            return
        await synchronise(self, await self._wanted())
        self._synchronised = self._clock()

    def _batch(self, group: list[bytes], newest: str | None) -> tuple[Batch, str]:
        """The group's records, and why X ends the stream, if it says so."""
        now = int(self._clock() * 1_000)
        items: list[Item] = []
        refused: list[Refusal] = []
        ended = ""
        for line in filter(None, group):
            if len(line) > MAX_LINE:
                refused.append(Refusal(Reason.SCHEMA, f"a line of more than {MAX_LINE} bytes", line))
                continue
            ended = ended or disconnection(line)
            for outcome in outcomes(line, now):
                if isinstance(outcome, Unusable):
                    refused.append(Refusal(outcome.reason, outcome.detail, line))
                elif isinstance(outcome, Post | PostDeletion):
                    # An edit's own identifier holds its time; a deletion has its version alone.
                    items.append(Item(outcome, outcome.version or milliseconds(outcome.id)))
                    newest = max(newest or "", outcome.id, key=lambda each: (len(each), each))
        present = max((each.time for each in items if each.time), default=now)
        return Batch(tuple(items), tuple(refused), newest, max(0.0, (now - present) / 1_000)), ended


def disconnection(line: bytes) -> str:
    """What X says where a line of its stream announces the stream's end; else ""."""
    if not line.startswith((b'{"errors"', b'{"connection_issue"', b'{"title"', b'{"detail"')):
        return ""
    try:
        payload = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    if not isinstance(payload, dict) or "data" in payload:
        return ""
    errors = payload.get("errors")
    for each in errors if isinstance(errors, list) else [payload]:
        if isinstance(each, dict) and ("disconnect_type" in each or "connection_issue" in each):
            return str(each.get("detail") or each.get("title") or each.get("disconnect_type"))[:200]
    return ""


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The stream's lines; keep-alives are empty, and of one too long one byte more than the most comes."""
    async for line in lines(response, MAX_LINE + 1):
        yield line.data
