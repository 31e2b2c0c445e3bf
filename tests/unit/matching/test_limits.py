"""What a rule within the limits can cost: none is slow to compile, none slow on a hostile text."""

import time

import pytest

from schemas import TrackedEvent
from streams.matching import Matcher, RuleError, check_event
from tests.unit.matching.records import article, event

#: Seconds of processor time: what grows without bound takes minutes, all of these well under one second.
BLOWN_UP = 10

_DEEP = "(" * 49 + "a" + " b)" * 49
_PAIRS = " OR ".join(f"near(100, a{number}, b{number})" for number in range(120))
_NESTED = "near(100, a, " * 20 + "b" + ")" * 20
_WIDE = '(a OR b OR c OR d OR word* OR "a b")'
_DOUBLING = {f"p{number}": f"part:p{number + 1} -(part:p{number + 1} x)" for number in range(10)} | {
    "p10": "a OR b OR c"
}

HOSTILE = {
    "deep": event(_DEEP),
    "wide": event(" OR ".join(f"word{number}" for number in range(250))),
    "near": event(_PAIRS),
    "nested near": event(_NESTED),
    "near of six": event("near(100, a, b, c, d, e, zz)"),
    "near of wide": event(f"near(100, {', '.join([_WIDE] * 6)}) c"),
    "doubling parts": event("part:p0", parts=_DOUBLING),
    "unbalanced": event("(" * 4_000),
    "negations": event("-" * 4_000 + "a"),
    "quotes": event('"' * 4_001),
    "long word": event("a" * 4_096),
    "long operator": event("a" * 4_000 + ":b"),
    "long mixed word": event("aб" * 2_000),
    "combining": event("a" + "\u0301" * 4_000),
    "hashes": event("# " * 2_000 + "a"),
    "before": event("before(100, a, b, c, d, e, a)"),
    "sentence": event(f"sentence({', '.join([_WIDE] * 6)})"),
    "proximity": event('"a b a b a b a b a b a b"~100'),
    "long phrase": event(f'"{"a " * 2_000}"'),
    "long proximity": event(f'"{"a " * 2_000}"~100'),
    "ideograms": event("北" * 4_096),
    "emoji": event("👍🏽" * 2_000),
    "flags": event("🇺" * 4_000),
    "at least": event(f"atleast(120, {', '.join(f'word{number}' for number in range(249))})"),
    "weights": event(f"score(4_000, {', '.join(f'word{n}^{n % 99 + 1}' for n in range(249))})".replace("_", "")),
    "scores in scores": event("score(1, " * 45 + "a, b" + ", c)" * 45),
    "weight after weight": event("a" + "^1" * 2_000),
    "long distance": event('"a b"~' + "9" * 4_000),
    "long place": event("point_radius:[" + "1 " * 1_900 + "]"),
    "long host": event("outlet:" + "п." * 1_000 + "рф"),
}


@pytest.mark.parametrize("tracked", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_rule_blows_up_on_a_hostile_text(tracked: TrackedEvent) -> None:
    record = article("", body="a b c d e a b aб " * 300 + "aб" * 2_000 + "\u0301" * 1_000)
    started = time.process_time()
    try:
        matcher = Matcher([tracked])
    except RuleError:
        pass
    else:
        matcher.explain(record, matcher.match(record))
    assert time.process_time() - started < BLOWN_UP


def test_contending_arguments_are_explained_by_the_first_of_many_stretches() -> None:
    rule = 'near(100, ("a b" OR a), ("b a" OR b), (a OR "a b a"), (b OR "b a b"), ("a b" OR b), ("b a" OR a))'
    record = article("", body="a b " * 25_000)
    started = time.process_time()
    matcher = Matcher([event(rule)])
    (spans,) = matcher.explain(record, matcher.match(record))
    assert time.process_time() - started < BLOWN_UP
    assert {span.term for span in spans} == {"a", "b", "a b", "b a", "a b a", "b a b"}


def test_a_book_is_explained_in_one_pass() -> None:
    words = [f"word{number}" for number in range(200)]
    record = article("", body=f"{' '.join(words)} " * 500)
    started = time.process_time()
    matcher = Matcher([event(f"near(3, {words[0]}, ({' OR '.join(words[1:])}))")])
    (spans,) = matcher.explain(record, matcher.match(record))
    assert time.process_time() - started < BLOWN_UP
    assert {span.term for span in spans} == {"word0", "word1", "word199"}


@pytest.mark.parametrize(
    "rule", [each.match for each in HOSTILE.values() if not each.parts], ids=lambda rule: rule[:20]
)
def test_no_rule_is_slow_to_check_and_compile(rule: str) -> None:
    assert min(seconds_to_compile(rule) for _ in range(5)) < 0.5


def seconds_to_compile(rule: str) -> float:
    """Processor time until the rule is refused or ready; the least of a few is what others on the machine leave."""
    started = time.process_time()
    try:
        check_event(event(rule))
        Matcher([event(rule)])
    except RuleError:
        pass
    return time.process_time() - started
