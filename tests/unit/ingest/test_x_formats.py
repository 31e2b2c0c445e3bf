"""Each field of a post from where each of X's formats keeps it, and one plain error where it is wrong."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from schemas import Author, Link, Media, Place, Post, PostDeletion, References
from schemas.codec import Unusable
from streams.ingest import x
from streams.ingest.x.common import written

USER = {"id": 7, "id_str": "7", "screen_name": "ada", "name": "Ada &amp; co", "location": "", "description": None}
STATUS: dict[str, Any] = {
    "id": 1577318900085186562,
    "id_str": "1577318900085186562",
    "created_at": "Tue Oct 04 15:25:05 +0000 2022",
    "text": "1 &lt; 2 &amp;amp; so on",
    "user": USER,
}
TWEET: dict[str, Any] = {
    "id": "1577318900085186562",
    "author_id": "7",
    "text": "1 &lt; 2 &amp;amp; so on",
    "created_at": "2022-10-04T15:25:05.000Z",
    "edit_history_tweet_ids": ["1577318900085186562"],
}
ACTIVITY: dict[str, Any] = {
    "id": "tag:search.twitter.com,2005:1577318900085186562",
    "verb": "post",
    "actor": {"id": "id:twitter.com:7", "preferredUsername": "ada", "displayName": "Ada &amp; co"},
    "body": "1 &lt; 2 &amp;amp; so on",
    "postedTime": "2022-10-04T15:25:05.000Z",
}
PAGE = {"title": "T", "description": "D"}
PHOTO = {"media": [{"type": "photo"}]}
MENTION = {"mentions": [{"username": "bo", "id": "9"}]}
METRICS = {"followers_count": 1, "following_count": 2, "tweet_count": 3, "listed_count": 4}
USERS = {"users": [{"id": "7", "username": "ada", "name": "Ada &amp; co"}]}
PLAIN = Post(
    platform="x",
    id="1577318900085186562",
    op="create",
    version=0,
    author=Author(id="7", handle="ada", name="Ada & co"),
    text="1 < 2 &amp; so on",
    url="https://x.com/ada/status/1577318900085186562",
    created_at=datetime(2022, 10, 4, 15, 25, 5, tzinfo=UTC),
)


def v1(**more: Any) -> dict[str, Any]:
    return STATUS | more


def v2(includes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"data": TWEET | more, "includes": USERS | (includes or {})}


def gnip(**more: Any) -> dict[str, Any]:
    return ACTIVITY | more


def only(payload: object) -> x.Outcome:
    [record] = x.records(payload)
    return record


def post(payload: object) -> Post:
    record = only(payload)
    assert isinstance(record, Post), record
    return record


@pytest.mark.parametrize(
    "payload",
    [
        v1(),
        v1(text=None, full_text=STATUS["text"]),
        v1(text="cut…", truncated=True, extended_tweet={"full_text": STATUS["text"]}),
        v1(created_at=None),
        {"statuses": [v1()], "search_metadata": {}},
        {"results": [v1()], "next": "more"},
        {"id": {"1577318900085186562": v1()}},
        [v1()],
        v2(),
        v2(text="cut…", note_tweet={"text": TWEET["text"]}),
        v2(created_at=None),
        {"data": [TWEET], "includes": USERS, "meta": {}},
        {"data": TWEET, "includes": USERS, "matching_rules": [{"id": "1"}]},
        TWEET | {"author": USERS["users"][0]},
        gnip(),
        gnip(body="cut…", long_object={"body": ACTIVITY["body"]}),
        gnip(postedTime=None),
        {"results": [gnip()]},
    ],
)
def test_a_plain_post_is_the_same_in_every_format(payload: object) -> None:
    assert post(payload) == PLAIN


FIELDS: list[tuple[str, object, Any]] = [
    ("source", v1(source='<a href="http://twitter.com/iphone" rel="nofollow">Twitter &amp; co</a>'), "Twitter & co"),
    ("source", v1(source="web"), "web"),
    ("source", v1(source=""), None),
    ("source", v2(source="Twitter Web App"), "Twitter Web App"),
    ("source", gnip(generator={"displayName": "Twitter for iPhone", "link": "l"}), "Twitter for iPhone"),
    ("lang", v1(lang="uk"), "uk"),
    ("lang", v1(lang="und"), None),
    ("lang", v1(lang="in"), "id"),
    ("lang", v2(lang="iw"), "he"),
    ("lang", v2(lang="qst"), None),
    ("lang", v2(lang="zxx"), None),
    ("lang", gnip(twitter_lang="en"), "en"),
    ("lang", gnip(gnip={"language": {"value": "en"}}), "en"),
    ("hashtags", v1(entities={"hashtags": [{"text": "Kursk"}]}), ("Kursk",)),
    ("hashtags", v1(extended_tweet={"full_text": "", "entities": {"hashtags": [{"text": "a"}]}}), ("a",)),
    ("hashtags", v2(entities={"hashtags": [{"tag": "Kursk"}]}), ("Kursk",)),
    ("hashtags", v2(note_tweet={"text": "", "entities": {"hashtags": [{"tag": "a"}]}}), ("a",)),
    ("hashtags", gnip(twitter_entities={"hashtags": [{"text": "Kursk"}]}), ("Kursk",)),
    ("cashtags", v1(entities={"symbols": [{"text": "GAZP"}]}), ("GAZP",)),
    ("cashtags", v2(entities={"cashtags": [{"tag": "GAZP"}]}), ("GAZP",)),
    ("mentions", v1(entities={"user_mentions": [{"screen_name": "nasa"}]}), ("nasa",)),
    ("mentions", v2(entities={"mentions": [{"username": "nasa"}]}), ("nasa",)),
    (
        "links",
        v1(entities={"urls": [{"url": "t", "expanded_url": "e", "unwound": {"url": "u"} | PAGE}]}),
        (Link("t", "e", "u", "T", "D"),),
    ),
    (
        "links",
        v2(entities={"urls": [{"url": "t", "expanded_url": "e", "unwound_url": "u"} | PAGE]}),
        (Link("t", "e", "u", "T", "D"),),
    ),
    (
        "links",
        gnip(
            twitter_entities={"urls": [{"url": "t", "expanded_url": "e"}]},
            gnip={"urls": [{"url": "t", "expanded_url": "u"} | {f"expanded_url_{key}": PAGE[key] for key in PAGE}]},
        ),
        (Link("t", "e", "u", "T", "D"),),
    ),
    ("links", v2(entities={"urls": [{"url": "t", "expanded_url": "e", "unwound_url": "e"}]}), (Link("t", "e"),)),
    (
        "media",
        v1(extended_entities={"media": [{"type": "video", "ext_alt_text": "a &gt; b"}]}, entities=PHOTO),
        (Media("video", "a > b"),),
    ),
    ("media", v1(entities=PHOTO), (Media("photo"),)),
    (
        "media",
        v2({"media": [{"media_key": "3_1", "type": "photo", "alt_text": "A"}]}, attachments={"media_keys": ["3_1"]}),
        (Media("photo", "A"),),
    ),
    ("media", v2(attachments={"media_keys": ["16_1", "7_2"]}), (Media("animated_gif"), Media("video"))),
    ("media", v2(entities={"urls": [{"url": "t", "expanded_url": "e", "media_key": "3_1"}]}), (Media("photo"),)),
    (
        "media",
        v2(entities={"urls": [{"url": "t", "expanded_url": "https://twitter.com/ada/status/1/video/1"}]}),
        (Media("video"),),
    ),
    (
        "place",
        v1(
            coordinates={"type": "Point", "coordinates": [36.2, 51.7]},
            place={
                "id": "p",
                "full_name": "Kursk, Russia",
                "country_code": "RU",
                "bounding_box": {"coordinates": [[[36, 51], [36, 52], [37, 52], [37, 51]]]},
            },
        ),
        Place("p", "Kursk, Russia", "RU", 36.2, 51.7, (36, 51, 37, 52)),
    ),
    (
        "place",
        v2(
            {
                "places": [
                    {"id": "p", "full_name": "Kursk, Russia", "country_code": "RU", "geo": {"bbox": [36, 51, 37, 52]}}
                ]
            },
            geo={"place_id": "p", "coordinates": {"type": "Point", "coordinates": [36.2, 51.7]}},
        ),
        Place("p", "Kursk, Russia", "RU", 36.2, 51.7, (36, 51, 37, 52)),
    ),
    (
        "place",
        gnip(
            geo={"type": "Point", "coordinates": [51.7, 36.2]},
            location={
                "link": "https://api.twitter.com/1.1/geo/id/p.json",
                "displayName": "Kursk, Russia",
                "twitter_country_code": "RU",
                "geo": {"type": "Polygon", "coordinates": [[[36, 51], [36, 52], [37, 52], [37, 51]]]},
            },
        ),
        Place("p", "Kursk, Russia", "RU", 36.2, 51.7, (36, 51, 37, 52)),
    ),
    ("place", v2(geo={"place_id": "p"}), Place("p")),
    ("place", v1(place=None, coordinates=None), None),
    ("refs", v1(in_reply_to_screen_name="nasa", in_reply_to_status_id=5), References("5", "nasa")),
    ("refs", v1(in_reply_to_screen_name="nasa"), References(reply_to_handle="nasa")),
    ("kind", v1(in_reply_to_screen_name="nasa"), "post"),
    ("kind", v1(in_reply_to_status_id_str="5"), "reply"),
    ("refs", v1(quoted_status_id=9), References(quote_of="9")),
    ("kind", v1(quoted_status_id=9), "quote"),
    (
        "refs",
        v2(in_reply_to_user_id="7", conversation_id="4", referenced_tweets=[{"type": "replied_to", "id": "5"}]),
        References("5", "ada", conversation="4"),
    ),
    ("refs", v2(in_reply_to_user_id="9", entities=MENTION), References(None, "bo")),
    ("kind", v2(referenced_tweets=[{"type": "quoted", "id": "9"}, {"type": "replied_to", "id": "5"}]), "reply"),
    ("refs", v2(referenced_tweets=[{"type": "retweeted", "id": "9"}]), References(repost_of="9")),
    ("refs", gnip(inReplyTo={"link": "http://twitter.com/nasa/statuses/5"}), References("5", "nasa")),
    ("author", v2({"users": []}), Author(id="7", handle="7")),
    ("author", v1(user={"id": 12}), Author(id="12", handle="12")),
    ("url", v1(user={"id": 12}), "https://x.com/i/status/1577318900085186562"),
    ("created_at", v1(id=20, id_str="20", created_at=None), None),
    (
        "author",
        v1(
            user=USER
            | {"followers_count": 1, "friends_count": 2, "statuses_count": 3, "listed_count": 4}
            | {"verified": True, "location": "L"}
        ),
        Author("7", "ada", "Ada & co", 1, 2, 3, 4, True, None, "L"),
    ),
    (
        "author",
        v2(
            {
                "users": [
                    {"id": "7", "username": "ada", "verified": True, "location": "L", "public_metrics": METRICS}
                ]
            }
        ),
        Author("7", "ada", None, 1, 2, 3, 4, True, None, "L"),
    ),
    (
        "author",
        gnip(
            actor=ACTIVITY["actor"]
            | {"followersCount": 1, "friendsCount": 2, "statusesCount": 3, "listedCount": 4}
            | {"verified": True, "summary": "D"}
        ),
        Author("7", "ada", "Ada & co", 1, 2, 3, 4, True, "D"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("field", "payload", "expected"), FIELDS)
def test_a_field_comes_from_where_the_format_keeps_it(field: str, payload: object, expected: Any) -> None:
    assert getattr(post(payload), field) == expected


ORIGINAL_V1 = v1(
    id=9, id_str="9", text="cut…", extended_tweet={"full_text": "the whole", "entities": {"hashtags": [{"text": "a"}]}}
)
ORIGINAL_V2 = {"id": "9", "author_id": "7", "text": "the whole", "entities": {"hashtags": [{"tag": "a"}]}}
ORIGINAL_GNIP = gnip(
    id="tag:search.twitter.com,2005:9",
    long_object={"body": "the whole", "twitter_entities": {"hashtags": [{"text": "a"}]}},
)
REPOSTS = [
    v1(retweeted_status=ORIGINAL_V1),
    v2({"tweets": [ORIGINAL_V2]}, referenced_tweets=[{"type": "retweeted", "id": "9"}]),
    v2(referenced_tweets=[{"type": "retweeted"} | ORIGINAL_V2]),
    gnip(verb="share", object=ORIGINAL_GNIP),
]
QUOTES = [
    v1(quoted_status_id=9, quoted_status=ORIGINAL_V1),
    v2({"tweets": [ORIGINAL_V2]}, referenced_tweets=[{"type": "quoted", "id": "9"}]),
    gnip(twitter_quoted_status=ORIGINAL_GNIP),
]


@pytest.mark.parametrize("payload", REPOSTS)
def test_a_repost_holds_the_whole_of_what_it_repeats(payload: object) -> None:
    found = post(payload)
    assert (found.kind, found.refs, found.quoted) == ("repost", References(repost_of="9"), None)
    assert found.reposted is not None
    assert (found.reposted.text, found.reposted.hashtags, found.reposted.author.handle) == ("the whole", ("a",), "ada")


@pytest.mark.parametrize("payload", QUOTES)
def test_a_quote_holds_the_whole_of_what_it_quotes(payload: object) -> None:
    found = post(payload)
    assert (found.kind, found.refs, found.reposted) == ("quote", References(quote_of="9"), None)
    assert found.quoted is not None
    assert (found.quoted.text, found.quoted.hashtags) == ("the whole", ("a",))


def test_a_repost_of_a_quote_quotes_nothing_itself() -> None:
    """It holds the quoted post, but only the repeated post is a quote."""
    found = post(
        v1(retweeted_status=v1(id_str="9", quoted_status=ORIGINAL_V1), quoted_status_id=9, is_quote_status=True)
    )
    assert (found.kind, found.refs) == ("repost", References(repost_of="9"))
    assert found.quoted is not None
    assert found.quoted.text == "the whole"


def test_the_link_to_a_post_s_own_pictures_is_one_link() -> None:
    """However many pictures stand behind it."""
    pictures = [{"type": "photo", "url": "t", "expanded_url": "e"}] * 2
    found = post(v1(entities={"media": pictures[:1]}, extended_entities={"media": pictures}))
    assert (found.links, found.media) == ((Link("t", "e"),), (Media("photo"), Media("photo")))
    urls = [{"url": "t", "expanded_url": "e", "media_key": f"3_{number}"} for number in range(2)]
    assert (post(v2(entities={"urls": urls})).links, post(v2(entities={"urls": urls})).media) == (
        found.links,
        found.media,
    )


@pytest.mark.parametrize(
    "history",
    [{"initial_tweet_id": "1577318899999999999"}, {"edit_tweet_ids": ["1577318899999999999", "1577318900085186562"]}],
)
def test_an_edit_in_v1_joins_its_first_version(history: dict[str, Any]) -> None:
    found = post(v1(edit_history=history))
    assert (found.op, found.id, found.version) == ("edit", "1577318899999999999", 1664897105605)


DELETIONS: list[tuple[object, int]] = [
    ({"delete": {"status": {"id": 5, "id_str": "5", "user_id": 7}}}, 77),
    ({"delete": {"status": {"id": 5, "user_id": 7}, "timestamp_ms": "1400000000000"}}, 1_400_000_000_000),
    ({"verb": "delete", "id": "tag:x:6", "object": {"id": "object:search.twitter.com,2005:5"}}, 77),
    (gnip(verb="delete", object={"id": "object:search.twitter.com,2005:5"}), 1_664_897_105_000),
]


@pytest.mark.parametrize(("payload", "version"), DELETIONS)
def test_a_deletion_names_the_post_and_when(payload: object, version: int) -> None:
    """X's own time where it gives one, else that of receipt."""
    assert list(x.records(payload, received=77)) == [PostDeletion("x", "5", "delete", version)]


