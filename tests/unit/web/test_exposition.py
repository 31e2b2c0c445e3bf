"""What Prometheus is shown: one moment's numbers, declared names from the start, never more than allowed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from prometheus_client.exposition import generate_latest as plain
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from schemas import Connector, TrackedEvent
from streams.trends import WINDOWS
from streams.trends.judgements import Judgement
from streams.web.exposition import Exposition, Reading, Snapshot, metrics
from streams.web.text import Text

HEAD = {"applied_at": datetime(2025, 3, 14, tzinfo=UTC), "engine": 1, "match": "kursk", "revision": "0123456789ab"}


def reading(event_id: str = "kursk", /, **counts: int) -> Reading:
    """An event with one claim and one group; `counts` stand in the 24 h window, underscores for colons."""
    event = TrackedEvent(id=event_id, title="T", claims={"denied": "no"}, groups={"press": "x"}, **HEAD)  # type: ignore[arg-type]
    named = {name.replace("__", ":"): n for name, n in counts.items()}
    return Reading(event, {**{window: {} for window in WINDOWS}, "24h": named}, {("authors", "1h"): 3}, 7, 2)


def samples(readings: Any, max_series: int = 1_000, *connectors: Any) -> dict[str, float]:
    found = {}
    snapshot = None if readings is None else Snapshot(readings, *connectors)
    for metric in Exposition(snapshot, max_series).collect():
        for sample in metric.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_without_redis_there_are_no_numbers() -> None:
    assert samples(None) == {"tocsin_scrape_ok{}": 0}


def test_nothing_tracked_is_not_a_failure() -> None:
    assert samples([]) == {"tocsin_scrape_ok{}": 1, "tocsin_redis_memory_bytes{}": 0, "tocsin_series_dropped{}": 0}


def test_counts_come_by_window_and_dimension() -> None:
    found = samples([reading(all=9, platform__x=9, lang__uk=9, group__press=4, claim__denied=2)])
    assert found["tocsin_event_language_posts{event=kursk,language=uk,window=24h}"] == 9
    assert found["tocsin_event_posts{event=kursk,window=24h}"] == 9
    assert found["tocsin_event_posts{event=kursk,window=1m}"] == 0
    assert found["tocsin_event_platform_posts{event=kursk,platform=x,window=24h}"] == 9
    assert found["tocsin_event_group_posts{event=kursk,group=press,window=24h}"] == 4
    assert found["tocsin_event_claim_posts{event=kursk,claim=denied,window=24h}"] == 2
    assert found["tocsin_event_authors{event=kursk,window=1h}"] == 3
    assert found["tocsin_event_matched_total{event=kursk}"] == 7
    assert found["tocsin_event_retracted_total{event=kursk}"] == 2


def test_voices_and_the_busiest_authors_share_are_shown_where_they_are_known() -> None:
    known = replace(reading(all=9), voices={"1h": 4, "24h": 5}, top_authors={"24h": 0.25})
    found = samples([known, reading("new")])
    assert found["tocsin_event_voices{event=kursk,window=1h}"] == 4
    assert found["tocsin_event_top_authors_share{event=kursk,window=24h}"] == 0.25
    assert not [name for name in found if "top_authors" in name and ("1h" in name or "event=new" in name)]


def test_claim_and_group_are_told_apart() -> None:
    event = reading(**{"claim_group__denied/press": 5})
    assert samples([event])["tocsin_event_claim_group_posts{event=kursk,claim=denied,group=press,window=24h}"] == 5


def test_declared_claims_and_groups_start_at_zero() -> None:
    found = samples([reading()])
    for series in (
        "group_posts{event=kursk,group=press",
        "group_posts{event=kursk,group=other",
        "claim_posts{event=kursk,claim=denied",
    ):
        assert found[f"tocsin_event_{series},window=5m}}"] == 0


def test_beyond_the_bound_the_busiest_events_and_plainest_metrics_stay() -> None:
    quiet, busy = reading("quiet", all=1), reading("busy", all=50)
    found = samples([quiet, busy], max_series=6)
    shown = [name for name in found if "event=" in name]
    assert shown[:4] == [f"tocsin_event_posts{{event=busy,window={window}}}" for window in WINDOWS]
    assert len(shown) == 6
    assert found["tocsin_series_dropped{}"] == len([name for name in samples([quiet, busy]) if "event=" in name]) - 6


def test_a_judged_event_shows_what_is_expected_and_one_that_is_blind_no_score() -> None:
    judged = Judgement(1_741_953_600, 40, 3.5, 0, 9, 7.5, 7.5, detected_at=1_741_953_540)
    found = samples([replace(reading("surging"), judgement=judged), reading("young")])
    assert found["tocsin_event_expected_posts{event=surging}"] == 3.5
    assert found["tocsin_event_expected_posts_lower{event=surging}"] == 0
    assert found["tocsin_event_expected_posts_upper{event=surging}"] == 9
    assert found["tocsin_event_burst_score{event=surging}"] == 7.5
    assert not [name for name in found if "expected" in name and "young" in name]
    blind = msgspec.structs.replace(judged, burst=0, blind=True)
    found = samples([replace(reading("surging"), judgement=blind)])
    assert "tocsin_event_burst_score{event=surging}" not in found
    assert found["tocsin_event_expected_posts{event=surging}"] == 3.5


def test_a_connector_is_blind_when_it_says_so_and_when_it_says_nothing() -> None:
    at = datetime(2025, 3, 14, tzinfo=UTC)
    reports = [
        Connector("x", "x", at),
        Connector("bluesky", "bluesky", at - timedelta(seconds=61)),
        Connector("feeds", "web", at, blind_since=at - timedelta(seconds=9)),
    ]
    found = samples([], 1_000, reports, at.timestamp() + 1)
    assert found["tocsin_connector_blind{connector=x,platform=x}"] == 0
    assert found["tocsin_connector_blind{connector=bluesky,platform=bluesky}"] == 1
    assert found["tocsin_connector_blind{connector=feeds,platform=web}"] == 1
    assert found["tocsin_connector_report_age_seconds{connector=x,platform=x}"] == 1
    assert found["tocsin_connector_report_age_seconds{connector=bluesky,platform=bluesky}"] == 62


def test_openmetrics_accepts_the_counters() -> None:
    text = openmetrics(Exposition(Snapshot([reading()]), 1_000)).decode()  # type: ignore[no-untyped-call]
    assert "# TYPE tocsin_event_matched counter\n" in text
    assert text.endswith("# EOF\n")


async def test_the_text_is_that_of_the_encoders() -> None:
    """Of several scrapes in turn, within and beyond the bound, of a value that has to be escaped."""
    text = Text()
    awkward = reading("a", **{'platform__"\\\n': 1})
    for events in ([reading(all=9)], [reading(all=9), reading("b", all=3)], [reading(all=8), awkward], []):
        for memory, limit in ((5, 0), (5, 10)):
            reports = [Connector("x", "x", datetime(2025, 3, 14, tzinfo=UTC))]
            shown = Snapshot(events, reports, 1_741_953_600, memory, limit)
            for most in (0, 1, 7, 40, 1_000):
                assert await text.of(shown, most, openmetrics=False) == plain(Exposition(shown, most))
                expected = openmetrics(Exposition(shown, most))  # type: ignore[no-untyped-call]
                assert await text.of(shown, most, openmetrics=True) + b"# EOF\n" == expected
    assert await text.of(None, 9, openmetrics=False) == plain(Exposition(None, 9))


async def test_what_has_not_moved_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Reading] = []

    def noting(events: Sequence[Reading]) -> Any:
        asked.extend(events)
        return metrics(events)

    monkeypatch.setattr("streams.web.text.metrics", noting)
    text = Text()
    for events in ([reading(), reading("b")], [reading(), reading("b", all=1)]):
        await text.of(Snapshot(events), 1_000, openmetrics=False)
    assert [(each.event.id, each.size) for each in asked] == [("b", 0), ("kursk", 0), ("b", 1)]
