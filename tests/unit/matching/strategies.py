"""Random rules and texts over a vocabulary small enough that they meet, in the scripts that make folding hard."""

from hypothesis import strategies as st

WORDS = [
    "kursk",
    "Kurs",
    "surrender",
    "café",
    "cafe",
    "naïve",
    "it's",
    "not",
    "курск",
    "Курске",
    "ещё",
    "еще",
    "п'ять",
    "п’ять",
    "їжак",
    "Kуpsk",
    "kупsк",
    "НАТО",
    "HATO",
    "北京",
    "京",
    "สวัสดี",
    "👍",
    "👍🏽",
    "🇺🇦",
    "🇺",
    "a1",
    "30",
    "advanced_recycling",
    "Straße",
    "й",
    "за́мок",
    "soft\u00adly",
    "zero\u200bwidth",
    "ｆｕｌｌ",
    "ﬁre",
    "①",
    "한국",
    "가",
    "İ",
    "ł",
    "x2y",
    "б2b",
]
JOINTS = [
    " ",
    " ",
    " ",
    "  ",
    "\n",
    ", ",
    "-",
    "_",
    "'",
    "",
    " OR ",
    "… ",
    ". ",
    "! ",
    ".\n",
    "…",
    "™ ",
    " — ",
    ".",
    "\u0301",
    "\u200d",
    "\ufe0f",
]
HANDLES = ["nasa", "NASA", "@nasa", "tass"]
TAGS = ["kursk", "Курск", "café", "foo_bar"]

words = st.sampled_from(WORDS)
texts = st.lists(st.tuples(words, st.sampled_from(JOINTS)), max_size=14).map(
    lambda pairs: "".join(word + joint for word, joint in pairs)
)
wild_texts = st.one_of(texts, st.text(max_size=60))


def _bare(word: str) -> str:
    # Unquoted, a rule's connectives and what only separates would be slips.
    return f'"{word}"' if word in ("not", "①") else word


terms = st.one_of(
    words.map(_bare),
    st.lists(words, min_size=1, max_size=3).map(lambda found: f'"{" ".join(found)}"'),
    st.sampled_from(["kur*", "cafe*", "café*", "кур*", "курс*", "sur*", "п'ять*", "naï*", "a1b*"]),
)


cased = st.sampled_from(
    [
        "=Kurs",
        "=kurs",
        "=Курске",
        "=НАТО",
        '="HATO НАТО"',
        "=Café",
        "=Cafe",
        "=İ",
        "=Kуpsk",
        "=Straße",
        "=Kur*",
        "=ｆｕｌｌ",
    ]
)
#: The forms that stand in the tracked event's record.
FORMS = {
    "курск": ("курск", "курске", "курску"),
    "surrender/verb": ("surrender", "surrenders"),
    "п'ять": ("п'ять", "п'яти"),
}
lemmas = st.sampled_from([f"lemma:{key}" for key in FORMS])
proximities = st.builds(
    lambda sign, found, distance: f'{sign}"{" ".join(found)}"~{distance}',
    st.sampled_from(["", "", "="]),
    st.lists(words, min_size=2, max_size=4),
    st.integers(0, 6),
)


def _near(arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, distance, found: f"{name}({distance}, {', '.join(found)})",
        st.sampled_from(["near", "before"]),
        st.integers(0, 4),
        st.lists(arguments, min_size=2, max_size=3),
    )


_alternatives = st.lists(st.one_of(terms, terms, cased, lemmas), min_size=2, max_size=3).map(
    lambda found: f"({' OR '.join(found)})"
)
_inner_nears = _near(st.one_of(terms, lemmas, _alternatives, st.just("part:alpha")))
_placed = st.one_of(terms, lemmas, cased, _alternatives, _inner_nears, st.just("part:alpha"))
nears = _near(_placed)
in_sentences = st.lists(_placed, min_size=2, max_size=3).map(lambda found: f"sentence({', '.join(found)})")

fields = st.sampled_from(
    [
        "from:nasa",
        "from:x/nasa",
        "from:telegram/tass",
        "platform:x",
        "platform:telegram",
        "lang:en",
        "lang:en-gb",
        "kind:post",
        "kind:reply",
        "#kursk",
        "#курск",
        "#foo_bar",
        "list:press",
        "outlet:news.example",
        "claim:beta",
        "part:alpha",
    ]
)

leaves = st.one_of(terms, terms, terms, lemmas, cased, proximities, nears, in_sentences, fields)


def _score(arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(arguments, st.integers(1, 3)), min_size=2, max_size=4)
    return pairs.flatmap(
        lambda found: st.integers(1, sum(weight for _, weight in found)).map(
            lambda threshold: f"score({threshold}, {', '.join(f'({each})^{weight}' for each, weight in found)})"
        )
    )


def _at_least(arguments: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(arguments, min_size=2, max_size=4).flatmap(
        lambda found: st.integers(1, len(found)).map(lambda count: f"atleast({count}, {', '.join(found)})")
    )


rules = st.recursive(
    st.one_of(leaves, leaves, leaves, leaves.map(lambda leaf: f"quoted:({leaf})")),
    lambda inner: st.one_of(
        _score(inner),
        _at_least(inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda found: " ".join(f"({each})" for each in found)),
        st.lists(inner, min_size=2, max_size=3).map(lambda found: " OR ".join(f"({each})" for each in found)),
        inner.map(lambda found: f"-({found})"),
    ),
    max_leaves=6,
)
#: Parts that may stand in a nearness.
parts = st.one_of(terms, _alternatives, _inner_nears.filter(lambda rule: "part:" not in rule))
