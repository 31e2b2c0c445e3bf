"""What copies of a text have in common, and near-copies almost.

Of a text counts what is left without links, mentions, digits, punctuation, emoji and case.
"""

import re
import unicodedata
from hashlib import blake2b
from typing import Final

from schemas import Article, Post
from streams.matching.texts import text
from streams.matching.texts.sketch import sketch

_LINK_OR_MENTION: Final = re.compile(r"(?:https?://|www\.)[!-~]+|[@＠][\w.]+(?:@[\w.-]+)?", re.IGNORECASE)
_SUSPECT: Final = re.compile(r"[@＠/.]").search
_FORWARDED: Final = re.compile(r"\s*RT @\w+:?\s")


class _Letters(dict[int, str | None]):
    """A table for `str.translate` that fills itself and leaves out digits and emoji."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        kept = None if unicodedata.category(character)[0] in "NS" else character
        self[code] = kept
        return kept


_LETTERS: Final = _Letters()
_ASCII_DIGITS: Final = str.maketrans("", "", "0123456789")


def fingerprint(record: Post | Article) -> bytes:
    """16 bytes, the same for records whose texts read alike; a record without a letter has one of its own.

    The last 13 are the text's `sketch`, which differs little where the words do. Different texts hardly ever share one,
    but some near-copies do; the first 3 keep those apart. More bytes would break what a match may cost in Redis.
    """
    letters = _letters(_original(record)) or f"\0{record.key}"
    return blake2b(letters.encode(), digest_size=3).digest() + sketch(letters.split(" "))


def _original(record: Post | Article) -> str:
    if isinstance(record, Article):
        return "\n".join((record.title, record.summary or "", record.body or ""))
    if record.reposted is not None:
        return record.reposted.text
    if record.kind == "repost":
        return _FORWARDED.sub("", record.text, count=1) if record.text.lstrip().startswith("RT @") else record.text
    return record.text


def _letters(original: str) -> str:
    if "@" in original or "://" in original or "www." in original or "＠" in original:
        # Word by word: the pattern would look at every character, and few words need it.
        words = original.split()
        original = " ".join([_LINK_OR_MENTION.sub(" ", word) if _SUSPECT(word) else word for word in words])
    form = text.form(text.tokens(original))
    return " ".join(form.translate(_ASCII_DIGITS if form.isascii() else _LETTERS).split())
