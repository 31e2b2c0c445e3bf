"""What ships in `seeds/`: the sample is what its generator writes, and the rules agree with its truth."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from schemas import Article, ArticleDeletion, Post, PostDeletion, TrackedEvent
from schemas.codec import Unusable, decode_article, decode_post
from seeds.compose.phrases import BANK
from seeds.compose.sample import compose
from streams.alerts.conditions import doubts
from streams.matching import Matcher, check_event, seal
from streams.tracking.files import read_drafts
from streams.xrules import rules_of

SEEDS = Path(__file__).parents[2] / "seeds"
EVENTS = (
    "arno-flood-alert",
    "blood-moon-eclipse",
    "jeddah-truce-proposal",
    "kettle-recall",
    "kursk-surrender-offer",
)
RANK = {"create": 0, "edit": 1, "undelete": 2, "delete": 3}
OFFER = datetime(2025, 3, 14, 16, 5, tzinfo=UTC)

AnyRecord = Post | PostDeletion | Article | ArticleDeletion


class Decoder(Protocol):
    def __call__(self, raw: bytes, /) -> AnyRecord: ...


@cache
def lines(name: str) -> tuple[bytes, ...]:
    """The lines of one of the sample's files."""
    return tuple(gzip.decompress((SEEDS / "sample" / f"{name}.ndjson.gz").read_bytes()).split(b"\n")[:-1])


@cache
def truth() -> dict[str, Any]:
    """The truth by post or article; its last line, the counts, under the empty name."""
    *records, counts = map(json.loads, lines("truth"))
    return {record["id"]: record["events"] for record in records} | {"": counts}


def usable(name: str, decode: Decoder) -> list[AnyRecord]:
    """The records of a file that can be read."""
    found: list[AnyRecord] = []
    for line in lines(name):
        try:
            found.append(decode(line))
        except Unusable:
            continue
    return found


@cache
def posts() -> tuple[AnyRecord, ...]:
    """The usable records of the posts file."""
    return tuple(usable("posts", decode_post))


@cache
def articles() -> tuple[AnyRecord, ...]:
    """The usable records of the articles file."""
    return tuple(usable("articles", decode_article))


@cache
def final() -> dict[str, AnyRecord]:
    """The record that stands in the end, by key: the highest version, then delete > undelete > edit > create."""
    standing: dict[str, AnyRecord] = {}
    for record in (*posts(), *articles()):
        other = standing.get(record.key)
        if other is None or (record.version, RANK[record.op]) > (other.version, RANK[other.op]):
            standing[record.key] = record
    return standing


