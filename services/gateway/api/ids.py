"""Batch ids in paths: a malformed one is one that does not exist."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from services.gateway.errors import BatchNotFound


def _batch_id(batch_id: Annotated[str, Path()]) -> UUID:
    try:
        return UUID(batch_id)
    except ValueError:
        raise BatchNotFound(f"There is no batch {batch_id[:50]!r}.") from None


BatchId = Annotated[UUID, Depends(_batch_id)]
