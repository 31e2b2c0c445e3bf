"""What is said of an event's rules before they are applied: warnings, reports, sentences, forms."""

import pytest

from streams.lemmas import inflect
from streams.matching import EventDraft, RuleError, check_event, expand, report_event
from streams.matching.language import logic
from streams.matching.operators import OPERATORS
from streams.matching.texts.sentences import split
from tests.unit.matching.records import article, event


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("lang:en", "true of about 50% of all records, mostly for lang:en"),
        ("has:links OR kind:post", "of all records"),
        ("kursk OR lang:en", "mostly for lang:en"),
        ("atleast(1, lang:en, kursk)", "of all records"),
    ],
)
def test_a_rule_true_of_nearly_everything_is_warned_about(rule: str, said: str) -> None:
    (warning,) = check_event(event(rule))
    assert said in warning


@pytest.mark.parametrize("rule", ["kursk", "kursk lang:en", "(kursk OR sudzha) -submarine", "near(9, a, kursk)"])
def test_a_rule_of_few_records_is_not(rule: str) -> None:
    assert check_event(event(rule)) == []


def test_bare_handles_and_unnamed_parts_are_warned_about() -> None:
    found = check_event(event("kursk", groups={"agency": "from:nasa OR from:x/esa"}, parts={"place": "sudzha"}))
    assert [each.split(":")[0] for each in found] == ["groups.agency", "parts.place"]
    assert "write from:PLATFORM/nasa" in found[0]


@pytest.mark.parametrize(
    ("group", "warned"),
    [
        ("outlet:tass.ru", True),
        ("is:article outlet:tass.ru", False),
        ("kind:press_release outlet:tass.ru", False),
        ("list:press", False),
    ],
)
def test_an_outlet_in_a_group_takes_in_who_links_there(group: str, warned: bool) -> None:
    found = check_event(event("kursk", groups={"press": group}, lists={"press": ("tass.ru",)}))
    assert [each.startswith("groups.press: outlet:tass.ru") for each in found] == [True] * warned


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("kursk ИЛИ sudzha", "match: 'ИЛИ' is looked for as a word; write OR for or"),
        ("kursk (gaza oder rafah)", "match: 'oder' is looked for as a word"),
        ("kursk \u041eR sudzha", "match: '\u041eR' is looked for as a word"),
        ('kursk "oder" sudzha', ""),
        ("kursk y sudzha", "match: 'y' is looked for as a word; write OR for or"),
        ("truce NEAR broken", "match: 'NEAR' is looked for as a word; write near(4, a, b)"),
        ("truce ADJ broken", "match: 'ADJ' is looked for as a word; write near(4, a, b)"),
        ("(truce OR peace) NEXT broken", "match: 'NEXT' is looked for as a word; write near(4, a, b)"),
        ("truce SAME broken", "write sentence(a, b)"),
        ("truce XOR broken", "write (a -b) OR (b -a)"),
        ("truce ANDNOT broken", "write - before the term"),
        ("перемирие НЕ сорвано", "write - before the term"),
        ("truce W5 broken", "match: 'W5' is looked for as a word; write near(5, a, b)"),
        ("TRUCE NEXT BROKEN", ""),
        ("truce next broken", ""),
        ("NEAR protocol", ""),
        ('truce "NEAR" broken', ""),
        ("waffenruh? kursk", "'waffenruh?' is looked for as the word waffenruh: ? stands for no letters; "
                             'write waffenruh* for its endings, "waffenruh?" if it is text'),
        ("surrend! kursk", "write surrend* for its endings"),
        ("near(2, surrend$, kursk)", "write surrend* for its endings"),
        ('"kursk?"', ""),
        ("c++ kursk", ""),
        ("wom!n kursk", "'wom!n' is looked for as the phrase \"wom n\": no sign stands for a letter"),
        ("gaza/rafah truce", "'gaza/rafah' is looked for as the phrase \"gaza rafah\"; write gaza OR rafah"),
        ("gaza+rafah truce", "write gaza rafah for the words by themselves"),
        ("km/h at&t kursk", ""),
        ('"cease OR fire"', "'OR' means nothing inside quotes: the phrase \"cease or fire\" is looked for"),
        ('"cease NEAR/3 fire"', "'NEAR/3' means nothing inside quotes"),
        ('"cease -fire"', "'-' means nothing inside quotes"),
        ('"cease|fire"', "'|' means nothing inside quotes"),
        ('"TRUE OR FALSE" "cease or fire" "-5 degrees"', ""),
        ("kursk source:nytimes.com", "source:nytimes.com is no program that posts are written with; write "
                                     "outlet:nytimes.com"),
        ("near(2, kursk, oder)", ""),
        ("kursk OR sudzha -submarine", "the exclusion holds for the last alternative alone; write (a OR b) -c for all"),
        ("gaza (kursk OR sudzha -(submarine OR film))", "the exclusion holds for the last alternative alone"),
        ("kursk OR (sudzha -submarine)", ""),
        ("(kursk OR sudzha) -submarine", ""),
        ("kursk -film OR sudzha -submarine", ""),
        ("kursk platform:twitter", "platform:twitter is no platform's name that a connector gives; write platform:x"),
        ("kursk from:twitter/nasa", "write from:x/nasa"),
        ("kursk from:twitter", ""),
        ("kursk from:x/nasa*", "from:x/nasa* names one account, in which * is a letter"),
        ("kursk lang:arabic", "lang:arabic is no language's code; write one such as lang:en"),
        ("kursk (lang:en-gb OR lang:und OR platform:vk OR from:x/nasa)", ""),
    ],
)  # fmt: skip
def test_what_reads_well_and_finds_nothing_is_warned_about(rule: str, said: str) -> None:
    found = check_event(event(rule))
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_a_report_says_how_each_rule_is_understood() -> None:
    tracked = event(
        "Kursk  (surrender OR part:arms) -submarine",
        parts={"arms": "near(3, lemma:lay, (arms OR weapons))"},
        claims={"no": "part:arms"},
        forms={"lay": ("lay", "laid", "lays", "laying")},
    )
    match, arms, claim = report_event(tracked)
    assert match.normal == "kursk (surrender OR part:arms) -submarine"
    assert (match.terms, match.expanded) == (4, 9)
    assert match.cost is not None
    assert match.cost.dearest == "kursk"
    assert (arms.name, arms.normal) == ("parts.arms", "near(3, lemma:lay, arms OR weapons)")
    assert (claim.name, claim.cost) == ("claims.no", None)
    assert 0 < match.share < arms.share < 0.01


