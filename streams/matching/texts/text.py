"""The text form: what a text reads as, once case, accents, punctuation and invisible characters are folded away.

A text becomes a list of tokens, and a form is its tokens joined by single spaces with a space at both ends: a word is
then the literal " word ", a prefix " word", a phrase " a b ", and finding one is a plain substring search. Terms of
rules pass through the same functions. Three ways lead to the same tokens: ASCII texts and those written in the 256
characters of `_ALPHABET` are folded at C speed, all others character by character.
"""

import codecs
import unicodedata
from typing import Final

from streams.matching.texts.folding import FLAGS, MIXED, RARE, UNREAD, Folding, is_cyrillic, is_latin, unmix

#: Stands between two fields of a record: a token that no word, phrase or nearness crosses.
BREAK: Final = "\n"

#: By (accents, case): what is kept of a text.
_FOLDINGS: Final = {
    (accents, case): Folding(accents=accents, case=case) for accents in (False, True) for case in (False, True)
}

_LETTERS: Final = "".join(map(chr, range(0x410, 0x450))) + "ЁёЄєІіЇїҐґЎў" + "àáâãäçèéêëíîñóôöøúüÄÉÖÜšž"
_SIGNS: Final = "\u00a0«»“”„‘’–—…•·€£©®°™►▶→\ufffd"
_COMMON: Final = "".join(map(chr, range(128))) + _LETTERS + _SIGNS
#: 256 characters that fold one to one whatever stands beside them, filled up from private use, which only splits.
_ALPHABET: Final = _COMMON + "".join(map(chr, range(0xE000, 0xE000 + 256 - len(_COMMON))))


def _reads(folding: Folding) -> str:
    folded = [folding[ord(character)] for character in _ALPHABET]
    return "".join(" " if not reading.strip() else reading for reading in folded)


_ENCODE: Final = codecs.charmap_build(_ALPHABET)
_READS: Final = {kept: _reads(folding) for kept, folding in _FOLDINGS.items()}
_ASCII_READS: Final = {case: _READS[False, case][:128].encode("ascii") + bytes(128) for case in (False, True)}
_SCRIPTS: Final = b"".join(
    b"C" if is_cyrillic(reads) else b"L" if is_latin(reads) else b" " for reads in _READS[True, False]
)
_DIGITS: Final = b"0123456789"

_charmap_encode = codecs.charmap_encode
_charmap_decode = codecs.charmap_decode


def tokens(text: str, *, accents: bool = False, case: bool = False) -> list[str]:
    """The tokens of a text. With `accents`, Latin letters keep theirs; with `case`, capitals stay capitals.

    Whatever is kept, the tokens are the same in number and order.
    """
    folded = in_place(text, accents=accents, case=case)
    return slow_tokens(text, accents=accents, case=case) if folded is None else folded.split()


def in_place(text: str, *, accents: bool = False, case: bool = False) -> str | None:
    """The text folded letter by letter, each where it stood, its tokens between spaces; None where that cannot be."""
    if text.isascii():
        return text.encode("ascii").translate(_ASCII_READS[case]).decode("ascii")
    try:
        narrow: bytes = _charmap_encode(text, "strict", _ENCODE)[0]
    except UnicodeEncodeError:
        return None
    scripts = narrow.translate(_SCRIPTS, _DIGITS)
    if b"LC" in scripts or b"CL" in scripts:
        return None
    return _charmap_decode(narrow, "strict", _READS[accents, case])[0]


def slow_tokens(text: str, *, accents: bool = False, case: bool = False) -> list[str]:
    """What `tokens` returns, by the way that any text can take."""
    folded = pieces(text, accents=accents, case=case)
    if not RARE.search(folded):
        return folded.split()
    found = FLAGS.sub(r" \g<0> ", folded).split()
    return [unmix(token) if MIXED.search(token) else token for token in found]


def pieces(text: str, *, accents: bool = False, case: bool = False) -> str:
    """A text folded character by character: tokens between spaces, flags and look-alike letters still as written."""
    if "™" in text or "℠" in text:  # NFKC would make them letters of the word before
        text = text.replace("™", " ").replace("℠", " ")
    # What has no reading goes first, or it would keep letters and marks apart that belong together.
    return unicodedata.normalize("NFKC", UNREAD.sub("", text)).translate(_FOLDINGS[accents, case])


def form(found: list[str]) -> str:
    """The form of a text from its tokens."""
    return f" {' '.join(found)} "
