"""Exports in the background without servers: their status, what is tried again, what a range asks for."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.exceptions import GenericError

from services.exporter.export.plan import TooLarge
from services.exporter.jobs.verdict import Again, Failed, of_deaths, verdict_of
from services.gateway.exporting.jobs.job import ExportStatus, Job, told
from services.gateway.exporting.jobs.ranges import Part, Unsatisfiable, part_of
from shared.exporting import Format

NOW = datetime(2025, 11, 2, 12, tzinfo=UTC)
TAG = '"tag"'


def job(**known: Any) -> Job:
    """Asked for a minute ago, and nothing has happened yet."""
    nothing: dict[str, Any] = dict.fromkeys(Job._fields)
    asked = {
        "export_id": uuid4(), "created_at": NOW - timedelta(minutes=1), "asker": "key:x", "asked": "{}",
        "format": Format.CSV, "fence": 0, "held": False, "rows_done": 0, "size": 0, "lost": False, "now": NOW,
    }  # fmt: skip
    return Job(**{**nothing, **asked, **known})


COMPLETED: dict[str, Any] = {
    "state": "completed", "ended_at": NOW, "expires_at": NOW + timedelta(hours=1), "sha256": b"s" * 32
}  # fmt: skip


@pytest.mark.parametrize(
    ("known", "status"),
    [
        ({}, "queued"),
        ({"held": True}, "running"),
        ({"fence": 2, "error": "The results could not be read."}, "queued"),
        (COMPLETED, "completed"),
        ({**COMPLETED, "expires_at": NOW}, "expired"),
        ({**COMPLETED, "lost": True}, "expired"),
        ({"state": "failed", "error": "There is no batch x."}, "failed"),
        ({"cancelled_at": NOW}, "cancelled"),
        ({"cancelled_at": NOW, "held": True}, "cancelled"),
        ({**COMPLETED, "cancelled_at": NOW}, "cancelled"),
    ],
)
def test_the_status_of_an_export(known: dict[str, Any], status: str) -> None:
    one = job(**known)
    found = told(one)
    assert found["status"] == status
    assert found["is_active"] == (status in ("queued", "running"))
    for name in ("download_url", "sha256", "expires_at"):
        assert (found[name] is not None) == (status == "completed"), name


@given(st.integers(0, 10**9), st.integers(0, 10**9) | st.none(), st.booleans())
def test_progress_is_whole_only_with_the_file(done: int, total: int | None, completed: bool) -> None:
    one = job(rows_done=done, rows_total=total, held=not completed, state="completed" if completed else None)
    assert 0 <= one.percent <= 100
    assert (one.percent == 100) == completed


def test_the_estimate_follows_the_rate_of_this_attempt() -> None:
    began = NOW - timedelta(seconds=10)
    running = job(held=True, claimed_at=began, rows_done=100, rows_total=400)
    assert running.completion == NOW + timedelta(seconds=30)
    assert running.polling_interval == 3
    for unknown in ({"rows_done": 0}, {"rows_total": None}, {"rows_total": 100}, {"held": False}):
        assert running._replace(**unknown).completion is None
    assert job(state="failed").polling_interval == 60


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (GenericError("the bucket is away"), "blob store"),
        (FileNotFoundError("no folder"), "blob store"),
        (OSError(28, "No space left on device"), "disk"),
        (OSError("of obstore's writer"), "blob store"),
        (asyncpg.CannotConnectNowError("starting"), "could not be read"),
        (ConnectionRefusedError(111, "Postgres is away"), "could not be read"),
        (OSError(113, "No route to host"), "could not be read"),
        (TimeoutError(), "could not be read"),
        (KeyError("a defect"), "log"),
    ],
)
def test_what_may_pass_is_tried_three_times(error: Exception, words: str) -> None:
    first, second, third = [verdict_of(error, failures) for failures in (1, 2, 3)]
    assert isinstance(first, Again)
    assert isinstance(second, Again)
    assert 0 < first.seconds < second.seconds
    assert isinstance(third, Failed)
    assert all(words in one.why for one in (first, second, third))
    assert "tried 3 times" in third.why


def test_what_would_be_the_same_again_fails_at_once() -> None:
    assert verdict_of(TooLarge("These are too many."), 1) == Failed("These are too many.")


def test_deaths_count() -> None:
    assert [of_deaths(failures) is None for failures in (0, 1, 2, 3, 4)] == [True, True, True, False, False]


@given(st.binary(min_size=1, max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_parts_put_together_are_the_file(file: bytes, first: int, last: int) -> None:
    size = len(file)
    if first >= size:
        with pytest.raises(Unsatisfiable):
            part_of(f"bytes={first}-", "", size, TAG)
        return
    rest = part_of(f"bytes={first}-", TAG, size, TAG)
    assert rest is not None
    assert file[:first] + file[slice(*rest)] == file
    part = part_of(f"bytes={first}-{last}", "", size, TAG)
    assert file[slice(*part)] == file[first : last + 1] if part else last < first
    if last:
        end = part_of(f"bytes=-{last}", "", size, TAG)
        assert end is not None
        assert file[slice(*end)] == file[-last:]


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "bytes=0-1,3-4", "rows=0-1", "bytes=+1-2"],
)
def test_what_is_no_range_asks_for_the_whole_file(header: str) -> None:
    assert part_of(header, "", 10, TAG) is None


def test_a_range_of_another_file_is_none_of_this() -> None:
    assert part_of("bytes=0-1", '"other"', 10, TAG) is None
    assert part_of("bytes=0-1", 'W/"tag"', 10, TAG) is None
    assert part_of("bytes=0-1", "Sun, 02 Nov 2025 12:00:00 GMT", 10, TAG) is None
    assert part_of("bytes=0-1", TAG, 10, TAG) == Part(0, 2)
    with pytest.raises(Unsatisfiable):
        part_of("bytes=-0", "", 10, TAG)


def test_a_cancel_that_was_answered_stands() -> None:
    assert job(cancelled_at=NOW, **COMPLETED).status is ExportStatus.CANCELLED
