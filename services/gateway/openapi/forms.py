"""What is sent with requests, where a route reads it by itself."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from services.gateway.priority import Priority
from services.gateway.status import Status
from shared.error_classes import ErrorClass
from shared.exporting import Format

Flag = Literal["true", "false"]


class UploadForm(Struct):
    file: Annotated[
        str,
        Meta(
            description="CSV with any common delimiter and encoding, .csv.gz or .xlsx, with a column `url`",
            extra_json_schema={"format": "binary"},
        ),
    ]
    batch_name: Annotated[
        str, Meta(max_length=200, examples=["My Test Batch"], description="The file's name if left out")
    ] = ""
    auto_start: Annotated[Flag, Meta(description="false: it waits to be started")] = "true"
    chunk_size: Annotated[int, Meta(ge=1, le=2000, examples=[2000])] = 2000
    priority: Priority = Priority.NORMAL
    region: Annotated[
        str, Meta(pattern="^[A-Za-z]{2}$", examples=["US"], description="For phone numbers without a code")
    ] = "US"
    force_refresh: Annotated[Flag, Meta(description="true: reuse no answer from before this upload")] = (
        "false"
    )
    max_cost: (
        Annotated[
            float,
            Meta(
                gt=0,
                examples=[25.0],
                description="US dollars: the batch is paused before its next 64 rows could cost more",
            ),
        ]
        | None
    ) = None
    dry_run: Annotated[Flag, Meta(description="true: say what would be, and store nothing")] = "false"


class ListQuery(Struct):
    status: Annotated[Status | None, Meta(description="In any case")] = None
    q: Annotated[str, Meta(examples=["shops"], description="Part of the name")] = ""
    created_from: Annotated[str, Meta(examples=["2025-11-01"], description="A UTC day, or a time")] = ""
    created_to: Annotated[str, Meta(examples=["2025-11-02T23:59:59Z"], description="Included")] = ""
    include_soft_deleted: bool = False
    sort: Literal["-created_at", "created_at", "name", "-name", "status", "-status"] = "-created_at"


class ResultsQuery(Struct):
    """The filters of exports (services/gateway/filters.py)."""

    success_only: bool = False
    failed_only: bool = False
    error_class: ErrorClass | None = None
    start_date: Annotated[str, Meta(examples=["2025-11-01"], description="A UTC day, or a time")] = ""
    end_date: Annotated[str, Meta(examples=["2025-11-02T23:59:59Z"], description="Included")] = ""
    has_store_name: bool = False
    has_contact: bool = False
    from_row: Annotated[int, Meta(ge=1, examples=[1])] | None = None
    to_row: Annotated[int, Meta(ge=1, examples=[2000])] | None = None


class ExportQuery(ResultsQuery):
    format: Format = Format.CSV
    metadata: Annotated[bool, Meta(description="false: without result_id to analysis_result")] = True
    columns: Annotated[
        str,
        Meta(examples=["url,store_name"], description="Names, with commas between; over metadata"),
    ] = ""
    excel: Annotated[bool, Meta(description="true: CSV with a byte order mark")] = False


class TemplateQuery(Struct):
    format: Literal["csv", "xlsx"] = "csv"
