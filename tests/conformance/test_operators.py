"""What each operator means, one line a case: the rule, the record, whether it matches."""

from typing import Any

import pytest

from schemas import Article, Embedded, Link, Post
from tests.unit.matching.records import article, is_true, post

Case = tuple[str, Post | Article, bool]

#: What an event's record holds for the lemmas that rules here name.
FORMS = {"lay": ("lay", "lays", "laid", "laying"), "об'єкт": ("об'єкт", "об'єкта")}

WORDS: list[Case] = [
    ("kursk", post("Soldiers in Kursk, again"), True),
    ("kursk", post("Kurskaya line"), False),
    ("KURSK", post("kursk"), True),
    ("happy", post("hello @happy_yed"), True),
    ("happy", post("see t.co/x", links=(Link("t.co/x", expanded="https://a.example/happy-fathers-day"),)), True),
    ("co", post("see t.co/x", links=(Link("t.co/x", expanded="https://a.example/b"),)), False),
    ("example", post("no link in it", links=(Link("https://example.org/b"),)), True),
    ("cafe", post("un CAFÉ noir"), True),
    ("café", post("un CAFÉ noir"), True),
    ("café", post("un cafe noir"), False),
    ("ещё", post("еще раз"), True),
    ("мои", post("мой"), False),
    ("п'ять", post("п’ять хвилин"), True),
    ("advanced_recycling", post("Advanced recycling!"), True),
    ("advanced_recycling", post("recycling, advanced"), False),
    ("👍", post("well done👍🏽!"), True),
    ("🇺🇦", post("🇲🇺🇦🇺"), False),
    ("30", post("a 30-day truce"), True),
    ("北京", post("我在北京大学"), True),
    ("北京", post("北の東京"), False),
    ("НАТО", post("HATO"), False),
    ("курск", post("бои под Kурском, Kурск"), True),
]
PHRASES: list[Case] = [
    ('"lay down arms"', post("Lay down, arms!"), True),
    ('"lay down arms"', post("lay arms down"), False),
    ('"state of the art"', post("state-of-the-art"), True),
    ('"(not) a rule"', post("not a rule"), True),
    ('"kursk sudzha"', article("Kursk", summary="Sudzha"), False),
]
PREFIXES: list[Case] = [
    ("surrend*", post("they surrendered"), True),
    ("surrend*", post("surrend"), True),
    ("surrend*", post("unsurrendered"), False),
    ("украин*", post("Украинские военные"), True),
    ("п'ят*", post("п'ятниця"), True),
    ("café*", post("cafés"), True),
    ("café*", post("cafes"), False),
]
BOOLEAN: list[Case] = [
    ("kursk surrender", post("surrender in kursk"), True),
    ("kursk surrender", post("kursk"), False),
    ("kursk OR surrender", post("surrender"), True),
    ("kursk a OR b", post("b"), True),
    ("kursk (a OR b)", post("b"), False),
    ("kursk -submarine", post("the submarine kursk"), False),
    ("kursk -submarine", post("kursk"), True),
    ("kursk -(submarine OR 1943)", post("kursk 1943"), False),
    ("kursk -(submarine 1943)", post("kursk 1943"), True),
    ("-(-kursk)", post("kursk"), True),
    ("kursk -(-(a OR b))", post("kursk a"), True),
    ('(no OR not OR never) "not"', post("not"), True),
    ("kursk # the city\nsurrender", post("kursk surrender"), True),
]
NEAR: list[Case] = [
    ("near(0, lay, arms)", post("arms lay"), True),
    ("near(1, lay, arms)", post("lay your arms"), True),
    ("near(1, lay, arms)", post("lay down your arms"), False),
    ("near(2, lay, arms)", post("arms were to lay"), True),
    ("near(1, lay, (arms OR weapons))", post("lay their weapons"), True),
    ('near(1, "lay down", arm*)', post("lay down their arms"), True),
    ("near(5, ha, ha)", post("ha"), False),
    ("near(5, ha, ha)", post("ha ha"), True),
    ('near(5, "a b", "b c")', post("a b c"), False),
    ('near(5, "a b", "b c")', post("a b c b c"), True),
    ("near(1, near(1, a, b), c)", post("a x b y c"), True),
    ("near(0, near(1, a, b), c)", post("c a a b"), False),
    ("near(1, near(0, a, b), c)", post("a x b y c"), False),
    ("near(9, kursk, sudzha)", article("Kursk", summary="Sudzha"), False),
    ("near(9, kursk, sudzha)", article("", body="Kursk and Sudzha"), True),
    ("near(1, a, b, c)", post("a z z b a c"), True),
    ("near(0, café, olé)", post("café olé"), True),
    ("near(0, lemma:lay, arms)", post("laid arms"), True),
    ("near(0, =Lay, arms)", post("lay arms"), False),
    ("before(1, lay, arms)", post("lay your arms"), True),
    ("before(1, lay, arms)", post("arms they lay"), False),
    ("before(1, lay, arms)", post("lay down your arms"), False),
    ("before(2, lay, your, arms)", post("lay down your two arms"), True),
    ("before(0, ha, ha)", post("ha"), False),
    ("before(0, ha, ha)", post("ha ha"), True),
    ('before(0, "a b", "b c")', post("a b b c"), True),
    ("before(1, near(0, a, b), c)", post("b a x c"), True),
    ("before(3, a, b)", article("a", summary="b"), False),
    ("near(0, café, ole)", post("cafe ole"), False),
]
PROXIMITY: list[Case] = [
    ('"lay arms"~1', post("lay your arms"), True),
    ('"lay arms"~1', post("lay down your arms"), False),
    ('"lay arms"~1', post("arms lay"), False),
    ('"lay arms"~2', post("arms lay"), True),
    ('"lay arms"~3', post("arms they lay"), True),
    ('"ha ha"~5', post("ha"), False),
    ('"ha ha"~0', post("ha ha"), True),
    ('"a b c"~1', post("a b x c"), True),
    ('"a b c"~1', post("a x b x c"), False),
    ('"a b"~6', article("a", summary="b"), False),
    ('="Lay arms"~2', post("Lay your arms"), True),
    ('="Lay arms"~2', post("lay your arms"), False),
]
SENTENCE: list[Case] = [
    ("sentence(kursk, surrender)", post("In Kursk, they said, all will surrender."), True),
    ("sentence(kursk, surrender)", post("Kursk. They surrender."), False),
    ("sentence(kursk, surrender)", post("Surrender near Kursk! Or not."), True),
    ("sentence(kursk, surrender)", post("Kursk\nSurrender"), False),
    ("sentence(kursk, surrender)", post("Kursk\nand surrender"), True),
    ("sentence(gen, surrender)", post("Gen. Syrskyi: no surrender"), True),
    ("sentence(г, курск)", post("Бои у г. Курск. Дальше тишина."), True),
    ("sentence(пушкин, жил)", post("А. С. Пушкин жил тут"), True),
    ('sentence("lay down", arms)', post("Lay down. Arms."), False),
    ("sentence(kursk, surrender)", article("Kursk", summary="Surrender"), False),
    ("sentence(near(1, lay, arms), kursk)", post("Lay your arms in Kursk"), True),
    ("sentence(lemma:lay, arms)", post("They laid some arms. Kursk."), True),
]
WEIGHTED: list[Case] = [
    ("atleast(2, kursk, surrender, offer)", post("an offer in kursk"), True),
    ("atleast(2, kursk, surrender, offer)", post("an offer"), False),
    ("atleast(2, kursk, (surrender arms), -offer)", post("kursk"), True),
    ("atleast(1, kursk, from:nasa)", post("x", handle="nasa"), True),
    ("-atleast(2, a, b) c", post("a c"), True),
    ("-atleast(2, a, b) c", post("a b c"), False),
    ("score(3, kursk^2, surrender^2, offer)", post("kursk offer"), True),
    ("score(3, kursk^2, surrender^2, offer)", post("kursk surrender"), True),
    ("score(3, kursk^2, surrender^2, offer)", post("surrender"), False),
    ('score(3, "lay arms"^3, near(1, give, up)^3, (a OR b))', post("give it up"), True),
    ("score(4, kursk^2, surrender^2, -submarine^2)", post("kursk"), True),
    ("score(4, kursk^2, surrender^2, -submarine^2)", post("kursk submarine"), False),
    ("(score(2, a, b) c) OR d", post("a b c"), True),
]
CASED: list[Case] = [
    ("=NATO", post("NATO summit"), True),
    ("=NATO", post("nato summit"), False),
    ("=US", post("join us"), False),
    ("=Курск", post("в курске, Курск"), True),
    ("=Курск", post("курск"), False),
    ('="New York"', post("in New York"), True),
    ('="New York"', post("a new York"), False),
    ("=Cafe", post("Café"), True),
    ("=Café", post("Cafe"), False),
    ("=Kur*", post("kursk"), False),
    ("=Kur*", post("Kursk"), True),
    ("=Курск", post("Kурск"), True),
]
LEMMAS: list[Case] = [
    ("lemma:lay", post("they laid it"), True),
    ("lemma:lay", post("layer"), False),
    ("lemma:об'єкт", post("обʼєкта"), True),
    ("kursk -lemma:lay", post("kursk, laid"), False),
]
QUOTED: list[Case] = [
    ("quoted:surrender", post("so it goes", quoted=Embedded(post().author, "They surrender")), True),
    ("quoted:surrend*", post("so it goes", quoted=Embedded(post().author, "They surrender")), True),
    ("quoted:surrender", post("surrender", quoted=Embedded(post().author, "x")), False),
    ("quoted:surrender", post("surrender"), False),
    ("quoted:(kursk surrender)", post("x", quoted=Embedded(post().author, "Surrender in Kursk")), True),
    ("so quoted:(kursk OR from:someone)", post("so", quoted=Embedded(post().author, "x")), True),
    ("quoted:(#kursk)", post("x", quoted=Embedded(post().author, "y", hashtags=("Kursk",))), True),
    ("so -quoted:(kursk)", post("so", quoted=Embedded(post().author, "kursk")), False),
    ("so -quoted:(kursk)", post("so"), True),
]
REPOSTS: list[Case] = [
    (
        "surrender",
        post("RT @a: they will…", kind="repost", reposted=Embedded(post().author, "they will surrender")),
        True,
    ),
    ("rt", post("RT @a: they will…", kind="repost", reposted=Embedded(post().author, "they will surrender")), False),
    ("#kursk", post("RT", reposted=Embedded(post().author, "x", hashtags=("kursk",))), True),
    ("surrender", post("so it goes", quoted=Embedded(post().author, "surrender")), False),
]


