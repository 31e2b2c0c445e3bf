"""Russian and Ukrainian words of the same root that are dictionary forms of their own, for an editor to add to a rule.

Owns the stems of a word and the endings that make verbs, nouns of the action, adjectives and persons of them; the
dictionary judges which exist. It has no frequencies, so that of each kind only the first found is offered.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

#: By the language and class of the word given: kinds of words to make, the most telling first, as the class of the word
#: made and the endings to try on each stem, the likeliest first.
_KINDS: Final[dict[tuple[str, str], list[tuple[str, list[str]]]]] = {
    (language, kind): [(made, endings.split()) for made, endings in kinds]
    for language, kind, kinds in (
        (
            "ru",
            "NOUN",
            [
                ("ADJF", "ий ский анский енский ный ной ательный енный онный ейный йный ивный овый евой овский инский"),
                ("INFN", "ить изовать овать ировать ять ать еть"),
                ("INFN", "ивать ывать ать ять"),
                ("NOUN", "ник чик щик анин янин чанин лянин ец ист ант"),
            ],
        ),
        (
            "ru",
            "VERB",
            [
                ("INFN", "ть ить нуть еть"),
                ("INFN", "вать ивать ывать евать ать ять"),
                ("NOUN", "ение ление ание ация яция тие йство ча"),
                ("NOUN", "- а ка ьба"),
                ("NOUN", "итель атель чик щик ник йца ант атор"),
                ("ADJF", "ительный ательный ационный яционный ный енный"),
            ],
        ),
        ("ru", "ADJF", [("NOUN", "- а о ие ия ь"), ("NOUN", "ость ник ец")]),
        (
            "uk",
            "NOUN",
            [
                ("ADJF", "ий ський ьський анський альний льний ний онний енний ійний ивний овий євий"),
                ("VERB", "ити ювати увати ізувати ірувати яти ати іти"),
                ("VERB", "ювати увати ати яти"),
                ("NOUN", "ник чик анин янин чанин ець єць іст ист ант янт"),
                ("NOUN", "щина"),
            ],
        ),
        (
            "uk",
            "VERB",
            [
                ("VERB", "ти ити нути іти"),
                ("VERB", "вати яти ати увати ювати овувати"),
                ("NOUN", "ення лення ання ація яція ття вство ча"),
                ("NOUN", "- а ка ба"),
                ("NOUN", "итель ник чик увач ювач ець вця ант янт атор"),
                ("ADJF", "альний льний увальний ювальний аційний ний"),
            ],
        ),
        ("uk", "ADJF", [("NOUN", "- а о ія я ь"), ("NOUN", "ість ник ець щина")]),
    )
}
#: What a word drops before another ending: by class, the shortest first.
_DROPPED: Final = {
    "NOUN": ("[аеиоуыяієїьй]", "[иі]?[еяй]|ция|ція", "(?:л?е|а|я)(?:ни[ея]|ння)|[ая]ц[иі]я|[кс]а"),
    "VERB": ("т[ьи]", "[аеиія]т[ьи]", "(?:[иі]ро|о|е)?(?:ва|ну|ува|юва)т[ьи]"),
    "ADJF": ("[ыиоі]й", "(?:[еоій]?нн?|с?ь?к|[оеє]в)[ыиоі]й"),
}
_DROPS: Final = {kind: [re.compile(f"(?:{ending})$") for ending in endings] for kind, endings in _DROPPED.items()}
#: How a stem's last consonant softens before the endings of verbs and of nouns made from verbs.
_SOFTENED: Final = {
    "ст": "щ", "ск": "щ", "к": "ч", "ц": "ч", "г": "ж", "х": "ш", "т": "ч щ", "д": "ж жд дж", "з": "ж", "с": "ш",
    "б": "бл", "п": "пл", "в": "вл", "м": "мл", "ф": "фл",
}  # fmt: skip
_UNSOFTENED: Final = frozenset(["ий", "ть", "ти", "-", "а", "ка", "ь", "о"])
#: Marks of words that no editor wants suggested: names, firms, abbreviations, slang, dated and distorted words;
#: a passive participle is a form of its verb already.
_UNWANTED: Final = frozenset(
    ["Surn", "Name", "Patr", "Orgn", "Trad", "Abbr", "Init", "Infr", "Slng", "Arch", "Dist", "Erro", "Fixd", "pssv"]
)
_REFLEXIVE: Final = re.compile("с[яь]$")
_SHORTEST: Final = 3


def related(analyzer: Any, heads: list[Any], language: Literal["ru", "uk"]) -> tuple[str, ...]:
    """Dictionary forms made from those given, best first."""
    given = {(head.normal_form, "VERB" if head.tag.POS == "INFN" else str(head.tag.POS)): None for head in heads}
    return tuple(dict.fromkeys(other for word, kind in given for other in _related(analyzer, word, kind, language)))


def _related(analyzer: Any, word: str, kind: str, language: str) -> Iterator[str]:
    base = _REFLEXIVE.sub("", word) if kind == "VERB" else word
    stems = [stem for stem in _stems(base, kind) if _begins(analyzer, stem)]
    softened = [other for stem in stems for other in _softened(stem) if _begins(analyzer, other)]
    pairs = []
    for made, endings in _KINDS.get((language, kind), ()):
        for candidate in (stem + ending.strip("-") for ending in endings for stem in _fitting(stems, softened, ending)):
            if candidate != base and _is_word(analyzer, candidate, made):
                if made in ("INFN", "VERB"):
                    pairs.append(candidate)
                if made not in ("INFN", "VERB") or base == word:
                    yield candidate
                break
    reflexive = [f"{verb}ся" for verb in ([base] if kind == "VERB" else []) + pairs]
    if base != word:
        yield base
    yield from (verb for verb in reflexive if verb != word and _is_word(analyzer, verb, "INFN", "VERB"))


def _stems(word: str, kind: str) -> list[str]:
    stems = [drop.sub("", word) for drop in _DROPS[kind] if drop.search(word)] if kind in _DROPS else []
    if kind == "NOUN":
        stems.append(word)
    return [stem for stem in dict.fromkeys(reversed(stems)) if len(stem) >= _SHORTEST]


def _softened(stem: str) -> list[str]:
    ends = ((end, other) for end, others in _SOFTENED.items() if stem.endswith(end) for other in others.split())
    return [stem.removesuffix(end) + other for end, other in ends]


def _begins(analyzer: Any, stem: str) -> bool:
    """Whether any word of the dictionary begins so: most softened stems are ruled out at once."""
    return next(analyzer.dictionary.words.iteritems(stem), None) is not None


def _fitting(stems: list[str], softened: list[str], ending: str) -> list[str]:
    if ending == "ий":
        return [stem for stem in stems if stem.endswith(("ск", "цк", "ськ", "цьк", "зьк"))]
    return stems if ending in _UNSOFTENED else stems + softened


def _is_word(analyzer: Any, word: str, *kinds: str) -> bool:
    return any(
        parse.tag.POS in kinds and parse.normal_form == parse.word and not _UNWANTED & parse.tag.grammemes
        for parse in analyzer.parse(word)
    )
