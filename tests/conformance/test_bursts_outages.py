"""Sixteen months of tweets on a war, by minute, as a collector with long outages saw them: coming back is no burst."""

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from streams.trends.bursts import Model, judge

FILE = Path(__file__).parents[3] / "shared" / "data" / "war-volume" / "per_minute_counts.csv.gz"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the counts by minute are not there")


def test_after_an_outage_nothing_for_a_day_and_otherwise_at_most_one_a_month() -> None:
    with gzip.open(FILE, "rt") as lines:
        read = [(datetime.fromisoformat(row["utc_minute"]), float(row["tweets"])) for row in csv.DictReader(lines)]
    rows = ((int(time.replace(tzinfo=UTC).timestamp()) // 60, count) for time, count in read)
    times = [time for time, _ in read]
    detected = [
        time for time, verdict in zip(times, judge(rows, 60, Model()), strict=True) if verdict and verdict.detected
    ]
    back = [later for time, later in pairwise(times) if later - time > timedelta(hours=1)]
    assert len(back) == 45
    assert not [time for time in detected if any(timedelta(0) <= time - end < timedelta(days=1) for end in back)]
    assert max(Counter((time.year, time.month) for time in detected).values()) == 1
