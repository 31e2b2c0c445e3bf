"""Each slip gets its own error: where, what was found, what was expected, and the fix."""

from typing import Any

import pytest

from streams.matching import Matcher, RuleError, check_event, report_event
from tests.unit.matching.records import event, post

SLIPS = [
    ("kursk or sudzha", 7, "write OR"),
    ("kursk and sudzha", 7, "a space already means and"),
    ("kursk AND sudzha", 7, "a space already means and"),
    ("not kursk", 1, "write - before the term"),
    ("kursk NOT sudzha", 7, "write - before the term"),
    ("(no OR NOT OR never)", 8, 'quote it as "NOT"'),
    ("kursk Or sudzha", 7, "write OR"),
    ("kursk || sudzha", 7, "write OR"),
    ("kursk && sudzha", 7, "a space already means and"),
    ("kursk –sudzha", 7, "write -"),
    ("kursk — sudzha", 7, "write -"),
    ("kursk - sudzha", 7, "as in -submarine"),
    ("kursk --sudzha", 7, "remove one"),
    ("“kursk”", 1, 'write "'),
    ("«kursk»", 1, 'write "'),
    ("'blood moon'", 1, 'write "'),
    ("kur“sk", 4, 'write "'),
    ('"kursk', 1, "never closed"),
    ('kursk"sudzha"', 6, "expected a space"),
    ('"kursk"sudzha', 8, "expected a space"),
    ('"a b"~x', 6, "without a whole number"),
    ('"a b"~999', 6, "at most 100"),
    ('"kursk"~3', 8, "at least two"),
    ("kursk~3", 6, "expected a phrase"),
    ('"30 day*"', 8, "inside quotes"),
    ("(kursk", 1, "add it"),
    ("kursk)", 6, "remove it"),
    ("kursk ()", 7, "remove them"),
    ("OR kursk", 1, "both sides of OR"),
    ("kursk OR", 7, "add one or remove the OR"),
    ("(kursk OR) a", 8, "add one or remove the OR"),
    ("kursk OR OR a", 10, "both sides of OR"),
    ("foo:bar", 1, "unknown operator 'foo:'"),
    ("fron:nasa", 1, "did you mean from?"),
    ("https://kursk.example", 1, 'write url:"kursk.example"'),
    ("from: nasa", 1, "without a value"),
    ("from:x/", 1, "expected HANDLE or PLATFORM/HANDLE"),
    ("outlet:kremlin", 1, "such as kremlin.ru"),
    ("kind:posts", 1, "did you mean post?"),
    ("lang:english!", 1, "such as en"),
    ("platform:x!", 1, "expected a platform's name"),
    ("#!", 1, "expected letters or digits"),
    ("ku*", 1, "at least 3 letters"),
    ("k*rsk", 2, "at the end only"),
    ("*", 1, "needs letters before *"),
    ("!!!", 1, "expected letters, digits or an emoji"),
    ("= Kursk", 1, "without a word"),
    ("=(kursk OR sudzha)", 1, "without a word"),
    ("=from:nasa", 1, "capitals matter"),
    ("@ nasa", 1, "a mention such as"),
    ("$", 1, "a ticker such as"),
    ("$100 kursk", 1, "quote"),
    ("kursk^2", 6, "outside score(), expected none; remove it, or write score()"),
    ("(kursk^2)", 7, "outside score()"),
    ("kursk^two", 6, "a weight in score()"),
    ("kurskˆ2 OR ^_^", 12, "without a whole number"),
    ("a, b", 2, "outside a function"),
    ("(a, b)", 3, "outside a function"),
    ("near(3 lay arms)", 8, "with commas"),
    ("near(3, lay arms)", 9, "without a comma"),
    ("near(lay, arms)", 6, "greatest number of words between"),
    ("near(3, lay)", 1, "2 to 6"),
    ("before(3, lay)", 1, "as in before(3, lay, arms)"),
    ("before(lay, arms)", 8, "greatest number of words between"),
    ("sentence(kursk)", 1, "2 to 6"),
    ("sentence(kursk, -sudzha)", 17, "put it outside sentence()"),
    ("near(3, sentence(a, b), c)", 9, "put it outside near()"),
    ("near(3, atleast(1, a, b), c)", 9, "put it outside near()"),
    ('near(3, "a b"~2, c)', 9, "write near(2, a, b)"),
    ("atleast(9, a, b)", 9, "expected 1 to 2"),
    ("atleast(0, a, b)", 9, "expected 1 to 2"),
    ("atleast(2, a)", 1, "at least 2"),
    ("atleast(a, b)", 9, "how many have to be true"),
    ("atleast(2 a b)", 11, "with commas"),
    ("atleast(2, a^2, b)", 13, "use score()"),
    ("score(9, a^2, b^3)", 7, "expected 1 to 5"),
    ("score(1, a^0, b)", 11, "expected 1 to 100"),
    ("score(1, a^999, b)", 11, "expected 1 to 100"),
    ("score(1, a OR b^2, c)", 16, "group them"),
    ("score(1, kursk^-2, c)", 15, "a weight in score()"),
    ("scores(1, a, b)", 1, "did you mean score?"),
    ("lemma:", 1, "without a value"),
    ('lemma:"lay down"', 1, "expected one word"),
    ("lemma:lay/adverb", 1, "expected /noun, /verb, /adj"),
    ("quoted:#kursk", 1, "write quoted:(#kursk)"),
    ("quoted:(kursk", 1, "never closed"),
    ("quoted:(a quoted:b)", 11, "inside quoted:"),
    ("kursk quoted:(-a)", 7, "write is:quote"),
    ("title:(a OR b)", 1, "found a group after 'title:'"),
    ("point_radius:[1 2", 14, "expected ']'"),
    ("bio_contains:journalist", 1, "write bio:"),
    ("kursk -sample:10", 7, "write sample:90"),
    ("sample:10", 1, "without a single word"),
    ("kursk -kursk", 1, "no record can match"),
    ("platform:x platform:telegram", 1, "a record has one platform"),
    ("from:nasa title:kursk", 1, "which only a post has"),
    ("(kursk -kursk) OR (a -a)", 1, "no record can match"),
    ("lemma:kursk", 1, "without its forms"),
    ("lang:en lang:uk", 1, "a record has one lang"),
    ("quoted:(kursk lang:en)", 1, "nobody tells that of a quoted post"),
    ("quoted:(is:reply)", 1, "nobody tells that of a quoted post"),
    ("-lang:und", 1, "without a single word"),
    ("kursk OR -lang:und", 1, "without a single word"),
    ("quoted:(-lang:und)", 1, "write is:quote"),
    ("kursk !submarine", 7, "write - before the term"),
    ("+kursk", 1, "a space already means and"),
    ("kursk|sudzha", 6, "write OR"),
    ("kursk&&sudzha", 6, "a space already means and"),
    ("kursk ＯＲ sudzha", 7, "write OR"),
    ("kursk OR-sudzha", 9, "expected a space between them"),
    ("kursk-from:nasa", 6, "a space before '-'"),
    ("from:nasa-is:retweet", 1, "a space after it"),
    ("from :nasa", 6, "without a space, such as from:nasa"),
    ("from:“nasa”", 6, 'write "'),
    ('from:nasa"x"', 10, "add one"),
    ("#brex*", 1, "no prefix"),
    ("$TS*", 1, "no prefix"),
    ("@nas*", 1, "no prefix"),
    ("#kursk#sudzha", 1, "a space before the next"),
    ("@nasa:", 1, "a handle such as"),
    ("quoted:=NATO", 1, "write quoted:(=NATO)"),
    ("quoted:-kursk", 1, "write -quoted:kursk"),
    ("title:=NATO", 1, "expected a word"),
    ("quoted:near(2, a, b)", 1, "write quoted:(near(…))"),
    ('quoted:"lay arms"~3', 18, 'write quoted:("…"~3)'),
    ("url_contains:a(b)", 15, "quote the value"),
    ('"new \\"york\\" x"', 6, "leave out"),
    ("score(3, kursk^2 sudzha)", 18, "separate with commas"),
    ("sentence(3, kursk, sudzha)", 10, "takes no number"),
    ("AND(b)", 1, "a space already means and"),
    ("or(b)", 1, "write OR"),
    ("NEAR(3, a, b)", 1, "did you mean near?"),
    ("# kursk", 1, "begins a comment"),
    ("kursk: sudzha", 1, "leave out the colon"),
    ("list:123456", 1, "a list on X?"),
    ('lemma:"(foo"', 1, "expected one word"),
    ('"' + "a " * 21 + '"~3', 1, "at most 20"),
    ("near(999, lay, arms)", 6, "at most 100"),
    ("near(3, -lay, arms)", 9, "put it outside near()"),
    ("near(3, lang:en, arms)", 9, "put it outside near()"),
    ("near(3, #lay, arms)", 9, "without #"),
    ("near (3, lay, arms)", 8, "outside a function"),
    ("far(3, lay, arms)", 1, "unknown function 'far('"),
    ("kursk(a OR b)", 1, "put a space before '('"),
    ("part:kursk", 1, "unknown part 'kursk'"),
    ("claim:kursk", 1, "unknown claim"),
    ("list:press", 1, "unknown list"),
    ("-kursk", 1, "without a single word"),
    ("-kursk -sudzha", 1, "without a single word"),
    ("kursk OR -sudzha", 1, "without a single word"),
    ("", 1, "empty"),
    ("   \n", 1, "empty"),
    ("a" * 4_097, 1, "4,097 characters"),
    ("(" * 300 + "a" + ")" * 300, 51, "nested deeper than 50"),
    (" ".join(f"w{number}" for number in range(251)), 1_141, "more than 250 terms"),
]

