"""What repeats itself is said once in ten seconds, and nothing else is kept back."""

import logging

from streams.logs import Sparing


def test_the_same_is_said_once_in_ten_seconds_and_again_when_the_clock_was_set_back() -> None:
    sparing = Sparing()
    said = [
        sparing.filter(logging.makeLogRecord({"name": name, "msg": msg, "args": args, "created": created}))
        for name, msg, args, created in (
            ("streams.worker.registry", "Offset %d is no usable event", (1,), 1_000.0),
            ("streams.worker.registry", "Offset %d is no usable event", (1,), 1_009.0),
            ("streams.worker.registry", "Offset %d is no usable event", (2,), 1_009.0),
            ("streams.worker.registry", "Offset %d is no usable event", (1,), 1_011.0),
            ("streams.worker.registry", "Offset %d is no usable event", (1,), 500.0),
            ("faust", "Fetcher %r is slow", (1,), 1_000.0),
            ("faust", "Fetcher %r is slow", (2,), 1_001.0),
            ("streams.alerts.recording", "Alert %s", (1,), 1_000.0),
            ("streams.alerts.recording", "Alert %s", (1,), 1_000.0),
        )
    ]
    assert said == [True, False, True, True, True, True, False, True, True]
