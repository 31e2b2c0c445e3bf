"""GDELT's 15-minute files (events, mentions, the global knowledge graph) to articles. Pure: fetches nothing.

A row names an article that GDELT has read, and what it found in it; the text itself GDELT doesn't give. The knowledge
graph has the page's title, the others only the address: a row of theirs without it is worth no more than that. Layouts:
https://data.gdeltproject.org/documentation/ (Events 1.0 and 2.0, Mentions 2.0, GKG 1.0 and 2.1).
"""

import csv
import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import msgspec

from schemas import Article, Outlet, Reason
from schemas.codec import Unusable
from streams.ingest.addresses import canonical, domain
from streams.ingest.feeds.articles import Manner
from streams.ingest.mapping import Outcome, Skipped, checked, unusable

#: Most bytes of a file once it is unpacked; the largest so far had some 60 MB.
MOST: Final = 256 * 1024 * 1024

_LISTED: Final = re.compile(rb"\d+ [0-9a-f]{32} (https?://\S+)")
_TITLE: Final = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.DOTALL)
_PRECISE: Final = re.compile(r"<PAGE_PRECISEPUBTIMESTAMP>(\d{14})</PAGE_PRECISEPUBTIMESTAMP>")
_AUTHORS: Final = re.compile(r"<PAGE_AUTHORS>(.*?)</PAGE_AUTHORS>", re.DOTALL)
_TRANSLATED: Final = re.compile(r"srclc:([a-z]{2,3})")
_EVENT: Final = re.compile(rb"\d{5,12}\t\d{8}\t\d{6}\t\d{4}\t")
_MENTION: Final = re.compile(rb"\d{5,12}\t\d{14}\t\d{14}\t\d+\t")
_GRAPH: Final = re.compile(rb"\d{14}-T?\d+\t\d{14}\t\d\t")
_STAMP: Final = re.compile(r"(?<=/)\d{14}(?=\.)")
_QUARTER: Final = timedelta(minutes=15)
_HEADERS: Final = (b"globaleventid", b"gkgrecordid", b"date\tnumarts\tcounts")

#: The columns that are read, by the name that a file with a header gives them, folded; in one without they stand at
#: these places, which the number of columns tells.
_ALIKE: Final = {
    "url": ("sourceurl", "mentionidentifier", "documentidentifier", "v2documentidentifier", "sourceurls"),
    "outlet": ("mentionsourcename", "sourcecommonname", "v2sourcecommonname", "sources"),
    "seen": ("mentiontimedate", "v21date", "dateadded", "date"),
    "names": ("allnames", "v21allnames"),
    "extras": ("extras", "extrasxml", "v2extrasxml"),
    "translated": ("mentiondoctranslationinfo", "translationinfo", "v21translationinfo"),
    "collection": ("mentiontype", "sourcecollectionidentifier", "v2sourcecollectionidentifier"),
}
_PLACES: Final[dict[int, dict[str, int]]] = {
    58: {"seen": 56, "url": 57},
    61: {"seen": 59, "url": 60},
    16: {"seen": 2, "collection": 3, "outlet": 4, "url": 5, "translated": 14},
    27: {"seen": 1, "collection": 2, "outlet": 3, "url": 4, "names": 23, "translated": 25, "extras": 26},
    11: {"seen": 0, "outlet": 9, "url": 10},
}
#: Languages by ISO 639-2, which GDELT writes, as ISO 639-1, which everybody else writes; the commonest.
_LANGUAGES: Final = {
    "ara": "ar", "bul": "bg", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "est": "et", "fas": "fa", "fin": "fi",
    "fra": "fr", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko",
    "lit": "lt", "lav": "lv", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "slk": "sk",
    "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi",
    "zho": "zh", "kat": "ka", "hye": "hy", "aze": "az", "kaz": "kk",
}  # fmt: skip


def listed(body: bytes) -> tuple[str, ...]:
    """The addresses of the files that a lastupdate.txt names; none where `body` is something else."""
    lines = body[:8_192].split(b"\n")
    found = [_LISTED.fullmatch(line.strip()) for line in lines if line.strip()]
    return tuple(each[1].decode() for each in found if each) if found and all(found) else ()


def since(last: str, files: Sequence[str], kinds: Sequence[str], most: int) -> list[str]:
    """The addresses to read, oldest first: of `files`, the newest, those of the `kinds`, and the quarters of an hour
    between them and the file `last`, at most so many."""
    found: list[str] = []
    newest = {kind: url for url in files for kind in kinds if f".{kind}." in url.lower()}
    before = _STAMP.search(last)
    for url in newest.values():
        stamp = _STAMP.search(url)
        if stamp is None:
            found.append(url)
            continue
        at, first = _moment(stamp[0]), _moment(before[0]) if before else None
        steps = 1 if first is None else min(most, round((at - first) / _QUARTER))
        times = [at - number * _QUARTER for number in range(steps)]
        found += [url.replace(stamp[0], f"{each:%Y%m%d%H%M%S}") for each in times]
    return sorted(found, key=lambda url: url.rpartition("/")[2])


