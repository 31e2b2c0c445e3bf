"""Commits cover the acknowledged prefix of runs, and carry the generation that everything after it is matched with."""

from dataclasses import dataclass
from typing import cast

from faust.types import TP
from faust.types.tuples import Message

from streams.transport import Committed, Progress
from streams.worker.health import STALL_SECONDS, StallWatch


@dataclass
class Delivered:
    """As much of a message as progress looks at."""

    acked: bool = False


def progress(*runs: tuple[int, int, Delivered]) -> Progress:
    """Progress from offset 0 with these runs delivered: end, generation, message."""
    made = Progress(epoch=1, position=0, settled=0)
    for end, generation, message in runs:
        made.pending.append((end, generation, cast(Message, message)))
        made.position = end
    return made


def test_an_idle_partition_commits_where_it_stands_with_the_present_generation() -> None:
    idle = progress()
    assert idle.settle(4) == Committed(0, 4)
    idle.committed = Committed(0, 4)
    assert idle.settle(4) is None
    assert idle.settle(5) == Committed(0, 5)


def test_an_acknowledged_run_behind_an_open_one_is_not_committed() -> None:
    first, second = Delivered(), Delivered(acked=True)
    runs = progress((10, 1, first), (20, 1, second))
    assert runs.settle(1) == Committed(0, 1)
    first.acked = True
    assert runs.settle(1) == Committed(20, 1)
    assert not runs.pending


def test_an_open_run_holds_its_generation_back() -> None:
    runs = progress((10, 1, Delivered(acked=True)), (20, 1, Delivered()))
    assert runs.settle(9) == Committed(10, 1)


def test_a_partition_that_stands_still_below_its_end_is_stalled() -> None:
    tp = TP("posts", 0)
    watch = StallWatch()
    assert watch.stalled({tp: 0}, {tp: 5}, 0.0) == []
    assert watch.stalled({tp: 0}, {tp: 5}, STALL_SECONDS + 1) == [tp]
    assert watch.stalled({tp: 3}, {tp: 5}, STALL_SECONDS + 2) == []


def test_a_partition_that_is_never_started_is_stalled() -> None:
    tp = TP("posts", 0)
    watch = StallWatch()
    assert watch.stalled({tp: None}, {}, 0.0) == []
    assert watch.stalled({tp: None}, {}, STALL_SECONDS + 1) == [tp]


def test_a_partition_at_its_end_never_stalls() -> None:
    tp = TP("posts", 0)
    watch = StallWatch()
    assert watch.stalled({tp: 0}, {tp: 0}, 0.0) == []
    assert watch.stalled({tp: 0}, {tp: 0}, 10 * STALL_SECONDS) == []
