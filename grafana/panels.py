"""What the dashboards are put together from: one function a kind of panel, so that all look and read alike.

A row is 24 columns wide; on a laptop of 1366 pixels three panels stand side by side at most, and six numbers.
"""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common, heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as building
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import (
    GraphDrawStyle,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Panel,
    Threshold,
    ThresholdsMode,
    VariableRefresh,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

#: Chosen at the top of each dashboard; the provisioned one is the only one of a fresh installation.
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
#: Stable addresses: /d/UID. Alerts and other dashboards link to them.
UIDS = {"Events": "tocsin-events", "Event": "tocsin-event", "Pipeline": "tocsin-pipeline"}
#: Where an event's name leads to.
EVENT_URL = "/d/tocsin-event?var-event=${__value.raw}&${datasource:queryparam}&${__url_time_range}"

GREEN, AMBER, RED, BLUE, GREY = "green", "orange", "red", "blue", "#8e8e8e"

Steps = Sequence[tuple[float | None, str]]
"""From which value on which colour; None: from the start."""

Panels = Sequence[Builder[Panel]]
"""Panels in the order in which they are laid."""


def new(title: str, description: str, since: str = "now-6h") -> building.Dashboard:
    """A dashboard with its address, its data source and the links to the others."""
    made = (
        building.Dashboard(f"Tocsin: {title}")
        .uid(UIDS[title])
        .description(description)
        .tags(["tocsin"])
        .refresh("30s")
        .time(since, "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(building.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for name, uid in UIDS.items():
        if name != title:
            made = made.link(building.DashboardLink(name).type(DashboardLinkType.LINK).url(f"/d/{uid}").keep_time(True))
    return made


def laid(made: building.Dashboard, *panels: Builder[Panel]) -> building.Dashboard:
    """The dashboard with these panels after those it has, from left to right."""
    for panel in panels:
        made = made.with_panel(panel)
    return made


def choice(name: str, label: str, query: str) -> building.QueryVariable:
    """A variable with the values of a label."""
    asked: dict[str, object] = {"query": query, "refId": "variable"}
    made = building.QueryVariable(name).label(label).datasource(SOURCE).query(asked)
    return made.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def query(expr: str, legend: str = "", ref: str = "A", *, instant: bool = False) -> prometheus.Dataquery:
    """A curve's query; `instant`: the value at the end."""
    made = prometheus.Dataquery().expr(expr).legend_format(legend).ref_id(ref).datasource(SOURCE)
    return made.instant() if instant else made.range()


def rows(expr: str, ref: str) -> prometheus.Dataquery:
    """A table's query: a row a series, as of the end."""
    return query(expr, "", ref, instant=True).format(PromQueryFormat.TABLE)


def buckets(expr: str) -> prometheus.Dataquery:
    """A heat map's query: a histogram's buckets by `le`."""
    return query(expr, "{{le}}").format(PromQueryFormat.HEATMAP)


def steps(found: Steps) -> building.ThresholdsConfig:
    """Thresholds in absolute numbers."""
    return building.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(*each) for each in found])


def number(title: str, description: str, unit: str, expr: str, thresholds: Steps = ((None, BLUE),)) -> stat.Panel:
    """One number, with its course behind it."""
    return (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .thresholds(steps(thresholds))
        .no_value("none")
        .span(4)
        .height(4)
        .with_target(query(expr, title))
    )


def curves(
    title: str,
    description: str,
    unit: str,
    *queries: prometheus.Dataquery,
    stack: StackingMode = StackingMode.NONE,
    thresholds: Steps = (),
    bars: bool = False,
    span: int = 12,
) -> timeseries.Panel:
    """Curves over time; stacked ones are filled."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .min(0)
        .line_width(1)
        .fill_opacity(60 if bars or stack != StackingMode.NONE else 0)
        .draw_style(GraphDrawStyle.BARS if bars else GraphDrawStyle.LINE)
        .stacking(common.StackingConfig().mode(stack))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
        .span(span)
        .height(8)
    )
    if thresholds:
        panel = panel.thresholds(steps(thresholds))
        panel = panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.DASHED))
    for i, each in enumerate(queries):
        panel = panel.with_target(each.ref_id(chr(ord("A") + i)))
    return panel


def listing(
    title: str, description: str, *queries: prometheus.Dataquery, span: int = 12, height: int = 8
) -> table.Panel:
    """A table."""
    panel = table.Panel().title(title).description(description).datasource(SOURCE).span(span).height(height)
    panel = panel.no_value("–")
    for each in queries:
        panel = panel.with_target(each)
    return panel


def heat(title: str, description: str, unit: str, expr: str, span: int = 12) -> heatmap.Panel:
    """A histogram over time: the darker, the more."""
    return (
        heatmap.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .calculate(False)
        .y_axis(heatmap.YAxisConfig().unit(unit))
        .color(heatmap.HeatmapColorOptions().scheme("Oranges").steps(64))
        .show_tooltip()
        .hide_legend()
        .span(span)
        .height(8)
        .with_target(buckets(expr))
    )


def states(
    title: str, description: str, *queries: prometheus.Dataquery, thresholds: Steps, span: int = 12
) -> statetimeline.Panel:
    """What was on and off when."""
    panel = statetimeline.Panel().title(title).description(description).datasource(SOURCE).span(span).height(8)
    panel = panel.thresholds(steps(thresholds)).no_value("none")
    panel = panel.color_scheme(building.FieldColor().mode(FieldColorModeId.THRESHOLDS))
    for each in queries:
        panel = panel.with_target(each)
    return panel


def change(id_: str, **options: Any) -> DataTransformerConfig:
    """A transformation of a panel's data."""
    return DataTransformerConfig(id_val=id_, options=options)


def field(**properties: Any) -> list[DynamicConfigValue]:
    """Properties of a field that an override sets; `_` stands for the dot in a property's name."""
    return [DynamicConfigValue(name.replace("_", "."), value) for name, value in properties.items()]


def links_to_event(name: str) -> list[DynamicConfigValue]:
    """The link from an event's name to its dashboard."""
    return field(links=[{"title": name, "url": EVENT_URL}])
