"""What stands behind a sign: hashtags, cashtags and mentions.

Each pattern begins with its sign, which is quick to look for; what stands before the sign is looked at from behind it.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from streams.matching.texts.entities.characters import ACCENTED, MARKS, WORD
from streams.matching.texts.entities.entity import Entity
from streams.matching.texts.entities.links import find_links

#: In characters: what the schemas hold of a tag.
_LONGEST: Final = 1_000

#: Behind & it is a character's number in HTML; right before #, or :// of a link, it is none.
_HASHTAG: Final = re.compile(rf"[#＃](?<![{WORD}&].)([{WORD}]{{1,{_LONGEST}}}+)(?![{WORD}#＃]|://)")
_LETTER: Final = re.compile(r"[^\W\d_]")

_CASHTAG: Final = re.compile(
    rf"\$(?<![\w{MARKS}!#$%&*+,\-./:;<=>?@\\^`|~].)([A-Za-z]{{1,6}}(?:[._][A-Za-z]{{1,2}})?)(?![^\W_]|[{MARKS}])"
)

#: `RT@handle` mentions though a letter stands before it. Between two letters @ is an address of mail.
_MENTION: Final = re.compile(
    r"[@＠](?:(?<![A-Za-z0-9_!#$%&*@＠].)|(?<=[Rr][Tt].)(?<![A-Za-z0-9_+~.-]...))"
    rf"([A-Za-z0-9_]{{1,{_LONGEST}}}+(?:/[A-Za-z][A-Za-z0-9_-]*+)?+)(?![@＠A-Za-z0-9_{ACCENTED}]|://)"
)


def find_hashtags(text: str) -> tuple[Entity, ...]:
    """Words behind `#`, of any script and with a letter among them, that stand in no link."""
    if "#" not in text and "＃" not in text:
        return ()
    return _outside_links(text, [tag for tag in _found(_HASHTAG, text) if _LETTER.search(tag.text)])


def find_cashtags(text: str) -> tuple[Entity, ...]:
    """Tickers behind `$`: up to six Latin letters, and up to two more behind a dot or an underscore."""
    return tuple(_found(_CASHTAG, text)) if "$" in text else ()


def find_mentions(text: str) -> tuple[Entity, ...]:
    """Handles of accounts behind `@`, and lists of accounts written `handle/list`, that stand in no link."""
    if "@" not in text and "＠" not in text:
        return ()
    return _outside_links(text, list(_found(_MENTION, text)))


def _found(pattern: re.Pattern[str], text: str) -> Iterator[Entity]:
    return (Entity(match[1], match.start(), match.end()) for match in pattern.finditer(text))


def _outside_links(text: str, tags: list[Entity]) -> tuple[Entity, ...]:
    if all(tag.start == 0 or text[tag.start - 1].isspace() for tag in tags):
        return tuple(tags)  # no link holds a space
    links = find_links(text)
    return tuple([tag for tag in tags if not _is_within(tag, links)])


def _is_within(tag: Entity, links: tuple[Entity, ...]) -> bool:
    before = bisect_right(links, tag.start, key=lambda link: link.start)
    return before > 0 and tag.start < links[before - 1].end
