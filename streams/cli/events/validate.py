"""`tocsin events validate`: event files as they are understood, what their rules cost, and when alerts would ring."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from streams.alerts.conditions import compile_alerts, doubts
from streams.alerts.replay import rings
from streams.cli.events.options import json_option, lists_option, print_json
from streams.cli.progress import progress
from streams.connections import wait_for_kafka
from streams.errors import UserError
from streams.matching import EventDraft, Inflected, RuleReport, check_event, report_event, seal
from streams.scans.recount import standing_posts
from streams.settings import Settings
from streams.tracking.files import draft_of_rule, read_drafts
from streams.trends.audit import Expected

#: Forms of a lemma that are printed.
_SHOWN = 12


@click.command("validate", short_help="Check event files, or one rule, without applying anything.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--rule", help="One rule instead of event files; it is named `rule`.")
@click.option(
    "--replay", is_flag=True, help="Read the log, and say how often each alert would have rung over what it holds."
)
@lists_option
@json_option
def validate(paths: tuple[Path, ...], rule: str | None, replay: bool, lists: Path | None, as_json: bool) -> None:
    """Check event files (or folders of them), or one rule, without applying anything.

    \b
    tocsin events validate rotterdam.yaml
    tocsin events validate --rule 'kursk (lemma:surrender OR offer*)'
    tocsin events validate --replay seeds/events

    Prints each rule in its normal form, as it is understood; how many terms it has, and how many once parts and word
    forms are put in; the share of records that it is true of, as far as that can be told from the frequency of its
    words; for the match rule how often it has to be looked at, and the term that makes it so. Then the forms of each
    lemma (a dozen; all with --json), words derived from it that it does not cover, and warnings.

    With --replay, instead of all this but the warnings: how often each alert would have rung over the posts that Kafka
    still holds, a week's unless set otherwise: every minute is judged as if it were now, by the posts as they stand
    today.
    """
    if (rule is None) == (not paths):
        raise UserError("expected either event files or --rule RULE: `tocsin events validate --help`")
    drafts = read_drafts(paths, lists) if rule is None else [draft_of_rule(rule, lists)]
    checked = [(draft, report_event(draft), _warnings(draft)) for draft in drafts]
    replays = _replayed(drafts) if replay else {}
    if as_json:
        print_json([_checked(*each) | _rings_as_json(replays.get(each[0].id)) for each in checked])
        return
    for draft, rules, warnings in checked:
        click.echo(f"{draft.id}: fine")
        for line in _rings(replays[draft.id]) if replay else _understood(draft, rules):
            click.echo(f"  {line}")
        for warning in warnings:
            click.echo(f"  warning: {warning}")


def _warnings(draft: EventDraft) -> list[str]:
    found = [*check_event(draft), *doubts(draft)]
    if draft.since is not None and draft.since > datetime.now(UTC):
        found.append(f"since: {draft.since:%Y-%m-%dT%H:%M:%SZ} is still to come; nothing from before then counts")
    return found


def _understood(draft: EventDraft, rules: Sequence[RuleReport]) -> Iterator[str]:
    for each in rules:
        yield f"{each.name}: {each.normal}"
        yield f"  {_measures(each)}"
    for key, inflected in sorted(draft.inflected.items()):
        yield f"lemma:{key}: {_inflected(inflected)}"


@dataclass(frozen=True, slots=True)
class _Replay:
    """Alert -> when it would have begun to ring, unix seconds; `hours` of the log that it was tried on."""

    rings: dict[str, list[int]]
    hours: float


def _replayed(drafts: Sequence[EventDraft]) -> dict[str, _Replay]:
    settings = Settings.from_environment()
    now = datetime.now(UTC)
    events = [seal(draft, now) for draft in drafts]

    async def run() -> tuple[dict[str, list[Expected]], int | None]:
        await wait_for_kafka(settings)
        with progress("Reading the log") as told:
            return await standing_posts(settings, events, told)

    posts, began = asyncio.run(run())
    end = int(now.timestamp())
    begin = max(end - settings.retention, end if began is None else began)
    found = {}
    for event in events:
        adds = [(each.at, each.contribution) for each in posts[event.tag]]
        found[event.id] = _Replay(rings(compile_alerts(event), adds, begin, end), (end - begin) / 3_600)
    return found


def _rings(replay: _Replay) -> Iterator[str]:
    if not replay.rings:
        yield "no alerts: docs/alerts.md says how to write one"
    hours = {0: "less than an hour", 1: "the one hour"}.get(round(replay.hours), f"the {replay.hours:.0f} hours")
    for name, times in replay.rings.items():
        often = {0: "not have rung", 1: "have rung once"}.get(len(times), f"have rung {len(times)} times")
        last = f", last at {datetime.fromtimestamp(times[-1], UTC):%Y-%m-%dT%H:%MZ}" if times else ""
        yield f"alert {name}: would {often} in {hours} of the log{last}"


def _rings_as_json(replay: _Replay | None) -> dict[str, Any]:
    if replay is None:
        return {}
    rung = {
        name: [datetime.fromtimestamp(each, UTC).isoformat() for each in times] for name, times in replay.rings.items()
    }
    return {"replay": {"hours": round(replay.hours, 2), "rings": rung}}


def _measures(rule: RuleReport) -> str:
    terms = f"{rule.terms:,} term{'' if rule.terms == 1 else 's'}"
    expanded = f", {rule.expanded:,} with parts and word forms" if rule.expanded != rule.terms else ""
    if rule.cost is None:
        return f"{terms}{expanded}"
    looked_at = f"looked at in {_per_thousand(rule.cost.looked_at)}, mostly for {rule.cost.dearest}"
    return f"{terms}{expanded}; of 1,000 records true of {_per_thousand(rule.share)}, {looked_at}"


def _per_thousand(share: float) -> str:
    return f"about {share * 1000:.0f}" if share >= 0.001 else "fewer than 1"


def _inflected(inflected: Inflected) -> str:
    guessed = " (guessed: no dictionary has the word)" if inflected.guessed else ""
    related = f"; not covered: {', '.join(inflected.related)}" if inflected.related else ""
    more = f" and {len(inflected.forms) - _SHOWN} more" if len(inflected.forms) > _SHOWN else ""
    return f"{', '.join(inflected.forms[:_SHOWN])}{more}{guessed}{related}"


def _checked(draft: EventDraft, rules: list[RuleReport], warnings: list[str]) -> dict[str, Any]:
    lemmas = {
        key: {name: getattr(each, name) for name in ("forms", "guessed", "sources", "related")}
        for key, each in sorted(draft.inflected.items())
    }
    return {"id": draft.id, "rules": rules, "lemmas": lemmas, "warnings": warnings}
