"""The words are held to the code: examples are run, tables compared, commands, settings, files and links looked up.

`python -m tests.unit.test_docs` writes the tables of docs/operations.md that are made from the code.
"""

import asyncio
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from prometheus_client import Metric
from prometheus_client.metrics import MetricWrapperBase

from schemas import AlertRule, Article, Connector, Post, TrackedEvent
from schemas.codec import decode_article, decode_post
from schemas.dead_letter import Reason
from streams import cli, topics
from streams.ingest import frame
from streams.ingest.producing import Measures
from streams.lemmas import inflect
from streams.matching import (
    EventDraft,
    EventFileError,
    Matcher,
    RuleError,
    check_event,
    expand,
    limits,
    load_event,
    seal,
)
from streams.settings import Duration, Settings, spell_duration, variable
from streams.trends.judgements import Judgement
from streams.web.app import build
from streams.web.exposition import Exposition, Reading, Snapshot
from streams.worker.metrics import Metrics
from tests.brokers import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.glob("*.md")])
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
RULES, OPERATIONS, README = (TEXTS[DOCS / "rules.md"], TEXTS[DOCS / "operations.md"], TEXTS[ROOT / "README.md"])
NOW = datetime(2025, 3, 14, tzinfo=UTC)
_ALERT = AlertRule("a", "count > 1")

Row = tuple[str, ...]


def tables(text: str, *heading: str) -> Iterator[Row]:
    """The rows of every table with these column names, cells without their backticks."""
    wanted = f"| {' | '.join(heading)} |\n"
    for found in re.finditer(re.escape(wanted) + r"\|[-|]+\|\n((?:\|.*\|\n)+)", text):
        for line in found[1].splitlines():
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            yield tuple(cell[1:-1] if re.fullmatch(r"`[^`]*`", cell) else cell for cell in cells)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def record(cell: str) -> Post | Article:
    """The post of a text, or the record of the fields in braces."""
    given: dict[str, Any] = orjson.loads(cell) if cell.startswith("{") else {"text": cell}
    if given.keys() & {"outlet", "title"}:
        article = {
            "url": "https://a.example/1",
            "op": "create",
            "version": 0,
            "title": "",
            "outlet": {"domain": "a.ex"},
        }
        found = decode_article(orjson.dumps(article | given))
        assert isinstance(found, Article)
        return found
    author = {"id": "1", "handle": "someone"} | given.pop("author", {})
    post = {"platform": "x", "id": "1", "op": "create", "version": 0, "text": "", "author": author}
    made = decode_post(orjson.dumps(post | given))
    assert isinstance(made, Post)
    return made


def event(rule: str) -> TrackedEvent:
    return seal(EventDraft("rule", "rule", rule, inflected=expand({"match": rule}, inflect)), NOW)


EXAMPLES = list(tables(RULES, "rule", "matches", "does not match"))


@pytest.mark.parametrize(("rule", "yes", "no"), EXAMPLES, ids=[rule for rule, _, _ in EXAMPLES])
def test_a_rule_matches_what_the_page_says(rule: str, yes: str, no: str) -> None:
    matcher = Matcher([event(rule)])
    assert (bool(matcher.match(record(yes))), bool(matcher.match(record(no)))) == (True, False)


@pytest.mark.parametrize(("rule", "message"), list(tables(RULES, "rule", "error")))
def test_an_error_reads_as_the_page_says(rule: str, message: str) -> None:
    with pytest.raises(RuleError) as found:
        check_event(event(rule))
    assert f"column {found.value.column}: {found.value.problem}" == message


def test_event_files_mean_what_the_page_says() -> None:
    whole, *broken = [block for block in blocks(RULES, "yaml") if block.startswith("id:")]
    matcher = Matcher([seal(load_event(whole, "event.yaml", {}, inflect), NOW)])
    rows = list(tables(RULES, "text", "claims", "groups"))
    assert rows
    for text, claims, groups in rows:
        (hit,) = matcher.match(record(text))
        assert (", ".join(hit.claims) or "none", ", ".join(hit.groups)) == (claims, groups)
    assert broken
    for file in broken:
        told = " ".join(line.removeprefix("# ") for line in file.splitlines() if line.startswith("# "))
        with pytest.raises(EventFileError) as found:
            load_event(file, "event.yaml", {}, inflect)
        assert str(found.value) == told


