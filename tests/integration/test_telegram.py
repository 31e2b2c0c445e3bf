"""The connector `telegram` against a Bot API on loopback: it forgets what it was asked to go on from, and refuses."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from schemas import Post
from streams.errors import UserError
from streams.ingest.telegram.polling import Bot
from tests.brokers import Kafka, Redis, eventually
from tests.integration.connecting import posts, report, served, working
from tests.integration.counting import counting
from tests.integration.log import topic
from tests.integration.system import System

TOKEN = "123456:" + "hush-hush" * 4
CHAT = {"id": -1_001_234_567_890, "type": "channel", "title": "t", "username": "rybar"}


@pytest.fixture
def system(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> System:
    return System(kafka, redis_server, prefix, tmp_path)


class Platform:
    """A Bot API. Of `answers` each is given once, to every so-manieth request."""

    def __init__(self, every: int = 1) -> None:
        self.every = every
        self.updates: dict[int, dict[str, Any]] = {}
        self.answers: list[web.Response | None] = []
        self.asked: list[dict[str, Any]] = []
        self.arrived = asyncio.Event()
        self.kept: Callable[[], Awaitable[set[str]]] | None = None
        """What is kept elsewhere of what is posted."""
        self.lost: set[str] = set()
        """What was forgotten when it was kept nowhere else."""
        self.application = web.Application()
        self.application.add_routes([web.post("/bot{token}/getUpdates", self.get)])

    def post(self, number: int, text: str, **more: Any) -> None:
        """Somebody posts, or changes what was posted."""
        kind = "edited_channel_post" if "edit_date" in more else "channel_post"
        message = {"message_id": number, "chat": CHAT, "date": int(time.time()), "text": text, **more}
        update = 1 + (max(self.updates) if self.updates else 900)
        self.updates[update] = {"update_id": update, kind: message}
        self.arrived.set()

    async def get(self, request: web.Request) -> web.Response:
        assert request.match_info["token"] == TOKEN
        asked = await request.json()
        self.asked.append(asked)
        if self.answers and len(self.asked) % self.every == 0:
            answer = self.answers.pop(0)
            if answer is not None:
                return answer
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        behind = [each for each in self.updates if self.updates[each] and each < asked.get("offset", 0)]
        if behind and self.kept is not None:
            posted = {str(self.updates[each]["channel_post"]["message_id"]) for each in behind}
            self.lost |= posted - await self.kept()
        for update in behind:
            self.updates[update] = {}  # forgotten: asked to go on from behind it
        left = [each for each in self.updates.values() if each]
        if not left:
            self.arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.arrived.wait(), min(asked["timeout"], 0.2))
            left = [each for each in self.updates.values() if each]
        return web.json_response({"ok": True, "result": left[: asked["limit"]]})


def refusal(code: int, told: str, **parameters: Any) -> web.Response:
    return web.json_response(
        {"ok": False, "error_code": code, "description": told, "parameters": parameters}, status=code
    )


def bot(session: aiohttp.ClientSession, url: str) -> Bot:
    return Bot(session, TOKEN, api=url)


async def ids(system: System) -> set[str]:
    return {each.id.partition("/")[2] for each in await posts(system.settings)}


async def test_every_post_is_in_kafka_before_telegram_forgets_it_and_counts_once(
    system: System,
) -> None:
    platform = Platform(every=2)
    platform.kept = lambda: ids(system)
    async with counting(system, "kursk") as counted, served(platform.application) as url:
        for attempt in range(5):
            page = web.Response(text="<html>", content_type="text/html")
            platform.answers = [None, page, refusal(502, "Bad Gateway"), None]
            for number in range(attempt * 90, (attempt + 1) * 90):
                platform.post(number, f"Kursk {number}")
            async with working(system, lambda session: bot(session, url)) as connector:
                offset = 901 + (attempt + 1) * 90

                def done(offset: int = offset, waits: list[float] = connector.waits) -> bool:
                    return len(waits) == 4 and platform.asked[-1].get("offset") == offset

                await eventually(done, 60, "it did not come back four times and read everything")
                await connector.ended()
        await counted.ends_at(450)
    assert (await report(system.settings)).cursor == str(901 + 450)
    assert await ids(system) == {str(number) for number in range(450)}
    assert platform.lost == set(), "forgotten by Telegram before Kafka had confirmed it"
    assert await topic(system.settings, "dead-letters") == []


async def test_telegram_is_obeyed(system: System) -> None:
    """Its `retry_after` holds; a second reader of the same bot is waited out."""
    platform = Platform()
    platform.answers = [
        refusal(429, "Too Many Requests: retry after 33", retry_after=33),
        refusal(409, "Conflict: terminated by other getUpdates request"),
        refusal(409, "Conflict: terminated by other getUpdates request"),
    ]
    platform.post(1, "x")
    async with served(platform.application) as url, working(system, lambda session: bot(session, url)) as connector:

        async def arrived() -> bool:
            return await ids(system) == {"1"}

        await eventually(arrived, 60, "the post never came")
    assert connector.waits[:3] == [33, 5, 10]
    assert platform.asked[0]["allowed_updates"] == ["channel_post", "edited_channel_post"]
    assert platform.asked[0]["timeout"] == 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refusal(401, "Unauthorized"), "knows no bot of TOCSIN_TELEGRAM_TOKEN"),
        (refusal(404, "Not Found"), "knows no bot of TOCSIN_TELEGRAM_TOKEN"),
        (refusal(409, "Conflict: can't use getUpdates method while webhook is active"), "deleteWebhook"),
        (refusal(403, "Forbidden: bot was kicked"), "refuses the request"),
    ],
)
async def test_what_no_waiting_mends_ends_the_process(system: System, answer: web.Response, told: str) -> None:
    platform = Platform()
    platform.answers = [answer]
    async with served(platform.application) as url, working(system, lambda session: bot(session, url)) as connector:
        with pytest.raises(UserError, match=told) as caught:
            await asyncio.wait_for(connector.task, 60)
    assert "hush-hush" not in str(caught.value)


async def test_a_network_that_is_away_says_no_secret(system: System, caplog: pytest.LogCaptureFixture) -> None:
    async with working(system, lambda session: bot(session, "http://127.0.0.1:9")) as connector:
        await eventually(lambda: len(connector.waits) > 2, 60)
    assert "connecting again" in caplog.text
    assert "hush-hush" not in caplog.text


async def test_a_token_that_is_none_is_refused_at_once() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(UserError, match="expected a bot's token") as caught:
            Bot(session, "hush-hush")
    assert "hush-hush" not in str(caught.value)


async def test_an_edit_reaches_the_counts(system: System) -> None:
    platform = Platform()
    async with counting(system, "kursk") as counted, served(platform.application) as url:
        platform.post(1, "Kursk one")
        platform.post(2, "Kursk two")
        async with working(system, lambda session: bot(session, url)):
            await counted.reaches(2)
            platform.post(1, "something else", edit_date=int(time.time()) + 1)
            await counted.reaches(1)
    made = [each for each in await posts(system.settings) if isinstance(each, Post)]
    assert sorted(each.op for each in made) == ["create", "create", "edit"]
