"""What the service tells, as frozen values named as in its API. `raw` is the object as it came, with every
key that is not named here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Self, cast, get_args, get_type_hints

from image_analyzer.errors import ImageAnalyzerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """A key that is missing takes its default; times become aware datetimes in UTC. Raises
        ImageAnalyzerError when one is missing that has none."""
        readers = _readers(cast(Hashable, cls))
        given = {name: read(data[name]) for name, read in readers.items() if name in data}
        try:
            return cls(raw=data, **given)
        except TypeError as error:
            raise ImageAnalyzerError(f"The reply is none that this client knows: {error}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Model):
    """How far a batch is. The rate is rows a minute, `cost` in US dollars for so many `units`; `poll_after`
    the seconds after which to look again."""

    batch_id: str
    status: str
    total_urls: int
    processed_count: int
    successful_count: int
    failed_count: int
    progress_percentage: float
    is_active: bool
    current_chunk: int = 0
    total_chunks: int = 0
    estimated_completion: datetime | None = None
    processing_rate_per_minute: float = 0.0
    cost: float = 0.0
    units: int = 0
    max_cost: float | None = None
    pause_reason: str | None = None
    limited_by: str | None = None
    poll_after: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(Model):
    """One uploaded file. `processing_rate` is rows a minute, the percentages go from 0 to 100, `cost` is in
    US dollars for so many `units`."""

    batch_id: str
    batch_name: str
    status: str
    total_urls: int
    processed_count: int = 0
    successful_count: int = 0
    failed_count: int = 0
    progress_percentage: float = 0.0
    is_active: bool = True
    chunk_size: int = 0
    total_chunks: int = 0
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    estimated_completion: datetime | None = None
    processing_rate: float = 0.0
    success_rate: float = 0.0
    original_filename: str | None = None
    error_message: str | None = None
    retry_count: int = 0
    cost: float = 0.0
    units: int = 0
    max_cost: float | None = None
    pause_reason: str | None = None
    deleted_at: datetime | None = None
    purge_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Created(Model):
    """A batch that is there for good. `replayed`: it was there before, made with the same key."""

    batch_id: str
    batch_name: str
    status: str
    total_urls: int
    total_chunks: int
    auto_started: bool
    message: str
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun(Model):
    """What a batch would be and cost; nothing is stored."""

    total_rows: int
    valid_rows: int
    invalid_rows: int
    duplicates: int
    distinct_images: int
    cached_images: int
    calls_needed: int
    invalid: list[dict[str, Any]] = field(default_factory=list)
    estimated_cost: Mapping[str, Any] | None = None
    above_max_cost: bool = False
    estimated_completion: datetime | None = None
    estimated_minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Model):
    """What a control did. `changed` is false when it was so already; `message` says it in words."""

    batch_id: str
    message: str
    status: str | None = None
    previous_status: str | None = None
    changed: bool = True
    retried_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result(Model):
    """One row's result; `row_no` counts from 1 in the order of the file."""

    result_id: str
    batch_id: str
    row_no: int
    url: str
    success: bool
    store_image: bool | None = None
    store_name: str | None = None
    business_contact: str | None = None
    text_content: str | None = None
    image_description: str | None = None
    error_message: str | None = None
    error_class: str | None = None
    cache_hit: bool = False
    created_at: datetime | None = None
    analysis_result: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob(Model):
    """An export in the background. `bytes` are those written so far; `sha256` is there with the file."""

    export_id: str
    status: str
    is_active: bool
    rows_done: int = 0
    rows_total: int | None = None
    progress_percentage: float = 0.0
    estimated_completion: datetime | None = None
    filename: str | None = None
    bytes: int = 0
    sha256: str | None = None
    expires_at: datetime | None = None
    error_message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorAnalysis(Model):
    """Why rows of a batch failed, the most frequent reason first."""

    total_errors: int
    error_categories: Mapping[str, int]
    top_errors: list[dict[str, Any]]
    recommendations: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(Model):
    """Of the whole service. `server_time` is its clock when it answered."""

    status: str
    database: str
    redis: str
    kafka: str = "unknown"
    version: str = "unknown"
    config: Mapping[str, Any] = field(default_factory=dict)
    server_time: datetime | None = None


@cache
def _readers(kind: Hashable) -> dict[str, Callable[[Any], Any]]:
    """For each named key of a model what makes its value of the JSON's."""
    hints = get_type_hints(kind)
    return {
        name: _time if datetime in get_args(hint) else _as_is for name, hint in hints.items() if name != "raw"
    }


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _as_is(value: Any) -> Any:
    return value
