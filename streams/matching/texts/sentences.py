"""Where one sentence ends and the next begins, in the three languages and in posts that end in no full stop.

A sentence ends at a full stop, question or exclamation mark or ellipsis before a space, at a line's end, and at the
marks of Chinese and Japanese. It does not end where the next word begins in lower case, after an initial, or after an
abbreviation that a name or number follows. Knows texts only.
"""

import re
from typing import Final

_END: Final = re.compile(r"(?<![.!?…])[.!?…]++[\"'»”’)\]]*+\s+|[。！？]+|\n\s*")
_LAST_WORD: Final = re.compile(r"(?:^|[\s(\"«„“'/-])((?:\w+\.)*\w+)\.$")
_NEXT: Final = re.compile(r"[\"'«„“‘(\[]*(\w)")
#: Abbreviations that stand before what they belong to: titles, ranks, places, numbers, months.
_ENGLISH: Final = (
    "mr mrs ms dr prof st gen col lt capt maj sgt adm gov sen rep rev hon pres no vs vol fig approx ca cf"
    " jan feb mar apr jun jul aug sep sept oct nov dec"
)
_RUSSIAN: Final = (
    "г гг ул пр просп пл пер д кв корп стр обл н пос с м им тов гр проф акад ген полк подп кап майор лейт ст сер рис"
    " табл см ср тыс млн млрд трлн руб долл янв фев февр апр авг сент окт нояб дек"
)
_UKRAINIAN: Final = "вул просп пров буд смт гр ім акад полк кап рис табл див тис грн"
_ABBREVIATIONS: Final = frozenset(f"{_ENGLISH} {_RUSSIAN} {_UKRAINIAN}".split())


def split(text: str) -> list[str]:
    """The sentences of a text, in order; put together they are the text."""
    found = []
    start = 0
    for end in _END.finditer(text):
        if _ends(text, start, end):
            found.append(text[start : end.end()])
            start = end.end()
    if start < len(text):
        found.append(text[start:])
    return found


def _ends(text: str, start: int, end: re.Match[str]) -> bool:
    following = _NEXT.match(text, end.end())
    if following and following[1].islower():
        return False
    if end[0].rstrip().rstrip("\"'»”’)]") != ".":
        return True
    last = _LAST_WORD.search(text[max(start, end.start() - 32) : end.start() + 1])
    if last is None or "\n" in end[0]:
        return True
    word = last[1]
    return not (len(word) == 1 and word.isupper()) and word.casefold() not in _ABBREVIATIONS and "." not in word