@pytest.mark.parametrize(
    "kind",
    [
        "limit",
        "warning",
        "scrub_geo",
        "status_withheld",
        "user_withheld",
        "disconnect",
        "friends",
        "event",
        "errors",
        "info",
    ],
)
def test_what_a_stream_says_beside_posts_is_skipped_by_its_name(kind: str) -> None:
    assert only({kind: {"track": 5}}) == x.Skipped(kind)


def test_an_empty_page_holds_nothing_and_a_lost_post_is_unavailable() -> None:
    assert list(x.records({"meta": {"result_count": 0}})) == []
    assert list(x.records({"id": {"20": None}})) == [x.Skipped("unavailable")]


MISSING = "schema: Object missing required field"
ENORMOUS = "schema: Expected an identifier of X, found"
A_TIME = "schema: Expected a time such as 2022-10-03T17:57:11.000Z or Wed Oct 05 20:51:58 +0000 2022, found"
ERRORS: list[tuple[object, str]] = [
    (v1(user=None), f"{MISSING} `user`"),
    ([v1(), v1(user={"id": 7, "name": 5})], "schema: Expected `str | null`, got `int` - at `$[1].user.name`"),
    (v1(text=None), f"{MISSING} `text`"),
    (v1(retweeted_status=v1(user=None)), f"{MISSING} `user` - at `$.retweeted_status`"),
    ({"statuses": [v1(entities={"urls": [{}]})]}, f"{MISSING} `url` - at `$.statuses[0].entities.urls[0]`"),
    (v1(created_at="yesterday"), f"{A_TIME} 'yesterday' - at `$.created_at`"),
    (v1(id_str="9" * 40, created_at=None), f"{ENORMOUS} '{'9' * 40}' - at `$.id`"),
    (
        {"data": [{"id": "1", "text": "a"}]},
        f"{MISSING} `author_id`; ask X for it with expansions=author_id - at `$.data[0]`",
    ),
    (v2(text=None), f"{MISSING} `text` - at `$.data`"),
    (v2({"users": [{"id": "7"}]}), f"{MISSING} `username` in `includes.users` - at `$.data`"),
    (
        v2({"users": [{"id": "7", "username": "ada", "public_metrics": {"tweet_count": "5"}}]}),
        "schema: Expected `int | null`, got `str` in `includes.users.public_metrics.tweet_count` - at `$.data`",
    ),
    ({"data": [5]}, "schema: Expected `object`, got `int` - at `$.data[0]`"),
    (gnip(actor=None), f"{MISSING} `actor`"),
    (gnip(verb="share"), f"{MISSING} `object`"),
    ({"delete": {}}, f"{MISSING} `status` - at `$.delete`"),
    (
        {"delete": {"status": {"id": 5}, "timestamp_ms": "9" * 5_000}},
        f"schema: Expected unix milliseconds, found '{'9' * 40}' - at `$.delete.timestamp_ms`",
    ),
    (
        {"delete": {"status": {"id": 5}, "timestamp_ms": 10**20}},
        "schema: Expected `int` <= 281474976710655 - at `$.version`",
    ),
    (v1(id=10**5_000, id_str=None), f"{ENORMOUS} a number of more than 20 digits"),
    (v1(user={"id": 10**5_000}), f"{ENORMOUS} a number of more than 20 digits"),
    (
        v1(user=USER | {"followers_count": 10**20}),
        "schema: Expected `int` <= 9223372036854775807 - at `$.author.followers`",
    ),
    (v1(user=USER | {"followers_count": 10**5_000}), "schema: a number of more digits than Python writes out"),
    (v2(id="9" * 5_000, created_at=None), f"{ENORMOUS} '{'9' * 40}' - at `$.data.id`"),
    (v2(edit_history_tweet_ids=["9" * 5_000]), f"{ENORMOUS} '{'9' * 40}' - at `$.data.id`"),
    (v1(created_at="Mon Jan 01 00:00:00 +1400 0001"), f"{A_TIME} 'Mon Jan 01 00:00:00 +1400 0001' - at `$.created_at`"),
    (v2(created_at="0001-01-01T00:00:00+14:00"), f"{A_TIME} '0001-01-01T00:00:00+14:00' - at `$.data.created_at`"),
    (gnip(postedTime="9999-12-31T23:59:59-01:00"), f"{A_TIME} '9999-12-31T23:59:59-01:00' - at `$.postedTime`"),
    (v1(text="\0"), "nul: a string holds the character U+0000"),
    (v1(text="\ud83c"), "invalid-utf8: half a surrogate pair in a text"),
    (v1(user=USER | {"verified": "\ud83c"}), "invalid-utf8: half a surrogate pair in a text"),
    (v1(source="s" * 1_001), "schema: Expected `str` of length <= 1000 - at `$.source`"),
    ("text", "schema: Expected `object`, got `str`"),
    (
        {"query": "kursk"},
        "schema: Expected a post, a page or a stream's message of X, found an object with query",
    ),
]