def _moment(stamp: str) -> datetime:
    return _instant(stamp) or datetime.fromtimestamp(0, UTC)


def is_gdelt(body: bytes) -> bool:
    """Whether these are rows of GDELT's, plain, zipped or gzipped."""
    if body.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        return True
    head = body[:4_096]
    return bool(any(each.match(head) for each in (_EVENT, _MENTION, _GRAPH)) or head[:40].lower().startswith(_HEADERS))


def records(body: bytes, manner: Manner) -> Iterator[Outcome]:
    """An article a row, each address once. Raises `Unusable` where the file is none of GDELT's."""
    text = _unpacked(body)
    if b"\x00" in text[:4_096]:
        raise unusable("not a text, expected rows of GDELT's, separated by tabs")
    if not is_gdelt(text):
        raise unusable("expected rows of GDELT's (events, mentions, knowledge graph), separated by tabs")
    rows = io.StringIO(text.decode("utf-8", "replace"), newline="")
    first = rows.readline().rstrip("\r\n")
    places = None
    if first.lower().encode().startswith(_HEADERS):
        separator = "\t" if "\t" in first else ","
        places = _named(first.split(separator))
    else:
        separator = "\t"
        rows.seek(0)
    # Of GDELT's own rows none is quoted; a file with commas was quoted by whoever made it.
    split = csv.reader(rows) if separator == "," else (line.rstrip("\r\n").split("\t") for line in rows)
    seen: set[str] = set()
    try:
        for number, row in enumerate(split, 1 if places is None else 2):
            if not any(row):
                continue
            outcome = checked(partial(_article, row, places, manner), f"row {number}")
            if isinstance(outcome, Article):
                if outcome.url in seen:
                    outcome = Skipped("again")
                else:
                    seen.add(outcome.url)
            yield outcome
    except csv.Error as error:
        yield unusable(f"{error}")


def _named(header: Sequence[str]) -> Mapping[str, int]:
    folded = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in header]
    places = {}
    for field, names in _ALIKE.items():
        place = next((folded.index(name) for name in names if name in folded), None)
        if place is not None:
            places[field] = place
    if "url" not in places:
        raise unusable(f"expected a column with the article's address, found {', '.join(header)[:200]}")
    return places


def _article(row: Sequence[str], places: Mapping[str, int] | None, manner: Manner) -> Article | Skipped:
    if places is None:
        found = _PLACES.get(len(row))
        if found is None:
            if len(row) == 57:
                return Skipped("event without an address")
            known = ", ".join(map(str, sorted(_PLACES)))
            raise msgspec.ValidationError(f"Expected a row of {known} columns, found {len(row)}")
        places = found

    def cell(field: str) -> str:
        place = places.get(field)
        return row[place] if place is not None and place < len(row) else ""

    if cell("collection") not in ("", "1"):
        return Skipped("not on the web")  # a broadcast, a journal: its identifier is no address
    address = cell("url").partition("<UDIV>")[0]
    url = canonical(address)
    if url is None:
        raise msgspec.ValidationError(f"Expected an address on the web, found {address[:80]!r}")
    extras = cell("extras")
    precise, title, authors = _PRECISE.search(extras), _TITLE.search(extras), _AUTHORS.search(extras)
    language = _TRANSLATED.search(cell("translated"))
    names = dict.fromkeys(each.rpartition(",")[0].strip() for each in cell("names").split(";"))
    return Article(
        url=url,
        op="create",
        version=0,
        outlet=Outlet(domain=manner.outlet or domain(url), name=manner.name, country=manner.country),
        title=html.unescape(title[1]).strip()[:10_000] if title else "",
        kind=manner.kind,
        published_at=_instant(precise[1] if precise else cell("seen")),
        summary="; ".join(filter(None, names)) or None,
        authors=tuple(html.unescape(each).strip()[:1_000] for each in authors[1].split(";") if each) if authors else (),
        lang=manner.lang or (_LANGUAGES.get(language[1], language[1]) if language else None),
        source="GDELT",
    )


def _instant(digits: str) -> datetime | None:
    """GDELT writes times as YYYYMMDDHHMMSS and days as YYYYMMDD, in UTC; a day is no time."""
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if len(digits) == 14 else None
    except ValueError:
        return None


def _unpacked(body: bytes) -> bytes:
    try:
        if body.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(body)) as archive, archive.open(archive.infolist()[0]) as member:
                found = member.read(MOST + 1)
        elif body.startswith(b"\x1f\x8b"):
            with gzip.open(io.BytesIO(body)) as member:
                found = member.read(MOST + 1)
        else:
            return body
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise Unusable(Reason.SCHEMA, f"cannot be unpacked: {error}") from None
    if len(found) > MOST:
        raise unusable(f"more than {MOST} bytes once unpacked")
    return found
