"""The connector `telegram`: what is posted in the channels that a bot is in, by long polling of the Bot API.

Owns the requests and Telegram's rules for them; what a message means is in `bot`. Telegram forgets an update once it is
asked for the next one, so that is asked for only when Kafka has confirmed; unasked, it keeps updates for a day.
"""

import re
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import aiohttp
import msgspec

from schemas import Post, Reason
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest.frame import wire
from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.source import Batch, Item, Lost, Opened, Refusal
from streams.ingest.telegram import update
from streams.ingest.telegram.common import PLATFORM

API: Final = "https://api.telegram.org"
#: Seconds that Telegram holds a request open while there is nothing, and that it may take beyond them.
HOLD, GRACE = 50, 20
#: Seconds for which Telegram keeps an update that nobody has asked for.
KEPT: Final = 86_400.0
#: Bytes of an answer: a hundred messages of 4,096 characters with all their entities are far below it.
MOST: Final = 16 * 1024 * 1024

_TOKEN: Final = re.compile(r"\d{3,20}:[\w-]{20,80}")
_KINDS: Final = ("channel_post", "edited_channel_post")


class Bot:
    """The source `telegram`."""

    platform = PLATFORM
    schedule = Schedule(network=Steps(1.0, 60.0), http=Steps(5.0, 320.0), rate=Steps(30.0, 900.0))

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        *,
        groups: bool = False,
        api: str = API,
        hold: int = HOLD,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`groups`: messages of groups are taken too. Raises `UserError` where the token can't be one."""
        if not _TOKEN.fullmatch(token):
            raise UserError("TOCSIN_TELEGRAM_TOKEN: expected a bot's token, DIGITS:LETTERS, as @BotFather gives it")
        self._session, self._clock, self._hold = session, clock, hold
        # The token stands in the address: no error of aiohttp's may be shown as it is.
        self._address = f"{api}/bot{token}/getUpdates"
        self._kinds = (*_KINDS, "message", "edited_message") if groups else _KINDS

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """Updates from the cursor on, which is the number of the first one that is not in Kafka yet."""
        offset = int(cursor) if cursor is not None and cursor.isdecimal() else None
        opened = False
        hold = 0  # the first answer comes at once
        while True:
            raw = await self._updates(offset, hold)
            if not opened:
                opened = True
                yield Opened(self._clock() - KEPT)
            batch = _batch(raw)
            offset = int(batch.cursor) if batch.cursor is not None else offset
            hold = self._hold
            yield batch

    async def _updates(self, offset: int | None, hold: int) -> list[Any]:
        asked = {"timeout": hold, "limit": 100, "allowed_updates": list(self._kinds)}
        if offset is not None:
            asked["offset"] = offset
        timeout = aiohttp.ClientTimeout(total=hold + GRACE)
        try:
            async with self._session.post(
                self._address, json=asked, headers=wire.HEADERS, timeout=timeout, allow_redirects=False
            ) as response:
                raw = await wire.body(response, MOST)
                return _result(response.status, raw)
        except TimeoutError:
            raise Lost("network", f"no whole answer within {hold + GRACE} s") from None
        except aiohttp.ClientConnectorError as error:
            raise Lost("network", f"{error.host}: {error.os_error.strerror or error.os_error}") from None
        except aiohttp.ClientError as error:
            raise Lost("network", type(error).__name__) from None


class _Parameters(msgspec.Struct, frozen=True):
    retry_after: float | None = None


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    result: list[Any] = []
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = _Parameters()


def _result(status: int, raw: bytes) -> list[Any]:
    """The updates of an answer. Raises `Lost`, and `UserError` where asking again is of no use."""
    try:
        answer = msgspec.json.decode(raw, type=_Answer)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        like = "an HTML page" if raw.lstrip()[:1] == b"<" else "something else"
        raise Lost("http", f"status {status} with {like}, expected the Bot API's JSON") from None
    if answer.ok and status == 200:
        return answer.result
    code = answer.error_code or status
    told = " ".join(answer.description.split())[:200]
    if code in (401, 404):
        raise UserError(f"Telegram knows no bot of TOCSIN_TELEGRAM_TOKEN ({code} {told}): set its token", code=77)
    if code == 409 and "webhook" in told:
        raise UserError(f"the bot has a webhook ({code} {told}): call deleteWebhook, or use another bot", code=76)
    if code == 409:
        raise Lost("http", f"somebody else reads this bot's updates ({code} {told}): stop that, or use another bot")
    if code == 429:
        raise Lost("rate", f"too many requests ({code} {told})", answer.parameters.retry_after)
    if 400 <= code < 500:
        raise UserError(f"Telegram refuses the request ({code} {told})", code=76)
    raise Lost("http", f"{code} {told}", answer.parameters.retry_after)


def _batch(updates: list[Any]) -> Batch:
    items: list[Item] = []
    refused: list[Refusal] = []
    newest = None
    for each in updates:
        if not isinstance(each, dict) or not isinstance(each.get("update_id"), int):
            refused.append(Refusal(Reason.SCHEMA, "Expected an update of the Bot API", msgspec.json.encode(each)))
            continue
        newest = max(newest or 0, each["update_id"])
        outcome = update(each)
        if isinstance(outcome, Unusable):
            refused.append(Refusal(outcome.reason, outcome.detail, msgspec.json.encode(each)))
        elif isinstance(outcome, Post):
            moment = outcome.edited_at or outcome.created_at
            items.append(Item(outcome, None if moment is None else round(moment.timestamp() * 1_000)))
    cursor = None if newest is None else str(newest + 1)
    return Batch(tuple(items), tuple(refused), cursor, settle=cursor is not None)
