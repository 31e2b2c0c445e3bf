"""What /metrics answers, made once for all who ask: a look at Redis, and the text of it.

The first look reads every event and writes every line, which takes as long as many later ones: it begins when the
process does, and `serve` is ready when it has ended. Knows no HTTP.
"""

import asyncio
import logging

from streams.connections import REDIS_AWAY, how_away
from streams.web.readings import Reader, Recent
from streams.web.text import Text

log = logging.getLogger(__name__)

#: Seconds in which Redis has to answer a scrape, within Prometheus' usual limit of ten.
ANSWER_LIMIT = 9.0
#: Seconds between two attempts at the first look.
PAUSE = 5.0


class NotReadYet(Exception):
    """The first look at all events has not ended: neither that Redis is away nor what it holds could be said."""


class Scrapes:
    """Whatever is asked goes through one lock, the first look too."""

    def __init__(self, reader: Reader, max_series: int) -> None:
        self._recent = Recent(reader.read)
        self._text = Text()
        self._max_series = max_series
        self.is_ready = False
        """Whether all events have been read once."""

    async def begin(self) -> None:
        """Take the first look, however long it takes, and again until Redis answers."""
        while not self.is_ready:
            try:
                await self._read(None, openmetrics=False)
            except REDIS_AWAY as error:
                log.warning("Events cannot be read for the first time, Redis does not answer: %s", how_away(error))
                await asyncio.sleep(PAUSE)
            except Exception:
                log.exception("Events could not be read for the first time")
                await asyncio.sleep(PAUSE)

    async def text(self, *, openmetrics: bool) -> bytes:
        """The trends of this moment as text, without OpenMetrics' last line. Raises `NotReadYet`."""
        try:
            return await self._read(ANSWER_LIMIT, openmetrics=openmetrics)
        except (*REDIS_AWAY, TimeoutError) as error:
            # The first look may hold the lock, or be what is missing: then only slowness is known.
            if not self.is_ready and isinstance(error, TimeoutError):
                raise NotReadYet("the events are being read for the first time") from None
            log.warning("A scrape shows no trends, Redis does not answer: %s", how_away(error))
        return await self._text.of(None, self._max_series, openmetrics=openmetrics)

    async def _read(self, limit: float | None, *, openmetrics: bool) -> bytes:
        snapshot = await self._recent.get(limit)
        text = await self._text.of(snapshot, self._max_series, openmetrics=openmetrics)
        self.is_ready = True
        return text
