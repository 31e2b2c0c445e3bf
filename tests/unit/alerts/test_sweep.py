"""The sweep of messages that arrived long ago, while endpoints come and people ask for messages again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from schemas import Alert
from schemas.delivery import Message, Progress, Redelivery
from streams.alerts.delivery import Delivery, Measures, progress
from streams.alerts.delivery.book import HOLDER, Book
from streams.alerts.delivery.delivery import KEEP
from streams.alerts.delivery.journal import Journal
from streams.settings import Settings

LONG_AGO = datetime.now(UTC) - timedelta(seconds=KEEP + 60)


def message(sequence: int) -> Message:
    alert = Alert(
        id=f"a{sequence}", event="kursk", revision="r", alert="surge", state="firing", at=LONG_AGO, window="5m",
        condition="burst >= 4",
    )  # fmt: skip
    return Message(f"m{sequence}", "alert.firing", "e", sequence, LONG_AGO, (alert,))


class BusyJournal:
    """Stands in for the journal: while it writes, a person asks for all messages again, and an endpoint comes."""

    def __init__(self) -> None:
        self.archive = self
        self.book = Book()
        self.taken_away: list[str] = []
        self.swept = asyncio.Event()

    async def write(self, *writes: tuple[str, object]) -> list[int]:
        if writes[0][0] == HOLDER:
            self.swept.set()
            return [0]
        self.taken_away += [key for key, _ in writes]
        line = self.book.line("e")
        line.progress = progress.asked(line.progress, Redelivery("e", LONG_AGO, 0), line.first)
        self.book.line("new")
        return [0] * len(writes)


async def test_a_sweep_goes_on_when_an_endpoint_comes_and_takes_nothing_from_a_redelivery() -> None:
    journal = BusyJournal()
    line = journal.book.line("e")
    for sequence in (1, 2, 3):
        line.note(message(sequence), sequence)
    line.progress = Progress(endpoint="e", delivered=3, reached=3)
    delivery = Delivery(Settings(), cast(Redis, None), Measures(CollectorRegistry()))
    sweeping = asyncio.create_task(delivery._sweep(cast(Journal, journal)))
    swept = asyncio.create_task(journal.swept.wait())
    done, _ = await asyncio.wait({sweeping, swept}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    sweeping.cancel()
    assert done == {swept}, done
    with pytest.raises(asyncio.CancelledError):
        await sweeping
    assert journal.taken_away == ["e/1", "e/2"], "the last one holds the sequence"
    assert line.progress.delivered == 2
    assert line.head is not None
    assert line.head[0] == 3
