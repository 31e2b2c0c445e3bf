"""A word given to `lemma:`, checked, looked up in the dictionaries of its script, its forms put together.

A Latin word is English. A Cyrillic one is looked up in the Russian and the Ukrainian dictionary: each gives forms only
of words that it knows; what neither knows, both guess, and a person's name that one knows is guessed by the other.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Final

from streams.lemmas import cyrillic, english
from streams.lemmas.parts import Entry, Part
from streams.matching.texts.folding import is_cyrillic, is_latin
from streams.matching.texts.text import tokens

RELATED: Final = 6

_APOSTROPHES: Final = re.compile("['’ʼ‘`´ʹʻʽˈꞌ＇]")
_BETWEEN: Final = re.compile(r"[\s_\-‐‑–—]+")
_PARTS: Final = {"noun": "a noun", "verb": "a verb", "adj": "an adjective"}


@dataclass(frozen=True, slots=True)
class Inflected:
    """All forms of a word.

    `forms` are in lower case and sorted, the word among them, one for each way of reading as the text form; one with
    an apostrophe (об'єкт) is several tokens there. `guessed` if no dictionary knows the word. `sources` are the
    languages that gave forms: en, ru, uk. `related` are words made from it that are dictionary forms of their own.
    """

    forms: tuple[str, ...]
    guessed: bool
    sources: tuple[str, ...]
    related: tuple[str, ...]


@cache
def inflect(word: str, part: Part | None = None) -> Inflected:
    """The forms of a dictionary form, in all parts of speech or in one.

    Raises ValueError, one line with the fix, for anything but one dictionary form in Latin or Cyrillic letters, and
    LemmasMissing where the dictionaries are not installed.
    """
    if part is not None and part not in _PARTS:
        raise ValueError(
            f"found the part of speech '{part}', expected noun, verb or adj; write one of them after the /"
        )
    read = _checked(word)
    if is_latin(read[0]):
        return _english(word, read, part)
    return _cyrillic(word, read, part)


def _checked(word: str) -> str:
    """The word in the text form, an apostrophe as '; raises ValueError for what is not one word."""
    folded = word.casefold()
    letters = [character for character in _APOSTROPHES.sub("", folded) if character.isalpha()]
    words = [piece for piece in _BETWEEN.split(folded) if piece]
    if any(character.isdigit() for character in folded):
        raise ValueError(f"found digits in '{word}', expected letters only, for nothing inflects it; drop lemma:")
    if len(words) > 1:
        each = ", ".join(f"lemma:{piece}" for piece in words)
        raise ValueError(f"found several words, '{word}', expected one; write before(0, {each})")
    if not letters or not all(is_latin(letter) or is_cyrillic(letter) for letter in letters):
        raise ValueError(f"found '{word}', expected a word in Latin or Cyrillic letters; drop lemma:")
    if len({is_latin(letter) for letter in letters}) > 1:
        raise ValueError(
            f"found Latin and Cyrillic letters in '{word}', expected one script; type it anew in one keyboard layout"
        )
    found = [tokens(piece, accents=True) for piece in _APOSTROPHES.split(words[0])]
    strange = any(unicodedata.category(character)[0] not in "LMC" for character in _APOSTROPHES.sub("", words[0]))
    if strange or not all(len(piece) == 1 for piece in found) or (len(found) > 1 and is_latin(letters[0])):
        raise ValueError(f"found '{word}', expected a word of letters only; drop lemma:")
    return "'".join(piece[0] for piece in found)


def _english(word: str, read: str, part: Part | None) -> Inflected:
    entry = english.look_up(read, part)
    if entry.known:
        # A dictionary that has only the verb: the noun is regular, or it would be there.
        forms = sorted(english.guess(read, part)) if part == "noun" and "verb" in entry.parts else []
        _require(word, part, [entry], forms)
        return _inflected([entry.forms], read, ["en"], entry.related, guessed=False)
    return _inflected([english.guess(read, part)], read, ["en"], (), guessed=True)


def _cyrillic(word: str, read: str, part: Part | None) -> Inflected:
    entries = {language: cyrillic.look_up(read, part, language) for language in cyrillic.languages_of(read)}
    known = [entry for entry in entries.values() if entry.known]
    forms = {language: entry.forms for language, entry in entries.items() if entry.forms}
    guessed = not forms
    if known and guessed and not _hides_unknown(word, read, part, entries):
        _require(word, part, known)
    person = not guessed and all(entry.person for entry in known)
    for language, entry in entries.items():
        if person and not entry.known:
            forms[language] = cyrillic.guess(read, part, language, person=True)
        elif guessed and not (entry.known and cyrillic.may_be_infinitive(read)):
            forms[language] = cyrillic.guess(read, part, language)
    sources = [language for language in entries if forms.get(language)] or list(entries)
    turns = zip_longest(*(entry.related for entry in known if entry.forms))
    related = dict.fromkeys(other for turn in turns for other in turn if other)
    return _inflected(forms.values(), read, sources, related, guessed=guessed)


def _hides_unknown(word: str, read: str, part: Part | None, entries: dict[cyrillic.Language, Entry]) -> bool:
    """Whether the dictionaries have a word only as a form of another, while it is most likely one that they lack."""
    if any(entry.parts for entry in entries.values()):
        return False
    if part in (None, "noun") and word[0].isupper() and cyrillic.may_be_surname(read):
        return True
    russian = entries.get("ru")
    return part in (None, "verb") and russian is not None and not russian.known and cyrillic.may_be_infinitive(read)


def _require(word: str, part: Part | None, entries: list[Entry], instead: Sequence[str] = ()) -> None:
    """Raise what is wrong with a known word that has no forms as this part of speech; `instead` may be written."""
    if any(entry.forms for entry in entries):
        return
    parts = sorted({known for entry in entries for known in entry.parts})
    if parts:
        named = [known for known in parts if known]
        lemmas = [f"lemma:{word}/{known}" for known in named] or [f"lemma:{word}"]
        fix = " or ".join([f"({' OR '.join(instead)})", *lemmas] if instead else lemmas)
        raise ValueError(f"found '{word}' as {_PARTS[part or 'noun']}, expected what a dictionary has; write {fix}")
    heads = dict.fromkeys(head for entry in entries for head in entry.heads)
    fitting = [head for head, kind in heads if part in (None, kind)] or [head for head, _ in heads]
    fix = " or ".join(f"lemma:{head}" for head in dict.fromkeys(fitting))
    raise ValueError(f"found the inflected form '{word}', expected a dictionary form; write {fix}")


def _inflected(
    forms: Iterable[frozenset[str]], read: str, sources: Iterable[str], related: Iterable[str], *, guessed: bool
) -> Inflected:
    readings: dict[str, str] = {}
    for form in [read, *sorted(set().union(*forms))]:
        found = tokens(form, accents=True)
        if "-" not in form and " " not in form:
            readings.setdefault(" ".join(found), form)
    others = tuple(word for word in related if " ".join(tokens(word, accents=True)) not in readings)
    return Inflected(tuple(sorted(readings.values())), guessed, tuple(sources), others[:RELATED])
