"""The compiled matcher and the slow evaluator agree on random rules and records; nothing escapes but `RuleError`."""

from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from schemas import Author, Embedded, Link, TrackedEvent
from streams.matching import Matcher, RuleError, check_event
from streams.matching.language.normal import normal
from streams.matching.language.parser import parse
from streams.matching.language.rulebook import Rulebook
from streams.matching.texts import fields
from tests.unit.matching import reference, strategies
from tests.unit.matching.records import article, event, post

_LISTS = {"press": ("x/nasa", "news.example")}
_LINKS = st.sampled_from(
    [(), (Link("http://t.co/1", expanded="https://kursk.example/surrender-30"),), (Link("kursk.example/cafe"),)]
)

_QUOTES = st.none() | st.builds(
    lambda text, tags: Embedded(Author("3", "nasa"), text, hashtags=tuple(tags)),
    strategies.texts,
    st.lists(st.sampled_from(strategies.TAGS), max_size=1),
)

posts = st.builds(
    lambda text, handle, platform, lang, kind, tags, links, quoted: post(
        text, handle=handle, platform=platform, lang=lang, kind=kind, hashtags=tuple(tags), links=links, quoted=quoted
    ),
    strategies.texts,
    st.sampled_from(strategies.HANDLES),
    st.sampled_from(["x", "telegram"]),
    st.sampled_from([None, "en", "en-GB", "uk"]),
    st.sampled_from(["post", "reply"]),
    st.lists(st.sampled_from(strategies.TAGS), max_size=2),
    _LINKS,
    _QUOTES,
)
reposts = st.builds(
    lambda text, links: post(
        "RT @x: short", kind="repost", reposted=Embedded(Author("2", "other"), text, links=links, hashtags=("kursk",))
    ),
    strategies.texts,
    _LINKS,
)
articles = st.builds(
    lambda title, summary, body: article(title, summary=summary, body=body, domain="a.news.example"),
    strategies.texts,
    st.none() | strategies.texts,
    strategies.texts,
)
records = st.one_of(posts, posts, reposts, articles)


#: Four times as many as the profile says: 400, or 25,000 (100,000 pairs) with `--hypothesis-profile=thorough`.
_EXAMPLES = 4 * settings().max_examples
#: Words that the texts hold: what a rule is joined to that would be true of an empty record.
_PRESENT = "(kursk OR курск* OR cafe OR 👍 OR 30)"


@settings(max_examples=_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.rules, strategies.parts, strategies.rules, st.lists(records, min_size=4, max_size=4))
def test_compiled_and_reference_agree(rule: str, part: str, claim: str, found: list[reference.Record]) -> None:
    tracked = _event(rule, part, claim) or _event(f"{_PRESENT} ({rule})", part, claim)
    if tracked is None:
        return  # no record can match it
    book = Rulebook(tracked)
    matcher = Matcher([event("unrelated", id="other"), tracked])
    for record in found:
        hits = [hit for hit in matcher.match(record) if hit.event is tracked]
        assert bool(hits) == reference.matches(book, "match", record), (rule, record)
        for hit in hits:
            assert hit.claims == (("beta",) if reference.matches(book, "claims.beta", record) else ())
            assert hit.groups == (("gamma",) if reference.matches(book, "groups.gamma", record) else ("other",))
            texts = dict(fields.texts(record))
            for span in matcher.explain(record, [hit])[0]:
                assert 0 <= span.start <= span.end
                assert span.field not in texts or span.start < span.end <= len(texts[span.field])


def _event(rule: str, part: str, claim: str) -> TrackedEvent | None:
    tracked = event(
        rule,
        parts={"alpha": part},
        claims={"beta": claim.replace("claim:beta", "kursk")},
        groups={"gamma": "part:alpha OR from:nasa"},
        lists=_LISTS,
        forms=strategies.FORMS,
    )
    try:
        Rulebook(tracked)
    except RuleError:
        return None
    return tracked


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.rules)
@example('quoted:(sentence("①", kursk))')
def test_normal_form_parses_to_itself(rule: str) -> None:
    try:
        tree = parse(rule)
    except RuleError:
        reject()  # drawn beyond a limit, or a slip that is asked back
    assert parse(normal(tree)) == tree
    assert normal(parse(normal(tree))) == normal(tree)


_FRAGMENTS = [
    "(",
    ")",
    '"',
    "-",
    " OR ",
    "near(",
    "near(3,",
    ",",
    "*",
    "#",
    ":",
    "from:",
    "part:",
    "not",
    "3",
    " ",
    "\n",
    "кур",
    "–",
    "“",
    "~2",
    "^3",
    "=",
    "before(1,",
    "sentence(",
    "atleast(1,",
    "score(2,",
    "quoted:(",
    "lemma:",
    "$",
    "@",
    "[",
]


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=3)), max_size=60).map("".join),
    )
)
def test_no_text_raises_anything_but_a_rule_error(text: str) -> None:
    problem = _try(text)
    if problem:
        assert "\n" not in str(problem)
        assert 1 <= problem.column <= len(text) + 1


def _try(text: str) -> RuleError | None:
    try:
        tracked = event(text)
        check_event(tracked)
        Matcher([tracked]).match(post(text[:100]))
        tree = parse(text)
    except RuleError as problem:
        return problem
    assert parse(normal(tree)) == tree
    return None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_matched_and_explained(text: str) -> None:
    matcher = Matcher([event("lang:en", claims={"any": "-kursk"}), event("kursk OR café OR near(3, a, b)", id="b")])
    record = post(f"{text} kursk", lang="en")
    for hit in matcher.match(record):
        for span in matcher.explain(record, [hit])[0]:
            assert 0 <= span.start < span.end <= len(record.text)
