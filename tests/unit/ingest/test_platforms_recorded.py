"""What Bluesky, Mastodon and Truth Social really sent: each payload becomes a record or says why not."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import yaml

from schemas import Post, PostDeletion
from schemas.codec import Unusable, decode_post, encode
from streams.ingest import bluesky, mastodon
from streams.ingest.mapping import Outcome
from tests.unit.ingest.recorded import DATA

BLUESKY, MASTODON, TRUTHSOCIAL = (DATA / name for name in ("bluesky-jetstream", "mastodon-fixtures", "truthsocial"))
SERVER = mastodon.Server(mastodon.MASTODON, "mastodon.example")

pytestmark = pytest.mark.skipif(not BLUESKY.exists(), reason="the recorded payloads are not there")


def jetstream() -> list[Any]:
    """All events, of both files."""
    files = [
        BLUESKY / "internal/corpus/testdata/expected_v1.jsonl",
        BLUESKY / "internal/subscribe/testdata/golden_v1.jsonl",
    ]
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=1)
def cassettes() -> list[tuple[str, Any]]:
    """Every answer of the recorded exchanges with Mastodon servers that is JSON, and messages of their streams."""
    found: list[tuple[str, Any]] = []
    for path in sorted(MASTODON.rglob("*.y*ml.gz")):
        recorded = yaml.load(gzip.decompress(path.read_bytes()), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for each in recorded.get("interactions") or recorded.get("http_interactions") or ():
            body = each["response"]["body"].get("string") or ""
            found += [(path.name, answer) for answer in answers(body)]
    return found


def answers(body: str | bytes) -> Iterator[Any]:
    """The JSON of an answer that has any."""
    try:
        yield json.loads(body)
    except ValueError:
        return


def counted(outcomes: Iterator[Outcome], folder: str) -> Counter[str]:
    """How many outcomes of which kind; every record keeps the schema, every refusal says why."""
    counts: Counter[str] = Counter()
    for each in outcomes:
        if isinstance(each, Post | PostDeletion):
            assert decode_post(encode(each)) == each
            counts[each.kind if isinstance(each, Post) and each.op == "create" else each.op] += 1
        elif isinstance(each, Unusable):
            assert each.detail
            counts["refused"] += 1
        else:
            counts["skipped"] += 1
    print(f"\n{folder}: {dict(sorted(counts.items()))}")
    return counts


def test_jetstream_events() -> None:
    events = jetstream()
    counts = counted(bluesky.records(events), BLUESKY.name)
    collections = Counter(each.get("commit", {}).get("collection") for each in events)
    own = collections["app.bsky.feed.post"] + collections["app.bsky.feed.repost"]
    assert counts["refused"] == 0
    assert counts["skipped"] == len(events) - own
    assert counts["repost"] == collections["app.bsky.feed.repost"]
    assert counts["delete"] == 1


def test_jetstream_posts_say_what_their_records_say() -> None:
    for event in jetstream():
        (found,) = bluesky.records(event)
        record = event.get("commit", {}).get("record") or {}
        if not isinstance(found, Post) or found.kind == "repost":
            continue
        assert found.id == f"at://{event['did']}/app.bsky.feed.post/{event['commit']['rkey']}"
        assert (found.text, found.lang) == (record["text"], (record.get("langs") or [None])[0])
        assert len(found.media) == len(record.get("embed", {}).get("images", []))
        features = [each for facet in record.get("facets", []) for each in facet["features"]]
        assert {each["uri"] for each in features if "uri" in each} <= {
            link.expanded or link.url for link in found.links
        }
        assert [each["tag"] for each in features if "tag" in each] == [*found.hashtags, *found.cashtags]
        external = record.get("embed", {}).get("external")
        assert external is None or external["title"] in {link.title for link in found.links}


def test_mastodon_exchanges() -> None:
    statuses = 0
    outcomes: list[Outcome] = []
    for name, payload in cassettes():
        found = list(mastodon.records(payload, SERVER))
        statuses += sum(isinstance(each, Post) for each in found)
        assert found or '"spoiler_text"' not in json.dumps(payload), f"{name} came to nothing"
        outcomes += found
    counts = counted(iter(outcomes), MASTODON.name)
    assert statuses > 600
    assert counts["edit"] > 30


def test_mastodon_text_and_links_come_from_the_markup() -> None:
    for _, payload in cassettes():
        for found in mastodon.records(payload, SERVER):
            if isinstance(found, Post):
                assert "</" not in found.text
                assert found.id.startswith("mastodon.example/")
                assert "@" in found.author.handle
                assert all(link.url.startswith(("http", "gemini", "magnet", "/")) for link in found.links)


def test_truth_social() -> None:
    payload = json.loads((TRUTHSOCIAL / "status_example.json").read_text(encoding="utf-8"))
    (found,) = mastodon.records(payload, mastodon.Server(mastodon.TRUTHSOCIAL))
    counted(iter([found]), TRUTHSOCIAL.name)
    assert isinstance(found, Post)
    assert (found.platform, found.id, found.kind) == ("truthsocial", "116731447139970106", "post")
    assert (found.author.handle, found.author.verified) == ("realDonaldTrump", True)
    assert found.text.startswith("The United States will be hitting Iran (Whose Navy")
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2026-06-11T12:22:08.864000+00:00"


def every_payload() -> Iterator[Any]:
    """Payloads with one thing changed: what a platform sends that has changed its mind."""
    whole = [*jetstream()[:40], *(payload for _, payload in cassettes()[:24])]
    for payload in whole:
        for path in paths(payload):
            other: Any
            for other in (None, 7, "", "\ud800", [], {}, [[{}]], -1.5):
                yield with_changed(payload, path, other)


def paths(payload: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to each value, the first of a list alone."""
    if at:
        yield at
    if len(at) < 5 and isinstance(payload, dict):
        for key, value in payload.items():
            yield from paths(value, (*at, key))
    elif len(at) < 5 and isinstance(payload, list) and payload:
        yield from paths(payload[0], (*at, 0))


def with_changed(payload: Any, path: tuple[Any, ...], other: Any) -> Any:
    if not path:
        return other
    made = dict(payload) if isinstance(payload, dict) else list(payload)
    made[path[0]] = with_changed(made[path[0]], path[1:], other)
    return made


def test_a_changed_payload_maps_or_is_refused() -> None:
    tried = 0
    for payload in every_payload():
        for outcome in (*bluesky.records(payload), *mastodon.records(payload, SERVER)):
            tried += 1
            if isinstance(outcome, Post | PostDeletion):
                decode_post(encode(outcome))
    assert tried > 8_000
