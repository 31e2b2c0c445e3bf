"""What others keep to break programs with goes through a real worker: nothing stops it, nothing is lost silently.

JSONTestSuite's documents, as records and inside of posts; the Big List of Naughty Strings as texts, authors, languages,
links and identifiers; X's own stream with its errors and torn lines. Each record is counted or a dead letter, never
both, never neither; good posts lie between them.
"""

import asyncio
import base64
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streams.connections import producer
from tests.brokers import ROOT, Kafka, Redis
from tests.integration.log import topic
from tests.integration.system import System

DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(not (DATA / "json-testsuite").is_dir(), reason="the outside data is not here"),
]

#: A good post among every so many others.
SPACING = 5


@dataclass(frozen=True)
class Sent:
    """A record, and whether it must be counted (True), must be refused (False) or may be either (None)."""

    name: str
    key: str
    value: bytes
    counted: bool | None


def post(number: str, text: str = "hello", **more: Any) -> bytes:
    whole = {"platform": "x", "id": number, "op": "create", "version": 0, "author": {"id": "7", "handle": "ada"}}
    return json.dumps(whole | {"text": text} | more, ensure_ascii=bool(len(text) % 2)).encode()


def json_documents() -> Iterator[Sent]:
    """Each document as a record (none is a post) and as a field of a post, which is one where the document is JSON."""
    head, tail = post("{}")[:-1].rsplit(b"{}", 1)
    with tarfile.open(DATA / "json-testsuite" / "json-testsuite.tar.xz") as archive:
        for member in archive.getmembers():
            name = Path(member.name).name
            if not member.isfile() or not name.endswith(".json"):
                continue
            file = archive.extractfile(member)
            assert file is not None
            document = file.read()
            yield Sent(name, f"x:{name}", document, False)
            inside = b'%s%s/in%s,"unknown":%s}' % (head, name.encode(), tail, document)
            # U+0000, which JSON allows, is refused by us wherever it stands; i_ and transforms are left open by JSON.
            decided = {"y_": _is_usable(document), "n_": False}
            yield Sent(f"{name} inside", f"x:{name}/in", inside, decided.get(name[:2]))


def _is_usable(document: bytes) -> bool:
    try:
        return "\\x00" not in repr(json.loads(document))
    except (ValueError, RecursionError):
        return False


def naughty_strings() -> Iterator[Sent]:
    """Each string wherever a user of a platform can put one."""
    lines = json.loads((DATA / "blns" / "blns.json").read_text(encoding="utf-8"))
    for number, line in enumerate(lines):
        usable = "\0" not in line
        for name, value in (
            ("text", post(f"{number}-text", f"{line} hello")),
            ("author", post(f"{number}-author", author={"id": line or "7", "handle": line or "ada", "name": line})),
            ("fields", post(f"{number}-fields", lang=line, source=line, hashtags=[line], links=[{"url": line}])),
        ):
            yield Sent(f"string {number} as {name}", f"x:{number}-{name}", value, usable)
        identifier = f"{number}-{line}"
        yield Sent(f"string {number} as id", f"x:{identifier}", post(identifier), usable)
        yield Sent(f"string {number} bare", f"x:{number}-bare", line.encode(), False)


def stream_lines() -> Iterator[Sent]:
    """X's stream as it came, keep-alives and errors among it; each line once whole and once torn."""
    for path in sorted((DATA / "x-v2-fixtures" / "twarc-csv").glob("*stream*.jsonl")):
        for number, line in enumerate(path.read_bytes().split(b"\n")):
            for part, value in (("whole", line), ("torn", line[: len(line) // 2])):
                yield Sent(f"{path.name}:{number} {part}", f"x:{path.name}-{number}-{part}", value, False)


async def send(system: System, records: list[Sent]) -> dict[str, Sent]:
    """Send records, a good post between every few; the place of each in the log -> the record."""
    topic = system.settings.topic("posts")
    mixed: list[Sent] = []
    for number, each in enumerate(records):
        mixed.append(each)
        if number % SPACING == 0:
            mixed.append(Sent(f"good {number}", f"x:good-{number}", post(f"good-{number}"), True))
    async with producer(system.settings) as sender:
        confirmed = [await sender.send(topic, each.value, key=each.key.encode()) for each in mixed]
        places = await asyncio.gather(*confirmed)
    return {f"{topic}/{at.partition}/{at.offset}": each for at, each in zip(places, mixed, strict=True)}


async def read(system: System, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Every record of a topic: key and JSON."""
    return [((each.key or b"").decode(), json.loads(each.value)) for each in await topic(system.settings, name)]


async def test_each_is_counted_or_a_dead_letter(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> None:
    system = System(kafka, redis_server, prefix, tmp_path)
    system.create_topics()
    (tmp_path / "greeting.yaml").write_text("id: greeting\ntitle: Greeting\nmatch: |\n  hello\n", encoding="utf-8")
    system.tocsin("events", "apply", str(tmp_path / "greeting.yaml"))
    records = [*json_documents(), *naughty_strings(), *stream_lines()]
    assert len(records) > 3_000
    sent = await send(system, records)
    with system.worker() as worker:
        report = system.recounts("greeting")["greeting"]
        assert worker.poll() is None
    letters = await read(system, "dead-letters")
    matches = await read(system, "matches")
    assert "Traceback" not in (tmp_path / "worker.log").read_text(encoding="utf-8")

    refused = {place for place, _ in letters}
    counted = {f"{match['topic']}/{match['partition']}/{match['offset']}" for _, match in matches}
    assert len(letters) == len(refused), "a dead letter was written twice"
    assert not refused & counted
    assert [sent[place].name for place in sent.keys() - refused - counted] == []
    assert refused | counted == sent.keys()
    assert [sent[place].name for place in counted if sent[place].counted is False] == []
    assert [sent[place].name for place in refused if sent[place].counted is True] == []
    for place, letter in letters:
        assert base64.b64decode(letter["raw"]) == sent[place].value
    assert report["equal"]
    assert report["posts"] == len(counted)
