"""Operators by themselves: what values become, which are refused and how, what finds a rule, where evidence stands."""

import time
from operator import attrgetter

import pytest

from schemas import Article, Author, Embedded, Link, Place, Post, References
from streams.matching.language.syntax import Field
from streams.matching.operators import ALIASES, OPERATORS, PUBLISHER, SUBSTITUTES, account_or_domain
from tests.conformance.test_fields import ACCOUNTS, LINKS, NAMED, PLACES, POSTS, WHAT
from tests.unit.matching.records import article, post

KEYS = [
    ("#", "Foo_Bar", "foo_bar"),
    ("#", "Café", "café"),
    ("#", "北京", "北京"),
    ("$", "BRK.B", "brk_b"),
    ("@", "@NASA", "nasa"),
    ("from", "X/@Nasa", "x/nasa"),
    ("to", "NASA", "nasa"),
    ("retweets_of", "123", "123"),
    ("bio", "Software-Engineer", "software engineer"),
    ("bio", "Engin*", "engin*"),
    ("bio_location", "Kyïv", "kyïv"),
    ("followers_count", "0500", "500"),
    ("followers_count", "500..02000", "500..2000"),
    ("url", "https://GitHub.com/sferik", "github com sferik"),
    ("url_contains", "/Status/", "/status/"),
    ("outlet", "WWW.Kremlin.ru.", "kremlin.ru"),
    ("outlet", "пример.рф", "xn--e1afmkfd.xn--p1ai"),
    ("conversation_id", "3kAb", "3kAb"),
    ("place_country", "ua", "UA"),
    ("point_radius", "[-105.27346517 40.01924738 10.0mi]", "[-105.27346517 40.01924738 10mi]"),
    ("point_radius", "[ 37.600  +55.75 10 KM ]", "[37.6 55.75 10km]"),
    ("point_radius", "[-0.0 0 100km]", "[0 0 100km]"),
    ("bounding_box", "[-10 -20.50 100 20]", "[-10 -20.5 100 20]"),
    ("lang", "zh_Hant", "zh-hant"),
    ("source", "Twitter_for  iPhone", "twitter for iphone"),
    ("is", "Repost", "retweet"),
    ("has", "video_link", "videos"),
    ("has", "symbols", "cashtags"),
    ("sample", "010", "10"),
]


@pytest.mark.parametrize(("name", "value", "key"), KEYS)
def test_a_value_becomes_its_one_way_of_writing_which_is_its_own(name: str, value: str, key: str) -> None:
    assert OPERATORS[name].key(value) == key
    assert OPERATORS[name].key(key) == key


REFUSED = [
    ("#", "_", "expected letters or digits after #"),
    ("$", "100", "expected a stock's letters after $, such as $GAZP; quote the whole if it is a sum"),
    ("@", "x/nasa", "expected a handle such as @nasa, no prefix"),
    ("from", "a b", "expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa"),
    ("from", "x/", "expected HANDLE or PLATFORM/HANDLE, such as nasa or x/nasa"),
    ("from", "пл/nasa", "expected a platform's name such as x, telegram or truthsocial"),
    ("bio", "-", "expected letters or digits: all else only separates words"),
    ("bio", "ab*", "expected at least 3 letters before *; write the words out"),
    ("bio", "a*b", "expected * at the end only, as in surrend*"),
    ("url", "https://", "expected letters or digits: all else only separates words"),
    ("url_contains", "/", "expected 2 to 2,048 characters of an address, such as /status/"),
    ("outlet", "kremlin.ru/news", "expected a domain without path, such as kremlin.ru"),
    ("outlet", "kremlin", "expected a domain without path, such as kremlin.ru"),
    ("followers_count", "many", "expected MIN or MIN..MAX in whole numbers, such as 500 or 500..2000"),
    ("followers_count", "-5", "expected MIN or MIN..MAX in whole numbers, such as 500 or 500..2000"),
    ("followers_count", "٥", "expected MIN or MIN..MAX in whole numbers, such as 500 or 500..2000"),
    ("followers_count", "1" * 16, "expected numbers of at most 15 digits"),
    ("followers_count", "20..10", "expected the smaller number first; write 10..20"),
    ("conversation_id", "1 2", "expected a post's identifier without spaces, such as 1140437409710116865"),
    ("place_country", "USA", "expected a country code of two letters, such as US or UA"),
    ("place_country", "uk", "expected the code GB for the United Kingdom, or UA for Ukraine"),
    ("point_radius", "[1 2]", "expected [longitude latitude radius] with mi or km, such as [37.6 55.75 10km]"),
    ("point_radius", "[1 2 3]", "expected [longitude latitude radius] with mi or km, such as [37.6 55.75 10km]"),
    ("point_radius", "[1, 2, 3km]", "expected [longitude latitude radius] with mi or km, such as [37.6 55.75 10km]"),
    ("point_radius", "[-41.287336 174.76107 20mi]", "expected a latitude from -90 to 90; the longitude comes first"),
    ("point_radius", "[181 0 1km]", "expected a longitude from -180 to 180"),
    ("point_radius", "[0 0 0km]", "expected a radius above 0 and up to 20,000 km"),
    ("point_radius", "[0 0 -1km]", "expected a radius above 0 and up to 20,000 km"),
    ("point_radius", "[0 0 20001km]", "expected a radius above 0 and up to 20,000 km"),
    ("bounding_box", "[1 2 3]", "expected [west south east north] in degrees, such as [34.9 51 36.6 51.9]"),
    ("bounding_box", "[34 52 37 50]", "expected the south before the north: [west south east north]"),
    (
        "bounding_box",
        "[37 50 34 52]",
        "expected the west before the east: [west south east north]; "
        "only a box across the date line, at most 180 degrees wide, begins further east than it ends",
    ),
    ("lang", "english language", "expected a language code such as en, uk or zh-hant"),
    ("platform", "x y", "expected a platform's name such as x, telegram or truthsocial"),
    (
        "kind",
        "tweet",
        "expected one of post, repost, reply, quote, article, press_release, transcript",
    ),
    ("source", "_", 'expected the name of a program, such as "Twitter for iPhone"'),
    ("is", "retweets", "expected one of retweet, repost, reply, quote, verified, article; did you mean retweet?"),
    (
        "is",
        "nullcast",
        "expected one of retweet, repost, reply, quote, verified, article; "
        "leave it out: what X shows only as an advertisement never comes here",
    ),
    (
        "has",
        "lang",
        "expected one of links, hashtags, cashtags, symbols, mentions, media, media_link, images, image_link, videos, "
        "video_link, geo; write -lang:und",
    ),
    ("sample", "0", "expected how many of 100 records to take, from 1 to 100"),
    ("sample", "101", "expected how many of 100 records to take, from 1 to 100"),
]


