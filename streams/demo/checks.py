"""What the demo proves at its end: the counts equal a recount, the matches the sample's truth, /metrics the windows.

Reads what everybody can read: the log, Redis and /metrics. Who watches may track events and feed posts of their own:
the recount takes these in, the truth is of the sample alone.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence

import aiohttp
import msgspec
from aiokafka import TopicPartition
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from schemas import DeadLetter, TrackedEvent
from streams.connections import RedisLink, batches, held, reader
from streams.demo.sample import Meaning, Sample, Truth
from streams.ingest.files import Summary
from streams.ingest.records import examine
from streams.scans.recount import Report, recount
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from streams.tracking.topic import read_tracked
from streams.trends import WINDOWS, Windows, digest, unpack_cell
from streams.trends.keys import Keys

HOUR = 3_600
#: Seconds that the worker may take to finish what was replayed.
PATIENCE = 120.0
#: Seconds for /metrics to agree with the windows, which move every ten seconds and are cached for five: as many
#: looks as it takes, also where each takes a busy machine seconds.
METRICS_LIMIT = 60.0


class Result(msgspec.Struct, frozen=True):
    """The demo's outcome: what was fed, what the ledger did with it, what became dead letters, and the three proofs."""

    posts: int
    articles: int
    matched: int
    retracted: int
    dead_letters: int
    recount_equal: bool
    truth_equal: bool
    metrics_ok: bool
    seconds: float


class Outcome(msgspec.Struct, frozen=True):
    """A result, how many posts the recount compared, and one line on each thing that isn't as it ought to be.

    `own`: how many of the events compared are not the demo's, but of who watches it.
    """

    result: Result
    compared: int
    troubles: tuple[str, ...]
    own: int = 0


async def check(
    settings: Settings, sample: Sample, seeds: Collection[str], fed: Summary, url: str, started: float
) -> Outcome:
    """Wait until all that was fed is counted, and check it.

    `seeds`: the tags of the sample's events, as the demo applied them. `started`: when it began (monotonic clock).
    """
    reports = await recount(settings, [], patience=PATIENCE)
    events = [report.event for report in reports]
    # One that was changed or removed since has another truth; one that is tracked and yet not served has to show.
    unchanged = {event.id for event in (await read_tracked(settings)).values() if event.tag in seeds}
    served = [event for event in events if event.tag in seeds]
    link = RedisLink(settings)
    try:
        found = await _standing(link, settings, served)
        windows = Windows(link.client, settings)
        changes = await windows.changes([event.tag for event in served])
        metrics = await _check_metrics(f"{url}/metrics", windows, events)
    finally:
        await link.close()
    letters = len(refused(sample, await _dead_letters(settings)))
    differing = differences(sample.truth, found, unchanged)
    result = Result(
        posts=fed.posts + fed.bad,
        articles=fed.articles,
        matched=sum(added for added, _ in changes.values()),
        retracted=sum(removed for _, removed in changes.values()),
        dead_letters=letters,
        recount_equal=bool(reports) and all(report.equal for report in reports),
        truth_equal=not differing,
        metrics_ok=metrics is None,
        seconds=round(time.monotonic() - started, 1),
    )
    troubles = [*_unequal(reports), *differing[:3], *filter(None, (metrics,))]
    if letters != len(sample.planted):
        troubles.append(f"{letters} dead letters, expected {len(sample.planted)}")
    if fed.sent != sample.records:
        troubles.append(f"{fed.sent} records fed, expected {sample.records}")
    compared = sum(report.posts for report in reports)
    return Outcome(result, compared, tuple(troubles), own=len(events) - len(served))


def _unequal(reports: Sequence[Report]) -> list[str]:
    return [
        f"{report.event.id}: Redis and a recount of the log differ in {len(report.differences)} places, first "
        f"{report.differences[0].key} {report.differences[0].field}"
        for report in reports
        if not report.equal
    ]


