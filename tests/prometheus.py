"""A real Prometheus (Debian's) that scrapes a system of the tests, and evaluates its alerts."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dev.ports import free_port
from tests.observability import PROMETHEUS
from tests.workload import until

_START_SECONDS = 30
_STOP_SECONDS = 20


def skip_without(program: str) -> None:
    if not shutil.which(program):
        pytest.skip("Prometheus is not installed (.ci/run installs it)")


class Prometheus:
    """`http`: its API."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def query(self, expr: str) -> list[dict[str, Any]]:
        """The series and their values now. Fails for what can't be evaluated."""
        reply = self._http.get("/api/v1/query", params={"query": expr})
        assert reply.status_code == 200, (expr, reply.text)
        assert "warnings" not in reply.json(), (expr, reply.text)
        data = reply.json()["data"]
        assert data["resultType"] in ("vector", "scalar"), expr
        found: list[dict[str, Any]] = data["result"]
        return found

    def known(self) -> dict[str, str]:
        """The metrics that were scraped, with their types."""
        found = self._http.get("/api/v1/metadata").json()["data"]
        return {name: said[0]["type"] for name, said in found.items()}

    def rules(self) -> list[dict[str, Any]]:
        """As Prometheus evaluated them last."""
        found = self._http.get("/api/v1/rules").json()["data"]["groups"]
        return [rule for group in found for rule in group["rules"]]

    def firing(self) -> dict[str, dict[str, Any]]:
        """The first alert of each name that fires."""
        found = self._http.get("/api/v1/alerts").json()["data"]["alerts"]
        return {
            alert["labels"]["alertname"]: alert for alert in reversed(found) if alert["state"] == "firing"
        }


@contextmanager
def prometheus(folder: Path, targets: Path, waits: str | None = None) -> Iterator[Prometheus]:
    """Asks the `targets` of a system every two seconds. `waits` takes the place of every alert's `for`."""
    home = folder / "prometheus"
    (home / "alerts").mkdir(parents=True)
    for file in (PROMETHEUS / "alerts").glob("*.yml"):
        rules = yaml.safe_load(file.read_text())
        for rule in (rule for group in rules["groups"] for rule in group["rules"]):
            if waits is not None and "for" in rule:
                rule["for"] = waits
        (home / "alerts" / file.name).write_text(yaml.safe_dump(rules))
    config = yaml.safe_load((PROMETHEUS / "run.yml").read_text())
    config["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
    config["scrape_configs"][0]["file_sd_configs"] = [{"files": [str(targets)]}]
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    with _running(home) as http:
        yield Prometheus(http)


@contextmanager
def _running(home: Path) -> Iterator[httpx.Client]:
    skip_without("prometheus")
    address = f"127.0.0.1:{free_port()}"
    command = ["prometheus", f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/data"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address={address}"], cwd=home, stdout=log, stderr=log
        )
        try:
            with httpx.Client(base_url=f"http://{address}", timeout=10) as http:
                until(lambda: _is_ready(http), _START_SECONDS, what="Prometheus")
                yield http
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False
