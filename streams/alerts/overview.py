"""Which alerts stand where: what `tocsin alerts list`, GET /alerts and the page show, and which ring, for /metrics."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from streams.alerts.state import Mutes, Name, States
from streams.settings import Settings
from streams.trends.scripts import Client


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that rings, or may soon. Instants are unix seconds.

    `since`: from when its condition held; `rang`: when it began to ring, if it rings; `backfill`: it is about the past,
    and nobody was told; `muted`: until when it does not begin to ring.
    """

    event: str
    alert: str
    phase: Literal["pending", "firing"]
    since: int
    rang: int | None
    backfill: bool
    muted: int | None


async def standing(redis: Client, settings: Settings) -> list[Standing]:
    """All that ring, the latest first, then those whose conditions hold and that don't ring yet."""
    states = await States(redis, settings).read()
    mutes = await Mutes(redis, settings).all()
    found = [
        Standing(
            *name,
            state.phase,
            state.since,
            state.rang if state.phase == "firing" else None,
            bool(state.backfill),
            _muted(name, mutes),
        )
        for name, state in states.items()
        if state.phase != "idle"
    ]
    return sorted(found, key=lambda each: (each.phase != "firing", -(each.rang or each.since), each.event, each.alert))


async def firing(redis: Client, settings: Settings) -> set[Name]:
    """The (event, alert) that ring."""
    return {name for name, state in (await States(redis, settings).read()).items() if state.phase == "firing"}


def _muted(name: Name, mutes: Mapping[Name, int]) -> int | None:
    until = max(mutes.get(name, 0), mutes.get((name[0], ""), 0))
    return until if until > time.time() else None
