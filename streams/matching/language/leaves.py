"""What a single lexeme stands for: a term, an operator with its value, a lemma, a reference.

Owns the errors of what an operator is called and what its value looks like. Knows no grammar.
"""

import re
from typing import Final, NoReturn, get_args

from streams.matching import limits
from streams.matching.language import elsewhere
from streams.matching.language.errors import error, shown
from streams.matching.language.lexemes import SIGILS, Kind, Lexeme
from streams.matching.language.syntax import Field, Lemma, Node, PartOfSpeech, Quoted, Reference, Term
from streams.matching.operators import ALIASES, OPERATORS, SUBSTITUTES, nearest
from streams.matching.texts import text

QUOTED: Final = "quoted"
#: The names that a person can write; an operator that is only used inside has none.
NAMES: Final = (*filter(str.isidentifier, OPERATORS), "part", "claim", "list", QUOTED, "lemma")
#: What may stand in a word beside letters: apostrophes, a hyphen, a stress mark.
_IN_WORDS: Final = "'’ʼ-\u0301"
#: Operators whose value is words, all that an address is not.
_WORDS: Final = frozenset(
    {QUOTED, "title", "body", "bio", "bio_name", "bio_location", "place", "url_title", "url_description"}
)
_SIGNS: Final = re.compile(r"[|~^]|&&")
_PARTS_OF_SPEECH: Final = get_args(PartOfSpeech)


def term(written: str, *, prefix: bool = False, cased: bool = False, at: int = 0) -> Term:
    """The term of a piece of text; without any token when it holds neither letter, digit nor emoji."""
    kept = text.tokens(written, accents=True, case=cased)
    accented = kept != text.tokens(written, case=cased)
    shown = f"{'=' if cased else ''}{written}{'*' if prefix else ''}"
    return Term(tuple(kept), prefix, accented, cased, shown, at)


def words(rule: str, lexeme: Lexeme, *, cased: bool = False) -> Term:
    """The term of a word, phrase or prefix. Raises `RuleError`."""
    name, _, value = lexeme.text.partition("=") if "=" in lexeme.text else ("", "", "")
    if lexeme.kind == "word" and not cased and name.casefold() in NAMES:
        fix = f"write {name.casefold()}:{shown(value)}, or quote the whole if it is text"
        raise error(rule, lexeme.at + len(name), f"found '=' after the name of an operator, expected ':'; {fix}")
    found = term(lexeme.text, prefix=lexeme.kind == "prefix", cased=cased, at=lexeme.at)
    if not found.tokens:
        raise error(
            rule, lexeme.at, f"found {lexeme}, expected letters, digits or an emoji: all else only separates words"
        )
    if found.prefix and sum(map(len, found.tokens)) < limits.PREFIX:
        raise error(
            rule,
            lexeme.at,
            f"found the prefix {lexeme}, expected at least {limits.PREFIX} letters before *; write the words out",
        )
    return found


def operator(rule: str, lexeme: Lexeme) -> Node:
    """The node of an operator and its value. Raises `RuleError`."""
    name = _name(rule, lexeme)
    if not lexeme.value:
        raise error(
            rule,
            lexeme.at,
            f"found '{name}:' without a value, expected one right after the colon; remove the space or quote the value",
        )
    match name:
        case "part" | "claim" | "list":
            return Reference(name, lexeme.value, lexeme.at)
        case "lemma":
            return _lemma(rule, lexeme)
        case "quoted":
            _refuse_elsewhere(rule, lexeme, name)
            return _quoted(rule, lexeme)
    _refuse_elsewhere(rule, lexeme, name)
    try:
        return Field(name, OPERATORS[name].key(lexeme.value), lexeme.at)
    except ValueError as problem:
        raise error(rule, lexeme.at, f"found {lexeme}, {problem}") from None


def refuse_scope(rule: str, lexeme: Lexeme) -> NoReturn:
    """Raise `RuleError` for an operator before a group."""
    name = _name(rule, lexeme)
    raise error(rule, lexeme.at, f"found a group after '{name}:', expected one value; write ({name}:… OR {name}:…)")


def _name(rule: str, lexeme: Lexeme) -> str:
    name = lexeme.text.casefold()
    name = ALIASES.get(name, name)
    if name in SIGILS or name in NAMES:
        return name
    written = f"'{shown(lexeme.text)}:'"
    if name in SUBSTITUTES:
        raise error(rule, lexeme.at, f"found {written}, which has no meaning here; {SUBSTITUTES[name]}")
    if name in ("http", "https"):
        address = shown(lexeme.value.strip("/"))
        raise error(rule, lexeme.at, f'found an address, expected an operator; write url:"{address}"')
    if not lexeme.value:
        raise error(rule, lexeme.at, f"found {written} without a value; leave out the colon if it is a word")
    raise error(
        rule, lexeme.at, f"found the unknown operator {written}{nearest(name, NAMES)}; quote the whole if it is text"
    )


def _refuse_elsewhere(rule: str, lexeme: Lexeme, name: str) -> None:
    """Raise `RuleError` for another language's signs in a value that stands for words, unless it is in quotes."""
    at = lexeme.at + len(lexeme.text) + 1
    if name not in _WORDS or rule[at] == '"':
        return
    found = elsewhere.refused(rule, at, lexeme.value)
    if found is not None:
        raise error(rule, at + found[0], found[1])
    sign = _SIGNS.search(lexeme.value)
    if sign is not None:
        fix = f"write one word after each {name}:, or quote the value if it is text"
        raise error(rule, at + sign.start(), f"found '{sign[0]}' in a value, expected letters; {fix}")


def _lemma(rule: str, lexeme: Lexeme) -> Lemma:
    word, slash, written = lexeme.value.partition("/")
    if word.endswith("*"):
        raise error(rule, lexeme.at, f"found {lexeme}, expected a whole word; leave out lemma: for a prefix, or the *")
    part = next((each for each in _PARTS_OF_SPEECH if each == written), None)
    if slash and part is None:
        expected = ", ".join(f"/{each}" for each in _PARTS_OF_SPEECH)
        hint = nearest(written, _PARTS_OF_SPEECH)
        raise error(rule, lexeme.at, f"found '/{shown(written)}' after a lemma, expected {expected}{hint}")
    if not text.tokens(word) or not all(each.isalnum() or each in _IN_WORDS for each in word):
        raise error(
            rule, lexeme.at, f"found {lexeme}, expected one word; for several write before(0, lemma:…, lemma:…)"
        )
    return Lemma(word, part, lexeme.at)


def _quoted(rule: str, lexeme: Lexeme) -> Quoted:
    if lexeme.value[0] == "-":
        fix = f"write -quoted:{shown(lexeme.value[1:])}"
        raise error(rule, lexeme.at, f"found an exclusion after 'quoted:', expected a word or a group; {fix}")
    if lexeme.value[0] in f"{SIGILS}=" or ":" in lexeme.value:
        fix = f"write quoted:({shown(lexeme.value)})"
        raise error(rule, lexeme.at, f"found an operator after 'quoted:', expected a word or a group; {fix}")
    kind: Kind = "prefix" if lexeme.value.endswith("*") else "phrase"
    return Quoted(words(rule, Lexeme(kind, lexeme.value.removesuffix("*"), lexeme.at)), lexeme.at)
