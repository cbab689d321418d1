"""Which rows a batch has, how it ends, and what takes the place of a result that can't be stored."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.exporter.endings import ending
from services.exporter.standing import Standing, belongs
from services.exporter.storing import replacement
from shared.error_classes import ErrorClass
from shared.events import BatchCompleted, BatchFailed, ImageAnalyzed
from shared.ids import chunk_id, result_id

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BATCH = uuid4()


def result(
    row_no: int, chunk_no: int = 1, attempt: int = 1, url: str = "https://example.com/a.jpg"
) -> ImageAnalyzed:
    return ImageAnalyzed(
        batch_id=BATCH,
        at=NOW,
        result_id=result_id(BATCH, max(row_no, 0)),
        chunk_id=chunk_id(BATCH, chunk_no),
        chunk_no=chunk_no,
        row_no=row_no,
        attempt=attempt,
        url=url,
        success=True,
    )


@given(st.integers(1, 50_000), st.integers(1, 2_000))
def test_the_chunks_of_a_batch_hold_every_row_once(total: int, size: int) -> None:
    standing = Standing(total, size)
    chunks = standing.chunk_of(total)
    assert sum(standing.rows_of(number) for number in range(1, chunks + 1)) == total
    assert all(1 <= standing.rows_of(number) <= size for number in range(1, chunks + 1))


@pytest.mark.parametrize(
    "event", [result(0), result(11, 3), result(6, 1), result(1, 2), result(1, 1, 0), result(1, 1, 2**31)]
)
def test_an_event_that_names_no_row_of_its_batch_does_not_belong(event: ImageAnalyzed) -> None:
    assert not belongs(event, Standing(10, 5))


def test_events_of_the_batch_belong() -> None:
    assert belongs(result(1), Standing(10, 5))
    assert belongs(result(10, 2), Standing(10, 5))


@pytest.mark.parametrize(("successful", "kind"), [(1, BatchCompleted), (0, BatchFailed)])
def test_a_batch_completes_if_one_row_succeeded(successful: int, kind: type[object]) -> None:
    whole = {"batch_id": BATCH, "run": 2, "version": 5, "total_urls": 3, "attempts": 4}
    event = ending({**whole, "successful": successful, "failed": 3 - successful}, NOW)
    assert type(event) is kind
    assert (event.run, event.version, event.total_urls, event.failed) == (2, 5, 3, 3 - successful)
    assert event.attempts == 4


def test_the_replacement_is_storable_and_keeps_the_row_and_the_user_columns() -> None:
    bad = msgspec.structs.replace(
        result(7, attempt=3, url="http://x/\0y"), extra={"ci\0ty": "Ber\0n"}, text_content="\0", worker="a-1"
    )
    good = replacement(bad)
    assert (good.row_no, good.attempt, good.chunk_no, good.worker) == (7, 3, 1, "a-1")
    assert good.error_class is ErrorClass.UNSTORABLE
    assert not good.success
    assert b"\\u0000" not in msgspec.json.encode(good)
    assert good.extra == {"city": "Bern"}
