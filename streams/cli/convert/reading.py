"""How each source's files are read: bytes of a file to outcomes, each with the line on which it stands."""

from collections.abc import Callable, Iterator
from typing import Final

from schemas.codec import Unusable
from streams.errors import UserError
from streams.ingest import bluesky, detect, facebook, feeds, mastodon, telegram, x
from streams.ingest.documents import documents
from streams.ingest.feeds.articles import Manner
from streams.ingest.lines import Lines
from streams.ingest.mapping import Outcome
from streams.ingest.tables import rows, texts

Read = Callable[[Lines], Iterator[tuple[int, Outcome]]]


def of_json(records: Callable[[object], Iterator[Outcome]]) -> Read:
    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        for number, payload in documents(lines):
            for outcome in [payload] if isinstance(payload, Unusable) else records(payload):
                yield number, outcome

    return read


def of_feed(manner: Manner, address: str = "") -> Read:
    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        for outcome in feeds.records(lines.whole(), manner, address):
            yield 1, outcome

    return read


def of_facebook(lines: Lines) -> Iterator[tuple[int, Outcome]]:
    try:
        yield from facebook.records(rows(texts(lines)))
    except Unusable as error:
        yield 1, error


def detected(lines: Lines) -> Iterator[tuple[int, Outcome]]:
    found = detect.sources(lines.peek())
    if found == ("transcript",):
        raise UserError(f"{lines.path}: a transcript: `tocsin convert transcript` needs to know its --url", code=65)
    known = [name for name in found if name in READERS]
    if len(known) != 1:
        told = f"it may be of {' or '.join(known)}" if known else "it is like none that is known"
        raise UserError(f"{lines.path}: {told}; name the source: {', '.join(READERS)}", code=65)
    yield from READERS[known[0]](lines)


#: Source -> how its files are read where nothing more is said of them.
READERS: Final[dict[str, Read]] = {
    "x": of_json(x.records),
    "mastodon": of_json(lambda payload: mastodon.records(payload, mastodon.Server())),
    "truthsocial": of_json(lambda payload: mastodon.records(payload, mastodon.Server(mastodon.TRUTHSOCIAL))),
    "bluesky": of_json(bluesky.records),
    "telegram": of_json(telegram.records),
    "facebook": of_facebook,
    "feeds": of_feed(Manner()),
}
