"""The records that a run is fed with: drawn from the seed alone, so that what ought to be counted is known beforehand.

Posts and articles of the shipped sample, under new names: created, edited, deleted, restored, sent twice, sent in the
wrong order, late, from the future, and broken in every way that has a reason. Pure but for reading the sample.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.base import MAX_VERSION
from schemas.codec import Unusable, decode_article, decode_post
from schemas.dead_letter import Reason
from tests.brokers import ROOT

SAMPLE = ROOT / "seeds" / "sample"

MINUTE, HOUR, DAY = 60, 3_600, 86_400

#: Posts that later records may still speak of, the newest first; some of what is older is spoken of too.
_REMEMBERED = 3_000
#: Posts that are spoken of all the time.
_HOT = 6
#: Share of records that belong to one of the shipped events.
_BELONGING = 0.04


@dataclass(frozen=True, slots=True)
class Fed:
    """One record as it is produced; `stamp` is its Kafka timestamp in milliseconds."""

    topic: str
    key: bytes | None
    value: bytes | None
    stamp: int


@dataclass(slots=True)
class _Story:
    """One post or article and what was said of it so far."""

    topic: str
    identity: dict[str, str]
    template: dict[str, Any]
    created: int | None
    version: int = 0
    sent: list[Fed] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        if self.topic == "articles":
            return self.identity["url"].encode()
        return f"{self.identity['platform']}:{self.identity['id']}".encode()


def feed(seed: int, records: int, base: int) -> Iterator[Fed]:
    """So many records, as of the instant `base` (unix seconds): none has a later Kafka timestamp."""
    return _Feed(random.Random(f"{seed} feed"), records, base).all()


class _Feed:
    def __init__(self, dice: random.Random, records: int, base: int) -> None:
        self._dice, self._records, self._base = dice, records, base
        self._templates = {topic: _templates(topic) for topic in ("posts", "articles")}
        self._stories: list[_Story] = []
        self._hot: list[_Story] = []
        self._number = 0
        self._stamp = 0
        self._huge = 3
        self._acts: tuple[tuple[float, Callable[[], Fed]], ...] = (
            (0.500, self._create), (0.130, self._edit), (0.070, self._delete), (0.045, self._undelete),
            (0.090, self._repeat), (0.060, self._outdated), (0.020, self._stranger), (0.030, self._late),
            (0.030, self._future), (0.025, self._bad),
        )  # fmt: skip

    def all(self) -> Iterator[Fed]:
        weights = [weight for weight, _ in self._acts]
        makers = [make for _, make in self._acts]
        chosen = self._dice.choices(makers, weights, k=self._records)
        for self._number, make in enumerate(chosen):
            self._stamp = self._draw_stamp()
            yield make()

    def _draw_stamp(self) -> int:
        """Mostly the last hours, forwards as the feed goes; some records are brought in from days ago."""
        left = 1 - self._number / self._records
        if self._dice.random() < 0.04:
            return self._base - int(self._dice.uniform(0, 6.4 * DAY))
        return self._base - int(left * 3.5 * HOUR) - self._dice.randrange(20)

    def _create(self) -> Fed:
        return self._say(self._new_story(self._age()), "create")

    def _edit(self) -> Fed:
        story = self._known()
        story.version += self._dice.choice((1, 1, 2, 1_000))
        if self._dice.random() < 0.6:  # else the same text again
            story.template = self._template(story.topic)
        if self._dice.random() < 0.15:  # a platform that leaves it out of edits, or corrects it
            story.created = self._dice.choice((None, self._stamp - self._age()))
        return self._say(story, "edit")

    def _delete(self) -> Fed:
        story = self._known()
        story.version += self._dice.choice((0, 1, 1, 1_000))
        if self._dice.random() < 0.2:  # one that carries the whole post
            return self._say(story, "delete")
        return self._send(story, {**story.identity, "op": "delete", "version": story.version})

    def _undelete(self) -> Fed:
        story = self._known()
        story.version += 1
        return self._say(story, "undelete")

    def _repeat(self) -> Fed:
        """A record once more, byte for byte, at another time."""
        before = self._dice.choice(self._known().sent)
        return Fed(before.topic, before.key, before.value, self._stamp * 1_000)

    def _outdated(self) -> Fed:
        """A record of a version that is long past, or just as high: it comes too late, or wins by its offset."""
        story = self._known()
        version, story.version = story.version, self._dice.randint(0, story.version)
        op = self._dice.choice(("create", "edit", "edit", "undelete", "delete"))
        fed = self._say(story, op)
        story.version = version
        return fed

    def _stranger(self) -> Fed:
        """A delete or edit of a post whose creation comes later, or never."""
        story = self._new_story(self._age())
        story.version = self._dice.choice((0, 5, 1_000_000, MAX_VERSION - 5_000_000))
        if self._dice.random() < 0.5:
            return self._send(story, {**story.identity, "op": "delete", "version": story.version})
        return self._say(story, self._dice.choice(("edit", "undelete")))

    def _late(self) -> Fed:
        """A time so long before the Kafka timestamp that the record doesn't exist, or just not so long."""
        over = self._dice.choice((-30, -1, 0, 1, 30, HOUR, DAY))
        return self._say(self._new_story(2 * DAY + over), "create")

    def _future(self) -> Fed:
        """A time ahead of the Kafka timestamp, by a little or by centuries; or before there were posts."""
        ahead = self._dice.choice((1, 60, 119, 120, 121, 300, HOUR, 75 * 365 * DAY))
        story = self._new_story(-ahead)
        if self._dice.random() < 0.3:
            story.created = self._dice.choice((0, 1, 946_684_799))
        return self._say(story, "create")

    def _bad(self) -> Fed:
        story = self._new_story(0)
        body = {**story.template, **story.identity, "op": "create", "version": 0}
        key: bytes | None = story.key
        value: bytes | None = orjson.dumps(body)
        assert value is not None
        match self._dice.choice(tuple(Reason)):
            case Reason.EMPTY:
                value = self._dice.choice((None, b""))
            case Reason.INVALID_UTF8:
                value = value.replace(b'"op"', b'"title":"\xff","text":"\xff","op"')
            case Reason.MALFORMED_JSON:
                value = self._dice.choice((value[:-7], value + b"}", b"{", b"null,", value.replace(b":", b"=", 1)))
            case Reason.NUL:
                value = value.replace(b'"op"', b'"title":"a\\u0000b","text":"a\\u0000b","op"')
            case Reason.SCHEMA:
                value = orjson.dumps({**body, **self._break_schema()})
            case Reason.KEY_MISMATCH:
                key = self._dice.choice((None, b"", b"x:another", story.key + b" "))
            case Reason.TOO_DEEP:
                value = value.replace(b'"op"', b'"deep":' + b"[" * 10_000 + b"]" * 10_000 + b',"op"')
        self._stories.pop()
        return Fed(story.topic, key, value, self._stamp * 1_000)

    def _break_schema(self) -> dict[str, object]:
        if self._huge:  # too large to be repeated whole in a dead letter
            self._huge -= 1
            return {"text": "hello " * 100_000, "title": "hello " * 100_000}
        breaks: tuple[dict[str, object], ...] = (
            {"version": -1}, {"version": MAX_VERSION + 1}, {"version": "one"}, {"op": "explode"}, {"kind": "essay"},
            {"created_at": "the other day", "published_at": "2025-03-14T00:00:00"}, {"links": 1},
        )  # fmt: skip
        return self._dice.choice(breaks)

    def _age(self) -> int:
        """Seconds from a post's creation to its record: mostly few."""
        roll = self._dice.random()
        if roll < 0.75:
            return self._dice.randrange(15)
        if roll < 0.9:
            return self._dice.randrange(3 * HOUR)
        return self._dice.randrange(2 * DAY)

    def _new_story(self, age: int) -> _Story:
        topic = "articles" if self._dice.random() < 0.08 else "posts"
        template = self._template(topic)
        if topic == "articles":
            identity = {"url": f"https://{template['outlet']['domain']}/chaos/{self._number}"}
        else:
            identity = {"platform": template["platform"], "id": f"chaos-{self._number}"}
        created = None if self._dice.random() < 0.06 else self._stamp - age
        story = _Story(topic, identity, template, created)
        if self._dice.random() < 0.25:  # a platform that gives even creations a version
            story.version = self._dice.randrange(1, 50)
        self._stories.append(story)
        if len(self._stories) > 2 * _REMEMBERED:
            del self._stories[:_REMEMBERED]
        if len(self._hot) < _HOT:
            self._hot.append(story)
        return story

    def _known(self) -> _Story:
        """A story that was told at least once."""
        for _ in range(20):
            if self._hot and self._dice.random() < 0.03:
                story = self._dice.choice(self._hot)
            elif self._stories:
                back = min(int(self._dice.expovariate(1 / 300)), len(self._stories) - 1)
                story = self._stories[-1 - back]
            else:
                break
            if story.sent:
                return story
        story = self._new_story(self._age())
        self._say(story, "create")
        return story

    def _template(self, topic: str) -> dict[str, Any]:
        """What a post says: of the shipped events now and then, whose rules are dear to match."""
        return self._dice.choice(self._templates[topic][self._dice.random() < _BELONGING])

    def _say(self, story: _Story, op: str) -> Fed:
        body = {**story.template, **story.identity, "op": op, "version": story.version}
        if story.created is not None:
            name = "published_at" if story.topic == "articles" else "created_at"
            body[name] = datetime.fromtimestamp(story.created, UTC).isoformat()
        return self._send(story, body)

    def _send(self, story: _Story, body: dict[str, Any]) -> Fed:
        fed = Fed(story.topic, story.key, orjson.dumps(body), self._stamp * 1_000)
        if len(story.sent) < 50:
            story.sent.append(fed)
        return fed


def _templates(topic: str) -> dict[bool, list[dict[str, Any]]]:
    """Creations of the sample, without what a story has of its own; whether they belong to a shipped event."""
    own = ("id", "url", "op", "version", "created_at", "published_at", "edited_at", "updated_at")
    decode = decode_post if topic == "posts" else decode_article
    truth = [orjson.loads(line) for line in _lines("truth")]
    belonging = {each["id"] for each in truth if each.get("events")}
    found: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for line in _lines(topic):
        try:
            record = decode(line)
        except Unusable:  # planted: the sample has broken lines too
            continue
        if record.op == "create":
            template = {name: value for name, value in orjson.loads(line).items() if name not in own}
            found[record.key in belonging].append(template)
    return found


def _lines(name: str) -> list[bytes]:
    return gzip.decompress((SAMPLE / f"{name}.ndjson.gz").read_bytes()).splitlines()