#: Signs that look like one of the language's.
LOOKALIKES = [
    ("（gaza OR kursk） sudzha", 1, "'（', which only looks like '('; write ( itself"),
    ("(gaza OR kursk） sudzha", 15, "write ) itself"),
    ("【gaza OR kursk】 sudzha", 1, "write ( itself"),
    ("near（3, gaza, kursk）", 5, "write ( itself"),
    ("near(3， gaza， kursk)", 7, "write , itself"),
    ("gaza、kursk", 5, "write , itself"),
    ("غزة، رفح", 4, "write , itself"),
    ("gaza；kursk", 5, "write a space or OR"),
    ("title：kursk", 6, "write : itself"),
    ("from：nasa kursk", 5, "write : itself"),
    ("＃kursk", 1, "write # itself"),
    ("＠nasa kursk", 1, "write @ itself"),
    ("＄TSLA", 1, "write $ itself"),
    ("＝NATO", 1, "write = itself"),
    ("kurs＊ sudzha", 5, "write * itself"),
    ("kursk｜sudzha", 6, "write OR"),
    ("kursk ＆ sudzha", 7, "a space already means and"),
    ("kursk ！sudzha", 7, "write - before the term"),
    ("kursk ¬sudzha", 7, "write - before the term"),
    ("kursk ⁃sudzha", 7, "write -"),
    ("＂gaza＂ kursk", 1, 'write "'),
    ("「gaza」 kursk", 1, 'write "'),
    ("‹gaza› kursk", 1, 'write "'),
    ("❝gaza❞ kursk", 1, 'write "'),
    ("′gaza′ kursk", 1, 'write "'),
    ("#kursk，#sudzha", 7, "write , itself"),
    ("title:kursk，sudzha", 12, "write , itself"),
]
#: What other search languages have: regular expressions, wildcards, ranges, operators of nearness, functions.
ELSEWHERE = [
    ("/mobili[sz]/ kursk", 1, "found the regular expression '/mobili[sz]/', expected words"),
    ("mobili[sz]e kursk", 7, "write each spelling, with OR between them"),
    ("kursk\\w+", 6, "nothing to escape"),
    ("kursk.+", 6, "write a prefix such as surrend*"),
    ("kursk*?", 6, "write a prefix such as surrend*"),
    ("colou?r", 6, "no sign stands for one letter"),
    ("(?i)kursk", 2, "no sign stands for one letter"),
    ("title:colou?r", 12, "no sign stands for one letter"),
    ("title:/kurs.*/", 7, "found the regular expression"),
    ("quoted:mobili[sz]e", 14, "found '[' in a word"),
    ("[gaza OR kursk] sudzha", 1, "expected ( around a group"),
    ("{gaza OR kursk} sudzha", 1, "expected ( around a group"),
    ("{gaza, kursk}", 1, "expected ( around a group"),
    ("[1 TO 5]", 1, "found the range '[1 TO 5]', expected a term: only counts have ranges"),
    ("title:[a TO b]", 7, "found the range '[a TO b]'"),
    ("followers_count:[1 TO 5]", 1, "such as 500 or 500..2000"),
    ("kursk 2020..2024", 7, "only counts have ranges"),
    ("truce NEAR/4 broken", 7, "write near(4, truce, broken)"),
    ('"cease fire" near/4 broken', 14, 'write near(4, "cease fire", broken)'),
    ("(a OR truce) NEAR/4 (broken OR b)", 14, "write near(4, a, b)"),
    ("truce W/4 -broken", 7, "write near(4, a, b)"),
    ("truce NEAR/999 broken", 7, "write near(100, truce, broken)"),
    ("truce NEAR:4 broken", 7, "write near(4, truce, broken)"),
    ("truce PRE/4 broken", 7, "write before(4, truce, broken)"),
    ("truce NEXT/4 broken", 7, "write before(4, truce, broken)"),
    ("truce ADJ4 broken", 7, "write near(4, truce, broken)"),
    ("truce /n5 broken", 7, "write near(5, truce, broken)"),
    ("truce w/s broken", 7, "write sentence(truce, broken)"),
    ("truce AROUND(3) broken", 7, "write near(3, a, b)"),
    ("atl5(kursk)", 1, "is not counted"),
    ("atleast5(kursk)", 1, "is not counted"),
    ("caps(nato)", 1, "as in =NATO"),
    ("headline(kursk)", 1, "write title: before each word"),
    ("kursk; sudzha", 6, "expected a space, OR, or a comma"),
    ("kursk ∨ sudzha", 7, "write OR"),
    ("near(5; truce; broken)", 7, "or a comma in a function"),
    ("gaza not w/10 kursk", 10, "write near(10, a, b)"),
    ("gaza near/5(kursk OR rafah)", 6, "write near(5, a, b)"),
    ("!(kursk) sudzha", 1, "write - before the term"),
    ("+(kursk sudzha)", 1, "a space already means and"),
    ("title=kursk", 6, "write title:kursk"),
    ("kursk lang=en", 11, "write lang:en"),
    ("title(kursk)", 1, "write title:…"),
    ("lemma(surrender)", 1, "write lemma:…"),
    ("lemma:surrender*", 1, "leave out lemma: for a prefix"),
    ("any(kursk, sudzha)", 1, "write (a OR b)"),
    ("lang:en,uk kursk", 8, "write (lang:… OR lang:…)"),
    ("#kursk,#sudzha", 7, "write (#… OR #…)"),
    ("title:kursk|sudzha", 12, "write one word after each title:"),
    ("title:kursk~2", 12, "write one word after each title:"),
    ('title:"kursk sudzha"~2', 21, "found a distance after a value, expected none"),
    ("headline:kursk", 1, "write title:"),
    ("kursk before:2025-01-01", 7, "leave it out: an event's since:"),
    ("title:kursk AND NOT sudzha", 13, "a space already means and"),
    ("truce~2", 6, "for other spellings of a word write each with OR"),
    ('"cease fire"*', 13, "write near(0, …) with a prefix"),
]
SLIPS += LOOKALIKES + ELSEWHERE


