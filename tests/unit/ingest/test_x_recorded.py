"""What X really sent, in every format that it has had: each post of it becomes one here."""

import copy
import json
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from schemas import Place, Post, PostDeletion
from schemas.codec import Unusable, decode_post, encode
from streams.ingest import x
from tests.unit.ingest import recorded

pytestmark = pytest.mark.skipif(not recorded.V1.exists(), reason="the recorded payloads are not there")

#: Files that hold more than posts: posts, deletions, things skipped, unusable ones.
OTHER_THINGS = {
    "models/models_category.json": (0, 0, 0, 1),
    "models/models_direct_message.json": (0, 0, 1, 0),
    "models/models_direct_message_short.json": (0, 0, 1, 0),
    "models/models_hashtag.json": (0, 0, 0, 1),
    "models/models_list.json": (0, 0, 1, 0),
    "models/models_media.json": (0, 0, 0, 1),
    "models/models_status_no_user.json": (0, 0, 0, 1),
    "models/models_trend.json": (0, 0, 0, 1),
    "models/models_url.json": (0, 0, 0, 1),
    "models/models_user.json": (0, 0, 1, 0),
    "models/models_user_status.json": (0, 0, 1, 0),
    "python-twitter/get_status_oembed.json": (0, 0, 0, 1),
    "python-twitter/get_trends_current.json": (0, 0, 1, 0),
    "python-twitter/get_trends_current_unicode.json": (0, 0, 1, 0),
    "python-twitter/get_trends_woeid.json": (0, 0, 1, 0),
    "python-twitter/get_trends_woeid_exclude.json": (0, 0, 1, 0),
    "python-twitter/post_mutes_users_create_skip_status.json": (0, 0, 1, 0),
    "sferik-twitter-ruby/matching_trends.json": (0, 0, 1, 0),
    "sferik-twitter-ruby/places.json": (0, 0, 0, 1),
    "sferik-twitter-ruby/search_malformed.json": (0, 0, 0, 1),
    "sferik-twitter-ruby/tos.json": (0, 0, 1, 0),
    "sferik-twitter-ruby/track_streaming_user.json": (1, 1, 4, 0),
    "twarc-csv/2sets.jsonl": (200, 0, 1, 0),
    "twarc-csv/counts.jsonl": (0, 0, 169, 0),
    "twarc-csv/empty.json": (0, 0, 0, 0),
    "twarc-csv/entities_test.jsonl": (474, 0, 11, 0),
    "twarc-csv/kpop.jsonl": (100, 0, 1, 0),
    "twarc-csv/lists.jsonl": (0, 0, 6, 0),
    "twarc-csv/noflat.jsonl": (100, 0, 1, 0),
    "twarc-csv/tweets_compliance.jsonl": (0, 0, 2, 0),
    "twarc-csv/users.jsonl": (0, 0, 104, 0),
    "twarc-csv/users_compliance.jsonl": (0, 0, 2, 0),
    "twarc-csv/withheld.jsonl": (215, 0, 5, 0),
    "broken_and_unsupported_payloads/original_format_missing_user.json": (0, 0, 0, 1),
}
#: Posts in all files together.
POSTS = 2_179


def read(name: str) -> list[x.Outcome]:
    """Everything that a file gives."""
    return [record for payload in recorded.documents(name) for record in x.records(payload)]


def posts(name: str) -> list[Post]:
    """The posts of a file."""
    return [record for record in read(name) if isinstance(record, Post)]


def by_id(name: str) -> dict[str, Post]:
    """The posts of a file, by id."""
    return {post.id: post for post in posts(name)}


def test_every_post_of_every_file_maps() -> None:
    """A file that is not listed holds posts only, and all of them come out valid."""
    total = 0
    for name in recorded.files():
        kinds = Counter(type(record) for record in read(name))
        found = (kinds[Post], kinds[PostDeletion], kinds[x.Skipped], kinds[Unusable])
        assert found == OTHER_THINGS.get(name, (found[0], 0, 0, 0)), name
        assert found[0] or name in OTHER_THINGS, name
        assert all(decode_post(encode(post)) == post for post in posts(name)), name
        total += found[0]
    assert total == POSTS


def test_the_same_posts_in_two_formats_of_gnip_are_the_same_here() -> None:
    """25 posts of every kind, as activities and as statuses, are equal in every field: formats leave no trace."""
    activities = by_id("tweet_parser/activity_streams_examples.json")
    statuses = by_id("tweet_parser/original_format_examples.json")
    # X itself cut the text of this repost at another place; that of the repeated post is whole in both.
    cut = activities.pop("867475059358683136"), statuses.pop("867475059358683136")
    assert cut[0].reposted == cut[1].reposted
    assert activities == statuses
    assert Counter(post.kind for post in statuses.values()) == {"post": 11, "quote": 7, "reply": 4, "repost": 2}


