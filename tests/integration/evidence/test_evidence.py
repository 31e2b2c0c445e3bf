"""The posts behind a number and who drives an event, over a real log, a real Redis and real HTTP."""

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from schemas import TrackedEvent
from streams.connections import RedisLink, admin, producer
from streams.embedded import free_port
from streams.matching import ENGINE, Matcher
from streams.settings import Settings
from streams.topics import create
from streams.trends import Catalog, Store
from streams.worker.pipeline import prepare_records
from streams.worker.prepare import Rules
from tests.brokers import Kafka, Redis, eventually
from tests.integration.log import post, produce, topic
from tests.integration.serving import get, scrape, serving
from tests.integration.system import System

EVENT = TrackedEvent(
    id="kursk", title="About Kursk", revision="0123456789ab", applied_at=datetime(2025, 3, 14, tzinfo=UTC),
    engine=ENGINE, match="kursk", claims={"denied": "lie", "trap": "trap"}, groups={"press": "from:ada"},
)  # fmt: skip
CLAIM = "soldiers near kursk are surrounded says the general but that is a plain lie"


def written(number: int, text: str, at: int, handle: str = "bob", **more: object) -> dict[str, object]:
    created = datetime.fromtimestamp(at, UTC).isoformat()
    return post(number, text, created_at=created, author={"id": handle, "handle": handle}, **more)


@pytest.fixture
def now() -> int:
    return int(time.time())


@pytest.fixture
async def system(apache_kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path, now: int) -> System:
    """Ten posts that stand: six near-copies by six authors, three of ada's, and an article; others were taken back."""
    made = System(apache_kafka, redis_server, prefix, tmp_path)
    async with admin(made.settings) as kafka:
        await create(kafka, made.settings)
    words = ("", " folks", " https://t.co/x", " truly", "!", " 1")
    copies = [written(n, CLAIM + word, now - 1_000 + n * 100, f"copy{n}") for n, word in enumerate(words)]
    others = [written(10 + n, f"kursk today {n}", now - 7_300 + n, "ada", url=f"https://x.com/{n}") for n in range(3)]
    gone = [written(20, CLAIM, now - 5_000, "early"), written(21, "kursk is a trap", now - 4_000)]
    await produce(made, *copies, *others, *gone, written(30, "nothing to see", now))
    await produce(
        made, {"platform": "x", "id": "20", "op": "delete", "version": 1}, {**written(21, "no", now), "op": "edit",
        "version": 2},
    )  # fmt: skip
    article = {"url": "https://e.org/a", "op": "create", "version": 0, "title": "Kursk", "outlet": {"domain": "e.org"}}
    article["published_at"] = datetime.fromtimestamp(now - 300, UTC).isoformat()
    async with producer(made.settings) as sender:
        await sender.send(made.settings.topic("articles"), json.dumps(article).encode(), key=b"https://e.org/a")
    await count(made)
    return made


async def count(system: System) -> None:
    """What a worker does with the log, without one."""
    link = RedisLink(system.settings)
    catalog, store = Catalog(link.client, system.settings), Store(link.client, system.settings)
    rules = Rules.of(Matcher([EVENT]), 1)
    for name in ("posts", "articles"):
        records = await topic(system.settings, name)
        prepared = await prepare_records(
            records, rules, is_article=name == "articles", lateness=system.settings.lateness
        )
        await store.apply(prepared.standings, rules.tags)
    await catalog.propose(EVENT, 1)
    await catalog.take_over(EVENT, 1)
    await link.close()


@pytest.fixture
async def client(system: System) -> AsyncIterator[ClientSession]:
    async for session in serving(system.settings):
        yield session


