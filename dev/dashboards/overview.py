"""The overview: is all well, where along the way of a row does it go slow, what is short."""

from dev.dashboards.dashboard import Dashboard, Row
from dev.dashboards.panel import Panel

_RATE = "[$__rate_interval]"


def _quantile(share: float, metric: str, by: str = "", chosen: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({metric}_bucket{chosen}{_RATE})))"


_NOW = Row(
    "Now",
    [
        Panel(
            "Alerts",
            "How many alerts fire. Their runbooks are in docs/runbooks.",
            "none",
            {"firing": 'count(ALERTS{alertstate="firing"}) or vector(0)'},
            kind="stat",
            steps=((None, "green"), (1, "red")),
        ),
        Panel(
            "API availability",
            "Requests of the chosen time that were answered with something else than a 5xx. The"
            " objective is 99.9 %"
            " in 30 days.",
            "percentunit",
            {
                "available": '1 - (sum(increase(ia_http_requests_total{status=~"5.."}[$__range]))'
                " or vector(0))"
                " / sum(increase(ia_http_requests_total[$__range]))"
            },
            kind="stat",
            steps=((None, "red"), (0.99, "orange"), (0.999, "green")),
            runbooks=("ApiErrorsFast",),
        ),
        Panel(
            "Rows a minute",
            "Results stored, over the last minutes.",
            "none",
            {"stored": f"60 * sum(rate(ia_results_stored_total{_RATE}))"},
            kind="stat",
        ),
        Panel(
            "Rows waiting",
            "Rows without a result, of the batches that run or will by themselves.",
            "short",
            {"waiting": "max(ia_rows_waiting)"},
            kind="stat",
            steps=((None, "blue"),),
        ),
        Panel(
            "Done in",
            "When no row waits any more, at the rate of the last ten minutes.",
            "s",
            {"left": "max(ia_rows_waiting) / (sum(rate(ia_results_stored_total[10m])) > 0)"},
            kind="stat",
            steps=((None, "blue"),),
        ),
        Panel(
            "Longest standstill",
            "The longest time that one of the running batches has had no new result.",
            "s",
            {"still": "max(ia_batch_standstill_seconds)"},
            kind="stat",
            steps=((None, "green"), (120, "orange"), (600, "red")),
            runbooks=("BatchStandsStill",),
        ),
        Panel(
            "Quota in use",
            "Of all groups together. While rows wait, all of it should be.",
            "percentunit",
            {"used": "sum(max by (group) (ia_quota_used)) / sum(max by (group) (ia_quota_limit))"},
            kind="stat",
            steps=((None, "blue"),),
            runbooks=("QuotaUnused",),
        ),
        Panel(
            "Keys out",
            "Keys that may not be used now: bad, resting, or left out by an operator.",
            "none",
            {
                "out": 'sum(max by (key) (ia_key_state{state=~"quarantined|cooling|paused|retired"}))'
                " or vector(0)"
            },
            kind="stat",
            steps=((None, "green"), (1, "orange")),
            runbooks=("KeyQuarantined", "AllKeysOut"),
        ),
    ],
)

