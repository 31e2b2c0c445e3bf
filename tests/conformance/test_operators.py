"""What each operator means, one line a case: the rule, the record, whether it matches."""

from typing import Any

import pytest

from schemas import Article, Embedded, Link, Post
from tests.unit.matching.records import article, is_true, post

Case = tuple[str, Post | Article, bool]

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
    ("near(0, café, ole)", post("cafe ole"), False),
]
FIELDS: list[Case] = [
    ("from:nasa", post(handle="NASA"), True),
    ("from:@NASA", post(handle="nasa"), True),
    ("from:x/nasa", post(handle="nasa"), True),
    ("from:telegram/nasa", post(handle="nasa"), False),
    ('from:"x/nasa"', post(handle="nasa"), True),
    ("from:mastodon/a@b.example", post(handle="a@b.example", platform="mastodon"), True),
    ("from:nasa", article("nasa"), False),
    ("kursk -from:nasa", article("kursk"), True),
    ("platform:telegram", post(platform="telegram"), True),
    ("platform:X", post(), True),
    ("platform:x", article(), False),
    ("outlet:kremlin.ru", article(domain="kremlin.ru"), True),
    ("outlet:kremlin.ru", article(domain="en.Kremlin.ru"), True),
    ("outlet:kremlin.ru", article(domain="notkremlin.ru"), False),
    ("outlet:en.kremlin.ru", article(domain="kremlin.ru"), False),
    ("outlet:пример.рф", article(domain="xn--e1afmkfd.xn--p1ai"), True),
    ("outlet:kremlin.ru", post("kremlin.ru"), False),
    ("lang:en", post(lang="en"), True),
    ("lang:en", post(lang="en-GB"), True),
    ("lang:en-gb", post(lang="en"), False),
    ("lang:en", post(lang_detected="en"), True),
    ("lang:en", post(lang="uk", lang_detected="en"), False),
    ("lang:en", post(), False),
    ("lang:uk", article(lang="uk"), True),
    ("kursk -lang:en", post("kursk"), True),
    ("kind:repost", post(kind="repost"), True),
    ("kind:transcript", article(kind="transcript"), True),
    ("kind:post", article(), False),
    ("#Kursk", post(hashtags=("kursk",)), True),
    ("#kursk", post(hashtags=("KurskOffensive",)), False),
    ("#kursk", post("#kursk"), False),
    ("#foo_bar", post(hashtags=("Foo_Bar",)), True),
    ("#kursk", article("kursk"), False),
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
    [*WORDS, *PHRASES, *PREFIXES, *BOOLEAN, *NEAR, *FIELDS, *REPOSTS],
    ids=lambda value: str(value)[:60],
)
def test_rule_on_record(rule: str, record: Post | Article, expected: bool) -> None:
    assert is_true(rule, record) is expected


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
