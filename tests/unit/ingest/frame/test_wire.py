"""What comes over the wire, however long, compressed or slow, is read in bounded memory; statuses mean what they do."""

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import aiohttp
import pytest
from aiohttp import web

from streams.errors import UserError
from streams.ingest.frame import wire
from streams.ingest.frame.gathering import MOST, gathered
from streams.ingest.frame.source import Lost
from tests.integration.connecting import served

NOW = 1_800_000_000.0


async def answered(response: web.Response, read: str, limit: int = 100) -> object:
    """What `read` makes of an answer."""

    async def handler(request: web.Request) -> web.Response:
        return response

    application = web.Application()
    application.add_routes([web.get("/", handler)])
    async with (
        served(application) as url,
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(url, allow_redirects=False) as found,
    ):
        if read == "ok":
            await wire.require_ok(found, "TOCSIN_A_TOKEN")
            return "ok"
        if read == "body":
            return await wire.body(found, limit)
        return [line async for line in wire.lines(found, limit)]


@pytest.mark.parametrize("length", [0, 1, 5, wire.CHUNK + 7])
@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate"])
async def test_a_body_comes_whole_whatever_its_coding(coding: str, length: int) -> None:
    text = b"x" * length
    sent = {"identity": text, "gzip": gzip.compress(text), "deflate": zlib.compress(text)}[coding]
    response = web.Response(body=sent, headers={"Content-Encoding": coding} if coding != "identity" else {})
    assert await answered(response, "body", length) == text


@pytest.mark.parametrize(
    ("sent", "coding", "message"),
    [
        (b"x" * 101, "", "more than 100 bytes"),
        (gzip.compress(b" " * 50_000_000), "gzip", "more than 100 bytes"),
        (b"no gzip", "gzip", "broken"),
        (b"x", "br", "compressed as 'br'"),
    ],
)
async def test_a_body_that_is_too_long_or_broken_is_given_up(sent: bytes, coding: str, message: str) -> None:
    response = web.Response(body=sent, headers={"Content-Encoding": coding} if coding else {})
    with pytest.raises(Lost, match=message):
        await answered(response, "body")


async def test_lines_are_cut_at_the_limit_and_the_unended_one_is_left_out() -> None:
    text = b"one\r\n\r\n" + b"x" * 100 + b"\n" + b"y" * 5_000_000 + b"\nlast\ncut off"
    found = await answered(web.Response(body=text), "lines")
    assert found == [
        wire.Line(b"one", True),
        wire.Line(b"", True),
        wire.Line(b"x" * 100, True),
        wire.Line(b"y" * 100, False),
        wire.Line(b"last", True),
    ]


@pytest.mark.parametrize(
    ("response", "cause", "wait"),
    [
        (web.Response(status=500), "http", None),
        (web.Response(status=503, headers={"Retry-After": "7"}), "http", 7),
        (web.Response(status=302, headers={"Location": "/"}), "http", None),
        (web.Response(status=429), "rate", None),
        (web.Response(status=429, headers={"x-rate-limit-reset": str(int(time.time()) + 86_400)}), "rate", 86_400),
        (web.Response(text="<html>", content_type="text/html"), "http", None),
        (web.Response(text="<html>", content_type="text/html", status=403), "http", None),
    ],
)
async def test_what_passes_is_waited_out(response: web.Response, cause: str, wait: float | None) -> None:
    with pytest.raises(Lost) as caught:
        await answered(response, "ok")
    assert caught.value.cause == cause
    assert caught.value.wait == (
        None if wait is None else pytest.approx(wait, abs=7_200)
    )  # what is drawn up early is run late


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (
            web.json_response({"detail": "Client  not\nenrolled"}, status=403),
            "refuses TOCSIN_A_TOKEN .*Client not enrolled",
        ),
        (web.json_response({"error": "revoked"}, status=401), "refuses TOCSIN_A_TOKEN .*revoked"),
        (web.Response(text="\x1b[2Jno", status=400), r"refuses the request .*\\x1b\[2Jno"),
    ],
)
async def test_what_does_not_pass_ends_it_with_one_line(response: web.Response, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        await answered(response, "ok")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "soon"}, None),
        ({"retry-after": format_datetime(datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=90))}, 90),
        ({"x-ratelimit-reset": (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=40)).isoformat()}, 40),
        ({"x-rate-limit-reset": str(int(NOW) - 40)}, 0),
    ],
)
def test_when_the_platform_wants_to_be_asked_again(headers: dict[str, str], expected: float | None) -> None:
    found = wire.wait_asked(headers, NOW)
    assert found == (None if expected is None else pytest.approx(expected, abs=1))


async def test_gathering_keeps_order_bounds_what_waits_and_passes_the_end_on() -> None:
    taken = 0

    async def messages() -> AsyncIterator[bytes]:
        nonlocal taken
        for number in range(3 * MOST):
            taken += 1
            yield b"%d" % number
        raise Lost("network", "over")

    found: list[bytes] = []

    async def read() -> None:
        async for group in gathered(messages(), within=0.0):
            assert taken <= len(found) + MOST
            found.extend(group)

    with pytest.raises(Lost, match="over"):
        await read()
    assert found == [b"%d" % number for number in range(3 * MOST)]


async def test_silence_is_an_empty_group() -> None:
    async def messages() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.Event().wait()

    groups = gathered(messages(), within=0.0, silence=0.05)
    assert [await anext(groups), await anext(groups)] == [[b"one"], []]
    await groups.aclose()
