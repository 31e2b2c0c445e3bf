"""The connector `feeds`: every feed of a list in its own rhythm, what is new or changed in them handed to the frame.

Owns when a feed is asked for, and the cursor: the position of each. A position stands in the cursor only with or after
the batches that led to it. How a feed is looked at is in `reading`.
"""

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Final

import msgspec

from schemas import Reason
from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest.extras import library
from streams.ingest.feeds.fetching import Fetcher, NotFetched
from streams.ingest.feeds.listing import Feed
from streams.ingest.feeds.reading import Look, Position, Reader
from streams.ingest.frame.backoff import Schedule, Steps
from streams.ingest.frame.source import Batch, Lost, Opened, Refusal
from streams.tasks import end

log = logging.getLogger(__name__)

#: Feeds that are asked for at once.
AT_ONCE: Final = 8
#: Longest wait of a feed that fails, or of one that asks for it, in seconds.
LONGEST: Final = 86_400.0
#: Seconds over which the first requests are spread.
SPREAD: Final = 60.0
#: Seconds between two words to the frame while no feed is due.
SIGN_OF_LIFE: Final = 30.0

_decode = msgspec.json.Decoder(dict[str, Position]).decode


class Failed(msgspec.Struct, frozen=True, gc=False):
    """Why a look at a feed gave nothing; `away`: its host was not reached."""

    refusal: Refusal
    away: bool = False


class _Watched:
    """One feed: how far it is read, when it is due (seconds of the loop's clock), how often it failed in a row."""

    def __init__(self, feed: Feed, clock: Callable[[], float]) -> None:
        self.reader = Reader(feed, clock)
        self.url, self.seconds = feed.url, feed.seconds
        self.position = Position()
        self.due = 0.0
        self.failures = 0
        self.failed: Failed | None = None
        self.told = ""
        self.gone = False
        self.taken = asyncio.Event()
        """Set while nothing that was read waits to be taken."""
        self.taken.set()

    def tell(self, trouble: str) -> None:
        """Log what is wrong with the feed, once for as long as it lasts."""
        if trouble and trouble != self.told:
            log.warning("%s: %s", self.url, trouble)
        self.told = trouble