def test_a_page_and_its_flattened_form_give_the_same_posts() -> None:
    """What another tool put into each post is what stood beside them in the page."""
    page, flat = by_id("twarc-csv/noflat.jsonl"), by_id("twarc-csv/flat.jsonl")
    same = [post for post in page.values() if post.id in flat]
    assert len(same) > 30
    for post in same:
        other = flat[post.id]
        assert (other.text, other.kind, other.refs, other.links, other.mentions) == (
            post.text,
            post.kind,
            post.refs,
            post.links,
            post.mentions,
        )


def test_versions_of_an_edited_post_are_one_post() -> None:
    """The two versions share id and creation; the later one is an edit of a greater version."""
    [before], [after] = posts("twarc-csv/edited_before.jsonl"), posts("twarc-csv/edited.jsonl")
    assert (before.op, before.version, before.key) == ("create", 0, "x:1576994746135764992")
    assert (after.op, after.version, after.key) == ("edit", 1_664_819_831_527, before.key)
    assert after.created_at == before.created_at
    assert after.edited_at is not None
    assert before.created_at is not None
    assert after.edited_at - before.created_at == timedelta(seconds=10)
    assert after.refs == before.refs
    assert [(each.type, each.alt) for each in before.media] == [("photo", "selfie of me with memoji")]
    assert after.text == "hey :) https://t.co/rnwEIoNuqd"


def test_a_reference_to_a_version_is_one_to_the_post() -> None:
    """A reply to an edit, quoting the first version, refers to one post twice."""
    [post] = posts("twarc-csv/quoted_edit.jsonl")
    assert post.refs is not None
    assert (post.refs.quote_of, post.kind) == ("1576994746135764992", "reply")
    assert post.quoted is not None
    assert post.quoted.text.startswith("i miss y’all")
    assert [each.type for each in post.quoted.media] == ["photo"]


def test_a_stream_cut_off_in_a_line_gives_the_lines_before_it() -> None:
    """Stream lines carry what they include; a quoted post is whole, a place has its box."""
    first = posts("twarc-csv/streaming_output_with_error.jsonl")[0]
    assert first.kind == "quote"
    assert first.quoted is not None
    assert first.quoted.author.handle == "Manie_DS"
    box = (32.6718934, -17.1276504, 35.92038, -9.3670837)
    assert first.place == Place(id="a0583a9994e6bf1b", name="Malawi", country="MW", box=box)


def test_a_truncated_stream_line_gives_the_whole_text() -> None:
    """The text, links and pictures of `extended_tweet` stand for the cut ones."""
    whole = posts("streaming/lines.json")
    assert len(whole) == 72
    assert not [post.id for post in whole if post.text.endswith("…")]
    assert all("twitter.com/i/web/status" not in (link.expanded or "") for post in whole for link in post.links)


def test_what_a_user_stream_says_besides_posts() -> None:
    """A deletion is a record; friends, events and warnings are named by their kind."""
    found = read("sferik-twitter-ruby/track_streaming_user.json")
    assert [record.kind for record in found if isinstance(record, x.Skipped)] == [
        "friends",
        "direct_message",
        "event",
        "warning",
    ]
    assert [record for record in found if isinstance(record, PostDeletion)] == [
        PostDeletion("x", "272691609211117568", "delete", 0)
    ]


JUNK: tuple[Any, ...] = (
    None, 5, -1, "", {}, [], "x", 1.5, True, [None], {"id": None}, [[]], "\0", "\ud800", "٣" * 19, "²",
    "9" * 20, "9" * 50, "9" * 5_000, 10**19, 10**30, 10**5_000, -(10**5_000), float("inf"), float("nan"),
    "Mon Jan 01 00:00:00 +1400 0001", "Fri Dec 31 23:59:59 -1200 9999", "Mon Jan 01 00:00:00 +9999 2022",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "1969-12-31T23:59:59Z",
    "tag:search.twitter.com,2005:" + "9" * 5_000, ["9" * 5_000], {"id": 10**5_000},
)  # fmt: skip


def test_whatever_is_broken_in_a_payload_comes_out_as_a_value() -> None:
    """Fields taken away or exchanged for junk, anywhere: a record, a skipped thing or a reason, never an exception."""
    dice = random.Random(1)
    texts = [json.dumps(payload) for name in recorded.files() for payload in recorded.documents(name)[:6]]
    texts = [text for text in texts if 2 < len(text) < 12_000]
    found: Counter[type] = Counter()
    for _ in range(4_000):
        payload = json.loads(dice.choice(texts))
        for _ in range(dice.choice((1, 1, 2, 5))):
            holder, key = dice.choice(_places(payload) or [({}, "")])
            holder[key] = copy.deepcopy(dice.choice(JUNK))
        found.update(type(record) for record in x.records(payload))
    assert set(found) == {Post, PostDeletion, x.Skipped, Unusable}
    assert min(found[Post], found[Unusable]) > 500


def _places(payload: Any) -> list[tuple[Any, Any]]:
    keys = payload if isinstance(payload, dict) else range(len(payload)) if isinstance(payload, list) else ()
    return [(payload, key) for key in keys] + [place for key in keys for place in _places(payload[key])]
