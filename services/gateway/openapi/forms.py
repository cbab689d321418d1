"""What is sent with requests, where a route reads it by itself."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from services.gateway.priority import Priority

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


class ExportQuery(Struct):
    format: Literal["csv"] = "csv"
    metadata: Annotated[bool, Meta(description="false: only the nine fields of a preview")] = True
    success_only: bool = False
    failed_only: bool = False
