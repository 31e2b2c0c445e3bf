"""Placing arguments one after the other: the stretches that hold one place of each, in the order of their ends.

Reads places from left to right once and keeps the sets of arguments placed so far. Knows nothing of texts or rules.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from heapq import heappop, heappush
from typing import TypeAlias

#: First and last token position of a place, both included.
Place: TypeAlias = tuple[int, int]
#: The same and the argument whose place it is.
Placed: TypeAlias = tuple[int, int, int]


def prefixes(count: int) -> list[list[int]]:
    """What may be placed before each argument, as sets of bits, where they stand in their order."""
    return [[(1 << index) - 1] for index in range(count)]


def subsets(arguments: Sequence[Sequence[Place]]) -> list[list[int]]:
    """The same in any order: every set without it. Arguments with the same places are placed in their order."""
    twins = [
        next((1 << other for other in range(index - 1, -1, -1) if arguments[other] == arguments[index]), 0)
        for index in range(len(arguments))
    ]
    return all_subsets(tuple(twins))


@cache
def all_subsets(twins: tuple[int, ...]) -> list[list[int]]:
    sets = [
        each
        for each in range((1 << len(twins)) - 1)
        if all(not each >> index & 1 or each & twin == twin for index, twin in enumerate(twins))
    ]
    return [
        [each for each in sets if not each >> index & 1 and each & twin == twin] for index, twin in enumerate(twins)
    ]


def of_one_length(
    distance: int, lengths: Sequence[int], places: list[Placed], before: list[list[int]]
) -> Iterator[Place]:
    """As `of_any_length`, where each argument's places are of one length: a step for each place and set.

    With the greatest lengths of arguments that have several the first stretch is one too, but begins elsewhere.
    """
    # Of two states with one set the one with fewer foreign tokens began later too: one number a set is all.
    everything = (1 << len(before)) - 1
    never = max((end for _, end, _ in places), default=0) + distance + 2
    states = [never] * everything
    tokens = [sum(each for index, each in enumerate(lengths) if placed >> index & 1) for placed in range(everything)]
    whole = sum(lengths)
    steps = [[(placed, tokens[placed], placed | 1 << index) for placed in sets] for index, sets in enumerate(before)]
    latest = -1 - whole  # with greatest lengths one that begins at 0 seems to begin before it
    waiting: dict[int, list[tuple[int, int]]] = {}
    ends: list[int] = []
    for start, end, index in [*places, (never, never, -1)]:
        while ends and ends[0] < start:
            passed = heappop(ends)
            for placed, value in waiting.pop(passed):
                if placed < everything:
                    states[placed] = min(states[placed], value)
                elif 1 - whole - value > latest:
                    latest = 1 - whole - value
                    yield latest, passed
        if index < 0:
            return
        # The empty set begins here.
        states[0] = 1 - start
        most, after, limit = distance - start + 1, start - 1 - end, 1 - latest
        found = [
            (then, value + after)
            for placed, own, then in steps[index]
            if (value := states[placed]) <= most and value + own < limit
        ]
        if end not in waiting:
            waiting[end] = []
            heappush(ends, end)
        waiting[end] += found


def of_any_length(distance: int, places: list[Placed], before: list[list[int]]) -> Iterator[Place]:
    """Stretches of one place of each argument, in the order of their ends, from places in the order of beginnings.

    Takes for each place a step for each state of each set of arguments that may stand before it; a set has at most
    `distance` + 1 states at a time, and no more than there are sums of lengths of its arguments.
    """
    # A state is a set of arguments placed so far, where its stretch began and how many foreign tokens it holds, kept as
    # `foreign - end`: the foreign tokens up to a place that starts at s are then that plus s - 1. Of two states with
    # one set, one that began no earlier and holds no more serves always better; one that began no later than a stretch
    # already found can only give stretches that hold it.
    everything = (1 << len(before)) - 1
    states: list[list[tuple[int, int]]] = [[] for _ in range(everything)]
    steps = [[(placed, placed | 1 << index) for placed in sets] for index, sets in enumerate(before)]
    latest = -1
    # What ends at a token is placed before whatever starts after it.
    waiting: dict[int, list[tuple[int, int, int]]] = {}
    ends: list[int] = []
    for start, end, index in [*places, (max((end for _, end, _ in places), default=0) + 1, 0, -1)]:
        while ends and ends[0] < start:
            passed = heappop(ends)
            for placed, begun, value in waiting.pop(passed):
                if begun <= latest:
                    continue
                if placed < everything:
                    _keep(states[placed], begun, value)
                else:
                    latest = begun
                    yield begun, passed
        if index < 0:
            return
        states[0] = [(start, 1 - start)]
        most, after = distance - start + 1, start - 1 - end
        found = []
        for placed, then in steps[index]:
            known = states[placed]
            if known:
                is_outlived = False
                for begun, value in known:
                    if value <= most and begun > latest:
                        found.append((then, begun, value + after))
                    else:
                        is_outlived = True
                if is_outlived:
                    states[placed] = [each for each in known if each[1] <= most and each[0] > latest]
        if end not in waiting:
            waiting[end] = []
            heappush(ends, end)
        waiting[end] += found


def _keep(states: list[tuple[int, int]], begun: int, value: int) -> None:
    for other in states:
        if other[0] >= begun and other[1] <= value:
            return
    if states:
        states[:] = [other for other in states if other[0] > begun or other[1] < value]
    states.append((begun, value))
