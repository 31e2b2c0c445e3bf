"""How one character reads: the tables behind the text form.

Owns what folds to what (case, accents, compatibility forms, look-alike letters) and what a token is made of. Knows
characters and single tokens only; `text` makes whole texts of them.
"""

import re
import unicodedata
from typing import Final

_CYRILLIC: Final = "\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f"
_LATIN: Final = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0250-\u02af\u1e00-\u1eff"

#: A letter of one script and the next letter of the other within one token; no character is looked at more than twice.
MIXED: Final = re.compile(
    f"[{_LATIN}][^ {_LATIN}{_CYRILLIC}]*[{_CYRILLIC}]|[{_CYRILLIC}][^ {_LATIN}{_CYRILLIC}]*[{_LATIN}]"
)
FLAGS: Final = re.compile("[\U0001f1e6-\U0001f1ff]{1,2}")
#: Whether a folded text needs either of the two at all: one search.
RARE: Final = re.compile(f"[\U0001f1e6-\U0001f1ff]|{MIXED.pattern}")

#: Format characters (category Cf): zero-width spaces and joiners, soft hyphens, directions. Written out:
#: asking a million characters for their category takes longer than all the rest of a command's start.
UNREAD: Final = re.compile(
    "[\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
_IS_LATIN: Final = re.compile(f"[{_LATIN}]")
_IS_CYRILLIC: Final = re.compile(f"[{_CYRILLIC}]")

#: Letters that look alike in either case, Latin and Cyrillic.
_PAIRS: Final = "aа cс eе oо pр xх yу iі jј sѕ kк mм tт hн bв dԁ qԛ wԝ lӏ vѵ"
_CASED_PAIRS: Final = (*_PAIRS.split(), *_PAIRS.upper().split())
_TO_CYRILLIC: Final = {ord(pair[0]): pair[1] for pair in _CASED_PAIRS}
_TO_LATIN: Final = {ord(pair[1]): pair[0] for pair in _CASED_PAIRS} | {ord("һ"): "h", ord("Һ"): "H"}

#: Latin letters whose stroke or missing dot Unicode does not count as an accent.
_STROKES: Final = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
_CYRILLIC_FOLDS: Final = {"ё": "е", "ѐ": "е", "ѝ": "и"}
#: Modifier letters that stand for an apostrophe, and signs that NFKC would turn into letters of the word before.
_SPLITTING: Final = frozenset("ʹʻʼʽˈꞌ") | frozenset("™℠")
_KEYCAP: Final = 0x20E3


class Folding(dict[int, str]):
    """A table for `str.translate` that fills itself: code point -> what it reads as.

    A letter, mark or digit becomes itself folded, an emoji or a CJK or Thai character a token of its own (with spaces
    around), what has no reading nothing, and all else a space. With `accents`, Latin letters keep theirs; with `case`,
    capitals stay capitals. Whatever is kept, the tokens are the same in number and order.
    """

    def __init__(self, *, accents: bool, case: bool) -> None:
        super().__init__()
        self._accents = accents
        self._case = case

    def __missing__(self, code: int) -> str:
        folded = self._fold(chr(code))
        self[code] = folded
        return folded

    def _fold(self, character: str) -> str:
        if character in _SPLITTING:
            return " "
        form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
        read = "".join(map(self._read, form))
        return read.upper() if self._case and character.isupper() else read

    def _read(self, character: str) -> str:
        code = ord(character)
        category = unicodedata.category(character)
        if category == "Cf" or _is_unread(code):
            return ""
        if 0x1F1E6 <= code <= 0x1F1FF:
            return character
        if (_stands_alone(code) and category != "Nd") or (category == "So" and _is_pictorial(code)):
            return f" {character} "
        if character in _SPLITTING or not (category[0] in "LM" or category == "Nd"):
            return " "
        if character in _CYRILLIC_FOLDS:
            return _CYRILLIC_FOLDS[character]
        if self._accents or not _IS_LATIN.match(character):
            return character
        return unaccented(character)


def unmix(token: str) -> str:
    """A token that holds Latin and Cyrillic letters, in one script where each letter of the rarer has a look-alike.

    Ties go to Cyrillic; anything else stays as it is.
    """
    # An accent decides nothing: a word reads in the same script whether accents count or not.
    bare = _IS_LATIN.sub(lambda letter: unaccented(letter[0]), token)
    latin = _IS_LATIN.findall(bare)
    cyrillic = _IS_CYRILLIC.findall(bare)
    rarer, alike = (latin, _TO_CYRILLIC) if len(latin) <= len(cyrillic) else (cyrillic, _TO_LATIN)
    if all(ord(letter) in alike for letter in rarer):
        return bare.translate(alike)
    return token


def unaccented(letter: str) -> str:
    """A folded Latin letter without its accent, stroke or missing dot."""
    base = unicodedata.normalize("NFD", letter)[0]
    return _STROKES.get(base, base)


def is_cyrillic(character: str) -> bool:
    """Whether it is a Cyrillic letter, folded."""
    return _IS_CYRILLIC.match(character) is not None


def is_latin(character: str) -> bool:
    """Whether it is a Latin letter, folded."""
    return _IS_LATIN.match(character) is not None


def _is_unread(code: int) -> bool:
    # Loose accents that no letter composed with, variation selectors, the keycap frame, skin tones.
    return (
        0x0300 <= code <= 0x036F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or 0x1F3FB <= code <= 0x1F3FF
        or code == _KEYCAP
    )


def _stands_alone(code: int) -> bool:
    # Scripts written without spaces: Thai, kana, Han.
    return (
        (0x0E00 <= code <= 0x0E7F and code != 0x0E3F)
        or 0x3005 <= code <= 0x3007
        or (0x3041 <= code <= 0x30FF and code not in (0x309B, 0x309C, 0x30A0, 0x30FB))
        or 0x31F0 <= code <= 0x31FF
        or 0x3400 <= code <= 0x4DBF
        or 0x4E00 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0x20000 <= code <= 0x3FFFF
    )


def _is_pictorial(code: int) -> bool:
    # Symbols used as emoji; arrows, frames and bullets only split.
    return (
        0x2300 <= code <= 0x23FF or 0x2600 <= code <= 0x27BF or 0x2B00 <= code <= 0x2BFF or 0x1F000 <= code <= 0x1FBFF
    )
