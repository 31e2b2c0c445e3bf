"""The text form: what texts read as, and that its three ways of reading them are one."""

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.matching.texts import text
from streams.matching.texts.folding import UNREAD
from streams.matching.texts.spans import extents
from tests.unit.matching.strategies import wild_texts

CASES = [
    ("case", "KURSK Курск Straße", "kursk курск strasse"),
    ("separators", "a_b-c.d'e/f@g", "a b c d e f g"),
    ("apostrophes", "п'ять п’ять пʼять п`ять", "п ять п ять п ять п ять"),
    ("digits", "GK-40 30дневный", "gk 40 30дневный"),
    ("latin accents", "café naïve Łódź Ø", "cafe naive lodz o"),
    ("decomposed accents", "cafe\u0301 n\u0303", "cafe n"),
    ("cyrillic letters with marks", "й и\u0306 їжак ў", "й й їжак ў"),
    ("yo is ye", "Ёлка ещё", "елка еще"),
    ("stress", "за\u0301мок замо\u0301к", "замок замок"),
    ("invisible", "sur\u00adren\u200bder \ufeffx", "surrender x"),
    ("compatibility", "ｆｕｌｌ ﬁre x² Ⅷ", "full fire x2 viii"),
    ("trade mark", "iPhone™ Brand® ©2025", "iphone brand 2025"),
    ("emoji", "go👍🏽now ❤️", "go 👍 now ❤"),
    ("joined emoji", "👨‍👩‍👧", "👨 👩 👧"),
    ("flags", "🇺🇦🇷🇺x", "🇺🇦 🇷🇺 x"),
    ("keycap", "1️⃣", "1"),
    ("bullets and arrows split", "▪a→b•c", "a b c"),
    ("han", "北京大学2024", "北 京 大 学 2024"),
    ("kana", "カタカナとﾊﾝ", "カ タ カ ナ と ハ ン"),
    ("thai", "กขค", "ก ข ค"),
    ("hangul stays whole", "한국 사람", "한국 사람"),
    ("look-alike in a latin word", "Kуrsk", "kyrsk"),
    ("look-alike in a cyrillic word", "Kурск кypск", "курск курск"),
    ("look-alikes on a tie", "aб", "аб"),
    ("one without look-alike stays", "fбz", "fбz"),
    ("across digits", "c2м0ж", "с2м0ж"),
    ("a wholly look-alike word stays", "HATO НАТО", "hato нато"),
    ("line ends", "a\r\nb\u2028c\0d", "a b c d"),
    ("lone surrogate", "a\ud800b", "a b"),
]


@pytest.mark.parametrize(("written", "read"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_reads_as(written: str, read: str) -> None:
    assert text.tokens(written) == read.split()


def test_accents_are_kept_on_request() -> None:
    assert text.tokens("CAFÉ Łódź ёлка", accents=True) == ["café", "łódź", "елка"]


def test_every_format_character_is_unread_and_nothing_else() -> None:
    characters = list(map(chr, range(sys.maxunicode + 1)))
    unread = set(UNREAD.findall("".join(characters)))
    assert {each for each in characters if unicodedata.category(each) == "Cf"} <= unread
    # Of a later Unicode than this Python's there may be some more.
    assert {unicodedata.category(each) for each in unread} <= {"Cf", "Cn"}


@given(wild_texts, st.booleans())
def test_the_fast_ways_read_like_the_slow_one(written: str, accents: bool) -> None:
    assert text.tokens(written, accents=accents) == text.slow_tokens(written, accents=accents)


@given(wild_texts)
def test_accents_change_no_token_count(written: str) -> None:
    assert len(text.tokens(written)) == len(text.tokens(written, accents=True))


@given(wild_texts)
def test_reading_twice_changes_nothing(written: str) -> None:
    once = text.tokens(written)
    assert text.tokens(" ".join(once)) == once


@given(wild_texts)
def test_no_token_holds_what_the_form_is_made_of(written: str) -> None:
    assert not any(set(token) & {" ", text.BREAK, "#", ":"} for token in text.tokens(written))


@given(wild_texts)
def test_every_token_has_an_extent_in_order(written: str) -> None:
    found = list(extents(written))
    assert len(found) == len(text.tokens(written))
    assert all(0 <= start < end <= len(written) for start, end in found)
    assert all(before[0] <= after[0] for before, after in pairwise(found))


@given(wild_texts)
def test_an_extent_alone_reads_as_its_token(written: str) -> None:
    for token, (start, end) in zip(text.tokens(written), extents(written), strict=True):
        assert token in text.tokens(written[start:end])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("«Курск», – сказал", ["Курск", "сказал"]),
        ("«Кyрск»👍🏽 ещё", ["Кyрск", "👍🏽", "ещё"]),
        ("x🇺🇦北京 п’ять", ["x", "🇺🇦", "北", "京", "п", "ять"]),
        ("sur\u00adrender, e\u0301a", ["sur\u00adrender", "e\u0301a"]),
    ],
)
def test_extents_point_at_the_words_as_written(written: str, words: list[str]) -> None:
    assert [written[start:end].rstrip("\ufe0f") for start, end in extents(written)] == words