@pytest.mark.parametrize(("rule", "column", "said"), SLIPS, ids=[slip[0][:40] for slip in SLIPS])
def test_slip_is_named_with_its_place(rule: str, column: int, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        Matcher([event(rule)])
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"match: column {column}: ")
    assert (caught.value.rule, caught.value.column) == ("match", column)


def test_error_in_a_later_line_names_it() -> None:
    with pytest.raises(RuleError, match=r"^claims\.c: line 2, column 3: found 'or'"):
        check_event(event("a", claims={"c": "a\nb or c"}))


@pytest.mark.parametrize(
    ("parts", "claims", "said"),
    [
        ({"a": "part:a"}, {}, "parts.a -> parts.a"),
        ({"a": "part:b", "b": "x part:c", "c": "-part:a"}, {}, "parts.a -> parts.b -> parts.c -> parts.a"),
        ({}, {"p": "claim:q", "q": "claim:p"}, "claims.p -> claims.q -> claims.p"),
        ({"a": "claim:p"}, {"p": "part:a"}, "parts.a -> claims.p -> parts.a"),
        ({"a": "part:bb", "bbb": "x"}, {}, "unknown part 'bb'; did you mean bbb?"),
        ({"a": "near(1, x, part:b)", "b": "part:c", "c": "x y"}, {}, "part 'b' cannot stand here"),
        ({"a": "near(1, x, part:b)", "b": "lang:en"}, {}, "part 'b' cannot stand here"),
    ],
)
def test_names_are_checked(parts: dict[str, str], claims: dict[str, str], said: str) -> None:
    with pytest.raises(RuleError) as caught:
        check_event(event("kursk", parts=parts, claims=claims))
    assert said in str(caught.value)


