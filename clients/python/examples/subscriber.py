"""Writes each batch's results to BATCH_ID.ndjson as soon as it has all of them.

    pip install 'aiokafka[zstd]' && python subscriber.py HOST:PORT [TOPIC_PREFIX]

It reads from the log's beginning and keeps in memory what it read. One that has to last keeps the rows in a
database, with the offsets.
"""

import asyncio
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer

ENDS = ("completed", "failed", "cancelled")


class Batch:
    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.attempts, self.run, self.ends = 0, 1, dict[int, int]()

    def take(self, kind: str, event: dict[str, Any]) -> bool:
        """True when it is whole: the highest run that was heard of has ended, with as many attempts."""
        run = event.get("run", 1)
        if kind in ENDS:
            self.ends[run] = event.get("attempts", sys.maxsize)
        elif kind == "analyzed":
            attempt, kept = event.get("attempt", 1), self.rows.get(event["row_no"], {"attempt": 0})
            if attempt <= kept.get("attempt", 1):
                return False
            self.attempts += attempt - kept.get("attempt", 1)
            self.rows[event["row_no"]] = event
        self.run = max(self.run, run)
        return self.attempts >= self.ends.get(self.run, sys.maxsize)


async def main(bootstrap: str, prefix: str = "") -> None:
    batches: defaultdict[str, Batch | None] = defaultdict(Batch)  # None: deleted
    topics = [f"{prefix}image-analyzer.{name}" for name in ("batches", "results")]
    async with AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest") as log:
        async for record in log:
            kind = dict(record.headers)["ce_type"].decode().split(".")[-2]
            event = json.loads(record.value)
            batch_id, batch = event["batch_id"], batches[event["batch_id"]]
            if kind == "deleted":
                batches[batch_id] = None
            elif batch and batch.take(kind, event):
                rows = [json.dumps(row) for _, row in sorted(batch.rows.items())]
                Path(f"{batch_id}.ndjson").write_text("".join(f"{row}\n" for row in rows))
                print(f"{batch_id}: {len(rows)} results", flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