@pytest.mark.parametrize(("name", "value", "problem"), REFUSED, ids=lambda value: value[:30])
def test_a_bad_value_is_refused_with_what_was_expected(name: str, value: str, problem: str) -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        OPERATORS[name].key(value)
    assert str(refused.value) == problem


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("character", ["1", "a", "a.", ".", "*", "ß", "#", "[", "\U0001f1fa", "\ud800", "а", "1 "])
def test_a_value_of_4096_characters_is_read_or_refused_at_once(name: str, character: str) -> None:
    value = (character * 4_096)[:4_096]
    # Of the processor's time, and once in five: the interpreter's own housekeeping falls into some of them.
    assert any(_reading(name, value) < 0.05 for _ in range(5))


def _reading(name: str, value: str) -> float:
    """Seconds that it takes."""
    begun = time.process_time()
    try:
        OPERATORS[name].key(value)
    except ValueError as problem:
        assert str(problem).startswith("expected")  # noqa: PT017
    return time.process_time() - begun


SINGLE = [case for case in (*NAMED, *ACCOUNTS, *LINKS, *POSTS, *PLACES, *WHAT) if " " not in case[0].split("[")[0]]


def parsed(rule: str) -> Field:
    name, value = (rule[0], rule[1:]) if rule[0] in "#$@" else rule.split(":", 1)
    name = ALIASES.get(name, name)
    return Field(name, OPERATORS[name].key(value.strip('"')))


@pytest.mark.parametrize(("rule", "record", "expected"), SINGLE, ids=lambda value: "")
def test_what_is_true_is_found_by_its_anchor(rule: str, record: Post | Article, expected: bool) -> None:
    field = parsed(rule)
    operator = OPERATORS[field.name]
    assert operator.holds(field.key)(operator.look(record)) is expected
    if expected:
        assert operator.anchor(field.key) in set(operator.index(record))


@pytest.mark.parametrize(("rule", "record", "expected"), [case for case in SINGLE if case[2]], ids=lambda value: "")
def test_what_is_true_has_evidence_within_the_record(rule: str, record: Post | Article, expected: bool) -> None:
    field = parsed(rule)
    found = list(OPERATORS[field.name].evidence(field.key, record))
    assert found
    for path, start, end in found:
        value: object = record
        for step in path.split("."):
            value = value[int(step)] if isinstance(value, tuple) else getattr(value, step)
        assert (start, end) == (0, 0) or (isinstance(value, str) and 0 <= start < end <= len(value))


@pytest.mark.parametrize("rule", sorted({case[0] for case in SINGLE}))
def test_shares_are_shares_of_keys_and_of_anchors(rule: str) -> None:
    field = parsed(rule)
    operator = OPERATORS[field.name]
    anchor = operator.anchor(field.key)
    assert anchor is not None
    assert 0 <= operator.share(field.key) <= 1
    assert 0 < operator.share(anchor) <= 1


