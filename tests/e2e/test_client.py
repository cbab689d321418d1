"""The client and its command line against a running system: the document's workflow in one command."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from image_analyzer import BatchNotFound, BatchStateError, Client
from tests.workload import World

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "client.md"


def _environment(running: World) -> dict[str, str]:
    paths = [str(_ROOT / "clients" / "python"), os.environ.get("PYTHONPATH", "")]
    own = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "IMAGE_ANALYZER_URL": running.system.base_url}
    return {**os.environ, **own, "NO_COLOR": "1"}


def _run(running: World, folder: Path, *command: str) -> str:
    """What it printed; standard error too when it fails."""
    done = subprocess.run(
        [sys.executable, *command],
        env=_environment(running),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _urls(running: World, folder: Path, first: int) -> None:
    (folder / "urls.csv").write_text("url\n" + "\n".join(running.urls(20, first=first)) + "\nnot a url\n")


def test_the_documents_workflow_is_one_command(running: World, tmp_path: Path) -> None:
    """Then everything that people do with a batch that has ended, by a part of its id."""
    _urls(running, tmp_path, 90_000)
    submit = [
        "submit",
        "urls.csv",
        "--name",
        "one command",
        "--wait",
        "-o",
        "results.csv",
        "--gzip",
        "--json",
    ]
    ended = json.loads(_run(running, tmp_path, "-m", "image_analyzer", *submit))
    assert (ended["status"], ended["successful_count"], ended["failed_count"]) == ("completed", 20, 1)
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["success"] for row in rows] == ["true"] * 20 + ["false"]

    own = ended["batch_id"][:8]
    assert "one command" in _run(running, tmp_path, "-m", "image_analyzer", "show", own)
    assert "one command" in _run(running, tmp_path, "-m", "image_analyzer", "ls", "one command")
    exported = _run(running, tmp_path, "-m", "image_analyzer", "export", own, "-o", "-", "--failed-only")
    assert exported.count("not a url") == 1


def test_the_client_reads_and_tries_again_what_failed(running: World) -> None:
    with Client(running.system.base_url) as client:
        made = client.create([*running.urls(3, first=92_000), "not a url"], batch_name="from python")
        assert client.wait(made.batch_id, timeout=60).failed_count == 1
        assert [row.row_no for row in client.results(made.batch_id)] == [1, 2, 3, 4]
        [failed] = client.results(made.batch_id, failed_only=True)
        assert failed.error_class == "invalid_url"
        assert client.analyze(made.batch_id).top_errors[0]["error_type"] == "invalid_url"
        assert client.retry(made.batch_id, error_classes=["invalid_url"]).retried_count == 1
        assert client.wait(made.batch_id, timeout=60).processed_count == 4
        assert client.get(made.batch_id).retry_count == 1
        with pytest.raises(BatchStateError):
            client.pause(made.batch_id)


def test_the_pages_examples_run_as_printed(running: World, tmp_path: Path) -> None:
    _urls(running, tmp_path, 91_000)
    for language, text in re.findall(r"```(sh|python)\n(.*?)```", _PAGE.read_text(), re.DOTALL):
        (tmp_path / "results.csv").unlink(missing_ok=True)
        said = _run(running, tmp_path, "-c", text if language == "python" else _in_a_shell(text))
        assert said, text
        if "results.csv" in text:
            assert (tmp_path / "results.csv").read_text().count("/good/") == 20, text


def _in_a_shell(text: str) -> str:
    here = text.replace("image-analyzer ", f"{sys.executable} -m image_analyzer ")
    return f"import subprocess, sys; sys.exit(subprocess.call(['sh', '-ec', {here!r}]))"


def test_the_client_takes_a_batch_through_its_life(running: World, tmp_path: Path) -> None:
    urls = running.urls(3, first=93_000)
    with Client(running.system.base_url) as client:
        trial = client.dry_run([*urls, urls[0], "none"], compress=True)
        assert (trial.total_rows, trial.distinct_images, trial.duplicates, trial.invalid_rows) == (5, 3, 1, 1)
        made = client.create(urls, auto_start=False, priority="high", region="DE")
        assert made.status == "pending"
        assert client.start(made.batch_id).changed
        assert client.wait(made.batch_id, timeout=60).status == "completed"
        assert client.export(made.batch_id, tmp_path / "r.json", format="json") > 0
        assert [row["url"] for row in json.loads((tmp_path / "r.json").read_text())] == urls
        client.export(made.batch_id, tmp_path / "r.xlsx", format="xlsx", metadata=False)
        assert (tmp_path / "r.xlsx").read_bytes().startswith(b"PK")

        clone = client.clone(made.batch_id, new_name="clone", copy_results=True)
        assert (clone.batch_name, clone.total_urls) == ("clone", 3)
        assert client.wait(clone.batch_id, timeout=60).successful_count == 3
        assert client.soft_delete(made.batch_id, retention_days=3).changed
        assert made.batch_id not in {batch.batch_id for batch in client.batches()}
        assert made.batch_id in {batch.batch_id for batch in client.batches(include_soft_deleted=True)}
        assert client.restore(made.batch_id).status == "completed"
        assert client.delete(made.batch_id).message
        with pytest.raises(BatchNotFound):
            client.get(made.batch_id)
