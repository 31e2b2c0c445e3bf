"""Who drives an event, for many who ask at once: an answer is worked out once, and anew when the event's counts moved.

Of an event so busy that working it out takes long, an answer stays good for some time although more came: the busier
an event is, the more look at it. Knows nothing of who asks.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from streams.settings import Settings
from streams.trends.drivers import Authors, Copies, Drivers
from streams.trends.scripts import Client
from streams.trends.windows import TEN_MINUTES, Windows

Answer = TypeVar("Answer")

#: Answers that are kept, of some hundred bytes to kilobytes each: those asked for last.
_MOST = 1_000
#: Seconds of work from which on an answer stays good though counts move: so many times as long, and no longer than.
_LONG, _REST, _OLDEST = 0.5, 10, 60.0


@dataclass(slots=True)
class _Kept:
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    mark: tuple[int, ...] = ()
    """Contributions added and taken back, and the ten minutes, under which it was worked out."""
    good_until: float = 0
    answer: Any = None


class SharedDrivers(Drivers):
    """Voices, authors and copies of the present as `Drivers` has them, or as it had them a moment ago."""

    def __init__(self, redis: Client, settings: Settings) -> None:
        """`redis` answers in bytes (decode_responses off)."""
        super().__init__(redis, settings)
        self._changes = Windows(redis, settings).changes
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()

    async def voices(self, tag: str, windows: Sequence[str], at: int | None = None) -> dict[str, int | None]:
        """As `Drivers.voices`; at a past instant worked out each time."""
        work = super().voices
        return await self._shared(tag, ("voices", *windows), at, lambda: work(tag, windows, at))

    async def authors(self, tag: str, window: str, at: int | None = None) -> Authors:
        """As `Drivers.authors`."""
        work = super().authors
        return await self._shared(tag, ("authors", window), at, lambda: work(tag, window, at))

    async def copies(self, tag: str, window: str, at: int | None = None) -> list[Copies]:
        """As `Drivers.copies`."""
        work = super().copies
        return await self._shared(tag, ("copies", window), at, lambda: work(tag, window, at))

    async def _shared(
        self, tag: str, what: tuple[str, ...], at: int | None, work: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        if at is not None:
            return await work()
        kept = self._kept.setdefault((tag, *what), _Kept())
        self._kept.move_to_end((tag, *what))
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        async with kept.asking:
            # Read before the work: what comes meanwhile makes the answer newer than its mark, never older.
            mark = (*(await self._changes([tag]))[tag], int(time.time()) // TEN_MINUTES)
            began = time.monotonic()
            if kept.mark != mark and began >= kept.good_until:
                kept.answer = await work()
                kept.mark = mark
                took = time.monotonic() - began
                kept.good_until = began + took + (min(_REST * took, _OLDEST) if took > _LONG else 0)
            answer: Answer = kept.answer
            return answer
