"""Nearness: which stretches of a text hold one place of each argument, close together.

Works on token positions alone. Its cost is bounded by places x 2^arguments, and both are bounded by a rule's limits.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import TypeAlias

#: First and last token position of a place, both included.
Place: TypeAlias = tuple[int, int]


def stretches(distance: int, arguments: Sequence[Sequence[Place]], *, ordered: bool = False) -> list[Place]:
    """The shortest stretches from the first to the last of one place of each argument, in any order or in theirs.

    The places share no token, and at most `distance` tokens of the stretch belong to none of them. A stretch that holds
    another one is left out.
    """
    return _shortest(_ends(distance, arguments, ordered))


def is_near(distance: int, arguments: Sequence[Sequence[Place]], *, ordered: bool = False) -> bool:
    """Whether there is such a stretch at all."""
    return next(_ends(distance, arguments, ordered), None) is not None


def moved(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> list[Place]:
    """Stretches in which the words of a phrase stand, moved by at most `distance` in all; none inside another.

    The shift of a word is its position less its place in the phrase; the greatest shift less the least is at most
    `distance`. So two words in their order may have `distance` others between, in the other order two fewer. This is
    Lucene's sloppy phrase, and as X documents its `"a b"~N`. A word that the phrase has twice stands twice.
    """
    return _shortest(_moved(distance, words, positions))


def _shortest(found: Iterable[Place]) -> list[Place]:
    kept: list[Place] = []
    for start, end in sorted(found, key=lambda place: (place[1], -place[0])):
        if not kept or start > kept[-1][0]:
            kept.append((start, end))
    return kept


def _moved(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> Iterator[Place]:
    # From each shift that can be the least, every word takes the first place that is left to it. Places of one word
    # are taken in the order of the phrase: exchanging two of them helps neither.
    for least in sorted({at - place for place, word in enumerate(words) for at in positions[word]}):
        taken: dict[str, int] = {}
        start = end = -1
        for place, word in enumerate(words):
            known = positions[word]
            index = max(bisect_left(known, least + place), taken.get(word, 0))
            if index == len(known) or known[index] - place > least + distance:
                break
            taken[word] = index + 1
            start, end = (known[index] if start < 0 else min(start, known[index])), max(end, known[index])
        else:
            yield start, end


def _ends(distance: int, arguments: Sequence[Sequence[Place]], ordered: bool) -> Iterator[Place]:
    """Stretches by their end, the shortest of each end among them."""
    # Places are read from left to right. A state is a set of arguments placed so far, where its stretch began and how
    # many foreign tokens it holds, kept as `foreign - end`: the foreign tokens up to a place that starts at s are then
    # that plus s - 1. Of two states with one set, one that began no earlier and holds no more serves always better.
    everything = (1 << len(arguments)) - 1
    # What may be placed before an argument: any set without it, or all that come before it.
    before = [
        [(1 << index) - 1] if ordered else [placed for placed in range(everything) if not placed & 1 << index]
        for index in range(len(arguments))
    ]
    places = sorted({(start, end, index) for index, found in enumerate(arguments) for start, end in found})
    states: list[list[tuple[int, int]]] = [[] for _ in range(everything)]
    waiting: list[tuple[int, int, int, int]] = []
    for start, end, index in places:
        while waiting and waiting[0][0] < start:
            _, placed, beginning, value = heappop(waiting)
            _keep(states[placed], beginning, value)
        bit = 1 << index
        for placed in before[index]:
            if not placed:
                heappush(waiting, (end, bit, start, -end))
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
