"""Conditions: what they mean, what is refused and where, and that their normal form is the same condition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import AlertRule
from streams.alerts.conditions import Values, compile_alerts, doubts, holds, needs_posts, normal, parse, quantities
from streams.alerts.conditions.syntax import (
    And,
    Arithmetic,
    Comparison,
    Condition,
    Dimension,
    Node,
    Not,
    Number,
    Or,
    Quantity,
)
from streams.matching import EventDraft, RuleError


def values(condition: str, **found: float | None) -> Values:
    """Values by the function's name; of several with one name all get the same. Missing: 0."""
    return {each: found.get(each.function, 0.0) for each in quantities(parse(condition))}


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("burst>=4", "burst >= 4"),
        ("((silence))", "silence"),
        ("not not silence", "silence"),
        ("not count > 3 and silence or burst > 1", "not count > 3 and silence or burst > 1"),
        ("not (count > 3 and (silence or burst > 1))", "not (count > 3 and (silence or burst > 1))"),
        ("count + 2 * rate - 1 > (count - 2) * 3 / 4", "count + 2 * rate - 1 > (count - 2) * 3 / 4"),
        ("count - (2 - 1) > 0.50", "count - (2 - 1) > 0.5"),
        ("-count < -3", "0 - count < 0 - 3"),
        ("count(claim:a by group:b) == 1", "count(claim:a by group:b) == 1"),
        ("share(lang:EN) > share(kind:Post)", "share(lang:en) > share(kind:post)"),
        ("distinct( texts ) < 2 and\n first_seen( platform:x )", "distinct(texts) < 2 and first_seen(platform:x)"),
    ],
)  # fmt: skip
def test_the_normal_form(written: str, understood: str) -> None:
    assert normal(parse(written)) == understood
    assert parse(understood) == parse(written)


