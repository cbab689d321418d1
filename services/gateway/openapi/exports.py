"""What the endpoints of exports reply as `data`."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from services.gateway.openapi.words import (
    Address,
    BatchId,
    Count,
    Dollars,
    Megabytes,
    Name,
    Percent,
    Sentence,
    Text,
    Units,
    When,
)
from services.gateway.status import Status
from shared.exporting import Format

Records = Annotated[str, Meta(examples=["1440 records"])]
Share = Annotated[int, Meta(ge=0, le=100, examples=[60], description="Percent; they sum to 100")]


class PreviewRecord(Struct):
    url: Address
    success: bool
    store_image: bool | None
    text_content: Text | None
    store_name: Text | None
    business_contact: Text | None
    image_description: Text | None
    error_message: Sentence | None
    created_at: When


class Preview(Struct):
    preview_records: Annotated[
        list[PreviewRecord], Meta(description="With the download's further columns, if they are wanted")
    ]
    total_records_shown: Count
    is_preview: bool
    batch_cost: Dollars
    filters_applied: dict[str, Any]


class ExportBatch(Struct):
    batch_id: BatchId
    batch_name: Name
    status: Status
    created_at: When


class ExportSummary(Struct):
    total_results: Count
    successful_results: Count
    failed_results: Count
    success_rate: Percent
    cost: Dollars
    units: Units


class Sizes(Struct):
    csv: Megabytes
    json: Megabytes
    xlsx: Megabytes
    ndjson: Megabytes
    parquet: Megabytes
    csv_gz: Megabytes = field(name="csv.gz")


class AvailableFilters(Struct):
    success_only: Records
    failed_only: Records
    has_store_name: Records
    has_contact: Records


class Summary(Struct):
    batch_info: ExportBatch
    export_summary: ExportSummary
    estimated_sizes_mb: Sizes
    available_filters: AvailableFilters


class Shares(Struct):
    csv: Share
    json: Share
    xlsx: Share
    ndjson: Share
    parquet: Share
    csv_gz: Share = field(name="csv.gz")


class Statistics(Struct):
    total_exports: Count
    exports_today: Annotated[int, Meta(ge=0, examples=[12], description="Of the UTC day")]
    popular_formats: Shares
    average_export_size_mb: Megabytes


class FormatFacts(Struct):
    name: Text
    description: Sentence
    supports_filtering: bool
    supports_metadata: bool
    file_extension: Annotated[str, Meta(examples=[".csv"])]
    mime_type: Annotated[str, Meta(examples=["text/csv"])]


class KnownFormats(Struct):
    csv: FormatFacts
    json: FormatFacts
    xlsx: FormatFacts
    ndjson: FormatFacts
    parquet: FormatFacts
    csv_gz: FormatFacts = field(name="csv.gz")


class Formats(Struct):
    supported_formats: KnownFormats
    default_format: Format
