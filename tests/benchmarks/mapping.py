"""How many payloads a second one core maps: recorded ones, from the bytes of the wire to the bytes for Kafka.

python -m tests.benchmarks.mapping [SECONDS]
"""

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator

import orjson

from schemas import Post, PostDeletion
from schemas.codec import encode
from streams.ingest import mastodon
from streams.ingest.bluesky.events import of_event, read
from streams.ingest.x.lines import outcomes
from tests.unit.ingest import recorded
from tests.unit.ingest.test_platforms_recorded import SERVER, cassettes, jetstream


def main(seconds: float) -> None:
    """Print a line a platform."""
    for name, posts, once in (
        ("x, stream lines of v2", *of_x()),
        ("x, statuses of v1.1", *of_x_v1()),
        ("bluesky, posts of Jetstream", *of_bluesky(posts_only=True)),
        ("bluesky, all events", *of_bluesky(posts_only=False)),
        ("mastodon, statuses", *of_mastodon()),
    ):
        gc.collect()
        gc.freeze()  # the recorded files in memory are not the mapper's to look through
        rounds: list[float] = []
        while sum(rounds) < seconds:
            began = time.process_time()
            once()
            rounds.append(time.process_time() - began)
        median, best = posts / statistics.median(rounds), posts / min(rounds)
        print(
            f"{name}: {median:,.0f} a second of one core, at best {best:,.0f} ({posts} payloads, {len(rounds)} rounds)"
        )


def of_x() -> tuple[int, Callable[[], None]]:
    """Each post of the recorded v2 pages as a stream sends it: with what it includes."""
    lines = []
    for name in recorded.files():
        if name.startswith("twarc-csv/"):
            for page in recorded.documents(name):
                if isinstance(page, dict) and isinstance(page.get("data"), list):
                    lines += list(_lines(page))
    lines = lines[:4_000]
    return len(lines), lambda: _mapped(each for line in lines for each in outcomes(line, 1))


def _lines(page: dict[str, object]) -> Iterator[bytes]:
    data, found = page["data"], page.get("includes")
    includes = found if isinstance(found, dict) else {}
    users = {user["id"]: user for user in includes.get("users", ())}
    tweets = {tweet["id"]: tweet for tweet in includes.get("tweets", ())}
    for tweet in data if isinstance(data, list) else ():
        if "text" not in tweet:
            continue
        named = [tweets[each["id"]] for each in tweet.get("referenced_tweets", ()) if each["id"] in tweets]
        authors = {each["author_id"] for each in [tweet, *named]} & users.keys()
        own = {"users": [users[each] for each in sorted(authors)], "tweets": named}
        yield json.dumps({"data": tweet, "includes": own, "matching_rules": [{"id": "1"}]}).encode()


def of_x_v1() -> tuple[int, Callable[[], None]]:
    """Each status of the recorded v1.1 timelines."""
    found = [each for name in recorded.files() if name.startswith("python-twitter/") for each in _statuses(name)]
    return len(found), lambda: _mapped(each for line in found for each in outcomes(line, 1))


def _statuses(name: str) -> Iterator[bytes]:
    for document in recorded.documents(name):
        for each in document if isinstance(document, list) else [document]:
            if isinstance(each, dict) and "id_str" in each and "user" in each:
                yield json.dumps(each).encode()


def of_bluesky(*, posts_only: bool) -> tuple[int, Callable[[], None]]:
    """The recorded events."""
    collections = ("app.bsky.feed.post", "app.bsky.feed.repost") if posts_only else None
    found = [
        json.dumps(event).encode()
        for event in jetstream()
        if collections is None or event.get("commit", {}).get("collection") in collections
    ]
    handles: dict[str, str] = {}
    return len(found), lambda: _mapped(of_event(read(line), handles) for line in found)


def of_mastodon() -> tuple[int, Callable[[], None]]:
    """The recorded statuses of timelines."""
    found = [
        json.dumps(each).encode()
        for _, payload in cassettes()
        if isinstance(payload, list)
        for each in payload
        if isinstance(each, dict) and "spoiler_text" in each
    ]
    return len(found), lambda: _mapped(each for line in found for each in mastodon.records(orjson.loads(line), SERVER))


def _mapped(outcomes: Iterable[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, (Post, PostDeletion)):
            encode(outcome)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 2.0)
