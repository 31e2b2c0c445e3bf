"""Event and list files: read with care, errors at their place, revisions that hash what decides a match."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.lemmas import inflect
from streams.matching import EventFileError, Matcher
from streams.matching.events.tracked import EventDraft, content_digest, load_event, parse_list, seal
from tests.unit.matching.records import APPLIED, post

WHOLE = """\
id: kursk
title: "The offer: Kursk"
since: 2025-03-13T00:00:00Z
parts:
  place: |
    kursk OR sudzha
match: |
  part:place    # a comment of the rule
  list:press
claims:
  no: |
    fake
  1: |
    true
groups:
  press: |
    list:press
alerts:
  - {name: surge, when: burst >= 4}
  - {name: long, when: "count > 5 # five", window: 1h, for: 10m, cooldown: 3h}
notify: [newsroom]
"""
LISTS = {"press": ("x/nasa",), "unused": ("x/other",)}
HEAD = "id: a\ntitle: t\n"


def _load(text: str) -> EventDraft:
    return load_event(text, "a.yaml", LISTS, inflect)


def test_a_whole_file_is_read_as_written() -> None:
    draft = _load(WHOLE)
    assert (draft.id, draft.title, draft.since) == ("kursk", "The offer: Kursk", datetime(2025, 3, 13, tzinfo=UTC))
    assert draft.match == "part:place    # a comment of the rule\nlist:press"
    assert draft.claims == {"no": "fake", "1": "true"}
    assert draft.lists == {"press": ("x/nasa",)}
    assert [(alert.name, alert.window, alert.for_) for alert in draft.alerts] == [
        ("surge", "5m", None),
        ("long", "1h", "10m"),
    ]
    assert draft.notify == ("newsroom",)


def test_a_sealed_event_matches() -> None:
    (hit,) = Matcher([seal(_load(WHOLE), APPLIED)]).match(post("fake news of Sudzha", handle="nasa"))
    assert (hit.claims, hit.groups) == (("no",), ("press",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: found an empty file"),
        ("- a", "1:1: found a list, expected a tracked event"),
        ("a: [", "1:5: while parsing a flow node"),
        ("a: 1\n---\nb: 2", "2:1: found a second document, expected one event a file; split it at ---"),
        ("[" * 10_000, "1:1: found values nested too deep"),
        ("a\0", "1:2: found the character U+0000, which YAML forbids"),
        ("id: a\n", "1:1: found no key 'title'"),
        (HEAD + "match: kursk OR #putin\n", "3:8: found a rule on the line of its key"),
        (HEAD + "match: 'kursk'\n", "3:8: found a rule in quotes"),
        (HEAD + "match: >\n  kursk\n", "3:8: found a rule after '>'"),
        (HEAD + "match: [kursk]\n", "3:8: found a list, expected a rule"),
        (HEAD + "match: |\n", "4:1: match: the rule is empty"),
        (HEAD + "match: |\n  kursk OR\n   foo:bar\n", "5:4: match: found the unknown operator 'foo:'"),
        (HEAD + "match: |\n  a\nclaims:\n  no: |\n    b\n    c or d\n", "8:7: claims.no: found 'or'"),
        (HEAD + "match: |\n  a\nmatch: |\n  b\n", "5:1: found the key 'match' a second time"),
        (HEAD + "match: |\n  a\nparts:\n  no: |\n    a\n  no: |\n    b\n", "8:3: found the key 'no' a second time"),
        (HEAD + "matches: |\n  a\n", "3:1: found the unknown key 'matches'"),
        (HEAD + "match: |\n  a\nparts:\n  A b: |\n    a\n", "6:3: found the name 'A b' in parts"),
        (HEAD + "match: |\n  a\nparts: a\n", "5:8: found 'a', expected parts by name"),
        (HEAD + "match: |\n  a\ngroups:\n  other: |\n    a\n", "6:3: found a group named 'other'"),
        (HEAD + "match: |\n  a\nsince: yesterday\n", "5:8: found 'yesterday', expected an instant"),
        (
            HEAD + "match: |\n  a\nsince: 2025-03-13\n",
            "5:8: found '2025-03-13' without a zone, expected one; write 2025-03-",
        ),
        (HEAD + "match:\nclaims: {}\n", "3:7: found no rule, expected one; write '|' here"),
        (HEAD + "match: |\n  a\nclaims:\nno: |\n  b\n  yes: |\n    c\n", "6:1: found the unknown key 'no'"),
        (HEAD + "match: |\n  a\nclaims:\n  - no: |\n      b\n", "6:3: found a list, expected claims by name"),
        (
            HEAD + "match: |\n  a\nclaims:\nno: |\n    b\n  yes: |\n    c\n",
            "8:3: found a key indented deeper than the ones",
        ),
        (
            HEAD + "match: |\n  a\nclaim: {}\n",
            "5:1: found the unknown key 'claim', expected one of alerts, claims, groups",
        ),
        (
            HEAD + "match: |\n  a\nclaims:\n  Not So: |\n    b\n",
            "6:3: found the name 'Not So' in claims, expected lower-case letters, digits",
        ),
        (
            HEAD + "match: |\n  a\nnotify: newsroom\n",
            "5:9: found 'newsroom', expected a list of endpoint names; put it in [ ]",
        ),
        (HEAD + "match: |\n  a\nnotify: [newsroom\n", "5:9: found '[' without its ']'"),
        (HEAD + "match: |\n  a\nalerts: [{name: a, when: count > 1\n", "5:10: found '{' without its '}'"),
        (
            HEAD + "match: |\n  a\nalerts:\n  name: a\n",
            "6:3: found a mapping, expected a list of alerts; begin each with '- '",
        ),
        ("id: a\ntitle:A\nmatch: |\n  a\n", "2:1: found 'title:A', expected a key and ':'; put a space after the ':'"),
        (
            HEAD + "match: |\n  a\nclaims\nnotify: [a]\n",
            "5:1: found 'claims', expected a key and ':'; indent the rule under its key by two",
        ),
        (
            HEAD + "match: |\n\u00a0\u00a0a\nnotify: [a]\n",
            "4:1: found 'a', expected a key and ':'; indent with plain spaces, not U+00A0",
        ),
        (HEAD + "match: |\n  list:pres\n", "4:3: match: found the unknown list 'pres'; did you mean press?"),
        (HEAD + "match: |\n  a\nalerts:\n  - {when: burst >= 4}\n", "6:5: found an alert without 'name'"),
        (
            HEAD + "match: |\n  a\nalerts:\n  - {name: x, when: a, window: 7m}\n",
            "6:32: found '7m', expected 1m, 5m, 1h or 24h",
        ),
        (
            HEAD + "match: |\n  a\nalerts:\n  - {name: x, when: a, for: soon}\n",
            "6:29: found 'soon', expected a duration",
        ),
        (HEAD + "match: |\n  a\nnotify: newsroom\n", "5:9: found 'newsroom', expected a list"),
        ("id: A\ntitle: t\nmatch: |\n  a\n", "1:5: found 'A' as an event's id"),
        (HEAD + "match: |\n\tkursk\n", "4:1: found a tab, expected spaces; indent with spaces"),
        ("id: a\ntitle: A: B\n", "2:9: found ': ' in a value, put the value in quotes"),
        ("id: a\ntitle: t\n  match: |\n    a\n", "3:8: found a key indented deeper than the one before it"),
        ("id: a\ntitle: @x\n", "2:8: found '@', with which no value can begin; put the value in quotes"),
        (
            HEAD + "match: |\nkursk OR b\nclaims:\n  a: |\n    b\n",
            "4:1: found 'kursk OR b', expected a key and ':'; indent",
        ),
        (
            HEAD + "match: |\nkursk\n",
            "4:1: found 'kursk', expected a key and ':'; indent the rule under its key by two",
        ),
        (HEAD + "match |\n  kursk\n", "3:1: found 'match |', expected a key and ':'; write ':' after the key"),
        (HEAD + "match:\n  a OR b\n", "3:1: found a rule without '|' after its key, expected match: | and the rule on"),
        (
            HEAD + "match: |\n  a\nclaims:\n  no:\n    'a'\n",
            "6:3: found a rule without '|' after its key, expected no: |",
        ),
        (HEAD + 'match:\n  "a b" OR c\n', "4:9: found text where a key was expected"),
        ('id: a\ntitle: "abc\nmatch: |\n  a\n', '2:8: found the quote " that is never closed'),
        (
            "id: a\ntitle: A #1\nmatch: |\n  a\n",
            "2:8: found a title that YAML cuts off at ' #'; put the value in quotes",
        ),
        ("id: a\ntitle: #1\nmatch: |\n  a\n", "2:7: found a title that YAML cuts off"),
        (HEAD + "match: |\n  a\nalerts:\n  - name: x\n    when: a # 5\n", "7:11: found a condition that YAML cuts"),
        (' {"platform":"x"}\n{"platform":"x"}\n', "1:2: found '{', expected YAML; this looks like NDJSON; tocsin"),
        ("id: a\ntitle: [t]\nmatch: |\n  a\n", "2:8: found a list, expected a title"),
        (
            'id: a\ntitle: "\\ud800"\nmatch: |\n  a\n',
            "2:8: found \\ud800, half a character, expected a whole one; write",
        ),
        ('id: "a\\udfff"\ntitle: t\nmatch: |\n  a\n', "1:5: found \\udfff, half a character"),
        (HEAD + 'match: |\n  a\n"\\ud83d\\udc4d": 1\n', "5:1: found \\ud83d, half a character"),
        (HEAD + 'match: |\n  a\nalerts:\n  - {name: x, when: "\\ud800"}\n', "6:21: found \\ud800, half a character"),
        (HEAD + 'match: |\n  a\nparts:\n  "\\ud800": |\n    a\n', "6:3: found \\ud800, half a character"),
        (HEAD + 'match: |\n  a\nnotify: ["\\ud800"]\n', "5:10: found \\ud800, half a character"),
        (HEAD + "match: |\n  a\ud800\n", "4:4: found the character U+D800, which YAML forbids"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(EventFileError) as caught:
        _load(text)
    assert str(caught.value).startswith(f"a.yaml:{said}")
    assert "\n" not in str(caught.value)


def test_a_list_without_any_list_folder_says_so() -> None:
    with pytest.raises(EventFileError) as caught:
        load_event(HEAD + "match: |\n  list:nowhere\n", "a.yaml", {}, inflect)
    assert str(caught.value).startswith(
        "a.yaml:4:3: match: found the unknown list 'nowhere', and no list folder was found"
    )


def test_a_comment_after_a_value_that_cannot_hold_one_is_a_comment() -> None:
    assert _load("id: a   # the label\ntitle: 't'  # shown\nmatch: |\n  a\n").id == "a"


def test_the_revision_names_content_and_application() -> None:
    sealed = seal(_load(WHOLE), APPLIED)
    assert sealed.revision == seal(_load(WHOLE), APPLIED).revision
    assert sealed.revision != seal(_load(WHOLE), APPLIED + timedelta(seconds=1)).revision


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("kursk OR sudzha", "kursk", True),
        ("    fake", "    hoax", True),
        ("2025-03-13", "2025-03-12", True),
        ("  no: |", "  nope: |", True),
        ("The offer", "An offer", False),
        ("burst >= 4", "burst >= 5", False),
        ("newsroom", "desk", False),
        ("2025-03-13T00:00:00Z", "2025-03-13T02:00:00+02:00", False),
    ],
)
def test_the_digest_changes_with_what_decides_a_match(old: str, new: str, changes: bool) -> None:
    before, after = seal(_load(WHOLE), APPLIED), seal(_load(WHOLE.replace(old, new)), APPLIED)
    assert (content_digest(before) != content_digest(after)) is changes
    assert (before.revision != after.revision) is changes


def test_lists_that_no_rule_names_change_nothing() -> None:
    other = load_event(WHOLE, "a.yaml", {"press": ("x/nasa",), "unused": ("x/changed",)}, inflect)
    assert content_digest(seal(other, APPLIED)) == content_digest(seal(_load(WHOLE), APPLIED))


def test_a_list_file() -> None:
    text = "# Press\nx/nasa   # an agency\n\nkremlin.ru\n  telegram/@tass\n"
    assert parse_list(text, "press.txt") == ("x/nasa", "kremlin.ru", "telegram/@tass")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x/nasa\n  nasa\n", "press.txt:2:3: found 'nasa', expected PLATFORM/HANDLE"),
        ("x/nasa\nx/nasa\n", "press.txt:2:1: found 'x/nasa' a second time"),
        ("https://kremlin.ru/\n", "press.txt:1:1: found 'https://kremlin.ru/', expected"),
    ],
)
def test_a_mistake_in_a_list_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(EventFileError) as caught:
        parse_list(text, "press.txt")
    assert str(caught.value).startswith(said)


_LINES = [
    "id: a",
    "title: t",
    "match: |",
    "  kursk",
    "claims:",
    "  no: |",
    "    b or c",
    "- x",
    "  - {",
    "&a",
    "*a",
    "!!int 3",
    "\t",
    "}",
    "alerts: [{name: a, when: b}]",
    'title: "\\ud800"',
    'alerts: [{name: a, when: "\\udc00"}]',
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(_LINES) | st.text(max_size=8)).map("\n".join)))
def test_no_text_raises_anything_but_an_event_file_error(text: str) -> None:
    for read in (_load, lambda text: parse_list(text, "press.txt")):
        problem = _error(read, text)
        assert problem is None or ("\n" not in str(problem) and problem.line >= 1 and problem.column >= 1)


def _error(read: Callable[[str], object], text: str) -> EventFileError | None:
    try:
        read(text)
    except EventFileError as problem:
        return problem
    return None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("match: |\n  a\nclaim: {}\n", "; did you mean claims?"),
        ("match: |\n  a\nclaims:\n  Not So: |\n    b\n", "; write not-so"),
        ("match: |\n  a\nclaims:\n  Überflutet: |\n    b\n", "; write uberflutet"),
        ("match: |\n  a\nclaims:\n  да: |\n    b\n", "at most 64"),
        ("match: |\n  a\nclaims\nnotify: [a]\n", "by two spaces, or write ':' after it if it is a key"),
    ],
)
def test_a_mistake_that_can_be_guessed_is_told_its_cure(text: str, said: str) -> None:
    with pytest.raises(EventFileError) as caught:
        _load(HEAD + text)
    assert str(caught.value).endswith(said)
