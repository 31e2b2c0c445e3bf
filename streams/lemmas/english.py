"""English: forms from lemminflect's dictionary, or by its rules for a word that it lacks."""

from importlib import import_module
from types import ModuleType
from typing import Final

from streams.lemmas.parts import Entry, LemmasMissing, Part

_CLASSES: Final = {"noun": "NOUN", "verb": "VERB", "adj": "ADJ"}
_PARTS: Final = {"NOUN": "noun", "PROPN": "noun", "VERB": "verb", "AUX": "verb", "ADJ": "adj"}
_BASES: Final = {"NN": "noun", "VB": "verb", "JJ": "adj", "RB": ""}
_VOWELS: Final = "aeiou"

#: Endings that make a noun of the action, one who does it or another word of the root, most telling first.
_ENDINGS: Final = (
    "ment",
    "ation",
    "sion",
    "ion",
    "al",
    "ance",
    "ence",
    "ure",
    "ity",
    "ian",
    "ic",
    "ive",
    "able",
    "er",
    "or",
)


def look_up(word: str, part: Part | None) -> Entry:
    """What the dictionary has of a word in lower case."""
    lemminflect = _lemminflect()
    has = lemminflect.getAllInflections(word)
    parts = tuple(kind for base, kind in _BASES.items() if base in has)
    of = [
        (head, _PARTS.get(kind, ""))
        for kind, heads in lemminflect.getAllLemmas(word).items()
        for head in heads
        if head != word
    ]
    wanted = has if part is None else lemminflect.getAllInflections(word, _CLASSES[part])
    forms = frozenset(form for spellings in wanted.values() for form in spellings)
    return Entry(forms, tuple(of), parts, _related(word, [head for head, _ in of]) if forms else ())


def guess(word: str, part: Part | None) -> frozenset[str]:
    """The forms of a word that the dictionary lacks: as a noun, unless asked for as something else."""
    if part == "adj":
        return frozenset([word])
    if part != "verb" and word.endswith("y"):  # a name: the Zelenskyys
        return frozenset([word, f"{word}s"])
    guessed = _lemminflect().getAllInflectionsOOV(word, "VERB" if part == "verb" else "NOUN")
    return frozenset(form for spellings in guessed.values() for form in spellings)


def _related(word: str, heads: list[str]) -> tuple[str, ...]:
    dictionary = _lemminflect()
    made = [stem + ending for ending in _ENDINGS for stem in _stems(word, ending)]
    roots = [root for ending in _ENDINGS if word.endswith(ending) for root in _roots(word.removesuffix(ending))]
    known = [other for other in [*roots, *made] if len(other) > 3 and dictionary.getAllInflections(other)]
    return tuple(dict.fromkeys(other for other in [*heads, *known] if other != word))


def _stems(word: str, ending: str) -> list[str]:
    if ending == "ment":
        return [word]
    if ending == "sion":
        return [word.removesuffix("de")]
    stems = [word[:-1] if word.endswith("e") else word]
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        stems = [word[:-1] + "i"]
    elif word[-1] not in _VOWELS + "wxy" and word[-2:-1] in _VOWELS:
        stems.append(word + word[-1])
    return stems


def _roots(stem: str) -> list[str]:
    roots = [stem, f"{stem}e"]
    if stem.endswith("i"):
        roots.append(f"{stem[:-1]}y")
    if stem[-2:-1] == stem[-1:] != "":
        roots.append(stem[:-1])
    return roots


def _lemminflect() -> ModuleType:
    try:
        return import_module("lemminflect")
    except ImportError:
        raise LemmasMissing from None
