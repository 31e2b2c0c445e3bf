"""`make bench`: what the worker costs against its peers, and what matching costs, as ratios within one run.

Prints tables and, as its last line, one JSON object. `python -m tests.benchmarks --help` says how to measure a part.
"""

import asyncio
import dataclasses
import json
import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from streams.errors import UserError
from tests.benchmarks import compiling, cost, swap
from tests.benchmarks.corpus import read_events, read_posts
from tests.brokers import NoRealBrokerError

Part = dict[str, Any]
"""What a part adds to the JSON object; parts may share its names where their values are objects."""


def compile_rules(console: Console, progress: Progress) -> Part:
    """Compiling all rules."""
    task = progress.add_task("Compiling", total=1)
    compiled = compiling.measure()
    progress.advance(task)
    console.print(
        f"{compiled.events:,} rules compile in {compiled.seconds:.1f} s and {compiled.peak_bytes / 1e6:.0f} MB"
    )
    return {
        "compile_rules": compiled.events,
        "compile_seconds": round(compiled.seconds, 2),
        "peak_memory_bytes": {"compile": compiled.peak_bytes},
    }


def match_rules(console: Console, progress: Progress) -> Part:
    """Matching over the number of rules."""
    task = progress.add_task("Matching", total=cost.ROUNDS)
    posts = read_posts()
    costs = cost.measure(read_events(), posts, lambda: progress.advance(task))
    fewest = cost.RULES[0]
    table = Table("rules", "µs a post", f"against {fewest} rules", "matched")
    for count, each in costs.items():
        table.add_row(f"{count:,}", f"{each.seconds * 1e6:.1f}", f"{each.ratio:.2f}", f"{each.matched:.1%}")
    console.print(table)
    return {
        "ratios": {
            f"rules_{count}_vs_{fewest}": round(each.ratio, 3) for count, each in costs.items() if count != fewest
        },
        "matched_share": {str(count): round(each.matched, 4) for count, each in costs.items()},
        "posts": {"matching": len(posts)},
        "rounds": {"matching": cost.ROUNDS},
    }


def swap_rules(console: Console, progress: Progress) -> Part:
    """Pauses while rules are swapped."""
    task = progress.add_task("Swapping", total=swap.ROUNDS)
    pauses = swap.measure(read_events(), read_posts(), lambda: progress.advance(task))
    table = Table("while", "longest pause of the loop, ms")
    for name, pause in pauses.items():
        table.add_row(name.replace("_", " "), f"{pause * 1_000:.1f}")
    console.print(table)
    return {
        "swap_pause_seconds": {name: round(pause, 4) for name, pause in pauses.items()},
        "rounds": {"swapping": swap.ROUNDS},
    }


def run_stream(
    console: Console, progress: Progress, *, posts: int, rounds: int, contestants: tuple[str, ...], delay: bool
) -> Part:
    """The whole way of a post, against peers."""
    from tests.benchmarks.stream import race

    show = _shown(progress, "Starting Kafka and Redis")
    options = race.Options(posts=posts, rounds=rounds, names=contestants or race.USUAL, delay=delay)
    result = asyncio.run(race.measure(options, show))
    table = Table("", "posts/s", "ours against it", "CPU s a million", "peak MB", "posts/s of each round")
    part: Part = {"rates": {}, "ratios": {}, "cpu_seconds_per_million": {}, "peak_memory_bytes": {}}
    for name, measured in result.rounds.items():
        rate = part["rates"][name] = round(result.median(name, lambda each: each.rate))
        cpu = part["cpu_seconds_per_million"][name] = round(
            result.median(name, lambda each: each.cpu_seconds_per_million), 2
        )
        peak = part["peak_memory_bytes"][name] = round(result.median(name, lambda each: each.peak_bytes))
        ratio = ""
        if name != race.OURS and race.OURS in result.rounds:
            part["ratios"][name] = round(result.ratio(name), 3)
            ratio = f"{result.ratio(name):.2f}"
        each_round = " ".join(f"{each.rate:,.0f}" for each in measured)
        table.add_row(name.replace("_", " "), f"{rate:,}", ratio, f"{cpu:.1f}", f"{peak / 1e6:.0f}", each_round)
    console.print(table)
    console.print(
        f"{posts:,} posts in {result.partitions} partitions, {result.rules:,} rules, {result.matched:.2%} matched "
        f"({result.contributions:,} counts of events); medians of {rounds} rounds"
    )
    if result.delays:
        shown = ", ".join(f"{name} {seconds * 1_000:.0f} ms" for name, seconds in result.delays.items())
        console.print(f"delay at {result.delay_rate:,.0f} posts/s: {shown}")
        part["delay_seconds"] = {name: round(seconds, 4) for name, seconds in result.delays.items()}
    return part | {
        "matched_share": {"stream": round(result.matched, 4)},
        "posts": {"stream": posts},
        "rounds": {"stream": rounds},
    }