@pytest.mark.parametrize(
    ("rule", "dearest"),
    [
        ("kursk OR sale", "sale"),
        ("kur* OR sudzhansky", "kur*"),
        ("from:nasa OR platform:x", "platform:x"),
        ("quoted:kursk", "quoted:kursk"),
        ("kursk the", "kursk"),
    ],
)
def test_the_term_that_makes_a_rule_dear_is_named(rule: str, dearest: str) -> None:
    (report,) = report_event(event(rule))
    assert report.cost is not None
    assert report.cost.dearest == dearest


def test_what_is_known_of_operators_names_operators() -> None:
    named = logic.SINGLE | logic.POST_ONLY | logic.ARTICLE_ONLY | logic.NOT_QUOTED
    assert named <= OPERATORS.keys()


@pytest.mark.parametrize("name", sorted(logic.POST_ONLY))
def test_what_only_a_post_has_an_article_has_not(name: str) -> None:
    assert list(OPERATORS[name].index(article("Kursk #kursk $GAZP @nasa", body="kursk"))) == []


SENTENCES = [
    ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
    ("so it goes… and on", ["so it goes… and on"]),
    ("Gen. Syrskyi left. Mr. Trump, too.", ["Gen. Syrskyi left. ", "Mr. Trump, too."]),
    ("Бои в г. Курск. ВСУ ушли.", ["Бои в г. Курск. ", "ВСУ ушли."]),
    ("А. С. Пушкин", ["А. С. Пушкин"]),
    ("U.S. Army, 3.5 km. Next", ["U.S. Army, 3.5 km. ", "Next"]),
    ("one\nTwo\nthree", ["one\n", "Two\nthree"]),
    ("«Сдавайтесь.» Он ушёл.", ["«Сдавайтесь.» ", "Он ушёл."]),
    ("北京。上海", ["北京。", "上海"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "sentences"), SENTENCES)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize("text", ["." * 50_000, " " * 50_000, '."' * 25_000, "a. " * 20_000, "\n" * 50_000])
def test_no_text_is_slow_to_split(text: str) -> None:
    assert "".join(split(text)) == text


def test_lemmas_are_put_in_where_a_rule_is_checked() -> None:
    rules = {"match": "lemma:lay/verb kursk", "claims.no": "near(2, lemma:Сирський, lemma:lay/verb)"}
    inflected = expand(rules, inflect)
    draft = EventDraft("a", "A", rules["match"], claims={"no": rules["claims.no"]}, inflected=inflected)
    assert set(draft.forms) == {"lay/verb", "Сирський"}
    assert "laid" in draft.forms["lay/verb"]
    assert inflected["Сирський"].guessed
    assert check_event(draft) == []


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("kursk lemma:surrendered", 7, "write lemma:surrender"),
        ("lemma:Курске", 1, "write lemma:"),
        ("lemma:kуrsk", 1, "found"),
        ("lemma:123", 1, "found"),
        ("lemma:курск/verb", 1, "found"),
    ],
)
def test_a_word_without_forms_is_named_with_its_place(rule: str, column: int, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        expand({"match": rule}, inflect)
    assert (caught.value.rule, caught.value.column) == ("match", column)
    assert said in caught.value.problem
