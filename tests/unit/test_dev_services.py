"""What the services are told, and what `make run` shows of the sample batch."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from dev import first_batch, first_key, services
from dev.folders import Folders
from dev.screen import Screen
from dev.servers.choose import Addresses
from dev.settings import read

ADDRESSES = Addresses("postgresql://p@/d?host=/s", "redis://127.0.0.1:1/0", "127.0.0.1:2")


def told(environ: dict[str, str]) -> dict[str, str]:
    settings = read(environ)
    ports = {name: 20_000 + number for number, name in enumerate(services.instances(settings.analyzers))}
    return services.environment(settings, Folders(Path("/data")), ADDRESSES, ports)


def test_three_analyzers_are_three_processes() -> None:
    names = services.instances(3)
    assert names[0] == "gateway-1"
    assert [name for name in names if name.startswith("analyzer")] == [
        "analyzer-1",
        "analyzer-2",
        "analyzer-3",
    ]
    assert len(names) == 7


@given(st.integers(1, 64), st.integers(80, 10_000))
def test_the_budgets_of_all_processes_stay_within_the_systems(analyzers: int, pool: int) -> None:
    environment = told({"ANALYZERS": str(analyzers), "DATABASE_POOL_SIZE": str(pool)})
    assert 1 <= int(environment["DATABASE_POOL_SIZE"]) * len(services.instances(analyzers)) <= pool


def test_downloads_may_reach_the_sample_pictures_and_what_the_user_names() -> None:
    assert told({})["FETCH_ALLOW_NETS"] == "127.0.0.1/32:5001"
    assert told({"FETCH_ALLOW_NETS": "10.1.0.0/16"})["FETCH_ALLOW_NETS"] == "10.1.0.0/16,127.0.0.1/32:5001"


def test_the_users_settings_pass_through() -> None:
    environment = told({"VISION_API_KEYS": "k", "BLOB_URL": "s3://b", "PORT": "6000"})
    assert (environment["VISION_API_KEYS"], environment["BLOB_URL"]) == ("k", "s3://b")
    assert (environment["PORT"], environment["DATA_DIR"]) == ("6000", "/data")
    assert told({})["BLOB_URL"] == "file:///data/blobs"


def test_prometheus_finds_every_process(tmp_path: Path) -> None:
    services.write_metrics_targets(tmp_path / "metrics.json", {"analyzer-2": 20_001})
    labels = {"service": "analyzer", "instance": "analyzer-2"}
    expected = [{"targets": ["127.0.0.1:20001"], "labels": labels}]
    assert json.loads((tmp_path / "metrics.json").read_text()) == expected


def row(**cells: str) -> dict[str, str]:
    empty = dict.fromkeys(["url", "error_message", "store_name", "store_image", "business_contact"], "")
    return {**empty, **cells}


def test_a_failed_row_says_why_and_a_url_that_is_none_is_shown() -> None:
    failed = row(url="http://127.0.0.1:5001/sample/gone.jpg", error_message="404 from the server")
    assert first_batch.cells(failed) == ("gone.jpg", "failed", "404 from the server")
    assert first_batch.cells(row(url="no url at all"))[0] == "no url at all"


@pytest.mark.parametrize("terminal", [True, False])
def test_text_from_a_row_is_no_markup_of_the_console(terminal: bool) -> None:
    output = io.StringIO()
    screen = Screen(Console(file=output, width=100, force_terminal=terminal, color_system=None))
    screen.table("Shops", ("picture", "shop"), [("a.jpg", "[red]Rosa's[/red]")])
    screen.say("[/nothing] is closed")
    assert "[red]Rosa's[/red]" in output.getvalue()
    assert "[/nothing] is closed" in output.getvalue()


def test_without_a_terminal_progress_is_a_few_lines() -> None:
    output = io.StringIO()
    with Screen(Console(file=output, width=100)).bar("Sample batch") as step:
        for done in range(1001):
            step(done, 1000)
    lines = output.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[-1] == "Sample batch: 1000/1000"


def test_with_a_login_the_first_key_is_explained_without_a_password() -> None:
    addresses = Addresses("postgresql://u:pw@db/x", "redis://r", "k:1")
    given = read({"AUTH": "keys", "DATABASE_URL": addresses.database_url})
    assert first_key.is_needed(given)
    assert "keys create --role admin" in first_key.advice(given, addresses)
    assert "pw" not in first_key.advice(given, addresses)
    own = read({})
    assert not first_key.is_needed(own)
    assert "DATABASE_URL=" in first_key.advice(own, addresses)
