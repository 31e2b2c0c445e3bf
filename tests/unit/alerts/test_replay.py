"""How often an alert would have rung over posts of the past, minute by minute."""

import pytest

from schemas import AlertRule
from streams.alerts.conditions import CompiledAlert, parse
from streams.alerts.replay import rings
from streams.trends import Contribution

START = 1_742_000_400  # a whole hour
MINUTE, HOUR = 60, 3_600


def posts(
    n: int, minute: int, *, claims: tuple[str, ...] = (), author: str = "x:ada"
) -> list[tuple[int, Contribution]]:
    adds = [Contribution("x", "post", "en", ("other",), claims, f"{author}{i}", bytes(8), ()) for i in range(n)]
    return [(START + minute * MINUTE - 30, each) for each in adds]


QUIET_THEN_TWO_SWELLS = [
    *posts(1, 5), *posts(6, 60), *posts(1, 61, claims=("denied",)), *posts(6, 120), *posts(2, 121, claims=("denied",)),
]  # fmt: skip


def minutes(when: str, window: str = "5m", **more: str) -> list[int]:
    alert = CompiledAlert(AlertRule("a", when, window, more.get("for_"), more.get("cooldown")), parse(when))  # type: ignore[arg-type]
    found = rings([alert], QUIET_THEN_TWO_SWELLS, START, START + 4 * HOUR)
    return [(at - START) // MINUTE for at in found["a"]]


@pytest.mark.parametrize(
    ("when", "window", "rung"),
    [
        ("count >= 5", "5m", [60, 120]),
        ("count >= 5", "1h", [60]),  # the first hour's posts have not gone when the second swell comes
        ("count >= 50", "24h", []),
        ("count(claim:denied) >= 1", "5m", [61, 121]),
        ("share(claim:denied) > 0.2", "5m", [65, 121]),  # of what is left of the first swell after five minutes, all
        ("first_seen(claim:denied)", "1h", [61]),
        ("distinct(authors) >= 5", "1h", [60, 120]),
        ("distinct(texts) > 1", "1h", []),
        ("rate > 3", "5m", [60, 120]),
        ("silence", "1h", [0, 181]),
        ("burst >= 2", "1h", []),
    ],
)
def test_when_it_would_have_rung(when: str, window: str, rung: list[int]) -> None:
    assert minutes(when, window) == rung


def test_it_must_hold_and_keeps_quiet_as_when_it_rings() -> None:
    assert minutes("count >= 5", for_="4m") == [64, 124]
    assert minutes("count >= 5", for_="5m") == []
    assert minutes("count >= 5", cooldown="2h") == [60]


def test_a_burst_after_quiet_days_would_have_rung_once() -> None:
    begin = START - 6 * 24 * HOUR
    quiet = [post for minute in range(-6 * 24 * 60, 60, 30) for post in posts(1, minute)]
    swell = [post for minute in range(60, 90) for post in posts(20, minute)]
    alert = CompiledAlert(AlertRule("surge", "burst >= 4"), parse("burst >= 4"))
    ((at,),) = rings([alert], quiet + swell, begin, START + 8 * HOUR).values()
    assert 60 <= (at - START) // MINUTE <= 65
