"""Two kinds of operator that look into texts beside the post's own: words in them, and pieces of addresses."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from streams.matching import limits
from streams.matching.operators.kinds import ANY, Evidence, Record
from streams.matching.texts import spans, text
from streams.matching.texts.shares import OF_A_PREFIX, share

#: A text, the path of the field it stands in, and at which character of the field it begins.
Piece: TypeAlias = tuple[str, int, str]
Texts: TypeAlias = Callable[[Record], Iterable[Piece]]

#: A value has at most this many characters; the longest that makes sense is a URL.
_LONGEST: Final = 2_048
#: Characters of the pieces by which rules with `url_contains:` are found, and what most addresses share.
_GRAM: Final = 4
_IN_MOST: Final = "https://www. http://www. .com/"


class Forms:
    """The texts of a record that an operator looks into, as forms, folded or with their accents when asked for."""

    __slots__ = ("_accented", "_plain", "_texts")

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._texts: Final = texts
        self._plain: tuple[str, ...] | None = None
        self._accented: tuple[str, ...] | None = None

    def plain(self) -> tuple[str, ...]:
        if self._plain is None:
            self._plain = tuple(text.form(text.tokens(each)) for each in self._texts)
        return self._plain

    def accented(self) -> tuple[str, ...]:
        if self._accented is None:
            self._accented = tuple(text.form(text.tokens(each, accents=True)) for each in self._texts)
        return self._accented


@dataclass(frozen=True, slots=True)
class Words:
    """True where a word, phrase or prefix stands in one of the texts that `texts` gets from a record.

    Words read as everywhere: whole tokens, any case, Latin accents folded unless the key has them.
    """

    positive_only: ClassVar[bool] = False

    name: str
    texts: Texts
    #: A rough share of records that have such a text at all.
    present: float
    #: Tokens that stand in more of these texts than in posts.
    common: Mapping[str, float] = field(default_factory=dict, hash=False)
    #: What a value may begin with that says nothing.
    unsaid: tuple[str, ...] = ()

    def key(self, value: str) -> str:
        if len(value) > _LONGEST:
            raise ValueError(f"expected at most {_LONGEST:,} characters")
        if value[0] in "=-!" and value.strip("=-!"):
            raise ValueError("expected a word, a phrase in quotes or a prefix; to exclude, write - before the operator")
        whole = value.removesuffix("*")
        for start in self.unsaid:
            whole = whole[len(start) :] if whole.casefold().startswith(start) else whole
        if "*" in whole:
            raise ValueError("expected * at the end only, as in surrend*")
        tokens = text.tokens(whole, accents=True)
        if not tokens:
            raise ValueError("expected letters or digits: all else only separates words")
        if whole == value or not value.endswith("*"):
            return " ".join(tokens)
        if sum(map(len, tokens)) < limits.PREFIX:
            raise ValueError(f"expected at least {limits.PREFIX} letters before *; write the words out")
        return " ".join(tokens) + "*"

    def look(self, record: Record) -> Forms:
        return Forms(tuple(found for _, _, found in self.texts(record)))

    def holds(self, key: str) -> Callable[[Forms], bool]:
        literal = f" {key[:-1]}" if key.endswith("*") else f" {key} "
        if _is_accented(key):
            return lambda seen: any(literal in form for form in seen.accented())
        return lambda seen: any(literal in form for form in seen.plain())

    def anchor(self, key: str) -> str | None:
        whole = text.tokens(key)
        if key.endswith("*"):
            whole.pop()
        return min(whole, key=self._share_of_word, default=ANY)

    def index(self, record: Record) -> Iterable[str]:
        found = {token for _, _, each in self.texts(record) for token in text.tokens(each)}
        return (*found, ANY) if found else ()

    def share(self, key: str) -> float:
        if key == ANY:
            return self.present
        *whole, last = text.tokens(key)
        least = self._share_of_word(last) * (OF_A_PREFIX if key.endswith("*") else 1)
        return self.present * min([1.0, least, *map(self._share_of_word, whole)])

    def _share_of_word(self, token: str) -> float:
        return self.common.get(token) or share(token)

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        accents, prefix = _is_accented(key), key.endswith("*")
        wanted = key.removesuffix("*").split(" ")
        found: list[Evidence] = []
        for path, at, each in self.texts(record):
            tokens = text.tokens(each, accents=accents)
            if firsts := [first for first in range(len(tokens)) if _stands(wanted, tokens, first, prefix=prefix)]:
                extents = list(spans.extents(each))
                last = len(wanted) - 1
                found += [(path, at + extents[first][0], at + extents[first + last][1]) for first in firsts]
        return found


def _is_accented(key: str) -> bool:
    return text.tokens(key) != text.tokens(key, accents=True)


def _stands(wanted: list[str], tokens: list[str], first: int, *, prefix: bool) -> bool:
    window = tokens[first : first + len(wanted)]
    if not prefix or len(window) < len(wanted):
        return window == wanted
    return window[:-1] == wanted[:-1] and window[-1].startswith(wanted[-1])


@dataclass(frozen=True, slots=True)
class Contains:
    """True where the key stands in one of the texts as it is written, across words and within them, in any case."""

    positive_only: ClassVar[bool] = False

    name: str
    texts: Texts
    #: A rough share of records that have such a text at all.
    present: float

    def key(self, value: str) -> str:
        if not 2 <= len(value) <= _LONGEST:
            raise ValueError(f"expected 2 to {_LONGEST:,} characters of an address, such as /status/")
        return value.casefold()

    def look(self, record: Record) -> tuple[str, ...]:
        return tuple(found.casefold() for _, _, found in self.texts(record))

    def holds(self, key: str) -> Callable[[tuple[str, ...]], bool]:
        return lambda seen: any(key in each for each in seen)

    def anchor(self, key: str) -> str | None:
        grams = sorted(_grams(key))
        # What most addresses share finds too much, punctuation more than letters.
        return min(grams, key=lambda gram: (gram in _IN_MOST, not gram.isalnum()), default=ANY)

    def index(self, record: Record) -> Iterable[str]:
        found = self.look(record)
        return {ANY}.union(*map(_grams, found)) if found else ()

    def share(self, key: str) -> float:
        return self.present * (1 if key == ANY else 0.9 if key in _IN_MOST else 0.5 / len(key) ** 2)

    def evidence(self, key: str, record: Record) -> Iterable[Evidence]:
        found: list[Evidence] = []
        for path, at, each in self.texts(record):
            if key in each.casefold():
                places = [place.span() for place in re.finditer(re.escape(key), each, re.IGNORECASE)]
                # Folding may have changed the letters themselves: then the whole address is meant.
                found += [(path, at + start, at + end) for start, end in places or [(0, len(each))]]
        return found


def _grams(address: str) -> set[str]:
    return {address[start : start + _GRAM] for start in range(len(address) - _GRAM + 1)}
