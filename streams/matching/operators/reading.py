"""The operators on a record's fields: one entry each says what a value looks like and what it is compared with.

An operator reads some values from a record and is true where the rule's own value is among them, so an absent field
makes it false and its negation true. The same values are the keys by which rules without words are found. A new
operator of this kind is a new entry here, and nothing else.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from schemas import Article, Post
from streams.matching import text

Record: TypeAlias = Post | Article

KINDS: Final = ("post", "repost", "reply", "quote", "article", "press_release", "transcript")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")
_LABEL: Final = r"[^\W_]([\w-]*[^\W_])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})+")


@dataclass(frozen=True, slots=True)
class Operator:
    """`key` turns a rule's value into the one compared (ValueError says what was expected); `read` gives a record's.

    `share` is a rough share of records that a value of it is true of; it only decides what finds a rule fastest.
    """

    name: str
    key: Callable[[str], str]
    read: Callable[[Record], Iterable[str]]
    share: float


def _slug(value: str) -> str:
    slug = value.casefold()
    if not _SLUG.fullmatch(slug):
        raise ValueError("expected a platform's name such as x, telegram or truthsocial")
    return slug


def _account(value: str) -> str:
    platform, slash, handle = value.casefold().rpartition("/")
    handle = handle.strip().removeprefix("@")
    if not handle or any(character.isspace() for character in handle):
        raise ValueError("expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa")
    return f"{_slug(platform)}/{handle}" if slash else handle


@lru_cache(maxsize=4_096)
def _host(value: str) -> str:
    host = value.casefold().strip().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value.casefold().strip().rstrip(".")):
        raise ValueError("expected a domain without path, such as kremlin.ru")
    return _host(value)


def _kind(value: str) -> str:
    kind = value.casefold()
    if kind not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}{nearest(kind, KINDS)}")
    return kind


def _language(value: str) -> str:
    language = value.casefold().replace("_", "-")
    if not _LANGUAGE.fullmatch(language):
        raise ValueError("expected a language code such as en, uk or zh-hant")
    return language


def _tag(value: str) -> str:
    tag = " ".join(text.tokens(value))
    if not tag:
        raise ValueError("expected letters or digits after #")
    return tag


_folded_tag = lru_cache(maxsize=65_536)(lambda tag: " ".join(text.tokens(tag)))


def _read_tags(record: Record) -> Iterable[str]:
    if not isinstance(record, Post):
        return ()
    return [_folded_tag(tag) for tag in (record.reposted or record).hashtags]


def _read_accounts(record: Record) -> Iterable[str]:
    if not isinstance(record, Post):
        return ()
    handle = record.author.handle.casefold().removeprefix("@")
    return (handle, f"{record.platform}/{handle}")


def _read_outlets(record: Record) -> Iterable[str]:
    if not isinstance(record, Article):
        return ()
    labels = _host(record.outlet.domain).split(".")
    return [".".join(labels[first:]) for first in range(len(labels))]


def _read_platform(record: Record) -> Iterable[str]:
    return (record.platform,) if isinstance(record, Post) else ()


def _read_kind(record: Record) -> Iterable[str]:
    return (record.kind,)


def _read_languages(record: Record) -> Iterable[str]:
    language = record.lang
    if language is None and isinstance(record, Post):
        language = record.lang_detected
    return _prefixes(language) if language else ()


@lru_cache(maxsize=1_024)
def _prefixes(language: str) -> tuple[str, ...]:
    # en-GB is English too.
    subtags = language.casefold().replace("_", "-").split("-")
    return tuple("-".join(subtags[:count]) for count in range(1, len(subtags) + 1))


OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator
    for operator in (
        Operator("#", _tag, _read_tags, 0.001),
        Operator("from", _account, _read_accounts, 0.000_1),
        Operator("outlet", _domain, _read_outlets, 0.001),
        Operator("platform", _slug, _read_platform, 0.5),
        Operator("kind", _kind, _read_kind, 0.5),
        Operator("lang", _language, _read_languages, 0.5),
    )
}


def account_or_domain(entry: str) -> tuple[str, str]:
    """An entry of an account list as (operator, key): PLATFORM/HANDLE or an outlet's domain. ValueError otherwise."""
    if "/" in entry:
        return "from", _account(entry)
    if not _DOMAIN.fullmatch(entry.casefold()):
        raise ValueError("expected PLATFORM/HANDLE, such as x/nasa, or an outlet's domain, such as kremlin.ru")
    return "outlet", _domain(entry)


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` when something known looks like it, else nothing."""
    found = difflib.get_close_matches(name[:64], list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""
