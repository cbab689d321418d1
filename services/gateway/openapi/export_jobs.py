"""What the endpoints of exports in the background reply as `data`."""

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from services.gateway.exporting.jobs.asked import ExportWanted
from services.gateway.exporting.jobs.job import ExportStatus
from services.gateway.openapi.words import Count, Percent, Sentence, When

EXPORT_ID = "9f1c1f0e-3a52-4d4e-8a39-5f1f7b7f0c11"

ExportId: TypeAlias = Annotated[UUID, Meta(examples=[EXPORT_ID])]


class ExportJob(Struct):
    export_id: ExportId
    status: ExportStatus
    is_active: Annotated[bool, Meta(description="False once it has ended")]
    request: Annotated[ExportWanted, Meta(description="What was asked for, without what is the default")]
    rows_done: Count
    rows_total: Annotated[
        Count | None, Meta(description="At most so many, exact at the end; null: unknown yet")
    ]
    progress_percentage: Percent
    estimated_completion: When | None
    filename: Annotated[str | None, Meta(examples=["shops-results.csv"])]
    bytes: Annotated[int, Meta(ge=0, examples=[1_048_576], description="Written so far")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", examples=["ab" * 32])] | None
    created_at: When
    started_at: When | None
    completed_at: When | None
    expires_at: Annotated[When | None, Meta(description="When its file is removed")]
    error_message: Sentence | None
    download_url: Annotated[str, Meta(examples=[f"/api/v1/exports/{EXPORT_ID}/file"])] | None


class ExportPage(Struct):
    exports: list[ExportJob]
    count: Annotated[int, Meta(ge=0, examples=[1], description="On this page")]
    total: Annotated[int, Meta(ge=0, examples=[1], description="On all pages")]
    page: Annotated[int, Meta(ge=1, examples=[1])]
    pages: Annotated[int, Meta(ge=0, examples=[1])]


class ExportDeleted(Struct):
    export_id: ExportId
    deleted: Literal[True]
