"""Evaluators on real Kafka and Redis whose rounds a test makes, at instants that it names, and may cut short."""

import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aiokafka.errors import KafkaError

from schemas import Alert, AlertRule, TrackedEvent
from schemas.codec import encode
from streams.alerts.evaluation import Evaluator
from streams.alerts.recorded import Recorded, recent_alerts, recorded
from streams.connections import RedisLink, admin
from streams.errors import UserError
from streams.evidence import Postings
from streams.ingest.producing import Outgoing, Sender
from streams.topics import ALERTS, POSTS, create
from streams.trends import Catalog, Contribution, Standing, Store, digest
from tests.brokers import eventually
from tests.integration.system import System


class Killed(Exception):
    """The evaluator's process is gone."""


def event(*alerts: AlertRule, revision: str = "a", age: int = 7 * 86_400, **more: Any) -> TrackedEvent:
    """An event that has been tracked for a week."""
    applied = datetime.fromtimestamp(time.time() - age, UTC)
    described: dict[str, Any] = {"id": "event", "title": "A title", "claims": {"denied": "no"}, **more}
    return TrackedEvent(
        revision=revision * 12, applied_at=applied, engine=1, match="x", alerts=alerts,
        groups={"officials": "y"}, notify=("newsroom",), **described,
    )  # fmt: skip


class Evaluation:
    """One evaluator's process. `cut` is called with what it wants to publish, in place of the sending or around it."""

    def __init__(self, bench: "Bench", cut: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]] | None) -> None:
        self._bench = bench
        self._cut = cut
        self.states: list[str] = []
        settings, client = bench.system.settings, bench.link.client
        self.evaluator = Evaluator(
            settings, client, Catalog(client, settings), bench.postings, self._publish, bench.tracked.__contains__, self
        )

    async def round(self, at: int, *, behind: bool = False) -> None:
        async with recorded(self._bench.system.settings) as topic:
            await self.evaluator.round(topic, at, behind=behind)

    async def round_with(self, topic: Recorded, at: int) -> None:
        await self.evaluator.round(topic, at, behind=False)

    async def _publish(self, alerts: Sequence[Alert]) -> None:
        async def send() -> None:
            topic, now = self._bench.system.settings.topic(ALERTS), int(time.time() * 1_000)
            await (await self._bench.sender.send([Outgoing(topic, b"event", encode(each), now) for each in alerts]))

        await (self._cut(send) if self._cut else send())

    def evaluated(self, seconds: float) -> None:
        """Nobody asks."""

    def moved(self, state: str) -> None:
        self.states.append(state)


class Bench:
    """One event's counts and alerts."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.link = RedisLink(system.settings)
        self.sender = Sender(system.settings)
        self.postings = Postings(system.settings)
        self.catalog = Catalog(self.link.client, system.settings)
        self.tracked: set[str] = set()
        self.event = event()
        self.store = Store(self.link.client, system.settings)
        self._offset = 0

    async def __aenter__(self) -> "Bench":
        async with admin(self.system.settings) as client:
            await create(client, self.system.settings)
        await eventually(self._is_ready, 60, "the topic alerts never got a leader")
        await self.sender.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sender.stop()
        await self.postings.close()
        await self.link.close()

    async def _is_ready(self) -> bool:
        try:
            async with recorded(self.system.settings) as topic:
                await topic.catch_up()
        except (KafkaError, UserError):
            return False
        return True

    async def serve(self, event: TrackedEvent, offset: int = 1) -> None:
        """Let this revision serve."""
        await self.catalog.take_over(event, offset)
        self.event = event
        self.tracked.add(event.id)

    async def posts(
        self, n: int, at: int, text: str = "", *, group: str = "other", claims: tuple[str, ...] = ()
    ) -> None:
        """So many posts of this moment, in the log and counted; all of one text, or each of its own."""
        topic, standings = self.system.settings.topic(POSTS), []
        for _ in range(n):
            number, self._offset = self._offset, self._offset + 1
            said = text or f"text {number}"
            record = {
                "platform": "x", "id": str(number), "op": "create", "version": 0, "text": said,
                "author": {"id": "7", "handle": f"ada{number}"}, "url": f"https://x.example/{number}",
            }  # fmt: skip
            assert self.sender._producer is not None
            sent = await self.sender._producer.send_and_wait(topic, json.dumps(record).encode(), partition=1)
            adds = Contribution("x", "post", "en", (group,), claims, f"x:ada{number}", digest(said), ())
            standings.append(Standing(digest(f"x:{number}"), 0, sent.offset, 1, at, at, False, {self.event.tag: adds}))
        await self.store.apply(standings, {self.event.tag})

    def evaluation(self, cut: Callable[[Callable[[], Awaitable[None]]], Awaitable[None]] | None = None) -> Evaluation:
        """A new evaluator, as after a restart."""
        return Evaluation(self, cut)

    async def recorded(self) -> list[tuple[str, str]]:
        """(state, reason) of all that was recorded, by id, oldest first."""
        return [(each.state, each.reason) for each in await self.alerts()]

    async def alerts(self) -> list[Alert]:
        """What was recorded, each transition once: after a crash one may stand in the topic twice."""
        found: dict[str, Alert] = {}
        for each in await recent_alerts(self.system.settings):
            found.setdefault(each.id, each)
        return list(found.values())

    async def forget(self, *names: str) -> None:
        """Let Redis lose these of the alerts' keys."""
        prefix = f"{self.system.settings.prefix}:1:{{alerts}}:"
        await self.link.client.delete(*(prefix + name for name in names))
