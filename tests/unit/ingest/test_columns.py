"""A table with columns of anybody's as posts and articles: the map, and what its cells become."""

from pathlib import Path

import orjson
import pytest

from schemas.codec import decode_article, decode_post
from streams.errors import UserError
from streams.ingest.columns import Columns, Table, parse, record

MAP = parse("id=Post ID,text=Text,created_at=Date,author.handle=User,hashtags=Tags", ("platform=vk",))


def table(tmp_path: Path, text: str, columns: Columns = MAP) -> list[tuple[int, bytes]]:
    """The lines that a table stands for."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    found = []
    with Table(path, 1_000_000, 1_000, columns) as lines:
        while (read := lines.read()) is not None:
            found += [(line.number, line.data) for line in read]
    return found


def test_rows_are_posts_numbered_as_in_the_file(tmp_path: Path) -> None:
    text = (
        "\ufeffPost ID;Text;Date;User;Tags;Other\n"
        '7;"Курск,\n\nгорит; да";2025-03-14 12:00;ada;#a, b;x\n'
        "\n"
        "8;x;1741953600;bob;;\n"
    )
    (first, one), (second, two) = table(tmp_path, text)
    assert (first, second) == (4, 6)
    found = decode_post(one)
    assert orjson.loads(one) == {
        "platform": "vk",
        "op": "create",
        "version": 0,
        "id": "7",
        "text": "Курск,\n\nгорит; да",
        "created_at": "2025-03-14T12:00:00+00:00",
        "author": {"id": "ada", "handle": "ada"},
        "hashtags": ["a", "b"],
    }
    assert found.key == "vk:7"
    assert orjson.loads(two)["created_at"] == "2025-03-14T12:00:00+00:00"


def test_rows_without_a_platform_are_articles() -> None:
    mapping = parse("url=Link,title=Title,published_at=When,links=See")
    cells = {
        "Link": "HTTPS://www.RT.com/a?utm_source=x",
        "Title": "t",
        "When": "1741953600000",
        "See": "http://a.b/ http://c.d/",
    }
    found = decode_article(orjson.dumps(record(cells, mapping)))
    assert (found.key, found.outlet.domain) == ("https://www.rt.com/a", "rt.com")  # type: ignore[union-attr]
    assert [link.url for link in found.links] == ["http://a.b/", "http://c.d/"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "cell", "value"),
    [
        ("version", "1,741", 1_741),
        ("version", "x", "x"),
        ("author.followers", "5", 5),
        ("author.verified", "yes", True),
        ("place.lon", "37.5", 37.5),
        ("created_at", "yesterday", "yesterday"),
        ("created_at", "2025-03-14T12:00:00+03:00", "2025-03-14T12:00:00+03:00"),
        ("created_at", "2025-99-14", "2025-99-14"),
        ("mentions", "@a|@b", ["a", "b"]),
    ],
)
def test_cells_are_what_their_field_holds(field: str, cell: str, value: object) -> None:
    """What can't be read stays as it is: the schema refuses it, and says where."""
    made = record({"c": cell}, Columns({field: "c"}))
    outer, _, inner = field.partition(".")
    assert (made[outer][inner] if inner else made[outer]) == value


def test_a_map_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text('columns:\n  id: "a, b"\nset:\n  platform: vk\n')
    assert parse(str(path), ("platform=ok",)) == Columns({"id": "a, b"}, {"platform": "ok"})


@pytest.mark.parametrize(
    ("columns", "constants", "told"),
    [
        ("id=A,txt=B", (), "no field 'txt': did you mean text"),
        ("id=A,zzzzzz=B", (), "no field 'zzzzzz': expected one of platform"),
        ("id=A,B", (), "expected FIELD=NAME"),
        ("/nonexistent.yaml", (), "No such file"),
        ("id=A", ("platform",), "--set: expected FIELD=NAME"),
    ],
)
def test_a_map_that_is_wrong_says_how(columns: str, constants: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        parse(columns, constants)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id;text\n1;2\n", "no column 'Post ID'; there are id, text"),
        ('{"platform": "x"}\n', "whose first line names its columns"),
        ("", "whose first line names its columns"),
    ],
)
def test_a_table_without_these_columns_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        table(tmp_path, text)


def test_rows_that_are_none_go_on_as_what_the_worker_refuses(tmp_path: Path) -> None:
    """A row with a cell too many, and a quote that is never closed."""
    found = table(tmp_path, 'Post ID;Text;Date;User;Tags\n1;2;3;4;5;6\n7;"' + "x" * 200_000)
    assert len(found) == 2
    assert found[0][0] == 2
    assert all(b"unreadable" in data for _, data in found)
