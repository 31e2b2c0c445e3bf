"""What is packed comes back as it was, and orders compare as numbers do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import MAX_VERSION
from streams.trends import Cell, Contribution, Standing, digest, unpack_cell
from streams.trends.contributions import dimensions, pack_cell
from streams.trends.orders import ORDER_BYTES, pack_order, raw, unpack_order

versions = st.integers(0, MAX_VERSION)
offsets = st.integers(0, 2**40 - 1)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
contributions = st.builds(
    Contribution,
    platform=words,
    kind=words,
    lang=words,
    groups=st.lists(words, max_size=3).map(tuple),
    claims=st.lists(words, max_size=3).map(tuple),
    author=words,
    fingerprint=st.binary(min_size=16, max_size=16),
    domains=st.lists(words, max_size=3).map(tuple),
)


@given(versions, offsets, versions, offsets)
def test_orders_compare_as_their_numbers(version: int, offset: int, version_2: int, offset_2: int) -> None:
    one, two = pack_order(version, offset), pack_order(version_2, offset_2)
    assert len(one) == ORDER_BYTES
    assert unpack_order(one) == (version, offset)
    assert (one < two) == ((version, offset) < (version_2, offset_2))


@pytest.mark.parametrize(("version", "offset"), [(-1, 0), (2**48, 0), (0, 2**40), (0, -1)])
def test_an_order_that_does_not_fit_is_an_error(version: int, offset: int) -> None:
    with pytest.raises(OverflowError):
        pack_order(version, offset)


@given(versions, offsets, st.integers(0, 0xFFFF), st.integers(0, 2**31), contributions)
def test_a_cell_comes_back_as_it_was(
    version: int, offset: int, partition: int, at: int, contribution: Contribution
) -> None:
    standing = Standing(digest("x:1"), version, offset, partition, at, at, True, {})
    packed = pack_cell(standing, contribution)
    assert unpack_cell(packed) == Cell(version, offset, partition, at % 3_600 // 10, contribution)


def test_a_cell_that_was_taken_back_is_just_its_order() -> None:
    assert unpack_cell(pack_order(7, 9)) == Cell(7, 9)


@given(st.binary(max_size=70_000))
def test_bytes_become_a_string_that_redis_reads(data: bytes) -> None:
    packed = msgspec.msgpack.encode((raw(data), 1))
    assert packed == b"\x92" + bytes(raw(data)) + b"\x01"
    assert bytes(raw(data)).endswith(data)


def test_each_dimension_is_named_once() -> None:
    shape = ("x", "repost", "", ("state-media", "officials"), ("denied",))
    assert dimensions(shape) == (
        "all",
        "platform:x",
        "kind:repost",
        "lang:und",
        "group:state-media",
        "group:officials",
        "claim:denied",
        "claim_group:denied/state-media",
        "claim_group:denied/officials",
    )


def test_a_post_is_eight_bytes_whatever_its_key() -> None:
    assert len(digest("x:1")) == 8
    assert digest("x:1") != digest("x:2")
    assert len(digest("https://example.org/" + "ö" * 500)) == 8
