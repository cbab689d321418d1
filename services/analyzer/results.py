"""What is told of a row: from its image's entry, or from why it failed (pure)."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from services.analyzer.entries import Entry
from services.analyzer.interpret import document, interpret
from services.analyzer.pending import Failed
from shared.events import ImageAnalyzed, SliceDispatched, SliceRow
from shared.ids import result_id


def succeeded(
    work: SliceDispatched, row: SliceRow, entry: Entry, *, seconds: float, worker: str
) -> ImageAnalyzed:
    """A cache hit is an image that another row paid for; finding one's own after a crash is none, and then
    its cost was told nobody yet."""
    analysis, own = entry.analysis, entry.origin == origin(work, row)
    read = interpret(analysis, work.region)
    return _result(
        work,
        row,
        seconds,
        worker,
        success=True,
        store_image=read.store_image,
        text_content=read.text_content,
        store_name=read.store_name,
        business_contact=read.business_contact,
        image_description=read.image_description,
        analysis_result=msgspec.Raw(document(analysis, read)),
        api_key_used=entry.key,
        cache_hit=not own,
        cost=entry.cost if own else 0,
        units=entry.units if own else 0,
        gemini_model_used=analysis.model,
    )


def failed(
    work: SliceDispatched, row: SliceRow, why: Failed, *, seconds: float, worker: str
) -> ImageAnalyzed:
    own = why.origin == origin(work, row)
    return _result(
        work,
        row,
        seconds,
        worker,
        success=False,
        error_class=why.error_class,
        error_message=why.message,
        cost=why.cost if own else 0,
        units=why.units if own else 0,
    )


def _result(work: SliceDispatched, row: SliceRow, seconds: float, worker: str, **said: Any) -> ImageAnalyzed:
    """What is told of every row, and what is `said` of this one."""
    return ImageAnalyzed(
        batch_id=work.batch_id,
        at=datetime.now(UTC),
        result_id=result_id(work.batch_id, row.row_no),
        chunk_id=work.chunk_id,
        chunk_no=work.chunk_no,
        row_no=row.row_no,
        url=row.url,
        attempt=row.attempt,
        run=work.run,
        processing_time_seconds=round(seconds, 3),
        extra=dict(zip(work.columns, row.extra, strict=False)),
        worker=worker,
        **said,
    )


def origin(work: SliceDispatched, row: SliceRow) -> str:
    return f"{work.batch_id}/{row.row_no}"
