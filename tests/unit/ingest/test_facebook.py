"""Exports of the Content Library and of CrowdTangle to posts, and what is gone from a complete one."""

import pytest

from schemas import Post
from schemas.codec import Unusable
from streams.ingest import facebook
from streams.ingest.mapping import Outcome
from streams.ingest.tables import rows

LIBRARY = (
    "id,creation_time,modified_time,lang,text,content_type,mcl_url,post_owner.id,post_owner.name,post_owner.username"
)
TANGLE = (
    "\ufeffPage Name,User Name,Facebook Id,Followers at Posting,Post Created,Type,URL,Message,Link,Final Link,Link Text"
)


def read(*lines: str) -> list[Outcome]:
    """What a table becomes."""
    return [outcome for _, outcome in facebook.records(rows(f"{line}\n" for line in "\n".join(lines).split("\n")))]


def post(outcome: Outcome) -> Post:
    assert isinstance(outcome, Post), outcome
    return outcome


def test_the_content_library() -> None:
    (found,) = map(post, read(LIBRARY, "1,2024-03-01T12:00:00+0000,,uk,Курськ #зсу,photos,https://f.b/1,9,Ім'я,handle"))
    assert (found.id, found.op, found.version, found.lang) == ("1", "create", 0, "uk")
    assert (found.author.id, found.author.handle, found.author.name) == ("9", "handle", "Ім'я")
    assert (found.hashtags, [each.type for each in found.media]) == (("зсу",), ["photo"])
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2024-03-01T12:00:00+00:00"


def test_what_was_modified_later_is_an_edit() -> None:
    row = "1,2024-03-01T12:00:00+0000,2024-03-01 13:00:00+00:00,,x,,,9,,"
    (found,) = map(post, read(LIBRARY, row))
    assert (found.op, found.version) == ("edit", 1_709_298_000_000)


def test_crowdtangle() -> None:
    row = (
        'RT,rtnews,326683984410,"5,000",2021-03-04 10:00:00 EST,Native Video,'
        'https://www.facebook.com/326683984410/posts/1015812,"Kursk\n\n#курск",https://bit.ly/x,https://rt.com/a,Title'
    )
    (found,) = map(post, read(TANGLE, row))
    assert (found.id, found.text, found.hashtags) == ("326683984410_1015812", "Kursk\n\n#курск", ("курск",))
    assert found.author.followers == 5_000
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2021-03-04T15:00:00+00:00"
    (link,) = found.links
    assert (link.url, link.expanded, link.title) == ("https://bit.ly/x", "https://rt.com/a", "Title")


def test_other_separators_and_order() -> None:
    (found,) = map(post, read("text;post_owner.id;creation_time;id", "Курськ, так;9;2024-03-01 12:00:00;5"))
    assert (found.id, found.text) == ("5", "Курськ, так")


def test_what_cannot_be_used_is_named_and_costs_nothing_else() -> None:
    found = read(
        LIBRARY,
        "1,yesterday,,,x,,,9,,",
        ",2024-03-01T12:00:00+0000,,,x,,,9,,",
        "3,2024-03-01T12:00:00+0000,,,x,,,,,",
        "4,2024-03-01T12:00:00+0000,,,x,,,9,,,too,many",
        "5,2024-03-01T12:00:00+0000,,,x,,,9,,",
    )
    told = [each.detail if isinstance(each, Unusable) else post(each).id for each in found]
    assert "Expected a time such as" in told[0]
    assert "neither" in told[1]
    assert "who posted it" in told[2]
    assert "12 cells, expected 10" in told[3]
    assert told[4] == "5"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (("a,b", "1,2"), "expected the columns of Meta's Content Library"),
        (("just a line",), "whose first line names its columns"),
        (("id,id", "1,2"), "two columns are named 'id'"),
    ],
)
def test_other_tables_are_refused(table: tuple[str, ...], told: str) -> None:
    with pytest.raises(Unusable, match=told):
        read(*table)


def test_only_what_a_complete_export_spans_is_deleted() -> None:
    times = ["2024-03-01", "2024-03-02", "2024-03-03", "2024-03-09"]
    made = [f"{number},{day}T12:00:00+0000,,,x,,,9,," for number, day in enumerate(times)]
    earlier = [post(each) for each in read(LIBRARY, *made)]
    later = [post(each) for each in read(LIBRARY, made[0], made[2])]
    found = list(facebook.deletions(earlier, later, 1_700_000_000_000))
    assert [(each.id, each.version) for each in found] == [("1", 1_700_000_000_000)]
    assert list(facebook.deletions(earlier, [], 5)) == []
