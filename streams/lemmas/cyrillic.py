"""Russian and Ukrainian: forms from pymorphy3's dictionaries, or by analogy with words that end alike.

Owns what counts as a dictionary form: the word that heads its paradigm, and a woman's surname, which the Russian
dictionary keeps among the man's forms. Words come in the text form, apostrophes as '.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal

from streams.lemmas import derived
from streams.lemmas.parts import Entry, LemmasMissing, Part

Language = Literal["ru", "uk"]

#: What shows a word to be no word of the language: letters that it lacks, or endings that only the other has.
_FOREIGN: Final[dict[Language, re.Pattern[str]]] = {
    "ru": re.compile("[^абвгдежзийклмнопрстуфхцчшщъыьэюя]|[сцз]ьк|(?:нн|тт)я$"),
    "uk": re.compile("[^абвгґдеєжзиіїйклмнопрстуфхцчшщьюя']|[сц]к(?:ий|ая|ое|ие)$|[ая]я$|ое$"),
}
_PARTS: Final = {
    "NOUN": "noun",
    **dict.fromkeys(("VERB", "INFN", "GRND", "PRTF", "PRTS"), "verb"),
    **dict.fromkeys(("ADJF", "ADJS", "COMP"), "adj"),
}
_SURNAME: Final = re.compile("(?:[оеєї]в|[иыії]н)а?$")
_INFINITIVE: Final = re.compile("[аеиоуыя]ть(?:ся)?$")
_PERSON: Final = frozenset({"Surn", "Name", "Patr"})
_FAMILY: Final = frozenset({"Surn", "Patr"})
#: A guess keeps the paradigms that at least this share of the likeliest one's words follow.
_LIKELY: Final = 0.5
_LONGEST: Final = 5
#: The table of endings has one paradigm for an ending and a part of speech: of some only an undeclined woman's surname
#: or a common genitive. Nouns in these are inflected as the word named.
_MODELS: Final[dict[str, dict[Language, str]]] = {
    "ка": {"ru": "наука", "uk": "наука"},
    "га": {"ru": "книга", "uk": "книга"},
    "ха": {"ru": "муха", "uk": "муха"},
    "ша": {"ru": "каша", "uk": "каша"},
    "ча": {"ru": "дача", "uk": "дача"},
    "жа": {"ru": "лужа", "uk": "калюжа"},
    "а": {"ru": "глыба", "uk": "риба"},
    "нко": {"ru": "пальто", "uk": "порошенко"},
}


def languages_of(word: str) -> list[Language]:
    """The languages that a word can be of by its letters and typical letters in a row; both where it is of neither."""
    languages: list[Language] = [code for code, foreign in _FOREIGN.items() if not foreign.search(word)]
    return languages or list(_FOREIGN)


def may_be_surname(word: str) -> bool:
    """Whether a word ends as Russian surnames do that look like a noun's genitive plural: Стрелков."""
    return _SURNAME.search(word) is not None


def may_be_infinitive(word: str) -> bool:
    """Whether a word ends as Russian infinitives do, which look like shorter Ukrainian ones: задонатить."""
    return _INFINITIVE.search(word) is not None


def look_up(word: str, part: Part | None, language: Language) -> Entry:
    """What a dictionary has of a word."""
    found = analyzer(language).parse(word)
    # It also finds ґрати for грати, and перёд for перед; only the latter read alike.
    parses = [parse for parse in found if parse.word.replace("ё", "е") == word] or found
    heads = [parse for parse in parses if _is_head(parse)]
    wanted = [parse for parse in heads if part is None or _part(parse) == part]
    forms = {form for parse in wanted for form in _forms(parse)}
    if language == "uk":
        forms |= {form for parse in wanted if _part(parse) == "verb" for form in _participles(parse)}
    of = [(parse.normal_form, _part(parse.normalized)) for parse in parses if not _is_head(parse)]
    made_of = [parse.normal_form for parse in parses if not _is_head(parse) and parse.tag.POS in ("PRTF", "GRND")]
    return Entry(
        forms=frozenset(forms),
        heads=tuple(dict.fromkeys(of)),
        parts=tuple(dict.fromkeys(map(_part, heads))),
        related=(*made_of, *derived.related(analyzer(language), wanted, language)),
        person=bool(heads) and all(_PERSON & parse.tag.grammemes for parse in heads),
    )


