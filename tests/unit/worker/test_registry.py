"""What is in force follows from the newest record of each event and from what serves, whatever comes between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import pytest
import redis.exceptions
from aiokafka.structs import ConsumerRecord

from schemas import TrackedEvent
from schemas.codec import encode
from streams.matching import ENGINE, CompiledEvent, compile_event
from streams.settings import Settings
from streams.trends import Catalog
from streams.worker import registry as module
from streams.worker.metrics import Metrics
from streams.worker.registry import Registry, restarting
from tests.brokers import eventually
from tests.unit.matching.records import event

OLD, NEW, NEWEST = (event("kursk", revision=letter * 12) for letter in "abc")


class StandIn:
    """Stands in for the catalog: does and notes what it is told, and may be away for a while."""

    def __init__(self, *serving: TrackedEvent) -> None:
        self.shown: Mapping[str, TrackedEvent] = {each.id: each for each in serving}
        self.coming: Mapping[str, TrackedEvent] = {}
        self.told: list[tuple[str, str]] = []
        self.away = 0
        """How many moves from now Redis is away for one: 1 is the next."""
        self.looks = 0
        self.unreadable = 0

    async def serving(self) -> Mapping[str, TrackedEvent]:
        self.looks += 1
        return self.shown

    async def pending(self) -> Mapping[str, TrackedEvent]:
        return self.coming

    async def propose(self, each: TrackedEvent, offset: int) -> bool:
        self._note("propose", each.tag)
        self.coming = {**self.coming, each.id: each}
        return True

    async def remove(self, event_id: str, offset: int) -> bool:
        self._note("remove", event_id)
        self.shown = {id_: each for id_, each in self.shown.items() if id_ != event_id}
        return True

    async def sweep(self, now: int) -> list[str]:
        return []

    def _note(self, what: str, name: str) -> None:
        self.away -= 1
        if self.away == 0:
            raise redis.exceptions.ConnectionError("away")
        self.told.append((what, name))


def registry(catalog: StandIn | None = None) -> Registry:
    return Registry(Settings(), cast(Catalog, catalog), Metrics())


def record(offset: int, value: TrackedEvent | bytes | None, key: str = "event") -> ConsumerRecord:
    raw = encode(value) if isinstance(value, TrackedEvent) else value
    return ConsumerRecord("tracked-events", 0, offset, 0, 0, key.encode(), raw, None, 0, 0, ())


def in_force(worker: Registry) -> set[str]:
    return {each.tag for each in worker.rules.matcher.events}


@asynccontextmanager
async def watching(worker: Registry, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(module, "WATCH_INTERVAL", 0.01)
    worker.loaded.set()
    task = asyncio.create_task(worker.watch())
    yield
    assert not task.done()
    task.cancel()


UNUSABLE = {
    "no JSON": record(5, b"{"),
    "not UTF-8": record(5, b"\xff"),
    "another engine": record(5, event("kursk", engine=ENGINE + 1)),
    "a rule that no one can read": record(5, event("kursk (")),
    "a rule that is true of everything": record(5, event("-kursk")),
    "another event's key": record(5, event("kursk", id="other")),
}


@pytest.mark.parametrize("unusable", UNUSABLE.values(), ids=UNUSABLE)
@pytest.mark.parametrize("compacted", [False, True], ids=["log whole", "log compacted"])
@pytest.mark.parametrize(
    ("serving", "expected"),
    [([], set()), ([OLD], {OLD.tag}), ([event("kursk", engine=ENGINE + 1)], set())],
    ids=["nothing serves", "one of this engine serves", "one of another engine serves"],
)
async def test_an_unusable_record_supersedes_and_what_serves_goes_on(
    unusable: ConsumerRecord,
    compacted: bool,
    serving: list[TrackedEvent],
    expected: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = StandIn(*serving)
    worker = registry(catalog)
    await worker.take([unusable] if compacted else [record(3, OLD), record(4, NEW), unusable])
    await worker.rebuild(6)
    async with watching(worker, monkeypatch):
        await eventually(lambda: in_force(worker) == expected)
        await worker.take([record(6, event("kursk", id="last"), "last")])
        await worker.rebuild(7)
        await eventually(lambda: catalog.told)
    assert catalog.told == [("propose", "last@000000000000")]


@pytest.mark.parametrize("error", [ValueError("odd"), RecursionError("deep"), KeyError("lost"), MemoryError()])
async def test_whatever_one_record_raises_the_others_are_in_force(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def compiling(each: TrackedEvent) -> CompiledEvent:
        if each.id == "bad":
            raise error
        return compile_event(each)

    monkeypatch.setattr(module, "compile_event", compiling)
    worker = registry(StandIn(event("kursk", id="bad")))
    bad = event("kursk", id="bad", revision="f" * 12)
    await worker.take([record(0, bad, "bad"), record(1, NEW)])
    await worker.rebuild(2)
    assert in_force(worker) == {NEW.tag}
    async with watching(worker, monkeypatch):
        await eventually(lambda: "bad@000000000000 in the catalog" in caplog.text)
    assert in_force(worker) == {NEW.tag}
    assert "Offset 0 of tracked-events is no usable event" in caplog.text


async def test_records_that_are_read_again_change_nothing() -> None:
    worker = registry()
    log = [record(3, OLD), record(4, None, "gone"), record(5, NEW)]
    await worker.take(log)
    await worker.rebuild(6)
    for each in log:
        await worker.take([each])
        await worker.rebuild(worker.rules.generation)
        assert in_force(worker) == {NEW.tag}
        assert worker.latest["event"].offset == 5
    await worker.take([*log, record(6, NEWEST)])
    await worker.rebuild(7)
    assert in_force(worker) == {NEWEST.tag}


async def test_a_removed_event_is_dropped_though_it_still_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = StandIn(OLD, event("kursk", id="compacted"))
    worker = registry(catalog)
    await worker.take([record(3, OLD), record(4, None)])
    async with watching(worker, monkeypatch):
        await eventually(lambda: not catalog.shown)
        await eventually(lambda: not in_force(worker))
    assert catalog.told == [("remove", "event"), ("remove", "compacted")]


@pytest.mark.parametrize("moment", [1, 2, 3])
async def test_what_redis_interrupts_is_done_when_it_is_back(moment: int, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = StandIn(OLD)
    worker = registry(catalog)
    others = [record(number, event("kursk", id=f"e{number}"), f"e{number}") for number in range(2)]
    await worker.take([*others, record(2, NEWEST)])
    await worker.rebuild(3)
    async with watching(worker, monkeypatch):
        await eventually(lambda: len(catalog.coming) == 3)
        catalog.shown, catalog.coming, catalog.away = {"event": NEW}, {}, moment
        await eventually(lambda: len(catalog.coming) == 3)
        await eventually(lambda: in_force(worker) >= {NEW.tag, NEWEST.tag})
    assert OLD.tag not in in_force(worker)


async def test_what_was_told_and_forgotten_before_anyone_looked_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = StandIn()
    worker = registry(catalog)
    forgetting = True

    async def pending() -> Mapping[str, TrackedEvent]:
        return {} if forgetting else catalog.coming

    monkeypatch.setattr(catalog, "pending", pending)
    await worker.take([record(2, NEW)])
    await worker.rebuild(3)
    async with watching(worker, monkeypatch):
        await eventually(lambda: len(catalog.told) > 3)
        forgetting = False
        looks = catalog.looks
        await eventually(lambda: catalog.looks > looks + 2)
        told = len(catalog.told)
        await eventually(lambda: catalog.looks > looks + 5)
    assert len(catalog.told) == told


async def test_what_returns_is_started_again_after_a_pause(caplog: pytest.LogCaptureFixture) -> None:
    starts = 0

    async def ends_at_once() -> None:
        nonlocal starts
        starts += 1

    task = asyncio.create_task(restarting("Following", ends_at_once, (OSError,)))
    await eventually(lambda: "Following was interrupted, starting again in 1.0 s: it returned" in caplog.text)
    assert starts == 1
    await eventually(lambda: starts == 2)
    task.cancel()
