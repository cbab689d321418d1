"""How pages say things, and the small decisions behind them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore

from services.gateway import rows
from services.gateway.chunks import most_frequent
from services.gateway.edge import route_of
from services.gateway.errors import ProcessingError, SystemUnavailable
from services.gateway.exporting.formats import formats
from services.gateway.pages import filters, live, render
from services.gateway.paging import page_of
from services.gateway.rows import lines
from services.gateway.status import Status

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0"), (1234567, "1,234,567"), (12.34, "12.3"), (99.5, "99.5")]
)
def test_numbers_have_separators_and_one_decimal_at_most(value: float | None, text: str) -> None:
    assert filters.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.2, "under 1 s"),
        (59, "59 s"),
        (252, "4 min 12 s"),
        (3600, "1 h"),
        (90_000, "1 day 1 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float | None, text: str) -> None:
    assert filters.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.0, "1 ms"), (0.04, "40 ms"), (0.72, "0.7 s"), (12, "12 s")])
def test_no_row_took_no_time(seconds: float, text: str) -> None:
    assert filters.took(seconds) == text


@pytest.mark.parametrize("text", ["no row succeeded", "No row succeeded."])
def test_why_a_batch_ended_is_a_sentence(text: str) -> None:
    assert filters.sentence(text) == "No row succeeded."


@pytest.mark.parametrize(("name", "text"), [("http_4xx", "HTTP 4xx"), ("not_an_image", "not an image")])
def test_names_are_said_in_words(name: str, text: str) -> None:
    assert filters.words(name) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1_023, "1,023 bytes"), (1_536, "1.5 KB"), (300 << 20, "300 MB"), (5 << 40, "5,120 GB")],
)
def test_sizes_have_their_unit(count: int, text: str) -> None:
    assert filters.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "just now"), (200, "3 min ago"), (-200, "in 3 min"), (200_000, "2 days ago")]
)
def test_times_are_relative(seconds: float, text: str) -> None:
    assert filters.ago(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("micros", "text"), [(0, "0.00"), (9_500, "< 0.01"), (10_000, "0.01"), (1_234_567_890, "1,234.57")]
)
def test_what_cost_something_is_never_shown_as_nothing(micros: int, text: str) -> None:
    assert filters.dollars(micros) == text


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_share_says_100_of_the_whole_only(part: int, whole: int) -> None:
    part = min(part, whole)
    assert (filters.share(part, whole) == "100") == (part == whole)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//host/x", "file:///etc", "http://", "", "[", "x"],
)
def test_only_http_addresses_become_links_and_pictures(url: str) -> None:
    assert filters.shown_picture(url) is None
    assert filters.shown_picture(" HTTPS://host/a.jpg ") == "HTTPS://host/a.jpg"


@given(st.text())
def test_any_address_can_be_shortened(url: str) -> None:
    assert len(filters.short_url(url)) <= 70


@given(st.text())
def test_an_event_is_one_event_whatever_its_html(html: str) -> None:
    text = live.event("list", html)
    assert text.endswith("\n\n")
    assert "\n\n" not in text[:-2]
    assert all(line.startswith("data: ") for line in text.splitlines()[1:] if line)


def test_only_what_changed_is_sent_again() -> None:
    assert live.changes({"a": "1", "b": "2"}, {"a": "1", "b": "3"}) == {"b": "3"}


def test_a_menu_stays_open_while_rows_come() -> None:
    running = {
        "batch_id": uuid4(),
        "name": "shops",
        "status": Status.PROCESSING,
        "soft_deleted": False,
        "pause_reason": None,
        "total_urls": 9,
        "failed": 0,
        "outstanding": 9,
    }
    now, later = (
        render.text(
            "_actions.html",
            batch=SimpleNamespace(**running, processed=rows),
            most_rows=100,
            formats=formats()["supported_formats"],
        )
        for rows in (3, 4)
    )
    assert live.changes({"actions": now}, {"actions": later}) == {}


def test_pages_are_clamped() -> None:
    assert page_of(1, None, None, 50, 100).size == 50
    assert page_of(1, 10, 20, 50, 100).size == 10
    assert page_of(1, None, 20, 50, 100).size == 20
    assert page_of(3, 500, None, 50, 100) == (3, 100)
    assert page_of(3, 500, None, 50, 100).offset == 200


def test_the_most_frequent_error_speaks_for_a_chunk() -> None:
    assert most_frequent({}) is None
    found = most_frequent({"dns": 2, "timeout": 5, "new_in_a_later_version": 0})
    assert found is not None
    assert found.startswith("timeout (5 rows): ")
    assert most_frequent({"new_in_a_later_version": 1}) is not None


@given(
    st.lists(st.binary(max_size=5).map(lambda b: b.replace(b"\n", b"")), min_size=1, max_size=30),
    st.integers(1, 30),
    st.integers(0, 30),
    st.integers(1, 9),
)
def test_lines_are_found_however_the_blob_is_cut(rows: list[bytes], first: int, more: int, size: int) -> None:
    blob = b"".join(row + b"\n" for row in rows)
    blocks = (blob[start : start + size] for start in range(0, len(blob), size))
    found = list(lines(blocks, first, first + more))
    assert found == rows[first - 1 : first + more]


async def test_a_file_that_is_gone_or_slow_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    batch: Any = SimpleNamespace(chunk_size=2, total_urls=3, rows_path="rows")
    store = MemoryStore()
    with pytest.raises(ProcessingError):
        await rows.urls_of(store, batch, 2)
    store.put("rows", b'[1,"a",[]]\n[2,"b",[]]\n[3,"c",[]]\n')
    assert await rows.urls_of(store, batch, 2) == ["c"]
    monkeypatch.setattr(rows, "_SECONDS", 0.0)
    with pytest.raises(SystemUnavailable):
        await rows.urls_of(store, batch, 2)


@pytest.mark.parametrize(
    ("path", "template", "route"),
    [
        ("/", "/", "/"),
        ("/api/v1/batches", "", "/api/v1/batches"),
        ("/api/v1/batch/123/progress", "/{batch_id}/progress", "/api/v1/batch/{batch_id}/progress"),
        ("/batch/123", "/batch/{batch_id}", "/batch/{batch_id}"),
    ],
)
def test_metrics_name_routes_by_their_whole_template(path: str, template: str, route: str) -> None:
    assert route_of({"path": path, "route": SimpleNamespace(path=template)}) == route
    assert route_of({"path": path}) == "other"
