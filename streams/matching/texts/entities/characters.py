"""Kinds of characters that entities are made of, each as the inside of a regular expression's character class."""

import re
import unicodedata
from typing import Final

#: Signs of addresses.
_PATH_SIGNS: Final = "!*';:=+,.$/%#[]-–_~@|&?"
#: Marks that shape an emoji and no letter: variation selectors, the keycap's frame.
_EMOJI_MARKS: Final = "".join(map(chr, range(0xFE00, 0xFE10))) + "\u20e3"


def _categories() -> str:
    # Two letters each for the first plane. The others come in whole blocks below: a class is searched range by range
    # beyond the first plane, for each character that it lacks.
    categories = list(map(unicodedata.category, map(chr, range(0x10000))))
    for sign in _PATH_SIGNS:
        categories[ord(sign)] = "--"
    for mark in _EMOJI_MARKS:
        categories[ord(mark)] = "So"
    return "".join(categories)


_CATEGORIES: Final = _categories()


def _of(category: str) -> str:
    """The characters of the first plane whose category matches the pattern."""
    runs = (run.span() for run in re.finditer(f"(?:{category})+", _CATEGORIES))
    return "".join(f"\\u{start // 2:04x}-\\u{end // 2 - 1:04x}" for start, end in runs)


_LATER_SCRIPTS: Final = "\U00010000-\U0001efff"
_LATER_SYMBOLS: Final = "\U0001f000-\U0001ffff"

#: Latin letters beyond ASCII, and the loose accents.
ACCENTED: Final = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u036f\u1e00-\u1eff"

#: Marks of letters: vowel signs, accents; with them, rare scripts whole.
MARKS: Final = _of("M[a-z]") + _LATER_SCRIPTS

#: Signs that stand within words: Catalan, Hebrew and Tibetan ones, joiners, Japanese dittos, dashes and voicing.
_WORD_SIGNS: Final = "\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u200c\u200d\u3003\u301c\u309b\u309c\u30a0\u30fb\ua67e\uff5e"

#: What a word of any script is made of.
WORD: Final = rf"\w{MARKS}{_WORD_SIGNS}"

#: Scripts written without spaces, or that hang particles on foreign words.
UNSPACED: Final = (
    "\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff00-\uffef\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
)

#: What the labels of a host may hold: letters of any script, and signs such as ✪.
HOST: Final = rf"\w\-{MARKS}{_of('So')}{_LATER_SYMBOLS}"

#: What ends the path of a link: all but letters of scripts with spaces, marks, digits, and the signs of addresses.
NOT_PATH: Final = _of("[PSZC][a-z]") + UNSPACED + "\U00010000-\U0010ffff"
