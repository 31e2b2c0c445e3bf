"""The dashboard *Events*: what is moving now, in one table, and which alerts fire."""

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.builders.table import Panel

from grafana.panels import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    change,
    curves,
    field,
    laid,
    links_to_event,
    listing,
    new,
    number,
    query,
    rows,
)

#: The ten events with most posts in the last hour of what is shown, the same ones over the whole of it.
TEN = 'topk(10, max by (event) (tocsin_event_posts{window="1h"} @ end()))'
#: Columns of the table: heading, what is asked, how it is shown.
COLUMNS = (
    ("5 min", 'max by (event) (tocsin_event_posts{window="5m"})'),
    ("1 h", 'max by (event) (tocsin_event_posts{window="1h"})'),
    ("24 h", 'max by (event) (tocsin_event_posts{window="24h"})'),
    ("burst score", "max by (event) (tocsin_event_burst_score)"),
    ("authors 24 h", 'max by (event) (tocsin_event_authors{window="24h"})'),
    ("texts 24 h", 'max by (event) (tocsin_event_texts{window="24h"})'),
    ("voices 24 h", 'max by (event) (tocsin_event_voices{window="24h"})'),
)


def dashboard() -> Dashboard:
    """The dashboard."""
    made = new("Events", "What is moving now among all tracked events. An event's name leads to its own dashboard.")
    made = laid(
        made,
        number(
            "Events",
            "Tracked events that are shown.",
            "short",
            'count(max by (event) (tocsin_event_posts{window="1h"}))',
        ),
        number(
            "Posts in the last hour",
            "Posts and articles of all events in the last hour; one that belongs to two events counts twice.",
            "short",
            'sum(max by (event) (tocsin_event_posts{window="1h"}))',
        ),
        number(
            "Events in a burst",
            "Events whose burst score is 4 or more: chance does that to one hour in ten thousand.",
            "short",
            "count(max by (event) (tocsin_event_burst_score) >= 4) or vector(0)",
            ((None, GREEN), (1, AMBER)),
        ),
        number(
            "Alerts firing",
            "Alerts of tracked events that fire now. They ring through webhooks, not through Alertmanager.",
            "short",
            "sum(max by (event, alert) (tocsin_alert_firing)) or vector(0)",
            ((None, GREEN), (1, RED)),
        ),
        number(
            "Connectors blind",
            "Connectors that do not see their platform. What they miss meanwhile is missing, not zero.",
            "short",
            "sum(max by (connector, platform) (tocsin_connector_blind)) or vector(0)",
            ((None, GREEN), (1, RED)),
        ),
        number(
            "Numbers are fresh",
            "1: serve has them from Redis. 0: Redis does not answer, and no number is shown. None: serve is away.",
            "short",
            "min(tocsin_scrape_ok)",
            ((None, RED), (1, GREEN)),
        ),
        _moving(),
        curves(
            "The ten busiest",
            "Posts of the last five minutes, of the ten events with most posts in the last hour.",
            "short",
            query(f'max by (event) (tocsin_event_posts{{window="5m"}}) and on (event) {TEN}', "{{event}}"),
            span=16,
        ),
    )
    firing = listing(
        "Firing alerts",
        "Alerts of tracked events that fire now, by event. What an alert asks stands in the event's file.",
        rows("max by (event, alert) (tocsin_alert_firing) == 1", "A"),
        span=8,
    )
    firing = firing.with_transformation(change("filterFieldsByName", include={"pattern": "^(event|alert)$"}))
    return laid(
        made,
        firing.override_by_name("event", links_to_event("The event")),
        curves(
            "Burst scores of the ten busiest",
            "-log10 of the probability that an hour like the past gives as many posts. Above the line it is a burst.",
            "none",
            query(f"max by (event) (tocsin_event_burst_score) and on (event) {TEN}", "{{event}}"),
            thresholds=((None, "transparent"), (4, RED)),
            span=24,
        ),
    )


def _moving() -> Panel:
    queries = [rows(expr, chr(ord("A") + i)) for i, (_, expr) in enumerate(COLUMNS)]
    last = chr(ord("A") + len(COLUMNS))
    panel = listing(
        "What is moving",
        "Posts by window, burst score, and how many different authors and texts stand behind them: a thousand exact "
        "copies are one text, near-copies one voice. Many posts of few voices are an amplifier's work.",
        *queries,
        query('max by (event) (tocsin_event_posts{window="5m"})', "", last),
        span=24,
        height=12,
    )
    headings = {f"Value #{chr(ord('A') + i)}": heading for i, (heading, _) in enumerate(COLUMNS)}
    order = ["event", *headings, f"Trend #{last}"]
    for transformation in (
        change("timeSeriesTable", **{last: {"stat": "lastNotNull"}}),
        change("joinByField", byField="event", mode="outer"),
        change("filterFieldsByName", include={"pattern": "^(event|Value.*|Trend.*)$"}),
        change(
            "organize",
            indexByName={name: i for i, name in enumerate(order)},
            renameByName={**headings, f"Trend #{last}": "5 min, over time"},
        ),
        change("sortBy", sort=[{"field": "1 h", "desc": True}]),
    ):
        panel = panel.with_transformation(transformation)
    colours = {"mode": "absolute", "steps": [{"value": None, "color": BLUE}, {"value": 4, "color": RED}]}
    return (
        panel.unit("short")
        .override_by_name("event", [*links_to_event("The event"), *field(custom_width=300)])
        .override_by_name("5 min, over time", field(custom_cellOptions={"type": "sparkline"}, custom_width=220))
        .override_by_name(
            "burst score", field(decimals=1, thresholds=colours, custom_cellOptions={"type": "color-text"})
        )
    )
