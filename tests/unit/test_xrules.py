"""Our rules in X's language: whatever an event matches, one of its rules on X finds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import Post
from streams.matching import Matcher, RuleError, check_event
from streams.xrules import LONGEST, MOST, Untranslatable, rules_of
from tests.unit.matching import strategies
from tests.unit.matching.records import event
from tests.unit.matching.test_equivalence import posts, reposts

LISTS = {"press": ("x/nasa", "telegram/other", "news.example")}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("kursk surrender", "kursk surrender"),
        ("kursk OR sudzha", "kursk OR sudzha"),
        ('"laid down" (arms OR weapons)', '"laid down" (arms OR weapons)'),
        ("kursk surrender*", "kursk"),
        ("kursk -fake", "kursk"),
        ("kursk -is:retweet", "kursk -is:retweet"),
        ("kursk is:reply lang:uk", "kursk is:reply lang:uk"),
        ("kursk lang:he", "kursk lang:iw"),
        ("near(3, lay, down, arms)", "lay down arms"),
        ('"lay arms"~3', "lay arms"),
        ("atleast(2, kursk, putin, offer)", "kursk OR putin OR offer"),
        ("ёлка", "ёлка OR елка"),
        ("advanced_recycling", '"advanced_recycling"'),
        ("from:x/nasa OR from:telegram/nasa", "from:nasa"),
        ("list:press kursk", "from:nasa kursk"),
        ("#kursk @nasa $tsla", "#kursk @nasa $tsla"),
        ("platform:x kursk", "kursk"),
        ("kursk (platform:telegram OR title:putin OR sudzha)", "kursk sudzha"),
        ("kursk quoted:surrender followers_count:100", "kursk"),
    ],
)
def test_a_rule_says_on_x_what_x_can_say(rule: str, expected: str) -> None:
    (found,) = rules_of(event(rule, lists=LISTS))
    assert (found.value, found.tag) == (expected, "tocsin:event")


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("kursk* surrender*", "no rule on X"),
        ("kursk OR sudzha*", "no rule on X"),
        ("has:links -kursk lang:uk", "no rule on X"),
        ("is:reply lang:uk", "no rule on X"),
        ("from:telegram/nasa", "matches nothing on X"),
        ("title:kursk", "matches nothing on X"),
    ],
)
def test_what_x_cannot_contain_is_refused_by_name(rule: str, message: str) -> None:
    with pytest.raises(Untranslatable, match=message) as caught:
        rules_of(event(rule))
    assert "'event'" in str(caught.value)


def test_an_event_may_say_what_x_is_asked() -> None:
    (found,) = rules_of(event("kursk* surrender*", parts={"on-x": "kursk OR курск"}))
    assert found.value == "kursk OR курск"


def test_no_warning_is_given_of_the_part_that_speaks_for_x() -> None:
    parts = {"on-x": "kursk", "nobodys": "sudzha"}
    assert check_event(event("kursk* surrender", parts=parts)) == ["parts.nobodys: no rule names this part"]


def test_a_long_rule_becomes_several_short_ones() -> None:
    words = " OR ".join(f"word{number}" for number in range(200))
    found = rules_of(event(f"kursk (surrender OR offer) ({words})"), 512)
    assert 1 < len(found) <= MOST
    assert all(len(rule.value) <= 512 and rule.value.startswith("kursk (surrender OR offer) (") for rule in found)
    assert {word for rule in found for word in rule.value.replace("(", " ").replace(")", " ").split()} >= {
        f"word{number}" for number in range(200)
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(strategies.rules, st.lists(st.one_of(posts, reposts), min_size=1, max_size=8), st.sampled_from([60, LONGEST]))
def test_what_an_event_matches_one_of_its_rules_on_x_finds(rule: str, found: list[Post], longest: int) -> None:
    try:
        tracked = event(
            rule, parts={"alpha": "kursk"}, claims={"beta": "surrender"}, lists=LISTS, forms=strategies.FORMS
        )
        matcher = Matcher([tracked])
        values = [each.value for each in rules_of(tracked, longest)]
    except (RuleError, Untranslatable):
        return
    on_x = Matcher([event(value, id=f"rule-{number}") for number, value in enumerate(values)])
    for post in found:
        if post.platform == "x" and matcher.match(post):
            assert on_x.match(post), (rule, values)
