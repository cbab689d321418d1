"""What failed is tried again, and what was answered is not called for again."""

from typing import Any

import httpx

from tests.workload import World, assert_whole, until


def post(running: World, path: str, body: object) -> Any:
    reply = running.http.post(f"/api/v1/batches/{path}", json=body)
    assert reply.is_success, reply.text
    return reply.json()["data"]


def test_failed_rows_are_retried_and_a_clone_with_results_makes_no_call(running: World) -> None:
    # More often than a run tries them, also one that takes a slice twice.
    flaky = [f"{running.images.url}/flaky/20/{n}.jpg" for n in range(610_000, 610_004)]
    lines = [*running.urls(60, first=600_000), *flaky, f"{running.images.url}/404/x.jpg"]
    batch = running.submit(lines)
    seen = running.wait_end(batch)
    assert (seen["status"], seen["successful_count"], seen["failed_count"]) == ("completed", 60, 5)

    for url in flaky:
        until(lambda url=url: httpx.get(url).is_success, what="the picture to be there")  # type: ignore[misc]
    said = post(running, f"{batch}/retry", {"error_class": "http_5xx"})
    assert (said["retried_count"], said["status"]) == (4, "processing")
    seen = running.wait_end(batch)
    assert (seen["status"], seen["successful_count"], seen["failed_count"]) == ("completed", 64, 1)
    rows = running.export(batch)
    assert_whole(rows, lines, batch)

    calls = len(running.log().calls)
    clone = post(running, f"{batch}/clone", {"copy_results": True})["batch_id"]
    seen = running.wait_end(clone)
    assert (seen["status"], seen["successful_count"], seen["failed_count"]) == ("completed", 64, 1)
    copies = running.export(clone)
    assert_whole(copies, lines, clone)
    assert len(running.log().calls) == calls
    read = ("success", "store_name", "text_content", "error_message", "analysis_result")
    assert [[row[name] for name in read] for row in copies] == [[row[name] for name in read] for row in rows]
