"""Moved phrases: from which shifts on every word of a phrase has a place of its own.

All shifts are tried at once, as the bits of one number: a few hundred operations on it, however many the places.
"""

from collections.abc import Mapping, Sequence


def least_shifts(distance: int, words: Sequence[str], positions: Mapping[str, Sequence[int]]) -> tuple[int, int]:
    """From which shifts on all words have a place each within the distance: a set bit for each, and what bit 0 is."""
    wanted: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        wanted.setdefault(word, []).append(place)
    if any(len(positions[word]) < len(places) for word, places in wanted.items()):
        return 0, 0
    origin = min(positions[word][0] for word in wanted) - len(words)
    found = -1
    for word, places in wanted.items():
        standing = _bits(positions[word], origin)
        if len(places) == 1:
            found &= _windows(standing, distance + 1) >> places[0]
        else:
            found = _enough(standing, places, distance, found)
        if not found:
            break
    return found, origin


def _bits(positions: Sequence[int], origin: int) -> int:
    last = positions[-1]
    digits = bytearray(b"0") * (last - origin + 1)
    for at in positions:
        digits[last - at] = 49  # the digit 1
    return int(digits, 2)


def _windows(standing: int, width: int) -> int:
    """Where a window of so many tokens begins that holds a place."""
    covered = 1
    while covered < width:
        step = min(covered, width - covered)
        standing |= standing >> step
        covered += step
    return standing


def _enough(standing: int, places: Sequence[int], distance: int, found: int) -> int:
    """Those of the shifts found from which a word that stands at several places of the phrase has a place for each."""
    # The windows of the places are equally long. So by Hall's theorem there is one for each if, of any places from one
    # to another, the windows together hold as many. Windows are counted for all shifts at once: bit n of `sums[i]` is
    # bit i of the number of places in the window that begins at n; `more` says where it has outgrown them.
    sums, more = [0] * len(places).bit_length(), 0
    conditions: dict[int, list[tuple[int, int]]] = {}
    for number, first in enumerate(places):
        for count, last in enumerate(places[number:], 1):
            conditions.setdefault(distance + last - first, []).append((first, count))
    for width in range(distance + places[-1] - places[0] + 1):
        carry = standing >> width
        for index, each in enumerate(sums):
            sums[index], carry = each ^ carry, each & carry
        more |= carry
        for first, count in conditions.get(width, ()):
            reached = -1
            for index, each in enumerate(sums):
                reached = each & reached if count >> index & 1 else each | reached
            found &= (reached | more) >> first
        if not found:
            break
    return found
