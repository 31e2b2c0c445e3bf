"""A rule of ours as what X can be asked, so that no post of X that the rule matches is left out.

What X's language lacks (prefixes, nearness) is left out where that widens a rule.
"""

from typing import Final

from streams.matching.language.rulebook import Rulebook
from streams.matching.language.syntax import (
    And,
    Field,
    Lemma,
    Near,
    Node,
    Not,
    Or,
    Proximity,
    Reference,
    Score,
    Sentence,
    Term,
)
from streams.matching.operators import PUBLISHER
from streams.xrules.wide import ANYTHING, NOTHING, Leaf, Wide, either, every

#: Operators that X has under the same name, with an account, tag or number as their value; they can stand alone.
_ALONE: Final = ("#", "$", "@", "from", "to", "retweets_of", "conversation_id", "url")
#: What a post of X may be, as both say it; X takes `is:` only beside an operator that can stand alone.
_KINDS: Final = ("retweet", "reply", "quote")
_OF_ARTICLES: Final = (("kind", "article"), ("is", "article"))
_ACCOUNTS: Final = ("@", "from", "to", "retweets_of")
#: Languages that X still calls by their old codes.
_RENAMED: Final = {"id": "in", "he": "iw", "yi": "ji"}


def wider(node: Node, book: Rulebook) -> Wide:
    """Something that is true of every post of X of which the node is true."""
    match node:
        case Term():
            return _term(node)
        case Lemma():
            return either([_word(form) for form in (node.word, *book.rules.forms[node.key])])
        case Field():
            return _field(node)
        case Reference(kind="list"):
            # Of whom a list names, X knows its own accounts alone.
            return either([_field(each) for each in book.lists[node.name]])
        case Reference():
            return wider(book.body(node), book)
        case Not(Field(name="is", key=key)) if key in _KINDS:
            return Leaf(f"-is:{key}", alone=False)
        case And(children) | Near(_, children) | Sentence(children):
            return every([wider(child, book) for child in children])
        case Proximity(phrase):
            return every([_term(Term((word,), written=word)) for word in phrase.tokens])
        case Or(children):
            return either([wider(child, book) for child in children])
        case Score(threshold, children, weights) if threshold > 0:
            return either([wider(child, book) for child, weight in zip(children, weights, strict=True) if weight > 0])
        case _:
            return ANYTHING


def _term(term: Term) -> Wide:
    if term.prefix:
        return ANYTHING
    return _word((term.written or " ".join(term.tokens)).lstrip("="))


def _word(written: str) -> Wide:
    written = " ".join(written.replace('"', " ").split())
    # For us ё is е; X looks for what is written.
    ways = dict.fromkeys([written, written.replace("ё", "е").replace("Ё", "Е")])
    return either([Leaf(way if _is_word(way) else f'"{way}"') for way in ways])


def _is_word(written: str) -> bool:
    return written.isalnum() and written.upper() not in ("AND", "OR", "NOT")


def _field(field: Field) -> Wide:
    name, key = field.name, field.key
    if name in _ACCOUNTS and "/" in key:
        platform, _, key = key.partition("/")
        if platform != "x":
            return NOTHING
    if name == "platform":
        return ANYTHING if key == "x" else NOTHING
    if (name, key) in _OF_ARTICLES or name in ("title", "body", PUBLISHER):
        return NOTHING
    if name in _ALONE:
        return Leaf(_written(name, key))
    if name == "lang":
        return Leaf(f"lang:{_RENAMED.get(key, key)}", alone=False) if len(key) == 2 else ANYTHING
    return Leaf(f"is:{key}", alone=False) if name == "is" and key in _KINDS else ANYTHING


def _written(name: str, key: str) -> str:
    if name in ("#", "$", "@"):
        return f"{name}{key}"
    return f'{name}:"{key}"' if name == "url" else f"{name}:{key}"
