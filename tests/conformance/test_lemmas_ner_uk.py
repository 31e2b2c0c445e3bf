"""How many inflected names of real Ukrainian texts `lemma:` catches: the entity mentions of ner-uk.

Two measures. Against the dictionary: of the mentions that it knows as oblique forms, those that its own dictionary form
catches; since one dictionary names the form and inflects it, that shows only that nothing is lost on the way. Against
the texts: where an entity stands in two forms in one document, paired by a school table of case endings and by no
dictionary, the word in -∅, -а, -о... must catch the other.
"""

import lzma
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from streams.lemmas import cyrillic, inflect
from streams.lemmas.parts import Entry
from streams.matching.texts.text import form, tokens

NER_UK = Path(__file__).parents[2].parent / "shared" / "data" / "ner-uk" / "ner-uk.tar.xz"

pytestmark = pytest.mark.skipif(not NER_UK.exists(), reason="the Ukrainian texts are not there")

_ENTITY = re.compile(r"^T\d+\t(PERS|ORG|LOC)\s(\d+)\s(\d+)\t.*$", re.MULTILINE)
_WORD = re.compile("[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ'’ʼ]{3,}")
_PERSON = frozenset({"Surn", "Name", "Patr"})
#: The endings of the nominative singular and those of the oblique cases in its place.
_CASES = {
    "": "а у ові ом і еві ем",
    "й": "я ю єві єм ї",
    "ь": "я ю еві ем і",
    "о": "а у ові ом і",
    "а": "и і у ою",
    "ка": "ки ці ку кою",
    "га": "ги зі гу гою",
    "я": "і ю ею",
    "ія": "ії ію ією",
    "ий": "ого ому им ім",
    "ська": "ської ській ську ською",
    "ів": "ова ову овом ові єва єву євом єві",
    "ово": "ова ову овом ові",
    "е": "ого ому им ім",
}


class Mention(NamedTuple):
    """A single-word entity of a document: its kind, the word, the text form of its sentence's surroundings."""

    document: str
    kind: str
    word: str
    around: str


@pytest.fixture(scope="module")
def mentions() -> list[Mention]:
    texts: dict[str, str] = {}
    with lzma.open(NER_UK) as unpacked, tarfile.open(fileobj=unpacked) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith((".txt", ".ann")) else None
            if file:
                texts[member.name] = file.read().decode("utf-8").replace("\r\n", "\n")
    return [
        mention
        for name, marks in sorted(texts.items())
        if name.endswith(".ann")
        for mention in _single_words(name, marks, texts[name.removesuffix("ann") + "txt"])
    ]


def _single_words(document: str, marks: str, text: str) -> Iterator[Mention]:
    for kind, start, end in _ENTITY.findall(marks):
        word = text[int(start) : int(end)]
        if _WORD.fullmatch(word):
            yield Mention(document, kind, word, form(tokens(text[max(0, int(start) - 40) : int(end) + 40])))


def _caught(word: str, mention: Mention) -> bool:
    try:
        forms = inflect(word).forms
    except ValueError:
        return False
    return any(form(tokens(one)) in mention.around and tokens(one) == tokens(mention.word) for one in forms)


def test_the_dictionary_form_catches_the_oblique_cases_that_the_dictionary_knows(mentions: list[Mention]) -> None:
    share: Counter[bool] = Counter()
    for mention in mentions:
        entry = _in_ukrainian(_spelt(mention.word))
        if entry.known and not entry.parts:
            share[_caught(_dictionary_form(mention), mention)] += 1
    assert share.total() > 2_500
    assert share[True] / share.total() >= 0.99, share


def test_a_nominative_catches_the_other_cases_of_its_entity_in_its_document(mentions: list[Mention]) -> None:
    known, unknown = _paired(mentions)
    assert known.total() > 550
    assert known[True] / known.total() >= 0.96, known
    assert unknown.total() > 60
    assert unknown[True] / unknown.total() >= 0.85, unknown


@cache
def _in_ukrainian(word: str) -> Entry:
    return cyrillic.look_up(word, None, "uk")


def _paired(mentions: list[Mention]) -> tuple[Counter[bool], Counter[bool]]:
    """Whether caught, of pairs whose nominative is a dictionary form in Ukrainian, and of those it lacks."""
    entities: dict[tuple[str, str], dict[str, Mention]] = defaultdict(dict)
    for mention in mentions:
        entities[mention.document, mention.kind].setdefault(_spelt(mention.word), mention)
    known: Counter[bool] = Counter()
    unknown: Counter[bool] = Counter()
    for words in entities.values():
        for word in words:
            entry = _in_ukrainian(word)
            if entry.parts or not entry.known:
                for other in {*_oblique(word)} & set(words) - {word}:
                    (known if entry.parts else unknown)[_caught(word.capitalize(), words[other])] += 1
    return known, unknown


def _oblique(word: str) -> Iterator[str]:
    for ending, others in _CASES.items():
        if word.endswith(ending) and (ending or word[-1] not in "аеєиіїоуюяйь"):
            yield from (word.removesuffix(ending) + other for other in others.split())


def _spelt(word: str) -> str:
    return re.sub("[’ʼ]", "'", word.lower())


def _dictionary_form(mention: Mention) -> str:
    """What a person would write: the dictionary form of a noun, a person's name where a person is meant."""
    parses = cyrillic.analyzer("uk").parse(_spelt(mention.word))
    fitting = max(
        parses,
        key=lambda parse: (
            (mention.kind == "PERS") == bool(_PERSON & parse.tag.grammemes),
            parse.tag.POS == "NOUN",
        ),
    )
    return str(fitting.normal_form)