class Feeds:
    """The source `feeds`."""

    platform = "web"
    schedule = Schedule(network=Steps(5.0, 320.0), http=Steps(5.0, 320.0), rate=Steps(60.0, 900.0))

    def __init__(
        self,
        feeds: Sequence[Feed],
        make: Callable[[], Fetcher],
        *,
        clock: Callable[[], float] = time.time,
        scale: float = 1.0,
    ) -> None:
        """`make` gives a fetcher for each connection; a test has waits `scale` as long.

        Raises `UserError` where a library is missing.
        """
        library("feedparser", "feeds")
        library("html_text", "feeds")
        if any(feed.text for feed in feeds):
            library("trafilatura", "articles")
        if any(feed.kind == "transcript" for feed in feeds):
            library("webvtt", "feeds")
        self._make, self._scale = make, scale
        self._watched = [_Watched(each, clock) for each in feeds]
        self._begun = False

    async def stream(self, cursor: str | None) -> AsyncGenerator[Opened | Batch, None]:
        """What is new in the feeds, for as long as any of them answers. Raises `Lost` where none does."""
        self._begin(cursor)
        answers: asyncio.Queue[tuple[_Watched, Look | Failed]] = asyncio.Queue()
        room = asyncio.Semaphore(AT_ONCE)
        opened = False
        async with self._make() as fetcher:
            tasks = [asyncio.create_task(self._watch(each, fetcher, room, answers)) for each in self._watched]
            try:
                while True:
                    found = await _next(answers, tasks)
                    if found is None:
                        if opened:
                            yield Batch()
                        continue
                    watched, answer = found
                    if isinstance(answer, Failed):
                        watched.failed = answer
                        watched.taken.set()
                        self._require_one(watched, answer)
                        if opened:
                            yield Batch(refused=(answer.refusal,))
                        continue
                    watched.failed = None
                    if not opened:
                        opened = True
                        yield Opened(None)  # feeds hold the news of days
                    for batch in answer.batches:
                        yield batch
                    watched.position = answer.position
                    watched.taken.set()
                    yield Batch(cursor=self._cursor())
            finally:
                await end(tasks)

    def _require_one(self, last: _Watched, failed: Failed) -> None:
        """Raise `Lost` where no feed answers any more: until the first is due, or as a network is looked for."""
        left = [each for each in self._watched if not each.gone]
        if not left:
            raise UserError("every feed of the list is gone for good (status 410): change the list", code=76)
        if any(each.failed is None for each in left):
            return
        told = f"no feed answers; the last one, {last.url[:120]}: {failed.refusal.detail}"
        if any(each.failed is not None and each.failed.away for each in left):
            raise Lost("network", told)
        now = asyncio.get_running_loop().time()
        raise Lost("http", told, max(1.0, min(each.due for each in left) - now))

    def _begin(self, cursor: str | None) -> None:
        try:
            positions = _decode(cursor) if cursor else {}
        except msgspec.MsgspecError:
            positions = {}  # of another release: every feed is read whole once
        now = asyncio.get_running_loop().time()
        spread = random.Random(len(self._watched))
        for number, each in enumerate(self._watched):
            each.position = positions.get(each.url, Position())
            if not each.taken.is_set():
                each.reader.forget()  # what it gave went down with the connection
                each.taken.set()
            if each.failed is not None and each.failed.away:
                each.due = now  # the frame has waited
            each.failed = None
            if not self._begun:
                each.due = now + (0.0 if number < AT_ONCE else spread.uniform(0.0, SPREAD)) * self._scale
        self._begun = True

    def _cursor(self) -> str:
        found = {each.url: each.position for each in self._watched if each.position != Position()}
        return msgspec.json.encode(found).decode()

    async def _watch(
        self,
        watched: _Watched,
        fetcher: Fetcher,
        room: asyncio.Semaphore,
        answers: "asyncio.Queue[tuple[_Watched, Look | Failed]]",
    ) -> None:
        """Ask for one feed whenever it is due, until it is gone."""
        loop = asyncio.get_running_loop()
        while not watched.gone:
            await asyncio.sleep(watched.due - loop.time())
            async with room:
                answer, wait = await _ask(watched, fetcher)
                watched.due = loop.time() + wait * self._scale
                watched.taken.clear()
                answers.put_nowait((watched, answer))
                # What was read may wait for Kafka; nothing more is read until then.
                await watched.taken.wait()


async def _ask(watched: _Watched, fetcher: Fetcher) -> tuple[Look | Failed, float]:
    """What a feed answers, and the seconds until it is asked again."""
    try:
        look = await watched.reader.look(fetcher, watched.position)
    except (NotFetched, Unusable) as error:
        watched.failures += 1
        asked, away, told, reason = 0.0, False, str(error), Reason.SCHEMA
        if isinstance(error, NotFetched):
            asked, away, watched.gone = error.wait or 0.0, error.away, error.gone
        else:
            told, reason = error.detail, error.reason
        watched.tell(f"{told}; it is not asked for again" if watched.gone else told)
        refusal = Refusal(reason, f"{watched.url[:300]}: {told}", watched.url.encode())
        return Failed(refusal, away), _wait(watched, asked)
    watched.failures = 0
    watched.tell(f"it has moved for good to {look.moved[:300]}: change the list" if look.moved else "")
    return look, float(watched.seconds)


def _wait(watched: _Watched, asked: float) -> float:
    """Twice as long after each failure; what the host asked for holds, up to a day."""
    return min(LONGEST, max(asked, watched.seconds * 2.0 ** min(watched.failures - 1, 12)))


async def _next(
    answers: "asyncio.Queue[tuple[_Watched, Look | Failed]]", tasks: "Sequence[asyncio.Task[None]]"
) -> tuple[_Watched, Look | Failed] | None:
    """The next answer; None where there was none for a while. Raises what ended a task."""
    getting = asyncio.create_task(answers.get())
    try:
        at_work = [task for task in tasks if not task.done()]
        await asyncio.wait([getting, *at_work], timeout=SIGN_OF_LIFE, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
        return getting.result() if getting.done() else None
    finally:
        getting.cancel()
