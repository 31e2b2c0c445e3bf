"""The dashboard *Event*: one event, chosen at the top: how much, against what is expected, of what, by whom."""

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard
from grafana_foundation_sdk.models.common import StackingMode

from grafana.panels import (
    AMBER,
    BLUE,
    GREY,
    RED,
    SOURCE,
    change,
    choice,
    curves,
    field,
    laid,
    listing,
    new,
    number,
    query,
    rows,
)

#: The chosen event's series.
OF = 'event="$event"'


def dashboard() -> Dashboard:
    """The dashboard."""
    made = new("Event", "One tracked event: posts against what is expected, claims, groups, platforms, voices.")
    made = made.with_variable(choice("event", "Event", "label_values(tocsin_event_posts, event)"))
    made = made.annotation(
        AnnotationQuery()
        .name("Alerts")
        .datasource(SOURCE)
        .enable(True)
        .icon_color(RED)
        .expr(f"max by (alert) (tocsin_alert_firing{{{OF}}}) == 1")
    )
    for title, description, unit, expr in (
        ("Last 5 minutes", "Posts and articles.", "short", f'max(tocsin_event_posts{{{OF}, window="5m"}})'),
        ("Last hour", "Posts and articles.", "short", f'max(tocsin_event_posts{{{OF}, window="1h"}})'),
        ("Last 24 hours", "Posts and articles.", "short", f'max(tocsin_event_posts{{{OF}, window="24h"}})'),
    ):
        made = made.with_panel(number(title, description, unit, expr))
    made = laid(
        made,
        number(
            "Burst score",
            "-log10 of the probability that an hour like the past gives as many posts; 4 and more is a burst.",
            "none",
            f"max(tocsin_event_burst_score{{{OF}}})",
            ((None, BLUE), (4, RED)),
        ),
        number(
            "Posts a voice, 24 h",
            "Posts for each different text, near-copies taken as one. Well above the usual: something is being copied.",
            "none",
            f'max(tocsin_event_posts{{{OF}, window="24h"}}) / max(tocsin_event_voices{{{OF}, window="24h"}})',
            ((None, BLUE), (3, AMBER)),
        ),
        number(
            "Share of the ten busiest authors, 24 h",
            "Of all posts of the last 24 hours. High: a few accounts make the event.",
            "percentunit",
            f'max(tocsin_event_top_authors_share{{{OF}, window="24h"}})',
            ((None, BLUE), (0.5, AMBER)),
        ),
    )
    band = curves(
        "Posts against what is expected",
        "Posts of the last hour, and between which bounds 95 of 100 hours like the past would lie (shaded). Where a "
        "connector was blind the band says nothing.",
        "short",
        query(f'max(tocsin_event_posts{{{OF}, window="1h"}})', "posts"),
        query(f"max(tocsin_event_expected_posts{{{OF}}})", "expected"),
        query(f"max(tocsin_event_expected_posts_lower{{{OF}}})", "lower bound"),
        query(f"max(tocsin_event_expected_posts_upper{{{OF}}})", "upper bound"),
        span=24,
    )
    plain = {"mode": "fixed", "fixedColor": GREY}
    made = laid(
        made,
        band.override_by_name("posts", field(color={"mode": "fixed", "fixedColor": BLUE}, custom_lineWidth=2))
        .override_by_name("expected", field(color=plain, custom_lineStyle={"fill": "dash", "dash": [8, 6]}))
        .override_by_name("lower bound", field(color=plain, custom_lineWidth=0))
        .override_by_name(
            "upper bound",
            field(color=plain, custom_lineWidth=0, custom_fillBelowTo="lower bound", custom_fillOpacity=20),
        ),
        curves(
            "Claims, as shares",
            "Of the posts of the last hour that make a claim, which one. A post that makes two counts in both.",
            "short",
            query(f'max by (claim) (tocsin_event_claim_posts{{{OF}, window="1h"}})', "{{claim}}"),
            stack=StackingMode.PERCENT,
        ),
        curves(
            "Groups",
            "Posts of the last hour by group of accounts. One that is in two groups counts in both.",
            "short",
            query(f'max by (group) (tocsin_event_group_posts{{{OF}, window="1h"}})', "{{group}}"),
            stack=StackingMode.NORMAL,
        ),
    )
    crossed = listing(
        "Who makes which claim, 24 h",
        "Posts of the last 24 hours by claim and group: the darker, the more.",
        rows(f'max by (claim, group) (tocsin_event_claim_group_posts{{{OF}, window="24h"}})', "A"),
    )
    return laid(
        made,
        crossed.with_transformation(
            change("groupingToMatrix", columnField="group", rowField="claim", valueField="Value", emptyValue="zero")
        )
        .unit("short")
        .override_by_regexp(
            "^(?!claim).*$",
            field(
                color={"mode": "continuous-blues"},
                custom_cellOptions={"type": "color-background", "mode": "basic"},
            ),
        ),
        curves(
            "Platforms",
            "Posts of the last hour by platform; articles stand under web.",
            "short",
            query(f'max by (platform) (tocsin_event_platform_posts{{{OF}, window="1h"}})', "{{platform}}"),
            stack=StackingMode.NORMAL,
        ),
        curves(
            "Languages",
            "Posts of the last hour by the language that their source names; und is none.",
            "short",
            query(f'max by (language) (tocsin_event_language_posts{{{OF}, window="1h"}})', "{{language}}"),
            stack=StackingMode.NORMAL,
        ),
        curves(
            "Posts, authors, texts, voices",
            "Of the last hour. Where posts rise and texts or voices do not, copies are spread; where authors do not, "
            "few accounts post much. Authors and texts go by whole ten minutes.",
            "short",
            query(f'max(tocsin_event_posts{{{OF}, window="1h"}})', "posts"),
            query(f'max(tocsin_event_authors{{{OF}, window="1h"}})', "authors"),
            query(f'max(tocsin_event_texts{{{OF}, window="1h"}})', "texts"),
            query(f'max(tocsin_event_voices{{{OF}, window="1h"}})', "voices"),
        ),
        curves(
            "Added and taken back",
            "Contributions added to the counts, and taken back by edits and deletes. A back-fill shows here too.",
            "cps",
            query(f"max(rate(tocsin_event_matched_total{{{OF}}}[$__rate_interval]))", "added"),
            query(f"max(rate(tocsin_event_retracted_total{{{OF}}}[$__rate_interval]))", "taken back"),
        ),
    )
