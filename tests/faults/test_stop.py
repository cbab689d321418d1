"""SIGTERM to an analyzer in mid-run: gone within 30 s, nothing paid twice, others go on with its work."""

import asyncio
import os
import signal
import time

import asyncpg
import httpx

from tests.fakes.process import image_process, vision_process
from tests.local_servers import data_folder, started
from tests.system import running
from tests.workload import World, assert_whole, environment, until

_ROWS = 6_000
_RELEASED = "select count(*) from ingest.slices where released_at is not null and finished_at is null"


async def _ask(database: str, statement: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_analyzer_that_is_told_to_stop_pays_nothing_twice_and_is_taken_over_at_once() -> None:
    with data_folder() as folder, image_process() as images, started() as (database, redis, kafka):
        servers = {"DATABASE_URL": database, "REDIS_URL": redis, "KAFKA_BOOTSTRAP_SERVERS": kafka}
        settings = {"MAX_CONCURRENT_REQUESTS": "5", "ANALYZERS": "2", **servers}
        journal = folder / "vision.jsonl"
        with (
            vision_process(journal, delay=0.5, jitter=0.3) as vision,
            running(environment(vision, images, settings), folder) as system,
            httpx.Client(base_url=system.base_url, timeout=30) as http,
        ):
            own = World(system, vision, images, journal, http)
            urls = own.urls(_ROWS)
            batch = own.submit(urls)
            for share in (0.2, 0.5):
                own.wait_for(batch, lambda seen, least=share: seen["processed_count"] >= least * _ROWS, 90)  # type: ignore[misc]
                told = time.monotonic()
                old = system.kill("analyzer-1", signal.SIGTERM)
                until(lambda old=old: _gone(old), 30)  # type: ignore[misc]
                left = time.monotonic()
                print(f"ended after {left - told:.1f} s")
                # All that it had in hand goes out again as the other has room for it, 2.5 slices a second.
                until(
                    lambda: asyncio.run(_ask(database, _RELEASED)) == 0, 12, what="its slices are out again"
                )
                print(f"taken over after {time.monotonic() - left:.1f} s")
                system.wait_for_restart("analyzer-1", old)
            assert own.wait_end(batch, 120)["successful_count"] == _ROWS
            assert_whole(own.export(batch), urls, batch)
            assert own.assert_paid_once() == 0
            assert all(call.status == "OK" for call in own.log().calls), "every call was heard to its end"
