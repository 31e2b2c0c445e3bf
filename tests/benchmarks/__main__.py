"""`make bench`: what matching costs, as ratios within one run; tables, and as its last line one JSON object."""

import json
import sys

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.benchmarks import compiling, cost, swap
from tests.benchmarks.corpus import read_events, read_posts


def main() -> None:
    """Measure and print."""
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Compiling", total=1 + cost.ROUNDS + swap.ROUNDS)
        compiled = compiling.measure()
        progress.update(task, advance=1, description="Matching")
        events, posts = read_events(), read_posts()
        costs = cost.measure(events, posts, lambda: progress.advance(task))
        progress.update(task, description="Swapping")
        pauses = swap.measure(events, posts, lambda: progress.advance(task))
    fewest = cost.RULES[0]
    console = Console()
    table = Table("rules", "µs a post", f"against {fewest} rules", "matched")
    for count, each in costs.items():
        table.add_row(f"{count:,}", f"{each.seconds * 1e6:.1f}", f"{each.ratio:.2f}", f"{each.matched:.1%}")
    console.print(table)
    console.print(
        f"{compiled.events:,} rules compile in {compiled.seconds:.1f} s and {compiled.peak_bytes / 1e6:.0f} MB"
    )
    table = Table("while", "longest pause of the loop, ms")
    for name, pause in pauses.items():
        table.add_row(name.replace("_", " "), f"{pause * 1_000:.1f}")
    console.print(table)
    ratios = {f"rules_{count}_vs_{fewest}": round(each.ratio, 3) for count, each in costs.items() if count != fewest}
    result = {
        "ratios": ratios,
        "matched_share": {str(count): round(each.matched, 4) for count, each in costs.items()},
        "compile_rules": compiled.events,
        "compile_seconds": round(compiled.seconds, 2),
        "peak_memory_bytes": compiled.peak_bytes,
        "swap_pause_seconds": {name: round(pause, 4) for name, pause in pauses.items()},
        "posts": len(posts),
        "rounds": {"matching": cost.ROUNDS, "swapping": swap.ROUNDS},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
