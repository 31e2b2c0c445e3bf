"""The short form of `make chaos`: everything breaks for a minute, and every count is right afterwards."""

import logging
import os
from pathlib import Path

import pytest

from tests import brokers
from tests.chaos.__main__ import report
from tests.chaos.run import Run

#: Its faults: Redis forgets in three ways, Kafka and everything are killed, connections are cut.
SEED = 6
SECONDS = 45
RECORDS = 12_000


@pytest.mark.integration
@pytest.mark.timeout(600)  # 110 s on a machine with little else to do
async def test_whatever_breaks_the_counts_are_what_the_log_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "aiokafka")  # it says much while its server is away
    try:
        outcome = await Run(tmp_path / "run", SEED, SECONDS, RECORDS, lambda what, share: None).run()
    except brokers.NoRealBrokerError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"nothing to break, and CI=true asks for it: {reason}", pytrace=False)
        pytest.skip(f"needs Apache Kafka and Redis 7: {reason}")
    report(outcome)
    said = capsys.readouterr().out
    assert outcome.clean, said
    assert outcome.facts["records"] >= RECORDS
    assert outcome.supervisor.kills >= 3
    assert "traceback" not in said
    assert "below zero" not in said
