"""Warnings about what reads well and may mean something else: habits of other languages, of people and of search.

What can mean nothing at all is an error of the language (`language/elsewhere.py`); here every reading is a sensible
one, but hardly the one that was meant.
"""

import re
from collections.abc import Iterator
from typing import Final

from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import And, Node, Not, Or, Term, walk

#: What `or` and `and` are in other languages, and OR with a Cyrillic letter: to a rule, words like any other.
_CONNECTIVES: Final = frozenset(
    {"oder", "und", "ou", "y", "o", "lub", "oraz", "ve", "veya", "atau"}
    | {"или", "и", "або", "чи", "та", "і", "оr", "أو", "و"}
)
_NEAR: Final = "write near(4, a, b) for words close together, before(4, a, b) for their order"
_NOT: Final = "write - before the term"
#: Operators of other search languages, as they are written: in capitals, between two terms.
_OPERATORS: Final = {
    **dict.fromkeys(["NEAR", "ONEAR", "ADJ", "NEXT", "WITHIN", "AROUND", "BEFORE", "AFTER", "FOLLOWED"], _NEAR),
    **dict.fromkeys(["SAME", "SENTENCE", "PARAGRAPH"], "write sentence(a, b) for words in one sentence"),
    **dict.fromkeys(["ANDNOT", "BUTNOT", "EXCEPT", "WITHOUT", "NICHT", "НЕ"], _NOT),
    "XOR": "write (a -b) OR (b -a)",
    "TO": "only counts have ranges, as in followers_count:1..5",
}
_COUNTED: Final = re.compile(r"[NWP]\d{1,2}")
#: A sign after a word that stands for its endings elsewhere, or for one letter.
_TRUNCATED: Final = re.compile(r"([^\W\d_]{3,})([?!$%]+)")
#: Two words that a sign joins.
_MASKED: Final = re.compile(r"([^\W\d_]+)[!#$%]([^\W\d_]+)")
_JOINED: Final = re.compile(r"([^\W\d_]{3,})([/+&])([^\W\d_]{3,})")
_IN_QUOTES: Final = re.compile(r"(?<=\s)(OR|AND|NOT|(?:NEAR|W|PRE)/\d+)(?=\s)|\|\|?|&&|(?:(?<=\s)|^)-(?=[^\W\d_])")
_QUOTED: Final = re.compile(r'(?:\w+:)?=?"')


def habits(book: Rulebook) -> list[str]:
    """A line for each habit in an event's rules, naming the rule."""
    return [
        f"{name}: {said}"
        for name, root in book.nodes.items()
        for said in dict.fromkeys(each for node in walk(root) for each in _said(node, book.texts[name]))
    ]


def _said(node: object, text: str) -> Iterator[str]:
    if isinstance(node, Term):
        yield from _in_phrase(node) if _is_quoted(node, text) else _in_word(node)
    elif isinstance(node, And):
        words = [each for each in node.children if isinstance(each, Term) and not _is_quoted(each, text)]
        yield from (said for each in words for said in _connective(each, node))
    elif isinstance(node, Or) and _excludes_from_last_alone(node, text):
        yield (
            "the exclusion holds for the last alternative alone; "
            "write (a OR b) -c for all, a OR (b -c) if this is meant"
        )


def _excludes_from_last_alone(node: Or, text: str) -> bool:
    """Whether it is written `a OR b -c`: no parentheses say what is excluded from what."""
    *others, last = node.children
    first: Node | None = last.children[0] if isinstance(last, And) else None
    at = getattr(first, "at", None)  # a group has no place of its own
    return at is not None and text[:at].rstrip().endswith("OR") and _excludes(last) and not any(map(_excludes, others))


def _excludes(node: Node) -> bool:
    return isinstance(node, And) and any(isinstance(each, Not) for each in node.children)


def _is_quoted(term: Term, text: str) -> bool:
    return _QUOTED.match(text, term.at) is not None


def _connective(term: Term, among: And) -> Iterator[str]:
    word = term.written
    if len(term.tokens) == 1 and term.tokens[0] in _CONNECTIVES:
        yield f"'{word}' is looked for as a word; write OR for or, and nothing for and, in every language"
    if among.children[0] == term or among.children[-1] == term or _is_in_capitals(among, term):
        return
    if word in _OPERATORS:
        yield f"'{word}' is looked for as a word; {_OPERATORS[word]}"
    elif _COUNTED.fullmatch(word):
        yield f"'{word}' is looked for as a word; write near({word[1:]}, a, b) for words close together"


def _is_in_capitals(among: And, operator: Term) -> bool:
    """Whether the terms beside it are all in capitals, which then say nothing."""
    others = [each for each in among.children if isinstance(each, Term) and each != operator]
    return bool(others) and all(each.written.isupper() for each in others)


def _in_word(term: Term) -> Iterator[str]:
    word = term.written.removeprefix("=")
    if truncated := _TRUNCATED.fullmatch(word):
        stem, sign = truncated.groups()
        yield (
            f"'{word}' is looked for as the word {stem}: {sign[0]} stands for no letters; write {stem}* for its "
            f'endings, "{word}" if it is text'
        )
    elif masked := _MASKED.fullmatch(word):
        yield (
            f"'{word}' is looked for as the phrase \"{' '.join(masked.groups())}\": no sign stands for a letter; write "
            f'each spelling, with OR between them, "{word}" if the phrase is meant'
        )
    elif joined := _JOINED.fullmatch(word):
        first, sign, second = joined.groups()
        meant = f"{first} OR {second}" if sign == "/" else f"{first} {second}"
        yield (
            f"'{word}' is looked for as the phrase \"{first} {second}\"; write {meant} for the words by themselves, "
            f'"{word}" if the phrase is meant'
        )


def _in_phrase(term: Term) -> Iterator[str]:
    sign = _IN_QUOTES.search(term.written)
    if sign is not None and not term.written.isupper():
        phrase = " ".join(term.tokens)
        yield f"'{sign[0]}' means nothing inside quotes: the phrase \"{phrase}\" is looked for; write it outside them"
