"""What a tried rule shows of a record: the words that matched, in their place, in a text of readable length."""

import orjson
import pytest

from schemas import Article, Post, Span
from schemas.codec import decode_article, decode_post
from streams.scans.passages import EXCERPT, Passage, passages


def post(text: str) -> Post:
    found = decode_post(
        b'{"platform":"x","id":"1","op":"create","version":0,"author":{"id":"7","handle":"some"},"text":%b,'
        b'"links":[{"url":"https://t.co/1","expanded":"https://example.org/kursk"}]}' % orjson.dumps(text)
    )
    assert isinstance(found, Post)
    return found


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("Kursk today", [(0, 5, "kursk")], [("Kursk", "kursk"), (" today", None)]),
        ("in Kursk", [(3, 8, "kursk")], [("in ", None), ("Kursk", "kursk")]),
        ("🙂 Kursk", [(2, 7, "kursk")], [("🙂 ", None), ("Kursk", "kursk")]),
        ("a b", [(0, 3, '"a b"'), (2, 3, "b")], [("a b", '"a b"')]),
        ("a b", [(0, 1, "a"), (2, 3, "b")], [("a", "a"), (" ", None), ("b", "b")]),
    ],
)
def test_pieces_make_up_the_text_and_name_the_term(
    text: str, spans: list[tuple[int, int, str]], expected: list[tuple[str, str | None]]
) -> None:
    (found,) = passages(post(text), [Span("text", *each) for each in spans])
    assert found == Passage("text", expected, (False, False))
    assert "".join(piece for piece, _ in found.pieces) == text


@pytest.mark.parametrize(("before", "after"), [(0, 10_000), (5_000, 5_000), (10_000, 0)])
def test_a_long_text_is_cut_to_what_surrounds_its_first_words(before: int, after: int) -> None:
    (found,) = passages(post("x" * before + "Kursk" + "y" * after), [Span("text", before, before + 5, "kursk")])
    assert sum(len(piece) for piece, _ in found.pieces) == EXCERPT
    assert ("Kursk", "kursk") in found.pieces
    assert found.cut == (before > 0, after > 0)


def test_fields_are_found_wherever_they_lie_and_unknown_ones_left_out() -> None:
    spans = [
        Span("links.0.expanded", 20, 25, "kursk"),
        Span("author.handle", 0, 4, "from:some"),
        Span("links.9.url", 0, 1, "x"),
    ]
    found = passages(post("nothing"), spans)
    assert [(each.field, each.pieces[-1]) for each in found] == [
        ("links.0.expanded", ("kursk", "kursk")),
        ("author.handle", ("some", "from:some")),
    ]


def test_an_articles_fields_come_in_reading_order() -> None:
    article = decode_article(
        b'{"url":"https://example.org/1","op":"create","version":0,"outlet":{"domain":"example.org"},"title":"Kursk",'
        b'"body":"of Kursk"}'
    )
    assert isinstance(article, Article)
    found = passages(article, [Span("title", 0, 5, "kursk"), Span("body", 3, 8, "kursk")])
    assert [each.field for each in found] == ["title", "body"]
