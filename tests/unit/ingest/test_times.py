"""Times are read strictly and mapped linearly, the same way every time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.times import Mapping, parse_instant, to_text

NOON = 1_741_953_600_000


@pytest.mark.parametrize("text", ["2025-03-14T12:00:00Z", "2025-03-14T15:00:00+03:00", "1741953600", " 1741953600 "])
def test_an_instant_is_read(text: str) -> None:
    assert parse_instant(text) == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "2025-03-14T12:00:00", "2025-13-14T12:00:00Z", "9" * 30, "-5"])
def test_what_is_no_instant_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="expected an instant such as 2025-03-14T12:00:00Z"):
        parse_instant(text)


def test_text_and_milliseconds_are_each_others_inverse() -> None:
    assert to_text(NOON + 7) == "2025-03-14T12:00:00.007Z"
    assert parse_instant(to_text(NOON + 7)) == NOON + 7


def test_first_and_last_land_on_the_ends() -> None:
    mapping = Mapping(first=1_000, last=3_000, length=600, until=NOON)
    assert [mapping(time) for time in (1_000, 2_000, 3_000)] == [NOON - 600, NOON - 300, NOON]


def test_times_outside_land_on_the_nearer_end() -> None:
    mapping = Mapping(first=1_000, last=3_000, length=600, until=NOON)
    assert (mapping(0), mapping(9_000)) == (NOON - 600, NOON)


def test_a_single_time_lands_at_the_end() -> None:
    assert Mapping(first=5, last=5, length=600, until=NOON)(5) == NOON


@given(st.lists(st.integers(0, 10**13), min_size=2, max_size=20), st.integers(1, 10**10))
def test_no_order_is_turned_round(times: list[int], length: int) -> None:
    mapping = Mapping(min(times), max(times), length, NOON)
    mapped = [mapping(time) for time in sorted(times)]
    assert mapped == sorted(mapped)
    assert NOON - length <= mapped[0]
    assert mapped[-1] == NOON
