"""Snapshots as the API's documented objects: every documented key, always. `cost` is in US dollars,
`units` what it was paid for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from services.gateway import health_score, timing
from services.gateway.chunks import Chunk
from services.gateway.snapshot import Snapshot
from services.gateway.status import ChunkStatus, Status
from shared.ids import chunk_id, result_id
from shared.limited_by import LimitedBy
from shared.price import dollars


def batch_info(batch: Snapshot) -> dict[str, Any]:
    """ProcessingBatch, whole; `processing_rate` is rows a minute."""
    return {
        "batch_id": batch.batch_id,
        "batch_name": batch.name,
        "status": batch.status,
        "total_urls": batch.total_urls,
        "chunk_size": batch.chunk_size,
        "total_chunks": batch.total_chunks,
        "processed_count": batch.processed,
        "successful_count": batch.successful,
        "failed_count": batch.failed,
        "current_chunk": batch.current_chunk,
        "progress_percentage": timing.percent(batch.processed, batch.total_urls),
        "is_active": batch.status.is_active,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "completed_at": batch.ended_at,
        "estimated_completion": batch.completion,
        "processing_rate": round(batch.rate, 2),
        "success_rate": timing.percent(batch.successful, batch.processed),
        "original_filename": batch.original_filename,
        "error_message": batch.reason,
        "retry_count": batch.retry_count,
        "cost": dollars(batch.cost),
        "units": batch.units,
        "max_cost": _limit(batch.max_cost),
        "pause_reason": batch.pause_reason,
        "priority": batch.priority,
        "force_refresh": batch.fresh_since is not None,
        "deleted_at": batch.deleted_at,
        "purge_at": batch.purge_at,
    }


def detail(batch: Snapshot) -> dict[str, Any]:
    return {
        "batch_info": batch_info(batch),
        "progress": {
            "processed_count": batch.processed,
            "successful_count": batch.successful,
            "failed_count": batch.failed,
            "progress_percentage": timing.percent(batch.processed, batch.total_urls),
            "current_chunk": batch.current_chunk,
            "total_chunks": batch.total_chunks,
        },
        "timing": {
            "estimated_completion": batch.completion,
            "elapsed_time_minutes": round(batch.elapsed_seconds / 60),
            "elapsed_seconds": round(batch.elapsed_seconds, 1),
            "active_seconds": round(batch.active_seconds, 1),
        },
        "performance": {
            "processing_rate_per_minute": round(batch.rate, 2),
            "success_rate": timing.percent(batch.successful, batch.processed),
            "average_time_per_url": round(60 / batch.rate, 3) if batch.rate else 0.0,
        },
    }


def progress(batch: Snapshot, limited_by: LimitedBy | None) -> dict[str, Any]:
    """`limited_by`: what the analyzers wait for."""
    return {
        "batch_id": batch.batch_id,
        "status": batch.status,
        "progress_percentage": timing.percent(batch.processed, batch.total_urls),
        "processed_count": batch.processed,
        "total_urls": batch.total_urls,
        "successful_count": batch.successful,
        "failed_count": batch.failed,
        "current_chunk": batch.current_chunk,
        "total_chunks": batch.total_chunks,
        "estimated_completion": batch.completion,
        "processing_rate_per_minute": round(batch.rate, 2),
        "cost": dollars(batch.cost),
        "units": batch.units,
        "max_cost": _limit(batch.max_cost),
        "pause_reason": batch.pause_reason,
        "is_active": batch.status.is_active,
        "limited_by": limited_by if batch.status is Status.PROCESSING else None,
    }


def _limit(micros: int | None) -> float | None:
    return None if micros is None else dollars(micros)


def chunk(batch: Snapshot, one: Chunk, urls: list[str]) -> dict[str, Any]:
    """ProcessingChunk, whole."""
    status = one.status(batch)
    done = status in (ChunkStatus.COMPLETED, ChunkStatus.FAILED)
    return {
        "chunk_id": one.id(batch.batch_id),
        "batch_id": batch.batch_id,
        "chunk_number": one.number,
        "urls": urls,
        "url_count": one.rows,
        "processed_count": one.processed,
        "successful_count": one.successful,
        "failed_count": one.failed,
        "progress_percentage": timing.percent(one.processed, one.rows),
        "status": status,
        "queued_at": batch.queued_at,
        "started_at": one.first_result_at,
        "completed_at": one.last_result_at if done else None,
        "processing_time_seconds": round(one.seconds, 3) if one.seconds is not None else None,
        "error_message": one.error,
        "worker_id": one.worker,
    }


def result(batch_id: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    """URLAnalysisResult, whole. `attempt` counts tries on demand; `extra` has the upload's own columns."""
    analysis, extra = row["analysis_result"], row["extra"]
    return {
        "result_id": result_id(batch_id, row["row_no"]),
        "url": row["url"],
        "batch_id": batch_id,
        "chunk_id": chunk_id(batch_id, row["chunk_no"]),
        "row_no": row["row_no"],
        "analysis_result": None if analysis is None else msgspec.Raw(analysis.encode()),
        "store_image": row["store_image"],
        "text_content": row["text_content"],
        "store_name": row["store_name"],
        "business_contact": row["business_contact"],
        "image_description": row["image_description"],
        "success": row["success"],
        "error_class": row["error_class"],
        "error_message": row["error_message"],
        "processing_time_seconds": round(row["processing_time_seconds"], 4),
        "api_key_used": row["api_key_used"],
        "created_at": row["created_at"],
        "cache_hit": row["cache_hit"],
        "gemini_model_used": row["gemini_model_used"],
        "cost": dollars(row["cost"]),
        "attempt": row["attempt"],
        "extra": msgspec.Raw(b"{}" if extra is None else extra.encode()),
    }


def hit(row: Mapping[str, Any]) -> dict[str, Any]:
    """URLAnalysisResult with its batch's name, and where the words stand: plain text, not HTML."""
    return {
        **result(row["batch_id"], row),
        "batch_name": row["batch_name"],
        "snippet": row["snippet"],
    }


def health(facts: health_score.Facts, health: health_score.Health) -> dict[str, Any]:
    """`measured` and `weights` let anyone make the score again; it says nothing while `rated` is false."""
    return {
        "health_score": health.score,
        "factors": health.factors,
        "recommendations": health.recommendations,
        "rated": facts.processed > 0,
        "weights": health_score.WEIGHTS,
        "measured": {
            "processed_count": facts.processed,
            "successful_count": facts.successful,
            "rate_per_minute": round(facts.rate, 2),
            "rate_per_minute_of_late": round(facts.rate_of_late, 2),
            "rows_in_slow_chunks": facts.slow_rows,
            "rows_in_failing_chunks": facts.failing_rows,
            "failing_chunks": facts.failing_chunks,
        },
    }


def polling(batch: Snapshot) -> dict[str, str]:
    """The header that tells a poller when to come again."""
    return {"X-Polling-Interval": str(timing.polling_interval(batch.now, batch.status, batch.completion))}
