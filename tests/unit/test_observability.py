"""Alerts, dashboards, runbooks and metrics: each names only what there is, and nothing is left over."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from shared import metrics
from tests.observability import PROMETHEUS, ROOT, alerts, metrics_in, queries

_RUNBOOKS = ROOT / "docs" / "runbooks"
_SECTIONS = (
    "## What users see",
    "## How to look",
    "## What to do",
    "## When to escalate",
)
# Of the client library.
_OF_PROCESSES = {"process_start_time_seconds", "process_cpu_seconds_total", "process_resident_memory_bytes"}


def own_metrics() -> set[str]:
    """As Prometheus knows them."""
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {f"{each._name}_total" if isinstance(each, Counter) else each._name for each in found}


def by_promtool(*arguments: str) -> None:
    command = ["promtool", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules_and_both_configurations() -> None:
    by_promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    by_promtool("check", "config", "--syntax-only", str(PROMETHEUS / "run.yml"))


@pytest.mark.parametrize("file", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_else_not(file: Any) -> None:
    by_promtool("test", "rules", str(file))


def test_each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires, silent = set(), set()
    for file in (PROMETHEUS / "tests").glob("*.yml"):
        names = {rule["alert"] for rule in alerts() if f"alert: {rule['alert']}\n" in _rules_of(file.name)}
        for test in yaml.safe_load(file.read_text())["tests"]:
            for look in test["promql_expr_test"]:
                named = {name for name in names if f'"{name}"' in look["expr"]} or names
                if look["exp_samples"]:
                    samples = "".join(sample["labels"] for sample in look["exp_samples"])
                    fires |= {name for name in names if f'"{name}"' in samples}
                else:
                    silent |= named
    assert fires == silent == {rule["alert"] for rule in alerts()}


def _rules_of(name: str) -> str:
    return (PROMETHEUS / "alerts" / name).read_text()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_each_alert_says_what_those_on_call_need(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    notes = rule["annotations"]
    assert notes["summary"]
    assert notes["description"]
    assert notes["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"
    page = (ROOT / notes["runbook_url"]).read_text()
    assert page.startswith(f"# {rule['alert']}\n\n**{rule['labels']['severity']}**: ")
    assert [page.count(section) for section in _SECTIONS] == [1] * len(_SECTIONS)


def test_each_runbook_is_of_an_alert() -> None:
    pages = {page.stem for page in _RUNBOOKS.glob("*.md")} - {"README"}
    assert pages == {rule["alert"] for rule in alerts()}


def test_every_metric_that_is_asked_for_exists() -> None:
    there = own_metrics() | _OF_PROCESSES
    missing = {query.where: unknown for query in queries() if (unknown := metrics_in(query.expr) - there)}
    assert not missing


def test_every_metric_that_runbooks_name_exists() -> None:
    there = own_metrics() | _OF_PROCESSES
    named = {page.stem: metrics_in(page.read_text()) - there for page in _RUNBOOKS.glob("*.md")}
    assert not {page: unknown for page, unknown in named.items() if unknown}