def guess(word: str, part: Part | None, language: Language, *, person: bool = False) -> frozenset[str]:
    """The forms of an unknown word, inflected as most words with its longest known ending are; perhaps none."""
    dictionary = analyzer(language).dictionary
    if part is None and language == "ru" and may_be_infinitive(word):
        part = "verb"
    for length in range(min(_LONGEST, len(word) - 1), 0, -1):
        found: dict[int, tuple[int, int]] = {}
        for count, paradigm, index in dictionary.prediction_suffixes_dawgs[0].get(word[-length:]) or ():
            tag = dictionary.build_tag_info(paradigm, index)
            kind = _PARTS.get(tag.POS)
            fits = kind == part if part else kind in (("noun", "adj") if person else ("noun", "verb", "adj"))
            if fits and tag.is_productive() and "Fixd" not in tag.grammemes and (index == 0 or _is_womans(tag)):
                found.setdefault(paradigm, (count, index))
        if found:
            likely = max(count for count, _ in found.values()) * _LIKELY
            ways = [(paradigm, index) for paradigm, (count, index) in found.items() if count >= likely]
            return frozenset(form for way in ways for form in _inflect_as(dictionary, word, *way))
    return _inflect_like(word, language) if part in (None, "noun") else frozenset()


def _inflect_as(dictionary: Any, word: str, paradigm: int, index: int) -> list[str]:
    stem = dictionary.build_stem(dictionary.paradigms[paradigm], index, word)
    ways = dictionary.build_paradigm_info(paradigm)
    tag = ways[index][1]
    return [
        prefix + stem + suffix
        for prefix, way, suffix in ways
        if _is_same_person(tag, way) and not (tag.POS == "ADJF" and (way.POS != "ADJF" or "Supr" in way.grammemes))
    ]


def _inflect_like(word: str, language: Language) -> frozenset[str]:
    """The forms of an unknown noun with one of the endings of which the table knows too little."""
    for ending, models in _MODELS.items():
        if word.endswith(ending):
            kept = len(ending)
            forms = next(_forms(parse) for parse in analyzer(language).parse(models[language]) if _is_head(parse))
            return frozenset(word[:-kept] + form[len(models[language]) - kept :] for form in forms)
    return frozenset()


def _forms(parse: Any) -> list[str]:
    return [form.word for form in parse.lexeme if _is_same_person(parse.tag, form.tag)]


def _is_head(parse: Any) -> bool:
    return bool(parse.normal_form == parse.word) or _is_womans(parse.tag)


def _is_womans(tag: Any) -> bool:
    return {"Surn", "femn", "nomn"} <= set(tag.grammemes)


def _is_same_person(tag: Any, form: Any) -> bool:
    """Whether a surname's form is of the same person: the Russian dictionary has both sexes in one paradigm."""
    return not _FAMILY & set(tag.grammemes) or ("femn" in form.grammemes) == ("femn" in tag.grammemes)


def _part(parse: Any) -> str:
    return _PARTS.get(parse.tag.POS, "")


def _participles(parse: Any) -> set[str]:
    """Forms of a Ukrainian verb that the dictionary has as words of their own: оточений, оточивши, оточуючи."""
    dictionary = analyzer("uk")
    made = {(kind, end.sub(other, form.word)) for form in parse.lexeme for kind, end, other in _made_from(form.tag)}
    return {
        form.word
        for kind, word in made
        for other in dictionary.parse(word)
        if _is_head(other) and kind == other.tag.POS
        for form in other.lexeme
    }


def _made_from(tag: Any) -> Iterator[tuple[str, re.Pattern[str], str]]:
    if "Impe" in tag.grammemes:
        yield "ADJF", re.compile("(?<=[нт])о$"), "ий"
    elif {"masc", "past"} <= tag.grammemes:
        yield "GRND", re.compile("(?<!с[яь])$"), "ши"
        yield "GRND", re.compile("с[яь]$"), "шись"
    elif {"3per", "plur"} <= tag.grammemes:
        yield "GRND", re.compile("ть$"), "чи"
        yield "GRND", re.compile("ться$"), "чись"


@cache
def analyzer(language: Language) -> Any:
    """The analyzer of a language, dictionary only: guessing is ours, for it must start from a dictionary form."""
    try:
        pymorphy3 = import_module("pymorphy3")
        units = import_module("pymorphy3.units")
        path = import_module(f"pymorphy3_dicts_{language}").get_path()
    except ImportError:
        raise LemmasMissing from None
    return pymorphy3.MorphAnalyzer(path=path, lang=language, units=[units.DictionaryAnalyzer()])
