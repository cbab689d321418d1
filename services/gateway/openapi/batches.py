"""What the endpoints of batches reply as `data`."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from services.gateway.openapi.words import (
    BATCH_ID,
    Address,
    BatchId,
    ChunkId,
    Count,
    Cursor,
    Dollars,
    File,
    Name,
    Number,
    Percent,
    PerMinute,
    Seconds,
    Sentence,
    Units,
    When,
)
from services.gateway.priority import Priority
from services.gateway.status import ChunkStatus, PauseReason, Status

Standing = Annotated[str, Meta(description="A status, or deleted", examples=[Status.PROCESSING])]
MaxCost = Annotated[
    float | None,
    Meta(
        examples=[25.0],
        description="US dollars: it is paused before its next 64 rows could cost more. Null: none",
    ),
]
Paused = Annotated[
    PauseReason | None,
    Meta(description="Of a batch that the system paused. max_cost: resume it with a higher one"),
]
Share = Annotated[float, Meta(ge=0, le=1, examples=[0.5])]
Version = Annotated[int, Meta(ge=1, examples=[2], description="Grows with each change of what is wanted")]
Run = Annotated[int, Meta(ge=1, examples=[1], description="Grows with each retry of the batch")]


class CreatedBatch(Struct):
    batch_name: Name
    total_urls: Count
    total_chunks: Count
    status: Annotated[Literal["QUEUED", "PENDING"], Meta(description="In upper case, only here")]
    auto_started: bool
    chunk_size: Number
    original_filename: File
    priority: Priority


class Created(Struct):
    batch_id: BatchId
    batch_info: CreatedBatch


class ProcessingBatch(Struct):
    batch_id: BatchId
    batch_name: Name
    status: Status
    total_urls: Count
    chunk_size: Number
    total_chunks: Count
    processed_count: Count
    successful_count: Count
    failed_count: Count
    current_chunk: Count
    progress_percentage: Percent
    is_active: Annotated[bool, Meta(description="False once it has ended")]
    created_at: When
    started_at: When | None
    completed_at: When | None
    estimated_completion: When | None
    processing_rate: PerMinute
    success_rate: Percent
    original_filename: File
    error_message: Sentence | None
    retry_count: Count
    cost: Dollars
    units: Units
    max_cost: MaxCost
    pause_reason: Paused
    priority: Priority
    force_refresh: Annotated[bool, Meta(description="No answer from before its upload was reused")]
    deleted_at: When | None
    purge_at: When | None


class BatchPage(Struct):
    batches: list[ProcessingBatch]
    count: Annotated[int, Meta(ge=0, examples=[1], description="On this page")]
    total: Annotated[int, Meta(ge=0, examples=[1], description="On all pages")]
    page: Annotated[int | None, Meta(examples=[1], description="Null where a cursor was sent")]
    pages: Count
    next_cursor: Cursor | None


class Counts(Struct):
    processed_count: Count
    successful_count: Count
    failed_count: Count
    progress_percentage: Percent
    current_chunk: Count
    total_chunks: Count


class Timing(Struct):
    estimated_completion: When | None
    elapsed_time_minutes: Count
    elapsed_seconds: Seconds
    active_seconds: Annotated[float, Meta(ge=0, examples=[870.0], description="Without pauses")]


class Performance(Struct):
    processing_rate_per_minute: PerMinute
    success_rate: Percent
    average_time_per_url: Annotated[float, Meta(ge=0, examples=[1.2], description="Seconds")]


class BatchDetail(Struct):
    batch_info: ProcessingBatch
    progress: Counts
    timing: Timing
    performance: Performance


class Progress(Struct):
    batch_id: BatchId
    status: Status
    progress_percentage: Percent
    processed_count: Count
    total_urls: Count
    successful_count: Count
    failed_count: Count
    current_chunk: Count
    total_chunks: Count
    estimated_completion: When | None
    processing_rate_per_minute: PerMinute
    cost: Dollars
    units: Units
    max_cost: MaxCost
    pause_reason: Paused
    is_active: bool
    limited_by: Annotated[
        Literal["redis", "provider", "keys", "hold", "quota", "hosts"] | None,
        Meta(
            description="What the analyzers wait for, of a batch that is processing: redis or the provider is"
            " away; no key of the provider may be used; the count of the quota was lost, for 70 seconds; all"
            " of the quota is used; the hosts of its pictures are slow or left alone. Null: its own pictures"
        ),
    ]


class Controlled(Struct):
    batch_id: BatchId
    started: Annotated[Literal[True], Meta(description="Always true: what was asked for is so")]
    status: Standing
    previous_status: Standing
    changed: Annotated[bool, Meta(description="False when it was so already")]
    paused: bool | UnsetType = UNSET
    resumed: bool | UnsetType = UNSET
    cancelled: bool | UnsetType = UNSET
    force_started: bool | UnsetType = UNSET
    soft_deleted: bool | UnsetType = UNSET
    purge_at: Annotated[When | UnsetType, Meta(description="When a soft-deleted batch goes")] = UNSET
    restored: bool | UnsetType = UNSET
    deleted: bool | UnsetType = UNSET


class BulkReply(Struct):
    batch_id: Annotated[str, Meta(description="As it was sent", examples=[BATCH_ID])]
    success: bool
    status: Standing | UnsetType = UNSET
    previous_status: Standing | UnsetType = UNSET
    changed: bool | UnsetType = UNSET
    error: Sentence | UnsetType = UNSET
    error_type: Annotated[str | UnsetType, Meta(examples=["BatchStateError"])] = UNSET


class BulkDone(Struct):
    action: Annotated[str, Meta(examples=["pause"])]
    results: list[BulkReply]
    count: Count
    succeeded: Count
    failed: Count


class Retried(Struct):
    batch_id: BatchId
    started: Annotated[Literal[True], Meta(description="Always true: what was asked for is so")]
    status: Status
    previous_status: Status
    changed: Annotated[bool, Meta(description="False when there was nothing to do")]
    retried: Literal[True]
    retried_count: Annotated[int, Meta(ge=0, examples=[30], description="Rows that are tried again")]
    run: Run
    retry_count: Count


class Cloned(Struct):
    batch_id: BatchId
    source_batch_id: BatchId
    batch_info: CreatedBatch


class ProcessingChunk(Struct):
    chunk_id: ChunkId
    batch_id: BatchId
    chunk_number: Number
    urls: Annotated[list[Address], Meta(description="Filled with include_urls=true")]
    url_count: Count
    processed_count: Count
    successful_count: Count
    failed_count: Count
    progress_percentage: Percent
    status: ChunkStatus
    queued_at: When | None
    started_at: When | None
    completed_at: When | None
    processing_time_seconds: Seconds | None
    error_message: Sentence | None
    worker_id: Annotated[str, Meta(examples=["analyzer-2"])] | None


class ChunkPage(Struct):
    batch_id: BatchId
    chunks: list[ProcessingChunk]
    count: Count
    total: Count
    page: Number
    pages: Count
    total_chunks: Count


class Factors(Struct):
    success_rate: Percent
    processing_speed: Percent
    error_patterns: Percent


class Weights(Struct):
    success_rate: Share
    processing_speed: Share
    error_patterns: Share


class Measured(Struct):
    processed_count: Count
    successful_count: Count
    rate_per_minute: PerMinute
    rate_per_minute_of_late: PerMinute
    rows_in_slow_chunks: Count
    rows_in_failing_chunks: Count
    failing_chunks: Count


class BatchHealth(Struct):
    health_score: Percent
    factors: Factors
    recommendations: list[Sentence]
    rated: Annotated[bool, Meta(description="False before the first row has a result")]
    weights: Weights
    measured: Measured


class StuckSlice(Struct):
    batch_id: BatchId
    batch_name: Name
    chunk_number: Number
    first_row: Number
    since: When
    age_seconds: Seconds
    why: Sentence


class Stuck(Struct):
    stuck: list[StuckSlice]
    count: Count
