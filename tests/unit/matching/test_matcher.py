"""Hits and their reasons: which events, which claims and groups, and the words in the original text."""

import gc
import sys
import time

import pytest

from schemas import Article, Embedded, Link, Post
from streams.matching import Hit, Matcher, RuleError, compile_event
from tests.unit.matching.records import article, event, post


def _spans(rule: str, record: Post, **more: dict[str, str]) -> list[tuple[str, str, str]]:
    matcher = Matcher([event(rule, **more)])
    (hit,) = matcher.match(record)
    texts = {"text": record.text, "reposted.text": record.reposted.text if record.reposted else ""}
    texts |= {
        f"links.{number}.{'expanded' if link.expanded else 'url'}": link.expanded or link.url
        for number, link in enumerate(record.links)
    }
    return [
        (span.field, texts[span.field][span.start : span.end], span.term) for span in matcher.explain(record, [hit])[0]
    ]


def test_several_records_match_what_each_matches_alone() -> None:
    rules = ["alpha", "alpha -mike", "quoted:(alpha)", "from:nasa", '"alpha mike"', "is:article"]
    matcher = Matcher([event(rule, id=f"e{number}") for number, rule in enumerate(rules)])
    quoting = Embedded(author=post(handle="other").author, text="alpha")
    records: list[Post | Article] = [
        post("alpha mike"),
        post("none"),
        article("alpha"),
        post("mike", quoted=quoting),
        post(handle="nasa"),
    ]
    together = matcher.match_all(records)
    assert together == [matcher.match(record) for record in records]
    assert [len(hits) for hits in together] == [2, 0, 3, 1, 1]
    assert matcher.match_all([]) == []


def test_hits_come_in_the_order_of_events() -> None:
    events = [event(word, id=f"e{number}") for number, word in enumerate(["zulu", "alpha", "mike", "from:nasa"])]
    hits = Matcher(events).match(post("alpha mike zulu", handle="nasa"))
    assert [hit.event for hit in hits] == events


def test_claims_and_groups_come_in_the_order_of_the_event() -> None:
    tracked = event("a", claims={"z": "b", "y": "c", "x": "a"}, groups={"q": "lang:en", "p": "a"})
    assert Matcher([tracked]).match(post("a b", lang="en")) == [Hit(tracked, ("z", "x"), ("q", "p"))]


def test_who_is_in_no_group_is_other() -> None:
    tracked = event("a", groups={"officials": "from:x/potus"})
    assert Matcher([tracked]).match(post("a"))[0].groups == ("other",)


def test_no_events_match_nothing() -> None:
    assert Matcher([]).match(post("a")) == []


def test_a_record_of_no_words_matches_by_its_fields() -> None:
    assert Matcher([event("from:nasa -kursk")]).match(post("", handle="nasa"))
    assert not Matcher([event("kursk")]).match(article(""))


def test_many_rules_on_one_word_are_told_apart() -> None:
    events = [event(f"kursk w{number}", id=f"e{number}") for number in range(500)]
    assert [hit.event.id for hit in Matcher(events).match(post("kursk w7 w499"))] == ["e7", "e499"]


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ("kursk", "Kursk", True),
        ("kursk surrender", "surrender at Kursk", True),
        ("kursk surrender", "Kursk", False),
        ("kursk surrender", "surrendered at Kursk", False),
        ("the and_so", "and the so", False),  # two tokens are a phrase, which words alone do not decide
        ("the café", "the cafe", False),
        ("the =Kursk", "the kursk", False),
        ("kursk surrender offer", "offer Kursk", False),
        ("(kursk OR sudzha) surrender", "Sudzha, Kursk: surrender", True),
        ("kursk surrender -submarine", "surrender, Kursk submarine", False),
        ("kursk lang:en", "Kursk", False),
        ("kurs* surrender", "surrender, Kursk", True),
    ],
)
def test_words_alone_decide_only_rules_that_say_no_more(rule: str, text: str, expected: bool) -> None:
    events = [event(rule), event("unrelated surrender", id="other"), event("kursk the", id="another")]
    hits = Matcher(events).match(post(text))
    assert [hit.event.id for hit in hits if hit.event.id == "event"] == ["event"] * expected


def test_the_quoted_post_calls_up_what_looks_there() -> None:
    record = post("see below", quoted=Embedded(post().author, "surrender at Kursk"))
    events = [event(rule, id=f"e{number}") for number, rule in enumerate(["quoted:(kursk surrender)", "kursk", "see"])]
    assert [hit.event.id for hit in Matcher(events).match(record)] == ["e0", "e2"]


def test_an_event_that_comes_compiled_is_not_compiled_again() -> None:
    compiled = compile_event(event("kursk surrender"))
    matcher = Matcher([event("from:nasa", id="other"), compiled])
    assert matcher.compiled["event@000000000000"] is compiled
    assert [hit.event for hit in matcher.match(post("Kursk: surrender", handle="nasa"))] == list(matcher.events)


