"""The whole sample: plays the timeline and gives the three files' lines."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple

import msgspec

from .acts import Acts
from .articles import Newsstand
from .broken import plant
from .cast import Cast
from .dice import Dice
from .meaning import Meaning
from .phrases import BANK, Phrases, Said
from .stream import Json, Stream
from .timeline import KURSK, NOISE, QUIET, TRUCE, Phase, at

SEED = "tocsin-sample-1"


class Sample(NamedTuple):
    """The files' contents, uncompressed."""

    posts: bytes
    articles: bytes
    truth: bytes


class _Statement(msgspec.Struct, forbid_unknown_fields=True):
    at: str
    by: str
    text: str
    events: dict[str, list[str]]


def compose() -> Sample:
    """Compose the sample from the seed."""
    phrases = Phrases()
    stand = Newsstand(Dice(f"{SEED}/articles"), phrases)
    cast = Cast(Dice(f"{SEED}/cast"))
    stream = Stream(Dice(f"{SEED}/ids"))
    acts = Acts(Dice(f"{SEED}/acts"), phrases, cast, stream, stand.links)
    _play(acts, cast, stream)
    for start, name, lang, size, minutes in (
        (at(14, 16, 20), "asserted-lives", "en", 15, 20),
        (at(14, 16, 50), "asserted-lives", "ru", 13, 25),
        (at(14, 18, 10), "asserted", "en", 16, 18),
        (at(14, 21, 30), "lives", "ru", 12, 30),
        (at(15, 9, 15), "asserted", "en", 14, 20),
    ):
        acts.campaign(start, name, lang, size, minutes)
    acts.afterlife()
    _ghosts(stream)
    bad = plant(stream, Dice(f"{SEED}/bad"))
    lines, articles = stream.lines(), stand.lines()
    counts = {"bad_records": bad, "posts": len(lines) - bad, "articles": len(articles)}
    truth: list[Json] = [{"id": key, "events": events} for key, events in sorted((stream.truth | stand.truth).items())]
    return Sample(_ndjson(lines), _ndjson(articles), _ndjson([*truth, counts]))


def _play(acts: Acts, cast: Cast, stream: Stream) -> None:
    """Play all phases and the statements of the record in order of time."""
    plays: list[tuple[datetime, int, Phase | _Statement]] = []
    for phase in (*KURSK, *TRUCE, *QUIET, *NOISE):
        for moment in acts.moments(phase):
            plays.append((moment, len(plays), phase))
    for statement in msgspec.yaml.decode((BANK / "record.yaml").read_bytes(), type=list[_Statement]):
        plays.append((datetime.fromisoformat(f"2025-03-{statement.at}+00:00"), len(plays), statement))
    for moment, _, play in sorted(plays, key=lambda entry: entry[:2]):
        if isinstance(play, Phase):
            acts.play(play, moment)
            continue
        author = cast.find(play.by)
        meaning: Meaning = {event: frozenset(claims) for event, claims in play.events.items()}
        said = Said(play.text, author.lang, meaning, _theme(meaning))
        acts.remember(stream.create(author, moment, said))


def _theme(meaning: Meaning) -> str:
    """Name the theme under which a statement is found by those who pass it on."""
    claims = meaning.get("kursk-surrender-offer")
    if claims is None:
        return "conditions" if meaning else "near"
    return {
        frozenset[str](): "offer",
        frozenset({"encirclement-asserted"}): "plea",
        frozenset({"lives-guaranteed"}): "lives",
        frozenset({"encirclement-denied"}): "denied",
    }.get(claims, "denied-trap")


def _ghosts(stream: Stream) -> None:
    """Delete two posts that nobody has seen, and let two creates arrive after their deletes."""
    for number, moment in enumerate((at(14, 10, 7), at(15, 11, 42))):
        stream.arrive(moment, stream.removal("x", f"19005{number}0000000000042", moment))
        stream.truth[f"x:19005{number}0000000000042"] = {}
    deniers = (post.author for post in stream.posts if post.said.theme == "denied")
    author = next(one for one in deniers if one.platform == "mastodon" and one.lang == "en")
    text = "Ukrainian troops in Kursk are not surrounded, says everyone who has looked."
    meaning: Meaning = {"kursk-surrender-offer": frozenset({"encirclement-denied"})}
    for moment in (at(14, 20, 11), at(15, 12, 30)):
        post = stream.create(author, moment, Said(text, "en", meaning, "denied"), delay=110)
        post.gone = True
        gone = moment.replace(second=20)
        stream.arrive(moment.replace(second=24), stream.removal(author.platform, post.id, gone))
        stream.truth[post.key] = {}


def _ndjson(records: list[Json] | list[Json | bytes]) -> bytes:
    return b"".join((record if isinstance(record, bytes) else _json(record)) + b"\n" for record in records)


def _json(record: Json) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
