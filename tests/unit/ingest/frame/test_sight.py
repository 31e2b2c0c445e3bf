"""A gap is blind while it lasts, and stays one only where it could not be read afterwards either."""

from datetime import UTC, datetime

import pytest

from schemas import Connector, Spell
from streams.ingest.frame.sight import KEPT, MOST, Sight

NOW = 1_800_000_000.0


def instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def before(at: float, blind_since: float | None = None, *spells: tuple[float, float]) -> Connector:
    blind = tuple(Spell(since=instant(since), until=instant(until)) for since, until in spells)
    return Connector("c", "x", instant(at), None, None if blind_since is None else instant(blind_since), blind)


def seconds(spells: tuple[Spell, ...]) -> list[tuple[float, float]]:
    return [(each.since.timestamp(), each.until.timestamp()) for each in spells]


def test_a_new_connector_is_blind_until_it_sees() -> None:
    sight = Sight(None, NOW)
    assert sight.blind_since == NOW
    sight.open(None, NOW + 1)
    sight.see()
    assert (sight.blind_since is None, sight.spells(NOW + 1)) == (True, ())


@pytest.mark.parametrize(
    ("since", "spells"),
    [
        (None, []),
        (NOW - 1_000, []),
        (NOW - 40, [(NOW - 100, NOW - 40)]),
        (NOW + 999, [(NOW - 100, NOW)]),
    ],
)
def test_what_cannot_be_read_afterwards_is_a_spell(since: float | None, spells: list[tuple[float, float]]) -> None:
    sight = Sight(None, NOW - 200)
    sight.see()
    sight.lose(NOW - 100)
    sight.lose(NOW - 50)  # a second try that failed
    assert sight.blind_since == NOW - 100
    sight.open(since, NOW)
    assert sight.blind_since == NOW - 100  # until its present is seen
    sight.see()
    assert seconds(sight.spells(NOW)) == spells


def test_a_killed_connector_was_blind_since_its_last_report() -> None:
    sight = Sight(before(NOW - 500, None, (NOW - 900, NOW - 800)), NOW)
    assert sight.blind_since == NOW - 500
    sight.open(NOW, NOW)
    assert seconds(sight.spells(NOW)) == [(NOW - 900, NOW - 800), (NOW - 500, NOW)]


def test_a_stopped_one_since_it_stopped() -> None:
    assert Sight(before(NOW - 10, NOW - 300), NOW).blind_since == NOW - 300


def test_spells_that_touch_are_one_and_old_ones_are_forgotten() -> None:
    old = NOW - KEPT - 100
    sight = Sight(before(NOW, None, (old, old + 50), (NOW - 90, NOW - 50), (NOW - 60, NOW - 40)), NOW)
    assert seconds(sight.spells(NOW)) == [(NOW - 90, NOW - 40)]


def test_however_often_it_breaks_a_report_stays_small() -> None:
    spells = [(NOW - 10 * n, NOW - 10 * n + (5 if n % 2 else 4)) for n in range(MOST + 100, 0, -1)]
    found = seconds(Sight(before(NOW, None, *spells), NOW).spells(NOW))
    assert len(found) == MOST
    assert all(any(since <= each[0] and each[1] <= until for since, until in found) for each in spells)
