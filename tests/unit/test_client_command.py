"""The command line on replies made here: what it prints, where, and how it ends."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from image_analyzer import Client, Health, Progress, Retry, command
from image_analyzer.command import bars, doctor, screen, sending

FIRST, SECOND = "1a2b3c4d-0000-4000-8000-000000000001", "1a2b9999-0000-4000-8000-000000000002"
BATCH = {"batch_name": "shops", "status": "completed", "total_urls": 2, "processed_count": 2}
ENDED = {**BATCH, "batch_id": FIRST, "successful_count": 1, "failed_count": 1, "progress_percentage": 100.0}
Run = Callable[..., int]


def reply(data: Any, message: str = "") -> httpx.Response:
    body = {"success": True, "data": data, "message": message, "timestamp": datetime.now(UTC).isoformat()}
    return httpx.Response(200, json=body)


def answers(ended: Mapping[str, Any] = ENDED) -> dict[tuple[str, str], httpx.Response]:
    """A service with two batches whose ids begin alike."""
    listed = [{**BATCH, "batch_id": FIRST}, {**BATCH, "batch_id": SECOND, "batch_name": "\x1b[2Jevil [b]"}]
    info = {
        "batch_name": "shops",
        "status": "QUEUED",
        "total_urls": 2,
        "total_chunks": 1,
        "auto_started": True,
    }
    rows = b"url,success\r\nhttp://a/1.jpg,true\r\n"
    return {
        ("GET", "/api/v1/batches"): reply({"batches": listed, "next_cursor": None}),
        ("POST", "/api/v1/batches"): reply({"batch_id": FIRST, "batch_info": info}, "Batch created"),
        ("GET", f"/api/v1/batches/{FIRST}"): reply({"batch_info": {**BATCH, "batch_id": FIRST}}),
        ("GET", f"/api/v1/batches/{FIRST}/progress"): reply({**ended, "is_active": False}),
        ("GET", f"/api/v1/export/batch/{FIRST}"): httpx.Response(200, content=rows),
        ("POST", f"/api/v1/batches/{FIRST}/pause"): reply(
            {"batch_id": FIRST, "status": "paused"}, "Batch paused"
        ),
    }


def refusal(request: httpx.Request) -> httpx.Response:
    body = {"success": False, "error": f"No {request.url.path}.", "error_type": "BatchNotFound"}
    return httpx.Response(404, json=body)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], Any]:
    """What the service answers; tests change it."""
    known: dict[tuple[str, str], Any] = dict(answers())

    def answer(request: httpx.Request) -> httpx.Response:
        request.read()
        found = known.get((request.method, request.url.path))
        if isinstance(found, BaseException):
            raise found
        return found if found is not None else refusal(request)

    made = partial(Client, retry=Retry(tries=1), transport=httpx.MockTransport(answer))
    monkeypatch.setattr(command, "Client", made)
    monkeypatch.delenv("IMAGE_ANALYZER_URL", raising=False)
    monkeypatch.delenv("IMAGE_ANALYZER_KEY", raising=False)
    return known


Served = dict[tuple[str, str], Any]
Captured = pytest.CaptureFixture[str]


def test_one_command_sends_waits_and_fetches(served: Served, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "urls.csv").write_text("url\nhttp://a/1.jpg\nnone\n")
    out = tmp_path / "results.csv"
    words = ["submit", str(tmp_path / "urls.csv"), "--force-refresh", "--wait", "-o", str(out)]
    assert command.main(words) == 0
    assert out.read_bytes().startswith(b"url,success")
    said = capsys.readouterr()
    assert FIRST in said.out
    assert f"completed: 2 of 2 rows, 1 failed → {out}" in said.out
    assert "image-analyzer errors 1a2b3c4d" in said.err


def test_a_batch_that_failed_ends_the_command_with_one(served: Served, tmp_path: Path) -> None:
    served["GET", f"/api/v1/batches/{FIRST}/progress"] = answers({**ENDED, "status": "failed"})[
        "GET", f"/api/v1/batches/{FIRST}/progress"
    ]
    assert command.main(["wait", FIRST]) == 1


def test_what_can_not_work_is_said_before_anything_is_sent(served: Served, tmp_path: Path) -> None:
    served.clear()
    path = tmp_path / "urls.csv"
    assert command.main(["submit", str(path)]) == 2
    path.write_text("url\n")
    assert command.main(["submit", str(path), "-o", "results.txt"]) == 2
    assert command.main(["submit", str(path), "-o", str(tmp_path / "none" / "results.csv")]) == 2
    assert command.main(["--url", "nonsense", "ls"]) == 2
    assert command.main(["show", "../../admin"]) == 2


def test_each_way_to_fail_has_its_exit_status(served: Served, capsys: Captured) -> None:
    assert command.main(["show", SECOND]) == 4
    assert "No /api/v1/batches" in capsys.readouterr().err
    served["GET", "/api/v1/batches"] = httpx.ConnectError("refused")
    assert command.main(["ls"]) == 3
    served["GET", "/api/v1/batches"] = httpx.Response(503, text="proxy")
    assert command.main(["ls"]) == 3
    served["GET", "/api/v1/batches"] = httpx.Response(500, text="broken", headers={"x-request-id": "r7"})
    assert command.main(["ls"]) == 1
    assert "(request r7)" in capsys.readouterr().err


def test_ctrl_c_leaves_the_batch_and_says_how_to_come_back(served: Served, capsys: Captured) -> None:
    served["GET", f"/api/v1/batches/{FIRST}/progress"] = KeyboardInterrupt()
    assert command.main(["wait", FIRST, "-o", "out.csv"]) == 130
    assert "image-analyzer wait 1a2b3c4d -o out.csv" in capsys.readouterr().err


def test_an_id_may_be_cut_as_long_as_it_is_the_only_one(served: Served, capsys: Captured) -> None:
    assert command.main(["pause", "1A2B3"]) == 0
    assert "Batch paused" in capsys.readouterr().out
    assert command.main(["pause", "1a2b"]) == 2
    assert "2 batches begin with 1a2b" in capsys.readouterr().err
    assert command.main(["pause", "ffff"]) == 2


def test_lists_are_lines_without_a_terminal_and_json_for_programs(served: Served, capsys: Captured) -> None:
    assert command.main(["ls"]) == 0
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["id", "name", "status"]
    assert first.split()[:3] == ["1a2b3c4d", "shops", "completed"]
    assert "\x1b" not in second
    assert "evil [b]" in second
    assert command.main(["ls", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["batch_id"] for line in lines] == [FIRST, SECOND]


def test_an_export_may_go_into_a_pipe(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert command.main(["export", FIRST, "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == b"url,success\r\nhttp://a/1.jpg,true\r\n"


@pytest.mark.parametrize("arguments", [[], ["--background"]])
def test_an_export_that_is_too_large_is_made_in_the_background(
    served: Served, tmp_path: Path, capsys: Captured, arguments: list[str]
) -> None:
    file = b"url,success\n"
    job = {
        "export_id": SECOND, "status": "completed", "is_active": False, "bytes": len(file),
        "sha256": hashlib.sha256(file).hexdigest(),
    }  # fmt: skip
    refused = {"success": False, "error": "2,000,001 rows.", "error_type": "ValidationError"}
    served["GET", f"/api/v1/export/batch/{FIRST}"] = httpx.Response(413, json=refused)
    served["POST", "/api/v1/exports"] = reply(job)
    served["GET", f"/api/v1/exports/{SECOND}/file"] = httpx.Response(206, content=file)
    assert command.main(["export", FIRST, "-o", str(tmp_path / "out.csv"), *arguments]) == 0
    assert (tmp_path / "out.csv").read_bytes() == file
    assert "in the background" in capsys.readouterr().err


def test_the_first_key_is_asked_for_where_the_server_is(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("image_analyzer.command.keys.find_spec", lambda name: None)
    assert command.main(["keys", "list"]) == 2
    assert "DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    "typed", [["list"], ["revoke", "k1"], ["create", "--role", "admin", "--name", "made by command"]]
)
def test_without_a_key_the_servers_own_command_is_run(
    served: Served, monkeypatch: pytest.MonkeyPatch, typed: list[str]
) -> None:
    ran: list[list[str]] = []

    def run(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, int(check))

    monkeypatch.setattr(subprocess, "run", run)
    assert command.main(["keys", *typed]) == 0
    assert ran[0][1:] == ["-m", "services.gateway", "keys", *typed]


def test_keys_are_made_by_an_admin_anywhere(served: Served, capsys: Captured) -> None:
    made = {"key": "ia_secret", "key_id": "k1", "role": "viewer", "name": "ci"}
    served["POST", "/admin/keys"] = reply(made)
    assert command.main(["--key", "admin", "keys", "create", "--role", "viewer", "--name", "ci"]) == 0
    said = capsys.readouterr()
    assert said.out == "ia_secret\n"
    assert "not shown again" in said.err


HEALTH = Health.of(
    {
        "status": "healthy",
        "database": "connected",
        "redis": "connected",
        "kafka": "connected",
        "config": {"api_keys_count": 2},
        "server_time": "2025-11-02T10:00:00Z",
    }
)


def test_the_doctor_measures_the_clock_in_the_middle_of_the_call() -> None:
    sent = datetime(2025, 11, 2, 9, 59, 59, tzinfo=UTC)
    found = {one.what: one for one in doctor.judge("http://a", HEALTH, 2.0, sent)}
    assert found["clock"] == ("clock", True, "+0.0 s off")
    late = {one.what: one for one in doctor.judge("http://a", HEALTH, 0.0, sent - timedelta(minutes=3))}
    assert not late["clock"].well
    assert found["keys"].said == "2 for the provider"


def test_the_doctor_tells_what_is_away_and_ends_with_one(served: Served, capsys: Captured) -> None:
    sick = {"status": "unhealthy", "database": "connected", "redis": "disconnected", "kafka": "connected"}
    served["GET", "/api/v1/health"] = httpx.Response(503, json={"success": False, "data": sick})
    assert command.main(["doctor"]) == 1
    assert "redis     bad  disconnected" in capsys.readouterr().out
    served["GET", "/api/v1/health"] = httpx.ConnectError("refused")
    assert command.main(["doctor"]) == 3


@given(st.text())
def test_nothing_of_a_strangers_text_steers_the_terminal(text: str) -> None:
    shown = screen.clean(text)
    assert all(c.isprintable() or c == "\n" for c in shown)
    assert len(shown) == len(text)


def test_a_bar_says_rate_time_left_and_failures() -> None:
    now = datetime(2025, 11, 2, tzinfo=UTC)
    progress = Progress.of(
        {**ENDED, "status": "processing", "is_active": True, "processing_rate_per_minute": 1234.4,
         "estimated_completion": "2025-11-02T00:01:05Z"}
    )  # fmt: skip
    assert bars.look_of(progress, now) == ("processing", "1,234/min", "1 failed", "1 min 05 s left")


def test_a_bar_draws_on_a_terminal() -> None:
    wide = screen.Screen(machine=False)
    wide.err = Console(file=io.StringIO(), force_terminal=True, width=120)
    with bars.batch_bar(wide) as step:
        step(Progress.of({**ENDED, "is_active": False}))
    drawn = wide.err.file.getvalue()  # type: ignore[attr-defined]  # the StringIO of above
    assert "completed" in drawn
    assert "2/2" in drawn


@pytest.mark.parametrize(
    ("name", "kind"), [("a.csv", "csv"), ("A.XLSX", "xlsx"), ("a.json", "json"), ("-", "csv")]
)
def test_the_format_is_in_the_name(name: str, kind: str) -> None:
    assert sending.export_format(name, None) == kind
    assert sending.export_format(name, "json") == "json"
