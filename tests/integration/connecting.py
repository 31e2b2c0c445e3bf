"""A connector at work in a test: on real Kafka and Redis, against a platform on loopback that the test plays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from schemas import Connector, Post, PostDeletion
from schemas.codec import decode_post
from streams.connections import RedisLink
from streams.ingest.frame import Metrics, Runner, Source, reports
from streams.ingest.producing import Sender
from streams.settings import Settings
from streams.trends.connectors import Connectors
from tests.integration.log import topic
from tests.integration.system import System


@dataclass
class Working:
    """A runner that works: `waits` are the seconds that it was told to wait before connecting again."""

    runner: Runner
    task: "asyncio.Task[None]"
    stop: asyncio.Event
    waits: list[float] = field(default_factory=list)

    async def ended(self) -> None:
        """Stop it in good order; raises what it raised."""
        self.stop.set()
        await self.task


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """The base URL of an application on loopback."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def working(
    system: System,
    make: Callable[[aiohttp.ClientSession], Source],
    name: str = "under-test",
    scale: float = 0.001,
    heartbeat: float = 0.05,
) -> AsyncIterator[Working]:
    """A connector that runs until the end of the block; its waits are `scale` as long."""
    settings = system.settings
    system.create_topics()
    redis = RedisLink(settings)
    sender = Sender(settings)
    await sender.start()
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(seconds * scale)

    stop = asyncio.Event()
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        cache = Connectors(redis.client, settings)
        runner = Runner(settings, sender, make(session), name, cache, Metrics(name), sleep=sleep, heartbeat=heartbeat)
        task = asyncio.create_task(runner.run(stop))
        try:
            yield Working(runner, task, stop, waits)
        finally:
            stop.set()
            await asyncio.gather(task, return_exceptions=True)
            await sender.stop()
            await redis.close()


async def posts(settings: Settings) -> list[Post | PostDeletion]:
    """What the topic `posts` holds."""
    return [decode_post(record.value) for record in await topic(settings, "posts")]


async def report(settings: Settings, name: str = "under-test") -> Connector:
    """What the connector last reported to Kafka."""
    found = await reports.newest(settings, name)
    assert found is not None, f"{name} never reported"
    return found
