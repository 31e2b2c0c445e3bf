"""Nearness: which stretches of a text hold one place of each argument, close together.

Works on token positions alone. Its cost is bounded by places x 2^arguments, and both are bounded by a rule's limits.
"""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

#: First and last token position of a place, both included.
Place: TypeAlias = tuple[int, int]


def stretches(distance: int, arguments: Sequence[Sequence[Place]]) -> list[Place]:
    """The shortest stretches from the first to the last of one place of each argument, in any order.

    The places share no token, and at most `distance` tokens of the stretch belong to none of them. A stretch that holds
    another one is left out.
    """
    found: list[Place] = []
    for start, end in sorted(_ends(distance, arguments), key=lambda place: (place[1], -place[0])):
        if not found or start > found[-1][0]:
            found.append((start, end))
    return found


def is_near(distance: int, arguments: Sequence[Sequence[Place]]) -> bool:
    """Whether there is such a stretch at all."""
    return next(_ends(distance, arguments), None) is not None


def _ends(distance: int, arguments: Sequence[Sequence[Place]]) -> Iterator[Place]:
    """Stretches by their end, the shortest of each end among them."""
    # Places are read from left to right. A state is a set of arguments placed so far, where its stretch began and how
    # many foreign tokens it holds, kept as `foreign - end`: the foreign tokens up to a place that starts at s are then
    # that plus s - 1. Of two states with one set, one that began no earlier and holds no more serves always better.
    everything = (1 << len(arguments)) - 1
    without = [
        [placed for placed in range(1, everything) if not placed & 1 << index] for index in range(len(arguments))
    ]
    places = sorted({(start, end, index) for index, found in enumerate(arguments) for start, end in found})
    states: list[list[tuple[int, int]]] = [[] for _ in range(everything)]
    waiting: list[tuple[int, int, int, int]] = []
    for start, end, index in places:
        while waiting and waiting[0][0] < start:
            _, placed, beginning, value = heappop(waiting)
            _keep(states[placed], beginning, value)
        bit = 1 << index
        heappush(waiting, (end, bit, start, -end))
        for placed in without[index]:
            if not states[placed]:
                continue
            states[placed] = near_enough = [state for state in states[placed] if state[1] + start - 1 <= distance]
            for beginning, value in near_enough:
                if placed | bit == everything:
                    yield beginning, end
                else:
                    heappush(waiting, (end, placed | bit, beginning, value + start - 1 - end))


def _keep(states: list[tuple[int, int]], beginning: int, value: int) -> None:
    for other in states:
        if other[0] >= beginning and other[1] <= value:
            return
    states[:] = [other for other in states if other[0] > beginning or other[1] < value]
    states.append((beginning, value))
