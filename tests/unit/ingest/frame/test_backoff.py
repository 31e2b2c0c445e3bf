"""How long to wait: each cause counts by itself, the platform's own wish holds, and being heard begins anew."""

import pytest

from streams.ingest.bluesky import Jetstream
from streams.ingest.frame.backoff import Backoff, Schedule, Steps
from streams.ingest.x import Stream


@pytest.mark.parametrize(
    ("steps", "waits"),
    [
        (Stream.schedule.network, [0.25, 0.5, 0.75, 1.0, 1.25]),
        (Stream.schedule.http, [5, 10, 20, 40, 80, 160, 320, 320]),
        (Stream.schedule.rate, [60, 120, 240, 480, 960, 960]),
        (Jetstream.schedule.network, [0.5, 1, 2, 4, 8, 16, 30, 30]),
        (Steps(1.0, 1.0), [1, 1, 1]),
    ],
)
def test_steps(steps: Steps, waits: list[float]) -> None:
    assert [steps.after(count) for count in range(1, len(waits) + 1)] == waits


def test_steps_reach_their_most_however_many_failures_there_are() -> None:
    assert Stream.schedule.network.after(64) == 16.0
    assert Stream.schedule.network.after(10**9) == 16.0


def test_causes_count_apart_and_being_heard_begins_anew() -> None:
    backoff = Backoff(Schedule(network=Steps(1, 100), http=Steps(5, 100)))
    assert [backoff.after("network", None), backoff.after("http", None), backoff.after("network", None)] == [1, 5, 2]
    assert backoff.after("http", 33.0) == 33.0
    assert backoff.after("http", None) == 20.0
    backoff.reset()
    assert backoff.after("http", None) == 5.0


def test_a_platform_that_asks_for_no_wait_gets_a_second() -> None:
    assert Backoff(Schedule()).after("rate", 0.0) == 1.0
