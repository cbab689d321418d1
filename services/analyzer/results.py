"""What is told of a row: from its image's entry, or from why it failed (pure)."""

from datetime import UTC, datetime

import msgspec

from services.analyzer.entries import Entry
from services.analyzer.interpret import document, interpret
from services.analyzer.pending import Failed
from shared.events import ImageAnalyzed, SliceDispatched, SliceRow
from shared.ids import result_id


def succeeded(
    work: SliceDispatched, row: SliceRow, entry: Entry, *, seconds: float, worker: str
) -> ImageAnalyzed:
    """A cache hit is an image that another row paid for; finding one's own after a crash is none."""
    analysis = entry.analysis
    read = interpret(analysis, work.region)
    return ImageAnalyzed(
        batch_id=work.batch_id,
        at=datetime.now(UTC),
        result_id=result_id(work.batch_id, row.row_no),
        chunk_id=work.chunk_id,
        chunk_no=work.chunk_no,
        row_no=row.row_no,
        url=row.url,
        success=True,
        attempt=row.attempt,
        run=work.run,
        store_image=read.store_image,
        text_content=read.text_content,
        store_name=read.store_name,
        business_contact=read.business_contact,
        image_description=read.image_description,
        analysis_result=msgspec.Raw(document(analysis, read)),
        processing_time_seconds=round(seconds, 3),
        api_key_used=entry.key,
        cache_hit=entry.origin != origin(work, row),
        gemini_model_used=analysis.model,
        extra=_extra(work, row),
        worker=worker,
    )


def failed(
    work: SliceDispatched, row: SliceRow, why: Failed, *, seconds: float, worker: str
) -> ImageAnalyzed:
    return ImageAnalyzed(
        batch_id=work.batch_id,
        at=datetime.now(UTC),
        result_id=result_id(work.batch_id, row.row_no),
        chunk_id=work.chunk_id,
        chunk_no=work.chunk_no,
        row_no=row.row_no,
        url=row.url,
        success=False,
        attempt=row.attempt,
        run=work.run,
        error_class=why.error_class,
        error_message=why.message,
        processing_time_seconds=round(seconds, 3),
        extra=_extra(work, row),
        worker=worker,
    )


def origin(work: SliceDispatched, row: SliceRow) -> str:
    return f"{work.batch_id}/{row.row_no}"


def _extra(work: SliceDispatched, row: SliceRow) -> dict[str, str]:
    return dict(zip(work.columns, row.extra, strict=False))