@pytest.mark.parametrize(
    ("rule", "record", "expected"),
    [
        *WORDS,
        *PHRASES,
        *PREFIXES,
        *BOOLEAN,
        *NEAR,
        *PROXIMITY,
        *SENTENCE,
        *WEIGHTED,
        *CASED,
        *LEMMAS,
        *QUOTED,
        *REPOSTS,
    ],
    ids=lambda value: str(value)[:60],
)
def test_rule_on_record(rule: str, record: Post | Article, expected: bool) -> None:
    assert is_true(rule, record, forms=FORMS) is expected


NAMED: list[tuple[str, dict[str, Any], Post | Article, bool]] = [
    ("part:place", {"parts": {"place": "kursk OR sudzha"}}, post("Sudzha"), True),
    ("a part:p", {"parts": {"p": "part:q", "q": "b OR c"}}, post("a c"), True),
    ("near(1, part:p, x)", {"parts": {"p": "part:q OR a", "q": '"b c"'}}, post("b c y x"), True),
    ("a -claim:false", {"claims": {"false": "fake OR hoax"}}, post("a hoax"), False),
    ("list:press", {"lists": {"press": ("x/Nasa", "tass.ru")}}, post(handle="nasa"), True),
    ("list:press", {"lists": {"press": ("x/Nasa", "tass.ru")}}, post(handle="nasa", platform="telegram"), False),
    ("list:press", {"lists": {"press": ("x/Nasa", "tass.ru")}}, article(domain="en.tass.ru"), True),
    ("a -list:press", {"lists": {"press": ("x/Nasa",)}}, post("a"), True),
]


@pytest.mark.parametrize(("rule", "more", "record", "expected"), NAMED)
def test_rule_with_names_on_record(rule: str, more: dict[str, Any], record: Post | Article, expected: bool) -> None:
    assert is_true(rule, record, **more) is expected
