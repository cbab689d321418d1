"""Batch ids in paths: a malformed one is one that does not exist."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from services.gateway.errors import BatchNotFound


def batch_id_of(text: str) -> UUID:
    """Raises BatchNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise BatchNotFound(f"There is no batch {text[:50]!r}.") from None


async def _batch_id(batch_id: Annotated[str, Path()]) -> UUID:
    return batch_id_of(batch_id)


BatchId = Annotated[UUID, Depends(_batch_id)]
