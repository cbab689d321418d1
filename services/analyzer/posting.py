"""The results of a slice on their way to Kafka: those that are ready at about the same time go together."""

import asyncio
from collections import Counter

from shared import metrics
from shared.events import ImageAnalyzed, SliceDispatched
from shared.kafka import Producer
from shared.topics import RESULTS

# A call answers for up to 16 rows; a slice has 64, and its end waits for nothing.
_GATHER_SECONDS = 0.1


class Posting:
    """Rows are `put` as they end; `settled` returns when Kafka has acknowledged all of them."""

    def __init__(self, producer: Producer, work: SliceDispatched) -> None:
        self._producer = producer
        self._key = str(work.chunk_id).encode()
        self._ready: list[ImageAnalyzed] = []
        self._sending: list[asyncio.Task[None]] = []

    def put(self, event: ImageAnalyzed) -> None:
        self._ready.append(event)
        if len(self._ready) == 1:
            asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._send)

    async def settled(self) -> None:
        self._send()
        sending, self._sending = self._sending, []
        await asyncio.gather(*sending)

    def _send(self) -> None:
        ready, self._ready = self._ready, []
        for outcome, rows in Counter(event.error_class or "ok" for event in ready).items():
            metrics.ROWS.labels(outcome).inc(rows)
        if ready:
            sending = self._producer.send_together(RESULTS, self._key, ready)
            self._sending.append(asyncio.create_task(sending))
