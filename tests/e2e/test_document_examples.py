"""The three curl commands and the polling JavaScript of spec/api.md, run as printed."""

import shutil
import subprocess
from pathlib import Path

from tests.workload import World, until

_DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


def _blocks(language: str, after: str) -> list[str]:
    """The fenced blocks of a language behind a heading of the document."""
    text = _DOCUMENT.read_text().partition(after)[2]
    return [block.partition("```")[0] for block in text.split(f"```{language}\n")[1:]]


def _shell(command: str, folder: Path) -> str:
    done = subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _here(text: str, running: World, batch: str = "") -> str:
    return text.replace("http://localhost:5001", running.system.base_url).replace("{batch_id}", batch)


def test_the_curl_commands_and_the_poller_work_as_printed(running: World, tmp_path: Path) -> None:
    assert shutil.which("curl")
    assert shutil.which("node")
    create, progress, export = _blocks("bash", "### Complete Batch Processing Workflow")[:3]
    (tmp_path / "urls.csv").write_text("url\n" + "\n".join(running.urls(40, first=80_000)) + "\n")
    assert '"success":true' in _shell(_here(create, running), tmp_path)
    batch = running.http.get("/api/v1/batches").json()["data"]["batches"][0]["batch_id"]
    assert '"success":true' in _shell(_here(progress, running, batch), tmp_path)

    [poller] = _blocks("javascript", "### Polling Implementation")[:1]
    script = tmp_path / "poll.mjs"
    absolute = poller.replace("fetch(`/api", f"fetch(`{running.system.base_url}/api")
    script.write_text(f"{absolute}\nawait pollBatchStatus('{batch}');\n")
    assert "Batch completed" in _shell(f"node {script}", tmp_path)

    until(lambda: running.progress(batch)["status"] == "completed")
    _shell(_here(export, running, batch), tmp_path)
    assert (tmp_path / "results.csv").read_text().count("/good/") == 40


def test_the_documents_csv_is_accepted(running: World) -> None:
    [table] = _blocks("csv", "### CSV Upload Format")[:1]
    batch = running.submit_file(table.encode(), auto_start="false")
    assert running.progress(batch)["total_urls"] == 3


def test_the_control_and_analysis_examples_work_as_printed(running: World, tmp_path: Path) -> None:
    batch = running.submit(running.urls(2_000, first=700_000))
    [control] = _blocks("bash", "### Batch Control Example")[:1]
    [analyse] = _blocks("bash", "### Error Analysis")
    said = _shell(_here(control, running, batch), tmp_path)
    assert [said.count(f'"{word}":true') for word in ("success", "paused", "resumed", "cancelled")] == [
        3,
        1,
        1,
        1,
    ]
    assert running.progress(batch)["status"] == "cancelled"
    assert '"success":true' in _shell(_here(analyse, running, batch), tmp_path)
