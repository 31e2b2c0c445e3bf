"""What rules' values look like, and the keys they become: one way of writing for each meaning.

Each function takes a value as a rule gives it and returns its key, or raises ValueError with what was expected, in
words that follow `found from:…, `. Knows nothing of records.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from streams.matching.operators.elsewhere import SUBSTITUTES
from streams.matching.texts import text

KINDS: Final = ("post", "repost", "reply", "quote", "article", "press_release", "transcript")
#: What `is:` and `has:` can ask, each with the other names it goes by.
IS: Final[Mapping[str, tuple[str, ...]]] = {
    "retweet": ("repost",),
    "reply": (),
    "quote": (),
    "verified": (),
    "article": (),
}
HAS: Final[Mapping[str, tuple[str, ...]]] = {
    "links": (),
    "hashtags": (),
    "cashtags": ("symbols",),
    "mentions": (),
    "media": ("media_link",),
    "images": ("image_link",),
    "videos": ("video_link",),
    "geo": (),
}
#: As long as an identifier of a record may be.
_LONGEST: Final = 512
_MOST_DIGITS: Final = 15

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_HANDLE: Final = re.compile(r"[\w@.-]+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8}){0,4}")
_WITHDRAWN: Final = {"in": "id", "iw": "he", "ji": "yi"}
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_RANGE: Final = re.compile(r"(\d+)(?:\.\.(\d+))?", re.ASCII)
_LABEL: Final = r"[^\W_]([\w-]{0,61}[^\W_])?"
#: A domain that a rule names has at most this many labels.
MOST_LABELS: Final = 20
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL}){{1,{MOST_LABELS - 1}}}")


def account(value: str) -> str:
    """HANDLE, PLATFORM/HANDLE or an account's number."""
    platform, slash, handle = _bounded(value).casefold().rpartition("/")
    handle = handle.strip().lstrip("@")
    if "://" in value:
        raise ValueError("expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa, not an address")
    if ":" in value:
        raise ValueError("expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa, and a space after it")
    if not handle or any(map(str.isspace, handle)):
        raise ValueError("expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa")
    return f"{slug(platform)}/{handle}" if slash else handle


def mention(value: str) -> str:
    """A handle, with the instance where the platform writes one."""
    handle = _bounded(value).casefold().strip().lstrip("@")
    if not _HANDLE.fullmatch(handle):
        raise ValueError("expected a handle such as @nasa, no prefix")
    return handle


def slug(value: str) -> str:
    """A platform."""
    found = value.casefold()
    if not _SLUG.fullmatch(found):
        raise ValueError("expected a platform's name such as x, telegram or truthsocial")
    return found


def domain(value: str) -> str:
    """A domain; `www.` before it says nothing."""
    found = _bounded(value).casefold().strip().rstrip(".").removeprefix("www.")
    if not _DOMAIN.fullmatch(found):
        raise ValueError("expected a domain without path, such as kremlin.ru")
    return host(found)


@lru_cache(maxsize=4_096)
def host(value: str) -> str:
    """A host name as it is compared: folded, in the letters that the domain name system knows."""
    found = value.casefold().strip().rstrip(".")
    if found.isascii() or len(found) > _LONGEST:
        return found
    try:
        return found.encode("idna").decode("ascii")
    except UnicodeError:
        return found


def kind(value: str) -> str:
    """One of the kinds that posts and articles have."""
    found = value.casefold()
    if found not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}{nearest(found, KINDS)}")
    return found


def language(value: str) -> str:
    """A language, and what narrows it; X's three withdrawn codes stand for those that took their place."""
    found = _bounded(value).casefold().replace("_", "-")
    if not _LANGUAGE.fullmatch(found):
        raise ValueError("expected a language code such as en, uk or zh-hant")
    return _WITHDRAWN.get(found, found)


def country(value: str) -> str:
    """A country."""
    found = value.upper()
    if not _COUNTRY.fullmatch(found):
        raise ValueError("expected a country code of two letters, such as US or UA")
    if found == "UK":
        raise ValueError("expected the code GB for the United Kingdom, or UA for Ukraine")
    return found


