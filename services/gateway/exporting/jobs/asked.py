"""What a client asks to be exported in the background (pure): the bodies of the direct downloads in one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from services.gateway.errors import ValidationError
from services.gateway.exporting.asked import Everywhere, File, Filtered, Several, of_filtered, of_several
from services.gateway.filters import filters_of
from shared.exporting import Export, Shape

_Id = Annotated[str, Meta(examples=["123e4567-e89b-12d3-a456-426614174000"])]


class ExportWanted(File, frozen=True, kw_only=True, omit_defaults=True):
    """Of one batch (`batch_id`), a ZIP of several (`batch_ids`), or rows of all batches in one file."""

    batch_id: _Id | None = None
    batch_ids: list[_Id] | None = None
    filters: Everywhere = Everywhere()
    limit: int | None = None


def of_wanted(body: ExportWanted) -> Export:
    """Raises ValidationError, BatchNotFound for what is no id."""
    one_or_several = body.batch_id is not None or body.batch_ids is not None
    if body.batch_id is not None and body.batch_ids is not None:
        raise ValidationError("batch_id and batch_ids exclude each other. Send one of them.")
    if one_or_several and body.filters.batch_ids is not None:
        raise ValidationError("filters.batch_ids choose among all batches: leave out batch_id and batch_ids.")
    if one_or_several and body.limit is not None:
        raise ValidationError("limit goes with rows of all batches. Send filters.to_row instead.")
    if not one_or_several:
        return of_filtered(Filtered(filters=body.filters, limit=body.limit, **_form(body)))
    ids = [body.batch_id] if body.batch_id is not None else body.batch_ids or []
    export = of_several(Several(batch_ids=ids, **_form(body)))
    shape = Shape.BATCH if body.batch_id is not None else Shape.ZIP
    return msgspec.structs.replace(export, shape=shape, filters=filters_of(body.filters))


def _form(body: File) -> dict[str, Any]:
    return {name: getattr(body, name) for name in File.__struct_fields__}


def batches_of(export: Export) -> list[UUID]:
    """Those that must exist."""
    return [] if export.shape is Shape.TOGETHER else [UUID(text) for text in export.batches or ()]