@pytest.mark.parametrize(("payload", "message"), ERRORS)
def test_what_is_wrong_is_one_line_that_names_the_field(payload: object, message: str) -> None:
    [error] = [record for record in x.records(payload) if isinstance(record, Unusable)]
    assert str(error).removesuffix(" - at `$`") == message


@pytest.mark.parametrize("nest", [lambda inner: v1(retweeted_status=inner), lambda inner: [inner]])
def test_a_payload_nested_thousands_deep_is_an_error(nest: Callable[[Any], Any]) -> None:
    payload: Any = v1()
    for _ in range(5_000):
        payload = nest(payload)
    assert str(only(payload)).startswith("too-deep: nested too deep")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("Wed Oct 05 20:51:58 +0000 2022", "2022-10-05T20:51:58+00:00"),
        ("Wed Oct 5 20:51:58 +0000 2022", "2022-10-05T20:51:58+00:00"),
        ("Wed Oct 05 20:51:58 +0200 2022", "2022-10-05T18:51:58+00:00"),
        ("wed oct 05 20:51:58 +0000 2022", "2022-10-05T20:51:58+00:00"),
        ("2022-10-05T20:51:58.000Z", "2022-10-05T20:51:58+00:00"),
    ],
)
def test_times_are_read_in_each_spelling(time: str, expected: str) -> None:
    found = written(time, "created_at")
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("time", ["Wed Foo 05 20:51:58 +0000 2022", "Wed Feb 30 20:51:58 +0000 2022", "Wed Oct 05"])
def test_what_is_no_time_is_told(time: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Expected a time such as .*created_at"):
        written(time, "created_at")
