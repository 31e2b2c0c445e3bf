"""From the post that tips a condition to the receiver's 200: `python -m tests.benchmarks.ringing`.

One worker with production's settings, on Apache Kafka and Redis of its own; events that wait for one post each, spread
over endpoints so that few ring together at any of them, and posts that come at random moments of a minute or so.
"""

import asyncio
import random
import tempfile
import time
from pathlib import Path

import orjson
from aiohttp import web

from streams.connections import RedisLink, producer
from streams.embedded import free_port
from streams.topics import POSTS
from streams.trends import Catalog
from tests import brokers
from tests.integration.system import System

ENDPOINTS, EVENTS_EACH = 12, 8
#: Seconds over which the posts come.
SPREAD = 90.0
#: Seconds in which everything has to have rung.
PATIENCE = 120.0

_EVENT = """
id: event-{n}
title: Event {n}
match: |
  tip{n}
alerts:
  - {{name: rings, when: count >= 1}}
notify: [endpoint-{endpoint}]
"""
_ENDPOINT = """
endpoint-{n}:
  url: http://127.0.0.1:{port}/
  secrets: [whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0]
  allow_http: true
  allow_private: true
"""


class Receiver:
    """Takes everything, and notes when each event was heard of first."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}

    async def take(self, request: web.Request) -> web.Response:
        """One message."""
        for alert in orjson.loads(await request.read())["alerts"]:
            self.heard.setdefault(alert["event"], time.monotonic())
        return web.Response()


async def measure(system: System, port: int) -> list[float]:
    """Seconds from each post to the answer for its alert, in order of length."""
    count = ENDPOINTS * EVENTS_EACH
    receiver, app = Receiver(), web.Application()
    app.add_routes([web.post("/", receiver.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    link = RedisLink(system.settings)
    catalog = Catalog(link.client, system.settings)

    async def all_serve() -> bool:
        return len(await catalog.serving()) == count

    try:
        await brokers.eventually(all_serve, PATIENCE, "the events never served")
        await asyncio.sleep(15)  # a round of evaluating: what is new is judged by another rule
        sent = await _send(system, count)
        await brokers.eventually(lambda: len(receiver.heard) == count, PATIENCE, "an alert never arrived")
    finally:
        await link.close()
        await runner.cleanup()
    return sorted(at - sent[event] for event, at in receiver.heard.items())


async def _send(system: System, count: int) -> dict[str, float]:
    dice, began, sent = random.Random(1), time.monotonic(), dict[str, float]()
    moments = sorted(dice.uniform(0, SPREAD) for _ in range(count))
    async with producer(system.settings) as sender:
        for n, moment in zip(dice.sample(range(count), count), moments, strict=True):
            await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
            post = {"platform": "x", "id": str(n), "op": "create", "version": 0, "text": f"tip{n}"}
            value = orjson.dumps({**post, "author": {"id": "1", "handle": "ada"}})
            sent[f"event-{n}"] = time.monotonic()
            await sender.send_and_wait(system.settings.topic(POSTS), value, key=f"x:{n}".encode())
    return sent


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder, port = Path(temporary), free_port()
        (folder / "redis").mkdir()
        (folder / "events").mkdir()
        kafka, redis = brokers.apache_kafka(folder / "kafka"), brokers.redis(folder / "redis")
        kafka.start()
        redis.start()
        try:
            system = System(kafka, redis, "ringing-", folder)
            system.variables["TOCSIN_ENDPOINTS"] = "".join(_ENDPOINT.format(n=n, port=port) for n in range(ENDPOINTS))
            for n in range(ENDPOINTS * EVENTS_EACH):
                text = _EVENT.format(n=n, endpoint=n % ENDPOINTS)
                (folder / "events" / f"{n}.yaml").write_text(text, encoding="utf-8")
            system.tocsin("topics", "create")
            system.tocsin("events", "apply", str(folder / "events"))
            with system.worker():
                seconds = asyncio.run(measure(system, port))
        finally:
            kafka.kill()
            redis.kill()
    named = {f"p{share}": seconds[min(len(seconds) - 1, len(seconds) * share // 100)] for share in (50, 95, 99)}
    print(f"{len(seconds)} alerts: " + ", ".join(f"{name} {each:.1f} s" for name, each in named.items()))


if __name__ == "__main__":
    main()