@pytest.mark.parametrize(
    ("condition", "column", "says"),
    [
        ("", 1, "the condition is empty, expected one such as count >= 50"),
        ("count", 1, "found a number, expected what is true or false; compare it, as in count >= 50"),
        ("count >", 8, "found the end of the condition after '>', expected a function or a number"),
        ("count > 3 or", 13, "found the end of the condition after 'or', expected a function or a number"),
        ("> 3", 1, "found '>', expected a function or a number, such as count >= 50"),
        ("Count > 3", 1, "found 'Count', expected small letters; write count"),
        ("cuont > 3", 1, "found the unknown function 'cuont', expected one of count, rate, share, distinct, burst, "
                         "first_seen, silence; did you mean count?"),
        ("posts > 3", 1, "found the unknown function 'posts', expected one of count, rate, share, distinct, burst, "
                         "first_seen, silence; write count"),
        ("count > 3 AND rate > 2", 11, "found 'AND', expected an operator in small letters; write and"),
        ("count > 3 rate > 2", 11, "found 'rate', expected and, or, a comparison or the end of the condition"),
        ("count > 3 && rate > 2", 11, "found '&&', expected an operator of conditions; write and"),
        ("count > 50%", 9, "found '50%', expected a number such as 50 or 0.5; write 0.5"),
        ("count > 10m", 9, "found '10m', expected a number such as 50 or 0.5; times stand in the alert's window:, for: "
                           "and cooldown:"),
        ("count > 1,000", 10, "found ',' after a number, expected an operator; write 1000, not 1,000"),
        ("count > 1,000,000", 10, "found ',' after a number, expected an operator; write 1000000, not 1,000,000"),
        ("share(claim:a) > 0,4", 19, "found ',' after a number, expected an operator; write 0.4, not 0,4"),
        ("share(claim:a) > 0,125", 19, "found ',' after a number, expected an operator; write 0.125, not 0,125"),
        ("rate > 2,5 and count > 3", 9, "found ',' after a number, expected an operator; write 2.5, not 2,5"),
        ("count > 3, rate > 2", 10, "found ',' after a number, expected an operator; leave it out"),
        ("share(denied) > 0.4", 7, "found 'denied' in share(), expected claim:NAME, group:NAME, platform:NAME, "
                                   "kind:NAME or lang:NAME"),
        ("count > .5", 9, "found '.', expected a number to begin with a digit; write 0.5"),
        ("count > 1234567890123456", 9, "found a number of 16 digits, expected at most 15"),
        ("count = 3", 7, "found '=', expected an operator of conditions; write =="),
        ("count => 3", 7, "found '=>', expected an operator of conditions; write >="),
        ("count ≥ 3", 7, "found '≥', expected an operator of conditions; write >="),
        ("count – 3 > 2", 7, "found the dash '–', expected a minus sign; write -"),
        ('count > "3"', 9, 'found the quotation mark ", expected none; names stand as they are, claim:NAME'),
        ("count > €", 9, "found '€', expected a function, a number or an operator; leave it out"),
        ("1 > 0", 1, "found a condition without a function, expected one of count, rate, share, distinct, burst, "
                     "first_seen, silence"),
        ("1 < count < 3", 11, "found a second comparison, '<', expected one; write the two with and between them, "
                              "1 < count and count < 9"),
        ("silence > 3", 1, "found silence, which is true or false, expected a number; it stands by itself, or after "
                           "not"),
        ("(count > 3) + 1 > 2", 1, "found a comparison, which is true or false, expected a number; it stands by "
                                   "itself, or after not"),
        ("not count", 5, "found a number, expected what is true or false; compare it, as in count >= 50"),
        ("count / 0 > 1", 9, "found a division by 0, expected another number"),
        ("(count > 3", 1, "found '(' that is never closed, expected ')'; add it"),
        ("count > 3)", 10, "found ')' without a '(' before it, expected an operator; remove it or add the '('"),
        ("share > 0.5", 1, "found 'share' without what it is of; write share(claim:NAME)"),
        ("burst(claim:a) > 1", 6, "found '(' after burst, which is of the whole event; leave the parentheses out"),
        ("count() > 3", 7, "found nothing in count(), expected claim:NAME, group:NAME, platform:NAME, kind:NAME or "
                           "lang:NAME; write count"),
        ("count(claims:a) > 1", 7, "found the unknown dimension 'claims:', expected one of claim, group, platform, "
                                   "kind, lang; write claim"),
        ("count(claim: a) > 1", 7, "found 'claim:' without a name, expected one right after the colon"),
        ("count(kind:posts) > 1", 7, "found 'kind:posts', expected one of post, repost, reply, quote, article, "
                                     "press_release, transcript; did you mean post?"),
        ("count(lang:english!) > 1", 19, "found '!', expected an operator of conditions; write not"),
        ("count(group:a by claim:b) > 1", 15, "found 'group:a' by 'claim:b', expected a claim by a group; write "
                                              "claim:NAME by group:NAME"),
        ("distinct(author) > 3", 10, "found 'author', expected authors or texts, which distinct() counts; "
                                     "did you mean authors?"),
        ("claim:a > 3", 1, "found 'claim:a' by itself, expected a function of it; write count(claim:a)"),
        ("(" * 31 + "silence" + ")" * 31, 31, "found a condition nested deeper than 30, expected less; split it into "
                                              "alerts"),
    ],
)  # fmt: skip
def test_what_is_refused(condition: str, column: int, says: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse(condition)
    assert (caught.value.column, caught.value.problem) == (column, says)


def test_a_line_is_named_where_there_are_several() -> None:
    with pytest.raises(RuleError, match="line 2, column 4"):
        parse("count > 3\nor OR silence")


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("count(claim:denyed) > 1", "alerts.a: column 7: found the unknown claim 'denyed', expected one of the event; "
                                    "did you mean denied?"),
        ("count(claim:x) > 1", "alerts.a: column 7: found the unknown claim 'x', expected one of the event; "
                               "known: both-ways, denied"),
        ("count > 1 and share(group:official) > 1", "alerts.a: column 21: found the unknown group 'official', "
                                                    "expected one of the event; did you mean officials?"),
        ("share(denied) > 0.4", "alerts.a: column 7: found 'denied' in share(), expected claim:NAME, group:NAME, "
                                "platform:NAME, kind:NAME or lang:NAME; write share(claim:denied)"),
        ("count(officials) > 1", "alerts.a: column 7: found 'officials' in count(), expected claim:NAME, group:NAME, "
                                 "platform:NAME, kind:NAME or lang:NAME; write count(group:officials)"),
        ("rate(denyed) > 2", "alerts.a: column 6: found 'denyed' in rate(), expected claim:NAME, group:NAME, "
                             "platform:NAME, kind:NAME or lang:NAME; write rate(claim:denied)"),
        ("count(both-ways) > 1", "alerts.a: column 7: found 'both-ways' in count(), expected claim:NAME, group:NAME, "
                                 "platform:NAME, kind:NAME or lang:NAME; write count(claim:both-ways) or "
                                 "count(group:both-ways)"),
        ("count(telegram) > 1", "alerts.a: column 7: found 'telegram' in count(), expected claim:NAME, group:NAME, "
                                "platform:NAME, kind:NAME or lang:NAME"),
        ("count(claim:denied by group:nobody) > 1", "alerts.a: column 23: found the unknown group 'nobody', "
                                                    "expected one of the event; known: both-ways, officials, "
                                                    "other"),
    ],
)  # fmt: skip
def test_a_condition_on_what_the_event_lacks_is_refused(condition: str, says: str) -> None:
    event = EventDraft(
        "e",
        "E",
        "x",
        claims={"denied": "no", "both-ways": "z"},
        groups={"officials": "y", "both-ways": "z"},
        alerts=(AlertRule("a", condition),),
    )
    with pytest.raises(RuleError) as caught:
        compile_alerts(event)
    assert str(caught.value) == says


