"""Entities in a text, beyond the published cases: other platforms' habits, and texts made to be slow."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.matching.texts.entities import (
    Entity,
    cashtags,
    find_cashtags,
    find_hashtags,
    find_links,
    find_mentions,
    hashtags,
    links,
    mentions,
)

Find = Callable[[str], tuple[Entity, ...]]

NONE: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no sign at all", NONE),
        ("#Курськ, #Сумщина", ("Курськ", "Сумщина")),
        ("＃Курськ", ("Курськ",)),
        ("##twice", ("twice",)),
        ("#one#two", NONE),
        ("&#39;s", NONE),
        ("&#x27;s", NONE),
        ("#️⃣ and #1️⃣", NONE),
        ("#слава❤️україні", ("слава",)),
        ("http://a.example.com/#top #real", ("real",)),
        ("a.com/(#top", ("top",)),
        ("#a-b", ("a",)),
        ("#don't", ("don",)),
        ("#" + "a" * 1_000, ("a" * 1_000,)),
        ("#" + "a" * 1_001, NONE),
    ],
)
def test_hashtags(text: str, expected: tuple[str, ...]) -> None:
    assert hashtags(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$TSLA", ("TSLA",)),
        ("Tesla ($TSLA) fell", ("TSLA",)),
        ("“$TSLA”", ("TSLA",)),
        ("🚀$TSLA🚀", ("TSLA",)),
        ("$BRK.B, $TSLA.", ("BRK.B", "TSLA")),
        ("$TSLA's", ("TSLA",)),
        ("US$TSLA", NONE),
        ("$ТСЛА", NONE),
        ("$TSLAи", NONE),
        ("$5", NONE),
    ],
)
def test_cashtags(text: str, expected: tuple[str, ...]) -> None:
    assert cashtags(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@a_handle_longer_than_twenty_characters", ("a_handle_longer_than_twenty_characters",)),
        ("via ＠kremlin", ("kremlin",)),
        ("(@one/@two)", ("one", "two")),
        ("Привет,@one", ("one",)),
        ("@oneпривет", ("one",)),
        ("write to one@two.com", NONE),
        ("start@one", NONE),
        ("see https://medium.com/@one", NONE),
        ("@one/a-list", NONE),
        ("@" + "a" * 1_001, NONE),
    ],
)
def test_mentions(text: str, expected: tuple[str, ...]) -> None:
    assert mentions(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HTTPS://Example.COM/Path", ("HTTPS://Example.COM/Path",)),
        ("http://президент.рф/новости?о=чём.", ("http://президент.рф/новости?о=чём",)),
        ("http://ПРЕЗИДЕНТ.РФ", ("http://ПРЕЗИДЕНТ.РФ",)),
        ("http://xn--d1abbgf6aiiy.xn--p1ai/x", ("http://xn--d1abbgf6aiiy.xn--p1ai/x",)),
        ("site.рф, site.рф", ("site.рф", "site.рф")),
        ("site.рфо", NONE),
        ("президент.рф", NONE),
        ("смотриhttp://a.com", ("http://a.com",)),
        ("смотри a.comздесь", ("a.com",)),
        ("https://ar.wikipedia.org/wiki/كورسك", ("https://ar.wikipedia.org/wiki/كورسك",)),
        ("http://example.भारत/क", ("http://example.भारत/क",)),
        ("http://a.com/x看", ("http://a.com/x",)),
        ("(see a.com/b_(c)_(d(e)).)", ("a.com/b_(c)_(d(e))",)),
        ("a.com/b(c", ("a.com/b",)),
        ("a.com/b?c=(d)&e=1)", ("a.com/b?c=(d)&e=1",)),
        ("Is it a.com? Or b.com/c!", ("a.com", "b.com/c")),
        ("«a.com/b», “a.com/c”", ("a.com/b", "a.com/c")),
        ("a.com:8080/b a.com: no", ("a.com:8080/b", "a.com")),
        ("under_score.a.com", ("under_score.a.com",)),
        ("under_score.com", NONE),
        ("ftp://a.com", NONE),
        ("https://https://a.com", ("https://a.com",)),
        ("http://user:word@a.com", NONE),
        ("one@a.com", NONE),
        ("one.com@a.com", NONE),
        ("U.S. 3.5 e.g. end.Start", NONE),
        ("http://" + "a" * 63 + ".com", ("http://" + "a" * 63 + ".com",)),
        ("http://" + "a" * 64 + ".com", NONE),
        ("http://" + "ab." * 100 + "com", NONE),
        ("a.com\ud800b.com", ("a.com", "b.com")),
    ],
)
def test_links(text: str, expected: tuple[str, ...]) -> None:
    assert links(text) == expected


FINDS: tuple[Find, ...] = (find_hashtags, find_cashtags, find_mentions, find_links)


PIECES = [
    *["#", "＃", "@", "$", "http://", "https://", "a", "Z", "9", "com", "t.co/", "рф", "みんな", "xn--", "RT", "é"],
    *".-_/()?:;,'&+ \n…\u200c\u0301\ufe0f\u20e3",
]


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_any_text_gives_entities_in_order_where_they_stand(text: str) -> None:
    for find in FINDS:
        done = 0
        for entity in find(text):
            assert done <= entity.start < entity.end <= len(text)
            assert text[entity.start : entity.end].lstrip("#＃@＠$") == entity.text
            done = entity.end


SLOW = [
    *[
        "#",
        "@",
        "$",
        "http://",
        "a.",
        "((((",
        "://",
        ".com",
        "#a",
        "@a",
        "##a",
        "RT@",
        "a.b_",
        "あ.",
        "a-.",
        "http://a.b.",
    ],
    "http://a.com/" + "(" * 100_000,
    "http://a.com/" + "(a)" * 33_000,
    "a." * 49_990 + "com",
]


@pytest.mark.parametrize("find", FINDS)
@pytest.mark.parametrize("piece", SLOW, ids=lambda piece: repr(piece[:16]))
def test_a_text_made_to_be_slow_takes_50_ms_at_most(find: Find, piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    assert any(seconds(find, text) < 0.05 for _ in range(10))  # a busy machine slows some of them


@pytest.mark.parametrize("find", FINDS)
@pytest.mark.parametrize(
    "piece", ["a.com ", "a.рф", "a.みんな", "é.com,", "http://a.co/(", "a.co/#a ", "(a.co/(b)", "a.co/@b"]
)
def test_ten_times_the_entities_take_not_much_over_ten_times_the_time(find: Find, piece: str) -> None:
    short, long = (piece * 1_000)[:9_000], (piece * 10_000)[:90_000]
    assert min(seconds(find, long) for _ in range(3)) < 30 * max(min(seconds(find, short) for _ in range(5)), 1e-5)


def seconds(find: Find, text: str) -> float:
    """Processor time of one call."""
    begun = time.process_time()
    find(text)
    return time.process_time() - begun
