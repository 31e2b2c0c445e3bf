"""When what is said: the two days in phases, each with its number of posts and its mix of themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

START = datetime(2025, 3, 13, 18, tzinfo=UTC)
END = datetime(2025, 3, 15, 18, tzinfo=UTC)
TRUMP_POST = datetime(2025, 3, 14, 13, 35, tzinfo=UTC)
OFFER = datetime(2025, 3, 14, 16, 5, tzinfo=UTC)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Name a moment of March 2025, UTC."""
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Phase:
    """A stretch of time in which so many posts on these themes appear; ``state`` is state media's share of them."""

    start: datetime
    end: datetime
    posts: int
    mix: Mapping[str, float]
    langs: Mapping[str, float]
    state: float = 0.0
    fading: bool = False  # more at its start than at its end


_ALL = {"en": 0.5, "ru": 0.28, "uk": 0.22}
_ENGLISH = {"en": 1.0}
_MOON = {"en": 0.85, "ru": 0.08, "uk": 0.07}
_ARNO = {"en": 0.8, "ru": 0.13, "uk": 0.07}

KURSK = (
    Phase(
        START,
        TRUMP_POST,
        120,
        {"offer-early": 4, "villages": 4, "asserted": 3, "villages-asserted": 1, "denied": 1},
        _ALL,
        0.2,
    ),
    Phase(
        TRUMP_POST,
        OFFER,
        120,
        {"plea": 6, "asserted": 4, "offer-early": 0.5, "villages": 0.5, "denied": 1.5},
        _ALL,
        0.12,
    ),
    Phase(
        OFFER,
        at(14, 17, 5),
        215,
        {
            "lives": 6,
            "asserted-lives": 3.5,
            "offer": 3,
            "asserted": 3,
            "villages": 0.5,
            "plea": 0.5,
            "denied": 0.8,
            "trap": 0.4,
        },
        _ALL,
        0.36,
        fading=True,
    ),
    Phase(
        at(14, 17, 5),
        at(14, 19),
        230,
        {
            "lives": 4,
            "asserted-lives": 2,
            "offer": 3,
            "asserted": 3,
            "villages-asserted": 0.5,
            "denied": 3,
            "trap": 2,
            "trap-lives": 1,
            "denied-trap": 1,
            "both-events": 0.6,
        },
        _ALL,
        0.1,
    ),
    Phase(
        at(14, 19),
        at(14, 23),
        330,
        {
            "denied": 7,
            "denied-trap": 3.5,
            "trap": 3,
            "trap-lives": 1.5,
            "lives": 2,
            "asserted": 1.5,
            "asserted-lives": 1,
            "offer": 2,
            "both-events": 0.6,
        },
        _ALL,
        0.05,
        fading=True,
    ),
    Phase(
        at(14, 23),
        at(15, 6),
        130,
        {"denied": 4, "trap": 2, "denied-trap": 2, "asserted": 2, "lives": 2, "offer": 1},
        _ALL,
        0.06,
    ),
    Phase(
        at(15, 6),
        END,
        330,
        {
            "denied": 4,
            "denied-late": 4,
            "denied-trap": 2,
            "trap": 2.5,
            "trap-lives": 1,
            "asserted": 2.5,
            "lives": 1.5,
            "offer": 1.5,
            "villages-late": 1.2,
            "villages-asserted": 0.8,
            "both-events": 0.5,
        },
        _ALL,
        0.07,
    ),
)

TRUCE = (
    Phase(START, at(14, 1), 120, {"truce": 3, "conditions": 5, "witkoff": 4, "stalling": 2}, _ALL, 0.1, fading=True),
    Phase(at(14, 1), at(14, 13), 80, {"truce": 3, "conditions": 4, "witkoff": 2, "stalling": 3}, _ALL, 0.08),
    Phase(at(14, 13), END, 130, {"truce": 4, "conditions": 2, "witkoff": 1, "stalling": 3}, _ALL, 0.04),
)

QUIET = (
    Phase(at(14, 9), at(14, 13), 45, {"kettle-recall": 5, "kettle-talk": 3, "kettle-injury": 1}, _ENGLISH, fading=True),
    Phase(
        at(14, 13),
        END,
        80,
        {"kettle-recall": 1, "kettle-talk": 4, "kettle-injury": 1.5, "kettle-refused": 1.5, "kettle-scam": 1.5},
        _ENGLISH,
    ),
    Phase(at(14, 6), at(14, 13), 45, {"arno": 4, "arno-schools": 2, "arno-talk": 3}, _ARNO),
    Phase(at(14, 13), at(14, 23), 80, {"arno": 2, "arno-talk": 6, "arno-evacuated": 2}, _ARNO, fading=True),
    Phase(at(14, 23), at(15, 14), 35, {"arno-passed": 4, "arno-talk": 1}, _ARNO, fading=True),
    Phase(START, at(14, 4, 30), 35, {"moon": 4, "moon-omen": 1}, _MOON),
    Phase(
        at(14, 4, 30),
        at(14, 8),
        130,
        {"moon-talk": 6, "moon-pictures": 3, "moon-clouds": 3, "moon-omen": 1.5, "moon": 1},
        _MOON,
    ),
    Phase(at(14, 8), at(14, 20), 45, {"moon-pictures": 4, "moon-talk": 1, "moon-clouds": 1}, _MOON, fading=True),
)

NOISE = (
    Phase(START, END, 1650, {"chatter": 1}, {"en": 0.5, "ru": 0.27, "uk": 0.23}),
    Phase(START, END, 190, {"near": 1}, {"en": 0.6, "ru": 0.24, "uk": 0.16}),
)
