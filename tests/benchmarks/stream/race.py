"""One run of the benchmark: servers, topic, rounds, and what comes out of them."""

import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from streams import topics
from streams.connections import admin
from streams.embedded import Server
from streams.errors import UserError
from streams.matching import Matcher
from streams.settings import Settings
from streams.topics import POSTS
from tests import brokers
from tests.benchmarks.stream import delay, posts, rules
from tests.benchmarks.stream.ours import Ours, client
from tests.benchmarks.stream.watching import BenchmarkError, Measured, watch
from tests.benchmarks.stream.work import Progress, Task, write_rules
from tests.brokers import ROOT

OURS = "ours"
#: Contestants in the order of a round: the module each peer is, and whether it matches.
PEERS = {
    "stock_faust": ("stock_faust", True),
    "stock_faust_by_post": ("stock_faust_by_post", True),
    "quixstreams": ("quix", True),
    "getmany_decode_match": ("limit", True),
    "getmany_decode": ("limit", False),
}
#: One that runs only where it is asked for: it takes long.
ON_REQUEST = "stock_faust_by_post"
#: Those that count in Redis.
COUNTING = ("stock_faust", "stock_faust_by_post", "quixstreams")
#: The file of rules that the peers read.
RULES = "rules"
NAMES = (OURS, *PEERS)
#: Those of a run that names none.
USUAL = tuple(name for name in NAMES if name != ON_REQUEST)

#: Told what goes on, how much of it is done, and how much there is.
Show = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured: posts in the topic, rounds, rules, and the share of posts that any rule matches."""

    posts: int = 500_000
    rounds: int = 3
    rules: int = 10_000
    share: float = 0.05
    names: Sequence[str] = USUAL
    """The contestants, ours among them where ratios or a delay are wanted."""
    delay: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """`rounds` by contestant; `matched`: the share of posts; `contributions`: what they come to in counts of events.

    `delays`: seconds by quantile at `delay_rate` posts a second.
    """

    rounds: Mapping[str, Sequence[Measured]]
    partitions: int
    rules: int
    matched: float
    contributions: int
    delay_rate: float
    delays: Mapping[str, float]

    def median(self, name: str, value: Callable[[Measured], float]) -> float:
        """The median of one contestant's rounds."""
        return statistics.median(value(each) for each in self.rounds[name])

    def ratio(self, name: str) -> float:
        """Our rate over theirs, in the same round; the median of these."""
        pairs = zip(self.rounds[OURS], self.rounds[name], strict=True)
        return statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)


async def measure(options: Options, show: Show) -> Result:
    """Run all contestants in turn, round after round. Raises `UserError`; `NoRealBrokerError` for want of a Kafka."""
    if unknown := set(options.names) - set(NAMES):
        raise UserError(f"no contestant {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    async with course(options.posts, options.rules, options.share, show) as here:
        rounds: dict[str, list[Measured]] = {name: [] for name in options.names}
        for number in range(options.rounds):
            for name, found in rounds.items():
                title = f"Round {number + 1} of {options.rounds}: {name.replace('_', ' ')}"
                count = partial(_count, show, title, options.posts)
                count(0)
                if name == OURS:
                    found.append(await here.ours.measure(options.posts, here.expected, count))
                else:
                    found.append(await _measure_peer(here, name, number, options.posts, count))
        delay_rate, delays = 0.0, {}
        if options.delay and OURS in rounds:
            delay_rate = statistics.median(each.rate for each in rounds[OURS]) / 2
            delays = await delay.measure(
                here.ours, here.sources, options.posts, delay_rate, lambda d, o: show("Delay", d, o)
            )
        return Result(
            rounds, here.settings.partitions, here.rules, here.matched, sum(here.expected.values()), delay_rate, delays
        )


@dataclass(frozen=True, slots=True)
class Course:
    """Servers with rules in force and posts in the topic; `expected` and `matched` are what a plain count says."""

    folder: Path
    settings: Settings
    sources: Sequence[posts.Source]
    ours: Ours
    rules: int
    expected: Mapping[str, int]
    matched: float


@asynccontextmanager
async def course(count: int, rule_count: int, share: float, show: Show) -> AsyncIterator[Course]:
    """`count` posts in a topic of their own, `rule_count` rules in force of which `share` of the posts matches any."""
    with _servers() as (folder, variables):
        settings = Settings.from_environment(variables)
        show("Choosing rules", 0, 1)
        sources = posts.read_sources()
        events = rules.choose(sources[:count], rule_count, share)
        write_rules(folder / RULES, events)
        expected, matched = posts.expected(sources, count, Matcher(events))
        await _prepare(settings)
        ours = Ours(variables, folder)
        await ours.apply(events, lambda n: show("Applying events", n, len(events)))
        loaded = 0

        def load(more: int) -> None:
            nonlocal loaded
            loaded += more
            show("Loading posts", loaded, count)

        await posts.load(settings, sources, count, int(time.time() * 1_000), load)
        yield Course(folder, settings, sources, ours, len(events), expected, matched)


def _count(show: Show, title: str, of: int, done: int) -> None:
    show(title, done, of)


@contextmanager
def _servers() -> Iterator[tuple[Path, dict[str, str]]]:
    """Apache Kafka and Redis in a folder of their own, and the settings that name them."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-", ignore_cleanup_errors=True))
        )
        kafka, redis = brokers.apache_kafka(folder / "kafka"), brokers.redis(folder / "redis")
        for service in (kafka, redis):
            stack.callback(service.kill)
            service.start()
        yield folder, {"TOCSIN_KAFKA": kafka.bootstrap, "TOCSIN_REDIS": redis.url}


async def _prepare(settings: Settings) -> None:
    async with admin(settings) as kafka:
        await topics.create(kafka, settings)
    async with client(settings) as redis:
        # Else Redis rewrites its log in the middle of somebody's run.
        await redis.config_set("auto-aof-rewrite-percentage", 0)


async def _measure_peer(here: Course, name: str, number: int, count: int, show: Callable[[int], None]) -> Measured:
    module, matches = PEERS[name]
    own = here.folder / f"{name}-{number}"
    own.mkdir()
    task = Task(
        kafka=here.settings.kafka,
        redis=here.settings.redis,
        topic=here.settings.topic(POSTS),
        group=own.name,
        posts=count,
        rules=str(here.folder / RULES) if matches else "",
        progress=str(own / "progress"),
    )
    (own / "task").write_bytes(msgspec.json.encode(task))
    progress = Progress(task.progress)

    async def done() -> int:
        return progress.done

    async with client(here.settings) as redis:
        await redis.flushdb()
    command = [sys.executable, "-m", f"tests.benchmarks.stream.{module}", str(own / "task")]
    server = Server(name, command, own, 0, lambda _: True, {"PYTHONPATH": str(ROOT)})
    server.launch()
    try:
        measured = await watch(server, done, count, show)
    finally:
        server.kill()
    if name in COUNTING:
        await _check_counts(name, here.settings, here.expected)
    return measured


async def _check_counts(name: str, settings: Settings, expected: Mapping[str, int]) -> None:
    """Raise `BenchmarkError` where a peer counted something else than the log says: it did not do the work."""
    counted: dict[str, int] = {}
    async with client(settings) as redis:
        async for key in redis.scan_iter(match="count:*", count=5_000):
            counted[key.decode().partition(":")[2]] = sum(map(int, await redis.hvals(key)))
    if counted != dict(expected):
        raise BenchmarkError(
            f"{name} counted {sum(counted.values())} posts on {len(counted)} events, "
            f"the log says {sum(expected.values())} on {len(expected)}"
        )
