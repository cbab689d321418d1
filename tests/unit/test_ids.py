"""Identities are computed, the same on every run, and lead back."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import batch_range, chunk_id, result_id, slice_id

batches = st.uuids(version=4)
rows = st.integers(1, 2**32 - 1)


@given(batches, rows)
def test_a_result_leads_back_to_its_batch_and_row(batch: UUID, row_no: int) -> None:
    low, high, found = batch_range(result_id(batch, row_no))
    assert low <= batch <= high
    assert found == row_no


@given(batches, rows, rows)
def test_two_rows_never_share_an_id(batch: UUID, one: int, other: int) -> None:
    assert (result_id(batch, one) == result_id(batch, other)) == (one == other)


def test_ids_are_the_same_on_every_run() -> None:
    batch = UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
    assert chunk_id(batch, 1) == UUID("e991593b-cd89-5b85-b87f-e86768176995")
    assert slice_id(batch, 65) == UUID("91de89e2-7a10-53f5-8674-a77607642421")
    assert result_id(batch, 1) == UUID("6ba7b810-9dad-41d1-80b4-00c000000001")


def test_chunks_and_slices_do_not_meet() -> None:
    batch = uuid4()
    assert len({chunk_id(batch, n) for n in range(1, 9)} | {slice_id(batch, n) for n in range(1, 9)}) == 16
