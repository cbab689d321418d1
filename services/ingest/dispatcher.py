"""Hands slices to the analyzers: one record each, acknowledged by Kafka before it is booked."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.ingest.batch import Batch
from services.ingest.open_slices import Entry
from shared import ids, metrics
from shared.events import SliceDispatched, SliceRow
from shared.kafka import Producer
from shared.topics import SLICES


class Order(NamedTuple):
    """One dispatch: `entry` stands on its batch's shelf `out`, not booked yet."""

    batch: Batch
    entry: Entry
    rows: tuple[SliceRow, ...]


class Dispatcher:
    def __init__(self, producer: Producer) -> None:
        self._producer = producer

    async def send(self, orders: Sequence[Order]) -> None:
        """Returns when every record is acknowledged; each entry then knows where its record lies."""
        events = [_event(order) for order in orders]
        sent = [await self._producer.send(SLICES, _key(event), event) for event in events]
        records: list[Any] = await asyncio.gather(*sent)
        for order, record in zip(orders, records, strict=True):
            order.entry.partition, order.entry.offset = record.partition, record.offset
            metrics.ROWS_DISPATCHED.labels(order.entry.why).inc(len(order.rows))


def _key(event: SliceDispatched) -> bytes:
    """Spreads one big batch over all partitions; nothing needs the order of two slices."""
    return f"{event.chunk_id}:{event.slice_id}".encode()


def _event(order: Order) -> SliceDispatched:
    facts, piece = order.batch.facts, order.entry.piece
    return SliceDispatched(
        batch_id=facts.batch_id,
        at=datetime.now(UTC),
        slice_id=ids.slice_id(facts.batch_id, piece.first_row),
        chunk_id=ids.chunk_id(facts.batch_id, piece.chunk_no),
        chunk_no=piece.chunk_no,
        first_row=piece.first_row,
        dispatch=order.entry.dispatch,
        version=order.entry.version,
        region=facts.region,
        rows=order.rows,
        columns=facts.columns,
        weight=order.batch.weight,
        run=facts.run,
        fresh_since=facts.fresh_since,
    )
