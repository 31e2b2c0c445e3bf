"""The dashboard *Pipeline*: does everything flow: in, through the workers, into Redis, and out to webhooks."""

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.common import StackingMode

from grafana.panels import AMBER, GREEN, RED, Panels, curves, heat, laid, new, number, query, states

#: Seconds a second over which rates are taken; Grafana makes it fit the scrapes.
RATE = "[$__rate_interval]"


def slowest(histogram: str, by: str = "", quantile: float = 0.95, selector: str = "") -> str:
    """A quantile of a histogram, over all workers."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({quantile}, sum by ({labels}) (rate({histogram}_bucket{selector}{RATE})))"


def dashboard() -> Dashboard:
    """The dashboard."""
    made = new("Pipeline", "Whether records flow: in, through the workers, into Redis, and out to webhooks.", "now-3h")
    made = laid(made, *_numbers())
    for title, panels in (
        ("Flow", _flow()),
        ("Workers", _stages()),
        ("Redis", _stores()),
        ("Ways in", _ways_in()),
        ("Webhooks", _ways_out()),
    ):
        made = laid(made.with_row(Row(title)), *panels)
    return made


def _numbers() -> Panels:
    return (
        number(
            "Records a second",
            "Posts and articles that the workers read; a re-read counts again.",
            "recps",
            f"sum(rate(tocsin_worker_records_total{RATE}))",
        ),
        number(
            "Lag",
            "Records that are in Kafka and not yet counted, of all partitions.",
            "short",
            "tocsin:lag_records:sum",
            ((None, GREEN), (10_000, AMBER), (100_000, RED)),
        ),
        number(
            "Delay, 95 %",
            "From a record's Kafka timestamp to its count standing in Redis; 19 of 20 runs are quicker.",
            "s",
            slowest("tocsin_worker_delay_seconds"),
            ((None, GREEN), (10, AMBER), (60, RED)),
        ),
        number(
            "Dead letters, 1 h",
            "Records that could not be used in the last hour.",
            "short",
            "sum(increase(tocsin_worker_dead_letters_total[1h]))",
            ((None, GREEN), (1, AMBER), (1_000, RED)),
        ),
        number(
            "Redis, of its limit",
            "Memory used, of maxmemory. At 100 % Redis refuses and the workers wait. None: no limit is set.",
            "percentunit",
            "max(tocsin_redis_memory_bytes / tocsin_redis_memory_limit_bytes)",
            ((None, GREEN), (0.75, AMBER), (0.85, RED)),
        ),
        number(
            "Oldest undelivered",
            "How long the oldest alert that a webhook has not taken has been waiting.",
            "s",
            "max(tocsin_worker_webhook_oldest_undelivered_seconds)",
            ((None, GREEN), (300, AMBER), (900, RED)),
        ),
    )


def _flow() -> Panels:
    return (
        curves(
            "Read and matched",
            "Records that the workers read, by kind; those that matched an event; those that came too late to count.",
            "recps",
            query(f"sum by (kind) (rate(tocsin_worker_records_total{RATE}))", "{{kind}}"),
            query(f"sum(rate(tocsin_worker_matched_total{RATE}))", "matched"),
            query(f"sum(rate(tocsin_worker_late_total{RATE}))", "late"),
        ),
        curves(
            "Lag by partition",
            "Records that are in Kafka and not yet counted. One partition alone that rises: its worker hangs.",
            "short",
            query("max by (topic, partition) (tocsin_worker_lag_records) > 0", "{{topic}}/{{partition}}"),
            thresholds=((None, "transparent"), (10_000, RED)),
        ),
        heat(
            "Delay",
            "From a record's Kafka timestamp to its count standing in Redis, of the newest record of each run.",
            "s",
            f"sum by (le) (increase(tocsin_worker_delay_seconds_bucket{RATE}))",
        ),
        curves(
            "Dead letters by reason",
            "Records that could not be used. The letter itself, in the topic dead-letters, says what is wrong with it.",
            "cps",
            query(f"sum by (reason) (rate(tocsin_worker_dead_letters_total{RATE})) > 0", "{{reason}}"),
            stack=StackingMode.NORMAL,
            bars=True,
        ),
    )


def _stages() -> Panels:
    return (
        curves(
            "Seconds of a run, by stage, 95 %",
            "prepare: decoding and matching. ledger: writing to Redis. publish: Kafka's confirmation.",
            "s",
            query(slowest("tocsin_worker_stage_seconds", "stage"), "{{stage}}"),
        ),
        curves(
            "Where the time goes",
            "Seconds that a worker spends in each stage, a second, on average. Stages overlap.",
            "s",
            query(
                f"sum by (stage) (rate(tocsin_worker_stage_seconds_sum{RATE})) / scalar(count(tocsin_worker_rules))",
                "{{stage}}",
            ),
            stack=StackingMode.NORMAL,
        ),
        curves(
            "Records a run",
            "How many records one run holds: the slower writing is, the larger runs grow.",
            "short",
            query(slowest("tocsin_worker_run_records", quantile=0.5), "half are smaller"),
            query(slowest("tocsin_worker_run_records"), "95 % are smaller"),
            span=8,
        ),
        curves(
            "Rules in force",
            "Revisions of tracked events that each worker matches with. Workers that differ for long: one hangs.",
            "short",
            query("max by (instance) (tocsin_worker_rules)", "{{instance}}"),
            span=8,
        ),
        curves(
            "Rule swaps, 95 %",
            "From a changed rule being read to its being in force.",
            "s",
            query(slowest("tocsin_worker_rule_swap_seconds"), "swap"),
            span=8,
        ),
        curves(
            "Back-fill",
            "Records that the running back-fill has yet to read.",
            "short",
            query("max(tocsin_worker_backfill_records)", "to be read"),
            span=8,
        ),
        curves(
            "Judging and evaluating, 95 %",
            "One round over all events: is its last hour a burst; do its alerts fire.",
            "s",
            query(slowest("tocsin_worker_judging_seconds"), "judging"),
            query(slowest("tocsin_worker_evaluation_seconds"), "evaluating"),
            span=8,
        ),
        curves(
            "Workers",
            "Processes that Prometheus reaches.",
            "short",
            query('sum(up{job="tocsin-worker"})', "workers"),
            query('sum(up{job="tocsin-serve"})', "serve"),
            span=8,
        ),
    )


def _stores() -> Panels:
    return (
        curves(
            "Time in the ledger, 95 %",
            "From the first index call of several runs to their counts standing in Redis.",
            "s",
            query(slowest("tocsin_worker_stage_seconds", selector='{stage="ledger"}'), "ledger"),
            span=8,
        ),
        curves(
            "Memory",
            "What Redis uses, and its limit where one is set.",
            "bytes",
            query("max(tocsin_redis_memory_bytes)", "used"),
            query("max(tocsin_redis_memory_limit_bytes)", "limit"),
            span=8,
        ),
        curves(
            "Redis forgot, counters gone wrong",
            "Times that a worker read again because Redis had forgotten, and counters that would have fallen below "
            "zero: of the latter there must be none.",
            "short",
            query("sum(increase(tocsin_worker_rewinds_total[15m]))", "read again"),
            query("sum(increase(tocsin_worker_ledger_faults_total[15m]))", "counters gone wrong"),
            query("max(tocsin_series_dropped)", "series not shown"),
            span=8,
        ),
    )


def _ways_in() -> Panels:
    return (
        states(
            "Connectors",
            "Whether each connector sees its platform. Red: blind, what it misses is missing.",
            query("max by (connector, platform) (tocsin_connector_blind)", "{{connector}}"),
            thresholds=((None, GREEN), (1, RED)),
        ),
        curves(
            "Records in",
            "What connectors produced, and what POST /ingest and files had confirmed by Kafka.",
            "recps",
            query(f'sum by (connector) (rate(tocsin_ingest_records_total{{connector!=""}}{RATE}))', "{{connector}}"),
            query(f'sum by (topic) (rate(tocsin_ingest_records_total{{topic!=""}}{RATE}))', "HTTP, {{topic}}"),
        ),
        curves(
            "Refused and reconnected",
            "Records that a connector could not map, and its reconnections.",
            "cps",
            query(f"sum by (connector, reason) (rate(tocsin_ingest_refused_total{RATE}))", "{{connector}}: {{reason}}"),
            query(f"sum by (connector) (rate(tocsin_ingest_reconnects_total{RATE}))", "{{connector}} reconnects"),
        ),
        curves(
            "How old what comes in is",
            "From a record's own time to its being produced, and how long ago each connector reported.",
            "s",
            query("max by (connector) (tocsin_ingest_lag_seconds)", "{{connector}}"),
            query("max by (connector) (tocsin_connector_report_age_seconds)", "{{connector}} reported"),
        ),
        curves(
            "Confirming, 95 %",
            "From a batch of POST /ingest being handed over to Kafka's confirmation; and batches that failed.",
            "s",
            query(slowest("tocsin_ingest_confirm_seconds"), "95 %"),
            query("sum(increase(tocsin_ingest_failures_total[15m]))", "failed in 15 min (number)"),
        ),
        curves(
            "Bytes in over HTTP",
            "Bytes that POST /ingest had confirmed by Kafka.",
            "binBps",
            query(f"sum by (topic) (rate(tocsin_ingest_bytes_total{RATE}))", "{{topic}}"),
        ),
    )


def _ways_out() -> Panels:
    return (
        curves(
            "Outcomes",
            "Deliveries by endpoint and outcome.",
            "cps",
            query(
                f"sum by (endpoint, outcome) (rate(tocsin_worker_webhook_deliveries_total{RATE}))",
                "{{endpoint}}: {{outcome}}",
            ),
            query(f"sum by (endpoint) (rate(tocsin_worker_webhook_attempts_total{RATE}))", "{{endpoint}}: attempts"),
        ),
        curves(
            "Oldest undelivered",
            "How long the oldest alert that an endpoint has not taken has been waiting.",
            "s",
            query("max by (endpoint) (tocsin_worker_webhook_oldest_undelivered_seconds)", "{{endpoint}}"),
            thresholds=((None, "transparent"), (900, RED)),
        ),
        heat(
            "Delay of deliveries",
            "From an alert's transition to the endpoint's 2xx.",
            "s",
            f"sum by (le) (increase(tocsin_worker_webhook_delay_seconds_bucket{RATE}))",
            span=8,
        ),
        states(
            "Endpoints given up",
            "Red: the endpoint answered 410, or failed for five days. `tocsin alerts` takes it up again.",
            query("max by (endpoint) (tocsin_worker_webhook_disabled)", "{{endpoint}}"),
            thresholds=((None, GREEN), (1, RED)),
            span=8,
        ),
        curves(
            "Alerts and deliveries",
            "Transitions of tracked events' alerts, by what they became; the number of each endpoint's last delivery.",
            "short",
            query("sum by (state) (increase(tocsin_worker_alert_transitions_total[15m]))", "{{state}} in 15 min"),
            query("max by (endpoint) (tocsin_worker_webhook_sequence)", "{{endpoint}}: sequence"),
            span=8,
        ),
    )
