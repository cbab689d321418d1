"""What lies in observability/: the alerts, their tests, the dashboards and their queries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[1]
PROMETHEUS = ROOT / "observability" / "prometheus"
ALERTS = sorted((PROMETHEUS / "alerts").glob("*.yml"))
DASHBOARDS = sorted((ROOT / "observability" / "grafana" / "dashboards").glob("*.json"))
_NAMES = re.compile(r"\b(?:ia|process)_[a-z_]+\b")
_PARTS = re.compile(r"_(?:bucket|count|sum)$")
# What Grafana puts in the place of its variables.
_VARIABLES = {"$instance": ".+", "$service": ".+", "$__rate_interval": "1m", "$__range": "5m"}


class Query(NamedTuple):
    """`where` is for whoever reads a failure."""

    where: str
    expr: str


def groups() -> list[dict[str, Any]]:
    return [group for file in ALERTS for group in yaml.safe_load(file.read_text())["groups"]]


def rules() -> list[dict[str, Any]]:
    """Alerts and recording rules."""
    return [rule for group in groups() for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Those in closed rows, too."""
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_queries() -> list[Query]:
    return [
        Query(f"{file.name}: {panel['title']}", _filled(target["expr"]))
        for file in DASHBOARDS
        for panel in panels(json.loads(file.read_text()))
        for target in panel.get("targets", [])
    ]


def queries() -> list[Query]:
    """Everything that is asked of Prometheus."""
    return [
        Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()
    ] + dashboard_queries()


def metrics_in(expr: str) -> set[str]:
    """The metrics that an expression uses; of a histogram's parts its name."""
    return {_PARTS.sub("", name) for name in _NAMES.findall(expr)}


def _filled(expr: str) -> str:
    for variable, value in _VARIABLES.items():
        expr = expr.replace(variable, value)
    return expr
