"""Nearness: which stretches of a text hold one place of each argument, or a phrase with its words moved.

Works on token positions alone. Whether there is a stretch takes time that grows with the places. For arguments that
contend for tokens, or have places of several lengths, it grows with 2^(arguments - 1) too, and for all stretches of
places of several lengths with the states that `placing` keeps. A rule's limits bound both.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Final

from streams.matching.engine.placing import Place, Placed, all_subsets, of_any_length, of_one_length, prefixes, subsets
from streams.matching.engine.shifts import least_shifts

__all__ = ["Place", "is_moved", "is_near", "moved", "stretches"]

#: Stretches of a moved phrase that are worked out: no explanation names more places of one term.
_MOST_MOVED: Final = 10
#: A text is read in pieces of this many times the widest possible stretch.
_WIDTHS: Final = 8
#: Up to so many places, as a post has them, what makes long texts cheap costs more than it saves.
_FEW: Final = 40


def stretches(
    distance: int, arguments: Sequence[Sequence[Place]], *, ordered: bool = False, most: int | None = None
) -> list[Place]:
    """The shortest stretches from the first to the last of one place of each argument, in any order or in theirs.

    The places share no token, and at most `distance` tokens of the stretch belong to none of them. A stretch that holds
    another one is left out; they come in the order of the text, the first `most` where that is given.
    """
    return list(islice(_shortest(_ends(distance, arguments, ordered, begun=True)), most))


def is_near(distance: int, arguments: Sequence[Sequence[Place]], *, ordered: bool = False) -> bool:
    """Whether there is such a stretch at all."""
    return next(_ends(distance, arguments, ordered, begun=False), None) is not None


def moved(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> list[Place]:
    """The first ten stretches in which the words of a phrase stand, moved by at most `distance` in all.

    The shift of a word is its position less its place in the phrase; the greatest shift less the least is at most
    `distance`. So two words in their order may have `distance` others between, in the other order two fewer. This is
    Lucene's sloppy phrase, and as X documents its `"a b"~N`. A word that the phrase has twice stands twice. Of each
    least shift the words that come first are taken, and no stretch lies inside another.
    """
    return list(islice(_shortest(_moved(distance, words, positions)), _MOST_MOVED))


def is_moved(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> bool:
    """Whether there is such a stretch at all."""
    return least_shifts(distance, words, positions)[0] != 0


def _shortest(found: Iterable[Place]) -> Iterator[Place]:
    """Those that hold no other one, of stretches in the order of their ends."""
    last: Place | None = None
    for start, end in found:
        if last is not None:
            if start <= last[0]:
                continue
            if end > last[1]:
                yield last
        last = start, end
    if last is not None:
        yield last


def _moved(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> Iterator[Place]:
    """The stretch from each shift that can be the least; neither beginnings nor ends ever go back."""
    possible, least = least_shifts(distance, words, positions)
    while possible:
        ahead = (possible & -possible).bit_length() - 1
        least += ahead
        # Every word takes the first place that is left to it. Places of one word are taken in the order of the phrase:
        # exchanging two of them helps neither.
        taken: dict[str, int] = {}
        start = end = first = -1
        for place, word in enumerate(words):
            known = positions[word]
            index = max(bisect_left(known, least + place), taken.get(word, 0))
            taken[word] = index + 1
            at = known[index]
            if start < 0 or at < start:
                start, first = at, place
            end = max(end, at)
        yield start, end
        # Until its first word has to leave its place, every stretch begins there.
        step = start - first + 1 - least
        possible >>= ahead + step
        least += step


def _ends(distance: int, arguments: Sequence[Sequence[Place]], ordered: bool, begun: bool) -> Iterator[Place]:
    """Stretches in the order of their ends, the shortest of each end among them; their beginnings only if `begun`."""
    if not all(arguments):
        return
    if sum(map(len, arguments)) <= _FEW:
        placed = sorted((start, end, index) for index, places in enumerate(arguments) for start, end in places)
        count = len(arguments)
        yield from of_any_length(distance, placed, prefixes(count) if ordered else all_subsets((0,) * count))
        return
    # No stretch is wider than this. So a text is read in pieces that overlap by as much, and where an argument has no
    # place it is not read at all.
    width = distance + sum(max(end - start + 1 for start, end in places) for places in arguments)
    every = [sorted(places) for places in arguments]
    indexes = [0] * len(every)
    begin = -width
    while True:
        indexes = [bisect_left(places, (begin,), index) for places, index in zip(every, indexes, strict=True)]
        if any(index == len(places) for places, index in zip(every, indexes, strict=True)):
            return
        begin = max(begin, max(places[index][0] for places, index in zip(every, indexes, strict=True)) - width)
        finish = begin + _WIDTHS * width
        piece = [
            places[bisect_left(places, (begin,), index) : bisect_left(places, (finish,), index)]
            for places, index in zip(every, indexes, strict=True)
        ]
        if all(piece):
            for stretch in _of_piece(distance, piece, ordered, begun):
                if not begun or begin + width <= stretch[1] < finish:
                    yield stretch
        begin = finish - width


def _of_piece(distance: int, arguments: list[list[Place]], ordered: bool, begun: bool) -> Iterator[Place]:
    count = len(arguments)
    lengths = [{end - start + 1 for start, end in places} for places in arguments]
    greatest = [max(each) for each in lengths]
    longest = sum(greatest)
    placed = sorted((start, end, index) for index, places in enumerate(arguments) for start, end in places)
    placed = _covered(placed, distance + longest, count)
    if not placed:
        return
    if ordered or max(map(len, lengths)) > 1:
        before = prefixes(count) if ordered else subsets(arguments)
        if begun and max(map(len, lengths)) > 1:
            yield from of_any_length(distance, placed, before)
        else:
            yield from of_one_length(distance, greatest, placed, before)
        return
    # Each argument's places are of one length: how many tokens of a stretch are foreign is known from its ends, so that
    # arguments that contend for no token needn't know of each other.
    groups = _contending(placed, count)
    latest = [-1] * len(groups)
    for end, group, start in merge(
        *(_of_group(distance, longest, placed, arguments, group, number) for number, group in enumerate(groups))
    ):
        if start > latest[group]:
            latest[group] = start
            first = min(latest)
            if first >= 0 and end - first + 1 - longest <= distance:
                yield first, end


def _of_group(
    distance: int, longest: int, placed: list[Placed], arguments: list[list[Place]], group: list[int], number: int
) -> Iterator[tuple[int, int, int]]:
    """End, the group's number and beginning for each stretch of these arguments alone, in the order of their ends."""
    own = [arguments[index] for index in group]
    if len(own) == 1:
        yield from ((end, number, start) for start, end in own[0])
        return
    at = {index: at for at, index in enumerate(group)}
    lengths = [places[0][1] - places[0][0] + 1 for places in own]
    places = [(start, end, at[index]) for start, end, index in placed if index in at]
    # Tokens of the others may stand among these.
    found = of_one_length(distance + longest - sum(lengths), lengths, places, subsets(own))
    yield from ((end, number, start) for start, end in found)


def _contending(placed: list[Placed], count: int) -> list[list[int]]:
    """The arguments in groups: two whose places share a token are in one."""
    group = list(range(count))
    reached = [-1] * count
    furthest = -1
    for start, end, index in placed:
        if start <= furthest:
            for other, its_end in enumerate(reached):
                if its_end >= start and group[other] != group[index]:
                    group = [group[index] if each == group[other] else each for each in group]
                    if len(set(group)) == 1:
                        return [list(range(count))]
        reached[index] = max(reached[index], end)
        furthest = max(furthest, end)
    return [[index for index in range(count) if group[index] == each] for each in sorted(set(group))]


def _covered(placed: list[Placed], width: int, count: int) -> list[Placed]:
    """The places that lie in some window of so many tokens in which a place of every argument begins."""
    holds = [0] * count
    missing = count
    left = given = 0
    found = []
    for right, (start, _, index) in enumerate(placed):
        missing -= not holds[index]
        holds[index] += 1
        while start - placed[left][0] >= width:
            holds[placed[left][2]] -= 1
            missing += not holds[placed[left][2]]
            left += 1
        if not missing:
            found += placed[max(left, given) : right + 1]
            given = right + 1
    return found
