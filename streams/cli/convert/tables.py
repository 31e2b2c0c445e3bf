"""`tocsin convert` of tables: exports of Facebook's posts, and any CSV with a map of its columns."""

from collections.abc import Iterator
from pathlib import Path

import click
import orjson

from schemas import Post
from schemas.codec import Unusable, decode_article, decode_post
from streams.cli.convert.converting import Converting, convert, files_argument, json_option, now
from streams.cli.convert.reading import of_facebook
from streams.ingest import columns as column_maps
from streams.ingest import facebook
from streams.ingest.lines import Lines
from streams.ingest.mapping import Outcome
from streams.ingest.tables import rows, texts


@click.command("facebook", short_help="Facebook: CSV of Meta's Content Library or of CrowdTangle.")
@files_argument
@click.option(
    "--earlier",
    type=click.Path(path_type=Path),
    help="FILES are complete: what this earlier export holds and they don't, within the time they span, is deleted.",
)
@json_option
def facebook_(files: tuple[Path, ...], earlier: Path | None, as_json: bool) -> None:
    """Convert FILES of CSV that Meta's Content Library or CrowdTangle exported to posts; columns go by their header.

    \b
    tocsin convert facebook monday.csv --earlier sunday.csv | tocsin ingest files -

    An export tells of no deletion. Only where you say that FILES are complete, with --earlier, does what is gone from
    them become one.
    """
    if earlier is None:
        convert(files, of_facebook, as_json)
        return
    before = [outcome for _, _, outcome in Converting().each(earlier, of_facebook) if isinstance(outcome, Post)]
    converting = Converting()
    kept: list[Post] = []
    for path in files:
        for name, number, outcome in converting.each(path, of_facebook):
            converting.take(name, number, outcome)
            if isinstance(outcome, Post):
                kept.append(outcome)
    for deletion in facebook.deletions(before, kept, now()):
        converting.take(earlier.name, 0, deletion)
    converting.end(as_json)


@click.command("csv", short_help="Any CSV, with a map of its columns.")
@files_argument
@click.option("--columns", required=True, help="FIELD=COLUMN,…, such as text=Message,id=Post ID; or a YAML file.")
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="The same in every row: platform=vk.")
@json_option
def csv_(files: tuple[Path, ...], columns: str, constants: tuple[str, ...], as_json: bool) -> None:
    """Convert FILES of CSV to posts (rows with a platform) or articles, by a map of their columns.

    \b
    tocsin convert csv vk.csv --columns 'id=Post ID,text=Message,created_at=Date,author.handle=User' --set platform=vk

    `tocsin ingest files` takes the same map.
    """
    mapping = column_maps.parse(columns, constants)

    def read(lines: Lines) -> Iterator[tuple[int, Outcome]]:
        try:
            for row in rows(texts(lines)):
                if isinstance(row, tuple):
                    yield row
                    continue
                mapping.require(row.cells, lines.path)
                yield row.line, _decoded(orjson.dumps(column_maps.record(row.cells, mapping)))
        except Unusable as error:
            yield 1, error

    convert(files, read, as_json)


def _decoded(raw: bytes) -> Outcome:
    try:
        return decode_post(raw) if b'"platform"' in raw else decode_article(raw)
    except Unusable as error:
        return error