_WAY = Row(
    "The way of a row",
    [
        Panel(
            "Rows a second at each step",
            "Accepted, handed out, finished by an analyzer, stored: the step whose line falls below"
            " the one before is"
            " where rows wait. A call carries up to 16 images; known pictures need none.",
            "rowsps",
            {
                "1 accepted": f"sum(rate(ia_rows_accepted_total{_RATE}))",
                "2 handed out": f"sum(rate(ia_rows_dispatched_total{_RATE}))",
                "3 downloaded": f"sum(rate(ia_download_seconds_count{_RATE}))",
                "4 called for": f"sum(rate(ia_provider_images_total{_RATE}))",
                "5 finished": f"sum(rate(ia_rows_total{_RATE}))",
                "6 stored": f"sum(rate(ia_results_stored_total{_RATE}))",
            },
            width=12,
            runbooks=("BatchStandsStill",),
        ),
        Panel(
            "How old is what waits",
            "Age of the oldest event that each group has not processed, and of the oldest"
            " unpublished one. Analyzers hold"
            " slices for as long as hosts and quota let them wait.",
            "s",
            {
                "{{group}}, {{topic}}": "max by (group, topic) (ia_consumer_lag_seconds)",
                "outbox": "max(ia_outbox_age_seconds)",
            },
            line=60,
            width=12,
            runbooks=("ConsumerBehind", "AnalyzersBehind", "OutboxOld"),
        ),
        Panel(
            "Rows finished, by outcome",
            "ok, or why the row failed (docs/errors.md).",
            "rowsps",
            {"{{outcome}}": f"sum by (outcome) (rate(ia_rows_total{_RATE}))"},
            stacked=True,
            runbooks=("RowsFailInside",),
        ),
        Panel(
            "Events not processed",
            "Records in the log beyond the committed position.",
            "short",
            {"{{group}}, {{topic}}": "max by (group, topic) (ia_consumer_lag_records)"},
            runbooks=("ConsumerBehind",),
        ),
        Panel(
            "Slices",
            "Handed out and not reported finished; in an analyzer's hands; past their deadline and"
            " in nobody's.",
            "short",
            {
                "out": "sum(ia_slices_outstanding)",
                "in hand": "sum(ia_slices_in_flight)",
                "stuck": "max(ia_stuck_slices)",
            },
            runbooks=("SlicesStuck",),
        ),
        Panel(
            "Rows handed out, by why",
            "first: for the first time; released: given back by a pause or a stop; incomplete: lost"
            " on the way;"
            " copied: of a clone.",
            "rowsps",
            {"{{why}}": f"sum by (why) (rate(ia_rows_dispatched_total{_RATE}))"},
            stacked=True,
        ),
        Panel(
            "Batches",
            "Running now; ended in the last hour.",
            "short",
            {
                "running": "sum(ia_batches_running)",
                "{{kind}}": "sum by (kind) (increase(ia_batches_ended_total[1h]))",
            },
        ),
        Panel(
            "Dead letters",
            "Records that nobody could use: in the last hour, and all that are kept (30 days).",
            "short",
            {
                "last hour, {{topic}}": "sum by (topic) (increase(ia_dead_letters_total[1h]))",
                "kept, {{topic}}": "max by (topic) (ia_dead_letters_kept)",
            },
            runbooks=("DeadLetters",),
        ),
    ],
)

_READS = '{route=~"/api/v1/batch(es)?/[{]batch_id[}].*"}'
_API = Row(
    "API: traffic, errors, latency",
    [
        Panel(
            "Requests a second",
            "By status.",
            "reqps",
            {"{{status}}": f"sum by (status) (rate(ia_http_requests_total{_RATE}))"},
            stacked=True,
        ),
        Panel(
            "Share of errors",
            "5xx of all requests, over two windows. Above the line for long, the month's budget is"
            " used up too soon.",
            "percentunit",
            {"5 min": "ia:http_errors:ratio_rate5m", "1 h": "ia:http_errors:ratio_rate1h"},
            line=0.001,
            runbooks=("ApiErrorsFast", "ApiErrorsSlow"),
        ),
        Panel(
            "Latency of reads",
            "Until the reply's head, of requests for one batch.",
            "s",
            {
                "p50": _quantile(0.5, "ia_http_request_seconds", chosen=_READS),
                "p90": _quantile(0.9, "ia_http_request_seconds", chosen=_READS),
                "p99": _quantile(0.99, "ia_http_request_seconds", chosen=_READS),
            },
            line=1,
            runbooks=("ApiSlow",),
        ),
        Panel(
            "The slowest routes",
            "90th percentile; uploads and exports take the time that their rows take.",
            "s",
            {"{{route}}": f"topk(5, {_quantile(0.9, 'ia_http_request_seconds', 'route')})"},
        ),
        Panel(
            "At the same time",
            "Requests that are being answered, and the open streams of live events among them.",
            "short",
            {"requests": "sum(ia_http_requests_in_flight)", "live events": "sum(ia_live_listeners)"},
        ),
        Panel(
            "Exports a minute",
            "Made to their end, streamed or in the background, by format.",
            "none",
            {"{{format}}": f"60 * sum by (format) (rate(ia_exports_total{_RATE}))"},
        ),
        Panel(
            "Exports in the background",
            "Those that are not ended. Queued ones wait for an exporter that has a place.",
            "short",
            {"{{state}}": "max by (state) (ia_export_jobs)"},
        ),
        Panel(
            "The oldest export that waits",
            "An export of a million rows takes a minute: who waits for longer needs another exporter.",
            "s",
            {"waits": "max(ia_export_jobs_wait_seconds)"},
            line=1_800,
            runbooks=("ExportsWait",),
        ),
        Panel(
            "Bytes of exports in the background",
            "Written to the blob store.",
            "Bps",
            {"{{instance}}": f"sum by (instance) (rate(ia_export_job_bytes_total{_RATE}))"},
        ),
    ],
)

