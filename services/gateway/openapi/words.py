"""The kinds of values that replies are made of, each with an example."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta

BATCH_ID = "123e4567-e89b-12d3-a456-426614174000"

BatchId: TypeAlias = Annotated[UUID, Meta(examples=[BATCH_ID])]
ChunkId: TypeAlias = Annotated[UUID, Meta(examples=["456e7890-e89b-12d3-a456-426614174001"])]
ResultId: TypeAlias = Annotated[
    UUID,
    Meta(
        examples=["123e4567-e89b-12d3-a456-426600000001"],
        description="The batch's id with the row's number as its last 32 bits",
    ),
]
Name: TypeAlias = Annotated[str, Meta(examples=["My Image Analysis Batch"])]
File: TypeAlias = Annotated[str, Meta(examples=["urls.csv"])]
Address: TypeAlias = Annotated[str, Meta(examples=["https://example.com/image1.jpg"])]
Sentence: TypeAlias = Annotated[str, Meta(examples=["Check network connectivity"])]
When: TypeAlias = Annotated[datetime, Meta(tz=True, examples=["2025-11-02T10:30:00Z"], description="UTC")]
Count: TypeAlias = Annotated[int, Meta(ge=0, examples=[750])]
Number: TypeAlias = Annotated[int, Meta(ge=1, examples=[1], description="Counted from 1")]
Percent: TypeAlias = Annotated[float, Meta(ge=0, le=100, examples=[96.0])]
PerMinute: TypeAlias = Annotated[float, Meta(ge=0, examples=[50.0], description="Rows a minute")]
Seconds: TypeAlias = Annotated[float, Meta(ge=0, examples=[885.5])]
Megabytes: TypeAlias = Annotated[float, Meta(ge=0, examples=[2.86])]
Dollars: TypeAlias = Annotated[float, Meta(ge=0, examples=[6.84], description="US dollars (docs/cost.md)")]
Units: TypeAlias = Annotated[
    int,
    Meta(
        ge=0,
        examples=[3750],
        description="What the provider charged for: features of images, tokens (docs/cost.md)",
    ),
]
Text: TypeAlias = Annotated[str, Meta(examples=["Example Store"])]
Cursor: TypeAlias = Annotated[str, Meta(examples=["MjAyNS0xMS0wMg"], description="Of the next page")]
