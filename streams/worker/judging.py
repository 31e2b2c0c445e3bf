"""The worker that holds the lease judges every event that is served, once a minute, when the log is counted that far.

Two that do so at once, or one after the other, write the same. Knows how far the log is read; what a judgement is,
streams/trends/judging.py knows.
"""

import asyncio
import logging
import secrets
import time

from streams.errors import UserError
from streams.settings import Settings
from streams.trends import Applied, Catalog, Lease
from streams.trends.judgements import Judgements
from streams.trends.judging import Judge
from streams.trends.scripts import Client
from streams.trends.sight import Sights
from streams.worker.metrics import Metrics
from streams.worker.reach import Reach, reaching

log = logging.getLogger(__name__)

#: Seconds between two looks at the clock, and at a lease that somebody else holds.
POLL_INTERVAL = 1.0
#: Seconds that the lease outlives its holder.
LEASE_SECONDS = 30
#: Seconds after a minute's end before it is judged: records are under way for a while …
SETTLED = 3.0
#: … and those after which it is judged as blind, since what came by then is still not counted.
PATIENCE = 30.0
#: The minutes of an hour in which the next one's baselines are prepared, a share a minute: what comes late is there.
PREPARED = range(10, 55)


class Judging:
    """Judges; run one in every worker, a lease in Redis lets one work."""

    def __init__(self, settings: Settings, redis: Client, catalog: Catalog, metrics: Metrics) -> None:
        self._settings = settings
        self._catalog = catalog
        self._metrics = metrics
        self._applied = Applied(redis, settings)
        self._judge = Judge(redis, settings)
        self._judgements = Judgements(redis, settings)
        self._sights = Sights(redis, settings)
        self._lease = Lease(redis, settings, "judging", secrets.token_hex(8), LEASE_SECONDS)

    async def follow(self) -> None:
        """Judge while the lease is ours, for ever. Whoever runs this restarts it when Redis or Kafka fails it."""
        while True:
            if await self._lease.take():
                try:
                    async with reaching(self._settings, self._applied) as reach:
                        await self._follow(reach)
                except UserError as error:
                    log.warning("Judging was interrupted, it starts again: %s", error)
                finally:
                    await self._lease.release()
            await asyncio.sleep(POLL_INTERVAL)

    async def _follow(self, reach: Reach) -> None:
        done = 0
        while await self._lease.renew():
            minute = int(time.time()) // 60 * 60
            waited = time.time() - minute
            if minute != done and waited > SETTLED:
                is_read = await reach.is_read(minute)
                if is_read or waited > PATIENCE:
                    await self._round(reach, minute, is_read=is_read)
                    done = minute
            await asyncio.sleep(POLL_INTERVAL)

    async def _round(self, reach: Reach, minute: int, *, is_read: bool) -> None:
        began = await reach.began()
        if began is not None:
            await self._sights.note(began)
        sight = await self._sights.now()
        if sight is None:
            return
        with self._metrics.judging.time():
            events = [*(await self._catalog.serving()).values()]
            found = await self._judge.judge(events, minute, sight, is_read=is_read)
            await self._judgements.write(found)
            hour, at = divmod(minute // 60 - 1, 60)
            if at in PREPARED:
                await self._judge.prepare(events, hour + 1, sight, -(-len(events) // len(PREPARED)))
        log.debug("Judged %d of %d events", len(found), len(events))
