"""A worker's web pages: /metrics, /healthz and /readyz, on Faust's own web server."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from aiohttp import web
from aiokafka.errors import KafkaError
from faust.types import TP
from faust.web import Request, Response, View

from streams.connections import REDIS_AWAY, admin
from streams.transport import App
from streams.worker.service import Worker

#: Seconds that a partition may stand still below its end, while Kafka and Redis answer, before it counts as stalled.
STALL_SECONDS = 120.0
#: Seconds in which Redis and Kafka have to answer a probe.
ANSWER_LIMIT = 3.0


class StallWatch:
    """Remembers when each partition last moved: the known silent stall looks healthy but commits nothing."""

    def __init__(self) -> None:
        self._moved: dict[TP, tuple[int, float]] = {}

    def stalled(self, settled: Mapping[TP, int | None], ends: Mapping[TP, int], now: float) -> list[TP]:
        """The partitions that have stood still for longer than `STALL_SECONDS`, below their end or (None) unstarted."""
        seen = {}
        for tp, offset in settled.items():
            before, since = self._moved.get(tp, (None, now))
            at = -1 if offset is None else offset
            seen[tp] = (at, since if before == at and at < ends.get(tp, 0) else now)
        self._moved = seen
        return [tp for tp, (_, since) in seen.items() if now - since > STALL_SECONDS]


def add_pages(app: App, worker: Callable[[], Worker]) -> None:
    """Add the three pages to the app, which has its worker once it runs."""
    watch = StallWatch()

    def ends() -> dict[TP, int]:
        return {tp: app.runs.highwater(tp) or 0 for tp in app.runs.assignment()}

    @app.page("/metrics", name="metrics")
    async def metrics(view: View, request: Request) -> Response:
        """What this worker measures of itself."""
        end, lag = ends(), worker().metrics.lag
        lag.clear()  # of partitions that another worker has now
        for tp, each in app.runs.progress.items():
            lag.labels(tp.topic, str(tp.partition)).set(max(0, end.get(tp, 0) - each.settled))
        body, content_type = worker().metrics.exposition(request.headers.get("Accept", ""))
        return cast(Response, web.Response(body=body, headers={"Content-Type": content_type}))

    @app.page("/healthz", name="healthz")
    async def healthz(view: View, request: Request) -> Response:
        """200 while partitions move; 503 where one stands still though Redis and Kafka answer."""
        progress = app.runs.progress
        settled = {tp: progress[tp].settled if tp in progress else None for tp in app.runs.assignment()}
        stalled = watch.stalled(settled, ends(), time.monotonic())
        if stalled and await _redis_answers(worker()) and await _kafka_answers(worker()):
            return view.json({"ok": False, "stalled": [f"{tp.topic}/{tp.partition}" for tp in stalled]}, status=503)
        return view.json({"ok": True})

    @app.page("/readyz", name="readyz")
    async def readyz(view: View, request: Request) -> Response:
        """200 when partitions are assigned, rules are loaded, and Redis and Kafka answer."""
        redis, kafka = await asyncio.gather(_redis_answers(worker()), _kafka_answers(worker()))
        state: dict[str, Any] = {
            "assigned": len(app.runs.progress),
            "rules_loaded": worker().registry.loaded.is_set(),
            "redis": redis,
            "kafka": kafka,
        }
        ready = all(state.values())
        return view.json({"ok": ready, **state}, status=200 if ready else 503)


async def _redis_answers(worker: Worker) -> bool:
    try:
        async with asyncio.timeout(ANSWER_LIMIT):
            await worker.redis.client.ping()
    except REDIS_AWAY:
        return False
    return True


async def _kafka_answers(worker: Worker) -> bool:
    try:
        async with asyncio.timeout(ANSWER_LIMIT), admin(worker.settings):
            return True
    except (KafkaError, OSError):
        return False
