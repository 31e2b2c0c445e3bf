"""Copies have one fingerprint, other texts another."""

import pytest

from schemas import Embedded, Post
from streams.matching import fingerprint
from tests.unit.matching.records import article, post

ORIGINAL = "They will live, if they surrender!"


@pytest.mark.parametrize(
    "copy",
    [
        post("they will live if they surrender"),
        post("THEY WILL LIVE, IF THEY SURRENDER 🔥🔥"),
        post("@nasa They will live, if they surrender! https://t.co/AbC123"),
        post("1. They will live... if they surrender 2025"),
        post("They will live — if they «surrender» @user@server.example"),
        post("RT @nasa: They will live, if they surrender!", kind="repost"),
        post("RT @nasa: They will…", kind="repost", reposted=Embedded(post().author, ORIGINAL)),
        post(ORIGINAL, id="2", handle="other", platform="telegram"),
    ],
)
def test_copies_have_the_same(copy: Post) -> None:
    assert fingerprint(copy) == fingerprint(post(ORIGINAL))


@pytest.mark.parametrize("other", ["They will not live, if they surrender!", "Они будут жить, если сдадутся", ""])
def test_other_texts_have_others(other: str) -> None:
    assert fingerprint(post(other)) != fingerprint(post(ORIGINAL))


def test_cyrillic_copies_have_the_same() -> None:
    assert fingerprint(post("Ещё 5 сёл! 🎉 @tass")) == fingerprint(post("еще сел"))


def test_a_text_without_letters_is_nobodys_copy() -> None:
    assert fingerprint(post("🔥", id="1")) != fingerprint(post("🔥", id="2"))
    assert fingerprint(post("🔥", id="1")) == fingerprint(post("", id="1"))


def test_it_has_16_bytes_and_holds_for_articles() -> None:
    assert len(fingerprint(article("A title"))) == 16
    assert fingerprint(article("A title", body="b")) == fingerprint(
        article("a TITLE", body="b!", url="https://other.example")
    )
