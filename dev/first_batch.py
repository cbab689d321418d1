"""The sample batch of `make run`: drawn, sent once, followed to its end, shown as a table."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from dev import sample
from dev.screen import Screen, Step

NAME = "Sample pictures"
REQUEST_SECONDS = 30
# 47 pictures take about 15 s of CPU; on a crowded machine some times that.
BATCH_SECONDS = 600
POLL_SECONDS = 0.5


class SampleProblem(Exception):
    """The sample batch went wrong; the system is up all the same."""


async def show(screen: Screen, folder: Path, base_url: str) -> None:
    """Raises SampleProblem, or an aiohttp.ClientError or TimeoutError where the gateway does not answer."""
    screen.say("Drawing the sample pictures …")
    path = await asyncio.to_thread(sample.make, folder, base_url)
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(base_url, timeout=timeout) as client:
        batch = await _send(client, path)
        with screen.bar("Sample batch") as step:
            progress = await _follow(client, batch, step)
        rows = await _export(client, batch)
    screen.table(NAME, ("picture", "shop", "contact or reason"), [cells(row) for row in rows])
    screen.say(
        f"{progress['successful_count']} of {progress['total_urls']} rows have a result, "
        f"{progress['failed_count']} failed. The batch: {base_url}/batch/{batch}"
    )


async def _send(client: aiohttp.ClientSession, path: Path) -> str:
    """The batch's id. The same file is the same batch, however often it is sent."""
    content = path.read_bytes()
    form = aiohttp.FormData()
    form.add_field("file", content, filename="sample.csv", content_type="text/csv")
    form.add_field("batch_name", NAME)
    key = f"sample-{hashlib.sha256(content).hexdigest()[:24]}"
    async with client.post("/api/v1/batches", data=form, headers={"Idempotency-Key": key}) as reply:
        body = await _data(reply)
    return str(body["batch_id"])


async def _follow(client: aiohttp.ClientSession, batch: str, step: Step) -> dict[str, Any]:
    """Its progress once it is over."""
    try:
        async with asyncio.timeout(BATCH_SECONDS):
            while True:
                async with client.get(f"/api/v1/batches/{batch}/progress") as reply:
                    progress = await _data(reply)
                step(progress["processed_count"], progress["total_urls"])
                if not progress["is_active"]:
                    return progress
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError as error:
        raise SampleProblem(f"The sample batch is not done after {BATCH_SECONDS} s.") from error


async def _export(client: aiohttp.ClientSession, batch: str) -> list[dict[str, str]]:
    async with client.get(f"/api/v1/export/batch/{batch}", params={"metadata": "false"}) as reply:
        if reply.status != 200:
            raise SampleProblem(f"The export of the sample batch was refused with status {reply.status}.")
        return list(csv.DictReader(io.StringIO((await reply.text()).removeprefix("\ufeff"))))


async def _data(reply: aiohttp.ClientResponse) -> dict[str, Any]:
    body = await reply.json()
    if reply.status >= 400:
        raise SampleProblem(f"The gateway said: {body.get('error', reply.status)}")
    return dict(body["data"])


def cells(row: dict[str, str]) -> tuple[str, str, str]:
    """One line of the table from one line of the export."""
    picture = Path(urlsplit(row["url"]).path).name or row["url"]
    if error := row["error_message"]:
        return picture, "failed", error
    shop = row["store_name"] or ("(no name found)" if row["store_image"] == "true" else "no shop")
    return picture, shop, row["business_contact"]
