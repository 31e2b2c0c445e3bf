"""/metrics: asks Redis, at most every few seconds, and answers in the format that the scraper asks for.

What is exposed, exposition.py says; here are the asking, the short memory, and what this process measures of itself.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder

from schemas import Connector
from streams.alerts.overview import firing
from streams.alerts.state import Name
from streams.connections import REDIS_AWAY
from streams.trends import Catalog, Windows
from streams.trends.connectors import Connectors
from streams.trends.judgements import Judgements
from streams.trends.overview import AT_ONCE, PEOPLE_WINDOWS
from streams.web.exposition import Exposition, Reading
from streams.web.state import STATE
from streams.web.voices import VoiceCounts

Found = TypeVar("Found")

log = logging.getLogger(__name__)

#: Seconds for which a snapshot answers further scrapes.
KEEP = 5.0
#: Seconds in which Redis has to answer, within Prometheus' usual limit of ten.
ANSWER_LIMIT = 9.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What Redis said at one moment (unix seconds)."""

    taken: float
    readings: Sequence[Reading]
    reports: Collection[Connector]


async def read(
    catalog: Catalog,
    windows: Windows,
    judgements: Judgements,
    connectors: Connectors,
    voices: VoiceCounts,
    ringing: Callable[[], Awaitable[set[Name]]],
) -> Moment:
    """All events that are shown, what connectors reported, and which alerts ring (`ringing`), at this moment."""
    rings: defaultdict[str, set[str]] = defaultdict(set)
    for event_id, alert in await ringing():
        rings[event_id].add(alert)
    events = list((await catalog.serving()).values())
    readings = []
    for start in range(0, len(events), AT_ONCE):
        some = events[start : start + AT_ONCE]
        tags = [event.tag for event in some]
        counts = await windows.many(tags)
        people = await windows.distinct_now(tags, ("authors", "texts"), PEOPLE_WINDOWS)
        changes = await windows.changes(tags)
        judged = await judgements.of(tags)
        readings += [
            Reading(
                event,
                counts[event.tag],
                dict(people[event.tag].items()),
                *changes[event.tag],
                judged.get(event.tag),
                *voices.of(event.tag),
                rings[event.id],
            )
            for event in some
        ]
    return Moment(time.time(), readings, (await connectors.reports()).values())


class Snapshot(Generic[Found]):
    """What was found last, for `KEEP` seconds; scrapes that come meanwhile wait for the one that is asking."""

    def __init__(self) -> None:
        self._found: Found | None = None
        self._taken = float("-inf")
        self._asking = asyncio.Lock()

    async def get(self, ask: Callable[[], Awaitable[Found]]) -> Found | None:
        """What is found, or None where Redis does not answer."""
        async with self._asking:
            if time.monotonic() - self._taken > KEEP:
                try:
                    async with asyncio.timeout(ANSWER_LIMIT):
                        self._found = await ask()
                    self._taken = time.monotonic()
                except (*REDIS_AWAY, TimeoutError) as error:
                    log.warning("A scrape shows no trends, Redis does not answer: %r", error)
                    self._found = None
                    self._taken = float("-inf")
            return self._found


class _Together:
    """Several collectors as the one that an encoder takes."""

    def __init__(self, *collectors: Exposition | Callable[[], Iterator[Metric]]) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        for each in self._collectors:
            yield from each.collect() if isinstance(each, Exposition) else each()


def page() -> Callable[[web.Request], Awaitable[web.Response]]:
    """The handler, with a snapshot of its own."""
    snapshot = Snapshot[Moment]()

    async def metrics(request: web.Request) -> web.Response:
        state = request.app[STATE]
        client = state.redis.client
        judgements, connectors = Judgements(client, state.settings), Connectors(client, state.settings)
        moment = await snapshot.get(
            lambda: read(
                state.catalog,
                state.windows,
                judgements,
                connectors,
                state.voices,
                lambda: firing(client, state.settings),
            )
        )
        if moment is None:
            exposition = Exposition(None, state.settings.max_series)
        else:
            exposition = Exposition(moment.readings, state.settings.max_series, moment.reports, moment.taken)
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        body = encode(_Together(exposition, lambda: iter(state.door.measures.registry.collect())))
        return web.Response(body=body, headers={"Content-Type": content_type})

    return metrics