def entries(name: str) -> tuple[str, ...]:
    """The entries of an account list."""
    text = (SEEDS / "lists" / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def tracked(name: str) -> TrackedEvent:
    """A seed event as a worker would get it."""
    (draft,) = read_drafts([SEEDS / "events" / f"{name}.yaml"])
    return seal(draft, datetime(2025, 3, 13, tzinfo=UTC))


class TestGenerator:
    def test_reproduces_the_files(self) -> None:
        """Composing again gives the committed lines byte for byte (compared unpacked: zlib's versions pack unlike)."""
        for name, content in compose()._asdict().items():
            assert content == b"".join(line + b"\n" for line in lines(name)), name

    @pytest.mark.parametrize("name", ["posts", "articles", "truth"])
    def test_packs_without_a_time(self, name: str) -> None:
        """The archives hold no time of packing, so that composing again changes no byte of them."""
        assert (SEEDS / "sample" / f"{name}.ndjson.gz").read_bytes()[4:8] == b"\0\0\0\0"


class TestSample:
    def test_size(self) -> None:
        """Its counts are as promised and as the truth says."""
        assert truth()[""] == {
            "bad_records": len(lines("posts")) - len(posts()),
            "posts": len(posts()),
            "articles": len(articles()),
        }
        assert len(posts()) >= 3_000
        assert len(articles()) == len(lines("articles")) >= 100
        assert truth()[""]["bad_records"] >= 12

    def test_truth_knows_every_record(self) -> None:
        """There is one line of truth per post and article, and none besides."""
        assert truth().keys() - {""} == final().keys()
        assert len(lines("truth")) == len(final()) + 1

    def test_texture(self) -> None:
        """Seven platforms, three languages, all kinds, and edits, deletes and undeletes on both sides of a match."""
        whole = [record for record in posts() if isinstance(record, Post)]
        platforms = Counter(record.platform for record in whole)
        assert len(platforms) == 7
        assert min(platforms.values()) >= 200
        languages = Counter(record.lang or record.lang_detected for record in whole)
        assert set(languages) == {"en", "ru", "uk"}
        assert min(languages.values()) >= 500
        assert {record.kind for record in whole} == {"post", "repost", "reply", "quote"}
        ops = Counter(record.op for record in posts())
        assert min(ops["edit"], ops["delete"]) >= 50
        assert ops["undelete"] >= 1
        assert not any(record.op == "edit" and record.platform == "bluesky" for record in whole)

    def test_every_record_says_where_it_is_from(self) -> None:
        """Nobody can take a record of the sample for a real one."""
        for line in (*lines("posts"), *lines("articles")):
            try:
                record = json.loads(line)
            except ValueError:
                continue
            assert record == [] or record["source"] == "tocsin-sample"

    def test_most_is_about_something_else(self) -> None:
        """At least a third is off every topic, and each of the five events has its posts."""
        kept = [events for key, events in truth().items() if key]
        assert sum(not events for events in kept) >= len(kept) / 3
        by_event = Counter(event for events in kept for event in events)
        assert set(by_event) == set(EVENTS)
        assert min(by_event.values()) >= 100
        assert by_event.most_common(1)[0][0] == "kursk-surrender-offer"

    def test_order_of_arrival(self) -> None:
        """Records lie in order of arrival: none before its creation, all but the repeated ones soon after it."""
        late, latest = 0, datetime(2025, 3, 13, tzinfo=UTC)
        for record in posts():
            if isinstance(record, Post) and record.op == "create":
                assert record.created_at is not None
                late += (latest - record.created_at).total_seconds() > 180
                latest = max(latest, record.created_at)
        assert late <= 12

    def test_the_story(self) -> None:
        """State media drive the first hour after the offer; from the fourth hour on the denial overtakes the claim."""
        hours: dict[int, Counter[str]] = {}
        for key, record in final().items():
            said = truth()[key].get("kursk-surrender-offer")
            if said and isinstance(record, Post) and record.created_at and record.created_at >= OFFER:
                hour = int((record.created_at - OFFER).total_seconds() // 3_600)
                hours.setdefault(hour, Counter()).update(["all", *said["claims"], *said["groups"]])
        assert hours[0]["state-media"] > hours[0]["all"] / 4
        assert hours[0]["encirclement-asserted"] > 3 * hours[0]["encirclement-denied"]
        for hour in (3, 4, 5):
            assert hours[hour]["encirclement-denied"] > 2 * hours[hour]["encirclement-asserted"]
            assert hours[hour]["state-media"] < hours[hour]["all"] / 10


class TestLists:
    def test_agree_with_the_cast(self) -> None:
        """Every account that speaks in a role stands in that role's list."""
        cast = msgspec.yaml.decode((BANK / "cast.yaml").read_bytes())
        files = {"locals": "tuscany-locals"}
        for role in ("state-media", "officials", "osint", "amplifiers", "locals", "skywatchers"):
            cast_in = {real["account"] for real in cast["real"].get(role, [])} | set(cast["invented"].get(role, []))
            assert cast_in <= set(entries(files.get(role, role))), role


class TestEvents:
    @pytest.mark.parametrize("name", EVENTS)
    def test_rules_are_sound(self, name: str) -> None:
        """The rules of a seed event compile without a warning, and its file bears its id."""
        event = tracked(name)
        assert event.id == name
        assert check_event(event) == []
        assert doubts(event) == []

    @pytest.mark.parametrize("name", EVENTS)
    def test_rules_on_x_find_what_matches(self, name: str) -> None:
        """X can be asked for each event, in few rules, and gives every post of the sample that the event matches."""
        event = tracked(name)
        rules = [msgspec.structs.replace(event, id=f"rule-{n}", match=rule.value, parts={}, claims={}, groups={})
                 for n, rule in enumerate(rules_of(event))]  # fmt: skip
        assert len(rules) <= 5
        matched, on_x = Matcher([event]), Matcher(rules)
        whole = [record for record in posts() if isinstance(record, Post) and record.platform == "x"]
        found = [record for record in whole if matched.match(record)]
        assert len(found) > 20
        assert all(on_x.match(record) for record in found)

    @pytest.mark.parametrize("name", EVENTS)
    def test_rules_agree_with_truth(self, name: str) -> None:
        """On the whole sample, matches, claims and groups are what the texts were written to mean."""
        matcher = Matcher([tracked(name)])
        for key, record in final().items():
            found = matcher.match(record) if isinstance(record, Post | Article) and record.op != "delete" else []
            said = {"claims": sorted(found[0].claims), "groups": sorted(found[0].groups)} if found else None
            assert said == truth()[key].get(name), key
