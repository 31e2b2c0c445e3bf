"""Whole slices of records come to the same as their records one by one, however they are cut."""

import asyncio

from aiokafka.structs import ConsumerRecord

from streams.worker.pipeline import EXPLAINED_AT_ONCE, SLICE, SLICE_BYTES, Prepared, prepare_records
from tests.unit.worker.test_prepare import LATENESS, post, record, rules

POSTS = (
    post(),
    post("bye"),
    post(op="edit", version=2),
    post("bye", op="edit", version=3),
    post(op="delete", version=4),
    post(created="2025-03-01T00:00:00Z"),
    b"no post",
    post("hello " * (SLICE_BYTES // 5)),
)


def prepared(records: list[ConsumerRecord]) -> Prepared:
    return asyncio.run(prepare_records(records, rules(), is_article=False, lateness=LATENESS))


def test_slices_come_to_the_same_as_single_records() -> None:
    records = [record(POSTS[number // 3 % len(POSTS)]) for number in range(2 * SLICE + 7)]
    whole = prepared(records)
    singles = {each.value: prepared([each]) for each in records}
    parts = [singles[each.value] for each in records]
    assert whole.standings == [each for part in parts for each in part.standings]
    assert whole.matches == [each for part in parts for each in part.matches]
    assert whole.dead_letters == [each for part in parts for each in part.dead_letters]
    assert whole.late == sum(part.late for part in parts) > 0
    assert whole.size == sum(len(each.value or b"") for each in records)


def test_nothing_comes_to_nothing() -> None:
    assert prepared([]) == Prepared()


def test_the_loop_has_its_turn_while_matches_are_explained() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def together() -> None:
        task = asyncio.create_task(others())
        await prepare_records([record(post())] * SLICE, rules(), is_article=False, lateness=LATENESS)
        task.cancel()

    asyncio.run(together())
    assert turns >= SLICE // EXPLAINED_AT_ONCE
