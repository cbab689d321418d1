"""One export in the background (pure): its status, how far it is, and what clients are told of it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from services.gateway import timing
from shared.exporting import Format


class ExportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def is_active(self) -> bool:
        return self in (ExportStatus.QUEUED, ExportStatus.RUNNING)


class Job(NamedTuple):
    """What gateway and exporter know of it, in one snapshot. `asked` is JSON; `held`: somebody makes it now;
    `size` in bytes; `lost`: a batch whose rows the file holds was deleted."""

    export_id: UUID
    created_at: datetime
    asker: str
    batch_id: UUID | None
    asked: str
    format: Format
    cancelled_at: datetime | None
    fence: int
    held: bool
    started_at: datetime | None
    claimed_at: datetime | None
    filename: str | None
    media_type: str | None
    rows_done: int
    rows_total: int | None
    size: int
    sha256: bytes | None
    state: str | None
    error: str | None
    ended_at: datetime | None
    expires_at: datetime | None
    lost: bool
    now: datetime

    @property
    def status(self) -> ExportStatus:
        """A cancel that was answered stands, whatever the exporter says."""
        if self.cancelled_at is not None:
            return ExportStatus.CANCELLED
        if self.state == "failed":
            return ExportStatus.FAILED
        if self.state == "completed":
            gone = self.lost or (self.expires_at is not None and self.expires_at <= self.now)
            return ExportStatus.EXPIRED if gone else ExportStatus.COMPLETED
        return ExportStatus.RUNNING if self.held else ExportStatus.QUEUED

    @property
    def percent(self) -> float:
        """Below 100 until the file is there: a workbook is made after its last row was read."""
        if self.state == "completed":
            return 100.0
        return min(99.0, timing.percent(self.rows_done, self.rows_total or 0))

    @property
    def completion(self) -> datetime | None:
        """By the rate of the present attempt; None before its first rows."""
        left = (self.rows_total or 0) - self.rows_done
        if (
            self.status is not ExportStatus.RUNNING
            or self.claimed_at is None
            or not self.rows_done
            or left <= 0
        ):
            return None
        return self.now + (self.now - self.claimed_at) * (left / self.rows_done)

    @property
    def why(self) -> str | None:
        """Why there is no file, or why it is tried again, with what to do."""
        match self.status:
            case ExportStatus.EXPIRED if self.lost:
                return "A batch whose rows it holds was deleted."
            case ExportStatus.EXPIRED:
                return "Its file was kept for a day and is removed. Ask for the export again."
            case ExportStatus.FAILED | ExportStatus.QUEUED | ExportStatus.RUNNING:
                return self.error
            case _:
                return None

    @property
    def url(self) -> str:
        return f"/api/v1/exports/{self.export_id}"

    @property
    def polling_interval(self) -> int:
        """Whole seconds until it is worth to look again."""
        if not self.status.is_active:
            return 60
        left = self.completion - self.now if self.completion else timedelta(seconds=10)
        return round(min(max(left.total_seconds() / 10, 1), 30))


def told(job: Job) -> dict[str, Any]:
    completed = job.status is ExportStatus.COMPLETED
    return {
        "export_id": job.export_id,
        "status": job.status,
        "is_active": job.status.is_active,
        "request": msgspec.Raw(job.asked.encode()),
        "rows_done": job.rows_done,
        "rows_total": job.rows_total,
        "progress_percentage": job.percent,
        "estimated_completion": job.completion,
        "filename": job.filename,
        "bytes": job.size,
        "sha256": job.sha256.hex() if completed and job.sha256 else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "completed_at": job.ended_at if job.state == "completed" else None,
        "expires_at": job.expires_at if completed else None,
        "error_message": job.why,
        "download_url": f"{job.url}/file" if completed else None,
    }
