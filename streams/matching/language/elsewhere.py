"""Signs and operators that other search languages have and this one has not: what to write instead.

Owns what is refused because it can mean nothing here: regular expressions and wildcards, brackets, ranges, operators of
nearness between two terms. What may be meant as written is warned about, by `events/habits.py`. Names of operators on
fields stand in `operators/elsewhere.py`.
"""

import re
from typing import Final

from streams.matching import limits
from streams.matching.language.errors import shown

_SPELLINGS: Final = "write each spelling, with OR between them"
_QUOTE: Final = "or quote the whole if it is text"
_NONE: Final = "there are no regular expressions here"

#: Without one of these a word has nothing of what follows: rules are read by the ten thousand.
_SUSPECT: Final = re.compile(r"[/\[\]{}\\;?]|\.[.+*]|\*\+|[A-Za-z]:\d|[A-Z]~?\d")
_REGULAR: Final = re.compile(r"/(?=.*(?:[\[\]\\|^$?+{}]|\.\*)).+/[a-z]*")
_RANGE: Final = re.compile(r"[\[{]\S+\s+TO\s+[^\s\]}]+[\]}]?")
_BRACKET: Final = re.compile(r"[\[\]{}]")
_ONE_LETTER: Final = re.compile(r"(?<=\w)\?(?=\w)|^\?+(?=[\w:=!<])")
_ADDRESS: Final = re.compile(r"[./=]")
_ANY_LETTERS: Final = re.compile(r"\.[+{?]|\*[?+]|\.\*(?=.)")
_NUMBERS: Final = re.compile(r"\d+\.\.\d+")

#: Operators of nearness with the greatest number of words between: NEAR/4, near:4, w/4, pre/4, /5; ADJ3.
_NEAR: Final = re.compile(
    r"(?:(?:o?near|w|wn|n|pre|p|adj|o?next|before|within|around|same)?/|/n|(?:near|within|adj):)(\d+)", re.IGNORECASE
)
_NEAR_GLUED: Final = re.compile(r"(?:O?NEAR|ADJ|NEXT|PRE|AROUND)~?(\d+)")
_ORDERED: Final = ("on", "ne", "p", "b")
_SAME_SENTENCE: Final = re.compile(r"w?/(?:s|sent|p|para|seg)", re.IGNORECASE)
_CONNECTIVES: Final = frozenset(["and", "or", "not"])
#: The term on either side of an operator, where it is a single one.
_BEFORE: Final = re.compile(r'(?:^|[\s(])([^\s()",:#@$-][^\s()",:]*|"[^"]*")\s+$')
_AFTER: Final = re.compile(r'\s+([^\s()",:#@$-][^\s()",:]*|"[^"]*")(?=[\s)]|$)')

#: Functions that others have -> what to write.
_FUNCTIONS: Final = {
    "around": "write near(3, a, b)",
    "within": "write near(3, a, b)",
    "adj": "write near(3, a, b)",
    "atl": "leave it out: how often a post has a word is not counted",
    "caps": "write = before the word, as in =NATO",
    "allcaps": "write = before the word, as in =NATO",
    "nocaps": "leave it out: case does not matter",
    "headline": "write title: before each word",
    "hlead": "write title: before each word",
    "any": "write (a OR b)",
    "all": "leave it out: a space already means and",
    "count": "leave it out: how often a post has a word is not counted",
    "singular": "leave it out: a word is true of this form alone",
    "plural": "write the plural",
    "regex": f"{_NONE}; {_SPELLINGS}",
}


def refused(text: str, at: int, word: str) -> tuple[int, str] | None:
    """Where in a word that begins at this offset another language's sign stands, and the error; None without one."""
    if not _SUSPECT.search(word):
        return None
    return _nearness(text, at, word) or _brackets(text, at, word) or _wildcards(word)


def function(name: str) -> str | None:
    """What to write for a function that other languages have; None of a name that none has."""
    bare = name.casefold().rstrip("0123456789")
    return _FUNCTIONS.get("atl" if bare == "atleast" and bare != name.casefold() else bare)


def _nearness(text: str, at: int, word: str) -> tuple[int, str] | None:
    is_cased = text[at - 1 : at] == "="  # whose capitals are meant: =NEAR4 is text
    counted = _NEAR.fullmatch(word) or (None if is_cased else _NEAR_GLUED.fullmatch(word))
    if counted is not None:
        ordered = word.casefold().startswith(_ORDERED) and not word.casefold().startswith("near")
        distance = min(int(counted[1][:6]), limits.DISTANCE)
        before, after = _beside(text, at, at + len(word))
        instead = f"{'before' if ordered else 'near'}({distance}, {before}, {after})"
    elif _SAME_SENTENCE.fullmatch(word):
        before, after = _beside(text, at, at + len(word))
        instead = f"sentence({before}, {after})"
    else:
        return None
    return 0, f"found '{word}' between terms, expected a function; write {instead}, {_QUOTE}"


def _beside(text: str, start: int, end: int) -> tuple[str, str]:
    """The terms before and after an operator, as its function would have them; a and b where one of them is none."""
    before, after = _BEFORE.search(text[:start]), _AFTER.match(text, end)
    if before is None or after is None or not _CONNECTIVES.isdisjoint([before[1].lower(), after[1].lower()]):
        return "a", "b"
    return before[1], after[1]


def _brackets(text: str, at: int, word: str) -> tuple[int, str] | None:
    if _REGULAR.fullmatch(word):
        return 0, f"found the regular expression '{shown(word)}', expected words: {_NONE}; {_SPELLINGS}, {_QUOTE}"
    span = _RANGE.match(text, at)
    if span is not None:
        found = f"found the range '{shown(span[0])}', expected a term: only counts have ranges"
        return 0, f"{found}; write followers_count:1..5, {_QUOTE}"
    bracket = _BRACKET.search(word)
    if bracket is None:
        return None
    if bracket.start() == 0 or word[bracket.start() :].strip("]}") == "":
        plain = "(" if bracket[0] in "[{" else ")"
        return bracket.start(), f"found '{bracket[0]}', expected {plain} around a group; write {plain}, {_QUOTE}"
    found = f"found '{bracket[0]}' in a word, expected letters: {_NONE}"
    return bracket.start(), f"{found}; {_SPELLINGS}, {_QUOTE}"


def _wildcards(word: str) -> tuple[int, str] | None:
    if "\\" in word:
        at = word.index("\\")
        return at, f"found '\\' in a word, expected letters: {_NONE}, and nothing to escape; leave it out, {_QUOTE}"
    if ";" in word and word != ";":
        return word.index(
            ";"
        ), f"found ';' in a word, expected a space, OR, or a comma in a function; write one, {_QUOTE}"
    if _NUMBERS.fullmatch(word):
        found = f"found the range '{word}', expected a term: only counts have ranges, as in followers_count:1..5"
        return 0, f"{found}; write each number, with OR between them, {_QUOTE}"
    letters = _ANY_LETTERS.search(word)
    if letters is not None:
        found = f"found '{letters[0]}' in a word, expected letters: {_NONE}"
        return letters.start(), f"{found}; write a prefix such as surrend*, {_QUOTE}"
    one = _ONE_LETTER.search(word)
    if one is not None and not _ADDRESS.search(word):
        found = "found '?' in a word, expected letters: no sign stands for one letter"
        return one.start(), f"{found}; {_SPELLINGS}, {_QUOTE}"
    return None
