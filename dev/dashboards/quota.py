"""Quota and keys: how much the provider lets through, how much of it is used, what it costs."""

from dev.dashboards.dashboard import Dashboard, Row
from dev.dashboards.panel import Panel

_RATE = "[$__rate_interval]"
# All analyzers tell of every group.
_USED = "max by (group) (ia_quota_used)"
_LIMIT = "max by (group) (ia_quota_limit)"
_STATES = (
    ("ok", "green"),
    ("probing", "blue"),
    ("cooling", "yellow"),
    ("quarantined", "red"),
    ("paused", "purple"),
    ("retired", "text"),
)


def _numbered(states: tuple[tuple[str, str], ...]) -> str:
    """The place of each key's state in the list."""
    one = [f'{place} * (ia_key_state{{state="{state}"}} == 1)' for place, (state, _) in enumerate(states)]
    return f"max by (key, group) ({' or '.join(one)})"


def _quantile(share: float) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate(ia_provider_call_seconds_bucket{_RATE})))"


_NOW = Row(
    "Now",
    [
        Panel(
            "Calls a minute",
            "Answered by the provider.",
            "none",
            {"calls": f'60 * sum(rate(ia_provider_calls_total{{outcome="ok"}}{_RATE}))'},
            kind="stat",
        ),
        Panel(
            "Quota",
            "Calls a minute that all groups with a usable key may make together.",
            "none",
            {"calls": f"sum({_LIMIT})"},
            kind="stat",
            steps=((None, "red"), (1, "blue")),
            runbooks=("AllKeysOut",),
        ),
        Panel(
            "In use",
            "Of the quota. While rows wait, all of it should be.",
            "percentunit",
            {"used": f"sum({_USED}) / sum({_LIMIT})"},
            kind="stat",
            steps=((None, "blue"),),
            runbooks=("QuotaUnused",),
        ),
        Panel(
            "Images a call",
            "16 is full.",
            "none",
            {
                "images": f"sum(rate(ia_provider_images_total{_RATE}))"
                f' / (sum(rate(ia_provider_calls_total{{outcome="ok"}}{_RATE})) > 0)'
            },
            kind="stat",
            steps=((None, "orange"), (12, "green")),
        ),
        Panel(
            "Keys in use",
            "ok, or probing: in one call at a time until it answers.",
            "none",
            {"keys": 'sum(max by (key) (ia_key_state{state=~"ok|probing"}))'},
            kind="stat",
            steps=((None, "red"), (1, "green")),
            runbooks=("AllKeysOut",),
        ),
        Panel(
            "Keys quarantined",
            "Called bad by the provider.",
            "none",
            {"keys": 'sum(max by (key) (ia_key_state{state="quarantined"}))'},
            kind="stat",
            steps=((None, "green"), (1, "red")),
            runbooks=("KeyQuarantined",),
        ),
        Panel(
            "Provider",
            "away: calls failed, and an analyzer leaves it alone but for a try now and then.",
            "none",
            {"provider": "max(ia_provider_away)"},
            kind="stat",
            words=(("there", "green"), ("away", "red")),
            runbooks=("ProviderAway",),
        ),
        Panel(
            "Spent",
            "In the chosen time, by the prices of the settings.",
            "currencyUSD",
            {"dollars": "sum(increase(ia_provider_cost_dollars_total[$__range]))"},
            kind="stat",
            steps=((None, "blue"),),
        ),
    ],
)

