"""What the endpoints of the system reply as `data`."""

from typing import Literal

from msgspec import Struct

from services.gateway.openapi.words import Count, Number, Percent, PerMinute


class Pong(Struct):
    pong: Literal[True]


class Config(Struct):
    chunk_size: Number
    max_concurrent_batches: Count
    max_concurrent_workers: Count
    max_concurrent_requests: Count
    max_upload_mb: Count
    api_keys_count: Count


class SystemHealth(Struct):
    status: Literal["healthy", "unhealthy"]
    database: Literal["connected", "disconnected"]
    redis: Literal["connected", "disconnected"]
    kafka: Literal["connected", "disconnected"]
    version: str
    config: Config


class StatusCounts(Struct):
    pending: Count
    queued: Count
    processing: Count
    paused: Count
    completed: Count
    failed: Count
    cancelled: Count


class QueueStats(Struct):
    """Chunks."""

    pending: Count
    processing: Count
    retrying: Count
    completed: Count
    failed: Count


class SystemStats(Struct):
    total_batches: Count
    active_batches: Count
    completed_batches: Count
    batches_by_status: StatusCounts
    total_urls_processed: Count
    overall_success_rate: Percent
    rows_per_minute: PerMinute
    queue_stats: QueueStats
