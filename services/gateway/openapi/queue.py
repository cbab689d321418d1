"""What the endpoints of the queue reply as `data`."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from services.gateway.api.admin_queue import JobType
from services.gateway.openapi.batches import StuckSlice
from services.gateway.openapi.system import QueueStats
from services.gateway.openapi.words import BatchId, Count, Sentence

JobId = Annotated[UUID, Meta(examples=["0b6f3a52-6f0e-5d3c-9a43-5a1f0f9d2c77"])]


class StuckJob(StuckSlice, kw_only=True):
    job_id: JobId


class QueueStatus(Struct):
    queue_stats: QueueStats
    total_stuck: Count
    stuck_jobs: list[StuckJob]
    recommendations: list[Sentence]


class CleanedUp(Struct):
    job_types: list[JobType]
    max_age_hours: Annotated[float, Meta(ge=0, examples=[24])]
    clean_database: bool
    idempotency_keys: Count
    reset_requests: Count
    dispatch_rows: Annotated[Count | UnsetType, Meta(description="Ingest drops them")] = UNSET


class BatchReset(Struct):
    batch_id: BatchId
    reset: Literal[True]
    forced: bool
    stuck_jobs: Count
    slices: Annotated[int, Meta(ge=0, examples=[2], description="Handed out again")]


class JobRetried(Struct):
    job_id: JobId
    batch_id: BatchId
    retried: Literal[True]
    slices: Count
