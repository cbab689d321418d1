"""What the analysis of a batch's errors replies as `data`."""

from typing import Annotated

from msgspec import Meta, Struct

from services.gateway.openapi.words import Address, Count, Number, Percent, Sentence

ErrorType = Annotated[str, Meta(examples=["timeout"], description="A class of errors")]


class ErrorCategories(Struct):
    """Failed rows."""

    network_errors: Count
    invalid_urls: Count
    processing_errors: Count


class ErrorExample(Struct):
    row_no: Number
    url: Address
    error_message: Sentence | None


class TopError(Struct):
    error_type: ErrorType
    count: Count
    percentage: Percent
    example: ErrorExample | None
    advice: Sentence


class ErrorAnalysis(Struct):
    total_errors: Count
    error_categories: ErrorCategories
    top_errors: list[TopError]
    recommendations: list[Sentence]
