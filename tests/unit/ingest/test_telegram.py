"""Telegram's messages to posts: texts, entities, forwards, answers, edits, and what is none."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas import Post
from schemas.codec import Unusable
from streams.ingest import telegram
from streams.ingest.mapping import Outcome, Skipped

CHANNEL = {"name": "Рыбарь", "type": "public_channel", "id": 1_234_567_890}
CHAT = {"id": -1_001_234_567_890, "type": "channel", "title": "Рыбарь", "username": "rybar"}


def exported(**message: Any) -> Outcome:
    """What an export with this message becomes."""
    made = {"id": 7, "type": "message", "date": "2025-03-14T12:00:00", "date_unixtime": "1741953600", "text": "Курск"}
    return only({**CHANNEL, "messages": [made | message]})


def sent(**message: Any) -> Outcome:
    """What an update with this channel post becomes."""
    made = {"message_id": 7, "chat": CHAT, "sender_chat": CHAT, "date": 1_741_953_600, "text": "Курск"}
    return only({"ok": True, "result": [{"update_id": 1, "channel_post": made | message}]})


def only(payload: object) -> Outcome:
    (found,) = telegram.records(payload)
    return found


def post(outcome: Outcome) -> Post:
    assert isinstance(outcome, Post), outcome
    return outcome


def test_an_export_and_the_bot_api_name_a_message_alike() -> None:
    one, other = post(exported(from_id="channel1234567890")), post(sent())
    assert one.key == other.key == "telegram:1234567890/7"
    assert one.created_at == other.created_at
    assert one.author.id == other.author.id == "1234567890"
    assert (one.url, other.url) == ("https://t.me/c/1234567890/7", "https://t.me/rybar/7")
    assert other.author.handle == "rybar"


def test_the_text_of_an_export_is_a_string_or_a_list_with_entities() -> None:
    parts = [
        "Курск ",
        {"type": "bold", "text": "горит"},
        " ",
        {"type": "hashtag", "text": "#война@rybar"},
        {"type": "mention", "text": "@mod_russia"},
        {"type": "cashtag", "text": "$RUB"},
        {"type": "link", "text": "t.me/other/5"},
        {"type": "text_link", "text": "тут", "href": "https://example.org/a"},
        {"type": "mention_name", "text": "Пётр", "user_id": 5},
        {"type": "text_link", "text": "x", "href": "tg://user?id=1"},
    ]
    found = post(exported(text=parts))
    assert found.text == "Курск горит #война@rybar@mod_russia$RUBt.me/other/5тутПётрx"
    assert (found.hashtags, found.mentions, found.cashtags) == (("война",), ("mod_russia",), ("RUB",))
    assert [(link.url, link.expanded) for link in found.links] == [
        ("t.me/other/5", "http://t.me/other/5"),
        ("https://example.org/a", None),
    ]


def test_offsets_of_the_bot_api_count_utf_16() -> None:
    entities = [
        {"type": "hashtag", "offset": 3, "length": 6},
        {"type": "url", "offset": 10, "length": 12},
        {"type": "text_link", "offset": 0, "length": 2, "url": "https://a.b/"},
        {"type": "hashtag", "offset": 900, "length": 9},
        {"type": "hashtag", "offset": -5, "length": -9},
    ]
    found = post(sent(text="😀 #курск https://c.de", entities=entities))
    assert found.hashtags == ("курск",)
    assert [link.url for link in found.links] == ["https://c.de", "https://a.b/"]


def test_a_caption_is_the_text_of_a_picture() -> None:
    entities = [{"type": "hashtag", "offset": 0, "length": 2}]
    found = post(sent(text=None, caption="#a", caption_entities=entities, photo=[{"file_id": "x"}]))
    assert (found.text, found.hashtags, [each.type for each in found.media]) == ("#a", ("a",), ["photo"])


@pytest.mark.parametrize(
    "found",
    [
        exported(edited="2025-03-14T13:00:00", edited_unixtime="1741957200"),
        sent(edit_date=1_741_957_200),
        only(
            {
                "update_id": 2,
                "edited_channel_post": {
                    "message_id": 7,
                    "chat": CHAT,
                    "date": 1,
                    "edit_date": 1_741_957_200,
                    "text": "x",
                },
            }
        ),
    ],
)
def test_an_edit_has_its_time_as_version(found: Outcome) -> None:
    assert (post(found).op, post(found).version) == ("edit", 1_741_957_200_000)


@pytest.mark.parametrize(
    ("found", "author", "of"),
    [
        (exported(forwarded_from="Другой"), "Другой", None),
        (exported(forwarded_from="Другой", forwarded_from_id="channel55"), "55", None),
        (
            sent(forward_origin={"type": "channel", "chat": {"id": -10055, "username": "o"}, "message_id": 3}),
            "55",
            "55/3",
        ),
        (sent(forward_from_chat={"id": -10055}, forward_from_message_id=3), "55", "55/3"),
        (sent(forward_origin={"type": "hidden_user", "sender_user_name": "Ада"}), "Ада", None),
    ],
)
def test_a_forward_repeats(found: Outcome, author: str, of: str | None) -> None:
    made = post(found)
    assert made.kind == "repost"
    assert made.reposted is not None
    assert (made.reposted.author.id, made.reposted.text) == (author, "Курск")
    assert (made.refs.repost_of if made.refs else None) == of


def test_an_answer_names_what_it_answers() -> None:
    for found in (exported(reply_to_message_id=5), sent(reply_to_message={"message_id": 5, "chat": CHAT})):
        made = post(found)
        assert (made.kind, made.refs and made.refs.reply_to) == ("reply", "1234567890/5")
    elsewhere = post(exported(reply_to_message_id=5, reply_to_peer_id="channel99"))
    assert elsewhere.refs is not None
    assert elsewhere.refs.reply_to == "99/5"


def test_old_exports_have_the_time_of_the_machine_that_made_them() -> None:
    message = {"id": 7, "type": "message", "date": "2022-03-16T19:24:40", "text": "x"}
    payload = {**CHANNEL, "messages": [message]}
    (found,) = telegram.records(payload, zone=ZoneInfo("Europe/Moscow"))
    assert post(found).created_at is not None
    assert post(found).created_at.isoformat() == "2022-03-16T16:24:40+00:00"  # type: ignore[union-attr]


def test_a_poll_says_its_question_and_answers() -> None:
    found = sent(text=None, poll={"question": "Кто?", "options": [{"text": "Он"}, {"text": "Она"}]})
    assert post(found).text == "Кто?\nОн\nОна"
    found = exported(text="", poll={"question": "Кто?", "answers": [{"text": "Он"}, {"text": "Она"}]})
    assert post(found).text == "Кто?\nОн\nОна"


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (exported(type="service", action="pin_message"), "service"),
        (exported(text=""), "empty"),
        (sent(text=None, pinned_message={}), "service"),
        (only({"update_id": 1, "my_chat_member": {}}), "my_chat_member"),
        (only({"ok": False, "error_code": 401, "description": "Unauthorized"}), "error"),
    ],
)
def test_what_is_no_post_is_skipped(found: Outcome, kind: str) -> None:
    assert found == Skipped(kind)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ({**CHANNEL, "messages": [{"id": "x"}]}, "$.messages[0].id"),
        ({**CHANNEL, "messages": {}}, "$.messages"),
        ({**CHANNEL, "messages": [5]}, "$.messages[0]"),
        ({"ok": True, "result": [{"update_id": 1, "channel_post": {"message_id": 1}}]}, "channel_post"),
        ({"a": 1}, "found an object with a"),
        ("x", "Expected `object`"),
        ({**CHANNEL, "messages": [{"id": 1, "text": "x", "date_unixtime": "9" * 40}]}, "Expected a time"),
        ({**CHANNEL, "messages": [{"id": 1, "text": "\ud800"}]}, "surrogate"),
    ],
)
def test_what_cannot_be_used_says_where(payload: object, told: str) -> None:
    found = only(payload)
    assert isinstance(found, Unusable)
    assert told in found.detail


def test_an_export_of_a_whole_account() -> None:
    chat = {**CHANNEL, "messages": [{"id": 1, "type": "message", "date_unixtime": "1", "text": "x"}]}
    payload = json.loads(json.dumps({"chats": {"list": [chat, chat]}, "left_chats": {"list": [chat]}}))
    assert [type(each) for each in telegram.records(payload)] == [Post, Post, Post]
