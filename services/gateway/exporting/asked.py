"""What a client asks to be exported (pure): from a query or a JSON body to the exporter's request."""

import csv
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from services.gateway.errors import BatchNotFound, ValidationError
from services.gateway.fields import boolean
from services.gateway.filters import Asked, asked_of, filters_of
from shared.exporting import TABLES, Export, Format, Shape
from shared.wire import clean_text

_MOST_FILES = 100
_MOST_NAMES = 1_000
_MOST_COLUMNS = 1_000


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What a body says of a file's form."""

    format: Annotated[str, Meta(examples=list(Format))] = Format.CSV
    metadata: bool = True
    columns: (
        Annotated[
            list[str], Meta(examples=[["url", "store_name"]], description="In this order; over metadata")
        ]
        | None
    ) = None
    excel: Annotated[bool, Meta(description="true: CSV with a byte order mark")] = False


class Several(File, frozen=True, kw_only=True):
    """The body of `POST /api/v1/export/batches/multiple`."""

    batch_ids: Annotated[list[str], Meta(examples=[["123e4567-e89b-12d3-a456-426614174000"]])] = []
    filters: Asked = Asked()


class Everywhere(Asked, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Filters over all batches, or over those with one of these ids or names."""

    batch_ids: list[str] | None = None


class Filtered(File, frozen=True, kw_only=True):
    """The body of `POST /api/v1/export/filtered`."""

    filters: Everywhere = Everywhere()
    limit: int | None = None


def of_batch(batch_id: UUID, query: Mapping[str, str]) -> Export:
    """Raises ValidationError."""
    file = File(
        format=query.get("format", ""),
        metadata=boolean("metadata", query.get("metadata") or "true"),
        columns=_listed(query.get("columns", "")),
        excel=boolean("excel", query.get("excel") or "false"),
    )
    return Export(batches=(str(batch_id),), filters=filters_of(asked_of(query)), **_form(file))


def of_several(body: Several) -> Export:
    """Raises ValidationError, BatchNotFound for what is no id."""
    if not 1 <= len(body.batch_ids) <= _MOST_FILES:
        raise ValidationError(
            f"batch_ids are the ids of 1 to {_MOST_FILES} batches, not {len(body.batch_ids):,}."
        )
    return Export(
        batches=tuple(dict.fromkeys(_id(text) for text in body.batch_ids)),
        shape=Shape.ZIP,
        filters=filters_of(body.filters),
        **_form(body),
    )


def of_filtered(body: Filtered) -> Export:
    """Raises ValidationError."""
    if body.limit is not None and not 1 <= body.limit < 2**63:
        raise ValidationError(f"limit is a number of rows from 1, not {body.limit}.")
    return Export(
        batches=_named(body.filters.batch_ids),
        shape=Shape.TOGETHER,
        filters=filters_of(body.filters),
        limit=body.limit,
        **_form(body),
    )


def format_of(text: str) -> Format:
    """Any case; CSV where none is given."""
    try:
        return Format(text.strip().lower() or Format.CSV)
    except ValueError:
        raise ValidationError(f"format is one of {', '.join(Format)}, not {text[:20]!r}.") from None


def _form(file: File) -> dict[str, Any]:
    """The fields of an Export. Raises ValidationError."""
    kind = format_of(file.format)
    if file.excel and kind not in TABLES:
        raise ValidationError(
            f"excel=true puts a byte order mark before CSV: format is csv or csv.gz then, not {kind}."
        )
    return {"format": kind, "metadata": file.metadata, "columns": _columns(file.columns), "excel": file.excel}


def _listed(text: str) -> list[str] | None:
    """Names with commas between them; one that has a comma stands in quotes, as in CSV."""
    return next(csv.reader([text], skipinitialspace=True)) if text.strip() else None


def _columns(names: list[str] | None) -> tuple[str, ...] | None:
    """What no text of Postgres is no column has for a name; the exporter knows those that there are."""
    if names is None:
        return None
    if not 1 <= len(names) <= _MOST_COLUMNS or len(set(names)) < len(names):
        raise ValidationError(f"columns are 1 to {_MOST_COLUMNS:,} names, each once.")
    if strange := [name for name in names if clean_text(name) != name]:
        raise ValidationError(f"There is no column {strange[0][:50]!r}.")
    return tuple(names)


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
