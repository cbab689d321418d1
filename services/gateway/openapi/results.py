"""What the endpoints of results reply as `data`."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from services.gateway.openapi.words import (
    Address,
    BatchId,
    ChunkId,
    Count,
    Cursor,
    Dollars,
    Name,
    Number,
    ResultId,
    Seconds,
    Sentence,
    Text,
    When,
)


class URLAnalysisResult(Struct):
    result_id: ResultId
    url: Address
    batch_id: BatchId
    chunk_id: ChunkId
    row_no: Number
    analysis_result: dict[str, Any] | None
    store_image: bool | None
    text_content: Text | None
    store_name: Text | None
    business_contact: Text | None
    image_description: Text | None
    success: bool
    error_class: Annotated[str | None, Meta(examples=["timeout"])]
    error_message: Sentence | None
    processing_time_seconds: Seconds
    api_key_used: Annotated[str | None, Meta(examples=["0f1e2d3c4b5a"], description="A fingerprint")]
    created_at: When
    cache_hit: bool
    gemini_model_used: Text | None
    cost: Dollars
    attempt: Number
    extra: Annotated[dict[str, str], Meta(description="The upload's own columns")]


class OneResult(URLAnalysisResult):
    earlier_attempts: Annotated[
        list[URLAnalysisResult], Meta(description="What it replaced, the latest first; kept for 30 days")
    ]


class ResultPage(Struct):
    batch_id: BatchId
    results: list[URLAnalysisResult]
    count: Annotated[int, Meta(ge=0, examples=[1], description="On this page")]
    total: Annotated[int | None, Meta(examples=[1], description="Null where it is not counted")]
    page: Annotated[int | None, Meta(examples=[1], description="Null where a cursor was sent")]
    pages: Count | None
    next_cursor: Annotated[Cursor | None, Meta(description="A page may be short and still have one")]
    filters_applied: dict[str, Any]


class Hit(URLAnalysisResult):
    batch_name: Name
    snippet: Annotated[str | None, Meta(examples=["the **bakery** at the corner"], description="Plain text")]


class HitPage(Struct):
    results: list[Hit]
    count: Annotated[int, Meta(ge=0, examples=[1], description="On this page")]
    next_cursor: Annotated[Cursor | None, Meta(description="A page may be short and still have one")]
    rows_not_searchable_yet: Annotated[int, Meta(ge=0, examples=[0], description="Indexed a little later")]
    filters_applied: dict[str, Any]
