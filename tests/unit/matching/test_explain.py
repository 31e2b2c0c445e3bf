"""Why a record matched: each span is the term's own words in the original text, or the field that an operator saw."""

import pytest

from schemas import Embedded, Link, Media, Post
from streams.matching import Matcher
from tests.unit.matching.records import article, event, post

FORMS = {"lay": ("lay", "lays", "laid"), "сдаться": ("сдаться", "сдался", "сдались")}

#: Rule, text, and the words that are named with the term they stand for.
WORDS = [
    (
        "lemma:lay near(2, arms, down)",
        "LAID down their arms",
        [("LAID", "lemma:lay"), ("down", "down"), ("arms", "arms")],
    ),
    ("before(2, a, c)", "c a b c", [("a", "a"), ("c", "c")]),
    (
        "sentence(kursk, surrender*)",
        "Kursk. In Kursk they surrendered.",
        [("Kursk", "kursk"), ("surrendered", "surrender*")],
    ),
    ('"lay arms"~3', "they lay down your arms", [("lay down your arms", '"lay arms"~3')]),
    ("atleast(2, a, b, c)", "x c y a", [("c", "c"), ("a", "a")]),
    ("score(3, kursk^2, offer, -submarine)", "Offer: Kursk", [("Offer", "offer"), ("Kursk", "kursk")]),
    ("=Курск", "в курске Курск", [("Курск", "=Курск")]),
    ("kursk -surrender", "Kursk", [("Kursk", "kursk")]),
    ("lemma:сдаться", "Они сда\u0301лись\u00ad.", [("сда\u0301лись", "lemma:сдаться")]),
    ("café 👍", "un ﬁre CAFE\u0301 👍🏽!", [("CAFE\u0301", "café"), ("👍🏽", "👍")]),
    ('"a b" c', "A, b… C", [("A, b", "a b"), ("C", "c")]),
]


@pytest.mark.parametrize(("rule", "text", "named"), WORDS, ids=[rule for rule, _, _ in WORDS])
def test_words_are_named_where_they_stand(rule: str, text: str, named: list[tuple[str, str]]) -> None:
    found = spans(rule, post(text))
    assert [(text[start:end], term) for _, start, end, term in found] == named
    assert {field for field, _, _, _ in found} == {"text"}


FIELDS = [
    ("from:nasa", post(handle="NASA"), [("author.handle", 0, 4)]),
    ("title:kursk", article("In Kursk"), [("title", 3, 8)]),
    ("kursk", article("x", body="in Kursk"), [("body", 3, 8)]),
    ("has:media", post(media=(Media("photo"),)), [("media", 0, 0)]),
    (
        "surrender",
        post("RT", reposted=Embedded(post().author, "They surrender")),
        [("reposted.text", 5, 14)],
    ),
    (
        "day",
        post("t.co/a", links=(Link("t.co/a", expanded="https://a.ex/happy-day"),)),
        [("links.0.expanded", 19, 22)],
    ),
    (
        "quoted:(kursk from:nasa)",
        post("x", quoted=Embedded(post(handle="nasa").author, "In Kursk")),
        [("quoted.text", 3, 8), ("quoted.author.handle", 0, 4)],
    ),
    ("list:press", post(handle="nasa"), [("author.handle", 0, 4)]),
]


@pytest.mark.parametrize(("rule", "record", "named"), FIELDS, ids=[rule for rule, _, _ in FIELDS])
def test_what_an_operator_saw_is_named_by_its_field(rule: str, record: Post, named: list[tuple[str, int, int]]) -> None:
    assert [found[:3] for found in spans(rule, record)] == named


def spans(rule: str, record: Post) -> list[tuple[str, int, int, str]]:
    matcher = Matcher([event(rule, forms=FORMS, lists={"press": ("x/nasa",)})])
    (hit,) = matcher.match(record)
    return [(span.field, span.start, span.end, span.term) for span in matcher.explain(record, [hit])[0]]
