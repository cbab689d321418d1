"""The whole way of a row: a CSV goes in, a complete table comes out."""

from tests.fakes.truth import truth_of
from tests.workload import World, assert_whole, until


def test_every_row_has_exactly_one_result_and_each_image_is_paid_for_once(running: World) -> None:
    before = running.log().paid()
    urls = running.urls(2_000, first=500_000)
    lines = [*urls, *urls[:50], "not a url", f"{running.images.url}/404/x.jpg"]
    other = running.submit(running.urls(200, first=1_000_000))
    batch = running.submit(lines)
    seen = running.wait_end(batch, 120)
    assert seen["status"] == "completed"
    assert (seen["successful_count"], seen["failed_count"]) == (2_050, 2)
    rows = running.export(batch)
    assert_whole(rows, lines, batch)
    running.wait_end(other)
    paid = running.log().paid() - before
    assert paid.total() == len(paid) == 2_200
    assert sum(row["cache_hit"] == "true" for row in rows) == 50


def test_each_row_has_the_answer_of_its_own_picture(running: World) -> None:
    batch = running.submit(running.urls(200, first=5_000))
    running.wait_end(batch)
    for number, row in enumerate(running.export(batch), 5_000):
        truth = truth_of(number)
        assert row["store_name"] == truth.name, row["url"]


def test_an_export_asked_for_when_progress_first_says_completed_has_every_row(running: World) -> None:
    for attempt in range(20):
        urls = running.urls(100, first=20_000 + 100 * attempt)
        batch = running.submit(urls)
        until(lambda batch=batch: running.progress(batch)["status"] == "completed", 30, every=0.01)  # type: ignore[misc]
        assert_whole(running.export(batch), urls, batch)


def test_extra_columns_come_back_and_formulas_are_disarmed(running: World) -> None:
    [url] = running.urls(1, first=40_000)
    batch = running.submit([f'{url},=1+1,"two\nlines"'], header="image_url,note,more")
    running.wait_end(batch)
    [row] = running.export(batch)
    assert (row["note"], row["more"]) == ("'=1+1", "two\nlines")


def test_a_batch_that_slow_hosts_hold_up_says_so(running: World) -> None:
    """By another name of its address the host is another one, and the others stay quick."""
    host = running.images.url.replace("127.0.0.1", "localhost")
    batch = running.submit([f"{host}/slow/2100/{n}.jpg" for n in range(900_001, 900_081)])
    running.wait_for(batch, lambda seen: seen["limited_by"] == "hosts", 60)
    assert running.control(batch, "cancel").status_code == 200
