"""One attempt: a message to an endpoint over HTTP, signed by Standard Webhooks where it is a webhook; what came of it.

Follows no redirect, reads no answer's body, keeps no connection: each attempt resolves, checks and connects anew.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import aiohttp
from standardwebhooks import Webhook
from yarl import URL

from schemas import Alert
from schemas.delivery import Message
from streams.alerts.delivery import bodies
from streams.alerts.delivery.endpoints import Endpoint
from streams.alerts.delivery.schedule import Pace, asked_wait
from streams.connections import how_away
from streams.internet import AddressRefused, PublicResolver, check_literal

#: How an attempt ends: 2xx; another status; 410; nothing in time; no connection, or no HTTP; a forbidden address.
Result = Literal["delivered", "status", "gone", "timeout", "unreachable", "refused"]
_ASKING = (429, 503)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt, in a line for people; `asked_wait` are the seconds that the receiver asks for."""

    result: Result
    said: str
    asked_wait: float | None = None


class Wire:
    """The way to one endpoint, of one connection at a time."""

    def __init__(self, endpoint: Endpoint, pace: Pace) -> None:
        self.endpoint = endpoint
        self._pace = pace
        self._signers = [Webhook(each) for each in endpoint.secrets]
        self._resolver = PublicResolver(lambda _: endpoint.allow_private, threads=1)
        connector = aiohttp.TCPConnector(resolver=self._resolver, use_dns_cache=False, limit=1, force_close=True)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=pace.timeout), cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Tocsin", "Content-Type": "application/json"}, trust_env=False,
        )  # fmt: skip

    async def close(self) -> None:
        """Close what is open."""
        await self._session.close()
        await self._resolver.close()

    async def send(self, message: Message) -> Outcome:
        """Try once. Nothing of the network is raised."""
        now = datetime.now(UTC)
        match self.endpoint.type:
            case "webhook":
                body = bodies.webhook(message)
                return await self._post(self.endpoint.url, body, self._signed(message.id, now, body))
            case "slack":
                return await self._post(self.endpoint.url, bodies.slack(message), {})
            case "alertmanager":
                return await self.remind(message.alerts)

    async def remind(self, alerts: Sequence[Alert]) -> Outcome:
        """Tell an Alertmanager what fires, for some minutes more, and what no longer does."""
        body = bodies.alertmanager(alerts, bodies.until(datetime.now(UTC), self._pace.second))
        return await self._post(self.endpoint.url.rstrip("/") + "/api/v2/alerts", body, {})

    def _signed(self, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
        signatures = [each.sign(message_id, now, body.decode()) for each in self._signers]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Outcome:
        try:
            target = URL(url)
            if not self.endpoint.allow_private:
                check_literal(target.host or "")
            async with self._session.post(target, data=body, headers=headers, allow_redirects=False) as response:
                return _judged(response.status, response.headers.get("Retry-After"))
        except TimeoutError:
            return Outcome("timeout", f"no answer within {self._pace.timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _broken(error)


def _judged(status: int, retry_after: str | None) -> Outcome:
    if 200 <= status < 300:
        return Outcome("delivered", f"answered {status}")
    if status == 410:
        return Outcome("gone", "answered 410: it is no more")
    if 300 <= status < 400:
        return Outcome("status", f"answered {status}: redirects are not followed, set the address it leads to")
    asked = asked_wait(retry_after, datetime.now(UTC)) if status in _ASKING else None
    told = "" if asked is None else f", asks for {asked:g} s"
    return Outcome("status", f"answered {status}{told}", asked)


def _broken(error: Exception) -> Outcome:
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        told = f"its address {cause.address} is private: set `allow_private: true` for the endpoint if it is meant"
        return Outcome("refused", told)
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Outcome("unreachable", "its name cannot be resolved")
        case aiohttp.ClientSSLError():
            return Outcome("unreachable", f"TLS failed: {type(error).__name__}")
        case aiohttp.ClientConnectorError():
            return Outcome("unreachable", f"no connection: {how_away(error.os_error)}")
        case aiohttp.ClientResponseError() | ValueError():
            return Outcome("unreachable", "answered something that is not HTTP")
        case _:
            return Outcome("unreachable", f"the connection broke: {type(error).__name__}")


def deliver_once(endpoint: Endpoint, message: Message, pace: Pace) -> Outcome:
    """One attempt by a command, with a loop of its own."""

    async def run() -> Outcome:
        wire = Wire(endpoint, pace)
        try:
            return await wire.send(message)
        finally:
            await wire.close()

    return asyncio.run(run())
