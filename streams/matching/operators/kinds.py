"""What an operator on a record's fields is, and the kinds there are: values, words, pieces of addresses, numbers.

An operator looks at a record once (`look`), and each rule that uses it tests what was seen. It also says by which index
value a rule can be found, so that rules without words are not tried on every record. An absent field makes every
operator false. Knows how operators behave, not which there are.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol, TypeAlias

from schemas import Article, Post

Record: TypeAlias = Post | Article

#: A field's path in the record, and first and one past last character of what is meant there (0, 0: the field itself).
Evidence: TypeAlias = tuple[str, int, int]
#: A value that can be asked for in several ways of writing, and where it stands.
Reading: TypeAlias = tuple[Evidence, tuple[str, ...]]
#: The names that stand in a text: the path of the text and the text, the path of the names and the names.
Named: TypeAlias = tuple[str, str, str, tuple[str, ...]]

#: The index value of every record that has something to look at: what finds a rule whose key has no value of its own.
ANY: Final = "*"


class Operator(Protocol):
    """An operator by its name; a rule's value is turned into a key once, when the rule is parsed."""

    #: Whether it cannot stand below `-`.
    positive_only: ClassVar[bool]

    @property
    def name(self) -> str: ...

    def key(self, value: str) -> str:
        """The value in its one normal way of writing, which is its own key. ValueError says what was expected."""

    def look(self, record: Record) -> Any:
        """What `holds` asks of, worked out once a record."""

    def holds(self, key: str) -> Callable[[Any], bool]:
        """The test of what `look` saw."""

    def anchor(self, key: str) -> str | None:
        """A value that `index` gives for every record of which the key is true; None where there is no such value."""

    def index(self, record: Record) -> Iterable[str]:
        """The values under which rules with this operator may be found."""

    def share(self, key: str) -> float:
        """A rough share of records of which a key is true, or that `index` gives an anchor for."""

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        """Where in the record it is seen that the key is true of it."""


@dataclass(frozen=True, slots=True)
class Values:
    """True where the key is among the values that `read` gets from a record; `parse` makes a key of a rule's value."""

    positive_only: ClassVar[bool] = False

    name: str
    parse: Callable[[str], str]
    read: Callable[[Record], Iterable[Reading]]
    usual: float
    #: What is met more often or more rarely than usual.
    shares: Mapping[str, float] = field(default_factory=dict, hash=False)

    def key(self, value: str) -> str:
        return self.parse(value)

    def look(self, record: Record) -> frozenset[str]:
        return frozenset(self.index(record))

    def holds(self, key: str) -> Callable[[frozenset[str]], bool]:
        return lambda seen: key in seen

    def anchor(self, key: str) -> str | None:
        return key

    def index(self, record: Record) -> Iterable[str]:
        return [value for _, values in self.read(record) for value in values]

    def share(self, key: str) -> float:
        return self.shares.get(key, self.usual)

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        return [where for where, values in self.read(record) if key in values]


@dataclass(frozen=True, slots=True)
class Names:
    """True where the key is among the names that texts hold behind a sign: hashtags, tickers, mentions.

    `ways` gives the keys under which a name can be asked for.
    """

    positive_only: ClassVar[bool] = False

    name: str
    parse: Callable[[str], str]
    ways: Callable[[str], tuple[str, ...]]
    read: Callable[[Record], list[Named]]
    usual: float

    def key(self, value: str) -> str:
        return self.parse(value)

    def look(self, record: Record) -> frozenset[str]:
        return frozenset(self.index(record))

    def holds(self, key: str) -> Callable[[frozenset[str]], bool]:
        return lambda seen: key in seen

    def anchor(self, key: str) -> str | None:
        return key

    def index(self, record: Record) -> Iterable[str]:
        found: list[str] = []
        for _, _, _, names in self.read(record):
            for name in names:
                found += self.ways(name)
        return found

    def share(self, key: str) -> float:
        return self.usual

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        found: list[Evidence] = []
        for path, text, listed, names in self.read(record):
            meant = {name for name in names if key in self.ways(name)}
            if not meant:
                continue
            places = {place for name in meant for place in _behind_sign(self.name, name, text)}
            found += [(path, start, end) for start, end in sorted(places)] or [(listed, 0, 0)]
        return found


def _behind_sign(sign: str, name: str, text: str) -> list[tuple[int, int]]:
    fullwidth = chr(ord(sign) + 0xFEE0)
    pattern = f"[{sign}{fullwidth}]{re.escape(name.lstrip(sign))}(?!\\w)"
    return [found.span() for found in re.finditer(pattern, text, re.IGNORECASE)]


@dataclass(frozen=True, slots=True)
class Range:
    """True where a number lies between two: the key is `MIN` or `MIN..MAX`, both ends included."""

    positive_only: ClassVar[bool] = False

    name: str
    parse: Callable[[str], str]
    read: Callable[[Record], int | None]
    #: The path of the number.
    path: str
    #: A number that about half of all records reach.
    median: int

    def key(self, value: str) -> str:
        return self.parse(value)

    def look(self, record: Record) -> int | None:
        return self.read(record)

    def holds(self, key: str) -> Callable[[int | None], bool]:
        low, high = _ends(key)
        if high is None:
            return lambda number: number is not None and number >= low
        return lambda number: number is not None and low <= number <= high

    def anchor(self, key: str) -> str | None:
        return _STEPS[len(str(_ends(key)[0])) - 1]

    def index(self, record: Record) -> Iterable[str]:
        # A number that reaches MIN has at least as many digits.
        number = self.read(record)
        return () if number is None or number < 0 else _STEPS[: len(str(number))]

    def share(self, key: str) -> float:
        low, high = _ends(key)
        return self._reach(low) - (0 if high is None else self._reach(high + 1))

    def _reach(self, number: int) -> float:
        return self.median / (self.median + number)

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        return ((self.path, 0, 0),)


_STEPS: Final = tuple(str(10**digits) for digits in range(40))


def _ends(key: str) -> tuple[int, int | None]:
    low, _, high = key.partition("..")
    return int(low), int(high) if high else None


@dataclass(frozen=True, slots=True)
class Sample:
    """True of N of 100 records, always the same ones: by a hash of the record's own key.

    Nothing has to be there for it, so it finds no rule and is not turned around: `sample:90` takes the share that
    `-sample:10` would.
    """

    positive_only: ClassVar[bool] = True

    name: str
    parse: Callable[[str], str]

    def key(self, value: str) -> str:
        return self.parse(value)

    def look(self, record: Record) -> int:
        digest = hashlib.blake2b(record.key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % 100

    def holds(self, key: str) -> Callable[[int], bool]:
        size = int(key)
        return lambda number: number < size

    def anchor(self, key: str) -> str | None:
        return None

    def index(self, record: Record) -> Iterable[str]:
        return ()

    def share(self, key: str) -> float:
        return int(key) / 100

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        return ()