def tag(value: str) -> str:
    """A hashtag; an accent counts where the rule has it."""
    found = tag_form(_bounded(value), accents=True)
    if not found:
        raise ValueError("expected letters or digits after #")
    if "*" in value or "#" in value:
        raise ValueError("expected one whole hashtag such as #kursk: no prefix, and a space before the next")
    return found


def ticker(value: str) -> str:
    """A stock's symbol."""
    found = tag_form(_bounded(value), accents=True)
    if "*" in value:
        raise ValueError("expected a whole ticker such as $GAZP: no prefix")
    if not any(character.isalpha() for character in found):
        raise ValueError("expected a stock's letters after $, such as $GAZP; quote the whole if it is a sum")
    return found


def tag_form(name: str, *, accents: bool) -> str:
    """A tag as it is compared: its tokens, parted where that makes a difference, so that the form has its own form."""
    tokens = text.tokens(name, accents=accents)
    joined = "".join(tokens)
    return joined if len(tokens) < 2 or text.tokens(joined, accents=accents) == tokens else "_".join(tokens)


@lru_cache(maxsize=16_384)
def tag_ways(name: str) -> tuple[str, ...]:
    """The keys under which a record's tag can be asked for: without accents, and with its own."""
    plain, accented = tag_form(name, accents=False), tag_form(name, accents=True)
    return (plain,) if plain == accented else (plain, accented)


@lru_cache(maxsize=16_384)
def mention_ways(name: str) -> tuple[str, ...]:
    """The key under which a record's mention can be asked for."""
    return (name.casefold().lstrip("@"),)


def post_id(value: str) -> str:
    """A post's identifier on its platform, whose capitals may matter."""
    found = _bounded(value).strip()
    if not found or any(character.isspace() for character in found):
        raise ValueError("expected a post's identifier without spaces, such as 1140437409710116865")
    return found


def client(value: str) -> str:
    """The program a post was written with; `_` stands for a space, as X has it."""
    found = client_form(_bounded(value))
    if not found:
        raise ValueError('expected the name of a program, such as "Twitter for iPhone"')
    return found


@lru_cache(maxsize=1_024)
def client_form(name: str) -> str:
    """The name of a program as it is compared."""
    return " ".join(name.casefold().replace("_", " ").split())


def span(value: str) -> str:
    """A smallest number, or a smallest and a greatest."""
    found = _RANGE.fullmatch(value) if len(value) <= _LONGEST else None
    if found is None:
        raise ValueError("expected MIN or MIN..MAX in whole numbers, such as 500 or 500..2000")
    low, high = found.groups()
    if max(len(low), len(high or "")) > _MOST_DIGITS:
        raise ValueError(f"expected numbers of at most {_MOST_DIGITS} digits")
    if high is None:
        return str(int(low))
    if int(low) > int(high):
        raise ValueError(f"expected the smaller number first; write {int(high)}..{int(low)}")
    return f"{int(low)}..{int(high)}"


def percent(value: str) -> str:
    """How many of a hundred."""
    if not re.fullmatch(r"\d{1,3}", value, re.ASCII) or not 1 <= int(value) <= 100:
        raise ValueError("expected how many of 100 records to take, from 1 to 100")
    return str(int(value))


def is_what(value: str) -> str:
    """What `is:` asks."""
    return _one_of("is", value, IS)


def has_what(value: str) -> str:
    """What `has:` asks."""
    return _one_of("has", value, HAS)


def _one_of(operator: str, value: str, known: Mapping[str, tuple[str, ...]]) -> str:
    found = value.casefold()
    for name, others in known.items():
        if found == name or found in others:
            return name
    names = [each for name, others in known.items() for each in (name, *others)]
    instead = SUBSTITUTES.get(f"{operator}:{found[:64]}")
    raise ValueError(f"expected one of {', '.join(names)}{f'; {instead}' if instead else nearest(found, names)}")


def _bounded(value: str) -> str:
    if len(value) > _LONGEST:
        raise ValueError(f"expected at most {_LONGEST} characters")
    return value


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?` when something known looks like it, else nothing."""
    found = difflib.get_close_matches(name[:64], list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else ""
