"""Nearness and moved phrases over token positions: equal to trying every choice, and quick on texts made to be slow."""

import time
from collections.abc import Callable
from itertools import product
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.matching.engine import near
from streams.matching.engine.near import Place, is_moved, is_near, moved, stretches
from tests.unit.matching import reference

#: Tokens of a text of 100,000 characters, if each is one letter.
LONG = 50_000
#: Four times as many as the profile says.
_EXAMPLES = 4 * settings().max_examples


def positions(tokens: str) -> dict[str, list[int]]:
    """Where each letter stands."""
    return {word: [at for at, token in enumerate(tokens) if token == word] for word in "abcdefgz"}


def every_move(distance: int, phrase: str, tokens: str) -> set[Place]:
    """All stretches in which the reference finds the phrase."""
    at = positions(tokens)
    choices = product(*([(0, each, each) for each in at[word]] for word in phrase))
    return {stretch[1:] for choice in choices if (stretch := reference.moved(distance, choice))}


def every_stretch(distance: int, arguments: list[list[Place]], ordered: bool) -> list[Place]:
    """The shortest stretches that the reference finds, in order."""
    choices = product(*([(0, *place) for place in places] for places in arguments))
    found = {stretch for choice in choices if (stretch := reference.together(distance, choice, ordered))}
    shortest = {each for each in found if not any(reference.inside(other, each) for other in found - {each})}
    return sorted(stretch[1:] for stretch in shortest)


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.integers(0, 8), st.text("abz", min_size=2, max_size=5), st.text("aabbz", max_size=12))
def test_moved_agrees_with_trying_every_choice(distance: int, phrase: str, tokens: str) -> None:
    at = positions(tokens)
    every = every_move(distance, phrase, tokens)
    found = moved(distance, phrase, at)
    assert is_moved(distance, phrase, at) == bool(found) == bool(every)
    assert set(found) <= every
    assert found == sorted(found)
    assert not [one for one in found for other in found if one != other and one[0] <= other[0] and other[1] <= one[1]]


@settings(max_examples=_EXAMPLES, deadline=None)
@given(st.integers(0, 6), st.text("ab", min_size=6, max_size=20), st.text("aaabbbz", max_size=60))
def test_long_phrases_are_moved_as_one_word_after_the_other_is_placed(distance: int, phrase: str, tokens: str) -> None:
    """Too many choices to try: the earliest places from each least shift decide."""
    at = positions(tokens)
    possible = False
    for least in range(-len(phrase), len(tokens)):
        free = {word: list(at[word]) for word in set(phrase)}
        for place, word in enumerate(phrase):
            left = [each for each in free[word] if each >= least + place]
            if not left or left[0] > least + place + distance:
                break
            free[word] = left[1:]
        else:
            possible = True
    assert is_moved(distance, phrase, at) == bool(moved(distance, phrase, at)) == possible


def test_the_first_ten_stretches_of_a_moved_phrase() -> None:
    assert moved(0, "ab", positions("abz" * 20)) == [(at, at + 1) for at in range(0, 30, 3)]


_one_length = st.integers(1, 3).flatmap(
    lambda length: st.lists(st.integers(0, 14), max_size=5, unique=True).map(
        lambda starts: [(start, start + length - 1) for start in starts]
    )
)
_any_lengths = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 4)), max_size=5).map(
    lambda found: [(start, start + more) for start, more in found]
)
_few = st.lists(_one_length, min_size=2, max_size=4) | st.lists(_any_lengths, min_size=2, max_size=4)
#: Some arguments a second time, as `near(3, a, b, a)` has them.
_arguments = st.tuples(_few, st.integers(0, 2)).map(lambda found: [*found[0], *found[0][: found[1]]][:5])


#: As for a post, as for a long text, as for one that is read in many pieces.
_WAYS = st.sampled_from([(1_000, 8), (0, 8), (0, 2)])


@settings(max_examples=3 * _EXAMPLES, deadline=None)
@given(_WAYS, st.integers(0, 7), _arguments, st.booleans())
def test_stretches_agree_with_trying_every_choice(
    way: tuple[int, int], distance: int, arguments: list[list[Place]], ordered: bool
) -> None:
    every = every_stretch(distance, arguments, ordered)
    with mock.patch.object(near, "_FEW", way[0]), mock.patch.object(near, "_WIDTHS", way[1]):
        assert stretches(distance, arguments, ordered=ordered) == every
        assert is_near(distance, arguments, ordered=ordered) == bool(every)


