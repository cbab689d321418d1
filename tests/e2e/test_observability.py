"""What is asked of Prometheus is answered by what a running system tells it."""

from pathlib import Path

from tests.observability import groups, metrics_in, queries, rules
from tests.prometheus import prometheus
from tests.workload import World, until


def test_every_alert_and_every_panel_asks_for_what_is_there(running: World, tmp_path: Path) -> None:
    batch = running.submit(running.urls(64))
    assert running.wait_end(batch)["successful_count"] == 64
    with prometheus(tmp_path, running.system.data / "run" / "metrics.json") as own:
        until(lambda: len(own.query('up{job="image-analyzer"} == 1')) == 6, 20, what="all targets")
        known = own.known()
        for query in queries():
            own.query(query.expr)
            missing = metrics_in(query.expr) - known.keys()
            assert not missing, (query.where, missing)
        evaluated = until(lambda: _all_evaluated(own.rules()), 20, what="the rules")
        assert {rule["health"] for rule in evaluated} == {"ok"}, evaluated
        assert len(evaluated) == len(rules())
        assert own.query('sum(ia_rows_total{outcome="ok"}) >= 64')
        services = next(group["rules"] for group in groups() if group["name"] == "services")
        alarm = " or ".join(f"({rule['expr']})" for rule in services)
        until(lambda: not own.query(alarm), 20, what="no alarm about the services")


def _all_evaluated(found: list[dict[str, object]]) -> list[dict[str, object]]:
    return found if all(rule["health"] != "unknown" for rule in found) else []