SEEN = [
    ("#kursk", post("see #Kursk and #kursk"), [("text", "#Kursk"), ("text", "#kursk")]),
    ("#kursk", post("see #kurskaya", hashtags=("kursk",)), [("hashtags", "")]),
    ("#kursk", post("RT", reposted=Embedded(Author("1", "a"), "＃Kursk!")), [("reposted.text", "＃Kursk")]),
    ("$brk.b", post("buy $BRK.B."), [("text", "$BRK.B")]),
    ("@nasa", post("thanks @NASA!"), [("text", "@NASA")]),
    ("from:x/nasa", post(handle="NASA"), [("author.handle", "NASA")]),
    ("from:7", post(), [("author.id", "7")]),
    ("to:nasa", post(refs=References(reply_to_handle="NASA")), [("refs.reply_to_handle", "NASA")]),
    (
        'bio:"software engineer"',
        post(author=Author("7", "a", description="A Software-Engineer, software engineer")),
        [("author.description", "Software-Engineer"), ("author.description", "software engineer")],
    ),
    ("bio:café", post(author=Author("7", "a", description="cafe Café")), [("author.description", "Café")]),
    ("bio:engin*", post(author=Author("7", "a", description="an Engineer")), [("author.description", "Engineer")]),
    ("url:b/c", post(links=(Link("t.co", "https://a.b/C/d"),)), [("links.0.expanded", "b/C")]),
    ("url:kremlin.ru", post("see kremlin.ru/a"), [("text", "kremlin.ru")]),
    ("url_contains:remlin", post("see kremlin.ru/a"), [("text", "remlin")]),
    ("url_title:snow", post(links=(Link("a"), Link("b", title="No snow"))), [("links.1.title", "snow")]),
    ("outlet:kremlin.ru", post("see en.kremlin.ru/a"), [("text", "en.kremlin.ru/a")]),
    ("outlet:kremlin.ru", article(domain="en.kremlin.ru"), [("outlet.domain", "en.kremlin.ru")]),
    ("title:kursk", article("In Kursk"), [("title", "Kursk")]),
    ("place:co", post(place=Place(name="Boulder, CO")), [("place.name", "CO")]),
    ("lang:en", post(lang_detected="en-GB"), [("lang_detected", "en-GB")]),
    ("is:retweet", post(kind="repost"), [("kind", "")]),
    ("has:hashtags", post("#kursk"), [("hashtags", "")]),
    ("followers_count:1", post(author=Author("7", "a", followers=5)), [("author.followers", "")]),
    ("point_radius:[0 0 1km]", post(place=Place(lon=0, lat=0)), [("place", "")]),
]


@pytest.mark.parametrize(
    ("rule", "record", "expected"), SEEN, ids=lambda value: value if isinstance(value, str) else ""
)
def test_evidence_is_where_it_is_seen(rule: str, record: Post | Article, expected: list[tuple[str, str]]) -> None:
    field = parsed(rule)
    found = []
    for path, start, end in OPERATORS[field.name].evidence(field.key, record):
        if path.startswith("links."):
            _, number, name = path.split(".")
            value = getattr(record.links[int(number)], name)
        else:
            value = attrgetter(path)(record)
        found.append((path, value[start:end] if isinstance(value, str) else ""))
    assert found == expected


def test_rules_about_pieces_of_addresses_are_told_apart_by_rare_pieces() -> None:
    contains = OPERATORS["url_contains"]
    assert contains.anchor("https://www.kremlin.com/") not in ("http", "www.", ".com")
    assert contains.anchor("ru") in set(contains.index(post("see kremlin.ru")))
    assert not set(contains.index(post("kremlin")))


def test_a_sample_finds_no_rule_and_cannot_be_excluded() -> None:
    sample = OPERATORS["sample"]
    assert sample.anchor("10") is None
    assert not set(sample.index(post()))
    assert [name for name, operator in OPERATORS.items() if operator.positive_only] == ["sample"]


def test_other_names_lead_to_operators_and_substitutes_stand_for_none() -> None:
    assert set(ALIASES.values()) <= set(OPERATORS)
    assert not set(ALIASES) & set(OPERATORS)
    assert not set(SUBSTITUTES) & (set(OPERATORS) | set(ALIASES))
    for name, value in (each.split(":") for each in SUBSTITUTES if ":" in each):
        with pytest.raises(ValueError, match=SUBSTITUTES[f"{name}:{value}"].replace("(", r"\(")):
            OPERATORS[name].key(value)


def test_an_account_lists_entries_are_who_speaks() -> None:
    assert account_or_domain("X/@Nasa") == ("from", "x/nasa")
    assert account_or_domain("www.TASS.ru") == (PUBLISHER, "tass.ru")
    with pytest.raises(ValueError, match="expected PLATFORM/HANDLE, such as x/nasa, or an outlet's domain"):
        account_or_domain("nasa")


def test_odd_records_are_looked_at_by_every_operator_without_harm() -> None:
    odd: list[Post | Article] = [
        post("#@$." * 1_000, links=(Link(""), Link("http://"), Link("://", "?", unwound="[")), place=Place()),
        post("\ud800", place=Place(lon=1e308, lat=-1e308), id="\ud800"),
        post(place=Place(box=(200, 100, -200, -100), name="…", id="…"), lang="", source=" "),
        post(author=Author("", "", followers=-(10**30), posts=10**30), refs=References("", "", "", "", "")),
        article("", domain="." * 400, links=(Link("a." * 50_000),)),
    ]
    for operator in OPERATORS.values():
        for record in odd:
            operator.look(record)
            assert all(isinstance(value, str) for value in operator.index(record))
