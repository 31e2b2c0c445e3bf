"""`make bench`: what the worker costs against its peers, and what matching costs, as ratios within one run.

Prints tables and, as its last line, one JSON object. `python -m tests.benchmarks --help` says how to measure a part.
"""

import asyncio
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
    try:
        from tests.benchmarks.stream import race
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is not installed: pip install -c constraints.txt -e '.[bench]'") from None

    task = progress.add_task("Starting Kafka and Redis", total=None)

    def show(title: str, done: int, of: int) -> None:
        progress.update(task, description=title, completed=done, total=of)

    options = race.Options(posts=posts, rounds=rounds, names=contestants or race.NAMES, delay=delay)
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


PARTS: dict[str, Callable[[Console, Progress], Part]] = {
    "compile": compile_rules,
    "rules": match_rules,
    "swap": swap_rules,
}
#: First the one whose children count this process while it is small.
NAMES = (*PARTS, "stream")


@click.command()
@click.option("--only", multiple=True, type=click.Choice(NAMES), help="Measure this part alone; may be repeated.")
@click.option("--posts", default=500_000, show_default=True, help="stream: posts in the topic.")
@click.option("--rounds", default=3, show_default=True, help="stream: rounds of all contestants.")
@click.option("--contestant", "contestants", multiple=True, help="stream: this one alone; may be repeated.")
@click.option("--delay/--no-delay", default=True, help="stream: measure our delay too.")
def main(only: tuple[str, ...], posts: int, rounds: int, contestants: tuple[str, ...], delay: bool) -> None:
    """Measure, and print tables and a last line of JSON."""
    parts = PARTS | {"stream": partial(run_stream, posts=posts, rounds=rounds, contestants=contestants, delay=delay)}
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # warns of new topics that have no leader yet
    result: Part = {}
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        for name in only or NAMES:
            try:
                found = parts[name](Console(), progress)
            except (NoRealBrokerError, UserError) as error:
                raise click.ClickException(f"{name}: {error}") from None
            for key, value in found.items():
                result[key] = result.get(key, {}) | value if isinstance(value, dict) else value
    print(json.dumps(result))


if __name__ == "__main__":
    main()
