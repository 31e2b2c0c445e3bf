"""Alerts to messages, messages to bodies, and the book that the topic's records make."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas import Alert, OffsetSpan, Sample
from schemas.codec import encode
from schemas.delivery import Message, Position, Progress, Redelivery
from streams.alerts.delivery import bodies
from streams.alerts.delivery.book import Book, Line
from streams.alerts.delivery.grouping import MOST_GROUPED, message_id, messages

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)


def alert(number: int, **more: Any) -> Alert:
    values: dict[str, Any] = {
        "id": f"a{number}", "event": "kursk", "revision": "r", "alert": "surge", "state": "firing", "at": NOW,
        "window": "5m", "condition": "burst >= 4",
    } | more  # fmt: skip
    return Alert(**values)


def line(*written: Message) -> Line:
    made = Line(Progress(endpoint="e"))
    for offset, each in enumerate(written):
        made.note(each, offset)
    return made


def give(known: Line, alerts: list[Alert], seconds: float = 0, open_group: Message | None = None) -> list[Message]:
    """Messages for these alerts, noted in the line."""
    made = messages("e", known, open_group, alerts, NOW + timedelta(seconds=seconds))
    for each in made:
        known.note(each, 100 + each.sequence)
    return made


def test_up_to_ten_within_a_minute_get_a_message_each() -> None:
    known = line()
    made = give(known, [alert(n) for n in range(10)])
    assert [each.sequence for each in made] == list(range(1, 11))
    assert [each.alerts[0].id for each in made] == [f"a{n}" for n in range(10)]
    assert {each.type for each in made} == {"alert.firing"}
    (last,) = give(known, [alert(10, state="resolved")], seconds=61)
    assert (last.sequence, last.type) == (11, "alert.resolved")


def test_more_than_ten_at_once_are_one_message() -> None:
    (made,) = give(line(), [alert(n, samples=(Sample("x:1", "posts", 0, 1),)) for n in range(11)])
    assert (made.type, made.sequence, len(made.alerts)) == ("alerts.grouped", 1, 11)
    assert all(each.samples == () for each in made.alerts)


def test_those_beyond_ten_within_a_minute_join_one_message_until_it_is_sent() -> None:
    known = line()
    give(known, [alert(n) for n in range(10)])
    (group,) = give(known, [alert(10)], seconds=20)
    assert (group.type, group.sequence) == ("alerts.grouped", 11)
    (grown,) = give(known, [alert(11), alert(12)], seconds=30, open_group=group)
    assert (grown.sequence, grown.id, len(grown.alerts), known.last) == (11, group.id, 3, 11)
    (next_group,) = give(known, [alert(13)], seconds=40)  # the one before was sent: no longer open
    assert (next_group.type, next_group.sequence) == ("alerts.grouped", 12)


def test_a_group_is_bounded_and_nothing_is_left_out() -> None:
    known = line()
    made = give(known, [alert(n) for n in range(2 * MOST_GROUPED + 5)])
    assert [len(each.alerts) for each in made] == [MOST_GROUPED, MOST_GROUPED, 5]
    assert [each.sequence for each in made] == [1, 2, 3]
    more = give(known, [alert(1_000 + n) for n in range(MOST_GROUPED)], open_group=made[-1])
    assert [(each.sequence, len(each.alerts)) for each in more] == [(3, MOST_GROUPED), (4, 5)]


def test_an_alert_that_is_read_again_gets_no_second_message() -> None:
    known = line()
    give(known, [alert(1), alert(1)])
    assert give(known, [alert(1), alert(2)])[0].alerts[0].id == "a2"
    assert known.last == 2


def test_a_messages_id_is_its_endpoints_and_its_first_alerts() -> None:
    assert message_id("e", "a1") == message_id("e", "a1")
    assert len({message_id("e", "a1"), message_id("f", "a1"), message_id("e", "a2"), message_id("e\na1", "")}) == 4
    assert message_id("e", "ü/€\n").isascii()


def test_the_book_says_what_the_records_say_in_whatever_state_compaction_left_them() -> None:
    book = Book()
    written = [message(1), message(2), message(3)]
    for offset, each in enumerate(written):
        book.take(f"e/{each.sequence}", encode(each), offset)
    book.take("e", encode(Progress(endpoint="e", delivered=1, reached=1)), 3)
    book.take("@alerts", encode(Position(17)), 4)
    book.take("e!", encode(Redelivery("e", NOW, 0)), 5)
    book.take("@holder", b'{"token":"t"}', 6)
    book.take("e/1", None, 7)
    for nonsense in (b"{", b"[]", b'{"endpoint":7}', b"\xff"):
        book.take("e", nonsense, 8)
        book.take("e/9", nonsense, 9)
    book.take("e/x", encode(written[0]), 10)
    assert book.handed_out == 17
    e = book.lines["e"]
    assert (sorted(e.entries), e.first, e.last, e.progress.delivered) == ([2, 3], 2, 3, 1)
    assert e.head is not None
    assert (e.head[0], e.head[1].offset) == (2, 1)
    assert e.redelivery == Redelivery("e", NOW, 0)
    assert e.oldest_undelivered == NOW.timestamp()


def test_messages_that_cannot_be_read_keep_no_other_from_being_delivered() -> None:
    book = Book()
    for offset, number in enumerate((1, 2, 3, 4, 5)):
        book.take(f"e/{number}", b"{" if number in (2, 3, 5) else encode(message(number)), offset)
    e = book.lines["e"]
    e.progress = Progress(endpoint="e", delivered=1, reached=1)
    assert e.head is not None
    assert (e.head[0], e.head[1].id) == (4, "m4")
    assert e.oldest_undelivered == NOW.timestamp()
    book.take("e", encode(Progress(endpoint="e", delivered=5, reached=5)), 6)  # by a release that could read it
    same = book.lines["e"]
    assert same.head is None
    assert same.oldest_undelivered is None
    (following,) = give(same, [alert(6)])
    assert following.sequence == 6


def message(sequence: int, **more: Any) -> Message:
    values: dict[str, Any] = {
        "id": f"m{sequence}", "type": "alert.firing", "endpoint": "e", "sequence": sequence, "timestamp": NOW,
        "alerts": (alert(sequence),),
    } | more  # fmt: skip
    return Message(**values)


def test_a_webhooks_body_is_the_message() -> None:
    body = orjson.loads(bodies.webhook(message(4)))
    assert body.keys() == {"id", "type", "endpoint", "sequence", "timestamp", "alerts"}
    assert (body["sequence"], body["alerts"][0]["condition"]) == (4, "burst >= 4")
    assert bodies.webhook(message(4)) == bodies.webhook(message(4))


@pytest.mark.parametrize("posts", [5, 2_000, 20_000])
def test_a_body_stays_within_its_bound_and_says_what_it_left_out(posts: int) -> None:
    samples = tuple(Sample(f"x:{n}", "posts", 0, n, url=f"https://x.example/{n}", text="т" * 400) for n in range(posts))
    spans = tuple(OffsetSpan("posts", n, 0, 9) for n in range(posts))
    body = bodies.webhook(message(1, alerts=(alert(1, samples=samples, offsets=spans),)))
    assert len(body) <= bodies.MAX_BODY_BYTES
    told = orjson.loads(body)
    assert told.get("truncated", False) is (posts > 5)
    assert len(told["alerts"]) == 1


def test_a_full_group_fits_whole() -> None:
    wide = alert(1, title="т" * 500, condition="c" * 500, coverage={f"platform{n}": 1 for n in range(20)})
    alerts = tuple(wide for _ in range(MOST_GROUPED))
    assert len(orjson.loads(bodies.webhook(message(1, type="alerts.grouped", alerts=alerts)))["alerts"]) == MOST_GROUPED


def test_alertmanager_is_told_when_it_began_and_when_it_ends() -> None:
    began, ends = NOW - timedelta(minutes=9), NOW + timedelta(minutes=5)
    firing, resolved = orjson.loads(
        bodies.alertmanager([alert(1, since=began), alert(2, since=began, state="resolved")], ends)
    )
    assert firing["labels"] == resolved["labels"] == {"alertname": "surge", "event": "kursk", "source": "tocsin"}
    assert (firing["startsAt"], firing["endsAt"]) == (began.isoformat(), ends.isoformat())
    assert resolved["endsAt"] == NOW.isoformat()


def test_slack_finds_no_markup_in_what_others_wrote() -> None:
    hostile = alert(1, title="<!channel> & <https://evil.example|click>", observed=120.0, expected=9.0)
    text = orjson.loads(bodies.slack(message(1, alerts=(hostile,))))["text"]
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;" in text
    assert "120 observed, 9 expected" in text


def test_slack_shows_a_group_in_short() -> None:
    text = orjson.loads(bodies.slack(message(1, type="alerts.grouped", alerts=tuple(map(alert, range(50))))))["text"]
    assert text.startswith("*50 alerts within a minute*")
    assert text.endswith("and 20 more")
