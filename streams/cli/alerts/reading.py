"""How these commands read the topic `deliveries`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from streams.alerts.delivery import Archive
from streams.connections import wait_for_kafka
from streams.settings import Settings
from streams.topics import ALERTS, DELIVERIES, require

T = TypeVar("T")


def read(settings: Settings, use: Callable[[Archive], Awaitable[T]]) -> T:
    """What `use` makes of the topic `deliveries`, read to its end."""

    async def run() -> T:
        await wait_for_kafka(settings)
        await require(settings, ALERTS, DELIVERIES)
        archive = Archive(settings)
        try:
            await archive.start()
            await archive.catch_up()
            return await use(archive)
        finally:
            await archive.stop()

    return asyncio.run(run())
