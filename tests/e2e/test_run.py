"""`make run` as people see it: the way in, the way out, what survives."""

from __future__ import annotations

import json
import sys
import time

import httpx
import psutil
import pytest

from tests import system as systems
from tests.local_servers import data_folder, is_gone
from tests.system import System
from tests.workload import World

SERVICES = ("gateway-1", "ingest-1", "analyzer-1", "exporter-1", "monitor-1")
SERVERS = ("kafka-1", "postgres-1", "redis-1")
STOP_SECONDS = 30


def test_every_process_has_its_pid_its_log_and_its_metrics(slow: World) -> None:
    system = slow.system
    for name in ("supervisor", *SERVERS, *SERVICES):
        assert psutil.pid_exists(system.pid(name)), name
    for name in (*SERVERS, *SERVICES):
        assert (system.data / "logs" / f"{name}.log").is_file()
    targets = json.loads((system.data / "run" / "metrics.json").read_text())
    assert [target["labels"]["instance"] for target in targets] == list(SERVICES)
    for target in targets:
        reply = httpx.get(f"http://{target['targets'][0]}/metrics")
        assert reply.status_code == 200


def test_a_taken_port_is_said_in_words(running: World) -> None:
    system = running.system
    with data_folder() as data:
        other = System(data, {}, port=system.port)
        assert other.wait() == 1
        assert f"Port {system.port} on 127.0.0.1 is taken" in other.output
        assert "Traceback" not in other.output


@pytest.mark.timeout(300)
def test_the_end_is_in_order_and_the_next_start_finds_its_data() -> None:
    with data_folder() as data:
        with systems.running(data=data) as first:
            files = {"file": ("a.csv", "url\nhttp://127.0.0.1:1/none.jpg\n", "text/csv")}
            made = httpx.post(f"{first.base_url}/api/v1/batches", files=files, timeout=20).json()
            pids = all_pids(first)
            started = time.monotonic()
            assert first.stop() == 0
            assert time.monotonic() - started < STOP_SECONDS
        assert all(is_gone(pid) for pid in pids)
        assert not list((data / "run").glob("*.pid"))
        with systems.running(data=data) as second:
            reply = httpx.get(f"{second.base_url}/api/v1/batch/{made['data']['batch_id']}", timeout=20)
            assert reply.json()["data"]["batch_info"]["total_urls"] == 1
            nothing_outlives_the_supervisor(second)


def nothing_outlives_the_supervisor(system: System) -> None:
    if sys.platform != "linux":
        return  # elsewhere it is the next start that ends what is left
    pids = all_pids(system)
    system.kill("supervisor")
    deadline = time.monotonic() + 20
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def all_pids(system: System) -> list[int]:
    return [system.pid(file.stem) for file in (system.data / "run").glob("*.pid")]
