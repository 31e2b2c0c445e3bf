"""What X can be asked: operators of X, all or any of them. Knows neither our rules nor how long one of X's may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Every:
    """All of these."""

    parts: tuple["Wide", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple["Wide", ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One operator of X as it is written; `alone`: X takes it as a rule, with nothing beside it."""

    written: str
    alone: bool = True


Wide: TypeAlias = Every | Either | Leaf

ANYTHING: Final = Every(())
NOTHING: Final = Either(())


def every(parts: Sequence[Wide]) -> Wide:
    """All of these, nested ones laid flat, each once."""
    if NOTHING in parts:
        return NOTHING
    flat = [each for part in parts for each in (part.parts if isinstance(part, Every) else (part,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Every(unique)


def either(parts: Sequence[Wide]) -> Wide:
    """Any of these, nested ones laid flat, each once."""
    if ANYTHING in parts:
        return ANYTHING
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Either(unique)


def stands_alone(wide: Wide) -> bool:
    """Whether X takes it as a rule: every alternative has something that can stand alone."""
    match wide:
        case Leaf(alone=alone):
            return alone
        case Every(parts):
            return any(map(stands_alone, parts))
        case Either(parts):
            return all(map(stands_alone, parts))


def written(wide: Wide, inside: bool = False) -> str:
    """As X reads it; `inside`: in parentheses where it has several parts."""
    match wide:
        case Leaf(operator):
            return operator
        case Every(parts):
            found = " ".join(written(part, True) for part in parts)
        case Either(parts):
            found = " OR ".join(written(part, True) for part in parts)
        case _:
            assert_never(wide)
    return f"({found})" if inside else found