def test_a_changed_matcher_matches_as_a_new_one_and_leaves_the_old_one_as_it_was() -> None:
    rules = ["kursk", "kursk surrender", "surrender offer", "from:nasa", "sur* -offer", "quoted:kursk", "near(1, a, b)"]
    first, second = rules[:5], [*rules[2:], "kursk", "offer OR sudzha"]
    compiled = {rule: compile_event(event(rule, id=f"e{number}")) for number, rule in enumerate({*first, *second})}
    old = Matcher(compiled[rule] for rule in first)
    new = Matcher((compiled[rule] for rule in second), old)
    quoted = Embedded(post().author, "Kursk")
    for record in [
        post("Kursk: surrender"), post("surrender, a b offer", handle="nasa"), post("sudzha", quoted=quoted), post("x")
    ]:  # fmt: skip
        for matcher, present in ((old, first), (new, second)):
            assert matcher.match(record) == Matcher(compiled[rule] for rule in present).match(record)
    assert Matcher([], new).match(post("kursk surrender offer a b", handle="nasa", quoted=quoted)) == []


def test_an_unusable_event_does_not_compile() -> None:
    with pytest.raises(RuleError, match="found an empty group"):
        compile_event(event("kursk", claims={"c": "()"}))


def test_matchers_that_are_dropped_are_freed_without_the_collector() -> None:
    # Rules are swapped for as long as a worker runs, and compiled events are out of the collector's sight.
    events = [
        event("kursk surrender", id="plain"),
        event("near(3, lay, arms)", groups={"g": "part:p"}, parts={"p": "a"}),
    ]
    counts = [sys.getrefcount(each) for each in events]
    gc.disable()
    try:
        matcher = Matcher(events)
        record = post("Kursk surrender: lay down a arms")
        spans = matcher.explain(record, matcher.match(record))
        assert [len(each) for each in spans] == [2, 3]
        del matcher
        assert [sys.getrefcount(each) for each in events] == counts
    finally:
        gc.enable()


def test_spans_point_at_the_words_as_written() -> None:
    record = post("«Кyрск»: СДАЮТСЯ👍🏽 ещё п’ять, п’ять")
    assert _spans('курск сдают* "п\'ять" -submarine', record) == [
        ("text", "Кyрск", "курск"),
        ("text", "СДАЮТСЯ", "сдают*"),
        ("text", "п’ять", "п'ять"),
        ("text", "п’ять", "п'ять"),
    ]


def test_spans_name_true_alternatives_only() -> None:
    assert _spans("(kursk surrender) OR sudzha", post("kursk sudzha")) == [("text", "sudzha", "sudzha")]


def test_spans_of_a_nearness_lie_within_it() -> None:
    record = post("arms and legs. lay down arms. and then lay")
    assert _spans("near(1, lay, arms)", record) == [("text", "lay", "lay"), ("text", "arms", "arms")]


def test_spans_follow_parts_claims_and_groups() -> None:
    more = {"parts": {"p": "kursk"}, "claims": {"c": "trap", "no": "ploy"}, "groups": {"g": "soldier*"}}
    assert _spans("part:p", post("a trap for soldiers in kursk"), **more) == [
        ("text", "trap", "trap"),
        ("text", "soldiers", "soldier*"),
        ("text", "kursk", "kursk"),
    ]


def test_spans_in_links_and_in_the_post_that_is_repeated() -> None:
    links = (Link("t.co/1", expanded="https://a.example/kursk"), Link("t.co/2", expanded="https://b.example/sudzha"))
    assert _spans("kursk sudzha", post("see t.co/1 and t.co/2", links=links)) == [
        ("links.0.expanded", "kursk", "kursk"),
        ("links.1.expanded", "sudzha", "sudzha"),
    ]
    repeated = post("RT", reposted=Embedded(post().author, "See t.co/1: Kursk", links=links))
    assert _spans("see", repeated) == [("reposted.text", "See", "see")]


def test_spans_of_an_article_name_its_fields() -> None:
    record = article("Kursk", summary="x", body="In Kursk")
    matcher = Matcher([event("kursk")])
    (hit,) = matcher.match(record)
    assert [(span.field, span.start, span.end) for span in matcher.explain(record, [hit])[0]] == [
        ("title", 0, 5),
        ("body", 3, 8),
    ]


def test_spans_are_bounded() -> None:
    matcher = Matcher([event("ha OR (ha ho) OR near(0, ha, ha)")])
    record = post("ha " * 5_000)
    (hit,) = matcher.match(record)
    assert len(matcher.explain(record, [hit])[0]) <= 100


def test_a_repetitive_text_does_not_make_nearness_slow() -> None:
    record = article("", body="a b c d e f g h " * 4_000)
    matcher = Matcher([event("near(100, a, b, c, d, e, h) a -near(0, a, c)")])
    started = time.process_time()
    assert matcher.match(record)
    assert time.process_time() - started < 10  # trying every choice takes longer than anybody waits
