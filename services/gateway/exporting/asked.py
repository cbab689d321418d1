"""What a client asks to be exported (pure): from a query or a JSON body to the exporter's request."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from services.gateway.errors import BatchNotFound, ValidationError
from services.gateway.fields import boolean
from services.gateway.filters import Asked, asked_of, filters_of
from shared.exporting import Export, Format, Shape
from shared.wire import clean_text

_MOST_FILES = 100
_MOST_NAMES = 1_000


class Several(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /api/v1/export/batches/multiple`."""

    batch_ids: Annotated[list[str], Meta(examples=[["123e4567-e89b-12d3-a456-426614174000"]])] = []
    format: Annotated[str, Meta(examples=list(Format))] = Format.CSV
    metadata: bool = True


class Everywhere(Asked, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Filters over all batches, or over those with one of these ids or names."""

    batch_ids: list[str] | None = None


class Filtered(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `POST /api/v1/export/filtered`."""

    filters: Everywhere = Everywhere()
    format: Annotated[str, Meta(examples=list(Format))] = Format.CSV
    metadata: bool = True
    limit: int | None = None


def of_batch(batch_id: UUID, query: Mapping[str, str]) -> Export:
    """Raises ValidationError."""
    return Export(
        batches=(str(batch_id),),
        format=format_of(query.get("format", "")),
        metadata=boolean("metadata", query.get("metadata") or "true"),
        filters=filters_of(asked_of(query)),
    )


def of_several(body: Several) -> Export:
    """Raises ValidationError, BatchNotFound for what is no id."""
    if not 1 <= len(body.batch_ids) <= _MOST_FILES:
        raise ValidationError(
            f"batch_ids are the ids of 1 to {_MOST_FILES} batches, not {len(body.batch_ids):,}."
        )
    return Export(
        batches=tuple(dict.fromkeys(_id(text) for text in body.batch_ids)),
        shape=Shape.ZIP,
        format=format_of(body.format),
        metadata=body.metadata,
    )


def of_filtered(body: Filtered) -> Export:
    """Raises ValidationError."""
    if body.limit is not None and not 1 <= body.limit < 2**63:
        raise ValidationError(f"limit is a number of rows from 1, not {body.limit}.")
    return Export(
        batches=_named(body.filters.batch_ids),
        shape=Shape.TOGETHER,
        format=format_of(body.format),
        metadata=body.metadata,
        filters=filters_of(body.filters),
        limit=body.limit,
    )


def format_of(text: str) -> Format:
    """Any case; CSV where none is given."""
    try:
        return Format(text.strip().lower() or Format.CSV)
    except ValueError:
        raise ValidationError(f"format is one of {', '.join(Format)}, not {text[:20]!r}.") from None


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise BatchNotFound(f"There is no batch {text[:50]!r}.") from None


def _named(names: Sequence[str] | None) -> tuple[str, ...] | None:
    """Without what Postgres takes for no text: no batch is called so."""
    if names is None:
        return None
    if len(names) > _MOST_NAMES:
        raise ValidationError(f"batch_ids are {_MOST_NAMES:,} ids or names at most, not {len(names):,}.")
    found = [spelling for name in names if clean_text(name) == name for spelling in (name, _as_id(name))]
    return tuple(dict.fromkeys(found))


def _as_id(name: str) -> str:
    """In the one spelling that Postgres has for ids; a name may look like one, too."""
    try:
        return str(UUID(name))
    except ValueError:
        return name