@pytest.mark.parametrize(
    ("condition", "window", "says"),
    [
        ("count >= 0", "5m", "'count >= 0' is always true: count is 0 or more; compare with another number"),
        ("count > 0 and rate < 0", "5m", "'rate < 0' is never true: rate is 0 or more; compare with another number"),
        ("count + 1 != 0", "5m", "'count + 1 != 0' is always true: count is 0 or more; compare with another number"),
        ("not count > 0 - 1", "5m", "'count > 0 - 1' is always true, whatever is posted; compare with other numbers"),
        ("share(group:other) > 1", "1h", "'share(group:other) > 1' is never true: share(group:other) is 0 to 1; "
                                         "compare with a number between"),
        ("40 <= share(group:other)", "1h", "'40 <= share(group:other)' is never true: share(group:other) is 0 to 1; "
                                           "write 0.4 for 40 %"),
        ("share(group:other) == 50", "1h", "'share(group:other) == 50' is never true: share(group:other) is 0 to 1; "
                                           "write 0.5 for 50 %"),
        ("burst >= 4", "1h", "window: 1h says nothing here: burst has its own hour; leave window: out"),
        ("burst >= 4", "5m", ""),
        ("burst >= 4 and count > 3", "1h", ""),
        ("share(group:other) * 100 > 40", "1h", ""),
        ("share(group:other) / 2 >= 0.5", "1h", ""),
        ("share(group:other) >= 1 or count == 0 or silence", "1h", ""),
        ("count > count(group:other) and rate - 1 > 0 and 2 / rate < 1", "1h", ""),
    ],
)  # fmt: skip
def test_what_posts_do_not_decide_is_warned_about(condition: str, window: Any, says: str) -> None:
    event = EventDraft("e", "E", "x", alerts=(AlertRule("a", condition, window),))
    assert doubts(event) == ([f"alerts.a: {says}"] if says else [])


def test_a_group_that_every_event_has_is_known() -> None:
    event = EventDraft("e", "E", "x", alerts=(AlertRule("a", "count(group:other) > 1", for_="10m", cooldown="2h"),))
    (alert,) = compile_alerts(event)
    assert (alert.window, alert.must_hold, alert.cooldown) == (300, 600, 7_200)


@pytest.mark.parametrize(
    ("condition", "found", "comes_to"),
    [
        ("count >= 5", {"count": 5}, True),
        ("count > 5", {"count": 5}, False),
        ("count == 5 and count != 4", {"count": 5}, True),
        ("1 - 2 - 3 == 0 - 4 and count == 0", {}, True),
        ("2 + 3 * 4 == 14 and 12 / 3 / 2 == 2 and count == 0", {}, True),
        ("count / count(claim:a) == 0", {"count": 0}, True),
        ("silence", {"silence": 1}, True),
        ("not silence", {"silence": 1}, False),
        ("share(claim:a) > 0.5", {"share": None}, None),
        ("not share(claim:a) > 0.5", {"share": None}, None),
        ("share(claim:a) + 1 > 0", {"share": None}, None),
        ("share(claim:a) > 0.5 and count >= 5", {"share": None, "count": 4}, False),
        ("share(claim:a) > 0.5 and count >= 5", {"share": None, "count": 5}, None),
        ("share(claim:a) > 0.5 or count >= 5", {"share": None, "count": 5}, True),
        ("share(claim:a) > 0.5 or count >= 5", {"share": None, "count": 4}, None),
    ],
)
def test_what_conditions_come_to(condition: str, found: dict[str, float | None], comes_to: bool | None) -> None:
    assert holds(parse(condition), values(condition, **found)) is comes_to


