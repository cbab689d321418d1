"""Programs that read the public topics have every result, as the export has it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer
from jsonschema import Draft202012Validator

from tests.workload import World, until

Json = dict[str, Any]
SAMPLE = Path(__file__).parents[2] / "clients" / "python" / "examples" / "subscriber.py"
_SECONDS = 60


class Message(NamedTuple):
    """A message of the document: how it is recognised, what fits it, what stands for what is left out."""

    name: str
    headers: Draft202012Validator
    payload: Draft202012Validator
    defaults: Json


class Heard(NamedTuple):
    message: str
    event: Json


class Subscriber:
    """Knows the document and Kafka, and nothing else of the system."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self.address: dict[str, str] = {}
        self.messages: dict[str, list[Message]] = {}
        for operation in document["operations"].values():
            assert operation["action"] == "receive"
            channel = self._at(operation["channel"])
            self.address[operation["channel"]["$ref"].rpartition("/")[2]] = channel["address"]
            self.messages[channel["address"]] = [
                self._message(self._at(self._at(one))) for one in operation["messages"]
            ]

    @property
    def brokers(self) -> str:
        [server] = self._document["servers"].values()
        values = {name: said["default"] for name, said in server["variables"].items()}
        return str(server["host"].format(**values))

    async def listen(self) -> AsyncGenerator[Heard, None]:
        """From now on. The first that comes says that it listens."""
        async with AIOKafkaConsumer(
            *self.messages, bootstrap_servers=self.brokers, auto_offset_reset="latest"
        ) as reader:
            for partition in reader.assignment():
                await reader.position(partition)
            yield Heard("", {})
            async for record in reader:
                yield self._heard(record)

    def _heard(self, record: Any) -> Heard:
        headers = {name: value.decode() for name, value in record.headers}
        event = json.loads(record.value)
        [message] = [one for one in self.messages[record.topic] if one.headers.is_valid(headers)]
        message.payload.validate(event)
        return Heard(message.name, {**message.defaults, **event})

    def _message(self, said: Json) -> Message:
        payload = self._at(said["payload"])
        fields = payload["properties"].items()
        defaults = {name: field["default"] for name, field in fields if "default" in field}
        return Message(said["title"], _validator(said["headers"]), _validator(payload), defaults)

    def _at(self, reference: Json) -> Json:
        place = self._document
        for part in reference["$ref"].removeprefix("#/").split("/"):
            place = place[part]
        return place


def _validator(schema: Json) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


class Kept:
    """Of one batch, by the rules that the document tells."""

    def __init__(self) -> None:
        self.rows: dict[int, Json] = {}
        self.ends: dict[int, Json] = {}
        self.run = 0

    def take(self, heard: Heard) -> None:
        self.run = max(self.run, heard.event["run"])
        if heard.message == "ImageAnalyzed":
            kept = self.rows.get(heard.event["row_no"])
            if kept is None or heard.event["attempt"] > kept["attempt"]:
                self.rows[heard.event["row_no"]] = heard.event
        elif "attempts" in heard.event:
            self.ends[heard.event["run"]] = heard.event

    @property
    def whole(self) -> bool:
        attempts = sum(row["attempt"] for row in self.rows.values())
        return self.run in self.ends and attempts == self.ends[self.run]["attempts"]


def exported(running: World, batch: str) -> list[Json]:
    reply = running.http.get(f"/api/v1/export/batch/{batch}", params={"format": "json"})
    assert reply.status_code == 200, reply.text
    return [{**row, "created_at": datetime.fromisoformat(row["created_at"])} for row in reply.json()]


def differences(events: dict[int, Json], rows: list[Json]) -> Iterator[str]:
    """Between events and the rows of an export, field by field."""
    for (_, event), row in zip(sorted(events.items()), rows, strict=True):
        told = {**event, **event["extra"], "created_at": datetime.fromisoformat(event["at"])}
        for name, value in row.items():
            if told[name] != value:
                yield f"row {row['row_no']}: {name} is {value!r}, and {told[name]!r} in the event"


async def read_batch(subscriber: Subscriber, running: World, lines: list[str]) -> tuple[str, Kept]:
    """What was kept of a batch that is submitted now, and tried again when it is whole."""
    kept, batch, retried = Kept(), "", False
    async with aclosing(subscriber.listen()) as log:
        async for heard in log:
            if not batch:
                batch = running.submit(lines, header="image_url,branch,success")
            elif heard.event["batch_id"] == batch:
                kept.take(heard)
            if kept.whole and kept.run == 2:
                break
            if kept.whole and not retried:
                reply = running.http.post(f"/api/v1/batches/{batch}/retry", json={})
                assert reply.json()["data"]["retried_count"] == 2, reply.text
                retried = True
    return batch, kept


def test_a_subscriber_that_knows_the_document_has_every_result_as_the_export_has_it(
    running: World, tmp_path: Path
) -> None:
    subscriber = Subscriber(running.http.get("/asyncapi.json").json())
    good = running.urls(150, first=710_000)
    urls = [*good, *good[:20], "not a url", f"{running.images.url}/404/x.jpg"]
    lines = [f'{url},"Bränch ""{n}""",=1+{n}' for n, url in enumerate(urls)]
    batch, kept = asyncio.run(asyncio.wait_for(read_batch(subscriber, running, lines), _SECONDS))

    rows = exported(running, batch)
    assert [row["url"] for row in rows] == urls
    assert [row["row_no"] for row in rows if not row["success"]] == [171, 172]
    assert {row["input_success"] for row in rows} >= {"=1+0", "=1+171"}
    assert [*differences(kept.rows, rows)] == []
    assert [kept.rows[number]["attempt"] for number in (1, 171, 172)] == [1, 2, 2]
    end = kept.ends[2]
    assert (end["total_urls"], end["successful"], end["failed"], end["attempts"]) == (172, 170, 2, 174)

    prefix = subscriber.address["results"].removesuffix("image-analyzer.results")
    sample = subprocess.Popen([sys.executable, SAMPLE, subscriber.brokers, prefix], cwd=tmp_path)
    try:
        written = until(lambda: whole_file(tmp_path / f"{batch}.ndjson", kept.rows), _SECONDS) or []
    finally:
        sample.terminate()
        sample.wait(10)
    defaults = next(one.defaults for one in subscriber.messages[subscriber.address["results"]])
    events = {event["row_no"]: {**defaults, **event} for event in written}
    assert [*differences(events, rows)] == []


def whole_file(path: Path, rows: dict[int, Json]) -> list[Json] | None:
    """What the sample wrote, once it has read the log to its end."""
    lines = path.read_text().splitlines() if path.exists() else []
    if len(lines) < len(rows):
        return None
    events: list[Json] = [json.loads(line) for line in lines]
    attempts = [event.get("attempt", 1) for event in events]
    return events if attempts == [row["attempt"] for _, row in sorted(rows.items())] else None
