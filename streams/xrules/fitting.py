"""Cutting what X is to be asked into rules that are short enough."""

from collections.abc import Sequence
from typing import Final

from streams.xrules.wide import Either, Leaf, Wide, every, stands_alone, written

#: Characters of a rule: X's for Pro access (Basic has 512).
LONGEST: Final = 1_024
#: Rules that one event may take, of the thousand that Pro access has.
MOST: Final = 25


def fitted(wide: Wide, longest: int) -> list[str]:
    """Rules of at most so many characters that together contain it; none where that cannot be."""
    text = written(wide)
    if len(text) <= longest:
        return [text]
    if isinstance(wide, Either):
        return _packed(wide.parts, "", longest)
    if isinstance(wide, Leaf):
        return []
    # Some conjuncts say enough. First the shortest that can stand alone, then what fits beside it, the longest that
    # doesn't fit laid over several rules.
    parts = sorted(wide.parts, key=lambda part: (not stands_alone(part), len(written(part, True))))
    kept: list[Wide] = []
    spread: Either | None = None
    for part in parts:
        if len(written(every([*kept, part]))) <= longest // 2:
            kept.append(part)
        elif spread is None and isinstance(part, Either) and stands_alone(part):
            spread = part
    if spread is None:
        return [written(every(kept))] if kept and stands_alone(every(kept)) else []
    if not kept:
        return _packed(spread.parts, "", longest)
    rules = _packed(spread.parts, written(every(kept), inside=len(kept) == 1), longest)
    return rules if 0 < len(rules) <= MOST or not stands_alone(every(kept)) else [written(every(kept))]


def _packed(parts: Sequence[Wide], beside: str, longest: int) -> list[str]:
    """The alternatives, as many to a rule as fit, with what has to stand beside each."""
    before = f"{beside} " if beside else ""
    room = longest - len(before) - 2
    rules: list[str] = []
    held: list[str] = []
    for part in parts:
        text = written(part, True)
        if len(text) > room:
            found = fitted(part, room - 2)
            if not found:
                return []
            rules += [f"{before}({each})" for each in found]
            continue
        if held and len(" OR ".join([*held, text])) > room:
            rules.append(_joined(before, held))
            held = []
        held.append(text)
    return [*rules, _joined(before, held)] if held else rules


def _joined(before: str, alternatives: Sequence[str]) -> str:
    text = " OR ".join(alternatives)
    return f"{before}({text})" if before and len(alternatives) > 1 else before + text
