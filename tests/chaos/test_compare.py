"""The judge is judged: what the worker's own steps leave in Redis is the truth, and one changed field is seen."""

import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from streams.connections import RedisLink
from streams.matching import Matcher, seal
from streams.settings import Settings
from streams.tracking.files import read_drafts
from streams.trends import Store
from streams.worker.pipeline import prepare_records
from streams.worker.prepare import Rules
from tests.brokers import ROOT, Redis
from tests.chaos.compare import Verdict, compare_redis
from tests.chaos.events import Files
from tests.chaos.feed import feed
from tests.chaos.log import as_log
from tests.chaos.truth import Truth, work_out

RECORDS = 2_000
RUN = 100

Counted = tuple[Any, Settings, Truth]


@pytest.fixture
async def counted(redis_server: Redis, prefix: str, tmp_path: Path) -> AsyncIterator[Counted]:
    """A Redis that holds a feed as workers count it, runs in disorder and some of them twice; and the truth."""
    settings = Settings.from_environment({"TOCSIN_REDIS": redis_server.url, "TOCSIN_PREFIX": prefix.rstrip("-")})
    drafts = read_drafts([ROOT / "seeds" / "events", Files(tmp_path / "events").first()])
    events = [seal(draft, datetime.now(UTC)) for draft in drafts]
    rules = Rules.of(Matcher(events), 0)
    log = list(as_log(feed(11, RECORDS, int(time.time()))))
    runs = [log[start : start + RUN] for start in range(0, len(log), RUN)]
    again = random.Random(11).sample(runs, len(runs) // 3)
    link = RedisLink(settings)
    store = Store(link.client, settings)
    for run in (*again, *runs):
        for is_article in (True, False):
            records = [raw for article, raw in run if article is is_article]
            prepared = await prepare_records(records, rules, is_article=is_article, lateness=settings.lateness)
            await store.apply(prepared.standings, rules.tags)
    yield link.client, settings, work_out(log, events, settings.lateness)
    await link.close()


async def test_what_the_worker_counts_is_the_truth(counted: Counted) -> None:
    client, settings, truth = counted
    verdict = Verdict()
    await compare_redis(client, settings, truth, (), verdict)
    assert verdict.lines == []
    assert verdict.fields > 5_000
    assert all(each.standing for each in truth.counts.values())


Tamper = Callable[[Any, str], Awaitable[object]]


async def _first(client: Any, pattern: str) -> bytes:
    found: list[bytes] = sorted([key async for key in client.scan_iter(match=pattern, count=1_000)])
    return found[-1]


async def _bump(client: Any, pattern: str) -> None:
    key = await _first(client, pattern)
    await client.hincrby(key, (await client.hkeys(key))[0], 1)


async def _drop(client: Any, pattern: str) -> None:
    await client.delete(await _first(client, pattern))


async def _age(client: Any, pattern: str) -> None:
    key = await _first(client, pattern)
    (newest,) = await client.zrange(key, -1, -1)
    await client.zincrby(key, -1, newest)


TAMPERED: list[tuple[Tamper, str]] = [
    (_bump, "10s:*"), (_bump, "1m:*"), (_bump, "1h:*"), (_bump, "authors:*"), (_bump, "texts:*"), (_bump, "domains:*"),
    (_age, "authors"), (_age, "texts"), (_drop, "ledger:*"), (_drop, "1h:*"),
]  # fmt: skip


async def test_every_changed_field_is_seen(counted: Counted) -> None:
    client, settings, truth = counted
    broad = next(tag for tag in truth.counts if tag.startswith("chaos-broad@"))
    before = 0
    for tamper, name in TAMPERED:
        await tamper(client, f"{settings.prefix}:*{{{broad}}}:{name}")
        verdict = Verdict()
        await compare_redis(client, settings, truth, (), verdict)
        assert verdict.mismatches > before, name
        before = verdict.mismatches