def test_a_long_chain_of_parts_is_refused_not_overflowed() -> None:
    chain: dict[str, Any] = {f"p{number}": f"part:p{number + 1}" for number in range(2_000)} | {"p2000": "x"}
    for parts in (chain, dict(reversed(chain.items()))):
        with pytest.raises(RuleError, match="deeper than 100 levels"):
            check_event(event("part:p0", parts=parts))


def test_parts_that_double_are_refused() -> None:
    parts = {f"p{number}": f"(a part:p{number + 1}) OR (b part:p{number + 1})" for number in range(20)} | {"p20": "x"}
    with pytest.raises(RuleError, match="terms once parts and word forms are put in"):
        check_event(event("part:p0", parts=parts))


def test_a_list_entry_that_is_neither_account_nor_domain() -> None:
    with pytest.raises(RuleError, match=r"^lists\.press: column 1: found 'nasa' in the list, expected PLATFORM/HANDLE"):
        check_event(event("a", lists={"press": ("nasa",)}))


def test_sub_rules_may_be_purely_negative() -> None:
    tracked = event("kursk", claims={"quiet": "-loud"})
    assert Matcher([tracked]).match(post("kursk"))[0].claims == ("quiet",)


def test_a_bare_handle_in_a_group_is_warned_about() -> None:
    (warning,) = check_event(event("a", groups={"officials": "from:potus OR from:x/potus"}))
    assert warning.startswith("groups.officials: from:potus names no platform")


