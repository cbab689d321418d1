"""One event of each public type, as the document shows it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.events import (
    BatchCancelled,
    BatchCompleted,
    BatchDeleted,
    BatchFailed,
    BatchPaused,
    BatchResumed,
    BatchStarted,
    BatchSubmitted,
    Event,
    ImageAnalyzed,
)
from shared.ids import chunk_id, result_id

_BATCH = UUID("123e4567-e89b-12d3-a456-426614174000")
_ABOUT: dict[str, Any] = {"batch_id": _BATCH, "at": datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)}
_COUNTS: dict[str, Any] = {"total_urls": 1_500, "successful": 1_440, "failed": 60, "attempts": 1_500}
_ROW: dict[str, Any] = {"chunk_id": chunk_id(_BATCH, 1), "chunk_no": 1, "extra": {"branch": "Leeds"}}

EXAMPLES: tuple[Event, ...] = (
    BatchSubmitted(**_ABOUT, version=1, name="shops of spring", total_urls=1_500, chunk_size=2_000),
    BatchStarted(**_ABOUT, version=1),
    BatchPaused(**_ABOUT, version=2),
    BatchResumed(**_ABOUT, version=3),
    BatchCancelled(**_ABOUT, version=4, total_urls=1_500, successful=700, failed=30, attempts=730),
    BatchCompleted(**_ABOUT, version=3, **_COUNTS),
    BatchFailed(
        **_ABOUT,
        version=3,
        total_urls=2,
        successful=0,
        failed=2,
        attempts=2,
        reason="no row succeeded",
    ),
    BatchDeleted(**_ABOUT, version=5),
    ImageAnalyzed(
        **_ABOUT,
        **_ROW,
        result_id=result_id(_BATCH, 1),
        row_no=1,
        url="https://example.com/image1.jpg",
        success=True,
        store_image=True,
        text_content="Amber Anchor Bakery\n(206) 220-0000",
        store_name="Amber Anchor Bakery",
        business_contact="+1 206-220-0000",
        image_description="A shop front.",
        analysis_result=msgspec.Raw(b'{"schema":1,"provider":"google"}'),
        processing_time_seconds=1.25,
        api_key_used="0123456789ab",
        cost=1_500,
        worker="analyzer-2",
    ),
    ImageAnalyzed(
        **_ABOUT,
        **_ROW,
        result_id=result_id(_BATCH, 2),
        row_no=2,
        url="https://example.com/image2.png",
        success=False,
        attempt=2,
        run=2,
        error_class="http_4xx",
        error_message="The server answered 404.",
        worker="analyzer-1",
    ),
)
