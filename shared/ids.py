"""Identities that come out the same on every run, so that a redelivery is recognised."""

from uuid import UUID, uuid5

_ROW_BITS = 32


def chunk_id(batch_id: UUID, chunk_no: int) -> UUID:
    return uuid5(batch_id, str(chunk_no))


def slice_id(batch_id: UUID, first_row: int) -> UUID:
    return uuid5(batch_id, f"row {first_row}")


def result_id(batch_id: UUID, row_no: int) -> UUID:
    """The batch's id with its last 32 bits replaced by the row number.

    So the row is found from the result's id by a range scan over the batches' primary key, and no
    index over results has to be kept for it. The 90 random bits left tell batches apart.
    """
    return UUID(int=batch_id.int >> _ROW_BITS << _ROW_BITS | row_no)


def batch_range(result: UUID) -> tuple[UUID, UUID, int]:
    """The lowest and highest batch id that `result` can belong to, and its row number."""
    low = result.int >> _ROW_BITS << _ROW_BITS
    row_no = result.int - low
    return UUID(int=low), UUID(int=low | (1 << _ROW_BITS) - 1), row_no