def test_the_limits_are_those_of_the_code() -> None:
    told = [int(most.replace(",", "")) for _, most in tables(RULES, "what", "at most")]
    assert told == [
        limits.CHARACTERS, limits.TERMS, limits.EXPANDED_TERMS, limits.DEPTH, limits.EXPANDED_DEPTH, limits.DISTANCE,
        limits.NEAR_ARGUMENTS, limits.WEIGHT, limits.PREFIX,
    ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_offline_matching_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """`tocsin match` in console blocks, on the event file and the posts of the page."""
    text = TEXTS[page]
    for name in re.findall(r"`(\w+\.yaml)`:\n\n```yaml", text):
        (tmp_path / name).write_text(blocks(text, "yaml")[0], encoding="utf-8")
    for name, content in re.findall(r"\$ cat (\w+\.ndjson)\n((?:\{.*\n)+)", text):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for line, expected in re.findall(r"\$ tocsin match --events (\w+\.yaml \w+\.ndjson)\n((?:\{.*\n)+)", text):
        yaml, ndjson = (str(tmp_path / name) for name in line.split())
        assert run("match", "--events", yaml, ndjson) == expected
    for line, expected in re.findall(r"\$ tocsin events validate (\w+\.yaml)\n((?:[^$`].*\n)+)", text):
        assert run("events", "validate", str(tmp_path / line)) == expected
    for rule, expected in re.findall(r"\$ tocsin events validate --rule '(.*)'\n((?:[^$`].*\n)+)", text):
        assert run("events", "validate", "--rule", rule) == expected
    for given, rule, expected in re.findall(r"\$ echo '(.*)' \|\n +tocsin match --rule '(.*)' -\n((?:\{.*\n)+)", text):
        (tmp_path / "given").write_text(given, encoding="utf-8")
        assert run("match", "--rule", rule, str(tmp_path / "given")) == expected


def run(*arguments: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(cli.root, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_readmes_event_and_posts_are_there() -> None:
    """What the test above would pass over silently."""
    assert "$ tocsin match --events rotterdam.yaml posts.ndjson\n{" in README
    assert "$ cat posts.ndjson\n{" in README
    assert "$ tocsin events validate rotterdam.yaml\nrotterdam" in README
    assert "$ tocsin events validate --rule 'kursk (lemma:surrender OR offer*)'\nrule: fine" in RULES


def settings_table() -> str:
    """Every setting, as docs/operations.md has it."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for each in fields(Settings):
        value = spell_duration(each.default) if isinstance(each.default, Duration) else each.default
        secret = " (secret)" if each.metadata["secret"] else ""
        lines.append(
            f"| `{variable(each)}` | {f'`{value}`' if value != '' else 'none'} | {each.metadata['help']}{secret} |"
        )
    return "\n".join(lines)


def topics_table() -> str:
    """Every topic with its settings, as docs/operations.md has it."""
    lines = ["| topic | partitions | cleanup | retention.ms |", "|---|---|---|---|"]
    for each in topics.wanted(Settings()):
        config = each.config
        lines.append(
            f"| `{each.name}` | {each.partitions} | {config['cleanup.policy']} | {config.get('retention.ms', 'none')} |"
        )
    return "\n".join(lines)


def metrics_table(collected: Mapping[str, tuple[str, ...]], families: list[Metric]) -> str:
    """Metrics with type, labels and help."""
    lines = ["| metric | type | labels | meaning |", "|---|---|---|---|"]
    for each in families:
        name = f"{each.name}_total" if each.type == "counter" else each.name
        labels = ", ".join(f"`{label}`" for label in collected.get(each.name, ())) or "none"
        lines.append(f"| `{name}` | {each.type} | {labels} | {each.documentation} |")
    return "\n".join(lines)


def worker_metrics_table() -> str:
    """What a worker measures of itself."""
    registry = Metrics().registry
    return metrics_table(_labels(registry), list(registry.collect()))


def ingest_metrics_table() -> str:
    """What `serve` measures of what it sends."""
    registry = Measures().registry
    return metrics_table(_labels(registry), list(registry.collect()))


def connector_metrics_table() -> str:
    """What a connector measures of itself."""
    registry = frame.Metrics("name").registry
    return metrics_table(_labels(registry), list(registry.collect()))


def trends_metrics_table() -> str:
    """What `serve` exposes of trends."""
    one = Reading(
        event=seal(EventDraft("e", "e", "kursk", claims={"c": "a"}, groups={"g": "a"}, alerts=(_ALERT,)), NOW),
        windows={"1m": {"all": 1, "platform:x": 1, "lang:en": 1, "claim_group:c/g": 1}},
        people={("authors", "1h"): 1, ("texts", "1h"): 1},
        matched=1,
        retracted=0,
        judgement=Judgement(0, 0, 0.5, 0, 3, 0.0, 0.0),
        voices={"1h": 1},
        top_authors={"1h": 1.0},
    )
    connectors = [Connector("c", "p", NOW)]
    families = list(Exposition(Snapshot([one], connectors, 0, 1, 2), 1_000).collect())
    return metrics_table({each.name: tuple(each.samples[0].labels) for each in families}, families)


def _labels(registry: Any) -> dict[str, tuple[str, ...]]:
    wrappers = [each for each in registry._collector_to_names if isinstance(each, MetricWrapperBase)]
    return {each._name: tuple(each._labelnames) for each in wrappers}


GENERATED = {
    "settings": settings_table,
    "topics": topics_table,
    "worker metrics": worker_metrics_table,
    "trends metrics": trends_metrics_table,
    "ingest metrics": ingest_metrics_table,
    "connector metrics": connector_metrics_table,
}


def between(name: str) -> re.Pattern[str]:
    """The place of a generated table."""
    return re.compile(rf"(<!-- {name} -->\n\n)(.*?)(\n\n<!-- end -->)", re.DOTALL)


@pytest.mark.parametrize("name", GENERATED)
def test_a_table_says_what_the_code_does(name: str) -> None:
    found = between(name).search(OPERATIONS)
    assert found, f"docs/operations.md has no table of {name}"
    assert found[2] == GENERATED[name](), "write it anew: python -m tests.unit.test_docs"


def test_every_reason_of_a_dead_letter_is_explained() -> None:
    assert [reason for reason, _ in tables(OPERATIONS, "reason", "what it means")] == [each.value for each in Reason]


def test_every_path_that_serve_answers_is_listed() -> None:
    routes = {
        f"{route.method} {route.resource.canonical}"
        for route in asyncio.run(_routes())
        if route.method != "HEAD" and route.resource is not None
    }
    listed = {path for path, _ in tables(OPERATIONS, "path", "answer")}
    assert listed == routes


async def _routes() -> list[Any]:
    return list(build(Settings()).router.routes())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_settings_metrics_files_and_links_exist(page: Path) -> None:
    text = TEXTS[page]
    known = {variable(each) for each in fields(Settings)}
    for name in re.findall(r"\bTOCSIN_[A-Z_]+\b", text):
        assert name in known or name.removesuffix("_FILE") in known or name.startswith("TOCSIN_FAUST_"), name
    for line in re.findall(r"(?:\$ |`)tocsin ((?:[a-z]+ ?)+)", text):
        _require_command(line.split())
    named = set(re.findall(r"^\| `(tocsin_\w+)`", OPERATIONS, re.MULTILINE))
    for name in re.findall(r"\btocsin_(?:event|worker|ingest|scrape|series|redis)\w+", text):
        assert re.sub(r"_(bucket|sum|count)$", "", name) in named, name
    for target in re.findall(r"\]\(([^)#:]*)(?:#[^)]*)?\)", text):
        assert not target or (page.parent / target).exists(), target
    for path in re.findall(r"`((?:streams|schemas|seeds|tests|docs)/[\w./-]*)`", text):
        assert (ROOT / path).exists(), path
    for anchor_page, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", text):
        assert anchor in _anchors((page.parent / anchor_page) if anchor_page else page), anchor


def _require_command(words: list[str]) -> None:
    name, *more = words
    assert name in cli.COMMANDS, f"tocsin {name}"
    command = cli.root.get_command(None, name)  # type: ignore[arg-type]
    subcommands = getattr(command, "commands", {})
    assert not more or not subcommands or more[0] in subcommands, f"tocsin {name} {more[0]}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_picture_is_well_formed() -> None:
    from xml.etree import ElementTree

    assert ElementTree.parse(DOCS / "flow.svg").getroot().tag.endswith("svg")


def write_tables() -> None:
    """Write the generated tables of docs/operations.md anew."""
    path = DOCS / "operations.md"
    text = path.read_text(encoding="utf-8")
    for name, make in GENERATED.items():
        found = between(name).search(text)
        assert found, name
        text = text[: found.start(2)] + make() + text[found.end(2) :]
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_tables()
