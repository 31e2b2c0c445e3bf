"""The collector stays out of the way of records, and frees what was left behind in cycles."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from streams import collector
from streams.worker.pipeline import SLICE, prepare_records
from tests.unit.worker.test_prepare import LATENESS, post, record, rules


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


def test_matching_records_does_not_call_the_collector() -> None:
    records = [record(post("bye")) for _ in range(5 * SLICE)]
    collector.set_aside()
    before = [each["collections"] for each in gc.get_stats()]
    prepared = asyncio.run(prepare_records(records, rules(), is_article=False, lateness=LATENESS))
    assert prepared.size
    assert [each["collections"] for each in gc.get_stats()] == before


def test_a_cycle_left_behind_before_is_freed() -> None:
    class Knot:
        def __init__(self) -> None:
            self.own = self

    gc.collect()
    knot = weakref.ref(Knot())
    assert knot() is not None
    collector.set_aside()
    assert knot() is None