def test_a_part_that_nothing_names_is_warned_about() -> None:
    assert check_event(event("a", parts={"p": "x"})) == ["parts.p: no rule names this part"]


@pytest.mark.parametrize(
    ("rule", "understood"),
    [
        ("c++ kursk", "c kursk"),
        ("at&t", '"at t"'),
        ("R&D kursk", '"r d" kursk'),
        ("24/7 kursk", '"24 7" kursk'),
        ("7:30 kursk", '"7 30" kursk'),
        ("7：30 kursk", '"7 30" kursk'),
        ("1.5 kursk", '"1 5" kursk'),
        ("u.s. troops", '"u s" troops'),
        ("#hash $TSLA @nasa", "#hash $tsla @nasa"),
        ("km/h kursk", '"km h" kursk'),
        ("w/o kursk", '"w o" kursk'),
        ("/pol/ kursk", "pol kursk"),
        ("f-16 o'neil", '"f 16" "o neil"'),
        ("a.example/x?y=1", '"a example x y 1"'),
        ("url:a.example/x?y=[1]", 'url:"a example x y 1"'),
        ('"（gaza）" "[1 TO 5]" "a;b" "mobili[sz]e"', 'gaza "1 to 5" "a b" "mobili sz e"'),
        ('title:"[gaza]"', "title:gaza"),
        ("title:AT&T", 'title:"at t"'),
        ("a=b P&L=x kursk", '"a b" "p l x" kursk'),
        ('="NEAR4" =ADJ', "=NEAR4 =ADJ"),
        ('source:"App（beta）" kursk', 'source:"app（beta）" kursk'),
        ("kurs.*", "kurs*"),
        ('"lay arms"~5', '"lay arms"~5'),
    ],
)
def test_signs_of_words_in_texts_are_read_as_ever(rule: str, understood: str) -> None:
    assert report_event(event(rule))[0].normal == understood
    assert report_event(event(understood))[0].normal == understood
