"""Our rules in X's language: for each event the rules whose posts contain every post of X that the event matches.

What X's language lacks (prefixes, nearness) is left out where that widens a rule; the matcher decides afterwards. An
event may say in a part of its own, `on-x`, what X is to be asked instead. Pure. Two things X reads more narrowly than
we do, and no rule can mend that: it compares accents as they are written, and finds no words in a quoted post's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from schemas import TrackedEvent
from streams.ingest.x.rules import TAG, Rule
from streams.matching.events.check import ON_X
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

#: Characters of a rule: X's for Pro access (Basic has 512).
LONGEST: Final = 1_024
#: Rules that one event may take, of the thousand that Pro access has.
MOST: Final = 25

#: Operators that X has under the same name, with an account, tag or number as their value; they can stand alone.
_ALONE: Final = ("#", "$", "@", "from", "to", "retweets_of", "conversation_id", "url")
#: What a post of X may be, as both say it; X takes `is:` only beside an operator that can stand alone.
_KINDS: Final = ("retweet", "reply", "quote")
_OF_ARTICLES: Final = (("kind", "article"), ("is", "article"))
_ACCOUNTS: Final = ("@", "from", "to", "retweets_of")
#: Languages that X still calls by their old codes.
_RENAMED: Final = {"id": "in", "he": "iw", "yi": "ji"}


class Untranslatable(Exception):
    """The event has no rule on X; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Every:
    """All of these: what each of X's posts has to have; `alone` says that X takes it as a rule."""

    parts: tuple["Wide", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of these."""

    parts: tuple["Wide", ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One operator of X as it is written."""

    written: str
    alone: bool = True


Wide: TypeAlias = Every | Either | Leaf

ANYTHING: Final = Every(())
NOTHING: Final = Either(())


def rules_of(event: TrackedEvent, longest: int = LONGEST) -> list[Rule]:
    """X's rules for an event, each with the event's tag. Raises `Untranslatable`, or `RuleError` for a rule of ours."""
    book = Rulebook(event)
    wide = _wider(book.nodes.get(f"parts.{ON_X}", book.nodes["match"]), book)
    if wide == NOTHING:
        raise Untranslatable(f"the event {event.id!r} matches nothing on X: it is left out of X's rules")
    values = _fitted(wide, longest) if _alone(wide) else []
    if not values:
        raise Untranslatable(
            f"the event {event.id!r} has no rule on X: one alternative of its rule has no word, phrase, tag, link or "
            f"account that X must find (X knows no prefixes such as kursk*); say what X is to be asked in a part {ON_X}"
        )
    if len(values) > MOST:
        raise Untranslatable(
            f"the event {event.id!r} would take {len(values)} rules of {longest} characters on X, {MOST} are the most: "
            f"write a shorter one, for X to be asked, in a part {ON_X}"
        )
    return [Rule(value, TAG + event.id) for value in values]


def _wider(node: Node, book: Rulebook) -> Wide:
    """Something that is true of every post of X of which the node is true."""
    match node:
        case Term():
            return _term(node)
        case Lemma():
            return _any([_word(form) for form in (node.word, *book.rules.forms[node.key])])
        case Field():
            return _field(node)
        case Reference(kind="list"):
            # Of whom a list names, X knows its own accounts alone.
            return _any([_field(each) for each in book.lists[node.name]])
        case Reference():
            return _wider(book.body(node), book)
        case Not(Field(name="is", key=key)) if key in _KINDS:
            return Leaf(f"-is:{key}", alone=False)
        case And(children) | Near(_, children) | Sentence(children):
            return _all([_wider(child, book) for child in children])
        case Proximity(phrase):
            return _all([_term(Term((word,), written=word)) for word in phrase.tokens])
        case Or(children):
            return _any([_wider(child, book) for child in children])
        case Score(threshold, children, weights) if threshold > 0:
            return _any([_wider(child, book) for child, weight in zip(children, weights, strict=True) if weight > 0])
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
    return _any([Leaf(way if _is_word(way) else f'"{way}"') for way in ways])


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


def _all(parts: Sequence[Wide]) -> Wide:
    if NOTHING in parts:
        return NOTHING
    flat = [each for part in parts for each in (part.parts if isinstance(part, Every) else (part,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Every(unique)


def _any(parts: Sequence[Wide]) -> Wide:
    if ANYTHING in parts:
        return ANYTHING
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Either(unique)


def _alone(wide: Wide) -> bool:
    """Whether X takes it as a rule: every alternative has something that can stand alone."""
    match wide:
        case Leaf(alone=alone):
            return alone
        case Every(parts):
            return any(map(_alone, parts))
        case Either(parts):
            return all(map(_alone, parts))


def _text(wide: Wide, inside: bool = False) -> str:
    match wide:
        case Leaf(written):
            return written
        case Every(parts):
            found = " ".join(_text(part, True) for part in parts)
        case Either(parts):
            found = " OR ".join(_text(part, True) for part in parts)
        case _:
            assert_never(wide)
    return f"({found})" if inside else found


def _fitted(wide: Wide, longest: int) -> list[str]:
    """Rules of at most so many characters that together contain it; none where that cannot be."""
    text = _text(wide)
    if len(text) <= longest:
        return [text]
    if isinstance(wide, Either):
        return _packed(wide.parts, "", longest)
    if isinstance(wide, Leaf):
        return []
    # Some conjuncts say enough. First the shortest that can stand alone, then what fits beside it, the longest that
    # doesn't fit laid over several rules.
    parts = sorted(wide.parts, key=lambda part: (not _alone(part), len(_text(part, True))))
    kept: list[Wide] = []
    spread: Either | None = None
    for part in parts:
        if len(_text(_all([*kept, part]))) <= longest // 2:
            kept.append(part)
        elif spread is None and isinstance(part, Either) and _alone(part):
            spread = part
    if spread is None:
        return [_text(_all(kept))] if kept and _alone(_all(kept)) else []
    if not kept:
        return _packed(spread.parts, "", longest)
    rules = _packed(spread.parts, _text(_all(kept), inside=len(kept) == 1), longest)
    return rules if 0 < len(rules) <= MOST or not _alone(_all(kept)) else [_text(_all(kept))]


def _packed(parts: Sequence[Wide], beside: str, longest: int) -> list[str]:
    """The alternatives, as many to a rule as fit, with what has to stand beside each."""
    before = f"{beside} " if beside else ""
    room = longest - len(before) - 2
    rules: list[str] = []
    held: list[str] = []
    for part in parts:
        text = _text(part, True)
        if len(text) > room:
            found = _fitted(part, room - 2)
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