_QUOTA = Row(
    "Quota",
    [
        Panel(
            "Used",
            "Calls of each group that count against its quota now. A slot is free again 60 s after"
            " its call's answer.",
            "short",
            {"{{group}}": _USED, "limit of {{group}}": _LIMIT},
        ),
        Panel(
            "Left",
            "Calls that each group could make at once. Near 0 while rows wait is as it should be.",
            "short",
            {"{{group}}": f"clamp_min({_LIMIT} - {_USED}, 0)"},
        ),
        Panel(
            "Unused while rows wait",
            "The share of the quota that nobody uses, where at least a minute's worth of rows waits.",
            "percentunit",
            {
                "unused": f"1 - sum({_USED}) / sum({_LIMIT}) and max(ia_rows_waiting) > 16 * sum({_LIMIT})",
            },
            line=0.2,
            runbooks=("QuotaUnused",),
        ),
        Panel(
            "What the next call waits for",
            "Seconds a second, over all analyzers. quota: all of it is used, as it should be; busy:"
            " calls in flight.",
            "short",
            {"{{why}}": f"sum by (why) (rate(ia_permit_wait_seconds_total{_RATE}))"},
            stacked=True,
            runbooks=("QuotaUnused",),
        ),
        Panel(
            "Calls a minute, by outcome",
            "quota and key are refusals, which cost nothing; timeout may have been paid.",
            "none",
            {"{{outcome}}": f"60 * sum by (outcome) (rate(ia_provider_calls_total{_RATE}))"},
            stacked=True,
            runbooks=("QuotaShrunk",),
        ),
        Panel(
            "Calls in flight",
            "At most MAX_CONCURRENT_REQUESTS (25) a process, and 8 a group at 55 a minute.",
            "short",
            {
                "{{instance}}": 'sum by (instance) (ia_provider_calls_in_flight{service="analyzer",'
                ' instance=~"$instance"})'
            },
        ),
    ],
)

_KEYS = Row(
    "Keys",
    [
        Panel(
            "State of each key",
            "By fingerprint and group. A bad key is tried again every five minutes; a cooling one"
            " rests at most a minute.",
            "none",
            {"{{group}} {{key}}": _numbered(_STATES)},
            kind="state-timeline",
            words=_STATES,
            runbooks=("KeyQuarantined", "AllKeysOut"),
        ),
    ],
)

_PROVIDER = Row(
    "Provider and cost",
    [
        Panel(
            "Seconds of a call",
            "The deadline is 10 s.",
            "s",
            {"p50": _quantile(0.5), "p90": _quantile(0.9), "p99": _quantile(0.99)},
            line=10,
            runbooks=("ProviderAway",),
        ),
        Panel(
            "Left alone",
            "By each analyzer, while the provider is away.",
            "none",
            {"{{instance}}": 'ia_provider_away{service="analyzer", instance=~"$instance"}'},
            kind="state-timeline",
            words=(("there", "green"), ("away", "red")),
            width=8,
            runbooks=("ProviderAway",),
        ),
        Panel(
            "Dollars an hour",
            "By the prices of the settings.",
            "currencyUSD",
            {"{{provider}}": "sum by (provider) (increase(ia_provider_cost_dollars_total[1h]))"},
        ),
        Panel(
            "Dollars for 1,000 good rows",
            "Over the last hour. Known pictures and duplicates make it less than the list price.",
            "currencyUSD",
            {
                "dollars": "1000 * sum(increase(ia_provider_cost_dollars_total[1h]))"
                ' / (sum(increase(ia_rows_total{outcome="ok"}[1h])) > 0)'
            },
        ),
        Panel(
            "Units an hour",
            "What the provider counts: features of images, or tokens.",
            "short",
            {"{{provider}}": "sum by (provider) (increase(ia_provider_units_total[1h]))"},
        ),
        Panel(
            "Rows that needed no call",
            "The share of rows whose address was known.",
            "percentunit",
            {
                "known": f'sum(rate(ia_cache_lookups_total{{result="hit"}}{_RATE}))'
                f' / (sum(rate(ia_cache_lookups_total{{result=~"hit|miss"}}{_RATE})) > 0)'
            },
        ),
    ],
)

QUOTA = Dashboard(
    "image-analyzer-quota",
    "Image Analyzer: quota and keys",
    "What the provider lets through, how much of it is used, and what it costs.",
    [_NOW, _QUOTA, _KEYS, _PROVIDER],
)
