"""What connectors report stays until they report anew, and what nobody saw is told as one list."""

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from schemas import Connector, Spell
from streams.settings import Settings
from streams.trends.connectors import PRESUMED_BLIND, Connectors, blind_spells

AT = datetime(2025, 3, 14, 18, tzinfo=UTC)
NOW = int(AT.timestamp())


def minutes(n: int) -> datetime:
    return AT + timedelta(minutes=n)


async def test_the_newest_report_of_each_connector_is_kept(redis: Redis, settings: Settings) -> None:
    connectors = Connectors(redis, settings)
    await connectors.report(Connector("x", "x", AT, cursor="1"))
    await connectors.report(Connector("bluesky", "bluesky", AT, blind_since=minutes(-1)))
    newest = Connector("x", "x", minutes(1), cursor="2", blind=(Spell(minutes(-9), minutes(-8)),))
    await connectors.report(newest)
    await connectors.remove("bluesky")
    assert await connectors.reports() == {"x": newest}


def test_spells_of_several_connectors_are_told_in_order_and_apart() -> None:
    reports = [
        Connector("x", "x", AT, blind=(Spell(minutes(-60), minutes(-50)), Spell(minutes(-30), minutes(-20)))),
        Connector("feeds", "web", AT, blind=(Spell(minutes(-55), minutes(-45)),), blind_since=minutes(-2)),
    ]
    assert blind_spells(reports, NOW) == [
        (NOW - 3_600, NOW - 2_700),
        (NOW - 1_800, NOW - 1_200),
        (NOW - 120, NOW),
    ]


def test_a_connector_that_reports_no_more_counts_as_blind_since_its_last_word() -> None:
    report = Connector("x", "x", AT)
    assert blind_spells([report], NOW + PRESUMED_BLIND) == []
    assert blind_spells([report], NOW + PRESUMED_BLIND + 1) == [(NOW, NOW + PRESUMED_BLIND + 1)]