_ANALYZERS = Row(
    "Pictures",
    [
        Panel(
            "Downloads under way",
            "On average. Near analyzers × MAX_CONCURRENT_WORKERS (100) slow hosts set the pace.",
            "short",
            {
                "{{instance}}": "sum by (instance)"
                f' (rate(ia_download_seconds_sum{{service="analyzer", instance=~"$instance"}}{_RATE}))'
            },
            runbooks=("QuotaUnused",),
        ),
        Panel(
            "Seconds of a download",
            "With all its tries.",
            "s",
            {
                "p50": _quantile(0.5, "ia_download_seconds"),
                "p90": _quantile(0.9, "ia_download_seconds"),
            },
        ),
        Panel(
            "Hosts",
            "Of the last 512 that each analyzer saw; left alone are those that only fail or want a rest.",
            "short",
            {"{{state}}": "sum by (state) (ia_hosts)"},
        ),
        Panel(
            "Bytes downloaded",
            "A second.",
            "Bps",
            {"bytes": f"sum(rate(ia_download_bytes_total{_RATE}))"},
        ),
        Panel(
            "Cache look-ups",
            "hit: known, no call needed; waited: another analyzer was calling for it. Trimmed:"
            " entries that had to go"
            " before their time (CACHE_MAX_MB).",
            "ops",
            {
                "{{result}}": f"sum by (result) (rate(ia_cache_lookups_total{_RATE}))",
                "trimmed": f"sum(rate(ia_cache_trimmed_total{_RATE}))",
            },
            stacked=True,
        ),
        Panel(
            "Slices in hand",
            "Of each analyzer: 8 at work, and those that wait. A line that does not move for long is stuck.",
            "short",
            {
                "{{instance}}": 'sum by (instance) (ia_slices_in_flight{service="analyzer",'
                ' instance=~"$instance"})'
            },
            runbooks=("AnalyzersBehind",),
        ),
    ],
)

_SATURATION = Row(
    "Saturation",
    [
        Panel(
            "CPU",
            "Cores in use by each process. One is full at 1: a replica more helps, up to the partitions.",
            "short",
            {
                "{{instance}}": f'rate(process_cpu_seconds_total{{job="image-analyzer",'
                f' instance=~"$instance"}}{_RATE})'
            },
            line=1,
        ),
        Panel(
            "Memory",
            "Resident bytes of each process. An analyzer stays under 300 MB.",
            "bytes",
            {"{{instance}}": 'process_resident_memory_bytes{job="image-analyzer", instance=~"$instance"}'},
        ),
        Panel(
            "Seconds of a transaction",
            "90th percentile of storing a poll. Near a second Postgres sets the pace.",
            "s",
            {"{{service}}": _quantile(0.9, "ia_project_seconds", "service")},
            runbooks=("ConsumerBehind",),
        ),
        Panel(
            "Records read",
            "A second, by topic, over all that read it.",
            "ops",
            {"{{topic}}": f"sum by (topic) (rate(ia_records_read_total{_RATE}))"},
        ),
        Panel(
            "Redis' memory",
            "It evicts nothing: above CACHE_MAX_MB the analyzers remove the oldest answers, but none of the"
            " last hour.",
            "bytes",
            {"used": "max(ia_redis_used_bytes)", "limit": "max(ia_redis_limit_bytes)"},
            runbooks=("RedisNearlyFull",),
        ),
        Panel(
            "Chunks indexed for search",
            "A second. It goes behind everything else.",
            "ops",
            {"chunks": f"sum(rate(ia_chunks_indexed_total{_RATE}))"},
        ),
        Panel(
            "Starts",
            "Of each process within 15 minutes.",
            "short",
            {
                "{{instance}}": 'changes(process_start_time_seconds{job="image-analyzer",'
                ' instance=~"$instance"}[15m])'
            },
            line=3,
            runbooks=("ServiceRestarts",),
        ),
        Panel(
            "Processes that answer",
            "Prometheus asks each every 15 seconds.",
            "none",
            {"{{service}} {{instance}}": 'up{job="image-analyzer"}'},
            kind="state-timeline",
            words=(("down", "red"), ("up", "green")),
            width=12,
            runbooks=("ServiceDown", "InstanceDown"),
        ),
        Panel(
            "What services can reach",
            "The checks of readiness, as the worst process of each service sees them.",
            "none",
            {"{{service}}: {{check}}": "min by (service, check) (ia_check_passes)"},
            kind="state-timeline",
            words=(("away", "red"), ("there", "green")),
            width=12,
            runbooks=("CheckFails",),
        ),
        Panel(
            "Age of the monitor's measurements",
            "What is older than two minutes says nothing.",
            "s",
            {"{{what}}": "time() - max by (what) (ia_measured_timestamp_seconds)"},
            line=120,
            runbooks=("MonitorBlind",),
        ),
    ],
)

OVERVIEW = Dashboard(
    "image-analyzer-overview",
    "Image Analyzer: overview",
    "The golden signals, from left to right along the way of a row: accepted, handed out, called"
    " for, stored.",
    [_NOW, _WAY, _API, _ANALYZERS, _SATURATION],
)
