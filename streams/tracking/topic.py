"""The topic `tracked-events` as its users see it: what is tracked now, and how that is changed.

Applying reads what is there first, so that an event whose rules are unchanged keeps its revision and its counts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import msgspec
from aiokafka import TopicPartition

from schemas import TrackedEvent
from schemas.codec import Unusable, decode_tracked_event, encode
from streams.connections import batches, held, producer, reader
from streams.errors import UserError
from streams.matching import EventDraft, content_digest, renewed, seal
from streams.settings import Settings
from streams.topics import TRACKED_EVENTS, require


@dataclass(frozen=True, slots=True)
class Change:
    """What applying did to one event."""

    event: TrackedEvent
    change: Literal["new", "new revision", "details", "unchanged"]


async def read_tracked(settings: Settings) -> dict[str, TrackedEvent]:
    """Every tracked event by id, as the topic says now. Unusable records are passed over.

    Raises `UserError` where the topic isn't there.
    """
    await require(settings, TRACKED_EVENTS)
    partition = TopicPartition(settings.topic(TRACKED_EVENTS), 0)
    tracked: dict[str, TrackedEvent] = {}
    async with reader(settings) as consumer:
        async for _, records in batches(consumer, await held(consumer, [partition])):
            for record in records:
                tracked.pop((record.key or b"").decode(errors="replace"), None)
                if record.value is not None:
                    try:
                        event = decode_tracked_event(record.value)
                    except Unusable:
                        continue
                    tracked[event.id] = event
    return tracked


async def apply(settings: Settings, drafts: Sequence[EventDraft]) -> list[Change]:
    """Track these events: a changed rule makes a new revision, other changes don't. Returns when Kafka confirmed."""
    tracked = await read_tracked(settings)
    now = datetime.now(UTC)
    changes = [_change(seal(draft, now), tracked.get(draft.id)) for draft in drafts]
    topic = settings.topic(TRACKED_EVENTS)
    async with producer(settings) as sender:
        for each in changes:
            if each.change != "unchanged":
                await sender.send_and_wait(topic, encode(each.event), key=each.event.id.encode())
    return changes


async def renew(settings: Settings, event_ids: Collection[str]) -> list[TrackedEvent]:
    """Track these events under new revisions, which workers count from the log before they serve.

    Raises `UserError` for one that isn't tracked.
    """
    tracked = await read_tracked(settings)
    if unknown := [each for each in event_ids if each not in tracked]:
        raise UserError(f"no tracked event {', '.join(map(repr, unknown))}; `tocsin events list` names them")
    now = datetime.now(UTC)
    events = [renewed(tracked[each], now) for each in event_ids]
    async with producer(settings) as sender:
        for event in events:
            await sender.send_and_wait(settings.topic(TRACKED_EVENTS), encode(event), key=event.id.encode())
    return events


async def remove(settings: Settings, event_id: str) -> None:
    """Track this event no longer. Raises `UserError` where it isn't tracked."""
    if event_id not in await read_tracked(settings):
        raise UserError(f"no tracked event {event_id!r}; `tocsin events list` names them")
    async with producer(settings) as sender:
        await sender.send_and_wait(settings.topic(TRACKED_EVENTS), None, key=event_id.encode())


def _change(event: TrackedEvent, before: TrackedEvent | None) -> Change:
    if before is None:
        return Change(event, "new")
    if content_digest(event) != content_digest(before):
        return Change(event, "new revision")
    same = msgspec.structs.replace(event, revision=before.revision, applied_at=before.applied_at)
    return Change(same, "unchanged" if same == before else "details")
