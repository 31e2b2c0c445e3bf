"""What platforms send over HTTP, read in bounded memory, and what an answer's status means for the connection.

A body may be compressed a thousandfold, one line may have no end, and an error page may come with status 200.
"""

import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
from aiohttp import ClientResponse

from streams.errors import UserError
from streams.ingest.frame.source import Lost

#: Bytes that are decompressed, and handed on, at a time.
CHUNK: Final = 1 << 20
#: Bytes of an error's body that are looked at.
_ERROR_BYTES: Final = 4_096
#: Headers that name when the platform will answer again: unix seconds, an instant, or seconds from now.
_RESETS: Final = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
#: The headers of a request whose answer these functions read: aiohttp decompresses without a bound.
HEADERS: Final = {"Accept-Encoding": "gzip"}


class Line(msgspec.Struct, frozen=True, gc=False):
    """One line without its end; `data` is only the beginning of one that is not `whole`."""

    data: bytes
    whole: bool


async def chunks(response: ClientResponse) -> AsyncIterator[bytes]:
    """The body, decompressed, at most `CHUNK` bytes at a time. The session must not decompress (`auto_decompress`)."""
    coding = response.headers.get("Content-Encoding", "identity").lower()
    if coding == "identity":
        async for chunk in response.content.iter_any():
            yield chunk
        return
    if coding not in ("gzip", "deflate"):
        raise Lost("http", f"the answer is compressed as {coding[:40]!r}, expected gzip")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        async for chunk in response.content.iter_any():
            while chunk:
                if data := inflater.decompress(chunk, CHUNK):
                    yield data
                chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise Lost("http", f"the compressed answer is broken: {error}") from None


async def body(response: ClientResponse, limit: int) -> bytes:
    """The whole body. Raises `Lost` where it is longer than `limit`."""
    found = bytearray()
    async for chunk in chunks(response):
        found += chunk
        if len(found) > limit:
            raise Lost("http", f"an answer of more than {limit} bytes")
    return bytes(found)


async def lines(response: ClientResponse, limit: int) -> AsyncGenerator[Line, None]:
    """The lines of a stream as they come, blank ones too; one that the connection's end cuts off is left out."""
    pending, size = bytearray(), 0
    async for chunk in chunks(response):
        *ends, rest = chunk.split(b"\n")
        for part in ends:
            pending += part[: limit - len(pending)]
            yield Line(bytes(pending).rstrip(b"\r"), size + len(part) <= limit)
            pending.clear()
            size = 0
        pending += rest[: limit - len(pending)]
        size += len(rest)


async def require_ok(response: ClientResponse, secret: str, accept: str = "json") -> None:
    """Return where the answer is what was asked for: status 200 and no error page.

    Raises `Lost` where trying again makes sense, with the wait that the platform asks for; `UserError` naming the
    setting `secret` where the platform refuses it, and the platform's own words for any other refusal.
    """
    kind = response.headers.get("Content-Type", "")
    page = "html" in kind
    if response.status == 200:
        if page and "html" not in accept:
            raise Lost("http", "status 200 with an HTML page, expected JSON: a proxy or a guard answers in its place")
        return
    told = f"status {response.status}"
    if response.status == 429:
        raise Lost("rate", f"{told}: too many requests", wait_asked(response.headers, time.time()))
    if response.status >= 500 or response.status in (408, 425) or page or response.status < 400:
        raise Lost("http", f"{told} {response.reason or ''}", wait_asked(response.headers, time.time()))
    words = await _words(response)
    if response.status in (401, 403):
        raise UserError(f"{response.url.host} refuses {secret} ({told}{words}): set one that is valid", code=77)
    raise UserError(f"{response.url.host} refuses the request ({told}{words})", code=76)


def wait_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the platform wants to be asked again, as its headers say; None where they don't."""
    for name in ("retry-after", *_RESETS):
        text = headers.get(name, "").strip()
        if not text:
            continue
        instant = _instant(text)
        if instant is not None:
            return max(0.0, (instant - now) if instant > 1_000_000_000 else instant)
    return None


def _instant(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except (ValueError, TypeError):
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    return None


async def _words(response: ClientResponse) -> str:
    """What the platform says of its refusal, as far as it fits on a line."""
    found = bytearray()
    async for chunk in chunks(response):
        found += chunk
        if len(found) > _ERROR_BYTES:
            break
    text = bytes(found[:_ERROR_BYTES])
    try:
        parsed: Any = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        for name in ("detail", "error_description", "description", "error", "message", "title"):
            if isinstance(parsed.get(name), str):
                return f": {' '.join(parsed[name].split())[:200]}"
    return f": {' '.join(text.decode(errors='replace').split())[:120]}" if text else ""
