"""Where to read from: the lower of what Kafka has committed and what Redis says was applied to it.

Redis may forget what it acknowledged; Kafka's commits don't. So the end of each run is written into Redis too, behind
the run's counts, and a marker that is missing or lower than the one last written means: go back to it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from faust.types import TP

from streams.connections import until_redis
from streams.transport import Committed, Run
from streams.trends import Applied
from streams.worker.registry import Registry

log = logging.getLogger(__name__)

#: Seconds between two looks at the markers of idle partitions.
CHECK_INTERVAL = 5.0


class RedisForgot(Exception):
    """A marker in Redis is missing or lower than the one this worker wrote: what was counted since is gone."""


class WorkerPositions:
    """The driver's `Positions`: starts, generation, and the markers in Redis."""

    def __init__(self, registry: Registry, applied: Applied, is_current: Callable[[Run], bool]) -> None:
        self._registry = registry
        self._applied = applied
        self.is_current = is_current
        """Whether a run's partition is still ours and was not sought since."""
        self._markers: dict[TP, int] = {}
        """What was last written; another dictionary after each seek, so that a run from before it moves nothing."""

    @property
    def generation(self) -> int:
        """The generation of the rules in force."""
        return self._registry.rules.generation

    async def starts(self, committed: Mapping[TP, Committed | None]) -> Mapping[TP, int | None]:
        """See `Positions.starts`. Lowers the markers to what is read from."""
        await self._registry.wait_for(max((c.generation for c in committed.values() if c), default=0))
        while True:
            found = await until_redis("reading positions", self._applied.read, committed)
            starts = {tp: _lower(each, found[tp]) for tp, each in committed.items()}
            offsets: dict[tuple[str, int], int] = {tp: start or 0 for tp, start in starts.items()}
            if not await until_redis("writing positions", self._applied.restart, offsets):
                self._markers = {tp: start or 0 for tp, start in starts.items()}
                return starts

    async def advance(self, runs: Sequence[Run]) -> None:
        """Write the ends of runs, in order, as applied. Raises `RedisForgot`."""
        markers = self._markers
        # Revoked or sought meanwhile: whoever reads it again writes it.
        ends = {run.tp: run.end for run in runs if run.tp in markers and self.is_current(run)}
        refused = await self._applied.advance({tp: (markers[tp], end) for tp, end in ends.items()})
        for tp, found in refused.items():
            raise RedisForgot(f"{tp}: Redis says {found}, {markers[TP(*tp)]} was written")
        markers |= ends

    async def watch(self, rewind: Callable[[], Awaitable[None]]) -> None:
        """Notice a Redis that forgot while nothing was read."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL)
            before = dict(self._markers)
            found = await until_redis("checking positions", self._applied.read, before)
            if any(_forgotten(found[tp], marker) and self._markers.get(tp) == marker for tp, marker in before.items()):
                log.warning("Redis has forgotten what was counted; reading again from where it stands")
                await rewind()


def _lower(committed: Committed | None, applied: int | None) -> int | None:
    if committed is None or applied is None:
        return None
    return min(committed.offset, applied)


def _forgotten(found: int | None, marker: int) -> bool:
    return found is None or found < marker