async def test_the_posts_behind_a_number(system: System, client: ClientSession, now: int) -> None:
    found = await get(client, f"/events/kursk/posts?at={now}")
    assert (found["total"], found["window"], len(found["posts"])) == (7, "1h", 7)
    article, latest = found["posts"][0], found["posts"][1]
    assert (article["id"], article["text"], article["author"]) == ("https://e.org/a", "Kursk", "web/e.org")
    assert latest["text"] == CLAIM + " 1"
    assert latest["at"] == datetime.fromtimestamp(now - 500, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert (latest["id"], latest["author"], latest["claims"]) == ("x:5", "x/copy5", ["denied"])
    assert (latest["topic"], latest["gone"]) == (system.settings.topic("posts"), False)
    for query, total in (
        ("window=24h", 10),
        ("window=24h&group=press", 3),
        ("window=24h&group=press&claim=denied", 0),
        ("window=24h&claim=denied", 6),
        ("window=24h&claim=trap", 0),
        ("window=24h&platform=web", 1),
    ):
        found = await get(client, f"/events/kursk/posts?{query}&limit=2&at={now}")
        assert (found["total"], len(found["posts"])) == (total, min(2, total)), query


REFUSED = (
    ("nope/posts", 404, "no tracked event 'nope'"),
    ("kursk/posts?claim=denid", 400, "claim: expected denied, trap, found 'denid'"),
    ("kursk/posts?group=x", 400, "group: expected press, other, found 'x'"),
    ("kursk/posts?window=2h", 400, "window: expected 1m, 5m, 1h, 24h, found '2h'"),
    ("kursk/posts?limit=0", 400, "limit: expected a number from 1 to 500, found '0'"),
    ("kursk/posts?at=noon", 400, "at: expected an instant"),
    ("kursk/posts?claims=x", 400, "no parameter 'claims'"),
    ("kursk/posts?at=1600000000", 410, "no longer kept"),
)


async def test_what_cannot_be_answered_is_one_line(client: ClientSession) -> None:
    for path, status, said in REFUSED:
        assert said in (await get(client, f"/events/{path}", status))["error"]


async def test_who_drives_it(system: System, client: ClientSession, now: int) -> None:
    found = await get(client, f"/trends/kursk?at={now}&series=24h")
    assert found["texts"]["24h"] > found["voices"]["24h"] == 3  # the claim, ada's three of few words, the article
    (copies,) = [each for each in found["copies"]["24h"] if each["posts"] == 6]
    assert (copies["authors"], copies["wordings"], copies["spread_seconds"]) == (6, 3, 500)
    assert (copies["first"]["author"], copies["first"]["text"]) == ("x/copy0", CLAIM)
    assert found["shares"]["24h"]["claim:denied"]["share"] == pytest.approx(0.6)
    assert found["shares"]["1h"]["claim:denied"] == {
        "posts": 6, "share": pytest.approx(6 / 7), "posts_before": 0, "share_before": None,
    }  # fmt: skip
    first = found["first_seen"]
    assert sorted(first) == ["claim:denied", "group:other", "group:press"]
    assert first["claim:denied"]["post"]["author"] == "x/copy0"
    assert first["group:press"]["post"]["url"] == "https://x.com/0"
    assert found["top_authors_share"]["24h"] == 1.0
    assert found["outlets"]["24h"] == 1
    shown = system.tocsin("trends", "kursk")
    for expected in ("voices (near-copies are one)", "share of the top 10 authors", CLAIM[:40], "claim denied"):
        assert expected in shown, shown
    (as_json,) = system.tocsin_json("trends", "kursk", "--at", str(now))
    assert as_json == found


async def test_of_an_earlier_time_is_shown_what_is_kept(system: System, client: ClientSession, now: int) -> None:
    found = await get(client, f"/trends/kursk?at={now - 6 * 3_600}")
    assert (found["voices"], found["copies"], found["authors"]) == ({"1h": 0}, {"1h": []}, {"1h": 0})
    assert (found["top_texts"], found["first_seen"]) == ([], {})
    assert "different authors" in system.tocsin("trends", "kursk", "--at", str(now - 40 * 3_600))


async def test_voices_are_exposed(system: System, client: ClientSession) -> None:
    async def exposed() -> str:
        return (await scrape(client))[1]

    await eventually(lambda: _holds(exposed, 'tocsin_event_voices{event="kursk",window="24h"} 3.0'), 60)
    assert 'tocsin_event_top_authors_share{event="kursk",window="24h"} 1.0' in await exposed()


async def _holds(exposed: Any, line: str) -> bool:
    return line in await exposed()


async def test_what_the_log_has_lost_is_named_without_its_text(system: System, client: ClientSession, now: int) -> None:
    async with admin(system.settings) as kafka:
        partitions = [TopicPartition(system.settings.topic("posts"), n) for n in range(system.settings.partitions)]
        await kafka.delete_records(dict.fromkeys(partitions, RecordsToDelete(-1)))
    found = await get(client, f"/events/kursk/posts?window=24h&at={now}")
    assert found["total"] == 10
    lost = [each for each in found["posts"] if each["gone"]]
    assert len(lost) == 9
    assert {each["author"] for each in lost} == {"x/ada", *(f"x/copy{n}" for n in range(6))}
    assert all(each["text"] is None and each["id"] is None for each in lost)


async def test_without_kafka_numbers_stay_and_posts_are_503(system: System, now: int) -> None:
    variables = {**system.variables, "TOCSIN_KAFKA": f"127.0.0.1:{free_port()}"}
    async for client in serving(Settings.from_environment(variables)):
        assert "TOCSIN_KAFKA" in (await get(client, f"/events/kursk/posts?at={now}", 503))["error"]
        found = await get(client, f"/trends/kursk?at={now}")
        assert found["copies"]["24h"][0]["first"]["text"] is None
        assert found["first_seen"]["claim:denied"]["post"]["author"] == "x/copy0"
