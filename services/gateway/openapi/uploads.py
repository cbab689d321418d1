"""What a dry run of an upload replies as `data`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from services.gateway.openapi.words import Count, Number, Sentence, When


class InvalidRow(Struct):
    line: Annotated[int, Meta(ge=1, examples=[4], description="Of the file, from 1")]
    row_no: Number
    reason: Sentence


class Cost(Struct):
    amount: Annotated[float, Meta(ge=0, examples=[6.75])]
    currency: Literal["USD"]
    price_per_1000: Annotated[float, Meta(ge=0, examples=[9.5])]


class DryRun(Struct):
    dry_run: Literal[True]
    total_rows: Count
    valid_rows: Count
    invalid_rows: Count
    invalid: Annotated[list[InvalidRow], Meta(description="The first 100")]
    duplicates: Count
    distinct_images: Count
    cached_images: Count
    calls_needed: Count
    estimated_cost: Cost
    above_max_cost: Annotated[bool, Meta(description="The estimate is: it would be paused on its way")]
    estimated_completion: When | None
    estimated_minutes: Annotated[float, Meta(ge=0, examples=[1.7])] | None
    columns: list[Annotated[str, Meta(examples=["branch"])]]
    url_column: Annotated[str, Meta(examples=["url"])]
    encoding: Annotated[str, Meta(examples=["utf-8"])]
    delimiter: Annotated[str, Meta(examples=[","])]
