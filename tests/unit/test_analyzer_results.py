"""What is told of a row: who it is, what was read, who paid for it."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from services.analyzer import results
from services.analyzer.analysis import Analysis, Scored, TextLine
from services.analyzer.entries import Entry
from services.analyzer.pending import Failed
from shared.error_classes import ErrorClass
from shared.events import ImageAnalyzed, SliceDispatched, SliceRow
from shared.ids import result_id
from shared.wire import Decoder, encode, headers_of

BATCH = UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
ROW = SliceRow(66, "http://a.example/1.jpg", ("red", "7"), attempt=2)
WORK = SliceDispatched(
    batch_id=BATCH,
    at=datetime(2026, 1, 1, tzinfo=UTC),
    slice_id=UUID(int=2),
    chunk_id=UUID(int=3),
    chunk_no=1,
    dispatch=1,
    version=1,
    region="US",
    rows=(ROW,),
    columns=("colour", "shelf"),
    run=4,
)
SIGN = Analysis(
    provider="google",
    text="Amber Anchor Bakery\n(206) 220-0000",
    lines=(
        TextLine("Amber Anchor Bakery", 0.1, 0.1, 0.8, 0.3, 0.9),
        TextLine("(206) 220-0000", 0.1, 0.6, 0.4, 0.1, 0.9),
    ),
    labels=(Scored("Storefront", 0.9), Scored("Signage", 0.8)),
)


def succeeded(origin: str, key: str | None = "0123456789ab") -> ImageAnalyzed:
    entry = Entry(origin, SIGN, key, 0.3, cost=9_500, units=5)
    return results.succeeded(WORK, ROW, entry, seconds=1.23456, worker="analyzer-2")


def test_a_result_says_whose_it_is() -> None:
    event = succeeded("other/1")
    assert event.result_id == result_id(BATCH, 66)
    assert (event.row_no, event.attempt, event.run, event.chunk_no) == (66, 2, 4, 1)
    assert event.extra == {"colour": "red", "shelf": "7"}
    assert (event.worker, event.processing_time_seconds) == ("analyzer-2", 1.235)
    assert event.api_key_used == "0123456789ab"


def test_a_result_says_what_was_read() -> None:
    event = succeeded("other/1")
    assert event.success
    assert event.store_image is True
    assert event.store_name == "Amber Anchor Bakery"
    assert event.business_contact is not None
    assert msgspec.json.decode(event.analysis_result)["provider"] == "google"


def test_the_row_that_was_paid_for_is_no_cache_hit() -> None:
    assert not succeeded(f"{BATCH}/66").cache_hit
    assert succeeded(f"{BATCH}/65").cache_hit


def test_only_the_row_that_was_paid_for_tells_what_its_picture_cost() -> None:
    told = [(event.cost, event.units) for event in (succeeded(f"{BATCH}/66"), succeeded(f"{BATCH}/65"))]
    assert told == [(9_500, 5), (0, 0)]


def test_a_failed_row_says_why_in_words() -> None:
    why = Failed(ErrorClass.HTTP_4XX, "The host says 404.")
    event = results.failed(WORK, ROW, why, seconds=0.5, worker="analyzer-2")
    assert (event.success, event.cost) == (False, 0)
    paid, other = (
        Failed(ErrorClass.PROVIDER_IMAGE, "Blocked.", 800, 900, f"{BATCH}/{row}") for row in (66, 65)
    )
    events = [results.failed(WORK, ROW, one, seconds=0.5, worker="w") for one in (paid, other)]
    assert [(one.cost, one.units) for one in events] == [(800, 900), (0, 0)]
    assert (event.error_class, event.error_message) == (ErrorClass.HTTP_4XX, "The host says 404.")
    assert (event.attempt, event.run, event.extra) == (2, 4, {"colour": "red", "shelf": "7"})


def test_both_survive_the_wire() -> None:
    failed = results.failed(WORK, ROW, Failed(ErrorClass.DNS, "No address."), seconds=0.0, worker="w")
    for event in (succeeded("other/1"), failed):
        assert Decoder([ImageAnalyzed]).decode(headers_of(event), encode(event)) == event