@pytest.mark.parametrize(
    ("condition", "found", "leaning"),
    [
        ("count >= 50", {"count": 46}, True),
        ("count >= 50", {"count": 44}, False),
        ("count < 50", {"count": 54}, True),
        ("count < 50", {"count": 56}, False),
        ("not count >= 50", {"count": 54}, True),
        ("not count >= 50", {"count": 56}, False),
        ("count > 0", {"count": 0}, False),
        ("rate > 3 or silence", {"rate": 2.8}, True),
    ],
)
def test_what_leans_is_true_until_it_has_clearly_ended(condition: str, found: dict[str, float], leaning: bool) -> None:
    assert holds(parse(condition), values(condition, **found), lean=1) is leaning


@pytest.mark.parametrize(
    ("condition", "needs"),
    [
        ("count >= 5 and (burst > 4 or distinct(authors) > 3)", True),
        ("first_seen(claim:a) and 3 < count * 2 + count(claim:a)", True),
        ("count - 1 > 2", True),
        ("1 - count > 0", False),
        ("count < 5", False),
        ("count == 5", False),
        ("count > count(claim:a)", False),
        ("not count >= 5", False),
        ("rate > 3", False),
        ("share(claim:a) > 0.5", False),
        ("silence", False),
    ],
)
def test_what_only_a_new_post_can_make_true(condition: str, needs: bool) -> None:
    assert needs_posts(parse(condition)) is needs


def test_as_things_stand_more_conditions_need_posts() -> None:
    condition = "rate > 3 and count >= 50"
    assert not needs_posts(parse(condition))
    assert needs_posts(parse(condition), values(condition, count=49))
    assert not needs_posts(parse(condition), values(condition, count=50))


NAMES = ["a", "encirclement-denied", "b_1", "9"]
_names = st.sampled_from(NAMES)
_dimensions = st.one_of(
    st.builds(Dimension, st.sampled_from(["claim", "group", "platform"]), _names),
    st.builds(Dimension, st.just("claim"), _names, _names),
    st.just(Dimension("kind", "repost")),
    st.just(Dimension("lang", "uk")),
)
_amounts: st.SearchStrategy[Node] = st.recursive(
    st.one_of(
        st.builds(Number, st.floats(0, 1e9).map(lambda n: round(n, 4))),
        st.builds(Quantity, st.sampled_from(["count", "rate", "burst"])),
        st.builds(Quantity, st.sampled_from(["count", "rate", "share"]), _dimensions),
        st.builds(Quantity, st.just("distinct"), st.sampled_from(["authors", "texts"])),
    ),
    lambda below: st.builds(Arithmetic, st.sampled_from("+-*/"), below, below).filter(
        lambda node: node.operator != "/" or node.right != Number(0)
    ),
    max_leaves=6,
)


def _several(kind: type[And] | type[Or], children: list[Condition]) -> Condition:
    flat = [each for child in children for each in (child.children if isinstance(child, kind) else (child,))]
    return kind(tuple(flat))


_conditions: st.SearchStrategy[Condition] = st.recursive(
    st.one_of(
        st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _amounts, _amounts).filter(
            quantities
        ),
        st.just(Quantity("silence")),
        st.builds(Quantity, st.just("first_seen"), _dimensions),
    ),
    lambda below: st.one_of(
        below.map(lambda child: child.child if isinstance(child, Not) else Not(child)),
        st.builds(_several, st.sampled_from([And, Or]), st.lists(below, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


@given(_conditions)
def test_every_condition_is_its_normal_form(condition: Condition) -> None:
    assert parse(normal(condition)) == condition


@given(st.text("count(laim:) >=<!0.5andort_-+*/,\"'–\n ", max_size=40))
def test_whatever_is_written_is_a_condition_or_refused_at_a_place(text: str) -> None:
    try:
        parse(text)
    except RuleError as refused:
        problem = refused
    else:
        return
    lines = text.split("\n")
    assert 1 <= problem.line <= len(lines)
    assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@given(
    st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _amounts, _amounts).filter(quantities),
    st.data(),
)
def test_what_is_said_to_be_always_or_never_true_is(comparison: Comparison, data: st.DataObject) -> None:
    named = dict.fromkeys(NAMES, "y")
    event = EventDraft("e", "E", "x", claims=named, groups=named, alerts=(AlertRule("a", normal(comparison)),))
    found = {each: data.draw(st.floats(0, 1 if each.function == "share" else 1e9)) for each in quantities(comparison)}
    for said in doubts(event):
        assert holds(comparison, found) is ("' is always true" in said)
