"""A server's REST API: one GET at a time, in bounded memory, never faster than the server's rate limit lets us."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import aiohttp
import msgspec

from schemas import Reason
from schemas.codec import Unusable
from streams.ingest.frame.source import Lost
from streams.ingest.frame.wire import HEADERS, body, require_ok, wait_asked

#: Bytes of a page of 40 statuses: a long status has some 100 KiB with its quote, card and account.
MOST_BYTES: Final = 16 * 1024 * 1024
#: Seconds for one answer.
ANSWER_LIMIT: Final = 60.0
#: The longest wait that a rate limit's header is believed.
LONGEST_WAIT: Final = 3_600.0

Sleep = Callable[[float], Awaitable[Any]]


class Api:
    """The API at `base`, asked with the token (none: as anybody). `secret` is the token's setting, for messages."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        token: str,
        secret: str,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.session = session
        self.base = base.rstrip("/")
        self.secret = secret
        self.headers: Mapping[str, str] = HEADERS | ({"Authorization": f"Bearer {token}"} if token else {})
        self.sleep = sleep
        self._wait = 0.0

    async def get(self, path: str, **query: str) -> Any:
        """The answer, parsed; None where there is no such thing (404, 410). Raises `Lost` and `UserError`."""
        if self._wait:
            await self.sleep(self._wait)
        async with (
            asyncio.timeout(ANSWER_LIMIT),
            self.session.get(
                f"{self.base}{path}", params=query, headers=self.headers, allow_redirects=False
            ) as response,
        ):
            self._wait = _spare(response.headers)
            if response.status in (404, 410):
                return None
            await require_ok(response, self.secret)
            raw = await body(response, MOST_BYTES)
        try:
            return msgspec.json.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            unusable = Unusable(Reason.MALFORMED_JSON, str(error))
            raise Lost("http", f"{path} answers with something that is no JSON: {unusable.detail}") from None


def _spare(headers: Mapping[str, str]) -> float:
    """Seconds to wait before the next request: none, unless the limit's last one was just used."""
    remaining = headers.get("X-RateLimit-Remaining", "")
    if not remaining.isdecimal() or int(remaining) > 0:
        return 0.0
    return min(wait_asked(headers, time.time()) or 0.0, LONGEST_WAIT)
