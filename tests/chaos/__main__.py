"""`python -m tests.chaos`, which `make chaos` calls."""

import asyncio
import logging
import sys
import tempfile
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.brokers import NoRealBrokerError
from tests.chaos.run import Outcome, Run

#: Records a second of the planned time, in round figures, where no number is given.
RATE = 500


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--seconds", default=600, show_default=True, help="How long records are fed and things break.")
@click.option(
    "--seed", default=1, show_default=True, help="What is fed and what breaks when; the same again replays it."
)
@click.option("--records", type=int, help=f"How many records are fed.  [default: {RATE} for each second]")
@click.option("--cluster", is_flag=True, help="On three brokers and a Redis Cluster with replicas, whose nodes break.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep logs and data in this new folder.")
def main(seconds: int, seed: int, records: int | None, cluster: bool, keep: Path | None) -> None:
    """Break everything while records flow, then count the log anew and compare every number.

    Starts an Apache Kafka, a redis-server and workers of its own; feeds them posts and articles that are created,
    edited, deleted, sent twice, late or broken; kills workers, Kafka and Redis, makes Redis forget, slow, full and
    read-only, and cuts connections. Afterwards every bucket, author and text of every event has to be what a plain
    recount of the log says, every bad record a dead letter, and every match told.

    The last line says what happened; all zeros, or exit code 1. A table before it lists every fault. The seed decides
    feed and faults; how the system meets them is never twice the same.

    \b
      make chaos SECONDS=600 SEED=7
      make chaos SECONDS=600 SEED=4 CLUSTER=1
      python -m tests.chaos --seconds 80 --records 20000 --keep /tmp/chaos
    """
    logging.disable(logging.ERROR)  # clients say much while their server is away
    count = records or RATE * seconds
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as temporary:
        folder = keep or Path(temporary) / "run"
        with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("", total=1.0)

            def progress(what: str, share: float) -> None:
                bar.update(task, description=what, completed=share)

            try:
                outcome = asyncio.run(Run(folder, seed, seconds, count, progress, cluster).run())
            except NoRealBrokerError as reason:
                raise click.ClickException(
                    f"{reason}; it takes Apache Kafka (Java, Maven) and redis-server 7"
                ) from None
        report(outcome)
    sys.exit(0 if outcome.clean else 1)


def report(outcome: Outcome) -> None:
    """Print the table of faults, what else was measured, what is wrong, and the last line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("fault", "times", "what was seen until the next one"):
        table.add_column(heading)
    for fault, times in sorted(outcome.record.times.items()):
        seen = sorted(outcome.record.seen.get(fault, Counter()).items())
        table.add_row(fault.value, str(times), ", ".join(f"{what} {n:,}" for what, n in seen))
    for point, times in sorted(outcome.supervisor.points.items()):
        table.add_row(f"worker: SIGKILL with the {point.value}", str(times), "")
    Console(width=160, soft_wrap=True).print(table)
    click.echo("")
    click.echo("; ".join(f"{name}: {number:,}" for name, number in outcome.facts.items()))
    verdict = outcome.verdict
    for line in verdict.lines:
        click.echo(line)
    s = outcome.supervisor
    click.echo(
        f"kills {s.kills} restarts {s.restarts} rebalances {s.rebalances} records {outcome.facts['records']} "
        f"mismatches {verdict.mismatches} lost {verdict.lost} duplicated {verdict.duplicated} seed {outcome.seed}"
    )


if __name__ == "__main__":
    main()
