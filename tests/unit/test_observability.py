"""Alerts, dashboards, runbooks and metrics: each names only what there is, and nothing is left over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from dev.dashboards.__main__ import texts
from shared import metrics
from tests.observability import DASHBOARDS, PROMETHEUS, ROOT, alerts, metrics_in, panels, queries
from tests.prometheus import skip_without

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
    skip_without("promtool")
    command = ["promtool", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules_and_both_configurations() -> None:
    by_promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    by_promtool("check", "config", "--syntax-only", str(PROMETHEUS / "run.yml"))


@pytest.mark.parametrize("file", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda file: file.stem)
def test_alerts_fire_when_they_should_and_else_not(file: Path) -> None:
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


def test_every_metric_that_pages_name_exists() -> None:
    there = own_metrics() | _OF_PROCESSES
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *_RUNBOOKS.glob("*.md")]
    named = {page.name: metrics_in(page.read_text()) - there - {"process_chunk"} for page in pages}
    assert not {page: unknown for page, unknown in named.items() if unknown}


def test_every_metric_is_on_a_dashboard_or_in_an_alert() -> None:
    asked_for = {name for query in queries() for name in metrics_in(query.expr)}
    assert own_metrics() <= asked_for, "nobody looks at it: put it into dev/dashboards, or take it out"


def test_the_dashboards_are_as_they_were_written_down() -> None:
    written = {file: file.read_text() for file in DASHBOARDS}
    assert written == dict(sorted(texts().items())), "run python -m dev.dashboards"


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_say_what_they_show_and_lie_side_by_side(file: Path) -> None:
    dashboard = json.loads(file.read_text())
    runbooks = {page.stem for page in _RUNBOOKS.glob("*.md")}
    taken: set[tuple[int, int]] = set()
    for panel in panels(dashboard):
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
        if panel["type"] != "row":
            assert panel["description"], panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            assert all(target["legendFormat"] for target in panel["targets"]), panel["title"]
            assert {link["url"].split("/")[-1].removesuffix(".md") for link in panel["links"]} <= runbooks
    assert len({panel["id"] for panel in panels(dashboard)}) == len(list(panels(dashboard)))
