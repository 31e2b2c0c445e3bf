"""Signs that look like one of the language's and are another: full-width parentheses, typographic quotes and dashes.

Owns which they are, and what to write for each. A text folds most of them away, so that a rule that has one would
quietly mean something else: they are refused wherever the plain sign would count. Quotes around the whole keep them.
"""

import re
from typing import Final

_DASHES: Final = "‐‑‒–—―−﹣－﹘⁃˗"
_DOUBLE_QUOTES: Final = "“”„‟«»＂‹›「」『』｢｣〝〞〟❝❞"
#: Apostrophes and primes belong to words, so only one that begins a word poses as a quotation mark.
_SINGLE_QUOTES: Final = "'‘‚‛`´＇′″‵‶❛❜"

_PLAIN: Final = {
    sign: plain
    for plain, signs in {
        "(": "（﹙⁽❨❪⦅｟⸨［﹝｛﹛【〔〖《〈",
        ")": "）﹚⁾❩❫⦆｠⸩］﹞｝﹜】〕〗》〉",
        ",": "，﹐、﹑､،",
        ";": "；﹔؛",
        "|": "｜¦∣",
        "*": "＊﹡∗",
    }.items()
    for sign in signs
}
#: What counts only where it begins a word.
_FIRST: Final = dict(zip("＃﹟＠﹫＄﹩＝﹦！¬＋﹢＆﹠", "##@@$$==--++&&", strict=True))
_SIGN: Final = re.compile(f"[{_DOUBLE_QUOTES}{''.join(_PLAIN)}]")
_COLON: Final = re.compile(r"[^\W\d]\w*([：﹕∶꞉])")
#: Instead of signs that mean nothing when plain either.
_INSTEAD: Final = {
    "|": "write OR",
    ";": "write a space or OR",
    "+": "a space already means and",
    "&": "a space already means and",
    "-": "write - before the term",
}


def posing(word: str) -> tuple[int, str] | None:
    """Where in a word the first sign stands that poses as another, and the error; None where there is none."""
    if word.isascii() and word[0] != "'" and word[0] != "`":
        return None
    first = word[0]
    if first in _DASHES:
        return 0, f"found the dash '{first}', expected a minus sign; write -"
    if first in _SINGLE_QUOTES:
        return 0, f'found the quotation mark {first}, expected a double one; write "'
    if first in _FIRST:
        return 0, _said(first, _FIRST[first])
    sign = _SIGN.search(word)
    colon = _COLON.match(word)
    if colon is not None and (sign is None or colon.start(1) < sign.start()):
        return colon.start(1), _said(colon[1], ":")
    if sign is None:
        return None
    if sign[0] in _DOUBLE_QUOTES:
        return sign.start(), f'found the quotation mark {sign[0]}, expected a straight one; write "'
    return sign.start(), _said(sign[0], _PLAIN[sign[0]])


def _said(sign: str, plain: str) -> str:
    if plain in _INSTEAD:
        return f"found '{sign}', expected a term; {_INSTEAD[plain]}, or quote the whole if it is text"
    return f"found '{sign}', which only looks like '{plain}'; write {plain} itself, or quote the whole if it is text"