def grow(console: Console, progress: Progress, *, posts: int) -> Part:
    """What a post costs the worker as rules and matches grow."""
    from tests.benchmarks.stream import growth

    show = _shown(progress, "Starting Kafka and Redis")
    part: Part = {"growth": {}}
    for name, variants in (("rules", growth.RULES), ("matched share", growth.SHARES)):
        table = Table("rules", "matched", "events in Redis", "posts/s", "CPU s a million", "peak MB")
        rows = part["growth"][name.replace(" ", "_")] = []
        for rules, share in variants:
            grown = asyncio.run(growth.measure(rules, share, posts, show))
            rows.append(dataclasses.asdict(grown))
            table.add_row(
                f"{grown.rules:,}", f"{grown.matched:.2%}", f"{grown.events:,}", f"{grown.rate:,.0f}",
                f"{grown.cpu_seconds_per_million:.1f}", f"{grown.peak_bytes / 1e6:.0f}",
            )  # fmt: skip
        console.print(f"over {name}, {posts:,} posts each")
        console.print(table)
    return part


def run_long(console: Console, progress: Progress, *, posts: int) -> Part:
    """The end of a long stream against its beginning."""
    from tests.benchmarks.stream import growth

    long = asyncio.run(growth.measure_length(posts, _shown(progress, "Starting Kafka and Redis")))
    rate, memory = long.rates[1] / long.rates[0], long.resident[1] / long.resident[0]
    console.print(
        f"{posts:,} posts: the last {growth.STRETCH:,} at {rate:.3f} of the pace of the first, "
        f"with {memory:.3f} of the memory ({long.resident[1] / 1e6:.0f} MB)"
    )
    return {
        "ratios": {"rate_5m_vs_0_5m": round(rate, 3), "memory_5m_vs_0_5m": round(memory, 3)},
        "posts": {"long": posts},
    }


def scale(console: Console, progress: Progress, *, posts: int) -> Part:
    """Several workers in one group."""
    from tests.benchmarks.stream import growth

    table = Table("workers", "posts/s", "against one")
    rates: dict[str, float] = {}
    for workers in growth.WORKERS:
        rate = rates[str(workers)] = asyncio.run(
            growth.measure_workers(workers, posts, _shown(progress, "Starting Kafka and Redis"))
        )
        table.add_row(str(workers), f"{rate:,.0f}", f"{rate / rates['1']:.2f}")
    console.print(table)
    return {"rates_of_workers": {workers: round(rate) for workers, rate in rates.items()}}


def _shown(progress: Progress, title: str) -> Callable[[str, int, int], None]:
    task = progress.add_task(title, total=None)

    def show(title: str, done: int, of: int) -> None:
        progress.update(task, description=title, completed=done, total=of)

    return show


PARTS: dict[str, Callable[[Console, Progress], Part]] = {
    "compile": compile_rules,
    "rules": match_rules,
    "swap": swap_rules,
}
NAMES = (*PARTS, "stream", "long", "growth", "scaling")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Measure this part alone; may be repeated.")
@click.option("--posts", default=500_000, show_default=True, help="stream, growth, scaling: posts in the topic.")
@click.option("--long", "long_posts", default=5_000_000, show_default=True, help="long: posts in the topic.")
@click.option("--rounds", default=3, show_default=True, help="stream: rounds of all contestants.")
@click.option(
    "--contestant",
    "contestants",
    multiple=True,
    help="stream: this one alone (a wrong name lists them); may be repeated.",
)
@click.option("--delay/--no-delay", default=True, help="stream: measure our delay too.")
def main(
    only: tuple[str, ...], posts: int, long_posts: int, rounds: int, contestants: tuple[str, ...], delay: bool
) -> None:
    """Measure, and print tables and a last line of JSON. All of it takes most of an hour."""
    parts = PARTS | {
        "stream": partial(run_stream, posts=posts, rounds=rounds, contestants=contestants, delay=delay),
        "long": partial(run_long, posts=long_posts),
        "growth": partial(grow, posts=posts),
        "scaling": partial(scale, posts=posts),
    }
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # warns of new topics that have no leader yet
    result: Part = {}
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        for name in only or NAMES:
            try:
                found = parts[name](Console(), progress)
            except ModuleNotFoundError as error:
                problem = f"{error.name} is not installed: pip install -c constraints.txt -e '.[bench]'"
                raise click.ClickException(f"{name}: {problem}") from None
            except (NoRealBrokerError, UserError) as error:
                raise click.ClickException(f"{name}: {error}") from None
            for key, value in found.items():
                result[key] = result.get(key, {}) | value if isinstance(value, dict) else value
    print(json.dumps(result))


if __name__ == "__main__":
    main()
