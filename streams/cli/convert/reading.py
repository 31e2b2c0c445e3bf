"""How each source's files are read: bytes of a file to outcomes, each with the line on which it stands."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from schemas import Post
from schemas.codec import Unusable, decode_article, decode_post
from streams.errors import UserError
from streams.ingest import bluesky, detect, facebook, feeds, mastodon, telegram, x
from streams.ingest.documents import documents
from streams.ingest.feeds.articles import Manner
from streams.ingest.lines import Lines
from streams.ingest.mapping import Outcome
from streams.ingest.tables import rows, texts

Read = Callable[[Lines], Iterator[tuple[int, Outcome]]]


def of_json(records: Callable[[object], Iterator[Outcome]]) -> Read:
    """Reads a JSON document, or one a line; `records` maps each."""

    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        for number, payload in documents(lines):
            for outcome in [payload] if isinstance(payload, Unusable) else records(payload):
                yield number, outcome

    return read


def of_x(lines: Lines) -> Iterator[tuple[int, Outcome]]:
    for number, found in documents(lines, x.plain):
        for outcome in [found] if isinstance(found, (Post, Unusable)) else x.records(found):
            yield number, outcome


def of_feed(manner: Manner, address: str = "") -> Read:
    """Reads a feed as a whole: its outcomes stand on line 1."""

    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        for outcome in feeds.records(lines.whole(), manner, address):
            yield 1, outcome

    return read


def of_facebook(lines: Lines) -> Iterator[tuple[int, Outcome]]:
    """Reads an export's rows."""
    try:
        yield from facebook.records(rows(texts(lines)))
    except Unusable as error:
        yield 1, error


def detected(lines: Lines) -> Iterator[tuple[int, Outcome]]:
    """Reads a file by its beginning. Raises `UserError` where that names no source, or several."""
    beginning = lines.peek()
    if _is_ours(beginning.partition(b"\n")[0]):
        raise UserError(f"{lines.path}: these are posts or articles already: `tocsin ingest files` takes them", code=65)
    found = detect.sources(beginning)
    if found == ("transcript",):
        raise UserError(f"{lines.path}: a transcript: `tocsin convert transcript` needs to know its --url", code=65)
    known = [name for name in found if name in READERS]
    if len(known) != 1:
        told = f"it may be of {' or '.join(known)}" if known else "it begins like none of the known sources"
        raise UserError(f"{lines.path}: {told}; name the source: {', '.join(READERS)}", code=65)
    yield from READERS[known[0]](lines)


def _is_ours(line: bytes) -> bool:
    for decode in (decode_post, decode_article):
        with suppress(Unusable):
            decode(line)
            return True
    return False


#: Source -> how its files are read where nothing more is said of them.
READERS: Final[dict[str, Read]] = {
    "x": of_x,
    "mastodon": of_json(lambda payload: mastodon.records(payload, mastodon.Server())),
    "truthsocial": of_json(lambda payload: mastodon.records(payload, mastodon.Server(mastodon.TRUTHSOCIAL))),
    "bluesky": of_json(bluesky.records),
    "telegram": of_json(telegram.records),
    "facebook": of_facebook,
    "feeds": of_feed(Manner()),
}