@settings(max_examples=2 * _EXAMPLES, deadline=None)
@given(
    _WAYS, st.integers(0, 5), st.lists(st.sampled_from("aabcd"), min_size=2, max_size=4), st.text("abcdz", max_size=30)
)
def test_stretches_of_words_agree_too(way: tuple[int, int], distance: int, words: list[str], tokens: str) -> None:
    arguments = [[(at, at) for at in positions(tokens)[word]] for word in words]
    with mock.patch.object(near, "_FEW", way[0]), mock.patch.object(near, "_WIDTHS", way[1]):
        for ordered in (False, True):
            every = every_stretch(distance, arguments, ordered)
            assert stretches(distance, arguments, ordered=ordered) == every
            assert is_near(distance, arguments, ordered=ordered) == bool(every)


PROXIMITIES = {
    "one word": ("a" * 20, 100, "a" * LONG),
    "one too few": ("a" * 20, 0, ("a" * 19 + "z") * (LONG // 20)),
    "one of two too few": ("ab" * 10, 100, ("a" * 103 + "b" * 9) * (LONG // 112)),
    "two, too far apart": ("ab" * 10, 100, ("a" * 9 + "z" * 103 + "b" * 9) * (LONG // 121)),
    "each too far": ("abcdefg" * 2 + "abcdef", 100, "".join(letter * 121 for letter in "abcdefg") * (LONG // 847)),
    "one in its last place": ("a" * 10 + "b", 100, "a" * (LONG - 111) + "z" * 110 + "b"),
}


@pytest.mark.parametrize(("phrase", "distance", "tokens"), PROXIMITIES.values(), ids=PROXIMITIES.keys())
def test_no_phrase_is_slow_to_find(phrase: str, distance: int, tokens: str) -> None:
    at = positions(tokens)
    assert seconds(lambda: is_moved(distance, phrase, at)) < 1.0
    assert seconds(lambda: moved(distance, phrase, at)) < 1.0


def _of(words: str, tokens: str) -> list[Place]:
    return [
        (at, at + len(word) - 1)
        for word in words.split("|")
        for at in range(len(tokens))
        if tokens.startswith(word, at)
    ]


_CYCLE = "abcde" * (LONG // 5)
_RARE = ("a" + "bcde" * 27 + "f" + "bcde" * 27) * (LONG // 218)
NEARNESSES = {
    "all there": ("a b c d e f", "abcdef" * (LONG // 6)),
    "the last is absent": ("a b c d e f", _CYCLE),
    "the last is rare": ("a b c d e f", _CYCLE[:-1] + "f"),
    "two rare ones too far apart": ("a b c d e f", _RARE),
    "one word six times": ("a a a a a a", "a" * LONG),
    "one word six times, five there": ("a a a a a a", ("aaaaa" + "z" * 101) * (LONG // 106)),
    "contending": ("a|b b|c c|d d|e e|f f|a", "abcdef" * (LONG // 6)),
    "contending, two rare ones too far apart": ("a b|c c|d d|e e|b f", _RARE),
    "of two lengths": ("a|ab b|bc c|cd d|de e|ef f|fa", "abcdef" * (LONG // 6)),
    "of two lengths, two rare ones too far apart": ("a|ab b|bc c|cd d|de e|eb f|fb", _RARE),
}


@pytest.mark.parametrize(("words", "tokens"), NEARNESSES.values(), ids=NEARNESSES.keys())
def test_no_nearness_is_slow_to_see(words: str, tokens: str) -> None:
    arguments = [_of(each, tokens) for each in words.split()]
    assert seconds(lambda: is_near(100, arguments)) < 0.3
    assert seconds(lambda: is_near(100, arguments, ordered=True)) < 0.3


def seconds(run: Callable[[], object]) -> float:
    """Processor time of a call, the least of three."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


def test_the_first_stretches_are_the_first_of_all() -> None:
    arguments = [[(at, at) for at in positions("abcab" * 20)[word]] for word in "ab"]
    every = stretches(2, arguments)
    assert stretches(2, arguments, most=7) == every[:7] != every
