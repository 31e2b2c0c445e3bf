"""The record of a transition: what was seen at its instant, and the posts behind it.

Counts come from Redis, texts from the log by the ledger's partition and offset. Evidence that can't be had (the log
doesn't answer) is missing from the record; the transition isn't.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from aiokafka.errors import KafkaError

from schemas import Alert, Article, OffsetSpan, Sample, TrackedEvent
from streams.alerts.conditions import CompiledAlert, Values
from streams.alerts.samples import choose
from streams.alerts.transitions import Transition, identity
from streams.errors import UserError
from streams.evidence import Place, Posting, Postings, place
from streams.settings import Settings
from streams.trends import Windows
from streams.trends.cells import Cells, Entry
from streams.trends.judgements import Judgements
from streams.trends.scripts import Client

log = logging.getLogger(__name__)

TOP = 5
"""Claims and groups that are told."""

MOST = 20_000
"""Posts of a window that offsets and samples are drawn from: a few tenths of a second."""

TEXT = 280
"""Characters of a sample's text."""

#: Seconds before the window and after the instant that the panel shows.
_AROUND = 1_800


class Evidence:
    """Gathers it."""

    def __init__(self, redis: Client, settings: Settings, postings: Postings) -> None:
        self._settings = settings
        self._postings = postings
        self._windows = Windows(redis, settings)
        self._judgements = Judgements(redis, settings)
        self._cells = Cells(redis, settings)

    async def gather(
        self,
        event: TrackedEvent,
        alert: CompiledAlert,
        values: Values,
        transition: Transition,
        at: int,
        texts_until: float,
    ) -> Alert:
        """The record of a transition at `at` (unix seconds) of an event that is served.

        After `texts_until` (of the monotonic clock) the posts' texts are left out: of a storm of alerts, each costs
        the log some reading. Raises redis-py's errors.
        """
        tag, window = event.tag, alert.rule.window
        counts = (await self._windows.many([tag], [window], at))[tag].get(window, {})
        people = (await self._windows.distinct_now([tag], ["authors", "texts"], [window], at))[tag]
        judgement = (await self._judgements.of([tag])).get(tag)
        standing: list[Entry] = []
        if transition.state == "firing":
            standing = await self._cells.newest(tag, alert.window, at, MOST)
        return Alert(
            id=identity(event.id, alert.rule.name, event.revision, transition.number),
            event=event.id,
            revision=event.revision,
            alert=alert.rule.name,
            state=transition.state,
            at=_instant(at),
            window=window,
            condition=alert.rule.when,
            title=event.title,
            reason=transition.reason,
            transition=transition.number,
            since=_instant(transition.since),
            values={str(quantity): value for quantity, value in values.items()},
            observed=judgement.observed if judgement else None,
            expected=judgement.expected if judgement else None,
            lower=judgement.lower if judgement else None,
            upper=judgement.upper if judgement else None,
            score=judgement.score if judgement and not judgement.blind else None,
            posts=counts.get("all", 0),
            authors=people["authors", window],
            texts=people["texts", window],
            coverage=_named(counts, "platform"),
            claims=_named(counts, "claim", TOP),
            groups=_named(counts, "group", TOP),
            samples=await self._samples(choose(standing, alert), texts_until),
            offsets=self._spans(standing),
            link=self._link(event.id, alert.window, at),
            notify=event.notify,
            backfill=transition.backfill,
        )

    async def _samples(self, chosen: Sequence[tuple[Entry, int]], texts_until: float) -> tuple[Sample, ...]:
        places = [place(self._settings, each.lane, each.offset) for each, _ in chosen]
        found: Mapping[Place, Posting] = {}
        try:
            if time.monotonic() < texts_until:
                found = await self._postings.read(places)
        except (KafkaError, UserError) as error:
            log.warning("An alert goes without the texts of its posts, the log was not read: %r", error)
        return tuple(
            _sample(where, each, copies, found.get(where)) for where, (each, copies) in zip(places, chosen, strict=True)
        )

    def _spans(self, standing: Sequence[Entry]) -> tuple[OffsetSpan, ...]:
        spans: dict[int, tuple[int, int]] = {}
        for each in standing:
            first, last = spans.get(each.lane, (each.offset, each.offset))
            spans[each.lane] = (min(first, each.offset), max(last, each.offset))
        found = []
        for lane, (first, last) in sorted(spans.items()):
            where = place(self._settings, lane, first)
            found.append(OffsetSpan(where.topic, where.partition, first, last))
        return tuple(found)

    def _link(self, event_id: str, window: int, at: int) -> str | None:
        if not self._settings.grafana:
            return None
        span = f"from={(at - window - _AROUND) * 1_000}&to={(at + _AROUND) * 1_000}"
        return f"{self._settings.grafana.rstrip('/')}/d/tocsin-event?var-event={quote(event_id)}&{span}"


def _sample(where: Place, standing: Entry, copies: int, posting: Posting | None) -> Sample:
    c = standing.contribution
    return Sample(
        id=posting.key if posting is not None else f"{where.topic}/{where.partition}/{where.offset}",
        topic=where.topic,
        partition=where.partition,
        offset=where.offset,
        url=posting.url if posting is not None else None,
        platform=c.platform,
        author=_author(posting) if posting is not None else c.author,
        at=_instant(standing.at),
        text=_text(posting)[:TEXT] if posting is not None else None,
        claims=c.claims,
        groups=c.groups,
        copies=copies,
    )


def _author(posting: Posting) -> str:
    return posting.outlet.domain if isinstance(posting, Article) else posting.author.handle


def _text(posting: Posting) -> str:
    if isinstance(posting, Article):
        return f"{posting.title}. {posting.summary}" if posting.summary else posting.title
    return posting.reposted.text if posting.reposted is not None else posting.text


def _named(counts: Mapping[str, int], kind: str, most: int | None = None) -> dict[str, int]:
    """Posts by name of one kind of dimension, most first."""
    start = f"{kind}:"
    found = {name.removeprefix(start): n for name, n in counts.items() if name.startswith(start)}
    return dict(sorted(found.items(), key=lambda each: (-each[1], each[0]))[:most])


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
