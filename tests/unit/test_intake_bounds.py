"""The bounds of an intake: how much it takes, how long it stays full, how much poison it swallows."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition

from shared import dead_letters
from shared import intake as intake_module
from shared.dead_letters import TooManyDeadLetters
from shared.events import SliceFinished
from shared.intake import Intake
from shared.kafka import Producer
from shared.stopping import Stop
from shared.topics import OUTCOMES, Named, Topic
from shared.wire import Decoder
from tests.contract.test_events import golden

TP = TopicPartition("outcomes", 0)


def record(offset: int, value: bytes = b"poison") -> Any:
    return SimpleNamespace(
        topic=TP.topic, partition=0, offset=offset, key=b"k", value=value, headers=[("ce_type", b"unknown")]
    )


def good(offset: int) -> Any:
    headers, body = golden("slice.finished.v1")
    made = record(offset, json.dumps(body).encode())
    made.headers = headers
    return made


class Consumer:
    """Hands out its records as far as it is asked; keeps what was done to it."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.pauses = 0
        self.paused_now = False
        self.committed: list[int] = []

    def subscribe(self, names: list[str], listener: object) -> None: ...

    def assignment(self) -> set[TopicPartition]:
        return {TP}

    def paused(self) -> set[TopicPartition]:
        return {TP} if self.paused_now else set()

    def pause(self, *_: TopicPartition) -> None:
        self.pauses += 1
        self.paused_now = True

    def resume(self, *_: TopicPartition) -> None:
        self.paused_now = False

    def highwater(self, _: TopicPartition) -> int | None:
        return None

    async def getmany(
        self, timeout_ms: int = 0, max_records: int | None = None
    ) -> dict[TopicPartition, list[Any]]:
        await asyncio.sleep(0)
        if self.paused_now or not self.records:
            return {}
        taken, self.records = self.records[:max_records], self.records[max_records:]
        return {TP: taken}

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed.append(offsets[TP])


class Buried(Producer):
    def __init__(self) -> None:
        self.sent: list[tuple[Topic, Any, dict[str, bytes]]] = []

    async def send_raw(self, topic: Topic, key: Any, body: Any, headers: Any) -> None:
        self.sent.append((topic, body, dict(headers)))


class Hands:
    """Takes events and holds them until told otherwise."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.inside = self.most = self.done = 0

    async def handle(self, _: SliceFinished) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await self.open.wait()
        self.inside -= 1
        self.done += 1


async def settled(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_full_intake_takes_no_more_and_pauses_only_when_that_lasts() -> None:
    consumer, hands, stop = Consumer([good(n) for n in range(10)]), Hands(), Stop()
    reader: Any = consumer
    intake = Intake(reader, Buried(), OUTCOMES, Decoder([SliceFinished]), hands.handle, 3)
    running = asyncio.create_task(intake.run(["outcomes"], stop))
    await settled(lambda: consumer.pauses > 0)
    assert (hands.inside, intake.running) == (3, 3)
    hands.open.set()
    await settled(lambda: hands.done == 10)
    assert hands.most == 3
    stop.ask()
    await asyncio.wait_for(running, 5)
    assert consumer.pauses <= 2, "quick work throws away nothing that was fetched ahead"
    assert consumer.committed[-1] == 10


async def test_a_broker_that_never_answers_a_commit_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "_COMMIT_SECONDS", 0.05)

    class Silent(Consumer):
        async def commit(self, offsets: dict[TopicPartition, int]) -> None:
            await asyncio.Event().wait()

    reader: Any = Silent([good(1)])
    hands, stop = Hands(), Stop()
    hands.open.set()
    intake = Intake(reader, Buried(), OUTCOMES, Decoder([SliceFinished]), hands.handle, 3)
    running = asyncio.create_task(intake.run(["outcomes"], stop))
    await settled(lambda: hands.done == 1)
    stop.ask()
    await asyncio.wait_for(running, 5)


async def test_a_dead_letter_keeps_the_bytes_the_reason_and_the_origin() -> None:
    consumer, buried, stop = Consumer([record(7)]), Buried(), Stop()
    reader: Any = consumer
    intake = Intake(reader, buried, OUTCOMES, Decoder([SliceFinished]), Hands().handle, 3)
    running = asyncio.create_task(intake.run(["outcomes"], stop))
    await settled(lambda: buried.sent)
    stop.ask()
    await asyncio.wait_for(running, 5)
    [(topic, body, headers)] = buried.sent
    assert topic.name == "image-analyzer.outcomes.dlq"
    assert body == b"poison"
    assert headers["dlq_origin"] == b"outcomes/0/7"
    assert b"unknown" in headers["dlq_reason"]
    assert headers["ce_type"] == b"unknown"
    assert consumer.committed[-1] == 8


async def test_too_much_poison_ends_the_intake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "_MOST", 4)
    consumer, buried = Consumer([record(n) for n in range(10)]), Buried()
    reader: Any = consumer
    intake = Intake(reader, buried, OUTCOMES, Decoder([SliceFinished]), Hands().handle, 1)
    with pytest.raises(TooManyDeadLetters):
        await asyncio.wait_for(intake.run(["outcomes"], Stop()), 5)
    assert len(buried.sent) == 4
    assert max(consumer.committed, default=0) <= 4, "what was not buried is not acknowledged"


def test_a_name_has_its_prefix_before_the_whole() -> None:
    names = Named("staging.")
    assert names.topic(OUTCOMES) == "staging.image-analyzer.outcomes"
    assert names.topic(OUTCOMES.dead_letters) == "staging.image-analyzer.outcomes.dlq"
    assert names.group("analyzer") == "staging.image-analyzer.analyzer"