async def _standing(
    link: RedisLink, settings: Settings, events: Sequence[TrackedEvent]
) -> dict[bytes, dict[str, Meaning]]:
    """What stands in Redis' ledger, as the sample's truth says it; a post that stands twice gets a made-up event."""
    keys, this = Keys(settings.prefix), int(time.time()) // HOUR
    found: dict[bytes, dict[str, Meaning]] = {}
    for event in events:
        for hour in range(this - 4, this + 2):
            cells: dict[bytes, bytes] = await link.client.hgetall(keys.event(event.tag, f"ledger:{hour}"))  # type: ignore[assignment]
            for post, packed in cells.items():
                said = unpack_cell(packed).contribution
                if said is not None:
                    meanings = found.setdefault(post, {})
                    name = f"{event.id} twice" if event.id in meanings else event.id
                    meanings[name] = (tuple(sorted(said.claims)), tuple(sorted(said.groups)))
    return found


def differences(truth: Truth, found: Truth, events: Collection[str]) -> list[str]:
    """A line on each post of the truth that stands otherwise in one of these events. All other posts are nobody's."""
    lines = []
    for post, meanings in truth.items():
        expected = {event: meaning for event, meaning in meanings.items() if event in events}
        # By the first word, for `_standing` makes up "EVENT twice".
        stands = {name: meaning for name, meaning in found.get(post, {}).items() if name.split()[0] in events}
        if expected != stands:
            lines.append(f"post {post.hex()}: expected {expected}, found {stands}")
    return lines


def refused(sample: Sample, raws: Iterable[bytes]) -> set[bytes]:
    """Those of the refused records that are the sample's: planted, or a good one that ought not to be there."""
    return {raw for raw in raws if raw in sample.planted or _is_good(sample, raw)}


def _is_good(sample: Sample, raw: bytes) -> bool:
    record = examine(raw, None, "posts", 0)
    return record.trouble is None and record.key is not None and digest(record.key.decode()) in sample.truth


async def _dead_letters(settings: Settings) -> set[bytes]:
    """The different records that were refused; a dead letter may be written twice."""
    partition = TopicPartition(settings.topic(DEAD_LETTERS), 0)
    raws: set[bytes] = set()
    async with reader(settings) as consumer:
        async for _, records in batches(consumer, await held(consumer, [partition])):
            raws.update(msgspec.json.decode(record.value, type=DeadLetter).raw for record in records)
    return raws


async def _check_metrics(url: str, windows: Windows, events: Collection[TrackedEvent]) -> str | None:
    """None where /metrics parses, says that it is whole, and shows the windows' counts; else what is wrong."""
    deadline = time.monotonic() + METRICS_LIMIT
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        while True:
            trouble = await _compare_metrics(session, url, windows, events)
            if trouble is None or time.monotonic() > deadline:
                return trouble
            await asyncio.sleep(0.3)


async def _compare_metrics(
    session: aiohttp.ClientSession, url: str, windows: Windows, events: Collection[TrackedEvent]
) -> str | None:
    before = await _posts(windows, events)
    try:
        async with session.get(url) as response:
            text, is_open = await response.text(), "openmetrics" in response.content_type
        samples = {
            (sample.name, sample.labels.get("event"), sample.labels.get("window")): sample.value
            for family in _families(text, is_open)
            for sample in family.samples
        }
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return f"{url} cannot be read: {' '.join(str(error).split()) or type(error).__name__}"
    after = await _posts(windows, events)
    if samples.get(("tocsin_scrape_ok", None, None)) != 1:
        return f"{url} says that it is not whole: tocsin_scrape_ok is not 1"
    for event, window in before:
        shown = samples.get(("tocsin_event_posts", event, window))
        if shown not in (before[event, window], after[event, window]):
            return f"{url}: tocsin_event_posts of {event} {window} is {shown}, Redis says {after[event, window]}"
    return None


def _families(text: str, is_open: bool) -> list[Metric]:
    parse: Callable[[str], Iterable[Metric]] = parse_openmetrics if is_open else parse_text
    return list(parse(text))


async def _posts(windows: Windows, events: Collection[TrackedEvent]) -> dict[tuple[str, str], int]:
    counts = await windows.many([event.tag for event in events])
    return {(event.id, window): counts[event.tag][window].get("all", 0) for event in events for window in WINDOWS}
